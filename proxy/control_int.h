/* What the files of the control plane share, and nobody outside them but their test includes.
 *
 *   prober, one thread an instance   control_probe.c   blocked in one probe at most, so that none delays another
 *   job threads, a few               control_job.c     take jobs from one queue; links.c keeps their connections
 *                                    control_table.c   the jobs that read table definitions
 *   the housekeeper, one thread      control.c         publishes what probes changed, finds probes that hang, has old
 *                                                      table definitions read again
 *
 * `lock` guards every field below; it is never held while something waits. `publish_lock` is taken before `lock` and
 * orders the snapshots.
 */
#ifndef PROXY_CONTROL_INT_H
#define PROXY_CONTROL_INT_H

#include <pthread.h>
#include <sys/queue.h>

#include "proxy/control.h"
#include "proxy/health.h"
#include "proxy/lag.h"
#include "proxy/links.h"

enum {
    JOB_THREADS = 4,
    PUBLISH_GAP = 100,    /* ms between snapshots when no state changed */
    REPORT_GAP = 100,     /* ms between probes that traffic's reports ask for */
    TICK = 100,           /* ms: the housekeeper's round */
    ABSENT_AGE = 2000,    /* ms: then it is forgotten that a table was not there */
    TABLE_AGE = 60000,    /* ms: a definition is checked again, for DDL that did not come through here */
    REFRESH_AT_ONCE = 10, /* of them per second */
    JOB_TIMEOUT = 5000,   /* ms for each connect, read and write of a job */
    LINKS_IDLE = 2000,    /* ms: a job thread without work closes its connections */
    STACK_SIZE = 1024 * 1024,
};

/* What a test puts in the place of real servers. */
struct control_ops {
    void (*probe)(struct probe *p, const struct conf *conf, const struct conf_instance *instance, bool fresh,
                  struct probe_result *r);
    struct table_info *(*read_table)(struct links *links, const struct conf *conf, const struct conf_instance *instance,
                                     const char *schema, const char *name, char *error, size_t size);
};

struct prober {
    LIST_ENTRY(prober) link; /* of retired ones */
    struct control *control;
    pthread_t thread;
    pthread_cond_t wake;
    struct topo *topo; /* a reference: owns instance */
    const struct conf_instance *instance;
    uint16_t index; /* in topo->instances */
    bool running;   /* has a thread */
    bool stop, exited;
    bool fresh;       /* the next probe makes a new connection */
    bool overdue;     /* the probe under way has been counted as failed */
    uint64_t due;     /* ms, monotonic: the next probe; UINT64_MAX: when woken */
    uint64_t started; /* of the probe under way, 0 none */
    uint64_t ended;   /* of the last one */
    enum health_state
        admin; /* DRAINING, DISABLED, or UNKNOWN: no word from the operator; else published in the place of: */
    struct health_instance health; /* state as measured; gtid points to: */
    char *gtid;
    struct job *jobs; /* done after the next probe */
};

/* A table being read: forgotten meanwhile, what was read is not to be used. */
struct reading {
    LIST_ENTRY(reading) link;
    const char *schema, *name;
    bool stale;
};

struct control {
    pthread_mutex_t publish_lock, lock;
    pthread_cond_t housekeeper_wake, job_wake;
    void (*publish)(void *arg, struct snapshot *s);
    void *publish_arg;
    struct control_ops ops;

    struct topo *topo;
    uint64_t topo_generation;
    struct catalog *catalog;
    unsigned n_absent;       /* at most so many entries of the catalog say that there is no such table */
    struct prober **probers; /* by instance index */
    LIST_HEAD(, prober) retired;
    struct lag_log *lags; /* by shard */
    struct snapshot *current;
    bool dirty, urgent, stopping;
    uint64_t published_at, refreshed_at;

    struct job *first_job, **last_job;
    LIST_HEAD(, reading) readings;
    pthread_t housekeeper, job_threads[JOB_THREADS];
    unsigned n_job_threads;
    bool housekeeping;
};

struct control *control_start_with(struct topo *topo, void (*publish)(void *arg, struct snapshot *s), void *arg,
                                   const struct control_ops *ops);

/* ---- control.c ---- */

uint64_t control_now(void); /* ms, monotonic */
void control_cond_init(pthread_cond_t *cond);
bool control_thread(pthread_t *thread, void *(*main)(void *), void *arg); /* signals blocked, small stack */
void control_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
                  uint64_t until);                    /* ms, monotonic; UINT64_MAX: no limit */
void control_changed(struct control *c, bool urgent); /* under lock: a snapshot is due */
void control_publish(struct control *c, void (*change)(struct control *c, void *arg),
                     void *arg); /* change: under lock */

/* ---- control_probe.c ---- */

struct prober *prober_new(struct control *c, struct topo *topo, uint16_t index);
void prober_start(struct prober *p);                                   /* under lock: try to have a thread */
void prober_move(struct prober *p, struct topo *topo, uint16_t index); /* under lock: another configuration */
void prober_wake(struct prober *p, bool fresh);                        /* under lock: probe soon */
bool prober_check_overdue(struct prober *p, uint64_t now); /* under lock, and lets go of it for a moment when true */
void prober_free(struct prober *p); /* waits for its thread, which has been told to stop and needs the lock for that */
void jobs_finish(struct job *list, bool failed, const char *error); /* without lock */

/* ---- control_job.c ---- */

/* One job under way. */
struct run {
    struct control *c;
    struct links *links;
    struct job *job;
    struct topo *topo; /* a reference: of when the run began */
    struct reading reading;
};
bool run_fail(struct run *r, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* the job's error; false */
/* The nth choice of a shard (0 the best, or 1) in the topology of the run: NULL when there is none or the topology is
 * another one by now. *poor: no good is known of it. */
const struct conf_instance *run_choose(struct run *r, uint16_t shard, unsigned nth, bool *poor);
void *job_thread_main(void *control);

/* ---- control_table.c ---- */

bool run_read_table(struct run *r);
struct table_info *table_read(struct links *links, const struct conf *conf, const struct conf_instance *instance,
                              const char *schema, const char *name, char *error, size_t size);
void tables_refresh(struct control *c); /* once a second: asks again for old definitions, forgets old absences */

/* ---- snapshot.c ---- */

struct snapshot *snapshot_new(struct topo *topo, struct catalog *catalog,
                              struct health *health); /* takes health over */
struct health *health_new(const struct control *c);   /* under lock */

#endif
