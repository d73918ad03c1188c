/* See shardkey.h. Three-valued logic is kept by asking only when an expression is TRUE: NOT is pushed down to the
 * comparisons, and a comparison that is TRUE has no NULL in it, except <=> and IS NULL. */
#include "router/shardkey.h"

#include <string.h>

const struct key_cond shardkey_all = {.kind = COND_ALL};
static const struct key_cond none = {.kind = COND_NONE};

static void *take(struct shardkey_build *b, size_t size)
{
    void *p = arena_zalloc(b->arena, size);
    b->no_memory = b->no_memory || !p;
    return p;
}

/* ---- values ---- */

static struct key_value opaque(void)
{
    return (struct key_value){.source = KEY_OPAQUE};
}

static struct key_value literal_value(struct shardkey_build *b, const struct expr *e)
{
    struct key_value v = {.source = KEY_LITERAL, .index = e->literal.index};
    struct span in = e->literal.introducer;
    if (in.len > 0) {
        bool binary = in.len == 7 && !strncmp(b->sql + in.off, "_binary", 7);
        v.as = binary ? KEY_AS_BINARY : KEY_AS_ASCII;
        if (in.len > 4 && (!strncmp(b->sql + in.off, "_utf1", 5) || !strncmp(b->sql + in.off, "_utf3", 5))) {
            return opaque();
        }
        if (in.len == 5 && (!strncmp(b->sql + in.off, "_ucs2", 5) || !strncmp(b->sql + in.off, "_swe7", 5))) {
            return opaque();
        }
        for (uint32_t i = 0; i < in.len; i++) { /* in capitals: what it is we need not know */
            if (b->sql[in.off + i] >= 'A' && b->sql[in.off + i] <= 'Z') {
                return opaque();
            }
        }
    }
    if (e->literal.kind == LITERAL_NSTRING) {
        v.as = KEY_AS_ASCII;
    }
    return v;
}

static struct key_value temporal_value(struct shardkey_build *b, const struct expr *e)
{
    struct key_value v = shardkey_value(b, e->args[0]);
    v.as = ident_is(b->sql, e->name, "TIME") || ident_is(b->sql, e->name, "t")   ? KEY_AS_TIME
           : ident_is(b->sql, e->name, "DATE") || ident_is(b->sql, e->name, "d") ? KEY_AS_DATE
                                                                                 : KEY_AS_DATETIME;
    return v;
}

static struct key_value variable_value(struct shardkey_build *b, const struct expr *e)
{
    char *name = take(b, e->name.len + 1);
    if (!name) {
        return opaque();
    }
    int n = ident_text(b->sql, e->name, name, e->name.len + 1);
    if (n < 0) {
        return opaque();
    }
    name[n] = '\0';
    return (struct key_value){.source = KEY_VARIABLE, .name = name};
}

struct key_value shardkey_value(struct shardkey_build *b, const struct expr *e)
{
    switch (e->kind) {
    case EX_LITERAL:
        return literal_value(b, e);
    case EX_PARAM:
        return (struct key_value){.source = KEY_PARAM, .index = e->param};
    case EX_NULL:
        return (struct key_value){.source = KEY_NULL};
    case EX_BOOL:
        return (struct key_value){.source = KEY_NUMBER, .number = e->op};
    case EX_USERVAR:
        return b->no_variables ? opaque() : variable_value(b, e);
    case EX_TEMPORAL:
        return temporal_value(b, e);
    case EX_OP:
        if (e->nargs == 1 && (e->op == OP_NEG || e->op == OP_PLUS)) {
            struct key_value v = shardkey_value(b, e->args[0]);
            if (v.source == KEY_LITERAL || v.source == KEY_PARAM || v.source == KEY_NUMBER) {
                v.negative ^= e->op == OP_NEG;
                return v;
            }
        }
        return opaque();
    default:
        return opaque();
    }
}

/* ---- combining ---- */

static struct key_cond *new_cond(struct shardkey_build *b, enum cond_kind kind)
{
    struct key_cond *c = take(b, sizeof *c);
    if (c) {
        c->kind = kind;
    }
    return c;
}

