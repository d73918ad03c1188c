#include "protocol/row.h"
#include "protocol/const.h"
#include "protocol/reply.h"
#include "tests/unit/wire_help.h"

#define MOST 40

/* ---- a captured result set ---- */

struct set {
    struct column columns[MOST];
    size_t n_columns, n_rows;
    struct packet rows[MOST];
};

static struct packet next(const struct wire_case *w, size_t *at)
{
    struct packet p;
    ck_assert_int_eq(packet_next(w->stream + *at, w->n - *at, PACKET_MAX, &p), PACKET_OK);
    *at += p.raw;
    return p;
}

static void load(const struct wire_case *w, struct set *s)
{
    size_t at = 0;
    struct packet p = next(w, &at);
    s->n_columns = p.data[0];
    s->n_rows = 0;
    ck_assert_uint_le(s->n_columns, MOST);
    for (size_t i = 0; i < s->n_columns; i++) {
        p = next(w, &at);
        ck_assert(column_read(p.data, p.len, &s->columns[i]));
    }
    if (!w->deprecate_eof)
        next(w, &at);
    while (at < w->n) {
        p = next(w, &at);
        if (p.data[0] != 0xfe)
            s->rows[s->n_rows++] = p;
    }
    ck_assert_uint_eq(s->n_rows, (size_t)w->rows);
}

/* Every value of the binary result, printed, is what the server itself printed in the text result; and what the text
 * says is read as the same value. */
START_TEST(test_binary_rows_print_as_the_server_does)
{
    struct wire_case wt = wire_find(wire_files[_i], "text"), wb = wire_find(wire_files[_i], "binary");
    struct set t, b;
    load(&wt, &t);
    load(&wb, &b);
    ck_assert_uint_eq(t.n_columns, b.n_columns);
    for (size_t row = 0; row < t.n_rows; row++) {
        struct row_reader raw, text, binary;
        row_read_begin(&raw, t.rows[row].data, t.rows[row].len, false, NULL, t.n_columns);
        row_read_begin(&text, t.rows[row].data, t.rows[row].len, false, t.columns, t.n_columns);
        row_read_begin(&binary, b.rows[row].data, b.rows[row].len, true, b.columns, b.n_columns);
        for (size_t i = 0; i < t.n_columns; i++) {
            const struct column *c = &b.columns[i];
            char scratch[VALUE_SCRATCH];
            struct bytes want;
            struct value vt, vb;
            bool there = row_read_text(&raw, &want);
            row_read_next(&text, &vt);
            row_read_next(&binary, &vb);
            ck_assert_int_eq(vb.kind != VALUE_NULL, there);
            ck_assert_int_eq(vt.kind, vb.kind);
            struct bytes got = row_print(c, &vb, scratch);
            ck_assert_msg(got.len == want.len && !memcmp(got.p, want.p, got.len), "%s %.*s row %zu: %.*s, not %.*s",
                          wt.file, (int)c->name.len, c->name.p, row, (int)got.len, got.p, (int)want.len, want.p);
            if (c->type != MYSQL_TYPE_FLOAT && c->type != MYSQL_TYPE_DOUBLE)
                ck_assert_int_eq(value_compare(&vt, &vb), 0);
        }
        ck_assert(row_read_end(&raw) && row_read_end(&text) && row_read_end(&binary));
    }
}
END_TEST

static bool read_all(const uint8_t *p, size_t n, bool binary, const struct set *s)
{
    struct row_reader r;
    struct value v;
    row_read_begin(&r, p, n, binary, s->columns, s->n_columns);
    for (size_t i = 0; i < s->n_columns; i++)
        row_read_next(&r, &v);
    return row_read_end(&r);
}

START_TEST(test_cut_rows_are_refused)
{
    static const char *const names[] = {"text", "binary"};
    for (int kind = 0; kind < 2; kind++) {
        struct wire_case w = wire_find(wire_files[_i], names[kind]);
        struct set s;
        load(&w, &s);
        for (size_t row = 0; row < s.n_rows; row++) {
            for (size_t n = 0; n <= s.rows[row].len; n++) {
                struct guard g = guard_new(s.rows[row].data, n);
                ck_assert_int_eq(read_all(g.p, g.n, kind, &s), n == s.rows[row].len);
                guard_free(&g);
            }
        }
    }
}
END_TEST

