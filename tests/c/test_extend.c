/* A history, a prior, a move and a sampler as one file each (tests/extend), used as the built-in ones are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "../extend/history_linexp.c"
#include "../extend/move_reflect.c"
#include "../extend/prior_halfcauchy.c"
#include "../extend/sampler_metropolis.c"
#include "galua/num.h"
#include "galua/result.h"
#include "infer_problems.h"

static double psi_at(double t, void *h)
{
    double psi;
    gal_history_rate(h, &t, 1, &psi);
    return psi;
}

/* Its mass is the integral of its rate, from mass = 1e10 on; a burst on top, a metallicity and a sum take it as any other. */
static void history(void **state)
{
    (void)state;
    gal_sfh s, both;
    gal_sfh_opts o = {.class = &linexp, .by_mass = true, .burst = GAL_BURST_EXPONENTIAL};
    ok(gal_metals_find("evolving", &o.metals));
    ok(gal_sfh_init(&s, &o));
    double p[GAL_SFH_MAXPAR], q[GAL_SFH_MAXPAR], want = 0;
    for (size_t i = 0; i < s.npar; i++)
        p[i] = s.par[i].value;
    assert_string_equal(s.par[0].name, "mass");
    p[2] = 2e9;
    p[3] = -5e-10; /* nothing forms after 4 Gyr but in the burst */
    gal_history h;
    ok(gal_history_init(&h, &s));
    ok(gal_history_set(&h, p, 6e9));
    near(h.formed, 1e10, 1e-2); /* 12 digits */
    double cut[] = {0, 2e9, 4e9, 5.9e9, 5.95e9, 6e9};
    for (int i = 0; i < 5; i++) {
        double part;
        ok(gal_integrate(psi_at, &h, cut[i], cut[i + 1], 1e-10, &part));
        want += part;
    }
    near(want, 1e10, 10);
    near(psi_at(5e9, &h), 0, 0);
    double t = 6e9, z;
    gal_history_zstar(&h, &t, 1, &z);
    near(z, 0.5 * (0.01 + 1e-4), 1e-12);
    const gal_sfh_class *sum;
    ok(gal_sfh_find("sum", &sum));
    gal_sfh_part part[2] = {{"a", &o}, {"b", &(gal_sfh_opts){0}}};
    ok(gal_sfh_init(&both, &(gal_sfh_opts){.class = sum, .part = part, .npart = 2}));
    gal_history hb;
    for (size_t i = 0; i < both.npar; i++)
        q[i] = both.par[i].value;
    ok(gal_history_init(&hb, &both));
    ok(gal_history_set(&hb, q, 6e9));
    assert_string_equal(both.par[3].name, "a.t_trunc");
    assert_true(hb.formed > 1e10);
    gal_history_clear(&hb);
    gal_history_clear(&h);
    gal_sfh_clear(&both);
    gal_sfh_clear(&s);
}

static void prior(void **state)
{
    (void)state;
    gal_prior *p;
    double two = 2;
    ok(gal_prior_make_of(&p, &halfcauchy, &two, 1));
    assert_string_equal(gal_prior_text(p), "halfcauchy(2)");
    near(gal_prior_quantile(p, 0.5), 2, 1e-14); /* tan(pi/4) = 1 */
    near(gal_prior_logpdf(p, 2), log(1 / (2 * M_PI)), 1e-14);
    near(gal_prior_slope(p, 2), -0.5, 1e-14);
    near(gal_prior_quantile_slope(p, 0.5), 2 * M_PI, 1e-13);
    assert_true(gal_prior_logpdf(p, -1) == -INFINITY && gal_prior_cdf(p, INFINITY) == 1);
    gal_prior_unref(p);
    two = -1;
    assert_int_equal(gal_prior_make_of(&p, &halfcauchy, &two, 1), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior halfcauchy(-1): the scale must be positive and finite");
}

/* Moments of a Gaussian of variances 0.04, 1: 60 walkers x 4000 steps leave some 10^4 independent draws. */
static void move(void **state)
{
    (void)state;
    static gauss g;
    double var[2] = {0.04, 1}, at[2] = {1, -1}, m[2] = {0}, v[2] = {0};
    gauss_init(&g, 2, var, at, 3);
    problem p = {.d = 2, .f = gauss_lnlike, .ctx = &g, .lo = -10, .hi = 10};
    gal_target t = p_target(&p, false);
    gal_move moves[2];
    gal_ensemble *e;
    ok(gal_move_named(&moves[0], "de"));
    moves[1] = (gal_move){.cls = &reflect, .weight = 1, .sigma = 0.3};
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t,
                          &(gal_ensemble_opt){.nwalkers = 60, .moves = moves, .nmoves = 2, .seed = 4}));
    ok(gal_ensemble_start_prior(e));
    ok(gal_sampler_run(e, &(gal_ensemble_goal){.more = 4000}));
    assert_true(gal_ensemble_move_acceptance(e, 1) > 0.05);
    size_t n = (e->nstored - 1000) * e->W;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            m[k] += e->c_x[(1000 * e->W + i) * 2 + (size_t)k] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++)
            v[k] += pow(e->c_x[(1000 * e->W + i) * 2 + (size_t)k] - m[k], 2) / (double)n;
    for (int k = 0; k < 2; k++) {
        near(m[k], at[k], 5 * sqrt(g.cov[3 * k] / 1e4));
        near(v[k], g.cov[3 * k], 5 * g.cov[3 * k] * sqrt(2 / 1e4));
    }
    gal_sampler_free(e);
}

