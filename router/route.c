/* Binds a plan: which shards do this statement's values leave? No parse and no search here, only canonical keys, the
 * hash and a few sets of shards. See plan_int.h for what units, sources and rows mean.
 */
#include "router/route.h"

#include <stdio.h>

#include "router/plan_int.h"

struct binder {
    const struct plan *plan;
    const struct plan_place *place;
    const struct route_facts *facts;
    struct arena *arena;
    struct route *out;
    const uint8_t *ignored; /* units that route_force() passes over, or NULL */
    struct shard_set *sets; /* per unit; .words NULL: no limit */
    struct shardkey_ask ask;
};

static enum route_status refuse(struct binder *b, uint16_t number, const char *sqlstate, const char *text)
{
    if (!text) {
        return ROUTE_NO_MEMORY;
    }
    b->out->error.number = number;
    snprintf(b->out->error.sqlstate, sizeof b->out->error.sqlstate, "%s", sqlstate);
    b->out->error.text = text;
    return ROUTE_REFUSED;
}

static const char *shard_name(const struct binder *b, int shard)
{
    return b->facts->topo->shards[shard].conf->name;
}

static const char *table_name(const struct binder *b, uint32_t unit)
{
    return b->plan->tables[b->place->units[unit].table].name;
}

/* s0, s2, s3 */
static const char *shard_names(const struct binder *b, const struct shard_set *set)
{
    char *s = NULL;
    int named = 0;
    for (size_t i = 0; i < b->facts->topo->n_shards; i++) {
        if (!shard_set_has(set, (uint16_t)i)) {
            continue;
        }
        if (++named > 8) {
            return arena_format(b->arena, "%s, ...", s);
        }
        s = arena_format(b->arena, s ? "%s%s%s" : "%s%s%s", s ? s : "", s ? ", " : "", shard_name(b, (int)i));
        if (!s) {
            return "?";
        }
    }
    return s ? s : "none";
}

/* ---- targets ---- */

static enum route_status to_one(struct binder *b, uint16_t shard, const char *rung)
{
    b->out->targets = arena_alloc(b->arena, sizeof *b->out->targets);
    if (!b->out->targets) {
        return ROUTE_NO_MEMORY;
    }
    b->out->targets[0] = (struct route_target){shard, NULL, 0};
    b->out->n_targets = 1;
    b->out->rung = rung;
    return ROUTE_OK;
}

static enum route_status to_any(struct binder *b)
{
    const struct route_facts *f = b->facts;
    size_t n = f->topo->n_shards;
    uint16_t shard = (uint16_t)(f->prefer >= 0 && (size_t)f->prefer < n ? (uint32_t)f->prefer : f->any % n);
    b->out->any = true;
    return to_one(b, shard, "any shard");
}

static enum route_status to_set(struct binder *b, const struct shard_set *set, const char *rung)
{
    size_t n = shard_set_count(set);
    b->out->targets = arena_alloc(b->arena, n * sizeof *b->out->targets);
    if (!b->out->targets) {
        return ROUTE_NO_MEMORY;
    }
    for (size_t i = 0; i < b->facts->topo->n_shards; i++) {
        if (shard_set_has(set, (uint16_t)i)) {
            b->out->targets[b->out->n_targets++] = (struct route_target){(uint16_t)i, NULL, 0};
        }
    }
    b->out->rung = rung;
    return ROUTE_OK;
}

static enum route_status to_every(struct binder *b)
{
    struct shard_set all;
    if (!shard_set_init(&all, b->facts->topo->n_shards, b->arena)) {
        return ROUTE_NO_MEMORY;
    }
    shard_set_fill(&all, b->facts->topo->n_shards);
    return to_set(b, &all, "every shard");
}

/* ---- units ---- */

static bool passed_over(const struct binder *b, uint32_t unit)
{
    return b->ignored && b->ignored[unit];
}

static enum route_status missing(struct binder *b, uint32_t unit)
{
    const struct plan_table *t = &b->plan->tables[b->place->units[unit].table];
    return refuse(b, 1146, "42S02", arena_format(b->arena, "Table '%s.%s' doesn't exist", t->schema, t->name));
}

