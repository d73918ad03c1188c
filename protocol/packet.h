/* Packets of the MySQL protocol: a 3-byte length, a sequence id, the payload. A payload of 2^24-1 bytes or more goes on
 * in further packets; the last of them is shorter than 2^24-1 (manual: "MySQL Packets").
 */
#ifndef PROTOCOL_PACKET_H
#define PROTOCOL_PACKET_H

#include "protocol/buf.h"

#define PACKET_HEADER 4
#define PACKET_MAX 0xffffffu /* payload bytes of one packet */

enum packet_status {
    PACKET_OK,      /* *out is filled */
    PACKET_MORE,    /* the bytes end before the packet does */
    PACKET_BAD_SEQ, /* fragments whose sequence ids do not follow each other */
    PACKET_TOO_BIG, /* the whole payload would pass max: known from the headers alone */
};

struct packet {
    uint8_t *data; /* the joined payload, inside the caller's bytes */
    size_t len;
    uint8_t seq;   /* of the first fragment */
    uint8_t last;  /* of the last fragment */
    size_t raw;    /* bytes that it took in the stream, headers included */
};

/* The packet at the start of p[0..n). Fragments are joined in place (the bytes of p are moved) once they are all there,
 * so a packet that was returned must be consumed by its `raw`, not looked at again. */
enum packet_status packet_next(uint8_t *p, size_t n, size_t max, struct packet *out);

/* The bytes that packet_next() wants to see before it can say more than PACKET_MORE: for one reservation instead of
 * many growths. At least n + 1. */
size_t packet_want(const uint8_t *p, size_t n);

/* Writing: mark = packet_begin(b); wr_…(b, …); packet_end(b, mark, &seq). packet_end() fills in the header with *seq and
 * counts it up, and splits what is longer than one packet. */
size_t packet_begin(struct buf *b);
void packet_end(struct buf *b, size_t mark, uint8_t *seq);

/* One whole packet from bytes; the header(s) and the payload are appended. */
void packet_write(struct buf *b, const void *payload, size_t n, uint8_t *seq);

#endif
