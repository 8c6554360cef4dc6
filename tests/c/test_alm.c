/* Transforms of the sphere: against healpy (tests/ref/healpix.txt), against closed forms, and there and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "galua/rng.h"
#include "io/fits.h"
#include "sky_ref.h"

static const double *refk(const char *name, int k, size_t *n)
{
    char text[60];
    snprintf(text, sizeof text, "%s_%d", name, k);
    const double *r = ref(text, n);
    if (!r)
        fail_msg("tests/ref/healpix.txt has no %s", text);
    return r;
}

static gal_skymap *new_map(int64_t nside, int ncomp, bool single)
{
    gal_skymap *m;
    OK(gal_skymap_create(&m, nside, GAL_RING, ncomp, single, NULL, 0));
    return m;
}

static gal_alm *new_alm(int lmax, int ncomp)
{
    gal_alm *a;
    OK(gal_alm_create(&a, lmax, ncomp));
    return a;
}

static double *coef(const gal_alm *a, int comp, int l, int m)
{
    return a->a[comp] + 2 * gal_alm_index(a->lmax, l, m);
}

static void white(gal_alm *a, uint64_t seed)
{
    gal_rng r;
    gal_rng_init(&r, seed, 1, 0, 0, 0);
    for (int k = 0; k < a->ncomp; k++)
        for (int m = 0; m <= a->lmax; m++)
            for (int l = m; l <= a->lmax; l++) {
                double *x = coef(a, k, l, m), re = gal_rng_normal(&r), im = gal_rng_normal(&r);
                x[0] = a->teb && k && l < 2 ? 0 : re;
                x[1] = m == 0 || (a->teb && k && l < 2) ? 0 : im;
            }
}

/* rms of a - b over rms of b */
static double distance(const gal_alm *a, const gal_alm *b)
{
    double d = 0, s = 0;
    for (int k = 0; k < a->ncomp; k++)
        for (size_t i = 0; i < 2 * gal_alm_size(a->lmax); i++) {
            d += (a->a[k][i] - b->a[k][i]) * (a->a[k][i] - b->a[k][i]);
            s += b->a[k][i] * b->a[k][i];
        }
    return sqrt(d / s);
}

static void synthesis_of_healpy(void **state)
{
    (void)state;
    gal_alm *a = new_alm(40, 3);
    gal_skymap *m = new_map(16, 3, false), *f = new_map(16, 3, true);
    size_t n = 0;
    formula_alm(a);
    OK(gal_alm2map(a, m));
    OK(gal_alm2map(a, f));
    for (int k = 0; k < 3; k++) {
        const double *want = refk("alm2map", k, &n);
        for (size_t i = 0; i < n; i++) {
            NEAR(gal_skymap_get(m, k, 61 * (int64_t)i), want[i], 1e-13);
            NEAR(gal_skymap_get(f, k, 61 * (int64_t)i), want[i], 4e-7); /* single precision */
        }
    }
    double *d[2] = {GAL_NEWN(double, 3072), GAL_NEWN(double, 3072)};
    OK(gal_alm2map_der1(a, 0, 16, d));
    for (int k = 0; k < 2; k++) {
        const double *want = ref(k ? "der_phi" : "der_theta", &n);
        for (size_t i = 0; i < n; i++)
            NEAR(d[k][61 * i], want[i], 1e-12); /* values to 10 */
    }
    gal_free(d[0]);
    gal_free(d[1]);
    gal_alm_free(a);
    gal_skymap_free(m);
    gal_skymap_free(f);
}

static void compare_analysis(const char *name, int method, int iterations)
{
    gal_skymap *m = new_map(16, 3, false);
    gal_alm *a = new_alm(32, 3);
    char text[40];
    size_t n = 0;
    formula_map(m);
    OK(gal_map2alm(m, a, &(gal_map2alm_opts){.method = method, .iterations = iterations}, NULL));
    snprintf(text, sizeof text, "map2alm_%s", name);
    for (int k = 0; k < 3; k++) {
        const double *want = refk(text, k, &n);
        for (size_t i = 0; i < n / 2; i++)
            for (size_t c = 0; c < 2; c++)
                NEAR(a->a[k][2 * 17 * i + c], want[2 * i + c], 1e-13); /* coefficients of order 0.1 */
    }
    if (strcmp(name, "iter3") == 0) {
        static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}}; /* the order of anafast */
        const double *want = ref("anafast", &n);
        for (int p = 0; p < 6; p++) {
            double cl[33];
            OK(gal_alm_cross(a, pair[p][0], a, pair[p][1], cl));
            for (int l = 0; l < 33; l += 4)
                NEAR(cl[l], want[9 * p + l / 4], 1e-14);
        }
    }
    gal_alm_free(a);
    gal_skymap_free(m);
}

