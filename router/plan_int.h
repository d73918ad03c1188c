/* Between the files that build, bind and copy plans.
 *
 * A place says where a statement may run. For a statement with tables it holds a unit for each table reference; a unit
 * knows which shards' rows of its table can matter. Rows on other shards may be there or not: the result is the same.
 * So when one shard has all that matters of every unit, the statement runs there as it is.
 */
#ifndef ROUTER_PLAN_INT_H
#define ROUTER_PLAN_INT_H

#include <stdarg.h>
#include <string.h>

#include "router/parse.h"
#include "router/plan.h"
#include "router/shardkey.h"

/* ---- places ---- */

enum place_kind {
    PLACE_NONE,  /* the session's own business */
    PLACE_ANY,   /* any shard */
    PLACE_SHARD, /* .shard */
    PLACE_EVERY, /* every shard */
    PLACE_UNITS, /* what units and rows allow */
};

enum unit_kind {
    UNIT_SHARDED,
    UNIT_SINGLE,
    UNIT_GLOBAL,
    UNIT_SPREAD,  /* on several shards in a way that no key narrows: a view over sharded tables */
    UNIT_MISSING, /* does not exist: error 1146 unless it is a temporary table */
};

struct place_unit {
    uint8_t kind;
    uint16_t table;          /* in plan->tables */
    uint16_t shard;          /* SINGLE */
    const struct key_fn *fn; /* SHARDED */
    const struct key_cond *own;
    const uint16_t *sources; /* units whose keys are this one's too, itself first */
    uint32_t n_sources;
};

/* A key that a statement stores: it must be of the shard where the statement runs. */
struct place_row {
    uint32_t unit;
    uint32_t row; /* for messages, from 1; 0: an assignment of UPDATE or ON DUPLICATE KEY */
    const struct key_value *values;
};

/* A value that must not be NULL or 0, because the server would count it up. */
struct place_auto {
    uint32_t unit;
    const char *column;
    struct key_value value;
};

struct plan_place {
    const struct topo *topo;
    uint8_t kind;
    uint16_t shard;      /* SHARD; UNITS without any limit: not used */
    bool scatter;        /* UNITS: rows of several shards may be put one after another */
    bool explain;        /* one of the shards will do */
    uint32_t driver;     /* scatter: the unit whose shards are asked */
    const char *several; /* UNITS: why not on several shards */
    const struct place_unit *units;
    uint32_t n_units;
    const struct place_row *rows;
    uint32_t n_rows;
    const struct place_auto *autos;
    uint32_t n_autos;
};

/* ---- building ---- */

struct scope {
    struct scope *outer;
    bool opaque; /* has derived tables or others whose columns we do not know */
    const struct from *from;
    const struct block *block;
};

struct unit {
    struct place_unit place;
    struct table_ref *ref;
    const char *schema, *name;
    const char *alias; /* what columns call it */
    struct topo_table topo;
    const struct table_info *info;
    struct scope *scope;
    bool rejects_null; /* WHERE is not TRUE when an outer join found no row of it */
};

struct in_link; /* key IN (subquery): see plan_cond.c */

struct planner {
    const struct plan_env *env;
    const char *sql;
    size_t len;
    struct arena *arena;
    const struct stmt *stmt; /* the one that is planned: inside EXPLAIN, the inner one */
    struct plan *plan;
    struct plan_place *place;
    struct plan_needs *needs;
    enum plan_status status; /* sticky */
    struct unit *units;
    uint32_t n_units;
    uint8_t *links; /* [from * n_units + to]: bit per key column */
    struct in_link *in_links;
    struct place_row *rows;
    uint32_t n_rows, max_rows;
    struct place_auto *autos;
    uint32_t n_autos, max_autos;
    const char *schema; /* current one, may be NULL */
    bool assigns;       /* @x := ... somewhere: variables have no value beforehand */
};

#define PLAN_MAX_UNITS 256
#define PLAN_MAX_KEY 8

/* Is the building over: refused, out of memory, or a table's info wanted? */
static inline bool plan_over(const struct planner *p)
{
    return p->status != PLAN_OK || p->plan->action == PLAN_REFUSE;
}

/* plan.c */
void *plan_alloc(struct planner *p, size_t size); /* cleared; NULL sets the status */
const char *plan_text(struct planner *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_format(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void plan_refuse(struct planner *p, uint16_t number, const char *sqlstate, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void plan_unsupported(struct planner *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *plan_name(struct planner *p, struct span s); /* unquoted, NUL-terminated; "" when absent */
void plan_at(struct planner *p, enum place_kind kind, uint16_t shard);
bool plan_one_shard(const struct planner *p); /* the mesh is one shard: everything is local */
const char *plan_key_names(struct planner *p, const struct key_fn *fn);

/* plan_table.c */
const char *plan_schema_of(struct planner *p, struct span written); /* NULL after a refusal */
uint16_t plan_default_shard(struct planner *p, const char *schema);
const struct table_info *plan_info(struct planner *p, const char *schema, const char *name); /* asks when not read */
void plan_units(struct planner *p);                                                          /* from stmt->tables */
void plan_fill_unit(struct planner *p, struct unit *u);
struct unit *plan_unit_of(struct planner *p, const struct table_ref *ref);
enum unit_kind plan_table_kind(struct planner *p, const char *schema, const char *name, struct topo_table *t);

/* plan_cond.c: conditions and links between units */
void plan_scope(struct planner *p, struct scope *s, const struct from *from, const struct expr *where,
                struct scope *outer);
void plan_scope_subqueries(struct planner *p, struct scope *s, const struct expr *e);
void plan_query(struct planner *p, struct query *q, struct scope *outer);
bool plan_column_key(struct planner *p, struct scope *s, const struct expr *e, struct unit **unit, int *key);
void plan_link(struct planner *p, const struct unit *from, const struct unit *to, size_t key);
bool plan_linked(struct planner *p, const struct unit *from, const struct unit *to);
void plan_sources(struct planner *p); /* fills place.sources, once all links are there */
struct key_value plan_value(struct planner *p, const struct expr *e);
void plan_finish_units(struct planner *p); /* puts units, rows and autos into the place */

/* plan_select.c, plan_dml.c, plan_ddl.c, plan_misc.c */
void plan_select(struct planner *p);
void plan_insert(struct planner *p);
void plan_update(struct planner *p);
void plan_delete(struct planner *p);
void plan_load(struct planner *p);
void plan_write_all(struct planner *p, const char *verb); /* global tables alone: on every shard */
void plan_ddl(struct planner *p);
void plan_maintenance(struct planner *p);
void plan_show(struct planner *p);
void plan_describe(struct planner *p);
void plan_lock_tables(struct planner *p);
void plan_functions(struct planner *p); /* before all else: edits, variables, flags */
void plan_function_place(struct planner *p);
void plan_stmt(struct planner *p);                      /* dispatches on the kind */
void plan_several(struct planner *p, const char *what); /* sets place->several */

/* plan_copy.c */
/* A deep copy in one malloc block, or NULL. *size gets its bytes. */
struct plan *plan_copy(const struct plan *plan, size_t *size);

#endif
