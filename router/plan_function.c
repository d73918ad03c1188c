/* What a statement's functions and variables ask of the session: places in the text that the session answers itself
 * (LAST_INSERT_ID(), CONNECTION_ID(), ...), user variables that the server changes, locks that pin. */
#include "router/plan_int.h"

struct collect {
    struct planner *p;
    struct plan_edit *edits;
    size_t n_edits, max_edits;
    const char **assigned;
    size_t n_assigned, max_assigned;
};

static void *grow(struct planner *p, void *old, size_t n, size_t *max, size_t item)
{
    if (n < *max) {
        return old;
    }
    size_t more = *max ? *max * 2 : 8;
    void *m = plan_alloc(p, more * item);
    if (!m) {
        return NULL;
    }
    if (n) {
        memcpy(m, old, n * item);
    }
    *max = more;
    return m;
}

static void add_edit(struct collect *c, struct span span, enum plan_session_function function)
{
    struct plan_edit *edits = grow(c->p, c->edits, c->n_edits, &c->max_edits, sizeof *edits);
    if (edits) {
        c->edits = edits;
        edits[c->n_edits++] = (struct plan_edit){.span = span, .function = function};
    }
}

static void add_assigned(struct collect *c, struct span name)
{
    const char **assigned = grow(c->p, c->assigned, c->n_assigned, &c->max_assigned, sizeof *assigned);
    if (assigned) {
        c->assigned = assigned;
        assigned[c->n_assigned++] = plan_name(c->p, name);
    }
}

static void on_function(struct collect *c, const struct expr *e)
{
    switch (e->call->func) {
    case FN_CONNECTION_ID:
        add_edit(c, e->span, PLAN_FN_CONNECTION_ID);
        break;
    case FN_LAST_INSERT_ID:
        if (e->nargs > 0) {
            c->p->plan->flags |= PLAN_SETS_LAST_ID;
        } else {
            add_edit(c, e->span, PLAN_FN_LAST_INSERT_ID);
        }
        break;
    case FN_FOUND_ROWS:
        add_edit(c, e->span, PLAN_FN_FOUND_ROWS);
        break;
    case FN_ROW_COUNT:
        add_edit(c, e->span, PLAN_FN_ROW_COUNT);
        break;
    case FN_USER:
    case FN_SESSION_USER:
    case FN_SYSTEM_USER:
        add_edit(c, e->span, PLAN_FN_USER);
        break;
    case FN_DATABASE:
    case FN_SCHEMA:
        if (!c->p->schema) {
            add_edit(c, e->span, PLAN_FN_DATABASE);
        }
        break;
    case FN_CURRENT_USER:
        add_edit(c, e->span, PLAN_FN_CURRENT_USER);
        break;
    case FN_GET_LOCK:
        c->p->plan->flags |= PLAN_PINS_LOCK;
        break;
    default:
        break;
    }
}

/* System variables that answer from the session, as the functions do. */
static void on_system_variable(struct collect *c, const struct expr *e)
{
    static const struct {
        const char *name;
        enum plan_session_function function;
    } variables[] = {
        {"last_insert_id", PLAN_FN_LAST_INSERT_ID}, {"identity", PLAN_FN_LAST_INSERT_ID},
        {"pseudo_thread_id", PLAN_FN_CONNECTION_ID}, {"warning_count", PLAN_FN_WARNING_COUNT},
        {"error_count", PLAN_FN_ERROR_COUNT},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (ident_is(c->p->sql, e->sysvar.name, variables[i].name)) {
            add_edit(c, e->span, variables[i].function);
        }
    }
}

static enum walk on_expr(struct walker *w, struct expr *e)
{
    struct collect *c = w->ctx;
    if (e->kind == EX_FUNC) {
        on_function(c, e);
    } else if (e->kind == EX_ASSIGN) {
        c->p->assigns = true;
        add_assigned(c, e->args[0]->name);
    } else if (e->kind == EX_SYSVAR && e->sysvar.scope != SCOPE_GLOBAL) {
        on_system_variable(c, e);
    }
    return WALK_CONTINUE;
}

static enum walk on_query(struct walker *w, struct query *q)
{
    struct collect *c = w->ctx;
    for (uint32_t i = 0; q->into && q->into->kind == INTO_VARS && i < q->into->vars->n; i++) {
        if (q->into->vars->v[i]->kind == EX_USERVAR) {
            add_assigned(c, q->into->vars->v[i]->name);
        }
    }
    return WALK_CONTINUE;
}