static const struct key_cond *pair(struct shardkey_build *b, enum cond_kind kind, const struct key_cond *x,
                                   const struct key_cond *y)
{
    uint32_t nx = x->kind == kind ? x->n : 1, ny = y->kind == kind ? y->n : 1;
    struct key_cond *c = new_cond(b, kind);
    const struct key_cond **v = take(b, (nx + ny) * sizeof *v);
    if (!c || !v) {
        return &shardkey_all;
    }
    memcpy(v, x->kind == kind ? x->conds : &x, nx * sizeof *v);
    memcpy(v + nx, y->kind == kind ? y->conds : &y, ny * sizeof *v);
    c->n = nx + ny;
    c->conds = v;
    return c;
}

/* Lists for other columns of one key: (a IN (1, 2)) AND (b = 3). NULL: both speak of one column. */
static const struct key_cond *merge_columns(struct shardkey_build *b, const struct key_cond *x,
                                            const struct key_cond *y)
{
    for (size_t i = 0; i < b->n_key; i++) {
        if (x->lists[i].n && y->lists[i].n) {
            return NULL;
        }
    }
    struct key_cond *c = new_cond(b, COND_KEYS);
    struct key_list *lists = take(b, b->n_key * sizeof *lists);
    if (!c || !lists) {
        return &shardkey_all;
    }
    for (size_t i = 0; i < b->n_key; i++) {
        lists[i] = x->lists[i].n ? x->lists[i] : y->lists[i];
    }
    c->n = (uint32_t)b->n_key;
    c->lists = lists;
    return c;
}

/* k > 5 AND k < 9. NULL: not two halves of an interval. */
static const struct key_cond *merge_bounds(struct shardkey_build *b, const struct key_cond *x, const struct key_cond *y)
{
    if (x->has_lo == y->has_lo || x->has_hi == y->has_hi) {
        return NULL;
    }
    struct key_cond *c = new_cond(b, COND_RANGE);
    struct key_value *v = take(b, 2 * sizeof *v);
    if (!c || !v) {
        return &shardkey_all;
    }
    const struct key_cond *lo = x->has_lo ? x : y, *hi = x->has_lo ? y : x;
    v[0] = lo->bounds[0];
    v[1] = hi->bounds[1];
    *c = (struct key_cond){.kind = COND_RANGE,
                           .has_lo = true,
                           .has_hi = true,
                           .lo_open = lo->lo_open,
                           .hi_open = hi->hi_open,
                           .bounds = v};
    return c;
}

static const struct key_cond *merge(struct shardkey_build *b, const struct key_cond *x, const struct key_cond *y)
{
    if (x->kind == COND_KEYS && y->kind == COND_KEYS) {
        return merge_columns(b, x, y);
    }
    return x->kind == COND_RANGE && y->kind == COND_RANGE ? merge_bounds(b, x, y) : NULL;
}

const struct key_cond *shardkey_and(struct shardkey_build *b, const struct key_cond *x, const struct key_cond *y)
{
    if (x->kind == COND_ALL || y->kind == COND_NONE) {
        return y;
    }
    if (y->kind == COND_ALL || x->kind == COND_NONE) {
        return x;
    }
    const struct key_cond *m = merge(b, x, y);
    if (m) {
        return m;
    }
    for (uint32_t i = 0; x->kind == COND_AND && i < x->n; i++) {
        m = merge(b, x->conds[i], y);
        if (m) { /* the node is ours alone: made by pair() */
            x->conds[i] = m;
            return x;
        }
    }
    return pair(b, COND_AND, x, y);
}

/* A condition on some columns of a key alone lets all shards through. */
static bool partial(struct shardkey_build *b, const struct key_cond *c)
{
    if (c->kind == COND_KEYS) {
        for (size_t i = 0; i < b->n_key; i++) {
            if (c->lists[i].n == 0) {
                return true;
            }
        }
    }
    return c->kind == COND_ALL;
}

static const struct key_cond *or_conds(struct shardkey_build *b, const struct key_cond *x, const struct key_cond *y)
{
    if (partial(b, x) || partial(b, y)) {
        return &shardkey_all;
    }
    if (x->kind == COND_NONE || y->kind == COND_NONE) {
        return x->kind == COND_NONE ? y : x;
    }
    return pair(b, COND_OR, x, y);
}

/* ---- comparisons ---- */

