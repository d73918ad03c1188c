/* MySQL's SELECT as SQLite gets it. */
#include <string.h>

#include "proxy/admin_int.h"
#include "tests/unit/wire_help.h"

struct bench {
    struct session session;
    struct request request;
    struct arena arena;
};

static void setup(struct bench *b, uint8_t flags)
{
    memset(b, 0, sizeof *b);
    arena_init(&b->arena, 4096, 1 << 20);
    b->session.mode = (struct lex_mode){.flags = flags, .charset = LEX_CS_UTF8, .version = 101100};
    b->request.session = &b->session;
    b->request.arena = &b->arena;
}

static void check(uint8_t flags, const char *sql, const char *expected)
{
    struct bench b;
    struct buf out;
    setup(&b, flags);
    buf_init(&out, SIZE_MAX);
    ck_assert(admin_rewrite(&b.request, sql, strlen(sql), &out));
    ck_assert_str_eq(admin_finish(&b.request, &out), expected);
    arena_deinit(&b.arena);
}

START_TEST(what_agrees_stays_as_it_is)
{
    check(0, "select  count(*), a.b from `x` a where n<>5 limit 3, 4",
          "select  count(*), a.b from `x` a where n<>5 limit 3, 4");
}
END_TEST

START_TEST(strings_cannot_break_out)
{
    check(0, "select 'it\\'s', \"a'b\", 'x''y'", "select 'it''s', 'a''b', 'x''y'");
    check(0, "select '\\\\', ' or 1=1 --'", "select '\\', ' or 1=1 --'");
    check(0, "select N'n', _utf8mb4'u'", "select 'n', 'u'");
    check(LEX_ANSI_QUOTES, "select \"name\"", "select \"name\"");
    check(LEX_NO_BACKSLASH_ESCAPES, "select 'a\\'", "select 'a\\'");
}
END_TEST

START_TEST(operators_and_words)
{
    check(0, "select a<=>b, a&&b, a||b", "select a IS b, a AND b, a OR b");
    check(LEX_PIPES_AS_CONCAT, "select a||b", "select a||b");
    check(0, "select sql_no_cache 1 from dual", "select 1");
    check(0, "select /* note */ 1 -- end", "select 1");
    check(0, "select @x, current_user, current_user()", "select NULL, CURRENT_USER(), current_user()");
    check(0, "select nothing from t", "select `nothing` from t");
}
END_TEST

START_TEST(variables_go_and_come_back)
{
    check(0, "select @@session.sql_mode, @@`autocommit` as a, @@limits.max_queue+1",
          "select sysvar('session.sql_mode'), sysvar('autocommit') as a, sysvar('limits.max_queue')+1");
    struct arena a;
    arena_init(&a, 1024, 1 << 20);
    ck_assert_str_eq(admin_column_name(&a, "sysvar('session.sql_mode')"), "@@session.sql_mode");
    ck_assert_str_eq(admin_column_name(&a, "sysvar('a')+sysvar('b')*2"), "@@a+@@b*2");
    ck_assert_str_eq(admin_column_name(&a, "plain"), "plain");
    ck_assert_str_eq(admin_column_name(&a, "'it''s'"), "it's");
    ck_assert_str_eq(admin_column_name(&a, "'a'='b'"), "'a'='b'");
    ck_assert_str_eq(admin_column_name(&a, "''"), "");
    ck_assert_str_eq(admin_column_name(&a, "sysvar('x"), "sysvar('x");
    arena_deinit(&a);
}
END_TEST

START_TEST(words_of_a_command)
{
    struct bench b;
    struct words w;
    char text[40];
    const char *sql = "/*!40101 DRAIN */ Instance 'a b' `c``d` 127.0.0.1:3306";
    setup(&b, 0);
    words_init(&w, &b.request, sql, strlen(sql));
    ck_assert(words_take(&w, "drain") && !words_take(&w, "shard") && words_take(&w, "INSTANCE"));
    ck_assert(words_name(&w, text, sizeof text));
    ck_assert_str_eq(text, "a b");
    ck_assert(words_name(&w, text, sizeof text));
    ck_assert_str_eq(text, "c`d");
    ck_assert(words_rest_name(&w, text, sizeof text));
    ck_assert_str_eq(text, "127.0.0.1:3306");
    ck_assert(words_end(&w) && !words_name(&w, text, sizeof text));
    char tiny[3];
    words_init(&w, &b.request, "'abc'", 5);
    ck_assert(!words_name(&w, tiny, sizeof tiny));
    words_init(&w, &b.request, "abcdef", 6);
    ck_assert(!words_rest_name(&w, tiny, sizeof tiny));
    arena_deinit(&b.arena);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("admin_rewrite");
    tcase_add_test(tc, what_agrees_stays_as_it_is);
    tcase_add_test(tc, strings_cannot_break_out);
    tcase_add_test(tc, operators_and_words);
    tcase_add_test(tc, variables_go_and_come_back);
    tcase_add_test(tc, words_of_a_command);
    return run_tests("admin_rewrite", tc);
}
