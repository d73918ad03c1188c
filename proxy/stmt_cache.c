#include "proxy/stmt_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <uthash.h>

#include "protocol/command.h"
#include "protocol/const.h"
#include "proxy/settings.h"

struct entry {
    uint64_t hash;
    UT_hash_handle hh;
    TAILQ_ENTRY(entry) link;
    struct settings *settings;
    uint32_t id;
    size_t len;
    char sql[];
};

struct stmt_cache {
    struct entry *by_hash; /* at most one a hash: a second text with the same one pushes the first out */
    TAILQ_HEAD(entries, entry) used; /* the last used first */
};

struct stmt_cache *stmt_cache_new(void)
{
    struct stmt_cache *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    TAILQ_INIT(&c->used);
    return c;
}

static void drop(struct stmt_cache *c, struct entry *e, struct buf *out)
{
    HASH_DEL(c->by_hash, e);
    TAILQ_REMOVE(&c->used, e, link);
    if (out)
        command_write_stmt(out, COM_STMT_CLOSE, e->id);
    settings_unref(e->settings);
    free(e);
}

void stmt_cache_free(struct stmt_cache *c)
{
    while (!TAILQ_EMPTY(&c->used))
        drop(c, TAILQ_FIRST(&c->used), NULL);
    free(c);
}

static uint64_t hash_of(const struct settings *settings, const char *sql, size_t len)
{
    return XXH3_64bits_withSeed(sql, len, (uint64_t)(uintptr_t)settings);
}

static struct entry *find(struct stmt_cache *c, uint64_t hash)
{
    struct entry *e;
    HASH_FIND(hh, c->by_hash, &hash, sizeof hash, e);
    return e;
}

uint32_t stmt_cache_get(struct stmt_cache *c, const struct settings *settings, const char *sql, size_t len)
{
    struct entry *e = find(c, hash_of(settings, sql, len));
    if (!e || e->settings != settings || e->len != len || memcmp(e->sql, sql, len))
        return 0;
    if (TAILQ_FIRST(&c->used) != e) {
        TAILQ_REMOVE(&c->used, e, link);
        TAILQ_INSERT_HEAD(&c->used, e, link);
    }
    return e->id;
}

void stmt_cache_put(struct stmt_cache *c, struct settings *settings, const char *sql, size_t len, uint32_t id, size_t max,
                    struct buf *out)
{
    uint64_t hash = hash_of(settings, sql, len);
    struct entry *old = find(c, hash);
    if (old)
        drop(c, old, out);
    while (HASH_COUNT(c->by_hash) >= (max ? max : 1))
        drop(c, TAILQ_LAST(&c->used, entries), out);
    struct entry *e = malloc(sizeof *e + len);
    if (!e)
        abort();
    e->hash = hash;
    e->settings = settings_ref(settings);
    e->id = id;
    e->len = len;
    memcpy(e->sql, sql, len);
    HASH_ADD(hh, c->by_hash, hash, sizeof e->hash, e);
    TAILQ_INSERT_HEAD(&c->used, e, link);
}

void stmt_cache_remove(struct stmt_cache *c, uint32_t id, struct buf *out)
{
    struct entry *e;
    TAILQ_FOREACH(e, &c->used, link) {
        if (e->id == id) {
            drop(c, e, out);
            return;
        }
    }
}

size_t stmt_cache_count(const struct stmt_cache *c)
{
    return HASH_COUNT(c->by_hash);
}
