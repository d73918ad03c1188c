/* The main thread: starts everything in order, waits for signals, drains, and ends everything in the reverse order.
 *
 *   start   configuration ─▶ topology ─▶ workers ─▶ control plane (the first snapshot goes to the workers)
 *           ─▶ a moment for the first probe (the greeting's version) ─▶ ports ─▶ HTTP
 *   drain   SIGTERM, SIGINT or SHUTDOWN: the client ports close, idle sessions outside transactions are closed, the
 *           others when they are through; the admin port and HTTP go on
 *   end     nobody is left, limits.drain_timeout has passed, or a second signal came: HTTP, the admin worker (it may be
 *           waiting for the others), the data workers, the control plane, and last the workers' memory: control
 *           threads post to them until they have ended
 *
 * A signal after that kills, as by default.
 */
#include "proxy/proxy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "proxy/http_source.h"
#include "proxy/listener.h"
#include "proxy/log.h"
#include "proxy/recover.h"
#include "proxy/session.h"
#include "proxy/worker.h"

#define VERSION_WAIT_MS 2000
#define VERSION_POLL_MS 10
#define DRAIN_POLL_MS 20

/* ---- draining ---- */

static void on_drain(struct worker *w, struct message *m)
{
    free(m);
    if (!w->stopping)
        session_drain(w);
}

static void on_drain_timer(uv_timer_t *t)
{
    struct proxy *p = t->data;
    bool late = uv_now(&p->loop) >= p->drain_until;
    if (atomic_load(&p->n_clients) && !late)
        return;
    if (late && atomic_load(&p->n_clients))
        log_warning("drain_timeout", "clients=%u", atomic_load(&p->n_clients));
    uv_stop(&p->loop);
}

static void drain(struct proxy *p)
{
    struct runtime *r = proxy_runtime(p);
    p->drain_until = uv_now(&p->loop) + r->conf->limits.drain_timeout;
    runtime_unref(r);
    atomic_store(&p->draining, true);
    log_info("draining", "clients=%u", atomic_load(&p->n_clients));
    listeners_close(p, false);
    for (unsigned i = 0; i < p->n_workers; i++) {
        struct message *m = calloc(1, sizeof *m);
        if (!m)
            abort();
        m->run = on_drain;
        worker_post(p->workers[i], m);
    }
    uv_timer_start(&p->drain_timer, on_drain_timer, 0, DRAIN_POLL_MS);
}

static void on_wake(uv_async_t *async)
{
    struct proxy *p = async->data;
    if (!p->drain_until)
        drain(p);
}

void proxy_shutdown(struct proxy *p)
{
    uv_async_send(&p->wake);
}

/* ---- signals ---- */

static void on_end_signal(uv_signal_t *handle, int signum)
{
    struct proxy *p = handle->data;
    log_info("signal", "signal=%s again=%s", signum == SIGINT ? "SIGINT" : "SIGTERM", p->drain_until ? "yes" : "no");
    if (p->drain_until)
        uv_stop(&p->loop);
    else
        drain(p);
}

static void on_reload_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    if (((struct proxy *)handle->data)->control)
        proxy_reload(handle->data, NULL, NULL);
}

