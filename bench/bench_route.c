/* bench_route: what a statement costs from its bytes to the shard that it goes to, on a mesh of four shards.
 *
 *   plan    shape, parse, plan, into the cache: the first statement of its shape
 *   route   shape, plan from the cache, bind: every other one; the router's whole share of the hot path
 *
 * The ranges of oltp_read_write go to all four shards; those that would need merging are refused on such a mesh until
 * the router merges, and are then timed as what they are.
 */
#include <stdlib.h>

#include "bench/layer.h"
#include "router/plan_cache.h"
#include "router/route.h"

static const char mesh_yaml[] =
    "listen: {client: 127.0.0.1:19901}\n"
    "backend: {user: u, password: p}\n"
    "users: [{name: u, password: p, schema: sbtest}]\n"
    "shards:\n"
    "  - {name: s0, instances: [{address: 127.0.0.1:19910, role: primary}]}\n"
    "  - {name: s1, instances: [{address: 127.0.0.1:19911, role: primary}]}\n"
    "  - {name: s2, instances: [{address: 127.0.0.1:19912, role: primary}]}\n"
    "  - {name: s3, instances: [{address: 127.0.0.1:19913, role: primary}]}\n"
    "schemas: [{name: sbtest, tables: [{name: sbtest1, key: id}]}]\n";

struct tools {
    struct lex_mode mode;
    struct arena arena;
    struct topo *topo;
    struct catalog *catalog;
    struct plan_cache *cache;
    uint32_t turn;
};

static void on_conf_error(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "bench_route: %s\n", message);
}

static struct column_info column(const char *name, const char *type)
{
    struct column_info c = {.name = strdup(name), .type = strdup(type), .has_default = true};

    column_info_classify(&c);
    if (c.class == COLUMN_TEXT) {
        c.charset = strdup("utf8mb4");
        c.collation = strdup("utf8mb4_general_ci");
    }
    return c;
}

/* sysbench's table, as the control plane would have read it. */
static struct table_info *sbtest_new(void)
{
    struct table_info *t = table_info_new("sbtest", "sbtest1");

    t->exists = true;
    t->columns = calloc(4, sizeof *t->columns);
    t->keys = calloc(1, sizeof *t->keys);
    t->n_columns = 4;
    t->n_keys = 1;
    t->columns[0] = column("id", "int(11)");
    t->columns[1] = column("k", "int(11)");
    t->columns[2] = column("c", "char(120)");
    t->columns[3] = column("pad", "char(60)");
    t->keys[0] = (struct key_info){.name = strdup("PRIMARY"), .primary = true, .unique = true, .n_columns = 1};
    t->keys[0].columns = calloc(1, sizeof *t->keys[0].columns);
    return t;
}

/* The plan, from the cache or (fresh) made; NULL when it cannot be. */
static struct plan *plan_of(struct tools *tools, const char *sql, uint32_t len, struct fingerprint *shape, bool fresh)
{
    struct plan_env env = {.topo = tools->topo, .catalog = tools->catalog, .schema = "sbtest", .mode = tools->mode};
    struct plan_needs needs;
    struct plan *plan = NULL;

    if (fingerprint_sql(sql, len, &tools->mode, &tools->arena, shape) != FINGERPRINT_OK) {
        return NULL;
    }
    plan = fresh ? NULL : plan_cache_get(tools->cache, shape, "sbtest", &tools->mode);
    if (plan != NULL) {
        return plan;
    }
    if (plan_build(&env, sql, len, shape, &tools->arena, &plan, &needs) != PLAN_OK) {
        return NULL;
    }
    return plan->cacheable ? plan_cache_put(tools->cache, shape, "sbtest", &tools->mode, plan) : plan;
}

static int plan_once(void *arg, const char *sql, uint32_t len)
{
    struct tools *tools = arg;
    struct fingerprint shape;

    arena_reset(&tools->arena);
    plan_cache_clear(tools->cache);
    struct plan *plan = plan_of(tools, sql, len, &shape, true);
    if (plan == NULL) {
        return -1;
    }
    plan_unref(plan);
    return 0;
}

static int route_once(void *arg, const char *sql, uint32_t len)
{
    struct tools *tools = arg;
    struct fingerprint shape;
    struct route route;
    int status = 0;

    arena_reset(&tools->arena);
    struct plan *plan = plan_of(tools, sql, len, &shape, false);
    if (plan == NULL) {
        return -1;
    }
    if (plan->action == PLAN_RUN) {
        struct route_facts facts = {.topo = tools->topo, .catalog = tools->catalog, .sql = sql, .sql_len = len,
                                    .shape = &shape, .mode = tools->mode, .charset = 45, .prefer = -1,
                                    .any = tools->turn++};
        enum route_status got = route_bind(plan, &facts, &tools->arena, &route);
        status = got == ROUTE_OK || got == ROUTE_REFUSED ? 0 : -1;
    }
    plan_unref(plan);
    return status;
}

int main(void)
{
    struct tools tools = {.mode = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101106}};
    struct conf *conf = conf_parse("bench", mesh_yaml, sizeof mesh_yaml - 1, on_conf_error, NULL);
    struct catalog *empty = catalog_new();
    int failed = 0;

    if (conf == NULL) {
        return 1;
    }
    tools.topo = topo_build(conf);
    tools.catalog = catalog_with(empty, sbtest_new());
    tools.cache = plan_cache_new(1000, 8 << 20);
    arena_init(&tools.arena, 16384, 1 << 20);
    for (int i = 0; i < STATEMENTS; i++) {
        failed |= layer_time("plan", &statements[i], plan_once, &tools);
        failed |= layer_time("route", &statements[i], route_once, &tools);
    }
    arena_deinit(&tools.arena);
    plan_cache_free(tools.cache);
    catalog_unref(tools.catalog);
    catalog_unref(empty);
    topo_unref(tools.topo);
    conf_unref(conf);
    return failed;
}
