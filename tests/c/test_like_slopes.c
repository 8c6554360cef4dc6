/* Derivatives of the likelihood of bands, by the model and by the noise, against differences of it: all terms, all treatments of limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/like.h"
#include "galua/rng.h"

enum { N = 9, DRAWS = 100, NAMED = 7 };

typedef struct problem {
    double flux[N], err[N], model[N], floor[N], lnwave[N], offset[N], work[2 * N * N + 3 * N];
    unsigned char kind[N];
    double group[N];
    gal_like l;
    gal_noise z;
    const gal_prior *amplitude;
} problem;

static double value(problem *p)
{
    return p->amplitude ? gal_like_amplitude(&p->l, p->model, &p->z, p->amplitude, 0.5, NULL)
                        : gal_like_eval(&p->l, p->model, &p->z, p->work);
}

/* Central differences over three steps, extrapolated twice (Richardson) */
static double slope(problem *p, double *x, double h)
{
    double at = *x, d[3];
    for (int i = 0; i < 3; i++) {
        double f[2], s = h / (1 << i);
        for (int k = 0; k < 2; k++) {
            *x = at + (k ? s : -s);
            f[k] = value(p);
        }
        d[i] = (f[1] - f[0]) / (2 * s);
    }
    *x = at;
    double a = (4 * d[1] - d[0]) / 3, b = (4 * d[2] - d[1]) / 3;
    return (16 * b - a) / 15;
}

static void draw(problem *p, uint64_t seed, gal_limits limits, bool with_limits, gal_kernel kernel, bool shared)
{
    gal_rng r;
    gal_rng_init(&r, 5, 1, seed, limits, kernel);
    for (int i = 0; i < N; i++) {
        p->flux[i] = exp(gal_rng_normal(&r));
        p->err[i] = (0.05 + 0.2 * gal_rng_uniform(&r)) * p->flux[i];
        p->model[i] = p->flux[i] + 2 * p->err[i] * gal_rng_normal(&r);
        p->floor[i] = 0.1 * gal_rng_uniform(&r);
        p->lnwave[i] = 8 + 0.3 * i;
        p->offset[i] = shared && i % 3 ? 0.05 : 0;
        p->group[i] = shared && i % 3 ? i % 2 : -1;
        p->kind[i] = with_limits && i % 4 == 1 ? GAL_DATUM_LIMIT : GAL_DATUM_DETECTION;
    }
    p->l = (gal_like){.n = N,
                      .flux = p->flux,
                      .err = p->err,
                      .kind = p->kind,
                      .limits = limits,
                      .floor = p->floor,
                      .kernel = kernel,
                      .lnwave = p->lnwave,
                      .offset = shared ? p->offset : NULL,
                      .group = shared ? p->group : NULL};
    p->z = (gal_noise){.lnscale = 0.3 * gal_rng_normal(&r), .jitter = 0.05 * gal_rng_uniform(&r)};
}

/* The largest error in units of the gradient's size; `free`: parameters of the noise that are on */
static double compare(problem *p, unsigned free)
{
    double gmodel[N], gnoise[GAL_NOISE_NPAR], size = 0, worst = 0, lnl;
    lnl = p->amplitude ? gal_like_amplitude_gradient(&p->l, p->model, &p->z, p->amplitude, gmodel, gnoise)
                       : gal_like_gradient(&p->l, p->model, &p->z, p->work, gmodel, gnoise);
    assert_true(lnl == value(p));
    double *par[NAMED] = {&p->z.f_cal, &p->z.lnscale, &p->z.jitter, &p->z.f_out,
                          &p->z.n_out, &p->z.gp_amp,  &p->z.gp_len};
    for (int i = 0; i < N; i++)
        size = fmax(size, fabs(gmodel[i] * p->err[i]));
    for (int i = 0; i < N; i++)
        worst = fmax(worst, fabs(gmodel[i] - slope(p, &p->model[i], 0.02 * p->err[i])) * p->err[i] / (1 + size));
    for (int i = 0; i < NAMED; i++) {
        if (!(free >> i & 1))
            continue;
        double h = i == 1 ? 0.01 : 0.01 * *par[i], want = slope(p, par[i], h);
        worst = fmax(worst, fabs(gnoise[i] - want) * h / 0.01 / (1 + size + fabs(want * h / 0.01)));
    }
    return worst;
}

static void independent(void **state)
{
    (void)state;
    problem p = {0};
    double worst = 0;
    for (int m = 0; m < GAL_LIMITS_N; m++)
        for (int k = 0; k < DRAWS; k++) {
            draw(&p, (uint64_t)k, (gal_limits)m, true, GAL_KERNEL_NONE, false);
            p.z.f_cal = 0.1;
            p.z.f_out = k % 2 ? 0.2 : 0;
            p.z.n_out = 10;
            bool kink = false; /* cuts and one-sided penalties have one at the limit */
            for (int i = 0; i < N; i++)
                kink = kink || (m >= GAL_LIMITS_ONESIDED && fabs(p.flux[i] - p.model[i]) < 0.1 * p.err[i]);
            if (isfinite(value(&p)) && !kink)
                worst = fmax(worst, compare(&p, k % 2 ? 0x1f : 0x7));
        }
    printf("independent data: %.1e\n", worst);
    assert_true(worst < 1e-8);
}

static void correlated(void **state)
{
    (void)state;
    problem p = {0};
    double exact = 0, rest = 0;
    for (int k = 0; k < DRAWS; k++)
        for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++) {
            bool outliers = k % 3 == 1, limits = k % 3 == 2;
            draw(&p, (uint64_t)k, GAL_LIMITS_CENSORED, limits, (gal_kernel)kernel, true);
            p.z.f_cal = 0.05;
            p.z.gp_amp = 0.1;
            p.z.gp_len = 0.5;
            p.z.f_out = outliers ? 0.1 : 0;
            p.z.n_out = 20;
            unsigned free = 0x7 | (outliers ? 0x18 : 0) | (kernel ? 0x60 : 0);
            double e = compare(&p, free);
            assert_int_equal(gal_like_exact(&p.l, outliers), !outliers && !limits);
            *(outliers || limits ? &rest : &exact) = fmax(outliers || limits ? rest : exact, e);
        }
    printf("correlated data: %.1e, with outliers or limits %.1e\n", exact, rest);
    assert_true(exact < 1e-8);
    assert_true(rest < 1e-7); /* differences of the function itself */
}

static void amplitude(void **state)
{
    (void)state;
    problem p = {0};
    gal_prior *prior[3];
    double worst = 0;
    assert_int_equal(gal_prior_loguniform(&prior[0], 0.1, 10), GAL_OK);
    assert_int_equal(gal_prior_normal(&prior[1], 1, 0.05), GAL_OK);
    assert_int_equal(gal_prior_uniform(&prior[2], 0.9, 1.02), GAL_OK); /* its edges cut the posterior */
    for (int k = 0; k < DRAWS; k++) {
        draw(&p, (uint64_t)k, GAL_LIMITS_MEASURED, true, GAL_KERNEL_NONE, false);
        p.amplitude = prior[k % 3];
        worst = fmax(worst, compare(&p, 0x6));
    }
    printf("marginalised amplitude: %.1e\n", worst);
    assert_true(worst < 1e-7); /* the window of the quadrature moves with the model: 8 sigma cut off */
    for (int i = 0; i < 3; i++)
        gal_prior_unref(prior[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(independent), cmocka_unit_test(correlated),
                                       cmocka_unit_test(amplitude)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
