/* Adaptive importance sampling of targets of known evidence, and of targets that no sampler can like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "galua/importance.h"
#include "galua/nested.h"
#include "infer_problems.h"

/* One run: ln Z, its error, how it ended; -> draws */
static gal_sampler *sample(const gal_target *t, uint64_t seed, double ess)
{
    gal_sampler *s;
    gal_importance_opt o = {.seed = seed, .ess = ess};
    ok(gal_sampler_create(&s, &gal_importance_class, t, &o));
    ok(gal_sampler_run(s, NULL));
    return s;
}

/* ln Z of `runs` seeds: each within 4.5 errors, mean z as small and rms z as large as N(0,1) allows at 1e-4 */
static void evidence(const gal_target *t, int runs, double exact, size_t calls)
{
    double sum = 0, sum2 = 0;
    for (int i = 1; i <= runs; i++) {
        gal_sampler *s = sample(t, (uint64_t)i, 1000);
        double z = (gal_sampler_number(s, "lnz") - exact) / gal_sampler_number(s, "lnz_err");
        if (s->end != GAL_RUN_CONVERGED)
            fail_msg("seed %d: %s", i, s->why);
        near(z, 0, 4.5);
        assert_true(s->evaluations < calls);
        sum += z;
        sum2 += z * z;
        gal_sampler_free(s);
    }
    near(sum / runs, 0, 3.9 / sqrt(runs));
    near(sqrt(sum2 / runs), 1, 0.6); /* chi of 20 degrees: 0.55 .. 1.6 */
}

static void test_gauss(void **state)
{
    (void)state;
    double var[8] = {1, 0.01, 4, 0.25, 1, 0.0025, 1, 1}, draws = 0;
    gauss g;
    gauss_init(&g, 8, var, NULL, 3);
    problem p = {.d = 8, .f = gauss_lnlike, .ctx = &g, .lo = -15, .hi = 15};
    gal_target t = p_target(&p, false);
    evidence(&t, 20, -8 * log(30), 20000);
    /* the posterior: means and variances of the draws */
    gal_sampler *s = sample(&t, 77, 4000);
    gal_draw_set w;
    ok(gal_sampler_draws(s, &w));
    for (size_t k = 0; k < 8; k++) {
        double m = 0, v = 0;
        for (size_t i = 0; i < w.n; i++) {
            m += exp(w.lnw[i]) * w.theta[i * 8 + k];
            v += exp(w.lnw[i]) * w.theta[i * 8 + k] * w.theta[i * 8 + k];
            draws += exp(w.lnw[i]) / 8;
        }
        near(m, 0, 5 * sqrt(g.cov[k * 9] / w.ess));
        near(v / g.cov[k * 9], 1, 5 * sqrt(2 / w.ess));
    }
    near(draws, 1, 1e-9);
    gal_sampler_free(s);
}

static void test_modes(void **state)
{
    (void)state;
    problem p = {.d = 6, .f = loggamma_lnlike, .lo = 0, .hi = 1};
    gal_target t = p_target(&p, false);
    evidence(&t, 20, -2.27e-5, 40000);
    problem h = {.d = 3, .f = half_lnlike, .lo = 0, .hi = 1};
    t = p_target(&h, false);
    evidence(&t, 20, log(0.5), 20000);
}

/* Skilling's spike on a slab: 100 N(0, .01) + N(0, .1) in each of 20 parameters. Tempering sees the slab alone. */
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
static void test_spike(void **state)
{
    (void)state;
    problem p = {.d = 20, .f = spike_lnlike, .lo = -0.5, .hi = 0.5};
    gal_target t = p_target(&p, false);
    gal_sampler *s = sample(&t, 1, 1000);
    if (s->end == GAL_RUN_CONVERGED)
        near(gal_sampler_number(s, "lnz"), 4.615120, 4 * gal_sampler_number(s, "lnz_err"));
    gal_sampler_free(s);
    /* live points on the slab alone would end at ln Z = 0: their mean is seen to lie on the spike */
    gal_nested_opt o = {.seed = 1, .live = 100};
    ok(gal_sampler_create(&s, &gal_nested_class, &t, &o));
    ok(gal_sampler_run(s, NULL));
    assert_int_equal(s->end, GAL_RUN_CONVERGED);
    near(gal_sampler_number(s, "lnz"), 4.615120, 4 * gal_sampler_number(s, "lnz_err"));
    assert_true(gal_sampler_number(s, "lnz_err") < 1.1); /* so that 0 is 4.2 errors away */
    gal_sampler_free(s);
}

/* The funnel is no mixture: refused, and soon. */
static void test_refused(void **state)
{
    (void)state;
    problem p = {.d = 10, .f = funnel_lnlike, .lo = -100, .hi = 100};
    gal_target t = p_target(&p, false);
    gal_sampler *s = sample(&t, 1, 1000);
    assert_int_equal(s->end, GAL_RUN_LIMIT);
    assert_non_null(strstr(s->why, "not converged: "));
    assert_non_null(strstr(s->why, "use nested"));
    assert_null(strchr(s->why, '\n'));
    gal_sampler_free(s);
}

static double rare_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)grad;
    (void)ctx;
    return x[0] < 1e-3 ? -0.5 * x[d - 1] * x[d - 1] : -INFINITY;
}
static double never_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)x;
    (void)grad;
    (void)ctx;
    return -INFINITY;
}
static double flat_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)x;
    (void)grad;
    return *(const double *)ctx;
}

static void test_hostile(void **state)
{
    (void)state;
    gal_sampler *s;
    gal_importance_opt o = {.seed = 1};
    /* forbidden but for a thousandth of the prior: found */
    problem p = {.d = 2, .f = rare_lnlike, .lo = 0, .hi = 1};
    gal_target t = p_target(&p, false);
    s = sample(&t, 1, 1000);
    assert_int_equal(s->end, GAL_RUN_CONVERGED);
    near(gal_sampler_number(s, "lnz"), log(1e-3 * 0.855624391892149),
         4 * gal_sampler_number(s, "lnz_err")); /* erf(1/sqrt 2) sqrt(pi/2) */
    gal_sampler_free(s);
    /* everywhere: an error that says so */
    problem q = {.d = 2, .f = never_lnlike, .lo = 0, .hi = 1};
    t = p_target(&q, false);
    ok(gal_sampler_create(&s, &gal_importance_class, &t, &o));
    assert_int_equal(gal_sampler_run(s, NULL), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "0 of 20000 draws of the prior have finite probability"));
    gal_sampler_free(s);
    /* flat: the posterior is the prior */
    double level = 3;
    problem f = {.d = 2, .f = flat_lnlike, .ctx = &level, .lo = 0, .hi = 1};
    t = p_target(&f, false);
    s = sample(&t, 1, 1000);
    assert_int_equal(s->end, GAL_RUN_CONVERGED);
    near(gal_sampler_number(s, "lnz"), 3, 4 * gal_sampler_number(s, "lnz_err"));
    gal_sampler_free(s);
    for (int i = 0; i < 2; i++) { /* no number */
        level = i ? INFINITY : NAN;
        ok(gal_sampler_create(&s, &gal_importance_class, &t, &o));
        assert_int_equal(gal_sampler_run(s, NULL), GAL_EMATH);
        assert_null(strchr(gal_error_message(), '\n'));
        gal_sampler_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gauss),   cmocka_unit_test(test_modes),   cmocka_unit_test(test_spike),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
