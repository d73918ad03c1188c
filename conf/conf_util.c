/* Small tools of conf/: memory that never fails, sorted names, and "did you mean". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* vasprintf */
#endif
#include "conf/conf_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void *conf_calloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

char *conf_strdup(const char *s)
{
    char *copy;

    if (!s)
        return NULL;
    copy = strdup(s);
    if (!copy)
        abort();
    return copy;
}

char *conf_format(const char *fmt, ...)
{
    va_list args;
    char *s;

    va_start(args, fmt);
    if (vasprintf(&s, fmt, args) < 0)
        abort();
    va_end(args);
    return s;
}

/* ---- names ---- */

static int compare_names(const void *a, const void *b)
{
    const struct conf_name *x = a, *y = b;
    int c = strcmp(x->name, y->name);

    return c ? c : (x->index > y->index) - (x->index < y->index);
}

void conf_names_sort(struct conf_name *names, size_t n)
{
    if (n)
        qsort(names, n, sizeof(*names), compare_names);
}

const struct conf_name *conf_names_find(const struct conf_name *names, size_t n, const char *name)
{
    while (n > 0) {
        int c = strcmp(name, names[n / 2].name);

        if (c == 0)
            return &names[n / 2];
        if (c > 0) {
            names += n / 2 + 1;
            n -= n / 2 + 1;
        } else {
            n /= 2;
        }
    }
    return NULL;
}

void conf_names_check(struct conf_ctx *ctx, struct conf_name *names, size_t n, const char *list, const char *what)
{
    conf_names_sort(names, n);
    for (size_t i = 1; i < n; i++) {
        char *where;

        if (strcmp(names[i - 1].name, names[i].name) != 0)
            continue;
        where = conf_format("%s[%s]", list, names[i].name);
        conf_problem_at(ctx, names[i].line, where, "%s is given twice, first on line %u", what, names[i - 1].line);
        free(where);
    }
}

/* ---- did you mean ---- */

/* Edits (insert, delete, replace, swap neighbours) that lead from a to b; words longer than any setting are far. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    enum { MAX = 48 };
    unsigned d[MAX + 1][MAX + 1];

    if (n > MAX || m > MAX)
        return MAX;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            unsigned least = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

            if (d[i - 1][j] + 1 < least)
                least = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < least)
                least = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < least)
                least = d[i - 2][j - 2] + 1;
            d[i][j] = least;
        }
    return d[n][m];
}

void conf_hint_offer(struct conf_hint *h, const char *candidate, size_t len)
{
    unsigned d = distance(h->word, strlen(h->word), candidate, len);

    if (d > 1 + len / 4 || d >= len) /* too far to be a slip of the fingers */
        return;
    if (!h->best || d < h->distance) {
        h->best = candidate;
        h->len = len;
        h->distance = d;
    }
}
