/* We log in to an instance: the client's side of the connection phase, as a state machine without sockets (its twin for
 * clients that log in to us is login.h). Knows mysql_native_password, caching_sha2_password (fast, full over TLS, full by
 * RSA), sha256_password, client_ed25519 where the library gives it, mysql_clear_password over TLS only.
 */
#ifndef PROXY_DIAL_H
#define PROXY_DIAL_H

#include "conf/conf.h"
#include "protocol/packet.h"
#include "protocol/reply.h"

enum dial_status { DIAL_MORE, DIAL_TLS, DIAL_DONE, DIAL_FAILED };

struct dial_env {
    const char *user, *password;
    const char *schema;         /* NULL: none */
    uint32_t capabilities;      /* wanted; what the server lacks is dropped */
    uint16_t charset;           /* collation id */
    enum conf_tls_mode tls;     /* PREFERRED: used when offered; REQUIRED: an error when it is not */
    bool local;                 /* Unix socket: counts as a private channel */
    const char *default_auth;   /* plugin to begin with; NULL: what the server proposes */
};

struct dial;
struct dial *dial_new(const struct dial_env *env); /* env is copied; its strings must outlive the dial */
void dial_free(struct dial *d);

/* The next packet of the server. DIAL_TLS: send `out` (the SSL request), start TLS, then call dial_secured(), which
 * appends the login reply to `out`. */
enum dial_status dial_feed(struct dial *d, const struct packet *packet, struct buf *out);
void dial_secured(struct dial *d, struct buf *out);

struct dial_result {
    uint32_t capabilities;     /* agreed */
    uint32_t connection_id;    /* the server's thread id */
    uint16_t status;
    uint16_t charset;          /* what the login reply could name: where it is not env's, SET NAMES has to follow */
    bool mariadb;
    char version[64];          /* as the server gave it, without MariaDB's "5.5.5-" prefix */
    unsigned version_number;   /* 101114 for 10.11.14, 90700 for 9.7.0 */
};
const struct dial_result *dial_result(const struct dial *d); /* after DIAL_DONE */

/* After DIAL_FAILED: the server's own error, or ours (code set). */
const struct error *dial_error(const struct dial *d);

#endif
