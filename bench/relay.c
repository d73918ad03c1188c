/* relay: a TCP relay on libuv that understands nothing.
 *
 * It is the floor that the proxy is measured against: whatever stands between a client and a server has to receive
 * and send each byte once, and this does that and no more. What libuv costs is in it, what MySQL costs is not.
 *
 *   client --read--> [the worker's one 64 KiB buffer] --uv_try_write--> server      (and the same the other way)
 *
 * What stays true:
 * - Bytes go out of the buffer that they came into. Only what the socket did not take at once is copied, and then the
 *   side that it came from is not read again until the copy is gone: at most 64 KiB waits per direction.
 * - One server connection per client connection; an end of one direction is passed on, and the pair dies when both
 *   directions have ended, or at the first error.
 * - The main thread accepts and deals the sockets to the workers in turn, through one pipe each. SIGTERM and SIGINT
 *   close those pipes; a worker that reads the end of its pipe closes all it has and returns.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { READ_SIZE = 64 * 1024, MAX_TARGETS = 16, MAX_THREADS = 64, BACKLOG = 1024 };

struct targets {
    struct sockaddr_in addr[MAX_TARGETS];
    unsigned count;
};

struct worker {
    uv_loop_t loop;
    uv_thread_t thread;
    uv_pipe_t inbox;     /* accepted sockets, as ints */
    int inbox_write;     /* the main thread's end */
    const struct targets *targets;
    unsigned next_target;
    char buffer[READ_SIZE];
};

/* One of the two connections of a pair. */
struct side {
    uv_tcp_t tcp;
    struct pair *pair;
    struct side *peer;
    bool ended;          /* it will send nothing more */
    char *rest;          /* what the peer sent and this socket has not yet taken */
    uv_write_t write;
    uv_shutdown_t shutdown;
};

struct pair {
    struct side client, server;
    uv_connect_t connect;
    struct worker *worker;
    int open;            /* handles not yet closed; freed at 0 */
};

static void on_close(uv_handle_t *handle)
{
    struct side *side = handle->data;
    struct pair *pair = side->pair;

    if (--pair->open == 0) {
        free(pair);
    }
}

