/* The beginning and the end of a command: from the client's packet to its kind's function, and back to the session. */
#include "proxy/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"
#include "proxy/admin.h"
#include "proxy/client_stmt.h"
#include "proxy/digest.h"
#include "proxy/local.h"
#include "proxy/log.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/trx.h"
#include "proxy/worker.h"

#define ARENA_PACKET_MAX 65536

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
        query_drop_plan(q);
    }
    q->targets = NULL;
    q->n_targets = 0;
    q->ops = NULL;
    q->after_run = NULL;
    q->explaining = NULL;
    q->raw.p = NULL;
    q->bare = q->untracked = false;
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
        query_drop_plan(q);
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

/* ---- commands ---- */

static void init_db(struct request *q)
{
    query_note_settings(q);
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
        query_no_memory(q);
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
