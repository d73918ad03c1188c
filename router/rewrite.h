/* Edits SQL text by span: a statement with some of its parts replaced. */
#ifndef ROUTER_REWRITE_H
#define ROUTER_REWRITE_H

#include "router/arena.h"
#include "router/lex.h"

struct rewrite_edit {
    struct span span; /* what is replaced; len 0 inserts */
    const char *text;
    size_t len;
};

/* Applies edits, which must be in text order and must not overlap. *out is in the arena, NUL-terminated. False: no
 * memory, or edits that are not so. */
bool rewrite_apply(const char *sql, size_t len, const struct rewrite_edit *edits, size_t n, struct arena *arena,
                   const char **out, size_t *out_len);

#endif
