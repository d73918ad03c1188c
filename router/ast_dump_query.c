/* The dump of tables, joins and queries. */
#include "router/ast_dump_int.h"

/* ---- FROM ---- */

void dump_table(struct dump *d, const struct table_ref *t)
{
    static const char *const kinds[] = {"table", "derived", "cte", "function", "dual", "sequence"};
    dump_put(d, "(");
    dump_put(d, kinds[t->kind]);
    dump_put_flag(d, t->lateral, "LATERAL");
    if (t->name.len) {
        dump_put(d, " ");
        dump_put_span(d, t->kind == TABLE_FUNCTION ? t->name : t->span);
    }
    if (t->query) {
        dump_put(d, " ");
        dump_query(d, t->query);
    }
    if (t->call) {
        dump_put(d, " ");
        dump_expr(d, t->call);
    }
    dump_put_flag(d, t->access & TABLE_WRITE, "w");
    dump_put_flag(d, t->access & TABLE_MAYBE_WRITE, "w?");
    dump_put_flag(d, t->access & TABLE_DDL, "ddl");
    dump_put_flag(d, t->access & TABLE_LOCK, "lock");
    dump_put_named(d, "as", t->alias);
    dump_put_names(d, "columns", t->columns);
    dump_put_names(d, "partition", t->partition_names);
    dump_put_named(d, "time", t->system_time);
    dump_put_named(d, "hints", t->hints);
    dump_put(d, ")");
}

void dump_from(struct dump *d, const struct from *f)
{
    static const char *const joins[] = {"comma", "join", "cross", "left", "right", "full", "straight"};
    if (f->table) {
        dump_table(d, f->table);
        return;
    }
    dump_put(d, "(");
    dump_put(d, f->natural ? "natural-" : "");
    dump_put(d, joins[f->join]);
    dump_put(d, " ");
    dump_from(d, f->left);
    dump_put(d, " ");
    dump_from(d, f->right);
    dump_put_expr(d, "on", f->on);
    dump_put_names(d, "using", f->using_);
    dump_put(d, ")");
}

void dump_put_from(struct dump *d, const struct from *f)
{
    if (f) {
        dump_put(d, " (from ");
        dump_from(d, f);
        dump_put(d, ")");
    }
}

void dump_put_table(struct dump *d, const char *tag, const struct table_ref *t)
{
    if (t) {
        dump_open_part(d, tag);
        dump_put(d, " ");
        dump_table(d, t);
        dump_put(d, ")");
    }
}

/* ---- queries ---- */

void dump_put_items(struct dump *d, const char *tag, const struct select_item *item)
{
    dump_open_part(d, tag);
    for (; item; item = item->next) {
        dump_put(d, " ");
        if (item->alias.len) {
            dump_put(d, "(as ");
            dump_expr(d, item->expr);
            dump_put(d, " ");
            dump_put_span(d, item->alias);
            dump_put(d, ")");
        } else {
            dump_expr(d, item->expr);
        }
    }
    dump_put(d, ")");
}

static void dump_block(struct dump *d, const struct block *b)
{
    dump_put(d, "SELECT");
    dump_put_flag(d, b->flags & SELECT_DISTINCT, "DISTINCT");
    dump_put_flag(d, b->flags & SELECT_STRAIGHT, "STRAIGHT");
    dump_put_flag(d, b->flags & SELECT_CALC_FOUND_ROWS, "CALC_FOUND_ROWS");
    dump_put_named(d, "hint", b->hints);
    dump_put_items(d, "items", b->items);
    dump_put_from(d, b->from);
    dump_put_expr(d, "where", b->where);
    dump_put_order(d, b->rollup ? "group-rollup" : "group", b->group);
    dump_put_expr(d, "having", b->having);
    for (const struct window *w = b->windows; w; w = w->next) {
        dump_open_part(d, "window ");
        dump_put_span(d, w->name);
        dump_put_window(d, w);
        dump_put(d, ")");
    }
}

void dump_put_with(struct dump *d, const struct with *with)
{
    if (!with) {
        return;
    }
    dump_open_part(d, with->recursive ? "with-recursive" : "with");
    for (const struct cte *c = with->list; c; c = c->next) {
        dump_open_part(d, "cte ");
        dump_put_span(d, c->name);
        dump_put_names(d, "columns", c->columns);
        dump_put(d, " ");
        dump_query(d, c->query);
        dump_put(d, ")");
    }
    dump_put(d, ")");
}

static void dump_body(struct dump *d, const struct query *q)
{
    static const char *const sets[] = {"UNION", "INTERSECT", "EXCEPT"};
    switch (q->kind) {
    case QUERY_BLOCK:
        dump_block(d, q->block);
        break;
    case QUERY_SET:
        dump_put(d, sets[q->set]);
        dump_put_flag(d, q->all, "ALL");
        dump_put(d, " ");
        dump_query(d, q->left);
        dump_put(d, " ");
        dump_query(d, q->right);
        break;
    case QUERY_VALUES:
        dump_put(d, "VALUES");
        for (uint32_t i = 0; i < q->nrows; i++) {
            dump_put_exprs(d, "row", q->rows[i]);
        }
        break;
    case QUERY_TABLE:
        dump_put(d, "TABLE ");
        dump_table(d, q->table);
        break;
    default:
        dump_put(d, "parens ");
        dump_query(d, q->left);
    }
}

static void put_into(struct dump *d, const struct into *i)
{
    static const char *const kinds[] = {"outfile", "dumpfile", "into"};
    if (!i) {
        return;
    }
    if (i->kind == INTO_VARS) {
        dump_put_exprs(d, kinds[i->kind], i->vars);
    } else {
        dump_put_named(d, kinds[i->kind], i->file);
    }
}

void dump_query(struct dump *d, const struct query *q)
{
    static const char *const locks[] = {"", "for-update", "for-share", "share-mode"};
    static const char *const waits[] = {"", "nowait", "skip-locked", "wait"};
    dump_put(d, "(");
    dump_body(d, q);
    dump_put_with(d, q->with);
    dump_put_order(d, "order", q->order);
    dump_put_limit(d, q->limit);
    put_into(d, q->into);
    for (const struct locking *l = q->locking; l; l = l->next) {
        dump_open_part(d, locks[l->strength]);
        dump_put_names(d, "of", l->of);
        dump_put_flag(d, l->wait != LOCK_WAIT_DEFAULT, waits[l->wait]);
        dump_put(d, ")");
    }
    dump_put(d, ")");
}
