#include "proxy/conn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/tls.h"
#include "proxy/worker.h"

#define IN_STEP 16384
#define DISCARD_MS 1000

static void deliver(struct conn *c);

static void on_handle_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    if (--c->open_handles)
        return;
    buf_deinit(&c->in);
    buf_deinit(&c->out);
    buf_deinit(&c->sending);
    if (c->tls)
        tls_free(c->tls);
    c->tls = NULL;
    c->owner->on_closed(c);
}

static void end(struct conn *c, const char *why)
{
    if (c->closing)
        return;
    if (c->lingering) {
        conn_close(c);
        return;
    }
    uv_read_stop(&c->u.stream);
    c->reading = false;
    c->owner->on_end(c, why);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct conn *c = h->data;
    if (!c->tls && buf_len(&c->in)) {
        uint8_t *p = buf_reserve(&c->in, IN_STEP);
        *out = uv_buf_init((char *)p, p ? (unsigned)(c->in.cap - c->in.tail) : 0);
        return;
    }
    *out = uv_buf_init((char *)c->worker->read_buffer, WORKER_READ_BUFFER);
}

static void flush_wire(struct conn *c, struct buf *wire);

static void feed_tls(struct conn *c, const uint8_t *p, size_t n)
{
    struct buf wire;
    buf_init(&wire, SIZE_MAX);
    bool was_established = tls_established(c->tls);
    enum tls_status status = tls_feed(c->tls, p, n, &c->in, &wire);
    flush_wire(c, &wire);
    if (c->closing)
        return;
    if (!was_established && tls_established(c->tls))
        c->owner->on_secured(c);
    if (!c->closing && buf_len(&c->in) && tls_established(c->tls))
        deliver(c);
    if (c->closing)
        return;
    if (status == TLS_CLOSED)
        end(c, "the peer closed the connection");
    else if (status == TLS_FAILED)
        end(c, tls_error(c->tls));
    else if (c->in.bad)
        end(c, "more bytes than a packet may have");
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = stream->data;
    if (n == 0 || c->closing)
        return;
    if (n < 0) {
        end(c, n == UV_EOF ? "the peer closed the connection" : n == UV_ENOBUFS ? "out of buffer" : uv_strerror((int)n));
        return;
    }
    if (c->lingering)
        return;
    if (c->tls) {
        feed_tls(c, (const uint8_t *)b->base, (size_t)n);
        return;
    }
    if ((uint8_t *)b->base == c->worker->read_buffer) {
        c->view = c->worker->read_buffer;
        c->view_len = (size_t)n;
    } else {
        buf_commit(&c->in, (size_t)n);
    }
    deliver(c);
}

/* Offers the unread bytes to the owner and keeps what it leaves. */
static void deliver(struct conn *c)
{
    c->owner->on_bytes(c);
    if (c->view_len && !c->closing)
        buf_append(&c->in, c->view, c->view_len);
    c->view_len = 0;
    if (c->in.bad && !c->closing)
        end(c, "more bytes than a packet may have");
}

uint8_t *conn_data(struct conn *c, size_t *len)
{
    if (c->view_len) {
        *len = c->view_len;
        return c->view;
    }
    *len = buf_len(&c->in);
    return buf_ptr(&c->in);
}

void conn_consume(struct conn *c, size_t n)
{
    if (c->view_len) {
        assert(n <= c->view_len);
        c->view += n;
        c->view_len -= n;
    } else {
        buf_consume(&c->in, n);
    }
}

bool conn_steal(struct conn *c, struct buf *into)
{
    if (c->view_len)
        return false;
    size_t max = c->in.max;
    *into = c->in;
    buf_init(&c->in, max);
    return true;
}

void conn_pause(struct conn *c)
{
    c->paused = true;
    if (c->reading) {
        uv_read_stop(&c->u.stream);
        c->reading = false;
    }
}

void conn_resume(struct conn *c)
{
    c->paused = false;
    if (!c->reading && !c->closing && !c->lingering) {
        c->reading = true;
        uv_read_start(&c->u.stream, on_alloc, on_read);
    }
}

