/* test_serve.c - the server of pages: what is let in, what is refused and how, limits, turns, and that it survives whatever comes. Server and
 * clients live in this one thread: a client connects and writes without waiting, then the server takes its turns. */
#define _GNU_SOURCE
#include "galua/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gal_serve *server;
static char token[64], host[64];

static void open_server(gal_serve_opts o)
{
    assert_int_equal(gal_serve_create(&server, &o), GAL_OK);
    snprintf(host, sizeof host, "127.0.0.1:%d", gal_serve_port(server));
    assert_int_equal(sscanf(gal_serve_address(server) + strlen("http://") + strlen(host), "/%63[0-9a-f]/", token), 1);
    assert_int_equal(strlen(token), 32);
}

static int teardown(void **state)
{
    (void)state;
    gal_serve_free(server);
    server = NULL;
    gal_interrupt_set(0);
    return 0;
}

static int dial(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)gal_serve_port(server))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void put(int fd, const char *text, size_t n)
{
    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Turns of the server: each request is answered by its method, path and body. Returns how many there were. */
static int turns(void)
{
    const gal_serve_request *r;
    int n = 0;
    for (int i = 0; i < 4; i++) { /* accept, read, write, close */
        assert_int_equal(gal_serve_next(server, 0, &r), GAL_OK);
        if (!r)
            continue;
        char text[256];
        int len = snprintf(text, sizeof text, "%s [%s] %.*s", r->method, r->path, (int)r->nbody, r->body);
        size_t used = len < (int)sizeof text ? (size_t)len : sizeof text - 1;
        assert_int_equal(gal_serve_reply(server, 200, "text/plain", text, used), GAL_OK);
        n++;
        i = 0;
    }
    return n;
}

/* What came back until now; "" when nothing did. *closed: the server has ended the connection. */
static const char *got(int fd, bool *closed)
{
    static char text[200000];
    size_t have = 0;
    *closed = false;
    while (have < sizeof text - 1) {
        ssize_t n = recv(fd, text + have, sizeof text - 1 - have, 0);
        if (n > 0)
            have += (size_t)n;
        else {
            *closed = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
            break;
        }
    }
    text[have] = '\0';
    return text;
}

static int status_of(const char *answer)
{
    int status = 0;
    sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

/* One request on a connection of its own: the status of the answer. */
static int ask(const char *format, ...)
{
    char text[4096];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    bool closed;
    int fd = dial();
    put(fd, text, (size_t)n);
    turns();
    int status = status_of(got(fd, &closed));
    close(fd);
    turns();
    return status;
}

static void test_lets_in(void **state)
{
    (void)state;
    bool closed;
    open_server(gal_serve_defaults());
    int fd = dial();
    char text[500];
    int n = snprintf(text, sizeof text,
                     "POST /%s/eval?x=1 HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\nContent-Length: 5\r\n\r\nhello",
                     token, host, host);
    put(fd, text, (size_t)n);
    assert_int_equal(turns(), 1);
    const char *a = got(fd, &closed);
    assert_int_equal(status_of(a), 200);
    assert_false(closed); /* kept */
    assert_non_null(strstr(a, "\r\n\r\nPOST [eval] hello"));
    assert_non_null(strstr(a, "Content-Security-Policy: default-src 'none'; script-src 'self'"));
    assert_non_null(strstr(a, "X-Content-Type-Options: nosniff"));
    assert_non_null(strstr(a, "Referrer-Policy: no-referrer"));
    assert_non_null(strstr(a, "Content-Length: 17\r\n"));
    /* three at once on the same connection, the last without keep-alive: in order, then closed */
    char all[1500];
    n = snprintf(
        all, sizeof all,
        "GET /%s/a HTTP/1.1\r\nHost: %s\r\n\r\nPOST /%s/b HTTP/1.1\r\nhOST:%s \r\ncontent-length: 2\r\n\r\n\r\n"
        "GET /%s/c HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n",
        token, host, token, host, token, gal_serve_port(server));
    put(fd, all, (size_t)n);
    assert_int_equal(turns(), 3);
    a = got(fd, &closed);
    const char *b = strstr(a, "GET [a]"), *c = b ? strstr(b, "POST [b] \r\n") : NULL,
               *d = c ? strstr(c, "GET [c]") : NULL;
    assert_non_null(d);
    assert_true(closed);
    close(fd);
    turns();
    assert_int_equal(gal_serve_connections(server), 0);
    /* byte by byte */
    fd = dial();
    for (int i = 0; text[i]; i++) {
        put(fd, text + i, 1);
        turns();
    }
    assert_int_equal(status_of(got(fd, &closed)), 200);
    close(fd);
}

static void test_keeps_out(void **state)
{
    (void)state;
    open_server(gal_serve_defaults());
    assert_int_equal(ask("GET /%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 200);
    assert_int_equal(ask("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host), 403); /* no token */
    assert_int_equal(ask("GET /%s HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 403);
    assert_int_equal(ask("GET /%.31s0/ HTTP/1.1\r\nHost: %s\r\n\r\n", token, host),
                     strcmp(token + 31, "0") ? 403 : 200);
    assert_int_equal(ask("GET /x/%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 403);
    /* foreign pages, and names made to point here */
    assert_int_equal(
        ask("POST /%s/eval HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n", token,
            host),
        403);
    assert_int_equal(
        ask("POST /%s/eval HTTP/1.1\r\nHost: %s\r\nOrigin: null\r\nContent-Length: 0\r\n\r\n", token, host), 403);
    assert_int_equal(
        ask("POST /%s/eval HTTP/1.1\r\nHost: %s\r\nOrigin: https://%s\r\nContent-Length: 0\r\n\r\n", token, host, host),
        403);
    assert_int_equal(
        ask("POST /%s/eval HTTP/1.1\r\nHost: %s\r\nOrigin: http://127.0.0.1:%d\r\nContent-Length: 0\r\n\r\n", token,
            host, gal_serve_port(server) ^ 1),
        403);
    assert_int_equal(ask("GET /%s/ HTTP/1.1\r\nHost: evil.example:%d\r\n\r\n", token, gal_serve_port(server)), 403);
    assert_int_equal(ask("GET /%s/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", token), 403);
    assert_int_equal(ask("GET /%s/ HTTP/1.0\r\n\r\n", token), 403);
    /* it is refused before its body comes */
    assert_int_equal(ask("POST /wrong/eval HTTP/1.1\r\nHost: %s\r\nContent-Length: 60000\r\n\r\n", host), 403);
}

static void test_refuses(void **state)
{
    (void)state;
    open_server(gal_serve_defaults());
    assert_int_equal(ask("PUT /%s/x HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 405);
    assert_int_equal(ask("POST /%s/x HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 411);
    assert_int_equal(ask("POST /%s/x HTTP/1.1\r\nHost: %s\r\nContent-Length: 65537\r\n\r\n", token, host), 413);
    assert_int_equal(
        ask("POST /%s/x HTTP/1.1\r\nHost: %s\r\nContent-Length: 9999999999999999999999\r\n\r\n", token, host), 413);
    assert_int_equal(ask("POST /%s/x HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", token, host),
                     501);
    assert_int_equal(ask("GET /%s/ HTTP/2.0\r\nHost: %s\r\n\r\n", token, host), 505);
    static const char *const bad[] = {"\r\n\r\n",
                                      "GET\r\n\r\n",
                                      "GET / \r\n\r\n",
                                      "GET  / HTTP/1.1\r\n\r\n",
                                      "G@T / HTTP/1.1\r\n\r\n",
                                      "GET / HTTP/1.1 x\r\n\r\n",
                                      "GET http://x/ HTTP/1.1\r\n\r\n",
                                      "GET / HTTP/1.1\r\n\r\n" /* no Host */,
                                      "GET / HTTP/1.1\r\nHost\r\n\r\n",
                                      "GET / HTTP/1.1\r\n: x\r\n\r\n",
                                      "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                                      "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
                                      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                                      "GET / HTTP/1.1\r\nOrigin: x\r\nOrigin: y\r\n\r\n",
                                      "GET / HTTP/1.1\r\nHost: \x01\r\n\r\n",
                                      "GET / HTTP/1.1\nHost: x\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n",
                                      "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                      "FTP\r\n\r\n",
                                      "\x16\x03\x01\x02\r\n\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = ask("%s", bad[i]);
        if (status != 400)
            print_error("%s\n", bad[i]);
        assert_int_equal(status, 400);
    }
    char zero[] = "GET /x HTTP/1.1\r\nHost: \0\r\n\r\n";
    bool closed;
    int fd = dial();
    put(fd, zero, sizeof zero - 1);
    assert_int_equal(turns(), 0);
    assert_int_equal(status_of(got(fd, &closed)), 400);
    close(fd);
    /* a head without end */
    fd = dial();
    char *many = malloc(20000);
    memset(many, 'a', 20000);
    ssize_t sent = send(fd, many, 20000, MSG_NOSIGNAL);
    assert_true(sent > 8192);
    turns();
    assert_int_equal(status_of(got(fd, &closed)), 431);
    free(many);
    close(fd);
    turns();
    turns();
    assert_int_equal(gal_serve_connections(server), 0);
}

static void test_limits_time_and_number(void **state)
{
    (void)state;
    gal_serve_opts o = gal_serve_defaults();
    const gal_serve_request *r;
    bool closed;
    o.request_s = 0.05;
    o.idle_s = 0.2;
    o.clients = 3;
    open_server(o);
    /* a request that does not end, and one that never begins */
    int slow = dial(), silent = dial();
    put(slow, "GET /", 5);
    assert_int_equal(gal_serve_next(server, 0.4, &r), GAL_OK);
    assert_null(r);
    assert_int_equal(status_of(got(slow, &closed)), 408);
    assert_string_equal(got(silent, &closed), "");
    assert_true(closed);
    close(slow);
    close(silent);
    assert_int_equal(gal_serve_next(server, 0, &r), GAL_OK);
    assert_int_equal(gal_serve_next(server, 0, &r), GAL_OK);
    assert_int_equal(gal_serve_connections(server), 0);
    /* a fourth takes the place of the one idle longest; of four at work the fourth is told so */
    teardown(NULL);
    o.request_s = 10;
    open_server(o);
    int fd[4];
    for (int i = 0; i < 3; i++) {
        fd[i] = dial();
        turns();
    }
    assert_int_equal(gal_serve_connections(server), 3);
    fd[3] = dial();
    turns();
    assert_int_equal(gal_serve_connections(server), 3);
    got(fd[0], &closed);
    assert_true(closed);
    for (int i = 1; i < 4; i++)
        put(fd[i], "GET /", 5);
    turns();
    int fifth = dial();
    turns();
    assert_int_equal(status_of(got(fifth, &closed)), 503);
    assert_true(closed);
    close(fifth);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    o.clients = 0;
    gal_serve *none = NULL;
    assert_int_equal(gal_serve_create(&none, &o), GAL_EINVAL);
    o.clients = 1;
    o.port = gal_serve_port(server);
    assert_int_equal(gal_serve_create(&none, &o), GAL_EIO);
    assert_non_null(strstr(gal_error_message(), "port 0 takes any that is free"));
    assert_null(none);
}

/* Clients that ask at once are answered in turns, and a large answer waits for who reads it slowly. */
static void test_turns(void **state)
{
    (void)state;
    const gal_serve_request *r;
    bool closed;
    open_server(gal_serve_defaults());
    enum { N = 8 };
    int fd[N], order[N] = {0};
    char text[300];
    for (int i = 0; i < N; i++) {
        fd[i] = dial();
        for (int k = 0; k < 2; k++) {
            int n = snprintf(text, sizeof text, "GET /%s/%d HTTP/1.1\r\nHost: %s\r\n\r\n", token, i, host);
            put(fd[i], text, (size_t)n);
        }
    }
    for (int k = 0; k < 2 * N; k++) { /* each once before any twice */
        do
            assert_int_equal(gal_serve_next(server, 1, &r), GAL_OK);
        while (!r);
        int i = atoi(r->path);
        assert_int_equal(order[i], k / N);
        order[i]++;
        assert_int_equal(gal_serve_reply(server, 200, "text/plain", "x", 1), GAL_OK);
    }
    for (int i = 0; i < N; i++)
        close(fd[i]);
    turns();
    int one = dial();
    int n = snprintf(text, sizeof text, "GET /%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", token, host);
    put(one, text, (size_t)n);
    do
        assert_int_equal(gal_serve_next(server, 1, &r), GAL_OK);
    while (!r);
    size_t big = 20000000, have = 0;
    char *body = malloc(big);
    memset(body, 'y', big);
    assert_int_equal(gal_serve_reply(server, 200, "text/plain", body, big), GAL_OK);
    free(body);
    for (int i = 0; i < 100000 && have < big; i++) {
        have += strlen(got(one, &closed));
        assert_false(closed);
        gal_serve_next(server, 0, &r);
    }
    assert_true(have > big && have < big + 2000);
    close(one);
    /* nobody to answer; an answer that is no answer */
    assert_int_equal(gal_serve_reply(server, 200, "text/plain", "x", 1), GAL_EINVAL);
    one = dial();
    put(one, text, (size_t)n);
    do
        assert_int_equal(gal_serve_next(server, 1, &r), GAL_OK);
    while (!r);
    assert_int_equal(gal_serve_reply(server, 200, "text/plain\r\nX: y", "x", 1), GAL_EINVAL);
    turns();
    assert_int_equal(status_of(got(one, &closed)), 500);
    close(one);
    one = dial(); /* taken and forgotten: the next call says so to the client */
    put(one, text, (size_t)n);
    do
        assert_int_equal(gal_serve_next(server, 1, &r), GAL_OK);
    while (!r);
    turns();
    assert_int_equal(status_of(got(one, &closed)), 500);
    close(one);
}

static void test_interrupt(void **state)
{
    (void)state;
    const gal_serve_request *r;
    open_server(gal_serve_defaults());
    gal_interrupt_set(1);
    assert_int_equal(gal_serve_next(server, -1, &r), GAL_EINTR);
    assert_null(r);
    gal_interrupt_set(0);
    assert_int_equal(gal_serve_next(server, 0.01, &r), GAL_OK);
}

/* Anything may come: the server lives, gives nothing away, and leaves neither connections nor memory behind. */
static void test_survives(void **state)
{
    (void)state;
    size_t before = gal_mem_live();
    gal_serve_opts o = gal_serve_defaults();
    o.clients = 8;
    o.body = 512;
    open_server(o);
    uint64_t x = 88172645463325252ULL;
    static const char *const piece[] = {"GET ",
                                        "POST ",
                                        "/",
                                        " HTTP/1.1\r\n",
                                        "Host: ",
                                        "\r\n",
                                        "\r\n\r\n",
                                        "Content-Length: ",
                                        "7",
                                        "Origin: ",
                                        "999999",
                                        "\n",
                                        "\r",
                                        " ",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Connection: close\r\n",
                                        ":",
                                        "?a=b",
                                        "%00"};
    enum { PIECES = sizeof piece / sizeof *piece };
    for (int i = 0; i < 3000; i++) {
        char text[2000];
        size_t n = 0;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t y = x;
        for (int k = 0; k < 12 && n < 1500; k++, y = y / 23 + x * 2654435761u) {
            const char *p = y % 23 < PIECES ? piece[y % 23] : y % 23 == 19 ? token : y % 23 == 20 ? host : NULL;
            if (p)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s", p);
            else
                text[n++] = (char)(y >> 8);
        }
        int fd = dial();
        if (n)
            put(fd, text, n);
        int answered = turns();
        bool closed;
        const char *a = got(fd, &closed);
        assert_true(*a == '\0' || strncmp(a, "HTTP/1.1 ", 9) == 0);
        assert_true(answered > 0 || status_of(a) != 200);
        close(fd);
        turns();
    }
    assert_int_equal(ask("GET /%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", token, host), 200);
    turns();
    assert_int_equal(gal_serve_connections(server), 0);
    teardown(NULL);
    assert_int_equal(gal_mem_live(), before);
    for (long k = 0; k < 3; k++) { /* without memory it is not made, and leaves nothing */
        gal_mem_fail_after(k);
        gal_serve *s = NULL;
        gal_status st = gal_serve_create(&s, &o);
        gal_mem_fail_after(-1);
        if (st == GAL_OK)
            gal_serve_free(s);
        else
            assert_int_equal(st, GAL_ENOMEM);
    }
    assert_int_equal(gal_mem_live(), before);
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lets_in, teardown),
        cmocka_unit_test_teardown(test_keeps_out, teardown),
        cmocka_unit_test_teardown(test_refuses, teardown),
        cmocka_unit_test_teardown(test_limits_time_and_number, teardown),
        cmocka_unit_test_teardown(test_turns, teardown),
        cmocka_unit_test_teardown(test_interrupt, teardown),
        cmocka_unit_test_teardown(test_survives, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
