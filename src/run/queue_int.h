/* The inside of a job queue (galua/queue.h): logs are the same for all kinds (queue_log.c); how work is shared out is the kind's. */
#ifndef GAL_QUEUE_INT_H
#define GAL_QUEUE_INT_H
#include "galua/queue.h"

enum { QUEUE_FREE, QUEUE_CLAIMED, QUEUE_DONE, QUEUE_FAILED };
#define QUEUE_RECORD_MAGIC 0x31524a47u /* "GJR1": a finished job */
#define QUEUE_BEGUN_MAGIC                                                                                              \
    0x31424a47u /* "GJB1": a job taken up (failed = 1: given back), by a kind that keeps no claims; no data */
#define QUEUE_JOBS_MAGIC 0x31514a47u

typedef struct queue_record {
    uint32_t magic, failed;
    uint64_t job, n;
} queue_record;

/* How work is shared out. Contracts as of gal_queue_NAME. */
typedef struct queue_kind {
    gal_status (*open)(gal_queue *q, gal_hash what);
    gal_status (*claim)(gal_queue *q, size_t *job, size_t *left); /* as gal_queue_claim, without waiting */
    gal_status (*renew)(gal_queue *q, size_t job);
    gal_status (*release)(gal_queue *q, size_t job);
    gal_status (*finished)(gal_queue *q, size_t job, bool failed); /* its record is on disk */
    gal_status (*count)(gal_queue *q, gal_queue_counts *out);
    gal_status (*lead)(gal_queue *q, bool *got);
    gal_status (*died)(gal_queue *q, int64_t pid);
    gal_status (*forked)(gal_queue *q, size_t i, size_t n);
    gal_status (*wait)(gal_queue *q);
    void (*close)(gal_queue *q); /* of whatever open left, also when it failed */
} queue_kind;
extern const queue_kind gal_queue_shared, gal_queue_part, gal_queue_ranked;

struct gal_queue {
    const queue_kind *kind;
    void *own; /* the kind's */
    char *folder, log_path[1100];
    size_t njob, part, parts;
    double lease;
    uint64_t host;
    gal_ranks *ranks;
    int log; /* file descriptor, -1 = not open */
};

double gal_queue_wall(void); /* wall clock [s] */
void gal_queue_sleep(double seconds);
bool gal_queue_gone(int64_t pid); /* no such process on this machine */
void gal_queue_path(const gal_queue *q, const char *name, char *buf, size_t n);
gal_status gal_queue_io_error(const char *what, const char *path);
bool gal_queue_write_all(int fd, const void *data, size_t n, int64_t at); /* at < 0: where the file stands */

/* Makes the description of the queue, or compares it. */
gal_status gal_queue_check_jobs(gal_queue *q, gal_hash what);
/* state[njob]: QUEUE_FREE, _DONE or _FAILED; begun[njob] (may be NULL): how often a job was taken up and not given back. */
gal_status gal_queue_read_states(gal_queue *q, uint32_t *state, uint32_t *begun);
gal_status gal_queue_append(gal_queue *q, size_t job, const void *data, size_t n, bool failed);
/* Taken up, or given back. Not made sure of on disk. */
gal_status gal_queue_append_begun(gal_queue *q, size_t job, bool back);
/* The record of a job that cost too many workers. */
gal_status gal_queue_give_up(gal_queue *q, size_t job);
void gal_queue_close_log(gal_queue *q);
#endif
