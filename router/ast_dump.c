/* The tree as one line of S-expressions.
 *
 *   (SELECT (items (col a) (as (COUNT *) n)) (from t) (where (= (col id) #0=5)))
 *
 * A literal is #number=bytes, a literal of the shape !bytes, a parameter ?ordinal. */
#include "router/ast_dump_int.h"

static void put_assignments(struct dump *d, const char *tag, const struct assignment *a)
{
    if (!a) {
        return;
    }
    dump_open_part(d, tag);
    for (; a; a = a->next) {
        dump_put(d, " (= ");
        dump_expr(d, a->target);
        dump_put(d, " ");
        dump_expr(d, a->value);
        dump_put(d, ")");
    }
    dump_put(d, ")");
}

static void dump_insert(struct dump *d, const struct insert *i)
{
    dump_put_flag(d, i->ignore, "IGNORE");
    dump_put_table(d, "into", i->table);
    dump_put_exprs(d, "columns", i->columns);
    for (uint32_t r = 0; r < i->nrows; r++) {
        dump_put_exprs(d, "row", i->rows[r]);
    }
    put_assignments(d, "set", i->set);
    if (i->query) {
        dump_put(d, " ");
        dump_query(d, i->query);
    }
    dump_put_named(d, "as", i->row_alias);
    put_assignments(d, "on-duplicate", i->on_duplicate);
}

static void dump_update(struct dump *d, const struct update *u)
{
    dump_put_flag(d, u->ignore, "IGNORE");
    dump_put_from(d, u->from);
    put_assignments(d, "set", u->set);
    dump_put_expr(d, "where", u->where);
    dump_put_order(d, "order", u->order);
    dump_put_limit(d, u->limit);
}

static void dump_delete(struct dump *d, const struct delete_ *x)
{
    dump_put_flag(d, x->ignore, "IGNORE");
    dump_put_flag(d, x->quick, "QUICK");
    for (uint32_t i = 0; i < x->ntargets; i++) {
        dump_put_named(d, "target", x->target_spans[i]);
    }
    dump_put_from(d, x->from);
    dump_put_expr(d, "where", x->where);
    dump_put_order(d, "order", x->order);
    dump_put_limit(d, x->limit);
}

static void dump_load(struct dump *d, const struct load_data *l)
{
    dump_put_flag(d, l->local, "LOCAL");
    dump_put_flag(d, l->replace, "REPLACE");
    dump_put_flag(d, l->ignore, "IGNORE");
    dump_put_named(d, "file", l->file);
    dump_put_table(d, "into", l->table);
    dump_put_exprs(d, "columns", l->columns);
    put_assignments(d, "set", l->set);
}

static void dump_settings(struct dump *d, const struct setting *v)
{
    static const char *const targets[] = {"var", "uservar", "names", "charset", "row"};
    static const char *const scopes[] = {"", "session", "global", "persist", "persist_only"};
    for (; v; v = v->next) {
        dump_open_part(d, targets[v->target]);
        dump_put_flag(d, v->scope != SCOPE_NONE, scopes[v->scope]);
        if (v->target != SETTING_NAMES && v->target != SETTING_CHARSET) {
            dump_put(d, " ");
            dump_put_span(d, v->name);
        }
        dump_put(d, " ");
        dump_expr(d, v->value);
        dump_put_expr(d, "collate", v->value2);
        dump_put(d, ")");
    }
}

static void dump_trx(struct dump *d, const struct trx *t)
{
    static const char *const levels[] = {"", "read-uncommitted", "read-committed", "repeatable-read", "serializable"};
    static const char *const scopes[] = {"", "session", "global", "persist", "persist_only"};
    dump_put_flag(d, t->scope != SCOPE_NONE, scopes[t->scope]);
    dump_put_flag(d, t->read_only, "read-only");
    dump_put_flag(d, t->read_write, "read-write");
    dump_put_flag(d, t->snapshot, "snapshot");
    dump_put_flag(d, t->isolation != ISOLATION_NONE, levels[t->isolation]);
    dump_put_flag(d, t->chain != 0, t->chain > 0 ? "chain" : "no-chain");
    dump_put_flag(d, t->release != 0, t->release > 0 ? "release" : "no-release");
    dump_put_named(d, "savepoint", t->savepoint);
    dump_put_flag(d, t->xa_word != KW_NONE, keyword_name((enum keyword)t->xa_word));
    dump_put_named(d, "xid", t->xid);
}

