/* See canon.h. One function per column class; the text collations are in canon_text.c. */
#include "router/canon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "router/canon_int.h"

static bool type_is(const struct column_info *info, const char *word)
{
    size_t n = strlen(word);
    return info->type && !strncmp(info->type, word, n) && !(info->type[n] >= 'a' && info->type[n] <= 'z');
}

const char *canon_column_init(struct canon_column *out, const struct column_info *info, enum lex_dialect dialect)
{
    *out = (struct canon_column){.class = info->class,
                                 .bits = info->bits,
                                 .precision = info->precision,
                                 .scale = info->scale,
                                 .is_unsigned = info->is_unsigned,
                                 .fixed = info->fixed,
                                 .length = info->length,
                                 .charset = info->charset,
                                 .collation = info->collation};
    switch (info->class) {
    case COLUMN_FLOAT:
        return "values of floating-point columns are not exact";
    case COLUMN_OTHER:
        return "values of this type have no simple order or equality";
    case COLUMN_INT:
        out->year = type_is(info, "year");
        return NULL;
    case COLUMN_DATETIME:
        return type_is(info, "timestamp") ? "the text of a TIMESTAMP depends on the session's time zone; use DATETIME"
                                          : NULL;
    case COLUMN_BINARY:
        out->uuid = type_is(info, "uuid");
        return type_is(info, "bit") || type_is(info, "inet6") || type_is(info, "inet4")
                   ? "values of this type can be written in ways that only a server reads"
                   : NULL;
    case COLUMN_TEXT:
        if (type_is(info, "set")) {
            return "values of a SET can be written in several ways";
        }
        out->enumeration = type_is(info, "enum");
        if (!info->charset || !info->collation) {
            return "its collation is not known";
        }
        return canon_text_init(out, dialect);
    default:
        return NULL;
    }
}

bool canon_comparable(const struct canon_column *a, const struct canon_column *b)
{
    if (a->class != b->class) {
        return false;
    }
    switch (a->class) {
    case COLUMN_TEXT:
        return !strcmp(a->collation, b->collation);
    case COLUMN_BINARY:
        return a->fixed == b->fixed && a->uuid == b->uuid;
    default:
        return true;
    }
}

/* ---- integers ---- */

/* [+-] digits [. zeros], nothing else. 1: it is one; 0: not; -1: it is one that no integer type holds;
 * 2: has a fraction that is not zero. */
static int read_integer(const char *s, size_t len, bool *negative, uint64_t *magnitude)
{
    size_t i = 0;
    *negative = i < len && s[i] == '-';
    i += i < len && (s[i] == '-' || s[i] == '+');
    size_t digits = i;
    uint64_t v = 0;
    bool over = false;
    for (; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
        over = over || v > (UINT64_MAX - (uint64_t)(s[i] - '0')) / 10;
        v = v * 10 + (uint64_t)(s[i] - '0');
    }
    bool whole = i > digits, fraction = false;
    if (i < len && s[i] == '.') {
        for (i++; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
            whole = true;
            fraction = fraction || s[i] != '0';
        }
    }
    if (i < len || !whole) {
        return 0;
    }
    *magnitude = v;
    return fraction ? 2 : over ? -1 : 1;
}

static bool in_range(const struct canon_column *c, bool negative, uint64_t magnitude)
{
    if (c->is_unsigned) {
        return (!negative || magnitude == 0) && (c->bits >= 64 || magnitude < 1ull << c->bits);
    }
    uint64_t limit = 1ull << (c->bits - 1);
    return negative ? magnitude <= limit : magnitude < limit;
}

static enum canon_status put_integer(const struct canon_column *c, bool negative, uint64_t magnitude, bool store,
                                     struct arena *arena, struct lex_slice *out)
{
    if (c->year && (magnitude < 1901 || magnitude > 2155) && magnitude != 0) {
        return CANON_UNKNOWN; /* two-digit years mean others */
    }
    if (c->year && magnitude == 0) {
        return CANON_UNKNOWN; /* 0 is 0000, '0' is 2000 */
    }
    if (!in_range(c, negative, magnitude)) {
        return store ? CANON_UNKNOWN : CANON_NO_MATCH;
    }
    uint64_t v = negative ? 0 - magnitude : magnitude;
    unsigned char *p = arena_alloc(arena, 8);
    if (!p) {
        return CANON_NO_MEMORY;
    }
    for (int i = 0; i < 8; i++) {
        p[i] = (unsigned char)(v >> (8 * i));
    }
    *out = (struct lex_slice){(const char *)p, 8};
    return CANON_OK;
}

