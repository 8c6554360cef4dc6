/* Filters and synthetic photometry: derived numbers, exact integrals, parity sums, redshift, energy against photon response. */
#include "filter_tests.h"

#include "galua/num.h"
#include "galua/rng.h"

static const double HAT_L[6] = {999, 1000, 1001, 1999, 2000, 2001}, HAT_T[6] = {0, 1, 1, 1, 1, 0};

/* the trapezoidal sums of the published reference: S = 1 and S = l on a 1-A grid */
static void parity_tophat(void **state)
{
    (void)state;
    enum { N = 2001 };
    double wave[N], one[N], lin[N], flux;
    for (int i = 0; i < N; i++) {
        wave[i] = 500 + i;
        one[i] = 1 / (wave[i] * wave[i]);
        lin[i] = 1 / wave[i];
    }
    gal_filter *f;
    OK(gal_filter_create(&f, "hat", HAT_L, HAT_T, 6, false, ""));
    band_fluxes(f, wave, one, N, 0, GAL_PHOT_GALAPY, &flux);
    near_rel(flux, 0.999000501, 1e-9);
    band_fluxes(f, wave, lin, N, 0, GAL_PHOT_GALAPY, &flux);
    near_rel(flux, 1443.00056, 5e-9);
    /* the exact rule has neither defect: S = 1 gives 1 up to the chords of 1/l^2 on a 1-A grid */
    band_fluxes(f, wave, one, N, 0, GAL_PHOT_EXACT, &flux);
    near_rel(flux, 1 + 2.705e-7, 1e-9); /* int h^2/12 (1/l^2)" l dl */
    gal_filter_unref(f);
}

static void derived_numbers(void **state)
{
    (void)state;
    gal_filter *f;
    OK(gal_filter_tophat(&f, "box", 1000, 2000));
    near_rel(f->norm, 1 / log(2), 1e-14);
    near_rel(f->pivot, sqrt(1.5e6 / log(2)), 1e-14);
    near_rel(f->mean, 1500, 1e-14);
    near_rel(f->width, 1000, 1e-14);
    gal_filter_unref(f);
    OK(gal_filter_tophat(&f, NULL, 1000, 2000.5));
    assert_string_equal(f->name, "tophat(1000,2000.5)");
    gal_filter_unref(f);
    const double l[3] = {1000, 1500, 2000},
                 t[3] = {0, 0.5, 0}; /* triangle: int T/l = 0.001 (2000 ln(4/3) - 1000 ln(3/2)) */
    OK(gal_filter_create(&f, "tri", l, t, 3, false, "here"));
    double m = 1e-3 * (2000 * log(4 / 3.) - 1000 * log(1.5));
    near_rel(f->norm, 1 / m, 1e-13);
    near_rel(f->pivot, sqrt(375e3 / m), 1e-13);
    near_rel(f->width, 500, 1e-14);
    assert_string_equal(f->source, "here");
    gal_filter_unref(f);
    OK(gal_filter_gaussian(&f, "g", 5000, 100));
    near_rel(f->mean, 5000, 1e-13);
    double sigma = 100 / sqrt(8 * log(2)); /* int T/l ~ (A/l0)(1 + (sigma/l0)^2), int T l = A l0 */
    near_rel(f->pivot, 5000 * (1 - 0.5 * pow(sigma / 5000, 2)), 1e-7);
    near_rel(f->width, sigma * sqrt(2 * M_PI), 2e-4);
    gal_filter_unref(f);
}

/* ascending or descending does not matter, steps keep their sides, repeated points are harmless; a curve that turns is none */
static void node_order(void **state)
{
    (void)state;
    const double l1[4] = {1000, 1000, 2000, 2000}, t1[4] = {0, 1, 1, 0}, l2[4] = {2000, 2000, 1000, 1000},
                 t2[4] = {0, 1, 1, 0}, l3[5] = {1000, 1250, 1500, 1500, 2000}, t3[5] = {1, 1, 1, 1, 1},
                 l4[5] = {2000, 1000, 1500, 1500, 1250};
    gal_filter *a, *b, *c;
    OK(gal_filter_create(&a, "a", l1, t1, 4, false, ""));
    OK(gal_filter_create(&b, "b", l2, t2, 4, false, ""));
    OK(gal_filter_create(&c, "c", l3, t3, 5, false, ""));
    assert_int_equal(a->n, 4);
    assert_int_equal(c->n, 4);
    for (int i = 0; i < 4; i++) {
        assert_true(a->wave[i] == b->wave[i]);
        assert_true(a->trans[i] == b->trans[i]);
    }
    near_rel(a->norm, 1 / log(2), 2e-9);
    near_rel(c->norm, 1 / log(2), 1e-14);
    gal_filter_unref(a);
    gal_filter_unref(b);
    gal_filter_unref(c);
    FAILS(gal_filter_create(&c, "c", l4, t3, 5, false, ""), GAL_EINVAL,
          "filter 'c': the wavelength turns at node 3 (1500 after 1000): a curve ascends or descends throughout; two "
          "bands are two files");
}

