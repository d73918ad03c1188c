/* A server's packets, to a dial.
 *
 *   input: flags, then packets: 2-byte length (little-endian), payload.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocol/const.h"
#include "proxy/dial.h"

enum { FLAG_TLS = 3, FLAG_UNIX = 4, FLAG_EMPTY = 8, FLAG_SHA2 = 16, FLAG_SEQ = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* Without TLS and without a Unix socket the password never leaves as it is. */
static bool contains(const struct buf *b, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= buf_len(b); i++)
        if (!memcmp(buf_ptr(b) + i, word, n))
            return true;
    return false;
}

static enum dial_status feed(struct dial *d, struct bytes payload, uint8_t seq, struct buf *out)
{
    uint8_t *copy = malloc(payload.len + 1);
    check(copy != NULL);
    memcpy(copy, payload.p, payload.len);
    struct packet p = {copy, payload.len, seq, seq, payload.len + PACKET_HEADER};
    enum dial_status s = dial_feed(d, &p, out);
    free(copy);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum conf_tls_mode modes[] = {CONF_TLS_OFF, CONF_TLS_PREFERRED, CONF_TLS_REQUIRED, CONF_TLS_OFF};
    struct reader in = rd_init(data, size);
    uint8_t flags = rd_u8(&in), seq = 0;
    struct dial_env env = {.user = "mesh",
                           .password = flags & FLAG_EMPTY ? "" : "pass-that-is-secret",
                           .schema = "shop",
                           .capabilities = ~0u,
                           .charset = 45,
                           .tls = modes[flags & FLAG_TLS],
                           .local = flags & FLAG_UNIX,
                           .default_auth = flags & FLAG_SHA2 ? "caching_sha2_password" : NULL};
    struct buf out;
    buf_init(&out, 1 << 20);
    struct dial *d = dial_new(&env);
    enum dial_status s = DIAL_MORE;
    bool private_channel = env.local;
    for (int i = 0; s == DIAL_MORE && i < 30; i++) {
        struct bytes payload = rd_bytes(&in, rd_u16(&in));
        if (in.bad)
            break;
        size_t before = buf_len(&out);
        s = feed(d, payload, seq, &out);
        if (s == DIAL_TLS) {
            private_channel = true;
            check(buf_len(&out) - before == PACKET_HEADER + 32);
            dial_secured(d, &out);
            s = DIAL_MORE;
            seq = (uint8_t)(seq + 1);
        }
        seq = (uint8_t)(seq + (flags & FLAG_SEQ ? 1 : 2));
    }
    check(private_channel || !contains(&out, "pass-that-is-secret"));
    if (s == DIAL_FAILED)
        check(dial_error(d)->number != 0);
    if (s == DIAL_DONE)
        check(dial_result(d)->capabilities & CLIENT_PROTOCOL_41);
    dial_free(d);
    buf_deinit(&out);
    return 0;
}
