/* A job queue (galua/queue.h): what all kinds share. */
#include "queue_int.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double gal_queue_wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void gal_queue_sleep(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&t, NULL); /* a signal ends it: who waits looks again */
}

bool gal_queue_gone(int64_t pid)
{
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static uint64_t this_host(void)
{
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    gal_hash h = gal_hash_bytes(name, strlen(name));
    uint64_t id;
    memcpy(&id, &h, sizeof id);
    return id;
}

void gal_queue_path(const gal_queue *q, const char *name, char *buf, size_t n)
{
    snprintf(buf, n, "%s/%s", q->folder, name);
}

gal_status gal_queue_io_error(const char *what, const char *path)
{
    return gal_fail(GAL_EIO, "%s: cannot %s: %s", path, what, strerror(errno));
}

bool gal_queue_write_all(int fd, const void *data, size_t n, int64_t at)
{
    const char *p = data;
    while (n > 0) {
        ssize_t w = at < 0 ? write(fd, p, n) : pwrite(fd, p, n, (off_t)at);
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

gal_status gal_queue_open(gal_queue **out, const char *folder, size_t njob, gal_hash what, const gal_queue_options *o)
{
    static const gal_queue_options usual;
    gal_status st = GAL_OK;
    *out = NULL;
    o = o ? o : &usual;
    if (njob == 0)
        return gal_fail(GAL_EINVAL, "%s: no jobs", folder);
    if (o->parts > 0 && !(o->part >= 1 && o->part <= o->parts))
        return gal_fail(GAL_EINVAL, "%s: part %zu of %zu", folder, o->part, o->parts);
    if (o->parts > 0 && o->ranks)
        return gal_fail(GAL_EINVAL, "%s: a part of a queue is not shared out to ranks", folder);
    if (strlen(folder) > 1000)
        return gal_fail(GAL_EINVAL, "the path of the queue is too long");
    gal_queue *q = GAL_NEW(gal_queue);
    if (!q)
        return GAL_ENOMEM;
    q->log = -1;
    q->njob = njob;
    q->part = o->part;
    q->parts = o->parts;
    q->ranks = o->ranks;
    q->lease = o->lease > 0 ? o->lease : 600;
    q->host = this_host();
    q->kind = o->ranks ? &gal_queue_ranked : o->parts > 0 ? &gal_queue_part : &gal_queue_shared;
    if (!(q->folder = gal_strdup(folder)))
        GAL_TRY(GAL_ENOMEM);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        GAL_TRY(gal_queue_io_error("make the folder", folder));
    GAL_TRY(q->kind->open(q, what));
    *out = q;
    q = NULL;
out:
    gal_queue_close(q);
    return st;
}

void gal_queue_close(gal_queue *q)
{
    if (!q)
        return;
    gal_queue_close_log(q);
    q->kind->close(q);
    gal_free(q->folder);
    gal_free(q);
}

gal_status gal_queue_forked(gal_queue *q, size_t i, size_t n)
{
    gal_queue_close_log(q);
    return q->kind->forked(q, i, n);
}

gal_status gal_queue_claim(gal_queue *q, size_t *job, size_t *left)
{
    return q->kind->claim(q, job, left);
}

gal_status gal_queue_wait(gal_queue *q)
{
    return q->kind->wait(q);
}

gal_status gal_queue_renew(gal_queue *q, size_t job)
{
    return q->kind->renew(q, job);
}

gal_status gal_queue_release(gal_queue *q, size_t job)
{
    return q->kind->release(q, job);
}

gal_status gal_queue_died(gal_queue *q, int64_t pid)
{
    return q->kind->died(q, pid);
}

gal_status gal_queue_done(gal_queue *q, size_t job, const void *data, size_t n, bool failed)
{
    if (job >= q->njob)
        return gal_fail(GAL_EINVAL, "queue: job %zu of %zu", job, q->njob);
    gal_status st = gal_queue_append(q, job, data, n, failed);
    return st == GAL_OK ? q->kind->finished(q, job, failed) : st;
}

gal_status gal_queue_count(gal_queue *q, gal_queue_counts *out)
{
    *out = (gal_queue_counts){.jobs = q->njob};
    return q->kind->count(q, out);
}

gal_status gal_queue_lead(gal_queue *q, bool *got)
{
    *got = false;
    return q->kind->lead(q, got);
}
