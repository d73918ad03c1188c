/* The states, and what moves between them. A refusal may come from any of them.
 *
 *   REPLY ── TLS request ──▶ SECURING ── login_secured ──▶ REPLY
 *     │ ╲
 *     │  plugin not ours, or nothing to verify yet ──▶ SWITCHED
 *     ▼                                                  ▼
 *   scramble right: DONE; caching_sha2_password and scramble wrong ──▶ FULL
 *   FULL ── password on a private channel, or under RSA ──▶ DONE
 *     └──── asks for the public key ──▶ FULL_RSA ── password under RSA ──▶ DONE
 *
 * Full authentication can never be right with a driver that has one password, since both ways prove the same one; but
 * drivers that were told "wrong" by the fast path expect to be asked, and only then get their 1045, as from a MySQL
 * that has not the account in its cache. An unknown user is asked the same things and compared with a password that
 * nobody has.
 *
 * COM_CHANGE_USER goes on with the nonce of the login before, as MySQL does. A scramble that is right is accepted at
 * once; any other gets an auth switch, since drivers differ in what they send first.
 */
#include "proxy/login.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "protocol/auth.h"
#include "protocol/const.h"
#include "protocol/handshake.h"
#include "proxy/login_rsa.h"

#define REPLY_MAX 0x20000 /* twice what a client may send as connection attributes */
#define FAST_OK 3
#define FULL_PLEASE 4
#define KEY_REQUEST 2

enum state { REPLY, SECURING, SWITCHED, FULL, FULL_RSA, DONE, FAILED };

struct login {
    struct login_env env;
    enum state state;
    bool local; /* Unix socket */
    bool tls;
    bool password_given;           /* for the text of 1045 */
    uint8_t seq;                   /* of the next packet, either way */
    enum auth_plugin plugin;       /* spoken now */
    const struct conf_user *known; /* NULL: no such user */
    const char *user;              /* as the client said it */
    char host[256];
    uint8_t *reply; /* our copy of the login reply: the result's strings point into it */
    size_t reply_len;
    struct login_result result;
    struct error error;
};

/* ------------------------------------------------------------------------------------------------ life */

/* Bytes that are neither NUL, which would end the challenge, nor '$', which separates fields of a stored password. */
static bool make_nonce(uint8_t nonce[LOGIN_NONCE])
{
    if (RAND_bytes(nonce, LOGIN_NONCE) != 1) {
        ERR_clear_error();
        return false;
    }
    for (size_t i = 0; i < LOGIN_NONCE; i++) {
        nonce[i] &= 0x7f;
        if (nonce[i] == 0 || nonce[i] == '$')
            nonce[i]++;
    }
    return true;
}

static struct login *login_alloc(const struct login_env *env, const char *host, bool secure)
{
    struct login *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->env = *env;
    l->local = secure;
    l->user = "";
    l->result.schema = "";
    l->result.attributes = (struct bytes){(const uint8_t *)"", 0};
    size_t n = strlen(host);
    memcpy(l->host, host, n < sizeof l->host ? n : sizeof l->host - 1);
    return l;
}

void login_free(struct login *l)
{
    if (!l)
        return;
    OPENSSL_clear_free(l->reply, l->reply_len);
    free(l);
}

const struct login_result *login_result(const struct login *l)
{
    return &l->result;
}

const struct error *login_error(const struct login *l)
{
    return &l->error;
}

