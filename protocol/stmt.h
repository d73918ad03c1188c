/* Prepared statements on the wire: the answer to PREPARE, and the parameters of EXECUTE (manual: "COM_STMT_PREPARE",
 * "COM_STMT_EXECUTE").
 *
 * A client sends the types of its parameters with the first EXECUTE and may leave them out afterwards, and it may send
 * a parameter in pieces beforehand (SEND_LONG_DATA). The owner of the statement remembers both; a backend that has not
 * seen them is told again: stmt_write_execute() always writes the types.
 */
#ifndef PROTOCOL_STMT_H
#define PROTOCOL_STMT_H

#include "protocol/charset.h"
#include "protocol/packet.h"
#include "protocol/value.h"

/* The first packet of the answer to PREPARE. */
struct stmt_prepared {
    uint32_t id;
    uint16_t n_columns, n_params, warnings;
};
bool stmt_read_prepared(const uint8_t *payload, size_t len, struct stmt_prepared *s);
void stmt_write_prepared(struct buf *b, uint8_t *seq, const struct stmt_prepared *s);
/* Puts another id into a payload that stmt_read_prepared() accepted, or into an EXECUTE's. */
void stmt_set_id(uint8_t *payload, uint32_t id);

/* Remembered between EXECUTEs: n = n_params types, low byte MYSQL_TYPE_…, bit 15 unsigned. The memory is the owner's.
 */
struct stmt_types {
    uint16_t n;
    bool known;
    uint16_t *at;
};

struct stmt_execute {
    uint32_t id;
    uint8_t flags;        /* CURSOR_TYPE_… */
    uint32_t caps;        /* the reader's */
    const uint8_t *nulls; /* bit per parameter; NULL when n_params is 0 */
    struct bytes values;  /* encoded, of the statement's own parameters */
    struct bytes whole;   /* the payload */
    bool bound;           /* the payload has the types */
};

/* Walks encoded parameters, of an EXECUTE or of query attributes: a bitmap of NULLs, a byte that says whether types
 * follow, types (each with a name when named), values. */
struct stmt_params {
    struct reader types, values;
    const uint8_t *nulls;
    uint32_t n, i;
    bool bound, named;
    const uint16_t *known;     /* types when they are not in the packet; NULL: none */
    const struct bytes *longs; /* as for stmt_read_execute(), n entries; NULL: none */
};
/* From r, which stands at the bitmap; known and longs are set by the caller afterwards. False: malformed. */
bool stmt_params_begin(struct stmt_params *p, struct reader *r, uint32_t n, bool named);
/* The next of the n; false at the end or, with p->values.bad, at a malformed one. */
bool stmt_params_next(struct stmt_params *p, struct bytes *name, uint16_t *type, struct value *v);

/* Reads an EXECUTE of a statement with types->n parameters. New types are remembered in `types`. `longs` (NULL: none)
 * has an entry per parameter, p not NULL for those whose value came by SEND_LONG_DATA. values[n] is filled; its texts
 * are borrowed from the payload and from longs. Query attributes behind the parameters are skipped. False: malformed,
 * or types missing; then `types` is as it was. */
bool stmt_read_execute(const uint8_t *payload, size_t len, uint32_t caps, struct stmt_types *types,
                       const struct bytes *longs, struct stmt_execute *e, struct value *values);

/* The same EXECUTE for a backend where the statement is `id`. Query attributes go along when both sides have
 * CLIENT_QUERY_ATTRIBUTES and the payload had the types. Long data must have been sent to the backend before. */
void stmt_write_execute(struct buf *b, uint32_t caps, uint32_t id, const struct stmt_execute *e,
                        const struct stmt_types *types);

/* The value as an SQL literal that means the same under the session's character set (client's collation id) and
 * NO_BACKSLASH_ESCAPES. False (nothing written): no literal can say it (infinity). */
bool stmt_write_literal(struct buf *b, const struct value *v, uint16_t collation, bool no_backslash_escapes);

#endif
