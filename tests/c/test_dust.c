/* Two-phase dust: golden values of the reference code's stand-alone ISM (9 digits), energy closure, PAH profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "close.h"
#include "csp/csp.h"
#include "dust/dust.h"
#include "galua/const.h"
#include "galua/num.h"

static const double wave[5] = {1e3, 17782.794100389227, 316227.7660168379, 5623413.251903491, 1e8};

static void golden(double av, double low, double upp, double surface, double t, const double *ext, const double *att,
                   const double *emission)
{
    gal_dust_grid g;
    double tw[5], curve[5], a[5], absorbed[5], lum[5] = {0};
    gal_trapz_weights(wave, 5, tw);
    assert_int_equal(gal_dust_grid_init(&g, wave, tw, 5, gal_dust_galapy, NULL, NULL, 0), GAL_OK);
    gal_dust_curve(&g, low, upp, curve);
    gal_dust_attenuation(&g, av, curve, a, absorbed);
    gal_dust_greybody(&g, surface, absorbed, t, 0, lum);
    for (int i = 0; i < 5; i++) {
        CLOSE(av * curve[i], ext[i], 5e-7); /* the reference keeps its slopes in single precision */
        CLOSE(gal_dust_curve_at(wave[i], low, upp), curve[i], 1e-13);
        if (att[i] > 0)
            CLOSE(a[i], att[i], 2e-7 + (att[i] < 1e-6 ? 4e-6 : 0));
        if (emission[i] > 0)
            CLOSE(lum[i], emission[i], 4e-7);
        else
            assert_true(lum[i] < 1e-20);
    }
    gal_dust_grid_clear(&g);
}

static void diffuse_dust(void **state)
{
    (void)state;
    static const double ext[5] = {0.329802447, 4.39798647e-2, 5.86480941e-3, 8.28426327e-5, 2.61971407e-7};
    static const double att[5] = {0.73803851, 0.96030249, 0.99461287, 0.9999237, 0.99999976};
    static const double emi[5] = {0, 0, 1.67584039e3, 2.20224278, 9.75030567e-8};
    double av = gal_dust_av_dd(1, 0.5, 1e7, 1e3);
    CLOSE(av, 0.1, 1e-12);
    golden(av, 0.7, 2.0, gal_dust_surface(1e3, 1), 38, ext, att, emi);
    CLOSE(gal_dust_temperature_galapy(gal_dust_galapy, gal_dust_surface(1e3, 1), av, 0.7, 2.0, 0.8 * 4e43),
          37.1029777891508, 1e-7);
}

static void molecular_clouds(void **state)
{
    (void)state;
    static const double ext[5] = {876.146302, 20.7767059, 0.492693408, 6.95947684e-3, 6.95947636e-5};
    static const double att[5] = {0, 4.89009895e-9, 0.635217767, 0.993610585, 0.999935903};
    static const double emi[5] = {0, 0, 465.817437, 13.1598377, 2.03449423e-6};
    double av = gal_dust_av_mc(100, 0.01, 0.5, 1e9, 1e3, 10, true);
    CLOSE(av, 95.52238805014926, 1e-9);
    golden(av, 1.3, 1.6, gal_dust_surface(10, 1e3), 30, ext, att, emi);
    av = gal_dust_av_mc(100, 0.0134, 0.5, 1e9, 1e3, 10, true);
    CLOSE(gal_dust_temperature_galapy(gal_dust_galapy, gal_dust_surface(10, 1e3), av, 1.3, 1.6, 4e43), 27.381094065189,
          1e-7);
    assert_true(gal_dust_av_mc(100, 0.01, 0, 1e9, 1e3, 10, false) == 0);
    assert_true(gal_dust_av_dd(1, 1, 1e8, 1e3) == 0);
}

static void escape(void **state)
{
    (void)state;
    CLOSE(gal_escape(1e6, 1e7, false), 1, 0);
    CLOSE(gal_escape(1.5e7, 1e7, false), 0.5, 1e-15);
    assert_true(gal_escape(1e8, 1e7, false) == 0);
    CLOSE(gal_escape(1e7, 1e7, true), 1, 0); /* all at once */
    assert_true(gal_escape(1.0000001e7, 1e7, true) == 0);
    /* F_tot for l in (1e3, 1e8), a in (1e7, 4e7) */
    static const double want[2][2] = {{0, 0.73803851}, {0.99993566, 0.99999976}};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            double l = i ? 1e8 : 1e3, eta = gal_escape(j ? 4e7 : 1e7, 1e7, false);
            double mc = pow(10, -0.4 * 95.52238805 * gal_dust_curve_at(l, 1.3, 1.6)),
                   dd = pow(10, -0.04 * gal_dust_curve_at(l, 0.7, 2));
            double f = dd * (1 - eta * (1 - mc));
            assert_true(fabs(f - want[i][j]) < 1e-8);
        }
}

