/* Targets of known distribution and statistics of chains, for the tests of the ensemble. Include after cmocka.h. */
#ifndef TEST_ENSEMBLE_PROBLEM_H
#define TEST_ENSEMBLE_PROBLEM_H
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/diag.h"
#include "infer/sampler/ensemble_int.h"
#include "galua/num.h"
#include "galua/rng.h"

#define DMAX 8

static inline void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* ------------------------------------------------------------------ targets */
typedef struct {
    size_t d;
    double mean[DMAX], prec[DMAX][DMAX]; /* Gaussian: inverse covariance */
    double inv[DMAX][DMAX], b[DMAX];     /* argument = inv (x - b) when mapped */
    bool mapped, mixture, positive, threaded;
    double nan_above; /* lnlike is NaN for theta[0] above it, 0: never */
    long stop_at;     /* interrupt during this batch, 0: never */
    long calls;
} problem;

static inline double phi(double x, double m, double s)
{
    return exp(-0.5 * (x - m) * (x - m) / (s * s)) / (s * sqrt(2 * M_PI));
}

static inline double lnlike_of(const problem *p, const double *theta)
{
    double z[DMAX], x[DMAX], s = 0;
    for (size_t i = 0; i < p->d; i++) {
        x[i] = p->mapped ? 0 : theta[i];
        for (size_t j = 0; p->mapped && j < p->d; j++)
            x[i] += p->inv[i][j] * (theta[j] - p->b[j]);
        z[i] = x[i] - p->mean[i];
    }
    if (p->mixture)
        return log(0.3 * phi(x[0], -2, 0.7) + 0.7 * phi(x[0], 1.5, 1));
    for (size_t i = 0; i < p->d; i++)
        for (size_t j = 0; j < p->d; j++)
            s -= 0.5 * z[i] * p->prec[i][j] * z[j];
    return s;
}

static inline gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                              double *blob)
{
    problem *p = t->self;
    size_t d = t->ndim;
    p->calls++;
    if (p->calls == p->stop_at)
        gal_interrupt_set(1);
#pragma omp parallel for num_threads(gal_threads()) if (p->threaded)
    for (size_t i = 0; i < m; i++) {
        const double *x = theta + i * d;
        lnprior[i] = p->positive && x[0] < 0 ? -INFINITY : 0.25;
        lnlike[i] = p->nan_above != 0 && x[0] > p->nan_above ? NAN : lnlike_of(p, x);
        if (t->nblob > 0) {
            blob[2 * i] = x[0] * x[0];
            blob[2 * i + 1] = lnlike[i];
        }
    }
    return GAL_OK;
}

static inline gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    for (size_t i = 0; i < m * t->ndim; i++)
        theta[i] = -4 + 8 * u[i];
    return GAL_OK;
}

static const char *const NAMES[DMAX] = {"age", "sfh.tau", "ism.f_MC", "a", "b", "c", "e", "f"};

static inline gal_target target(problem *p)
{
    return (gal_target){.ndim = p->d, .names = NAMES, .eval = eval, .prior_transform = transform, .self = p};
}

/* correlated Gaussian with unequal scales; cov receives the covariance */
static inline problem gaussian(size_t d, double cov[DMAX][DMAX])
{
    problem p = {.d = d};
    double l[DMAX * DMAX], e[DMAX];
    for (size_t i = 0; i < d; i++) {
        p.mean[i] = 0.3 * (double)i - 0.5;
        for (size_t j = 0; j < d; j++)
            l[i * d + j] = cov[i][j] = (i == j ? 1 : 0.6) * (1 + (double)i) * (1 + (double)j) * 0.2;
    }
    ok(gal_cholesky(l, d));
    for (size_t i = 0; i < d; i++) {
        memset(e, 0, sizeof e);
        e[i] = 1;
        gal_chol_solve(l, d, e);
        for (size_t j = 0; j < d; j++)
            p.prec[j][i] = e[j];
    }
    return p;
}

static inline gal_move move_of(const char *name)
{
    gal_move m;
    ok(gal_move_named(&m, name));
    return m;
}

