#include "proxy/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/balance.h"
#include "proxy/census.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/resultset.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

/* ---- USE ---- */

void local_use_schema(struct request *q, const char *schema)
{
    struct session *s = q->session;
    size_t n = strlen(schema);
    bool known = s->worker->is_admin ? !strcasecmp(schema, "mesh")
                                     : topo_schema(s->worker->snapshot->topo, schema, n) || variables_system_schema(schema, n);
    if (!known) {
        query_fail_code(q, ERR_BAD_DB, schema);
        return;
    }
    session_set_settings(s, settings_with(s->settings, "", schema));
    query_ok(q, 0, 0);
}

void local_use(struct request *q)
{
    char schema[65 * 4];
    int n = ident_text(q->sql, q->plan->stmt->use_->schema, schema, sizeof schema - 1);
    schema[n < 0 ? 0 : n] = 0;
    local_use_schema(q, schema);
}

/* ---- UNLOCK TABLES ---- */

static void on_unlocked(struct request *q)
{
    struct session *s = q->session;
    for (unsigned i = s->n_holds; i-- > 0;)
        if (!q->failed && s->holds[i].why & HOLD_TABLE_LOCKS)
            session_hold_drop(s, &s->holds[i], HOLD_TABLE_LOCKS);
    query_done(q);
}

void local_unlock_tables(struct request *q)
{
    struct session *s = q->session;
    for (unsigned i = 0; i < s->n_holds; i++) {
        if (!(s->holds[i].why & HOLD_TABLE_LOCKS))
            continue;
        struct route_target *t = arena_zalloc(q->arena, sizeof *t);
        if (!t)
            abort();
        t->shard = s->holds[i].shard;
        q->route = (struct route){.role = ROUTE_PRIMARY, .targets = t, .n_targets = 1};
        q->after_run = on_unlocked;
        run_start(q);
        return;
    }
    query_ok(q, 0, 0);
}

/* ---- KILL ---- */

struct kill_order {
    uint64_t id;
    bool query_only, found, denied;
    char user[64];
};

static void visit_kill(struct worker *w, struct census *c)
{
    struct kill_order *k = c->state;
    struct session *s;
    LIST_FOREACH(s, &w->sessions, link) {
        if (s->id != k->id)
            continue;
        k->found = true;
        k->denied = k->user[0] && (!s->user || strcmp(s->user->name, k->user));
        if (k->denied)
            return;
        if (k->query_only) {
            query_kill(s);
        } else {
            struct error err;
            error_set(&err, ERR_QUERY_INTERRUPTED);
            s->killed = true;
            if (s->state != SESSION_BUSY)
                session_close(s, "killed");
            else
                session_close_with(s, query_next_seq(s), &err);
        }
        return;
    }
}

static void kill_answered(struct request *q, struct census *c)
{
    const struct kill_order *k = c->state;
    if (!k->found)
        query_fail_code(q, ERR_NO_SUCH_THREAD, (unsigned long long)k->id);
    else if (k->denied)
        query_fail_code(q, ERR_KILL_DENIED, (unsigned long long)k->id);
    else
        query_ok(q, 0, 0);
}

void local_kill_session(struct request *q, uint64_t id, bool query_only)
{
    struct session *s = q->session;
    if (id == s->id) {
        if (query_only) {
            query_fail_code(q, ERR_QUERY_INTERRUPTED);
            return;
        }
        s->killed = true;
        query_fail_code(q, ERR_QUERY_INTERRUPTED);
        return;
    }
    struct kill_order *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->id = id;
    k->query_only = query_only;
    if (!s->worker->is_admin)
        snprintf(k->user, sizeof k->user, "%s", s->user->name);
    struct census c = {.state = k, .visit = visit_kill, .then = kill_answered, .free_state = free};
    census_start(q, &c);
}