/* ---- writing ---- */

static void send_more(struct conn *c);
static void on_timer(uv_timer_t *t);

/* Everything is sent: our side ends here. What the peer is still sending is read and thrown away for a moment, because
 * closing a socket with unread bytes resets the connection, and the peer would lose what we have just told it. */
static void say_goodbye(struct conn *c)
{
    uv_os_fd_t fd;
    if (c->tls) {
        struct buf wire;
        buf_init(&wire, SIZE_MAX);
        tls_close(c->tls, &wire);
        uv_buf_t b = uv_buf_init((char *)buf_ptr(&wire), (unsigned)buf_len(&wire));
        if (buf_len(&wire))
            uv_try_write(&c->u.stream, &b, 1);
        buf_deinit(&wire);
    }
    if (uv_fileno(&c->u.handle, &fd) || shutdown(fd, SHUT_WR)) {
        conn_close(c);
        return;
    }
    uv_timer_start(&c->timer, on_timer, DISCARD_MS, 0);
}

static void on_written(uv_write_t *req, int status)
{
    struct conn *c = req->data;
    if (c->closing)
        return;
    if (status < 0) {
        end(c, uv_strerror(status));
        return;
    }
    buf_consume(&c->sending, buf_len(&c->sending));
    send_more(c);
    if (c->closing)
        return;
    if (c->lingering && !conn_queued(c)) {
        say_goodbye(c);
    } else if (c->congested && conn_queued(c) <= c->worker->relay_buffer / 2) {
        c->congested = false;
        c->owner->on_drain(c);
    }
}

static void send_more(struct conn *c)
{
    if (buf_len(&c->sending) || !buf_len(&c->out))
        return;
    struct buf empty = c->sending;
    c->sending = c->out;
    c->out = empty;
    uv_buf_t b = uv_buf_init((char *)buf_ptr(&c->sending), (unsigned)buf_len(&c->sending));
    c->write_req.data = c;
    if (uv_write(&c->write_req, &c->u.stream, &b, 1, on_written)) {
        c->broken = true; /* nobody is called back from inside conn_write(): the timer ends it */
        uv_timer_start(&c->timer, on_timer, 0, 0);
    }
}