/* May be called twice. */
static void pair_close(struct pair *pair)
{
    if (!uv_is_closing((uv_handle_t *)&pair->client.tcp)) {
        uv_close((uv_handle_t *)&pair->client.tcp, on_close);
        uv_close((uv_handle_t *)&pair->server.tcp, on_close);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct side *side = handle->data;

    (void)suggested;
    *buf = uv_buf_init(side->pair->worker->buffer, READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf);

static void on_written(uv_write_t *write, int status)
{
    struct side *side = write->data;

    free(side->rest);
    side->rest = NULL;
    if (status < 0) {
        pair_close(side->pair);
    } else if (!side->peer->ended) {
        uv_read_start((uv_stream_t *)&side->peer->tcp, on_alloc, on_read);
    }
}

/* Keeps what the socket did not take, and stops reading where it comes from. */
static void side_queue(struct side *to, const char *bytes, size_t len)
{
    to->rest = malloc(len);
    if (to->rest == NULL) {
        pair_close(to->pair);
        return;
    }
    memcpy(to->rest, bytes, len);
    uv_read_stop((uv_stream_t *)&to->peer->tcp);

    uv_buf_t out = uv_buf_init(to->rest, (unsigned)len);
    to->write.data = to;
    if (uv_write(&to->write, (uv_stream_t *)&to->tcp, &out, 1, on_written) < 0) {
        free(to->rest);
        to->rest = NULL;
        pair_close(to->pair);
    }
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    struct side *side = shutdown->data;

    if (status < 0 || (side->ended && side->peer->ended)) {
        pair_close(side->pair);
    }
}

/* `from` sends nothing more: tell the other side, after whatever is queued there. */
static void side_end(struct side *from)
{
    struct side *to = from->peer;

    from->ended = true;
    uv_read_stop((uv_stream_t *)&from->tcp);
    to->shutdown.data = to;
    if (uv_shutdown(&to->shutdown, (uv_stream_t *)&to->tcp, on_shutdown) < 0) {
        pair_close(from->pair);
    }
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct side *from = stream->data;

    if (nread <= 0) {
        if (nread == UV_EOF) {
            side_end(from);
        } else if (nread < 0) {
            pair_close(from->pair);
        }
        return;
    }
    uv_buf_t out = uv_buf_init(buf->base, (unsigned)nread);
    int sent = uv_try_write((uv_stream_t *)&from->peer->tcp, &out, 1);
    if (sent == nread) {
        return;
    }
    if (sent < 0 && sent != UV_EAGAIN) {
        pair_close(from->pair);
        return;
    }
    sent = sent < 0 ? 0 : sent;
    side_queue(from->peer, buf->base + sent, (size_t)(nread - sent));
}

static void on_connect(uv_connect_t *connect, int status)
{
    struct pair *pair = connect->data;

    if (status < 0) {
        pair_close(pair);
        return;
    }
    uv_read_start((uv_stream_t *)&pair->client.tcp, on_alloc, on_read);
    uv_read_start((uv_stream_t *)&pair->server.tcp, on_alloc, on_read);
}

static void side_init(struct side *side, struct side *peer, struct pair *pair)
{
    side->pair = pair;
    side->peer = peer;
    side->tcp.data = side;
    uv_tcp_init(&pair->worker->loop, &side->tcp);
    pair->open++;
}

/* Takes the socket. */
static void pair_start(struct worker *worker, int fd)
{
    struct pair *pair = calloc(1, sizeof *pair);

    if (pair == NULL) {
        close(fd);
        return;
    }
    pair->worker = worker;
    side_init(&pair->client, &pair->server, pair);
    side_init(&pair->server, &pair->client, pair);
    if (uv_tcp_open(&pair->client.tcp, fd) < 0) {
        close(fd);
        pair_close(pair);
        return;
    }
    const struct sockaddr_in *to = &worker->targets->addr[worker->next_target++ % worker->targets->count];
    pair->connect.data = pair;
    if (uv_tcp_connect(&pair->connect, &pair->server.tcp, (const struct sockaddr *)to, on_connect) < 0) {
        pair_close(pair);
        return;
    }
    uv_tcp_nodelay(&pair->client.tcp, 1);
    uv_tcp_nodelay(&pair->server.tcp, 1);
}

static void on_inbox_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct worker *worker = handle->data;

    (void)suggested;
    *buf = uv_buf_init(worker->buffer, READ_SIZE / sizeof(int) * sizeof(int));
}

static void close_any(uv_handle_t *handle, void *worker)
{
    if (handle == (uv_handle_t *)&((struct worker *)worker)->inbox) {
        uv_close(handle, NULL);
    } else {
        pair_close(((struct side *)handle->data)->pair);
    }
}

/* Ints are written whole and a pipe keeps them whole, so every read is a number of ints. */
static void on_inbox(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct worker *worker = stream->data;

    for (ssize_t at = 0; at < nread; at += (ssize_t)sizeof(int)) {
        int fd;
        memcpy(&fd, buf->base + at, sizeof fd);
        pair_start(worker, fd);
    }
    if (nread < 0) {
        uv_walk(&worker->loop, close_any, worker);
    }
}

static void worker_run(void *arg)
{
    struct worker *worker = arg;

    uv_run(&worker->loop, UV_RUN_DEFAULT);
    uv_loop_close(&worker->loop);
}

static struct worker *worker_start(const struct targets *targets, unsigned number)
{
    struct worker *worker = calloc(1, sizeof *worker);
    int fds[2];

    if (worker == NULL || pipe2(fds, O_CLOEXEC) < 0 || uv_loop_init(&worker->loop) < 0) {
        perror("relay: worker");
        exit(1);
    }
    worker->targets = targets;
    worker->next_target = number;
    worker->inbox_write = fds[1];
    worker->inbox.data = worker;
    uv_pipe_init(&worker->loop, &worker->inbox, 0);
    uv_pipe_open(&worker->inbox, fds[0]);
    uv_read_start((uv_stream_t *)&worker->inbox, on_inbox_alloc, on_inbox);
    if (uv_thread_create(&worker->thread, worker_run, worker) < 0) {
        perror("relay: thread");
        exit(1);
    }
    return worker;
}

static volatile sig_atomic_t stopping;

static void on_signal(int signo)
{
    (void)signo;
    stopping = 1;
}

/* The signals are blocked everywhere but inside ppoll(), so none is missed. */
static void accept_until_signal(int listener, struct worker **workers, unsigned count)
{
    sigset_t none;
    struct pollfd ready = {.fd = listener, .events = POLLIN};

    sigemptyset(&none);
    for (unsigned turn = 0; !stopping;) {
        if (ppoll(&ready, 1, NULL, &none) <= 0) {
            continue;
        }
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            if (write(workers[turn++ % count]->inbox_write, &fd, sizeof fd) != sizeof fd) {
                close(fd);
            }
        } else if (errno == EMFILE || errno == ENFILE) {
            usleep(10000);
        }
    }
}

static bool address_parse(const char *text, struct sockaddr_in *addr)
{
    const char *colon = strrchr(text, ':');
    char host[64];

    if (colon == NULL || (size_t)(colon - text) >= sizeof host) {
        return false;
    }
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    return uv_ip4_addr(host, atoi(colon + 1), addr) == 0;
}

static int listener_open(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 || listen(fd, BACKLOG) < 0) {
        perror("relay: listen");
        exit(1);
    }
    return fd;
}

static void process_prepare(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit files;
    sigset_t stops;

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in listen_on = {0};
    struct targets targets = {0};
    struct worker *workers[MAX_THREADS];
    unsigned threads = 1;
    bool good = true;
    int opt;

    while ((opt = getopt(argc, argv, "l:t:n:")) != -1) {
        if (opt == 'l') {
            good = good && address_parse(optarg, &listen_on);
        } else if (opt == 't') {
            good = good && targets.count < MAX_TARGETS && address_parse(optarg, &targets.addr[targets.count++]);
        } else if (opt == 'n') {
            threads = (unsigned)atoi(optarg);
        } else {
            good = false;
        }
    }
    if (!good || listen_on.sin_port == 0 || targets.count == 0 || threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: relay -l ADDRESS:PORT -t ADDRESS:PORT [-t …] [-n threads]\n");
        return 2;
    }
    process_prepare();
    int listener = listener_open(&listen_on);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = worker_start(&targets, i);
    }
    accept_until_signal(listener, workers, threads);
    close(listener);
    for (unsigned i = 0; i < threads; i++) {
        close(workers[i]->inbox_write);
        uv_thread_join(&workers[i]->thread);
        free(workers[i]);
    }
    return 0;
}
