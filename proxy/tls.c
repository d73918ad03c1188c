/* OpenSSL reads and writes through a BIO of ours that has no memory: while a call of this file runs, it takes bytes
 * from what the caller fed and appends to the caller's `wire`. So ciphertext is copied once, and between calls a
 * connection holds nothing but what OpenSSL keeps of an unfinished record (SSL_MODE_RELEASE_BUFFERS gives the rest
 * back).
 *
 *   socket ── p, n ──▶ source ── SSL_read ──▶ plain          session ── p, n ──▶ SSL_write ──▶ wire ──▶ socket
 *
 * OpenSSL's error queue belongs to the thread: each entry point empties it before and after, so that no connection ever
 * reads the reason of another one's failure. A tls that failed stays failed.
 */
#include "proxy/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/tls_context.h"

#define RECORD 16384 /* plaintext of the largest record */

struct tls {
    struct tls_context *context;
    SSL *ssl;
    const uint8_t *source; /* ciphertext not read yet; valid during a call */
    size_t left;
    struct buf *wire; /* valid during a call */
    bool failed, closed;
    char error[200];
};

/* ------------------------------------------------------------------------------------------------ the BIO */

static int on_bio_read(BIO *bio, char *to, size_t n, size_t *got)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *got = n < t->left ? n : t->left;
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(to, t->source, *got);
    t->source += *got;
    t->left -= *got;
    return 1;
}

static int on_bio_write(BIO *bio, const char *from, size_t n, size_t *put)
{
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *put = 0;
    if (!t->wire)
        return 0;
    buf_append(t->wire, from, n);
    if (t->wire->bad)
        return 0;
    *put = n;
    return 1;
}

static long on_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "shardwire");
    if (!method || !BIO_meth_set_read_ex(method, on_bio_read) || !BIO_meth_set_write_ex(method, on_bio_write) ||
        !BIO_meth_set_ctrl(method, on_bio_ctrl))
        abort();
}

static BIO *make_bio(struct tls *t)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *bio = BIO_new(method);
    if (!bio)
        abort();
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    return bio;
}

/* ------------------------------------------------------------------------------------------------ life */

struct tls *tls_new(struct tls_context *c, const char *host)
{
    struct tls *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    ERR_clear_error();
    t->context = tls_context_ref(c);
    t->ssl = tls_context_ssl(c, host);
    if (t->ssl) {
        BIO *bio = make_bio(t);
        SSL_set_bio(t->ssl, bio, bio);
    }
    ERR_clear_error();
    if (t->ssl)
        return t;
    tls_free(t);
    return NULL;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    tls_context_unref(t->context);
    free(t);
}

/* -------------------------------------------------------------------------------- one call of OpenSSL */

static void enter(struct tls *t, const uint8_t *source, size_t n, struct buf *wire)
{
    ERR_clear_error();
    t->source = source;
    t->left = n;
    t->wire = wire;
}

static enum tls_status leave(struct tls *t, enum tls_status status)
{
    t->source = NULL;
    t->left = 0;
    t->wire = NULL;
    ERR_clear_error();
    return status;
}

static enum tls_status fail(struct tls *t, const char *why)
{
    t->failed = true;
    snprintf(t->error, sizeof t->error, "%s", why);
    return TLS_FAILED;
}

static void note_failure(struct tls *t)
{
    long verdict = SSL_get_verify_result(t->ssl);
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    if (!reason)
        reason = t->wire && t->wire->bad ? "too many bytes wait to be sent" : "protocol error";
    t->failed = true;
    if (verdict == X509_V_OK || SSL_get_verify_mode(t->ssl) == SSL_VERIFY_NONE)
        snprintf(t->error, sizeof t->error, "%s", reason);
    else
        snprintf(t->error, sizeof t->error, "%s: %s", reason, X509_verify_cert_error_string(verdict));
}

/* What the result of an OpenSSL call means. TLS_OK here: it wants more bytes. */
static enum tls_status judge(struct tls *t, int result)
{
    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_OK;
    case SSL_ERROR_ZERO_RETURN:
        t->closed = true;
        return TLS_CLOSED;
    default:
        note_failure(t);
        return TLS_FAILED;
    }
}

/* ------------------------------------------------------------------------------------------------ feeding */

/* Room for the next piece of plaintext: about as much as can be in the ciphertext at hand, so that a small message does
 * not cost a buffer of 16 KiB. 0 when `plain` is full. */
static size_t piece_size(const struct tls *t, const struct buf *plain)
{
    size_t n = t->left + (size_t)SSL_pending(t->ssl), room = plain->max - buf_len(plain);
    n = n < 512 ? 512 : n > RECORD ? RECORD : n;
    return n < room ? n : room;
}

/* Decrypts until OpenSSL wants more ciphertext. */
static enum tls_status drain(struct tls *t, struct buf *plain)
{
    for (;;) {
        uint8_t probe;
        size_t room = piece_size(t, plain), got = 0;
        uint8_t *to = room ? buf_reserve(plain, room) : &probe;
        if (!to)
            return fail(t, "no memory for decrypted bytes");
        int result = room ? SSL_read_ex(t->ssl, to, room, &got) : SSL_peek_ex(t->ssl, &probe, 1, &got);
        if (result <= 0)
            return judge(t, result);
        if (!room)
            return fail(t, "too many decrypted bytes wait to be read");
        buf_commit(plain, got);
    }
}

static enum tls_status feed(struct tls *t, struct buf *plain)
{
    if (!SSL_is_init_finished(t->ssl)) {
        int result = SSL_do_handshake(t->ssl);
        if (result <= 0)
            return judge(t, result);
    }
    return drain(t, plain);
}

enum tls_status tls_feed(struct tls *t, const uint8_t *p, size_t n, struct buf *plain, struct buf *wire)
{
    if (t->failed)
        return TLS_FAILED;
    if (t->closed)
        return TLS_CLOSED;
    enter(t, p, n, wire);
    return leave(t, feed(t, plain));
}

/* ------------------------------------------------------------------------------------------------ writing */

static enum tls_status write_all(struct tls *t, const uint8_t *p, size_t n)
{
    if (!SSL_is_init_finished(t->ssl)) {
        if (n > 0)
            return fail(t, "data before the end of the handshake");
        int result = SSL_do_handshake(t->ssl);
        return result <= 0 ? judge(t, result) : TLS_OK;
    }
    while (n > 0) {
        size_t put = 0;
        int result = SSL_write_ex(t->ssl, p, n, &put);
        if (result <= 0) {
            enum tls_status status = judge(t, result);
            return status == TLS_OK ? fail(t, "the peer asked for a renegotiation") : status;
        }
        p += put;
        n -= put;
    }
    return TLS_OK;
}

enum tls_status tls_write(struct tls *t, const uint8_t *p, size_t n, struct buf *wire)
{
    if (t->failed)
        return TLS_FAILED;
    enter(t, NULL, 0, wire);
    return leave(t, write_all(t, p, n));
}

void tls_close(struct tls *t, struct buf *wire)
{
    if (t->failed || !SSL_is_init_finished(t->ssl))
        return;
    enter(t, NULL, 0, wire);
    SSL_shutdown(t->ssl);
    leave(t, TLS_OK);
}

/* ------------------------------------------------------------------------------------------------ asking */

bool tls_established(const struct tls *t)
{
    return !t->failed && SSL_is_init_finished(t->ssl);
}

const char *tls_version(const struct tls *t)
{
    return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
    return SSL_get_cipher_name(t->ssl);
}

const char *tls_error(const struct tls *t)
{
    return t->error;
}
