/* Synthesis: the light of a population is the light of its stars, photons and lines balance, options do what they say, and
 * the table is the same at any thread count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "galua/const.h"
#include "galua/num.h"
#include "galua/stars.h"
#include "stars/isochrone.h"
#include "stars/nebular.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define near(x, want, rel)                                                                                             \
    do {                                                                                                               \
        double x_ = (x), w_ = (want);                                                                                  \
        if (!(fabs(x_ - w_) <= (rel)*fabs(w_)))                                                                        \
            fail_msg("%s = %.10g, expected %.10g within %g", #x, x_, w_, (double)(rel));                               \
    } while (0)

static gal_stargrid *grid;
static gal_tracks *tracks;
static const double metals[] = {0.001, 0.02, 0.05};
static const double ages[] = {0, 2e6, 6e6, 2e7, 1e8, 1.5e9, 1e10};
enum { NZ = 3, NAGE = 7 };

static gal_synth_opts options(void)
{
    gal_synth_opts o;
    gal_synth_defaults(&o);
    o.z = metals;
    o.nz = NZ;
    o.age = ages;
    o.nage = NAGE;
    o.tracks = tracks;
    return o;
}

static gal_ssp *make(const gal_synth_opts *o)
{
    gal_ssp *s;
    if (gal_ssp_synthesise(&s, grid, o) != GAL_OK)
        fail_msg("%s", gal_error_message());
    return s;
}

static double bolometric(const gal_ssp *s, size_t iz, size_t ia)
{
    const float *l = gal_ssp_spec(s, 0, iz, ia);
    double sum = 0;
    for (size_t i = 0; i + 1 < s->nwave; i++)
        sum += 0.5 * ((double)l[i] + l[i + 1]) * (s->wave[i + 1] - s->wave[i]);
    return sum;
}

static void test_light(void **state)
{
    (void)state;
    static gal_iso iso;
    gal_synth_opts o = options();
    gal_imf_table *imf;
    assert_int_equal(gal_imf_table_create(&imf, &o.imf), GAL_OK);
    gal_ssp *s = make(&o);
    assert_true(s->nz == NZ && s->nage == NAGE && s->nwave == gal_stargrid_nwave(grid) && s->nline == 0);
    assert_string_equal(s->imf, "kroupa");
    assert_non_null(strstr(s->provenance, "Hurley, Pols & Tout 2000"));
    for (size_t iz = 0; iz < NZ; iz++)
        for (size_t ia = 0; ia < NAGE; ia++) {
            size_t k = iz * NAGE + ia;
            gal_isochrone(&iso, tracks, iz, fmax(ages[ia], 1e5), imf, false);
            near(bolometric(s, iz, ia), iso.lbol, 1e-3);
            near(s->mass[k], iso.mass, 1e-6);
            near(s->rate_ia[k] + 1e-30, gal_ia_rate(fmax(ages[ia], 1e5), imf) + 1e-30, 1e-6);
            assert_true(s->qhei[k] < s->qh[k]);
        }
    /* Zero-age solar population: Leitherer et al. 1999 and successors give log Q(H) = 46.5..46.9 per Msun (Kroupa-like IMF to
     * 100 Msun) and logL = 3.0..3.1; at 6 Myr one dex less; below 1e43 after 30 Myr */
    size_t k = 1 * NAGE;
    assert_true(s->qh[k] > 46.4 && s->qh[k] < 46.9 && s->qh[k + 2] < 46.0 && s->qh[k + 4] < 43.0);
    /* metal-poor stars are hotter */
    assert_true(s->qh[0] > s->qh[k] && s->qh[k] > s->qh[2 * NAGE]);
    /* rates: about 0.01 core collapses per Msun spread over 40 Myr; none after 100 Myr */
    assert_true(s->rate_cc[k + 3] > 1e-10 && s->rate_cc[k + 3] < 1e-9 && s->rate_cc[k + 4] == 0 && s->rate_cc[k] == 0);
    gal_ssp_unref(s);
    gal_imf_table_free(imf);
}

