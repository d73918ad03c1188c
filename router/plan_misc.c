/* SHOW, DESCRIBE, LOCK TABLES and the maintenance statements. */
#include "router/plan_int.h"

/* Statements about one table's definition: all shards of a sharded or global table have the same. */
static void at_table(struct planner *p, const struct table_ref *ref)
{
    struct unit *u = plan_unit_of(p, ref);
    if (!u) {
        plan_at(p, PLACE_ANY, 0);
    } else if (u->place.kind == UNIT_SINGLE) {
        plan_at(p, PLACE_SHARD, u->place.shard);
    } else {
        plan_at(p, PLACE_ANY, 0);
    }
}

void plan_describe(struct planner *p)
{
    p->plan->flags |= PLAN_RETURNS_ROWS;
    at_table(p, p->stmt->explain->table);
}

static const char *show_schema(struct planner *p)
{
    const struct show *s = p->stmt->show;
    return s->schema.len ? plan_schema_of(p, s->schema) : p->schema;
}

static bool others_sharded(struct planner *p, const char *schema)
{
    const struct topo_schema *s = schema ? topo_schema(p->env->topo, schema, strlen(schema)) : NULL;
    return s && s->conf->others.kind == CONF_TABLE_SHARDED;
}

/* Does a table of the schema live elsewhere than where the unlisted ones do? */
static bool has_tables_apart(struct planner *p, const char *schema)
{
    const struct topo_schema *s = schema ? topo_schema(p->env->topo, schema, strlen(schema)) : NULL;
    const char *home = p->env->topo->shards[plan_default_shard(p, schema)].conf->name;
    for (size_t i = 0; s && i < s->conf->n_tables; i++) {
        const struct conf_table *t = &s->conf->tables[i];
        if (t->kind == CONF_TABLE_SINGLE && t->shard && strcmp(t->shard, home) != 0) {
            return true;
        }
    }
    return false;
}

static void at_every(struct planner *p)
{
    plan_at(p, PLACE_EVERY, 0);
    p->plan->flags |= PLAN_SCATTERS | PLAN_DISTINCT_ROWS;
}

static void show_tables(struct planner *p)
{
    const char *schema = show_schema(p);
    if (plan_over(p)) {
        return;
    }
    if (!schema) {
        plan_refuse(p, 1046, "3D000", "No database selected");
        return;
    }
    if (!plan_one_shard(p) && !topo_is_system(schema, strlen(schema)) &&
        (others_sharded(p, schema) || has_tables_apart(p, schema))) {
        at_every(p);
    } else {
        plan_at(p, PLACE_SHARD, plan_default_shard(p, schema));
    }
}

static void show_databases(struct planner *p)
{
    const struct topo *t = p->env->topo;
    for (size_t i = 0; t->n_shards > 1 && i < t->conf->n_schemas; i++) {
        if (t->conf->schemas[i].others.kind == CONF_TABLE_SHARDED) {
            at_every(p);
            return;
        }
    }
    plan_at(p, PLACE_ANY, 0);
}

void plan_show(struct planner *p)
{
    const struct show *s = p->stmt->show;
    p->plan->flags |= PLAN_RETURNS_ROWS;
    switch ((enum show_kind)s->kind) {
    case SHOW_PROCESSLIST:
        p->plan->action = PLAN_PROCESSLIST;
        return;
    case SHOW_WARNINGS:
    case SHOW_ERRORS:
    case SHOW_COUNT_WARNINGS:
    case SHOW_COUNT_ERRORS:
        p->plan->action = PLAN_DIAGNOSTICS;
        return;
    case SHOW_DATABASES:
        show_databases(p);
        return;
    case SHOW_TABLES:
    case SHOW_TABLE_STATUS:
    case SHOW_OPEN_TABLES:
        show_tables(p);
        return;
    case SHOW_COLUMNS:
    case SHOW_INDEX:
    case SHOW_CREATE_TABLE:
    case SHOW_CREATE_VIEW:
    case SHOW_CREATE_SEQUENCE:
        at_table(p, s->table);
        return;
    case SHOW_TRIGGERS:
    case SHOW_EVENTS:
    case SHOW_PROCEDURE_STATUS:
    case SHOW_FUNCTION_STATUS:
    case SHOW_PACKAGE_STATUS:
    case SHOW_CREATE_PROCEDURE:
    case SHOW_CREATE_FUNCTION:
    case SHOW_CREATE_TRIGGER:
    case SHOW_CREATE_EVENT: {
        const char *schema = show_schema(p);
        if (!plan_over(p)) {
            plan_at(p, PLACE_SHARD, plan_default_shard(p, schema));
        }
        return;
    }
    case SHOW_BINARY_LOGS:
    case SHOW_BINARY_LOG_STATUS:
    case SHOW_BINLOG_EVENTS:
    case SHOW_RELAYLOG_EVENTS:
    case SHOW_REPLICA_STATUS:
    case SHOW_REPLICAS:
    case SHOW_ENGINE:
        plan_at(p, PLACE_SHARD, 0);
        return;
    default:
        plan_at(p, PLACE_ANY, 0);
        return;
    }
}

void plan_lock_tables(struct planner *p)
{
    p->plan->flags |= PLAN_PRIMARY | PLAN_IMPLICIT_COMMIT;
    plan_several(p, "LOCK TABLES");
    plan_finish_units(p);
    if (!plan_over(p)) {
        p->plan->action = PLAN_LOCK_TABLES;
    }
}

/* ANALYZE, OPTIMIZE, CHECK, REPAIR: on every shard of the table, whose short answers are the same rows. */
void plan_maintenance(struct planner *p)
{
    bool everywhere = false;
    for (uint32_t i = 0; i < p->n_units; i++) {
        everywhere = everywhere || p->units[i].place.kind == UNIT_SHARDED || p->units[i].place.kind == UNIT_GLOBAL;
    }
    p->plan->flags |= PLAN_RETURNS_ROWS | PLAN_PRIMARY;
    p->plan->flags |=
        p->stmt->kind == STMT_CHECKSUM_TABLE || p->stmt->kind == STMT_CHECK_TABLE ? 0u : PLAN_IMPLICIT_COMMIT;
    if (!everywhere || p->n_units > 1 || p->stmt->kind == STMT_CHECKSUM_TABLE) {
        plan_several(p, "a maintenance statement");
        plan_finish_units(p);
        return;
    }
    at_every(p);
}
