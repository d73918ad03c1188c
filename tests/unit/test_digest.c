/* The table of statement digests: bounded, and it never takes a row from under a plan. */
#include "proxy/digest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct digest *get_number(struct digest_table *t, unsigned i)
{
    char text[64];
    snprintf(text, sizeof text, "SELECT c%u FROM t", i);
    return digest_get(t, text, "shop");
}

static void on_row(void *arg, const struct digest *d)
{
    size_t *n = arg;
    (*n)++;
    ck_assert_uint_le(d->errors, d->count);
}

static size_t rows(const struct digest_table *t)
{
    size_t n = 0;
    digest_each(t, on_row, &n);
    return n;
}

START_TEST(test_counts)
{
    struct digest_table *t = digest_table_new(10);
    struct digest *d = digest_get(t, "SELECT ?", "shop"), *other = digest_get(t, "SELECT ?", "mall");
    ck_assert_ptr_ne(d, other); /* the same text in another schema is another statement */
    ck_assert_ptr_eq(digest_get(t, "SELECT ?", "shop"), d);
    digest_add(d, 100, 3, false);
    digest_add(d, 300, 4, true);
    ck_assert_uint_eq(d->count, 2);
    ck_assert_uint_eq(d->errors, 1);
    ck_assert_uint_eq(d->rows, 7);
    ck_assert_uint_eq(d->total_us, 400);
    ck_assert_uint_eq(d->max_us, 300);
    ck_assert_uint_ge(d->last_seen, d->first_seen);
    ck_assert_uint_gt(d->first_seen, 0);
    ck_assert_uint_eq(histogram_count(&d->latency), 2);
    ck_assert_str_eq(d->text, "SELECT ?");
    ck_assert_str_eq(d->schema, "shop");
    ck_assert_uint_eq(other->count, 0);
    digest_table_free(t);
}
END_TEST

START_TEST(test_schema_and_text_do_not_run_together)
{
    struct digest_table *t = digest_table_new(10);
    ck_assert_ptr_ne(digest_get(t, "bSELECT", "a"), digest_get(t, "SELECT", "ab"));
    ck_assert_ptr_ne(digest_get(t, "(other statements)", ""), NULL);
    digest_table_free(t);
}
END_TEST

START_TEST(test_the_oldest_unused_makes_room)
{
    struct digest_table *t = digest_table_new(3);
    struct digest *d[3];
    for (unsigned i = 0; i < 3; i++) {
        d[i] = get_number(t, i);
        digest_add(d[i], 10, 1, false);
    }
    digest_add(d[0], 10, 1, false); /* now 1 is the oldest */
    for (unsigned i = 0; i < 3; i++) {
        digest_unref(d[i]);
    }
    digest_unref(get_number(t, 3));
    ck_assert_uint_eq(rows(t), 3);
    ck_assert_uint_eq(digest_evicted(t), 1);
    struct digest *again = get_number(t, 0);
    ck_assert_uint_eq(again->count, 2);
    again = get_number(t, 1);
    ck_assert_uint_eq(again->count, 0);
    digest_table_free(t);
}
END_TEST

START_TEST(test_a_row_in_use_stays_and_nothing_goes_uncounted)
{
    struct digest_table *t = digest_table_new(2);
    struct digest *a = get_number(t, 0), *b = get_number(t, 1), *c = get_number(t, 2), *d = get_number(t, 3);
    ck_assert_ptr_eq(c, d);
    ck_assert_str_eq(c->text, "(other statements)");
    digest_add(a, 1, 1, false);
    digest_add(b, 1, 1, false);
    digest_add(c, 1, 1, false);
    digest_add(d, 1, 1, false);
    ck_assert_uint_eq(c->count, 2);
    ck_assert_uint_eq(rows(t), 3);
    digest_unref(c);
    digest_unref(d);
    digest_unref(a);
    struct digest *e = get_number(t, 4);
    ck_assert_str_eq(e->text, "SELECT c4 FROM t");
    ck_assert_uint_eq(b->count, 1);
    digest_table_free(t);
}
END_TEST

START_TEST(test_bounded_under_a_million_shapes)
{
    struct digest_table *t = digest_table_new(100);
    for (unsigned i = 0; i < 100000; i++) {
        struct digest *d = get_number(t, i);
        digest_add(d, i, 1, i % 2);
        digest_unref(d);
    }
    ck_assert_uint_eq(rows(t), 100);
    ck_assert_uint_eq(digest_evicted(t), 99900);
    digest_table_resize(t, 10);
    ck_assert_uint_eq(rows(t), 10);
    digest_reset(t);
    ck_assert_uint_eq(rows(t), 0);
    digest_table_free(t);
}
END_TEST

START_TEST(test_reset_keeps_rows_in_use)
{
    struct digest_table *t = digest_table_new(5);
    struct digest *d = get_number(t, 0);
    digest_add(d, 5, 1, true);
    digest_unref(get_number(t, 1));
    digest_reset(t);
    ck_assert_uint_eq(rows(t), 1);
    ck_assert_uint_eq(d->count + d->errors + d->total_us + histogram_count(&d->latency), 0);
    digest_add(d, 5, 1, true);
    ck_assert_uint_eq(d->count, 1);
    digest_table_free(t);
}
END_TEST

START_TEST(test_off_and_long_texts)
{
    struct digest_table *t = digest_table_new(0);
    ck_assert_ptr_null(digest_get(t, "SELECT ?", "shop"));
    digest_unref(NULL);
    digest_table_resize(t, 2);
    char *text = malloc(5000);
    memset(text, 'x', 4999);
    text[4999] = '\0';
    struct digest *d = digest_get(t, text, text);
    ck_assert_uint_eq(strlen(d->text), DIGEST_TEXT_MAX);
    ck_assert_ptr_eq(digest_get(t, text, text), d);
    free(text);
    digest_table_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("digest");
    TCase *t = tcase_create("digest");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_counts);
    tcase_add_test(t, test_schema_and_text_do_not_run_together);
    tcase_add_test(t, test_the_oldest_unused_makes_room);
    tcase_add_test(t, test_a_row_in_use_stays_and_nothing_goes_uncounted);
    tcase_add_test(t, test_bounded_under_a_million_shapes);
    tcase_add_test(t, test_reset_keeps_rows_in_use);
    tcase_add_test(t, test_off_and_long_texts);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
