/* DiffstarPop: golden means and quenched fractions, its gradient against differences; fits of Diffmah and Diffstar to histories of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"

#include "galua/diffstarpop.h"
#include "galua/dsps.h"
#include "galua/historyfit.h"
#include "galua/num.h"
#include "galua/rng.h"

#define LT0 log10(13.8)

static void defaults(double *p)
{
    for (int i = 0; i < GAL_DSPOP_N; i++)
        p[i] = gal_diffstarpop_params()[i].def;
}

/* t_peak 10: values of an independent implementation, given to six or seven digits */
static void golden(void **state)
{
    (void)state;
    double p[GAL_DSPOP_N], out[3 * GAL_DSPOP_OUT], x[3] = {12.5, 11.5, 13.5}, tp[3] = {10, 10, 10};
    const double ms[4] = {12.302628, -10.153203, -2.806, -4.995},
                 q[8] = {11.975891, -9.601639, -0.597, -1.44, 0.967734, 0.665, -2.997, -4.668};
    gal_dspop_halos h = {.n = 3, .logmp = x, .tpeak = tp};
    defaults(p);
    gal_diffstarpop(p, &h, out);
    for (int k = 0; k < 4; k++)
        CLOSE(out[k], ms[k], 1e-6);
    for (int k = 0; k < 8; k++)
        CLOSE(out[4 + k], q[k], 1e-6);
    CLOSE(out[12], 0.063, 1e-12); /* widths at the pivot are their intercepts */
    CLOSE(out[23], 0.965, 1e-12);
    CLOSE(out[24], 0.393666, 2e-6);
    CLOSE(out[GAL_DSPOP_OUT + 24], 0.352197, 2e-6);
    CLOSE(out[2 * GAL_DSPOP_OUT + 24], 0.611206, 2e-6);
}

/* the published sets at one halo, central and satellite: numbers of diffstar 1.0.3 */
static void calibrations(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double mean[12], f, sat; /* of a central, of a satellite */
    } want[GAL_DSPOP_FITS] = {{"smdpl_dr1_nomerging",
                               {12.06605242651856, -10.28648484196957, -2.7097, -4.99995, 11.86015312065219,
                                -9.739389681711886, -0.6735, -1.2003, 1.072600691598726, 0.6431, -2.99997, -5.5593},
                               0.9989999788573055,
                               0.9612115904025167},
                              {"smdpl_dr1",
                               {11.96873004837093, -10.09694791329447, -2.9973, -4.149, 12.31667857313579,
                                -10.09259395934653, -2.9973, -2.4228, 1.050135421090928, 0.3884, -2.2694, -3.826},
                               0.998999999999999,
                               0.9381951119512224},
                              {"tng",
                               {11.72627713301641, -10.02140169428622, -1.695, -2.7839, 11.73730759535273,
                                -10.00207000169222, -1.7723, -1.155, 1.103668587742762, 0.0503, -2.99999, -8.646},
                               0.999,
                               0.9991122828917806},
                              {"galacticus_in_situ",
                               {11.16978633225687, -9.587967242598852, -2.99739, -0.2125, 11.54342672826849,
                                -9.559584775617287, -2.6904, -0.7773, 1.19532779291353, 1.3589, -2.6928, -1.9066},
                               0.2367697040783357,
                               0.9784644997323211},
                              {"galacticus_in_plus_ex_situ",
                               {11.23691228678914, -9.353969801668079, -2.9973, -0.8084, 11.47458615000627,
                                -9.312009104730512, -2.4777, -0.984, 1.171035457310537, 1.5233, -2.5082, -3.2076},
                               0.1617079652261116,
                               0.924122134527123}};
    double p[GAL_DSPOP_N], out[2 * GAL_DSPOP_OUT], x[2] = {12.2, 12.2}, tp[2] = {8, 8}, mu[2] = {-1.2, -1.2},
                                                   lgh[2] = {13.6, 13.6}, at[2] = {-1, 2};
    gal_dspop_halos h = {.n = 2, .logmp = x, .tpeak = tp, .lgmu = mu, .logmhost = lgh, .since = at};
    for (int c = 0; c < GAL_DSPOP_FITS; c++) {
        assert_string_equal(gal_diffstarpop_fit_names()[c], want[c].name);
        assert_int_equal(gal_diffstarpop_fit(want[c].name, p), GAL_OK);
        for (int k = 0; k < GAL_DSPOP_N; k++) /* all inside their bounds */
            assert_true(p[k] > gal_diffstarpop_params()[k].lo && p[k] < gal_diffstarpop_params()[k].hi);
        gal_diffstarpop(p, &h, out);
        for (int k = 0; k < 12; k++)
            CLOSE(out[k], want[c].mean[k], 1e-12);
        CLOSE(out[24], want[c].f, 1e-12);
        CLOSE(out[GAL_DSPOP_OUT + 24], want[c].sat, 1e-12);
    }
    assert_int_equal(gal_diffstarpop_fit("tgn", p), GAL_ENOTFOUND);
    assert_non_null(strstr(gal_error_message(), "did you mean 'tng'?"));
}

