/* A plan copied into one block of memory: measured by a first pass that writes nothing, then copied by a second. Every
 * copying function answers where the copy is; in the first pass that is NULL, and nothing is written through it. */
#include <stdlib.h>

#include "router/plan_int.h"

struct copier {
    char *base; /* NULL: only measuring */
    size_t used;
};

static void *put(struct copier *c, const void *from, size_t size)
{
    size_t at = c->used;
    c->used += (size + 7) & ~(size_t)7;
    if (!c->base) {
        return NULL;
    }
    if (size) {
        memcpy(c->base + at, from, size);
    }
    return c->base + at;
}

static const char *put_text(struct copier *c, const char *s)
{
    return s ? put(c, s, strlen(s) + 1) : NULL;
}

static void put_value(struct copier *c, struct key_value *v, const struct key_value *from)
{
    const char *name = put_text(c, from->name);
    if (v) {
        v->name = name;
    }
}

static struct key_value *put_values(struct copier *c, const struct key_value *from, size_t n)
{
    struct key_value *v = put(c, from, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        put_value(c, v ? &v[i] : NULL, &from[i]);
    }
    return v;
}

static const struct key_cond *put_cond(struct copier *c, const struct key_cond *from)
{
    if (from->kind == COND_ALL) {
        return &shardkey_all;
    }
    struct key_cond *to = put(c, from, sizeof *from);
    if (from->kind == COND_AND || from->kind == COND_OR) {
        const struct key_cond **v = put(c, from->conds, from->n * sizeof *v);
        for (uint32_t i = 0; i < from->n; i++) {
            const struct key_cond *part = put_cond(c, from->conds[i]);
            if (v) {
                v[i] = part;
            }
        }
        if (to) {
            to->conds = v;
        }
    } else if (from->kind == COND_KEYS || from->kind == COND_TUPLES) {
        uint32_t n = from->kind == COND_KEYS ? from->n : 1;
        struct key_list *lists = put(c, from->lists, n * sizeof *lists);
        for (uint32_t i = 0; i < n; i++) {
            struct key_value *v = put_values(c, from->lists[i].v, from->lists[i].n);
            if (lists) {
                lists[i].v = v;
            }
        }
        if (to) {
            to->lists = lists;
        }
    } else if (from->kind == COND_RANGE) {
        struct key_value *v = put_values(c, from->bounds, 2);
        if (to) {
            to->bounds = v;
        }
    }
    return to;
}

static struct shardfn_rule *put_rules(struct copier *c, const struct shardfn_rule *from, size_t n)
{
    struct shardfn_rule *rules = put(c, from, n * sizeof *rules);
    for (size_t i = 0; i < n; i++) {
        struct lex_slice *values = put(c, from[i].values, from[i].n_values * sizeof *values);
        for (size_t k = 0; k < from[i].n_values; k++) {
            const char *bytes = put(c, from[i].values[k].ptr, from[i].values[k].len);
            if (values) {
                values[k].ptr = bytes;
            }
        }
        if (rules) {
            rules[i].values = values;
        }
    }
    return rules;
}

static const struct key_fn *put_fn(struct copier *c, const struct key_fn *from)
{
    if (!from) {
        return NULL;
    }
    size_t n = from->fn.n_key;
    struct key_fn *to = put(c, from, sizeof *from);
    struct canon_column *columns = put(c, from->columns, n * sizeof *columns);
    const char **names = put(c, from->names, n * sizeof *names);
    for (size_t i = 0; i < n; i++) {
        const char *charset = put_text(c, from->columns[i].charset);
        const char *collation = put_text(c, from->columns[i].collation);
        const char *name = put_text(c, from->names[i]);
        if (to) {
            columns[i].charset = charset;
            columns[i].collation = collation;
            names[i] = name;
        }
    }
    struct shardfn_rule *rules = put_rules(c, from->fn.rules, from->fn.n_rules);
    if (to) {
        to->columns = columns;
        to->names = names;
        to->fn.rules = rules;
    }
    return to;
}

static void put_unit(struct copier *c, struct place_unit *to, const struct place_unit *from)
{
    const struct key_fn *fn = put_fn(c, from->fn);
    const struct key_cond *own = from->own ? put_cond(c, from->own) : NULL;
    const uint16_t *sources = put(c, from->sources, from->n_sources * sizeof *sources);
    if (to) {
        to->fn = fn;
        to->own = own;
        to->sources = sources;
    }
}

static const struct plan_place *put_place(struct copier *c, const struct plan_place *from)
{
    struct plan_place *to = put(c, from, sizeof *from);
    const char *several = put_text(c, from->several);
    struct place_unit *units = put(c, from->units, from->n_units * sizeof *units);
    for (uint32_t i = 0; i < from->n_units; i++) {
        put_unit(c, units ? &units[i] : NULL, &from->units[i]);
    }
    struct place_row *rows = put(c, from->rows, from->n_rows * sizeof *rows);
    for (uint32_t i = 0; i < from->n_rows; i++) {
        const struct key_value *v = put_values(c, from->rows[i].values, from->units[from->rows[i].unit].fn->fn.n_key);
        if (rows) {
            rows[i].values = v;
        }
    }
    struct place_auto *autos = put(c, from->autos, from->n_autos * sizeof *autos);
    for (uint32_t i = 0; i < from->n_autos; i++) {
        const char *column = put_text(c, from->autos[i].column);
        put_value(c, autos ? &autos[i].value : NULL, &from->autos[i].value);
        if (autos) {
            autos[i].column = column;
        }
    }
    if (to) {
        to->several = several;
        to->units = units;
        to->rows = rows;
        to->autos = autos;
    }
    return to;
}

static struct plan *put_plan(struct copier *c, const struct plan *from)
{
    struct plan *to = put(c, from, sizeof *from);
    const char *error = put_text(c, from->error.text), *digest = put_text(c, from->digest_text);
    struct plan_table *tables = put(c, from->tables, from->n_tables * sizeof *tables);
    for (size_t i = 0; i < from->n_tables; i++) {
        const char *schema = put_text(c, from->tables[i].schema), *name = put_text(c, from->tables[i].name);
        if (tables) {
            tables[i].schema = schema;
            tables[i].name = name;
        }
    }
    const char **assigned = put(c, from->assigned, from->n_assigned * sizeof *assigned);
    for (size_t i = 0; i < from->n_assigned; i++) {
        const char *name = put_text(c, from->assigned[i]);
        if (assigned) {
            assigned[i] = name;
        }
    }
    const struct plan_edit *edits = put(c, from->edits, from->n_edits * sizeof *edits);
    const struct plan_place *place = put_place(c, from->place);
    if (to) {
        to->error.text = error;
        to->digest_text = digest;
        to->tables = tables;
        to->assigned = assigned;
        to->edits = edits;
        to->place = place;
        to->stmt = NULL;
    }
    return to;
}

struct plan *plan_copy(const struct plan *plan, size_t *size)
{
    struct copier measure = {NULL, 0};
    put_plan(&measure, plan);
    *size = measure.used;
    struct copier copy = {calloc(1, measure.used), 0};
    return copy.base ? put_plan(&copy, plan) : NULL;
}
