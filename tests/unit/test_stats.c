/* Counters and the latency histogram: what an operator reads must be what happened. */
#include "proxy/stats.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_buckets_are_in_order_and_narrow)
{
    size_t before = 0;
    for (uint64_t us = 0; us < 70000; us++) {
        size_t b = histogram_bucket(us);
        ck_assert(b == before || b == before + 1);
        before = b;
    }
    ck_assert_uint_eq(histogram_bucket(UINT32_MAX), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(histogram_bucket((uint64_t)1 << 32), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(sizeof(struct histogram), 1000);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(test_percentiles_against_sorted_values)
{
    enum { N = 20000 };
    uint64_t *values = malloc(N * sizeof *values);
    struct histogram *h = calloc(1, sizeof *h);
    srand(4);
    for (size_t i = 0; i < N; i++) {
        values[i] = (uint64_t)1 << (rand() % 20);
        values[i] += (uint64_t)rand() % values[i];
        histogram_add(h, values[i]);
    }
    qsort(values, N, sizeof *values, by_value);
    static const double fractions[] = {0.01, 0.5, 0.9, 0.95, 0.99, 0.999};
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        double real = (double)values[(size_t)(fractions[i] * N)], told = (double)histogram_percentile(h, fractions[i]);
        ck_assert_msg(told > real * 0.87 - 1 && told < real * 1.13 + 1, "p%g: %g told as %g", fractions[i], real, told);
    }
    ck_assert_uint_eq(histogram_count(h), N);
    free(values);
    free(h);
}
END_TEST

START_TEST(test_histogram_edges)
{
    struct histogram a = {0}, b = {0};
    ck_assert_uint_eq(histogram_percentile(&a, 0.99), 0);
    histogram_add(&a, 100);
    ck_assert_uint_ge(histogram_percentile(&a, 0.5), 96);
    ck_assert_uint_le(histogram_percentile(&a, 1), 111);
    histogram_add(&b, 63);
    histogram_add(&b, 64);
    ck_assert_uint_eq(histogram_count_below(&b, 6), 1);
    ck_assert_uint_eq(histogram_count_below(&b, 7), 2);
    histogram_merge(&a, &b);
    ck_assert_uint_eq(histogram_count(&a), 3);
    ck_assert_uint_eq(counter_get(&a.sum), 227);
    ck_assert_uint_eq(histogram_count_below(&a, 6), 1);
}
END_TEST

START_TEST(test_counters_add_up_over_workers)
{
    struct stats *a = stats_new(), *b = stats_new(), *sum = stats_new();
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    stats_add(a, questions, 2);
    stats_add(b, questions, 40);
    stats_add(b, limit_statement_memory, 1);
    stats_latency(b, 9);
    stats_merge(sum, a);
    stats_merge(sum, b);
    for (size_t i = 0; i < STATS_ROWS; i++) {
        const char *name = stats_rows[i].name;
        uint64_t expected = strcmp(name, "questions") == 0 ? 42 : strcmp(name, "limit_statement_memory") == 0 ? 1 : 0;
        ck_assert_msg(stats_value(sum, i) == expected, "%s", name);
    }
    ck_assert_uint_eq(histogram_count(&sum->latency), 1);
    stats_free(a);
    stats_free(b);
    stats_free(sum);
}
END_TEST

START_TEST(test_errors_by_class)
{
    struct stats *s = stats_new();
    static const unsigned numbers[] = {1045, 1064, 1146, 1040, 1053, 1047, 1105, 0, 65535};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        stats_error(s, numbers[i]);
    }
    ck_assert_uint_eq(s->errors_sent, 9);
    ck_assert_uint_eq(s->errors_access, 1);
    ck_assert_uint_eq(s->errors_syntax, 1);
    ck_assert_uint_eq(s->errors_unknown_object, 1);
    ck_assert_uint_eq(s->errors_limit, 1);
    ck_assert_uint_eq(s->errors_unavailable, 1);
    ck_assert_uint_eq(s->errors_protocol, 1);
    ck_assert_uint_eq(s->errors_refused, 3);
    stats_free(s);
}
END_TEST

/* Prometheus wants one HELP a metric, before its samples, and all samples of a metric together. */
START_TEST(test_rows_of_a_metric_stand_together)
{
    for (size_t i = 0; i < STATS_ROWS; i++) {
        bool first = i == 0 || strcmp(stats_rows[i].metric, stats_rows[i - 1].metric) != 0;
        ck_assert_msg(first == (stats_rows[i].help[0] != '\0'), "%s", stats_rows[i].name);
        for (size_t j = 0; first && j < i; j++) {
            ck_assert_msg(strcmp(stats_rows[i].metric, stats_rows[j].metric) != 0, "%s", stats_rows[i].name);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("stats");
    tcase_add_test(t, test_buckets_are_in_order_and_narrow);
    tcase_add_test(t, test_percentiles_against_sorted_values);
    tcase_add_test(t, test_histogram_edges);
    tcase_add_test(t, test_counters_add_up_over_workers);
    tcase_add_test(t, test_errors_by_class);
    tcase_add_test(t, test_rows_of_a_metric_stand_together);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
