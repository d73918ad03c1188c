#include "protocol/result.h"

#include <endian.h>
#include <string.h>

#include "protocol/const.h"
#include "protocol/reply.h"

#define MOST_COLUMNS 65535

enum {
    FIRST,  /* OK, ERR, INFILE request, column count; the only packet of SIMPLE and STATISTICS; PREPARE's OK */
    PARAMS, /* parameter definitions of PREPARE */
    PARAMS_END,
    COLUMNS,
    COLUMNS_END,
    FIELDS, /* definitions of FIELD_LIST: as many as come before the EOF */
    ROWS,
    OVER,
    BAD,
};

void result_init(struct result *r, enum result_command command, bool deprecate_eof)
{
    *r = (struct result){.command = (uint8_t)command, .deprecate_eof = deprecate_eof};
    r->state = command == RESULT_OF_FETCH ? ROWS : command == RESULT_OF_FIELD_LIST ? FIELDS : FIRST;
}

static enum result_event bad(struct result *r)
{
    r->state = BAD;
    return RESULT_BAD;
}

static enum result_event finish(struct result *r, enum result_event event)
{
    r->over = true;
    r->state = OVER;
    return event;
}

static bool is_binary(const struct result *r)
{
    return r->command == RESULT_OF_EXECUTE || r->command == RESULT_OF_FETCH;
}

/* 0xfe begins the packet that ends rows or columns, unless it is so long that it begins a text of 16 MiB or more. */
static bool is_end(const struct result *r, uint8_t first, size_t len)
{
    return first == 0xfe && (r->deprecate_eof ? len < PACKET_MAX : len < 9);
}

static bool note_ok(struct result *r, const uint8_t *payload, size_t len)
{
    struct ok_packet ok;
    if (!reply_read_ok(payload, len, 0, &ok)) /* what follows the counters is the caller's */
        return false;
    r->status = ok.status;
    r->warnings = ok.warnings;
    r->affected = ok.affected;
    r->insert_id = ok.insert_id;
    return true;
}

/* Five bytes are an EOF, whatever was agreed (COM_SET_OPTION); an OK packet has at least seven. */
static bool note_end(struct result *r, const uint8_t *payload, size_t len)
{
    if (len != 5)
        return r->deprecate_eof && note_ok(r, payload, len);
    r->warnings = (uint16_t)(payload[1] | payload[2] << 8);
    r->status = (uint16_t)(payload[3] | payload[4] << 8);
    return true;
}

static enum result_event on_err(struct result *r, const uint8_t *payload, size_t len)
{
    struct err_packet err;
    if (!reply_read_err(payload, len, &err))
        return bad(r);
    r->error = err.number;
    return finish(r, RESULT_ERR);
}

/* OK, or the end of rows: another result may follow. */
static enum result_event on_status(struct result *r, enum result_event event)
{
    bool several = r->command == RESULT_OF_QUERY || r->command == RESULT_OF_EXECUTE;
    /* MySQL leaves MORE_RESULTS out of the EOF that ends the result of OUT parameters, though the OK of CALL follows */
    bool more = r->status & (SERVER_MORE_RESULTS_EXISTS | SERVER_PS_OUT_PARAMS);
    if (!several || !(more || (r->out_params && event == RESULT_END)))
        return finish(r, event);
    r->out_params = false;
    r->state = FIRST;
    return event;
}

static enum result_event on_head(struct result *r, const uint8_t *payload, size_t len)
{
    struct reader rd = rd_init(payload, len);
    r->columns = r->left = rd_lenenc(&rd);
    if (rd.bad || rd_left(&rd) || !r->columns || r->columns > MOST_COLUMNS)
        return bad(r);
    r->rows = 0;
    r->n_results++;
    r->state = COLUMNS;
    return RESULT_HEAD;
}

/* The state after a definition of PREPARE's, or after its first packet: what of PARAMS and COLUMNS is still to come. */
static void prepare_goes_on(struct result *r)
{
    if (r->state == FIRST && r->n_params) {
        r->left = r->n_params;
        r->state = PARAMS;
    } else if ((r->state == FIRST || r->state == PARAMS || r->state == PARAMS_END) && r->columns) {
        r->left = r->columns;
        r->state = COLUMNS;
    } else {
        finish(r, RESULT_END);
    }
}

