/* The packets of the connection phase: greetings as real servers sent them, everything there and back, and every packet
 * cut at every length (in memory of exactly that length, so that the address sanitizer sees a read past the end). */
#include "protocol/handshake.h"

#include <check.h>
#include <stdlib.h>

#include "protocol/const.h"

static struct buf out;
static uint8_t seq;

static void setup(void)
{
    buf_init(&out, 1 << 20);
    seq = 7;
}

static void teardown(void)
{
    buf_deinit(&out);
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

#define CHECK_TEXT(got, want) \
    do { \
        ck_assert_uint_eq((got).len, strlen(want)); \
        ck_assert_mem_eq((got).p, want, strlen(want)); \
    } while (0)

/* The one packet in `out`; checks its header. */
static struct packet written(void)
{
    struct packet p;
    ck_assert(!out.bad);
    ck_assert_int_eq(packet_next(buf_ptr(&out), buf_len(&out), 1 << 20, &p), PACKET_OK);
    ck_assert_uint_eq(p.raw, buf_len(&out));
    ck_assert_uint_eq(p.seq, 7);
    ck_assert_uint_eq(seq, 8);
    return p;
}

static const uint8_t mariadb_greeting[] = "\x0a"
                                          "5.5.5-10.11.19-MariaDB-0+deb12u1\0"
                                          "\x1a\0\0\0t:_R[Qe,\0\xfe\xff\x08\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0"
                                          "EXj,;#>LETU/\0mysql_native_password";

START_TEST(test_greeting_of_mariadb)
{
    struct handshake_greeting g;
    ck_assert(handshake_read_greeting(mariadb_greeting, sizeof mariadb_greeting, &g));
    CHECK_TEXT(g.version, "5.5.5-10.11.19-MariaDB-0+deb12u1");
    ck_assert_uint_eq(g.connection_id, 26);
    ck_assert_mem_eq(g.nonce, "t:_R[Qe,EXj,;#>LETU/", 20);
    ck_assert_uint_eq(g.capabilities, 0x81fffffeu);
    ck_assert_uint_eq(g.mariadb_capabilities, 0x1d);
    ck_assert_uint_eq(g.charset, 8);
    ck_assert_uint_eq(g.status, SERVER_STATUS_AUTOCOMMIT);
    CHECK_TEXT(g.plugin, "mysql_native_password");
}
END_TEST

/* Without the NUL of the plugin's name, as 5.5.7 to 5.5.9 sent it. */
START_TEST(test_greeting_of_mysql)
{
    static const uint8_t greeting[] = "\x0a"
                                      "9.7.4-2\0"
                                      "-\0\0\0b1(qB\x02\x1cT\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"
                                      "\x15"
                                      "f>\x15"
                                      "FU\x15"
                                      "32*\x0fm\0caching_sha2_password";
    struct handshake_greeting g;
    ck_assert(handshake_read_greeting(greeting, sizeof greeting - 1, &g));
    CHECK_TEXT(g.version, "9.7.4-2");
    ck_assert_uint_eq(g.connection_id, 45);
    ck_assert_mem_eq(g.nonce + 8,
                     "\x15"
                     "f>\x15"
                     "FU\x15"
                     "32*\x0fm",
                     12);
    ck_assert_uint_eq(g.capabilities, 0xdfffffffu);
    ck_assert_uint_eq(g.mariadb_capabilities, 0);
    ck_assert_uint_eq(g.charset, 255);
    CHECK_TEXT(g.plugin, "caching_sha2_password");
}
END_TEST

START_TEST(test_greeting_there_and_back)
{
    struct handshake_greeting g = {.version = text("8.4.0-Shardwire"),
                                   .connection_id = 0xfedcba98,
                                   .nonce = "abcdefghijklmnopqrs",
                                   .capabilities = CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH |
                                                   CLIENT_LONG_PASSWORD | CLIENT_DEPRECATE_EOF,
                                   .mariadb_capabilities = 5,
                                   .charset = 45,
                                   .status = 0x4002,
                                   .plugin = text("caching_sha2_password")},
                              got;
    handshake_write_greeting(&out, &seq, &g);
    struct packet p = written();
    ck_assert(handshake_read_greeting(p.data, p.len, &got));
    CHECK_TEXT(got.version, "8.4.0-Shardwire");
    CHECK_TEXT(got.plugin, "caching_sha2_password");
    ck_assert_mem_eq(got.nonce, g.nonce, sizeof g.nonce);
    ck_assert_uint_eq(got.connection_id, g.connection_id);
    ck_assert_uint_eq(got.capabilities, g.capabilities);
    ck_assert_uint_eq(got.status, g.status);
    ck_assert_uint_eq(got.mariadb_capabilities, 0); /* a server with CLIENT_LONG_PASSWORD has none */
    ck_assert_uint_eq(p.data[p.len - 1], 0);
}
END_TEST

static const struct handshake_reply full_reply = {.max_packet = 0x01000000,
                                                  .charset = 255,
                                                  .mariadb_capabilities = 0x14,
                                                  .user = {(const uint8_t *)"app", 3},
                                                  .auth = {(const uint8_t *)"12345678901234567890", 20},
                                                  .schema = {(const uint8_t *)"shop", 4},
                                                  .plugin = {(const uint8_t *)"mysql_native_password", 21},
                                                  .attributes = {(const uint8_t *)"\003key\005value", 10},
                                                  .zstd_level = 9};

#define ALWAYS (CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION)

/* Every combination of the capabilities that change what stands in the packet. */
START_TEST(test_reply_there_and_back)
{
    static const uint32_t bits[] = {CLIENT_CONNECT_WITH_DB,
                                    CLIENT_PLUGIN_AUTH,
                                    CLIENT_CONNECT_ATTRS,
                                    CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA,
                                    CLIENT_ZSTD_COMPRESSION_ALGORITHM,
                                    CLIENT_LONG_PASSWORD};
    struct handshake_reply r = full_reply, got;
    r.capabilities = ALWAYS;
    for (size_t i = 0; i < 6; i++)
        r.capabilities |= _i >> i & 1 ? bits[i] : 0;
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    ck_assert(handshake_read_reply(p.data, p.len, &got));
    ck_assert(!handshake_is_tls_request(p.data, p.len));
    ck_assert_uint_eq(got.capabilities, r.capabilities);
    ck_assert_uint_eq(got.max_packet, r.max_packet);
    ck_assert_uint_eq(got.charset, 255);
    ck_assert_uint_eq(got.mariadb_capabilities, r.capabilities & CLIENT_LONG_PASSWORD ? 0 : 0x14);
    ck_assert_str_eq((const char *)got.user.p, "app");
    CHECK_TEXT(got.auth, "12345678901234567890");
    CHECK_TEXT(got.schema, r.capabilities & CLIENT_CONNECT_WITH_DB ? "shop" : "");
    CHECK_TEXT(got.plugin, r.capabilities & CLIENT_PLUGIN_AUTH ? "mysql_native_password" : "");
    CHECK_TEXT(got.attributes, r.capabilities & CLIENT_CONNECT_ATTRS ? "\003key\005value" : "");
    ck_assert_uint_eq(got.zstd_level, r.capabilities & CLIENT_ZSTD_COMPRESSION_ALGORITHM ? 9 : 0);
}
END_TEST

/* Data longer than 250 bytes needs the length-encoded form, and takes it; without it the data is left out, not cut. */
START_TEST(test_long_auth_data)
{
    uint8_t data[700];
    memset(data, 'x', sizeof data);
    struct handshake_reply r = full_reply, got;
    r.auth = (struct bytes){data, sizeof data};
    r.capabilities = ALWAYS | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA;
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    ck_assert(handshake_read_reply(p.data, p.len, &got));
    ck_assert_uint_eq(got.auth.len, sizeof data);
    buf_truncate(&out, 0);
    seq = 7;
    r.capabilities = ALWAYS;
    handshake_write_reply(&out, &seq, &r);
    p = written();
    ck_assert(handshake_read_reply(p.data, p.len, &got));
    ck_assert_uint_eq(got.auth.len, 0);
}
END_TEST

START_TEST(test_trap_S11_charset_ids_above_255)
{
    struct handshake_reply r = full_reply, got;
    r.capabilities = ALWAYS | CLIENT_PLUGIN_AUTH;
    r.charset = 305;
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    ck_assert(handshake_read_reply(p.data, p.len, &got));
    ck_assert_uint_eq(got.charset, HANDSHAKE_CHARSET); /* never 305 - 256, which is another character set */

    buf_truncate(&out, 0);
    seq = 7;
    handshake_write_change_user(&out, &seq, &r);
    p = written();
    ck_assert(handshake_read_change_user(p.data, p.len, r.capabilities, &got));
    ck_assert_uint_eq(got.charset, 305);
}
END_TEST

START_TEST(test_tls_request)
{
    struct handshake_reply r = full_reply;
    r.capabilities = ALWAYS;
    handshake_write_tls_request(&out, &seq, &r);
    struct packet p = written();
    ck_assert_uint_eq(p.len, HANDSHAKE_TLS_REQUEST);
    ck_assert(handshake_is_tls_request(p.data, p.len));
    ck_assert(!handshake_is_tls_request(p.data, p.len - 1));
    ck_assert(!handshake_read_reply(p.data, p.len, &r));
    p.data[1] &= (uint8_t) ~(CLIENT_SSL >> 8);
    ck_assert(!handshake_is_tls_request(p.data, p.len));
}
END_TEST

START_TEST(test_protocol_before_41_is_refused)
{
    struct handshake_reply r = full_reply, got;
    r.capabilities = CLIENT_SECURE_CONNECTION;
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    ck_assert(!handshake_read_reply(p.data, p.len, &got));
}
END_TEST

START_TEST(test_change_user)
{
    struct handshake_reply r = full_reply, got;
    r.capabilities = ALWAYS | CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS;
    handshake_write_change_user(&out, &seq, &r);
    struct packet p = written();
    ck_assert(handshake_read_change_user(p.data, p.len, r.capabilities, &got));
    CHECK_TEXT(got.user, "app");
    CHECK_TEXT(got.auth, "12345678901234567890");
    CHECK_TEXT(got.schema, "shop");
    CHECK_TEXT(got.plugin, "mysql_native_password");
    CHECK_TEXT(got.attributes, "\003key\005value");

    /* the shortest that drivers send: nothing behind the schema */
    static const uint8_t shortest[] = {COM_CHANGE_USER, 'u', 0, 0, 0};
    ck_assert(handshake_read_change_user(shortest, sizeof shortest, r.capabilities, &got));
    CHECK_TEXT(got.user, "u");
    ck_assert_uint_eq(got.charset, 0);
    ck_assert(!handshake_read_change_user((const uint8_t *)"\003select 1", 9, r.capabilities, &got));
}
END_TEST

START_TEST(test_switch_and_more)
{
    struct handshake_switch s;
    struct bytes data;
    handshake_write_switch(&out, &seq, "caching_sha2_password", (const uint8_t *)"abcdefghijklmnopqrst");
    struct packet p = written();
    ck_assert(handshake_read_switch(p.data, p.len, &s));
    CHECK_TEXT(s.plugin, "caching_sha2_password");
    ck_assert_uint_eq(s.data.len, HANDSHAKE_NONCE + 1);
    ck_assert_mem_eq(s.data.p, "abcdefghijklmnopqrst", 21);
    ck_assert(!handshake_read_more(p.data, p.len, &data));

    buf_truncate(&out, 0);
    seq = 7;
    handshake_write_more(&out, &seq, "\003", 1);
    p = written();
    ck_assert(handshake_read_more(p.data, p.len, &data));
    CHECK_TEXT(data, "\003");
    ck_assert(!handshake_read_switch(p.data, p.len, &s));
}
END_TEST

/* Calls the reader with the first n bytes of p, in memory that ends there. */
static bool read_cut(int which, const uint8_t *p, size_t n)
{
    struct handshake_greeting g;
    struct handshake_reply r;
    struct handshake_switch s;
    struct bytes data;
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    bool ok = false;
    switch (which) {
    case 0:
        ok = handshake_read_greeting(copy, n, &g);
        break;
    case 1:
        ok = handshake_read_reply(copy, n, &r);
        break;
    case 2:
        ok = handshake_read_change_user(copy, n, ~0u, &r);
        break;
    case 3:
        ok = handshake_read_switch(copy, n, &s) || handshake_read_more(copy, n, &data);
        break;
    }
    free(copy);
    return ok;
}

/* What may be missing at the end of a login reply is whole fields only. */
START_TEST(test_cut_at_every_length)
{
    struct handshake_reply r = full_reply;
    r.capabilities = ~(CLIENT_SSL | CLIENT_LONG_PASSWORD);
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    size_t user = 32, auth = user + 4, schema = auth + 21, plugin = schema + 5, attrs = plugin + 22, level = attrs + 11;
    ck_assert_uint_eq(p.len, level + 1);
    for (size_t n = 0; n <= p.len; n++) {
        bool whole = n == schema || n == plugin || n == attrs || n == level || n == p.len;
        ck_assert_msg(read_cut(1, p.data, n) == whole, "cut to %zu bytes", n);
    }
    for (size_t n = 0; n < sizeof mariadb_greeting;
         n++) /* its last string may lack the NUL, not a byte more than that */
        if (n < sizeof mariadb_greeting - sizeof "mysql_native_password")
            ck_assert(!read_cut(0, mariadb_greeting, n));

    buf_truncate(&out, 0);
    seq = 7;
    handshake_write_change_user(&out, &seq, &r);
    p = written();
    for (size_t n = 0; n < 1 + 4 + 21 + 5; n++)
        ck_assert(!read_cut(2, p.data, n));
    ck_assert(!read_cut(3, p.data, 0));
}
END_TEST

/* Any byte may be any value: nothing is read outside (asan), whatever the verdict. */
START_TEST(test_every_byte_changed)
{
    struct handshake_reply r = full_reply;
    r.capabilities = ~(CLIENT_SSL | CLIENT_LONG_PASSWORD);
    handshake_write_reply(&out, &seq, &r);
    struct packet p = written();
    uint8_t greeting[sizeof mariadb_greeting];
    memcpy(greeting, mariadb_greeting, sizeof greeting);
    static const uint8_t values[] = {0, 1, 0x7f, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    for (size_t v = 0; v < sizeof values; v++) {
        for (size_t i = 0; i < p.len; i++) {
            uint8_t was = p.data[i];
            p.data[i] = values[v];
            read_cut(1, p.data, p.len);
            p.data[i] = was;
        }
        for (size_t i = 0; i < sizeof greeting; i++) {
            uint8_t was = greeting[i];
            greeting[i] = values[v];
            read_cut(0, greeting, sizeof greeting);
            greeting[i] = was;
        }
    }
    ck_assert(read_cut(1, p.data, p.len));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("handshake");
    TCase *t = tcase_create("handshake");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_greeting_of_mariadb);
    tcase_add_test(t, test_greeting_of_mysql);
    tcase_add_test(t, test_greeting_there_and_back);
    tcase_add_loop_test(t, test_reply_there_and_back, 0, 64);
    tcase_add_test(t, test_long_auth_data);
    tcase_add_test(t, test_trap_S11_charset_ids_above_255);
    tcase_add_test(t, test_tls_request);
    tcase_add_test(t, test_protocol_before_41_is_refused);
    tcase_add_test(t, test_change_user);
    tcase_add_test(t, test_switch_and_more);
    tcase_add_test(t, test_cut_at_every_length);
    tcase_add_test(t, test_every_byte_changed);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