static void analysis_of_healpy(void **state)
{
    (void)state;
    compare_analysis("iter0", GAL_MAP2ALM_JACOBI, 0);
    compare_analysis("iter3", GAL_MAP2ALM_JACOBI, 3);
    compare_analysis("weights", GAL_MAP2ALM_RING, 0);
    compare_analysis("weights2", GAL_MAP2ALM_RING, 2);
}

static void published_ring_weights(void **state)
{
    (void)state;
    const int64_t nsides[] = {8, 32, 64, 128};
    for (int q = 0; q < 4; q++) {
        double w[256];
        size_t n;
        const double *want = refk("ring_weights", (int)nsides[q], &n);
        assert_int_equal(n, 16);
        OK(gal_healpix_ring_weights(nsides[q], w));
        for (size_t i = 0; i < n; i++)
            NEAR(w[i * (size_t)(nsides[q] / 8)] - 1, want[i],
                 1e-11); /* weights to 0.18; the systems' condition is 1e3 */
    }
}

static void there_and_back(void **state)
{
    (void)state;
    const struct {
        int64_t nside;
        int lmax, ncomp;
    } cases[] = {{32, 48, 3}, {32, 64, 3}, {64, 128, 1}, {12, 24, 3}, {1, 1, 1}};
    for (size_t q = 0; q < sizeof cases / sizeof *cases; q++) {
        gal_skymap *m = new_map(cases[q].nside, cases[q].ncomp, false);
        gal_alm *a = new_alm(cases[q].lmax, cases[q].ncomp), *b = new_alm(cases[q].lmax, cases[q].ncomp);
        gal_map2alm_report rep;
        white(a, 3);
        OK(gal_alm2map(a, m));
        OK(gal_map2alm(m, b, NULL, &rep));
        assert_true(rep.converged);
        assert_int_equal(rep.bad, 0);
        assert_true(distance(b, a) < 1e-11); /* asked for: 1e-10 up to lmax = 2 nside */
        gal_skymap_free(m);
        gal_alm_free(a);
        gal_alm_free(b);
    }
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    int before = gal_threads();
    gal_alm *a = new_alm(64, 3), *b[3], *r[3];
    double R[9];
    white(a, 5);
    OK(gal_coord_matrix(GAL_GALACTIC, GAL_EQUATORIAL, R));
    for (int t = 0; t < 3; t++) {
        gal_skymap *m = new_map(32, 3, false);
        OK(gal_threads_set(t + 1));
        OK(gal_alm2map(a, m));
        b[t] = new_alm(64, 3);
        OK(gal_map2alm(m, b[t], NULL, NULL));
        OK(gal_alm_copy(&r[t], a, 64));
        OK(gal_alm_rotate(r[t], R));
        gal_skymap_free(m);
    }
    OK(gal_threads_set(before));
    for (int t = 1; t < 3; t++)
        for (int k = 0; k < 3; k++) {
            assert_memory_equal(b[t]->a[k], b[0]->a[k], 2 * gal_alm_size(64) * sizeof(double));
            assert_memory_equal(r[t]->a[k], r[0]->a[k], 2 * gal_alm_size(64) * sizeof(double));
        }
    for (int t = 0; t < 3; t++) {
        gal_alm_free(b[t]);
        gal_alm_free(r[t]);
    }
    gal_alm_free(a);
}

/* E20 = 1: Q = -sqrt(15/32 pi) sin^2(theta), U = 0. A mixed field at a pixel (closed forms worked out for sky.md). */
static void polarisation_conventions(void **state)
{
    (void)state;
    gal_alm *a = new_alm(8, 3);
    gal_skymap *m = new_map(32, 3, false);
    coef(a, 1, 2, 0)[0] = 1;
    OK(gal_alm2map(a, m));
    for (int64_t i = 0; i < m->npix; i += 97) {
        double theta, phi;
        gal_healpix_pix2ang(32, GAL_RING, i, &theta, &phi);
        NEAR(gal_skymap_get(m, 1, i), -sqrt(15 / (32 * M_PI)) * sin(theta) * sin(theta), 1e-15);
        NEAR(gal_skymap_get(m, 2, i), 0, 1e-15);
    }
    coef(a, 1, 2, 0)[0] = 0;
    coef(a, 1, 3, 1)[0] = 0.3;
    coef(a, 1, 3, 1)[1] = 0.7;
    coef(a, 2, 4, 2)[0] = 0.2;
    coef(a, 2, 4, 2)[1] = -0.1;
    OK(gal_alm2map(a, m));
    NEAR(gal_skymap_get(m, 1, 1000), -0.259478238221541, 2e-15);
    NEAR(gal_skymap_get(m, 2, 1000), 0.150794350338914, 2e-15);
    gal_alm_free(a);
    gal_skymap_free(m);
}

