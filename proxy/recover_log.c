/* The questions of recovery to one server.
 *
 * The log is read with a lock, so that a row that its transaction has not committed yet is not mistaken for none, and
 * NOWAIT, so that a thousand transactions that are all waiting cost no time. Statements are such that every binary log
 * format takes them.
 *
 * Garbage: 'C' rows stay an hour. A tombstone must outlive the connection on which its transaction could still commit,
 * however long the proxy that owns it has been frozen: a server closes an idle one after wait_timeout (8 hours as a
 * server comes); a tombstone stays a week.
 */
#include "proxy/recover_int.h"

#include <stdio.h>
#include <string.h>

#define LOG "shardwire.commit_log"

enum { ER_BAD_DB_ = 1049, ER_NO_SUCH_TABLE_ = 1146 };

static bool fail(struct link *l, unsigned code, const char *text)
{
    l->code = code;
    snprintf(l->error, sizeof l->error, "%s", text);
    return false;
}

bool rlog_prepare(struct link *l)
{
    return link_run(l, "SET SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 1, "
                       "SESSION time_zone = '+00:00', SESSION autocommit = 1");
}

bool rlog_is_writable(struct link *l)
{
    MYSQL_RES *rows = link_query(l, "SELECT @@global.read_only");
    if (rows == NULL) {
        return false;
    }
    MYSQL_ROW row = mysql_fetch_row(rows);
    bool writable = row != NULL && row[0] != NULL && (strcmp(row[0], "0") == 0 || strcmp(row[0], "OFF") == 0);
    mysql_free_result(rows);
    return writable || fail(l, ER_READ_ONLY, "the server is read_only");
}

/* ---- the table ---- */

bool rlog_check(struct link *l, bool *missing)
{
    *missing = false;
    if (link_run(l, "SELECT id, state, at FROM " LOG " LIMIT 1")) {
        return true;
    }
    *missing = l->code == ER_BAD_DB_ || l->code == ER_NO_SUCH_TABLE_;
    return false;
}

bool rlog_create(struct link *l)
{
    return rlog_is_writable(l) && link_run(l, "CREATE DATABASE IF NOT EXISTS shardwire") &&
           link_run(l, "CREATE TABLE IF NOT EXISTS " LOG " (id VARBINARY(64) NOT NULL PRIMARY KEY, "
                       "state CHAR(1) CHARACTER SET ascii NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) "
                       "ENGINE=InnoDB");
}

/* ---- one transaction ---- */

MYSQL_RES *rlog_prepared(struct link *l)
{
    MYSQL_RES *rows = link_query(l, l->mariadb ? "XA RECOVER" : "XA RECOVER CONVERT XID"); /* both give any bytes */
    if (rows != NULL && mysql_num_fields(rows) != 4) {
        mysql_free_result(rows);
        fail(l, 0, "XA RECOVER has other columns than expected");
        return NULL;
    }
    return rows;
}

enum rlog_state rlog_read(struct link *l, const char *id)
{
    char sql[160];
    bool nowait = l->mariadb || l->version >= 80000;
    snprintf(sql, sizeof sql, "SELECT state FROM " LOG " WHERE id = '%s' FOR UPDATE%s", id, nowait ? " NOWAIT" : "");
    MYSQL_RES *rows = link_query(l, sql);
    if (rows == NULL) {
        return LOG_UNKNOWN;
    }
    MYSQL_ROW row = mysql_fetch_row(rows);
    enum rlog_state s = LOG_NONE;
    if (row != NULL) {
        char state = row[0] != NULL ? row[0][0] : '\0';
        s = state == 'C' ? LOG_COMMITTED : state == 'R' ? LOG_ABANDONED : LOG_UNKNOWN;
    }
    mysql_free_result(rows);
    if (s == LOG_UNKNOWN) {
        fail(l, 0, "the row of the log has a state that is not known");
    }
    return s;
}

bool rlog_bury(struct link *l, const char *id)
{
    char sql[160];
    snprintf(sql, sizeof sql, "INSERT INTO " LOG " (id, state) VALUES ('%s', 'R')", id);
    return rlog_is_writable(l) && link_run(l, sql);
}

bool rlog_end(struct link *l, const struct branch *b, bool commit)
{
    char sql[160];
    snprintf(sql, sizeof sql, "XA %s '%s','%s'", commit ? "COMMIT" : "ROLLBACK", b->id, b->home);
    return link_run(l, sql);
}

/* ---- garbage ---- */

MYSQL_RES *rlog_old(struct link *l)
{
    char sql[240];
    snprintf(sql, sizeof sql,
             "SELECT id FROM " LOG
             " WHERE (state = 'C' AND at < NOW() - INTERVAL 1 HOUR) OR at < NOW() - INTERVAL 7 DAY "
             "LIMIT %d",
             LOG_OLD_ROWS);
    return link_query(l, sql);
}

bool rlog_delete(struct link *l, const char (*ids)[RECOVER_ID_LEN + 1], size_t n)
{
    char sql[80 + LOG_DELETE_ROWS * (RECOVER_ID_LEN + 3)];
    int len = snprintf(sql, sizeof sql, "DELETE FROM " LOG " WHERE id IN (");
    for (size_t i = 0; i < n && i < LOG_DELETE_ROWS; i++) {
        len += snprintf(sql + len, sizeof sql - (size_t)len, "%s'%s'", i > 0 ? "," : "", ids[i]);
    }
    snprintf(sql + len, sizeof sql - (size_t)len, ")");
    return rlog_is_writable(l) && link_run(l, sql);
}