START_TEST(test_row_with_bytes_left_over_is_refused)
{
    struct set s = {.n_columns = 1};
    s.columns[0] = column_make("a", MYSQL_TYPE_VAR_STRING);
    ck_assert(read_all((const uint8_t *)"\x01x", 2, false, &s));
    ck_assert(!read_all((const uint8_t *)"\x01xy", 3, false, &s));
    ck_assert(read_all((const uint8_t *)"\0\0\x01x", 4, true, &s));
    ck_assert(!read_all((const uint8_t *)"\0\0\x01xy", 5, true, &s));
    ck_assert(!read_all((const uint8_t *)"\1\0\x01x", 4, true, &s));
}
END_TEST

START_TEST(test_columns_round_trip)
{
    struct wire_case w = wire_find(wire_files[_i], "text");
    size_t at = 0;
    next(&w, &at);
    for (int i = 0; i < 33; i++) {
        size_t from = at;
        struct packet p = next(&w, &at);
        struct column c;
        struct buf b;
        uint8_t seq = p.seq;
        for (size_t n = 0; n <= p.len; n++) {
            struct guard g = guard_new(p.data, n);
            ck_assert_int_eq(column_read(g.p, g.n, &c), n == p.len);
            guard_free(&g);
        }
        ck_assert(column_read(p.data, p.len, &c));
        ck_assert_ptr_null(column_differs(&c, &c));
        buf_init(&b, 1000);
        column_write(&b, &seq, &c);
        ck_assert_uint_eq(buf_len(&b), at - from);
        ck_assert_mem_eq(buf_ptr(&b), w.stream + from, at - from);
        buf_deinit(&b);
    }
}
END_TEST

START_TEST(test_trap_R5_columns_that_differ)
{
    struct column a = column_make("n", MYSQL_TYPE_LONGLONG), b = a;
    b.length = 5;
    b.table = b.org_table = (struct bytes){(const uint8_t *)"t_0001", 6};
    ck_assert_ptr_null(column_differs(&a, &b));
    b.flags |= UNSIGNED_FLAG;
    ck_assert_str_eq(column_differs(&a, &b), "sign");
    b = a;
    b.type = MYSQL_TYPE_LONG;
    ck_assert_str_eq(column_differs(&a, &b), "type");
    b = a;
    b.charset = 45;
    ck_assert_str_eq(column_differs(&a, &b), "collation");
    b = column_make("m", MYSQL_TYPE_LONGLONG);
    ck_assert_str_eq(column_differs(&a, &b), "name");
}
END_TEST

/* ---- a result set of ours ---- */

START_TEST(test_own_result_sets)
{
    struct column columns[9];
    struct value values[9], v;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    for (int i = 0; i < 9; i++) {
        columns[i] = column_make(names[i], i % 3 == 0   ? MYSQL_TYPE_LONGLONG
                                           : i % 3 == 1 ? MYSQL_TYPE_VAR_STRING
                                                        : MYSQL_TYPE_DOUBLE);
        values[i] = (struct value){.kind = VALUE_NULL};
    }
    values[0] = (struct value){.kind = VALUE_INT, .i = -5};
    values[4] = (struct value){.kind = VALUE_TEXT, .text = {(const uint8_t *)"text", 4}};
    values[5] = (struct value){.kind = VALUE_DOUBLE, .d = 0.25};
    values[7] = (struct value){.kind = VALUE_UINT, .u = 12}; /* a number in a text column is printed */
    values[8] =
        (struct value){.kind = VALUE_TEXT, .text = {(const uint8_t *)"x", 1}}; /* does not fit: NULL when binary */
    for (int binary = 0; binary < 2; binary++) {
        struct buf b;
        uint8_t seq = 1;
        buf_init(&b, 10000);
        row_write_head(&b, &seq, 0, 2, columns, 9);
        row_write(&b, &seq, binary, columns, values, 9);
        reply_write_end(&b, &seq, 0, 2, 0);
        ck_assert_uint_eq(seq, 14);
        struct wire_case w = {.stream = buf_ptr(&b), .n = buf_len(&b), .rows = 1};
        struct set s;
        load(&w, &s);
        struct row_reader r;
        row_read_begin(&r, s.rows[0].data, s.rows[0].len, binary, binary ? s.columns : NULL, 9);
        static const char *const want[] = {"-5", "", "", "", "text", "0.25", "", "12", "x"};
        for (int i = 0; i < 9; i++) {
            char scratch[VALUE_SCRATCH];
            row_read_next(&r, &v);
            if (!(binary && i == 8))
                assert_text(value_print(&v, 31, scratch), want[i]);
            ck_assert_int_eq(v.kind == VALUE_NULL, values[i].kind == VALUE_NULL || (binary && i == 8));
        }
        ck_assert(row_read_end(&r));
        buf_deinit(&b);
    }
}
END_TEST

