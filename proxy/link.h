/* One blocking connection of the control plane to an instance, with libmariadb: how we log in (TLS, timeouts, which
 * authentication we let a server ask for), and small questions on it. Not thread-safe: a link belongs to one thread.
 */
#ifndef PROXY_LINK_H
#define PROXY_LINK_H

#include <mariadb/mysql.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

enum { LINK_ERROR_MAX = 256 };

struct link {
    MYSQL *mysql; /* NULL: closed */
    bool mariadb;
    unsigned version;      /* 101114, 90700 */
    char version_text[64]; /* without MariaDB's "5.5.5-" */
    unsigned code;         /* of the last failure: libmariadb's or the server's number */
    char error[LINK_ERROR_MAX];
};

/* Connects and logs in; the host name is resolved anew. `timeout` in ms (rounded up to seconds) bounds the connect and
 * each read and write after it. On failure l->mysql is NULL and l->error says why. An open link is closed first. */
bool link_open(struct link *l, const struct conf *conf, const struct conf_instance *instance, uint64_t timeout);
void link_close(struct link *l); /* may be called twice; keeps the error */

/* Runs a statement and returns its rows, or NULL with l->error set. The link is closed when the connection is lost.
 * Free with mysql_free_result(). */
MYSQL_RES *link_query(struct link *l, const char *sql);
bool link_run(struct link *l, const char *sql); /* the same for statements without rows */

/* Was the last failure the connection's, not the statement's? */
bool link_lost(const struct link *l);

/* Appends `text` escaped for a '…' literal, under utf8mb4 and any sql_mode (quotes are doubled; see link_open). */
size_t link_escape(struct link *l, char *out, const char *text, size_t len); /* out: 2 × len + 1 bytes */

#endif
