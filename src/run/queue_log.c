/* Logs of a job queue: a record per finished job with its checksum, appended to a file of the worker's own. They are the truth about
 * what is done, whatever kind of queue wrote them. Record: magic, flags, job, length, data, checksum of all of it. */
#define _GNU_SOURCE /* memmem */
#include "queue_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct jobs_file {
    uint32_t magic, version;
    uint64_t njob;
    gal_hash what;
} jobs_file;

/* at: where the data are in the log */
typedef gal_status (*record_fn)(void *ctx, const queue_record *r, const unsigned char *data, uint64_t at);

static gal_hash checksum(const queue_record *r, const void *data)
{
    return gal_hash_combine(gal_hash_bytes(r, sizeof *r), gal_hash_bytes(data, r->n));
}

/* A log that is read: one record in memory at a time. */
typedef struct reader {
    int fd;
    uint64_t size;
    unsigned char *buf;
    size_t room;
} reader;

static bool read_at(const reader *in, void *to, size_t n, uint64_t at)
{
    unsigned char *p = to;
    while (n > 0) {
        ssize_t got = pread(in->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return true;
}

/* The record at `at`, whole and with its checksum? Its data are in in->buf then. */
static gal_status record_at(reader *in, uint64_t at, size_t njob, queue_record *r, bool *whole)
{
    gal_hash want;
    *whole = false;
    if (in->size - at < sizeof *r + sizeof want || !read_at(in, r, sizeof *r, at))
        return GAL_OK;
    if ((r->magic != QUEUE_RECORD_MAGIC && r->magic != QUEUE_BEGUN_MAGIC) || r->job >= njob ||
        r->n > in->size - at - sizeof *r - sizeof want)
        return GAL_OK;
    size_t need = r->n + sizeof want;
    if (need > in->room) {
        unsigned char *more = gal_realloc(in->buf, need);
        if (!more)
            return GAL_ENOMEM;
        in->buf = more;
        in->room = need;
    }
    if (!read_at(in, in->buf, need, at + sizeof *r))
        return GAL_OK;
    memcpy(&want, in->buf + r->n, sizeof want);
    gal_hash got = checksum(r, in->buf);
    *whole = memcmp(&got, &want, sizeof got) == 0;
    return GAL_OK;
}

/* Where the next record may begin, from `at` on; the end of the log when nowhere. */
static uint64_t next_magic(const reader *in, uint64_t at)
{
    static const uint32_t magic[] = {QUEUE_RECORD_MAGIC, QUEUE_BEGUN_MAGIC};
    unsigned char block[1 << 14];
    while (at + sizeof *magic <= in->size) {
        size_t n = in->size - at < sizeof block ? (size_t)(in->size - at) : sizeof block;
        if (!read_at(in, block, n, at))
            break;
        const unsigned char *a = memmem(block, n, &magic[0], sizeof *magic),
                            *b = memmem(block, n, &magic[1], sizeof *magic);
        if (a || b)
            return at + (uint64_t)((a && (!b || a < b) ? a : b) - block);
        at += n - (sizeof *magic - 1);
    }
    return in->size;
}

/* Every whole record of one log. Behind damage the next one is looked for: each stands for itself. */
static gal_status read_log(const char *path, size_t njob, record_fn fn, void *ctx)
{
    gal_status st = GAL_OK;
    struct stat s;
    reader in = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (in.fd < 0 || fstat(in.fd, &s) != 0)
        GAL_TRY(gal_queue_io_error("read", path));
    if (!S_ISREG(s.st_mode))
        GAL_THROW(GAL_EFORMAT, "%s: not a regular file", path);
    in.size = (uint64_t)s.st_size;
    for (uint64_t at = 0; at < in.size;) {
        queue_record r;
        bool whole;
        GAL_TRY(record_at(&in, at, njob, &r, &whole));
        if (whole) {
            GAL_TRY(fn(ctx, &r, in.buf, at + sizeof r));
            at += sizeof r + r.n + sizeof(gal_hash);
        } else {
            at = next_magic(&in, at + 1);
        }
    }
out:
    if (in.fd >= 0)
        close(in.fd);
    gal_free(in.buf);
    return st;
}

static int is_log(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".log") == 0;
}

typedef struct logs {
    struct dirent **list;
    int n;
} logs;

static gal_status find_logs(const char *folder, logs *l)
{
    l->n = scandir(folder, &l->list, is_log, alphasort);
    return l->n < 0 ? gal_queue_io_error("read", folder) : GAL_OK;
}

static void free_logs(logs *l)
{
    for (int i = 0; i < l->n; i++)
        free(l->list[i]);
    if (l->n >= 0)
        free(l->list);
}

typedef struct states {
    uint32_t *state, *begun;
} states;

static gal_status mark_record(void *ctx, const queue_record *r, const unsigned char *data, uint64_t at)
{
    (void)data;
    (void)at;
    states *s = ctx;
    if (r->magic == QUEUE_BEGUN_MAGIC) {
        if (s->begun)
            s->begun[r->job] += r->failed ? -1u : 1u; /* given back, taken up */
    } else if (s->state[r->job] != QUEUE_DONE) {      /* a result goes before a failure */
        s->state[r->job] = r->failed ? QUEUE_FAILED : QUEUE_DONE;
    }
    return GAL_OK;
}

gal_status gal_queue_read_states(gal_queue *q, uint32_t *state, uint32_t *begun)
{
    states s = {state, begun};
    logs l = {0};
    gal_status st = find_logs(q->folder, &l);
    for (int i = 0; i < l.n && st == GAL_OK; i++) {
        char path[2200];
        gal_queue_path(q, l.list[i]->d_name, path, sizeof path);
        st = read_log(path, q->njob, mark_record, &s);
    }
    free_logs(&l);
    return st;
}

gal_status gal_queue_check_jobs(gal_queue *q, gal_hash what)
{
    char path[1100];
    gal_queue_path(q, "jobs", path, sizeof path);
    jobs_file want = {QUEUE_JOBS_MAGIC, 2, q->njob, what}, *have;
    if (!gal_file_exists(path))
        return gal_write_file(path, &want, sizeof want);
    char *text;
    size_t n;
    gal_status st = gal_read_file(path, &text, &n);
    if (st != GAL_OK)
        return st;
    have = (jobs_file *)(void *)text;
    char a[33], b[33];
    if (n != sizeof want || have->magic != QUEUE_JOBS_MAGIC)
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

/* ------------------------------------------------------------------ finished jobs */
void gal_queue_close_log(gal_queue *q)
{
    if (q->log >= 0)
        close(q->log);
    q->log = -1;
}

static gal_status open_log(gal_queue *q)
{
    if (q->log >= 0)
        return GAL_OK;
    for (int k = 0; k < 1000; k++) { /* two queues of one process within a millisecond */
        snprintf(q->log_path, sizeof q->log_path, "%s/%016llx-%lld-%.0f.log", q->folder, (unsigned long long)q->host,
                 (long long)getpid(), gal_queue_wall() * 1e3 + k);
        q->log = open(q->log_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0666);
        if (q->log >= 0 || errno != EEXIST)
            break;
    }
    return q->log < 0 ? gal_queue_io_error("make", q->log_path) : GAL_OK;
}

static gal_status append(gal_queue *q, uint32_t magic, size_t job, const void *data, size_t n, bool failed)
{
    gal_status st = GAL_OK;
    queue_record r = {magic, failed, job, n};
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
    if (!gal_queue_write_all(q->log, block, sizeof r + n + sizeof h, -1) ||
        (magic == QUEUE_RECORD_MAGIC && fsync(q->log) != 0)) {
        st = gal_queue_io_error("write", q->log_path);
        if (before < 0 || ftruncate(q->log, before) != 0)
            gal_queue_close_log(q); /* the torn record ends that log: go on in another */
    }
out:
    gal_free(block);
    return st;
}

gal_status gal_queue_append(gal_queue *q, size_t job, const void *data, size_t n, bool failed)
{
    return append(q, QUEUE_RECORD_MAGIC, job, data, n, failed);
}

gal_status gal_queue_append_begun(gal_queue *q, size_t job, bool back)
{
    return append(q, QUEUE_BEGUN_MAGIC, job, NULL, 0, back);
}

gal_status gal_queue_give_up(gal_queue *q, size_t job)
{
    char text[120];
    snprintf(text, sizeof text, "its worker died or hung %d times", GAL_QUEUE_CRASHES);
    return gal_queue_append(q, job, text, strlen(text), true);
}

/* ------------------------------------------------------------------ all of them, in order */
typedef struct found {
    bool there, failed;
    int log;
    size_t n;
    uint64_t at;
} found;

typedef struct finding {
    found *of;
    int log;
} finding;

static gal_status note_record(void *ctx, const queue_record *r, const unsigned char *data, uint64_t at)
{
    (void)data;
    finding *f = ctx;
    found *o = &f->of[r->job];
    /* the same job done twice has the same result; a result goes before a failure */
    if (r->magic == QUEUE_RECORD_MAGIC && (!o->there || (o->failed && !r->failed)))
        *o = (found){true, r->failed != 0, f->log, r->n, at};
    return GAL_OK;
}

enum { OPEN_LOGS = 128 }; /* descriptors at once */

/* Reads the data of one job; fd[]: the logs that are open, *open_n of them. */
static gal_status fetch(const gal_queue *q, const logs *l, int *fd, int *open_n, const found *f, reader *in)
{
    char path[2200];
    gal_queue_path(q, l->list[f->log]->d_name, path, sizeof path);
    if (fd[f->log] < 0) {
        for (int i = 0; *open_n >= OPEN_LOGS && i < l->n; i++)
            if (fd[i] >= 0) {
                close(fd[i]);
                fd[i] = -1;
                (*open_n)--;
            }
        if ((fd[f->log] = open(path, O_RDONLY | O_CLOEXEC)) < 0)
            return gal_queue_io_error("read", path);
        (*open_n)++;
    }
    if (f->n + 1 > in->room) {
        unsigned char *more = gal_realloc(in->buf, f->n + 1);
        if (!more)
            return GAL_ENOMEM;
        in->buf = more;
        in->room = f->n + 1;
    }
    in->fd = fd[f->log];
    return read_at(in, in->buf, f->n, f->at) ? GAL_OK : gal_queue_io_error("read", path);
}

gal_status gal_queue_each(gal_queue *q, gal_queue_fn fn, void *ctx)
{
    gal_status st = GAL_OK;
    logs l = {0};
    reader in = {.fd = -1};
    int *fd = NULL, open_n = 0;
    finding f = {GAL_NEWN(found, q->njob), 0};
    if (!f.of)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(find_logs(q->folder, &l));
    if (!(fd = GAL_NEWN(int, (size_t)l.n + 1)))
        GAL_TRY(GAL_ENOMEM);
    for (f.log = 0; f.log < l.n; f.log++) {
        char path[2200];
        fd[f.log] = -1;
        gal_queue_path(q, l.list[f.log]->d_name, path, sizeof path);
        GAL_TRY(read_log(path, q->njob, note_record, &f));
    }
    for (size_t i = 0; i < q->njob; i++)
        if (f.of[i].there) {
            GAL_TRY(fetch(q, &l, fd, &open_n, &f.of[i], &in));
            GAL_TRY(fn(ctx, i, f.of[i].failed, in.buf, f.of[i].n));
        }
out:
    for (int i = 0; fd && i < f.log; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    free_logs(&l);
    gal_free(fd);
    gal_free(in.buf);
    gal_free(f.of);
    return st;
}

gal_status gal_queue_remove(const char *folder)
{
    static const char *const own[] = {"jobs", "claims", "lead", "probe", "about"};
    gal_queue q = {.folder = (char *)(uintptr_t)folder};
    logs l;
    char path[2200];
    if (!gal_file_exists(folder))
        return GAL_OK;
    gal_status st = find_logs(folder, &l);
    for (int i = 0; i < l.n; i++) {
        gal_queue_path(&q, l.list[i]->d_name, path, sizeof path);
        unlink(path);
    }
    free_logs(&l);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        gal_queue_path(&q, own[i], path, sizeof path);
        unlink(path);
    }
    return rmdir(folder) == 0 || errno == ENOENT ? GAL_OK : gal_queue_io_error("remove", folder);
}
