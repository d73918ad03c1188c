/* A client's packets after our greeting, or a COM_CHANGE_USER and what follows it.
 *
 *   input: flags, then packets: 2-byte length (little-endian), payload. With FLAG_CHANGE 4 bytes of capabilities come
 * first. A length with its top bit set stands for the right scramble of the plugin in its low bits, which no input can
 * know.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocol/auth.h"
#include "protocol/const.h"
#include "proxy/login.h"

enum { FLAG_SHA2 = 1, FLAG_UNIX = 2, FLAG_REQUIRED = 4, FLAG_TLS = 8, FLAG_CHANGE = 16, FLAG_NO_KEY = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_verdict(const struct login *l, enum login_status s)
{
    if (s == LOGIN_FAILED)
        check(login_error(l)->number != 0 && login_error(l)->text[0]);
    if (s != LOGIN_DONE)
        return;
    const struct login_result *r = login_result(l);
    check(r->user != NULL && strlen(r->schema) < 70000);
    unsigned sum = 0;
    for (size_t i = 0; i < r->attributes.len; i++)
        sum += r->attributes.p[i];
    check(sum <= 255 * r->attributes.len);
}

/* One packet out of the input, in memory that ends with it. False at the end of the input. */
static bool next_packet(struct reader *in, const struct login *l, uint8_t seq, struct packet *p)
{
    static const uint8_t no_nonce[LOGIN_NONCE];
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    uint16_t n = rd_u16(in);
    struct bytes payload;
    if (n & 0x8000) {
        enum auth_plugin plugin = n & 1 ? AUTH_CACHING_SHA2 : AUTH_NATIVE;
        struct bytes secret = {(const uint8_t *)"secret", 6};
        payload =
            (struct bytes){scramble, auth_scramble(plugin, secret, l ? login_result(l)->nonce : no_nonce, scramble)};
    } else {
        payload = rd_bytes(in, n);
    }
    if (in->bad)
        return false;
    uint8_t *copy = malloc(payload.len + 1);
    check(copy != NULL);
    memcpy(copy, payload.p, payload.len);
    *p = (struct packet){copy, payload.len, seq, seq, payload.len + PACKET_HEADER};
    return true;
}

static struct login_rsa *shared_key(void)
{
    static struct login_rsa *rsa;
    if (!rsa)
        rsa = login_rsa_new();
    return rsa;
}

static struct login *begin(const struct login_env *env, uint8_t flags, struct reader *in, struct buf *out,
                           enum login_status *s)
{
    static const uint8_t nonce[LOGIN_NONCE];
    struct packet p;
    if (!(flags & FLAG_CHANGE))
        return login_new(env, 1, "host", flags & FLAG_UNIX, out);
    uint32_t caps = rd_u32(in);
    if (!next_packet(in, NULL, 0, &p))
        return NULL;
    struct login *l = login_change_user(env, caps, nonce, "host", flags & FLAG_UNIX, &p, out, s);
    free(p.data);
    return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct conf_user users[] = {{.name = "app", .password = "secret", .schema = "shop"},
                                             {.name = "empty", .password = ""}};
    struct reader in = rd_init(data, size);
    uint8_t flags = rd_u8(&in);
    struct login_env env = {.server_version = "8.4.0",
                            .capabilities = flags & FLAG_TLS ? ~0u : ~CLIENT_SSL,
                            .charset = 45,
                            .default_plugin = flags & FLAG_SHA2 ? "caching_sha2_password" : "mysql_native_password",
                            .rsa = flags & FLAG_NO_KEY ? NULL : shared_key(),
                            .tls_required = flags & FLAG_REQUIRED,
                            .users = users,
                            .n_users = 2};
    struct buf out;
    struct packet p;
    enum login_status s = LOGIN_MORE;
    buf_init(&out, 1 << 20);
    struct login *l = begin(&env, flags, &in, &out, &s);
    for (int i = 0; l && s == LOGIN_MORE && i < 20 && next_packet(&in, l, login_seq(l), &p); i++) {
        s = login_feed(l, &p, &out);
        free(p.data);
        if (s == LOGIN_TLS) {
            login_secured(l);
            s = LOGIN_MORE;
        }
    }
    if (l)
        check_verdict(l, s);
    login_free(l);
    buf_deinit(&out);
    return 0;
}
