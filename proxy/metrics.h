/* Numbers as Prometheus text (exposition format 0.0.4), into a growable buffer. */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include "protocol/buf.h"
#include "proxy/control.h"
#include "proxy/stats.h"

__attribute__((format(printf, 2, 3))) void metrics_printf(struct buf *out, const char *format, ...);
void metrics_label(struct buf *out, const char *value); /* escaped, without the quotes */
void metrics_html(struct buf *out, const char *text);   /* escaped */

/* The HELP and TYPE lines of "shardwire_<name>"; its samples follow. */
void metrics_head(struct buf *out, const char *name, const char *type, const char *help);

/* All rows of stats.def, the sessions of now, and the histogram of latency; `stats` is the sum of all workers. */
void metrics_stats(struct buf *out, const struct stats *stats);

/* One gauge an instance for each of: up, state, lag, read_only. */
void metrics_instances(struct buf *out, const struct snapshot *s);

void metrics_build(struct buf *out, const char *version);

/* Ready: every shard has a primary that takes work. If not, *why names the first that has none. */
bool metrics_ready(const struct snapshot *s, char *why, size_t size);

/* The instances as an HTML table. */
void metrics_page_instances(struct buf *out, const struct snapshot *s);

#endif
