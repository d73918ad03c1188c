/* UPDATE and DELETE, and what they share with INSERT. */
#include "router/parse_int.h"

/* ---- shared ---- */

/* column = (expr | DEFAULT) {, column = ...} */
struct assignment *parse_assignments(struct parser *p)
{
    struct assignment *first = NULL, **tail = &first;
    do {
        struct assignment *a = parse_alloc(p, sizeof *a);
        uint32_t start = here(p);
        if (!a) {
            return NULL;
        }
        a->target = parse_column(p);
        if (!accept(p, TK_EQ) && !accept(p, TK_ASSIGN)) {
            return parse_fail(p);
        }
        a->value = parse_expr(p);
        a->span = span_from(p, start);
        *tail = a;
        tail = &a->next;
    } while (accept(p, TK_COMMA));
    return p->error ? NULL : first;
}

/* RETURNING items */
void parse_returning(struct parser *p, struct stmt *s)
{
    uint32_t start = here(p);
    struct span span;
    if (p->mode.dialect != LEX_MARIADB || !accept_word(p, KW_RETURNING)) {
        return;
    }
    s->returning = parse_alloc(p, sizeof *s->returning);
    if (s->returning) {
        s->returning->items = parse_select_items(p, &s->returning->nitems, &span);
        s->returning->span = span_from(p, start);
        s->facts |= FACT_RETURNING;
    }
}

/* The name by which columns call a table: its alias or its own. */
static struct span called(const struct table_ref *t)
{
    return t->alias.len ? t->alias : t->name;
}

/* Is this reference meant by [schema .] name? */
static bool is_named(const struct parser *p, const struct table_ref *t, struct span schema, struct span name)
{
    if (t->kind == TABLE_DUAL || !ident_equal(p->sql, called(t), name)) {
        return false;
    }
    return !schema.len || !t->schema.len || (!t->alias.len && ident_equal(p->sql, t->schema, schema));
}

/* ---- UPDATE ---- */

/* Which tables of a multi-table UPDATE do the assignments write? */
static void mark_written(struct parser *p, const struct assignment *set, struct from *f)
{
    if (!f->table) {
        mark_written(p, set, f->left);
        mark_written(p, set, f->right);
        return;
    }
    for (const struct assignment *a = set; a; a = a->next) {
        const struct column_name *c = &a->target->column;
        if (!c->table.len) {
            f->table->access |= TABLE_MAYBE_WRITE;
        } else if (is_named(p, f->table, c->schema, c->table)) {
            f->table->access |= TABLE_WRITE;
        }
    }
}

/* FOR PORTION OF period FROM x TO y, of MariaDB */
static void parse_portion(struct parser *p)
{
    struct span name;
    if (at_word(p, KW_FOR) && ahead_word(p, 1, KW_PORTION)) {
        p->tok += 2;
        expect_word(p, KW_OF);
        parse_ident(p, &name);
        expect_word(p, KW_FROM);
        parse_bit_expr(p);
        expect_word(p, KW_TO);
        parse_bit_expr(p);
    }
}

/* UPDATE [hints] [LOW_PRIORITY] [IGNORE] references SET assignments [WHERE] [ORDER BY] [LIMIT] */
void parse_update(struct parser *p, struct stmt *s)
{
    struct update *u = parse_alloc(p, sizeof *u);
    if (!u) {
        return;
    }
    s->kind = STMT_UPDATE;
    s->update = u;
    advance(p);
    u->hints = parse_hints(p);
    u->low_priority = accept_word(p, KW_LOW_PRIORITY);
    u->ignore = accept_word(p, KW_IGNORE);
    u->from = parse_table_references(p);
    parse_portion(p);
    if (!u->from || !expect_word(p, KW_SET)) {
        return;
    }
    u->set = parse_assignments(p);
    parse_where(p, &u->where, &u->where_span);
    if (at_word(p, KW_ORDER)) {
        u->order = parse_order_by(p);
    }
    if (at_word(p, KW_LIMIT)) {
        u->limit = parse_limit(p);
    }
    if (p->error) {
        return;
    }
    if (u->from->table) {
        u->from->table->access = TABLE_READ | TABLE_WRITE;
    } else {
        s->facts |= FACT_MULTI_TABLE;
        if (p->stmt->ntables > PARSE_MAX_MULTI) {
            parse_fail_code(p, PARSE_DEPTH);
            return;
        }
        mark_written(p, u->set, u->from);
    }
}

/* ---- DELETE ---- */

/* A target as written, to be found among the references: [schema .] name [. *] */
struct target {
    struct span schema, name, whole;
};

static void *parse_target(struct parser *p)
{
    struct target *t = parse_alloc(p, sizeof *t);
    uint32_t start = here(p);
    if (!t || !parse_ident(p, &t->name)) {
        return NULL;
    }
    while (accept(p, TK_DOT)) {
        if (accept(p, TK_STAR)) {
            break;
        }
        t->schema = t->name;
        if (!parse_ident(p, &t->name)) {
            return NULL;
        }
    }
    t->whole = span_from(p, start);
    return t;
}

