/* A client: who it is, what it has set, what it holds. Its commands are run by query.c, one at a time.
 *
 *   LOGIN ─▶ IDLE ─▶ BUSY ─▶ IDLE …     LOGIN also for COM_CHANGE_USER
 *     └────────┴───────┴──▶ CLOSED
 *
 * What stays true:
 * - One command at a time: bytes that come while one runs stay in the connection until it is done (pipelining).
 * - An idle session holds no backend and no arena unless it is in a transaction or pinned; then `holds` says which and why.
 * - session_close() may be called at any time: what runs for it is ended, what it holds is given back or closed.
 */
#ifndef PROXY_SESSION_H
#define PROXY_SESSION_H

#include <sys/queue.h>

#include "conf/conf.h"
#include "protocol/const.h"
#include "protocol/error.h"
#include "proxy/backend.h"
#include "proxy/conn.h"
#include "router/lex.h"

struct client_stmt;
struct login;
struct login_env;
struct request;
struct runtime;
struct savepoint;
struct settings;
struct worker;

enum session_state { SESSION_LOGIN, SESSION_IDLE, SESSION_BUSY, SESSION_CLOSED };

/* Why a session keeps a backend between statements. */
enum {
    HOLD_TRX = 1 << 0,
    HOLD_TEMPORARY = 1 << 1,
    HOLD_USER_LOCK = 1 << 2,  /* GET_LOCK */
    HOLD_TABLE_LOCKS = 1 << 3,
    HOLD_HANDLER = 1 << 4,
    HOLD_CURSOR = 1 << 5,
    HOLD_VARIABLE = 1 << 6,   /* a variable that we could not learn */
    HOLD_LOG = 1 << 7,        /* its commit log has a row of ours that is still to be deleted */
};

struct hold {
    struct backend *backend;
    uint16_t shard;
    bool replica;
    bool wrote;    /* in this transaction */
    bool xa;       /* begun with XA START */
    uint8_t why;
};

/* The transaction as the client sees it. Its participants are the holds with HOLD_TRX. */
struct transaction {
    bool begun;            /* BEGIN was answered, or a server said so */
    bool joined;           /* has had a participant */
    bool read_only, snapshot, read_write;
    bool broken;           /* a participant rolled back on its own */
    bool implicit;         /* begun for one statement on several shards */
    bool agreed;           /* the commit has a decision in P0's log */
    bool finished;         /* ... and every participant has followed it */
    int step;              /* of commit.c */
    char xid[40];          /* of the XA participants; "": there are none */
    char p0[65];           /* the shard of the first participant, by name */
    struct error error;    /* why it is rolled back */
    void (*then)(struct request *q), (*then_first)(struct request *q);
    struct savepoint *savepoints; /* the newest first */
    char *next;            /* "SET TRANSACTION …" for the next transaction only, or NULL */
};

struct session {
    struct conn conn;
    LIST_ENTRY(session) link;
    struct worker *worker;
    enum session_state state;
    uint32_t id;
    uint32_t caps;
    struct login *login;          /* during LOGIN */
    uint8_t nonce[20];            /* of the login, for COM_CHANGE_USER */
    struct runtime *runtime;      /* the configuration that `user` belongs to */
    const struct conf_user *user;
    bool counted;                 /* in proxy->n_clients */
    bool in_commands;             /* the loop over arrived commands runs: it goes on by itself */
    bool killed;                  /* KILL: ends after the present command */
    struct settings *settings, *initial; /* of now; right after login */
    struct lex_mode mode;         /* follows settings */
    uint16_t charset;             /* collation id of character_set_client */
    uint16_t literal_charset;     /* the same, or 0 when character_set_connection is another */
    uint16_t status;              /* server status flags as the client knows them */

    struct hold *holds;
    uint16_t n_holds;
    struct transaction trx;

    struct request *query;          /* the command that runs, while BUSY */
    struct client_stmt *stmts;    /* prepared statements by id */
    uint32_t last_stmt_id;
    struct named_stmt *named;     /* PREPARE … FROM */
    struct temporary_table *temporary;
    char **gtids;                 /* by shard: this session's last write there; NULL: none */
    size_t n_gtids;
    uint64_t last_insert_id;
    uint64_t found_rows;
    int64_t row_count;
    uint16_t warnings;
    uint16_t diag_instance;       /* where the last statement's diagnostics are, if has_diag */
    uint16_t diag_shard;
    bool has_diag, diag_held;
    bool last_failed;             /* the last statement ended in an error */
    struct error *last_error;     /* the last statement failed with an error of ours */
    uint64_t since;               /* loop time of the last state change, ms */
    char host[64];
};

/* Takes over fd. The proxy's `n_clients` and the worker's `n_sessions` were already counted up for it. */
void session_open(struct worker *w, int fd, bool local);

/* Goes on with whatever has arrived; query.c calls it when a command is done. */
void session_idle(struct session *s);
void session_close(struct session *s, const char *why);
/* Sends the error first, if the client can still take it. */
void session_close_with(struct session *s, uint8_t seq, const struct error *err);
void session_close_all(struct worker *w, const char *why);
/* The proxy drains: closes who is idle outside a transaction; session_idle() closes the others as they finish. */
void session_drain(struct worker *w);

/* The settings changed: takes over the reference and derives mode and charset from them. */
void session_set_settings(struct session *s, struct settings *settings);
const char *session_schema(const struct session *s); /* NULL: none */
bool session_autocommit(const struct session *s);

/* Back to right after login, for COM_RESET_CONNECTION and COM_CHANGE_USER. */
void session_reset(struct session *s);

struct hold *session_hold(struct session *s, uint16_t shard, bool replica_too);
struct hold *session_hold_of(struct session *s, const struct backend *b);
/* Adds a reason to hold b (which is lent to this session). */
struct hold *session_hold_add(struct session *s, struct backend *b, uint16_t shard, bool replica, uint8_t why);
/* Takes reasons away; a hold without reasons is given back to the pool (and gone from s->holds). */
void session_hold_drop(struct session *s, struct hold *h, uint8_t why);
/* The backend died: the hold is gone. */
void session_hold_forget(struct session *s, struct hold *h);

/* This session wrote on the shard: its reads there must see that. */
struct bytes;
void session_note_write(struct session *s, uint16_t shard, struct bytes gtid);

/* COM_CHANGE_USER: `packet` is the command. */
struct packet;
void session_change_user(struct session *s, const struct packet *packet);

void session_login_env(struct worker *w, struct runtime *r, struct login_env *env);

#endif
