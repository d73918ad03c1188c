#include "proxy/query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "proxy/admin.h"
#include "proxy/client_stmt.h"
#include "proxy/control.h"
#include "proxy/digest.h"
#include "proxy/local.h"
#include "proxy/log.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/set.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/variables.h"
#include "proxy/weights.h"
#include "proxy/worker.h"

#define ARENA_PACKET_MAX 65536
#define MAX_PLANNINGS 64 /* definitions asked for one statement */
#define ARENA_SLACK (1u << 20) /* over limits.statement_memory, for the small pieces that running it takes */

static void act(struct request *q);
static void drop_plan(struct request *q);
static bool take_shape(struct request *q);

/* ---- replies that we make ourselves ---- */

uint16_t query_status(const struct request *q)
{
    const struct session *s = q->session;
    uint16_t status = session_autocommit(s) ? SERVER_STATUS_AUTOCOMMIT : 0;
    if (trx_open(s))
        status |= SERVER_STATUS_IN_TRANS | (s->trx.read_only ? SERVER_STATUS_IN_TRANS_READONLY : 0);
    if (s->mode.flags & LEX_NO_BACKSLASH_ESCAPES)
        status |= SERVER_STATUS_NO_BACKSLASH_ESCAPES;
    if (q->more)
        status |= SERVER_MORE_RESULTS_EXISTS;
    return status;
}

void query_reply(struct request *q, struct buf *packets)
{
    q->replied = true;
    conn_write_buf(&q->session->conn, packets);
}

void query_ok(struct request *q, uint64_t affected, uint64_t insert_id)
{
    struct buf out;
    struct ok_packet ok = {
        .affected = affected, .insert_id = insert_id, .status = query_status(q), .warnings = q->warnings};
    struct buf changes;
    buf_init(&changes, SIZE_MAX);
    if (q->before && q->before != q->session->settings)
        variables_changes(q->before, q->session->settings, &changes);
    if (buf_len(&changes)) {
        ok.changes = (struct bytes){buf_ptr(&changes), buf_len(&changes)};
        ok.status |= SERVER_SESSION_STATE_CHANGED;
    }
    buf_init(&out, SIZE_MAX);
    reply_write_ok(&out, &q->seq, q->session->caps, 0, &ok);
    buf_deinit(&changes);
    query_reply(q, &out);
    buf_deinit(&out);
    q->local = true;
    q->affected = affected;
    q->insert_id = insert_id;
    query_done(q);
}

void query_fail(struct request *q, const struct error *err)
{
    struct session *s = q->session;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    reply_write_err(&out, &q->seq, err->number, err->sqlstate, err->text, strlen(err->text));
    query_reply(q, &out);
    buf_deinit(&out);
    q->failed = true;
    if (err->code != ERROR_NONE) {
        stats_error(s->worker->stats, err->number);
        if (!s->last_error && !(s->last_error = malloc(sizeof *s->last_error)))
            abort();
        *s->last_error = *err;
        s->has_diag = false;
    }
    query_done(q);
}

void query_fail_code(struct request *q, enum error_code code, ...)
{
    const struct error_row *row = error_row(code);
    struct error err = {.code = code, .number = row->number};
    memcpy(err.sqlstate, row->sqlstate, sizeof err.sqlstate);
    va_list ap;
    va_start(ap, code);
    vsnprintf(err.text, sizeof err.text, row->text, ap);
    va_end(ap);
    query_fail(q, &err);
}

static void note_settings(struct request *q)
{
    if (q->session->caps & CLIENT_SESSION_TRACK)
        q->before = settings_ref(q->session->settings);
}

/* ---- the end ---- */

static void account(struct request *q)
{
    struct session *s = q->session;
    uint64_t us = (uv_hrtime() - q->started) / 1000;
    stats_latency(s->worker->stats, us);
    if (q->plan && q->plan->user)
        digest_add(q->plan->user, us, q->rows ? q->rows : q->affected, q->failed);
}

