/* Primaries: literals, names, variables, parentheses, and the forms that begin with a word of their own.
 *
 *   primary = literal | ? | NULL | TRUE | FALSE | DEFAULT [(column)] | column [(-> | ->>) path]
 *           | @x [:= expr] | @@[scope .] x | ( expr {, expr} ) | (query) | EXISTS (query) | CASE ... END
 *           | INTERVAL ... | { d|t|ts|word expr } | call */
#include "router/parse_int.h"

/* ---- literals ---- */

bool is_literal(const struct parser *p)
{
    return p->tok->kind >= TK_INT && p->tok->kind <= TK_BIT;
}

/* [introducer] literal */
struct expr *parse_literal(struct parser *p)
{
    uint32_t start = here(p);
    struct span introducer = {0, 0};
    if (at(p, TK_INTRODUCER)) {
        introducer = p->tok->span;
        advance(p);
    }
    if (!is_literal(p)) {
        return parse_fail(p);
    }
    bool structure = (p->tok->flags & PT_STRUCTURE) != 0;
    struct expr *e = expr_new(p, structure ? EX_STRUCTURE : EX_LITERAL, start, 0);
    if (!e) {
        return NULL;
    }
    e->literal.introducer = introducer;
    e->literal.index = p->tok->n;
    e->literal.kind = p->tok->n != UINT32_MAX     ? p->literals[p->tok->n].kind
                      : p->tok->kind == TK_STRING ? LITERAL_STRING
                                                  : LITERAL_INT;
    e->flags |= EXPR_CONSTANT;
    advance(p);
    return expr_done(p, e);
}

static struct expr *leaf(struct parser *p, enum expr_kind kind, unsigned op)
{
    struct expr *e = expr_new(p, kind, here(p), 0);
    if (!e) {
        return NULL;
    }
    e->op = (uint8_t)op;
    e->flags |= kind == EX_USERVAR ? EXPR_VOLATILE : EXPR_CONSTANT;
    if (kind == EX_PARAM) {
        e->param = p->tok->n;
    }
    advance(p);
    return expr_done(p, e);
}

/* DATE '..', TIME '..', TIMESTAMP '..' */
static struct expr *parse_temporal(struct parser *p)
{
    struct expr *e = expr_new(p, EX_TEMPORAL, here(p), 1);
    if (!e) {
        return NULL;
    }
    e->name = p->tok->span;
    advance(p);
    e->args[0] = parse_literal(p);
    return expr_done(p, e);
}

/* { d '..' } and { fn expr } */
static struct expr *parse_braces(struct parser *p)
{
    struct expr *e = expr_new(p, EX_TEMPORAL, here(p), 1);
    advance(p);
    if (!e || !parse_ident(p, &e->name)) {
        return NULL;
    }
    bool temporal = at(p, TK_STRING) && (ident_is(p->sql, e->name, "d") || ident_is(p->sql, e->name, "t") ||
                                         ident_is(p->sql, e->name, "ts"));
    struct expr *inner = temporal ? parse_literal(p) : parse_expr(p);
    if (!inner || !expect(p, TK_RBRACE)) {
        return NULL;
    }
    if (!temporal) { /* {fn now()} is now() in other brackets */
        inner->outer = span_from(p, e->span.off);
        inner->flags |= EXPR_PARENS;
        return inner;
    }
    e->args[0] = inner;
    return expr_done(p, e);
}

/* ---- variables ---- */

/* @x [:= expr] */
static struct expr *parse_uservar(struct parser *p)
{
    uint32_t start = here(p);
    struct expr *e = expr_new(p, EX_USERVAR, start, 0);
    if (!e) {
        return NULL;
    }
    e->name = (struct span){p->tok->span.off + 1, p->tok->span.len - 1};
    e->flags |= EXPR_VOLATILE;
    advance(p);
    if (!at(p, TK_ASSIGN)) {
        p->stmt->facts |= FACT_VAR_READ;
        return expr_done(p, e);
    }
    struct expr *assign = expr_new(p, EX_ASSIGN, start, 2);
    if (!assign || !expr_done(p, e)) {
        return NULL;
    }
    advance(p);
    p->stmt->facts |= FACT_VAR_WRITE;
    assign->args[0] = e;
    assign->args[1] = parse_expr(p);
    return expr_done(p, assign);
}