static void dump_columns(struct dump *d, const struct column_def *c)
{
    for (; c; c = c->next) {
        dump_open_part(d, "column ");
        dump_put_span(d, c->name);
        dump_put_named(d, "type", c->type.span);
        dump_put_flag(d, c->type.is_unsigned, "unsigned");
        dump_put_flag(d, c->not_null, "not-null");
        dump_put_flag(d, c->auto_increment, "auto");
        dump_put_flag(d, c->primary_key, "primary");
        dump_put_flag(d, c->unique_key, "unique");
        dump_put_flag(d, c->generated, "generated");
        dump_put_named(d, "charset", c->charset);
        dump_put_named(d, "collate", c->collation);
        dump_put(d, ")");
    }
}

static void dump_ddl(struct dump *d, const struct ddl *x, const struct stmt *s)
{
    static const char *const objects[] = {"none",      "table",          "view",    "index",      "database",
                                          "procedure", "function",       "trigger", "event",      "user",
                                          "role",      "sequence",       "server",  "tablespace", "logfile-group",
                                          "package",   "resource-group", "srs",     "instance",   "other"};
    static const char *const keys[] = {"key", "primary", "unique", "foreign", "fulltext", "spatial", "check", "vector"};
    dump_put(d, " ");
    dump_put(d, objects[x->object]);
    dump_put_flag(d, x->temporary, "temporary");
    dump_put_flag(d, x->or_replace, "or-replace");
    dump_put_flag(d, x->if_exists, "if-exists");
    dump_put_flag(d, x->if_not_exists, "if-not-exists");
    dump_put_flag(d, x->unique, "unique");
    dump_put_named(d, "schema", x->schema);
    dump_put_named(d, "name", x->name);
    for (const struct table_ref *t = s->tables; t; t = t->next) {
        if (t->access & TABLE_DDL) {
            dump_put(d, " ");
            dump_table(d, t);
        }
    }
    dump_put_table(d, "like", x->like);
    dump_columns(d, x->columns);
    for (const struct key_def *k = x->keys; k; k = k->next) {
        dump_open_part(d, keys[k->kind]);
        dump_put_named(d, "name", k->name);
        dump_put_names(d, "columns", k->columns);
        dump_put_table(d, "references", k->references);
        dump_put_names(d, "referenced", k->referenced);
        dump_put(d, ")");
    }
}

static void dump_show(struct dump *d, const struct show *w)
{
    dump_put(d, " ");
    dump_put(d, show_kind_name((enum show_kind)w->kind));
    dump_put_flag(d, w->full, "full");
    dump_put_flag(d, w->extended, "extended");
    dump_put_flag(d, w->global, "global");
    dump_put_flag(d, w->session, "session");
    dump_put_named(d, "object", w->object);
    dump_put_table(d, "of", w->table);
    dump_put_named(d, "schema", w->schema);
    dump_put_expr(d, "like", w->like);
    dump_put_expr(d, "where", w->where);
    dump_put_limit(d, w->limit);
}

static void dump_stmt(struct dump *d, const struct stmt *s);

static void dump_explain(struct dump *d, const struct explain *x)
{
    dump_put_flag(d, x->analyze, "analyze");
    dump_put_named(d, "format", x->format);
    dump_put_table(d, "of", x->table);
    dump_put_named(d, "column", x->column);
    dump_put_expr(d, "connection", x->connection);
    if (x->stmt) {
        dump_put(d, " ");
        dump_stmt(d, x->stmt);
    }
}

static void dump_kill(struct dump *d, const struct kill *k)
{
    static const char *const whats[] = {"connection", "query", "query-id"};
    dump_put(d, " ");
    dump_put(d, whats[k->what]);
    dump_put_flag(d, k->soft, "soft");
    dump_put_expr(d, "id", k->id);
    dump_put_named(d, "user", k->user);
}

static void dump_prepare(struct dump *d, const struct prepare *r)
{
    dump_put_named(d, "name", r->name);
    dump_put_expr(d, "from", r->from);
    dump_put_exprs(d, "using", r->using_);
}

/* Statements of which only words and tables are known. */
static void dump_tables(struct dump *d, const struct stmt *s)
{
    for (const struct table_ref *t = s->tables; t; t = t->next) {
        dump_put(d, " ");
        dump_table(d, t);
    }
}