static void start_loop(struct proxy *p)
{
    uv_loop_init(&p->loop);
    uv_async_init(&p->loop, &p->wake, on_wake);
    uv_timer_init(&p->loop, &p->drain_timer);
    uv_signal_init(&p->loop, &p->on_term);
    uv_signal_init(&p->loop, &p->on_int);
    uv_signal_init(&p->loop, &p->on_hup);
    p->wake.data = p->drain_timer.data = p->on_term.data = p->on_int.data = p->on_hup.data = p;
    uv_signal_start(&p->on_term, on_end_signal, SIGTERM);
    uv_signal_start(&p->on_int, on_end_signal, SIGINT);
    uv_signal_start(&p->on_hup, on_reload_signal, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
}

static void end_loop(struct proxy *p)
{
    listeners_close(p, true);
    uv_close((uv_handle_t *)&p->wake, NULL);
    uv_close((uv_handle_t *)&p->drain_timer, NULL);
    uv_close((uv_handle_t *)&p->on_term, NULL);
    uv_close((uv_handle_t *)&p->on_int, NULL);
    uv_close((uv_handle_t *)&p->on_hup, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&p->loop))
        log_error("loop_not_closed", "loop=%s", "main");
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- starting ---- */

static void print_problem(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

bool proxy_check(const char *conf_path)
{
    struct runtime *r = runtime_load(conf_path, NULL, 0, print_problem, NULL);
    bool ok = r != NULL;
    runtime_unref(r);
    return ok;
}

/* Workers leave signals to the main thread. */
static bool start_workers(struct proxy *p)
{
    sigset_t all, before;
    unsigned n = p->runtime->conf->threads;
    p->workers = calloc(n + 1, sizeof *p->workers);
    if (!p->workers)
        abort();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i <= n; i++) {
        struct worker *w = worker_start(p, i, i == n);
        if (!w)
            break;
        if (i == n)
            p->admin = w;
        else
            p->n_workers++;
        p->workers[i] = w;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->admin != NULL;
}

static bool start_control(struct proxy *p)
{
    struct topo *topo = topo_build(p->runtime->conf);
    p->control = control_start(topo, runtime_publish, p);
    topo_unref(topo);
    if (!p->control)
        log_error("control_start_failed", "error=%s", "no thread could be started");
    else
        p->recover = recover_start(p->control);
    return p->recover != NULL;
}

/* What the greeting says: the version of the first instance that is known. */
static bool set_version(struct proxy *p)
{
    struct snapshot *s = control_snapshot(p->control);
    const struct health_instance *known = NULL;
    for (size_t i = 0; i < s->health->n && !known; i++)
        if (s->health->instances[i].version)
            known = &s->health->instances[i];
    if (known)
        snprintf(p->server_version, sizeof p->server_version, "%u.%u.%u-%sShardwire", known->version / 10000,
                 known->version / 100 % 100, known->version % 100, known->mariadb ? "MariaDB-" : "");
    snapshot_unref(s);
    return known;
}

/* False: a signal has come meanwhile. */
static bool wait_for_version(struct proxy *p)
{
    uint64_t wait = p->runtime->conf->health.timeout;
    uint64_t until = uv_hrtime() / 1000000 + (wait < VERSION_WAIT_MS ? wait : VERSION_WAIT_MS);
    snprintf(p->server_version, sizeof p->server_version, "8.0.36-Shardwire");
    while (!set_version(p) && uv_hrtime() / 1000000 < until && !p->drain_until) {
        uv_sleep(VERSION_POLL_MS);
        uv_run(&p->loop, UV_RUN_NOWAIT);
    }
    return !p->drain_until;
}

static bool open_ports(struct proxy *p)
{
    struct runtime *r = proxy_runtime(p);
    bool ok = listeners_open(p, r->conf) && http_source_start(p, r->conf);
    runtime_unref(r);
    return ok;
}

static void serve(struct proxy *p)
{
    if (!start_workers(p) || !start_control(p))
        return;
    if (wait_for_version(p)) {
        if (!open_ports(p))
            return;
        log_info("started", "version=%s threads=%u server_version=%s", SHARDWIRE_VERSION, p->n_workers,
                 p->server_version);
        uv_run(&p->loop, UV_RUN_DEFAULT);
    }
    p->exit_status = 0;
}

/* ---- ending ---- */

static void stop(struct proxy *p)
{
    uv_signal_stop(&p->on_term);
    uv_signal_stop(&p->on_int);
    uv_signal_stop(&p->on_hup);
    atomic_store(&p->draining, true);
    http_source_stop(p);
    if (p->admin)
        worker_join(p->admin);
    for (unsigned i = 0; i < p->n_workers; i++)
        worker_join(p->workers[i]);
    if (p->recover)
        recover_stop(p->recover);
    control_stop(p->control);
    for (unsigned i = 0; i <= p->n_workers; i++)
        if (p->workers && p->workers[i])
            worker_free(p->workers[i]);
    free(p->workers);
}

int proxy_run(const char *conf_path)
{
    struct proxy *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->conf_path = conf_path;
    p->runtime = runtime_load(conf_path, NULL, 0, print_problem, NULL);
    if (!p->runtime) {
        free(p);
        return 1;
    }
    struct timeval now;
    gettimeofday(&now, NULL);
    p->started_at = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
    p->exit_status = 1;
    uv_mutex_init(&p->lock);
    uv_mutex_init(&p->reload_lock);
    log_setup(p->runtime->conf->log.level, p->runtime->conf->log.format);
    raise_file_limit();
    start_loop(p);
    p->rsa = login_rsa_new();
    serve(p);
    stop(p);
    end_loop(p);
    int status = p->exit_status;
    log_info("stopped", "status=%d", status);
    login_rsa_free(p->rsa);
    runtime_clear(p);
    proxy_counts_free(p);
    uv_mutex_destroy(&p->lock);
    uv_mutex_destroy(&p->reload_lock);
    free(p);
    return status;
}
