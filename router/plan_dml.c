/* UPDATE, DELETE and LOAD DATA: on one shard, or, for global tables alone, on every shard. */
#include "router/plan_int.h"

static bool written(const struct unit *u)
{
    return (u->ref->access & (TABLE_WRITE | TABLE_MAYBE_WRITE)) != 0;
}

static bool writes_global(struct planner *p)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].place.kind == UNIT_GLOBAL && (p->units[i].ref->access & TABLE_WRITE)) {
            return true;
        }
    }
    return false;
}

static void several_writes(struct planner *p, const char *verb)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct unit *u = &p->units[i];
        if (u->place.kind == UNIT_SHARDED && written(u)) {
            p->place->several =
                plan_text(p,
                          "%s of table '%s' (sharded by '%s') on several shards is not supported yet: give the key by = or IN",
                          verb, u->name, plan_key_names(p, u->place.fn));
            return;
        }
    }
    plan_several(p, verb);
}

/* A multi-table UPDATE names its columns without tables: which table is it? */
static void settle_maybe(struct planner *p, struct scope *s, const struct assignment *set)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct unit *u = &p->units[i];
        if (u->scope != s || !(u->ref->access & TABLE_MAYBE_WRITE)) {
            continue;
        }
        bool writes = false;
        for (const struct assignment *a = set; a; a = a->next) {
            struct unit *target;
            int key;
            bool known = plan_column_key(p, s, a->target, &target, &key);
            writes = writes || !known || target == u;
        }
        u->ref->access |= writes ? TABLE_WRITE : 0;
        u->ref->access &= (uint8_t)~TABLE_MAYBE_WRITE;
        ((struct plan_table *)p->plan->tables)[i].written = writes;
    }
}

/* SET key = v keeps a row on its shard only when v is a key of the same shard. */
static void check_key_changes(struct planner *p, struct scope *s, const struct assignment *set)
{
    for (const struct assignment *a = set; a; a = a->next) {
        struct unit *u, *from;
        int key, from_key;
        if (!plan_column_key(p, s, a->target, &u, &key) || key < 0) {
            continue;
        }
        if (plan_column_key(p, s, a->value, &from, &from_key) && from == u && from_key == key) {
            continue;
        }
        struct key_value *v = plan_alloc(p, sizeof *v);
        if (!v) {
            return;
        }
        *v = plan_value(p, a->value);
        if (v->source == KEY_OPAQUE || u->place.fn->fn.n_key != 1) {
            plan_unsupported(p,
                             "UPDATE would change '%s', the shard key of table '%s', and move rows between shards: "
                             "insert them anew and delete the old ones",
                             u->place.fn->names[key], u->name);
            return;
        }
        struct place_row *rows = plan_alloc(p, (p->n_rows + 1) * sizeof *rows);
        if (!rows) {
            return;
        }
        if (p->n_rows) {
            memcpy(rows, p->rows, p->n_rows * sizeof *rows);
        }
        rows[p->n_rows] = (struct place_row){(uint32_t)(u - p->units), 0, v};
        p->rows = rows;
        p->n_rows++;
    }
}

static void with_queries(struct planner *p)
{
    for (struct cte *c = p->stmt->with ? p->stmt->with->list : NULL; c; c = c->next) {
        plan_query(p, c->query, NULL);
    }
}

static void finish_write(struct planner *p, const char *verb, const struct limit *limit, const struct order_list *order)
{
    if (plan_over(p)) {
        return;
    }
    if (writes_global(p)) {
        if (limit && !order) {
            plan_unsupported(
                p, "%s of a global table with LIMIT and without ORDER BY could choose other rows on each shard", verb);
            return;
        }
        plan_write_all(p, verb);
        return;
    }
    several_writes(p, verb);
    plan_finish_units(p);
}

void plan_update(struct planner *p)
{
    const struct update *u = p->stmt->update;
    struct scope *s = plan_alloc(p, sizeof *s);
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY;
    p->plan->flags |= p->stmt->returning ? PLAN_RETURNS_ROWS : 0u;
    if (!s) {
        return;
    }
    with_queries(p);
    plan_scope(p, s, u->from, u->where, NULL);
    for (const struct assignment *a = u->set; a; a = a->next) {
        plan_scope_subqueries(p, s, a->value);
    }
    for (uint32_t i = 0; u->order && i < u->order->n; i++) {
        plan_scope_subqueries(p, s, u->order->v[i].expr);
    }
    settle_maybe(p, s, u->set);
    check_key_changes(p, s, u->set);
    finish_write(p, "UPDATE", u->limit, u->order);
}

void plan_delete(struct planner *p)
{
    const struct delete_ *d = p->stmt->delete_;
    struct scope *s = plan_alloc(p, sizeof *s);
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY;
    p->plan->flags |= p->stmt->returning ? PLAN_RETURNS_ROWS : 0u;
    if (!s) {
        return;
    }
    with_queries(p);
    plan_scope(p, s, d->from, d->where, NULL);
    for (uint32_t i = 0; d->order && i < d->order->n; i++) {
        plan_scope_subqueries(p, s, d->order->v[i].expr);
    }
    finish_write(p, "DELETE", d->limit, d->order);
}

void plan_load(struct planner *p)
{
    const struct load_data *l = p->stmt->load;
    const struct unit *u = plan_unit_of(p, l->table);
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY | PLAN_INSERTS | (l->local ? PLAN_LOCAL_INFILE : 0u);
    if (!u) {
        return;
    }
    if (!l->local && !plan_one_shard(p)) {
        plan_unsupported(p, "LOAD DATA without LOCAL reads a file of one server: use LOAD DATA LOCAL");
        return;
    }
    if (u->place.kind != UNIT_SINGLE && u->place.kind != UNIT_MISSING) {
        plan_unsupported(p, "LOAD DATA into table '%s', which is on several shards, is not supported yet: use INSERT",
                         u->name);
        return;
    }
    plan_several(p, "LOAD DATA");
    plan_finish_units(p);
}
