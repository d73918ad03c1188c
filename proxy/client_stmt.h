/* A client's prepared statements: our ids, their text, the parameters' types and long data. What is prepared on a backend
 * belongs to the backend (stmt_cache.h); a statement here is prepared wherever it is executed, when it is needed.
 */
#ifndef PROXY_CLIENT_STMT_H
#define PROXY_CLIENT_STMT_H

#include <uthash.h>

#include "protocol/buf.h"
#include "protocol/stmt.h"

struct session;
struct settings;
struct query;
struct backend;

struct client_stmt {
    uint32_t id;
    UT_hash_handle hh;
    struct settings *settings; /* as it was prepared under: schema, sql_mode, charset */
    char *sql;                 /* as the client wrote it */
    size_t len;
    char *sent;                /* as it is prepared on backends, when session functions were replaced; else NULL */
    size_t sent_len;
    uint16_t n_params, n_columns;
    struct stmt_types types;
    struct buf *longs;         /* n_params of them, or NULL */
    struct backend *cursor;    /* an open cursor is on this backend (a hold), where the statement is cursor_id */
    uint32_t cursor_id;
};

struct client_stmt *client_stmt_find(struct session *s, uint32_t id);
void client_stmt_free(struct session *s, struct client_stmt *st);
void client_stmt_free_all(struct session *s);

/* Commands. */
void prepare_start(struct query *q);     /* COM_STMT_PREPARE */
void prepare_execute(struct query *q);   /* COM_STMT_EXECUTE */
void prepare_fetch(struct query *q);
void prepare_reset(struct query *q);
void prepare_close(struct session *s, uint32_t id);
void prepare_long_data(struct session *s, uint32_t id, uint16_t param, struct bytes piece);

/* PREPARE … FROM, EXECUTE … USING, DEALLOCATE. */
void named_prepare(struct query *q);
void named_execute(struct query *q);
void named_deallocate(struct query *q);

#endif
