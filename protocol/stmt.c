#include "protocol/stmt.h"

#include <math.h>

#include "protocol/const.h"

#define TYPE_UNSIGNED 0x8000u

/* ---- PREPARE ---- */

bool stmt_read_prepared(const uint8_t *payload, size_t len, struct stmt_prepared *s)
{
    struct reader r = rd_init(payload, len);
    *s = (struct stmt_prepared){0};
    uint8_t header = rd_u8(&r);
    s->id = rd_u32(&r);
    s->n_columns = rd_u16(&r);
    s->n_params = rd_u16(&r);
    rd_u8(&r);
    s->warnings = rd_left(&r) ? rd_u16(&r) : 0;
    return !r.bad && header == 0;
}

void stmt_write_prepared(struct buf *b, uint8_t *seq, const struct stmt_prepared *s)
{
    size_t mark = packet_begin(b);
    wr_u8(b, 0);
    wr_u32(b, s->id);
    wr_u16(b, s->n_columns);
    wr_u16(b, s->n_params);
    wr_u8(b, 0);
    wr_u16(b, s->warnings);
    packet_end(b, mark, seq);
}

void stmt_set_id(uint8_t *payload, uint32_t id)
{
    for (size_t i = 0; i < 4; i++, id >>= 8)
        payload[1 + i] = (uint8_t)id;
}

/* ---- parameters ---- */

bool stmt_params_begin(struct stmt_params *p, struct reader *r, uint32_t n, bool named)
{
    *p = (struct stmt_params){.n = n, .named = named};
    p->nulls = rd_bytes(r, ((uint64_t)n + 7) / 8).p;
    p->bound = rd_u8(r) != 0;
    p->types = *r;
    for (uint32_t i = 0; p->bound && i < n && !r->bad; i++) {
        rd_u16(r);
        if (named)
            rd_str_lenenc(r);
    }
    p->values = *r;
    return !r->bad;
}

static bool next_type(struct stmt_params *p, struct bytes *name, uint16_t *type)
{
    *name = (struct bytes){(const uint8_t *)"", 0};
    if (p->bound) {
        *type = rd_u16(&p->types);
        if (p->named)
            *name = rd_str_lenenc(&p->types);
        return true;
    }
    if (!p->known)
        return false;
    *type = p->known[p->i];
    return true;
}

/* A blob type says that the client means bytes, whatever its character set. */
static uint16_t collation_of(uint8_t type)
{
    return type >= MYSQL_TYPE_TINY_BLOB && type <= MYSQL_TYPE_BLOB ? COLLATION_BINARY : 0;
}

bool stmt_params_next(struct stmt_params *p, struct bytes *name, uint16_t *type, struct value *v)
{
    *v = (struct value){.kind = VALUE_NULL};
    if (p->i >= p->n || p->values.bad)
        return false;
    if (!next_type(p, name, type)) {
        p->values.bad = true;
        return false;
    }
    uint32_t i = p->i++;
    uint8_t low = (uint8_t)*type;
    if (p->longs && p->longs[i].p)
        *v = (struct value){.kind = collation_of(low) ? VALUE_BYTES : VALUE_TEXT, .text = p->longs[i]};
    else if (!(p->nulls[i / 8] & 1u << i % 8))
        value_read_binary(&p->values, low, *type & TYPE_UNSIGNED, collation_of(low), v);
    return !p->values.bad;
}

/* ---- EXECUTE ---- */

/* Under CLIENT_QUERY_ATTRIBUTES a count stands in front of the parameters, and each type has a name; without
 * parameters of the statement's own only if the flag says so. */
static bool has_count(uint32_t caps, uint8_t flags, uint16_t n_params)
{
    return (caps & CLIENT_QUERY_ATTRIBUTES) && (n_params || (flags & PARAMETER_COUNT_AVAILABLE));
}

static void remember(struct stmt_types *types, const struct stmt_params *from)
{
    struct reader r = from->types;
    for (uint32_t i = 0; i < types->n; i++) {
        types->at[i] = rd_u16(&r);
        if (from->named)
            rd_str_lenenc(&r);
    }
    types->known = true;
}

bool stmt_read_execute(const uint8_t *payload, size_t len, uint32_t caps, struct stmt_types *types,
                       const struct bytes *longs, struct stmt_execute *e, struct value *values)
{
    struct reader r = rd_init(payload, len);
    *e = (struct stmt_execute){.caps = caps, .whole = {payload, len}};
    rd_u8(&r);
    e->id = rd_u32(&r);
    e->flags = rd_u8(&r);
    rd_u32(&r); /* iterations: always 1 */
    uint64_t n = has_count(caps, e->flags, types->n) ? rd_lenenc(&r) : types->n;
    if (r.bad || n < types->n || n > UINT16_MAX)
        return false;
    if (!types->n) {
        e->bound = true;
        return true;
    }
    struct stmt_params p, start;
    if (!stmt_params_begin(&p, &r, (uint32_t)n, has_count(caps, e->flags, types->n)))
        return false;
    start = p;
    p.known = types->known ? types->at : NULL;
    p.longs = longs;
    p.n = types->n; /* attributes come behind the statement's own */
    struct bytes name;
    uint16_t type;
    for (uint32_t i = 0; i < types->n; i++)
        if (!stmt_params_next(&p, &name, &type, &values[i]))
            return false;
    e->nulls = p.nulls;
    e->bound = p.bound;
    e->values = (struct bytes){start.values.p, (size_t)(p.values.p - start.values.p)};
    if (p.bound)
        remember(types, &start);
    return true;
}

/* The same bytes mean the same to the backend if both sides agree on attributes, or the packet has no place for them.
 */
