/* The plan cache: what a hit needs, who goes first, and that a lent plan outlives its eviction. */
#include "tests/unit/route_help.h"

static const char mesh[] = "listen: {client: 127.0.0.1:3307}\nbackend: {user: m, password: m}\nusers:\n"
                           "  - {name: a, password: a}\nshards:\n"
                           "  - {name: s0, instances: [{address: \"h:1\", role: primary}]}\n"
                           "  - {name: s1, instances: [{address: \"h:2\", role: primary}]}\n"
                           "schemas:\n  - name: shop\n    tables:\n      - {name: t, key: [a, b]}\n"
                           "      - {name: r, key: a, by: list, lists: [{values: [x, y], shard: s1}, {shard: s0}]}\n";

static struct topo *topo;
static struct catalog *catalog;
static struct arena arena;
static struct lex_mode mode;
static struct fingerprint shape;

static void setup(void)
{
    mode = (struct lex_mode){.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
    topo = help_topo(mesh);
    catalog = help_catalog("CREATE TABLE shop.t (a int, b varchar(20), PRIMARY KEY (a, b));\n"
                           "CREATE TABLE shop.r (a varchar(20));\n");
    arena_init(&arena, 4096, 1 << 22);
}

static void teardown(void)
{
    catalog_unref(catalog);
    topo_unref(topo);
    arena_deinit(&arena);
}

static struct plan *plan_of(const char *sql)
{
    struct plan_env env = {topo, catalog, "shop", mode};
    struct plan *plan;
    struct plan_needs needs;
    ck_assert_int_eq(fingerprint_sql(sql, (uint32_t)strlen(sql), &mode, &arena, &shape), FINGERPRINT_OK);
    ck_assert_int_eq(plan_build(&env, sql, strlen(sql), &shape, &arena, &plan, &needs), PLAN_OK);
    return plan;
}

static void bind_both(const char *sql)
{
    struct plan_cache *c = plan_cache_new(10, 0);
    struct plan *plan = plan_of(sql), *copy = plan_cache_put(c, &shape, "shop", &mode, plan);
    struct route_facts facts = {.topo = topo,
                                .catalog = catalog,
                                .sql = sql,
                                .sql_len = strlen(sql),
                                .shape = &shape,
                                .mode = mode,
                                .charset = 45,
                                .prefer = -1};
    struct route x, y;
    enum route_status s = route_bind(plan, &facts, &arena, &x);
    memset(&y, 0, sizeof y);
    plan_cache_clear(c); /* the copy lives on */
    ck_assert_int_eq(route_bind(copy, &facts, &arena, &y), s);
    ck_assert_uint_eq(x.n_targets, y.n_targets);
    for (size_t i = 0; i < x.n_targets; i++) {
        ck_assert_uint_eq(x.targets[i].shard, y.targets[i].shard);
    }
    if (s == ROUTE_REFUSED) {
        ck_assert_str_eq(x.error.text, y.error.text);
    }
    plan_unref(copy);
    plan_cache_free(c);
}

START_TEST(test_copies)
{
    bind_both("SELECT * FROM t WHERE a = 1 AND b = 'x'");
    bind_both("SELECT * FROM t WHERE (a, b) IN ((1, 'x'), (2, 'y')) OR a IN (3, 4) AND b IN ('z', 'w')");
    bind_both("SELECT COUNT(*) FROM t WHERE a = @v");
    bind_both("SELECT * FROM r WHERE a IN ('x', 'y')");
    bind_both("SELECT * FROM r WHERE a BETWEEN 'x' AND 'y' AND NOT a <> 'x'");
    bind_both("INSERT INTO t VALUES (1, 'x'), (1, 'X')");
    bind_both("SELECT * FROM t x JOIN t y ON x.a = y.a AND x.b = y.b WHERE x.a = 1 AND y.b = 'q'");
    bind_both("SELECT a INTO @v FROM t WHERE a = 1 AND b = 'x'");
}
END_TEST

START_TEST(test_hits)
{
    struct plan_cache *c = plan_cache_new(10, 0);
    struct plan *plan = plan_of("SELECT * FROM t WHERE a = 1");
    plan_unref(plan); /* of the arena: nothing happens */
    plan_unref(plan_cache_put(c, &shape, "shop", &mode, plan));
    struct plan *hit = plan_cache_get(c, &shape, "shop", &mode);
    ck_assert_ptr_nonnull(hit);
    ck_assert_ptr_ne(hit, plan);
    plan_unref(hit);
    ck_assert_ptr_null(plan_cache_get(c, &shape, "other", &mode));
    ck_assert_ptr_null(plan_cache_get(c, &shape, NULL, &mode));
    struct lex_mode ansi = mode;
    ansi.flags = LEX_ANSI_QUOTES;
    ck_assert_ptr_null(plan_cache_get(c, &shape, "shop", &ansi));
    ansi = mode;
    ansi.version++;
    ck_assert_ptr_null(plan_cache_get(c, &shape, "shop", &ansi));
    struct fingerprint lie = shape; /* the same hash and another text */
    char *text = arena_copy(&arena, shape.shape, shape.shape_len);
    text[shape.shape_len - 1] = '!';
    lie.shape = text;
    ck_assert_ptr_null(plan_cache_get(c, &lie, "shop", &mode));
    struct plan_cache_stats stats;
    plan_cache_stats(c, &stats);
    ck_assert_uint_eq(stats.plans, 1);
    ck_assert_uint_eq(stats.hits, 1);
    ck_assert_uint_eq(stats.misses, 5);
    plan_cache_free(c);
}
END_TEST

static int released;
static void release(void *user)
{
    released += *(int *)user;
}

START_TEST(test_evicts_the_least_used)
{
    struct plan_cache *c = plan_cache_new(3, 0);
    static int one = 1;
    char sql[100];
    struct fingerprint shapes[4];
    struct plan *first = NULL;
    for (int i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql, "SELECT c%d FROM t WHERE a = 1", i);
        struct plan *plan = plan_of(sql);
        shapes[i] = shape;
        struct plan *p = plan_cache_put(c, &shapes[i], "shop", &mode, plan);
        p->user = &one;
        p->release_user = release;
        if (i == 0) {
            first = p; /* stays lent */
        } else {
            plan_unref(p);
        }
        if (i == 2) { /* use the second again: then the first goes, not it */
            plan_unref(plan_cache_get(c, &shapes[1], "shop", &mode));
        }
    }
    struct plan_cache_stats stats;
    plan_cache_stats(c, &stats);
    ck_assert_uint_eq(stats.plans, 3);
    ck_assert_uint_eq(stats.evictions, 1);
    ck_assert_ptr_null(plan_cache_get(c, &shapes[0], "shop", &mode));
    struct plan *kept = plan_cache_get(c, &shapes[1], "shop", &mode);
    ck_assert_ptr_nonnull(kept);
    plan_unref(kept);
    ck_assert_int_eq(released, 0);
    ck_assert_str_eq(first->tables[0].name, "t"); /* lent: still there */
    plan_unref(plan_ref(first));
    plan_unref(first);
    ck_assert_int_eq(released, 1);
    plan_cache_free(c);
    ck_assert_int_eq(released, 4);
}
END_TEST

