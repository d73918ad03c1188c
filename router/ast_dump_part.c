/* Pieces of the dump: bytes, names, and the lists that many nodes have. " (tag ..." opens a part, ")" closes it. */
#include "router/ast_dump_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void dump_put_bytes(struct dump *d, const char *bytes, size_t n)
{
    if (d->len + n + 1 > d->cap && !d->failed) {
        size_t cap = d->cap * 2 + n + 256;
        char *q = arena_grow(d->arena, d->buf, d->cap, cap);
        d->failed = !q;
        d->buf = q ? q : d->buf;
        d->cap = q ? cap : d->cap;
    }
    if (!d->failed) {
        memcpy(d->buf + d->len, bytes, n);
        d->len += n;
        d->buf[d->len] = 0;
    }
}

void dump_put(struct dump *d, const char *text)
{
    dump_put_bytes(d, text, strlen(text));
}

void dump_putf(struct dump *d, const char *format, ...)
{
    char text[128];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    dump_put(d, text);
}

void dump_put_span(struct dump *d, struct span s)
{
    dump_put_bytes(d, d->sql + s.off, s.len);
}

/* " (tag ..." opens, ")" closes: each part begins with its own space. */
void dump_open_part(struct dump *d, const char *tag)
{
    dump_put(d, " (");
    dump_put(d, tag);
}

void dump_put_named(struct dump *d, const char *tag, struct span s)
{
    if (s.len) {
        dump_open_part(d, tag);
        dump_put(d, " ");
        dump_put_span(d, s);
        dump_put(d, ")");
    }
}

void dump_put_flag(struct dump *d, bool on, const char *name)
{
    if (on) {
        dump_put(d, " ");
        dump_put(d, name);
    }
}

void dump_put_expr(struct dump *d, const char *tag, const struct expr *e)
{
    if (e) {
        dump_open_part(d, tag);
        dump_put(d, " ");
        dump_expr(d, e);
        dump_put(d, ")");
    }
}

void dump_put_names(struct dump *d, const char *tag, const struct name_list *list)
{
    if (!list) {
        return;
    }
    dump_open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        dump_put(d, " ");
        dump_put_span(d, list->v[i]);
    }
    dump_put(d, ")");
}

void dump_put_exprs(struct dump *d, const char *tag, const struct expr_list *list)
{
    if (!list) {
        return;
    }
    dump_open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        dump_put(d, " ");
        dump_expr(d, list->v[i]);
    }
    dump_put(d, ")");
}

void dump_put_order(struct dump *d, const char *tag, const struct order_list *list)
{
    if (!list) {
        return;
    }
    dump_open_part(d, tag);
    for (uint32_t i = 0; i < list->n; i++) {
        dump_put(d, list->v[i].desc ? " (desc " : " ");
        dump_expr(d, list->v[i].expr);
        dump_put(d, list->v[i].desc ? ")" : "");
    }
    dump_put(d, ")");
}

void dump_put_limit(struct dump *d, const struct limit *l)
{
    if (!l) {
        return;
    }
    dump_open_part(d, "limit");
    dump_put_expr(d, "count", l->count);
    dump_put_expr(d, "offset", l->offset);
    dump_put_expr(d, "examined", l->rows_examined);
    dump_put_flag(d, l->with_ties, "ties");
    dump_put(d, ")");
}
