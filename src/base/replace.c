/* Files are written under a temporary name and put in place in one step: the old content survives any failure. The one way in which
 * this program makes files. Only what is no file yet, or a regular file, is ever replaced; a link is followed to what it names. */
#define _GNU_SOURCE /* getrandom */
#include "galua/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ABANDONED_AGE 3600. /* s */

struct gal_replace {
    char *path, *target, *tmp; /* as asked; behind its links; where it is written */
};

/* Is `name` BASE.PID-RANDOM.tmp (BASE.PID.tmp, of earlier versions) of a process that is no more? Age is asked too: the process may live on
 * another machine. */
static bool abandoned(const char *name, const char *base, int folder)
{
    size_t n = strlen(base);
    char *end;
    struct stat sb;
    if (strncmp(name, base, n) != 0 || name[n] != '.' || name[n + 1] < '1' || name[n + 1] > '9')
        return false;
    long pid = strtol(name + n + 1, &end, 10);
    if (*end == '-')
        end += 1 + strspn(end + 1, "0123456789abcdef");
    return strcmp(end, ".tmp") == 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH &&
           fstatat(folder, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(sb.st_mode) &&
           difftime(time(NULL), sb.st_mtime) > ABANDONED_AGE;
}

static void remove_abandoned(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char dir[PATH_MAX];
    int n = slash ? (int)(slash - path) + 1 : 1;
    if ((size_t)snprintf(dir, sizeof dir, "%.*s", n, slash ? path : ".") >= sizeof dir)
        return;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        if (abandoned(e->d_name, base, dirfd(d)))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "a folder" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

/* What `path` names behind its links, there or not; a folder, device, pipe, socket is GAL_EIO. */
static gal_status resolve(const char *path, char **out)
{
    enum { LINKS = 40 };
    gal_status st = GAL_OK;
    struct stat sb;
    char to[PATH_MAX];
    char *at = gal_strdup(path);
    *out = NULL;
    for (int i = 0; at && i <= LINKS; i++) {
        if (lstat(at, &sb) != 0) {
            if (errno != ENOENT)
                GAL_THROW(GAL_EIO, "%s: cannot write: %s", path, strerror(errno));
            *out = at;
            return GAL_OK;
        }
        if (S_ISREG(sb.st_mode)) {
            *out = at;
            return GAL_OK;
        }
        if (!S_ISLNK(sb.st_mode))
            GAL_THROW(GAL_EIO, "%s: is %s, not a file", path, kind_of(sb.st_mode));
        ssize_t n = readlink(at, to, sizeof to - 1);
        if (n <= 0)
            GAL_THROW(GAL_EIO, "%s: cannot write: %s", path, strerror(errno));
        to[n] = '\0';
        const char *slash = strrchr(at, '/');
        char *next = to[0] == '/' || !slash ? gal_strdup(to) : gal_asprintf("%.*s%s", (int)(slash - at) + 1, at, to);
        gal_free(at);
        at = next;
    }
    if (!at)
        GAL_TRY(GAL_ENOMEM);
    st = gal_fail(GAL_EIO, "%s: cannot write: its links lead in a circle", path);
out:
    gal_free(at);
    return st;
}

gal_status gal_replace_begin(gal_replace **out, const char *path, int *fd)
{
    gal_status st = GAL_OK;
    gal_replace *r = GAL_NEW(gal_replace);
    uint64_t random;
    *out = NULL;
    *fd = -1;
    if (!r || !(r->path = gal_strdup(path)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(resolve(path, &r->target));
    remove_abandoned(r->target);
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        GAL_THROW(GAL_EIO, "%s: cannot write: no random numbers from the system", path);
    if (!(r->tmp = gal_asprintf("%s.%ld-%016llx.tmp", r->target, (long)getpid(), (unsigned long long)random)))
        GAL_TRY(GAL_ENOMEM);
    if ((*fd = open(r->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)) < 0)
        GAL_THROW(GAL_EIO, "%s: cannot write: %s", path, strerror(errno));
    *out = r;
    r = NULL;
out:
    if (r) {
        gal_free(r->path);
        gal_free(r->target);
        gal_free(r->tmp);
        gal_free(r);
    }
    return st;
}

const char *gal_replace_name(const gal_replace *r)
{
    return r->tmp;
}

static void end(gal_replace *r)
{
    gal_free(r->path);
    gal_free(r->target);
    gal_free(r->tmp);
    gal_free(r);
}

gal_status gal_replace_commit(gal_replace *r)
{
    gal_status st = GAL_OK;
    struct stat sb;
    int fd = open(r->tmp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        GAL_THROW(GAL_EIO, "%s: cannot write: %s", r->path, strerror(errno));
    if (lstat(r->target, &sb) == 0 && !S_ISREG(sb.st_mode)) /* it was none when the writing began */
        GAL_THROW(GAL_EIO, "%s: is no longer a file: nothing is written over it", r->path);
    if (rename(r->tmp, r->target) != 0)
        GAL_THROW(GAL_EIO, "%s: cannot write: %s", r->path, strerror(errno));
out:
    if (fd >= 0)
        close(fd);
    if (st != GAL_OK)
        unlink(r->tmp);
    end(r);
    return st;
}

void gal_replace_abandon(gal_replace *r)
{
    if (!r)
        return;
    unlink(r->tmp);
    end(r);
}

gal_status gal_write_file(const char *path, const void *data, size_t n)
{
    gal_replace *r;
    int fd;
    gal_status st = gal_replace_begin(&r, path, &fd);
    if (st != GAL_OK)
        return st;
    for (const char *p = data; n > 0;) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            GAL_THROW(GAL_EIO, "%s: cannot write: %s", path, strerror(errno));
        p += k;
        n -= (size_t)k;
    }
out:
    if (close(fd) != 0 && st == GAL_OK)
        st = gal_fail(GAL_EIO, "%s: cannot write: %s", path, strerror(errno));
    if (st == GAL_OK)
        return gal_replace_commit(r);
    gal_replace_abandon(r);
    return st;
}
