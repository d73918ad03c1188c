/* How often did what take how long: counts in log-linear buckets, four to each power of two, so a percentile is right
 * within an eighth. Fixed size (1,000 bytes), no allocation.
 *
 *   µs      0  1  2  3 | 4 5 6 7 | 8-9 10-11 12-13 14-15 | 16-19 … | … up to 2^32 (71 minutes; longer is counted there)
 *   bucket  0  1  2  3 | 4 5 6 7 | 8   9     10    11    | 12 …
 *
 * One thread adds; any thread may read meanwhile (each count is whole, all together are of about the same moment).
 */
#ifndef PROXY_HISTOGRAM_H
#define PROXY_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 124 };

struct histogram {
    atomic_ullong sum; /* µs */
    atomic_ullong counts[HISTOGRAM_BUCKETS];
};

/* One writer: no locked instruction is needed. */
static inline void counter_add(atomic_ullong *counter, unsigned long long n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline unsigned long long counter_get(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline size_t histogram_bucket(uint64_t us)
{
    if (us < 4) {
        return (size_t)us;
    }
    unsigned power = us >> 32 != 0 ? 32 : 63 - (unsigned)__builtin_clzll(us);
    return power > 31 ? HISTOGRAM_BUCKETS - 1 : 4 + (power - 2) * 4 + ((us >> (power - 2)) & 3);
}

static inline void histogram_add(struct histogram *h, uint64_t us)
{
    counter_add(&h->counts[histogram_bucket(us)], 1);
    counter_add(&h->sum, us);
}

/* Adds what `from` holds to `into`, of which the caller is the one writer. */
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *h);
uint64_t histogram_count_below(const struct histogram *h,
                               unsigned power); /* values under 2^power µs; power at least 2 */

/* The value that `fraction` (0 … 1) of all values are at or under, in µs; 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *h, double fraction);

#endif
