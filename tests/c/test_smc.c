/* SMC: evidence of known value, several modes, forbidden regions, the kernel, reproducibility, errors. More seeds and dimensions
 * are in tests/validate/smc.lua and in the table of docs/fitting.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "galua/smc.h"
#include "infer/sampler/gmix.h"
#include "infer/sampler/smc_int.h"
#include "infer_problems.h"

static gal_smc *run(const gal_target *t, gal_smc_opt o)
{
    gal_smc *s;
    ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, t, &o));
    ok(gal_sampler_run(s, NULL));
    assert_int_equal(s->end, GAL_RUN_CONVERGED);
    return s;
}

/* Evidence over seeds: Rule A in small: |mean z| < 3/sqrt(R), rms error as allowed, quoted error within a factor 2 of the rms. */
static void evidence(const char *name, const problem *p0, size_t R, double want, double allowed)
{
    double z = 0, rms = 0, err = 0;
    for (size_t r = 0; r < R; r++) {
        problem p = *p0;
        gal_target t = p_target(&p, false);
        gal_smc *s = run(&t, (gal_smc_opt){.particles = 512, .seed = 1000 + r});
        const gal_importance *i = &s->imp;
        z += (i->lnz - want) / i->lnz_err / (double)R;
        rms += pow(i->lnz - want, 2) / (double)R;
        err += i->lnz_err / (double)R;
        if (!(i->ess >= 2048 && fabs(i->lnz - want) < 5 * i->lnz_err))
            fail_msg("%s, seed %zu: ln Z %.4f +- %.4f, want %.4f; ESS %.0f", name, r, i->lnz, i->lnz_err, want, i->ess);
        gal_sampler_free(s);
    }
    rms = sqrt(rms);
    printf("%-14s mean z %5.2f, rms error %.3f, quoted %.3f\n", name, z, rms, err);
    if (!(fabs(z) < 3 / sqrt((double)R) && rms < allowed && err < 2.5 * rms && err > 0.4 * rms))
        fail_msg("%s: mean z %.2f, rms error %.3f (allowed %.3f), quoted %.3f", name, z, rms, allowed, err);
}

static void evidences(void **state)
{
    (void)state;
    static gauss g2, g5;
    double one[5] = {1, 1, 1, 1, 1};
    gauss_init(&g2, 2, one, NULL, 1);
    gauss_init(&g5, 5, one, NULL, 1);
    evidence("T-01 d = 2", &(problem){.d = 2, .f = gauss_lnlike, .ctx = &g2, .lo = -5, .hi = 5}, 12, -4.605171, 0.12);
    evidence("T-01 d = 5", &(problem){.d = 5, .f = gauss_lnlike, .ctx = &g5, .lo = -5, .hi = 5}, 8, -11.512928, 0.15);
    evidence("T-05 d = 2", &(problem){.d = 2, .f = shells_lnlike, .lo = -6, .hi = 6}, 8, -1.745642, 0.15);
    evidence("T-08 d = 2", &(problem){.d = 2, .f = loggamma_lnlike, .lo = 0, .hi = 1}, 8, -2.27e-5, 0.15);
    evidence("T-11", &(problem){.d = 2, .f = half_lnlike, .lo = 0, .hi = 1}, 12, log(0.5), 0.06);
}

/* T-04: 18 modes; each has its share of the posterior (8 interior 0.08, 8 on edges 0.04, 2 in corners 0.02). */
static void eggbox(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = eggbox_lnlike, .lo = 0, .hi = 10 * M_PI};
    gal_target t = p_target(&p, false);
    gal_smc *s = run(&t, (gal_smc_opt){.particles = 1024, .seed = 5});
    const gal_importance *imp = &s->imp;
    const gal_draws *w = &s->draws;
    near(imp->lnz, 235.855940, 4 * imp->lnz_err);
    assert_true(imp->lnz_err < 0.2);
    double share[6][6] = {{0}};
    for (size_t i = 0; i < w->n; i++)
        share[(int)floor(w->theta[2 * i] / (2 * M_PI) + 0.5)][(int)floor(w->theta[2 * i + 1] / (2 * M_PI) + 0.5)] +=
            exp(w->lnw[i]);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            if ((i + j) % 2) {
                near(share[i][j], 0, 1e-4);
                continue;
            }
            double want = 0.08 / (i == 0 || i == 5 ? 2 : 1) / (j == 0 || j == 5 ? 2 : 1);
            /* families decide how well shares are known, not the number of particles */
            near(share[i][j], want, 5 * sqrt(want / (double)s->families));
        }
    gal_sampler_free(s);
}

