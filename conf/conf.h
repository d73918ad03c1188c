/* The configuration as plain structs: what the operator wrote, checked, with defaults filled in.
 *
 * conf_load() reads the YAML file; every error names file, line and key, and all errors are reported, not only the
 * first. A struct conf is read-only after loading and is shared by all threads through its reference count: a reload
 * makes a new one, and who still works on the old one keeps it alive.
 *
 * All strings are owned by the struct conf (NUL-terminated); optional ones are NULL when absent. Durations are in
 * milliseconds, sizes in bytes.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Where to listen or connect: a Unix socket path, or host and port ("[::1]:3306" in the file for IPv6). */
struct conf_address {
    char *host;   /* NULL when path is set */
    uint16_t port;
    char *path;   /* Unix socket; in the file "unix:/run/shardwire.sock" */
};

struct conf_addresses {
    struct conf_address *at;
    size_t n;
};

enum conf_tls_verify { CONF_VERIFY_NONE, CONF_VERIFY_CA, CONF_VERIFY_FULL };
enum conf_tls_mode { CONF_TLS_OFF, CONF_TLS_PREFERRED, CONF_TLS_REQUIRED };

/* `tls:` (towards clients) and `backend: {tls: …}` (towards instances). */
struct conf_tls {
    enum conf_tls_mode mode;     /* clients: REQUIRED refuses plain logins; OFF when no certificate is given */
    char *certificate, *key;     /* PEM files */
    char *ca;                    /* PEM file that the peer's certificate must chain to */
    enum conf_tls_verify verify; /* clients: CA = a client certificate is demanded; instances: FULL checks the host name too */
};

enum conf_reads { CONF_READS_EVENTUAL, CONF_READS_SESSION, CONF_READS_PRIMARY };

struct conf_user {
    char *name, *password;       /* password never NULL, may be "" */
    char *schema;                /* schema selected at login when the client names none; may be NULL */
    enum conf_reads reads;
    unsigned max_connections;    /* 0 = no limit of its own */
    unsigned line;               /* where it stands in the file, for messages (here and below) */
};

enum conf_role { CONF_PRIMARY, CONF_REPLICA };

struct conf_instance {
    char *name;                  /* defaults to "host:port" */
    struct conf_address address;
    enum conf_role role;
    char *zone;                  /* may be NULL */
    unsigned connections;        /* most backends that this proxy opens to it */
    unsigned weight;             /* share of reads among equals; 0 = none unless nothing else is left */
    bool disabled;
    unsigned line;
};

struct conf_slot_range {
    unsigned first, last;        /* inclusive */
};

struct conf_shard {
    char *name;
    uint64_t capacity;           /* bytes, 0 = no cap */
    struct conf_instance *instances;
    size_t n_instances;
    struct conf_slot_range *slots; /* `slots: [0-255, 300]`; none given on any shard = evenly spread in file order */
    size_t n_slots;                /* (already done here); a shard without any while others have some = 0 */
    unsigned line;
};

enum conf_table_kind { CONF_TABLE_SHARDED, CONF_TABLE_GLOBAL, CONF_TABLE_SINGLE };
enum conf_by { CONF_BY_HASH, CONF_BY_MOD, CONF_BY_RANGE, CONF_BY_LIST, CONF_BY_DATE };
enum conf_date_unit { CONF_DATE_DAY, CONF_DATE_WEEK, CONF_DATE_MONTH, CONF_DATE_YEAR };

/* One row of `ranges:` {below: V, shard: S} (the last has no below), or of `lists:` {values: [V, …], shard: S}
 * (the last may have no values: everything else). A value is the text of the YAML scalar. */
struct conf_rule {
    char **values;
    size_t n_values;             /* ranges: 1, or 0 for "the rest" */
    char *shard;
    unsigned line;
};

struct conf_table {
    char *name;
    enum conf_table_kind kind;
    char **key;                  /* sharded: its key columns in order (`key: user_id` or `key: [a, b]`) */
    size_t n_key;
    enum conf_by by;
    enum conf_date_unit unit;    /* by date: slot = unit number mod shards of `shards:` or all shards */
    struct conf_rule *rules;     /* by range and list */
    size_t n_rules;
    char *with;                  /* bound to this table (same schema); its by, unit and rules are copied here */
    char *shard;                 /* single: where it lives */
    unsigned line;
};

/* Tables that are not listed: single on `shard`, or sharded by the first column of the primary key. */
struct conf_others {
    enum conf_table_kind kind;   /* SINGLE or SHARDED */
    char *shard;                 /* SINGLE: its shard; default the first. SHARDED: NULL */
};