uint8_t login_seq(const struct login *l)
{
    return l->seq;
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* ------------------------------------------------------------------------------------------------ verdicts */

static enum login_status status_of(const struct login *l)
{
    switch (l->state) {
    case DONE:
        return LOGIN_DONE;
    case FAILED:
        return LOGIN_FAILED;
    case SECURING:
        return LOGIN_TLS;
    default:
        return LOGIN_MORE;
    }
}

static enum state fail(struct login *l, enum error_code code)
{
    error_set(&l->error, code);
    return FAILED;
}

static enum state deny(struct login *l)
{
    error_set(&l->error, ERR_ACCESS_DENIED, l->user, l->host, l->password_given ? "YES" : "NO");
    return FAILED;
}

static enum state accept_user(struct login *l)
{
    l->result.user = l->known;
    l->result.seq = l->seq;
    if (!*l->result.schema && l->known->schema)
        l->result.schema = l->known->schema;
    return DONE;
}

/* ------------------------------------------------------------------------------------------------ scrambles */

static struct bytes configured_password(const struct login *l)
{
    return text(l->known ? l->known->password : "\001nobody has this password");
}

static bool speaks(enum auth_plugin plugin)
{
    return plugin == AUTH_NATIVE || plugin == AUTH_CACHING_SHA2;
}

static enum state on_scramble(struct login *l, struct bytes answer, struct buf *out)
{
    bool sha2 = l->plugin == AUTH_CACHING_SHA2;
    if (answer.len == 1 && answer.p[0] == 0)
        answer.len = 0;
    l->password_given = answer.len > 0;
    if (answer.len > 0 && answer.len != auth_scramble_size(l->plugin))
        return sha2 ? deny(l) : fail(l, ERR_HANDSHAKE);

    bool right = auth_verify(l->plugin, configured_password(l), l->result.nonce, answer);
    if (right && l->known) {
        if (sha2 && answer.len > 0)
            handshake_write_more(out, &l->seq, &(uint8_t){FAST_OK}, 1);
        return accept_user(l);
    }
    if (!sha2 || answer.len == 0)
        return deny(l);
    handshake_write_more(out, &l->seq, &(uint8_t){FULL_PLEASE}, 1);
    return FULL;
}

static enum state switch_plugin(struct login *l, enum auth_plugin plugin, struct buf *out)
{
    if (!(l->result.capabilities & CLIENT_PLUGIN_AUTH))
        return deny(l);
    l->plugin = plugin;
    handshake_write_switch(out, &l->seq, auth_plugin_name(plugin), l->result.nonce);
    return SWITCHED;
}

static enum auth_plugin named_plugin(const struct login *l, const struct handshake_reply *reply)
{
    return l->result.capabilities & CLIENT_PLUGIN_AUTH ? auth_plugin_find(reply->plugin) : AUTH_NATIVE;
}

/* An empty answer for a plugin that the greeting did not name may come from a driver that waits for the challenge. */
static enum state choose_plugin(struct login *l, const struct handshake_reply *reply, struct buf *out)
{
    enum auth_plugin proposed = auth_plugin_find(text(l->env.default_plugin)), named = named_plugin(l, reply);
    l->password_given = reply->auth.len > 0;
    if (!speaks(named))
        return switch_plugin(l, proposed, out);
    if (named != proposed && reply->auth.len == 0 && l->result.capabilities & CLIENT_PLUGIN_AUTH)
        return switch_plugin(l, named, out);
    l->plugin = named;
    return on_scramble(l, reply->auth, out);
}

static enum state on_change_user(struct login *l, const struct handshake_reply *reply, struct buf *out)
{
    enum auth_plugin named = named_plugin(l, reply);
    if (!speaks(named))
        return switch_plugin(l, auth_plugin_find(text(l->env.default_plugin)), out);
    bool right = reply->auth.len > 0 && auth_verify(named, configured_password(l), l->result.nonce, reply->auth);
    if (!right && l->result.capabilities & CLIENT_PLUGIN_AUTH)
        return switch_plugin(l, named, out);
    l->plugin = named;
    return on_scramble(l, reply->auth, out);
}

/* -------------------------------------------------------------------------------- full authentication */

static enum state on_password(struct login *l, struct bytes password)
{
    bool same = auth_equal(password, configured_password(l));
    return same && l->known ? accept_user(l) : deny(l);
}

static enum state on_encrypted(struct login *l, const struct packet *packet)
{
    uint8_t plain[AUTH_RSA_MAX];
    struct bytes password;
    struct bytes block = {packet->data, packet->len};
    bool ok = l->env.rsa && login_rsa_decrypt(l->env.rsa, block, l->result.nonce, plain, &password);
    enum state next = ok ? on_password(l, password) : deny(l);
    OPENSSL_cleanse(plain, sizeof plain);
    return next;
}

static enum state on_full(struct login *l, const struct packet *packet, struct buf *out)
{
    if (packet->len == 1 && packet->data[0] == KEY_REQUEST && l->env.rsa) {
        struct bytes pem = login_rsa_public(l->env.rsa);
        handshake_write_more(out, &l->seq, pem.p, pem.len);
        return FULL_RSA;
    }
    if (!l->tls && !l->local)
        return on_encrypted(l, packet);
    if (packet->len == 0 || packet->data[packet->len - 1] != 0)
        return deny(l);
    enum state next = on_password(l, (struct bytes){packet->data, packet->len - 1});
    OPENSSL_cleanse(packet->data, packet->len);
    return next;
}

/* ------------------------------------------------------------------------------------------------ login reply */

static bool keep_reply(struct login *l, const struct packet *packet)
{
    OPENSSL_clear_free(l->reply, l->reply_len);
    l->reply = packet->len <= REPLY_MAX ? OPENSSL_malloc(packet->len ? packet->len : 1) : NULL;
    l->reply_len = l->reply ? packet->len : 0;
    if (l->reply)
        memcpy(l->reply, packet->data, packet->len);
    return l->reply;
}

/* Looks at every user, so that the time does not tell which one it was. */
static void identify(struct login *l, const struct handshake_reply *reply)
{
    l->user = (const char *)reply->user.p;
    for (size_t i = 0; i < l->env.n_users; i++)
        if (!strcmp(l->env.users[i].name, l->user))
            l->known = &l->env.users[i];
    struct login_result *r = &l->result;
    r->capabilities = reply->capabilities & l->env.capabilities;
    if (!l->tls)
        r->capabilities &= ~CLIENT_SSL;
    r->mariadb_capabilities = reply->mariadb_capabilities;
    r->max_packet = reply->max_packet;
    r->charset = reply->charset ? reply->charset : l->env.charset;
    r->schema = (const char *)reply->schema.p;
    r->attributes = reply->attributes;
    r->zstd_level = reply->zstd_level;
}

static enum state on_reply(struct login *l, const struct packet *packet, struct buf *out)
{
    struct handshake_reply reply;
    if (!l->tls && l->env.capabilities & CLIENT_SSL && handshake_is_tls_request(packet->data, packet->len))
        return SECURING;
    if (!keep_reply(l, packet) || !handshake_read_reply(l->reply, l->reply_len, &reply))
        return fail(l, ERR_HANDSHAKE);
    identify(l, &reply);
    if (l->env.tls_required && !l->tls && !l->local)
        return fail(l, ERR_SECURE_TRANSPORT);
    return choose_plugin(l, &reply, out);
}

/* ------------------------------------------------------------------------------------------------ entry points */

struct login *login_new(const struct login_env *env, uint32_t connection_id, const char *host, bool secure,
                        struct buf *out)
{
    struct login *l = login_alloc(env, host, secure);
    if (!make_nonce(l->result.nonce)) {
        login_free(l);
        return NULL;
    }
    struct handshake_greeting g = {.version = text(env->server_version),
                                   .connection_id = connection_id,
                                   .capabilities = env->capabilities,
                                   .charset = env->charset,
                                   .status = SERVER_STATUS_AUTOCOMMIT,
                                   .plugin = text(env->default_plugin)};
    memcpy(g.nonce, l->result.nonce, sizeof g.nonce);
    handshake_write_greeting(out, &l->seq, &g);
    return l;
}

struct login *login_change_user(const struct login_env *env, uint32_t capabilities, const uint8_t nonce[LOGIN_NONCE],
                                const char *host, bool secure, const struct packet *command, struct buf *out,
                                enum login_status *status)
{
    struct handshake_reply reply;
    struct login *l = login_alloc(env, host, secure);
    memcpy(l->result.nonce, nonce, LOGIN_NONCE);
    l->seq = (uint8_t)(command->last + 1);
    if (keep_reply(l, command) && handshake_read_change_user(l->reply, l->reply_len, capabilities, &reply)) {
        identify(l, &reply);
        l->result.capabilities = capabilities;
        l->state = on_change_user(l, &reply, out);
    } else {
        l->state = fail(l, ERR_UNKNOWN_COM);
    }
    *status = status_of(l);
    return l;
}

void login_secured(struct login *l)
{
    l->tls = true;
    if (l->state == SECURING)
        l->state = REPLY;
}

static enum state step(struct login *l, const struct packet *packet, struct buf *out)
{
    switch (l->state) {
    case REPLY:
        return on_reply(l, packet, out);
    case SWITCHED:
        return on_scramble(l, (struct bytes){packet->data, packet->len}, out);
    case FULL:
        return on_full(l, packet, out);
    case FULL_RSA:
        return on_encrypted(l, packet);
    default: /* SECURING: plain bytes where TLS was announced */
        return fail(l, ERR_HANDSHAKE);
    }
}

enum login_status login_feed(struct login *l, const struct packet *packet, struct buf *out)
{
    if (l->state == DONE || l->state == FAILED)
        return status_of(l);
    bool in_order = packet->seq == l->seq;
    l->seq = (uint8_t)(packet->last + 1);
    l->state = in_order ? step(l, packet, out) : fail(l, ERR_NET_OUT_OF_ORDER);
    return status_of(l);
}
