/* NUTS: exact distributions, the warm-up schedule, the integrator, divergences, reproducibility, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "galua/diag.h"
#include "galua/nuts.h"
#include "galua/result.h"
#include "infer/sampler/nuts_int.h"
#include "infer_problems.h"

static gal_nuts *make(const gal_target *t, gal_nuts_opt o)
{
    gal_nuts *n;
    ok(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, t, &o));
    ok(gal_nuts_start_prior(n));
    return n;
}

/* Mean and variance of coordinate k within 4 standard errors (Rule B). */
static void expect(const gal_nuts *n, size_t k, double mean, double sd)
{
    size_t N = n->ndraws, C = n->C, d = n->t->ndim;
    const double *x = n->theta;
    double *v = GAL_NEWN(double, N *C), se;
    for (int what = 0; what < 2; what++) {
        for (size_t i = 0; i < N * C; i++) {
            double r = x[i * d + k] - mean;
            v[i] = what ? r * r : r;
        }
        ok(gal_mcse_mean((gal_chains){v, N, C, C, 1}, &se));
        double got = gal_mean(v, NULL, N * C), want = what ? sd * sd : 0;
        if (!(fabs(got - want) < 4 * se))
            fail_msg("x%zu: %s %.5f +- %.5f, want %.5f", k + 1, what ? "variance" : "mean - true mean", got, se, want);
    }
    gal_free(v);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov of coordinate k against N(0, sd^2): p > 1e-3 (Rule B). Thinned to the bulk effective size of the chains, so that
 * what is compared is close to independent. */
static void expect_normal(const gal_nuts *n, size_t k, double sd)
{
    size_t N = n->ndraws, C = n->C, d = n->t->ndim, m = 0;
    const double *x = n->theta;
    double *v = GAL_NEWN(double, N *C), ess, ks = 0;
    for (size_t i = 0; i < N * C; i++)
        v[i] = x[i * d + k];
    ok(gal_ess_bulk((gal_chains){v, N, C, C, 1}, &ess));
    size_t step = (size_t)ceil(fmax((double)(N * C) / ess, 1));
    for (size_t i = 0; i < N; i += step)
        for (size_t c = 0; c < C; c++)
            v[m++] = v[i * C + c];
    qsort(v, m, sizeof *v, ascending);
    for (size_t i = 0; i < m; i++) {
        double f = 0.5 * erfc(-v[i] / sd * M_SQRT1_2);
        ks = fmax(ks, fmax(f - (double)i / (double)m, (double)(i + 1) / (double)m - f));
    }
    if (!(ks * (sqrt((double)m) + 0.12 + 0.11 / sqrt((double)m)) < 1.949)) /* Stephens 1970: p = 1e-3 */
        fail_msg("x%zu: Kolmogorov-Smirnov %.4f over %zu draws", k + 1, ks, m);
    gal_free(v);
}

/* ------------------------------------------------------------------ warm-up (T-31) */
static void schedule(void **state)
{
    (void)state;
    static const struct {
        size_t W, init, term, n, end[8];
    } want[] = {{1000, 75, 50, 5, {100, 150, 250, 450, 950}},
                {150, 75, 50, 1, {100}},
                {30, 4, 3, 1, {27}},
                {15, 0, 0, 0, {0}},
                {500, 75, 50, 4, {100, 150, 250, 450}},
                {300, 75, 50, 3, {100, 150, 250}},
                {2000, 75, 50, 6, {100, 150, 250, 450, 850, 1950}},
                {20, 3, 2, 1, {18}}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        size_t end[64], init, term, n = gal_nuts_schedule(want[i].W, end, 64, &init, &term);
        if (n != want[i].n || init != want[i].init || term != want[i].term)
            fail_msg("W = %zu: %zu windows, buffers %zu and %zu", want[i].W, n, init, term);
        for (size_t j = 0; j < n; j++)
            if (end[j] != want[i].end[j])
                fail_msg("W = %zu: window %zu ends at %zu, want %zu", want[i].W, j + 1, end[j], want[i].end[j]);
    }
}

/* ------------------------------------------------------------------ the integrator (T-30) */
typedef struct {
    double h0, h1, back;
} trip;

/* L leapfrog steps of size eps and back again, from a fixed point. */
static trip there_and_back(gal_nuts *n, const gauss *g, double eps, size_t L)
{
    size_t d = g->d;
    chain *c = &n->chain[0];
    double z[PMAX], p[PMAX];
    gal_rng r;
    gal_rng_init(&r, 3, 1, 4, 1, 5);
    for (size_t k = 0; k < d; k++) {
        z[k] = sqrt(g->cov[k * d + k]) * gal_rng_normal(&r);
        p[k] = gal_rng_normal(&r);
    }
    point *x = &c->now;
    memcpy(x->z, z, d * sizeof *z);
    memcpy(x->p, p, d * sizeof *p);
    x->lnp = gauss_lnlike(d, z, x->g, g);
    trip t = {.h0 = tree_energy(n, c, x->p, x->v, x->lnp)};
    for (size_t i = 0; i < 2 * L; i++) {
        double e = i < L ? eps : -eps;
        leapfrog_first(n, c, x, e);
        x->lnp = gauss_lnlike(d, x->z, x->g, g);
        leapfrog_second(n, c, x, e);
        if (i + 1 == L)
            t.h1 = tree_energy(n, c, x->p, x->v, x->lnp);
    }
    for (size_t k = 0; k < d; k++)
        t.back =
            fmax(t.back, fmax(fabs(x->z[k] - z[k]) / fmax(1, fabs(z[k])), fabs(x->p[k] - p[k]) / fmax(1, fabs(p[k]))));
    return t;
}

static void leapfrog(void **state)
{
    (void)state;
    gauss g;
    double var[10];
    for (int k = 0; k < 10; k++)
        var[k] = pow(10, -1 + 0.2 * k);
    gauss_init(&g, 10, var, NULL, 2);
    problem p = {.d = 10, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, true);
    for (int metric = 0; metric < 2; metric++) {
        gal_nuts *n = make(&t, (gal_nuts_opt){.chains = 1, .metric = metric ? GAL_METRIC_DENSE : GAL_METRIC_DIAG});
        ok(adapt_set_metric(n, &n->chain[0], g.cov));
        trip a = there_and_back(n, &g, 0.02, 50), b = there_and_back(n, &g, 0.01, 100),
             c = there_and_back(n, &g, 0.005, 200);
        if (!(a.back < 1e-12 && c.back < 1e-12))
            fail_msg("after 2 x 50 steps the trajectory is %.2g away from its start", fmax(a.back, c.back));
        double ab = (a.h1 - a.h0) / (b.h1 - b.h0), bc = (b.h1 - b.h0) / (c.h1 - c.h0);
        if (!(fabs(ab - 4) < 0.2 && fabs(bc - 4) < 0.05))
            fail_msg("energy error falls by %.3f and %.3f when the step is halved, want 4", ab, bc);
        gal_sampler_free(n);
    }
}

/* M^-1 = L L^T: momenta have covariance M */
static void momenta(void **state)
{
    (void)state;
    gauss g;
    gauss_init(&g, 3, (double[]){0.1, 1, 5}, NULL, 4);
    problem p = {.d = 3, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.chains = 1, .metric = GAL_METRIC_DENSE});
    ok(adapt_set_metric(n, &n->chain[0], g.cov));
    enum { N = 40000 };
    double s[9] = {0}, q[3];
    gal_rng r;
    gal_rng_init(&r, 1, 1, 1, 1, 1);
    for (int i = 0; i < N; i++) {
        tree_momentum(n, &n->chain[0], &r, q);
        for (int j = 0; j < 9; j++)
            s[j] += q[j / 3] * q[j % 3] / N;
    }
    for (int j = 0; j < 9; j++)
        near(s[j], g.prec[j], 5 * sqrt(2. / N) * sqrt(g.prec[j / 3 * 4] * g.prec[j % 3 * 4]));
    gal_sampler_free(n);
}

