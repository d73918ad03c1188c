/* The tree as one line of S-expressions.
 *
 *   (SELECT (items (col a) (as (COUNT *) n)) (from t) (where (= (col id) #0=5)))
 *
 * A literal is #number=bytes, a literal of the shape !bytes, a parameter ?ordinal. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "router/ast.h"

struct dump {
    const char *sql;
    struct arena *arena;
    char *buf;
    size_t len, cap;
    bool failed;
};

static void put_bytes(struct dump *d, const char *bytes, size_t n)
{
    if (d->len + n + 1 > d->cap && !d->failed) {
        size_t cap = d->cap * 2 + n + 256;
        char *q = arena_grow(d->arena, d->buf, d->cap, cap);
        d->failed = !q;
        d->buf = q ? q : d->buf;
        d->cap = q ? cap : d->cap;
    }
    if (!d->failed) {
        memcpy(d->buf + d->len, bytes, n);
        d->len += n;
        d->buf[d->len] = 0;
    }
}

static void put(struct dump *d, const char *text)
{
    put_bytes(d, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void putf(struct dump *d, const char *format, ...)
{
    char text[128];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    put(d, text);
}

static void put_span(struct dump *d, struct span s)
{
    put_bytes(d, d->sql + s.off, s.len);
}

/* " (tag ..." opens, ")" closes: each part begins with its own space. */
static void open_part(struct dump *d, const char *tag)
{
    put(d, " (");
    put(d, tag);
}

static void put_named(struct dump *d, const char *tag, struct span s)
{
    if (s.len) {
        open_part(d, tag);
        put(d, " ");
        put_span(d, s);
        put(d, ")");
    }
}

static void put_flag(struct dump *d, bool on, const char *name)
{
    if (on) {
        put(d, " ");
        put(d, name);
    }
}

static void dump_expr(struct dump *d, const struct expr *e);
static void dump_query(struct dump *d, const struct query *q);
static void dump_from(struct dump *d, const struct from *f);

static void put_expr(struct dump *d, const char *tag, const struct expr *e)
{
    if (e) {
        open_part(d, tag);
        put(d, " ");
        dump_expr(d, e);
        put(d, ")");
    }
}

static void put_names(struct dump *d, const char *tag, const struct name_list *list)
{
    if (!list) {
        return;
    }
    open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        put(d, " ");
        put_span(d, list->v[i]);
    }
    put(d, ")");
}

static void put_exprs(struct dump *d, const char *tag, const struct expr_list *list)
{
    if (!list) {
        return;
    }
    open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        put(d, " ");
        dump_expr(d, list->v[i]);
    }
    put(d, ")");
}

static void put_order(struct dump *d, const char *tag, const struct order_list *list)
{
    if (!list) {
        return;
    }
    open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        put(d, list->v[i].desc ? " (desc " : " ");
        dump_expr(d, list->v[i].expr);
        put(d, list->v[i].desc ? ")" : "");
    }
    put(d, ")");
}

static void put_limit(struct dump *d, const struct limit *l)
{
    if (!l) {
        return;
    }
    open_part(d, "limit");
    put_expr(d, "count", l->count);
    put_expr(d, "offset", l->offset);
    put_expr(d, "examined", l->rows_examined);
    put_flag(d, l->with_ties, "ties");
    put(d, ")");
}

/* ---- expressions ---- */

static void put_args(struct dump *d, const struct expr *e)
{
    for (uint32_t i = 0; i < e->nargs; i++) {
        put(d, " ");
        dump_expr(d, e->args[i]);
    }
}

static void put_column(struct dump *d, const struct column_name *c)
{
    if (c->schema.len) {
        put_span(d, c->schema);
        put(d, ".");
    }
    if (c->table.len) {
        put_span(d, c->table);
        put(d, ".");
    }
    put_span(d, c->name);
}

static void put_window(struct dump *d, const struct window *w)
{
    put(d, " (over");
    put_named(d, "base", w->base);
    put_exprs(d, "partition", w->partition);
    put_order(d, "order", w->order);
    put_named(d, "frame", w->frame);
    put(d, ")");
}

