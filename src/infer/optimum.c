/* Optima of a posterior: multi-start L-BFGS, modes, Laplace mixtures. See galua/optimum.h. */
#include "galua/optimum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "gmix.h"
#include "multistart.h"

#define MAGIC       0x3154504f5f4c4147ull /* "GAL_OPT1" */
#define WHO_OPTIMUM 1                     /* the user of RNG_GMIX_DRAW */
#define BARRIER     0.1                   /* in ln p, between starts that are different modes */

struct gal_optimum {
    const gal_target *t;
    gal_space *space;
    size_t d, nb;
    gal_optimum_opt opt;
    double *start;
    size_t nmodes;
    gal_mode *mode; /* [nmodes] */
    double lnz;
    gal_importance imp;
    gal_draws draws;
    gal_run_end end;
    char why[400];
    double seconds;
    size_t evaluations;
};

/* ------------------------------------------------------------------ creation */
static void mode_free(gal_mode *m)
{
    gal_free(m->z);
    *m = (gal_mode){0};
}

static gal_status mode_alloc(gal_mode *m, size_t d, size_t nb)
{
    *m = (gal_mode){.z = GAL_NEWN(double, 2 * d + nb + d * d)};
    if (!m->z)
        return GAL_ENOMEM;
    m->theta = m->z + d;
    m->cov = m->theta + d;
    m->blob = m->cov + d * d;
    m->lnz = NAN;
    return GAL_OK;
}

static void clear(gal_optimum *o)
{
    for (size_t i = 0; i < o->nmodes; i++)
        mode_free(&o->mode[i]);
    gal_free(o->mode);
    o->mode = NULL;
    o->nmodes = 0;
    gal_draws_clear(&o->draws);
    o->imp = (gal_importance){NAN, NAN, NAN, NAN};
    o->lnz = NAN;
}

gal_status gal_optimum_create(gal_optimum **out, const gal_target *t, const gal_optimum_opt *opt)
{
    static const gal_optimum_opt none;
    gal_status st = GAL_OK;
    gal_optimum *o = GAL_NEW(gal_optimum);
    if (!o)
        return GAL_ENOMEM;
    o->t = t;
    o->d = t->ndim;
    o->nb = t->nblob;
    o->opt = opt ? *opt : none;
    o->opt.starts = o->opt.starts ? o->opt.starts : 16;
    o->opt.history = o->opt.history ? o->opt.history : 10;
    o->opt.max_iterations = o->opt.max_iterations ? o->opt.max_iterations : 2000;
    o->opt.draws = o->opt.draws ? o->opt.draws : 1000;
    if (o->opt.nstart > o->opt.starts)
        o->opt.starts = o->opt.nstart;
    GAL_TRY(gal_space_create(&o->space, t, o->opt.numerical));
    if (o->opt.nstart > 0) {
        o->start = GAL_NEWN(double, o->opt.nstart * o->d);
        if (!o->start)
            GAL_TRY(GAL_ENOMEM);
        memcpy(o->start, o->opt.start, o->opt.nstart * o->d * sizeof *o->start);
    }
    o->opt.start = o->start;
    clear(o);
    snprintf(o->why, sizeof o->why, "not started");
    *out = o;
    o = NULL;
out:
    gal_optimum_free(o);
    return st;
}

void gal_optimum_free(gal_optimum *o)
{
    if (!o)
        return;
    clear(o);
    gal_space_free(o->space);
    gal_free(o->start);
    gal_free(o);
}

/* ------------------------------------------------------------------ modes */
typedef struct {
    double lnp;
    size_t i;
} rank;

static int higher(const void *a, const void *b)
{
    const rank *p = a, *q = b;
    return p->lnp > q->lnp ? -1 : p->lnp < q->lnp ? 1 : p->i < q->i ? -1 : p->i > q->i;
}

/* Is there a valley between a and b? Seven points of the straight line. */
static gal_status valley(gal_optimum *o, const double *a, double fa, const double *b, double fb, bool *out)
{
    enum { N = 7 };
    size_t d = o->d;
    double *z = GAL_NEWN(double, N *(d + 1));
    if (!z)
        return GAL_ENOMEM;
    double *f = z + N * d;
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k < d; k++)
            z[j * d + k] = a[k] + (b[k] - a[k]) * (double)(j + 1) / (N + 1);
    gal_status st = gal_space_eval(o->space, N, z, f, NULL, NULL, NULL, NULL);
    *out = false;
    for (size_t j = 0; j < N; j++)
        *out |= !(f[j] >= fmin(fa, fb) - BARRIER);
    gal_free(z);
    return st;
}