/* What LAST_INSERT_ID(), ROW_COUNT() and FOUND_ROWS() say from now on, apart from what is read back. */
static void remember(struct request *q)
{
    struct session *s = q->session;
    bool rows = q->plan && q->plan->flags & PLAN_RETURNS_ROWS;
    s->row_count = q->failed || rows ? -1 : (int64_t)q->affected;
    if (rows && !q->failed && !(q->plan->flags & PLAN_CALC_FOUND_ROWS))
        s->found_rows = q->rows;
    s->last_failed = q->failed;
    s->warnings = q->failed ? 1 : q->warnings;
    if (!q->failed && s->last_error) {
        free(s->last_error);
        s->last_error = NULL;
    }
}

/* What the statement's handlers still hold, when it did not come to its ordinary end. */
static void free_states(struct request *q)
{
    if (q->state && q->ops && q->ops->on_abort)
        q->ops->on_abort(q);
    q->state = NULL;
    if (q->step_state && q->step_free)
        q->step_free(q->step_state);
    q->step_state = NULL;
    q->step_free = NULL;
}

static void end_statement(struct request *q)
{
    free_states(q);
    settings_unref(q->before);
    q->before = NULL;
    if (q->command.kind == COM_STMT_EXECUTE)
        prepare_executed(q);
    if (q->plan) {
        account(q);
        drop_plan(q);
    }
    q->targets = NULL;
    q->n_targets = 0;
    q->ops = NULL;
    q->after_run = NULL;
    q->explaining = NULL;
    q->raw.p = NULL;
    q->bare = q->untracked = q->retracks = false;
}

/* Statements of one text that end at once are run by a loop, not by each other: a text may have very many. */
struct steps {
    bool again; /* the next one is ready in the request */
    bool over;  /* the request is gone */
};

static void end_command(struct request *q)
{
    struct session *s = q->session;
    if (q->steps)
        q->steps->over = true;
    struct arena *arena = q->arena;
    struct worker *w = s->worker;
    q->phase = QUERY_OVER;
    s->query = NULL;
    if (q->job)
        query_job_orphan(q->job);
    buf_deinit(&q->big);
    worker_arena_put(w, arena);
    session_idle(s);
}

static void run_steps(struct request *q)
{
    struct steps steps = {.again = true};
    q->steps = &steps;
    while (steps.again) {
        steps.again = false;
        if (q->session->worker->is_admin)
            admin_statement(q);
        else
            query_statement(q);
        if (steps.over)
            return;
    }
    q->steps = NULL;
}

void query_done(struct request *q)
{
    struct session *s = q->session;
    bool diagnostics = q->plan && q->plan->action == PLAN_DIAGNOSTICS;
    if (q->plan && !diagnostics)
        remember(q);
    end_statement(q);
    if (s->state == SESSION_CLOSED)
        return;
    if (q->failed || !q->rest_len) {
        end_command(q);
        return;
    }
    q->sql = q->rest;
    q->len = q->rest_len;
    q->replied = q->local = q->force_primary = false;
    q->tries = 0;
    q->rows = q->affected = q->insert_id = 0;
    q->warnings = 0;
    if (s->conn.congested) {
        q->phase = QUERY_PAUSED;
        conn_deadline(&s->conn, s->worker->conf->limits.write_timeout);
    } else if (q->steps) {
        q->steps->again = true;
    } else {
        run_steps(q);
    }
}

void query_on_drain(struct session *s)
{
    struct request *q = s->query;
    if (!q)
        return;
    if (q->phase == QUERY_PAUSED) {
        conn_deadline(&s->conn, 0);
        run_steps(q);
    } else if (q->ops && q->phase == QUERY_RUNNING && q->ops->on_drain) {
        q->ops->on_drain(q);
    }
}

void query_abort(struct session *s)
{
    struct request *q = s->query;
    if (!q)
        return;
    if (q->steps)
        q->steps->over = true;
    s->query = NULL;
    q->phase = QUERY_OVER;
    if (q->job)
        query_job_orphan(q->job);
    free_states(q);
    run_abort(q);
    settings_unref(q->before);
    if (q->plan)
        drop_plan(q);
    buf_deinit(&q->big);
    worker_arena_put(s->worker, q->arena);
}

