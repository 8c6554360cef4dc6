/* Bulges, discs and knots of 20 galaxies beside numbers of diffsky on DSPS, Diffstar and Diffmah (jax.grad), tests/ref/dsps/parts.txt by
 * scripts/peers/check_parts.py, which compares 300. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "galua/num.h"
#include "galua/population.h"

enum { NT = 100, NA = 107, NZ = 12, NB = 6, N = 20, K = GAL_POP_PARTS, NARG = GAL_HISTORY_N + 1 + GAL_POP_SPLIT_N + 3 };
static double t[NT], lga[NA], lgz[NZ], cell[NB * NZ * NA];
static double in[NARG][N], mag[K * NB][N], mass[K][N], by[NARG][N]; /* history, lgmet, split, burst */

static void fill(void)
{
    gal_linspace(0.05, 13.8, NT, t);
    gal_linspace(-3.5, 1.175, NA, lga);
    gal_linspace(-4.5, -1.35, NZ, lgz);
    for (int b = 0; b < NB; b++)
        for (int z = 0; z < NZ; z++)
            for (int a = 0; a < NA; a++)
                cell[(b * NZ + z) * NA + a] = pow(10, -0.8 * (lga[a] + 3.5) + 0.2 * b) * exp(-0.3 * lgz[z]) *
                                              (1 + 0.1 * sin(3 * lga[a] + b + lgz[z]));
    FILE *f = fopen("tests/ref/dsps/parts.txt", "r");
    assert_non_null(f);
    char line[4000];
    int n = 0;
    while (n < N && fgets(line, sizeof line, f)) {
        char *p = line;
        if (line[0] == '#')
            continue;
        for (int q = 0; q < NARG; q++)
            in[q][n] = strtod(p, &p);
        for (int q = 0; q < K * NB; q++)
            mag[q][n] = strtod(p, &p);
        for (int q = 0; q < K; q++)
            mass[q][n] = strtod(p, &p);
        for (int q = 0; q < NARG; q++)
            by[q][n] = strtod(p, &p);
        n++;
    }
    fclose(f);
    assert_int_equal(n, N);
}

static void against_peer(void **state)
{
    (void)state;
    const double part[K] = {1, -0.6, 0.3}, cot[NB] = {1, -2, 0.5, 0.3, -0.7, 1.1};
    static double s[N], flux[K * NB][N], m[K][N], gf[K * NB][N], got[NARG][N], gs[N];
    fill();
    for (int i = 0; i < N; i++)
        s[i] = 0.2;
    double *lgmet = in[GAL_HISTORY_N], *split = in[GAL_HISTORY_N + 1], *burst = in[GAL_HISTORY_N + 1 + GAL_POP_SPLIT_N];
    int heavy = 0; /* bursts that the knots do not hold */
    for (int i = 0; i < N; i++)
        heavy += pow(10, burst[i]) * (mass[0][i] + mass[1][i] + mass[2][i]) > mass[GAL_POP_KNOTS][i];
    assert_true(heavy > 0 && heavy < N);
    gal_pop *plan;
    gal_pop_spec spec = {.nt = NT,
                         .na = NA,
                         .nz = NZ,
                         .nb = NB,
                         .t = t,
                         .lgage = lga,
                         .lgmet = lgz,
                         .cell = cell,
                         .tobs = t[65],
                         .lt0 = log10(13.8),
                         .fb = 0.156};
    gal_pop_galaxies g = {.n = N, .par = in[0], .lgmet = lgmet, .scatter = s, .burst = burst};
    assert_int_equal(gal_pop_create(&plan, &spec), GAL_OK);
    assert_int_equal(gal_pop_parts(plan, &g, split, flux[0], m[0]), GAL_OK);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < K; k++)
            assert_true(fabs(m[k][i] / mass[k][i] - 1) < 1e-10);
        for (int q = 0; q < K * NB; q++) {
            assert_true(fabs(-2.5 * log10(flux[q][i]) - mag[q][i]) < 1e-9);
            gf[q][i] = -2.5 / 2.302585092994046 * part[q / NB] * cot[q % NB] / flux[q][i];
        }
    }
    gal_pop_adjoint out = {
        .par = got[0], .lgmet = got[GAL_HISTORY_N], .scatter = gs, .burst = got[GAL_HISTORY_N + 1 + GAL_POP_SPLIT_N]};
    assert_int_equal(gal_pop_parts_vjp(plan, &g, split, gf[0], NULL, &out, got[GAL_HISTORY_N + 1]), GAL_OK);
    for (int q = 0; q < NARG; q++) { /* the largest difference over the largest value of each argument */
        double d = 0, most = 0;
        for (int i = 0; i < N; i++) {
            d = fmax(d, fabs(got[q][i] - by[q][i]));
            most = fmax(most, fabs(by[q][i]));
        }
        if (!(d <= 1e-9 * most))
            printf("argument %d: off by %.3g of %.3g\n", q, d, most);
        assert_true(d <= 1e-9 * most);
    }
    gal_pop_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_peer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
