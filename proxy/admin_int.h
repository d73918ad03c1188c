/* What the files of the admin port share. */
#ifndef PROXY_ADMIN_INT_H
#define PROXY_ADMIN_INT_H

#include <sqlite3.h>

#include "protocol/row.h"
#include "proxy/admin.h"
#include "proxy/mesh_table.h"
#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/worker.h"

enum {
    ADMIN_ROWS_MAX = 100000,             /* of one result */
    ADMIN_RESULT_MAX = 64 * 1024 * 1024, /* bytes */
    ADMIN_SECONDS_MAX = 5,               /* of one statement */
};

struct admin {
    struct proxy *proxy;
    sqlite3 *db;
    struct mesh_tables *tables;
    struct session *session; /* whose statement runs */
    uint64_t deadline;       /* uv_hrtime */
    bool ready;              /* set up: from now on SQL may only read */
};

/* ---- admin_words.c ---- */

struct words {
    const char *sql;
    uint32_t len;
    struct lexer lexer;
    struct token token; /* the present one */
};
void words_init(struct words *w, struct request *q, const char *sql, size_t len);
void words_next(struct words *w);
bool words_is(const struct words *w, const char *word); /* the present one, any case */
bool words_take(struct words *w, const char *word);     /* ... and goes on behind it */
bool words_end(const struct words *w);
/* A name or a string, unquoted: true and goes on behind it. */
bool words_name(struct words *w, char *out, size_t size);
/* Everything from the present token on, trimmed; one quoted name or string comes without its quotes. */
bool words_rest_name(struct words *w, char *out, size_t size);
void admin_syntax_error(struct request *q, const struct words *w); /* 1064, near the present word */

/* ---- admin_db.c ---- */

struct admin *admin_of(struct request *q);
/* Runs one SELECT in SQLite's language and answers with its rows. */
void admin_select(struct request *q, const char *sql);
/* Would it run? The number of its parameters and its columns, made by column_make() with names in the arena; false: the
 * request has failed. */
bool admin_describe(struct request *q, const char *sql, unsigned *n_params, struct column **columns,
                    unsigned *n_columns);
/* The SELECT's error as MySQL would say it. */
void admin_fail_sqlite(struct request *q, sqlite3 *db);

/* ---- admin_rewrite.c ---- */

/* Appends a piece of MySQL's SQL as SQLite would have it. False: it cannot be lexed, and the request has failed. */
bool admin_rewrite(struct request *q, const char *sql, size_t len, struct buf *out);
/* A result column's name as the client wrote it: undoes the rewriting of @@name. In the arena. */
const char *admin_column_name(struct arena *a, const char *name);
void admin_quote(struct buf *out, const char *s, size_t n); /* as an SQL string */
void admin_put(struct buf *out, const char *s);
const char *admin_finish(struct request *q, struct buf *out); /* to the arena, with a NUL; frees the buffer */

/* ---- admin_function.c, admin_variable.c ---- */

int admin_functions_add(struct admin *a);
/* A system variable as MySQL clients know it ("session.sql_mode" too), or a setting. The value is of the kind that
 * SELECT @@name gives. False: there is none. */
struct admin_value {
    char text[512];
    bool is_null, is_int;
    int64_t i;
};
bool admin_variable(struct admin *a, const char *name, struct admin_value *out);
bool admin_variable_known(const char *name); /* one that MySQL has */

/* ---- admin_show.c, admin_command.c ---- */

/* The SELECT that answers a SHOW, DESCRIBE …: in the arena. NULL: it was answered otherwise, or has failed. */
const char *admin_show(struct request *q, struct words *w);
const char *admin_describe_table(struct request *q, struct words *w, bool full);
void admin_set(struct request *q, struct words *w);
void admin_kill(struct request *q, struct words *w);
void admin_reload(struct request *q, struct words *w);
void admin_shutdown(struct request *q, struct words *w);
void admin_instance_state(struct request *q, struct words *w, enum health_state state);
void admin_use(struct request *q, struct words *w);

#endif
