/* GTID sets stay text: they are short, a snapshot holds one for each instance, and one scan answers the one question
 * that is asked of them. Text that cannot be read covers nothing and is covered by nothing, so the worst that a strange
 * server can cause is a read on the primary.
 *
 *   MariaDB   set = entry *( "," entry )            entry = domain "-" server "-" sequence
 *   MySQL     set = entry *( "," entry )            entry = uuid *( ":" ( tag | first [ "-" last ] ) )
 *
 * In a MySQL entry a tag holds for the intervals behind it up to the next tag. Blanks and line ends may stand around
 * every part. MySQL itself joins neighbouring intervals, so an interval is covered when a single one holds it.
 */
#include "router/gtid.h"

#include <stdint.h>

struct text {
    const char *p, *end;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static struct text trim(struct text t)
{
    while (t.p < t.end && is_blank(*t.p)) {
        t.p++;
    }
    while (t.p < t.end && is_blank(t.end[-1])) {
        t.end--;
    }
    return t;
}

/* Takes what stands before the next separator off the front. False at the end of the text. */
static bool part_next(struct text *rest, char separator, struct text *part)
{
    if (rest->p == NULL) {
        return false;
    }
    part->p = rest->p;
    for (part->end = rest->p; part->end < rest->end && *part->end != separator; part->end++) {
    }
    rest->p = part->end < rest->end ? part->end + 1 : NULL;
    *part = trim(*part);
    return true;
}

static bool number_read(struct text *t, uint64_t *out)
{
    const char *start = t->p;
    uint64_t n = 0;
    for (; t->p < t->end && is_digit(*t->p); t->p++) {
        if (__builtin_mul_overflow(n, (uint64_t)10, &n) || __builtin_add_overflow(n, (uint64_t)(*t->p - '0'), &n)) {
            return false;
        }
    }
    *out = n;
    return t->p > start;
}

static bool char_read(struct text *t, char c)
{
    if (t->p < t->end && *t->p == c) {
        t->p++;
        return true;
    }
    return false;
}

static bool same(struct text a, struct text b)
{
    if (a.end - a.p != b.end - b.p) {
        return false;
    }
    while (a.p < a.end) {
        if (lower(*a.p++) != lower(*b.p++)) {
            return false;
        }
    }
    return true;
}

/* ---- MariaDB ---- */

struct position {
    uint64_t domain, server, sequence;
};

static bool position_read(struct text t, struct position *out)
{
    return number_read(&t, &out->domain) && char_read(&t, '-') && number_read(&t, &out->server) && char_read(&t, '-') &&
           number_read(&t, &out->sequence) && t.p == t.end;
}

static bool covers_position(struct text set, const struct position *wanted)
{
    struct text entry;
    while (part_next(&set, ',', &entry)) {
        struct position have;
        if (position_read(entry, &have) && have.domain == wanted->domain && have.sequence >= wanted->sequence) {
            return true;
        }
    }
    return false;
}

/* ---- MySQL ---- */

static bool is_uuid(struct text t)
{
    if (t.end - t.p != 36) {
        return false;
    }
    for (int i = 0; i < 36; i++) {
        char c = lower(t.p[i]);
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

static bool is_tag(struct text t)
{
    if (t.p == t.end || t.end - t.p > 32 || is_digit(*t.p)) {
        return false;
    }
    for (; t.p < t.end; t.p++) {
        char c = lower(*t.p);
        if (!(is_digit(c) || c == '_' || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return true;
}

struct interval {
    struct text uuid, tag; /* tag: empty when there is none */
    uint64_t first, last;
};

static bool interval_read(struct text t, struct interval *out)
{
    if (!number_read(&t, &out->first)) {
        return false;
    }
    out->last = out->first;
    if (char_read(&t, '-') && !number_read(&t, &out->last)) {
        return false;
    }
    return t.p == t.end && out->first > 0 && out->first <= out->last;
}

/* Calls `fn` for each interval of an entry until it says false. False as well when the entry is malformed or holds
 * none. */
static bool intervals_each(struct text entry, bool (*fn)(const struct interval *i, void *arg), void *arg)
{
    struct interval i = {0};
    struct text part;
    bool any = false;
    if (!part_next(&entry, ':', &i.uuid) || !is_uuid(i.uuid)) {
        return false;
    }
    while (part_next(&entry, ':', &part)) {
        if (is_tag(part)) {
            i.tag = part;
            continue;
        }
        if (!interval_read(part, &i) || !fn(&i, arg)) {
            return false;
        }
        any = true;
    }
    return any;
}

struct search {
    const struct interval *wanted;
    bool found;
};

static bool on_interval_of_set(const struct interval *have, void *arg)
{
    struct search *s = arg;
    const struct interval *w = s->wanted;
    s->found = have->first <= w->first && have->last >= w->last && same(have->uuid, w->uuid) && same(have->tag, w->tag);
    return !s->found;
}

static bool on_wanted_interval(const struct interval *wanted, void *arg)
{
    struct text set = *(struct text *)arg, entry;
    struct search s = {.wanted = wanted};
    while (!s.found && part_next(&set, ',', &entry)) {
        intervals_each(entry, on_interval_of_set, &s);
    }
    return s.found;
}

/* ---- both ---- */

bool gtid_covers(const char *set, size_t set_len, const char *gtid, size_t gtid_len)
{
    if (set_len == 0 || gtid_len == 0) {
        return false;
    }
    struct text have = {set, set + set_len}, wanted = {gtid, gtid + gtid_len}, entry;
    while (part_next(&wanted, ',', &entry)) {
        struct position position;
        bool covered = position_read(entry, &position) ? covers_position(have, &position)
                                                       : intervals_each(entry, on_wanted_interval, &have);
        if (!covered) {
            return false;
        }
    }
    return true;
}
