#include "proxy/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/charset.h"
#include "protocol/packet.h"
#include "protocol/reply.h"
#include "proxy/client_stmt.h"
#include "proxy/log.h"
#include "proxy/login.h"
#include "proxy/pool.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/settings.h"
#include "proxy/stats.h"
#include "proxy/temporary.h"
#include "proxy/trx.h"
#include "proxy/variables.h"
#include "proxy/worker.h"

#define LOGIN_PACKET_MAX ((size_t)1 << 20)
#define LINGER_MS 5000

static const struct conn_owner conn_owner;

static struct proxy *proxy_of(const struct session *s)
{
    return s->worker->proxy;
}

const char *session_schema(const struct session *s)
{
    return settings_get(s->settings, "");
}

bool session_autocommit(const struct session *s)
{
    const char *v = settings_get(s->settings, "autocommit");
    return !v || !(!strcmp(v, "0") || !strcasecmp(v, "off") || !strcasecmp(v, "'off'"));
}

void session_set_settings(struct session *s, struct settings *settings)
{
    struct settings *old = s->settings;
    s->settings = settings;
    settings_unref(old);
    variables_derive(s);
}

/* ---- holds ---- */

struct hold *session_hold(struct session *s, uint16_t shard, bool replica_too)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].shard == shard && (replica_too || !s->holds[i].replica))
            return &s->holds[i];
    return NULL;
}

struct hold *session_hold_of(struct session *s, const struct backend *b)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].backend == b)
            return &s->holds[i];
    return NULL;
}

struct hold *session_hold_add(struct session *s, struct backend *b, uint16_t shard, bool replica, uint8_t why)
{
    struct hold *h = session_hold_of(s, b);
    if (!h) {
        s->holds = realloc(s->holds, (s->n_holds + 1u) * sizeof *s->holds);
        if (!s->holds)
            abort();
        h = &s->holds[s->n_holds++];
        *h = (struct hold){.backend = b, .shard = shard, .replica = replica};
        query_idle_user(s, b);
    }
    h->why |= why;
    if (why & ~(HOLD_TRX | HOLD_LOG))
        b->unclean = true;
    return h;
}

void session_hold_forget(struct session *s, struct hold *h)
{
    size_t at = (size_t)(h - s->holds);
    memmove(h, h + 1, (s->n_holds - at - 1) * sizeof *h);
    if (!--s->n_holds) {
        free(s->holds);
        s->holds = NULL;
    }
}

void session_hold_drop(struct session *s, struct hold *h, uint8_t why)
{
    h->why &= (uint8_t)~why;
    if (why & HOLD_TRX)
        h->wrote = h->xa = false;
    if (h->why)
        return;
    struct backend *b = h->backend;
    session_hold_forget(s, h);
    pool_put(b);
}

static void release_holds(struct session *s)
{
    while (s->n_holds) {
        struct backend *b = s->holds[s->n_holds - 1].backend;
        session_hold_forget(s, &s->holds[s->n_holds - 1]);
        if (b->ask.done)
            backend_close(b, "the session ended during a command");
        else
            backend_reset(b);
    }
}

void session_note_write(struct session *s, uint16_t shard, struct bytes gtid)
{
    if (shard >= s->n_gtids) {
        size_t n = shard + 1u;
        s->gtids = realloc(s->gtids, n * sizeof *s->gtids);
        if (!s->gtids)
            abort();
        memset(s->gtids + s->n_gtids, 0, (n - s->n_gtids) * sizeof *s->gtids);
        s->n_gtids = n;
    }
    free(s->gtids[shard]);
    s->gtids[shard] = strndup((const char *)gtid.p, gtid.len);
}

/* ---- the end ---- */

