/* The answers come from a server that we log in to, yet sizes are still bounded and every value may be NULL.
 *
 * Differences: MariaDB's COLUMN_DEFAULT is SQL text ('NULL' for a nullable column without DEFAULT), MySQL's is a value;
 * MySQL names expression defaults DEFAULT_GENERATED in EXTRA; only MySQL has indexes over expressions, with COLUMN_NAME
 * NULL.
 */
#include "proxy/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_MAX = 20000, NAME_ROOM = 65 * 4 };

/* ---- asking ---- */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* SELECT `columns` of a view of information_schema, of one table. */
static MYSQL_RES *ask(struct link *l, const char *columns, const char *view, const struct table_info *t,
                      const char *rest)
{
    char schema[2 * NAME_ROOM], name[2 * NAME_ROOM], sql[4 * NAME_ROOM + 768];
    if (l->mysql == NULL || strlen(t->schema) >= NAME_ROOM || strlen(t->name) >= NAME_ROOM) {
        snprintf(l->error, sizeof l->error, l->mysql == NULL ? "not connected" : "the name is too long");
        return NULL;
    }
    link_escape(l, schema, t->schema, strlen(t->schema));
    link_escape(l, name, t->name, strlen(t->name));
    snprintf(sql, sizeof sql, "SELECT %s FROM information_schema.%s WHERE TABLE_SCHEMA = '%s' AND TABLE_NAME = '%s' %s",
             columns, view, schema, name, rest);
    MYSQL_RES *rows = link_query(l, sql);
    if (rows != NULL && mysql_num_rows(rows) > ROWS_MAX) {
        snprintf(l->error, sizeof l->error, "too many rows in information_schema.%s", view);
        mysql_free_result(rows);
        return NULL;
    }
    return rows;
}

static void *must(void *p)
{
    if (p == NULL) {
        abort(); /* no memory for a table's definition */
    }
    return p;
}

static char *copy(const char *value)
{
    return value != NULL ? must(strdup(value)) : NULL;
}

static const char *text(const char *value)
{
    return value != NULL ? value : "";
}

/* ---- columns ---- */

static void column_read(struct column_info *c, MYSQL_ROW row)
{
    const char *extra = text(row[4]);
    c->name = copy(text(row[0]));
    c->type = copy(text(row[1]));
    c->charset = copy(row[5]);
    c->collation = copy(row[6]);
    column_info_classify(c);
    c->nullable = strcmp(text(row[2]), "YES") == 0;
    c->auto_increment = strstr(extra, "auto_increment") != NULL;
    c->generated = strstr(extra, "VIRTUAL GENERATED") != NULL || strstr(extra, "STORED GENERATED") != NULL;
    c->invisible = strstr(extra, "INVISIBLE") != NULL;
    c->has_default = row[3] != NULL || c->nullable || c->auto_increment || strstr(extra, "DEFAULT_GENERATED") != NULL;
}

static bool columns_read(struct link *l, struct table_info *t)
{
    MYSQL_RES *rows =
        ask(l, "COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, CHARACTER_SET_NAME, COLLATION_NAME",
            "COLUMNS", t, "ORDER BY ORDINAL_POSITION");
    if (rows == NULL) {
        return false;
    }
    t->columns = must(calloc(mysql_num_rows(rows) + 1, sizeof *t->columns));
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        column_read(&t->columns[t->n_columns++], row);
    }
    mysql_free_result(rows);
    return true;
}

/* ---- keys ---- */

/* The key that a row belongs to: the last one, or a new one. Keys never have more parts than there are rows. */
static struct key_info *key_of_row(struct table_info *t, size_t first, const char *name, size_t rows)
{
    struct key_info *k = t->n_keys > first ? &t->keys[t->n_keys - 1] : NULL;
    if (k != NULL && strcmp(k->name, name) == 0) {
        return k;
    }
    k = &t->keys[t->n_keys++];
    k->name = copy(name);
    k->columns = must(calloc(rows, sizeof *k->columns));
    return k;
}

static void keys_grow(struct table_info *t, size_t more)
{
    t->keys = must(realloc(t->keys, (t->n_keys + more + 1) * sizeof *t->keys));
    memset(t->keys + t->n_keys, 0, (more + 1) * sizeof *t->keys);
}

