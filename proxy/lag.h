/* How far a replica is behind, finer than the whole seconds that servers report, and also known while a replica's
 * connection to its primary is broken: the positions of the primary are noted with the time when a probe saw them, and
 * a replica is as old as the oldest of them that it has not executed.
 *
 *   primary seen at   A A A   B   C C            a replica that has executed A only is behind by at least the time
 *                     |   |   |   | |            since B was first seen (lo), and by at most the time since A was
 *   time              ----------------> now      last seen (hi)
 */
#ifndef PROXY_LAG_H
#define PROXY_LAG_H

#include <stddef.h>
#include <stdint.h>

enum { LAG_POSITIONS = 16 };

struct lag_position {
    char *gtid;
    uint64_t first_seen, last_seen; /* ms */
};

/* One shard's primary; the oldest position first. Start zeroed. */
struct lag_log {
    struct lag_position at[LAG_POSITIONS];
    size_t n;
};

void lag_note(struct lag_log *l, const char *gtid, uint64_t now);
void lag_clear(struct lag_log *l); /* another primary, or the end: frees */

/* The replica has executed `gtid` and says that it is `reported` ms behind (-1: it does not know). -1: unknown. */
int64_t lag_refine(const struct lag_log *l, const char *gtid, int64_t reported, uint64_t now);

#endif
