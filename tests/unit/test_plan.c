/* Planning and binding where a data case does not reach: what is asked for, what a plan carries, small meshes, little
 * memory. Where statements go is in tests/sql/route/. */
#include "router/rewrite.h"
#include "tests/unit/route_help.h"

static const struct lex_mode mode = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
static struct topo *topo;
static struct catalog *catalog;
static struct arena arena;
static struct fingerprint shape;
static struct plan_needs needs;

static void build_mesh(int shards)
{
    char yaml[4000] = "listen: {client: 127.0.0.1:3307}\nbackend: {user: m, password: m}\nusers:\n  - {name: a, "
                      "password: a}\nshards:\n";
    for (int i = 0; i < shards; i++) {
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "  - {name: s%d, instances: [{address: \"h:%d\", role: primary}]}\n", i, i + 1);
    }
    strcat(yaml, "schemas:\n  - name: shop\n    tables:\n      - {name: users, key: id, by: mod}\n"
                 "      - {name: g, kind: global}\n      - {name: f, key: x}\n");
    strcat(yaml, "    others: {kind: single, shard: s0}\n  - name: app\n    others: {kind: sharded}\n");
    topo = help_topo(yaml);
}

static void setup(void)
{
    arena_init(&arena, 4096, 1 << 22);
    build_mesh(3);
    catalog = help_catalog("CREATE TABLE shop.users (id bigint, name varchar(20), PRIMARY KEY (id));\n"
                           "CREATE TABLE shop.g (id bigint, PRIMARY KEY (id));\n"
                           "CREATE TABLE shop.f (x double, y float);\n"
                           "CREATE TABLE shop.note (id bigint, PRIMARY KEY (id));\n");
}

static void teardown(void)
{
    catalog_unref(catalog);
    topo_unref(topo);
    arena_deinit(&arena);
}

static enum plan_status plan_in(const char *sql, struct arena *a, struct plan **out)
{
    struct plan_env env = {topo, catalog, "shop", mode};
    int f = fingerprint_sql(sql, (uint32_t)strlen(sql), &mode, a, &shape);
    if (f == FINGERPRINT_MEMORY) {
        return PLAN_NO_MEMORY;
    }
    return plan_build(&env, sql, strlen(sql), f == FINGERPRINT_OK ? &shape : NULL, a, out, &needs);
}

static struct plan *plan_of(const char *sql)
{
    struct plan *plan;
    ck_assert_msg(plan_in(sql, &arena, &plan) == PLAN_OK, "%s", sql);
    return plan;
}

static struct route_facts facts_of(const char *sql)
{
    return (struct route_facts){.topo = topo,
                                .catalog = catalog,
                                .sql = sql,
                                .sql_len = strlen(sql),
                                .shape = &shape,
                                .mode = mode,
                                .charset = 45,
                                .prefer = -1};
}

static int shard_of(const char *sql)
{
    struct plan *plan = plan_of(sql);
    struct route_facts facts = facts_of(sql);
    struct route r;
    ck_assert_msg(route_bind(plan, &facts, &arena, &r) == ROUTE_OK, "%s: %s", sql, r.error.text);
    return r.n_targets == 1 ? r.targets[0].shard : -1;
}

START_TEST(test_asks_for_tables)
{
    struct plan *plan;
    ck_assert_int_eq(plan_in("SELECT * FROM users JOIN unread ON unread.id = 1", &arena, &plan), PLAN_NEEDS_TABLE);
    ck_assert_str_eq(needs.schema, "shop");
    ck_assert_str_eq(needs.name, "unread");
    ck_assert_int_eq(plan_in("SELECT * FROM app.`un``read`", &arena, &plan), PLAN_NEEDS_TABLE);
    ck_assert_str_eq(needs.schema, "app");
    ck_assert_str_eq(needs.name, "un`read");
    ck_assert_int_eq(plan_in("ALTER TABLE app.x ADD y int", &arena, &plan), PLAN_NEEDS_TABLE);
    ck_assert_int_eq(plan_in("SELECT * FROM information_schema.nothing", &arena, &plan), PLAN_OK);
}
END_TEST

