/* The parser's ground: the token array, the cursor, errors, names, and parse_sql() itself. */
#include <stdio.h>
#include <string.h>

#include "router/parse_int.h"

/* ---- errors and memory ---- */

void *parse_fail_code(struct parser *p, int error)
{
    if (!p->error) {
        p->error = error;
        p->error_at = p->tok->span.off;
    }
    p->tok = p->end;
    return NULL;
}

void *parse_fail(struct parser *p)
{
    return parse_fail_code(p, PARSE_SYNTAX);
}

bool parse_enter(struct parser *p)
{
    if (++p->depth > PARSE_MAX_DEPTH) {
        parse_fail_code(p, PARSE_DEPTH);
        return false;
    }
    return true;
}

void *parse_alloc(struct parser *p, size_t size)
{
    void *q = arena_zalloc(p->arena, size);
    return q ? q : parse_fail_code(p, PARSE_MEMORY);
}

void vec_push(struct parser *p, struct vec *v, void *item)
{
    if (v->n == v->cap) {
        uint32_t cap = v->cap ? v->cap * 2 : 4;
        void **q = v->cap < UINT32_MAX / 4
                       ? arena_grow(p->arena, v->v, v->cap * sizeof *v->v, cap * sizeof *v->v)
                       : NULL;
        if (!q) {
            parse_fail_code(p, PARSE_MEMORY);
            return;
        }
        v->v = q;
        v->cap = cap;
    }
    v->v[v->n++] = item;
}

/* ---- cursor ---- */

bool accept_words(struct parser *p, enum keyword first, enum keyword second)
{
    if (at_word(p, first) && ahead_word(p, 1, second)) {
        p->tok += 2;
        return true;
    }
    return false;
}

bool expect(struct parser *p, enum token_kind kind)
{
    if (accept(p, kind)) {
        return true;
    }
    parse_fail(p);
    return false;
}

bool expect_word(struct parser *p, enum keyword word)
{
    if (accept_word(p, word)) {
        return true;
    }
    parse_fail(p);
    return false;
}

void parse_skip_all(struct parser *p)
{
    p->tok = p->end;
}

void parse_skip_parens(struct parser *p)
{
    if (!at(p, TK_LPAREN) || p->tok->n == UINT32_MAX) {
        parse_fail(p);
        return;
    }
    p->tok = p->tokens + p->tok->n + 1;
}

/* ---- names ---- */

bool is_ident(const struct parser *p, const struct ptoken *t)
{
    if (t->kind == TK_WORD) {
        return !keyword_reserved((enum keyword)t->word, &p->mode);
    }
    return t->kind == TK_QUOTED || t->kind == TK_INTRODUCER;
}

bool parse_ident(struct parser *p, struct span *out)
{
    if (!is_ident(p, p->tok)) {
        parse_fail(p);
        return false;
    }
    *out = p->tok->span;
    advance(p);
    return true;
}

bool parse_ident_or_text(struct parser *p, struct span *out)
{
    if (at(p, TK_STRING)) {
        *out = p->tok->span;
        advance(p);
        return true;
    }
    return parse_ident(p, out);
}

bool parse_qualified(struct parser *p, struct span *schema, struct span *name, struct span *whole)
{
    uint32_t start = here(p);
    *schema = (struct span){0, 0};
    if (!parse_ident(p, name)) {
        return false;
    }
    if (accept(p, TK_DOT)) {
        *schema = *name;
        if (!parse_ident(p, name)) {
            return false;
        }
    }
    *whole = span_from(p, start);
    return true;
}

struct name_list *parse_names(struct parser *p)
{
    struct name_list *list = parse_alloc(p, sizeof *list);
    uint32_t start = here(p), cap = 0;
    do {
        struct span name;
        if (!list || !parse_ident(p, &name)) {
            return NULL;
        }
        if (list->n == cap) {
            uint32_t bigger = cap ? cap * 2 : 4;
            list->v = arena_grow(p->arena, list->v, cap * sizeof name, bigger * sizeof name);
            cap = bigger;
            if (!list->v) {
                return parse_fail_code(p, PARSE_MEMORY);
            }
        }
        list->v[list->n++] = name;
    } while (accept(p, TK_COMMA));
    list->span = span_from(p, start);
    return list;
}

