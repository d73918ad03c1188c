/* The temporary tables of a session: see temporary.c. */
#ifndef PROXY_TEMPORARY_H
#define PROXY_TEMPORARY_H

#include <stdint.h>

struct request;
struct session;

void temporary_created(struct request *q, uint16_t shard);
void temporary_dropped(struct request *q);
void temporary_free_all(struct session *s);

#endif
