/* A job queue shared by any processes that can lock a file in its folder (galua/queue.h): claims under that lock.
 *
 * claims: njob entries of 40 bytes, written in place under an fcntl lock of the whole file (locks go with their process, also on
 * network file systems). An entry says `done` only after the record is on disk, and whoever opens the queue brings the claims up to
 * date with the logs. A folder whose locks keep nobody out is refused: two processes try it when the queue is opened. */
#include "queue_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct claim {
    uint32_t state, crashes;
    uint64_t host;
    int64_t pid, watcher; /* watcher: the process that will say how the owner ended; 0 = none */
    double since;         /* wall clock [s] */
} claim;

typedef struct shared {
    size_t hint;
    int64_t watcher;
    double renewed;   /* when this process last renewed a claim */
    int claims, lead; /* file descriptors, -1 = not open */
} shared;

static shared *own(const gal_queue *q)
{
    return q->own;
}

/* type: F_WRLCK or F_UNLCK; waits */
static gal_status lock(int fd, short type, const char *path)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(fd, F_SETLKW, &l) != 0)
        if (errno != EINTR)
            return gal_queue_io_error("lock", path);
    return GAL_OK;
}

/* ------------------------------------------------------------------ opening */
/* A child must not get a lock that its parent holds. Some network file systems give it to both. */
static gal_status try_locks(const gal_queue *q)
{
    char path[1100];
    gal_queue_path(q, "probe", path, sizeof path);
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666), status = 0;
    if (fd < 0)
        return gal_queue_io_error("open", path);
    gal_status st = lock(fd, F_WRLCK, path);
    pid_t pid = st == GAL_OK ? fork() : 0;
    if (st == GAL_OK && pid == 0) {
        struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int again = open(path, O_RDWR | O_CLOEXEC);
        _exit(again >= 0 && fcntl(again, F_SETLK, &l) != 0 && (errno == EAGAIN || errno == EACCES) ? 0 : 1);
    }
    if (st == GAL_OK && pid > 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (status != 0)
            st =
                gal_fail(GAL_EIO,
                         "%s: file locks do not work there: two processes held one at once. Use a local folder, mpirun "
                         "with the MPI plugin, or --part I/N in each job of an array",
                         q->folder);
    }
    close(fd); /* lets go of the lock */
    return st;
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
    if (fstat(own(q)->claims, &s) != 0 || (size_t)s.st_size != size ||
        pread(own(q)->claims, c, size, 0) != (ssize_t)size)
        memset(c, 0, size);
    GAL_TRY(gal_queue_read_states(q, logged, NULL));
    for (size_t i = 0; i < q->njob; i++) {
        bool said = c[i].state == QUEUE_DONE || c[i].state == QUEUE_FAILED;
        if (logged[i] != QUEUE_FREE)
            c[i].state = logged[i];
        else if (c[i].state != QUEUE_FREE &&
                 (c[i].state != QUEUE_CLAIMED || !(c[i].since <= gal_queue_wall() + q->lease)))
            c[i] = (claim){0};
        lost += said && logged[i] == QUEUE_FREE;
    }
    if (lost > 0)
        gal_log(GAL_LOG_WARN, "queue",
                "%s: the records of %zu of %zu jobs are lost, a log is damaged or gone: they are done again", q->folder,
                lost, q->njob);
    if (ftruncate(own(q)->claims, (off_t)size) != 0 || !gal_queue_write_all(own(q)->claims, c, size, 0) ||
        fsync(own(q)->claims) != 0)
        st = gal_queue_io_error("write", path);
out:
    gal_free(c);
    gal_free(logged);
    return st;
}

