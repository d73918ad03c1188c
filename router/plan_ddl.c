/* CREATE, ALTER, DROP, RENAME, TRUNCATE: on every shard for what is everywhere (sharded and global tables, schemas,
 * stored programs), on its own shard for a table that is whole on one.
 *
 * Under `others: {kind: sharded}` a table's own keys say how it is spread. So that data never is where a statement
 * does not look for it, no DDL may change what is said: such an ALTER is refused.
 */
#include <strings.h>

#include "router/plan_define.h"

struct spot {
    bool known, every;
    uint16_t shard;
    struct topo_table table;
    bool by_keys; /* not listed, in a schema that shards by primary key */
};

/* ---- where a table is, or will be ---- */

static void refuse_system(struct planner *p, const char *schema)
{
    plan_unsupported(p, "schema '%s' belongs to the servers and is not changed through Shardwire", schema);
}

static struct spot spot_of(const struct topo_table *t, bool by_keys)
{
    return (struct spot){.known = true,
                         .every = t->kind != CONF_TABLE_SINGLE,
                         .shard = t->kind == CONF_TABLE_SINGLE ? t->shard : 0,
                         .table = *t,
                         .by_keys = by_keys};
}

/* A table as configuration and catalog have it. */
static struct spot find_spot(struct planner *p, const char *schema, const char *name)
{
    const struct topo *topo = p->env->topo;
    const struct topo_schema *s = topo_schema(topo, schema, strlen(schema));
    struct topo_table t;
    enum topo_found f = topo_table(topo, p->env->catalog, schema, strlen(schema), name, strlen(name), &t);
    if (f == TOPO_SYSTEM || !s) {
        refuse_system(p, schema);
        return (struct spot){0};
    }
    if (topo->n_shards == 1) {
        return (struct spot){.known = true};
    }
    if (f == TOPO_NEEDS_INFO) {
        p->needs->schema = t.needs_schema ? t.needs_schema : schema;
        p->needs->name = t.needs_name ? t.needs_name : name;
        p->status = PLAN_NEEDS_TABLE;
        return (struct spot){0};
    }
    bool by_keys = !t.listed && s->conf->others.kind == CONF_TABLE_SHARDED;
    const struct table_info *info = catalog_table(p->env->catalog, schema, strlen(schema), name, strlen(name));
    struct spot spot = spot_of(&t, by_keys);
    spot.every = spot.every || (by_keys && info && !info->exists); /* whoever has it drops it */
    return spot;
}

/* A table that a statement defines: by its name when it is listed or the schema's others are single, else by `info`. */
static struct spot new_spot(struct planner *p, const char *schema, const char *name, const struct table_info *info)
{
    const struct topo *topo = p->env->topo;
    const struct topo_schema *s = topo_schema(topo, schema, strlen(schema));
    struct topo_table t;
    if (!s || topo_is_system(schema, strlen(schema))) {
        refuse_system(p, schema);
        return (struct spot){0};
    }
    enum topo_found f = topo_table(topo, p->env->catalog, schema, strlen(schema), name, strlen(name), &t);
    bool by_keys = f == TOPO_NEEDS_INFO || (!t.listed && s->conf->others.kind == CONF_TABLE_SHARDED);
    if (topo->n_shards == 1) {
        return (struct spot){.known = true};
    }
    if (!by_keys) {
        return spot_of(&t, false);
    }
    if (!info) { /* cannot be told: it will be found wherever it turns out to belong */
        return (struct spot){.known = true, .every = true, .by_keys = true};
    }
    f = topo_classify(topo, p->env->catalog, info, &t);
    if (f == TOPO_NEEDS_INFO) {
        p->needs->schema = t.needs_schema;
        p->needs->name = t.needs_name;
        p->status = PLAN_NEEDS_TABLE;
        return (struct spot){0};
    }
    return spot_of(&t, true);
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
    if (a->every != b->every || a->shard != b->shard) {
        return false;
    }
    if (!a->every || a->table.kind != b->table.kind || a->table.kind != CONF_TABLE_SHARDED) {
        return a->table.kind == b->table.kind || !a->every;
    }
    if (a->table.function != b->table.function) {
        return false;
    }
    for (size_t i = 0; i < a->table.function->n_key; i++) {
        if (strcasecmp(a->table.key[i], b->table.key[i]) != 0) {
            return false;
        }
    }
    return true;
}

