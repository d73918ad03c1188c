/* Function calls: the ordinary f(a, b), the forms with words between their arguments, aggregates, OVER, and the notes
 * that a call leaves on its statement and block. */
#include "router/parse_int.h"

/* ---- what a call means to its surroundings ---- */

static uint32_t facts_of(enum func func, unsigned classes)
{
    uint32_t facts = 0;
    facts |= classes & FC_NONDETERMINISTIC ? FACT_NONDETERMINISTIC : 0;
    facts |= classes & FC_SESSION ? FACT_SESSION_FUNCTION : 0;
    facts |= classes & FC_SERVER ? FACT_SERVER_FUNCTION : 0;
    facts |= classes & FC_SIDE_EFFECT ? FACT_SIDE_EFFECT : 0;
    switch (func) {
    case FN_UNKNOWN:
        return facts | FACT_STORED_FUNCTION;
    case FN_LAST_INSERT_ID:
        return facts | FACT_LAST_INSERT_ID;
    case FN_FOUND_ROWS:
        return facts | FACT_FOUND_ROWS;
    case FN_ROW_COUNT:
        return facts | FACT_ROW_COUNT;
    case FN_CONNECTION_ID:
        return facts | FACT_CONNECTION_ID;
    case FN_GET_LOCK:
    case FN_RELEASE_LOCK:
    case FN_RELEASE_ALL_LOCKS:
    case FN_IS_FREE_LOCK:
    case FN_IS_USED_LOCK:
        return facts | FACT_LOCK_FUNCTION;
    case FN_SLEEP:
    case FN_BENCHMARK:
        return facts | FACT_SLEEP;
    case FN_NEXTVAL:
    case FN_SETVAL:
    case FN_LASTVAL:
        return facts | FACT_NEXTVAL;
    default:
        return facts;
    }
}

static void add_call(struct parser *p, struct expr *e)
{
    struct call *c = parse_alloc(p, sizeof *c);
    if (c) {
        c->expr = e;
        c->block = p->block;
        *p->call_tail = c;
        p->call_tail = &c->next;
    }
}

void expr_note_call(struct parser *p, struct expr *e, enum func func)
{
    unsigned special = FC_NONDETERMINISTIC | FC_SESSION | FC_SIDE_EFFECT | FC_SERVER;
    unsigned classes = func_classes(func);
    p->stmt->facts |= facts_of(func, classes);
    if (func == FN_UNKNOWN || (classes & special)) {
        e->flags |= EXPR_VOLATILE;
        add_call(p, e);
    }
}

/* Aggregate or window function? Known only after OVER was looked for. */
static void note_grouping(struct parser *p, struct expr *e)
{
    struct func_call *c = e->call;
    if (c->over || (c->classes & FC_WINDOW)) {
        e->flags |= EXPR_WINDOW;
        p->stmt->facts |= FACT_WINDOW;
        if (p->block) {
            p->block->has_window = true;
        }
    } else if (c->classes & FC_AGGREGATE) {
        e->flags |= EXPR_AGGREGATE;
        p->stmt->facts |= FACT_AGGREGATE;
        if (p->block) {
            p->block->has_aggregate = true;
        }
    }
}

/* ---- is there a call? ---- */

/* Reserved words that are functions when "(" follows. */
static bool reserved_function(unsigned word)
{
    switch (word) {
    case KW_LEFT:
    case KW_RIGHT:
    case KW_IF:
    case KW_REPLACE:
    case KW_INSERT:
    case KW_REPEAT:
    case KW_MOD:
    case KW_CHAR:
    case KW_DATABASE:
    case KW_SCHEMA:
    case KW_VALUES:
    case KW_INTERVAL:
    case KW_CONVERT:
    case KW_GROUPING:
    case KW_ROW_NUMBER:
    case KW_RANK:
    case KW_DENSE_RANK:
    case KW_PERCENT_RANK:
    case KW_CUME_DIST:
    case KW_NTILE:
    case KW_LAG:
    case KW_LEAD:
    case KW_FIRST_VALUE:
    case KW_LAST_VALUE:
    case KW_NTH_VALUE:
        return true;
    default:
        return false;
    }
}

