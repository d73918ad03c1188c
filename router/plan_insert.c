/* INSERT and REPLACE. The rows' keys must be values that are known before the statement runs, and all of one shard; a
 * global table is written on every shard, so that nothing in the statement may come out differently there. */
#include <strings.h>

#include "router/plan_int.h"

/* ---- what rows and counters the statement has ---- */

static void add_row(struct planner *p, const struct unit *u, uint32_t row, const struct key_value *values)
{
    if (p->n_rows == p->max_rows) {
        uint32_t max = p->max_rows ? p->max_rows * 2 : 8;
        struct place_row *rows = plan_alloc(p, max * sizeof *rows);
        if (!rows) {
            return;
        }
        if (p->n_rows) {
            memcpy(rows, p->rows, p->n_rows * sizeof *rows);
        }
        p->rows = rows;
        p->max_rows = max;
    }
    p->rows[p->n_rows++] = (struct place_row){(uint32_t)(u - p->units), row, values};
}

static void add_auto(struct planner *p, const struct unit *u, const char *column, struct key_value value)
{
    if (p->n_autos == p->max_autos) {
        uint32_t max = p->max_autos ? p->max_autos * 2 : 8;
        struct place_auto *autos = plan_alloc(p, max * sizeof *autos);
        if (!autos) {
            return;
        }
        if (p->n_autos) {
            memcpy(autos, p->autos, p->n_autos * sizeof *autos);
        }
        p->autos = autos;
        p->max_autos = max;
    }
    p->autos[p->n_autos++] = (struct place_auto){(uint32_t)(u - p->units), column, value};
}

/* ---- columns ---- */

/* Where a column's value stands in a row: -1 when it is not given. */
static int position(struct planner *p, const struct insert *i, const struct unit *u, const char *column)
{
    if (i->set) {
        int n = 0;
        for (const struct assignment *a = i->set; a; a = a->next, n++) {
            if (a->target->kind == EX_COLUMN && ident_is(p->sql, a->target->column.name, column)) {
                return n;
            }
        }
        return -1;
    }
    if (i->columns) {
        for (uint32_t n = 0; n < i->columns->n; n++) {
            const struct expr *e = i->columns->v[n];
            if (e->kind == EX_COLUMN && ident_is(p->sql, e->column.name, column)) {
                return (int)n;
            }
        }
        return -1;
    }
    return table_info_column(u->info, column, strlen(column));
}

static const struct expr *row_value(const struct insert *i, uint32_t row, int at)
{
    if (at < 0) {
        return NULL;
    }
    if (i->set) {
        const struct assignment *a = i->set;
        while (a && at-- > 0) {
            a = a->next;
        }
        return a ? a->value : NULL;
    }
    return (uint32_t)at < i->rows[row]->n ? i->rows[row]->v[at] : NULL;
}

static const struct column_info *auto_column(const struct unit *u)
{
    for (size_t i = 0; u->info && i < u->info->n_columns; i++) {
        if (u->info->columns[i].auto_increment) {
            return &u->info->columns[i];
        }
    }
    return NULL;
}

static void refuse_auto(struct planner *p, const struct unit *u, const char *column)
{
    plan_unsupported(
        p,
        "column '%s' of table '%s' is AUTO_INCREMENT and the table is on several shards, which would count "
        "apart: give its value",
        column, u->name);
}

/* A key column that a row does not give, or gives as DEFAULT: what the server would put there we do not know. */
static void refuse_default(struct planner *p, const struct unit *u, const char *key)
{
    int at = table_info_column(u->info, key, strlen(key));
    if (at >= 0 && u->info->columns[at].auto_increment) {
        refuse_auto(p, u, key);
    } else {
        plan_unsupported(p, "table '%s' is sharded by '%s': the statement must give its value", u->name, key);
    }
}

/* ---- VALUES and SET ---- */

