/* Tables of what the workers have: sessions, transactions, pools, statements, status; and the settings in force.
 *
 * A worker's memory is read on its own thread, by worker_call(): the admin worker waits for it, a worker never waits
 * for another one. What is counted atomically is read directly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "proxy/client_stmt.h"
#include "proxy/digest.h"
#include "proxy/mesh_table.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

/* Visits every data worker, one after the other. */
static void each_worker(struct proxy *p, void (*fn)(struct worker *w, void *arg), void *arg)
{
    for (unsigned i = 0; i < p->n_workers; i++)
        worker_call(p->workers[i], fn, arg);
}

/* ---- sessions ---- */

static void append(char *text, size_t size, const char *more)
{
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s%s", len ? ", " : "", more);
}

static void put_holds(struct mesh_rows *rows, const struct session *s)
{
    static const struct {
        uint8_t why;
        const char *text;
    } reasons[] = {
        {HOLD_TRX, "transaction"},    {HOLD_TEMPORARY, "temporary tables"},
        {HOLD_USER_LOCK, "GET_LOCK"}, {HOLD_TABLE_LOCKS, "LOCK TABLES"},
        {HOLD_HANDLER, "HANDLER"},    {HOLD_CURSOR, "cursor"},
        {HOLD_VARIABLE, "variable"},
    };
    char text[200] = "";
    uint8_t why = 0;
    for (unsigned i = 0; i < s->n_holds; i++)
        why |= s->holds[i].why;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (why & reasons[i].why)
            append(text, sizeof text, reasons[i].text);
    rows_text(rows, text);
}

static void put_shards(struct mesh_rows *rows, const struct session *s, uint8_t why)
{
    const struct topo *t = s->worker->snapshot->topo;
    char text[1024] = "";
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & why && s->holds[i].shard < t->n_shards)
            append(text, sizeof text, t->shards[s->holds[i].shard].conf->name);
    rows_text(rows, text);
}

static void put_session(struct mesh_rows *rows, struct session *s, uint64_t now)
{
    const bool busy = s->state == SESSION_BUSY && s->query;
    rows_int(rows, s->id);
    rows_text(rows, s->user ? s->user->name : NULL);
    rows_text(rows, s->host);
    rows_text(rows, session_schema(s));
    rows_text(rows, s->state == SESSION_LOGIN            ? "login"
                    : !busy                              ? "idle"
                    : s->query->phase == QUERY_PLANNING  ? "planning"
                    : s->query->phase == QUERY_ACQUIRING ? "waiting for a connection"
                                                         : "running");
    rows_text(rows, busy ? command_name(s->query->command.kind) : "Sleep");
    rows_double(rows, (double)(now - s->since) / 1000);
    rows_bool(rows, trx_open(s));
    put_holds(rows, s);
    put_shards(rows, s, UINT8_MAX);
    rows_int(rows, HASH_COUNT(s->stmts));
    rows_bool(rows, s->conn.tls != NULL);
    rows_int(rows, s->worker->index);
    rows_end(rows);
}

static void visit_sessions(struct worker *w, void *arg)
{
    struct session *s;
    uint64_t now = uv_now(&w->loop);
    LIST_FOREACH(s, &w->sessions, link)
    put_session(arg, s, now);
}

void mesh_fill_sessions(struct proxy *p, struct mesh_rows *rows)
{
    each_worker(p, visit_sessions, rows);
}

static void visit_transactions(struct worker *w, void *arg)
{
    struct mesh_rows *rows = arg;
    struct session *s;
    uint64_t now = uv_now(&w->loop);
    LIST_FOREACH(s, &w->sessions, link)
    {
        int64_t participants = 0;
        bool wrote = false;
        if (!s->user || !trx_open(s))
            continue;
        for (unsigned i = 0; i < s->n_holds; i++) {
            participants += (s->holds[i].why & HOLD_TRX) != 0;
            wrote |= s->holds[i].why & HOLD_TRX && s->holds[i].wrote;
        }
        rows_int(rows, s->id);
        rows_text(rows, s->user->name);
        put_shards(rows, s, HOLD_TRX);
        rows_int(rows, participants);
        rows_bool(rows, wrote);
        rows_bool(rows, s->trx.read_only);
        rows_double(rows, (double)(now - s->since) / 1000);
        rows_end(rows);
    }
}

void mesh_fill_transactions(struct proxy *p, struct mesh_rows *rows)
{
    each_worker(p, visit_transactions, rows);
}

/* ---- pools ---- */

static void visit_pools(struct worker *w, void *arg)
{
    struct mesh_rows *rows = arg;
    for (size_t i = 0; i < w->n_pools; i++) {
        const struct pool *p = w->pools[i];
        const struct topo *t = w->snapshot->topo;
        rows_text(rows, p->name);
        rows_text(rows, t->shards[t->instances[p->instance].shard].conf->name);
        rows_int(rows, w->index);
        rows_int(rows, p->n_idle);
        rows_int(rows, p->n_lent);
        rows_int(rows, p->n_opening);
        rows_int(rows, p->n_waiters);
        rows_int(rows, (int64_t)p->connects);
        rows_int(rows, (int64_t)p->failures);
        rows_text(rows, p->last_error[0] ? p->last_error : NULL);
        rows_end(rows);
    }
}

