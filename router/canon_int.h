/* Between canon.c and canon_text.c. */
#ifndef ROUTER_CANON_INT_H
#define ROUTER_CANON_INT_H

#include "router/canon.h"

const char *canon_text_init(struct canon_column *c, enum lex_dialect dialect);
enum canon_status canon_text(const struct canon_column *c, const struct route_value *v, bool store,
                             const struct route_facts *facts, struct arena *arena, struct lex_slice *out,
                             struct lex_slice *ask);
int canon_text_compare(const struct canon_column *c, struct lex_slice a, struct lex_slice b);
bool canon_ascii(const char *s, size_t len);

#endif
