/* The thread of recovery. Every TICK it looks whether the topology is another one and whether some primary's table has
 * to be checked; every transactions.recover_interval it goes its round (recover_round.c). Nothing here is shared with
 * other threads but the atomics.
 */
#include "proxy/recover.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/control_int.h"
#include "proxy/log.h"
#include "proxy/recover_int.h"

enum {
    RECOVER_TICK = 100, /* ms */
    CHECK_RETRY = 5000, /* ms */
};

/* ---- following the topology ---- */

static void describe_primary(char *out, size_t size, const struct conf_instance *i)
{
    const struct conf_address *a = &i->address;
    snprintf(out, size, "%s %s:%u", i->name, a->path != NULL ? a->path : a->host, a->port);
}

static const struct place *find_place(const struct recover *r, const char *shard)
{
    for (size_t i = 0; r->topo != NULL && i < r->topo->n_shards; i++) {
        if (strcmp(r->places[i].shard, shard) == 0) {
            return &r->places[i];
        }
    }
    return NULL;
}

static bool is_ready(const struct recover *r, const struct place *p)
{
    return p != NULL && atomic_load(&r->ready[p - r->places]);
}

static bool in_topo(const struct topo *t, const char *shard)
{
    for (size_t i = 0; i < t->n_shards; i++) {
        if (strcmp(t->shards[i].conf->name, shard) == 0) {
            return true;
        }
    }
    return false;
}

static void forget_shards(struct recover *r, const struct topo *t)
{
    for (size_t i = 0; r->topo != NULL && i < r->topo->n_shards; i++) {
        if (!in_topo(t, r->places[i].shard)) {
            doubts_forget(&r->doubts, r->places[i].shard, UINT64_MAX);
        }
    }
}

static void follow_topo(struct recover *r, struct snapshot *s)
{
    size_t n = s->topo->n_shards;
    if (r->topo == s->topo) {
        return;
    }
    forget_shards(r, s->topo);
    struct place *places = calloc(n + 1, sizeof *places);
    bool *ready = calloc(n + 1, sizeof *ready);
    if (places == NULL || ready == NULL) {
        abort();
    }
    for (uint16_t i = 0; i < n; i++) {
        const char *name = s->topo->shards[i].conf->name;
        const struct place *old = find_place(r, name);
        snprintf(places[i].shard, sizeof places[i].shard, "%s", name);
        describe_primary(places[i].primary, sizeof places[i].primary, round_primary(s, i));
        ready[i] = n > 1 && is_ready(r, old) && strcmp(old->primary, places[i].primary) == 0;
        places[i].check = true;
    }
    for (size_t i = 0; i < TOPO_MAX_SHARDS; i++) {
        atomic_store(&r->ready[i], i < n && ready[i]);
    }
    free(ready);
    free(r->places);
    r->places = places;
    topo_unref(r->topo);
    r->topo = topo_ref(s->topo);
}

/* ---- the table ---- */

static bool ensure_table(struct round *rd, uint16_t shard)
{
    struct place *p = &rd->r->places[shard];
    struct link *l = round_link(rd, shard);
    bool missing = false;
    if (l == NULL) {
        return false;
    }
    bool ok = rlog_check(l, &missing);
    if (!ok && missing && rlog_create(l)) {
        log_info("commit_log_created", "shard=%s primary=%s", p->shard, p->primary);
        ok = true;
    }
    if (!ok) {
        round_tell(&p->told_check, "commit_log_missing", p, l);
    }
    if (!ok && missing) {
        atomic_store(&rd->r->ready[shard], false);
    }
    return ok;
}

static void ensure_tables(struct round *rd, uint64_t now)
{
    struct recover *r = rd->r;
    for (uint16_t i = 0; i < rd->s->topo->n_shards; i++) {
        struct place *p = &r->places[i];
        p->check |= !round_is_up(rd->s, i);
        if (!p->check || !round_is_up(rd->s, i) || now < p->check_at) {
            continue;
        }
        if (ensure_table(rd, i)) {
            p->check = false;
            p->told_check = 0;
            atomic_store(&r->ready[i], true);
            r->next_round = now; /* it may have come back with branches */
        } else {
            p->check_at = control_now() + CHECK_RETRY;
        }
    }
}

/* ---- the thread ---- */

static void look(struct recover *r, struct snapshot *s)
{
    uint64_t now = control_now();
    follow_topo(r, s);
    if (s->topo->n_shards < 2) {
        return;
    }
    struct round rd = {.r = r, .s = s, .peers = calloc(s->topo->n_shards, sizeof *rd.peers)};
    if (rd.peers == NULL) {
        abort();
    }
    ensure_tables(&rd, now);
    if (now >= r->next_round) {
        round_run(&rd, now);
    }
    round_deinit(&rd);
}

static void *recover_main(void *arg)
{
    struct recover *r = arg;
    while (!atomic_load(&r->stopping)) {
        struct snapshot *s = control_snapshot(r->control);
        look(r, s);
        snapshot_unref(s);
        pthread_mutex_lock(&r->lock);
        if (!atomic_load(&r->stopping)) {
            control_wait(&r->wake, &r->lock, control_now() + RECOVER_TICK);
        }
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

static void recover_free(struct recover *r)
{
    doubts_clear(&r->doubts);
    free(r->places);
    topo_unref(r->topo);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

struct recover *recover_start(struct control *c)
{
    struct recover *r = calloc(1, sizeof *r);
    if (r == NULL) {
        abort();
    }
    r->control = c;
    r->seed = (unsigned)control_now() ^ (unsigned)getpid() << 16;
    pthread_mutex_init(&r->lock, NULL);
    control_cond_init(&r->wake);
    if (!control_thread(&r->thread, recover_main, r)) {
        recover_free(r);
        return NULL;
    }
    return r;
}

void recover_stop(struct recover *r)
{
    if (r == NULL) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    atomic_store(&r->stopping, true);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    recover_free(r);
}

bool recover_ready(struct recover *r, uint16_t shard)
{
    return r != NULL && shard < TOPO_MAX_SHARDS && atomic_load_explicit(&r->ready[shard], memory_order_relaxed);
}

struct recover_counts recover_counts(struct recover *r)
{
    return (struct recover_counts){atomic_load(&r->committed), atomic_load(&r->rolled_back), atomic_load(&r->in_doubt)};
}