/* A point source through a Gaussian beam: Omega sum (2l+1)/4 pi b_l P_l(cos gamma), whatever the pixel. */
static void point_source(void **state)
{
    (void)state;
    gal_skymap *m = new_map(64, 1, false), *s;
    double vec[3] = {1, 0, 0}, b[129], omega = 4 * M_PI / (double)m->npix, sum = 0;
    int64_t at = gal_healpix_vec2pix(64, GAL_RING, vec);
    gal_skymap_set(m, 0, at, 1);
    gal_healpix_pix2vec(64, GAL_RING, at, vec);
    gal_smooth_opts o = {.fwhm = 5 * M_PI / 180, .lmax = 128, .analysis = {.method = GAL_MAP2ALM_JACOBI}};
    OK(gal_skymap_smooth(&s, m, &o, NULL));
    gal_beam_gaussian(o.fwhm, 0, 128, b);
    NEAR(b[10], 0.9272482839712282, 1e-15);
    for (int64_t i = 0; i < m->npix; i++) {
        double v[3], p0 = 1, p1, x, want = b[0];
        gal_healpix_pix2vec(64, GAL_RING, i, v);
        x = p1 = v[0] * vec[0] + v[1] * vec[1] + v[2] * vec[2];
        for (int l = 1; l <= 128; l++) {
            want += (2 * l + 1) * b[l] * p1;
            double p2 = ((2 * l + 1) * x * p1 - l * p0) / (l + 1);
            p0 = p1;
            p1 = p2;
        }
        NEAR(gal_skymap_get(s, 0, i), want * omega / (4 * M_PI), 1e-14);
        sum += gal_skymap_get(s, 0, i);
    }
    NEAR(gal_skymap_get(s, 0, at), 0.0296349492033, 1e-12);
    NEAR(sum, 1, 3e-9); /* a sum over pixels integrates polynomials up to 2 nside to this */
    gal_skymap_free(m);
    gal_skymap_free(s);
}

static void smoothing_of_healpy(void **state)
{
    (void)state;
    gal_skymap *m = new_map(16, 3, false), *s, *t;
    size_t n = 0;
    formula_map(m);
    gal_smooth_opts o = {
        .fwhm = 9 * M_PI / 180, .lmax = 47, .analysis = {.method = GAL_MAP2ALM_JACOBI, .iterations = 3}};
    OK(gal_skymap_smooth(&s, m, &o, NULL));
    for (int k = 0; k < 3; k++) {
        const double *want = refk("smooth", k, &n);
        for (size_t i = 0; i < n; i++)
            NEAR(gal_skymap_get(s, k, 61 * (int64_t)i), want[i], 1e-13);
    }
    /* tables say the same as the width; another component alone */
    double bt[48], bp[48];
    gal_beam_gaussian(o.fwhm, 0, 47, bt);
    gal_beam_gaussian(o.fwhm, 2, 47, bp);
    const double *beam[3] = {bt, bp, bp};
    o.fwhm = 0;
    o.beam = beam;
    OK(gal_skymap_smooth(&t, m, &o, NULL));
    assert_memory_equal(t->data[2], s->data[2], (size_t)m->npix * sizeof(double));
    NEAR(bt[2], exp(-3 * pow(9 * M_PI / 180, 2) / (8 * log(2.))), 1e-15);
    NEAR(bp[2], exp(-1 * pow(9 * M_PI / 180, 2) / (8 * log(2.))), 1e-15);
    gal_skymap_free(m);
    gal_skymap_free(s);
    gal_skymap_free(t);
}

