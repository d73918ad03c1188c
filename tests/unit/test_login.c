/* login.c against dial.c in memory, through every combination of plugins, channel and password; and login.c alone
 * against clients that dial.c is not: wrong, old, hostile. */
#include "proxy/login.h"

#include <check.h>
#include <stdlib.h>

#include "protocol/auth.h"
#include "protocol/const.h"
#include "protocol/handshake.h"
#include "proxy/dial.h"

#define CAPS \
    (CLIENT_LONG_PASSWORD | CLIENT_CONNECT_WITH_DB | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | \
     CLIENT_PLUGIN_AUTH | CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA | CLIENT_CONNECT_ATTRS | CLIENT_DEPRECATE_EOF)

static const struct conf_user users[] = {{.name = "app", .password = "secret", .schema = "shop"},
                                         {.name = "empty", .password = ""},
                                         {.name = "long", .password = "more than thirty-two bytes of p\xc3\xa4ssword"}};
static const char *const plugins[] = {"mysql_native_password", "caching_sha2_password"};
static struct login_rsa *rsa;
static struct login_env env;
static struct login *l;
static struct buf to_client, to_server;

static void make_rsa(void)
{
    rsa = login_rsa_new();
    ck_assert_ptr_nonnull(rsa);
}

static void drop_rsa(void)
{
    login_rsa_free(rsa);
}

static void setup(void)
{
    env = (struct login_env){.server_version = "8.4.0-Shardwire",
                             .capabilities = CAPS,
                             .charset = 45,
                             .default_plugin = "caching_sha2_password",
                             .rsa = rsa,
                             .users = users,
                             .n_users = sizeof users / sizeof *users};
    buf_init(&to_client, 1 << 20);
    buf_init(&to_server, 1 << 20);
    l = NULL;
}

