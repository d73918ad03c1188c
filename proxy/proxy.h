/* The process: what all threads share, and the order in which it starts and stops.
 *
 * Everything here is either constant after start, swapped under `lock` (configuration), or an atomic counter.
 */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <stdatomic.h>
#include <uv.h>

#include "conf/conf.h"
#include "proxy/control.h"
#include "proxy/login.h"

#define SHARDWIRE_VERSION "0.1.0"

struct worker;
struct listener;
struct snapshot;
struct tls_context;
struct user_count;
struct http;
struct recover;

/* One configuration in force, with what is built from it: swapped whole at a reload. */
struct runtime {
    atomic_uint refs;
    struct conf *conf;
    struct tls_context *client_tls;  /* NULL: TLS is off */
    struct tls_context *backend_tls;
};

/* What the workers' pools of one instance share: its connection limit. */
struct gate {
    struct gate *next;
    char *name;
    atomic_uint open;                /* connections of all workers, the ones being made included */
    atomic_uint waiting;             /* statements that wait for one, in all workers */
};

struct proxy {
    const char *conf_path;
    uv_loop_t loop;                  /* the main thread's: signals and accepting */
    uv_async_t wake;                 /* somebody asked for the end */
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t drain_timer;
    uint64_t drain_until;            /* loop time, ms; 0: not draining yet */
    uv_mutex_t lock;                 /* guards runtime, incoming, gates and users */
    struct runtime *runtime;
    struct runtime *incoming;        /* while a reload is under way: the next one */
    uv_mutex_t reload_lock;          /* one reload at a time; guards overrides */
    struct conf_override *overrides; /* what SET changed since the last reload */
    size_t n_overrides;
    struct control *control;
    struct login_rsa *rsa;
    struct worker **workers;         /* data workers, then the admin worker */
    unsigned n_workers;              /* without the admin worker */
    struct worker *admin;
    struct listener *listeners;
    size_t n_listeners;
    struct recover *recover;         /* ends in-doubt transactions */
    struct http *http;
    char server_version[96];         /* of the greeting */
    uint64_t started_at;             /* wall clock, ms */
    atomic_uint next_session;        /* connection ids */
    atomic_uint n_clients;           /* of the data port */
    struct gate *gates;              /* one per instance name ever configured; under lock */
    struct user_count *users;        /* logged-in sessions of the data port; under lock */
    atomic_bool draining;
    int exit_status;
};

/* Runs until a signal or SHUTDOWN ends it; the process's exit status. */
int proxy_run(const char *conf_path);

/* Is the configuration good? Problems go to standard error. */
bool proxy_check(const char *conf_path);

/* Reads the file again and puts it in force; errors go to `report` and leave everything as it was. Any thread. */
bool proxy_reload(struct proxy *p, conf_error_fn report, void *arg);

/* Changes one setting until the next reload or restart. Any thread. */
bool proxy_set(struct proxy *p, const char *name, const char *value, conf_error_fn report, void *arg);

/* As SIGTERM: stop accepting, let transactions finish until the drain timeout, end. Any thread. */
void proxy_shutdown(struct proxy *p);

struct gate *proxy_gate(struct proxy *p, const char *instance); /* made when there is none; lives on */

/* A user of the data port logs in; false: it has as many sessions as its max_connections allows. Any thread. */
bool proxy_user_enter(struct proxy *p, const struct conf_user *user);
void proxy_user_leave(struct proxy *p, const char *user);
unsigned proxy_user_sessions(struct proxy *p, const char *user);
void proxy_counts_free(struct proxy *p); /* gates and users, at the end */

struct runtime *proxy_runtime(struct proxy *p); /* with a reference */
struct runtime *runtime_ref(struct runtime *r);
void runtime_unref(struct runtime *r);
/* Reads the configuration and builds what belongs to it. NULL after at least one report. */
struct runtime *runtime_load(const char *path, const struct conf_override *overrides, size_t n, conf_error_fn report,
                             void *arg);
/* A snapshot is out: every worker works by it from now on, under the configuration that it was built from. For
 * control_start(). */
void runtime_publish(void *proxy, struct snapshot *s);
void runtime_clear(struct proxy *p); /* at the end */

#endif
