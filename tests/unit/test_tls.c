/* Two tls of ours against each other in memory, with certificates made for the run: verification both ways, bytes in
 * pieces of any size, and what happens to nonsense. */
#include "proxy/tls.h"

#include <check.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------ certificates */

static char dir[] = "/tmp/shardwire-tls-XXXXXX";

static char *path(const char *name)
{
    static char paths[16][128];
    static unsigned next;
    char *p = paths[next++ % 16];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

/* The files are made once, before Check forks: its asserts do not work there. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

static FILE *create(const char *name)
{
    FILE *f = fopen(path(name), "w");
    must(f != NULL);
    return f;
}

static void extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    must(e != NULL);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

/* A certificate for `key`, signed by the issuer's key; issuer NULL: its own. Written to NAME.pem and NAME.key. */
static X509 *make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    char file[64];
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject);
    if (issuer)
        extension(cert, NID_subject_alt_name, "DNS:db.example,IP:127.0.0.1");
    else
        extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    must(X509_sign(cert, issuer_key, EVP_sha256()) > 0);

    snprintf(file, sizeof file, "%s.pem", name);
    FILE *f = create(file);
    PEM_write_X509(f, cert);
    fclose(f);
    snprintf(file, sizeof file, "%s.key", name);
    f = create(file);
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    return cert;
}

static void make_files(void)
{
    static const char *const names[] = {"server", "client"};
    must(mkdtemp(dir) != NULL);
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *other_key = EVP_EC_gen("P-256");
    X509 *ca = make_certificate("ca", ca_key, NULL, ca_key);
    X509_free(make_certificate("other", other_key, NULL, other_key));
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509_free(make_certificate(names[i], key, ca, ca_key));
        if (i == 0) {
            FILE *f = create("locked.key");
            PEM_write_PKCS8PrivateKey(f, key, EVP_aes_128_cbc(), "open", 4, NULL, NULL);
            fclose(f);
        }
        EVP_PKEY_free(key);
    }
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(other_key);
    ERR_clear_error();
}

static void drop_files(void)
{
    static const char *const names[] = {"ca.pem",     "ca.key",     "other.pem",  "other.key", "server.pem",
                                        "server.key", "client.pem", "client.key", "locked.key"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path(names[i]));
    rmdir(dir);
}

/* ------------------------------------------------------------------------------------------------ a pair */

struct side {
    struct tls *tls;
    struct buf plain, wire; /* received; to be sent */
    enum tls_status status;
};
static struct side server, client;
static struct conf_tls server_conf, client_conf;

static void setup(void)
{
    server_conf =
        (struct conf_tls){.mode = CONF_TLS_PREFERRED, .certificate = path("server.pem"), .key = path("server.key")};
    client_conf = (struct conf_tls){.mode = CONF_TLS_REQUIRED};
    struct side *sides[] = {&server, &client};
    for (size_t i = 0; i < 2; i++) {
        *sides[i] = (struct side){0};
        buf_init(&sides[i]->plain, 1 << 22);
        buf_init(&sides[i]->wire, 1 << 22);
    }
}

