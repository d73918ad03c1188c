/* One stream to a peer: the only place that reads, writes and closes sockets.
 *
 *            on_read                      conn_data / conn_consume
 *   socket ──▶ [worker's read buffer] ──▶ owner->on_bytes()         what the owner leaves goes to `in`
 *            [tls]                                                  until more arrives
 *   socket ◀── uv_try_write ◀── conn_write()                        what the kernel does not take at once:
 *            ◀── uv_write ◀── [sending] ◀── [out]                   on_drain() when it is nearly gone
 *
 * What stays true:
 * - The common case costs one read and one write, no copy and no allocation: bytes are offered to the owner where the
 *   kernel put them, in the worker's read buffer; only an incomplete rest is copied.
 * - conn_write() never blocks, never loses and never calls back: the owner watches conn_queued() and pauses who feeds it.
 * - After conn_close() no callback comes but on_closed(), in which the owner may free itself; before that, nothing is
 *   freed under anybody's feet. conn_close() may be called at any time, any number of times.
 * - One timer per connection: the owner says until when it waits, and on_timeout() comes once.
 */
#ifndef PROXY_CONN_H
#define PROXY_CONN_H

#include <uv.h>

#include "protocol/buf.h"

struct worker;
struct conn;
struct tls;
struct tls_context;

struct conn_owner {
    void (*on_connected)(struct conn *c, int err); /* outgoing only; err: a uv error, 0 = connected */
    void (*on_secured)(struct conn *c);            /* the TLS handshake is done */
    void (*on_bytes)(struct conn *c);
    void (*on_drain)(struct conn *c);              /* the queue fell under half of the relay buffer */
    void (*on_timeout)(struct conn *c);
    void (*on_end)(struct conn *c, const char *why); /* the peer is gone; the owner calls conn_close() */
    void (*on_closed)(struct conn *c);
};

struct conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } u;
    uv_timer_t timer;
    uv_write_t write_req;
    const struct conn_owner *owner;
    struct worker *worker;
    struct tls *tls;
    uint8_t *view;       /* unread bytes in the worker's read buffer, only during on_bytes */
    size_t view_len;
    struct buf in;       /* unread bytes that were left */
    struct buf out;      /* to send, behind `sending` */
    struct buf sending;  /* lent to uv_write */
    uint8_t open_handles;
    bool paused;         /* reading is stopped by the owner */
    bool reading;
    bool closing;
    bool broken;         /* a write failed: on_end() is due */
    bool lingering;      /* conn_finish(): close when everything is sent */
    bool congested;      /* the queue passed the relay buffer; on_drain is due */
    bool local;          /* Unix socket */
};

/* Initialises for a socket that is already connected; takes over fd. Reading starts at once. 0 or a uv error (fd is
 * closed then and the conn holds nothing). `max_in` bounds what one packet may make us keep. */
int conn_accept(struct conn *c, struct worker *w, int fd, bool local, size_t max_in, const struct conn_owner *owner);

/* Starts connecting; on_connected() comes later, never from inside. */
int conn_connect(struct conn *c, struct worker *w, const struct sockaddr *address, size_t max_in,
                 const struct conn_owner *owner);
int conn_connect_path(struct conn *c, struct worker *w, const char *path, size_t max_in, const struct conn_owner *owner);

/* Bytes that have arrived and were not consumed. The pointer holds until the callback returns, or the next consume. */
uint8_t *conn_data(struct conn *c, size_t *len);
void conn_consume(struct conn *c, size_t n);
/* Takes the unread bytes over as a buffer of the caller's, when they are all in `in` (large packets): false otherwise. */
bool conn_steal(struct conn *c, struct buf *into);

void conn_write(struct conn *c, const void *p, size_t n);
/* Writes what is in b and empties it. */
void conn_write_buf(struct conn *c, struct buf *b);
size_t conn_queued(const struct conn *c);

void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* From now on the stream is encrypted; bytes already read and not consumed are taken as ciphertext. `host` is for the
 * client's side. on_secured() follows. False: out of memory. */
bool conn_start_tls(struct conn *c, struct tls_context *context, const char *host);

void conn_deadline(struct conn *c, uint64_t ms); /* from now; 0 = none */

void conn_close(struct conn *c);
/* Sends what is queued, then closes; at the latest after `ms`. Nothing is read any more. */
void conn_finish(struct conn *c, uint64_t ms);

/* The peer's address without port, "localhost" for a Unix socket. */
void conn_peer(const struct conn *c, char *host, size_t size);

#endif
