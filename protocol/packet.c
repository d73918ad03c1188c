#include "protocol/packet.h"

#include <string.h>

static size_t length_at(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
}

static void put_header(uint8_t *p, size_t len, uint8_t seq)
{
    p[0] = (uint8_t)len;
    p[1] = (uint8_t)(len >> 8);
    p[2] = (uint8_t)(len >> 16);
    p[3] = seq;
}

/* Closes the gaps that the headers of the fragments leave in the payload behind p's first header. A header is read
 * before anything is moved over it: `to` never passes the next fragment's header. */
static void join(uint8_t *p, size_t fragments)
{
    uint8_t *from = p, *to = p + PACKET_HEADER;
    for (size_t i = 0; i < fragments; i++) {
        size_t len = length_at(from);
        uint8_t *payload = from + PACKET_HEADER;
        from = payload + len;
        if (i)
            memmove(to, payload, len);
        to += len;
    }
}

static enum packet_status next_of_many(uint8_t *p, size_t n, size_t max, struct packet *out)
{
    size_t at = 0, total = 0, fragments = 0, len;
    uint8_t seq = 0;
    do {
        if (n - at < PACKET_HEADER)
            return PACKET_MORE;
        len = length_at(p + at);
        if (fragments && p[at + 3] != (uint8_t)(seq + 1))
            return PACKET_BAD_SEQ;
        seq = p[at + 3];
        total += len;
        if (total > max)
            return PACKET_TOO_BIG;
        if (n - at - PACKET_HEADER < len)
            return PACKET_MORE;
        at += PACKET_HEADER + len;
        fragments++;
    } while (len == PACKET_MAX);
    uint8_t first = p[3];
    join(p, fragments);
    *out = (struct packet){p + PACKET_HEADER, total, first, seq, at};
    return PACKET_OK;
}

enum packet_status packet_next(uint8_t *p, size_t n, size_t max, struct packet *out)
{
    if (n < PACKET_HEADER)
        return PACKET_MORE;
    size_t len = length_at(p);
    if (len == PACKET_MAX)
        return next_of_many(p, n, max, out);
    if (len > max)
        return PACKET_TOO_BIG;
    if (n - PACKET_HEADER < len)
        return PACKET_MORE;
    *out = (struct packet){p + PACKET_HEADER, len, p[3], p[3], PACKET_HEADER + len};
    return PACKET_OK;
}

size_t packet_want(const uint8_t *p, size_t n)
{
    size_t at = 0;
    while (n - at >= PACKET_HEADER) {
        size_t len = length_at(p + at), end = at + PACKET_HEADER + len;
        if (len == PACKET_MAX)
            end += PACKET_HEADER;
        if (end > n)
            return end;
        if (len < PACKET_MAX)
            break;
        at += PACKET_HEADER + len;
    }
    return n >= at + PACKET_HEADER ? n + 1 : at + PACKET_HEADER;
}

size_t packet_begin(struct buf *b)
{
    if (buf_reserve(b, PACKET_HEADER))
        buf_commit(b, PACKET_HEADER);
    return buf_len(b);
}

/* Puts headers between the parts of a payload that is too long for one packet, the last part first. */
static void split(struct buf *b, size_t start, size_t len, uint8_t seq)
{
    size_t parts = len / PACKET_MAX;
    if (!buf_reserve(b, parts * PACKET_HEADER))
        return;
    buf_commit(b, parts * PACKET_HEADER);
    uint8_t *payload = buf_ptr(b) + start;
    for (size_t i = parts; i > 0; i--) {
        size_t from = i * (size_t)PACKET_MAX, n = i == parts ? len - from : PACKET_MAX;
        uint8_t *to = payload + from + i * PACKET_HEADER;
        memmove(to, payload + from, n);
        put_header(to - PACKET_HEADER, n, (uint8_t)(seq + i));
    }
    put_header(payload - PACKET_HEADER, PACKET_MAX, seq);
}

void packet_end(struct buf *b, size_t mark, uint8_t *seq)
{
    if (b->bad)
        return;
    size_t len = buf_len(b) - mark;
    if (len < PACKET_MAX)
        put_header(buf_ptr(b) + mark - PACKET_HEADER, len, *seq);
    else
        split(b, mark, len, *seq);
    *seq = (uint8_t)(*seq + 1 + len / PACKET_MAX);
}

void packet_write(struct buf *b, const void *payload, size_t n, uint8_t *seq)
{
    const uint8_t *p = payload;
    size_t len;
    do {
        len = n < PACKET_MAX ? n : PACKET_MAX;
        uint8_t *to = buf_reserve(b, PACKET_HEADER + len);
        if (!to)
            return;
        put_header(to, len, (*seq)++);
        if (len)
            memcpy(to + PACKET_HEADER, p, len);
        buf_commit(b, PACKET_HEADER + len);
        p += len;
        n -= len;
    } while (len == PACKET_MAX);
}
