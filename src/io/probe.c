/* Files read in a child process first. See probe.h. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

typedef struct mark {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
    const char *library;
} mark;
enum { MARKS = 64, CPU_SECONDS = 10, MEMORY_FACTOR = 1032 };
static mark tried[MARKS];
static unsigned ntried;

static mark mark_of(const struct stat *sb, const char *library)
{
    mark m;
    memset(&m, 0, sizeof m); /* padding too: marks are compared as bytes */
    m.dev = sb->st_dev;
    m.ino = sb->st_ino;
    m.size = sb->st_size;
    m.mtime = sb->st_mtim;
    m.ctime = sb->st_ctim;
    m.library = library;
    return m;
}

/* Data that came with the program: who can change them can change the program. Not those of $GALUA_DATA and the user's folder. */
static bool own_data(const char *path)
{
    char real[PATH_MAX], dir[PATH_MAX], exe[PATH_MAX], there[PATH_MAX];
    if (!realpath(path, real) || gal_exe_dir(exe, sizeof exe) != GAL_OK)
        return false;
    for (int i = 0; gal_data_dir(i, dir, sizeof dir) == GAL_OK; i++) {
        if (strncmp(dir, exe, strlen(exe)) != 0 || !realpath(dir, there))
            continue;
        size_t n = strlen(there);
        if (strncmp(real, there, n) == 0 && real[n] == '/')
            return true;
    }
    return false;
}

static void limit(int what, rlim_t most)
{
    struct rlimit r = {most, most};
    setrlimit(what, &r);
}

static void child(const char *path, off_t size, void (*read)(const char *path))
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGPROF};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, CPU_SECONDS + (rlim_t)(size >> 22)); /* 4 MB a second are few */
#ifndef GAL_SANITIZE                                       /* which maps terabytes */
    struct rlimit now;
    rlim_t room = ((rlim_t)1 << 30) + 4 * (rlim_t)size + gal_mem_live();
    if (getrlimit(RLIMIT_DATA, &now) == 0 && now.rlim_cur > room)
        limit(RLIMIT_DATA, room);
#endif
    int sink = open("/dev/null", O_RDWR);
    dup2(sink, STDOUT_FILENO);
    dup2(sink, STDERR_FILENO);
    read(path);
    _exit(0);
}

gal_status io_probe(const char *path, const char *library, void (*read)(const char *path))
{
    struct stat sb;
    int status = 0;
    if (stat(path, &sb) != 0 || !S_ISREG(sb.st_mode) || own_data(path))
        return GAL_OK;
    mark m = mark_of(&sb, library);
    for (unsigned i = 0; i < MARKS; i++)
        if (memcmp(&m, &tried[i], sizeof m) == 0)
            return GAL_OK;
    fflush(NULL); /* what is buffered must not be written twice */
    pid_t pid = fork();
    if (pid < 0)
        return gal_fail(GAL_EIO, "%s: cannot start the process that reads it first: %s", path, strerror(errno));
    if (pid == 0)
        child(path, sb.st_size, read);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return gal_fail(GAL_EIO, "%s: lost the process that reads it first: %s", path, strerror(errno));
    if (gal_interrupted())
        return gal_fail(GAL_EINTR, "interrupted");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        tried[ntried++ % MARKS] = m;
        return GAL_OK;
    }
    const char *why = WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)
                          ? "does not come to an end over it"
                          : "crashes over it";
    gal_log(GAL_LOG_DEBUG, "probe", "%s: %s %s", path, library, why);
    return gal_fail(GAL_EFORMAT, "%s: damaged: %s %s, in the process that reads files first; it was not opened", path,
                    library, why);
}
