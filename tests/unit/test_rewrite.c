/* Editing SQL by span. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "router/rewrite.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 256, 1 << 16);
}

static void teardown(void)
{
    arena_deinit(&arena);
}

static const char *apply(const char *sql, const struct rewrite_edit *edits, size_t n)
{
    const char *out;
    size_t len;
    if (!rewrite_apply(sql, strlen(sql), edits, n, &arena, &out, &len)) {
        return NULL;
    }
    ck_assert_uint_eq(strlen(out), len);
    return out;
}

START_TEST(test_edits)
{
    const struct rewrite_edit edits[] = {{{7, 3}, "x", 1}, {{12, 0}, "new ", 4}, {{12, 1}, "", 0}};
    ck_assert_str_eq(apply("SELECT abc, d", edits, 3), "SELECT x, new ");
    ck_assert_str_eq(apply("SELECT abc, d", edits, 1), "SELECT x, d");
    ck_assert_str_eq(apply("SELECT abc, d", NULL, 0), "SELECT abc, d");
    ck_assert_str_eq(apply("", NULL, 0), "");
}
END_TEST

START_TEST(test_whole)
{
    const struct rewrite_edit edit = {{0, 3}, "longer than before", 18};
    ck_assert_str_eq(apply("abc", &edit, 1), "longer than before");
}
END_TEST

START_TEST(test_wrong_edits)
{
    const struct rewrite_edit overlap[] = {{{0, 3}, "", 0}, {{2, 1}, "", 0}}, beyond = {{2, 2}, "", 0},
                              far = {{9, 0}, "", 0};
    const struct rewrite_edit order[] = {{{2, 1}, "", 0}, {{0, 1}, "", 0}}, wraps = {{1, UINT32_MAX}, "", 0};
    ck_assert_ptr_null(apply("abc", overlap, 2));
    ck_assert_ptr_null(apply("abc", &beyond, 1));
    ck_assert_ptr_null(apply("abc", &far, 1));
    ck_assert_ptr_null(apply("abc", order, 2));
    ck_assert_ptr_null(apply("abc", &wraps, 1));
}
END_TEST

START_TEST(test_ceiling)
{
    static char big[1 << 17];
    const struct rewrite_edit edit = {{0, 0}, big, sizeof big};
    ck_assert_ptr_null(apply("abc", &edit, 1));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rewrite");
    TCase *t = tcase_create("rewrite");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_edits);
    tcase_add_test(t, test_whole);
    tcase_add_test(t, test_wrong_edits);
    tcase_add_test(t, test_ceiling);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
