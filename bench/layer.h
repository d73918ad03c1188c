/* layer: what the benches of single layers share: sysbench's statements, and a stopwatch.
 *
 * A figure is the best of several short runs: the least disturbed one says what the code costs, and the others say what
 * else the machine was doing. Lines are "layer <tab> statement <tab> nanoseconds".
 */
#ifndef BENCH_LAYER_H
#define BENCH_LAYER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct statement {
    const char *name, *sql;
};

/* The text forms of oltp_point_select and oltp_read_write, values of usual lengths. */
static const struct statement statements[] = {
    {"point select", "SELECT c FROM sbtest1 WHERE id=5042"},
    {"range", "SELECT c FROM sbtest1 WHERE id BETWEEN 4890 AND 4989"},
    {"sum", "SELECT SUM(k) FROM sbtest1 WHERE id BETWEEN 4890 AND 4989"},
    {"ordered range", "SELECT c FROM sbtest1 WHERE id BETWEEN 4890 AND 4989 ORDER BY c"},
    {"distinct range", "SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN 4890 AND 4989 ORDER BY c"},
    {"update", "UPDATE sbtest1 SET k=k+1 WHERE id=5042"},
    {"update of text", "UPDATE sbtest1 SET c='83868641912-28773972837-60736120486-75162659906-27563526494-20381887404-"
                       "41576422241-93426793964-56405065102-33518432330' WHERE id=5042"},
    {"delete", "DELETE FROM sbtest1 WHERE id=5042"},
    {"insert", "INSERT INTO sbtest1 (id, k, c, pad) VALUES (5042, 4990, '83868641912-28773972837-60736120486-75162659906-"
               "27563526494-20381887404-41576422241-93426793964-56405065102-33518432330', "
               "'67847967377-48000963322-62604785301-91415491898-96926520291')"},
    {"begin", "BEGIN"},
    {"commit", "COMMIT"},
};

enum { STATEMENTS = sizeof statements / sizeof statements[0] };

static inline uint64_t layer_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Calls job(arg, sql, len) for 10 ms, 15 times, and prints the best; job returns 0, or the bench says that it failed. */
static inline int layer_time(const char *layer, const struct statement *s, int (*job)(void *, const char *, uint32_t),
                             void *arg)
{
    uint32_t len = (uint32_t)strlen(s->sql);
    double best = 1e18;

    for (int run = 0; run < 15; run++) {
        uint64_t start = layer_now(), end = start, calls = 0;
        while (end - start < 10000000) {
            for (int i = 0; i < 100; i++) {
                if (job(arg, s->sql, len) != 0) {
                    printf("%s\t%s\tfailed\n", layer, s->name);
                    return 1;
                }
            }
            calls += 100;
            end = layer_now();
        }
        double each = (double)(end - start) / (double)calls;
        best = each < best ? each : best;
    }
    printf("%s\t%s\t%.0f\n", layer, s->name, best);
    return 0;
}

#endif
