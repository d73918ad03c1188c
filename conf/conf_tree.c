/* YAML text to a tree of nodes, and problems to messages.
 *
 * libyaml gives events; we keep a pointer to the list or mapping that is open and hang what comes under it, so nothing
 * here recurses on outside bytes. Depth and number of nodes are bounded. Aliases are refused: they allow a small
 * file to unfold to any size, and a configuration has no need of them. A key given twice is left for the reader to
 * find, who knows which keys there are.
 */
#include "conf/conf_int.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 16, MAX_NODES = 1000000, MAX_PATH = 300, MAX_MESSAGE = 1000 };

/* ---- problems ---- */

bool conf_hopeless(const struct conf_ctx *ctx)
{
    return ctx->problems >= CONF_MAX_PROBLEMS;
}

static void report(struct conf_ctx *ctx, unsigned line, const char *path, const char *fmt, va_list args)
{
    char what[MAX_MESSAGE], message[MAX_MESSAGE + MAX_PATH + 300];

    if (ctx->problems > CONF_MAX_PROBLEMS)
        return;
    if (++ctx->problems > CONF_MAX_PROBLEMS) {
        snprintf(what, sizeof(what), "too many problems: the rest is not shown");
        path = "";
    } else {
        vsnprintf(what, sizeof(what), fmt, args);
    }
    if (line == 0)
        snprintf(message, sizeof(message), "%.250s: %s%s%s", ctx->file, path, *path ? ": " : "", what);
    else
        snprintf(message, sizeof(message), "%.250s:%u: %s%s%s", ctx->file, line, path, *path ? ": " : "", what);
    ctx->on_error(ctx->arg, message);
}

void conf_problem_at(struct conf_ctx *ctx, unsigned line, const char *path, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    report(ctx, line, path, fmt, args);
    va_end(args);
}

/* Fit to stand in a message: one word of ours, not a pasted secret or control bytes. */
static bool plain_word(const char *s)
{
    return *s && strlen(s) <= 64 &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")] == 0;
}

/* "shards[s0].instances[1].weight": a list's items are called by their name, where they have one. */
static void node_path(const struct conf_node *node, char *path, size_t size)
{
    const struct conf_node *up[MAX_DEPTH + 1];
    size_t n = 0, len = 0;

    path[0] = 0;
    for (; node && node->parent && n <= MAX_DEPTH; node = node->parent)
        up[n++] = node;
    while (n-- > 0 && len < size) {
        const struct conf_node *name = conf_node_get(up[n], "name");

        if (up[n]->key)
            len += (size_t)snprintf(path + len, size - len, "%s%s", len ? "." : "",
                                    plain_word(up[n]->key) ? up[n]->key : "?");
        else if (name && name->kind == CONF_SCALAR && !name->expanded && plain_word(name->text))
            len += (size_t)snprintf(path + len, size - len, "[%s]", name->text);
        else
            len += (size_t)snprintf(path + len, size - len, "[%zu]", up[n]->index);
    }
}

void conf_problem(struct conf_ctx *ctx, const struct conf_node *node, const char *fmt, ...)
{
    char path[MAX_PATH];
    va_list args;

    node_path(node, path, sizeof(path));
    va_start(args, fmt);
    report(ctx, node->line, path, fmt, args);
    va_end(args);
}

/* ---- the tree ---- */

struct builder {
    struct conf_ctx *ctx;
    struct conf_node *root, *open; /* the list or mapping that takes the next node; NULL outside the root */
    char *key;                     /* a mapping's key that has no value yet */
    unsigned key_line, depth, nodes;
};

static struct conf_node *add_node(struct builder *b, enum conf_node_kind kind, unsigned line)
{
    struct conf_node *node = conf_calloc(1, sizeof(*node));

    node->kind = kind;
    node->line = b->key ? b->key_line : line;
    node->key = b->key;
    b->key = NULL;
    node->parent = b->open;
    b->nodes++;
    if (!b->open) {
        b->root = node;
        return node;
    }
    node->index = b->open->n++;
    if (b->open->last)
        b->open->last->next = node;
    else
        b->open->first = node;
    b->open->last = node;
    return node;
}

