/* Job queues: nothing finished is lost to torn records, full disks, dead or silent workers; foreign queues are refused. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "galua/queue.h"

static char folder[64];
static const gal_hash what = {1, 2};

/* A file system that gives a lock to whoever asks: this program's fcntl stands before the C library's. */
static bool no_locks;
int fcntl(int fd, int what_to_do, ...)
{
    static int (*libc)(int, int, void *);
    va_list a;
    va_start(a, what_to_do);
    void *p = va_arg(a, void *);
    va_end(a);
    if (!libc)
        *(void **)&libc = dlsym(RTLD_NEXT, "fcntl");
    return no_locks && (what_to_do == F_SETLK || what_to_do == F_SETLKW) ? 0 : libc(fd, what_to_do, p);
}

static int fresh(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/galua_queue_%d", (int)getpid());
    assert_int_equal(gal_queue_remove(folder), GAL_OK);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    return gal_queue_remove(folder) == GAL_OK ? 0 : -1;
}

static gal_queue *opened(size_t n, double lease)
{
    gal_queue *q;
    assert_int_equal(gal_queue_open(&q, folder, n, what, &(gal_queue_options){.lease = lease}), GAL_OK);
    return q;
}

typedef struct seen {
    size_t n, failed, job[64];
    char text[64][40];
} seen;

static gal_status look(void *ctx, size_t job, bool failed, const unsigned char *data, size_t n)
{
    seen *s = ctx;
    s->job[s->n] = job;
    s->failed += failed;
    snprintf(s->text[s->n++], sizeof s->text[0], "%.*s", (int)n, (const char *)data);
    return GAL_OK;
}

static void in_order(void **state)
{
    (void)state;
    gal_queue *q = opened(5, 0);
    size_t job, left;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
        assert_int_equal(job, i);
        assert_int_equal(left, 5); /* claimed is not done */
    }
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_true(job == SIZE_MAX && left == 5);
    assert_int_equal(gal_queue_release(q, 3), GAL_OK);
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_int_equal(job, 3);
    assert_int_equal(gal_queue_done(q, 4, "four", 4, false), GAL_OK);
    assert_int_equal(gal_queue_done(q, 1, "one", 3, true), GAL_OK);
    assert_int_equal(gal_queue_done(q, 0, "", 0, false), GAL_OK);
    gal_queue_counts c;
    assert_int_equal(gal_queue_count(q, &c), GAL_OK);
    assert_true(c.done == 3 && c.failed == 1 && c.running == 2);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_true(s.n == 3 && s.failed == 1 && s.job[0] == 0 && s.job[1] == 1 && s.job[2] == 4);
    assert_string_equal(s.text[2], "four");
    gal_queue_close(q);
}

static void foreign(void **state)
{
    (void)state;
    gal_queue *q = opened(5, 0), *other;
    assert_int_equal(gal_queue_open(&other, folder, 6, what, NULL), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "5 jobs there, 6 here"));
    assert_int_equal(gal_queue_open(&other, folder, 5, (gal_hash){1, 3}, NULL), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "belongs to another run: content"));
    assert_int_equal(gal_queue_open(&other, folder, 5, what, NULL), GAL_OK);
    bool a, b;
    assert_int_equal(gal_queue_lead(q, &a), GAL_OK);
    pid_t pid = fork();
    if (pid == 0) { /* locks are between processes */
        bool c = true;
        _exit(gal_queue_forked(other, 0, 1) == GAL_OK && gal_queue_lead(other, &c) == GAL_OK && !c ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    b = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    assert_true(a && b);
    gal_queue_close(other);
    gal_queue_close(q);
}

/* The only log of the folder. */
static void log_path(char *path, size_t n)
{
    char command[200];
    snprintf(command, sizeof command, "ls %s/*.log", folder);
    FILE *p = popen(command, "r");
    assert_non_null(fgets(path, (int)n, p));
    pclose(p);
    path[strcspn(path, "\n")] = '\0';
}

/* A log cut at any byte gives every record before the cut, and the rest is done again. */
static void torn(void **state)
{
    (void)state;
    gal_queue *q = opened(3, 0);
    size_t job, left;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
        assert_int_equal(gal_queue_done(q, job, "0123456789", 10, false), GAL_OK);
    }
    gal_queue_close(q);
    char path[300], *text;
    size_t n;
    log_path(path, sizeof path);
    assert_int_equal(gal_read_file(path, &text, &n), GAL_OK);
    assert_int_equal(n % 3, 0);
    for (size_t cut = 0; cut <= n; cut++) {
        char claims[300];
        assert_int_equal(gal_write_file(path, text, cut), GAL_OK);
        snprintf(claims, sizeof claims, "%s/claims", folder);
        unlink(claims); /* as after a crash that lost it */
        q = opened(3, 0);
        seen s = {0};
        gal_queue_counts c;
        assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
        assert_int_equal(s.n, cut / (n / 3));
        assert_int_equal(gal_queue_count(q, &c), GAL_OK);
        assert_int_equal(c.done, s.n);
        gal_queue_close(q);
    }
    text[n / 3 + 40] ^= 1; /* damage inside the second record */
    assert_int_equal(gal_write_file(path, text, n), GAL_OK);
    q = opened(3, 0);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_int_equal(s.n, 2); /* those before and behind it are kept */
    gal_queue_close(q);
    gal_free(text);
}

