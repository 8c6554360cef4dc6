/* Maps that are made: logarithm of the polarisation tensor, realisations, radiation field, beams of differing width, painted sources. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "galua/rng.h"
#include "galua/skysim.h"
#include "io/h5.h"
#include "sky_ref.h"
#include "sky/legacy_random.h"

/* (I, Q, U) = (10, 3, -4): numbers of PySM 3; the way back; P = 0 and P near I, where a naive quotient is 0/0 or infinite */
static void polarisation_tensor(void **state)
{
    (void)state;
    double i[4] = {10, 5, 7, 1}, q[4] = {3, 0, 1e-200, 0.6}, u[4] = {-4, 0, 0, 0.8 - 1e-12};
    OK(gal_logpoltens(4, i, q, u));
    NEAR(i[0], 2.15874406, 5e-9);
    NEAR(q[0], 0.32958369, 5e-9);
    NEAR(u[0], -0.43944492, 5e-9);
    NEAR(i[1], log(5), 1e-15);
    assert_true(q[1] == 0 && u[1] == 0);
    NEAR(q[2], 1e-200 / 7, 1e-214);
    gal_logpoltens_inverse(4, i, q, u);
    static const double want[3][4] = {{10, 5, 7, 1}, {3, 0, 1e-200, 0.6}, {-4, 0, 0, 0.8 - 1e-12}};
    for (int k = 0; k < 4; k++) {
        NEAR(i[k], want[0][k], 2e-15 * want[0][k]);
        NEAR(q[k], want[1][k], 1e-15);
        NEAR(u[k], want[2][k], 1e-15);
    }
    double bad[3] = {1, 1, 0.1};
    FAILS(gal_logpoltens(1, bad, bad + 1, bad + 2), GAL_EDOMAIN, "pixel 0 has I = 1 and P = 1.00499");
}

/* Without small scales what comes out is the large ones, as I, Q, U; one scalar is itself; small scales are multiplied by their modulation */
static void realisations(void **state)
{
    (void)state;
    enum { NSIDE = 8, NPIX = 12 * NSIDE * NSIDE, LMAX = 12 };
    double zero[LMAX + 1] = {0}, power[LMAX + 1], *out[3], *want[3], half[NPIX];
    gal_alm *large;
    gal_skymap *m;
    OK(gal_alm_create(&large, 6, 3));
    formula_alm(large);
    for (int k = 0; k < 3; k++) {
        out[k] = GAL_NEWN(double, NPIX);
        for (size_t c = 0; c < 2 * gal_alm_size(6); c++)
            large->a[k][c] *= 0.05;
    }
    OK(gal_skymap_create(&m, NSIDE, GAL_RING, 3, false, NULL, 0));
    OK(gal_alm2map(large, m));
    for (int k = 0; k < 3; k++)
        want[k] = m->data[k];
    gal_logpoltens_inverse(NPIX, want[0], want[1], want[2]);
    gal_realise_args a = {NSIDE, 8192, LMAX, LMAX, LMAX + 1, zero, zero, zero, zero, {NULL, NULL}, large};
    OK(gal_realise(&a, out));
    for (int k = 0; k < 3; k++)
        for (int p = 0; p < NPIX; p += 7)
            NEAR(out[k][p], want[k][p], 1e-15);
    /* one scalar of l <= LMAX, drawn from seed 777: half the modulation, half the map; a cut removes what lies above */
    for (int l = 0; l <= LMAX; l++)
        power[l] = 1. / (1 + l * l);
    for (int p = 0; p < NPIX; p++)
        half[p] = 0.5;
    gal_realise_args b = {NSIDE, 777, LMAX, LMAX, LMAX + 1, power, NULL, NULL, NULL, {NULL, NULL}, NULL};
    OK(gal_realise(&b, out));
    b.modulation[0] = half;
    OK(gal_realise(&b, out + 1));
    b.modulation[0] = NULL;
    b.cut = 5;
    OK(gal_realise(&b, out + 2));
    for (int p = 0; p < NPIX; p += 7)
        NEAR(out[1][p], 0.5 * out[0][p], 1e-15);
    gal_alm *all, *low;
    OK(gal_alm_create(&all, LMAX, 1));
    OK(gal_alm_create(&low, LMAX, 1));
    memcpy(m->data[0], out[0], NPIX * sizeof(double));
    gal_skymap *one;
    OK(gal_skymap_create(&one, NSIDE, GAL_RING, 1, false, NULL, 0));
    memcpy(one->data[0], out[0], NPIX * sizeof(double));
    OK(gal_map2alm(one, all, NULL, NULL));
    memcpy(one->data[0], out[2], NPIX * sizeof(double));
    OK(gal_map2alm(one, low, NULL, NULL));
    for (int mm = 0; mm <= LMAX; mm++)
        for (int l = mm; l <= LMAX; l++)
            for (size_t c = 0; c < 2; c++) {
                size_t at = 2 * gal_alm_index(LMAX, l, mm) + c;
                NEAR(low->a[0][at], l <= 5 ? all->a[0][at] : 0, 1e-12);
            }
    /* the first draw of the seed is a_00 */
    NEAR(all->a[0][0], -0.4682087939185533 * sqrt(power[0]), 1e-12);
    gal_skymap_free(one);
    gal_skymap_free(m);
    gal_alm_free(all);
    gal_alm_free(low);
    gal_alm_free(large);
    for (int k = 0; k < 3; k++)
        gal_free(out[k]);
}

