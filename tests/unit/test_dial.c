/* dial.c against servers that login.c is not: greetings of real ones, other plugins, errors at every step, and a server
 * that wants our password. (Every combination of the two machines is in test_login.c.) */
#include "proxy/dial.h"

#include <check.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "protocol/auth.h"
#include "protocol/const.h"
#include "protocol/handshake.h"

#define OFFERED \
    (CLIENT_LONG_PASSWORD | CLIENT_CONNECT_WITH_DB | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_SSL | \
     CLIENT_PLUGIN_AUTH | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA | CLIENT_CONNECT_ATTRS | CLIENT_DEPRECATE_EOF)

static const uint8_t nonce[21] = "abcdefghijklmnopqrst";
static struct dial_env env;
static struct dial *d;
static struct buf from_server, out;
static uint8_t server_seq;

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void setup(void)
{
    env = (struct dial_env){.user = "mesh",
                            .password = "secret",
                            .schema = "shop",
                            .capabilities = CLIENT_DEPRECATE_EOF | CLIENT_CONNECT_ATTRS,
                            .charset = 45};
    buf_init(&from_server, 1 << 20);
    buf_init(&out, 1 << 20);
    d = NULL;
    server_seq = 0;
}

static void teardown(void)
{
    dial_free(d);
    buf_deinit(&from_server);
    buf_deinit(&out);
}

/* ------------------------------------------------------------------------------------------------ the server's part */

/* Hands the one packet in from_server over, in memory that ends with it. */
static enum dial_status feed(void)
{
    struct packet p;
    ck_assert_int_eq(packet_next(buf_ptr(&from_server), buf_len(&from_server), 1 << 20, &p), PACKET_OK);
    uint8_t *copy = malloc(p.len ? p.len : 1);
    memcpy(copy, p.data, p.len);
    p.data = copy;
    if (!d)
        d = dial_new(&env);
    enum dial_status s = dial_feed(d, &p, &out);
    free(copy);
    buf_consume(&from_server, buf_len(&from_server));
    return s;
}

static enum dial_status say(const void *p, size_t n)
{
    packet_write(&from_server, p, n, &server_seq);
    return feed();
}

static enum dial_status greet_as(const char *version, uint32_t caps, const char *plugin)
{
    struct handshake_greeting g = {.version = text(version),
                                   .connection_id = 99,
                                   .capabilities = caps,
                                   .charset = 8,
                                   .status = 2,
                                   .plugin = text(plugin)};
    memcpy(g.nonce, nonce, sizeof g.nonce);
    handshake_write_greeting(&from_server, &server_seq, &g);
    return feed();
}

static enum dial_status greet(const char *plugin)
{
    return greet_as("9.7.4", OFFERED, plugin);
}

/* The next packet that we sent; the server's sequence id follows it. */
static struct packet sent(void)
{
    static uint8_t copy[8192];
    struct packet p;
    ck_assert_uint_gt(buf_len(&out), 0);
    ck_assert_int_eq(packet_next(buf_ptr(&out), buf_len(&out), 1 << 20, &p), PACKET_OK);
    ck_assert_uint_eq(p.seq, server_seq);
    ck_assert_uint_le(p.len, sizeof copy);
    memcpy(copy, p.data, p.len);
    p.data = copy;
    buf_consume(&out, p.raw);
    server_seq = (uint8_t)(p.last + 1);
    return p;
}

static struct handshake_reply sent_reply(void)
{
    struct handshake_reply r;
    struct packet p = sent();
    ck_assert(handshake_read_reply(p.data, p.len, &r));
    return r;
}

static enum dial_status say_ok(void)
{
    return say("\0\0\0\2\0\0\0", 7);
}

static enum dial_status ask_switch(const char *plugin)
{
    handshake_write_switch(&from_server, &server_seq, plugin, (const uint8_t *)"ABCDEFGHIJKLMNOPQRST");
    return feed();
}

/* Failed, with a reason of our own that contains `part`, and nothing said since. */
static void check_failed(enum dial_status s, const char *part)
{
    ck_assert_int_eq(s, DIAL_FAILED);
    ck_assert_int_ne(dial_error(d)->code, ERROR_NONE);
    ck_assert_msg(strstr(dial_error(d)->text, part), "'%s' in: %s", part, dial_error(d)->text);
    ck_assert_uint_eq(buf_len(&out), 0);
}