/* Words that are calls with or without "(". */
static bool nil_function(unsigned word)
{
    switch (word) {
    case KW_CURRENT_DATE:
    case KW_CURRENT_TIME:
    case KW_CURRENT_TIMESTAMP:
    case KW_CURRENT_USER:
    case KW_CURRENT_ROLE:
    case KW_LOCALTIME:
    case KW_LOCALTIMESTAMP:
    case KW_UTC_DATE:
    case KW_UTC_TIME:
    case KW_UTC_TIMESTAMP:
        return true;
    default:
        return false;
    }
}

static bool at_next_value(const struct parser *p)
{
    return (at_word(p, KW_NEXT) || at_word(p, KW_PREVIOUS)) && ahead_word(p, 1, KW_VALUE) && ahead_word(p, 2, KW_FOR);
}

bool starts_call(const struct parser *p)
{
    if (at(p, TK_WORD)) {
        unsigned word = p->tok->word;
        bool nil = nil_function(word) && (word != KW_CURRENT_ROLE || keyword_reserved(KW_CURRENT_ROLE, &p->mode));
        if (word == KW_MATCH || nil || at_next_value(p) || (reserved_function(word) && ahead(p, 1, TK_LPAREN))) {
            return true;
        }
    }
    return is_ident(p, p->tok) &&
           (ahead(p, 1, TK_LPAREN) || (ahead(p, 1, TK_DOT) && is_ident(p, p->tok + 2) && ahead(p, 3, TK_LPAREN)));
}

/* ---- forms with words of their own; each is behind "(" and leaves ")" to its caller ---- */

/* CAST(expr AS type), CAST(expr AT TIME ZONE .. AS type) */
static struct expr *parse_cast(struct parser *p, uint32_t start)
{
    struct expr *e = expr_new(p, EX_CAST, start, 1);
    if (!e || !(e->type = parse_alloc(p, sizeof *e->type))) {
        return NULL;
    }
    e->args[0] = parse_expr(p);
    if (accept_words(p, KW_AT, KW_TIME)) {
        expect_word(p, KW_ZONE);
        accept_word(p, KW_INTERVAL);
        parse_literal(p);
    }
    return expect_word(p, KW_AS) && parse_type(p, e->type, true) ? e : NULL;
}

/* CONVERT(expr, type) or CONVERT(expr USING charset) */
static struct expr *parse_convert(struct parser *p, uint32_t start)
{
    struct expr *value = parse_expr(p);
    bool charset = accept_word(p, KW_USING);
    struct expr *e = value ? expr_new(p, charset ? EX_CONVERT : EX_CAST, start, 1) : NULL;
    if (!e || !(e->type = parse_alloc(p, sizeof *e->type))) {
        return NULL;
    }
    e->args[0] = value;
    if (!charset) {
        return expect(p, TK_COMMA) && parse_type(p, e->type, true) ? e : NULL;
    }
    e->type->word = e->type->span = p->tok->span;
    if (accept_word(p, KW_BINARY) || accept_word(p, KW_DEFAULT)) {
        return e;
    }
    return parse_ident_or_text(p, &e->type->span) ? e : NULL;
}

/* MATCH [(] column {, column} [)] AGAINST ( expr [mode] ) */
static struct expr *parse_match(struct parser *p)
{
    uint32_t start = here(p);
    struct vec args = {0};
    advance(p);
    bool parens = accept(p, TK_LPAREN);
    do {
        vec_push(p, &args, parse_column(p));
    } while (accept(p, TK_COMMA));
    if ((parens && !expect(p, TK_RPAREN)) || !expect_word(p, KW_AGAINST) || !expect(p, TK_LPAREN)) {
        return NULL;
    }
    vec_push(p, &args, parse_bit_expr(p));
    struct expr *e = p->error ? NULL : expr_new(p, EX_MATCH, start, 0);
    if (!e) {
        return NULL;
    }
    if (accept_words(p, KW_IN, KW_BOOLEAN)) {
        e->op = 1;
        expect_word(p, KW_MODE);
    } else if (accept_words(p, KW_IN, KW_NATURAL)) {
        expect_word(p, KW_LANGUAGE);
        expect_word(p, KW_MODE);
    }
    if (accept_words(p, KW_WITH, KW_QUERY)) {
        expect_word(p, KW_EXPANSION);
    }
    e->args = (struct expr **)args.v;
    e->nargs = args.n & AST_MAX_ARGS;
    return expect(p, TK_RPAREN) ? expr_done(p, e) : NULL;
}

