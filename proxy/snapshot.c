/* What is published: health and snapshots, immutable, by reference count. */
#include "proxy/control_int.h"

#include <stdlib.h>
#include <string.h>

const char *health_state_name(enum health_state s)
{
    static const char *const names[] = {"UNKNOWN", "UP", "SUSPECT", "DOWN", "DRAINING", "DISABLED"};
    return (size_t)s < sizeof names / sizeof *names ? names[s] : "?";
}

struct health *health_ref(struct health *h)
{
    atomic_fetch_add_explicit(&h->refs, 1, memory_order_relaxed);
    return h;
}

void health_unref(struct health *h)
{
    if (h != NULL && atomic_fetch_sub_explicit(&h->refs, 1, memory_order_acq_rel) == 1) {
        free(h);
    }
}

/* One block: the struct, its instances, and the texts of their sets. */
struct health *health_new(const struct control *c)
{
    size_t n = c->topo->n_instances, text = 0;
    for (size_t i = 0; i < n; i++) {
        text += c->probers[i]->gtid != NULL ? strlen(c->probers[i]->gtid) + 1 : 0;
    }
    struct health *h = malloc(sizeof *h + n * sizeof *h->instances + text);
    if (h == NULL) {
        abort();
    }
    atomic_init(&h->refs, 1);
    h->n = n;
    h->instances = (struct health_instance *)(h + 1);
    char *p = (char *)(h->instances + n);
    for (size_t i = 0; i < n; i++) {
        const struct prober *prober = c->probers[i];
        h->instances[i] = prober->health;
        h->instances[i].state = prober->admin != HEALTH_UNKNOWN ? prober->admin : prober->health.state;
        h->instances[i].gtid = NULL;
        if (prober->gtid != NULL) {
            h->instances[i].gtid = p;
            p = stpcpy(p, prober->gtid) + 1;
        }
    }
    return h;
}

struct snapshot *snapshot_new(struct topo *topo, struct catalog *catalog, struct health *health)
{
    struct snapshot *s = malloc(sizeof *s);
    if (s == NULL) {
        abort();
    }
    atomic_init(&s->refs, 1);
    s->topo = topo_ref(topo);
    s->catalog = catalog_ref(catalog);
    s->health = health;
    return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void snapshot_unref(struct snapshot *s)
{
    if (s != NULL && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        topo_unref(s->topo);
        catalog_unref(s->catalog);
        health_unref(s->health);
        free(s);
    }
}
