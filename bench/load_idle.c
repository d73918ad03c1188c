/* load idle: many connections, each silent.
 *
 * Prints "ready N" when all are logged in, then "queried N" after each has run one point select, for every line
 * "query" on the standard input; ends with that input, or by a signal.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"

enum { CONNECTORS = 16 };

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
    pthread_t thread[CONNECTORS];

    atomic_store(&idle_next, 0);
    atomic_store(&idle_bad, 0);
    for (unsigned i = 0; i < CONNECTORS; i++) {
        pthread_create(&thread[i], NULL, job, NULL);
    }
    for (unsigned i = 0; i < CONNECTORS; i++) {
        pthread_join(thread[i], NULL);
    }
    printf("%s %u errors=%u\n", done, opt.connections, atomic_load(&idle_bad));
    fflush(stdout);
}

int idle_run(void)
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
