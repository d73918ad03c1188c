/* Joins the steps from text to struct conf, and owns the result: loading, completing, listing, freeing.
 *
 * Everything that conf_load() asks of the world goes through struct conf_outside, so that conf_parse() is a function of
 * its input and the environment only. Secrets are wiped wherever they were: the file's text, the nodes, the struct.
 */
#include "conf/conf.h"
#include "conf/conf_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 16 * 1024 * 1024, MAX_SECRET_FILE = 4096 };

/* ---- files ---- */

/* Reads a whole regular file (or pipe) of at most `max` bytes; the text is malloced and ends with a zero byte. */
static char *read_all(const char *path, size_t max, size_t *len, const char **why)
{
    FILE *f = fopen(path, "r");
    size_t room = 4096;
    char *text, *more;

    *len = 0;
    if (!f) {
        *why = strerror(errno);
        return NULL;
    }
    text = conf_calloc(1, room + 1);
    while (*len <= max) {
        *len += fread(text + *len, 1, room - *len, f);
        if (*len < room)
            break;
        more = conf_calloc(1, room * 2 + 1); /* not realloc, which would leave a copy behind */
        memcpy(more, text, *len);
        explicit_bzero(text, *len);
        free(text);
        text = more;
        room *= 2;
    }
    *why = ferror(f) ? strerror(errno) : *len > max ? "it is too large" : NULL;
    fclose(f);
    if (*why) {
        explicit_bzero(text, *len);
        free(text);
        return NULL;
    }
    return text;
}

/* A secret is the file's content without the line end that editors leave. */
static char *read_secret(const char *path, const char **why)
{
    size_t len;
    char *text = read_all(path, MAX_SECRET_FILE, &len, why);

    if (!text)
        return NULL;
    if (memchr(text, 0, len)) {
        explicit_bzero(text, len);
        free(text);
        *why = "it holds a zero byte";
        return NULL;
    }
    if (len && text[len - 1] == '\n')
        text[--len] = 0;
    if (len && text[len - 1] == '\r')
        text[--len] = 0;
    return text;
}

static const char *why_unreadable(const char *path)
{
    return access(path, R_OK) == 0 ? NULL : strerror(errno);
}

static unsigned processors(void)
{
    return conf_processors_under("");
}

/* ---- completing ---- */

/* Slot s goes to shard s * shards / slots. */
static void spread_slots(struct conf *c)
{
    for (size_t i = 0; i < c->n_shards; i++)
        if (c->shards[i].n_slots)
            return;
    for (size_t i = 0; i < c->n_shards; i++) {
        struct conf_shard *s = &c->shards[i];

        free(s->slots);
        s->slots = conf_calloc(1, sizeof(*s->slots));
        s->n_slots = 1;
        s->slots[0].first = (unsigned)(((uint64_t)i * c->slots + c->n_shards - 1) / c->n_shards);
        s->slots[0].last = (unsigned)(((uint64_t)(i + 1) * c->slots + c->n_shards - 1) / c->n_shards) - 1;
    }
}

static void copy_rules(struct conf_table *to, const struct conf_table *from)
{
    to->n_rules = from->n_rules;
    to->rules = conf_calloc(from->n_rules, sizeof(*to->rules));
    for (size_t i = 0; i < from->n_rules; i++) {
        const struct conf_rule *rule = &from->rules[i];

        to->rules[i] = (struct conf_rule){.n_values = rule->n_values, .line = rule->line};
        to->rules[i].shard = conf_strdup(rule->shard);
        to->rules[i].values = conf_calloc(rule->n_values, sizeof(char *));
        for (size_t j = 0; j < rule->n_values; j++)
            to->rules[i].values[j] = conf_strdup(rule->values[j]);
    }
}

/* Bound tables take over the function of the table that they name. */
static void bind_tables(struct conf_schema *s)
{
    struct conf_name *names = conf_calloc(s->n_tables, sizeof(*names));

    for (size_t i = 0; i < s->n_tables; i++)
        names[i] = (struct conf_name){s->tables[i].name, 0, i};
    conf_names_sort(names, s->n_tables);
    for (size_t i = 0; i < s->n_tables; i++) {
        struct conf_table *t = &s->tables[i];
        const struct conf_table *to;

        if (!t->with)
            continue;
        to = &s->tables[conf_names_find(names, s->n_tables, t->with)->index];
        t->by = to->by;
        t->unit = to->unit;
        copy_rules(t, to);
    }
    free(names);
}

void conf_build(struct conf_ctx *ctx, struct conf *c)
{
    if (c->threads == 0)
        c->threads = ctx->outside ? ctx->outside->processors() : 1;
    if (!c->tls.certificate)
        c->tls.mode = CONF_TLS_OFF;
    for (size_t i = 0; i < c->n_shards; i++)
        for (size_t j = 0; j < c->shards[i].n_instances; j++) {
            struct conf_instance *in = &c->shards[i].instances[j];

            if (!in->name)
                in->name = conf_address_format(&in->address);
        }
    spread_slots(c);
    for (size_t i = 0; i < c->n_schemas; i++) {
        struct conf_schema *s = &c->schemas[i];

        bind_tables(s);
        if (s->others.kind == CONF_TABLE_SINGLE && !s->others.shard)
            s->others.shard = conf_strdup(c->shards[0].name);
    }
}

