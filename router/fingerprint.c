/* See fingerprint.h. One loop over lex_next(): classify, then copy or replace. The shape and the list of literals grow
 * in the arena; each begins with a guess that fits ordinary statements. */
#include "router/fingerprint.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct shaper {
    struct arena *arena;
    char *start, *p, *end;
    struct literal *literals;
    uint32_t n, cap;
    uint8_t last; /* kind of the last token written */
    bool last_reserved;
};

static bool grow_shape(struct shaper *s, size_t need)
{
    size_t used = (size_t)(s->p - s->start), cap = (size_t)(s->end - s->start), bigger = cap * 2 + need;
    char *q = arena_grow(s->arena, s->start, cap, bigger);
    if (!q) {
        return false;
    }
    s->start = q;
    s->p = q + used;
    s->end = q + bigger;
    return true;
}

static bool grow_literals(struct shaper *s)
{
    uint32_t bigger = s->cap * 2;
    struct literal *q = arena_grow(s->arena, s->literals, s->cap * sizeof *q, bigger * sizeof *q);
    if (!q) {
        return false;
    }
    s->literals = q;
    s->cap = bigger;
    return true;
}

static inline void put_bytes(struct shaper *s, const char *bytes, size_t len)
{
    if (len > 24) {
        memcpy(s->p, bytes, len);
    } else {
        for (size_t i = 0; i < len; i++) {
            s->p[i] = bytes[i];
        }
    }
    s->p += len;
}

/* A space before this token? Words must stay apart; between a word and "(" it may tell a call from a column. */
static bool needs_space(const struct shaper *s, const struct token *tok)
{
    switch (tok->kind) {
    case TK_COMMA:
    case TK_RPAREN:
    case TK_DOT:
        return false;
    case TK_USERVAR:
    case TK_ATAT:
        if (s->last == TK_STRING || s->last == TK_WORD || s->last == TK_QUOTED) {
            return (tok->flags & TOKEN_AFTER_SPACE) || s->last_reserved; /* user@host */
        }
        break;
    case TK_LPAREN:
        if (s->last == TK_WORD && !s->last_reserved) {
            return tok->flags & TOKEN_AFTER_SPACE;
        }
        break;
    default:
        break;
    }
    switch (s->last) {
    case TK_LPAREN:
    case TK_ATAT:
        return false;
    case TK_DOT:
        return tok->flags & TOKEN_AFTER_SPACE;
    case TK_INTRODUCER:
        return tok->kind != TK_STRING && tok->kind != TK_HEX && tok->kind != TK_BIT;
    default:
        return true;
    }
}

static const struct {
    char text[6];
    uint8_t len;
} placeholders[TK_KIND_COUNT] = {
    [TK_INT] = {"?", 1},        [TK_DECIMAL] = {"?", 1}, [TK_FLOAT] = {"?", 1},  [TK_STRING] = {"'?'", 3},
    [TK_NSTRING] = {"N'?'", 4}, [TK_HEX] = {"x'?'", 4},  [TK_BIT] = {"b'?'", 4},
};

static void put_word(struct shaper *s, const char *bytes, const struct token *tok, const struct lex_mode *mode)
{
    s->last_reserved = keyword_reserved((enum keyword)tok->word, mode);
    if (s->last_reserved) {
        const char *name = keyword_name((enum keyword)tok->word);
        while (*name) {
            *s->p++ = *name++;
        }
    } else {
        put_bytes(s, bytes, tok->span.len);
    }
}

static bool put_literal(struct shaper *s, const struct token *tok, enum literal_class class)
{
    if (s->n == s->cap && !grow_literals(s)) {
        return false;
    }
    static const uint8_t kinds[TK_KIND_COUNT] = {
        [TK_INT] = LITERAL_INT,       [TK_DECIMAL] = LITERAL_DECIMAL, [TK_FLOAT] = LITERAL_FLOAT,
        [TK_STRING] = LITERAL_STRING, [TK_NSTRING] = LITERAL_NSTRING, [TK_HEX] = LITERAL_HEX,
        [TK_BIT] = LITERAL_BIT,
    };
    s->literals[s->n].span = tok->span;
    s->literals[s->n].kind = class == LITERAL_ROWS ? LITERAL_LIMIT : kinds[tok->kind];
    s->n++;
    if (class == LITERAL_ROWS) {
        put_bytes(s, "?L", 2);
    } else {
        put_bytes(s, placeholders[tok->kind].text, placeholders[tok->kind].len);
    }
    return true;
}

