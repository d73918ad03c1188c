/* SHOW and DESCRIBE: each becomes a SELECT over the tables of mesh and information_schema.
 *
 *   SHOW shards | instances | …          SELECT * FROM mesh.…
 *   SHOW TABLES                          the tables of the current schema; with none selected, mesh.tables
 *   SHOW VARIABLES, SHOW STATUS          mesh.variables, mesh.status; in any longer form (LIKE, GLOBAL …) with MySQL's
 * columns, and for variables the ones that clients know from MySQL too what other MySQLs have (ENGINES …)   short fixed
 * lists
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proxy/admin_int.h"
#include "proxy/local.h"
#include "proxy/resultset.h"

/* ---- pieces ---- */

/* [LIKE 'pattern' | WHERE condition], then the end. `column`: what LIKE compares. */
static bool put_filter(struct request *q, struct words *w, const char *column, struct buf *out)
{
    char pattern[512];
    if (words_end(w))
        return true;
    if (words_take(w, "LIKE") && words_name(w, pattern, sizeof pattern) && words_end(w)) {
        admin_put(out, " WHERE \"");
        admin_put(out, column);
        admin_put(out, "\" LIKE ");
        admin_quote(out, pattern, strlen(pattern));
        admin_put(out, " ESCAPE '\\'");
        return true;
    }
    if (words_take(w, "WHERE") && !words_end(w)) {
        uint32_t from = w->token.span.off;
        admin_put(out, " WHERE ");
        return admin_rewrite(q, w->sql + from, w->len - from, out);
    }
    admin_syntax_error(q, w);
    return false;
}

/* SELECT * FROM (inner) with the statement's LIKE or WHERE. */
static const char *filtered(struct request *q, struct words *w, const char *inner, const char *column)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    admin_put(&out, inner);
    if (put_filter(q, w, column, &out))
        return admin_finish(q, &out);
    buf_deinit(&out);
    return NULL;
}

/* [FROM | IN schema]: false: no such schema, or a syntax error. Otherwise *schema is the one that is meant. */
static bool take_schema(struct request *q, struct words *w, char *schema, size_t size)
{
    const char *now = session_schema(q->session);
    snprintf(schema, size, "%s", now && !strcasecmp(now, "information_schema") ? now : "mesh");
    if (!words_take(w, "FROM") && !words_take(w, "IN"))
        return true;
    if (!words_name(w, schema, size)) {
        admin_syntax_error(q, w);
        return false;
    }
    if (!strcasecmp(schema, "mesh") || !strcasecmp(schema, "information_schema"))
        return true;
    query_fail_code(q, ERR_BAD_DB, schema);
    return false;
}

/* [schema .] table [FROM schema] */
static const struct mesh_table *take_table(struct request *q, struct words *w)
{
    char schema[200], name[200];
    const char *now = session_schema(q->session);
    snprintf(schema, sizeof schema, "%s", now && !strcasecmp(now, "information_schema") ? now : "mesh");
    if (!words_name(w, name, sizeof name)) {
        admin_syntax_error(q, w);
        return NULL;
    }
    if (w->token.kind == TK_DOT) {
        words_next(w);
        snprintf(schema, sizeof schema, "%s", name);
        if (!words_name(w, name, sizeof name)) {
            admin_syntax_error(q, w);
            return NULL;
        }
    } else if ((words_is(w, "FROM") || words_is(w, "IN")) && !take_schema(q, w, schema, sizeof schema)) {
        return NULL;
    }
    const struct mesh_table *t = mesh_table_find(schema, name);
    if (!t)
        query_fail_code(q, ERR_NO_SUCH_TABLE, schema, name);
    return t;
}

/* ---- SHOW of our own tables ---- */

static const char *show_mesh_table(struct request *q, struct words *w, const char *name)
{
    const struct mesh_table *t = mesh_table_find("mesh", name);
    char inner[100];
    snprintf(inner, sizeof inner, "SELECT * FROM mesh.\"%s\"", t->name);
    return filtered(q, w, inner, t->like);
}

static const char *show_tables(struct request *q, struct words *w, bool full)
{
    char schema[200], inner[400];
    if (words_end(w) && !full && !session_schema(q->session))
        return show_mesh_table(q, w, "tables");
    if (!take_schema(q, w, schema, sizeof schema))
        return NULL;
    char column[220];
    snprintf(column, sizeof column, "Tables_in_%s", schema);
    snprintf(inner, sizeof inner,
             "SELECT * FROM (SELECT TABLE_NAME AS \"%s\"%s FROM information_schema.TABLES WHERE TABLE_SCHEMA = '%s' "
             "ORDER BY 1)",
             column, full ? ", TABLE_TYPE AS Table_type" : "",
             strcasecmp(schema, "mesh") ? "information_schema" : "mesh");
    return filtered(q, w, inner, column);
}

