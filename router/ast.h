/* The tree of one statement.
 *
 * Nodes live in the command's arena and own no text: names and literals are spans into the statement. Every span is
 * exact, from a construct's first byte to its last, because rewriting edits the text by span. Lists are either chains
 * (.next, in text order) or arrays with a count.
 *
 *   stmt --- query (SELECT; the source of INSERT ... SELECT, CREATE ... AS) --- block --- items, from, where, ...
 *        |-- insert | update | delete | set | ddl | ...   by kind
 *        |-- tables: every table reference of the whole statement
 *        |-- calls:  every function call that a router has to think about
 *        '-- facts:  what was seen anywhere
 *
 * Literals carry their number in the fingerprint's list of literals, parameters their ordinal, so that a plan made
 * from a tree fits every statement of the same shape. */
#ifndef ROUTER_AST_H
#define ROUTER_AST_H

#include "router/fingerprint.h"
#include "router/lex.h"

struct expr;
struct query;
struct block;
struct from;
struct table_ref;
struct stmt;
struct cte;
struct window;

/* ================= functions ================= */

enum func_class {
    FC_AGGREGATE = 1,        /* COUNT, SUM, ... */
    FC_WINDOW = 2,           /* only with OVER: ROW_NUMBER, LAG, ... */
    FC_NONDETERMINISTIC = 4, /* another value each call or each moment: RAND, UUID, NOW, ... */
    FC_SESSION = 8,          /* answers from the session's state: LAST_INSERT_ID, CONNECTION_ID, DATABASE, ... */
    FC_SIDE_EFFECT = 16,     /* does something: GET_LOCK, SLEEP, NEXTVAL, LAST_INSERT_ID(x), ... */
    FC_NIL = 32,             /* may be called without parentheses: CURRENT_TIMESTAMP, ... */
    FC_SERVER = 64,          /* answers from this server alone: LOAD_FILE, MASTER_POS_WAIT, VERSION, ... */
};

enum func {
    FN_UNKNOWN, /* not native: a stored function or a loadable one, which may do anything */
#define FN(name, classes) FN_##name,
#include "router/func.def"
#undef FN
    FN_COUNT_OF
};

enum func func_find(const char *name, size_t len);
const char *func_name(enum func f);
unsigned func_classes(enum func f);

/* ================= expressions ================= */

enum expr_kind {
    EX_LITERAL,   /* .literal */
    EX_STRUCTURE, /* a literal that is part of the shape, such as an ordinal: read it from its span */
    EX_PARAM,     /* .param */
    EX_NULL,
    EX_BOOL,       /* TRUE, FALSE: .op is 1 or 0 */
    EX_DEFAULT,    /* DEFAULT, or DEFAULT(col) with the column in args[0] */
    EX_COLUMN,     /* .column */
    EX_STAR,       /* *, t.*, s.t.*: .column without a name */
    EX_USERVAR,    /* @x: .name, behind the @ */
    EX_SYSVAR,     /* @@x: .sysvar */
    EX_ASSIGN,     /* @x := e: args[0] is the EX_USERVAR, args[1] the value */
    EX_OP,         /* .op on args (AND and OR: two or more args, a chain of the same operator is one node) */
    EX_IN,         /* args[0] [NOT] IN (args[1..]) or, with .query, (subquery) */
    EX_BETWEEN,    /* args[0] [NOT] BETWEEN args[1] AND args[2] */
    EX_IS,         /* args[0] IS [NOT] .op of enum is_what */
    EX_LIKE,       /* args[0] [NOT] LIKE args[1] [ESCAPE args[2]] */
    EX_ROW,        /* (a, b) or ROW(a, b) */
    EX_SUBQUERY,   /* .query in parentheses as a value or row; its span holds the parentheses */
    EX_EXISTS,     /* EXISTS .query */
    EX_QUANTIFIED, /* args[0] .op ALL/ANY/SOME .query */
    EX_FUNC,       /* .call */
    EX_CASE,       /* .case_: [operand] WHEN THEN ... [ELSE] */
    EX_CAST,       /* CAST(args[0] AS .type), CONVERT(args[0], .type), args[0] :: .type is not SQL here */
    EX_CONVERT,    /* CONVERT(args[0] USING .type) */
    EX_COLLATE,    /* args[0] COLLATE .name */
    EX_INTERVAL,   /* INTERVAL args[0] .name(unit): only as an operand of + and - or as a function's argument */
    EX_TEMPORAL,   /* DATE '..', {d '..'}: args[0] is the string, .name the word */
    EX_MATCH,      /* MATCH (args[0..n-2]) AGAINST (args[n-1] ...); .op 1 in boolean mode */
    EX_NEXTVAL,    /* NEXT VALUE FOR seq (.op 0), PREVIOUS VALUE FOR seq (.op 1): .table */
    EX_VALUES,     /* VALUES(col) or VALUE(col) of ON DUPLICATE KEY UPDATE: args[0] */
    EX_KEYWORD,    /* a bare word where an argument is one: GET_FORMAT(DATE, ..), SET x = ON; .name */
    EX_KIND_COUNT
};

