/* Query expressions.
 *
 *   query  = [with] body [ORDER BY items] [limit] {into | locking}
 *   body   = term { (UNION | EXCEPT) [ALL | DISTINCT] term }
 *   term   = factor { INTERSECT [ALL | DISTINCT] factor }
 *   factor = block | TABLE name | VALUES rows | ( query )
 *   block  = SELECT hints options items [into] [FROM tables] [WHERE expr] [GROUP BY items [WITH ROLLUP]]
 *            [HAVING expr] [WINDOW ...]
 *
 * What follows a body belongs to the query and not to its last block; a query in parentheses with clauses of its own
 * around it is a QUERY_PARENS. */
#include "router/parse_int.h"

bool starts_query(const struct parser *p)
{
    if (at(p, TK_LPAREN)) {
        return p->tok->flags & PT_QUERY;
    }
    return at_word(p, KW_SELECT) || at_word(p, KW_WITH) || at_word(p, KW_VALUES) || at_word(p, KW_TABLE);
}

static struct query *new_query(struct parser *p, enum query_kind kind, uint32_t start)
{
    struct query *q = parse_alloc(p, sizeof *q);
    if (q) {
        q->kind = (uint8_t)kind;
        q->span.off = start;
        q->outer_block = p->block;
    }
    return q;
}

static struct query *query_done(struct parser *p, struct query *q)
{
    if (!q || p->error) {
        return NULL;
    }
    q->span = q->outer = span_from(p, q->span.off);
    return q;
}

/* Each level of a left-deep chain (joins, unions) makes the tree one higher. */
static void taller(struct parser *p)
{
    if (++p->tall > AST_MAX_HEIGHT) {
        parse_fail_code(p, PARSE_DEPTH);
    }
}

/* ---- SELECT items ---- */

/* * | t.* | s.t.* */
static struct expr *parse_star(struct parser *p)
{
    struct expr *e = expr_new(p, EX_STAR, here(p), 0);
    if (!e) {
        return NULL;
    }
    while (!at(p, TK_STAR)) {
        e->column.schema = e->column.table;
        if (!parse_ident(p, &e->column.table) || !expect(p, TK_DOT)) {
            return NULL;
        }
    }
    advance(p);
    return expr_done(p, e);
}

static bool at_star(const struct parser *p)
{
    return at(p, TK_STAR) ||
           (ahead(p, 1, TK_DOT) && (ahead(p, 2, TK_STAR) || (ahead(p, 3, TK_DOT) && ahead(p, 4, TK_STAR))));
}

struct select_item *parse_select_items(struct parser *p, uint32_t *n, struct span *span)
{
    struct select_item *first = NULL, **tail = &first;
    uint32_t start = here(p);
    *n = 0;
    do {
        struct select_item *item = parse_alloc(p, sizeof *item);
        uint32_t begin = here(p);
        if (!item) {
            return NULL;
        }
        item->expr = at_star(p) ? parse_star(p) : parse_expr(p);
        if (item->expr && item->expr->kind != EX_STAR) {
            parse_alias(p, true, &item->alias);
        }
        item->span = span_from(p, begin);
        *tail = item;
        tail = &item->next;
        ++*n;
    } while (accept(p, TK_COMMA));
    *span = span_from(p, start);
    return p->error ? NULL : first;
}

static uint32_t select_option(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_DISTINCT:
    case KW_DISTINCTROW:
        return SELECT_DISTINCT;
    case KW_ALL:
        return SELECT_ALL;
    case KW_STRAIGHT_JOIN:
        return SELECT_STRAIGHT;
    case KW_HIGH_PRIORITY:
        return SELECT_HIGH_PRIORITY;
    case KW_SQL_CALC_FOUND_ROWS:
        return SELECT_CALC_FOUND_ROWS;
    case KW_SQL_SMALL_RESULT:
        return SELECT_SMALL_RESULT;
    case KW_SQL_BIG_RESULT:
        return SELECT_BIG_RESULT;
    case KW_SQL_BUFFER_RESULT:
        return SELECT_BUFFER_RESULT;
    case KW_SQL_NO_CACHE:
        return SELECT_NO_CACHE;
    case KW_SQL_CACHE: /* a name in newer servers */
        return ahead(p, 1, TK_COMMA) || ahead(p, 1, TK_DOT) || ahead_word(p, 1, KW_FROM) || ahead(p, 1, TK_END)
                   ? 0
                   : SELECT_CACHE;
    default:
        return 0;
    }
}