/* u = clip((4 + beta) log10(T/<T>), -3, 5): temperatures are drawn for all pixels first, then indices; seed 4632 */
static void radiation_fields(void **state)
{
    (void)state;
    enum { N = 3 };
    static const double t[N] = {20, 20, 1}, st[N] = {1, 1, 0}, b[N] = {1.6, 1.6, 1.6}, sb[N] = {0.1, 0.1, 0};
    double u[N], x[2 * N], temp[N], mean = 0;
    gal_legacy_random *r;
    OK(gal_legacy_random_create(&r, 4632));
    for (int i = 0; i < 2 * N; i++)
        x[i] = gal_legacy_normal(r);
    gal_legacy_random_free(r);
    NEAR(x[0], 0.8702263270094789, 1e-15);
    for (int i = 0; i < N; i++)
        mean += (temp[i] = t[i] + x[i] * st[i]) / N;
    OK(gal_radiation_field(N, 4632, t, st, b, sb, u));
    for (int i = 0; i < N; i++) {
        double want = (4 + b[i] + x[N + i] * sb[i]) * log10(temp[i] / mean);
        NEAR(u[i], fmin(5, fmax(-3, want)), 1e-14);
    }
    assert_true(u[2] == -3); /* clipped */
}

/* A catalogue is read, or refused in one line: n fluxes of nc coefficients, n of angle theta, in these units */
static void catalogue(const char *path, size_t n, size_t nc, double theta, double flux, const char *unit)
{
    gal_h5 *h;
    double x[6] = {theta, 1, 1, 1, 1, 1}, f[6] = {1, 2, 3, 4, 5, flux};
    size_t dims[2] = {nc, n}, three = 3;
    gal_h5_opt rad = {.units = "rad"}, jy = {.units = unit};
    unlink(path);
    OK(gal_h5_create(&h, path));
    OK(gal_h5_write(h, "theta", GAL_H5_F64, 1, &three, x, &rad));
    OK(gal_h5_write(h, "phi", GAL_H5_F64, 1, &three, x + 1, &rad));
    OK(gal_h5_write(h, "logpolycoefflux", GAL_H5_F64, 2, dims, f, &jy));
    OK(gal_h5_close(h));
}

static void catalogues(void **state)
{
    (void)state;
    char path[] = "/tmp/galua_test_catalogue_XXXXXX";
    int fd = mkstemp(path);
    gal_catalogue c;
    assert_true(fd >= 0);
    close(fd);
    catalogue(path, 3, 2, 0.5, 6, "Jy");
    OK(gal_catalogue_read(&c, path));
    assert_true(c.n == 3 && c.ncoef == 2 && c.theta[0] == 0.5 && c.flux[1 * 3 + 2] == 6 && !c.polflux);
    gal_catalogue_free(&c);
    const struct {
        size_t n, nc;
        double theta, flux;
        const char *unit, *says;
    } t[] = {{2, 2, 1, 6, "Jy", "logpolycoefflux"},
             {3, 2, 4, 6, "Jy", "theta of source 1 is 4, expected 0 to pi"},
             {3, 2, 1, NAN, "Jy", "logpolycoefflux"},
             {3, 2, 1, 6, "mJy", "logpolycoefflux is in 'mJy', expected 'Jy'"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        catalogue(path, t[i].n, t[i].nc, t[i].theta, t[i].flux, t[i].unit);
        FAILS(gal_catalogue_read(&c, path), GAL_EFORMAT, t[i].says);
        assert_memory_equal(gal_error_message(), path, strlen(path));
        assert_true(!c.theta && !c.flux);
    }
    unlink(path);
    assert_int_equal(gal_catalogue_read(&c, path), GAL_ENOTFOUND);
    assert_int_equal(gal_catalogue_read(&c, "README.md"), GAL_EFORMAT);
}

/* Widths of Gaussian beams at two multipoles; what two beams of 3 and 4 degrees do is what one of 5 does */
static void beams(void **state)
{
    (void)state;
    double t[101], p[101], a[101], b[101], c[101];
    const double deg = M_PI / 180;
    gal_beam_gaussian(deg, 0, 100, t);
    gal_beam_gaussian(deg, 2, 100, p);
    NEAR(t[2], 0.999835212314, 5e-13);
    NEAR(p[2], 0.999945067754, 5e-13);
    NEAR(t[100], 0.757739618691, 5e-13);
    NEAR(p[100], 0.75782287423, 5e-12);
    for (int s = 0; s <= 2; s += 2) {
        gal_beam_gaussian(3 * deg, s, 100, a);
        gal_beam_gaussian(4 * deg, s, 100, b);
        gal_beam_gaussian(5 * deg, s, 100, c);
        for (int l = s; l <= 100; l++)
            NEAR(a[l] * b[l], c[l], 1e-14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polarisation_tensor), cmocka_unit_test(realisations), cmocka_unit_test(radiation_fields),
        cmocka_unit_test(catalogues),          cmocka_unit_test(beams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
