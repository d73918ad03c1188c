/* INSERT and REPLACE. */
#include "router/parse_int.h"

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
