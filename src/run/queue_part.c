/* A part of a job queue (galua/queue.h): every parts-th job. What is done is in the logs; nothing is shared while at work but, between the
 * processes forked from one, two counters. */
#include "queue_int.h"

#include <stdatomic.h>
#include <sys/mman.h>

typedef struct counters {
    _Atomic size_t done, failed;
} counters;

typedef struct part {
    uint32_t *state, *begun;
    size_t first, step, next; /* jobs first, first + step, ...; those before `next` were looked at */
    bool suspects;            /* the second time round: those that were begun before */
    counters *sum;            /* of the whole queue as this process and its forks know it */
} part;

static part *own(const gal_queue *q)
{
    return q->own;
}

/* What the logs say; *done and *failed of the whole queue. */
static gal_status look(gal_queue *q, size_t *done, size_t *failed)
{
    part *p = own(q);
    *done = *failed = 0;
    for (size_t i = 0; i < q->njob; i++)
        p->state[i] = p->begun[i] = 0;
    gal_status st = gal_queue_read_states(q, p->state, p->begun);
    for (size_t i = 0; i < q->njob; i++) {
        *failed += p->state[i] == QUEUE_FAILED;
        *done += p->state[i] != QUEUE_FREE;
    }
    return st;
}

static gal_status open_part(gal_queue *q, gal_hash what)
{
    gal_status st = GAL_OK;
    size_t done, failed;
    part *p = q->own = GAL_NEW(part);
    if (!p)
        return GAL_ENOMEM;
    p->first = p->next = q->part - 1;
    p->step = q->parts;
    p->state = GAL_NEWN(uint32_t, q->njob);
    p->begun = GAL_NEWN(uint32_t, q->njob);
    p->sum = mmap(NULL, sizeof *p->sum, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p->sum == MAP_FAILED)
        p->sum = NULL;
    if (!p->state || !p->begun || !p->sum)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_queue_check_jobs(q, what));
    GAL_TRY(look(q, &done, &failed));
    atomic_store(&p->sum->done, done);
    atomic_store(&p->sum->failed, failed);
out:
    return st;
}

static void close_part(gal_queue *q)
{
    part *p = own(q);
    if (!p)
        return;
    if (p->sum)
        munmap(p->sum, sizeof *p->sum);
    gal_free(p->state);
    gal_free(p->begun);
    gal_free(p);
}

/* Worker i of n takes each n-th job of the part. */
static gal_status fork_part(gal_queue *q, size_t i, size_t n)
{
    part *p = own(q);
    size_t done, failed;
    p->first = p->next = q->part - 1 + i * q->parts;
    p->step = n * q->parts;
    p->suspects = false;
    return look(q, &done, &failed);
}

static gal_status finish_part(gal_queue *q, size_t job, bool failed)
{
    part *p = own(q);
    p->state[job] = failed ? QUEUE_FAILED : QUEUE_DONE;
    atomic_fetch_add(&p->sum->done, 1);
    if (failed)
        atomic_fetch_add(&p->sum->failed, 1);
    return GAL_OK;
}

static gal_status claim_part(gal_queue *q, size_t *job, size_t *left)
{
    part *p = own(q);
    *job = SIZE_MAX;
    *left = 0;
    for (;; p->next += p->step) {
        if (p->next >= q->njob) {
            if (p->suspects)
                return GAL_OK;
            p->suspects = true;
            p->next = p->first;
            if (p->next >= q->njob)
                return GAL_OK;
        }
        size_t i = p->next;
        if (p->state[i] != QUEUE_FREE || (p->begun[i] > 0) != p->suspects)
            continue;
        if (p->begun[i] < GAL_QUEUE_CRASHES)
            break;
        gal_status st = gal_queue_give_up(q, i);
        if (st != GAL_OK)
            return st;
        finish_part(q, i, true);
    }
    size_t i = p->next;
    p->next += p->step;
    *job = i;
    *left = 1;
    p->state[i] = QUEUE_CLAIMED;
    return gal_queue_append_begun(q, i, false);
}

static gal_status keep_part(gal_queue *q, size_t job)
{
    (void)q;
    (void)job;
    return GAL_OK;
}

static gal_status release_part(gal_queue *q, size_t job)
{
    own(q)->state[job] = QUEUE_FREE;
    return gal_queue_append_begun(q, job, true);
}

static gal_status count_part(gal_queue *q, gal_queue_counts *out)
{
    out->done = atomic_load(&own(q)->sum->done);
    out->failed = atomic_load(&own(q)->sum->failed);
    return GAL_OK;
}

static gal_status lead_part(gal_queue *q, bool *got)
{
    (void)q;
    *got = false;
    return GAL_OK;
}

static gal_status died_part(gal_queue *q, int64_t pid)
{
    (void)q;
    (void)pid; /* the log has what it began */
    return GAL_OK;
}

static gal_status wait_part(gal_queue *q)
{
    (void)q;
    gal_queue_sleep(0.2);
    return GAL_OK;
}

const queue_kind gal_queue_part = {
    .open = open_part,
    .claim = claim_part,
    .renew = keep_part,
    .release = release_part,
    .finished = finish_part,
    .count = count_part,
    .lead = lead_part,
    .died = died_part,
    .forked = fork_part,
    .wait = wait_part,
    .close = close_part,
};
