/* The buckets of the latency histogram are powers of two of a microsecond, because those are exact in ours. */
#include "proxy/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { POWER_FIRST = 6, POWER_LAST = 26 }; /* 64 µs … 67 s */

void metrics_printf(struct buf *out, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0) {
        buf_append(out, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    }
}

static void put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

void metrics_label(struct buf *out, const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n') {
            put(out, "\\n");
        } else {
            buf_append(out, "\\", *p == '\\' || *p == '"');
            buf_append(out, p, 1);
        }
    }
}

void metrics_html(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        switch (*p) {
        case '<':
            put(out, "&lt;");
            break;
        case '>':
            put(out, "&gt;");
            break;
        case '&':
            put(out, "&amp;");
            break;
        case '"':
            put(out, "&quot;");
            break;
        default:
            buf_append(out, p, 1);
        }
    }
}

void metrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
    metrics_printf(out, "# HELP shardwire_%s %s\n# TYPE shardwire_%s %s\n", name, help, name, type);
}

/* ---- counters ---- */

static void counter_row(struct buf *out, const struct stats *stats, size_t i)
{
    const struct stats_row *row = &stats_rows[i];
    if (row->help[0] != '\0') {
        char name[96];
        snprintf(name, sizeof name, "%s_total", row->metric);
        metrics_head(out, name, "counter", row->help);
    }
    bool labelled = row->label[0] != '\0';
    metrics_printf(out, "shardwire_%s_total%s%s%s %llu\n", row->metric, labelled ? "{" : "", row->label,
                   labelled ? "}" : "", (unsigned long long)stats_value(stats, i));
}

static void latency(struct buf *out, const struct histogram *h)
{
    const char *name = "statement_duration_seconds";
    metrics_head(out, name, "histogram", "Time from a statement's arrival to the end of its answer");
    for (unsigned power = POWER_FIRST; power <= POWER_LAST; power++) {
        metrics_printf(out, "shardwire_%s_bucket{le=\"%.6f\"} %llu\n", name, (double)((uint64_t)1 << power) / 1e6,
                       (unsigned long long)histogram_count_below(h, power));
    }
    unsigned long long count = histogram_count(h);
    metrics_printf(out, "shardwire_%s_bucket{le=\"+Inf\"} %llu\n", name, count);
    metrics_printf(out, "shardwire_%s_sum %.6f\n", name, (double)counter_get(&h->sum) / 1e6);
    metrics_printf(out, "shardwire_%s_count %llu\n", name, count);
}

void metrics_stats(struct buf *out, const struct stats *stats)
{
    for (size_t i = 0; i < STATS_ROWS; i++) {
        counter_row(out, stats, i);
    }
    unsigned long long opened = counter_get(&stats->sessions_opened), closed = counter_get(&stats->sessions_closed);
    metrics_head(out, "sessions", "gauge", "Client connections now");
    metrics_printf(out, "shardwire_sessions %llu\n", opened > closed ? opened - closed : 0);
    latency(out, &stats->latency);
}

/* ---- instances ---- */

static void instance_labels(struct buf *out, const char *name, const struct topo *t, size_t i)
{
    const struct topo_instance *instance = &t->instances[i];
    metrics_printf(out, "shardwire_%s{instance=\"", name);
    metrics_label(out, instance->conf->name);
    put(out, "\",shard=\"");
    metrics_label(out, t->shards[instance->shard].conf->name);
    metrics_printf(out, "\",role=\"%s\"", instance->conf->role == CONF_PRIMARY ? "primary" : "replica");
}

static void instance_up(struct buf *out, const struct snapshot *s)
{
    metrics_head(out, "instance_up", "gauge", "1 when the last probe was answered");
    for (size_t i = 0; i < s->health->n; i++) {
        instance_labels(out, "instance_up", s->topo, i);
        metrics_printf(out, "} %d\n", s->health->instances[i].state == HEALTH_UP);
    }
}

static void instance_state(struct buf *out, const struct snapshot *s)
{
    metrics_head(out, "instance_state", "gauge", "1 for the state that the instance is in");
    for (size_t i = 0; i < s->health->n; i++) {
        instance_labels(out, "instance_state", s->topo, i);
        metrics_printf(out, ",state=\"%s\"} 1\n", health_state_name(s->health->instances[i].state));
    }
}

static void instance_read_only(struct buf *out, const struct snapshot *s)
{
    metrics_head(out, "instance_read_only", "gauge", "1 when the instance refuses writes");
    for (size_t i = 0; i < s->health->n; i++) {
        instance_labels(out, "instance_read_only", s->topo, i);
        metrics_printf(out, "} %d\n", s->health->instances[i].read_only);
    }
}

static void instance_lag(struct buf *out, const struct snapshot *s)
{
    metrics_head(out, "instance_lag_seconds", "gauge", "How far a replica is behind; absent when not known");
    for (size_t i = 0; i < s->health->n; i++) {
        if (s->health->instances[i].lag_ms >= 0) {
            instance_labels(out, "instance_lag_seconds", s->topo, i);
            metrics_printf(out, "} %.3f\n", (double)s->health->instances[i].lag_ms / 1000);
        }
    }
}

void metrics_instances(struct buf *out, const struct snapshot *s)
{
    instance_up(out, s);
    instance_state(out, s);
    instance_read_only(out, s);
    instance_lag(out, s);
    metrics_head(out, "shards", "gauge", "Shards of the mesh");
    metrics_printf(out, "shardwire_shards %zu\n", s->topo->n_shards);
    metrics_head(out, "config_epoch", "gauge", "Epoch of the topology");
    metrics_printf(out, "shardwire_config_epoch %llu\n", (unsigned long long)s->topo->epoch);
}

void metrics_build(struct buf *out, const char *version)
{
    metrics_head(out, "build_info", "gauge", "1, with the version as a label");
    put(out, "shardwire_build_info{version=\"");
    metrics_label(out, version);
    put(out, "\"} 1\n");
}

bool metrics_ready(const struct snapshot *s, char *why, size_t size)
{
    for (size_t i = 0; i < s->topo->n_shards; i++) {
        const struct topo_shard *shard = &s->topo->shards[i];
        enum health_state state = s->health->instances[shard->primary].state;
        if (state != HEALTH_UP) {
            snprintf(why, size, "shard %s: its primary %s is %s", shard->conf->name,
                     s->topo->instances[shard->primary].conf->name, health_state_name(state));
            return false;
        }
    }
    return true;
}

void metrics_page_instances(struct buf *out, const struct snapshot *s)
{
    put(out, "<table><tr><th>shard<th>instance<th>role<th>state<th>lag<th>version<th>why</tr>\n");
    for (size_t i = 0; i < s->health->n; i++) {
        const struct topo_instance *t = &s->topo->instances[i];
        const struct health_instance *h = &s->health->instances[i];
        put(out, "<tr><td>");
        metrics_html(out, s->topo->shards[t->shard].conf->name);
        put(out, "<td>");
        metrics_html(out, t->conf->name);
        metrics_printf(out, "<td>%s<td>%s<td>", t->conf->role == CONF_PRIMARY ? "primary" : "replica",
                       health_state_name(h->state));
        if (h->lag_ms >= 0) {
            metrics_printf(out, "%.1f s", (double)h->lag_ms / 1000);
        }
        put(out, "<td>");
        metrics_html(out, h->version_text);
        put(out, "<td>");
        metrics_html(out, h->error);
        put(out, "</tr>\n");
    }
    put(out, "</table>\n");
}