/* L and T linear: <S> = norm int l L T dl in closed form, on grids that cut the band anywhere */
static void exact_integral(void **state)
{
    (void)state;
    gal_filter *f;
    const double l[3] = {1000, 1500, 2000}, t[3] = {0, 1, 0};
    OK(gal_filter_create(&f, "tri", l, t, 3, false, ""));
    /* L = 2 + 3e-3 l:  int l L T = 2 int l T + 3e-3 int l^2 T;  int l T = 750e3, int l^2 T = h (m^2 + h^2/6), h = 500, m = 1500 */
    double want = f->norm * (2 * 750e3 + 3e-3 * 500 * (1500. * 1500 + 500. * 500 / 6));
    const double coarse[2] = {900, 2100}, odd[6] = {10, 1000, 1001.5, 1777, 1999, 2000};
    double lum[6], flux;
    for (int i = 0; i < 2; i++)
        lum[i] = 2 + 3e-3 * coarse[i];
    band_fluxes(f, coarse, lum, 2, 0, GAL_PHOT_EXACT, &flux);
    near_rel(flux, want, 1e-13);
    for (int i = 0; i < 6; i++)
        lum[i] = 2 + 3e-3 * odd[i];
    band_fluxes(f, odd, lum, 6, 0, GAL_PHOT_EXACT, &flux);
    near_rel(flux, want, 1e-13);
    /* kinked L = max(0, l - 1500): int_{1500}^{2000} l (l-1500) (2000-l)/500 dl = with u = l-1500: (1500 u^2... ) */
    double kink[3] = {500, 1500, 2500}, hat[3] = {0, 0, 1000};
    double u = 500, exact = (1500 * (u * u / 2 - u * u / 3) + (u * u * u / 3 - u * u * u / 4)) * 1.0;
    band_fluxes(f, kink, hat, 3, 0, GAL_PHOT_EXACT, &flux);
    near_rel(flux, f->norm * exact, 1e-13);
    gal_filter_unref(f);
}

/* ragged curve, ragged spectrum on grids from coarse to very fine: the moments agree with Gauss quadrature piece by piece */
static void against_quadrature(void **state)
{
    (void)state;
    enum { NF = 300, NMAX = 40000 };
    static double wave[NMAX], lum[NMAX];
    double l[NF], t[NF], flux;
    gal_rng r;
    gal_rng_init(&r, 1, 2, 3, 4, 5);
    for (int i = 0; i < NF; i++) {
        l[i] = 4000 + 5 * i + 4 * gal_rng_uniform(&r);
        t[i] = gal_rng_uniform(&r);
    }
    l[100] = l[99] * (1 + 1e-9); /* a step */
    gal_filter *f;
    OK(gal_filter_create(&f, "ragged", l, t, NF, false, ""));
    for (int n = 5; n <= NMAX; n *= 20) {
        const double z = 0.3;
        gal_logspace(2000, 8000, (size_t)n, wave);
        for (int i = 0; i < n; i++)
            lum[i] = 1 + gal_rng_uniform(&r);
        band_fluxes(f, wave, lum, (size_t)n, z, GAL_PHOT_EXACT, &flux);
        double x = f->wave[0], sum = 0;
        size_t i = 0, k = gal_search(wave, (size_t)n, x / (1 + z));
        while (i + 1 < f->n) {
            double end = fmin(f->wave[i + 1], wave[k + 1] * (1 + z));
            for (int g = -1; g <= 1; g += 2) {
                double y = 0.5 * (x + end) + g * 0.5 / sqrt(3) * (end - x), rest = y / (1 + z);
                double tt =
                    f->trans[i] + (f->trans[i + 1] - f->trans[i]) * (y - f->wave[i]) / (f->wave[i + 1] - f->wave[i]);
                double ll = lum[k] + (lum[k + 1] - lum[k]) * (rest - wave[k]) / (wave[k + 1] - wave[k]);
                sum += 0.5 * (end - x) / (1 + z) * rest * tt * ll;
            }
            x = end;
            if (f->wave[i + 1] <= end)
                i++;
            if (wave[k + 1] * (1 + z) <= end)
                k++;
        }
        near_rel(flux, sum * f->norm, 1e-11);
    }
    gal_filter_unref(f);
}