static void dump_call(struct dump *d, const struct expr *e)
{
    const struct func_call *c = e->call;
    put(d, c->func == FN_UNKNOWN ? "(call " : "(");
    if (c->schema.len) {
        put_span(d, c->schema);
        put(d, ".");
    }
    if (c->func == FN_UNKNOWN) {
        put_span(d, c->name);
    } else {
        put(d, func_name(c->func));
    }
    put_flag(d, c->distinct, "DISTINCT");
    put_flag(d, c->star, "*");
    put_args(d, e);
    put_order(d, "order", c->order);
    put_expr(d, "separator", c->separator);
    if (c->over) {
        put_window(d, c->over);
    }
    put(d, ")");
}

static void dump_case(struct dump *d, const struct case_expr *c)
{
    put(d, "(CASE");
    if (c->operand) {
        put(d, " ");
        dump_expr(d, c->operand);
    }
    for (uint32_t i = 0; i < c->nwhen; i++) {
        put(d, " (when ");
        dump_expr(d, c->when[i]);
        put(d, " ");
        dump_expr(d, c->then[i]);
        put(d, ")");
    }
    put_expr(d, "else", c->otherwise);
    put(d, ")");
}

/* (name args) for the kinds that have nothing else */
static void dump_simple(struct dump *d, const char *name, const struct expr *e)
{
    put(d, "(");
    if (e->flags & EXPR_NEGATED) {
        put(d, "NOT-");
    }
    put(d, name);
    put_args(d, e);
    put(d, ")");
}

static void dump_with_query(struct dump *d, const char *name, const struct expr *e)
{
    put(d, "(");
    if ((e->flags & EXPR_NEGATED) && e->kind == EX_IN) {
        put(d, "NOT-");
    }
    put(d, name);
    put_args(d, e);
    if (e->query) {
        put(d, " ");
        dump_query(d, e->query);
    }
    put(d, ")");
}

static void dump_with_name(struct dump *d, const char *name, const struct expr *e, struct span s)
{
    put(d, "(");
    put(d, name);
    put_args(d, e);
    put(d, " ");
    put_span(d, s);
    put(d, ")");
}

static void dump_leaf(struct dump *d, const struct expr *e)
{
    static const char *const scopes[] = {"", "session.", "global.", "persist.", "persist_only."};
    switch (e->kind) {
    case EX_LITERAL:
        putf(d, "#%u=", e->literal.index);
        put_span(d, e->span);
        break;
    case EX_STRUCTURE:
        put(d, "!");
        put_span(d, e->span);
        break;
    case EX_PARAM:
        putf(d, "?%u", e->param);
        break;
    case EX_NULL:
        put(d, "NULL");
        break;
    case EX_BOOL:
        put(d, e->op ? "TRUE" : "FALSE");
        break;
    case EX_STAR:
        put(d, "(star");
        if (e->column.table.len) {
            put(d, " ");
            if (e->column.schema.len) {
                put_span(d, e->column.schema);
                put(d, ".");
            }
            put_span(d, e->column.table);
        }
        put(d, ")");
        break;
    case EX_COLUMN:
        put(d, "(col ");
        put_column(d, &e->column);
        put(d, ")");
        break;
    case EX_USERVAR:
        put(d, "@");
        put_span(d, e->name);
        break;
    case EX_SYSVAR:
        put(d, "@@");
        put(d, scopes[e->sysvar.scope]);
        put_span(d, e->sysvar.name);
        break;
    default: /* EX_KEYWORD */
        put_span(d, e->name);
    }
}

