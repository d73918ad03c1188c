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
struct tls_context;
struct http;

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
    uv_mutex_t lock;                 /* guards runtime while it is swapped */
    struct runtime *runtime;
    struct control *control;
    struct login_rsa *rsa;
    struct worker **workers;         /* data workers, then the admin worker */
    unsigned n_workers;              /* without the admin worker */
    struct worker *admin;
    struct listener *listeners;
    size_t n_listeners;
    struct http *http;
    char server_version[96];         /* of the greeting */
    uint64_t started_at;             /* wall clock, ms */
    atomic_uint next_session;        /* connection ids */
    atomic_uint n_clients;           /* of the data port */
    struct gate *gates;              /* one per instance name ever configured; under lock */
    atomic_bool draining;
    int exit_status;
};

int proxy_run(const char *conf_path);

/* Reads the file again and puts it in force; errors go to `report` and leave everything as it was. Any thread. */
bool proxy_reload(struct proxy *p, conf_error_fn report, void *arg);

/* As SIGTERM: stop accepting, let transactions finish until the drain timeout, end. Any thread. */
void proxy_shutdown(struct proxy *p);

struct gate *proxy_gate(struct proxy *p, const char *instance); /* made when there is none; lives on */

struct runtime *proxy_runtime(struct proxy *p); /* with a reference */
void runtime_unref(struct runtime *r);

#endif
