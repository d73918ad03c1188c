/* Statement digests of one worker: each shape of statement with its counts and latencies, for mesh.statements.
 *
 * The table is bounded: the digest that was used longest ago makes room, unless a plan refers to it. When all are
 * referred to, new shapes share one row, so that nothing goes uncounted. All functions are for the worker's own thread;
 * others ask it.
 */
#ifndef PROXY_DIGEST_H
#define PROXY_DIGEST_H

#include <stdbool.h>
#include <sys/queue.h>
#include <uthash.h>

#include "proxy/histogram.h"

#define DIGEST_TEXT_MAX 1024 /* longer texts are cut by who makes them */

struct digest_table;

struct digest {
    const char *schema, *text;
    uint64_t count, errors, rows; /* rows: sent or affected */
    uint64_t total_us, max_us;
    uint64_t first_seen, last_seen; /* wall clock, ms; 0 never */
    struct histogram latency;
    /* the table's */
    struct digest_table *table;
    unsigned refs;
    UT_hash_handle hh;
    TAILQ_ENTRY(digest) link;
};

struct digest_table *digest_table_new(size_t max); /* 0: digests are off */
void digest_table_free(struct digest_table *t);    /* no reference may be used after it */
void digest_table_resize(struct digest_table *t, size_t max);

/* The row of a shape, with a reference that digest_unref() ends. NULL when digests are off. */
struct digest *digest_get(struct digest_table *t, const char *text, const char *schema);
struct digest *digest_ref(struct digest *d);
void digest_unref(struct digest *d); /* NULL is allowed */

/* A statement of this shape is over. */
void digest_add(struct digest *d, uint64_t us, uint64_t rows, bool error);

void digest_each(const struct digest_table *t, void (*fn)(void *arg, const struct digest *d), void *arg);
void digest_reset(struct digest_table *t);             /* forgets what nobody refers to, zeroes the rest */
uint64_t digest_evicted(const struct digest_table *t); /* rows that made room, in all */

#endif