static void check_auto(struct planner *p, const struct insert *i, const struct unit *u, uint32_t row)
{
    const struct column_info *c = auto_column(u);
    if (!c) {
        return;
    }
    const struct expr *e = row_value(i, row, position(p, i, u, c->name));
    if (!e || e->kind == EX_DEFAULT || e->kind == EX_NULL) {
        refuse_auto(p, u, c->name);
        return;
    }
    add_auto(p, u, c->name, plan_value(p, e));
}

static void plan_row(struct planner *p, const struct insert *i, const struct unit *u, uint32_t row)
{
    size_t n = u->place.fn->fn.n_key;
    struct key_value *values = plan_alloc(p, n * sizeof *values);
    if (!values) {
        return;
    }
    if (!i->columns && !i->set && i->rows[row]->n != u->info->n_columns && i->rows[row]->n > 0) {
        plan_unsupported(p,
                         "this INSERT gives %u values for the %zu columns of table '%s': name the columns, so that the "
                         "shard key is known",
                         i->rows[row]->n, u->info->n_columns, u->name);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const char *key = u->place.fn->names[k];
        const struct expr *e = row_value(i, row, position(p, i, u, key));
        if (!e || e->kind == EX_DEFAULT) {
            refuse_default(p, u, key);
            return;
        }
        values[k] = plan_value(p, e);
        if (values[k].source == KEY_OPAQUE) {
            plan_unsupported(p,
                             "table '%s' is sharded by '%s': its value in row %u is computed by the server, so the "
                             "shard is not known: give it as a literal or a parameter",
                             u->name, key, row + 1);
            return;
        }
    }
    add_row(p, u, row + 1, values);
    check_auto(p, i, u, row);
}

/* ---- SELECT as the source ---- */

static bool fits(const struct column_info *from, const struct column_info *to)
{
    return from->class == to->class && from->bits <= to->bits && from->is_unsigned == to->is_unsigned &&
           from->length <= to->length && from->scale <= to->scale && from->precision <= to->precision;
}

/* SELECT * FROM t: the column at this place. */
static const struct column_info *star_column(struct planner *p, const struct block *b, const struct unit *target,
                                             const struct insert *i, int at, struct unit **source)
{
    if (b->nitems != 1 || b->items->expr->kind != EX_STAR || !b->from || !b->from->table) {
        return NULL;
    }
    struct unit *u = plan_unit_of(p, b->from->table);
    size_t want = i->columns ? i->columns->n : target->info->n_columns;
    if (!u || !u->info || u->info->n_columns != want || (size_t)at >= want) {
        return NULL;
    }
    *source = u;
    return &u->info->columns[at];
}

static const struct expr *item_at(const struct block *b, int at)
{
    const struct select_item *i = b->items;
    for (int n = 0; i; i = i->next, n++) {
        if (i->expr->kind == EX_STAR) {
            return NULL;
        }
        if (n == at) {
            return i->expr;
        }
    }
    return NULL;
}

static void source_unknown(struct planner *p, const struct unit *u, const char *key)
{
    plan_unsupported(
        p,
        "INSERT ... SELECT into table '%s', which is sharded by '%s', needs that column to be a constant or "
        "the key of a table that is sharded alike",
        u->name, key);
}

