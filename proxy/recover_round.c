/* One round over all primaries, one after the other:
 *
 *   1  once a minute: the log's old rows are noted, everywhere
 *   2  XA RECOVER everywhere; what has been seen for transactions.recover_age is due
 *   3  noted rows whose transaction no shard has prepared are deleted; only if every shard has answered
 *   4  what is due is ended: recover_rules.c
 *
 * 1 comes before 2: a row is written after all its branches were prepared, so that one that is missing in 2 has been
 * ended, and never can come.
 *
 * Every question is bounded by its connection's timeouts; an instance that did not answer is not asked again in that
 * round. Connections are closed after a round, so that a fleet of proxies does not occupy a small instance.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/control_int.h"
#include "proxy/log.h"
#include "proxy/recover_int.h"

enum {
    RECOVER_TIMEOUT_MIN = 2000,  /* ms: longer than the waits for locks */
    SWEEP_INTERVAL = 60000,      /* ms */
    SWEEP_ROWS_MAX = 100 * 1000, /* rows noted in one round */
};

/* ---- connections ---- */

const struct conf_instance *round_primary(const struct snapshot *s, uint16_t shard)
{
    return s->topo->instances[s->topo->shards[shard].primary].conf;
}

bool round_is_up(const struct snapshot *s, uint16_t shard)
{
    enum health_state state = s->health->instances[s->topo->shards[shard].primary].state;
    return state == HEALTH_UP || state == HEALTH_DRAINING; /* draining: this is not new work */
}

void round_tell(unsigned *told, const char *event, const struct place *p, const struct link *l)
{
    if (*told != l->code || l->code == 0) {
        log_warning(event, "shard=%s primary=%s error=%s", p->shard, p->primary, l->error);
        *told = l->code;
    }
}

static bool open_peer(struct round *rd, struct link *l, uint16_t shard)
{
    const struct conf *conf = rd->s->topo->conf;
    uint64_t timeout = conf->health.timeout > RECOVER_TIMEOUT_MIN ? conf->health.timeout : RECOVER_TIMEOUT_MIN;
    if (link_open(l, conf, round_primary(rd->s, shard), timeout) && rlog_prepare(l)) {
        return true;
    }
    round_tell(&rd->r->places[shard].told_ask, "recovery_cannot_connect", &rd->r->places[shard], l);
    return false;
}

struct link *round_link(struct round *rd, uint16_t shard)
{
    struct peer *p = &rd->peers[shard];
    if (p->out || atomic_load(&rd->r->stopping)) {
        return NULL;
    }
    if (p->link.mysql == NULL) {
        /* never connected, or closed because there was nothing more to ask, or lost: the last is not tried again */
        bool lost = p->link.code != 0 && link_lost(&p->link);
        p->out = lost || !round_is_up(rd->s, shard) || !open_peer(rd, &p->link, shard);
    }
    return p->out ? NULL : &p->link;
}

/* ---- 1: old rows ---- */

static void note_old(struct round *rd, uint16_t shard, MYSQL_RES *rows)
{
    size_t n = (size_t)mysql_num_rows(rows);
    if (rd->n_old + n > SWEEP_ROWS_MAX) {
        rd->more_old = true;
        return;
    }
    struct old_row *old = realloc(rd->old, (rd->n_old + n + 1) * sizeof *old);
    if (old == NULL) {
        abort();
    }
    rd->old = old;
    rd->more_old |= n == LOG_OLD_ROWS;
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        if (row[0] != NULL && branch_is_id(row[0], mysql_fetch_lengths(rows)[0])) {
            struct old_row *o = &old[rd->n_old++];
            o->shard = shard;
            memcpy(o->id, row[0], sizeof o->id);
        }
    }
}