static gal_status find_modes(gal_optimum *o, const multistart *m, bool separate)
{
    size_t d = o->d, n = m->n;
    gal_status st = GAL_OK;
    rank *r = GAL_NEWN(rank, n);
    double *z = GAL_NEWN(double, d);
    o->mode = GAL_NEWN(gal_mode, n);
    if (!r || !z || !o->mode)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        r[i] = (rank){-m->run[i].f, i};
    qsort(r, n, sizeof *r, higher);
    for (size_t i = 0; i < n; i++) {
        const lbfgs *b = &m->run[r[i].i];
        bool apart = true;
        multistart_point(m, r[i].i, z);
        for (size_t j = 0; j < o->nmodes && apart && separate; j++) {
            GAL_TRY(valley(o, o->mode[j].z, o->mode[j].lnp, z, r[i].lnp, &apart));
            o->mode[j].starts += !apart;
        }
        if (!apart)
            continue;
        gal_mode *to = &o->mode[o->nmodes];
        GAL_TRY(mode_alloc(to, d, o->nb));
        o->nmodes++;
        memcpy(to->z, z, d * sizeof *z);
        to->starts = 1;
        to->converged = b->end != LBFGS_RUNNING && b->end != LBFGS_LIMIT;
        to->why = lbfgs_end_text(b->end);
        GAL_TRY(
            gal_space_eval(o->space, 1, z, &to->lnp, to->theta, &to->lnprior, &to->lnlike, o->nb ? to->blob : NULL));
    }
out:
    gal_free(r);
    gal_free(z);
    return st;
}

/* Gaussians at the modes and their mixture; a mode whose second derivatives do not exist keeps lnz = NaN and takes no part. */
static gal_status laplace(gal_optimum *o, gmix *g)
{
    size_t d = o->d;
    gal_status st = GAL_OK;
    double *scale = GAL_NEWN(double, d);
    if (!scale)
        return GAL_ENOMEM;
    for (size_t i = 0; i < o->nmodes; i++) {
        gal_mode *m = &o->mode[i];
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "interrupted");
        GAL_TRY(gal_space_scale(o->space, 1, m->z, scale));
        st = gal_laplace(o->space, m->z, scale, m->lnp, m->cov, &m->lnz, &m->repaired);
        if (st == GAL_OK && g)
            st = gmix_add(g, m->z, m->cov, m->lnz);
        if (st == GAL_EDOMAIN || st == GAL_EMATH) {
            m->lnz = NAN;
            st = GAL_OK;
        }
        GAL_TRY(st);
    }
out:
    gal_free(scale);
    return st;
}

static gal_status work(gal_optimum *o, multistart *m, gal_progress_fn progress, void *ctx)
{
    size_t d = o->d, n = o->opt.starts;
    gal_status st = GAL_OK;
    gmix g = {0};
    lbfgs_opt lo = lbfgs_default();
    double *z = GAL_NEWN(double, n *d);
    lo.history = o->opt.history;
    lo.max_iterations = o->opt.max_iterations;
    if (!z)
        return GAL_ENOMEM;
    for (size_t i = 0; i < o->opt.nstart; i++)
        GAL_TRY(gal_space_from_theta(o->space, o->start + i * d, z + i * d));
    if (n > o->opt.nstart)
        GAL_TRY(gal_space_start(o->space, n - o->opt.nstart, 0, o->opt.seed, o->opt.source, z + o->opt.nstart * d));
    GAL_TRY(multistart_init(m, o->space, n, z, &lo, NULL, NULL));
    st = multistart_run(m, NULL, NULL, progress, ctx);
    if (st == GAL_EINTR) { /* what there is: the points reached */
        gal_status s2 = find_modes(o, m, false);
        st = s2 == GAL_OK ? gal_fail(GAL_EINTR, "interrupted") : s2;
    }
    GAL_TRY(st);
    GAL_TRY(find_modes(o, m, true));
    GAL_TRY(gmix_init(&g, d, o->nmodes));
    GAL_TRY(laplace(o, &g));
    if (g.n > 0) {
        o->lnz = logsumexp(g.lnw, g.n);
        gmix_normalise(&g);
        GAL_TRY(
            gmix_importance(&g, o->space, o->opt.draws, o->opt.seed, o->opt.source, WHO_OPTIMUM, &o->draws, &o->imp));
    }
out:
    gmix_clear(&g);
    gal_free(z);
    return st;
}

