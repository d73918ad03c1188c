#include "proxy/variables.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/charset.h"
#include "protocol/reply.h"
#include "proxy/session.h"
#include "proxy/settings.h"
#include "proxy/worker.h"

static enum charset_server server_kind(const struct worker *w)
{
    return w->base_mode.dialect == LEX_MYSQL ? CHARSET_OF_MYSQL : CHARSET_OF_MARIADB;
}

static bool has_word(const char *list, const char *word)
{
    return list && strcasestr(list, word);
}

static enum lex_charset lex_class(enum charset_class class)
{
    switch (class) {
    case CHARSET_UTF8:
        return LEX_CS_UTF8;
    case CHARSET_GBK:
        return LEX_CS_GBK;
    case CHARSET_SJIS:
        return LEX_CS_SJIS;
    case CHARSET_BIG5:
        return LEX_CS_BIG5;
    case CHARSET_EUC:
        return LEX_CS_EUC;
    default:
        return LEX_CS_SINGLE;
    }
}

static const struct charset *client_charset(const struct settings *settings)
{
    const char *v = settings_get(settings, "character_set_client");
    if (!v)
        return NULL;
    size_t n = strlen(v);
    return n > 2 && v[0] == '\'' ? charset_by_name(v + 1, n - 2) : charset_by_name(v, n);
}

void variables_derive(struct session *s)
{
    static const struct {
        const char *word;
        uint8_t flag;
    } modes[] = {
        {"ANSI_QUOTES", LEX_ANSI_QUOTES},
        {"NO_BACKSLASH_ESCAPES", LEX_NO_BACKSLASH_ESCAPES},
        {"PIPES_AS_CONCAT", LEX_PIPES_AS_CONCAT},
        {"HIGH_NOT_PRECEDENCE", LEX_HIGH_NOT_PRECEDENCE},
        {"IGNORE_SPACE", LEX_IGNORE_SPACE},
    };
    const char *sql_mode = settings_get(s->settings, "sql_mode");
    s->mode = s->worker->base_mode;
    if (sql_mode)
        s->mode.flags = 0;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (has_word(sql_mode, modes[i].word))
            s->mode.flags |= modes[i].flag;
    if (s->caps & CLIENT_IGNORE_SPACE)
        s->mode.flags |= LEX_IGNORE_SPACE;
    const struct charset *cs = client_charset(s->settings);
    s->mode.charset = (uint8_t)(cs ? lex_class(cs->class) : LEX_CS_UTF8);
    const char *client = settings_get(s->settings, "character_set_client");
    const char *connection = settings_get(s->settings, "character_set_connection");
    s->charset = cs ? cs->default_collation[server_kind(s->worker)] : 45;
    s->literal_charset = client && connection && !strcmp(client, connection) ? s->charset : 0;
}

static struct settings *with_quoted(struct settings *s, const char *name, const char *value)
{
    struct buf sql;
    buf_init(&sql, SIZE_MAX);
    settings_quote(&sql, value, strlen(value));
    buf_append(&sql, "", 1);
    struct settings *to = settings_with(s, name, (const char *)buf_ptr(&sql));
    buf_deinit(&sql);
    settings_unref(s);
    return to;
}

static struct settings *names(struct settings *s, const char *charset, const char *collation)
{
    struct settings *to = settings_ref(s);
    to = with_quoted(to, "character_set_client", charset);
    to = with_quoted(to, "character_set_results", charset);
    to = with_quoted(to, "character_set_connection", charset);
    if (collation)
        return with_quoted(to, "collation_connection", collation);
    struct settings *without = settings_with(to, "collation_connection", NULL);
    settings_unref(to);
    return without;
}

struct settings *variables_of_charset(struct worker *w, uint16_t collation)
{
    enum charset_server server = server_kind(w);
    struct settings *empty = settings_empty(w->settings), *to;
    const struct charset *cs = charset_by_collation(collation);
    if (!cs || cs->class == CHARSET_WIDE) {
        to = names(empty, "utf8mb4", NULL);
    } else {
        bool is_default = cs->default_collation[server] == collation;
        to = names(empty, cs->name, is_default ? NULL : collation_name(server, collation));
    }
    settings_unref(empty);
    return to;
}

struct settings *variables_names(struct session *s, const char *name, const char *collation)
{
    enum charset_server server = server_kind(s->worker);
    const struct charset *cs = charset_by_name(name, strlen(name));
    if (!cs || cs->class == CHARSET_WIDE || !cs->default_collation[server])
        return NULL;
    if (collation) {
        uint16_t id = collation_by_name(server, collation, strlen(collation));
        if (!id || charset_by_collation(id) != cs)
            return NULL;
    }
    return names(s->settings, cs->name, collation);
}

/* ---- session tracking ---- */

