/* The canonical form of a key: values that a column calls equal become the same bytes, and rows with the same bytes
 * live on the same shard.
 *
 *   integers     8 bytes, little-endian                        5  '5'  5.0  5e0
 *   decimals     shortest decimal text                         1.50  1.5  '01.5'
 *   dates        YYYY-MM-DD; YYYY-MM-DD HH:MM:SS.ffffff        '2026-1-5'
 *   text         the collation's weights, trailing spaces off where it pads: the server's WEIGHT_STRING(), computed
 *                here for printable ASCII under well-known collations and for binary collations, else asked for
 *   binary       the bytes; without trailing zeros where the column pads with them; UUID its 16 bytes
 *
 * When a comparison could be true for rows whose canonical form is another one, the answer is CANON_UNKNOWN: all
 * shards for a condition, a refusal for a value that is stored.
 */
#ifndef ROUTER_CANON_H
#define ROUTER_CANON_H

#include "router/route.h"

enum canon_status {
    CANON_OK,
    CANON_NULL,
    CANON_NO_MATCH, /* the column cannot hold it: no row has this key */
    CANON_UNKNOWN,
    CANON_NEEDS_WEIGHT, /* *ask is to be weighed by a server */
    CANON_NO_MEMORY,
};

enum canon_text {
    CANON_TEXT_SERVER,     /* only a server knows the weights */
    CANON_TEXT_TABLE,      /* canon_weights.def */
    CANON_TEXT_CODEPOINT3, /* utf8mb4_bin: three bytes a character */
    CANON_TEXT_CODEPOINT2, /* utf8mb3_bin */
    CANON_TEXT_UTF8,       /* utf8mb4_0900_bin */
    CANON_TEXT_BYTES,      /* _bin of one-byte character sets */
};

struct canon_weights;

/* What canon_value() needs of a column. */
struct canon_column {
    enum column_class class;
    enum canon_text text;
    uint8_t bits, precision, scale;
    bool is_unsigned, fixed, pad, year, enumeration, uuid;
    uint32_t length;
    const struct canon_weights *weights;
    const char *charset, *collation; /* borrowed */
};

/* Fills *out, which borrows the names of charset and collation. NULL, or why such a column cannot be a key. */
const char *canon_column_init(struct canon_column *out, const struct column_info *info, enum lex_dialect dialect);

/* Do equal values of both columns have equal canonical forms, so that `a = b` keeps to one shard? */
bool canon_comparable(const struct canon_column *a, const struct canon_column *b);

/* The canonical form of a value that the column is compared with or, when `store`, that is put into it. *out is in the
 * arena or points into the value. */
enum canon_status canon_value(const struct canon_column *c, const struct route_value *v, bool store,
                              const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                              struct lex_slice *ask);

/* Order of two canonical forms of one column, as the column orders its values. */
int canon_compare(const struct canon_column *c, struct lex_slice a, struct lex_slice b);

/* The number that a canonical integer is. For unsigned columns the bits. */
int64_t canon_integer(struct lex_slice s);

#endif