static enum sysvar_scope scope_of(unsigned word)
{
    switch (word) {
    case KW_GLOBAL:
        return SCOPE_GLOBAL;
    case KW_SESSION:
    case KW_LOCAL:
        return SCOPE_SESSION;
    case KW_PERSIST:
        return SCOPE_PERSIST;
    case KW_PERSIST_ONLY:
        return SCOPE_PERSIST_ONLY;
    default:
        return SCOPE_NONE;
    }
}

/* @@[scope .] name [. name] */
static struct expr *parse_sysvar(struct parser *p)
{
    struct expr *e = expr_new(p, EX_SYSVAR, here(p), 0);
    advance(p);
    if (!e) {
        return NULL;
    }
    if (p->tok->kind == TK_WORD && ahead(p, 1, TK_DOT)) {
        e->sysvar.scope = (uint8_t)scope_of(p->tok->word);
        if (e->sysvar.scope != SCOPE_NONE) {
            p->tok += 2;
        }
    }
    uint32_t start = here(p);
    if (!at(p, TK_WORD) && !at(p, TK_QUOTED)) {
        return parse_fail(p);
    }
    advance(p);
    if (accept(p, TK_DOT)) {
        if (!at(p, TK_WORD) && !at(p, TK_QUOTED)) {
            return parse_fail(p);
        }
        advance(p);
    }
    e->sysvar.name = span_from(p, start);
    e->flags |= EXPR_VOLATILE;
    p->stmt->facts |= FACT_SYSVAR;
    return expr_done(p, e);
}

/* ---- names ---- */

struct expr *parse_column(struct parser *p)
{
    struct expr *e = expr_new(p, EX_COLUMN, here(p), 0);
    if (!e) {
        return NULL;
    }
    accept(p, TK_DOT); /* .t.c is an old spelling of t.c */
    if (!parse_ident(p, &e->column.name)) {
        return NULL;
    }
    for (unsigned i = 0; i < 2 && at(p, TK_DOT); i++) {
        advance(p);
        e->column.schema = e->column.table;
        e->column.table = e->column.name;
        if (!parse_ident(p, &e->column.name)) {
            return NULL;
        }
    }
    return expr_done(p, e);
}

/* column [-> path | ->> path] */
static struct expr *parse_column_path(struct parser *p)
{
    struct expr *e = parse_column(p);
    if (e && (at(p, TK_ARROW) || at(p, TK_ARROW_TEXT))) {
        enum op op = at(p, TK_ARROW) ? OP_JSON : OP_JSON_TEXT;
        advance(p);
        return expr_op(p, op, e, parse_literal(p));
    }
    return e;
}

/* DEFAULT [(column)] */
static struct expr *parse_default(struct parser *p)
{
    bool column = ahead(p, 1, TK_LPAREN);
    struct expr *e = expr_new(p, EX_DEFAULT, here(p), column ? 1 : 0);
    advance(p);
    if (!e) {
        return NULL;
    }
    if (column) {
        advance(p);
        e->args[0] = parse_column(p);
        expect(p, TK_RPAREN);
    }
    return expr_done(p, e);
}

/* ---- parentheses ---- */

/* (query) as a value */
static struct expr *parse_scalar_query(struct parser *p)
{
    struct expr *e = expr_new(p, EX_SUBQUERY, here(p), 0);
    struct span span;
    if (!e) {
        return NULL;
    }
    e->query = parse_subquery(p, &span);
    e->flags |= EXPR_SUBQUERY;
    e->height = (uint16_t)(p->sub + 1);
    return expr_done(p, e);
}

