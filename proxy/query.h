/* One command of a client, from its packet to the end of its reply.
 *
 *   query_start ─▶ command kind ─▶ answered at once (PING, INIT_DB, STMT_CLOSE …)
 *                       │ SQL
 *                       ▼
 *   query_plan   fingerprint ─▶ plan cache, or parse and plan        waits for: a table's definition
 *   query_bind   plan + literals ─▶ targets (shard, role)            waits for: a weight string
 *   query_act    by plan->action: trx.c, set.c, prepare.c, local.c, or
 *   run_start    (run.c) for each target: a backend ─▶ in line ─▶    waits for: pool, quiet commands
 *                one: relay.c   many rows: scatter.c   many writes: fan.c
 *   query_done   what the session keeps of it; the next statement of a multi-statement, or back to session_idle()
 *
 * Every step either starts the next one, or starts exactly one wait whose end calls the next one, or ends the command with
 * query_done() or query_fail(). A struct request lives in the command's arena.
 */
#ifndef PROXY_QUERY_H
#define PROXY_QUERY_H

#include "protocol/command.h"
#include "protocol/error.h"
#include "protocol/result.h"
#include "protocol/stmt.h"
#include "proxy/pool.h"
#include "proxy/trx.h"
#include "router/route.h"

struct client_stmt;
struct session;

enum query_phase {
    QUERY_PLANNING,  /* waits for a control thread */
    QUERY_ACQUIRING, /* waits for a backend of targets[at] */
    QUERY_SYNCING,   /* targets[at] is being brought in line */
    QUERY_RUNNING,   /* the statement itself, on the targets */
    QUERY_PAUSED,    /* between two statements: the client reads what it has been sent first */
    QUERY_AFTER,     /* quiet commands behind the reply: reading variables back, the transaction's true state */
    QUERY_OVER,
};

/* One shard's part. */
struct target {
    struct request *query;
    struct pool_waiter waiter;
    struct backend *backend;    /* lent to us, or a hold's */
    const char *sql;            /* NULL: the statement's own bytes */
    size_t len;
    uint16_t shard, instance;
    bool replica;               /* `backend` is one */
    bool held;                  /* is one of the session's holds */
    bool sent, finished, lost;
    bool wait_for_gtid;
    uint64_t avoid;             /* instances that it failed on: balance_bit()s */
    struct trx_join join;
    uint32_t stmt_id;           /* prepared: the server's id */
    struct result result;       /* RUNNING: the reply */
    struct error error;
    /* fan: the answer */
    uint64_t affected, insert_id;
    uint16_t warnings;
};

/* How the reply is handled: relay.c, scatter.c, fan.c. */
struct run_ops {
    void (*start)(struct request *q);                       /* all targets are in line */
    void (*on_reply)(struct target *t);
    void (*on_drain)(struct request *q);                    /* the client reads on */
    void (*on_abort)(struct request *q);                    /* the query ends from outside: q->state goes */
};

struct request {
    struct session *session;
    struct arena *arena;
    struct buf big;             /* a packet too large for the arena */
    enum query_phase phase;
    struct command command;     /* its bytes are in the arena or in `big` */
    uint8_t *wire;              /* the command's packet with room for its header, when it is in the arena */
    struct bytes raw;           /* not text: this packet is sent as it is (FIELD_LIST, STMT_FETCH) */
    const char *sql;            /* the present statement */
    size_t len;
    const char *rest;           /* of a multi-statement */
    size_t rest_len;
    struct fingerprint shape;
    struct plan *plan;
    struct route route;
    struct client_stmt *stmt;   /* EXECUTE */
    struct stmt_execute execute;
    const struct route_value *params;
    const struct value *values; /* the same, as they came */
    size_t n_params;

    struct target *targets;
    size_t n_targets, at;
    const struct run_ops *ops;
    void (*explaining)(struct request *q); /* called when the plan is there, instead of binding and acting */
    void (*after_run)(struct request *q); /* instead of query_done(): the statement was a step of something larger */
    void *state;                /* of ops */
    void *step_state;           /* of whoever set after_run … */
    void (*step_free)(void *state); /* … and what frees it when after_run is not reached */

    uint8_t seq;                /* sequence id of the next packet to the client */
    bool more;                  /* results follow: MORE_RESULTS is set in this one's last packet */
    bool replied;               /* something of this statement reached the client */
    bool untracked;             /* SET of variables whose change no server has reported (yet): else it pins */
    bool bare;                  /* transaction control: the backends are not brought in line for it */
    bool infile;                /* LOAD DATA LOCAL: the client's bytes go to the backend */
    uint32_t infile_skip;
    bool local;                 /* answered without a backend */
    bool failed;                /* the client got an error */
    bool force_primary;         /* a replica failed: once more there */
    unsigned tries;
    uint64_t started;           /* uv_hrtime */
    struct settings *before;    /* the session's settings when the statement began, if its client wants to hear of changes */
    uint64_t rows, affected, insert_id;
    uint16_t warnings;
    void (*after_weight)(struct request *q);
    struct query_job *job;      /* what a control thread does for us */
    struct steps *steps;        /* the loop over a multi-statement's parts that is on the stack; NULL: none */
};

