/* EXPLAIN ROUTE: what a bound plan would do, as rows to print. */
#include "router/plan_int.h"
#include "router/route.h"

static const struct place_unit *unit_of(const struct plan_place *place, size_t table)
{
    for (uint32_t i = 0; i < place->n_units; i++) {
        if (place->units[i].table == table) {
            return &place->units[i];
        }
    }
    return NULL;
}

/* orders (sharded by user_id), countries (global) */
static const char *describe_table(const struct plan *plan, size_t i, struct arena *a)
{
    const struct plan_table *t = &plan->tables[i];
    const struct place_unit *u = unit_of(plan->place, i);
    if (!u) {
        return arena_format(a, "%s.%s", t->schema, t->name);
    }
    switch ((enum unit_kind)u->kind) {
    case UNIT_SHARDED: {
        const char *keys = u->fn->names[0];
        for (size_t k = 1; keys && k < u->fn->fn.n_key; k++) {
            keys = arena_format(a, "%s, %s", keys, u->fn->names[k]);
        }
        return keys ? arena_format(a, "%s.%s (sharded by %s)", t->schema, t->name, keys) : NULL;
    }
    case UNIT_GLOBAL:
        return arena_format(a, "%s.%s (global)", t->schema, t->name);
    case UNIT_SINGLE:
        return arena_format(a, "%s.%s (single)", t->schema, t->name);
    case UNIT_SPREAD:
        return arena_format(a, "%s.%s (view)", t->schema, t->name);
    case UNIT_MISSING:
        break;
    }
    return arena_format(a, "%s.%s (missing)", t->schema, t->name);
}

static const char *describe_tables(const struct plan *plan, struct arena *a)
{
    const char *s = "";
    for (size_t i = 0; i < plan->n_tables && s; i++) {
        const char *t = describe_table(plan, i, a);
        s = t ? arena_format(a, "%s%s%s", s, *s ? ", " : "", t) : NULL;
    }
    return s;
}

struct route_line *route_explain(const struct plan *plan, const struct route_facts *facts, enum route_status status,
                                 const struct route *route, struct arena *arena, size_t *n)
{
    size_t lines = status == ROUTE_OK && route->n_targets ? route->n_targets : 1;
    struct route_line *out = arena_zalloc(arena, lines * sizeof *out);
    const char *tables = describe_tables(plan, arena);
    const char *sql = arena_copy(arena, facts->sql, facts->sql_len);
    if (!out || !tables || !sql) {
        return NULL;
    }
    *n = lines;
    if (status == ROUTE_REFUSED) {
        out[0] = (struct route_line){NULL, NULL, "refused", tables, route->error.text};
        return out;
    }
    if (status != ROUTE_OK || route->n_targets == 0) {
        out[0] = (struct route_line){NULL, NULL, status == ROUTE_OK ? "session" : "unknown", tables, sql};
        return out;
    }
    for (size_t i = 0; i < lines; i++) {
        const struct route_target *t = &route->targets[i];
        out[i] = (struct route_line){.shard = facts->topo->shards[t->shard].conf->name,
                                     .role = route->role == ROUTE_PRIMARY ? "primary" : "replica",
                                     .rung = route->rung,
                                     .tables = tables,
                                     .sql = t->sql ? arena_copy(arena, t->sql, t->len) : sql};
        if (!out[i].sql) {
            return NULL;
        }
    }
    return out;
}
