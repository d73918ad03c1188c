#include "protocol/handshake.h"

#include "protocol/const.h"

#define PROTOCOL_VERSION 10
#define NONCE_1 8 /* the nonce is written in two pieces, for the sake of clients from before 4.1 */
#define NONCE_2 (HANDSHAKE_NONCE - NONCE_1)
#define FILLER_REPLY 19 /* zeros between charset and MariaDB's capabilities in a login reply */

static const struct bytes nothing = {(const uint8_t *)"", 0};

static void write_zeros(struct buf *b, size_t n)
{
    static const uint8_t zeros[32];
    wr_bytes(b, zeros, n);
}

static void write_nul(struct buf *b, struct bytes s)
{
    wr_bytes(b, s.p, s.len);
    wr_u8(b, 0);
}

/* The string up to a NUL, or the rest of the packet when it ends without one (some servers leave out the last NUL). */
static struct bytes read_nul_or_rest(struct reader *r)
{
    return !r->bad && memchr(r->p, 0, rd_left(r)) ? rd_str_nul(r) : rd_rest(r);
}

/* ------------------------------------------------------------------------------------------------ greeting */

/* From the second nonce piece on. The announced length counts both pieces and the NUL; old servers say 0. */
static void read_greeting_nonce_2(struct reader *r, uint8_t announced, struct handshake_greeting *g)
{
    size_t n = announced > NONCE_1 + NONCE_2 + 1 ? (size_t)announced - NONCE_1 : NONCE_2 + 1;
    struct bytes piece = rd_bytes(r, n);
    if (!r->bad)
        memcpy(g->nonce + NONCE_1, piece.p, NONCE_2);
}

bool handshake_read_greeting(const uint8_t *payload, size_t len, struct handshake_greeting *g)
{
    struct reader r = rd_init(payload, len);
    *g = (struct handshake_greeting){.plugin = nothing};
    if (rd_u8(&r) != PROTOCOL_VERSION)
        return false;
    g->version = rd_str_nul(&r);
    g->connection_id = rd_u32(&r);
    memcpy(g->nonce, rd_take(&r, NONCE_1), NONCE_1);
    rd_u8(&r);
    g->capabilities = rd_u16(&r);
    g->charset = rd_u8(&r);
    g->status = rd_u16(&r);
    g->capabilities |= (uint32_t)rd_u16(&r) << 16;
    uint8_t announced = rd_u8(&r);
    rd_take(&r, 6);
    uint32_t extended = rd_u32(&r);
    if (!(g->capabilities & CLIENT_LONG_PASSWORD))
        g->mariadb_capabilities = extended;
    if (g->capabilities & CLIENT_SECURE_CONNECTION)
        read_greeting_nonce_2(&r, announced, g);
    if (g->capabilities & CLIENT_PLUGIN_AUTH)
        g->plugin = read_nul_or_rest(&r);
    return !r.bad;
}

void handshake_write_greeting(struct buf *b, uint8_t *seq, const struct handshake_greeting *g)
{
    bool plugin = g->capabilities & CLIENT_PLUGIN_AUTH;
    size_t mark = packet_begin(b);
    wr_u8(b, PROTOCOL_VERSION);
    write_nul(b, g->version);
    wr_u32(b, g->connection_id);
    wr_bytes(b, g->nonce, NONCE_1);
    wr_u8(b, 0);
    wr_u16(b, (uint16_t)g->capabilities);
    wr_u8(b, g->charset);
    wr_u16(b, g->status);
    wr_u16(b, (uint16_t)(g->capabilities >> 16));
    wr_u8(b, plugin ? HANDSHAKE_NONCE + 1 : 0);
    write_zeros(b, 6);
    wr_u32(b, g->capabilities & CLIENT_LONG_PASSWORD ? 0 : g->mariadb_capabilities);
    wr_bytes(b, g->nonce + NONCE_1, NONCE_2);
    wr_u8(b, 0);
    if (plugin)
        write_nul(b, g->plugin);
    packet_end(b, mark, seq);
}

/* ------------------------------------------------------------------------------------------------ login reply */

static void read_reply_head(struct reader *r, struct handshake_reply *reply)
{
    reply->capabilities = rd_u32(r);
    reply->max_packet = rd_u32(r);
    reply->charset = rd_u8(r);
    rd_bytes(r, FILLER_REPLY);
    uint32_t extended = rd_u32(r);
    if (!(reply->capabilities & CLIENT_LONG_PASSWORD))
        reply->mariadb_capabilities = extended;
}

static void write_reply_head(struct buf *b, const struct handshake_reply *r, uint32_t capabilities)
{
    wr_u32(b, capabilities);
    wr_u32(b, r->max_packet);
    wr_u8(b, r->charset > 0xff ? HANDSHAKE_CHARSET : (uint8_t)r->charset);
    write_zeros(b, FILLER_REPLY);
    wr_u32(b, capabilities & CLIENT_LONG_PASSWORD ? 0 : r->mariadb_capabilities);
}

bool handshake_is_tls_request(const uint8_t *payload, size_t len)
{
    struct reader r = rd_init(payload, len);
    return len == HANDSHAKE_TLS_REQUEST && rd_u32(&r) & CLIENT_SSL;
}

void handshake_write_tls_request(struct buf *b, uint8_t *seq, const struct handshake_reply *r)
{
    size_t mark = packet_begin(b);
    write_reply_head(b, r, r->capabilities | CLIENT_SSL);
    packet_end(b, mark, seq);
}

