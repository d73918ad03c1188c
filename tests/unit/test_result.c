#include "protocol/result.h"
#include "protocol/const.h"
#include "tests/unit/wire_help.h"

/* ---- a relay in small ---- */

struct relay {
    struct result r;
    uint8_t *in, *out; /* what has arrived and may not be passed on yet; what was passed on */
    size_t n_in, n_out;
    char events[512];
    bool bad;
};

static void relay_init(struct relay *y, enum result_command command, bool deprecate_eof, size_t room)
{
    *y = (struct relay){.in = malloc(room + 1), .out = malloc(room + 1)};
    result_init(&y->r, command, deprecate_eof);
}

static void relay_free(struct relay *y)
{
    free(y->in);
    free(y->out);
}

static char letter(enum result_event event)
{
    return "mhcerEOXITB"[event];
}

static void relay_push(struct relay *y, const uint8_t *p, size_t n)
{
    memcpy(y->in + y->n_in, p, n);
    y->n_in += n;
    for (;;) {
        struct guard g = guard_new(y->in, y->n_in);
        struct packet packet;
        size_t used;
        enum result_event event = result_feed(&y->r, g.p, g.n, &used, &packet);
        ck_assert_uint_le(used, g.n);
        memcpy(y->out + y->n_out, g.p, used);
        y->n_out += used;
        memmove(y->in, y->in + used, y->n_in -= used);
        size_t len = strlen(y->events);
        if (event != RESULT_MORE && len + 1 < sizeof y->events)
            y->events[len] = letter(event);
        if (event != RESULT_MORE && event != RESULT_BAD) {
            ck_assert_ptr_eq(packet.data + packet.len, g.p + used);
            ck_assert_uint_eq(packet.raw, packet.len + PACKET_HEADER);
        }
        y->bad = event == RESULT_BAD;
        guard_free(&g);
        if (event == RESULT_MORE || event == RESULT_BAD || y->r.over)
            return;
    }
}

static enum result_command command_of(const char *name)
{
    static const char *const names[] = {"QUERY", "EXECUTE", "PREPARE", "FETCH", "FIELD_LIST", "STATISTICS", "SIMPLE"};
    for (int i = 0; i < 7; i++)
        if (!strcmp(name, names[i]))
            return (enum result_command)i;
    ck_abort_msg("%s", name);
}

/* ---- what real servers send ---- */

static void assert_case(const struct wire_case *w, const struct relay *y)
{
    const struct result *r = &y->r;
    ck_assert_msg(r->over && !y->bad, "%s %s: %s", w->file, w->name, y->events);
    ck_assert_uint_eq(y->n_out, w->n);
    ck_assert_uint_eq(y->n_in, 0);
    ck_assert(!memcmp(y->out, w->stream, w->n));
    if (w->rows >= 0)
        ck_assert_msg(r->rows == (uint64_t)w->rows, "%s: %lu rows", w->name, (unsigned long)r->rows);
    if (w->results >= 0)
        ck_assert_msg(r->n_results == (uint32_t)w->results, "%s: %u results", w->name, r->n_results);
    ck_assert_uint_eq(r->error, w->error >= 0 ? w->error : 0);
    if (w->columns >= 0)
        ck_assert_uint_eq(r->columns, w->columns);
    if (w->params >= 0)
        ck_assert_uint_eq(r->n_params, w->params);
    ck_assert_uint_eq(r->skip, 0);
}

static void each_case(void (*check)(const struct wire_case *w))
{
    for (size_t f = 0; f < 4; f++) {
        struct wire_case cases[64];
        size_t n = wire_load(wire_files[f], cases, 64);
        for (size_t i = 0; i < n; i++) {
            check(&cases[i]);
            free(cases[i].stream);
        }
    }
}

