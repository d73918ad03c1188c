/* The state of the mesh as SQL tables: each is a function that fills rows, shown to SQLite as a virtual table.
 *
 * A table is filled when a statement first reads it and stays as it is until the statement ends (mesh_tables_forget()),
 * so that joins see one state and a nested loop asks the workers once.
 */
#ifndef PROXY_MESH_TABLE_H
#define PROXY_MESH_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "router/arena.h"

struct proxy;

enum cell_kind { CELL_NULL, CELL_INT, CELL_DOUBLE, CELL_TEXT };
struct cell {
    enum cell_kind kind;
    union {
        int64_t i;
        double d;
        const char *text;
    };
};
struct mesh_row {
    struct mesh_row *next;
    struct cell cells[];
};

struct mesh_rows {
    struct arena arena;
    unsigned n_columns, at; /* the next cell of the row that is being filled */
    struct mesh_row *first, **last, *row;
    bool full; /* no memory: the statement fails */
};

/* Filling: values in the order of the columns, then rows_end(). */
void rows_text(struct mesh_rows *r, const char *s); /* copied; NULL: NULL */
void rows_int(struct mesh_rows *r, int64_t i);
void rows_double(struct mesh_rows *r, double d);
void rows_bool(struct mesh_rows *r, bool b); /* 1 or 0 */
void rows_null(struct mesh_rows *r);
void rows_time(struct mesh_rows *r, uint64_t ms); /* wall clock, as text in UTC; 0: NULL */
void rows_end(struct mesh_rows *r);

struct mesh_table {
    const char *schema, *name;
    const char *columns; /* as in CREATE TABLE */
    const char *like;    /* the column that SHOW name LIKE '…' compares; NULL: the first */
    void (*fill)(struct proxy *p, struct mesh_rows *rows);
    const char *help;
};

extern const struct mesh_table mesh_tables[];
extern const size_t n_mesh_tables;
const struct mesh_table *mesh_table_find(const char *schema, const char *name); /* any case */

/* The fill functions: mesh_topo.c, mesh_live.c, mesh_info.c. */
void mesh_fill_shards(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_instances(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_slots(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_tables(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_sessions(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_transactions(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_pools(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_statements(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_status(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_variables(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_info_schemata(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_info_tables(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_info_columns(struct proxy *p, struct mesh_rows *rows);
void mesh_fill_info_empty(struct proxy *p, struct mesh_rows *rows);
void admin_fill_variables(struct proxy *p, struct mesh_rows *rows); /* admin_variable.c */

/* The next column of a table's `columns`: *at starts at 0. False: no more. */
struct mesh_column {
    char name[64];
    const char *type; /* "TEXT", "INTEGER" or "REAL" */
};
bool mesh_table_column(const struct mesh_table *t, size_t *at, struct mesh_column *out);

/* One set of tables on one SQLite connection. */
struct mesh_tables;
struct mesh_tables *mesh_tables_new(sqlite3 *db,
                                    struct proxy *p); /* registers and creates them; NULL: SQLite says no */
void mesh_tables_forget(struct mesh_tables *t);
void mesh_tables_free(struct mesh_tables *t); /* after the connection is closed */

#endif