/* ------------------------------------------------------------------------------------------------ greeting */

static const struct {
    const char *greeting, *version;
    uint32_t caps;
    bool mariadb;
    unsigned number;
} versions[] = {
    {"5.5.5-10.11.19-MariaDB-0+deb12u1", "10.11.19-MariaDB-0+deb12u1", OFFERED & ~CLIENT_LONG_PASSWORD, true, 101119},
    {"11.4.2-MariaDB-log", "11.4.2-MariaDB-log", OFFERED, true, 110402},
    {"9.7.4-2", "9.7.4-2", OFFERED, false, 90704},
    {"8.0.36-0ubuntu0.22.04.1", "8.0.36-0ubuntu0.22.04.1", OFFERED, false, 80036},
    {"5.5.5-m3", "5.5.5-m3", OFFERED, false, 50505},
    {"8.4", "8.4", OFFERED, false, 80400},
    {"", "", OFFERED, false, 0},
    {"99999999999.1.1", "99999999999.1.1", OFFERED, false, 9990000},
    {"8.0.1\nevil", "8.0.1?evil", OFFERED, false, 80001},
};

START_TEST(test_version)
{
    ck_assert_int_eq(greet_as(versions[_i].greeting, versions[_i].caps, "mysql_native_password"), DIAL_MORE);
    const struct dial_result *r = dial_result(d);
    ck_assert_str_eq(r->version, versions[_i].version);
    ck_assert_int_eq(r->mariadb, versions[_i].mariadb);
    ck_assert_uint_eq(r->version_number, versions[_i].number);
    ck_assert_uint_eq(r->connection_id, 99);
}
END_TEST

START_TEST(test_version_of_any_length)
{
    char version[1000];
    memset(version, '9', sizeof version - 1);
    version[sizeof version - 1] = '\0';
    ck_assert_int_eq(greet_as(version, OFFERED, "mysql_native_password"), DIAL_MORE);
    ck_assert_uint_eq(strlen(dial_result(d)->version), sizeof dial_result(d)->version - 1);
}
END_TEST

START_TEST(test_login_reply)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    static const char *const plugins[] = {"mysql_native_password", "caching_sha2_password"};
    ck_assert_int_eq(greet(plugins[_i]), DIAL_MORE);
    struct handshake_reply r = sent_reply();
    ck_assert_str_eq((const char *)r.user.p, "mesh");
    ck_assert_str_eq((const char *)r.schema.p, "shop");
    ck_assert_str_eq((const char *)r.plugin.p, plugins[_i]);
    ck_assert_uint_eq(r.charset, 45);
    ck_assert_mem_eq(r.attributes.p, "\014program_name\011shardwire", r.attributes.len);
    ck_assert_uint_eq(r.attributes.len, 23);
    size_t n = auth_scramble(auth_plugin_find(r.plugin), text("secret"), nonce, scramble);
    ck_assert_uint_eq(r.auth.len, n);
    ck_assert_mem_eq(r.auth.p, scramble, n);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
    ck_assert_uint_eq(dial_result(d)->status, 2);
    ck_assert_uint_eq(dial_result(d)->capabilities, r.capabilities);
    ck_assert_uint_eq(r.capabilities, CLIENT_CONNECT_WITH_DB | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION |
                                          CLIENT_PLUGIN_AUTH | CLIENT_CONNECT_ATTRS | CLIENT_DEPRECATE_EOF);
}
END_TEST

/* What the server lacks is dropped; what nobody wanted is not taken. */
START_TEST(test_capabilities)
{
    env.schema = NULL;
    env.capabilities = CLIENT_DEPRECATE_EOF | CLIENT_SESSION_TRACK | CLIENT_SSL | CLIENT_CONNECT_WITH_DB;
    greet_as("5.6.1", OFFERED & ~CLIENT_DEPRECATE_EOF, "mysql_native_password");
    ck_assert_uint_eq(sent_reply().capabilities, CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH);
}
END_TEST

static const struct {
    uint16_t wanted;
    bool mariadb;
    uint16_t said;
} charsets[] = {{45, false, 45},  {255, false, 255}, {255, true, 45},
                {305, false, 45}, {2304, true, 45},  {63, true, 63}};