static bool unique_keys_read(struct link *l, struct table_info *t)
{
    MYSQL_RES *rows = ask(l, "INDEX_NAME, COLUMN_NAME, SUB_PART", "STATISTICS", t,
                          "AND NON_UNIQUE = 0 ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX");
    if (rows == NULL) {
        return false;
    }
    size_t n = mysql_num_rows(rows);
    keys_grow(t, n);
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        struct key_info *k = key_of_row(t, 0, text(row[0]), n);
        int column = row[1] != NULL ? table_info_column(t, row[1], strlen(row[1])) : -1;
        k->unique = true;
        k->primary = strcmp(k->name, "PRIMARY") == 0;
        if (column < 0 || row[2] != NULL) {
            k->partial = true;
        } else {
            k->columns[k->n_columns++] = (uint16_t)column;
        }
    }
    mysql_free_result(rows);
    return true;
}

static bool foreign_keys_read(struct link *l, struct table_info *t)
{
    MYSQL_RES *rows =
        ask(l, "CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
            "KEY_COLUMN_USAGE", t, "AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION");
    if (rows == NULL) {
        return false;
    }
    size_t n = mysql_num_rows(rows), first = t->n_keys;
    keys_grow(t, n);
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        int column = table_info_column(t, text(row[1]), strlen(text(row[1])));
        if (column < 0) {
            continue;
        }
        struct key_info *k = key_of_row(t, first, text(row[0]), n);
        if (k->ref_table == NULL) {
            k->ref_schema = copy(text(row[2]));
            k->ref_table = copy(text(row[3]));
            k->ref_columns = must(calloc(n, sizeof *k->ref_columns));
        }
        k->columns[k->n_columns] = (uint16_t)column;
        k->ref_columns[k->n_columns++] = copy(text(row[4]));
    }
    mysql_free_result(rows);
    return true;
}

/* ---- the table ---- */

static bool kind_read(struct link *l, struct table_info *t)
{
    MYSQL_RES *rows = ask(l, "TABLE_TYPE", "TABLES", t, "");
    if (rows == NULL) {
        return false;
    }
    MYSQL_ROW row = mysql_fetch_row(rows);
    t->exists = row != NULL;
    t->is_view = row != NULL && strstr(text(row[0]), "VIEW") != NULL;
    mysql_free_result(rows);
    return true;
}

static bool view_read(struct link *l, struct table_info *t)
{
    MYSQL_RES *rows = ask(l, "VIEW_DEFINITION", "VIEWS", t, "");
    if (rows == NULL) {
        return false;
    }
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row != NULL && row[0] != NULL && row[0][0] != '\0') { /* empty: no right to see it */
        t->view_definition = copy(row[0]);
    }
    mysql_free_result(rows);
    return true;
}

static bool parts_read(struct link *l, struct table_info *t)
{
    if (!kind_read(l, t)) {
        return false;
    }
    if (!t->exists) {
        return true;
    }
    if (!columns_read(l, t)) {
        return false;
    }
    return t->is_view ? view_read(l, t) : unique_keys_read(l, t) && foreign_keys_read(l, t);
}

struct table_info *schema_read(struct link *link, const char *schema, const char *name)
{
    struct table_info *t = table_info_new(schema, name);
    t->read_at = now_ns(); /* before the first question: what changes later is newer */
    if (parts_read(link, t)) {
        return t;
    }
    table_info_unref(t);
    return NULL;
}

/* ---- comparison ---- */

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_column(const struct column_info *a, const struct column_info *b)
{
    return same_text(a->name, b->name) && same_text(a->type, b->type) && same_text(a->charset, b->charset) &&
           same_text(a->collation, b->collation) && a->nullable == b->nullable &&
           a->auto_increment == b->auto_increment && a->generated == b->generated && a->invisible == b->invisible &&
           a->has_default == b->has_default;
}

static bool same_key(const struct key_info *a, const struct key_info *b)
{
    bool same = same_text(a->name, b->name) && a->unique == b->unique && a->partial == b->partial &&
                a->n_columns == b->n_columns && same_text(a->ref_schema, b->ref_schema) &&
                same_text(a->ref_table, b->ref_table);
    for (size_t i = 0; same && i < a->n_columns; i++) {
        same = a->columns[i] == b->columns[i] &&
               (a->ref_columns == NULL || same_text(a->ref_columns[i], b->ref_columns[i]));
    }
    return same;
}

bool schema_same(const struct table_info *a, const struct table_info *b)
{
    bool same = a->exists == b->exists && a->is_view == b->is_view && a->n_columns == b->n_columns &&
                a->n_keys == b->n_keys && same_text(a->view_definition, b->view_definition);
    for (size_t i = 0; same && i < a->n_columns; i++) {
        same = same_column(&a->columns[i], &b->columns[i]);
    }
    for (size_t i = 0; same && i < a->n_keys; i++) {
        same = same_key(&a->keys[i], &b->keys[i]);
    }
    return same;
}
