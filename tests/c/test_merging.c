/* Merging, rapid quenching and bulges: what is conserved, limits, and gradients against differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "galua/dsps.h"
#include "galua/merging.h"
#include "galua/num.h"

static void probability(void **state)
{
    (void)state;
    double a[5] = {9, 4, 2.5, 1.3, 0.8}, d[5];
    assert_true(gal_merge_probability(0, 8, 3, 5, 0.9, NULL) < 1e-8);              /* long before infall */
    assert_true(fabs(gal_merge_probability(30, 8, 3, 5, 0.9, NULL) - 0.9) < 1e-6); /* long after */
    double p = gal_merge_probability(a[0], a[1], a[2], a[3], a[4], d);
    assert_true(p > 0.5 && p < 0.8);
    for (int i = 0; i < 5; i++) {
        double h = 1e-4, sum = 0;
        static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
        for (int k = 0; k < 4; k++) {
            double b[5];
            memcpy(b, a, sizeof b);
            b[i] += at[k] * h;
            sum += c[k] * gal_merge_probability(b[0], b[1], b[2], b[3], b[4], NULL) / (12 * h);
        }
        assert_true(fabs(d[i] - sum) < 1e-9 * (1 + fabs(sum)));
    }
}

/* numbers of diffsky 0.3.11 at its calibration, gradient by jax.grad */
static void calibrated(void **state)
{
    (void)state;
    static const double at[3][4] = {{12.5, 14, 13, 5}, {11.5, 13.1, 11, 3}, {11.768, 12.3, 9, 7.5}},
                        want[3] = {0.5594376494256035, 0.9989999942897356, 7.58270449242294e-10};
    static const double by[GAL_MERGE_N] = {-8.416698420900676e-14,  -0.08490908699508089,   1.3176206947590192e-12,
                                           -1.2396704389547224e-11, 2.3569759841846023e-05, 0.20264207566752654,
                                           -0.00018941661348619203, 0.003202486350416823,   0.007567206391122072,
                                           1.7473534886330908,      -0.4928084811143916,    0.7804179358109585};
    double q[GAL_MERGE_N], d[GAL_MERGE_N], dt;
    for (int i = 0; i < GAL_MERGE_N; i++)
        q[i] = gal_merge_params()[i].def;
    for (int k = 2; k >= 0; k--)
        assert_true(fabs(gal_merge_infall(q, at[k][0], at[k][1], at[k][2], at[k][3], d, &dt) / want[k] - 1) < 1e-12);
    for (int i = 0; i < GAL_MERGE_N; i++)
        assert_true(fabs(d[i] - by[i]) <= 1e-10 * fabs(by[i]) + 1e-16); /* 1 - sigma loses digits there */
    double h = 1e-5, slope = (gal_merge_infall(q, 12.5, 14, 13 + h, 5, NULL, NULL) -
                              gal_merge_infall(q, 12.5, 14, 13 - h, 5, NULL, NULL)) /
                             (2 * h);
    assert_true(fabs(dt - slope) < 1e-9);

    static const double p[4] = {0.05, 0.19, 0.205, 0.9},
                        cut[4] = {-4.499998929342206, -3.558705025205018, -2.321392340793511, -1.0},
                        burst[4] = {-2.500001679403226, -3.976488403321272, -5.917301728298179, -7.99};
    static const double lg[8] = {-3.5, -2.5, -1.5, -1.02, -1, -0.9, 0, 1},
                        w[8] = {0.01, 0.02, 0.03, 0.04, 0.1, 0.2, 0.3, 0.3},
                        left[8] = {1.1699004802606973e-06, 2.3398009605213946e-06, 3.5097014407820915e-06,
                                   0.005582344008584297,   0.05850087351543617,    0.2339694749166797,
                                   0.35097014407820915,    0.35097014407820915};
    double lgyr[8], out[8], dp, df, up, down;
    for (int i = 0; i < 8; i++)
        lgyr[i] = lg[i] + 9;
    for (int k = 0; k < 4; k++) {
        assert_true(fabs(gal_quench_cut(p[k], lgyr[0], NULL) - 9 - cut[k]) < 1e-12);
        assert_true(fabs(gal_quench_burst(p[k], -2.5, &dp, &df) - burst[k]) < 1e-12);
    }
    gal_quench_weights(8, lgyr, w, gal_quench_cut(0.9, lgyr[0], NULL), out);
    for (int i = 0; i < 8; i++) /* an exponential of 100 times the age: 1e-13 of the age is 1e-11 of it */
        assert_true(fabs(out[i] / left[i] - 1) < 1e-10);
    gal_quench_burst(0.205, -2.5, &dp, &df);
    up = gal_quench_burst(0.205 + 1e-6, -2.5, NULL, NULL), down = gal_quench_burst(0.205 - 1e-6, -2.5, NULL, NULL);
    assert_true(fabs(dp - (up - down) / 2e-6) < 1e-6 * fabs(dp));
    up = gal_quench_burst(0.205, -2.5 + 1e-4, NULL, NULL), down = gal_quench_burst(0.205, -2.5 - 1e-4, NULL, NULL);
    assert_true(fabs(df - (up - down) / 2e-4) < 1e-9);
    gal_quench_cut(0.205, lgyr[0], &dp);
    up = gal_quench_cut(0.205 + 1e-6, lgyr[0], NULL), down = gal_quench_cut(0.205 - 1e-6, lgyr[0], NULL);
    assert_true(fabs(dp - (up - down) / 2e-6) < 1e-6 * fabs(dp));
}

