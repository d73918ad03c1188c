/* Text keys. The canonical form of a text is its weight string under the column's collation, as the server's
 * WEIGHT_STRING() has it: 'a', 'A', 'à' and, where the collation pads, 'a ' are one key in utf8mb4_general_ci.
 *
 * Computed here, so that nearly no key costs a question:
 * - printable ASCII under the collations of canon_weights.def, whose weights there are one per character;
 * - anything under _bin collations, whose weights are code points or bytes, when the client's bytes can be read.
 * Everything else is asked of an instance, for the whole value. Both ways give the same bytes for the same text: the
 * tables are the servers' own. Where a collation pads, spaces at the end are cut before weighing, and weights of a
 * space (other characters may have it too) are cut from the end of what comes back.
 */
#include <string.h>

#include "router/canon_int.h"

struct canon_weights {
    const char *collation;
    unsigned unit; /* bytes of one weight */
    uint16_t weight[95];
};

#define WEIGHTS(name, unit_, ...) {#name, unit_, {__VA_ARGS__}},
static const struct canon_weights tables[] = {
#include "router/canon_weights.def"
};
#undef WEIGHTS

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n >= m && !strcmp(s + n - m, with);
}

/* utf8mb3_x and utf8_x weigh ASCII as utf8mb4_x does. */
static const struct canon_weights *find_weights(const char *collation)
{
    const char *rest = starts(collation, "utf8mb3_") ? collation + 8
                       : starts(collation, "utf8_")  ? collation + 5
                                                     : NULL;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const char *name = tables[i].collation;
        if (rest ? starts(name, "utf8mb4_") && !strcmp(name + 8, rest) : !strcmp(name, collation)) {
            return &tables[i];
        }
    }
    return NULL;
}

static bool one_byte_charset(const char *charset)
{
    static const char *const names[] = {"latin1", "ascii", "latin2", "latin5", "latin7", "cp1250", "cp1251", "cp1256",
                                        "cp1257", "koi8r", "koi8u",  "greek",  "hebrew", "cp850",  "cp852",  "cp866"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!strcmp(charset, names[i])) {
            return true;
        }
    }
    return false;
}

const char *canon_text_init(struct canon_column *c, enum lex_dialect dialect)
{
    const char *collation = c->collation;
    bool mysql_only = strstr(collation, "_0900_") != NULL;
    c->pad = !strstr(collation, "nopad") && !mysql_only;
    c->text = CANON_TEXT_SERVER;
    if (starts(c->charset, "ucs2") || starts(c->charset, "utf16") || starts(c->charset, "utf32")) {
        return NULL;
    }
    if (mysql_only && dialect != LEX_MYSQL) {
        return NULL; /* MariaDB has these names for collations of its own */
    }
    if (!strcmp(collation, "utf8mb4_bin")) {
        c->text = CANON_TEXT_CODEPOINT3;
    } else if (!strcmp(collation, "utf8mb3_bin") || !strcmp(collation, "utf8_bin")) {
        c->text = CANON_TEXT_CODEPOINT2;
    } else if (!strcmp(collation, "utf8mb4_0900_bin")) {
        c->text = CANON_TEXT_UTF8;
    } else if (ends(collation, "_bin") && !strstr(collation, "nopad") && one_byte_charset(c->charset)) {
        c->text = CANON_TEXT_BYTES;
    } else if ((c->weights = find_weights(collation))) {
        c->text = CANON_TEXT_TABLE;
    }
    return NULL;
}

bool canon_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* swe7 is no superset of ASCII; 0x5c and 0x7e are other characters in Shift-JIS to some. */
static bool client_ascii(uint16_t charset, const char *s, size_t len)
{
    bool swe7 = charset == 10 || charset == 82;
    bool sjis = lex_charset_of(charset) == LEX_CS_SJIS && (memchr(s, 0x5c, len) || memchr(s, 0x7e, len));
    return !swe7 && !sjis && canon_ascii(s, len);
}

