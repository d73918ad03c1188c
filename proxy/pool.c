#include "proxy/pool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/log.h"
#include "proxy/proxy.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/worker.h"

#define LOOK_AT 16          /* idle backends looked at for one that agrees with the session */
#define ASK_AGAIN_MS 20
#define DIAGNOSTICS_KEPT_MS 1000

static uint64_t now(const struct pool *p)
{
    return uv_now(&p->worker->loop);
}

static void bind_conf(struct pool *p, struct runtime *r, const struct topo_instance *instance)
{
    atomic_fetch_add(&r->refs, 1);
    if (p->runtime)
        runtime_unref(p->runtime);
    p->runtime = r;
    p->conf = instance->conf;
    p->instance = instance->index;
}

struct pool *pool_new(struct worker *w, struct runtime *r, const struct topo_instance *instance)
{
    struct pool *p = calloc(1, sizeof *p);
    if (!p || !(p->name = strdup(instance->conf->name)))
        abort();
    p->worker = w;
    TAILQ_INIT(&p->idle);
    LIST_INIT(&p->all);
    TAILQ_INIT(&p->waiters);
    p->gate = proxy_gate(w->proxy, p->name);
    bind_conf(p, r, instance);
    return p;
}

static bool same_address(const struct conf_address *a, const struct conf_address *b)
{
    if (a->path || b->path)
        return a->path && b->path && !strcmp(a->path, b->path);
    return a->port == b->port && !strcmp(a->host, b->host);
}

static void close_idle(struct pool *p, const char *why)
{
    while (!TAILQ_EMPTY(&p->idle))
        backend_close(TAILQ_FIRST(&p->idle), why);
}

void pool_rebind(struct pool *p, struct runtime *r, const struct topo_instance *instance)
{
    const struct conf *before = p->runtime->conf, *after = r->conf;
    bool moved = !same_address(&p->conf->address, &instance->conf->address) ||
                 strcmp(before->backend.user, after->backend.user) ||
                 strcmp(before->backend.password, after->backend.password);
    bind_conf(p, r, instance);
    if (moved)
        close_idle(p, "the configuration changed");
}

static void free_if_empty(struct pool *p)
{
    if (!p->retired || !LIST_EMPTY(&p->all))
        return;
    LIST_REMOVE(p, old);
    runtime_unref(p->runtime);
    free(p->name);
    free(p);
}

static void fail_waiters(struct pool *p, const struct error *err)
{
    while (!TAILQ_EMPTY(&p->waiters)) {
        struct pool_waiter *w = TAILQ_FIRST(&p->waiters);
        pool_cancel(w);
        w->ready(w, NULL, err);
    }
}

void pool_retire(struct pool *p)
{
    struct error err;
    p->retired = true;
    LIST_INSERT_HEAD(&p->worker->old_pools, p, old);
    error_set(&err, ERR_REFUSED, "the instance was taken out of the configuration");
    fail_waiters(p, &err);
    /* the pool must not go under this loop */
    struct backend keep;
    LIST_INSERT_HEAD(&p->all, &keep, all);
    close_idle(p, "the instance was taken out of the configuration");
    LIST_REMOVE(&keep, all);
    free_if_empty(p);
}

/* ---- lending ---- */

static bool keeps_diagnostics(const struct pool *p, const struct backend *b)
{
    return b->diagnostics_of && now(p) - b->used_at < DIAGNOSTICS_KEPT_MS;
}

/* The best idle backend of the class: one that agrees with the settings, else the last used; one that keeps somebody's
 * diagnostics only when there is no other. */
static struct backend *pick(struct pool *p, uint32_t class, const struct settings *settings)
{
    struct backend *b, *any = NULL, *last = NULL;
    unsigned looked = 0;
    TAILQ_FOREACH(b, &p->idle, idle) {
        if (b->class != class)
            continue;
        if (keeps_diagnostics(p, b)) {
            last = b;
            continue;
        }
        if (b->settings == settings)
            return b;
        if (!any)
            any = b;
        if (++looked == LOOK_AT)
            break;
    }
    return any ? any : last;
}

