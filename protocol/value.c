#include "protocol/value.h"

#include <stdlib.h>

#include "protocol/const.h"

#define MOST_DAYS 0xffffffu /* of a TIME; servers stop at 34 days */

/* How a type travels in the binary protocol. */
enum form {
    FORM_NONE,
    FORM_INT,
    FORM_FLOAT,
    FORM_DOUBLE,
    FORM_DATE,
    FORM_DATETIME,
    FORM_TIME,
    FORM_STRING,
    FORM_UNKNOWN
};

static enum form form_of(uint8_t type, size_t *width)
{
    *width = 0;
    switch (type) {
    case MYSQL_TYPE_NULL:
        return FORM_NONE;
    case MYSQL_TYPE_TINY:
        *width = 1;
        return FORM_INT;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
        *width = 2;
        return FORM_INT;
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
        *width = 4;
        return FORM_INT;
    case MYSQL_TYPE_LONGLONG:
        *width = 8;
        return FORM_INT;
    case MYSQL_TYPE_FLOAT:
        return FORM_FLOAT;
    case MYSQL_TYPE_DOUBLE:
        return FORM_DOUBLE;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return FORM_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return FORM_DATETIME;
    case MYSQL_TYPE_TIME:
        return FORM_TIME;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_VECTOR:
        return FORM_STRING;
    default:
        return type >= MYSQL_TYPE_JSON ? FORM_STRING : FORM_UNKNOWN;
    }
}

enum value_kind value_kind_of(uint8_t type, bool is_unsigned, uint16_t collation)
{
    size_t width;
    switch (form_of(type, &width)) {
    case FORM_INT:
        return is_unsigned || type == MYSQL_TYPE_YEAR ? VALUE_UINT : VALUE_INT;
    case FORM_FLOAT:
        return VALUE_FLOAT;
    case FORM_DOUBLE:
        return VALUE_DOUBLE;
    case FORM_DATE:
        return VALUE_DATE;
    case FORM_DATETIME:
        return VALUE_DATETIME;
    case FORM_TIME:
        return VALUE_TIME;
    default:
        break;
    }
    if (type == MYSQL_TYPE_DECIMAL || type == MYSQL_TYPE_NEWDECIMAL)
        return VALUE_DECIMAL;
    if (type == MYSQL_TYPE_JSON)
        return VALUE_TEXT;
    return collation == COLLATION_BINARY || type == MYSQL_TYPE_BIT ? VALUE_BYTES : VALUE_TEXT;
}

static void read_int(struct reader *r, size_t width, struct value *v)
{
    uint64_t u = width == 1 ? rd_u8(r) : width == 2 ? rd_u16(r) : width == 4 ? rd_u32(r) : rd_u64(r);
    if (v->kind == VALUE_INT && width < 8) {
        uint64_t sign = 1ull << (8 * width - 1);
        u = (u ^ sign) - sign;
    }
    v->u = u;
}

static void read_moment(struct reader *r, bool date_only, struct moment *t)
{
    *t = (struct moment){0};
    uint8_t len = rd_u8(r);
    if (len != 0 && len != 4 && len != 7 && len != 11)
        r->bad = true;
    if (len >= 4) {
        t->year = rd_u16(r);
        t->month = rd_u8(r);
        t->day = rd_u8(r);
    }
    if (len >= 7) {
        t->hour = rd_u8(r);
        t->minute = rd_u8(r);
        t->second = rd_u8(r);
    }
    if (len >= 11)
        t->micro = rd_u32(r);
    if (t->year > 9999 || t->month > 12 || t->day > 31 || t->hour > 23)
        r->bad = true;
    if (date_only)
        t->hour = t->minute = t->second = 0, t->micro = 0;
}

static void read_time(struct reader *r, struct moment *t)
{
    *t = (struct moment){0};
    uint8_t len = rd_u8(r);
    if (len != 0 && len != 8 && len != 12)
        r->bad = true;
    if (len >= 8) {
        t->negative = rd_u8(r) != 0;
        uint32_t days = rd_u32(r);
        if (days > MOST_DAYS)
            r->bad = true;
        t->hour = (days & MOST_DAYS) * 24 + rd_u8(r);
        t->minute = rd_u8(r);
        t->second = rd_u8(r);
    }
    if (len == 12)
        t->micro = rd_u32(r);
    t->negative = t->negative && (t->hour || t->minute || t->second || t->micro);
}

