/* Nodes to structs, by the table conf_key.def.
 *
 * A mapping of the file belongs to a scope; each of its keys is looked up among the scope's rows and its value put
 * where the row says. Sections of the top ("limits:") are prefixes of dotted names. What is left out gets the row's
 * default afterwards, so a struct is whole even when half of it was wrong. Lists of mappings (users, shards, tables …)
 * are types with a reader of their own in conf_list.c.
 */
#include "conf/conf_int.h"

#include <stdlib.h>
#include <string.h>

const char conf_needed[] = "(must be given)";

#define NEEDED conf_needed
#define X(scope, name, member, type, def, min, max, reloadable, help) \
    {CONF_IN_##scope, name, offsetof(CONF_STRUCT_##scope, member), CONF_T_##type, def, min, max, reloadable, help},
const struct conf_key conf_keys[] = {
#include "conf/conf_key.def"
};
#undef X

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

    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const char *name = conf_keys[i].name, *last = strrchr(name, '.');

        if (conf_keys[i].scope != scope)
            continue;
        if (last && strcmp(last + 1, node->key) == 0) {
            conf_problem(ctx, node, "unknown setting; did you mean %.*s: {%s: …}?", (int)(last - name), name, last + 1);
            return;
        }
        if (strncmp(name, prefix, len) == 0)
            conf_hint_offer(&hint, name + len, strcspn(name + len, "."));
    }
    if (hint.best)
        conf_problem(ctx, node, "unknown setting; did you mean '%.*s'?", (int)hint.len, hint.best);
    else
        conf_problem(ctx, node, "unknown setting");
}

/* ---- one value ---- */

const char *conf_read_shown(const struct conf_node *node, char *buf, size_t size)
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

const char *conf_read_scalar(struct conf_ctx *ctx, const struct conf_node *node)
{
    if (node->kind != CONF_SCALAR)
        conf_problem(ctx, node, "must be a single value");
    else if (node->null)
        conf_problem(ctx, node, "has no value (an empty text is written \"\")");
    else
        return node->bad ? NULL : node->text;
    return NULL;
}

static void read_addresses(struct conf_ctx *ctx, const struct conf_node *node, struct conf_addresses *to)
{
    char buf[80];

    to->at = conf_calloc(node->n, sizeof(*to->at));
    for (const struct conf_node *item = node->first; item; item = item->next) {
        const char *text = conf_read_scalar(ctx, item);
        const char *why = text ? conf_value_parse(CONF_T_ADDRESS, text, &to->at[to->n]) : NULL;

        if (why)
            conf_problem(ctx, item, "%s %s", conf_read_shown(item, buf, sizeof(buf)), why);
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
    const char *text = conf_read_scalar(ctx, node), *why = NULL;
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

    if (conf_list_reader(key->type)) {
        conf_list_reader(key->type)(ctx, node, base);
    } else if (key->type == CONF_T_ADDRESSES && node->kind == CONF_LIST) {
        read_addresses(ctx, node, to);
    } else if (key->type == CONF_T_FILE || key->type == CONF_T_SECRET_FILE) {
        read_file(ctx, node, key->type, to);
    } else {
        text = conf_read_scalar(ctx, node);
        if (text && !conf_value_set(key, text, base, why, sizeof(why)))
            conf_problem(ctx, node, "%s %s",
                         key->type == CONF_T_SECRET ? "the value" : conf_read_shown(node, buf, sizeof(buf)), why);
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

    if (node->kind != CONF_MAP) {
        if (!node->null)
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
            conf_problem(ctx, child, "give this or '%s', not both", other->name);
        else
            read_value(ctx, child, key, base);
    }
}

/* Gives what was left out its default. */
static void fill(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, void *base,
                 const unsigned *lines)
{
    static const unsigned none[CONF_N_KEYS];
    char why[200];

    for (size_t i = 0; i < CONF_N_KEYS; i++) {
        const struct conf_key *key = &conf_keys[i];

        if (key->scope != scope || lines[i] || alternative(key, lines))
            continue;
        if (key->def == conf_needed)
            conf_problem(ctx, node, "'%s' is missing: %s", key->name, key->help);
        else if (key->type == CONF_T_OTHERS)
            fill(ctx, node, CONF_IN_OTHERS, (char *)base + key->offset, none);
        else if (key->def)
            conf_value_set(key, key->def, base, why, sizeof(why));
    }
}

void conf_read_map(struct conf_ctx *ctx, const struct conf_node *node, enum conf_scope scope, void *base)
{
    unsigned lines[CONF_N_KEYS] = {0};

    read_keys(ctx, node, scope, "", base, lines);
    if (node->kind == CONF_MAP || node->null)
        fill(ctx, node, scope, base, lines);
    if (scope == CONF_IN_TOP)
        memcpy(ctx->lines, lines, sizeof(lines));
}

void conf_read(struct conf_ctx *ctx, const struct conf_node *root, struct conf *c)
{
    conf_read_map(ctx, root, CONF_IN_TOP, c);
}