static struct bytes read_auth(struct reader *r, uint32_t capabilities)
{
    if (capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
        return rd_str_lenenc(r);
    if (capabilities & CLIENT_SECURE_CONNECTION)
        return rd_bytes(r, rd_u8(r));
    return rd_str_nul(r);
}

/* Plugin and attributes: the common end of a login reply and of COM_CHANGE_USER. */
static void read_tail(struct reader *r, struct handshake_reply *reply)
{
    if (reply->capabilities & CLIENT_PLUGIN_AUTH && rd_left(r) > 0)
        reply->plugin = rd_str_nul(r);
    if (reply->capabilities & CLIENT_CONNECT_ATTRS && rd_left(r) > 0)
        reply->attributes = rd_str_lenenc(r);
}

static void write_tail(struct buf *b, const struct handshake_reply *r)
{
    if (r->capabilities & CLIENT_PLUGIN_AUTH)
        write_nul(b, r->plugin);
    if (r->capabilities & CLIENT_CONNECT_ATTRS)
        wr_str_lenenc(b, r->attributes.p, r->attributes.len);
}

static struct handshake_reply empty_reply(uint32_t capabilities)
{
    return (struct handshake_reply){.capabilities = capabilities,
                                    .user = nothing,
                                    .auth = nothing,
                                    .schema = nothing,
                                    .plugin = nothing,
                                    .attributes = nothing};
}

bool handshake_read_reply(const uint8_t *payload, size_t len, struct handshake_reply *reply)
{
    struct reader r = rd_init(payload, len);
    *reply = empty_reply(0);
    read_reply_head(&r, reply);
    if (!(reply->capabilities & CLIENT_PROTOCOL_41))
        return false;
    reply->user = rd_str_nul(&r);
    reply->auth = read_auth(&r, reply->capabilities);
    if (reply->capabilities & CLIENT_CONNECT_WITH_DB && rd_left(&r) > 0)
        reply->schema = rd_str_nul(&r);
    read_tail(&r, reply);
    if (reply->capabilities & CLIENT_ZSTD_COMPRESSION_ALGORITHM && rd_left(&r) > 0)
        reply->zstd_level = rd_u8(&r);
    return !r.bad;
}

void handshake_write_reply(struct buf *b, uint8_t *seq, const struct handshake_reply *r)
{
    size_t mark = packet_begin(b);
    write_reply_head(b, r, r->capabilities);
    write_nul(b, r->user);
    if (r->capabilities & CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA) {
        wr_str_lenenc(b, r->auth.p, r->auth.len);
    } else {
        uint8_t n = r->auth.len > 0xff ? 0 : (uint8_t)r->auth.len;
        wr_u8(b, n);
        wr_bytes(b, r->auth.p, n);
    }
    if (r->capabilities & CLIENT_CONNECT_WITH_DB)
        write_nul(b, r->schema);
    write_tail(b, r);
    if (r->capabilities & CLIENT_ZSTD_COMPRESSION_ALGORITHM)
        wr_u8(b, r->zstd_level);
    packet_end(b, mark, seq);
}

/* ------------------------------------------------------------------------------------------------ change user */

bool handshake_read_change_user(const uint8_t *payload, size_t len, uint32_t capabilities,
                                struct handshake_reply *reply)
{
    struct reader r = rd_init(payload, len);
    *reply = empty_reply(capabilities);
    if (rd_u8(&r) != COM_CHANGE_USER)
        return false;
    reply->user = rd_str_nul(&r);
    reply->auth = capabilities & CLIENT_SECURE_CONNECTION ? rd_bytes(&r, rd_u8(&r)) : rd_str_nul(&r);
    reply->schema = rd_str_nul(&r);
    if (rd_left(&r) > 0)
        reply->charset = rd_u16(&r);
    read_tail(&r, reply);
    return !r.bad;
}

void handshake_write_change_user(struct buf *b, uint8_t *seq, const struct handshake_reply *r)
{
    uint8_t n = r->auth.len > 0xff ? 0 : (uint8_t)r->auth.len;
    size_t mark = packet_begin(b);
    wr_u8(b, COM_CHANGE_USER);
    write_nul(b, r->user);
    wr_u8(b, n);
    wr_bytes(b, r->auth.p, n);
    write_nul(b, r->schema);
    wr_u16(b, r->charset);
    write_tail(b, r);
    packet_end(b, mark, seq);
}

/* ------------------------------------------------------------------------------------------------ plugins' messages */

bool handshake_read_switch(const uint8_t *payload, size_t len, struct handshake_switch *s)
{
    struct reader r = rd_init(payload, len);
    *s = (struct handshake_switch){nothing, nothing};
    if (rd_u8(&r) != 0xfe)
        return false;
    s->plugin = rd_str_nul(&r);
    s->data = rd_rest(&r);
    return !r.bad;
}

void handshake_write_switch(struct buf *b, uint8_t *seq, const char *plugin, const uint8_t nonce[HANDSHAKE_NONCE])
{
    size_t mark = packet_begin(b);
    wr_u8(b, 0xfe);
    wr_str_nul(b, plugin);
    wr_bytes(b, nonce, HANDSHAKE_NONCE);
    wr_u8(b, 0);
    packet_end(b, mark, seq);
}

bool handshake_read_more(const uint8_t *payload, size_t len, struct bytes *data)
{
    struct reader r = rd_init(payload, len);
    if (rd_u8(&r) != 0x01)
        return false;
    *data = rd_rest(&r);
    return !r.bad;
}

void handshake_write_more(struct buf *b, uint8_t *seq, const void *data, size_t len)
{
    size_t mark = packet_begin(b);
    wr_u8(b, 0x01);
    wr_bytes(b, data, len);
    packet_end(b, mark, seq);
}
