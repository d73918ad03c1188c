/* Between canon.c and canon_text.c. */
#ifndef ROUTER_CANON_INT_H
#define ROUTER_CANON_INT_H

#include "router/canon.h"

const char *canon_text_init(struct canon_column *c, enum lex_dialect dialect);
enum canon_status canon_text(const struct canon_column *c, const struct route_value *v, bool store,
                             const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                             struct lex_slice *ask);
bool canon_ascii(const char *s, size_t len);

#endif