START_TEST(test_replaces)
{
    struct plan_cache *c = plan_cache_new(10, 0);
    struct plan *plan = plan_of("SELECT * FROM t WHERE a = 1");
    plan_unref(plan_cache_put(c, &shape, "shop", &mode, plan));
    plan_unref(plan_cache_put(c, &shape, "shop", &mode, plan));
    struct plan_cache_stats stats;
    plan_cache_stats(c, &stats);
    ck_assert_uint_eq(stats.plans, 1);
    plan_cache_free(c);
}
END_TEST

START_TEST(test_bounded_by_bytes)
{
    struct plan_cache *c = plan_cache_new(1000, 10000);
    char sql[100];
    struct plan_cache_stats stats;
    for (int i = 0; i < 100; i++) {
        snprintf(sql, sizeof sql, "SELECT c%d FROM t WHERE a = 1", i);
        struct plan *plan = plan_of(sql);
        plan_unref(plan_cache_put(c, &shape, "shop", &mode, plan));
    }
    plan_cache_stats(c, &stats);
    ck_assert_uint_le(stats.bytes, 10000);
    ck_assert_uint_gt(stats.plans, 2);
    ck_assert_uint_eq(stats.plans + stats.evictions, 100);
    plan_cache_free(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_cache");
    TCase *t = tcase_create("plan_cache");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_copies);
    tcase_add_test(t, test_hits);
    tcase_add_test(t, test_evicts_the_least_used);
    tcase_add_test(t, test_replaces);
    tcase_add_test(t, test_bounded_by_bytes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
