/* Which keys the conditions of each query block let through, and which tables follow each other's keys.
 *
 * A link from unit A to unit B says: while a row of A with some key is looked at, only rows of B with the same key can
 * matter. `a.k = b.k` links both ways where it is a condition on both; in the ON of `a LEFT JOIN b` only from a to b;
 * in a subquery's WHERE only from the outer table to the inner one. What holds for the keys of A then holds for B.
 *
 * Conditions count for the tables that they can rule rows out of: WHERE, all of its block; ON of an inner join, both
 * sides; ON of an outer join, the optional side.
 */
#include <strings.h>

#include "router/plan_int.h"

struct in_link { /* unit.key IN (query), as a conjunct */
    struct in_link *next;
    const struct query *query;
    struct unit *unit;
    int key;
};

/* ---- names ---- */

static bool span_is(struct planner *p, struct span s, const char *name)
{
    char text[200];
    int n = ident_text(p->sql, s, text, sizeof text);
    return n >= 0 && (size_t)n == strlen(name) && !memcmp(text, name, (size_t)n);
}

/* Does the qualifier of a column mean this unit? */
static bool calls(struct planner *p, const struct column_name *c, const struct unit *u)
{
    return span_is(p, c->table, u->alias) && (!c->schema.len || span_is(p, c->schema, u->schema));
}

static bool other_alias(struct planner *p, const struct from *f, struct span table)
{
    if (!f) {
        return false;
    }
    if (f->table) {
        struct span s = f->table->alias.len ? f->table->alias : f->table->name;
        return f->table->kind != TABLE_BASE && s.len && ident_equal(p->sql, s, table);
    }
    return other_alias(p, f->left, table) || other_alias(p, f->right, table);
}

static bool has_column(struct planner *p, const struct unit *u, struct span name)
{
    char text[200];
    int n = ident_text(p->sql, name, text, sizeof text);
    return n >= 0 && u->info && table_info_column(u->info, text, (size_t)n) >= 0;
}

static int key_number(struct planner *p, const struct unit *u, struct span name)
{
    for (size_t i = 0; u->place.fn && i < u->place.fn->fn.n_key; i++) {
        if (ident_is(p->sql, name, u->place.fn->names[i])) {
            return (int)i;
        }
    }
    return -1;
}

enum found { FOUND, NOT_HERE, DOUBTFUL };

static enum found find_in_scope(struct planner *p, struct scope *s, const struct column_name *c, struct unit **unit)
{
    bool doubt = false;
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct unit *u = &p->units[i];
        if (u->scope != s) {
            continue;
        }
        if (c->table.len ? calls(p, c, u) : has_column(p, u, c->name)) {
            *unit = u;
            return FOUND;
        }
        doubt = doubt || !u->info;
    }
    if (c->table.len) {
        return other_alias(p, s->from, c->table) ? DOUBTFUL : NOT_HERE;
    }
    return doubt || s->opaque ? DOUBTFUL : NOT_HERE;
}

bool plan_column_key(struct planner *p, struct scope *s, const struct expr *e, struct unit **unit, int *key)
{
    if (e->kind != EX_COLUMN) {
        return false;
    }
    for (; s; s = s->outer) {
        switch (find_in_scope(p, s, &e->column, unit)) {
        case FOUND:
            *key = key_number(p, *unit, e->column.name);
            return true;
        case DOUBTFUL:
            return false;
        default:
            break;
        }
    }
    return false;
}

/* ---- links ---- */

static size_t number_of(struct planner *p, const struct unit *u)
{
    return (size_t)(u - p->units);
}

void plan_link(struct planner *p, const struct unit *from, const struct unit *to, size_t key)
{
    p->links[number_of(p, from) * p->n_units + number_of(p, to)] |= (uint8_t)(1u << key);
}

bool plan_linked(struct planner *p, const struct unit *from, const struct unit *to)
{
    if (!from->place.fn || !to->place.fn) {
        return false;
    }
    uint8_t all = (uint8_t)((1u << from->place.fn->fn.n_key) - 1);
    return (p->links[number_of(p, from) * p->n_units + number_of(p, to)] & all) == all;
}

/* Do equal keys of the two tables lie on one shard? */
static bool bound(const struct unit *a, const struct unit *b, int key)
{
    return a->place.fn && b->place.fn && a->topo.function == b->topo.function &&
           canon_comparable(&a->place.fn->columns[key], &b->place.fn->columns[key]);
}

