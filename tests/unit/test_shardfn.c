/* Keys to shards: the functions themselves, and which shards an interval of keys can be on. */
#include "router/shardfn.h"
#include "tests/unit/route_help.h"

static const char mesh[] =
    "listen: {client: 127.0.0.1:3307}\n"
    "backend: {user: m, password: m}\n"
    "users:\n  - {name: a, password: a}\n"
    "slots: 64\n"
    "shards:\n"
    "  - {name: s0, instances: [{address: \"h:1\", role: primary}]}\n"
    "  - {name: s1, instances: [{address: \"h:2\", role: primary}]}\n"
    "  - {name: s2, instances: [{address: \"h:3\", role: primary}]}\n"
    "schemas:\n"
    "  - name: t\n"
    "    tables:\n"
    "      - {name: hash, key: k}\n"
    "      - {name: two, key: [k, l]}\n"
    "      - {name: mod, key: k, by: mod}\n"
    "      - {name: range, key: k, by: range, ranges: [{below: \"10\", shard: s2}, {below: \"20\", shard: s0}, {shard: "
    "s1}]}\n"
    "      - {name: list, key: k, by: list, lists: [{values: [\"1\", \"2\"], shard: s1}, {values: [\"3\"], shard: "
    "s2}]}\n"
    "      - {name: rest, key: k, by: list, lists: [{values: [\"1\"], shard: s1}, {shard: s2}]}\n"
    "      - {name: day, key: k, by: date, unit: day}\n"
    "      - {name: week, key: k, by: date, unit: week}\n"
    "      - {name: month, key: k, by: date, unit: month}\n"
    "      - {name: year, key: k, by: date, unit: year}\n"
    "    others: {kind: single, shard: s0}\n";

static struct topo *topo;
static struct catalog *catalog;
static struct arena arena;
static struct canon_column columns[2];
static struct shardfn fn;

static void setup(void)
{
    topo = help_topo(mesh);
    catalog = catalog_new();
    arena_init(&arena, 4096, 1 << 20);
}

static void teardown(void)
{
    catalog_unref(catalog);
    topo_unref(topo);
    arena_deinit(&arena);
}

static const char *use(const char *table, const char *type)
{
    struct topo_table t;
    struct column_info info = {.type = (char *)type, .charset = (char *)"utf8mb4", .collation = (char *)"utf8mb4_bin"};
    ck_assert_int_eq(topo_table(topo, catalog, "t", 1, table, strlen(table), &t), TOPO_TABLE);
    column_info_classify(&info);
    ck_assert_ptr_null(canon_column_init(&columns[0], &info, LEX_MARIADB));
    columns[1] = columns[0];
    return shardfn_init(&fn, topo, t.function, columns, &arena);
}

static struct lex_slice key(const char *text)
{
    struct route_value v = {.kind = ROUTE_TEXT, .text = text, .len = text ? strlen(text) : 0};
    struct route_facts facts = {.charset = 45};
    struct lex_slice out = {NULL, 0}, ask;
    if (text) {
        ck_assert_int_eq(canon_value(&columns[0], &v, false, &facts, &arena, &out, &ask), CANON_OK);
    }
    return out;
}

static int shard(const char *text)
{
    struct lex_slice v = key(text);
    return shardfn_apply(&fn, columns, &v, &arena);
}

/* The shards between two keys as bits, or -1 for "cannot say". */
static int between(const char *lo, bool lo_open, const char *hi, bool hi_open)
{
    struct shard_set set;
    ck_assert(shard_set_init(&set, topo->n_shards, &arena));
    return shardfn_between(&fn, &columns[0], key(lo), lo_open, key(hi), hi_open, &set) ? (int)set.words[0] : -1;
}