void local_kill(struct request *q)
{
    const struct kill *k = q->plan->stmt->kill;
    struct route_value v;
    uint64_t id = 0;
    if (k->id && k->id->kind == EX_LITERAL && k->id->literal.kind == LITERAL_INT) {
        for (uint32_t i = k->id->span.off; i < span_end(k->id->span); i++)
            id = id * 10 + (uint64_t)(q->sql[i] - '0');
    } else if (k->id && k->id->kind == EX_USERVAR) {
        char name[257];
        int n = ident_text(q->sql, k->id->name, name, sizeof name - 1);
        struct route_facts facts;
        query_facts(q, &facts);
        if (n > 0 && facts.variable(facts.arg, name, (size_t)n, &v) && v.kind == ROUTE_INT)
            id = (uint64_t)v.i;
    } else if (k->id && k->id->kind == EX_FUNC && k->id->call->func == FN_CONNECTION_ID) {
        id = q->session->id;
    }
    if (k->what == KILL_QUERY_ID || k->user.len) {
        query_fail_code(q, ERR_NOT_SUPPORTED_YET, "KILL other than KILL [QUERY | CONNECTION] id");
        return;
    }
    local_kill_session(q, id, k->what == KILL_QUERY);
}

/* ---- SHOW PROCESSLIST ---- */

struct process {
    struct process *next;
    uint32_t id;
    uint64_t seconds;
    const char *command, *state;
    char user[65], host[64], schema[65];
    char info[1025];
    bool has_schema, has_info;
};

struct processes {
    struct process *first;
    char user[65];
    bool full;
};

static void visit_processes(struct worker *w, struct census *c)
{
    struct processes *all = c->state;
    struct session *s;
    uint64_t now = uv_now(&w->loop);
    LIST_FOREACH(s, &w->sessions, link) {
        if (!s->user || (all->user[0] && strcmp(all->user, s->user->name)))
            continue;
        struct process *p = calloc(1, sizeof *p);
        if (!p)
            abort();
        const char *schema = session_schema(s);
        p->id = s->id;
        p->seconds = (now - s->since) / 1000;
        p->command = s->query ? command_name(s->query->command.kind) : "Sleep";
        p->state = !s->query ? "" : s->query->phase == QUERY_ACQUIRING ? "waiting for a backend" : "executing";
        snprintf(p->user, sizeof p->user, "%s", s->user->name);
        snprintf(p->host, sizeof p->host, "%s", s->host);
        snprintf(p->schema, sizeof p->schema, "%s", schema ? schema : "");
        p->has_schema = schema != NULL;
        p->has_info = s->query && s->query->command.kind == COM_QUERY && s->query->sql;
        if (p->has_info)
            snprintf(p->info, all->full ? sizeof p->info : 101, "%.*s", (int)s->query->len, s->query->sql);
        p->next = all->first;
        all->first = p;
    }
}

static void free_processes(void *state)
{
    struct processes *all = state;
    while (all->first) {
        struct process *p = all->first;
        all->first = p->next;
        free(p);
    }
    free(all);
}

