/* The state of an ensemble as bytes: what a resumed run needs to continue bit for bit. The stored samples are not in it: they are
 * in the results file anyway, and only the walkers' present positions and counters decide what comes next.
 *
 * Layout: 8-byte words (integers, or doubles by their bits) behind the magic number, closed by the hash of all before. Byte
 * order is the machine's; the magic number tells a foreign one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ensemble_int.h"

#define MAGIC 0x334154535f4c4147ull /* "GAL_STA3" */
#define NHEAD 16

typedef struct {
    unsigned char *p;
    size_t at, size; /* p NULL: only counts */
    bool reading;
} stream;

static void words(stream *s, void *v, size_t n)
{
    if (s->p && s->at + 8 * n <= s->size) {
        if (s->reading)
            memcpy(v, s->p + s->at, 8 * n);
        else
            memcpy(s->p + s->at, v, 8 * n);
    }
    s->at += 8 * n;
}

static void head(stream *s, uint64_t *h)
{
    words(s, h, NHEAD);
}

/* Reading: the covariance is allocated here. false: no memory. */
static bool moves(stream *s, gal_ensemble *e)
{
    for (size_t i = 0; i < e->nmoves; i++) {
        gal_move *m = &e->moves[i];
        uint64_t n[5] = {m->kind, m->subset, m->mode, m->tune, m->cov ? m->ncov : 0};
        words(s, n, 5);
        words(s, &m->weight, 1);
        words(s, &m->a, 1);
        words(s, &m->gamma, 1);
        words(s, &m->sigma, 1);
        words(s, &m->jump, 1);
        words(s, &m->bandwidth, 1);
        words(s, &m->factor, 1);
        words(s, &m->mu, 1);
        words(s, &m->custom.key, 2);
        if (s->reading) {
            m->kind = (gal_move_kind)n[0];
            m->subset = n[1];
            m->mode = (gal_move_mode)n[2];
            m->tune = n[3];
            m->ncov = n[4];
            double *cov = n[4] > 0 && n[4] <= e->d * e->d ? GAL_NEWN(double, n[4]) : NULL;
            if (n[4] > 0 && !cov)
                return false;
            m->cov = cov;
        }
        if (m->cov)
            words(s, (void *)m->cov, m->ncov);
    }
    return true;
}

static void body(stream *s, gal_ensemble *e)
{
    words(s, e->x, e->W * e->d);
    words(s, e->lnprior, e->W);
    words(s, e->lnlike, e->W);
    words(s, e->blob, e->W * e->nb);
    words(s, e->total, e->W);
    words(s, e->recent, e->W);
    words(s, e->tau, e->d);
    words(s, e->tried, GAL_MOVES_MAX);
    words(s, e->taken, GAL_MOVES_MAX);
    words(s, e->balanced, GAL_MOVES_MAX);
    words(s, e->tuned, GAL_MOVES_MAX);
    words(s, &e->seconds, 1);
}

static void fill_head(const gal_ensemble *e, uint64_t h[NHEAD])
{
    const uint64_t v[NHEAD] = {MAGIC,          e->d,    e->nb,      e->W,      e->nmoves,  e->seed,
                               e->source,      e->thin, e->force,   e->step,   e->nstored, e->tau_step,
                               e->evaluations, e->end,  e->started, e->changed};
    memcpy(h, v, sizeof v);
}

gal_status gal_ensemble_state(const gal_ensemble *ce, unsigned char **bytes, size_t *n)
{
    gal_ensemble *e = (gal_ensemble *)ce; /* writing streams only read it */
    uint64_t h[NHEAD];
    stream s = {0};
    fill_head(e, h);
    head(&s, h);
    moves(&s, e);
    body(&s, e);
    size_t size = s.at + sizeof(gal_hash);
    unsigned char *p = gal_alloc(size);
    if (!p)
        return GAL_ENOMEM;
    s = (stream){.p = p, .size = size - sizeof(gal_hash)};
    head(&s, h);
    moves(&s, e);
    body(&s, e);
    gal_hash sum = gal_hash_bytes(p, s.at);
    memcpy(p + s.at, &sum, sizeof sum);
    *bytes = p;
    *n = size;
    return GAL_OK;
}

