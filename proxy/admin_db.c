/* The admin worker's SQLite: an in-memory connection whose attached schemas `mesh` and `information_schema` hold
 * virtual tables only. It may read them and nothing else (authorizer), for a bounded time (progress handler), and its
 * results are bounded in rows and bytes.
 *
 * SQLite's values have types, its columns have not: a text result's rows are written first, which does not need the
 * types, and the columns are declared by what came; a binary result's columns are declared by the tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/reply.h"
#include "proxy/admin_int.h"
#include "proxy/log.h"
#include "proxy/resultset.h"

#define PROGRESS_STEPS 10000
#define MEMORY_MAX ((sqlite3_int64)512 << 20)

/* ---- opening ---- */

static bool is_ours(const char *schema)
{
    return !schema || !strcasecmp(schema, "mesh") || !strcasecmp(schema, "information_schema") ||
           !strcasecmp(schema, "main") || !strcasecmp(schema, "temp");
}

static int on_authorize(void *arg, int action, const char *a, const char *b, const char *schema, const char *trigger)
{
    static const char *const forbidden[] = {"load_extension", "writefile", "readfile", "edit", "fts3_tokenizer"};
    const struct admin *admin = arg;
    (void)trigger;
    if (!admin->ready)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        return is_ours(schema) && strncasecmp(a, "sqlite_", 7) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
            if (!strcasecmp(b, forbidden[i]))
                return SQLITE_DENY;
        return SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int on_progress(void *arg)
{
    const struct admin *a = arg;
    return uv_hrtime() > a->deadline;
}

static void set_limits(sqlite3 *db)
{
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024);
    sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 200);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 200);
    sqlite3_hard_heap_limit64(MEMORY_MAX);
}

