/* See topo.h. Tables and schemas are found by binary search over arrays sorted by hash. All hash-sharded tables with
 * as many key columns share one function, because they share the slot map: their rows with equal keys are on one
 * shard whether or not the configuration binds them. The same holds for mod, and for date by one unit; range and list
 * functions are shared only by `with`.
 */
#include "router/topo.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MAX_FOREIGN 16 /* foreign keys followed from table to table */

struct listed {
    uint64_t hash;
    struct topo_table table;
};

struct function_node {
    struct topo_function f;
    struct function_node *next;
};

struct topo_private {
    struct topo_schema *schemas; /* sorted by name */
    size_t n_schemas;
    struct listed *tables; /* sorted by hash */
    size_t n_tables;
    struct function_node *functions;
    const struct topo_function *by_primary_key; /* of `others: sharded` */
};

static void *must(void *p)
{
    if (!p) {
        abort(); /* sizes follow the configuration */
    }
    return p;
}

static uint64_t hash_name(const char *schema, size_t schema_len, const char *name, size_t name_len)
{
    return XXH3_64bits_withSeed(name, name_len, XXH3_64bits(schema, schema_len));
}

/* ---- shards ---- */

static uint16_t shard_of_name(const struct topo *t, const char *name)
{
    for (size_t i = 0; name && i < t->n_shards; i++) {
        if (!strcmp(t->shards[i].conf->name, name)) {
            return (uint16_t)i;
        }
    }
    return 0; /* conf_check() has seen to the names */
}

static void build_shards(struct topo *t)
{
    const struct conf *c = t->conf;
    t->n_shards = c->n_shards;
    assert(t->n_shards > 0 && t->n_shards <= TOPO_MAX_SHARDS);
    t->shards = must(calloc(c->n_shards, sizeof *t->shards));
    for (size_t i = 0; i < c->n_shards; i++) {
        t->n_instances += c->shards[i].n_instances;
    }
    t->instances = must(calloc(t->n_instances + 1, sizeof *t->instances));
    uint16_t at = 0;
    for (size_t i = 0; i < c->n_shards; i++) {
        struct topo_shard *s = &t->shards[i];
        *s = (struct topo_shard){.conf = &c->shards[i], .index = (uint16_t)i, .first = at, .primary = at};
        s->n = (uint16_t)s->conf->n_instances;
        for (size_t k = 0; k < s->conf->n_instances; k++, at++) {
            t->instances[at] = (struct topo_instance){&s->conf->instances[k], (uint16_t)i, at};
            if (s->conf->instances[k].role == CONF_PRIMARY) {
                s->primary = at;
            }
        }
    }
}

static void build_slots(struct topo *t)
{
    const struct conf *c = t->conf;
    t->n_slots = c->slots ? c->slots : 1024;
    t->slot_map = must(calloc(t->n_slots, sizeof *t->slot_map));
    bool given = false;
    for (size_t i = 0; i < c->n_shards; i++) {
        for (size_t k = 0; k < c->shards[i].n_slots; k++) {
            given = true;
            for (size_t s = c->shards[i].slots[k].first; s <= c->shards[i].slots[k].last && s < t->n_slots; s++) {
                t->slot_map[s] = (uint16_t)i;
            }
        }
    }
    for (size_t s = 0; !given && s < t->n_slots; s++) {
        t->slot_map[s] = (uint16_t)(s * t->n_shards / t->n_slots);
    }
}

/* ---- tables ---- */

static const struct conf_table *conf_table_of(const struct conf_schema *s, const char *name)
{
    for (size_t i = 0; i < s->n_tables; i++) {
        if (!strcmp(s->tables[i].name, name)) {
            return &s->tables[i];
        }
    }
    return NULL;
}

/* The table whose function `table` has: itself, or what it is bound to. */
static const struct conf_table *bound_root(const struct conf_schema *s, const struct conf_table *table)
{
    const struct conf_table *root = table;
    for (int hops = 0; root->with && hops < 100; hops++) {
        const struct conf_table *next = conf_table_of(s, root->with);
        if (!next) {
            break;
        }
        root = next;
    }
    return root;
}