enum op {
    OP_NONE,
    OP_OR,
    OP_XOR,
    OP_AND,
    OP_NOT,
    OP_EQ,
    OP_NULLSAFE_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_REGEXP, /* negated for NOT REGEXP */
    OP_SOUNDS_LIKE,
    OP_MEMBER_OF,
    OP_BIT_OR,
    OP_BIT_AND,
    OP_BIT_XOR,
    OP_SHIFT_LEFT,
    OP_SHIFT_RIGHT,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_INT_DIV,
    OP_MOD,
    OP_NEG,
    OP_PLUS,
    OP_BIT_NOT,
    OP_BANG, /* ! */
    OP_CONCAT,
    OP_BINARY,    /* BINARY x */
    OP_JSON,      /* col -> path */
    OP_JSON_TEXT, /* col ->> path */
    OP_COUNT
};

enum is_what { IS_NULL_, IS_TRUE_, IS_FALSE_, IS_UNKNOWN_, IS_JSON_ };

enum expr_flag {
    EXPR_NEGATED = 1,   /* NOT IN, NOT LIKE, NOT BETWEEN, NOT REGEXP, IS NOT */
    EXPR_PARENS = 2,    /* written in parentheses: outer is wider than span */
    EXPR_AGGREGATE = 4, /* this or something below it is an aggregate of the same query block */
    EXPR_WINDOW = 8,    /* ... a window function */
    EXPR_SUBQUERY = 16, /* ... a subquery */
    EXPR_VOLATILE = 32, /* ... a call with any FC_NONDETERMINISTIC, FC_SESSION, FC_SIDE_EFFECT, FC_SERVER, an
                           unknown function, a variable */
    EXPR_CONSTANT = 64, /* only literals, parameters and native functions of them (volatile or not) */
};

enum sysvar_scope { SCOPE_NONE, SCOPE_SESSION, SCOPE_GLOBAL, SCOPE_PERSIST, SCOPE_PERSIST_ONLY };

/* OVER name, OVER (...), WINDOW name AS (...) */
struct window {
    struct window *next; /* of a block's WINDOW clause */
    struct span span;    /* of the specification, with its parentheses, or the name after OVER */
    struct span name;    /* WINDOW clause: the name that it defines */
    struct span base;    /* the window that it refers to, if any */
    struct expr_list *partition;
    struct order_list *order;
    struct span frame; /* ROWS/RANGE/GROUPS ... */
};

struct expr_list {
    struct span span; /* first to last item */
    uint32_t n;
    struct expr **v;
};

struct order_item {
    struct span span;
    struct expr *expr;
    bool desc;
};

struct order_list {
    struct span span; /* from ORDER or GROUP to the last item (WITH ROLLUP not) */
    uint32_t n;
    struct order_item *v;
};

