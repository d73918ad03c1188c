#include "protocol/wire.h"
#include "tests/unit/wire_help.h"

START_TEST(test_lenenc_forms)
{
    static const struct {
        uint64_t v;
        const char *hex;
    } rows[] = {
        {0, "00"},
        {250, "fa"},
        {251, "fcfb00"},
        {0xffff, "fcffff"},
        {0x10000, "fd000001"},
        {0xffffff, "fdffffff"},
        {0x1000000, "fe0000000100000000"},
        {UINT64_MAX, "feffffffffffffffff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, 100);
        wr_lenenc(&b, rows[i].v);
        assert_bytes(buf_ptr(&b), buf_len(&b), rows[i].hex);
        for (size_t n = 0; n <= buf_len(&b); n++) { /* cut anywhere */
            struct guard g = guard_new(buf_ptr(&b), n);
            struct reader r = rd_init(g.p, g.n);
            uint64_t v = rd_lenenc(&r);
            ck_assert_int_eq(r.bad, n < buf_len(&b));
            ck_assert(r.bad || v == rows[i].v);
            guard_free(&g);
        }
        buf_deinit(&b);
    }
}
END_TEST

START_TEST(test_null_and_ff_are_no_integers)
{
    struct reader r = rd_init("\xfb", 1);
    rd_lenenc(&r);
    ck_assert(r.bad);
    r = rd_init("\xff", 1);
    rd_lenenc(&r);
    ck_assert(r.bad);
}
END_TEST

START_TEST(test_integers_round_trip)
{
    struct buf b;
    buf_init(&b, 100);
    wr_u8(&b, 0x81);
    wr_u16(&b, 0x8283);
    wr_u24(&b, 0x848586);
    wr_u32(&b, 0x8788898a);
    wr_u64(&b, 0x8b8c8d8e8f909192);
    assert_bytes(buf_ptr(&b), buf_len(&b), "81 8382 868584 8a898887 9291908f8e8d8c8b");
    struct guard g = guard_new(buf_ptr(&b), buf_len(&b));
    struct reader r = rd_init(g.p, g.n);
    ck_assert_uint_eq(rd_u8(&r), 0x81);
    ck_assert_uint_eq(rd_u16(&r), 0x8283);
    ck_assert_uint_eq(rd_u24(&r), 0x848586);
    ck_assert_uint_eq(rd_u32(&r), 0x8788898a);
    ck_assert_uint_eq(rd_u64(&r), 0x8b8c8d8e8f909192);
    ck_assert(!r.bad);
    ck_assert_uint_eq(rd_u8(&r), 0);
    ck_assert(r.bad);
    guard_free(&g);
    buf_deinit(&b);
}
END_TEST

START_TEST(test_bad_stays_and_reads_give_nothing)
{
    struct guard g = guard_new("\x05"
                               "abc",
                               4);
    struct reader r = rd_init(g.p, g.n);
    assert_text(rd_str_lenenc(&r), "");
    ck_assert(r.bad);
    ck_assert_uint_eq(rd_u64(&r), 0);
    assert_text(rd_rest(&r), "");
    assert_text(rd_str_nul(&r), "");
    ck_assert_uint_eq(rd_left(&r), 0);
    guard_free(&g);
}
END_TEST

START_TEST(test_huge_length_does_not_overflow)
{
    uint8_t bytes[16];
    size_t n = unhex("fe ffffffffffffffff 6162", bytes);
    struct guard g = guard_new(bytes, n);
    struct reader r = rd_init(g.p, g.n);
    assert_text(rd_str_lenenc(&r), "");
    ck_assert(r.bad);
    guard_free(&g);
}
END_TEST

START_TEST(test_strings)
{
    struct guard g = guard_new("\x03"
                               "abcde\0fg",
                               9);
    struct reader r = rd_init(g.p, g.n);
    assert_text(rd_str_lenenc(&r), "abc");
    assert_text(rd_str_nul(&r), "de");
    struct reader open_end = r;
    assert_text(rd_rest(&r), "fg");
    ck_assert(!r.bad);
    rd_str_nul(&open_end);
    ck_assert(open_end.bad);
    guard_free(&g);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("wire");
    tcase_add_test(tc, test_lenenc_forms);
    tcase_add_test(tc, test_null_and_ff_are_no_integers);
    tcase_add_test(tc, test_integers_round_trip);
    tcase_add_test(tc, test_bad_stays_and_reads_give_nothing);
    tcase_add_test(tc, test_huge_length_does_not_overflow);
    tcase_add_test(tc, test_strings);
    return run_tests("wire", tc);
}
