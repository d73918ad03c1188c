/* One backend's reply to the client, as it arrives.
 *
 *   backend ──▶ result_feed() ──▶ conn_write(client)
 *                    │ OK, EOF, ERR: status, session tracking
 *                    ▼
 *              over: after_reply() ──▶ run_release() ──▶ query_done()
 *
 * Bytes are passed on where the kernel put them. What is rewritten: sequence ids, when results of this command went
 * before (multi-statements); and OK packets that carry session state changes, because the client may not have asked for
 * them. When the client does not read, the backend is paused: its socket fills, and the server waits.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "proxy/after.h"
#include "proxy/client_stmt.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/variables.h"
#include "proxy/worker.h"


static struct target *only(struct request *q)
{
    return &q->targets[0];
}

/* ---- sending the statement ---- */

static bool whole_packet(const struct request *q, const struct target *t)
{
    /* the client's own packet is one text command and this statement is all of it */
    return !t->sql && q->command.kind == COM_QUERY && q->sql == (const char *)q->command.text.p &&
           q->len == q->command.text.len && q->wire && q->len + 1 < PACKET_MAX;
}

static void send_text(struct request *q, struct target *t)
{
    if (whole_packet(q, t)) {
        size_t n = q->len + 1;
        uint8_t *header = q->wire;
        header[0] = (uint8_t)n;
        header[1] = (uint8_t)(n >> 8);
        header[2] = (uint8_t)(n >> 16);
        header[3] = 0;
        backend_send(t->backend, header, n + PACKET_HEADER);
        return;
    }
    struct buf out;
    buf_init(&out, SIZE_MAX);
    command_write_query(&out, t->backend->caps, (struct bytes){NULL, 0}, t->sql ? t->sql : q->sql, t->sql ? t->len : q->len);
    backend_send(t->backend, buf_ptr(&out), buf_len(&out));
    buf_deinit(&out);
}

/* The parameters' values with those that came in pieces among them, as strings. (Sending the pieces on would not do: the
 * statement on the backend is shared, and MariaDB reads pieces by the type that the last execution there had.) */
static void inline_longs(const struct client_stmt *st, const struct stmt_execute *e, uint16_t *types, struct buf *values)
{
    struct reader r = rd_init(e->values.p, e->values.len);
    for (uint16_t i = 0; i < st->n_params; i++) {
        types[i] = st->types.at[i];
        if (st->longs[i].data) {
            types[i] = (types[i] & 0xff) == MYSQL_TYPE_VAR_STRING || (types[i] & 0xff) == MYSQL_TYPE_STRING ? types[i]
                                                                                                        : MYSQL_TYPE_BLOB;
            wr_str_lenenc(values, buf_ptr(&st->longs[i]), buf_len(&st->longs[i]));
        } else if (!(e->nulls[i / 8] & 1 << i % 8)) {
            const uint8_t *from = r.p;
            value_skip_binary(&r, (uint8_t)types[i]);
            wr_bytes(values, from, (size_t)(r.p - from));
        }
    }
}

static void send_execute(struct request *q, struct target *t)
{
    struct buf out, values;
    struct client_stmt *st = q->stmt;
    struct stmt_execute e = q->execute;
    struct stmt_types types = st->types;
    buf_init(&out, SIZE_MAX);
    buf_init(&values, SIZE_MAX);
    uint16_t *with_longs = st->longs ? arena_alloc(q->arena, (st->n_params + 1u) * sizeof *with_longs) : NULL;
    if (with_longs) {
        inline_longs(st, &e, with_longs, &values);
        e.values = (struct bytes){buf_ptr(&values), buf_len(&values)};
        types.at = with_longs;
        e.bound = false; /* written anew, not copied */
    }
    stmt_write_execute(&out, t->backend->caps, t->stmt_id, &e, &types);
    backend_send(t->backend, buf_ptr(&out), buf_len(&out));
    buf_deinit(&values);
    buf_deinit(&out);
}

