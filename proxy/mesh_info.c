/* information_schema for the admin port: enough of it for clients that look around. */
#include "proxy/mesh_table.h"

#include <string.h>

void mesh_fill_info_schemata(struct proxy *p, struct mesh_rows *rows)
{
    static const char *const names[] = {"information_schema", "mesh"};
    (void)p;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        rows_text(rows, "def");
        rows_text(rows, names[i]);
        rows_text(rows, "utf8mb4");
        rows_text(rows, "utf8mb4_general_ci");
        rows_end(rows);
    }
}

void mesh_fill_info_tables(struct proxy *p, struct mesh_rows *rows)
{
    (void)p;
    for (size_t i = 0; i < n_mesh_tables; i++) {
        rows_text(rows, "def");
        rows_text(rows, mesh_tables[i].schema);
        rows_text(rows, mesh_tables[i].name);
        rows_text(rows, "SYSTEM VIEW");
        rows_text(rows, "MEMORY");
        rows_int(rows, 10);
        rows_text(rows, "Dynamic");
        for (int n = 0; n < 7; n++) /* … AUTO_INCREMENT */
            rows_null(rows);
        for (int n = 0; n < 3; n++)
            rows_null(rows);
        rows_text(rows, "utf8mb4_general_ci");
        rows_null(rows);
        rows_text(rows, "");
        rows_text(rows, mesh_tables[i].help);
        rows_end(rows);
    }
}

static void put_column(struct mesh_rows *rows, const struct mesh_table *t, const struct mesh_column *c, int number)
{
    bool text = !strcmp(c->type, "TEXT"), whole = !strcmp(c->type, "INTEGER");
    rows_text(rows, "def");
    rows_text(rows, t->schema);
    rows_text(rows, t->name);
    rows_text(rows, c->name);
    rows_int(rows, number);
    rows_null(rows);
    rows_text(rows, "YES");
    rows_text(rows, text ? "varchar" : whole ? "bigint" : "double");
    if (text) {
        rows_int(rows, 1024);
        rows_int(rows, 4096);
        rows_null(rows);
    } else {
        rows_null(rows);
        rows_null(rows);
        rows_int(rows, whole ? 19 : 22);
    }
    rows_null(rows);
    rows_null(rows);
    rows_text(rows, text ? "utf8mb4" : NULL);
    rows_text(rows, text ? "utf8mb4_general_ci" : NULL);
    rows_text(rows, text ? "varchar(1024)" : whole ? "bigint(20)" : "double");
    rows_text(rows, "");
    rows_text(rows, "");
    rows_text(rows, "select");
    rows_text(rows, "");
    rows_end(rows);
}

void mesh_fill_info_columns(struct proxy *p, struct mesh_rows *rows)
{
    (void)p;
    for (size_t i = 0; i < n_mesh_tables; i++) {
        struct mesh_column c;
        int number = 0;
        for (size_t at = 0; mesh_table_column(&mesh_tables[i], &at, &c);)
            put_column(rows, &mesh_tables[i], &c, ++number);
    }
}

void mesh_fill_info_empty(struct proxy *p, struct mesh_rows *rows)
{
    (void)p, (void)rows;
}
