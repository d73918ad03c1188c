/* Transactions: BEGIN, COMMIT, ROLLBACK and savepoints over the backends that the session holds for them. */
#ifndef PROXY_TRX_H
#define PROXY_TRX_H

#include <stdbool.h>
#include <stdint.h>

struct backend;
struct request;
struct session;
struct target;
struct buf;

/* The statement kinds. Each ends the query. */
void trx_begin(struct request *q);
void trx_commit_statement(struct request *q);
void trx_rollback_statement(struct request *q);
void trx_savepoint(struct request *q);
void trx_rollback_to(struct request *q);
void trx_release_savepoint(struct request *q);

/* Ends the open transaction before something else goes on (implicit commit); `then` is called when that worked, otherwise
 * the query has failed. */
void trx_commit_first(struct request *q, void (*then)(struct request *q));

/* Is there a transaction, as far as the client knows? */
bool trx_open(const struct session *s);
/* May the plan's writes happen on these targets, in this transaction? False: the query has failed. */
bool trx_may_write(struct request *q);

/* What is still missing before a backend is a participant of the session's transaction: the next command is appended to
 * sql; false when nothing is missing. `p0`: the shard of the first participant, if this statement makes it one. */
struct trx_join {
    bool later;              /* there is a participant before it */
    bool characteristics, started, xa;
    unsigned savepoints;
};
bool trx_join_next(struct session *s, struct trx_join *j, uint16_t p0, struct buf *sql);

/* After a statement: a transaction that has lost its last participant is over. */
void trx_settle(struct session *s);
/* A participant's connection is gone: the others are rolled back, the transaction is over. */
void trx_lost(struct session *s);
/* The transaction is over: names and flags are forgotten (the holds are the caller's). */
void trx_clear(struct session *s);

#endif
