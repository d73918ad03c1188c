/* A thread for each instance: wait until a probe is due, probe, note what follows. Only this thread waits when the
 * instance hangs; the housekeeper counts a probe that takes too long as failed while it is still under way (a host name
 * that does not resolve may take longer than any timeout of ours), and its late outcome is then dropped.
 *
 * Traffic's word that a connection failed makes the next probe prove a new connection; a probe under way on the kept
 * one proves nothing about that, and its good outcome is dropped.
 */
#include "proxy/control_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/link.h"
#include "proxy/log.h"

/* A change of state, copied under the lock and logged without it. */
struct change {
    char name[128];
    enum health_state from, to;
    char error[160];
};

static uint64_t wall_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void change_log(const struct change *change)
{
    if (change->from == change->to) {
        return;
    }
    enum conf_log_level level = change->to == HEALTH_UP ? CONF_LOG_INFO : CONF_LOG_WARNING;
    log_event(level, "instance_state", "instance=%s from=%s to=%s error=%s", change->name,
              health_state_name(change->from), health_state_name(change->to), change->error);
}

void jobs_finish(struct job *list, bool failed, const char *error)
{
    while (list != NULL) {
        struct job *j = list;
        list = j->next;
        j->failed = failed;
        snprintf(j->error, sizeof j->error, "%s", failed ? error : "");
        j->done(j);
    }
}

/* ---- under the lock ---- */

void prober_wake(struct prober *p, bool fresh)
{
    uint64_t earliest = p->ended + REPORT_GAP, now = control_now();
    p->fresh |= fresh;
    p->due = now > earliest ? now : earliest;
    pthread_cond_signal(&p->wake);
}

void prober_move(struct prober *p, struct topo *topo, uint16_t index)
{
    bool was_disabled = p->instance->disabled;
    topo_ref(topo);
    topo_unref(p->topo);
    p->topo = topo;
    p->index = index;
    p->instance = topo->instances[index].conf;
    if (p->instance->disabled != was_disabled) {
        p->admin = p->instance->disabled ? HEALTH_DISABLED : HEALTH_UNKNOWN;
    }
    prober_wake(p, true);
}

static uint64_t next_due(const struct prober *p, uint64_t now)
{
    uint64_t interval = p->topo->conf->health.interval;
    if (p->admin == HEALTH_DISABLED) {
        return UINT64_MAX;
    }
    if (p->health.state == HEALTH_SUSPECT) { /* up or down: find out soon */
        interval = interval / 4 > REPORT_GAP ? interval / 4 : REPORT_GAP;
    }
    uint64_t due = p->started + interval;
    return due > now ? due : now;
}

static void probe_noted(struct prober *p, struct probe_result *r, struct change *change)
{
    struct control *c = p->control;
    uint64_t now = control_now();
    struct lag_log *lag = &c->lags[p->topo->instances[p->index].shard];
    if (r->ok && r->gtid != NULL && p->instance->role == CONF_PRIMARY) {
        lag_note(lag, r->gtid, now);
    } else if (r->ok && p->instance->role == CONF_REPLICA) {
        r->lag_ms = lag_refine(lag, r->gtid, r->lag_ms, now);
    }
    change->from = p->health.state;
    bool urgent = health_probed(&p->health, &p->gtid, r, wall_clock());
    change->to = p->health.state;
    snprintf(change->name, sizeof change->name, "%s", p->instance->name);
    memcpy(change->error, p->health.error, sizeof change->error);
    control_changed(c, urgent);
}

bool prober_check_overdue(struct prober *p, uint64_t now)
{
    uint64_t timeout = p->topo->conf->health.timeout;
    if (p->started == 0 || p->overdue || now - p->started <= timeout) {
        return false;
    }
    struct probe_result r = {.lag_ms = -1};
    struct change change;
    snprintf(r.error, sizeof r.error, "no answer in %llu ms", (unsigned long long)timeout);
    p->overdue = true;
    probe_noted(p, &r, &change);
    struct control *c = p->control;
    pthread_mutex_unlock(&c->lock);
    change_log(&change);
    pthread_mutex_lock(&c->lock);
    return true;
}

/* Another configuration came while the probe was under way: its outcome may be another server's. */
static bool is_outdated(const struct prober *p, const struct topo *probed, const struct probe_result *r)
{
    return p->topo != probed || (p->fresh && r->ok);
}

/* ---- the thread ---- */

static void probe_once(struct prober *p, struct probe *probe)
{
    struct control *c = p->control;
    struct topo *topo = topo_ref(p->topo);
    const struct conf_instance *instance = p->instance;
    struct job *jobs = p->jobs;
    struct probe_result r;
    struct change change = {0};
    bool fresh = p->fresh || p->health.state != HEALTH_UP;
    p->jobs = NULL;
    p->fresh = p->overdue = false;
    p->started = control_now();
    pthread_mutex_unlock(&c->lock);

    c->ops.probe(probe, topo->conf, instance, fresh, &r);

    pthread_mutex_lock(&c->lock);
    bool ok = r.ok;
    char error[sizeof r.error];
    memcpy(error, r.error, sizeof error);
    if (!p->overdue && !is_outdated(p, topo, &r)) {
        probe_noted(p, &r, &change);
    }
    p->ended = control_now();
    if (!p->fresh) {
        p->due = next_due(p, p->ended);
    } else if (p->due < p->ended + REPORT_GAP) {
        p->due = p->ended + REPORT_GAP;
    }
    p->started = 0;
    pthread_mutex_unlock(&c->lock);

    probe_result_deinit(&r);
    change_log(&change);
    jobs_finish(jobs, !ok, error);
    topo_unref(topo);
    pthread_mutex_lock(&c->lock);
}

static void *prober_main(void *arg)
{
    struct prober *p = arg;
    struct control *c = p->control;
    struct probe *probe = probe_new();
    mysql_thread_init();
    pthread_mutex_lock(&c->lock);
    while (!p->stop) {
        if (p->jobs == NULL && (p->admin == HEALTH_DISABLED || control_now() < p->due)) {
            control_wait(&p->wake, &c->lock, p->admin == HEALTH_DISABLED ? UINT64_MAX : p->due);
            continue;
        }
        probe_once(p, probe);
    }
    struct job *jobs = p->jobs;
    p->jobs = NULL;
    pthread_mutex_unlock(&c->lock);
    jobs_finish(jobs, true, "the instance is no longer configured");
    probe_free(probe);
    mysql_thread_end();
    pthread_mutex_lock(&c->lock);
    p->exited = true;
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct prober *prober_new(struct control *c, struct topo *topo, uint16_t index)
{
    struct prober *p = calloc(1, sizeof *p);
    if (p == NULL) {
        abort();
    }
    control_cond_init(&p->wake);
    p->control = c;
    p->topo = topo_ref(topo);
    p->index = index;
    p->instance = topo->instances[index].conf;
    p->admin = p->instance->disabled ? HEALTH_DISABLED : HEALTH_UNKNOWN;
    p->health.lag_ms = -1;
    return p;
}

/* Without a thread an instance stays UNKNOWN, which is used as if UP; the housekeeper tries again. */
void prober_start(struct prober *p)
{
    p->running = control_thread(&p->thread, prober_main, p);
    if (!p->running) {
        snprintf(p->health.error, sizeof p->health.error, "not probed: no thread could be started");
    }
}

void prober_free(struct prober *p)
{
    if (p->running) {
        pthread_join(p->thread, NULL);
    }
    pthread_cond_destroy(&p->wake);
    topo_unref(p->topo);
    free(p->gtid);
    free(p);
}
