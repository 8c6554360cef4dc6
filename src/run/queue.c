/* The job queue of galua/queue.h: claims under a file lock, logs that are only appended to.
 *
 * claims: njob entries of 40 bytes, written in place under an fcntl lock of the whole file (locks go with their process, also on
 * network file systems). Logs are the truth: an entry says `done` only after the record is on disk, and whoever opens the queue
 * brings the claims up to date with the logs. Record: magic, flags, job, length, data, checksum of all of it. */
#define _GNU_SOURCE /* memmem */
#include "galua/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FREE, CLAIMED, DONE, FAILED };
#define RECORD_MAGIC 0x31524a47u /* "GJR1" */
#define JOBS_MAGIC   0x31514a47u

typedef struct claim {
    uint32_t state, crashes;
    uint64_t host;
    int64_t pid, watcher; /* watcher: the process that will say how the owner ended; 0 = none */
    double since;         /* wall clock [s] */
} claim;

typedef struct jobs_file {
    uint32_t magic, version;
    uint64_t njob;
    gal_hash what;
} jobs_file;

typedef struct record {
    uint32_t magic, failed;
    uint64_t job, n;
} record;

struct gal_queue {
    char *folder, log_path[1100];
    size_t njob, hint;
    double lease;
    uint64_t host;
    int64_t watcher;
    int claims, log, lead; /* file descriptors, -1 = not open */
};

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t host_id(void)
{
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    gal_hash h = gal_hash_bytes(name, strlen(name));
    uint64_t id;
    memcpy(&id, &h, sizeof id);
    return id;
}

static void path_in(const gal_queue *q, const char *name, char *buf, size_t n)
{
    snprintf(buf, n, "%s/%s", q->folder, name);
}

static gal_status io_error(const char *what, const char *path)
{
    return gal_fail(GAL_EIO, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* type: F_WRLCK or F_UNLCK; waits */
static gal_status lock(int fd, short type, const char *path)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLKW, &l) != 0)
        if (errno != EINTR)
            return io_error("lock", path);
    return GAL_OK;
}

static bool write_all(int fd, const void *data, size_t n, off_t at)
{
    const char *p = data;
    while (n > 0) {
        ssize_t w = at < 0 ? write(fd, p, n) : pwrite(fd, p, n, at);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
        at += at < 0 ? 0 : w;
    }
    return true;
}

/* ------------------------------------------------------------------ logs */
typedef gal_status (*record_fn)(void *ctx, const record *r, const unsigned char *data);

static gal_hash checksum(const record *r, const void *data)
{
    return gal_hash_combine(gal_hash_bytes(r, sizeof *r), gal_hash_bytes(data, r->n));
}

/* The record at text[at], whole and with its checksum? */
static bool record_at(const char *text, size_t size, size_t at, size_t njob, record *r)
{
    gal_hash want;
    if (size - at < sizeof *r + sizeof want)
        return false;
    memcpy(r, text + at, sizeof *r);
    if (r->magic != RECORD_MAGIC || r->n > size - at - sizeof *r - sizeof want || r->job >= njob)
        return false;
    memcpy(&want, text + at + sizeof *r + r->n, sizeof want);
    gal_hash got = checksum(r, text + at + sizeof *r);
    return memcmp(&got, &want, sizeof got) == 0;
}

/* Every whole record of one log. Behind damage the next one is looked for: each stands for itself. */
static gal_status read_log(const char *path, size_t njob, record_fn fn, void *ctx)
{
    char *text;
    size_t size, at = 0;
    gal_status st = gal_read_file(path, &text, &size);
    if (st != GAL_OK)
        return st;
    while (st == GAL_OK && at < size) {
        record r;
        if (record_at(text, size, at, njob, &r)) {
            st = fn(ctx, &r, (const unsigned char *)text + at + sizeof r);
            at += sizeof r + r.n + sizeof(gal_hash);
        } else {
            static const uint32_t magic = RECORD_MAGIC;
            const char *next = memmem(text + at + 1, size - at - 1, &magic, sizeof magic);
            at = next ? (size_t)(next - text) : size;
        }
    }
    gal_free(text);
    return st;
}

