/* A job queue shared out by messages (galua/queue.h, galua/ranks.h): rank 0 keeps the list and works too, the others ask it. A rank asks
 * for more when it takes up the last job it has, so that it never waits for a rank 0 that is at work. Results do not travel: each rank
 * appends to its own log. A message is 64 words: what, conversation, then the words named below. */
#include "queue_int.h"

#include <string.h>
#include <unistd.h>

enum what {
    HELLO, /* to 0: host, process */
    START, /* from 0: 0 = the folder is fit for use; its process, host */
    WANT,  /* to 0 */
    GIVE,  /* from 0: n, jobs */
    DONE,  /* to 0: job, failed */
    BACK,  /* to 0: job */
    ALIVE, /* both ways */
    STOP,  /* from 0: jobs done, failed, and whether ranks were lost: there is no more */
    BYE    /* to 0: its log is closed */
};
enum { HEAD = 2, MOST = GAL_RANKS_WORDS - HEAD - 1 };

typedef struct peer {
    uint64_t host;
    int64_t pid;
    double heard;
    size_t has;              /* jobs that it was given and has not finished */
    bool here, wants, ended; /* ended: said BYE, or lost */
} peer;

/* rank 0's */
typedef struct boss {
    uint32_t *state, *begun;
    int32_t *owner;
    uint64_t *turn;                    /* when a job was given: the first of an owner's is the one in hand */
    size_t *todo, head, n;             /* a ring of njob: jobs to be given */
    size_t left, done, failed, handed; /* left: not done */
    peer *peer;
} boss;

typedef struct ranked {
    gal_ranks *ranks;
    int me, count;
    uint64_t serial;
    boss *boss; /* NULL: not rank 0 */
    size_t mine[MOST], nmine, at;
    bool asked, stopped, lost;
    size_t done, failed; /* of all when stopped, else this rank's */
    uint64_t host0;
    int64_t pid0;
    double heard, sent; /* of and to rank 0; of rank 0: the last round of ALIVE */
} ranked;

static ranked *own(const gal_queue *q)
{
    return q->own;
}

static gal_status tell(ranked *r, int to, enum what what, size_t n, const uint64_t *words)
{
    uint64_t w[GAL_RANKS_WORDS] = {what, r->serial};
    for (size_t i = 0; i < n; i++)
        w[HEAD + i] = words[i];
    r->sent = to == 0 ? gal_queue_wall() : r->sent;
    return gal_ranks_send(r->ranks, to, w);
}

/* To a worker; that it does not get it is found out by its silence. */
static void tell_worker(ranked *r, int to, enum what what, size_t n, const uint64_t *words)
{
    if (tell(r, to, what, n, words) != GAL_OK)
        gal_error_clear();
}

/* ------------------------------------------------------------------ rank 0 */
static void push(gal_queue *q, size_t job)
{
    boss *b = own(q)->boss;
    b->state[job] = QUEUE_FREE;
    b->todo[(b->head + b->n++) % q->njob] = job;
}

static size_t pop(gal_queue *q, int to)
{
    boss *b = own(q)->boss;
    size_t job = b->todo[b->head];
    b->head = (b->head + 1) % q->njob;
    b->n--;
    b->state[job] = QUEUE_CLAIMED;
    b->owner[job] = to;
    b->turn[job] = b->handed++;
    b->peer[to].has++;
    return job;
}

static void settle(gal_queue *q, size_t job, bool failed)
{
    boss *b = own(q)->boss;
    if (b->state[job] == QUEUE_CLAIMED)
        b->peer[b->owner[job]].has--;
    if (b->state[job] == QUEUE_DONE || b->state[job] == QUEUE_FAILED)
        return;
    if (b->state[job] == QUEUE_FREE) /* its rank had been given up, and was alive */
        for (size_t k = 0; k < b->n; k++) {
            size_t *slot = &b->todo[(b->head + k) % q->njob];
            if (*slot == job) {
                *slot = b->todo[b->head];
                b->head = (b->head + 1) % q->njob;
                b->n--;
                break;
            }
        }
    b->state[job] = failed ? QUEUE_FAILED : QUEUE_DONE;
    b->left--;
    b->done++;
    b->failed += failed;
}

static void stop_worker(gal_queue *q, int to)
{
    ranked *r = own(q);
    tell_worker(r, to, STOP, 3, (uint64_t[]){r->boss->done, r->boss->failed, r->lost});
    r->boss->peer[to].wants = false;
}