/* The sampler: right moments; stopped, stored and read back it goes on to the same bits; names and ranges as of any other. */
static void sampler(void **state)
{
    (void)state;
    static gauss g;
    double var[2] = {1, 1}, at[2] = {0.5, -0.5}, mean = 0;
    gauss_init(&g, 2, var, at, 1);
    problem p = {.d = 2, .f = gauss_lnlike, .ctx = &g, .lo = -10, .hi = 10, .nblob = 1};
    gal_target t = p_target(&p, false);
    struct metropolis_opt o = {.chains = 8, .width = 1.7, .seed = 9};
    gal_sampler *whole, *part, *again;
    gal_result *r;
    ok(gal_sampler_register(&metropolis_class));
    assert_int_equal(gal_sampler_register(&metropolis_class), GAL_EINVAL);
    ok(gal_sampler_create(&whole, &metropolis_class, &t, &o));
    ok(gal_sampler_create(&part, &metropolis_class, &t, &o));
    ok(gal_sampler_run(whole, &(metropolis_goal){.until = 5000}));
    p.calls = 0;
    p.stop_at = 700;
    assert_int_equal(gal_sampler_run(part, &(metropolis_goal){.until = 5000}), GAL_EINTR);
    gal_interrupt_set(0);
    p.stop_at = 0;
    assert_non_null(strstr(part->why, "interrupted after"));
    char file[] = "/tmp/galua_extend_XXXXXX";
    close(mkstemp(file));
    ok(gal_result_create(&r));
    ok(gal_sampler_put(r, part, NULL));
    ok(gal_result_write(r, file));
    gal_result_free(r);
    ok(gal_result_read(&r, file));
    unlink(file);
    ok(gal_sampler_get(&again, r, &t));
    gal_result_free(r);
    ok(gal_sampler_run(again, &(metropolis_goal){.until = 5000}));
    gal_draw_set a, b;
    ok(gal_sampler_draws(whole, &a));
    ok(gal_sampler_draws(again, &b));
    assert_true(a.n == 5000 && b.n == 5000);
    assert_memory_equal(a.theta, b.theta, a.n * 8 * 2 * sizeof(double));
    assert_memory_equal(a.blob, b.blob, a.n * 8 * sizeof(double));
    assert_true(gal_sampler_number(whole, "acceptance") == gal_sampler_number(again, "acceptance"));
    near(gal_sampler_number(whole, "acceptance"), 0.45, 0.1); /* of width 1.7 in two dimensions */
    for (size_t i = 500 * 8; i < 5000 * 8; i++)
        mean += a.theta[2 * i] / (4500. * 8);
    near(mean, 0.5, 0.05); /* some 5000 independent draws */
    gal_sampler_free(whole);
    gal_sampler_free(part);
    gal_sampler_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(history), cmocka_unit_test(prior), cmocka_unit_test(move),
                                       cmocka_unit_test(sampler)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