static void at_spot(struct planner *p, const struct spot *s)
{
    plan_at(p, s->every ? PLACE_EVERY : PLACE_SHARD, s->shard);
}

static void name_of(struct planner *p, const struct table_ref *ref, const char **schema, const char **name)
{
    const struct unit *u = plan_unit_of(p, ref);
    *schema = u ? u->schema : "";
    *name = u ? u->name : "";
}

/* ---- CREATE TABLE ---- */

static void check_key_columns(struct planner *p, const struct spot *s, const struct table_info *info, const char *name)
{
    for (size_t i = 0; i < s->table.function->n_key; i++) {
        const char *key = s->table.key[i];
        int at = table_info_column(info, key, strlen(key));
        if (at < 0) {
            plan_unsupported(p, "table '%s' must have the column '%s', which is its shard key", name, key);
            return;
        }
        struct canon_column c;
        struct column_info column = info->columns[at];
        column.charset = column.charset ? column.charset : (char *)"utf8mb4";
        column.collation = column.collation ? column.collation : (char *)"utf8mb4_general_ci";
        const char *why = canon_column_init(&c, &column, p->env->mode.dialect);
        if (why) {
            plan_unsupported(p, "column '%s' of table '%s' cannot be a shard key: %s", key, name, why);
            return;
        }
    }
}

/* Is the table read, and not merely what a foreign key points to? */
static bool is_source(const struct planner *p, const struct table_ref *ref)
{
    struct span body = p->stmt->ddl->body;
    bool inside = ref->span.off >= body.off && span_end(ref->span) <= span_end(body);
    return !(body.len && inside) && !(ref->access & TABLE_DDL);
}

/* Units for the tables that are read, so that the place follows from them; the created one is at `spot`. */
static void place_with_sources(struct planner *p, const struct spot *spot, const struct table_ref *created)
{
    for (uint32_t i = 0; i < p->n_units && !plan_over(p); i++) {
        struct unit *u = &p->units[i];
        if (u->ref == created || !is_source(p, u->ref)) {
            u->place = (struct place_unit){.kind = spot ? UNIT_SINGLE : UNIT_GLOBAL,
                                           .table = (uint16_t)i,
                                           .shard = spot ? spot->shard : 0,
                                           .own = &shardkey_all};
            continue;
        }
        plan_fill_unit(p, u);
        bool like = u->ref == p->stmt->ddl->like && u->place.kind == UNIT_SHARDED; /* its definition is everywhere */
        u->place.kind = like ? UNIT_GLOBAL : u->place.kind;
    }
    if (p->stmt->query && !plan_over(p)) {
        plan_query(p, p->stmt->query, NULL);
    }
    plan_several(p, "CREATE TABLE ... SELECT");
    plan_finish_units(p);
}

static void create_temporary(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    name_of(p, d->table, &schema, &name);
    p->plan->action = PLAN_RUN;
    p->plan->flags = (p->plan->flags & ~(uint32_t)PLAN_IMPLICIT_COMMIT) | PLAN_PINS_TEMPORARY;
    if (!p->stmt->query && !d->like) {
        plan_at(p, PLACE_SHARD, plan_default_shard(p, schema));
        return;
    }
    place_with_sources(p, NULL, d->table);
}

