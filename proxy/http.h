/* HTTP for monitoring: /metrics, /healthz, /readyz and a small page at /. A thread of its own for each address, off the
 * data plane; requests are answered one after the other. There is nothing to change here, so GET and HEAD are all there
 * is.
 */
#ifndef PROXY_HTTP_H
#define PROXY_HTTP_H

#include "conf/conf.h"
#include "protocol/buf.h"

/* What the pages show; called in the HTTP threads, several at once when there are several addresses. */
struct http_source {
    void *arg;
    void (*metrics)(void *arg, struct buf *out);      /* Prometheus text: proxy/metrics.h */
    bool (*ready)(void *arg, char *why, size_t size); /* *why: text for people */
    void (*page)(void *arg, struct buf *out);         /* HTML of the page's body; may be NULL */
};

struct http;

/* Listens on all addresses, or on none: NULL with *error filled. The source is copied. */
struct http *http_start(const struct conf_addresses *addresses, const struct http_source *source, char *error,
                        size_t size);
void http_stop(struct http *h); /* waits for answers under way; NULL is allowed */

#endif
