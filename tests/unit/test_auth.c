/* Scrambles against values computed elsewhere (Python's hashlib, from the formulas in auth.h), and the RSA way there
 * and back. */
#include "protocol/auth.h"

#include <check.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t nonce[AUTH_NONCE + 1] = "0123456789abcdefghij";

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static const char *hex(const uint8_t *p, size_t n)
{
    static char out[2 * AUTH_SCRAMBLE_MAX + 1];
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", p[i]);
    return out;
}

static const struct {
    const char *password, *native, *sha2;
} vectors[] = {
    {"secret", "f5cac3f3b3df2133feb57db682c71e6ed433a988",
     "7e4adda2f2d5ef09b4147518becb0cee2939376203650a8c2bb2815959364bd0"},
    {"p\xc3\xa4ssw\xc3\xb6rd", "dde7c2c3201bf429a905921ad2734a3542e21272",
     "e8cbd1b433075d295c95ebd6eea9478a1a25d0b69e63abe0c817703d9039c3cd"},
};

START_TEST(test_known_scrambles)
{
    uint8_t out[AUTH_SCRAMBLE_MAX];
    struct bytes password = text(vectors[_i].password);
    ck_assert_uint_eq(auth_scramble(AUTH_NATIVE, password, nonce, out), 20);
    ck_assert_str_eq(hex(out, 20), vectors[_i].native);
    ck_assert_uint_eq(auth_scramble(AUTH_CACHING_SHA2, password, nonce, out), 32);
    ck_assert_str_eq(hex(out, 32), vectors[_i].sha2);
}
END_TEST

START_TEST(test_verify)
{
    static const enum auth_plugin both[] = {AUTH_NATIVE, AUTH_CACHING_SHA2};
    enum auth_plugin plugin = both[_i];
    uint8_t out[AUTH_SCRAMBLE_MAX];
    size_t n = auth_scramble(plugin, text("secret"), nonce, out);
    ck_assert(auth_verify(plugin, text("secret"), nonce, (struct bytes){out, n}));
    ck_assert(!auth_verify(plugin, text("Secret"), nonce, (struct bytes){out, n}));
    ck_assert(!auth_verify(plugin, text("secret"), (const uint8_t *)"0123456789abcdefghiJ", (struct bytes){out, n}));
    ck_assert(!auth_verify(plugin, text("secret"), nonce, (struct bytes){out, n - 1}));
    ck_assert(!auth_verify(plugin, text("secret"), nonce, text("")));
    ck_assert(!auth_verify(plugin, text(""), nonce, (struct bytes){out, n}));
    ck_assert(auth_verify(plugin, text(""), nonce, text("")));
    for (size_t i = 0; i < n; i++) {
        out[i] ^= 1;
        ck_assert(!auth_verify(plugin, text("secret"), nonce, (struct bytes){out, n}));
        out[i] ^= 1;
    }
}
END_TEST

START_TEST(test_plugin_names)
{
    for (int p = AUTH_NATIVE; p <= AUTH_ED25519; p++)
        ck_assert_int_eq((int)auth_plugin_find(text(auth_plugin_name((enum auth_plugin)p))), p);
    ck_assert_int_eq(auth_plugin_find(text("")), AUTH_UNKNOWN);
    ck_assert_int_eq(auth_plugin_find(text("mysql_native_passwor")), AUTH_UNKNOWN);
    ck_assert_int_eq(auth_plugin_find(text("mysql_native_password2")), AUTH_UNKNOWN);
}
END_TEST

START_TEST(test_equal)
{
    ck_assert(auth_equal(text("abc"), text("abc")));
    ck_assert(auth_equal(text(""), text("")));
    ck_assert(!auth_equal(text("abc"), text("abd")));
    ck_assert(!auth_equal(text("abc"), text("abcd")));
    ck_assert(!auth_equal(text(""), text("a")));
}
END_TEST

static EVP_PKEY *key;
static char *pem;
static struct bytes public_key;
static BIO *pem_bio;