static void teardown(void)
{
    login_free(l);
    buf_deinit(&to_client);
    buf_deinit(&to_server);
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* ------------------------------------------------------------------------------------------------ against dial.c */

enum channel { PLAIN, TLS, UNIX };

static void write_verdict(enum login_status s)
{
    if (s == LOGIN_DONE) {
        uint8_t seq = login_result(l)->seq;
        reply_write_ok(&to_client, &seq, CAPS, 0, &(struct ok_packet){.status = 2});
    } else if (s == LOGIN_FAILED) {
        uint8_t seq = login_seq(l);
        const struct error *e = login_error(l);
        reply_write_err(&to_client, &seq, e->number, e->sqlstate, e->text, strlen(e->text));
    }
}

/* Takes the packet at the front of b, as it would come out of a stream that arrives byte by byte. */
static bool take(struct buf *b, struct packet *p)
{
    if (buf_len(b) == 0)
        return false;
    size_t n = 0;
    enum packet_status s = PACKET_MORE;
    while (s == PACKET_MORE && n < buf_len(b))
        s = packet_next(buf_ptr(b), ++n, 1 << 20, p);
    ck_assert_int_eq(s, PACKET_OK);
    return true;
}

/* Both machines until neither has anything to say. */
static enum login_status converse(struct dial *d, enum dial_status *verdict)
{
    struct packet p;
    enum login_status s = LOGIN_MORE;
    for (bool moved = true; moved;) {
        moved = false;
        while (take(&to_client, &p)) {
            *verdict = dial_feed(d, &p, &to_server);
            buf_consume(&to_client, p.raw);
            moved = true;
        }
        while (take(&to_server, &p)) {
            s = login_feed(l, &p, &to_client);
            buf_consume(&to_server, p.raw);
            moved = true;
            if (s == LOGIN_TLS) {
                ck_assert_int_eq(*verdict, DIAL_TLS);
                login_secured(l);
                dial_secured(d, &to_server);
            }
            write_verdict(s);
        }
    }
    return s;
}

static const struct attempt {
    const char *user, *password;
    bool good;
    const char *using_password;
} attempts[] = {
    {"app", "secret", true, ""},
    {"long", "more than thirty-two bytes of p\xc3\xa4ssword", true, ""},
    {"empty", "", true, ""},
    {"app", "wrong", false, "YES"},
    {"app", "", false, "NO"},
    {"empty", "x", false, "YES"},
    {"nobody", "secret", false, "YES"},
    {"nobody", "", false, "NO"},
    {"App", "secret", false, "YES"},
    {"nobody", "\001nobody has this password", false, "YES"}, /* what unknown users are compared with */
};
#define N_ATTEMPTS (sizeof attempts / sizeof *attempts)

static void try_combination(const struct attempt *a, size_t server_plugin, size_t client_plugin, enum channel channel)
{
    env.default_plugin = plugins[server_plugin];
    env.capabilities = CAPS | (channel == TLS ? CLIENT_SSL : 0);
    struct dial_env there = {.user = a->user,
                             .password = a->password,
                             .schema = "warehouse",
                             .capabilities = CAPS,
                             .charset = 46,
                             .tls = CONF_TLS_PREFERRED,
                             .local = channel == UNIX,
                             .default_auth = plugins[client_plugin]};
    l = login_new(&env, 4711, "10.0.0.7", channel == UNIX, &to_client);
    struct dial *d = dial_new(&there);
    enum dial_status verdict = DIAL_MORE;
    enum login_status s = converse(d, &verdict);

    ck_assert_int_eq(s, a->good ? LOGIN_DONE : LOGIN_FAILED);
    ck_assert_int_eq(verdict, a->good ? DIAL_DONE : DIAL_FAILED);
    if (a->good) {
        const struct login_result *r = login_result(l);
        ck_assert_str_eq(r->user->name, a->user);
        ck_assert_str_eq(r->schema, "warehouse");
        ck_assert_uint_eq(r->charset, 46);
        ck_assert_uint_eq(!!(r->capabilities & CLIENT_SSL), channel == TLS);
        ck_assert_uint_eq(dial_result(d)->connection_id, 4711);
    } else {
        char want[200];
        snprintf(want, sizeof want, "Access denied for user '%s'@'10.0.0.7' (using password: %s)", a->user,
                 a->using_password);
        ck_assert_str_eq(login_error(l)->text, want);
        ck_assert_uint_eq(dial_error(d)->number, 1045);
        ck_assert_str_eq(dial_error(d)->sqlstate, "28000");
        ck_assert_str_eq(dial_error(d)->text, want);
    }
    dial_free(d);
    login_free(l);
    l = NULL;
}

START_TEST(test_every_combination)
{
    const struct attempt *a = &attempts[_i];
    for (size_t server = 0; server < 2; server++)
        for (size_t client = 0; client < 2; client++)
            for (int channel = PLAIN; channel <= UNIX; channel++)
                try_combination(a, server, client, (enum channel)channel);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ clients by hand */

static uint8_t client_seq;

static void greet(void)
{
    l = login_new(&env, 1, "10.0.0.7", false, &to_client);
    ck_assert_ptr_nonnull(l);
    client_seq = 1;
}

/* The next packet that the client got; `seq` checked. */
static struct packet got(void)
{
    static uint8_t copy[8192];
    struct packet p;
    ck_assert(take(&to_client, &p));
    ck_assert_uint_lt(p.len, sizeof copy);
    memcpy(copy, p.data, p.len);
    buf_consume(&to_client, p.raw);
    p.data = copy;
    return p;
}

static struct handshake_greeting greeting(void)
{
    static uint8_t copy[1024];
    struct handshake_greeting g;
    struct packet p = got();
    ck_assert_uint_eq(p.seq, 0);
    memcpy(copy, p.data, p.len);
    ck_assert(handshake_read_greeting(copy, p.len, &g));
    return g;
}

static enum login_status feed(void)
{
    struct packet p;
    ck_assert(take(&to_server, &p));
    enum login_status s = login_feed(l, &p, &to_client);
    buf_consume(&to_server, p.raw);
    client_seq = login_seq(l);
    return s;
}

static enum login_status send(const void *p, size_t n)
{
    packet_write(&to_server, p, n, &client_seq);
    return feed();
}

static enum login_status send_reply(uint32_t caps, const char *user, struct bytes auth, const char *plugin)
{
    struct handshake_reply r = {.capabilities = caps,
                                .max_packet = 1 << 24,
                                .charset = 45,
                                .user = text(user),
                                .auth = auth,
                                .schema = text(""),
                                .plugin = text(plugin),
                                .attributes = text("\003key\005value")};
    handshake_write_reply(&to_server, &client_seq, &r);
    return feed();
}

static const uint8_t wrong[32] = "not a scramble of any password.";

static void ask_for_full(void)
{
    greet();
    greeting();
    ck_assert_int_eq(send_reply(CAPS, "app", (struct bytes){wrong, 32}, "caching_sha2_password"), LOGIN_MORE);
    struct packet p = got();
    ck_assert_uint_eq(p.seq, 2);
    ck_assert_uint_eq(p.len, 2);
    ck_assert_mem_eq(p.data, "\x01\x04", 2);
}

START_TEST(test_trap_P7_full_authentication_by_rsa)
{
    env.capabilities = CAPS;
    greet();
    struct handshake_greeting g = greeting();
    ck_assert_int_eq(send_reply(CAPS, "app", (struct bytes){wrong, 32}, "caching_sha2_password"), LOGIN_MORE);
    got();
    ck_assert_int_eq(send("\x02", 1), LOGIN_MORE);
    struct packet p = got();
    ck_assert_uint_eq(p.seq, 4);
    struct bytes pem;
    uint8_t block[AUTH_RSA_MAX];
    ck_assert(handshake_read_more(p.data, p.len, &pem));
    size_t n = auth_rsa_encrypt(pem, text(_i ? "wrong" : "secret"), g.nonce, block);
    ck_assert_uint_eq(n, 256);
    ck_assert_int_eq(send(block, n), _i ? LOGIN_FAILED : LOGIN_DONE);
    if (_i)
        ck_assert_uint_eq(login_error(l)->number, 1045);
    else
        ck_assert_uint_eq(login_result(l)->seq, 6);
}
END_TEST

/* A client that brought the key with it sends the password without asking. */
START_TEST(test_full_authentication_by_known_key)
{
    static uint8_t kept[2048];
    ask_for_full();
    ck_assert_int_eq(send("\x02", 1), LOGIN_MORE);
    struct packet p = got();
    memcpy(kept, p.data + 1, p.len - 1);
    struct bytes pem = {kept, p.len - 1};
    login_free(l);
    greet();
    struct handshake_greeting g = greeting();
    send_reply(CAPS, "app", (struct bytes){wrong, 32}, "caching_sha2_password");
    got();
    uint8_t block[AUTH_RSA_MAX];
    ck_assert_int_eq(send(block, auth_rsa_encrypt(pem, text("secret"), g.nonce, block)), LOGIN_DONE);
}
END_TEST

START_TEST(test_full_authentication_over_tls)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum login_status status;
    } cases[] = {{"secret", 7, LOGIN_DONE}, {"secreT", 7, LOGIN_FAILED}, {"secret", 6, LOGIN_FAILED},
                 {"", 0, LOGIN_FAILED},     {"", 1, LOGIN_FAILED},       {"secret\0x", 9, LOGIN_FAILED}};
    greet();
    login_secured(l);
    greeting();
    send_reply(CAPS, "app", (struct bytes){wrong, 32}, "caching_sha2_password");
    got();
    ck_assert_int_eq(send(cases[_i].bytes, cases[_i].n), cases[_i].status);
    ck_assert_uint_eq(login_error(l)->number, cases[_i].status == LOGIN_FAILED ? 1045 : 0);
}
END_TEST

