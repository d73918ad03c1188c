/* From a route to backends that are ready.
 *
 *   run_start ─▶ acquire targets[0] ─▶ bring it in line (sync.c) ─▶ targets[1] … ─▶ ops->start()
 *
 * Targets are acquired one after the other in the order of their shards, so that two statements that need the same
 * backends cannot wait for each other. How they are given back is settle.c's business.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/balance.h"
#include "proxy/client_stmt.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

#define CURSORS (CURSOR_TYPE_READ_ONLY | CURSOR_TYPE_FOR_UPDATE | CURSOR_TYPE_SCROLLABLE)

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
    if (q->force_primary || q->route.role != ROUTE_REPLICA || (q->stmt && q->execute.flags & CURSORS))
        return false; /* a cursor holds its backend, and the session may write there next */
    /* inside a transaction only when it said READ ONLY: else its next statement may write, on the same snapshot */
    return trx_open(s) ? s->trx.read_only : session_autocommit(s);
}

void run_acquire_target(struct request *q)
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
        q->execute.flags &= (uint8_t)~CURSORS; /* a cursor on each shard would be many: the rows come at once */
        q->execute.bound = false;              /* ... so the packet is written anew */
        if (!session_autocommit(q->session) && !trx_open(q->session) && !(flags & PLAN_IMPLICIT_COMMIT))
            q->session->trx.begun = true; /* so that the participants are begun as such */
    }
    if (q->plan->action == PLAN_DDL || q->plan->action == PLAN_SET || (q->n_targets > 1 && flags & PLAN_WRITES))
        q->ops = &fan_ops;
    else if (q->n_targets == 1)
        q->ops = &relay_ops;
    else
        q->ops = &scatter_ops;
    if (flags & PLAN_WRITES && !trx_may_write(q))
        return;
    run_acquire_target(q);
}

void run_with(struct target *t, struct backend *b)
{
    got_backend(t, b);
}

void run_acquire(struct request *q)
{
    q->at = 0;
    run_acquire_target(q);
}
