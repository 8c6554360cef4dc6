/* Smooth steps, Diffmah and Diffstar: golden values of an independent float64 implementation, derivatives against closed forms and
 * differences of the function itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"
#include "slopes.h"

#include "galua/diffstar.h"
#include "galua/dsps.h"
#include "galua/num.h"

#define LT0 log10(13.8)

static void defaults(const gal_soft_param *t, int n, double *p)
{
    for (int i = 0; i < n; i++)
        p[i] = t[i].def;
}

static void triweight(void **state)
{
    (void)state;
    CLOSE(gal_tw_cdf(-2), 0.017632601737540055, 1e-14);
    CLOSE(gal_tw_cdf(-1), 0.17329675354366714, 1e-14);
    CLOSE(gal_tw_cdf(0.5), 0.6773118453860882, 1e-14);
    CLOSE(gal_tw_cdf(1), 0.8267032464563329, 1e-14);
    CLOSE(gal_tw_pdf(0), 0.3645833333333333, 1e-14);
    CLOSE(gal_tw_pdf(1), 0.2560585276634659, 1e-14);
    CLOSE(gal_tw_pdf(2), 0.06251428898033837, 1e-14);
    assert_true(gal_tw_cdf(-3.1) == 0 && gal_tw_cdf(3.1) == 1 && gal_tw_pdf(3.1) == 0 && gal_tw_slope(-3.1) == 0);
    double sum = 0, var = 0; /* unit area and variance */
    for (int i = 0; i < 6000; i++) {
        double z = -3 + (i + 0.5) / 1000;
        sum += gal_tw_pdf(z) / 1000;
        var += z * z * gal_tw_pdf(z) / 1000;
    }
    CLOSE(sum, 1, 1e-6); /* midpoint rule of step 1e-3 */
    CLOSE(var, 1, 1e-6);
}

typedef struct which {
    int kind;
} which;
static double steps(const double *x, void *ctx)
{
    switch (((which *)ctx)->kind) {
    case 0:
        return gal_tw_cdf(x[0]);
    case 1:
        return gal_tw_pdf(x[0]);
    case 2:
        return gal_tw_sigmoid(x[0], x[1], x[2], x[3], x[4], NULL);
    case 3:
        return gal_tw_sigslope(x[0], x[1], x[2], x[3], x[4], x[5], x[6], NULL);
    case 4:
        return gal_sigmoid(x[0], x[1], x[2], x[3], x[4], NULL);
    default:
        return gal_sigslope(x[0], x[1], x[2], x[3], x[4], x[5], x[6], NULL);
    }
}

static void step_derivatives(void **state)
{
    (void)state;
    double d[7], z[1] = {0.7}, a[5] = {0.3, 0.1, 0.8, -1.2, 2.5}, b[7] = {0.3, 1.1, 0.4, 0.1, 0.8, -1.2, 2.5};
    d[0] = gal_tw_pdf(z[0]);
    assert_true(slopes_agree(steps, &(which){0}, z, 1, d, 1e-9));
    d[0] = gal_tw_slope(z[0]);
    assert_true(slopes_agree(steps, &(which){1}, z, 1, d, 1e-9));
    gal_tw_sigmoid(a[0], a[1], a[2], a[3], a[4], d);
    assert_true(slopes_agree(steps, &(which){2}, a, 5, d, 1e-9));
    gal_tw_sigslope(b[0], b[1], b[2], b[3], b[4], b[5], b[6], d);
    assert_true(slopes_agree(steps, &(which){3}, b, 7, d, 1e-9));
    gal_sigmoid(a[0], a[1], a[2], a[3], a[4], d);
    assert_true(slopes_agree(steps, &(which){4}, a, 5, d, 1e-9));
    gal_sigslope(b[0], b[1], b[2], b[3], b[4], b[5], b[6], d);
    assert_true(slopes_agree(steps, &(which){5}, b, 7, d, 1e-9));
    CLOSE(gal_sigmoid_inverse(gal_sigmoid(0.3, 0.1, 0.8, -1.2, 2.5, NULL), 0.1, 0.8, -1.2, 2.5), 0.3, 1e-14);
    assert_true(isnan(gal_sigmoid_inverse(3, 0.1, 0.8, -1.2, 2.5)));
    assert_true(gal_logistic(-800) == 0 && gal_logistic(800) == 1);
    CLOSE(gal_powerlaw_quantile(0.5, 1, 3, 2), sqrt(5), 1e-14); /* half of the mass of 2x/8 lies below sqrt 5 */
    CLOSE(gal_powerlaw_pdf(2, 1, 3, 2), 0.5, 1e-14);
}

