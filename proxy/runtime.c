/* The configuration in force, and how another one takes its place.
 *
 *   runtime_load    file ─▶ struct conf ─▶ TLS contexts                 fails: nothing has changed
 *   swap            topology ─▶ control_set_topo() ─▶ runtime_publish() for the first snapshot of the new topology:
 *                   from here on it is proxy->runtime, and every worker hears of both together
 *
 * What stays true:
 * - A worker gets a snapshot and the runtime that its topology was built from; the pair is never mixed.
 * - Sessions and pools keep the runtime that they began with alive through their references.
 * - A reload changes everything or nothing. Settings that need a restart are named in the log and are not applied.
 * - SET is a reload with overrides; they last until the next plain reload, which goes back to the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/log.h"
#include "proxy/proxy.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

/* ---- one runtime ---- */

struct runtime *runtime_ref(struct runtime *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
    return r;
}

void runtime_unref(struct runtime *r)
{
    if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (r->client_tls)
        tls_context_unref(r->client_tls);
    if (r->backend_tls)
        tls_context_unref(r->backend_tls);
    conf_unref(r->conf);
    free(r);
}

static bool build_tls(struct tls_context **out, const struct conf_tls *tls, bool server, const char *path,
                      conf_error_fn report, void *arg)
{
    char why[256], message[512];
    if (tls->mode == CONF_TLS_OFF)
        return true;
    *out = tls_context_new(tls, server, why, sizeof why);
    if (*out)
        return true;
    snprintf(message, sizeof message, "%s: %s: %s", path, server ? "tls" : "backend.tls", why);
    report(arg, message);
    return false;
}

struct runtime *runtime_load(const char *path, const struct conf_override *overrides, size_t n, conf_error_fn report,
                             void *arg)
{
    struct conf *conf = conf_load_with(path, overrides, n, report, arg);
    if (!conf)
        return NULL;
    struct runtime *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    atomic_init(&r->refs, 1);
    r->conf = conf;
    bool ok = build_tls(&r->client_tls, &conf->tls, true, path, report, arg);
    ok &= build_tls(&r->backend_tls, &conf->backend.tls, false, path, report, arg);
    if (ok)
        return r;
    runtime_unref(r);
    return NULL;
}

struct runtime *proxy_runtime(struct proxy *p)
{
    uv_mutex_lock(&p->lock);
    struct runtime *r = runtime_ref(p->runtime);
    uv_mutex_unlock(&p->lock);
    return r;
}

/* ---- snapshots reach the workers ---- */

/* The runtime of this topology, with a reference; the incoming one comes into force when it is first seen. */
static struct runtime *runtime_of(struct proxy *p, const struct topo *topo)
{
    struct runtime *old = NULL;
    uv_mutex_lock(&p->lock);
    if (p->incoming && p->incoming->conf == topo->conf) {
        old = p->runtime;
        p->runtime = p->incoming;
        p->incoming = NULL;
    }
    struct runtime *r = runtime_ref(p->runtime);
    uv_mutex_unlock(&p->lock);
    runtime_unref(old);
    return r;
}

void runtime_publish(void *arg, struct snapshot *s)
{
    struct proxy *p = arg;
    struct runtime *r = runtime_of(p, s->topo);
    for (unsigned i = 0; i <= p->n_workers; i++)
        worker_adopt(p->workers[i], snapshot_ref(s), runtime_ref(r));
    runtime_unref(r);
    snapshot_unref(s);
}

/* ---- reload ---- */

struct fixed { /* values of the settings that wait for a restart */
    char **at;
    size_t n;
    bool compare;
};

static void on_setting(void *arg, const char *name, const char *value, bool reloadable, const char *help)
{
    struct fixed *f = arg;
    (void)help;
    if (reloadable)
        return;
    if (f->compare) {
        if (strcmp(f->at[f->n++], value))
            log_warning("reload_needs_restart", "setting=%s value=%s", name, value);
        return;
    }
    f->at = realloc(f->at, (f->n + 1) * sizeof *f->at);
    if (!f->at || !(f->at[f->n++] = strdup(value)))
        abort();
}

/* Names the settings that differ and wait for a restart. */
static void warn_of_fixed(const struct conf *old, const struct conf *new)
{
    struct fixed f = {0};
    conf_each(old, on_setting, &f);
    size_t n = f.n;
    f.n = 0;
    f.compare = true;
    conf_each(new, on_setting, &f);
    for (size_t i = 0; i < n; i++)
        free(f.at[i]);
    free(f.at);
}

