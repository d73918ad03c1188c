/* From a route to backends that are ready, and from a finished statement to what the session keeps of them.
 *
 *   run_start ─▶ acquire targets[0] ─▶ bring it in line ─▶ targets[1] … ─▶ ops->start()
 *
 * Targets are acquired one after the other in the order of their shards, so that two statements that need the same
 * backends cannot wait for each other. Bringing a backend in line is level-triggered: sync_next() looks at what is still
 * different, sends the one command that mends it, and looks again; when nothing is different, it costs a comparison.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/row.h"
#include "proxy/after.h"
#include "proxy/balance.h"
#include "proxy/client_stmt.h"
#include "proxy/commit.h"
#include "proxy/control.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/stmt_cache.h"
#include "proxy/temporary.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

#define MAX_TRIES 8 /* instances that one read is tried on */

static void acquire(struct request *q);
static void sync_next(struct target *t);

/* ---- acquiring ---- */

static void use_backend(struct target *t, struct backend *b)
{
    t->backend = b;
    b->user = &run_user;
    b->arg = t;
}

static void got_backend(struct target *t, struct backend *b)
{
    use_backend(t, b);
    t->query->phase = QUERY_SYNCING;
    sync_next(t);
}

static void on_pool_ready(struct pool_waiter *w, struct backend *b, const struct error *err)
{
    struct target *t = (struct target *)((char *)w - offsetof(struct target, waiter));
    if (b)
        got_backend(t, b);
    else
        run_target_failed(t, err);
}

static void shard_down(struct target *t, const char *role, const char *why)
{
    struct request *q = t->query;
    const char *shard = q->session->worker->snapshot->topo->shards[t->shard].conf->name;
    run_release(q);
    query_fail_code(q, ERR_SHARD_DOWN, shard, role, why);
}

static bool replica_allowed(const struct request *q)
{
    const struct session *s = q->session;
    if (q->force_primary || q->route.role != ROUTE_REPLICA || (q->stmt && q->execute.flags))
        return false; /* a cursor holds its backend, and the session may write there next */
    /* inside a transaction only when it said READ ONLY: else its next statement may write, on the same snapshot */
    return trx_open(s) ? s->trx.read_only : session_autocommit(s);
}

static void acquire(struct request *q)
{
    struct session *s = q->session;
    struct worker *w = s->worker;
    struct target *t = &q->targets[q->at];
    q->phase = QUERY_ACQUIRING;
    t->held = false;
    t->stmt_id = 0; /* what was prepared and begun on a backend that we had before is not here */
    t->join = (struct trx_join){0};
    struct hold *h = session_hold(s, t->shard, true);
    if (h) {
        t->held = true;
        t->replica = h->replica;
        got_backend(t, h->backend);
        return;
    }
    struct balance choice;
    const char *why;
    if (!balance_choose(s, t->shard, replica_allowed(q), t->avoid, &choice, &why)) {
        shard_down(t, replica_allowed(q) ? "instance" : "primary", why);
        return;
    }
    struct pool *p = w->pools[choice.instance];
    if (p->n_waiters >= w->conf->limits.max_queue) {
        stats_add(w->stats, limit_max_queue, 1);
        run_release(q);
        query_fail_code(q, ERR_QUEUE_FULL, p->name, w->conf->limits.max_queue);
        return;
    }
    t->instance = choice.instance;
    t->replica = choice.replica;
    t->wait_for_gtid = choice.wait_for_gtid;
    t->waiter.class = s->caps & BACKEND_CLASS;
    t->waiter.settings = s->settings;
    t->waiter.ready = on_pool_ready;
    struct backend *b = pool_get(p, &t->waiter);
    if (b)
        got_backend(t, b);
}

/* ---- bringing a backend in line ---- */

static bool sync_failed(struct target *t, const struct answer *a)
{
    if (!a->error.number)
        return false;
    t->backend->unclean = true; /* whether half of it happened is not known */
    run_target_failed(t, &a->error);
    return true;
}

