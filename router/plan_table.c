/* What the tables of a statement are: a unit for each base table that it names. */
#include <stdio.h>

#include "router/plan_int.h"

#define MAX_VIEW_DEPTH 8

const char *plan_schema_of(struct planner *p, struct span written)
{
    const char *name = written.len ? plan_name(p, written) : p->schema;
    if (!name) {
        plan_refuse(p, 1046, "3D000", "No database selected");
        return NULL;
    }
    size_t len = strlen(name);
    if (!topo_is_system(name, len) && !topo_schema(p->env->topo, name, len)) {
        plan_refuse(p, 1049, "42000", "Unknown database '%s'", name);
        return NULL;
    }
    return name;
}

uint16_t plan_default_shard(struct planner *p, const char *schema)
{
    const struct topo *t = p->env->topo;
    const struct topo_schema *s = schema ? topo_schema(t, schema, strlen(schema)) : NULL;
    const char *shard = s && s->conf->others.kind == CONF_TABLE_SINGLE ? s->conf->others.shard : NULL;
    for (size_t i = 0; shard && i < t->n_shards; i++) {
        if (!strcmp(t->shards[i].conf->name, shard)) {
            return (uint16_t)i;
        }
    }
    return 0;
}

static void want(struct planner *p, const char *schema, const char *name)
{
    p->needs->schema = arena_copy(p->arena, schema, strlen(schema));
    p->needs->name = arena_copy(p->arena, name, strlen(name));
    p->status = p->needs->schema && p->needs->name ? PLAN_NEEDS_TABLE : PLAN_NO_MEMORY;
}

const struct table_info *plan_info(struct planner *p, const char *schema, const char *name)
{
    const struct table_info *t = catalog_table(p->env->catalog, schema, strlen(schema), name, strlen(name));
    if (!t) {
        want(p, schema, name);
    }
    return t;
}

/* ---- views ---- */

static enum unit_kind kind_at_depth(struct planner *p, const char *schema, const char *name, struct topo_table *t,
                                    int depth);

static const char *text_name(struct planner *p, const char *sql, struct span s)
{
    char *out = plan_alloc(p, s.len + 1);
    int n = out && s.len ? ident_text(sql, s, out, s.len + 1) : 0;
    if (out) {
        out[n > 0 ? n : 0] = '\0';
    }
    return out ? out : "";
}

/* Where a view's tables are: together on one shard, everywhere, or spread. Sets t->shard. */
static enum unit_kind view_kind(struct planner *p, const struct table_info *info, struct topo_table *t, int depth)
{
    struct parse_result r;
    struct lex_mode mode = p->env->mode;
    mode.flags = 0; /* as information_schema writes it */
    if (depth >= MAX_VIEW_DEPTH || !info->view_definition ||
        parse_sql(info->view_definition, (uint32_t)strlen(info->view_definition), &mode, p->arena, &r) != PARSE_OK) {
        return UNIT_SPREAD;
    }
    int shard = -1;
    for (const struct table_ref *ref = r.stmt->tables; ref; ref = ref->next) {
        struct topo_table part;
        if (ref->kind != TABLE_BASE && ref->kind != TABLE_SEQUENCE) {
            continue;
        }
        const char *schema = ref->schema.len ? text_name(p, info->view_definition, ref->schema) : info->schema;
        enum unit_kind kind =
            kind_at_depth(p, schema, text_name(p, info->view_definition, ref->name), &part, depth + 1);
        if (p->status != PLAN_OK) {
            return UNIT_SPREAD;
        }
        bool apart = kind == UNIT_SINGLE && shard >= 0 && shard != part.shard;
        if (kind == UNIT_SHARDED || kind == UNIT_SPREAD || apart) {
            return UNIT_SPREAD;
        }
        shard = kind == UNIT_SINGLE ? part.shard : shard;
    }
    t->shard = shard >= 0 ? (uint16_t)shard : t->shard;
    return shard >= 0 ? UNIT_SINGLE : UNIT_GLOBAL;
}

static enum unit_kind kind_at_depth(struct planner *p, const char *schema, const char *name, struct topo_table *t,
                                    int depth)
{
    const struct topo *topo = p->env->topo;
    enum topo_found f = topo_table(topo, p->env->catalog, schema, strlen(schema), name, strlen(name), t);
    if (f == TOPO_SYSTEM || f == TOPO_NO_SCHEMA || topo->n_shards == 1) {
        *t = (struct topo_table){.kind = CONF_TABLE_SINGLE, .shard = plan_default_shard(p, p->schema)};
        return UNIT_SINGLE;
    }
    if (f == TOPO_NEEDS_INFO) {
        want(p, t->needs_schema ? t->needs_schema : schema, t->needs_name ? t->needs_name : name);
        return UNIT_MISSING;
    }
    const struct table_info *info = plan_info(p, schema, name);
    if (!info) {
        return UNIT_MISSING;
    }
    const struct topo_schema *s = topo_schema(topo, schema, strlen(schema));
    bool by_info = t->kind == CONF_TABLE_SHARDED || (!t->listed && s->conf->others.kind == CONF_TABLE_SHARDED);
    if (!info->exists) {
        return by_info ? UNIT_MISSING : t->kind == CONF_TABLE_GLOBAL ? UNIT_GLOBAL : UNIT_SINGLE;
    }
    if (info->is_view && !t->listed) {
        return view_kind(p, info, t, depth);
    }
    return t->kind == CONF_TABLE_SHARDED ? UNIT_SHARDED : t->kind == CONF_TABLE_GLOBAL ? UNIT_GLOBAL : UNIT_SINGLE;
}

