/* How one value is written: text to value and back, for every scalar type of conf_key.def.
 *
 * Numbers have units where a reader would else have to guess: sizes take K, M, G, T (powers of 1024, as in MySQL; also
 * KiB …), durations need a unit unless they are 0. Whatever conf_value_format() writes, conf_value_parse() reads as
 * the same value.
 */
#include "conf/conf_int.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t value;
};

#define KIB UINT64_C(1024)
static const struct unit size_units[] =
    {/* the first of each value is the one that we write */
     {"TiB", KIB *KIB *KIB *KIB}, {"GiB", KIB *KIB *KIB}, {"MiB", KIB *KIB}, {"KiB", KIB}, {"T", KIB *KIB *KIB *KIB},
     {"G", KIB *KIB *KIB},        {"M", KIB *KIB},        {"K", KIB},        {"", 1},      {NULL, 0}};

static const struct unit time_units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000},
                                         {"ms", 1},       {"m", 60000},   {NULL, 0}};

/* The index of `text` in a list of words, or -1. */
static int word_index(const char *const *list, const char *text)
{
    for (int i = 0; list[i]; i++)
        if (strcmp(list[i], text) == 0)
            return i;
    return -1;
}

/* ---- numbers ---- */

/* Reads digits; false if there are none or the number does not fit. */
static bool read_digits(const char **s, uint64_t *to)
{
    const char *start = *s;

    for (*to = 0; isdigit((unsigned char)**s); ++*s)
        if (__builtin_mul_overflow(*to, (uint64_t)10, to) || __builtin_add_overflow(*to, (uint64_t)(**s - '0'), to))
            return false;
    return *s > start;
}

static const char *parse_count(const char *text, uint64_t max, unsigned *to)
{
    uint64_t v;

    if (!read_digits(&text, &v) || *text || v > max)
        return "is not a whole number, or is too large";
    *to = (unsigned)v;
    return NULL;
}

static const struct unit *find_unit(const struct unit *units, const char *name, size_t len, bool fold)
{
    for (; units->name; units++)
        if (strlen(units->name) == len && (fold ? strncasecmp : strncmp)(units->name, name, len) == 0)
            return units;
    return NULL;
}

static const char *parse_size(const char *text, uint64_t *to)
{
    const char *why = "is not a size: write 67108864, 64MiB or 20GiB";
    const struct unit *unit;
    uint64_t v;

    if (!read_digits(&text, &v))
        return why;
    unit = find_unit(size_units, text, strlen(text), true);
    if (!unit)
        return why;
    if (__builtin_mul_overflow(v, unit->value, &v))
        return "is too large";
    *to = v;
    return NULL;
}

/* duration = "0" | { digits unit }+ */
static const char *parse_duration(const char *text, uint64_t *to)
{
    const char *why = "is not a duration: write 500ms, 10s, 5min, 8h or 7d";
    uint64_t v, sum = 0;

    if (strcmp(text, "0") != 0) {
        do {
            const struct unit *unit;
            size_t len;

            if (!read_digits(&text, &v))
                return why;
            len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
            unit = find_unit(time_units, text, len, false);
            if (!unit)
                return why;
            if (__builtin_mul_overflow(v, unit->value, &v) || __builtin_add_overflow(sum, v, &sum))
                return "is too large";
            text += len;
        } while (*text);
    }
    *to = sum;
    return NULL;
}

/* A single address, or "off" for none; a list is put together by the reader. */
static const char *parse_addresses(const char *text, struct conf_addresses *to)
{
    struct conf_address one;
    const char *why;

    if (strcmp(text, "off") == 0) {
        *to = (struct conf_addresses){NULL, 0};
        return NULL;
    }
    why = conf_address_parse(text, &one);
    if (why)
        return why;
    to->at = conf_calloc(1, sizeof(one));
    to->at[0] = one;
    to->n = 1;
    return NULL;
}

/* ---- one value ---- */

static bool is_name(const char *s)
{
    while (isalnum((unsigned char)*s) || (*s && strchr("_.-", *s)))
        s++;
    return *s == 0;
}

static const char *parse_name(const char *text, char **to)
{
    if (!*text || strlen(text) > 64 || !is_name(text))
        return "is not a name: at most 64 letters, digits, _ . and -";
    *to = conf_strdup(text);
    return NULL;
}

static const char *parse_string(const char *text, char **to)
{
    if (!*text)
        return "is empty";
    *to = conf_strdup(text);
    return NULL;
}

static const char *parse_word(enum conf_type type, const char *text, void *to)
{
    int i = word_index(conf_value_words(type), text);

    if (i < 0)
        return "is not among its words";
    if (type == CONF_T_AUTH_PLUGIN)
        *(char **)to = conf_strdup(text);
    else if (type == CONF_T_BOOL)
        *(bool *)to = i % 2;
    else
        memcpy(to, &i, sizeof(i));
    return NULL;
}

const char *conf_value_parse(enum conf_type type, const char *text, void *to)
{
    switch (type) {
    case CONF_T_ADDRESSES:
        return parse_addresses(text, to);
    case CONF_T_ADDRESS:
        return conf_address_parse(text, to);
    case CONF_T_STRING:
    case CONF_T_FILE:
        return parse_string(text, to);
    case CONF_T_NAME:
        return parse_name(text, to);
    case CONF_T_SECRET:
        *(char **)to = conf_strdup(text);
        return NULL;
    case CONF_T_THREADS:
        if (strcmp(text, "auto") == 0) {
            *(unsigned *)to = 0; /* the build step puts the number */
            return NULL;
        }
        return parse_count(text, UINT_MAX, to);
    case CONF_T_COUNT:
        return parse_count(text, UINT_MAX, to);
    case CONF_T_SIZE:
        return parse_size(text, to);
    case CONF_T_DURATION:
        return parse_duration(text, to);
    default:
        return parse_word(type, text, to);
    }
}