START_TEST(test_put_functions)
{
    struct buf b;
    buf_init(&b, 1000);
    row_put_int(&b, INT64_MIN);
    row_put_uint(&b, UINT64_MAX);
    row_put_str(&b, NULL);
    row_put_str(&b, "");
    assert_bytes(buf_ptr(&b), buf_len(&b),
                 "14 2d39323233333732303336383534373735383038 14 3138343436373434303733373039353531363135 fb 00");
    buf_deinit(&b);
}
END_TEST

/* ---- values ---- */

static struct value from(enum value_kind kind, const char *text)
{
    struct value v;
    struct bytes b = {(const uint8_t *)text, strlen(text)};
    ck_assert_msg(value_from_text(&v, kind, b), "%s", text);
    return v;
}

START_TEST(test_order)
{
    struct value rising[] = {
        {.kind = VALUE_NULL},
        from(VALUE_DECIMAL, "-100000000000000000000.5"),
        from(VALUE_INT, "-9223372036854775808"),
        from(VALUE_DECIMAL, "-2.50001"),
        from(VALUE_DOUBLE, "-2.5"),
        from(VALUE_INT, "-1"),
        from(VALUE_UINT, "0"),
        from(VALUE_DECIMAL, "0.000001"),
        from(VALUE_DECIMAL, "9"),
        from(VALUE_DECIMAL, "10.01"),
        from(VALUE_DECIMAL, "10.1"),
        from(VALUE_INT, "9223372036854775807"),
        from(VALUE_UINT, "9223372036854775808"),
        from(VALUE_UINT, "18446744073709551615"),
        from(VALUE_DECIMAL, "18446744073709551615.1"),
        from(VALUE_DOUBLE, "1e30"),
        from(VALUE_BYTES, ""),
        from(VALUE_TEXT, "a"),
        from(VALUE_BYTES, "a\x01"),
        from(VALUE_BYTES, "\xff"),
        from(VALUE_DATETIME, "0000-00-00 00:00:00"),
        from(VALUE_DATE, "1999-12-31"),
        from(VALUE_DATETIME, "1999-12-31 00:00:00.000001"),
        from(VALUE_DATE, "2000-01-01"),
        from(VALUE_TIME, "-838:59:59"),
        from(VALUE_TIME, "-00:00:01"),
        from(VALUE_TIME, "00:00:00"),
        from(VALUE_TIME, "100:00:00.5"),
    };
    int n = (int)(sizeof rising / sizeof *rising);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int c = value_compare(&rising[i], &rising[j]);
            ck_assert_msg((c > 0) - (c < 0) == (i > j) - (i < j), "%d and %d: %d", i, j, c);
        }
}
END_TEST

