/* Units, bandpasses, their realisations, upstream's random numbers. Numbers: the definitions computed by PySM 3 (docs/sky.md), or by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"
#include "galua/band.h"
#include "galua/num.h"
#include "galua/rng.h"
#include "sky/legacy_random.h"

static gal_sky_unit unit(const char *name)
{
    gal_sky_unit u;
    assert_int_equal(gal_sky_unit_parse(&u, name), GAL_OK);
    return u;
}

static double factor(const char *from, const char *to, double nu)
{
    gal_sky_unit a = unit(from), b = unit(to);
    double f;
    assert_int_equal(gal_sky_unit_factor(&a, &b, nu, &f), GAL_OK);
    return f;
}

static void units(void **state)
{
    (void)state;
    static const double table[][4] = {/* GHz, K_CMB -> K_RJ, K_CMB -> MJy/sr, K_RJ -> MJy/sr */
                                      {23, 9.864426641609e-01, 1.603243146115e+01, 1.625277580100e+01},
                                      {30, 9.770660206516e-01, 2.701707273873e+01, 2.765122537033e+01},
                                      {44, 9.514425405760e-01, 5.659261877480e+01, 5.948085812995e+01},
                                      {70, 8.824575746515e-01, 1.328500700606e+02, 1.505455603496e+02},
                                      {100, 7.772277066387e-01, 2.387922053370e+02, 3.072358374481e+02},
                                      {143, 6.047305327377e-01, 3.799319739475e+02, 6.282665639976e+02},
                                      {217, 3.342990378775e-01, 4.836447377831e+02, 1.446742834959e+03},
                                      {353, 7.748636962953e-02, 2.966515331434e+02, 3.828435046857e+03},
                                      {545, 6.258933184908e-03, 5.711697420577e+01, 9.125672461801e+03},
                                      {857, 6.362642158673e-05, 1.435724181359e+00, 2.256490535779e+04}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double *t = table[i];
        CLOSE(factor("K_CMB", "K_RJ", t[0]), t[1], 1e-12);
        CLOSE(factor("K_CMB", "MJy/sr", t[0]), t[2], 1e-12);
        CLOSE(factor("K_RJ", "MJy/sr", t[0]), t[3], 1e-12);
        CLOSE(factor("MJy/sr", "uK_CMB", t[0]) * factor("uK_CMB", "MJy/sr", t[0]), 1, 1e-14);
    }
    CLOSE(factor("uK_RJ", "K_RJ", 0), 1e-6, 1e-15); /* no frequency is needed */
    CLOSE(factor("kJy sr-1", "MJy / sr", 10), 1e-3, 1e-15);
    gal_sky_unit u, plain = unit("");
    double f;
    assert_int_equal(gal_sky_unit_parse(&u, "uK_CBM"), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "uK_CMB"));
    u = unit("K_RJ");
    assert_int_equal(gal_sky_unit_factor(&plain, &u, 100, &f), GAL_EINVAL);
}

static gal_band *band(size_t n, const double *nu, const double *w)
{
    gal_band *b;
    assert_int_equal(gal_band_create(&b, "test", n, nu, w, GAL_BAND_POWER), GAL_OK);
    return b;
}

