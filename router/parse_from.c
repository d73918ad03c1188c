/* FROM: table references, joins, and the list of all tables of a statement.
 *
 *   references = join {, join}
 *   join       = factor { NATURAL ... JOIN factor | operator right [ON expr | USING (names)] }
 *   factor     = name ... | [LATERAL] (query) alias | JSON_TABLE (...) alias | ( references ) | { oj references }
 *
 * As in the servers' grammar, a join operator that follows the right side of another before its ON belongs to that
 * right side: a LEFT JOIN b LEFT JOIN c ON x ON y is a LEFT JOIN (b LEFT JOIN c ON x) ON y. */
#include "router/parse_int.h"

struct table_ref *parse_new_table(struct parser *p, uint8_t kind, uint8_t access)
{
    struct table_ref *t = parse_alloc(p, sizeof *t);
    if (!t) {
        return NULL;
    }
    t->kind = kind;
    t->access = access;
    t->index = p->stmt->ntables++;
    t->block = p->block;
    t->used_by_with = p->in_with > 0;
    *p->table_tail = t;
    p->table_tail = &t->next;
    return t;
}

static struct cte *find_cte(const struct parser *p, struct span name)
{
    for (struct visible *v = p->visible; v; v = v->outer) {
        if (ident_equal(p->sql, v->cte->name, name)) {
            return v->cte;
        }
    }
    return NULL;
}

struct table_ref *parse_table_name(struct parser *p, uint8_t access)
{
    struct span schema, name, whole;
    uint32_t start = here(p);
    accept(p, TK_DOT); /* .t is an old spelling of t */
    if (!parse_qualified(p, &schema, &name, &whole)) {
        return NULL;
    }
    struct table_ref *t = parse_new_table(p, TABLE_BASE, access);
    if (!t) {
        return NULL;
    }
    t->schema = schema;
    t->name = name;
    t->span = t->whole = span_from(p, start);
    if (!schema.len && access == TABLE_READ && (t->cte = find_cte(p, name))) {
        t->kind = TABLE_CTE;
        t->cte->uses++;
    }
    return t;
}

bool parse_table_names(struct parser *p, uint8_t access)
{
    do {
        if (!parse_table_name(p, access)) {
            return false;
        }
    } while (accept(p, TK_COMMA));
    return true;
}

/* PARTITION ( names ) */
void parse_partitions(struct parser *p, struct table_ref *t)
{
    uint32_t start = here(p);
    if (at_word(p, KW_PARTITION) && ahead(p, 1, TK_LPAREN)) {
        advance(p);
        t->partition_names = parse_names_in_parens(p, NULL);
        t->partitions = span_from(p, start);
    }
}

/* FOR SYSTEM_TIME (ALL | AS OF x | BETWEEN x AND y | FROM x TO y) */
static void parse_system_time(struct parser *p, struct table_ref *t)
{
    uint32_t start = here(p);
    p->tok += 2;
    p->stmt->facts |= FACT_SYSTEM_TIME;
    bool from = at_word(p, KW_FROM);
    if (accept_word(p, KW_ALL)) {
        t->system_time = span_from(p, start);
        return;
    }
    if (!accept_words(p, KW_AS, KW_OF) && !accept_word(p, KW_BETWEEN) && !accept_word(p, KW_FROM)) {
        parse_fail(p);
        return;
    }
    if (at_word(p, KW_TRANSACTION) ||
        (at_word(p, KW_TIMESTAMP) && !ahead(p, 1, TK_STRING) && !ahead(p, 1, TK_LPAREN))) {
        advance(p);
    }
    parse_bit_expr(p);
    if (accept_word(p, from ? KW_TO : KW_AND)) {
        parse_bit_expr(p);
    }
    t->system_time = span_from(p, start);
}

static bool at_index_hint(const struct parser *p)
{
    return (at_word(p, KW_USE) || at_word(p, KW_FORCE) || at_word(p, KW_IGNORE)) &&
           (ahead_word(p, 1, KW_INDEX) || ahead_word(p, 1, KW_KEY));
}

