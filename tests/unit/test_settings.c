/* Sets of session settings: equal sets are one pointer, and a difference is one SET that any sql_mode reads alike. */
#include "proxy/settings.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings_store *store;
static struct settings *empty;

static void setup(void)
{
    store = settings_store_new();
    empty = settings_empty(store);
}

/* settings_store_free() asserts that every set was given back. */
static void teardown(void)
{
    settings_unref(empty);
    settings_store_free(store);
}

/* NULL-terminated name, value, name, value …; takes over the reference of `from`. */
static struct settings *with(struct settings *from, const char *const *pairs)
{
    for (; *pairs; pairs += 2) {
        struct settings *to = settings_with(from, pairs[0], pairs[1]);
        settings_unref(from);
        from = to;
    }
    return from;
}

#define SET(...) with(settings_ref(empty), (const char *const[]){__VA_ARGS__, NULL})

static char *diff(const struct settings *from, const struct settings *to)
{
    static char text[4096];
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    bool any = settings_diff(from, to, &sql);
    ck_assert_int_eq(any, buf_len(&sql) > 0);
    snprintf(text, sizeof text, "%.*s", (int)buf_len(&sql), buf_len(&sql) ? (char *)buf_ptr(&sql) : "");
    buf_deinit(&sql);
    return text;
}

START_TEST(test_equal_sets_are_one_pointer)
{
    struct settings *a = SET("sql_mode", "'ANSI'", "", "shop", "@x", "1");
    struct settings *b = SET("@x", "2", "", "shop", "sql_mode", "'ANSI'", "@x", "1");
    ck_assert_ptr_eq(a, b);
    ck_assert_str_eq(settings_get(a, ""), "shop");
    ck_assert_str_eq(settings_get(a, "@x"), "1");
    ck_assert_ptr_null(settings_get(a, "time_zone"));
    struct settings *back = with(settings_ref(a), (const char *const[]){"sql_mode", NULL, NULL});
    ck_assert_ptr_ne(back, a);
    settings_unref(back);
    settings_unref(a);
    settings_unref(b);
}
END_TEST

START_TEST(test_removing_all_leads_back_to_the_empty_set)
{
    struct settings *one = settings_with(empty, "autocommit", "0");
    struct settings *none = settings_with(one, "autocommit", NULL), *same = settings_with(one, "nothing", NULL);
    ck_assert_ptr_eq(none, empty);
    ck_assert_ptr_eq(same, one);
    settings_unref(none);
    settings_unref(same);
    settings_unref(one);
}
END_TEST

START_TEST(test_many_sets_stay_apart)
{
    enum { N = 2000 };
    struct settings *all[N];
    char value[16];
    for (int i = 0; i < N; i++) {
        snprintf(value, sizeof value, "%d", i);
        all[i] = settings_with(empty, "@n", value);
    }
    for (int i = 0; i < N; i++) {
        snprintf(value, sizeof value, "%d", i);
        ck_assert_str_eq(settings_get(all[i], "@n"), value);
        struct settings *again = settings_with(empty, "@n", value);
        ck_assert_ptr_eq(again, all[i]);
        settings_unref(again);
    }
    for (int i = N - 1; i >= 0; i--)
        settings_unref(all[i]);
}
END_TEST

/* A prepared statement depends on all but the user variables, wherever they sort. */
START_TEST(test_core_leaves_user_variables_out)
{
    struct settings *s = SET("", "shop", "@a", "1", "@zz", "2", "autocommit", "0", "time_zone", "'UTC'");
    struct settings *core = settings_core(s), *plain = SET("", "shop", "autocommit", "0", "time_zone", "'UTC'");
    ck_assert_ptr_eq(core, plain);
    struct settings *same = settings_core(core);
    ck_assert_ptr_eq(same, core);
    struct settings *only = SET("@a", "1"), *none = settings_core(only);
    ck_assert_ptr_eq(none, empty);
    settings_unref(only);
    settings_unref(none);
    settings_unref(same);
    settings_unref(plain);
    settings_unref(core);
    settings_unref(s);
}
END_TEST

START_TEST(test_diff)
{
    struct settings *a = SET("", "shop", "@a", "1", "sql_mode", "'ANSI'");
    struct settings *b = SET("", "mall", "@b`c", "'x'", "sql_mode", "''");
    ck_assert_str_eq(diff(a, a), "");
    ck_assert_str_eq(diff(empty, a), "SET @`a`=1, sql_mode='ANSI'");
    ck_assert_str_eq(diff(a, b), "SET @`a`=NULL, @`b``c`='x', sql_mode=''");
    ck_assert_str_eq(diff(a, empty), "SET @`a`=NULL, sql_mode=DEFAULT");
    settings_unref(a);
    settings_unref(b);
}
END_TEST