/* schema.table.name, as far as written */
struct column_name {
    struct span schema, table, name;
};

/* EX_FUNC */
struct func_call {
    struct span schema, name; /* name as written */
    enum func func;
    unsigned classes;         /* enum func_class; 0 for FN_UNKNOWN */
    bool parens;              /* f(...), and not a bare CURRENT_DATE */
    bool distinct;            /* COUNT(DISTINCT ...) */
    bool star;                /* COUNT(*); there are no args then */
    struct order_list *order; /* GROUP_CONCAT(... ORDER BY), WITHIN GROUP (ORDER BY) */
    struct expr *separator;   /* GROUP_CONCAT(... SEPARATOR 'x') */
    struct window *over;      /* OVER ... */
    struct span args;         /* between the parentheses */
};

/* Types of CAST and columns, as text with the first word picked out. */
struct type_name {
    struct span span; /* all of it: DECIMAL(10,2) UNSIGNED */
    struct span word; /* DECIMAL */
    bool is_unsigned;
};

struct case_expr {
    struct expr *operand; /* or NULL */
    uint32_t nwhen;
    struct expr **when, **then;
    struct expr *otherwise; /* or NULL */
};

#define AST_MAX_HEIGHT 6000
#define AST_MAX_ARGS ((1u << 24) - 1)

/* Nodes are allocated only as long as their kind needs: never copy a struct expr by value. */
struct expr {
    uint8_t kind;    /* enum expr_kind */
    uint8_t op;      /* enum op, enum is_what, ... */
    uint16_t height; /* of the tree below, subqueries included; bounded by AST_MAX_HEIGHT, so recursion is safe */
    uint32_t nargs : 24;
    uint32_t flags : 8; /* enum expr_flag */
    struct span span;   /* without surrounding parentheses */
    struct span outer;  /* with all of them */
    struct expr **args;
    union {
        struct {
            uint32_t index;         /* in the list of literals; EX_STRUCTURE: unused */
            uint8_t kind;           /* enum literal_kind */
            struct span introducer; /* _utf8 */
        } literal;                  /* EX_LITERAL, EX_STRUCTURE */
        uint32_t param;             /* EX_PARAM: ordinal from 0 */
        struct column_name column;  /* EX_COLUMN, EX_STAR */
        struct span name;           /* EX_USERVAR, EX_COLLATE, EX_INTERVAL, EX_TEMPORAL, EX_KEYWORD */
        struct {
            struct span name; /* with a component or structured prefix: default.key_buffer_size */
            uint8_t scope;    /* enum sysvar_scope */
        } sysvar;             /* EX_SYSVAR */
        struct query *query;  /* EX_IN, EX_SUBQUERY, EX_EXISTS, EX_QUANTIFIED */
        struct func_call *call;
        struct case_expr *case_;
        struct type_name *type;  /* EX_CAST, EX_CONVERT */
        struct table_ref *table; /* EX_NEXTVAL */
    };
};

/* ================= tables ================= */

enum table_kind {
    TABLE_BASE,     /* a table or a view, or a temporary table: the text does not tell */
    TABLE_DERIVED,  /* (SELECT ...) AS d: .query */
    TABLE_CTE,      /* a name of WITH: .cte */
    TABLE_FUNCTION, /* JSON_TABLE(...), and the like */
    TABLE_DUAL,     /* FROM DUAL */
    TABLE_SEQUENCE, /* NEXT VALUE FOR seq, NEXTVAL(seq) */
};

enum table_access {
    TABLE_READ = 1,
    TABLE_WRITE = 2,       /* rows are inserted, changed or deleted */
    TABLE_MAYBE_WRITE = 4, /* multi-table UPDATE whose SET does not name the table of a column */
    TABLE_DDL = 8,         /* created, altered, dropped, truncated, ... */
    TABLE_LOCK = 16,       /* LOCK TABLES, FLUSH TABLES t, HANDLER t */
};