START_TEST(test_tables_of_a_plan)
{
    struct plan *plan = plan_of("UPDATE users u JOIN shop.g ON g.id = u.id SET u.name = 'x' WHERE u.id = 4");
    ck_assert_uint_eq(plan->n_tables, 2);
    ck_assert_str_eq(plan->tables[0].schema, "shop");
    ck_assert_str_eq(plan->tables[0].name, "users");
    ck_assert(plan->tables[0].written);
    ck_assert_str_eq(plan->tables[1].name, "g");
    ck_assert(!plan->tables[1].written);
    ck_assert(plan->cacheable);
    ck_assert_ptr_null(plan->stmt);
    ck_assert_str_eq(plan->digest_text, "UPDATE users u JOIN shop.g ON g.id = u.id SET u.name = ? WHERE u.id = ?");
    plan = plan_of("DROP TABLE users");
    ck_assert(plan->tables[0].written);
    ck_assert_ptr_nonnull(plan->stmt);
    ck_assert(!plan->cacheable);
}
END_TEST

/* Values come from the statement that is bound, not from the one that was planned. */
START_TEST(test_other_literals)
{
    struct plan *plan = plan_of("SELECT * FROM users WHERE id = 4");
    static const char *const others[] = {"SELECT * FROM users WHERE id = 5", "SELECT  *  FROM users WHERE id=  111111"};
    for (size_t i = 0; i < 2; i++) {
        struct route r;
        ck_assert_int_eq(fingerprint_sql(others[i], (uint32_t)strlen(others[i]), &mode, &arena, &shape),
                         FINGERPRINT_OK);
        struct route_facts facts = facts_of(others[i]);
        ck_assert_int_eq(route_bind(plan, &facts, &arena, &r), ROUTE_OK);
        ck_assert_uint_eq(r.targets[0].shard, i == 0 ? 5 % 3 : 111111 % 3);
    }
}
END_TEST

START_TEST(test_prefers_the_held_shard)
{
    const char *sql = "SELECT * FROM g";
    struct plan *plan = plan_of(sql);
    struct route_facts facts = facts_of(sql);
    struct route r;
    for (uint32_t i = 0; i < 6; i++) {
        facts.any = i;
        ck_assert_int_eq(route_bind(plan, &facts, &arena, &r), ROUTE_OK);
        ck_assert_uint_eq(r.targets[0].shard, i % 3);
    }
    facts.prefer = 2;
    ck_assert_int_eq(route_bind(plan, &facts, &arena, &r), ROUTE_OK);
    ck_assert_uint_eq(r.targets[0].shard, 2);
}
END_TEST

START_TEST(test_stale)
{
    const char *sql = "SELECT * FROM users WHERE id = 4";
    struct plan *plan = plan_of(sql);
    struct topo *before = topo;
    build_mesh(2);
    struct route_facts facts = facts_of(sql);
    struct route r;
    ck_assert_int_eq(route_bind(plan, &facts, &arena, &r), ROUTE_STALE);
    topo_unref(before);
}
END_TEST

/* In a mesh of one shard everything is there, and nothing is refused for being spread. */
START_TEST(test_one_shard)
{
    static const char *const fine[] = {
        "SELECT COUNT(*) FROM users",
        "SELECT * FROM users a JOIN users b ON a.name = b.name ORDER BY 1",
        "INSERT INTO users (name) VALUES ('x')",
        "INSERT INTO users SELECT * FROM note",
        "UPDATE users SET id = id + 1",
        "DELETE FROM users",
        "INSERT INTO g (id) VALUES (UUID_SHORT())",
        "SELECT * FROM f WHERE x = 1",
        "SELECT GET_LOCK('a', 1) FROM users",
        "ALTER TABLE users DROP COLUMN id",
        "CREATE TABLE app.t SELECT * FROM users",
        "RENAME TABLE users TO note2",
        "LOAD DATA LOCAL INFILE 'x' INTO TABLE users",
        "LOCK TABLES users WRITE, g READ",
        "SHOW TABLES",
    };
    topo_unref(topo);
    build_mesh(1);
    struct catalog *nothing = catalog_new(), *all = catalog;
    catalog = nothing; /* not one table needs to be read */
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        ck_assert_int_eq(shard_of(fine[i]), 0);
    }
    catalog = all;
    catalog_unref(nothing);
}
END_TEST

START_TEST(test_key_that_cannot_be)
{
    struct plan *plan = plan_of("SELECT * FROM f WHERE x = 1");
    ck_assert_int_eq(plan->action, PLAN_REFUSE);
    ck_assert_uint_eq(plan->error.number, 1105);
    ck_assert_ptr_nonnull(strstr(plan->error.text, "floating-point"));
}
END_TEST