static int is_log(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".log") == 0;
}

static gal_status read_logs(const gal_queue *q, record_fn fn, void *ctx)
{
    struct dirent **list;
    int n = scandir(q->folder, &list, is_log, alphasort);
    if (n < 0)
        return io_error("read", q->folder);
    gal_status st = GAL_OK;
    for (int i = 0; i < n; i++) {
        char path[2200];
        path_in(q, list[i]->d_name, path, sizeof path);
        if (st == GAL_OK)
            st = read_log(path, q->njob, fn, ctx);
        free(list[i]);
    }
    free(list);
    return st;
}

/* ------------------------------------------------------------------ opening */
static gal_status mark_record(void *ctx, const record *r, const unsigned char *data)
{
    (void)data;
    uint32_t *state = ctx; /* a result goes before a failure */
    if (state[r->job] != DONE)
        state[r->job] = r->failed ? FAILED : DONE;
    return GAL_OK;
}

/* Claims as they are, or new ones, brought in line with the logs: a job is done when its record is there, whatever the claim says. A worker
 * may die between record and claim; a record whose log was damaged or removed is lost, and its job is done again. */
static gal_status sync_claims(gal_queue *q, const char *path)
{
    gal_status st = GAL_OK;
    size_t size = q->njob * sizeof(claim), lost = 0;
    struct stat s;
    claim *c = GAL_NEWN(claim, q->njob + 1);
    uint32_t *logged = GAL_NEWN(uint32_t, q->njob + 1);
    if (!c || !logged)
        GAL_TRY(GAL_ENOMEM);
    if (fstat(q->claims, &s) != 0 || (size_t)s.st_size != size || pread(q->claims, c, size, 0) != (ssize_t)size)
        memset(c, 0, size);
    GAL_TRY(read_logs(q, mark_record, logged));
    for (size_t i = 0; i < q->njob; i++) {
        bool said = c[i].state == DONE || c[i].state == FAILED;
        if (logged[i] != FREE)
            c[i].state = logged[i];
        else if (c[i].state != FREE && (c[i].state != CLAIMED || !(c[i].since <= wall() + q->lease)))
            c[i] = (claim){0};
        lost += said && logged[i] == FREE;
    }
    if (lost > 0)
        gal_log(GAL_LOG_WARN, "queue",
                "%s: the records of %zu of %zu jobs are lost, a log is damaged or gone: they are done again", q->folder,
                lost, q->njob);
    if (ftruncate(q->claims, (off_t)size) != 0 || !write_all(q->claims, c, size, 0) || fsync(q->claims) != 0)
        st = io_error("write", path);
out:
    gal_free(c);
    gal_free(logged);
    return st;
}

static gal_status check_jobs(gal_queue *q, gal_hash what)
{
    char path[1100];
    path_in(q, "jobs", path, sizeof path);
    jobs_file want = {JOBS_MAGIC, 2, q->njob, what}, *have;
    if (!gal_file_exists(path))
        return gal_write_file(path, &want, sizeof want);
    char *text;
    size_t n;
    gal_status st = gal_read_file(path, &text, &n);
    if (st != GAL_OK)
        return st;
    have = (jobs_file *)(void *)text;
    char a[33], b[33];
    if (n != sizeof want || have->magic != JOBS_MAGIC)
        st = gal_fail(GAL_EFORMAT, "%s: not the description of a job queue", path);
    else if (have->njob != q->njob)
        st = gal_fail(GAL_EINVAL,
                      "%s belongs to another run: %llu jobs there, %zu here; choose another output, or start afresh",
                      q->folder, (unsigned long long)have->njob, q->njob);
    else if (memcmp(&have->what, &what, sizeof what) != 0) {
        gal_hash_hex(have->what, a);
        gal_hash_hex(what, b);
        st =
            gal_fail(GAL_EINVAL,
                     "%s belongs to another run: content %.8s there, %.8s here; choose another output, or start afresh",
                     q->folder, a, b);
    }
    gal_free(text);
    return st;
}