START_TEST(test_cleartext_is_never_taken_without_tls)
{
    ask_for_full();
    ck_assert_int_eq(send("secret", 7), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1045);
}
END_TEST

START_TEST(test_unknown_user_is_asked_the_same)
{
    greet();
    greeting();
    ck_assert_int_eq(send_reply(CAPS, "nobody", (struct bytes){wrong, 32}, "caching_sha2_password"), LOGIN_MORE);
    ck_assert_mem_eq(got().data, "\x01\x04", 2);
    ck_assert_int_eq(send("\x02", 1), LOGIN_MORE);
    ck_assert_uint_gt(got().len, 300);
    ck_assert_int_eq(send(wrong, 32), LOGIN_FAILED);
    ck_assert_str_eq(login_error(l)->text, "Access denied for user 'nobody'@'10.0.0.7' (using password: YES)");
}
END_TEST

/* The password that unknown users are compared with stands in the source for everyone to read. */
START_TEST(test_nobody_logs_in_as_nobody)
{
    static const char stand_in[] = "\001nobody has this password";
    greet();
    login_secured(l);
    greeting();
    send_reply(CAPS, "nobody", (struct bytes){wrong, 32}, "caching_sha2_password");
    got();
    ck_assert_int_eq(send(stand_in, sizeof stand_in), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1045);
}
END_TEST

