/* See catalog.h. A snapshot is an array of entries sorted by the hash of "schema\0name": a lookup is a binary search,
 * a change copies the array of pointers, and the entries themselves are shared by reference count.
 */
#include "router/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct entry {
    uint64_t hash;
    struct table_info *table;
};

struct catalog {
    atomic_uint refs;
    size_t n;
    struct entry entries[];
};

static void *must(void *p)
{
    if (!p) {
        abort(); /* small sizes, ours */
    }
    return p;
}

static uint64_t hash_name(const char *schema, size_t schema_len, const char *name, size_t name_len)
{
    return XXH3_64bits_withSeed(name, name_len, XXH3_64bits(schema, schema_len));
}

static struct catalog *alloc(size_t n)
{
    struct catalog *c = must(malloc(sizeof *c + n * sizeof c->entries[0]));
    atomic_init(&c->refs, 1);
    c->n = n;
    return c;
}

struct catalog *catalog_new(void)
{
    return alloc(0);
}

struct catalog *catalog_ref(struct catalog *c)
{
    atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void catalog_unref(struct catalog *c)
{
    if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        table_info_unref(c->entries[i].table);
    }
    free(c);
}

/* First entry whose hash is not below. */
static size_t lower_bound(const struct catalog *c, uint64_t hash)
{
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->entries[mid].hash < hash) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static bool same(const char *z, const char *s, size_t len)
{
    return strlen(z) == len && memcmp(z, s, len) == 0;
}

const struct table_info *catalog_table(const struct catalog *c, const char *schema, size_t schema_len, const char *name,
                                       size_t name_len)
{
    uint64_t hash = hash_name(schema, schema_len, name, name_len);
    for (size_t i = lower_bound(c, hash); i < c->n && c->entries[i].hash == hash; i++) {
        const struct table_info *t = c->entries[i].table;
        if (same(t->name, name, name_len) && same(t->schema, schema, schema_len)) {
            return t;
        }
    }
    return NULL;
}

static struct table_info *table_ref(struct table_info *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

struct catalog *catalog_with(const struct catalog *c, struct table_info *t)
{
    uint64_t hash = hash_name(t->schema, strlen(t->schema), t->name, strlen(t->name));
    struct catalog *out = alloc(c->n + 1);
    size_t n = 0, at = lower_bound(c, hash);
    for (size_t i = 0; i < c->n; i++) {
        const struct table_info *old = c->entries[i].table;
        if (i == at) {
            out->entries[n++] = (struct entry){hash, t};
        }
        if (c->entries[i].hash == hash && !strcmp(old->name, t->name) && !strcmp(old->schema, t->schema)) {
            continue;
        }
        out->entries[n++] = (struct entry){c->entries[i].hash, table_ref(c->entries[i].table)};
    }
    if (at == c->n) {
        out->entries[n++] = (struct entry){hash, t};
    }
    out->n = n;
    return out;
}

struct catalog *catalog_without(const struct catalog *c, const char *schema, const char *name)
{
    struct catalog *out = alloc(c->n);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct table_info *t = c->entries[i].table;
        if ((!schema || !strcmp(t->schema, schema)) && (!name || !strcmp(t->name, name))) {
            continue;
        }
        out->entries[n++] = (struct entry){c->entries[i].hash, table_ref(t)};
    }
    out->n = n;
    return out;
}

struct catalog *catalog_filter(const struct catalog *c, bool (*keep)(void *arg, const struct table_info *t), void *arg)
{
    struct catalog *out = alloc(c->n);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (keep(arg, c->entries[i].table)) {
            out->entries[n++] = (struct entry){c->entries[i].hash, table_ref(c->entries[i].table)};
        }
    }
    out->n = n;
    return out;
}

void catalog_each(const struct catalog *c, void (*fn)(void *arg, const struct table_info *t), void *arg)
{
    for (size_t i = 0; i < c->n; i++) {
        fn(arg, c->entries[i].table);
    }
}

/* ---- entries ---- */

struct table_info *table_info_new(const char *schema, const char *name)
{
    struct table_info *t = must(calloc(1, sizeof *t));
    atomic_init(&t->refs, 1);
    t->schema = must(strdup(schema));
    t->name = must(strdup(name));
    return t;
}

static void column_free(struct column_info *c)
{
    free(c->name);
    free(c->type);
    free(c->charset);
    free(c->collation);
}

static void key_free(struct key_info *k)
{
    for (size_t i = 0; k->ref_columns && i < k->n_columns; i++) {
        free(k->ref_columns[i]);
    }
    free(k->ref_columns);
    free(k->ref_schema);
    free(k->ref_table);
    free(k->name);
    free(k->columns);
}

void table_info_unref(struct table_info *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        column_free(&t->columns[i]);
    }
    for (size_t i = 0; i < t->n_keys; i++) {
        key_free(&t->keys[i]);
    }
    free(t->columns);
    free(t->keys);
    free(t->view_definition);
    free(t->schema);
    free(t->name);
    free(t);
}

