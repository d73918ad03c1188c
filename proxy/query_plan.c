/* A statement's text becomes a plan, the plan a route, and the route an action: see query.h for the way through. */
#include "proxy/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/client_stmt.h"
#include "proxy/control.h"
#include "proxy/digest.h"
#include "proxy/local.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/set.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/weights.h"
#include "proxy/worker.h"

#define ARENA_SLACK (1u << 20) /* over limits.statement_memory, for the small pieces that running it takes */
#define MAX_PLANNINGS 64 /* definitions asked for one statement */

static void act(struct request *q);
static bool take_shape(struct request *q);

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

void query_no_memory(struct request *q)
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
        query_no_memory(q);
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
        query_no_memory(q);
        return false;
    }
    return true;
}

void query_inner(struct request *q, const char *sql, size_t len)
{
    if (q->plan)
        query_drop_plan(q);
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

void query_drop_plan(struct request *q)
{
    if (!q->plan->cacheable && q->plan->user)
        digest_unref(q->plan->user);
    plan_unref(q->plan);
    q->plan = NULL;
}

void query_forget_plan(struct request *q)
{
    query_drop_plan(q);
    q->plan = query_no_plan();
}

static void query_replan(struct request *q)
{
    if (q->tries++ > MAX_PLANNINGS) {
        query_fail_code(q, ERR_REFUSED, "the topology changes too fast");
        return;
    }
    query_drop_plan(q);
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
        query_no_memory(q);
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
        query_drop_plan(q);
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
        query_note_settings(q);
        set_statement(q);
        break;
    case PLAN_USE:
        query_note_settings(q);
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