void mesh_fill_pools(struct proxy *p, struct mesh_rows *rows)
{
    each_worker(p, visit_pools, rows);
}

/* ---- statements ---- */

/* A digest's sum over the workers. */
struct sum {
    UT_hash_handle hh;
    uint64_t count, errors, rows, total_us, max_us, first_seen, last_seen;
    struct histogram latency;
    const char *schema, *text; /* in key */
    size_t len;
    char key[]; /* schema, NUL, text, NUL */
};

static struct sum *sum_of(struct sum **all, const struct digest *d)
{
    size_t schema = strlen(d->schema) + 1, len = schema + strlen(d->text) + 1;
    struct sum *s = calloc(1, sizeof *s + len), *known;
    if (!s)
        abort();
    memcpy(s->key, d->schema, schema);
    memcpy(s->key + schema, d->text, len - schema);
    HASH_FIND(hh, *all, s->key, len, known);
    if (known) {
        free(s);
        return known;
    }
    s->schema = s->key;
    s->text = s->key + schema;
    HASH_ADD_KEYPTR(hh, *all, s->key, len, s);
    return s;
}

static void add_digest(void *arg, const struct digest *d)
{
    if (!d->count)
        return;
    struct sum *s = sum_of(arg, d);
    s->count += d->count;
    s->errors += d->errors;
    s->rows += d->rows;
    s->total_us += d->total_us;
    s->max_us = s->max_us > d->max_us ? s->max_us : d->max_us;
    s->first_seen = s->first_seen && s->first_seen < d->first_seen ? s->first_seen : d->first_seen;
    s->last_seen = s->last_seen > d->last_seen ? s->last_seen : d->last_seen;
    histogram_merge(&s->latency, &d->latency);
}

static void visit_digests(struct worker *w, void *arg)
{
    digest_each(w->digests, add_digest, arg);
}

static void put_percentile(struct mesh_rows *rows, const struct sum *s, double fraction)
{
    uint64_t us = histogram_percentile(&s->latency, fraction);
    rows_double(rows, (double)(us < s->max_us ? us : s->max_us) / 1000);
}

void mesh_fill_statements(struct proxy *p, struct mesh_rows *rows)
{
    struct sum *all = NULL, *s, *next;
    each_worker(p, visit_digests, &all);
    HASH_ITER(hh, all, s, next)
    {
        rows_text(rows, s->schema);
        rows_text(rows, s->text);
        rows_int(rows, (int64_t)s->count);
        rows_int(rows, (int64_t)s->errors);
        rows_int(rows, (int64_t)s->rows);
        rows_double(rows, (double)s->total_us / 1000);
        rows_double(rows, (double)(s->total_us / s->count) / 1000);
        put_percentile(rows, s, 0.5);
        put_percentile(rows, s, 0.95);
        put_percentile(rows, s, 0.99);
        rows_double(rows, (double)s->max_us / 1000);
        rows_time(rows, s->first_seen);
        rows_time(rows, s->last_seen);
        rows_end(rows);
        HASH_DEL(all, s);
        free(s);
    }
}

/* ---- status and variables ---- */

static void put_number(struct mesh_rows *rows, const char *name, uint64_t value, const char *help)
{
    rows_text(rows, name);
    rows_int(rows, (int64_t)value);
    rows_text(rows, help);
    rows_end(rows);
}

void mesh_fill_status(struct proxy *p, struct mesh_rows *rows)
{
    struct stats *sum = stats_new();
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    for (unsigned i = 0; i < p->n_workers; i++)
        stats_merge(sum, p->workers[i]->stats);
    put_number(rows, "uptime", (uint64_t)now.tv_sec - p->started_at / 1000, "Seconds since the start");
    put_number(rows, "threads_connected", atomic_load(&p->n_clients), "Clients of the data port");
    put_number(rows, "workers", p->n_workers, "Threads that serve the data port");
    put_number(rows, "draining", atomic_load(&p->draining), "1: the proxy is about to end");
    const char *help = "";
    for (size_t i = 0; i < STATS_ROWS; i++) {
        help = stats_rows[i].help[0] ? stats_rows[i].help : help; /* the first of a family has it */
        put_number(rows, stats_rows[i].name, stats_value(sum, i), help);
    }
    put_number(rows, "latency_p50_us", histogram_percentile(&sum->latency, 0.5), "Statements: half are this fast");
    put_number(rows, "latency_p95_us", histogram_percentile(&sum->latency, 0.95),
               "Statements: 95 of 100 are this fast");
    put_number(rows, "latency_p99_us", histogram_percentile(&sum->latency, 0.99),
               "Statements: 99 of 100 are this fast");
    stats_free(sum);
}

static void put_setting(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    rows_text(arg, name);
    rows_text(arg, value);
    rows_bool(arg, reloadable);
    rows_text(arg, help);
    rows_end(arg);
}

void mesh_fill_variables(struct proxy *p, struct mesh_rows *rows)
{
    struct runtime *r = proxy_runtime(p);
    conf_each(r->conf, put_setting, rows);
    runtime_unref(r);
}
