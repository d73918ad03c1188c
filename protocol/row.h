/* Column definitions and rows of a result set, text and binary (manual: "Protocol::ColumnDefinition41", "Text Resultset
 * Row", "Binary Protocol Resultset Row"). All payloads are whole (joined) packets; what is read is borrowed from them.
 */
#ifndef PROTOCOL_ROW_H
#define PROTOCOL_ROW_H

#include "protocol/packet.h"
#include "protocol/value.h"

struct column {
    struct bytes schema, table, org_table, name, org_name;
    struct bytes value; /* default, in COM_FIELD_LIST's answer only; len 0 and p NULL: absent or NULL */
    uint32_t length;
    uint16_t charset; /* collation id; 63: binary or not text */
    uint16_t flags;
    uint8_t type, decimals;
};

bool column_read(const uint8_t *payload, size_t len, struct column *c);
void column_write(struct buf *b, uint8_t *seq, const struct column *c); /* a whole packet */

/* A column of ours: MYSQL_TYPE_VAR_STRING (utf8mb4), MYSQL_TYPE_LONGLONG or MYSQL_TYPE_DOUBLE. The name is borrowed. */
struct column column_make(const char *name, uint8_t type);

/* May rows of both stand in one result? NULL, or what differs: "name", "type", "sign" or "collation". Tables may differ
 * (they are shards), and so may lengths. */
const char *column_differs(const struct column *a, const struct column *b);

/* Reading a row: begin, then next for each column in turn, then end. Every next gives a value; past a fault it gives
 * NULL, and end says false. A text row with columns NULL gives every value as VALUE_TEXT. */
struct row_reader {
    struct reader r;
    const struct column *columns;
    const uint8_t *nulls; /* binary rows */
    uint32_t n, i;
    bool binary;
};
void row_read_begin(struct row_reader *row, const uint8_t *payload, size_t len, bool binary,
                    const struct column *columns, size_t n);
void row_read_next(struct row_reader *row, struct value *v);
/* The text of the next value of a text row, undecoded; false for NULL. */
bool row_read_text(struct row_reader *row, struct bytes *text);
bool row_read_end(const struct row_reader *row);

/* A value of a binary row as a text row of the same column would have it (ZEROFILL, fractions, years). */
struct bytes row_print(const struct column *c, const struct value *v, char scratch[VALUE_SCRATCH]);

/* Writing a text row: mark = packet_begin(b); row_put…(b, …) for each column; packet_end(b, mark, &seq). */
static inline void row_put_null(struct buf *b)
{
    wr_u8(b, 0xfb);
}
static inline void row_put(struct buf *b, const void *p, size_t n)
{
    wr_str_lenenc(b, p, n);
}
void row_put_str(struct buf *b, const char *s); /* NULL: NULL */
void row_put_int(struct buf *b, int64_t i);
void row_put_uint(struct buf *b, uint64_t u);

/* Writing a result set of ours in the client's form. head: count, definitions and, without CLIENT_DEPRECATE_EOF, the
 * EOF; end it with reply_write_end(). A value whose kind does not fit its column's type is sent as NULL in a binary
 * row. */
void row_write_head(struct buf *b, uint8_t *seq, uint32_t caps, uint16_t status, const struct column *columns,
                    size_t n);
void row_write(struct buf *b, uint8_t *seq, bool binary, const struct column *columns, const struct value *values,
               size_t n);

#endif
