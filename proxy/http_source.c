#include "proxy/http_source.h"

#include <stdio.h>

#include "proxy/http.h"
#include "proxy/log.h"
#include "proxy/metrics.h"
#include "proxy/proxy.h"
#include "proxy/worker.h"

static void metrics(void *arg, struct buf *out)
{
    const struct proxy *p = arg;
    struct stats *sum = stats_new();
    struct snapshot *s = control_snapshot(p->control);
    for (unsigned i = 0; i < p->n_workers; i++)
        stats_merge(sum, p->workers[i]->stats);
    metrics_build(out, SHARDWIRE_VERSION);
    metrics_stats(out, sum);
    metrics_instances(out, s);
    snapshot_unref(s);
    stats_free(sum);
}

static bool ready(void *arg, char *why, size_t size)
{
    const struct proxy *p = arg;
    if (atomic_load(&p->draining)) {
        snprintf(why, size, "draining");
        return false;
    }
    struct snapshot *s = control_snapshot(p->control);
    bool ok = metrics_ready(s, why, size);
    snapshot_unref(s);
    return ok;
}

static void page(void *arg, struct buf *out)
{
    const struct proxy *p = arg;
    struct snapshot *s = control_snapshot(p->control);
    metrics_page_instances(out, s);
    snapshot_unref(s);
}

bool http_source_start(struct proxy *p, const struct conf *c)
{
    const struct http_source source = {.arg = p, .metrics = metrics, .ready = ready, .page = page};
    char error[256];
    if (!c->listen.http.n)
        return true;
    p->http = http_start(&c->listen.http, &source, error, sizeof error);
    if (!p->http) {
        log_error("http_failed", "error=%s", error);
        return false;
    }
    for (size_t i = 0; i < c->listen.http.n; i++)
        log_info("listening", "port=%s address=%s:%u", "http",
                 c->listen.http.at[i].host ? c->listen.http.at[i].host : "", c->listen.http.at[i].port);
    return true;
}

void http_source_stop(struct proxy *p)
{
    http_stop(p->http);
    p->http = NULL;
}
