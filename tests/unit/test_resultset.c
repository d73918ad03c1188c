/* What a client reads out of a result set of ours must be what was put in, in text and binary, with and without EOF. */
#include <string.h>

#include "protocol/reply.h"
#include "proxy/resultset.h"
#include "tests/unit/wire_help.h"

struct client {
    struct buf in;
    uint32_t caps;
    uint8_t seq;
    struct column columns[8];
    struct packet packets[8];
    size_t n;
};

static struct packet next(struct client *c)
{
    struct packet p;
    ck_assert_int_eq(packet_next(buf_ptr(&c->in), buf_len(&c->in), SIZE_MAX, &p), PACKET_OK);
    ck_assert_uint_eq(p.seq, c->seq);
    c->seq = (uint8_t)(p.last + 1);
    buf_consume(&c->in, p.raw);
    return p;
}

static void read_end(struct client *c, uint16_t status, uint16_t warnings)
{
    struct packet p = next(c);
    ck_assert_uint_eq(p.data[0], 0xfe);
    if (c->caps & CLIENT_DEPRECATE_EOF) {
        struct ok_packet ok;
        ck_assert(reply_read_ok(p.data, p.len, c->caps, &ok));
        ck_assert_uint_eq(ok.status, status);
        ck_assert_uint_eq(ok.warnings, warnings);
    } else {
        ck_assert_uint_eq(p.len, 5);
        ck_assert_uint_eq(p.data[1] | p.data[2] << 8, warnings);
        ck_assert_uint_eq(p.data[3] | p.data[4] << 8, status);
    }
}

static void read_head(struct client *c, size_t n, uint16_t status)
{
    struct packet p = next(c);
    ck_assert_uint_eq(p.len, 1);
    ck_assert_uint_eq(p.data[0], n);
    c->n = n;
    for (size_t i = 0; i < n; i++) {
        p = next(c);
        ck_assert(column_read(p.data, p.len, &c->columns[i]));
    }
    if (!(c->caps & CLIENT_DEPRECATE_EOF))
        read_end(c, status, 0);
}

/* The next row's values as text, '|' between them, "~" for NULL. */
static const char *row(struct client *c, bool binary)
{
    static char text[4096];
    char scratch[VALUE_SCRATCH];
    struct row_reader reader;
    struct packet p = next(c);
    text[0] = 0;
    row_read_begin(&reader, p.data, p.len, binary, c->columns, c->n);
    for (size_t i = 0; i < c->n; i++) {
        struct value v;
        row_read_next(&reader, &v);
        struct bytes t = row_print(&c->columns[i], &v, scratch);
        if (i)
            strcat(text, "|");
        if (v.kind == VALUE_NULL)
            strcat(text, "~");
        else
            strncat(text, (const char *)t.p, t.len);
    }
    ck_assert(row_read_end(&reader));
    return text;
}

static const uint32_t all_caps[] = {CLIENT_PROTOCOL_41, CLIENT_PROTOCOL_41 | CLIENT_DEPRECATE_EOF};

static void begin(struct resultset *r, struct client *c, uint8_t *seq, uint32_t caps, bool binary)
{
    *c = (struct client){.caps = caps, .seq = *seq};
    buf_init(&c->in, SIZE_MAX);
    if (binary)
        resultset_begin_binary(r, &c->in, seq, caps);
    else
        resultset_begin(r, &c->in, seq, caps);
    resultset_column(r, "id", MYSQL_TYPE_LONGLONG);
    resultset_column(r, "name", MYSQL_TYPE_VAR_STRING);
    resultset_column(r, "lag", MYSQL_TYPE_DOUBLE);
    resultset_columns_end(r, SERVER_STATUS_AUTOCOMMIT);
}

START_TEST(values_come_back)
{
    bool binary = _i / 2;
    struct client c;
    struct resultset r;
    uint8_t seq = 1;
    begin(&r, &c, &seq, all_caps[_i % 2], binary);
    resultset_int(&r, -9223372036854775807 - 1);
    resultset_text(&r, "h\xc3\xa9llo");
    resultset_double(&r, 0.1);
    resultset_row_end(&r);
    resultset_null(&r);
    resultset_text(&r, NULL);
    resultset_null(&r);
    resultset_row_end(&r);
    resultset_int(&r, 5);
    resultset_bytes(&r, "", 0);
    resultset_double(&r, -2);
    resultset_row_end(&r);
    resultset_end(&r, SERVER_STATUS_AUTOCOMMIT, 3);
    read_head(&c, 3, SERVER_STATUS_AUTOCOMMIT);
    ck_assert_uint_eq(c.columns[0].type, MYSQL_TYPE_LONGLONG);
    ck_assert(c.columns[1].name.len == 4 && !memcmp(c.columns[1].name.p, "name", 4));
    ck_assert_str_eq(row(&c, binary), "-9223372036854775808|h\xc3\xa9llo|0.1");
    ck_assert_str_eq(row(&c, binary), "~|~|~");
    ck_assert_str_eq(row(&c, binary), "5||-2");
    read_end(&c, SERVER_STATUS_AUTOCOMMIT, 3);
    ck_assert_uint_eq(buf_len(&c.in), 0);
    ck_assert_uint_eq(c.seq, seq);
    ck_assert_uint_eq(r.rows, 3);
    buf_deinit(&c.in);
}
END_TEST

