/* The same statement on several backends at once, one answer to the client: DDL, writes of global tables, the steps of a
 * transaction over several participants. Answers are small and kept whole; the first error decides.
 */
#include <stdio.h>
#include <string.h>

#include "proxy/control.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

static void on_status(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    if (a->error.number)
        b->unclean = true;
    t->finished = true;
    fan_check(t->query);
}

/* After an error inside a transaction: is there still one? An ERR packet does not say so. */
static bool ask_status(struct target *t)
{
    static const uint8_t ping = COM_PING;
    struct request *q = t->query;
    if (q->bare || !t->error.number || !trx_open(q->session))
        return false;
    q->failed = true;
    backend_ask(t->backend, RESULT_OF_SIMPLE, &ping, 1, on_status);
    return true;
}

static void on_answer(struct backend *b, const struct answer *a)
{
    struct target *t = b->arg;
    struct request *q = t->query;
    t->error = a->error;
    t->affected = a->affected;
    t->insert_id = a->insert_id;
    t->warnings = a->warnings;
    t->result.error = a->error.number;
    t->result.warnings = a->warnings;
    if (a->error.number)
        stats_add(q->session->worker->stats, backend_errors, 1);
    if (buf_len(a->changes))
        relay_note_changes(t, (struct bytes){buf_ptr(a->changes), buf_len(a->changes)});
    if (ask_status(t))
        return;
    t->finished = true;
    fan_check(q);
}

static void start(struct request *q)
{
    for (size_t i = 0; i < q->n_targets; i++) {
        struct target *t = &q->targets[i];
        struct buf payload;
        t->sent = true;
        buf_init(&payload, SIZE_MAX);
        wr_u8(&payload, COM_QUERY);
        wr_bytes(&payload, t->sql ? t->sql : q->sql, t->sql ? t->len : q->len);
        backend_ask(t->backend, RESULT_OF_QUERY, buf_ptr(&payload), buf_len(&payload), on_answer);
        buf_deinit(&payload);
        if (!q->bare)
            run_watch(t, true);
    }
}

const struct target *fan_first_error(const struct request *q)
{
    for (size_t i = 0; i < q->n_targets; i++)
        if (q->targets[i].error.number)
            return &q->targets[i];
    return NULL;
}

static const char *shard_name(const struct request *q, const struct target *t)
{
    return q->session->worker->snapshot->topo->shards[t->shard].conf->name;
}

/* The server's error, and on which shards the statement took effect and on which it did not. */
static void fail_ddl(struct request *q, const struct target *failed)
{
    struct error err = failed->error;
    size_t n = strlen(err.text);
    size_t done = 0;
    for (size_t i = 0; i < q->n_targets; i++)
        done += !q->targets[i].error.number;
    if (q->n_targets > 1 && done) {
        n += (size_t)snprintf(err.text + n, sizeof err.text - n, " [shard %s; done on:", shard_name(q, failed));
        for (size_t i = 0; i < q->n_targets && n < sizeof err.text; i++)
            if (!q->targets[i].error.number)
                n += (size_t)snprintf(err.text + n, sizeof err.text - n, " %s", shard_name(q, &q->targets[i]));
        if (n < sizeof err.text)
            snprintf(err.text + n, sizeof err.text - n, "; run it again to finish]");
    }
    run_release(q);
    query_fail(q, &err);
}

static void forgotten(struct request *q, struct job *job)
{
    (void)job;
    query_ok(q, q->affected, q->insert_id);
}

/* What is known of the tables that DDL has touched is not true any more; the client gets its answer when all statements
 * behind it see them anew. */
static void forget_tables(struct request *q)
{
    struct control *c = q->session->worker->proxy->control;
    for (size_t i = 0; i < q->plan->n_tables; i++)
        control_forget(c, q->plan->tables[i].schema, q->plan->tables[i].name);
    if (!q->plan->n_tables)
        control_forget(c, NULL, NULL);
}

static void answer(struct request *q)
{
    const struct target *failed = fan_first_error(q);
    if (q->plan->action == PLAN_DDL)
        forget_tables(q);
    if (failed) {
        fail_ddl(q, failed);
        return;
    }
    uint64_t affected = q->targets[0].affected, insert_id = q->targets[0].insert_id;
    q->warnings = q->targets[0].warnings;
    run_release(q);
    q->affected = affected;
    q->insert_id = insert_id;
    if (q->plan->action == PLAN_DDL)
        query_defer(q, forgotten);
    else
        query_ok(q, affected, insert_id);
}

void fan_check(struct request *q)
{
    for (size_t i = 0; i < q->n_targets; i++)
        if (!q->targets[i].finished && !q->targets[i].lost)
            return;
    if (q->after_run)
        q->after_run(q);
    else
        answer(q);
}

static void on_reply(struct target *t)
{
    run_broken(t); /* answers are read by backend_ask(): anything else is out of place */
}

const struct run_ops fan_ops = {start, on_reply, NULL, NULL};
