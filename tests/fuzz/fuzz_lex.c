/* Fuzzes the lexer, the fingerprint and the splitter: any bytes under any mode. The first two bytes choose the mode.
 * What must hold: tokens lie in the text, in order; statements too; literals are tokens; equal text has an equal shape;
 * a literal's text is no longer than the literal. */
#include <stdlib.h>
#include <string.h>

#include "router/fingerprint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct lex_mode mode_of(const uint8_t *data)
{
    return (struct lex_mode){
        .flags = data[0] & 31,
        .charset = data[1] % 6,
        .dialect = data[1] & 64 ? LEX_MYSQL : LEX_MARIADB,
        .version = data[1] & 64 ? 90000 : 101100,
    };
}

static void check_tokens(const char *sql, uint32_t len, const struct lex_mode *mode)
{
    struct lexer lx;
    struct token tok;
    uint32_t end = 0;
    lex_init(&lx, sql, len, mode);
    while (lex_next(&lx, &tok) != TK_END && tok.kind != TK_ERROR) {
        must(tok.span.off >= end && tok.span.len > 0 && span_end(tok.span) <= len);
        end = span_end(tok.span);
    }
    must(tok.span.off <= len);
    must(lex_next(&lx, &tok) == TK_END || tok.kind == TK_ERROR);
}

static void check_split(const char *sql, uint32_t len, const struct lex_mode *mode)
{
    uint32_t pos = 0, before = 0;
    struct span s;
    while (lex_split(sql, len, mode, &pos, &s)) {
        must(pos > before && pos <= len && s.off >= before && span_end(s) <= len);
        before = pos;
    }
}

static void check_literals(const char *sql, const struct lex_mode *mode, struct arena *a, const struct fingerprint *f)
{
    for (uint32_t i = 0; i < f->nliterals; i++) {
        struct lex_slice text;
        if (literal_text(sql, f->literals[i].span, mode, a, &text)) {
            must(text.len <= f->literals[i].span.len);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct fingerprint f, again;
    uint32_t digest_len;
    if (size < 2 || size > 1 << 20) {
        return 0;
    }
    struct lex_mode mode = mode_of(data);
    const char *sql = (const char *)data + 2;
    uint32_t len = (uint32_t)size - 2;
    arena_init(&a, 4096, (size_t)1 << 26);
    check_tokens(sql, len, &mode);
    check_split(sql, len, &mode);
    if (fingerprint_sql(sql, len, &mode, &a, &f) == FINGERPRINT_OK) {
        must(f.end <= len && f.next <= len);
        check_literals(sql, &mode, &a, &f);
        /* two dashes at the end would become a comment; an executed comment cut by a ';' has no end */
        if (sql[f.end - 1] != '-' && fingerprint_sql(sql, f.end, &mode, &a, &again) == FINGERPRINT_OK) {
            must(again.hash == f.hash && again.shape_len == f.shape_len && again.nliterals == f.nliterals);
        }
        must(fingerprint_digest(f.shape, f.shape_len, 1000, &a, &digest_len) != NULL && digest_len <= 1000);
    }
    arena_deinit(&a);
    return 0;
}
