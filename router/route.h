/* A plan and the statement's own values → where to send what. */
#ifndef ROUTER_ROUTE_H
#define ROUTER_ROUTE_H

#include "router/plan.h"

enum route_role { ROUTE_PRIMARY, ROUTE_REPLICA /* a replica may serve it; the primary may too */ };

/* A parameter of a prepared statement, or the value of a user variable. */
enum route_value_kind { ROUTE_UNKNOWN, ROUTE_NULL, ROUTE_INT, ROUTE_UINT, ROUTE_DECIMAL, ROUTE_DOUBLE, ROUTE_TEXT, ROUTE_BINARY,
                        ROUTE_DATE, ROUTE_DATETIME, ROUTE_TIME };
struct route_value {
    enum route_value_kind kind;
    int64_t i;                 /* INT; UINT as its bits */
    const char *text;          /* DECIMAL, DOUBLE, TEXT, BINARY and the temporal ones as MySQL writes them; borrowed */
    size_t len;
};

struct route_facts {
    const struct topo *topo;
    const struct catalog *catalog;
    const char *sql;           /* the literals' spans point into it */
    size_t sql_len;
    const struct fingerprint *shape;
    struct lex_mode mode;
    uint16_t charset;          /* collation id of character_set_client: what the literals' bytes mean; 0 when the
                                * connection's character set is another: keys are then read only from ASCII text */
    const struct route_value *params; /* of a prepared statement */
    size_t n_params;
    bool (*variable)(void *arg, const char *name, size_t len, struct route_value *out); /* user variable; NULL: none known */
    void *arg;
    int prefer;                /* shard that the session already holds (transaction, pin), or -1 */
    uint32_t any;              /* picks the shard of an ANY statement: the caller counts it up */
    /* Weight strings that an instance gave, for keys whose collation we do not compute: looks one up. May be NULL. What
     * is asked for: WEIGHT_STRING(CONVERT(text USING charset) COLLATE collation), text in the client's charset. */
    bool (*weight)(void *arg, const char *charset, const char *collation, const char *text, size_t len, uint16_t client_charset,
                   struct lex_slice *out);
};

struct route_target {
    uint16_t shard;
    const char *sql;           /* NULL: the client's own bytes */
    size_t len;
};

enum route_status {
    ROUTE_OK,
    ROUTE_REFUSED,             /* error says why */
    ROUTE_NEEDS_WEIGHT,        /* needs->… must be asked of an instance, then bind again */
    ROUTE_NO_MEMORY,
    ROUTE_STALE,               /* the plan was made for another topology: build it again */
};

struct route {
    enum route_role role;
    struct route_target *targets;
    size_t n_targets;
    struct error_info error;   /* REFUSED; text in the arena */
    bool any;                  /* another shard would do as well */
    const char *rung;          /* for EXPLAIN ROUTE: "one shard", "any shard", "scatter", "every shard" */
    struct {                   /* NEEDS_WEIGHT */
        const char *charset, *collation; /* of the column */
        const char *text;
        size_t len;
    } needs;
};

/* Everything that *out points to is in the arena, or in the plan. */
enum route_status route_bind(const struct plan *plan, const struct route_facts *facts, struct arena *arena, struct route *out);

/* Where a statement may run when it names tables that live on one connection only (temporary ones): binds it to `shard`
 * if every other base table is global, or single or pinned by its key to that same shard; else REFUSED.
 * `temporary`: those tables, by schema and name. */
enum route_status route_force(const struct plan *plan, uint16_t shard, const struct plan_table *temporary,
                              size_t n_temporary, const struct route_facts *facts, struct arena *arena, struct route *out);

/* A row of EXPLAIN ROUTE: where a statement would go, or why not. Texts are in the arena. */
struct route_line {
    const char *shard;         /* NULL: nowhere (a refusal, or the session's own business) */
    const char *role, *rung, *tables, *sql;
};

/* The rows for a bound route (or for its refusal, as `status` says). NULL: no memory. */
struct route_line *route_explain(const struct plan *plan, const struct route_facts *facts, enum route_status status,
                                 const struct route *route, struct arena *arena, size_t *n);

#endif