static const struct key_cond *keys_of(struct shardkey_build *b, size_t column, struct key_value *v, uint32_t n)
{
    struct key_cond *c = new_cond(b, COND_KEYS);
    struct key_list *lists = take(b, b->n_key * sizeof *lists);
    if (!c || !lists) {
        return &shardkey_all;
    }
    lists[column] = (struct key_list){n, v};
    c->n = (uint32_t)b->n_key;
    c->lists = lists;
    return c;
}

static const struct key_cond *equals(struct shardkey_build *b, const struct expr *l, const struct expr *r, bool null_ok)
{
    if (l->kind == EX_ROW && r->kind == EX_ROW && l->nargs == r->nargs) {
        const struct key_cond *all = &shardkey_all;
        for (uint32_t i = 0; i < l->nargs; i++) {
            all = shardkey_and(b, all, equals(b, l->args[i], r->args[i], null_ok));
        }
        return all;
    }
    int column = b->column(b->arg, l);
    const struct expr *other = r;
    if (column < 0) {
        column = b->column(b->arg, r);
        other = l;
    }
    if (column < 0) {
        return &shardkey_all;
    }
    struct key_value *v = take(b, sizeof *v);
    if (!v) {
        return &shardkey_all;
    }
    *v = shardkey_value(b, other);
    v->null_ok = null_ok;
    bool may_be_null = v->source == KEY_NULL || v->source == KEY_PARAM || v->source == KEY_VARIABLE;
    if (v->source == KEY_OPAQUE || (null_ok && b->null_supplied && may_be_null)) {
        return &shardkey_all;
    }
    return keys_of(b, (size_t)column, v, 1);
}

static enum op flipped(enum op op)
{
    switch (op) {
    case OP_LT:
        return OP_GT;
    case OP_LE:
        return OP_GE;
    case OP_GT:
        return OP_LT;
    case OP_GE:
        return OP_LE;
    default:
        return op;
    }
}

static enum op negated_op(enum op op)
{
    switch (op) {
    case OP_LT:
        return OP_GE;
    case OP_LE:
        return OP_GT;
    case OP_GT:
        return OP_LE;
    case OP_GE:
        return OP_LT;
    case OP_EQ:
        return OP_NE;
    case OP_NE:
        return OP_EQ;
    default:
        return OP_NONE;
    }
}

static const struct key_cond *bound(struct shardkey_build *b, struct key_value value, enum op op)
{
    struct key_cond *c = new_cond(b, COND_RANGE);
    struct key_value *v = take(b, 2 * sizeof *v);
    if (!c || !v || value.source == KEY_OPAQUE) {
        return &shardkey_all;
    }
    c->bounds = v;
    if (op == OP_LT || op == OP_LE) {
        c->has_hi = true;
        c->hi_open = op == OP_LT;
        v[1] = value;
    } else {
        c->has_lo = true;
        c->lo_open = op == OP_GT;
        v[0] = value;
    }
    return c;
}

static const struct key_cond *compares(struct shardkey_build *b, const struct expr *l, const struct expr *r, enum op op)
{
    if (b->n_key != 1) {
        return &shardkey_all;
    }
    if (b->column(b->arg, l) == 0) {
        return bound(b, shardkey_value(b, r), op);
    }
    if (b->column(b->arg, r) == 0) {
        return bound(b, shardkey_value(b, l), flipped(op));
    }
    return &shardkey_all;
}

static const struct key_cond *is_between(struct shardkey_build *b, const struct expr *e)
{
    return shardkey_and(b, compares(b, e->args[0], e->args[1], OP_GE), compares(b, e->args[0], e->args[2], OP_LE));
}

/* k IN (1, 2) */
static const struct key_cond *in_values(struct shardkey_build *b, const struct expr *e)
{
    int column = b->column(b->arg, e->args[0]);
    if (column < 0) {
        return &shardkey_all;
    }
    struct key_value *v = take(b, e->nargs * sizeof *v);
    if (!v) {
        return &shardkey_all;
    }
    for (uint32_t i = 1; i < e->nargs; i++) {
        v[i - 1] = shardkey_value(b, e->args[i]);
        if (v[i - 1].source == KEY_OPAQUE) {
            return &shardkey_all;
        }
    }
    return keys_of(b, (size_t)column, v, e->nargs - 1);
}

