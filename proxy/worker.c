#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/admin.h"
#include "proxy/digest.h"
#include "proxy/log.h"
#include "proxy/pool.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/weights.h"

#define ARENA_BLOCK 8192
#define SPARE_ARENAS 256
#define PLAN_CACHE_BYTES ((size_t)256 << 20)

/* ---- mailbox ---- */

static void read_mail(struct worker *w)
{
    STAILQ_HEAD(, message) taken = STAILQ_HEAD_INITIALIZER(taken);
    uv_mutex_lock(&w->mailbox_lock);
    STAILQ_CONCAT(&taken, &w->messages);
    uv_mutex_unlock(&w->mailbox_lock);
    struct message *m;
    while ((m = STAILQ_FIRST(&taken))) {
        STAILQ_REMOVE_HEAD(&taken, link);
        m->run(w, m);
    }
}

static void on_mail(uv_async_t *async)
{
    read_mail(async->data);
}

void worker_post(struct worker *w, struct message *m)
{
    uv_mutex_lock(&w->mailbox_lock);
    STAILQ_INSERT_TAIL(&w->messages, m, link);
    if (!w->ended)
        uv_async_send(&w->mailbox);
    uv_mutex_unlock(&w->mailbox_lock);
}

struct errand {
    struct message message;
    void (*fn)(struct worker *w, void *arg);
    void *arg;
    uv_sem_t done;
};

static void on_call(struct worker *w, struct message *m)
{
    struct errand *c = (struct errand *)m;
    c->fn(w, c->arg);
    uv_sem_post(&c->done);
}

void worker_call(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg)
{
    struct errand c = {.message.run = on_call, .fn = fn, .arg = arg};
    uv_sem_init(&c.done, 0);
    worker_post(w, &c.message);
    uv_sem_wait(&c.done);
    uv_sem_destroy(&c.done);
}

/* ---- arenas ---- */

struct spare {
    struct arena arena;
    struct spare *next;
};

struct arena *worker_arena_get(struct worker *w)
{
    struct spare *s = (struct spare *)w->spare_arenas;
    if (s) {
        w->spare_arenas = (struct arena *)s->next;
        w->n_spare_arenas--;
    } else if (!(s = malloc(sizeof *s))) {
        abort();
    } else {
        arena_init(&s->arena, ARENA_BLOCK, 0);
    }
    s->arena.ceiling = w->conf->limits.statement_memory;
    return &s->arena;
}

void worker_arena_put(struct worker *w, struct arena *a)
{
    struct spare *s = (struct spare *)a;
    if (w->n_spare_arenas >= SPARE_ARENAS) {
        arena_deinit(a);
        free(s);
        return;
    }
    arena_reset(a);
    s->next = (struct spare *)w->spare_arenas;
    w->spare_arenas = a;
    w->n_spare_arenas++;
}

/* xorshift64*: spreads load, nothing secret */
uint64_t worker_random(struct worker *w)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return w->random * 0x2545f4914f6cdd1dull;
}

/* ---- the loop ---- */

static void on_tick(uv_timer_t *t)
{
    struct worker *w = t->data;
    for (size_t i = 0; i < w->n_pools; i++)
        pool_tick(w->pools[i]);
}

