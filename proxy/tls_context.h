/* The part of a tls_context that only tls.c needs. */
#ifndef PROXY_TLS_CONTEXT_H
#define PROXY_TLS_CONTEXT_H

#include <openssl/types.h>

#include "proxy/tls.h"

/* A new connection's SSL, in its role (accept or connect), with the name to verify and to send. NULL when the context
 * verifies names and there is none. */
SSL *tls_context_ssl(struct tls_context *c, const char *host);

#endif
