/* What the instances say about the tables: columns, types, collations, keys. Read lazily, one table at a time, by the
 * control plane; the router only looks things up.
 *
 * A struct catalog is an immutable snapshot, shared by reference count; adding or forgetting a table makes a new
 * snapshot that shares the other tables' entries. A table that was asked for and does not exist has an entry with
 * exists == false, so that it is not asked for again until DDL or time says so.
 */
#ifndef ROUTER_CATALOG_H
#define ROUTER_CATALOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How values of a column compare and hash: what canon.c needs to know. */
enum column_class {
    COLUMN_INT,      /* TINYINT … BIGINT, YEAR, BOOL: bits and is_unsigned say the range */
    COLUMN_DECIMAL,  /* precision, scale */
    COLUMN_FLOAT,    /* FLOAT, DOUBLE: not allowed as a key */
    COLUMN_TEXT,     /* CHAR, VARCHAR, TEXT, ENUM, SET: charset and collation */
    COLUMN_BINARY,   /* BINARY, VARBINARY, BLOB, BIT, UUID, INET6 … */
    COLUMN_DATE,
    COLUMN_DATETIME, /* and TIMESTAMP; fsp */
    COLUMN_TIME,
    COLUMN_OTHER,    /* JSON, geometry: not allowed as a key */
};

struct column_info {
    char *name;
    char *type;                 /* "varchar(20)", as information_schema.COLUMNS.COLUMN_TYPE has it */
    enum column_class class;
    uint8_t bits;               /* INT: 8, 16, 24, 32, 64 */
    bool is_unsigned, nullable, auto_increment, generated, fixed /* CHAR, BINARY: padded */;
    uint32_t length;            /* TEXT: characters; BINARY: bytes */
    uint8_t precision, scale;   /* DECIMAL; DATETIME and TIME: scale = fractional digits */
    char *charset, *collation;  /* TEXT, else NULL */
    bool has_default;           /* an INSERT may leave it out */
    bool invisible;             /* not in SELECT *, nor in an INSERT without a column list */
};

/* A primary, unique or foreign key: column numbers, in order. */
struct key_info {
    char *name;
    bool primary, unique;
    bool partial;               /* has parts that are no whole column (prefix, expression): they are not in columns */
    uint16_t *columns;
    size_t n_columns;
    char *ref_schema, *ref_table; /* foreign key, else NULL */
    char **ref_columns;           /* foreign key: as many as columns */
};

struct table_info {
    atomic_uint refs;
    char *schema, *name;
    bool exists, is_view;
    char *view_definition;      /* view: its SELECT, names with their schemas (information_schema.VIEWS); NULL: not known */
    struct column_info *columns;
    size_t n_columns;
    struct key_info *keys;      /* unique (primary first) and foreign ones only */
    size_t n_keys;
    uint64_t read_at;           /* uv_hrtime()-like ns: when it was read; for the control plane */
};

struct catalog; /* immutable */

struct catalog *catalog_new(void);
struct catalog *catalog_ref(struct catalog *c);
void catalog_unref(struct catalog *c);

/* NULL: never read. The entry is borrowed from the snapshot. Names compare as the instances do
 * (lower_case_table_names = 0: bytewise). */
const struct table_info *catalog_table(const struct catalog *c, const char *schema, size_t schema_len, const char *name,
                                       size_t name_len);

/* A new snapshot with `t` added or replaced (takes over the caller's reference of t), or with a table removed
 * (`name` NULL: all tables of the schema; both NULL: all). `c` itself is unchanged and still the caller's. */
struct catalog *catalog_with(const struct catalog *c, struct table_info *t);
struct catalog *catalog_without(const struct catalog *c, const char *schema, const char *name);

/* A new snapshot of the entries that `keep` says true to. */
struct catalog *catalog_filter(const struct catalog *c, bool (*keep)(void *arg, const struct table_info *t), void *arg);

/* Calls fn for every entry. */
void catalog_each(const struct catalog *c, void (*fn)(void *arg, const struct table_info *t), void *arg);

struct table_info *table_info_new(const char *schema, const char *name); /* empty, exists == false, one reference */
void table_info_unref(struct table_info *t);

/* Column number by name (ASCII case-insensitive), or -1. */
int table_info_column(const struct table_info *t, const char *name, size_t len);

/* Fills class, bits, is_unsigned, length, precision, scale, fixed from `type` (in lower case, as the servers have it). */
void column_info_classify(struct column_info *c);

#endif
