#include "proxy/weights.h"

#include <stdlib.h>
#include <sys/queue.h>

#include <uthash.h>

#define WEIGHTS_MAX 10000

struct entry {
    UT_hash_handle hh;
    TAILQ_ENTRY(entry) link;
    uint8_t *answer;
    size_t answer_len, key_len;
    uint8_t key[]; /* charset NUL collation NUL client charset, text */
};

struct weights {
    struct entry *entries;
    TAILQ_HEAD(ages, entry) ages; /* the oldest first */
};

struct weights *weights_new(void)
{
    struct weights *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    TAILQ_INIT(&w->ages);
    return w;
}

static void drop(struct weights *w, struct entry *e)
{
    HASH_DEL(w->entries, e);
    TAILQ_REMOVE(&w->ages, e, link);
    free(e->answer);
    free(e);
}

void weights_free(struct weights *w)
{
    while (!TAILQ_EMPTY(&w->ages))
        drop(w, TAILQ_FIRST(&w->ages));
    free(w);
}

static struct entry *make(const char *charset, const char *collation, const char *text, size_t len, uint16_t client_charset)
{
    size_t a = strlen(charset) + 1, b = strlen(collation) + 1, n = a + b + sizeof client_charset + len;
    struct entry *e = calloc(1, sizeof *e + n);
    if (!e)
        abort();
    e->key_len = n;
    memcpy(e->key, charset, a);
    memcpy(e->key + a, collation, b);
    memcpy(e->key + a + b, &client_charset, sizeof client_charset);
    memcpy(e->key + a + b + sizeof client_charset, text, len);
    return e;
}

bool weights_get(struct weights *w, const char *charset, const char *collation, const char *text, size_t len,
                 uint16_t client_charset, struct bytes *out)
{
    struct entry *probe = make(charset, collation, text, len, client_charset), *e;
    HASH_FIND(hh, w->entries, probe->key, probe->key_len, e);
    free(probe);
    if (e)
        *out = (struct bytes){e->answer, e->answer_len};
    return e != NULL;
}

void weights_put(struct weights *w, const char *charset, const char *collation, const char *text, size_t len,
                 uint16_t client_charset, const void *answer, size_t answer_len)
{
    struct entry *e = make(charset, collation, text, len, client_charset), *old;
    if (!(e->answer = malloc(answer_len + 1)))
        abort();
    memcpy(e->answer, answer, answer_len);
    e->answer_len = answer_len;
    HASH_FIND(hh, w->entries, e->key, e->key_len, old);
    if (old)
        drop(w, old);
    else if (HASH_COUNT(w->entries) >= WEIGHTS_MAX)
        drop(w, TAILQ_FIRST(&w->ages));
    HASH_ADD_KEYPTR(hh, w->entries, e->key, e->key_len, e);
    TAILQ_INSERT_TAIL(&w->ages, e, link);
}