struct name_list {
    struct span span; /* first to last name */
    uint32_t n;
    struct span *v;
};

struct table_ref {
    struct table_ref *next; /* of stmt.tables: all of the statement, in text order */
    uint32_t index;         /* its place there */
    uint8_t kind;           /* enum table_kind */
    uint8_t access;         /* enum table_access */
    bool lateral;
    bool used_by_with; /* inside a CTE's definition */
    struct span span;  /* BASE: the written name, schema included; DERIVED: with the parentheses */
    struct span whole; /* with partitions, alias, hints */
    struct span schema, name;
    struct span alias;
    struct name_list *columns; /* DERIVED: d (a, b) */
    struct span partitions;    /* PARTITION (...) */
    struct name_list *partition_names;
    struct span system_time; /* FOR SYSTEM_TIME ... */
    struct span hints;       /* USE/FORCE/IGNORE INDEX ... */
    struct block *block;     /* the query block it belongs to; NULL for a statement's own target */
    struct query *query;     /* DERIVED */
    struct cte *cte;         /* CTE */
    struct expr *call;       /* FUNCTION: the document and other value arguments, an EX_FUNC */
};

enum join_kind {
    JOIN_COMMA,
    JOIN_INNER, /* JOIN, INNER JOIN */
    JOIN_CROSS,
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_STRAIGHT,
};

/* A table, or a join of two. */
struct from {
    struct span span;        /* with surrounding parentheses */
    struct table_ref *table; /* or NULL: a join */
    struct from *left, *right;
    uint8_t join; /* enum join_kind */
    bool natural, parens, oj;
    struct expr *on;
    struct name_list *using_;
};

/* ================= queries ================= */

enum select_flag {
    SELECT_DISTINCT = 1,
    SELECT_ALL = 2,
    SELECT_STRAIGHT = 4,
    SELECT_CALC_FOUND_ROWS = 8,
    SELECT_SMALL_RESULT = 16,
    SELECT_BIG_RESULT = 32,
    SELECT_BUFFER_RESULT = 64,
    SELECT_NO_CACHE = 128,
    SELECT_CACHE = 256,
    SELECT_HIGH_PRIORITY = 512,
};

struct select_item {
    struct select_item *next;
    struct span span;  /* with the alias */
    struct expr *expr; /* EX_STAR for * and t.* */
    struct span alias; /* as written, quotes included: name, `name`, 'name' */
};

enum lock_strength { LOCK_NONE, LOCK_UPDATE, LOCK_SHARE, LOCK_SHARE_MODE };
enum lock_wait { LOCK_WAIT_DEFAULT, LOCK_NOWAIT, LOCK_SKIP_LOCKED, LOCK_WAIT_N };

/* FOR UPDATE [OF t] [NOWAIT], LOCK IN SHARE MODE */
struct locking {
    struct locking *next;
    struct span span;
    uint8_t strength, wait;
    struct name_list *of;
};

/* LIMIT, OFFSET, FETCH: each an EX_LITERAL of kind LITERAL_LIMIT, an EX_PARAM, or a variable */
struct limit {
    struct span span;            /* from LIMIT to the last byte */
    struct expr *count, *offset; /* or NULL */
    struct expr *rows_examined;  /* MariaDB: LIMIT ROWS EXAMINED n */
    bool with_ties;
};

enum into_kind { INTO_OUTFILE, INTO_DUMPFILE, INTO_VARS };

struct into {
    struct span span;
    uint8_t kind;
    struct expr_list *vars; /* INTO_VARS: EX_USERVAR, or EX_COLUMN for a routine's own */
    struct span file;
};

