#include "proxy/login_rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

struct login_rsa {
    EVP_PKEY *key;
    BIO *pem;
};

struct login_rsa *login_rsa_new(void)
{
    struct login_rsa *rsa = calloc(1, sizeof *rsa);
    if (!rsa)
        abort();
    rsa->key = EVP_RSA_gen(2048);
    rsa->pem = BIO_new(BIO_s_mem());
    if (rsa->key && rsa->pem && PEM_write_bio_PUBKEY(rsa->pem, rsa->key))
        return rsa;
    login_rsa_free(rsa);
    ERR_clear_error();
    return NULL;
}

void login_rsa_free(struct login_rsa *rsa)
{
    if (!rsa)
        return;
    EVP_PKEY_free(rsa->key);
    BIO_free(rsa->pem);
    free(rsa);
}

struct bytes login_rsa_public(const struct login_rsa *rsa)
{
    char *p;
    long n = BIO_get_mem_data(rsa->pem, &p);
    return (struct bytes){(const uint8_t *)p, (size_t)n};
}

bool login_rsa_decrypt(const struct login_rsa *rsa, struct bytes block, const uint8_t nonce[AUTH_NONCE],
                       uint8_t out[AUTH_RSA_MAX], struct bytes *password)
{
    return auth_rsa_decrypt(rsa->key, block, nonce, out, password);
}
