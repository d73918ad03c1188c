/* Admin SQL on the management port. */
#ifndef PROXY_ADMIN_H
#define PROXY_ADMIN_H

struct request;
/* Answers q->sql on the admin worker. */
void admin_statement(struct request *q);

#endif
