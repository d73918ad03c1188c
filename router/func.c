/* The table of native functions: func.def, sorted by first letter, length and name. */
#include <string.h>

#include "router/ast.h"

static const struct {
    const char *name;
    uint8_t len;
    uint8_t classes;
} functions[FN_COUNT_OF] = {
    [FN_UNKNOWN] = {"", 0, 0},
#define FN(name, classes) [FN_##name] = {#name, sizeof(#name) - 1, classes},
#include "router/func.def"
#undef FN
};

/* The order of func.def: below, at or above 0 as the word is before, at or behind the entry. */
static int compare(const char *upper, size_t len, unsigned f)
{
    if (upper[0] != functions[f].name[0]) {
        return (unsigned char)upper[0] - (unsigned char)functions[f].name[0];
    }
    if (len != functions[f].len) {
        return len < functions[f].len ? -1 : 1;
    }
    return memcmp(upper, functions[f].name, len);
}

enum func func_find(const char *name, size_t len)
{
    char upper[64];
    if (len == 0 || len > sizeof upper) {
        return FN_UNKNOWN;
    }
    for (size_t i = 0; i < len; i++) {
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
    }
    unsigned low = 1, high = FN_COUNT_OF;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int c = compare(upper, len, middle);
        if (c == 0) {
            return (enum func)middle;
        }
        if (c < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return FN_UNKNOWN;
}

const char *func_name(enum func f)
{
    return f < FN_COUNT_OF ? functions[f].name : "";
}

unsigned func_classes(enum func f)
{
    return f < FN_COUNT_OF ? functions[f].classes : 0;
}
