#include "proxy/backend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/command.h"
#include "protocol/reply.h"
#include "proxy/control.h"
#include "proxy/dial.h"
#include "proxy/log.h"
#include "proxy/pool.h"
#include "proxy/proxy.h"
#include "proxy/settings.h"
#include "proxy/stmt_cache.h"
#include "proxy/worker.h"

#define CHARSET_UTF8MB4_GENERAL_CI 45
#define MAX_REPLY_PACKET ((size_t)1 << 30)
#define BACKEND_CAPABILITIES \
    (CLIENT_LONG_PASSWORD | CLIENT_LONG_FLAG | CLIENT_LOCAL_FILES | CLIENT_PROTOCOL_41 | CLIENT_TRANSACTIONS | \
     CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA | CLIENT_SESSION_TRACK)

struct resolve {
    uv_getaddrinfo_t req;
    struct backend *backend; /* NULL: it died meanwhile */
};

const char *backend_instance(const struct backend *b)
{
    return b->pool->name;
}

/* ---- states and the end ---- */

static unsigned *counter(struct pool *p, enum backend_state s)
{
    switch (s) {
    case BACKEND_IDLE:
        return &p->n_idle;
    case BACKEND_LENT:
        return &p->n_lent;
    case BACKEND_CLOSED:
        return NULL;
    default:
        return &p->n_opening;
    }
}

void backend_set_state(struct backend *b, enum backend_state state)
{
    unsigned *from = counter(b->pool, b->state), *to = counter(b->pool, state);
    if (from)
        --*from;
    if (to)
        ++*to;
    b->state = state;
}

static void release(struct backend *b)
{
    settings_unref(b->settings);
    if (b->stmts)
        stmt_cache_free(b->stmts);
    if (b->dial)
        dial_free(b->dial);
    buf_deinit(&b->ask.columns);
    buf_deinit(&b->ask.rows);
    buf_deinit(&b->ask.changes);
    free(b);
}

static void on_closed(struct conn *c)
{
    release((struct backend *)c);
}

/* The one way out. `err` says why when it was still opening. */
static void die(struct backend *b, const char *why, const struct error *err)
{
    enum backend_state before = b->state;
    if (before == BACKEND_CLOSED)
        return;
    log_debug("backend_closed", "instance=%s thread=%u reason=%s", backend_instance(b), b->thread_id, why);
    if (before == BACKEND_IDLE)
        TAILQ_REMOVE(&b->pool->idle, b, idle);
    backend_set_state(b, BACKEND_CLOSED);
    b->ask.done = NULL;
    const struct backend_user *user = before == BACKEND_LENT ? b->user : NULL;
    b->user = NULL;
    if (user)
        user->on_lost(b, why);
    LIST_REMOVE(b, all); /* not before: a retired pool lives as long as its last backend */
    bool opening = !b->served;
    struct pool *pool = b->pool;
    if (before == BACKEND_RESOLVING && b->resolve) {
        b->resolve->backend = NULL;
        uv_cancel((uv_req_t *)&b->resolve->req);
        pool_on_dead(pool, b, opening ? err : NULL);
        release(b);
        return;
    }
    pool_on_dead(pool, b, opening ? err : NULL);
    conn_close(&b->conn);
}

void backend_close(struct backend *b, const char *why)
{
    b->user = NULL;
    if (b->state == BACKEND_IDLE || b->state == BACKEND_LENT) {
        static const uint8_t quit[] = {1, 0, 0, 0, COM_QUIT};
        if (!b->ask.done && b->state == BACKEND_IDLE)
            conn_write(&b->conn, quit, sizeof quit);
    }
    die(b, why, NULL);
}

static void fail_opening(struct backend *b, const char *why)
{
    struct error err;
    error_set(&err, ERR_REFUSED, why);
    die(b, why, &err);
}

/* ---- asking ---- */

void backend_send(struct backend *b, const void *packet, size_t len)
{
    conn_write(&b->conn, packet, len);
}

static void empty(struct buf *b)
{
    if (b->bad)
        buf_deinit(b);
    else
        buf_consume(b, buf_len(b));
}

