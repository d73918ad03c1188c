/* Nodes to structs, by the table conf_key.def.
 *
 * A mapping of the file belongs to a scope; each of its keys is looked up among the scope's rows and its value put
 * where the row says. Sections of the top ("limits:") are prefixes of dotted names. What is left out gets the row's
 * default afterwards, so a struct is whole even when half of it was wrong. Lists of mappings (users, shards, tables …)
 * are types with a reader of their own, at the end.
 */
#include "conf/conf_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char conf_needed[] = "(must be given)";

#define NEEDED conf_needed
#define X(scope, name, member, type, def, min, max, reloadable, help)                                                  \
    {CONF_IN_##scope, name, offsetof(CONF_STRUCT_##scope, member), CONF_T_##type, def, min, max, reloadable, help},
const struct conf_key conf_keys[] = {
#include "conf/conf_key.def"
};
#undef X

typedef void read_fn(struct conf_ctx *ctx, const struct conf_node *node, void *object);
static void read_map(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, void *base);
static read_fn *reader_of(enum conf_type type);

enum conf_scope conf_key_inside(enum conf_type type)
{
    switch (type) {
    case CONF_T_USERS:
        return CONF_IN_USER;
    case CONF_T_ADMINS:
        return CONF_IN_ADMIN;
    case CONF_T_SHARDS:
        return CONF_IN_SHARD;
    case CONF_T_INSTANCES:
        return CONF_IN_INSTANCE;
    case CONF_T_SCHEMAS:
        return CONF_IN_SCHEMA;
    case CONF_T_TABLES:
        return CONF_IN_TABLE;
    case CONF_T_OTHERS:
        return CONF_IN_OTHERS;
    case CONF_T_RANGES:
        return CONF_IN_RANGE;
    case CONF_T_LISTS:
        return CONF_IN_LIST;
    default:
        return CONF_IN_NONE;
    }
}

/* ---- finding a key's row ---- */

static const struct conf_key *find_key(enum conf_scope scope, const char *name)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++)
        if (conf_keys[i].scope == scope && strcmp(conf_keys[i].name, name) == 0)
            return &conf_keys[i];
    return NULL;
}

/* Is `name` the beginning of dotted names? */
static bool is_section(enum conf_scope scope, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < CONF_N_KEYS; i++)
        if (conf_keys[i].scope == scope && strncmp(conf_keys[i].name, name, len) == 0 && conf_keys[i].name[len] == '.')
            return true;
    return false;
}

static void unknown_key(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, const char *prefix)
{
    struct conf_hint hint = {.word = node->key};
    size_t len = strlen(prefix);
    char part[64];

    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const char *name = conf_keys[i].name, *last = strrchr(name, '.');

        if (conf_keys[i].scope != scope)
            continue;
        if (last && strcmp(last + 1, node->key) == 0) {
            conf_problem(ctx, node, "unknown setting; did you mean %.*s: {%s: …}?", (int)(last - name), name, last + 1);
            return;
        }
        if (strncmp(name, prefix, len) != 0)
            continue;
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(name + len, "."), name + len);
        if (!hint.best || strcmp(hint.best, part) != 0) {
            const char *before = hint.best;

            conf_hint_offer(&hint, part);
            if (hint.best != before)
                hint.best = name + len; /* outlives `part`; printed up to its dot */
        }
    }
    if (hint.best)
        conf_problem(ctx, node, "unknown setting; did you mean '%.*s'?", (int)strcspn(hint.best, "."), hint.best);
    else
        conf_problem(ctx, node, "unknown setting");
}

/* ---- one value ---- */

/* The value as it may stand in a message. */
static const char *shown(const struct conf_node *node, char *buf, size_t size)
{
    size_t n = 0;

    if (node->expanded)
        return "the value from the environment";
    n = (size_t)snprintf(buf, size, "'%.60s%s'", node->text, strlen(node->text) > 60 ? "…" : "");
    for (size_t i = 0; i < n && i < size; i++)
        if ((unsigned char)buf[i] < ' ' || buf[i] == 127)
            buf[i] = '?';
    return buf;
}

