/* Every error that Shardwire itself sends to a client: number, SQLSTATE and text are one row of error.def, so that they
 * cannot disagree. Numbers are MySQL server errors (1000-1999, 3000 and up), never a client library's 2000-2999.
 */
#ifndef PROTOCOL_ERROR_H
#define PROTOCOL_ERROR_H

#include <stddef.h>
#include <stdint.h>

enum error_code {
    ERROR_NONE,
#define X(name, number, sqlstate, text) name,
#include "protocol/error.def"
#undef X
    ERROR_COUNT
};

struct error_row {
    uint16_t number;
    char sqlstate[6];
    const char *text; /* a printf format; its arguments are in the comment beside the row */
};

const struct error_row *error_row(enum error_code code);

/* A formatted error, ready for reply_write_err(). The text is cut at 511 bytes (MySQL's own limit), never inside a
 * UTF-8 character. */
struct error {
    enum error_code code; /* ERROR_NONE: no error, or one that a server sent */
    uint16_t number;
    char sqlstate[6];
    char text[512];
};

void error_set(struct error *e, enum error_code code, ...);

#endif
