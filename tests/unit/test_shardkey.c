/* Which shards a condition leaves, from expression to set: by mod over eight shards, so that key k is on shard k mod 8.
 */
#include "router/shardkey.h"
#include "tests/unit/route_help.h"

static struct arena arena;
static struct topo topo;
static struct canon_column column;
static struct key_fn fn;
static const char *const names[] = {"k"};
static const struct lex_mode mode = {.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
static const char *sql;

static void setup(void)
{
    struct column_info info = {.type = (char *)"bigint"};
    arena_init(&arena, 4096, 1 << 20);
    column_info_classify(&info);
    ck_assert_ptr_null(canon_column_init(&column, &info, LEX_MARIADB));
    fn = (struct key_fn){.fn = {.by = CONF_BY_MOD, .n_key = 1, .n_shards = 8}, .columns = &column, .names = names};
    topo.n_shards = 8;
}

static void teardown(void)
{
    arena_deinit(&arena);
}

static int is_k(void *arg, const struct expr *e)
{
    (void)arg;
    return e->kind == EX_COLUMN && ident_is(sql, e->column.name, "k") ? 0 : -1;
}

/* "0 5": the shards that rows satisfying the condition can be on. */
static const char *shards_of(const char *condition, bool null_supplied)
{
    static char out[40];
    struct parse_result r;
    struct fingerprint shape;
    sql = arena_alloc(&arena, strlen(condition) + 40);
    sprintf((char *)sql, "SELECT 1 FROM t WHERE %s", condition);
    uint32_t len = (uint32_t)strlen(sql);
    ck_assert_int_eq(fingerprint_sql(sql, len, &mode, &arena, &shape), FINGERPRINT_OK);
    ck_assert_msg(parse_sql(sql, len, &mode, &arena, &r) == PARSE_OK, "%s", sql);
    struct shardkey_build b = {.arena = &arena, .sql = sql, .n_key = 1, .column = is_k, .null_supplied = null_supplied};
    const struct key_cond *c = shardkey_find(&b, r.stmt->query->block->where, false);
    struct route_facts facts = {
        .topo = &topo, .sql = sql, .sql_len = len, .shape = &shape, .mode = mode, .charset = 45};
    struct shard_set set;
    struct shardkey_ask ask;
    ck_assert(shard_set_init(&set, 8, &arena));
    shard_set_fill(&set, 8);
    ck_assert_int_eq(shardkey_shards(c, &fn, &facts, &arena, &set, &ask), ROUTE_OK);
    if (shard_set_count(&set) == 8) {
        return "all";
    }
    out[0] = '\0';
    for (uint16_t i = 0; i < 8; i++) {
        if (shard_set_has(&set, i)) {
            snprintf(out + strlen(out), sizeof out - strlen(out), "%s%d", *out ? " " : "", i);
        }
    }
    return out;
}

#define CHECK(condition, want) ck_assert_str_eq(shards_of(condition, false), want)

START_TEST(test_comparisons)
{
    CHECK("k = 3", "3");
    CHECK("3 = k", "3");
    CHECK("k <=> 3", "3");
    CHECK("k <> 3", "all");
    CHECK("k = -1", "7");
    CHECK("k = x", "all");
    CHECK("x = 3", "all");
    CHECK("k IN (1, 9, 2)", "1 2");
    CHECK("k IN (1, x)", "all");
    CHECK("k NOT IN (1)", "all");
    CHECK("k BETWEEN 2 AND 4", "2 3 4");
    CHECK("k BETWEEN 4 AND 2", "");
    CHECK("k > 2 AND k < 5", "2 3 4"); /* an upper bound: 2 is one too many */
    CHECK("k >= 2", "all");
    CHECK("k IS NULL", "0");
    CHECK("k = NULL", "");
    CHECK("k <=> NULL", "0");
    CHECK("k > NULL", "");
    CHECK("k LIKE '3'", "all");
    CHECK("k + 0 = 3", "all");
}
END_TEST

START_TEST(test_combinations)
{
    CHECK("k = 3 AND x = 1", "3");
    CHECK("k = 3 OR x = 1", "all");
    CHECK("k = 3 OR k = 5", "3 5");
    CHECK("k = 3 AND k = 5", "");
    CHECK("k IN (1, 2, 3) AND k IN (3, 4)", "3");
    CHECK("(k = 1 OR k = 2) AND (k = 2 OR k = 3)", "2");
    CHECK("(k = 1 AND x = 1) OR (k = 2 AND x = 2)", "1 2");
    CHECK("k = 1 OR (k = 2 AND x = 2) OR FALSE", "1 2");
    CHECK("k = 1 AND FALSE", "");
    CHECK("k = 1 OR TRUE", "all");
    CHECK("k = 1 XOR x = 2", "all");
}
END_TEST

START_TEST(test_negations)
{
    CHECK("NOT k <> 3", "3");
    CHECK("NOT k = 3", "all");
    CHECK("NOT (k <> 3 OR x = 1)", "3");
    CHECK("NOT (k <> 3 AND x = 1)", "all");
    CHECK("NOT (k <> 3 AND k <> 5)", "3 5");
    CHECK("NOT k NOT IN (1, 2)", "1 2");
    CHECK("NOT k NOT BETWEEN 1 AND 2", "1 2");
    CHECK("NOT (k < 1 OR k > 2)", "1 2");
    CHECK("NOT NOT k = 3", "3");
    CHECK("NOT TRUE", "");
    CHECK("(k = 3) IS TRUE", "3");
    CHECK("(k = 3) IS NOT TRUE", "all");
    CHECK("(k <> 3) IS FALSE", "all");
    CHECK("NOT k <=> 3", "all");
    CHECK("NOT k IS NOT NULL", "0");
}
END_TEST

START_TEST(test_rows)
{
    CHECK("(k, x) = (3, 1)", "3");
    CHECK("(x, k) = (1, 3)", "3");
    CHECK("(k, x) IN ((1, 1), (2, 2))", "1 2");
    CHECK("(k, x) NOT IN ((1, 1))", "all");
    CHECK("(k, x) <> (3, 1)", "all");
    CHECK("NOT (k, x) <> (3, 1)", "all");
    CHECK("(x, y) IN ((1, 1))", "all");
}
END_TEST

/* On the optional side of an outer join NULL may mean that there is no row. */
START_TEST(test_null_supplied)
{
    ck_assert_str_eq(shards_of("k IS NULL", true), "all");
    ck_assert_str_eq(shards_of("k <=> NULL", true), "all");
    ck_assert_str_eq(shards_of("k <=> 3", true), "3");
    ck_assert_str_eq(shards_of("k = 3", true), "3");
    ck_assert_str_eq(shards_of("k = 3 OR k IS NULL", true), "all");
}
END_TEST

START_TEST(test_many_values)
{
    char text[20000] = "k IN (8";
    for (int i = 2; i < 1000; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%d", i * 8);
    }
    strcat(text, ")");
    CHECK(text, "0");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shardkey");
    TCase *t = tcase_create("shardkey");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_comparisons);
    tcase_add_test(t, test_combinations);
    tcase_add_test(t, test_negations);
    tcase_add_test(t, test_rows);
    tcase_add_test(t, test_null_supplied);
    tcase_add_test(t, test_many_values);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
