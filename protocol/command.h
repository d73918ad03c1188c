/* Client commands: recognise, read, write (manual: "Command Phase"). COM_CHANGE_USER's fields are read by handshake.h,
 * COM_STMT_EXECUTE's parameters by stmt.h.
 */
#ifndef PROTOCOL_COMMAND_H
#define PROTOCOL_COMMAND_H

#include "protocol/packet.h"
#include "protocol/result.h"
#include "protocol/stmt.h"
#include "protocol/wire.h"

struct command {
    uint8_t kind;          /* COM_… */
    struct bytes text;     /* QUERY, STMT_PREPARE: SQL; INIT_DB, CREATE_DB, DROP_DB: schema; FIELD_LIST: table;
                              STMT_SEND_LONG_DATA: the piece; CHANGE_USER: everything behind the command byte */
    struct bytes wildcard; /* FIELD_LIST */
    struct bytes
        attributes; /* QUERY under CLIENT_QUERY_ATTRIBUTES: the encoded attributes, for command_write_query() */
    uint32_t n_attributes;
    uint32_t statement; /* STMT_EXECUTE, _SEND_LONG_DATA, _CLOSE, _RESET, _FETCH */
    uint32_t number;    /* STMT_FETCH: rows; STMT_SEND_LONG_DATA: parameter; STMT_EXECUTE: cursor flags;
                           PROCESS_KILL: thread; SET_OPTION: operand; REFRESH: bits */
};

enum command_status {
    COMMAND_OK,
    COMMAND_UNKNOWN,   /* not a command that is served: error 1047 (kind is set) */
    COMMAND_MALFORMED, /* error 1835 (kind is set; an empty payload has kind COM_SLEEP) */
};

enum command_status command_read(const uint8_t *payload, size_t len, uint32_t caps, struct command *c);

/* Begins a walk over the attributes of a query; go on with stmt_params_next(). */
void command_attributes(const struct command *c, struct stmt_params *p);

const char *command_name(uint8_t kind);           /* as SHOW PROCESSLIST has it: "Query", "Init DB" … */
bool command_has_reply(uint8_t kind);             /* not QUIT, STMT_CLOSE and STMT_SEND_LONG_DATA */
enum result_command command_result(uint8_t kind); /* how its reply is followed */

/* Whole packets for a backend; a command begins with sequence id 0. caps are the backend connection's. */
void command_write(struct buf *b, uint8_t kind);                                  /* PING, QUIT, RESET_CONNECTION … */
void command_write_text(struct buf *b, uint8_t kind, const void *text, size_t n); /* INIT_DB, STMT_PREPARE … */
/* attributes: c->attributes or {NULL, 0}; left out when caps has no CLIENT_QUERY_ATTRIBUTES. */
void command_write_query(struct buf *b, uint32_t caps, struct bytes attributes, const void *sql, size_t n);
void command_write_stmt(struct buf *b, uint8_t kind, uint32_t statement); /* STMT_CLOSE, STMT_RESET */
void command_write_fetch(struct buf *b, uint32_t statement, uint32_t rows);
void command_write_long_data(struct buf *b, uint32_t statement, uint16_t param, const void *p, size_t n);
void command_write_field_list(struct buf *b, struct bytes table, struct bytes wildcard);
void command_write_set_option(struct buf *b, uint16_t operand);

#endif
