/* load: a closed-loop MySQL client.
 *
 *   load point|prepared|trx|login|idle|fill [options]
 *
 * Every thread has one blocking connection and sends the next statement when it has the answer to the last one. The
 * threads connect first and start together; what is printed at the end is one line of key=value.
 *
 * What stays true:
 * - With a rate (-r) each thread keeps a timetable, and a latency counts from when the statement was due, not from when
 *   it was sent: a server that stalls for a second shows that second in all the statements that should have run in it.
 * - An answer is checked, not only waited for: a point select that finds no row, or an update that changes none, is a
 *   miss. A proxy that routes to the wrong shard is not fast, it is wrong.
 * - Any error or miss makes the exit status 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <mariadb/mysql.h>

#include "hist.h"

enum { MAX_TARGETS = 16, MAX_THREADS = 1024, MAX_TABLES = 64, IDLE_CONNECTORS = 16 };

struct target {
    char host[64];
    unsigned port;
};

static struct options {
    struct target target[MAX_TARGETS];
    unsigned targets;
    const char *user, *password, *schema, *table;
    unsigned tables;         /* table1 … tableN */
    uint64_t low, high;      /* keys that exist */
    unsigned threads;
    double seconds, rate;    /* rate 0: as fast as it goes */
    unsigned insert_percent; /* of the transactions; the others are updates */
    unsigned connections;    /* idle */
} opt = {.user = "bench", .password = "bench", .schema = "sbtest", .table = "sbtest", .tables = 1,
         .low = 1, .high = 10000, .threads = 1, .seconds = 5, .insert_percent = 50, .connections = 1000};

struct client {
    pthread_t thread;
    unsigned number;
    MYSQL *db;
    MYSQL_STMT *stmt[MAX_TABLES];
    long long key, id;       /* bound parameter; found by a prepared select */
    uint64_t random;
    uint64_t inserted, done, misses, errors;
    struct hist latency;
};

struct mode {
    const char *name;
    bool (*open)(struct client *c);
    /* One statement; false: the connection is no longer of use. */
    bool (*step)(struct client *c);
};

static const struct mode *mode;
static pthread_barrier_t start_line;
static atomic_bool failed_to_start;
static uint64_t start_ns, end_ns, insert_base;

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {
    }
}

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

static void complain(const char *what, unsigned number, const char *text)
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

static MYSQL *db_open(unsigned turn)
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

static bool client_open(struct client *c)
{
    c->db = db_open(c->number);
    return c->db != NULL;
}

/* Rows of a text select, or -1. */
static long long select_count(MYSQL *db, const char *sql, size_t len)
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
        uint64_t id = insert_base + c->inserted++ * opt.threads + c->number;
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

static void client_play(struct client *c)
{
    double period = opt.rate > 0 ? 1e9 * opt.threads / opt.rate : 0;

    for (uint64_t n = 0;; n++) {
        uint64_t due = now_ns();
        if (period > 0) {
            due = start_ns + (uint64_t)(period * ((double)n + (double)c->number / opt.threads));
            if (due < end_ns && due > now_ns()) {
                sleep_until(due);
            }
        }
        if (due >= end_ns || now_ns() >= end_ns) {
            return;
        }
        uint64_t before = c->done;
        bool again = mode->step(c);
        if (c->done > before) {
            hist_add(&c->latency, now_ns() - due);
        }
        if (!again) {
            return;
        }
    }
}

static void *client_run(void *arg)
{
    struct client *c = arg;

    if (!mode->open(c)) {
        c->errors++;
        atomic_store(&failed_to_start, true);
    }
    pthread_barrier_wait(&start_line); /* all are connected */
    pthread_barrier_wait(&start_line); /* main has noted the time */
    if (!atomic_load(&failed_to_start)) {
        client_play(c);
    }
    for (unsigned i = 0; i < opt.tables; i++) {
        if (c->stmt[i] != NULL) {
            mysql_stmt_close(c->stmt[i]);
        }
    }
    if (c->db != NULL) {
        mysql_close(c->db);
    }
    mysql_thread_end();
    return NULL;
}

static int report(const struct client *clients, double seconds)
{
    static struct hist all;
    uint64_t misses = 0, errors = 0;

    for (unsigned i = 0; i < opt.threads; i++) {
        hist_merge(&all, &clients[i].latency);
        misses += clients[i].misses;
        errors += clients[i].errors;
    }
    printf("mode=%s threads=%u seconds=%.3f done=%llu per_second=%.1f p50_us=%.1f p95_us=%.1f p99_us=%.1f max_us=%.1f "
           "misses=%llu errors=%llu\n",
           mode->name, opt.threads, seconds, (unsigned long long)all.total, (double)all.total / seconds,
           (double)hist_percentile(&all, 50) / 1e3, (double)hist_percentile(&all, 95) / 1e3,
           (double)hist_percentile(&all, 99) / 1e3, (double)all.max / 1e3, (unsigned long long)misses,
           (unsigned long long)errors);
    return misses == 0 && errors == 0 ? 0 : 1;
}

static int play(void)
{
    struct client *clients = calloc(opt.threads, sizeof *clients);
    struct timespec wall;

    if (clients == NULL) {
        return 2;
    }
    clock_gettime(CLOCK_REALTIME, &wall); /* ids that no earlier run has used: microseconds now */
    insert_base = (uint64_t)wall.tv_sec * 1000000u + (uint64_t)wall.tv_nsec / 1000u;
    pthread_barrier_init(&start_line, NULL, opt.threads + 1);
    for (unsigned i = 0; i < opt.threads; i++) {
        clients[i].number = i;
        clients[i].random = insert_base ^ ((uint64_t)(i + 1) * 0x9E3779B97F4A7C15u);
        if (pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) != 0) {
            perror("load: thread");
            return 2;
        }
    }
    pthread_barrier_wait(&start_line);
    start_ns = now_ns();
    end_ns = start_ns + (uint64_t)(opt.seconds * 1e9);
    pthread_barrier_wait(&start_line);
    for (unsigned i = 0; i < opt.threads; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    int status = report(clients, (double)(now_ns() - start_ns) / 1e9);
    pthread_barrier_destroy(&start_line);
    free(clients);
    return status;
}