static void weights(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double nu[11], w[11], expected[11];
    } t[] = {
        {3, {99, 100, 101}, {1, 1, 1}, {0.490025498725064, 0.499975001249937, 0.510024498775061}},
        {3, {99, 100, 101}, {.3, 1, .3}, {0.226171703729914, 0.769213018161119, 0.235402259947847}},
        {3, {99, 100, 131}, {.3, 1, .3}, {0.0121868223326016, 0.041447547299941, 0.0213384407764286}},
        {2, {20, 40}, {1, 1}, {0.02, 0.08}},
        {2, {100, 120}, {1, 1}, {0.040983606557377, 0.0590163934426229}},
        {11,
         {95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105},
         {2, 3, 5, 9, 11, 11.5, 11, 9, 5, 3, 2},
         {0.0259588972143, 0.0397624149684, 0.0676585218529, 0.124309320754, 0.155050120087, 0.165389095825,
          0.16137805071, 0.134664116319, 0.0762875181568, 0.0466656120116, 0.0317115614169}},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        gal_band *b = band(t[i].n, t[i].nu, t[i].w);
        double sum = 0;
        for (size_t k = 0; k < t[i].n; k++) {
            CLOSE(gal_band_weight(b)[k], t[i].expected[k],
                  t[i].n == 11 ? 2e-12 : 1e-13); /* figures given to 12 digits */
            sum += gal_band_coef(b)[k];
        }
        CLOSE(sum, 1, 1e-14);
        CLOSE(gal_trapz(t[i].nu, gal_band_weight(b), t[i].n), 1, 1e-14);
        gal_band_unref(b);
    }
    gal_band *one = band(1, (double[]){100}, NULL);
    assert_true(gal_band_weight(one)[0] == 1 && gal_band_coef(one)[0] == 1);
    gal_band_unref(one);
}

/* Weights given as response to Rayleigh-Jeans temperature: W is those weights */
static void conventions(void **state)
{
    (void)state;
    static const double nu[] = {90, 95, 105, 110}, w[] = {1, 2, 3, 1};
    double power[4];
    for (int i = 0; i < 4; i++)
        power[i] = w[i] / (nu[i] * nu[i]);
    gal_band *a, *b = band(4, nu, power);
    assert_int_equal(gal_band_create(&a, "rj", 4, nu, w, GAL_BAND_RJ), GAL_OK);
    double norm = gal_trapz(nu, w, 4);
    for (int i = 0; i < 4; i++) {
        CLOSE(gal_band_weight(a)[i], w[i] / norm, 1e-14);
        CLOSE(gal_band_weight(b)[i], w[i] / norm, 1e-14);
        CLOSE(gal_band_power(a)[i], gal_band_power(b)[i], 1e-14);
    }
    gal_band_unref(a);
    gal_band_unref(b);
}