static bool can_copy(uint32_t caps, const struct stmt_execute *e, uint16_t n_params)
{
    bool agree = !((caps ^ e->caps) & CLIENT_QUERY_ATTRIBUTES);
    return e->bound && (agree || (!n_params && !(e->flags & PARAMETER_COUNT_AVAILABLE)));
}

static void write_params(struct buf *b, bool named, const struct stmt_execute *e, const struct stmt_types *types)
{
    size_t n = types->n;
    if (named)
        wr_lenenc(b, n);
    for (size_t i = 0; i < n; i += 8) {
        uint8_t mask = n - i >= 8 ? 0xff : (uint8_t)((1u << (n - i)) - 1);
        wr_u8(b, e->nulls[i / 8] & mask);
    }
    wr_u8(b, 1);
    for (size_t i = 0; i < n; i++) {
        wr_u16(b, types->at[i]);
        if (named)
            wr_lenenc(b, 0);
    }
    wr_bytes(b, e->values.p, e->values.len);
}

void stmt_write_execute(struct buf *b, uint32_t caps, uint32_t id, const struct stmt_execute *e,
                        const struct stmt_types *types)
{
    uint8_t seq = 0;
    size_t mark = packet_begin(b);
    if (can_copy(caps, e, types->n)) {
        wr_bytes(b, e->whole.p, e->whole.len);
        if (!b->bad)
            stmt_set_id(buf_ptr(b) + mark, id);
    } else {
        bool named = has_count(caps, 0, types->n);
        uint8_t flags = e->flags & (uint8_t)~PARAMETER_COUNT_AVAILABLE;
        wr_u8(b, COM_STMT_EXECUTE);
        wr_u32(b, id);
        wr_u8(b, named ? flags | PARAMETER_COUNT_AVAILABLE : flags);
        wr_u32(b, 1);
        if (types->n)
            write_params(b, named, e, types);
    }
    packet_end(b, mark, &seq);
}

/* ---- literals ---- */

static void write_hex(struct buf *b, struct bytes text)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = buf_reserve(b, 2 * text.len + 3);
    if (!to)
        return;
    *to++ = 'x';
    *to++ = '\'';
    for (size_t i = 0; i < text.len; i++) {
        *to++ = (uint8_t)digits[text.p[i] >> 4];
        *to++ = (uint8_t)digits[text.p[i] & 15];
    }
    *to = '\'';
    buf_commit(b, 2 * text.len + 3);
}

static void write_quoted(struct buf *b, struct bytes text, bool no_backslash_escapes)
{
    wr_u8(b, '\'');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] != '\'' && (text.p[i] != '\\' || no_backslash_escapes))
            continue;
        wr_bytes(b, text.p + from, i + 1 - from);
        from = i; /* the byte once more */
    }
    wr_bytes(b, text.p + from, text.len - from);
    wr_u8(b, '\'');
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] & 0x80)
            return false;
    return true;
}

/* Where the second byte of a character may be a quote's or a backslash's, only hexadecimal is safe. */
static bool write_text(struct buf *b, const struct value *v, uint16_t collation, bool no_backslash_escapes)
{
    const struct charset *set = charset_by_collation(collation);
    if (!set)
        return false;
    bool plain = set->class == CHARSET_SINGLE || set->class == CHARSET_UTF8 || set->class == CHARSET_EUC;
    if (v->kind == VALUE_BYTES || !(plain || is_ascii(v->text))) {
        const char *name = v->kind == VALUE_BYTES ? "binary" : set->name;
        wr_u8(b, '_');
        wr_bytes(b, name, strlen(name));
        wr_u8(b, ' ');
    }
    if (plain || is_ascii(v->text))
        write_quoted(b, v->text, no_backslash_escapes);
    else
        write_hex(b, v->text);
    return true;
}

/* Dates with a part that is zero are strings: as literals of their own type they depend on sql_mode. */
static void write_temporal(struct buf *b, const struct value *v, struct bytes text)
{
    const char *word = v->kind == VALUE_DATE ? "DATE" : v->kind == VALUE_TIME ? "TIME" : "TIMESTAMP";
    if (v->kind == VALUE_TIME || (v->t.month && v->t.day))
        wr_bytes(b, word, strlen(word));
    write_quoted(b, text, true);
}

bool stmt_write_literal(struct buf *b, const struct value *v, uint16_t collation, bool no_backslash_escapes)
{
    char scratch[VALUE_SCRATCH];
    struct bytes text = value_print(v, NOT_FIXED_DEC, scratch);
    switch (v->kind) {
    case VALUE_NULL:
        wr_bytes(b, "NULL", 4);
        return true;
    case VALUE_INT:
    case VALUE_UINT:
        wr_bytes(b, text.p, text.len);
        return true;
    case VALUE_FLOAT:
    case VALUE_DOUBLE: {
        if (!isfinite(v->d))
            return false;
        struct value wide = {.kind = VALUE_DOUBLE, .d = v->d};
        text = value_print(&wide, NOT_FIXED_DEC, scratch);
        wr_bytes(b, text.p, text.len);
        if (!memchr(text.p, 'e', text.len)) /* without an exponent it would be a decimal */
            wr_bytes(b, "e0", 2);
        return true;
    }
    case VALUE_DECIMAL:
        if (value_is_decimal(text))
            wr_bytes(b, text.p, text.len);
        else
            write_quoted(b, text, no_backslash_escapes);
        return true;
    case VALUE_TEXT:
    case VALUE_BYTES:
        return write_text(b, v, collation, no_backslash_escapes);
    case VALUE_DATE:
    case VALUE_DATETIME:
    case VALUE_TIME:
        write_temporal(b, v, text);
        return true;
    }
    return false;
}