static void free_state(struct session *s)
{
    release_holds(s);
    client_stmt_free_all(s);
    temporary_free_all(s);
    trx_clear(s);
    free(s->trx.next);
    s->trx.next = NULL;
    for (size_t i = 0; i < s->n_gtids; i++)
        free(s->gtids[i]);
    free(s->gtids);
    s->gtids = NULL;
    s->n_gtids = 0;
    free(s->last_error);
    s->last_error = NULL;
    s->has_diag = false;
    s->last_insert_id = s->found_rows = 0;
    s->row_count = 0;
}

void session_reset(struct session *s)
{
    free_state(s);
    const char *schema = session_schema(s);
    session_set_settings(s, settings_with(s->initial, "", schema));
    s->status = SERVER_STATUS_AUTOCOMMIT;
}

static void on_closed(struct conn *c)
{
    free((struct session *)c);
}

static void leave_user(struct session *s)
{
    if (s->counted && s->user)
        proxy_user_leave(proxy_of(s), s->user->name);
    s->user = NULL;
}

static void detach(struct session *s, const char *why)
{
    log_info("client_disconnected", "session=%u user=%s peer=%s reason=%s", s->id, s->user ? s->user->name : "", s->host, why);
    query_abort(s);
    free_state(s);
    if (s->login)
        login_free(s->login);
    s->login = NULL;
    settings_unref(s->settings);
    settings_unref(s->initial);
    s->settings = s->initial = NULL;
    s->state = SESSION_CLOSED;
    leave_user(s);
    LIST_REMOVE(s, link);
    atomic_fetch_sub(&s->worker->n_sessions, 1);
    if (s->counted)
        atomic_fetch_sub(&proxy_of(s)->n_clients, 1);
    stats_add(s->worker->stats, sessions_closed, 1);
    runtime_unref(s->runtime);
    s->runtime = NULL;
}

void session_close(struct session *s, const char *why)
{
    if (s->state != SESSION_CLOSED)
        detach(s, why);
    conn_close(&s->conn);
}

void session_close_with(struct session *s, uint8_t seq, const struct error *err)
{
    if (s->state == SESSION_CLOSED)
        return;
    if (query_inside_packet(s)) {
        session_close(s, err->text);
        return;
    }
    struct buf out;
    buf_init(&out, SIZE_MAX);
    reply_write_err(&out, &seq, err->number, err->sqlstate, err->text, strlen(err->text));
    conn_write_buf(&s->conn, &out);
    buf_deinit(&out);
    detach(s, err->text);
    conn_finish(&s->conn, LINGER_MS);
}

static void close_for_shutdown(struct session *s)
{
    struct error err;
    error_set(&err, ERR_SERVER_SHUTDOWN);
    if (s->state == SESSION_LOGIN)
        session_close(s, err.text);
    else
        session_close_with(s, query_next_seq(s), &err);
}

void session_close_all(struct worker *w, const char *why)
{
    (void)why;
    while (!LIST_EMPTY(&w->sessions))
        close_for_shutdown(LIST_FIRST(&w->sessions));
}

static bool in_transaction(const struct session *s)
{
    for (unsigned i = 0; i < s->n_holds; i++)
        if (s->holds[i].why & HOLD_TRX)
            return true;
    return s->trx.begun;
}

void session_drain(struct worker *w)
{
    for (struct session *s = LIST_FIRST(&w->sessions), *next; s; s = next) {
        next = LIST_NEXT(s, link);
        if (s->state == SESSION_LOGIN || (s->state == SESSION_IDLE && !in_transaction(s)))
            close_for_shutdown(s);
    }
}

/* ---- login ---- */

static void set_state(struct session *s, enum session_state state)
{
    s->state = state;
    s->since = uv_now(&s->worker->loop);
}