/* Jobs for a rank that wants some: many while there are many, one by one at the end. */
static void serve(gal_queue *q, int to)
{
    ranked *r = own(q);
    boss *b = r->boss;
    uint64_t w[1 + MOST];
    if (b->left == 0) {
        stop_worker(q, to);
        return;
    }
    size_t n = b->n / (8 * (size_t)r->count) + 1;
    n = n > MOST - 1 ? MOST - 1 : n;
    n = n > b->n ? b->n : n;
    if (n == 0)
        return; /* it waits: others may give jobs back */
    for (size_t k = 0; k < n; k++)
        w[1 + k] = pop(q, to);
    w[0] = n;
    b->peer[to].wants = false;
    tell_worker(r, to, GIVE, 1 + n, w);
}

/* A rank that died or fell silent: what it had is free again; what it had in hand has cost one more worker. */
static gal_status lose(gal_queue *q, int who)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    boss *b = r->boss;
    size_t hand = SIZE_MAX;
    b->peer[who].ended = true;
    b->peer[who].wants = false;
    r->lost = true;
    for (size_t i = 0; i < q->njob; i++)
        if (b->state[i] == QUEUE_CLAIMED && b->owner[i] == who && (hand == SIZE_MAX || b->turn[i] < b->turn[hand]))
            hand = i;
    gal_log(GAL_LOG_WARN, "queue", "rank %d is gone with %zu jobs: others do them", who, b->peer[who].has);
    for (size_t i = 0; i < q->njob; i++) {
        if (b->state[i] != QUEUE_CLAIMED || b->owner[i] != who)
            continue;
        if (i == hand && ++b->begun[i] >= GAL_QUEUE_CRASHES) {
            GAL_TRY(gal_queue_give_up(q, i));
            settle(q, i, true);
        } else {
            b->peer[who].has--;
            push(q, i);
        }
    }
out:
    return st;
}

static gal_status heed(gal_queue *q, int from, const uint64_t *w)
{
    boss *b = own(q)->boss;
    peer *p = &b->peer[from];
    size_t job = (size_t)w[HEAD];
    bool dead = p->here && p->host == q->host && gal_queue_gone(p->pid);
    p->heard = gal_queue_wall();
    p->ended = p->ended && dead; /* it was only silent */
    switch ((enum what)w[0]) {
    case HELLO:
        p->host = w[HEAD];
        p->pid = (int64_t)w[HEAD + 1];
        p->here = true;
        tell_worker(own(q), from, START, 3, (uint64_t[]){0, (uint64_t)getpid(), q->host});
        break;
    case WANT:
        p->wants = !dead;
        break; /* its last word */
    case DONE:
        if (job < q->njob)
            settle(q, job, w[HEAD + 1] != 0);
        break;
    case BACK:
        if (job < q->njob && b->state[job] == QUEUE_CLAIMED && b->owner[job] == from) {
            p->has--;
            push(q, job);
        }
        break;
    case BYE:
        p->ended = true;
        break;
    default:
        break;
    }
    return GAL_OK;
}

/* Hears what there is, gives what is wanted, and looks now and then who is still there. */
static gal_status round_of_boss(gal_queue *q)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    boss *b = r->boss;
    uint64_t w[GAL_RANKS_WORDS];
    for (int from = 0;;) {
        GAL_TRY(gal_ranks_poll(r->ranks, &from, w));
        if (from < 0)
            break;
        GAL_TRY(heed(q, from, w));
    }
    double now = gal_queue_wall(), often = q->lease / 3 < 30 ? q->lease / 3 : 30;
    bool look = now - r->heard > 0.5 || now<r->heard, call = now - r->sent> often || now < r->sent;
    for (int k = 1; k < r->count; k++) {
        peer *p = &b->peer[k];
        bool gone = look && p->here && p->host == q->host && gal_queue_gone(p->pid);
        if (!p->ended && (gone || now - p->heard > q->lease))
            GAL_TRY(lose(q, k));
        if (call && !p->ended && p->here)
            tell_worker(r, k, ALIVE, 0, NULL);
    }
    for (int k = 1; k < r->count; k++)
        if (b->peer[k].wants)
            serve(q, k);
    r->heard = look ? now : r->heard;
    r->sent = call ? now : r->sent;
out:
    return st;
}

