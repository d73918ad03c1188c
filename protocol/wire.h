/* Reading and writing the integers and strings of the MySQL protocol (manual: "Protocol::Integer", "Protocol::String").
 *
 * A reader has a sticky error: a read past the end sets `bad`, and from then on every read gives zero or an empty
 * string, so that a decoder checks once at its end. Strings are borrowed: they point into the reader's bytes.
 * Writers append to a struct buf, whose own `bad` is as sticky.
 */
#ifndef PROTOCOL_WIRE_H
#define PROTOCOL_WIRE_H

#include <string.h>

#include "protocol/buf.h"

struct reader {
    const uint8_t *p, *end;
    bool bad;
};

struct bytes { /* borrowed */
    const uint8_t *p;
    size_t len;
};

static inline struct reader rd_init(const void *p, size_t n)
{
    return (struct reader){p, (const uint8_t *)p + n, false};
}

static inline size_t rd_left(const struct reader *r) { return (size_t)(r->end - r->p); }

static inline const uint8_t *rd_take(struct reader *r, size_t n)
{
    static const uint8_t nothing[8];
    if (r->bad || rd_left(r) < n) {
        r->bad = true;
        r->p = r->end;
        return n <= sizeof nothing ? nothing : NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    return p;
}

static inline uint8_t rd_u8(struct reader *r) { return *rd_take(r, 1); }

static inline uint16_t rd_u16(struct reader *r)
{
    const uint8_t *p = rd_take(r, 2);
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t rd_u24(struct reader *r)
{
    const uint8_t *p = rd_take(r, 3);
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

static inline uint32_t rd_u32(struct reader *r)
{
    const uint8_t *p = rd_take(r, 4);
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t rd_u64(struct reader *r)
{
    uint64_t lo = rd_u32(r);
    return lo | (uint64_t)rd_u32(r) << 32;
}

/* Length-encoded integer. 0xfb (NULL in a text row) and 0xff are not integers: they set bad. */
static inline uint64_t rd_lenenc(struct reader *r)
{
    uint8_t b = rd_u8(r);
    switch (b) {
    case 0xfb:
    case 0xff:
        r->bad = true;
        return 0;
    case 0xfc:
        return rd_u16(r);
    case 0xfd:
        return rd_u24(r);
    case 0xfe:
        return rd_u64(r);
    default:
        return b;
    }
}

static inline struct bytes rd_bytes(struct reader *r, uint64_t n)
{
    if (r->bad || n > rd_left(r)) {
        r->bad = true;
        r->p = r->end;
        return (struct bytes){(const uint8_t *)"", 0};
    }
    const uint8_t *p = r->p;
    r->p += n;
    return (struct bytes){p, (size_t)n};
}

static inline struct bytes rd_str_lenenc(struct reader *r)
{
    uint64_t n = rd_lenenc(r);
    return rd_bytes(r, n);
}

/* Up to a NUL byte, which is consumed too; without one the read is bad. */
static inline struct bytes rd_str_nul(struct reader *r)
{
    const uint8_t *z = r->bad || r->p == r->end ? NULL : memchr(r->p, 0, rd_left(r));
    if (!z) {
        r->bad = true;
        r->p = r->end;
        return (struct bytes){(const uint8_t *)"", 0};
    }
    struct bytes s = {r->p, (size_t)(z - r->p)};
    r->p = z + 1;
    return s;
}

static inline struct bytes rd_rest(struct reader *r) { return rd_bytes(r, rd_left(r)); }

static inline void wr_int(struct buf *b, uint64_t v, size_t n)
{
    uint8_t *p = buf_reserve(b, n);
    if (!p)
        return;
    for (size_t i = 0; i < n; i++, v >>= 8)
        p[i] = (uint8_t)v;
    buf_commit(b, n);
}

static inline void wr_u8(struct buf *b, uint8_t v) { wr_int(b, v, 1); }
static inline void wr_u16(struct buf *b, uint16_t v) { wr_int(b, v, 2); }
static inline void wr_u24(struct buf *b, uint32_t v) { wr_int(b, v, 3); }
static inline void wr_u32(struct buf *b, uint32_t v) { wr_int(b, v, 4); }
static inline void wr_u64(struct buf *b, uint64_t v) { wr_int(b, v, 8); }

static inline void wr_lenenc(struct buf *b, uint64_t v)
{
    if (v < 0xfb) {
        wr_u8(b, (uint8_t)v);
    } else if (v <= 0xffff) {
        wr_u8(b, 0xfc);
        wr_u16(b, (uint16_t)v);
    } else if (v <= 0xffffff) {
        wr_u8(b, 0xfd);
        wr_u24(b, (uint32_t)v);
    } else {
        wr_u8(b, 0xfe);
        wr_u64(b, v);
    }
}

static inline void wr_bytes(struct buf *b, const void *p, size_t n) { buf_append(b, p, n); }

static inline void wr_str_lenenc(struct buf *b, const void *p, size_t n)
{
    wr_lenenc(b, n);
    buf_append(b, p, n);
}

static inline void wr_str_nul(struct buf *b, const char *s) { buf_append(b, s, strlen(s) + 1); }

#endif
