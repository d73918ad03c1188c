/* Transactions: BEGIN, joining participants, savepoints. Their end is in commit.c.
 *
 * BEGIN costs nothing: it is answered at once, and a backend becomes a participant with the first statement that needs
 * it (trx_join_next(), sent by run.c's sync step: characteristics, START TRANSACTION, the savepoints set so far). The
 * first participant is a plain transaction; every later one is begun with XA START, so that they can be committed
 * together. The server's own status flag says whether a transaction is open there; autocommit=0 needs nothing of its own.
 */
#include "proxy/trx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/commit.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/recover.h"
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
    s->trx.xid[0] = 0;
    s->trx.broken = s->trx.implicit = s->trx.agreed = false;
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
    if (s->trx.then)
        return; /* it is being ended: commit.c knows when that is done */
    if (s->trx.broken || s->trx.implicit)
        trx_lost(s); /* one participant has rolled back on its own, or the one statement has failed: so do the others */
    else if (s->trx.begun ? s->trx.joined && !participants(s) : s->trx.next != NULL)
        trx_clear(s);
}

void trx_lost(struct session *s)
{
    for (unsigned i = s->n_holds; i-- > 0;) {
        struct hold *h = &s->holds[i];
        h->why &= (uint8_t)~HOLD_LOG;
        if (!(h->why & HOLD_TRX) || h->backend->ask.done) {
            if (!h->why)
                session_hold_drop(s, h, 0);
            continue;
        }
        bool pinned = h->why != HOLD_TRX; /* no reset comes that would roll back; what it held goes with it */
        if (h->xa || pinned) { /* prepared perhaps: only the end of the connection leaves that as it is */
            struct backend *b = h->backend;
            s->killed |= (h->why & ~(HOLD_TRX | HOLD_CURSOR)) != 0;
            session_hold_forget(s, h);
            backend_close(b, "its transaction was left");
            continue;
        }
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

/* Unique over all proxies and for ever: 128 random bits. */
static void name_transaction(struct session *s, uint16_t p0)
{
    uint8_t id[16];
    if (s->trx.xid[0])
        return;
    if (uv_random(NULL, NULL, id, sizeof id, 0, NULL))
        abort(); /* no random numbers: nothing safe can be done */
    memcpy(s->trx.xid, "sw-", 3);
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(s->trx.xid + 3 + 2 * i, 3, "%02x", id[i]);
    snprintf(s->trx.p0, sizeof s->trx.p0, "%s", s->worker->snapshot->topo->shards[p0].conf->name);
}

static uint16_t first_participant(const struct session *s)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX && !s->holds[i].xa)
            return s->holds[i].shard;
    return 0;
}

static bool has_xa(const struct session *s)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX && s->holds[i].xa)
            return true;
    return false;
}

static bool other_writer(const struct session *s, uint16_t shard)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX && s->holds[i].wrote && s->holds[i].shard != shard)
            return true;
    return false;
}

static void start_statement(struct session *s, struct trx_join *j, struct buf *sql)
{
    if (j->later && !s->trx.read_only) {
        j->xa = true;
        append(sql, "XA START '");
        append(sql, s->trx.xid);
        append(sql, "','");
        append(sql, s->trx.p0);
        append(sql, "'");
        return;
    }
    append(sql, "START TRANSACTION");
    append(sql, s->trx.read_only ? " READ ONLY" : s->trx.read_write ? " READ WRITE" : "");
}

bool trx_join_next(struct session *s, struct trx_join *j, uint16_t p0, struct buf *sql)
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
        if (j->later)
            name_transaction(s, s->trx.joined ? first_participant(s) : p0);
        start_statement(s, j, sql);
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