static const struct topo_function *function_of(struct topo *t, const struct conf_table *root, enum conf_by by,
                                               enum conf_date_unit unit, size_t n_key)
{
    bool own_rules = by == CONF_BY_RANGE || by == CONF_BY_LIST;
    for (struct function_node *n = t->priv->functions; n; n = n->next) {
        if (n->f.by == by && n->f.n_key == n_key && (own_rules ? n->f.rules == root->rules : true) &&
            (by != CONF_BY_DATE || n->f.unit == unit)) {
            return &n->f;
        }
    }
    struct function_node *n = must(calloc(1, sizeof *n));
    n->f = (struct topo_function){.by = by, .unit = unit, .n_key = n_key};
    if (own_rules) {
        n->f.rules = root->rules;
        n->f.n_rules = root->n_rules;
        n->f.rule_shards = must(calloc(root->n_rules + 1, sizeof *n->f.rule_shards));
        for (size_t i = 0; i < root->n_rules; i++) {
            n->f.rule_shards[i] = shard_of_name(t, root->rules[i].shard);
        }
    }
    n->next = t->priv->functions;
    t->priv->functions = n;
    return &n->f;
}

static struct topo_table listed_table(struct topo *t, const struct conf_schema *s, const struct conf_table *c)
{
    struct topo_table out = {.schema = s->name, .name = c->name, .kind = c->kind, .listed = true, .why = "configured"};
    if (c->kind == CONF_TABLE_SHARDED) {
        const struct conf_table *root = bound_root(s, c);
        out.function = function_of(t, root, root->by, root->unit, c->n_key);
        out.key = (const char *const *)c->key;
    } else if (c->kind == CONF_TABLE_SINGLE) {
        out.shard = shard_of_name(t, c->shard);
    }
    return out;
}

static int compare_listed(const void *a, const void *b)
{
    uint64_t x = ((const struct listed *)a)->hash, y = ((const struct listed *)b)->hash;
    return x < y ? -1 : x > y;
}

static int compare_schemas(const void *a, const void *b)
{
    return strcmp(((const struct topo_schema *)a)->name, ((const struct topo_schema *)b)->name);
}

static void build_tables(struct topo *t)
{
    const struct conf *c = t->conf;
    struct topo_private *p = t->priv;
    size_t n = 0;
    for (size_t i = 0; i < c->n_schemas; i++) {
        n += c->schemas[i].n_tables;
    }
    p->schemas = must(calloc(c->n_schemas + 1, sizeof *p->schemas));
    p->tables = must(calloc(n + 1, sizeof *p->tables));
    for (size_t i = 0; i < c->n_schemas; i++) {
        const struct conf_schema *s = &c->schemas[i];
        p->schemas[p->n_schemas++] = (struct topo_schema){s, s->name};
        for (size_t k = 0; k < s->n_tables; k++) {
            const char *name = s->tables[k].name;
            p->tables[p->n_tables++] = (struct listed){hash_name(s->name, strlen(s->name), name, strlen(name)),
                                                       listed_table(t, s, &s->tables[k])};
        }
    }
    qsort(p->schemas, p->n_schemas, sizeof *p->schemas, compare_schemas);
    qsort(p->tables, p->n_tables, sizeof *p->tables, compare_listed);
    p->by_primary_key = function_of(t, NULL, CONF_BY_HASH, CONF_DATE_DAY, 1);
}

struct topo *topo_build(struct conf *conf)
{
    struct topo *t = must(calloc(1, sizeof *t));
    atomic_init(&t->refs, 1);
    t->conf = conf_ref(conf);
    t->priv = must(calloc(1, sizeof *t->priv));
    build_shards(t);
    build_slots(t);
    build_tables(t);
    return t;
}

struct topo *topo_ref(struct topo *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void topo_unref(struct topo *t)
{
    if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (struct function_node *n = t->priv->functions, *next; n; n = next) {
        next = n->next;
        free(n->f.rule_shards);
        free(n);
    }
    free(t->priv->schemas);
    free(t->priv->tables);
    free(t->priv);
    free(t->shards);
    free(t->instances);
    free(t->slot_map);
    conf_unref(t->conf);
    free(t);
}

/* ---- looking up ---- */

static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(s, word, len) == 0;
}

