/* What a CREATE or ALTER says about a table, as the catalog would have it: enough columns and keys to tell how a table
 * that is not listed will be spread. Everything is in the arena. */
#include "router/plan_define.h"

#include <ctype.h>


/* ---- reading ALTER TABLE's clauses ---- */

void define_words(struct planner *p, struct span part, void (*fn)(void *arg, const struct token *t, size_t n),
                  void *arg)
{
    struct lexer lx;
    struct token t[6];
    int depth = 0;
    size_t n = 0;
    lex_init(&lx, p->sql, span_end(part), &p->env->mode);
    lx.pos = part.off;
    for (;;) { /* the tokens of one clause, up to six, outside parentheses */
        struct token next;
        lex_next(&lx, &next);
        bool last = next.kind == TK_END || next.kind == TK_ERROR;
        if (last || (depth == 0 && next.kind == TK_COMMA)) {
            if (n > 0) {
                fn(arg, t, n);
            }
            n = 0;
            if (last) {
                return;
            }
            continue;
        }
        depth += next.kind == TK_LPAREN;
        depth -= next.kind == TK_RPAREN;
        if (depth == 0 && n < 6) {
            t[n++] = next;
        }
    }
}

/* ---- a definition that grows ---- */

struct table_info *define_start(struct planner *p, const char *schema, const char *name, const struct table_info *from)
{
    struct table_info *t = plan_alloc(p, sizeof *t);
    if (!t) {
        return NULL;
    }
    t->schema = (char *)schema;
    t->name = (char *)name;
    t->exists = true;
    if (from) {
        t->columns = from->columns;
        t->n_columns = from->n_columns;
        t->keys = from->keys;
        t->n_keys = from->n_keys;
    }
    return t;
}

static void *append(struct planner *p, const void *old, size_t n, size_t size)
{
    char *v = plan_alloc(p, (n + 1) * size);
    if (v && n) {
        memcpy(v, old, n * size);
    }
    return v;
}

static struct key_info *add_key(struct planner *p, struct table_info *t)
{
    struct key_info *keys = append(p, t->keys, t->n_keys, sizeof *keys);
    if (!keys) {
        return NULL;
    }
    t->keys = keys;
    return &keys[t->n_keys++];
}

static bool key_column(struct planner *p, struct table_info *t, struct key_info *k, struct span name)
{
    const char *text = plan_name(p, name);
    int at = table_info_column(t, text, strlen(text));
    if (at < 0) {
        return false;
    }
    k->columns[k->n_columns++] = (uint16_t)at;
    return true;
}

/* A primary or unique key. False: over a column or expression that we do not know. */
static bool unique_key(struct planner *p, struct table_info *t, bool primary, struct span name,
                       const struct span *columns, uint32_t n)
{
    struct key_info *k = add_key(p, t);
    if (!k) {
        return false;
    }
    k->name = (char *)plan_name(p, name);
    k->primary = primary;
    k->unique = true;
    k->columns = plan_alloc(p, (n + 1) * sizeof *k->columns);
    for (uint32_t i = 0; k->columns && i < n; i++) {
        if (!key_column(p, t, k, columns[i])) {
            return false;
        }
    }
    return true;
}

static const struct table_ref *reference_in(const struct planner *p, struct span span)
{
    for (const struct table_ref *r = p->stmt->tables; r; r = r->next) {
        if (r->span.off >= span.off && span_end(r->span) <= span_end(span)) {
            return r;
        }
    }
    return NULL;
}

static bool foreign_key(struct planner *p, struct table_info *t, struct span name, const struct span *columns,
                        uint32_t n, const struct table_ref *parent, const struct name_list *referenced)
{
    struct key_info *k = add_key(p, t);
    if (!k || !parent) {
        return false;
    }
    k->name = (char *)plan_name(p, name);
    k->ref_schema = (char *)(parent->schema.len ? plan_name(p, parent->schema) : t->schema);
    k->ref_table = (char *)plan_name(p, parent->name);
    k->columns = plan_alloc(p, (n + 1) * sizeof *k->columns);
    k->ref_columns = plan_alloc(p, (n + 1) * sizeof *k->ref_columns);
    for (uint32_t i = 0; k->columns && k->ref_columns && i < n; i++) {
        if (!key_column(p, t, k, columns[i])) {
            return false;
        }
        k->ref_columns[i] = (char *)(referenced && i < referenced->n ? plan_name(p, referenced->v[i]) : "");
    }
    return true;
}

static bool add_column(struct planner *p, struct table_info *t, const struct column_def *d)
{
    struct column_info *columns = append(p, t->columns, t->n_columns, sizeof *columns);
    char *type = arena_copy(p->arena, p->sql + d->type.span.off, d->type.span.len);
    if (!columns || !type) {
        p->status = PLAN_NO_MEMORY;
        return false;
    }
    t->columns = columns;
    struct column_info *c = &columns[t->n_columns++];
    for (char *z = type; *z; z++) {
        *z = (char)tolower((unsigned char)*z);
    }
    *c = (struct column_info){.name = (char *)plan_name(p, d->name),
                              .type = type,
                              .nullable = !d->not_null && !d->primary_key,
                              .auto_increment = d->auto_increment,
                              .generated = d->generated};
    column_info_classify(c);
    return true;
}

static bool column_keys(struct planner *p, struct table_info *t, const struct column_def *d)
{
    bool well = true;
    if (d->primary_key) {
        well = unique_key(p, t, true, d->name, &d->name, 1);
    } else if (d->unique_key) {
        well = unique_key(p, t, false, d->name, &d->name, 1);
    }
    if (well && d->references.len && p->env->mode.dialect == LEX_MARIADB) { /* MySQL reads and forgets these */
        well = foreign_key(p, t, d->name, &d->name, 1, reference_in(p, d->references), NULL);
    }
    return well;
}

bool define_add(struct planner *p, struct table_info *t, const struct ddl *d)
{
    bool well = true;
    for (const struct column_def *c = d->columns; c && well; c = c->next) {
        const char *name = plan_name(p, c->name);
        if (table_info_column(t, name, strlen(name)) < 0) { /* CHANGE and MODIFY give known ones */
            well = add_column(p, t, c);
        }
    }
    for (const struct column_def *c = d->columns; c && well; c = c->next) {
        well = column_keys(p, t, c);
    }
    for (const struct key_def *k = d->keys; k && well; k = k->next) {
        if (k->kind == KEY_PRIMARY || k->kind == KEY_UNIQUE) {
            well = k->columns && unique_key(p, t, k->kind == KEY_PRIMARY, k->name, k->columns->v, k->columns->n);
        } else if (k->kind == KEY_FOREIGN) {
            well = k->columns && foreign_key(p, t, k->name, k->columns->v, k->columns->n, k->references, k->referenced);
        }
    }
    return well;
}

bool define_unique(struct planner *p, struct table_info *t, const struct span *columns, uint32_t n)
{
    return unique_key(p, t, false, (struct span){0, 0}, columns, n);
}

void define_drop_key(struct planner *p, struct table_info *t, const char *name, bool primary)
{
    struct key_info *keys = plan_alloc(p, (t->n_keys + 1) * sizeof *keys);
    size_t n = 0;
    for (size_t i = 0; keys && i < t->n_keys; i++) {
        bool gone = primary ? t->keys[i].primary : t->keys[i].name && !strcmp(t->keys[i].name, name);
        if (!gone) {
            keys[n++] = t->keys[i];
        }
    }
    if (keys) {
        t->keys = keys;
        t->n_keys = n;
    }
}
