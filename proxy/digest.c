/* See digest.h. The list has the row used last in front. Rows are found by schema and text together, the two texts
 * behind the struct being the key: "schema\0text".
 */
#include "proxy/digest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct digest_table {
    struct digest *by_key;
    TAILQ_HEAD(digests, digest) used; /* the one used last first */
    size_t n, max;
    uint64_t evicted;
    struct digest *overflow; /* shared by what finds no place; not in the list */
};

static struct digest *digest_new(struct digest_table *t, const char *key, size_t key_len)
{
    struct digest *d = calloc(1, sizeof *d + key_len + 1);
    if (d == NULL) {
        abort();
    }
    char *own = (char *)(d + 1);
    memcpy(own, key, key_len);
    d->schema = own;
    d->text = own + strlen(own) + 1;
    d->table = t;
    return d;
}

struct digest_table *digest_table_new(size_t max)
{
    struct digest_table *t = calloc(1, sizeof *t);
    if (t == NULL) {
        abort();
    }
    static const char key[] = "\0(other statements)";
    TAILQ_INIT(&t->used);
    t->max = max;
    t->overflow = digest_new(t, key, sizeof key - 1);
    return t;
}

static void digest_free(struct digest *d)
{
    struct digest_table *t = d->table;
    HASH_DELETE(hh, t->by_key, d);
    TAILQ_REMOVE(&t->used, d, link);
    t->n--;
    free(d);
}

void digest_table_free(struct digest_table *t)
{
    if (t == NULL) {
        return;
    }
    while (!TAILQ_EMPTY(&t->used)) {
        digest_free(TAILQ_FIRST(&t->used));
    }
    free(t->overflow);
    free(t);
}

/* Makes room until `n` rows or fewer are left. False when the rest is referred to. */
static bool make_room(struct digest_table *t, size_t n)
{
    struct digest *d, *before;
    for (d = TAILQ_LAST(&t->used, digests); d != NULL && t->n > n; d = before) {
        before = TAILQ_PREV(d, digests, link);
        if (d->refs == 0) {
            digest_free(d);
            t->evicted++;
        }
    }
    return t->n <= n;
}

void digest_table_resize(struct digest_table *t, size_t max)
{
    t->max = max;
    make_room(t, max);
}

struct digest *digest_get(struct digest_table *t, const char *text, const char *schema)
{
    char key[DIGEST_TEXT_MAX + 256 + 2];
    size_t schema_len = strnlen(schema, 256), text_len = strnlen(text, DIGEST_TEXT_MAX),
           key_len = schema_len + 1 + text_len;
    struct digest *d;
    if (t->max == 0) {
        return NULL;
    }
    memcpy(key, schema, schema_len);
    key[schema_len] = '\0';
    memcpy(key + schema_len + 1, text, text_len);
    HASH_FIND(hh, t->by_key, key, key_len, d);
    if (d == NULL && make_room(t, t->max - 1)) {
        d = digest_new(t, key, key_len);
        HASH_ADD_KEYPTR(hh, t->by_key, (const char *)(d + 1), key_len, d);
        TAILQ_INSERT_HEAD(&t->used, d, link);
        t->n++;
    }
    return digest_ref(d != NULL ? d : t->overflow);
}

struct digest *digest_ref(struct digest *d)
{
    d->refs++;
    return d;
}

void digest_unref(struct digest *d)
{
    if (d != NULL) {
        d->refs--;
    }
}

void digest_add(struct digest *d, uint64_t us, uint64_t rows, bool error)
{
    struct digest_table *t = d->table;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    d->last_seen = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    d->first_seen = d->first_seen != 0 ? d->first_seen : d->last_seen;
    d->count++;
    d->errors += error;
    d->rows += rows;
    d->total_us += us;
    d->max_us = us > d->max_us ? us : d->max_us;
    histogram_add(&d->latency, us);
    if (d != t->overflow && d != TAILQ_FIRST(&t->used)) {
        TAILQ_REMOVE(&t->used, d, link);
        TAILQ_INSERT_HEAD(&t->used, d, link);
    }
}

void digest_each(const struct digest_table *t, void (*fn)(void *arg, const struct digest *d), void *arg)
{
    const struct digest *d;
    TAILQ_FOREACH(d, &t->used, link)
    {
        fn(arg, d);
    }
    if (t->overflow->count > 0) {
        fn(arg, t->overflow);
    }
}

static void digest_zero(struct digest *d)
{
    d->count = d->errors = d->rows = d->total_us = d->max_us = d->first_seen = d->last_seen = 0;
    memset(&d->latency, 0, sizeof d->latency);
}

void digest_reset(struct digest_table *t)
{
    struct digest *d;
    make_room(t, 0);
    TAILQ_FOREACH(d, &t->used, link)
    {
        digest_zero(d);
    }
    digest_zero(t->overflow);
}

uint64_t digest_evicted(const struct digest_table *t)
{
    return t->evicted;
}