int64_t canon_integer(struct lex_slice s)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) {
        v = v << 8 | (unsigned char)s.ptr[i];
    }
    return (int64_t)v;
}

static enum canon_status integer_text(const struct canon_column *c, const struct route_value *v, bool store,
                                      struct arena *arena, struct lex_slice *out)
{
    bool negative;
    uint64_t magnitude;
    bool number = v->kind == ROUTE_DECIMAL;
    switch (read_integer(v->text, v->len, &negative, &magnitude)) {
    case 1:
        return put_integer(c, negative, magnitude, store, arena, out);
    case -1:
        return store ? CANON_UNKNOWN : CANON_NO_MATCH;
    case 2: { /* a stored decimal is rounded half away from zero. A condition ought to be false, but MariaDB 10.11 finds
               * 5 for `unsigned_key = 4.5` when it uses the index: let the servers say it */
        if (!number || !store) {
            return CANON_UNKNOWN;
        }
        const char *dot = memchr(v->text, '.', v->len);
        bool up = dot + 1 < v->text + v->len && dot[1] >= '5';
        if (magnitude == UINT64_MAX) {
            return CANON_UNKNOWN;
        }
        return put_integer(c, negative, magnitude + up, store, arena, out);
    }
    default:
        return CANON_UNKNOWN;
    }
}

