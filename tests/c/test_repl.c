/* The prompt on a terminal: forkpty, keys in, screen out. Each expectation waits (at most 20 s) for a text to appear after the
 * previous one; there is no timing. The program is build/galua beside this test's folder. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "galua/base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct session {
    int fd;
    pid_t pid;
    char seen[1 << 16]; /* everything printed so far */
    size_t n, at;       /* expectations look from `at` */
} session;

static char home[] = "/tmp/galua-repl-XXXXXX";

static session *start(void)
{
    char exe[PATH_MAX], dir[PATH_MAX / 2];
    assert_int_equal(gal_exe_dir(dir, sizeof dir), GAL_OK);
    snprintf(exe, sizeof exe, "%s/../galua", dir);
    session *s = calloc(1, sizeof *s);
    struct winsize ws = {.ws_row = 30, .ws_col = 100};
    s->pid = forkpty(&s->fd, NULL, NULL, &ws);
    if (s->pid < 0) {
        printf("skipped: no pseudo terminal to be had here\n");
        free(s);
        skip();
        return NULL;
    }
    if (s->pid == 0) {
        setenv("HOME", home, 1);
        setenv("XDG_STATE_HOME", home, 1);
        setenv("XDG_CONFIG_HOME", home, 1);
        setenv("TERM", "dumb", 1);
        setenv("INPUTRC", "/dev/null", 1);
        execl(exe, exe, "--threads", "2", (char *)NULL);
        _exit(127);
    }
    return s;
}

/* Read what is there within `ms`; false at the end of output */
static bool pump(session *s, int ms)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0)
        return true;
    ssize_t k = read(s->fd, s->seen + s->n, sizeof s->seen - 1 - s->n);
    if (k <= 0)
        return false;
    s->n += (size_t)k;
    s->seen[s->n] = '\0';
    return true;
}

static void expect(session *s, const char *text)
{
    double end = gal_clock() + 20;
    for (;;) {
        char *hit = strstr(s->seen + s->at, text);
        if (hit) {
            s->at = (size_t)(hit - s->seen) + strlen(text);
            return;
        }
        if (gal_clock() > end || !pump(s, 200)) {
            print_error("waited for \"%s\" in:\n%s\n", text, s->seen + s->at);
            kill(s->pid, SIGKILL);
            fail();
        }
    }
}