/* ( expr {, expr} ), the cursor at "("; row: ROW stands before it */
static struct expr *parse_parens(struct parser *p, uint32_t start, bool row)
{
    struct vec items = {0};
    if (!expect(p, TK_LPAREN)) {
        return NULL;
    }
    do {
        vec_push(p, &items, parse_expr(p));
    } while (accept(p, TK_COMMA));
    if (!expect(p, TK_RPAREN)) {
        return NULL;
    }
    if (items.n == 1 && !row) {
        struct expr *e = items.v[0];
        e->outer = span_from(p, start);
        e->flags |= EXPR_PARENS;
        return e;
    }
    struct expr *e = expr_new(p, EX_ROW, start, 0);
    if (!e || items.n > AST_MAX_ARGS) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    e->args = (struct expr **)items.v;
    e->nargs = items.n & AST_MAX_ARGS;
    return expr_done(p, e);
}

/* EXISTS (query) */
static struct expr *parse_exists(struct parser *p)
{
    struct expr *e = expr_new(p, EX_EXISTS, here(p), 0);
    struct span span;
    advance(p);
    if (!e) {
        return NULL;
    }
    e->query = parse_subquery(p, &span);
    e->flags |= EXPR_SUBQUERY;
    e->height = (uint16_t)(p->sub + 1);
    return expr_done(p, e);
}

/* ---- CASE ---- */

/* All parts of a CASE as args too, in text order, so that flags and walks come by themselves. */
static struct expr *case_done(struct parser *p, struct expr *e, struct vec *when, struct vec *then)
{
    struct case_expr *c = e->case_;
    c->nwhen = when->n;
    c->when = (struct expr **)when->v;
    c->then = (struct expr **)then->v;
    uint32_t n = (c->operand != NULL) + 2 * c->nwhen + (c->otherwise != NULL), k = 0;
    if (n > AST_MAX_ARGS) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    e->args = parse_alloc(p, n * sizeof *e->args);
    if (!e->args) {
        return NULL;
    }
    if (c->operand) {
        e->args[k++] = c->operand;
    }
    for (uint32_t i = 0; i < c->nwhen; i++) {
        e->args[k++] = c->when[i];
        e->args[k++] = c->then[i];
    }
    if (c->otherwise) {
        e->args[k++] = c->otherwise;
    }
    e->nargs = k & AST_MAX_ARGS;
    return expr_done(p, e);
}

/* CASE [expr] WHEN expr THEN expr {...} [ELSE expr] END */
static struct expr *parse_case(struct parser *p)
{
    struct expr *e = expr_new(p, EX_CASE, here(p), 0);
    struct vec when = {0}, then = {0};
    advance(p);
    if (!e || !(e->case_ = parse_alloc(p, sizeof *e->case_))) {
        return NULL;
    }
    if (!at_word(p, KW_WHEN)) {
        e->case_->operand = parse_expr(p);
    }
    do {
        expect_word(p, KW_WHEN);
        vec_push(p, &when, parse_expr(p));
        expect_word(p, KW_THEN);
        vec_push(p, &then, parse_expr(p));
    } while (at_word(p, KW_WHEN));
    if (accept_word(p, KW_ELSE)) {
        e->case_->otherwise = parse_expr(p);
    }
    return expect_word(p, KW_END) ? case_done(p, e, &when, &then) : NULL;
}

/* ---- INTERVAL ---- */

