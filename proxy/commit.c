/* Committing a transaction that has several participants.
 *
 * The first participant (P0) is a plain transaction, every later one was begun with XA START. Steps, each on all that it
 * concerns in parallel:
 *
 *   END      XA END                      on the XA participants
 *   PREPARE  XA PREPARE (who wrote), XA ROLLBACK (who only read)
 *   LOG      INSERT INTO shardwire.commit_log on P0, inside its own transaction
 *   DECIDE   COMMIT on P0                                   <- this commit is the decision
 *   FINISH   XA COMMIT on the prepared ones
 *   FORGET   the log row is deleted, and under autocommit=0 that is committed
 *
 * From DECIDE on nothing is rolled back here any more: P0 may have committed even if its answer says otherwise or never
 * came. What is prepared stays prepared for recovery, which looks in P0's log.
 *
 * With one writer there is nothing to agree on: PREPARE and LOG fall away, and DECIDE is that writer's own commit (XA
 * COMMIT … ONE PHASE when it is not P0). A failure before DECIDE rolls everything back. A failure in FINISH is nobody's
 * loss: the branch stays prepared, and recovery (recover.c) finds the row in the log and commits it; that is also what
 * happens when we die at any point. When P0's connection breaks in DECIDE, the outcome is whatever P0 did: recovery follows
 * it, and the client is told that it has to look.
 */
#include "proxy/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

enum { STEP_END, STEP_PREPARE, STEP_LOG, STEP_DECIDE, STEP_FINISH, STEP_FORGET, STEP_FORGOTTEN, STEP_OVER };

static void step(struct request *q);

/* ---- fans ---- */

static struct target *add_target(struct request *q, const struct hold *h, const char *sql)
{
    struct target *t = &q->targets[q->n_targets++];
    t->query = q;
    t->shard = h->shard;
    t->sql = sql;
    t->len = sql ? strlen(sql) : 0;
    return t;
}

static void no_targets(struct request *q)
{
    size_t n = q->session->n_holds;
    q->n_targets = 0;
    q->targets = arena_zalloc(q->arena, (n ? n : 1) * sizeof *q->targets);
    if (!q->targets)
        abort(); /* a few hundred bytes a participant; the ceiling is megabytes */
}

static bool run_fan(struct request *q, void (*then)(struct request *q))
{
    if (!q->n_targets)
        return false;
    q->bare = true;
    q->ops = &fan_ops;
    q->after_run = then;
    run_acquire(q);
    return true;
}

bool commit_fan(struct request *q, const char *sql, bool (*want)(const struct session *s, const struct hold *h),
                void (*then)(struct request *q))
{
    struct session *s = q->session;
    no_targets(q);
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX && (!want || want(s, &s->holds[i])))
            add_target(q, &s->holds[i], sql);
    return run_fan(q, then);
}

/* Takes the answers; false: *err is the first that is one. */
static bool take_answers(struct request *q, struct error *err)
{
    const struct target *failed = fan_first_error(q);
    if (failed)
        *err = failed->error;
    run_release(q);
    q->n_targets = 0;
    q->bare = false;
    q->after_run = NULL;
    return !failed;
}

bool commit_fan_succeeded(struct request *q)
{
    struct error err;
    if (take_answers(q, &err))
        return true;
    query_fail(q, &err);
    return false;
}

/* ---- SQL of the steps ---- */

static char *text(struct request *q, const char *format, const char *a, const char *b)
{
    size_t n = strlen(format) + strlen(a) + strlen(b) + 1;
    char *sql = arena_alloc(q->arena, n);
    if (!sql)
        abort();
    snprintf(sql, n, format, a, b);
    return sql;
}

static char *xa(struct request *q, const char *format)
{
    return text(q, format, q->session->trx.xid, q->session->trx.p0);
}

static unsigned writers(const struct session *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n_holds; i++)
        n += s->holds[i].why & HOLD_TRX && s->holds[i].wrote;
    return n;
}

static bool is_xa(const struct session *s, const struct hold *h)
{
    (void)s;
    return h->xa;
}