/* ---- overriding ---- */

static const struct conf_key *overridable(const char *name)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const struct conf_key *key = &conf_keys[i];

        if (key->scope == CONF_IN_TOP && key->reloadable && key->type >= CONF_T_COUNT && key->type < CONF_T_USERS &&
            key->type != CONF_T_AUTH_PLUGIN && strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

static void apply_overrides(struct conf_ctx *ctx, struct conf *c)
{
    char why[200];

    for (size_t i = 0; i < ctx->n_overrides; i++) {
        const struct conf_override *o = &ctx->overrides[i];
        const struct conf_key *key = overridable(o->name);

        if (!key)
            conf_problem_at(ctx, 0, o->name, "is not a setting that can be changed while running");
        else if (!conf_value_set(key, o->value, c, why, sizeof(why)))
            conf_problem_at(ctx, 0, o->name, "%s %s", o->value, why);
    }
}

/* ---- loading ---- */

static struct conf *parse(struct conf_ctx *ctx, const char *text, size_t len)
{
    struct conf *c = conf_calloc(1, sizeof(*c));
    struct conf_node *root;

    atomic_init(&c->refs, 1);
    c->path = conf_strdup(ctx->file);
    root = conf_tree_read(ctx, text, len);
    if (root) {
        conf_read(ctx, root, c);
        apply_overrides(ctx, c);
        conf_check(ctx, c);
        conf_tree_free(root);
    }
    if (ctx->problems) {
        conf_unref(c);
        return NULL;
    }
    conf_build(ctx, c);
    return c;
}

struct conf *conf_parse(const char *name, const char *text, size_t len, conf_error_fn on_error, void *arg)
{
    struct conf_ctx ctx = {.file = name, .on_error = on_error, .arg = arg};

    return parse(&ctx, text, len);
}

struct conf *conf_load(const char *path, conf_error_fn on_error, void *arg)
{
    return conf_load_with(path, NULL, 0, on_error, arg);
}

struct conf *conf_load_with(const char *path, const struct conf_override *overrides, size_t n, conf_error_fn on_error,
                            void *arg)
{
    static const struct conf_outside outside = {read_secret, why_unreadable, processors};
    struct conf_ctx ctx = {.file = path, .on_error = on_error, .arg = arg, .outside = &outside};
    const char *why;
    struct conf *c;
    size_t len;
    char *text = read_all(path, MAX_FILE, &len, &why);

    ctx.overrides = overrides;
    ctx.n_overrides = n;
    if (!text) {
        conf_problem_at(&ctx, 0, "", "cannot read the file: %s", why);
        return NULL;
    }
    c = parse(&ctx, text, len);
    explicit_bzero(text, len);
    free(text);
    return c;
}

/* ---- freeing ---- */

struct conf *conf_ref(struct conf *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

static void free_values(enum conf_scope scope, void *base)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++)
        if (conf_keys[i].scope == scope)
            conf_value_free(&conf_keys[i], base);
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

static void free_shards(struct conf *c)
{
    for (size_t i = 0; i < c->n_shards; i++) {
        struct conf_shard *s = &c->shards[i];

        for (size_t j = 0; j < s->n_instances; j++)
            free_values(CONF_IN_INSTANCE, &s->instances[j]);
        free(s->instances);
        free(s->slots);
        free_values(CONF_IN_SHARD, s);
    }
    free(c->shards);
}

static void free_table(struct conf_table *t)
{
    for (size_t i = 0; i < t->n_rules; i++) {
        free_texts(t->rules[i].values, t->rules[i].n_values);
        free_values(CONF_IN_RANGE, &t->rules[i]);
    }
    free(t->rules);
    free_texts(t->key, t->n_key);
    free_values(CONF_IN_TABLE, t);
}

static void free_schemas(struct conf *c)
{
    for (size_t i = 0; i < c->n_schemas; i++) {
        struct conf_schema *s = &c->schemas[i];

        for (size_t j = 0; j < s->n_tables; j++)
            free_table(&s->tables[j]);
        free(s->tables);
        free_values(CONF_IN_OTHERS, &s->others);
        free_values(CONF_IN_SCHEMA, s);
    }
    free(c->schemas);
}

void conf_unref(struct conf *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    for (size_t i = 0; i < c->n_users; i++)
        free_values(CONF_IN_USER, &c->users[i]);
    for (size_t i = 0; i < c->n_admins; i++)
        free_values(CONF_IN_ADMIN, &c->admins[i]);
    free(c->users);
    free(c->admins);
    free_shards(c);
    free_schemas(c);
    free_values(CONF_IN_TOP, c);
    free(c->path);
    free(c);
}

/* ---- listing ---- */

void conf_each(const struct conf *c,
               void (*row)(void *arg, const char *name, const char *value, bool reloadable, const char *help),
               void *arg)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const struct conf_key *key = &conf_keys[i];
        char *value;

        if (key->scope != CONF_IN_TOP || key->type >= CONF_T_USERS || key->type == CONF_T_SECRET_FILE)
            continue;
        value = conf_value_format(key, c);
        row(arg, key->name, value, key->reloadable, key->help);
        free(value);
    }
}