START_TEST(test_trap_S11_charset)
{
    env.charset = charsets[_i].wanted;
    greet_as(charsets[_i].mariadb ? "11.4.2-MariaDB" : "9.7.4", OFFERED, "mysql_native_password");
    ck_assert_uint_eq(sent_reply().charset, charsets[_i].said);
    ck_assert_uint_eq(dial_result(d)->charset, charsets[_i].said);
}
END_TEST

START_TEST(test_error_instead_of_a_greeting)
{
    static const struct {
        const char *packet;
        unsigned number;
        const char *sqlstate, *message;
    } cases[] = {{"\xff\x10\x04#08004Too many connections", 1040, "08004", "Too many connections"},
                 {"\xff\x69\x04Host 'x' is blocked", 1129, "HY000", "Host 'x' is blocked"},
                 {"\xff\x15\x04#28000", 1045, "28000", ""}};
    ck_assert_int_eq(say(cases[_i].packet, strlen(cases[_i].packet)), DIAL_FAILED);
    ck_assert_int_eq(dial_error(d)->code, ERROR_NONE);
    ck_assert_uint_eq(dial_error(d)->number, cases[_i].number);
    ck_assert_str_eq(dial_error(d)->sqlstate, cases[_i].sqlstate);
    ck_assert_str_eq(dial_error(d)->text, cases[_i].message);
}
END_TEST

START_TEST(test_long_error)
{
    char packet[5000];
    memset(packet, 'x', sizeof packet);
    memcpy(packet, "\xff\x15\x04#28000", 9);
    ck_assert_int_eq(say(packet, sizeof packet), DIAL_FAILED);
    ck_assert_uint_eq(strlen(dial_error(d)->text), 511);
}
END_TEST

START_TEST(test_malformed_greeting)
{
    struct handshake_greeting g = {.version = text("9.7.4"), .capabilities = OFFERED, .plugin = text("p")};
    uint8_t zero = 0;
    handshake_write_greeting(&out, &zero, &g);
    size_t whole = buf_len(&out) - PACKET_HEADER;
    uint8_t greeting[200];
    memcpy(greeting, buf_ptr(&out) + PACKET_HEADER, whole);
    buf_consume(&out, buf_len(&out));
    for (size_t n = 0; n < whole - 2; n++) {
        server_seq = 0;
        check_failed(say(greeting, n), "malformed");
        dial_free(d);
        d = dial_new(&env);
    }
    greeting[0] = 9;
    server_seq = 0;
    check_failed(say(greeting, whole), "malformed");
}
END_TEST

START_TEST(test_old_server)
{
    check_failed(greet_as("4.0.1", OFFERED & ~(_i ? CLIENT_PROTOCOL_41 : CLIENT_SECURE_CONNECTION), ""), "older");
}
END_TEST

/* ------------------------------------------------------------------------------------------------ TLS */

START_TEST(test_tls_modes)
{
    static const struct {
        enum conf_tls_mode mode;
        bool offered, local;
        enum dial_status status;
    } cases[] = {
        {CONF_TLS_OFF, true, false, DIAL_MORE},         {CONF_TLS_PREFERRED, true, false, DIAL_TLS},
        {CONF_TLS_PREFERRED, false, false, DIAL_MORE},  {CONF_TLS_PREFERRED, true, true, DIAL_MORE},
        {CONF_TLS_REQUIRED, true, false, DIAL_TLS},     {CONF_TLS_REQUIRED, true, true, DIAL_TLS},
        {CONF_TLS_REQUIRED, false, false, DIAL_FAILED},
    };
    env.tls = cases[_i].mode;
    env.local = cases[_i].local;
    uint32_t caps = cases[_i].offered ? OFFERED : OFFERED & ~CLIENT_SSL;
    enum dial_status s = greet_as("9.7.4", caps, "caching_sha2_password");
    ck_assert_int_eq(s, cases[_i].status);
    if (s == DIAL_FAILED) {
        check_failed(s, "does not offer TLS");
        return;
    }
    if (s == DIAL_TLS) {
        struct packet p = sent();
        ck_assert(handshake_is_tls_request(p.data, p.len));
        ck_assert_uint_eq(buf_len(&out), 0); /* neither the user's name nor a scramble before the channel is private */
        dial_secured(d, &out);
    }
    ck_assert_uint_eq(!!(sent_reply().capabilities & CLIENT_SSL), s == DIAL_TLS);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
}
END_TEST