static double cubic_quad(double x, void *ctx)
{
    (void)ctx;
    return x * (1 / (x * x) + 1e-7 * sin(x / 40));
}

/* fine grids converge to the adaptive integral of the smooth spectrum */
static void smooth_spectrum(void **state)
{
    (void)state;
    enum { N = 20001 };
    static double wave[N], lum[N];
    gal_linspace(1000, 2000, N, wave);
    for (int i = 0; i < N; i++)
        lum[i] = 1 / (wave[i] * wave[i]) + 1e-7 * sin(wave[i] / 40);
    gal_filter *f;
    double want, flux;
    OK(gal_filter_tophat(&f, "box", 1100.3, 1893.7));
    OK(gal_integrate(cubic_quad, NULL, 1100.3, 1893.7, 1e-12, &want));
    band_fluxes(f, wave, lum, N, 0, GAL_PHOT_EXACT, &flux);
    near_rel(flux, want * f->norm, 1e-7); /* chords of sin(l/40): h^2/8/1600 = 2e-7 of the sine part */
    gal_filter_unref(f);
}

/* a spectrum of L ~ l^p at redshift z: flux scales as the observed band maps to rest; z = 0 on a stretched grid is the same */
static void redshift(void **state)
{
    (void)state;
    enum { N = 400 };
    double wave[N], obs[N], lum[N], flux[2], ref[2];
    gal_logspace(100, 1e5, N, wave);
    gal_filter *f[2];
    OK(gal_filter_tophat(&f[0], "box", 4000, 5000));
    OK(gal_filter_gaussian(&f[1], "gauss", 21000, 3000));
    gal_phot *p, *q;
    OK(gal_phot_create(&p, f, 2, wave, N));
    for (double z = 0; z < 6; z += 0.37) {
        for (int i = 0; i < N; i++) {
            lum[i] = exp(-0.5 * pow(log(wave[i] / 3000), 2)) * (1 + 0.5 * sin(i));
            obs[i] = wave[i] * (1 + z);
        }
        OK(gal_phot_weights(p, z, GAL_PHOT_EXACT));
        gal_phot_apply(p, lum, (1 + z) * (1 + z), flux);
        OK(gal_phot_create(&q, f, 2, obs, N));
        OK(gal_phot_weights(q, 0, GAL_PHOT_EXACT));
        gal_phot_apply(q, lum, 1, ref);
        near_rel(flux[0], ref[0], 1e-12);
        near_rel(flux[1], ref[1], 1e-12);
        /* the windows describe the same sums */
        size_t start, count;
        const double *w = gal_phot_window(p, 1, &start, &count);
        double s = 0;
        for (size_t k = 0; k < count; k++)
            s += w[k] * lum[start + k];
        near_rel(s * (1 + z) * (1 + z), flux[1], 1e-12);
        gal_phot_free(q);
    }
    assert_int_equal(gal_phot_nbands(p), 2);
    gal_phot_free(p);
    gal_filter_unref(f[0]);
    gal_filter_unref(f[1]);
}

/* no allocation once the widest window was seen; the weights do not depend on the history of redshifts */
static void weights_are_reused(void **state)
{
    (void)state;
    enum { N = 3000 };
    static double wave[N], lum[N];
    gal_logspace(100, 1e7, N, wave);
    for (int i = 0; i < N; i++)
        lum[i] = 1 / wave[i];
    gal_filter *f;
    OK(gal_filter_tophat(&f, "wide", 4000, 9000));
    gal_phot *p;
    double a, b;
    OK(gal_phot_create(&p, &f, 1, wave, N));
    OK(gal_phot_weights(p, 0, GAL_PHOT_EXACT));
    gal_phot_apply(p, lum, 1, &a);
    size_t live = gal_mem_live();
    gal_mem_fail_after(0);
    for (int i = 0; i < 50; i++)
        OK(gal_phot_weights(p, 0.1 * (50 - i), GAL_PHOT_EXACT));
    OK(gal_phot_weights(p, 0, GAL_PHOT_EXACT));
    gal_mem_fail_after(-1);
    assert_int_equal(gal_mem_live(), live);
    gal_phot_apply(p, lum, 1, &b);
    assert_true(a == b);
    gal_phot_free(p);
    gal_filter_unref(f);
}