/* ------------------------------------------------------------------ distributions */
/* T-30: d = 100, eigenvalues of the covariance from 1e-2 to 1e2, arbitrary axes */
static void gaussian_100(void **state)
{
    (void)state;
    static gauss g;
    double var[100];
    for (int k = 0; k < 100; k++)
        var[k] = pow(10, -2 + 4. * k / 99);
    gauss_init(&g, 100, var, NULL, 8);
    problem p = {.d = 100, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.chains = 2, .warmup = 1000, .metric = GAL_METRIC_DENSE, .seed = 30});
    ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 600}));
    gal_nuts_report r;
    ok(gal_nuts_diagnose(n, &r));
    printf("d = 100: acceptance %.3f, %.1f leapfrog steps, R-hat %.4f, ESS %.0f\n", r.accept, r.leapfrogs, r.rhat,
           r.ess_bulk);
    if (r.divergent > 0 || !(fabs(r.accept - 0.8) < 0.03) || r.rhat > 1.02)
        fail_msg("%zu divergent, acceptance %.3f, R-hat %.4f", r.divergent, r.accept, r.rhat);
    for (size_t k = 0; k < 100; k++) {
        expect(n, k, 0, sqrt(g.cov[k * 100 + k]));
        expect_normal(n, k, sqrt(g.cov[k * 100 + k]));
    }
    gal_sampler_free(n);
}