static bool open_db(struct admin *a)
{
    if (sqlite3_open_v2(":memory:", &a->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return false;
    sqlite3_set_authorizer(a->db, on_authorize, a);
    sqlite3_progress_handler(a->db, PROGRESS_STEPS, on_progress, a);
    sqlite3_db_config(a->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(a->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL); /* "x" is a name: strings have been rewritten */
    a->deadline = UINT64_MAX;
    if (sqlite3_exec(a->db, "ATTACH ':memory:' AS mesh; ATTACH ':memory:' AS information_schema", NULL, NULL, NULL) !=
        SQLITE_OK)
        return false;
    a->tables = mesh_tables_new(a->db, a->proxy);
    if (!a->tables || admin_functions_add(a) != SQLITE_OK)
        return false;
    set_limits(a->db);
    a->ready = true;
    return true;
}

struct admin *admin_of(struct request *q)
{
    struct worker *w = q->session->worker;
    if (!w->admin) {
        struct admin *a = calloc(1, sizeof *a);
        if (!a)
            abort();
        a->proxy = w->proxy;
        if (!open_db(a)) {
            log_error("admin_sql_failed", "error=%s", a->db ? sqlite3_errmsg(a->db) : "no memory");
            admin_free(a);
            query_fail_code(q, ERR_REFUSED, "the admin SQL could not be set up; the log says why");
            return NULL;
        }
        w->admin = a;
    }
    w->admin->session = q->session;
    w->admin->deadline = uv_hrtime() + ADMIN_SECONDS_MAX * 1000000000ull;
    return w->admin;
}

void admin_free(struct admin *a)
{
    if (!a)
        return;
    sqlite3_close(a->db);
    mesh_tables_free(a->tables);
    free(a);
}

/* ---- errors ---- */

/* What stands behind `prefix` in SQLite's message. */
static const char *behind(const char *message, const char *prefix)
{
    const char *at = strstr(message, prefix);
    return at ? at + strlen(prefix) : NULL;
}

static void no_such_table(struct request *q, const char *name)
{
    const char *dot = strchr(name, '.'), *schema = session_schema(q->session);
    char before[200];
    if (dot) {
        snprintf(before, sizeof before, "%.*s", (int)(dot - name), name);
        query_fail_code(q, ERR_NO_SUCH_TABLE, before, dot + 1);
    } else {
        query_fail_code(q, ERR_NO_SUCH_TABLE, schema ? schema : "mesh", name);
    }
}

static void syntax_error(struct request *q, const char *message)
{
    char near[81] = "";
    const char *from = strchr(message, '"');
    if (from)
        snprintf(near, sizeof near, "%.*s", (int)strcspn(from + 1, "\""), from + 1);
    query_fail_code(q, ERR_PARSE,
                    "check the manual that corresponds to your MySQL server version for the right syntax to use", near,
                    1u);
}

void admin_fail_sqlite(struct request *q, sqlite3 *db)
{
    char message[400], name[300];
    const char *s;
    snprintf(message, sizeof message, "%s", sqlite3_errmsg(db));
    if ((s = behind(message, "no such table: "))) {
        no_such_table(q, s);
    } else if ((s = behind(message, "no such column: "))) {
        query_fail_code(q, ERR_BAD_FIELD, s, "field list");
    } else if ((s = behind(message, "ambiguous column name: "))) {
        query_fail_code(q, ERR_NON_UNIQ, s, "field list");
    } else if ((s = behind(message, "no such function: "))) {
        query_fail_code(q, ERR_SP_DOES_NOT_EXIST, "FUNCTION", s);
    } else if ((s = behind(message, "unknown system variable: "))) {
        query_fail_code(q, ERR_UNKNOWN_SYSTEM_VARIABLE, s);
    } else if ((s = behind(message, "wrong number of arguments to function "))) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(s, "("), s);
        query_fail_code(q, ERR_WRONG_ARGUMENTS, name);
    } else if (strstr(message, "syntax error") || strstr(message, "incomplete input") ||
               strstr(message, "unrecognized token")) {
        syntax_error(q, message);
    } else if (sqlite3_errcode(db) == SQLITE_AUTH) {
        query_fail_code(q, ERR_OPTION_PREVENTS, "--read-only");
    } else if (sqlite3_errcode(db) == SQLITE_INTERRUPT) {
        snprintf(name, sizeof name, "a statement of the admin port may run for %d seconds", ADMIN_SECONDS_MAX);
        query_fail_code(q, ERR_REFUSED, name);
    } else {
        query_fail_code(q, ERR_REFUSED, message);
    }
}

/* ---- parameters ---- */

static void bind_one(sqlite3_stmt *stmt, int at, const struct route_value *v)
{
    switch (v->kind) {
    case ROUTE_INT:
    case ROUTE_UINT:
        sqlite3_bind_int64(stmt, at, v->i);
        break;
    case ROUTE_DECIMAL:
    case ROUTE_DOUBLE:
        sqlite3_bind_double(stmt, at, strtod(v->text, NULL));
        break;
    case ROUTE_UNKNOWN:
    case ROUTE_NULL:
        sqlite3_bind_null(stmt, at);
        break;
    default:
        sqlite3_bind_text(stmt, at, v->text, (int)v->len, SQLITE_STATIC);
    }
}

static bool prepare(struct request *q, struct admin *a, const char *sql, sqlite3_stmt **stmt)
{
    if (sqlite3_prepare_v2(a->db, sql, -1, stmt, NULL) != SQLITE_OK) {
        admin_fail_sqlite(q, a->db);
        return false;
    }
    if (*stmt)
        return true;
    query_fail_code(q, ERR_EMPTY_QUERY);
    return false;
}

/* ---- columns ---- */

/* As the tables declare it; VAR_STRING for what is computed. */
static uint8_t declared_type(sqlite3_stmt *stmt, int i)
{
    const char *type = sqlite3_column_decltype(stmt, i);
    if (type && !strncmp(type, "INTEGER", 7))
        return MYSQL_TYPE_LONGLONG;
    return type && !strncmp(type, "REAL", 4) ? MYSQL_TYPE_DOUBLE : MYSQL_TYPE_VAR_STRING;
}

bool admin_describe(struct request *q, const char *sql, unsigned *n_params, struct column **columns,
                    unsigned *n_columns)
{
    struct admin *a = admin_of(q);
    sqlite3_stmt *stmt = NULL;
    if (!a || !prepare(q, a, sql, &stmt))
        return false;
    *n_params = (unsigned)sqlite3_bind_parameter_count(stmt);
    *n_columns = (unsigned)sqlite3_column_count(stmt);
    *columns = arena_alloc(q->arena, (*n_columns + 1u) * sizeof **columns);
    if (!*columns)
        abort();
    for (unsigned i = 0; i < *n_columns; i++) {
        const char *name = admin_column_name(q->arena, sqlite3_column_name(stmt, (int)i));
        if (!name)
            abort();
        (*columns)[i] = column_make(name, declared_type(stmt, (int)i));
    }
    sqlite3_finalize(stmt);
    return true;
}

/* ---- running ---- */

struct select {
    struct request *q;
    struct admin *a;
    sqlite3_stmt *stmt;
    struct resultset r;
    struct buf rows;
    uint8_t seq;    /* of the rows */
    uint8_t *types; /* what came in each column: 0 nothing but NULL yet */
};

static void note_type(struct select *s, int i, int type)
{
    uint8_t now = type == SQLITE_INTEGER ? MYSQL_TYPE_LONGLONG
                  : type == SQLITE_FLOAT ? MYSQL_TYPE_DOUBLE
                                         : MYSQL_TYPE_VAR_STRING;
    if (!s->types[i] || (s->types[i] == MYSQL_TYPE_LONGLONG && now == MYSQL_TYPE_DOUBLE) ||
        now == MYSQL_TYPE_VAR_STRING)
        s->types[i] = now;
}

static void put_row(struct select *s)
{
    for (int i = 0; i < (int)s->r.n; i++) {
        int type = sqlite3_column_type(s->stmt, i);
        if (type == SQLITE_NULL) {
            resultset_null(&s->r);
            continue;
        }
        note_type(s, i, type);
        if (type == SQLITE_INTEGER)
            resultset_int(&s->r, sqlite3_column_int64(s->stmt, i));
        else if (type == SQLITE_FLOAT)
            resultset_double(&s->r, sqlite3_column_double(s->stmt, i));
        else
            resultset_bytes(&s->r, sqlite3_column_blob(s->stmt, i), (size_t)sqlite3_column_bytes(s->stmt, i));
    }
    resultset_row_end(&s->r);
}

/* Sequence ids of the rows begin behind the head: its count, its columns and, for older clients, an EOF. */
static void begin(struct select *s)
{
    struct request *q = s->q;
    int n = sqlite3_column_count(s->stmt);
    bool eof = !(q->session->caps & CLIENT_DEPRECATE_EOF);
    buf_init(&s->rows, ADMIN_RESULT_MAX);
    s->seq = (uint8_t)(q->seq + 1 + n + eof);
    s->types = arena_zalloc(q->arena, (size_t)n + 1);
    if (!s->types)
        abort();
    if (q->stmt)
        resultset_begin_binary(&s->r, &s->rows, &s->seq, q->session->caps);
    else
        resultset_begin(&s->r, &s->rows, &s->seq, q->session->caps);
    for (int i = 0; i < n; i++) {
        const char *name = admin_column_name(q->arena, sqlite3_column_name(s->stmt, i));
        if (!name)
            abort();
        resultset_column(&s->r, name, q->stmt ? declared_type(s->stmt, i) : MYSQL_TYPE_VAR_STRING);
    }
}

static void finish(struct select *s)
{
    resultset_abandon(&s->r);
    buf_deinit(&s->rows);
    sqlite3_finalize(s->stmt);
    mesh_tables_forget(s->a->tables);
}

static void answer(struct select *s)
{
    struct request *q = s->q;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < s->r.n && !q->stmt; i++) {
        const char *name = (const char *)s->r.columns[i].name.p;
        uint8_t declared = declared_type(s->stmt, (int)i);
        s->r.columns[i] = column_make(name, s->types[i] ? s->types[i] : declared);
    }
    s->r.out = &out;
    s->r.seq = &q->seq;
    resultset_columns_end(&s->r, query_status(q));
    if (s->r.rows)
        buf_append(&out, buf_ptr(&s->rows), buf_len(&s->rows));
    q->seq = s->seq;
    q->rows = s->r.rows;
    resultset_end(&s->r, query_status(q), 0);
    finish(s);
    query_reply(q, &out);
    buf_deinit(&out);
    query_done(q);
}

static void fail(struct select *s, int rc)
{
    char why[120];
    struct request *q = s->q;
    bool too_much = rc == SQLITE_ROW || s->rows.bad;
    finish(s);
    if (!too_much) {
        admin_fail_sqlite(q, s->a->db);
        return;
    }
    snprintf(why, sizeof why, "a result of the admin port may have %d rows and %d MiB: say LIMIT", ADMIN_ROWS_MAX,
             ADMIN_RESULT_MAX >> 20);
    query_fail_code(q, ERR_REFUSED, why);
}

void admin_select(struct request *q, const char *sql)
{
    struct select s = {.q = q, .a = admin_of(q)};
    int rc;
    if (!s.a || !prepare(q, s.a, sql, &s.stmt))
        return;
    for (size_t i = 0; i < q->n_params; i++)
        bind_one(s.stmt, (int)i + 1, &q->params[i]);
    begin(&s);
    while ((rc = sqlite3_step(s.stmt)) == SQLITE_ROW && s.r.rows < ADMIN_ROWS_MAX && !s.rows.bad)
        put_row(&s);
    if (rc == SQLITE_DONE && !s.rows.bad)
        answer(&s);
    else
        fail(&s, rc);
}