static void histogram(void **state)
{
    (void)state;
    const double x[4] = {-21.0, -21.3, -20.2, -22.4}, e[4] = {-23, -22, -21, -20}, w[4] = {1, 2, 0.5, 1};
    double c[3], g[3] = {0, 1, 0}, gx[4], gw[4], gs;
    assert_int_equal(gal_soft_histogram(4, x, NULL, 0.2, 3, e, c), GAL_OK);
    CLOSE(c[0], 0.9823673982624594, 1e-13);
    CLOSE(c[1], 1.447075961112541, 1e-13);
    CLOSE(c[2], 1.3972598870813315, 1e-13);
    assert_int_equal(gal_soft_histogram_vjp(4, x, NULL, 0.2, 3, e, g, gx, gw, &gs), GAL_OK);
    CLOSE(gx[0], -1.8229166666666665, 1e-13);
    g[1] = 0, g[2] = 1;
    assert_int_equal(gal_soft_histogram_vjp(4, x, NULL, 0.2, 3, e, g, gx, gw, &gs), GAL_OK);
    CLOSE(gx[0], 1.8229166666666665, 1e-13);
    /* the width's and the weights' derivatives, by differences of the histogram */
    double up[3], down[3], h = 1e-4;
    g[0] = 0.3, g[1] = -1, g[2] = 2;
    gal_soft_histogram_vjp(4, x, w, 0.2, 3, e, g, gx, gw, &gs);
    gal_soft_histogram(4, x, w, 0.2 + h, 3, e, up);
    gal_soft_histogram(4, x, w, 0.2 - h, 3, e, down);
    double s = 0, value = 0;
    for (int j = 0; j < 3; j++)
        s += g[j] * (up[j] - down[j]) / (2 * h);
    CLOSE(gs, s, 1e-6); /* step^2 relative to the width: (1e-4/0.2)^2 */
    gal_soft_histogram(4, x, w, 0.2, 3, e, c);
    for (int i = 0; i < 4; i++)
        value += w[i] * gw[i];
    CLOSE(value, g[0] * c[0] + g[1] * c[1] + g[2] * c[2], 1e-13); /* counts are linear in the weights */
    assert_int_equal(gal_soft_histogram(4, x, NULL, 0, 3, e, c), GAL_EINVAL);
}

typedef struct boxed {
    const gal_soft_param *t;
    size_t n, i;
} boxed;
static double one_bounded(const double *u, void *ctx)
{
    boxed *b = ctx;
    double p[16];
    gal_soft_bounded(b->t, b->n, u, p, NULL);
    return p[b->i];
}

/* defaults -> unbounded: golden; and back; Jacobian */
static void check_bounds(const gal_soft_param *t, size_t n, const double *want)
{
    double p[16], u[16], q[16], jac[256];
    for (size_t i = 0; i < n; i++)
        p[i] = t[i].def;
    assert_int_equal(gal_soft_unbounded("test", t, n, p, u), GAL_OK);
    gal_soft_bounded(t, n, u, q, jac);
    for (size_t i = 0; i < n; i++) {
        CLOSE(u[i], want[i], 1e-9); /* the golden values have about ten digits */
        CLOSE(q[i], p[i], 1e-12);
    }
    for (size_t i = 0; i < n; i++)
        u[i] += 0.3 * (double)(i % 3) - 0.2;
    gal_soft_bounded(t, n, u, q, jac);
    for (size_t i = 0; i < n; i++)
        assert_true(slopes_agree(one_bounded, &(boxed){t, n, i}, u, (int)n, jac + i * n, 1e-8));
}

static void bounds(void **state)
{
    (void)state;
    check_bounds(
        gal_diffmah_params(), GAL_DIFFMAH_N,
        (double[]){17.254687373539, 1.0008345855698264, -10.88606907372903, -49.43311313516259, 18.462200390393193});
    check_bounds(gal_diffstar_params(), GAL_DIFFSTAR_N,
                 (double[]){12.029790578129939, -10, 0.767132048600137, -0.767132048600137, 0.9999537550625325,
                            -0.29999346221882184, -0.999999003264247, -0.49999930134490067});
    check_bounds(gal_burst_params(), 3, (double[]){7.162907318741553, -9.594379124341003, -6.112943611198904});
    check_bounds(gal_mzr_params(), GAL_MZR_N - 1,
                 (double[]){16.207280766, 10.5, -5.6814718056, -6.3814718056, -10.9861228867, 0.3048837571,
                            -10.2096855518, 0.6436906879, -18.3688062801});
    double u[8] = {0, 0, 0, 0, 5, 5, 5, 5}, p[8]; /* what upstream calls unquenched */
    gal_soft_bounded(gal_diffstar_params(), 8, u, p, NULL);
    CLOSE(p[4], 1.9995353286522475, 1e-13);
    CLOSE(p[5], -0.01049684426445019, 1e-12);
    CLOSE(p[6], -0.0005166077913569822, 1e-11);
    CLOSE(p[7], -8.896120336351551e-08, 1e-8); /* a difference of numbers of order one */
    double bad[5] = {12, 0.05, 0.1, 0.2, 14};
    assert_int_equal(gal_diffmah_check(bad), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "early_index"));
    bad[2] = 2;
    assert_int_equal(gal_diffmah_check(bad), GAL_OK);
}

