#include "proxy/mesh_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_MAX ((size_t)256 << 20) /* bytes of one table's rows */
#define T "TEXT COLLATE NOCASE"      /* MySQL compares text so unless told otherwise */

const struct mesh_table mesh_tables[] = {
    {"mesh", "shards",
     "name " T ", state " T ", primary_instance " T
     ", instances INTEGER, instances_up INTEGER, slots INTEGER, capacity INTEGER",
     "name", mesh_fill_shards, "the shards and whether they have a primary that takes work"},
    {"mesh", "instances",
     "name " T ", shard " T ", role " T ", address " T ", zone " T ", state " T
     ", read_only INTEGER, replicating INTEGER, "
     "lag_ms INTEGER, version " T ", weight INTEGER, connections INTEGER, connections_max INTEGER, waiting INTEGER, "
     "failures INTEGER, probed_at " T ", gtid " T ", error " T,
     "name", mesh_fill_instances, "the instances, their health, and our connections to them"},
    {"mesh", "slots", "first_slot INTEGER, last_slot INTEGER, slots INTEGER, shard " T, "shard", mesh_fill_slots,
     "the slot map, in ranges"},
    {"mesh", "tables",
     "schema_name " T ", name " T ", kind " T ", shard_key " T ", shard_function " T ", shard " T ", bound_to " T
     ", why " T,
     "name", mesh_fill_tables, "where each table is and why: those of the configuration and those met so far"},
    {"mesh", "sessions",
     "id INTEGER, user " T ", host " T ", schema_name " T ", state " T ", command " T
     ", seconds REAL, transaction_open INTEGER, "
     "holds " T ", shards " T ", prepared INTEGER, tls INTEGER, worker INTEGER",
     "user", mesh_fill_sessions, "clients of the data port; holds: why one keeps connections between statements"},
    {"mesh", "transactions",
     "session INTEGER, user " T ", shards " T ", participants INTEGER, wrote INTEGER, read_only INTEGER, seconds REAL",
     "user", mesh_fill_transactions, "open transactions"},
    {"mesh", "pools",
     "instance " T ", shard " T ", worker INTEGER, idle INTEGER, lent INTEGER, opening INTEGER, waiting INTEGER, "
     "connects INTEGER, failures INTEGER, last_error " T,
     "instance", mesh_fill_pools, "connections to instances, by worker"},
    {"mesh", "statements",
     "schema_name " T ", statement " T
     ", count INTEGER, errors INTEGER, rows INTEGER, total_ms REAL, avg_ms REAL, p50_ms REAL, "
     "p95_ms REAL, p99_ms REAL, max_ms REAL, first_seen " T ", last_seen " T,
     "statement", mesh_fill_statements, "statements by their shape"},
    {"mesh", "status", "name " T ", value INTEGER, help " T, "name", mesh_fill_status,
     "counters, summed over the workers"},
    {"mesh", "variables", "name " T ", value " T ", reloadable INTEGER, help " T, "name", mesh_fill_variables,
     "the settings in force"},

    {"information_schema", "SCHEMATA",
     "CATALOG_NAME " T ", SCHEMA_NAME " T ", DEFAULT_CHARACTER_SET_NAME " T ", DEFAULT_COLLATION_NAME " T
     ", SQL_PATH " T,
     NULL, mesh_fill_info_schemata, ""},
    {"information_schema", "TABLES",
     "TABLE_CATALOG " T ", TABLE_SCHEMA " T ", TABLE_NAME " T ", TABLE_TYPE " T ", ENGINE " T
     ", VERSION INTEGER, ROW_FORMAT " T ", TABLE_ROWS INTEGER, AVG_ROW_LENGTH INTEGER, DATA_LENGTH INTEGER, "
                                        "MAX_DATA_LENGTH INTEGER, INDEX_LENGTH INTEGER, "
     "DATA_FREE INTEGER, AUTO_INCREMENT INTEGER, CREATE_TIME " T ", UPDATE_TIME " T ", CHECK_TIME " T
     ", TABLE_COLLATION " T ", CHECKSUM INTEGER, CREATE_OPTIONS " T ", TABLE_COMMENT " T,
     NULL, mesh_fill_info_tables, ""},
    {"information_schema", "COLUMNS",
     "TABLE_CATALOG " T ", TABLE_SCHEMA " T ", TABLE_NAME " T ", COLUMN_NAME " T
     ", ORDINAL_POSITION INTEGER, COLUMN_DEFAULT " T ", IS_NULLABLE " T ", DATA_TYPE " T
     ", CHARACTER_MAXIMUM_LENGTH INTEGER, CHARACTER_OCTET_LENGTH INTEGER, "
     "NUMERIC_PRECISION INTEGER, NUMERIC_SCALE INTEGER, DATETIME_PRECISION INTEGER, CHARACTER_SET_NAME " T
     ", COLLATION_NAME " T ", COLUMN_TYPE " T ", COLUMN_KEY " T ", EXTRA " T ", PRIVILEGES " T ", COLUMN_COMMENT " T
     ", GENERATION_EXPRESSION " T,
     NULL, mesh_fill_info_columns, ""},
    {"information_schema", "SESSION_VARIABLES", "VARIABLE_NAME " T ", VARIABLE_VALUE " T, NULL, admin_fill_variables,
     ""},
    {"information_schema", "GLOBAL_VARIABLES", "VARIABLE_NAME " T ", VARIABLE_VALUE " T, NULL, admin_fill_variables,
     ""},
    {"information_schema", "ROUTINES",
     "SPECIFIC_NAME " T ", ROUTINE_CATALOG " T ", ROUTINE_SCHEMA " T ", ROUTINE_NAME " T ", ROUTINE_TYPE " T
     ", DATA_TYPE " T ", DTD_IDENTIFIER " T ", ROUTINE_DEFINITION " T ", ROUTINE_COMMENT " T ", DEFINER " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "VIEWS", "TABLE_CATALOG " T ", TABLE_SCHEMA " T ", TABLE_NAME " T ", VIEW_DEFINITION " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "TRIGGERS",
     "TRIGGER_SCHEMA " T ", TRIGGER_NAME " T ", EVENT_MANIPULATION " T ", EVENT_OBJECT_SCHEMA " T
     ", EVENT_OBJECT_TABLE " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "EVENTS", "EVENT_SCHEMA " T ", EVENT_NAME " T ", STATUS " T, NULL, mesh_fill_info_empty, ""},
    {"information_schema", "STATISTICS",
     "TABLE_SCHEMA " T ", TABLE_NAME " T ", NON_UNIQUE INTEGER, INDEX_SCHEMA " T ", INDEX_NAME " T
     ", SEQ_IN_INDEX INTEGER, "
     "COLUMN_NAME " T ", INDEX_TYPE " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "KEY_COLUMN_USAGE",
     "CONSTRAINT_SCHEMA " T ", CONSTRAINT_NAME " T ", TABLE_SCHEMA " T ", TABLE_NAME " T ", COLUMN_NAME " T
     ", ORDINAL_POSITION INTEGER, REFERENCED_TABLE_SCHEMA " T ", REFERENCED_TABLE_NAME " T
     ", REFERENCED_COLUMN_NAME " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "TABLE_CONSTRAINTS",
     "CONSTRAINT_SCHEMA " T ", CONSTRAINT_NAME " T ", TABLE_SCHEMA " T ", TABLE_NAME " T ", CONSTRAINT_TYPE " T, NULL,
     mesh_fill_info_empty, ""},
    {"information_schema", "REFERENTIAL_CONSTRAINTS",
     "CONSTRAINT_SCHEMA " T ", CONSTRAINT_NAME " T ", TABLE_NAME " T ", REFERENCED_TABLE_NAME " T ", UPDATE_RULE " T
     ", DELETE_RULE " T,
     NULL, mesh_fill_info_empty, ""},
    {"information_schema", "PARAMETERS",
     "SPECIFIC_SCHEMA " T ", SPECIFIC_NAME " T ", ORDINAL_POSITION INTEGER, PARAMETER_NAME " T, NULL,
     mesh_fill_info_empty, ""},
    {"information_schema", "PARTITIONS", "TABLE_SCHEMA " T ", TABLE_NAME " T ", PARTITION_NAME " T, NULL,
     mesh_fill_info_empty, ""},
};
const size_t n_mesh_tables = sizeof mesh_tables / sizeof *mesh_tables;