/* ---- for the session ---- */

/* Runs the command; the packet is consumed. session_idle() is called when it is over, also from inside. */
void query_start(struct session *s, const struct packet *packet);
/* Bytes of the client while its command runs. True: they were taken (LOAD DATA LOCAL). */
bool query_on_bytes(struct session *s);
void query_on_drain(struct session *s);
void query_on_timeout(struct session *s);
/* The session ends: what runs is stopped on the servers. */
void query_abort(struct session *s);
uint8_t query_next_seq(const struct session *s);
/* Half a packet of a reply went to the client: nothing else can be said to it any more. */
bool query_inside_packet(const struct session *s);
/* b is held and idle: its death ends the session's transaction or pin. */
void query_idle_user(struct session *s, struct backend *b);
/* KILL QUERY. */
void query_kill(struct session *s);

/* ---- steps ---- */

void query_statement(struct request *q); /* plans and runs q->sql */
/* The statement turned out to stand for another text, which is planned and run in its place. */
void query_inner(struct request *q, const char *sql, size_t len);
/* For commands that are no statement: a plan without any effect. */
struct plan *query_no_plan(void);
void query_forget_plan(struct request *q); /* q->plan becomes that */
void query_plan(struct request *q);
void query_bind(struct request *q);

/* The statement is over and the client has its answer. */
void query_done(struct request *q);
/* The client gets this error, and the command is over. */
void query_fail(struct request *q, const struct error *err);
void query_fail_code(struct request *q, enum error_code code, ...);
/* The client gets OK. */
/* Remembers the settings of now, for a client that wants to hear what its statement changes. */
void query_note_settings(struct request *q);
/* Error: the statement needs more than limits.statement_memory. */
void query_no_memory(struct request *q);
/* The plan is not needed any more; q->plan is NULL afterwards. */
void query_drop_plan(struct request *q);
void query_ok(struct request *q, uint64_t affected, uint64_t insert_id);
/* A packet that was built with q->seq. */
void query_reply(struct request *q, struct buf *packets);
/* Status flags for a packet that we make ourselves. */
uint16_t query_status(const struct request *q);

/* Puts a query to a control thread: `then` is called on the worker when it has answered, unless the query is gone. */
struct job;
void query_ask_control(struct request *q, const struct job *job, void (*then)(struct request *q, struct job *job));

/* Goes on from the worker's mailbox, behind everything that is in it already: a new snapshot, for one. */
void query_defer(struct request *q, void (*then)(struct request *q, struct job *job));

struct query_job;
void query_job_orphan(struct query_job *j); /* the query is gone: nobody waits for it any more */

/* Replaces session functions in the text; false: the query has failed. (edit.c) */
bool query_edit(struct request *q);

/* A statement that names one of the session's temporary tables goes where that table is: true when it did, or failed
 * there. (temporary.c) */
bool query_try_temporary(struct request *q);

/* Asks an instance for the weight string that q->route.needs, then calls `then`. */
void query_ask_weight(struct request *q, void (*then)(struct request *q));

/* The route's facts of this query. */
void query_facts(struct request *q, struct route_facts *facts);

/* ---- run.c, sync.c, settle.c ---- */

void run_start(struct request *q);
/* Sets up targets of the route in q->route. */
bool run_targets(struct request *q);
/* Gives all backends of the targets back (or holds them), as their state demands. */
void run_release(struct request *q);
/* Its backend sent what is no reply: as if it were lost. */
void run_broken(struct target *t);
/* The session ends: waits are cancelled, statements that run are killed on their servers. */
void run_abort(struct request *q);
/* limits.query_timeout runs anew (on), or not while the backend waits for the client. */
void run_watch(struct target *t, bool on);
/* A target failed before anything reached the client. */
void run_target_failed(struct target *t, const struct error *err);
/* Goes on with targets[at]: a backend for it, then sync_next(). */
void run_acquire_target(struct request *q);
/* sync.c: the next thing that the target's backend lacks; when it lacks none, the next target, or ops->start(). */
void sync_next(struct target *t);
/* A target whose backend is already lent to us. */
void run_with(struct target *t, struct backend *b);
/* Acquires q->targets, which run_targets() or somebody else has filled, brings them in line and calls q->ops. */
void run_acquire(struct request *q);
/* relay.c: sends the statement to one target, and takes what session tracking says. */
void relay_send(struct target *t);
void relay_note_changes(struct target *t, struct bytes changes);
extern const struct backend_user run_user;
/* fan.c */
void fan_check(struct request *q); /* a target answered or was lost: are all done? */
const struct target *fan_first_error(const struct request *q);
extern const struct run_ops relay_ops, scatter_ops, fan_ops;

#endif