gal_status gal_optimum_run(gal_optimum *o, gal_progress_fn progress, void *ctx)
{
    multistart m = {0};
    double t0 = gal_clock();
    size_t before = gal_space_evaluations(o->space);
    clear(o);
    o->evaluations = 0;
    gal_status st = work(o, &m, progress, ctx);
    multistart_free(&m);
    o->seconds = gal_clock() - t0;
    o->evaluations = gal_space_evaluations(o->space) - before;
    if (st != GAL_OK) {
        o->end = st == GAL_EINTR ? GAL_RUN_INTERRUPTED : GAL_RUN_FAILED;
        snprintf(o->why, sizeof o->why, "%s%s%s", st == GAL_EINTR ? "interrupted" : "failed",
                 st == GAL_EINTR ? "" : ": ", st == GAL_EINTR ? "" : gal_error_message());
        return st;
    }
    const gal_mode *best = &o->mode[0];
    size_t repaired = 0;
    for (size_t i = 0; i < o->nmodes; i++)
        repaired += o->mode[i].repaired > 0 || isnan(o->mode[i].lnz);
    bool good = best->converged && o->draws.n > 0; /* an optimum without a Gaussian is no posterior */
    o->end = good ? GAL_RUN_CONVERGED : GAL_RUN_LIMIT;
    int at = snprintf(o->why, sizeof o->why, "%s: %zu mode%s from %zu starts, the best reached by %zu (%s)",
                      good ? "converged" : "not converged", o->nmodes, o->nmodes == 1 ? "" : "s", o->opt.starts,
                      best->starts, best->why);
    if (o->draws.n == 0)
        at += snprintf(o->why + at, sizeof o->why - (size_t)at,
                       "; no mode has a curvature (a plateau, or an end at -inf), so there are no draws: use nested or "
                       "ensemble");
    if (o->draws.n > 0)
        at += snprintf(o->why + at, sizeof o->why - (size_t)at, "; Pareto k %.2f%s", o->imp.khat,
                       o->imp.khat > 0.7 ? ": the Gaussian draws cannot be trusted" : "");
    if (repaired > 0 && o->draws.n > 0)
        snprintf(o->why + at, sizeof o->why - (size_t)at, "; %zu mode%s without a proper curvature", repaired,
                 repaired == 1 ? "" : "s");
    return GAL_OK;
}

/* ------------------------------------------------------------------ accessors */
const gal_target *gal_optimum_target(const gal_optimum *o)
{
    return o->t;
}
gal_run_end gal_optimum_end(const gal_optimum *o)
{
    return o->end;
}
const char *gal_optimum_end_text(const gal_optimum *o)
{
    return o->why;
}
const char *gal_optimum_space_text(const gal_optimum *o)
{
    return gal_space_text(o->space);
}
size_t gal_optimum_nmodes(const gal_optimum *o)
{
    return o->nmodes;
}
const gal_mode *gal_optimum_mode(const gal_optimum *o, size_t i)
{
    return i < o->nmodes ? &o->mode[i] : NULL;
}
double gal_optimum_lnz_laplace(const gal_optimum *o)
{
    return o->lnz;
}
const gal_importance *gal_optimum_importance(const gal_optimum *o)
{
    return &o->imp;
}
const gal_draws *gal_optimum_draws(const gal_optimum *o)
{
    return &o->draws;
}
uint64_t gal_optimum_seed(const gal_optimum *o)
{
    return o->opt.seed;
}
double gal_optimum_seconds(const gal_optimum *o)
{
    return o->seconds;
}
size_t gal_optimum_evaluations(const gal_optimum *o)
{
    return o->evaluations;
}