void backend_ask(struct backend *b, enum result_command kind, const void *payload, size_t len,
                 void (*done)(struct backend *b, const struct answer *a))
{
    assert(!b->ask.done);
    b->ask.done = done;
    result_init(&b->ask.result, kind, b->caps & CLIENT_DEPRECATE_EOF);
    memset(&b->ask.answer, 0, sizeof b->ask.answer);
    empty(&b->ask.columns);
    empty(&b->ask.rows);
    empty(&b->ask.changes);
    struct buf out;
    buf_init(&out, SIZE_MAX);
    uint8_t seq = 0;
    packet_write(&out, payload, len, &seq);
    conn_write_buf(&b->conn, &out);
    buf_deinit(&out);
}

void backend_ask_sql(struct backend *b, const char *sql, void (*done)(struct backend *b, const struct answer *a))
{
    struct buf payload;
    buf_init(&payload, SIZE_MAX);
    wr_u8(&payload, COM_QUERY);
    wr_bytes(&payload, sql, strlen(sql));
    backend_ask(b, RESULT_OF_QUERY, buf_ptr(&payload), buf_len(&payload), done);
    buf_deinit(&payload);
}

static void note_ok(struct backend *b, const struct packet *p)
{
    struct answer *a = &b->ask.answer;
    struct ok_packet ok;
    a->status = b->ask.result.status;
    a->warnings = b->ask.result.warnings;
    if (!(a->status & SERVER_SESSION_STATE_CHANGED) || !reply_read_ok(p->data, p->len, b->caps, &ok))
        return;
    wr_bytes(&b->ask.changes, ok.changes.p, ok.changes.len);
}

static void note_prepared(struct backend *b, const struct packet *p)
{
    struct reader r = rd_init(p->data, p->len);
    rd_u8(&r);
    b->ask.answer.stmt_id = rd_u32(&r);
    rd_u16(&r);
    b->ask.answer.n_params = rd_u16(&r);
}

/* One packet of the answer. False: not a reply. */
static bool ask_packet(struct backend *b, const struct packet *p)
{
    struct answer *a = &b->ask.answer;
    struct err_packet err;
    uint8_t seq = p->seq;
    switch (result_packet(&b->ask.result, p->data, p->len)) {
    case RESULT_BAD:
    case RESULT_INFILE:
        return false;
    case RESULT_HEAD:
        a->n_columns = b->ask.result.columns;
        return true;
    case RESULT_COLUMN:
        if (b->ask.result.n_results == 1)
            packet_write(&b->ask.columns, p->data, p->len, &seq);
        return !b->ask.columns.bad;
    case RESULT_ROW:
        if (b->ask.result.n_results > 1)
            return true;
        a->n_rows++;
        packet_write(&b->ask.rows, p->data, p->len, &seq);
        return true; /* too many: ask_feed() says so when all are read */
    case RESULT_OK:
        if (b->ask.result.command == RESULT_OF_PREPARE)
            note_prepared(b, p);
        else
            note_ok(b, p);
        a->affected = b->ask.result.affected;
        a->insert_id = b->ask.result.insert_id;
        return true;
    case RESULT_END:
        note_ok(b, p);
        return true;
    case RESULT_ERR:
        if (!reply_read_err(p->data, p->len, &err))
            return false;
        a->error.number = err.number;
        memcpy(a->error.sqlstate, err.sqlstate, sizeof a->error.sqlstate);
        size_t n = err.text.len < sizeof a->error.text - 1 ? err.text.len : sizeof a->error.text - 1;
        memcpy(a->error.text, err.text.p, n);
        a->error.text[n] = 0;
        return true;
    default:
        return true;
    }
}

static void ask_feed(struct backend *b)
{
    for (;;) {
        size_t n;
        uint8_t *p = conn_data(&b->conn, &n);
        struct packet packet;
        enum packet_status status = packet_next(p, n, MAX_REPLY_PACKET, &packet);
        if (status == PACKET_MORE)
            return;
        if (status != PACKET_OK || !ask_packet(b, &packet)) {
            die(b, "the reply is malformed or too large", NULL);
            return;
        }
        conn_consume(&b->conn, packet.raw);
        if (b->ask.result.over)
            break;
    }
    b->status = b->ask.result.error ? b->status : b->ask.answer.status;
    if (b->ask.rows.bad)
        error_set(&b->ask.answer.error, ERR_REFUSED, "an answer to the proxy itself is too large");
    void (*done)(struct backend *, const struct answer *) = b->ask.done;
    b->ask.done = NULL;
    b->ask.answer.columns = &b->ask.columns;
    b->ask.answer.rows = &b->ask.rows;
    b->ask.answer.changes = &b->ask.changes;
    done(b, &b->ask.answer);
}

/* ---- logging in ---- */