static const struct table_info *created_info(struct planner *p, const struct ddl *d, const char *schema,
                                             const char *name)
{
    if (d->like) {
        const char *like_schema, *like_name;
        name_of(p, d->like, &like_schema, &like_name);
        const struct table_info *from = plan_info(p, like_schema, like_name);
        struct table_info *t = from && from->exists ? define_start(p, schema, name, from) : NULL;
        for (size_t i = 0; t && i < t->n_keys; i++) {
            if (t->keys[i].ref_table) { /* LIKE leaves foreign keys behind */
                define_drop_key(p, t, t->keys[i].name, false);
                i = (size_t)-1;
            }
        }
        return t;
    }
    struct table_info *t = define_start(p, schema, name, NULL);
    return t && define_add(p, t, d) && d->options_understood ? t : NULL;
}

static void create_table(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    if (d->temporary) {
        create_temporary(p, d);
        return;
    }
    name_of(p, d->table, &schema, &name);
    const struct table_info *info = plan_one_shard(p) ? NULL : created_info(p, d, schema, name);
    if (plan_over(p)) {
        return;
    }
    struct spot s = new_spot(p, schema, name, info);
    if (plan_over(p)) {
        return;
    }
    bool sharded = s.every && (s.table.kind == CONF_TABLE_SHARDED);
    if (p->stmt->query && s.every) {
        plan_unsupported(
            p,
            "CREATE TABLE ... SELECT of table '%s', which is on every shard, is not supported yet: create it, "
            "then INSERT",
            name);
        return;
    }
    if (sharded && s.table.function && s.table.listed && info && !d->like && d->columns) {
        check_key_columns(p, &s, info, name);
    }
    if (plan_over(p)) {
        return;
    }
    if (p->stmt->query) {
        place_with_sources(p, &s, d->table);
        return;
    }
    if (d->like) {
        const char *like_schema, *like_name;
        name_of(p, d->like, &like_schema, &like_name);
        struct spot like = find_spot(p, like_schema, like_name);
        if (!plan_over(p) && !like.every && (s.every || s.shard != like.shard)) {
            plan_unsupported(p, "table '%s' is on shard '%s' alone, and '%s' would be elsewhere: give its definition",
                             like_name, p->env->topo->shards[like.shard].conf->name, name);
        }
    }
    if (!plan_over(p)) {
        at_spot(p, &s);
    }
}

/* ---- ALTER TABLE ---- */

struct alter {
    struct planner *p;
    const struct spot *spot;
    struct table_info *info; /* by keys: what the table will be */
    const char *name;
};

static bool is_shard_key(const struct spot *s, struct planner *p, struct span column)
{
    for (size_t i = 0; s->every && s->table.function && i < s->table.function->n_key; i++) {
        if (ident_is(p->sql, column, s->table.key[i])) {
            return true;
        }
    }
    return false;
}

static bool word(const struct token *t, size_t n, size_t at, enum keyword w)
{
    return at < n && t[at].kind == TK_WORD && t[at].word == w;
}

static void drop_clause(struct alter *a, const struct token *t, size_t n, size_t at)
{
    if (word(t, n, at, KW_PRIMARY)) {
        if (a->info) {
            define_drop_key(a->p, a->info, "", true);
        }
        return;
    }
    bool key = word(t, n, at, KW_INDEX) || word(t, n, at, KW_KEY) || word(t, n, at, KW_CONSTRAINT);
    if (word(t, n, at, KW_FOREIGN)) {
        key = true;
        at++;
    }
    at += key || word(t, n, at, KW_COLUMN);
    at += word(t, n, at, KW_IF) ? 2 : 0;
    if (at >= n) {
        return;
    }
    if (key) {
        if (a->info) {
            define_drop_key(a->p, a->info, plan_name(a->p, t[at].span), false);
        }
    } else if (is_shard_key(a->spot, a->p, t[at].span)) {
        plan_unsupported(a->p, "column '%s' is the shard key of table '%s' and cannot be dropped",
                         plan_name(a->p, t[at].span), a->name);
    }
}

