/* A readable listening socket is accepted from until it is empty or a burst is done, so that one port cannot starve the
 * signals. When the process or the machine has no descriptor left, accepting pauses for a moment instead of spinning:
 * the connections wait in the kernel's backlog.
 *
 * A Unix socket left behind by a dead process is replaced, one that somebody answers on is not. A connection is counted
 * (n_clients, the worker's n_sessions) before it is handed over, so that a burst spreads evenly.
 */
#include "proxy/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/log.h"
#include "proxy/proxy.h"
#include "proxy/session.h"
#include "proxy/worker.h"

#define BURST 64
#define PAUSE_MS 100
#define WARN_EVERY_MS 10000

struct listener {
    struct listener *next;
    struct proxy *proxy;
    uv_poll_t poll;
    uv_timer_t pause;
    unsigned open_handles;
    int fd;
    bool is_admin, local;
    uint64_t warned_at;
    char *path; /* Unix socket, and which file it is: */
    dev_t device;
    ino_t inode;
    char name[256]; /* for the log */
};

/* ---- handing over ---- */

struct handover {
    struct message message;
    int fd;
    bool local;
};

static void on_handover(struct worker *w, struct message *m)
{
    struct handover *h = (struct handover *)m;
    if (!w->stopping) {
        session_open(w, h->fd, h->local);
    } else {
        close(h->fd);
        atomic_fetch_sub(&w->n_sessions, 1);
        if (!w->is_admin)
            atomic_fetch_sub(&w->proxy->n_clients, 1);
    }
    free(h);
}

static struct worker *choose(struct proxy *p)
{
    unsigned first = atomic_load(&p->next_session) % p->n_workers, fewest = UINT32_MAX;
    struct worker *best = NULL;
    for (unsigned i = 0; i < p->n_workers && fewest; i++) {
        struct worker *w = p->workers[(first + i) % p->n_workers];
        unsigned n = atomic_load(&w->n_sessions);
        if (n < fewest) {
            fewest = n;
            best = w;
        }
    }
    return best;
}

static void hand_over(struct listener *l, int fd)
{
    struct proxy *p = l->proxy;
    struct worker *w = l->is_admin ? p->admin : choose(p);
    struct handover *h = malloc(sizeof *h);
    if (!h)
        abort();
    h->message.run = on_handover;
    h->fd = fd;
    h->local = l->local;
    atomic_fetch_add(&w->n_sessions, 1);
    if (!l->is_admin)
        atomic_fetch_add(&p->n_clients, 1);
    worker_post(w, &h->message);
}

/* ---- accepting ---- */

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *t)
{
    struct listener *l = t->data;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

static void pause_accepting(struct listener *l, int error)
{
    uint64_t now = uv_now(&l->proxy->loop);
    if (!l->warned_at || now - l->warned_at >= WARN_EVERY_MS) {
        log_warning("accept_failed", "address=%s error=%s", l->name, strerror(error));
        l->warned_at = now;
    }
    uv_poll_stop(&l->poll);
    uv_timer_start(&l->pause, on_pause_over, PAUSE_MS, 0);
}

/* The connection is gone, or its network is: not the listener's trouble (accept(2)). */
static bool is_of_the_peer(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM || error == ENETDOWN ||
           error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
           error == ENETUNREACH || error == ETIMEDOUT;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    (void)events;
    if (status < 0) {
        pause_accepting(l, -status);
        return;
    }
    for (int i = 0; i < BURST; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(l, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (!is_of_the_peer(errno)) {
            pause_accepting(l, errno);
            return;
        }
    }
}

/* ---- opening ---- */

static bool fail(const char *name, const char *why)
{
    log_error("listen_failed", "address=%s error=%s", name, why);
    return false;
}

/* Takes fd over. */
static struct listener *add(struct proxy *p, int fd, bool is_admin, const char *name)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->proxy = p;
    l->fd = fd;
    l->is_admin = is_admin;
    snprintf(l->name, sizeof l->name, "%s", name);
    uv_poll_init(&p->loop, &l->poll, fd);
    uv_timer_init(&p->loop, &l->pause);
    l->poll.data = l->pause.data = l;
    l->open_handles = 2;
    uv_poll_start(&l->poll, UV_READABLE, on_readable);
    l->next = p->listeners;
    p->listeners = l;
    p->n_listeners++;
    log_info("listening", "port=%s address=%s", is_admin ? "admin" : "client", name);
    return l;
}

/* 0, or errno. */
static int open_tcp(struct proxy *p, const struct addrinfo *a, bool is_admin, int backlog, const char *name)
{
    int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, backlog)) {
        int error = errno;
        close(fd);
        return error;
    }
    add(p, fd, is_admin, name);
    return 0;
}