/* The schema is COM_INIT_DB's. */
START_TEST(test_diff_does_not_speak_of_the_schema)
{
    struct settings *a = SET("", "shop"), *b = SET("", "mall");
    ck_assert_str_eq(diff(a, b), "");
    ck_assert_str_eq(diff(a, empty), "");
    settings_unref(a);
    settings_unref(b);
}
END_TEST

/* Setting the connection's character set resets its collation, so the four go together and the collation last. */
START_TEST(test_diff_sets_the_names_together)
{
    struct settings *utf8 = SET("character_set_client", "'utf8mb4'", "character_set_results", "'utf8mb4'",
                                "character_set_connection", "'utf8mb4'");
    struct settings *bin = with(settings_ref(utf8), (const char *const[]){"collation_connection", "'utf8mb4_bin'", NULL});
    ck_assert_str_eq(diff(utf8, bin), "SET character_set_client='utf8mb4', character_set_results='utf8mb4', "
                                      "character_set_connection='utf8mb4', collation_connection='utf8mb4_bin'");
    /* back: setting the character set is what takes the collation away */
    ck_assert_str_eq(diff(bin, utf8), "SET character_set_client='utf8mb4', character_set_results='utf8mb4', "
                                      "character_set_connection='utf8mb4'");
    ck_assert_ptr_nonnull(strstr(diff(bin, empty), "collation_connection=DEFAULT"));
    settings_unref(utf8);
    settings_unref(bin);
}
END_TEST

START_TEST(test_quote)
{
    static const struct {
        const char *text, *sql;
    } cases[] = {
        {"", "''"},
        {"plain", "'plain'"},
        {"it's", "X'69742773'"},       /* a doubled quote would do, but not under every character set */
        {"back\\slash", "X'6261636B5C736C617368'"},
        {"\xc3\xa4", "X'C3A4'"},
        {"a\nb", "X'610A62'"},
        {"say \"x\"", "'say \"x\"'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf sql;
        buf_init(&sql, SIZE_MAX);
        settings_quote(&sql, cases[i].text, strlen(cases[i].text));
        ck_assert_int_eq(buf_len(&sql), strlen(cases[i].sql));
        ck_assert_mem_eq(buf_ptr(&sql), cases[i].sql, buf_len(&sql));
        buf_deinit(&sql);
    }
}
END_TEST

START_TEST(test_memo)
{
    static const char text[] = "SET sql_mode='ANSI'";
    struct settings *ansi = SET("sql_mode", "'ANSI'"), *other = SET("@x", "1");
    ck_assert_ptr_null(settings_memo_get(empty, text, strlen(text)));
    settings_memo_put(empty, text, strlen(text), ansi);
    struct settings *found = settings_memo_get(empty, text, strlen(text));
    ck_assert_ptr_eq(found, ansi);
    ck_assert_ptr_null(settings_memo_get(other, text, strlen(text))); /* from elsewhere it leads elsewhere */
    ck_assert_ptr_null(settings_memo_get(empty, text, strlen(text) - 1));
    settings_unref(found);
    settings_unref(ansi);
    settings_unref(other);
}
END_TEST

/* What is asked for stays; what is not is forgotten: the number is bounded. */
START_TEST(test_memo_is_bounded)
{
    char text[64];
    struct settings *to = SET("@x", "1"), *found;
    settings_memo_put(empty, "keep", 4, to);
    for (int i = 0; i < 5000; i++) {
        int n = snprintf(text, sizeof text, "SET a=%d", i);
        settings_memo_put(empty, text, (size_t)n, to);
        found = settings_memo_get(empty, "keep", 4);
        ck_assert_ptr_nonnull(found);
        settings_unref(found);
    }
    int known = 0;
    for (int i = 0; i < 5000; i++) {
        int n = snprintf(text, sizeof text, "SET a=%d", i);
        found = settings_memo_get(empty, text, (size_t)n);
        known += found != NULL;
        settings_unref(found);
    }
    ck_assert_int_gt(known, 0);
    ck_assert_int_lt(known, 1000);
    char *huge = calloc(1, 100000);
    settings_memo_put(empty, huge, 100000, to);
    ck_assert_ptr_null(settings_memo_get(empty, huge, 100000));
    free(huge);
    settings_unref(to);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("settings");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_equal_sets_are_one_pointer);
    tcase_add_test(c, test_removing_all_leads_back_to_the_empty_set);
    tcase_add_test(c, test_many_sets_stay_apart);
    tcase_add_test(c, test_core_leaves_user_variables_out);
    tcase_add_test(c, test_diff);
    tcase_add_test(c, test_diff_does_not_speak_of_the_schema);
    tcase_add_test(c, test_diff_sets_the_names_together);
    tcase_add_test(c, test_quote);
    tcase_add_test(c, test_memo);
    tcase_add_test(c, test_memo_is_bounded);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
