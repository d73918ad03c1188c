/* Operators: from OR, which binds least, down to the unary ones, one function a level.
 *
 *   expr      = xor { (OR | ||) xor }
 *   xor       = and { XOR and }
 *   and       = not { (AND | &&) not }
 *   not       = NOT not | compare
 *   compare   = predicate { IS [NOT] what | op predicate | op (ALL|ANY|SOME) (query) }
 *   predicate = bit { [NOT] (IN | BETWEEN | LIKE | REGEXP) ... | SOUNDS LIKE ... | MEMBER OF ... }
 *   bit       = levels of | & << >> + - * / DIV % MOD ^
 *   concat    = unary { || unary }            with PIPES_AS_CONCAT
 *   unary     = (- | + | ~ | ! | BINARY | NOT with HIGH_NOT_PRECEDENCE) unary | primary { COLLATE name }
 *
 * Chains are loops and nest to the left; the height of every node is kept and bounded, so that whoever walks the tree
 * may recurse. */
#include <stddef.h>

#include "router/parse_int.h"

/* ---- nodes ---- */

static size_t node_size(enum expr_kind kind)
{
    switch (kind) {
    case EX_LITERAL:
    case EX_STRUCTURE:
    case EX_COLUMN:
    case EX_STAR:
    case EX_SYSVAR:
        return sizeof(struct expr);
    default: /* a pointer or a span */
        return offsetof(struct expr, name) + sizeof(struct span);
    }
}

struct expr *expr_new(struct parser *p, enum expr_kind kind, uint32_t start, uint32_t nargs)
{
    struct expr *e = nargs > AST_MAX_ARGS ? parse_fail_code(p, PARSE_DEPTH) : parse_alloc(p, node_size(kind));
    if (!e) {
        return NULL;
    }
    e->kind = (uint8_t)kind;
    e->span.off = start;
    e->nargs = nargs;
    if (nargs && !(e->args = parse_alloc(p, nargs * sizeof *e->args))) {
        return NULL;
    }
    return e;
}

static bool is_constant_leaf(const struct expr *e)
{
    switch (e->kind) {
    case EX_LITERAL:
    case EX_STRUCTURE:
    case EX_PARAM:
    case EX_NULL:
    case EX_BOOL:
    case EX_INTERVAL:
    case EX_TEMPORAL:
    case EX_KEYWORD:
        return true;
    case EX_COLUMN:
    case EX_STAR:
    case EX_DEFAULT:
    case EX_VALUES:
    case EX_USERVAR:
    case EX_SYSVAR:
    case EX_ASSIGN:
    case EX_NEXTVAL:
        return false;
    case EX_FUNC:
        return e->call->func != FN_UNKNOWN && !(e->call->classes & (FC_AGGREGATE | FC_WINDOW)) && !e->call->star;
    default:
        return e->nargs > 0;
    }
}

struct expr *expr_done(struct parser *p, struct expr *e)
{
    if (!e || p->error) {
        return NULL;
    }
    unsigned height = e->height, flags = e->flags, all = EXPR_CONSTANT;
    for (uint32_t i = 0; i < e->nargs; i++) {
        const struct expr *arg = e->args[i];
        if (!arg) {
            return NULL;
        }
        flags |= arg->flags & (EXPR_AGGREGATE | EXPR_WINDOW | EXPR_SUBQUERY | EXPR_VOLATILE);
        all &= arg->flags;
        height = arg->height >= height ? arg->height + 1u : height;
    }
    if (height > AST_MAX_HEIGHT) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    if (is_constant_leaf(e) && !(flags & EXPR_SUBQUERY)) {
        flags |= all;
    }
    e->height = (uint16_t)height;
    p->stmt->facts |= flags & EXPR_SUBQUERY ? FACT_SUBQUERY : 0;
    p->tall = height > p->tall ? height : p->tall;
    e->flags = flags & 0xff;
    e->span = e->outer = span_from(p, e->span.off);
    return e;
}

struct expr *expr_op(struct parser *p, enum op op, struct expr *left, struct expr *right)
{
    if (!left || !right) {
        return NULL;
    }
    struct expr *e = expr_new(p, EX_OP, left->outer.off, 2);
    if (!e) {
        return NULL;
    }
    e->op = (uint8_t)op;
    e->args[0] = left;
    e->args[1] = right;
    return expr_done(p, e);
}

static struct expr *unary_op(struct parser *p, enum op op, uint32_t start, struct expr *arg)
{
    struct expr *e = arg ? expr_new(p, EX_OP, start, 1) : NULL;
    if (!e) {
        return NULL;
    }
    e->op = (uint8_t)op;
    e->args[0] = arg;
    return expr_done(p, e);
}

/* ---- unary ---- */