START_TEST(test_hash)
{
    ck_assert_ptr_null(use("hash", "bigint"));
    size_t seen[3] = {0};
    for (int i = 0; i < 300; i++) {
        char text[20];
        snprintf(text, sizeof text, "%d", i);
        int s = shard(text);
        ck_assert_int_ge(s, 0);
        ck_assert_int_lt(s, 3);
        seen[s]++;
    }
    ck_assert_uint_gt(seen[0], 60); /* spread, roughly */
    ck_assert_uint_gt(seen[1], 60);
    ck_assert_uint_gt(seen[2], 60);
    ck_assert_int_eq(shard(NULL), topo->slot_map[0]);
    ck_assert_int_eq(between("5", false, "5", false), 1 << shard("5"));
    ck_assert_int_eq(between("5", false, "6", false), 1 << shard("5") | 1 << shard("6"));
    ck_assert_int_eq(between("5", false, "6", true), 1 << shard("5"));
    ck_assert_int_eq(between("6", false, "5", false), 0);
    ck_assert_int_eq(between("1", false, "100", false), -1);
    ck_assert_int_eq(between("1", false, NULL, false), -1);
    ck_assert_int_eq(between("-9223372036854775808", false, "9223372036854775807", false), -1);
    ck_assert_int_eq(between("9223372036854775807", false, "9223372036854775807", false),
                     1 << shard("9223372036854775807"));
}
END_TEST

/* The number that everything stored rests on: it may never change. */
START_TEST(test_hash_is_for_ever)
{
    ck_assert_ptr_null(use("hash", "bigint"));
    static const struct {
        const char *key;
        unsigned slot;
    } fixed[] = {{"0", 25}, {"1", 46}, {"5", 12}, {"-1", 19}, {"1234567890123", 38}};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        ck_assert_msg(shard(fixed[i].key) == topo->slot_map[fixed[i].slot], "%s is not in slot %u", fixed[i].key,
                      fixed[i].slot);
    }
}
END_TEST

START_TEST(test_two_columns)
{
    ck_assert_ptr_null(use("two", "varchar(20)"));
    struct lex_slice ab_c[] = {{"ab", 2}, {"c", 1}}, a_bc[] = {{"a", 1}, {"bc", 2}},
                     with_null[] = {{"a", 1}, {NULL, 0}};
    bool differ = false;
    for (int i = 0; i < 20; i++) { /* lengths count: ("ab", "c") is not ("a", "bc") */
        char x[3] = {'a', (char)('b' + i), 0}, y[3] = {(char)('b' + i), 'c', 0};
        ab_c[0].ptr = x;
        a_bc[1].ptr = y;
        differ = differ || shardfn_apply(&fn, columns, ab_c, &arena) != shardfn_apply(&fn, columns, a_bc, &arena);
    }
    ck_assert(differ);
    ck_assert_int_eq(shardfn_apply(&fn, columns, with_null, &arena), topo->slot_map[0]);
    ck_assert_int_eq(between("a", false, "b", false), -1);
}
END_TEST

START_TEST(test_mod)
{
    ck_assert_ptr_null(use("mod", "bigint"));
    ck_assert_int_eq(shard("0"), 0);
    ck_assert_int_eq(shard("5"), 2);
    ck_assert_int_eq(shard("-1"), 2); /* never negative */
    ck_assert_int_eq(shard("-3"), 0);
    ck_assert_int_eq(shard(NULL), 0);
    ck_assert_int_eq(between("4", false, "5", false), 1 << 1 | 1 << 2);
    ck_assert_ptr_null(use("mod", "bigint unsigned"));
    ck_assert_int_eq(shard("18446744073709551615"), 0); /* divisible by 3 */
    ck_assert_ptr_nonnull(use("mod", "varchar(5)"));
}
END_TEST

