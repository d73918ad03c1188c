/* One probe of one instance, and what follows from its outcome.
 *
 *               good probe                    bad probe or traffic's report
 *   UNKNOWN ------------------> UP ------------------------------> SUSPECT
 *                               ^  <------------------------------    |
 *                               |          good probe                 | HEALTH_DOWN_AFTER bad probes in a row
 *                               '------------------------------------ DOWN
 *                                          good probe
 *
 * A server that answers "too many connections" is alive: it is SUSPECT, never DOWN. The operator's DRAINING and
 * DISABLED lie above these states and are the control plane's business.
 */
#ifndef PROXY_HEALTH_H
#define PROXY_HEALTH_H

#include "proxy/control.h"

enum { HEALTH_DOWN_AFTER = 3 };

struct probe_result {
    bool ok;
    bool full; /* not ok: it is there, and has no connection left for us */
    bool mariadb, read_only, replicating;
    unsigned version;
    char version_text[64];
    int64_t lag_ms;  /* as the server says: -1 unknown or not a replica */
    char *gtid;      /* executed set, malloc'ed, or NULL */
    char error[160]; /* why not ok; or, when ok, why a replica does not replicate */
};
void probe_result_deinit(struct probe_result *r);

/* The kept connection of an instance's probes; for one thread. */
struct probe;
struct probe *probe_new(void);
void probe_free(struct probe *p);

/* Asks the instance; blocks for at most a few times the probe timeout. `fresh`: proves that a new connection can be
 * made, with the host name resolved anew (an old one that still works is kept only where the instance is full). Fills
 * *r. */
void probe_run(struct probe *p, const struct conf *conf, const struct conf_instance *instance, bool fresh,
               struct probe_result *r);

/* Notes the outcome in *h, taking r->gtid over into *gtid (which h->gtid points to). Returns true when something
 * changed that cannot wait: the state, read_only or replicating. */
bool health_probed(struct health_instance *h, char **gtid, struct probe_result *r, uint64_t now_ms);

/* Traffic could not connect. Returns true when the state changed. */
bool health_suspect(struct health_instance *h, const char *error);

#endif