static void teardown(void)
{
    struct side *sides[] = {&server, &client};
    for (size_t i = 0; i < 2; i++) {
        tls_free(sides[i]->tls);
        buf_deinit(&sides[i]->plain);
        buf_deinit(&sides[i]->wire);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static struct tls *open_side(const struct conf_tls *conf, bool is_server, const char *host)
{
    char error[256] = "";
    struct tls_context *c = tls_context_new(conf, is_server, error, sizeof error);
    ck_assert_msg(c != NULL, "%s", error);
    struct tls *t = tls_new(c, host);
    tls_context_unref(c); /* the tls keeps it */
    return t;
}

/* Carries what `from` has to send to `to`, in pieces of `step` bytes. */
static bool carry(struct side *from, struct side *to, size_t step)
{
    bool moved = buf_len(&from->wire) > 0;
    while (buf_len(&from->wire)) {
        size_t n = buf_len(&from->wire) < step ? buf_len(&from->wire) : step;
        to->status = tls_feed(to->tls, buf_ptr(&from->wire), n, &to->plain, &to->wire);
        buf_consume(&from->wire, n);
    }
    return moved;
}

static void shake_hands(const char *host, size_t step)
{
    server.tls = open_side(&server_conf, true, NULL);
    client.tls = open_side(&client_conf, false, host);
    ck_assert_ptr_nonnull(server.tls);
    ck_assert_ptr_nonnull(client.tls);
    client.status = tls_write(client.tls, NULL, 0, &client.wire);
    ck_assert_uint_gt(buf_len(&client.wire), 0);
    for (bool moved = true; moved;) {
        moved = carry(&client, &server, step);
        moved = carry(&server, &client, step) || moved;
    }
}

static bool established(void)
{
    return tls_established(server.tls) && tls_established(client.tls) && server.status == TLS_OK &&
           client.status == TLS_OK;
}

/* ------------------------------------------------------------------------------------------------ tests */

START_TEST(test_handshake_in_pieces)
{
    static const size_t steps[] = {1, 2, 7, 100, 1 << 20};
    shake_hands("db.example", steps[_i]);
    ck_assert(established());
    ck_assert_str_eq(tls_version(client.tls), "TLSv1.3");
    ck_assert_str_eq(tls_cipher(client.tls), tls_cipher(server.tls));
    ck_assert_uint_gt(strlen(tls_cipher(client.tls)), 5);
    ck_assert_uint_eq(buf_len(&client.plain) + buf_len(&server.plain), 0);
}
END_TEST

/* Over 16 KiB, both ways, in pieces; and many small records in one piece. */
START_TEST(test_trap_P8_sizes)
{
    static uint8_t data[200000];
    static const size_t steps[] = {1, 1000, 1 << 20};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    shake_hands(NULL, 4096);
    ck_assert_int_eq(tls_write(client.tls, data, sizeof data, &client.wire), TLS_OK);
    carry(&client, &server, steps[_i]);
    ck_assert_uint_eq(buf_len(&server.plain), sizeof data);
    ck_assert_mem_eq(buf_ptr(&server.plain), data, sizeof data);
    for (size_t i = 0; i < 3000; i++)
        ck_assert_int_eq(tls_write(server.tls, data + i, 1, &server.wire), TLS_OK);
    carry(&server, &client, steps[_i]);
    ck_assert_uint_eq(buf_len(&client.plain), 3000);
    ck_assert_mem_eq(buf_ptr(&client.plain), data, 3000);
    ck_assert(established());
}
END_TEST

START_TEST(test_server_verification)
{
    static const struct {
        enum conf_tls_verify verify;
        const char *ca, *host;
        const char *error; /* NULL: success */
    } cases[] = {{CONF_VERIFY_NONE, NULL, "elsewhere", NULL},
                 {CONF_VERIFY_CA, "ca.pem", "elsewhere", NULL},
                 {CONF_VERIFY_CA, "ca.pem", NULL, NULL},
                 {CONF_VERIFY_CA, "other.pem", "db.example", "verify"},
                 {CONF_VERIFY_CA, NULL, "db.example", "verify"},
                 {CONF_VERIFY_FULL, "ca.pem", "db.example", NULL},
                 {CONF_VERIFY_FULL, "ca.pem", "127.0.0.1", NULL},
                 {CONF_VERIFY_FULL, "ca.pem", "127.0.0.2", "mismatch"},
                 {CONF_VERIFY_FULL, "ca.pem", "elsewhere", "mismatch"},
                 {CONF_VERIFY_FULL, "other.pem", "db.example", "verify"}};
    client_conf.verify = cases[_i].verify;
    client_conf.ca = cases[_i].ca ? path(cases[_i].ca) : NULL;
    shake_hands(cases[_i].host, 4096);
    ck_assert_int_eq(established(), cases[_i].error == NULL);
    if (cases[_i].error) {
        ck_assert_int_eq(client.status, TLS_FAILED);
        ck_assert_msg(strstr(tls_error(client.tls), cases[_i].error), "%s", tls_error(client.tls));
        ck_assert_int_eq(server.status, TLS_FAILED); /* it was told, by an alert */
        ck_assert(!tls_established(client.tls));
    }
}
END_TEST

START_TEST(test_full_verification_needs_a_name)
{
    client_conf.verify = CONF_VERIFY_FULL;
    client_conf.ca = path("ca.pem");
    ck_assert_ptr_null(open_side(&client_conf, false, NULL));
    ck_assert_ptr_null(open_side(&client_conf, false, ""));
}
END_TEST

START_TEST(test_client_certificates)
{
    static const char *const shown[] = {"client", NULL, "other"};
    char pem[64], key[64];
    server_conf.verify = CONF_VERIFY_CA;
    server_conf.ca = path("ca.pem");
    if (shown[_i]) {
        snprintf(pem, sizeof pem, "%s/%s.pem", dir, shown[_i]);
        snprintf(key, sizeof key, "%s/%s.key", dir, shown[_i]);
        client_conf.certificate = pem;
        client_conf.key = key;
    }
    shake_hands(NULL, 4096);
    ck_assert_int_eq(established(), _i == 0);
    if (_i > 0) {
        ck_assert_int_eq(server.status, TLS_FAILED);
        ck_assert_uint_gt(strlen(tls_error(server.tls)), 0);
    }
}
END_TEST

START_TEST(test_files_that_cannot_be_used)
{
    static const struct {
        const char *certificate, *key, *ca;
        bool server;
        const char *part;
    } cases[] = {{"missing.pem", "server.key", NULL, true, "missing.pem: No such file"},
                 {"server.pem", "missing.key", NULL, true, "missing.key: No such file"},
                 {"server.pem", "client.key", NULL, true, "client.key: "},
                 {"server.pem", "locked.key", NULL, true, "locked.key: "},
                 {"server.key", "server.key", NULL, true, "server.key: "},
                 {"server.pem", "server.key", "missing.pem", true, "missing.pem: "},
                 {"server.pem", "server.key", "ca.key", true, "ca.key: "},
                 {NULL, NULL, "missing.pem", false, "missing.pem: "},
                 {NULL, NULL, NULL, true, "no certificate"}};
    struct conf_tls conf = {.verify = cases[_i].ca ? CONF_VERIFY_CA : CONF_VERIFY_NONE};
    conf.certificate = cases[_i].certificate ? path(cases[_i].certificate) : NULL;
    conf.key = cases[_i].key ? path(cases[_i].key) : NULL;
    conf.ca = cases[_i].ca ? path(cases[_i].ca) : NULL;
    char error[256] = "";
    ck_assert_ptr_null(tls_context_new(&conf, cases[_i].server, error, sizeof error));
    ck_assert_msg(strstr(error, cases[_i].part), "%s", error);
}
END_TEST

/* A garbled record, or none at all, ends the connection with an alert, and stays the end. */
START_TEST(test_nonsense)
{
    static const uint8_t query[] = "\x09\0\0\0\003select 1";
    if (_i == 0) {
        server.tls = open_side(&server_conf, true, NULL);
        ck_assert_int_eq(tls_feed(server.tls, query, sizeof query, &server.plain, &server.wire), TLS_FAILED);
    } else {
        shake_hands(NULL, 4096);
        tls_write(client.tls, query, sizeof query, &client.wire);
        buf_ptr(&client.wire)[buf_len(&client.wire) - 1] ^= 1;
        carry(&client, &server, 4096);
        ck_assert_int_eq(server.status, TLS_FAILED);
        ck_assert_uint_gt(buf_len(&server.wire), 0);
    }
    ck_assert_uint_eq(buf_len(&server.plain), 0);
    ck_assert_uint_gt(strlen(tls_error(server.tls)), 0);
    ck_assert(!tls_established(server.tls));
    ck_assert_int_eq(tls_feed(server.tls, query, 1, &server.plain, &server.wire), TLS_FAILED);
    ck_assert_int_eq(tls_write(server.tls, query, 1, &server.wire), TLS_FAILED);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* What another connection left in the thread's error queue is not this one's failure. */
START_TEST(test_trap_P8_error_queue)
{
    shake_hands(NULL, 4096);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)"x", 1, &client.wire), TLS_OK);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    carry(&client, &server, 4096);
    ck_assert_int_eq(server.status, TLS_OK);
    ck_assert_uint_eq(buf_len(&server.plain), 1);
}
END_TEST