enum { N = 7 };
static const size_t host[N] = {0, 0, 0, 3, 3, 5, 0};
static void merging(void **state)
{
    (void)state;
    double x[N] = {10, 2, 1, 5, 3, 4, 0.5}, p[N] = {0, 0.3, 1, 0, 0.6, 0, 0.1}, w[N] = {1, 0.9, 1, 1, 0.5, 1, 1},
           out[N], gx[N], gp[N], gw[N];
    assert_int_equal(gal_merge(N, x, p, host, NULL, out), GAL_OK);
    double before = 0, after = 0;
    for (int i = 0; i < N; i++)
        before += x[i], after += out[i];
    assert_true(fabs(before - after) < 1e-14 * before); /* nothing is lost */
    assert_true(out[2] == 0 && fabs(out[0] - (10 + 0.6 + 1 + 0.05)) < 1e-14 && out[5] == 4);
    double g[N];
    for (int i = 0; i < N; i++)
        g[i] = sin(i + 1);
    assert_int_equal(gal_merge_vjp(N, x, p, host, w, g, gx, gp, gw), GAL_OK);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) { /* it is linear in each */
            double *v = k == 0 ? x : k == 1 ? p : w, keep = v[i], h = 1e-2, d = 0;
            for (int s = -1; s <= 1; s += 2) {
                v[i] = k == 1 ? fmin(fmax(keep + s * h, 0), 1) : keep + s * h;
                assert_int_equal(gal_merge(N, x, p, host, w, out), GAL_OK);
                for (int j = 0; j < N; j++)
                    d += s * g[j] * out[j];
            }
            double step = k == 1 ? fmin(keep + h, 1) - fmax(keep - h, 0) : 2 * h;
            v[i] = keep;
            assert_true(fabs((k == 0 ? gx : k == 1 ? gp : gw)[i] - d / step) < 1e-11);
        }
    p[1] = 1.2;
    assert_int_equal(gal_merge(N, x, p, host, w, out), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 2: probability 1.2"));
    p[1] = 0.5;
    const size_t chain[N] = {0, 0, 1, 3, 3, 5, 0};
    assert_int_equal(gal_merge(N, x, p, chain, w, out), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 3: its host, 2"));
}

static void quenching(void **state)
{
    (void)state;
    enum { NA = 60 };
    double lg[NA], w[NA], out[NA], g[NA], gw[NA], gcut, cut = 8.03, sum = 0;
    gal_linspace(5.5, 10.2, NA, lg);
    for (int a = 0; a < NA; a++)
        sum += w[a] = pow(10, 0.5 * (lg[a] - 10)) * (1 + 0.3 * sin(a)), g[a] = cos(3 * a);
    for (int a = 0; a < NA; a++)
        w[a] /= sum;
    gal_quench_weights(NA, lg, w, cut, out);
    double young = 0, was = 0, all = 0;
    for (int a = 0; a < NA; a++) {
        all += out[a];
        if (lg[a] < 7.9)
            young += out[a], was += w[a];
    }
    assert_true(fabs(all - 1) < 1e-13);
    assert_true(young < 2e-4 * was && young > 0.5e-4 * was);
    gal_quench_weights_vjp(NA, lg, w, cut, g, gw, &gcut);
    static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
    for (int i = -1; i < NA; i += 10) {
        double d = 0, h = i < 0 ? 1e-5 : 1e-5, keep = i < 0 ? 0 : w[i];
        for (int k = 0; k < 4; k++) {
            if (i >= 0)
                w[i] = keep + at[k] * h;
            gal_quench_weights(NA, lg, w, cut + (i < 0 ? at[k] * h : 0), out);
            for (int a = 0; a < NA; a++)
                d += c[k] * g[a] * out[a] / (12 * h);
        }
        if (i >= 0)
            w[i] = keep;
        assert_true(fabs((i < 0 ? gcut : gw[i]) - d) < 1e-7 * (1 + fabs(d)));
    }
}

static void bulges(void **state)
{
    (void)state;
    enum { NT = 200 };
    double t[NT], sfr[NT], b[NT], share;
    gal_linspace(0.05, 13.8, NT, t);
    for (int k = 0; k < NT; k++)
        sfr[k] = t[k] * exp(-t[k] / 2);
    assert_int_equal(gal_bulge(NT, t, sfr, 8, 0.5, 0.1, b, &share), GAL_OK);
    assert_true(fabs(b[5] / sfr[5] - 0.5) < 1e-12 && fabs(b[NT - 1] / sfr[NT - 1] - 0.1) < 1e-12);
    assert_true(share > 0.4 && share < 0.5); /* most stars form early */
    assert_int_equal(gal_bulge(NT, t, sfr, 8, 0.3, 0.3, b, &share), GAL_OK);
    assert_true(fabs(share - 0.3) < 1e-9);
    assert_int_equal(gal_bulge(NT, t, sfr, 8, 1.5, 0.3, b, &share), GAL_EDOMAIN);
}

static double bulge_loss(const double *t, const double *sfr, const double *q, double *g, size_t nt)
{
    double out[64], sum = 0;
    assert_int_equal(gal_bulge(nt, t, sfr, q[0], q[1], q[2], out, NULL), GAL_OK);
    for (size_t k = 0; k < nt; k++) {
        double w = sin(0.4 * (double)k);
        sum += w * out[k];
        if (g)
            g[k] = w;
    }
    return sum;
}

static void bulge_slopes(void **state)
{
    (void)state;
    enum { NT = 40 };
    double t[NT], s[NT], g[NT], gs[NT] = {0}, gp[3] = {0}, q[3] = {6, 0.7, 0.2};
    gal_linspace(0.3, 13.5, NT, t);
    for (int k = 0; k < NT; k++)
        s[k] = 3 * t[k] * exp(-t[k] / 3);
    bulge_loss(t, s, q, g, NT);
    assert_int_equal(gal_bulge_vjp(NT, t, s, q[0], q[1], q[2], g, gs, gp), GAL_OK);
    for (int i = 0; i < 3 + NT; i++) {
        static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
        double *v = i < 3 ? q + i : s + i - 3, keep = *v, h = 1e-4, sum = 0;
        for (int k = 0; k < 4; k++) {
            *v = keep + at[k] * h;
            sum += c[k] * bulge_loss(t, s, q, NULL, NT) / (12 * h);
        }
        *v = keep;
        assert_true(fabs((i < 3 ? gp[i] : gs[i - 3]) - sum) < 1e-8 * (1 + fabs(sum)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(probability),  cmocka_unit_test(calibrated),
                                       cmocka_unit_test(bulge_slopes), cmocka_unit_test(merging),
                                       cmocka_unit_test(quenching),    cmocka_unit_test(bulges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
