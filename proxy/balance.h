/* Which instance of a shard serves a statement. */
#ifndef PROXY_BALANCE_H
#define PROXY_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "router/topo.h"

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
 * Instances that the statement already failed on are avoided (a set of balance_bit()s). False: nothing is left, *why says
 * so. */
bool balance_choose(struct session *s, uint16_t shard, bool replica_allowed, uint64_t avoid, struct balance *out,
                    const char **why);

/* The shard's k-th instance as a set of one; shards with more than 64 share bits. */
static inline uint64_t balance_bit(const struct topo_shard *shard, uint16_t instance)
{
    return 1ull << ((instance - shard->first) & 63);
}

/* Is the shard's primary usable, as far as is known? */
bool balance_alive(const struct session *s, uint16_t shard);

#endif