void relay_send(struct target *t)
{
    struct request *q = t->query;
    struct worker *w = q->session->worker;
    bool deprecate_eof = t->backend->caps & CLIENT_DEPRECATE_EOF;
    t->sent = true;
    stats_add(w->stats, backend_queries, 1);
    run_watch(t, true);
    if (q->raw.p) {
        result_init(&t->result, command_result(q->command.kind), deprecate_eof);
        backend_send(t->backend, q->raw.p, q->raw.len);
    } else if (q->stmt) {
        result_init(&t->result, RESULT_OF_EXECUTE, deprecate_eof);
        send_execute(q, t);
    } else {
        result_init(&t->result, RESULT_OF_QUERY, deprecate_eof);
        send_text(q, t);
    }
}

static void start(struct request *q)
{
    struct target *t = only(q);
    relay_send(t);
    t->result.seq_shift = (uint8_t)(q->seq - 1);
}

/* ---- status packets ---- */

void relay_note_changes(struct target *t, struct bytes changes)
{
    struct session *s = t->query->session;
    struct bytes gtid;
    t->query->untracked = false;
    struct settings *now = variables_tracked(s->settings, changes, &gtid);
    if (now != s->settings) {
        session_set_settings(s, now);
        settings_unref(t->backend->settings);
        t->backend->settings = settings_ref(now);
    } else {
        settings_unref(now);
    }
    if (gtid.p && gtid.len)
        session_note_write(s, t->shard, gtid);
}

/* The changes that this client wants to hear of, into out. */
static void filter_changes(struct bytes changes, struct buf *out)
{
    struct reader r = rd_init(changes.p, changes.len);
    struct change c;
    for (;;) {
        const uint8_t *from = r.p;
        if (!reply_next_change(&r, &c))
            return;
        if (c.type == SESSION_TRACK_SCHEMA || (c.type == SESSION_TRACK_SYSTEM_VARIABLES && variables_client_tracks(c.name)))
            wr_bytes(out, from, (size_t)(r.p - from));
    }
}

/* An OK packet as this client shall see it, instead of the server's. */
static void write_ok(struct target *t, const struct packet *p, const struct ok_packet *from)
{
    struct request *q = t->query;
    struct session *s = q->session;
    struct ok_packet ok = *from;
    struct buf changes, out;
    uint8_t seq = p->seq;
    buf_init(&changes, SIZE_MAX);
    buf_init(&out, SIZE_MAX);
    if (s->caps & CLIENT_SESSION_TRACK)
        filter_changes(from->changes, &changes);
    ok.changes = (struct bytes){buf_ptr(&changes), buf_len(&changes)};
    if (!buf_len(&changes))
        ok.status &= (uint16_t)~SERVER_SESSION_STATE_CHANGED;
    if (q->more && t->result.over)
        ok.status |= SERVER_MORE_RESULTS_EXISTS;
    reply_write_ok(&out, &seq, s->caps, p->data[0], &ok);
    conn_write_buf(&s->conn, &out);
    buf_deinit(&out);
    buf_deinit(&changes);
}

/* Must this packet reach the client in another form? Then *ok is what it says. */
static bool must_rewrite(struct target *t, enum result_event event, struct packet *p, struct ok_packet *ok)
{
    struct request *q = t->query;
    bool more = q->more && t->result.over;
    bool changed = t->result.status & SERVER_SESSION_STATE_CHANGED;
    if ((event != RESULT_OK && event != RESULT_END) || (!more && !changed) || t->result.command == RESULT_OF_PREPARE)
        return false;
    if (event == RESULT_END && !t->result.deprecate_eof) {
        if (more && p->len >= 5)
            p->data[3] |= SERVER_MORE_RESULTS_EXISTS; /* EOF: header, warnings, status */
        return false;
    }
    if (!reply_read_ok(p->data, p->len, t->backend->caps, ok))
        return false;
    if (changed)
        relay_note_changes(t, ok->changes);
    return true;
}

/* ---- the end ---- */

