#include "protocol/error.h"
#include "tests/unit/wire_help.h"

START_TEST(test_rows_are_server_errors)
{
    for (int i = 1; i < ERROR_COUNT; i++) {
        const struct error_row *row = error_row((enum error_code)i);
        ck_assert_msg((row->number >= 1000 && row->number < 2000) || row->number >= 3000, "%u", row->number);
        ck_assert_uint_eq(strlen(row->sqlstate), 5);
        ck_assert_uint_gt(strlen(row->text), 0);
        ck_assert_str_ne(row->sqlstate, "00000");
    }
    ck_assert_ptr_eq(error_row((enum error_code)9999), error_row(ERR_UNKNOWN));
}
END_TEST

START_TEST(test_arguments_are_formatted)
{
    struct error e;
    error_set(&e, ERR_ACCESS_DENIED, "bob", "10.0.0.1", "YES");
    ck_assert_int_eq(e.code, ERR_ACCESS_DENIED);
    ck_assert_uint_eq(e.number, 1045);
    ck_assert_str_eq(e.sqlstate, "28000");
    ck_assert_str_eq(e.text, "Access denied for user 'bob'@'10.0.0.1' (using password: YES)");
}
END_TEST

/* Two-, three- and four-byte characters, moved over the cut byte by byte. */
START_TEST(test_cut_never_inside_a_character)
{
    static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t c = 0; c < 3; c++) {
        size_t width = strlen(characters[c]);
        for (size_t pad = 0; pad < width; pad++) {
            char text[2048];
            memset(text, 'x', pad);
            text[pad] = '\0';
            while (strlen(text) < 1000)
                strcat(text, characters[c]);
            struct error e;
            error_set(&e, ERR_UNKNOWN, text);
            size_t n = strlen(e.text);
            ck_assert_uint_le(n, 511);
            ck_assert_uint_gt(n, 511 - width);
            ck_assert_uint_eq((n - pad) % width, 0);
            ck_assert(!memcmp(e.text, text, n));
        }
    }
}
END_TEST

START_TEST(test_cut_of_bytes_that_are_no_utf8)
{
    char text[1000];
    memset(text, 0x80, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error e;
    error_set(&e, ERR_UNKNOWN, text);
    ck_assert_uint_ge(strlen(e.text), 508);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("error");
    tcase_add_test(tc, test_rows_are_server_errors);
    tcase_add_test(tc, test_arguments_are_formatted);
    tcase_add_test(tc, test_cut_never_inside_a_character);
    tcase_add_test(tc, test_cut_of_bytes_that_are_no_utf8);
    return run_tests("error", tc);
}