/* One SELECT ... FROM ... WHERE ... */
struct block {
    struct span span;        /* SELECT to the last byte of its own clauses (ORDER BY and after: see query) */
    struct block *outer;     /* the block around it, for a subquery, derived table or CTE */
    struct query *query;     /* the query it is the body of */
    struct span select_word; /* the word SELECT */
    struct span hints;       /* optimizer hints after it */
    uint32_t flags;          /* enum select_flag */
    uint32_t nitems;
    struct select_item *items;
    struct span items_span;
    struct from *from;     /* or NULL; several tables with commas are JOIN_COMMA nodes */
    struct span from_span; /* from the word FROM to the last byte */
    struct expr *where;
    struct span where_span; /* from the word WHERE */
    struct order_list *group;
    bool rollup;
    struct span rollup_span; /* WITH ROLLUP, ROLLUP(...) */
    struct expr *having;
    struct span having_span;
    struct window *windows;
    struct span windows_span;
    struct span procedure;          /* PROCEDURE ANALYSE(...) */
    bool has_aggregate, has_window; /* in items, HAVING or ORDER BY of this very block */
};

struct cte {
    struct cte *next;
    struct span span; /* name to the closing parenthesis */
    struct span name;
    struct name_list *columns;
    struct query *query;
    bool recursive; /* it refers to itself */
    uint32_t uses;
};

struct with {
    struct span span; /* from WITH to the last CTE */
    bool recursive;
    struct cte *list;
};

enum query_kind {
    QUERY_BLOCK,  /* .block */
    QUERY_SET,    /* .left .set .right */
    QUERY_VALUES, /* VALUES ROW(1,2), (3,4): .rows */
    QUERY_TABLE,  /* TABLE t: .table */
    QUERY_PARENS, /* (.left) with clauses of its own around it: (SELECT 1 LIMIT 2) LIMIT 1 */
};

enum set_op { SET_UNION, SET_INTERSECT, SET_EXCEPT };

/* A query expression: a body with WITH before it, and ORDER BY, LIMIT, locking, INTO after it. */
struct query {
    struct span span;  /* without surrounding parentheses */
    struct span outer; /* with them */
    uint8_t kind;
    uint8_t set; /* enum set_op */
    bool all;    /* UNION ALL */
    struct with *with;
    struct block *block;
    struct query *left, *right;
    struct span op_span; /* UNION ALL */
    uint32_t nrows;
    struct expr_list **rows;
    struct table_ref *table;
    struct block *outer_block;
    /* after the body */
    struct order_list *order;
    struct limit *limit;
    struct locking *locking;
    struct into *into;
};

/* ================= statements ================= */

enum stmt_kind {
#define STMT(name) STMT_##name,
#include "router/stmt.def"
#undef STMT
    STMT_KIND_COUNT
};

enum object_kind {
    OBJECT_NONE,
    OBJECT_TABLE,
    OBJECT_VIEW,
    OBJECT_INDEX,
    OBJECT_DATABASE,
    OBJECT_PROCEDURE,
    OBJECT_FUNCTION,
    OBJECT_TRIGGER,
    OBJECT_EVENT,
    OBJECT_USER,
    OBJECT_ROLE,
    OBJECT_SEQUENCE,
    OBJECT_SERVER,
    OBJECT_TABLESPACE,
    OBJECT_LOGFILE_GROUP,
    OBJECT_PACKAGE,
    OBJECT_RESOURCE_GROUP,
    OBJECT_SPATIAL_REFERENCE,
    OBJECT_INSTANCE,
    OBJECT_OTHER,
};

