/* MySQL's SELECT in SQLite's words. The two agree on nearly everything that is asked of a few tables; what differs is
 * changed token by token, and everything else, spaces included, stays as it was, because SQLite names a column without
 * an alias by its text.
 *
 *   'it\'s', "it's", N'x', _utf8'x'     'it''s'
 *   @@session.sql_mode                  sysvar('session.sql_mode')      and back in the column's name
 *   a <=> b, a && b, a || b, !a, DIV    a IS b, a AND b, a OR b, NOT a, /
 *   @x                                  NULL                            user variables are not kept here
 *   names that are words of SQLite      in backticks
 *   CURRENT_USER, FROM DUAL, SQL_NO_CACHE, hints and comments
 */
#include <string.h>

#include "proxy/admin_int.h"

void admin_put(struct buf *out, const char *s)
{
    buf_append(out, s, strlen(s));
}

void admin_quote(struct buf *out, const char *s, size_t n)
{
    buf_append(out, "'", 1);
    for (size_t i = 0; i < n; i++) {
        if (!s[i])
            continue; /* SQLite's text ends at a NUL */
        buf_append(out, s + i, 1);
        if (s[i] == '\'')
            buf_append(out, "'", 1);
    }
    buf_append(out, "'", 1);
}

const char *admin_finish(struct request *q, struct buf *out)
{
    char *text = arena_copy(q->arena, buf_ptr(out), buf_len(out));
    buf_deinit(out);
    return text;
}

#define SYSVAR "sysvar('"

/* A string alone names its column by what it says. */
static bool unquote(char *name)
{
    size_t n = strlen(name), to = 0;
    if (n < 2 || name[0] != '\'' || name[n - 1] != '\'')
        return false;
    for (size_t i = 1; i < n - 1; i++)
        if (name[i] == '\'' && (i + 2 >= n || name[++i] != '\''))
            return false; /* 'a' || 'b' */
    for (size_t i = 1; i < n - 1; i++) {
        name[to++] = name[i];
        i += name[i] == '\'';
    }
    name[to] = 0;
    return true;
}

const char *admin_column_name(struct arena *a, const char *name)
{
    char *copy = arena_copy(a, name, strlen(name)), *p = copy;
    if (!copy || unquote(copy))
        return copy;
    while (p && (p = strstr(p, SYSVAR))) {
        char *end = strstr(p, "')");
        size_t skip = strlen(SYSVAR);
        if (!end)
            break;
        p[0] = p[1] = '@';
        memmove(p + 2, p + skip, (size_t)(end - p) - skip);
        p += 2 + (size_t)(end - p) - skip;
        memmove(p, end + 2, strlen(end + 2) + 1);
    }
    return copy;
}

struct rewriter {
    struct request *q;
    const char *sql;
    struct lexer lexer;
    struct token token;
    uint32_t end; /* of the token before */
    struct buf *out;
};

/* The space between the last token and this one. */
static void put_gap(struct rewriter *r)
{
    const char *gap = r->sql + r->end;
    size_t n = r->token.span.off - r->end;
    if (strspn(gap, " \t\r\n") >= n)
        buf_append(r->out, gap, n);
    else
        buf_append(r->out, " ", 1); /* there was a comment, or a token was left out */
}

static bool is_word(const struct rewriter *r, const char *word)
{
    return r->token.kind == TK_WORD && ident_is(r->sql, r->token.span, word);
}

static void next(struct rewriter *r)
{
    r->end = span_end(r->token.span);
    lex_next(&r->lexer, &r->token);
}

/* The token after the present one, without moving. */
static struct token peek(const struct rewriter *r)
{
    struct lexer ahead = r->lexer;
    struct token t;
    lex_next(&ahead, &t);
    return t;
}

static bool put_string(struct rewriter *r)
{
    struct lex_slice text;
    if (!literal_text(r->sql, r->token.span, &r->q->session->mode, r->q->arena, &text))
        return false;
    admin_quote(r->out, text.ptr, text.len);
    return true;
}