START_TEST(test_close)
{
    shake_hands(NULL, 4096);
    tls_write(client.tls, (const uint8_t *)"last", 4, &client.wire);
    tls_close(client.tls, &client.wire);
    carry(&client, &server, 1 << 20);
    ck_assert_int_eq(server.status, TLS_CLOSED);
    ck_assert_uint_eq(buf_len(&server.plain), 4);
    ck_assert_int_eq(tls_feed(server.tls, (const uint8_t *)"more", 4, &server.plain, &server.wire), TLS_CLOSED);
    ck_assert_uint_eq(buf_len(&server.plain), 4);
}
END_TEST

START_TEST(test_nothing_is_written_before_the_handshake)
{
    client.tls = open_side(&client_conf, false, NULL);
    ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)"secret", 6, &client.wire), TLS_FAILED);
    ck_assert_uint_eq(buf_len(&client.wire), 0);
}
END_TEST

/* A full buffer is an error, not a loop and not lost bytes; a buffer that is exactly large enough is not full. */
START_TEST(test_ceilings)
{
    static uint8_t data[5000];
    size_t ceiling = _i ? sizeof data - 1 : sizeof data;
    shake_hands(NULL, 4096);
    buf_deinit(&server.plain);
    buf_init(&server.plain, ceiling);
    tls_write(client.tls, data, sizeof data, &client.wire);
    carry(&client, &server, 1 << 20);
    ck_assert_int_eq(server.status, _i ? TLS_FAILED : TLS_OK);
    ck_assert_uint_eq(buf_len(&server.plain), ceiling);

    buf_deinit(&client.wire);
    buf_init(&client.wire, 1000);
    ck_assert_int_eq(tls_write(client.tls, data, sizeof data, &client.wire), TLS_FAILED);
    ck_assert(strstr(tls_error(client.tls), "too many bytes"));
}
END_TEST

