/* The backends of one instance on one worker: lends them, bounds them, closes the old ones.
 *
 * The instance's limit (`connections:`) holds for the whole process: workers count in the instance's gate. Who finds
 * neither an idle backend nor room waits in a queue, bounded in length and time; a worker that waits makes the others
 * close an idle one.
 */
#ifndef PROXY_POOL_H
#define PROXY_POOL_H

#include <sys/queue.h>

#include "protocol/error.h"
#include "proxy/backend.h"

struct gate;
struct worker;
struct topo_instance;
struct runtime;

struct pool_waiter {
    TAILQ_ENTRY(pool_waiter) link;
    struct pool *pool;              /* NULL: does not wait */
    uint32_t class;
    struct settings *settings;      /* preferred, borrowed until ready */
    uint64_t since;
    /* A backend (lent), or NULL and the reason. */
    void (*ready)(struct pool_waiter *w, struct backend *b, const struct error *err);
};

struct pool {
    LIST_ENTRY(pool) old;
    struct worker *worker;
    struct runtime *runtime;        /* the configuration that it was last bound to */
    const struct conf_instance *conf;
    char *name;
    uint16_t instance;              /* index in the topology of now */
    bool retired;                   /* not in the topology any more */
    struct gate *gate;
    TAILQ_HEAD(idle_list, backend) idle;     /* the last used first */
    LIST_HEAD(, backend) all;
    TAILQ_HEAD(, pool_waiter) waiters;
    unsigned n_idle, n_opening, n_lent, n_waiters;
    uint64_t asked_at;              /* when we last asked other workers to make room */
    uint64_t connects, failures;
    char last_error[160];
};

struct pool *pool_new(struct worker *w, struct runtime *r, const struct topo_instance *instance);
/* After a reload: the same instance under a new configuration. */
void pool_rebind(struct pool *p, struct runtime *r, const struct topo_instance *instance);
/* The instance is gone: idle backends are closed, waiters fail; frees itself with the last backend. */
void pool_retire(struct pool *p);

/* Lends a backend of this class, preferring one that agrees with `settings`; NULL: w->ready() comes later (never from
 * inside). Give it back with pool_put(), or pool_drop() if its state is unknown. */
struct backend *pool_get(struct pool *p, struct pool_waiter *w);
void pool_cancel(struct pool_waiter *w);

void pool_put(struct backend *b);
void pool_drop(struct backend *b, const char *why);

/* The very backend that still holds the diagnostics of this session's last statement, or NULL. */
struct backend *pool_get_diagnostics(struct pool *p, uint64_t session);

/* Once a second: closes what is too old or idle for too long, fails who waited too long. */
void pool_tick(struct pool *p);
/* Another worker waits at the gate: close an idle backend if there is one. There is room at the gate: serve waiters. */
void pool_make_room(struct pool *p);
void pool_serve(struct pool *p);

/* From the backend. */
void pool_on_ready(struct backend *b);
/* `b` is gone (its memory goes after this call); err: it was still opening, and why it failed. */
void pool_on_dead(struct pool *p, struct backend *b, const struct error *err);

#endif