struct reporter {
    conf_error_fn report;
    void *arg;
};

static void on_problem(void *arg, const char *message)
{
    const struct reporter *r = arg;
    log_error("reload_failed", "error=%s", message);
    if (r->report)
        r->report(r->arg, message);
}

/* Where rows are must not change under the sessions that know it by number; NULL: nothing of that kind has changed. */
static const char *what_is_fixed(const struct conf *old, const struct conf *new)
{
    bool same = old->n_shards == new->n_shards;
    if (new->slots != old->slots)
        return "slots: the number of slots is fixed for the life of a mesh";
    for (size_t i = 0; same && i < old->n_shards; i++) {
        const struct conf_shard *a = &old->shards[i], *b = &new->shards[i];
        same = !strcmp(a->name, b->name) && a->n_slots == b->n_slots &&
               (!a->n_slots || !memcmp(a->slots, b->slots, a->n_slots * sizeof *a->slots));
    }
    return same ? NULL : "shards: their names, order and slots cannot change by a reload: restart with the new file";
}

/* Puts another configuration in force. Under reload_lock. */
static bool swap(struct proxy *p, const struct conf_override *overrides, size_t n, conf_error_fn report, void *arg)
{
    struct reporter reporter = {report, arg};
    struct runtime *new = runtime_load(p->conf_path, overrides, n, on_problem, &reporter);
    if (!new)
        return false;
    struct runtime *old = proxy_runtime(p);
    const char *fixed = what_is_fixed(old->conf, new->conf);
    if (fixed) {
        on_problem(&reporter, fixed);
        runtime_unref(new);
        runtime_unref(old);
        return false;
    }
    warn_of_fixed(old->conf, new->conf);
    runtime_unref(old);
    log_setup(new->conf->log.level, new->conf->log.format);
    struct topo *topo = topo_build(new->conf);
    uv_mutex_lock(&p->lock);
    p->incoming = new;
    uv_mutex_unlock(&p->lock);
    control_set_topo(p->control, topo);
    topo_unref(topo);
    return true;
}

static void free_overrides(struct conf_override *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(o[i].name);
        free(o[i].value);
    }
    free(o);
}

bool proxy_reload(struct proxy *p, conf_error_fn report, void *arg)
{
    uv_mutex_lock(&p->reload_lock);
    bool ok = swap(p, NULL, 0, report, arg);
    if (ok) {
        free_overrides(p->overrides, p->n_overrides);
        p->overrides = NULL;
        p->n_overrides = 0;
        log_info("reloaded", "file=%s", p->conf_path);
    }
    uv_mutex_unlock(&p->reload_lock);
    return ok;
}

static struct conf_override copy_override(const char *name, const char *value)
{
    struct conf_override o = {strdup(name), strdup(value)};
    if (!o.name || !o.value)
        abort();
    return o;
}

/* The overrides of now with one more, or with another value for one of them. */
static struct conf_override *overrides_with(const struct proxy *p, const char *name, const char *value, size_t *n)
{
    struct conf_override *list = malloc((p->n_overrides + 1) * sizeof *list);
    if (!list)
        abort();
    *n = 0;
    for (size_t i = 0; i < p->n_overrides; i++)
        if (strcmp(p->overrides[i].name, name))
            list[(*n)++] = copy_override(p->overrides[i].name, p->overrides[i].value);
    list[(*n)++] = copy_override(name, value);
    return list;
}

bool proxy_set(struct proxy *p, const char *name, const char *value, conf_error_fn report, void *arg)
{
    uv_mutex_lock(&p->reload_lock);
    size_t n;
    struct conf_override *list = overrides_with(p, name, value, &n);
    bool ok = swap(p, list, n, report, arg);
    if (ok) {
        free_overrides(p->overrides, p->n_overrides);
        p->overrides = list;
        p->n_overrides = n;
        log_info("setting_changed", "setting=%s value=%s", name, value);
    } else {
        free_overrides(list, n);
    }
    uv_mutex_unlock(&p->reload_lock);
    return ok;
}

void runtime_clear(struct proxy *p)
{
    free_overrides(p->overrides, p->n_overrides);
    runtime_unref(p->incoming);
    runtime_unref(p->runtime);
    p->overrides = NULL;
    p->n_overrides = 0;
    p->runtime = p->incoming = NULL;
}
