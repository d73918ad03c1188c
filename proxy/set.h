/* SET: what it changes follows the session to every backend (settings.h).
 *
 * User variables with plain literals and SET NAMES are taken over at once. Everything else is put to a server, which
 * checks it and reports the new values by session tracking; what a text of nothing but literals led to is remembered, so
 * that a driver's usual SETs at connect cost a server once.
 */
#ifndef PROXY_SET_H
#define PROXY_SET_H

#include "router/route.h"

struct request;
struct session;

void set_statement(struct request *q);

/* The value of a user variable, as far as it is known as a plain literal. */
bool set_variable_value(const struct session *s, const char *name, size_t len, struct route_value *out);

/* The name of character_set_client. */
const char *set_client_charset(const struct session *s);

#endif
