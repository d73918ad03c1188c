/* The text forms of values. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/const.h"
#include "protocol/value.h"

/* ---- reading ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Takes 1 to `most` digits; *n is what they say. */
static bool take_digits(struct reader *r, size_t most, uint32_t *n)
{
    size_t i = 0;
    *n = 0;
    while (i < most && rd_left(r) && is_digit(*r->p)) {
        *n = *n * 10 + (uint32_t)(*r->p++ - '0');
        i++;
    }
    return i > 0;
}

static bool take_char(struct reader *r, uint8_t c)
{
    if (!rd_left(r) || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool int_from(struct value *v, struct bytes text, bool is_signed)
{
    struct reader r = rd_init(text.p, text.len);
    bool negative = is_signed && take_char(&r, '-');
    uint64_t u = 0;
    if (!rd_left(&r))
        return false;
    for (; rd_left(&r); r.p++) {
        if (!is_digit(*r.p) || __builtin_mul_overflow(u, 10u, &u) ||
            __builtin_add_overflow(u, (uint64_t)(*r.p - '0'), &u))
            return false;
    }
    if (is_signed && u > (uint64_t)INT64_MAX + negative)
        return false;
    v->u = negative ? 0 - u : u;
    return true;
}

static double to_double(struct bytes text)
{
    char copy[VALUE_SCRATCH];
    size_t n = text.len < sizeof copy ? text.len : sizeof copy - 1;
    memcpy(copy, text.p, n);
    copy[n] = '\0';
    return strtod(copy, NULL);
}

static bool double_from(struct value *v, struct bytes text)
{
    bool digits = false;
    for (size_t i = 0; i < text.len; i++) {
        digits = digits || is_digit(text.p[i]);
        if (!is_digit(text.p[i]) && (!text.p[i] || !strchr("+-.eE", text.p[i])))
            return false;
    }
    if (!digits || text.len >= VALUE_SCRATCH)
        return false;
    v->d = to_double(text);
    return true;
}

static bool take_fraction(struct reader *r, uint32_t *micro)
{
    *micro = 0;
    if (!take_char(r, '.'))
        return true;
    const uint8_t *from = r->p;
    if (!take_digits(r, 6, micro))
        return false;
    for (size_t i = (size_t)(r->p - from); i < 6; i++)
        *micro *= 10;
    return true;
}

static bool take_clock(struct reader *r, size_t hour_digits, struct moment *t)
{
    uint32_t minute, second;
    if (!take_digits(r, hour_digits, &t->hour) || !take_char(r, ':') || !take_digits(r, 2, &minute) ||
        !take_char(r, ':') || !take_digits(r, 2, &second) || minute > 59 || second > 59)
        return false;
    t->minute = (uint8_t)minute;
    t->second = (uint8_t)second;
    return take_fraction(r, &t->micro);
}

static bool moment_from(struct value *v, struct bytes text)
{
    struct reader r = rd_init(text.p, text.len);
    struct moment t = {0};
    uint32_t year, month, day;
    if (v->kind == VALUE_TIME) {
        t.negative = take_char(&r, '-');
        if (!take_clock(&r, 9, &t))
            return false;
        t.negative = t.negative && (t.hour || t.minute || t.second || t.micro);
    } else {
        if (!take_digits(&r, 4, &year) || !take_char(&r, '-') || !take_digits(&r, 2, &month) || !take_char(&r, '-') ||
            !take_digits(&r, 2, &day) || month > 12 || day > 31)
            return false;
        t.year = (uint16_t)year;
        t.month = (uint8_t)month;
        t.day = (uint8_t)day;
        if (v->kind == VALUE_DATETIME && rd_left(&r) && (!take_char(&r, ' ') || !take_clock(&r, 2, &t) || t.hour > 23))
            return false;
    }
    v->t = t;
    return !rd_left(&r);
}

bool value_from_text(struct value *v, enum value_kind kind, struct bytes text)
{
    *v = (struct value){.kind = kind, .text = text};
    switch (kind) {
    case VALUE_NULL:
        return text.len == 0;
    case VALUE_INT:
    case VALUE_UINT:
        return int_from(v, text, kind == VALUE_INT);
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return double_from(v, text);
    case VALUE_DECIMAL:
        return value_is_decimal(text);
    case VALUE_TEXT:
    case VALUE_BYTES:
        return true;
    case VALUE_DATE:
    case VALUE_DATETIME:
    case VALUE_TIME:
        return moment_from(v, text);
    }
    return false;
}

bool value_is_decimal(struct bytes text)
{
    size_t i = 0, digits = 0;
    bool point = false;
    if (text.len > 200)
        return false;
    if (i < text.len && (text.p[i] == '-' || text.p[i] == '+'))
        i++;
    for (; i < text.len; i++) {
        if (is_digit(text.p[i]))
            digits++;
        else if (text.p[i] == '.' && !point)
            point = true;
        else
            return false;
    }
    return digits > 0;
}

/* ---- printing ---- */

/* The shortest text that reads as d again, at most 17 digits; of a float six digits. Returns "d.ddde±x". */
static void shortest(double d, bool single, char *out, size_t size)
{
    if (single) {
        snprintf(out, size, "%.5e", d);
        return;
    }
    for (int digits = fabs(d) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*e", digits - 1, d);
        if (strtod(out, NULL) == d)
            return;
    }
}

/* Servers write 15 places before the point or after it without an exponent, and an exponent without plus or zeros. */
static int print_free(double d, bool single, char *out, size_t size)
{
    char e[40], digits[24];
    shortest(d, single, e, sizeof e);
    size_t n = 0;
    const char *p = e;
    bool negative = *p == '-';
    for (; *p && *p != 'e'; p++)
        if (is_digit((uint8_t)*p) && n < sizeof digits - 1)
            digits[n++] = *p;
    int point = 1 + atoi(*p ? p + 1 : "0");
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    const char *minus = negative ? "-" : "";
    if (point < -14 || point > 15)
        return snprintf(out, size, "%s%c%s%se%d", minus, digits[0], n > 1 ? "." : "", digits + 1, point - 1);
    if (point <= 0)
        return snprintf(out, size, n == 1 && digits[0] == '0' ? "%s0" : "%s0.%.*s%s", minus, -point, "000000000000000",
                        digits);
    if ((size_t)point >= n)
        return snprintf(out, size, "%s%s%.*s", minus, digits, point - (int)n, "000000000000000");
    return snprintf(out, size, "%s%.*s.%s", minus, point, digits, digits + point);
}

static int print_double(const struct value *v, uint8_t decimals, char *out, size_t size)
{
    if (!isfinite(v->d))
        return snprintf(out, size, "0");
    if (decimals < NOT_FIXED_DEC)
        return snprintf(out, size, "%.*f", decimals, v->d);
    return print_free(v->d, v->kind == VALUE_FLOAT, out, size);
}

static int print_moment(const struct value *v, uint8_t decimals, char *out, size_t size)
{
    const struct moment *t = &v->t;
    int n;
    if (v->kind == VALUE_DATE)
        return snprintf(out, size, "%04u-%02u-%02u", t->year, t->month, t->day);
    if (v->kind == VALUE_DATETIME)
        n = snprintf(out, size, "%04u-%02u-%02u %02u:%02u:%02u", t->year, t->month, t->day, t->hour, t->minute,
                     t->second);
    else
        n = snprintf(out, size, "%s%02u:%02u:%02u", t->negative ? "-" : "", t->hour, t->minute, t->second);
    if (decimals > 6)
        decimals = t->micro ? 6 : 0;
    if (!decimals)
        return n;
    snprintf(out + n, size - (size_t)n, ".%06u", t->micro);
    return n + 1 + decimals;
}

struct bytes value_print(const struct value *v, uint8_t decimals, char scratch[VALUE_SCRATCH])
{
    int n = 0;
    switch (v->kind) {
    case VALUE_NULL:
        break;
    case VALUE_INT:
        n = snprintf(scratch, VALUE_SCRATCH, "%lld", (long long)v->i);
        break;
    case VALUE_UINT:
        n = snprintf(scratch, VALUE_SCRATCH, "%llu", (unsigned long long)v->u);
        break;
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        n = print_double(v, decimals, scratch, VALUE_SCRATCH);
        break;
    case VALUE_DECIMAL:
    case VALUE_TEXT:
    case VALUE_BYTES:
        return v->text;
    case VALUE_DATE:
    case VALUE_DATETIME:
    case VALUE_TIME:
        n = print_moment(v, decimals, scratch, VALUE_SCRATCH);
        break;
    }
    return (struct bytes){(const uint8_t *)scratch, (size_t)n};
}