static void finish(struct request *q)
{
    run_release(q);
    if (q->after_run)
        q->after_run(q);
    else
        query_done(q);
}

static void over(struct target *t)
{
    struct request *q = t->query;
    const struct result *r = &t->result;
    struct session *s = q->session;
    t->finished = true;
    q->seq = (uint8_t)(r->last_seq + 1);
    q->failed = r->error != 0;
    q->rows = r->rows;
    q->warnings = r->warnings;
    if (r->command == RESULT_OF_PREPARE)
        prepare_keep_on_backend(t);
    run_watch(t, false);
    if (q->failed) {
        stats_add(s->worker->stats, backend_errors, 1);
        after_reply(t, finish);
        return;
    }
    if (r->command != RESULT_OF_PREPARE)
        t->backend->status = r->status;
    q->affected = r->affected;
    q->insert_id = r->insert_id;
    if (q->insert_id && q->plan->flags & PLAN_GENERATES_ID)
        s->last_insert_id = q->insert_id;
    after_reply(t, finish);
}

/* ---- LOAD DATA LOCAL: the client's file goes the other way ---- */

bool query_on_bytes(struct session *s)
{
    struct request *q = s->query;
    size_t n, used = 0;
    if (!q || !q->infile)
        return false;
    struct target *t = only(q);
    uint8_t *p = conn_data(&s->conn, &n);
    while (used < n && q->infile) {
        size_t left = n - used;
        if (q->infile_skip) {
            size_t k = left < q->infile_skip ? left : q->infile_skip;
            used += k;
            q->infile_skip -= (uint32_t)k;
            continue;
        }
        if (left < PACKET_HEADER)
            break;
        uint8_t *h = p + used;
        q->infile_skip = (uint32_t)h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16;
        q->infile = q->infile_skip > 0; /* an empty packet ends the file */
        h[3] = (uint8_t)(h[3] - t->result.seq_shift);
        used += PACKET_HEADER;
    }
    conn_write(&t->backend->conn, p, used);
    conn_consume(&s->conn, used);
    if (t->backend->conn.congested)
        conn_pause(&s->conn);
    return true;
}

/* ---- the reply ---- */

static void hold_back(struct target *t)
{
    struct session *s = t->query->session;
    conn_pause(&t->backend->conn);
    run_watch(t, false);
    stats_add(s->worker->stats, relay_pauses, 1);
    conn_deadline(&s->conn, s->worker->conf->limits.write_timeout);
}

static void on_drain(struct request *q)
{
    conn_deadline(&q->session->conn, 0);
    if (q->n_targets && only(q)->backend) {
        conn_resume(&only(q)->backend->conn);
        run_watch(only(q), true);
    }
}

static void on_reply(struct target *t)
{
    struct request *q = t->query;
    struct session *s = q->session;
    struct conn *from = &t->backend->conn;
    run_watch(t, true);
    for (;;) {
        size_t n, used;
        uint8_t *p = conn_data(from, &n);
        struct packet packet;
        if (!n)
            break;
        enum result_event event = result_feed(&t->result, p, n, &used, &packet);
        if (event == RESULT_BAD) {
            run_broken(t);
            return;
        }
        struct ok_packet ok;
        if (event == RESULT_OK && t->result.command == RESULT_OF_PREPARE)
            prepare_on_ok(t, &packet);
        bool other = must_rewrite(t, event, &packet, &ok);
        size_t plain = other ? used - packet.raw : used;
        q->replied |= used > 0;
        conn_write(&s->conn, p, plain);
        if (other)
            write_ok(t, &packet, &ok);
        conn_consume(from, used);
        if (t->result.over) {
            over(t);
            return;
        }
        if (event == RESULT_INFILE) {
            q->infile = true;
            query_on_bytes(s);
            return;
        }
        if (event == RESULT_MORE)
            break;
    }
    if (s->conn.congested)
        hold_back(t);
}

const struct run_ops relay_ops = {start, on_reply, on_drain, NULL};
