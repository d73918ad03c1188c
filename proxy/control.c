/* The control plane's life: what it knows (topology, catalog, one prober an instance), the snapshots made of that, and
 * the housekeeper.
 *
 * Every snapshot goes through control_publish(): it makes a change and the snapshot that shows it under `lock`, and
 * calls the owner's function under `publish_lock` alone, so that snapshots arrive in the order of their changes. What
 * probes change is published by the housekeeper: a state at once, positions and lags at most ten times a second.
 */
#include "proxy/control.h"
#include "proxy/control_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/link.h"

/* ---- threads and time ---- */

uint64_t control_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void control_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until)
{
    if (until == UINT64_MAX) {
        pthread_cond_wait(cond, lock);
        return;
    }
    struct timespec t = {(time_t)(until / 1000), (long)(until % 1000) * 1000000};
    pthread_cond_timedwait(cond, lock, &t);
}

bool control_thread(pthread_t *thread, void *(*start)(void *), void *arg)
{
    sigset_t all, before;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int failed = pthread_create(thread, &attr, start, arg);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

void control_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/* ---- publishing ---- */

void control_changed(struct control *c, bool urgent)
{
    c->dirty = true;
    if (urgent && !c->urgent) {
        c->urgent = true;
        pthread_cond_signal(&c->housekeeper_wake);
    }
}

void control_publish(struct control *c, void (*change)(struct control *c, void *arg), void *arg)
{
    pthread_mutex_lock(&c->publish_lock);
    pthread_mutex_lock(&c->lock);
    if (change != NULL) {
        change(c, arg);
    }
    struct snapshot *old = c->current;
    struct snapshot *new = c->current = snapshot_new(c->topo, c->catalog, health_new(c));
    c->dirty = c->urgent = false;
    c->published_at = control_now();
    snapshot_ref(new);
    pthread_mutex_unlock(&c->lock);
    c->publish(c->publish_arg, new);
    pthread_mutex_unlock(&c->publish_lock);
    snapshot_unref(old);
}

struct snapshot *control_snapshot(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    struct snapshot *s = snapshot_ref(c->current);
    pthread_mutex_unlock(&c->lock);
    return s;
}

/* ---- what others say ---- */

static bool names_match(const struct reading *r, const char *schema, const char *name)
{
    return (schema == NULL || strcmp(r->schema, schema) == 0) && (name == NULL || strcmp(r->name, name) == 0);
}

struct forgotten {
    const char *schema, *name;
};

static void change_forget(struct control *c, void *arg)
{
    const struct forgotten *f = arg;
    struct catalog *old = c->catalog;
    struct reading *r;
    LIST_FOREACH(r, &c->readings, link)
    {
        r->stale |= names_match(r, f->schema, f->name);
    }
    c->catalog = catalog_without(old, f->schema, f->name);
    catalog_unref(old);
}

void control_forget(struct control *c, const char *schema, const char *name)
{
    control_publish(c, change_forget, &(struct forgotten){schema, name});
}

void control_report(struct control *c, uint16_t instance, bool ok, const char *error)
{
    pthread_mutex_lock(&c->lock);
    struct prober *p = instance < c->topo->n_instances ? c->probers[instance] : NULL;
    if (p != NULL && !ok) {
        if (health_suspect(&p->health, error)) {
            control_changed(c, true);
        }
        prober_wake(p, true);
    } else if (p != NULL && p->health.state != HEALTH_UP && p->started == 0 && p->due > control_now() + REPORT_GAP) {
        prober_wake(p, true);
    }
    pthread_mutex_unlock(&c->lock);
}

struct order {
    const char *instance;
    enum health_state state;
    bool found;
};

static void change_admin_state(struct control *c, void *arg)
{
    struct order *o = arg;
    for (size_t i = 0; i < c->topo->n_instances; i++) {
        struct prober *p = c->probers[i];
        if (strcmp(p->instance->name, o->instance) != 0) {
            continue;
        }
        if (p->admin == HEALTH_DISABLED) {
            p->health.state = HEALTH_UNKNOWN; /* what was known is old */
        }
        p->admin = o->state == HEALTH_UP ? HEALTH_UNKNOWN : o->state;
        prober_wake(p, true);
        o->found = true;
    }
}

bool control_set_admin_state(struct control *c, const char *instance, enum health_state state)
{
    struct order o = {instance, state, false};
    control_publish(c, change_admin_state, &o);
    return o.found;
}

/* ---- topology ---- */

static struct prober *prober_take(struct prober **probers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (probers[i] != NULL && strcmp(probers[i]->instance->name, name) == 0) {
            struct prober *p = probers[i];
            probers[i] = NULL;
            return p;
        }
    }
    return NULL;
}

static void prober_retire(struct control *c, struct prober *p)
{
    p->stop = true;
    pthread_cond_signal(&p->wake);
    LIST_INSERT_HEAD(&c->retired, p, link);
}

static void lags_free(struct lag_log *lags, size_t n)
{
    for (size_t i = 0; lags != NULL && i < n; i++) {
        lag_clear(&lags[i]);
    }
    free(lags);
}

