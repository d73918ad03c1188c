/* Tables that come from the topology, the catalog and the health snapshot: shards, instances, slots, tables. */
#include <stdio.h>
#include <string.h>

#include "proxy/mesh_table.h"
#include "proxy/proxy.h"

static const char *state_of(const struct snapshot *s, size_t instance)
{
    return health_state_name(s->health->instances[instance].state);
}

static bool takes_work(const struct snapshot *s, size_t instance)
{
    enum health_state state = s->health->instances[instance].state;
    return state == HEALTH_UP || state == HEALTH_UNKNOWN || state == HEALTH_SUSPECT;
}

static size_t slots_of(const struct topo *t, size_t shard)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_slots; i++)
        n += t->slot_map[i] == shard;
    return n;
}

void mesh_fill_shards(struct proxy *p, struct mesh_rows *rows)
{
    struct snapshot *s = control_snapshot(p->control);
    const struct topo *t = s->topo;
    for (size_t i = 0; i < t->n_shards; i++) {
        const struct topo_shard *shard = &t->shards[i];
        int64_t up = 0;
        for (size_t j = shard->first; j < (size_t)shard->first + shard->n; j++)
            up += s->health->instances[j].state == HEALTH_UP;
        rows_text(rows, shard->conf->name);
        rows_text(rows, state_of(s, shard->primary));
        rows_text(rows, t->instances[shard->primary].conf->name);
        rows_int(rows, shard->n);
        rows_int(rows, up);
        rows_int(rows, (int64_t)slots_of(t, i));
        if (shard->conf->capacity)
            rows_int(rows, (int64_t)shard->conf->capacity);
        else
            rows_null(rows);
        rows_end(rows);
    }
    snapshot_unref(s);
}

static void address_text(const struct conf_address *a, char *text, size_t size)
{
    if (a->path)
        snprintf(text, size, "unix:%s", a->path);
    else
        snprintf(text, size, strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host, a->port);
}

static void put_version(struct mesh_rows *rows, const struct health_instance *h)
{
    char text[100];
    if (h->version_text[0]) {
        rows_text(rows, h->version_text);
    } else if (h->version) {
        snprintf(text, sizeof text, "%u.%u.%u", h->version / 10000, h->version / 100 % 100, h->version % 100);
        rows_text(rows, text);
    } else {
        rows_null(rows);
    }
}

void mesh_fill_instances(struct proxy *p, struct mesh_rows *rows)
{
    struct snapshot *s = control_snapshot(p->control);
    const struct topo *t = s->topo;
    for (size_t i = 0; i < t->n_instances; i++) {
        const struct conf_instance *c = t->instances[i].conf;
        const struct health_instance *h = &s->health->instances[i];
        struct gate *gate = proxy_gate(p, c->name);
        bool replica = t->shards[t->instances[i].shard].primary != i;
        char address[512];
        address_text(&c->address, address, sizeof address);
        rows_text(rows, c->name);
        rows_text(rows, t->shards[t->instances[i].shard].conf->name);
        rows_text(rows, replica ? "replica" : "primary");
        rows_text(rows, address);
        rows_text(rows, c->zone);
        rows_text(rows, state_of(s, i));
        rows_bool(rows, h->read_only);
        rows_bool(rows, h->replicating);
        if (replica && h->lag_ms >= 0)
            rows_int(rows, h->lag_ms);
        else
            rows_null(rows);
        put_version(rows, h);
        rows_int(rows, c->weight);
        rows_int(rows, atomic_load(&gate->open));
        rows_int(rows, c->connections);
        rows_int(rows, atomic_load(&gate->waiting));
        rows_int(rows, h->failures);
        rows_time(rows, h->probed_at);
        rows_text(rows, h->gtid);
        rows_text(rows, h->error[0]        ? h->error
                        : takes_work(s, i) ? NULL
                                           : "taken out by the operator or the configuration");
        rows_end(rows);
    }
    snapshot_unref(s);
}

/* One row for each run of slots with the same shard. */
void mesh_fill_slots(struct proxy *p, struct mesh_rows *rows)
{
    struct snapshot *s = control_snapshot(p->control);
    const struct topo *t = s->topo;
    for (size_t first = 0, end; first < t->n_slots; first = end) {
        for (end = first + 1; end < t->n_slots && t->slot_map[end] == t->slot_map[first]; end++)
            ;
        rows_int(rows, (int64_t)first);
        rows_int(rows, (int64_t)end - 1);
        rows_int(rows, (int64_t)(end - first));
        rows_text(rows, t->shards[t->slot_map[first]].conf->name);
        rows_end(rows);
    }
    snapshot_unref(s);
}

/* ---- tables ---- */

static const char *const kind_names[] = {
    [CONF_TABLE_SHARDED] = "sharded", [CONF_TABLE_GLOBAL] = "global", [CONF_TABLE_SINGLE] = "single"};
static const char *const by_names[] = {[CONF_BY_HASH] = "hash",
                                       [CONF_BY_MOD] = "mod",
                                       [CONF_BY_RANGE] = "range",
                                       [CONF_BY_LIST] = "list",
                                       [CONF_BY_DATE] = "date"};

static void join_names(const char *const *names, size_t n, char *text, size_t size)
{
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; i < n && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "", names[i]);
}

struct table_context {
    struct mesh_rows *rows;
    const struct snapshot *snapshot;
};

static void put_table(struct table_context *c, const char *schema, const char *name, const char *with)
{
    struct topo_table t;
    char key[512];
    if (topo_table(c->snapshot->topo, c->snapshot->catalog, schema, strlen(schema), name, strlen(name), &t) !=
        TOPO_TABLE)
        return;
    bool sharded = t.kind == CONF_TABLE_SHARDED;
    if (sharded)
        join_names(t.key, t.function->n_key, key, sizeof key);
    rows_text(c->rows, schema);
    rows_text(c->rows, name);
    rows_text(c->rows, kind_names[t.kind]);
    rows_text(c->rows, sharded ? key : NULL);
    rows_text(c->rows, sharded ? by_names[t.function->by] : NULL);
    rows_text(c->rows, t.kind == CONF_TABLE_SINGLE ? c->snapshot->topo->shards[t.shard].conf->name : NULL);
    rows_text(c->rows, with);
    rows_text(c->rows, t.why);
    rows_end(c->rows);
}

static bool is_listed(const struct conf *conf, const char *schema, const char *name)
{
    for (size_t i = 0; i < conf->n_schemas; i++)
        for (size_t j = 0; !strcmp(conf->schemas[i].name, schema) && j < conf->schemas[i].n_tables; j++)
            if (!strcmp(conf->schemas[i].tables[j].name, name))
                return true;
    return false;
}

static void on_catalog_table(void *arg, const struct table_info *info)
{
    struct table_context *c = arg;
    if (info->exists && !is_listed(c->snapshot->topo->conf, info->schema, info->name))
        put_table(c, info->schema, info->name, NULL);
}

void mesh_fill_tables(struct proxy *p, struct mesh_rows *rows)
{
    struct snapshot *s = control_snapshot(p->control);
    const struct conf *conf = s->topo->conf;
    struct table_context c = {rows, s};
    for (size_t i = 0; i < conf->n_schemas; i++)
        for (size_t j = 0; j < conf->schemas[i].n_tables; j++)
            put_table(&c, conf->schemas[i].name, conf->schemas[i].tables[j].name, conf->schemas[i].tables[j].with);
    catalog_each(s->catalog, on_catalog_table, &c);
    snapshot_unref(s);
}
