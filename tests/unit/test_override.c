/* Settings that SET puts in the place of the file's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tests/unit/wire_help.h"

static char path[] = "/tmp/override-XXXXXX", said[1000];

static void on_error(void *arg, const char *message)
{
    (void)arg;
    size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s\n", message);
}

static struct conf *load(const char *name, const char *value)
{
    struct conf_override o = {(char *)name, (char *)value};
    said[0] = 0;
    return conf_load_with(path, &o, 1, on_error, NULL);
}

static void write_file(void)
{
    static const char text[] = "backend: {user: b}\nusers: [{name: a, password: p}]\nlimits: {max_queue: 7}\n"
                               "shards: [{name: s0, instances: [{address: 127.0.0.1:1}]}]\n";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
}

START_TEST(values_replace_the_files)
{
    write_file();
    struct conf *c = load("limits.max_queue", "9");
    ck_assert(c && c->limits.max_queue == 9);
    conf_unref(c);
    c = load("limits.query_timeout", "3s");
    ck_assert(c && c->limits.query_timeout == 3000 && c->limits.max_queue == 7);
    conf_unref(c);
    c = load("log.level", "debug");
    ck_assert(c && c->log.level == CONF_LOG_DEBUG);
    conf_unref(c);
    unlink(path);
}
END_TEST

START_TEST(what_cannot_be_changed_says_so)
{
    static const char *const bad[][2] = {
        {"limits.max_queue", "many"},  {"limits.max_queue", "99999999"}, {"threads", "2"},
        {"listen.client", "[::1]:1"},  {"backend.password", "x"},        {"users", "x"},
        {"tls.certificate", "/etc/x"}, {"limits.nothing", "1"},          {"name", "x"},
        {"backend.default_auth", "x"}};
    write_file();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!load(bad[i][0], bad[i][1]), "%s", bad[i][0]);
        ck_assert_msg(strstr(said, bad[i][0]) != NULL, "%s: %s", bad[i][0], said);
    }
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("override");
    tcase_add_test(tc, values_replace_the_files);
    tcase_add_test(tc, what_cannot_be_changed_says_so);
    return run_tests("override", tc);
}