static bool in_tree(const struct from *f, const struct table_ref *ref)
{
    if (!f) {
        return false;
    }
    return f->table ? f->table == ref : in_tree(f->left, ref) || in_tree(f->right, ref);
}

/* Is the table of this scope, and under the condition? `under` NULL: all of the block is. */
static bool ruled(const struct unit *u, const struct scope *s, const struct from *under)
{
    return u->scope == s && (!under || in_tree(under, u->ref));
}

static void link_equal(struct planner *p, struct scope *s, const struct expr *l, const struct expr *r,
                       const struct from *under)
{
    struct unit *a, *b;
    int ka, kb;
    if (l->kind == EX_ROW && r->kind == EX_ROW && l->nargs == r->nargs) {
        for (uint32_t i = 0; i < l->nargs; i++) {
            link_equal(p, s, l->args[i], r->args[i], under);
        }
        return;
    }
    if (!plan_column_key(p, s, l, &a, &ka) || !plan_column_key(p, s, r, &b, &kb) || ka < 0 || ka != kb || a == b ||
        !bound(a, b, ka)) {
        return;
    }
    if (ruled(b, s, under)) {
        plan_link(p, a, b, (size_t)ka);
    }
    if (ruled(a, s, under)) {
        plan_link(p, b, a, (size_t)ka);
    }
}

static void note_in(struct planner *p, struct scope *s, const struct expr *e, const struct from *under)
{
    struct unit *u;
    int key;
    if (!plan_column_key(p, s, e->args[0], &u, &key) || key < 0 || !ruled(u, s, under)) {
        return;
    }
    struct in_link *l = plan_alloc(p, sizeof *l);
    if (l) {
        *l = (struct in_link){p->in_links, e->query, u, key};
        p->in_links = l;
    }
}

/* The conjuncts of a condition that link tables. */
static void link_conjuncts(struct planner *p, struct scope *s, const struct expr *e, const struct from *under)
{
    if (e->kind == EX_OP && e->op == OP_AND) {
        for (uint32_t i = 0; i < e->nargs; i++) {
            link_conjuncts(p, s, e->args[i], under);
        }
    } else if (e->kind == EX_OP && e->op == OP_EQ) {
        link_equal(p, s, e->args[0], e->args[1], under);
    } else if (e->kind == EX_IN && e->query && !(e->flags & EXPR_NEGATED)) {
        note_in(p, s, e, under);
    }
}

/* key IN (SELECT inner key FROM ...): as if the two were joined. */
static void link_in_query(struct planner *p, const struct query *q, struct scope *s)
{
    for (struct in_link *l = p->in_links; l; l = l->next) {
        const struct block *b = q->block;
        struct unit *inner;
        int key;
        if (l->query != q || q->kind != QUERY_BLOCK || q->limit || b->nitems != 1 || b->group || b->having ||
            b->has_aggregate || b->has_window || !plan_column_key(p, s, b->items->expr, &inner, &key) ||
            key != l->key || inner->scope != s || !bound(l->unit, inner, key)) {
            continue;
        }
        plan_link(p, l->unit, inner, (size_t)key);
        plan_link(p, inner, l->unit, (size_t)key);
    }
}

/* ---- conditions ---- */

struct key_context {
    struct planner *p;
    const struct unit *unit;
};

static int key_column(void *arg, const struct expr *e)
{
    struct key_context *c = arg;
    if (e->kind != EX_COLUMN || (e->column.table.len && !calls(c->p, &e->column, c->unit))) {
        return -1;
    }
    return key_number(c->p, c->unit, e->column.name);
}

static struct shardkey_build builder(struct planner *p, struct key_context *c)
{
    return (struct shardkey_build){.arena = p->arena,
                                   .sql = p->sql,
                                   .n_key = c->unit ? c->unit->place.fn->fn.n_key : 1,
                                   .column = key_column,
                                   .no_variables = p->assigns,
                                   .arg = c};
}

struct key_value plan_value(struct planner *p, const struct expr *e)
{
    struct key_context c = {p, NULL};
    struct shardkey_build b = builder(p, &c);
    struct key_value v = shardkey_value(&b, e);
    if (b.no_memory) {
        p->status = PLAN_NO_MEMORY;
    }
    v.null_ok = true;
    return v;
}

/* May the table's columns be NULL because an outer join under `f` found no row? */
static bool null_supplied(const struct from *f, const struct table_ref *ref)
{
    if (!f || f->table || !in_tree(f, ref)) {
        return false;
    }
    bool left = in_tree(f->left, ref);
    if (f->join == JOIN_FULL || f->join == (left ? JOIN_RIGHT : JOIN_LEFT)) {
        return true;
    }
    return null_supplied(left ? f->left : f->right, ref);
}