/* R per energy equals T = R/l per photon: pivot and fluxes agree; the parity rule ignores the difference by definition */
static void energy_response(void **state)
{
    (void)state;
    enum { N = 501 };
    double l[N], r[N], t[N], wave[N], lum[N], fe, fp;
    gal_linspace(6e5, 8e5, N, l);
    gal_linspace(5e5, 9e5, N, wave);
    for (int i = 0; i < N; i++) {
        r[i] = exp(-0.5 * pow((l[i] - 7e5) / 3e4, 2));
        t[i] = r[i] / l[i];
        lum[i] = pow(wave[i] / 7e5, -5);
    }
    gal_filter *e, *p, *asis;
    OK(gal_filter_create(&e, "e", l, r, N, true, ""));
    OK(gal_filter_create(&p, "p", l, t, N, false, ""));
    OK(gal_filter_create(&asis, "r", l, r, N, false, ""));
    assert_true(e->energy);
    near_rel(e->pivot, p->pivot, 1e-13);
    near_rel(e->norm * 7e5, p->norm, 1e-13); /* the peak keeps its height */
    assert_true(asis->pivot > e->pivot * 1.001);
    band_fluxes(e, wave, lum, N, 0, GAL_PHOT_EXACT, &fe);
    band_fluxes(p, wave, lum, N, 0, GAL_PHOT_EXACT, &fp);
    near_rel(fe, fp, 1e-13);
    band_fluxes(e, wave, lum, N, 0, GAL_PHOT_GALAPY, &fe);
    band_fluxes(asis, wave, lum, N, 0, GAL_PHOT_GALAPY, &fp);
    near_rel(fe, fp, 1e-13);
    gal_filter_unref(e);
    gal_filter_unref(p);
    gal_filter_unref(asis);
}

static void coverage(void **state)
{
    (void)state;
    const double wave[3] = {1000, 3000, 6000}, lum[3] = {1, 1, 1};
    const double padded_l[6] = {10, 1100, 1200, 1300, 1400, 1e6}, padded_t[6] = {0, 0, 1, 1, 0, 0};
    double flux[4];
    gal_filter *f[4];
    OK(gal_filter_tophat(&f[0], "in", 1000, 6000));
    OK(gal_filter_tophat(&f[1], "red", 5000, 6001));
    OK(gal_filter_tophat(&f[2], "blue", 999, 2000));
    OK(gal_filter_create(&f[3], "padded", padded_l, padded_t, 6, false, "")); /* zeros outside the grid do no harm */
    gal_phot *p;
    OK(gal_phot_create(&p, f, 4, wave, 3));
    OK(gal_phot_weights(p, 0, GAL_PHOT_EXACT));
    gal_phot_apply(p, lum, 1, flux);
    const bool *c = gal_phot_covered(p);
    assert_true(c[0] && !c[1] && !c[2] && c[3]);
    near_rel(flux[0], 17.5e6 / log(6), 1e-13);
    assert_true(flux[1] == 0 && flux[2] == 0 && flux[3] > 0);
    OK(gal_phot_weights(p, 1, GAL_PHOT_EXACT));
    assert_true(!gal_phot_covered(p)[0] && gal_phot_covered(p)[1]);
    FAILS(gal_phot_weights(p, -1, GAL_PHOT_EXACT), GAL_EDOMAIN, "photometry: redshift -1 must be above -1");
    gal_phot_free(p);
    for (int i = 0; i < 4; i++)
        gal_filter_unref(f[i]);
}

