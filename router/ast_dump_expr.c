/* The dump of expressions. */
#include "router/ast_dump_int.h"

static void put_args(struct dump *d, const struct expr *e)
{
    for (uint32_t i = 0; i < e->nargs; i++) {
        dump_put(d, " ");
        dump_expr(d, e->args[i]);
    }
}

static void put_column(struct dump *d, const struct column_name *c)
{
    if (c->schema.len) {
        dump_put_span(d, c->schema);
        dump_put(d, ".");
    }
    if (c->table.len) {
        dump_put_span(d, c->table);
        dump_put(d, ".");
    }
    dump_put_span(d, c->name);
}

void dump_put_window(struct dump *d, const struct window *w)
{
    dump_put(d, " (over");
    dump_put_named(d, "base", w->base);
    dump_put_exprs(d, "partition", w->partition);
    dump_put_order(d, "order", w->order);
    dump_put_named(d, "frame", w->frame);
    dump_put(d, ")");
}

static void dump_call(struct dump *d, const struct expr *e)
{
    const struct func_call *c = e->call;
    dump_put(d, c->func == FN_UNKNOWN ? "(call " : "(");
    if (c->schema.len) {
        dump_put_span(d, c->schema);
        dump_put(d, ".");
    }
    if (c->func == FN_UNKNOWN) {
        dump_put_span(d, c->name);
    } else {
        dump_put(d, func_name(c->func));
    }
    dump_put_flag(d, c->distinct, "DISTINCT");
    dump_put_flag(d, c->star, "*");
    put_args(d, e);
    dump_put_order(d, "order", c->order);
    dump_put_expr(d, "separator", c->separator);
    if (c->over) {
        dump_put_window(d, c->over);
    }
    dump_put(d, ")");
}

static void dump_case(struct dump *d, const struct case_expr *c)
{
    dump_put(d, "(CASE");
    if (c->operand) {
        dump_put(d, " ");
        dump_expr(d, c->operand);
    }
    for (uint32_t i = 0; i < c->nwhen; i++) {
        dump_put(d, " (when ");
        dump_expr(d, c->when[i]);
        dump_put(d, " ");
        dump_expr(d, c->then[i]);
        dump_put(d, ")");
    }
    dump_put_expr(d, "else", c->otherwise);
    dump_put(d, ")");
}

/* (name args) for the kinds that have nothing else */
static void dump_simple(struct dump *d, const char *name, const struct expr *e)
{
    dump_put(d, "(");
    if (e->flags & EXPR_NEGATED) {
        dump_put(d, "NOT-");
    }
    dump_put(d, name);
    put_args(d, e);
    dump_put(d, ")");
}

static void dump_with_query(struct dump *d, const char *name, const struct expr *e)
{
    dump_put(d, "(");
    if ((e->flags & EXPR_NEGATED) && e->kind == EX_IN) {
        dump_put(d, "NOT-");
    }
    dump_put(d, name);
    put_args(d, e);
    if (e->query) {
        dump_put(d, " ");
        dump_query(d, e->query);
    }
    dump_put(d, ")");
}

static void dump_with_name(struct dump *d, const char *name, const struct expr *e, struct span s)
{
    dump_put(d, "(");
    dump_put(d, name);
    put_args(d, e);
    dump_put(d, " ");
    dump_put_span(d, s);
    dump_put(d, ")");
}

static void dump_leaf(struct dump *d, const struct expr *e)
{
    static const char *const scopes[] = {"", "session.", "global.", "persist.", "persist_only."};
    switch (e->kind) {
    case EX_LITERAL:
        dump_putf(d, "#%u=", e->literal.index);
        dump_put_span(d, e->span);
        break;
    case EX_STRUCTURE:
        dump_put(d, "!");
        dump_put_span(d, e->span);
        break;
    case EX_PARAM:
        dump_putf(d, "?%u", e->param);
        break;
    case EX_NULL:
        dump_put(d, "NULL");
        break;
    case EX_BOOL:
        dump_put(d, e->op ? "TRUE" : "FALSE");
        break;
    case EX_STAR:
        dump_put(d, "(star");
        if (e->column.table.len) {
            dump_put(d, " ");
            if (e->column.schema.len) {
                dump_put_span(d, e->column.schema);
                dump_put(d, ".");
            }
            dump_put_span(d, e->column.table);
        }
        dump_put(d, ")");
        break;
    case EX_COLUMN:
        dump_put(d, "(col ");
        put_column(d, &e->column);
        dump_put(d, ")");
        break;
    case EX_USERVAR:
        dump_put(d, "@");
        dump_put_span(d, e->name);
        break;
    case EX_SYSVAR:
        dump_put(d, "@@");
        dump_put(d, scopes[e->sysvar.scope]);
        dump_put_span(d, e->sysvar.name);
        break;
    default: /* EX_KEYWORD */
        dump_put_span(d, e->name);
    }
}

void dump_expr(struct dump *d, const struct expr *e)
{
    static const char *const is[] = {"IS-NULL", "IS-TRUE", "IS-FALSE", "IS-UNKNOWN", "IS-JSON"};
    switch (e->kind) {
    case EX_DEFAULT:
        dump_simple(d, "DEFAULT", e);
        break;
    case EX_ASSIGN:
        dump_simple(d, ":=", e);
        break;
    case EX_OP:
        dump_simple(d, op_name((enum op)e->op), e);
        break;
    case EX_IN:
        dump_with_query(d, "IN", e);
        break;
    case EX_BETWEEN:
        dump_simple(d, "BETWEEN", e);
        break;
    case EX_IS:
        dump_simple(d, is[e->op], e);
        break;
    case EX_LIKE:
        dump_simple(d, "LIKE", e);
        break;
    case EX_ROW:
        dump_simple(d, "row", e);
        break;
    case EX_SUBQUERY:
        dump_with_query(d, "subquery", e);
        break;
    case EX_EXISTS:
        dump_with_query(d, "EXISTS", e);
        break;
    case EX_QUANTIFIED:
        dump_put(d, "(");
        dump_put(d, op_name((enum op)e->op));
        dump_with_query(d, e->flags & EXPR_NEGATED ? "-ALL" : "-ANY", e);
        dump_put(d, ")");
        break;
    case EX_FUNC:
        dump_call(d, e);
        break;
    case EX_CASE:
        dump_case(d, e->case_);
        break;
    case EX_CAST:
        dump_with_name(d, "CAST", e, e->type->span);
        break;
    case EX_CONVERT:
        dump_with_name(d, "CONVERT-USING", e, e->type->span);
        break;
    case EX_COLLATE:
        dump_with_name(d, "COLLATE", e, e->name);
        break;
    case EX_INTERVAL:
        dump_with_name(d, "INTERVAL", e, e->name);
        break;
    case EX_TEMPORAL:
        dump_with_name(d, "temporal", e, e->name);
        break;
    case EX_MATCH:
        dump_simple(d, e->op ? "MATCH-BOOLEAN" : "MATCH", e);
        break;
    case EX_NEXTVAL:
        dump_put(d, e->op ? "(PREVIOUS-VALUE " : "(NEXT-VALUE ");
        dump_put_span(d, e->table->span);
        dump_put(d, ")");
        break;
    case EX_VALUES:
        dump_simple(d, "VALUES", e);
        break;
    default:
        dump_leaf(d, e);
    }
}
