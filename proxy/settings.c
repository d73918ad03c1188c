#include "proxy/settings.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <uthash.h>

#define MEMO_MAX 256

struct entry {
    const char *name, *value;
};

struct settings {
    unsigned refs;
    uint64_t hash;
    struct settings_store *store;
    struct settings *same_hash; /* others with this hash */
    UT_hash_handle hh;          /* of the first with this hash */
    size_t n;
    struct entry entries[];     /* then their bytes */
};

struct memo {
    TAILQ_ENTRY(memo) link;
    struct settings *from, *to;
    size_t len;
    char text[];
};

struct settings_store {
    struct settings *sets;
    struct settings *empty;
    TAILQ_HEAD(memos, memo) memos; /* the most recently used first */
    size_t n_memos;
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* ---- interning ---- */

static uint64_t hash_entries(const struct entry *e, size_t n)
{
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++) {
        h = XXH3_64bits_withSeed(e[i].name, strlen(e[i].name) + 1, h);
        h = XXH3_64bits_withSeed(e[i].value, strlen(e[i].value) + 1, h);
    }
    return h;
}

static bool same_entries(const struct settings *s, const struct entry *e, size_t n)
{
    if (s->n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(s->entries[i].name, e[i].name) || strcmp(s->entries[i].value, e[i].value))
            return false;
    return true;
}

static struct settings *make(struct settings_store *store, const struct entry *e, size_t n, uint64_t hash)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(e[i].name) + strlen(e[i].value) + 2;
    struct settings *s = must(malloc(sizeof *s + n * sizeof *e + bytes));
    memset(s, 0, sizeof *s);
    s->refs = 1;
    s->hash = hash;
    s->store = store;
    s->n = n;
    char *p = (char *)(s->entries + n);
    for (size_t i = 0; i < n; i++) {
        s->entries[i].name = p;
        p = stpcpy(p, e[i].name) + 1;
        s->entries[i].value = p;
        p = stpcpy(p, e[i].value) + 1;
    }
    return s;
}

static struct settings *intern(struct settings_store *store, const struct entry *e, size_t n)
{
    uint64_t hash = hash_entries(e, n);
    struct settings *first;
    HASH_FIND(hh, store->sets, &hash, sizeof hash, first);
    for (struct settings *s = first; s; s = s->same_hash)
        if (same_entries(s, e, n))
            return settings_ref(s);
    struct settings *s = make(store, e, n, hash);
    if (first) {
        s->same_hash = first->same_hash;
        first->same_hash = s;
    } else {
        HASH_ADD(hh, store->sets, hash, sizeof s->hash, s);
    }
    return s;
}

static void forget(struct settings *s)
{
    struct settings_store *store = s->store;
    struct settings *first;
    HASH_FIND(hh, store->sets, &s->hash, sizeof s->hash, first);
    if (first == s) {
        HASH_DEL(store->sets, s);
        if (s->same_hash)
            HASH_ADD(hh, store->sets, hash, sizeof s->hash, s->same_hash);
    } else {
        while (first->same_hash != s)
            first = first->same_hash;
        first->same_hash = s->same_hash;
    }
    free(s);
}

struct settings *settings_ref(struct settings *s)
{
    s->refs++;
    return s;
}

void settings_unref(struct settings *s)
{
    if (s && !--s->refs)
        forget(s);
}

struct settings_store *settings_store_new(void)
{
    struct settings_store *store = must(calloc(1, sizeof *store));
    TAILQ_INIT(&store->memos);
    store->empty = intern(store, NULL, 0);
    return store;
}

static void memo_free(struct settings_store *store, struct memo *m)
{
    TAILQ_REMOVE(&store->memos, m, link);
    store->n_memos--;
    settings_unref(m->from);
    settings_unref(m->to);
    free(m);
}

void settings_store_free(struct settings_store *store)
{
    while (!TAILQ_EMPTY(&store->memos))
        memo_free(store, TAILQ_FIRST(&store->memos));
    settings_unref(store->empty);
    assert(!store->sets);
    free(store);
}

struct settings *settings_empty(struct settings_store *store)
{
    return settings_ref(store->empty);
}

/* ---- reading and changing ---- */

/* Where `name` is, or would be. */
static size_t position(const struct settings *s, const char *name, bool *found)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(s->entries[mid].name, name);
        if (!c) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *found = false;
    return lo;
}

const char *settings_get(const struct settings *s, const char *name)
{
    bool found;
    size_t i = position(s, name, &found);
    return found ? s->entries[i].value : NULL;
}

struct settings *settings_with(struct settings *s, const char *name, const char *value)
{
    bool found;
    size_t at = position(s, name, &found);
    if (found ? value && !strcmp(s->entries[at].value, value) : !value)
        return settings_ref(s);
    struct entry *e = must(malloc((s->n + 1) * sizeof *e));
    size_t n = at;
    memcpy(e, s->entries, at * sizeof *e);
    if (value)
        e[n++] = (struct entry){name, value};
    size_t rest = s->n - at - found;
    memcpy(e + n, s->entries + at + found, rest * sizeof *e);
    struct settings *to = intern(s->store, e, n + rest);
    free(e);
    return to;
}