/* One SELECT that gives rows: the key must be constant, or a key column whose table is bound to the target. */
static void plan_source_block(struct planner *p, const struct insert *i, struct unit *u, const struct block *b)
{
    size_t n = u->place.fn->fn.n_key;
    struct key_value *values = plan_alloc(p, n * sizeof *values);
    size_t constants = 0;
    for (size_t k = 0; values && k < n; k++) {
        const char *key = u->place.fn->names[k];
        int at = position(p, i, u, key), column = -1;
        const struct expr *e = at >= 0 ? item_at(b, at) : NULL;
        struct unit *source = NULL;
        struct scope *s = NULL;
        for (uint32_t t = 0; t < p->n_units; t++) {
            s = p->units[t].scope && p->units[t].scope->block == b ? p->units[t].scope : s;
        }
        if (e && e->kind == EX_COLUMN && s && plan_column_key(p, s, e, &source, &column) && source->info) {
            column =
                table_info_column(source->info, plan_name(p, e->column.name), strlen(plan_name(p, e->column.name)));
        } else if (e) {
            values[k] = plan_value(p, e);
            if (values[k].source == KEY_OPAQUE) {
                source_unknown(p, u, key);
                return;
            }
            constants++;
            continue;
        } else if (at >= 0) {
            const struct column_info *c = star_column(p, b, u, i, at, &source);
            column = c ? (int)(c - source->info->columns) : -1;
        }
        int to = table_info_column(u->info, key, strlen(key));
        if (column < 0 || to < 0 || !source->place.fn || k >= source->place.fn->fn.n_key ||
            source->topo.function != u->topo.function ||
            strcasecmp(source->place.fn->names[k], source->info->columns[column].name) != 0 ||
            !canon_comparable(&source->place.fn->columns[k], &u->place.fn->columns[k]) ||
            !fits(&source->info->columns[column], &u->info->columns[to])) {
            source_unknown(p, u, key);
            return;
        }
        plan_link(p, source, u, k);
    }
    if (constants == n) {
        add_row(p, u, 1, values);
    } else if (constants > 0) {
        source_unknown(p, u, u->place.fn->names[0]);
    }
}

static void plan_source(struct planner *p, const struct insert *i, struct unit *u, const struct query *q)
{
    switch (q->kind) {
    case QUERY_BLOCK:
        plan_source_block(p, i, u, q->block);
        break;
    case QUERY_SET:
        plan_source(p, i, u, q->left);
        if (!plan_over(p)) {
            plan_source(p, i, u, q->right);
        }
        break;
    case QUERY_PARENS:
        plan_source(p, i, u, q->left);
        break;
    default:
        source_unknown(p, u, u->place.fn->names[0]);
        break;
    }
}

/* ---- ON DUPLICATE KEY UPDATE ---- */

static bool same_column(struct planner *p, const struct expr *e, const char *key)
{
    if (e->kind == EX_VALUES) {
        e = e->args[0];
    }
    return e->kind == EX_COLUMN && ident_is(p->sql, e->column.name, key);
}

/* A key column may be set to what it is, or to what the row would have had. */
static void check_duplicate(struct planner *p, const struct insert *i, const struct unit *u)
{
    for (const struct assignment *a = i->on_duplicate; a; a = a->next) {
        for (size_t k = 0; k < u->place.fn->fn.n_key; k++) {
            const char *key = u->place.fn->names[k];
            if (!ident_is(p->sql, a->target->column.name, key) || same_column(p, a->value, key)) {
                continue;
            }
            struct key_value v = plan_value(p, a->value);
            if (v.source == KEY_OPAQUE || u->place.fn->fn.n_key != 1) {
                plan_unsupported(p, "ON DUPLICATE KEY UPDATE would change '%s', the shard key of table '%s'", key,
                                 u->name);
                return;
            }
            struct key_value *copy = plan_alloc(p, sizeof *copy);
            if (copy) {
                *copy = v;
                add_row(p, u, 0, copy);
            }
        }
    }
}

/* ---- all ---- */

static void plan_sharded(struct planner *p, const struct insert *i, struct unit *u)
{
    if (i->query) {
        const struct column_info *c = auto_column(u);
        if (c && position(p, i, u, c->name) < 0) {
            refuse_auto(p, u, c->name);
            return;
        }
        plan_source(p, i, u, i->query);
    } else {
        uint32_t n = i->set ? 1 : i->nrows;
        for (uint32_t row = 0; row < n && !plan_over(p); row++) {
            plan_row(p, i, u, row);
        }
    }
    if (!plan_over(p)) {
        check_duplicate(p, i, u);
    }
}

