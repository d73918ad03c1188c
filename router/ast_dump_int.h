/* Shared by the files that write a tree as text. */
#ifndef ROUTER_AST_DUMP_INT_H
#define ROUTER_AST_DUMP_INT_H

#include "router/ast.h"

struct dump {
    const char *sql;
    struct arena *arena;
    char *buf;
    size_t len, cap;
    bool failed;
};

__attribute__((format(printf, 2, 3))) void dump_putf(struct dump *d, const char *format, ...);
void dump_put_bytes(struct dump *d, const char *bytes, size_t n);
void dump_put(struct dump *d, const char *text);
void dump_put_span(struct dump *d, struct span s);
void dump_open_part(struct dump *d, const char *tag);
void dump_put_named(struct dump *d, const char *tag, struct span s);
void dump_put_flag(struct dump *d, bool on, const char *name);
void dump_put_expr(struct dump *d, const char *tag, const struct expr *e);
void dump_put_names(struct dump *d, const char *tag, const struct name_list *list);
void dump_put_exprs(struct dump *d, const char *tag, const struct expr_list *list);
void dump_put_order(struct dump *d, const char *tag, const struct order_list *list);
void dump_put_limit(struct dump *d, const struct limit *l);
void dump_put_window(struct dump *d, const struct window *w);
void dump_expr(struct dump *d, const struct expr *e);
void dump_table(struct dump *d, const struct table_ref *t);
void dump_from(struct dump *d, const struct from *f);
void dump_put_from(struct dump *d, const struct from *f);
void dump_put_table(struct dump *d, const char *tag, const struct table_ref *t);
void dump_put_items(struct dump *d, const char *tag, const struct select_item *item);
void dump_put_with(struct dump *d, const struct with *with);
void dump_query(struct dump *d, const struct query *q);

#endif