struct settings *settings_core(struct settings *s)
{
    size_t from = 0, to;
    while (from < s->n && s->entries[from].name[0] && s->entries[from].name[0] < '@')
        from++;
    if (from < s->n && !s->entries[from].name[0])
        from++; /* the schema comes first */
    for (to = from; to < s->n && s->entries[to].name[0] == '@'; to++)
        ;
    if (from == to)
        return settings_ref(s);
    struct entry *e = must(malloc(s->n * sizeof *e));
    memcpy(e, s->entries, from * sizeof *e);
    memcpy(e + from, s->entries + to, (s->n - to) * sizeof *e);
    struct settings *core = intern(s->store, e, s->n - (to - from));
    free(e);
    return core;
}

void settings_each(const struct settings *s, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
    for (size_t i = 0; i < s->n; i++)
        fn(arg, s->entries[i].name, s->entries[i].value);
}

/* ---- the difference ---- */

void settings_quote(struct buf *sql, const char *text, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    bool plain = true;
    for (size_t i = 0; i < len; i++)
        plain &= text[i] >= 0x20 && text[i] < 0x7f && text[i] != '\\' && text[i] != '\'';
    if (plain) {
        buf_append(sql, "'", 1);
        buf_append(sql, text, len);
        buf_append(sql, "'", 1);
        return;
    }
    buf_append(sql, "X'", 2);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        buf_append(sql, (char[]){hex[c >> 4], hex[c & 15]}, 2);
    }
    buf_append(sql, "'", 1);
}

static const char *const names_group[] = {"character_set_client", "character_set_results", "character_set_connection",
                                          "collation_connection"};
#define NAMES_GROUP (sizeof names_group / sizeof *names_group)

static bool in_names_group(const char *name)
{
    for (size_t i = 0; i < NAMES_GROUP; i++)
        if (!strcmp(name, names_group[i]))
            return true;
    return false;
}

/* What a variable becomes when the next session has not set it. DEFAULT, but where MySQL gets that wrong (its bits that
 * mean the opposite come out as 0). */
static const char *unset(const char *name)
{
    if (name[0] == '@')
        return "NULL";
    if (!strcmp(name, "foreign_key_checks"))
        return "@@GLOBAL.foreign_key_checks";
    if (!strcmp(name, "unique_checks"))
        return "@@GLOBAL.unique_checks";
    return "DEFAULT";
}

static void assign(struct buf *sql, bool *any, const char *name, const char *value)
{
    buf_append(sql, *any ? ", " : "SET ", *any ? 2 : 4);
    *any = true;
    if (name[0] == '@') {
        buf_append(sql, "@`", 2);
        for (const char *p = name + 1; *p; p++) {
            buf_append(sql, p, 1);
            if (*p == '`')
                buf_append(sql, p, 1);
        }
        buf_append(sql, "`", 1);
    } else {
        buf_append(sql, name, strlen(name));
    }
    buf_append(sql, "=", 1);
    if (!value)
        value = unset(name);
    buf_append(sql, value, strlen(value));
}

static bool equal(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void diff_names(const struct settings *from, const struct settings *to, struct buf *sql, bool *any)
{
    bool differ = false;
    for (size_t i = 0; i < NAMES_GROUP; i++)
        differ |= !equal(settings_get(from, names_group[i]), settings_get(to, names_group[i]));
    if (!differ)
        return;
    for (size_t i = 0; i < NAMES_GROUP; i++) {
        const char *value = settings_get(to, names_group[i]);
        bool collation = i == NAMES_GROUP - 1;
        if (value || !(collation && settings_get(to, "character_set_connection")))
            assign(sql, any, names_group[i], value);
    }
}

bool settings_diff(const struct settings *from, const struct settings *to, struct buf *sql)
{
    bool any = false;
    if (from == to)
        return false;
    diff_names(from, to, sql, &any);
    size_t i = 0, j = 0;
    while (i < from->n || j < to->n) {
        int c = i == from->n ? 1 : j == to->n ? -1 : strcmp(from->entries[i].name, to->entries[j].name);
        const char *name = c > 0 ? to->entries[j].name : from->entries[i].name;
        const char *old = c > 0 ? NULL : from->entries[i].value, *new = c < 0 ? NULL : to->entries[j].value;
        i += c <= 0;
        j += c >= 0;
        if (!equal(old, new) && name[0] && !in_names_group(name))
            assign(sql, &any, name, new);
    }
    return any;
}

/* ---- remembered SETs ---- */

struct settings *settings_memo_get(struct settings *s, const char *text, size_t len)
{
    struct settings_store *store = s->store;
    struct memo *m;
    TAILQ_FOREACH(m, &store->memos, link) {
        if (m->from == s && m->len == len && !memcmp(m->text, text, len)) {
            TAILQ_REMOVE(&store->memos, m, link);
            TAILQ_INSERT_HEAD(&store->memos, m, link);
            return settings_ref(m->to);
        }
    }
    return NULL;
}

void settings_memo_put(struct settings *s, const char *text, size_t len, struct settings *to)
{
    struct settings_store *store = s->store;
    if (len > 1024)
        return;
    struct memo *m = must(malloc(sizeof *m + len));
    m->from = settings_ref(s);
    m->to = settings_ref(to);
    m->len = len;
    memcpy(m->text, text, len);
    TAILQ_INSERT_HEAD(&store->memos, m, link);
    if (++store->n_memos > MEMO_MAX)
        memo_free(store, TAILQ_LAST(&store->memos, memos));
}
