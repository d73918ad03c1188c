/* May a statement be served by a replica, as far as the statement itself goes? */
#ifndef ROUTER_RWSPLIT_H
#define ROUTER_RWSPLIT_H

#include "router/ast.h"

/* True: it must run on the primary. False only for plain reads: no locks, no side effects, no function that we do not
 * know, nothing that answers for one server alone. */
bool rwsplit_primary(const struct stmt *s);

#endif