/* Posterior moments of a Gaussian and blobs that belong to their points. */
static void posterior(void **state)
{
    (void)state;
    static gauss g;
    double var[3] = {0.01, 0.1, 1}, at[3] = {1, -1, 0.5}, m[3] = {0}, c[9] = {0};
    gauss_init(&g, 3, var, at, 6);
    problem p = {.d = 3, .f = gauss_lnlike, .ctx = &g, .lo = -10, .hi = 10, .nblob = 1};
    gal_target t = p_target(&p, false);
    gal_smc *s = run(&t, (gal_smc_opt){.particles = 1024, .seed = 5, .ess = 6000});
    const gal_draws *w = &s->draws;
    assert_true(s->imp.ess >= 6000 && fabs(s->halves) < 4);
    for (size_t i = 0; i < w->n; i++) {
        const double *x = w->theta + 3 * i;
        assert_true(w->blob[i] == x[0] * x[0] && w->lnlike[i] == gauss_lnlike(3, x, NULL, &g));
        for (int k = 0; k < 3; k++) {
            m[k] += exp(w->lnw[i]) * x[k];
            for (int j = 0; j < 3; j++)
                c[3 * k + j] += exp(w->lnw[i]) * (x[k] - at[k]) * (x[j] - at[j]);
        }
    }
    for (int k = 0; k < 3; k++) {
        near(m[k], at[k],
             5 * sqrt(g.cov[4 * k] / 1500)); /* moves leave some correlation: fewer than 6000 independent draws */
        for (int j = 0; j < 3; j++)
            near(c[3 * k + j], g.cov[3 * k + j], 5 * sqrt(2. / 1500 * g.cov[4 * k] * g.cov[4 * j]));
    }
    double beta = 0;
    for (size_t l = 1; l < s->nlevel; l++) {
        assert_true(s->level[l].beta >= beta);
        beta = s->level[l].beta;
    }
    assert_true(beta == 1);
    gal_sampler_free(s);
}

/* ------------------------------------------------------------------ kernel */
static void student_t(void **state)
{
    (void)state;
    enum { N = 20000, D = 3 };
    static double z[N * D], w[N];
    static const double L[D * D] = {2, 0, 0, 0.5, 0.3, 0, -1, 0.2, 0.7}, at[D] = {1, -2, 3};
    gal_rng r;
    gal_rng_init(&r, 1, 2, 3, 4, 5);
    for (int which = 0; which < 2; which++) {
        double nu = which ? 1e9 : 4;
        for (int i = 0; i < N; i++) {
            double s = sqrt(0.5 * nu / gamma_draw(&r, 0.5 * nu)), xi[D];
            for (int k = 0; k < D; k++)
                xi[k] = s * gal_rng_normal(&r);
            for (int k = 0; k < D; k++) {
                z[i * D + k] = at[k];
                for (int j = 0; j <= k; j++)
                    z[i * D + k] += L[k * D + j] * xi[j];
            }
            w[i] = 1. / N;
        }
        double mean[D], chol[D * D];
        struct student t = {.d = D, .mean = mean, .chol = chol};
        ok(student_fit(&t, N, z, w));
        if (which)
            assert_true(t.nu > 30);
        else
            near(t.nu, 4, 0.4); /* stops at changes of 1 % */
        for (int k = 0; k < D; k++) {
            near(mean[k], at[k], 0.05 * sqrt(L[k * D] * L[k * D] + 1));
            for (int j = 0; j <= k; j++)
                near(chol[k * D + j], L[k * D + j], 0.05);
        }
    }
    double m = 0, v = 0;
    for (int i = 0; i < N; i++) { /* Gamma(0.7): mean 0.7, variance 0.7 */
        double x = gamma_draw(&r, 0.7);
        m += x / N;
        v += (x - 0.7) * (x - 0.7) / N;
    }
    near(m, 0.7, 0.03);
    near(v, 0.7, 0.06);
}

/* ------------------------------------------------------------------ reproducibility */
static void same(const gal_smc *a, const gal_smc *b, const char *what)
{
    const gal_draws *p = &a->draws, *q = &b->draws;
    if (p->n != q->n || memcmp(p->theta, q->theta, p->n * (p->d + p->nb + 3) * sizeof(double)) ||
        memcmp(&a->imp, &b->imp, sizeof(gal_importance)) || a->evaluations != b->evaluations)
        fail_msg("%s: other results", what);
}

static void resume_and_threads(void **state)
{
    (void)state;
    problem p = {.d = 3, .f = shells_lnlike, .lo = -6, .hi = 6, .nblob = 1, .threaded = true};
    gal_target t = p_target(&p, false);
    gal_smc_opt o = {.particles = 128, .seed = 12};
    gal_smc *whole = run(&t, o), *s, *b;
    long batches = p.calls;
    ok(gal_threads_set(4));
    s = run(&t, o);
    same(whole, s, "threads");
    gal_sampler_free(s);
    ok(gal_threads_set(1));
    for (long stop = 1; stop < batches; stop += batches / 12 + 1) {
        unsigned char *bytes;
        size_t n;
        p.calls = 0;
        p.stop_at = stop;
        ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &o));
        gal_status st = gal_sampler_run(s, NULL);
        gal_interrupt_set(0);
        p.stop_at = 0;
        assert_int_equal(st, GAL_EINTR);
        assert_int_equal(s->end, GAL_RUN_INTERRUPTED);
        ok(gal_sampler_state(s, &bytes, &n));
        ok(gal_sampler_restore((gal_sampler **)&b, &gal_smc_class, &t, bytes, n, NULL));
        same(s, b, "restored");
        gal_free(bytes);
        ok(gal_sampler_run(b, NULL));
        same(whole, b, "resumed");
        ok(gal_sampler_run(s, NULL));
        same(whole, s, "continued");
        gal_sampler_free(s);
        gal_sampler_free(b);
    }
    /* more of the same posterior */
    ok(gal_sampler_run(whole, &(gal_smc_goal){.ess = 1500}));
    assert_true(whole->imp.ess >= 1500);
    gal_sampler_free(whole);
}

