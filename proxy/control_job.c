/* The jobs: a queue, a few threads that take from it, and the small jobs themselves (those that read tables are in
 * control_table.c). A job belongs to its thread from the moment it is taken until `done`.
 *
 * A question that any instance can answer goes to a good one: UP before SUSPECT, primaries before replicas, DOWN never.
 */
#include "proxy/control_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/link.h"

enum { WEIGHT_TEXT_MAX = 1 << 20, WEIGHT_TRIES = 3 };

bool run_fail(struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->job->error, sizeof r->job->error, format, args);
    va_end(args);
    return false;
}

/* ---- which instance ---- */

/* 0 good … 3 poor; negative: not to be asked. */
static int grade(const struct prober *p)
{
    enum health_state s = p->health.state;
    if (p->admin == HEALTH_DISABLED || s == HEALTH_DOWN) {
        return -1;
    }
    return (s == HEALTH_SUSPECT ? 2 : 0) + (p->instance->role == CONF_REPLICA);
}

static const struct prober *pick(const struct control *c, uint16_t shard, const struct prober * not )
{
    const struct topo_shard *s = &c->topo->shards[shard];
    const struct prober *best = NULL;
    for (uint16_t i = s->first; i < s->first + s->n; i++) {
        const struct prober *p = c->probers[i];
        if (p != not &&grade(p) >= 0 && (best == NULL || grade(p) < grade(best))) {
            best = p;
        }
    }
    return best;
}

const struct conf_instance *run_choose(struct run *r, uint16_t shard, unsigned nth, bool *poor)
{
    const struct conf_instance *found = NULL;
    pthread_mutex_lock(&r->c->lock);
    if (r->c->topo == r->topo) {
        const struct prober *p = pick(r->c, shard, NULL);
        if (nth == 1 && p != NULL) {
            p = pick(r->c, shard, p);
        }
        found = p != NULL ? p->instance : NULL;
        *poor = p != NULL && grade(p) > 1;
    }
    pthread_mutex_unlock(&r->c->lock);
    return found;
}

/* ---- JOB_WEIGHT ---- */

static bool is_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return n > 0 && n <= 64 && s[n] == '\0';
}

/* The weights of the text; those of one space; and does the collation ignore spaces at the end? */
static char *weight_sql(const struct job *j)
{
    size_t size = 2 * j->len + 1024;
    char *sql = malloc(size);
    if (sql == NULL) {
        return NULL;
    }
    int n = snprintf(sql, size, "SELECT WEIGHT_STRING(CONVERT(_%s x'", j->client_charset);
    for (size_t i = 0; i < j->len; i++) {
        n += sprintf(sql + n, "%02x", (unsigned char)j->text[i]);
    }
    snprintf(sql + n, size - (size_t)n,
             "' USING %s) COLLATE %s), WEIGHT_STRING(CONVERT(' ' USING %s) COLLATE %s), "
             "CONVERT('a ' USING %s) COLLATE %s = CONVERT('a' USING %s) COLLATE %s",
             j->charset, j->collation, j->charset, j->collation, j->charset, j->collation, j->charset, j->collation);
    return sql;
}

static bool weight_take(struct job *j, MYSQL_RES *rows)
{
    MYSQL_ROW row = mysql_fetch_row(rows);
    const unsigned long *lengths = row != NULL ? mysql_fetch_lengths(rows) : NULL;
    if (row == NULL || row[0] == NULL || row[1] == NULL || row[2] == NULL) {
        return false;
    }
    size_t len = lengths[0], space = lengths[1];
    bool pads = strcmp(row[2], "1") == 0 && space > 0;
    while (pads && len >= space &&
           memcmp(row[0] + len - space, row[1], space) == 0) { /* other blanks may weigh alike */
        len -= space;
    }
    j->answer = malloc(len + 1);
    if (j->answer == NULL) {
        return false;
    }
    memcpy(j->answer, row[0], len);
    j->answer_len = len;
    return true;
}

struct weighing {
    struct job *job;
    const char *sql;
};

static bool use_weight(struct link *link, void *arg)
{
    struct weighing *w = arg;
    MYSQL_RES *rows = link_query(link, w->sql);
    if (rows == NULL) {
        return false;
    }
    bool ok = weight_take(w->job, rows);
    mysql_free_result(rows);
    if (!ok) {
        link->code = 0;
        snprintf(link->error, sizeof link->error, "the server gives no weight");
    }
    return ok;
}