static enum walk alias_query(struct walker *w, struct query *q)
{
    struct collect *c = w->ctx;
    for (const struct select_item *i = q->kind == QUERY_BLOCK ? q->block->items : NULL; i; i = i->next) {
        for (size_t k = 0; k < c->n_edits; k++) {
            struct span s = c->edits[k].span;
            if (i->expr->span.off == s.off && i->expr->span.len == s.len && i->alias.len == 0) {
                c->edits[k].needs_alias = true;
            }
        }
    }
    return WALK_CONTINUE;
}

static void load_variables(struct collect *c)
{
    const struct load_data *l = c->p->stmt->kind == STMT_LOAD_DATA ? c->p->stmt->load : NULL;
    for (uint32_t i = 0; l && l->columns && i < l->columns->n; i++) {
        if (l->columns->v[i]->kind == EX_USERVAR) {
            add_assigned(c, l->columns->v[i]->name);
        }
    }
}

/* CALL: its arguments may be OUT parameters, and what runs inside may insert. */
static void call_variables(struct collect *c)
{
    const struct expr_list *args = c->p->stmt->kind == STMT_CALL ? c->p->stmt->call->args : NULL;
    if (c->p->stmt->kind == STMT_CALL) {
        c->p->plan->flags |= PLAN_SETS_LAST_ID;
    }
    for (uint32_t i = 0; args && i < args->n; i++) {
        if (args->v[i]->kind == EX_USERVAR) {
            add_assigned(c, args->v[i]->name);
        }
    }
}

void plan_functions(struct planner *p)
{
    const uint32_t interesting = FACT_VAR_WRITE | FACT_SYSVAR | FACT_LAST_INSERT_ID | FACT_FOUND_ROWS | FACT_ROW_COUNT |
                                 FACT_CONNECTION_ID | FACT_LOCK_FUNCTION | FACT_SESSION_FUNCTION | FACT_SIDE_EFFECT |
                                 FACT_INTO;
    uint32_t facts = p->stmt->facts;
    p->plan->flags |= facts & FACT_VAR_READ ? PLAN_READS_VARIABLES : 0u;
    p->plan->flags |= facts & FACT_CALC_FOUND_ROWS ? PLAN_CALC_FOUND_ROWS : 0u;
    p->plan->flags |= facts & (FACT_NEXTVAL | FACT_STORED_FUNCTION) ? PLAN_WRITES : 0u;
    if (!(facts & interesting) && p->stmt->kind != STMT_LOAD_DATA && p->stmt->kind != STMT_CALL) {
        return;
    }
    struct collect c = {.p = p};
    struct walker w = {.on_expr = on_expr, .on_query = on_query, .ctx = &c};
    walk_stmt(&w, (struct stmt *)p->stmt);
    load_variables(&c);
    call_variables(&c);
    if (c.n_edits > 0) {
        struct walker aliases = {.on_query = alias_query, .ctx = &c};
        walk_stmt(&aliases, (struct stmt *)p->stmt);
        p->plan->edits = c.edits;
        p->plan->n_edits = c.n_edits;
        p->plan->flags |= PLAN_SESSION_FUNCTIONS;
    }
    if (c.n_assigned > 0) {
        p->plan->assigned = c.assigned;
        p->plan->n_assigned = c.n_assigned;
        p->plan->flags |= PLAN_ASSIGNS_VARIABLES;
    }
}

/* Named locks are one name space for the whole mesh: they live on the first shard's primary. Other functions that
 * answer for one server are asked there too. */
void plan_function_place(struct planner *p)
{
    bool server = false;
    for (const struct call *c = p->stmt->calls; c; c = c->next) {
        const struct func_call *f = c->expr->kind == EX_FUNC ? c->expr->call : NULL;
        server = server || (f && (f->classes & FC_SERVER) && f->func != FN_VERSION);
    }
    bool locks = (p->stmt->facts & FACT_LOCK_FUNCTION) != 0;
    if ((!locks && !server) || p->plan->action != PLAN_RUN || plan_one_shard(p)) {
        return;
    }
    if (p->n_units > 0 && locks) {
        plan_unsupported(p,
                         "GET_LOCK() and the functions around it cannot be used beside tables: the locks of all shards "
                         "are kept on shard '%s'",
                         p->env->topo->shards[0].conf->name);
    } else if (p->n_units == 0) {
        plan_at(p, PLACE_SHARD, 0);
    }
}