START_TEST(test_plain_bytes_after_the_tls_request)
{
    env.tls = CONF_TLS_REQUIRED;
    ck_assert_int_eq(greet("caching_sha2_password"), DIAL_TLS);
    sent();
    check_failed(say_ok(), "malformed");
}
END_TEST

/* ------------------------------------------------------------------------------------------------ passwords */

START_TEST(test_full_authentication_on_a_private_channel)
{
    env.local = _i == 0;
    env.tls = _i == 0 ? CONF_TLS_OFF : CONF_TLS_REQUIRED;
    if (greet("caching_sha2_password") == DIAL_TLS) {
        sent();
        dial_secured(d, &out);
    }
    sent();
    ck_assert_int_eq(say("\x01\x04", 2), DIAL_MORE);
    struct packet p = sent();
    ck_assert_uint_eq(p.len, 7);
    ck_assert_mem_eq(p.data, "secret", 7);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
}
END_TEST

static struct bytes make_pem(BIO *bio, EVP_PKEY *key)
{
    char *p;
    static uint8_t copy[2048];
    copy[0] = 1;
    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, key), 1);
    size_t n = (size_t)BIO_get_mem_data(bio, &p);
    memcpy(copy + 1, p, n);
    return (struct bytes){copy, n + 1};
}

/* 0: caching_sha2_password; 1: sha256_password; 2: the same on a Unix socket, where it wants RSA too */
START_TEST(test_full_authentication_by_rsa)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    struct bytes pem = make_pem(bio, key);
    uint8_t plain[AUTH_RSA_MAX];
    struct bytes password;
    env.local = _i == 2;
    greet("caching_sha2_password");
    sent();
    ck_assert_int_eq(_i ? ask_switch("sha256_password") : say("\x01\x04", 2), DIAL_MORE);
    struct packet p = sent();
    ck_assert_uint_eq(p.len, 1);
    ck_assert_uint_eq(p.data[0], _i ? 1 : 2);
    ck_assert_int_eq(say(pem.p, pem.len), DIAL_MORE);
    p = sent();
    const uint8_t *salt = _i ? (const uint8_t *)"ABCDEFGHIJKLMNOPQRST" : nonce;
    ck_assert(auth_rsa_decrypt(key, (struct bytes){p.data, p.len}, salt, plain, &password));
    ck_assert_uint_eq(password.len, 6);
    ck_assert_mem_eq(password.p, "secret", 6);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
    BIO_free(bio);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(test_bad_public_key)
{
    static const char *const keys[] = {"\x01no key", "\x01", "", "\x04-----BEGIN PUBLIC KEY-----",
                                       "\x01-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    greet("caching_sha2_password");
    sent();
    say("\x01\x04", 2);
    sent();
    enum dial_status s = say(keys[_i], strlen(keys[_i]));
    check_failed(s, strlen(keys[_i]) && *keys[_i] == 1 ? "public key" : "malformed");
}
END_TEST

START_TEST(test_no_password)
{
    env.password = _i ? NULL : "";
    greet("caching_sha2_password");
    ck_assert_uint_eq(sent_reply().auth.len, 0);
    ck_assert_int_eq(ask_switch("caching_sha2_password"), DIAL_MORE);
    struct packet p = sent();
    ck_assert_uint_eq(p.len, 1);
    ck_assert_uint_eq(p.data[0], 0);
    ck_assert_int_eq(ask_switch("mysql_native_password"), DIAL_MORE);
    ck_assert_uint_eq(sent().len, 0);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
}
END_TEST

START_TEST(test_auth_switch)
{
    static const char *const plugins[] = {"mysql_native_password", "caching_sha2_password"};
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    greet(plugins[!_i]);
    sent();
    ck_assert_int_eq(ask_switch(plugins[_i]), DIAL_MORE);
    struct packet p = sent();
    size_t n = auth_scramble(auth_plugin_find(text(plugins[_i])), text("secret"),
                             (const uint8_t *)"ABCDEFGHIJKLMNOPQRST", scramble);
    ck_assert_uint_eq(p.len, n);
    ck_assert_mem_eq(p.data, scramble, n);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
}
END_TEST

START_TEST(test_default_auth)
{
    env.default_auth = "mysql_native_password";
    greet("caching_sha2_password");
    ck_assert_str_eq((const char *)sent_reply().plugin.p, "mysql_native_password");
}
END_TEST

START_TEST(test_plugins_that_we_refuse)
{
    static const char *const names[] = {"client_ed25519", "dialog", "mysql_clear_password"};
    greet("mysql_native_password");
    sent();
    check_failed(ask_switch(names[_i]), _i == 2 ? "without TLS" : names[_i]);
}
END_TEST

START_TEST(test_clear_password_over_tls)
{
    env.tls = CONF_TLS_REQUIRED;
    greet("mysql_native_password");
    sent();
    dial_secured(d, &out);
    sent();
    ck_assert_int_eq(ask_switch("mysql_clear_password"), DIAL_MORE);
    ck_assert_mem_eq(sent().data, "secret", 7);
    ck_assert_int_eq(say_ok(), DIAL_DONE);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ servers gone wrong
 */

START_TEST(test_wrong_packets)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *why;
    } cases[] = {{"", 0, "malformed"},
                 {"\0", 1, "malformed"},
                 {"\xfe", 1, "before MySQL 4.1"},
                 {"\xfemysql_native_password", 22, "malformed"},
                 {"\xfemysql_native_password\0short\0", 28, "malformed"},
                 {"\x01", 1, "malformed"},
                 {"\x01\x05", 2, "malformed"},
                 {"\x01\x03\x03", 3, "malformed"},
                 {"\x02next factor\0", 13, "malformed"},
                 {"\x0a", 1, "malformed"},
                 {"\xff\x15", 2, "malformed"},
                 {"\xff\0\0#00000x", 10, "malformed"}};
    greet("caching_sha2_password");
    sent();
    check_failed(say(cases[_i].bytes, cases[_i].n), cases[_i].why);
    check_failed(say_ok(), cases[_i].why); /* stays so */
}
END_TEST