static void in_one_piece_and_bytewise(const struct wire_case *w)
{
    struct relay whole, single;
    relay_init(&whole, command_of(w->command), w->deprecate_eof, w->n);
    relay_init(&single, command_of(w->command), w->deprecate_eof, w->n);
    relay_push(&whole, w->stream, w->n);
    assert_case(w, &whole);
    for (size_t i = 0; i < w->n; i++) {
        ck_assert_msg(!single.r.over, "%s %s: over %zu bytes early", w->file, w->name, w->n - i);
        relay_push(&single, w->stream + i, 1);
    }
    assert_case(w, &single);
    ck_assert_str_eq(whole.events, single.events);
    ck_assert(!memcmp(&whole.r, &single.r, sizeof whole.r));
    relay_free(&whole);
    relay_free(&single);
}

START_TEST(test_real_replies_whole_and_bytewise)
{
    each_case(in_one_piece_and_bytewise);
}
END_TEST

static void in_two_pieces(const struct wire_case *w)
{
    size_t step = w->n > 1000 ? 7 : 1;
    for (size_t cut = 1; cut < w->n; cut += step) {
        struct relay y;
        relay_init(&y, command_of(w->command), w->deprecate_eof, w->n);
        relay_push(&y, w->stream, cut);
        ck_assert(!y.r.over);
        relay_push(&y, w->stream + cut, w->n - cut);
        assert_case(w, &y);
        relay_free(&y);
    }
}

START_TEST(test_real_replies_cut_anywhere)
{
    each_case(in_two_pieces);
}
END_TEST

static void packet_by_packet(const struct wire_case *w)
{
    struct result r;
    size_t at = 0;
    result_init(&r, command_of(w->command), w->deprecate_eof);
    while (at < w->n) {
        struct packet p;
        ck_assert(!r.over);
        ck_assert_int_eq(packet_next(w->stream + at, w->n - at, PACKET_MAX, &p), PACKET_OK);
        struct guard g = guard_new(p.data, p.len);
        ck_assert_int_ne(result_packet(&r, g.p, g.n), RESULT_BAD);
        guard_free(&g);
        at += p.raw;
    }
    ck_assert(r.over);
    ck_assert(w->rows < 0 || r.rows == (uint64_t)w->rows);
}

START_TEST(test_real_replies_packet_by_packet)
{
    each_case(packet_by_packet);
}
END_TEST

static void shifted(const struct wire_case *w)
{
    struct relay y;
    relay_init(&y, command_of(w->command), w->deprecate_eof, w->n);
    y.r.seq_shift = 250;
    for (size_t at = 0; at < w->n; at += 3)
        relay_push(&y, w->stream + at, w->n - at < 3 ? w->n - at : 3);
    ck_assert(y.r.over);
    uint8_t last = 0;
    for (size_t at = 0; at < w->n;) {
        size_t len = w->stream[at] | w->stream[at + 1] << 8 | w->stream[at + 2] << 16;
        ck_assert(!memcmp(y.out + at, w->stream + at, 3));
        ck_assert_uint_eq(y.out[at + 3], (uint8_t)(w->stream[at + 3] + 250));
        ck_assert(!memcmp(y.out + at + 4, w->stream + at + 4, len));
        last = y.out[at + 3];
        at += 4 + len;
    }
    ck_assert_uint_eq(y.r.last_seq, last);
    relay_free(&y);
}

START_TEST(test_sequence_ids_are_shifted)
{
    each_case(shifted);
}
END_TEST

