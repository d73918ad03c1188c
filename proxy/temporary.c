/* The session's temporary tables: they live on the one backend that it holds for them (HOLD_TEMPORARY), so a statement
 * that names one goes there, if everything else that it names is there too.
 */
#include "proxy/temporary.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/client_stmt.h"
#include "proxy/query.h"
#include "proxy/session.h"
#include "proxy/worker.h"

struct temporary_table {
    struct temporary_table *next;
    uint16_t shard;
    struct plan_table table; /* names behind it */
};

static struct temporary_table *find(const struct session *s, const struct plan_table *t)
{
    struct temporary_table *at = s->temporary;
    while (at && (strcmp(at->table.schema, t->schema) || strcmp(at->table.name, t->name)))
        at = at->next;
    return at;
}

void temporary_created(struct request *q, uint16_t shard)
{
    struct session *s = q->session;
    const struct plan_table *t = q->plan->n_tables ? &q->plan->tables[0] : NULL;
    if (!t || !t->schema || find(s, t))
        return;
    size_t a = strlen(t->schema) + 1, b = strlen(t->name) + 1;
    struct temporary_table *new = malloc(sizeof *new + a + b);
    if (!new)
        abort();
    char *names = (char *)(new + 1);
    memcpy(names, t->schema, a);
    memcpy(names + a, t->name, b);
    new->shard = shard;
    new->table = (struct plan_table){.schema = names, .name = names + a};
    new->next = s->temporary;
    s->temporary = new;
}

void temporary_dropped(struct request *q)
{
    struct session *s = q->session;
    for (size_t i = 0; i < q->plan->n_tables; i++) {
        struct temporary_table *gone = find(s, &q->plan->tables[i]), **at = &s->temporary;
        if (!gone)
            continue;
        while (*at != gone)
            at = &(*at)->next;
        *at = gone->next;
        free(gone);
    }
}

void temporary_free_all(struct session *s)
{
    while (s->temporary) {
        struct temporary_table *t = s->temporary;
        s->temporary = t->next;
        free(t);
    }
}

bool query_try_temporary(struct request *q)
{
    struct session *s = q->session;
    const struct temporary_table *first = NULL;
    size_t n = 0, k = 0;
    if (!s->temporary || !q->plan->n_tables)
        return false;
    for (size_t i = 0; !first && i < q->plan->n_tables; i++)
        first = find(s, &q->plan->tables[i]);
    if (!first || !session_hold(s, first->shard, false))
        return false;
    for (const struct temporary_table *t = s->temporary; t; t = t->next)
        n++;
    struct plan_table *tables = arena_alloc(q->arena, n * sizeof *tables);
    if (!tables)
        abort();
    for (const struct temporary_table *t = s->temporary; t; t = t->next)
        tables[k++] = t->table;
    struct route_facts facts;
    query_facts(q, &facts);
    if (route_force(q->plan, first->shard, tables, n, &facts, q->arena, &q->route) != ROUTE_OK) {
        struct error err = {.code = ERR_REFUSED, .number = q->route.error.number};
        memcpy(err.sqlstate, q->route.error.sqlstate, sizeof err.sqlstate);
        snprintf(err.text, sizeof err.text, "%s", q->route.error.text ? q->route.error.text : "");
        query_fail(q, &err);
        return true;
    }
    if (q->command.kind == COM_STMT_PREPARE)
        prepare_on_server(q, first->shard);
    else if (query_edit(q))
        run_start(q);
    return true;
}
