/* The proxy's own key pair, under which clients without TLS send their password in full authentication. Made once at
 * start, read by all threads, never written to a file: a client that wants to trust a key uses TLS. */
#ifndef PROXY_LOGIN_RSA_H
#define PROXY_LOGIN_RSA_H

#include "proxy/login.h"
#include "protocol/auth.h"

struct bytes login_rsa_public(const struct login_rsa *rsa); /* PEM */

/* As auth_rsa_decrypt(). */
bool login_rsa_decrypt(const struct login_rsa *rsa, struct bytes block, const uint8_t nonce[AUTH_NONCE],
                       uint8_t out[AUTH_RSA_MAX], struct bytes *password);

#endif
