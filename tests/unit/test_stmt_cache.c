/* What is prepared on a backend: found by text and settings, bounded, and closed on the server when it is pushed out. */
#include "proxy/stmt_cache.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "protocol/const.h"
#include "protocol/wire.h"
#include "proxy/settings.h"

static struct settings_store *store;
static struct settings *plain, *ansi;
static struct stmt_cache *cache;
static struct buf out;

static void setup(void)
{
    store = settings_store_new();
    plain = settings_empty(store);
    ansi = settings_with(plain, "sql_mode", "'ANSI'");
    cache = stmt_cache_new();
    buf_init(&out, SIZE_MAX);
}

static void teardown(void)
{
    buf_deinit(&out);
    stmt_cache_free(cache);
    settings_unref(plain);
    settings_unref(ansi);
    settings_store_free(store); /* asserts that the cache gave its references back */
}

static void put(struct settings *s, const char *sql, uint32_t id, size_t max)
{
    stmt_cache_put(cache, s, sql, strlen(sql), id, max, &out);
}

static uint32_t get(struct settings *s, const char *sql)
{
    return stmt_cache_get(cache, s, sql, strlen(sql));
}

/* The id in the one COM_STMT_CLOSE of `out`, which is emptied; 0: there is none. */
static uint32_t closed(void)
{
    if (!buf_len(&out))
        return 0;
    struct reader r = rd_init(buf_ptr(&out), buf_len(&out));
    ck_assert_uint_eq(rd_u24(&r), 5);
    ck_assert_uint_eq(rd_u8(&r), 0);
    ck_assert_uint_eq(rd_u8(&r), COM_STMT_CLOSE);
    uint32_t id = rd_u32(&r);
    ck_assert(!r.bad && !rd_left(&r));
    buf_consume(&out, buf_len(&out));
    return id;
}

START_TEST(test_text_and_settings_tell_statements_apart)
{
    put(plain, "SELECT ?", 7, 10);
    put(ansi, "SELECT ?", 8, 10);
    ck_assert_uint_eq(get(plain, "SELECT ?"), 7);
    ck_assert_uint_eq(get(ansi, "SELECT ?"), 8);
    ck_assert_uint_eq(get(plain, "SELECT  ?"), 0);
    ck_assert_uint_eq(stmt_cache_get(cache, plain, "SELECT ?", 7), 0);
    ck_assert_uint_eq(closed(), 0);
}
END_TEST

START_TEST(test_the_least_recently_used_is_closed)
{
    put(plain, "a", 1, 2);
    put(plain, "b", 2, 2);
    ck_assert_uint_eq(get(plain, "a"), 1);
    put(plain, "c", 3, 2);
    ck_assert_uint_eq(closed(), 2);
    ck_assert_uint_eq(get(plain, "b"), 0);
    ck_assert_uint_eq(get(plain, "a"), 1);
    ck_assert_uint_eq(stmt_cache_count(cache), 2);
}
END_TEST

START_TEST(test_prepared_again_the_first_one_is_closed)
{
    put(plain, "a", 1, 2);
    put(plain, "a", 9, 2);
    ck_assert_uint_eq(closed(), 1);
    ck_assert_uint_eq(get(plain, "a"), 9);
    ck_assert_uint_eq(stmt_cache_count(cache), 1);
}
END_TEST

START_TEST(test_a_smaller_limit_closes_several)
{
    for (uint32_t i = 1; i <= 5; i++) {
        char sql[8];
        snprintf(sql, sizeof sql, "s%u", i);
        put(plain, sql, i, 5);
    }
    put(plain, "new", 6, 2);
    ck_assert_uint_eq(stmt_cache_count(cache), 2);
    ck_assert_uint_eq(buf_len(&out), 4 * 9);
    ck_assert_uint_eq(get(plain, "s5"), 5);
}
END_TEST

START_TEST(test_remove)
{
    put(plain, "a", 1, 2);
    stmt_cache_remove(cache, 5, &out);
    ck_assert_uint_eq(closed(), 0);
    stmt_cache_remove(cache, 1, &out);
    ck_assert_uint_eq(closed(), 1);
    ck_assert_uint_eq(get(plain, "a"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stmt_cache");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_text_and_settings_tell_statements_apart);
    tcase_add_test(c, test_the_least_recently_used_is_closed);
    tcase_add_test(c, test_prepared_again_the_first_one_is_closed);
    tcase_add_test(c, test_a_smaller_limit_closes_several);
    tcase_add_test(c, test_remove);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
