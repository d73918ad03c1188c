/* A result set that we make ourselves: head, rows and end as packets in the client's form, appended to a buffer.
 *
 *   resultset_begin(&r, &out, &q->seq, caps);
 *   resultset_column(&r, "Id", MYSQL_TYPE_LONGLONG); resultset_column(&r, "User", MYSQL_TYPE_VAR_STRING);
 *   resultset_columns_end(&r, status);
 *   resultset_int(&r, 7); resultset_text(&r, "app"); resultset_row_end(&r);      (as many rows as there are)
 *   resultset_end(&r, status);
 *
 * The buffer may be sent and emptied between rows. Columns are VAR_STRING (utf8mb4), LONGLONG or DOUBLE. A value of
 * another kind than its column is converted: numbers to text in a text column, text to 0 or what it begins with in a
 * number column. A row that is ended early is filled with NULL. For a client's prepared statement
 * (resultset_begin_binary) the rows are binary.
 */
#ifndef PROXY_RESULTSET_H
#define PROXY_RESULTSET_H

#include "protocol/const.h"
#include "protocol/row.h"

struct resultset {
    struct buf *out;
    uint8_t *seq;
    uint32_t caps;
    bool binary, in_row;
    struct column *columns;
    size_t n, at;       /* columns; the next one of the present row */
    size_t mark, nulls; /* of the present row, from the front of `out` */
    uint64_t rows;
};

void resultset_begin(struct resultset *r, struct buf *out, uint8_t *seq, uint32_t caps);
void resultset_begin_binary(struct resultset *r, struct buf *out, uint8_t *seq, uint32_t caps);
void resultset_column(struct resultset *r, const char *name,
                      uint8_t type); /* name: borrowed until resultset_columns_end() */
void resultset_columns_end(struct resultset *r, uint16_t status);

void resultset_text(struct resultset *r, const char *s); /* NULL: NULL */
void resultset_bytes(struct resultset *r, const void *p, size_t n);
void resultset_int(struct resultset *r, int64_t i);
void resultset_double(struct resultset *r, double d);
void resultset_null(struct resultset *r);
void resultset_row_end(struct resultset *r);

/* Appends what ends the result for the client, and frees. */
void resultset_end(struct resultset *r, uint16_t status, uint16_t warnings);
/* Frees only: the reply ends in an error. */
void resultset_abandon(struct resultset *r);

#endif
