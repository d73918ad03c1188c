/* Transactions.
 *
 * BEGIN costs nothing: it is answered at once, and a backend becomes a participant with the first statement that needs
 * it (trx_join_next(), sent by run.c's sync step: characteristics, START TRANSACTION, the savepoints set so far). The
 * server's own status flag says whether a transaction is open there; autocommit=0 needs nothing of its own.
 *
 * A transaction may read on several shards and write on one: then its commit is one server's commit, preceded by the end
 * of the others' reads, and nothing can be half done.
 */
#include "proxy/trx.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/worker.h"

struct savepoint {
    struct savepoint *next; /* older */
    char name[];
};

bool trx_open(const struct session *s)
{
    return s->trx.begun;
}

static void free_savepoints(struct session *s, struct savepoint *until)
{
    while (s->trx.savepoints != until) {
        struct savepoint *p = s->trx.savepoints;
        s->trx.savepoints = p->next;
        free(p);
    }
}

void trx_clear(struct session *s)
{
    free_savepoints(s, NULL);
    free(s->trx.next);
    s->trx.next = NULL;
    s->trx.begun = s->trx.joined = s->trx.read_only = s->trx.read_write = s->trx.snapshot = false;
}

static unsigned participants(const struct session *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_holds; i++)
        n += (s->holds[i].why & HOLD_TRX) != 0;
    return n;
}

void trx_settle(struct session *s)
{
    if (s->trx.begun ? s->trx.joined && !participants(s) : s->trx.next != NULL)
        trx_clear(s);
}

void trx_lost(struct session *s)
{
    for (unsigned i = s->n_holds; i-- > 0;) {
        struct hold *h = &s->holds[i];
        if (!(h->why & HOLD_TRX) || h->backend->ask.done)
            continue;
        h->backend->unclean = true; /* the reset that follows rolls back */
        session_hold_drop(s, h, HOLD_TRX);
    }
    trx_clear(s);
}

/* ---- joining ---- */

static unsigned count_savepoints(const struct session *s)
{
    unsigned n = 0;
    for (const struct savepoint *p = s->trx.savepoints; p; p = p->next)
        n++;
    return n;
}

static void append(struct buf *sql, const char *text)
{
    buf_append(sql, text, strlen(text));
}

static void append_name(struct buf *sql, const char *name)
{
    append(sql, "`");
    for (; *name; name++) {
        if (*name == '`')
            append(sql, "`");
        buf_append(sql, name, 1);
    }
    append(sql, "`");
}

bool trx_join_next(struct session *s, struct trx_join *j, struct buf *sql)
{
    if (s->trx.next && !j->characteristics) {
        j->characteristics = true;
        append(sql, s->trx.next);
        return true;
    }
    if (!s->trx.begun)
        return false;
    if (!j->started) {
        j->started = true;
        append(sql, "START TRANSACTION");
        append(sql, s->trx.read_only ? " READ ONLY" : s->trx.read_write ? " READ WRITE" : "");
        return true;
    }
    unsigned n = count_savepoints(s);
    if (j->savepoints == n)
        return false;
    const struct savepoint *p = s->trx.savepoints;
    for (unsigned i = n - 1; i > j->savepoints; i--)
        p = p->next;
    j->savepoints++;
    append(sql, "SAVEPOINT ");
    append_name(sql, p->name);
    return true;
}

static bool all_on_one_shard(const struct request *q, uint16_t shard)
{
    return q->n_targets == 1 && q->targets[0].shard == shard;
}

bool trx_may_write(struct request *q)
{
    struct session *s = q->session;
    if (q->plan->action == PLAN_DDL)
        return true;
    for (unsigned i = 0; i < s->n_holds; i++) {
        struct hold *h = &s->holds[i];
        if (!h->wrote || !(h->why & HOLD_TRX) || all_on_one_shard(q, h->shard))
            continue;
        const struct topo *topo = s->worker->snapshot->topo;
        char why[300];
        snprintf(why, sizeof why,
                 "the transaction has written on shard '%s' and would now write on shard '%s': a transaction may write on one "
                 "shard only",
                 topo->shards[h->shard].conf->name, topo->shards[q->targets[0].shard].conf->name);
        q->n_targets = 0;
        query_fail_code(q, ERR_REFUSED, why);
        return false;
    }
    if (q->n_targets > 1) {
        char why[300];
        snprintf(why, sizeof why, "the statement writes on %zu shards, which needs a transaction over several shards", q->n_targets);
        q->n_targets = 0;
        query_fail_code(q, ERR_REFUSED, why);
        return false;
    }
    return true;
}

