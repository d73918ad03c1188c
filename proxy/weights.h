/* Weight strings that instances gave, per worker: bounded, the oldest goes first. */
#ifndef PROXY_WEIGHTS_H
#define PROXY_WEIGHTS_H

#include <stdbool.h>

#include "protocol/wire.h"

struct weights;
struct weights *weights_new(void);
void weights_free(struct weights *w);
bool weights_get(struct weights *w, const char *charset, const char *collation, const char *text, size_t len,
                 uint16_t client_charset, struct bytes *out); /* borrowed until the next put */
void weights_put(struct weights *w, const char *charset, const char *collation, const char *text, size_t len,
                 uint16_t client_charset, const void *answer, size_t answer_len);

#endif