/* The node's text, or NULL after a problem. */
static const char *scalar(struct conf_ctx *ctx, const struct conf_node *node)
{
    if (node->kind != CONF_SCALAR)
        conf_problem(ctx, node, "must be a single value");
    else if (node->null)
        conf_problem(ctx, node, "has no value (an empty text is written \"\")");
    else
        return node->text;
    return NULL;
}

static void read_addresses(struct conf_ctx *ctx, const struct conf_node *node, struct conf_addresses *to)
{
    char buf[80];

    to->at = conf_calloc(node->n, sizeof(*to->at));
    for (const struct conf_node *item = node->first; item; item = item->next) {
        const char *text = scalar(ctx, item);
        const char *why = text ? conf_value_parse(CONF_T_ADDRESS, text, &to->at[to->n]) : NULL;

        if (why)
            conf_problem(ctx, item, "%s %s", shown(item, buf, sizeof(buf)), why);
        else if (text)
            to->n++;
    }
}

static void read_secret_file(struct conf_ctx *ctx, const struct conf_node *node, const char *path, char **to)
{
    const char *why = "files are not read here";

    if (ctx->outside)
        *to = ctx->outside->read_secret(path, &why);
    if (!*to)
        conf_problem(ctx, node, "cannot take the secret from the file: %s", why);
}

/* A file's name, from the folder of the configuration. */
static char *file_path(const struct conf_ctx *ctx, const char *name)
{
    const char *slash = strrchr(ctx->file, '/');

    if (*name == '/' || !slash)
        return conf_strdup(name);
    return conf_format("%.*s/%s", (int)(slash - ctx->file), ctx->file, name);
}

static void read_file(struct conf_ctx *ctx, const struct conf_node *node, enum conf_type type, void *to)
{
    const char *text = scalar(ctx, node), *why = NULL;
    char *path;

    if (!text)
        return;
    if (!*text) {
        conf_problem(ctx, node, "is empty");
        return;
    }
    path = file_path(ctx, text);
    if (type == CONF_T_SECRET_FILE) {
        read_secret_file(ctx, node, path, to);
        free(path);
        return;
    }
    if (ctx->outside)
        why = ctx->outside->why_unreadable(path);
    if (why)
        conf_problem(ctx, node, "cannot read the file: %s", why);
    *(char **)to = path;
}

static void read_value(struct conf_ctx *ctx, const struct conf_node *node, const struct conf_key *key, void *base)
{
    void *to = (char *)base + key->offset;
    char why[200], buf[80];
    const char *text;

    if (reader_of(key->type)) {
        reader_of(key->type)(ctx, node, base);
    } else if (key->type == CONF_T_ADDRESSES && node->kind == CONF_LIST) {
        read_addresses(ctx, node, to);
    } else if (key->type == CONF_T_FILE || key->type == CONF_T_SECRET_FILE) {
        read_file(ctx, node, key->type, to);
    } else {
        text = scalar(ctx, node);
        if (text && !conf_value_set(key, text, base, why, sizeof(why)))
            conf_problem(ctx, node, "%s %s", key->type == CONF_T_SECRET ? "the value" : shown(node, buf, sizeof(buf)),
                         why);
    }
}

/* ---- one mapping ---- */

/* Another row of the scope with the same member that has been given, or NULL. */
static const struct conf_key *alternative(const struct conf_key *key, const unsigned *lines)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++)
        if (lines[i] && &conf_keys[i] != key && conf_keys[i].scope == key->scope && conf_keys[i].offset == key->offset)
            return &conf_keys[i];
    return NULL;
}