START_TEST(test_range)
{
    ck_assert_ptr_null(use("range", "int"));
    ck_assert_int_eq(shard("-100"), 2);
    ck_assert_int_eq(shard("9"), 2);
    ck_assert_int_eq(shard("10"), 0);
    ck_assert_int_eq(shard("19"), 0);
    ck_assert_int_eq(shard("20"), 1);
    ck_assert_int_eq(shard(NULL), 2);
    ck_assert_int_eq(between(NULL, false, "10", true), 1 << 2);
    ck_assert_int_eq(between(NULL, false, "10", false), 1 << 2 | 1 << 0);
    ck_assert_int_eq(between("10", false, "19", false), 1 << 0);
    ck_assert_int_eq(between("12", false, NULL, false), 1 << 0 | 1 << 1);
    ck_assert_int_eq(between("20", false, NULL, false), 1 << 1);
    ck_assert_int_eq(between(NULL, false, NULL, false), 7);
    ck_assert_ptr_null(use("range", "varchar(5)")); /* as text: '5' is above '20' */
    ck_assert_int_eq(shard("5"), 1);
    ck_assert_ptr_nonnull(use("range", "date"));
}
END_TEST

START_TEST(test_list)
{
    ck_assert_ptr_null(use("list", "int"));
    ck_assert_int_eq(shard("2"), 1);
    ck_assert_int_eq(shard("3"), 2);
    ck_assert_int_eq(shard("4"), SHARDFN_NONE);
    ck_assert_int_eq(shard(NULL), 0);
    ck_assert_int_eq(between("2", false, "3", false), 1 << 1 | 1 << 2);
    ck_assert_int_eq(between("3", false, NULL, false), 1 << 2);
    ck_assert_ptr_null(use("rest", "int"));
    ck_assert_int_eq(shard("4"), 2);
    ck_assert_int_eq(shard(NULL), 2);
}
END_TEST

START_TEST(test_dates)
{
    ck_assert_ptr_null(use("day", "date"));
    ck_assert_int_eq(shard("1970-01-01"), 0);
    ck_assert_int_eq(shard("1970-01-02"), 1);
    ck_assert_int_eq(shard("1969-12-31"), 2);
    ck_assert_int_eq(shard("2000-03-01"), 11017 % 3);
    ck_assert_int_eq(shard(NULL), 0);
    ck_assert_int_eq(between("1970-01-01", false, "1970-01-02", false), 3);
    ck_assert_int_eq(between("1970-01-01", false, "1970-02-02", false), -1);
    ck_assert_ptr_null(use("week", "date"));
    ck_assert_int_eq(shard("2026-01-05"), shard("2026-01-11")); /* Monday to Sunday */
    ck_assert_int_ne(shard("2026-01-11"), shard("2026-01-12"));
    ck_assert_ptr_null(use("month", "datetime"));
    ck_assert_int_eq(shard("2026-01-01"), shard("2026-01-31 23:59:59"));
    ck_assert_int_eq(shard("2026-02-01"), (shard("2026-01-01") + 1) % 3);
    ck_assert_ptr_null(use("year", "date"));
    ck_assert_int_eq(shard("2026-02-01"), 2026 % 3);
    ck_assert_ptr_nonnull(use("year", "int"));
}
END_TEST

START_TEST(test_sets)
{
    struct shard_set a, b;
    ck_assert(shard_set_init(&a, 130, &arena));
    ck_assert(shard_set_init(&b, 130, &arena));
    ck_assert_int_eq(shard_set_first(&a), -1);
    shard_set_add(&a, 129);
    shard_set_add(&a, 64);
    shard_set_fill(&b, 130);
    ck_assert_uint_eq(shard_set_count(&b), 130);
    shard_set_and(&b, &a);
    ck_assert_uint_eq(shard_set_count(&b), 2);
    ck_assert_int_eq(shard_set_first(&b), 64);
    ck_assert(shard_set_has(&b, 129));
    ck_assert(!shard_set_has(&b, 128));
    shard_set_add(&b, 3);
    shard_set_or(&a, &b);
    ck_assert_uint_eq(shard_set_count(&a), 3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("shardfn");
    TCase *t = tcase_create("shardfn");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_hash);
    tcase_add_test(t, test_hash_is_for_ever);
    tcase_add_test(t, test_two_columns);
    tcase_add_test(t, test_mod);
    tcase_add_test(t, test_range);
    tcase_add_test(t, test_list);
    tcase_add_test(t, test_dates);
    tcase_add_test(t, test_sets);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