/* A full disk: the error says so, what was there stays readable, and the job is still to be done. */
static void full(void **state)
{
    (void)state;
    gal_queue *q = opened(4, 0);
    size_t job, left;
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_int_equal(gal_queue_done(q, job, "first", 5, false), GAL_OK);
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    static char big[100000];
    struct rlimit was, limit;
    getrlimit(RLIMIT_FSIZE, &was);
    limit = was;
    limit.rlim_cur = 20000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    gal_status st = gal_queue_done(q, job, big, sizeof big, false);
    setrlimit(RLIMIT_FSIZE, &was);
    assert_int_equal(st, GAL_EIO);
    assert_non_null(strstr(gal_error_message(), "cannot write"));
    assert_int_equal(gal_queue_done(q, job, "second", 6, false), GAL_OK);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.text[1], "second");
    gal_queue_close(q);
}

static pid_t claim_and_die(gal_queue *of)
{
    pid_t pid = fork();
    if (pid == 0) {
        size_t job, left;
        gal_queue *q = of;
        if ((of ? gal_queue_forked(q, 0, 1) : gal_queue_open(&q, folder, 2, what, NULL)) != GAL_OK ||
            gal_queue_claim(q, &job, &left) != GAL_OK)
            _exit(1);
        raise(SIGKILL);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    return pid;
}

/* Jobs of a process that died as a whole are free at once, however often: nobody knows whether they were the reason. */
static void orphans(void **state)
{
    (void)state;
    gal_queue *q = opened(2, 0);
    size_t job, left;
    for (int i = 0; i < 3 * GAL_QUEUE_CRASHES; i++)
        claim_and_die(NULL);
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_int_equal(job, 0);
    assert_int_equal(left, 2);
    gal_queue_close(q);
}

/* A job that kills one worker after the other, seen by who forked them, has failed. Until its end is known a dead worker keeps it. */
static void dead(void **state)
{
    (void)state;
    gal_queue *q = opened(2, 0);
    size_t job, left;
    for (int i = 0; i < GAL_QUEUE_CRASHES; i++) {
        pid_t pid = claim_and_die(q);
        assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
        assert_int_equal(job, 1); /* not 0: its owner's end has not been told */
        assert_int_equal(left, 2);
        assert_int_equal(gal_queue_release(q, 1), GAL_OK);
        assert_int_equal(gal_queue_died(q, pid), GAL_OK);
        gal_queue_close(q);
        q = opened(2, 0);
    }
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_int_equal(job, 1);
    assert_int_equal(left, 1);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_true(s.n == 1 && s.failed == 1 && s.job[0] == 0);
    assert_string_equal(s.text[0], "its worker died or hung 5 times");
    gal_queue_close(q);
}

/* A worker that is alive but silent keeps its job for the lease, renewed or not. */
static void silent(void **state)
{
    (void)state;
    gal_queue *q = opened(1, 1.5);
    size_t job, left;
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    pid_t pid = fork();
    if (pid == 0) {
        gal_queue *mine;
        int code = 0;
        size_t j;
        if (gal_queue_open(&mine, folder, 1, what, &(gal_queue_options){.lease = 1.5}) != GAL_OK)
            _exit(1);
        for (int i = 0; i < 4; i++) { /* the parent renews: nothing to get for 0.6 s */
            code |= gal_queue_claim(mine, &j, &left) != GAL_OK || j != SIZE_MAX ? 2 : 0;
            usleep(150000);
        }
        for (int i = 0; i < 400 && j == SIZE_MAX; i++) { /* then it falls silent */
            usleep(50000);
            code |= gal_queue_claim(mine, &j, &left) != GAL_OK ? 4 : 0;
        }
        code |= j == 0 ? 0 : 8;
        code |= gal_queue_done(mine, 0, "taken over", 10, false) != GAL_OK ? 16 : 0;
        _exit(code);
    }
    for (int i = 0; i < 6; i++) {
        usleep(100000);
        assert_int_equal(gal_queue_renew(q, job), GAL_OK);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
    /* the silent one comes back late: the first result stays, the count is right */
    assert_int_equal(gal_queue_done(q, job, "late", 4, false), GAL_OK);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_int_equal(s.n, 1);
    gal_queue_close(q);
}

static int work(void *ctx, int i)
{
    size_t job, left;
    gal_queue *q = *(gal_queue **)ctx;
    if (gal_queue_forked(q, 0, 1) != GAL_OK)
        return 1;
    while (gal_queue_claim(q, &job, &left) == GAL_OK && (job != SIZE_MAX || left > 0)) {
        if (job == SIZE_MAX) {
            usleep(1000);
            continue;
        }
        char text[20];
        if (job == 7 && i == 0) {
            signal(SIGSEGV, SIG_DFL); /* not to the test library */
            raise(SIGSEGV);
        }
        snprintf(text, sizeof text, "%zu", job * job);
        if (gal_queue_done(q, job, text, strlen(text), false) != GAL_OK)
            return 1;
    }
    return gal_threads() == 1 ? 0 : 1;
}

static int warnings;
static void count_warning(void *ctx, gal_log_level level, const char *module, const char *text)
{
    (void)ctx;
    warnings += level == GAL_LOG_WARN && strcmp(module, "queue") == 0 && strstr(text, "are lost") != NULL;
}

static void finish_rest(gal_queue *q)
{
    size_t job, left;
    char text[20];
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    while (job != SIZE_MAX) {
        int n = snprintf(text, sizeof text, "job %zu", job);
        assert_int_equal(gal_queue_done(q, job, text, (size_t)n, false), GAL_OK);
        assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    }
}

/* What a log of 12 finished jobs loses, by the damage; then they are done again, and nobody else. */
static void lost_records(void **state)
{
    (void)state;
    enum { N = 12, FLIP_FIRST, FLIP_SIZE, CUT, INSERT, ZERO_MIDDLE, DELETE, CLAIMS, DAMAGES };
    static const size_t want_lost[DAMAGES] = {
        [FLIP_FIRST] = 1, [FLIP_SIZE] = 1, [CUT] = 6, [INSERT] = 1, [ZERO_MIDDLE] = 2, [DELETE] = 12, [CLAIMS] = 0};
    for (int what_happens = FLIP_FIRST; what_happens < DAMAGES; what_happens++) {
        fresh(state);
        gal_queue *q = opened(N, 0);
        finish_rest(q);
        gal_queue_close(q);
        char command[300], path[200] = "", *text;
        snprintf(command, sizeof command, "ls %s/*.log", folder);
        FILE *p = popen(command, "r");
        assert_non_null(fgets(path, sizeof path, p));
        path[strcspn(path, "\n")] = '\0';
        pclose(p);
        size_t n, one = 24 + 5 + 16; /* header, "job 0", checksum; "job 10" has one more */
        assert_int_equal(gal_read_file(path, &text, &n), GAL_OK);
        assert_int_equal(n, 12 * one + 2);
        char *now = malloc(n + 1);
        memcpy(now, text, n);
        if (what_happens == FLIP_FIRST)
            now[26] ^= 1;
        if (what_happens == FLIP_SIZE)
            now[one + 16] = 100; /* the second record's length */
        if (what_happens == CUT)
            n = 6 * one + 3;
        if (what_happens == INSERT) {
            memmove(now + 30 + 1, now + 30, n - 30);
            n++;
        }
        if (what_happens == ZERO_MIDDLE)
            memset(now + 5 * one + 10, 0, one);
        if (what_happens == DELETE)
            assert_int_equal(unlink(path), 0);
        else if (what_happens == CLAIMS) {
            snprintf(path, sizeof path, "%s/claims", folder);
            int fd = open(path, O_WRONLY);
            uint32_t junk = 77;
            assert_true(pwrite(fd, &junk, 4, 40) == 4); /* no state that a worker writes: the log knows better */
            close(fd);
        } else
            assert_int_equal(gal_write_file(path, now, n), GAL_OK);
        warnings = 0;
        gal_log_set_level(GAL_LOG_WARN); /* the runner of the tests hears errors only */
        gal_log_set_sink(count_warning, NULL);
        q = opened(N, 0);
        gal_log_set_sink(NULL, NULL);
        gal_log_set_level(GAL_LOG_ERROR);
        gal_queue_counts c;
        assert_int_equal(gal_queue_count(q, &c), GAL_OK);
        assert_int_equal(N - c.done, want_lost[what_happens]);
        assert_int_equal(warnings, want_lost[what_happens] > 0);
        finish_rest(q);
        seen s = {0};
        assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
        assert_int_equal(s.n, N);
        for (size_t i = 0; i < N; i++) {
            char want[20];
            snprintf(want, sizeof want, "job %zu", i);
            assert_string_equal(s.text[i], want);
        }
        gal_queue_close(q);
        gal_free(text);
        free(now);
    }
}

static bool again(void *ctx, int64_t pid)
{
    gal_queue *q = *(gal_queue **)ctx;
    return gal_queue_died(q, pid) == GAL_OK;
}

static void pool(void **state)
{
    (void)state;
    gal_queue *q = opened(40, 0);
    int bad;
    assert_int_equal(gal_pool_run(3, work, NULL, again, &q, &bad), GAL_OK);
    seen s = {0};
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_int_equal(s.n, 40);
    for (size_t i = 0; i < 40; i++)
        if (i != 7)
            assert_int_equal(atoi(s.text[i]), i * i);
    gal_queue_close(q);
}

static void folder_without_locks(void **state)
{
    (void)state;
    gal_queue *q;
    no_locks = true;
    assert_int_equal(gal_queue_open(&q, folder, 5, what, NULL), GAL_EIO);
    assert_non_null(strstr(gal_error_message(), "file locks do not work there"));
    assert_int_equal(gal_queue_open(&q, folder, 5, what, &(gal_queue_options){.part = 1, .parts = 1}), GAL_OK);
    gal_queue_close(q);
    no_locks = false;
}

static gal_queue *opened_part(size_t n, size_t part, size_t parts)
{
    gal_queue *q;
    assert_int_equal(gal_queue_open(&q, folder, n, what, &(gal_queue_options){.part = part, .parts = parts}), GAL_OK);
    return q;
}

/* Parts do what is theirs, together all; workers of a part too; what is there is not done again. */
static void parts(void **state)
{
    (void)state;
    char text[40];
    for (size_t part = 1; part <= 3; part++) {
        gal_queue *q = opened_part(20, part, 3);
        for (size_t i = 0; i < 2; i++) {
            size_t job, left, n = 0;
            assert_int_equal(gal_queue_forked(q, i, 2), GAL_OK);
            for (;; n++) {
                assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
                if (job == SIZE_MAX)
                    break;
                assert_int_equal(job % 3, part - 1);
                assert_int_equal(job / 3 % 2, i);
                snprintf(text, sizeof text, "job %zu", job);
                assert_int_equal(gal_queue_done(q, job, text, strlen(text), false), GAL_OK);
            }
            assert_int_equal(left, 0);
            assert_true(n == 3 || n == 4);
        }
        gal_queue_close(q);
    }
    gal_queue *q = opened_part(20, 1, 1);
    size_t job, left;
    gal_queue_counts c;
    seen s = {0};
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_true(job == SIZE_MAX && left == 0);
    assert_int_equal(gal_queue_count(q, &c), GAL_OK);
    assert_true(c.done == 20 && c.failed == 0);
    assert_int_equal(gal_queue_each(q, look, &s), GAL_OK);
    assert_int_equal(s.n, 20);
    for (size_t i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "job %zu", i);
        assert_string_equal(s.text[i], text);
    }
    gal_queue_close(q);
}

/* Without claims: who dies over a job leaves a mark; such jobs come last, and the fifth death is the end of it. Given back is no death. */
static void part_crashes(void **state)
{
    (void)state;
    size_t job, left;
    gal_queue *q;
    for (int k = 0; k < GAL_QUEUE_CRASHES; k++) {
        q = opened_part(2, 1, 1);
        assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
        if (k > 0) {
            assert_int_equal(job, 1);
            assert_int_equal(gal_queue_release(q, job), GAL_OK);
            assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
        }
        assert_int_equal(job, 0);
        gal_queue_close(q); /* as if dead with it in hand */
    }
    q = opened_part(2, 1, 1);
    gal_queue_counts c;
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_int_equal(job, 1);
    assert_int_equal(gal_queue_done(q, job, "1", 1, false), GAL_OK);
    assert_int_equal(gal_queue_claim(q, &job, &left), GAL_OK);
    assert_true(job == SIZE_MAX && left == 0);
    assert_int_equal(gal_queue_count(q, &c), GAL_OK);
    assert_true(c.done == 2 && c.failed == 1);
    gal_queue_close(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(in_order, fresh, gone),
                                       cmocka_unit_test_setup_teardown(foreign, fresh, gone),
                                       cmocka_unit_test_setup_teardown(torn, fresh, gone),
                                       cmocka_unit_test_setup_teardown(full, fresh, gone),
                                       cmocka_unit_test_setup_teardown(orphans, fresh, gone),
                                       cmocka_unit_test_setup_teardown(dead, fresh, gone),
                                       cmocka_unit_test_setup_teardown(silent, fresh, gone),
                                       cmocka_unit_test_setup_teardown(pool, fresh, gone),
                                       cmocka_unit_test_setup_teardown(lost_records, fresh, gone),
                                       cmocka_unit_test_setup_teardown(folder_without_locks, fresh, gone),
                                       cmocka_unit_test_setup_teardown(parts, fresh, gone),
                                       cmocka_unit_test_setup_teardown(part_crashes, fresh, gone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