static void dump_expr(struct dump *d, const struct expr *e)
{
    static const char *const is[] = {"IS-NULL", "IS-TRUE", "IS-FALSE", "IS-UNKNOWN", "IS-JSON"};
    switch (e->kind) {
    case EX_DEFAULT:
        dump_simple(d, "DEFAULT", e);
        break;
    case EX_ASSIGN:
        dump_simple(d, ":=", e);
        break;
    case EX_OP:
        dump_simple(d, op_name((enum op)e->op), e);
        break;
    case EX_IN:
        dump_with_query(d, "IN", e);
        break;
    case EX_BETWEEN:
        dump_simple(d, "BETWEEN", e);
        break;
    case EX_IS:
        dump_simple(d, is[e->op], e);
        break;
    case EX_LIKE:
        dump_simple(d, "LIKE", e);
        break;
    case EX_ROW:
        dump_simple(d, "row", e);
        break;
    case EX_SUBQUERY:
        dump_with_query(d, "subquery", e);
        break;
    case EX_EXISTS:
        dump_with_query(d, "EXISTS", e);
        break;
    case EX_QUANTIFIED:
        put(d, "(");
        put(d, op_name((enum op)e->op));
        dump_with_query(d, e->flags & EXPR_NEGATED ? "-ALL" : "-ANY", e);
        put(d, ")");
        break;
    case EX_FUNC:
        dump_call(d, e);
        break;
    case EX_CASE:
        dump_case(d, e->case_);
        break;
    case EX_CAST:
        dump_with_name(d, "CAST", e, e->type->span);
        break;
    case EX_CONVERT:
        dump_with_name(d, "CONVERT-USING", e, e->type->span);
        break;
    case EX_COLLATE:
        dump_with_name(d, "COLLATE", e, e->name);
        break;
    case EX_INTERVAL:
        dump_with_name(d, "INTERVAL", e, e->name);
        break;
    case EX_TEMPORAL:
        dump_with_name(d, "temporal", e, e->name);
        break;
    case EX_MATCH:
        dump_simple(d, e->op ? "MATCH-BOOLEAN" : "MATCH", e);
        break;
    case EX_NEXTVAL:
        put(d, e->op ? "(PREVIOUS-VALUE " : "(NEXT-VALUE ");
        put_span(d, e->table->span);
        put(d, ")");
        break;
    case EX_VALUES:
        dump_simple(d, "VALUES", e);
        break;
    default:
        dump_leaf(d, e);
    }
}

/* ---- FROM ---- */

static void dump_table(struct dump *d, const struct table_ref *t)
{
    static const char *const kinds[] = {"table", "derived", "cte", "function", "dual", "sequence"};
    put(d, "(");
    put(d, kinds[t->kind]);
    put_flag(d, t->lateral, "LATERAL");
    if (t->name.len) {
        put(d, " ");
        put_span(d, t->kind == TABLE_FUNCTION ? t->name : t->span);
    }
    if (t->query) {
        put(d, " ");
        dump_query(d, t->query);
    }
    if (t->call) {
        put(d, " ");
        dump_expr(d, t->call);
    }
    put_flag(d, t->access & TABLE_WRITE, "w");
    put_flag(d, t->access & TABLE_MAYBE_WRITE, "w?");
    put_flag(d, t->access & TABLE_DDL, "ddl");
    put_flag(d, t->access & TABLE_LOCK, "lock");
    put_named(d, "as", t->alias);
    put_names(d, "columns", t->columns);
    put_names(d, "partition", t->partition_names);
    put_named(d, "time", t->system_time);
    put_named(d, "hints", t->hints);
    put(d, ")");
}

static void dump_from(struct dump *d, const struct from *f)
{
    static const char *const joins[] = {"comma", "join", "cross", "left", "right", "full", "straight"};
    if (f->table) {
        dump_table(d, f->table);
        return;
    }
    put(d, "(");
    put(d, f->natural ? "natural-" : "");
    put(d, joins[f->join]);
    put(d, " ");
    dump_from(d, f->left);
    put(d, " ");
    dump_from(d, f->right);
    put_expr(d, "on", f->on);
    put_names(d, "using", f->using_);
    put(d, ")");
}

static void put_from(struct dump *d, const struct from *f)
{
    if (f) {
        put(d, " (from ");
        dump_from(d, f);
        put(d, ")");
    }
}

static void put_table(struct dump *d, const char *tag, const struct table_ref *t)
{
    if (t) {
        open_part(d, tag);
        put(d, " ");
        dump_table(d, t);
        put(d, ")");
    }
}

/* ---- queries ---- */

static void put_items(struct dump *d, const char *tag, const struct select_item *item)
{
    open_part(d, tag);
    for (; item; item = item->next) {
        put(d, " ");
        if (item->alias.len) {
            put(d, "(as ");
            dump_expr(d, item->expr);
            put(d, " ");
            put_span(d, item->alias);
            put(d, ")");
        } else {
            dump_expr(d, item->expr);
        }
    }
    put(d, ")");
}