static void on_setup(struct backend *b, const struct answer *a)
{
    if (a->error.number) {
        fail_opening(b, a->error.text);
        return;
    }
    b->settings = settings_empty(b->conn.worker->settings);
    b->served = true;
    conn_deadline(&b->conn, 0);
    pool_on_ready(b);
}

/* What every backend has whatever its session sets: the server tells us what changes. */
static void setup(struct backend *b)
{
    backend_set_state(b, BACKEND_SETUP);
    settings_unref(b->settings);
    b->settings = NULL;
    backend_ask_sql(b,
                    b->mariadb ? "SET session_track_system_variables='*', session_track_schema=ON"
                               : "SET session_track_system_variables='*', session_track_schema=ON, "
                                 "session_track_gtids=OWN_GTID",
                    on_setup);
}

static void on_reset(struct backend *b, const struct answer *a)
{
    if (a->error.number) {
        fail_opening(b, a->error.text);
        return;
    }
    setup(b);
}

void backend_reset(struct backend *b)
{
    static const uint8_t reset = COM_RESET_CONNECTION;
    b->user = NULL;
    b->unclean = false;
    b->diagnostics_of = 0;
    if (b->stmts)
        stmt_cache_free(b->stmts);
    b->stmts = NULL;
    backend_set_state(b, BACKEND_RESET);
    if (b->conn.paused)
        conn_resume(&b->conn);
    conn_deadline(&b->conn, b->pool->runtime->conf->backend.connect_timeout);
    backend_ask(b, RESULT_OF_SIMPLE, &reset, 1, on_reset);
}

static void dial_continue(struct backend *b, enum dial_status status, struct buf *out)
{
    if (buf_len(out))
        conn_write_buf(&b->conn, out);
    if (status == DIAL_TLS) {
        const struct conf_address *a = &b->pool->conf->address;
        if (!b->pool->runtime->backend_tls ||
            !conn_start_tls(&b->conn, b->pool->runtime->backend_tls, a->host ? a->host : "localhost"))
            fail_opening(b, "TLS could not be started");
    } else if (status == DIAL_DONE) {
        const struct dial_result *r = dial_result(b->dial);
        b->caps = r->capabilities;
        b->thread_id = r->connection_id;
        b->mariadb = r->mariadb;
        b->version = r->version_number;
        b->status = r->status;
        dial_free(b->dial);
        b->dial = NULL;
        if ((b->caps & b->class & CLIENT_DEPRECATE_EOF) != (b->class & CLIENT_DEPRECATE_EOF) ||
            !(b->caps & CLIENT_SESSION_TRACK))
            fail_opening(b, "the server is older than MySQL 5.7 or MariaDB 10.2");
        else
            setup(b);
    } else if (status == DIAL_FAILED) {
        struct error err = *dial_error(b->dial);
        die(b, err.text, &err);
    }
}

static void login_feed_packets(struct backend *b)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    while (b->state == BACKEND_LOGIN) {
        size_t n;
        uint8_t *p = conn_data(&b->conn, &n);
        struct packet packet;
        enum packet_status ps = packet_next(p, n, 1 << 20, &packet);
        if (ps == PACKET_MORE)
            break;
        if (ps != PACKET_OK) {
            fail_opening(b, "the server's greeting is malformed");
            break;
        }
        enum dial_status ds = dial_feed(b->dial, &packet, &out);
        conn_consume(&b->conn, packet.raw);
        dial_continue(b, ds, &out);
        if (ds == DIAL_TLS)
            break;
    }
    buf_deinit(&out);
}

static void on_secured(struct conn *c)
{
    struct backend *b = (struct backend *)c;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    dial_secured(b->dial, &out);
    conn_write_buf(c, &out);
    buf_deinit(&out);
}

static void on_connected(struct conn *c, int err)
{
    struct backend *b = (struct backend *)c;
    if (err) {
        fail_opening(b, uv_strerror(err));
        return;
    }
    const struct conf *conf = b->pool->runtime->conf;
    struct dial_env env = {
        .user = conf->backend.user,
        .password = conf->backend.password,
        .default_auth = conf->backend.default_auth,
        .capabilities = BACKEND_CAPABILITIES | (b->class & BACKEND_CLASS),
        .charset = CHARSET_UTF8MB4_GENERAL_CI,
        .tls = b->pool->runtime->backend_tls ? conf->backend.tls.mode : CONF_TLS_OFF,
        .local = b->pool->conf->address.path != NULL,
    };
    b->dial = dial_new(&env);
    backend_set_state(b, BACKEND_LOGIN);
}