/* ---- a command for participants ---- */

/* Makes those participants the query's targets for which `want` says yes. */
static size_t target_participants(struct request *q, const char *sql, bool (*want)(const struct hold *h))
{
    struct session *s = q->session;
    size_t n = 0;
    q->targets = arena_zalloc(q->arena, (s->n_holds ? s->n_holds : 1) * sizeof *q->targets);
    if (!q->targets)
        abort(); /* a few hundred bytes; the ceiling is megabytes */
    for (unsigned i = 0; i < s->n_holds; i++) {
        const struct hold *h = &s->holds[i];
        if (!(h->why & HOLD_TRX) || (want && !want(h)))
            continue;
        struct target *t = &q->targets[n++];
        t->query = q;
        t->shard = h->shard;
        t->sql = sql;
        t->len = sql ? strlen(sql) : 0;
        t->avoid = -1;
    }
    q->n_targets = n;
    q->bare = true;
    return n;
}

static void run_fan(struct request *q, void (*then)(struct request *q))
{
    q->ops = &fan_ops;
    q->after_run = then;
    run_acquire(q);
}

/* To one participant, whose reply goes to the client. */
static void run_relay(struct request *q, void (*then)(struct request *q))
{
    q->ops = &relay_ops;
    q->after_run = then;
    run_acquire(q);
}

/* The fan's answers are in: false when one was an error, and the query has failed. */
static bool fan_succeeded(struct request *q)
{
    const struct target *failed = fan_first_error(q);
    struct error err;
    if (failed)
        err = failed->error;
    run_release(q);
    q->n_targets = 0;
    q->bare = false;
    q->after_run = NULL;
    if (!failed)
        return true;
    query_fail(q, &err);
    return false;
}

/* ---- BEGIN ---- */

static void begin_now(struct request *q)
{
    struct session *s = q->session;
    const struct trx *t = q->plan->stmt->trx;
    char *next = s->trx.next;
    s->trx.next = NULL;
    trx_clear(s);
    s->trx.next = next;
    s->trx.begun = true;
    s->trx.read_only = t->read_only;
    s->trx.read_write = t->read_write;
    query_ok(q, 0, 0);
}

/* The snapshot is taken now, so the one shard must begin now. */
static void begin_snapshot(struct request *q)
{
    struct session *s = q->session;
    if (s->worker->snapshot->topo->n_shards > 1) {
        query_fail_code(q, ERR_REFUSED, "START TRANSACTION WITH CONSISTENT SNAPSHOT cannot be one moment on several shards");
        return;
    }
    static struct route_target first;
    q->route = (struct route){.role = ROUTE_PRIMARY, .targets = &first, .n_targets = 1};
    run_start(q);
}

void trx_begin(struct request *q)
{
    void (*then)(struct request *) = q->plan->stmt->trx->snapshot ? begin_snapshot : begin_now;
    if (trx_open(q->session))
        trx_commit_first(q, then);
    else
        then(q);
}

/* ---- COMMIT and ROLLBACK ---- */

/* What COMMIT AND CHAIN and RELEASE ask for behind it. */
static void ended(struct request *q)
{
    struct session *s = q->session;
    const struct trx *t = q->plan->stmt->trx;
    struct transaction old = s->trx;
    if (q->failed) {
        query_done(q);
        return;
    }
    trx_clear(s);
    if (t->chain > 0) {
        s->trx.begun = true;
        s->trx.read_only = old.read_only;
        s->trx.read_write = old.read_write;
    }
    if (t->release > 0)
        s->killed = true; /* the session ends behind this command */
    if (q->replied)
        query_done(q);
    else
        query_ok(q, 0, 0);
}

static void ended_quietly(struct request *q)
{
    if (fan_succeeded(q))
        ended(q);
}