/* Uniform prior, numerical gradients through the prior transform, blobs: a truncated Gaussian in one coordinate. */
static double edge_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)ctx;
    (void)d;
    if (grad) {
        grad[0] = -x[0] / 0.25;
        grad[1] = -(x[1] + x[0]) / 0.04;
        grad[0] -= (x[1] + x[0]) / 0.04;
    }
    return -0.5 * x[0] * x[0] / 0.25 - 0.5 * (x[1] + x[0]) * (x[1] + x[0]) / 0.04;
}

static void with_priors(void **state)
{
    (void)state;
    for (int gradient = 0; gradient < 2; gradient++) {
        problem p = {.d = 2, .f = edge_lnlike, .lo = 0, .hi = 10, .nblob = 1}; /* x2 = -x1 + noise, x2 > 0 */
        gal_target t = p_target(&p, gradient);
        gal_nuts *n =
            make(&t, (gal_nuts_opt){.chains = 4, .warmup = 500, .metric = GAL_METRIC_DENSE, .target = 0.9, .seed = 3});
        ok(gal_sampler_run(n, &(gal_nuts_goal){.until = 2000}));
        /* by quadrature on the quadrant */
        double w = 0, m[2] = {0}, v[2] = {0};
        for (int i = 0; i < 800; i++)
            for (int j = 0; j < 800; j++) {
                double x[2] = {(i + 0.5) / 400, (j + 0.5) / 400}, f = exp(edge_lnlike(2, x, NULL, NULL));
                w += f;
                for (int k = 0; k < 2; k++) {
                    m[k] += f * x[k];
                    v[k] += f * x[k] * x[k];
                }
            }
        for (int k = 0; k < 2; k++)
            expect(n, (size_t)k, m[k] / w, sqrt(v[k] / w - m[k] * m[k] / w / w));
        const double *x = n->theta, *b = n->blob, *ll = n->lnlike, *lp = n->lnprior;
        for (size_t i = 0; i < 8000; i++) {
            assert_true(b[i] == x[2 * i] * x[2 * i] && lp[i] == -log(10.) - log(10.));
            assert_true(ll[i] == edge_lnlike(2, x + 2 * i, NULL, NULL));
        }
        assert_non_null(strstr(gal_space_text(n->space), gradient ? "analytic" : "numerical"));
        gal_sampler_free(n);
    }
}