static enum route_status unit_set(struct binder *b, uint32_t i, struct shard_set *set)
{
    const struct place_unit *u = &b->place->units[i];
    if (u->kind == UNIT_GLOBAL || passed_over(b, i)) {
        return ROUTE_OK;
    }
    if (u->kind == UNIT_MISSING) {
        return missing(b, i);
    }
    if (!shard_set_init(set, b->facts->topo->n_shards, b->arena)) {
        return ROUTE_NO_MEMORY;
    }
    if (u->kind == UNIT_SINGLE) {
        shard_set_add(set, u->shard);
        return ROUTE_OK;
    }
    if (u->kind == UNIT_SHARDED) {
        shardfn_all(&u->fn->fn, set);
    } else {
        shard_set_fill(set, b->facts->topo->n_shards);
    }
    for (uint32_t k = 0; u->kind == UNIT_SHARDED && k < u->n_sources; k++) {
        const struct place_unit *source = &b->place->units[u->sources[k]];
        if (passed_over(b, u->sources[k])) {
            continue;
        }
        enum route_status s = shardkey_shards(source->own, source->fn, b->facts, b->arena, set, &b->ask);
        if (s != ROUTE_OK) {
            return s;
        }
    }
    return ROUTE_OK;
}

static const char *key_name(const struct binder *b, uint32_t unit)
{
    return b->place->units[unit].fn->names[0];
}

/* ---- rows ---- */

static enum route_status row_shard(struct binder *b, const struct place_row *r, int *shard)
{
    const struct key_fn *fn = b->place->units[r->unit].fn;
    size_t bad = 0;
    enum route_status s = shardkey_stored(r->values, fn, b->facts, b->arena, shard, &bad, &b->ask);
    if (s == ROUTE_REFUSED) {
        const char *where = r->row ? arena_format(b->arena, " in row %u", r->row) : "";
        return refuse(b, 1105, "HY000",
                      arena_format(b->arena,
                                   "Shardwire: table '%s' is sharded by '%s': what its column would hold for the value "
                                   "given%s cannot be told without a server: give it as the column's own type",
                                   table_name(b, r->unit), fn->names[bad], where ? where : ""));
    }
    if (s == ROUTE_OK && *shard == SHARDFN_NONE) {
        return refuse(b, 1526, "HY000",
                      arena_format(b->arena, "Shardwire: no rule of table '%s' says on which shard the key's value is",
                                   table_name(b, r->unit)));
    }
    return s;
}

/* The rows' shards, into *set. */
static enum route_status row_shards(struct binder *b, struct shard_set *set)
{
    for (uint32_t i = 0; i < b->place->n_rows; i++) {
        int shard;
        if (passed_over(b, b->place->rows[i].unit)) {
            continue;
        }
        enum route_status s = row_shard(b, &b->place->rows[i], &shard);
        if (s != ROUTE_OK) {
            return s;
        }
        shard_set_add(set, (uint16_t)shard);
    }
    return ROUTE_OK;
}

static bool is_zero(const struct route_value *v)
{
    bool digit = false;
    if (v->kind == ROUTE_INT || v->kind == ROUTE_UINT) {
        return v->i == 0;
    }
    for (size_t i = 0; i < v->len; i++) {
        digit = digit || v->text[i] == '0';
        if (!strchr("0.+- eE", v->text[i]) || v->text[i] == '\0') {
            return false;
        }
    }
    return digit || v->len == 0;
}

/* AUTO_INCREMENT columns must have values that the server takes as they are. */
static enum route_status check_autos(struct binder *b)
{
    for (uint32_t i = 0; i < b->place->n_autos; i++) {
        const struct place_auto *a = &b->place->autos[i];
        struct route_value v;
        if (passed_over(b, a->unit)) {
            continue;
        }
        if (!shardkey_read(&a->value, b->facts, b->arena, &v)) {
            return ROUTE_NO_MEMORY;
        }
        if (v.kind == ROUTE_UNKNOWN || v.kind == ROUTE_NULL || is_zero(&v)) {
            return refuse(
                b, 1105, "HY000",
                arena_format(b->arena,
                             "Shardwire: column '%s' of table '%s' is AUTO_INCREMENT and the table is on several "
                             "shards, which would count apart: give its value",
                             a->column, table_name(b, a->unit)));
        }
    }
    return ROUTE_OK;
}

/* ---- all together ---- */

static enum route_status apart(struct binder *b, uint32_t x, uint32_t y)
{
    return refuse(b, 1105, "HY000",
                  arena_format(b->arena,
                               "Shardwire: a statement over table '%s' on shard %s and table '%s' on shard %s is not "
                               "supported yet",
                               table_name(b, x), shard_names(b, &b->sets[x]), table_name(b, y),
                               shard_names(b, &b->sets[y])));
}