enum unit_kind plan_table_kind(struct planner *p, const char *schema, const char *name, struct topo_table *t)
{
    return kind_at_depth(p, schema, name, t, 0);
}

/* ---- units ---- */

static const struct key_fn *make_key_fn(struct planner *p, const struct unit *u)
{
    size_t n = u->topo.function->n_key;
    struct key_fn *fn = plan_alloc(p, sizeof *fn);
    struct canon_column *columns = plan_alloc(p, n * sizeof *columns);
    const char **names = plan_alloc(p, n * sizeof *names);
    if (!fn || !columns || !names) {
        return NULL;
    }
    if (n > PLAN_MAX_KEY) {
        plan_unsupported(p, "the key of table '%s' has more than %d columns", u->name, PLAN_MAX_KEY);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const char *key = u->topo.key[i];
        int at = table_info_column(u->info, key, strlen(key));
        if (at < 0) {
            plan_unsupported(p, "table '%s' has no column '%s', which the configuration says is its shard key", u->name,
                             key);
            return NULL;
        }
        names[i] = u->info->columns[at].name;
        const char *why = canon_column_init(&columns[i], &u->info->columns[at], p->env->mode.dialect);
        if (why) {
            plan_unsupported(p, "column '%s' of table '%s' cannot be a shard key: %s", key, u->name, why);
            return NULL;
        }
    }
    fn->columns = columns;
    fn->names = names;
    const char *why = shardfn_init(&fn->fn, p->env->topo, u->topo.function, columns, p->arena);
    if (why && !*why) {
        p->status = PLAN_NO_MEMORY;
    } else if (why) {
        plan_unsupported(p, "table '%s' cannot be sharded by '%s': %s", u->name, names[0], why);
    }
    return fn;
}

void plan_fill_unit(struct planner *p, struct unit *u)
{
    u->place.kind = (uint8_t)plan_table_kind(p, u->schema, u->name, &u->topo);
    if (p->status != PLAN_OK) {
        return;
    }
    u->place.shard = u->topo.shard;
    u->place.own = &shardkey_all;
    if (topo_is_system(u->schema, strlen(u->schema))) {
        p->plan->flags |= PLAN_PRIMARY; /* what they say differs from server to server */
        if (u->ref->access & (TABLE_WRITE | TABLE_MAYBE_WRITE)) {
            plan_unsupported(p, "schema '%s' belongs to the servers and is not changed through Shardwire", u->schema);
        }
        return;
    }
    if (!plan_one_shard(p)) {
        u->info = catalog_table(p->env->catalog, u->schema, strlen(u->schema), u->name, strlen(u->name));
        u->info = u->info && u->info->exists ? u->info : NULL;
    }
    if (u->place.kind == UNIT_SHARDED) {
        u->place.fn = make_key_fn(p, u);
    }
}

static bool is_table(const struct table_ref *ref)
{
    return ref->kind == TABLE_BASE || ref->kind == TABLE_SEQUENCE;
}

/* DDL looks at its objects itself: they need not be there. */
static bool is_ddl(const struct stmt *s)
{
    return s->kind == STMT_CREATE || s->kind == STMT_ALTER || s->kind == STMT_DROP || s->kind == STMT_RENAME ||
           s->kind == STMT_TRUNCATE;
}

void plan_units(struct planner *p)
{
    const struct stmt *s = p->stmt;
    uint32_t n = 0;
    for (const struct table_ref *ref = s->tables; ref; ref = ref->next) {
        n += is_table(ref);
    }
    if (n == 0 || s->kind == STMT_EXPLAIN_ROUTE) {
        return;
    }
    if (n > PLAN_MAX_UNITS) {
        plan_unsupported(p, "the statement names more than %d tables", PLAN_MAX_UNITS);
        return;
    }
    p->units = plan_alloc(p, n * sizeof *p->units);
    p->links = plan_alloc(p, (size_t)n * n);
    struct plan_table *tables = plan_alloc(p, n * sizeof *tables);
    if (!p->units || !p->links || !tables) {
        return;
    }
    p->plan->tables = tables;
    for (struct table_ref *ref = s->tables; ref; ref = ref->next) {
        if (!is_table(ref)) {
            continue;
        }
        struct unit *u = &p->units[p->n_units];
        u->ref = ref;
        u->schema = plan_schema_of(p, ref->schema);
        if (!u->schema) {
            return;
        }
        u->name = plan_name(p, ref->name);
        u->alias = ref->alias.len ? plan_name(p, ref->alias) : u->name;
        u->place.table = (uint16_t)p->n_units;
        tables[p->n_units] = (struct plan_table){u->schema, u->name, (ref->access & ~TABLE_READ) != 0};
        p->plan->n_tables = ++p->n_units;
    }
    for (uint32_t i = 0; !is_ddl(s) && i < p->n_units && !plan_over(p); i++) {
        plan_fill_unit(p, &p->units[i]);
    }
}

struct unit *plan_unit_of(struct planner *p, const struct table_ref *ref)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].ref == ref) {
            return &p->units[i];
        }
    }
    return NULL;
}