void session_login_env(struct worker *w, struct runtime *r, struct login_env *env)
{
    const struct conf *c = r->conf;
    *env = (struct login_env){
        .server_version = w->proxy->server_version,
        .capabilities = CLIENT_LONG_PASSWORD | CLIENT_FOUND_ROWS | CLIENT_LONG_FLAG | CLIENT_CONNECT_WITH_DB | CLIENT_ODBC |
                        CLIENT_LOCAL_FILES | CLIENT_IGNORE_SPACE | CLIENT_PROTOCOL_41 | CLIENT_INTERACTIVE |
                        CLIENT_IGNORE_SIGPIPE | CLIENT_TRANSACTIONS | CLIENT_SECURE_CONNECTION | CLIENT_MULTI_STATEMENTS |
                        CLIENT_MULTI_RESULTS | CLIENT_PS_MULTI_RESULTS | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS |
                        CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA | CLIENT_SESSION_TRACK | CLIENT_DEPRECATE_EOF |
                        (r->client_tls ? CLIENT_SSL : 0),
        .charset = 45,
        .default_plugin = "mysql_native_password",
        .rsa = w->proxy->rsa,
        .tls_required = c->tls.mode == CONF_TLS_REQUIRED,
        .users = w->is_admin ? c->admins : c->users,
        .n_users = w->is_admin ? c->n_admins : c->n_users,
    };
}

static bool schema_exists(const struct session *s, const char *schema)
{
    size_t len = strlen(schema);
    if (s->worker->is_admin)
        return !strcmp(schema, "mesh");
    return topo_schema(s->worker->snapshot->topo, schema, len) || variables_system_schema(schema, len);
}

/* Too many connections, the user's own limit, an unknown schema: what the password does not decide. */
static bool admitted(struct session *s, const struct login_result *r, const char *schema, struct error *err)
{
    if (schema && !schema_exists(s, schema)) {
        error_set(err, ERR_BAD_DB, schema);
        return false;
    }
    if (s->counted && !proxy_user_enter(proxy_of(s), r->user)) {
        stats_add(s->worker->stats, limit_user_connections, 1);
        error_set(err, ERR_USER_CONNECTIONS, r->user->name, r->user->max_connections);
        return false;
    }
    return true;
}

static void welcome(struct session *s)
{
    const struct login_result *r = login_result(s->login);
    const char *schema = r->schema[0] ? r->schema : r->user->schema;
    uint8_t seq = r->seq;
    struct error err;
    if (!admitted(s, r, schema, &err)) {
        session_close_with(s, seq, &err);
        return;
    }
    s->user = r->user;
    s->caps = r->capabilities;
    memcpy(s->nonce, r->nonce, sizeof s->nonce);
    struct settings *named = variables_of_charset(s->worker, r->charset);
    settings_unref(s->initial);
    s->initial = named;
    conn_deadline(&s->conn, 0);
    session_set_settings(s, settings_with(named, "", schema));
    s->status = SERVER_STATUS_AUTOCOMMIT;
    s->conn.in.max = s->runtime->conf->limits.max_allowed_packet + WORKER_READ_BUFFER + PACKET_HEADER;
    log_info("client_connected", "session=%u user=%s peer=%s schema=%s", s->id, s->user->name, s->host, schema ? schema : "");
    login_free(s->login);
    s->login = NULL;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    struct ok_packet ok = {.status = s->status};
    reply_write_ok(&out, &seq, s->caps, 0, &ok);
    conn_write_buf(&s->conn, &out);
    buf_deinit(&out);
    session_idle(s);
}

static void login_status(struct session *s, enum login_status status)
{
    switch (status) {
    case LOGIN_MORE:
        break;
    case LOGIN_TLS:
        if (!s->runtime->client_tls || !conn_start_tls(&s->conn, s->runtime->client_tls, NULL))
            session_close(s, "TLS could not be started");
        break;
    case LOGIN_DONE:
        welcome(s);
        break;
    case LOGIN_FAILED:
        stats_add(s->worker->stats, logins_failed, 1);
        log_warning("login_failed", "session=%u peer=%s error=%s", s->id, s->host, login_error(s->login)->text);
        session_close_with(s, login_seq(s->login), login_error(s->login));
        break;
    }
}

