/* What a session has set, and what a backend has: session variables, user variables and the current schema.
 *
 * A struct settings is an immutable set of (name, value) pairs, sorted by name, interned per worker: equal sets are the
 * same pointer, so "does this backend agree with this session" is one comparison, and an idle session costs a pointer.
 * The empty set is a backend as it is after login.
 *
 *   name               value
 *   ""                 current schema, as it is
 *   "@x"               user variable: an SQL literal that needs no particular sql_mode or charset
 *   "sql_mode"         session system variable: an SQL expression likewise
 *
 * The four variables of the connection's character set go together: setting the character set resets its collation.
 */
#ifndef PROXY_SETTINGS_H
#define PROXY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/buf.h"

struct settings;
struct settings_store;

struct settings_store *settings_store_new(void);
void settings_store_free(struct settings_store *store); /* every set must have been given back */

struct settings *settings_empty(struct settings_store *store); /* with a reference, as all that return one */
struct settings *settings_ref(struct settings *s);
void settings_unref(struct settings *s);

/* The set that s becomes with name = value (NULL: removed). s stays the caller's. */
struct settings *settings_with(struct settings *s, const char *name, const char *value);

/* The set without its user variables: what a prepared statement depends on. With a reference. */
struct settings *settings_core(struct settings *s);

const char *settings_get(const struct settings *s, const char *name); /* NULL: not set */
void settings_each(const struct settings *s, void (*fn)(void *arg, const char *name, const char *value), void *arg);

/* Appends the SET statement that makes a backend with `from` agree with `to` in all but the schema; false and nothing
 * appended when there is no difference. */
bool settings_diff(const struct settings *from, const struct settings *to, struct buf *sql);

/* Where a SET of this text leads from s, as learnt from a server; bounded, forgets the oldest. NULL: not known. */
struct settings *settings_memo_get(struct settings *s, const char *text, size_t len);
void settings_memo_put(struct settings *s, const char *text, size_t len, struct settings *to);

/* Appends `text` as an SQL string literal that holds under any sql_mode. */
void settings_quote(struct buf *sql, const char *text, size_t len);

#endif
