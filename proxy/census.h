/* One question to all workers, from a request: `visit` runs on each data worker's own thread, then `then` on the
 * requester's worker, unless the request is gone.
 */
#ifndef PROXY_CENSUS_H
#define PROXY_CENSUS_H

#include <uv.h>

struct request;
struct worker;

struct census {
    uv_mutex_t lock;     /* held while visit runs: it may fill `state` */
    void *state;         /* the asker's; freed by free_state */
    void (*visit)(struct worker *w, struct census *c);
    void (*then)(struct request *q, struct census *c);
    void (*free_state)(void *state);
};

/* Takes over `state`. The census is freed after `then`. */
void census_start(struct request *q, const struct census *questions);

#endif
