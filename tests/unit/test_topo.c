/* Shards, slots, tables of the configuration and what follows from primary keys. */
#include "tests/unit/route_help.h"

static const char mesh[] = "listen: {client: 127.0.0.1:3307}\n"
                           "backend: {user: m, password: m}\n"
                           "users:\n  - {name: a, password: a}\n"
                           "slots: 8\n"
                           "shards:\n"
                           "  - {name: s0, slots: [0-1, 7], instances: [{address: \"h:1\", role: replica}, {address: "
                           "\"h:2\", role: primary}]}\n"
                           "  - {name: s1, slots: [2-6], instances: [{address: \"h:3\", role: primary}]}\n"
                           "schemas:\n"
                           "  - name: shop\n"
                           "    tables:\n"
                           "      - {name: a, key: k}\n"
                           "      - {name: b, key: j}\n"
                           "      - {name: c, key: [j, k]}\n"
                           "      - {name: r, key: k, by: range, ranges: [{below: 5, shard: s1}, {shard: s0}]}\n"
                           "      - {name: q, key: x, with: r}\n"
                           "      - {name: p, key: k, by: range, ranges: [{below: 5, shard: s1}, {shard: s0}]}\n"
                           "      - {name: g, kind: global}\n"
                           "      - {name: s, kind: single, shard: s1}\n"
                           "    others: {kind: single, shard: s1}\n"
                           "  - name: app\n"
                           "    others: {kind: sharded}\n";

static struct topo *topo;
static struct catalog *catalog;

static void setup(void)
{
    topo = help_topo(mesh);
    catalog = catalog_new();
}

static void teardown(void)
{
    catalog_unref(catalog);
    topo_unref(topo);
}

static void know(const char *create)
{
    struct catalog *more = catalog_with(catalog, help_table(create));
    catalog_unref(catalog);
    catalog = more;
}

static enum topo_found find(const char *schema, const char *name, struct topo_table *t)
{
    return topo_table(topo, catalog, schema, strlen(schema), name, strlen(name), t);
}

static struct topo_table must_find(const char *schema, const char *name)
{
    struct topo_table t;
    ck_assert_int_eq(find(schema, name, &t), TOPO_TABLE);
    return t;
}

START_TEST(test_shards_and_slots)
{
    ck_assert_uint_eq(topo->n_shards, 2);
    ck_assert_uint_eq(topo->n_instances, 3);
    ck_assert_uint_eq(topo->shards[0].first, 0);
    ck_assert_uint_eq(topo->shards[0].n, 2);
    ck_assert_uint_eq(topo->shards[0].primary, 1);
    ck_assert_uint_eq(topo->shards[1].first, 2);
    ck_assert_uint_eq(topo->shards[1].primary, 2);
    ck_assert_uint_eq(topo->instances[2].shard, 1);
    const uint16_t want[] = {0, 0, 1, 1, 1, 1, 1, 0};
    ck_assert_uint_eq(topo->n_slots, 8);
    ck_assert_mem_eq(topo->slot_map, want, sizeof want);
}
END_TEST

START_TEST(test_listed_tables)
{
    struct topo_table a = must_find("shop", "a"), b = must_find("shop", "b"), c = must_find("shop", "c");
    struct topo_table r = must_find("shop", "r"), q = must_find("shop", "q"), p = must_find("shop", "p");
    ck_assert_ptr_eq(a.function, b.function); /* both by the slot map: equal keys are together */
    ck_assert_ptr_ne(a.function, c.function); /* another number of columns */
    ck_assert_ptr_eq(r.function, q.function); /* bound */
    ck_assert_ptr_ne(r.function, p.function); /* not bound, though the rules read alike */
    ck_assert_uint_eq(r.function->rule_shards[0], 1);
    ck_assert_uint_eq(r.function->rule_shards[1], 0);
    ck_assert_str_eq(c.key[1], "k");
    ck_assert_int_eq(must_find("shop", "g").kind, CONF_TABLE_GLOBAL);
    ck_assert_uint_eq(must_find("shop", "s").shard, 1);
    ck_assert_str_eq(must_find("shop", "s").why, "configured");
    ck_assert(must_find("shop", "s").listed);
    struct topo_table other = must_find("shop", "whatever");
    ck_assert_int_eq(other.kind, CONF_TABLE_SINGLE);
    ck_assert_uint_eq(other.shard, 1);
    ck_assert(!other.listed);
    ck_assert_int_eq(must_find("shop", "G").kind, CONF_TABLE_SINGLE); /* names are bytes */
}
END_TEST

