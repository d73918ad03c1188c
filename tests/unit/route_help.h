/* A mesh and a catalog for the tests of planning and routing: from tests/sql/route/mesh.yaml and tables.sql, whose
 * CREATE statements are read with the router's own parser. */
#ifndef TESTS_ROUTE_HELP_H
#define TESTS_ROUTE_HELP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router/parse.h"
#include "router/plan.h"
#include "router/plan_cache.h"
#include "router/route.h"

static inline char *help_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "cannot open %s", path);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *s = malloc((size_t)size + 1);
    ck_assert_uint_eq(fread(s, 1, (size_t)size, f), (size_t)size);
    s[size] = '\0';
    fclose(f);
    return s;
}

static inline void help_conf_error(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

static inline struct topo *help_topo(const char *yaml)
{
    struct conf *c = conf_parse("test.yaml", yaml, strlen(yaml), help_conf_error, NULL);
    ck_assert_ptr_nonnull(c);
    struct topo *t = topo_build(c);
    conf_unref(c);
    return t;
}

static inline char *help_name(const char *sql, struct span s)
{
    char *out = calloc(1, s.len + 1u);
    int n = ident_text(sql, s, out, s.len + 1u);
    out[n < 0 ? 0 : n] = '\0';
    return out;
}

static inline void help_column(struct column_info *c, const char *sql, const struct column_def *d)
{
    c->name = help_name(sql, d->name);
    c->type = strndup(sql + d->type.span.off, d->type.span.len);
    for (char *z = c->type; *z; z++) {
        *z = (char)tolower((unsigned char)*z);
    }
    c->nullable = !d->not_null && !d->primary_key;
    c->auto_increment = d->auto_increment;
    c->generated = d->generated;
    char *text = strndup(sql + d->span.off, d->span.len);
    c->has_default = c->nullable || c->auto_increment || strstr(text, "DEFAULT") != NULL;
    free(text);
    column_info_classify(c);
    if (c->class == COLUMN_TEXT) {
        char *collation = d->collation.len ? help_name(sql, d->collation) : strdup("utf8mb4_general_ci");
        c->collation = collation;
        c->charset = strndup(collation, strcspn(collation, "_"));
    }
}

static inline void help_key(struct table_info *t, const char *sql, const struct key_def *d, struct key_info *k)
{
    k->name = d->name.len ? help_name(sql, d->name) : strdup("");
    k->primary = d->kind == KEY_PRIMARY;
    k->unique = k->primary || d->kind == KEY_UNIQUE;
    k->columns = calloc(d->columns->n, sizeof *k->columns);
    for (uint32_t i = 0; i < d->columns->n; i++) {
        char *name = help_name(sql, d->columns->v[i]);
        k->columns[k->n_columns++] = (uint16_t)table_info_column(t, name, strlen(name));
        free(name);
    }
    if (d->kind == KEY_FOREIGN) {
        k->ref_schema = d->references->schema.len ? help_name(sql, d->references->schema) : strdup(t->schema);
        k->ref_table = help_name(sql, d->references->name);
        k->ref_columns = calloc(d->columns->n, sizeof *k->ref_columns);
        for (uint32_t i = 0; i < d->columns->n; i++) {
            k->ref_columns[i] = help_name(sql, d->referenced->v[i]);
        }
    }
}

/* The catalog's entry for a CREATE TABLE or CREATE VIEW with a schema. */
static inline struct table_info *help_table(const char *sql)
{
    struct arena a;
    struct parse_result r;
    struct lex_mode mode = {.dialect = LEX_MARIADB, .version = 101100, .charset = LEX_CS_UTF8};
    arena_init(&a, 4096, 1 << 20);
    ck_assert_msg(parse_sql(sql, (uint32_t)strlen(sql), &mode, &a, &r) == PARSE_OK, "%s", sql);
    const struct ddl *d = r.stmt->ddl;
    char *schema = help_name(sql, d->table->schema), *name = help_name(sql, d->table->name);
    struct table_info *t = table_info_new(schema, name);
    free(schema);
    free(name);
    t->exists = true;
    if (d->object == OBJECT_VIEW) {
        t->is_view = true;
        t->view_definition = strdup(strstr(sql, " AS ") + 4);
    }
    size_t nc = 0, nk = 0;
    for (const struct column_def *c = d->columns; c; c = c->next) {
        nc++;
    }
    for (const struct key_def *k = d->keys; k; k = k->next) {
        nk++;
    }
    t->columns = calloc(nc + 1, sizeof *t->columns);
    t->keys = calloc(nk + 1, sizeof *t->keys);
    for (const struct column_def *c = d->columns; c; c = c->next) {
        help_column(&t->columns[t->n_columns++], sql, c);
    }
    for (const struct key_def *k = d->keys; k; k = k->next) {
        if (k->kind == KEY_PRIMARY || k->kind == KEY_UNIQUE || k->kind == KEY_FOREIGN) {
            help_key(t, sql, k, &t->keys[t->n_keys++]);
        }
    }
    arena_deinit(&a);
    return t;
}

/* All statements of a file, one a line. */
static inline struct catalog *help_catalog(const char *text)
{
    struct catalog *c = catalog_new();
    char *copy = strdup(text), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "CREATE", 6) != 0) {
            continue;
        }
        char *semicolon = strrchr(line, ';');
        *semicolon = '\0';
        struct catalog *more = catalog_with(c, help_table(line));
        catalog_unref(c);
        c = more;
    }
    free(copy);
    return c;
}

#endif
