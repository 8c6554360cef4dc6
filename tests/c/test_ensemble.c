/* The ensemble sampler: exact distributions for every move, affine invariance, reproducibility, errors.
 *
 * Statistical tests use fixed seeds and the rule |estimate - truth| < 4 standard errors, the error from the chain's own
 * autocorrelation time, and Kolmogorov-Smirnov p > 1e-3 on draws thinned to independence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/diag.h"
#include "galua/ensemble.h"
#include "galua/num.h"
#include "galua/rng.h"

#define DMAX 8

static void ok(gal_status st)
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

static double phi(double x, double m, double s)
{
    return exp(-0.5 * (x - m) * (x - m) / (s * s)) / (s * sqrt(2 * M_PI));
}

static double lnlike_of(const problem *p, const double *theta)
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

static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
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

static gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    for (size_t i = 0; i < m * t->ndim; i++)
        theta[i] = -4 + 8 * u[i];
    return GAL_OK;
}

static const char *const NAMES[DMAX] = {"age", "sfh.tau", "ism.f_MC", "a", "b", "c", "e", "f"};

static gal_target target(problem *p)
{
    return (gal_target){.ndim = p->d, .names = NAMES, .eval = eval, .prior_transform = transform, .self = p};
}

/* correlated Gaussian with unequal scales; cov receives the covariance */
static problem gaussian(size_t d, double cov[DMAX][DMAX])
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

static gal_ensemble *make(const gal_target *t, const char *move, size_t W, uint64_t seed)
{
    gal_move m[GAL_MOVES_MAX];
    gal_ensemble_opt o = {.nwalkers = W, .moves = m, .seed = seed};
    gal_ensemble *e;
    ok(gal_moves_preset(move, m, &o.nmoves));
    ok(gal_ensemble_create(&e, t, &o));
    return e;
}

static void run(gal_ensemble *e, size_t steps)
{
    ok(gal_ensemble_run(e, &(gal_ensemble_goal){.more = steps}));
}

/* ------------------------------------------------------------------ statistics */
typedef double (*fn)(const double *theta, const void *ctx);

/* mean of f over the chain, less its first `burn` samples, within 4 standard errors of `want` */
static void expect_mean(const gal_ensemble *e, size_t burn, fn f, const void *ctx, double want, const char *what)
{
    size_t n = gal_ensemble_nstored(e) - burn, W = gal_ensemble_nwalkers(e), d = gal_ensemble_target(e)->ndim;
    const double *c = gal_ensemble_chain(e) + burn * W * d;
    double *v = GAL_NEWN(double, n *W), tau;
    for (size_t i = 0; i < n * W; i++)
        v[i] = f(c + i * d, ctx);
    ok(gal_autocorr_time((gal_chains){v, n, W, W, 1}, 5, &tau));
    double mean = gal_mean(v, NULL, n * W), se = sqrt(gal_var(v, NULL, n * W) * tau / (double)(n * W));
    if (!(fabs(mean - want) < 4 * se) || !((double)n > 50 * tau))
        fail_msg("%s: %.5f +- %.5f, want %.5f; tau %.1f of %zu steps", what, mean, se, want, tau, n);
    gal_free(v);
}

/* Kolmogorov-Smirnov p-value (asymptotic) of one sample every `thin` steps of every walker, thinned to independence */
static double ks(const gal_ensemble *e, size_t burn, size_t k, double (*cdf)(double, const void *), const void *ctx)
{
    size_t N = gal_ensemble_nstored(e), W = gal_ensemble_nwalkers(e), d = gal_ensemble_target(e)->ndim, n = 0;
    const double *c = gal_ensemble_chain(e);
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
static double coordinate(const double *x, const void *c)
{
    return x[((const pair *)c)->i];
}
static double product(const double *x, const void *c)
{
    const pair *p = c;
    return (x[p->i] - p->mi) * (x[p->j] - p->mj);
}
static double normal_cdf(double x, const void *c)
{
    const double *ms = c;
    return 0.5 * erfc(-(x - ms[0]) / ms[1] / M_SQRT2);
}
static double mixture_cdf(double x, const void *c)
{
    static const double a[] = {-2, 0.7}, b[] = {1.5, 1};
    (void)c;
    return 0.3 * normal_cdf(x, a) + 0.7 * normal_cdf(x, b);
}

static const char *const MOVES[] = {"stretch", "de", "snooker", "walk", "mix"};

static void check_gaussian(size_t d, size_t W, size_t steps, const char *move, uint64_t seed)
{
    double cov[DMAX][DMAX];
    problem p = gaussian(d, cov);
    gal_target t = target(&p);
    gal_ensemble *e = make(&t, move, W, seed);
    ok(gal_ensemble_start_prior(e));
    run(e, steps);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            pair q = {i, j, p.mean[i], p.mean[j]};
            char what[80];
            snprintf(what, sizeof what, "%s, %zu-D, covariance %zu,%zu", move, d, i, j);
            if (i == j)
                expect_mean(e, steps / 10, coordinate, &q, p.mean[i], what);
            expect_mean(e, steps / 10, product, &q, cov[i][j], what);
        }
        double ms[] = {p.mean[i], sqrt(cov[i][i])}, pv = ks(e, steps / 10, i, normal_cdf, ms);
        if (!(pv > 1e-3))
            fail_msg("%s, %zu-D: KS p = %g for parameter %zu", move, d, pv, i);
    }
    gal_ensemble_free(e);
}

