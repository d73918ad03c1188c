/* See rwsplit.h. What is not known to be harmless on a replica goes to the primary: a stored function may write, a
 * system variable may differ, a named lock lives on one server. */
#include "router/rwsplit.h"

static bool call_wants_primary(const struct expr *e)
{
    if (e->kind != EX_FUNC) {
        return true; /* NEXT VALUE FOR */
    }
    const struct func_call *c = e->call;
    switch (c->func) {
    case FN_VERSION:
        return false;
    case FN_LAST_INSERT_ID:
        return e->nargs > 0;
    default:
        return c->func == FN_UNKNOWN || (c->classes & (FC_SIDE_EFFECT | FC_SERVER)) != 0;
    }
}

static bool writes_file(const struct query *q)
{
    if (!q) {
        return false;
    }
    bool here = q->into && q->into->kind != INTO_VARS;
    bool parts = (q->kind == QUERY_SET || q->kind == QUERY_PARENS) && (writes_file(q->left) || writes_file(q->right));
    return here || parts;
}

static bool assigns_in_expression(const struct stmt *s)
{
    return (s->facts & FACT_VAR_WRITE) && !(s->facts & FACT_INTO);
}

static bool show_reads(const struct show *s)
{
    switch ((enum show_kind)s->kind) {
    case SHOW_DATABASES:
    case SHOW_TABLES:
    case SHOW_TABLE_STATUS:
    case SHOW_COLUMNS:
    case SHOW_INDEX:
    case SHOW_CREATE_TABLE:
    case SHOW_CREATE_VIEW:
    case SHOW_CREATE_DATABASE:
    case SHOW_CHARSET:
    case SHOW_COLLATION:
        return true;
    default:
        return false;
    }
}

bool rwsplit_primary(const struct stmt *s)
{
    const uint32_t facts =
        FACT_LOCKING | FACT_LOCK_FUNCTION | FACT_SLEEP | FACT_NEXTVAL | FACT_STORED_FUNCTION | FACT_SYSVAR;
    switch ((enum stmt_kind)s->kind) {
    case STMT_SELECT:
    case STMT_DO:
        break;
    case STMT_EXPLAIN:
        return !s->explain->stmt || s->explain->stmt->kind != STMT_SELECT || rwsplit_primary(s->explain->stmt);
    case STMT_SET_STATEMENT:
        return rwsplit_primary(s->inner);
    case STMT_DESCRIBE:
    case STMT_HELP:
        return false;
    case STMT_SHOW:
        return !show_reads(s->show);
    default:
        return true;
    }
    if ((s->facts & facts) || assigns_in_expression(s) || writes_file(s->query)) {
        return true;
    }
    for (const struct call *c = s->calls; c; c = c->next) {
        if (call_wants_primary(c->expr)) {
            return true;
        }
    }
    return false;
}