static gal_status open_boss(gal_queue *q, gal_hash what)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    boss *b = r->boss = GAL_NEW(boss);
    size_t n = q->njob;
    if (!b)
        return GAL_ENOMEM;
    b->state = GAL_NEWN(uint32_t, n);
    b->begun = GAL_NEWN(uint32_t, n);
    b->owner = GAL_NEWN(int32_t, n);
    b->turn = GAL_NEWN(uint64_t, n);
    b->todo = GAL_NEWN(size_t, n);
    b->peer = GAL_NEWN(peer, (size_t)r->count);
    if (!b->state || !b->begun || !b->owner || !b->turn || !b->todo || !b->peer)
        GAL_TRY(GAL_ENOMEM);
    for (int k = 0; k < r->count; k++)
        b->peer[k].heard = gal_queue_wall();
    GAL_TRY(gal_queue_check_jobs(q, what));
    GAL_TRY(gal_queue_read_states(q, b->state, b->begun));
    b->left = n;
    for (size_t i = 0; i < n; i++)
        if (b->state[i] != QUEUE_FREE) {
            b->left--;
            b->done++;
            b->failed += b->state[i] == QUEUE_FAILED;
        }
    for (int suspects = 0; suspects < 2; suspects++) /* what was begun before, and may kill its rank, comes last */
        for (size_t i = 0; i < n; i++) {
            if (b->state[i] != QUEUE_FREE || (b->begun[i] > 0) != suspects)
                continue;
            if (b->begun[i] < GAL_QUEUE_CRASHES) {
                push(q, i);
                continue;
            }
            GAL_TRY(gal_queue_give_up(q, i));
            settle(q, i, true);
        }
out:
    return st;
}

/* ------------------------------------------------------------------ the others */
static gal_status round_of_worker(gal_queue *q)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    uint64_t w[GAL_RANKS_WORDS];
    for (int from = 0;;) {
        GAL_TRY(gal_ranks_poll(r->ranks, &from, w));
        if (from < 0)
            break;
        r->heard = gal_queue_wall();
        if (w[0] == START) {
            r->pid0 = (int64_t)w[HEAD + 1];
            r->host0 = w[HEAD + 2];
        } else if (w[0] == GIVE && w[HEAD] <= MOST - 1 - (r->nmine - r->at)) {
            memmove(r->mine, r->mine + r->at, (r->nmine - r->at) * sizeof *r->mine);
            r->nmine -= r->at;
            r->at = 0;
            for (size_t k = 0; k < w[HEAD]; k++)
                if (w[HEAD + 1 + k] < q->njob)
                    r->mine[r->nmine++] = (size_t)w[HEAD + 1 + k];
            r->asked = false;
        } else if (w[0] == STOP) {
            r->stopped = true;
            r->done = (size_t)w[HEAD];
            r->failed = (size_t)w[HEAD + 1];
            r->lost = w[HEAD + 2] != 0;
        }
    }
    double now = gal_queue_wall(), often = q->lease / 3 < 30 ? q->lease / 3 : 30;
    if (!r->stopped && (now - r->sent > often || now < r->sent))
        GAL_TRY(tell(r, 0, ALIVE, 0, NULL));
    bool gone = r->pid0 && r->host0 == q->host && gal_queue_gone(r->pid0);
    if (!r->stopped && (gone || now - r->heard > q->lease))
        GAL_THROW(GAL_EIO, "rank 0 %s: start the same command again, it goes on with the rest",
                  gone ? "is gone" : "has fallen silent");
out:
    return st;
}

/* Rank 0 says when the folder is there. */
static gal_status open_worker(gal_queue *q, gal_hash what)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    r->heard = gal_queue_wall();
    GAL_TRY(tell(r, 0, HELLO, 2, (uint64_t[]){q->host, (uint64_t)getpid()}));
    while (!r->pid0 && !gal_interrupted()) {
        GAL_TRY(round_of_worker(q));
        gal_queue_sleep(0.002);
    }
    if (gal_interrupted())
        GAL_THROW(GAL_EINTR, "interrupted");
    GAL_TRY(gal_queue_check_jobs(q, what));
out:
    return st;
}

/* ------------------------------------------------------------------ both */
static gal_status round_of(gal_queue *q)
{
    return own(q)->boss ? round_of_boss(q) : round_of_worker(q);
}

static gal_status open_ranked(gal_queue *q, gal_hash what)
{
    ranked *r = q->own = GAL_NEW(ranked);
    if (!r)
        return GAL_ENOMEM;
    r->ranks = q->ranks;
    r->me = gal_ranks_me(q->ranks);
    r->count = gal_ranks_count(q->ranks);
    r->serial = gal_ranks_begin(q->ranks);
    return r->me == 0 ? open_boss(q, what) : open_worker(q, what);
}

