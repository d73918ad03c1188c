/* Reads one table's definition from an instance, out of information_schema, by its exact name so that it is quick in a
 * server with many tables.
 */
#ifndef PROXY_SCHEMA_H
#define PROXY_SCHEMA_H

#include "proxy/link.h"
#include "router/catalog.h"

/* The table as this instance has it (`exists` false: it has not), with one reference, or NULL with link->error set. */
struct table_info *schema_read(struct link *link, const char *schema, const char *name);

/* Do both say the same of the table (whenever they were read)? */
bool schema_same(const struct table_info *a, const struct table_info *b);

#endif
