/* See histogram.h. A percentile is placed inside its bucket as if the bucket's values were spread evenly. */
#include "proxy/histogram.h"

static uint64_t bucket_start(size_t bucket)
{
    return bucket < 4 ? bucket : (uint64_t)(4 + bucket % 4) << (bucket / 4 - 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    counter_add(&into->sum, counter_get(&from->sum));
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        counter_add(&into->counts[i], counter_get(&from->counts[i]));
    }
}

static uint64_t count_of_first(const struct histogram *h, size_t buckets)
{
    uint64_t n = 0;
    for (size_t i = 0; i < buckets; i++) {
        n += counter_get(&h->counts[i]);
    }
    return n;
}

uint64_t histogram_count(const struct histogram *h)
{
    return count_of_first(h, HISTOGRAM_BUCKETS);
}

uint64_t histogram_count_below(const struct histogram *h, unsigned power)
{
    return count_of_first(h, histogram_bucket((uint64_t)1 << power));
}

uint64_t histogram_percentile(const struct histogram *h, double fraction)
{
    double wanted = fraction * (double)histogram_count(h), before = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double here = (double)counter_get(&h->counts[i]);
        if (here > 0 && before + here >= wanted) {
            double width = (double)(bucket_start(i + 1) - bucket_start(i)), part = (wanted - before) / here;
            return bucket_start(i) + (uint64_t)((width - 1) * (part > 0 ? part : 0) + 0.5);
        }
        before += here;
    }
    return 0;
}
