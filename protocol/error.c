#include "protocol/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct error_row rows[ERROR_COUNT] = {
    [ERROR_NONE] = {0, "00000", ""},
#define X(name, number, sqlstate, text) [name] = {number, sqlstate, text},
#include "protocol/error.def"
#undef X
};

const struct error_row *error_row(enum error_code code)
{
    return &rows[(unsigned)code < ERROR_COUNT ? code : ERR_UNKNOWN];
}

/* The length of text without a character that was cut at its end. Bytes that are not UTF-8 are left as they are. */
static size_t whole_utf8(const char *text, size_t len)
{
    size_t i = len;
    while (i > 0 && len - i < 3 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
        i--;
    if (i == 0)
        return len;
    unsigned char lead = (unsigned char)text[i - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return want > len - (i - 1) ? i - 1 : len;
}

void error_set(struct error *e, enum error_code code, ...)
{
    const struct error_row *row = error_row(code);
    e->code = code;
    e->number = row->number;
    memcpy(e->sqlstate, row->sqlstate, sizeof e->sqlstate);
    va_list args;
    va_start(args, code);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int n = vsnprintf(e->text, sizeof e->text, row->text, args);
#pragma GCC diagnostic pop
    va_end(args);
    if (n < 0)
        e->text[0] = '\0';
    else if ((size_t)n >= sizeof e->text)
        e->text[whole_utf8(e->text, sizeof e->text - 1)] = '\0';
}