uint8_t query_next_seq(const struct session *s)
{
    const struct request *q = s->query;
    if (q && q->ops == &relay_ops && q->phase == QUERY_RUNNING && q->replied)
        return (uint8_t)(q->targets[0].result.last_seq + 1);
    return q ? q->seq : 0;
}

bool query_inside_packet(const struct session *s)
{
    const struct request *q = s->query;
    return q && q->ops == &relay_ops && q->phase == QUERY_RUNNING && q->n_targets &&
           (q->targets[0].result.skip || q->targets[0].result.continued);
}

void query_on_timeout(struct session *s)
{
    if (!s->conn.congested)
        return; /* the idle deadline of before; session_idle() sets the next */
    stats_add(s->worker->stats, limit_write_timeout, 1);
    session_close(s, "limits.write_timeout: the client does not read");
}

/* ---- control jobs ---- */

struct query_job {
    struct message message;
    struct job job;
    struct worker *worker;
    struct request *query; /* NULL: it is gone */
    void (*then)(struct request *q, struct job *job);
};

static void on_job_message(struct worker *w, struct message *m)
{
    (void)w;
    struct query_job *j = (struct query_job *)m;
    struct request *q = j->query;
    if (q) {
        q->job = NULL;
        j->then(q, &j->job);
    }
    free(j->job.text);
    free(j->job.answer);
    free(j);
}

static void on_job_done(struct job *job)
{
    struct query_job *j = job->arg;
    worker_post(j->worker, &j->message);
}

void query_ask_control(struct request *q, const struct job *job, void (*then)(struct request *q, struct job *job))
{
    struct query_job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->message.run = on_job_message;
    j->job = *job;
    j->job.done = on_job_done;
    j->job.arg = j;
    j->worker = q->session->worker;
    j->query = q;
    j->then = then;
    q->job = j;
    control_submit(j->worker->proxy->control, &j->job);
}

void query_defer(struct request *q, void (*then)(struct request *q, struct job *job))
{
    struct query_job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->message.run = on_job_message;
    j->worker = q->session->worker;
    j->query = q;
    j->then = then;
    q->job = j;
    worker_post(j->worker, &j->message);
}

void query_job_orphan(struct query_job *j)
{
    j->query = NULL;
}

/* ---- planning ---- */

static void syntax_error(struct request *q, uint32_t at)
{
    char near[81];
    uint32_t line = 1, n = (uint32_t)q->len - at;
    for (uint32_t i = 0; i < at; i++)
        line += q->sql[i] == '\n';
    snprintf(near, sizeof near, "%.*s", (int)n, q->sql + at);
    query_fail_code(q, ERR_PARSE,
                    "check the manual that corresponds to your MySQL server version for the right syntax to use", near, line);
}

static void no_memory(struct request *q)
{
    stats_add(q->session->worker->stats, limit_statement_memory, 1);
    query_fail_code(q, ERR_STATEMENT_MEMORY, (unsigned long long)q->session->worker->conf->limits.statement_memory);
}

static void on_table_read(struct request *q, struct job *job)
{
    if (job->failed)
        query_fail_code(q, ERR_SHARD_DOWN, "any", "instance", job->error);
    else
        query_plan(q);
}

static void read_table(struct request *q, const struct plan_needs *needs)
{
    struct job job = {.kind = JOB_READ_TABLE};
    if (q->tries++ > MAX_PLANNINGS) {
        query_fail_code(q, ERR_REFUSED, "the definitions of the statement's tables change too fast");
        return;
    }
    snprintf(job.schema, sizeof job.schema, "%s", needs->schema);
    snprintf(job.name, sizeof job.name, "%s", needs->name);
    query_ask_control(q, &job, on_table_read);
}

static void release_digest(void *digest)
{
    digest_unref(digest);
}

static void attach_digest(struct request *q)
{
    struct session *s = q->session;
    uint32_t len;
    char *text = fingerprint_digest(q->shape.shape, q->shape.shape_len, DIGEST_TEXT_MAX, q->arena, &len);
    const char *schema = session_schema(s);
    if (!text)
        return;
    q->plan->user = digest_get(s->worker->digests, text, schema ? schema : "");
    q->plan->release_user = release_digest;
}