static void type(session *s, const char *keys)
{
    assert_int_equal(write(s->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Type a line and expect the text that it prints on a line of its own. Keys are typed only after a prompt: before it the
 * terminal is not in the editor's mode. */
static void say(session *s, const char *line, const char *printed)
{
    char want[256];
    type(s, line);
    type(s, "\n");
    snprintf(want, sizeof want, "\r\n%s\r\n", printed);
    expect(s, want);
    expect(s, "> ");
}

static void finish(session *s, const char *keys)
{
    int status = -1;
    double end = gal_clock() + 20;
    type(s, keys);
    while (gal_clock() < end && pump(s, 100))
        ;
    if (waitpid(s->pid, &status, WNOHANG) == 0 && gal_clock() >= end)
        kill(s->pid, SIGKILL);
    if (status == -1)
        assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(s->fd);
    free(s);
}

static session *at_prompt(void)
{
    session *s = start();
    expect(s, "help() for help\r\n");
    expect(s, "> ");
    return s;
}

static void test_banner(void **state)
{
    (void)state;
    session *s = start();
    expect(s, "Galua " GAL_VERSION "  LuaJIT 2.1  2 threads");
    expect(s, "> ");
    finish(s, "\004"); /* Ctrl-D */
    s = at_prompt();
    finish(s, ":quit\n");
}

static void test_values(void **state)
{
    (void)state;
    session *s = at_prompt();
    say(s, "6 * 7", "42");
    say(s, "_ + 1", "43");
    say(s, "linspace(0, 1, 3)", "vec(3)  {0, 0.5, 1}");
    type(s, "x = 5;\n");
    expect(s, "> ");
    say(s, "x", "5");
    say(s, "vec{1}[2]", "vec: index 2 outside 1 .. 1");
    say(s, "undefned_name", "undefined name 'undefned_name'");
    finish(s, "\004");
}

static void test_blocks(void **state)
{
    (void)state;
    session *s = at_prompt();
    type(s, "for i = 1, 2 do\n");
    expect(s, ">> ");
    type(s, "print('row', i)\n");
    expect(s, ">> ");
    type(s, "end\n");
    expect(s, "\r\nrow\t1\r\nrow\t2\r\n");
    expect(s, "> ");
    /* Ctrl-C drops an unfinished block */
    type(s, "function broken(\n");
    expect(s, ">> ");
    type(s, "\003");
    expect(s, "> ");
    say(s, "1 + 2", "3");
    finish(s, "\004");
}

static void test_completion(void **state)
{
    (void)state;
    session *s = at_prompt();
    type(s, "linsp\t");
    expect(s, "linspace");
    type(s, "(0, 4, 2)[2]\n");
    expect(s, "\r\n4\r\n");
    expect(s, "> ");
    type(s, "v = vec{1, 2}\n");
    expect(s, "> ");
    type(s, "v:cum\t");
    expect(s, "v:cumsum");
    type(s, "()\n");
    expect(s, "\r\nvec(2)  {1, 3}\r\n");
    expect(s, "> ");
    type(s, "sfh.insitu{ ps\t"); /* option names inside braces */
    expect(s, "psi_max = ");
    type(s, "80 }.psi_max\n");
    expect(s, "\r\n80\r\n");
    expect(s, "> ");
    type(s, "sfh.insitu{ \t"); /* several: all are shown, by their last part */
    expect(s, "psi_max = ");
    expect(s, "> sfh.insitu{ ");
    type(s, "}.tau_star\n");
    expect(s, "\r\n3e+08\r\n");
    expect(s, "> ");
    type(s, "#'lua/galua/ini\t"); /* paths inside quotes */
    expect(s, "lua/galua/init.lua");
    type(s, "'\n");
    expect(s, "\r\n18\r\n");
    expect(s, "> ");
    finish(s, "\004");
}

static void test_history(void **state)
{
    (void)state;
    session *s = at_prompt();
    say(s, "111 + 1", "112");
    type(s, "do\n");
    expect(s, ">> ");
    type(s, "print(7,\n");
    expect(s, ">> ");
    type(s, "8) end\n");
    expect(s, "\r\n7\t8\r\n");
    expect(s, "> ");
    type(s, "\020\n"); /* Ctrl-P: the block as one entry */
    expect(s, "\r\n7\t8\r\n");
    expect(s, "> ");
    finish(s, "\004");
    s = at_prompt(); /* and in the next session */
    type(s, "\020\n");
    expect(s, "\r\n7\t8\r\n");
    expect(s, "> ");
    type(s, "\020\020\n");
    expect(s, "\r\n112\r\n");
    expect(s, "> ");
    finish(s, "\004");
}

static void test_clear_line(void **state)
{
    (void)state;
    session *s = at_prompt();
    type(s, "error('this must not run'");
    expect(s, "run'");
    type(s, "\003");
    expect(s, "> ");
    say(s, "2 + 2", "4");
    finish(s, "\004");
}

/* Loops of every kind stop, pcall in user code does not swallow the interrupt, and the state stays usable */
static void test_interrupt(void **state)
{
    (void)state;
    static const char *const loops[] = {
        "io.write('go\\n') while true do end",
        "local a = vec(1000) io.write('go\\n') while true do for i = 1, #a do a[i] = math.exp(-i) end end",
        "io.write('go\\n') while true do pcall(function() while true do end end) end",
        "local t = {} io.write('go\\n') while true do t[#t % 100 + 1] = tostring(#t) .. 'x' end",
        "local c = coroutine.wrap(function() while true do coroutine.yield(1) end end) io.write('go\\n') while true do "
        "c() end",
        "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end io.write('go\\n') while true do f(50) "
        "end",
        "io.write('go\\n') while true do vec(1e5):sum() end",
    };
    session *s = at_prompt();
    for (int round = 0; round < 6; round++)
        for (size_t k = 0; k < sizeof loops / sizeof *loops; k++) {
            char line[256];
            snprintf(line, sizeof line, "do %s end\n", loops[k]);
            type(s, line);
            expect(s, "\r\ngo\r\n");
            usleep((useconds_t)(1000 * (1 + 7 * round))); /* interrupt interpreted, recorded and compiled code */
            type(s, "\003");
            expect(s, "interrupted\r\n");
            expect(s, "> ");
            s->n = s->at = 0; /* start a new page */
            s->seen[0] = '\0';
        }
    say(s, "vec{1, 2}:sum() + 4", "7");
    finish(s, "\004");
}

/* One request to the page of an explorer; the first bytes of the answer */
static void ask(int port, const char *token, const char *what, char *answer, size_t n)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char text[400];
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    const char *body = strncmp(what, "POST", 4) == 0 ? "{\"values\":{\"age\":7e9}}" : "";
    int len = snprintf(text, sizeof text, "%.*s/%s/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n\r\n%s",
                       (int)(strchr(what, ' ') - what) + 1, what, token, strchr(what, ' ') + 1, port, (int)strlen(body),
                       body);
    assert_int_equal(write(fd, text, (size_t)len), len);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 20000), 1);
    ssize_t got = read(fd, answer, n - 1);
    assert_true(got > 0);
    answer[got] = '\0';
    close(fd);
}

/* A page is answered while the prompt waits, also in the middle of a line; what it tells stands above the line; Ctrl-C is the line's */
static void test_beside(void **state)
{
    (void)state;
    int port = 0;
    char token[40] = "", answer[4000];
    session *s = at_prompt();
    type(s, "g = galaxy{ ssp = ssp.synthetic(), redshift = 0.1 } e = explore(g)\n");
    expect(s, "explore: open http://127.0.0.1:");
    expect(s, "ends it");
    expect(s, "> ");
    assert_int_equal(sscanf(strstr(s->seen, "127.0.0.1:") + 10, "%d/%32[0-9a-f]/", &port, token), 2);
    ask(port, token, "GET ", answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK"));
    type(s, "g.age / 1e9 + ");
    ask(port, token, "POST take", answer, sizeof answer);
    assert_non_null(strstr(answer, "taken"));
    expect(s, "taken from the page: galaxy   z = 0.1   age = 7e+09 yr");
    say(s, "1", "8");
    ask(port, "00000000000000000000000000000000", "GET ", answer, sizeof answer);
    assert_non_null(strstr(answer, "HTTP/1.1 403"));
    type(s, "never\003");
    expect(s, "> ");
    ask(port, token, "GET status", answer, sizeof answer);
    assert_non_null(strstr(answer, "\"running\":false"));
    say(s, "e:close() print(tostring(e))", "explorer   closed");
    finish(s, "\004");
}

static int make_home(void **state)
{
    (void)state;
    return mkdtemp(home) ? 0 : -1;
}

static int drop_home(void **state)
{
    (void)state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/galua/history", home);
    unlink(path);
    snprintf(path, sizeof path, "%s/galua", home);
    rmdir(path);
    return rmdir(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_banner),     cmocka_unit_test(test_values),  cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_completion), cmocka_unit_test(test_history), cmocka_unit_test(test_clear_line),
        cmocka_unit_test(test_interrupt),  cmocka_unit_test(test_beside),
    };
    return cmocka_run_group_tests(tests, make_home, drop_home);
}
