/* The states, and what moves between them:
 *
 *   GREETING ── no TLS ──▶ REPLIED ◀── dial_secured ── SECURING ◀── TLS ── GREETING
 *   REPLIED ── auth switch, "fast ok", password sent ──▶ REPLIED
 *           ── asked for the public key ──▶ KEY ── password sent under RSA ──▶ REPLIED
 *           ── OK ──▶ DONE
 *   any state ── ERR packet, or bytes that do not belong there ──▶ FAILED
 *
 * The password leaves in the clear only under TLS, and for caching_sha2_password on a Unix socket too (sha256_password
 * wants RSA there); no server can talk us into anything else.
 */
#include "proxy/dial.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/auth.h"
#include "protocol/const.h"
#include "protocol/handshake.h"

/* Packets of a server before its verdict: a switch for each of an account's plugins, and their talk. */
#define MAX_TURNS 16
#define MAX_PACKET 0x40000000u

enum state { GREETING, SECURING, REPLIED, KEY, DONE, FAILED };

struct dial {
    struct dial_env env;
    enum state state;
    bool tls;
    uint8_t seq; /* of the next packet, either way */
    unsigned turns;
    enum auth_plugin plugin; /* spoken now */
    uint8_t nonce[HANDSHAKE_NONCE];
    uint32_t capabilities; /* agreed */
    struct dial_result result;
    struct error error;
};

struct dial *dial_new(const struct dial_env *env)
{
    struct dial *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->env = *env;
    return d;
}

void dial_free(struct dial *d)
{
    free(d);
}

const struct dial_result *dial_result(const struct dial *d)
{
    return &d->result;
}

const struct error *dial_error(const struct dial *d)
{
    return &d->error;
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* ------------------------------------------------------------------------------------------------ failures */

static enum state fail(struct dial *d, const char *why)
{
    error_set(&d->error, ERR_REFUSED, why);
    return FAILED;
}

static enum state malformed(struct dial *d)
{
    return fail(d, "the instance sent a malformed packet during the login");
}

/* Servers leave the SQLSTATE out as long as they do not know the client's protocol (1129, 1130). */
static enum state server_error(struct dial *d, const struct packet *packet)
{
    struct err_packet err;
    if (!reply_read_err(packet->data, packet->len, &err) || err.number == 0)
        return malformed(d);
    d->error.code = ERROR_NONE;
    d->error.number = err.number;
    memcpy(d->error.sqlstate, err.sqlstate, sizeof d->error.sqlstate);
    size_t n = err.text.len < sizeof d->error.text ? err.text.len : sizeof d->error.text - 1;
    memcpy(d->error.text, err.text.p, n);
    d->error.text[n] = '\0';
    return FAILED;
}

/* ------------------------------------------------------------------------------------------------ passwords */

static enum state send_bytes(struct dial *d, const void *p, size_t n, enum state next, struct buf *out)
{
    packet_write(out, p, n, &d->seq);
    return next;
}

static enum state send_password(struct dial *d, struct buf *out)
{
    struct bytes password = text(d->env.password);
    size_t mark = packet_begin(out);
    wr_bytes(out, password.p, password.len);
    wr_u8(out, 0);
    packet_end(out, mark, &d->seq);
    return REPLIED;
}

static enum state send_scramble(struct dial *d, struct buf *out)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX] = {0};
    size_t n = auth_scramble(d->plugin, text(d->env.password), d->nonce, scramble);
    if (n == 0 && d->plugin == AUTH_CACHING_SHA2)
        n = 1; /* no password: a single NUL, which is what scramble[] holds */
    return send_bytes(d, scramble, n, REPLIED, out);
}

/* The password itself: in the clear where the plugin allows it, else under the key that the request byte asks for. */
static enum state send_full(struct dial *d, bool clear, uint8_t key_request, struct buf *out)
{
    if (clear || text(d->env.password).len == 0)
        return send_password(d, out);
    return send_bytes(d, &key_request, 1, KEY, out);
}

