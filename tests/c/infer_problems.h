/* Targets of known answer for the tests of the samplers that work in the unconstrained space. Include after cmocka.h. */
#ifndef TESTS_INFER_PROBLEMS_H
#define TESTS_INFER_PROBLEMS_H
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "galua/num.h"
#include "galua/rng.h"
#include "galua/target.h"

#define PMAX 128

#define near(a, b, tol) near_at(__FILE__, __LINE__, #a, (a), (b), (tol))
static inline void near_at(const char *file, int line, const char *what, double a, double b, double tol)
{
    if (!(fabs(a - b) <= tol))
        fail_msg("%s:%d: %s = %.12g, want %.12g within %g", file, line, what, a, b, tol);
}

static inline void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* ln L of one point; grad (may be NULL) of ln L; ctx of the problem */
typedef double (*lnlike_fn)(size_t d, const double *x, double *grad, const void *ctx);
typedef struct problem {
    size_t d, nblob;
    lnlike_fn f;
    const void *ctx;
    double lo, hi; /* uniform prior on each coordinate; lo == hi: none, density 1 and no transform */
    bool threaded;
    long stop_at, calls; /* interrupt during this batch, 0: never */
    size_t points;
} problem;

static gal_status p_eval(const gal_target *t, size_t m, const double *x, double *lnprior, double *lnlike, double *blob)
{
    problem *p = t->self;
    size_t d = t->ndim;
    bool box = p->lo < p->hi;
    p->points += m;
    if (++p->calls == p->stop_at)
        gal_interrupt_set(1);
#pragma omp parallel for num_threads(gal_threads()) if (p->threaded)
    for (size_t i = 0; i < m; i++) {
        lnprior[i] = 0;
        for (size_t k = 0; box && k < d; k++)
            lnprior[i] += x[i * d + k] < p->lo || x[i * d + k] > p->hi ? -INFINITY : -log(p->hi - p->lo);
        lnlike[i] = p->f(d, x + i * d, NULL, p->ctx);
        if (blob && t->nblob > 0)
            blob[i] = x[i * d] * x[i * d];
    }
    return GAL_OK;
}

static gal_status p_gradient(const gal_target *t, size_t m, const double *x, double *lnp, double *grad)
{
    problem *p = t->self;
    size_t d = t->ndim;
    p->points += m;
    if (++p->calls == p->stop_at)
        gal_interrupt_set(1);
#pragma omp parallel for num_threads(gal_threads()) if (p->threaded)
    for (size_t i = 0; i < m; i++) {
        lnp[i] = p->f(d, x + i * d, grad + i * d, p->ctx);
        for (size_t k = 0; p->lo < p->hi && k < d; k++)
            lnp[i] += x[i * d + k] < p->lo || x[i * d + k] > p->hi ? -INFINITY : -log(p->hi - p->lo);
    }
    return GAL_OK;
}

static gal_status p_transform(const gal_target *t, size_t m, const double *u, double *x)
{
    const problem *p = t->self;
    for (size_t i = 0; i < m * t->ndim; i++)
        x[i] = p->lo + (p->hi - p->lo) * u[i];
    return GAL_OK;
}

static inline gal_target p_target(problem *p, bool gradient)
{
    static char text[PMAX][8];
    static const char *names[PMAX], *blobs[] = {"square"};
    for (size_t k = 0; k < PMAX; k++) {
        snprintf(text[k], sizeof text[k], "x%zu", k + 1);
        names[k] = text[k];
    }
    return (gal_target){.ndim = p->d,
                        .nblob = p->nblob,
                        .names = names,
                        .blob_names = blobs,
                        .eval = p_eval,
                        .prior_transform = p->lo < p->hi ? p_transform : NULL,
                        .gradient = gradient ? p_gradient : NULL,
                        .self = p};
}

/* ------------------------------------------------------------------ densities */
/* Gaussian with covariance R diag(var) R^T, R a product of random reflections; normalised */
typedef struct gauss {
    size_t d;
    double mean[PMAX], cov[PMAX * PMAX], prec[PMAX * PMAX], lndet;
} gauss;