static void check_moment(struct reader *r, const struct moment *t)
{
    if (t->minute > 59 || t->second > 59 || t->micro > 999999)
        r->bad = true;
}

void value_read_binary(struct reader *r, uint8_t type, bool is_unsigned, uint16_t collation, struct value *v)
{
    size_t width;
    *v = (struct value){.kind = value_kind_of(type, is_unsigned, collation)};
    switch (form_of(type, &width)) {
    case FORM_NONE:
        v->kind = VALUE_NULL;
        break;
    case FORM_INT:
        read_int(r, width, v);
        break;
    case FORM_FLOAT: {
        uint32_t bits = rd_u32(r);
        float f;
        memcpy(&f, &bits, sizeof f);
        v->d = (double)f;
        break;
    }
    case FORM_DOUBLE: {
        uint64_t bits = rd_u64(r);
        memcpy(&v->d, &bits, sizeof v->d);
        break;
    }
    case FORM_DATE:
    case FORM_DATETIME:
        read_moment(r, v->kind == VALUE_DATE, &v->t);
        check_moment(r, &v->t);
        break;
    case FORM_TIME:
        read_time(r, &v->t);
        check_moment(r, &v->t);
        break;
    case FORM_STRING:
        v->text = rd_str_lenenc(r);
        break;
    case FORM_UNKNOWN:
        r->bad = true;
        break;
    }
    if (r->bad)
        *v = (struct value){.kind = VALUE_NULL};
}

void value_skip_binary(struct reader *r, uint8_t type)
{
    size_t width;
    switch (form_of(type, &width)) {
    case FORM_NONE:
        break;
    case FORM_INT:
        rd_take(r, width);
        break;
    case FORM_FLOAT:
        rd_take(r, 4);
        break;
    case FORM_DOUBLE:
        rd_take(r, 8);
        break;
    case FORM_DATE:
    case FORM_DATETIME:
    case FORM_TIME:
        rd_bytes(r, rd_u8(r));
        break;
    case FORM_STRING:
        rd_str_lenenc(r);
        break;
    case FORM_UNKNOWN:
        r->bad = true;
        break;
    }
}

static void write_moment(struct buf *b, const struct moment *t, bool date_only)
{
    bool clock = !date_only && (t->hour || t->minute || t->second || t->micro);
    bool any = clock || t->year || t->month || t->day;
    bool micro = clock && t->micro;
    wr_u8(b, micro ? 11 : clock ? 7 : any ? 4 : 0);
    if (!any)
        return;
    wr_u16(b, t->year);
    wr_u8(b, t->month);
    wr_u8(b, t->day);
    if (!clock)
        return;
    wr_u8(b, (uint8_t)t->hour);
    wr_u8(b, t->minute);
    wr_u8(b, t->second);
    if (micro)
        wr_u32(b, t->micro);
}

static void write_time(struct buf *b, const struct moment *t)
{
    bool any = t->hour || t->minute || t->second || t->micro;
    wr_u8(b, t->micro ? 12 : any ? 8 : 0);
    if (!any)
        return;
    wr_u8(b, t->negative);
    wr_u32(b, t->hour / 24);
    wr_u8(b, (uint8_t)(t->hour % 24));
    wr_u8(b, t->minute);
    wr_u8(b, t->second);
    if (t->micro)
        wr_u32(b, t->micro);
}

void value_write_binary(struct buf *b, uint8_t type, const struct value *v)
{
    size_t width;
    char scratch[VALUE_SCRATCH];
    switch (form_of(type, &width)) {
    case FORM_INT:
        wr_int(b, v->u, width);
        break;
    case FORM_FLOAT: {
        float f = (float)v->d;
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        wr_u32(b, bits);
        break;
    }
    case FORM_DOUBLE: {
        uint64_t bits;
        memcpy(&bits, &v->d, sizeof bits);
        wr_u64(b, bits);
        break;
    }
    case FORM_DATE:
    case FORM_DATETIME:
        write_moment(b, &v->t, form_of(type, &width) == FORM_DATE);
        break;
    case FORM_TIME:
        write_time(b, &v->t);
        break;
    case FORM_STRING: {
        struct bytes text = value_print(v, NOT_FIXED_DEC, scratch);
        wr_str_lenenc(b, text.p, text.len);
        break;
    }
    case FORM_NONE:
    case FORM_UNKNOWN:
        break;
    }
}
