/* One SQL value on the wire: what a field of a row and a parameter of a prepared statement have in common.
 *
 * A value is read from its binary form (manual: "Binary Protocol Value") or from the text of a text row, printed as a
 * server prints it, and compared. Text of a value is borrowed from the packet that it came in.
 */
#ifndef PROTOCOL_VALUE_H
#define PROTOCOL_VALUE_H

#include "protocol/wire.h"

enum value_kind {
    VALUE_NULL,
    VALUE_INT,      /* i */
    VALUE_UINT,     /* u */
    VALUE_FLOAT,    /* d; six digits are meant */
    VALUE_DOUBLE,   /* d */
    VALUE_DECIMAL,  /* text: an exact number as the peer wrote it; look with value_is_decimal() before trusting it */
    VALUE_TEXT,     /* text, in the character set that the column or the session says */
    VALUE_BYTES,    /* text: a binary string */
    VALUE_DATE,     /* t: year, month, day */
    VALUE_DATETIME, /* t */
    VALUE_TIME,     /* t: negative, hour (up to 838 on a server), minute, second, micro */
};

struct moment {
    uint32_t hour, micro;
    uint16_t year;
    uint8_t month, day, minute, second;
    bool negative;
};

struct value {
    enum value_kind kind;
    union {
        int64_t i;
        uint64_t u;
        double d;
        struct moment t;
    };
    struct bytes text;
};

/* The kind of value that a column or parameter of this type holds. Strings with collation 63 are bytes. */
enum value_kind value_kind_of(uint8_t type, bool is_unsigned, uint16_t collation);

/* The binary form; a type that we do not know, or parts that no server writes (month 13), make the reader bad. */
void value_read_binary(struct reader *r, uint8_t type, bool is_unsigned, uint16_t collation, struct value *v);
/* The same without decoding: for parts that are only passed on. */
void value_skip_binary(struct reader *r, uint8_t type);
void value_write_binary(struct buf *b, uint8_t type, const struct value *v);

/* From the text that a server prints in a text row. False: not a text of that kind. */
bool value_from_text(struct value *v, enum value_kind kind, struct bytes text);

/* As a server prints it in a text row. Kinds with text give it as it is; the others are printed into scratch.
 * `decimals` is the column's: digits after the point of a float or double (31: as many as needed) or of the seconds.
 * NULL gives an empty text. */
#define VALUE_SCRATCH 400
struct bytes value_print(const struct value *v, uint8_t decimals, char scratch[VALUE_SCRATCH]);

/* Less than, equal to or greater than 0. NULL comes first. Numbers compare by value across their kinds, temporal values
 * of one kind by time, text and bytes bytewise (a collation's order is not known here); other pairs by kind. A decimal
 * that is none compares as 0. */
int value_compare(const struct value *a, const struct value *b);

/* [+-]digits[.digits], at least one digit, at most 200 bytes. */
bool value_is_decimal(struct bytes text);

#endif