/* ---- GROUP BY, WINDOW ---- */

/* GROUP BY items [WITH ROLLUP] | GROUP BY ROLLUP ( items ) */
static void parse_group(struct parser *p, struct block *b)
{
    uint32_t start = here(p);
    p->tok += 2;
    if (at_word(p, KW_ROLLUP) && ahead(p, 1, TK_LPAREN)) {
        uint32_t rollup = here(p);
        p->tok += 2;
        b->group = parse_order_items(p, start);
        expect(p, TK_RPAREN);
        b->rollup = true;
        b->rollup_span = span_from(p, rollup);
        return;
    }
    b->group = parse_order_items(p, start);
    uint32_t with = here(p);
    if (accept_words(p, KW_WITH, KW_ROLLUP)) {
        b->rollup = true;
        b->rollup_span = span_from(p, with);
    }
}

/* WINDOW name AS spec {, name AS spec} */
static void parse_windows(struct parser *p, struct block *b)
{
    struct window **tail = &b->windows;
    uint32_t start = here(p);
    advance(p);
    do {
        struct span name;
        if (!parse_ident(p, &name) || !expect_word(p, KW_AS)) {
            return;
        }
        struct window *w = parse_window_spec(p);
        if (!w) {
            return;
        }
        w->name = name;
        *tail = w;
        tail = &w->next;
    } while (accept(p, TK_COMMA));
    b->windows_span = span_from(p, start);
}

/* ---- blocks ---- */

static void block_tail(struct parser *p, struct block *b)
{
    parse_where(p, &b->where, &b->where_span);
    if (at_word(p, KW_GROUP) && ahead_word(p, 1, KW_BY)) {
        parse_group(p, b);
    }
    uint32_t start = here(p);
    if (accept_word(p, KW_HAVING)) {
        b->having = parse_expr(p);
        b->having_span = span_from(p, start);
    }
    if (at_word(p, KW_WINDOW) && ahead_word(p, 2, KW_AS)) {
        parse_windows(p, b);
    }
}

/* SELECT ..., up to ORDER BY */
static struct query *parse_block(struct parser *p)
{
    struct query *q = new_query(p, QUERY_BLOCK, here(p));
    struct block *b = parse_alloc(p, sizeof *b);
    if (!q || !b) {
        return NULL;
    }
    uint32_t option;
    q->block = b;
    b->query = q;
    b->outer = p->block;
    b->select_word = p->tok->span;
    p->block = b;
    advance(p);
    b->hints = parse_hints(p);
    while ((option = select_option(p)) != 0) {
        b->flags |= option;
        p->stmt->facts |= option == SELECT_CALC_FOUND_ROWS ? FACT_CALC_FOUND_ROWS : 0;
        advance(p);
    }
    b->items = parse_select_items(p, &b->nitems, &b->items_span);
    if (at_word(p, KW_INTO)) {
        q->into = parse_into(p);
    }
    uint32_t from = here(p);
    if (accept_word(p, KW_FROM)) {
        b->from = parse_table_references(p);
        b->from_span = span_from(p, from);
    }
    block_tail(p, b);
    b->span = span_from(p, q->span.off);
    p->block = b->outer;
    return query_done(p, q);
}

