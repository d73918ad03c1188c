#include "protocol/reply.h"
#include "protocol/const.h"
#include "protocol/packet.h"
#include "tests/unit/wire_help.h"

#define TRACK CLIENT_SESSION_TRACK

static struct buf b;
static uint8_t seq;

static void setup(void)
{
    buf_init(&b, 1 << 20);
    seq = 1;
}

static void teardown(void)
{
    buf_deinit(&b);
}

static struct bytes text(const char *s)
{
    return (struct bytes){(const uint8_t *)s, strlen(s)};
}

START_TEST(test_ok_on_the_wire)
{
    reply_write_ok(&b, &seq, 0, 0x00, &(struct ok_packet){.affected = 251, .insert_id = 7, .status = 2, .warnings = 1});
    assert_bytes(buf_ptr(&b), buf_len(&b), "09000001 00 fcfb00 07 0200 0100");
    ck_assert_uint_eq(seq, 2);
}
END_TEST

START_TEST(test_ok_round_trip)
{
    static const uint32_t caps[] = {0, TRACK, CLIENT_DEPRECATE_EOF, TRACK | CLIENT_DEPRECATE_EOF};
    struct ok_packet in = {1ull << 40,
                           3,
                           0x4002,
                           9,
                           text("Rows matched: 1"),
                           text("\x01\x03\x02"
                                "ab")},
                     out;
    reply_write_ok(&b, &seq, caps[_i], _i < 2 ? 0x00 : 0xfe, &in);
    size_t n = buf_len(&b) - PACKET_HEADER;
    for (size_t cut = 0; cut <= n; cut++) {
        struct guard g = guard_new(buf_ptr(&b) + PACKET_HEADER, cut);
        bool ok = reply_read_ok(g.p, g.n, caps[_i], &out);
        if (cut < 15) /* the fixed part */
            ck_assert(!ok);
        if (cut == n) {
            ck_assert(ok);
            ck_assert_uint_eq(out.affected, in.affected);
            ck_assert_uint_eq(out.insert_id, 3);
            ck_assert_uint_eq(out.warnings, 9);
            assert_text(out.info, "Rows matched: 1");
            bool tracks = caps[_i] & TRACK;
            ck_assert_uint_eq(out.status, tracks ? 0x4002 : 0x0002);
            ck_assert_uint_eq(out.changes.len, tracks ? 5 : 0);
        }
        guard_free(&g);
    }
}
END_TEST

START_TEST(test_ok_with_text_to_the_end_of_the_packet)
{
    struct ok_packet ok;
    uint8_t bytes[40];
    size_t n = unhex("00 01 00 0200 0000 68656c6c6f", bytes); /* "hello" without its length */
    ck_assert(reply_read_ok(bytes, n, 0, &ok));
    assert_text(ok.info, "hello");
}
END_TEST

START_TEST(test_state_flag_is_not_sent_without_changes)
{
    struct ok_packet out;
    reply_write_ok(&b, &seq, TRACK, 0, &(struct ok_packet){.status = SERVER_SESSION_STATE_CHANGED});
    ck_assert(reply_read_ok(buf_ptr(&b) + 4, buf_len(&b) - 4, TRACK, &out));
    ck_assert_uint_eq(out.status, 0);
}
END_TEST

START_TEST(test_err_round_trip)
{
    struct err_packet err;
    reply_write_err(&b, &seq, 1064, "42000", "near x", 6);
    assert_bytes(buf_ptr(&b), buf_len(&b), "0f000001 ff 2804 23 3432303030 6e6561722078");
    for (size_t cut = 0; cut <= 15; cut++) {
        struct guard g = guard_new(buf_ptr(&b) + 4, cut);
        ck_assert_int_eq(reply_read_err(g.p, g.n, &err), cut >= 3);
        guard_free(&g);
    }
    ck_assert(reply_read_err(buf_ptr(&b) + 4, 15, &err));
    ck_assert_uint_eq(err.number, 1064);
    ck_assert_str_eq(err.sqlstate, "42000");
    assert_text(err.text, "near x");
}
END_TEST

START_TEST(test_err_before_login_has_no_sqlstate)
{
    struct err_packet err;
    uint8_t bytes[40];
    size_t n = unhex("ff 1004 546f6f206d616e79", bytes);
    ck_assert(reply_read_err(bytes, n, &err));
    ck_assert_uint_eq(err.number, 1040);
    ck_assert_str_eq(err.sqlstate, "HY000");
    assert_text(err.text, "Too many");
}
END_TEST

