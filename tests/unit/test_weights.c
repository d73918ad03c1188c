/* Weight strings: every part of the question counts, and their number is bounded. */
#include "proxy/weights.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct weights *w;

static void setup(void) { w = weights_new(); }
static void teardown(void) { weights_free(w); }

static bool has(const char *charset, const char *collation, const char *text, uint16_t client, const char *answer)
{
    struct bytes out;
    if (!weights_get(w, charset, collation, text, strlen(text), client, &out))
        return false;
    ck_assert_uint_eq(out.len, strlen(answer));
    ck_assert_mem_eq(out.p, answer, out.len);
    return true;
}

static void put(const char *charset, const char *collation, const char *text, uint16_t client, const char *answer)
{
    weights_put(w, charset, collation, text, strlen(text), client, answer, strlen(answer));
}

START_TEST(test_every_part_counts)
{
    put("utf8mb4", "utf8mb4_general_ci", "ä", 45, "A");
    ck_assert(has("utf8mb4", "utf8mb4_general_ci", "ä", 45, "A"));
    ck_assert(!has("utf8mb3", "utf8mb4_general_ci", "ä", 45, "A"));
    ck_assert(!has("utf8mb4", "utf8mb4_bin", "ä", 45, "A"));
    ck_assert(!has("utf8mb4", "utf8mb4_general_ci", "Ä", 45, "A"));
    ck_assert(!has("utf8mb4", "utf8mb4_general_ci", "ä", 8, "A")); /* the client's bytes mean other characters */
    put("utf8mb4", "utf8mb4_general_ci", "ä", 8, "Ã¤");
    ck_assert(has("utf8mb4", "utf8mb4_general_ci", "ä", 45, "A"));
    ck_assert(has("utf8mb4", "utf8mb4_general_ci", "ä", 8, "Ã¤"));
}
END_TEST

START_TEST(test_names_do_not_run_together)
{
    put("ab", "c", "x", 45, "1");
    ck_assert(!has("a", "bc", "x", 45, "1"));
}
END_TEST

START_TEST(test_bytes_and_empty_answers)
{
    struct bytes out;
    weights_put(w, "cs", "c", "a\0b", 3, 45, "\0\1", 2);
    ck_assert(!weights_get(w, "cs", "c", "a", 1, 45, &out));
    ck_assert(weights_get(w, "cs", "c", "a\0b", 3, 45, &out));
    ck_assert_uint_eq(out.len, 2);
    put("cs", "c", "", 45, "");
    ck_assert(has("cs", "c", "", 45, ""));
}
END_TEST

START_TEST(test_a_second_answer_replaces_the_first)
{
    put("cs", "c", "x", 45, "old");
    put("cs", "c", "x", 45, "new");
    ck_assert(has("cs", "c", "x", 45, "new"));
}
END_TEST

START_TEST(test_bounded_the_oldest_goes)
{
    char text[16];
    for (int i = 0; i < 30000; i++) {
        snprintf(text, sizeof text, "%d", i);
        put("cs", "c", text, 45, "w");
    }
    int known = 0;
    for (int i = 0; i < 30000; i++) {
        snprintf(text, sizeof text, "%d", i);
        known += has("cs", "c", text, 45, "w");
    }
    ck_assert_int_le(known, 10000);
    ck_assert_int_ge(known, 1000);
    ck_assert(!has("cs", "c", "0", 45, "w"));
    ck_assert(has("cs", "c", "29999", 45, "w"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("weights");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_every_part_counts);
    tcase_add_test(c, test_names_do_not_run_together);
    tcase_add_test(c, test_bytes_and_empty_answers);
    tcase_add_test(c, test_a_second_answer_replaces_the_first);
    tcase_add_test(c, test_bounded_the_oldest_goes);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
