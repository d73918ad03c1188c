/* What all workers count together: connections to an instance (gates) and sessions of a user. Gates are found once per
 * pool and then used without a lock; users are looked up at login and at the end of a session only.
 */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "proxy/proxy.h"

struct user_count {
    UT_hash_handle hh;
    unsigned n;
    char name[];
};

struct gate *proxy_gate(struct proxy *p, const char *instance)
{
    struct gate *g;
    uv_mutex_lock(&p->lock);
    for (g = p->gates; g; g = g->next)
        if (!strcmp(g->name, instance))
            break;
    if (!g) {
        g = calloc(1, sizeof *g);
        if (!g || !(g->name = strdup(instance)))
            abort();
        g->next = p->gates;
        p->gates = g;
    }
    uv_mutex_unlock(&p->lock);
    return g;
}

static struct user_count *find(struct proxy *p, const char *name)
{
    struct user_count *u;
    HASH_FIND_STR(p->users, name, u);
    return u;
}

bool proxy_user_enter(struct proxy *p, const struct conf_user *user)
{
    uv_mutex_lock(&p->lock);
    struct user_count *u = find(p, user->name);
    if (!u) {
        size_t len = strlen(user->name);
        u = calloc(1, sizeof *u + len + 1);
        if (!u)
            abort();
        memcpy(u->name, user->name, len);
        HASH_ADD_KEYPTR(hh, p->users, u->name, len, u);
    }
    bool ok = !user->max_connections || u->n < user->max_connections;
    u->n += ok;
    uv_mutex_unlock(&p->lock);
    return ok;
}

void proxy_user_leave(struct proxy *p, const char *user)
{
    uv_mutex_lock(&p->lock);
    struct user_count *u = find(p, user);
    if (u && u->n)
        u->n--;
    uv_mutex_unlock(&p->lock);
}

unsigned proxy_user_sessions(struct proxy *p, const char *user)
{
    uv_mutex_lock(&p->lock);
    struct user_count *u = find(p, user);
    unsigned n = u ? u->n : 0;
    uv_mutex_unlock(&p->lock);
    return n;
}

void proxy_counts_free(struct proxy *p)
{
    struct user_count *u, *next;
    HASH_ITER(hh, p->users, u, next)
    {
        HASH_DEL(p->users, u);
        free(u);
    }
    while (p->gates) {
        struct gate *g = p->gates;
        p->gates = g->next;
        free(g->name);
        free(g);
    }
}
