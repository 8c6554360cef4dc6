/* serve.c - sockets, time limits and answers of gal_serve; request.c reads the requests.
 *
 * One poll() over the listening socket and all connections. A connection reads into a buffer of fixed size (head + body at most), waits while
 * the caller has its request, writes the answer, and reads on; what a client sends ahead stays in the buffer. A request is refused by an answer
 * after which the connection is closed. Signals of the program are let in only while poll waits, so that Ctrl-C is never missed. */
#define _GNU_SOURCE
#include "serve/serve_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_S 2.0 /* [s] how long what a refused client still sends is read */

/* ------------------------------------------------------------------ the server */
gal_serve_opts gal_serve_defaults(void)
{
    return (gal_serve_opts){.clients = 32, .head = 8192, .body = 65536, .request_s = 10, .idle_s = 120};
}

static gal_status check(const gal_serve_opts *o)
{
    if (o->port < 0 || o->port > 65535)
        return gal_fail(GAL_EINVAL, "server: port must be in 0 .. 65535, got %d", o->port);
    if (o->clients < 1 || o->clients > 256 || o->head < 256 || o->head > 1 << 20 || o->body > 1 << 26 ||
        !(o->request_s > 0) || !(o->idle_s > 0))
        return gal_fail(
            GAL_EINVAL,
            "server: limits must be clients 1 .. 256, head 256 .. 1048576, body 0 .. 67108864 bytes, times above 0 s");
    return GAL_OK;
}

static gal_status make_token(gal_serve *s)
{
    unsigned char bytes[TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return gal_fail(GAL_EIO, "server: the system gives no random numbers: %s", strerror(errno));
    for (int i = 0; i < TOKEN_BYTES; i++)
        snprintf(s->token + 2 * i, 3, "%02x", bytes[i]);
    return GAL_OK;
}

static gal_status listen_on(gal_serve *s, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof a;
    int yes = 1;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return gal_fail(GAL_EIO, "server: no socket: %s", strerror(errno));
    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s->fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(s->fd, 64) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&a, &n) != 0)
        return gal_fail(GAL_EIO, "server: cannot listen on port %d of 127.0.0.1: %s; port 0 takes any that is free",
                        port, strerror(errno));
    s->port = ntohs(a.sin_port);
    return GAL_OK;
}

gal_status gal_serve_create(gal_serve **out, const gal_serve_opts *o)
{
    gal_status st = check(o);
    gal_serve *s = NULL;
    if (st != GAL_OK)
        return st;
    if (!(s = GAL_NEW(gal_serve)))
        return GAL_ENOMEM;
    s->o = *o;
    s->fd = -1;
    s->room = o->head + o->body;
    if (!(s->c = GAL_NEWN(connection, o->clients)))
        GAL_THROW(GAL_ENOMEM, "server: no memory for %zu connections", o->clients);
    GAL_TRY(make_token(s));
    GAL_TRY(listen_on(s, o->port));
    snprintf(s->address, sizeof s->address, "http://127.0.0.1:%d/%s/", s->port, s->token);
    *out = s;
    s = NULL;
out:
    gal_serve_free(s);
    return st;
}

static void drop(gal_serve *s, size_t i)
{
    connection *c = &s->c[i];
    close(c->fd);
    gal_free(c->in);
    gal_free(c->out);
    if (s->now == c)
        s->now = NULL;
    s->n--;
    if (i < s->n) {
        if (s->now == &s->c[s->n])
            s->now = c;
        *c = s->c[s->n];
    }
}

void gal_serve_free(gal_serve *s)
{
    if (!s)
        return;
    while (s->n > 0)
        drop(s, s->n - 1);
    if (s->fd >= 0)
        close(s->fd);
    gal_free(s->c);
    gal_free(s);
}

int gal_serve_port(const gal_serve *s)
{
    return s->port;
}

const char *gal_serve_address(const gal_serve *s)
{
    return s->address;
}

size_t gal_serve_connections(const gal_serve *s)
{
    return s->n;
}

