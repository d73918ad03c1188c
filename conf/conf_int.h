/* What the files of conf/ share, and nobody outside it but its tests includes.
 *
 * The way of a configuration:
 *
 *   text --conf_tree--> nodes --conf_read--> struct conf --conf_check--> checked --conf_build--> complete
 *
 * conf_tree.c knows YAML, conf_env.c ${NAME}; conf_value.c and conf_address.c know how one value is written;
 * conf_read.c and conf_list.c walk nodes by the table conf_key.def; conf_check.c and conf_check_table.c hold the rules
 * across settings; conf.c joins the steps and owns the result. A step goes on after an error so that all are reported,
 * and what it leaves behind can always be freed.
 *
 * No message shows a secret, nor a value that came from the environment.
 */
#ifndef CONF_CONF_INT_H
#define CONF_CONF_INT_H

#include "conf/conf.h"

/* One row of conf_key.def. From READS on a type is a choice of words; from USERS on it is read by code of its own. */
enum conf_type {
    CONF_T_ADDRESSES,
    CONF_T_ADDRESS,
    CONF_T_STRING,
    CONF_T_NAME,
    CONF_T_FILE,
    CONF_T_SECRET,
    CONF_T_SECRET_FILE,
    CONF_T_COUNT,
    CONF_T_THREADS,
    CONF_T_SIZE,
    CONF_T_DURATION,
    CONF_T_BOOL,
    CONF_T_AUTH_PLUGIN,
    CONF_T_READS,
    CONF_T_ROLE,
    CONF_T_KIND,
    CONF_T_BY,
    CONF_T_DATE_UNIT,
    CONF_T_TLS_MODE,
    CONF_T_TLS_VERIFY,
    CONF_T_LOG_LEVEL,
    CONF_T_LOG_FORMAT,
    CONF_T_USERS,
    CONF_T_ADMINS,
    CONF_T_SHARDS,
    CONF_T_SLOTS,
    CONF_T_INSTANCES,
    CONF_T_SCHEMAS,
    CONF_T_TABLES,
    CONF_T_OTHERS,
    CONF_T_COLUMNS,
    CONF_T_RANGES,
    CONF_T_LISTS,
    CONF_T_BELOW,
    CONF_T_VALUES
};

enum conf_scope {
    CONF_IN_TOP,
    CONF_IN_USER,
    CONF_IN_ADMIN,
    CONF_IN_SHARD,
    CONF_IN_INSTANCE,
    CONF_IN_SCHEMA,
    CONF_IN_OTHERS,
    CONF_IN_TABLE,
    CONF_IN_RANGE,
    CONF_IN_LIST,
    CONF_IN_NONE
};

#define CONF_STRUCT_TOP struct conf
#define CONF_STRUCT_USER struct conf_user
#define CONF_STRUCT_ADMIN struct conf_user
#define CONF_STRUCT_SHARD struct conf_shard
#define CONF_STRUCT_INSTANCE struct conf_instance
#define CONF_STRUCT_SCHEMA struct conf_schema
#define CONF_STRUCT_OTHERS struct conf_others
#define CONF_STRUCT_TABLE struct conf_table
#define CONF_STRUCT_RANGE struct conf_rule
#define CONF_STRUCT_LIST struct conf_rule

struct conf_key {
    enum conf_scope scope;
    const char *name;
    size_t offset; /* of the member in the scope's struct */
    enum conf_type type;
    const char *def, *min, *max;
    bool reloadable;
    const char *help;
};

extern const char conf_needed[]; /* the default of a setting that must be given */
extern const struct conf_key conf_keys[];
#define X(...) +1
enum {
    CONF_N_KEYS = 0
#include "conf/conf_key.def"
};
#undef X

/* The scope that the mappings under a setting of this type are in, or CONF_IN_NONE. */
enum conf_scope conf_key_inside(enum conf_type type);

/* ---- nodes ---- */

enum conf_node_kind { CONF_SCALAR, CONF_LIST, CONF_MAP };

struct conf_node {
    enum conf_node_kind kind;
    unsigned line; /* of its key, or of itself in a list */
    char *key;     /* in a mapping, else NULL */
    size_t index;  /* among its siblings */
    char *text;    /* scalar, after ${ENV} */
    bool null;     /* scalar: nothing, ~ or null without quotes */
    bool expanded; /* some of the text came from the environment: not for messages */
    bool bad;      /* scalar: its ${ENV} has been reported already */
    struct conf_node *parent, *next, *first, *last;
    size_t n; /* children */
};

/* What the reading of a file may ask of the world; conf_parse() has none. */
struct conf_outside {
    char *(*read_secret)(const char *path, const char **why); /* malloced, or NULL and *why */
    const char *(*why_unreadable)(const char *path);          /* NULL: it can be read */
    unsigned (*processors)(void);
};

