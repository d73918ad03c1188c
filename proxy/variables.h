/* Session variables: what a handshake's collation, a server's session tracking and the settings mean for a session. */
#ifndef PROXY_VARIABLES_H
#define PROXY_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/wire.h"

struct session;
struct settings;
struct worker;

/* Lexer mode and client character set from the session's settings. */
void variables_derive(struct session *s);

/* The settings of a session that logged in with this collation id; with a reference. */
struct settings *variables_of_charset(struct worker *w, uint16_t collation);

/* As SET NAMES name [COLLATE collation] leaves them; NULL: unknown names. With a reference. */
struct settings *variables_names(struct session *s, const char *name, const char *collation);

/* What session tracking reported: the settings that `s` becomes, and the GTID of the session's last write, if one came
 * (borrowed). With a reference. */
struct settings *variables_tracked(struct settings *s, struct bytes changes, struct bytes *gtid);

/* Does the client, by default, want to hear of this variable's change? */
bool variables_client_tracks(struct bytes name);

/* Session state information for the client: what differs between the two. */
void variables_changes(const struct settings *before, const struct settings *after, struct buf *out);

bool variables_system_schema(const char *name, size_t len);

#endif