static void run(void *arg)
{
    struct worker *w = arg;
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

struct worker *worker_start(struct proxy *proxy, unsigned index, bool is_admin)
{
    struct worker *w = calloc(1, sizeof *w);
    if (!w || !(w->read_buffer = malloc(WORKER_READ_BUFFER)))
        abort();
    w->proxy = proxy;
    w->index = index;
    w->is_admin = is_admin;
    w->random = uv_hrtime() | 1;
    STAILQ_INIT(&w->messages);
    LIST_INIT(&w->sessions);
    LIST_INIT(&w->old_pools);
    uv_mutex_init(&w->mailbox_lock);
    uv_loop_init(&w->loop);
    uv_async_init(&w->loop, &w->mailbox, on_mail);
    uv_timer_init(&w->loop, &w->tick);
    w->mailbox.data = w->tick.data = w;
    uv_timer_start(&w->tick, on_tick, WORKER_TICK_MS, WORKER_TICK_MS);

    struct runtime *r = proxy_runtime(proxy);
    w->conf = conf_ref(r->conf);
    runtime_unref(r);
    w->relay_buffer = w->conf->limits.relay_buffer;
    w->settings = settings_store_new();
    w->weights = weights_new();
    w->plans = plan_cache_new(w->conf->limits.plan_cache, PLAN_CACHE_BYTES);
    w->stats = stats_new();
    w->digests = digest_table_new(w->conf->limits.digests);
    if (uv_thread_create(&w->thread, run, w)) {
        log_error("worker_start_failed", "worker=%u", index);
        return NULL;
    }
    return w;
}

static void retire_pools(struct worker *w)
{
    for (size_t i = 0; i < w->n_pools; i++)
        pool_retire(w->pools[i]);
    free(w->pools);
    w->pools = NULL;
    w->n_pools = 0;
}

static void on_stop(struct worker *w, void *arg)
{
    (void)arg;
    w->stopping = true;
    session_close_all(w, "the proxy stops");
    retire_pools(w);
    uv_close((uv_handle_t *)&w->tick, NULL);
    uv_mutex_lock(&w->mailbox_lock);
    w->ended = true;
    uv_mutex_unlock(&w->mailbox_lock);
    uv_close((uv_handle_t *)&w->mailbox, NULL);
}

void worker_join(struct worker *w)
{
    worker_call(w, on_stop, NULL);
    uv_thread_join(&w->thread);
}

void worker_free(struct worker *w)
{
    read_mail(w); /* jobs that were under way, snapshots: they see that everything is gone */
    if (uv_loop_close(&w->loop))
        log_error("worker_not_closed", "worker=%u", w->index);
    while (w->spare_arenas) {
        struct spare *s = (struct spare *)w->spare_arenas;
        w->spare_arenas = (struct arena *)s->next;
        arena_deinit(&s->arena);
        free(s);
    }
    admin_free(w->admin);
    plan_cache_free(w->plans);
    weights_free(w->weights);
    settings_store_free(w->settings);
    digest_table_free(w->digests);
    stats_free(w->stats);
    if (w->snapshot)
        snapshot_unref(w->snapshot);
    conf_unref(w->conf);
    uv_mutex_destroy(&w->mailbox_lock);
    free(w->read_buffer);
    free(w);
}

/* ---- a new snapshot ---- */

struct adopt {
    struct message message;
    struct snapshot *snapshot;
    struct runtime *runtime;
};

static struct pool *take_pool(struct worker *w, const char *name)
{
    for (size_t i = 0; i < w->n_pools; i++) {
        struct pool *p = w->pools[i];
        if (p && !strcmp(p->name, name)) {
            w->pools[i] = NULL;
            return p;
        }
    }
    return NULL;
}

static void adopt_topo(struct worker *w, const struct topo *topo, struct runtime *r)
{
    struct pool **pools = calloc(topo->n_instances, sizeof *pools);
    if (!pools)
        abort();
    for (size_t i = 0; i < topo->n_instances; i++) {
        pools[i] = take_pool(w, topo->instances[i].conf->name);
        if (pools[i])
            pool_rebind(pools[i], r, &topo->instances[i]);
        else
            pools[i] = pool_new(w, r, &topo->instances[i]);
    }
    /* all is new before anybody is told: who waited at a pool that goes looks for another at once */
    struct pool **old = w->pools;
    size_t n_old = w->n_pools;
    w->pools = pools;
    w->n_pools = topo->n_instances;
    conf_unref(w->conf);
    w->conf = conf_ref(r->conf);
    w->relay_buffer = w->conf->limits.relay_buffer;
    for (size_t i = 0; i < n_old; i++)
        if (old[i])
            pool_retire(old[i]);
    free(old);
}

/* Dialect and version are those of the first instance that is known; a mesh is of one kind. */
static void adopt_health(struct worker *w, const struct health *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (!h->instances[i].version)
            continue;
        w->base_mode.dialect = h->instances[i].mariadb ? LEX_MARIADB : LEX_MYSQL;
        w->base_mode.version = h->instances[i].version;
        return;
    }
}

static void on_adopt(struct worker *w, struct message *message)
{
    struct adopt *m = (struct adopt *)message;
    struct snapshot *old = w->snapshot, *new = m->snapshot;
    if (!w->stopping) {
        w->snapshot = new;
        if (!old || old->topo != new->topo)
            adopt_topo(w, new->topo, m->runtime);
        adopt_health(w, new->health);
        if (!old || old->topo != new->topo || old->catalog != new->catalog)
            plan_cache_clear(w->plans), w->plan_epoch++;
        new = old;
    }
    if (new)
        snapshot_unref(new);
    runtime_unref(m->runtime);
    free(m);
}

void worker_adopt(struct worker *w, struct snapshot *snapshot, struct runtime *runtime)
{
    struct adopt *m = malloc(sizeof *m);
    if (!m)
        abort();
    m->message.run = on_adopt;
    m->snapshot = snapshot;
    m->runtime = runtime;
    worker_post(w, &m->message);
}
