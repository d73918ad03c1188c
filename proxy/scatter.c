/* Rows of several shards, one after the other, as one result.
 *
 *   HEADS  every shard is asked at once; each one's column packets are read and kept, then it is paused
 *   ROWS   the columns agree: the first one's are sent, then the rows shard by shard, as they arrive
 *   over   one end packet, with the sum of the warnings
 *
 * An error of any shard ends the statement with that error: rows that were sent before it are followed by an ERR packet,
 * which no client takes for the end of a result. In a transaction the other shards' rows are read to their end first:
 * closing those connections would roll back what the transaction has written there. Memory: the column packets of all
 * shards, and what the relay holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "protocol/reply.h"
#include "protocol/row.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/stats.h"
#include "proxy/worker.h"

#define HEAD_MAX ((size_t)16 << 20)      /* column packets of one shard */
#define DISTINCT_MAX 200000              /* rows compared by PLAN_DISTINCT_ROWS */

struct part {
    struct buf head;   /* column packets, headers included */
    size_t n_head;
    bool has_head;
    bool is_ok;        /* answered without rows */
};

struct scatter {
    struct part *parts;
    size_t now;        /* the shard whose rows flow */
    bool rows;         /* phase ROWS */
    uint64_t *seen;    /* hashes of rows that went out: open addressing, 0 = free */
    size_t n_seen, cap_seen;
    bool failed;       /* with `error`: the rest is read and dropped */
    struct error error;
};

enum flow { FLOW_WAIT, FLOW_DONE, FLOW_GONE }; /* GONE: the statement has ended, or is failing */

static void rows(struct request *q);

static void start(struct request *q)
{
    struct scatter *sc = arena_zalloc(q->arena, sizeof *sc);
    if (sc)
        sc->parts = arena_zalloc(q->arena, q->n_targets * sizeof *sc->parts);
    if (!sc || !sc->parts)
        abort(); /* small; the ceiling is megabytes */
    q->state = sc;
    for (size_t i = 0; i < q->n_targets; i++) {
        buf_init(&sc->parts[i].head, HEAD_MAX);
        relay_send(&q->targets[i]);
    }
}

static void cleanup(struct request *q)
{
    struct scatter *sc = q->state;
    for (size_t i = 0; sc && i < q->n_targets; i++)
        buf_deinit(&sc->parts[i].head);
    if (sc)
        free(sc->seen);
    q->state = NULL;
}

static void error_of(const struct packet *p, struct error *err)
{
    struct err_packet e;
    if (!reply_read_err(p->data, p->len, &e)) {
        error_set(err, ERR_MALFORMED_PACKET);
        return;
    }
    err->code = ERROR_NONE;
    err->number = e.number;
    memcpy(err->sqlstate, e.sqlstate, sizeof err->sqlstate);
    snprintf(err->text, sizeof err->text, "%.*s", (int)e.text.len, e.text.p);
}

static enum result_event next_packet(struct target *t, struct packet *p)
{
    size_t n;
    uint8_t *data = conn_data(&t->backend->conn, &n);
    enum packet_status status = packet_next(data, n, (size_t)1 << 30, p);
    if (status == PACKET_MORE)
        return RESULT_MORE;
    return status == PACKET_OK ? result_packet(&t->result, p->data, p->len) : RESULT_BAD;
}

/* ---- failing ---- */

static void on_status(struct backend *b, const struct answer *a);

/* Reads on to the end of the target's reply; behind an error, asks whether there still is a transaction: an ERR packet
 * does not say. False: its backend is lost, and the statement has ended. */
static bool drop_rest(struct target *t)
{
    static const uint8_t ping = COM_PING;
    while (!t->finished) {
        struct packet p;
        enum result_event event = next_packet(t, &p);
        if (event == RESULT_MORE) {
            conn_resume(&t->backend->conn);
            run_watch(t, true);
            return true;
        }
        if (event == RESULT_BAD || event == RESULT_INFILE) {
            run_broken(t);
            return false;
        }
        conn_consume(&t->backend->conn, p.raw);
        t->finished = t->result.over;
        if (event == RESULT_END || event == RESULT_OK)
            t->backend->status = t->result.status;
    }
    if (t->result.error && !t->lost && !t->error.number) {
        t->error.number = t->result.error;
        conn_resume(&t->backend->conn);
        backend_ask(t->backend, RESULT_OF_SIMPLE, &ping, 1, on_status);
    }
    return true;
}

static void end_if_dropped(struct request *q)
{
    struct scatter *sc = q->state;
    struct error err = sc->error;
    for (size_t i = 0; i < q->n_targets; i++)
        if (!q->targets[i].finished || q->targets[i].backend->ask.done)
            return;
    cleanup(q);
    run_release(q);
    query_fail(q, &err);
}

