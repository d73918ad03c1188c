#include "proxy/census.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "proxy/proxy.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/worker.h"

struct round {
    struct census census;
    struct message back;      /* to the asker */
    struct worker *asker;
    uint32_t session;         /* who asked: it may be gone by then */
    uint64_t started;         /* ... and which of its requests */
    atomic_uint left;
};

struct visit {
    struct message message;
    struct round *round;
};

static void free_round(struct round *r)
{
    if (r->census.free_state)
        r->census.free_state(r->census.state);
    uv_mutex_destroy(&r->census.lock);
    free(r);
}

static void on_back(struct worker *w, struct message *m)
{
    struct round *r = (struct round *)((char *)m - offsetof(struct round, back));
    struct session *s;
    LIST_FOREACH(s, &w->sessions, link)
        if (s->id == r->session)
            break;
    if (s && s->query && s->query->started == r->started)
        r->census.then(s->query, &r->census);
    free_round(r);
}

static void on_visit(struct worker *w, struct message *m)
{
    struct visit *v = (struct visit *)m;
    struct round *r = v->round;
    uv_mutex_lock(&r->census.lock);
    r->census.visit(w, &r->census);
    uv_mutex_unlock(&r->census.lock);
    bool last = atomic_fetch_sub(&r->left, 1) == 1;
    if (last && w->stopping)
        free_round(r); /* the asker is going too, or gone */
    else if (last)
        worker_post(r->asker, &r->back);
    free(v);
}

void census_start(struct request *q, const struct census *questions)
{
    struct proxy *p = q->session->worker->proxy;
    struct round *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->census = *questions;
    uv_mutex_init(&r->census.lock);
    r->back.run = on_back;
    r->asker = q->session->worker;
    r->session = q->session->id;
    r->started = q->started;
    atomic_init(&r->left, p->n_workers);
    for (unsigned i = 0; i < p->n_workers; i++) {
        struct visit *v = calloc(1, sizeof *v);
        if (!v)
            abort();
        v->message.run = on_visit;
        v->round = r;
        worker_post(p->workers[i], &v->message);
    }
}