const struct mesh_table *mesh_table_find(const char *schema, const char *name)
{
    for (size_t i = 0; i < n_mesh_tables; i++)
        if (!strcasecmp(mesh_tables[i].schema, schema) && !strcasecmp(mesh_tables[i].name, name))
            return &mesh_tables[i];
    return NULL;
}

bool mesh_table_column(const struct mesh_table *t, size_t *at, struct mesh_column *out)
{
    const char *p = t->columns + *at;
    if (!*p)
        return false;
    size_t n = strcspn(p, " ");
    memcpy(out->name, p, n < sizeof out->name ? n : sizeof out->name - 1);
    out->name[n < sizeof out->name ? n : sizeof out->name - 1] = 0;
    out->type = p[n + 1] == 'T' ? "TEXT" : p[n + 1] == 'I' ? "INTEGER" : "REAL";
    size_t end = strcspn(p, ",");
    *at += end + (p[end] ? 2 : 0); /* ", " */
    return true;
}

/* ---- the SQLite module ---- */

struct set_entry {
    const struct mesh_table *table;
    struct mesh_tables *set;
    bool filled;
    struct mesh_rows rows;
};

struct mesh_tables {
    struct proxy *proxy;
    struct set_entry entries[sizeof mesh_tables / sizeof *mesh_tables];
};

struct vtab {
    sqlite3_vtab base;
    struct set_entry *entry;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct mesh_row *row;
    int64_t number;
};