static enum state on_key(struct dial *d, const struct packet *packet, struct buf *out)
{
    struct bytes pem;
    uint8_t block[AUTH_RSA_MAX];
    if (!handshake_read_more(packet->data, packet->len, &pem))
        return malformed(d);
    size_t n = auth_rsa_encrypt(pem, text(d->env.password), d->nonce, block);
    if (n == 0)
        return fail(d, "the instance's public key for the password cannot be used");
    return send_bytes(d, block, n, REPLIED, out);
}

/* ------------------------------------------------------------------------------------------------ plugins */

static enum state unknown_plugin(struct dial *d, struct bytes name)
{
    char why[160];
    int n = name.len < 64 ? (int)name.len : 64;
    snprintf(why, sizeof why, "the instance asks for the authentication plugin '%.*s', which is not supported", n,
             (const char *)name.p);
    return fail(d, why);
}

static enum state on_switch(struct dial *d, const struct packet *packet, struct buf *out)
{
    struct handshake_switch s;
    if (packet->len == 1)
        return fail(d, "the instance asks for a password hash from before MySQL 4.1");
    if (!handshake_read_switch(packet->data, packet->len, &s))
        return malformed(d);
    d->plugin = auth_plugin_find(s.plugin);
    if (d->plugin == AUTH_CLEAR)
        return d->tls ? send_password(d, out) : fail(d, "the instance asks for the password in the clear without TLS");
    if (d->plugin == AUTH_UNKNOWN || d->plugin == AUTH_ED25519)
        return unknown_plugin(d, s.plugin);
    if (s.data.len < HANDSHAKE_NONCE)
        return malformed(d);
    memcpy(d->nonce, s.data.p, HANDSHAKE_NONCE);
    return d->plugin == AUTH_SHA256 ? send_full(d, d->tls, 1, out) : send_scramble(d, out);
}

static enum state on_more(struct dial *d, const struct packet *packet, struct buf *out)
{
    struct bytes data;
    if (!handshake_read_more(packet->data, packet->len, &data) || d->plugin != AUTH_CACHING_SHA2 || data.len != 1)
        return malformed(d);
    switch (data.p[0]) {
    case 3: /* fast authentication succeeded: the OK packet follows */
        return REPLIED;
    case 4:
        return send_full(d, d->tls || d->env.local, 2, out);
    default:
        return malformed(d);
    }
}

static enum state on_ok(struct dial *d, const struct packet *packet)
{
    struct ok_packet ok;
    if (!reply_read_ok(packet->data, packet->len, d->capabilities, &ok))
        return malformed(d);
    d->result.status = ok.status;
    return DONE;
}

static enum state on_verdict(struct dial *d, const struct packet *packet, struct buf *out)
{
    if (packet->len == 0 || ++d->turns > MAX_TURNS)
        return malformed(d);
    switch (packet->data[0]) {
    case 0x00:
        return on_ok(d, packet);
    case 0x01:
        return on_more(d, packet, out);
    case 0xfe:
        return on_switch(d, packet, out);
    default:
        return malformed(d);
    }
}

/* ------------------------------------------------------------------------------------------------ greeting */

/* MariaDB up to 10.11 writes "5.5.5-" before its version, for the sake of replicas that sort versions by their first
 * digit. */
static void note_version(struct dial_result *r, const struct handshake_greeting *g)
{
    static const char prefix[] = "5.5.5-";
    const char *version = (const char *)g->version.p;
    r->mariadb = strstr(version, "MariaDB") || !(g->capabilities & CLIENT_LONG_PASSWORD);
    if (r->mariadb && !strncmp(version, prefix, sizeof prefix - 1))
        version += sizeof prefix - 1;
    snprintf(r->version, sizeof r->version, "%s", version);
    for (char *c = r->version; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';

    unsigned part[3] = {0, 0, 0};
    sscanf(r->version, "%3u.%2u.%2u", &part[0], &part[1], &part[2]);
    r->version_number = part[0] * 10000 + part[1] * 100 + part[2];
}

static uint32_t agree(const struct dial_env *env, uint32_t offered, bool tls)
{
    uint32_t want = env->capabilities | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;
    want &= ~(CLIENT_SSL | CLIENT_CONNECT_WITH_DB);
    if (tls)
        want |= CLIENT_SSL;
    if (env->schema && *env->schema)
        want |= CLIENT_CONNECT_WITH_DB;
    return want & offered;
}

static struct handshake_reply make_reply(const struct dial *d)
{
    static const uint8_t attributes[] = "\014program_name\011shardwire";
    return (struct handshake_reply){.capabilities = d->capabilities,
                                    .max_packet = MAX_PACKET,
                                    .charset = d->result.charset,
                                    .user = text(d->env.user),
                                    .schema = text(d->env.schema),
                                    .plugin = text(auth_plugin_name(d->plugin)),
                                    .attributes = {attributes, sizeof attributes - 1},
                                    .zstd_level = 3};
}

static enum state send_reply(struct dial *d, struct buf *out)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    struct handshake_reply reply = make_reply(d);
    reply.auth = (struct bytes){scramble, auth_scramble(d->plugin, text(d->env.password), d->nonce, scramble)};
    handshake_write_reply(out, &d->seq, &reply);
    return REPLIED;
}