/* Writes one token. False: no memory. */
static bool put_token(struct shaper *s, const char *sql, const struct token *tok, enum literal_class class,
                      const struct lex_mode *mode)
{
    if (class == LITERAL_JOINED) {
        s->literals[s->n - 1].span = span_join(s->literals[s->n - 1].span, tok->span);
        return true;
    }
    bool literal = class == LITERAL_VALUE || class == LITERAL_ROWS;
    size_t need = (literal ? 0 : tok->span.len) + 32;
    if ((size_t)(s->end - s->p) < need && !grow_shape(s, need)) {
        return false;
    }
    if (s->p != s->start && needs_space(s, tok)) {
        *s->p++ = ' ';
    }
    s->last = tok->kind;
    s->last_reserved = false;
    if (literal) {
        return put_literal(s, tok, class);
    }
    if (tok->kind == TK_WORD) {
        put_word(s, sql + tok->span.off, tok, mode);
    } else if (tok->kind == TK_PARAM) {
        put_bytes(s, "?P", 2);
    } else {
        put_bytes(s, sql + tok->span.off, tok->span.len);
    }
    return true;
}

static bool shaper_init(struct shaper *s, struct arena *a, uint32_t len)
{
    size_t cap = len < 2048 ? len + len / 4 + 64 : 2048 + len / 4;
    uint32_t ncap = len < 512 ? 16 : 64;
    *s = (struct shaper){.arena = a, .cap = ncap, .last = TK_END};
    s->literals = arena_alloc(a, ncap * sizeof *s->literals);
    s->start = s->p = arena_alloc(a, cap);
    s->end = s->start ? s->start + cap : NULL;
    return s->literals && s->start;
}

/* Is there anything but white space and comments behind a ';'? */
static uint32_t next_statement(const struct lexer *lx)
{
    struct lexer probe = *lx;
    struct token tok;
    lex_next(&probe, &tok);
    return tok.kind == TK_END ? 0 : lx->pos;
}

static void note_token(struct fingerprint *out, const struct token *tok, bool *seen)
{
    switch (tok->kind) {
    case TK_HINT:
        out->has_hint = true;
        break;
    case TK_ROUTE_HINT:
        out->has_route_hint = true;
        break;
    case TK_PARAM:
        out->nparams++;
        break;
    case TK_WORD:
        if (!*seen) {
            out->first = tok->word;
        }
        *seen = true;
        break;
    case TK_LPAREN:
    case TK_VERSION_OPEN:
    case TK_VERSION_CLOSE:
        break;
    default:
        *seen = true;
    }
}

static int finish(struct shaper *s, struct fingerprint *out)
{
    out->shape = s->start;
    out->shape_len = (uint32_t)(s->p - s->start);
    arena_trim(s->arena, s->start, (size_t)(s->end - s->start), out->shape_len);
    out->literals = s->literals;
    out->nliterals = s->n;
    out->hash = XXH3_64bits(s->start, out->shape_len);
    return out->shape_len ? FINGERPRINT_OK : FINGERPRINT_EMPTY;
}

int fingerprint_sql(const char *sql, uint32_t len, const struct lex_mode *mode, struct arena *a,
                    struct fingerprint *out)
{
    struct shaper s;
    struct lexer lx;
    struct token tok;
    struct literal_scan scan = {.last = TK_END};
    struct lex_body body = {0};
    bool seen = false, is_program = false;
    *out = (struct fingerprint){0};
    if (!shaper_init(&s, a, len)) {
        return FINGERPRINT_MEMORY;
    }
    lex_init(&lx, sql, len, mode);
    for (;;) {
        enum token_kind kind = lex_next(&lx, &tok);
        if (kind == TK_END || kind == TK_ERROR) {
            out->end = kind == TK_ERROR ? tok.span.off : out->end;
            int result = finish(&s, out);
            return kind == TK_ERROR ? FINGERPRINT_BAD : result;
        }
        note_token(out, &tok, &seen);
        is_program |= !body.nth && (tok.word == KW_CREATE || tok.word == KW_BEGIN || tok.word == KW_ALTER);
        bool ends = is_program ? lex_body_ends(&body, &tok) : kind == TK_SEMICOLON;
        body.nth |= !is_program && tok.kind != TK_ROUTE_HINT && tok.kind != TK_VERSION_OPEN;
        if (ends) {
            out->next = next_statement(&lx);
            return finish(&s, out);
        }
        if (!put_token(&s, sql, &tok, literal_classify(&scan, &tok, mode), mode)) {
            return FINGERPRINT_MEMORY;
        }
        out->end = span_end(tok.span);
    }
}
