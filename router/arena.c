/* See arena.h. A block's header keeps its size, so that arena_reset() knows which one is worth keeping. */
#include "router/arena.h"

#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
    size_t size; /* of all of it, header included */
};

static char *block_data(struct arena_block *b)
{
    return (char *)(b + 1);
}

void arena_init(struct arena *a, size_t block_size, size_t ceiling)
{
    *a = (struct arena){.block_size = block_size < 256 ? 256 : block_size, .ceiling = ceiling};
}

void arena_deinit(struct arena *a)
{
    while (a->newest) {
        struct arena_block *older = a->newest->older;
        free(a->newest);
        a->newest = older;
    }
    a->top = a->end = NULL;
    a->held = 0;
}

void arena_reset(struct arena *a)
{
    struct arena_block *keep = NULL;
    for (struct arena_block *b = a->newest, *older; b; b = older) {
        older = b->older;
        if (!keep && b->size <= a->block_size) {
            keep = b;
        } else {
            free(b);
        }
    }
    a->newest = keep;
    a->held = keep ? keep->size : 0;
    a->top = keep ? block_data(keep) : NULL;
    a->end = keep ? (char *)keep + keep->size : NULL;
    if (keep) {
        keep->older = NULL;
    }
}

/* Blocks double from the ordinary size up to 1 MiB, or are as large as one allocation needs. */
static size_t next_block_size(const struct arena *a, size_t need)
{
    size_t size = a->newest ? a->newest->size * 2 : a->block_size;
    if (size > ((size_t)1 << 20) && size > a->block_size) {
        size = a->block_size > ((size_t)1 << 20) ? a->block_size : (size_t)1 << 20;
    }
    if (a->held + size > a->ceiling) {
        size = a->ceiling > a->held ? a->ceiling - a->held : 0;
    }
    return size < need ? need : size;
}

void *arena_alloc_slow(struct arena *a, size_t size)
{
    if (size > a->ceiling || a->held >= a->ceiling) {
        return NULL;
    }
    size_t rounded = (size + 7) & ~(size_t)7;
    if (a->end - a->top >= (ptrdiff_t)rounded && a->top) {
        a->top += rounded;
        return a->top - rounded;
    }
    size_t bytes = next_block_size(a, rounded + sizeof(struct arena_block));
    if (bytes > a->ceiling - a->held) {
        return NULL;
    }
    struct arena_block *b = malloc(bytes);
    if (!b) {
        return NULL;
    }
    b->older = a->newest;
    b->size = bytes;
    a->newest = b;
    a->held += bytes;
    a->top = block_data(b) + rounded;
    a->end = (char *)b + bytes;
    return block_data(b);
}

void *arena_zalloc(struct arena *a, size_t size)
{
    void *p = arena_alloc(a, size);
    if (p) {
        memset(p, 0, size);
    }
    return p;
}

void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size)
{
    size_t was = (old_size + 7) & ~(size_t)7, now = (new_size + 7) & ~(size_t)7;
    if (now < new_size) {
        return NULL;
    }
    if (p && a->top && (char *)p + was == a->top && now - was <= (size_t)(a->end - a->top)) {
        a->top += now - was;
        return p;
    }
    void *q = arena_alloc(a, new_size);
    if (q && old_size) {
        memcpy(q, p, old_size);
    }
    return q;
}

void arena_trim(struct arena *a, void *p, size_t old_size, size_t new_size)
{
    size_t was = (old_size + 7) & ~(size_t)7, now = (new_size + 7) & ~(size_t)7;
    if (p && a->top && (char *)p + was == a->top) {
        a->top -= was - now;
    }
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    char *p = len == SIZE_MAX ? NULL : arena_alloc(a, len + 1);
    if (p) {
        if (len) {
            memcpy(p, bytes, len);
        }
        p[len] = 0;
    }
    return p;
}
