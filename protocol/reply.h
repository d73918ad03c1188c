/* OK, ERR and EOF packets: read and write (manual: "Generic Response Packets"), with session tracking. */
#ifndef PROTOCOL_REPLY_H
#define PROTOCOL_REPLY_H

#include "protocol/error.h"
#include "protocol/wire.h"

struct ok_packet {
    uint64_t affected, insert_id;
    uint16_t status, warnings;
    struct bytes info;    /* borrowed; human readable */
    struct bytes changes; /* borrowed; session state information, empty unless SERVER_SESSION_STATE_CHANGED */
};

struct err_packet {
    uint16_t number;
    char sqlstate[6];
    struct bytes text;
};

/* `caps` are the connection's capabilities. False when the payload is not a well-formed packet. The OK reader takes both
 * headers, 0x00 and 0xfe. */
bool reply_read_ok(const uint8_t *payload, size_t len, uint32_t caps, struct ok_packet *ok);
bool reply_read_err(const uint8_t *payload, size_t len, struct err_packet *err);

/* Whole packets, headers included; *seq is used and counted up. `header` is 0x00, or 0xfe for the OK that ends rows.
 * The changes are left out when caps has no CLIENT_SESSION_TRACK (and the status flag with them). */
void reply_write_ok(struct buf *b, uint8_t *seq, uint32_t caps, uint8_t header, const struct ok_packet *ok);
void reply_write_eof(struct buf *b, uint8_t *seq, uint16_t status, uint16_t warnings);
/* What ends a result set for this client: EOF, or OK with header 0xfe under CLIENT_DEPRECATE_EOF. */
void reply_write_end(struct buf *b, uint8_t *seq, uint32_t caps, uint16_t status, uint16_t warnings);
void reply_write_err(struct buf *b, uint8_t *seq, uint16_t number, const char *sqlstate, const char *text, size_t len);

/* Walks the session state information. Returns false at the end (or, with *bad set, at a malformed entry).
 * SESSION_TRACK_SYSTEM_VARIABLES gives name and value, once per variable; SESSION_TRACK_SCHEMA and
 * SESSION_TRACK_TRANSACTION_STATE and …_CHARACTERISTICS and …_GTIDS give value only. */
struct change {
    uint8_t type;
    struct bytes name, value;
};
bool reply_next_change(struct reader *r, struct change *c);

#endif
