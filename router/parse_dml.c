/* INSERT, REPLACE, UPDATE, DELETE, LOAD DATA, CALL, DO, HANDLER. */
#include "router/parse_int.h"

/* ---- shared ---- */

/* column = (expr | DEFAULT) {, column = ...} */
static struct assignment *parse_assignments(struct parser *p)
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
static void parse_returning(struct parser *p, struct stmt *s)
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

/* ---- INSERT, REPLACE ---- */

/* ( columns ) */
static void insert_columns(struct parser *p, struct insert *i)
{
    uint32_t start = here(p);
    struct expr_list *list = parse_alloc(p, sizeof *list);
    struct vec items = {0};
    advance(p);
    uint32_t inside = here(p);
    while (list && !p->error && !at(p, TK_RPAREN)) {
        vec_push(p, &items, parse_column(p));
        if (!accept(p, TK_COMMA)) {
            break;
        }
    }
    if (list) {
        list->n = items.n;
        list->v = (struct expr **)items.v;
        list->span = span_from(p, inside);
    }
    expect(p, TK_RPAREN);
    i->columns = list;
    i->columns_span = span_from(p, start);
}

/* ( [expr {, expr}] ) */
static struct expr_list *insert_row(struct parser *p, uint32_t guess)
{
    struct expr_list *row = parse_alloc(p, sizeof *row);
    uint32_t start = here(p);
    struct vec items = {.cap = guess};
    if (!row || !expect(p, TK_LPAREN)) {
        return NULL;
    }
    items.v = guess ? parse_alloc(p, guess * sizeof *items.v) : NULL;
    if (!at(p, TK_RPAREN)) {
        do {
            vec_push(p, &items, parse_expr(p));
        } while (accept(p, TK_COMMA));
    }
    if (!expect(p, TK_RPAREN)) {
        return NULL;
    }
    row->n = items.n;
    row->v = (struct expr **)items.v;
    row->span = span_from(p, start);
    return row;
}

/* (VALUES | VALUE) row {, row} */
static void insert_rows(struct parser *p, struct insert *i)
{
    struct vec rows = {0};
    i->values_word = p->tok->span;
    advance(p);
    uint32_t start = here(p), guess = 0;
    do {
        accept_word(p, KW_ROW);
        struct expr_list *row = insert_row(p, guess);
        if (!row) {
            return;
        }
        guess = row->n;
        vec_push(p, &rows, row);
    } while (accept(p, TK_COMMA));
    i->rows = (struct expr_list **)rows.v;
    i->nrows = rows.n;
    i->rows_span = span_from(p, start);
}

/* [AS alias [( columns )]] [ON DUPLICATE KEY UPDATE assignments] */
static void insert_tail(struct parser *p, struct insert *i)
{
    if (accept_word(p, KW_AS)) {
        parse_ident(p, &i->row_alias);
        if (at(p, TK_LPAREN)) {
            i->row_columns = parse_names_in_parens(p, NULL);
        }
    }
    uint32_t start = here(p);
    if (accept_words(p, KW_ON, KW_DUPLICATE)) {
        expect_word(p, KW_KEY);
        expect_word(p, KW_UPDATE);
        i->on_duplicate = parse_assignments(p);
        i->on_duplicate_span = span_from(p, start);
    }
}

static void insert_options(struct parser *p, struct insert *i)
{
    i->hints = parse_hints(p);
    for (;; advance(p)) {
        if (at_word(p, KW_LOW_PRIORITY)) {
            i->low_priority = true;
        } else if (at_word(p, KW_HIGH_PRIORITY)) {
            i->high_priority = true;
        } else if (at_word(p, KW_DELAYED)) {
            i->delayed = true;
        } else if (at_word(p, KW_IGNORE)) {
            i->ignore = true;
        } else {
            break;
        }
    }
    accept_word(p, KW_INTO);
}

/* Do rows begin here? VALUES (..) is rows, VALUES ROW(..) is a query. */
static bool at_rows(const struct parser *p)
{
    return at_word(p, KW_VALUE) || (at_word(p, KW_VALUES) && !ahead_word(p, 1, KW_ROW));
}

static void insert_source(struct parser *p, struct stmt *s, struct insert *i)
{
    if (accept_word(p, KW_SET)) {
        i->set = parse_assignments(p);
    } else if (at_rows(p)) {
        insert_rows(p, i);
    } else if (starts_query(p)) {
        i->query = s->query = parse_query(p);
    } else {
        parse_fail(p);
    }
}

