/* Shape -> digest text. Works on the bytes of a shape, whose spacing is known: lists have "(" before and ")" after,
 * items apart by ", ", and quoted text in `, ' or ". A list of placeholders alone becomes (...), and further rows
 * ", (...)" after it are dropped. */
#include <string.h>

#include "router/fingerprint.h"

struct digest {
    const char *p, *end;
    char *out, *limit;
};

static void put(struct digest *d, const char *bytes, size_t len)
{
    size_t room = (size_t)(d->limit - d->out);
    len = len < room ? len : room;
    memcpy(d->out, bytes, len);
    d->out += len;
}

/* The length of the placeholder at p, or 0: ? ?L ?P '?' N'?' x'?' b'?' */
static size_t placeholder_len(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    if (left >= 1 && *p == '?') {
        return left >= 2 && (p[1] == 'L' || p[1] == 'P') ? 2 : 1;
    }
    if (left >= 3 && memcmp(p, "'?'", 3) == 0) {
        return 3;
    }
    if (left >= 4 && (*p == 'N' || *p == 'x' || *p == 'b') && memcmp(p + 1, "'?'", 3) == 0) {
        return 4;
    }
    return 0;
}

static size_t null_len(const char *p, const char *end)
{
    static const char *const words[] = {"NULL", "DEFAULT", "TRUE", "FALSE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) > n && memcmp(p, words[i], n) == 0 && (p[n] == ',' || p[n] == ')')) {
            return n;
        }
    }
    return 0;
}

/* At "(": the length of a list of nothing but placeholders (signs and NULLs allowed), or 0. */
static size_t plain_list_len(const char *p, const char *end)
{
    const char *q = p + 1;
    for (;;) {
        while (q < end && (*q == '-' || *q == '+' || *q == ' ')) {
            q++;
        }
        size_t n = placeholder_len(q, end);
        n = n ? n : null_len(q, end);
        if (!n || q + n >= end) {
            return 0;
        }
        q += n;
        if (*q == ')') {
            return (size_t)(q + 1 - p);
        }
        if (*q != ',') {
            return 0;
        }
        q++;
    }
}

/* At "(": the length of a list of such lists, as of rows behind IN, or 0. */
static size_t row_list_len(const char *p, const char *end)
{
    const char *q = p + 1;
    for (;;) {
        size_t n = q < end && *q == '(' ? plain_list_len(q, end) : 0;
        if (!n || q + n >= end) {
            return 0;
        }
        q += n;
        if (*q == ')') {
            return (size_t)(q + 1 - p);
        }
        if (end - q < 2 || memcmp(q, ", ", 2) != 0) {
            return 0;
        }
        q += 2;
    }
}

static bool ends_with(const char *start, const char *p, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(p - start) >= n && memcmp(p - n, word, n) == 0;
}

/* Quoted text, whole. Executed comments and hints are left to the ordinary copying. */
static size_t quoted_len(const char *p, const char *end)
{
    const char *q = p + 1;
    while (q < end && *q != *p) {
        q += *q == '\\' && *p != '`' && q + 1 < end ? 2 : 1;
    }
    return (size_t)(q < end ? q + 1 - p : end - p);
}

/* A list to be collapsed here? Then writes (...) and goes behind it, and behind further rows of VALUES. */
static bool collapse(struct digest *d, const char *shape)
{
    if (*d->p != '(') {
        return false;
    }
    bool in = ends_with(shape, d->p, "IN ");
    bool values = ends_with(shape, d->p, "VALUES ") || ends_with(shape, d->p, "VALUE ") ||
                  ends_with(shape, d->p, "value ") || ends_with(shape, d->p, "value");
    size_t n = in || values ? plain_list_len(d->p, d->end) : 0;
    if (in && !n) {
        n = row_list_len(d->p, d->end);
    }
    if (!n) {
        return false;
    }
    put(d, "(...)", 5);
    d->p += n;
    while (values && d->end - d->p > 2 && memcmp(d->p, ", (", 3) == 0 && (n = plain_list_len(d->p + 2, d->end))) {
        d->p += n + 2;
    }
    return true;
}

char *fingerprint_digest(const char *shape, uint32_t len, uint32_t max, struct arena *a, uint32_t *out_len)
{
    size_t cap = (size_t)len + 16 < max ? (size_t)len + 16 : max;
    char *buf = arena_alloc(a, cap + 1);
    if (!buf) {
        return NULL;
    }
    struct digest d = {shape, shape + len, buf, buf + cap};
    while (d.p < d.end && d.out < d.limit) {
        size_t n = placeholder_len(d.p, d.end);
        if (n) {
            put(&d, "?", 1);
            d.p += n;
        } else if (*d.p == '`' || *d.p == '\'' || *d.p == '"') {
            n = quoted_len(d.p, d.end);
            put(&d, d.p, n);
            d.p += n;
        } else if (!collapse(&d, shape)) {
            put(&d, d.p++, 1);
        }
    }
    *d.out = 0;
    *out_len = (uint32_t)(d.out - buf);
    return buf;
}
