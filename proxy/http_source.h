/* What the HTTP port shows of the proxy: feeds proxy/http.h. */
#ifndef PROXY_HTTP_SOURCE_H
#define PROXY_HTTP_SOURCE_H

#include <stdbool.h>

struct conf;
struct proxy;

bool http_source_start(struct proxy *p, const struct conf *c); /* what is wrong is logged */
void http_source_stop(struct proxy *p);

#endif