static void apply(struct planner *p, struct scope *s, const struct expr *e, const struct from *under)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct unit *u = &p->units[i];
        if (!ruled(u, s, under) || u->place.kind != UNIT_SHARDED) {
            continue;
        }
        struct key_context c = {p, u};
        struct shardkey_build b = builder(p, &c);
        /* a NOT NULL date '0000-00-00' IS NULL, too */
        enum column_class class = u->place.fn->columns[0].class;
        b.null_supplied =
            class == COLUMN_DATE || class == COLUMN_DATETIME || null_supplied(under ? under : s->from, u->ref);
        const struct key_cond *found = shardkey_find(&b, e, false);
        u->rejects_null = u->rejects_null || (!under && b.null_supplied && found->kind != COND_ALL);
        u->place.own = shardkey_and(&b, u->place.own, found);
        if (b.no_memory) {
            p->status = PLAN_NO_MEMORY;
        }
    }
    link_conjuncts(p, s, e, under);
}

/* ---- FROM ---- */

static void attach(struct planner *p, struct scope *s, const struct from *f)
{
    if (!f) {
        return;
    }
    if (f->table) {
        struct unit *u = plan_unit_of(p, f->table);
        if (u) {
            u->scope = s;
        } else if (f->table->kind != TABLE_DUAL) {
            s->opaque = true;
        }
        return;
    }
    attach(p, s, f->left);
    attach(p, s, f->right);
}

/* Does WHERE drop the rows for which this outer join found no partner, so that it is an inner join? */
static bool where_drops(struct planner *p, const struct from *f)
{
    const struct from *optional = f->join == JOIN_LEFT ? f->right : f->join == JOIN_RIGHT ? f->left : NULL;
    for (uint32_t i = 0; optional && i < p->n_units; i++) {
        if (p->units[i].rejects_null && in_tree(optional, p->units[i].ref)) {
            return true;
        }
    }
    return false;
}

static void using_columns(struct planner *p, struct scope *s, const struct from *f)
{
    for (uint32_t n = 0; n < f->using_->n; n++) {
        for (uint32_t i = 0; i < p->n_units; i++) {
            for (uint32_t k = 0; k < p->n_units; k++) {
                struct unit *l = &p->units[i], *r = &p->units[k];
                int key = key_number(p, l, f->using_->v[n]);
                if (l->scope != s || r->scope != s || !in_tree(f->left, l->ref) || !in_tree(f->right, r->ref) ||
                    key < 0 || key != key_number(p, r, f->using_->v[n]) || !bound(l, r, key)) {
                    continue;
                }
                bool inner = where_drops(p, f);
                if (inner || (f->join != JOIN_RIGHT && f->join != JOIN_FULL)) {
                    plan_link(p, l, r, (size_t)key);
                }
                if (inner || (f->join != JOIN_LEFT && f->join != JOIN_FULL)) {
                    plan_link(p, r, l, (size_t)key);
                }
            }
        }
    }
}

static void join_conditions(struct planner *p, struct scope *s, const struct from *f)
{
    if (!f || plan_over(p)) {
        return;
    }
    if (f->table) {
        if (f->table->query) {
            plan_query(p, f->table->query, f->table->lateral ? s : s->outer);
        }
        if (f->table->call) {
            plan_scope_subqueries(p, s, f->table->call);
        }
        return;
    }
    join_conditions(p, s, f->left);
    join_conditions(p, s, f->right);
    if (f->using_) {
        using_columns(p, s, f);
    }
    if (f->on) {
        bool inner = where_drops(p, f);
        if (f->join != JOIN_FULL) {
            apply(p, s, f->on, inner ? f : f->join == JOIN_LEFT ? f->right : f->join == JOIN_RIGHT ? f->left : f);
        }
        plan_scope_subqueries(p, s, f->on);
    }
}

void plan_scope(struct planner *p, struct scope *s, const struct from *from, const struct expr *where,
                struct scope *outer)
{
    s->from = from;
    s->outer = outer;
    attach(p, s, from);
    if (where) { /* first: it may make outer joins inner ones */
        apply(p, s, where, NULL);
    }
    join_conditions(p, s, from);
    if (where && !plan_over(p)) {
        plan_scope_subqueries(p, s, where);
    }
}

/* ---- query blocks ---- */

struct subquery_context {
    struct planner *p;
    struct scope *scope;
};