static bool given_before(struct conf_ctx *ctx, const struct conf_node *node)
{
    for (const struct conf_node *other = node->parent->first; other != node; other = other->next)
        if (strcmp(other->key, node->key) == 0) {
            conf_problem(ctx, node, "given twice, first on line %u", other->line);
            return true;
        }
    return false;
}

/* Reads the keys of a mapping, or of a section of one: `prefix` is "" or "section.". */
static void read_keys(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, const char *prefix,
                      void *base, unsigned *lines)
{
    char name[128];

    if (node->kind == CONF_SCALAR && node->null)
        return;
    if (node->kind != CONF_MAP) {
        conf_problem(ctx, node, "must be a mapping of settings (key: value)");
        return;
    }
    for (const struct conf_node *child = node->first; child && !conf_hopeless(ctx); child = child->next) {
        const struct conf_key *key = NULL, *other;

        if (given_before(ctx, child))
            continue;
        if (strlen(child->key) < 48 && !strchr(child->key, '.')) {
            snprintf(name, sizeof(name), "%s%s", prefix, child->key);
            key = find_key(scope, name);
            if (!key && *child->key && is_section(scope, name)) {
                strcat(name, ".");
                read_keys(ctx, child, scope, name, base, lines);
                continue;
            }
        }
        if (!key) {
            unknown_key(ctx, child, scope, prefix);
            continue;
        }
        other = alternative(key, lines);
        lines[key - conf_keys] = child->line;
        if (other)
            conf_problem(ctx, child, "give this or '%s', not both", strrchr(other->name, '.') ? strrchr(other->name, '.') + 1 : other->name);
        else
            read_value(ctx, child, key, base);
    }
}

static void read_map(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, void *base)
{
    unsigned lines[CONF_N_KEYS] = {0};
    char why[200];

    read_keys(ctx, node, scope, "", base, lines);
    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const struct conf_key *key = &conf_keys[i], *other = alternative(key, lines);

        if (key->scope != scope || lines[i] || other || !key->def)
            continue;
        if (key->def == conf_needed)
            conf_problem(ctx, node, "%s is missing: %s", key->name, key->help);
        else
            conf_value_set(key, key->def, base, why, sizeof(why));
    }
    if (scope == CONF_IN_TOP)
        memcpy(ctx->lines, lines, sizeof(lines));
}

void conf_read(struct conf_ctx *ctx, const struct conf_node *root, struct conf *c)
{
    read_map(ctx, root, CONF_IN_TOP, c);
}

/* ---- lists ---- */

/* The items of a list; a single item may stand alone. Sets *n, and gives the first. */
static const struct conf_node *items(const struct conf_node *node, size_t *n)
{
    if (node->kind == CONF_SCALAR && node->null)
        *n = 0;
    else
        *n = node->kind == CONF_LIST ? node->n : 1;
    return *n == 0 ? NULL : node->kind == CONF_LIST ? node->first : node;
}

/* Reads a list of mappings into an array of `size`-byte structs, whose line number is at `line_at`. */
static void *read_maps(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, size_t size,
                       size_t line_at, size_t *n)
{
    const struct conf_node *item = items(node, n);
    char *array = conf_calloc(*n, size);

    for (size_t i = 0; i < *n && !conf_hopeless(ctx); i++, item = item->next) {
        memcpy(array + i * size + line_at, &item->line, sizeof(unsigned));
        read_map(ctx, item, scope, array + i * size);
        if (scope == CONF_IN_TABLE)
            conf_check_table_form(ctx, item, (struct conf_table *)(void *)(array + i * size));
    }
    return array;
}

#define READ_MAPS(scope, array, n)                                                                                     \
    ((array) = read_maps(ctx, node, scope, sizeof(*(array)), offsetof(__typeof__(*(array)), line), &(n)))

