/* What a worker counts: the rows of stats.def and the latency of its statements. Each struct stats has one thread that
 * writes it and lies on cache lines of its own, so counting takes no lock and disturbs no other worker; any thread may
 * read.
 */
#ifndef PROXY_STATS_H
#define PROXY_STATS_H

#include "proxy/histogram.h"

struct stats {
#define X(name, metric, label, help) atomic_ullong name;
#include "proxy/stats.def"
#undef X
    struct histogram latency; /* statements: received to last byte of the answer queued */
};

#define X(name, metric, label, help) +1
enum {
    STATS_ROWS = 0
#include "proxy/stats.def"
};
#undef X

struct stats *stats_new(void); /* all zero */
void stats_free(struct stats *s);

/* stats_add(w->stats, questions, 1): by the struct's own thread. */
#define stats_add(s, name, n) counter_add(&(s)->name, (n))
#define stats_latency(s, us) histogram_add(&(s)->latency, (us))

/* Counts an error of our own by its number: errors_sent and the row of its class. */
void stats_error(struct stats *s, unsigned number);

/* Adds all that `from` holds to `into`, which starts zeroed and belongs to the caller alone. */
void stats_merge(struct stats *into, const struct stats *from);

/* The counters by number, 0 … STATS_ROWS - 1, for listings. */
struct stats_row {
    const char *name, *metric, *label, *help;
    size_t offset;
};
extern const struct stats_row stats_rows[];
uint64_t stats_value(const struct stats *s, size_t row);

#endif
