/* A command's words, one after the other: what a full parser would be too much for. Comments that MySQL would execute
 * are read as what they hold.
 */
#include <stdio.h>
#include <string.h>

#include "proxy/admin_int.h"

void words_next(struct words *w)
{
    do
        lex_next(&w->lexer, &w->token);
    while (w->token.kind == TK_VERSION_OPEN || w->token.kind == TK_VERSION_CLOSE || w->token.kind == TK_HINT ||
           w->token.kind == TK_ROUTE_HINT);
}

void words_init(struct words *w, struct request *q, const char *sql, size_t len)
{
    *w = (struct words){.sql = sql, .len = (uint32_t)len};
    lex_init(&w->lexer, sql, w->len, &q->session->mode);
    words_next(w);
}

bool words_is(const struct words *w, const char *word)
{
    return w->token.kind == TK_WORD && ident_is(w->sql, w->token.span, word);
}

bool words_take(struct words *w, const char *word)
{
    if (!words_is(w, word))
        return false;
    words_next(w);
    return true;
}

bool words_end(const struct words *w)
{
    return w->token.kind == TK_END;
}

/* A string's or a name's text; `at` is its token. */
static bool token_text(const struct words *w, char *out, size_t size)
{
    struct span s = w->token.span;
    if (w->token.kind == TK_WORD || w->token.kind == TK_QUOTED) {
        int n = ident_text(w->sql, s, out, size - 1);
        out[n < 0 ? 0 : n] = 0;
        return n > 0;
    }
    if (w->token.kind != TK_STRING)
        return false;
    struct arena a;
    struct lex_slice text;
    arena_init(&a, 1024, 1 << 20);
    bool ok = literal_text(w->sql, s, &w->lexer.mode, &a, &text) && text.len < size && !memchr(text.ptr, 0, text.len);
    if (ok) {
        memcpy(out, text.ptr, text.len);
        out[text.len] = 0;
    }
    arena_deinit(&a);
    return ok;
}

bool words_name(struct words *w, char *out, size_t size)
{
    if (!token_text(w, out, size))
        return false;
    words_next(w);
    return true;
}

bool words_rest_name(struct words *w, char *out, size_t size)
{
    uint32_t from = w->token.span.off, to = from;
    struct words first = *w;
    unsigned n = 0;
    for (; !words_end(w) && w->token.kind != TK_ERROR; words_next(w), n++)
        to = span_end(w->token.span);
    if (!n || !words_end(w))
        return false;
    if (n == 1 && first.token.kind != TK_WORD)
        return token_text(&first, out, size);
    if (to - from >= size)
        return false;
    memcpy(out, w->sql + from, to - from);
    out[to - from] = 0;
    return true;
}

void admin_syntax_error(struct request *q, const struct words *w)
{
    char near[81];
    uint32_t at = w->token.span.off, line = 1;
    for (uint32_t i = 0; i < at && i < w->len; i++)
        line += w->sql[i] == '\n';
    snprintf(near, sizeof near, "%.*s", (int)(w->len - at), w->sql + at);
    query_fail_code(q, ERR_PARSE,
                    "check the manual that corresponds to your MySQL server version for the right syntax to use", near,
                    line);
}
