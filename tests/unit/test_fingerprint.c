#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/fingerprint.h"

static struct arena arena;
static struct lex_mode mode;

static void setup(void)
{
    arena_init(&arena, 4096, (size_t)1 << 26);
    mode = (struct lex_mode){.charset = LEX_CS_UTF8, .dialect = LEX_MARIADB, .version = 101100};
}

static void teardown(void)
{
    arena_deinit(&arena);
}

static struct fingerprint of(const char *sql)
{
    struct fingerprint f;
    ck_assert_msg(fingerprint_sql(sql, (uint32_t)strlen(sql), &mode, &arena, &f) == FINGERPRINT_OK, "%s", sql);
    return f;
}

static bool same(const char *a, const char *b)
{
    struct fingerprint fa = of(a), fb = of(b);
    bool equal = fa.shape_len == fb.shape_len && memcmp(fa.shape, fb.shape, fa.shape_len) == 0;
    ck_assert_msg(equal == (fa.hash == fb.hash), "hash of %s", a);
    return equal;
}

#define ck_same(a, b) ck_assert_msg(same(a, b), "%s\n%s", a, b)
#define ck_differ(a, b) ck_assert_msg(!same(a, b), "%s\n%s", a, b)

START_TEST(test_values_do_not_matter)
{
    ck_same("select a from t where b = 1", "SELECT a\nFROM t  WHERE b=99999 -- x");
    ck_same("select a from t where b = 'x'", "select a from t where b = 'it''s' \"two\"");
    ck_same("insert into t values (1, 'a')", "insert into t values (2,'b')");
    ck_same("select a from t where b in (1,2)", "select a from t where b in (3,4)");
    ck_same("select 1.5", "select 2");
    ck_same("select a from t limit 5", "select a from t limit 6");
}
END_TEST

/* R6: literals that mean something else are another shape. */
START_TEST(test_trap_R6_structure_matters)
{
    ck_differ("select a from t order by 1", "select a from t order by 2");
    ck_differ("select a from t order by (1)", "select a from t order by (2)");
    ck_differ("select a from t group by 1", "select a from t group by 2");
    ck_differ("select a from t order by a, 1", "select a from t order by a, 2");
    ck_same("select a from t order by f(1)", "select a from t order by f(2)");
    ck_differ("select a from t where b = 5", "select a from t limit 5");
    ck_differ("select a from t limit 1, 2", "select a from t limit 1 offset 2");
    ck_differ("select a from t where b in (1)", "select a from t where b in (1, 2)");
    ck_differ("select 1", "select '1'");
    ck_differ("select 'a'", "select x'61'");
    ck_differ("select 1", "select ?");
    ck_differ("select -1", "select 1");
    ck_differ("select 1 as 'a'", "select 1 as 'b'");
    ck_differ("select a 'x' from t", "select a 'y' from t");
    ck_differ("select cast(a as char(10))", "select cast(a as char(20))");
    ck_differ("select cast(a as decimal(10, 2))", "select cast(a as decimal(10, 3))");
    ck_differ("select a from t", "select a from T");
    ck_differ("select @a", "select @b");
    ck_differ("select /*+ a */ 1", "select /*+ b */ 1");
    ck_differ("/* shardwire: a */ select 1", "/* shardwire: b */ select 1");
    ck_differ("select /*! 1 */", "select 1");
    ck_differ("select _utf8'a'", "select _latin1'a'");
    ck_differ("select count(*) from t", "select count (*) from t");
    ck_differ("select `a b` from t", "select `a c` from t");
    ck_differ("select t.a from t", "select `t`.a from t");
    ck_differ("select a - 1", "select a, -1");
}
END_TEST

START_TEST(test_literals_in_token_order)
{
    static const char sql[] = "select 'a' 'b', -5, 1.5, 1e3, x'41', b'1', N'n' from t where c in (7) limit 8";
    static const uint8_t kinds[] = {LITERAL_STRING, LITERAL_INT,     LITERAL_DECIMAL, LITERAL_FLOAT, LITERAL_HEX,
                                    LITERAL_BIT,    LITERAL_NSTRING, LITERAL_INT,     LITERAL_LIMIT};
    struct fingerprint f = of(sql);
    ck_assert_uint_eq(f.nliterals, sizeof kinds);
    for (uint32_t i = 0; i < f.nliterals; i++) {
        ck_assert_uint_eq(f.literals[i].kind, kinds[i]);
    }
    ck_assert_uint_eq(f.literals[0].span.off, 7);
    ck_assert_uint_eq(f.literals[0].span.len, 7);
    ck_assert_uint_eq(f.literals[1].span.len, 1); /* the sign is not part of it */
}
END_TEST