static void factors(void **state)
{
    (void)state;
    static const struct {
        double lo, hi;
        size_t n;
        double expected[4];
    } t[] = {{95, 105, 11, {1.28781135679, 3.0749698791e-4, 238.77486892, 4.18804543596e-09}},
             {20, 40, 50, {1.02772330957, 2.86761979059e-5, 27.9026442612, 3.58388972256e-08}},
             {120, 180, 10, {1.78170718871, 7.00725291483e-4, 393.28869296, 2.5426614543e-09}},
             {250, 350, 3, {7.18187073247, 2.80352701671e-3, 390.361664968, 2.56172695667e-09}},
             {60, 80, 2, {1.14653290265, 1.53617918724e-4, 133.984745112, 7.46353623442e-09}},
             {100, 100, 1, {1.28662423053, 3.07235837448e-4, 238.792205337, 4.18774e-09}}};
    static const char *const units_[][2] = {
        {"uK_RJ", "uK_CMB"}, {"uK_RJ", "MJy/sr"}, {"K_CMB", "MJy/sr"}, {"Jy/sr", "K_CMB"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        double nu[64];
        gal_linspace(t[i].lo, t[i].hi, t[i].n, nu);
        nu[0] = t[i].lo;
        gal_band *b = band(t[i].n, nu, NULL);
        for (int k = 0; k < 4; k++) {
            gal_sky_unit from = unit(units_[k][0]), to = unit(units_[k][1]);
            double f;
            assert_int_equal(gal_band_factor(b, &from, &to, &f), GAL_OK);
            CLOSE(f, t[i].expected[k], i == 5 && k == 3 ? 1e-6 : 2e-11); /* the last figure has 6 digits */
        }
        gal_band_unref(b);
    }
    /* weights, and zeros among them: these count like all others (upstream drops them here, not in the emission: 1.29011457388) */
    static const double docs[] = {2, 3, 5, 9, 11, 11.5, 11, 9, 5, 3, 2}, zeros[] = {0, 0, 1, 2, 3, 2, 1, 0, 0};
    const gal_sky_unit from = unit("uK_RJ"), to = unit("uK_CMB");
    for (int i = 0; i < 2; i++) {
        double nu[11], f;
        gal_linspace(i ? 80 : 95, i ? 120 : 105, i ? 9 : 11, nu);
        gal_band *b = band(i ? 9 : 11, nu, i ? zeros : docs);
        assert_int_equal(gal_band_factor(b, &from, &to, &f), GAL_OK);
        CLOSE(f, i ? 1.29127774667 : 1.28728737864, 1e-11);
        gal_band_unref(b);
    }
}

/* A source with the spectrum of the CMB comes back as its K_CMB in every unit, whatever the weights, zeros among them */
static void cmb_is_cmb(void **state)
{
    (void)state;
    gal_rng r;
    gal_rng_init(&r, 5, 1, 0, 0, 0);
    for (int trial = 0; trial < 50; trial++) {
        double nu[20], w[20], f, g;
        size_t n = 2 + gal_rng_below(&r, 18);
        for (size_t i = 0; i < n; i++) {
            nu[i] = (i ? nu[i - 1] : 20) + 0.1 + 60 * gal_rng_uniform(&r);
            w[i] = gal_rng_uniform(&r) < 0.3 ? 0 : gal_rng_uniform(&r);
        }
        w[n / 2] = 1;
        gal_band *b = band(n, nu, w);
        double rj = 0;
        for (size_t i = 0; i < n; i++)
            rj += gal_band_coef(b)[i] * gal_sky_g_cmb(nu[i]) / gal_sky_g_rj(nu[i]);
        gal_sky_unit from = unit("K_RJ"), cmb = unit("K_CMB"), jy = unit("MJy/sr");
        assert_int_equal(gal_band_factor(b, &from, &cmb, &f), GAL_OK);
        CLOSE(rj * f, 1, 2e-14);
        assert_int_equal(gal_band_factor(b, &from, &jy, &f), GAL_OK);
        assert_int_equal(gal_band_factor(b, &jy, &cmb, &g), GAL_OK);
        CLOSE(rj * f * g, 1, 2e-14);
        gal_band_unref(b);
    }
}

static void refused(void **state)
{
    (void)state;
    gal_band *b;
    const double up[] = {90, 100}, down[] = {100, 90}, twice[] = {90, 90}, bad[] = {90, NAN}, neg[] = {-1, 5};
    const double zero[] = {0, 0}, minus[] = {1, -1};
    assert_int_equal(gal_band_create(&b, "x", 2, down, NULL, GAL_BAND_POWER), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "ascend"));
    assert_int_equal(gal_band_create(&b, "x", 2, twice, NULL, GAL_BAND_POWER), GAL_EINVAL);
    assert_int_equal(gal_band_create(&b, "x", 2, bad, NULL, GAL_BAND_POWER), GAL_EDOMAIN);
    assert_int_equal(gal_band_create(&b, "x", 2, neg, NULL, GAL_BAND_POWER), GAL_EDOMAIN);
    assert_int_equal(gal_band_create(&b, "x", 2, up, zero, GAL_BAND_POWER), GAL_EDOMAIN);
    assert_int_equal(gal_band_create(&b, "x", 2, up, minus, GAL_BAND_POWER), GAL_EDOMAIN);
    assert_int_equal(gal_band_create(&b, "x", 0, up, NULL, GAL_BAND_POWER), GAL_EINVAL);
}