int table_info_column(const struct table_info *t, const char *name, size_t len)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (strlen(t->columns[i].name) == len && strncasecmp(t->columns[i].name, name, len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---- types ---- */

enum length_of { NO_LENGTH, LENGTH, PRECISION, FRACTION };

static const struct type_row {
    const char *word;
    enum column_class class;
    uint8_t bits;
    bool fixed;
    enum length_of args; /* what the number in parentheses is */
    uint32_t length;     /* without parentheses */
} types[] = {
    {"tinyint", COLUMN_INT, 8, false, NO_LENGTH, 0},
    {"smallint", COLUMN_INT, 16, false, NO_LENGTH, 0},
    {"mediumint", COLUMN_INT, 24, false, NO_LENGTH, 0},
    {"int", COLUMN_INT, 32, false, NO_LENGTH, 0},
    {"integer", COLUMN_INT, 32, false, NO_LENGTH, 0},
    {"bigint", COLUMN_INT, 64, false, NO_LENGTH, 0},
    {"bool", COLUMN_INT, 8, false, NO_LENGTH, 0},
    {"boolean", COLUMN_INT, 8, false, NO_LENGTH, 0},
    {"serial", COLUMN_INT, 64, false, NO_LENGTH, 0},
    {"year", COLUMN_INT, 16, false, NO_LENGTH, 0},
    {"decimal", COLUMN_DECIMAL, 0, false, PRECISION, 10},
    {"dec", COLUMN_DECIMAL, 0, false, PRECISION, 10},
    {"numeric", COLUMN_DECIMAL, 0, false, PRECISION, 10},
    {"fixed", COLUMN_DECIMAL, 0, false, PRECISION, 10},
    {"float", COLUMN_FLOAT, 0, false, NO_LENGTH, 0},
    {"double", COLUMN_FLOAT, 0, false, NO_LENGTH, 0},
    {"real", COLUMN_FLOAT, 0, false, NO_LENGTH, 0},
    {"char", COLUMN_TEXT, 0, true, LENGTH, 1},
    {"character", COLUMN_TEXT, 0, true, LENGTH, 1},
    {"nchar", COLUMN_TEXT, 0, true, LENGTH, 1},
    {"varchar", COLUMN_TEXT, 0, false, LENGTH, 0},
    {"nvarchar", COLUMN_TEXT, 0, false, LENGTH, 0},
    {"tinytext", COLUMN_TEXT, 0, false, NO_LENGTH, 255},
    {"text", COLUMN_TEXT, 0, false, LENGTH, 65535},
    {"mediumtext", COLUMN_TEXT, 0, false, NO_LENGTH, 16777215},
    {"longtext", COLUMN_TEXT, 0, false, NO_LENGTH, UINT32_MAX},
    {"enum", COLUMN_TEXT, 0, false, NO_LENGTH, UINT32_MAX},
    {"set", COLUMN_TEXT, 0, false, NO_LENGTH, UINT32_MAX},
    {"binary", COLUMN_BINARY, 0, true, LENGTH, 1},
    {"varbinary", COLUMN_BINARY, 0, false, LENGTH, 0},
    {"tinyblob", COLUMN_BINARY, 0, false, NO_LENGTH, 255},
    {"blob", COLUMN_BINARY, 0, false, LENGTH, 65535},
    {"mediumblob", COLUMN_BINARY, 0, false, NO_LENGTH, 16777215},
    {"longblob", COLUMN_BINARY, 0, false, NO_LENGTH, UINT32_MAX},
    {"bit", COLUMN_BINARY, 0, true, NO_LENGTH, 8},
    {"uuid", COLUMN_BINARY, 0, true, NO_LENGTH, 16},
    {"inet6", COLUMN_BINARY, 0, true, NO_LENGTH, 16},
    {"inet4", COLUMN_BINARY, 0, true, NO_LENGTH, 4},
    {"date", COLUMN_DATE, 0, false, NO_LENGTH, 0},
    {"datetime", COLUMN_DATETIME, 0, false, FRACTION, 0},
    {"timestamp", COLUMN_DATETIME, 0, false, FRACTION, 0},
    {"time", COLUMN_TIME, 0, false, FRACTION, 0},
};

static const struct type_row *find_type(const char *type)
{
    size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strlen(types[i].word) == len && strncasecmp(types[i].word, type, len) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

void column_info_classify(struct column_info *c)
{
    const char *type = c->type ? c->type : "";
    const struct type_row *row = find_type(type);
    c->class = row ? row->class : COLUMN_OTHER;
    c->bits = row ? row->bits : 0;
    c->fixed = row && row->fixed;
    c->length = row ? row->length : 0;
    c->precision = c->scale = 0;
    const char *behind = strrchr(type, ')');
    const char *words = behind ? behind + 1 : type;
    c->is_unsigned = strstr(words, "unsigned") || strstr(words, "zerofill") || strncasecmp(type, "serial", 6) == 0 ||
                     strncasecmp(type, "year", 4) == 0;
    if (!row) {
        return;
    }
    const char *open = strchr(type, '(');
    unsigned long first = open ? strtoul(open + 1, NULL, 10) : row->length;
    const char *comma = open ? strchr(open, ',') : NULL;
    switch (row->args) {
    case PRECISION:
        c->precision = (uint8_t)(first > 255 ? 255 : first);
        c->scale = (uint8_t)(comma ? strtoul(comma + 1, NULL, 10) : 0);
        break;
    case FRACTION:
        c->scale = (uint8_t)(first > 6 ? 6 : first);
        break;
    case LENGTH:
        c->length = (uint32_t)first;
        break;
    default:
        break;
    }
}
