/* The control plane: blocking threads with libmariadb that probe the instances, read table definitions and run small
 * questions for the workers. It acts on the data plane in two ways only: it publishes a new snapshot, or it posts the
 * answer of a job to the worker that asked.
 */
#ifndef PROXY_CONTROL_H
#define PROXY_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "router/topo.h"

enum health_state {
    HEALTH_UNKNOWN, /* not probed yet: used as if UP */
    HEALTH_UP,
    HEALTH_SUSPECT,  /* the last probe or a connect failed: tried only when nothing better is left */
    HEALTH_DOWN,     /* several in a row */
    HEALTH_DRAINING, /* the operator said DRAIN: no new work */
    HEALTH_DISABLED, /* the operator said DISABLE, or `disabled: true` */
};

/* What is known of one instance. */
struct health_instance {
    enum health_state state;
    bool read_only;
    bool replicating; /* a replica whose threads run */
    bool mariadb;
    unsigned version; /* 101114, 90700 */
    char version_text[64];
    int64_t lag_ms;     /* replicas: -1 unknown */
    uint64_t probed_at; /* wall clock, ms; 0 never */
    unsigned failures;  /* probes failed in a row */
    char error[160];    /* why it is not UP; no secrets */
    const char *gtid;   /* executed set as text, owned by the snapshot; NULL unknown */
};

/* Immutable, by reference count; one per change, at most ten a second unless a state changes. instances[] is indexed as
 * topo->instances. */
struct health {
    atomic_uint refs;
    size_t n;
    struct health_instance *instances;
};
struct health *health_ref(struct health *h);
void health_unref(struct health *h);

/* What the workers route by: swapped whole. */
struct snapshot {
    atomic_uint refs;
    struct topo *topo;
    struct catalog *catalog;
    struct health *health;
};
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);

struct control;

/* Starts the threads; takes a reference of its own on topo. `publish` is called with a reference that the callee takes
 * over; calls come one after the other, from control threads and from callers of the functions below that publish; of
 * control_* it may call control_snapshot() alone. The first snapshot (catalog empty, health unknown) is published
 * before control_start() returns. Returns NULL when no thread could be started. */
struct control *control_start(struct topo *topo, void (*publish)(void *arg, struct snapshot *s), void *arg);
/* Waits for the threads, bounded by the timeouts; jobs not run yet are done as failed. */
void control_stop(struct control *c);

/* A new configuration: probes go on with the new instances; health of instances with the same name is kept; the catalog
 * starts empty. Takes a reference of its own; published before it returns. */
void control_set_topo(struct control *c, struct topo *topo);

/* The snapshot of now, with a reference for the caller. Any thread. */
struct snapshot *control_snapshot(struct control *c);

/* Work for a control thread. Filled by the caller, who owns it until `done`; `run` fills the answer in a control
 * thread, then `done` is called in the same thread (a worker's `done` posts to its own mailbox). */
enum job_kind {
    JOB_READ_TABLE, /* schema, name → the catalog (published before done); error set when no instance answered */
    JOB_WEIGHT,     /* text in client_charset → weight string under collation, in answer; where the collation pads,
                     * without spaces at the end (malloc'ed, the job's owner frees) */
    JOB_KILL,       /* KILL [QUERY] thread_id on `instance` */
    JOB_PROBE,      /* probe `instance` at once: traffic saw it fail */
};
struct job {
    enum job_kind kind;
    void (*done)(struct job *j);
    void *arg;
    uint16_t instance;
    struct topo *topo; /* KILL: what `instance` counts in (the owner's reference); NULL: the topology of now */
    uint64_t thread_id;
    bool kill_query;
    char schema[65 * 4], name[65 * 4];
    char charset[65], collation[65]; /* WEIGHT: the column's */
    char client_charset[65];         /* WEIGHT: what the text is in */
    char *text;                      /* WEIGHT: malloc'ed, the job's owner frees it */
    size_t len;
    unsigned char *answer;
    size_t answer_len;
    bool failed;
    char error[256];
    struct job *next;      /* the queue's */
    uint64_t submitted_at; /* the queue's */
};
void control_submit(struct control *c, struct job *j);

/* DDL went through the proxy: forget what is known of the table (name NULL: of the whole schema); published before it
 * returns. Any thread. */
void control_forget(struct control *c, const char *schema, const char *name);

/* The operator's word on an instance. Returns false when there is no instance of that name. */
bool control_set_admin_state(struct control *c, const char *instance,
                             enum health_state state /* DRAINING, DISABLED or UP */);

/* Traffic's view, from any thread: a connect failed or worked. A failure makes the instance SUSPECT at once and probes
 * it. */
void control_report(struct control *c, uint16_t instance, bool ok, const char *error);

const char *health_state_name(enum health_state s); /* "UP" … */

#endif