START_TEST(test_end_in_both_forms)
{
    reply_write_end(&b, &seq, 0, 0x0022, 3);
    assert_bytes(buf_ptr(&b), buf_len(&b), "05000001 fe 0300 2200");
    buf_consume(&b, buf_len(&b));
    reply_write_end(&b, &seq, CLIENT_DEPRECATE_EOF, 0x0022, 3);
    assert_bytes(buf_ptr(&b), buf_len(&b), "07000002 fe 00 00 2200 0300");
}
END_TEST

static void assert_change(struct reader *r, int type, const char *name, const char *value)
{
    struct change c;
    ck_assert(reply_next_change(r, &c));
    ck_assert_int_eq(c.type, type);
    assert_text(c.name, name);
    assert_text(c.value, value);
}

START_TEST(test_changes_of_every_type)
{
    uint8_t bytes[100];
    size_t n = unhex("00 05 01 61 02 6262"       /* a = bb */
                     "01 03 02 6462"             /* schema db */
                     "02 02 01 31"               /* something changed */
                     "03 05 00 03 31 2d 32"      /* GTID, encoding 0 */
                     "05 09 08 545f5f5f5f5f5f5f" /* transaction state */
                     "63 02 ffff",               /* unknown: as it is */
                     bytes);
    struct guard g = guard_new(bytes, n);
    struct reader r = rd_init(g.p, g.n);
    assert_change(&r, SESSION_TRACK_SYSTEM_VARIABLES, "a", "bb");
    assert_change(&r, SESSION_TRACK_SCHEMA, "", "db");
    assert_change(&r, SESSION_TRACK_STATE_CHANGE, "", "1");
    assert_change(&r, SESSION_TRACK_GTIDS, "", "1-2");
    assert_change(&r, SESSION_TRACK_TRANSACTION_STATE, "", "T_______");
    assert_change(&r, 0x63, "", "\xff\xff");
    struct change c;
    ck_assert(!reply_next_change(&r, &c));
    ck_assert(!r.bad);
    guard_free(&g);
    for (size_t cut = 1; cut < 7; cut++) { /* the first entry, cut */
        g = guard_new(bytes, cut);
        r = rd_init(g.p, g.n);
        ck_assert(!reply_next_change(&r, &c));
        ck_assert(r.bad);
        guard_free(&g);
    }
}
END_TEST

START_TEST(test_no_variable_is_lost)
{
    uint8_t bytes[20];
    size_t n = unhex("00 08 01 61 01 62 01 63 01 64", bytes); /* two variables in one entry: no server does it */
    struct reader r = rd_init(bytes, n);
    struct change c;
    ck_assert(!reply_next_change(&r, &c));
    ck_assert(r.bad);
}
END_TEST

START_TEST(test_changes_of_real_servers)
{
    struct wire_case w = wire_find(wire_files[_i], "track_variables");
    struct ok_packet ok;
    ck_assert(reply_read_ok(w.stream + 4, w.n - 4, TRACK, &ok));
    ck_assert(ok.status & SERVER_SESSION_STATE_CHANGED);
    struct reader r = rd_init(ok.changes.p, ok.changes.len);
    assert_change(&r, SESSION_TRACK_SYSTEM_VARIABLES, "autocommit", "OFF");
    assert_change(&r, SESSION_TRACK_SYSTEM_VARIABLES, "time_zone", "+01:00");
    struct change c;
    ck_assert(!reply_next_change(&r, &c) && !r.bad);
    w = wire_find(wire_files[_i], "track");
    ck_assert(reply_read_ok(w.stream + 4, w.n - 4, TRACK, &ok));
    r = rd_init(ok.changes.p, ok.changes.len);
    assert_change(&r, SESSION_TRACK_SCHEMA, "", "wire_capture");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("reply");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_ok_on_the_wire);
    tcase_add_loop_test(tc, test_ok_round_trip, 0, 4);
    tcase_add_test(tc, test_ok_with_text_to_the_end_of_the_packet);
    tcase_add_test(tc, test_state_flag_is_not_sent_without_changes);
    tcase_add_test(tc, test_err_round_trip);
    tcase_add_test(tc, test_err_before_login_has_no_sqlstate);
    tcase_add_test(tc, test_end_in_both_forms);
    tcase_add_test(tc, test_changes_of_every_type);
    tcase_add_test(tc, test_no_variable_is_lost);
    tcase_add_loop_test(tc, test_changes_of_real_servers, 0, 4);
    return run_tests("reply", tc);
}
