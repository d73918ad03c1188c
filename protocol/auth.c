/* client_ed25519 of MariaDB is missing on purpose: its private key is SHA-512 of a password of any length, while the
 * EVP interface takes 32 bytes and hashes them itself, so it could sign only for passwords of exactly 32 bytes. */
#include "protocol/auth.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static const struct {
    const char *name;
    size_t scramble;
} plugins[] = {
    [AUTH_UNKNOWN] = {"", 0},
    [AUTH_NATIVE] = {"mysql_native_password", 20},
    [AUTH_CACHING_SHA2] = {"caching_sha2_password", 32},
    [AUTH_SHA256] = {"sha256_password", 0},
    [AUTH_CLEAR] = {"mysql_clear_password", 0},
    [AUTH_ED25519] = {"client_ed25519", 0},
};

enum auth_plugin auth_plugin_find(struct bytes name)
{
    for (size_t i = AUTH_UNKNOWN + 1; i < sizeof plugins / sizeof plugins[0]; i++)
        if (name.len == strlen(plugins[i].name) && !memcmp(name.p, plugins[i].name, name.len))
            return (enum auth_plugin)i;
    return AUTH_UNKNOWN;
}

const char *auth_plugin_name(enum auth_plugin plugin)
{
    return plugins[plugin].name;
}

size_t auth_scramble_size(enum auth_plugin plugin)
{
    return plugins[plugin].scramble;
}

/* The digest of a and then b. */
static bool digest(const EVP_MD *md, struct bytes a, struct bytes b, uint8_t *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL) && EVP_DigestUpdate(ctx, a.p, a.len) &&
              EVP_DigestUpdate(ctx, b.p, b.len) && EVP_DigestFinal_ex(ctx, out, NULL);
    EVP_MD_CTX_free(ctx);
    return ok;
}

size_t auth_scramble(enum auth_plugin plugin, struct bytes password, const uint8_t nonce[AUTH_NONCE],
                     uint8_t out[AUTH_SCRAMBLE_MAX])
{
    const EVP_MD *md = plugin == AUTH_NATIVE ? EVP_sha1() : EVP_sha256();
    size_t n = plugins[plugin].scramble;
    if (n == 0 || password.len == 0)
        return 0;

    uint8_t once[AUTH_SCRAMBLE_MAX], twice[AUTH_SCRAMBLE_MAX], mask[AUTH_SCRAMBLE_MAX];
    struct bytes none = {(const uint8_t *)"", 0}, h1 = {once, n}, h2 = {twice, n}, salt = {nonce, AUTH_NONCE};
    bool ok = digest(md, password, none, once) && digest(md, h1, none, twice) &&
              (plugin == AUTH_NATIVE ? digest(md, salt, h2, mask) : digest(md, h2, salt, mask));
    for (size_t i = 0; ok && i < n; i++)
        out[i] = once[i] ^ mask[i];
    OPENSSL_cleanse(once, sizeof once);
    OPENSSL_cleanse(twice, sizeof twice);
    OPENSSL_cleanse(mask, sizeof mask);
    return ok ? n : 0;
}

bool auth_verify(enum auth_plugin plugin, struct bytes password, const uint8_t nonce[AUTH_NONCE], struct bytes answer)
{
    uint8_t want[AUTH_SCRAMBLE_MAX];
    size_t n = auth_scramble(plugin, password, nonce, want);
    bool same;
    if (n == 0)
        same = password.len == 0 && answer.len == 0;
    else
        same = answer.len == n && CRYPTO_memcmp(want, answer.p, n) == 0;
    OPENSSL_cleanse(want, sizeof want);
    return same;
}

bool auth_equal(struct bytes a, struct bytes b)
{
    uint8_t ha[32], hb[32];
    struct bytes none = {(const uint8_t *)"", 0};
    bool same =
        digest(EVP_sha256(), a, none, ha) && digest(EVP_sha256(), b, none, hb) && CRYPTO_memcmp(ha, hb, sizeof ha) == 0;
    OPENSSL_cleanse(ha, sizeof ha);
    OPENSSL_cleanse(hb, sizeof hb);
    return same;
}

/* ------------------------------------------------------------------------------------------------ RSA */

static EVP_PKEY *read_public_key(struct bytes pem)
{
    if (pem.len > 16384)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (key && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < 1024 || EVP_PKEY_get_size(key) > AUTH_RSA_MAX)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

size_t auth_rsa_encrypt(struct bytes public_pem, struct bytes password, const uint8_t nonce[AUTH_NONCE],
                        uint8_t out[AUTH_RSA_MAX])
{
    uint8_t hidden[AUTH_RSA_MAX];
    size_t n = AUTH_RSA_MAX;
    EVP_PKEY *key = password.len < sizeof hidden ? read_public_key(public_pem) : NULL;
    EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    for (size_t i = 0; ctx && i <= password.len; i++)
        hidden[i] = (i < password.len ? password.p[i] : 0) ^ nonce[i % AUTH_NONCE];
    bool ok = ctx && EVP_PKEY_encrypt_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
              EVP_PKEY_encrypt(ctx, out, &n, hidden, password.len + 1) > 0;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    OPENSSL_cleanse(hidden, sizeof hidden);
    ERR_clear_error();
    return ok ? n : 0;
}

bool auth_rsa_decrypt(struct evp_pkey_st *key, struct bytes block, const uint8_t nonce[AUTH_NONCE],
                      uint8_t out[AUTH_RSA_MAX], struct bytes *password)
{
    size_t n = AUTH_RSA_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_get_size(key) <= AUTH_RSA_MAX ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    bool ok = ctx && EVP_PKEY_decrypt_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
              EVP_PKEY_decrypt(ctx, out, &n, block.p, block.len) > 0;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    if (!ok || n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] ^= nonce[i % AUTH_NONCE];
    *password = (struct bytes){out, n - 1};
    return out[n - 1] == 0;
}
