/* A connection over a real loop and a socket pair: what arrives and is left, back-pressure, deadlines, and the end, also
 * from inside of its own callbacks. */
#include "proxy/conn.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/worker.h"

static struct worker *w;
static struct conn *c;
static int peer;
static size_t take;      /* bytes that the owner consumes each time */
static bool close_on_bytes, resume_on_drain;
static unsigned n_bytes, n_drains, n_timeouts, n_ends, n_closed;
static char got[65536];
static size_t n_got;
static char reason[128];

static void on_bytes(struct conn *conn)
{
    size_t n;
    uint8_t *p = conn_data(conn, &n);
    n_bytes++;
    size_t k = n < take ? n : take;
    if (n_got + k <= sizeof got)
        memcpy(got + n_got, p, k);
    n_got += k;
    conn_consume(conn, k);
    if (close_on_bytes)
        conn_close(conn);
}

static void on_drain(struct conn *conn)
{
    n_drains++;
    ck_assert_uint_le(conn_queued(conn), w->relay_buffer / 2);
    if (resume_on_drain)
        conn_resume(conn);
}

static void on_timeout(struct conn *conn)
{
    (void)conn;
    n_timeouts++;
}

static void on_end(struct conn *conn, const char *why)
{
    n_ends++;
    snprintf(reason, sizeof reason, "%s", why);
    conn_close(conn);
}

static void on_closed(struct conn *conn)
{
    n_closed++;
    free(conn);
    c = NULL;
}

static const struct conn_owner owner = {
    .on_bytes = on_bytes, .on_drain = on_drain, .on_timeout = on_timeout, .on_end = on_end, .on_closed = on_closed};

static void setup(void)
{
    int fds[2];
    w = calloc(1, sizeof *w);
    w->read_buffer = malloc(WORKER_READ_BUFFER);
    w->relay_buffer = 100000;
    uv_loop_init(&w->loop);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    peer = fds[1];
    fcntl(peer, F_SETFL, O_NONBLOCK);
    c = calloc(1, sizeof *c);
    take = SIZE_MAX;
    close_on_bytes = resume_on_drain = false;
    n_bytes = n_drains = n_timeouts = n_ends = n_closed = 0;
    n_got = 0;
    ck_assert_int_eq(conn_accept(c, w, fds[0], true, 1000000, &owner), 0);
}