/* A plan from the parser. False: the query waits or has failed. */
static const char *statement_schema(const struct request *q)
{
    /* a prepared statement keeps the schema that it was prepared under */
    return q->stmt ? settings_get(q->stmt->settings, "") : session_schema(q->session);
}

static bool build_plan(struct request *q)
{
    struct session *s = q->session;
    struct worker *w = s->worker;
    struct plan_env env = {.topo = w->snapshot->topo,
                           .catalog = w->snapshot->catalog,
                           .schema = statement_schema(q),
                           .mode = s->mode};
    struct plan_needs needs;
    switch (plan_build(&env, q->sql, q->shape.end, &q->shape, q->arena, &q->plan, &needs)) {
    case PLAN_OK:
        break;
    case PLAN_NEEDS_TABLE:
        q->plan = NULL;
        read_table(q, &needs);
        return false;
    case PLAN_NO_MEMORY:
        q->plan = NULL;
        no_memory(q);
        return false;
    }
    if (q->plan->cacheable)
        q->plan = plan_cache_put(w->plans, &q->shape, env.schema, &s->mode, q->plan);
    if (q->plan->action != PLAN_REFUSE && !q->plan->user)
        attach_digest(q);
    return true;
}

void query_plan(struct request *q)
{
    struct session *s = q->session;
    q->phase = QUERY_PLANNING;
    q->plan = plan_cache_get(s->worker->plans, &q->shape, statement_schema(q), &s->mode);
    if (q->plan)
        stats_add(s->worker->stats, plan_cache_hits, 1);
    else if (!build_plan(q))
        return;
    if (q->stmt)
        prepare_keep_plan(q);
    query_bind(q);
}

struct plan *query_no_plan(void)
{
    static struct plan none = {.action = PLAN_RUN};
    return &none;
}

/* No token, but not nothing either. */
static bool only_comments(const struct request *q)
{
    for (size_t i = 0; i < q->len; i++)
        if (q->sql[i] == '#' || q->sql[i] == '-' || q->sql[i] == '/')
            return true;
    return false;
}

/* False: the text has no shape, and the query has failed. */
static bool take_shape(struct request *q)
{
    switch (fingerprint_sql(q->sql, (uint32_t)q->len, &q->session->mode, q->arena, &q->shape)) {
    case FINGERPRINT_EMPTY:
        if (only_comments(q))
            query_ok(q, 0, 0); /* as servers do */
        else
            query_fail_code(q, ERR_EMPTY_QUERY);
        return false;
    case FINGERPRINT_BAD:
        syntax_error(q, q->shape.end);
        return false;
    case FINGERPRINT_MEMORY:
        no_memory(q);
        return false;
    }
    return true;
}

void query_inner(struct request *q, const char *sql, size_t len)
{
    if (q->plan)
        drop_plan(q);
    q->sql = sql;
    q->len = len;
    if (!take_shape(q))
        return;
    if (q->shape.next)
        syntax_error(q, q->shape.next);
    else
        query_plan(q);
}

void query_statement(struct request *q)
{
    struct session *s = q->session;
    stats_add(s->worker->stats, questions, 1);
    q->rest_len = 0;
    if (!take_shape(q))
        return;
    if (q->shape.next) {
        if (!(s->caps & CLIENT_MULTI_STATEMENTS) || q->command.kind != COM_QUERY) {
            syntax_error(q, q->shape.next);
            return;
        }
        q->rest = q->sql + q->shape.next;
        q->rest_len = q->len - q->shape.next;
        q->len = q->shape.end;
    }
    q->more = q->rest_len > 0;
    query_plan(q);
}

/* ---- binding ---- */

static bool look_up_weight(void *arg, const char *charset, const char *collation, const char *text, size_t len,
                           uint16_t client_charset, struct lex_slice *out)
{
    struct request *q = arg;
    struct bytes found;
    if (!weights_get(q->session->worker->weights, charset, collation, text, len, client_charset, &found))
        return false;
    *out = (struct lex_slice){(const char *)found.p, found.len};
    return true;
}