/* LAST_INSERT_ID() as a key: the plan refuses, but says what to put in its place; then it is known. */
START_TEST(test_edits_then_plan_again)
{
    const char *sql = "INSERT INTO users (id, name) VALUES (LAST_INSERT_ID(), 'x')", *edited;
    struct plan *plan = plan_of(sql);
    size_t len;
    ck_assert_int_eq(plan->action, PLAN_REFUSE);
    ck_assert(plan->flags & PLAN_SESSION_FUNCTIONS);
    ck_assert_uint_eq(plan->n_edits, 1);
    ck_assert_int_eq(plan->edits[0].function, PLAN_FN_LAST_INSERT_ID);
    struct rewrite_edit edit = {plan->edits[0].span, "7", 1};
    ck_assert(rewrite_apply(sql, strlen(sql), &edit, 1, &arena, &edited, &len));
    ck_assert_str_eq(edited, "INSERT INTO users (id, name) VALUES (7, 'x')");
    ck_assert_int_eq(shard_of(edited), 1);
}
END_TEST

START_TEST(test_explains)
{
    const char *sql = "SELECT * FROM users u JOIN g ON g.id = u.id WHERE u.id IN (1, 2)";
    struct plan *plan = plan_of(sql);
    struct route_facts facts = facts_of(sql);
    struct route r;
    size_t n;
    enum route_status s = route_bind(plan, &facts, &arena, &r);
    struct route_line *lines = route_explain(plan, &facts, s, &r, &arena, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(lines[0].shard, "s1");
    ck_assert_str_eq(lines[1].shard, "s2");
    ck_assert_str_eq(lines[0].role, "replica");
    ck_assert_str_eq(lines[0].rung, "scatter");
    ck_assert_str_eq(lines[0].tables, "shop.users (sharded by id), shop.g (global)");
    ck_assert_str_eq(lines[0].sql, sql);
    sql = "SELECT COUNT(*) FROM users";
    plan = plan_of(sql);
    facts = facts_of(sql);
    s = route_bind(plan, &facts, &arena, &r);
    lines = route_explain(plan, &facts, s, &r, &arena, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_ptr_null(lines[0].shard);
    ck_assert_str_eq(lines[0].rung, "refused");
    ck_assert_ptr_nonnull(strstr(lines[0].sql, "aggregate"));
}
END_TEST

/* Whatever the ceiling, an answer: a plan, or no memory. */
START_TEST(test_little_memory)
{
    static const char *const statements[] = {
        "SELECT * FROM users u LEFT JOIN g ON g.id = u.id WHERE u.id IN (1, 2, 3) AND EXISTS (SELECT 1 FROM users x "
        "WHERE x.id = u.id)",
        "INSERT INTO users (id, name) VALUES (1, 'x'), (2, @y := 4) ON DUPLICATE KEY UPDATE id = 4",
        "UPDATE users SET id = 3 WHERE id = 3 OR (id, name) IN ((1, 'x'), (2, 'y'))",
        "ALTER TABLE users ADD COLUMN y int, DROP COLUMN id",
        "SELECT LAST_INSERT_ID(), CONNECTION_ID()",
        "CREATE TABLE app.t (id int PRIMARY KEY, x varchar(20) UNIQUE, FOREIGN KEY (x) REFERENCES shop.g (id))",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        size_t fitted = 0;
        for (size_t ceiling = 256; ceiling < 24000; ceiling += 112) {
            struct arena small;
            struct plan *plan;
            struct route r;
            arena_init(&small, 128, ceiling);
            if (plan_in(statements[i], &small, &plan) == PLAN_OK) {
                struct route_facts facts = facts_of(statements[i]);
                fitted += route_bind(plan, &facts, &small, &r) != ROUTE_NO_MEMORY;
            }
            arena_deinit(&small);
        }
        ck_assert_msg(fitted > 0, "%s", statements[i]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_asks_for_tables);
    tcase_add_test(t, test_tables_of_a_plan);
    tcase_add_test(t, test_other_literals);
    tcase_add_test(t, test_prefers_the_held_shard);
    tcase_add_test(t, test_stale);
    tcase_add_test(t, test_one_shard);
    tcase_add_test(t, test_key_that_cannot_be);
    tcase_add_test(t, test_edits_then_plan_again);
    tcase_add_test(t, test_explains);
    tcase_add_test(t, test_little_memory);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