/* Rows of one shard, and something else in the statement on another. */
static enum route_status row_apart(struct binder *b, int shard, int pinned)
{
    const struct place_row *r = &b->place->rows[0];
    return refuse(b, 1105, "HY000",
                  arena_format(b->arena,
                               "Shardwire: a statement that stores rows of table '%s' on shard %s and names others on "
                               "shard %s is not supported yet",
                               table_name(b, r->unit), shard_name(b, shard), shard_name(b, pinned)));
}

static enum route_status rows_apart(struct binder *b, const struct shard_set *rows)
{
    bool update = b->place->rows[0].row == 0;
    uint32_t unit = b->place->rows[0].unit;
    if (update || b->plan->kind == STMT_UPDATE) {
        return refuse(
            b, 1105, "HY000",
            arena_format(b->arena,
                         "Shardwire: changing '%s', the shard key of table '%s', would move rows between shards "
                         "(%s): insert them anew and delete the old ones",
                         key_name(b, unit), table_name(b, unit), shard_names(b, rows)));
    }
    return refuse(b, 1105, "HY000",
                  arena_format(b->arena,
                               "Shardwire: rows of this %s belong to shards %s (table '%s' is sharded by '%s'): insert "
                               "them by separate statements",
                               b->plan->kind == STMT_REPLACE ? "REPLACE" : "INSERT", shard_names(b, rows),
                               table_name(b, unit), key_name(b, unit)));
}

/* The target of an INSERT: its rows say where it is, it has no condition. */
static bool placed_by_rows(const struct binder *b, uint32_t unit)
{
    for (uint32_t i = 0; i < b->place->n_rows; i++) {
        if (b->place->rows[i].unit == unit && b->place->rows[i].row > 0) {
            return true;
        }
    }
    return false;
}

/* Sets of all units; *pinned: the one shard that some of them are bound to, or -1; *wide: a unit with several, or -1.
 */
static enum route_status weigh_units(struct binder *b, int *pinned, int *wide)
{
    int first = -1;
    for (uint32_t i = 0; i < b->place->n_units; i++) {
        enum route_status s = unit_set(b, i, &b->sets[i]);
        if (s != ROUTE_OK) {
            return s;
        }
        size_t n = b->sets[i].words && !placed_by_rows(b, i) ? shard_set_count(&b->sets[i]) : 0;
        if (n > 1) {
            *wide = *wide < 0 ? (int)i : *wide;
        } else if (n == 1) {
            int shard = shard_set_first(&b->sets[i]);
            if (*pinned >= 0 && *pinned != shard) {
                return apart(b, (uint32_t)first, i);
            }
            first = first < 0 ? (int)i : first;
            *pinned = shard;
        }
    }
    return ROUTE_OK;
}

static enum route_status several(struct binder *b, int wide)
{
    const struct plan_place *p = b->place;
    if (p->explain) {
        return to_one(b, (uint16_t)shard_set_first(&b->sets[wide]), "one shard");
    }
    if (p->scatter) {
        return to_set(b, &b->sets[p->driver], "scatter");
    }
    return refuse(
        b, 1105, "HY000",
        arena_format(b->arena, "Shardwire: %s", p->several ? p->several : "not supported over several shards"));
}

static enum route_status bind_units(struct binder *b, int forced)
{
    const struct plan_place *p = b->place;
    int pinned = -1, wide = -1;
    b->sets = arena_zalloc(b->arena, p->n_units * sizeof *b->sets);
    if (!b->sets) {
        return ROUTE_NO_MEMORY;
    }
    enum route_status s = weigh_units(b, &pinned, &wide);
    if (s == ROUTE_OK && p->n_autos) {
        s = check_autos(b);
    }
    if (s != ROUTE_OK) {
        return s;
    }
    if (p->n_rows) {
        struct shard_set rows;
        if (!shard_set_init(&rows, b->facts->topo->n_shards, b->arena)) {
            return ROUTE_NO_MEMORY;
        }
        s = row_shards(b, &rows);
        if (s != ROUTE_OK) {
            return s;
        }
        int shard = shard_set_first(&rows);
        bool elsewhere = pinned >= 0 && shard >= 0 && shard != pinned && wide < 0;
        if (elsewhere && b->plan->kind != STMT_UPDATE && shard_set_count(&rows) == 1) {
            return row_apart(b, shard, pinned);
        }
        if (elsewhere || shard_set_count(&rows) > 1) {
            if (pinned >= 0) {
                shard_set_add(&rows, (uint16_t)pinned);
            }
            return rows_apart(b, &rows);
        }
        pinned = pinned < 0 ? shard : pinned;
    }
    if (wide >= 0) {
        return several(b, wide);
    }
    if (forced >= 0) {
        if (pinned >= 0 && pinned != forced) {
            return refuse(b, 1105, "HY000",
                          arena_format(b->arena,
                                       "Shardwire: the statement names a temporary table, which is on shard '%s', and "
                                       "rows of shard '%s': both in one statement are not supported yet",
                                       shard_name(b, forced), shard_name(b, pinned)));
        }
        pinned = forced;
    }
    return pinned >= 0 ? to_one(b, (uint16_t)pinned, "one shard") : to_any(b);
}

