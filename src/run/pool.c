/* Worker processes; see galua/queue.h. */
#include "galua/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OWN_MEMORY ((size_t)12 << 20) /* stellar populations are read all the time; what is larger stays shared */

/* A worker does not outlive the process that forked it, however that one ends. */
static void end_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(1);
}

static gal_status start(pid_t *pid, gal_pool_fn work, void *ctx, int i)
{
    pid_t parent = getpid();
    fflush(NULL); /* what is buffered must not be written twice */
    *pid = fork();
    if (*pid < 0)
        return gal_fail(GAL_EIO, "cannot start a worker process: %s", strerror(errno));
    if (*pid == 0) {
        end_with(parent);
        signal(SIGPIPE, SIG_IGN); /* a terminal or mpirun that went away is no fault of the job at hand */
        gal_threads_set(1);
        gal_mem_own(OWN_MEMORY);
        int status = work(ctx, i);
        fflush(NULL);
        _exit(status); /* not exit: what the parent registered to happen at its end is not ours */
    }
    return GAL_OK;
}

gal_status gal_pool_run(int n, gal_pool_fn work, gal_pool_watch watch, gal_pool_died died, void *ctx, int *bad)
{
    gal_status st = GAL_OK;
    pid_t *pid = GAL_NEWN(pid_t, (size_t)n);
    int running = 0;
    bool told = false;
    *bad = 0;
    if (!pid)
        return GAL_ENOMEM;
    for (int i = 0; i < n && st == GAL_OK; i++) {
        st = start(&pid[i], work, ctx, i);
        running += st == GAL_OK;
    }
    while (running > 0) {
        int status;
        pid_t gone = waitpid(-1, &status, WNOHANG);
        if (gone == 0) {
            /* Ctrl-C at a terminal reaches them by itself, and once more does no harm; a signal to this process alone does not */
            bool tell = gal_interrupted() && !told; /* read once: it may come at any time */
            int sig = gal_terminated() ? SIGTERM : SIGINT;
            for (int i = 0; tell && i < n; i++)
                if (pid[i] > 0)
                    kill(pid[i], sig);
            told = told || tell;
            if (watch)
                watch(ctx, running);
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
            continue;
        }
        if (gone < 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        for (int i = 0; i < n; i++) {
            if (pid[i] != gone)
                continue;
            running--;
            pid[i] = 0;
            bool crashed = WIFSIGNALED(status);
            *bad += crashed || WEXITSTATUS(status) != 0;
            bool again = crashed && died && died(ctx, gone);
            if (again && st == GAL_OK && !gal_interrupted()) {
                st = start(&pid[i], work, ctx, i);
                running += st == GAL_OK;
            }
        }
    }
    gal_free(pid);
    return st;
}

gal_status gal_shell(const char *command, int *code)
{
    int status = 0;
    pid_t parent = getpid(), pid;
    fflush(NULL);
    if ((pid = fork()) < 0)
        return gal_fail(GAL_EIO, "cannot start a process: %s", strerror(errno));
    if (pid == 0) {
        setpgid(0, 0);
        end_with(parent);
        int nothing = open("/dev/null", O_RDONLY);
        if (nothing >= 0)
            dup2(nothing, 0);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    for (int waits = 0; waitpid(pid, &status, WNOHANG) != pid; waits++) {
        if (gal_interrupted())
            kill(-pid, waits < 20 ? SIGTERM : SIGKILL);
        else
            waits = 0;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return gal_interrupted() ? gal_fail(GAL_EINTR, "interrupted") : GAL_OK;
}