static void bad_curves(void **state)
{
    (void)state;
    gal_filter *f;
    const double l[3] = {1, 2, 3}, um[3] = {1e-6, 2e-6, 3e-6}, hz[3] = {1e14, 2e14, 3e14}, t[3] = {0, 1, 0},
                 z[3] = {0, 0, 0}, neg[3] = {0, 1, -0.5}, tiny[3] = {0, 1, -0.001}, bad[3] = {1, NAN, 3},
                 zero[3] = {0, 2, 3};
    FAILS(gal_filter_create(&f, "x", l, t, 1, false, ""), GAL_EINVAL, "filter 'x': 1 node, at least 2 are needed");
    FAILS(gal_filter_create(&f, "", l, t, 3, false, ""), GAL_EINVAL, "filter without a name");
    FAILS(gal_filter_create(&f, "x", l, z, 3, false, ""), GAL_EINVAL,
          "filter 'x': no node has a positive transmission");
    FAILS(gal_filter_create(&f, "x", l, neg, 3, false, ""), GAL_EINVAL,
          "filter 'x': transmission -0.5 at node 3 (3 A) is negative");
    FAILS(gal_filter_create(&f, "x", bad, t, 3, false, ""), GAL_EINVAL,
          "filter 'x': wavelength nan at node 2 is not a positive number");
    FAILS(gal_filter_create(&f, "x", zero, t, 3, false, ""), GAL_EINVAL,
          "filter 'x': wavelength 0 at node 1 is not a positive number");
    FAILS(gal_filter_create(&f, "x", l, bad, 3, false, ""), GAL_EINVAL,
          "filter 'x': transmission nan at node 2 is not a number");
    FAILS(gal_filter_create(&f, "x", um, t, 3, false, ""), GAL_EDOMAIN,
          "filter 'x': pivot wavelength 1.95506e-06 A is outside 0.1 .. 1e11 A; wavelengths are in Angstrom (these "
          "look like metre "
          "or centimetre)");
    FAILS(gal_filter_create(&f, "x", hz, t, 3, false, ""), GAL_EDOMAIN,
          "filter 'x': pivot wavelength 1.95506e+14 A is outside 0.1 .. 1e11 A; wavelengths are in Angstrom (these "
          "look like Hz)");
    FAILS(gal_filter_tophat(&f, "h", 2, 1), GAL_EINVAL,
          "top-hat filter h: edges 2 .. 1 A must be positive and ascending");
    FAILS(gal_filter_gaussian(&f, "g", 100, 0), GAL_EINVAL,
          "Gaussian filter g: centre 100 and fwhm 0 A must be positive");
    FAILS(gal_filter_gaussian(&f, "g", 100, 90), GAL_EINVAL,
          "Gaussian filter g: fwhm 90 A is too wide for centre 100 A (4 sigma must stay above 0)");
    assert_null(f);
    OK(gal_filter_create(&f, "x", l, tiny, 3, false, ""));
    assert_true(f->trans[2] == 0);
    gal_phot *p;
    const double one[1] = {1}, desc[2] = {2, 1};
    FAILS(gal_phot_create(&p, &f, 0, l, 3), GAL_EINVAL, "photometry: no filters given");
    FAILS(gal_phot_create(&p, &f, 1, one, 1), GAL_EINVAL,
          "photometry: the spectrum grid has 1 nodes, at least 2 are needed");
    assert_int_equal(gal_phot_create(&p, &f, 1, desc, 2), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "photometry: spectrum wavelength"));
    gal_filter_unref(f);
}

static void out_of_memory(void **state)
{
    (void)state;
    gal_filter *f;
    gal_phot *p;
    size_t live = gal_mem_live();
    for (long n = 0; n < 6; n++) {
        gal_mem_fail_after(n);
        gal_status st = gal_filter_create(&f, "hat", HAT_L, HAT_T, 6, false, "");
        gal_mem_fail_after(-1);
        if (st == GAL_OK)
            gal_filter_unref(f);
        else
            assert_int_equal(st, GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), live);
    }
    OK(gal_filter_create(&f, "hat", HAT_L, HAT_T, 6, false, ""));
    live = gal_mem_live();
    for (long n = 0; n < 6; n++) {
        gal_mem_fail_after(n);
        gal_status st = gal_phot_create(&p, &f, 1, HAT_L, 6);
        gal_mem_fail_after(-1);
        if (st == GAL_OK)
            gal_phot_free(p);
        else
            assert_int_equal(st, GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), live);
    }
    gal_filter_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parity_tophat),  cmocka_unit_test(derived_numbers),    cmocka_unit_test(node_order),
        cmocka_unit_test(exact_integral), cmocka_unit_test(smooth_spectrum),    cmocka_unit_test(against_quadrature),
        cmocka_unit_test(redshift),       cmocka_unit_test(weights_are_reused), cmocka_unit_test(energy_response),
        cmocka_unit_test(coverage),       cmocka_unit_test(bad_curves),         cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
