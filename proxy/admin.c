/* What a statement of the admin port is, by its first word. */
#include "proxy/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "proxy/admin_int.h"
#include "proxy/client_stmt.h"

/* ---- the kinds of statements ---- */

enum kind {
    UNKNOWN,
    SELECT,
    SHOW,
    DESCRIBE,
    EXPLAIN,
    SET,
    USE,
    KILL,
    RELOAD,
    DRAIN,
    ENABLE,
    DISABLE,
    SHUTDOWN,
    NOTHING,   /* accepted, and nothing is to be done */
    WRITE,     /* refused: there is nothing to write to */
    NO_PREPARE /* SQL's own prepared statements */
};

static const struct {
    const char *word;
    enum kind kind;
} kinds[] = {
    {"SELECT", SELECT},     {"WITH", SELECT},        {"VALUES", SELECT},      {"SHOW", SHOW},
    {"DESCRIBE", DESCRIBE}, {"DESC", DESCRIBE},      {"EXPLAIN", EXPLAIN},    {"SET", SET},
    {"USE", USE},           {"KILL", KILL},          {"RELOAD", RELOAD},      {"DRAIN", DRAIN},
    {"ENABLE", ENABLE},     {"DISABLE", DISABLE},    {"SHUTDOWN", SHUTDOWN},  {"BEGIN", NOTHING},
    {"START", NOTHING},     {"COMMIT", NOTHING},     {"ROLLBACK", NOTHING},   {"SAVEPOINT", NOTHING},
    {"RELEASE", NOTHING},   {"UNLOCK", NOTHING},     {"DO", NOTHING},         {"INSERT", WRITE},
    {"UPDATE", WRITE},      {"DELETE", WRITE},       {"REPLACE", WRITE},      {"CREATE", WRITE},
    {"DROP", WRITE},        {"ALTER", WRITE},        {"TRUNCATE", WRITE},     {"RENAME", WRITE},
    {"LOAD", WRITE},        {"LOCK", NOTHING},       {"GRANT", WRITE},        {"REVOKE", WRITE},
    {"FLUSH", WRITE},       {"RESET", WRITE},        {"CALL", WRITE},         {"ANALYZE", WRITE},
    {"OPTIMIZE", WRITE},    {"PREPARE", NO_PREPARE}, {"EXECUTE", NO_PREPARE}, {"DEALLOCATE", NO_PREPARE},
};

static enum kind kind_of(const struct words *w)
{
    if (w->token.kind == TK_LPAREN)
        return SELECT;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (words_is(w, kinds[i].word))
            return kinds[i].kind;
    return UNKNOWN;
}

/* The SELECT, in SQLite's words, that a statement with a result stands for. NULL: it was answered, or has failed. */
static const char *select_of(struct request *q, struct words *w, enum kind kind)
{
    struct buf out;
    if (kind == SELECT) {
        buf_init(&out, SIZE_MAX);
        if (w->token.kind == TK_LPAREN)
            admin_put(&out, "SELECT * FROM "); /* SQLite knows no statement in parentheses */
        if (admin_rewrite(q, q->sql, q->len, &out))
            return admin_finish(q, &out);
        buf_deinit(&out);
        return NULL;
    }
    words_next(w);
    return kind == SHOW ? admin_show(q, w) : admin_describe_table(q, w, false);
}

static void explain(struct request *q, struct words *w)
{
    words_next(w);
    if (words_is(w, "ROUTE")) {
        query_statement(q);
        return;
    }
    const char *sql = words_is(w, "SELECT") || w->token.kind == TK_LPAREN ? NULL : admin_describe_table(q, w, false);
    if (sql)
        admin_select(q, sql);
    else if (words_is(w, "SELECT") || w->token.kind == TK_LPAREN)
        query_fail_code(q, ERR_NOT_SUPPORTED_YET, "EXPLAIN on the admin port, but for EXPLAIN ROUTE");
}

