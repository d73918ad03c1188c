/* System variables that clients ask for by habit. Most have one value here; the settings of Shardwire can be asked for
 * in the same way, by their dotted names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "proxy/admin_int.h"

/* As SHOW VARIABLES has it. BOOL: ON and OFF there, 1 and 0 in SELECT. INTEGER is a number in SELECT, TEXT is not. */
enum kind { TEXT, INTEGER, BOOL, NONE /* NULL */ };
static const struct variable {
    const char *name;
    enum kind kind;
    const char *value; /* NULL: asked for when it is needed */
} variables[] = {
    {"auto_increment_increment", INTEGER, "1"},
    {"auto_increment_offset", INTEGER, "1"},
    {"autocommit", BOOL, "ON"},
    {"basedir", TEXT, "/usr/"},
    {"big_tables", BOOL, "OFF"},
    {"character_set_client", TEXT, "utf8mb4"},
    {"character_set_connection", TEXT, "utf8mb4"},
    {"character_set_database", TEXT, "utf8mb4"},
    {"character_set_filesystem", TEXT, "binary"},
    {"character_set_results", TEXT, "utf8mb4"},
    {"character_set_server", TEXT, "utf8mb4"},
    {"character_set_system", TEXT, "utf8mb3"},
    {"collation_connection", TEXT, "utf8mb4_general_ci"},
    {"collation_database", TEXT, "utf8mb4_general_ci"},
    {"collation_server", TEXT, "utf8mb4_general_ci"},
    {"completion_type", TEXT, "NO_CHAIN"},
    {"datadir", TEXT, ""},
    {"default_authentication_plugin", TEXT, "mysql_native_password"},
    {"default_storage_engine", TEXT, "MEMORY"},
    {"div_precision_increment", INTEGER, "4"},
    {"error_count", INTEGER, "0"},
    {"event_scheduler", TEXT, "OFF"},
    {"explicit_defaults_for_timestamp", BOOL, "ON"},
    {"foreign_key_checks", BOOL, "ON"},
    {"group_concat_max_len", INTEGER, "1048576"},
    {"gtid_mode", TEXT, "OFF"},
    {"have_openssl", TEXT, "YES"},
    {"have_query_cache", TEXT, "NO"},
    {"have_ssl", TEXT, "YES"},
    {"hostname", TEXT, NULL},
    {"identity", INTEGER, "0"},
    {"init_connect", TEXT, ""},
    {"innodb_version", TEXT, ""},
    {"interactive_timeout", INTEGER, NULL},
    {"last_insert_id", INTEGER, "0"},
    {"lc_messages", TEXT, "en_US"},
    {"lc_time_names", TEXT, "en_US"},
    {"license", TEXT, "Apache-2.0"},
    {"local_infile", BOOL, "OFF"},
    {"lock_wait_timeout", INTEGER, "86400"},
    {"log_bin", BOOL, "OFF"},
    {"lower_case_file_system", BOOL, "OFF"},
    {"lower_case_table_names", INTEGER, "0"},
    {"max_allowed_packet", INTEGER, NULL},
    {"max_connections", INTEGER, NULL},
    {"max_execution_time", INTEGER, "0"},
    {"max_statement_time", INTEGER, "0"},
    {"net_buffer_length", INTEGER, "16384"},
    {"net_read_timeout", INTEGER, "30"},
    {"net_write_timeout", INTEGER, "60"},
    {"optimizer_switch", TEXT, ""},
    {"performance_schema", BOOL, "OFF"},
    {"port", INTEGER, NULL},
    {"profiling", BOOL, "OFF"},
    {"protocol_version", INTEGER, "10"},
    {"pseudo_thread_id", INTEGER, NULL},
    {"query_cache_size", INTEGER, "0"},
    {"query_cache_type", TEXT, "OFF"},
    {"read_only", BOOL, "ON"},
    {"secure_file_priv", NONE, ""},
    {"server_id", INTEGER, "0"},
    {"session_track_gtids", TEXT, "OFF"},
    {"session_track_schema", BOOL, "ON"},
    {"session_track_state_change", BOOL, "OFF"},
    {"session_track_system_variables", TEXT, ""},
    {"session_track_transaction_info", TEXT, "OFF"},
    {"skip_name_resolve", BOOL, "ON"},
    {"skip_networking", BOOL, "OFF"},
    {"socket", TEXT, ""},
    {"sql_auto_is_null", BOOL, "OFF"},
    {"sql_big_selects", BOOL, "ON"},
    {"sql_log_bin", BOOL, "OFF"},
    {"sql_mode", TEXT, ""},
    {"sql_notes", BOOL, "ON"},
    {"sql_quote_show_create", BOOL, "ON"},
    {"sql_safe_updates", BOOL, "OFF"},
    {"sql_select_limit", TEXT, "18446744073709551615"},
    {"sql_warnings", BOOL, "OFF"},
    {"storage_engine", TEXT, "MEMORY"},
    {"super_read_only", BOOL, "ON"},
    {"system_time_zone", TEXT, "UTC"},
    {"system_versioning_alter_history", TEXT, "ERROR"},
    {"time_zone", TEXT, "SYSTEM"},
    {"timestamp", INTEGER, NULL},
    {"tls_version", TEXT, "TLSv1.2,TLSv1.3"},
    {"transaction_isolation", TEXT, "REPEATABLE-READ"},
    {"transaction_read_only", BOOL, "OFF"},
    {"tx_isolation", TEXT, "REPEATABLE-READ"},
    {"tx_read_only", BOOL, "OFF"},
    {"unique_checks", BOOL, "ON"},
    {"version", TEXT, NULL},
    {"version_comment", TEXT, "Shardwire admin port"},
    {"version_compile_machine", TEXT, ""},
    {"version_compile_os", TEXT, "Linux"},
    {"wait_timeout", INTEGER, NULL},
    {"warning_count", INTEGER, "0"},
};
enum { N_VARIABLES = sizeof variables / sizeof *variables };