/* (USE | FORCE | IGNORE) (INDEX | KEY) [FOR (JOIN | ORDER BY | GROUP BY)] ( names ) {...} */
static void parse_index_hints(struct parser *p, struct table_ref *t)
{
    uint32_t start = here(p);
    while (at_index_hint(p)) {
        p->tok += 2;
        if (accept_word(p, KW_FOR) && !accept_word(p, KW_JOIN)) {
            if (!accept_words(p, KW_ORDER, KW_BY) && !accept_words(p, KW_GROUP, KW_BY)) {
                parse_fail(p);
                return;
            }
        }
        parse_skip_parens(p);
        if (at(p, TK_COMMA) &&
            (ahead_word(p, 1, KW_USE) || ahead_word(p, 1, KW_FORCE) || ahead_word(p, 1, KW_IGNORE)) &&
            (ahead_word(p, 2, KW_INDEX) || ahead_word(p, 2, KW_KEY))) {
            advance(p);
        }
    }
    t->hints = span_from(p, start);
}

/* ---- factors ---- */

static struct from *from_table(struct parser *p, struct table_ref *t, uint32_t start)
{
    struct from *f = t ? parse_alloc(p, sizeof *f) : NULL;
    if (!f) {
        return NULL;
    }
    f->table = t;
    f->span = t->whole = span_from(p, start);
    return f;
}

/* name [PARTITION ...] [FOR SYSTEM_TIME ...] [[AS] alias] [hints] */
static struct from *parse_named(struct parser *p)
{
    uint32_t start = here(p);
    if (accept_word(p, KW_DUAL)) {
        struct table_ref *dual = parse_new_table(p, TABLE_DUAL, TABLE_READ);
        if (dual) {
            dual->span = dual->name = span_from(p, start);
        }
        return from_table(p, dual, start);
    }
    struct table_ref *t = parse_table_name(p, TABLE_READ);
    if (!t) {
        return NULL;
    }
    parse_partitions(p, t);
    if (at_word(p, KW_FOR) && ahead_word(p, 1, KW_SYSTEM_TIME)) {
        parse_system_time(p, t);
    }
    parse_alias(p, false, &t->alias);
    if (at_index_hint(p)) {
        parse_index_hints(p, t);
    }
    return from_table(p, t, start);
}

/* [LATERAL] (query) [AS] alias [( columns )] */
static struct from *parse_derived(struct parser *p)
{
    uint32_t start = here(p);
    bool lateral = accept_word(p, KW_LATERAL);
    struct table_ref *t = parse_new_table(p, TABLE_DERIVED, TABLE_READ);
    if (!t) {
        return NULL;
    }
    t->lateral = lateral;
    t->query = parse_subquery(p, &t->span);
    p->stmt->facts |= FACT_DERIVED;
    parse_alias(p, false, &t->alias);
    if (at(p, TK_LPAREN)) {
        t->columns = parse_names_in_parens(p, NULL);
    }
    return from_table(p, t, start);
}

/* JSON_TABLE ( expr , path COLUMNS ( ... ) ) [AS] alias */
static struct from *parse_json_table(struct parser *p)
{
    uint32_t start = here(p);
    struct table_ref *t = parse_new_table(p, TABLE_FUNCTION, TABLE_READ);
    if (!t) {
        return NULL;
    }
    t->name = p->tok->span;
    p->tok += 2;
    t->call = parse_expr(p);
    expect(p, TK_COMMA);
    parse_literal(p);
    if (expect_word(p, KW_COLUMNS)) {
        parse_skip_parens(p);
    }
    expect(p, TK_RPAREN);
    t->span = span_from(p, start);
    parse_alias(p, false, &t->alias);
    return from_table(p, t, start);
}

/* ( references ), { oj references } */
static struct from *parse_bracketed(struct parser *p, bool oj)
{
    uint32_t start = here(p);
    advance(p);
    if (!parse_enter(p)) {
        return NULL;
    }
    if (oj && !accept_word(p, KW_OJ)) {
        return parse_fail(p);
    }
    struct from *f = parse_table_references(p);
    parse_leave(p);
    if (!f || !expect(p, oj ? TK_RBRACE : TK_RPAREN)) {
        return NULL;
    }
    f->parens = true;
    f->oj = oj;
    f->span = span_from(p, start);
    return f;
}

struct from *parse_table_factor(struct parser *p)
{
    if (at(p, TK_LBRACE)) {
        return parse_bracketed(p, true);
    }
    if (at(p, TK_LPAREN) && !(p->tok->flags & PT_QUERY)) {
        return parse_bracketed(p, false);
    }
    if (at(p, TK_LPAREN) || (at_word(p, KW_LATERAL) && ahead(p, 1, TK_LPAREN))) {
        return parse_derived(p);
    }
    if (at_word(p, KW_JSON_TABLE) && ahead(p, 1, TK_LPAREN)) {
        return parse_json_table(p);
    }
    return parse_named(p);
}

/* ---- joins ---- */

