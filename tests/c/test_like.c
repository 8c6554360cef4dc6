/* The likelihood: values of the reference code, normalisation by quadrature over the data, tails of ln Phi, messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/like.h"
#include "galua/num.h"

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* 40-digit arithmetic: t, ln Phi(t), derivative */
static const double PHI[][3] = {
    {8, -6.22096057427178606e-16, 5.0522710835368954e-15}, {1, -0.17275377902344989, 0.28759997093917836},
    {0, -0.693147180559945309, 0.79788456080286536},       {-1, -1.84102164500926351, 1.5251352761609812},
    {-5, -15.0649983939887257, 5.1865039671258421},        {-11.999, -75.3985912840580004, 12.081220846514964},
    {-12, -75.4106730015687959, 12.082214175254284},       {-12.001, -75.4227557124088651, 12.083207505062208},
    {-37, -689.030585576890594, 37.02698768612699},        {-40, -804.608442013753788, 40.024968847207264},
    {-100, -5005.52420869420509, 100.00999800099926},      {-1e4, -50000010.1292789152, 10000.000099999998},
};

static void lnphi_tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PHI / sizeof *PHI; i++) {
        CLOSE(gal_lnphi(PHI[i][0]), PHI[i][1], 1e-14);
        CLOSE(gal_dlnphi(PHI[i][0]), PHI[i][2], 1e-12);
    }
    /* continuous where the formula changes: the step equals the slope */
    double a = nextafter(-12, 0), b = nextafter(-12, -13);
    assert_true(fabs(gal_lnphi(a) - gal_lnphi(b)) < 1e-12);
    assert_true(fabs(gal_dlnphi(a) - gal_dlnphi(b)) < 1e-11);
    for (double t = -1e4; t < 10; t += 0.37 + 0.01 * fabs(t)) /* increasing, concave */
        assert_true(gal_lnphi(t) <= gal_lnphi(t + 0.1) && gal_dlnphi(t) >= gal_dlnphi(t + 0.1));
    assert_true(isnan(gal_lnphi(NAN)) && isnan(gal_dlnphi(NAN)));
    assert_true(gal_lnphi(-INFINITY) == -INFINITY && gal_lnphi(INFINITY) == 0);
}

static const double D[] = {1, 2, 3}, S[] = {.1, .2, .3}, HIGH[] = {1.1, 1.8, 3.3}, LOW[] = {1.1, 1.8, 2.7};
static const unsigned char THIRD[] = {0, 0, 1};

/* d = (1,2,3), sigma = (.1,.2,.3), the third a limit: chi2 -1.5; S12 -3.126055916 and -1.457788050; simple: reject and -1.0 */
static void parity(void **state)
{
    (void)state;
    double norm2 = 0.5 * log(2 * M_PI * .01) + 0.5 * log(2 * M_PI * .04), norm3 = norm2 + 0.5 * log(2 * M_PI * .09);
    double s12 = log(sqrt(2 * M_PI) * .3); /* what that method leaves in */
    CLOSE(gal_like_gaussian(3, D, S, THIRD, HIGH, NULL, GAL_LIMITS_MEASURED, NULL) + norm3, -1.5, 1e-13);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, LOW, NULL, GAL_LIMITS_MEASURED, NULL) + norm3, -1.5, 1e-13);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, HIGH, NULL, GAL_LIMITS_CENSORED, NULL) + norm2 + s12, -3.126055916, 2e-10);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, LOW, NULL, GAL_LIMITS_CENSORED, NULL) + norm2 + s12, -1.457788050, 4e-10);
    assert_true(gal_like_gaussian(3, D, S, THIRD, HIGH, NULL, GAL_LIMITS_CUT, NULL) == -INFINITY);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, LOW, NULL, GAL_LIMITS_CUT, NULL) + norm2, -1, 1e-13);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, HIGH, NULL, GAL_LIMITS_ONESIDED, NULL) + norm2, -1.5, 1e-13);
    CLOSE(gal_like_gaussian(3, D, S, THIRD, LOW, NULL, GAL_LIMITS_ONESIDED, NULL) + norm2, -1, 1e-13);
    double terms[3], sum = gal_like_gaussian(3, D, S, THIRD, HIGH, NULL, GAL_LIMITS_CENSORED, terms);
    CLOSE(terms[0] + terms[1] + terms[2], sum, 1e-15);
    CLOSE(terms[2], gal_lnphi(-1), 1e-13);
}

typedef struct {
    double m[2], s[2], y0;
    gal_noise z;
} plane;

static double over_y1(double y, void *ctx)
{
    const plane *p = ctx;
    double d[2] = {p->y0, y};
    return exp(gal_like_gaussian(2, d, p->s, NULL, p->m, &p->z, GAL_LIMITS_MEASURED, NULL));
}

static double over_y0(double y, void *ctx)
{
    plane p = *(plane *)ctx;
    double out;
    p.y0 = y;
    ok(gal_integrate(over_y1, &p, -15, 25, 1e-12, &out));
    return out;
}

static double one_y(double y, void *ctx)
{
    const plane *p = ctx;
    return exp(gal_like_gaussian(1, &y, p->s, NULL, p->m, &p->z, GAL_LIMITS_MEASURED, NULL));
}