static gal_status open_shared(gal_queue *q, gal_hash what)
{
    gal_status st = GAL_OK;
    char path[1100];
    shared *s = q->own = GAL_NEW(shared);
    if (!s)
        return GAL_ENOMEM;
    s->claims = s->lead = -1;
    GAL_TRY(try_locks(q));
    gal_queue_path(q, "claims", path, sizeof path);
    if ((s->claims = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) < 0)
        GAL_TRY(gal_queue_io_error("open", path));
    GAL_TRY(lock(s->claims, F_WRLCK, path));
    st = gal_queue_check_jobs(q, what);
    if (st == GAL_OK)
        st = sync_claims(q, path);
    gal_status unlocked = lock(s->claims, F_UNLCK, path);
    st = st == GAL_OK ? unlocked : st;
out:
    return st;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_shared(gal_queue *q)
{
    if (!q->own)
        return;
    close_fd(&own(q)->claims);
    close_fd(&own(q)->lead);
    gal_free(q->own);
}

static gal_status fork_shared(gal_queue *q, size_t i, size_t n)
{
    (void)i;
    (void)n;
    char path[1100];
    close_fd(&own(q)->claims); /* an fcntl lock belongs to a process: the child needs its own descriptors */
    gal_queue_close_log(q);
    close_fd(&own(q)->lead);
    own(q)->watcher = getppid();
    gal_queue_path(q, "claims", path, sizeof path);
    return (own(q)->claims = open(path, O_RDWR | O_CLOEXEC)) < 0 ? gal_queue_io_error("open", path) : GAL_OK;
}

/* ------------------------------------------------------------------ claims */
static gal_status read_claims(gal_queue *q, claim *c)
{
    char path[1100];
    gal_queue_path(q, "claims", path, sizeof path);
    return pread(own(q)->claims, c, q->njob * sizeof *c, 0) == (ssize_t)(q->njob * sizeof *c)
               ? GAL_OK
               : gal_queue_io_error("read", path);
}

static gal_status write_claim(gal_queue *q, size_t job, const claim *c)
{
    char path[1100];
    gal_queue_path(q, "claims", path, sizeof path);
    return gal_queue_write_all(own(q)->claims, c, sizeof *c, (off_t)(job * sizeof *c))
               ? GAL_OK
               : gal_queue_io_error("write", path);
}

/* Its owner has not been heard of for a lease. */
static bool hangs(const gal_queue *q, const claim *c)
{
    return gal_queue_wall() - c->since > q->lease;
}

/* Its owner is gone with all its job, as after a power loss: no one is left to say whether this job was the reason. */
static bool orphaned(const gal_queue *q, const claim *c)
{
    return c->host == q->host && gal_queue_gone(c->pid) && (c->watcher == 0 || gal_queue_gone(c->watcher));
}

/* One more worker lost to this job: free for another, or failed when there have been too many. */
static gal_status count_crash(gal_queue *q, size_t job, claim *c)
{
    gal_status st = GAL_OK;
    c->state = QUEUE_FREE;
    if (++c->crashes >= GAL_QUEUE_CRASHES) {
        GAL_TRY(gal_queue_give_up(q, job));
        c->state = QUEUE_FAILED;
    }
    GAL_TRY(write_claim(q, job, c));
out:
    return st;
}

static gal_status claim_shared(gal_queue *q, size_t *job, size_t *left)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    bool locked = false;
    *job = SIZE_MAX;
    *left = 0;
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(lock(own(q)->claims, F_WRLCK, q->folder));
    locked = true;
    GAL_TRY(read_claims(q, c));
    for (size_t k = 0; k < q->njob; k++) {
        size_t i = (own(q)->hint + k) % q->njob;
        if (c[i].state == QUEUE_DONE || c[i].state == QUEUE_FAILED)
            continue;
        if (c[i].state == QUEUE_CLAIMED && hangs(q, &c[i])) {
            GAL_TRY(count_crash(q, i, &c[i]));
            if (c[i].state == QUEUE_FAILED)
                continue;
        }
        (*left)++;
        if (*job == SIZE_MAX && (c[i].state == QUEUE_FREE || orphaned(q, &c[i]))) {
            c[i] = (claim){QUEUE_CLAIMED, c[i].crashes, q->host, getpid(), own(q)->watcher, gal_queue_wall()};
            GAL_TRY(write_claim(q, i, &c[i]));
            *job = i;
            own(q)->hint = i + 1;
        }
    }
out:
    if (locked) {
        gal_status unlocked = lock(own(q)->claims, F_UNLCK, q->folder);
        st = st == GAL_OK ? unlocked : st;
    }
    gal_free(c);
    return st;
}