static void moments_and_moves(void **state)
{
    (void)state;
    double nu[201], w[201];
    gal_linspace(90, 110, 201, nu);
    for (int i = 0; i < 201; i++)
        w[i] = exp(-0.5 * (nu[i] - 100) * (nu[i] - 100) / 25);
    gal_band *b = band(201, nu, w), *m;
    CLOSE(gal_band_center(b), 100, 1e-14);
    CLOSE(gal_band_width(b), 4.398102018624632, 1e-12);
    static const double u[] = {.1, .25, .5, .75, .9}, x[] = {94.07952052, 96.80433524, 100, 103.19566476, 105.92047948};
    for (int i = 0; i < 5; i++)
        CLOSE(gal_band_quantile(b, u[i]), x[i], 1e-10);
    assert_int_equal(gal_band_moved(&m, b, 2, 0.01), GAL_OK);
    CLOSE(gal_band_center(m), 103, 1e-13);
    CLOSE(gal_band_width(m), 1.01 * 4.398102018624632, 1e-12);
    gal_band_unref(m);
    static const double draw[] = {95, 97, 99, 100, 101, 103, 108},
                        at[] = {.00131561, .05121414, .09855502, .03196963, .01734721};
    double width;
    assert_int_equal(gal_band_kernel(draw, 7, &width), GAL_OK);
    CLOSE(width, 4.196978450664896, 1e-12);
    assert_int_equal(gal_band_smoothed(&m, "smooth", 90, 110, 5, draw, 7, 2), GAL_OK);
    double norm = 0, step[5], grid[] = {90, 95, 100, 105, 110};
    gal_trapz_weights(grid, 5, step);
    for (int i = 0; i < 5; i++)
        norm += at[i] * step[i]; /* a band has no scale: compare shares */
    for (int i = 0; i < 5; i++)
        CLOSE(gal_band_power(m)[i], at[i] * step[i] / norm, 1e-5); /* densities given to 8 decimals */
    gal_band_unref(m);
    /* many draws: centre and width of the band within five standard errors; the same seed gives the same draws */
    double *d = gal_alloc(40000 * sizeof *d), one;
    assert_int_equal(gal_band_draws(b, 3, 0, 40000, d), GAL_OK);
    assert_true(fabs(gal_mean(d, NULL, 40000) - 100) < 5 * 4.4 / 200);
    assert_true(fabs(sqrt(gal_variance(d, NULL, 40000)) - 4.398) < 5 * 4.4 / 283);
    assert_int_equal(gal_band_draws(b, 3, 0, 1, &one), GAL_OK);
    assert_true(one == d[0]);
    assert_int_equal(gal_band_draws(b, 3, 1, 1, &one), GAL_OK);
    assert_true(one != d[0]);
    gal_free(d);
    gal_band_unref(b);
}

static void legacy_random(void **state)
{
    (void)state;
    static const struct {
        uint32_t seed;
        double x[3];
    } t[] = {{8192, {0.7273478096235323, -1.4555631555518727, 0.5688373248279188}},
             {777, {-0.4682087939185533, -0.8228248540230366, NAN}},
             {888, {-0.1762008737366223, 0.1888763605940149, NAN}},
             {4632, {0.8702263270094789, 0.2415472972228898, NAN}},
             {1234, {0.4714351637324931, -1.190975694706464, NAN}},
             {555, {0.1482272020651671, NAN, NAN}},
             {444, {0.3574399244179942, NAN, NAN}},
             {123, {-1.0856306033, 0.9973454466, NAN}}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        gal_legacy_random *r;
        assert_int_equal(gal_legacy_random_create(&r, t[i].seed), GAL_OK);
        for (int k = 0; k < 3; k++) {
            double x = gal_legacy_normal(r);
            if (!isnan(t[i].x[k]))
                CLOSE(x, t[i].x[k], t[i].seed == 123 ? 1e-10 : 1e-15);
        }
        gal_legacy_random_free(r);
    }
    gal_legacy_random *r;
    assert_int_equal(gal_legacy_random_create(&r, 56567), GAL_OK);
    static const double angle[] = {1.5635038169195452, -0.8030010981919464, -0.40152095263545995};
    for (int k = 0; k < 3; k++)
        CLOSE(-M_PI / 2 + M_PI * gal_legacy_uniform(r), angle[k], 1e-14);
    gal_legacy_random_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(weights),
        cmocka_unit_test(conventions),
        cmocka_unit_test(factors),
        cmocka_unit_test(cmb_is_cmb),
        cmocka_unit_test(refused),
        cmocka_unit_test(moments_and_moves),
        cmocka_unit_test(legacy_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
