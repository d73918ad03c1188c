/* Follows the reply to one command, packet by packet: which part each packet is, and when the reply is over (manual:
 * "Command Phase", "COM_QUERY Response", "COM_STMT_PREPARE Response").
 *
 *   QUERY, EXECUTE:   OK | ERR | INFILE request | head column* [EOF] row* (EOF or OK) — again while MORE_RESULTS
 *   PREPARE:          OK-with-counts  param* [EOF]  column* [EOF]
 *   FETCH:            row* EOF
 *   FIELD_LIST:       column* EOF
 *   STATISTICS:       one packet of text
 *   SIMPLE:           OK | ERR | EOF
 *
 * Only the first bytes of a packet are needed to follow it, apart from the few packets that carry a status; so a relay
 * passes rows on without having them whole. One follower serves relay, scatter and the quiet commands of a backend.
 */
#ifndef PROTOCOL_RESULT_H
#define PROTOCOL_RESULT_H

#include "protocol/packet.h"

enum result_command {
    RESULT_OF_QUERY,
    RESULT_OF_EXECUTE,
    RESULT_OF_PREPARE,
    RESULT_OF_FETCH,
    RESULT_OF_FIELD_LIST,
    RESULT_OF_STATISTICS,
    RESULT_OF_SIMPLE,
};

enum result_event {
    RESULT_MORE,        /* feed: nothing more to say about these bytes */
    RESULT_HEAD,        /* packet: column count of a result set */
    RESULT_COLUMN,      /* packet: a column definition (of PREPARE: also a parameter's) */
    RESULT_COLUMNS_END, /* packet: EOF between columns and rows */
    RESULT_ROW,
    RESULT_END,         /* EOF or OK that ends the rows, or the columns of PREPARE and FIELD_LIST */
    RESULT_OK,          /* OK without rows; of PREPARE: its first packet */
    RESULT_ERR,
    RESULT_INFILE,      /* the server asks for a local file: the client's data packets come next, then OK or ERR */
    RESULT_TEXT,        /* STATISTICS */
    RESULT_BAD,         /* not a reply: the backend must be closed */
};

struct result {
    uint8_t command, state;
    bool deprecate_eof;
    bool out_params;         /* the present result set is that of a procedure's OUT parameters */
    bool over;               /* the reply is complete */
    bool continued;          /* the packet before had 2^24-1 bytes: this one goes on with it */
    uint8_t seq_shift;       /* result_feed adds this to every sequence id that it passes (set by the caller; 0: none) */
    uint8_t last_seq;        /* sequence id (after the shift) of the last packet seen */
    uint32_t skip;           /* payload bytes of a packet begun that are still to come */
    uint64_t columns, left;  /* of the current result set; definitions still to come */
    uint16_t n_params;       /* PREPARE */
    uint64_t rows;           /* of the current result set */
    uint32_t n_results;      /* results begun in this reply */

    /* of the last OK, EOF or ERR: */
    uint16_t status, warnings;
    uint64_t affected, insert_id;
    uint16_t error;          /* 0 or the ERR packet's number */
};

void result_init(struct result *r, enum result_command command, bool deprecate_eof);

/* What one whole packet is. For OK, END and ERR the fields above are set. `over` says whether anything follows. After
 * RESULT_INFILE the same follower goes on with the packet that answers the file. */
enum result_event result_packet(struct result *r, const uint8_t *payload, size_t len);

/* The same over a stream with headers: p[0..n) is what has arrived, *used is how much of it may be passed on. Stops
 * behind a packet that gives RESULT_OK, RESULT_END, RESULT_ERR or RESULT_INFILE, and behind whatever packet ends the
 * reply (RESULT_TEXT; the last RESULT_COLUMN of PREPARE under DEPRECATE_EOF): that packet is whole and is *packet
 * (inside p). RESULT_MORE means that the reply is not over; with *used < n the rest is the beginning of a packet that
 * must be whole. RESULT_BAD stops in front of what is wrong, and stays. Sequence ids are shifted in place. */
enum result_event result_feed(struct result *r, uint8_t *p, size_t n, size_t *used, struct packet *packet);

#endif