static unsigned count_columns(const struct mesh_table *t)
{
    struct mesh_column c;
    unsigned n = 0;
    for (size_t at = 0; mesh_table_column(t, &at, &c);)
        n++;
    return n;
}

static void empty(struct set_entry *e)
{
    arena_deinit(&e->rows.arena);
    e->rows = (struct mesh_rows){.n_columns = count_columns(e->table)};
    arena_init(&e->rows.arena, 4096, ROWS_MAX);
    e->rows.last = &e->rows.first;
    e->filled = false;
}

static int on_connect(sqlite3 *db, void *arg, int argc, const char *const *argv, sqlite3_vtab **out, char **error)
{
    struct mesh_tables *set = arg;
    (void)error;
    for (size_t i = 0; argc > 2 && i < n_mesh_tables; i++) {
        const struct mesh_table *t = &mesh_tables[i];
        if (strcmp(t->schema, argv[1]) || strcmp(t->name, argv[2]))
            continue;
        char *sql = sqlite3_mprintf("CREATE TABLE x(%s)", t->columns);
        struct vtab *v = sqlite3_malloc(sizeof *v);
        int rc = sql && v ? sqlite3_declare_vtab(db, sql) : SQLITE_NOMEM;
        sqlite3_free(sql);
        if (rc != SQLITE_OK) {
            sqlite3_free(v);
            return rc;
        }
        *v = (struct vtab){.entry = &set->entries[i]};
        *out = &v->base;
        return SQLITE_OK;
    }
    return SQLITE_ERROR;
}

static int on_disconnect(sqlite3_vtab *v)
{
    sqlite3_free(v);
    return SQLITE_OK;
}

static int on_best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
    (void)v;
    info->estimatedCost = 1e5;
    info->estimatedRows = 1000;
    return SQLITE_OK;
}

static int on_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out)
{
    (void)v;
    struct cursor *c = sqlite3_malloc(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct cursor){0};
    *out = &c->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *c)
{
    sqlite3_free(c);
    return SQLITE_OK;
}

static int on_filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc, sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)cursor;
    struct set_entry *e = ((struct vtab *)cursor->pVtab)->entry;
    (void)number, (void)text, (void)argc, (void)argv;
    if (!e->filled) {
        e->table->fill(e->set->proxy, &e->rows);
        e->filled = true;
    }
    if (e->rows.full) {
        sqlite3_free(cursor->pVtab->zErrMsg);
        cursor->pVtab->zErrMsg = sqlite3_mprintf("%s.%s has more rows than fit into %u MiB", e->table->schema,
                                                 e->table->name, (unsigned)(ROWS_MAX >> 20));
        return SQLITE_ERROR;
    }
    c->row = e->rows.first;
    c->number = 1;
    return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;
    c->row = c->row->next;
    c->number++;
    return SQLITE_OK;
}

static int on_eof(sqlite3_vtab_cursor *c)
{
    return !((struct cursor *)c)->row;
}

static int on_column(sqlite3_vtab_cursor *c, sqlite3_context *context, int i)
{
    const struct cell *cell = &((struct cursor *)c)->row->cells[i];
    switch (cell->kind) {
    case CELL_NULL:
        sqlite3_result_null(context);
        break;
    case CELL_INT:
        sqlite3_result_int64(context, cell->i);
        break;
    case CELL_DOUBLE:
        sqlite3_result_double(context, cell->d);
        break;
    case CELL_TEXT:
        sqlite3_result_text(context, cell->text, -1, SQLITE_STATIC);
        break;
    }
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
    *out = ((struct cursor *)c)->number;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .iVersion = 1,
    .xCreate = on_connect,
    .xConnect = on_connect,
    .xBestIndex = on_best_index,
    .xDisconnect = on_disconnect,
    .xDestroy = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};

struct mesh_tables *mesh_tables_new(sqlite3 *db, struct proxy *p)
{
    struct mesh_tables *set = calloc(1, sizeof *set);
    if (!set)
        abort();
    set->proxy = p;
    int rc = sqlite3_create_module(db, "mesh_table", &module, set);
    for (size_t i = 0; i < n_mesh_tables; i++) {
        struct set_entry *e = &set->entries[i];
        e->table = &mesh_tables[i];
        e->set = set;
        empty(e);
        char *sql =
            sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\" USING mesh_table", e->table->schema, e->table->name);
        if (rc == SQLITE_OK)
            rc = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    if (rc == SQLITE_OK)
        return set;
    mesh_tables_free(set);
    return NULL;
}

void mesh_tables_forget(struct mesh_tables *t)
{
    for (size_t i = 0; i < n_mesh_tables; i++)
        if (t->entries[i].filled)
            empty(&t->entries[i]);
}

void mesh_tables_free(struct mesh_tables *t)
{
    for (size_t i = 0; t && i < n_mesh_tables; i++)
        arena_deinit(&t->entries[i].rows.arena);
    free(t);
}
