/* SELECT: one shard where its tables allow; else, where the answer is exactly the shards' answers put one after
 * another, several; else the reason why not.
 *
 * Concatenation is right when one table reference of the outermost block drives all others: every row of the result
 * comes from one row of the driver, and everything else that the row needs (bound tables, subqueries bound by key) is
 * on the same shard or global. Nothing may look at rows of several shards at once: no grouping, order or limit.
 */
#include "router/plan_int.h"

static const struct unit *first_sharded(struct planner *p)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].place.kind == UNIT_SHARDED && p->units[i].place.own->kind == COND_ALL) {
            return &p->units[i];
        }
    }
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].place.kind == UNIT_SHARDED) {
            return &p->units[i];
        }
    }
    return NULL;
}

void plan_several(struct planner *p, const char *what)
{
    const struct unit *u = first_sharded(p);
    if (u) {
        p->place->several = plan_text(p,
                                      "%s over several shards (table '%s' is sharded by '%s') is not supported yet: "
                                      "give the key by = or IN",
                                      what, u->name, plan_key_names(p, u->place.fn));
        return;
    }
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].place.kind == UNIT_SPREAD) {
            p->place->several = plan_text(p, "the view '%s' is over tables of several shards: name the tables instead",
                                          p->units[i].name);
            return;
        }
    }
    p->place->several = plan_text(p, "%s over several shards is not supported yet", what);
}

/* What keeps the shards' rows from simply being put one after another. NULL: nothing that is to be seen here. */
static const char *obstacle(struct planner *p, const struct query *q)
{
    const struct block *b = q->block;
    if (q->kind != QUERY_BLOCK) {
        return q->kind == QUERY_TABLE ? "TABLE" : q->kind == QUERY_SET ? "UNION" : "a SELECT in parentheses";
    }
    if (q->order) {
        return "ORDER BY";
    }
    if (b->group) {
        return "GROUP BY";
    }
    if (b->has_window || b->windows) {
        return "a window function";
    }
    if (b->has_aggregate) {
        return "an aggregate function";
    }
    if (b->flags & SELECT_DISTINCT) {
        return "DISTINCT";
    }
    if (b->flags & SELECT_CALC_FOUND_ROWS) {
        return "SQL_CALC_FOUND_ROWS";
    }
    if (q->limit) {
        return "LIMIT";
    }
    if (b->having) {
        return "HAVING";
    }
    if (q->with) {
        return "WITH";
    }
    if (b->procedure.len) {
        return "PROCEDURE";
    }
    if (p->stmt->facts & FACT_LOCKING) {
        return "a locking read";
    }
    if (p->stmt->facts & FACT_INTO) {
        return "SELECT ... INTO";
    }
    if (p->assigns) {
        return "an assignment to a user variable";
    }
    if (p->stmt->facts & FACT_STORED_FUNCTION) {
        return "a stored function";
    }
    return NULL;
}

static bool tree_has_sharded(struct planner *p, const struct from *f)
{
    if (!f) {
        return false;
    }
    if (f->table) {
        const struct unit *u = plan_unit_of(p, f->table);
        return u && u->place.kind == UNIT_SHARDED;
    }
    return tree_has_sharded(p, f->left) || tree_has_sharded(p, f->right);
}

/* An outer join whose kept side is on every shard would give its rows without a partner once a shard. */
static bool outer_join_spreads(struct planner *p, const struct from *f)
{
    if (!f || f->table) {
        return false;
    }
    bool left = tree_has_sharded(p, f->left), right = tree_has_sharded(p, f->right);
    if ((f->join == JOIN_LEFT && right && !left) || (f->join == JOIN_RIGHT && left && !right) ||
        (f->join == JOIN_FULL && (left || right))) {
        return true;
    }
    return outer_join_spreads(p, f->left) || outer_join_spreads(p, f->right);
}

/* Do the links lead from this unit to all sharded ones? */
static bool drives(struct planner *p, uint32_t from)
{
    uint8_t seen[PLAN_MAX_UNITS] = {0};
    uint32_t stack[PLAN_MAX_UNITS], n = 0;
    seen[from] = 1;
    stack[n++] = from;
    while (n > 0) {
        uint32_t f = stack[--n];
        for (uint32_t i = 0; i < p->n_units; i++) {
            if (!seen[i] && plan_linked(p, &p->units[f], &p->units[i])) {
                seen[i] = 1;
                stack[n++] = i;
            }
        }
    }
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->units[i].place.kind == UNIT_SHARDED && !seen[i]) {
            return false;
        }
    }
    return true;
}

static int find_driver(struct planner *p, const struct query *q)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct unit *u = &p->units[i];
        if (u->place.kind == UNIT_SHARDED && u->scope && u->scope->block == q->block && drives(p, i)) {
            return (int)i;
        }
    }
    return -1;
}

static void not_bound(struct planner *p)
{
    const struct unit *a = NULL, *b = NULL;
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct unit *u = &p->units[i];
        if (u->place.kind != UNIT_SHARDED) {
            continue;
        }
        if (!a) {
            a = u;
        } else if (!b && !plan_linked(p, a, u) && !plan_linked(p, u, a)) {
            b = u;
        }
    }
    if (!a || !b) {
        plan_several(p, "a subquery");
        return;
    }
    p->place->several = plan_text(
        p,
        "a statement over tables '%s' (sharded by '%s') and '%s' (sharded by '%s') that does not join them by their "
        "keys is not supported yet over several shards: join them by the keys, or give both keys by =",
        a->name, plan_key_names(p, a->place.fn), b->name, plan_key_names(p, b->place.fn));
}

static void decide_scatter(struct planner *p, const struct query *q)
{
    bool single = false, sharded = false;
    for (uint32_t i = 0; i < p->n_units; i++) {
        uint8_t kind = p->units[i].place.kind;
        single = single || kind == UNIT_SINGLE || kind == UNIT_SPREAD;
        sharded = sharded || kind == UNIT_SHARDED || kind == UNIT_SPREAD;
    }
    if (!sharded) {
        plan_several(p, "a SELECT");
        return;
    }
    const char *what = obstacle(p, q);
    if (what) {
        plan_several(p, what);
        return;
    }
    if (single) {
        plan_several(p, "a join with a table that is whole on one shard");
        return;
    }
    int driver = find_driver(p, q);
    if (driver < 0) {
        not_bound(p);
        return;
    }
    if (outer_join_spreads(p, q->block->from)) {
        plan_several(p, "an outer join that keeps the rows of a global table");
        return;
    }
    p->place->scatter = true;
    p->place->driver = (uint32_t)driver;
    p->plan->flags |= PLAN_SCATTERS;
}

void plan_select(struct planner *p)
{
    p->plan->flags |= PLAN_RETURNS_ROWS;
    plan_query(p, p->stmt->query, NULL);
    if (plan_over(p)) {
        return;
    }
    if (p->n_units > 0) {
        decide_scatter(p, p->stmt->query);
    }
    plan_finish_units(p);
}
