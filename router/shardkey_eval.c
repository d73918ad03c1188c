/* Conditions on keys, with the values of one execution: see shardkey.h. */
#include <stdlib.h>
#include <string.h>

#include "router/shardkey.h"

#define MAX_PRODUCT 1024 /* keys that lists of several columns may make */

/* ---- values ---- */

static bool negate(struct route_value *v, struct arena *arena)
{
    switch (v->kind) {
    case ROUTE_INT:
    case ROUTE_UINT: {
        uint64_t u = (uint64_t)v->i;
        if (v->kind == ROUTE_UINT && u > 1ull << 63) {
            v->kind = ROUTE_UNKNOWN;
            return true;
        }
        if (v->kind == ROUTE_INT && v->i == INT64_MIN) {
            v->kind = ROUTE_UNKNOWN;
            return true;
        }
        v->kind = ROUTE_INT;
        v->i = (int64_t)(0 - u);
        return true;
    }
    case ROUTE_DECIMAL:
    case ROUTE_DOUBLE: {
        if (v->len > 0 && v->text[0] == '-') {
            v->text++;
            v->len--;
            return true;
        }
        char *p = arena_alloc(arena, v->len + 1);
        if (!p) {
            return false;
        }
        p[0] = '-';
        memcpy(p + 1, v->text, v->len);
        v->text = p;
        v->len++;
        return true;
    }
    case ROUTE_NULL:
        return true;
    default:
        v->kind = ROUTE_UNKNOWN;
        return true;
    }
}

static struct route_value read_number(const char *s, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned d = (unsigned)(s[i] - '0');
        if (d > 9) {
            return (struct route_value){.kind = ROUTE_UNKNOWN};
        }
        if (v > (UINT64_MAX - d) / 10) {
            return (struct route_value){.kind = ROUTE_DECIMAL, .text = s, .len = len};
        }
        v = v * 10 + d;
    }
    return (struct route_value){.kind = v > INT64_MAX ? ROUTE_UINT : ROUTE_INT, .i = (int64_t)v};
}

static bool read_literal(const struct key_value *v, const struct route_facts *facts, struct arena *arena,
                         struct route_value *out)
{
    if (!facts->shape || v->index >= facts->shape->nliterals) {
        return true;
    }
    const struct literal *l = &facts->shape->literals[v->index];
    if (l->span.off > facts->sql_len || l->span.len > facts->sql_len - l->span.off) {
        return true;
    }
    const char *s = facts->sql + l->span.off;
    struct lex_slice text;
    switch (l->kind) {
    case LITERAL_INT:
    case LITERAL_LIMIT:
        *out = read_number(s, l->span.len);
        return true;
    case LITERAL_DECIMAL:
    case LITERAL_FLOAT:
        *out = (struct route_value){
            .kind = l->kind == LITERAL_FLOAT ? ROUTE_DOUBLE : ROUTE_DECIMAL, .text = s, .len = l->span.len};
        return true;
    default:
        break;
    }
    if (!literal_text(facts->sql, l->span, &facts->mode, arena, &text)) {
        return false;
    }
    bool text_kind = l->kind == LITERAL_STRING || l->kind == LITERAL_NSTRING;
    *out = (struct route_value){.kind = text_kind ? ROUTE_TEXT : ROUTE_BINARY, .text = text.ptr, .len = text.len};
    return true;
}