static struct settings *wanted(struct target *t)
{
    struct request *q = t->query;
    if (!q->stmt)
        return q->session->settings;
    if (!t->stmt_id && t->backend->stmts)
        t->stmt_id = stmt_cache_get(t->backend->stmts, q->stmt->settings, q->sql, q->len);
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
    acquire(q);
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
    stmt_cache_put(b->stmts, q->stmt->settings, q->sql, q->len, a->stmt_id, q->session->worker->conf->limits.backend_statements,
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

static void sync_next(struct target *t)
{
    struct request *q = t->query;
    if (!q->bare && (sync_settings(t) || sync_prepared(t) || sync_gtid(t) || sync_trx(t)))
        return;
    if (++q->at < q->n_targets) {
        acquire(q);
        return;
    }
    q->phase = QUERY_RUNNING;
    q->ops->start(q);
}

/* ---- starting ---- */

bool run_targets(struct request *q)
{
    assert(q->route.n_targets);
    q->n_targets = q->route.n_targets;
    q->at = 0;
    q->targets = arena_zalloc(q->arena, q->n_targets * sizeof *q->targets);
    if (!q->targets) {
        q->n_targets = 0;
        query_fail_code(q, ERR_STATEMENT_MEMORY, (unsigned long long)q->session->worker->conf->limits.statement_memory);
        return false;
    }
    for (size_t i = 0; i < q->n_targets; i++) {
        struct target *t = &q->targets[i];
        const struct route_target *r = &q->route.targets[i];
        t->query = q;
        t->shard = r->shard;
        t->sql = r->sql;
        t->len = r->len;
        }
    return true;
}

static void count(const struct request *q)
{
    struct stats *stats = q->session->worker->stats;
    if (q->n_targets > 1)
        stats_add(stats, route_many, 1);
    else
        stats_add(stats, route_one, 1);
}

/* A statement that may go to any shard goes to one that lives. */
static void prefer_living_shard(struct request *q)
{
    struct session *s = q->session;
    uint16_t n = (uint16_t)s->worker->snapshot->topo->n_shards, *shard = &q->route.targets[0].shard;
    if (session_hold(s, *shard, true))
        return;
    for (uint16_t i = 0; i < n && !balance_alive(s, *shard); i++)
        *shard = (uint16_t)((*shard + 1) % n);
}

void run_start(struct request *q)
{
    uint32_t flags = q->plan->flags;
    if (q->route.any && q->route.n_targets == 1)
        prefer_living_shard(q);
    if (!run_targets(q))
        return;
    count(q);
    if (q->n_targets > 1) {
        q->execute.flags = 0; /* a cursor on each shard would be many: the rows come at once */
        if (!session_autocommit(q->session) && !trx_open(q->session) && !(flags & PLAN_IMPLICIT_COMMIT))
            q->session->trx.begun = true; /* so that the participants are begun as such */
    }
    if (q->plan->action == PLAN_DDL || (q->n_targets > 1 && flags & PLAN_WRITES))
        q->ops = &fan_ops;
    else if (q->n_targets == 1)
        q->ops = &relay_ops;
    else
        q->ops = &scatter_ops;
    if (flags & PLAN_WRITES && !trx_may_write(q))
        return;
    acquire(q);
}

void run_with(struct target *t, struct backend *b)
{
    got_backend(t, b);
}

void run_acquire(struct request *q)
{
    q->at = 0;
    acquire(q);
}

/* ---- what goes wrong ---- */

static void avoid_instance(struct target *t)
{
    const struct topo *topo = t->query->session->worker->snapshot->topo;
    if (t->shard < topo->n_shards)
        t->avoid |= balance_bit(&topo->shards[t->shard], t->instance);
}


/* Nothing reached the client, it is no transaction, and running it twice is harmless: a read. */
static bool may_retry(const struct target *t)
{
    const struct request *q = t->query;
    return !q->replied && !t->held && q->n_targets == 1 && q->tries < MAX_TRIES && !trx_open(q->session) &&
           !(q->plan->flags & (PLAN_WRITES | PLAN_PRIMARY)) && q->plan->action == PLAN_RUN;
}

void run_target_failed(struct target *t, const struct error *reason)
{
    struct request *q = t->query;
    struct error kept = *reason, *err = &kept; /* the reason may lie in the backend that is given back below */
    bool connection = !t->backend; /* no backend was had at all: another instance may do */
    if (connection && err->number != 1205 && may_retry(t)) {
        q->tries++;
        avoid_instance(t);
        acquire(q);
        return;
    }
    run_release(q);
    if (connection && err->code != ERR_QUEUE_TIMEOUT) {
        const struct worker *w = q->session->worker; /* its topology may be another one by now */
        const char *name = t->instance < w->n_pools ? w->pools[t->instance]->name : "?";
        const char *shard = t->shard < w->snapshot->topo->n_shards ? w->snapshot->topo->shards[t->shard].conf->name : "?";
        char why[400];
        snprintf(why, sizeof why, "instance '%s': %.300s", name, err->text);
        query_fail_code(q, ERR_SHARD_DOWN, shard, t->replica ? "instance" : "primary", why);
    } else {
        query_fail(q, err);
    }
}

static void kill_on_server(struct worker *w, const struct backend *b, bool query_only);

/* A hold's backend is gone or must go. A transaction is over then; with anything else that it held, so is the session:
 * its temporary tables and locks are gone, and only the end of the connection says that to the client. */
static void forget_hold(struct session *s, struct hold *h)
{
    if (!h)
        return;
    s->killed |= (h->why & ~(HOLD_TRX | HOLD_LOG | HOLD_CURSOR)) != 0;
    session_hold_forget(s, h);
}

static void on_lost(struct backend *b, const char *why)
{
    struct target *t = b->arg;
    struct request *q = t->query;
    struct session *s = q->session;
    struct hold *h = session_hold_of(s, b);
    bool in_trx = h && h->why & HOLD_TRX;
    if (b->timed_out)
        kill_on_server(s->worker, b, false);
    forget_hold(s, h);
    t->backend = NULL;
    t->lost = true;
    if (q->phase == QUERY_AFTER) {
        session_close(s, why); /* the client has its answer; what the server was to say about it is gone */
        return;
    }
    if (q->phase == QUERY_AFTER) { /* the client has its answer; what was to be read back is lost */
        bool variables = q->plan && q->plan->flags & PLAN_ASSIGNS_VARIABLES;
        run_release(q);
        if (in_trx)
            trx_lost(s);
        if (variables)
            session_close(s, "the values of user variables were lost with a backend");
        else if (q->after_run)
            q->after_run(q);
        else
            query_done(q);
        return;
    }
    if (!b->timed_out && !in_trx && may_retry(t)) {
        q->tries++;
        avoid_instance(t);
        q->at = (size_t)(t - q->targets);
        acquire(q);
        return;
    }
    struct error err;
    if (b->timed_out)
        error_set(&err, ERR_QUERY_TIMEOUT, backend_instance(b), (unsigned long long)s->worker->conf->limits.query_timeout);
    else
        error_set(&err, ERR_BACKEND_LOST, backend_instance(b), why);
    if (q->ops == &fan_ops && q->phase == QUERY_RUNNING) { /* the others go on: who waits for all of them decides */
        t->error = err;
        s->trx.broken |= in_trx && !s->trx.then;
        fan_check(q);
        return;
    }
    bool inside_packet = query_inside_packet(s);
    q->seq = query_next_seq(s);
    run_release(q);
    if (in_trx)
        trx_lost(s);
    if (inside_packet)
        session_close(s, err.text); /* half a row is out: only the end of the connection says that it is not whole */
    else
        query_fail(q, &err);
}

/* ---- the end ---- */

void run_broken(struct target *t)
{
    struct backend *b = t->backend;
    on_lost(b, "its reply is not one");
    backend_close(b, "its reply is not one");
}

static void pins(const struct target *t, const struct plan *p, uint8_t *why)
{
    *why = (uint8_t)((p->flags & PLAN_PINS_TEMPORARY ? HOLD_TEMPORARY : 0) | (p->flags & PLAN_PINS_LOCK ? HOLD_USER_LOCK : 0) |
                     (p->flags & PLAN_PINS_HANDLER ? HOLD_HANDLER : 0) |
                     (t->result.status & SERVER_STATUS_CURSOR_EXISTS && !(t->result.status & SERVER_STATUS_LAST_ROW_SENT) ? HOLD_CURSOR : 0) |
                     (t->query->untracked ? HOLD_VARIABLE : 0) |
                     (p->action == PLAN_LOCK_TABLES ? HOLD_TABLE_LOCKS : 0));
}

/* Where SHOW WARNINGS will find what this statement left. */
static void note_diagnostics(const struct target *t, struct backend *b, bool held)
{
    struct session *s = t->query->session;
    const struct plan *p = t->query->plan;
    if (!t->finished || t->query->phase == QUERY_SYNCING)
        return;
    if (p && p->action == PLAN_DIAGNOSTICS) {
        b->diagnostics_of = s->id; /* asking leaves them there */
        return;
    }
    s->has_diag = t->result.warnings || t->result.error;
    b->diagnostics_of = s->has_diag ? s->id : 0;
    s->diag_held = held;
    s->diag_shard = t->shard;
    s->diag_instance = b->pool->instance;
}

/* The backend has answered completely: held on, or given back. */
static void settle(struct target *t)
{
    struct request *q = t->query;
    struct session *s = q->session;
    struct backend *b = t->backend;
    uint8_t why = 0;
    bool in_trx = b->status & SERVER_STATUS_IN_TRANS;
    t->backend = NULL;
    if (b->conn.paused)
        conn_resume(&b->conn);
    conn_deadline(&b->conn, 0);
    b->unclean |= t->join.characteristics && !t->sent; /* SET TRANSACTION waits there for somebody's next transaction */
    if (t->finished && q->plan && !q->failed) {
        pins(t, q->plan, &why);
        b->unclean |= q->retracks;
        if (q->plan->flags & PLAN_PINS_TEMPORARY)
            temporary_created(q, t->shard);
        if (q->plan->flags & PLAN_DROPS_TEMPORARY)
            temporary_dropped(q);
    }
    if (in_trx) {
        why |= HOLD_TRX;
        s->trx.begun = s->trx.joined = true;
    }
    struct hold *h = session_hold_of(s, b);
    note_diagnostics(t, b, h || why);
    if (why) {
        h = session_hold_add(s, b, t->shard, t->replica, why);
        h->wrote |= q->plan && q->plan->flags & PLAN_WRITES;
        h->xa |= t->join.xa;
    }
    if (h) {
        query_idle_user(s, b);
        if (!in_trx && h->why & HOLD_TRX && !commit_keeps(s, h)) {
            s->trx.broken |= !q->bare && q->failed;
            session_hold_drop(s, h, HOLD_TRX);
        }
        return;
    }
    if (b->ask.done || (t->sent && !t->finished)) {
        backend_close(b, "its reply was not read to its end");
        return;
    }
    pool_put(b);
}

void run_release(struct request *q)
{
    struct session *s = q->session;
    for (size_t i = 0; i < q->n_targets; i++) {
        struct target *t = &q->targets[i];
        pool_cancel(&t->waiter);
        if (!t->backend)
            continue;
        if (t->sent && !t->finished) {
            struct hold *h = session_hold_of(s, t->backend);
            struct backend *b = t->backend;
            s->trx.broken |= h && h->why & HOLD_TRX;
            forget_hold(s, h);
            t->backend = NULL;
            kill_on_server(s->worker, b, false);
            backend_close(b, "the statement was given up");
        } else {
            settle(t);
        }
    }
    trx_settle(s);
}

static void on_kill_done(struct job *j)
{
    free(j);
}

static void kill_on_server(struct worker *w, const struct backend *b, bool query_only)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->kind = JOB_KILL;
    j->done = on_kill_done;
    j->instance = b->pool->instance;
    j->thread_id = b->thread_id;
    j->kill_query = query_only;
    control_submit(w->proxy->control, j);
}

void query_kill(struct session *s)
{
    struct request *q = s->query;
    if (!q || q->phase != QUERY_RUNNING)
        return;
    for (size_t i = 0; i < q->n_targets; i++) {
        struct backend *b = q->targets[i].backend;
        if (!b || q->targets[i].finished)
            continue;
        kill_on_server(s->worker, b, true);
    }
}

void run_watch(struct target *t, bool on)
{
    uint64_t limit = t->query->session->worker->conf->limits.query_timeout;
    if (limit)
        conn_deadline(&t->backend->conn, on ? limit : 0);
}

void run_abort(struct request *q)
{
    struct session *s = q->session;
    for (size_t i = 0; i < q->n_targets; i++) {
        struct target *t = &q->targets[i];
        struct backend *b = t->backend;
        pool_cancel(&t->waiter);
        if (!b)
            continue;
        t->backend = NULL;
        bool busy = b->ask.done || (t->sent && !t->finished);
        struct hold *h = session_hold_of(s, b);
        if (!busy && !h) {
            b->user = NULL;
            backend_reset(b); /* what was begun on it for us must not stay */
        } else if (busy) {
            if (h)
                session_hold_forget(s, h);
            if (t->sent)
                kill_on_server(s->worker, b, false);
            backend_close(b, "the client went away");
        }
    }
    q->n_targets = 0;
}

/* ---- a backend that is only held ---- */

static void idle_on_lost(struct backend *b, const char *why)
{
    struct session *s = b->arg;
    struct hold *h = session_hold_of(s, b);
    (void)why;
    if (!h)
        return;
    bool in_trx = h->why & HOLD_TRX;
    session_hold_forget(s, h);
    if (in_trx)
        trx_lost(s);
    /* What the connection held is gone; as on a server that dies, so is the client's connection. */
    session_close(s, "the backend that it held was lost");
}

static void idle_on_reply(struct backend *b)
{
    idle_on_lost(b, "");
    backend_close(b, "the server sent what nobody asked for");
}

static void idle_on_drain(struct backend *b)
{
    (void)b;
}

static const struct backend_user idle_user = {idle_on_reply, idle_on_drain, idle_on_lost};

void query_idle_user(struct session *s, struct backend *b)
{
    b->user = &idle_user;
    b->arg = s;
}

/* ---- events of backends in use ---- */

static void on_reply(struct backend *b)
{
    struct target *t = b->arg;
    if (t->query->phase == QUERY_RUNNING && t->sent)
        t->query->ops->on_reply(t);
    else
        run_broken(t);
}

static void on_backend_drain(struct backend *b)
{
    struct target *t = b->arg;
    conn_resume(&t->query->session->conn); /* the client's file may flow on */
}

const struct backend_user run_user = {on_reply, on_backend_drain, on_lost};


