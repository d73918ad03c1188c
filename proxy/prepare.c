/* Prepared statements in the binary protocol.
 *
 * PREPARE goes to a backend of a shard where the statement could run, because only a server knows its columns; the
 * answer is passed on with our id in place of the server's. EXECUTE is planned with its parameters' values and goes where
 * they say; a backend that does not have the statement yet is told it first (run.c). Statements that Shardwire answers
 * itself (COMMIT, SET …) have no columns: they are prepared without a server and executed as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "protocol/row.h"
#include "proxy/admin.h"
#include "proxy/client_stmt.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/stmt_cache.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

/* ---- the session's statements ---- */

struct client_stmt *client_stmt_find(struct session *s, uint32_t id)
{
    struct client_stmt *st;
    HASH_FIND(hh, s->stmts, &id, sizeof id, st);
    return st;
}

static void free_longs(struct client_stmt *st)
{
    for (uint16_t i = 0; st->longs && i < st->n_params; i++)
        buf_deinit(&st->longs[i]);
    free(st->longs);
    st->longs = NULL;
}

static void drop_cursor(struct session *s, struct client_stmt *st)
{
    struct hold *h = st->cursor ? session_hold_of(s, st->cursor) : NULL;
    st->cursor = NULL;
    if (h)
        session_hold_drop(s, h, HOLD_CURSOR);
}

static void forget_plan(struct client_stmt *st)
{
    if (st->plan)
        plan_unref(st->plan);
    free(st->literals);
    st->plan = NULL;
    st->literals = NULL;
}

/* Keeps the plan that was found for this EXECUTE: the next one needs neither fingerprint nor cache. */
void prepare_keep_plan(struct request *q)
{
    struct client_stmt *st = q->stmt;
    if (!q->plan->cacheable || q->sql != st->sql)
        return;
    forget_plan(st);
    size_t bytes = q->shape.nliterals * sizeof *st->literals;
    st->literals = malloc(bytes + 1);
    if (!st->literals)
        abort();
    memcpy(st->literals, q->shape.literals, bytes);
    st->shape = q->shape;
    st->shape.literals = st->literals;
    st->shape.shape = NULL; /* the arena's: the plan stands for it */
    st->plan = plan_ref(q->plan);
    st->plan_epoch = q->session->worker->plan_epoch;
    st->mode = q->session->mode;
}

static bool plan_holds(const struct request *q, const struct client_stmt *st)
{
    const struct lex_mode *a = &st->mode, *b = &q->session->mode;
    return st->plan && st->plan_epoch == q->session->worker->plan_epoch && a->flags == b->flags && a->charset == b->charset &&
           a->dialect == b->dialect && a->version == b->version;
}

static void free_stmt(struct client_stmt *st)
{
    forget_plan(st);
    free_longs(st);
    settings_unref(st->settings);
    free(st->types.at);
    free(st->sql);
    free(st);
}

void client_stmt_free(struct session *s, struct client_stmt *st)
{
    drop_cursor(s, st);
    HASH_DEL(s->stmts, st);
    free_stmt(st);
}

void client_stmt_free_all(struct session *s)
{
    struct client_stmt *st, *next;
    HASH_ITER(hh, s->stmts, st, next)
    {
        HASH_DEL(s->stmts, st);
        free_stmt(st);
    }
    s->stmts = NULL;
    named_free_all(s);
}

/* ---- PREPARE ---- */

struct preparing {
    struct client_stmt *stmt;
    struct stmt_prepared server; /* what the server said */
};

static struct client_stmt *new_stmt(struct request *q, const char *sql, size_t len)
{
    struct session *s = q->session;
    struct client_stmt *st = calloc(1, sizeof *st);
    if (!st || !(st->sql = malloc(len + 1)))
        abort();
    memcpy(st->sql, sql, len);
    st->sql[len] = 0;
    st->len = len;
    st->settings = settings_core(s->settings);
    do
        st->id = ++s->last_stmt_id;
    while (!st->id || client_stmt_find(s, st->id));
    return st;
}

static void keep_stmt(struct session *s, struct client_stmt *st, uint16_t n_params, uint16_t n_columns)
{
    st->n_params = n_params;
    st->n_columns = n_columns;
    st->types.n = n_params;
    st->types.at = calloc(n_params + 1u, sizeof *st->types.at);
    if (!st->types.at)
        abort();
    HASH_ADD(hh, s->stmts, id, sizeof st->id, st);
}

/* The first packet of the server's answer: our id goes into it. */
void prepare_on_ok(struct target *t, struct packet *p)
{
    struct request *q = t->query;
    struct preparing *pr = q->step_state;
    if (stmt_read_prepared(p->data, p->len, &pr->server))
        stmt_set_id(p->data, pr->stmt->id);
}