static bool at_high_not(const struct parser *p)
{
    return at_word(p, KW_NOT) && (p->mode.flags & LEX_HIGH_NOT_PRECEDENCE);
}

static enum op unary_at(const struct parser *p)
{
    switch (p->tok->kind) {
    case TK_MINUS:
        return OP_NEG;
    case TK_PLUS:
        return OP_PLUS;
    case TK_TILDE:
        return OP_BIT_NOT;
    case TK_BANG:
        return OP_BANG;
    default:
        return at_word(p, KW_BINARY) ? OP_BINARY : at_high_not(p) ? OP_NOT : OP_NONE;
    }
}

/* primary { COLLATE name } */
static struct expr *parse_collated(struct parser *p)
{
    struct expr *e = parse_primary(p);
    while (e && accept_word(p, KW_COLLATE)) {
        struct expr *c = expr_new(p, EX_COLLATE, e->outer.off, 1);
        if (!c) {
            return NULL;
        }
        c->args[0] = e;
        if (at_word(p, KW_BINARY)) {
            c->name = p->tok->span;
            advance(p);
        } else if (!parse_ident_or_text(p, &c->name)) {
            return NULL;
        }
        e = expr_done(p, c);
    }
    return e;
}

static struct expr *parse_unary(struct parser *p)
{
    enum op op = unary_at(p);
    if (op == OP_NONE) {
        return parse_collated(p);
    }
    uint32_t start = here(p);
    if (!parse_enter(p)) {
        return NULL;
    }
    advance(p);
    struct expr *e = unary_op(p, op, start, parse_unary(p));
    parse_leave(p);
    return e;
}

/* unary { || unary }, with PIPES_AS_CONCAT */
struct expr *parse_simple_expr(struct parser *p)
{
    struct expr *e = parse_unary(p);
    while (e && at(p, TK_PIPE_PIPE) && (p->mode.flags & LEX_PIPES_AS_CONCAT)) {
        advance(p);
        e = expr_op(p, OP_CONCAT, e, parse_unary(p));
    }
    return e;
}

/* ---- | & << >> + - * / DIV % MOD ^ ---- */

/* The binary operator at the cursor and how strongly it binds; 0: none. */
static unsigned bit_level(const struct parser *p, enum op *op)
{
    static const struct {
        uint8_t level, op;
    } table[TK_KIND_COUNT] = {
        [TK_PIPE] = {1, OP_BIT_OR},
        [TK_AMP] = {2, OP_BIT_AND},
        [TK_SHIFT_LEFT] = {3, OP_SHIFT_LEFT},
        [TK_SHIFT_RIGHT] = {3, OP_SHIFT_RIGHT},
        [TK_PLUS] = {4, OP_ADD},
        [TK_MINUS] = {4, OP_SUB},
        [TK_STAR] = {5, OP_MUL},
        [TK_SLASH] = {5, OP_DIV},
        [TK_PERCENT] = {5, OP_MOD},
        [TK_CARET] = {6, OP_BIT_XOR},
    };
    if (at_word(p, KW_DIV) || at_word(p, KW_MOD)) {
        *op = at_word(p, KW_DIV) ? OP_INT_DIV : OP_MOD;
        return 5;
    }
    *op = (enum op)table[p->tok->kind].op;
    return table[p->tok->kind].level;
}

/* The operators of at least that level; levels are six, so the recursion is shallow. */
static struct expr *parse_bit_level(struct parser *p, unsigned least)
{
    struct expr *e = parse_simple_expr(p);
    enum op op;
    unsigned level;
    while (e && (level = bit_level(p, &op)) >= least && level) {
        advance(p);
        e = expr_op(p, op, e, parse_bit_level(p, level + 1));
    }
    return e;
}

struct expr *parse_bit_expr(struct parser *p)
{
    return parse_bit_level(p, 1);
}

/* ---- predicates ---- */

static struct expr *parse_predicate(struct parser *p);

static struct expr *in_query(struct parser *p, struct expr *left)
{
    struct expr *e = expr_new(p, EX_IN, left->outer.off, 1);
    struct span span;
    if (!e) {
        return NULL;
    }
    e->args[0] = left;
    e->query = parse_subquery(p, &span);
    e->flags |= EXPR_SUBQUERY;
    e->height = (uint16_t)(p->sub + 1);
    return e;
}