/* [INNER | CROSS] JOIN, STRAIGHT_JOIN, (LEFT | RIGHT) [OUTER] JOIN; false: none here */
static bool accept_join(struct parser *p, uint8_t *kind)
{
    bool side = at_word(p, KW_LEFT) || at_word(p, KW_RIGHT);
    if (accept_word(p, KW_STRAIGHT_JOIN)) {
        *kind = JOIN_STRAIGHT;
        return true;
    }
    if (accept_word(p, KW_JOIN) || accept_words(p, KW_INNER, KW_JOIN)) {
        *kind = JOIN_INNER;
        return true;
    }
    if (accept_words(p, KW_CROSS, KW_JOIN)) {
        *kind = JOIN_CROSS;
        return true;
    }
    if (side && (ahead_word(p, 1, KW_JOIN) || ahead_word(p, 1, KW_OUTER))) {
        *kind = at_word(p, KW_LEFT) ? JOIN_LEFT : JOIN_RIGHT;
        advance(p);
        accept_word(p, KW_OUTER);
        return expect_word(p, KW_JOIN);
    }
    return false;
}

static struct from *join_done(struct parser *p, struct from *f)
{
    if (!f || p->error) {
        return NULL;
    }
    if (++p->tall > AST_MAX_HEIGHT) {
        return parse_fail_code(p, PARSE_DEPTH);
    }
    f->span = span_from(p, f->left->span.off);
    return f;
}

static struct from *new_join(struct parser *p, struct from *left, uint8_t kind)
{
    struct from *f = left ? parse_alloc(p, sizeof *f) : NULL;
    if (f) {
        f->left = left;
        f->join = kind;
    }
    return f;
}

/* NATURAL [INNER | LEFT [OUTER] | RIGHT [OUTER]] JOIN factor */
static struct from *parse_natural(struct parser *p, struct from *left)
{
    struct from *f = new_join(p, left, JOIN_INNER);
    advance(p);
    if (!f || !accept_join(p, &f->join)) {
        return parse_fail(p);
    }
    f->natural = true;
    f->right = parse_table_factor(p);
    return f->right ? join_done(p, f) : NULL;
}

static struct from *parse_join_from(struct parser *p, struct from *left);

static bool at_join(const struct parser *p)
{
    switch (p->tok->kind == TK_WORD ? p->tok->word : KW_NONE) {
    case KW_JOIN:
    case KW_INNER:
    case KW_CROSS:
    case KW_STRAIGHT_JOIN:
    case KW_LEFT:
    case KW_RIGHT:
    case KW_NATURAL:
        return true;
    default:
        return false;
    }
}

/* ON expr | USING ( names ) */
static void join_condition(struct parser *p, struct from *f)
{
    if (accept_word(p, KW_ON)) {
        f->on = parse_expr(p);
    } else if (accept_word(p, KW_USING)) {
        f->using_ = parse_names_in_parens(p, NULL);
    } else if (f->join == JOIN_LEFT || f->join == JOIN_RIGHT) {
        parse_fail(p);
    }
}

/* operator right [condition], the operator's words taken */
static struct from *parse_operated(struct parser *p, struct from *left, uint8_t kind)
{
    struct from *f = new_join(p, left, kind);
    if (!f || !parse_enter(p)) {
        return NULL;
    }
    f->right = parse_table_factor(p);
    if (f->right && at_join(p)) { /* before our ON: theirs */
        f->right = parse_join_from(p, f->right);
    }
    parse_leave(p);
    if (!f->right) {
        return NULL;
    }
    join_condition(p, f);
    return join_done(p, f);
}

/* All joins that follow a first operand. */
static struct from *parse_join_from(struct parser *p, struct from *left)
{
    while (left && at_join(p)) {
        uint8_t kind;
        if (at_word(p, KW_NATURAL)) {
            left = parse_natural(p, left);
        } else if (accept_join(p, &kind)) {
            left = parse_operated(p, left, kind);
        } else {
            return parse_fail(p);
        }
    }
    return left;
}

static struct from *parse_join(struct parser *p)
{
    return parse_join_from(p, parse_table_factor(p));
}

struct from *parse_table_references(struct parser *p)
{
    struct from *f = parse_join(p);
    while (f && at(p, TK_COMMA)) {
        struct from *comma = new_join(p, f, JOIN_COMMA);
        advance(p);
        if (!comma) {
            return NULL;
        }
        comma->right = parse_join(p);
        f = comma->right ? join_done(p, comma) : NULL;
    }
    return f;
}