static bool printable(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

/* Decodes one well-formed character; its length, or 0. */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > len) {
        return 0;
    }
    uint32_t v = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        v = v << 6 | (s[i] & 0x3f);
    }
    *out = v;
    return v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : n;
}

/* Code points as big-endian numbers of `unit` bytes; unit 0: only checks, and gives the bytes. */
static enum canon_status codepoints(const char *s, size_t len, unsigned unit, struct arena *arena,
                                    struct lex_slice *out)
{
    unsigned char *p = arena_alloc(arena, len * (unit ? unit : 1) + 1);
    if (!p) {
        return CANON_NO_MEMORY;
    }
    size_t at = 0;
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t ch = 0;
        n = utf8_decode((const unsigned char *)s + i, len - i, &ch);
        if (n == 0 || (unit == 2 && ch > 0xffff)) {
            return CANON_UNKNOWN;
        }
        for (unsigned k = unit; k > 0; k--) {
            p[at++] = (unsigned char)(ch >> (8 * (k - 1)));
        }
    }
    *out = unit ? (struct lex_slice){(const char *)p, at} : (struct lex_slice){s, len};
    return CANON_OK;
}

static enum canon_status from_table(const struct canon_weights *w, const char *s, size_t len, struct arena *arena,
                                    struct lex_slice *out)
{
    unsigned char *p = arena_alloc(arena, len * w->unit + 1);
    if (!p) {
        return CANON_NO_MEMORY;
    }
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        uint16_t weight = w->weight[(unsigned char)s[i] - 0x20];
        if (w->unit == 2) {
            p[at++] = (unsigned char)(weight >> 8);
        }
        p[at++] = (unsigned char)weight;
    }
    *out = (struct lex_slice){(const char *)p, at};
    return CANON_OK;
}

/* The weight of a space: its bytes, into out. */
static unsigned space_weight(const struct canon_column *c, unsigned char out[3])
{
    unsigned weight = c->text == CANON_TEXT_TABLE ? c->weights->weight[0] : 0x20;
    unsigned unit = c->text == CANON_TEXT_TABLE        ? c->weights->unit
                    : c->text == CANON_TEXT_CODEPOINT3 ? 3
                    : c->text == CANON_TEXT_CODEPOINT2 ? 2
                                                       : 1;
    for (unsigned i = 0; i < unit; i++) {
        out[i] = (unsigned char)(weight >> (8 * (unit - 1 - i)));
    }
    return unit;
}

/* Weights of a space at the end mean nothing where the collation pads. */
static struct lex_slice cut_spaces(const struct canon_column *c, struct lex_slice w)
{
    unsigned char space[3];
    unsigned unit = space_weight(c, space);
    while (w.len >= unit && memcmp(w.ptr + w.len - unit, space, unit) == 0) {
        w.len -= unit;
    }
    return w;
}

int canon_text_compare(const struct canon_column *c, struct lex_slice a, struct lex_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (order || a.len == b.len) {
        return order;
    }
    if (!c->pad) {
        return a.len < b.len ? -1 : 1;
    }
    unsigned char space[3]; /* the shorter one goes on in spaces */
    unsigned unit = space_weight(c, space);
    struct lex_slice rest =
        a.len > n ? (struct lex_slice){a.ptr + n, a.len - n} : (struct lex_slice){b.ptr + n, b.len - n};
    for (size_t i = 0; i < rest.len && order == 0; i++) {
        order = (int)(unsigned char)rest.ptr[i] - (int)space[i % unit];
    }
    return a.len > n ? order : -order;
}

