#include "protocol/command.h"
#include "protocol/const.h"
#include "tests/unit/wire_help.h"

#define ATTRS CLIENT_QUERY_ATTRIBUTES

static enum command_status read_hex(const char *hex, uint32_t caps, struct command *c, struct guard *g)
{
    uint8_t bytes[256];
    size_t n = unhex(hex, bytes);
    *g = guard_new(bytes, n);
    return command_read(g->p, g->n, caps, c);
}

START_TEST(test_fields)
{
    struct command c;
    struct guard g;
    ck_assert_int_eq(read_hex("03 73656c656374", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.kind, COM_QUERY);
    assert_text(c.text, "select");
    guard_free(&g);
    ck_assert_int_eq(read_hex("02 6462", 0, &c, &g), COMMAND_OK);
    assert_text(c.text, "db");
    guard_free(&g);
    ck_assert_int_eq(read_hex("04 7400 2561", 0, &c, &g), COMMAND_OK);
    assert_text(c.text, "t");
    assert_text(c.wildcard, "%a");
    guard_free(&g);
    ck_assert_int_eq(read_hex("18 01020304 0500 6162", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.statement, 0x04030201);
    ck_assert_uint_eq(c.number, 5);
    assert_text(c.text, "ab");
    guard_free(&g);
    ck_assert_int_eq(read_hex("1c 01000000 07000000", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.number, 7);
    guard_free(&g);
    ck_assert_int_eq(read_hex("17 09000000 01 01000000", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.statement, 9);
    ck_assert_uint_eq(c.number, CURSOR_TYPE_READ_ONLY);
    guard_free(&g);
    ck_assert_int_eq(read_hex("0c 2a000000", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.number, 42);
    guard_free(&g);
    ck_assert_int_eq(read_hex("1b 0100", 0, &c, &g), COMMAND_OK);
    ck_assert_uint_eq(c.number, MYSQL_OPTION_MULTI_STATEMENTS_OFF);
    guard_free(&g);
}
END_TEST

START_TEST(test_malformed)
{
    static const char *const rows[] = {
        "",      "04 74", "17 010000", "17 01000000 00 010000", "1c 01000000 070000", "19 010000", "1a",
        "0c 2a", "1b 01", "07",        "18 01000000 05"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct command c;
        struct guard g;
        ck_assert_msg(read_hex(rows[i], 0, &c, &g) == COMMAND_MALFORMED, "%s", rows[i]);
        guard_free(&g);
    }
}
END_TEST

/* Every byte is an answer, never a crash; commands that nobody serves are told apart from broken ones. */
START_TEST(test_trap_P1_every_command_byte)
{
    static const uint8_t unknown[] = {
        COM_SLEEP,       COM_CONNECT, COM_TIME,           COM_DELAYED_INSERT, COM_BINLOG_DUMP,     COM_TABLE_DUMP,
        COM_CONNECT_OUT, COM_CLONE,   COM_REGISTER_SLAVE, COM_DAEMON,         COM_BINLOG_DUMP_GTID};
    for (unsigned kind = 0; kind < 256; kind++) {
        uint8_t bytes[16] = {(uint8_t)kind};
        struct command c;
        bool is_unknown = kind > COM_CLONE || memchr(unknown, (int)kind, sizeof unknown);
        enum command_status status = command_read(bytes, sizeof bytes, 0, &c);
        ck_assert_msg(status == (is_unknown ? COMMAND_UNKNOWN : COMMAND_OK), "%u", kind);
        ck_assert_uint_eq(c.kind, kind);
        ck_assert_ptr_nonnull(command_name((uint8_t)kind));
    }
    ck_assert_str_eq(command_name(COM_INIT_DB), "Init DB");
    ck_assert(!command_has_reply(COM_STMT_CLOSE) && !command_has_reply(COM_STMT_SEND_LONG_DATA) &&
              !command_has_reply(COM_QUIT));
    ck_assert(command_has_reply(COM_STMT_RESET));
    ck_assert_int_eq(command_result(COM_STMT_FETCH), RESULT_OF_FETCH);
    ck_assert_int_eq(command_result(COM_PING), RESULT_OF_SIMPLE);
}
END_TEST

/* Two attributes, a = 7 (BIGINT) and b = NULL, then the SQL. */
#define TWO "02 01 02 01 0800 0161 fe00 0162 0700000000000000"

START_TEST(test_query_attributes)
{
    struct command c;
    struct guard g;
    ck_assert_int_eq(read_hex("03 " TWO "53", ATTRS, &c, &g), COMMAND_OK);
    assert_text(c.text, "S");
    ck_assert_uint_eq(c.n_attributes, 2);
    struct stmt_params p;
    struct bytes name;
    uint16_t type;
    struct value v;
    command_attributes(&c, &p);
    ck_assert(stmt_params_next(&p, &name, &type, &v));
    assert_text(name, "a");
    ck_assert_int_eq(v.kind, VALUE_INT);
    ck_assert_int_eq(v.i, 7);
    ck_assert(stmt_params_next(&p, &name, &type, &v));
    assert_text(name, "b");
    ck_assert_int_eq(v.kind, VALUE_NULL);
    ck_assert(!stmt_params_next(&p, &name, &type, &v));

    struct buf b; /* to a backend with the capability, and to one without */
    buf_init(&b, 1000);
    command_write_query(&b, ATTRS, c.attributes, "S", 1);
    assert_bytes(buf_ptr(&b), buf_len(&b), "16000000 03" TWO "53");
    buf_consume(&b, buf_len(&b));
    command_write_query(&b, 0, c.attributes, "S", 1);
    assert_bytes(buf_ptr(&b), buf_len(&b), "02000000 03 53");
    buf_consume(&b, buf_len(&b));
    command_write_query(&b, ATTRS, (struct bytes){0}, "S", 1);
    assert_bytes(buf_ptr(&b), buf_len(&b), "04000000 03 00 01 53");
    buf_deinit(&b);
    guard_free(&g);

    ck_assert_int_eq(read_hex("03 00 01 53", ATTRS, &c, &g), COMMAND_OK);
    assert_text(c.text, "S");
    ck_assert_uint_eq(c.n_attributes, 0);
    command_attributes(&c, &p);
    ck_assert(!stmt_params_next(&p, &name, &type, &v));
    guard_free(&g);
}
END_TEST

START_TEST(test_query_attributes_cut_at_every_byte)
{
    uint8_t bytes[64];
    size_t n = unhex("03 " TWO, bytes);
    for (size_t cut = 1; cut <= n; cut++) {
        struct guard g = guard_new(bytes, cut);
        struct command c;
        ck_assert_int_eq(command_read(g.p, g.n, ATTRS, &c), cut == n ? COMMAND_OK : COMMAND_MALFORMED);
        guard_free(&g);
    }
    struct command c;
    struct guard g;
    ck_assert_int_eq(read_hex("03 00 02 53", ATTRS, &c, &g), COMMAND_MALFORMED); /* two sets */
    guard_free(&g);
    ck_assert_int_eq(read_hex("03 01 01 00 00 53", ATTRS, &c, &g), COMMAND_MALFORMED); /* no types */
    guard_free(&g);
    ck_assert_int_eq(read_hex("03 feffffffffffffff00 01", ATTRS, &c, &g), COMMAND_MALFORMED);
    guard_free(&g);
}
END_TEST

START_TEST(test_writing)
{
    static const char *const want[] = {"01000000 0e",
                                       "03000000 02 6462",
                                       "05000000 19 07000000",
                                       "09000000 1c 07000000 05000000",
                                       "09000000 18 07000000 0200 6162",
                                       "05000000 04 74 00 6325",
                                       "03000000 1b 0100"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct buf b;
        buf_init(&b, 100);
        switch (i) {
        case 0:
            command_write(&b, COM_PING);
            break;
        case 1:
            command_write_text(&b, COM_INIT_DB, "db", 2);
            break;
        case 2:
            command_write_stmt(&b, COM_STMT_CLOSE, 7);
            break;
        case 3:
            command_write_fetch(&b, 7, 5);
            break;
        case 4:
            command_write_long_data(&b, 7, 2, "ab", 2);
            break;
        case 5:
            command_write_field_list(&b, (struct bytes){(const uint8_t *)"t", 1},
                                     (struct bytes){(const uint8_t *)"c%", 2});
            break;
        default:
            command_write_set_option(&b, MYSQL_OPTION_MULTI_STATEMENTS_OFF);
        }
        assert_bytes(buf_ptr(&b), buf_len(&b), want[i]);
        struct command c; /* and what was written is read */
        ck_assert_int_eq(command_read(buf_ptr(&b) + 4, buf_len(&b) - 4, 0, &c), COMMAND_OK);
        buf_deinit(&b);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("command");
    tcase_add_test(tc, test_fields);
    tcase_add_test(tc, test_malformed);
    tcase_add_test(tc, test_trap_P1_every_command_byte);
    tcase_add_test(tc, test_query_attributes);
    tcase_add_test(tc, test_query_attributes_cut_at_every_byte);
    tcase_add_test(tc, test_writing);
    return run_tests("command", tc);
}