static void test_nebular(void **state)
{
    (void)state;
    gal_synth_opts o = options();
    gal_ssp *bare = make(&o);
    o.nebular = true;
    o.fesc = 0.1;
    o.fdust = 0.2;
    gal_ssp *s = make(&o);
    assert_true(s->nline == gal_nebular_nline());
    size_t k = 1 * NAGE, hb = s->nline;
    for (size_t i = 0; i < s->nline; i++)
        if (strcmp(s->line_name[i], "H beta") == 0)
            hb = i;
    assert_true(hb < s->nline);
    near(s->line_wave[hb], 4862.7, 2e-4);
    /* case B: 4.78e-13 erg per ionising photon that meets gas */
    near(s->line_lum[k * s->nline + hb] * GAL_LSUN / (0.7 * pow(10, s->qh[k])), 4.78e-13, 0.06);
    const float *a = gal_ssp_spec(bare, 0, 1, 0), *b = gal_ssp_spec(s, 0, 1, 0);
    for (size_t i = 0; i < s->nwave; i++) {
        if (s->wave[i] < 911)
            near(b[i], 0.1 * a[i], 1e-5);
        if (s->wave[i] > 913)
            assert_true(b[i] >= a[i] * 0.999999f);
    }
    near(s->qh[k], bare->qh[k], 1e-7); /* photons of the stars */
    /* energy: emitted below what was absorbed */
    double absorbed = 0, gained = 0;
    for (size_t i = 0; i + 1 < s->nwave; i++) {
        double h = 0.5 * (s->wave[i + 1] - s->wave[i]), d = h * ((double)b[i] - a[i] + b[i + 1] - a[i + 1]);
        *(s->wave[i + 1] < 911.8 ? &absorbed : &gained) += s->wave[i + 1] < 911.8 ? -d : d;
    }
    assert_true(gained > 0.4 * absorbed && gained < absorbed);
    gal_ssp_unref(bare);
    gal_ssp_unref(s);
}

static double flat(double m, void *ctx)
{
    ++*(int *)ctx;
    return m < 2.0 ? 1.0 : pow(m / 2.0, -1.5);
}