static char **read_texts(struct conf_ctx *ctx, const struct conf_node *node, size_t *n)
{
    size_t count;
    const struct conf_node *item = items(node, &count);
    char **array = conf_calloc(count, sizeof(*array));

    *n = 0;
    for (size_t i = 0; i < count && !conf_hopeless(ctx); i++, item = item->next) {
        const char *text = scalar(ctx, item);

        if (text)
            array[(*n)++] = conf_strdup(text);
    }
    return array;
}

static void read_users(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf *c = object;

    READ_MAPS(CONF_IN_USER, c->users, c->n_users);
}

static void read_admins(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf *c = object;

    READ_MAPS(CONF_IN_ADMIN, c->admins, c->n_admins);
}

static void read_shards(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf *c = object;

    READ_MAPS(CONF_IN_SHARD, c->shards, c->n_shards);
}

static void read_instances(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_shard *s = object;

    READ_MAPS(CONF_IN_INSTANCE, s->instances, s->n_instances);
}

static void read_schemas(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf *c = object;

    READ_MAPS(CONF_IN_SCHEMA, c->schemas, c->n_schemas);
}

static void read_tables(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_schema *s = object;

    READ_MAPS(CONF_IN_TABLE, s->tables, s->n_tables);
}

static void read_others(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_schema *s = object;

    read_map(ctx, node, CONF_IN_OTHERS, &s->others);
}

static void read_columns(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_table *t = object;

    t->key = read_texts(ctx, node, &t->n_key);
}

static void read_ranges(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_table *t = object;

    READ_MAPS(CONF_IN_RANGE, t->rules, t->n_rules);
}

static void read_lists(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_table *t = object;

    READ_MAPS(CONF_IN_LIST, t->rules, t->n_rules);
}

static void read_values(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_rule *r = object;

    r->values = read_texts(ctx, node, &r->n_values);
    if (r->n_values == 0)
        conf_problem(ctx, node, "holds no value: leave it out to mean all other keys");
}

static void read_below(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    if (scalar(ctx, node))
        read_values(ctx, node, object);
}

/* slots = number | number "-" number */
static bool parse_slots(const char *text, struct conf_slot_range *to)
{
    const char *end = text + strlen(text);
    unsigned long long v[2];
    size_t n = 0;

    while (n < 2) {
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 9)
            return false;
        v[n++] = strtoull(text, NULL, 10);
        text += digits;
        if (*text != '-' || n == 2)
            break;
        text++;
    }
    *to = (struct conf_slot_range){(unsigned)v[0], (unsigned)v[n - 1]};
    return text == end && to->first <= to->last;
}

static void read_slots(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_shard *s = object;
    size_t n;
    const struct conf_node *item = items(node, &n);
    char buf[80];

    s->slots = conf_calloc(n, sizeof(*s->slots));
    for (size_t i = 0; i < n && !conf_hopeless(ctx); i++, item = item->next) {
        const char *text = scalar(ctx, item);

        if (text && parse_slots(text, &s->slots[s->n_slots]))
            s->n_slots++;
        else if (text)
            conf_problem(ctx, item, "%s is no slot: write 300, or 0-255", shown(item, buf, sizeof(buf)));
    }
}

static read_fn *reader_of(enum conf_type type)
{
    static read_fn *const readers[] = {
        [CONF_T_USERS] = read_users,     [CONF_T_ADMINS] = read_admins, [CONF_T_SHARDS] = read_shards,
        [CONF_T_SLOTS] = read_slots,     [CONF_T_TABLES] = read_tables, [CONF_T_INSTANCES] = read_instances,
        [CONF_T_SCHEMAS] = read_schemas, [CONF_T_OTHERS] = read_others, [CONF_T_COLUMNS] = read_columns,
        [CONF_T_RANGES] = read_ranges,   [CONF_T_LISTS] = read_lists,   [CONF_T_BELOW] = read_below,
        [CONF_T_VALUES] = read_values,
    };

    return type < sizeof(readers) / sizeof(readers[0]) ? readers[type] : NULL;
}
