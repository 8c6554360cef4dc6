/* Magnitudes and gradients of 40 galaxies beside numbers of DSPS, Diffstar and Diffmah (jax.grad), tests/ref/dsps/population.txt by
 * scripts/peers/check_diff.py, which compares 1000 galaxies and every part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "galua/dsps.h"
#include "galua/num.h"
#include "galua/population.h"

enum { NT = 100, NA = 107, NZ = 12, NB = 6, N = 40, NARG = GAL_HISTORY_N + 2 };

static void against_peer(void **state)
{
    (void)state;
    static double t[NT], lga[NA], lgz[NZ], cell[NB * NZ * NA], par[GAL_HISTORY_N * N], x[N], s[N], mag[NB * N],
        want[NARG][N];
    static double flux[NB * N], gf[NB * N], got[NARG * N];
    const double cot[NB] = {1, -2, 0.5, 0.3, -0.7, 1.1};
    gal_linspace(0.05, 13.8, NT, t);
    gal_linspace(-3.5, 1.175, NA, lga);
    gal_linspace(-4.5, -1.35, NZ, lgz);
    for (int b = 0; b < NB; b++)
        for (int z = 0; z < NZ; z++)
            for (int a = 0; a < NA; a++)
                cell[(b * NZ + z) * NA + a] = pow(10, -0.8 * (lga[a] + 3.5) + 0.2 * b) * exp(-0.3 * lgz[z]) *
                                              (1 + 0.1 * sin(3 * lga[a] + b + lgz[z]));
    FILE *f = fopen("tests/ref/dsps/population.txt", "r");
    assert_non_null(f);
    char line[2000], *p;
    int n = 0;
    while (n < N && fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        p = line;
        for (int q = 0; q < GAL_HISTORY_N; q++)
            par[q * N + n] = strtod(p, &p);
        x[n] = strtod(p, &p), s[n] = 0.2;
        for (int b = 0; b < NB; b++)
            mag[b * N + n] = strtod(p, &p);
        for (int q = 0; q < NARG; q++)
            want[q][n] = strtod(p, &p);
        n++;
    }
    fclose(f);
    assert_int_equal(n, N);
    for (int single = 0; single < 2; single++) {
        gal_pop *plan;
        gal_pop_spec spec = {.nt = NT,
                             .na = NA,
                             .nz = NZ,
                             .nb = NB,
                             .t = t,
                             .lgage = lga,
                             .lgmet = lgz,
                             .cell = cell,
                             .tobs = 9,
                             .lt0 = log10(13.8),
                             .fb = 0.156,
                             .single = single};
        gal_pop_galaxies g = {.n = N, .par = par, .lgmet = x, .scatter = s};
        assert_int_equal(gal_pop_create(&plan, &spec), GAL_OK);
        assert_int_equal(gal_pop_flux(plan, &g, flux, NULL), GAL_OK);
        for (int i = 0; i < NB * N; i++) {
            assert_true(fabs(-2.5 * log10(flux[i]) - mag[i]) < (single ? 1e-5 : 1e-10));
            gf[i] = -2.5 / 2.302585092994046 * cot[i / N] / flux[i];
        }
        assert_int_equal(gal_pop_vjp(plan, &g, gf, NULL, NULL,
                                     &(gal_pop_adjoint){.par = got,
                                                        .lgmet = got + GAL_HISTORY_N * N,
                                                        .scatter = got + (GAL_HISTORY_N + 1) * N}),
                         GAL_OK);
        for (int q = 0; q < NARG; q++) { /* the largest difference over the largest value of each argument */
            double d = 0, m = 0;
            for (int i = 0; i < N; i++) {
                d = fmax(d, fabs(got[q * N + i] - want[q][i]));
                m = fmax(m, fabs(want[q][i]));
            }
            if (!(d <= (single ? 1e-4 : 1e-9) * m))
                printf("argument %d float%d: off by %.3g of %.3g\n", q, single ? 32 : 64, d, m);
            assert_true(d <= (single ? 1e-4 : 1e-9) * m);
        }
        gal_pop_free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_peer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
