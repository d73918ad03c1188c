/* The order of values. */
#include "protocol/value.h"

static int sign_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : sign_of((int64_t)a.len, (int64_t)b.len);
}

struct decimal {
    bool negative;
    struct bytes whole, part; /* without leading and trailing zeros */
};

static struct decimal decimal_of(struct bytes text)
{
    struct decimal d = {0};
    if (!value_is_decimal(text))
        return d;
    const uint8_t *p = text.p, *end = text.p + text.len;
    d.negative = *p == '-';
    p += *p == '-' || *p == '+';
    while (p < end && *p == '0')
        p++;
    d.whole.p = p;
    while (p < end && *p != '.')
        p++;
    d.whole.len = (size_t)(p - d.whole.p);
    p += p < end;
    while (end > p && end[-1] == '0')
        end--;
    d.part = (struct bytes){p, (size_t)(end - p)};
    d.negative = d.negative && (d.whole.len || d.part.len);
    return d;
}

static int compare_decimals(struct bytes a, struct bytes b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    int c = sign_of((int64_t)x.whole.len, (int64_t)y.whole.len);
    c = c ? c : compare_bytes(x.whole, y.whole);
    c = c ? c : compare_bytes(x.part, y.part);
    return x.negative ? -c : c;
}

static bool is_float(const struct value *v)
{
    return v->kind == VALUE_FLOAT || v->kind == VALUE_DOUBLE;
}

static long double decimal_to_real(struct bytes text)
{
    struct value v;
    return value_is_decimal(text) && value_from_text(&v, VALUE_DOUBLE, text) ? (long double)v.d : 0;
}

/* Wide enough for every 64-bit integer. */
static long double real_of(const struct value *v)
{
    switch (v->kind) {
    case VALUE_INT:
        return (long double)v->i;
    case VALUE_UINT:
        return (long double)v->u;
    case VALUE_DECIMAL:
        return decimal_to_real(v->text);
    default:
        return (long double)v->d;
    }
}

static int compare_numbers(const struct value *a, const struct value *b)
{
    if (is_float(a) || is_float(b)) {
        long double x = real_of(a), y = real_of(b);
        return (x > y) - (x < y);
    }
    if (a->kind == VALUE_DECIMAL || b->kind == VALUE_DECIMAL) {
        char sa[VALUE_SCRATCH], sb[VALUE_SCRATCH];
        return compare_decimals(value_print(a, 0, sa), value_print(b, 0, sb));
    }
    if (a->kind == b->kind)
        return a->kind == VALUE_INT ? sign_of(a->i, b->i) : (a->u > b->u) - (a->u < b->u);
    const struct value *s = a->kind == VALUE_INT ? a : b, *u = s == a ? b : a;
    int c = s->i < 0 ? -1 : (s->u > u->u) - (s->u < u->u);
    return s == a ? c : -c;
}

static int compare_moments(const struct moment *a, const struct moment *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    int64_t x = ((a->year * 16 + a->month) * 32 + a->day), y = ((b->year * 16 + b->month) * 32 + b->day);
    int c = sign_of(x, y);
    x = ((int64_t)a->hour * 3600 + a->minute * 60 + a->second) * 1000000 + a->micro;
    y = ((int64_t)b->hour * 3600 + b->minute * 60 + b->second) * 1000000 + b->micro;
    c = c ? c : sign_of(x, y);
    return a->negative ? -c : c;
}

/* Kinds with the same rank compare by value. */
static int rank_of(enum value_kind kind)
{
    switch (kind) {
    case VALUE_NULL:
        return 0;
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
    case VALUE_DECIMAL:
        return 1;
    case VALUE_TEXT:
    case VALUE_BYTES:
        return 2;
    case VALUE_DATE:
    case VALUE_DATETIME:
        return 3;
    case VALUE_TIME:
        return 4;
    }
    return 5;
}

int value_compare(const struct value *a, const struct value *b)
{
    int x = rank_of(a->kind), y = rank_of(b->kind);
    if (x != y)
        return x < y ? -1 : 1;
    switch (x) {
    case 0:
        return 0;
    case 1:
        return compare_numbers(a, b);
    case 2:
        return compare_bytes(a->text, b->text);
    default:
        return compare_moments(&a->t, &b->t);
    }
}