static void gaussian_1d(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++)
        check_gaussian(1, 16, 5000, MOVES[i], 100 + i);
}

static void gaussian_5d(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++)
        check_gaussian(5, 40, 6000, MOVES[i], 200 + i);
}

static void mixture_1d(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        problem p = {.d = 1, .mixture = true};
        gal_target t = target(&p);
        gal_ensemble *e = make(&t, MOVES[i], 32, 300 + i);
        pair q = {0, 0, 0, 0};
        ok(gal_ensemble_start_prior(e));
        run(e, 5000);
        expect_mean(e, 800, coordinate, &q, 0.3 * -2 + 0.7 * 1.5, MOVES[i]);
        expect_mean(e, 800, product, &q, 0.3 * (4 + 0.49) + 0.7 * (2.25 + 1), MOVES[i]);
        double pv = ks(e, 800, 0, mixture_cdf, NULL);
        if (!(pv > 1e-3))
            fail_msg("%s, mixture: KS p = %g", MOVES[i], pv);
        gal_ensemble_free(e);
    }
}

/* theta ~ N(0, S), y = A theta + noise: the posterior is Gaussian with known mean and covariance */
static void linear_gaussian(void **state)
{
    (void)state;
    enum { D = 3, N = 6 };
    static const double A[N][D] = {{1, 0.2, 0},     {0.8, 0.5, 0.1}, {0.5, 1, 0.3},
                                   {0.2, 0.8, 0.6}, {0.1, 0.4, 1},   {0, 0.1, 1.2}};
    static const double y[N] = {1.1, 1.5, 2.2, 1.9, 1.2, 0.7}, s2 = 0.04, prior2 = 4;
    problem p = {.d = D};
    double l[D * D], rhs[D] = {0};
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++) {
            p.prec[i][j] = i == j ? 1 / prior2 : 0;
            for (size_t k = 0; k < N; k++)
                p.prec[i][j] += A[k][i] * A[k][j] / s2;
            l[i * D + j] = p.prec[i][j];
        }
    for (size_t i = 0; i < D; i++)
        for (size_t k = 0; k < N; k++)
            rhs[i] += A[k][i] * y[k] / s2;
    ok(gal_cholesky(l, D));
    gal_chol_solve(l, D, rhs);
    memcpy(p.mean, rhs, sizeof rhs);
    gal_target t = target(&p);
    gal_ensemble *e = make(&t, "mix", 24, 42);
    ok(gal_ensemble_start_prior(e));
    run(e, 8000);
    for (size_t i = 0; i < D; i++) {
        double unit[D] = {0};
        unit[i] = 1;
        gal_chol_solve(l, D, unit); /* column of the covariance */
        pair q = {i, i, 0, 0};
        expect_mean(e, 500, coordinate, &q, p.mean[i], "posterior mean");
        for (size_t j = 0; j < D; j++) {
            q = (pair){i, j, p.mean[i], p.mean[j]};
            expect_mean(e, 500, product, &q, unit[j], "posterior covariance");
        }
    }
    gal_ensemble_free(e);
}