enum fact {
    FACT_AGGREGATE = 1u << 0,
    FACT_WINDOW = 1u << 1,
    FACT_VAR_READ = 1u << 2,
    FACT_VAR_WRITE = 1u << 3, /* := or SET @x or INTO @x */
    FACT_SYSVAR = 1u << 4,    /* @@x is read */
    FACT_LAST_INSERT_ID = 1u << 5,
    FACT_FOUND_ROWS = 1u << 6,
    FACT_ROW_COUNT = 1u << 7,
    FACT_CONNECTION_ID = 1u << 8,
    FACT_LOCK_FUNCTION = 1u << 9, /* GET_LOCK, RELEASE_LOCK, RELEASE_ALL_LOCKS, IS_USED_LOCK, IS_FREE_LOCK */
    FACT_SLEEP = 1u << 10,
    FACT_NEXTVAL = 1u << 11, /* sequences: NEXT VALUE FOR, NEXTVAL(), SETVAL(), LASTVAL() */
    FACT_LOCKING = 1u << 12, /* FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE */
    FACT_INTO = 1u << 13,    /* INTO OUTFILE, DUMPFILE, variables */
    FACT_CALC_FOUND_ROWS = 1u << 14,
    FACT_NONDETERMINISTIC = 1u << 15, /* UUID, RAND, NOW, ... */
    FACT_SUBQUERY = 1u << 16,
    FACT_CTE = 1u << 17,
    FACT_SET_OPERATION = 1u << 18,
    FACT_DERIVED = 1u << 19,
    FACT_STORED_FUNCTION = 1u << 20,  /* a call that is no native function */
    FACT_SESSION_FUNCTION = 1u << 21, /* any FC_SESSION */
    FACT_SERVER_FUNCTION = 1u << 22,  /* any FC_SERVER */
    FACT_OPTIMIZER_HINT = 1u << 23,
    FACT_SYSTEM_TIME = 1u << 24,
    FACT_VERSION_COMMENT = 1u << 25, /* parts of the statement are in an executed comment */
    FACT_MULTI_TABLE = 1u << 26,     /* UPDATE or DELETE in its multi-table form */
    FACT_RETURNING = 1u << 27,
    FACT_SIDE_EFFECT = 1u << 28, /* any FC_SIDE_EFFECT */
};

/* A call that matters to routing: not a plain function of its arguments. */
struct call {
    struct call *next; /* in text order */
    struct expr *expr; /* EX_FUNC or EX_NEXTVAL */
    struct block *block;
};

struct assignment {
    struct assignment *next;
    struct span span;
    struct expr *target; /* EX_COLUMN; LOAD DATA: or EX_USERVAR */
    struct expr *value;  /* EX_DEFAULT for DEFAULT */
};

struct insert {
    struct span verb; /* INSERT or REPLACE */
    struct span hints;
    bool ignore, low_priority, high_priority, delayed;
    struct table_ref *table;
    struct expr_list *columns; /* EX_COLUMN each; NULL: not written */
    struct span columns_span;  /* with the parentheses */
    uint32_t nrows;
    struct expr_list **rows; /* span with the parentheses; an empty () has n 0 */
    struct span rows_span;   /* first row to last row */
    struct span values_word; /* VALUES, VALUE */
    struct assignment *set;  /* INSERT ... SET */
    struct query *query;     /* INSERT ... SELECT / TABLE / VALUES ROW */
    struct span row_alias;
    struct name_list *row_columns;
    struct assignment *on_duplicate;
    struct span on_duplicate_span;
};

struct update {
    struct span hints;
    bool low_priority, ignore;
    struct from *from; /* one table, or a join tree */
    struct assignment *set;
    struct expr *where;
    struct span where_span;
    struct order_list *order;
    struct limit *limit;
};

struct delete_ {
    struct span hints;
    bool low_priority, quick, ignore, history;
    uint32_t ntargets;
    struct table_ref **targets; /* the refs of from that are deleted from */
    struct span *target_spans;  /* as written before FROM or after it */
    struct from *from;
    struct expr *where;
    struct span where_span;
    struct order_list *order;
    struct limit *limit;
};

struct returning {
    struct span span;
    uint32_t nitems;
    struct select_item *items;
};

struct load_data {
    bool local, xml, replace, ignore;
    struct span file; /* the quoted file name */
    struct table_ref *table;
    struct expr_list *columns; /* EX_COLUMN or EX_USERVAR */
    struct assignment *set;
};

