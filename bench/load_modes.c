/* The modes of load: what a client does once, and what it does again and again. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

/* xorshift64*; each thread its own. */
static uint64_t random_next(struct client *c)
{
    c->random ^= c->random >> 12;
    c->random ^= c->random << 25;
    c->random ^= c->random >> 27;
    return c->random * 0x2545F4914F6CDD1Du;
}

static uint64_t random_key(struct client *c)
{
    return opt.low + (random_next(c) >> 16) % (opt.high - opt.low + 1);
}

static unsigned random_table(struct client *c)
{
    return (unsigned)((random_next(c) >> 16) % opt.tables);
}

void complain(const char *what, unsigned number, const char *text)
{
    static atomic_uint said;

    if (atomic_fetch_add(&said, 1) < 3) {
        fprintf(stderr, "load: %s: %u %s\n", what, number, text);
    }
}

/* Connection errors (2000 to 2999) end the connection, the server's own do not. */
static bool failed(struct client *c, const char *what, unsigned number, const char *text)
{
    c->errors++;
    complain(what, number, text);
    return number < 2000 || number > 2999;
}

MYSQL *db_open(unsigned turn)
{
    const struct target *t = &opt.target[turn % opt.targets];
    MYSQL *db = mysql_init(NULL);
    unsigned timeout = 30;

    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &timeout);
    if (mysql_real_connect(db, t->host, opt.user, opt.password, opt.schema, t->port, NULL, 0) == NULL) {
        complain("connect", mysql_errno(db), mysql_error(db));
        mysql_close(db);
        return NULL;
    }
    return db;
}

long long select_count(MYSQL *db, const char *sql, size_t len)
{
    if (mysql_real_query(db, sql, len) != 0) {
        return -1;
    }
    MYSQL_RES *result = mysql_store_result(db);
    if (result == NULL) {
        return -1;
    }
    long long rows = (long long)mysql_num_rows(result);
    mysql_free_result(result);
    return rows;
}

static bool client_open(struct client *c)
{
    c->db = db_open(c->number);
    return c->db != NULL;
}

static bool point_step(struct client *c)
{
    char sql[256];
    int len = snprintf(sql, sizeof sql, "SELECT c FROM %s%u WHERE id=%llu", opt.table, random_table(c) + 1,
                       (unsigned long long)random_key(c));
    long long rows = select_count(c->db, sql, (size_t)len);

    if (rows < 0) {
        return failed(c, "select", mysql_errno(c->db), mysql_error(c->db));
    }
    c->misses += rows != 1;
    c->done++;
    return true;
}

static bool prepared_open(struct client *c)
{
    char sql[256];
    MYSQL_BIND key = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &c->key};
    MYSQL_BIND found = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &c->id};

    if (!client_open(c)) {
        return false;
    }
    for (unsigned i = 0; i < opt.tables; i++) {
        int len = snprintf(sql, sizeof sql, "SELECT id, c FROM %s%u WHERE id=?", opt.table, i + 1);
        MYSQL_BIND out[2] = {found, {.buffer_type = MYSQL_TYPE_NULL}};
        c->stmt[i] = mysql_stmt_init(c->db);
        if (mysql_stmt_prepare(c->stmt[i], sql, (unsigned long)len) != 0 || mysql_stmt_bind_param(c->stmt[i], &key) ||
            mysql_stmt_bind_result(c->stmt[i], out)) {
            complain("prepare", mysql_stmt_errno(c->stmt[i]), mysql_stmt_error(c->stmt[i]));
            return false;
        }
    }
    return true;
}

static bool prepared_step(struct client *c)
{
    MYSQL_STMT *stmt = c->stmt[random_table(c)];

    c->key = (long long)random_key(c);
    c->id = 0;
    if (mysql_stmt_execute(stmt) != 0 || mysql_stmt_store_result(stmt) != 0) {
        return failed(c, "execute", mysql_stmt_errno(stmt), mysql_stmt_error(stmt));
    }
    int fetched = mysql_stmt_fetch(stmt);
    c->misses += (fetched != 0 && fetched != MYSQL_DATA_TRUNCATED) || c->id != c->key;
    mysql_stmt_free_result(stmt);
    c->done++;
    return true;
}

static const char filler[] = "83868641912-28773972837-60736120486-75162659906-27563526494-"
                             "20381887404-41576422241-93426793964-56405065102-33518432330";

static bool trx_step(struct client *c)
{
    char sql[512];
    unsigned table = random_table(c) + 1;
    int len;

    if (random_next(c) % 100 < opt.insert_percent) {
        uint64_t id = c->first_insert + c->inserted++ * opt.threads + c->number;
        len = snprintf(sql, sizeof sql, "INSERT INTO %s%u (id, k, c) VALUES (%llu, %u, '%s')", opt.table, table,
                       (unsigned long long)id, (unsigned)(id % 1000), filler);
    } else {
        len = snprintf(sql, sizeof sql, "UPDATE %s%u SET k=k+1 WHERE id=%llu", opt.table, table,
                       (unsigned long long)random_key(c));
    }
    if (mysql_real_query(c->db, sql, (unsigned long)len) != 0) {
        return failed(c, "transaction", mysql_errno(c->db), mysql_error(c->db));
    }
    c->misses += mysql_affected_rows(c->db) != 1;
    c->done++;
    return true;
}

static bool login_open(struct client *c)
{
    (void)c;
    return true;
}

static bool login_step(struct client *c)
{
    MYSQL *db = db_open(c->number + (unsigned)c->done * opt.threads);

    if (db == NULL) {
        c->errors++;
        return c->errors < 100;
    }
    mysql_close(db);
    c->done++;
    return true;
}

static bool fill_open(struct client *c)
{
    char sql[512];

    if (!client_open(c)) {
        return false;
    }
    for (unsigned i = 1; c->number == 0 && i <= opt.tables; i++) {
        int len = snprintf(sql, sizeof sql,
                           "CREATE TABLE %s%u (id BIGINT NOT NULL PRIMARY KEY, k INT NOT NULL DEFAULT 0, "
                           "c CHAR(120) NOT NULL DEFAULT '')",
                           opt.table, i);
        if (mysql_real_query(c->db, sql, (unsigned long)len) != 0) {
            complain("create", mysql_errno(c->db), mysql_error(c->db));
            return false;
        }
    }
    return true;
}

/* Row by row, so that every row finds its own shard. */
static bool fill_step(struct client *c)
{
    char sql[512];
    uint64_t row = c->done * opt.threads + c->number, keys = opt.high - opt.low + 1;

    if (row >= keys * opt.tables) {
        return false;
    }
    int len = snprintf(sql, sizeof sql, "INSERT INTO %s%u (id, k, c) VALUES (%llu, %u, '%s')", opt.table,
                       (unsigned)(row / keys) + 1, (unsigned long long)(opt.low + row % keys), (unsigned)(row % 1000),
                       filler);
    if (mysql_real_query(c->db, sql, (unsigned long)len) != 0) {
        failed(c, "insert", mysql_errno(c->db), mysql_error(c->db));
        return false;
    }
    c->done++;
    return true;
}

static const struct mode modes[] = {
    {"point", client_open, point_step},
    {"prepared", prepared_open, prepared_step},
    {"trx", client_open, trx_step},
    {"login", login_open, login_step},
    {"fill", fill_open, fill_step},
};

const struct mode *mode_find(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(name, modes[i].name) == 0) {
            return &modes[i];
        }
    }
    return NULL;
}