static enum route_status bind_place(struct binder *b)
{
    switch ((enum place_kind)b->place->kind) {
    case PLACE_ANY:
        return to_any(b);
    case PLACE_SHARD:
        return to_one(b, b->place->shard, "one shard");
    case PLACE_EVERY: {
        enum route_status s = b->place->n_autos ? check_autos(b) : ROUTE_OK;
        return s == ROUTE_OK ? to_every(b) : s;
    }
    case PLACE_UNITS:
        return bind_units(b, -1);
    case PLACE_NONE:
        break;
    }
    b->out->rung = "session";
    return ROUTE_OK;
}

static enum route_status begin(struct binder *b, const struct plan *plan, const struct route_facts *facts,
                               struct arena *arena, struct route *out)
{
    *b = (struct binder){.plan = plan, .place = plan->place, .facts = facts, .arena = arena, .out = out};
    *out = (struct route){.role = plan->flags & PLAN_PRIMARY ? ROUTE_PRIMARY : ROUTE_REPLICA};
    if (plan->action == PLAN_REFUSE) {
        out->error = plan->error;
        return ROUTE_REFUSED;
    }
    return plan->place->topo == facts->topo ? ROUTE_OK : ROUTE_STALE;
}

static enum route_status end(struct binder *b, enum route_status s)
{
    if (s == ROUTE_NEEDS_WEIGHT) {
        b->out->needs.charset = b->ask.column->charset;
        b->out->needs.collation = b->ask.column->collation;
        b->out->needs.text = b->ask.text.ptr;
        b->out->needs.len = b->ask.text.len;
    }
    return s;
}

enum route_status route_bind(const struct plan *plan, const struct route_facts *facts, struct arena *arena,
                             struct route *out)
{
    struct binder b;
    enum route_status s = begin(&b, plan, facts, arena, out);
    return s == ROUTE_OK ? end(&b, bind_place(&b)) : s;
}

static bool is_temporary(const struct plan_table *t, const struct plan_table *temporary, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(t->name, temporary[i].name) && !strcmp(t->schema, temporary[i].schema)) {
            return true;
        }
    }
    return false;
}

enum route_status route_force(const struct plan *plan, uint16_t shard, const struct plan_table *temporary,
                              size_t n_temporary, const struct route_facts *facts, struct arena *arena,
                              struct route *out)
{
    struct binder b;
    enum route_status s = begin(&b, plan, facts, arena, out);
    if (s != ROUTE_OK) {
        return s;
    }
    out->role = ROUTE_PRIMARY;
    uint8_t *ignored = arena_zalloc(arena, b.place->n_units + 1);
    if (!ignored) {
        return ROUTE_NO_MEMORY;
    }
    bool all = true;
    for (uint32_t i = 0; i < b.place->n_units; i++) {
        const struct place_unit *u = &b.place->units[i];
        ignored[i] = is_temporary(&plan->tables[u->table], temporary, n_temporary);
        bool written = plan->tables[u->table].written;
        all = all && ignored[i];
        if (!ignored[i] && written && u->kind == UNIT_GLOBAL) {
            return refuse(
                &b, 1105, "HY000",
                arena_format(arena,
                             "Shardwire: the global table '%s' is written on every shard, a temporary table is "
                             "on one: both in one statement are not supported",
                             plan->tables[u->table].name));
        }
    }
    b.ignored = ignored;
    if (b.place->kind != PLACE_UNITS && !(b.place->kind == PLACE_EVERY && b.place->n_units > 0 && all)) {
        return b.place->kind == PLACE_NONE ? bind_place(&b) : to_one(&b, shard, "one shard");
    }
    return end(&b, bind_units(&b, shard));
}