/* ------------------------------------------------------------------ errors */
static double nowhere_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)x;
    (void)grad;
    (void)ctx;
    return -INFINITY;
}

static double nan_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    return x[0] > 0.97 ? NAN : half_lnlike(d, x, grad, ctx);
}

static void errors(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = nowhere_lnlike, .lo = 0, .hi = 1};
    gal_target t = p_target(&p, false);
    gal_smc *s;
    ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &(gal_smc_opt){.particles = 64}));
    assert_int_equal(gal_sampler_run(s, NULL), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "0 of 12800 draws of the prior have finite probability"));
    assert_int_equal(s->end, GAL_RUN_FAILED);
    gal_sampler_free(s);
    p.f = nan_lnlike;
    ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &(gal_smc_opt){.particles = 256}));
    assert_int_equal(gal_sampler_run(s, NULL), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "ln likelihood is NaN at x1 = 0.9"));
    gal_sampler_free(s);
    assert_int_equal(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &(gal_smc_opt){.particles = 8}),
                     GAL_EINVAL);
    t.prior_transform = NULL;
    assert_int_equal(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, NULL), GAL_EUNSUP);
    problem q = {.d = 2, .f = eggbox_lnlike, .lo = 0, .hi = 10 * M_PI};
    gal_target t2 = p_target(&q, false);
    ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t2,
                          &(gal_smc_opt){.particles = 256, .max_evaluations = 3000}));
    ok(gal_sampler_run(s, NULL));
    assert_int_equal(s->end, GAL_RUN_LIMIT);
    assert_true(isnan(s->imp.lnz) && s->draws.n > 0);
    unsigned char *bytes;
    size_t n;
    ok(gal_sampler_state(s, &bytes, &n));
    gal_sampler_free(s);
    bytes[n / 2] ^= 1;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&s, &gal_smc_class, &t2, bytes, n, NULL), GAL_EFORMAT);
    bytes[n / 2] ^= 1;
    t2.nblob = 3;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&s, &gal_smc_class, &t2, bytes, n, NULL), GAL_EFORMAT);
    gal_free(bytes);
}

/* Particles that all miss the neck of a funnel, or a spike between them, agree with each other: another method must say so. */
static double spike_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double a = log(100), b = 0;
    (void)grad;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        a += normal_1(x[k], 0, 0.01);
        b += normal_1(x[k], 0, 0.1);
    }
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}
static void refused(void **state)
{
    (void)state;
    problem p[] = {{.d = 10, .f = funnel_lnlike, .lo = -100, .hi = 100},
                   {.d = 20, .f = spike_lnlike, .lo = -0.5, .hi = 0.5}};
    for (int i = 0; i < 2; i++) {
        gal_target t = p_target(&p[i], false);
        gal_smc *s = NULL;
        ok(gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &(gal_smc_opt){.particles = 256, .seed = 1}));
        ok(gal_sampler_run(s, NULL));
        assert_int_equal(s->end, GAL_RUN_LIMIT);
        assert_non_null(strstr(s->why, i == 0 ? "ln Z cannot be checked" : "a peak that they passed by"));
        assert_null(strchr(s->why, '\n'));
        gal_sampler_free(s);
    }
}

static void no_memory(void **state)
{
    (void)state;
    problem p = {.d = 1, .f = half_lnlike, .lo = 0, .hi = 1, .nblob = 1};
    gal_target t = p_target(&p, false);
    size_t before = gal_mem_live(), done = 0;
    for (long i = 1; i < 400 && done < 3; i++) {
        gal_smc *s = NULL, *q = NULL;
        unsigned char *bytes = NULL;
        size_t n;
        gal_mem_fail_after(i);
        gal_status st = gal_sampler_create((gal_sampler **)&s, &gal_smc_class, &t, &(gal_smc_opt){.particles = 32});
        if (st == GAL_OK && (st = gal_sampler_run(s, NULL)) == GAL_OK &&
            (st = gal_sampler_state(s, &bytes, &n)) == GAL_OK)
            st = gal_sampler_restore((gal_sampler **)&q, &gal_smc_class, &t, bytes, n, NULL);
        gal_mem_fail_after(-1);
        if (st != GAL_OK && st != GAL_ENOMEM)
            fail_msg("allocation %ld: %s", i, gal_error_message());
        done += st == GAL_OK;
        gal_free(bytes);
        gal_sampler_free(q);
        gal_sampler_free(s);
        assert_int_equal(gal_mem_live(), before);
    }
    assert_true(done > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidences),
        cmocka_unit_test(eggbox),
        cmocka_unit_test(posterior),
        cmocka_unit_test(student_t),
        cmocka_unit_test(resume_and_threads),
        cmocka_unit_test(errors),
        cmocka_unit_test(refused),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