/* ------------------------------------------------------------------ state */
static void walk_settings(bytes *s, gal_optimum *o)
{
    bytes_size(s, &o->d);
    bytes_size(s, &o->nb);
    bytes_size(s, &o->opt.starts);
    bytes_size(s, &o->opt.nstart);
    bytes_size(s, &o->opt.history);
    bytes_size(s, &o->opt.max_iterations);
    bytes_size(s, &o->opt.draws);
    bytes_u64(s, &o->opt.seed);
    bytes_u64(s, &o->opt.source);
    bytes_flag(s, &o->opt.numerical);
}

static void walk_mode(bytes *s, gal_mode *m, size_t d, size_t nb)
{
    size_t why = 0;
    while (!s->reading && strcmp(lbfgs_end_text((lbfgs_end)why), m->why) != 0)
        why++;
    bytes_words(s, m->z, d);
    bytes_words(s, m->theta, d);
    bytes_words(s, m->cov, d * d);
    bytes_words(s, m->blob, nb);
    bytes_f64(s, &m->lnp);
    bytes_f64(s, &m->lnprior);
    bytes_f64(s, &m->lnlike);
    bytes_f64(s, &m->lnz);
    bytes_size(s, &m->starts);
    bytes_size(s, &m->repaired);
    bytes_flag(s, &m->converged);
    bytes_size(s, &why);
    m->why = lbfgs_end_text(why <= LBFGS_LIMIT ? (lbfgs_end)why : LBFGS_RUNNING);
}

static void walk(bytes *s, void *obj)
{
    gal_optimum *o = obj;
    uint64_t end = o->end;
    walk_settings(s, o);
    bytes_words(s, o->start, o->opt.nstart * o->d);
    bytes_size(s, &o->nmodes);
    if (s->reading && s->p && o->nmodes <= o->opt.starts)
        s->no_memory = !(o->mode = GAL_NEWN(gal_mode, o->nmodes));
    for (size_t i = 0; o->mode && i < o->nmodes; i++) {
        if (s->reading && mode_alloc(&o->mode[i], o->d, o->nb) != GAL_OK) {
            o->nmodes = i;
            s->no_memory = true;
            return;
        }
        walk_mode(s, &o->mode[i], o->d, o->nb);
    }
    size_t n = o->draws.n;
    bytes_size(s, &n);
    if (s->reading && n > 0 && n <= o->opt.draws)
        s->no_memory |= gal_draws_alloc(&o->draws, n, o->d, o->nb) != GAL_OK;
    if (o->draws.n != n)
        return;
    bytes_words(s, o->draws.theta, n * (o->d + o->nb + 3));
    bytes_words(s, &o->imp, 4);
    bytes_f64(s, &o->lnz);
    bytes_f64(s, &o->seconds);
    bytes_size(s, &o->evaluations);
    bytes_u64(s, &end);
    bytes_words(s, o->why, sizeof o->why / 8);
    o->end = (gal_run_end)end;
}

gal_status gal_optimum_state(const gal_optimum *o, unsigned char **out, size_t *n)
{
    return bytes_write(MAGIC, walk, (void *)o, out, n);
}

gal_status gal_optimum_restore(gal_optimum **out, const gal_target *t, const unsigned char *in, size_t n)
{
    gal_status st = GAL_OK;
    gal_optimum head = {0}, *o = NULL;
    bytes s;
    GAL_TRY(bytes_open(&s, MAGIC, "the optimiser", in, n));
    walk_settings(&s, &head);
    if (head.d != t->ndim || head.nb != t->nblob)
        GAL_THROW(
            GAL_EFORMAT,
            "state of the optimiser: it has %zu parameters and %zu derived quantities, this model %zu and %zu; it "
            "belongs to another fit",
            head.d, head.nb, t->ndim, t->nblob);
    if (head.opt.nstart * head.d > n) /* cannot be: the checksum matched */
        GAL_THROW(GAL_EFORMAT, "state of the optimiser: damaged");
    double *none = GAL_NEWN(double, head.opt.nstart *head.d);
    if (!none)
        GAL_TRY(GAL_ENOMEM);
    head.opt.start = none;
    st = gal_optimum_create(&o, t, &head.opt);
    gal_free(none);
    GAL_TRY(st);
    GAL_TRY(bytes_open(&s, MAGIC, "the optimiser", in, n));
    walk(&s, o);
    GAL_TRY(bytes_close(&s, "the optimiser"));
    *out = o;
    o = NULL;
out:
    gal_optimum_free(o);
    return st;
}
