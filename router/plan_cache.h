/* Plans by shape, per worker: a bounded map, the least recently used goes first; dropped whole when the topology or the
 * catalog changes. A hit compares the whole normalised text, the schema and the mode: never only a hash.
 */
#ifndef ROUTER_PLAN_CACHE_H
#define ROUTER_PLAN_CACHE_H

#include "router/plan.h"

struct plan_cache;
struct plan_cache *plan_cache_new(size_t max_plans, size_t max_bytes);
void plan_cache_free(struct plan_cache *c);

/* A plan is lent until plan_unref(): it outlives its own eviction. */
struct plan *plan_cache_get(struct plan_cache *c, const struct fingerprint *shape, const char *schema,
                            const struct lex_mode *mode);
/* Copies `plan` (cacheable) into memory of its own and returns the copy, lent like get's. */
struct plan *plan_cache_put(struct plan_cache *c, const struct fingerprint *shape, const char *schema,
                            const struct lex_mode *mode, const struct plan *plan);
struct plan *plan_ref(struct plan *p);
void plan_unref(struct plan *p); /* of a cacheable plan; others die with their arena and are passed over */
void plan_cache_clear(struct plan_cache *c);

struct plan_cache_stats {
    size_t plans, bytes;
    uint64_t hits, misses, evictions;
};
void plan_cache_stats(const struct plan_cache *c, struct plan_cache_stats *out);

#endif
