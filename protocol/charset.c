#include "protocol/charset.h"

#include <string.h>
#include <strings.h>

enum set {
#define X(name, class, bytes, mariadb, mysql) SET_##name,
#include "protocol/charset.def"
#undef X
    SET_COUNT
};

static const struct charset sets[SET_COUNT] = {
#define X(name, class, bytes, mariadb, mysql) {#name, CHARSET_##class, bytes, {mariadb, mysql}},
#include "protocol/charset.def"
#undef X
};

static const struct row {
    uint16_t id, set;
    const char *name[2]; /* by charset_server */
} rows[] = {
#define B(id, set, name) {id, SET_##set, {name, name}},
#define M(id, set, name) {id, SET_##set, {name, NULL}},
#define O(id, set, name) {id, SET_##set, {NULL, name}},
#define D(id, set, mariadb, mysql) {id, SET_##set, {mariadb, mysql}},
#include "protocol/collation.def"
#undef B
#undef M
#undef O
#undef D
};

#define N_ROWS (sizeof rows / sizeof *rows)

static const struct row *find(uint16_t id)
{
    size_t low = 0, high = N_ROWS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rows[middle].id == id)
            return &rows[middle];
        if (rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is(const char *ours, const char *name, size_t len)
{
    return ours && strlen(ours) == len && !strncasecmp(ours, name, len);
}

const struct charset *charset_by_name(const char *name, size_t len)
{
    if (is("utf8", name, len))
        return &sets[SET_utf8mb3];
    for (size_t i = 0; i < SET_COUNT; i++)
        if (is(sets[i].name, name, len))
            return &sets[i];
    return NULL;
}

const struct charset *charset_by_collation(uint16_t id)
{
    const struct row *row = find(id);
    return row ? &sets[row->set] : NULL;
}

const char *collation_name(enum charset_server server, uint16_t id)
{
    const struct row *row = find(id);
    return row ? row->name[server] : NULL;
}

/* MySQL 8.0.30 and MariaDB 10.6 renamed utf8 to utf8mb3: the old names of its collations are taken too. */
uint16_t collation_by_name(enum charset_server server, const char *name, size_t len)
{
    bool old = len > 5 && !strncasecmp(name, "utf8_", 5);
    for (size_t i = 0; i < N_ROWS; i++) {
        const char *ours = rows[i].name[server];
        if (is(ours, name, len))
            return rows[i].id;
        if (old && ours && rows[i].set == SET_utf8mb3 && is(ours + strlen("utf8mb3_"), name + 5, len - 5))
            return rows[i].id;
    }
    return 0;
}

bool charset_for_clients(uint16_t collation)
{
    const struct charset *set = charset_by_collation(collation);
    return set && set->class != CHARSET_WIDE;
}