static enum result_event on_prepared(struct result *r, const uint8_t *payload, size_t len)
{
    struct reader rd = rd_init(payload, len);
    rd_u8(&rd);
    rd_u32(&rd); /* the statement's id: the caller's */
    r->columns = rd_u16(&rd);
    r->n_params = rd_u16(&rd);
    rd_u8(&rd);
    r->warnings = rd_left(&rd) ? rd_u16(&rd) : 0;
    if (rd.bad)
        return bad(r);
    r->n_results++;
    prepare_goes_on(r);
    return RESULT_OK;
}

static enum result_event on_first(struct result *r, const uint8_t *payload, size_t len)
{
    uint8_t first = payload[0];
    if (first == 0xff)
        return on_err(r, payload, len);
    if (r->command == RESULT_OF_STATISTICS)
        return finish(r, RESULT_TEXT);
    if (first == 0x00 && r->command == RESULT_OF_PREPARE)
        return on_prepared(r, payload, len);
    if (first == 0x00) {
        if (!note_ok(r, payload, len))
            return bad(r);
        r->n_results++;
        return on_status(r, RESULT_OK);
    }
    if (r->command == RESULT_OF_SIMPLE) /* also the OK that stands for an EOF */
        return first == 0xfe && note_end(r, payload, len) ? finish(r, RESULT_END) : bad(r);
    if (r->command == RESULT_OF_PREPARE)
        return bad(r);
    return first == 0xfb ? RESULT_INFILE : on_head(r, payload, len);
}

static enum result_event on_definition(struct result *r, const uint8_t *payload, size_t len)
{
    if (payload[0] == 0xff)
        return on_err(r, payload, len);
    if (payload[0] >= 0xfb)
        return bad(r);
    if (--r->left)
        return RESULT_COLUMN;
    if (!r->deprecate_eof)
        r->state = r->state == PARAMS ? PARAMS_END : COLUMNS_END;
    else if (r->command == RESULT_OF_PREPARE)
        prepare_goes_on(r);
    else
        r->state = ROWS;
    return RESULT_COLUMN;
}

/* The EOF behind definitions. With an open cursor it is the reply's last packet: the rows come by FETCH. */
static enum result_event on_definitions_end(struct result *r, const uint8_t *payload, size_t len)
{
    if (payload[0] == 0xff)
        return on_err(r, payload, len);
    if (!is_end(r, payload[0], len) || !note_end(r, payload, len))
        return bad(r);
    if (r->command == RESULT_OF_PREPARE) {
        prepare_goes_on(r);
        return r->over ? RESULT_END : RESULT_COLUMNS_END;
    }
    if (r->command == RESULT_OF_EXECUTE && (r->status & SERVER_STATUS_CURSOR_EXISTS))
        return finish(r, RESULT_END);
    r->out_params = r->status & SERVER_PS_OUT_PARAMS;
    r->state = ROWS;
    return RESULT_COLUMNS_END;
}

static enum result_event on_row(struct result *r, const uint8_t *payload, size_t len)
{
    uint8_t first = payload[0];
    if (first == 0xff)
        return on_err(r, payload, len);
    if (is_end(r, first, len))
        return note_end(r, payload, len) ? on_status(r, RESULT_END) : bad(r);
    if (is_binary(r) ? first != 0 : first == 0xfe && len < PACKET_MAX)
        return bad(r);
    r->rows++;
    return RESULT_ROW;
}

static enum result_event on_field(struct result *r, const uint8_t *payload, size_t len)
{
    if (payload[0] == 0xff)
        return on_err(r, payload, len);
    if (payload[0] == 0xfe)
        return note_end(r, payload, len) ? finish(r, RESULT_END) : bad(r);
    return payload[0] < 0xfb ? RESULT_COLUMN : bad(r);
}