static bool same(const char *z, const char *s, size_t len)
{
    return strlen(z) == len && memcmp(z, s, len) == 0;
}

bool topo_is_system(const char *s, size_t len)
{
    return is_word(s, len, "information_schema") || is_word(s, len, "performance_schema") || is_word(s, len, "mysql") ||
           is_word(s, len, "sys");
}

const struct topo_schema *topo_schema(const struct topo *t, const char *name, size_t len)
{
    size_t lo = 0, hi = t->priv->n_schemas;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct topo_schema *s = &t->priv->schemas[mid];
        int order = strncmp(s->name, name, len);
        order = order ? order : (s->name[len] ? 1 : 0);
        if (order == 0) {
            return s;
        }
        if (order < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return NULL;
}

static const struct topo_table *find_listed(const struct topo *t, const char *schema, size_t schema_len,
                                            const char *name, size_t name_len)
{
    uint64_t hash = hash_name(schema, schema_len, name, name_len);
    size_t lo = 0, hi = t->priv->n_tables;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->priv->tables[mid].hash < hash) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (; lo < t->priv->n_tables && t->priv->tables[lo].hash == hash; lo++) {
        const struct topo_table *l = &t->priv->tables[lo].table;
        if (same(l->name, name, name_len) && same(l->schema, schema, schema_len)) {
            return l;
        }
    }
    return NULL;
}

/* ---- others: sharded ---- */

static const struct key_info *primary_key(const struct table_info *info)
{
    for (size_t i = 0; i < info->n_keys; i++) {
        if (info->keys[i].primary && info->keys[i].n_columns > 0) {
            return &info->keys[i];
        }
    }
    return NULL;
}

static bool key_has(const struct key_info *k, uint16_t column)
{
    for (size_t i = 0; i < k->n_columns; i++) {
        if (k->columns[i] == column) {
            return true;
        }
    }
    return false;
}

static bool key_type(const struct column_info *c)
{
    bool awkward = c->type && (!strncmp(c->type, "timestamp", 9) || !strncmp(c->type, "bit", 3) ||
                               !strncmp(c->type, "inet", 4) || !strncmp(c->type, "set(", 4));
    return c->class != COLUMN_FLOAT && c->class != COLUMN_OTHER && !awkward;
}

static void make_single(const struct topo *t, struct topo_table *out, const char *by_name, const char *why)
{
    out->kind = CONF_TABLE_SINGLE;
    out->why = why;
    out->shard = t->slot_map[XXH3_64bits(by_name, strlen(by_name)) % t->n_slots];
}

static enum topo_found classify(const struct topo *t, const struct catalog *c, const struct table_info *info,
                                struct topo_table *out, int depth);

/* Are rows and the rows that their foreign key points to always on one shard? *out is made single if not. */
static enum topo_found check_foreign(const struct topo *t, const struct catalog *c, const struct table_info *info,
                                     const struct key_info *fk, uint16_t key, struct topo_table *out, int depth)
{
    static const char why[] = "a foreign key to a table that is not bound to it";
    if (depth <= 0 || (!strcmp(fk->ref_table, info->name) && !strcmp(fk->ref_schema, info->schema))) {
        make_single(t, out, info->name, why);
        return TOPO_TABLE;
    }
    struct topo_table parent;
    const struct topo_table *l =
        find_listed(t, fk->ref_schema, strlen(fk->ref_schema), fk->ref_table, strlen(fk->ref_table));
    const struct table_info *pi =
        catalog_table(c, fk->ref_schema, strlen(fk->ref_schema), fk->ref_table, strlen(fk->ref_table));
    const struct topo_schema *s = topo_schema(t, fk->ref_schema, strlen(fk->ref_schema));
    if (l) {
        parent = *l;
    } else if (!s || s->conf->others.kind != CONF_TABLE_SHARDED || (pi && !pi->exists)) {
        make_single(t, out, info->name, why);
        return TOPO_TABLE;
    } else if (!pi) {
        out->needs_schema = fk->ref_schema;
        out->needs_name = fk->ref_table;
        return TOPO_NEEDS_INFO;
    } else {
        enum topo_found f = classify(t, c, pi, &parent, depth - 1);
        if (f != TOPO_TABLE) {
            out->needs_schema = parent.needs_schema;
            out->needs_name = parent.needs_name;
            return f;
        }
    }
    if (parent.kind == CONF_TABLE_GLOBAL) {
        return TOPO_TABLE;
    }
    if (parent.kind == CONF_TABLE_SINGLE) {
        make_single(t, out, info->name, why);
        out->shard = parent.shard; /* so that the key can be kept */
        return TOPO_TABLE;
    }
    for (size_t i = 0; parent.function == out->function && i < fk->n_columns; i++) {
        if (fk->columns[i] == key && !strcasecmp(fk->ref_columns[i], parent.key[0])) {
            return TOPO_TABLE;
        }
    }
    make_single(t, out, info->name, why);
    return TOPO_TABLE;
}

