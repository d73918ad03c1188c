/* GTID positions as text: does a server that has executed `set` hold the transaction `gtid`?
 *
 * MariaDB: "domain-server-sequence", sets are comma separated lists with one entry a domain; a set covers a GTID when
 * its entry of the domain has a sequence at least as high. MySQL: "uuid:n", sets "uuid:1-5:7,uuid:tag:1-3"; covered when
 * the number is inside an interval of the same uuid (and tag).
 */
#ifndef ROUTER_GTID_H
#define ROUTER_GTID_H

#include <stdbool.h>
#include <stddef.h>

/* `gtid` may be a list: all of it must be covered. Anything malformed is not covered. */
bool gtid_covers(const char *set, size_t set_len, const char *gtid, size_t gtid_len);

#endif
