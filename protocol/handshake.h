/* The packets of the connection phase, both directions: greeting (protocol version 10), TLS request, login reply
 * (HandshakeResponse41), auth switch, auth more data, and the payload of COM_CHANGE_USER (manual: "Connection Phase
 * Packets"; MariaDB's extended capabilities stand in the filler bytes of greeting and login reply).
 *
 * Readers get a payload without its header and return false when it is not well-formed; what they hand out is borrowed
 * from the payload. Optional fields at the very end of a login reply may be missing, as real drivers leave them out;
 * a field that is begun must be whole. Writers append whole packets, headers included, and count *seq up.
 *
 * A string that a reader found by its NUL (user, schema, plugin) still has that NUL behind it, so its `p` is a C
 * string.
 */
#ifndef PROTOCOL_HANDSHAKE_H
#define PROTOCOL_HANDSHAKE_H

#include "protocol/packet.h"
#include "protocol/wire.h"

#define HANDSHAKE_NONCE 20       /* random bytes of every challenge; on the wire a NUL follows them */
#define HANDSHAKE_TLS_REQUEST 32 /* length of the payload: a login reply that ends before the user's name */
#define HANDSHAKE_CHARSET 45     /* utf8mb4_general_ci: said where a collation id does not fit in one byte */

struct handshake_greeting {
    struct bytes version;
    uint32_t connection_id;
    uint8_t nonce[HANDSHAKE_NONCE];
    uint32_t capabilities;
    uint32_t mariadb_capabilities; /* 0 unless the server leaves out CLIENT_LONG_PASSWORD, as MariaDB does */
    uint8_t charset;
    uint16_t status;
    struct bytes plugin; /* empty without CLIENT_PLUGIN_AUTH */
};

bool handshake_read_greeting(const uint8_t *payload, size_t len, struct handshake_greeting *g);
void handshake_write_greeting(struct buf *b, uint8_t *seq, const struct handshake_greeting *g);

/* Login reply and COM_CHANGE_USER. What stands in the packet depends on `capabilities`; absent strings are empty. */
struct handshake_reply {
    uint32_t capabilities;
    uint32_t mariadb_capabilities;
    uint32_t max_packet; /* login reply only */
    uint16_t charset;    /* collation id: a login reply has one byte for it, COM_CHANGE_USER two; 0 = not said */
    struct bytes user, auth, schema, plugin;
    struct bytes attributes; /* key, value, key, value …, each a length-encoded string */
    uint8_t zstd_level;      /* login reply under CLIENT_ZSTD_COMPRESSION_ALGORITHM */
};

/* Exactly the first 32 bytes of a login reply, with CLIENT_SSL. */
bool handshake_is_tls_request(const uint8_t *payload, size_t len);
void handshake_write_tls_request(struct buf *b, uint8_t *seq, const struct handshake_reply *r);

/* A charset above 255 is written as HANDSHAKE_CHARSET: it must then be set by a statement. */
bool handshake_read_reply(const uint8_t *payload, size_t len, struct handshake_reply *r);
void handshake_write_reply(struct buf *b, uint8_t *seq, const struct handshake_reply *r);

/* `payload` begins with the command byte. The capabilities are those of the connection. An `auth` longer than 255 bytes
 * cannot be written and is left out. */
bool handshake_read_change_user(const uint8_t *payload, size_t len, uint32_t capabilities, struct handshake_reply *r);
void handshake_write_change_user(struct buf *b, uint8_t *seq, const struct handshake_reply *r);

/* "Use this plugin instead": 0xfe, plugin, data (usually a nonce and a NUL). The answer is a packet of bare bytes. */
struct handshake_switch {
    struct bytes plugin, data;
};
bool handshake_read_switch(const uint8_t *payload, size_t len, struct handshake_switch *s);
void handshake_write_switch(struct buf *b, uint8_t *seq, const char *plugin, const uint8_t nonce[HANDSHAKE_NONCE]);

/* A plugin's own message: 0x01 and its bytes. */
bool handshake_read_more(const uint8_t *payload, size_t len, struct bytes *data);
void handshake_write_more(struct buf *b, uint8_t *seq, const void *data, size_t len);

#endif