static void login_packets(struct session *s)
{
    while (s->state == SESSION_LOGIN && s->login) {
        size_t n;
        uint8_t *p = conn_data(&s->conn, &n);
        struct packet packet;
        enum packet_status ps = packet_next(p, n, LOGIN_PACKET_MAX, &packet);
        if (ps == PACKET_MORE)
            return;
        if (ps != PACKET_OK) {
            struct error err;
            error_set(&err, ps == PACKET_TOO_BIG ? ERR_NET_PACKET_TOO_LARGE : ERR_NET_OUT_OF_ORDER);
            session_close_with(s, 1, &err);
            return;
        }
        struct buf out;
        buf_init(&out, SIZE_MAX);
        enum login_status status = login_feed(s->login, &packet, &out);
        conn_consume(&s->conn, packet.raw);
        conn_write_buf(&s->conn, &out);
        buf_deinit(&out);
        login_status(s, status);
        if (status == LOGIN_TLS)
            return; /* what follows is encrypted */
    }
}

void session_change_user(struct session *s, const struct packet *packet)
{
    struct login_env env;
    struct buf out;
    enum login_status status;
    session_reset(s);
    struct runtime *r = proxy_runtime(proxy_of(s));
    leave_user(s);
    runtime_unref(s->runtime);
    s->runtime = r;
    session_login_env(s->worker, r, &env);
    buf_init(&out, SIZE_MAX);
    s->login = login_change_user(&env, s->caps, s->nonce, s->host, s->conn.local || s->conn.tls, packet, &out, &status);
    conn_write_buf(&s->conn, &out);
    buf_deinit(&out);
    if (!s->login) {
        session_close(s, "no random numbers");
        return;
    }
    set_state(s, SESSION_LOGIN);
    conn_deadline(&s->conn, r->conf->limits.login_timeout);
    login_status(s, status);
}

void session_open(struct worker *w, int fd, bool local)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->worker = w;
    s->runtime = proxy_runtime(w->proxy);
    s->id = atomic_fetch_add(&w->proxy->next_session, 1) + 1;
    s->counted = !w->is_admin;
    s->settings = settings_empty(w->settings);
    s->initial = settings_empty(w->settings);
    set_state(s, SESSION_LOGIN);
    LIST_INSERT_HEAD(&w->sessions, s, link);
    stats_add(w->stats, sessions_opened, 1);
    int err = conn_accept(&s->conn, w, fd, local, LOGIN_PACKET_MAX + WORKER_READ_BUFFER, &conn_owner);
    if (err) {
        session_close(s, uv_strerror(err));
        return;
    }
    conn_peer(&s->conn, s->host, sizeof s->host);
    if (s->counted && atomic_load(&w->proxy->n_clients) > s->runtime->conf->limits.max_connections) {
        struct error e;
        stats_add(w->stats, limit_max_connections, 1);
        error_set(&e, ERR_CON_COUNT);
        session_close_with(s, 0, &e);
        return;
    }
    struct login_env env;
    struct buf out;
    session_login_env(w, s->runtime, &env);
    buf_init(&out, SIZE_MAX);
    s->login = login_new(&env, s->id, s->host, local, &out);
    conn_write_buf(&s->conn, &out);
    buf_deinit(&out);
    if (!s->login)
        session_close(s, "no random numbers");
    else
        conn_deadline(&s->conn, s->runtime->conf->limits.login_timeout);
}

/* ---- commands ---- */

static uint64_t idle_limit(const struct session *s)
{
    const char *v = settings_get(s->settings, s->caps & CLIENT_INTERACTIVE ? "interactive_timeout" : "wait_timeout");
    return v ? strtoull(v, NULL, 10) * 1000 : s->runtime->conf->limits.wait_timeout;
}

/* A client that sends on while its command runs is read up to a bound: enough to notice that it went away. */
static void bound_input(struct session *s)
{
    size_t n;
    conn_data(&s->conn, &n);
    if (n > WORKER_READ_BUFFER && !s->conn.paused)
        conn_pause(&s->conn);
}