/* Numbers of all types as one, to compare with a range. */
static uint64_t as_number(enum conf_type type, const void *at)
{
    return type == CONF_T_SIZE || type == CONF_T_DURATION ? *(const uint64_t *)at : *(const unsigned *)at;
}

static bool in_range(const struct conf_key *key, const char *text, const void *value)
{
    uint64_t min = 0, max = UINT64_MAX, v = as_number(key->type, value);

    if (key->type == CONF_T_THREADS && strcmp(text, "auto") == 0)
        return true;
    if (key->min) {
        conf_value_parse(key->type, key->min, &min);
        min = as_number(key->type, &min);
    }
    if (key->max) {
        conf_value_parse(key->type, key->max, &max);
        max = as_number(key->type, &max);
    }
    return v >= min && v <= max;
}

static void list_words(const char *const *list, char *why, size_t size)
{
    size_t len = (size_t)snprintf(why, size, "must be one of ");

    for (; *list && len < size; list++)
        len += (size_t)snprintf(why + len, size - len, "%s%s", *list, list[1] ? ", " : "");
}

bool conf_value_set(const struct conf_key *key, const char *text, void *base, char *why, size_t size)
{
    void *to = (char *)base + key->offset;
    bool number = key->type == CONF_T_COUNT || key->type == CONF_T_SIZE || key->type == CONF_T_DURATION ||
                  key->type == CONF_T_THREADS;
    const char *bad;
    uint64_t v = 0;

    bad = conf_value_parse(key->type, text, number ? &v : to);
    if (bad && conf_value_words(key->type)) {
        list_words(conf_value_words(key->type), why, size);
        return false;
    }
    if (bad) {
        snprintf(why, size, "%s", bad);
        return false;
    }
    if (!number)
        return true;
    if (!in_range(key, text, &v)) {
        if (key->max)
            snprintf(why, size, "is out of range: from %s to %s", key->min, key->max);
        else
            snprintf(why, size, "is out of range: at least %s", key->min);
        return false;
    }
    memcpy(to, &v, key->type == CONF_T_SIZE || key->type == CONF_T_DURATION ? sizeof(v) : sizeof(unsigned));
    return true;
}

/* ---- back to text ---- */

static char *format_units(uint64_t v, const struct unit *units)
{
    if (v)
        for (; units->name; units++)
            if (v % units->value == 0)
                return conf_format("%llu%s", (unsigned long long)(v / units->value), units->name);
    return conf_format("%llu", (unsigned long long)v);
}

static char *format_addresses(const struct conf_addresses *list)
{
    char *all = conf_strdup(list->n ? "" : "off");

    for (size_t i = 0; i < list->n; i++) {
        char *one = conf_address_format(&list->at[i]);
        char *longer = conf_format("%s%s%s", all, i ? ", " : "", one);

        free(one);
        free(all);
        all = longer;
    }
    return all;
}

char *conf_value_format(const struct conf_key *key, const void *base)
{
    const void *at = (const char *)base + key->offset;
    int i;

    switch (key->type) {
    case CONF_T_ADDRESSES:
        return format_addresses(at);
    case CONF_T_ADDRESS:
        return conf_address_format(at);
    case CONF_T_STRING:
    case CONF_T_NAME:
    case CONF_T_FILE:
    case CONF_T_AUTH_PLUGIN:
        return conf_strdup(*(char *const *)at ? *(char *const *)at : "");
    case CONF_T_SECRET:
    case CONF_T_SECRET_FILE:
        return conf_strdup("***");
    case CONF_T_COUNT:
    case CONF_T_THREADS:
        return conf_format("%u", *(const unsigned *)at);
    case CONF_T_SIZE:
        return format_units(*(const uint64_t *)at, size_units);
    case CONF_T_DURATION:
        return format_units(*(const uint64_t *)at, time_units);
    case CONF_T_BOOL:
        return conf_strdup(conf_value_words(CONF_T_BOOL)[*(const bool *)at]);
    default:
        memcpy(&i, at, sizeof(i));
        return conf_strdup(conf_value_words(key->type)[i]);
    }
}

static void free_address(struct conf_address *a)
{
    free(a->host);
    free(a->path);
}

void conf_value_free(const struct conf_key *key, void *base)
{
    void *at = (char *)base + key->offset;
    struct conf_addresses *list = at;
    char **s = at;

    switch (key->type) {
    case CONF_T_SECRET:
        if (*s)
            explicit_bzero(*s, strlen(*s));
        free(*s);
        *s = NULL;
        return;
    case CONF_T_STRING:
    case CONF_T_NAME:
    case CONF_T_FILE:
    case CONF_T_AUTH_PLUGIN:
        free(*s);
        *s = NULL;
        return;
    case CONF_T_ADDRESS:
        free_address(at);
        memset(at, 0, sizeof(struct conf_address));
        return;
    case CONF_T_ADDRESSES:
        for (size_t i = 0; i < list->n; i++)
            free_address(&list->at[i]);
        free(list->at);
        *list = (struct conf_addresses){NULL, 0};
        return;
    default:
        return;
    }
}