static struct backend *lend(struct pool *p, struct backend *b)
{
    TAILQ_REMOVE(&p->idle, b, idle);
    backend_set_state(b, BACKEND_LENT);
    b->diagnostics_of = 0;
    stats_add(p->worker->stats, backend_lends, 1);
    return b;
}

/* Takes a place at the gate and opens a backend there; false: the limit is reached. */
static bool open_one(struct pool *p, uint32_t class)
{
    unsigned open = atomic_load(&p->gate->open);
    do {
        if (open >= p->conf->connections)
            return false;
    } while (!atomic_compare_exchange_weak(&p->gate->open, &open, open + 1));
    p->connects++;
    stats_add(p->worker->stats, backend_connects, 1);
    backend_open(p, class);
    return true;
}

struct make_room {
    struct message message;
    struct gate *gate;
    bool serve;
};

static void on_make_room(struct worker *w, struct message *message)
{
    struct make_room *m = (struct make_room *)message;
    for (size_t i = 0; i < w->n_pools; i++) {
        if (w->pools[i]->gate != m->gate)
            continue;
        if (m->serve)
            pool_serve(w->pools[i]);
        else
            pool_make_room(w->pools[i]);
    }
    free(m);
}

static void tell_others(struct pool *p, bool serve)
{
    struct proxy *proxy = p->worker->proxy;
    for (unsigned i = 0; i < proxy->n_workers; i++) {
        if (proxy->workers[i] == p->worker)
            continue;
        struct make_room *m = malloc(sizeof *m);
        if (!m)
            return;
        m->message.run = on_make_room;
        m->gate = p->gate;
        m->serve = serve;
        worker_post(proxy->workers[i], &m->message);
    }
}

void pool_make_room(struct pool *p)
{
    if (TAILQ_EMPTY(&p->waiters) && !TAILQ_EMPTY(&p->idle))
        backend_close(TAILQ_LAST(&p->idle, idle_list), "another worker needs the connection");
}

/* Makes it likely that a backend comes for those who wait: opens one, or frees the place of one of another class. */
static void seek(struct pool *p, uint32_t class)
{
    if (p->n_opening >= p->n_waiters || open_one(p, class))
        return;
    struct backend *b;
    TAILQ_FOREACH(b, &p->idle, idle) {
        if (b->class != class) {
            backend_close(b, "a backend of another class is needed");
            open_one(p, class);
            return;
        }
    }
    if (now(p) - p->asked_at >= ASK_AGAIN_MS) {
        p->asked_at = now(p);
        tell_others(p, false);
    }
}

struct backend *pool_get(struct pool *p, struct pool_waiter *w)
{
    struct backend *b = TAILQ_EMPTY(&p->waiters) ? pick(p, w->class, w->settings) : NULL;
    w->pool = NULL;
    if (b)
        return lend(p, b);
    w->pool = p;
    w->since = now(p);
    TAILQ_INSERT_TAIL(&p->waiters, w, link);
    p->n_waiters++;
    atomic_fetch_add(&p->gate->waiting, 1);
    stats_add(p->worker->stats, backend_waits, 1);
    seek(p, w->class);
    return NULL;
}

void pool_cancel(struct pool_waiter *w)
{
    struct pool *p = w->pool;
    if (!p)
        return;
    TAILQ_REMOVE(&p->waiters, w, link);
    p->n_waiters--;
    atomic_fetch_sub(&p->gate->waiting, 1);
    w->pool = NULL;
}

/* Gives idle backends to who waits, oldest first. */
void pool_serve(struct pool *p)
{
    struct pool_waiter *w, *next;
    for (w = TAILQ_FIRST(&p->waiters); w; w = next) {
        next = TAILQ_NEXT(w, link);
        struct backend *b = pick(p, w->class, w->settings);
        if (!b)
            continue;
        pool_cancel(w);
        w->ready(w, lend(p, b), NULL);
        next = TAILQ_FIRST(&p->waiters); /* ready() may have changed the queue */
    }
    if ((w = TAILQ_FIRST(&p->waiters)))
        seek(p, w->class);
}

static bool too_old(const struct pool *p, const struct backend *b)
{
    uint64_t max_age = p->runtime->conf->backend.max_age;
    return max_age && now(p) - b->born > max_age;
}