/* IN ( expr {, expr} ) | IN (query) */
static struct expr *parse_in(struct parser *p, struct expr *left)
{
    struct vec args = {0};
    advance(p);
    if (starts_query(p)) {
        return in_query(p, left);
    }
    vec_push(p, &args, left);
    if (!expect(p, TK_LPAREN)) {
        return NULL;
    }
    do {
        vec_push(p, &args, parse_expr(p));
    } while (accept(p, TK_COMMA));
    struct expr *e = expect(p, TK_RPAREN) ? expr_new(p, EX_IN, left->outer.off, 0) : NULL;
    if (e && args.n > AST_MAX_ARGS) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    if (e) {
        e->args = (struct expr **)args.v;
        e->nargs = args.n & AST_MAX_ARGS;
    }
    return e;
}

/* BETWEEN bit AND predicate */
static struct expr *parse_between(struct parser *p, struct expr *left)
{
    struct expr *e = expr_new(p, EX_BETWEEN, left->outer.off, 3);
    advance(p);
    if (!e) {
        return NULL;
    }
    e->args[0] = left;
    e->args[1] = parse_bit_expr(p);
    if (!expect_word(p, KW_AND) || !parse_enter(p)) {
        return NULL;
    }
    e->args[2] = parse_predicate(p);
    parse_leave(p);
    return e;
}

/* LIKE simple [ESCAPE simple] */
static struct expr *parse_like(struct parser *p, struct expr *left)
{
    advance(p);
    struct expr *pattern = parse_simple_expr(p), *escape = NULL;
    if (accept_word(p, KW_ESCAPE)) {
        escape = parse_simple_expr(p);
    }
    struct expr *e = p->error ? NULL : expr_new(p, EX_LIKE, left->outer.off, escape ? 3 : 2);
    if (e) {
        e->args[0] = left;
        e->args[1] = pattern;
        if (escape) {
            e->args[2] = escape;
        }
    }
    return e;
}

static struct expr *predicate_op(struct parser *p, enum op op, struct expr *left, unsigned words, bool parens)
{
    for (unsigned i = 0; i < words; i++) {
        advance(p);
    }
    if (parens && !at(p, TK_LPAREN)) {
        return parse_fail(p);
    }
    struct expr *right = parse_bit_expr(p);
    struct expr *e = right ? expr_new(p, EX_OP, left->outer.off, 2) : NULL;
    if (e) {
        e->op = (uint8_t)op;
        e->args[0] = left;
        e->args[1] = right;
    }
    return e;
}

/* What follows a bit expression, after NOT if there was one; NULL without an error: nothing. */
static struct expr *predicate_tail(struct parser *p, struct expr *left, bool negated)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_IN:
        return parse_in(p, left);
    case KW_BETWEEN:
        return parse_between(p, left);
    case KW_LIKE:
        return parse_like(p, left);
    case KW_REGEXP:
    case KW_RLIKE:
        return predicate_op(p, OP_REGEXP, left, 1, false);
    case KW_SOUNDS:
        return !negated && ahead_word(p, 1, KW_LIKE) ? predicate_op(p, OP_SOUNDS_LIKE, left, 2, false) : NULL;
    case KW_MEMBER:
        if (negated) {
            return NULL;
        }
        if (ahead_word(p, 1, KW_OF)) {
            return predicate_op(p, OP_MEMBER_OF, left, 2, true);
        }
        return ahead(p, 1, TK_LPAREN) ? predicate_op(p, OP_MEMBER_OF, left, 1, true) : NULL;
    default:
        return NULL;
    }
}

static struct expr *parse_predicate(struct parser *p)
{
    struct expr *e = parse_bit_expr(p);
    while (e) {
        bool negated = accept_word(p, KW_NOT);
        struct expr *tail = predicate_tail(p, e, negated);
        if (!tail) {
            return p->error || negated ? parse_fail(p) : e;
        }
        tail->flags |= negated ? EXPR_NEGATED : 0;
        e = expr_done(p, tail);
    }
    return NULL;
}

/* ---- comparisons ---- */

static enum op compare_at(const struct parser *p)
{
    switch (p->tok->kind) {
    case TK_EQ:
        return OP_EQ;
    case TK_NULLSAFE_EQ:
        return OP_NULLSAFE_EQ;
    case TK_NE:
        return OP_NE;
    case TK_LT:
        return OP_LT;
    case TK_LE:
        return OP_LE;
    case TK_GT:
        return OP_GT;
    case TK_GE:
        return OP_GE;
    default:
        return OP_NONE;
    }
}

/* IS [NOT] NULL|TRUE|FALSE|UNKNOWN */
static struct expr *parse_is(struct parser *p, struct expr *left)
{
    struct expr *e = expr_new(p, EX_IS, left->outer.off, 1);
    advance(p);
    if (!e) {
        return NULL;
    }
    e->args[0] = left;
    e->flags |= accept_word(p, KW_NOT) ? EXPR_NEGATED : 0;
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_NULL:
        e->op = IS_NULL_;
        break;
    case KW_TRUE:
        e->op = IS_TRUE_;
        break;
    case KW_FALSE:
        e->op = IS_FALSE_;
        break;
    case KW_UNKNOWN:
        e->op = IS_UNKNOWN_;
        break;
    default:
        return parse_fail(p);
    }
    advance(p);
    return expr_done(p, e);
}