static const char *show_variables(struct request *q, struct words *w, bool scoped)
{
    if (words_end(w) && !scoped)
        return show_mesh_table(q, w, "variables");
    return filtered(q, w,
                    "SELECT Variable_name, Value FROM (SELECT VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS Value, "
                    "VARIABLE_NAME AS name FROM information_schema.SESSION_VARIABLES)",
                    "Variable_name");
}

static const char *show_status(struct request *q, struct words *w, bool scoped)
{
    if (words_end(w) && !scoped)
        return show_mesh_table(q, w, "status");
    return filtered(
        q, w,
        "SELECT Variable_name, Value FROM (SELECT name AS Variable_name, CAST(value AS TEXT) AS Value, name FROM "
        "mesh.status UNION ALL VALUES ('Ssl_cipher', '', 'Ssl_cipher'), ('Ssl_version', '', 'Ssl_version'), "
        "('Compression', 'OFF', 'Compression'))",
        "Variable_name");
}

/* ---- columns ---- */

static const char *columns_of(struct request *q, struct words *w, const struct mesh_table *t, bool full)
{
    char inner[800];
    snprintf(
        inner, sizeof inner,
        "SELECT * FROM (SELECT COLUMN_NAME AS Field, COLUMN_TYPE AS Type,%s IS_NULLABLE AS \"Null\", COLUMN_KEY AS "
        "\"Key\", "
        "COLUMN_DEFAULT AS \"Default\", EXTRA AS Extra%s FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '%s' AND "
        "TABLE_NAME = '%s' ORDER BY ORDINAL_POSITION)",
        full ? " COLLATION_NAME AS Collation," : "",
        full ? ", PRIVILEGES AS Privileges, COLUMN_COMMENT AS Comment" : "", t->schema, t->name);
    return filtered(q, w, inner, "Field");
}

const char *admin_describe_table(struct request *q, struct words *w, bool full)
{
    const struct mesh_table *t = take_table(q, w);
    char column[200];
    struct buf out;
    if (!t)
        return NULL;
    if (words_end(w) || words_is(w, "LIKE") || words_is(w, "WHERE"))
        return columns_of(q, w, t, full);
    if (!words_name(w, column, sizeof column) || !words_end(w)) { /* DESCRIBE table column */
        admin_syntax_error(q, w);
        return NULL;
    }
    const char *inner = columns_of(q, w, t, full);
    if (!inner)
        return NULL;
    buf_init(&out, SIZE_MAX);
    admin_put(&out, inner);
    admin_put(&out, " WHERE Field LIKE ");
    admin_quote(&out, column, strlen(column));
    return admin_finish(q, &out);
}

static const char *show_columns(struct request *q, struct words *w, bool full)
{
    if (words_take(w, "FROM") || words_take(w, "IN"))
        return admin_describe_table(q, w, full);
    admin_syntax_error(q, w);
    return NULL;
}

static const char *show_create_table(struct request *q, struct words *w)
{
    const struct mesh_table *t = take_table(q, w);
    struct mesh_column c;
    struct buf text, out;
    if (!t)
        return NULL;
    buf_init(&text, SIZE_MAX);
    admin_put(&text, "CREATE TABLE `");
    admin_put(&text, t->name);
    admin_put(&text, "` (");
    for (size_t at = 0; mesh_table_column(t, &at, &c);) {
        admin_put(&text, text.data[text.tail - 1] == '(' ? "\n  `" : ",\n  `");
        admin_put(&text, c.name);
        admin_put(&text, *c.type == 'T' ? "` varchar(1024)" : *c.type == 'I' ? "` bigint(20)" : "` double");
    }
    admin_put(&text, "\n) ENGINE=MEMORY DEFAULT CHARSET=utf8mb4");
    buf_init(&out, SIZE_MAX);
    admin_put(&out, "SELECT ");
    admin_quote(&out, t->name, strlen(t->name));
    admin_put(&out, " AS \"Table\", ");
    admin_quote(&out, (const char *)buf_ptr(&text), buf_len(&text));
    admin_put(&out, " AS \"Create Table\"");
    buf_deinit(&text);
    return admin_finish(q, &out);
}

/* ---- diagnostics ---- */

static const char *show_diagnostics(struct request *q, bool count, bool errors)
{
    const struct error *e = q->session->last_error;
    struct buf out;
    char number[32];
    buf_init(&out, SIZE_MAX);
    if (count) {
        snprintf(number, sizeof number, "SELECT %d AS ", e != NULL);
        admin_put(&out, number);
        admin_put(&out, errors ? "\"@@session.error_count\"" : "\"@@session.warning_count\"");
        return admin_finish(q, &out);
    }
    snprintf(number, sizeof number, "%u", e ? e->number : 0u);
    admin_put(&out, "SELECT 'Error' AS Level, ");
    admin_put(&out, number);
    admin_put(&out, " AS Code, ");
    admin_quote(&out, e ? e->text : "", e ? strlen(e->text) : 0);
    admin_put(&out, e ? " AS Message" : " AS Message WHERE 0");
    return admin_finish(q, &out);
}