static void dump_block(struct dump *d, const struct block *b)
{
    put(d, "SELECT");
    put_flag(d, b->flags & SELECT_DISTINCT, "DISTINCT");
    put_flag(d, b->flags & SELECT_STRAIGHT, "STRAIGHT");
    put_flag(d, b->flags & SELECT_CALC_FOUND_ROWS, "CALC_FOUND_ROWS");
    put_named(d, "hint", b->hints);
    put_items(d, "items", b->items);
    put_from(d, b->from);
    put_expr(d, "where", b->where);
    put_order(d, b->rollup ? "group-rollup" : "group", b->group);
    put_expr(d, "having", b->having);
    for (const struct window *w = b->windows; w; w = w->next) {
        open_part(d, "window ");
        put_span(d, w->name);
        put_window(d, w);
        put(d, ")");
    }
}

static void put_with(struct dump *d, const struct with *with)
{
    if (!with) {
        return;
    }
    open_part(d, with->recursive ? "with-recursive" : "with");
    for (const struct cte *c = with->list; c; c = c->next) {
        open_part(d, "cte ");
        put_span(d, c->name);
        put_names(d, "columns", c->columns);
        put(d, " ");
        dump_query(d, c->query);
        put(d, ")");
    }
    put(d, ")");
}

static void dump_body(struct dump *d, const struct query *q)
{
    static const char *const sets[] = {"UNION", "INTERSECT", "EXCEPT"};
    switch (q->kind) {
    case QUERY_BLOCK:
        dump_block(d, q->block);
        break;
    case QUERY_SET:
        put(d, sets[q->set]);
        put_flag(d, q->all, "ALL");
        put(d, " ");
        dump_query(d, q->left);
        put(d, " ");
        dump_query(d, q->right);
        break;
    case QUERY_VALUES:
        put(d, "VALUES");
        for (uint32_t i = 0; i < q->nrows; i++) {
            put_exprs(d, "row", q->rows[i]);
        }
        break;
    case QUERY_TABLE:
        put(d, "TABLE ");
        dump_table(d, q->table);
        break;
    default:
        put(d, "parens ");
        dump_query(d, q->left);
    }
}

static void put_into(struct dump *d, const struct into *i)
{
    static const char *const kinds[] = {"outfile", "dumpfile", "into"};
    if (!i) {
        return;
    }
    if (i->kind == INTO_VARS) {
        put_exprs(d, kinds[i->kind], i->vars);
    } else {
        put_named(d, kinds[i->kind], i->file);
    }
}

static void dump_query(struct dump *d, const struct query *q)
{
    static const char *const locks[] = {"", "for-update", "for-share", "share-mode"};
    static const char *const waits[] = {"", "nowait", "skip-locked", "wait"};
    put(d, "(");
    dump_body(d, q);
    put_with(d, q->with);
    put_order(d, "order", q->order);
    put_limit(d, q->limit);
    put_into(d, q->into);
    for (const struct locking *l = q->locking; l; l = l->next) {
        open_part(d, locks[l->strength]);
        put_names(d, "of", l->of);
        put_flag(d, l->wait != LOCK_WAIT_DEFAULT, waits[l->wait]);
        put(d, ")");
    }
    put(d, ")");
}

/* ---- statements ---- */

static void put_assignments(struct dump *d, const char *tag, const struct assignment *a)
{
    if (!a) {
        return;
    }
    open_part(d, tag);
    for (; a; a = a->next) {
        put(d, " (= ");
        dump_expr(d, a->target);
        put(d, " ");
        dump_expr(d, a->value);
        put(d, ")");
    }
    put(d, ")");
}

static void dump_insert(struct dump *d, const struct insert *i)
{
    put_flag(d, i->ignore, "IGNORE");
    put_table(d, "into", i->table);
    put_exprs(d, "columns", i->columns);
    for (uint32_t r = 0; r < i->nrows; r++) {
        put_exprs(d, "row", i->rows[r]);
    }
    put_assignments(d, "set", i->set);
    if (i->query) {
        put(d, " ");
        dump_query(d, i->query);
    }
    put_named(d, "as", i->row_alias);
    put_assignments(d, "on-duplicate", i->on_duplicate);
}

static void dump_update(struct dump *d, const struct update *u)
{
    put_flag(d, u->ignore, "IGNORE");
    put_from(d, u->from);
    put_assignments(d, "set", u->set);
    put_expr(d, "where", u->where);
    put_order(d, "order", u->order);
    put_limit(d, u->limit);
}

