/* Session variables: what a handshake's collation and a server's session tracking make of a session, and what of it a
 * client is told. */
#include "proxy/variables.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/const.h"
#include "protocol/reply.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/worker.h"

static struct worker *w;
static struct session *s;
static struct buf changes;

static void setup(void)
{
    w = calloc(1, sizeof *w);
    s = calloc(1, sizeof *s);
    w->settings = settings_store_new();
    w->base_mode.dialect = LEX_MARIADB;
    s->worker = w;
    s->settings = settings_empty(w->settings);
    buf_init(&changes, SIZE_MAX);
}

static void teardown(void)
{
    buf_deinit(&changes);
    settings_unref(s->settings);
    settings_store_free(w->settings);
    free(s);
    free(w);
}

static void take(struct settings *to)
{
    settings_unref(s->settings);
    s->settings = to;
    variables_derive(s);
}

static void is(const char *name, const char *value)
{
    const char *v = settings_get(s->settings, name);
    if (value)
        ck_assert_str_eq(v ? v : "(unset)", value);
    else
        ck_assert_msg(!v, "%s is %s", name, v);
}

/* ---- character sets ---- */

/* A session of each server: the id's set, and the collation only where it is not that server's default. */
START_TEST(test_handshake_collations)
{
    static const struct {
        enum lex_dialect dialect;
        uint16_t id;
        const char *charset, *collation;
    } cases[] = {
        {LEX_MARIADB, 45, "'utf8mb4'", NULL},
        {LEX_MARIADB, 46, "'utf8mb4'", "'utf8mb4_bin'"},
        {LEX_MARIADB, 8, "'latin1'", NULL},
        {LEX_MARIADB, 33, "'utf8mb3'", NULL},
        {LEX_MARIADB, 28, "'gbk'", NULL},
        {LEX_MYSQL, 255, "'utf8mb4'", NULL},
        {LEX_MYSQL, 45, "'utf8mb4'", "'utf8mb4_general_ci'"},
        {LEX_MYSQL, 8, "'latin1'", NULL},
        {LEX_MYSQL, 0, "'utf8mb4'", NULL},      /* unknown */
        {LEX_MARIADB, 35, "'utf8mb4'", NULL},   /* ucs2: not for clients */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->base_mode.dialect = cases[i].dialect;
        take(variables_of_charset(w, cases[i].id));
        is("character_set_client", cases[i].charset);
        is("character_set_results", cases[i].charset);
        is("character_set_connection", cases[i].charset);
        is("collation_connection", cases[i].collation);
    }
}
END_TEST

START_TEST(test_the_lexer_follows_the_character_set)
{
    take(variables_of_charset(w, 28));
    ck_assert_int_eq(s->mode.charset, LEX_CS_GBK);
    ck_assert_uint_eq(s->charset, 28);
    ck_assert_uint_eq(s->literal_charset, 28);
    take(settings_with(s->settings, "character_set_connection", "'utf8mb4'"));
    ck_assert_uint_eq(s->literal_charset, 0); /* literals are converted: their bytes say nothing about a key */
}
END_TEST

START_TEST(test_the_lexer_follows_sql_mode)
{
    take(settings_with(s->settings, "sql_mode", "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'"));
    ck_assert_int_eq(s->mode.flags, LEX_ANSI_QUOTES | LEX_NO_BACKSLASH_ESCAPES);
    take(settings_with(s->settings, "sql_mode", "''"));
    ck_assert_int_eq(s->mode.flags, 0);
}
END_TEST

START_TEST(test_set_names)
{
    struct settings *to = variables_names(s, "LATIN1", NULL);
    take(to);
    is("character_set_client", "'latin1'");
    take(variables_names(s, "utf8mb4", "utf8mb4_bin"));
    is("collation_connection", "'utf8mb4_bin'");
    take(variables_names(s, "utf8mb4", NULL));
    is("collation_connection", NULL);
    ck_assert_ptr_null(variables_names(s, "utf8mb4", "latin1_bin"));
    ck_assert_ptr_null(variables_names(s, "klingon", NULL));
    ck_assert_ptr_null(variables_names(s, "ucs2", NULL));
}
END_TEST

/* ---- session tracking ---- */

static void track(uint8_t type, const char *name, const char *value)
{
    struct buf data;
    buf_init(&data, SIZE_MAX);
    if (type == SESSION_TRACK_GTIDS)
        wr_u8(&data, 0); /* encoding specification */
    if (name)
        wr_str_lenenc(&data, name, strlen(name));
    wr_str_lenenc(&data, value, strlen(value));
    wr_u8(&changes, type);
    wr_str_lenenc(&changes, buf_ptr(&data), buf_len(&data));
    buf_deinit(&data);
}

static struct bytes tracked(void)
{
    struct bytes gtid;
    take(variables_tracked(s->settings, (struct bytes){buf_ptr(&changes), buf_len(&changes)}, &gtid));
    return gtid;
}

