/* Rules across settings: names are unique, what is referred to exists, every slot has one shard, TLS settings make
 * sense together. The rules of schemas and tables are in conf_check_table.c.
 *
 * Works on what conf_read() made, which may be half-empty when that found problems: a missing name is NULL and has been
 * reported, so it is passed over here.
 */
#include "conf/conf_int.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SHARDS = 4096, MAX_INSTANCES = 65535 };

/* The line of a setting of the top; 0 if it was not given. */
static unsigned line_of(const struct conf_ctx *ctx, const char *name)
{
    for (size_t i = 0; i < CONF_N_KEYS; i++)
        if (conf_keys[i].scope == CONF_IN_TOP && strcmp(conf_keys[i].name, name) == 0)
            return ctx->lines[i];
    return 0;
}

/* ---- listen ---- */

static size_t add_addresses(struct conf_ctx *ctx, const char *setting, const struct conf_addresses *list,
                            struct conf_name *names)
{
    for (size_t i = 0; i < list->n; i++)
        names[i] = (struct conf_name){conf_address_format(&list->at[i]), line_of(ctx, setting), i};
    return list->n;
}

static void check_listen(struct conf_ctx *ctx, const struct conf *c)
{
    size_t n = 0, all = c->listen.client.n + c->listen.admin.n + c->listen.http.n;
    struct conf_name *names = conf_calloc(all, sizeof(*names));

    if (c->listen.client.n == 0 && ctx->problems == 0)
        conf_problem_at(ctx, line_of(ctx, "listen.client"), "listen.client", "needs at least one address");
    n += add_addresses(ctx, "listen.client", &c->listen.client, names);
    n += add_addresses(ctx, "listen.admin", &c->listen.admin, names + n);
    n += add_addresses(ctx, "listen.http", &c->listen.http, names + n);
    conf_names_sort(names, n);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[i - 1].name, names[i].name) == 0)
            conf_problem_at(ctx, names[i].line, "listen", "two ports have the address %s", names[i].name);
    for (size_t i = 0; i < n; i++)
        free((char *)names[i].name);
    free(names);
}

/* ---- TLS ---- */

/* `prefix` is "tls" or "backend.tls". The mode of the client side counts as off without a certificate. */
static void check_tls(struct conf_ctx *ctx, const struct conf_tls *tls, const char *prefix, bool server)
{
    char mode_name[32];
    unsigned line;
    bool off;

    snprintf(mode_name, sizeof(mode_name), "%s.mode", prefix);
    line = line_of(ctx, mode_name);
    off = server ? !tls->certificate : tls->mode == CONF_TLS_OFF;

    if (!tls->certificate != !tls->key)
        conf_problem_at(ctx, line, prefix, "certificate and key are only of use together");
    if (server && line && tls->mode != CONF_TLS_OFF && !tls->certificate)
        conf_problem_at(ctx, line, mode_name, "needs tls.certificate and tls.key");
    if (off && (tls->ca || tls->verify != CONF_VERIFY_NONE || (!server && tls->certificate)))
        conf_problem_at(ctx, line, prefix,
                        server ? "ca and verify need certificate and key"
                               : "ca, verify and certificate need mode: preferred or required");
    if (tls->verify != CONF_VERIFY_NONE && !tls->ca)
        conf_problem_at(ctx, line, prefix, "verify needs ca");
    if (server && tls->verify == CONF_VERIFY_FULL)
        conf_problem_at(ctx, line, prefix, "clients have no host name to check: write verify: ca");
    if (!server && tls->verify != CONF_VERIFY_NONE && tls->mode == CONF_TLS_PREFERRED)
        conf_problem_at(ctx, line, prefix, "verify needs mode: required (preferred would go on without TLS)");
}

/* ---- accounts ---- */

static void check_accounts(struct conf_ctx *ctx, const struct conf_user *users, size_t n, const char *setting)
{
    struct conf_name *names = conf_calloc(n, sizeof(*names));
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (users[i].name)
            names[k++] = (struct conf_name){users[i].name, users[i].line, i};
    conf_names_check(ctx, names, k, setting, "the account");
    free(names);
}

static void check_user_schema(struct conf_ctx *ctx, const struct conf *c, const struct conf_user *u)
{
    struct conf_hint hint = {.word = u->schema};
    char *path;

    for (size_t i = 0; i < c->n_schemas; i++) {
        if (!c->schemas[i].name)
            return;
        if (strcmp(c->schemas[i].name, u->schema) == 0)
            return;
        conf_hint_offer(&hint, c->schemas[i].name, strlen(c->schemas[i].name));
    }
    path = conf_format("users[%s].schema", u->name ? u->name : "?");
    if (hint.best)
        conf_problem_at(ctx, u->line, path, "no such schema under 'schemas'; did you mean '%s'?", hint.best);
    else
        conf_problem_at(ctx, u->line, path, "no such schema under 'schemas'");
    free(path);
}

static void check_users(struct conf_ctx *ctx, const struct conf *c)
{
    check_accounts(ctx, c->users, c->n_users, "users");
    check_accounts(ctx, c->admins, c->n_admins, "admins");
    for (size_t i = 0; i < c->n_users && !conf_hopeless(ctx); i++)
        if (c->users[i].schema)
            check_user_schema(ctx, c, &c->users[i]);
}

