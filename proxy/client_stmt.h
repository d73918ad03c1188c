/* A client's prepared statements: our ids, their text, the parameters' types and long data. What is prepared on a backend
 * belongs to the backend (stmt_cache.h); a statement here is prepared wherever it is executed, when it is needed.
 */
#ifndef PROXY_CLIENT_STMT_H
#define PROXY_CLIENT_STMT_H

#include <uthash.h>

#include "protocol/buf.h"
#include "protocol/stmt.h"
#include "router/plan.h"

struct session;
struct settings;
struct request;
struct backend;
struct target;

struct client_stmt {
    uint32_t id;
    UT_hash_handle hh;
    struct settings *settings; /* as it was prepared under: schema, sql_mode, charset */
    char *sql;                 /* as the client wrote it */
    size_t len;
    struct plan *plan;         /* of the last EXECUTE, with the shape that it was made from; NULL: none kept */
    struct fingerprint shape;  /* its literals in `literals` */
    struct literal *literals;
    uint64_t plan_epoch;       /* the worker's, when the plan was taken */
    struct lex_mode mode;
    uint16_t n_params, n_columns;
    struct stmt_types types;
    struct buf *longs;         /* n_params of them, or NULL */
    struct backend *cursor;    /* an open cursor is on this backend (a hold), where the statement is cursor_id */
    uint32_t cursor_id;
};

struct client_stmt *client_stmt_find(struct session *s, uint32_t id);
void client_stmt_free(struct session *s, struct client_stmt *st);
void client_stmt_free_all(struct session *s);

/* Commands; prepare_planned() goes on with a COM_STMT_PREPARE whose statement is planned. */
void prepare_planned(struct request *q);
void prepare_keep_plan(struct request *q);
bool prepare_substitute(struct request *q);
void prepare_on_ok(struct target *t, struct packet *p);  /* relay.c: the server's first packet is passing */
void prepare_keep_on_backend(struct target *t);          /* relay.c: the answer is whole */
void prepare_start(struct request *q);     /* COM_STMT_PREPARE */
/* Keeps q->sql as a statement that no server needs to know, and answers with its columns. */
struct column;
void prepare_answer(struct request *q, uint16_t n_params, const struct column *columns, uint16_t n_columns);
void prepare_execute(struct request *q);   /* COM_STMT_EXECUTE */
void prepare_executed(struct request *q);  /* ... is over, however it ended */
/* Prepares q->sql, planned, on this shard. */
void prepare_on_server(struct request *q, uint16_t shard);
void prepare_fetch(struct request *q);
void prepare_reset(struct request *q);
void prepare_close(struct session *s, uint32_t id);
void prepare_long_data(struct session *s, uint32_t id, uint16_t param, struct bytes piece);

/* PREPARE … FROM, EXECUTE … USING, DEALLOCATE. */
void named_prepare(struct request *q);
void named_execute(struct request *q);
void named_deallocate(struct request *q);
void named_free_all(struct session *s);

#endif