static void change_topo(struct control *c, void *arg)
{
    struct topo *topo = arg;
    size_t n = topo->n_instances, n_old = c->topo != NULL ? c->topo->n_instances : 0;
    struct prober **probers = calloc(n + 1, sizeof *probers);
    struct lag_log *lags = calloc(topo->n_shards + 1, sizeof *lags);
    if (probers == NULL || lags == NULL) {
        abort();
    }
    for (uint16_t i = 0; i < n; i++) {
        probers[i] = prober_take(c->probers, n_old, topo->instances[i].conf->name);
        if (probers[i] != NULL) {
            prober_move(probers[i], topo, i);
        } else {
            probers[i] = prober_new(c, topo, i);
            prober_start(probers[i]);
        }
    }
    for (size_t i = 0; i < n_old; i++) {
        if (c->probers[i] != NULL) {
            prober_retire(c, c->probers[i]);
        }
    }
    lags_free(c->lags, c->topo != NULL ? c->topo->n_shards : 0);
    free(c->probers);
    c->probers = probers;
    c->lags = lags;
    topo_unref(c->topo);
    c->topo = topo_ref(topo);
    c->topo_generation++;
    change_forget(c, &(struct forgotten){NULL, NULL});
}

void control_set_topo(struct control *c, struct topo *topo)
{
    control_publish(c, change_topo, topo);
}

/* ---- the housekeeper ---- */

static void probers_reap(struct control *c)
{
    struct prober *p, *next;
    for (p = c->stopping ? NULL : LIST_FIRST(&c->retired); p != NULL; p = next) {
        next = LIST_NEXT(p, link);
        if (p->exited || !p->running) { /* it has let go of the lock for good */
            LIST_REMOVE(p, link);
            prober_free(p);
        }
    }
}

static void probers_check(struct control *c, uint64_t now)
{
    for (size_t i = 0; i < c->topo->n_instances; i++) {
        if (!c->probers[i]->running) {
            prober_start(c->probers[i]);
        }
        if (prober_check_overdue(c->probers[i], now)) {
            i = SIZE_MAX; /* the array may be another one now */
        }
    }
}

static void *housekeeper_main(void *arg)
{
    struct control *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        uint64_t now = control_now();
        probers_check(c, now);
        probers_reap(c);
        bool due = c->urgent || (c->dirty && now - c->published_at >= PUBLISH_GAP);
        pthread_mutex_unlock(&c->lock);
        if (due) {
            control_publish(c, NULL, NULL);
        }
        tables_refresh(c);
        pthread_mutex_lock(&c->lock);
        if (!c->urgent && !c->stopping) {
            control_wait(&c->housekeeper_wake, &c->lock, now + TICK);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* ---- start and stop ---- */

static bool threads_start(struct control *c)
{
    c->housekeeping = control_thread(&c->housekeeper, housekeeper_main, c);
    while (c->housekeeping && c->n_job_threads < JOB_THREADS &&
           control_thread(&c->job_threads[c->n_job_threads], job_thread_main, c)) {
        c->n_job_threads++;
    }
    return c->n_job_threads > 0;
}

struct control *control_start_with(struct topo *topo, void (*publish)(void *arg, struct snapshot *s), void *arg,
                                   const struct control_ops *ops)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL) {
        abort();
    }
    mysql_library_init(0, NULL, NULL);
    pthread_mutex_init(&c->publish_lock, NULL);
    pthread_mutex_init(&c->lock, NULL);
    control_cond_init(&c->housekeeper_wake);
    control_cond_init(&c->job_wake);
    c->publish = publish;
    c->publish_arg = arg;
    c->ops = *ops;
    c->last_job = &c->first_job;
    c->catalog = catalog_new();
    control_set_topo(c, topo);
    if (!threads_start(c)) {
        control_stop(c);
        return NULL;
    }
    return c;
}

static void threads_stop(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->housekeeper_wake);
    pthread_cond_broadcast(&c->job_wake);
    for (size_t i = 0; i < c->topo->n_instances; i++) {
        prober_retire(c, c->probers[i]);
    }
    pthread_mutex_unlock(&c->lock);
    if (c->housekeeping) {
        pthread_join(c->housekeeper, NULL);
    }
    for (unsigned i = 0; i < c->n_job_threads; i++) {
        pthread_join(c->job_threads[i], NULL);
    }
}

void control_stop(struct control *c)
{
    if (c == NULL) {
        return;
    }
    threads_stop(c);
    while (!LIST_EMPTY(&c->retired)) {
        struct prober *p = LIST_FIRST(&c->retired);
        LIST_REMOVE(p, link);
        prober_free(p);
    }
    jobs_finish(c->first_job, true, "the proxy is stopping");
    lags_free(c->lags, c->topo->n_shards);
    snapshot_unref(c->current);
    catalog_unref(c->catalog);
    topo_unref(c->topo);
    free(c->probers);
    pthread_cond_destroy(&c->housekeeper_wake);
    pthread_cond_destroy(&c->job_wake);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->publish_lock);
    free(c);
}
