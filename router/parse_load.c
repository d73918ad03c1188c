/* LOAD DATA and LOAD XML, CALL, DO, HANDLER. */
#include "router/parse_int.h"

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
