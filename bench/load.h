/* What the parts of load share: the options, and one client thread's state. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <mariadb/mysql.h>

#include "hist.h"

enum { MAX_TARGETS = 16, MAX_THREADS = 1024, MAX_TABLES = 64 };

struct target {
    char host[64];
    unsigned port;
};

struct options {
    struct target target[MAX_TARGETS];
    unsigned targets;
    const char *user, *password, *schema, *table;
    unsigned tables;         /* table1 … tableN */
    uint64_t low, high;      /* keys that exist */
    unsigned threads;
    double seconds, warm_up; /* counted, and played before that */
    double rate;             /* 0: as fast as it goes */
    unsigned insert_percent; /* of the transactions; the others are updates */
    unsigned connections;    /* idle */
};

struct client {
    pthread_t thread;
    unsigned number;
    MYSQL *db;
    MYSQL_STMT *stmt[MAX_TABLES];
    long long key, id;       /* bound parameter; found by a prepared select */
    uint64_t random;         /* the state of its own generator */
    uint64_t first_insert;   /* keys of inserts begin here; the same for all clients */
    uint64_t inserted, done, misses, errors;
    struct hist latency;
};

struct mode {
    const char *name;
    bool (*open)(struct client *c);
    /* One statement (or login); false: the client has come to its end. */
    bool (*step)(struct client *c);
};

extern struct options opt; /* fixed before the first thread starts */

/* NULL: there is no such mode. */
const struct mode *mode_find(const char *name);

/* Opens connections and keeps them; an exit status. */
int idle_run(void);

/* A connection to the turn-th target, or NULL, complained about. */
MYSQL *db_open(unsigned turn);

/* Rows of a text select, or -1. */
long long select_count(MYSQL *db, const char *sql, size_t len);

/* The first few are printed. */
void complain(const char *what, unsigned number, const char *text);

#endif
