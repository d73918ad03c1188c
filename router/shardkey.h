/* Which keys a condition lets through. From an expression, once per plan: a tree of conditions on the key of one table
 * reference, which speaks of literals and parameters by number. With a statement's values, once per execution: the
 * shards whose rows can satisfy it.
 *
 * A tree is an upper bound: whatever it leaves out can be left out, because the expression is not TRUE for rows with
 * other keys. What is not understood lets everything through.
 */
#ifndef ROUTER_SHARDKEY_H
#define ROUTER_SHARDKEY_H

#include "router/shardfn.h"

enum key_source { KEY_LITERAL, KEY_PARAM, KEY_NUMBER /* in the shape */, KEY_NULL, KEY_VARIABLE, KEY_OPAQUE };
enum key_as {
    KEY_AS_IS,
    KEY_AS_BINARY,
    KEY_AS_ASCII /* introducer: only if it is ASCII */,
    KEY_AS_DATE,
    KEY_AS_DATETIME,
    KEY_AS_TIME
};

struct key_value {
    uint8_t source; /* enum key_source */
    uint8_t as;     /* enum key_as */
    bool negative;  /* a minus before it */
    bool null_ok;   /* <=> and IS NULL, and values that are stored: NULL is a key too */
    uint32_t index; /* literal, parameter */
    int64_t number;
    const char *name; /* variable */
};

enum cond_kind {
    COND_ALL,
    COND_NONE,
    COND_AND,
    COND_OR,
    COND_KEYS,   /* lists: one per key column, any combination; an empty list: any value */
    COND_TUPLES, /* lists[0]: keys one after another, all columns of each */
    COND_RANGE,  /* single-column keys */
};

struct key_list {
    uint32_t n;
    struct key_value *v;
};

struct key_cond {
    uint8_t kind; /* enum cond_kind */
    bool has_lo, has_hi, lo_open, hi_open;
    uint32_t n; /* AND, OR: conditions; KEYS: columns; TUPLES: keys */
    union {
        const struct key_cond **conds;
        struct key_list *lists;
        struct key_value *bounds; /* RANGE: lo, hi */
    };
};

/* A sharded table's function and its key columns, ready for use. */
struct key_fn {
    struct shardfn fn;
    const struct canon_column *columns; /* fn.n_key of them */
    const char *const *names;
};

/* ---- building ---- */

/* Which column of the key is this expression? -1: none (or a column of another table, or no column). */
typedef int (*shardkey_column_fn)(void *arg, const struct expr *e);

struct shardkey_build {
    struct arena *arena;
    const char *sql;
    size_t n_key;
    shardkey_column_fn column;
    void *arg;
    bool null_supplied; /* the reference is on the optional side of an outer join: NULL may mean "no row" */
    bool no_variables;  /* user variables change while the statement runs */
    bool no_memory;     /* sticky */
};

/* The keys for which `e` can be TRUE (with `negated`: FALSE). Never NULL. */
const struct key_cond *shardkey_find(struct shardkey_build *b, const struct expr *e, bool negated);
const struct key_cond *shardkey_and(struct shardkey_build *b, const struct key_cond *x, const struct key_cond *y);

/* An expression as a value: KEY_OPAQUE when it is not a constant that we can read. */
struct key_value shardkey_value(struct shardkey_build *b, const struct expr *e);

extern const struct key_cond shardkey_all;

/* ---- evaluating ---- */

/* A value of this execution. ROUTE_UNKNOWN when it is not known. False: no memory. */
bool shardkey_read(const struct key_value *v, const struct route_facts *facts, struct arena *arena,
                   struct route_value *out);

struct shardkey_ask {
    const struct canon_column *column;
    struct lex_slice text;
};

/* Adds nothing to and takes away from *set (which begins as all shards) what the condition rules out. */
enum route_status shardkey_shards(const struct key_cond *cond, const struct key_fn *fn, const struct route_facts *facts,
                                  struct arena *arena, struct shard_set *set, struct shardkey_ask *ask);

/* The shard of a key that is stored. ROUTE_OK: *shard, or SHARDFN_NONE. ROUTE_REFUSED: it cannot be told; *bad is the
 * number of the column. */
enum route_status shardkey_stored(const struct key_value *values, const struct key_fn *fn,
                                  const struct route_facts *facts, struct arena *arena, int *shard, size_t *bad,
                                  struct shardkey_ask *ask);

#endif