/* the integral over all data is 1, with every noise term that does not depend on the data */
static void normalised_over_the_data(void **state)
{
    (void)state;
    static const gal_noise Z[] = {
        {.f_cal = 0}, {.lnscale = 0.4}, {.jitter = 0.8}, {.f_cal = 0.2}, {.lnscale = .3, .jitter = .5, .f_cal = .1}};
    double sum;
    for (size_t i = 0; i < sizeof Z / sizeof *Z; i++) {
        plane p = {.m = {2, 5}, .s = {0.7, 1.1}, .z = Z[i]};
        ok(gal_integrate(over_y0, &p, -15, 20, 1e-9, &sum));
        CLOSE(sum, 1, 1e-8);
    }
    /* The floor is part of the error of the observed datum: at fixed error the density integrates to 1. A flux-dependent
     * width inside the integral would not (1.0103 here), which is why it is documented as a property of the data. */
    plane p = {.m = {5}, .s = {0.3}, .z = {.floor = 0.1}};
    ok(gal_integrate(one_y, &p, -60, 100, 1e-10, &sum));
    CLOSE(sum, 1.01031615649186, 1e-8);
    double y = 4.6, s, lnl = gal_like_gaussian(1, &y, p.s, NULL, p.m, &p.z, GAL_LIMITS_MEASURED, NULL);
    gal_like_sigma(1, &y, p.s, p.m, &p.z, &s);
    CLOSE(s, sqrt(0.09 + 0.46 * 0.46), 1e-15);
    plane q = {.m = {5}, .s = {s}};
    ok(gal_integrate(one_y, &q, -40, 50, 1e-10, &sum));
    CLOSE(sum, 1, 1e-9);
    CLOSE(lnl, log(one_y(y, &q)), 1e-14);
}

/* a survey that reports y above the limit and "< limit" below: detections plus censored probability make 1 */
static void censored_completes_the_detections(void **state)
{
    (void)state;
    static const unsigned char lim[] = {1};
    for (double limit = -1; limit < 12; limit += 1.7) {
        plane p = {.m = {3}, .s = {1.3}, .z = {.f_cal = 0.3}};
        double above;
        ok(gal_integrate(one_y, &p, limit, 60, 1e-10, &above));
        CLOSE(above + exp(gal_like_gaussian(1, &limit, p.s, lim, p.m, &p.z, GAL_LIMITS_CENSORED, NULL)), 1, 1e-9);
    }
}

/* each limit treatment at 1e4 sigma above stays finite (the cut excepted) and keeps a usable slope */
static void far_above_a_limit(void **state)
{
    (void)state;
    double y = 1, s = 1e-3, m = 11, dm = 1e-6, up = m + dm, dn = m - dm;
    unsigned char lim = 1;
    double l = gal_like_gaussian(1, &y, &s, &lim, &m, NULL, GAL_LIMITS_CENSORED, NULL);
    CLOSE(l, PHI[11][1], 1e-13);
    double slope = (gal_like_gaussian(1, &y, &s, &lim, &up, NULL, GAL_LIMITS_CENSORED, NULL) -
                    gal_like_gaussian(1, &y, &s, &lim, &dn, NULL, GAL_LIMITS_CENSORED, NULL)) /
                   (2 * dm);
    CLOSE(slope, -PHI[11][2] / s, 1e-6);
    CLOSE(gal_like_gaussian(1, &y, &s, &lim, &m, NULL, GAL_LIMITS_ONESIDED, NULL), -5e7, 1e-12);
    m = NAN;
    for (int k = 0; k < GAL_LIMITS_N; k++) {
        assert_true(isnan(gal_like_gaussian(1, &y, &s, &lim, &m, NULL, (gal_limits)k, NULL)));
        assert_true(isnan(gal_like_gaussian(1, &y, &s, NULL, &m, NULL, (gal_limits)k, NULL)));
    }
    m = INFINITY; /* no NaN from inf - inf */
    gal_noise z = {.f_cal = 0.1};
    for (int k = 0; k < GAL_LIMITS_N; k++)
        if (k != GAL_LIMITS_ONESIDED)
            assert_true(gal_like_gaussian(1, &y, &s, &lim, &m, &z, (gal_limits)k, NULL) == -INFINITY);
}

static void bad_data(void **state)
{
    (void)state;
    const char *names[] = {"SDSS.u", "SDSS.g", "SDSS.r"};
    double f[] = {1, NAN, -3}, e[] = {.1, .1, .1};
    gal_limits k;
    assert_int_equal(gal_like_check(3, names, f, e, THIRD, GAL_LIMITS_CENSORED), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "SDSS.g: flux is nan; remove the row or give a limit");
    f[1] = -1; /* a negative measured flux is fine */
    assert_int_equal(gal_like_check(3, names, f, e, THIRD, GAL_LIMITS_CENSORED), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "SDSS.r: upper limit -3 is not positive; give the limit (e.g. 3 sigma) or use "
                        "limits = 'measured'");
    ok(gal_like_check(3, names, f, e, THIRD, GAL_LIMITS_MEASURED));
    ok(gal_like_check(3, names, f, e, NULL, GAL_LIMITS_CENSORED));
    e[2] = 0;
    assert_int_equal(gal_like_check(3, NULL, f, e, NULL, GAL_LIMITS_CUT), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "datum 3: error is 0, it must be positive and finite");
    ok(gal_limits_parse(&k, "onesided"));
    assert_int_equal(k, GAL_LIMITS_ONESIDED);
    assert_false(gal_limits_normalised(k));
    assert_string_equal(gal_limits_name(GAL_LIMITS_CUT), "cut");
    assert_int_equal(gal_limits_parse(&k, "censord"), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(),
                        "unknown limits 'censord', did you mean 'censored'? (known: measured, censored, onesided, "
                        "cut)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lnphi_tails),
        cmocka_unit_test(parity),
        cmocka_unit_test(normalised_over_the_data),
        cmocka_unit_test(censored_completes_the_detections),
        cmocka_unit_test(far_above_a_limit),
        cmocka_unit_test(bad_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
