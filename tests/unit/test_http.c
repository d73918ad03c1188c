/* The HTTP port over a real socket, and the Prometheus text that it serves. */
#include "proxy/http.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/metrics.h"

enum { FIRST_PORT = 15100, LAST_PORT = 15199 };

static struct http *http;
static uint16_t port;
static char socket_path[64], answer[1 << 16];
static struct snapshot snapshot;
static struct stats *stats;

/* ---- what is shown: two shards made by hand ---- */

static struct conf_instance instances[] = {{.name = (char *)"a\"1", .role = CONF_PRIMARY},
                                           {.name = (char *)"a2<b>", .role = CONF_REPLICA},
                                           {.name = (char *)"b1", .role = CONF_PRIMARY}};
static struct conf_shard shards[] = {{.name = (char *)"s0"}, {.name = (char *)"s1"}};
static struct topo_instance topo_instances[] = {{&instances[0], 0, 0}, {&instances[1], 0, 1}, {&instances[2], 1, 2}};
static struct topo_shard topo_shards[] = {{&shards[0], 0, 0, 2, 0}, {&shards[1], 1, 2, 1, 2}};
static struct topo topo = {
    .shards = topo_shards, .n_shards = 2, .instances = topo_instances, .n_instances = 3, .epoch = 4};
static struct health_instance health_instances[3];
static struct health health = {.n = 3, .instances = health_instances};

static void source_metrics(void *arg, struct buf *out)
{
    ck_assert_ptr_eq(arg, &http);
    metrics_build(out, "1.2\"3");
    metrics_stats(out, stats);
    metrics_instances(out, &snapshot);
}

static bool source_ready(void *arg, char *why, size_t size)
{
    (void)arg;
    return metrics_ready(&snapshot, why, size);
}

static void source_page(void *arg, struct buf *out)
{
    (void)arg;
    metrics_page_instances(out, &snapshot);
}

/* ---- fixture ---- */

static void setup(void)
{
    struct http_source source = {&http, source_metrics, source_ready, source_page};
    char error[256] = "";
    snprintf(socket_path, sizeof socket_path, "/tmp/shardwire-test-http-%d", (int)getpid());
    health_instances[0] = (struct health_instance){.state = HEALTH_UP, .lag_ms = -1};
    health_instances[1] =
        (struct health_instance){.state = HEALTH_SUSPECT, .lag_ms = 1500, .read_only = true, .error = "a & b"};
    health_instances[2] = (struct health_instance){.state = HEALTH_UP, .lag_ms = -1};
    snapshot = (struct snapshot){.topo = &topo, .health = &health};
    stats = stats_new();
    for (port = FIRST_PORT; http == NULL && port <= LAST_PORT; port++) {
        struct conf_address at[] = {{.host = (char *)"127.0.0.1", .port = port}, {.path = socket_path}};
        http = http_start(&(struct conf_addresses){at, 2}, &source, error, sizeof error);
    }
    ck_assert_msg(http != NULL, "%s", error);
    port--;
}

static void teardown(void)
{
    http_stop(http);
    stats_free(stats);
    http = NULL;
    ck_assert_int_ne(access(socket_path, F_OK), 0);
}