static void constants_pass_every_beam(void **state)
{
    (void)state;
    gal_skymap *m = new_map(32, 1, true), *s;
    for (int64_t i = 0; i < m->npix; i++) {
        double v[3];
        gal_healpix_pix2vec(32, GAL_RING, i, v);
        gal_skymap_set(m, 0, i, 7 + v[2]);
    }
    gal_smooth_opts o = {.fwhm = 0.5, .lmax = -1, .nside_out = 16, .analysis = {.iterations = -1}};
    OK(gal_skymap_smooth(&s, m, &o, NULL));
    assert_int_equal(s->nside, 16);
    assert_true(s->single);
    double sigma = 0.5 / sqrt(8 * log(2.)), b1 = exp(-sigma * sigma);
    for (int64_t i = 0; i < s->npix; i += 13) {
        double v[3];
        gal_healpix_pix2vec(16, GAL_RING, i, v);
        NEAR(gal_skymap_get(s, 0, i), 7 + b1 * v[2], 2e-6); /* single precision */
    }
    gal_skymap_free(m);
    gal_skymap_free(s);
}

static void rotations_of_healpy(void **state)
{
    (void)state;
    static const char *const pairs[5] = {"GC", "GE", "EC", "CG", "EG"};
    for (int q = 0; q < 5; q++) {
        gal_alm *a = new_alm(40, 3);
        double R[9];
        char name[40];
        size_t n;
        formula_alm(a);
        OK(gal_coord_matrix((gal_coordsys)pairs[q][0], (gal_coordsys)pairs[q][1], R));
        snprintf(name, sizeof name, "matrix_%s", pairs[q]);
        const double *want = ref(name, &n);
        for (int i = 0; i < 9; i++)
            NEAR(R[i], want[i], 1e-14); /* healpy's inverses are their own */
        OK(gal_alm_rotate(a, R));
        snprintf(name, sizeof name, "rotate_%s", pairs[q]);
        for (int k = 0; k < 3; k++) {
            want = refk(name, k, &n);
            for (size_t i = 0; i < n / 2; i++)
                for (size_t c = 0; c < 2; c++)
                    NEAR(a->a[k][2 * 41 * i + c], want[2 * i + c], 3e-13);
        }
        gal_alm_free(a);
    }
}

/* A dipole along v points along R v afterwards; E20 turned has the coefficients of sky.md and stays E; powers do not change. */
static void dipoles_and_patterns(void **state)
{
    (void)state;
    double R[9], T[9];
    gal_alm *a = new_alm(2, 3), *b = new_alm(3, 1);
    OK(gal_coord_matrix(GAL_GALACTIC, GAL_ECLIPTIC, R));
    coef(a, 1, 2, 0)[0] = 1;
    OK(gal_alm_rotate(a, R));
    static const double want[3][2] = {
        {-0.1292668427767893, 0}, {0.5283033176765574, -0.0002141152958}, {0.4610211065875531, -0.000373693231}};
    for (int m = 0; m < 3; m++)
        for (int c = 0; c < 2; c++)
            NEAR(coef(a, 1, 2, m)[c], want[m][c], 2e-13);
    double cl[3];
    OK(gal_alm_cross(a, 1, a, 1, cl));
    NEAR(cl[2], 0.2, 1e-15);
    for (size_t i = 0; i < 2 * gal_alm_size(2); i++)
        assert_true(a->a[2][i] == 0);

    static const double x[3] = {0.3, -0.5, 0.8};
    OK(gal_coord_matrix(GAL_GALACTIC, GAL_EQUATORIAL, R));
    double f = sqrt(4 * M_PI / 3), y[3];
    coef(b, 0, 1, 0)[0] = x[2] * f;
    coef(b, 0, 1, 1)[0] = -x[0] * f / sqrt(2);
    coef(b, 0, 1, 1)[1] = x[1] * f / sqrt(2);
    OK(gal_alm_rotate(b, R));
    y[2] = coef(b, 0, 1, 0)[0] / f;
    y[0] = -coef(b, 0, 1, 1)[0] * sqrt(2) / f;
    y[1] = coef(b, 0, 1, 1)[1] * sqrt(2) / f;
    for (int i = 0; i < 3; i++) {
        NEAR(y[i], R[3 * i] * x[0] + R[3 * i + 1] * x[1] + R[3 * i + 2] * x[2], 1e-15);
        for (int j = 0; j < 3; j++)
            T[3 * i + j] = R[3 * j + i];
    }
    gal_alm_free(a);
    gal_alm_free(b);

    gal_alm *c = new_alm(200, 3), *d;
    white(c, 8);
    OK(gal_alm_copy(&d, c, 200));
    OK(gal_alm_rotate(d, R));
    assert_true(distance(d, c) > 1);
    OK(gal_alm_rotate(d, T));
    assert_true(distance(d, c) < 1e-12);
    gal_alm_free(c);
    gal_alm_free(d);
}