/* What is put in comes out, from 1e-10 to 1e15 Lsun, thin and thick, on a grid of 100 nodes per decade. */
static void energy_balance(void **state)
{
    (void)state;
    enum { N = 1001 };
    static double l[N], tw[N], curve[N], att[N], absorbed[N], lum[N];
    gal_dust_grid g;
    gal_logspace(1, 1e10, N, l);
    gal_trapz_weights(l, N, tw);
    assert_int_equal(gal_dust_grid_init(&g, l, tw, N, gal_dust_modern, NULL, NULL, 0), GAL_OK);
    gal_dust_curve(&g, 1.3, 1.6, curve);
    for (double av = 1e-6; av < 1e5; av *= 31)
        for (double e = 1e-2; e < 1e13; e *= 100) {
            double t, s = gal_dust_surface(3e3, 1), out = 0;
            gal_dust_attenuation(&g, av, curve, att, absorbed);
            if (gal_dust_temperature(&g, s, absorbed, e * GAL_LSUN, 0, &t) != GAL_OK) {
                assert_true(av < 1e-3 && e > 1e10); /* thin dust that would have to be hotter than 1e5 K */
                continue;
            }
            for (int k = 0; k < N; k++)
                lum[k] = 0;
            gal_dust_greybody(&g, s, absorbed, t, 0, lum);
            for (int k = 0; k < N; k++)
                out += tw[k] * lum[k];
            CLOSE(out, e, 1e-9);
        }
    double t;
    assert_int_equal(gal_dust_temperature(&g, gal_dust_surface(1e-3, 1), absorbed, 1e20 * GAL_LSUN, 0, &t), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "no dust temperature in"));
    gal_dust_grid_clear(&g);
}

/* Optically thick at all wavelengths = a blackbody: power N pi-independent check 4 pi R^2 sigma T^4 (4/3 pi): int B = sigma T^4/pi. */
static void blackbody_limit(void **state)
{
    (void)state;
    enum { N = 4001 };
    static double l[N], tw[N], absorbed[N];
    gal_dust_grid g;
    gal_logspace(1e2, 1e10, N, l);
    gal_trapz_weights(l, N, tw);
    assert_int_equal(gal_dust_grid_init(&g, l, tw, N, gal_dust_modern, NULL, NULL, 0), GAL_OK);
    for (int k = 0; k < N; k++)
        absorbed[k] = 1;
    double slope, p = gal_dust_power(&g, 1, absorbed, 300, &slope);
    CLOSE(p, GAL_SIGMA_SB * pow(300, 4) / M_PI, 1e-5); /* trapezoid, 500 nodes per decade */
    CLOSE(slope, 4, 1e-5);
    gal_dust_grid_clear(&g);
}

static void pah(void **state)
{
    (void)state;
    enum { N = 20001 };
    static double l[N], p[N];
    gal_logspace(1e3, 1e8, N, l);
    gal_pah_drude(l, N, p);
    double all = gal_trapz(l, p, N), near = 0, peak = 0, at = 0;
    for (int k = 0; k < N; k++) {
        if (l[k] > 7e4 && l[k] < 8.2e4 && p[k] > peak)
            peak = p[k], at = l[k];
        if (k > 0 && l[k] > 6.9e4 && l[k] < 8.2e4)
            near += 0.5 * (p[k] + p[k - 1]) * (l[k] - l[k - 1]);
    }
    assert_true(at > 7.5e4 && at < 7.9e4); /* the 7.7 micron complex is the strongest, */
    assert_true(near / all > 0.3 &&
                near / all < 0.5); /* with about two fifths of the power (Smith et al. 2007: 0.42) */
    assert_true(p[0] == 0);        /* no Lorentzian wing in the ultraviolet */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diffuse_dust),   cmocka_unit_test(molecular_clouds), cmocka_unit_test(escape),
        cmocka_unit_test(energy_balance), cmocka_unit_test(blackbody_limit),  cmocka_unit_test(pah),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