static bool is_ascii(const struct route_value *v)
{
    for (size_t i = 0; i < v->len; i++) {
        if ((unsigned char)v->text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static void read_as(enum key_as as, struct route_value *v)
{
    static const uint8_t kinds[] = {
        [KEY_AS_DATE] = ROUTE_DATE, [KEY_AS_DATETIME] = ROUTE_DATETIME, [KEY_AS_TIME] = ROUTE_TIME};
    if (as == KEY_AS_IS || v->kind == ROUTE_NULL) {
        return;
    }
    if (v->kind != ROUTE_TEXT && v->kind != ROUTE_BINARY) {
        v->kind = ROUTE_UNKNOWN;
    } else if (as == KEY_AS_BINARY) {
        v->kind = ROUTE_BINARY;
    } else if (as == KEY_AS_ASCII) {
        v->kind = is_ascii(v) ? ROUTE_TEXT : ROUTE_UNKNOWN;
    } else {
        v->kind = (enum route_value_kind)kinds[as];
    }
}

bool shardkey_read(const struct key_value *v, const struct route_facts *facts, struct arena *arena,
                   struct route_value *out)
{
    *out = (struct route_value){.kind = ROUTE_UNKNOWN};
    switch (v->source) {
    case KEY_LITERAL:
        if (!read_literal(v, facts, arena, out)) {
            return false;
        }
        break;
    case KEY_PARAM:
        if (v->index < facts->n_params) {
            *out = facts->params[v->index];
        }
        break;
    case KEY_NUMBER:
        *out = (struct route_value){.kind = ROUTE_INT, .i = v->number};
        break;
    case KEY_NULL:
        out->kind = ROUTE_NULL;
        break;
    case KEY_VARIABLE:
        if (!facts->variable || !facts->variable(facts->arg, v->name, strlen(v->name), out)) {
            out->kind = ROUTE_UNKNOWN;
        }
        break;
    default:
        break;
    }
    read_as((enum key_as)v->as, out);
    return !v->negative || negate(out, arena);
}

/* ---- keys ---- */

/* A user variable brings a collation of its own; only in utf8mb4 the column's is sure to win (or a finer one). */
static bool variable_safe(const struct key_value *v, const struct canon_column *c, const struct route_value *x)
{
    return v->source != KEY_VARIABLE || c->class != COLUMN_TEXT || x->kind != ROUTE_TEXT ||
           !strcmp(c->charset, "utf8mb4");
}

static enum canon_status canonical(const struct key_value *v, const struct canon_column *c, bool store,
                                   const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                                   struct shardkey_ask *ask)
{
    struct route_value x;
    if (!shardkey_read(v, facts, arena, &x)) {
        return CANON_NO_MEMORY;
    }
    if (!store && !variable_safe(v, c, &x)) {
        return CANON_UNKNOWN;
    }
    struct lex_slice text;
    enum canon_status s = canon_value(c, &x, store, facts, arena, out, &text);
    if (s == CANON_NEEDS_WEIGHT) {
        *ask = (struct shardkey_ask){c, text};
    }
    if (s == CANON_OK && !out->ptr) { /* no bytes are not NULL */
        out->ptr = "";
    }
    return s;
}

enum one { ONE_SHARD, ONE_NOWHERE, ONE_ANYWHERE, ONE_ASK, ONE_MEMORY };

/* One key, whose columns' values are at v[0], v[1], ... */
static enum one find_key(const struct key_value *const *v, const struct key_fn *fn, const struct route_facts *facts,
                         struct arena *arena, int *shard, struct shardkey_ask *ask)
{
    struct lex_slice canon[1], *key = fn->fn.n_key == 1 ? canon : arena_alloc(arena, fn->fn.n_key * sizeof *key);
    if (!key) {
        return ONE_MEMORY;
    }
    bool unknown = false;
    for (size_t i = 0; i < fn->fn.n_key; i++) {
        switch (canonical(v[i], &fn->columns[i], false, facts, arena, &key[i], ask)) {
        case CANON_OK:
            break;
        case CANON_NULL:
            if (!v[i]->null_ok) {
                return ONE_NOWHERE;
            }
            break;
        case CANON_NO_MATCH:
            return ONE_NOWHERE;
        case CANON_UNKNOWN:
            unknown = true;
            break;
        case CANON_NEEDS_WEIGHT:
            return ONE_ASK;
        case CANON_NO_MEMORY:
            return ONE_MEMORY;
        }
    }
    if (unknown) {
        return ONE_ANYWHERE;
    }
    *shard = shardfn_apply(&fn->fn, fn->columns, key, arena);
    return *shard == SHARDFN_MEMORY ? ONE_MEMORY : *shard == SHARDFN_NONE ? ONE_NOWHERE : ONE_SHARD;
}

/* Adds a key's shard. ROUTE_REFUSED: the key is not known, so all shards. */
static enum route_status add_key(const struct key_value *const *v, const struct key_fn *fn,
                                 const struct route_facts *facts, struct arena *arena, struct shard_set *set,
                                 struct shardkey_ask *ask)
{
    int shard;
    switch (find_key(v, fn, facts, arena, &shard, ask)) {
    case ONE_SHARD:
        shard_set_add(set, (uint16_t)shard);
        return ROUTE_OK;
    case ONE_NOWHERE:
        return ROUTE_OK;
    case ONE_ANYWHERE:
        return ROUTE_REFUSED;
    case ONE_ASK:
        return ROUTE_NEEDS_WEIGHT;
    default:
        return ROUTE_NO_MEMORY;
    }
}

/* All combinations of one value from each list. */
static enum route_status add_keys(const struct key_cond *cond, const struct key_fn *fn, const struct route_facts *facts,
                                  struct arena *arena, struct shard_set *set, struct shardkey_ask *ask)
{
    size_t n_key = fn->fn.n_key, product = 1;
    for (size_t i = 0; i < n_key; i++) {
        if (cond->lists[i].n == 0) {
            return ROUTE_REFUSED;
        }
        product *= cond->lists[i].n;
        if (n_key > 1 && product > MAX_PRODUCT) {
            return ROUTE_REFUSED;
        }
    }
    const struct key_value *first[1], **v = n_key == 1 ? first : arena_alloc(arena, n_key * sizeof *v);
    if (!v) {
        return ROUTE_NO_MEMORY;
    }
    for (size_t p = 0; p < product; p++) {
        size_t rest = p;
        for (size_t i = 0; i < n_key; i++) {
            v[i] = &cond->lists[i].v[rest % cond->lists[i].n];
            rest /= cond->lists[i].n;
        }
        enum route_status s = add_key(v, fn, facts, arena, set, ask);
        if (s != ROUTE_OK) {
            return s;
        }
    }
    return ROUTE_OK;
}

static enum route_status add_tuples(const struct key_cond *cond, const struct key_fn *fn,
                                    const struct route_facts *facts, struct arena *arena, struct shard_set *set,
                                    struct shardkey_ask *ask)
{
    size_t n_key = fn->fn.n_key;
    const struct key_value **v = arena_alloc(arena, n_key * sizeof *v);
    if (!v) {
        return ROUTE_NO_MEMORY;
    }
    for (uint32_t t = 0; t < cond->n; t++) {
        for (size_t i = 0; i < n_key; i++) {
            v[i] = &cond->lists[0].v[t * n_key + i];
        }
        enum route_status s = add_key(v, fn, facts, arena, set, ask);
        if (s != ROUTE_OK) {
            return s;
        }
    }
    return ROUTE_OK;
}

/* One end of an interval: *open_end when the value sets no limit that we know. False: NULL, nothing matches. */
static bool read_bound(const struct key_value *v, const struct key_fn *fn, const struct route_facts *facts,
                       struct arena *arena, struct lex_slice *out, enum route_status *status)
{
    struct shardkey_ask ask; /* a bound is not worth a question */
    *status = ROUTE_OK;
    switch (canonical(v, &fn->columns[0], false, facts, arena, out, &ask)) {
    case CANON_OK:
        return true;
    case CANON_NULL:
        return false;
    case CANON_NO_MEMORY:
        *status = ROUTE_NO_MEMORY;
        return true;
    default:
        *out = (struct lex_slice){NULL, 0};
        return true;
    }
}

static enum route_status add_range(const struct key_cond *cond, const struct key_fn *fn,
                                   const struct route_facts *facts, struct arena *arena, struct shard_set *set)
{
    struct lex_slice lo = {NULL, 0}, hi = {NULL, 0};
    enum route_status status = ROUTE_OK;
    if (cond->has_lo && !read_bound(&cond->bounds[0], fn, facts, arena, &lo, &status)) {
        return ROUTE_OK;
    }
    if (status == ROUTE_OK && cond->has_hi && !read_bound(&cond->bounds[1], fn, facts, arena, &hi, &status)) {
        return ROUTE_OK;
    }
    if (status != ROUTE_OK) {
        return status;
    }
    return shardfn_between(&fn->fn, &fn->columns[0], lo, cond->lo_open, hi, cond->hi_open, set) ? ROUTE_OK
                                                                                                : ROUTE_REFUSED;
}

static enum route_status and_conds(const struct key_cond *cond, const struct key_fn *fn,
                                   const struct route_facts *facts, struct arena *arena, struct shard_set *set,
                                   struct shardkey_ask *ask)
{
    for (uint32_t i = 0; i < cond->n; i++) {
        enum route_status s = shardkey_shards(cond->conds[i], fn, facts, arena, set, ask);
        if (s != ROUTE_OK) {
            return s;
        }
    }
    return ROUTE_OK;
}

static enum route_status or_conds(const struct key_cond *cond, const struct key_fn *fn, const struct route_facts *facts,
                                  struct arena *arena, struct shard_set *sum, struct shardkey_ask *ask)
{
    for (uint32_t i = 0; i < cond->n; i++) {
        struct shard_set part;
        if (!shard_set_init(&part, fn->fn.n_shards, arena)) {
            return ROUTE_NO_MEMORY;
        }
        shard_set_fill(&part, fn->fn.n_shards);
        enum route_status s = shardkey_shards(cond->conds[i], fn, facts, arena, &part, ask);
        if (s != ROUTE_OK) {
            return s;
        }
        shard_set_or(sum, &part);
    }
    return ROUTE_OK;
}

enum route_status shardkey_shards(const struct key_cond *cond, const struct key_fn *fn, const struct route_facts *facts,
                                  struct arena *arena, struct shard_set *set, struct shardkey_ask *ask)
{
    struct shard_set sum;
    enum route_status s;
    if (cond->kind == COND_ALL) {
        return ROUTE_OK;
    }
    if (cond->kind == COND_AND) {
        return and_conds(cond, fn, facts, arena, set, ask);
    }
    if (!shard_set_init(&sum, fn->fn.n_shards, arena)) {
        return ROUTE_NO_MEMORY;
    }
    switch (cond->kind) {
    case COND_KEYS:
        s = add_keys(cond, fn, facts, arena, &sum, ask);
        break;
    case COND_TUPLES:
        s = add_tuples(cond, fn, facts, arena, &sum, ask);
        break;
    case COND_RANGE:
        s = add_range(cond, fn, facts, arena, &sum);
        break;
    case COND_OR:
        s = or_conds(cond, fn, facts, arena, &sum, ask);
        break;
    default: /* NONE */
        s = ROUTE_OK;
        break;
    }
    if (s == ROUTE_OK) {
        shard_set_and(set, &sum);
    }
    return s == ROUTE_REFUSED ? ROUTE_OK : s;
}

enum route_status shardkey_stored(const struct key_value *values, const struct key_fn *fn,
                                  const struct route_facts *facts, struct arena *arena, int *shard, size_t *bad,
                                  struct shardkey_ask *ask)
{
    struct lex_slice *key = arena_alloc(arena, fn->fn.n_key * sizeof *key);
    if (!key) {
        return ROUTE_NO_MEMORY;
    }
    for (size_t i = 0; i < fn->fn.n_key; i++) {
        switch (canonical(&values[i], &fn->columns[i], true, facts, arena, &key[i], ask)) {
        case CANON_OK:
        case CANON_NULL:
            break;
        case CANON_NEEDS_WEIGHT:
            return ROUTE_NEEDS_WEIGHT;
        case CANON_NO_MEMORY:
            return ROUTE_NO_MEMORY;
        default:
            *bad = i;
            return ROUTE_REFUSED;
        }
    }
    *shard = shardfn_apply(&fn->fn, fn->columns, key, arena);
    return *shard == SHARDFN_MEMORY ? ROUTE_NO_MEMORY : ROUTE_OK;
}