gal_status gal_queue_open(gal_queue **out, const char *folder, size_t njob, gal_hash what, double lease)
{
    gal_status st = GAL_OK;
    char path[1100];
    *out = NULL;
    if (njob == 0)
        return gal_fail(GAL_EINVAL, "%s: no jobs", folder);
    gal_queue *q = GAL_NEW(gal_queue);
    if (!q)
        return GAL_ENOMEM;
    q->claims = q->log = q->lead = -1;
    q->njob = njob;
    q->lease = lease > 0 ? lease : 600;
    q->host = host_id();
    if (!(q->folder = gal_strdup(folder)))
        GAL_TRY(GAL_ENOMEM);
    if (strlen(folder) > 1000)
        GAL_THROW(GAL_EINVAL, "the path of the queue is too long");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        GAL_TRY(io_error("make the folder", folder));
    path_in(q, "claims", path, sizeof path);
    if ((q->claims = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) < 0)
        GAL_TRY(io_error("open", path));
    GAL_TRY(lock(q->claims, F_WRLCK, path));
    st = check_jobs(q, what);
    if (st == GAL_OK)
        st = sync_claims(q, path);
    gal_status unlocked = lock(q->claims, F_UNLCK, path);
    st = st == GAL_OK ? unlocked : st;
    if (st == GAL_OK) {
        *out = q;
        q = NULL;
    }
out:
    gal_queue_close(q);
    return st;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void gal_queue_close(gal_queue *q)
{
    if (!q)
        return;
    close_fd(&q->claims);
    close_fd(&q->log);
    close_fd(&q->lead);
    gal_free(q->folder);
    gal_free(q);
}

gal_status gal_queue_forked(gal_queue *q)
{
    char path[1100];
    close_fd(&q->claims); /* an fcntl lock belongs to a process: the child needs its own descriptors */
    close_fd(&q->log);
    close_fd(&q->lead);
    q->watcher = getppid();
    path_in(q, "claims", path, sizeof path);
    return (q->claims = open(path, O_RDWR | O_CLOEXEC)) < 0 ? io_error("open", path) : GAL_OK;
}

/* ------------------------------------------------------------------ claims */
static gal_status read_claims(gal_queue *q, claim *c)
{
    char path[1100];
    path_in(q, "claims", path, sizeof path);
    return pread(q->claims, c, q->njob * sizeof *c, 0) == (ssize_t)(q->njob * sizeof *c) ? GAL_OK
                                                                                         : io_error("read", path);
}

static gal_status write_claim(gal_queue *q, size_t job, const claim *c)
{
    char path[1100];
    path_in(q, "claims", path, sizeof path);
    return write_all(q->claims, c, sizeof *c, (off_t)(job * sizeof *c)) ? GAL_OK : io_error("write", path);
}

static bool gone(int64_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Its owner has not been heard of for a lease. */
static bool hangs(const gal_queue *q, const claim *c)
{
    return wall() - c->since > q->lease;
}

/* Its owner is gone with all its job, as after a power loss: no one is left to say whether this job was the reason. */
static bool orphaned(const gal_queue *q, const claim *c)
{
    return c->host == q->host && gone(c->pid) && (c->watcher == 0 || gone(c->watcher));
}

static gal_status append(gal_queue *q, size_t job, const void *data, size_t n, bool failed);

/* One more worker lost to this job: free for another, or failed when there have been too many. */
static gal_status count_crash(gal_queue *q, size_t job, claim *c)
{
    gal_status st = GAL_OK;
    char text[120];
    c->state = FREE;
    if (++c->crashes >= GAL_QUEUE_CRASHES) {
        snprintf(text, sizeof text, "its worker died or hung %d times", GAL_QUEUE_CRASHES);
        GAL_TRY(append(q, job, text, strlen(text), true));
        c->state = FAILED;
    }
    GAL_TRY(write_claim(q, job, c));
out:
    return st;
}

gal_status gal_queue_claim(gal_queue *q, size_t *job, size_t *left)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    bool locked = false;
    *job = SIZE_MAX;
    *left = 0;
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(lock(q->claims, F_WRLCK, q->folder));
    locked = true;
    GAL_TRY(read_claims(q, c));
    for (size_t k = 0; k < q->njob; k++) {
        size_t i = (q->hint + k) % q->njob;
        if (c[i].state == DONE || c[i].state == FAILED)
            continue;
        if (c[i].state == CLAIMED && hangs(q, &c[i])) {
            GAL_TRY(count_crash(q, i, &c[i]));
            if (c[i].state == FAILED)
                continue;
        }
        (*left)++;
        if (*job == SIZE_MAX && (c[i].state == FREE || orphaned(q, &c[i]))) {
            c[i] = (claim){CLAIMED, c[i].crashes, q->host, getpid(), q->watcher, wall()};
            GAL_TRY(write_claim(q, i, &c[i]));
            *job = i;
            q->hint = i + 1;
        }
    }
out:
    if (locked) {
        gal_status unlocked = lock(q->claims, F_UNLCK, q->folder);
        st = st == GAL_OK ? unlocked : st;
    }
    gal_free(c);
    return st;
}

gal_status gal_queue_died(gal_queue *q, int64_t pid)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    bool locked = false;
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(lock(q->claims, F_WRLCK, q->folder));
    locked = true;
    GAL_TRY(read_claims(q, c));
    for (size_t i = 0; i < q->njob; i++)
        if (c[i].state == CLAIMED && c[i].host == q->host && c[i].pid == pid)
            GAL_TRY(count_crash(q, i, &c[i]));
out:
    if (locked) {
        gal_status unlocked = lock(q->claims, F_UNLCK, q->folder);
        st = st == GAL_OK ? unlocked : st;
    }
    gal_free(c);
    return st;
}

