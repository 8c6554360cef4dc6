/* Ensemble slice sampling (Karamanis & Beutler 2021, Stat. Comput. 31, 61; Karamanis, Beutler & Peacock 2021, MNRAS 508, 3589).
 *
 * A walker x gets a level ln y = ln p(x) - Exp(1) and a direction eta from the other half. The interval [L, L+1], L = -U, in units
 * of eta steps out until both ends are below the level, with at most MAX_STEPS steps divided at random between the ends
 * (Neal 2003, Ann. Stat. 31, 705, figs. 3 and 5); points drawn from it shrink it until one lies above. All walkers of the half go
 * through each of these rounds in one batch. While tuning, after each step
 *     mu <- 2 mu n_exp/(n_exp + n_con),   n_exp >= 1,
 * until the share of expansions was within 0.05 of one half in more than five steps. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"
#include "infer/target/purpose.h"

enum { MAX_STEPS = 10000, MAX_SHRINKS = 1000, PATIENCE = 5 };
#define TOLERANCE 0.05

typedef struct { /* one walker */
    double level, lo, hi;
    double left, right; /* steps that either end may still make */
    double at;          /* the point tried */
    double eta[];
} strand;

static strand *of(gal_ensemble *e, size_t i)
{
    return (strand *)(e->slice + i * (e->d + sizeof(strand) / sizeof(double)));
}

static void place(gal_ensemble *e, size_t w, const strand *s, double t, size_t row)
{
    for (size_t k = 0; k < e->d; k++)
        e->y[row * e->d + k] = e->x[w * e->d + k] + t * s->eta[k];
}

static gal_status batch(gal_ensemble *e, size_t n)
{
    gal_status st = gal_target_eval(e->t, n, e->y, e->ylnprior, e->ylnlike, ensemble_blobs(e, e->yblob));
    if (st == GAL_OK && gal_interrupted())
        st = gal_fail(GAL_EINTR, "interrupted");
    if (st == GAL_OK)
        e->evaluations += gal_target_evaluated(n, e->ylnprior);
    return st;
}

static void begin(gal_ensemble *e, const gal_move *m, bool gaussian, size_t w, size_t i, const size_t *c, size_t nc)
{
    strand *s = of(e, i);
    gal_rng *r = &e->rng[i];
    size_t d = e->d;
    gal_rng_init(r, e->opt.seed, RNG_ENSEMBLE_MOVE, e->opt.source, e->step, w);
    if (!gaussian) {
        move_choose(r, c, nc, 2, e->pick);
        for (size_t k = 0; k < d; k++)
            s->eta[k] = 2 * m->mu * (e->x[e->pick[0] * d + k] - e->x[e->pick[1] * d + k]);
    } else {
        memset(s->eta, 0, d * sizeof *s->eta);
        move_spread(r, d, 2 * m->mu, e->x, c, nc, s->eta, e->scratch);
    }
    s->level = e->lnprior[w] + e->lnlike[w] + log(gal_rng_uniform(r));
    s->lo = -gal_rng_uniform(r);
    s->hi = s->lo + 1;
    s->left = floor(MAX_STEPS * gal_rng_uniform(r));
    s->right = MAX_STEPS - 1 - s->left;
}

/* Both ends of all walkers, in rounds, until each is below the level or has no steps left. left, right < 0: this end is done. */
static gal_status step_out(gal_ensemble *e, const size_t *a, size_t na)
{
    for (;;) {
        size_t n = 0;
        for (size_t i = 0; i < na; i++) {
            strand *s = of(e, i);
            if (s->left > 0)
                place(e, a[i], s, s->lo, n++);
            if (s->right > 0)
                place(e, a[i], s, s->hi, n++);
        }
        if (n == 0)
            return GAL_OK;
        gal_status st = batch(e, n);
        if (st != GAL_OK)
            return st;
        n = 0;
        for (size_t i = 0; i < na; i++) {
            strand *s = of(e, i);
            double *left[2] = {&s->left, &s->right}, *end[2] = {&s->lo, &s->hi};
            bool live[2] = {s->left > 0, s->right > 0};
            for (int k = 0; k < 2; k++) {
                if (!live[k])
                    continue;
                if (e->ylnprior[n] + e->ylnlike[n] > s->level) {
                    *end[k] += k ? 1 : -1;
                    *left[k] -= 1;
                    e->expanded++;
                } else {
                    *left[k] = 0;
                }
                n++;
            }
        }
    }
}

