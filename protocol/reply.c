#include "protocol/reply.h"

#include "protocol/const.h"
#include "protocol/packet.h"

/* Servers send the text of an OK packet as a length-encoded string, and leave it out when it is empty and nothing
 * follows; the manual has it as the rest of the packet unless CLIENT_SESSION_TRACK is set, so that is taken too. */
static void read_info(struct reader *r, uint32_t caps, struct ok_packet *ok)
{
    struct reader whole = *r;
    if (!rd_left(r))
        return;
    ok->info = rd_str_lenenc(r);
    if (caps & CLIENT_SESSION_TRACK) {
        if (ok->status & SERVER_SESSION_STATE_CHANGED && rd_left(r))
            ok->changes = rd_str_lenenc(r);
        return;
    }
    if (r->bad || rd_left(r)) {
        *r = whole;
        ok->info = rd_rest(r);
    }
}

bool reply_read_ok(const uint8_t *payload, size_t len, uint32_t caps, struct ok_packet *ok)
{
    struct reader r = rd_init(payload, len);
    *ok = (struct ok_packet){.info = {(const uint8_t *)"", 0}, .changes = {(const uint8_t *)"", 0}};
    uint8_t header = rd_u8(&r);
    if (header != 0x00 && header != 0xfe)
        return false;
    ok->affected = rd_lenenc(&r);
    ok->insert_id = rd_lenenc(&r);
    ok->status = rd_u16(&r);
    ok->warnings = rd_u16(&r);
    if (!r.bad)
        read_info(&r, caps, ok);
    return !r.bad;
}

/* Before the server knows the client's capabilities it sends errors without an SQLSTATE. */
bool reply_read_err(const uint8_t *payload, size_t len, struct err_packet *err)
{
    struct reader r = rd_init(payload, len);
    *err = (struct err_packet){.sqlstate = "HY000"};
    uint8_t header = rd_u8(&r);
    err->number = rd_u16(&r);
    if (r.bad || header != 0xff)
        return false;
    if (rd_left(&r) >= 6 && *r.p == '#') {
        rd_u8(&r);
        memcpy(err->sqlstate, rd_take(&r, 5), 5);
    }
    err->text = rd_rest(&r);
    return !r.bad;
}

void reply_write_ok(struct buf *b, uint8_t *seq, uint32_t caps, uint8_t header, const struct ok_packet *ok)
{
    bool changed = (caps & CLIENT_SESSION_TRACK) && ok->changes.len;
    uint16_t status = ok->status & (uint16_t)~SERVER_SESSION_STATE_CHANGED;
    size_t mark = packet_begin(b);
    wr_u8(b, header);
    wr_lenenc(b, ok->affected);
    wr_lenenc(b, ok->insert_id);
    wr_u16(b, changed ? status | SERVER_SESSION_STATE_CHANGED : status);
    wr_u16(b, ok->warnings);
    if (ok->info.len || changed)
        wr_str_lenenc(b, ok->info.p, ok->info.len);
    if (changed)
        wr_str_lenenc(b, ok->changes.p, ok->changes.len);
    packet_end(b, mark, seq);
}

void reply_write_eof(struct buf *b, uint8_t *seq, uint16_t status, uint16_t warnings)
{
    size_t mark = packet_begin(b);
    wr_u8(b, 0xfe);
    wr_u16(b, warnings);
    wr_u16(b, status);
    packet_end(b, mark, seq);
}

void reply_write_end(struct buf *b, uint8_t *seq, uint32_t caps, uint16_t status, uint16_t warnings)
{
    if (caps & CLIENT_DEPRECATE_EOF)
        reply_write_ok(b, seq, caps, 0xfe, &(struct ok_packet){.status = status, .warnings = warnings});
    else
        reply_write_eof(b, seq, status, warnings);
}

void reply_write_err(struct buf *b, uint8_t *seq, uint16_t number, const char *sqlstate, const char *text, size_t len)
{
    size_t mark = packet_begin(b);
    wr_u8(b, 0xff);
    wr_u16(b, number);
    wr_u8(b, '#');
    wr_bytes(b, sqlstate, 5);
    wr_bytes(b, text, len);
    packet_end(b, mark, seq);
}

/* A system variable is two strings, a GTID has the number of its encoding in front, the others that we know are one
 * string; what a later server invents is given as it is. Several variables in one entry would lose all but the first:
 * no server sends them, so bytes left over are an error. */
bool reply_next_change(struct reader *r, struct change *c)
{
    *c = (struct change){.name = {(const uint8_t *)"", 0}, .value = {(const uint8_t *)"", 0}};
    if (r->bad || !rd_left(r))
        return false;
    c->type = rd_u8(r);
    struct bytes data = rd_str_lenenc(r);
    if (r->bad)
        return false;
    if (c->type > SESSION_TRACK_TRANSACTION_STATE) {
        c->value = data;
        return true;
    }
    struct reader in = rd_init(data.p, data.len);
    if (c->type == SESSION_TRACK_SYSTEM_VARIABLES)
        c->name = rd_str_lenenc(&in);
    if (c->type == SESSION_TRACK_GTIDS)
        rd_u8(&in);
    c->value = rd_str_lenenc(&in);
    if (in.bad || rd_left(&in))
        r->bad = true;
    return !r->bad;
}