struct name_list *parse_names_in_parens(struct parser *p, struct span *whole)
{
    uint32_t start = here(p);
    if (!expect(p, TK_LPAREN)) {
        return NULL;
    }
    struct name_list *list = parse_names(p);
    if (!list || !expect(p, TK_RPAREN)) {
        return NULL;
    }
    if (whole) {
        *whole = span_from(p, start);
    }
    return list;
}

bool parse_alias(struct parser *p, bool string, struct span *alias)
{
    bool as = accept_word(p, KW_AS);
    if (!as && !string && at_word(p, KW_WINDOW)) { /* MariaDB: a name, but no table's alias */
        return false;
    }
    if (is_ident(p, p->tok) || (string && at(p, TK_STRING))) {
        *alias = p->tok->span;
        advance(p);
        return true;
    }
    if (as) {
        parse_fail(p);
    }
    return false;
}

bool parse_account(struct parser *p, struct span *out)
{
    uint32_t start = here(p);
    if (accept_word(p, KW_CURRENT_USER) || accept_word(p, KW_CURRENT_ROLE)) {
        if (accept(p, TK_LPAREN) && !expect(p, TK_RPAREN)) {
            return false;
        }
    } else {
        struct span name;
        if (!parse_ident_or_text(p, &name)) {
            return false;
        }
        if (!accept(p, TK_USERVAR)) {
            accept(p, TK_AT);
        }
    }
    *out = span_from(p, start);
    return true;
}

/* ---- the token array ---- */

static bool push_token(struct parser *p, uint32_t *cap, const struct ptoken *t)
{
    if (p->ntokens + 8 > *cap) {
        uint32_t bigger = *cap * 2;
        struct ptoken *q = *cap < UINT32_MAX / 4
                               ? arena_grow(p->arena, p->tokens, *cap * sizeof *q, bigger * sizeof *q)
                               : NULL;
        if (!q) {
            return false;
        }
        p->tokens = q;
        *cap = bigger;
    }
    p->tokens[++p->ntokens] = *t;
    return true;
}

static bool push_literal(struct parser *p, uint32_t *cap, const struct token *tok, enum literal_class class)
{
    static const uint8_t kinds[TK_KIND_COUNT] = {
        [TK_INT] = LITERAL_INT,       [TK_DECIMAL] = LITERAL_DECIMAL, [TK_FLOAT] = LITERAL_FLOAT,
        [TK_STRING] = LITERAL_STRING, [TK_NSTRING] = LITERAL_NSTRING, [TK_HEX] = LITERAL_HEX,
        [TK_BIT] = LITERAL_BIT,
    };
    if (p->nliterals == *cap) {
        uint32_t bigger = *cap ? *cap * 2 : 16;
        struct literal *q = *cap < UINT32_MAX / 4
                                ? arena_grow(p->arena, p->literals, *cap * sizeof *q, bigger * sizeof *q)
                                : NULL;
        if (!q) {
            return false;
        }
        p->literals = q;
        *cap = bigger;
    }
    p->literals[p->nliterals].span = tok->span;
    p->literals[p->nliterals].kind = class == LITERAL_ROWS ? LITERAL_LIMIT : kinds[tok->kind];
    p->nliterals++;
    return true;
}

static void push_hint(struct parser *p, const struct token *tok)
{
    struct stmt *s = p->stmt;
    struct span *q = arena_grow(p->arena, s->hints, s->nhints * sizeof *q, (s->nhints + 1) * sizeof *q);
    if (!q) {
        parse_fail_code(p, PARSE_MEMORY);
        return;
    }
    s->hints = q;
    s->hints[s->nhints++] = tok->span;
    s->facts |= tok->kind == TK_HINT ? FACT_OPTIMIZER_HINT : 0;
}

/* The tokens that stand between the grammar's: noted, not kept (optimizer hints are kept). */
static bool aside(struct parser *p, const struct token *tok)
{
    switch (tok->kind) {
    case TK_VERSION_OPEN:
        p->stmt->facts |= FACT_VERSION_COMMENT;
        return true;
    case TK_VERSION_CLOSE:
        return true;
    case TK_ROUTE_HINT:
        push_hint(p, tok);
        return true;
    case TK_HINT:
        push_hint(p, tok);
        return false;
    default:
        return false;
    }
}