bool trx_may_write(struct request *q)
{
    struct session *s = q->session;
    struct proxy *p = s->worker->proxy;
    if (q->plan->action == PLAN_DDL || (q->n_targets == 1 && !other_writer(s, q->targets[0].shard)))
        return true;
    if (s->trx.read_only || (s->trx.next && strcasestr(s->trx.next, "read only"))) {
        q->n_targets = 0;
        query_fail_code(q, ERR_READ_ONLY_TRANSACTION);
        return false;
    }
    if (s->trx.snapshot) {
        q->n_targets = 0;
        query_fail_code(q, ERR_REFUSED, "a transaction WITH CONSISTENT SNAPSHOT may write on one shard only");
        return false;
    }
    uint16_t p0 = s->trx.joined ? first_participant(s) : q->targets[0].shard;
    if (!recover_ready(p->recover, p0)) {
        q->n_targets = 0;
        query_fail_code(q, ERR_REFUSED,
                        "the statement needs a transaction over several shards, and the table shardwire.commit_log is not "
                        "(yet) there: see the log");
        return false;
    }
    if (q->n_targets > 1) {
        s->trx.implicit = !trx_open(s) && session_autocommit(s);
        s->trx.begun = true;
        q->after_run = commit_implicit;
    }
    return true;
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

static void snapshot_taken(struct request *q)
{
    q->session->trx.implicit = fan_first_error(q) != NULL; /* then those that have begun are rolled back */
    if (!commit_fan_succeeded(q))
        return;
    q->session->trx.snapshot = true;
    q->session->trx.read_only = q->plan->stmt->trx->read_only;
    query_ok(q, 0, 0);
}

/* The snapshots are taken now, so every shard must begin now: one snapshot a shard, all within this statement. */
static void begin_snapshot(struct request *q)
{
    const struct topo *topo = q->session->worker->snapshot->topo;
    struct route_target *all = arena_zalloc(q->arena, topo->n_shards * sizeof *all);
    if (!all)
        abort(); /* sixteen bytes a shard; the ceiling is megabytes */
    for (uint16_t i = 0; i < topo->n_shards; i++)
        all[i].shard = i;
    q->route = (struct route){.role = ROUTE_PRIMARY, .targets = all, .n_targets = topo->n_shards};
    if (!run_targets(q))
        return;
    q->ops = &fan_ops;
    q->after_run = snapshot_taken;
    q->session->trx.implicit = true; /* until all have begun */
    run_acquire(q);
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

/* The only participant's own reply goes to the client. */
static void end_one(struct request *q, const char *sql)
{
    struct session *s = q->session;
    for (unsigned i = 0; i < s->n_holds; i++) {
        if (!(s->holds[i].why & HOLD_TRX))
            continue;
        q->targets = arena_zalloc(q->arena, sizeof *q->targets);
        if (!q->targets)
            abort();
        *q->targets = (struct target){.query = q, .shard = s->holds[i].shard, .sql = sql, .len = strlen(sql)};
        q->n_targets = 1;
        break;
    }
    q->bare = true;
    q->ops = &relay_ops;
    q->after_run = ended;
    run_acquire(q);
}

void trx_commit_statement(struct request *q)
{
    unsigned n = participants(q->session);
    if (n == 1 && q->plan->stmt->trx->chain <= 0 && !has_xa(q->session))
        end_one(q, "COMMIT");
    else if (n)
        commit_start(q, ended);
    else
        ended(q);
}

void trx_rollback_statement(struct request *q)
{
    unsigned n = participants(q->session);
    if (n == 1 && q->plan->stmt->trx->chain <= 0 && !has_xa(q->session))
        end_one(q, "ROLLBACK");
    else if (n)
        commit_rollback(q, ended);
    else
        ended(q);
}

static void committed_first(struct request *q)
{
    struct session *s = q->session;
    void (*then)(struct request *) = s->trx.then_first;
    char *next = s->trx.next;
    s->trx.next = NULL;
    trx_clear(s);
    s->trx.next = next;
    q->replied = false;
    then(q);
}

void trx_commit_first(struct request *q, void (*then)(struct request *q))
{
    q->session->trx.then_first = then;
    if (participants(q->session))
        commit_start(q, committed_first);
    else
        committed_first(q);
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
    if (commit_fan_succeeded(q))
        query_ok(q, 0, 0);
}

/* The client's own text on every participant. */
static void on_participants(struct request *q)
{
    if (!commit_fan(q, NULL, NULL, everywhere_ok))
        query_ok(q, 0, 0);
}

void trx_savepoint(struct request *q)
{
    struct session *s = q->session;
    char *name = savepoint_name(q);
    if (!session_autocommit(s))
        s->trx.begun = true; /* the savepoint is in the transaction that the next statement begins */
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