START_TEST(test_tracked_values)
{
    track(SESSION_TRACK_SYSTEM_VARIABLES, "SQL_MODE", "ANSI_QUOTES");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "wait_timeout", "77");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "autocommit", "OFF");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "time_zone", "it's");
    track(SESSION_TRACK_SCHEMA, NULL, "mall");
    struct bytes gtid = tracked();
    ck_assert_ptr_null(gtid.p);
    is("sql_mode", "'ANSI_QUOTES'");
    is("wait_timeout", "77");
    is("autocommit", "'OFF'");
    is("time_zone", "X'69742773'"); /* a value can end no literal */
    is("", "mall");
    ck_assert_int_eq(s->mode.flags, LEX_ANSI_QUOTES);
}
END_TEST

START_TEST(test_tracked_null_results)
{
    track(SESSION_TRACK_SYSTEM_VARIABLES, "character_set_results", "");
    tracked();
    is("character_set_results", "NULL");
}
END_TEST

START_TEST(test_what_follows_from_a_statement_is_no_setting)
{
    track(SESSION_TRACK_SYSTEM_VARIABLES, "session_track_schema", "OFF");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "last_insert_id", "5");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "insert_id", "5");
    track(SESSION_TRACK_SYSTEM_VARIABLES, "character_set_database", "latin1");
    tracked();
    struct settings *none = settings_empty(w->settings);
    ck_assert_ptr_eq(s->settings, none);
    settings_unref(none);
}
END_TEST

START_TEST(test_gtids_of_both_servers)
{
    track(SESSION_TRACK_SYSTEM_VARIABLES, "last_gtid", "0-1-42");
    struct bytes gtid = tracked();
    ck_assert_uint_eq(gtid.len, 6);
    ck_assert_mem_eq(gtid.p, "0-1-42", 6);
    buf_consume(&changes, buf_len(&changes));
    track(SESSION_TRACK_GTIDS, NULL, "3e11fa47-71ca-11e1-9e33-c80aa9429562:23");
    gtid = tracked();
    ck_assert_uint_eq(gtid.len, 39);
    ck_assert_mem_eq(gtid.p, "3e11fa47", 8);
}
END_TEST

/* Truncated anywhere: nothing is read beyond, nothing leaks. */
START_TEST(test_truncated_tracking)
{
    track(SESSION_TRACK_SYSTEM_VARIABLES, "sql_mode", "ANSI");
    track(SESSION_TRACK_SCHEMA, NULL, "mall");
    for (size_t n = 0; n < buf_len(&changes); n++) {
        uint8_t *exact = malloc(n ? n : 1);
        struct bytes gtid;
        memcpy(exact, buf_ptr(&changes), n);
        settings_unref(variables_tracked(s->settings, (struct bytes){exact, n}, &gtid));
        free(exact);
    }
}
END_TEST

/* ---- what the client hears ---- */

START_TEST(test_changes_for_the_client)
{
    struct settings *before = settings_ref(s->settings);
    take(settings_with(s->settings, "", "mall"));
    take(settings_with(s->settings, "autocommit", "'OFF'"));
    take(settings_with(s->settings, "@x", "1"));
    take(settings_with(s->settings, "sql_mode", "'ANSI'"));
    variables_changes(before, s->settings, &changes);
    struct reader r = rd_init(buf_ptr(&changes), buf_len(&changes));
    struct change c;
    ck_assert(reply_next_change(&r, &c));
    ck_assert_uint_eq(c.type, SESSION_TRACK_SCHEMA);
    ck_assert_mem_eq(c.value.p, "mall", 4);
    ck_assert(reply_next_change(&r, &c));
    ck_assert_uint_eq(c.type, SESSION_TRACK_SYSTEM_VARIABLES);
    ck_assert_mem_eq(c.name.p, "autocommit", 10);
    ck_assert_uint_eq(c.value.len, 3);
    ck_assert_mem_eq(c.value.p, "OFF", 3);
    ck_assert(!reply_next_change(&r, &c)); /* by default no other variable is told */
    buf_consume(&changes, buf_len(&changes));
    variables_changes(s->settings, s->settings, &changes);
    ck_assert_uint_eq(buf_len(&changes), 0);
    settings_unref(before);
}
END_TEST

START_TEST(test_system_schemas)
{
    ck_assert(variables_system_schema("INFORMATION_schema", 18));
    ck_assert(variables_system_schema("mysql", 5));
    ck_assert(!variables_system_schema("mysqlx", 6));
    ck_assert(!variables_system_schema("shop", 4));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("variables");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_handshake_collations);
    tcase_add_test(c, test_the_lexer_follows_the_character_set);
    tcase_add_test(c, test_the_lexer_follows_sql_mode);
    tcase_add_test(c, test_set_names);
    tcase_add_test(c, test_tracked_values);
    tcase_add_test(c, test_tracked_null_results);
    tcase_add_test(c, test_what_follows_from_a_statement_is_no_setting);
    tcase_add_test(c, test_gtids_of_both_servers);
    tcase_add_test(c, test_truncated_tracking);
    tcase_add_test(c, test_changes_for_the_client);
    tcase_add_test(c, test_system_schemas);
    suite_add_tcase(suite, c);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