static void run(struct request *q, struct words *w, enum kind kind)
{
    const char *sql;
    switch (kind) {
    case SELECT:
    case SHOW:
    case DESCRIBE:
        if ((sql = select_of(q, w, kind)))
            admin_select(q, sql);
        return;
    case EXPLAIN:
        explain(q, w);
        return;
    case NOTHING:
        query_ok(q, 0, 0);
        return;
    case WRITE:
        query_fail_code(q, ERR_OPTION_PREVENTS, "--read-only");
        return;
    case NO_PREPARE:
        query_fail_code(q, ERR_UNSUPPORTED_PS);
        return;
    case UNKNOWN:
        admin_syntax_error(q, w);
        return;
    default:
        break;
    }
    words_next(w);
    switch (kind) {
    case SET:
        admin_set(q, w);
        return;
    case USE:
        admin_use(q, w);
        return;
    case KILL:
        admin_kill(q, w);
        return;
    case RELOAD:
        admin_reload(q, w);
        return;
    case SHUTDOWN:
        admin_shutdown(q, w);
        return;
    default:
        admin_instance_state(q, w, kind == DRAIN ? HEALTH_DRAINING : kind == DISABLE ? HEALTH_DISABLED : HEALTH_UP);
    }
}

/* ---- one statement after the other ---- */

/* Cuts the first statement off q->sql. False: the request has failed. */
static bool cut(struct request *q)
{
    struct span first = {0}, more;
    uint32_t pos = 0;
    bool any = lex_split(q->sql, (uint32_t)q->len, &q->session->mode, &pos, &first) && first.len;
    uint32_t behind = pos;
    q->rest_len = 0;
    if (any && lex_split(q->sql, (uint32_t)q->len, &q->session->mode, &pos, &more)) {
        if (!(q->session->caps & CLIENT_MULTI_STATEMENTS) || q->command.kind != COM_QUERY) {
            struct words w = {.sql = q->sql, .len = (uint32_t)q->len, .token = {.span = more}};
            admin_syntax_error(q, &w);
            return false;
        }
        q->rest = q->sql + behind;
        q->rest_len = q->len - behind;
    }
    q->more = q->rest_len > 0;
    q->sql += first.off;
    q->len = first.len;
    if (!any)
        query_fail_code(q, ERR_EMPTY_QUERY);
    return any;
}

static void forget_error(struct session *s, const struct words *w, enum kind kind)
{
    struct words at = *w;
    words_next(&at);
    if (kind == SHOW && (words_is(&at, "WARNINGS") || words_is(&at, "ERRORS") || words_is(&at, "COUNT")))
        return;
    free(s->last_error);
    s->last_error = NULL;
}

void admin_statement(struct request *q)
{
    struct words w;
    if (!cut(q))
        return;
    words_init(&w, q, q->sql, q->len);
    enum kind kind = kind_of(&w);
    forget_error(q->session, &w, kind);
    run(q, &w, kind);
}

void admin_prepare(struct request *q)
{
    struct words w;
    struct column *columns;
    unsigned n_params, n_columns;
    if (!cut(q))
        return;
    words_init(&w, q, q->sql, q->len);
    enum kind kind = kind_of(&w);
    if (kind == NOTHING || kind == SET) {
        prepare_answer(q, 0, NULL, 0);
        return;
    }
    if (kind != SELECT) {
        query_fail_code(q, ERR_UNSUPPORTED_PS);
        return;
    }
    const char *sql = select_of(q, &w, kind);
    if (sql && admin_describe(q, sql, &n_params, &columns, &n_columns))
        prepare_answer(q, (uint16_t)n_params, columns, (uint16_t)n_columns);
}

/* Old clients complete names by it. */
void admin_field_list(struct request *q)
{
    char name[200];
    const char *schema = session_schema(q->session);
    struct mesh_column c;
    struct buf out;
    snprintf(name, sizeof name, "%.*s", (int)q->command.text.len, (const char *)q->command.text.p);
    const struct mesh_table *t = mesh_table_find(schema ? schema : "mesh", name);
    if (!t) {
        query_fail_code(q, ERR_NO_SUCH_TABLE, schema ? schema : "mesh", name);
        return;
    }
    buf_init(&out, SIZE_MAX);
    for (size_t at = 0; mesh_table_column(t, &at, &c);) {
        struct column column = column_make(c.name, *c.type == 'T'   ? MYSQL_TYPE_VAR_STRING
                                                   : *c.type == 'I' ? MYSQL_TYPE_LONGLONG
                                                                    : MYSQL_TYPE_DOUBLE);
        column.table = column.org_table = (struct bytes){(const uint8_t *)t->name, strlen(t->name)};
        column.org_name = column.name;
        column.value = (struct bytes){(const uint8_t *)"", 0};
        column_write(&out, &q->seq, &column);
    }
    reply_write_end(&out, &q->seq, q->session->caps, query_status(q), 0);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}