/* The client names a plugin that the greeting did not, and waits for its challenge; or names one that nobody knows. */
START_TEST(test_auth_switch)
{
    static const char *const named[] = {"mysql_native_password", "client_ed25519", "", "sha256_password"};
    static const char *const asked[] = {"mysql_native_password", "caching_sha2_password", "caching_sha2_password",
                                        "caching_sha2_password"};
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    struct handshake_switch s;
    greet();
    greeting();
    ck_assert_int_eq(send_reply(CAPS, "app", text(_i ? "whatever" : ""), named[_i]), LOGIN_MORE);
    struct packet p = got();
    ck_assert(handshake_read_switch(p.data, p.len, &s));
    ck_assert_str_eq((const char *)s.plugin.p, asked[_i]);
    ck_assert_uint_eq(s.data.len, 21);
    size_t n = auth_scramble(auth_plugin_find(s.plugin), text("secret"), s.data.p, scramble);
    ck_assert_int_eq(send(scramble, n), LOGIN_DONE);
    ck_assert_str_eq(login_result(l)->user->name, "app");
}
END_TEST

START_TEST(test_client_without_plugins_speaks_native)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    greet();
    struct handshake_greeting g = greeting();
    size_t n = auth_scramble(AUTH_NATIVE, text("secret"), g.nonce, scramble);
    ck_assert_int_eq(send_reply(CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION, "app", (struct bytes){scramble, n}, ""),
                     LOGIN_DONE);
}
END_TEST

START_TEST(test_wrong_length_of_scramble)
{
    greet();
    greeting();
    ck_assert_int_eq(send_reply(CAPS, "app", (struct bytes){wrong, 19}, plugins[_i]), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, _i ? 1045 : 1043);
}
END_TEST

START_TEST(test_tls_required)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    env.tls_required = true;
    env.capabilities |= CLIENT_SSL;
    greet();
    struct handshake_greeting g = greeting();
    size_t n = auth_scramble(AUTH_CACHING_SHA2, text("secret"), g.nonce, scramble);
    ck_assert_int_eq(send_reply(CAPS | CLIENT_SSL, "app", (struct bytes){scramble, n}, "caching_sha2_password"),
                     LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 3159);
    ck_assert_uint_eq(login_seq(l), 2);
}
END_TEST

static enum login_status send_tls_request(void)
{
    handshake_write_tls_request(&to_server, &client_seq, &(struct handshake_reply){.capabilities = CAPS});
    return feed();
}

START_TEST(test_plain_bytes_after_a_tls_request)
{
    env.capabilities |= CLIENT_SSL;
    greet();
    greeting();
    ck_assert_int_eq(send_tls_request(), LOGIN_TLS);
    ck_assert_int_eq(send_reply(CAPS, "empty", text(""), "caching_sha2_password"), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1043);
}
END_TEST

START_TEST(test_tls_request_not_offered)
{
    greet();
    greeting();
    ck_assert_int_eq(send_tls_request(), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1043);
}
END_TEST

START_TEST(test_sequence_ids)
{
    greet();
    greeting();
    client_seq = 2;
    ck_assert_int_eq(send_reply(CAPS, "empty", text(""), "caching_sha2_password"), LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1156);
    ck_assert_uint_eq(login_seq(l), 3);
    ck_assert_int_eq(send("x", 1), LOGIN_FAILED); /* stays so */
}
END_TEST

/* The reply and the first command in one segment: the login takes its own packet and leaves the other. */
START_TEST(test_trap_P2_command_behind_the_login_reply)
{
    greet();
    greeting();
    struct handshake_reply r = {
        .capabilities = CAPS, .user = text("empty"), .plugin = text("caching_sha2_password"), .schema = text("")};
    handshake_write_reply(&to_server, &client_seq, &r);
    uint8_t zero = 0;
    packet_write(&to_server, "\003select 1", 9, &zero);
    ck_assert_int_eq(feed(), LOGIN_DONE);
    struct packet p;
    ck_assert(take(&to_server, &p));
    ck_assert_mem_eq(p.data, "\003select 1", 9);
}
END_TEST

