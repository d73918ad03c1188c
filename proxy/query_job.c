/* What a request waits for outside of its worker: the answer of a control thread, or its own turn in the mailbox. The job
 * outlives a request that ends meanwhile: it is orphaned then, and its answer is dropped.
 */
#include "proxy/query.h"

#include <stdlib.h>

#include "proxy/control.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/worker.h"

struct query_job {
    struct message message;
    struct job job;
    struct worker *worker;
    struct request *query; /* NULL: it is gone */
    void (*then)(struct request *q, struct job *job);
};

static void on_job_message(struct worker *w, struct message *m)
{
    (void)w;
    struct query_job *j = (struct query_job *)m;
    struct request *q = j->query;
    if (q) {
        q->job = NULL;
        j->then(q, &j->job);
    }
    free(j->job.text);
    free(j->job.answer);
    free(j);
}

static void on_job_done(struct job *job)
{
    struct query_job *j = job->arg;
    worker_post(j->worker, &j->message);
}

void query_ask_control(struct request *q, const struct job *job, void (*then)(struct request *q, struct job *job))
{
    struct query_job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->message.run = on_job_message;
    j->job = *job;
    j->job.done = on_job_done;
    j->job.arg = j;
    j->worker = q->session->worker;
    j->query = q;
    j->then = then;
    q->job = j;
    control_submit(j->worker->proxy->control, &j->job);
}

void query_defer(struct request *q, void (*then)(struct request *q, struct job *job))
{
    struct query_job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->message.run = on_job_message;
    j->worker = q->session->worker;
    j->query = q;
    j->then = then;
    q->job = j;
    worker_post(j->worker, &j->message);
}

void query_job_orphan(struct query_job *j)
{
    j->query = NULL;
}
