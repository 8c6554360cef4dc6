/* Mixtures of Gaussians and Student t: density, draws and fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>

#include "infer/sampler/gmix.h"
#include "infer_problems.h"

/* Three correlated components in d dimensions */
static void make(gmix *g, size_t d, gmix_tails tails)
{
    double mean[8], cov[64];
    ok(gmix_init(g, d, 3));
    for (int c = 0; c < 3; c++) {
        for (size_t j = 0; j < d; j++) {
            mean[j] = (j % 3 == (size_t)c ? 3 : -1) + 0.3 * (double)j;
            for (size_t k = 0; k < d; k++)
                cov[j * d + k] = (0.2 + 0.1 * c) * (j == k ? 1 : 0.4);
        }
        ok(gmix_add(g, mean, cov, log(1. + c)));
    }
    gmix_normalise(g);
    g->tails = tails;
}

static const gmix_tails TAILS = {.nu = 7, .inflate = 1.1, .wide = 0.15, .far = 4, .prior = 0.05};

static void test_density(void **state)
{
    (void)state;
    enum { N = 100, D = 3 }; /* not whole blocks */
    double z[N * D], lnq[N], work[D];
    gmix_tails all[] = {{0}, {.prior = 0.1}, {.nu = 4}, TAILS};
    for (size_t k = 0; k < 4; k++) {
        gmix g;
        make(&g, D, all[k]);
        gmix_draws(&g, 1, 2, 3, N, z);
        ok(gmix_lnpdfs(&g, N, z, lnq));
        for (size_t i = 0; i < N; i++)
            near(lnq[i], gmix_lnpdf(&g, z + i * D, work), 1e-12); /* rounding of a sum of seven terms */
        gmix_clear(&g);
    }
}

/* one dimension, one component, against GSL's t and Gaussian */
static void test_student(void **state)
{
    (void)state;
    gmix g;
    double mean = 0.5, cov = 4, work;
    ok(gmix_init(&g, 1, 1));
    ok(gmix_add(&g, &mean, &cov, 0));
    g.tails = (gmix_tails){.nu = 5, .inflate = 2, .wide = 0.25, .far = 9, .prior = 0.125};
    for (double x = -30; x < 30; x += 0.7) {
        double narrow = sqrt(8), wide = sqrt(72),
               q = 0.75 * gsl_ran_tdist_pdf((x - mean) / narrow, 5) / narrow +
                   0.25 * gsl_ran_tdist_pdf((x - mean) / wide, 5) / wide;
        near(gmix_lnpdf(&g, &x, &work), log(0.875 * q + 0.125 * gsl_ran_gaussian_pdf(x, 1)), 1e-12);
    }
    gmix_clear(&g);
}

/* Draws have the density: the mean of N(z; 0, I)/q is 1. The prior's share bounds the ratio by 20, its sd is below 4. */
static void test_draws(void **state)
{
    (void)state;
    enum { N = 20000, D = 3 };
    static double z[N * D], one[N * D], lnq[N];
    gmix g;
    make(&g, D, TAILS);
    gmix_draws(&g, 5, 0, 0, N, z);
    for (size_t i = 0; i < N; i++)
        gmix_draw(&g, 6, 0, 0, i, one + i * D);
    for (int which = 0; which < 2; which++) {
        double *at = which ? one : z, sum = 0, sum2 = 0, m = 0;
        ok(gmix_lnpdfs(&g, N, at, lnq));
        for (size_t i = 0; i < N; i++) {
            double p = -1.5 * log(2 * M_PI);
            for (size_t k = 0; k < D; k++)
                p -= 0.5 * at[i * D + k] * at[i * D + k];
            double r = exp(p - lnq[i]);
            sum += r / N;
            sum2 += r * r / N;
            m += at[i * D] / N;
        }
        near(sum, 1, 4 * sqrt((sum2 - sum * sum) / N));
        near(m, 0.95 * (3. / 6 - 5. / 6), 0.05); /* weights 1:2:3 of 3, -1, -1; four times sd 1.7/sqrt(N) */
    }
    gmix_clear(&g);
}

static void weights(size_t n, double *w)
{
    for (size_t i = 0; i < n; i++)
        w[i] = 1 / (double)n;
}