/* VALUES [ROW] ( exprs ) {, [ROW] ( exprs )} */
static struct query *parse_values(struct parser *p)
{
    struct query *q = new_query(p, QUERY_VALUES, here(p));
    struct vec rows = {0};
    advance(p);
    do {
        uint32_t start = here(p);
        accept_word(p, KW_ROW);
        if (!expect(p, TK_LPAREN)) {
            return NULL;
        }
        struct expr_list *row = at(p, TK_RPAREN) ? parse_alloc(p, sizeof *row) : parse_exprs(p);
        if (!row || !expect(p, TK_RPAREN)) {
            return NULL;
        }
        row->span = span_from(p, start);
        vec_push(p, &rows, row);
    } while (accept(p, TK_COMMA));
    if (q) {
        q->rows = (struct expr_list **)rows.v;
        q->nrows = rows.n;
    }
    return query_done(p, q);
}

/* TABLE name */
static struct query *parse_table_stmt(struct parser *p)
{
    struct query *q = new_query(p, QUERY_TABLE, here(p));
    advance(p);
    struct table_ref *t = parse_table_name(p, TABLE_READ);
    if (!q || !t) {
        return NULL;
    }
    q->table = t;
    return query_done(p, q);
}

static struct query *parse_factor(struct parser *p)
{
    struct span span;
    if (at(p, TK_LPAREN)) {
        return parse_subquery(p, &span);
    }
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_SELECT:
        return parse_block(p);
    case KW_VALUES:
        return parse_values(p);
    case KW_TABLE:
        return parse_table_stmt(p);
    default:
        return parse_fail(p);
    }
}

/* left op [ALL | DISTINCT] right, the cursor at the operator's word */
static struct query *set_operation(struct parser *p, struct query *left, struct query *(*operand)(struct parser *))
{
    struct query *q = new_query(p, QUERY_SET, left->outer.off);
    uint32_t start = here(p);
    if (!q) {
        return NULL;
    }
    q->set = at_word(p, KW_UNION) ? SET_UNION : at_word(p, KW_EXCEPT) ? SET_EXCEPT : SET_INTERSECT;
    advance(p);
    q->all = accept_word(p, KW_ALL);
    if (!q->all) {
        accept_word(p, KW_DISTINCT);
    }
    q->op_span = span_from(p, start);
    q->left = left;
    q->right = operand(p);
    p->stmt->facts |= FACT_SET_OPERATION;
    taller(p);
    return query_done(p, q);
}

static struct query *parse_term(struct parser *p)
{
    struct query *q = parse_factor(p);
    while (q && at_word(p, KW_INTERSECT)) {
        q = set_operation(p, q, parse_factor);
    }
    return q;
}

static struct query *parse_body(struct parser *p)
{
    struct query *q = parse_term(p);
    while (q && (at_word(p, KW_UNION) || at_word(p, KW_EXCEPT))) {
        q = set_operation(p, q, parse_term);
    }
    return q;
}

/* ---- WITH ---- */

static void show_cte(struct parser *p, struct cte *c)
{
    struct visible *v = parse_alloc(p, sizeof *v);
    if (v) {
        *v = (struct visible){p->visible, c};
        p->visible = v;
    }
}

/* name [( columns )] AS ( query ) [CYCLE columns RESTRICT] */
static struct cte *parse_cte(struct parser *p, bool recursive)
{
    struct cte *c = parse_alloc(p, sizeof *c);
    uint32_t start = here(p);
    struct span span;
    if (!c || !parse_ident(p, &c->name)) {
        return NULL;
    }
    if (++p->nctes > PARSE_MAX_CTES) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    if (at(p, TK_LPAREN)) {
        c->columns = parse_names_in_parens(p, NULL);
    }
    if (!expect_word(p, KW_AS)) {
        return NULL;
    }
    if (recursive) {
        show_cte(p, c);
    }
    p->in_with++;
    c->query = parse_subquery(p, &span);
    p->in_with--;
    c->recursive = c->uses > 0;
    if (!recursive) {
        show_cte(p, c);
    }
    if (accept_word(p, KW_CYCLE)) {
        parse_names(p);
        expect_word(p, KW_RESTRICT);
    }
    c->span = span_from(p, start);
    return p->error ? NULL : c;
}