START_TEST(test_garbage_at_every_step)
{
    uint8_t noise[300];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 31 + (size_t)_i * 7);
    for (size_t n = 0; n < sizeof noise; n += 13) {
        greet();
        greeting();
        if (n != 32 || !(noise[1] & 8))
            ck_assert_int_eq(send(noise, n), LOGIN_FAILED);
        login_free(l);
        ask_for_full();
        ck_assert_int_ne(send(noise, n), LOGIN_DONE);
        login_free(l);
        ask_for_full();
        send("\x02", 1);
        got();
        ck_assert_int_eq(send(noise, n), LOGIN_FAILED);
        login_free(l);
        l = NULL;
    }
}
END_TEST

START_TEST(test_result)
{
    greet();
    greeting();
    struct handshake_reply r = {.capabilities = ~(CLIENT_SSL | CLIENT_LONG_PASSWORD),
                                .max_packet = 12345,
                                .mariadb_capabilities = 0x1c,
                                .user = text("empty"),
                                .schema = text("shop"),
                                .plugin = text("caching_sha2_password"),
                                .attributes = text("\003key\005value")};
    handshake_write_reply(&to_server, &client_seq, &r);
    ck_assert_int_eq(feed(), LOGIN_DONE);
    buf_deinit(&to_server); /* the strings must not live in the packet */
    const struct login_result *got_result = login_result(l);
    ck_assert_uint_eq(got_result->capabilities, CAPS & ~CLIENT_LONG_PASSWORD);
    ck_assert_uint_eq(got_result->mariadb_capabilities, 0x1c);
    ck_assert_uint_eq(got_result->max_packet, 12345);
    ck_assert_uint_eq(got_result->charset, 45); /* not said: the greeting's */
    ck_assert_str_eq(got_result->schema, "shop");
    ck_assert_uint_eq(got_result->attributes.len, 10);
    ck_assert_mem_eq(got_result->attributes.p, "\003key\005value", 10);
    ck_assert_uint_eq(got_result->seq, 2);
}
END_TEST

START_TEST(test_schema_of_the_user)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    greet();
    struct handshake_greeting g = greeting();
    size_t n = auth_scramble(AUTH_CACHING_SHA2, text("secret"), g.nonce, scramble);
    ck_assert_int_eq(send_reply(CAPS, "app", (struct bytes){scramble, n}, "caching_sha2_password"), LOGIN_DONE);
    ck_assert_str_eq(login_result(l)->schema, "shop");
}
END_TEST