static void make_key(void)
{
    key = EVP_RSA_gen(2048);
    pem_bio = BIO_new(BIO_s_mem());
    ck_assert_int_eq(PEM_write_bio_PUBKEY(pem_bio, key), 1);
    public_key.len = (size_t)BIO_get_mem_data(pem_bio, &pem);
    public_key.p = (const uint8_t *)pem;
}

static void drop_key(void)
{
    EVP_PKEY_free(key);
    BIO_free(pem_bio);
}

START_TEST(test_rsa_there_and_back)
{
    char longest[214];
    memset(longest, 'x', 213); /* 2048 bits, less OAEP's 42 bytes, less the NUL */
    longest[213] = '\0';
    const char *passwords[] = {"", "s", "secret", "longer than the nonce, which is repeated over it", longest};
    uint8_t block[AUTH_RSA_MAX], plain[AUTH_RSA_MAX];
    struct bytes got;
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        size_t n = auth_rsa_encrypt(public_key, text(passwords[i]), nonce, block);
        ck_assert_uint_eq(n, 256);
        ck_assert(auth_rsa_decrypt(key, (struct bytes){block, n}, nonce, plain, &got));
        ck_assert_uint_eq(got.len, strlen(passwords[i]));
        ck_assert_mem_eq(got.p, passwords[i], got.len);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(test_rsa_refusals)
{
    uint8_t block[AUTH_RSA_MAX], plain[AUTH_RSA_MAX];
    struct bytes got;
    char long_password[300];
    memset(long_password, 'x', 299);
    long_password[299] = '\0';
    ck_assert_uint_eq(auth_rsa_encrypt(public_key, text(long_password), nonce, block), 0);
    ck_assert_uint_eq(auth_rsa_encrypt(text("no key"), text("secret"), nonce, block), 0);
    ck_assert_uint_eq(auth_rsa_encrypt(text(""), text("secret"), nonce, block), 0);
    for (size_t cut = 1; cut < public_key.len; cut += 37)
        ck_assert_uint_eq(
            auth_rsa_encrypt((struct bytes){public_key.p, public_key.len - cut - 1}, text("s"), nonce, block), 0);

    size_t n = auth_rsa_encrypt(public_key, text("secret"), nonce, block);
    ck_assert(!auth_rsa_decrypt(key, (struct bytes){block, n - 1}, nonce, plain, &got));
    ck_assert(!auth_rsa_decrypt(key, (struct bytes){block, 0}, nonce, plain, &got));
    block[17] ^= 1;
    ck_assert(!auth_rsa_decrypt(key, (struct bytes){block, n}, nonce, plain, &got));
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* A server may send any key that its PEM can hold. */
START_TEST(test_other_kinds_of_keys)
{
    uint8_t block[AUTH_RSA_MAX];
    EVP_PKEY *others[] = {EVP_EC_gen("P-256"), EVP_RSA_gen(512)};
    for (size_t i = 0; i < 2; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        char *p;
        ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, others[i]), 1);
        size_t n = (size_t)BIO_get_mem_data(bio, &p);
        ck_assert_uint_eq(auth_rsa_encrypt((struct bytes){(uint8_t *)p, n}, text("s"), nonce, block), 0);
        BIO_free(bio);
        EVP_PKEY_free(others[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("auth");
    TCase *scrambles = tcase_create("scrambles"), *rsa = tcase_create("rsa");
    tcase_add_loop_test(scrambles, test_known_scrambles, 0, 2);
    tcase_add_loop_test(scrambles, test_verify, 0, 2);
    tcase_add_test(scrambles, test_plugin_names);
    tcase_add_test(scrambles, test_equal);
    tcase_add_unchecked_fixture(rsa, make_key, drop_key);
    tcase_set_timeout(rsa, 60);
    tcase_add_test(rsa, test_rsa_there_and_back);
    tcase_add_test(rsa, test_rsa_refusals);
    tcase_add_test(rsa, test_other_kinds_of_keys);
    suite_add_tcase(suite, scrambles);
    suite_add_tcase(suite, rsa);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