static enum walk on_subquery(struct walker *w, struct query *q)
{
    struct subquery_context *c = w->ctx;
    plan_query(c->p, q, c->scope);
    return plan_over(c->p) ? WALK_ABORT : WALK_PRUNE;
}

void plan_scope_subqueries(struct planner *p, struct scope *s, const struct expr *e)
{
    struct subquery_context c = {p, s};
    struct walker w = {.on_query = on_subquery, .ctx = &c};
    if (e) {
        walk_expr(&w, (struct expr *)e);
    }
}

static void order_subqueries(struct planner *p, struct scope *s, const struct order_list *o)
{
    for (uint32_t i = 0; o && i < o->n; i++) {
        plan_scope_subqueries(p, s, o->v[i].expr);
    }
}

static void plan_block(struct planner *p, const struct block *b, struct scope *s, struct scope *outer)
{
    s->block = b;
    plan_scope(p, s, b->from, b->where, outer);
    for (const struct select_item *i = b->items; i; i = i->next) {
        plan_scope_subqueries(p, s, i->expr);
    }
    order_subqueries(p, s, b->group);
    plan_scope_subqueries(p, s, b->having);
}

void plan_query(struct planner *p, struct query *q, struct scope *outer)
{
    struct scope *s = plan_alloc(p, sizeof *s);
    if (!s || plan_over(p)) {
        return;
    }
    s->outer = outer;
    for (struct cte *c = q->with ? q->with->list : NULL; c; c = c->next) {
        plan_query(p, c->query, outer);
    }
    switch (q->kind) {
    case QUERY_BLOCK:
        plan_block(p, q->block, s, outer);
        link_in_query(p, q, s);
        break;
    case QUERY_SET:
        plan_query(p, q->left, outer);
        plan_query(p, q->right, outer);
        s->opaque = true;
        break;
    case QUERY_PARENS:
        plan_query(p, q->left, outer);
        s->opaque = true;
        break;
    case QUERY_VALUES:
        for (uint32_t i = 0; i < q->nrows; i++) {
            for (uint32_t k = 0; k < q->rows[i]->n; k++) {
                plan_scope_subqueries(p, s, q->rows[i]->v[k]);
            }
        }
        break;
    case QUERY_TABLE: {
        struct unit *u = plan_unit_of(p, q->table);
        if (u) {
            u->scope = s;
        }
        break;
    }
    }
    order_subqueries(p, s, q->order);
}

/* ---- at the end ---- */

/* Marks every unit that leads to `to` through links. */
static void mark_sources(struct planner *p, uint32_t to, uint8_t *seen)
{
    uint32_t stack[PLAN_MAX_UNITS], n = 0;
    seen[to] = 1;
    stack[n++] = to;
    while (n > 0) {
        uint32_t t = stack[--n];
        for (uint32_t i = 0; i < p->n_units; i++) {
            if (!seen[i] && plan_linked(p, &p->units[i], &p->units[t])) {
                seen[i] = 1;
                stack[n++] = i;
            }
        }
    }
}

void plan_sources(struct planner *p)
{
    uint8_t seen[PLAN_MAX_UNITS];
    for (uint32_t i = 0; i < p->n_units && !plan_over(p); i++) {
        struct place_unit *u = &p->units[i].place;
        if (u->kind != UNIT_SHARDED) {
            continue;
        }
        memset(seen, 0, sizeof seen);
        mark_sources(p, i, seen);
        uint16_t *sources = plan_alloc(p, p->n_units * sizeof *sources);
        if (!sources) {
            return;
        }
        sources[u->n_sources++] = (uint16_t)i;
        for (uint32_t k = 0; k < p->n_units; k++) {
            if (seen[k] && k != i && p->units[k].place.own->kind != COND_ALL) {
                sources[u->n_sources++] = (uint16_t)k;
            }
        }
        u->sources = sources;
    }
}

void plan_finish_units(struct planner *p)
{
    if (plan_over(p)) {
        return;
    }
    if (p->n_units == 0) {
        plan_at(p, PLACE_ANY, 0);
        return;
    }
    plan_sources(p);
    struct place_unit *units = plan_alloc(p, p->n_units * sizeof *units);
    if (!units) {
        return;
    }
    for (uint32_t i = 0; i < p->n_units; i++) {
        units[i] = p->units[i].place;
    }
    p->place->kind = PLACE_UNITS;
    p->place->units = units;
    p->place->n_units = p->n_units;
    p->place->rows = p->rows;
    p->place->n_rows = p->n_rows;
    p->place->autos = p->autos;
    p->place->n_autos = p->n_autos;
}