/* T-32: the centred funnel in its own coordinates diverges and says so; drawn as a unit normal it is exact. */
static double unit_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double s = 0;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        s -= 0.5 * x[k] * x[k];
        if (grad)
            grad[k] = -x[k];
    }
    return s;
}

static void funnel(void **state)
{
    (void)state;
    problem p = {.d = 10, .f = funnel_lnlike};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.chains = 4, .seed = 1});
    ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 1000}));
    gal_nuts_report r;
    ok(gal_nuts_diagnose(n, &r));
    assert_true(r.divergent > 0);
    assert_non_null(strstr(r.warning, "trajectories diverged"));
    assert_null(strchr(r.warning, '\n'));
    gal_sampler_free(n);
    /* non-centred: y = 3 x1, x_k = e^(y/2) x_k' */
    p = (problem){.d = 10, .f = unit_lnlike};
    n = make(&t, (gal_nuts_opt){.chains = 4, .seed = 2});
    ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 1000}));
    ok(gal_nuts_diagnose(n, &r));
    assert_int_equal(r.divergent, 0);
    for (size_t k = 0; k < 10; k++) { /* y/3, x_k e^(-y/2) */
        expect(n, k, 0, 1);
        expect_normal(n, k, 1);
    }
    if (!(r.ebfmi > 0.3) || r.warning[0])
        fail_msg("E-BFMI %.2f, warning '%s'", r.ebfmi, r.warning);
    gal_sampler_free(n);
}

/* Diagonal, dense and unit metrics on a skewed density with heavy curvature: Rosenbrock-like banana of known moments. */
static double banana_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double a = x[1] - 0.5 * (x[0] * x[0] - 1);
    (void)ctx;
    (void)d;
    if (grad) {
        grad[0] = -x[0] + a / 0.25 * x[0];
        grad[1] = -a / 0.25;
    }
    return -0.5 * x[0] * x[0] - 0.5 * a * a / 0.25;
}

static void banana(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = banana_lnlike};
    gal_target t = p_target(&p, true);
    for (int m = 0; m < 3; m++) {
        gal_nuts *n =
            make(&t, (gal_nuts_opt){.chains = 4, .warmup = 600, .metric = (gal_metric)m, .target = 0.9, .seed = 77});
        ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 3000}));
        expect(n, 0, 0, 1);
        expect(n, 1, 0, sqrt(0.25 + 0.5)); /* var of (x^2 - 1)/2 is 1/2 */
        gal_sampler_free(n);
    }
}

/* Starting from a Gaussian: its covariance is the first metric, a short warm-up is enough. */
static void from_gaussian(void **state)
{
    (void)state;
    gauss g;
    double var[5] = {1e-4, 1e-2, 1, 1e2, 1e4}, z[4 * 5] = {0};
    gauss_init(&g, 5, var, NULL, 9);
    problem p = {.d = 5, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.chains = 4, .warmup = 15, .metric = GAL_METRIC_DENSE, .seed = 5});
    double m[25];
    ok(gal_nuts_start_gaussian(n, z, g.cov));
    ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 1000}));
    gal_nuts_inverse_metric(n, 2, m);
    assert_memory_equal(m, g.cov, 25 * sizeof *m);
    gal_nuts_report r;
    ok(gal_nuts_diagnose(n, &r));
    if (!(r.leapfrogs < 16 && r.rhat < 1.01))
        fail_msg("%.1f leapfrog steps on a whitened Gaussian, R-hat %.4f", r.leapfrogs, r.rhat);
    for (size_t k = 0; k < 5; k++)
        expect(n, k, 0, sqrt(g.cov[k * 5 + k]));
    gal_sampler_free(n);
}

