#include "proxy/resultset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/reply.h"

void resultset_begin(struct resultset *r, struct buf *out, uint8_t *seq, uint32_t caps)
{
    *r = (struct resultset){.out = out, .seq = seq, .caps = caps};
}

void resultset_begin_binary(struct resultset *r, struct buf *out, uint8_t *seq, uint32_t caps)
{
    resultset_begin(r, out, seq, caps);
    r->binary = true;
}

void resultset_column(struct resultset *r, const char *name, uint8_t type)
{
    r->columns = realloc(r->columns, (r->n + 1) * sizeof *r->columns);
    if (!r->columns)
        abort();
    r->columns[r->n++] = column_make(name, type);
}

void resultset_columns_end(struct resultset *r, uint16_t status)
{
    row_write_head(r->out, r->seq, r->caps, status, r->columns, r->n);
}

/* ---- values ---- */

/* Starts the row with its first value. */
static void open_row(struct resultset *r)
{
    if (r->in_row)
        return;
    r->in_row = true;
    r->at = 0;
    r->mark = packet_begin(r->out);
    if (!r->binary)
        return;
    wr_u8(r->out, 0);
    r->nulls = buf_len(r->out);
    for (size_t i = 0; i < (r->n + 7 + 2) / 8; i++)
        wr_u8(r->out, 0);
}

/* The type of the next value's column; false: the row is full. */
static bool next_column(struct resultset *r, uint8_t *type)
{
    open_row(r);
    if (r->at == r->n)
        return false;
    *type = r->columns[r->at++].type;
    return true;
}

static void put_int(struct resultset *r, int64_t i)
{
    if (r->binary)
        wr_u64(r->out, (uint64_t)i);
    else
        row_put_int(r->out, i);
}

/* As short as it can be without losing anything. */
static size_t print_double(double d, char text[32])
{
    int n = snprintf(text, 32, "%.15g", d);
    if (strtod(text, NULL) != d)
        n = snprintf(text, 32, "%.17g", d);
    return (size_t)n;
}

static void put_double(struct resultset *r, double d)
{
    char text[32];
    uint64_t bits;
    if (r->binary) {
        memcpy(&bits, &d, sizeof bits);
        wr_u64(r->out, bits);
    } else {
        size_t n = print_double(d, text);
        row_put(r->out, text, n);
    }
}

void resultset_null(struct resultset *r)
{
    uint8_t type;
    if (!next_column(r, &type))
        return;
    if (!r->binary)
        row_put_null(r->out);
    else if (!r->out->bad)
        buf_ptr(r->out)[r->nulls + (r->at + 1) / 8] |= (uint8_t)(1u << (r->at + 1) % 8);
}

void resultset_bytes(struct resultset *r, const void *p, size_t n)
{
    uint8_t type;
    char number[64];
    if (!next_column(r, &type))
        return;
    if (type == MYSQL_TYPE_VAR_STRING) {
        row_put(r->out, p, n);
        return;
    }
    n = n < sizeof number ? n : sizeof number - 1;
    memcpy(number, p, n);
    number[n] = 0;
    if (type == MYSQL_TYPE_LONGLONG)
        put_int(r, strtoll(number, NULL, 10));
    else
        put_double(r, strtod(number, NULL));
}

void resultset_text(struct resultset *r, const char *s)
{
    if (s)
        resultset_bytes(r, s, strlen(s));
    else
        resultset_null(r);
}

void resultset_int(struct resultset *r, int64_t i)
{
    uint8_t type;
    if (!next_column(r, &type))
        return;
    if (type == MYSQL_TYPE_DOUBLE)
        put_double(r, (double)i);
    else if (type == MYSQL_TYPE_LONGLONG)
        put_int(r, i);
    else
        row_put_int(r->out, i);
}

void resultset_double(struct resultset *r, double d)
{
    uint8_t type;
    char text[32];
    if (!next_column(r, &type))
        return;
    if (type == MYSQL_TYPE_DOUBLE) {
        put_double(r, d);
    } else if (type == MYSQL_TYPE_LONGLONG) {
        put_int(r, d >= 9223372036854775808.0              ? INT64_MAX
                   : d <= -9223372036854775808.0 || d != d ? INT64_MIN
                                                           : (int64_t)d);
    } else {
        size_t n = print_double(d, text);
        row_put(r->out, text, n);
    }
}

void resultset_row_end(struct resultset *r)
{
    open_row(r);
    while (r->at < r->n)
        resultset_null(r);
    packet_end(r->out, r->mark, r->seq);
    r->in_row = false;
    r->rows++;
}

/* ---- the end ---- */

void resultset_abandon(struct resultset *r)
{
    free(r->columns);
    r->columns = NULL;
    r->n = 0;
}

void resultset_end(struct resultset *r, uint16_t status, uint16_t warnings)
{
    reply_write_end(r->out, r->seq, r->caps, status, warnings);
    resultset_abandon(r);
}