static void dump_delete(struct dump *d, const struct delete_ *x)
{
    put_flag(d, x->ignore, "IGNORE");
    put_flag(d, x->quick, "QUICK");
    for (uint32_t i = 0; i < x->ntargets; i++) {
        put_named(d, "target", x->target_spans[i]);
    }
    put_from(d, x->from);
    put_expr(d, "where", x->where);
    put_order(d, "order", x->order);
    put_limit(d, x->limit);
}

static void dump_load(struct dump *d, const struct load_data *l)
{
    put_flag(d, l->local, "LOCAL");
    put_flag(d, l->replace, "REPLACE");
    put_flag(d, l->ignore, "IGNORE");
    put_named(d, "file", l->file);
    put_table(d, "into", l->table);
    put_exprs(d, "columns", l->columns);
    put_assignments(d, "set", l->set);
}

static void dump_settings(struct dump *d, const struct setting *v)
{
    static const char *const targets[] = {"var", "uservar", "names", "charset", "row"};
    static const char *const scopes[] = {"", "session", "global", "persist", "persist_only"};
    for (; v; v = v->next) {
        open_part(d, targets[v->target]);
        put_flag(d, v->scope != SCOPE_NONE, scopes[v->scope]);
        if (v->target != SETTING_NAMES && v->target != SETTING_CHARSET) {
            put(d, " ");
            put_span(d, v->name);
        }
        put(d, " ");
        dump_expr(d, v->value);
        put_expr(d, "collate", v->value2);
        put(d, ")");
    }
}

static void dump_trx(struct dump *d, const struct trx *t)
{
    static const char *const levels[] = {"", "read-uncommitted", "read-committed", "repeatable-read", "serializable"};
    static const char *const scopes[] = {"", "session", "global", "persist", "persist_only"};
    put_flag(d, t->scope != SCOPE_NONE, scopes[t->scope]);
    put_flag(d, t->read_only, "read-only");
    put_flag(d, t->read_write, "read-write");
    put_flag(d, t->snapshot, "snapshot");
    put_flag(d, t->isolation != ISOLATION_NONE, levels[t->isolation]);
    put_flag(d, t->chain != 0, t->chain > 0 ? "chain" : "no-chain");
    put_flag(d, t->release != 0, t->release > 0 ? "release" : "no-release");
    put_named(d, "savepoint", t->savepoint);
    put_flag(d, t->xa_word != KW_NONE, keyword_name((enum keyword)t->xa_word));
    put_named(d, "xid", t->xid);
}

static void dump_columns(struct dump *d, const struct column_def *c)
{
    for (; c; c = c->next) {
        open_part(d, "column ");
        put_span(d, c->name);
        put_named(d, "type", c->type.span);
        put_flag(d, c->type.is_unsigned, "unsigned");
        put_flag(d, c->not_null, "not-null");
        put_flag(d, c->auto_increment, "auto");
        put_flag(d, c->primary_key, "primary");
        put_flag(d, c->unique_key, "unique");
        put_flag(d, c->generated, "generated");
        put_named(d, "charset", c->charset);
        put_named(d, "collate", c->collation);
        put(d, ")");
    }
}

static void dump_ddl(struct dump *d, const struct ddl *x, const struct stmt *s)
{
    static const char *const objects[] = {"none", "table", "view", "index", "database", "procedure", "function",
                                          "trigger", "event", "user", "role", "sequence", "server", "tablespace",
                                          "logfile-group", "package", "resource-group", "srs", "instance", "other"};
    static const char *const keys[] = {"key", "primary", "unique", "foreign", "fulltext", "spatial", "check", "vector"};
    put(d, " ");
    put(d, objects[x->object]);
    put_flag(d, x->temporary, "temporary");
    put_flag(d, x->or_replace, "or-replace");
    put_flag(d, x->if_exists, "if-exists");
    put_flag(d, x->if_not_exists, "if-not-exists");
    put_flag(d, x->unique, "unique");
    put_named(d, "schema", x->schema);
    put_named(d, "name", x->name);
    for (const struct table_ref *t = s->tables; t; t = t->next) {
        if (t->access & TABLE_DDL) {
            put(d, " ");
            dump_table(d, t);
        }
    }
    put_table(d, "like", x->like);
    dump_columns(d, x->columns);
    for (const struct key_def *k = x->keys; k; k = k->next) {
        open_part(d, keys[k->kind]);
        put_named(d, "name", k->name);
        put_names(d, "columns", k->columns);
        put_table(d, "references", k->references);
        put_names(d, "referenced", k->referenced);
        put(d, ")");
    }
}