/* Changes one's own claim under the lock; a claim lost to another is left alone. */
static gal_status set_claim(gal_queue *q, size_t job, uint32_t state)
{
    gal_status st = lock(q->claims, F_WRLCK, q->folder);
    if (st != GAL_OK)
        return st;
    claim c;
    if (pread(q->claims, &c, sizeof c, (off_t)(job * sizeof c)) != (ssize_t)sizeof c)
        st = io_error("read", q->folder);
    bool own = st == GAL_OK && c.state == CLAIMED && c.host == q->host && c.pid == getpid();
    if (own || (st == GAL_OK && (state == DONE || state == FAILED))) {
        c.state = state;
        c.since = wall();
        st = write_claim(q, job, &c);
    }
    gal_status unlocked = lock(q->claims, F_UNLCK, q->folder);
    return st == GAL_OK ? unlocked : st;
}

gal_status gal_queue_renew(gal_queue *q, size_t job)
{
    return set_claim(q, job, CLAIMED);
}

gal_status gal_queue_release(gal_queue *q, size_t job)
{
    return set_claim(q, job, FREE);
}

/* ------------------------------------------------------------------ finished jobs */
static gal_status open_log(gal_queue *q)
{
    if (q->log >= 0)
        return GAL_OK;
    snprintf(q->log_path, sizeof q->log_path, "%s/%016llx-%lld-%.0f.log", q->folder, (unsigned long long)q->host,
             (long long)getpid(), wall() * 1e3);
    q->log = open(q->log_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0666);
    return q->log < 0 ? io_error("make", q->log_path) : GAL_OK;
}

