/* The end of a transaction on all its participants: commit or rollback, all or nothing. */
#ifndef PROXY_COMMIT_H
#define PROXY_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

struct request;
struct session;
struct hold;

/* Ends the session's transaction; `then` is called when it is over (the holds have let go of it). When it could not be
 * committed, everything is rolled back and the request has failed with the reason. */
void commit_start(struct request *q, void (*then)(struct request *q));
void commit_rollback(struct request *q, void (*then)(struct request *q));

/* The same statement on several participants (a fan), for those that `want` says yes to (NULL: all), with `sql` or, where
 * it is NULL, the client's own text. False: there is none, and nothing was started. */
bool commit_fan(struct request *q, const char *sql, bool (*want)(const struct session *s, const struct hold *h),
                void (*then)(struct request *q));
/* The fan's answers are in: takes the backends back. False: one was an error, which *q's failure reports. */
bool commit_fan_succeeded(struct request *q);

/* Is this participant still one after the present step, whatever its server's status flag says? (MySQL clears the flag
 * at XA PREPARE, and a prepared branch has to be followed to its end.) */
bool commit_keeps(const struct session *s, const struct hold *h);

/* A statement on several shards outside a transaction ran on all of them inside one of its own: ends it. */
void commit_implicit(struct request *q);

#endif