/* ---- what is the same everywhere ---- */

#define NOTHING(columns) "SELECT * FROM (SELECT " columns " WHERE 0)"
static const struct {
    const char *words[3]; /* behind SHOW */
    const char *sql, *like;
    bool loose; /* whatever follows is passed over */
} fixed[] = {
    {{"DATABASES"},
     "SELECT * FROM (SELECT SCHEMA_NAME AS \"Database\" FROM information_schema.SCHEMATA)",
     "Database",
     false},
    {{"SCHEMAS"},
     "SELECT * FROM (SELECT SCHEMA_NAME AS \"Database\" FROM information_schema.SCHEMATA)",
     "Database",
     false},
    {{"COLLATION"},
     "SELECT * FROM (SELECT 'utf8mb4_general_ci' AS \"Collation\", 'utf8mb4' AS Charset, 45 AS Id, 'Yes' AS "
     "\"Default\", 'Yes' "
     "AS Compiled, 1 AS Sortlen UNION ALL SELECT 'utf8mb4_bin', 'utf8mb4', 46, '', 'Yes', 1 UNION ALL SELECT 'binary', "
     "'binary', "
     "63, 'Yes', 'Yes', 1)",
     "Collation",
     false},
    {{"CHARACTER", "SET"},
     "SELECT * FROM (SELECT 'utf8mb4' AS Charset, 'UTF-8 Unicode' AS Description, 'utf8mb4_general_ci' AS \"Default "
     "collation\", 4 "
     "AS Maxlen UNION ALL SELECT 'binary', 'Binary pseudo charset', 'binary', 1)",
     "Charset",
     false},
    {{"CHARSET"},
     "SELECT * FROM (SELECT 'utf8mb4' AS Charset, 'UTF-8 Unicode' AS Description, 'utf8mb4_general_ci' AS \"Default "
     "collation\", 4 "
     "AS Maxlen)",
     "Charset",
     false},
    {{"ENGINES"},
     "SELECT 'MEMORY' AS Engine, 'DEFAULT' AS Support, 'Virtual tables of the admin port' AS Comment, 'NO' AS "
     "Transactions, 'NO' AS "
     "XA, 'NO' AS Savepoints",
     "Engine",
     true},
    {{"STORAGE", "ENGINES"},
     "SELECT 'MEMORY' AS Engine, 'DEFAULT' AS Support, 'Virtual tables of the admin port' AS Comment, 'NO' AS "
     "Transactions, 'NO' AS "
     "XA, 'NO' AS Savepoints",
     "Engine",
     true},
    {{"PLUGINS"}, NOTHING("'' AS Name, '' AS Status, '' AS Type, '' AS Library, '' AS License"), "Name", true},
    {{"PRIVILEGES"}, NOTHING("'' AS Privilege, '' AS Context, '' AS Comment"), "Privilege", true},
    {{"GRANTS"}, "SELECT 'GRANT ALL PRIVILEGES ON *.* TO ' || user() AS Grants", "Grants", true},
    {{"EVENTS"}, NOTHING("'' AS Db, '' AS Name, '' AS Definer, '' AS Type, '' AS Status"), "Name", true},
    {{"TRIGGERS"},
     NOTHING("'' AS \"Trigger\", '' AS Event, '' AS \"Table\", '' AS Statement, '' AS Timing"),
     "Trigger",
     true},
    {{"PROCEDURE", "STATUS"}, NOTHING("'' AS Db, '' AS Name, '' AS Type, '' AS Definer, '' AS Comment"), "Name", true},
    {{"FUNCTION", "STATUS"}, NOTHING("'' AS Db, '' AS Name, '' AS Type, '' AS Definer, '' AS Comment"), "Name", true},
    {{"PACKAGE", "STATUS"}, NOTHING("'' AS Db, '' AS Name, '' AS Type, '' AS Definer, '' AS Comment"), "Name", true},
    {{"OPEN", "TABLES"}, NOTHING("'' AS \"Database\", '' AS \"Table\", 0 AS In_use, 0 AS Name_locked"), "Table", true},
    {{"INDEX"},
     NOTHING("'' AS \"Table\", 0 AS Non_unique, '' AS Key_name, 0 AS Seq_in_index, '' AS Column_name"),
     "Table",
     true},
    {{"INDEXES"},
     NOTHING("'' AS \"Table\", 0 AS Non_unique, '' AS Key_name, 0 AS Seq_in_index, '' AS Column_name"),
     "Table",
     true},
    {{"KEYS"},
     NOTHING("'' AS \"Table\", 0 AS Non_unique, '' AS Key_name, 0 AS Seq_in_index, '' AS Column_name"),
     "Table",
     true},
    {{"MASTER", "STATUS"},
     NOTHING("'' AS File, 0 AS Position, '' AS Binlog_Do_DB, '' AS Binlog_Ignore_DB"),
     "File",
     true},
    {{"BINARY", "LOG"}, NOTHING("'' AS File, 0 AS Position, '' AS Binlog_Do_DB, '' AS Binlog_Ignore_DB"), "File", true},
    {{"BINARY", "LOGS"}, NOTHING("'' AS Log_name, 0 AS File_size"), "Log_name", true},
    {{"SLAVE", "STATUS"}, NOTHING("'' AS Slave_IO_State"), "Slave_IO_State", true},
    {{"REPLICA", "STATUS"}, NOTHING("'' AS Replica_IO_State"), "Replica_IO_State", true},
    {{"PROFILES"}, NOTHING("0 AS Query_ID, 0 AS Duration, '' AS Query"), "Query", true},
};