static int dial(bool unix_socket)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, socket_path);
    int fd = socket(unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    int failed =
        unix_socket ? connect(fd, (struct sockaddr *)&un, sizeof un) : connect(fd, (struct sockaddr *)&in, sizeof in);
    ck_assert_int_eq(failed, 0);
    struct timeval limit = {3, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

/* Sends the bytes and reads to the end; returns the status, 0 when the connection was closed without one. */
static int ask(bool unix_socket, const char *request)
{
    int fd = dial(unix_socket);
    size_t n = 0;
    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    for (ssize_t got; n < sizeof answer - 1 && (got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0;) {
        n += (size_t)got;
    }
    close(fd);
    answer[n] = '\0';
    return n > 12 ? atoi(answer + 9) : 0;
}

static int get(const char *path)
{
    char request[256];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    return ask(false, request);
}

#define HAS(text) ck_assert_msg(strstr(answer, (text)) != NULL, "no %s in %s", (text), answer)

START_TEST(test_health)
{
    ck_assert_int_eq(get("/healthz"), 200);
    HAS("\r\n\r\nok\n");
    ck_assert_int_eq(ask(true, "GET /healthz HTTP/1.0\r\n\r\n"), 200);
    ck_assert_int_eq(get("/healthz?x=1"), 200);
}
END_TEST

START_TEST(test_ready_only_while_every_primary_is_up)
{
    ck_assert_int_eq(get("/readyz"), 200);
    health_instances[2].state = HEALTH_DOWN;
    ck_assert_int_eq(get("/readyz"), 503);
    HAS("shard s1: its primary b1 is DOWN");
    health_instances[2].state = HEALTH_UNKNOWN;
    ck_assert_int_eq(get("/readyz"), 503);
    health_instances[2].state = HEALTH_UP;
    ck_assert_int_eq(get("/readyz"), 200);
}
END_TEST

START_TEST(test_metrics)
{
    stats_add(stats, questions, 7);
    stats_add(stats, sessions_opened, 5);
    stats_add(stats, sessions_closed, 2);
    stats_add(stats, limit_max_queue, 3);
    stats_latency(stats, 100);
    stats_latency(stats, 3000000);
    ck_assert_int_eq(get("/metrics"), 200);
    HAS("Content-Type: text/plain; version=0.0.4");
    HAS("# TYPE shardwire_questions_total counter\nshardwire_questions_total 7\n");
    HAS("\nshardwire_limit_hits_total{limit=\"max_queue\"} 3\n");
    HAS("\nshardwire_sessions 3\n");
    HAS("\nshardwire_build_info{version=\"1.2\\\"3\"} 1\n");
    HAS("\nshardwire_instance_up{instance=\"a\\\"1\",shard=\"s0\",role=\"primary\"} 1\n");
    HAS("\nshardwire_instance_up{instance=\"a2<b>\",shard=\"s0\",role=\"replica\"} 0\n");
    HAS("\nshardwire_instance_lag_seconds{instance=\"a2<b>\",shard=\"s0\",role=\"replica\"} 1.500\n");
    HAS(",state=\"SUSPECT\"} 1\n");
    HAS("\nshardwire_statement_duration_seconds_bucket{le=\"0.000064\"} 0\n");
    HAS("\nshardwire_statement_duration_seconds_bucket{le=\"0.000128\"} 1\n");
    HAS("\nshardwire_statement_duration_seconds_bucket{le=\"+Inf\"} 2\n");
    HAS("\nshardwire_statement_duration_seconds_sum 3.000100\n");
    ck_assert_ptr_null(strstr(answer, "instance_lag_seconds{instance=\"b1\"")); /* unknown is not zero */
}
END_TEST

START_TEST(test_page_escapes)
{
    ck_assert_int_eq(get("/"), 200);
    HAS("text/html");
    HAS("a2&lt;b&gt;");
    HAS("a &amp; b");
    ck_assert_ptr_null(strstr(answer, "a2<b>"));
}
END_TEST

START_TEST(test_what_is_not_there)
{
    ck_assert_int_eq(get("/nothing"), 404);
    ck_assert_int_eq(get("/../etc/passwd"), 404);
    ck_assert_int_eq(
        ask(false, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"), 405);
    ck_assert_int_eq(ask(false, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 200);
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

START_TEST(test_rubbish_and_half_requests_do_not_disturb_others)
{
    int silent[40];
    for (int i = 0; i < 40; i++) {
        silent[i] = dial(false);
        ck_assert_int_eq(send(silent[i], "GET /met", 8, MSG_NOSIGNAL), 8);
    }
    ask(false, "\x16\x03\x01\x02\n\n\r\n\r\n");
    ck_assert_int_eq(get("/healthz"), 200);
    for (int i = 0; i < 40; i++) {
        close(silent[i]);
    }
    char *large = malloc(60000);
    memset(large, 'a', 59999);
    memcpy(large, "GET /", 5);
    large[59999] = '\0';
    int fd = dial(false);
    ck_assert_int_gt(send(fd, large, 59999, MSG_NOSIGNAL), 0);
    close(fd);
    free(large);
    ck_assert_int_eq(get("/healthz"), 200);
}
END_TEST

START_TEST(test_a_taken_address_is_an_error)
{
    struct http_source source = {&http, source_metrics, source_ready, NULL};
    struct conf_address at = {.host = (char *)"127.0.0.1", .port = port};
    char error[256] = "";
    ck_assert_ptr_null(http_start(&(struct conf_addresses){&at, 1}, &source, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "in use"));
    at = (struct conf_address){.path = socket_path};
    ck_assert_ptr_null(http_start(&(struct conf_addresses){&at, 1}, &source, error, sizeof error));
    ck_assert_int_eq(access(socket_path, F_OK), 0); /* the other's socket is still there */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("http");
    TCase *t = tcase_create("http");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_health);
    tcase_add_test(t, test_ready_only_while_every_primary_is_up);
    tcase_add_test(t, test_metrics);
    tcase_add_test(t, test_page_escapes);
    tcase_add_test(t, test_what_is_not_there);
    tcase_add_test(t, test_rubbish_and_half_requests_do_not_disturb_others);
    tcase_add_test(t, test_a_taken_address_is_an_error);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