/* @@ word [ . word ]… */
static void put_variable(struct rewriter *r)
{
    struct token t = peek(r);
    uint32_t from = t.span.off, to = from;
    while (t.kind == TK_WORD || t.kind == TK_QUOTED || t.kind == TK_DOT) {
        next(r);
        to = span_end(r->token.span);
        t = peek(r);
        if (r->token.kind != TK_DOT && t.kind != TK_DOT)
            break;
    }
    admin_put(r->out, SYSVAR);
    for (uint32_t i = from; i < to; i++)
        if (r->sql[i] != '`' && r->sql[i] != '\'')
            buf_append(r->out, r->sql + i, 1);
    admin_put(r->out, "')");
}

static bool is_left_out(const struct rewriter *r)
{
    static const char *const words[] = {"SQL_NO_CACHE",     "SQL_CACHE",      "SQL_CALC_FOUND_ROWS", "HIGH_PRIORITY",
                                        "SQL_SMALL_RESULT", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT"};
    if (r->token.kind == TK_HINT || r->token.kind == TK_ROUTE_HINT || r->token.kind == TK_VERSION_OPEN ||
        r->token.kind == TK_VERSION_CLOSE || r->token.kind == TK_INTRODUCER)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(r, words[i]))
            return true;
    return false;
}

/* What stands for this token; NULL: itself. */
static const char *other_word(struct rewriter *r)
{
    switch (r->token.kind) {
    case TK_NULLSAFE_EQ:
        return " IS ";
    case TK_AND_AND:
        return " AND ";
    case TK_PIPE_PIPE:
        return r->q->session->mode.flags & LEX_PIPES_AS_CONCAT ? NULL : " OR ";
    case TK_BANG:
        return " NOT ";
    case TK_USERVAR:
        return "NULL";
    case TK_WORD:
        if (is_word(r, "DIV"))
            return "/";
        if (is_word(r, "CURRENT_USER") && peek(r).kind != TK_LPAREN)
            return "CURRENT_USER()";
        return NULL;
    default:
        return NULL;
    }
}

/* FROM DUAL: nothing is left out but these two words. */
static bool take_dual(struct rewriter *r)
{
    struct token t = peek(r);
    if (!is_word(r, "FROM") || t.kind != TK_WORD || !ident_is(r->sql, t.span, "DUAL"))
        return false;
    next(r);
    return true;
}

static void put_verbatim(struct rewriter *r)
{
    struct token *t = &r->token;
    const char *text = r->sql + t->span.off;
    bool quote = t->kind == TK_WORD && t->word == KW_NONE && sqlite3_keyword_check(text, (int)t->span.len);
    admin_put(r->out, quote ? "`" : "");
    buf_append(r->out, text, t->span.len);
    admin_put(r->out, quote ? "`" : "");
}

static bool put_token(struct rewriter *r)
{
    const char *other;
    if (r->token.kind == TK_INTRODUCER)
        put_gap(r); /* the string follows at once */
    if (is_left_out(r) || take_dual(r))
        return true;
    put_gap(r);
    if (r->token.kind == TK_STRING || r->token.kind == TK_NSTRING)
        return put_string(r);
    if (r->token.kind == TK_ATAT)
        put_variable(r);
    else if ((other = other_word(r)))
        admin_put(r->out, other);
    else
        put_verbatim(r);
    return true;
}

bool admin_rewrite(struct request *q, const char *sql, size_t len, struct buf *out)
{
    struct rewriter r = {.q = q, .sql = sql, .out = out};
    lex_init(&r.lexer, sql, (uint32_t)len, &q->session->mode);
    lex_next(&r.lexer, &r.token);
    r.end = r.token.span.off;
    while (r.token.kind != TK_END && r.token.kind != TK_ERROR) {
        if (!put_token(&r))
            break;
        next(&r);
    }
    if (r.token.kind == TK_END && !out->bad)
        return true;
    struct words w = {.sql = sql, .len = (uint32_t)len, .token = r.token};
    admin_syntax_error(q, &w);
    return false;
}