struct caps {
    uint32_t tokens, literals;
};

/* Keeps one token, with its literal number; false: no memory. */
static bool keep_token(struct parser *p, struct caps *caps, struct literal_scan *scan, const struct token *tok)
{
    enum literal_class class = literal_classify(scan, tok, &p->mode);
    struct ptoken t = {tok->kind, tok->flags, tok->word, tok->span, UINT32_MAX};
    if (aside(p, tok)) {
        return !p->error;
    }
    struct ptoken *last = p->tokens + p->ntokens;
    if (last->kind == TK_STRING && tok->kind == TK_STRING && (class == LITERAL_JOINED || class == LITERAL_STRUCTURE)) {
        last->span = span_join(last->span, tok->span);
        if (class == LITERAL_JOINED) {
            p->literals[p->nliterals - 1].span = last->span;
        }
        return true;
    }
    if (class == LITERAL_JOINED) { /* N'a' 'b' */
        last->span = span_join(last->span, tok->span);
        p->literals[p->nliterals - 1].span = last->span;
        return true;
    }
    if (class == LITERAL_VALUE || class == LITERAL_ROWS) {
        t.n = p->nliterals;
        if (!push_literal(p, &caps->literals, tok, class)) {
            return false;
        }
    }
    t.flags |= class == LITERAL_STRUCTURE ? PT_STRUCTURE : 0;
    t.n = tok->kind == TK_PARAM ? p->nparams++ : t.n;
    return push_token(p, &caps->tokens, &t);
}

/* Cuts the text into tokens. */
static void read_tokens(struct parser *p)
{
    struct lexer lx;
    struct token tok;
    struct literal_scan scan = {.last = TK_END};
    struct lex_body body = {0};
    struct caps caps = {p->len / 8 + 16, 0};
    p->tokens = arena_alloc(p->arena, caps.tokens * sizeof *p->tokens);
    if (!p->tokens) {
        parse_fail_code(p, PARSE_MEMORY);
        return;
    }
    p->tokens[0] = (struct ptoken){.kind = TK_END};
    lex_init(&lx, p->sql, p->len, &p->mode);
    bool program = false;
    for (;;) {
        lex_next(&lx, &tok);
        if (tok.kind == TK_END || tok.kind == TK_ERROR) {
            break;
        }
        program |= p->ntokens == 0 && (tok.word == KW_CREATE || tok.word == KW_BEGIN || tok.word == KW_ALTER);
        if (program ? lex_body_ends(&body, &tok) : tok.kind == TK_SEMICOLON) {
            lex_next(&lx, &tok);
            break;
        }
        p->text_end = span_end(tok.span);
        if (!keep_token(p, &caps, &scan, &tok)) {
            parse_fail_code(p, PARSE_MEMORY);
            return;
        }
    }
    if (tok.kind != TK_END) { /* a fault, or more behind the ';' */
        p->error = PARSE_SYNTAX;
        p->error_at = tok.span.off;
    }
    p->end = p->tokens + p->ntokens + 1;
    for (unsigned i = 0; i < 6; i++) {
        p->end[i] = (struct ptoken){.kind = TK_END, .span = {p->len, 0}, .n = UINT32_MAX};
    }
}

/* Each "(" learns its ")". While open, .n links to the "(" around it. */
static void match_parens(struct parser *p)
{
    uint32_t open = 0;
    for (uint32_t i = 1; i <= p->ntokens; i++) {
        struct ptoken *t = p->tokens + i;
        if (t->kind == TK_LPAREN) {
            t->n = open;
            open = i;
        } else if (t->kind == TK_COMMA && open) {
            p->tokens[open].flags |= PT_COMMA;
        } else if (t->kind == TK_RPAREN && open) {
            uint32_t outer = p->tokens[open].n;
            p->tokens[open].n = i;
            open = outer;
        }
    }
    while (open) {
        uint32_t outer = p->tokens[open].n;
        p->tokens[open].n = UINT32_MAX;
        open = outer;
    }
}

