/* Transactions: BEGIN, COMMIT, ROLLBACK and savepoints over the backends that the session holds for them. */
#ifndef PROXY_TRX_H
#define PROXY_TRX_H

#include <stdbool.h>

struct backend;
struct query;
struct session;
struct target;
struct buf;

/* The statement kinds. Each ends the query. */
void trx_begin(struct query *q);
void trx_commit_statement(struct query *q);
void trx_rollback_statement(struct query *q);
void trx_savepoint(struct query *q);
void trx_rollback_to(struct query *q);
void trx_release_savepoint(struct query *q);

/* Ends the open transaction before something else goes on (implicit commit); `then` is called when that worked, otherwise
 * the query has failed. */
void trx_commit_first(struct query *q, void (*then)(struct query *q));

/* Rolls everything back without telling the client: after a deadlock on one of several participants. */
void trx_rollback_all(struct query *q, void (*then)(struct query *q));

/* Is there a transaction, as far as the client knows? */
bool trx_open(const struct session *s);
/* May this statement write on this shard? False: the refusal is in the query's hands (it has failed). */
bool trx_may_write(struct query *q, const struct target *t);

/* The next command that makes b a participant of the session's transaction, if anything is missing: appended to sql. */
struct trx_join {
    bool started, characteristics;
    unsigned savepoints;
};
bool trx_join_next(struct session *s, bool first, struct trx_join *j, struct buf *sql);

/* The transaction is over: names and flags are forgotten (the holds are the caller's). */
void trx_clear(struct session *s);

#endif