START_TEST(test_events_of_real_replies)
{
    static const char *const want[][2] = {
        {"multi", "EOE"}, {"multi_error", "EX"}, {"call", "EEO"}, {"call_binary", "EEO"}, {"insert", "O"},
        {"error", "X"},   {"set_option", "E"},   {"ping", "O"},   {"statistics", "T"},    {"fields", "E"},
        {"empty", "E"},   {"cursor", "E"},       {"fetch", "E"},
    };
    for (size_t f = 0; f < 4; f++) {
        for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
            struct wire_case w = wire_find(wire_files[f], want[i][0]);
            struct relay y;
            relay_init(&y, command_of(w.command), w.deprecate_eof, w.n);
            relay_push(&y, w.stream, w.n);
            ck_assert_msg(!strcmp(y.events, want[i][1]), "%s %s: %s", w.file, w.name, y.events);
            relay_free(&y);
        }
        /* PREPARE stops at its first packet, for the id, and at its last one */
        struct wire_case w = wire_find(wire_files[f], "prepare_both");
        struct relay y;
        relay_init(&y, RESULT_OF_PREPARE, w.deprecate_eof, w.n);
        relay_push(&y, w.stream, w.n);
        ck_assert_str_eq(y.events, w.deprecate_eof ? "Oc" : "OE");
        relay_free(&y);
    }
}
END_TEST

START_TEST(test_status_is_noted)
{
    struct wire_case w = wire_find(wire_files[_i], "insert");
    struct relay y;
    relay_init(&y, RESULT_OF_EXECUTE, w.deprecate_eof, w.n);
    relay_push(&y, w.stream, w.n);
    ck_assert_uint_eq(y.r.affected, 1);
    ck_assert_uint_eq(y.r.status & SERVER_STATUS_AUTOCOMMIT, SERVER_STATUS_AUTOCOMMIT);
    relay_free(&y);
    w = wire_find(wire_files[_i], "cursor");
    relay_init(&y, RESULT_OF_EXECUTE, w.deprecate_eof, w.n);
    relay_push(&y, w.stream, w.n);
    ck_assert(y.r.status & SERVER_STATUS_CURSOR_EXISTS);
    ck_assert_uint_eq(y.r.rows, 0);
    relay_free(&y);
    w = wire_find(wire_files[_i], "fetch_last");
    relay_init(&y, RESULT_OF_FETCH, w.deprecate_eof, w.n);
    relay_push(&y, w.stream, w.n);
    ck_assert(y.r.status & SERVER_STATUS_LAST_ROW_SENT);
    relay_free(&y);
}
END_TEST

/* ---- made by hand ---- */

/* One column of text, without CLIENT_DEPRECATE_EOF. */
#define HEAD \
    "01000001 01" \
    "02000002 0364" \
    "05000003 fe 0000 0200"

static enum result_event feed_hex(struct result *r, const char *hex, size_t *used)
{
    uint8_t bytes[1024];
    struct packet packet;
    size_t n = unhex(hex, bytes);
    struct guard g = guard_new(bytes, n);
    enum result_event event = result_feed(r, g.p, g.n, used, &packet);
    guard_free(&g);
    return event;
}