static void test_fit(void **state)
{
    (void)state;
    enum { N = 3000, D = 4 };
    static double z[N * D], w[N];
    gmix g, f, again;
    double lnl, lnl2;
    make(&g, D, (gmix_tails){0});
    gmix_draws(&g, 3, 0, 0, N, z);
    weights(N, w);
    gmix_fit_opt o = {.k = 3, .ess = N, .iterations = 100};
    ok(gmix_fit(&f, D, N, z, w, &o, &lnl));
    assert_int_equal(f.n, 3);
    for (size_t c = 0; c < 3; c++) { /* each one near one of the truth: 500 points or more, sd .7/sqrt(500) = .03 */
        double best = INFINITY, share = 0;
        for (size_t t = 0; t < 3; t++) {
            double far = 0;
            for (size_t j = 0; j < D; j++)
                far = fmax(far, fabs(f.mean[c * D + j] - g.mean[t * D + j]));
            share = far < best ? g.lnw[t] : share;
            best = fmin(best, far);
        }
        near(best, 0, 0.12);
        near(exp(f.lnw[c]), exp(share), 0.05);
    }
    ok(gmix_fit(&again, D, N, z, w, &o, &lnl2));
    assert_memory_equal(f.mean, again.mean, 3 * D * sizeof *z);
    assert_true(lnl == lnl2);
    /* from its own components: nothing to gain */
    gmix warm;
    o.from = &f;
    ok(gmix_fit(&warm, D, N, z, w, &o, &lnl2));
    near(lnl2, lnl, 2e-3);
    gmix_clear(&warm);
    gmix_clear(&again);
    gmix_clear(&f);
    /* how many: the truth has three, one Gaussian is one */
    o = (gmix_fit_opt){.k = 64, .ess = N, .iterations = 30};
    ok(gmix_fit_best(&f, D, N, z, w, &o, &(gmix_tails){0}));
    assert_in_range(f.n, 3, 24); /* more than the truth costs little on the other half of 3000 points */
    gmix_clear(&f);
    for (size_t i = 0; i < N * D; i++) {
        gal_rng r;
        gal_rng_init(&r, 1, 2, 3, 4, i);
        z[i] = gal_rng_normal(&r);
    }
    ok(gmix_fit_best(&f, D, N, z, w, &o, &(gmix_tails){0}));
    assert_int_equal(f.n, 1);
    gmix_clear(&f);
    gmix_clear(&g);
}

/* One component is known in closed form: the weighted mean, and the covariance drawn to itself and a little to half of itself. */
static void test_one(void **state)
{
    (void)state;
    enum { N = 70, D = 2 };
    double z[N * D], w[N], sum = 0, mean[D] = {0}, var = 0, lnl, ess = 20, n0 = (D + 2) / ess;
    for (size_t i = 0; i < N; i++) {
        z[i * D] = sin(3. * (double)i);
        z[i * D + 1] = cos(5. * (double)i) * (double)i / N;
        sum += w[i] = 1 + (double)(i % 3);
    }
    for (size_t i = 0; i < N; i++) {
        w[i] /= sum;
        for (size_t k = 0; k < D; k++)
            mean[k] += w[i] * z[i * D + k];
    }
    for (size_t i = 0; i < N; i++)
        var += w[i] * (z[i * D] - mean[0]) * (z[i * D] - mean[0]);
    gmix g;
    gmix_fit_opt o = {.k = 1, .ess = ess, .iterations = 5};
    ok(gmix_fit(&g, D, N, z, w, &o, &lnl));
    for (size_t k = 0; k < D; k++)
        near(g.mean[k], mean[k], 1e-12);
    near(g.chol[0] * g.chol[0], var * (1 + 1.05 * n0) / (1 + 1.1 * n0),
         1e-9); /* the trifle in directions not spanned */
    gmix_clear(&g);
}

/* Few points, far too many components, points on a line: something is always left. */
static void test_poor(void **state)
{
    (void)state;
    enum { N = 5, D = 3 };
    double z[N * D], w[N], lnl, work[D];
    weights(N, w);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < D; k++)
            z[i * D + k] = (double)i * (double)(k + 1);
    for (size_t k = 1; k <= 64; k *= 4) {
        gmix g;
        gmix_fit_opt o = {.k = k, .ess = 1.5, .iterations = 30};
        ok(gmix_fit(&g, D, N, z, w, &o, &lnl));
        assert_true(g.n >= 1);
        assert_true(isfinite(gmix_lnpdf(&g, z, work)));
        gmix_clear(&g);
    }
    gmix g;
    gmix_fit_opt o = {.k = 2, .ess = 5, .iterations = 3};
    for (size_t i = 0; i < N * D; i++)
        z[i] = 1;
    assert_int_equal(gmix_fit(&g, D, N, z, w, &o, &lnl), GAL_EMATH);
    z[4] = NAN;
    assert_int_equal(gmix_fit(&g, D, N, z, w, &o, &lnl), GAL_EMATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_density), cmocka_unit_test(test_student), cmocka_unit_test(test_draws),
        cmocka_unit_test(test_fit),     cmocka_unit_test(test_one),     cmocka_unit_test(test_poor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
