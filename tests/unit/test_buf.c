#include "protocol/buf.h"
#include "tests/unit/wire_help.h"

START_TEST(test_holds_nothing_until_used)
{
    struct buf b;
    buf_init(&b, 100);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(buf_len(&b), 0);
    buf_append(&b, "", 0);
    ck_assert_ptr_null(b.data);
    buf_deinit(&b);
}
END_TEST

START_TEST(test_append_and_consume_keep_the_bytes_in_order)
{
    struct buf b;
    buf_init(&b, 5000);
    uint8_t in = 0, out = 0;
    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = round * 7 % 23; i > 0; i--, in++)
            buf_append(&b, &in, 1);
        ck_assert(!b.bad);
        ck_assert(b.head <= b.tail && b.tail <= b.cap && b.cap <= b.max);
        size_t n = round * 5 % 29;
        n = n < buf_len(&b) ? n : buf_len(&b);
        for (size_t i = 0; i < n; i++, out++)
            ck_assert_uint_eq(buf_ptr(&b)[i], out);
        if (n)
            buf_consume(&b, n);
    }
    buf_deinit(&b);
}
END_TEST

START_TEST(test_ceiling_is_exact_and_bad_stays)
{
    static const uint8_t zeros[1001];
    struct buf b;
    buf_init(&b, 1000);
    buf_append(&b, zeros, 1000);
    ck_assert(!b.bad);
    ck_assert_uint_eq(buf_len(&b), 1000);
    ck_assert_uint_le(b.cap, 1000);
    buf_append(&b, zeros, 1);
    ck_assert(b.bad);
    ck_assert_uint_eq(buf_len(&b), 1000);
    buf_consume(&b, 1000);
    buf_append(&b, zeros, 1);
    ck_assert(b.bad);
    ck_assert_uint_eq(buf_len(&b), 0);
    buf_deinit(&b);
    ck_assert(!b.bad);
    buf_append(&b, zeros, 1000);
    ck_assert(!b.bad);
    buf_deinit(&b);
}
END_TEST

START_TEST(test_huge_reservation_does_not_overflow)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_append(&b, "abc", 3);
    ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
    ck_assert(b.bad);
    ck_assert_uint_eq(buf_len(&b), 3);
    buf_deinit(&b);
}
END_TEST

START_TEST(test_room_of_consumed_bytes_is_used_again)
{
    struct buf b;
    uint8_t block[100] = {0};
    buf_init(&b, 256);
    for (int i = 0; i < 100; i++) { /* at the ceiling the bytes must slide to the front */
        buf_append(&b, block, 100);
        buf_append(&b, block, 100);
        ck_assert(!b.bad);
        buf_consume(&b, 150);
        buf_append(&b, block, 100);
        ck_assert(!b.bad);
        buf_consume(&b, 150);
    }
    ck_assert_uint_eq(buf_len(&b), 0);
    buf_deinit(&b);
}
END_TEST

START_TEST(test_emptied_large_buffer_gives_memory_back)
{
    static const uint8_t big[20000];
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_append(&b, big, 1000);
    buf_consume(&b, 1000);
    ck_assert_ptr_nonnull(b.data); /* small ones are kept */
    ck_assert_uint_eq(b.head, 0);
    buf_append(&b, big, 20000);
    buf_consume(&b, 19999);
    ck_assert_uint_eq(buf_len(&b), 1);
    buf_consume(&b, 1);
    ck_assert_uint_eq(b.cap, 0);
    buf_append(&b, "x", 1);
    ck_assert_uint_eq(*buf_ptr(&b), 'x');
    buf_deinit(&b);
}
END_TEST

START_TEST(test_truncate)
{
    struct buf b;
    buf_init(&b, 100);
    buf_append(&b, "abcdef", 6);
    buf_consume(&b, 2);
    buf_truncate(&b, 3);
    ck_assert_uint_eq(buf_len(&b), 3);
    ck_assert_mem_eq(buf_ptr(&b), "cde", 3);
    buf_deinit(&b);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("buf");
    tcase_add_test(tc, test_holds_nothing_until_used);
    tcase_add_test(tc, test_append_and_consume_keep_the_bytes_in_order);
    tcase_add_test(tc, test_ceiling_is_exact_and_bad_stays);
    tcase_add_test(tc, test_huge_reservation_does_not_overflow);
    tcase_add_test(tc, test_room_of_consumed_bytes_is_used_again);
    tcase_add_test(tc, test_emptied_large_buffer_gives_memory_back);
    tcase_add_test(tc, test_truncate);
    return run_tests("buf", tc);
}