static void processes_answered(struct request *q, struct census *c)
{
    static const char *const names[] = {"Id", "User", "Host", "db", "Command", "Time", "State", "Info"};
    struct processes *all = c->state;
    struct resultset r;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    resultset_begin(&r, &out, &q->seq, q->session->caps);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        resultset_column(&r, names[i], i == 0 || i == 5 ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_VAR_STRING);
    resultset_columns_end(&r, query_status(q));
    for (const struct process *p = all->first; p; p = p->next) {
        resultset_int(&r, p->id);
        resultset_text(&r, p->user);
        resultset_text(&r, p->host);
        resultset_text(&r, p->has_schema ? p->schema : NULL);
        resultset_text(&r, p->command);
        resultset_int(&r, (int64_t)p->seconds);
        resultset_text(&r, p->state);
        resultset_text(&r, p->has_info ? p->info : NULL);
        resultset_row_end(&r);
    }
    resultset_end(&r, query_status(q), 0);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

void local_processlist(struct request *q)
{
    struct processes *all = calloc(1, sizeof *all);
    if (!all)
        abort();
    if (!q->session->worker->is_admin) /* a user sees its own sessions, as without the PROCESS privilege */
        snprintf(all->user, sizeof all->user, "%s", q->session->user->name);
    all->full = q->plan && q->plan->stmt && q->plan->stmt->show->full;
    struct census c = {.state = all, .visit = visit_processes, .then = processes_answered, .free_state = free_processes};
    census_start(q, &c);
}

/* ---- SHOW WARNINGS and its kin ---- */

/* Our own error, or nothing. */
static void own_diagnostics(struct request *q)
{
    const struct error *e = q->session->last_error;
    unsigned kind = q->plan->stmt->show->kind;
    struct resultset r;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    resultset_begin(&r, &out, &q->seq, q->session->caps);
    if (kind == SHOW_COUNT_WARNINGS || kind == SHOW_COUNT_ERRORS) {
        bool warnings = kind == SHOW_COUNT_WARNINGS;
        resultset_column(&r, warnings ? "@@session.warning_count" : "@@session.error_count", MYSQL_TYPE_LONGLONG);
        resultset_columns_end(&r, query_status(q));
        resultset_int(&r, e != NULL);
        resultset_row_end(&r);
    } else {
        resultset_column(&r, "Level", MYSQL_TYPE_VAR_STRING);
        resultset_column(&r, "Code", MYSQL_TYPE_LONGLONG);
        resultset_column(&r, "Message", MYSQL_TYPE_VAR_STRING);
        resultset_columns_end(&r, query_status(q));
        if (e) {
            resultset_text(&r, "Error");
            resultset_int(&r, e->number);
            resultset_text(&r, e->text);
            resultset_row_end(&r);
        }
    }
    resultset_end(&r, query_status(q), e != NULL);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

/* GET DIAGNOSTICS … @x = …: the user variables that it assigns are read back behind it. */
static void learn_assigned(struct request *q)
{
    struct lexer lx;
    struct token tok;
    const char **names = arena_alloc(q->arena, (q->len / 2 + 1) * sizeof *names);
    size_t n = 0;
    lex_init(&lx, q->sql, (uint32_t)q->len, &q->session->mode);
    while (names && lex_next(&lx, &tok) != TK_END && tok.kind != TK_ERROR) {
        char *name = tok.kind == TK_USERVAR ? arena_alloc(q->arena, tok.span.len) : NULL;
        struct span bare = {tok.span.off + 1, tok.span.len - 1};
        int len = name ? ident_text(q->sql, bare, name, bare.len) : -1;
        if (len < 0)
            continue;
        name[len] = 0;
        names[n++] = name;
    }
    q->plan->assigned = names;
    q->plan->n_assigned = n;
    q->plan->flags |= n ? PLAN_ASSIGNS_VARIABLES : 0;
}

void local_diagnostics(struct request *q)
{
    struct session *s = q->session;
    struct worker *w = s->worker;
    struct backend *b = NULL;
    struct hold *h = s->has_diag && s->diag_held ? session_hold(s, s->diag_shard, true) : NULL;
    bool show = q->plan->stmt->kind == STMT_SHOW;
    if (!s->has_diag && show) {
        own_diagnostics(q);
        return;
    }
    if (s->has_diag && !h && s->diag_instance < w->n_pools)
        b = pool_get_diagnostics(w->pools[s->diag_instance], s->id);
    if (!h && !b) {
        query_fail_code(q, ERR_REFUSED, "the diagnostics of the last statement are gone: ask for them right after it");
        return;
    }
    if (!show)
        learn_assigned(q);
    q->targets = arena_zalloc(q->arena, sizeof *q->targets);
    if (!q->targets)
        abort();
    struct target *t = &q->targets[0];
    q->n_targets = 1;
    t->query = q;
    t->shard = s->diag_shard;
    t->instance = s->diag_instance;
    q->bare = true;
    q->ops = &relay_ops;
    if (h)
        run_acquire(q);
    else
        run_with(t, b);
}

/* ---- EXPLAIN ROUTE ---- */

static void write_lines(struct request *q, const struct route_line *lines, size_t n)
{
    struct resultset r;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    resultset_begin(&r, &out, &q->seq, q->session->caps);
    static const char *const names[] = {"rung", "shard", "role", "tables", "sql"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        resultset_column(&r, names[i], MYSQL_TYPE_VAR_STRING);
    resultset_columns_end(&r, query_status(q));
    for (size_t i = 0; i < n; i++) {
        resultset_text(&r, lines[i].rung);
        resultset_text(&r, lines[i].shard);
        resultset_text(&r, lines[i].role);
        resultset_text(&r, lines[i].tables);
        resultset_text(&r, lines[i].sql);
        resultset_row_end(&r);
    }
    resultset_end(&r, query_status(q), 0);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

static void explain_now(struct request *q)
{
    struct route_facts facts;
    struct plan *outer = q->plan;
    size_t n = 0;
    enum route_status status = ROUTE_REFUSED;
    query_facts(q, &facts);
    if (q->plan->action == PLAN_RUN || q->plan->action == PLAN_DDL || q->plan->action == PLAN_LOCK_TABLES)
        status = route_bind(q->plan, &facts, q->arena, &q->route);
    if (status == ROUTE_NEEDS_WEIGHT) {
        query_ask_weight(q, explain_now);
        return;
    }
    struct route_line *lines = route_explain(q->plan, &facts, status, &q->route, q->arena, &n);
    q->plan = outer;
    if (lines)
        write_lines(q, lines, n);
    else
        query_fail_code(q, ERR_STATEMENT_MEMORY, (unsigned long long)q->session->worker->conf->limits.statement_memory);
}

void local_explain_route(struct request *q)
{
    const struct stmt *inner = q->plan->stmt->explain->stmt;
    struct span span = inner->span;
    q->explaining = explain_now;
    query_inner(q, q->sql + span.off, span.len);
}

/* ---- commands ---- */

void local_statistics(struct request *q)
{
    struct proxy *p = q->session->worker->proxy;
    char text[256];
    struct buf out;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t up = (uint64_t)now.tv_sec - p->started_at / 1000;
    uint64_t questions = 0;
    for (unsigned i = 0; i < p->n_workers; i++)
        questions += atomic_load_explicit(&p->workers[i]->stats->questions, memory_order_relaxed);
    int n = snprintf(text, sizeof text,
                     "Uptime: %llu  Threads: %u  Questions: %llu  Slow queries: 0  Opens: 0  Open tables: 0  Queries per second "
                     "avg: %.3f",
                     (unsigned long long)up, atomic_load(&p->n_clients), (unsigned long long)questions,
                     up ? (double)questions / (double)up : 0.0);
    buf_init(&out, SIZE_MAX);
    packet_write(&out, text, (size_t)n, &q->seq);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

static void field_list_planned(struct request *q)
{
    struct buf packet;
    struct route_facts facts;
    query_facts(q, &facts);
    if (q->plan->action != PLAN_RUN || route_bind(q->plan, &facts, q->arena, &q->route) != ROUTE_OK) {
        query_fail_code(q, ERR_REFUSED, q->plan->action == PLAN_REFUSE ? q->plan->error.text : "no such table");
        return;
    }
    q->route.n_targets = 1; /* the table looks alike on all its shards */
    buf_init(&packet, SIZE_MAX);
    command_write_field_list(&packet, q->command.text, q->command.wildcard);
    uint8_t *kept = arena_alloc(q->arena, buf_len(&packet));
    if (!kept)
        abort();
    memcpy(kept, buf_ptr(&packet), buf_len(&packet));
    q->raw = (struct bytes){kept, buf_len(&packet)};
    buf_deinit(&packet);
    run_start(q);
}

void local_field_list(struct request *q)
{
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    buf_append(&sql, "SHOW COLUMNS FROM `", 19);
    for (size_t i = 0; i < q->command.text.len; i++) {
        buf_append(&sql, q->command.text.p + i, 1);
        if (q->command.text.p[i] == '`')
            buf_append(&sql, "`", 1);
    }
    buf_append(&sql, "`", 1);
    char *text = arena_copy(q->arena, buf_ptr(&sql), buf_len(&sql));
    size_t len = buf_len(&sql);
    buf_deinit(&sql);
    if (!text)
        abort();
    q->explaining = field_list_planned;
    query_inner(q, text, len);
}
