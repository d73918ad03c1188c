/* Functions that answer from the client's session, not from the connection that happens to serve it: CONNECTION_ID(),
 * LAST_INSERT_ID(), FOUND_ROWS(), ROW_COUNT(), USER(), CURRENT_USER() become literals before the statement is sent. A
 * select item keeps its name by an alias.
 */
#include <stdio.h>
#include <string.h>

#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"

static void value(const struct session *s, enum plan_session_function f, struct buf *sql)
{
    char text[400];
    switch (f) {
    case PLAN_FN_CONNECTION_ID:
        snprintf(text, sizeof text, "%u", s->id);
        break;
    case PLAN_FN_LAST_INSERT_ID:
        snprintf(text, sizeof text, "%llu", (unsigned long long)s->last_insert_id);
        break;
    case PLAN_FN_FOUND_ROWS:
        snprintf(text, sizeof text, "%llu", (unsigned long long)s->found_rows);
        break;
    case PLAN_FN_ROW_COUNT:
        snprintf(text, sizeof text, "%lld", (long long)s->row_count);
        break;
    case PLAN_FN_WARNING_COUNT:
        snprintf(text, sizeof text, "%u", s->last_error ? 1u : s->warnings);
        break;
    case PLAN_FN_ERROR_COUNT:
        snprintf(text, sizeof text, "%d", s->last_error || s->last_failed);
        break;
    case PLAN_FN_DATABASE:
        snprintf(text, sizeof text, "NULL");
        break;
    case PLAN_FN_USER:
    case PLAN_FN_CURRENT_USER:
        snprintf(text, sizeof text, "%s@%s", s->user->name, f == PLAN_FN_USER ? s->host : "%");
        settings_quote(sql, text, strlen(text));
        return;
    }
    buf_append(sql, text, strlen(text));
}

static void alias(const char *sql, struct span s, struct buf *out)
{
    buf_append(out, " AS `", 5);
    for (uint32_t i = 0; i < s.len; i++) {
        buf_append(out, sql + s.off + i, 1);
        if (sql[s.off + i] == '`')
            buf_append(out, "`", 1);
    }
    buf_append(out, "`", 1);
}

bool query_edit(struct request *q)
{
    if (!q->plan->n_edits)
        return true;
    struct buf out;
    uint32_t at = 0;
    buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < q->plan->n_edits; i++) {
        const struct plan_edit *e = &q->plan->edits[i];
        buf_append(&out, q->sql + at, e->span.off - at);
        value(q->session, e->function, &out);
        if (e->needs_alias)
            alias(q->sql, e->span, &out);
        at = span_end(e->span);
    }
    buf_append(&out, q->sql + at, q->len - at);
    q->len = buf_len(&out);
    q->sql = arena_copy(q->arena, buf_ptr(&out), buf_len(&out));
    buf_deinit(&out);
    if (!q->sql)
        query_fail_code(q, ERR_STATEMENT_MEMORY, 0ull);
    return q->sql != NULL;
}