static void sweep_note(struct round *rd)
{
    for (uint16_t i = 0; i < rd->s->topo->n_shards; i++) {
        struct link *l = round_link(rd, i);
        MYSQL_RES *rows = l != NULL ? rlog_old(l) : NULL;
        if (rows != NULL) {
            note_old(rd, i, rows);
            mysql_free_result(rows);
        } else if (l != NULL) {
            rd->r->places[i].check = true;
        }
    }
}

/* ---- 2: what is prepared ---- */

static void see_branches(struct round *rd, uint16_t shard, MYSQL_RES *rows, bool *due)
{
    struct recover *r = rd->r;
    const char *name = r->places[shard].shard;
    uint64_t now = control_now(), age = rd->s->topo->conf->transactions.recover_age;
    struct branch b;
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        if (!branch_read(&b, row, mysql_fetch_lengths(rows))) {
            continue;
        }
        struct doubt *d = doubts_see(&r->doubts, name, &b, now, r->round);
        rd->all_asked &= d != NULL;
        *due |= d != NULL && doubt_is_due(d, now, age);
    }
    doubts_forget(&r->doubts, name, r->round);
}

static void ask_prepared(struct round *rd)
{
    rd->all_asked = true;
    for (uint16_t i = 0; i < rd->s->topo->n_shards; i++) {
        struct place *p = &rd->r->places[i];
        struct link *l = round_link(rd, i);
        MYSQL_RES *rows = l != NULL ? rlog_prepared(l) : NULL;
        bool due = false;
        rd->all_asked &= rows != NULL;
        if (rows != NULL) {
            p->told_ask = 0;
            see_branches(rd, i, rows, &due);
            mysql_free_result(rows);
        } else if (l != NULL) {
            round_tell(&p->told_ask, "prepared_transactions_unknown", p, l);
        }
        if (l != NULL && !due && rd->n_old == 0) {
            link_close(l);
        }
    }
}

/* ---- 3: deleting ---- */

static void sweep_delete(struct round *rd)
{
    struct recover *r = rd->r;
    char ids[LOG_DELETE_ROWS][RECOVER_ID_LEN + 1];
    for (size_t i = 0; i < rd->n_old && rd->all_asked;) {
        uint16_t shard = rd->old[i].shard;
        size_t n = 0;
        for (; i < rd->n_old && rd->old[i].shard == shard && n < LOG_DELETE_ROWS; i++) {
            if (!doubts_have(r->doubts, rd->old[i].id)) {
                memcpy(ids[n++], rd->old[i].id, sizeof ids[0]);
            }
        }
        struct link *l = n > 0 ? round_link(rd, shard) : NULL;
        if (l != NULL && rlog_delete(l, ids, n)) {
            log_info("commit_log_cleaned", "shard=%s rows=%zu", r->places[shard].shard, n);
        }
    }
}

/* ---- 4: ending ---- */

/* Logs why a branch stays: once until it is for another reason, and not at the first look, since another proxy may be
 * ending it at this moment. */
static void tell_waiting(struct doubt *d, unsigned code, const char *why)
{
    if (d->reason == code && d->told != code) {
        log_warning("transaction_in_doubt", "transaction=%s shard=%s decided_on=%s why=%s", d->key.branch.id,
                    d->key.shard, d->key.branch.home, why);
        d->told = code;
    }
    d->reason = code;
}