/* ---- shards ---- */

static void check_primary(struct conf_ctx *ctx, const struct conf_shard *s)
{
    char *path = conf_format("shards[%s].instances", s->name ? s->name : "?");
    unsigned primaries = 0;

    for (size_t i = 0; i < s->n_instances; i++)
        primaries += s->instances[i].role == CONF_PRIMARY;
    if (s->n_instances > 0 && primaries == 0)
        conf_problem_at(ctx, s->line, path, "needs a primary: give one instance role: primary");
    if (primaries > 1)
        conf_problem_at(ctx, s->line, path, "has %u primaries: give all but one role: replica", primaries);
    free(path);
}

/* Names and addresses of the instances of all shards. A name cannot look like an address, which is the default. */
static void check_instances(struct conf_ctx *ctx, const struct conf *c, size_t n)
{
    struct conf_name *names = conf_calloc(n, sizeof(*names)), *addresses = conf_calloc(n, sizeof(*addresses));
    size_t named = 0, k = 0;

    for (size_t i = 0; i < c->n_shards; i++)
        for (size_t j = 0; j < c->shards[i].n_instances; j++) {
            const struct conf_instance *in = &c->shards[i].instances[j];

            if (in->name) {
                names[named] = (struct conf_name){in->name, in->line, named};
                named++;
            }
            if (in->address.host || in->address.path) {
                addresses[k] = (struct conf_name){conf_address_format(&in->address), in->line, k};
                k++;
            }
        }
    conf_names_check(ctx, names, named, "instances", "the name");
    conf_names_check(ctx, addresses, k, "instances", "the address");
    for (size_t i = 0; i < k; i++)
        free((char *)addresses[i].name);
    free(addresses);
    free(names);
}

static void check_shards(struct conf_ctx *ctx, const struct conf *c)
{
    struct conf_name *names = conf_calloc(c->n_shards, sizeof(*names));
    size_t k = 0, instances = 0;

    for (size_t i = 0; i < c->n_shards; i++) {
        const struct conf_shard *s = &c->shards[i];

        if (s->name)
            names[k++] = (struct conf_name){s->name, s->line, i};
        instances += s->n_instances;
        check_primary(ctx, s);
    }
    conf_names_check(ctx, names, k, "shards", "the name");
    free(names);
    check_instances(ctx, c, instances);
    if (c->n_shards > MAX_SHARDS || instances > MAX_INSTANCES)
        conf_problem_at(ctx, line_of(ctx, "shards"), "shards", "at most %d shards and %d instances", MAX_SHARDS,
                        MAX_INSTANCES);
}

/* ---- slots ---- */

/* Writes the shard's number + 1 over its slots, and says which were taken. */
static void claim_slots(struct conf_ctx *ctx, const struct conf *c, size_t shard, unsigned *owner)
{
    const struct conf_shard *s = &c->shards[shard];
    char *path = conf_format("shards[%s].slots", s->name ? s->name : "?");

    for (size_t i = 0; i < s->n_slots && !conf_hopeless(ctx); i++) {
        const struct conf_slot_range *r = &s->slots[i];
        unsigned slot = r->first;

        if (r->last >= c->slots) {
            conf_problem_at(ctx, s->line, path, "%u is no slot: there are %u, from 0", r->last, c->slots);
            continue;
        }
        while (slot <= r->last && !owner[slot])
            owner[slot++] = (unsigned)shard + 1;
        if (slot <= r->last)
            conf_problem_at(ctx, s->line, path, "slot %u is given twice, to '%s' before", slot,
                            c->shards[owner[slot] - 1].name ? c->shards[owner[slot] - 1].name : "?");
    }
    free(path);
}

static void check_slots(struct conf_ctx *ctx, const struct conf *c)
{
    unsigned *owner = conf_calloc(c->slots, sizeof(*owner)), before = ctx->problems;
    bool given = false;

    for (size_t i = 0; i < c->n_shards; i++) {
        given = given || c->shards[i].n_slots;
        claim_slots(ctx, c, i, owner);
    }
    if (!given && c->n_shards > c->slots && c->slots)
        conf_problem_at(ctx, line_of(ctx, "slots"), "slots", "must be at least the number of shards");
    given = given && ctx->problems == before;
    for (unsigned first = 0, last; given && first < c->slots; first = last + 1) {
        for (last = first; last + 1 < c->slots && !owner[last + 1] == !owner[first]; last++)
            ;
        if (!owner[first])
            conf_problem_at(ctx, line_of(ctx, "shards"), "shards", "no shard has the slots %u-%u", first, last);
    }
    free(owner);
}

void conf_check(struct conf_ctx *ctx, const struct conf *c)
{
    check_listen(ctx, c);
    check_tls(ctx, &c->tls, "tls", true);
    check_tls(ctx, &c->backend.tls, "backend.tls", false);
    check_users(ctx, c);
    check_shards(ctx, c);
    check_slots(ctx, c);
    conf_check_schemas(ctx, c);
}