static void spin(unsigned rounds)
{
    while (rounds--)
        uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void teardown(void)
{
    if (c)
        conn_close(c);
    spin(5);
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_int_eq(uv_loop_close(&w->loop), 0); /* no handle is left */
    if (peer >= 0)
        close(peer);
    free(w->read_buffer);
    free(w);
}

static void send_text(const char *text)
{
    ck_assert_int_eq(write(peer, text, strlen(text)), (ssize_t)strlen(text));
    spin(3);
}

static size_t read_all(void)
{
    static char sink[65536];
    size_t total = 0;
    ssize_t n;
    for (int idle = 0; idle < 3;) {
        while ((n = read(peer, sink, sizeof sink)) > 0) {
            total += (size_t)n;
            idle = 0;
        }
        spin(3);
        idle++;
    }
    return total;
}

START_TEST(test_what_is_left_comes_again_with_more)
{
    take = 0;
    send_text("abc");
    ck_assert_uint_eq(n_got, 0);
    take = 4;
    send_text("de");
    ck_assert_uint_eq(n_got, 4);
    take = SIZE_MAX;
    send_text("f");
    ck_assert_uint_eq(n_got, 6);
    ck_assert_mem_eq(got, "abcdef", 6);
    ck_assert_uint_eq(n_bytes, 3);
}
END_TEST

START_TEST(test_steal_takes_what_was_left)
{
    struct buf mine;
    take = 0;
    send_text("abc");
    ck_assert(conn_steal(c, &mine));
    ck_assert_uint_eq(buf_len(&mine), 3);
    take = SIZE_MAX;
    send_text("d");
    ck_assert_mem_eq(got, "d", 1);
    ck_assert_uint_eq(n_got, 1);
    buf_deinit(&mine);
}
END_TEST

START_TEST(test_a_paused_connection_reads_nothing)
{
    conn_pause(c);
    send_text("abc");
    ck_assert_uint_eq(n_bytes, 0);
    conn_resume(c);
    spin(3);
    ck_assert_uint_eq(n_got, 3);
}
END_TEST

/* An owner that takes nothing keeps no more than it allowed. */
START_TEST(test_input_is_bounded)
{
    static char block[10000];
    take = 0;
    for (int i = 0; i < 1000 && !n_ends; i++) {
        if (write(peer, block, sizeof block) < 0)
            ck_assert_int_gt(i, 90);
        spin(2);
    }
    ck_assert_uint_eq(n_ends, 1);
}
END_TEST

START_TEST(test_writes_that_the_kernel_does_not_take_at_once)
{
    static char block[50000];
    size_t sent = 0;
    for (int i = 0; i < 40; i++) {
        conn_write(c, block, sizeof block);
        sent += sizeof block;
    }
    ck_assert_uint_gt(conn_queued(c), w->relay_buffer);
    ck_assert(c->congested);
    spin(3);
    ck_assert_uint_eq(n_drains, 0);
    ck_assert_uint_eq(read_all(), sent);
    ck_assert_uint_eq(n_drains, 1); /* once, and only when it is nearly gone */
    ck_assert_uint_eq(conn_queued(c), 0);
    ck_assert(!c->congested);
}
END_TEST

START_TEST(test_order_is_kept)
{
    static uint8_t block[3000], sink[3000];
    for (unsigned i = 0; i < 300; i++) {
        memset(block, (int)(i & 255), sizeof block);
        conn_write(c, block, sizeof block);
    }
    for (unsigned i = 0; i < 300; i++) {
        for (size_t n = 0; n < sizeof sink;) {
            ssize_t k = read(peer, sink + n, sizeof sink - n);
            if (k > 0)
                n += (size_t)k;
            else
                spin(1);
        }
        ck_assert_uint_eq(sink[0], i & 255);
        ck_assert_uint_eq(sink[sizeof sink - 1], i & 255);
    }
}
END_TEST

START_TEST(test_deadline_comes_once)
{
    conn_deadline(c, 5);
    usleep(20000);
    spin(3);
    ck_assert_uint_eq(n_timeouts, 1);
    usleep(20000);
    spin(3);
    ck_assert_uint_eq(n_timeouts, 1);
    conn_deadline(c, 5);
    conn_deadline(c, 0);
    usleep(20000);
    spin(3);
    ck_assert_uint_eq(n_timeouts, 1);
}
END_TEST

START_TEST(test_the_peer_leaves)
{
    close(peer);
    peer = -1;
    spin(3);
    ck_assert_uint_eq(n_ends, 1);
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_str_eq(reason, "the peer closed the connection");
}
END_TEST

START_TEST(test_closed_inside_of_its_own_callback)
{
    close_on_bytes = true;
    take = 1;
    send_text("abc");
    ck_assert_uint_eq(n_bytes, 1);
    ck_assert_uint_eq(n_ends, 0);
    ck_assert_uint_eq(n_closed, 1);
}
END_TEST

/* No callback but on_closed after conn_close(), whatever was queued or due. */
START_TEST(test_close_is_the_last_word)
{
    static char block[500000];
    conn_write(c, block, sizeof block);
    conn_deadline(c, 1);
    ck_assert_int_eq(write(peer, "abc", 3), 3);
    conn_close(c);
    conn_close(c);
    conn_write(c, block, 10);
    usleep(5000);
    spin(3);
    ck_assert_uint_eq(n_bytes + n_timeouts + n_drains + n_ends, 0);
    ck_assert_uint_eq(n_closed, 1);
}
END_TEST

static void peer_leaves(void)
{
    char one;
    ck_assert_int_eq(read(peer, &one, 1), 0); /* it was told that nothing follows */
    close(peer);
    peer = -1;
    spin(3);
}

START_TEST(test_finish_sends_what_is_queued)
{
    static char block[1000000];
    conn_write(c, block, sizeof block);
    conn_finish(c, 60000);
    ck_assert_uint_eq(n_closed, 0);
    ck_assert_uint_eq(read_all(), sizeof block);
    peer_leaves();
    ck_assert_uint_eq(n_closed, 1);
    ck_assert_uint_eq(n_ends + n_drains, 0);
}
END_TEST

START_TEST(test_finish_does_not_wait_for_ever)
{
    static char block[1000000];
    conn_write(c, block, sizeof block);
    conn_finish(c, 10);
    usleep(30000);
    spin(4);
    ck_assert_uint_eq(n_closed, 1);
}
END_TEST

/* Unread input would reset the connection, and the peer would lose the last words: it is read and dropped. */
START_TEST(test_finish_with_unread_input)
{
    conn_pause(c);
    send_text("more");
    conn_write(c, "bye", 3);
    conn_finish(c, 60000);
    spin(3);
    ck_assert_uint_eq(n_bytes, 0);
    ck_assert_uint_eq(read_all(), 3);
    peer_leaves();
    ck_assert_uint_eq(n_closed, 1);
}
END_TEST

START_TEST(test_finish_with_a_peer_that_stays)
{
    conn_finish(c, 60000);
    for (int i = 0; i < 300 && !n_closed; i++) {
        usleep(10000);
        spin(1);
    }
    ck_assert_uint_eq(n_closed, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conn");
    TCase *tc = tcase_create("all");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_what_is_left_comes_again_with_more);
    tcase_add_test(tc, test_steal_takes_what_was_left);
    tcase_add_test(tc, test_a_paused_connection_reads_nothing);
    tcase_add_test(tc, test_input_is_bounded);
    tcase_add_test(tc, test_writes_that_the_kernel_does_not_take_at_once);
    tcase_add_test(tc, test_order_is_kept);
    tcase_add_test(tc, test_deadline_comes_once);
    tcase_add_test(tc, test_the_peer_leaves);
    tcase_add_test(tc, test_closed_inside_of_its_own_callback);
    tcase_add_test(tc, test_close_is_the_last_word);
    tcase_add_test(tc, test_finish_sends_what_is_queued);
    tcase_add_test(tc, test_finish_does_not_wait_for_ever);
    tcase_add_test(tc, test_finish_with_unread_input);
    tcase_add_test(tc, test_finish_with_a_peer_that_stays);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