START_TEST(values_of_other_kinds_are_converted)
{
    bool binary = _i;
    struct client c;
    struct resultset r;
    uint8_t seq = 7;
    begin(&r, &c, &seq, all_caps[1], binary);
    resultset_text(&r, "12 monkeys");
    resultset_int(&r, 12);
    resultset_int(&r, 3);
    resultset_row_end(&r);
    resultset_double(&r, 1e300);
    resultset_double(&r, 0.25);
    resultset_text(&r, "x");
    resultset_row_end(&r);
    resultset_end(&r, 0, 0);
    read_head(&c, 3, 0);
    ck_assert_str_eq(row(&c, binary), "12|12|3");
    ck_assert_str_eq(row(&c, binary), "9223372036854775807|0.25|0");
    read_end(&c, 0, 0);
    buf_deinit(&c.in);
}
END_TEST

/* A row with too few or too many values is still a whole row. */
START_TEST(rows_always_have_all_columns)
{
    bool binary = _i;
    struct client c;
    struct resultset r;
    uint8_t seq = 1;
    begin(&r, &c, &seq, all_caps[0], binary);
    resultset_int(&r, 1);
    resultset_row_end(&r);
    resultset_row_end(&r);
    for (int i = 0; i < 5; i++)
        resultset_int(&r, i);
    resultset_row_end(&r);
    resultset_end(&r, 0, 0);
    read_head(&c, 3, SERVER_STATUS_AUTOCOMMIT);
    ck_assert_str_eq(row(&c, binary), "1|~|~");
    ck_assert_str_eq(row(&c, binary), "~|~|~");
    ck_assert_str_eq(row(&c, binary), "0|1|2");
    read_end(&c, 0, 0);
    buf_deinit(&c.in);
}
END_TEST

/* NULL bits beyond the first byte of the bitmap; the buffer is sent between rows. */
START_TEST(many_columns_sent_row_by_row)
{
    struct buf out;
    struct resultset r;
    struct column columns[20];
    uint8_t seq = 1;
    buf_init(&out, SIZE_MAX);
    resultset_begin_binary(&r, &out, &seq, CLIENT_DEPRECATE_EOF);
    for (int i = 0; i < 20; i++) {
        resultset_column(&r, "c", MYSQL_TYPE_LONGLONG);
        columns[i] = column_make("c", MYSQL_TYPE_LONGLONG);
    }
    resultset_columns_end(&r, 0);
    for (int n = 0; n < 300; n++) {
        struct packet p;
        struct row_reader reader;
        struct value v;
        buf_consume(&out, buf_len(&out));
        for (int i = 0; i < 20; i++) {
            if ((i + n) % 3)
                resultset_int(&r, n * 100 + i);
            else
                resultset_null(&r);
        }
        resultset_row_end(&r);
        ck_assert_int_eq(packet_next(buf_ptr(&out), buf_len(&out), SIZE_MAX, &p), PACKET_OK);
        ck_assert_uint_eq(p.seq, (uint8_t)(22 + n));
        row_read_begin(&reader, p.data, p.len, true, columns, 20);
        for (int i = 0; i < 20; i++) {
            row_read_next(&reader, &v);
            ck_assert_int_eq(v.kind, (i + n) % 3 ? VALUE_INT : VALUE_NULL);
            ck_assert((i + n) % 3 == 0 || v.i == n * 100 + i);
        }
        ck_assert(row_read_end(&reader));
    }
    resultset_abandon(&r);
    buf_deinit(&out);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("resultset");
    tcase_add_loop_test(tc, values_come_back, 0, 4);
    tcase_add_loop_test(tc, values_of_other_kinds_are_converted, 0, 2);
    tcase_add_loop_test(tc, rows_always_have_all_columns, 0, 2);
    tcase_add_test(tc, many_columns_sent_row_by_row);
    return run_tests("resultset", tc);
}