enum set_target {
    SETTING_VARIABLE, /* [scope] name = value, @@scope.name = value */
    SETTING_USERVAR,  /* @x = value */
    SETTING_NAMES,    /* NAMES cs [COLLATE co]: value is the charset (NULL: DEFAULT), value2 the collation */
    SETTING_CHARSET,  /* CHARACTER SET cs */
    SETTING_NEW_OLD,  /* NEW.col = value, of triggers */
};

struct setting {
    struct setting *next;
    struct span span;
    uint8_t target; /* enum set_target */
    uint8_t scope;  /* enum sysvar_scope; SCOPE_SESSION also for LOCAL and plain @@x; SCOPE_NONE for a plain name */
    struct span scope_word;
    struct span name;   /* the variable's name without scope, @, @@ */
    struct expr *value; /* EX_DEFAULT, EX_KEYWORD for a bare word (ON, utf8mb4, READ-COMMITTED is a string) */
    struct expr *value2;
};

enum isolation {
    ISOLATION_NONE,
    ISOLATION_READ_UNCOMMITTED,
    ISOLATION_READ_COMMITTED,
    ISOLATION_REPEATABLE_READ,
    ISOLATION_SERIALIZABLE
};

/* START TRANSACTION, COMMIT, ROLLBACK, SET TRANSACTION, SAVEPOINT, XA */
struct trx {
    bool read_only, read_write, snapshot;
    int8_t chain, release; /* 1: AND CHAIN, -1: AND NO CHAIN, 0: not said */
    uint8_t isolation;     /* enum isolation: SET TRANSACTION */
    uint8_t scope;         /* enum sysvar_scope: SET TRANSACTION */
    struct span savepoint;
    struct span xid;
    uint16_t xa_word; /* enum keyword: START, END, PREPARE, COMMIT, ROLLBACK, RECOVER */
};

struct column_def {
    struct column_def *next;
    struct span span;
    struct span name;
    struct type_name type;
    bool not_null, auto_increment, primary_key, unique_key, generated;
    struct span charset, collation;
    struct span references; /* a foreign key written with the column: REFERENCES ... */
};

enum key_kind { KEY_PLAIN, KEY_PRIMARY, KEY_UNIQUE, KEY_FOREIGN, KEY_FULLTEXT, KEY_SPATIAL, KEY_CHECK, KEY_VECTOR };

struct key_def {
    struct key_def *next;
    struct span span;
    uint8_t kind; /* enum key_kind */
    struct span name;
    struct name_list *columns; /* an expression's part has the expression's span */
    struct table_ref *references;
    struct name_list *referenced;
};

struct ddl {
    uint8_t object; /* enum object_kind */
    bool temporary, if_exists, if_not_exists, or_replace, online, unique;
    struct span object_word;    /* TABLE, ... */
    struct span name, schema;   /* of what is not a table: index, database, routine, ... */
    struct table_ref *table;    /* the first table: created, altered, that the index or trigger is on */
    struct table_ref *like;     /* CREATE TABLE t LIKE this */
    struct column_def *columns; /* CREATE TABLE (...) and ALTER TABLE ADD [COLUMN] */
    struct key_def *keys;
    struct span body;        /* CREATE TABLE: the parentheses; ALTER TABLE: behind the table's name */
    struct span options;     /* CREATE TABLE: behind the parentheses, up to AS or the end */
    bool options_understood; /* CREATE/ALTER TABLE: everything of the body was understood */
    /* RENAME TABLE a TO b, ALTER TABLE a RENAME TO b: pairs in order in stmt.tables */
    struct table_ref *rename_to; /* ALTER TABLE ... RENAME */
};

enum show_kind {
#define SHOW(name) SHOW_##name,
#include "router/show.def"
#undef SHOW
    SHOW_KIND_COUNT
};

struct show {
    uint8_t kind; /* enum show_kind */
    bool full, extended, global, session, if_exists;
    struct span object;      /* SHOW CREATE DATABASE x, SHOW GRANTS FOR x, ... */
    struct table_ref *table; /* SHOW COLUMNS FROM t, SHOW CREATE TABLE t, SHOW INDEX FROM t */
    struct span schema;      /* FROM/IN schema */
    struct expr *like, *where;
    struct limit *limit;
};