static void alter_clause(void *arg, const struct token *t, size_t n)
{
    struct alter *a = arg;
    if (word(t, n, 0, KW_DROP)) {
        drop_clause(a, t, n, 1);
        return;
    }
    bool change = word(t, n, 0, KW_CHANGE) || word(t, n, 0, KW_MODIFY);
    bool rename = word(t, n, 0, KW_RENAME) && word(t, n, 1, KW_COLUMN);
    size_t at = rename ? 2 : word(t, n, 1, KW_COLUMN) ? 2 : 1;
    at += word(t, n, at, KW_IF) ? 2 : 0;
    if ((change || rename) && at < n && is_shard_key(a->spot, a->p, t[at].span)) {
        plan_unsupported(a->p, "column '%s' is the shard key of table '%s': its name and type cannot be changed",
                         plan_name(a->p, t[at].span), a->name);
    }
}

static void refuse_move(struct planner *p, const char *name, const struct spot *to)
{
    plan_unsupported(
        p,
        "this would change how the rows of table '%s' are spread (%s), and they would not be found: list the "
        "table in the configuration",
        name, to->table.why ? to->table.why : "unknown");
}

/* Does a table that is spread by its keys stay where it is under new keys or a new name? */
static void check_stays(struct planner *p, const struct spot *from, const struct table_info *info, const char *name)
{
    struct spot to = new_spot(p, info->schema, info->name, info);
    if (!plan_over(p) && !same_spot(from, &to)) {
        refuse_move(p, name, &to);
    }
}

static void check_rename(struct planner *p, const struct spot *from, const struct table_ref *old,
                         const struct table_ref *new_, const struct table_info *info)
{
    const char *schema, *name, *old_schema, *old_name;
    name_of(p, new_, &schema, &name);
    name_of(p, old, &old_schema, &old_name);
    struct table_info *renamed = info ? define_start(p, schema, name, info) : NULL;
    struct spot to = new_spot(p, schema, name, renamed);
    if (!plan_over(p) && !same_spot(from, &to)) {
        plan_unsupported(p, "renaming table '%s' to '%s' would change how its rows are spread", old_name, name);
    }
}

static void alter_table(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    name_of(p, d->table, &schema, &name);
    struct spot s = find_spot(p, schema, name);
    if (plan_over(p)) {
        return;
    }
    const struct table_info *info = catalog_table(p->env->catalog, schema, strlen(schema), name, strlen(name));
    struct alter a = {p, &s, NULL, name};
    if (s.by_keys && info && info->exists) {
        a.info = define_start(p, schema, name, info);
    }
    if (!plan_one_shard(p)) {
        define_words(p, d->body, alter_clause, &a);
    }
    if (!plan_over(p) && a.info && s.every) {
        if (!define_add(p, a.info, d)) {
            plan_unsupported(p, "this ALTER of table '%s', whose keys say how it is spread, was not understood", name);
        } else {
            check_stays(p, &s, a.info, name);
        }
    } else if (!plan_over(p) && a.info && define_add(p, a.info, d)) {
        check_stays(p, &s, a.info, name);
    }
    if (!plan_over(p) && d->rename_to && !plan_one_shard(p)) {
        check_rename(p, &s, d->table, d->rename_to, info && info->exists ? info : NULL);
    }
    if (!plan_over(p)) {
        at_spot(p, &s);
    }
}

/* ---- indexes ---- */

/* CREATE UNIQUE INDEX i ON t (a, b): the columns' names. */
static uint32_t index_columns(struct planner *p, const struct table_ref *table, struct span *out, uint32_t max)
{
    struct lexer lx;
    struct token t;
    uint32_t n = 0;
    int depth = 0;
    bool first = false;
    lex_init(&lx, p->sql, span_end(p->stmt->span), &p->env->mode);
    lx.pos = span_end(table->span);
    while (lex_next(&lx, &t) != TK_END && t.kind != TK_ERROR) {
        depth += t.kind == TK_LPAREN;
        if (t.kind == TK_RPAREN && --depth <= 0) {
            break;
        }
        if (depth == 1 && first && n < max && (t.kind == TK_WORD || t.kind == TK_QUOTED)) {
            out[n++] = t.span;
        }
        first = depth == 1 && (t.kind == TK_LPAREN || t.kind == TK_COMMA);
    }
    return n;
}