/* (a, b) IN ((1, 2), (3, 4)): whole keys where the row has all columns of the key, else a list for each column. */
static const struct key_cond *in_rows(struct shardkey_build *b, const struct expr *e)
{
    const struct expr *row = e->args[0];
    uint32_t n = e->nargs - 1;
    int *place = take(b, b->n_key * sizeof *place);
    struct key_value *v = take(b, (size_t)n * b->n_key * sizeof *v);
    struct key_cond *c = new_cond(b, COND_TUPLES);
    struct key_list *lists = take(b, sizeof *lists);
    if (!place || !v || !c || !lists) {
        return &shardkey_all;
    }
    for (size_t k = 0; k < b->n_key; k++) {
        place[k] = -1;
    }
    for (uint32_t i = 0; i < row->nargs; i++) {
        int k = b->column(b->arg, row->args[i]);
        if (k >= 0) {
            place[k] = (int)i;
        }
    }
    for (size_t k = 0; k < b->n_key; k++) {
        for (uint32_t i = 0; i < n; i++) {
            const struct expr *item = e->args[i + 1];
            if (place[k] < 0 || item->kind != EX_ROW || item->nargs != row->nargs) {
                return &shardkey_all;
            }
            struct key_value x = shardkey_value(b, item->args[place[k]]);
            if (x.source == KEY_OPAQUE) {
                return &shardkey_all;
            }
            v[(size_t)i * b->n_key + k] = x;
        }
    }
    *lists = (struct key_list){n * (uint32_t)b->n_key, v};
    c->n = n;
    c->lists = lists;
    return c;
}

static const struct key_cond *find_op(struct shardkey_build *b, const struct expr *e, bool negated)
{
    enum op op = (enum op)e->op;
    if (op == OP_AND || op == OP_OR) {
        bool both = (op == OP_AND) != negated;
        const struct key_cond *c = shardkey_find(b, e->args[0], negated);
        for (uint32_t i = 1; i < e->nargs; i++) {
            const struct key_cond *next = shardkey_find(b, e->args[i], negated);
            c = both ? shardkey_and(b, c, next) : or_conds(b, c, next);
        }
        return c;
    }
    if (op == OP_NOT || op == OP_BANG) {
        return shardkey_find(b, e->args[0], !negated);
    }
    if (op == OP_NULLSAFE_EQ) {
        return negated ? &shardkey_all : equals(b, e->args[0], e->args[1], true);
    }
    op = negated ? negated_op(op) : op;
    switch (op) {
    case OP_EQ: /* NOT (a, b) <> (1, 2) is not taken apart */
        return negated && e->args[0]->kind == EX_ROW ? &shardkey_all : equals(b, e->args[0], e->args[1], false);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return compares(b, e->args[0], e->args[1], op);
    default:
        return &shardkey_all;
    }
}

const struct key_cond *shardkey_find(struct shardkey_build *b, const struct expr *e, bool negated)
{
    bool not_ = negated != ((e->flags & EXPR_NEGATED) != 0);
    switch (e->kind) {
    case EX_OP:
        return find_op(b, e, negated);
    case EX_BOOL:
        return (e->op == 1) == negated ? &none : &shardkey_all;
    case EX_NULL:
        return &none;
    case EX_IN:
        if (not_ || e->query || e->nargs < 2) {
            return &shardkey_all;
        }
        return e->args[0]->kind == EX_ROW ? in_rows(b, e) : in_values(b, e);
    case EX_BETWEEN:
        return not_ ? &shardkey_all : is_between(b, e);
    case EX_IS:
        if (e->op == IS_NULL_ && !not_) {
            int column = b->column(b->arg, e->args[0]);
            struct key_value *v = take(b, sizeof *v);
            if (column < 0 || b->null_supplied || !v) {
                return &shardkey_all;
            }
            *v = (struct key_value){.source = KEY_NULL, .null_ok = true};
            return keys_of(b, (size_t)column, v, 1);
        }
        return e->op == IS_TRUE_ && !not_ ? shardkey_find(b, e->args[0], false) : &shardkey_all;
    default:
        return &shardkey_all;
    }
}