/* ------------------------------------------------------------------ answers */
/* What a page of ours may do: load from this server alone, be shown in no frame, tell nobody its address. */
static const char HEADERS[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-store\r\n";

static void look(const gal_serve *s, connection *c);

/* Sends what it takes now. False: the client is gone. */
static bool push(const gal_serve *s, connection *c)
{
    while (c->sent < c->nout) {
        ssize_t n = send(c->fd, c->out + c->sent, c->nout - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        c->sent += (size_t)n;
        c->deadline = gal_clock() + s->o.request_s;
    }
    gal_free(c->out);
    c->out = NULL;
    c->nout = c->sent = 0;
    if (!c->keep) {
        shutdown(c->fd, SHUT_WR);
        c->state = LINGER;
        c->deadline = gal_clock() + LINGER_S;
        return true;
    }
    memmove(c->in, c->in + c->taken, c->have - c->taken);
    c->have -= c->taken;
    c->taken = c->nhead = c->nbody = 0;
    c->state = READING;
    c->since = gal_clock();
    c->deadline = c->since + (c->have > 0 ? s->o.request_s : s->o.idle_s);
    look(s, c); /* what came ahead of its turn */
    return true;
}

static gal_status answer(const gal_serve *s, connection *c, int status, const char *type, const void *body, size_t n)
{
    char head[1024];
    int nh = snprintf(head, sizeof head,
                      "HTTP/1.1 %d %s\r\nContent-Type: %.80s\r\nContent-Length: %zu\r\nConnection: %s\r\n%s%s\r\n",
                      status, gal_serve_reason(status), type, n, c->keep ? "keep-alive" : "close", HEADERS,
                      status == 405 ? "Allow: GET, POST\r\n" : "");
    if (nh < 0 || (size_t)nh >= sizeof head || !(c->out = gal_alloc((size_t)nh + n))) {
        c->keep = false;
        c->nout = c->sent = 0;
        c->state = WRITING; /* nothing: closed at the next turn */
        return gal_fail(GAL_ENOMEM, "server: no memory for an answer of %zu bytes", n);
    }
    memcpy(c->out, head, (size_t)nh);
    if (n > 0)
        memcpy(c->out + nh, body, n);
    c->nout = (size_t)nh + n;
    c->sent = 0;
    c->state = WRITING;
    c->deadline = gal_clock() + s->o.request_s;
    return GAL_OK;
}

static void refuse(const gal_serve *s, connection *c, int status)
{
    char text[80];
    int n = snprintf(text, sizeof text, "%d %s\n", status, gal_serve_reason(status));
    c->keep = false;
    answer(s, c, status, "text/plain; charset=utf-8", text, (size_t)n);
}

gal_status gal_serve_reply(gal_serve *s, int status, const char *type, const void *body, size_t n)
{
    connection *c = s->now;
    s->now = NULL;
    if (!c)
        return gal_fail(GAL_EINVAL, "server: there is no request to answer, or its client has gone");
    if (strpbrk(type, "\r\n") || status < 100 || status > 599) {
        refuse(s, c, 500);
        return gal_fail(GAL_EINVAL, "server: an answer needs a status in 100 .. 599 and a type of one line");
    }
    gal_status st = answer(s, c, status, type, body, n);
    if (st == GAL_OK && !push(s, c))
        c->deadline = 0; /* gone: closed at the next turn */
    return st;
}

/* ------------------------------------------------------------------ one turn */
static void look(const gal_serve *s, connection *c)
{
    int status = c->state == READING && c->have > 0 ? gal_serve_parse(s, c) : 0;
    if (status == 200)
        c->state = READY;
    else if (status != 0)
        refuse(s, c, status);
}

/* False: the connection has ended. */
static bool pull(const gal_serve *s, connection *c)
{
    char waste[1024] = {0};
    for (int turns = 0; turns < 64; turns++) {
        bool keep = c->state == READING;
        size_t room = keep ? s->room - c->have : sizeof waste;
        if (room == 0)
            return true;
        ssize_t n = recv(c->fd, keep ? c->in + c->have : waste, room, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0)
            return false;
        if (!keep)
            continue;
        if (c->have == 0)
            c->deadline = gal_clock() + s->o.request_s;
        c->have += (size_t)n;
        look(s, c);
        if (c->state != READING)
            return true;
    }
    return true; /* the others wait, too */
}

/* A place for one more: that of the connection that has been idle longest. False: all are at work. */
static bool make_room(gal_serve *s)
{
    size_t oldest = s->n;
    if (s->n < s->o.clients)
        return true;
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].state == READING && s->c[i].have == 0 && (oldest == s->n || s->c[i].since < s->c[oldest].since))
            oldest = i;
    if (oldest == s->n)
        return false;
    drop(s, oldest);
    return true;
}

static void welcome(gal_serve *s)
{
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    int yes = 1;
    for (;;) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return; /* nobody, or no descriptor is left: they wait */
        char *in = make_room(s) ? gal_alloc(s->room + 1) : NULL;
        if (!in) {
            if (send(fd, full, sizeof full - 1, MSG_NOSIGNAL) < 0)
                gal_error_clear();
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        double now = gal_clock();
        s->c[s->n++] = (connection){.fd = fd, .in = in, .since = now, .deadline = now + s->o.request_s};
    }
}

