/* Parse, dispatch on the kind of statement, and the small helpers of the planner. The work is in plan_table.c (what the
 * tables are), plan_cond.c (which keys the conditions let through), and one file per family of statements.
 */
#include "router/plan.h"

#include <stdio.h>

#include "router/plan_int.h"
#include "router/rwsplit.h"

#define DIGEST_MAX 1024

/* ---- helpers ---- */

void *plan_alloc(struct planner *p, size_t size)
{
    void *m = arena_zalloc(p->arena, size ? size : 1);
    if (!m) {
        p->status = PLAN_NO_MEMORY;
    }
    return m;
}

static char *format(struct arena *a, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (s) {
        vsnprintf(s, (size_t)n + 1, fmt, args);
    }
    return s;
}

char *arena_format(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *s = format(a, fmt, args);
    va_end(args);
    return s;
}

const char *plan_text(struct planner *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *s = format(p->arena, fmt, args);
    va_end(args);
    if (!s) {
        p->status = PLAN_NO_MEMORY;
        return "";
    }
    return s;
}

static void refuse_text(struct planner *p, uint16_t number, const char *sqlstate, const char *text)
{
    if (!text) {
        p->status = PLAN_NO_MEMORY;
        return;
    }
    p->plan->action = PLAN_REFUSE;
    p->plan->error.number = number;
    snprintf(p->plan->error.sqlstate, sizeof p->plan->error.sqlstate, "%s", sqlstate);
    p->plan->error.text = text;
    p->place->kind = PLACE_NONE;
}

void plan_refuse(struct planner *p, uint16_t number, const char *sqlstate, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *s = format(p->arena, fmt, args);
    va_end(args);
    refuse_text(p, number, sqlstate, s);
}

void plan_unsupported(struct planner *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *s = format(p->arena, fmt, args);
    va_end(args);
    refuse_text(p, 1105, "HY000", s ? arena_format(p->arena, "Shardwire: %s", s) : NULL);
}

const char *plan_name(struct planner *p, struct span s)
{
    char *out = plan_alloc(p, s.len + 1);
    if (!out) {
        return "";
    }
    int n = s.len ? ident_text(p->sql, s, out, s.len + 1) : 0;
    out[n > 0 ? n : 0] = '\0';
    return out;
}

void plan_at(struct planner *p, enum place_kind kind, uint16_t shard)
{
    p->place->kind = (uint8_t)kind;
    p->place->shard = shard;
}

bool plan_one_shard(const struct planner *p)
{
    return p->env->topo->n_shards == 1;
}

const char *plan_key_names(struct planner *p, const struct key_fn *fn)
{
    const char *s = fn->names[0];
    for (size_t i = 1; i < fn->fn.n_key; i++) {
        s = plan_text(p, "%s, %s", s, fn->names[i]);
    }
    return s;
}

/* ---- dispatch ---- */

static void own_business(struct planner *p, enum plan_action action)
{
    p->plan->action = action;
    plan_at(p, PLACE_NONE, 0);
}

static void plan_set(struct planner *p)
{
    for (const struct setting *s = p->stmt->settings; s; s = s->next) {
        if (s->target == SETTING_VARIABLE &&
            (s->scope == SCOPE_GLOBAL || s->scope == SCOPE_PERSIST || s->scope == SCOPE_PERSIST_ONLY)) {
            plan_unsupported(p, "SET GLOBAL and SET PERSIST would change one instance of many: set the variables of "
                                "the instances where they are configured");
            return;
        }
        if (s->target == SETTING_NEW_OLD) {
            plan_unsupported(p, "SET NEW is for triggers");
            return;
        }
    }
    own_business(p, PLAN_SET);
    if (p->n_units > 0) { /* SET @a = (SELECT ...): where its tables are */
        struct scope *scope = plan_alloc(p, sizeof *scope);
        for (const struct setting *s = p->stmt->settings; scope && s; s = s->next) {
            plan_scope_subqueries(p, scope, s->value);
        }
        plan_several(p, "SET");
        plan_finish_units(p);
    } else {
        plan_at(p, PLACE_ANY, 0);
    }
}

