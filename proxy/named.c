/* PREPARE name FROM …, EXECUTE name USING …, DEALLOCATE PREPARE: the text stays with the session; EXECUTE puts the values
 * of the user variables in place of the question marks and runs what comes out as a statement of its own, so that it is
 * routed by them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proxy/client_stmt.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/worker.h"
#include "router/parse.h"

struct named_stmt {
    struct named_stmt *next;
    char *sql;
    size_t len;
    char name[];
};

static struct named_stmt **find(struct session *s, const char *name)
{
    struct named_stmt **at = &s->named;
    while (*at && strcasecmp((*at)->name, name))
        at = &(*at)->next;
    return at;
}

static void drop(struct named_stmt **at)
{
    struct named_stmt *n = *at;
    *at = n->next;
    free(n->sql);
    free(n);
}

void named_free_all(struct session *s)
{
    while (s->named)
        drop(&s->named);
}

static char *name_of(struct request *q, struct span span, const char *prefix)
{
    size_t k = strlen(prefix);
    char *name = arena_alloc(q->arena, span.len + k + 1);
    int n = name ? ident_text(q->sql, span, name + k, span.len) : -1;
    if (n < 0)
        return NULL;
    memcpy(name, prefix, k);
    name[k + (size_t)n] = 0;
    return name;
}

/* The value of a user variable as SQL. */
static const char *variable(struct request *q, const struct expr *e)
{
    char *name = name_of(q, e->name, "@");
    for (char *p = name; p && *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    const char *v = name ? settings_get(q->session->settings, name) : NULL;
    return v ? v : "NULL";
}

/* The bytes of a value that settings hold: 'text' or _cs X'hex' …. */
static bool text_of_value(struct request *q, const char *v, struct lex_slice *out)
{
    const char *hex = strstr(v, "X'");
    size_t n = strlen(v);
    if (v[0] == '\'') {
        *out = (struct lex_slice){v + 1, n - 2};
        return true;
    }
    if (v[0] != '_' || !hex)
        return false;
    struct span span = {(uint32_t)(hex - v), (uint32_t)(strchr(hex + 2, '\'') - hex + 1)};
    return literal_text(v, span, &q->session->mode, q->arena, out);
}

static bool source(struct request *q, const struct expr *from, struct lex_slice *out)
{
    if (from->kind == EX_USERVAR)
        return text_of_value(q, variable(q, from), out);
    return from->kind == EX_LITERAL && literal_text(q->sql, from->span, &q->session->mode, q->arena, out);
}

void named_prepare(struct request *q)
{
    struct session *s = q->session;
    const struct prepare *p = q->plan->stmt->prepare;
    char *name = name_of(q, p->name, "");
    struct lex_slice text;
    struct parse_result res;
    if (!name || !source(q, p->from, &text)) {
        query_fail_code(q, ERR_WRONG_ARGUMENTS, "PREPARE");
        return;
    }
    struct named_stmt **old = find(s, name);
    if (*old)
        drop(old);
    if (parse_sql(text.ptr, (uint32_t)text.len, &s->mode, q->arena, &res)) {
        char near[81];
        snprintf(near, sizeof near, "%.*s", (int)(text.len - res.offset), text.ptr + res.offset);
        query_fail_code(q, ERR_PARSE,
                        "check the manual that corresponds to your MySQL server version for the right syntax to use", near,
                        res.line);
        return;
    }
    unsigned many = 0;
    for (const struct named_stmt *k = s->named; k; k = k->next)
        many++;
    if (many >= s->worker->conf->limits.max_statements) {
        query_fail_code(q, ERR_MAX_PREPARED_STMT_COUNT, s->worker->conf->limits.max_statements);
        return;
    }
    struct named_stmt *n = malloc(sizeof *n + strlen(name) + 1);
    if (!n || !(n->sql = malloc(text.len + 1)))
        abort();
    strcpy(n->name, name);
    memcpy(n->sql, text.ptr, text.len);
    n->len = text.len;
    n->next = s->named;
    s->named = n;
    query_ok(q, 0, 0);
}

/* The text with values in place of its question marks; false: their numbers differ. */
static bool substitute(struct request *q, const struct named_stmt *n, const struct expr_list *values, struct buf *out)
{
    struct lexer lx;
    struct token tok;
    uint32_t at = 0, used = 0, given = values ? values->n : 0;
    lex_init(&lx, n->sql, (uint32_t)n->len, &q->session->mode);
    while (lex_next(&lx, &tok) != TK_END && tok.kind != TK_ERROR) {
        if (tok.kind != TK_PARAM)
            continue;
        if (used == given || values->v[used]->kind != EX_USERVAR)
            return false;
        const char *v = variable(q, values->v[used++]);
        buf_append(out, n->sql + at, tok.span.off - at);
        buf_append(out, " ", 1);
        buf_append(out, v, strlen(v));
        buf_append(out, " ", 1);
        at = span_end(tok.span);
    }
    buf_append(out, n->sql + at, n->len - at);
    return used == given;
}

void named_execute(struct request *q)
{
    const struct prepare *p = q->plan->stmt->prepare;
    char *name = name_of(q, p->name, "");
    struct named_stmt *n = name ? *find(q->session, name) : NULL;
    if (!n) {
        query_fail_code(q, ERR_UNKNOWN_STMT_HANDLER, name ? (int)strlen(name) : 0, name ? name : "", "EXECUTE");
        return;
    }
    struct buf out;
    buf_init(&out, q->session->worker->conf->limits.max_allowed_packet);
    bool fits = substitute(q, n, p->using_, &out);
    char *sql = fits && !out.bad ? arena_copy(q->arena, buf_ptr(&out), buf_len(&out)) : NULL;
    size_t len = buf_len(&out);
    buf_deinit(&out);
    if (sql)
        query_inner(q, sql, len);
    else
        query_fail_code(q, ERR_WRONG_ARGUMENTS, "EXECUTE");
}

void named_deallocate(struct request *q)
{
    char *name = name_of(q, q->plan->stmt->prepare->name, "");
    struct named_stmt **at = name ? find(q->session, name) : NULL;
    if (!at || !*at) {
        query_fail_code(q, ERR_UNKNOWN_STMT_HANDLER, name ? (int)strlen(name) : 0, name ? name : "", "DEALLOCATE PREPARE");
        return;
    }
    drop(at);
    query_ok(q, 0, 0);
}
