/* galua/queue.h - many jobs, shared by processes and machines; finished work survives anything.
 *
 * The folder of a queue holds `jobs` (what the queue is) and one append-only log per worker, NAME.log: a record per finished job with
 * its checksum, on disk before the job counts as done. A record torn by kill -9, a full disk or a power loss, or damaged later, is
 * skipped; those before and behind it are kept. The logs are the truth: jobs whose records are lost are done again when the queue
 * is opened next.
 *
 * How work is shared out:
 *  - shared (usual): by `claims` in the folder under a file lock. Any process that can lock a file there may join or leave at any time,
 *    on one machine, under a launcher or a batch system; a folder whose locks keep nobody out is refused. A claim is a lease: freed at
 *    once when its owner, on the same machine, is dead; on another machine, or when the owner hangs, when it has not been renewed for
 *    `lease` seconds. A job whose owner hung, or died while the process that forked it lived on, CRASHES times counts as failed; owners
 *    that died with their whole job (kill -9, power loss) are not held against it.
 *  - a part: every parts-th job, from the part-th on. No locks, no messages: other parts are other processes' (a batch system's array).
 *  - ranks: rank 0 hands jobs out by messages (galua/ranks.h) and works too. A rank that died, if its launcher lets the others live,
 *    or has not been heard of for `lease` seconds loses its jobs to the others.
 * Parts and ranks keep no claims: a job that was taken up and not finished CRASHES times, in this run or before, counts as failed, and
 * such jobs are taken last.
 * Not thread-safe: one handle per process. */
#ifndef GAL_QUEUE_H
#define GAL_QUEUE_H
#include "galua/base.h"
#include "galua/ranks.h"
#ifdef __cplusplus
extern "C" {
#endif
enum { GAL_QUEUE_CRASHES = 5 };
typedef struct gal_queue gal_queue;
typedef struct gal_queue_counts {
    size_t jobs, done, failed, running; /* failed jobs are among those done */
} gal_queue_counts;
typedef struct gal_queue_options {
    double lease;       /* [s]; 0 = 600 */
    size_t part, parts; /* 1 .. parts; parts = 0: not a part */
    gal_ranks *ranks;   /* NULL: none; must outlive the queue */
} gal_queue_options;
/* Opens the folder, made when missing. `what` tells queues apart: GAL_EINVAL when the folder belongs to another (or to another number
 * of jobs). o: NULL = shared, lease 600 s. With ranks, every rank opens it, with the same arguments. */
GAL_API gal_status gal_queue_open(gal_queue **out, const char *folder, size_t njob, gal_hash what,
                                  const gal_queue_options *o);
GAL_API void gal_queue_close(gal_queue *q); /* NULL is fine; gives back what is claimed */
/* In a child process after fork, worker i of n (0 .. n-1): a log and claims of its own. The parent promises to call gal_queue_died
 * when it dies by a signal. GAL_EINVAL with ranks: each of them is a worker. */
GAL_API gal_status gal_queue_forked(gal_queue *q, size_t i, size_t n);
/* The next job nobody works on. *job = SIZE_MAX when there is none now; *left: jobs that are not done and may yet come here, others'
 * included; 0 = there will be none. */
GAL_API gal_status gal_queue_claim(gal_queue *q, size_t *job, size_t *left);
/* Until there may be news, at most 0.2 s. */
GAL_API gal_status gal_queue_wait(gal_queue *q);
/* Tells the others that this process is at work, and hears them: as often as is convenient, it is cheap (at least every lease/3). */
GAL_API gal_status gal_queue_renew(gal_queue *q, size_t job);
GAL_API gal_status gal_queue_release(gal_queue *q, size_t job); /* given back unfinished */
/* A child process that worked on the queue died by a signal. */
GAL_API gal_status gal_queue_died(gal_queue *q, int64_t pid);
/* Finished: the record is on disk when this returns. GAL_EIO (disk full, ...) leaves the log as it was and the job claimed. */
GAL_API gal_status gal_queue_done(gal_queue *q, size_t job, const void *data, size_t n, bool failed);
/* With ranks: all that rank 0 knows; on the others, what this rank did until rank 0 called it a day. */
GAL_API gal_status gal_queue_count(gal_queue *q, gal_queue_counts *out);
/* Every finished job in ascending order, once: fn(ctx, job, failed, data, n). Records of crashed jobs hold a message. */
typedef gal_status (*gal_queue_fn)(void *ctx, size_t job, bool failed, const unsigned char *data, size_t n);
GAL_API gal_status gal_queue_each(gal_queue *q, gal_queue_fn fn, void *ctx);
/* When all jobs are done: only one process at a time gets *got = true (until it closes the queue or dies). With ranks it is rank 0, after
 * the others have closed their logs; of a part never. */
GAL_API gal_status gal_queue_lead(gal_queue *q, bool *got);
/* Deletes the folder and what a queue keeps in it; other files in it make it fail. */
GAL_API gal_status gal_queue_remove(const char *folder);

/* Runs work(ctx, i) for i = 0 .. n-1 in processes of their own, forked from this one: they share its memory until they write to it.
 * died(ctx, pid) is told of each worker that dies by a signal; it is replaced when that returns true (NULL: never). watch is called about five times a second with
 * the number still running. Ctrl-C reaches the workers; the call waits for them. *bad: workers that ended with a status other than 0. */
typedef int (*gal_pool_fn)(void *ctx, int worker);
typedef void (*gal_pool_watch)(void *ctx, int running);
typedef bool (*gal_pool_died)(void *ctx, int64_t pid);
GAL_API gal_status gal_pool_run(int n, gal_pool_fn work, gal_pool_watch watch, gal_pool_died died, void *ctx, int *bad);
/* Runs `command` by the shell, in a process group of its own, with nothing to read, and waits. *code: its exit status, 128 + the signal that ended it.
 * Ctrl-C and the signals that ask the program to end are handed to the group: GAL_EINTR. */
GAL_API gal_status gal_shell(const char *command, int *code);
#ifdef __cplusplus
}
#endif
#endif
