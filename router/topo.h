/* The mesh for fast lookup: shards, instances, slot map, and each table's kind, key and function; built from the
 * configuration, immutable, shared by reference count. What changes by the second (which instance is up, its lag) is
 * not here but in the control plane's health snapshot; what the tables look like is in the catalog.
 */
#ifndef ROUTER_TOPO_H
#define ROUTER_TOPO_H

#include "conf/conf.h"
#include "router/catalog.h"

#define TOPO_MAX_SHARDS 4096

struct topo_instance {
    const struct conf_instance *conf;
    uint16_t shard;   /* index into topo->shards */
    uint16_t index;   /* its own, over all instances of the mesh */
};

struct topo_shard {
    const struct conf_shard *conf;
    uint16_t index;
    uint16_t first, n; /* its instances: topo->instances[first … first + n) */
    uint16_t primary;  /* index of the primary instance */
};

/* A sharded table's function. Tables bound to each other share one struct topo_function (pointer equality says that
 * equal keys are on the same shard). */
struct topo_function {
    enum conf_by by;
    enum conf_date_unit unit;
    size_t n_key;                       /* columns of the key */
    const struct conf_rule *rules;      /* range, list: values as configured; parsed by shardfn per column class */
    size_t n_rules;
    uint16_t *rule_shards;              /* shard index of each rule */
};

struct topo_table {
    const char *schema, *name;          /* of the topo or, for `others`, of the catalog entry that it was derived from */
    enum conf_table_kind kind;
    const struct topo_function *function; /* SHARDED */
    const char *const *key;             /* SHARDED: column names, function->n_key of them */
    uint16_t shard;                     /* SINGLE */
    bool listed;                        /* in the configuration, or by the rule for others */
    const char *why;                    /* for mesh.tables: "configured", "primary key", "no primary key", … */
    const char *needs_schema, *needs_name; /* TOPO_NEEDS_INFO: the table to read (a foreign key may lead to another) */
};

struct topo_schema {
    const struct conf_schema *conf;
    const char *name;
};

struct topo {
    atomic_uint refs;
    struct conf *conf;                  /* a reference */
    struct topo_shard *shards;
    size_t n_shards;
    struct topo_instance *instances;
    size_t n_instances;
    uint16_t *slot_map;                 /* slot → shard index */
    size_t n_slots;
    uint64_t epoch;
    /* private lookup tables follow in topo.c */
    struct topo_private *priv;
};

struct topo *topo_build(struct conf *conf); /* takes a reference of its own on conf */
struct topo *topo_ref(struct topo *t);
void topo_unref(struct topo *t);

const struct topo_schema *topo_schema(const struct topo *t, const char *name, size_t len); /* NULL: not of the mesh */

/* information_schema, mysql, performance_schema, sys: ASCII case-insensitive. */
bool topo_is_system(const char *schema, size_t len);

enum topo_found {
    TOPO_TABLE,      /* *out is filled */
    TOPO_NEEDS_INFO, /* `others: sharded` (or a key's type) and the catalog does not know the table yet */
    TOPO_NO_SCHEMA,  /* not a schema of the mesh */
    TOPO_SYSTEM,     /* information_schema, mysql, performance_schema, sys */
};

/* The kind and place of a table. For unlisted tables under `others: {kind: sharded}` the catalog decides: sharded by the
 * first column of the primary key, or whole on one shard chosen by the table's name, `why` saying which and why.
 * *out is filled by value; what it points to lives as long as topo and catalog. */
enum topo_found topo_table(const struct topo *t, const struct catalog *c, const char *schema, size_t schema_len,
                           const char *name, size_t name_len, struct topo_table *out);

/* The same for a table that a schema with `others: {kind: sharded}` has or is about to have, and that is not listed:
 * from its columns and keys alone. */
enum topo_found topo_classify(const struct topo *t, const struct catalog *c, const struct table_info *info,
                              struct topo_table *out);

#endif