void plan_write_all(struct planner *p, const char *verb)
{
    const struct unit *written = NULL, *other = NULL;
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct unit *u = &p->units[i];
        if (u->place.kind != UNIT_GLOBAL) {
            other = u;
        } else if (u->ref->access & (TABLE_WRITE | TABLE_MAYBE_WRITE)) {
            written = u;
        }
    }
    if (other) {
        plan_unsupported(
            p,
            "%s writes the global table '%s', which is on every shard, and also names table '%s', which is "
            "not: use separate statements",
            verb, written ? written->name : "", other->name);
        return;
    }
    const uint32_t facts = FACT_NONDETERMINISTIC | FACT_SESSION_FUNCTION | FACT_SERVER_FUNCTION | FACT_SIDE_EFFECT |
                           FACT_STORED_FUNCTION | FACT_SYSVAR | FACT_LOCK_FUNCTION | FACT_SLEEP | FACT_NEXTVAL;
    for (const struct call *c = p->stmt->calls; c; c = c->next) {
        if (c->expr->kind == EX_FUNC && (c->expr->call->func == FN_UNKNOWN ||
                                         (c->expr->call->classes & ~(unsigned)(FC_AGGREGATE | FC_WINDOW | FC_NIL)))) {
            plan_unsupported(p,
                             "%s() may have another value on each shard, and %s writes the global table '%s' on all of "
                             "them: give the value itself",
                             plan_name(p, c->expr->call->name), verb, written ? written->name : "");
            return;
        }
    }
    if ((p->stmt->facts & facts) || p->assigns) {
        plan_unsupported(
            p,
            "%s writes the global table '%s' on every shard, and something in it may have another value on "
            "each: give the value itself",
            verb, written ? written->name : "");
        return;
    }
    plan_finish_units(p);
    p->place->kind = PLACE_EVERY;
    p->plan->flags |= PLAN_WRITES_ALL;
}

static void plan_global(struct planner *p, const struct insert *i, struct unit *u)
{
    const struct column_info *c = auto_column(u);
    if (i->query && (i->query->limit || (c && position(p, i, u, c->name) < 0))) {
        plan_unsupported(p, "INSERT ... SELECT into the global table '%s' could give other rows on each shard",
                         u->name);
        return;
    }
    uint32_t n = i->query ? 0 : i->set ? 1 : i->nrows;
    for (uint32_t row = 0; row < n && !plan_over(p); row++) {
        check_auto(p, i, u, row);
    }
    if (!plan_over(p)) {
        plan_write_all(p, "INSERT");
    }
}

void plan_insert(struct planner *p)
{
    const struct insert *i = p->stmt->insert;
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY | PLAN_INSERTS;
    p->plan->flags |= p->stmt->returning ? PLAN_RETURNS_ROWS : 0u;
    struct unit *u = plan_unit_of(p, i->table);
    struct scope *s = plan_alloc(p, sizeof *s);
    if (!u || !s) {
        return;
    }
    if (i->query) {
        plan_query(p, i->query, NULL);
    }
    for (uint32_t row = 0; row < i->nrows; row++) {
        for (uint32_t k = 0; k < i->rows[row]->n; k++) {
            plan_scope_subqueries(p, s, i->rows[row]->v[k]);
        }
    }
    for (const struct assignment *a = i->set; a; a = a->next) {
        plan_scope_subqueries(p, s, a->value);
    }
    for (const struct assignment *a = i->on_duplicate; a; a = a->next) {
        plan_scope_subqueries(p, s, a->value);
    }
    if (plan_over(p)) {
        return;
    }
    if (u->place.kind == UNIT_GLOBAL) {
        plan_global(p, i, u);
        return;
    }
    if (u->place.kind == UNIT_SHARDED) {
        plan_sharded(p, i, u);
    }
    plan_several(p, p->stmt->kind == STMT_REPLACE ? "REPLACE" : "INSERT");
    plan_finish_units(p);
}