static int find_shard(const struct topo *t, const char *name)
{
    for (size_t i = 0; i < t->n_shards; i++) {
        if (strcmp(t->shards[i].conf->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* What the log of the branch's home says, and makes it say something. */
static enum verdict decide(struct round *rd, struct doubt *d)
{
    const char *id = d->key.branch.id;
    int home = find_shard(rd->s->topo, d->key.branch.home);
    struct link *l = home >= 0 ? round_link(rd, (uint16_t)home) : NULL;
    if (l == NULL) {
        tell_waiting(d, home < 0 ? 1 : 2,
                     home < 0 ? "there is no such shard" : "the shard that decided is out of reach");
        return VERDICT_WAIT;
    }
    enum verdict v = VERDICT_AGAIN;
    for (int i = 0; i < RECOVER_TRIES && v == VERDICT_AGAIN; i++) {
        v = verdict_read(rlog_is_writable(l) ? rlog_read(l, id) : LOG_UNKNOWN); /* read_only: perhaps a primary no more */
        if (v == VERDICT_BURY) {
            v = verdict_buried(rlog_bury(l, id) ? 0 : l->code);
        }
    }
    if (v == VERDICT_WAIT) {
        tell_waiting(d, l->code, l->error);
    }
    return v;
}

static void end_branch(struct round *rd, struct doubt *d, uint16_t shard, bool commit)
{
    struct recover *r = rd->r;
    struct link *l = round_link(rd, shard);
    if (l == NULL || !rlog_is_writable(l)) {
        tell_waiting(d, l != NULL ? l->code : 2, l != NULL ? l->error : "the shard is out of reach");
        return;
    }
    unsigned code = rlog_end(l, &d->key.branch, commit) ? 0 : l->code;
    switch (ending_of(commit, code)) {
    case ENDING_DONE:
        atomic_fetch_add(commit ? &r->committed : &r->rolled_back, 1);
        log_info("transaction_recovered", "transaction=%s shard=%s decided_on=%s outcome=%s", d->key.branch.id,
                 d->key.shard, d->key.branch.home, commit ? "commit" : "rollback");
        d->ended = true;
        break;
    case ENDING_GONE:
        if (d->ended) {
            tell_waiting(d, code, "a connection still holds it");
        }
        d->ended = true;
        break;
    case ENDING_BROKEN:
        log_error("transaction_broken", "transaction=%s shard=%s decided_on=%s error=%s", d->key.branch.id,
                  d->key.shard, d->key.branch.home, l->error);
        d->ended = true;
        break;
    default:
        tell_waiting(d, code, l->error);
    }
}

static void end_due(struct round *rd)
{
    struct recover *r = rd->r;
    uint64_t now = control_now(), age = rd->s->topo->conf->transactions.recover_age, in_doubt = 0;
    for (struct doubt *d = r->doubts; d != NULL && !atomic_load(&r->stopping); d = d->hh.next) {
        int shard = find_shard(rd->s->topo, d->key.shard);
        if (shard < 0 || !doubt_is_due(d, now, age)) {
            continue;
        }
        in_doubt++;
        if (d->round != r->round) {
            continue; /* not asked in this round: its connection would be out too */
        }
        enum verdict v = decide(rd, d);
        if (v == VERDICT_COMMIT || v == VERDICT_ROLLBACK) {
            bool before = d->ended;
            end_branch(rd, d, (uint16_t)shard, v == VERDICT_COMMIT);
            in_doubt -= !before && d->ended;
        }
    }
    atomic_store(&r->in_doubt, in_doubt);
}

/* ---- the round ---- */

static bool all_up(const struct snapshot *s)
{
    bool all = true;
    for (uint16_t i = 0; i < s->topo->n_shards; i++) {
        all &= round_is_up(s, i);
    }
    return all;
}

void round_run(struct round *rd, uint64_t now)
{
    struct recover *r = rd->r;
    unsigned interval = (unsigned)rd->s->topo->conf->transactions.recover_interval;
    r->round++;
    if (now >= r->next_sweep && all_up(rd->s)) {
        sweep_note(rd);
        r->next_sweep = now + (rd->more_old ? 0 : SWEEP_INTERVAL);
    }
    ask_prepared(rd);
    sweep_delete(rd);
    end_due(rd);
    /* proxies that were started together do not ask together */
    r->next_round = control_now() + interval * 3 / 4 + (unsigned)rand_r(&r->seed) % (interval / 2 + 1);
}

void round_deinit(struct round *rd)
{
    for (size_t i = 0; i < rd->s->topo->n_shards; i++) {
        link_close(&rd->peers[i].link);
    }
    free(rd->peers);
    free(rd->old);
}
