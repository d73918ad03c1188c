#include "protocol/stmt.h"
#include "protocol/const.h"
#include "tests/unit/wire_help.h"

#define ATTRS CLIENT_QUERY_ATTRIBUTES

/* id 7, no cursor, one iteration */
#define HEAD "17 07000000 00 01000000"
#define HEAD_COUNT "17 07000000 08 01000000"
/* three parameters: BIGINT -2, NULL, VAR_STRING "ab" */
#define NULLS "02"
#define TYPES "0800 0300 fd00"
#define NAMED_TYPES "0800 00 0300 00 fd00 00"
#define VALUES "feffffffffffffff 02 6162"

struct fixture {
    uint16_t at[16];
    struct stmt_types types;
    struct value values[16];
    struct stmt_execute e;
    struct guard g;
};

static void init(struct fixture *f, uint16_t n)
{
    memset(f, 0, sizeof *f);
    f->types = (struct stmt_types){.n = n, .at = f->at};
}

static bool read_hex(struct fixture *f, const char *hex, uint32_t caps, const struct bytes *longs)
{
    uint8_t bytes[512];
    size_t n = unhex(hex, bytes);
    f->g = guard_new(bytes, n);
    return stmt_read_execute(f->g.p, f->g.n, caps, &f->types, longs, &f->e, f->values);
}

static void assert_three(const struct fixture *f)
{
    ck_assert_int_eq(f->values[0].kind, VALUE_INT);
    ck_assert_int_eq(f->values[0].i, -2);
    ck_assert_int_eq(f->values[1].kind, VALUE_NULL);
    ck_assert_int_eq(f->values[2].kind, VALUE_TEXT);
    assert_text(f->values[2].text, "ab");
}

static void assert_written(const struct fixture *f, uint32_t caps, const char *hex)
{
    struct buf b;
    buf_init(&b, 1000);
    stmt_write_execute(&b, caps, 0x01020304, &f->e, &f->types);
    ck_assert(!b.bad);
    ck_assert_uint_eq(buf_ptr(&b)[0], buf_len(&b) - 4);
    assert_bytes(buf_ptr(&b) + 4, buf_len(&b) - 4, hex);
    buf_deinit(&b);
}

#define NEW "17 04030201 00 01000000"
#define NEW_COUNT "17 04030201 08 01000000"

START_TEST(test_types_are_remembered)
{
    struct fixture f;
    init(&f, 3);
    ck_assert(!read_hex(&f, HEAD NULLS "00" VALUES, 0, NULL)); /* none known yet */
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD NULLS "01" TYPES VALUES, 0, NULL));
    ck_assert_uint_eq(f.e.id, 7);
    assert_three(&f);
    assert_written(&f, 0, NEW NULLS "01" TYPES VALUES);
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD NULLS "00" VALUES, 0, NULL));
    assert_three(&f);
    assert_written(&f, 0, NEW NULLS "01" TYPES VALUES); /* a backend is told the types again */
    guard_free(&f.g);
}
END_TEST

START_TEST(test_failure_leaves_remembered_types)
{
    struct fixture f;
    init(&f, 3);
    ck_assert(read_hex(&f, HEAD NULLS "01" TYPES VALUES, 0, NULL));
    guard_free(&f.g);
    ck_assert(!read_hex(&f,
                        HEAD NULLS "01"
                                   "0100 0100 0100"
                                   "01",
                        0, NULL));
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD NULLS "00" VALUES, 0, NULL));
    assert_three(&f);
    guard_free(&f.g);
}
END_TEST

START_TEST(test_cut_at_every_byte)
{
    static const char *const rows[] = {HEAD NULLS "01" TYPES VALUES, HEAD_COUNT "03" NULLS "01" NAMED_TYPES VALUES};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[256];
        size_t n = unhex(rows[i], bytes);
        for (size_t cut = 0; cut <= n; cut++) {
            struct fixture f;
            init(&f, 3);
            f.g = guard_new(bytes, cut);
            bool ok = stmt_read_execute(f.g.p, f.g.n, i ? ATTRS : 0, &f.types, NULL, &f.e, f.values);
            ck_assert_int_eq(ok, cut == n);
            guard_free(&f.g);
        }
    }
}
END_TEST

START_TEST(test_no_parameters)
{
    struct fixture f;
    init(&f, 0);
    ck_assert(read_hex(&f, HEAD, 0, NULL));
    assert_written(&f, 0, NEW);
    assert_written(&f, ATTRS, NEW);
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD, ATTRS, NULL));
    assert_written(&f, 0, NEW);
    assert_written(&f, ATTRS, NEW);
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD_COUNT "00", ATTRS, NULL));
    assert_written(&f, 0, NEW);
    guard_free(&f.g);
}
END_TEST