static gal_status append(gal_queue *q, size_t job, const void *data, size_t n, bool failed)
{
    gal_status st = GAL_OK;
    record r = {RECORD_MAGIC, failed, job, n};
    gal_hash h = checksum(&r, data);
    unsigned char *block = NULL;
    GAL_TRY(open_log(q));
    off_t before = lseek(q->log, 0, SEEK_END);
    if (!(block = GAL_NEWN(unsigned char, sizeof r + n + sizeof h)))
        GAL_TRY(GAL_ENOMEM);
    memcpy(block, &r, sizeof r);
    if (n)
        memcpy(block + sizeof r, data, n);
    memcpy(block + sizeof r + n, &h, sizeof h);
    if (!write_all(q->log, block, sizeof r + n + sizeof h, -1) || fsync(q->log) != 0) {
        st = io_error("write", q->log_path);
        if (before < 0 || ftruncate(q->log, before) != 0)
            close_fd(&q->log); /* the torn record ends that log: go on in another */
    }
out:
    gal_free(block);
    return st;
}

gal_status gal_queue_done(gal_queue *q, size_t job, const void *data, size_t n, bool failed)
{
    if (job >= q->njob)
        return gal_fail(GAL_EINVAL, "queue: job %zu of %zu", job, q->njob);
    gal_status st = append(q, job, data, n, failed);
    return st == GAL_OK ? set_claim(q, job, failed ? FAILED : DONE) : st;
}

gal_status gal_queue_count(gal_queue *q, gal_queue_counts *out)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    *out = (gal_queue_counts){.jobs = q->njob};
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(read_claims(q, c)); /* a reader may see entries of different moments: good enough for progress */
    for (size_t i = 0; i < q->njob; i++) {
        out->done += c[i].state == DONE || c[i].state == FAILED;
        out->failed += c[i].state == FAILED;
        out->running += c[i].state == CLAIMED && !orphaned(q, &c[i]) && !hangs(q, &c[i]);
    }
out:
    gal_free(c);
    return st;
}

typedef struct found {
    bool there, failed;
    size_t n;
    unsigned char *data;
} found;

static gal_status keep_record(void *ctx, const record *r, const unsigned char *data)
{
    found *f = (found *)ctx + r->job;
    if (f->there && !(f->failed && !r->failed))
        return GAL_OK; /* the same job done twice has the same result; a result goes before a failure */
    unsigned char *copy = GAL_NEWN(unsigned char, r->n + 1);
    if (!copy)
        return GAL_ENOMEM;
    if (r->n)
        memcpy(copy, data, r->n);
    gal_free(f->data);
    *f = (found){true, r->failed != 0, r->n, copy};
    return GAL_OK;
}

gal_status gal_queue_each(gal_queue *q, gal_queue_fn fn, void *ctx)
{
    gal_status st = GAL_OK;
    found *f = GAL_NEWN(found, q->njob);
    if (!f)
        return GAL_ENOMEM;
    GAL_TRY(read_logs(q, keep_record, f));
    for (size_t i = 0; i < q->njob; i++)
        if (f[i].there)
            GAL_TRY(fn(ctx, i, f[i].failed, f[i].data, f[i].n));
out:
    for (size_t i = 0; i < q->njob; i++)
        gal_free(f[i].data);
    gal_free(f);
    return st;
}

gal_status gal_queue_lead(gal_queue *q, bool *got)
{
    char path[1100];
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    path_in(q, "lead", path, sizeof path);
    *got = false;
    if (q->lead < 0 && (q->lead = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) < 0)
        return io_error("open", path);
    *got = fcntl(q->lead, F_SETLK, &l) == 0;
    return *got || errno == EAGAIN || errno == EACCES ? GAL_OK : io_error("lock", path);
}

gal_status gal_queue_remove(const char *folder)
{
    static const char *const own[] = {"jobs", "claims", "lead"};
    gal_queue q = {.folder = (char *)(uintptr_t)folder};
    struct dirent **list;
    char path[2200];
    int n = scandir(folder, &list, is_log, NULL);
    if (n < 0)
        return errno == ENOENT ? GAL_OK : io_error("read", folder);
    for (int i = 0; i < n; i++) {
        path_in(&q, list[i]->d_name, path, sizeof path);
        unlink(path);
        free(list[i]);
    }
    free(list);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        path_in(&q, own[i], path, sizeof path);
        unlink(path);
    }
    return rmdir(folder) == 0 || errno == ENOENT ? GAL_OK : io_error("remove", folder);
}