static void dump_show(struct dump *d, const struct show *w)
{
    put(d, " ");
    put(d, show_kind_name((enum show_kind)w->kind));
    put_flag(d, w->full, "full");
    put_flag(d, w->extended, "extended");
    put_flag(d, w->global, "global");
    put_flag(d, w->session, "session");
    put_named(d, "object", w->object);
    put_table(d, "of", w->table);
    put_named(d, "schema", w->schema);
    put_expr(d, "like", w->like);
    put_expr(d, "where", w->where);
    put_limit(d, w->limit);
}

static void dump_stmt(struct dump *d, const struct stmt *s);

static void dump_explain(struct dump *d, const struct explain *x)
{
    put_flag(d, x->analyze, "analyze");
    put_named(d, "format", x->format);
    put_table(d, "of", x->table);
    put_named(d, "column", x->column);
    put_expr(d, "connection", x->connection);
    if (x->stmt) {
        put(d, " ");
        dump_stmt(d, x->stmt);
    }
}

static void dump_kill(struct dump *d, const struct kill *k)
{
    static const char *const whats[] = {"connection", "query", "query-id"};
    put(d, " ");
    put(d, whats[k->what]);
    put_flag(d, k->soft, "soft");
    put_expr(d, "id", k->id);
    put_named(d, "user", k->user);
}

static void dump_prepare(struct dump *d, const struct prepare *r)
{
    put_named(d, "name", r->name);
    put_expr(d, "from", r->from);
    put_exprs(d, "using", r->using_);
}

/* Statements of which only words and tables are known. */
static void dump_tables(struct dump *d, const struct stmt *s)
{
    for (const struct table_ref *t = s->tables; t; t = t->next) {
        put(d, " ");
        dump_table(d, t);
    }
}

static void dump_detail(struct dump *d, const struct stmt *s)
{
    switch (s->kind) {
    case STMT_SELECT:
        put(d, " ");
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
        put(d, " ");
        put_span(d, s->call->span);
        put_exprs(d, "args", s->call->args);
        break;
    case STMT_DO:
        put_exprs(d, "values", s->values);
        break;
    case STMT_SET:
        dump_settings(d, s->settings);
        break;
    case STMT_SET_STATEMENT:
        dump_settings(d, s->settings);
        put(d, " ");
        dump_stmt(d, s->inner);
        break;
    case STMT_USE:
        put_named(d, "schema", s->use_->schema);
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
            put(d, " ");
            dump_query(d, s->query);
        }
        break;
    default:
        for (unsigned i = 0; i < 3 && s->kind == STMT_OTHER; i++) {
            put_flag(d, s->words[i] != KW_NONE, keyword_name((enum keyword)s->words[i]));
        }
        dump_tables(d, s);
    }
}

static void put_facts(struct dump *d, uint32_t facts)
{
    static const char *const names[] = {
        "aggregate", "window", "var-read", "var-write", "sysvar", "last-insert-id", "found-rows", "row-count",
        "connection-id", "lock-function", "sleep", "nextval", "locking", "into", "calc-found-rows",
        "nondeterministic", "subquery", "cte", "set-operation", "derived", "stored-function", "session-function",
        "server-function", "optimizer-hint", "system-time", "version-comment", "multi-table", "returning",
        "side-effect",
    };
    if (!facts) {
        return;
    }
    put(d, " (facts");
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        put_flag(d, facts >> i & 1, names[i]);
    }
    put(d, ")");
}

static void dump_stmt(struct dump *d, const struct stmt *s)
{
    put(d, "(");
    put(d, stmt_kind_name((enum stmt_kind)s->kind));
    put_with(d, s->with);
    dump_detail(d, s);
    if (s->returning) {
        put_items(d, "returning", s->returning->items);
    }
    put(d, ")");
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
        put(&d, ")");
    }
    return finish(&d);
}

char *ast_dump_expr(const struct expr *e, const char *sql, struct arena *a)
{
    struct dump d = {.sql = sql, .arena = a};
    dump_expr(&d, e);
    return finish(&d);
}
