/* What a death in the middle of a commit over several shards leaves behind is ended here: prepared branches on shards
 * that nobody commits or rolls back any more. One thread of the control plane asks the primaries for them every few
 * seconds, and looks in the log of the shard where the transaction was decided. recover_rules.c says why that is safe
 * while the transaction's own proxy, and any number of others, are at work too.
 */
#ifndef PROXY_RECOVER_H
#define PROXY_RECOVER_H

#include <stdbool.h>
#include <stdint.h>

struct control;
struct recover;

/* Follows the topology of control_snapshot(). NULL when no thread could be started. */
struct recover *recover_start(struct control *c);
/* Waits for the thread, bounded by the timeouts of the question under way. Before control_stop(). */
void recover_stop(struct recover *r);

/* Is shardwire.commit_log known to be on the shard's primary? Cheap; any thread. `shard` counts in the topology of now:
 * for a moment after a reload the answer may be that of the old one. Always false in a mesh of one shard. */
bool recover_ready(struct recover *r, uint16_t shard);

struct recover_counts {
    uint64_t committed, rolled_back; /* prepared branches ended by this proxy's recovery */
    uint64_t in_doubt;               /* branches prepared for longer than transactions.recover_age, at the last look */
};
struct recover_counts recover_counts(struct recover *r); /* any thread */

#endif
