/* What a log line looks like, and that no value can break out of its place. */
#include "proxy/log.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int saved_stderr, ends[2];
static char line[16384];

static void setup(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_setup(CONF_LOG_INFO, CONF_LOG_TEXT);
}

static void teardown(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(ends[0]);
    close(ends[1]);
}

/* All that was written since the last call; the part behind the time. */
static const char *logged(void)
{
    ssize_t n = read(ends[0], line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    const char *p = strstr(line, "level");
    return p != NULL ? p : line;
}

START_TEST(test_text_line)
{
    log_info("client_connected", "session=%u peer=%s ratio=%.2f size=%zu", 7, "127.0.0.1:4711", 0.5, (size_t)9);
    ck_assert_str_eq(logged(), "level=info event=client_connected session=7 peer=127.0.0.1:4711 ratio=0.50 size=9\n");
    ck_assert_int_eq(strncmp(line, "time=20", 7), 0);
    ck_assert_int_eq(line[5 + 23], 'Z');
}
END_TEST

START_TEST(test_json_line)
{
    log_setup(CONF_LOG_INFO, CONF_LOG_JSON);
    log_error("instance_down", "instance=%s failures=%d big=%llu at=%s:%d", "db \"1\"", -3, 18446744073709551615ULL,
              "h", 5);
    ck_assert_str_eq(strstr(logged(), "level"),
                     "level\":\"error\",\"event\":\"instance_down\",\"instance\":\"db \\\"1\\\"\","
                     "\"failures\":-3,\"big\":18446744073709551615,\"at\":\"h:5\"}\n");
    ck_assert_int_eq(strncmp(line, "{\"time\":\"", 9), 0);
}
END_TEST

START_TEST(test_a_value_cannot_forge_pairs_or_lines)
{
    log_info("e", "user=%s next=%s", "x admin=1\nlevel=error", "");
    ck_assert_str_eq(logged(), "level=info event=e user=\"x admin=1\\nlevel=error\" next=\"\"\n");
    log_info("e", "user=%s", "q\"\\\x01\x7f");
    ck_assert_str_eq(logged(), "level=info event=e user=\"q\\\"\\\\\\x01\\x7f\"\n");
    log_info("e", "user=%s", "100%s %n"); /* no second expansion */
    ck_assert_str_eq(logged(), "level=info event=e user=\"100%s %n\"\n");
}
END_TEST

START_TEST(test_bytes_that_are_not_utf8)
{
    log_info("e", "a=%s b=%s", "\xc3\xa4", "\xff\xc3");
    ck_assert_str_eq(logged(), "level=info event=e a=\"\xc3\xa4\" b=\"\\xff\\xc3\"\n");
    log_setup(CONF_LOG_INFO, CONF_LOG_JSON);
    log_info("e", "a=%s b=%s", "\xe2\x82\xac", "\xed\xa0\x80\x02");
    ck_assert_ptr_nonnull(strstr(logged(), "\"a\":\"\xe2\x82\xac\",\"b\":\"\\ufffd\\ufffd\\ufffd\\u0002\"}\n"));
}
END_TEST

START_TEST(test_slices_null_and_percent)
{
    const char bytes[] = {'a', 'b', 'c'};
    const char *volatile nothing = NULL;
    log_info("e", "slice=%.*s null=%s done=%d%% hex=%04x", 2, bytes, nothing, 50, 255);
    ck_assert_str_eq(logged(), "level=info event=e slice=ab null=- done=50% hex=00ff\n");
    log_setup(CONF_LOG_INFO, CONF_LOG_JSON);
    log_info("e", "done=%d%% hex=%04x nan=%f", 50, 16, 0.0 / 0.0);
    ck_assert_ptr_nonnull(strstr(logged(), "\"done\":\"50%\",\"hex\":\"0010\",\"nan\":\""));
}
END_TEST

START_TEST(test_long_values_are_cut_and_the_line_is_whole)
{
    char *text = malloc(20001);
    memset(text, '\n', 20000);
    text[20000] = '\0';
    log_info("e", "a=%s b=%s c=%s d=%s e=%s z=%d", text, text, text, text, text, 1);
    const char *all = logged();
    size_t len = strlen(all);
    ck_assert_uint_lt(len, 8192);
    ck_assert_ptr_eq(strchr(all, '\n'), all + len - 1);
    ck_assert_str_eq(all + len - 10, " cut=true\n");
    ck_assert_ptr_nonnull(strstr(all, " z=1"));
    log_setup(CONF_LOG_INFO, CONF_LOG_JSON);
    log_info("e", "a=%s b=%s c=%s d=%s e=%s f=%s", text, text, text, text, text, text);
    all = logged();
    ck_assert_str_eq(all + strlen(all) - 13, ",\"cut\":true}\n");
    free(text);
}
END_TEST

START_TEST(test_levels)
{
    log_debug("e", "a=%d", 1);
    ck_assert_str_eq(logged(), "");
    log_setup(CONF_LOG_ERROR, CONF_LOG_TEXT);
    log_warning("e", "a=%d", 1);
    ck_assert_str_eq(logged(), "");
    log_setup(CONF_LOG_DEBUG, CONF_LOG_TEXT);
    log_debug("e", "a=%d", 1);
    ck_assert_str_eq(logged(), "level=debug event=e a=1\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_text_line);
    tcase_add_test(t, test_json_line);
    tcase_add_test(t, test_a_value_cannot_forge_pairs_or_lines);
    tcase_add_test(t, test_bytes_that_are_not_utf8);
    tcase_add_test(t, test_slices_null_and_percent);
    tcase_add_test(t, test_long_values_are_cut_and_the_line_is_whole);
    tcase_add_test(t, test_levels);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