/* A plugin whose first word needs more than the nonce is left to an auth switch. */
static enum auth_plugin first_plugin(const struct dial_env *env, struct bytes proposed)
{
    enum auth_plugin plugin = auth_plugin_find(env->default_auth ? text(env->default_auth) : proposed);
    return plugin == AUTH_CACHING_SHA2 ? plugin : AUTH_NATIVE;
}

static enum state on_greeting(struct dial *d, const struct packet *packet, struct buf *out)
{
    const struct dial_env *env = &d->env;
    struct handshake_greeting g;
    if (!handshake_read_greeting(packet->data, packet->len, &g))
        return malformed(d);
    if (!(g.capabilities & CLIENT_PROTOCOL_41) || !(g.capabilities & CLIENT_SECURE_CONNECTION))
        return fail(d, "the instance is older than MySQL 4.1");
    bool tls = env->tls == CONF_TLS_REQUIRED || (env->tls == CONF_TLS_PREFERRED && !env->local);
    if (env->tls == CONF_TLS_REQUIRED && !(g.capabilities & CLIENT_SSL))
        return fail(d, "the instance does not offer TLS, which is required by the configuration");
    tls = tls && g.capabilities & CLIENT_SSL;

    memcpy(d->nonce, g.nonce, sizeof d->nonce);
    d->plugin = first_plugin(env, g.plugin);
    d->capabilities = d->result.capabilities = agree(env, g.capabilities, tls);
    d->result.connection_id = g.connection_id;
    d->result.status = g.status;
    note_version(&d->result, &g);
    bool unknown_there = d->result.mariadb && env->charset == 255; /* utf8mb4_0900_ai_ci */
    d->result.charset = env->charset > 255 || unknown_there ? HANDSHAKE_CHARSET : env->charset;
    if (!tls)
        return send_reply(d, out);
    struct handshake_reply request = make_reply(d);
    handshake_write_tls_request(out, &d->seq, &request);
    return SECURING;
}

void dial_secured(struct dial *d, struct buf *out)
{
    if (d->state != SECURING)
        return;
    d->tls = true;
    d->state = send_reply(d, out);
}

/* ------------------------------------------------------------------------------------------------ dispatch */

static enum state step(struct dial *d, const struct packet *packet, struct buf *out)
{
    if (packet->len > 0 && packet->data[0] == 0xff)
        return server_error(d, packet);
    if (packet->seq != d->seq)
        return fail(d, "the instance sent packets out of order during the login");
    d->seq = (uint8_t)(packet->last + 1);
    switch (d->state) {
    case GREETING:
        return on_greeting(d, packet, out);
    case REPLIED:
        return on_verdict(d, packet, out);
    case KEY:
        return on_key(d, packet, out);
    default: /* SECURING: plain bytes where TLS was announced */
        return malformed(d);
    }
}

static enum dial_status status_of(const struct dial *d)
{
    switch (d->state) {
    case DONE:
        return DIAL_DONE;
    case FAILED:
        return DIAL_FAILED;
    case SECURING:
        return DIAL_TLS;
    default:
        return DIAL_MORE;
    }
}

enum dial_status dial_feed(struct dial *d, const struct packet *packet, struct buf *out)
{
    if (d->state != DONE && d->state != FAILED)
        d->state = step(d, packet, out);
    return status_of(d);
}