bool parse_interval_unit(struct parser *p, struct span *unit)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_MICROSECOND:
    case KW_SECOND:
    case KW_MINUTE:
    case KW_HOUR:
    case KW_DAY:
    case KW_WEEK:
    case KW_MONTH:
    case KW_QUARTER:
    case KW_YEAR:
    case KW_SECOND_MICROSECOND:
    case KW_MINUTE_MICROSECOND:
    case KW_MINUTE_SECOND:
    case KW_HOUR_MICROSECOND:
    case KW_HOUR_SECOND:
    case KW_HOUR_MINUTE:
    case KW_DAY_MICROSECOND:
    case KW_DAY_SECOND:
    case KW_DAY_MINUTE:
    case KW_DAY_HOUR:
    case KW_YEAR_MONTH:
    case KW_SQL_TSI_SECOND:
    case KW_SQL_TSI_MINUTE:
    case KW_SQL_TSI_HOUR:
    case KW_SQL_TSI_DAY:
    case KW_SQL_TSI_WEEK:
    case KW_SQL_TSI_MONTH:
    case KW_SQL_TSI_QUARTER:
    case KW_SQL_TSI_YEAR:
        *unit = p->tok->span;
        advance(p);
        return true;
    default:
        parse_fail(p);
        return false;
    }
}

/* INTERVAL expr unit */
struct expr *parse_interval(struct parser *p)
{
    struct expr *e = expr_new(p, EX_INTERVAL, here(p), 1);
    if (!e || !expect_word(p, KW_INTERVAL)) {
        return NULL;
    }
    e->args[0] = parse_expr(p);
    if (!e->args[0] || !parse_interval_unit(p, &e->name)) {
        return NULL;
    }
    return expr_done(p, e);
}

/* ---- all of them ---- */

static struct expr *parse_word(struct parser *p)
{
    switch (p->tok->word) {
    case KW_NULL:
        return leaf(p, EX_NULL, 0);
    case KW_TRUE:
    case KW_FALSE:
        return leaf(p, EX_BOOL, at_word(p, KW_TRUE));
    case KW_DEFAULT:
        return parse_default(p);
    case KW_CASE:
        return parse_case(p);
    case KW_EXISTS:
        return parse_exists(p);
    case KW_INTERVAL: /* a function has commas */
        return ahead(p, 1, TK_LPAREN) && (p->tok[1].flags & PT_COMMA) && !(p->tok[1].flags & PT_QUERY)
                   ? parse_call(p)
                   : parse_interval(p);
    case KW_DATE:
    case KW_TIME:
    case KW_TIMESTAMP:
        if (ahead(p, 1, TK_STRING)) {
            return parse_temporal(p);
        }
        break;
    case KW_ROW:
        if (ahead(p, 1, TK_LPAREN)) {
            uint32_t start = here(p);
            advance(p);
            return parse_parens(p, start, true);
        }
        break;
    default:
        break;
    }
    return starts_call(p) ? parse_call(p) : parse_column_path(p);
}

struct expr *parse_primary(struct parser *p)
{
    switch (p->tok->kind) {
    case TK_WORD:
        return parse_word(p);
    case TK_QUOTED:
        return starts_call(p) ? parse_call(p) : parse_column_path(p);
    case TK_DOT:
        return parse_column_path(p);
    case TK_INTRODUCER:
        return ahead(p, 1, TK_STRING) || ahead(p, 1, TK_HEX) || ahead(p, 1, TK_BIT) ? parse_literal(p)
                                                                                    : parse_column_path(p);
    case TK_PARAM:
        return leaf(p, EX_PARAM, 0);
    case TK_USERVAR:
        return parse_uservar(p);
    case TK_AT: { /* @ alone: the variable whose name is empty */
        struct expr *e = leaf(p, EX_USERVAR, 0);
        p->stmt->facts |= FACT_VAR_READ;
        return e;
    }
    case TK_ATAT:
        return parse_sysvar(p);
    case TK_LPAREN:
        return p->tok->flags & PT_QUERY ? parse_scalar_query(p) : parse_parens(p, here(p), false);
    case TK_LBRACE:
        return parse_braces(p);
    default:
        return is_literal(p) ? parse_literal(p) : parse_fail(p);
    }
}