/* ------------------------------------------------------------------ structure */
static void affine_invariance(void **state)
{
    (void)state;
    enum { D = 3, W = 12, STEPS = 40 };
    static const double M[D][D] = {{2, 0.5, -1}, {0, 3, 1}, {0.25, -2, 40}}, B[D] = {10, -300, 7};
    static const char *const exact[] = {"stretch", "de", "walk"};
    for (size_t k = 0; k < 3; k++) {
        double cov[DMAX][DMAX], x[W * D], y[W * D];
        problem p = gaussian(D, cov), q = p;
        double det = 0;
        for (size_t i = 0; i < D; i++)
            det += M[0][i] * (M[1][(i + 1) % 3] * M[2][(i + 2) % 3] - M[1][(i + 2) % 3] * M[2][(i + 1) % 3]);
        for (size_t i = 0; i < D; i++)
            for (size_t j = 0; j < D; j++)
                q.inv[j][i] = (M[(i + 1) % 3][(j + 1) % 3] * M[(i + 2) % 3][(j + 2) % 3] -
                               M[(i + 1) % 3][(j + 2) % 3] * M[(i + 2) % 3][(j + 1) % 3]) /
                              det;
        memcpy(q.b, B, sizeof B);
        q.mapped = true;
        gal_rng r;
        gal_rng_init(&r, 5, 5, 0, 0, 0);
        for (size_t w = 0; w < W; w++) {
            for (size_t i = 0; i < D; i++)
                x[w * D + i] = p.mean[i] + gal_rng_normal(&r);
            for (size_t i = 0; i < D; i++) {
                y[w * D + i] = B[i];
                for (size_t j = 0; j < D; j++)
                    y[w * D + i] += M[i][j] * x[w * D + j];
            }
        }
        gal_target tp = target(&p), tq = target(&q);
        gal_ensemble *a = make(&tp, exact[k], W, 9), *b = make(&tq, exact[k], W, 9);
        ok(gal_ensemble_start(a, x));
        ok(gal_ensemble_start(b, y));
        run(a, STEPS);
        run(b, STEPS);
        const double *ca = gal_ensemble_chain(a), *cb = gal_ensemble_chain(b);
        for (size_t n = 0; n < STEPS * W; n++)
            for (size_t i = 0; i < D; i++) {
                double want = B[i];
                for (size_t j = 0; j < D; j++)
                    want += M[i][j] * ca[n * D + j];
                /* rounding grows exponentially along the chain (differences of walkers add up); a different decision is off by order 1 */
                if (!(fabs(cb[n * D + i] - want) < 1e-9 * (fabs(want) + 100)))
                    fail_msg("%s: step %zu, walker %zu: %.15g, want %.15g", exact[k], n / W, n % W, cb[n * D + i],
                             want);
            }
        double acc[W];
        gal_ensemble_acceptance(a, acc);
        assert_true(gal_mean(acc, NULL, W) > 0.1); /* it moved */
        gal_ensemble_free(a);
        gal_ensemble_free(b);
    }
}

static void same_bits(const gal_ensemble *a, const gal_ensemble *b)
{
    size_t n = gal_ensemble_nstored(a), W = gal_ensemble_nwalkers(a), d = gal_ensemble_target(a)->ndim;
    assert_int_equal(n, gal_ensemble_nstored(b));
    assert_int_equal(gal_ensemble_steps(a), gal_ensemble_steps(b));
    assert_memory_equal(gal_ensemble_chain(a), gal_ensemble_chain(b), n * W * d * sizeof(double));
    assert_memory_equal(gal_ensemble_lnprior(a), gal_ensemble_lnprior(b), n * W * sizeof(double));
    assert_memory_equal(gal_ensemble_lnlike(a), gal_ensemble_lnlike(b), n * W * sizeof(double));
    assert_memory_equal(gal_ensemble_accepted(a), gal_ensemble_accepted(b), n * W * sizeof(double));
    if (gal_ensemble_blobs(a))
        assert_memory_equal(gal_ensemble_blobs(a), gal_ensemble_blobs(b),
                            n * W * gal_ensemble_target(a)->nblob * sizeof(double));
    assert_memory_equal(gal_ensemble_x(a), gal_ensemble_x(b), W * d * sizeof(double));
}