static void until_ess(void **state)
{
    (void)state;
    problem p = {.d = 3, .f = unit_lnlike};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.seed = 4, .warmup = 200});
    ok(gal_sampler_run(n, &(gal_nuts_goal){.ess = 2000}));
    assert_int_equal(n->end, GAL_RUN_CONVERGED);
    gal_nuts_report r;
    ok(gal_nuts_diagnose(n, &r));
    assert_true(r.ess_bulk >= 2000 && r.ess_tail >= 2000 && r.rhat < 1.01);
    size_t most = n->ndraws + 10, draws = most * n->C;
    double could = (double)draws * log10((double)draws); /* anticorrelated chains */
    ok(gal_sampler_run(n, &(gal_nuts_goal){.ess = 0.99 * could, .max_draws = most}));
    assert_int_equal(n->end, GAL_RUN_LIMIT);
    assert_int_equal(gal_sampler_run(n, &(gal_nuts_goal){.ess = 1.01 * could, .max_draws = most}), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "raise max"));
    gal_sampler_free(n);
}

/* ------------------------------------------------------------------ reproducibility */
static void same(const gal_nuts *a, const gal_nuts *b, const char *what)
{
    size_t n = a->ndraws * a->C, d = a->t->ndim;
    if (a->ndraws != b->ndraws || memcmp(a->theta, b->theta, n * d * sizeof(double)) ||
        memcmp(a->stat, b->stat, n * GAL_NUTS_NSTATS * sizeof(double)) ||
        memcmp(a->lnlike, b->lnlike, n * sizeof(double)) || a->evaluations != b->evaluations)
        fail_msg("%s: other draws (%zu, %zu)", what, a->ndraws, b->ndraws);
}

static void resume_and_threads(void **state)
{
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        problem p = {.d = 4, .f = rosenbrock_lnlike, .lo = -3, .hi = 3, .nblob = 1, .threaded = true};
        gal_target t = p_target(&p, dense);
        gal_nuts_opt o = {.chains = 3, .warmup = 60, .metric = dense ? GAL_METRIC_DENSE : GAL_METRIC_DIAG, .seed = 12};
        gal_nuts *whole = make(&t, o), *n, *b;
        ok(gal_sampler_run(whole, &(gal_nuts_goal){.until = 40}));
        for (int threads = 2; threads <= 4; threads += 2) {
            ok(gal_threads_set(threads));
            n = make(&t, o);
            ok(gal_sampler_run(n, &(gal_nuts_goal){.until = 15}));
            ok(gal_sampler_run(n, &(gal_nuts_goal){.more = 25}));
            same(whole, n, "threads");
            gal_sampler_free(n);
        }
        ok(gal_threads_set(1));
        /* stopped at any batch, stored, restored */
        for (long stop = 3; stop < 1500; stop += 97) {
            p.calls = 0;
            p.stop_at = stop;
            n = make(&t, o);
            gal_status st = gal_sampler_run(n, &(gal_nuts_goal){.until = 40});
            gal_interrupt_set(0);
            p.stop_at = 0;
            if (st == GAL_EINTR) {
                gal_result *r;
                assert_int_equal(n->end, GAL_RUN_INTERRUPTED);
                ok(gal_result_create(&r));
                ok(gal_sampler_put(r, n, NULL));
                ok(gal_sampler_get((gal_sampler **)&b, r, &t));
                gal_result_free(r);
                assert_true(b->C == 3 && b->ndraws == n->ndraws);
                ok(gal_sampler_run(b, &(gal_nuts_goal){.until = 40}));
                /* the interrupted iteration was evaluated in part: not counted */
                same(whole, b, "resume");
                gal_sampler_free(b);
            } else {
                same(whole, n, "uninterrupted");
            }
            gal_sampler_free(n);
        }
        gal_sampler_free(whole);
    }
}

static void bad_state(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = unit_lnlike};
    gal_target t = p_target(&p, true);
    gal_nuts *n = make(&t, (gal_nuts_opt){.warmup = 20}), *b;
    unsigned char *bytes;
    size_t size;
    ok(gal_sampler_state(n, &bytes, &size));
    bytes[40] ^= 4;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&b, &gal_nuts_class, &t, bytes, size, NULL), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "damaged"));
    bytes[40] ^= 4;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&b, &gal_nuts_class, &t, bytes, size / 2, NULL), GAL_EFORMAT);
    t.ndim = 3;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&b, &gal_nuts_class, &t, bytes, size, NULL), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "another fit"));
    gal_free(bytes);
    gal_sampler_free(n);
}