/* Angles where d^l underflows or has no inverse: nothing, a hair, half a turn, about z, over the pole. */
static void awkward_rotations(void **state)
{
    (void)state;
    gal_alm *a = new_alm(300, 1), *b;
    white(a, 11);
    const double angle[6] = {0, 1e-12, 1e-3, 0.21, M_PI - 1e-9, M_PI};
    for (int q = 0; q < 6; q++) {
        double c = cos(angle[q]), s = sin(angle[q]);
        double R[9] = {c, 0, s, 0, 1, 0, -s, 0, c}, T[9] = {c, 0, -s, 0, 1, 0, s, 0, c};
        OK(gal_alm_copy(&b, a, 300));
        OK(gal_alm_rotate(b, R));
        if (angle[q] == 0)
            assert_true(distance(b, a) == 0);
        if (angle[q] == M_PI) /* y stays: a_lm -> (-1)^l conj(a_lm) with (-1)^m a_l-m = conj(a_lm) */
            for (int l = 0; l <= 300; l += 7)
                for (int m = 0; m <= l; m += 3) {
                    double sign = (l + m) % 2 ? -1 : 1, e = m % 2 ? -1 : 1;
                    NEAR(coef(b, 0, l, m)[0], sign * e * coef(a, 0, l, m)[0], 1e-11);
                    NEAR(coef(b, 0, l, m)[1], -sign * e * coef(a, 0, l, m)[1], 1e-11);
                }
        double ca[301], cb[301];
        OK(gal_alm_cross(a, 0, a, 0, ca));
        OK(gal_alm_cross(b, 0, b, 0, cb));
        for (int l = 0; l <= 300; l++)
            NEAR(cb[l], ca[l], 1e-12 * ca[l]);
        OK(gal_alm_rotate(b, T));
        assert_true(distance(b, a) < 1e-12);
        gal_alm_free(b);
    }
    double z[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1}; /* a quarter turn about z: a_lm (-i)^m */
    OK(gal_alm_copy(&b, a, 300));
    OK(gal_alm_rotate(b, z));
    NEAR(coef(b, 0, 9, 1)[0], coef(a, 0, 9, 1)[1], 1e-14);
    NEAR(coef(b, 0, 9, 1)[1], -coef(a, 0, 9, 1)[0], 1e-14);
    gal_alm_free(b);
    double bad[9] = {1, 0, 0, 0, 1, 0, 0, 0, -1}, worse[9] = {1, 0.1, 0, 0, 1, 0, 0, 0, 1};
    FAILS(gal_alm_rotate(a, bad), GAL_EINVAL, "mirrors");
    FAILS(gal_alm_rotate(a, worse), GAL_EINVAL, "not orthonormal");
    gal_alm_free(a);
}

static void windows_of_pixels(void **state)
{
    (void)state;
    double t[513], p[513], u[1025];
    OK(gal_healpix_pixel_window(64, 256, t, p)); /* values of the published tables */
    NEAR(t[1], 0.99997725, 5e-9);
    NEAR(t[2], 0.99993174, 5e-9);
    NEAR(t[256], 0.44530535, 5e-9);
    NEAR(p[3], 0.99990899, 5e-9);
    NEAR(p[256], 0.4453293, 5e-9);
    assert_true(t[0] == 1 && p[0] == 0 && p[1] == 0);
    OK(gal_healpix_pixel_window(2, 8, t, NULL));
    NEAR(t[8], 0.39760902, 5e-9);
    OK(gal_healpix_pixel_window(256, 1024, u, NULL));
    NEAR(u[1024], 0.44645969, 1e-5);
    FAILS(gal_healpix_pixel_window(2, 9, t, NULL), GAL_EINVAL, "lmax = 9");
    FAILS(gal_healpix_pixel_window(1, 1, t, NULL), GAL_EUNSUP, "nside 1");
}

