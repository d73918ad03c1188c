#include "protocol/row.h"

#include <stdio.h>

#include "protocol/const.h"
#include "protocol/reply.h"

bool column_read(const uint8_t *payload, size_t len, struct column *c)
{
    struct reader r = rd_init(payload, len);
    *c = (struct column){0};
    rd_str_lenenc(&r); /* catalog: "def" */
    c->schema = rd_str_lenenc(&r);
    c->table = rd_str_lenenc(&r);
    c->org_table = rd_str_lenenc(&r);
    c->name = rd_str_lenenc(&r);
    c->org_name = rd_str_lenenc(&r);
    uint64_t fixed = rd_lenenc(&r);
    c->charset = rd_u16(&r);
    c->length = rd_u32(&r);
    c->type = rd_u8(&r);
    c->flags = rd_u16(&r);
    c->decimals = rd_u8(&r);
    rd_u16(&r);
    if (fixed < 12)
        r.bad = true;
    rd_bytes(&r, fixed - 12);
    if (!r.bad && rd_left(&r) && *r.p != 0xfb)
        c->value = rd_str_lenenc(&r);
    return !r.bad;
}

void column_write(struct buf *b, uint8_t *seq, const struct column *c)
{
    size_t mark = packet_begin(b);
    wr_str_lenenc(b, "def", 3);
    wr_str_lenenc(b, c->schema.p, c->schema.len);
    wr_str_lenenc(b, c->table.p, c->table.len);
    wr_str_lenenc(b, c->org_table.p, c->org_table.len);
    wr_str_lenenc(b, c->name.p, c->name.len);
    wr_str_lenenc(b, c->org_name.p, c->org_name.len);
    wr_lenenc(b, 12);
    wr_u16(b, c->charset);
    wr_u32(b, c->length);
    wr_u8(b, c->type);
    wr_u16(b, c->flags);
    wr_u8(b, c->decimals);
    wr_u16(b, 0);
    if (c->value.p)
        wr_str_lenenc(b, c->value.p, c->value.len);
    packet_end(b, mark, seq);
}

struct column column_make(const char *name, uint8_t type)
{
    struct column c = {.name = {(const uint8_t *)name, strlen(name)}, .type = type, .charset = COLLATION_BINARY};
    if (type == MYSQL_TYPE_LONGLONG) {
        c.length = 20;
        c.flags = NUM_FLAG | BINARY_FLAG;
    } else if (type == MYSQL_TYPE_DOUBLE) {
        c.length = 23;
        c.flags = NUM_FLAG | BINARY_FLAG;
        c.decimals = NOT_FIXED_DEC;
    } else {
        c.length = 4 * 1024;
        c.charset = COLLATION_UTF8MB4_GENERAL_CI;
        c.decimals = NOT_FIXED_DEC;
    }
    return c;
}