static void rest(struct pool *p, struct backend *b)
{
    b->user = NULL;
    b->used_at = now(p);
    backend_set_state(b, BACKEND_IDLE);
    TAILQ_INSERT_HEAD(&p->idle, b, idle);
    conn_resume(&b->conn);
    conn_deadline(&b->conn, 0);
}

void pool_put(struct backend *b)
{
    struct pool *p = b->pool;
    assert(b->state == BACKEND_LENT && !b->ask.done);
    if (b->killed) {
        backend_close(b, "a KILL that comes late must not hit its next user");
        return;
    }
    if (b->unclean) {
        backend_reset(b);
        return;
    }
    size_t left;
    conn_data(&b->conn, &left);
    if (left) { /* the next user would take it for the reply to its statement */
        backend_close(b, "the server sent what nobody asked for");
        return;
    }
    if (p->retired || too_old(p, b) ||
        atomic_load_explicit(&p->gate->open, memory_order_relaxed) > p->conf->connections) {
        backend_close(b, "its time is over");
        return;
    }
    rest(p, b);
    if (!TAILQ_EMPTY(&p->waiters))
        pool_serve(p);
    else if (atomic_load_explicit(&p->gate->waiting, memory_order_relaxed))
        backend_close(b, "another worker needs the connection");
}

void pool_drop(struct backend *b, const char *why)
{
    backend_close(b, why);
}

struct backend *pool_get_diagnostics(struct pool *p, uint64_t session)
{
    struct backend *b;
    TAILQ_FOREACH(b, &p->idle, idle)
        if (b->diagnostics_of == session)
            return lend(p, b);
    return NULL;
}

/* ---- from the backend ---- */

void pool_on_ready(struct backend *b)
{
    struct pool *p = b->pool;
    control_report(p->worker->proxy->control, p->instance, true, NULL);
    if (p->retired) {
        backend_close(b, "the instance was taken out of the configuration");
        return;
    }
    rest(p, b);
    pool_serve(p);
}

void pool_on_dead(struct pool *p, struct backend *b, const struct error *err)
{
    (void)b;
    bool too_many = false;
    atomic_fetch_sub(&p->gate->open, 1);
    if (err) {
        p->failures++;
        stats_add(p->worker->stats, backend_connect_failures, 1);
        snprintf(p->last_error, sizeof p->last_error, "%.150s", err->text);
        log_warning("backend_connect_failed", "instance=%s error=%s", p->name, err->text);
        too_many = err->number == 1040 || err->number == 1203 || err->number == 1226;
        if (!too_many && !p->retired)
            control_report(p->worker->proxy->control, p->instance, false, err->text);
        if (!too_many || !(p->n_idle + p->n_lent))
            fail_waiters(p, err);
    }
    struct pool_waiter *w = TAILQ_FIRST(&p->waiters);
    if (w && !too_many) /* a server that is full is asked again by pool_tick(), not at once */
        seek(p, w->class);
    else if (!w && atomic_load(&p->gate->waiting))
        tell_others(p, true);
    free_if_empty(p);
}

/* ---- time ---- */

static void expire_waiters(struct pool *p, const struct conf *conf)
{
    struct pool_waiter *w;
    while ((w = TAILQ_FIRST(&p->waiters)) && now(p) - w->since >= conf->limits.queue_timeout) {
        struct error err;
        error_set(&err, ERR_QUEUE_TIMEOUT, p->name, (unsigned long long)conf->limits.queue_timeout);
        stats_add(p->worker->stats, limit_queue_timeout, 1);
        pool_cancel(w);
        w->ready(w, NULL, &err);
    }
    if (w)
        seek(p, w->class);
}

void pool_tick(struct pool *p)
{
    const struct conf *conf = p->worker->conf;
    struct backend *b, *next;
    for (b = TAILQ_FIRST(&p->idle); b; b = next) {
        next = TAILQ_NEXT(b, idle);
        uint64_t idle_timeout = conf->backend.idle_timeout;
        if (idle_timeout && now(p) - b->used_at > idle_timeout)
            backend_close(b, "idle for too long");
        else if (too_old(p, b))
            backend_close(b, "its time is over");
    }
    expire_waiters(p, conf);
}
