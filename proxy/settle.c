/* The end of a statement on its backends: what the session keeps of them, what goes back to the pool, and what happens
 * when one dies or the statement is given up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "proxy/temporary.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

#define MAX_TRIES 8 /* instances that one read is tried on */

static void kill_on_server(struct worker *w, const struct backend *b, bool query_only);

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
           !(q->plan->flags & (PLAN_WRITES | PLAN_PRIMARY)) && (q->plan->action == PLAN_RUN || q->plan->action == PLAN_SET);
}

void run_target_failed(struct target *t, const struct error *reason)
{
    struct request *q = t->query;
    struct error kept = *reason, *err = &kept; /* the reason may lie in the backend that is given back below */
    bool connection = !t->backend; /* no backend was had at all: another instance may do */
    if (connection && err->number != 1205 && may_retry(t)) {
        q->tries++;
        avoid_instance(t);
        run_acquire_target(q);
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
    if (!b->timed_out && !in_trx && may_retry(t)) {
        q->tries++;
        avoid_instance(t);
        q->at = (size_t)(t - q->targets);
        run_acquire_target(q);
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
    if (in_trx) {
        trx_lost(s);
        s->killed = true; /* a client that passes over the error must not go on outside of its transaction */
    }
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
    b->unclean |= t->sent && q->plan && q->plan->kind == STMT_CALL; /* what a procedure sets by itself nobody sees */
    b->unclean |= t->join.characteristics && !t->sent; /* SET TRANSACTION waits there for somebody's next transaction */
    if (t->finished && q->plan && !q->failed) {
        pins(t, q->plan, &why);
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
    if (q && q->phase == QUERY_ACQUIRING) {
        run_release(q);
        query_fail_code(q, ERR_QUERY_INTERRUPTED);
        return;
    }
    if (!q || q->phase != QUERY_RUNNING)
        return;
    for (size_t i = 0; i < q->n_targets; i++) {
        struct backend *b = q->targets[i].backend;
        if (!b || q->targets[i].finished)
            continue;
        b->killed = true;
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