static inline void gauss_init(gauss *g, size_t d, const double *var, const double *mean, uint64_t seed)
{
    double q[PMAX], v[PMAX];
    gal_rng r;
    gal_rng_init(&r, seed, 1, 2, 3, 4);
    g->d = d;
    g->lndet = 0;
    memset(g->cov, 0, sizeof g->cov);
    memset(g->prec, 0, sizeof g->prec);
    for (size_t k = 0; k < d; k++) {
        g->mean[k] = mean ? mean[k] : 0;
        g->cov[k * d + k] = var[k];
        g->prec[k * d + k] = 1 / var[k];
        g->lndet += log(var[k]);
    }
    for (int n = 0; n < 3 && d > 1; n++) { /* H = 1 - 2 v v^T, A := H A H */
        double len = 0;
        for (size_t k = 0; k < d; k++) {
            v[k] = gal_rng_normal(&r);
            len += v[k] * v[k];
        }
        for (size_t k = 0; k < d; k++)
            v[k] /= sqrt(len);
        for (int which = 0; which < 2; which++) {
            double *a = which ? g->prec : g->cov, s = 0;
            for (size_t j = 0; j < d; j++) {
                q[j] = 0;
                for (size_t k = 0; k < d; k++)
                    q[j] += a[j * d + k] * v[k];
                s += q[j] * v[j];
            }
            for (size_t j = 0; j < d; j++)
                for (size_t k = 0; k < d; k++)
                    a[j * d + k] += -2 * v[j] * q[k] - 2 * q[j] * v[k] + 4 * s * v[j] * v[k];
        }
    }
}

static inline double gauss_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    const gauss *g = ctx;
    double s = 0, a[PMAX] = {0};
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < d; k++)
            a[k] += g->prec[j * d + k] * (x[j] - g->mean[j]);
    for (size_t k = 0; k < d; k++) {
        s += a[k] * (x[k] - g->mean[k]);
        if (grad)
            grad[k] = -a[k];
    }
    return -0.5 * (s + g->lndet + (double)d * log(2 * M_PI));
}

static inline double rosenbrock_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double s = 0;
    (void)ctx;
    for (size_t k = 0; grad && k < d; k++)
        grad[k] = 0;
    for (size_t k = 0; k + 1 < d; k++) {
        double a = x[k + 1] - x[k] * x[k], b = 1 - x[k];
        s -= 100 * a * a + b * b;
        if (grad) {
            grad[k] += 400 * a * x[k] + 2 * b;
            grad[k + 1] -= 200 * a;
        }
    }
    return s;
}

/* Neal's funnel: y = x[0] ~ N(0, 3^2), the rest N(0, e^(y/2) as s.d.) */
static inline double funnel_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double y = x[0], s = -0.5 * y * y / 9 - log(3) - 0.5 * log(2 * M_PI), gy = -y / 9, w = exp(-y);
    (void)ctx;
    for (size_t k = 1; k < d; k++) {
        s += -0.5 * x[k] * x[k] * w - 0.5 * y - 0.5 * log(2 * M_PI);
        gy += 0.5 * x[k] * x[k] * w - 0.5;
        if (grad)
            grad[k] = -x[k] * w;
    }
    if (grad)
        grad[0] = gy;
    return s;
}

/* Two shells of radius 2 and width 0.1 at +-3.5 on the first axis */
static inline double shells_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double a = 0, b = 0, n = -log(0.1 * sqrt(2 * M_PI));
    (void)grad;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        double c = k == 0 ? 3.5 : 0;
        a += (x[k] - c) * (x[k] - c);
        b += (x[k] + c) * (x[k] + c);
    }
    a = -0.5 * pow((sqrt(a) - 2) / 0.1, 2);
    b = -0.5 * pow((sqrt(b) - 2) / 0.1, 2);
    return n + fmax(a, b) + log1p(exp(-fabs(a - b)));
}

/* Log-gamma mixture (Beaujean & Caldwell 2013; Feroz et al. 2019) on the unit cube */
static inline double loggamma_1(double x, double l, double s)
{
    double z = (x - l) / s;
    return z - exp(z) - log(s);
}
static inline double normal_1(double x, double m, double s)
{
    return -0.5 * (x - m) * (x - m) / (s * s) - log(s) - 0.5 * log(2 * M_PI);
}
static inline double mix_1(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b))) - log(2);
}
static inline double loggamma_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    const double s = 1. / 30;
    double f = mix_1(loggamma_1(x[0], 1. / 3, s), loggamma_1(x[0], 2. / 3, s)) +
               mix_1(normal_1(x[1], 1. / 3, s), normal_1(x[1], 2. / 3, s));
    (void)grad;
    (void)ctx;
    for (size_t k = 2; k < d; k++)
        f += k < (d + 2) / 2 ? loggamma_1(x[k], 2. / 3, s) : normal_1(x[k], 2. / 3, s);
    return f;
}

static inline double half_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)grad;
    (void)ctx;
    return x[0] < 0.5 ? 0 : -INFINITY;
}

static inline double eggbox_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)ctx;
    (void)grad;
    return pow(2 + cos(x[0] / 2) * cos(x[1] / 2), 5);
}
#endif