static inline gal_ensemble *make(const gal_target *t, const char *move, size_t W, uint64_t seed)
{
    gal_move m[GAL_MOVES_MAX];
    gal_ensemble_opt o = {.nwalkers = W, .moves = m, .seed = seed};
    gal_ensemble *e;
    ok(gal_moves_preset(move, m, &o.nmoves));
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, t, &o));
    return e;
}

static inline void run(gal_ensemble *e, size_t steps)
{
    ok(gal_sampler_run(e, &(gal_ensemble_goal){.more = steps}));
}

/* ------------------------------------------------------------------ statistics */
typedef double (*fn)(const double *theta, const void *ctx);

/* mean of f over the chain, less its first `burn` samples, within 4 standard errors of `want` */
static inline void expect_mean(const gal_ensemble *e, size_t burn, fn f, const void *ctx, double want, const char *what)
{
    size_t n = e->nstored - burn, W = e->W, d = e->t->ndim;
    const double *c = e->c_x + burn * W * d;
    double *v = GAL_NEWN(double, n *W), tau;
    for (size_t i = 0; i < n * W; i++)
        v[i] = f(c + i * d, ctx);
    ok(gal_autocorr_time((gal_chains){v, n, W, W, 1}, 5, &tau));
    double mean = gal_mean(v, NULL, n * W), se = sqrt(gal_variance(v, NULL, n * W) * tau / (double)(n * W));
    if (!(fabs(mean - want) < 4 * se) || !((double)n > 50 * tau))
        fail_msg("%s: %.5f +- %.5f, want %.5f; tau %.1f of %zu steps", what, mean, se, want, tau, n);
    gal_free(v);
}

/* Kolmogorov-Smirnov p-value (asymptotic) of one sample every `thin` steps of every walker, thinned to independence */
static inline double ks(const gal_ensemble *e, size_t burn, size_t k, double (*cdf)(double, const void *),
                        const void *ctx)
{
    size_t N = e->nstored, W = e->W, d = e->t->ndim, n = 0;
    const double *c = e->c_x;
    double tau, *v = GAL_NEWN(double, N *W), D = 0, p = 0;
    ok(gal_autocorr_time(gal_chains_column(c, N, W, d, k, burn), 5, &tau));
    size_t thin = (size_t)ceil(2 * tau);
    for (size_t i = burn; i < N; i += thin)
        for (size_t j = 0; j < W; j++)
            v[n++] = cdf(c[(i * W + j) * d + k], ctx);
    double *q = GAL_NEWN(double, n), *at = GAL_NEWN(double, n);
    for (size_t i = 0; i < n; i++)
        at[i] = ((double)i + 0.5) / (double)n;
    ok(gal_quantiles(v, NULL, n, at, n, q)); /* sorted */
    for (size_t i = 0; i < n; i++)
        D = fmax(D, fabs(q[i] - at[i]) + 0.5 / (double)n);
    double s = sqrt((double)n), lambda = (s + 0.12 + 0.11 / s) * D;
    for (int j = 1; j <= 100; j++)
        p += 2 * (j % 2 ? 1 : -1) * exp(-2. * j * j * lambda * lambda);
    gal_free(v);
    gal_free(q);
    gal_free(at);
    return p;
}

typedef struct {
    size_t i, j;
    double mi, mj;
} pair;
static inline double coordinate(const double *x, const void *c)
{
    return x[((const pair *)c)->i];
}
static inline double product(const double *x, const void *c)
{
    const pair *p = c;
    return (x[p->i] - p->mi) * (x[p->j] - p->mj);
}
static inline double normal_cdf(double x, const void *c)
{
    const double *ms = c;
    return 0.5 * erfc(-(x - ms[0]) / ms[1] / M_SQRT2);
}
static inline double mixture_cdf(double x, const void *c)
{
    static const double a[] = {-2, 0.7}, b[] = {1.5, 1};
    (void)c;
    return 0.3 * normal_cdf(x, a) + 0.7 * normal_cdf(x, b);
}

#endif