/* What the time limits say. False: close it. */
static bool in_time(const gal_serve *s, connection *c, double now)
{
    if (c->state == READY || c->state == ASKED || now < c->deadline)
        return true;
    if (c->state == READING && c->have > 0) {
        refuse(s, c, 408);
        return push(s, c);
    }
    return false;
}

static short wishes(const connection *c)
{
    return c->state == READING || c->state == LINGER ? POLLIN : c->state == WRITING ? POLLOUT : 0;
}

static void turn(gal_serve *s, const struct pollfd *p, size_t n)
{
    double now = gal_clock();
    for (size_t i = n; i-- > 0;) { /* backwards: drop moves the last one here */
        connection *c = &s->c[i];
        bool alive = true;
        if (p[i + 1].revents & (POLLERR | POLLNVAL))
            alive = false;
        else if (c->state == WRITING && (p[i + 1].revents & (POLLOUT | POLLHUP) || c->nout == 0))
            alive = push(s, c);
        else if ((c->state == READING || c->state == LINGER) && p[i + 1].revents & (POLLIN | POLLHUP))
            alive = pull(s, c);
        if (alive && c->state == WRITING)
            alive = push(s, c);
        if (!alive || !in_time(s, c, now))
            drop(s, i);
    }
    if (p[0].revents)
        welcome(s);
}

double gal_serve_deadline(const gal_serve *s)
{
    double first = INFINITY, now = gal_clock();
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].state != READY && s->c[i].state != ASKED)
            first = fmin(first, s->c[i].deadline);
    return isfinite(first) ? fmax(first - now, 0) : -1;
}

size_t gal_serve_descriptors(const gal_serve *s, int *fd, bool *writes, size_t most)
{
    size_t n = 0;
    if (n < most) {
        fd[n] = s->fd;
        writes[n++] = false;
    }
    for (size_t i = 0; i < s->n && n < most; i++)
        if (wishes(&s->c[i])) {
            fd[n] = s->c[i].fd;
            writes[n++] = wishes(&s->c[i]) == POLLOUT;
        }
    return n;
}

/* The next connection with a whole request, in turns */
static connection *ready(gal_serve *s)
{
    for (size_t k = 0; k < s->n; k++) {
        size_t i = (s->next + k) % s->n;
        if (s->c[i].state == READY) {
            s->next = i + 1;
            return &s->c[i];
        }
    }
    return NULL;
}

/* Waits at most `seconds`, with SIGINT and its like let in. False: interrupted. */
static bool wait_for(struct pollfd *p, size_t n, double seconds)
{
    sigset_t held, before;
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, &before);
    int k = gal_interrupted() ? -1 : ppoll(p, (nfds_t)n, seconds < 0 ? NULL : &t, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (k < 0)
        for (size_t i = 0; i < n; i++)
            p[i].revents = 0;
    return !gal_interrupted();
}

gal_status gal_serve_next(gal_serve *s, double seconds, const gal_serve_request **out)
{
    struct pollfd p[257]; /* clients are at most 256 */
    double end = gal_clock() + seconds;
    *out = NULL;
    if (s->now) {
        refuse(s, s->now, 500);
        s->now = NULL;
    }
    for (bool again = false;; again = true) {
        s->now = again || seconds != 0 ? ready(s) : NULL; /* seconds = 0: one look at the sockets first */
        if (!s->now && again && seconds >= 0 && gal_clock() >= end)
            return GAL_OK;
        if (s->now) {
            s->now->state = ASKED;
            *out = &s->now->req;
            return GAL_OK;
        }
        double until = gal_serve_deadline(s), left = seconds < 0 ? -1 : fmax(end - gal_clock(), 0);
        p[0] = (struct pollfd){.fd = s->fd, .events = POLLIN};
        size_t n = s->n;
        for (size_t i = 0; i < n;
             i++) /* a connection that waits for the caller is asked nothing: its end is seen when it is written to */
            p[i + 1] = (struct pollfd){.fd = wishes(&s->c[i]) ? s->c[i].fd : -1, .events = wishes(&s->c[i])};
        if (!wait_for(p, n + 1, until < 0 ? left : left < 0 ? until : fmin(left, until)))
            return gal_fail(GAL_EINTR, "server: interrupted");
        turn(s, p, n);
    }
}
