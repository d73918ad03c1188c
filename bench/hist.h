/* hist: counts of durations in log-linear buckets.
 *
 * Each power of two is cut into 64 equal buckets, so a percentile read back is at most 1.6 % above the true one, from
 * one nanosecond to centuries, in 30 KiB and without allocation. Histograms of several threads are added together.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

enum { HIST_SUB_BITS = 6, HIST_SUB = 1 << HIST_SUB_BITS, HIST_BUCKETS = (64 - HIST_SUB_BITS + 1) * HIST_SUB };

struct hist {
    uint64_t total, max;
    uint64_t count[HIST_BUCKETS];
};

static inline unsigned hist_bucket(uint64_t ns)
{
    if (ns < HIST_SUB) {
        return (unsigned)ns;
    }
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - HIST_SUB_BITS;
    return (shift + 1) * HIST_SUB + (unsigned)((ns >> shift) - HIST_SUB);
}

/* The largest duration that falls into the bucket. */
static inline uint64_t hist_upper(unsigned bucket)
{
    if (bucket < HIST_SUB) {
        return bucket;
    }
    unsigned shift = bucket / HIST_SUB - 1;
    return ((uint64_t)(HIST_SUB + bucket % HIST_SUB) << shift) + (((uint64_t)1 << shift) - 1);
}

static inline void hist_add(struct hist *h, uint64_t ns)
{
    h->count[hist_bucket(ns)]++;
    h->total++;
    h->max = ns > h->max ? ns : h->max;
}

static inline void hist_merge(struct hist *into, const struct hist *from)
{
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        into->count[i] += from->count[i];
    }
    into->total += from->total;
    into->max = from->max > into->max ? from->max : into->max;
}

/* The duration that `percent` of the entries do not exceed; 0 when there are none. */
static inline uint64_t hist_percentile(const struct hist *h, double percent)
{
    uint64_t seen = 0, wanted = (uint64_t)((double)h->total * percent / 100.0 + 0.999999);

    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += h->count[i];
        if (seen >= wanted && seen > 0) {
            uint64_t upper = hist_upper(i);
            return upper < h->max ? upper : h->max;
        }
    }
    return 0;
}

#endif