START_TEST(test_facts_and_ends)
{
    struct fingerprint f = of("(select ? + ?); delete from t");
    ck_assert_uint_eq(f.first, KW_SELECT);
    ck_assert_uint_eq(f.nparams, 2);
    ck_assert_uint_eq(f.end, 14);
    ck_assert_uint_eq(f.next, 15);
    f = of("select 1; -- nothing more");
    ck_assert_uint_eq(f.next, 0);
    f = of("/* shardwire: x */ update /*+ h */ t set a = 1");
    ck_assert(f.has_route_hint && f.has_hint);
    ck_assert_uint_eq(f.first, KW_UPDATE);
    f = of("create procedure p() begin select 1; select 2; end; select 3");
    ck_assert_uint_eq(f.end, 50);
    ck_assert_uint_eq(of("foo bar").first, KW_NONE);
}
END_TEST

START_TEST(test_bad_and_empty)
{
    struct fingerprint f;
    ck_assert_int_eq(fingerprint_sql("", 0, &mode, &arena, &f), FINGERPRINT_EMPTY);
    ck_assert_int_eq(fingerprint_sql(" -- x", 5, &mode, &arena, &f), FINGERPRINT_EMPTY);
    ck_assert_int_eq(fingerprint_sql(";", 1, &mode, &arena, &f), FINGERPRINT_EMPTY);
    ck_assert_int_eq(fingerprint_sql("select 'a", 9, &mode, &arena, &f), FINGERPRINT_BAD);
    ck_assert_uint_eq(f.end, 7);
}
END_TEST

/* An INSERT of 100,000 rows, and the same under a low ceiling. */
START_TEST(test_large_and_ceiling)
{
    enum { ROWS = 100000 };
    char *sql = malloc(64 + ROWS * 16), *p = sql + sprintf(sql, "insert into t values ");
    struct fingerprint f;
    struct arena small;
    for (int i = 0; i < ROWS; i++) {
        p += sprintf(p, "%s(%d, 'x')", i ? ", " : "", i);
    }
    uint32_t len = (uint32_t)(p - sql), digest_len;
    ck_assert_int_eq(fingerprint_sql(sql, len, &mode, &arena, &f), FINGERPRINT_OK);
    ck_assert_uint_eq(f.nliterals, 2 * ROWS);
    ck_assert_str_eq(fingerprint_digest(f.shape, f.shape_len, 100, &arena, &digest_len), "INSERT INTO t VALUES (...)");
    arena_init(&small, 4096, 100000);
    ck_assert_int_eq(fingerprint_sql(sql, len, &mode, &small, &f), FINGERPRINT_MEMORY);
    arena_deinit(&small);
    free(sql);
}
END_TEST

START_TEST(test_digest)
{
    static const struct {
        const char *sql, *digest;
    } cases[] = {
        {"select a from t where b in (1,-2,null) and c = 'x' limit 3",
         "SELECT a FROM t WHERE b IN (...) AND c = ? LIMIT ?"},
        {"select a from t where b in (?, ?)", "SELECT a FROM t WHERE b IN (...)"},
        {"select a from t where (b, c) in ((1, 2), (3, 4))", "SELECT a FROM t WHERE (b, c) IN (...)"},
        {"select a from t where b in (select c from u where d = 1)",
         "SELECT a FROM t WHERE b IN (SELECT c FROM u WHERE d = ?)"},
        {"insert into t (a) values (1), (2), (3) on duplicate key update a = values(a)",
         "INSERT INTO t (a) VALUES (...) ON duplicate KEY UPDATE a = VALUES (a)"},
        {"select '?', `?`, x'00'", "SELECT ?, `?`, ?"},
        {"select f(1, 2)", "SELECT f(?, ?)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fingerprint f = of(cases[i].sql);
        uint32_t len;
        ck_assert_str_eq(fingerprint_digest(f.shape, f.shape_len, 1000, &arena, &len), cases[i].digest);
        ck_assert_uint_eq(len, strlen(cases[i].digest));
    }
    struct fingerprint f = of("select abcdefgh from t");
    uint32_t len;
    ck_assert_str_eq(fingerprint_digest(f.shape, f.shape_len, 10, &arena, &len), "SELECT abc");
}
END_TEST

/* Passwords never reach a shape, and so no statistics either. */
START_TEST(test_no_secrets_in_shapes)
{
    static const char *const cases[] = {
        "create user 'u'@'%' identified by 'secret'",
        "create user u identified with mysql_native_password as 'secret'",
        "alter user u identified with x using 'secret'",
        "grant all on *.* to u identified by password 'secret'",
        "set password = 'secret'",
        "set password for u = password('secret')",
        "change master to master_password = 'secret'",
        "create server s foreign data wrapper mysql options (user 'u', password 'secret')",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fingerprint f = of(cases[i]);
        ck_assert_msg(!memmem(f.shape, f.shape_len, "secret", 6), "%.*s", (int)f.shape_len, f.shape);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fingerprint");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_values_do_not_matter);
    tcase_add_test(t, test_trap_R6_structure_matters);
    tcase_add_test(t, test_literals_in_token_order);
    tcase_add_test(t, test_facts_and_ends);
    tcase_add_test(t, test_bad_and_empty);
    tcase_add_test(t, test_large_and_ceiling);
    tcase_add_test(t, test_digest);
    tcase_add_test(t, test_no_secrets_in_shapes);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
