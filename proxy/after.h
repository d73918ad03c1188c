/* What has to be asked of a backend behind a reply, before the session lets go of it: values that only the server knows.
 *
 * - after an error in a transaction: is there still one? (a deadlock rolls it back, and an ERR packet does not say so)
 * - user variables that the statement assigned, so that they follow the session to other backends
 * - LAST_INSERT_ID() and FOUND_ROWS(), where the reply does not tell them
 */
#ifndef PROXY_AFTER_H
#define PROXY_AFTER_H

struct request;
struct target;

/* Calls then(q) when nothing more is to be asked: at once in the ordinary case. */
void after_reply(struct target *t, void (*then)(struct request *q));

#endif