static void dump_detail(struct dump *d, const struct stmt *s)
{
    switch (s->kind) {
    case STMT_SELECT:
        dump_put(d, " ");
        dump_query(d, s->query);
        break;
    case STMT_INSERT:
    case STMT_REPLACE:
        dump_insert(d, s->insert);
        break;
    case STMT_UPDATE:
        dump_update(d, s->update);
        break;
    case STMT_DELETE:
        dump_delete(d, s->delete_);
        break;
    case STMT_LOAD_DATA:
        dump_load(d, s->load);
        break;
    case STMT_CALL:
        dump_put(d, " ");
        dump_put_span(d, s->call->span);
        dump_put_exprs(d, "args", s->call->args);
        break;
    case STMT_DO:
        dump_put_exprs(d, "values", s->values);
        break;
    case STMT_SET:
        dump_settings(d, s->settings);
        break;
    case STMT_SET_STATEMENT:
        dump_settings(d, s->settings);
        dump_put(d, " ");
        dump_stmt(d, s->inner);
        break;
    case STMT_USE:
        dump_put_named(d, "schema", s->use_->schema);
        break;
    case STMT_SHOW:
        dump_show(d, s->show);
        break;
    case STMT_EXPLAIN:
    case STMT_EXPLAIN_ROUTE:
    case STMT_DESCRIBE:
        dump_explain(d, s->explain);
        break;
    case STMT_KILL:
        dump_kill(d, s->kill);
        break;
    case STMT_PREPARE:
    case STMT_EXECUTE:
    case STMT_EXECUTE_IMMEDIATE:
    case STMT_DEALLOCATE:
        dump_prepare(d, s->prepare);
        break;
    case STMT_BEGIN:
    case STMT_COMMIT:
    case STMT_ROLLBACK:
    case STMT_SAVEPOINT:
    case STMT_ROLLBACK_TO:
    case STMT_RELEASE_SAVEPOINT:
    case STMT_XA:
    case STMT_SET_TRANSACTION:
        dump_trx(d, s->trx);
        break;
    case STMT_CREATE:
    case STMT_ALTER:
    case STMT_DROP:
    case STMT_RENAME:
    case STMT_TRUNCATE:
        dump_ddl(d, s->ddl, s);
        if (s->query) {
            dump_put(d, " ");
            dump_query(d, s->query);
        }
        break;
    default:
        for (unsigned i = 0; i < 3 && s->kind == STMT_OTHER; i++) {
            dump_put_flag(d, s->words[i] != KW_NONE, keyword_name((enum keyword)s->words[i]));
        }
        dump_tables(d, s);
    }
}

static void put_facts(struct dump *d, uint32_t facts)
{
    static const char *const names[] = {
        "aggregate",       "window",
        "var-read",        "var-write",
        "sysvar",          "last-insert-id",
        "found-rows",      "row-count",
        "connection-id",   "lock-function",
        "sleep",           "nextval",
        "locking",         "into",
        "calc-found-rows", "nondeterministic",
        "subquery",        "cte",
        "set-operation",   "derived",
        "stored-function", "session-function",
        "server-function", "optimizer-hint",
        "system-time",     "version-comment",
        "multi-table",     "returning",
        "side-effect",
    };
    if (!facts) {
        return;
    }
    dump_put(d, " (facts");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        dump_put_flag(d, facts >> i & 1, names[i]);
    }
    dump_put(d, ")");
}

static void dump_stmt(struct dump *d, const struct stmt *s)
{
    dump_put(d, "(");
    dump_put(d, stmt_kind_name((enum stmt_kind)s->kind));
    dump_put_with(d, s->with);
    dump_detail(d, s);
    if (s->returning) {
        dump_put_items(d, "returning", s->returning->items);
    }
    dump_put(d, ")");
}

static char *finish(struct dump *d)
{
    return d->failed ? NULL : d->buf;
}

char *ast_dump(const struct stmt *s, const char *sql, struct arena *a)
{
    struct dump d = {.sql = sql, .arena = a};
    dump_stmt(&d, s);
    if (s->facts) {
        d.len -= !d.failed; /* into the last parenthesis */
        put_facts(&d, s->facts);
        dump_put(&d, ")");
    }
    return finish(&d);
}

char *ast_dump_expr(const struct expr *e, const char *sql, struct arena *a)
{
    struct dump d = {.sql = sql, .arena = a};
    dump_expr(&d, e);
    return finish(&d);
}