static bool at_quantifier(const struct parser *p)
{
    return (at_word(p, KW_ALL) || at_word(p, KW_ANY) || at_word(p, KW_SOME)) && ahead(p, 1, TK_LPAREN) &&
           (p->tok[1].flags & PT_QUERY);
}

/* op ALL|ANY|SOME (query) */
static struct expr *parse_quantified(struct parser *p, enum op op, struct expr *left)
{
    struct expr *e = expr_new(p, EX_QUANTIFIED, left->outer.off, 1);
    struct span span;
    if (!e) {
        return NULL;
    }
    e->args[0] = left;
    e->op = (uint8_t)op;
    e->flags |= EXPR_SUBQUERY | (at_word(p, KW_ALL) ? EXPR_NEGATED : 0);
    advance(p);
    e->query = parse_subquery(p, &span);
    e->height = (uint16_t)(p->sub + 1);
    return expr_done(p, e);
}

static struct expr *parse_compare(struct parser *p)
{
    struct expr *e = parse_predicate(p);
    enum op op;
    while (e) {
        if (at_word(p, KW_IS)) {
            e = parse_is(p, e);
        } else if ((op = compare_at(p)) != OP_NONE) {
            advance(p);
            e = at_quantifier(p) ? parse_quantified(p, op, e) : expr_op(p, op, e, parse_predicate(p));
        } else {
            return e;
        }
    }
    return NULL;
}

/* ---- NOT AND XOR OR ---- */

static struct expr *parse_not(struct parser *p)
{
    if (!at_word(p, KW_NOT) || at_high_not(p)) {
        return parse_compare(p);
    }
    uint32_t start = here(p);
    if (!parse_enter(p)) {
        return NULL;
    }
    advance(p);
    struct expr *e = unary_op(p, OP_NOT, start, parse_not(p));
    parse_leave(p);
    return e;
}

/* A chain of one operator becomes one node: first, then the rest in `more`. */
static struct expr *chain_done(struct parser *p, enum op op, struct vec *more)
{
    struct expr *first = more->v[0];
    struct expr *e = p->error || !first ? NULL : expr_new(p, EX_OP, first->outer.off, 0);
    if (!e) {
        return NULL;
    }
    if (more->n > AST_MAX_ARGS) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    e->op = (uint8_t)op;
    e->args = (struct expr **)more->v;
    e->nargs = more->n & AST_MAX_ARGS;
    return expr_done(p, e);
}

static struct expr *parse_and(struct parser *p)
{
    struct expr *e = parse_not(p);
    if (!at_word(p, KW_AND) && !at(p, TK_AND_AND)) {
        return e;
    }
    struct vec args = {0};
    vec_push(p, &args, e);
    while (!p->error && (accept_word(p, KW_AND) || accept(p, TK_AND_AND))) {
        vec_push(p, &args, parse_not(p));
    }
    return p->error ? NULL : chain_done(p, OP_AND, &args);
}

static struct expr *parse_xor(struct parser *p)
{
    struct expr *e = parse_and(p);
    while (e && accept_word(p, KW_XOR)) {
        e = expr_op(p, OP_XOR, e, parse_and(p));
    }
    return e;
}

static bool at_or(const struct parser *p)
{
    return at_word(p, KW_OR) || (at(p, TK_PIPE_PIPE) && !(p->mode.flags & LEX_PIPES_AS_CONCAT));
}

static struct expr *parse_or(struct parser *p)
{
    struct expr *e = parse_xor(p);
    if (!at_or(p)) {
        return e;
    }
    struct vec args = {0};
    vec_push(p, &args, e);
    while (!p->error && at_or(p)) {
        advance(p);
        vec_push(p, &args, parse_xor(p));
    }
    return p->error ? NULL : chain_done(p, OP_OR, &args);
}

struct expr *parse_expr(struct parser *p)
{
    if (!parse_enter(p)) {
        return NULL;
    }
    struct expr *e = parse_or(p);
    parse_leave(p);
    return p->error ? NULL : e;
}

struct expr_list *parse_exprs(struct parser *p)
{
    struct expr_list *list = parse_alloc(p, sizeof *list);
    struct vec items = {0};
    uint32_t start = here(p);
    do {
        vec_push(p, &items, parse_expr(p));
    } while (accept(p, TK_COMMA));
    if (p->error) {
        return NULL;
    }
    list->n = items.n;
    list->v = (struct expr **)items.v;
    list->span = span_from(p, start);
    return list;
}
