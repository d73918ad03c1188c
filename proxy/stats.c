/* See stats.h. The table of rows makes listings; the fields make counting one add. */
#include "proxy/stats.h"

#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

const struct stats_row stats_rows[] = {
#define X(name, metric, label, help) {#name, metric, label, help, offsetof(struct stats, name)},
#include "proxy/stats.def"
#undef X
};

struct stats *stats_new(void)
{
    size_t size = (sizeof(struct stats) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct stats *s = aligned_alloc(CACHE_LINE, size);
    if (s == NULL) {
        abort();
    }
    memset(s, 0, size);
    return s;
}

void stats_free(struct stats *s)
{
    free(s);
}

static atomic_ullong *counter_of(struct stats *s, size_t row)
{
    return (atomic_ullong *)((char *)s + stats_rows[row].offset);
}

uint64_t stats_value(const struct stats *s, size_t row)
{
    return counter_get((const atomic_ullong *)((const char *)s + stats_rows[row].offset));
}

void stats_merge(struct stats *into, const struct stats *from)
{
    for (size_t i = 0; i < STATS_ROWS; i++) {
        counter_add(counter_of(into, i), stats_value(from, i));
    }
    histogram_merge(&into->latency, &from->latency);
}

static const struct {
    size_t row;
    uint16_t numbers[12];
} classes[] = {
    {offsetof(struct stats, errors_access), {1044, 1045, 1095, 1142, 1143, 1227, 1251, 1698, 3118}},
    {offsetof(struct stats, errors_syntax), {1064, 1065, 1149}},
    {offsetof(struct stats, errors_unknown_object), {1046, 1049, 1051, 1054, 1094, 1109, 1146, 1193, 1243, 1305}},
    {offsetof(struct stats, errors_limit), {1040, 1041, 1114, 1153, 1203, 1205, 1226, 1461, 3024}},
    {offsetof(struct stats, errors_unavailable), {1053, 1290, 1317, 1836, 1927, 3032, 3169}},
    {offsetof(struct stats, errors_protocol), {1043, 1047, 1156, 1157, 1158, 1159, 1160, 1161, 1835}},
};

static size_t class_of(unsigned number)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        for (const uint16_t *n = classes[i].numbers; *n != 0; n++) {
            if (*n == number) {
                return classes[i].row;
            }
        }
    }
    return offsetof(struct stats, errors_refused);
}

void stats_error(struct stats *s, unsigned number)
{
    counter_add(&s->errors_sent, 1);
    counter_add((atomic_ullong *)((char *)s + class_of(number)), 1);
}