static bool is_prepared(const struct session *s, const struct hold *h)
{
    (void)s;
    return h->xa && h->wrote;
}

static bool is_plain(const struct session *s, const struct hold *h)
{
    (void)s;
    return !h->xa;
}

/* ---- rollback ---- */

static void rolled_back(struct request *q)
{
    struct session *s = q->session;
    struct error ignored;
    take_answers(q, &ignored); /* whatever could not be rolled back dies with its connection */
    trx_lost(s);
    void (*then)(struct request *) = s->trx.then;
    s->trx.then = NULL;
    then(q);
}

static void rollback_now(struct request *q)
{
    struct session *s = q->session;
    s->trx.step = STEP_OVER;
    no_targets(q);
    char *sql = xa(q, "XA ROLLBACK '%s','%s'");
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX)
            add_target(q, &s->holds[i], s->holds[i].xa ? sql : "ROLLBACK");
    if (!run_fan(q, rolled_back))
        rolled_back(q);
}

static void ended_for_rollback(struct request *q)
{
    struct error ignored;
    take_answers(q, &ignored);
    rollback_now(q);
}

void commit_rollback(struct request *q, void (*then)(struct request *q))
{
    q->session->trx.then = then;
    q->session->trx.step = STEP_END;
    if (!commit_fan(q, xa(q, "XA END '%s','%s'"), is_xa, ended_for_rollback))
        rollback_now(q);
}

/* ---- commit ---- */

static void fail_with_kept_error(struct request *q)
{
    struct error err = q->session->trx.error;
    query_fail(q, &err);
}

static void on_step(struct request *q)
{
    struct session *s = q->session;
    struct error err;
    bool ok = take_answers(q, &err);
    if (!ok && s->trx.step == STEP_DECIDE && s->trx.agreed) {
        s->trx.then = NULL;
        trx_lost(s);
        query_fail_code(q, ERR_COMMIT_UNKNOWN, err.text);
        return;
    }
    s->trx.finished = ok && s->trx.step == STEP_FINISH;
    if (!ok && s->trx.step <= STEP_DECIDE) {
        s->trx.error = err;
        s->trx.then = fail_with_kept_error;
        rollback_now(q);
        return;
    }
    s->trx.step++;
    step(q);
}

static bool start_prepare(struct request *q)
{
    struct session *s = q->session;
    bool agree = s->trx.agreed;
    char *prepare = xa(q, "XA PREPARE '%s','%s'"), *rollback = xa(q, "XA ROLLBACK '%s','%s'");
    no_targets(q);
    for (unsigned i = 0; i < s->n_holds; i++) {
        struct hold *h = &s->holds[i];
        if (!(h->why & HOLD_TRX) || !h->xa || (h->wrote && !agree))
            continue;
        add_target(q, h, h->wrote ? prepare : rollback);
    }
    return run_fan(q, on_step);
}

static bool start_decide(struct request *q)
{
    struct session *s = q->session;
    char *one_phase = xa(q, "XA COMMIT '%s','%s' ONE PHASE");
    bool agree = s->trx.agreed;
    no_targets(q);
    for (unsigned i = 0; i < s->n_holds; i++) {
        struct hold *h = &s->holds[i];
        if (!(h->why & HOLD_TRX))
            continue;
        if (!h->xa)
            add_target(q, h, "COMMIT");
        else if (h->wrote && !agree)
            add_target(q, h, one_phase);
    }
    return run_fan(q, on_step);
}

static bool holds_log(const struct session *s, const struct hold *h)
{
    (void)s;
    return h->why & HOLD_LOG;
}

/* P0's backend stays ours until its log row can go. */
static void keep_p0(struct session *s)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX && !s->holds[i].xa)
            s->holds[i].why |= HOLD_LOG;
}

static void let_p0_go(struct session *s)
{
    for (unsigned i = s->n_holds; i-- > 0;)
        if (s->holds[i].why & HOLD_LOG)
            session_hold_drop(s, &s->holds[i], HOLD_LOG);
}

