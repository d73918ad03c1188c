/* See plan_cache.h. A node holds its key and its plan; the hash table (by the shape's hash, schema and mode folded in)
 * finds it, a list in order of use says who goes first. A plan that is lent when its node goes lives on until it is
 * given back: nodes are counted, the cache itself holds one reference.
 */
#include "router/plan_cache.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "router/plan_int.h"

struct node {
    TAILQ_ENTRY(node) by_use; /* the least recently used first */
    struct node *next;        /* of its bucket */
    uint64_t hash;
    uint32_t refs;
    size_t bytes;
    struct lex_mode mode;
    uint32_t shape_len;
    char *shape, *schema; /* schema NULL: none */
    struct plan *plan;
};

struct plan_cache {
    struct node **buckets;
    size_t n_buckets; /* a power of two */
    TAILQ_HEAD(queue_head, node) by_use;
    size_t max_plans, max_bytes;
    struct plan_cache_stats stats;
};

static void *must(void *p)
{
    if (!p) {
        abort();
    }
    return p;
}

struct plan_cache *plan_cache_new(size_t max_plans, size_t max_bytes)
{
    struct plan_cache *c = must(calloc(1, sizeof *c));
    c->max_plans = max_plans ? max_plans : 1;
    c->max_bytes = max_bytes;
    c->n_buckets = 64;
    while (c->n_buckets < c->max_plans && c->n_buckets < 1u << 20) {
        c->n_buckets *= 2;
    }
    c->buckets = must(calloc(c->n_buckets, sizeof *c->buckets));
    TAILQ_INIT(&c->by_use);
    return c;
}

static uint64_t key_hash(const struct fingerprint *shape, const char *schema, const struct lex_mode *mode)
{
    uint64_t h = shape->hash ^ ((uint64_t)mode->flags << 8 | mode->charset) * 0x9e3779b97f4a7c15ull;
    for (; schema && *schema; schema++) {
        h = (h ^ (unsigned char)*schema) * 0x100000001b3ull;
    }
    return h ^ h >> 29;
}

static bool same_mode(const struct lex_mode *a, const struct lex_mode *b)
{
    return a->flags == b->flags && a->charset == b->charset && a->dialect == b->dialect && a->version == b->version;
}

static struct node *find(struct plan_cache *c, uint64_t hash, const struct fingerprint *shape, const char *schema,
                         const struct lex_mode *mode)
{
    for (struct node *n = c->buckets[hash & (c->n_buckets - 1)]; n; n = n->next) {
        if (n->hash == hash && n->shape_len == shape->shape_len && !memcmp(n->shape, shape->shape, n->shape_len) &&
            same_mode(&n->mode, mode) && (schema ? n->schema && !strcmp(n->schema, schema) : !n->schema)) {
            return n;
        }
    }
    return NULL;
}

static void node_unref(struct node *n)
{
    if (--n->refs > 0) {
        return;
    }
    if (n->plan->release_user) {
        n->plan->release_user(n->plan->user);
    }
    topo_unref((struct topo *)n->plan->place->topo);
    free(n->plan);
    free(n->shape);
    free(n->schema);
    free(n);
}

static void drop(struct plan_cache *c, struct node *n)
{
    struct node **at = &c->buckets[n->hash & (c->n_buckets - 1)];
    while (*at != n) {
        at = &(*at)->next;
    }
    *at = n->next;
    TAILQ_REMOVE(&c->by_use, n, by_use);
    c->stats.plans--;
    c->stats.bytes -= n->bytes;
    node_unref(n);
}

struct plan *plan_cache_get(struct plan_cache *c, const struct fingerprint *shape, const char *schema,
                            const struct lex_mode *mode)
{
    struct node *n = find(c, key_hash(shape, schema, mode), shape, schema, mode);
    if (!n) {
        c->stats.misses++;
        return NULL;
    }
    c->stats.hits++;
    if (TAILQ_LAST(&c->by_use, queue_head) != n) {
        TAILQ_REMOVE(&c->by_use, n, by_use);
        TAILQ_INSERT_TAIL(&c->by_use, n, by_use);
    }
    n->refs++;
    return n->plan;
}

struct plan *plan_cache_put(struct plan_cache *c, const struct fingerprint *shape, const char *schema,
                            const struct lex_mode *mode, const struct plan *plan)
{
    uint64_t hash = key_hash(shape, schema, mode);
    struct node *old = find(c, hash, shape, schema, mode);
    if (old) {
        drop(c, old);
    }
    struct node *n = must(calloc(1, sizeof *n));
    size_t size;
    n->plan = must(plan_copy(plan, &size));
    n->plan->owner = n;
    n->plan->user = NULL;
    n->plan->release_user = NULL;
    topo_ref((struct topo *)n->plan->place->topo);
    n->shape = must(malloc(shape->shape_len + 1u));
    memcpy(n->shape, shape->shape, shape->shape_len);
    n->shape_len = shape->shape_len;
    n->schema = schema ? must(strdup(schema)) : NULL;
    n->hash = hash;
    n->mode = *mode;
    n->refs = 2; /* the cache's and the caller's */
    n->bytes = sizeof *n + size + shape->shape_len + (schema ? strlen(schema) : 0);
    struct node **bucket = &c->buckets[hash & (c->n_buckets - 1)];
    n->next = *bucket;
    *bucket = n;
    TAILQ_INSERT_TAIL(&c->by_use, n, by_use);
    c->stats.plans++;
    c->stats.bytes += n->bytes;
    while ((c->stats.plans > c->max_plans || (c->max_bytes && c->stats.bytes > c->max_bytes)) && c->stats.plans > 1) {
        c->stats.evictions++;
        drop(c, TAILQ_FIRST(&c->by_use));
    }
    return n->plan;
}

struct plan *plan_ref(struct plan *p)
{
    struct node *n = p->owner;
    if (n) {
        n->refs++;
    }
    return p;
}

void plan_unref(struct plan *p)
{
    if (p && p->owner) {
        node_unref(p->owner);
    }
}

void plan_cache_clear(struct plan_cache *c)
{
    while (!TAILQ_EMPTY(&c->by_use)) {
        drop(c, TAILQ_FIRST(&c->by_use));
    }
}

void plan_cache_free(struct plan_cache *c)
{
    if (!c) {
        return;
    }
    plan_cache_clear(c);
    free(c->buckets);
    free(c);
}

void plan_cache_stats(const struct plan_cache *c, struct plan_cache_stats *out)
{
    *out = c->stats;
}