/* A text that may end, for a collation that we know nothing of, in characters that weigh as a space or nothing. */
static bool end_doubtful(uint16_t charset, const char *s, size_t len)
{
    if (len == 0) {
        return false;
    }
    unsigned char last = (unsigned char)s[len - 1];
    if (last < 0x80) {
        bool alnum = (last >= '0' && last <= '9') || ((last | 0x20) >= 'a' && (last | 0x20) <= 'z');
        return !alnum;
    }
    if (lex_charset_of(charset) == LEX_CS_UTF8) {
        size_t i = len - 1;
        while (i > 0 && ((unsigned char)s[i] & 0xc0) == 0x80) {
            i--;
        }
        unsigned char lead = (unsigned char)s[i], next = len - i > 1 ? (unsigned char)s[i + 1] : 0;
        return lead == 0xc2 || lead == 0xcc || lead == 0xcd || (lead == 0xe2 && next == 0x80) ||
               (lead == 0xe3 && next == 0x80) || lead == 0xef || lead >= 0xf0;
    }
    return last == 0xa0 || last == 0xad || last == 0xa1;
}

static enum canon_status ask_server(const struct canon_column *c, const char *s, size_t len,
                                    const struct route_facts *facts, struct lex_slice *out, struct lex_slice *ask)
{
    if (facts->charset == 0 && !canon_ascii(s, len)) {
        return CANON_UNKNOWN;
    }
    if (c->text == CANON_TEXT_SERVER && c->pad && end_doubtful(facts->charset, s, len)) {
        return CANON_UNKNOWN;
    }
    if (facts->weight && facts->weight(facts->arg, c->charset, c->collation, s, len, facts->charset, out)) {
        if (c->pad && c->text != CANON_TEXT_SERVER) {
            *out = cut_spaces(c, *out);
        }
        return CANON_OK;
    }
    *ask = (struct lex_slice){s, len};
    return CANON_NEEDS_WEIGHT;
}

static enum canon_status weigh(const struct canon_column *c, const char *s, size_t len, const struct route_facts *facts,
                               struct arena *arena, struct lex_slice *out, struct lex_slice *ask)
{
    bool ascii = client_ascii(facts->charset, s, len);
    bool readable = ascii || lex_charset_of(facts->charset) == LEX_CS_UTF8;
    bool latin1 = facts->charset == 8 || facts->charset == 47 || facts->charset == 48 || facts->charset == 49;
    switch (c->text) {
    case CANON_TEXT_TABLE:
        if (ascii && printable(s, len)) {
            return from_table(c->weights, s, len, arena, out);
        }
        break;
    case CANON_TEXT_CODEPOINT3:
    case CANON_TEXT_CODEPOINT2:
    case CANON_TEXT_UTF8:
        if (readable && (ascii || facts->charset != 0)) {
            unsigned unit = c->text == CANON_TEXT_CODEPOINT3 ? 3 : c->text == CANON_TEXT_CODEPOINT2 ? 2 : 0;
            return codepoints(s, len, unit, arena, out);
        }
        break;
    case CANON_TEXT_BYTES:
        if (ascii || (latin1 && !strcmp(c->charset, "latin1"))) {
            *out = (struct lex_slice){s, len};
            return CANON_OK;
        }
        break;
    case CANON_TEXT_SERVER:
        break;
    }
    return ask_server(c, s, len, facts, out, ask);
}

static size_t count_characters(uint16_t charset, const char *s, size_t len)
{
    if (lex_charset_of(charset) != LEX_CS_UTF8) {
        return len;
    }
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    }
    return n;
}

enum canon_status canon_text(const struct canon_column *c, const struct route_value *v, bool store,
                             const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                             struct lex_slice *ask)
{
    if (v->kind == ROUTE_BINARY ? !canon_ascii(v->text, v->len) : v->kind != ROUTE_TEXT) {
        return CANON_UNKNOWN;
    }
    const char *s = v->text;
    size_t len = v->len;
    if (c->enumeration && store && len > 0 && s[0] >= '0' && s[0] <= '9') {
        return CANON_UNKNOWN; /* may be the number of a member */
    }
    while ((c->pad || c->fixed) && len > 0 && s[len - 1] == ' ') {
        len--;
    }
    if (store && len > c->length && count_characters(facts->charset, s, len) > c->length) {
        return CANON_UNKNOWN; /* cut or refused, as sql_mode says */
    }
    return weigh(c, s, len, facts, arena, out, ask);
}
