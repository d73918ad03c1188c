/* The statements that are prepared on one backend: by text and by the settings that they were prepared under. Bounded;
 * the least recently used is closed on the server. They belong to nobody: every session with the same text and settings
 * uses the same one.
 */
#ifndef PROXY_STMT_CACHE_H
#define PROXY_STMT_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/buf.h"

struct settings;
struct stmt_cache;

struct stmt_cache *stmt_cache_new(void);
void stmt_cache_free(struct stmt_cache *c);

/* The server's id of the statement, or 0. */
uint32_t stmt_cache_get(struct stmt_cache *c, const struct settings *settings, const char *sql, size_t len);

/* Remembers it; takes a reference of the settings. What is pushed out is closed: its command is appended to `out`, to be
 * sent with the next command. */
void stmt_cache_put(struct stmt_cache *c, struct settings *settings, const char *sql, size_t len, uint32_t id, size_t max,
                    struct buf *out);

/* The server does not know it any more, or it must be prepared anew. The command that closes it is appended to `out`. */
void stmt_cache_remove(struct stmt_cache *c, uint32_t id, struct buf *out);

size_t stmt_cache_count(const struct stmt_cache *c);

#endif