static bool has_written(const struct hold *h)
{
    return h->wrote;
}

static bool has_only_read(const struct hold *h)
{
    return !h->wrote;
}

static void commit_writer(struct request *q)
{
    if (!fan_succeeded(q))
        return;
    if (target_participants(q, "COMMIT", has_written))
        run_relay(q, ended);
    else
        ended(q);
}

void trx_commit_statement(struct request *q)
{
    switch (participants(q->session)) {
    case 0:
        ended(q);
        break;
    case 1:
        target_participants(q, "COMMIT", NULL);
        run_relay(q, ended);
        break;
    default:
        target_participants(q, "COMMIT", has_only_read);
        run_fan(q, commit_writer);
    }
}

void trx_rollback_statement(struct request *q)
{
    switch (participants(q->session)) {
    case 0:
        ended(q);
        break;
    case 1:
        target_participants(q, "ROLLBACK", NULL);
        run_relay(q, ended);
        break;
    default:
        target_participants(q, "ROLLBACK", NULL);
        run_fan(q, ended_quietly);
    }
}

struct first {
    void (*then)(struct request *q);
};

static void on_committed_first(struct request *q)
{
    struct first *f = q->state;
    if (!fan_succeeded(q))
        return;
    trx_clear(q->session);
    q->state = NULL;
    f->then(q);
}

void trx_commit_first(struct request *q, void (*then)(struct request *q))
{
    struct first *f = arena_alloc(q->arena, sizeof *f);
    if (!f)
        abort();
    f->then = then;
    q->state = f;
    if (target_participants(q, "COMMIT", NULL)) {
        run_fan(q, on_committed_first);
        return;
    }
    q->bare = false;
    char *next = q->session->trx.next;
    q->session->trx.next = NULL;
    trx_clear(q->session);
    q->session->trx.next = next;
    then(q);
}

/* ---- savepoints ---- */

static char *savepoint_name(struct request *q)
{
    struct span s = q->plan->stmt->trx->savepoint;
    char *name = arena_alloc(q->arena, s.len + 1);
    int n = name ? ident_text(q->sql, s, name, s.len) : -1;
    if (n < 0)
        return NULL;
    name[n] = 0;
    return name;
}

static struct savepoint *find_savepoint(const struct session *s, const char *name)
{
    struct savepoint *p = s->trx.savepoints;
    while (p && strcasecmp(p->name, name))
        p = p->next;
    return p;
}

static void remove_savepoint(struct session *s, struct savepoint *gone)
{
    struct savepoint **at = &s->trx.savepoints;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    free(gone);
}

static void everywhere_ok(struct request *q)
{
    if (fan_succeeded(q))
        query_ok(q, 0, 0);
}

/* The client's own text on every participant. */
static void on_participants(struct request *q)
{
    if (target_participants(q, NULL, NULL)) {
        run_fan(q, everywhere_ok);
        return;
    }
    q->bare = false;
    query_ok(q, 0, 0);
}

void trx_savepoint(struct request *q)
{
    struct session *s = q->session;
    char *name = savepoint_name(q);
    if (name && trx_open(s)) {
        struct savepoint *old = find_savepoint(s, name);
        if (old)
            remove_savepoint(s, old);
        struct savepoint *p = malloc(sizeof *p + strlen(name) + 1);
        if (!p)
            abort();
        strcpy(p->name, name);
        p->next = s->trx.savepoints;
        s->trx.savepoints = p;
    }
    on_participants(q);
}

static struct savepoint *known_savepoint(struct request *q)
{
    char *name = savepoint_name(q);
    struct savepoint *p = name ? find_savepoint(q->session, name) : NULL;
    if (!p)
        query_fail_code(q, ERR_SP_DOES_NOT_EXIST, "SAVEPOINT", name ? name : "");
    return p;
}

void trx_rollback_to(struct request *q)
{
    struct savepoint *p = known_savepoint(q);
    if (!p)
        return;
    free_savepoints(q->session, p);
    on_participants(q);
}

void trx_release_savepoint(struct request *q)
{
    struct savepoint *p = known_savepoint(q);
    if (!p)
        return;
    free_savepoints(q->session, p->next);
    on_participants(q);
}