/* Does the schema have tables whose rows are on several shards? */
static bool spreads_rows(const struct planner *p, const char *schema)
{
    const struct topo_schema *s = topo_schema(p->env->topo, schema, strlen(schema));
    if (plan_one_shard(p) || !s) {
        return false;
    }
    for (size_t i = 0; i < s->conf->n_tables; i++) {
        if (s->conf->tables[i].kind == CONF_TABLE_SHARDED) {
            return true;
        }
    }
    return s->conf->others.kind == CONF_TABLE_SHARDED;
}

static void plan_call(struct planner *p)
{
    const struct call_proc *c = p->stmt->call;
    const char *schema = plan_schema_of(p, c->schema);
    if (!schema) {
        return;
    }
    if (p->n_units > 0 && !plan_one_shard(p)) {
        plan_unsupported(p,
                         "CALL with a subquery in its arguments is not supported: put the value into a variable first");
        return;
    }
    if (spreads_rows(p, schema)) {
        plan_unsupported(p, "CALL: a procedure would see the rows of one shard only, and schema '%s' has sharded tables",
                         schema);
        return;
    }
    p->plan->flags |= PLAN_WRITES | PLAN_PRIMARY | PLAN_RETURNS_ROWS;
    plan_at(p, PLACE_SHARD, plan_default_shard(p, schema));
}

/* DO, SIGNAL, HELP, VALUES ...: nothing that is on one shard only. */
static void plan_anywhere(struct planner *p)
{
    if (p->n_units > 0) { /* DO (SELECT ...): its tables count */
        struct scope *s = plan_alloc(p, sizeof *s);
        for (uint32_t i = 0; s && p->stmt->values && i < p->stmt->values->n; i++) {
            plan_scope_subqueries(p, s, p->stmt->values->v[i]);
        }
        plan_several(p, "a statement of this kind");
        plan_finish_units(p);
        return;
    }
    plan_at(p, PLACE_ANY, 0);
}

static void plan_handler(struct planner *p)
{
    p->plan->flags |= PLAN_PRIMARY | PLAN_PINS_HANDLER | PLAN_RETURNS_ROWS;
    plan_several(p, "HANDLER");
    plan_finish_units(p);
}

static void plan_explain(struct planner *p)
{
    const struct explain *x = p->stmt->explain;
    if (x->table) {
        plan_describe(p);
        return;
    }
    if (!x->stmt) {
        plan_unsupported(p, "EXPLAIN FOR CONNECTION is not supported: connection ids here are Shardwire's own");
        return;
    }
    const struct stmt *outer = p->stmt;
    p->stmt = x->stmt;
    plan_stmt(p);
    p->stmt = outer;
    if (plan_over(p)) {
        return;
    }
    enum stmt_kind inner = (enum stmt_kind)x->stmt->kind;
    bool dml = inner == STMT_INSERT || inner == STMT_REPLACE || inner == STMT_UPDATE || inner == STMT_DELETE;
    if (p->plan->action != PLAN_RUN || (inner != STMT_SELECT && !dml)) {
        plan_unsupported(p, "EXPLAIN is for SELECT, INSERT, REPLACE, UPDATE and DELETE");
        return;
    }
    uint32_t writes = PLAN_WRITES | PLAN_INSERTS | PLAN_WRITES_ALL;
    if ((p->plan->flags & PLAN_WRITES_ALL) && !x->analyze) {
        plan_at(p, PLACE_ANY, 0);
    }
    p->plan->flags &= ~(x->analyze ? 0u : writes);
    p->plan->flags &= ~(uint32_t)PLAN_SCATTERS;
    p->plan->flags |= PLAN_RETURNS_ROWS;
    p->place->explain = !x->analyze;
    if (x->analyze && p->place->scatter) {
        p->place->scatter = false;
        plan_several(p, "ANALYZE");
    }
}

