/* A probe is two questions on a kept connection: the server's variables, and for a replica its threads. What counts as
 * executed is what a reader of that server can see already:
 *
 *   MariaDB   @@gtid_current_pos: the replication position, moved after the commit, and this server's own transactions.
 *             (@@gtid_binlog_pos moves before the commit is visible.)
 *   MySQL     @@global.gtid_executed, moved after the commit.
 */
#include "proxy/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/link.h"

enum { ER_CON_COUNT = 1040, ER_TOO_MANY_USER_CONNECTIONS_ = 1203, ER_USER_LIMIT_REACHED_ = 1226 };

struct probe {
    struct link link;
};

struct probe *probe_new(void)
{
    return calloc(1, sizeof(struct probe));
}

void probe_free(struct probe *p)
{
    if (p != NULL) {
        link_close(&p->link);
        free(p);
    }
}

void probe_result_deinit(struct probe_result *r)
{
    free(r->gtid);
    r->gtid = NULL;
}

/* ---- asking ---- */

static bool is_full(unsigned code)
{
    return code == ER_CON_COUNT || code == ER_TOO_MANY_USER_CONNECTIONS_ || code == ER_USER_LIMIT_REACHED_;
}

static bool ask_variables(struct link *l, struct probe_result *r)
{
    MYSQL_RES *rows = link_query(l, l->mariadb ? "SELECT @@global.read_only, @@gtid_current_pos"
                                               : "SELECT @@global.read_only, @@global.gtid_executed");
    if (rows == NULL) {
        return false;
    }
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row != NULL) {
        r->read_only = row[0] != NULL && strcmp(row[0], "0") != 0;
        r->gtid = row[1] != NULL && row[1][0] != '\0' ? strdup(row[1]) : NULL;
    }
    mysql_free_result(rows);
    return true;
}

/* A column of SHOW REPLICA STATUS by its new or its old name. */
static const char *status_value(MYSQL_RES *rows, MYSQL_ROW row, const char *name, const char *old_name)
{
    for (unsigned i = 0; i < mysql_num_fields(rows); i++) {
        const char *field = mysql_fetch_field_direct(rows, i)->name;
        if (strcmp(field, name) == 0 || strcmp(field, old_name) == 0) {
            return row[i] != NULL ? row[i] : "";
        }
    }
    return "";
}

static void read_status_row(MYSQL_RES *rows, MYSQL_ROW row, struct probe_result *r)
{
    const char *io = status_value(rows, row, "Replica_IO_Running", "Slave_IO_Running");
    const char *sql = status_value(rows, row, "Replica_SQL_Running", "Slave_SQL_Running");
    const char *behind = status_value(rows, row, "Seconds_Behind_Source", "Seconds_Behind_Master");
    if (strcmp(io, "Yes") == 0 && strcmp(sql, "Yes") == 0) {
        int64_t lag = behind[0] != '\0' ? strtoll(behind, NULL, 10) * 1000 : -1;
        bool first = !r->replicating && r->error[0] == '\0';
        bool worse = lag < 0 || (r->lag_ms >= 0 && lag > r->lag_ms);
        r->replicating = r->error[0] == '\0';
        r->lag_ms = first || worse ? lag : r->lag_ms;
        return;
    }
    r->replicating = false;
    r->lag_ms = -1;
    snprintf(r->error, sizeof r->error, "replication is not running (IO %.20s, error %.10s; SQL %.20s, error %.10s)",
             io, status_value(rows, row, "Last_IO_Errno", "Last_IO_Errno"), sql,
             status_value(rows, row, "Last_SQL_Errno", "Last_SQL_Errno"));
}

/* A failure here is not a failure of the probe: the account may not be allowed to ask. */
static bool ask_replication(struct link *l, struct probe_result *r)
{
    bool old_words = !l->mariadb && l->version < 80022;
    MYSQL_RES *rows = link_query(l, l->mariadb  ? "SHOW ALL SLAVES STATUS"
                                    : old_words ? "SHOW SLAVE STATUS"
                                                : "SHOW REPLICA STATUS");
    if (rows == NULL) {
        snprintf(r->error, sizeof r->error, "replication status: %.120s", l->error);
        return !link_lost(l);
    }
    if (mysql_num_rows(rows) == 0) {
        snprintf(r->error, sizeof r->error, "replication is not set up");
    }
    for (MYSQL_ROW row = mysql_fetch_row(rows); row != NULL; row = mysql_fetch_row(rows)) {
        read_status_row(rows, row, r);
    }
    mysql_free_result(rows);
    return true;
}

static bool ask_all(struct link *l, enum conf_role role, struct probe_result *r)
{
    r->mariadb = l->mariadb;
    r->version = l->version;
    memcpy(r->version_text, l->version_text, sizeof r->version_text);
    return ask_variables(l, r) && (role == CONF_PRIMARY || ask_replication(l, r));
}

static bool renew(struct probe *p, const struct conf *conf, const struct conf_instance *instance)
{
    struct link new = {0};
    if (link_open(&new, conf, instance, conf->health.timeout)) {
        link_close(&p->link);
        p->link = new;
        return true;
    }
    if (is_full(new.code) && p->link.mysql != NULL) {
        return true;
    }
    link_close(&p->link);
    p->link = new;
    return false;
}

void probe_run(struct probe *p, const struct conf *conf, const struct conf_instance *instance, bool fresh,
               struct probe_result *r)
{
    bool kept = !fresh && p->link.mysql != NULL;
    *r = (struct probe_result){.lag_ms = -1};
    r->ok = kept ? ask_all(&p->link, instance->role, r) : false;
    if (!r->ok && (!kept || link_lost(&p->link))) { /* a kept connection may have been closed for its age */
        probe_result_deinit(r);
        *r = (struct probe_result){.lag_ms = -1};
        r->ok = renew(p, conf, instance) && ask_all(&p->link, instance->role, r);
    }
    if (!r->ok) {
        r->full = is_full(p->link.code);
        snprintf(r->error, sizeof r->error, "%.159s", p->link.error);
        probe_result_deinit(r);
    }
}

/* ---- what follows ---- */

bool health_probed(struct health_instance *h, char **gtid, struct probe_result *r, uint64_t now_ms)
{
    enum health_state before = h->state;
    bool other = h->read_only != r->read_only || h->replicating != r->replicating;
    memcpy(h->error, r->error, sizeof h->error);
    h->probed_at = now_ms;
    if (!r->ok) {
        h->failures += h->failures < UINT32_MAX;
        h->state = h->failures >= HEALTH_DOWN_AFTER && !r->full ? HEALTH_DOWN : HEALTH_SUSPECT;
        h->replicating = false;
        h->lag_ms = -1;
        return h->state != before;
    }
    h->failures = 0;
    h->state = HEALTH_UP;
    h->read_only = r->read_only;
    h->replicating = r->replicating;
    h->mariadb = r->mariadb;
    h->version = r->version;
    memcpy(h->version_text, r->version_text, sizeof h->version_text);
    h->lag_ms = r->lag_ms;
    free(*gtid);
    *gtid = r->gtid;
    h->gtid = r->gtid;
    r->gtid = NULL;
    return other || h->state != before;
}

bool health_suspect(struct health_instance *h, const char *error)
{
    if (h->state != HEALTH_UP && h->state != HEALTH_UNKNOWN) {
        return false;
    }
    h->state = HEALTH_SUSPECT;
    snprintf(h->error, sizeof h->error, "%s", error != NULL ? error : "a connection failed");
    return true;
}