/* Follows something else than a SET, or is ours. */
static bool ignored(const char *name)
{
    static const char *const prefixes[] = {"session_track_", "gtid_", "last_", "rand_seed", "pseudo_", "in_"};
    static const char *const names_[] = {"insert_id",      "identity",    "warning_count", "error_count",
                                         "character_set_database", "collation_database", "statement_id", "proxy_user",
                                         "external_user",  "server_id"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    for (size_t i = 0; i < sizeof names_ / sizeof *names_; i++)
        if (!strcmp(name, names_[i]))
            return true;
    return false;
}

static bool is_number(const char *v)
{
    size_t n = strspn(v, "0123456789");
    return n && (!v[n] || (v[n] == '.' && v[n + 1] && !v[n + 1 + strspn(v + n + 1, "0123456789")]));
}

static struct settings *with_tracked(struct settings *s, struct bytes name, struct bytes value)
{
    char n[128];
    char *v = malloc(value.len + 1);
    if (!v)
        abort();
    memcpy(v, value.p, value.len);
    v[value.len] = 0;
    if (name.len < sizeof n) {
        for (size_t i = 0; i < name.len; i++)
            n[i] = (char)tolower(name.p[i]);
        n[name.len] = 0;
        if (ignored(n)) {
            /* nothing */
        } else if (is_number(v) || (!strcmp(n, "character_set_results") && (!v[0] || !strcmp(v, "NULL")))) {
            struct settings *to = settings_with(s, n, is_number(v) ? v : "NULL");
            settings_unref(s);
            s = to;
        } else {
            s = with_quoted(s, n, v);
        }
    }
    free(v);
    return s;
}

static struct settings *with_schema(struct settings *s, struct bytes value)
{
    char name[65 * 4];
    if (value.len >= sizeof name)
        return s;
    memcpy(name, value.p, value.len);
    name[value.len] = 0;
    struct settings *to = settings_with(s, "", name[0] ? name : NULL);
    settings_unref(s);
    return to;
}

struct settings *variables_tracked(struct settings *s, struct bytes changes, struct bytes *gtid)
{
    struct reader r = rd_init(changes.p, changes.len);
    struct change c;
    s = settings_ref(s);
    *gtid = (struct bytes){NULL, 0};
    while (reply_next_change(&r, &c)) {
        if (c.type == SESSION_TRACK_GTIDS)
            *gtid = c.value;
        else if (c.type == SESSION_TRACK_SCHEMA)
            s = with_schema(s, c.value);
        else if (c.type != SESSION_TRACK_SYSTEM_VARIABLES)
            continue;
        else if (c.name.len == 9 && !memcmp(c.name.p, "last_gtid", 9))
            *gtid = c.value;
        else
            s = with_tracked(s, c.name, c.value);
    }
    return s;
}

bool variables_client_tracks(struct bytes name)
{
    static const char *const tracked[] = {"autocommit", "character_set_client", "character_set_connection",
                                          "character_set_results", "time_zone"};
    for (size_t i = 0; i < sizeof tracked / sizeof *tracked; i++)
        if (name.len == strlen(tracked[i]) && !memcmp(name.p, tracked[i], name.len))
            return true;
    return false;
}

static void put_change(struct buf *out, uint8_t type, const char *name, const char *value)
{
    struct buf data;
    buf_init(&data, SIZE_MAX);
    if (name)
        wr_str_lenenc(&data, name, strlen(name));
    wr_str_lenenc(&data, value, strlen(value));
    wr_u8(out, type);
    wr_str_lenenc(out, buf_ptr(&data), buf_len(&data));
    buf_deinit(&data);
}

void variables_changes(const struct settings *before, const struct settings *after, struct buf *out)
{
    static const char *const tracked[] = {"", "autocommit", "character_set_client", "character_set_connection",
                                          "character_set_results", "time_zone"};
    for (size_t i = 0; i < sizeof tracked / sizeof *tracked; i++) {
        const char *old = settings_get(before, tracked[i]), *new = settings_get(after, tracked[i]);
        char plain[300];
        if (!new || (old && !strcmp(old, new)))
            continue;
        snprintf(plain, sizeof plain, "%s", new);
        size_t n = strlen(plain);
        if (plain[0] == '\'' && n > 1) { /* as it is shown, without quotes */
            memmove(plain, plain + 1, n - 2);
            plain[n - 2] = 0;
        }
        put_change(out, i ? SESSION_TRACK_SYSTEM_VARIABLES : SESSION_TRACK_SCHEMA, i ? tracked[i] : NULL, plain);
    }
}

bool variables_system_schema(const char *name, size_t len)
{
    static const char *const schemas[] = {"information_schema", "mysql", "performance_schema", "sys"};
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        if (len == strlen(schemas[i]) && !strncasecmp(name, schemas[i], len))
            return true;
    return false;
}