/* WITH [RECURSIVE] cte {, cte}; the CTEs stay visible until the caller restores p->visible */
struct with *parse_with(struct parser *p)
{
    struct with *w = parse_alloc(p, sizeof *w);
    uint32_t start = here(p);
    if (!w || !expect_word(p, KW_WITH)) {
        return NULL;
    }
    struct cte **tail = &w->list;
    w->recursive = accept_word(p, KW_RECURSIVE);
    p->stmt->facts |= FACT_CTE;
    do {
        struct cte *c = parse_cte(p, w->recursive);
        if (!c) {
            return NULL;
        }
        *tail = c;
        tail = &c->next;
    } while (accept(p, TK_COMMA));
    w->span = span_from(p, start);
    return w;
}

/* ---- the whole ---- */

static bool at_clause(const struct parser *p)
{
    return (at_word(p, KW_ORDER) && ahead_word(p, 1, KW_BY)) || at_limit(p) || at_word(p, KW_INTO) || at_locking(p) ||
           at_word(p, KW_PROCEDURE);
}

static void query_clauses(struct parser *p, struct query *q)
{
    struct locking **tail = &q->locking;
    struct block *saved = p->block;
    p->block = q->kind == QUERY_BLOCK ? q->block : p->block;
    if (at_word(p, KW_ORDER)) {
        q->order = parse_order_by(p);
    }
    if (at_limit(p)) {
        q->limit = parse_limit(p);
    }
    uint32_t start = here(p);
    if (q->block && q->kind == QUERY_BLOCK && accept_word(p, KW_PROCEDURE)) {
        struct span name;
        parse_ident(p, &name);
        parse_skip_parens(p);
        q->block->procedure = span_from(p, start);
    }
    while (!p->error && (at_locking(p) || (at_word(p, KW_INTO) && !q->into))) {
        if (at_word(p, KW_INTO)) {
            q->into = parse_into(p);
            continue;
        }
        struct locking *l = parse_locking(p);
        if (l) {
            *tail = l;
            tail = &l->next;
        }
    }
    p->block = saved;
}

struct query *parse_query(struct parser *p)
{
    uint32_t start = here(p);
    struct visible *saved = p->visible;
    if (!parse_enter(p)) {
        return NULL;
    }
    struct with *with = at_word(p, KW_WITH) ? parse_with(p) : NULL;
    struct query *q = p->error ? NULL : parse_body(p);
    bool parens = q && q->outer.off != q->span.off, around = parens && (with || at_clause(p));
    if (around) { /* ( query ) with something around it */
        struct query *outer = new_query(p, QUERY_PARENS, start);
        if (outer) {
            outer->left = q;
        }
        q = outer;
        taller(p);
    }
    if (q && (!parens || around)) {
        q->with = with;
        q->span.off = start;
        query_clauses(p, q);
        query_done(p, q);
    }
    p->visible = saved;
    parse_leave(p);
    return p->error ? NULL : q;
}

struct query *parse_subquery(struct parser *p, struct span *with_parens)
{
    uint32_t start = here(p);
    unsigned tall = p->tall;
    if (!at(p, TK_LPAREN) || !(p->tok->flags & PT_QUERY) || !parse_enter(p)) {
        return parse_fail(p);
    }
    advance(p);
    p->tall = 0;
    struct query *q = parse_query(p);
    parse_leave(p);
    if (!q || !expect(p, TK_RPAREN)) {
        return NULL;
    }
    if (p->tall + 1 > AST_MAX_HEIGHT) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    p->sub = p->tall;
    p->tall = p->sub + 1 > tall ? p->sub + 1 : tall;
    q->outer = *with_parens = span_from(p, start);
    return q;
}