static void bit_identical_for_any_threads(void **state)
{
    (void)state;
    static const int T[] = {1, 2, 4};
    int before = gal_threads();
    double cov[DMAX][DMAX];
    problem p = gaussian(4, cov);
    p.threaded = true;
    gal_target t = target(&p);
    t.nblob = 2;
    gal_ensemble *e[3];
    for (int i = 0; i < 3; i++) {
        ok(gal_threads_set(T[i]));
        e[i] = make(&t, "mix", 17, 3); /* odd: unequal halves */
        ok(gal_ensemble_start_prior(e[i]));
        run(e[i], 150);
    }
    ok(gal_threads_set(before));
    same_bits(e[0], e[1]);
    same_bits(e[0], e[2]);
    const double *c = gal_ensemble_chain(e[0]), *b = gal_ensemble_blobs(e[0]), *l = gal_ensemble_lnlike(e[0]);
    for (size_t i = 0; i < 150 * 17; i++) /* blobs belong to their samples */
        assert_true(b[2 * i] == c[4 * i] * c[4 * i] && b[2 * i + 1] == l[i]);
    gal_ensemble *other = make(&t, "mix", 17, 4);
    ok(gal_ensemble_start_prior(other));
    assert_memory_not_equal(gal_ensemble_x(other), c, 17 * 4 * sizeof(double));
    gal_ensemble_free(other);
    for (int i = 0; i < 3; i++)
        gal_ensemble_free(e[i]);
}

static void resumed_run_is_identical(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(3, cov);
    gal_target t = target(&p);
    t.nblob = 2;
    gal_move m[GAL_MOVES_MAX];
    gal_ensemble_opt o = {.nwalkers = 12, .moves = m, .seed = 11, .source = 5, .thin = 3};
    ok(gal_moves_preset("mix", m, &o.nmoves));
    m[2] = gal_move_default(GAL_MOVE_WALK);
    m[2].subset = 4;
    o.nmoves = 3;
    gal_ensemble *whole, *part, *again;
    ok(gal_ensemble_create(&whole, &t, &o));
    ok(gal_ensemble_create(&part, &t, &o));
    ok(gal_ensemble_start_prior(whole));
    ok(gal_ensemble_start_prior(part));
    run(whole, 400);
    run(part, 137); /* between two stored samples */
    unsigned char *bytes;
    size_t n, W, ns;
    ok(gal_ensemble_state(part, &bytes, &n));
    ok(gal_ensemble_state_nstored(bytes, n, &W, &ns));
    assert_int_equal(W, 12);
    assert_int_equal(ns, 45);
    ok(gal_ensemble_restore(&again, &t, bytes, n, gal_ensemble_chain(part), gal_ensemble_lnprior(part),
                            gal_ensemble_lnlike(part), gal_ensemble_blobs(part), gal_ensemble_accepted(part)));
    gal_ensemble_free(part);
    ok(gal_ensemble_run(again, &(gal_ensemble_goal){.until = 400}));
    same_bits(whole, again);
    double fa[12], fb[12];
    gal_ensemble_acceptance(whole, fa);
    gal_ensemble_acceptance(again, fb);
    assert_memory_equal(fa, fb, sizeof fa);
    for (size_t i = 0; i < 3; i++)
        assert_true(gal_ensemble_move_acceptance(whole, i) == gal_ensemble_move_acceptance(again, i));
    ok(gal_ensemble_run(again, &(gal_ensemble_goal){.until = 400})); /* reached: nothing happens */
    assert_int_equal(gal_ensemble_steps(again), 400);
    gal_ensemble_free(again);
    gal_ensemble_free(whole);
    bytes[200] ^= 1;
    assert_int_equal(gal_ensemble_restore(&again, &t, bytes, n, NULL, NULL, NULL, NULL, NULL), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "state of the ensemble: its checksum does not match; the file is damaged");
    bytes[200] ^= 1;
    assert_int_equal(gal_ensemble_restore(&again, &t, bytes, 50, NULL, NULL, NULL, NULL, NULL), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "state of the ensemble: 50 bytes are too few; the file is truncated");
    t.nblob = 0;
    assert_int_equal(gal_ensemble_restore(&again, &t, bytes, n, NULL, NULL, NULL, NULL, NULL), GAL_EFORMAT);
    assert_string_equal(gal_error_message(),
                        "state of the ensemble: it has 3 parameters and 2 derived quantities, this model 3 and "
                        "0; it belongs to another fit");
    gal_free(bytes);
}

static int stop_now(void *ctx, double fraction, const char *text)
{
    (void)fraction;
    (void)text;
    (*(int *)ctx)++;
    return 1;
}