static bool run_weight(struct run *r)
{
    struct job *j = r->job;
    if (j->len > WEIGHT_TEXT_MAX || !is_name(j->charset) || !is_name(j->collation) || !is_name(j->client_charset)) {
        return run_fail(r, j->len > WEIGHT_TEXT_MAX ? "the text is too long" : "not a character set");
    }
    struct weighing w = {j, weight_sql(j)};
    unsigned tries = 0;
    bool ok = false;
    run_fail(r, w.sql != NULL ? "no instance is up" : "out of memory");
    for (size_t step = 0; w.sql != NULL && !ok && tries < WEIGHT_TRIES && step < 2 * r->topo->n_shards; step++) {
        bool poor = false;
        const struct conf_instance *i = run_choose(r, (uint16_t)(step % r->topo->n_shards), 0, &poor);
        if (i != NULL && poor == (step >= r->topo->n_shards)) {
            tries++;
            ok = links_use(r->links, r->topo->conf, i, JOB_TIMEOUT, use_weight, &w, j->error, sizeof j->error);
        }
    }
    free((void *)(uintptr_t)w.sql);
    return ok;
}

/* ---- JOB_KILL and JOB_PROBE ---- */

static bool use_kill(struct link *link, void *arg)
{
    const struct job *j = arg;
    char sql[64];
    snprintf(sql, sizeof sql, "KILL %s%llu", j->kill_query ? "QUERY " : "", (unsigned long long)j->thread_id);
    return link_run(link, sql);
}

static bool run_kill(struct run *r)
{
    struct job *j = r->job;
    const struct topo *t = j->topo != NULL ? j->topo : r->topo;
    if (j->instance >= t->n_instances) {
        return run_fail(r, "no such instance");
    }
    return links_use(r->links, t->conf, t->instances[j->instance].conf, JOB_TIMEOUT, use_kill, j, j->error,
                     sizeof j->error);
}

/* Hands the job to the prober. False: the job is still ours. */
static bool probe_handed_over(struct control *c, struct job *j)
{
    bool ok = false;
    pthread_mutex_lock(&c->lock);
    struct prober *p = j->instance < c->topo->n_instances ? c->probers[j->instance] : NULL;
    if (p != NULL && !p->stop && p->running) {
        j->next = p->jobs;
        p->jobs = j;
        p->fresh = true;
        pthread_cond_signal(&p->wake);
        ok = true;
    }
    pthread_mutex_unlock(&c->lock);
    return ok;
}

/* ---- the queue ---- */

void control_submit(struct control *c, struct job *j)
{
    j->next = NULL;
    j->failed = false;
    j->error[0] = '\0';
    j->answer = NULL;
    j->answer_len = 0;
    j->submitted_at = control_now();
    pthread_mutex_lock(&c->lock);
    *c->last_job = j;
    c->last_job = &j->next;
    pthread_cond_signal(&c->job_wake);
    pthread_mutex_unlock(&c->lock);
}

static void job_run(struct control *c, struct links *links, struct job *j)
{
    static bool (*const kinds[])(struct run *) = {
        [JOB_READ_TABLE] = run_read_table, [JOB_WEIGHT] = run_weight, [JOB_KILL] = run_kill};
    if (j->kind == JOB_PROBE) {
        if (!probe_handed_over(c, j)) {
            j->next = NULL;
            jobs_finish(j, true, "no such instance");
        }
        return;
    }
    struct run r = {.c = c, .links = links, .job = j};
    pthread_mutex_lock(&c->lock);
    r.topo = topo_ref(c->topo);
    pthread_mutex_unlock(&c->lock);
    j->failed = !kinds[j->kind](&r);
    topo_unref(r.topo);
    if (!j->failed) {
        j->error[0] = '\0';
    }
    j->done(j); /* the job is its owner's again */
}

/* The next job, or NULL when the control plane stops. Connections are closed when there is nothing to do for a while or
 * the configuration is another one. */
static struct job *job_take(struct control *c, struct links *links, uint64_t *generation)
{
    uint64_t idle_at = control_now() + LINKS_IDLE;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping && c->first_job == NULL) {
        control_wait(&c->job_wake, &c->lock, idle_at);
        if (idle_at != UINT64_MAX && control_now() >= idle_at) {
            pthread_mutex_unlock(&c->lock);
            links_close(links);
            idle_at = UINT64_MAX;
            pthread_mutex_lock(&c->lock);
        }
    }
    struct job *j = c->stopping ? NULL : c->first_job;
    if (j != NULL) {
        c->first_job = j->next;
        c->last_job = c->first_job == NULL ? &c->first_job : c->last_job;
        j->next = NULL;
    }
    bool other = c->topo_generation != *generation;
    *generation = c->topo_generation;
    pthread_mutex_unlock(&c->lock);
    if (other) {
        links_close(links);
    }
    return j;
}

void *job_thread_main(void *control)
{
    struct control *c = control;
    struct links *links = links_new();
    uint64_t generation = 0;
    mysql_thread_init();
    for (struct job *j = job_take(c, links, &generation); j != NULL; j = job_take(c, links, &generation)) {
        job_run(c, links, j);
    }
    links_free(links);
    mysql_thread_end();
    return NULL;
}

/* ---- with real servers ---- */

struct control *control_start(struct topo *topo, void (*publish)(void *arg, struct snapshot *s), void *arg)
{
    static const struct control_ops real = {.probe = probe_run, .read_table = table_read};
    return control_start_with(topo, publish, arg, &real);
}