START_TEST(test_equal_across_kinds)
{
    struct value rows[][2] = {
        {from(VALUE_INT, "5"), from(VALUE_UINT, "5")},
        {from(VALUE_INT, "5"), from(VALUE_DECIMAL, "+005.000")},
        {from(VALUE_DOUBLE, "5"), from(VALUE_DECIMAL, "5.")},
        {from(VALUE_DECIMAL, "-0.00"), from(VALUE_INT, "0")},
        {from(VALUE_TIME, "-00:00:00"), from(VALUE_TIME, "00:00:00")},
        {from(VALUE_DATE, "2024-01-02"), from(VALUE_DATETIME, "2024-01-02 00:00:00")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_int_eq(value_compare(&rows[i][0], &rows[i][1]), 0);
}
END_TEST

START_TEST(test_texts_that_are_no_values)
{
    static const struct {
        enum value_kind kind;
        const char *text;
    } rows[] = {
        {VALUE_INT, ""},
        {VALUE_INT, "-"},
        {VALUE_INT, "1x"},
        {VALUE_INT, "9223372036854775808"},
        {VALUE_UINT, "-1"},
        {VALUE_UINT, "18446744073709551616"},
        {VALUE_DOUBLE, "nan"},
        {VALUE_DOUBLE, "0x10"},
        {VALUE_DOUBLE, "-"},
        {VALUE_DECIMAL, "1.2.3"},
        {VALUE_DECIMAL, "."},
        {VALUE_DECIMAL, "1e5"},
        {VALUE_DATE, "2024-13-01"},
        {VALUE_DATE, "2024-1"},
        {VALUE_DATE, "2024-01-01 "},
        {VALUE_DATETIME, "2024-01-01T00:00:00"},
        {VALUE_DATETIME, "2024-01-01 24:00:00"},
        {VALUE_TIME, "1:60:00"},
        {VALUE_TIME, "1:2"},
        {VALUE_TIME, "01:02:03."},
        {VALUE_TIME, "01:02:03.1234567"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value v;
        struct bytes b = {(const uint8_t *)rows[i].text, strlen(rows[i].text)};
        ck_assert_msg(!value_from_text(&v, rows[i].kind, b), "%s", rows[i].text);
    }
}
END_TEST

/* Each type's binary form, cut at every byte, skipped, and written again. */
START_TEST(test_binary_forms)
{
    static const struct {
        uint8_t type;
        bool is_unsigned;
        const char *hex, *text;
    } rows[] = {
        {MYSQL_TYPE_TINY, 0, "ff", "-1"},
        {MYSQL_TYPE_TINY, 1, "ff", "255"},
        {MYSQL_TYPE_SHORT, 0, "0080", "-32768"},
        {MYSQL_TYPE_YEAR, 0, "e807", "2024"},
        {MYSQL_TYPE_INT24, 0, "000080ff", "-8388608"},
        {MYSQL_TYPE_LONG, 1, "ffffffff", "4294967295"},
        {MYSQL_TYPE_LONGLONG, 0, "0000000000000080", "-9223372036854775808"},
        {MYSQL_TYPE_FLOAT, 0, "0000c03f", "1.5"},
        {MYSQL_TYPE_DOUBLE, 0, "000000000000f83f", "1.5"},
        {MYSQL_TYPE_DATE, 0, "00", "0000-00-00"},
        {MYSQL_TYPE_DATE, 0, "04e807021d", "2024-02-29"},
        {MYSQL_TYPE_DATETIME, 0, "04e807021d", "2024-02-29 00:00:00"},
        {MYSQL_TYPE_DATETIME, 0, "07e807021d0d0e0f", "2024-02-29 13:14:15"},
        {MYSQL_TYPE_TIMESTAMP, 0, "0be807021d0d0e0f07000000", "2024-02-29 13:14:15.000007"},
        {MYSQL_TYPE_TIME, 0, "00", "00:00:00"},
        {MYSQL_TYPE_TIME, 0, "080122000000163b3b", "-838:59:59"},
        {MYSQL_TYPE_TIME, 0, "0c000000000001020340420f00", NULL},
        {MYSQL_TYPE_TIME, 0, "0c00000000000102033f420f00", "01:02:03.999999"},
        {MYSQL_TYPE_NEWDECIMAL, 0, "042d312e35", "-1.5"},
        {MYSQL_TYPE_VAR_STRING, 0, "03616263", "abc"},
        {MYSQL_TYPE_BLOB, 0, "00", ""},
        {MYSQL_TYPE_DATE, 0, "04e8070d1d", NULL}, /* month 13 */
        {MYSQL_TYPE_DATETIME, 0, "05e807021d00", NULL},
        {MYSQL_TYPE_TIME, 0, "0800ffffffff000000", NULL},
        {200, 0, "00", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[32];
        size_t n = unhex(rows[i].hex, bytes);
        for (size_t cut = 0; cut <= n; cut++) {
            struct guard g = guard_new(bytes, cut);
            struct reader r = rd_init(g.p, g.n), skip = r;
            struct value v;
            value_read_binary(&r, rows[i].type, rows[i].is_unsigned, 0, &v);
            value_skip_binary(&skip, rows[i].type);
            ck_assert_msg(r.bad == (cut < n || !rows[i].text), "row %zu, %zu bytes", i, cut);
            ck_assert(cut == n || skip.bad);
            if (!r.bad) {
                char scratch[VALUE_SCRATCH];
                assert_text(value_print(&v, 31, scratch), rows[i].text);
                ck_assert_uint_eq(rd_left(&r), 0);
                ck_assert(!skip.bad && rd_left(&skip) == 0);
                struct buf b;
                buf_init(&b, 100);
                value_write_binary(&b, rows[i].type, &v);
                assert_bytes(buf_ptr(&b), buf_len(&b), rows[i].hex);
                buf_deinit(&b);
            }
            guard_free(&g);
        }
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("row");
    tcase_add_loop_test(tc, test_binary_rows_print_as_the_server_does, 0, 4);
    tcase_add_loop_test(tc, test_cut_rows_are_refused, 0, 4);
    tcase_add_test(tc, test_row_with_bytes_left_over_is_refused);
    tcase_add_loop_test(tc, test_columns_round_trip, 0, 4);
    tcase_add_test(tc, test_trap_R5_columns_that_differ);
    tcase_add_test(tc, test_own_result_sets);
    tcase_add_test(tc, test_put_functions);
    tcase_add_test(tc, test_order);
    tcase_add_test(tc, test_equal_across_kinds);
    tcase_add_test(tc, test_texts_that_are_no_values);
    tcase_add_test(tc, test_binary_forms);
    return run_tests("row", tc);
}
