/* Keywords: from bytes to a number and back. keyword.def groups them by first letter and length; first_of[][] leads
 * to a group, and a group has a few words. */
#include "router/lex.h"

#include "router/lex_int.h"

enum { LONGEST = 31 };

/* GROUP_A3 is the number of the first keyword of that group. */
enum {
    GROUP_BEFORE_ALL = KW_NONE,
#define KW_GROUP(first, length, tag) GROUP_##tag, GROUP_##tag##_BACK = GROUP_##tag - 1,
#define KW(name, flags) PLACE_##name,
#include "router/keyword.def"
#undef KW
#undef KW_GROUP
};

static const uint16_t first_of[26][LONGEST + 1] = {
#define KW_GROUP(first, length, tag) [first - 'A'][length] = GROUP_##tag,
#define KW(name, flags)
#include "router/keyword.def"
#undef KW
#undef KW_GROUP
};

const struct keyword_row keyword_rows[KW_COUNT_OF + 1] = {
    [KW_NONE] = {"", 0, 0},
#define KW_GROUP(first, length, tag)
#define KW(word, flag) [KW_##word] = {#word, sizeof(#word) - 1, flag},
#include "router/keyword.def"
#undef KW
#undef KW_GROUP
    [KW_COUNT_OF] = {"", 0, 0},
};

/* Equal but for ASCII case. Both are made of letters, digits, _ and bytes above 0x7f, where bit 5 is only case. */
static bool same_word(const char *name, const char *bytes, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if ((name[i] ^ bytes[i]) & 0xdf) {
            return false;
        }
    }
    return true;
}

enum keyword keyword_find(const char *bytes, size_t len)
{
    unsigned letter = len ? ((unsigned char)bytes[0] | 0x20u) - 'a' : 26;
    if (letter >= 26 || len > LONGEST) {
        return KW_NONE;
    }
    unsigned k = first_of[letter][len];
    if (k == KW_NONE) {
        return KW_NONE;
    }
    for (char first = keyword_rows[k].name[0]; keyword_rows[k].len == len && keyword_rows[k].name[0] == first; k++) {
        if (same_word(keyword_rows[k].name, bytes, len)) {
            return (enum keyword)k;
        }
    }
    return KW_NONE;
}
