/* What tokens stand for: identifiers without quotes, string literals without escapes. */
#include <string.h>
#include <strings.h>

#include "router/arena.h"
#include "router/lex.h"
#include "router/lex_int.h"

static bool is_quoted(const char *sql, struct span s)
{
    return s.len >= 2 && (sql[s.off] == '`' || sql[s.off] == '"' || sql[s.off] == '\'');
}

/* The i-th byte of an identifier as it reads; *at walks over its span. False at its end. */
static bool ident_next(const char *sql, uint32_t *at, uint32_t end, char quote, char *out)
{
    if (*at >= end) {
        return false;
    }
    *out = sql[(*at)++];
    if (quote && *out == quote && *at < end && sql[*at] == quote) {
        (*at)++;
    }
    return true;
}

struct reader {
    uint32_t at, end;
    char quote;
};

static struct reader ident_reader(const char *sql, struct span s)
{
    if (is_quoted(sql, s)) {
        return (struct reader){s.off + 1, span_end(s) - 1, sql[s.off]};
    }
    return (struct reader){s.off, span_end(s), 0};
}

int ident_text(const char *sql, struct span s, char *out, size_t cap)
{
    struct reader r = ident_reader(sql, s);
    size_t n = 0;
    char c;
    while (ident_next(sql, &r.at, r.end, r.quote, &c)) {
        if (n == cap) {
            return -1;
        }
        out[n++] = c;
    }
    return (int)n;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool ident_equal(const char *sql, struct span a, struct span b)
{
    struct reader ra = ident_reader(sql, a), rb = ident_reader(sql, b);
    for (;;) {
        char ca = 0, cb = 0;
        bool more_a = ident_next(sql, &ra.at, ra.end, ra.quote, &ca);
        bool more_b = ident_next(sql, &rb.at, rb.end, rb.quote, &cb);
        if (more_a != more_b || lower(ca) != lower(cb)) {
            return false;
        }
        if (!more_a) {
            return true;
        }
    }
}

bool ident_is(const char *sql, struct span s, const char *name)
{
    struct reader r = ident_reader(sql, s);
    char c;
    while (ident_next(sql, &r.at, r.end, r.quote, &c)) {
        if (!*name || lower(c) != lower(*name)) {
            return false;
        }
        name++;
    }
    return !*name;
}

/* ---- literals ---- */

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case '0':
        return 0;
    case 'Z':
        return 26;
    default:
        return c;
    }
}

/* One quoted string from its opening quote at p; writes to *out and moves it on; returns behind the closing quote. */
static const char *copy_string(const char *p, const char *end, const struct lex_mode *m, char **out)
{
    char quote = *p++;
    char *o = *out;
    bool escapes = !(m->flags & LEX_NO_BACKSLASH_ESCAPES);
    while (p < end) {
        if (*p == quote) {
            if (p + 1 >= end || p[1] != quote) {
                p++;
                break;
            }
            *o++ = quote;
            p += 2;
        } else if (*p == '\\' && escapes && p + 1 < end) {
            if (p[1] == '%' || p[1] == '_') { /* kept for LIKE */
                *o++ = '\\';
            }
            *o++ = unescape(p[1]);
            p += 2;
        } else if (lex_is_pair((const unsigned char *)p, (const unsigned char *)end, m->charset)) {
            *o++ = *p++;
            *o++ = *p++;
        } else {
            *o++ = *p++;
        }
    }
    *out = o;
    return p;
}

/* A string without escapes or doubled quotes is its own text. */
static bool plain_string(const char *p, const char *end, struct lex_slice *out)
{
    char quote = *p;
    if (end - p < 2 || memchr(p + 1, '\\', (size_t)(end - p - 1)) || memchr(p + 1, quote, (size_t)(end - p - 2))) {
        return false;
    }
    *out = (struct lex_slice){p + 1, (size_t)(end - p - 2)};
    return true;
}

/* Adjacent strings with white space and comments between them: the lexer finds their quotes again. */
static bool string_text(const char *sql, struct span s, const struct lex_mode *mode, struct arena *a,
                        struct lex_slice *out)
{
    char *buf = arena_alloc(a, s.len), *o = buf;
    if (!buf) {
        return false;
    }
    struct lex_mode plain = *mode;
    plain.flags &= (uint8_t)~LEX_ANSI_QUOTES;
    struct lexer lx;
    struct token tok;
    lex_init(&lx, sql + s.off, s.len, &plain);
    while (lex_next(&lx, &tok) == TK_STRING || tok.kind == TK_NSTRING || tok.kind == TK_VERSION_OPEN ||
           tok.kind == TK_VERSION_CLOSE) {
        const char *p = sql + s.off + tok.span.off;
        if (tok.kind == TK_STRING && *p == '$') {
            return false;
        }
        if (tok.kind == TK_STRING || tok.kind == TK_NSTRING) {
            copy_string(tok.kind == TK_NSTRING ? p + 1 : p, sql + s.off + span_end(tok.span), mode, &o);
        }
    }
    if (tok.kind != TK_END) {
        return false;
    }
    *out = (struct lex_slice){buf, (size_t)(o - buf)};
    return true;
}

static unsigned hex_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* Digits of `bits` bits each, the last ones in the last byte: x'41', 0x141, b'101'. */
static bool digits_text(const char *p, const char *end, unsigned bits, struct arena *a, struct lex_slice *out)
{
    size_t n = (size_t)(end - p), len = (n * bits + 7) / 8;
    unsigned char *buf = arena_zalloc(a, len ? len : 1);
    if (!buf) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        size_t bit = (n - 1 - i) * bits;
        buf[len - 1 - bit / 8] |= (unsigned char)(hex_value(p[i]) << (bit % 8));
    }
    *out = (struct lex_slice){(const char *)buf, len};
    return true;
}

bool literal_text(const char *sql, struct span s, const struct lex_mode *mode, struct arena *a, struct lex_slice *out)
{
    const char *p = sql + s.off, *end = p + s.len;
    if (s.len < 2) {
        return false;
    }
    char c = *p;
    if (c == '\'' || c == '"') {
        return plain_string(p, end, out) || string_text(sql, s, mode, a, out);
    }
    if (c == 'n' || c == 'N') {
        return string_text(sql, s, mode, a, out);
    }
    if (c == '0' && (p[1] == 'x' || p[1] == 'b')) {
        return digits_text(p + 2, end, p[1] == 'x' ? 4 : 1, a, out);
    }
    if ((c == 'x' || c == 'X' || c == 'b' || c == 'B') && p[1] == '\'' && s.len >= 3) {
        return digits_text(p + 2, end - 1, (c | 0x20) == 'x' ? 4 : 1, a, out);
    }
    return false;
}