/* May this token stand behind a query in parentheses that is itself part of a query? */
static bool goes_on_as_query(const struct ptoken *t)
{
    if (t->kind == TK_RPAREN || t->kind == TK_END) {
        return true;
    }
    switch (t->kind == TK_WORD ? t->word : KW_NONE) {
    case KW_UNION:
    case KW_EXCEPT:
    case KW_INTERSECT:
    case KW_ORDER:
    case KW_LIMIT:
    case KW_OFFSET:
    case KW_FETCH:
    case KW_FOR:
    case KW_LOCK:
    case KW_INTO:
        return true;
    default:
        return false;
    }
}

/* Behind which "(" does a query begin? From the right, so that inner ones are known first. In ON DUPLICATE KEY UPDATE
 * VALUES(col) is a function. */
static void mark_queries(struct parser *p)
{
    uint32_t duplicate = UINT32_MAX;
    for (uint32_t i = 2; i <= p->ntokens && duplicate == UINT32_MAX; i++) {
        if (p->tokens[i].word == KW_DUPLICATE && p->tokens[i - 1].word == KW_ON) {
            duplicate = i;
        }
    }
    for (uint32_t i = p->ntokens; i > 0; i--) {
        struct ptoken *t = p->tokens + i, *in = t + 1;
        if (t->kind != TK_LPAREN) {
            continue;
        }
        bool query = false;
        if (in->kind == TK_WORD) {
            query = in->word == KW_SELECT || in->word == KW_WITH || in->word == KW_TABLE ||
                    (in->word == KW_VALUES && (i < duplicate || in[1].word == KW_ROW));
        } else if (in->kind == TK_LPAREN && (in->flags & PT_QUERY)) {
            query = in->n == UINT32_MAX || goes_on_as_query(p->tokens + in->n + 1);
        }
        t->flags |= query ? PT_QUERY : 0;
    }
}

/* ---- the entry ---- */

static void note_leading_words(struct parser *p, struct stmt *s)
{
    const struct ptoken *t = p->tokens + 1;
    while (t->kind == TK_LPAREN) {
        t++;
    }
    for (unsigned i = 0; i < 3 && t[i].kind == TK_WORD; i++) {
        s->words[i] = t[i].word;
    }
}

static uint32_t line_of(const char *sql, uint32_t offset)
{
    uint32_t line = 1;
    for (const char *q = sql; (q = memchr(q, '\n', (size_t)(sql + offset - q))) != NULL; q++) {
        line++;
    }
    return line;
}

static void run(struct parser *p)
{
    struct stmt *s = p->stmt;
    read_tokens(p);
    if (p->error) {
        return;
    }
    p->tok = p->tokens + 1;
    if (p->ntokens == 0) {
        parse_fail_code(p, PARSE_EMPTY);
        return;
    }
    match_parens(p);
    mark_queries(p);
    note_leading_words(p, s);
    s->span = span_join(p->tokens[1].span, p->end[-1].span);
    p->table_tail = &s->tables;
    p->call_tail = &s->calls;
    parse_statement(p, s);
    if (!p->error && p->tok != p->end) {
        parse_fail(p);
    }
    s->nparams = p->nparams;
}

int parse_sql(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a, struct parse_result *res)
{
    struct ptoken nowhere[2] = {{.kind = TK_END}, {.kind = TK_END}};
    struct parser p = {.sql = sql, .len = len, .mode = *mode, .arena = a, .tok = nowhere, .end = nowhere};
    *res = (struct parse_result){0};
    p.stmt = arena_zalloc(a, sizeof *p.stmt);
    if (p.stmt) {
        run(&p);
    } else {
        p.error = PARSE_MEMORY;
    }
    res->error = p.error;
    res->stmt = p.error ? NULL : p.stmt;
    res->offset = p.error ? p.error_at : 0;
    res->line = p.error ? line_of(sql, p.error_at) : 0;
    res->end = p.error ? 0 : p.text_end;
    res->literals = p.literals;
    res->nliterals = p.nliterals;
    res->nparams = p.nparams;
    return p.error;
}

void parse_near(const struct parse_result *res, const char *sql, uint32_t len, char *out, size_t cap)
{
    uint32_t left = res->offset < len ? len - res->offset : 0;
    snprintf(out, cap, "near '%.*s' at line %u", left > 80 ? 80 : (int)left, sql + (left ? res->offset : 0), res->line);
}
