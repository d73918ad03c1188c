/* See rewrite.h. */
#include "router/rewrite.h"

#include <string.h>

bool rewrite_apply(const char *sql, size_t len, const struct rewrite_edit *edits, size_t n, struct arena *arena,
                   const char **out, size_t *out_len)
{
    size_t at = 0, total = len;
    for (size_t i = 0; i < n; i++) {
        const struct rewrite_edit *e = &edits[i];
        if (e->span.off < at || e->span.off > len || e->span.len > len - e->span.off) {
            return false;
        }
        at = e->span.off + e->span.len;
        if (e->len > SIZE_MAX / 2 - total) {
            return false;
        }
        total = total - e->span.len + e->len;
    }
    char *p = arena_alloc(arena, total + 1), *z = p;
    if (!p) {
        return false;
    }
    at = 0;
    for (size_t i = 0; i < n; i++) {
        const struct rewrite_edit *e = &edits[i];
        memcpy(z, sql + at, e->span.off - at);
        z += e->span.off - at;
        if (e->len) {
            memcpy(z, e->text, e->len);
        }
        z += e->len;
        at = e->span.off + e->span.len;
    }
    memcpy(z, sql + at, len - at);
    z[len - at] = '\0';
    *out = p;
    *out_len = total;
    return true;
}
