/* The parser's token array: literals get their numbers here, and each "(" learns its partner and whether a query begins
 * behind it. */
#include "router/parse_int.h"

static bool push_token(struct parser *p, uint32_t *cap, const struct ptoken *t)
{
    if (p->ntokens + 8 > *cap) {
        uint32_t bigger = *cap * 2;
        struct ptoken *q =
            *cap < UINT32_MAX / 4 ? arena_grow(p->arena, p->tokens, *cap * sizeof *q, bigger * sizeof *q) : NULL;
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
        struct literal *q =
            *cap < UINT32_MAX / 4 ? arena_grow(p->arena, p->literals, *cap * sizeof *q, bigger * sizeof *q) : NULL;
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

void parse_read_tokens(struct parser *p)
{
    read_tokens(p);
    if (!p->error) {
        match_parens(p);
        mark_queries(p);
    }
}