static void test_options(void **state)
{
    (void)state;
    gal_synth_opts o = options();
    gal_ssp *a = make(&o), *b, *none = NULL;
    o.tracks = NULL; /* own tracks: the same table */
    b = make(&o);
    assert_true(a->hash.lo == b->hash.lo && a->hash.hi == b->hash.hi);
    gal_ssp_unref(b);
    o.tracks = tracks;
    o.postagb = true; /* matters in the far UV of old populations only */
    b = make(&o);
    size_t iuv = gal_search(a->wave, a->nwave, 1500), iv = gal_search(a->wave, a->nwave, 5500);
    assert_true(gal_ssp_spec(b, 0, 1, 6)[iuv] > 1.5f * gal_ssp_spec(a, 0, 1, 6)[iuv]);
    near(gal_ssp_spec(b, 0, 1, 6)[iv], gal_ssp_spec(a, 0, 1, 6)[iv], 0.01);
    near(gal_ssp_spec(b, 0, 1, 1)[iuv], gal_ssp_spec(a, 0, 1, 1)[iuv], 1e-6);
    gal_ssp_unref(b);
    o.postagb = false;
    int calls = 0;
    o.imf = (gal_imf){.phi = flat, .ctx = &calls, .mlo = 0.5, .mhi = 50};
    b = make(&o);
    assert_true(calls == 4001); /* once per node, on this thread */
    assert_string_equal(b->imf, "user");
    assert_true(gal_ssp_spec(b, 0, 1, 1)[iv] > 1.3f * gal_ssp_spec(a, 0, 1, 1)[iv]); /* top-heavy */
    assert_true(b->mass[NAGE + 6] < 0.5f * a->mass[NAGE + 6]);
    gal_ssp_unref(b);

    o = options();
    o.fesc = 0.7;
    o.fdust = 0.5;
    assert_int_equal(gal_ssp_synthesise(&none, grid, &o), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "0.7"));
    o = options();
    const double u[] = {-3, -2};
    o.logu_axis = u;
    o.nlogu = 2;
    assert_int_equal(gal_ssp_synthesise(&none, grid, &o), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "without nebular emission"));
    o.nebular = true;
    b = make(&o);
    assert_true(b->nu == 2 && b->logu[1] == -2);
    o.logu_axis = NULL;
    o.logu = -2;
    gal_ssp *single = make(&o); /* second half of the table and of its lines */
    assert_memory_equal(single->lum, b->lum + NZ * NAGE * b->nwave, NZ * NAGE * b->nwave * sizeof(float));
    assert_memory_equal(single->line_lum, b->line_lum + NZ * NAGE * b->nline, NZ * NAGE * b->nline * sizeof(float));
    gal_ssp_unref(single);
    gal_ssp_unref(b);
    o = options();
    const double other[] = {0.001, 0.013};
    o.z = other;
    o.nz = 2;
    assert_int_equal(gal_ssp_synthesise(&none, grid, &o), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "0.013"));
    o = options();
    const double wrong[] = {1e6, 1e12};
    o.age = wrong;
    o.nage = 2;
    assert_int_equal(gal_ssp_synthesise(&none, grid, &o), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "1e+12"));
    assert_null(none);
    gal_ssp_unref(a);
}

static void test_threads(void **state)
{
    (void)state;
    int usual = gal_threads();
    gal_synth_opts o = options();
    const double u[] = {-3.5, -2.5, -1};
    o.nebular = true;
    o.logu_axis = u;
    o.nlogu = 3;
    gal_hash first = {0, 0};
    for (int n = 1; n <= 4; n *= 2) {
        gal_threads_set(n);
        gal_ssp *s = make(&o);
        if (n == 1)
            first = s->hash;
        assert_true(s->hash.lo == first.lo && s->hash.hi == first.hi);
        gal_ssp_unref(s);
    }
    gal_threads_set(usual);
}

static void test_interrupt(void **state)
{
    (void)state;
    gal_synth_opts o = options();
    gal_ssp *s = NULL;
    gal_interrupt_set(1);
    assert_int_equal(gal_ssp_synthesise(&s, grid, &o), GAL_EINTR);
    gal_interrupt_set(0);
    assert_null(s);
}

/* The default table: axes as documented, every value finite (gal_ssp_finish refuses others), mass never grows. */
static void test_default(void **state)
{
    (void)state;
    gal_synth_opts o;
    gal_synth_defaults(&o);
    gal_ssp *s = make(&o);
    assert_true(s->nz == 8 && s->nage == 107);
    near(s->age[0], 1e5, 1e-12);
    assert_true(s->age[106] > 1.5e10);
    for (size_t iz = 0; iz < 8; iz++)
        for (size_t ia = 1; ia < 107; ia++) {
            assert_true(s->mass[iz * 107 + ia] <= s->mass[iz * 107 + ia - 1] * 1.0002f);
            assert_true(bolometric(s, iz, ia) > 0.1);
        }
    gal_ssp_unref(s);
}

int main(void)
{
    if (gal_stargrid_create(&grid, "build/test_synth.cache", NULL, NULL) != GAL_OK ||
        gal_tracks_create(&tracks, metals, NZ) != GAL_OK) {
        fprintf(stderr, "%s\n", gal_error_message());
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_light),   cmocka_unit_test(test_nebular),   cmocka_unit_test(test_options),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_interrupt), cmocka_unit_test(test_default),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gal_tracks_free(tracks);
    gal_stargrid_free(grid);
    return failed;
}