static void packet_fault(struct session *s, enum packet_status status)
{
    struct error err;
    if (status == PACKET_TOO_BIG)
        stats_add(s->worker->stats, limit_max_allowed_packet, 1);
    error_set(&err, status == PACKET_TOO_BIG ? ERR_NET_PACKET_TOO_LARGE : ERR_NET_OUT_OF_ORDER);
    session_close_with(s, 1, &err);
}

/* Runs commands as long as whole ones are there. */
static void commands(struct session *s)
{
    if (s->in_commands)
        return; /* called from inside of query_start() below */
    s->in_commands = true;
    while (s->state == SESSION_IDLE && !s->conn.congested) {
        size_t n;
        uint8_t *p = conn_data(&s->conn, &n);
        struct packet packet;
        enum packet_status status = packet_next(p, n, s->runtime->conf->limits.max_allowed_packet, &packet);
        if (status == PACKET_MORE)
            break;
        if (status != PACKET_OK || packet.seq != 0) {
            packet_fault(s, status);
            break;
        }
        set_state(s, SESSION_BUSY);
        query_start(s, &packet);
    }
    s->in_commands = false;
    if (s->state == SESSION_IDLE && s->conn.congested) { /* a client that asks on without reading is not heard */
        bound_input(s);
        conn_deadline(&s->conn, s->worker->conf->limits.write_timeout);
    }
}

void session_idle(struct session *s)
{
    if (s->state == SESSION_CLOSED)
        return;
    bool from_command = s->state == SESSION_BUSY;
    set_state(s, SESSION_IDLE);
    if (s->killed) {
        detach(s, "killed");
        conn_finish(&s->conn, LINGER_MS);
        return;
    }
    if (s->counted && proxy_of(s)->draining && !in_transaction(s)) {
        close_for_shutdown(s);
        return;
    }
    if (!uv_is_active((uv_handle_t *)&s->conn.timer)) /* on_timeout() looks how long it really was */
        conn_deadline(&s->conn, idle_limit(s));
    if (s->conn.paused)
        conn_resume(&s->conn);
    if (from_command)
        commands(s);
}

static void on_bytes(struct conn *c)
{
    struct session *s = (struct session *)c;
    if (s->state == SESSION_LOGIN)
        login_packets(s);
    if (s->state == SESSION_IDLE)
        commands(s);
    else if (s->state == SESSION_BUSY && !query_on_bytes(s))
        bound_input(s);
}

static void on_secured(struct conn *c)
{
    struct session *s = (struct session *)c;
    if (s->login)
        login_secured(s->login);
}

static void on_drain(struct conn *c)
{
    struct session *s = (struct session *)c;
    if (s->state != SESSION_IDLE) {
        query_on_drain(s);
        return;
    }
    conn_deadline(c, idle_limit(s));
    if (c->paused)
        conn_resume(c);
    commands(s);
}

static void on_timeout(struct conn *c)
{
    struct session *s = (struct session *)c;
    switch (s->state) {
    case SESSION_LOGIN:
        stats_add(s->worker->stats, limit_login_timeout, 1);
        session_close(s, "limits.login_timeout");
        break;
    case SESSION_IDLE: {
        uint64_t limit = idle_limit(s), idle = uv_now(&s->worker->loop) - s->since;
        if (c->congested) {
            query_on_timeout(s);
        } else if (limit && idle >= limit) {
            stats_add(s->worker->stats, limit_wait_timeout, 1);
            session_close(s, "wait_timeout");
        } else {
            conn_deadline(&s->conn, limit ? limit - idle : 0);
        }
        break;
    }
    default:
        query_on_timeout(s);
    }
}

static void on_end(struct conn *c, const char *why)
{
    session_close((struct session *)c, why);
}

static const struct conn_owner conn_owner = {
    .on_secured = on_secured,
    .on_bytes = on_bytes,
    .on_drain = on_drain,
    .on_timeout = on_timeout,
    .on_end = on_end,
    .on_closed = on_closed,
};
