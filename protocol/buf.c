#include "protocol/buf.h"

#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 256         /* the least that is ever allocated */
#define BUF_KEEP (16u * 1024) /* an emptied buffer larger than this is freed */

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_deinit(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

/* Doubles until `need` bytes fit, but never past max. */
static size_t grown(const struct buf *b, size_t need)
{
    size_t cap = b->cap > BUF_FIRST ? b->cap : BUF_FIRST;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    return cap < b->max ? cap : b->max;
}

static void slide(struct buf *b)
{
    size_t len = buf_len(b);
    memmove(b->data, b->data + b->head, len);
    b->head = 0;
    b->tail = len;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    if (b->bad)
        return NULL;
    if (n <= b->cap - b->tail && b->data)
        return b->data + b->tail;
    size_t len = buf_len(b);
    if (n > b->max - len) {
        b->bad = true;
        return NULL;
    }
    /* Sliding costs at most as much as what was consumed, if at least half of the memory is free in front. */
    if (b->data && len + n <= b->cap && b->head >= len) {
        slide(b);
        return b->data + b->tail;
    }
    if (b->head)
        slide(b);
    size_t cap = grown(b, len + n);
    uint8_t *data = cap > b->cap || !b->data ? realloc(b->data, cap ? cap : 1) : b->data;
    if (!data) {
        b->bad = true;
        return NULL;
    }
    b->data = data;
    b->cap = cap > b->cap ? cap : b->cap;
    return b->data + b->tail;
}

void buf_append(struct buf *b, const void *p, size_t n)
{
    if (!n)
        return;
    uint8_t *to = buf_reserve(b, n);
    if (!to)
        return;
    memcpy(to, p, n);
    buf_commit(b, n);
}

void buf_consume(struct buf *b, size_t n)
{
    b->head += n;
    if (b->head < b->tail)
        return;
    b->head = b->tail = 0;
    if (b->cap > BUF_KEEP) {
        free(b->data);
        b->data = NULL;
        b->cap = 0;
    }
}
