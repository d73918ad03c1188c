/* One event loop per thread, with everything that its sessions share: pools, plans, settings, statistics.
 *
 * Workers share nothing that changes but atomic counters; what another thread wants of a worker is a message in its
 * mailbox, run on the worker's own loop. A session stays on its worker for life. The admin port is served by one more
 * worker, so that it answers when the others are busy.
 */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <stdatomic.h>
#include <sys/queue.h>
#include <uv.h>

#include "proxy/control.h"
#include "router/arena.h"
#include "router/plan_cache.h"

#define WORKER_READ_BUFFER 65536
#define WORKER_TICK_MS 1000

struct proxy;
struct worker;
struct session;
struct pool;
struct runtime;
struct settings_store;
struct weights;
struct stats;
struct digest_table;
struct admin;

struct message {
    STAILQ_ENTRY(message) link;
    void (*run)(struct worker *w, struct message *m); /* owns m from then on */
};

struct worker {
    uv_loop_t loop;
    uv_thread_t thread;
    uv_async_t mailbox;
    uv_mutex_t mailbox_lock;
    STAILQ_HEAD(, message) messages;
    bool ended;                  /* under mailbox_lock: nobody listens to the mailbox */
    uv_timer_t tick;
    unsigned index;
    bool is_admin;
    bool stopping;
    struct proxy *proxy;

    struct conf *conf;           /* of now; new sessions and statements follow it */
    struct snapshot *snapshot;
    struct pool **pools;         /* by instance index of snapshot->topo */
    size_t n_pools;
    LIST_HEAD(, pool) old_pools; /* of instances that a reload took away: they empty themselves */
    struct plan_cache *plans;
    uint64_t plan_epoch;         /* counts up when plans are dropped */
    struct settings_store *settings;
    struct weights *weights;
    struct stats *stats;
    struct digest_table *digests;
    struct admin *admin;         /* of the admin worker, once it was asked something */

    LIST_HEAD(, session) sessions;
    atomic_uint n_sessions;      /* written by this worker, read by who accepts */
    atomic_uint n_active;        /* sessions in a transaction or a statement: for draining */
    struct lex_mode base_mode;   /* dialect and version of the instances */
    size_t relay_buffer;
    uint32_t any;                /* counts up: spreads statements that may go anywhere */
    uint64_t random;
    uint8_t *read_buffer;        /* WORKER_READ_BUFFER bytes, shared by all reads of this worker */

    struct arena *spare_arenas;  /* a stack of command arenas that are not in use */
    size_t n_spare_arenas;
};

/* Starts the thread. NULL when that fails. */
struct worker *worker_start(struct proxy *proxy, unsigned index, bool is_admin);
/* Closes everything and waits for the thread's end. Messages may still be posted: worker_free() has them run. */
void worker_join(struct worker *w);
/* When nobody posts to it any more. */
void worker_free(struct worker *w);

/* Runs m on the worker's loop, soon. Any thread. */
void worker_post(struct worker *w, struct message *m);

/* Runs fn(w, arg) on the worker's loop and waits until it is done. Not from that worker's own thread. */
void worker_call(struct worker *w, void (*fn)(struct worker *w, void *arg), void *arg);

/* The snapshot to work by from now on; takes over both references. `runtime` is the configuration that the snapshot's
 * topology was built from. Any thread. */
void worker_adopt(struct worker *w, struct snapshot *snapshot, struct runtime *runtime);

/* Command arenas: taken at the start of a statement, given back at its end. */
struct arena *worker_arena_get(struct worker *w);
void worker_arena_put(struct worker *w, struct arena *a);

uint64_t worker_random(struct worker *w);

#endif
