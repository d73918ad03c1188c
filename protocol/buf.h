/* Growable bytes with a ceiling: append at the back, consume at the front.
 *
 *      data          head                tail            cap        max
 *       | consumed    | readable          | writable      |  . . . . |
 *
 * 0 <= head <= tail <= cap <= max. An append that would pass `max` (or finds no memory) sets `bad` and changes nothing
 * else; `bad` stays, so a sequence of appends is checked once at its end. No memory is held until the first append.
 */
#ifndef PROTOCOL_BUF_H
#define PROTOCOL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data;
    size_t head, tail, cap, max;
    bool bad;
};

void buf_init(struct buf *b, size_t max);
void buf_deinit(struct buf *b); /* frees; the buffer may be used again as if just initialised with the same max */

static inline size_t buf_len(const struct buf *b) { return b->tail - b->head; }
static inline uint8_t *buf_ptr(const struct buf *b) { return b->data + b->head; }

/* Makes room for n bytes behind the readable ones and returns where they start, or NULL (bad is set). The bytes count
 * only after buf_commit(). */
uint8_t *buf_reserve(struct buf *b, size_t n);
static inline void buf_commit(struct buf *b, size_t n) { b->tail += n; }

void buf_append(struct buf *b, const void *p, size_t n);

/* Drops n readable bytes from the front. An emptied buffer starts again at data and gives memory over 16 KiB back. */
void buf_consume(struct buf *b, size_t n);

/* Forgets the readable bytes behind the first n. */
static inline void buf_truncate(struct buf *b, size_t n) { b->tail = b->head + n; }

#endif
