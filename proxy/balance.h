/* Which instance of a shard serves a statement. */
#ifndef PROXY_BALANCE_H
#define PROXY_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* The choice, and what it needs. */
struct balance {
    uint16_t instance;    /* index in the topology */
    bool replica;
    bool wait_for_gtid;   /* the session's last write must be waited for there */
};

/* An instance of the shard for a statement that must (`replica_allowed` false) or need not run on the primary. A replica
 * qualifies when it is up, replicates, lags no more than allowed, and has what this session wrote (consistency of the
 * user: session) or can be waited for; among these: own zone first, then by weight. Without one: the primary at once.
 * An instance that the statement already failed on is avoided (`avoid`, or -1). False: nothing is left, *why says so. */
bool balance_choose(struct session *s, uint16_t shard, bool replica_allowed, int avoid, struct balance *out,
                    const char **why);

#endif