static void bad_pixels_and_refusals(void **state)
{
    (void)state;
    gal_skymap *m = new_map(16, 3, false), *nested, *s;
    gal_alm *a = new_alm(20, 3), *b = new_alm(20, 3), *t = new_alm(20, 1);
    gal_map2alm_report rep;
    formula_map(m);
    gal_skymap_set(m, 0, 5, GAL_UNSEEN);
    gal_skymap_set(m, 2, 6, NAN);
    OK(gal_map2alm(m, a, NULL, &rep));
    assert_int_equal(rep.bad, 2);
    gal_skymap_set(m, 0, 5, 0);
    gal_skymap_set(m, 2, 6, 0);
    OK(gal_map2alm(m, b, NULL, NULL));
    assert_memory_equal(a->a[0], b->a[0], 2 * gal_alm_size(20) * sizeof(double));
    FAILS(gal_map2alm(m, t, NULL, NULL), GAL_EINVAL, "coefficients of 1 scalars, map of 3 components I, Q, U");
    OK(gal_skymap_reorder(&nested, m, GAL_NESTED));
    FAILS(gal_alm2map(a, nested), GAL_EINVAL, "NESTED");
    gal_smooth_opts o = {.fwhm = 0.1, .lmax = 20, .coord = GAL_ECLIPTIC, .analysis = {.iterations = -1}};
    FAILS(gal_skymap_smooth(&s, nested, &o, NULL), GAL_EINVAL, "the system of the map is not known");
    o.coord = GAL_COORD_NONE;
    OK(gal_skymap_smooth(&s, nested, &o, NULL)); /* any ordering goes in */
    assert_int_equal(s->order, GAL_RING);
    gal_skymap_free(s);
    o.fwhm = NAN;
    FAILS(gal_skymap_smooth(&s, nested, &o, NULL), GAL_EINVAL, "fwhm");
    gal_alm *none;
    FAILS(gal_alm_create(&none, 40000, 1), GAL_EINVAL, "lmax = 40000");
    for (long k = 0; k < 6; k++) { /* out of memory anywhere: an error, nothing lost */
        size_t live = gal_mem_live();
        gal_mem_fail_after(k);
        assert_int_equal(gal_alm_create(&none, 20, 3), k < 4 ? GAL_ENOMEM : GAL_OK);
        gal_mem_fail_after(-1);
        gal_alm_free(none);
        assert_int_equal(gal_mem_live(), live);
    }
    gal_skymap_free(m);
    gal_skymap_free(nested);
    gal_alm_free(a);
    gal_alm_free(b);
    gal_alm_free(t);
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/galua_test_alm_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    gal_alm *a = new_alm(12, 3), *b;
    white(a, 4);
    OK(gal_alm_write(a, path));
    OK(gal_alm_read(&b, path, -1));
    assert_int_equal(b->lmax, 12);
    assert_true(b->teb);
    assert_true(distance(b, a) == 0);
    gal_alm_free(b);
    OK(gal_alm_read(&b, path, 5));
    NEAR(coef(b, 2, 5, 3)[1], coef(a, 2, 5, 3)[1], 0);
    gal_alm_free(b);
    int64_t high[1] = {(int64_t)GAL_ALM_LMAX * GAL_ALM_LMAX + GAL_ALM_LMAX + 1}; /* one number at l = 32767 */
    double one[1] = {1};
    gal_fits_column c[3] = {{.name = "INDEX", .type = GAL_FITS_I64, .repeat = 1, .data = high},
                            {.name = "REAL", .type = GAL_FITS_F64, .repeat = 1, .data = one},
                            {.name = "IMAG", .type = GAL_FITS_F64, .repeat = 1, .data = one}};
    gal_fits *f;
    OK(gal_fits_create(&f, path));
    OK(gal_fits_write_table(f, "ALM", 1, 3, c));
    OK(gal_fits_close(f));
    FAILS(gal_alm_read(&b, path, -1), GAL_EFORMAT, "l = 32767 in a table of 1 rows");
    OK(gal_alm_read(&b, path, 3));
    gal_alm_free(b);
    FAILS(gal_alm_read(&b, "tests/ref/healpix_nested.fits", -1), GAL_EFORMAT, "columns, expected INDEX, REAL, IMAG");
    unlink(path);
    gal_alm_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthesis_of_healpy),
        cmocka_unit_test(analysis_of_healpy),
        cmocka_unit_test(published_ring_weights),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(polarisation_conventions),
        cmocka_unit_test(point_source),
        cmocka_unit_test(smoothing_of_healpy),
        cmocka_unit_test(constants_pass_every_beam),
        cmocka_unit_test(rotations_of_healpy),
        cmocka_unit_test(dipoles_and_patterns),
        cmocka_unit_test(awkward_rotations),
        cmocka_unit_test(windows_of_pixels),
        cmocka_unit_test(bad_pixels_and_refusals),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