/* --- idle: many connections, each silent ------------------------------------------------------------------------- */

static MYSQL **idle;
static atomic_uint idle_next, idle_bad;

static void *idle_open(void *unused)
{
    for (unsigned i; (i = atomic_fetch_add(&idle_next, 1)) < opt.connections;) {
        idle[i] = db_open(i);
        if (idle[i] == NULL && atomic_fetch_add(&idle_bad, 1) >= 10) {
            break;
        }
    }
    mysql_thread_end();
    return unused;
}

static void *idle_query(void *unused)
{
    for (unsigned i; (i = atomic_fetch_add(&idle_next, 1)) < opt.connections;) {
        char sql[256];
        int len = snprintf(sql, sizeof sql, "SELECT c FROM %s1 WHERE id=%llu", opt.table,
                           (unsigned long long)(opt.low + i % (opt.high - opt.low + 1)));
        if (idle[i] == NULL || select_count(idle[i], sql, (size_t)len) != 1) {
            complain("idle select", idle[i] ? mysql_errno(idle[i]) : 0, idle[i] ? mysql_error(idle[i]) : "");
            atomic_fetch_add(&idle_bad, 1);
        }
    }
    mysql_thread_end();
    return unused;
}

static void idle_each(void *(*job)(void *), const char *done)
{
    pthread_t thread[IDLE_CONNECTORS];

    atomic_store(&idle_next, 0);
    atomic_store(&idle_bad, 0);
    for (unsigned i = 0; i < IDLE_CONNECTORS; i++) {
        pthread_create(&thread[i], NULL, job, NULL);
    }
    for (unsigned i = 0; i < IDLE_CONNECTORS; i++) {
        pthread_join(thread[i], NULL);
    }
    printf("%s %u errors=%u\n", done, opt.connections, atomic_load(&idle_bad));
    fflush(stdout);
}

/* "ready N", then "queried N" for each line "query" on the standard input, until its end or a signal. */
static int idle_run(void)
{
    struct rlimit files;
    char line[64];

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    idle = calloc(opt.connections, sizeof *idle);
    if (idle == NULL) {
        return 2;
    }
    idle_each(idle_open, "ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "query\n") == 0) {
            idle_each(idle_query, "queried");
        }
    }
    for (unsigned i = 0; i < opt.connections; i++) {
        if (idle[i] != NULL) {
            mysql_close(idle[i]);
        }
    }
    free(idle);
    return 0;
}

/* --- options ----------------------------------------------------------------------------------------------------- */

static bool targets_parse(char *text)
{
    opt.targets = 0;
    for (char *save, *one = strtok_r(text, ",", &save); one != NULL; one = strtok_r(NULL, ",", &save)) {
        struct target *t = &opt.target[opt.targets];
        if (opt.targets == MAX_TARGETS || sscanf(one, "%63[^:]:%u", t->host, &t->port) != 2) {
            return false;
        }
        opt.targets++;
    }
    return opt.targets > 0;
}

static bool option_take(int name, char *value)
{
    unsigned long long low, high;

    switch (name) {
    case 't': return targets_parse(value);
    case 'u': opt.user = value; return true;
    case 'p': opt.password = value; return true;
    case 'd': opt.schema = value; return true;
    case 'T': opt.table = value; return strlen(value) < 64;
    case 'N': opt.tables = (unsigned)atoi(value); return opt.tables >= 1 && opt.tables <= MAX_TABLES;
    case 'k':
        if (sscanf(value, "%llu-%llu", &low, &high) != 2 || low > high) {
            return false;
        }
        opt.low = low;
        opt.high = high;
        return true;
    case 'c': opt.threads = (unsigned)atoi(value); return opt.threads >= 1 && opt.threads <= MAX_THREADS;
    case 's': opt.seconds = atof(value); return opt.seconds > 0;
    case 'r': opt.rate = atof(value); return opt.rate >= 0;
    case 'i': opt.insert_percent = (unsigned)atoi(value); return opt.insert_percent <= 100;
    case 'n': opt.connections = (unsigned)atoi(value); return opt.connections >= 1;
    default: return false;
    }
}

static int usage(void)
{
    fprintf(stderr,
            "usage: load point|prepared|trx|login|idle|fill -t HOST:PORT[,HOST:PORT…] [options]\n"
            "  -u user  -p password  -d schema  -T table name's beginning  -N tables  -k first-last key\n"
            "  -c threads  -s seconds  -r statements a second in all  -i percent of inserts (trx)  -n connections (idle)\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (int o; argc > 1 && (o = getopt(argc - 1, argv + 1, "t:u:p:d:T:N:k:c:s:r:i:n:")) != -1;) {
        if (!option_take(o, optarg)) {
            return usage();
        }
    }
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        mode = strcmp(name, modes[i].name) == 0 ? &modes[i] : mode;
    }
    bool is_idle = strcmp(name, "idle") == 0;
    if ((mode == NULL && !is_idle) || opt.targets == 0) {
        return usage();
    }
    mysql_library_init(0, NULL, NULL);
    int status = is_idle ? idle_run() : play();
    mysql_library_end();
    return status;
}
