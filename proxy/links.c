/* Connections are found by the instance's name; the owner closes all of them when the configuration changes. When all
 * places are taken, the one that was used longest ago is given up.
 */
#include "proxy/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/link.h"

enum { PLACES = 4 };

struct place {
    char *name;
    struct link link;
    uint64_t used;
};

struct links {
    struct place at[PLACES];
    uint64_t clock;
};

struct links *links_new(void)
{
    struct links *l = calloc(1, sizeof *l);
    if (l == NULL) {
        abort();
    }
    return l;
}

void links_close(struct links *l)
{
    for (size_t i = 0; i < PLACES; i++) {
        link_close(&l->at[i].link);
        free(l->at[i].name);
        l->at[i] = (struct place){0};
    }
}

void links_free(struct links *l)
{
    links_close(l);
    free(l);
}

static struct place *place_for(struct links *l, const char *name)
{
    struct place *oldest = &l->at[0];
    for (size_t i = 0; i < PLACES; i++) {
        struct place *p = &l->at[i];
        if (p->name != NULL && strcmp(p->name, name) == 0) {
            return p;
        }
        oldest = p->used < oldest->used ? p : oldest;
    }
    link_close(&oldest->link);
    free(oldest->name);
    *oldest = (struct place){.name = strdup(name)};
    if (oldest->name == NULL) {
        abort();
    }
    return oldest;
}

bool links_use(struct links *l, const struct conf *conf, const struct conf_instance *instance, uint64_t timeout,
               bool (*use)(struct link *link, void *arg), void *arg, char *error, size_t size)
{
    struct place *p = place_for(l, instance->name);
    bool kept = p->link.mysql != NULL, ok = false;
    p->used = ++l->clock;
    if (kept) {
        ok = use(&p->link, arg);
    }
    if (!ok && (!kept || link_lost(&p->link))) {
        ok = link_open(&p->link, conf, instance, timeout) && use(&p->link, arg);
    }
    if (!ok) {
        snprintf(error, size, "%s: %s", instance->name, p->link.error);
    }
    return ok;
}