/* (NEXT | PREVIOUS) VALUE FOR sequence */
static struct expr *parse_next_value(struct parser *p)
{
    struct expr *e = expr_new(p, EX_NEXTVAL, here(p), 0);
    if (!e) {
        return NULL;
    }
    e->op = at_word(p, KW_PREVIOUS);
    p->tok += 3;
    e->table = parse_table_name(p, e->op ? TABLE_READ : TABLE_WRITE);
    if (!e->table) {
        return NULL;
    }
    e->table->kind = TABLE_SEQUENCE;
    expr_note_call(p, e, e->op ? FN_LASTVAL : FN_NEXTVAL);
    return expr_done(p, e);
}

/* A bare word as an argument: a unit, DATE, ... */
static struct expr *keyword_arg(struct parser *p)
{
    struct expr *e = expr_new(p, EX_KEYWORD, here(p), 0);
    if (!e || !at(p, TK_WORD)) {
        return parse_fail(p);
    }
    e->name = p->tok->span;
    e->flags |= EXPR_CONSTANT;
    advance(p);
    return expr_done(p, e);
}

/* EXTRACT(unit FROM expr) */
static void extract_args(struct parser *p, struct vec *args)
{
    vec_push(p, args, keyword_arg(p));
    expect_word(p, KW_FROM);
    vec_push(p, args, parse_expr(p));
}

/* TRIM([[LEADING | TRAILING | BOTH] [expr] FROM] expr) */
static void trim_args(struct parser *p, struct vec *args)
{
    if (at_word(p, KW_LEADING) || at_word(p, KW_TRAILING) || at_word(p, KW_BOTH)) {
        vec_push(p, args, keyword_arg(p));
    }
    if (!at_word(p, KW_FROM)) {
        vec_push(p, args, parse_expr(p));
    }
    if (accept_word(p, KW_FROM)) {
        vec_push(p, args, parse_expr(p));
    }
}

/* POSITION(bit IN expr) */
static void position_args(struct parser *p, struct vec *args)
{
    vec_push(p, args, parse_bit_expr(p));
    expect_word(p, KW_IN);
    vec_push(p, args, parse_expr(p));
}

/* [FROM expr [FOR expr]] behind the first argument of SUBSTRING */
static void substring_tail(struct parser *p, struct vec *args)
{
    if (accept_word(p, KW_FROM)) {
        vec_push(p, args, parse_expr(p));
        if (accept_word(p, KW_FOR)) {
            vec_push(p, args, parse_expr(p));
        }
    }
}

/* JSON_VALUE(doc, path [RETURNING type] {(NULL | ERROR | DEFAULT x) ON (EMPTY | ERROR)}) */
static void json_value_tail(struct parser *p)
{
    struct type_name type = {0};
    if (accept_word(p, KW_RETURNING)) {
        parse_type(p, &type, true);
    }
    while (!at(p, TK_RPAREN) && !at(p, TK_END)) {
        if (accept_word(p, KW_DEFAULT)) {
            parse_literal(p);
        } else if (!accept_word(p, KW_NULL) && !accept_word(p, KW_ERROR)) {
            parse_fail(p);
        }
        expect_word(p, KW_ON);
        if (!accept_word(p, KW_EMPTY) && !accept_word(p, KW_ERROR)) {
            parse_fail(p);
        }
    }
}

/* WEIGHT_STRING(x [AS type] [LEVEL n {, n | - n} [ASC|DESC] [REVERSE]]) behind the type */
static void weight_level(struct parser *p)
{
    if (!accept_word(p, KW_LEVEL)) {
        return;
    }
    while (is_literal(p) || at(p, TK_COMMA) || at(p, TK_MINUS) || at_word(p, KW_ASC) || at_word(p, KW_DESC) ||
           at_word(p, KW_REVERSE)) {
        advance(p);
    }
}

