/* Replies that we make ourselves: OK and ERR packets with the status flags that the client expects. */
#include "proxy/query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

uint16_t query_status(const struct request *q)
{
    const struct session *s = q->session;
    uint16_t status = session_autocommit(s) ? SERVER_STATUS_AUTOCOMMIT : 0;
    if (trx_open(s))
        status |= SERVER_STATUS_IN_TRANS | (s->trx.read_only ? SERVER_STATUS_IN_TRANS_READONLY : 0);
    if (s->mode.flags & LEX_NO_BACKSLASH_ESCAPES)
        status |= SERVER_STATUS_NO_BACKSLASH_ESCAPES;
    if (q->more)
        status |= SERVER_MORE_RESULTS_EXISTS;
    return status;
}

void query_reply(struct request *q, struct buf *packets)
{
    q->replied = true;
    conn_write_buf(&q->session->conn, packets);
}

void query_ok(struct request *q, uint64_t affected, uint64_t insert_id)
{
    struct buf out;
    struct ok_packet ok = {
        .affected = affected, .insert_id = insert_id, .status = query_status(q), .warnings = q->warnings};
    struct buf changes;
    buf_init(&changes, SIZE_MAX);
    if (q->before && q->before != q->session->settings)
        variables_changes(q->before, q->session->settings, &changes);
    if (buf_len(&changes)) {
        ok.changes = (struct bytes){buf_ptr(&changes), buf_len(&changes)};
        ok.status |= SERVER_SESSION_STATE_CHANGED;
    }
    buf_init(&out, SIZE_MAX);
    reply_write_ok(&out, &q->seq, q->session->caps, 0, &ok);
    buf_deinit(&changes);
    query_reply(q, &out);
    buf_deinit(&out);
    q->local = true;
    q->affected = affected;
    q->insert_id = insert_id;
    query_done(q);
}

void query_fail(struct request *q, const struct error *err)
{
    struct session *s = q->session;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    reply_write_err(&out, &q->seq, err->number, err->sqlstate, err->text, strlen(err->text));
    query_reply(q, &out);
    buf_deinit(&out);
    q->failed = true;
    if (err->code != ERROR_NONE) {
        stats_error(s->worker->stats, err->number);
        if (!s->last_error && !(s->last_error = malloc(sizeof *s->last_error)))
            abort();
        *s->last_error = *err;
        s->has_diag = false;
    }
    query_done(q);
}

void query_fail_code(struct request *q, enum error_code code, ...)
{
    const struct error_row *row = error_row(code);
    struct error err = {.code = code, .number = row->number};
    memcpy(err.sqlstate, row->sqlstate, sizeof err.sqlstate);
    va_list ap;
    va_start(ap, code);
    vsnprintf(err.text, sizeof err.text, row->text, ap);
    va_end(ap);
    query_fail(q, &err);
}

void query_note_settings(struct request *q)
{
    if (q->session->caps & CLIENT_SESSION_TRACK)
        q->before = settings_ref(q->session->settings);
}