static bool same_bytes(struct bytes a, struct bytes b)
{
    return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

const char *column_differs(const struct column *a, const struct column *b)
{
    if (!same_bytes(a->name, b->name))
        return "name";
    if (a->type != b->type)
        return "type";
    if ((a->flags ^ b->flags) & UNSIGNED_FLAG)
        return "sign";
    return a->charset != b->charset ? "collation" : NULL;
}

/* A binary row is 0x00, a bitmap of NULLs that begins at its third bit, and the values that are not NULL. */
void row_read_begin(struct row_reader *row, const uint8_t *payload, size_t len, bool binary,
                    const struct column *columns, size_t n)
{
    *row = (struct row_reader){.r = rd_init(payload, len), .columns = columns, .n = (uint32_t)n, .binary = binary};
    if (!binary)
        return;
    if (rd_u8(&row->r) != 0)
        row->r.bad = true;
    row->nulls = rd_bytes(&row->r, (n + 2 + 7) / 8).p;
}

bool row_read_text(struct row_reader *row, struct bytes *text)
{
    *text = (struct bytes){(const uint8_t *)"", 0};
    row->i++;
    if (row->i > row->n)
        row->r.bad = true;
    if (!row->r.bad && rd_left(&row->r) && *row->r.p == 0xfb) {
        row->r.p++;
        return false;
    }
    *text = rd_str_lenenc(&row->r);
    return !row->r.bad;
}

static void next_text(struct row_reader *row, struct value *v)
{
    const struct column *c = row->columns && row->i < row->n ? &row->columns[row->i] : NULL;
    struct bytes text;
    if (!row_read_text(row, &text))
        return;
    enum value_kind kind = c ? value_kind_of(c->type, c->flags & UNSIGNED_FLAG, c->charset) : VALUE_TEXT;
    if (!value_from_text(v, kind, text)) {
        row->r.bad = true;
        *v = (struct value){.kind = VALUE_NULL};
    }
}

void row_read_next(struct row_reader *row, struct value *v)
{
    *v = (struct value){.kind = VALUE_NULL};
    if (!row->binary) {
        next_text(row, v);
        return;
    }
    uint32_t i = row->i++;
    if (i >= row->n)
        row->r.bad = true;
    if (row->r.bad || row->nulls[(i + 2) / 8] & 1u << (i + 2) % 8)
        return;
    const struct column *c = &row->columns[i];
    value_read_binary(&row->r, c->type, c->flags & UNSIGNED_FLAG, c->charset, v);
}

bool row_read_end(const struct row_reader *row)
{
    return !row->r.bad && row->i == row->n && !rd_left(&row->r);
}

struct bytes row_print(const struct column *c, const struct value *v, char scratch[VALUE_SCRATCH])
{
    struct bytes text = value_print(v, c->decimals, scratch);
    bool printed = v->kind >= VALUE_INT && v->kind <= VALUE_DOUBLE;
    uint32_t width = c->length < VALUE_SCRATCH ? c->length : VALUE_SCRATCH;
    if (!printed || !(c->flags & ZEROFILL_FLAG) || text.len >= width)
        return text;
    memmove(scratch + (width - text.len), scratch, text.len);
    memset(scratch, '0', width - text.len);
    return (struct bytes){(const uint8_t *)scratch, width};
}

void row_put_str(struct buf *b, const char *s)
{
    if (s)
        row_put(b, s, strlen(s));
    else
        row_put_null(b);
}

void row_put_int(struct buf *b, int64_t i)
{
    char text[24];
    row_put(b, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)i));
}

void row_put_uint(struct buf *b, uint64_t u)
{
    char text[24];
    row_put(b, text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)u));
}

void row_write_head(struct buf *b, uint8_t *seq, uint32_t caps, uint16_t status, const struct column *columns, size_t n)
{
    size_t mark = packet_begin(b);
    wr_lenenc(b, n);
    packet_end(b, mark, seq);
    for (size_t i = 0; i < n; i++)
        column_write(b, seq, &columns[i]);
    if (!(caps & CLIENT_DEPRECATE_EOF))
        reply_write_eof(b, seq, status, 0);
}

/* Does the union member that the column's binary form takes hold the value? */
static bool fits(const struct column *c, const struct value *v)
{
    enum value_kind kind = value_kind_of(c->type, c->flags & UNSIGNED_FLAG, c->charset);
    if (v->kind == VALUE_NULL || c->type == MYSQL_TYPE_NULL)
        return false;
    switch (kind) {
    case VALUE_INT:
    case VALUE_UINT:
        return v->kind == VALUE_INT || v->kind == VALUE_UINT;
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return v->kind == VALUE_FLOAT || v->kind == VALUE_DOUBLE;
    case VALUE_DATE:
    case VALUE_DATETIME:
        return v->kind == VALUE_DATE || v->kind == VALUE_DATETIME;
    case VALUE_TIME:
        return v->kind == VALUE_TIME;
    default:
        return true;
    }
}

static void write_binary(struct buf *b, const struct column *columns, const struct value *values, size_t n)
{
    uint8_t bits = 0;
    wr_u8(b, 0);
    for (size_t i = 0; i < n; i++) {
        bits |= (uint8_t)(!fits(&columns[i], &values[i]) << (i + 2) % 8);
        if ((i + 2) % 8 == 7 || i + 1 == n) {
            wr_u8(b, bits);
            bits = 0;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (fits(&columns[i], &values[i]))
            value_write_binary(b, columns[i].type, &values[i]);
}

void row_write(struct buf *b, uint8_t *seq, bool binary, const struct column *columns, const struct value *values,
               size_t n)
{
    char scratch[VALUE_SCRATCH];
    size_t mark = packet_begin(b);
    if (binary)
        write_binary(b, columns, values, n);
    for (size_t i = 0; i < n && !binary; i++) {
        struct bytes text = row_print(&columns[i], &values[i], scratch);
        if (values[i].kind == VALUE_NULL)
            row_put_null(b);
        else
            row_put(b, text.p, text.len);
    }
    packet_end(b, mark, seq);
}