static bool is_null(const yaml_event_t *ev)
{
    const char *s = (const char *)ev->data.scalar.value;

    return ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*s || !strcmp(s, "~") || !strcmp(s, "null") || !strcmp(s, "Null") || !strcmp(s, "NULL"));
}

static bool on_scalar(struct builder *b, const yaml_event_t *ev, unsigned line)
{
    const char *text = (const char *)ev->data.scalar.value;
    struct conf_node *node;

    if (memchr(text, 0, ev->data.scalar.length)) {
        conf_problem_at(b->ctx, line, "", "a zero byte in a value");
        return false;
    }
    if (b->open && b->open->kind == CONF_MAP && !b->key) {
        b->key = conf_strdup(text);
        conf_env_show(b->key);
        b->key_line = line;
        return true;
    }
    node = add_node(b, CONF_SCALAR, line);
    node->text = conf_strdup(text);
    node->null = is_null(ev);
    conf_env_show(node->text);
    conf_env_expand(b->ctx, node);
    return true;
}

static bool on_open(struct builder *b, enum conf_node_kind kind, unsigned line)
{
    if (b->open && b->open->kind == CONF_MAP && !b->key) {
        conf_problem_at(b->ctx, line, "", "a key must be a word");
        return false;
    }
    if (++b->depth > MAX_DEPTH) {
        conf_problem_at(b->ctx, line, "", "nested too deeply");
        return false;
    }
    b->open = add_node(b, kind, line);
    return true;
}

static bool on_event(struct builder *b, const yaml_event_t *ev)
{
    unsigned line = (unsigned)ev->start_mark.line + 1;

    if (b->nodes >= MAX_NODES) {
        conf_problem_at(b->ctx, line, "", "the file has too many values");
        return false;
    }
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, ev, line);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, CONF_LIST, line);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, CONF_MAP, line);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->open = b->open->parent;
        b->depth--;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        if (b->root)
            conf_problem_at(b->ctx, line, "", "a second document: the file must hold one");
        return !b->root;
    case YAML_ALIAS_EVENT:
        conf_problem_at(b->ctx, line, "", "aliases (*name) are not supported: write the value out");
        return false;
    default:
        return true;
    }
}

struct conf_node *conf_tree_read(struct conf_ctx *ctx, const char *text, size_t len)
{
    struct builder b = {.ctx = ctx};
    yaml_parser_t parser;
    yaml_event_t ev;
    bool ok = true, end = false;
    char *hidden = conf_env_hide(text, len, &len);

    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)hidden, len);
    while (ok && !end) {
        if (!yaml_parser_parse(&parser, &ev)) {
            conf_problem_at(ctx, (unsigned)parser.problem_mark.line + 1, "", "not valid YAML: %s (column %zu)",
                            parser.problem ? parser.problem : "out of memory", parser.problem_mark.column + 1);
            ok = false;
            break;
        }
        end = ev.type == YAML_STREAM_END_EVENT;
        ok = on_event(&b, &ev);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&parser);
    explicit_bzero(hidden, len);
    free(hidden);
    free(b.key);
    if (ok && !b.root)
        conf_problem_at(ctx, 0, "", "the file is empty");
    if (!ok) {
        conf_tree_free(b.root);
        return NULL;
    }
    return b.root;
}

void conf_tree_free(struct conf_node *node)
{
    struct conf_node *next;

    if (!node)
        return;
    for (struct conf_node *child = node->first; child; child = next) {
        next = child->next;
        conf_tree_free(child);
    }
    if (node->text)
        explicit_bzero(node->text, strlen(node->text));
    free(node->text);
    free(node->key);
    free(node);
}

const struct conf_node *conf_node_get(const struct conf_node *map, const char *key)
{
    if (map->kind == CONF_MAP)
        for (const struct conf_node *child = map->first; child; child = child->next)
            if (strcmp(child->key, key) == 0)
                return child;
    return NULL;
}