START_TEST(test_schemas)
{
    struct topo_table t;
    ck_assert_int_eq(find("nowhere", "a", &t), TOPO_NO_SCHEMA);
    ck_assert_int_eq(find("sho", "a", &t), TOPO_NO_SCHEMA);
    ck_assert_int_eq(find("shops", "a", &t), TOPO_NO_SCHEMA);
    ck_assert_int_eq(find("INFORMATION_SCHEMA", "a", &t), TOPO_SYSTEM);
    ck_assert_int_eq(find("mysql", "a", &t), TOPO_SYSTEM);
    ck_assert_ptr_nonnull(topo_schema(topo, "app!", 3));
    ck_assert_ptr_null(topo_schema(topo, "ap", 2));
}
END_TEST

START_TEST(test_by_primary_key)
{
    struct topo_table t;
    ck_assert_int_eq(find("app", "t", &t), TOPO_NEEDS_INFO);
    know("CREATE TABLE app.t (x int, id int, PRIMARY KEY (id, x), UNIQUE KEY (x, id))");
    t = must_find("app", "t");
    ck_assert_int_eq(t.kind, CONF_TABLE_SHARDED);
    ck_assert_str_eq(t.key[0], "id");
    ck_assert_ptr_eq(t.function, must_find("shop", "a").function);
    ck_assert_str_eq(t.why, "primary key");
}
END_TEST

static const char *why(const char *create)
{
    know(create);
    struct topo_table t = must_find("app", "w");
    ck_assert_int_eq(t.kind, CONF_TABLE_SINGLE);
    return t.why;
}

START_TEST(test_kept_whole)
{
    ck_assert_str_eq(why("CREATE TABLE app.w (a int)"), "no primary key");
    ck_assert_str_eq(why("CREATE TABLE app.w (id int, a int, PRIMARY KEY (id), UNIQUE KEY (a))"),
                     "a unique key without the primary key's first column");
    ck_assert_str_eq(why("CREATE TABLE app.w (id double, PRIMARY KEY (id))"),
                     "the type of the primary key's first column");
    ck_assert_str_eq(why("CREATE TABLE app.w (id timestamp, PRIMARY KEY (id))"),
                     "the type of the primary key's first column");
    uint16_t shard = must_find("app", "w").shard;
    ck_assert_str_eq(why("CREATE TABLE app.w (id int, p int, PRIMARY KEY (id), FOREIGN KEY (p) REFERENCES w (id))"),
                     "a foreign key to a table that is not bound to it");
    ck_assert_uint_eq(must_find("app", "w").shard, shard); /* by its name, whatever the reason */
}
END_TEST

START_TEST(test_foreign_keys)
{
    struct topo_table t;
    know("CREATE TABLE app.child (id int, pid int, PRIMARY KEY (pid, id), FOREIGN KEY (pid) REFERENCES parent (id))");
    ck_assert_int_eq(find("app", "child", &t), TOPO_NEEDS_INFO);
    ck_assert_str_eq(t.needs_name, "parent");
    ck_assert_str_eq(t.needs_schema, "app");
    know("CREATE TABLE app.parent (id int, PRIMARY KEY (id))");
    ck_assert_int_eq(must_find("app", "child").kind, CONF_TABLE_SHARDED);
    /* a parent that is whole takes its children along */
    know("CREATE TABLE app.parent (id int, x int, PRIMARY KEY (id), UNIQUE KEY (x))");
    ck_assert_int_eq(must_find("app", "child").kind, CONF_TABLE_SINGLE);
    ck_assert_uint_eq(must_find("app", "child").shard, must_find("app", "parent").shard);
    /* a global parent is everywhere */
    know("CREATE TABLE app.kid (id int, g int, PRIMARY KEY (id), FOREIGN KEY (g) REFERENCES shop.g (id))");
    ck_assert_int_eq(must_find("app", "kid").kind, CONF_TABLE_SHARDED);
    /* a circle ends */
    know("CREATE TABLE app.x (id int, y int, PRIMARY KEY (id), FOREIGN KEY (id) REFERENCES y (id))");
    know("CREATE TABLE app.y (id int, x int, PRIMARY KEY (id), FOREIGN KEY (id) REFERENCES x (id))");
    ck_assert_int_eq(must_find("app", "x").kind, CONF_TABLE_SINGLE);
}
END_TEST

START_TEST(test_missing_and_views)
{
    struct catalog *more = catalog_with(catalog, table_info_new("app", "gone"));
    catalog_unref(catalog);
    catalog = more;
    ck_assert_str_eq(must_find("app", "gone").why, "does not exist");
    know("CREATE VIEW app.v AS SELECT 1");
    ck_assert_str_eq(must_find("app", "v").why, "a view");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("topo");
    TCase *t = tcase_create("topo");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_shards_and_slots);
    tcase_add_test(t, test_listed_tables);
    tcase_add_test(t, test_schemas);
    tcase_add_test(t, test_by_primary_key);
    tcase_add_test(t, test_kept_whole);
    tcase_add_test(t, test_foreign_keys);
    tcase_add_test(t, test_missing_and_views);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