static bool start_forget(struct request *q)
{
    struct session *s = q->session;
    char *sql = xa(q, "DELETE FROM shardwire.commit_log WHERE id='%s' /* %s */");
    no_targets(q);
    for (unsigned i = 0; s->trx.finished && i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_LOG)
            add_target(q, &s->holds[i], sql);
    return run_fan(q, on_step);
}

/* The step's commands are on their way, or there are none for it. */
static bool start(struct request *q)
{
    struct session *s = q->session;
    switch (s->trx.step) {
    case STEP_END:
        return commit_fan(q, xa(q, "XA END '%s','%s'"), is_xa, on_step);
    case STEP_PREPARE:
        return start_prepare(q);
    case STEP_LOG:
        return s->trx.agreed &&
               commit_fan(q, xa(q, "INSERT INTO shardwire.commit_log (id, state) VALUES ('%s', 'C') /* %s */"), is_plain, on_step);
    case STEP_DECIDE:
        if (s->trx.agreed)
            keep_p0(s);
        return start_decide(q);
    case STEP_FINISH:
        return s->trx.agreed && commit_fan(q, xa(q, "XA COMMIT '%s','%s'"), is_prepared, on_step);
    case STEP_FORGET:
        return start_forget(q);
    case STEP_FORGOTTEN: /* under autocommit=0 the DELETE has begun a transaction */
        return commit_fan(q, "COMMIT", holds_log, on_step);
    default:
        return false;
    }
}

static void step(struct request *q)
{
    struct session *s = q->session;
    while (s->trx.step < STEP_OVER) {
        if (start(q))
            return;
        s->trx.step++;
    }
    stats_add(s->worker->stats, transactions, 1);
    void (*then)(struct request *) = s->trx.then;
    s->trx.then = NULL;
    let_p0_go(s);
    trx_lost(s); /* a participant whose FINISH failed: recovery ends it */
    then(q);
}

bool commit_keeps(const struct session *s, const struct hold *h)
{
    return h->xa && s->trx.then && (s->trx.step == STEP_END || (s->trx.step <= STEP_DECIDE && s->trx.agreed && h->wrote));
}

void commit_start(struct request *q, void (*then)(struct request *q))
{
    struct session *s = q->session;
    s->trx.step = STEP_END;
    s->trx.agreed = writers(s) > 1;
    s->trx.finished = false;
    s->trx.then = then;
    step(q);
}

/* ---- a statement that writes several shards ---- */

static void implicit_committed(struct request *q)
{
    query_ok(q, q->affected, q->insert_id);
}

static bool answers_agree(const struct request *q, const char **why)
{
    for (size_t i = 1; i < q->n_targets; i++) {
        if (q->targets[i].affected == q->targets[0].affected)
            continue;
        *why = "the shards have changed different numbers of rows of a global table: its copies differ";
        return false;
    }
    return true;
}

void commit_implicit(struct request *q)
{
    struct session *s = q->session;
    const struct target *failed = fan_first_error(q);
    const char *why = NULL;
    bool implicit = s->trx.implicit;
    s->trx.implicit = false;
    if (failed)
        s->trx.error = failed->error;
    else if (!answers_agree(q, &why))
        error_set(&s->trx.error, ERR_REFUSED, why);
    q->affected = q->targets[0].affected;
    q->insert_id = q->targets[0].insert_id;
    q->warnings = q->targets[0].warnings;
    bool all_failed = failed != NULL;
    for (size_t i = 0; i < q->n_targets; i++)
        all_failed &= q->targets[i].error.number != 0;
    run_release(q);
    q->n_targets = 0;
    q->after_run = NULL;
    if (!failed && !why) {
        if (implicit)
            commit_start(q, implicit_committed);
        else
            query_ok(q, q->affected, q->insert_id);
    } else if (all_failed && !implicit) {
        fail_with_kept_error(q); /* each server has undone its part: the transaction goes on */
    } else {
        commit_rollback(q, fail_with_kept_error);
    }
}