enum { N = 60 };
static double logmp[N], tpeak[N], lgmu[N], host[N], since[N], eps[GAL_DSPOP_EPS * N], gms[GAL_DIFFSTAR_N * N],
    gq[GAL_DIFFSTAR_N * N], gf[N];

static double loss(const double *p, const gal_dspop_halos *h)
{
    static double ms[GAL_DIFFSTAR_N * N], q[GAL_DIFFSTAR_N * N], f[N];
    double sum = 0;
    assert_int_equal(gal_diffstarpop_draw(p, h, eps, ms, q, f), GAL_OK);
    for (int i = 0; i < GAL_DIFFSTAR_N * N; i++)
        sum += gms[i] * ms[i] + gq[i] * q[i];
    for (int i = 0; i < N; i++)
        sum += gf[i] * f[i];
    return sum;
}

/* every one of the 88, centrals and satellites */
static void gradient(void **state)
{
    (void)state;
    gal_rng r;
    gal_rng_init(&r, 1, 2, 3, 4, 5);
    for (int i = 0; i < N; i++) {
        logmp[i] = 10.5 + 4 * gal_rng_uniform(&r);
        tpeak[i] = 1 + 13 * gal_rng_uniform(&r);
        lgmu[i] = -3 * gal_rng_uniform(&r);
        host[i] = 12 + 3 * gal_rng_uniform(&r);
        since[i] = i % 2 ? 3 * gal_rng_uniform(&r) : -100;
        gf[i] = gal_rng_normal(&r);
    }
    for (int i = 0; i < GAL_DIFFSTAR_N * N; i++) {
        gms[i] = gal_rng_normal(&r);
        gq[i] = gal_rng_normal(&r);
    }
    gal_diffstarpop_normals(7, N, eps);
    double few[GAL_DSPOP_EPS * 5], p[GAL_DSPOP_N], g[GAL_DSPOP_N], g1[GAL_DSPOP_N];
    gal_diffstarpop_normals(7, 5, few);
    for (int k = 0; k < GAL_DSPOP_EPS; k++)
        for (int i = 0; i < 5; i++)
            assert_true(few[k * 5 + i] == eps[k * N + i]);
    gal_dspop_halos h = {.n = N, .logmp = logmp, .tpeak = tpeak, .lgmu = lgmu, .logmhost = host, .since = since};
    defaults(p);
    int before = gal_threads(), live = 0;
    gal_threads_set(3);
    assert_int_equal(gal_diffstarpop_draw_vjp(p, &h, eps, gms, gq, gf, g1), GAL_OK);
    gal_threads_set(1);
    assert_int_equal(gal_diffstarpop_draw_vjp(p, &h, eps, gms, gq, gf, g), GAL_OK);
    gal_threads_set(before);
    assert_memory_equal(g, g1, sizeof g);
    for (int k = 0; k < GAL_DSPOP_N; k++) {
        const gal_soft_param *q = gal_diffstarpop_params() + k;
        double keep = p[k], step = 2e-6 * fmin(fmin(keep - q->lo, q->hi - keep), 1) / 0.01, side[4];
        step = fmin(step, 2e-6); /* clipped lines turn within a few 1e-4 */
        for (int s = 0; s < 4; s++) {
            p[k] = keep + step * (s < 2 ? s * 2 - 1 : s * 4 - 10);
            side[s] = loss(p, &h);
        }
        p[k] = keep;
        double d = (8 * (side[1] - side[0]) - (side[3] - side[2])) / (12 * step);
        if (!(fabs(g[k] - d) < 2e-5 * (fabs(d) + 1)))
            printf("%s: %.10g, differences %.10g\n", q->name, g[k], d);
        assert_true(fabs(g[k] - d) < 2e-5 * (fabs(d) + 1));
        live += fabs(g[k]) > 1e-12;
    }
    assert_int_equal(live, GAL_DSPOP_N);
    p[3] = 20;
    assert_int_equal(gal_diffstarpop_draw_vjp(p, &h, eps, gms, gq, gf, g), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "frac_quench_cen_x0_yhitpeak = 20"));
    defaults(p);
    tpeak[4] = -1;
    assert_int_equal(gal_diffstarpop_draw_vjp(p, &h, eps, gms, gq, gf, g), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "halo 5"));
}

