/* Scramble arithmetic of the authentication plugins, from bytes to bytes (manual: "Authentication Methods").
 *
 *   mysql_native_password   SHA1(p) xor SHA1(nonce, SHA1(SHA1(p)))                  20 bytes
 *   caching_sha2_password   SHA256(p) xor SHA256(SHA256(SHA256(p)), nonce)          32 bytes
 *   both sha2 plugins       full: p and its NUL, in the clear on a private channel, or xor nonce
 *                           (repeated) under RSA-OAEP
 *
 * An empty password has an empty scramble, and nothing but an empty answer matches it. Comparisons take the same time
 * whatever the bytes are; every intermediate secret is wiped.
 */
#ifndef PROTOCOL_AUTH_H
#define PROTOCOL_AUTH_H

#include "protocol/wire.h"

#define AUTH_NONCE 20
#define AUTH_SCRAMBLE_MAX 32
#define AUTH_RSA_MAX 1024 /* bytes of the longest RSA block: keys up to 8192 bits */

enum auth_plugin { AUTH_UNKNOWN, AUTH_NATIVE, AUTH_CACHING_SHA2, AUTH_SHA256, AUTH_CLEAR, AUTH_ED25519 };

enum auth_plugin auth_plugin_find(struct bytes name);
const char *auth_plugin_name(enum auth_plugin plugin); /* "" for AUTH_UNKNOWN */

/* Length of the plugin's scramble of a non-empty password; 0 for a plugin without one. */
size_t auth_scramble_size(enum auth_plugin plugin);

/* The client's answer to a nonce, for AUTH_NATIVE and AUTH_CACHING_SHA2. Returns its length: 0 for an empty password,
 * and when the library has no such digest. */
size_t auth_scramble(enum auth_plugin plugin, struct bytes password, const uint8_t nonce[AUTH_NONCE],
                     uint8_t out[AUTH_SCRAMBLE_MAX]);

/* Whether `answer` is what a client with this password makes of the nonce. */
bool auth_verify(enum auth_plugin plugin, struct bytes password, const uint8_t nonce[AUTH_NONCE], struct bytes answer);

/* Equality in a time that says nothing about where, or whether in length, the two differ. */
bool auth_equal(struct bytes a, struct bytes b);

/* The password with its NUL, hidden by the nonce, under the server's public key (PEM). Returns the length of the block,
 * or 0 when the key is no RSA key of a size between 1024 bits and AUTH_RSA_MAX, or the password is too long for it. */
size_t auth_rsa_encrypt(struct bytes public_pem, struct bytes password, const uint8_t nonce[AUTH_NONCE],
                        uint8_t out[AUTH_RSA_MAX]);

/* The way back, with the private key. The password points into `out`, without its NUL; false when the block is not one
 * that a client of ours can have made. The caller wipes `out`. */
struct evp_pkey_st;
bool auth_rsa_decrypt(struct evp_pkey_st *key, struct bytes block, const uint8_t nonce[AUTH_NONCE],
                      uint8_t out[AUTH_RSA_MAX], struct bytes *password);

#endif
