/* See lag.h for the idea. When the log is full its oldest position goes: lags longer than the log are told by the
 * server's own figure, which is exact enough there.
 */
#include "proxy/lag.h"

#include <stdlib.h>
#include <string.h>

#include "router/gtid.h"

void lag_note(struct lag_log *l, const char *gtid, uint64_t now)
{
    if (l->n > 0 && strcmp(l->at[l->n - 1].gtid, gtid) == 0) {
        l->at[l->n - 1].last_seen = now;
        return;
    }
    if (l->n == LAG_POSITIONS) {
        free(l->at[0].gtid);
        memmove(l->at, l->at + 1, (LAG_POSITIONS - 1) * sizeof *l->at);
        l->n--;
    }
    char *copy = strdup(gtid);
    if (copy != NULL) {
        l->at[l->n++] = (struct lag_position){copy, now, now};
    }
}

void lag_clear(struct lag_log *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->at[i].gtid);
    }
    l->n = 0;
}

int64_t lag_refine(const struct lag_log *l, const char *gtid, int64_t reported, uint64_t now)
{
    if (l->n == 0 || gtid == NULL) {
        return reported;
    }
    size_t executed = 0; /* positions from the oldest on */
    while (executed < l->n && gtid_covers(gtid, strlen(gtid), l->at[executed].gtid, strlen(l->at[executed].gtid))) {
        executed++;
    }
    int64_t lo = executed < l->n ? (int64_t)(now - l->at[executed].first_seen) : 0;
    int64_t hi = executed > 0 ? (int64_t)(now - l->at[executed - 1].last_seen) : INT64_MAX;
    if (reported < 0) {
        return executed == l->n ? hi : lo;
    }
    int64_t lag = reported < hi ? reported : hi;
    return lag > lo ? lag : lo;
}
