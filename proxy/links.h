/* The open connections of one job thread: a few, to the instances that it asked last. */
#ifndef PROXY_LINKS_H
#define PROXY_LINKS_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

struct links;
struct link;

struct links *links_new(void);
void links_free(struct links *l);
void links_close(struct links *l);

/* Runs `use` on a connection to the instance: one that is open, or a new one; once more on a new one when the open one
 * turns out to be lost. False with *error filled when there is no connection or `use` says false. */
bool links_use(struct links *l, const struct conf *conf, const struct conf_instance *instance, uint64_t timeout,
               bool (*use)(struct link *link, void *arg), void *arg, char *error, size_t size);

#endif
