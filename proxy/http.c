/* libmicrohttpd serves sockets that we bind ourselves, so that addresses mean the same here as on the other ports. A
 * request is answered in one go from a buffer; its headers are bounded by the library's memory limit, a body is not
 * read, and a client that is slow is dropped by the timeout.
 */
#include "proxy/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAGE_MAX = 64 << 20, CONNECTIONS = 64, TIMEOUT = 10, REQUEST_MEMORY = 16 << 10, BACKLOG = 64 };

struct http {
    struct http_source source;
    struct MHD_Daemon **daemons;
    char **paths; /* Unix sockets to remove at the end */
    size_t n;
};

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, struct buf *body)
{
    if (body->bad) {
        buf_truncate(body, 0);
        status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(
        buf_len(body), buf_len(body) > 0 ? (void *)buf_ptr(body) : (void *)"", MHD_RESPMEM_MUST_COPY);
    buf_deinit(body);
    if (r == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    enum MHD_Result result = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
    struct buf body;
    buf_init(&body, PAGE_MAX);
    buf_append(&body, text, strlen(text));
    buf_append(&body, "\n", 1);
    return answer(connection, status, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result answer_metrics(struct http *h, struct MHD_Connection *connection)
{
    struct buf body;
    buf_init(&body, PAGE_MAX);
    h->source.metrics(h->source.arg, &body);
    return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static enum MHD_Result answer_ready(struct http *h, struct MHD_Connection *connection)
{
    char why[512] = "not ready";
    bool ready = h->source.ready(h->source.arg, why, sizeof why);
    return answer_text(connection, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, ready ? "ready" : why);
}

static enum MHD_Result answer_page(struct http *h, struct MHD_Connection *connection)
{
    static const char head[] =
        "<!doctype html><html lang=en><meta charset=utf-8><title>Shardwire</title>\n"
        "<style>body{font:15px sans-serif;margin:2em}td,th{text-align:left;padding:.1em 1em .1em 0}</style>\n"
        "<h1>Shardwire</h1>\n"
        "<p><a href=metrics>metrics</a> <a href=healthz>healthz</a> <a href=readyz>readyz</a></p>\n";
    struct buf body;
    buf_init(&body, PAGE_MAX);
    buf_append(&body, head, sizeof head - 1);
    if (h->source.page != NULL) {
        h->source.page(h->source.arg, &body);
    }
    return answer(connection, MHD_HTTP_OK, "text/html; charset=utf-8", &body);
}

static enum MHD_Result dispatch(struct http *h, struct MHD_Connection *connection, const char *url)
{
    if (strcmp(url, "/metrics") == 0) {
        return answer_metrics(h, connection);
    }
    if (strcmp(url, "/healthz") == 0) {
        return answer_text(connection, MHD_HTTP_OK, "ok");
    }
    if (strcmp(url, "/readyz") == 0) {
        return answer_ready(h, connection);
    }
    if (strcmp(url, "/") == 0) {
        return answer_page(h, connection);
    }
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "not found: try /metrics, /healthz, /readyz or /");
}

/* The library calls once for the headers, then for the body's parts, then for the answer. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
    static char seen;
    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD are all there is");
    }
    return dispatch(arg, connection, url);
}

/* ---- sockets ---- */

static int listen_on(int fd, const struct sockaddr *address, socklen_t size)
{
    int one = 1;
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(probe, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED) {
        unlink(path); /* left behind by one that died */
    }
    close(probe);
    return listen_on(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&address, sizeof address);
}

static int listen_tcp(const struct conf_address *a, char *error, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    char port[8];
    snprintf(port, sizeof port, "%u", a->port);
    int failed = getaddrinfo(a->host, port, &hints, &found);
    if (failed != 0) {
        snprintf(error, size, "http %s:%u: %s", a->host, a->port, gai_strerror(failed));
        return -1;
    }
    int fd = listen_on(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), found->ai_addr, found->ai_addrlen);
    if (fd < 0) {
        snprintf(error, size, "http %s:%u: %s", a->host, a->port, strerror(errno));
    }
    freeaddrinfo(found);
    return fd;
}

static int listen_at(const struct conf_address *a, char *error, size_t size)
{
    if (a->path == NULL) {
        return listen_tcp(a, error, size);
    }
    int fd = listen_unix(a->path);
    if (fd < 0) {
        snprintf(error, size, "http unix:%s: %s", a->path, strerror(errno));
    }
    return fd;
}

/* ---- start and stop ---- */

static void on_library_log(void *arg, const char *format, va_list args)
{
    (void)arg;
    (void)format;
    (void)args; /* what clients do wrong is no event of ours */
}

static struct MHD_Daemon *serve(struct http *h, int fd)
{
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request,
                         h, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
                         MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)TIMEOUT, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d;
}

static bool add(struct http *h, const struct conf_address *a, char *error, size_t size)
{
    int fd = listen_at(a, error, size);
    if (fd < 0) {
        return false;
    }
    struct MHD_Daemon *d = serve(h, fd);
    if (d == NULL) {
        snprintf(error, size, "http: no thread could be started");
        close(fd);
        return false;
    }
    h->paths[h->n] = a->path != NULL ? strdup(a->path) : NULL;
    h->daemons[h->n++] = d;
    return true;
}

struct http *http_start(const struct conf_addresses *addresses, const struct http_source *source, char *error,
                        size_t size)
{
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL || (h->daemons = calloc(addresses->n + 1, sizeof *h->daemons)) == NULL ||
        (h->paths = calloc(addresses->n + 1, sizeof *h->paths)) == NULL) {
        abort();
    }
    h->source = *source;
    for (size_t i = 0; i < addresses->n; i++) {
        if (!add(h, &addresses->at[i], error, size)) {
            http_stop(h);
            return NULL;
        }
    }
    return h;
}

void http_stop(struct http *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->n; i++) {
        MHD_stop_daemon(h->daemons[i]);
        if (h->paths[i] != NULL) {
            unlink(h->paths[i]);
        }
        free(h->paths[i]);
    }
    free(h->daemons);
    free(h->paths);
    free(h);
}