START_TEST(test_sequence_ids)
{
    greet("caching_sha2_password");
    sent();
    server_seq++;
    check_failed(say_ok(), "out of order");
}
END_TEST

START_TEST(test_endless_talk)
{
    enum dial_status s = greet("caching_sha2_password");
    for (int i = 0; i < 100 && s == DIAL_MORE; i++) {
        sent();
        s = ask_switch("caching_sha2_password");
    }
    check_failed(s, "malformed");
}
END_TEST

START_TEST(test_error_after_the_reply)
{
    greet("caching_sha2_password");
    sent();
    ck_assert_int_eq(say("\xff\x15\x04#28000Access denied", 22), DIAL_FAILED);
    ck_assert_uint_eq(dial_error(d)->number, 1045);
    ck_assert_int_eq(dial_error(d)->code, ERROR_NONE);
}
END_TEST

#define N(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("dial");
    TCase *t = tcase_create("dial");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_version, 0, N(versions));
    tcase_add_test(t, test_version_of_any_length);
    tcase_add_loop_test(t, test_login_reply, 0, 2);
    tcase_add_test(t, test_capabilities);
    tcase_add_loop_test(t, test_trap_S11_charset, 0, N(charsets));
    tcase_add_loop_test(t, test_error_instead_of_a_greeting, 0, 3);
    tcase_add_test(t, test_long_error);
    tcase_add_test(t, test_malformed_greeting);
    tcase_add_loop_test(t, test_old_server, 0, 2);
    tcase_add_loop_test(t, test_tls_modes, 0, 7);
    tcase_add_test(t, test_plain_bytes_after_the_tls_request);
    tcase_add_loop_test(t, test_full_authentication_on_a_private_channel, 0, 2);
    tcase_add_loop_test(t, test_full_authentication_by_rsa, 0, 3);
    tcase_add_loop_test(t, test_bad_public_key, 0, 5);
    tcase_add_loop_test(t, test_no_password, 0, 2);
    tcase_add_loop_test(t, test_auth_switch, 0, 2);
    tcase_add_test(t, test_default_auth);
    tcase_add_loop_test(t, test_plugins_that_we_refuse, 0, 3);
    tcase_add_test(t, test_clear_password_over_tls);
    tcase_add_loop_test(t, test_wrong_packets, 0, 12);
    tcase_add_test(t, test_sequence_ids);
    tcase_add_test(t, test_endless_talk);
    tcase_add_test(t, test_error_after_the_reply);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