static void index_ddl(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    if (!d->table) {
        plan_unsupported(p, "this statement was not understood");
        return;
    }
    name_of(p, d->table, &schema, &name);
    struct spot s = find_spot(p, schema, name);
    const struct table_info *info = catalog_table(p->env->catalog, schema, strlen(schema), name, strlen(name));
    bool matters = p->stmt->kind == STMT_DROP || d->unique;
    if (!plan_over(p) && s.by_keys && info && info->exists && matters) {
        struct table_info *t = define_start(p, schema, name, info);
        struct span columns[16];
        if (t && p->stmt->kind == STMT_DROP) {
            define_drop_key(p, t, plan_name(p, d->name), ident_is(p->sql, d->name, "PRIMARY"));
        } else if (t && !define_unique(p, t, columns, index_columns(p, d->table, columns, 16))) {
            plan_unsupported(p, "this index on table '%s' was not understood", name);
        }
        if (t && !plan_over(p)) {
            check_stays(p, &s, t, name);
        }
    }
    if (!plan_over(p)) {
        at_spot(p, &s);
    }
}

/* ---- views ---- */

/* Where views' tables are together: one shard, or every shard when no single table is among them. */
static bool place_of_tables(struct planner *p, bool written, struct spot *out)
{
    int shard = -1;
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct topo_table t;
        const struct unit *u = &p->units[i];
        if (((u->ref->access & TABLE_DDL) != 0) != written) {
            continue;
        }
        enum unit_kind kind = plan_table_kind(p, u->schema, u->name, &t);
        if (p->status != PLAN_OK) {
            return false;
        }
        if (kind == UNIT_SINGLE && shard >= 0 && shard != t.shard) {
            plan_unsupported(p, "the statement names tables of shard '%s' and of shard '%s'",
                             p->env->topo->shards[shard].conf->name, p->env->topo->shards[t.shard].conf->name);
            return false;
        }
        shard = kind == UNIT_SINGLE ? t.shard : shard;
    }
    *out = (struct spot){.known = true, .every = shard < 0, .shard = (uint16_t)(shard < 0 ? 0 : shard)};
    return true;
}

static void view_ddl(struct planner *p)
{
    struct spot s;
    if (place_of_tables(p, p->stmt->kind == STMT_DROP, &s)) {
        at_spot(p, &s);
    }
}

/* ---- DROP, TRUNCATE, RENAME of tables; sequences; triggers ---- */

static void several_tables(struct planner *p)
{
    struct spot all = {0};
    for (uint32_t i = 0; i < p->n_units && !plan_over(p); i++) {
        struct spot s = find_spot(p, p->units[i].schema, p->units[i].name);
        if (plan_over(p)) {
            return;
        }
        if (all.known && (all.every != s.every || all.shard != s.shard)) {
            plan_unsupported(p, "table '%s' and table '%s' are not on the same shards: use a statement for each",
                             p->units[0].name, p->units[i].name);
            return;
        }
        all = s;
    }
    at_spot(p, &all);
}

static void drop_table(struct planner *p, const struct ddl *d)
{
    p->plan->flags |= PLAN_DROPS_TEMPORARY;
    if (d->temporary) {
        p->plan->action = PLAN_RUN;
        p->plan->flags &= ~(uint32_t)PLAN_IMPLICIT_COMMIT;
        plan_at(p, PLACE_ANY, 0);
        return;
    }
    several_tables(p);
}

