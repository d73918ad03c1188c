/* Table definitions: read when asked for, checked again when old.
 *
 * DDL: what was read is put into the catalog only if nobody called control_forget() for that table since the reading
 * began; else it is read again. So a definition from before a DDL statement never outlives the forgetting that follows
 * the statement.
 *
 * Where a table is read: a `single` table on its shard. Any other on each shard in turn until one has it; that none has
 * it is an answer only if every shard was asked. Shards with a good instance are asked first.
 *
 * Other proxies' DDL is seen late: a definition is read again every TABLE_AGE, and that a table is not there is
 * believed for ABSENT_AGE.
 */
#include "proxy/control_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/link.h"
#include "proxy/schema.h"

enum { READ_AGAIN_MAX = 10, ABSENT_MAX = 1000 };

/* ---- reading ---- */

/* The shard that alone has the table, or -1. *known: the schema is one of ours. */
static int single_shard(const struct topo *t, const char *schema, const char *name, bool *known)
{
    const struct topo_schema *s = topo_schema(t, schema, strlen(schema));
    const char *shard = NULL;
    *known = s != NULL;
    if (s == NULL) {
        return -1;
    }
    bool listed = false;
    for (size_t i = 0; i < s->conf->n_tables && !listed; i++) {
        const struct conf_table *table = &s->conf->tables[i];
        listed = strcmp(table->name, name) == 0;
        shard = listed && table->kind == CONF_TABLE_SINGLE ? table->shard : NULL;
    }
    if (!listed && s->conf->others.kind == CONF_TABLE_SINGLE) {
        shard = s->conf->others.shard;
    }
    for (size_t i = 0; shard != NULL && i < t->n_shards; i++) {
        if (strcmp(t->shards[i].conf->name, shard) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static struct table_info *read_on_shard(struct run *r, uint16_t shard, bool poor_ones)
{
    struct job *j = r->job;
    for (unsigned nth = 0; nth < 2; nth++) {
        bool poor = false;
        const struct conf_instance *i = run_choose(r, shard, nth, &poor);
        if (i == NULL) {
            if (nth == 0 && poor_ones) {
                run_fail(r, "shard %s: no instance is up", r->topo->shards[shard].conf->name);
            }
            return NULL;
        }
        if (poor && !poor_ones) {
            return NULL;
        }
        struct table_info *t =
            r->c->ops.read_table(r->links, r->topo->conf, i, j->schema, j->name, j->error, sizeof j->error);
        if (t != NULL) {
            return t;
        }
    }
    return NULL;
}

static struct table_info *read_on_shards(struct run *r)
{
    size_t n = r->topo->n_shards, answered = 0;
    struct table_info *absent = NULL;
    bool *asked = calloc(n + 1, sizeof *asked);
    if (asked == NULL) {
        abort();
    }
    for (size_t step = 0; step < 2 * n; step++) { /* good ones first, then the others */
        size_t shard = step % n;
        struct table_info *t = asked[shard] ? NULL : read_on_shard(r, (uint16_t)shard, step >= n);
        if (t == NULL) {
            continue;
        }
        asked[shard] = true;
        answered++;
        table_info_unref(absent);
        absent = t;
        if (t->exists) {
            answered = n;
            break;
        }
    }
    free(asked);
    if (answered < n) {
        table_info_unref(absent);
        absent = NULL;
    }
    return absent;
}

/* The entry as it is read now; stale readings are the caller's business. */
static struct table_info *read_once(struct run *r)
{
    bool known;
    int shard = single_shard(r->topo, r->job->schema, r->job->name, &known);
    if (!known) {
        run_fail(r, "schema '%s' is not of this mesh", r->job->schema);
        return NULL;
    }
    return shard >= 0 ? read_on_shard(r, (uint16_t)shard, true) : read_on_shards(r);
}

struct arrival {
    struct reading *reading;
    struct table_info *table;
    bool used;
};

static bool is_present(void *arg, const struct table_info *t)
{
    (void)arg;
    return t->exists;
}

static void catalog_set(struct control *c, struct catalog *catalog)
{
    catalog_unref(c->catalog);
    c->catalog = catalog;
}

static void change_arrival(struct control *c, void *arg)
{
    struct arrival *a = arg;
    if (a->reading->stale) {
        return;
    }
    if (!a->table->exists && ++c->n_absent > ABSENT_MAX) { /* clients choose these names: bounded */
        catalog_set(c, catalog_filter(c->catalog, is_present, NULL));
        c->n_absent = 1;
    }
    catalog_set(c, catalog_with(c->catalog, a->table));
    a->used = true;
}

/* An entry that says the same stays, and only its age is new. */
static bool is_known(struct control *c, const struct reading *reading, const struct table_info *t)
{
    bool known = false;
    pthread_mutex_lock(&c->lock);
    const struct table_info *old = catalog_table(c->catalog, t->schema, strlen(t->schema), t->name, strlen(t->name));
    if (!reading->stale && old != NULL && schema_same(old, t)) {
        ((struct table_info *)(uintptr_t)old)->read_at = t->read_at; /* read and written under this lock alone */
        known = true;
    }
    pthread_mutex_unlock(&c->lock);
    return known;
}

/* Waits until a snapshot that is being handed over has been. */
static void publish_barrier(struct control *c)
{
    pthread_mutex_lock(&c->publish_lock);
    pthread_mutex_unlock(&c->publish_lock);
}

static bool read_and_publish(struct run *r)
{
    struct table_info *t = read_once(r);
    if (t == NULL) {
        return false;
    }
    if (is_known(r->c, &r->reading, t)) {
        table_info_unref(t);
        publish_barrier(r->c);
        return true;
    }
    struct arrival a = {&r->reading, t, false};
    control_publish(r->c, change_arrival, &a);
    if (!a.used) {
        table_info_unref(t);
        return run_fail(r, "table '%s'.'%s' keeps changing", r->job->schema, r->job->name);
    }
    return true;
}

static void reading_start(struct run *r)
{
    pthread_mutex_lock(&r->c->lock);
    r->reading = (struct reading){.schema = r->job->schema, .name = r->job->name};
    LIST_INSERT_HEAD(&r->c->readings, &r->reading, link);
    topo_unref(r->topo);
    r->topo = topo_ref(r->c->topo);
    pthread_mutex_unlock(&r->c->lock);
}

static bool reading_end(struct run *r)
{
    pthread_mutex_lock(&r->c->lock);
    LIST_REMOVE(&r->reading, link);
    bool stale = r->reading.stale;
    pthread_mutex_unlock(&r->c->lock);
    return stale;
}

/* Somebody else's job has read it since this one was submitted. */
static bool is_newer_there(struct run *r)
{
    const struct job *j = r->job;
    pthread_mutex_lock(&r->c->lock);
    const struct table_info *t = catalog_table(r->c->catalog, j->schema, strlen(j->schema), j->name, strlen(j->name));
    bool newer = t != NULL && t->read_at / 1000000 > j->submitted_at;
    pthread_mutex_unlock(&r->c->lock);
    return newer;
}

bool run_read_table(struct run *r)
{
    if (is_newer_there(r)) {
        publish_barrier(r->c);
        return true;
    }
    bool ok = false, stale = true;
    for (unsigned i = 0; !ok && stale && i < READ_AGAIN_MAX; i++) {
        reading_start(r);
        ok = read_and_publish(r);
        stale = reading_end(r);
    }
    return ok;
}

struct table_wanted {
    const char *schema, *name;
    struct table_info *table;
};

static bool use_read_table(struct link *link, void *arg)
{
    struct table_wanted *w = arg;
    w->table = schema_read(link, w->schema, w->name);
    return w->table != NULL;
}

struct table_info *table_read(struct links *links, const struct conf *conf, const struct conf_instance *instance,
                              const char *schema, const char *name, char *error, size_t size)
{
    struct table_wanted w = {schema, name, NULL};
    links_use(links, conf, instance, JOB_TIMEOUT, use_read_table, &w, error, size);
    return w.table;
}

/* ---- in the background ---- */

struct aged {
    struct job *jobs[REFRESH_AT_ONCE];
    size_t n;
    uint64_t now;
    bool absent_expired;
};

static void refresh_done(struct job *j)
{
    free(j);
}

static uint64_t age_of(const struct table_info *t, uint64_t now)
{
    uint64_t read_at = t->read_at / 1000000; /* ns of the same clock */
    return now > read_at ? now - read_at : 0;
}

static void on_table(void *arg, const struct table_info *t)
{
    struct aged *a = arg;
    if (!t->exists) {
        a->absent_expired |= age_of(t, a->now) >= ABSENT_AGE;
        return;
    }
    if (a->n == REFRESH_AT_ONCE || age_of(t, a->now) < TABLE_AGE) {
        return;
    }
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        abort();
    }
    j->kind = JOB_READ_TABLE;
    j->done = refresh_done;
    snprintf(j->schema, sizeof j->schema, "%s", t->schema);
    snprintf(j->name, sizeof j->name, "%s", t->name);
    a->jobs[a->n++] = j;
}

static bool is_fresh(void *arg, const struct table_info *t)
{
    return t->exists || age_of(t, *(uint64_t *)arg) < ABSENT_AGE;
}

static void change_absent(struct control *c, void *arg)
{
    struct catalog *old = c->catalog;
    c->catalog = catalog_filter(old, is_fresh, arg);
    catalog_unref(old);
}

void tables_refresh(struct control *c)
{
    struct aged aged = {.now = control_now()};
    pthread_mutex_lock(&c->lock);
    if (aged.now - c->refreshed_at >= 1000 && c->first_job == NULL) {
        c->refreshed_at = aged.now;
        catalog_each(c->catalog, on_table, &aged);
    }
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < aged.n; i++) {
        control_submit(c, aged.jobs[i]);
    }
    if (aged.absent_expired) {
        control_publish(c, change_absent, &aged.now);
    }
}