START_TEST(test_nonces)
{
    uint8_t last[20] = {0};
    for (int i = 0; i < 200; i++) {
        greet();
        struct handshake_greeting g = greeting();
        ck_assert_mem_ne(g.nonce, last, 20);
        memcpy(last, g.nonce, 20);
        for (size_t j = 0; j < 20; j++)
            ck_assert(g.nonce[j] > 0 && g.nonce[j] < 0x80 && g.nonce[j] != '$');
        ck_assert_mem_eq(login_result(l)->nonce, last, 20);
        login_free(l);
        l = NULL;
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------ COM_CHANGE_USER */

static const uint8_t nonce[20] = "abcdefghijklmnopqrst";

static enum login_status change_user(uint32_t caps, const char *user, struct bytes auth, const char *plugin)
{
    enum login_status s;
    struct packet p;
    uint8_t zero = 0;
    struct handshake_reply r = {.capabilities = caps,
                                .charset = 305,
                                .user = text(user),
                                .auth = auth,
                                .schema = text("x"),
                                .plugin = text(plugin),
                                .attributes = text("")};
    handshake_write_change_user(&to_server, &zero, &r);
    ck_assert(take(&to_server, &p));
    l = login_change_user(&env, caps, nonce, "10.0.0.7", false, &p, &to_client, &s);
    buf_consume(&to_server, p.raw);
    client_seq = login_seq(l);
    return s;
}

START_TEST(test_change_user_at_once)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    size_t n = auth_scramble(auth_plugin_find(text(plugins[_i])), text("secret"), nonce, scramble);
    ck_assert_int_eq(change_user(CAPS, "app", (struct bytes){scramble, n}, plugins[_i]), LOGIN_DONE);
    ck_assert_str_eq(login_result(l)->user->name, "app");
    ck_assert_str_eq(login_result(l)->schema, "x");
    ck_assert_uint_eq(login_result(l)->charset, 305);
    ck_assert_uint_eq(login_result(l)->capabilities, CAPS);
    ck_assert_uint_eq(login_result(l)->seq, _i ? 2 : 1); /* caching_sha2_password: behind "fast ok" */
}
END_TEST

START_TEST(test_change_user_by_switch)
{
    uint8_t scramble[AUTH_SCRAMBLE_MAX];
    struct handshake_switch s;
    const char *password = _i & 2 ? "wrong" : "secret";
    ck_assert_int_eq(change_user(CAPS, "app", text(_i & 1 ? "" : "twenty wrong bytes.."), "mysql_native_password"),
                     LOGIN_MORE);
    struct packet p = got();
    ck_assert_uint_eq(p.seq, 1);
    ck_assert(handshake_read_switch(p.data, p.len, &s));
    ck_assert_str_eq((const char *)s.plugin.p, "mysql_native_password");
    ck_assert_mem_eq(s.data.p, nonce, 20); /* Connector/C answers with the nonce of its login, whatever stands here */
    size_t n = auth_scramble(AUTH_NATIVE, text(password), nonce, scramble);
    ck_assert_int_eq(send(scramble, n), _i & 2 ? LOGIN_FAILED : LOGIN_DONE);
}
END_TEST

START_TEST(test_change_user_with_unknown_plugin)
{
    struct handshake_switch s;
    ck_assert_int_eq(change_user(CAPS, "empty", text("something"), "dialog"), LOGIN_MORE);
    struct packet p = got();
    ck_assert(handshake_read_switch(p.data, p.len, &s));
    ck_assert_str_eq((const char *)s.plugin.p, "caching_sha2_password");
    ck_assert_int_eq(send("", 1), LOGIN_DONE);
}
END_TEST

START_TEST(test_change_user_refused)
{
    ck_assert_int_eq(
        change_user(CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION, "app", text("twenty wrong bytes.."), ""),
        LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1045);
    ck_assert_uint_eq(login_seq(l), 1);
    login_free(l);

    enum login_status s;
    uint8_t cut[] = {COM_CHANGE_USER, 'a', 'p', 'p'};
    struct packet p = {.data = cut, .len = sizeof cut, .raw = 8};
    l = login_change_user(&env, CAPS, nonce, "10.0.0.7", false, &p, &to_client, &s);
    ck_assert_int_eq(s, LOGIN_FAILED);
    ck_assert_uint_eq(login_error(l)->number, 1047);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("login");
    TCase *t = tcase_create("login");
    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, make_rsa, drop_rsa);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_every_combination, 0, N_ATTEMPTS);
    tcase_add_loop_test(t, test_trap_P7_full_authentication_by_rsa, 0, 2);
    tcase_add_test(t, test_full_authentication_by_known_key);
    tcase_add_loop_test(t, test_full_authentication_over_tls, 0, 6);
    tcase_add_test(t, test_cleartext_is_never_taken_without_tls);
    tcase_add_test(t, test_unknown_user_is_asked_the_same);
    tcase_add_test(t, test_nobody_logs_in_as_nobody);
    tcase_add_loop_test(t, test_auth_switch, 0, 4);
    tcase_add_test(t, test_client_without_plugins_speaks_native);
    tcase_add_loop_test(t, test_wrong_length_of_scramble, 0, 2);
    tcase_add_test(t, test_tls_required);
    tcase_add_test(t, test_plain_bytes_after_a_tls_request);
    tcase_add_test(t, test_tls_request_not_offered);
    tcase_add_test(t, test_sequence_ids);
    tcase_add_test(t, test_trap_P2_command_behind_the_login_reply);
    tcase_add_loop_test(t, test_garbage_at_every_step, 0, 8);
    tcase_add_test(t, test_result);
    tcase_add_test(t, test_schema_of_the_user);
    tcase_add_test(t, test_nonces);
    tcase_add_loop_test(t, test_change_user_at_once, 0, 2);
    tcase_add_loop_test(t, test_change_user_by_switch, 0, 4);
    tcase_add_test(t, test_change_user_with_unknown_plugin);
    tcase_add_test(t, test_change_user_refused);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