enum result_event result_packet(struct result *r, const uint8_t *payload, size_t len)
{
    if (!len)
        return bad(r);
    switch (r->state) {
    case FIRST:
        return on_first(r, payload, len);
    case PARAMS:
    case COLUMNS:
        return on_definition(r, payload, len);
    case PARAMS_END:
    case COLUMNS_END:
        return on_definitions_end(r, payload, len);
    case FIELDS:
        return on_field(r, payload, len);
    case ROWS:
        return on_row(r, payload, len);
    default:
        return bad(r);
    }
}

/* May the packet be passed on before all of it is there? Rows and definitions may, but not the definition that is the
 * reply's last packet: `over` means that nothing is left to come. */
static bool may_be_cut(const struct result *r, uint8_t first, size_t len)
{
    switch (r->state) {
    case ROWS:
        return first != 0xff && !is_end(r, first, len);
    case FIELDS:
        return first < 0xfb;
    case PARAMS:
        return first < 0xfb && !(r->deprecate_eof && r->left == 1 && !r->columns);
    case COLUMNS:
        return first < 0xfb && !(r->deprecate_eof && r->left == 1 && r->command == RESULT_OF_PREPARE);
    default:
        return false;
    }
}

/* Passes a packet's header and as much of its payload as there is; returns where the next one begins. */
static size_t pass(struct result *r, uint8_t *p, size_t n, size_t at, size_t len)
{
    p[at + 3] = (uint8_t)(p[at + 3] + r->seq_shift);
    r->last_seq = p[at + 3];
    r->continued = len == PACKET_MAX;
    size_t left = n - at - PACKET_HEADER;
    if (len <= left)
        return at + PACKET_HEADER + len;
    r->skip = (uint32_t)(len - left);
    return n;
}

static inline size_t length_at(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
}

/* The tight loop: passes ordinary rows, and stops in front of anything else. */
static size_t pass_rows(struct result *r, uint8_t *p, size_t n, size_t at)
{
    const uint8_t most = is_binary(r) ? 0 : 0xfd, shift = r->seq_shift;
    uint8_t seq = 0;
    uint64_t rows = 0;
    while (n - at > PACKET_HEADER) {
        uint8_t *h = p + at;
        uint32_t header;
        memcpy(&header, h, sizeof header);
        header = le32toh(header);
        size_t len = header & 0xffffff;
        if (h[PACKET_HEADER] > most || len - 1 >= PACKET_MAX - 1)
            break;
        seq = (uint8_t)((header >> 24) + shift);
        if (shift)
            h[3] = seq;
        rows++;
        at += PACKET_HEADER + len;
        if (at > n) {
            r->skip = (uint32_t)(at - n);
            at = n;
        }
    }
    if (rows)
        r->last_seq = seq;
    r->rows += rows;
    return at;
}

enum result_event result_feed(struct result *r, uint8_t *p, size_t n, size_t *used, struct packet *packet)
{
    size_t at = r->skip < n ? r->skip : n;
    r->skip -= (uint32_t)at;
    *packet = (struct packet){0};
    for (;;) {
        *used = at;
        if (r->state == ROWS && !r->continued)
            *used = at = pass_rows(r, p, n, at);
        if (n - at < PACKET_HEADER)
            return RESULT_MORE;
        size_t len = length_at(p + at);
        if (r->continued) {
            at = pass(r, p, n, at, len);
            continue;
        }
        if (!len || r->state >= OVER)
            return bad(r);
        if (n - at == PACKET_HEADER)
            return RESULT_MORE;
        uint8_t *payload = p + at + PACKET_HEADER;
        bool cut = may_be_cut(r, payload[0], len);
        if (!cut && len == PACKET_MAX)
            return bad(r);
        if (!cut && n - at - PACKET_HEADER < len)
            return RESULT_MORE;
        enum result_event event = result_packet(r, payload, len);
        if (event == RESULT_BAD)
            return event;
        at = pass(r, p, n, at, len);
        if (cut || event == RESULT_HEAD || event == RESULT_COLUMNS_END)
            continue;
        *used = at;
        *packet = (struct packet){payload, len, r->last_seq, r->last_seq, PACKET_HEADER + len};
        return event;
    }
}