static bool look_up_variable(void *arg, const char *name, size_t len, struct route_value *out)
{
    struct request *q = arg;
    return set_variable_value(q->session, name, len, out);
}

void query_facts(struct request *q, struct route_facts *facts)
{
    struct session *s = q->session;
    struct worker *w = s->worker;
    *facts = (struct route_facts){
        .topo = w->snapshot->topo,
        .catalog = w->snapshot->catalog,
        .sql = q->sql,
        .sql_len = q->len,
        .shape = &q->shape,
        .mode = s->mode,
        .charset = s->literal_charset,
        .params = q->params,
        .n_params = q->n_params,
        .variable = look_up_variable,
        .weight = look_up_weight,
        .arg = q,
        .prefer = s->n_holds ? s->holds[0].shard : -1,
        .any = w->any++,
    };
}

static void on_weight(struct request *q, struct job *job)
{
    if (job->failed) {
        query_fail_code(q, ERR_SHARD_DOWN, "any", "instance", job->error);
        return;
    }
    weights_put(q->session->worker->weights, job->charset, job->collation, job->text, job->len, q->session->charset,
                job->answer, job->answer_len);
    q->after_weight(q);
}

void query_ask_weight(struct request *q, void (*then)(struct request *q))
{
    struct job job = {.kind = JOB_WEIGHT, .len = q->route.needs.len};
    const char *client = set_client_charset(q->session);
    if (q->tries++ > MAX_PLANNINGS) {
        query_fail_code(q, ERR_REFUSED, "the statement needs too many weight strings");
        return;
    }
    snprintf(job.charset, sizeof job.charset, "%s", q->route.needs.charset);
    snprintf(job.collation, sizeof job.collation, "%s", q->route.needs.collation);
    snprintf(job.client_charset, sizeof job.client_charset, "%s", client);
    job.text = malloc(job.len + 1);
    if (!job.text)
        abort();
    memcpy(job.text, q->route.needs.text, job.len);
    q->after_weight = then;
    query_ask_control(q, &job, on_weight);
}

static void refuse(struct request *q, const struct error_info *e)
{
    struct error err = {.code = ERR_REFUSED, .number = e->number};
    memcpy(err.sqlstate, e->sqlstate, sizeof err.sqlstate);
    snprintf(err.text, sizeof err.text, "%s", e->text);
    stats_add(q->session->worker->stats, route_refused, 1);
    query_fail(q, &err);
}

static bool needs_route(const struct plan *p)
{
    return p->action == PLAN_RUN || p->action == PLAN_DDL || p->action == PLAN_LOCK_TABLES;
}

static void drop_plan(struct request *q)
{
    if (!q->plan->cacheable && q->plan->user)
        digest_unref(q->plan->user);
    plan_unref(q->plan);
    q->plan = NULL;
}

void query_forget_plan(struct request *q)
{
    drop_plan(q);
    q->plan = query_no_plan();
}

static void query_replan(struct request *q)
{
    if (q->tries++ > MAX_PLANNINGS) {
        query_fail_code(q, ERR_REFUSED, "the topology changes too fast");
        return;
    }
    drop_plan(q);
    if (q->shape.shape || take_shape(q)) /* a plan kept with a prepared statement came without its shape */
        query_plan(q);
}

void query_bind(struct request *q)
{
    struct route_facts facts;
    q->arena->ceiling = q->session->worker->conf->limits.statement_memory + ARENA_SLACK;
    if (q->explaining) {
        q->explaining(q);
        return;
    }
    if (q->plan->action == PLAN_REFUSE) {
        if (!query_try_temporary(q))
            refuse(q, &q->plan->error);
        return;
    }
    if (q->command.kind == COM_STMT_PREPARE) {
        if (!q->session->temporary || !needs_route(q->plan) || !query_try_temporary(q))
            prepare_planned(q);
        return;
    }
    if (!needs_route(q->plan)) {
        act(q);
        return;
    }
    if (q->session->temporary && query_try_temporary(q))
        return;
    query_facts(q, &facts);
    enum route_status status = route_bind(q->plan, &facts, q->arena, &q->route);
    switch (status) {
    case ROUTE_OK:
        act(q);
        break;
    case ROUTE_REFUSED:
        refuse(q, &q->route.error);
        break;
    case ROUTE_NEEDS_WEIGHT:
        query_ask_weight(q, query_bind);
        break;
    case ROUTE_STALE: /* the topology was swapped between planning and now */
        query_replan(q);
        break;
    case ROUTE_NO_MEMORY:
        no_memory(q);
        break;
    }
}