/* ---- the connection's events ---- */

static void on_bytes(struct conn *c)
{
    struct backend *b = (struct backend *)c;
    if (b->state == BACKEND_LOGIN)
        login_feed_packets(b);
    else if (b->ask.done)
        ask_feed(b);
    else if (b->state == BACKEND_LENT && b->user)
        b->user->on_reply(b);
    else
        die(b, "the server sent what nobody asked for", NULL);
}

static void on_drain(struct conn *c)
{
    struct backend *b = (struct backend *)c;
    if (b->state == BACKEND_LENT && b->user)
        b->user->on_drain(b);
}

static void on_timeout(struct conn *c)
{
    struct backend *b = (struct backend *)c;
    if (b->failure.number) {
        die(b, b->failure.text, &b->failure);
    } else if (b->state == BACKEND_LENT) {
        b->timed_out = true;
        die(b, "timeout", NULL);
    } else {
        fail_opening(b, "timeout");
    }
}

static void on_end(struct conn *c, const char *why)
{
    struct backend *b = (struct backend *)c;
    struct error err;
    error_set(&err, ERR_REFUSED, why);
    die(b, why, &err);
}

static const struct conn_owner conn_owner = {
    .on_connected = on_connected,
    .on_secured = on_secured,
    .on_bytes = on_bytes,
    .on_drain = on_drain,
    .on_timeout = on_timeout,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- opening ---- */

/* A failure inside of backend_open() is reported from the loop, so that who asked is not called back from inside. */
static void fail_soon(struct backend *b, int err)
{
    error_set(&b->failure, ERR_REFUSED, uv_strerror(err));
    conn_deadline(&b->conn, 1);
}

static void start_connecting(struct backend *b, const struct sockaddr *address)
{
    backend_set_state(b, BACKEND_CONNECTING);
    int err = conn_connect(&b->conn, b->conn.worker, address, MAX_REPLY_PACKET, &conn_owner);
    if (err)
        fail_soon(b, err);
    else
        conn_deadline(&b->conn, b->pool->runtime->conf->backend.connect_timeout);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct resolve *r = (struct resolve *)req;
    struct backend *b = r->backend;
    if (b) {
        b->resolve = NULL;
        if (status < 0) {
            struct error err;
            error_set(&err, ERR_REFUSED, uv_strerror(status));
            r->backend = NULL;
            b->resolve = r; /* die() frees the backend at once: it has no socket yet */
            die(b, err.text, &err);
        } else {
            start_connecting(b, found->ai_addr);
        }
    }
    uv_freeaddrinfo(found);
    free(r);
}

static void resolve(struct backend *b, const struct conf_address *a)
{
    struct resolve *r = calloc(1, sizeof *r);
    char port[8];
    snprintf(port, sizeof port, "%u", a->port);
    if (!r)
        abort();
    r->backend = b;
    b->resolve = r;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (uv_getaddrinfo(&b->conn.worker->loop, &r->req, on_resolved, a->host, port, &hints))
        abort(); /* only for arguments that are wrong */
}

struct backend *backend_open(struct pool *pool, uint32_t class)
{
    struct backend *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->pool = pool;
    b->class = class;
    b->conn.worker = pool->worker;
    b->born = b->used_at = uv_now(&pool->worker->loop);
    buf_init(&b->ask.columns, BACKEND_ANSWER_MAX);
    buf_init(&b->ask.rows, BACKEND_ANSWER_MAX);
    buf_init(&b->ask.changes, BACKEND_ANSWER_MAX);
    LIST_INSERT_HEAD(&pool->all, b, all);
    pool->n_opening++; /* RESOLVING */
    const struct conf_address *a = &pool->conf->address;
    struct sockaddr_storage address;
    if (a->path) {
        backend_set_state(b, BACKEND_CONNECTING);
        int err = conn_connect_path(&b->conn, pool->worker, a->path, MAX_REPLY_PACKET, &conn_owner);
        if (err)
            fail_soon(b, err);
        else
            conn_deadline(&b->conn, pool->runtime->conf->backend.connect_timeout);
    } else if (!uv_ip4_addr(a->host, a->port, (struct sockaddr_in *)&address) ||
               !uv_ip6_addr(a->host, a->port, (struct sockaddr_in6 *)&address)) {
        start_connecting(b, (struct sockaddr *)&address);
    } else {
        resolve(b, a);
    }
    return b;
}