static void mah_values(void **state)
{
    (void)state;
    static const double t[9] = {0.1, 0.5, 1, 2, 3, 5, 8, 10, 13.8};
    static const double X[9] = {6.538422998586914,  9.045155536438134,  10.31426878877682,
                                11.281330902738075, 11.613959437255026, 11.841494645166872,
                                11.941638034881207, 11.97016665373561,  12.0};
    static const double R[9] = {0.10369127987618215, 9.425649082835873,  81.24590304763383,
                                226.5483938289245,   198.10309036193905, 95.08378504018602,
                                37.24145669939033,   23.721903949662572, 13.084980330313918};
    double p[5], x[9], r[9];
    defaults(gal_diffmah_params(), 5, p);
    gal_diffmah(p, LT0, 9, t, x, r, NULL, NULL);
    for (int i = 0; i < 9; i++) {
        CLOSE(x[i], X[i], 1e-12);
        CLOSE(r[i], R[i], 1e-11);
    }
    p[GAL_MAH_TPEAK] = 4;
    gal_diffmah(p, LT0, 1, t + 6, x, r, NULL, NULL);
    CLOSE(x[0], 11.762537711933314, 1e-12);
    assert_true(r[0] == 0);
}

typedef struct at {
    double t;
    int kind;
} at;
static double mah_at(const double *p, void *ctx)
{
    at *a = ctx;
    double v;
    gal_diffmah(p, LT0, 1, &a->t, a->kind ? NULL : &v, a->kind ? &v : NULL, NULL, NULL);
    return v;
}
static double rate_of_time(const double *t, void *ctx)
{
    double v;
    gal_diffmah(ctx, LT0, 1, t, NULL, &v, NULL, NULL);
    return v;
}

static void mah_derivatives(void **state)
{
    (void)state;
    double p[5], d[5];
    defaults(gal_diffmah_params(), 5, p);
    for (int frozen = 0; frozen < 2; frozen++) {
        p[GAL_MAH_TPEAK] = frozen ? 4 : 14;
        for (double t = 0.3; t < 13; t *= 1.9) {
            gal_diffmah(p, LT0, 1, &t, NULL, NULL, d, NULL);
            assert_true(slopes_agree(mah_at, &(at){t, 0}, p, 5, d, 1e-8));
            gal_diffmah(p, LT0, 1, &t, NULL, NULL, NULL, d);
            assert_true(slopes_agree(mah_at, &(at){t, 1}, p, 5, d, 1e-6)); /* 10^X: steps of 2 % of logm0 are coarse */
            double slow = gal_diffmah_rate_slope(p, LT0, t);
            assert_true(slopes_agree(rate_of_time, p, &t, 1, &slow, 1e-8));
        }
    }
}