static gal_status died_shared(gal_queue *q, int64_t pid)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    bool locked = false;
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(lock(own(q)->claims, F_WRLCK, q->folder));
    locked = true;
    GAL_TRY(read_claims(q, c));
    for (size_t i = 0; i < q->njob; i++)
        if (c[i].state == QUEUE_CLAIMED && c[i].host == q->host && c[i].pid == pid)
            GAL_TRY(count_crash(q, i, &c[i]));
out:
    if (locked) {
        gal_status unlocked = lock(own(q)->claims, F_UNLCK, q->folder);
        st = st == GAL_OK ? unlocked : st;
    }
    gal_free(c);
    return st;
}

/* Changes one's own claim under the lock; a claim lost to another is left alone. */
static gal_status set_claim(gal_queue *q, size_t job, uint32_t state)
{
    gal_status st = lock(own(q)->claims, F_WRLCK, q->folder);
    if (st != GAL_OK)
        return st;
    claim c;
    if (pread(own(q)->claims, &c, sizeof c, (off_t)(job * sizeof c)) != (ssize_t)sizeof c)
        st = gal_queue_io_error("read", q->folder);
    bool ours = st == GAL_OK && c.state == QUEUE_CLAIMED && c.host == q->host && c.pid == getpid();
    if (ours || (st == GAL_OK && (state == QUEUE_DONE || state == QUEUE_FAILED))) {
        c.state = state;
        c.since = gal_queue_wall();
        st = write_claim(q, job, &c);
    }
    gal_status unlocked = lock(own(q)->claims, F_UNLCK, q->folder);
    return st == GAL_OK ? unlocked : st;
}

static gal_status renew_shared(gal_queue *q, size_t job)
{
    double now = gal_queue_wall(), often = q->lease / 3 < 30 ? q->lease / 3 : 30;
    if (fabs(now - own(q)->renewed) < often)
        return GAL_OK;
    own(q)->renewed = now;
    return set_claim(q, job, QUEUE_CLAIMED);
}

static gal_status release_shared(gal_queue *q, size_t job)
{
    return set_claim(q, job, QUEUE_FREE);
}

static gal_status finish_shared(gal_queue *q, size_t job, bool failed)
{
    return set_claim(q, job, failed ? QUEUE_FAILED : QUEUE_DONE);
}

static gal_status count_shared(gal_queue *q, gal_queue_counts *out)
{
    gal_status st = GAL_OK;
    claim *c = GAL_NEWN(claim, q->njob);
    *out = (gal_queue_counts){.jobs = q->njob};
    if (!c)
        return GAL_ENOMEM;
    GAL_TRY(read_claims(q, c)); /* a reader may see entries of different moments: good enough for progress */
    for (size_t i = 0; i < q->njob; i++) {
        out->done += c[i].state == QUEUE_DONE || c[i].state == QUEUE_FAILED;
        out->failed += c[i].state == QUEUE_FAILED;
        out->running += c[i].state == QUEUE_CLAIMED && !orphaned(q, &c[i]) && !hangs(q, &c[i]);
    }
out:
    gal_free(c);
    return st;
}

static gal_status lead_shared(gal_queue *q, bool *got)
{
    char path[1100];
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    gal_queue_path(q, "lead", path, sizeof path);
    *got = false;
    if (own(q)->lead < 0 && (own(q)->lead = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666)) < 0)
        return gal_queue_io_error("open", path);
    *got = fcntl(own(q)->lead, F_SETLK, &l) == 0;
    return *got || errno == EAGAIN || errno == EACCES ? GAL_OK : gal_queue_io_error("lock", path);
}

static gal_status wait_shared(gal_queue *q)
{
    (void)q;
    gal_queue_sleep(0.2);
    return GAL_OK;
}

const queue_kind gal_queue_shared = {
    .open = open_shared,
    .claim = claim_shared,
    .renew = renew_shared,
    .release = release_shared,
    .finished = finish_shared,
    .count = count_shared,
    .lead = lead_shared,
    .died = died_shared,
    .forked = fork_shared,
    .wait = wait_shared,
    .close = close_shared,
};