static void close_ranked(gal_queue *q)
{
    ranked *r = own(q);
    if (!r)
        return;
    if (r->boss) {
        gal_free(r->boss->state);
        gal_free(r->boss->begun);
        gal_free(r->boss->owner);
        gal_free(r->boss->turn);
        gal_free(r->boss->todo);
        gal_free(r->boss->peer);
        gal_free(r->boss);
    }
    gal_free(r);
}

static gal_status claim_ranked(gal_queue *q, size_t *job, size_t *left)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    *job = SIZE_MAX;
    *left = 1;
    GAL_TRY(round_of(q));
    if (r->boss) {
        *left = r->boss->left;
        *job = r->boss->n > 0 ? pop(q, 0) : SIZE_MAX;
    } else {
        if (r->at < r->nmine)
            *job = r->mine[r->at++];
        if (r->at == r->nmine && !r->asked && !r->stopped) {
            r->asked = true;
            GAL_TRY(tell(r, 0, WANT, 0, NULL));
        }
        *left = *job == SIZE_MAX && r->stopped ? 0 : 1;
    }
    if (*job != SIZE_MAX)
        GAL_TRY(gal_queue_append_begun(q, *job, false));
out:
    return st;
}

static gal_status wait_ranked(gal_queue *q)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    for (double end = gal_queue_wall() + 0.2; gal_queue_wall() < end && !gal_interrupted();) {
        GAL_TRY(round_of(q));
        if (r->boss ? r->boss->n > 0 || r->boss->left == 0 : r->at < r->nmine || r->stopped)
            break;
        gal_queue_sleep(0.001);
    }
out:
    return st;
}

static gal_status renew_ranked(gal_queue *q, size_t job)
{
    (void)job;
    return round_of(q);
}

static gal_status release_ranked(gal_queue *q, size_t job)
{
    ranked *r = own(q);
    gal_status st = gal_queue_append_begun(q, job, true);
    if (!r->boss)
        return st == GAL_OK ? tell(r, 0, BACK, 1, (uint64_t[]){job}) : st;
    if (r->boss->state[job] == QUEUE_CLAIMED && r->boss->owner[job] == 0) {
        r->boss->peer[0].has--;
        push(q, job);
    }
    return st;
}

static gal_status finish_ranked(gal_queue *q, size_t job, bool failed)
{
    ranked *r = own(q);
    if (r->boss) {
        settle(q, job, failed);
        return GAL_OK;
    }
    r->done++;
    r->failed += failed;
    return tell(r, 0, DONE, 2, (uint64_t[]){job, failed});
}

static gal_status count_ranked(gal_queue *q, gal_queue_counts *out)
{
    ranked *r = own(q);
    out->done = r->boss ? r->boss->done : r->done;
    out->failed = r->boss ? r->boss->failed : r->failed;
    for (int k = 0; r->boss && k < r->count; k++)
        out->running += r->boss->peer[k].has > 0;
    return GAL_OK;
}

/* All is done: the others close their logs and say so; then rank 0 has them all. */
static gal_status lead_ranked(gal_queue *q, bool *got)
{
    gal_status st = GAL_OK;
    ranked *r = own(q);
    if (!r->boss) {
        gal_queue_close_log(q);
        GAL_TRY(tell(r, 0, BYE, 0, NULL));
    }
    while (r->boss && !gal_interrupted()) {
        bool all = true;
        GAL_TRY(round_of_boss(q));
        for (int k = 1; k < r->count; k++)
            all = all && r->boss->peer[k].ended;
        if (all)
            break;
        gal_queue_sleep(0.001);
    }
    *got = r->boss && !gal_interrupted();
    gal_ranks_end(r->ranks, r->lost);
out:
    return st;
}

static gal_status died_ranked(gal_queue *q, int64_t pid)
{
    (void)q;
    return gal_fail(GAL_EINVAL, "queue: process %lld is no child of a rank", (long long)pid);
}

static gal_status fork_ranked(gal_queue *q, size_t i, size_t n)
{
    (void)i;
    (void)n;
    return gal_fail(GAL_EINVAL, "%s: a rank does not fork workers, it is one", q->folder);
}

const queue_kind gal_queue_ranked = {
    .open = open_ranked,
    .claim = claim_ranked,
    .renew = renew_ranked,
    .release = release_ranked,
    .finished = finish_ranked,
    .count = count_ranked,
    .lead = lead_ranked,
    .died = died_ranked,
    .forked = fork_ranked,
    .wait = wait_ranked,
    .close = close_ranked,
};