static gal_status slice(gal_ensemble *e, const gal_move *m, bool gaussian, const size_t *a, size_t na, const size_t *c,
                        size_t nc)
{
    gal_status st;
    for (size_t i = 0; i < na; i++) {
        begin(e, m, gaussian, a[i], i, c, nc);
        e->flag[a[i]] = false;
    }
    if ((st = step_out(e, a, na)) != GAL_OK)
        return st;
    for (int round = 0; round < MAX_SHRINKS; round++) {
        size_t n = 0;
        for (size_t i = 0; i < na; i++) {
            strand *s = of(e, i);
            if (e->flag[a[i]])
                continue;
            s->at = s->lo + (s->hi - s->lo) * gal_rng_uniform(&e->rng[i]);
            place(e, a[i], s, s->at, n++);
        }
        if (n == 0)
            return GAL_OK;
        if ((st = batch(e, n)) != GAL_OK)
            return st;
        n = 0;
        for (size_t i = 0; i < na; i++) {
            strand *s = of(e, i);
            if (e->flag[a[i]])
                continue;
            if (e->ylnprior[n] + e->ylnlike[n] > s->level) {
                e->flag[a[i]] = true;
                ensemble_take(e, a[i], n);
            } else {
                *(s->at < 0 ? &s->lo : &s->hi) = s->at;
                e->contracted++;
            }
            n++;
        }
    }
    return GAL_OK; /* what has not moved lies on a plateau of rounding: it stays */
}

void ensemble_tune(gal_ensemble *e, size_t move)
{
    gal_move *m = &e->moves[move];
    if (!m->tune || e->tuned[move] > 0)
        return;
    double grown = fmax(1, e->expanded), share = e->expanded / fmax(1, e->expanded + e->contracted);
    m->mu *= 2 * grown / (grown + e->contracted);
    if (fabs(share - 0.5) < TOLERANCE && ++e->balanced[move] > PATIENCE)
        e->tuned[move] = (double)e->step;
}

/* ------------------------------------------------------------------ the two moves */
static gal_status check(const gal_move *m, size_t d)
{
    (void)d;
    return isfinite(m->mu) && m->mu > 0
               ? GAL_OK
               : gal_fail(GAL_EINVAL, "move %s: mu = %g must be positive", m->cls->name, m->mu);
}

static gal_status along_differences(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c,
                                    size_t nc)
{
    return slice(e, &e->moves[move], false, a, na, c, nc);
}

static gal_status along_gaussian(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc)
{
    return slice(e, &e->moves[move], true, a, na, c, nc);
}

#define AT(m) offsetof(gal_move, m)
static const gal_move_par PAR[] = {{"mu", "(1) width to start the tuning from", AT(mu), .def = 1},
                                   {"tune", "(true) tune it", AT(tune), .def = 1, .type = GAL_MOVE_FLAG},
                                   {0}};

const gal_move_class gal_slice_move = {
    .name = "slice",
    .doc = "Ensemble slice sampling along differences (Karamanis & Beutler 2021).",
    .par = PAR,
    .walkers = 2,
    .slices = true,
    .check = check,
    .half = along_differences,
};
const gal_move_class gal_slice_gaussian_move = {
    .name = "slice_gaussian",
    .doc = "Ensemble slice sampling along N(0, covariance of the others).",
    .par = PAR,
    .walkers = 2,
    .slices = true,
    .check = check,
    .half = along_gaussian,
};