/* GROUP_CONCAT and its like: [ORDER BY ...] [SEPARATOR 'x'] [LIMIT n] */
static void aggregate_tail(struct parser *p, struct func_call *c)
{
    if (at_word(p, KW_ORDER)) {
        c->order = parse_order_by(p);
    }
    if (accept_word(p, KW_SEPARATOR)) {
        c->separator = parse_literal(p);
    }
    if (at_word(p, KW_LIMIT)) {
        parse_limit(p);
    }
}

/* Argument with AS: COLUMN_CREATE(n, v AS type), WEIGHT_STRING(x AS CHAR(n)), f(x AS name) */
static struct expr *parse_arg(struct parser *p)
{
    struct expr *e = parse_expr(p);
    if (accept_word(p, KW_AS)) {
        struct type_name type = {0};
        if (at(p, TK_QUOTED) || at(p, TK_STRING)) {
            advance(p);
        } else {
            parse_type(p, &type, true);
        }
    }
    return e;
}

/* Do the arguments begin with a bare word (a unit; DATE, TIME, ...)? */
static bool word_first(enum func func)
{
    return func == FN_TIMESTAMPADD || func == FN_TIMESTAMPDIFF || func == FN_GET_FORMAT;
}

static void plain_args(struct parser *p, struct func_call *c, struct vec *args)
{
    if (c->classes & FC_AGGREGATE) {
        c->distinct = accept_word(p, KW_DISTINCT);
        if (!c->distinct) {
            accept_word(p, KW_ALL);
        }
        c->star = !c->distinct && at(p, TK_STAR) && ahead(p, 1, TK_RPAREN);
    }
    if (c->star) {
        advance(p);
        return;
    }
    if (at(p, TK_RPAREN)) {
        return;
    }
    vec_push(p, args, word_first(c->func) ? keyword_arg(p) : parse_arg(p));
    if (c->func == FN_SUBSTRING || c->func == FN_SUBSTR || c->func == FN_MID) {
        substring_tail(p, args);
    }
    while (!p->error && accept(p, TK_COMMA)) {
        vec_push(p, args, parse_arg(p));
    }
    switch (c->func) {
    case FN_CHAR:
        if (accept_word(p, KW_USING) && !accept_word(p, KW_BINARY)) {
            struct span charset;
            parse_ident_or_text(p, &charset);
        }
        break;
    case FN_JSON_VALUE:
        json_value_tail(p);
        break;
    case FN_WEIGHT_STRING:
        weight_level(p);
        break;
    default:
        if (c->classes & FC_AGGREGATE) {
            aggregate_tail(p, c);
        }
    }
}

/* ---- behind the parentheses ---- */

/* What may follow ")": FROM FIRST, RESPECT NULLS, WITHIN GROUP (...), OVER ... */
static void call_tail(struct parser *p, struct func_call *c)
{
    if ((c->classes & FC_WINDOW) && at_word(p, KW_FROM) && (ahead_word(p, 1, KW_FIRST) || ahead_word(p, 1, KW_LAST))) {
        p->tok += 2;
    }
    if ((at_word(p, KW_RESPECT) || at_word(p, KW_IGNORE)) && ahead_word(p, 1, KW_NULLS)) {
        p->tok += 2;
    }
    if (accept_words(p, KW_WITHIN, KW_GROUP)) {
        expect(p, TK_LPAREN);
        c->order = at_word(p, KW_ORDER) ? parse_order_by(p) : parse_fail(p);
        expect(p, TK_RPAREN);
    }
    if (accept_word(p, KW_OVER)) {
        c->over = parse_over(p);
    }
}

/* ---- the call ---- */

static void sequence_arg(struct parser *p, const struct expr *arg)
{
    if (!arg || arg->kind != EX_COLUMN) {
        parse_fail(p);
        return;
    }
    struct table_ref *t = parse_new_table(p, TABLE_SEQUENCE, TABLE_WRITE);
    if (t) {
        t->schema = arg->column.table;
        t->name = arg->column.name;
        t->span = t->whole = arg->span;
    }
}