/* One run of conf_load() or conf_parse(). */
struct conf_ctx {
    const char *file;
    conf_error_fn on_error;
    void *arg;
    const struct conf_outside *outside; /* may be NULL */
    const struct conf_override *overrides;
    size_t n_overrides;
    unsigned problems;
    unsigned lines[CONF_N_KEYS]; /* where the TOP settings were given; 0 = they were not */
};

enum { CONF_MAX_PROBLEMS = 100 };

/* Reports a problem; the message starts with file, line and the path of the setting. */
void conf_problem(struct conf_ctx *ctx, const struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void conf_problem_at(struct conf_ctx *ctx, unsigned line, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* So many problems that looking for more is of no use. */
bool conf_hopeless(const struct conf_ctx *ctx);

/* YAML to nodes. NULL after a problem that leaves nothing to look at; other problems are only counted. */
struct conf_node *conf_tree_read(struct conf_ctx *ctx, const char *text, size_t len);
void conf_tree_free(struct conf_node *node); /* wipes */
const struct conf_node *conf_node_get(const struct conf_node *map, const char *key);

/* Disguises ${NAME} in a file's text, to be freed; undoes that in a piece of it; fills in a node's text. */
char *conf_env_hide(const char *text, size_t len, size_t *hidden_len);
void conf_env_show(char *text);
void conf_env_expand(struct conf_ctx *ctx, struct conf_node *node);

/* ---- values ---- */

/* Text to value. NULL if well, else what is wrong with the text, to be read after it: "is not a size". The value at
 * `to` is left alone on failure. Not for SECRET_FILE, nor for types that have their own reader. */
const char *conf_value_parse(enum conf_type type, const char *text, void *to);
/* The same for a row of the table, with its range and into its place in `base`; `why` gets the text. */
bool conf_value_set(const struct conf_key *key, const char *text, void *base, char *why, size_t size);
/* Value to text as the file would have it, malloced. */
char *conf_value_format(const struct conf_key *key, const void *base);
/* Frees what a row's value owns; secrets are wiped. */
void conf_value_free(const struct conf_key *key, void *base);
const char *conf_address_parse(const char *text, struct conf_address *to); /* like conf_value_parse() */
char *conf_address_format(const struct conf_address *a);
/* The words of a choice, ended by NULL; NULL for other types. */
const char *const *conf_value_words(enum conf_type type);

/* ---- the other steps ---- */

/* Reads a mapping of the file into the scope's struct, defaults included. */
void conf_read_map(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, void *base);
/* The text of a node that must be a single value, or NULL after a problem. */
const char *conf_read_scalar(struct conf_ctx *ctx, const struct conf_node *node);
/* That text as it may stand in a message. */
const char *conf_read_shown(const struct conf_node *node, char *buf, size_t size);
/* Types that are read by code of their own (NULL for others) and put what they read into the scope's struct. */
typedef void conf_reader(struct conf_ctx *ctx, const struct conf_node *node, void *object);
conf_reader *conf_list_reader(enum conf_type type);

void conf_read(struct conf_ctx *ctx, const struct conf_node *root, struct conf *c);
void conf_check(struct conf_ctx *ctx, const struct conf *c);
/* Does a table have the settings that its kind and function want, and no others? Called while its node is at hand. */
void conf_check_table_form(struct conf_ctx *ctx, const struct conf_node *node, const struct conf_table *t);
void conf_check_schemas(struct conf_ctx *ctx, const struct conf *c);
void conf_build(struct conf_ctx *ctx, struct conf *c);

/* ---- helpers ---- */

/* Names of one kind, sorted, to find one and to find doubles. */
struct conf_name {
    const char *name;
    unsigned line;
    size_t index; /* in the configuration's own array */
};
void conf_names_sort(struct conf_name *names, size_t n);
const struct conf_name *conf_names_find(const struct conf_name *names, size_t n, const char *name);
/* Sorts, and reports doubles at the path "list[name]": "what is given twice". */
void conf_names_check(struct conf_ctx *ctx, struct conf_name *names, size_t n, const char *list, const char *what);

/* Keeps the candidate (len bytes) most like `word`, if any is like it at all. Start with {.word = word}. */
struct conf_hint {
    const char *word, *best;
    size_t len; /* of best */
    unsigned distance;
};
void conf_hint_offer(struct conf_hint *h, const char *candidate, size_t len);

/* Processors that the cgroup's quota and the affinity mask allow, at least 1. `root` stands before /proc and /sys. */
unsigned conf_processors_under(const char *root);

void *conf_calloc(size_t n, size_t size); /* never NULL: ends the program instead */
char *conf_strdup(const char *s);         /* NULL for NULL */
char *conf_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