static void write_raw(struct conn *c, const uint8_t *p, size_t n)
{
    if (!conn_queued(c)) {
        uv_buf_t b = uv_buf_init((char *)p, (unsigned)n);
        int done = uv_try_write(&c->u.stream, &b, 1);
        if (done < 0 && done != UV_EAGAIN) {
            /* a broken stream shows itself to the reader too, which ends it outside of this call */
            done = 0;
        }
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
    if (!n)
        return;
    buf_append(&c->out, p, n);
    if (conn_queued(c) > c->worker->relay_buffer)
        c->congested = true;
    send_more(c);
}

static void flush_wire(struct conn *c, struct buf *wire)
{
    if (buf_len(wire) && !c->closing)
        write_raw(c, buf_ptr(wire), buf_len(wire));
    buf_deinit(wire);
}

void conn_write(struct conn *c, const void *p, size_t n)
{
    if (c->closing || !n)
        return;
    if (!c->tls) {
        write_raw(c, p, n);
        return;
    }
    struct buf wire;
    buf_init(&wire, SIZE_MAX);
    tls_write(c->tls, p, n, &wire);
    flush_wire(c, &wire);
}

void conn_write_buf(struct conn *c, struct buf *b)
{
    conn_write(c, buf_ptr(b), buf_len(b));
    buf_consume(b, buf_len(b));
}

size_t conn_queued(const struct conn *c)
{
    return buf_len(&c->out) + buf_len(&c->sending);
}

/* ---- opening and closing ---- */

static void on_timer(uv_timer_t *t)
{
    struct conn *c = t->data;
    if (c->lingering)
        conn_close(c);
    else if (c->broken)
        end(c, "the connection is broken");
    else
        c->owner->on_timeout(c);
}

static void init(struct conn *c, struct worker *w, bool local, size_t max_in, const struct conn_owner *owner)
{
    memset(c, 0, sizeof *c);
    c->worker = w;
    c->owner = owner;
    c->local = local;
    buf_init(&c->in, max_in);
    buf_init(&c->out, SIZE_MAX);
    buf_init(&c->sending, SIZE_MAX);
    if (local)
        uv_pipe_init(&w->loop, &c->u.pipe, 0);
    else
        uv_tcp_init(&w->loop, &c->u.tcp);
    uv_timer_init(&w->loop, &c->timer);
    c->u.handle.data = c->timer.data = c;
    c->open_handles = 2;
}

int conn_accept(struct conn *c, struct worker *w, int fd, bool local, size_t max_in, const struct conn_owner *owner)
{
    init(c, w, local, max_in, owner);
    int err = local ? uv_pipe_open(&c->u.pipe, fd) : uv_tcp_open(&c->u.tcp, fd);
    if (err) {
        close(fd);
        conn_close(c);
        return err;
    }
    if (!local)
        uv_tcp_nodelay(&c->u.tcp, 1);
    conn_resume(c);
    return 0;
}

static void on_connect(uv_connect_t *req, int err)
{
    struct conn *c = req->data;
    free(req);
    if (c->closing)
        return;
    if (!err) {
        if (!c->local)
            uv_tcp_nodelay(&c->u.tcp, 1);
        conn_resume(c);
    }
    c->owner->on_connected(c, err);
}

int conn_connect(struct conn *c, struct worker *w, const struct sockaddr *address, size_t max_in,
                 const struct conn_owner *owner)
{
    init(c, w, false, max_in, owner);
    uv_connect_t *req = malloc(sizeof *req);
    if (!req)
        abort();
    req->data = c;
    int err = uv_tcp_connect(req, &c->u.tcp, address, on_connect);
    if (err)
        free(req);
    else
        uv_tcp_keepalive(&c->u.tcp, 1, 30);
    return err;
}

int conn_connect_path(struct conn *c, struct worker *w, const char *path, size_t max_in, const struct conn_owner *owner)
{
    init(c, w, true, max_in, owner);
    uv_connect_t *req = malloc(sizeof *req);
    if (!req)
        abort();
    req->data = c;
    uv_pipe_connect(req, &c->u.pipe, path, on_connect);
    return 0;
}

bool conn_start_tls(struct conn *c, struct tls_context *context, const char *host)
{
    c->tls = tls_new(context, host);
    if (!c->tls)
        return false;
    size_t n;
    uint8_t *p = conn_data(c, &n);
    struct buf wire, early;
    buf_init(&wire, SIZE_MAX);
    buf_init(&early, c->in.max);
    buf_append(&early, p, n);
    conn_consume(c, n);
    if (host) {
        tls_write(c->tls, NULL, 0, &wire);
        flush_wire(c, &wire);
    }
    if (buf_len(&early))
        feed_tls(c, buf_ptr(&early), buf_len(&early));
    buf_deinit(&early);
    return true;
}

void conn_deadline(struct conn *c, uint64_t ms)
{
    if (c->closing || c->lingering || c->broken)
        return;
    if (ms)
        uv_timer_start(&c->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&c->timer);
}

void conn_close(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close(&c->u.handle, on_handle_closed);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

void conn_finish(struct conn *c, uint64_t ms)
{
    if (c->closing || c->lingering)
        return;
    c->lingering = true;
    if (!c->reading) {
        c->reading = true;
        uv_read_start(&c->u.stream, on_alloc, on_read);
    }
    if (!conn_queued(c)) {
        say_goodbye(c);
        return;
    }
    uv_timer_start(&c->timer, on_timer, ms, 0);
}

void conn_peer(const struct conn *c, char *host, size_t size)
{
    struct sockaddr_storage a;
    int len = sizeof a;
    snprintf(host, size, "localhost");
    if (!c->local && uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&a, &len) == 0)
        uv_ip_name((struct sockaddr *)&a, host, size);
}