static void plan_transaction_words(struct planner *p)
{
    static const struct {
        uint8_t kind, action;
    } map[] = {{STMT_BEGIN, PLAN_BEGIN},
               {STMT_COMMIT, PLAN_COMMIT},
               {STMT_ROLLBACK, PLAN_ROLLBACK},
               {STMT_SAVEPOINT, PLAN_SAVEPOINT},
               {STMT_ROLLBACK_TO, PLAN_ROLLBACK_TO},
               {STMT_RELEASE_SAVEPOINT, PLAN_RELEASE_SAVEPOINT},
               {STMT_SET_TRANSACTION, PLAN_SET},
               {STMT_USE, PLAN_USE},
               {STMT_PREPARE, PLAN_PREPARE},
               {STMT_EXECUTE, PLAN_EXECUTE},
               {STMT_EXECUTE_IMMEDIATE, PLAN_EXECUTE},
               {STMT_DEALLOCATE, PLAN_DEALLOCATE},
               {STMT_KILL, PLAN_KILL},
               {STMT_GET_DIAGNOSTICS, PLAN_DIAGNOSTICS},
               {STMT_UNLOCK_TABLES, PLAN_UNLOCK_TABLES},
               {STMT_EXPLAIN_ROUTE, PLAN_EXPLAIN_ROUTE}};
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].kind == p->stmt->kind) {
            own_business(p, (enum plan_action)map[i].action);
            return;
        }
    }
    plan_unsupported(p, "this statement is not supported through Shardwire: it is for one server, and there are many");
}

static void plan_unwanted(struct planner *p)
{
    switch (p->stmt->kind) {
    case STMT_GRANT:
    case STMT_REVOKE:
    case STMT_SET_PASSWORD:
    case STMT_SET_ROLE:
        plan_unsupported(p, "accounts are set in Shardwire's configuration");
        break;
    case STMT_XA:
        plan_unsupported(p, "XA statements are not supported: Shardwire uses XA itself");
        break;
    case STMT_FLUSH:
        plan_unsupported(p, "FLUSH would act on one instance of many: run it on the instances");
        break;
    case STMT_COMPOUND:
        plan_unsupported(p, "compound statements outside stored programs are not supported");
        break;
    default:
        plan_unsupported(p, "this statement administers one server: run it on the instances");
        break;
    }
}

void plan_stmt(struct planner *p)
{
    switch ((enum stmt_kind)p->stmt->kind) {
    case STMT_SELECT:
        plan_select(p);
        break;
    case STMT_INSERT:
    case STMT_REPLACE:
        plan_insert(p);
        break;
    case STMT_UPDATE:
        plan_update(p);
        break;
    case STMT_DELETE:
        plan_delete(p);
        break;
    case STMT_LOAD_DATA:
        plan_load(p);
        break;
    case STMT_CALL:
        plan_call(p);
        break;
    case STMT_DO:
    case STMT_HELP:
    case STMT_SIGNAL:
    case STMT_RESIGNAL:
        plan_anywhere(p);
        break;
    case STMT_HANDLER:
        plan_handler(p);
        break;
    case STMT_SET:
        plan_set(p);
        break;
    case STMT_SET_STATEMENT: {
        const struct stmt *outer = p->stmt;
        p->stmt = outer->inner;
        plan_stmt(p);
        p->stmt = outer;
        break;
    }
    case STMT_SHOW:
        plan_show(p);
        break;
    case STMT_EXPLAIN:
        plan_explain(p);
        break;
    case STMT_DESCRIBE:
        plan_describe(p);
        break;
    case STMT_LOCK_TABLES:
        plan_lock_tables(p);
        break;
    case STMT_CREATE:
    case STMT_ALTER:
    case STMT_DROP:
    case STMT_RENAME:
    case STMT_TRUNCATE:
        plan_ddl(p);
        break;
    case STMT_ANALYZE_TABLE:
    case STMT_OPTIMIZE_TABLE:
    case STMT_CHECK_TABLE:
    case STMT_REPAIR_TABLE:
    case STMT_CHECKSUM_TABLE:
        plan_maintenance(p);
        break;
    case STMT_GRANT:
    case STMT_REVOKE:
    case STMT_SET_PASSWORD:
    case STMT_SET_ROLE:
    case STMT_SET_RESOURCE_GROUP:
    case STMT_XA:
    case STMT_FLUSH:
    case STMT_COMPOUND:
    case STMT_LOCK_INSTANCE:
    case STMT_UNLOCK_INSTANCE:
    case STMT_CACHE_INDEX:
    case STMT_LOAD_INDEX:
    case STMT_OTHER:
        plan_unwanted(p);
        break;
    default:
        plan_transaction_words(p);
        break;
    }
}

