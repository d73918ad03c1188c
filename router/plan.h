/* What to do with a statement: from its tree, the topology and the catalog to a plan; the plan holds for every statement
 * of the same shape, schema and lexer mode, and speaks in literal and parameter numbers, never in byte offsets.
 *
 *   fingerprint → plan_cache_get ─ hit ─────────────────────────┐
 *                      miss → parse → plan_build → plan_cache_put ┴→ route_bind(plan, literals, facts) → struct route
 *
 * A plan whose `cacheable` is false (SET, transaction control, anything rewritten by span …) lives in the statement's
 * arena together with its tree (`stmt`), which the session reads for the names and values in it.
 */
#ifndef ROUTER_PLAN_H
#define ROUTER_PLAN_H

#include "router/ast.h"
#include "router/fingerprint.h"
#include "router/topo.h"

/* Who acts on the statement, and how. */
enum plan_action {
    PLAN_REFUSE,         /* error says why */
    PLAN_RUN,            /* send it where route_bind() says */
    PLAN_DDL,            /* send it to every shard that route_bind() says, one result, then forget the tables' info */
    PLAN_BEGIN,          /* the rest: the session's own business, from plan->stmt */
    PLAN_COMMIT,
    PLAN_ROLLBACK,
    PLAN_SAVEPOINT,
    PLAN_ROLLBACK_TO,
    PLAN_RELEASE_SAVEPOINT,
    PLAN_SET,
    PLAN_USE,
    PLAN_LOCK_TABLES,    /* route_bind() gives the one shard */
    PLAN_UNLOCK_TABLES,
    PLAN_PREPARE,
    PLAN_EXECUTE,
    PLAN_DEALLOCATE,
    PLAN_KILL,
    PLAN_PROCESSLIST,    /* SHOW [FULL] PROCESSLIST */
    PLAN_DIAGNOSTICS,    /* SHOW WARNINGS, SHOW ERRORS, SHOW COUNT(*) …, GET DIAGNOSTICS: where the last statement ran */
    PLAN_EXPLAIN_ROUTE,  /* the explained statement is stmt's inner one */
};

/* Facts that the session acts on. */
enum {
    PLAN_WRITES = 1 << 0,           /* changes data (or may: CALL): the transaction has written on that shard */
    PLAN_PRIMARY = 1 << 1,          /* must run on the primary: writes, locking reads, side effects, unknown functions */
    PLAN_IMPLICIT_COMMIT = 1 << 2,  /* DDL and its like: an open transaction is committed first */
    PLAN_PINS_TEMPORARY = 1 << 3,   /* CREATE TEMPORARY TABLE */
    PLAN_PINS_LOCK = 1 << 4,        /* GET_LOCK … (RELEASE_ALL_LOCKS does not unpin: the connection reset does) */
    PLAN_PINS_HANDLER = 1 << 5,     /* HANDLER … OPEN and other state that lives in the connection */
    PLAN_CALC_FOUND_ROWS = 1 << 6,
    PLAN_SETS_LAST_ID = 1 << 7,     /* LAST_INSERT_ID(expr) */
    PLAN_INSERTS = 1 << 8,          /* INSERT or REPLACE: may generate an insert id */
    PLAN_ASSIGNS_VARIABLES = 1 << 9, /* user variables of plan->assigned get values in ways that only the server knows */
    PLAN_READS_VARIABLES = 1 << 10, /* user variables */
    PLAN_LOCAL_INFILE = 1 << 11,
    PLAN_SESSION_FUNCTIONS = 1 << 12, /* CONNECTION_ID(), FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), USER() …: see edits.
                                       * Also set on a REFUSE: apply the edits and plan the new text, whose keys may
                                       * then be known (INSERT … VALUES (LAST_INSERT_ID(), …)) */
    PLAN_DISTINCT_ROWS = 1 << 13,   /* a scatter whose shards may answer the same row: SHOW TABLES */
    PLAN_SCATTERS = 1 << 14,        /* may go to several shards, rows concatenated */
    PLAN_WRITES_ALL = 1 << 15,      /* a global table is written: the same statement on every shard, one answer */
    PLAN_DROPS_TEMPORARY = 1 << 16, /* DROP TABLE that may name a temporary table */
    PLAN_RETURNS_ROWS = 1 << 17,    /* as far as known before running: SELECT, SHOW … */
    PLAN_GENERATES_ID = 1 << 18,    /* INSERTS whose AUTO_INCREMENT column is not given (or there is none): the OK packet's
                                       insert id is what LAST_INSERT_ID() says from now on */
    PLAN_EXPLICIT_ID = 1 << 19,     /* INSERTS whose every row gives that column a number: LAST_INSERT_ID() stays */
};

/* A place in the statement's text that must be replaced before it is sent (only in plans that are not cacheable). */
struct plan_edit {
    struct span span;
    enum plan_session_function {
        PLAN_FN_CONNECTION_ID,
        PLAN_FN_LAST_INSERT_ID, /* also @@last_insert_id and @@identity */
        PLAN_FN_FOUND_ROWS,
        PLAN_FN_ROW_COUNT,
        PLAN_FN_USER,           /* USER(), SESSION_USER(), SYSTEM_USER() */
        PLAN_FN_CURRENT_USER,
        PLAN_FN_WARNING_COUNT,  /* @@warning_count */
        PLAN_FN_DATABASE,       /* DATABASE(), SCHEMA(), when there is none: NULL, whatever the connection has */
        PLAN_FN_ERROR_COUNT,    /* @@error_count */
    } function;
    bool needs_alias;           /* it is a whole select item without alias: the column keeps its name */
};

struct plan_table { /* a base table that the statement names; NUL-terminated, owned by the plan */
    const char *schema, *name;
    bool written;
};

struct plan {
    enum plan_action action;
    uint32_t flags;
    bool cacheable;
    const struct stmt *stmt;       /* not cacheable: the tree, in the arena; else NULL */
    enum stmt_kind kind;
    struct error_info {            /* REFUSE */
        uint16_t number;
        char sqlstate[6];
        const char *text;
    } error;
    const struct plan_table *tables;
    size_t n_tables;
    const char *const *assigned;   /* names of user variables assigned, without '@' */
    size_t n_assigned;
    const struct plan_edit *edits;
    size_t n_edits;
    const struct plan_place *place; /* where it goes: for route_bind() only */
    const char *digest_text;       /* for mesh.statements; owned like the rest */
    void *user;                    /* the owner's (per-worker statistics row) … */
    void (*release_user)(void *user); /* … and what is called when the plan goes; NULL: nothing */
    void *owner;                   /* the plan cache's; NULL for a plan in an arena */
};

struct plan_env {
    const struct topo *topo;
    const struct catalog *catalog;
    const char *schema;            /* current database, NULL: none */
    struct lex_mode mode;
};

enum plan_status {
    PLAN_OK,
    PLAN_NEEDS_TABLE, /* needs->schema/name must be put into the catalog first, then build again */
    PLAN_NO_MEMORY,   /* over the arena's ceiling */
};
struct plan_needs {
    const char *schema, *name; /* NUL-terminated, in the arena */
};

/* Builds the plan of one statement in `arena` (a cacheable one is copied by plan_cache_put()). A statement that does not
 * parse gives a REFUSE plan with error 1064. */
enum plan_status plan_build(const struct plan_env *env, const char *sql, size_t len, const struct fingerprint *shape,
                            struct arena *arena, struct plan **out, struct plan_needs *needs);

#endif
