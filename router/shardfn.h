/* Key → shard: hash over slots, mod, range, list, date. A struct shardfn is a table's function made ready for one
 * kind of key column: the rules' values are in canonical form. */
#ifndef ROUTER_SHARDFN_H
#define ROUTER_SHARDFN_H

#include "router/canon.h"

/* A set of shards. */
struct shard_set {
    uint64_t *words;
    size_t n_words;
};

bool shard_set_init(struct shard_set *s, size_t n_shards, struct arena *arena); /* empty; false: no memory */
void shard_set_fill(struct shard_set *s, size_t n_shards);
void shard_set_and(struct shard_set *s, const struct shard_set *other);
void shard_set_or(struct shard_set *s, const struct shard_set *other);
size_t shard_set_count(const struct shard_set *s);
int shard_set_first(const struct shard_set *s); /* -1: empty */

static inline void shard_set_add(struct shard_set *s, uint16_t shard)
{
    s->words[shard / 64] |= 1ull << (shard % 64);
}

static inline bool shard_set_has(const struct shard_set *s, uint16_t shard)
{
    return s->words[shard / 64] >> (shard % 64) & 1;
}

struct shardfn_rule {
    struct lex_slice *values; /* range: one, the bound; none: the rest */
    size_t n_values;
    uint16_t shard;
};

struct shardfn {
    enum conf_by by;
    enum conf_date_unit unit;
    size_t n_key;
    size_t n_shards, n_slots;
    const uint16_t *slot_map; /* the topology's */
    struct shardfn_rule *rules;
    size_t n_rules;
};

/* Makes *out ready, in the arena. NULL, or why these columns do not fit the function ("" for no memory). */
const char *shardfn_init(struct shardfn *out, const struct topo *t, const struct topo_function *f,
                         const struct canon_column *columns, struct arena *arena);

#define SHARDFN_NONE (-1) /* no rule covers the key: no row has it, none may be stored */
#define SHARDFN_MEMORY (-2)

/* The shard of a NULL key. */
int shardfn_null(const struct shardfn *fn);

/* All shards that may have rows: adds them to *out. */
void shardfn_all(const struct shardfn *fn, struct shard_set *out);

/* The shard of a key: n_key canonical values; .ptr NULL is NULL. */
int shardfn_apply(const struct shardfn *fn, const struct canon_column *columns, const struct lex_slice *values,
                  struct arena *arena);

/* Adds the shards of all keys between two bounds (a bound with ptr NULL is open) of a single-column key. False: cannot
 * say, so all shards. */
bool shardfn_between(const struct shardfn *fn, const struct canon_column *column, struct lex_slice lo, bool lo_open,
                     struct lex_slice hi, bool hi_open, struct shard_set *out);

#endif