static void star_values(void **state)
{
    (void)state;
    static const double t[9] = {0.1, 0.5, 1, 2, 3, 5, 8, 10, 13.8};
    static const double S[9] = {1.8619610659038052e-10, 1.920594457569909e-05, 0.0066322829285648975,
                                0.5728146493826219,     2.7812811263954544,    8.659621670554127,
                                7.3993402336147795,     1.3854154068007334,    9.518849909983642};
    static const double tq[5] = {5, 8, 10, 12, 13.8};
    static const double Q[5] = {1.0, 0.5615843001236935, 0.0959997274392481, 0.25189172662949866, 0.6101826865374129};
    double m[5], p[8], s[100], q[5], tt[100], mass[100];
    defaults(gal_diffmah_params(), 5, m);
    defaults(gal_diffstar_params(), 8, p);
    gal_diffstar(m, p, LT0, 0.156, 9, t, s, NULL);
    for (int i = 0; i < 9; i++)
        CLOSE(s[i], S[i], 1e-11);
    gal_diffstar_quench(p, 5, tq, q, NULL);
    for (int i = 0; i < 5; i++)
        CLOSE(pow(10, q[i]), Q[i], 1e-12);
    gal_linspace(0.1, 13.8, 100, tt);
    gal_diffstar(m, p, LT0, 0.156, 100, tt, s, NULL);
    assert_int_equal(gal_dsps_mass(100, tt, s, GAL_DSPS_SFR_MIN, mass), GAL_OK);
    CLOSE(mass[0], 0.009217202276223836, 1e-11);
    CLOSE(mass[49], 33160282270.82873, 1e-12);
    CLOSE(mass[99], 67963919333.82644, 1e-12);
    /* gas + stars is what was accreted; its rate integrates back to the gas */
    double gas[100], rate[100], acc[100], flow[100];
    assert_int_equal(gal_diffstar_gas(m, LT0, 0.156, 100, tt, s, gas, rate), GAL_OK);
    gal_diffmah(m, LT0, 100, tt, NULL, flow, NULL, NULL);
    for (int i = 0; i < 100; i++)
        flow[i] *= 0.156;
    gal_dsps_mass(100, tt, flow, GAL_DSPS_SFR_MIN, acc);
    CLOSE(gas[60] + mass[60], acc[60], 1e-14);
    CLOSE(rate[60], 0.5 * (gas[61] - gas[59]) / (tt[61] - tt[60]) / 1e9, 1e-9);
}

static double star_at(const double *x, void *ctx)
{
    double v;
    gal_diffstar(x, x + 5, LT0, 0.156, 1, &((at *)ctx)->t, &v, NULL);
    return log(v);
}
static double lagged_at(const double *x, void *ctx)
{
    double v;
    gal_diffstar_lagged(x, x + 5, LT0, 0.156, 1, &((at *)ctx)->t, &v, NULL);
    return log(v);
}

static void star_derivatives(void **state)
{
    (void)state;
    double x[14], d[14];
    defaults(gal_diffmah_params(), 5, x);
    for (int lag = 0; lag < 2; lag++) {
        defaults(lag ? gal_diffstar_lagged_params() : gal_diffstar_params(), 8 + lag, x + 5);
        int n = lag ? GAL_LAG_N : GAL_HISTORY_N;
        for (int frozen = 0; frozen < 2; frozen++) {
            x[GAL_MAH_TPEAK] = frozen ? 6.31 : 14;
            for (double t = 0.7; t < 13; t *= 1.6) {
                double s;
                if (lag)
                    gal_diffstar_lagged(x, x + 5, LT0, 0.156, 1, &t, &s, d);
                else
                    gal_diffstar(x, x + 5, LT0, 0.156, 1, &t, &s, d);
                for (int i = 0; i < n; i++)
                    d[i] /= s;
                if (lag && frozen) /* the sum of 50 rates jumps when t_peak passes one of their times */
                    d[GAL_MAH_TPEAK] = slope(lagged_at, &(at){t, 0}, x, GAL_MAH_TPEAK);
                assert_true(slopes_agree(lag ? lagged_at : star_at, &(at){t, 0}, x, n, d,
                                         1e-5)); /* steep in lgmcrit: sigma(9 x) */
            }
        }
    }
    /* floored: value and no slope */
    double t = 0.002, s;
    gal_diffstar(x, x + 5, LT0, 1e-9, 1, &t, &s, d);
    assert_true(s == GAL_DIFFSTAR_FLOOR);
    for (int i = 0; i < 13; i++)
        assert_true(d[i] == 0);
}

static void lagged_values(void **state)
{
    (void)state;
    static const double t[8] = {0.5, 1, 2, 3, 5, 8, 10, 13.8};
    static const double S[8] = {2.0583153650734008e-05, 0.006928773538612437, 0.4851618933310143,  1.4655315077762165,
                                1.4691477839964608,     0.3671633799192778,   0.03952958888071713, 0.1337621691214709};
    double m[5], p[9], s[8];
    defaults(gal_diffmah_params(), 5, m);
    defaults(gal_diffstar_lagged_params(), 9, p);
    gal_diffstar_lagged(m, p, LT0, 0.156, 8, t, s, NULL);
    for (int i = 0; i < 8; i++)
        CLOSE(s[i], S[i], 1e-11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triweight),   cmocka_unit_test(step_derivatives), cmocka_unit_test(histogram),
        cmocka_unit_test(bounds),      cmocka_unit_test(mah_values),       cmocka_unit_test(mah_derivatives),
        cmocka_unit_test(star_values), cmocka_unit_test(star_derivatives), cmocka_unit_test(lagged_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