/* A name may have several addresses: all are opened; a family that this machine has not got is passed over. */
static bool open_host(struct proxy *p, const struct conf_address *address, bool is_admin, int backlog)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *list;
    char port[8], name[256];
    bool v6 = strchr(address->host, ':') != NULL;
    snprintf(port, sizeof port, "%u", address->port);
    snprintf(name, sizeof name, v6 ? "[%s]:%u" : "%s:%u", address->host, address->port);
    int err = getaddrinfo(address->host, port, &hints, &list);
    if (err)
        return fail(name, gai_strerror(err));
    unsigned opened = 0;
    int error = 0, why = EADDRNOTAVAIL;
    for (const struct addrinfo *a = list; a && !error; a = a->ai_next) {
        error = open_tcp(p, a, is_admin, backlog, name);
        opened += !error;
        if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT) {
            why = error;
            error = 0;
        }
    }
    freeaddrinfo(list);
    return error || !opened ? fail(name, strerror(error ? error : why)) : true;
}

/* Does somebody answer on this socket? If not, and it is a socket, it is removed. 0, or errno. */
static int clear_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st))
        return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(st.st_mode))
        return EEXIST;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, (const struct sockaddr *)address, sizeof *address) ? errno : 0;
    close(fd);
    if (error != ECONNREFUSED)
        return error == EACCES ? EACCES : EADDRINUSE;
    return unlink(address->sun_path) && errno != ENOENT ? errno : 0;
}

static bool open_path(struct proxy *p, const char *path, bool is_admin, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof address.sun_path)
        return fail(path, "the path is too long for a socket");
    memcpy(address.sun_path, path, strlen(path) + 1);
    int error = clear_stale(&address);
    if (error)
        return fail(path, strerror(error));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(path, strerror(errno));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || lstat(path, &st)) {
        error = errno;
        close(fd);
        return fail(path, strerror(error));
    }
    if (!is_admin)
        chmod(path, 0777); /* any user of the machine may come: who is let in is decided by password */
    if (listen(fd, backlog)) {
        error = errno;
        close(fd);
        unlink(path);
        return fail(path, strerror(error));
    }
    struct listener *l = add(p, fd, is_admin, path);
    l->local = true;
    l->path = strdup(path);
    l->device = st.st_dev;
    l->inode = st.st_ino;
    return true;
}

static bool open_all(struct proxy *p, const struct conf_addresses *list, bool is_admin, int backlog)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct conf_address *a = &list->at[i];
        if (!(a->path ? open_path(p, a->path, is_admin, backlog) : open_host(p, a, is_admin, backlog)))
            return false;
    }
    return true;
}

bool listeners_open(struct proxy *p, const struct conf *c)
{
    int backlog = (int)c->listen.backlog;
    return open_all(p, &c->listen.admin, true, backlog) && open_all(p, &c->listen.client, false, backlog);
}

/* ---- closing ---- */

static void on_closed(uv_handle_t *handle)
{
    struct listener *l = handle->data;
    if (--l->open_handles)
        return;
    free(l->path);
    free(l);
}

static void close_one(struct listener *l)
{
    struct stat st;
    uv_close((uv_handle_t *)&l->poll, on_closed);
    uv_close((uv_handle_t *)&l->pause, on_closed);
    if (l->path && !lstat(l->path, &st) && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
    close(l->fd);
}

void listeners_close(struct proxy *p, bool admin_too)
{
    struct listener **at = &p->listeners;
    while (*at) {
        struct listener *l = *at;
        if (l->is_admin && !admin_too) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        p->n_listeners--;
        close_one(l);
    }
}
