/* Listening sockets of the client and admin ports, on the main thread's loop: accepts, and hands each connection to the
 * worker with the fewest sessions.
 */
#ifndef PROXY_LISTENER_H
#define PROXY_LISTENER_H

#include <stdbool.h>

struct conf;
struct proxy;

/* Opens every address of listen.client and listen.admin; what is wrong is logged. False: one could not be opened (the
 * others stay open, for listeners_close()). An IPv6 address takes IPv6 only: list the IPv4 one as well. */
bool listeners_open(struct proxy *p, const struct conf *c);

/* Closes the client ports, or all of them; Unix sockets that are still ours are removed. */
void listeners_close(struct proxy *p, bool admin_too);

#endif
