/* A client proves who it is: the server's side of the connection phase (manual: "Connection Phase"), as a state machine
 * without sockets: packets in, packets out.
 *
 *   login_start ── greeting ──▶ client ── login reply ──▶ login_feed
 *        SSL request first          → LOGIN_TLS: start TLS, then go on feeding
 *        plugin is not ours         → auth switch request, and the client answers again
 *        caching_sha2_password      fast: the scramble is compared with what the configured password gives, so nothing
 *                                   is cached; a wrong one is followed by full authentication (the password over TLS
 *                                   or under RSA), as a server does that has not got the account in its cache
 *        mysql_native_password      scramble compared
 *   → LOGIN_DONE (the OK packet is the caller's to write) or LOGIN_FAILED (error is filled, the caller writes and closes)
 *
 * A refusal takes the same steps and time whether the user exists or not. COM_CHANGE_USER runs through the same machine.
 */
#ifndef PROXY_LOGIN_H
#define PROXY_LOGIN_H

#include "conf/conf.h"
#include "protocol/error.h"
#include "protocol/packet.h"
#include "protocol/wire.h"

#define LOGIN_NONCE 20

enum login_status { LOGIN_MORE, LOGIN_TLS, LOGIN_DONE, LOGIN_FAILED };

struct login_rsa; /* the proxy's key pair for full authentication without TLS; made once at start */
struct login_rsa *login_rsa_new(void);
void login_rsa_free(struct login_rsa *rsa);

/* What is the same for all logins of a listener. A login copies it; strings, users and keys must outlive the login. */
struct login_env {
    const char *server_version;    /* "8.4.0-Shardwire" or what the instances report */
    uint32_t capabilities;         /* offered */
    uint8_t charset;               /* of the greeting */
    const char *default_plugin;    /* "mysql_native_password" or "caching_sha2_password" */
    struct login_rsa *rsa;
    bool tls_required;
    const struct conf_user *users;
    size_t n_users;
};

struct login; /* its memory goes with the login, not with the session: an idle client pays nothing for it */

/* `host` is the client's address as it shall stand in error 1045; `secure` = Unix socket. The greeting is appended to
 * `out`. NULL only when the random source fails. */
struct login *login_new(const struct login_env *env, uint32_t connection_id, const char *host, bool secure, struct buf *out);

/* The same machine for COM_CHANGE_USER on an established connection. Capabilities and nonce are those of the first login:
 * drivers answer with the nonce that they know, even to an auth switch. `secure`: TLS or Unix socket. *status is what
 * login_feed() would have given; the result has neither max_packet nor zstd_level nor MariaDB's capabilities. */
struct login *login_change_user(const struct login_env *env, uint32_t capabilities, const uint8_t nonce[LOGIN_NONCE],
                                const char *host, bool secure, const struct packet *command, struct buf *out,
                                enum login_status *status);
void login_free(struct login *l);

/* The next packet of the client. After LOGIN_TLS the client repeats its reply encrypted; login_secured() says that the
 * channel is now private (and whether a client certificate was verified). */
enum login_status login_feed(struct login *l, const struct packet *packet, struct buf *out);
void login_secured(struct login *l);

/* After LOGIN_DONE: who it is. Strings live as long as the login. After LOGIN_FAILED: the error. */
struct login_result {
    const struct conf_user *user;
    uint32_t capabilities;         /* client's and ours */
    uint32_t mariadb_capabilities; /* upper half of a MariaDB client's, 0 otherwise */
    uint32_t max_packet;
    uint16_t charset;              /* collation id */
    const char *schema;            /* "" when none was named */
    struct bytes attributes;       /* raw key/value lenenc strings of CLIENT_CONNECT_ATTRS */
    uint8_t zstd_level;            /* under CLIENT_ZSTD_COMPRESSION_ALGORITHM, as the client said */
    uint8_t nonce[LOGIN_NONCE];    /* to be kept for login_change_user() */
    uint8_t seq;                   /* sequence id of the next packet that we write */
};
const struct login_result *login_result(const struct login *l);
const struct error *login_error(const struct login *l);
uint8_t login_seq(const struct login *l); /* sequence id of the next packet that we write: for the ERR of a failure */

#endif