static gal_status check_bytes(const unsigned char *bytes, size_t n, uint64_t h[NHEAD])
{
    stream s = {.p = (unsigned char *)bytes, .size = n, .reading = true};
    if (n < 8 * NHEAD + sizeof(gal_hash))
        return gal_fail(GAL_EFORMAT, "state of the ensemble: %zu bytes are too few; the file is truncated", n);
    head(&s, h);
    if (h[0] != MAGIC)
        return gal_fail(GAL_EFORMAT, "state of the ensemble: not written by this program on this kind of machine");
    gal_hash sum = gal_hash_bytes(bytes, n - sizeof sum), kept;
    memcpy(&kept, bytes + n - sizeof kept, sizeof kept);
    if (sum.lo != kept.lo || sum.hi != kept.hi)
        return gal_fail(GAL_EFORMAT, "state of the ensemble: its checksum does not match; the file is damaged");
    return GAL_OK;
}

gal_status gal_ensemble_state_nstored(const unsigned char *bytes, size_t n, size_t *nwalkers, size_t *nstored)
{
    uint64_t h[NHEAD];
    gal_status st = check_bytes(bytes, n, h);
    if (st == GAL_OK) {
        *nwalkers = h[3];
        *nstored = h[10];
    }
    return st;
}

static gal_status copy_samples(gal_ensemble *e, size_t n, const double *chain, const double *lnprior,
                               const double *lnlike, const double *blobs, const double *accepted)
{
    size_t W = e->W;
    gal_status st = ensemble_make_room(e, n);
    if (st != GAL_OK || n == 0)
        return st;
    memcpy(e->c_x, chain, n * W * e->d * sizeof *chain);
    memcpy(e->c_lnprior, lnprior, n * W * sizeof *chain);
    memcpy(e->c_lnlike, lnlike, n * W * sizeof *chain);
    memcpy(e->c_acc, accepted, n * W * sizeof *chain);
    if (e->nb > 0)
        memcpy(e->c_blob, blobs, n * W * e->nb * sizeof *chain);
    e->nstored = n;
    return GAL_OK;
}

gal_status gal_ensemble_restore(gal_ensemble **out, const gal_target *t, const unsigned char *bytes, size_t n,
                                const double *chain, const double *lnprior, const double *lnlike, const double *blobs,
                                const double *accepted)
{
    uint64_t h[NHEAD];
    gal_ensemble *e = NULL;
    gal_status st = check_bytes(bytes, n, h);
    if (st != GAL_OK)
        return st;
    if (h[1] != t->ndim || h[2] != t->nblob)
        return gal_fail(
            GAL_EFORMAT,
            "state of the ensemble: it has %llu parameters and %llu derived quantities, this model %zu and %zu; it "
            "belongs to another fit",
            (unsigned long long)h[1], (unsigned long long)h[2], t->ndim, t->nblob);
    if (chain && !(lnprior && lnlike && accepted && (blobs || t->nblob == 0)))
        return gal_fail(GAL_EINVAL,
                        "ensemble: samples to restore need chain, lnprior, lnlike, blobs and acceptance together");
    e = GAL_NEW(gal_ensemble);
    if (!e)
        return GAL_ENOMEM;
    e->t = t;
    e->d = h[1];
    e->nb = h[2];
    e->W = h[3];
    e->nmoves = h[4];
    e->seed = h[5];
    e->source = h[6];
    e->thin = h[7];
    e->force = h[8];
    e->step = h[9];
    e->tau_step = h[11];
    e->evaluations = h[12];
    e->end = (gal_run_end)h[13];
    e->started = h[14];
    e->changed = h[15];
    stream s = {.p = (unsigned char *)bytes, .at = 8 * NHEAD, .size = n - sizeof(gal_hash), .reading = true};
    if (e->nmoves > GAL_MOVES_MAX)
        GAL_THROW(GAL_EFORMAT, "state of the ensemble: %zu moves, at most %d", e->nmoves, GAL_MOVES_MAX);
    if (!moves(&s, e))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < e->nmoves; i++)
        if (e->moves[i].cov && e->moves[i].ncov > e->d) {
            const double *stored = e->moves[i].cov;
            st = move_adopt(e, i);
            if (e->moves[i].cov != stored)
                gal_free((void *)stored);
            GAL_TRY(st);
        }
    GAL_TRY(ensemble_alloc(e));
    body(&s, e);
    if (s.at != s.size)
        GAL_THROW(GAL_EFORMAT, "state of the ensemble: %zu bytes, expected %zu", n, s.at + sizeof(gal_hash));
    if (chain)
        GAL_TRY(copy_samples(e, h[10], chain, lnprior, lnlike, blobs, accepted));
    snprintf(e->why, sizeof e->why, "restored at step %zu (%s)", e->step, gal_run_end_name(e->end));
    *out = e;
    e = NULL;
out:
    gal_ensemble_free(e);
    return st;
}