static void parse_targets(struct parser *p, struct vec *targets)
{
    do {
        vec_push(p, targets, parse_target(p));
    } while (accept(p, TK_COMMA));
}

static struct table_ref *find_target(const struct parser *p, struct from *f, const struct target *t)
{
    if (f->table) {
        return is_named(p, f->table, t->schema, t->name) ? f->table : NULL;
    }
    struct table_ref *found = find_target(p, f->left, t);
    return found ? found : find_target(p, f->right, t);
}

/* A target that no reference has is an error in the servers too (1109); we only say where. */
static void resolve_targets(struct parser *p, struct delete_ *d, const struct vec *targets)
{
    if (!d->from || targets->n > PARSE_MAX_MULTI || p->stmt->ntables > PARSE_MAX_MULTI) {
        parse_fail_code(p, PARSE_DEPTH);
        return;
    }
    d->targets = parse_alloc(p, targets->n * sizeof *d->targets);
    d->target_spans = parse_alloc(p, targets->n * sizeof *d->target_spans);
    for (uint32_t i = 0; !p->error && i < targets->n; i++) {
        const struct target *t = targets->v[i];
        d->targets[i] = find_target(p, d->from, t);
        d->target_spans[i] = t->whole;
        if (!d->targets[i]) {
            parse_fail(p);
            p->error_at = t->whole.off;
            return;
        }
        d->targets[i]->access |= TABLE_WRITE;
        d->ntargets++;
    }
}

/* DELETE FROM table ... : the single-table form, the cursor behind FROM */
static void delete_single(struct parser *p, struct delete_ *d)
{
    d->from = parse_table_factor(p);
    if (!d->from || !d->from->table) {
        parse_fail(p);
        return;
    }
    d->targets = parse_alloc(p, sizeof *d->targets);
    d->target_spans = parse_alloc(p, sizeof *d->target_spans);
    if (p->error) {
        return;
    }
    d->from->table->access |= TABLE_WRITE;
    d->targets[0] = d->from->table;
    d->target_spans[0] = d->from->table->span;
    d->ntargets = 1;
}

/* From FROM: is it "names USING"? */
static bool names_then_using(const struct parser *p)
{
    const struct ptoken *t = p->tok + 1;
    while (is_ident(p, t) || t->kind == TK_DOT || t->kind == TK_STAR || t->kind == TK_COMMA) {
        t++;
    }
    return t->kind == TK_WORD && t->word == KW_USING;
}

static void delete_options(struct parser *p, struct delete_ *d)
{
    d->hints = parse_hints(p);
    for (;; advance(p)) {
        if (at_word(p, KW_LOW_PRIORITY)) {
            d->low_priority = true;
        } else if (at_word(p, KW_QUICK) && !ahead(p, 1, TK_DOT) && !ahead(p, 1, TK_COMMA)) {
            d->quick = true;
        } else if (at_word(p, KW_IGNORE)) {
            d->ignore = true;
        } else if (at_word(p, KW_HISTORY) && ahead_word(p, 1, KW_FROM)) {
            d->history = true;
        } else {
            return;
        }
    }
}

/* The tables, in any of the three forms:
 *   FROM table ... | targets FROM references | FROM targets USING references */
static void delete_tables(struct parser *p, struct stmt *s, struct delete_ *d)
{
    struct vec targets = {0};
    if (at_word(p, KW_FROM) && !names_then_using(p)) {
        advance(p);
        delete_single(p, d);
        return;
    }
    bool using_ = accept_word(p, KW_FROM);
    s->facts |= FACT_MULTI_TABLE;
    parse_targets(p, &targets);
    if (!expect_word(p, using_ ? KW_USING : KW_FROM)) {
        return;
    }
    d->from = parse_table_references(p);
    resolve_targets(p, d, &targets);
}

/* BEFORE SYSTEM_TIME point, of DELETE HISTORY */
static void delete_history(struct parser *p)
{
    if (accept_word(p, KW_BEFORE)) {
        expect_word(p, KW_SYSTEM_TIME);
        parse_expr(p);
    }
}

/* DELETE [options] tables [WHERE] [ORDER BY] [LIMIT] [RETURNING] */
void parse_delete(struct parser *p, struct stmt *s)
{
    struct delete_ *d = parse_alloc(p, sizeof *d);
    if (!d) {
        return;
    }
    s->kind = STMT_DELETE;
    s->delete_ = d;
    advance(p);
    delete_options(p, d);
    delete_tables(p, s, d);
    parse_portion(p);
    if (d->history) {
        delete_history(p);
    }
    parse_where(p, &d->where, &d->where_span);
    if (at_word(p, KW_ORDER)) {
        d->order = parse_order_by(p);
    }
    if (at_word(p, KW_LIMIT)) {
        d->limit = parse_limit(p);
    }
    parse_returning(p, s);
}