static void on_status(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (a->error.number)
        b->unclean = true;
    end_if_dropped(t->query);
}

static void give_up(struct request *q, const struct error *err)
{
    struct scatter *sc = q->state;
    q->failed = true;
    if (!trx_open(q->session) && session_autocommit(q->session)) {
        struct error kept = *err;
        cleanup(q);
        run_release(q);
        query_fail(q, &kept);
        return;
    }
    sc->failed = true;
    sc->error = *err;
    for (size_t i = 0; i < q->n_targets; i++)
        if (!drop_rest(&q->targets[i]))
            return;
    end_if_dropped(q);
}

/* ---- HEADS ---- */

static bool all_have_heads(const struct request *q)
{
    const struct scatter *sc = q->state;
    for (size_t i = 0; i < q->n_targets; i++)
        if (!sc->parts[i].has_head)
            return false;
    return true;
}

static bool same_columns(const struct part *a, const struct part *b)
{
    struct reader ra = rd_init(buf_ptr(&a->head), buf_len(&a->head)), rb = rd_init(buf_ptr(&b->head), buf_len(&b->head));
    if (a->n_head != b->n_head)
        return false;
    for (size_t i = 0; i < a->n_head; i++) {
        struct bytes ha = rd_bytes(&ra, PACKET_HEADER), hb = rd_bytes(&rb, PACKET_HEADER);
        if (ra.bad || rb.bad)
            return false;
        struct bytes pa = rd_bytes(&ra, (size_t)ha.p[0] | (size_t)ha.p[1] << 8 | (size_t)ha.p[2] << 16);
        struct bytes pb = rd_bytes(&rb, (size_t)hb.p[0] | (size_t)hb.p[1] << 8 | (size_t)hb.p[2] << 16);
        struct column ca, cb;
        if (i == 0)
            continue; /* the column count; n_head has said it */
        if (!column_read(pa.p, pa.len, &ca) || !column_read(pb.p, pb.len, &cb) || column_differs(&ca, &cb))
            return false;
    }
    return true;
}

static void send_head(struct request *q)
{
    struct session *s = q->session;
    struct scatter *sc = q->state;
    struct part *first = &sc->parts[0];
    struct reader r = rd_init(buf_ptr(&first->head), buf_len(&first->head));
    struct buf out;
    buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < first->n_head; i++) {
        struct bytes h = rd_bytes(&r, PACKET_HEADER);
        struct bytes p = rd_bytes(&r, (size_t)h.p[0] | (size_t)h.p[1] << 8 | (size_t)h.p[2] << 16);
        packet_write(&out, p.p, p.len, &q->seq);
    }
    if (!(s->caps & CLIENT_DEPRECATE_EOF))
        reply_write_eof(&out, &q->seq, query_status(q), 0);
    query_reply(q, &out);
    buf_deinit(&out);
}

static void heads_done(struct request *q)
{
    struct scatter *sc = q->state;
    struct error err;
    for (size_t i = 1; i < q->n_targets; i++) {
        if (!same_columns(&sc->parts[0], &sc->parts[i])) {
            char why[200];
            const struct topo *topo = q->session->worker->snapshot->topo;
            snprintf(why, sizeof why, "shards '%s' and '%s' answer with different columns: their tables differ",
                     topo->shards[q->targets[0].shard].conf->name, topo->shards[q->targets[i].shard].conf->name);
            error_set(&err, ERR_REFUSED, why);
            give_up(q, &err);
            return;
        }
    }
    send_head(q);
    sc->rows = true;
    rows(q);
}

static void head_packets(struct target *t)
{
    struct request *q = t->query;
    struct scatter *sc = q->state;
    struct part *part = &sc->parts[t - q->targets];
    while (!part->has_head) {
        struct packet p;
        struct error err;
        enum result_event event = next_packet(t, &p);
        uint8_t seq = 0;
        switch (event) {
        case RESULT_MORE:
            return;
        case RESULT_HEAD:
        case RESULT_COLUMN:
            packet_write(&part->head, p.data, p.len, &seq);
            part->n_head++;
            part->has_head = t->result.deprecate_eof && !t->result.left && event == RESULT_COLUMN;
            break;
        case RESULT_COLUMNS_END:
            part->has_head = true;
            break;
        case RESULT_ERR:
            t->finished = true;
            error_of(&p, &err);
            conn_consume(&t->backend->conn, p.raw);
            stats_add(q->session->worker->stats, backend_errors, 1);
            give_up(q, &err);
            return;
        default:
            run_broken(t);
            return;
        }
        conn_consume(&t->backend->conn, p.raw);
        if (part->head.bad) {
            run_broken(t);
            return;
        }
    }
    conn_pause(&t->backend->conn);
    run_watch(t, false);
    if (all_have_heads(q))
        heads_done(q);
}