static void call_args(struct parser *p, struct func_call *c, struct vec *args)
{
    switch (c->schema.len ? FN_UNKNOWN : c->func) {
    case FN_EXTRACT:
        extract_args(p, args);
        break;
    case FN_TRIM:
        trim_args(p, args);
        break;
    case FN_POSITION:
        position_args(p, args);
        break;
    default:
        plain_args(p, c, args);
    }
}

static enum func find(const struct parser *p, const struct func_call *c)
{
    char name[64];
    int n = c->schema.len ? -1 : ident_text(p->sql, c->name, name, sizeof name);
    return n < 0 ? FN_UNKNOWN : func_find(name, (size_t)n);
}

/* [schema .] name */
static struct func_call *call_name(struct parser *p)
{
    struct func_call *c = parse_alloc(p, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->name = p->tok->span;
    advance(p);
    if (accept(p, TK_DOT)) {
        c->schema = c->name;
        if (!parse_ident(p, &c->name)) {
            return NULL;
        }
    }
    c->func = find(p, c);
    c->classes = func_classes(c->func);
    return c;
}

/* A call whose node is not EX_FUNC, the cursor behind "("; NULL without an error: it is an ordinary one. */
static struct expr *special_call(struct parser *p, enum func func, uint32_t start)
{
    switch (func) {
    case FN_CAST:
        return parse_cast(p, start);
    case FN_CONVERT:
        return parse_convert(p, start);
    case FN_VALUES:
    case FN_VALUE: {
        struct expr *e = expr_new(p, EX_VALUES, start, 1);
        if (e) {
            e->args[0] = parse_column(p);
        }
        return e;
    }
    default:
        return NULL;
    }
}

/* The height of what hangs on the call beside its args. */
static void add_height(struct expr *e, const struct order_list *list)
{
    for (uint32_t i = 0; list && i < list->n; i++) {
        e->height = list->v[i].expr->height >= e->height ? list->v[i].expr->height + 1 : e->height;
    }
}

static struct expr *ordinary_call(struct parser *p, struct func_call *c, uint32_t start)
{
    struct expr *e = expr_new(p, EX_FUNC, start, 0);
    struct vec args = {0};
    if (!e) {
        return NULL;
    }
    e->call = c;
    if (accept(p, TK_LPAREN)) {
        uint32_t inside = here(p);
        c->parens = true;
        call_args(p, c, &args);
        c->args = span_from(p, inside);
        if (!expect(p, TK_RPAREN)) {
            return NULL;
        }
        call_tail(p, c);
    }
    if (p->error || args.n > AST_MAX_ARGS) {
        return parse_fail(p);
    }
    e->args = (struct expr **)args.v;
    e->nargs = args.n & AST_MAX_ARGS;
    add_height(e, c->order);
    if (c->over) {
        add_height(e, c->over->order);
        for (uint32_t i = 0; c->over->partition && i < c->over->partition->n; i++) {
            unsigned h = c->over->partition->v[i]->height;
            e->height = h >= e->height ? (uint16_t)(h + 1) : e->height;
        }
    }
    if (c->func == FN_NEXTVAL || c->func == FN_LASTVAL || c->func == FN_SETVAL) {
        sequence_arg(p, e->nargs ? e->args[0] : NULL);
    }
    note_grouping(p, e);
    expr_note_call(p, e, c->func);
    return expr_done(p, e);
}

struct expr *parse_call(struct parser *p)
{
    uint32_t start = here(p);
    if (at_word(p, KW_MATCH)) {
        return parse_match(p);
    }
    if (at_next_value(p)) {
        return parse_next_value(p);
    }
    struct func_call *c = call_name(p);
    if (!c) {
        return NULL;
    }
    bool special = c->func == FN_CAST || c->func == FN_CONVERT || c->func == FN_VALUES || c->func == FN_VALUE;
    if (!special || !at(p, TK_LPAREN)) {
        return ordinary_call(p, c, start);
    }
    advance(p);
    struct expr *e = special_call(p, c->func, start);
    return e && expect(p, TK_RPAREN) ? expr_done(p, e) : NULL;
}
