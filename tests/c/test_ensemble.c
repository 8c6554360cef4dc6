/* The ensemble sampler: exact distributions for every move, affine invariance, options of moves.
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

#include "ensemble_problem.h"

enum { NM = 9 };
static const char *const MOVES[NM] = {"stretch", "de",       "snooker", "walk",          "mix",
                                      "kde",     "gaussian", "slice",   "slice_gaussian"};

static void check_gaussian(size_t d, size_t W, size_t steps, const char *move, uint64_t seed)
{
    double cov[DMAX][DMAX];
    problem p = gaussian(d, cov);
    gal_target t = target(&p);
    gal_ensemble *e = make(&t, move, W, seed);
    ok(gal_ensemble_start_prior(e));
    run(e, steps);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = i > 0 ? i - 1 : 0; j <= i; j++) {
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
    gal_sampler_free(e);
}

static void gaussian_1d(void **state)
{
    (void)state;
    for (size_t i = 0; i < NM; i++)
        check_gaussian(1, 16, i > 4 ? 3000 : 5000, MOVES[i], 100 + i);
}

static void gaussian_5d(void **state)
{
    (void)state;
    for (size_t i = 0; i < NM; i++)
        check_gaussian(5, 40,
                       i == 6  ? 14000
                       : i > 4 ? 3000
                               : 6000,
                       MOVES[i], 200 + i); /* the length that 50 tau need */
}

static void mixture_1d(void **state)
{
    (void)state;
    for (size_t i = 0; i < NM; i++) {
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
        gal_sampler_free(e);
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
    gal_sampler_free(e);
}

static void affine_invariance(void **state)
{
    (void)state;
    enum { D = 3, W = 12, STEPS = 40 };
    static const double M[D][D] = {{2, 0.5, -1}, {0, 3, 1}, {0.25, -2, 40}}, B[D] = {10, -300, 7};
    static const char *const exact[] = {"stretch", "de", "walk", "slice", "slice_gaussian"};
    for (size_t k = 0; k < 5; k++) {
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
        const double *ca = a->c_x, *cb = b->c_x;
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
        gal_sampler_free(a);
        gal_sampler_free(b);
    }
}

static void forbidden_region(void **state)
{
    (void)state;
    for (size_t i = 0; i < NM; i++) {
        problem p = {.d = 1, .positive = true};
        p.prec[0][0] = 1;
        gal_target t = target(&p);
        gal_ensemble *e = make(&t, MOVES[i], 20, 400 + i);
        pair q = {0, 0, 0, 0};
        ok(gal_ensemble_start_prior(e));
        for (size_t w = 0; w < 20; w++)
            assert_true(e->x[w] >= 0);
        run(e, 6000);
        expect_mean(e, 500, coordinate, &q, sqrt(2 / M_PI), MOVES[i]);
        expect_mean(e, 500, product, &q, 1, MOVES[i]);
        gal_sampler_free(e);
    }
}

/* the options of the Gaussian and KDE moves: every one samples the same correlated Gaussian */
static void options_of_moves(void **state)
{
    (void)state;
    double cov[DMAX][DMAX], full[9], var[3];
    problem p = gaussian(3, cov);
    gal_target t = target(&p);
    for (int i = 0; i < 3; i++) {
        var[i] = cov[i][i];
        for (int j = 0; j < 3; j++)
            full[i * 3 + j] = cov[i][j];
    }
    gal_move g = move_of("gaussian"), list[7];
    g.gamma = 2.38 / sqrt(3);
    for (int i = 0; i < 6; i++)
        list[i] = g;
    list[0].cov = full;
    list[0].ncov = 9;
    list[1].cov = var;
    list[1].ncov = 3;
    list[1].factor = 2;
    list[2].cov = var;
    list[2].ncov = 1;
    list[3].mode = GAL_MODE_RANDOM;
    list[3].cov = var;
    list[3].ncov = 3;
    list[3].gamma = 2.4;
    list[4] = list[3];
    list[4].mode = GAL_MODE_SEQUENTIAL;
    list[5] = list[0];
    list[5].factor = 3;
    list[6] = move_of("kde");
    list[6].bandwidth = 0.8;
    for (int k = 0; k < 7; k++) {
        gal_ensemble_opt o = {.nwalkers = 24, .moves = &list[k], .nmoves = 1, .seed = 900 + (uint64_t)k};
        gal_ensemble *e;
        char what[40];
        ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &o));
        ok(gal_ensemble_start_prior(e));
        run(e, 7000);
        snprintf(what, sizeof what, "option %d", k);
        for (size_t i = 0; i < 3; i++) {
            pair q = {i, (i + 1) % 3, p.mean[i], p.mean[(i + 1) % 3]};
            expect_mean(e, 1000, coordinate, &q, p.mean[i], what);
            expect_mean(e, 1000, product, &q, cov[i][(i + 1) % 3], what);
        }
        gal_sampler_free(e);
    }
    /* sequential: step n moves coordinate n mod d only; random: one of them */
    for (int k = 3; k < 5; k++) {
        gal_ensemble_opt o = {.nwalkers = 24, .moves = &list[k], .nmoves = 1};
        gal_ensemble *e;
        bool seen[3] = {false};
        ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &o));
        ok(gal_ensemble_start_prior(e));
        run(e, 40);
        const double *c = e->c_x;
        for (size_t n = 1; n < 40; n++)
            for (size_t w = 0; w < 24; w++) {
                int moved = 0;
                for (size_t i = 0; i < 3; i++) {
                    bool m = c[(n * 24 + w) * 3 + i] != c[((n - 1) * 24 + w) * 3 + i];
                    moved += m;
                    seen[i] |= m;
                    assert_true(!m || k == 3 || i == n % 3);
                }
                assert_true(moved <= 1);
            }
        assert_true(seen[0] && seen[1] && seen[2]);
        gal_sampler_free(e);
    }
}

static void slices_tune_their_width(void **state)
{
    (void)state;
    for (int start = 0; start < 2; start++) { /* from far too small and far too large, to the same width */
        double cov[DMAX][DMAX], mu;
        problem p = gaussian(3, cov);
        gal_target t = target(&p);
        gal_move m = move_of("slice");
        m.mu = start ? 300 : 0.01;
        gal_ensemble_opt o = {.nwalkers = 40, .moves = &m, .nmoves = 1, .seed = 4};
        gal_ensemble *e;
        ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &o));
        ok(gal_ensemble_start_prior(e));
        run(e, 300);
        size_t tuned = gal_ensemble_tuned(e, 0, &mu);
        if (!(tuned > 5 && tuned < 100 && mu > 0.5 && mu < 2))
            fail_msg("tuned at step %zu, mu = %g", tuned, mu);
        double now = mu, acc[40];
        size_t evaluations = e->evaluations;
        run(e, 300);
        gal_ensemble_tuned(e, 0, &mu);
        assert_true(mu == now); /* and stays */
        gal_ensemble_acceptance(e, acc);
        for (int w = 0; w < 40; w++)
            assert_true(acc[w] == 1);
        double each = (double)(e->evaluations - evaluations) / (300 * 40);
        if (!(each > 4 && each < 8)) /* Karamanis & Beutler: about five for a tuned width */
            fail_msg("%g evaluations per update", each);
        gal_sampler_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_1d),       cmocka_unit_test(gaussian_5d),
        cmocka_unit_test(mixture_1d),        cmocka_unit_test(linear_gaussian),
        cmocka_unit_test(affine_invariance), cmocka_unit_test(forbidden_region),
        cmocka_unit_test(options_of_moves),  cmocka_unit_test(slices_tune_their_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
