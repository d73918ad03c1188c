/* MySQL's functions that SQLite has not, as far as clients ask for them when they connect and people use them on lists.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy/admin_int.h"
#include "proxy/settings.h"

static struct admin *admin_at(sqlite3_context *c)
{
    return sqlite3_user_data(c);
}

static const char *text_at(sqlite3_value *v)
{
    return (const char *)sqlite3_value_text(v);
}

static void give(sqlite3_context *c, const char *text)
{
    sqlite3_result_text(c, text, -1, SQLITE_TRANSIENT);
}

static void fn_sysvar(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    struct admin_value v;
    const char *name = text_at(argv[0]);
    char message[300];
    (void)argc;
    if (!name || !admin_variable(admin_at(c), name, &v)) {
        snprintf(message, sizeof message, "unknown system variable: %.200s", name ? name : "");
        sqlite3_result_error(c, message, -1);
    } else if (v.is_null) {
        sqlite3_result_null(c);
    } else if (v.is_int) {
        sqlite3_result_int64(c, v.i);
    } else {
        give(c, v.text);
    }
}

/* ---- who and where ---- */

static void fn_database(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    give(c, session_schema(admin_at(c)->session)); /* NULL: NULL */
}

static void fn_user(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    char text[400];
    const struct session *s = admin_at(c)->session;
    (void)argc, (void)argv;
    snprintf(text, sizeof text, "%s@%s", s->user ? s->user->name : "", s->host);
    give(c, text);
}

static void fn_connection_id(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    sqlite3_result_int64(c, admin_at(c)->session->id);
}

static void fn_version(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    give(c, admin_at(c)->proxy->server_version);
}

static void fn_zero(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    sqlite3_result_int(c, 0);
}

/* ---- time, always UTC ---- */

static void give_time(sqlite3_context *c, const char *format)
{
    char text[40];
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, format, &tm);
    give(c, text);
}

static void fn_now(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    give_time(c, "%Y-%m-%d %H:%M:%S");
}

static void fn_curdate(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    give_time(c, "%Y-%m-%d");
}

static void fn_curtime(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    give_time(c, "%H:%M:%S");
}

static bool to_seconds(const char *text, int64_t *out)
{
    struct tm tm = {0};
    if (!text || !strptime(text, "%Y-%m-%d %H:%M:%S", &tm))
        return false;
    *out = timegm(&tm);
    return true;
}

static void fn_timediff(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    int64_t a, b;
    char text[40];
    (void)argc;
    if (!to_seconds(text_at(argv[0]), &a) || !to_seconds(text_at(argv[1]), &b))
        return; /* NULL */
    long long d = llabs(a - b);
    snprintf(text, sizeof text, "%s%02lld:%02lld:%02lld", a < b ? "-" : "", d / 3600, d / 60 % 60, d % 60);
    give(c, text);
}

static void fn_unix_timestamp(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    int64_t t = time(NULL);
    if (!argc || to_seconds(text_at(argv[0]), &t))
        sqlite3_result_int64(c, t);
}

/* ---- text ---- */

static void join(sqlite3_context *c, const char *between, int argc, sqlite3_value **argv, bool null_ends)
{
    sqlite3_str *s = sqlite3_str_new(sqlite3_context_db_handle(c));
    bool first = true;
    for (int i = 0; i < argc; i++) {
        if (sqlite3_value_type(argv[i]) == SQLITE_NULL && null_ends) {
            sqlite3_free(sqlite3_str_finish(s));
            return;
        }
        if (sqlite3_value_type(argv[i]) == SQLITE_NULL)
            continue;
        if (!first)
            sqlite3_str_appendall(s, between);
        sqlite3_str_appendall(s, text_at(argv[i]));
        first = false;
    }
    char *text = sqlite3_str_finish(s);
    if (text)
        sqlite3_result_text(c, text, -1, sqlite3_free);
    else if (first)
        give(c, "");
    else
        sqlite3_result_error_toobig(c);
}

static void fn_concat(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    join(c, "", argc, argv, true);
}

static void fn_concat_ws(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    if (argc > 0 && text_at(argv[0]))
        join(c, text_at(argv[0]), argc - 1, argv + 1, false);
}

static void fn_if(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    (void)argc;
    bool yes = sqlite3_value_type(argv[0]) != SQLITE_NULL && sqlite3_value_double(argv[0]) != 0;
    sqlite3_result_value(c, argv[yes ? 1 : 2]);
}

/* text REGEXP pattern is regexp(pattern, text) */
static void fn_regexp(sqlite3_context *c, int argc, sqlite3_value **argv)
{
    regex_t re;
    const char *pattern = text_at(argv[0]), *text = text_at(argv[1]);
    (void)argc;
    if (!pattern || !text)
        return;
    if (strlen(pattern) > 200 || regcomp(&re, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB)) {
        sqlite3_result_error(c, "not a regular expression that is understood here", -1);
        return;
    }
    sqlite3_result_int(c, regexec(&re, text, 0, NULL, 0) == 0);
    regfree(&re);
}

int admin_functions_add(struct admin *a)
{
    static const struct {
        const char *name;
        int argc;
        void (*fn)(sqlite3_context *c, int argc, sqlite3_value **argv);
    } functions[] = {
        {"sysvar", 1, fn_sysvar},
        {"database", 0, fn_database},
        {"schema", 0, fn_database},
        {"user", 0, fn_user},
        {"session_user", 0, fn_user},
        {"system_user", 0, fn_user},
        {"current_user", 0, fn_user},
        {"connection_id", 0, fn_connection_id},
        {"version", 0, fn_version},
        {"last_insert_id", 0, fn_zero},
        {"row_count", 0, fn_zero},
        {"found_rows", 0, fn_zero},
        {"now", -1, fn_now},
        {"sysdate", -1, fn_now},
        {"utc_timestamp", -1, fn_now},
        {"localtime", -1, fn_now},
        {"curdate", 0, fn_curdate},
        {"curtime", -1, fn_curtime},
        {"timediff", 2, fn_timediff},
        {"unix_timestamp", -1, fn_unix_timestamp},
        {"concat", -1, fn_concat},
        {"concat_ws", -1, fn_concat_ws},
        {"if", 3, fn_if},
        {"regexp", 2, fn_regexp},
    };
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function(a->db, functions[i].name, functions[i].argc, SQLITE_UTF8, a, functions[i].fn, NULL,
                                     NULL);
    return rc;
}
