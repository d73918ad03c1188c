/* Encryption between a conn and its owner, without sockets: ciphertext in, plaintext out, and back (OpenSSL over a
 * BIO that reads and writes the caller's bytes; manual pages SSL_read(3), SSL_write(3), BIO_meth_new(3)).
 */
#ifndef PROXY_TLS_H
#define PROXY_TLS_H

#include "conf/conf.h"
#include "protocol/buf.h"

/* One per listener or instance and configuration; shared by threads. NULL and `error` filled when a file cannot be
 * used. TLS 1.2 and 1.3; session tickets allowed; renegotiation off. */
struct tls_context;
struct tls_context *tls_context_new(const struct conf_tls *conf, bool server, char *error, size_t error_size);
struct tls_context *tls_context_ref(struct tls_context *c);
void tls_context_unref(struct tls_context *c);

struct tls;
/* `host`: for a client, the name to verify (conf verify FULL) and to send as SNI; may be NULL. The result is NULL only
 * when a name must be verified and there is none. */
struct tls *tls_new(struct tls_context *c, const char *host);
void tls_free(struct tls *t);

enum tls_status { TLS_OK, TLS_CLOSED /* close_notify from the peer */, TLS_FAILED };

/* Ciphertext from the socket. Decrypted bytes are appended to `plain`, and what must be sent (handshake, alerts) to
 * `wire`. All of p[0..n) is always taken. */
enum tls_status tls_feed(struct tls *t, const uint8_t *p, size_t n, struct buf *plain, struct buf *wire);

/* Encrypts p[0..n) onto `wire`. Before the handshake is done nothing may be written. For a client, the first call with
 * n = 0 starts the handshake. */
enum tls_status tls_write(struct tls *t, const uint8_t *p, size_t n, struct buf *wire);

bool tls_established(const struct tls *t);
void tls_close(struct tls *t, struct buf *wire); /* appends close_notify */

const char *tls_version(const struct tls *t); /* "TLSv1.3" */
const char *tls_cipher(const struct tls *t);
/* Why the last call failed; the thread's OpenSSL error queue is always left empty. */
const char *tls_error(const struct tls *t);

#endif