static enum topo_found classify(const struct topo *t, const struct catalog *c, const struct table_info *info,
                                struct topo_table *out, int depth)
{
    *out = (struct topo_table){.schema = info->schema, .name = info->name};
    const struct key_info *pk = primary_key(info);
    if (info->is_view) {
        make_single(t, out, info->name, "a view");
        return TOPO_TABLE;
    }
    out->kind = CONF_TABLE_SHARDED;
    out->function = t->priv->by_primary_key;
    out->why = "primary key";
    uint16_t key = pk ? pk->columns[0] : 0;
    if (pk) {
        out->key = (const char *const *)&info->columns[key].name;
    }
    /* foreign keys first: they may say on which shard a whole table must be */
    for (size_t i = 0; i < info->n_keys; i++) {
        const struct key_info *k = &info->keys[i];
        if (!k->ref_table) {
            continue;
        }
        enum topo_found f = check_foreign(t, c, info, k, pk ? key : UINT16_MAX, out, depth);
        if (f != TOPO_TABLE || out->kind == CONF_TABLE_SINGLE) {
            return f;
        }
    }
    if (!pk) {
        make_single(t, out, info->name, "no primary key");
        return TOPO_TABLE;
    }
    for (size_t i = 0; i < info->n_keys; i++) {
        if (info->keys[i].unique && !info->keys[i].primary && !key_has(&info->keys[i], key)) {
            make_single(t, out, info->name, "a unique key without the primary key's first column");
            return TOPO_TABLE;
        }
    }
    if (!key_type(&info->columns[key])) {
        make_single(t, out, info->name, "the type of the primary key's first column");
    }
    return TOPO_TABLE;
}

enum topo_found topo_classify(const struct topo *t, const struct catalog *c, const struct table_info *info,
                              struct topo_table *out)
{
    return classify(t, c, info, out, MAX_FOREIGN);
}

enum topo_found topo_table(const struct topo *t, const struct catalog *c, const char *schema, size_t schema_len,
                           const char *name, size_t name_len, struct topo_table *out)
{
    *out = (struct topo_table){0};
    if (topo_is_system(schema, schema_len)) {
        return TOPO_SYSTEM;
    }
    const struct topo_table *l = find_listed(t, schema, schema_len, name, name_len);
    if (l) {
        *out = *l;
        return TOPO_TABLE;
    }
    const struct topo_schema *s = topo_schema(t, schema, schema_len);
    if (!s) {
        return TOPO_NO_SCHEMA;
    }
    const struct table_info *info = catalog_table(c, schema, schema_len, name, name_len);
    if (s->conf->others.kind == CONF_TABLE_SINGLE) {
        *out = (struct topo_table){.schema = s->name, .name = info ? info->name : NULL, .kind = CONF_TABLE_SINGLE};
        out->shard = shard_of_name(t, s->conf->others.shard);
        out->why = "not listed";
        return TOPO_TABLE;
    }
    if (!info) {
        return TOPO_NEEDS_INFO;
    }
    if (!info->exists) {
        *out = (struct topo_table){.schema = info->schema, .name = info->name};
        make_single(t, out, info->name, "does not exist");
        return TOPO_TABLE;
    }
    return topo_classify(t, c, info, out);
}