/* With CLIENT_QUERY_ATTRIBUTES on either side, both or none; the flag is not needed when there are parameters. */
START_TEST(test_attributes_of_client_and_backend)
{
    struct fixture f;
    init(&f, 3);
    ck_assert(read_hex(&f, HEAD "03" NULLS "01" NAMED_TYPES VALUES, ATTRS, NULL));
    assert_three(&f);
    assert_written(&f, ATTRS, NEW "03" NULLS "01" NAMED_TYPES VALUES);
    assert_written(&f, 0, NEW NULLS "01" TYPES VALUES);
    guard_free(&f.g);
    /* a fourth one, the attribute x = 5 */
    ck_assert(read_hex(&f, HEAD_COUNT "04" NULLS "01" NAMED_TYPES "0100 0178" VALUES "05", ATTRS, NULL));
    assert_three(&f);
    assert_written(&f, ATTRS, NEW_COUNT "04" NULLS "01" NAMED_TYPES "0100 0178" VALUES "05");
    assert_written(&f, 0, NEW NULLS "01" TYPES VALUES);
    guard_free(&f.g);
    ck_assert(read_hex(&f, HEAD NULLS "01" TYPES VALUES, 0, NULL));
    assert_written(&f, ATTRS, NEW_COUNT "03" NULLS "01" NAMED_TYPES VALUES);
    guard_free(&f.g);
    ck_assert(
        !read_hex(&f, HEAD_COUNT "02" NULLS "01" NAMED_TYPES VALUES, ATTRS, NULL)); /* fewer than the statement has */
    guard_free(&f.g);
}
END_TEST

START_TEST(test_null_bits_of_attributes_are_dropped)
{
    struct fixture f;
    init(&f, 3);
    ck_assert(read_hex(&f,
                       HEAD_COUNT "04"
                                  "0a"
                                  "01" NAMED_TYPES "0100 0178" VALUES,
                       ATTRS, NULL));
    assert_written(&f, 0,
                   NEW "02"
                       "01" TYPES VALUES);
    guard_free(&f.g);
}
END_TEST

START_TEST(test_long_data_replaces_the_value)
{
    struct fixture f;
    struct bytes longs[3] = {{0}, {(const uint8_t *)"long", 4}, {0}};
    init(&f, 3);
    ck_assert(read_hex(&f,
                       HEAD "00"
                            "01"
                            "0800 fc00 fd00" VALUES,
                       0, longs)); /* no value for the second */
    ck_assert_int_eq(f.values[1].kind, VALUE_BYTES);
    assert_text(f.values[1].text, "long");
    assert_text(f.values[2].text, "ab");
    guard_free(&f.g);
}
END_TEST

START_TEST(test_many_parameters)
{
    struct fixture f;
    init(&f, 10);
    ck_assert(read_hex(&f,
                       HEAD "ff01"
                            "01"
                            "0100 0100 0100 0100 0100 0100 0100 0100 0100 0180"
                            "ff",
                       0, NULL));
    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(f.values[i].kind, VALUE_NULL);
    ck_assert_int_eq(f.values[9].kind, VALUE_UINT);
    ck_assert_uint_eq(f.values[9].u, 255);
    guard_free(&f.g);
}
END_TEST

START_TEST(test_prepared)
{
    struct buf b;
    struct stmt_prepared s, in = {.id = 9, .n_columns = 2, .n_params = 3, .warnings = 1};
    uint8_t seq = 1;
    buf_init(&b, 100);
    stmt_write_prepared(&b, &seq, &in);
    assert_bytes(buf_ptr(&b), buf_len(&b), "0c000001 00 09000000 0200 0300 00 0100");
    for (size_t cut = 0; cut <= 12; cut++) {
        struct guard g = guard_new(buf_ptr(&b) + 4, cut);
        ck_assert_int_eq(stmt_read_prepared(g.p, g.n, &s), cut == 10 || cut == 12);
        guard_free(&g);
    }
    stmt_set_id(buf_ptr(&b) + 4, 0xa1b2c3d4);
    ck_assert(stmt_read_prepared(buf_ptr(&b) + 4, 12, &s));
    ck_assert_uint_eq(s.id, 0xa1b2c3d4);
    ck_assert_uint_eq(s.n_columns, 2);
    ck_assert_uint_eq(s.n_params, 3);
    buf_deinit(&b);
    struct wire_case w = wire_find(wire_files[_i], "prepare_both");
    ck_assert(stmt_read_prepared(w.stream + 4, 12, &s));
    ck_assert_uint_eq(s.n_columns, 2);
    ck_assert_uint_eq(s.n_params, 2);
}
END_TEST