static void on_prepared(struct request *q)
{
    struct preparing *pr = q->step_state;
    q->step_state = NULL;
    if (q->failed)
        free_stmt(pr->stmt);
    else
        keep_stmt(q->session, pr->stmt, pr->server.n_params, pr->server.n_columns);
    query_done(q);
}

/* The statement stays on the backend: whoever executes it there next finds it. */
void prepare_keep_on_backend(struct target *t)
{
    struct request *q = t->query;
    struct preparing *pr = q->step_state;
    struct backend *b = t->backend;
    struct buf out;
    if (t->result.error || !pr->server.id)
        return;
    if (!b->stmts)
        b->stmts = stmt_cache_new();
    buf_init(&out, SIZE_MAX);
    stmt_cache_put(b->stmts, pr->stmt->settings, q->sql, q->len, pr->server.id,
                   q->session->worker->conf->limits.backend_statements, &out);
    backend_send(b, buf_ptr(&out), buf_len(&out));
    buf_deinit(&out);
}

static void free_preparing(void *state)
{
    free_stmt(((struct preparing *)state)->stmt);
}

static void prepare_locally(struct request *q)
{
    struct client_stmt *st = new_stmt(q, q->sql, q->len);
    struct stmt_prepared p = {.id = st->id};
    struct buf out;
    keep_stmt(q->session, st, 0, 0);
    buf_init(&out, SIZE_MAX);
    stmt_write_prepared(&out, &q->seq, &p);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

/* A shard where the statement can be prepared: where it would run if that is known without its parameters. */
static uint16_t prepare_shard(struct request *q)
{
    struct session *s = q->session;
    struct route_facts facts;
    query_facts(q, &facts);
    if (route_bind(q->plan, &facts, q->arena, &q->route) == ROUTE_OK && q->route.n_targets)
        return q->route.targets[0].shard;
    return s->n_holds ? s->holds[0].shard : (uint16_t)(facts.any % facts.topo->n_shards);
}

void prepare_on_server(struct request *q, uint16_t shard)
{
    struct preparing *pr = arena_zalloc(q->arena, sizeof *pr);
    struct route_target *target = arena_zalloc(q->arena, sizeof *target);
    if (!pr || !target)
        abort();
    target->shard = shard;
    pr->stmt = new_stmt(q, q->sql, q->len);
    q->step_state = pr;
    q->step_free = free_preparing;
    if (!query_edit(q))
        return;
    query_forget_plan(q); /* nothing of what it says happens yet */
    struct buf packet;
    buf_init(&packet, SIZE_MAX);
    command_write_text(&packet, COM_STMT_PREPARE, q->sql, q->len);
    q->raw = (struct bytes){arena_alloc(q->arena, buf_len(&packet)), buf_len(&packet)};
    if (q->raw.p)
        memcpy((void *)q->raw.p, buf_ptr(&packet), buf_len(&packet));
    buf_deinit(&packet);
    q->route = (struct route){.role = ROUTE_PRIMARY, .targets = target, .n_targets = 1};
    q->after_run = on_prepared;
    if (!q->raw.p)
        query_fail_code(q, ERR_STATEMENT_MEMORY, (unsigned long long)q->session->worker->conf->limits.statement_memory);
    else
        run_start(q);
}

/* Planned: the action of a COM_STMT_PREPARE. */
void prepare_planned(struct request *q)
{
    struct session *s = q->session;
    if (HASH_COUNT(s->stmts) >= s->worker->conf->limits.max_statements) {
        stats_add(s->worker->stats, limit_max_statements, 1);
        query_fail_code(q, ERR_MAX_PREPARED_STMT_COUNT, s->worker->conf->limits.max_statements);
        return;
    }
    switch (q->plan->action) {
    case PLAN_RUN:
        prepare_on_server(q, prepare_shard(q));
        break;
    case PLAN_DDL:
    case PLAN_COMMIT:
    case PLAN_ROLLBACK:
    case PLAN_SET:
        if (q->shape.nparams)
            prepare_on_server(q, prepare_shard(q));
        else
            prepare_locally(q);
        break;
    default:
        query_fail_code(q, ERR_UNSUPPORTED_PS);
    }
}

static void write_definitions(struct request *q, struct buf *out, const struct column *columns, uint16_t n)
{
    const struct column param = column_make("?", MYSQL_TYPE_VAR_STRING);
    for (uint16_t i = 0; i < n; i++)
        column_write(out, &q->seq, columns ? &columns[i] : &param);
    if (n && !(q->session->caps & CLIENT_DEPRECATE_EOF))
        reply_write_eof(out, &q->seq, query_status(q), 0);
}

void prepare_answer(struct request *q, uint16_t n_params, const struct column *columns, uint16_t n_columns)
{
    struct session *s = q->session;
    struct buf out;
    if (HASH_COUNT(s->stmts) >= s->worker->conf->limits.max_statements) {
        query_fail_code(q, ERR_MAX_PREPARED_STMT_COUNT, s->worker->conf->limits.max_statements);
        return;
    }
    struct client_stmt *st = new_stmt(q, q->sql, q->len);
    struct stmt_prepared p = {.id = st->id, .n_params = n_params, .n_columns = n_columns};
    keep_stmt(s, st, n_params, n_columns);
    buf_init(&out, SIZE_MAX);
    stmt_write_prepared(&out, &q->seq, &p);
    write_definitions(q, &out, NULL, n_params);
    write_definitions(q, &out, columns, n_columns);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

void prepare_start(struct request *q)
{
    if (q->session->worker->is_admin)
        admin_prepare(q);
    else
        query_statement(q);
}

/* ---- EXECUTE ---- */

static void unknown(struct request *q, const char *what)
{
    char id[16];
    int n = snprintf(id, sizeof id, "%u", q->command.statement);
    query_fail_code(q, ERR_UNKNOWN_STMT_HANDLER, n, id, what);
}

static void to_route_value(const struct value *v, struct arena *arena, struct route_value *out)
{
    char scratch[VALUE_SCRATCH];
    struct bytes text = {NULL, 0};
    *out = (struct route_value){.kind = ROUTE_UNKNOWN};
    switch (v->kind) {
    case VALUE_NULL:
        out->kind = ROUTE_NULL;
        return;
    case VALUE_INT:
        *out = (struct route_value){.kind = ROUTE_INT, .i = v->i};
        return;
    case VALUE_UINT:
        *out = (struct route_value){.kind = ROUTE_UINT, .i = (int64_t)v->u};
        return;
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        out->kind = ROUTE_DOUBLE;
        text = value_print(v, 31, scratch);
        break;
    case VALUE_DECIMAL:
        out->kind = ROUTE_DECIMAL;
        text = v->text;
        break;
    case VALUE_TEXT:
        out->kind = ROUTE_TEXT;
        text = v->text;
        break;
    case VALUE_BYTES:
        out->kind = ROUTE_BINARY;
        text = v->text;
        break;
    case VALUE_DATE:
        out->kind = ROUTE_DATE;
        text = value_print(v, 0, scratch);
        break;
    case VALUE_DATETIME:
        out->kind = ROUTE_DATETIME;
        text = value_print(v, 6, scratch);
        break;
    case VALUE_TIME:
        out->kind = ROUTE_TIME;
        text = value_print(v, 6, scratch);
        break;
    }
    out->text = arena_copy(arena, text.p, text.len);
    out->len = text.len;
    if (!out->text)
        out->kind = ROUTE_UNKNOWN;
}

/* Reads the parameters; false: the query has failed. */
static bool read_params(struct request *q)
{
    struct session *s = q->session;
    struct client_stmt *st = q->stmt;
    struct value *values = arena_alloc(q->arena, (st->n_params + 1u) * sizeof *values);
    struct route_value *params = arena_alloc(q->arena, (st->n_params + 1u) * sizeof *params);
    struct bytes *longs = NULL;
    if (st->longs && (longs = arena_zalloc(q->arena, st->n_params * sizeof *longs)))
        for (uint16_t i = 0; i < st->n_params; i++)
            if (st->longs[i].data)
                longs[i] = (struct bytes){buf_ptr(&st->longs[i]), buf_len(&st->longs[i])};
    if (!values || !params || (st->longs && !longs)) {
        query_fail_code(q, ERR_STATEMENT_MEMORY, (unsigned long long)s->worker->conf->limits.statement_memory);
        return false;
    }
    const uint8_t *payload = (const uint8_t *)q->sql;
    if (!stmt_read_execute(payload, q->len, s->caps, &st->types, longs, &q->execute, values)) {
        query_fail_code(q, ERR_WRONG_ARGUMENTS, "mysqld_stmt_execute");
        return false;
    }
    for (uint16_t i = 0; i < st->n_params; i++)
        to_route_value(&values[i], q->arena, &params[i]);
    q->params = params;
    q->values = values;
    q->n_params = st->n_params;
    return true;
}

/* The statement's text with its parameters in it, for one that is executed as text; false: no literal can say a value. */
bool prepare_substitute(struct request *q)
{
    struct session *s = q->session;
    struct lexer lx;
    struct token tok;
    struct buf out;
    uint32_t at = 0;
    size_t n = 0;
    bool ok = true;
    buf_init(&out, s->worker->conf->limits.max_allowed_packet);
    lex_init(&lx, q->sql, (uint32_t)q->len, &s->mode);
    while (ok && lex_next(&lx, &tok) != TK_END && tok.kind != TK_ERROR) {
        if (tok.kind != TK_PARAM)
            continue;
        buf_append(&out, q->sql + at, tok.span.off - at);
        ok = n < q->n_params &&
             stmt_write_literal(&out, &q->values[n++], s->charset, s->mode.flags & LEX_NO_BACKSLASH_ESCAPES);
        at = span_end(tok.span);
    }
    buf_append(&out, q->sql + at, q->len - at);
    char *sql = ok && !out.bad ? arena_copy(q->arena, buf_ptr(&out), buf_len(&out)) : NULL;
    if (sql) {
        q->sql = sql;
        q->len = buf_len(&out);
    }
    buf_deinit(&out);
    return sql != NULL;
}

void prepare_executed(struct request *q)
{
    struct session *s = q->session;
    struct client_stmt *st = client_stmt_find(s, q->command.statement);
    if (!st)
        return;
    free_longs(st);
    struct target *t = q->stmt && q->n_targets == 1 ? &q->targets[0] : NULL;
    struct hold *h = t ? session_hold(s, t->shard, true) : NULL;
    if (h && h->why & HOLD_CURSOR && t->result.status & SERVER_STATUS_CURSOR_EXISTS && !q->failed) {
        st->cursor = h->backend;
        st->cursor_id = t->stmt_id;
    }
}

void prepare_execute(struct request *q)
{
    struct session *s = q->session;
    struct client_stmt *st = client_stmt_find(s, q->command.statement);
    if (!st) {
        unknown(q, "mysqld_stmt_execute");
        return;
    }
    drop_cursor(s, st);
    q->stmt = st;
    if (!read_params(q))
        return;
    q->sql = st->sql;
    q->len = st->len;
    if (s->worker->is_admin) {
        free_longs(st);
        admin_statement(q);
        return;
    }
    if (!plan_holds(q, st)) {
        query_statement(q);
        return;
    }
    stats_add(s->worker->stats, questions, 1);
    stats_add(s->worker->stats, plan_cache_hits, 1);
    q->plan = plan_ref(st->plan);
    q->shape = st->shape;
    query_bind(q);
}

/* ---- the rest ---- */

static void on_fetched(struct request *q)
{
    struct client_stmt *st = client_stmt_find(q->session, q->command.statement);
    if (st && (q->failed || q->targets[0].result.status & SERVER_STATUS_LAST_ROW_SENT))
        drop_cursor(q->session, st);
    query_done(q);
}

void prepare_fetch(struct request *q)
{
    struct session *s = q->session;
    struct client_stmt *st = client_stmt_find(s, q->command.statement);
    struct hold *h = st && st->cursor ? session_hold_of(s, st->cursor) : NULL;
    if (!st || !h) {
        unknown(q, "mysqld_stmt_fetch");
        return;
    }
    struct buf packet;
    buf_init(&packet, SIZE_MAX);
    command_write_fetch(&packet, st->cursor_id, q->command.number);
    uint8_t *kept = arena_alloc(q->arena, buf_len(&packet));
    struct route_target *target = arena_zalloc(q->arena, sizeof *target);
    if (!kept || !target)
        abort();
    memcpy(kept, buf_ptr(&packet), buf_len(&packet));
    q->raw = (struct bytes){kept, buf_len(&packet)};
    buf_deinit(&packet);
    target->shard = h->shard;
    q->plan = query_no_plan();
    q->route = (struct route){.role = ROUTE_PRIMARY, .targets = target, .n_targets = 1};
    q->bare = true;
    q->after_run = on_fetched;
    run_start(q);
}

void prepare_reset(struct request *q)
{
    struct client_stmt *st = client_stmt_find(q->session, q->command.statement);
    if (!st) {
        unknown(q, "mysqld_stmt_reset");
        return;
    }
    free_longs(st);
    drop_cursor(q->session, st);
    query_ok(q, 0, 0);
}

void prepare_close(struct session *s, uint32_t id)
{
    struct client_stmt *st = client_stmt_find(s, id);
    if (st)
        client_stmt_free(s, st);
}

void prepare_long_data(struct session *s, uint32_t id, uint16_t param, struct bytes piece)
{
    struct client_stmt *st = client_stmt_find(s, id);
    if (!st || param >= st->n_params)
        return; /* there is no answer to say so; EXECUTE will */
    if (!st->longs) {
        st->longs = calloc(st->n_params, sizeof *st->longs);
        if (!st->longs)
            abort();
        for (uint16_t i = 0; i < st->n_params; i++)
            buf_init(&st->longs[i], s->runtime->conf->limits.max_allowed_packet);
    }
    struct buf *b = &st->longs[param];
    if (!b->data)
        buf_reserve(b, 1); /* an empty piece is a value too */
    buf_append(b, piece.p, piece.len);
}
