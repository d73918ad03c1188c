/* One connection to an instance: connect, log in, serve one user at a time, die.
 *
 *   RESOLVING ─▶ CONNECTING ─▶ LOGIN ─▶ SETUP ─▶ IDLE (in the pool) ─▶ LENT ─▶ IDLE …
 *        any failure: pool_on_dead() with the reason ─▶ CLOSED             ─▶ RESET ─▶ SETUP ─▶ IDLE
 *
 * Who has borrowed it either reads the reply itself (on_reply: relay and scatter do) or asks a question and gets the
 * whole answer (backend_ask: quiet commands that bring the backend in line, COMMIT …). A backend that is not lent and
 * receives bytes, or whose reply was not read to its end, is closed, never lent again.
 */
#ifndef PROXY_BACKEND_H
#define PROXY_BACKEND_H

#include <sys/queue.h>

#include "protocol/const.h"
#include "protocol/error.h"
#include "protocol/result.h"
#include "protocol/wire.h"
#include "proxy/conn.h"

/* The capabilities in which backends differ because clients do: a client is served by backends of its own class, so
 * that replies can be passed on as they are. */
#define BACKEND_CLASS \
    (CLIENT_DEPRECATE_EOF | CLIENT_FOUND_ROWS | CLIENT_IGNORE_SPACE | CLIENT_MULTI_RESULTS | CLIENT_PS_MULTI_RESULTS)

#define BACKEND_ANSWER_MAX (1u << 20)

struct backend;
struct dial;
struct resolve;
struct pool;
struct settings;
struct stmt_cache;

enum backend_state {
    BACKEND_RESOLVING,
    BACKEND_CONNECTING,
    BACKEND_LOGIN,
    BACKEND_SETUP,
    BACKEND_IDLE,
    BACKEND_LENT,
    BACKEND_RESET,
    BACKEND_CLOSED,
};

/* The whole reply to a quiet command. Valid during the callback. */
struct answer {
    struct error error;        /* number 0: the server said OK */
    uint64_t affected, insert_id;
    uint16_t status, warnings;
    const struct buf *columns; /* raw column definition packets of the (first) result set */
    const struct buf *rows;    /* raw row packets, headers included, of the (first) result set */
    uint64_t n_rows, n_columns;
    const struct buf *changes; /* session state information of the OK packets, one after the other */
    uint32_t stmt_id;          /* of PREPARE */
    uint16_t n_params;
};

struct backend_user {
    void (*on_reply)(struct backend *b); /* bytes are there: conn_data(&b->conn) */
    void (*on_drain)(struct backend *b);
    /* The connection is gone, with nothing left to read. The backend must not be given back: it frees itself. */
    void (*on_lost)(struct backend *b, const char *why);
};

struct backend {
    struct conn conn;
    TAILQ_ENTRY(backend) idle; /* in the pool's idle list while IDLE */
    LIST_ENTRY(backend) all;   /* of the pool */
    struct pool *pool;
    enum backend_state state;
    uint32_t caps;             /* agreed with the server */
    uint32_t class;
    uint32_t thread_id;
    bool mariadb;
    unsigned version;
    struct dial *dial;         /* during LOGIN */
    struct resolve *resolve;   /* during RESOLVING */
    struct settings *settings; /* what the server has; NULL: unknown (before SETUP is done) */
    struct stmt_cache *stmts;  /* prepared here; NULL: none yet */
    uint16_t status;           /* server status of the last reply */
    bool killed;               /* a KILL QUERY for its present statement is on the way, and may come late */
    bool timed_out;            /* limits.query_timeout passed: its statement must be killed */
    bool served;               /* has been in the pool: its end says nothing about new connections */
    bool unclean;              /* holds state that only a reset takes away (temporary tables, locks …) */
    uint64_t born, used_at;    /* loop time, ms */
    uint64_t diagnostics_of;   /* the session whose last statement's warnings are still here, or 0 */
    const struct backend_user *user;
    void *arg;                 /* the user's */

    struct {                   /* the quiet command that runs, if `done` is set */
        void (*done)(struct backend *b, const struct answer *a);
        struct result result;
        struct answer answer;
        struct buf columns, rows, changes;
    } ask;
    struct error failure;      /* why opening failed at once: reported from the loop */
};

/* Begins to connect to the pool's instance. It reports to the pool: pool_on_ready() or pool_on_dead(). */
struct backend *backend_open(struct pool *pool, uint32_t class);

/* Sends one whole command packet (header included) without reading the reply: on_reply gets it. */
void backend_send(struct backend *b, const void *packet, size_t len);

/* Sends a command payload and calls done with the answer, never from inside. While it runs, on_reply is not called;
 * on_lost is, and then done is not. Rows over BACKEND_ANSWER_MAX lose the backend. */
void backend_ask(struct backend *b, enum result_command kind, const void *payload, size_t len,
                 void (*done)(struct backend *b, const struct answer *a));
void backend_ask_sql(struct backend *b, const char *sql, void (*done)(struct backend *b, const struct answer *a));

/* Closes it now, whatever it does; no callback follows. */
void backend_close(struct backend *b, const char *why);

/* For the pool: the state, with the pool's counters. */
void backend_set_state(struct backend *b, enum backend_state state);

/* Takes back to a fresh session (COM_RESET_CONNECTION), then pool_on_ready(). */
void backend_reset(struct backend *b);

const char *backend_instance(const struct backend *b); /* its instance's name */

#endif
