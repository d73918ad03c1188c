/* From the configuration to an SSL_CTX: which files, which protocol versions, and whom to believe.
 *
 *   server   certificate and key are needed; verify other than NONE: the client must show a certificate that chains
 *            to `ca`
 *   client   verify NONE: encryption alone; CA: the certificate chains to `ca` (or to the system's roots); FULL: and
 *            it is for the host that we dialled. A certificate of our own is shown when there is one.
 */
#include "proxy/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls_context {
    atomic_uint refs;
    SSL_CTX *ctx;
    bool server;
    bool verify_name;
};

/* "FILE: reason" of the first error in the queue. */
static bool fail(const char *what, char *error, size_t size)
{
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    snprintf(error, size, "%s: %s", what, reason ? reason : "cannot be used");
    return false;
}

/* Without this OpenSSL would ask for the password of an encrypted key on the terminal. */
static int on_password(char *to, int size, int writing, void *arg)
{
    (void)to, (void)size, (void)writing, (void)arg;
    return -1;
}

static bool load_own(SSL_CTX *ctx, const struct conf_tls *conf, char *error, size_t size)
{
    const char *key = conf->key ? conf->key : conf->certificate;
    SSL_CTX_set_default_passwd_cb(ctx, on_password);
    if (SSL_CTX_use_certificate_chain_file(ctx, conf->certificate) != 1)
        return fail(conf->certificate, error, size);
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return fail(key, error, size);
    return true;
}

static bool load_ca(SSL_CTX *ctx, const char *ca, bool server, char *error, size_t size)
{
    if (!ca)
        return !server ? SSL_CTX_set_default_verify_paths(ctx) == 1 || fail("system certificates", error, size)
                       : (snprintf(error, size, "client certificates cannot be verified without a ca"), false);
    if (SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
        return fail(ca, error, size);
    if (server)
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(ca));
    return true;
}

static bool setup(SSL_CTX *ctx, const struct conf_tls *conf, bool server, char *error, size_t size)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets hold the state at the client */
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"shardwire", 9);
    SSL_CTX_set_num_tickets(ctx, 1);
    if (server && !conf->certificate) {
        snprintf(error, size, "no certificate is configured");
        return false;
    }
    if (conf->certificate && !load_own(ctx, conf, error, size))
        return false;
    if (conf->verify == CONF_VERIFY_NONE) {
        SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
        return true;
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    return load_ca(ctx, conf->ca, server, error, size);
}

struct tls_context *tls_context_new(const struct conf_tls *conf, bool server, char *error, size_t error_size)
{
    ERR_clear_error();
    struct tls_context *c = calloc(1, sizeof *c);
    SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    if (!c || !ctx)
        abort();
    *c = (struct tls_context){.ctx = ctx, .server = server};
    c->verify_name = !server && conf->verify == CONF_VERIFY_FULL;
    atomic_init(&c->refs, 1);
    bool ok = setup(ctx, conf, server, error, error_size);
    ERR_clear_error();
    if (ok)
        return c;
    tls_context_unref(c);
    return NULL;
}

struct tls_context *tls_context_ref(struct tls_context *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void tls_context_unref(struct tls_context *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(c->ctx);
    free(c);
}

static bool is_address(const char *host)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Names are sent and verified as names, addresses only verified: SNI knows no addresses. */
static bool set_host(SSL *ssl, const char *host, bool verify)
{
    if (is_address(host))
        return !verify || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && (!verify || SSL_set1_host(ssl, host) == 1);
}

SSL *tls_context_ssl(struct tls_context *c, const char *host)
{
    SSL *ssl = SSL_new(c->ctx);
    if (!ssl)
        abort();
    if (c->server) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_set_connect_state(ssl);
    bool ok = host && *host ? set_host(ssl, host, c->verify_name) : !c->verify_name;
    if (ok)
        return ssl;
    SSL_free(ssl);
    return NULL;
}