/* ------------------------------------------------------------------ errors */
static double flat_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)x;
    (void)ctx;
    for (size_t k = 0; grad && k < d; k++)
        grad[k] = 0;
    return 0;
}

static double never_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)flat_lnlike(d, x, grad, ctx);
    return -INFINITY;
}

static double nan_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double v = unit_lnlike(d, x, grad, ctx);
    return x[0] > 1.5 ? NAN : v;
}

static void errors(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = flat_lnlike};
    gal_target t = p_target(&p, true);
    gal_nuts *n;
    assert_int_equal(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t, &(gal_nuts_opt){.target = 1.2}),
                     GAL_EINVAL);
    assert_int_equal(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t, &(gal_nuts_opt){.max_depth = 50}),
                     GAL_EINVAL);
    ok(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t, NULL));
    assert_int_equal(gal_sampler_run(n, &(gal_nuts_goal){.more = 5}), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "no start positions"));
    ok(gal_nuts_start_prior(n));
    assert_int_equal(gal_sampler_run(n, &(gal_nuts_goal){.more = 5, .until = 3}), GAL_EINVAL);
    assert_int_equal(gal_sampler_run(n, &(gal_nuts_goal){.more = 5}), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "improper"));
    assert_int_equal(n->end, GAL_RUN_FAILED);
    p.f = never_lnlike;
    assert_int_equal(gal_nuts_start_prior(n), GAL_EMATH);
    double x[8] = {0};
    assert_int_equal(gal_nuts_start(n, x), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "chain 1 has probability 0: x1 = 0"));
    p.f = nan_lnlike;
    ok(gal_nuts_start(n, x));
    assert_int_equal(gal_sampler_run(n, &(gal_nuts_goal){.more = 50}), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "NaN at x1 = "));
    gal_sampler_free(n);
    p = (problem){.d = 2, .f = never_lnlike, .lo = 0, .hi = 1};
    gal_target t2 = p_target(&p, false);
    ok(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t2, NULL));
    assert_int_equal(gal_nuts_start_prior(n), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "1000 draws of the prior"));
    assert_int_equal(gal_nuts_start(n, (double[8]){5, 5, 5, 5, 5, 5, 5, 5}), GAL_EDOMAIN);
    gal_sampler_free(n);
}

static void no_memory(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = unit_lnlike, .lo = -5, .hi = 5, .nblob = 1};
    gal_target t = p_target(&p, false);
    size_t before = gal_mem_live(), done = 0;
    for (long i = 1; i < 1500 && done < 3; i++) {
        gal_nuts *n = NULL, *m = NULL;
        gal_result *r = NULL;
        gal_mem_fail_after(i);
        gal_status st =
            gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t, &(gal_nuts_opt){.warmup = 25, .chains = 2});
        if (st == GAL_OK && (st = gal_nuts_start_prior(n)) == GAL_OK &&
            (st = gal_sampler_run(n, &(gal_nuts_goal){.more = 3})) == GAL_OK &&
            (st = gal_result_create(&r)) == GAL_OK && (st = gal_sampler_put(r, n, NULL)) == GAL_OK)
            st = gal_sampler_get((gal_sampler **)&m, r, &t);
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        done += st == GAL_OK;
        gal_result_free(r);
        gal_sampler_free(m);
        gal_sampler_free(n);
        assert_int_equal(gal_mem_live(), before);
    }
    assert_true(done > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule),    cmocka_unit_test(leapfrog),
        cmocka_unit_test(momenta),     cmocka_unit_test(gaussian_100),
        cmocka_unit_test(with_priors), cmocka_unit_test(funnel),
        cmocka_unit_test(banana),      cmocka_unit_test(from_gaussian),
        cmocka_unit_test(until_ess),   cmocka_unit_test(resume_and_threads),
        cmocka_unit_test(bad_state),   cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
