/* Memory of one command: a bump allocator over a chain of blocks.
 *
 *   newest block              older blocks (full)
 *   +----------+--------+     +-----------------+
 *   | used     | free   | --> | used            | --> ...
 *   +----------+--------+     +-----------------+
 *              ^ top    ^ end
 *
 * Nothing is freed alone. arena_reset() forgets everything and keeps one block of the ordinary size, so that a
 * session in its steady state takes nothing from the general heap. The sizes asked for are chosen by a peer (they
 * follow the statement's length), therefore an arena has a ceiling, and arena_alloc() answers NULL when the ceiling
 * or the heap says no: every caller checks. What it hands out is aligned to 8 bytes and not cleared. */
#ifndef ROUTER_ARENA_H
#define ROUTER_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    char *top, *end;   /* free part of the newest block */
    size_t block_size; /* ordinary block, bytes */
    size_t ceiling;    /* of all blocks together */
    size_t held;       /* bytes of all blocks now */
};

/* Takes no memory yet. block_size is the first block's size; all blocks together stay at or under ceiling bytes. */
void arena_init(struct arena *a, size_t block_size, size_t ceiling);

/* Gives all memory back. The arena may be used again as after arena_init(). */
void arena_deinit(struct arena *a);

/* Forgets all allocations; keeps at most one block of the ordinary size. */
void arena_reset(struct arena *a);

/* The slow path of arena_alloc(); not for callers. */
void *arena_alloc_slow(struct arena *a, size_t size);

/* size bytes, not cleared, or NULL when over the ceiling. size 0 is allowed. */
static inline void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded = (size + 7) & ~(size_t)7;
    if (rounded < size || (size_t)(a->end - a->top) < rounded) {
        return arena_alloc_slow(a, size);
    }
    char *p = a->top;
    a->top += rounded;
    return p;
}

/* The same, cleared. */
void *arena_zalloc(struct arena *a, size_t size);

/* Makes an allocation of old_size bytes new_size bytes long (new_size >= old_size), in place when it is the newest
 * allocation and there is room, else by copying. NULL when over the ceiling; the old bytes are then still valid. */
void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size);

/* Gives back the unused tail of the newest allocation; does nothing for any other. */
void arena_trim(struct arena *a, void *p, size_t old_size, size_t new_size);

/* A copy of len bytes with a NUL after them. */
char *arena_copy(struct arena *a, const void *bytes, size_t len);

#endif