static bool take_words(struct words *w, const char *const words[3])
{
    struct words before = *w;
    for (int i = 0; i < 3 && words[i]; i++)
        if (!words_take(w, words[i])) {
            *w = before;
            return false;
        }
    return true;
}

static const char *show_table_status(struct request *q, struct words *w)
{
    char schema[200], inner[700];
    if (!take_schema(q, w, schema, sizeof schema))
        return NULL;
    snprintf(inner, sizeof inner,
             "SELECT * FROM (SELECT TABLE_NAME AS Name, ENGINE AS Engine, VERSION AS Version, ROW_FORMAT AS "
             "Row_format, TABLE_ROWS AS "
             "\"Rows\", AVG_ROW_LENGTH AS Avg_row_length, DATA_LENGTH AS Data_length, INDEX_LENGTH AS Index_length, "
             "CREATE_TIME AS "
             "Create_time, UPDATE_TIME AS Update_time, TABLE_COLLATION AS \"Collation\", TABLE_COMMENT AS Comment FROM "
             "information_schema.TABLES WHERE TABLE_SCHEMA = '%s')",
             strcasecmp(schema, "mesh") ? "information_schema" : "mesh");
    return filtered(q, w, inner, "Name");
}

/* SHOW COUNT(*) WARNINGS | ERRORS */
static bool take_count(struct words *w)
{
    struct words before = *w;
    if (words_take(w, "COUNT") && w->token.kind == TK_LPAREN) {
        words_next(w);
        words_next(w); /* * */
        words_next(w); /* ) */
        return true;
    }
    *w = before;
    return false;
}

static bool is_mesh_word(const struct words *w, char *name, size_t size)
{
    struct words copy = *w;
    return w->token.kind == TK_WORD && words_name(&copy, name, size) && mesh_table_find("mesh", name);
}

const char *admin_show(struct request *q, struct words *w)
{
    char name[100];
    bool full = words_take(w, "FULL") || words_take(w, "EXTENDED");
    bool scoped = words_take(w, "GLOBAL") || words_take(w, "SESSION") || words_take(w, "LOCAL");
    bool count = take_count(w);
    full |= words_take(w, "FULL");
    if (words_take(w, "WARNINGS"))
        return show_diagnostics(q, count, false);
    if (words_take(w, "ERRORS"))
        return show_diagnostics(q, count, true);
    if (words_take(w, "TABLES"))
        return show_tables(q, w, full);
    if (words_take(w, "VARIABLES"))
        return show_variables(q, w, scoped);
    if (words_take(w, "STATUS"))
        return show_status(q, w, scoped);
    if (words_take(w, "COLUMNS") || words_take(w, "FIELDS"))
        return show_columns(q, w, full);
    if (words_take(w, "PROCESSLIST")) {
        local_processlist(q);
        return NULL;
    }
    if (take_words(w, (const char *const[3]){"CREATE", "TABLE"}) ||
        take_words(w, (const char *const[3]){"CREATE", "VIEW"}))
        return show_create_table(q, w);
    if (take_words(w, (const char *const[3]){"TABLE", "STATUS"}))
        return show_table_status(q, w);
    words_take(w, "MESH");
    if (is_mesh_word(w, name, sizeof name)) {
        words_next(w);
        return show_mesh_table(q, w, name);
    }
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (take_words(w, fixed[i].words))
            return fixed[i].loose ? fixed[i].sql : filtered(q, w, fixed[i].sql, fixed[i].like);
    admin_syntax_error(q, w);
    return NULL;
}
