/* Lists of the file to arrays of structs: accounts, shards, instances, schemas, tables, rules, and what stands in them.
 *
 * One item may stand without its list ("key: user_id"). An array is as long as its list was, also after problems, with
 * zeroes for what could not be read.
 */
#include "conf/conf_int.h"

#include <stdlib.h>
#include <string.h>

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
        unsigned before = ctx->problems;

        memcpy(array + i * size + line_at, &item->line, sizeof(unsigned));
        conf_read_map(ctx, item, scope, array + i * size);
        if (scope == CONF_IN_TABLE && ctx->problems == before)
            conf_check_table_form(ctx, item, (struct conf_table *)(void *)(array + i * size));
    }
    return array;
}

#define READ_MAPS(scope, array, n) \
    ((array) = read_maps(ctx, node, scope, sizeof(*(array)), offsetof(__typeof__(*(array)), line), &(n)))

static void need_one(struct conf_ctx *ctx, const struct conf_node *node, size_t n)
{
    if (n == 0)
        conf_problem(ctx, node, "needs at least one");
}

static char **read_texts(struct conf_ctx *ctx, const struct conf_node *node, size_t *n)
{
    size_t count;
    const struct conf_node *item = items(node, &count);
    char **array = conf_calloc(count, sizeof(*array));

    *n = 0;
    for (size_t i = 0; i < count && !conf_hopeless(ctx); i++, item = item->next) {
        const char *text = conf_read_scalar(ctx, item);

        if (text)
            array[(*n)++] = conf_strdup(text);
    }
    return array;
}

static void read_users(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf *c = object;

    READ_MAPS(CONF_IN_USER, c->users, c->n_users);
    need_one(ctx, node, c->n_users);
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
    need_one(ctx, node, c->n_shards);
}

static void read_instances(struct conf_ctx *ctx, const struct conf_node *node, void *object)
{
    struct conf_shard *s = object;

    READ_MAPS(CONF_IN_INSTANCE, s->instances, s->n_instances);
    need_one(ctx, node, s->n_instances);
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

    conf_read_map(ctx, node, CONF_IN_OTHERS, &s->others);
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
    if (conf_read_scalar(ctx, node))
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
        const char *text = conf_read_scalar(ctx, item);

        if (text && parse_slots(text, &s->slots[s->n_slots]))
            s->n_slots++;
        else if (text)
            conf_problem(ctx, item, "%s is no slot: write 300, or 0-255", conf_read_shown(item, buf, sizeof(buf)));
    }
}

conf_reader *conf_list_reader(enum conf_type type)
{
    static conf_reader *const readers[] = {
        [CONF_T_USERS] = read_users,     [CONF_T_ADMINS] = read_admins, [CONF_T_SHARDS] = read_shards,
        [CONF_T_SLOTS] = read_slots,     [CONF_T_TABLES] = read_tables, [CONF_T_INSTANCES] = read_instances,
        [CONF_T_SCHEMAS] = read_schemas, [CONF_T_OTHERS] = read_others, [CONF_T_COLUMNS] = read_columns,
        [CONF_T_RANGES] = read_ranges,   [CONF_T_LISTS] = read_lists,   [CONF_T_BELOW] = read_below,
        [CONF_T_VALUES] = read_values,
    };

    return type < sizeof(readers) / sizeof(readers[0]) ? readers[type] : NULL;
}