struct explain {
    bool analyze, route, extended, partitions;
    struct span format;      /* the word or string after FORMAT = */
    struct stmt *stmt;       /* the statement explained; its tables and facts are the outer's too */
    struct table_ref *table; /* DESCRIBE t [col] */
    struct span column;      /* ... a name or a pattern */
    struct expr *connection; /* FOR CONNECTION n */
};

enum kill_what { KILL_CONNECTION, KILL_QUERY, KILL_QUERY_ID };

struct kill {
    uint8_t what; /* enum kill_what */
    bool soft;
    struct expr *id;  /* or */
    struct span user; /* KILL USER u */
};

struct prepare {
    struct span name;
    struct expr *from;        /* PREPARE: the text, a literal or a variable; EXECUTE IMMEDIATE likewise */
    struct expr_list *using_; /* EXECUTE ... USING */
};

struct use_ {
    struct span schema;
};

struct call_proc {
    struct span schema, name;
    struct span span; /* schema and name */
    struct expr_list *args;
};

struct stmt {
    uint8_t kind;     /* enum stmt_kind */
    struct span span; /* first token to last, without ';' */
    uint32_t facts;   /* enum fact */
    uint32_t nparams;
    uint32_t ntables;
    struct table_ref *tables;
    struct call *calls;
    struct span *hints; /* optimizer and routing hints, in text order */
    uint32_t nhints;
    uint16_t words[3];   /* the leading keywords, KW_NONE where an identifier stands */
    struct query *query; /* SELECT, and the query inside INSERT, CREATE TABLE, CREATE VIEW */
    struct with *with;   /* WITH ... UPDATE/DELETE */
    struct returning *returning;
    struct setting *settings; /* SET; SET STATEMENT ... FOR */
    struct stmt *inner;       /* SET STATEMENT ... FOR: what follows; EXPLAIN: explain->stmt too */
    struct expr_list *values; /* DO, SIGNAL ...: expressions */
    union {                   /* by kind; also insert for REPLACE, trx for all of transactions */
        struct insert *insert;
        struct update *update;
        struct delete_ *delete_;
        struct load_data *load;
        struct trx *trx;
        struct ddl *ddl;
        struct show *show;
        struct explain *explain;
        struct kill *kill;
        struct prepare *prepare;
        struct use_ *use_;
        struct call_proc *call;
        void *detail;
    };
};

const char *stmt_kind_name(enum stmt_kind kind); /* "SELECT", "START_TRANSACTION", ... */
const char *show_kind_name(enum show_kind kind);
const char *op_name(enum op op); /* "=", "AND", ... */

/* ================= walking ================= */

enum walk {
    WALK_CONTINUE, /* go on, below this node too */
    WALK_PRUNE,    /* go on, but not below this node */
    WALK_ABORT,    /* stop */
};

/* Callbacks are called before what is below the node; any may be NULL (= continue). */
struct walker {
    enum walk (*on_expr)(struct walker *w, struct expr *e);
    enum walk (*on_query)(struct walker *w, struct query *q);
    enum walk (*on_from)(struct walker *w, struct from *f);
    void *ctx;
};

/* Each returns false when a callback aborted. NULL is nothing to walk. In text order as far as the grammar has one. */
bool walk_expr(struct walker *w, struct expr *e);
bool walk_query(struct walker *w, struct query *q);
bool walk_from(struct walker *w, struct from *f);
bool walk_stmt(struct walker *w, struct stmt *s);

/* ================= dump ================= */

/* The tree as one line of S-expressions, for tests and EXPLAIN ROUTE's curious: names and literals by their bytes.
 * In the arena, NUL-terminated; NULL: no memory. */
char *ast_dump(const struct stmt *s, const char *sql, struct arena *a);
char *ast_dump_expr(const struct expr *e, const char *sql, struct arena *a);

#endif