static bool read_double(const struct route_value *v, double *out)
{
    char text[64], *end;
    if (v->len == 0 || v->len >= sizeof text) {
        return false;
    }
    memcpy(text, v->text, v->len);
    text[v->len] = '\0';
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static enum canon_status canon_int(const struct canon_column *c, const struct route_value *v, bool store,
                                   struct arena *arena, struct lex_slice *out)
{
    switch (v->kind) {
    case ROUTE_INT:
        return put_integer(c, v->i < 0, v->i < 0 ? 0 - (uint64_t)v->i : (uint64_t)v->i, store, arena, out);
    case ROUTE_UINT:
        return put_integer(c, false, (uint64_t)v->i, store, arena, out);
    case ROUTE_DECIMAL:
    case ROUTE_TEXT:
        return c->year && v->kind == ROUTE_TEXT && v->len != 4 ? CANON_UNKNOWN : integer_text(c, v, store, arena, out);
    case ROUTE_DOUBLE: {
        double d;
        if (!read_double(v, &d) || fabs(d) >= 9007199254740992.0) { /* 2^53: several integers are the same double */
            return CANON_UNKNOWN;
        }
        if (d != floor(d)) {
            return CANON_UNKNOWN;
        }
        return put_integer(c, d < 0, (uint64_t)fabs(d), store, arena, out);
    }
    default:
        return CANON_UNKNOWN;
    }
}

/* ---- decimals ---- */

/* Shortest text of [+-] digits [. digits]: false when it is not such a thing. */
static bool decimal_parts(const char *s, size_t len, bool *negative, struct lex_slice *whole,
                          struct lex_slice *fraction)
{
    size_t i = 0;
    *negative = len > 0 && s[0] == '-';
    i += len > 0 && (s[0] == '-' || s[0] == '+');
    size_t start = i;
    while (i < len && s[i] >= '0' && s[i] <= '9') {
        i++;
    }
    *whole = (struct lex_slice){s + start, i - start};
    *fraction = (struct lex_slice){s + i, 0};
    if (i < len && s[i] == '.') {
        size_t from = ++i;
        while (i < len && s[i] >= '0' && s[i] <= '9') {
            i++;
        }
        *fraction = (struct lex_slice){s + from, i - from};
    }
    if (i < len || whole->len + fraction->len == 0) {
        return false;
    }
    while (whole->len > 0 && whole->ptr[0] == '0') {
        whole->ptr++;
        whole->len--;
    }
    while (fraction->len > 0 && fraction->ptr[fraction->len - 1] == '0') {
        fraction->len--;
    }
    return true;
}

static enum canon_status put_decimal(const struct canon_column *c, const char *s, size_t len, bool exact,
                                     struct arena *arena, struct lex_slice *out)
{
    bool negative;
    struct lex_slice whole, fraction;
    if (!decimal_parts(s, len, &negative, &whole, &fraction)) {
        return CANON_UNKNOWN;
    }
    if (!exact && (c->precision > 15 || whole.len + fraction.len > 15)) {
        return CANON_UNKNOWN; /* compared as doubles: up to 15 digits are told apart */
    }
    if (fraction.len > c->scale || whole.len > (size_t)(c->precision - c->scale)) {
        return CANON_UNKNOWN;
    }
    char *p = arena_alloc(arena, whole.len + fraction.len + 3), *z = p;
    if (!p) {
        return CANON_NO_MEMORY;
    }
    if (negative && whole.len + fraction.len > 0) {
        *z++ = '-';
    }
    if (whole.len == 0) {
        *z++ = '0';
    }
    memcpy(z, whole.ptr, whole.len);
    z += whole.len;
    if (fraction.len > 0) {
        *z++ = '.';
        memcpy(z, fraction.ptr, fraction.len);
        z += fraction.len;
    }
    *out = (struct lex_slice){p, (size_t)(z - p)};
    return CANON_OK;
}

static char *format_unsigned(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    return end;
}

/* The text of an integer value, in the 24 bytes at buf. */
static struct lex_slice integer_to_text(const struct route_value *v, char *buf)
{
    bool negative = v->kind == ROUTE_INT && v->i < 0;
    char *p = format_unsigned(buf + 24, negative ? 0 - (uint64_t)v->i : (uint64_t)v->i);
    if (negative) {
        *--p = '-';
    }
    return (struct lex_slice){p, (size_t)(buf + 24 - p)};
}

static enum canon_status canon_decimal(const struct canon_column *c, const struct route_value *v, bool store,
                                       struct arena *arena, struct lex_slice *out)
{
    char buf[24];
    struct lex_slice text;
    switch (v->kind) {
    case ROUTE_INT:
    case ROUTE_UINT:
        text = integer_to_text(v, buf);
        return put_decimal(c, text.ptr, text.len, true, arena, out);
    case ROUTE_DECIMAL:
        return put_decimal(c, v->text, v->len, true, arena, out);
    case ROUTE_TEXT:
        return put_decimal(c, v->text, v->len, store, arena, out);
    default:
        return CANON_UNKNOWN;
    }
}

/* Order of two shortest decimal texts. */
static int compare_decimals(struct lex_slice a, struct lex_slice b)
{
    bool na, nb;
    struct lex_slice wa, fa, wb, fb;
    if (!decimal_parts(a.ptr, a.len, &na, &wa, &fa) || !decimal_parts(b.ptr, b.len, &nb, &wb, &fb)) {
        return 0;
    }
    if (na != nb) {
        return na ? -1 : 1;
    }
    int order = wa.len != wb.len ? (wa.len < wb.len ? -1 : 1) : memcmp(wa.ptr, wb.ptr, wa.len);
    if (order == 0) {
        size_t n = fa.len < fb.len ? fa.len : fb.len;
        order = memcmp(fa.ptr, fb.ptr, n);
        order = order ? order : (fa.len > fb.len) - (fa.len < fb.len);
    }
    return na ? -order : order;
}

/* ---- binary ---- */

static int hex_digit(char ch)
{
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static enum canon_status canon_uuid(const struct route_value *v, struct arena *arena, struct lex_slice *out)
{
    char *p = arena_alloc(arena, 16);
    if (!p) {
        return CANON_NO_MEMORY;
    }
    if (v->kind == ROUTE_BINARY && v->len == 16) {
        memcpy(p, v->text, 16);
        *out = (struct lex_slice){p, 16};
        return CANON_OK;
    }
    if (v->kind != ROUTE_TEXT || (v->len != 36 && v->len != 32)) {
        return CANON_UNKNOWN;
    }
    size_t n = 0;
    for (size_t i = 0; i < v->len; i++) {
        if (v->len == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
            if (v->text[i] != '-') {
                return CANON_UNKNOWN;
            }
            continue;
        }
        int d = hex_digit(v->text[i]);
        if (d < 0) {
            return CANON_UNKNOWN;
        }
        p[n / 2] = (char)(n % 2 ? p[n / 2] | d : d << 4);
        n++;
    }
    *out = (struct lex_slice){p, 16};
    return CANON_OK;
}

static enum canon_status canon_binary(const struct canon_column *c, const struct route_value *v, bool store,
                                      const struct route_facts *facts, struct arena *arena, struct lex_slice *out)
{
    if (c->uuid) {
        return canon_uuid(v, arena, out);
    }
    if (v->kind != ROUTE_TEXT && v->kind != ROUTE_BINARY) {
        return CANON_UNKNOWN;
    }
    if (v->kind == ROUTE_TEXT && facts->charset == 0 && !canon_ascii(v->text, v->len)) {
        return CANON_UNKNOWN;
    }
    if (v->len > c->length) {
        return store ? CANON_UNKNOWN : CANON_NO_MATCH;
    }
    *out = (struct lex_slice){v->text, v->len};
    while (c->fixed && out->len > 0 && out->ptr[out->len - 1] == '\0') {
        out->len--;
    }
    return CANON_OK;
}

/* ---- dates ---- */

struct moment {
    unsigned year, month, day, hour, minute, second, micro;
    unsigned digits; /* of the fraction, trailing zeros off */
};

/* 1 to `most` digits at *i. */
static bool read_digits(const char *s, size_t len, size_t *i, unsigned least, unsigned most, unsigned *out)
{
    unsigned n = 0;
    *out = 0;
    while (n < most && *i < len && s[*i] >= '0' && s[*i] <= '9') {
        *out = *out * 10 + (unsigned)(s[(*i)++] - '0');
        n++;
    }
    return n >= least;
}

static bool read_char(const char *s, size_t len, size_t *i, char a, char b)
{
    if (*i < len && (s[*i] == a || s[*i] == b)) {
        (*i)++;
        return true;
    }
    return false;
}

static bool read_fraction(const char *s, size_t len, size_t *i, struct moment *m)
{
    if (*i == len) {
        return true;
    }
    if (s[(*i)++] != '.') {
        return false;
    }
    size_t start = *i;
    unsigned scale = 100000;
    for (; *i < len && s[*i] >= '0' && s[*i] <= '9'; (*i)++) {
        if (*i - start >= 6) {
            return false;
        }
        m->micro += scale * (unsigned)(s[*i] - '0');
        scale /= 10;
        m->digits = s[*i] != '0' ? (unsigned)(*i - start + 1) : m->digits;
    }
    return *i == len;
}

static bool read_clock(const char *s, size_t len, size_t *i, struct moment *m)
{
    return read_digits(s, len, i, 1, 2, &m->hour) && read_char(s, len, i, ':', ':') &&
           read_digits(s, len, i, 1, 2, &m->minute) && read_char(s, len, i, ':', ':') &&
           read_digits(s, len, i, 1, 2, &m->second) && read_fraction(s, len, i, m) && m->hour < 24 && m->minute < 60 &&
           m->second < 60;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Only what every server reads alike: four digits of year, dashes, real dates. */
static bool read_moment(const char *s, size_t len, struct moment *m)
{
    size_t i = 0;
    *m = (struct moment){0};
    if (!read_digits(s, len, &i, 4, 4, &m->year) || !read_char(s, len, &i, '-', '-') ||
        !read_digits(s, len, &i, 1, 2, &m->month) || !read_char(s, len, &i, '-', '-') ||
        !read_digits(s, len, &i, 1, 2, &m->day)) {
        return false;
    }
    if (m->year == 0 || m->month < 1 || m->month > 12 || m->day < 1 || m->day > days_of_month(m->year, m->month)) {
        return false;
    }
    return i == len || (read_char(s, len, &i, ' ', 'T') && read_clock(s, len, &i, m));
}

static char *put_number(char *p, unsigned v, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return p + digits;
}

static char *put_clock(char *p, const struct moment *m)
{
    p = put_number(p, m->hour, 2);
    *p++ = ':';
    p = put_number(p, m->minute, 2);
    *p++ = ':';
    p = put_number(p, m->second, 2);
    *p++ = '.';
    return put_number(p, m->micro, 6);
}

static enum canon_status canon_date(const struct canon_column *c, const struct route_value *v, struct arena *arena,
                                    struct lex_slice *out)
{
    struct moment m;
    if ((v->kind != ROUTE_TEXT && v->kind != ROUTE_DATE && v->kind != ROUTE_DATETIME) ||
        !read_moment(v->text, v->len, &m)) {
        return CANON_UNKNOWN;
    }
    char *p = arena_alloc(arena, 32), *z = p;
    if (!p) {
        return CANON_NO_MEMORY;
    }
    z = put_number(z, m.year, 4);
    *z++ = '-';
    z = put_number(z, m.month, 2);
    *z++ = '-';
    z = put_number(z, m.day, 2);
    if (c->class == COLUMN_DATE) {
        if (m.hour + m.minute + m.second + m.micro > 0) {
            return CANON_UNKNOWN;
        }
    } else {
        if (m.digits > c->scale) {
            return CANON_UNKNOWN;
        }
        *z++ = ' ';
        z = put_clock(z, &m);
    }
    *out = (struct lex_slice){p, (size_t)(z - p)};
    return CANON_OK;
}

static enum canon_status canon_time(const struct canon_column *c, const struct route_value *v, struct arena *arena,
                                    struct lex_slice *out)
{
    struct moment m = {0};
    size_t i = 0;
    if ((v->kind != ROUTE_TEXT && v->kind != ROUTE_TIME) || !read_clock(v->text, v->len, &i, &m) ||
        m.digits > c->scale) {
        return CANON_UNKNOWN;
    }
    char *p = arena_alloc(arena, 16);
    if (!p) {
        return CANON_NO_MEMORY;
    }
    *out = (struct lex_slice){p, (size_t)(put_clock(p, &m) - p)};
    return CANON_OK;
}

/* ---- all ---- */

enum canon_status canon_value(const struct canon_column *c, const struct route_value *v, bool store,
                              const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                              struct lex_slice *ask)
{
    if (v->kind == ROUTE_NULL) {
        *out = (struct lex_slice){NULL, 0};
        return CANON_NULL;
    }
    if (v->kind == ROUTE_UNKNOWN) {
        return CANON_UNKNOWN;
    }
    switch (c->class) {
    case COLUMN_INT:
        return canon_int(c, v, store, arena, out);
    case COLUMN_DECIMAL:
        return canon_decimal(c, v, store, arena, out);
    case COLUMN_TEXT: {
        char buf[24];
        struct route_value text = *v;
        if (store && !c->enumeration && (v->kind == ROUTE_INT || v->kind == ROUTE_UINT)) { /* stored as its digits */
            struct lex_slice digits = integer_to_text(v, buf);
            text = (struct route_value){.kind = ROUTE_TEXT, .text = digits.ptr, .len = digits.len};
        }
        return canon_text(c, &text, store, facts, arena, out, ask);
    }
    case COLUMN_BINARY:
        return canon_binary(c, v, store, facts, arena, out);
    case COLUMN_DATE:
    case COLUMN_DATETIME:
        return canon_date(c, v, arena, out);
    case COLUMN_TIME:
        return canon_time(c, v, arena, out);
    default:
        return CANON_UNKNOWN;
    }
}

int canon_compare(const struct canon_column *c, struct lex_slice a, struct lex_slice b)
{
    if (c->class == COLUMN_INT) {
        int64_t x = canon_integer(a), y = canon_integer(b);
        if (c->is_unsigned) {
            return ((uint64_t)x > (uint64_t)y) - ((uint64_t)x < (uint64_t)y);
        }
        return (x > y) - (x < y);
    }
    if (c->class == COLUMN_DECIMAL) {
        return compare_decimals(a, b);
    }
    if (c->class == COLUMN_TEXT) {
        return canon_text_compare(c, a, b);
    }
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}