/* Pairs: a TO b, c TO d. */
static void rename_tables(struct planner *p)
{
    struct spot all = {0};
    for (uint32_t i = 0; i + 1 < p->n_units && !plan_over(p); i += 2) {
        const struct unit *u = &p->units[i];
        struct spot s = find_spot(p, u->schema, u->name);
        const struct table_info *info =
            catalog_table(p->env->catalog, u->schema, strlen(u->schema), u->name, strlen(u->name));
        if (!plan_over(p) && !plan_one_shard(p)) {
            check_rename(p, &s, u->ref, p->units[i + 1].ref, info && info->exists ? info : NULL);
        }
        if (plan_over(p)) {
            return;
        }
        if (all.known && (all.every != s.every || all.shard != s.shard)) {
            plan_unsupported(p, "table '%s' and table '%s' are not on the same shards: use a statement for each",
                             p->units[0].name, u->name);
            return;
        }
        all = s;
    }
    at_spot(p, &all);
}

static void at_table(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    if (!d->table) { /* DROP TRIGGER */
        plan_at(p, PLACE_EVERY, 0);
        return;
    }
    name_of(p, d->table, &schema, &name);
    struct spot s = find_spot(p, schema, name);
    if (!plan_over(p)) {
        at_spot(p, &s);
    }
}

static void create_sequence(struct planner *p, const struct ddl *d)
{
    const char *schema, *name;
    name_of(p, d->table, &schema, &name);
    struct table_info *info = define_start(p, schema, name, NULL);
    struct spot s = info ? new_spot(p, schema, name, info) : (struct spot){0};
    if (!plan_over(p)) {
        at_spot(p, &s);
    }
}

/* ---- schemas and stored programs ---- */

static void database_ddl(struct planner *p, const struct ddl *d)
{
    const char *name = d->name.len ? plan_name(p, d->name) : p->schema;
    if (name && topo_is_system(name, strlen(name))) {
        refuse_system(p, name);
    } else if (!name || !topo_schema(p->env->topo, name, strlen(name))) {
        if (p->stmt->kind == STMT_CREATE) {
            plan_unsupported(p, "schema '%s' is not in the configuration: add it there first", name ? name : "");
        } else {
            plan_refuse(p, 1049, "42000", "Unknown database '%s'", name ? name : "");
        }
    } else {
        plan_at(p, PLACE_EVERY, 0);
    }
}

void plan_ddl(struct planner *p)
{
    const struct ddl *d = p->stmt->ddl;
    p->plan->action = PLAN_DDL;
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY | PLAN_IMPLICIT_COMMIT;
    switch ((enum object_kind)d->object) {
    case OBJECT_TABLE:
        switch (p->stmt->kind) {
        case STMT_CREATE:
            create_table(p, d);
            break;
        case STMT_ALTER:
            alter_table(p, d);
            break;
        case STMT_DROP:
            drop_table(p, d);
            break;
        case STMT_RENAME:
            rename_tables(p);
            break;
        default:
            several_tables(p);
            break;
        }
        break;
    case OBJECT_VIEW:
        view_ddl(p);
        break;
    case OBJECT_INDEX:
        index_ddl(p, d);
        break;
    case OBJECT_TRIGGER:
        at_table(p, d);
        break;
    case OBJECT_SEQUENCE:
        if (p->stmt->kind == STMT_CREATE) {
            create_sequence(p, d);
        } else {
            several_tables(p);
        }
        break;
    case OBJECT_DATABASE:
        database_ddl(p, d);
        break;
    case OBJECT_PROCEDURE:
    case OBJECT_FUNCTION:
    case OBJECT_EVENT:
    case OBJECT_PACKAGE:
        if (plan_schema_of(p, d->schema)) {
            plan_at(p, PLACE_EVERY, 0);
        }
        break;
    case OBJECT_USER:
    case OBJECT_ROLE:
        plan_unsupported(p, "accounts are set in Shardwire's configuration");
        break;
    default:
        plan_unsupported(p, "this statement administers one server: run it on the instances");
        break;
    }
}
