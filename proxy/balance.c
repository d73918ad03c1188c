#include "proxy/balance.h"

#include <string.h>

#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/worker.h"
#include "router/gtid.h"

static bool usable(const struct health_instance *h)
{
    return h->state == HEALTH_UP || h->state == HEALTH_UNKNOWN;
}

static bool has_own_writes(const struct session *s, uint16_t shard, const struct health_instance *h)
{
    const char *gtid = shard < s->n_gtids ? s->gtids[shard] : NULL;
    return !gtid || (h->gtid && gtid_covers(h->gtid, strlen(h->gtid), gtid, strlen(gtid)));
}

static bool near(const struct worker *w, const struct topo_instance *i)
{
    return w->conf->zone && i->conf->zone && !strcmp(w->conf->zone, i->conf->zone);
}

/* 0: must not serve; otherwise the better the higher: near before far, up to date before "wait for it". */
static int replica_rank(const struct session *s, const struct topo_instance *i, const struct health_instance *h,
                        bool primary_failed, bool *wait)
{
    const struct worker *w = s->worker;
    const struct conf *c = w->conf;
    *wait = false;
    bool alone = primary_failed || !usable(&w->snapshot->health->instances[w->snapshot->topo->shards[i->shard].primary]);
    if (!usable(h) || !i->conf->weight || h->state == HEALTH_UNKNOWN)
        return 0;
    /* without its primary a replica cannot replicate, and there is nothing to lag behind */
    if (!alone && (!h->replicating || h->lag_ms < 0 || (uint64_t)h->lag_ms > c->health.max_lag))
        return 0;
    if (s->user->reads == CONF_READS_SESSION && !has_own_writes(s, i->shard, h)) {
        if (!c->health.gtid_wait)
            return 0;
        *wait = true;
    }
    return 1 + (near(w, i) ? 2 : 0) + (*wait ? 0 : 1);
}

static bool choose_replica(struct session *s, const struct topo_shard *shard, uint64_t avoid, struct balance *out)
{
    const struct snapshot *snap = s->worker->snapshot;
    int best = 0;
    uint64_t total = 0;
    for (uint16_t k = shard->first; k < shard->first + shard->n; k++) {
        const struct topo_instance *i = &snap->topo->instances[k];
        bool wait;
        if (k == shard->primary || avoid & balance_bit(shard, k))
            continue;
        int rank = replica_rank(s, i, &snap->health->instances[k], avoid & balance_bit(shard, shard->primary), &wait);
        if (!rank || rank < best)
            continue;
        if (rank > best)
            total = 0;
        best = rank;
        total += i->conf->weight;
        /* one pass of weighted sampling: the k-th candidate is taken with probability weight / total so far */
        if (worker_random(s->worker) % total < i->conf->weight)
            *out = (struct balance){k, true, wait};
    }
    return best > 0;
}

bool balance_alive(const struct session *s, uint16_t shard)
{
    const struct snapshot *snap = s->worker->snapshot;
    return usable(&snap->health->instances[snap->topo->shards[shard].primary]);
}

bool balance_choose(struct session *s, uint16_t shard_index, bool replica_allowed, uint64_t avoid, struct balance *out,
                    const char **why)
{
    const struct snapshot *snap = s->worker->snapshot;
    const struct topo_shard *shard = &snap->topo->shards[shard_index];
    const struct health_instance *primary = &snap->health->instances[shard->primary];
    if (replica_allowed && s->user->reads != CONF_READS_PRIMARY && choose_replica(s, shard, avoid, out))
        return true;
    *out = (struct balance){shard->primary, false, false};
    if (primary->state == HEALTH_DRAINING || primary->state == HEALTH_DISABLED) {
        *why = primary->state == HEALTH_DRAINING ? "its primary is being drained" : "its primary is disabled";
        return false;
    }
    if (avoid & balance_bit(shard, shard->primary)) {
        *why = primary->error[0] ? primary->error : "the connection failed";
        return false;
    }
    return true;
}
