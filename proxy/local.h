/* What Shardwire answers itself on the data port: USE, KILL, SHOW PROCESSLIST, EXPLAIN ROUTE, diagnostics, statistics.
 * Each ends the request.
 */
#ifndef PROXY_LOCAL_H
#define PROXY_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

struct request;

void local_use(struct request *q);
void local_use_schema(struct request *q, const char *schema);
void local_unlock_tables(struct request *q);
void local_kill(struct request *q);
void local_kill_session(struct request *q, uint64_t id, bool query_only);
void local_processlist(struct request *q);
void local_diagnostics(struct request *q);
void local_explain_route(struct request *q);
void local_statistics(struct request *q);
void local_field_list(struct request *q);

#endif