/* ---- acting ---- */

static void run_now(struct request *q)
{
    if (query_edit(q))
        run_start(q);
}

static void after_implicit_commit(struct request *q)
{
    run_now(q);
}

static void act(struct request *q)
{
    if (q->plan->action != PLAN_RUN && q->n_params) {
        bool said = prepare_substitute(q);
        q->n_params = 0;
        drop_plan(q);
        if (said)
            query_inner(q, q->sql, q->len);
        else
            query_fail_code(q, ERR_WRONG_ARGUMENTS, "mysqld_stmt_execute");
        return;
    }
    if (q->plan->action != PLAN_RUN)
        q->stmt = NULL; /* runs as text, also when it was prepared: there are no rows that would be binary */
    switch (q->plan->action) {
    case PLAN_RUN:
    case PLAN_DDL:
    case PLAN_LOCK_TABLES:
        if (q->plan->flags & PLAN_IMPLICIT_COMMIT && trx_open(q->session))
            trx_commit_first(q, after_implicit_commit);
        else
            run_now(q);
        break;
    case PLAN_BEGIN:
        trx_begin(q);
        break;
    case PLAN_COMMIT:
        trx_commit_statement(q);
        break;
    case PLAN_ROLLBACK:
        trx_rollback_statement(q);
        break;
    case PLAN_SAVEPOINT:
        trx_savepoint(q);
        break;
    case PLAN_ROLLBACK_TO:
        trx_rollback_to(q);
        break;
    case PLAN_RELEASE_SAVEPOINT:
        trx_release_savepoint(q);
        break;
    case PLAN_SET:
        note_settings(q);
        set_statement(q);
        break;
    case PLAN_USE:
        note_settings(q);
        local_use(q);
        break;
    case PLAN_UNLOCK_TABLES:
        local_unlock_tables(q);
        break;
    case PLAN_PREPARE:
        named_prepare(q);
        break;
    case PLAN_EXECUTE:
        named_execute(q);
        break;
    case PLAN_DEALLOCATE:
        named_deallocate(q);
        break;
    case PLAN_KILL:
        local_kill(q);
        break;
    case PLAN_PROCESSLIST:
        local_processlist(q);
        break;
    case PLAN_DIAGNOSTICS:
        local_diagnostics(q);
        break;
    case PLAN_EXPLAIN_ROUTE:
        local_explain_route(q);
        break;
    case PLAN_REFUSE:
        refuse(q, &q->plan->error);
        break;
    }
}

/* ---- commands ---- */

static void init_db(struct request *q)
{
    note_settings(q);
    char schema[65 * 4];
    if (q->command.text.len >= sizeof schema) {
        query_fail_code(q, ERR_BAD_DB, "");
        return;
    }
    memcpy(schema, q->command.text.p, q->command.text.len);
    schema[q->command.text.len] = 0;
    local_use_schema(q, schema);
}