static void interrupt_keeps_everything(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov), q = p;
    gal_target t = target(&p), tq = target(&q);
    gal_ensemble *a = make(&t, "stretch", 8, 1), *b = make(&tq, "stretch", 8, 1);
    ok(gal_ensemble_start_prior(a));
    ok(gal_ensemble_start_prior(b));
    run(a, 60);
    /* b is stopped during the first half of a step, then during the second, then goes on */
    for (int i = 0; i < 2; i++) {
        q.stop_at = q.calls + 21 + i;
        assert_int_equal(gal_ensemble_run(b, &(gal_ensemble_goal){.until = 60}), GAL_EINTR);
        assert_int_equal(gal_ensemble_end(b), GAL_RUN_INTERRUPTED);
        gal_interrupt_set(0);
        if (i == 0) {
            assert_int_equal(gal_ensemble_steps(b), 10);
            assert_int_equal(gal_ensemble_nstored(b), 10);
            assert_string_equal(gal_ensemble_end_text(b), "interrupted after 10 steps");
        }
    }
    assert_int_equal(gal_ensemble_steps(b), 21);
    ok(gal_ensemble_run(b, &(gal_ensemble_goal){.until = 60}));
    assert_int_equal(gal_ensemble_end(b), GAL_RUN_DONE);
    same_bits(a, b);
    gal_ensemble_free(a);
    gal_ensemble_free(b);
}

static void progress_can_stop(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    int calls = 0;
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble_opt o = {.nwalkers = 8, .thin = 1000};
    gal_ensemble *e;
    ok(gal_ensemble_create(&e, &t, &o));
    ok(gal_ensemble_start_prior(e));
    gal_ensemble_goal g = {.more = 1000000000, .progress = stop_now, .progress_ctx = &calls};
    assert_int_equal(gal_ensemble_run(e, &g), GAL_EINTR);
    assert_int_equal(calls, 1);
    assert_true(gal_ensemble_steps(e) > 0);
    gal_ensemble_free(e);
}

static void forbidden_region(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        problem p = {.d = 1, .positive = true};
        p.prec[0][0] = 1;
        gal_target t = target(&p);
        gal_ensemble *e = make(&t, MOVES[i], 20, 400 + i);
        pair q = {0, 0, 0, 0};
        ok(gal_ensemble_start_prior(e));
        for (size_t w = 0; w < 20; w++)
            assert_true(gal_ensemble_x(e)[w] >= 0);
        run(e, 6000);
        expect_mean(e, 500, coordinate, &q, sqrt(2 / M_PI), MOVES[i]);
        expect_mean(e, 500, product, &q, 1, MOVES[i]);
        gal_ensemble_free(e);
    }
}

static void nan_is_an_error_with_its_point(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble *e = make(&t, "stretch", 16, 1);
    ok(gal_ensemble_start_prior(e));
    p.nan_above = 1e-3 + 0.9;
    /* walkers above it stay legal until they are proposed there */
    assert_int_equal(gal_ensemble_run(e, &(gal_ensemble_goal){.more = 500}), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "ln likelihood is NaN at age = "));
    assert_non_null(strstr(gal_error_message(), ", sfh.tau = "));
    assert_int_equal(gal_ensemble_end(e), GAL_RUN_FAILED);
    assert_non_null(strstr(gal_ensemble_end_text(e), "steps: ln likelihood is NaN at age = "));
    size_t n = gal_ensemble_steps(e);
    p.nan_above = 0;
    run(e, 10); /* the run can go on */
    assert_int_equal(gal_ensemble_steps(e), n + 10);
    gal_ensemble_free(e);
}