struct conf_schema {
    char *name;
    struct conf_table *tables;
    size_t n_tables;
    struct conf_others others;
    unsigned line;
};

enum conf_log_format { CONF_LOG_TEXT, CONF_LOG_JSON };
enum conf_log_level { CONF_LOG_ERROR, CONF_LOG_WARNING, CONF_LOG_INFO, CONF_LOG_DEBUG };

struct conf {
    atomic_uint refs;
    char *path;                  /* the file it came from */

    struct {
        struct conf_addresses client, admin, http;
        unsigned backlog;
    } listen;
    unsigned threads;            /* workers; `auto` is resolved to the processors that the cgroup allows */
    char *zone;                  /* our own; may be NULL */
    struct conf_tls tls;
    struct {
        enum conf_log_level level;
        enum conf_log_format format;
    } log;

    struct {
        char *user, *password;
        struct conf_tls tls;
        char *default_auth;      /* NULL: what the instance proposes */
        uint64_t connect_timeout, idle_timeout, max_age; /* idle_timeout: a pooled backend unused for so long is closed */
    } backend;

    struct conf_user *users;     /* of the data port */
    size_t n_users;
    struct conf_user *admins;    /* of the admin port */
    size_t n_admins;

    struct {
        unsigned max_connections;      /* clients of the data port: error 1040 above */
        uint64_t max_allowed_packet;   /* from a client */
        uint64_t login_timeout;        /* a client that has not logged in by then is closed */
        uint64_t wait_timeout;         /* an idle client is closed; 0 = never */
        uint64_t write_timeout;        /* a client that reads nothing for so long is closed */
        uint64_t queue_timeout;        /* a statement waits so long for a backend */
        uint64_t query_timeout;        /* a backend that sends nothing for so long is killed; 0 = never */
        uint64_t drain_timeout;        /* SIGTERM: running transactions may finish until then */
        unsigned max_queue;            /* statements that wait for a backend, per instance and worker */
        unsigned max_statements;       /* prepared statements of one session */
        unsigned backend_statements;   /* prepared statements kept on one backend */
        unsigned plan_cache;           /* plans kept per worker */
        unsigned digests;              /* rows of mesh.statements kept per worker */
        uint64_t relay_buffer;         /* bytes queued to a slow client before its backend is paused */
        uint64_t statement_memory;     /* bytes of parse tree, plan and rewritten SQL of one statement */
    } limits;

    struct {
        uint64_t interval;             /* health probe of every instance */
        uint64_t timeout;
        uint64_t max_lag;              /* a replica behind by more gets no reads */
        uint64_t gtid_wait;            /* session reads wait so long on a replica for their own write; 0 = go to the primary */
    } health;

    struct {
        uint64_t recover_interval;     /* prepared branches are looked for */
        uint64_t recover_age;          /* one prepared for so long is ended by recovery */
    } transactions;

    unsigned slots;              /* 1024 */
    struct conf_shard *shards;
    size_t n_shards;
    struct conf_schema *schemas;
    size_t n_schemas;
};

/* Called once per problem found: "file:line: key: what is wrong" without newline. */
typedef void (*conf_error_fn)(void *arg, const char *message);

/* Reads and checks the file at `path`. `${NAME}` in a scalar is taken from the environment (an unset variable is an
 * error; `$${` is a literal `${`); `password_file:` reads a secret from a file. Names of files are relative to the
 * folder of `path`. Returns a configuration with one reference, or NULL after
 * at least one call of `on_error`. */
struct conf *conf_load(const char *path, conf_error_fn on_error, void *arg);

/* The same with values that stand in for the file's own, for single numbers, sizes, durations and words that a reload
 * applies: checked as if the file said so. */
struct conf_override {
    char *name, *value;          /* "limits.max_queue", "100" */
};
struct conf *conf_load_with(const char *path, const struct conf_override *overrides, size_t n, conf_error_fn on_error,
                            void *arg);

/* The same from memory; `name` stands for the file in messages and for the folder that file names are relative to.
 * Touches no file: `password_file:` is an error, TLS files are not looked at, and `threads: auto` is 1. */
struct conf *conf_parse(const char *name, const char *text, size_t len, conf_error_fn on_error, void *arg);

struct conf *conf_ref(struct conf *c);
void conf_unref(struct conf *c); /* frees with the last reference; secrets are wiped */

/* Calls `row` for every setting with a scalar value: its dotted name, its current value as text (secrets as "***"),
 * whether a reload applies it, and its help line: the admin table mesh.variables. */
void conf_each(const struct conf *c,
               void (*row)(void *arg, const char *name, const char *value, bool reloadable, const char *help),
               void *arg);

#endif
