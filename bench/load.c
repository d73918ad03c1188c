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
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

struct options opt = {.user = "bench", .password = "bench", .schema = "sbtest", .table = "sbtest", .tables = 1,
                      .low = 1, .high = 10000, .threads = 1, .seconds = 5, .insert_percent = 50, .connections = 1000};

static const struct mode *mode;
static pthread_barrier_t start_line;
static atomic_bool failed_to_start;
static uint64_t start_ns, count_ns, end_ns; /* latencies count from count_ns on, when all is warm */

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
        if (c->done > before && due >= count_ns) {
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
    uint64_t done = 0, misses = 0, errors = 0;

    for (unsigned i = 0; i < opt.threads; i++) {
        hist_merge(&all, &clients[i].latency);
        done += clients[i].done;
        misses += clients[i].misses;
        errors += clients[i].errors;
    }
    printf("mode=%s threads=%u seconds=%.3f done=%llu per_second=%.1f p50_us=%.1f p95_us=%.1f p99_us=%.1f max_us=%.1f "
           "misses=%llu errors=%llu\n",
           mode->name, opt.threads, seconds, (unsigned long long)done, (double)all.total / seconds,
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
    uint64_t first_insert = (uint64_t)wall.tv_sec * 1000000u + (uint64_t)wall.tv_nsec / 1000u;
    pthread_barrier_init(&start_line, NULL, opt.threads + 1);
    for (unsigned i = 0; i < opt.threads; i++) {
        clients[i].number = i;
        clients[i].first_insert = first_insert;
        clients[i].random = first_insert ^ ((uint64_t)(i + 1) * 0x9E3779B97F4A7C15u);
        if (pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) != 0) {
            perror("load: thread");
            return 2;
        }
    }
    pthread_barrier_wait(&start_line);
    start_ns = now_ns();
    count_ns = start_ns + (uint64_t)(opt.warm_up * 1e9);
    end_ns = count_ns + (uint64_t)(opt.seconds * 1e9);
    pthread_barrier_wait(&start_line);
    for (unsigned i = 0; i < opt.threads; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    int status = report(clients, ((double)now_ns() - (double)count_ns) / 1e9);
    pthread_barrier_destroy(&start_line);
    free(clients);
    return status;
}

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
    case 'w': opt.warm_up = atof(value); return opt.warm_up >= 0;
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
            "  -c threads  -s seconds  -w seconds before them that do not count  -r statements a second in all\n"
            "  -i percent of inserts (trx)  -n connections (idle)\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (int o; argc > 1 && (o = getopt(argc - 1, argv + 1, "t:u:p:d:T:N:k:c:s:w:r:i:n:")) != -1;) {
        if (!option_take(o, optarg)) {
            return usage();
        }
    }
    mode = mode_find(name);
    bool is_idle = strcmp(name, "idle") == 0;
    if ((mode == NULL && !is_idle) || opt.targets == 0) {
        return usage();
    }
    mysql_library_init(0, NULL, NULL);
    int status = is_idle ? idle_run() : play();
    mysql_library_end();
    return status;
}