static void bad_starts(void **state)
{
    (void)state;
    double cov[DMAX][DMAX], x[8 * 2];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble *e;
    gal_move m = gal_move_default(GAL_MOVE_STRETCH);
    assert_int_equal(gal_ensemble_create(&e, &t, &(gal_ensemble_opt){.nwalkers = 3}), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: 3 walkers are too few for 2 parameters, use at least 4");
    ok(gal_ensemble_create(&e, &t, &(gal_ensemble_opt){.nwalkers = 3, .force = true}));
    gal_ensemble_free(e);
    m.a = 1;
    assert_int_equal(gal_ensemble_create(&e, &t, &(gal_ensemble_opt){.moves = &m, .nmoves = 1}), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "move stretch: a = 1 must exceed 1 (usual: 2)");
    m = gal_move_default(GAL_MOVE_SNOOKER);
    assert_int_equal(gal_ensemble_create(&e, &t, &(gal_ensemble_opt){.nwalkers = 5, .moves = &m, .nmoves = 1}),
                     GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: move snooker needs 6 walkers, 5 given");
    size_t nm;
    gal_move list[GAL_MOVES_MAX];
    assert_int_equal(gal_moves_preset("strech", list, &nm), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(),
                        "unknown move 'strech', did you mean 'stretch'? (known: stretch, de, snooker, walk, mix)");

    ok(gal_ensemble_create(&e, &t, &(gal_ensemble_opt){.nwalkers = 8}));
    assert_int_equal(gal_ensemble_run(e, &(gal_ensemble_goal){.more = 1}), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "ensemble: no start positions; start it from the prior or from given points");
    for (size_t w = 0; w < 8; w++) {
        x[2 * w] = (double)w;
        x[2 * w + 1] = 3;
    }
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "start: sfh.tau is 3 for all walkers; spread them, or fix the parameter");
    for (size_t w = 0; w < 8; w++)
        x[2 * w + 1] = 2 * (double)w - 1 + (w == 3 ? 1e-9 : 0);
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "start: the walkers do not span all parameters (condition number "));
    x[1] = NAN;
    assert_int_equal(gal_ensemble_start(e, x), GAL_EMATH);
    assert_string_equal(gal_error_message(),
                        "start: the sampler proposed a point that is not finite: age = 0, sfh.tau = nan");
    for (size_t w = 0; w < 8; w++)
        x[2 * w + 1] = (double)(w * w);
    x[0] = -1;
    p.positive = true;
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_string_equal(
        gal_error_message(),
        "start: 1 of 8 points have probability 0 (ln prior = -inf), the first is age = -1, sfh.tau = 0");
    x[0] = 0;
    ok(gal_ensemble_start(e, x));
    assert_int_equal(gal_ensemble_run(e, &(gal_ensemble_goal){.more = 1, .tau = 50}), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: two goals at once; give exactly one of more, until, tau");
    t.prior_transform = NULL;
    assert_int_equal(gal_ensemble_start_prior(e), GAL_EUNSUP);
    assert_string_equal(gal_error_message(), "start: the target cannot draw from its prior; give start positions");
    gal_ensemble_free(e);
}

static gal_status count_hook(void *ctx, const gal_ensemble *e)
{
    assert_true(gal_ensemble_steps(e) > 0);
    (*(int *)ctx)++;
    return GAL_OK;
}

static void stops_when_converged(void **state)
{
    (void)state;
    double cov[DMAX][DMAX], tau[2];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    bool enough;
    int hooks = 0;
    gal_ensemble *e = make(&t, "de", 16, 8), *f = make(&t, "de", 16, 8);
    ok(gal_ensemble_start_prior(e));
    ok(gal_ensemble_start_prior(f));
    ok(gal_ensemble_run(e, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 50000}));
    assert_int_equal(gal_ensemble_end(e), GAL_RUN_CONVERGED);
    ok(gal_ensemble_tau(e, tau, &enough));
    assert_true(enough && 0.75 * (double)gal_ensemble_steps(e) > 50 * fmax(tau[0], tau[1]));
    assert_non_null(strstr(gal_ensemble_end_text(e), "converged: "));
    /* in pieces it stops at the same step */
    ok(gal_ensemble_run(
        f, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 150, .hook = count_hook, .hook_ctx = &hooks}));
    assert_int_equal(gal_ensemble_end(f), GAL_RUN_LIMIT);
    assert_int_equal(hooks, 150);
    ok(gal_ensemble_run(f, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 50000}));
    same_bits(e, f);
    gal_ensemble_free(e);
    gal_ensemble_free(f);
}

static void no_memory(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    size_t before = gal_mem_live();
    for (long i = 1; i < 30; i++) {
        gal_ensemble *e = NULL;
        gal_mem_fail_after(i);
        gal_status st = gal_ensemble_create(&e, &t, NULL);
        if (st == GAL_OK && (st = gal_ensemble_start_prior(e)) == GAL_OK)
            st = gal_ensemble_run(e, &(gal_ensemble_goal){.more = 70});
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        gal_ensemble_free(e);
        assert_int_equal(gal_mem_live(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_1d),
        cmocka_unit_test(gaussian_5d),
        cmocka_unit_test(mixture_1d),
        cmocka_unit_test(linear_gaussian),
        cmocka_unit_test(affine_invariance),
        cmocka_unit_test(bit_identical_for_any_threads),
        cmocka_unit_test(resumed_run_is_identical),
        cmocka_unit_test(interrupt_keeps_everything),
        cmocka_unit_test(progress_can_stop),
        cmocka_unit_test(forbidden_region),
        cmocka_unit_test(nan_is_an_error_with_its_point),
        cmocka_unit_test(bad_starts),
        cmocka_unit_test(stops_when_converged),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