/* ---- literals ---- */

static void assert_literal(struct value v, uint16_t collation, bool no_backslash, const char *want)
{
    struct buf b;
    buf_init(&b, 1000);
    ck_assert_int_eq(stmt_write_literal(&b, &v, collation, no_backslash), want != NULL);
    if (want)
        ck_assert_msg(buf_len(&b) == strlen(want) && !memcmp(buf_ptr(&b), want, strlen(want)), "%.*s, not %s",
                      (int)buf_len(&b), buf_ptr(&b), want);
    buf_deinit(&b);
}

static struct value val(enum value_kind kind, const char *text)
{
    struct value v = {.kind = kind, .text = {(const uint8_t *)text, strlen(text)}};
    if (kind != VALUE_TEXT && kind != VALUE_BYTES && kind != VALUE_DECIMAL)
        ck_assert(value_from_text(&v, kind, v.text));
    return v;
}

START_TEST(test_literals)
{
    uint16_t utf8 = COLLATION_UTF8MB4_GENERAL_CI, gbk = COLLATION_GBK_CHINESE_CI, sjis = COLLATION_SJIS_JAPANESE_CI;
    assert_literal((struct value){.kind = VALUE_NULL}, utf8, false, "NULL");
    assert_literal(val(VALUE_INT, "-5"), utf8, false, "-5");
    assert_literal(val(VALUE_UINT, "18446744073709551615"), utf8, false, "18446744073709551615");
    assert_literal(val(VALUE_DOUBLE, "0.1"), utf8, false, "0.1e0"); /* not the decimal 0.1 */
    assert_literal(val(VALUE_DOUBLE, "1e300"), utf8, false, "1e300");
    assert_literal((struct value){.kind = VALUE_FLOAT, .d = (double)0.1f}, utf8, false, "0.10000000149011612e0");
    assert_literal((struct value){.kind = VALUE_DOUBLE, .d = __builtin_inf()}, utf8, false, NULL);
    assert_literal(val(VALUE_DECIMAL, "-1.50"), utf8, false, "-1.50");
    assert_literal(val(VALUE_DECIMAL, "1 or 1"), utf8, false, "'1 or 1'");
    assert_literal(val(VALUE_DECIMAL, "'"), utf8, false, "''''");
    assert_literal(val(VALUE_TEXT, "it's \\ \"x\""), utf8, false, "'it''s \\\\ \"x\"'");
    assert_literal(val(VALUE_TEXT, "it's \\"), utf8, true, "'it''s \\'");
    assert_literal(val(VALUE_TEXT, "\xc3\xa9"), utf8, false, "'\xc3\xa9'");
    assert_literal(val(VALUE_TEXT, "abc"), gbk, false, "'abc'");
    assert_literal(val(VALUE_TEXT, "\xbf\x5c"), gbk, false, "_gbk x'bf5c'"); /* its second byte is a backslash's */
    assert_literal(val(VALUE_TEXT, "\xbf'"), gbk, false, "_gbk x'bf27'");
    assert_literal(val(VALUE_TEXT, "\x83\x5c"), sjis, false, "_sjis x'835c'");
    assert_literal(val(VALUE_BYTES, "a'b"), utf8, false, "_binary 'a''b'");
    assert_literal(val(VALUE_BYTES, "\xbf\x5c"), gbk, false, "_binary x'bf5c'");
    assert_literal(val(VALUE_TEXT, "x"), 60000, false, NULL);
    assert_literal(val(VALUE_DATE, "2024-02-29"), utf8, false, "DATE'2024-02-29'");
    assert_literal(val(VALUE_DATETIME, "2024-02-29 01:02:03.5"), utf8, false, "TIMESTAMP'2024-02-29 01:02:03.500000'");
    assert_literal(val(VALUE_DATETIME, "0000-00-00 00:00:00"), utf8, false, "'0000-00-00 00:00:00'");
    assert_literal(val(VALUE_TIME, "-100:00:01"), utf8, false, "TIME'-100:00:01'");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("stmt");
    tcase_add_test(tc, test_types_are_remembered);
    tcase_add_test(tc, test_failure_leaves_remembered_types);
    tcase_add_test(tc, test_cut_at_every_byte);
    tcase_add_test(tc, test_no_parameters);
    tcase_add_test(tc, test_attributes_of_client_and_backend);
    tcase_add_test(tc, test_null_bits_of_attributes_are_dropped);
    tcase_add_test(tc, test_long_data_replaces_the_value);
    tcase_add_test(tc, test_many_parameters);
    tcase_add_loop_test(tc, test_prepared, 0, 4);
    tcase_add_test(tc, test_literals);
    return run_tests("stmt", tc);
}