/* Only what runs as it is, and whose plan says all that a session needs to know. */
static bool cacheable(const struct planner *p)
{
    switch (p->stmt->kind) {
    case STMT_SELECT:
    case STMT_INSERT:
    case STMT_REPLACE:
    case STMT_UPDATE:
    case STMT_DELETE:
    case STMT_DO:
    case STMT_CALL:
    case STMT_SHOW:
        return p->plan->action == PLAN_RUN && p->plan->n_edits == 0;
    default:
        return false;
    }
}

static void refuse_parse(struct planner *p, const struct parse_result *r)
{
    char near[160];
    switch (r->error) {
    case PARSE_MEMORY:
        p->status = PLAN_NO_MEMORY;
        break;
    case PARSE_EMPTY:
        plan_refuse(p, 1065, "42000", "Query was empty");
        break;
    case PARSE_DEPTH:
        plan_refuse(p, 1436, "HY000", "Thread stack overrun: the statement is nested more than %d deep",
                    PARSE_MAX_DEPTH);
        break;
    default:
        parse_near(r, p->sql, (uint32_t)p->len, near, sizeof near);
        plan_refuse(p, 1064, "42000",
                    "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server "
                    "version for the right syntax to use %s",
                    near);
        break;
    }
}

static void add_digest(struct planner *p, const struct fingerprint *shape)
{
    uint32_t len;
    p->plan->digest_text = "";
    if (shape) {
        p->plan->digest_text = fingerprint_digest(shape->shape, shape->shape_len, DIGEST_MAX, p->arena, &len);
    }
    if (!p->plan->digest_text) {
        p->status = PLAN_NO_MEMORY;
    }
}

enum plan_status plan_build(const struct plan_env *env, const char *sql, size_t len, const struct fingerprint *shape,
                            struct arena *arena, struct plan **out, struct plan_needs *needs)
{
    struct planner p = {.env = env, .sql = sql, .len = len, .arena = arena, .needs = needs, .schema = env->schema};
    struct parse_result r;
    *out = p.plan = plan_alloc(&p, sizeof *p.plan);
    p.place = plan_alloc(&p, sizeof *p.place);
    if (!p.plan || !p.place || len > UINT32_MAX) {
        return PLAN_NO_MEMORY;
    }
    p.place->topo = env->topo;
    p.plan->place = p.place;
    p.plan->action = PLAN_RUN;
    p.plan->kind = STMT_OTHER;
    add_digest(&p, shape);
    if (p.status != PLAN_OK) {
        return p.status;
    }
    if (parse_sql(sql, (uint32_t)len, &env->mode, arena, &r) != PARSE_OK) {
        refuse_parse(&p, &r);
        return p.status;
    }
    p.stmt = r.stmt;
    p.plan->stmt = r.stmt;
    p.plan->kind = (enum stmt_kind)r.stmt->kind;
    plan_functions(&p);
    if (!plan_over(&p)) {
        plan_units(&p);
    }
    if (!plan_over(&p)) {
        plan_stmt(&p);
    }
    if (!plan_over(&p)) {
        plan_function_place(&p);
    }
    if (!plan_over(&p) && p.plan->action == PLAN_RUN && (p.assigns || rwsplit_primary(r.stmt))) {
        p.plan->flags |= PLAN_PRIMARY;
    }
    p.plan->cacheable = cacheable(&p);
    if (p.plan->cacheable) {
        p.plan->stmt = NULL;
    }
    return p.status;
}