static void set_option(struct request *q)
{
    struct session *s = q->session;
    struct buf out;
    if (q->command.number > 1) {
        query_fail_code(q, ERR_UNKNOWN_COM);
        return;
    }
    if (q->command.number == 0)
        s->caps |= CLIENT_MULTI_STATEMENTS;
    else
        s->caps &= ~CLIENT_MULTI_STATEMENTS;
    buf_init(&out, SIZE_MAX);
    reply_write_end(&out, &q->seq, s->caps, query_status(q), 0);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

static void change_user(struct request *q, const struct packet *packet)
{
    struct session *s = q->session;
    struct arena *arena = q->arena;
    s->query = NULL;
    struct packet copy = *packet;
    copy.data = (uint8_t *)q->sql;
    session_change_user(s, &copy);
    if (s->query == q)
        s->query = NULL;
    buf_deinit(&q->big);
    worker_arena_put(s->worker, arena);
}

static void dispatch(struct request *q, const struct packet *packet)
{
    struct session *s = q->session;
    switch (q->command.kind) {
    case COM_QUIT:
        session_close(s, "quit");
        break;
    case COM_QUERY:
        q->sql = (const char *)q->command.text.p;
        q->len = q->command.text.len;
        if (s->worker->is_admin)
            admin_statement(q);
        else
            query_statement(q);
        break;
    case COM_PING:
        query_ok(q, 0, 0);
        break;
    case COM_INIT_DB:
        init_db(q);
        break;
    case COM_STATISTICS:
        local_statistics(q);
        break;
    case COM_SET_OPTION:
        set_option(q);
        break;
    case COM_PROCESS_KILL:
        local_kill_session(q, q->command.number, false);
        break;
    case COM_RESET_CONNECTION:
        session_reset(s);
        query_ok(q, 0, 0);
        break;
    case COM_CHANGE_USER:
        change_user(q, packet);
        break;
    case COM_FIELD_LIST:
        if (s->worker->is_admin)
            admin_field_list(q);
        else
            local_field_list(q);
        break;
    case COM_STMT_PREPARE:
        q->sql = (const char *)q->command.text.p;
        q->len = q->command.text.len;
        prepare_start(q);
        break;
    case COM_STMT_EXECUTE:
        prepare_execute(q);
        break;
    case COM_STMT_FETCH:
        prepare_fetch(q);
        break;
    case COM_STMT_RESET:
        prepare_reset(q);
        break;
    case COM_STMT_CLOSE:
        prepare_close(s, q->command.statement);
        query_done(q);
        break;
    case COM_STMT_SEND_LONG_DATA:
        prepare_long_data(s, q->command.statement, (uint16_t)q->command.number, q->command.text);
        query_done(q);
        break;
    default:
        query_fail_code(q, ERR_UNKNOWN_COM);
    }
}

/* The packet's bytes, for as long as the command runs: in the arena, or, when they are many, by taking the connection's
 * buffer over. NULL: over the arena's ceiling. */
static const uint8_t *keep_packet(struct request *q, const struct packet *packet)
{
    struct conn *c = &q->session->conn;
    const uint8_t *kept = NULL;
    if (packet->len > ARENA_PACKET_MAX && conn_steal(c, &q->big)) {
        buf_append(&c->in, buf_ptr(&q->big) + packet->raw, buf_len(&q->big) - packet->raw);
        return packet->data;
    }
    q->wire = arena_alloc(q->arena, PACKET_HEADER + packet->len + 1);
    if (q->wire) {
        kept = q->wire + PACKET_HEADER;
        memcpy(q->wire + PACKET_HEADER, packet->data, packet->len);
        q->wire[PACKET_HEADER + packet->len] = 0;
    }
    conn_consume(c, packet->raw);
    return kept;
}

void query_start(struct session *s, const struct packet *packet)
{
    struct worker *w = s->worker;
    struct arena *arena = worker_arena_get(w);
    struct request *q = arena_zalloc(arena, sizeof *q);
    if (!q)
        abort();
    q->session = s;
    q->arena = arena;
    q->seq = 1;
    q->started = uv_hrtime();
    s->query = q;
    struct packet kept = *packet;
    const uint8_t *payload = keep_packet(q, packet);
    if (!payload) {
        no_memory(q);
        return;
    }
    kept.data = (uint8_t *)payload;
    q->sql = (const char *)payload;
    q->len = packet->len;
    switch (command_read(payload, packet->len, s->caps, &q->command)) {
    case COMMAND_OK:
        stats_add(w->stats, commands, 1);
        dispatch(q, &kept);
        break;
    case COMMAND_UNKNOWN:
        query_fail_code(q, ERR_UNKNOWN_COM);
        break;
    case COMMAND_MALFORMED:
        query_fail_code(q, ERR_MALFORMED_PACKET);
        break;
    }
}