START_TEST(test_wrong_replies)
{
    static const struct {
        enum result_command command;
        bool deprecate_eof;
        size_t used; /* what came before the fault is passed on */
        const char *hex;
    } rows[] = {
        {RESULT_OF_QUERY, 0, 0, "00000001"},                                 /* empty first packet */
        {RESULT_OF_QUERY, 0, 0, "02000001 00 00"},                           /* OK too short */
        {RESULT_OF_QUERY, 0, 0, "02000001 ff 28"},                           /* ERR too short */
        {RESULT_OF_QUERY, 0, 0, "05000001 fe 0000 0200"},                    /* EOF in place of a column count */
        {RESULT_OF_QUERY, 0, 0, "02000001 01 01"},                           /* column count with something behind */
        {RESULT_OF_QUERY, 0, 0, "04000001 fd 000001"},                       /* 65536 columns */
        {RESULT_OF_QUERY, 0, 11, "01000001 01 02000002 0364 02000003 0131"}, /* row in place of the EOF */
        {RESULT_OF_QUERY, 0, 20, HEAD "00000004"},                           /* empty row */
        {RESULT_OF_QUERY, 0, 20, HEAD "0a000004 fe 000000000000000000"},     /* neither EOF nor 16 MiB */
        {RESULT_OF_QUERY, 0, 20, HEAD "03000004 fe 0000"},                   /* EOF too short */
        {RESULT_OF_EXECUTE, 0, 20, HEAD "02000004 0131"},                    /* text row in a binary result */
        {RESULT_OF_EXECUTE, 1, 11, "01000001 01 02000002 0364 02000004 0131"},
        {RESULT_OF_PREPARE, 0, 0, "05000001 01 01000000"}, /* no OK */
        {RESULT_OF_PREPARE, 0, 0, "05000001 00 01000000"}, /* counts missing */
        {RESULT_OF_SIMPLE, 0, 0, "01000001 01"},
        {RESULT_OF_SIMPLE, 0, 0, "07000001 fe 00 00 0200 0000"}, /* OK as EOF, which was not agreed */
        {RESULT_OF_FIELD_LIST, 0, 0, "01000001 fb"},
        {RESULT_OF_FETCH, 0, 0, "02000001 0131"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result r;
        size_t used;
        result_init(&r, rows[i].command, rows[i].deprecate_eof);
        ck_assert_msg(feed_hex(&r, rows[i].hex, &used) == RESULT_BAD, "row %zu: %s", i, rows[i].hex);
        ck_assert_msg(used == rows[i].used, "row %zu: %zu passed on", i, used);
        ck_assert_msg(feed_hex(&r, "07000001 00 00 00 0200 0000", &used) == RESULT_BAD, "row %zu: bad stays", i);
        ck_assert_uint_eq(used, 0);
    }
}
END_TEST

START_TEST(test_bytes_behind_the_end_are_bad)
{
    struct result r;
    size_t used;
    result_init(&r, RESULT_OF_QUERY, false);
    ck_assert_int_eq(feed_hex(&r, "07000001 00 00 00 0200 0000 07000001 00 00 00 0200 0000", &used), RESULT_OK);
    ck_assert_uint_eq(used, 11);
    ck_assert(r.over);
    ck_assert_int_eq(feed_hex(&r, "", &used), RESULT_MORE);
    ck_assert_int_eq(feed_hex(&r, "07000001 00 00 00 0200 0000", &used), RESULT_BAD);
}
END_TEST

START_TEST(test_error_after_rows)
{
    struct result r;
    size_t used;
    result_init(&r, RESULT_OF_QUERY, false);
    ck_assert_int_eq(feed_hex(&r, HEAD "02000004 0131 01000005 fb 0d000006 ff 2505 23 3730313030 73746f70", &used),
                     RESULT_ERR);
    ck_assert(r.over);
    ck_assert_uint_eq(r.error, 1317);
    ck_assert_uint_eq(r.rows, 2);
    ck_assert_uint_eq(r.last_seq, 6);
}
END_TEST

START_TEST(test_infile_goes_on_with_the_answer)
{
    struct result r;
    size_t used;
    result_init(&r, RESULT_OF_QUERY, false);
    ck_assert_int_eq(feed_hex(&r, "03000001 fb 6162", &used), RESULT_INFILE);
    ck_assert(!r.over);
    ck_assert_int_eq(feed_hex(&r, "07000004 00 05 00 0200 0000", &used), RESULT_OK);
    ck_assert(r.over);
    ck_assert_uint_eq(r.affected, 5);
}
END_TEST

START_TEST(test_eof_without_deprecation_needs_no_wait_for_rows)
{
    struct result r;
    size_t used;
    result_init(&r, RESULT_OF_QUERY, false);
    ck_assert_int_eq(feed_hex(&r, HEAD "0a000004 09 6162", &used), RESULT_MORE); /* a cut row is passed on */
    ck_assert_uint_eq(used, 20 + 7);
    ck_assert_uint_eq(r.skip, 7);
    ck_assert_int_eq(feed_hex(&r, "63646566676869 05000005 fe", &used), RESULT_MORE); /* a cut EOF is not */
    ck_assert_uint_eq(used, 7);
    ck_assert_int_eq(feed_hex(&r, "05000005 fe 0000 0200", &used), RESULT_END);
    ck_assert(r.over);
}
END_TEST

/* ---- rows of 16 MiB and more (trap P3) ---- */

static size_t put_packet(uint8_t *to, size_t len, uint8_t seq, uint8_t first)
{
    memset(to, 0xff, len + 4);
    to[0] = (uint8_t)len;
    to[1] = (uint8_t)(len >> 8);
    to[2] = (uint8_t)(len >> 16);
    to[3] = seq;
    if (len)
        to[4] = first;
    return len + 4;
}

START_TEST(test_trap_P3_huge_rows)
{
    uint8_t *bytes = malloc(64 << 20);
    size_t n = unhex(HEAD, bytes), used, sizes[4];
    n += put_packet(bytes + n, PACKET_MAX, 4, 0xfe); /* a text of 16 MiB: 0xfe is its length's first byte */
    sizes[0] = n;
    n += put_packet(bytes + n, 5, 5, 0xfe); /* goes on: neither EOF … */
    sizes[1] = n;
    n += put_packet(bytes + n, PACKET_MAX, 6, 0xfd);
    sizes[2] = n;
    n += put_packet(bytes + n, 0, 7, 0); /* … nor an empty packet */
    sizes[3] = n;
    n += unhex("05000008 fe 0000 0200", bytes + n);
    struct packet packet;
    static const size_t steps[] = {SIZE_MAX, 65536, 1000003, PACKET_MAX, PACKET_MAX + 4, 3 << 20};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct result r;
        enum result_event event = RESULT_MORE;
        result_init(&r, RESULT_OF_QUERY, false);
        for (size_t at = 0, have = 0; at < n; at += used) {
            ck_assert_int_eq(event, RESULT_MORE);
            size_t want = steps[i] < n - at ? steps[i] : n - at;
            have = want > have ? want : have + 1; /* what was not taken comes again, with more */
            event = result_feed(&r, bytes + at, have, &used, &packet);
            have -= used;
        }
        ck_assert_int_eq(event, RESULT_END);
        ck_assert(r.over);
        ck_assert_uint_eq(r.rows, 2);
        ck_assert_uint_eq(r.last_seq, 8);
    }
    for (size_t i = 0; i < 4; i++) { /* cut behind a fragment */
        struct result r;
        result_init(&r, RESULT_OF_QUERY, false);
        ck_assert_int_eq(result_feed(&r, bytes, sizes[i], &used, &packet), RESULT_MORE);
        ck_assert_uint_eq(used, sizes[i]);
        ck_assert_int_eq(result_feed(&r, bytes + used, n - used, &used, &packet), RESULT_END);
        ck_assert_uint_eq(r.rows, 2);
    }
    free(bytes);
}
END_TEST

START_TEST(test_huge_status_packet_is_bad)
{
    struct result r;
    size_t used;
    result_init(&r, RESULT_OF_QUERY, false);
    ck_assert_int_eq(feed_hex(&r, "ffffff01 00", &used), RESULT_BAD);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("result");
    tcase_add_test(tc, test_real_replies_whole_and_bytewise);
    tcase_add_test(tc, test_real_replies_cut_anywhere);
    tcase_add_test(tc, test_real_replies_packet_by_packet);
    tcase_add_test(tc, test_sequence_ids_are_shifted);
    tcase_add_test(tc, test_events_of_real_replies);
    tcase_add_loop_test(tc, test_status_is_noted, 0, 4);
    tcase_add_test(tc, test_wrong_replies);
    tcase_add_test(tc, test_bytes_behind_the_end_are_bad);
    tcase_add_test(tc, test_error_after_rows);
    tcase_add_test(tc, test_infile_goes_on_with_the_answer);
    tcase_add_test(tc, test_eof_without_deprecation_needs_no_wait_for_rows);
    tcase_add_test(tc, test_trap_P3_huge_rows);
    tcase_add_test(tc, test_huge_status_packet_is_bad);
    return run_tests("result", tc);
}