/* ---- ROWS ---- */

/* Has a row of these bytes gone out already? Remembers it. */
static bool seen_before(struct scatter *sc, const uint8_t *row, size_t len)
{
    uint64_t h = XXH3_64bits(row, len);
    h += !h;
    if (sc->n_seen * 2 >= sc->cap_seen) {
        size_t cap = sc->cap_seen ? sc->cap_seen * 2 : 256;
        uint64_t *grown = calloc(cap, sizeof *grown);
        if (!grown)
            abort();
        for (size_t i = 0; i < sc->cap_seen; i++) {
            size_t at = sc->seen[i] & (cap - 1);
            while (sc->seen[i] && grown[at])
                at = (at + 1) & (cap - 1);
            if (sc->seen[i])
                grown[at] = sc->seen[i];
        }
        free(sc->seen);
        sc->seen = grown;
        sc->cap_seen = cap;
    }
    size_t at = h & (sc->cap_seen - 1);
    while (sc->seen[at] && sc->seen[at] != h)
        at = (at + 1) & (sc->cap_seen - 1);
    if (sc->seen[at] == h)
        return true;
    sc->seen[at] = h;
    sc->n_seen++;
    return false;
}

static void all_over(struct request *q)
{
    struct session *s = q->session;
    struct buf out;
    unsigned warnings = 0;
    for (size_t i = 0; i < q->n_targets; i++)
        warnings += q->targets[i].result.warnings;
    q->warnings = (uint16_t)(warnings > 65535 ? 65535 : warnings);
    cleanup(q);
    run_release(q);
    buf_init(&out, SIZE_MAX);
    reply_write_end(&out, &q->seq, s->caps, query_status(q), q->warnings);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

/* Packets of the shard whose turn it is. */
static enum flow row_packets(struct request *q, struct target *t, struct buf *out)
{
    struct scatter *sc = q->state;
    struct packet p;
    struct error err;
    for (;;) {
        enum result_event event = next_packet(t, &p);
        switch (event) {
        case RESULT_MORE:
            return FLOW_WAIT;
        case RESULT_ROW:
            if (!(q->plan->flags & PLAN_DISTINCT_ROWS) || !seen_before(sc, p.data, p.len)) {
                packet_write(out, p.data, p.len, &q->seq);
                q->rows++;
            }
            break;
        case RESULT_END:
            t->finished = true;
            t->backend->status = t->result.status;
            conn_consume(&t->backend->conn, p.raw);
            if (t->result.over)
                return FLOW_DONE;
            run_broken(t);
            return FLOW_GONE;
        case RESULT_ERR:
            t->finished = true;
            error_of(&p, &err);
            conn_consume(&t->backend->conn, p.raw);
            query_reply(q, out);
            give_up(q, &err);
            return FLOW_GONE;
        default:
            run_broken(t);
            return FLOW_GONE;
        }
        conn_consume(&t->backend->conn, p.raw);
        if (buf_len(out) >= WORKER_READ_BUFFER)
            query_reply(q, out);
    }
}

static void rows(struct request *q)
{
    struct session *s = q->session;
    struct scatter *sc = q->state;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    enum flow flow = FLOW_DONE;
    while (flow == FLOW_DONE && sc->now < q->n_targets) {
        flow = row_packets(q, &q->targets[sc->now], &out);
        if (flow == FLOW_DONE)
            sc->now++;
    }
    if (flow == FLOW_GONE) {
        buf_deinit(&out);
        return;
    }
    if (buf_len(&out))
        query_reply(q, &out);
    buf_deinit(&out);
    if (sc->now == q->n_targets) {
        all_over(q);
        return;
    }
    struct conn *from = &q->targets[sc->now].backend->conn;
    run_watch(&q->targets[sc->now], !s->conn.congested);
    if (s->conn.congested) {
        conn_pause(from);
        conn_deadline(&s->conn, s->worker->conf->limits.write_timeout);
    } else {
        conn_resume(from);
    }
}

static void on_reply(struct target *t)
{
    struct request *q = t->query;
    struct scatter *sc = q->state;
    if (sc->failed) {
        if (drop_rest(t))
            end_if_dropped(q);
    } else if (!sc->rows) {
        head_packets(t);
    } else if (t == &q->targets[sc->now]) {
        rows(q);
    }
}

static void on_drain(struct request *q)
{
    struct scatter *sc = q->state;
    conn_deadline(&q->session->conn, 0);
    if (sc && sc->rows && !sc->failed)
        rows(q);
}

static void on_abort(struct request *q)
{
    cleanup(q);
}

const struct run_ops scatter_ops = {start, on_reply, on_drain, on_abort};