/* An idle connection with an emptied buffer keeps little: 16 KiB a side would be most of what a client costs. */
START_TEST(test_small_messages_take_small_buffers)
{
    shake_hands(NULL, 4096);
    buf_deinit(&server.plain);
    buf_init(&server.plain, 1 << 20);
    tls_write(client.tls, (const uint8_t *)"\003select 1", 9, &client.wire);
    carry(&client, &server, 4096);
    ck_assert_uint_eq(buf_len(&server.plain), 9);
    ck_assert_uint_le(server.plain.cap, 1024);
}
END_TEST

int main(void)
{
    make_files();
    Suite *suite = suite_create("tls");
    TCase *t = tcase_create("tls");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, test_handshake_in_pieces, 0, 5);
    tcase_add_loop_test(t, test_trap_P8_sizes, 0, 3);
    tcase_add_loop_test(t, test_server_verification, 0, 10);
    tcase_add_test(t, test_full_verification_needs_a_name);
    tcase_add_loop_test(t, test_client_certificates, 0, 3);
    tcase_add_loop_test(t, test_files_that_cannot_be_used, 0, 9);
    tcase_add_loop_test(t, test_nonsense, 0, 2);
    tcase_add_test(t, test_trap_P8_error_queue);
    tcase_add_test(t, test_close);
    tcase_add_test(t, test_nothing_is_written_before_the_handshake);
    tcase_add_loop_test(t, test_ceilings, 0, 2);
    tcase_add_test(t, test_small_messages_take_small_buffers);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    drop_files();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
