/* See plan_define.c; for plan_ddl.c. */
#ifndef ROUTER_PLAN_DEFINE_H
#define ROUTER_PLAN_DEFINE_H

#include "router/plan_int.h"

/* Calls fn with the first tokens of every clause of a list separated by commas. */
void define_words(struct planner *p, struct span part, void (*fn)(void *arg, const struct token *t, size_t n),
                  void *arg);

/* A definition to be changed: empty, or as `from` has it. */
struct table_info *define_start(struct planner *p, const char *schema, const char *name, const struct table_info *from);
/* Adds the statement's columns and keys. False: something in them was not understood. */
bool define_add(struct planner *p, struct table_info *t, const struct ddl *d);
bool define_unique(struct planner *p, struct table_info *t, const struct span *columns, uint32_t n);
void define_drop_key(struct planner *p, struct table_info *t, const char *name, bool primary);

#endif