/* (INSERT | REPLACE) [options] [INTO] table [PARTITION ..] [( columns )] source [tail] [RETURNING ..] */
void parse_insert(struct parser *p, struct stmt *s)
{
    struct insert *i = parse_alloc(p, sizeof *i);
    if (!i) {
        return;
    }
    s->kind = at_word(p, KW_INSERT) ? STMT_INSERT : STMT_REPLACE;
    s->insert = i;
    i->verb = p->tok->span;
    advance(p);
    insert_options(p, i);
    i->table = parse_table_name(p, TABLE_WRITE);
    if (!i->table) {
        return;
    }
    parse_partitions(p, i->table);
    if (at(p, TK_LPAREN) && !starts_query(p)) {
        insert_columns(p, i);
    }
    insert_source(p, s, i);
    insert_tail(p, i);
    parse_returning(p, s);
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
    if (!d->from || targets->n > AST_MAX_HEIGHT) {
        parse_fail(p);
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

/* ---- LOAD DATA, LOAD XML ---- */

/* {(FIELDS | COLUMNS | LINES | ROWS) ...} [IGNORE n (LINES | ROWS)] */
static void load_format(struct parser *p)
{
    if (accept_words(p, KW_CHARACTER, KW_SET) || accept_word(p, KW_CHARSET)) {
        advance(p);
    }
    while (!at(p, TK_END) && !at(p, TK_LPAREN) && !at_word(p, KW_SET)) {
        if (!at(p, TK_WORD) && !is_literal(p) && !at(p, TK_LT) && !at(p, TK_GT)) {
            parse_fail(p);
            return;
        }
        advance(p);
    }
}

/* ( column | @x {, ...} ) */
static void load_columns(struct parser *p, struct load_data *l)
{
    struct vec items = {0};
    l->columns = parse_alloc(p, sizeof *l->columns);
    uint32_t start = here(p) + 1;
    do {
        advance(p);
        vec_push(p, &items, at(p, TK_USERVAR) ? parse_primary(p) : parse_column(p));
    } while (at(p, TK_COMMA));
    if (l->columns) {
        l->columns->n = items.n;
        l->columns->v = (struct expr **)items.v;
        l->columns->span = span_from(p, start);
    }
    expect(p, TK_RPAREN);
}

/* LOAD (DATA | XML) [LOW_PRIORITY | CONCURRENT] [LOCAL] INFILE 'f' [REPLACE | IGNORE] INTO TABLE t ... */
void parse_load(struct parser *p, struct stmt *s)
{
    struct load_data *l = parse_alloc(p, sizeof *l);
    if (!l) {
        return;
    }
    if (ahead_word(p, 1, KW_INDEX)) { /* LOAD INDEX INTO CACHE t, ... */
        s->kind = STMT_LOAD_INDEX;
        parse_skip_all(p);
        return;
    }
    s->kind = STMT_LOAD_DATA;
    s->load = l;
    advance(p);
    l->xml = accept_word(p, KW_XML);
    if (!l->xml && !accept_word(p, KW_DATA)) {
        parse_fail(p);
        return;
    }
    if (!accept_word(p, KW_LOW_PRIORITY)) {
        accept_word(p, KW_CONCURRENT);
    }
    l->local = accept_word(p, KW_LOCAL);
    expect_word(p, KW_INFILE);
    l->file = p->tok->span;
    expect(p, TK_STRING);
    l->replace = accept_word(p, KW_REPLACE);
    l->ignore = accept_word(p, KW_IGNORE);
    if (!expect_word(p, KW_INTO) || !expect_word(p, KW_TABLE) || !(l->table = parse_table_name(p, TABLE_WRITE))) {
        return;
    }
    parse_partitions(p, l->table);
    load_format(p);
    if (at(p, TK_LPAREN)) {
        load_columns(p, l);
    }
    if (accept_word(p, KW_SET)) {
        l->set = parse_assignments(p);
    }
}

/* ---- CALL, DO, HANDLER ---- */

/* CALL [schema .] name [( [exprs] )] */
void parse_call_stmt(struct parser *p, struct stmt *s)
{
    struct call_proc *c = parse_alloc(p, sizeof *c);
    if (!c) {
        return;
    }
    s->kind = STMT_CALL;
    s->call = c;
    advance(p);
    if (!parse_qualified(p, &c->schema, &c->name, &c->span)) {
        return;
    }
    if (accept(p, TK_LPAREN)) {
        c->args = at(p, TK_RPAREN) ? NULL : parse_exprs(p);
        expect(p, TK_RPAREN);
    }
}

/* DO expr [[AS] alias] {, ...} */
void parse_do(struct parser *p, struct stmt *s)
{
    struct vec items = {0};
    s->kind = STMT_DO;
    s->values = parse_alloc(p, sizeof *s->values);
    advance(p);
    uint32_t start = here(p);
    do {
        struct span alias;
        vec_push(p, &items, parse_expr(p));
        parse_alias(p, true, &alias);
    } while (accept(p, TK_COMMA));
    if (s->values) {
        s->values->n = items.n;
        s->values->v = (struct expr **)items.v;
        s->values->span = span_from(p, start);
    }
}

/* HANDLER t (OPEN [[AS] alias] | READ ... [WHERE] [LIMIT] | CLOSE) */
void parse_handler(struct parser *p, struct stmt *s)
{
    s->kind = STMT_HANDLER;
    advance(p);
    struct table_ref *t = parse_table_name(p, TABLE_LOCK);
    if (!t) {
        return;
    }
    if (accept_word(p, KW_OPEN)) {
        parse_alias(p, false, &t->alias);
    } else if (!accept_word(p, KW_CLOSE)) {
        expect_word(p, KW_READ);
        parse_skip_all(p);
    }
}