static const struct variable *find(const char *name)
{
    static const char *const scopes[] = {"session.", "global.", "local.", "persist.", "persist_only."};
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        if (!strncasecmp(name, scopes[i], strlen(scopes[i]))) {
            name += strlen(scopes[i]);
            break;
        }
    for (size_t i = 0; i < N_VARIABLES; i++)
        if (!strcasecmp(variables[i].name, name))
            return &variables[i];
    return NULL;
}

bool admin_variable_known(const char *name)
{
    return find(name) != NULL;
}

static unsigned admin_port(const struct conf *c)
{
    for (size_t i = 0; i < c->listen.admin.n; i++)
        if (!c->listen.admin.at[i].path)
            return c->listen.admin.at[i].port;
    return 0;
}

/* The value as SHOW has it. */
static void value_text(struct proxy *p, const struct session *s, const struct variable *v, char *text, size_t size)
{
    struct runtime *r = proxy_runtime(p);
    const struct conf *c = r->conf;
    uv_timeval64_t now;
    text[0] = 0;
    if (v->value)
        snprintf(text, size, "%s", v->value);
    else if (!strcmp(v->name, "version"))
        snprintf(text, size, "%s", p->server_version);
    else if (!strcmp(v->name, "hostname"))
        gethostname(text, size - 1);
    else if (!strcmp(v->name, "port"))
        snprintf(text, size, "%u", admin_port(c));
    else if (!strcmp(v->name, "max_allowed_packet"))
        snprintf(text, size, "%llu", (unsigned long long)c->limits.max_allowed_packet);
    else if (!strcmp(v->name, "max_connections"))
        snprintf(text, size, "%u", c->limits.max_connections);
    else if (!strcmp(v->name, "pseudo_thread_id"))
        snprintf(text, size, "%u", s ? s->id : 0);
    else if (!strcmp(v->name, "timestamp") && !uv_gettimeofday(&now))
        snprintf(text, size, "%lld", (long long)now.tv_sec);
    else /* wait_timeout, interactive_timeout */
        snprintf(text, size, "%llu", (unsigned long long)c->limits.wait_timeout / 1000);
    text[size - 1] = 0;
    runtime_unref(r);
}

/* ---- settings ---- */

struct wanted {
    const char *name;
    struct admin_value *out;
    bool found;
};

static void on_setting(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    struct wanted *w = arg;
    (void)reloadable, (void)help;
    if (strcasecmp(name, w->name))
        return;
    w->found = true;
    snprintf(w->out->text, sizeof w->out->text, "%s", value);
}

static bool setting(struct proxy *p, const char *name, struct admin_value *out)
{
    struct wanted w = {name, out, false};
    struct runtime *r = proxy_runtime(p);
    conf_each(r->conf, on_setting, &w);
    runtime_unref(r);
    return w.found;
}

bool admin_variable(struct admin *a, const char *name, struct admin_value *out)
{
    const struct variable *v = find(name);
    *out = (struct admin_value){.is_null = false};
    if (!v)
        return setting(a->proxy, name, out);
    value_text(a->proxy, a->session, v, out->text, sizeof out->text);
    out->is_null = v->kind == NONE;
    out->is_int = v->kind == INTEGER || v->kind == BOOL;
    out->i = v->kind == BOOL ? !strcmp(out->text, "ON") : strtoll(out->text, NULL, 10);
    return true;
}

/* ---- information_schema.SESSION_VARIABLES: both kinds ---- */

static void put_setting(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    (void)reloadable, (void)help;
    rows_text(arg, name);
    rows_text(arg, value);
    rows_end(arg);
}

void admin_fill_variables(struct proxy *p, struct mesh_rows *rows)
{
    char text[512];
    for (size_t i = 0; i < N_VARIABLES; i++) {
        value_text(p, p->admin->admin->session, &variables[i], text, sizeof text);
        put_setting(rows, variables[i].name, text, false, NULL);
    }
    struct runtime *r = proxy_runtime(p);
    conf_each(r->conf, put_setting, rows);
    runtime_unref(r);
}
