/* Bringing a backend in line with its session before a statement: schema and settings, the transaction that it must join,
 * the statement that must be prepared there, the write that a replica must have seen.
 *
 * It is level-triggered: sync_next() looks at what is still different, sends the one command that mends it, and looks
 * again with the answer; when nothing is different, it costs a comparison.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/row.h"
#include "proxy/client_stmt.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/stmt_cache.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

static bool sync_failed(struct target *t, const struct answer *a)
{
    if (!a->error.number)
        return false;
    t->backend->unclean = true; /* whether half of it happened is not known */
    run_target_failed(t, &a->error);
    return true;
}

/* What a statement is known by on a backend: its text and its parameters' types, because MySQL fixes the types of a
 * statement by its first execution, and sessions with other types must not share it. */
static struct bytes cache_key(struct request *q)
{
    const struct client_stmt *st = q->stmt;
    size_t types = st->types.n * sizeof *st->types.at;
    char *key = arena_alloc(q->arena, q->len + types + 2);
    if (!key)
        abort(); /* as long as the text, which is there already */
    memcpy(key, q->sql, q->len);
    key[q->len] = 0;
    key[q->len + 1] = st->longs != NULL;
    if (types)
        memcpy(key + q->len + 2, st->types.at, types);
    return (struct bytes){(const uint8_t *)key, q->len + types + 2};
}

static struct settings *wanted(struct target *t)
{
    struct request *q = t->query;
    if (!q->stmt)
        return q->session->settings;
    if (!t->stmt_id && t->backend->stmts) {
        struct bytes key = cache_key(q);
        t->stmt_id = stmt_cache_get(t->backend->stmts, q->stmt->settings, (const char *)key.p, key.len);
    }
    return t->stmt_id ? q->session->settings : q->stmt->settings;
}

static void set_backend_settings(struct backend *b, struct settings *s)
{
    settings_unref(b->settings);
    b->settings = s;
}

static void on_schema(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (sync_failed(t, a))
        return;
    set_backend_settings(b, settings_with(b->settings, "", settings_get(wanted(t), "")));
    sync_next(t);
}

static void on_settings(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (sync_failed(t, a))
        return;
    /* all but the schema, which is a step of its own */
    set_backend_settings(b, settings_with(wanted(t), "", settings_get(b->settings, "")));
    sync_next(t);
}

static bool sync_schema(struct target *t, const char *want)
{
    struct backend *b = t->backend;
    const char *have = settings_get(b->settings, "");
    if (!want || (have && !strcmp(have, want)))
        return false;
    struct buf payload;
    buf_init(&payload, SIZE_MAX);
    wr_u8(&payload, COM_INIT_DB);
    wr_bytes(&payload, want, strlen(want));
    backend_ask(b, RESULT_OF_SIMPLE, buf_ptr(&payload), buf_len(&payload), on_schema);
    buf_deinit(&payload);
    return true;
}

static void ask_sql_buf(struct backend *b, struct buf *sql, void (*done)(struct backend *b, const struct answer *a))
{
    buf_append(sql, "", 1);
    backend_ask_sql(b, (const char *)buf_ptr(sql), done);
    buf_deinit(sql);
}

static bool sync_settings(struct target *t)
{
    struct backend *b = t->backend;
    struct settings *want = wanted(t);
    if (b->settings == want)
        return false;
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    if (settings_diff(b->settings, want, &sql)) {
        stats_add(t->query->session->worker->stats, settings_synced, 1);
        ask_sql_buf(b, &sql, on_settings);
        return true;
    }
    buf_deinit(&sql);
    if (sync_schema(t, settings_get(want, "")))
        return true;
    set_backend_settings(b, settings_ref(want)); /* no schema wanted: the planner has seen to it that none is used */
    return false;
}

static void on_joined(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (!sync_failed(t, a))
        sync_next(t);
}

/* Makes the backend a participant of the session's transaction. */
static bool sync_trx(struct target *t)
{
    struct session *s = t->query->session;
    if (!s->trx.begun && !s->trx.next)
        return false;
    struct hold *h = t->held ? session_hold_of(s, t->backend) : NULL;
    if ((h && h->why & HOLD_TRX) || t->query->plan->flags & PLAN_IMPLICIT_COMMIT)
        return false;
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    t->join.later = s->trx.joined || t != t->query->targets;
    if (trx_join_next(s, &t->join, t->query->targets[0].shard, &sql)) {
        ask_sql_buf(t->backend, &sql, on_joined);
        return true;
    }
    buf_deinit(&sql);
    return false;
}

static void on_gtid(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    struct request *q = t->query;
    struct reader r = rd_init(buf_ptr(a->rows), buf_len(a->rows));
    rd_bytes(&r, PACKET_HEADER);
    struct bytes v = rd_str_lenenc(&r);
    t->wait_for_gtid = false;
    if (!a->error.number && !r.bad && v.len == 1 && v.p[0] == '0') {
        sync_next(t);
        return;
    }
    /* not there in time: the primary has it */
    t->backend = NULL;
    q->force_primary = true;
    b->user = NULL;
    pool_put(b);
    run_acquire_target(q);
}

static bool sync_gtid(struct target *t)
{
    if (!t->wait_for_gtid)
        return false;
    struct session *s = t->query->session;
    struct buf sql;
    char tail[64];
    const char *gtid = s->gtids[t->shard];
    const char *head = t->backend->mariadb ? "SELECT MASTER_GTID_WAIT(" : "SELECT WAIT_FOR_EXECUTED_GTID_SET(";
    buf_init(&sql, SIZE_MAX);
    buf_append(&sql, head, strlen(head));
    settings_quote(&sql, gtid, strlen(gtid));
    snprintf(tail, sizeof tail, ", %.3f)", (double)s->worker->conf->health.gtid_wait / 1000);
    buf_append(&sql, tail, strlen(tail));
    ask_sql_buf(t->backend, &sql, on_gtid);
    return true;
}

static void on_prepared(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    struct request *q = t->query;
    struct buf out;
    if (a->error.number) {
        run_target_failed(t, &a->error); /* the statement does not fit any more: its table has changed */
        return;
    }
    if (!b->stmts)
        b->stmts = stmt_cache_new();
    buf_init(&out, SIZE_MAX);
    struct bytes key = cache_key(q);
    stmt_cache_put(b->stmts, q->stmt->settings, (const char *)key.p, key.len, a->stmt_id, q->session->worker->conf->limits.backend_statements,
                   &out);
    if (buf_len(&out)) {
        stats_add(q->session->worker->stats, prepares_evicted, 1);
        backend_send(b, buf_ptr(&out), buf_len(&out));
    }
    buf_deinit(&out);
    t->stmt_id = a->stmt_id;
    sync_next(t);
}

static bool sync_prepared(struct target *t)
{
    struct request *q = t->query;
    if (!q->stmt || t->stmt_id)
        return false;
    struct buf payload;
    buf_init(&payload, SIZE_MAX);
    wr_u8(&payload, COM_STMT_PREPARE);
    wr_bytes(&payload, q->sql, q->len);
    backend_ask(t->backend, RESULT_OF_PREPARE, buf_ptr(&payload), buf_len(&payload), on_prepared);
    buf_deinit(&payload);
    return true;
}

void sync_next(struct target *t)
{
    struct request *q = t->query;
    if (!q->bare && (sync_settings(t) || sync_prepared(t) || sync_gtid(t) || sync_trx(t)))
        return;
    if (++q->at < q->n_targets) {
        run_acquire_target(q);
        return;
    }
    q->phase = QUERY_RUNNING;
    q->ops->start(q);
}
