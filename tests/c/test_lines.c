/* Lines of metals in the star grid: bounded corrections that end smoothly, and continua that stay: the colours of populations with and
 * without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "galua/filter.h"
#include "galua/stars.h"
#include "stars/lines.h"
#include "stars/stargrid.h"

#include <math.h>
#include <stdio.h>

enum { NSTAR = GAL_LINES_NZ * GAL_LINES_NTEFF * GAL_LINES_NLOGG };
enum { NAGE = 8, NZ = 7, NBAND = 7 };
static gal_stargrid *grid;
static const double metals[NZ] = {1e-4, 3e-4, 1e-3, 4e-3, 0.01, 0.02, 0.03}; /* of the tracks */
static const double ages[NAGE] = {6.3e7, 1.6e8, 4e8, 1e9, 2.5e9, 6.3e9, 1e10, 1.4e10};

static void correction(size_t k, float c[GAL_LINES_NWAVE])
{
    for (size_t j = 0; j < GAL_LINES_NWAVE; j++)
        c[j] = 0;
    gal_lines_add(k / (GAL_LINES_NTEFF * GAL_LINES_NLOGG), k / GAL_LINES_NLOGG % GAL_LINES_NTEFF, k % GAL_LINES_NLOGG,
                  c);
}

/* ln F changes by less than 3 anywhere, by more than 1 almost nowhere, and not at the ends of the range. */
static void bounded(void **state)
{
    (void)state;
    double most = 0, ends = 0;
    size_t above = 0;
    for (size_t k = 0; k < NSTAR; k++) {
        float c[GAL_LINES_NWAVE];
        correction(k, c);
        for (size_t j = 0; j < GAL_LINES_NWAVE; j++) {
            most = fmax(most, fabs((double)c[j]));
            above += fabsf(c[j]) > 1;
        }
        ends = fmax(ends, fmax(fabs((double)c[0]), fabs((double)c[GAL_LINES_NWAVE - 1])));
    }
    printf("largest |c| %.2f, |c| > 1 at %.3f %%, at the ends %.1e\n", most,
           100. * (double)above / (NSTAR * GAL_LINES_NWAVE), ends);
    assert_true(most <= 3 && above < 0.001 * NSTAR * GAL_LINES_NWAVE && ends == 0);
}

static void magnitudes(gal_phot *phot, double mag[NZ][NAGE][NBAND])
{
    gal_synth_opts o;
    gal_ssp *s;
    gal_synth_defaults(&o);
    o.z = metals;
    o.nz = NZ;
    o.age = ages;
    o.nage = NAGE;
    assert_int_equal(gal_ssp_synthesise(&s, grid, &o), GAL_OK);
    for (size_t z = 0; z < NZ; z++)
        for (size_t a = 0; a < NAGE; a++) {
            const float *l = gal_ssp_spec(s, 0, z, a);
            for (size_t b = 0; b < NBAND; b++) {
                size_t start, count;
                const double *w = gal_phot_window(phot, b, &start, &count);
                double sum = 0;
                for (size_t i = 0; i < count; i++)
                    sum += w[i] * (double)l[start + i];
                mag[z][a][b] = -2.5 * log10(sum);
            }
        }
    gal_ssp_unref(s);
}

/* The continuum is the model's own: broad colours of populations stay when the lines come in. */
static void colours(void **state)
{
    (void)state;
    static const char *const band[NBAND] = {"GALEX.NUV", "SDSS.u", "SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z", "2MASS.J"};
    static const double allowed[NBAND - 1] = {0.02, 0.02, 0.01, 0.01, 0.01, 0.01};
    static double with[NZ][NAGE][NBAND], without[NZ][NAGE][NBAND];
    gal_filter **filter = NULL;
    gal_phot *phot;
    size_t n = 0, first;
    for (size_t b = 0; b < NBAND; b++)
        assert_int_equal(gal_filters_find(band[b], &filter, &n), GAL_OK);
    assert_int_equal(gal_phot_create(&phot, filter, NBAND, gal_stargrid_wave(grid), gal_stargrid_nwave(grid)), GAL_OK);
    assert_int_equal(gal_phot_weights(phot, 0, GAL_PHOT_EXACT), GAL_OK);
    magnitudes(phot, with);
    float *lnf = (float *)(uintptr_t)gal_stargrid_nodes(grid, &first); /* this test's own grid */
    for (size_t k = 0; k < NSTAR; k++) {
        float c[GAL_LINES_NWAVE];
        correction(k, c);
        for (size_t j = 0; j < GAL_LINES_NWAVE; j++)
            lnf[k * gal_stargrid_nwave(grid) + first + j] -= c[j];
    }
    magnitudes(phot, without);
    for (size_t b = 0; b + 1 < NBAND; b++) {
        double most = 0, sum = 0;
        for (size_t z = 0; z < NZ; z++)
            for (size_t a = 0; a < NAGE; a++) {
                double d = with[z][a][b] - with[z][a][b + 1] - without[z][a][b] + without[z][a][b + 1];
                most = fmax(most, fabs(d));
                sum += d * d / (NZ * NAGE);
            }
        printf("%s - %s: rms %.4f, largest %.4f mag\n", band[b], band[b + 1], sqrt(sum), most);
        assert_true(most <= allowed[b]);
    }
    gal_phot_free(phot);
    for (size_t b = 0; b < n; b++)
        gal_filter_unref(filter[b]);
    gal_free(filter);
}

int main(void)
{
    if (gal_stargrid_create(&grid, "build/test_synth.cache", NULL, NULL) != GAL_OK) {
        fprintf(stderr, "%s\n", gal_error_message());
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(bounded), cmocka_unit_test(colours)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gal_stargrid_free(grid);
    return failed;
}