/* parameters come back from histories made of them; a history with noise and steps gets a good one */
static void fits(void **state)
{
    (void)state;
    enum { NT = 80 };
    double t[NT], logm[NT], sfr[NT], own[NT], p[GAL_DIFFMAH_N] = {12.6, 0.3, 2.2, 0.2, 14}, got[GAL_DIFFMAH_N];
    double s[GAL_DIFFSTAR_N], q[GAL_DIFFSTAR_N], m[NT], m2[NT];
    gal_history_fit info;
    gal_linspace(0.2, 13.8, NT, t);
    gal_diffmah(p, LT0, NT, t, logm, NULL, NULL, NULL);
    assert_int_equal(gal_diffmah_fit(NT, t, logm, -INFINITY, LT0, got, &info), GAL_OK);
    assert_true(info.loss < 1e-16);
    for (int i = 0; i < GAL_DIFFMAH_N - 1; i++)
        CLOSE(got[i], p[i], 1e-5);
    logm[50] = 5, logm[20] += 0.05; /* what a halo finder loses, and a merger: the target is the largest mass so far */
    assert_int_equal(gal_diffmah_fit(NT, t, logm, -INFINITY, LT0, got, &info), GAL_OK);
    assert_true(info.loss < 1e-3 && fabs(got[0] - 12.6) < 0.02);
    for (int k = 0; k < NT; k++)
        logm[k] = t[k] < 12 ? 8 : 12;
    assert_int_equal(gal_diffmah_fit(NT, t, logm, 10, LT0, got, &info), GAL_OK);
    assert_int_equal(gal_diffmah_fit(NT, t, logm, 13, LT0, got, &info), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "3 are needed"));

    for (int i = 0; i < GAL_DIFFSTAR_N; i++)
        s[i] = gal_diffstar_params()[i].def;
    s[GAL_STAR_QT] = 0.95, s[GAL_STAR_LGMCRIT] = 12.2, s[GAL_STAR_DROP] = -1.6;
    gal_diffstar(p, s, LT0, 0.156, NT, t, sfr, NULL);
    assert_int_equal(gal_diffstar_fit(p, NT, t, sfr, LT0, 0.156, 3, q, &info), GAL_OK);
    gal_diffstar(p, q, LT0, 0.156, NT, t, own, NULL);
    assert_int_equal(gal_dsps_mass(NT, t, sfr, 1e-14, m), GAL_OK);
    assert_int_equal(gal_dsps_mass(NT, t, own, 1e-14, m2), GAL_OK);
    assert_true(info.loss < 0.1 && fabs(log10(m2[NT - 1] / m[NT - 1])) < 0.02);
    gal_rng r;
    gal_rng_init(&r, 4, 4, 4, 4, 4);
    for (int k = 0; k < NT; k++)
        sfr[k] *= exp(0.4 * gal_rng_normal(&r));
    assert_int_equal(gal_diffstar_fit(p, NT, t, sfr, LT0, 0.156, 3, q, &info), GAL_OK);
    assert_int_equal(gal_dsps_mass(NT, t, sfr, 1e-14, m), GAL_OK);
    gal_diffstar(p, q, LT0, 0.156, NT, t, own, NULL);
    assert_int_equal(gal_dsps_mass(NT, t, own, 1e-14, m2), GAL_OK);
    assert_true(fabs(log10(m2[NT - 1] / m[NT - 1])) < 0.05);
    memset(sfr, 0, sizeof sfr);
    assert_int_not_equal(gal_diffstar_fit(p, NT, t, sfr, LT0, 0.156, 3, q, &info), GAL_OK);
    double f[4], tt[4] = {1, 2, 3, 4.5}, mm[4] = {1e9, 3e9, 4e9, 1e10};
    gal_fstar(4, tt, mm, 1, f);
    CLOSE(f[1], 2, 1e-12);
    CLOSE(f[3], (1e10 - (4e9 + 0.5 / 1.5 * 6e9)) * 1e-9, 1e-12);
    assert_true(f[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(calibrations),
                                       cmocka_unit_test(gradient), cmocka_unit_test(fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
