#include "protocol/packet.h"
#include "protocol/wire.h"
#include "tests/unit/wire_help.h"

START_TEST(test_cut_at_every_byte)
{
    uint8_t bytes[16];
    size_t n = unhex("05000007 6162636465", bytes);
    for (size_t i = 0; i <= n; i++) {
        struct guard g = guard_new(bytes, i);
        struct packet p;
        enum packet_status status = packet_next(g.p, g.n, 100, &p);
        ck_assert_int_eq(status, i < n ? PACKET_MORE : PACKET_OK);
        size_t want = packet_want(g.p, g.n);
        ck_assert_uint_gt(want, i);
        if (i < n)
            ck_assert_uint_eq(want, i < 4 ? 4 : n);
        if (status == PACKET_OK) {
            ck_assert_uint_eq(p.len, 5);
            ck_assert_mem_eq(p.data, "abcde", 5);
            ck_assert_uint_eq(p.seq, 7);
            ck_assert_uint_eq(p.last, 7);
            ck_assert_uint_eq(p.raw, 9);
        }
        guard_free(&g);
    }
}
END_TEST

START_TEST(test_empty_packet)
{
    struct packet p;
    uint8_t bytes[] = {0, 0, 0, 3};
    ck_assert_int_eq(packet_next(bytes, 4, 0, &p), PACKET_OK);
    ck_assert_uint_eq(p.len, 0);
    ck_assert_uint_eq(p.raw, 4);
}
END_TEST

START_TEST(test_two_packets_in_one_segment)
{
    uint8_t bytes[] = {1, 0, 0, 0, 'a', 1, 0, 0, 0, 'b'};
    struct packet p;
    ck_assert_int_eq(packet_next(bytes, sizeof bytes, 100, &p), PACKET_OK);
    ck_assert_uint_eq(p.raw, 5);
    ck_assert_int_eq(packet_next(bytes + p.raw, sizeof bytes - p.raw, 100, &p), PACKET_OK);
    ck_assert_uint_eq(p.data[0], 'b');
}
END_TEST

START_TEST(test_too_big_is_known_from_the_header)
{
    uint8_t bytes[] = {101, 0, 0, 0};
    struct packet p;
    ck_assert_int_eq(packet_next(bytes, 4, 100, &p), PACKET_TOO_BIG);
    ck_assert_int_eq(packet_next(bytes, 4, 101, &p), PACKET_MORE);
    memset(bytes, 0xff, 3);
    ck_assert_int_eq(packet_next(bytes, 4, 100, &p), PACKET_TOO_BIG);
    ck_assert_int_eq(packet_next(bytes, 4, PACKET_MAX, &p), PACKET_MORE);
}
END_TEST

/* Payloads around the sizes where one more fragment begins: written in both ways, found whole again. */
START_TEST(test_split_and_join)
{
    static const size_t sizes[] = {PACKET_MAX - 1, PACKET_MAX, PACKET_MAX + 1, 2 * PACKET_MAX, 2 * PACKET_MAX + 7};
    size_t size = sizes[_i], fragments = size / PACKET_MAX + 1;
    uint8_t *payload = malloc(size);
    for (size_t i = 0; i < size; i++)
        payload[i] = (uint8_t)(i * 31 + i / 251);
    struct buf a, b;
    buf_init(&a, 40 << 20);
    buf_init(&b, 40 << 20);
    uint8_t seq = 254;
    packet_write(&a, payload, size, &seq);
    ck_assert_uint_eq(seq, (uint8_t)(254 + fragments));
    buf_append(&b, "before", 6);
    seq = 254;
    size_t mark = packet_begin(&b);
    wr_bytes(&b, payload, size);
    packet_end(&b, mark, &seq);
    ck_assert_uint_eq(seq, (uint8_t)(254 + fragments));
    ck_assert_uint_eq(buf_len(&a), size + fragments * PACKET_HEADER);
    ck_assert_uint_eq(buf_len(&b), buf_len(&a) + 6);
    ck_assert(!memcmp(buf_ptr(&b) + 6, buf_ptr(&a), buf_len(&a)));

    struct packet p;
    for (size_t cut = 0; cut < 6; cut++)
        ck_assert_int_eq(packet_next(buf_ptr(&a), buf_len(&a) - 1 - cut, size, &p), PACKET_MORE);
    ck_assert_uint_gt(packet_want(buf_ptr(&a), buf_len(&a) - 1), buf_len(&a) - 1);
    ck_assert_int_eq(packet_next(buf_ptr(&a), buf_len(&a), size - 1, &p), PACKET_TOO_BIG);
    ck_assert_int_eq(packet_next(buf_ptr(&a), buf_len(&a), size, &p), PACKET_OK);
    ck_assert_uint_eq(p.len, size);
    ck_assert_uint_eq(p.raw, buf_len(&a));
    ck_assert_uint_eq(p.seq, 254);
    ck_assert_uint_eq(p.last, (uint8_t)(254 + fragments - 1));
    ck_assert(!memcmp(p.data, payload, size));
    buf_deinit(&a);
    buf_deinit(&b);
    free(payload);
}
END_TEST

START_TEST(test_fragments_out_of_order)
{
    size_t n = PACKET_HEADER + PACKET_MAX + PACKET_HEADER;
    uint8_t *bytes = calloc(1, n);
    struct packet p;
    memset(bytes, 0xff, 3);
    bytes[n - 1] = 2;
    ck_assert_int_eq(packet_next(bytes, n, 1 << 30, &p), PACKET_BAD_SEQ);
    bytes[n - 1] = 1;
    ck_assert_int_eq(packet_next(bytes, n, 1 << 30, &p), PACKET_OK);
    ck_assert_uint_eq(p.len, PACKET_MAX);
    free(bytes);
}
END_TEST

START_TEST(test_write_over_the_ceiling_is_bad)
{
    struct buf b;
    uint8_t seq = 0;
    buf_init(&b, 10);
    packet_write(&b, "1234567", 7, &seq);
    ck_assert(b.bad);
    buf_deinit(&b);
    size_t mark = packet_begin(&b);
    wr_bytes(&b, "1234567", 7);
    packet_end(&b, mark, &seq);
    ck_assert(b.bad);
    buf_deinit(&b);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("packet");
    tcase_add_test(tc, test_cut_at_every_byte);
    tcase_add_test(tc, test_empty_packet);
    tcase_add_test(tc, test_two_packets_in_one_segment);
    tcase_add_test(tc, test_too_big_is_known_from_the_header);
    tcase_add_loop_test(tc, test_split_and_join, 0, 5);
    tcase_add_test(tc, test_fragments_out_of_order);
    tcase_add_test(tc, test_write_over_the_ceiling_is_bad);
    return run_tests("packet", tc);
}
