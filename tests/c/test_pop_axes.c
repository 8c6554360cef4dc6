/* What populations have beside histories and metallicity: axes of the table (linear and triweight), bursts, a mass-metallicity relation,
 * derivatives by the mass, sums of either sign. Values against the functions of galua/dsps.h, one galaxy at a time; gradients against
 * differences, which reach 1e-7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "galua/dsps.h"
#include "galua/num.h"
#include "galua/population.h"

enum { NT = 40, NA = 30, NZ = 7, NB = 3, NU = 4, NS = 3, N = 37, BLOCKS = NU * NS };
static double t[NT], lga[NA], lgz[NZ], cell[BLOCKS * NB * NZ * NA], par[GAL_HISTORY_N * N], lgmet[N], scatter[N],
    place[2 * N], burst[3 * N], sfr[N * NT];
static double tobs[N], red[N];
static const double logu[NU] = {-4, -3.2, -2.5, -1.5}, slope[NS] = {1.9, 2.3, 2.9};

static void fill(void)
{
    gal_linspace(0.05, 13.8, NT, t);
    gal_linspace(-3.4, 1.15, NA, lga);
    gal_linspace(-4.4, -1.4, NZ, lgz);
    for (int k = 0; k < BLOCKS; k++)
        for (int b = 0; b < NB; b++)
            for (int z = 0; z < NZ; z++)
                for (int a = 0; a < NA; a++)
                    cell[((k * NB + b) * NZ + z) * NA + a] = pow(10, -0.7 * (lga[a] + 3.5) + 0.1 * b) *
                                                             exp(-0.3 * lgz[z]) * (1.3 + sin(3 * a + b + 0.7 * k + z));
    for (int i = 0; i < N; i++) {
        double p[GAL_HISTORY_N], u = i / (double)N;
        for (int q = 0; q < GAL_HISTORY_N; q++) {
            double def = q < GAL_DIFFMAH_N ? gal_diffmah_params()[q].def : gal_diffstar_params()[q - GAL_DIFFMAH_N].def;
            par[q * N + i] = p[q] = def + (q == GAL_MAH_TPEAK ? -8 * u : 0.2 * sin(7 * i + q));
        }
        lgmet[i] = -2.6 + u;
        scatter[i] = 0.15 + 0.1 * u;
        place[i] = -3.9 + 2.3 * fmod(7.3 * u, 1);
        place[N + i] = 1.95 + 0.9 * fmod(3.1 * u, 1);
        burst[i] = -0.5 - 3 * u, burst[N + i] = 5.6 + 2 * fmod(5.7 * u, 1), burst[2 * N + i] = burst[N + i] + 1 + u;
        gal_diffstar(p, p + GAL_DIFFMAH_N, log10(13.8), 0.156, NT, t, sfr + i * NT, NULL);
    }
}

static gal_pop *plan(double width, bool single, bool sums)
{
    gal_pop *p;
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lga,
                      .lgmet = lgz,
                      .cell = cell,
                      .tobs = 9.3,
                      .lt0 = log10(13.8),
                      .fb = 0.156,
                      .single = single,
                      .sums = sums,
                      .axis = {{NU, logu, width}, {NS, slope, 0}}};
    assert_int_equal(gal_pop_create(&p, &s), GAL_OK);
    return p;
}

static gal_pop_galaxies all(void)
{
    return (gal_pop_galaxies){.n = N, .par = par, .lgmet = lgmet, .scatter = scatter, .axis = place, .burst = burst};
}

/* shares of the nodes */
static void hat(const double *x, int n, double v, double *h)
{
    int k = (int)gal_search(x, (size_t)n, v);
    memset(h, 0, (size_t)n * sizeof *h);
    h[k + 1] = (v - x[k]) / (x[k + 1] - x[k]);
    h[k] = 1 - h[k + 1];
}

static void values(void **state)
{
    (void)state;
    fill();
    for (int soft = 0; soft < 2; soft++) {
        gal_pop *p = plan(soft ? 0.35 : 0, false, false), *f = plan(soft ? 0.35 : 0, true, false);
        double flux[NB * N], single[NB * N], mass[N], alone[N];
        gal_pop_galaxies g = all();
        assert_int_equal(gal_pop_flux(p, &g, flux, mass), GAL_OK);
        assert_int_equal(gal_pop_flux(f, &g, single, NULL), GAL_OK);
        gal_pop_galaxies bare = {.n = N, .par = par};
        assert_int_equal(gal_pop_flux(p, &bare, NULL, alone), GAL_OK);
        for (int i = 0; i < N; i++) {
            double w[NA], wb[NA], q[NZ], hu[NU], hs[NS], m, e[3] = {burst[i], burst[N + i], burst[2 * N + i]};
            assert_int_equal(gal_dsps_age_weights(NT, t, sfr + i * NT, NA, lga, 9.3, w, &m), GAL_OK);
            assert_int_equal(gal_burst_weights(e, NA, lga, w, wb), GAL_OK);
            assert_int_equal(gal_dsps_met_weights(lgmet[i], scatter[i], NZ, lgz, q, NULL, NULL), GAL_OK);
            if (soft) { /* the rule of DSPS for both: edges half a cell from the nodes, the outer ones far away */
                double edge[NU + 1];
                gal_dsps_met_edges(logu, NU, edge);
                for (int k = 0; k < NU; k++)
                    hu[k] = gal_tw_cdf((place[i] - edge[k]) / 0.35) - gal_tw_cdf((place[i] - edge[k + 1]) / 0.35);
            } else {
                hat(logu, NU, place[i], hu);
            }
            hat(slope, NS, place[N + i], hs);
            for (int b = 0; b < NB; b++) {
                double sum = 0;
                for (int k = 0; k < BLOCKS; k++)
                    for (int z = 0; z < NZ; z++)
                        for (int a = 0; a < NA; a++)
                            sum += m * hu[k / NS] * hs[k % NS] * q[z] * wb[a] * cell[((k * NB + b) * NZ + z) * NA + a];
                assert_true(fabs(flux[b * N + i] / sum - 1) < 1e-10); /* the weights cancel to 1e-11 there */
                assert_true(fabs(single[b * N + i] / sum - 1) < 1e-5);
            }
            assert_true(fabs(mass[i] / m - 1) < 1e-12 && mass[i] == alone[i]);
        }
        gal_pop_free(p);
        gal_pop_free(f);
    }
}

static const double cot[NB] = {1, -0.6, 0.3}, cotmass = 0.4;
/* sum of log fluxes and log masses, and what adjoints need */
static double loss(const gal_pop *p, const gal_pop_galaxies *g, double *gflux, double *gmass)
{
    double flux[NB * N], mass[N], sum = 0;
    assert_int_equal(gal_pop_flux(p, g, flux, mass), GAL_OK);
    for (int i = 0; i < N; i++) {
        for (int b = 0; b < NB; b++) {
            sum += cot[b] * log(flux[b * N + i]);
            if (gflux)
                gflux[b * N + i] = cot[b] / flux[b * N + i];
        }
        sum += cotmass * log(mass[i]);
        if (gmass)
            gmass[i] = cotmass / mass[i];
    }
    return sum;
}

/* derivative by a shift of all of x[N], to h^4 */
static double difference(const gal_pop *p, const gal_pop_galaxies *g, double *x, double h)
{
    static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N; i++)
            x[i] += at[k] * h;
        sum += c[k] * loss(p, g, NULL, NULL) / (12 * h);
        for (int i = 0; i < N; i++)
            x[i] -= at[k] * h;
    }
    return sum;
}

static double total(const double *x)
{
    double s = 0;
    for (int i = 0; i < N; i++)
        s += x[i];
    return s;
}

static void gradients(void **state)
{
    (void)state;
    fill();
    for (int soft = 0; soft < 2; soft++) {
        gal_pop *p = plan(soft ? 0.35 : 0, false, false), *f = plan(soft ? 0.35 : 0, true, false);
        gal_pop_galaxies g = all();
        double gflux[NB * N], gmass[N], gp[GAL_HISTORY_N * N], gx[N], gs[N], ga[2 * N], gb[3 * N], fa[2 * N], fb[3 * N],
            fp[GAL_HISTORY_N * N];
        gal_pop_adjoint by = {.par = gp, .lgmet = gx, .scatter = gs, .axis = ga, .burst = gb};
        loss(p, &g, gflux, gmass);
        assert_int_equal(gal_pop_vjp(p, &g, gflux, gmass, NULL, &by), GAL_OK);
        for (int q = 0; q < GAL_HISTORY_N; q++) {
            double d = difference(p, &g, par + q * N, 1e-4);
            assert_true(fabs(total(gp + q * N) - d) < 3e-7 * (1 + fabs(d)));
        }
        double d = difference(p, &g, lgmet, 1e-4);
        assert_true(fabs(total(gx) - d) < 1e-7 * (1 + fabs(d)));
        for (int k = 0; k < 2; k++) { /* no place lies within the step of a node */
            d = difference(p, &g, place + k * N, 1e-5);
            assert_true(fabs(total(ga + k * N) - d) < 1e-6 * (1 + fabs(d)));
        }
        for (int k = 0; k < 3; k++) {
            d = difference(p, &g, burst + k * N, 1e-4);
            assert_true(fabs(total(gb + k * N) - d) < 1e-6 * (1 + fabs(d)));
        }
        by = (gal_pop_adjoint){.axis = fa, .burst = fb, .par = fp};
        assert_int_equal(gal_pop_vjp(f, &g, gflux, gmass, NULL, &by), GAL_OK);
        double most[3] = {0};
        for (int i = 0; i < 2 * N; i++)
            most[0] = fmax(most[0], fabs(ga[i]));
        for (int i = 0; i < 3 * N; i++)
            most[1] = fmax(most[1], fabs(gb[i]));
        for (int i = 0; i < GAL_HISTORY_N * N; i++)
            most[2] = fmax(most[2], fabs(gp[i]));
        for (int i = 0; i < 3 * N; i++)
            assert_true(fabs(fb[i] - gb[i]) < 1e-4 * most[1] && (i >= 2 * N || fabs(fa[i] - ga[i]) < 1e-4 * most[0]));
        for (int i = 0; i < GAL_HISTORY_N * N; i++)
            assert_true(fabs(fp[i] - gp[i]) < 1e-4 * most[2]);
        gal_pop_free(p);
        gal_pop_free(f);
    }
}

/* metallicity that goes over from young to old stars, with axes, bursts and one screen of dust beside it */
static void by_age(void **state)
{
    (void)state;
    fill();
    static double young[N], dust[GAL_POP_DUST_N * N];
    const double at0 = 0, wave[NB] = {0.4, 0.6, 0.9};
    gal_pop *p, *f, *q;
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lga,
                      .lgmet = lgz,
                      .cell = cell,
                      .lt0 = log10(13.8),
                      .fb = 0.156,
                      .nred = 1,
                      .red = &at0,
                      .wave = wave,
                      .rest = true,
                      .curve = GAL_DUST_SALIM18,
                      .axis = {{NU, logu, 0}, {NS, slope, 0}}};
    assert_int_equal(gal_pop_create(&p, &s), GAL_OK);
    s.single = true;
    assert_int_equal(gal_pop_create(&f, &s), GAL_OK);
    q = plan(0, false, false); /* at one time, without dust */
    for (int i = 0; i < N; i++) {
        young[i] = lgmet[i] + 0.9 * sin(i);
        tobs[i] = 9.3, red[i] = 0.1;
        for (int k = 0; k < GAL_POP_DUST_N; k++)
            dust[k * N + i] = (const double[]){0.4, -0.2, 0.5, 0.05, 0, 0}[k];
    }
    gal_pop_galaxies g = all(), bare = all();
    g.young = bare.young = young, g.dust = dust, g.z = red, g.tobs = tobs;
    double flux[NB * N], single[NB * N], clear[NB * N], gflux[NB * N], gmass[N];
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
    assert_int_equal(gal_pop_flux(f, &g, single, NULL), GAL_OK);
    assert_int_equal(gal_pop_flux(q, &bare, clear, NULL), GAL_OK);
    for (int i = 0; i < N; i++) {
        double w[NA], wb[NA], z[NZ], hu[NU], hs[NS], m, e[3] = {burst[i], burst[N + i], burst[2 * N + i]},
                                                        sum[NB] = {0};
        assert_int_equal(gal_dsps_age_weights(NT, t, sfr + i * NT, NA, lga, 9.3, w, &m), GAL_OK);
        assert_int_equal(gal_burst_weights(e, NA, lga, w, wb), GAL_OK);
        hat(logu, NU, place[i], hu);
        hat(slope, NS, place[N + i], hs);
        for (int a = 0; a < NA; a++) {
            double fold, x = gal_dsps_by_age(lga[a], young[i], lgmet[i], &fold);
            assert_int_equal(gal_dsps_met_weights(x, scatter[i], NZ, lgz, z, NULL, NULL), GAL_OK);
            for (int b = 0; b < NB; b++)
                for (int k = 0; k < BLOCKS; k++)
                    for (int j = 0; j < NZ; j++)
                        sum[b] += m * hu[k / NS] * hs[k % NS] * z[j] * wb[a] * cell[((k * NB + b) * NZ + j) * NA + a];
        }
        for (int b = 0; b < NB; b++) {
            gal_dust_par d = {0.4, -0.2, 0.5, 0.05, 0.2175, 0.035};
            double T = gal_dust_transmission(GAL_DUST_SALIM18, &d, wave[b], NULL);
            assert_true(fabs(clear[b * N + i] / sum[b] - 1) < 1e-10);
            assert_true(fabs(flux[b * N + i] / (T * sum[b]) - 1) < 1e-10);
            assert_true(fabs(single[b * N + i] / (T * sum[b]) - 1) < 1e-5);
        }
    }
    double gx[N], gy[N], gs[N], ga[2 * N], gd[GAL_POP_DUST_N * N], gb[3 * N], gp[GAL_HISTORY_N * N];
    gal_pop_adjoint by = {.par = gp, .lgmet = gx, .young = gy, .scatter = gs, .axis = ga, .dust = gd, .burst = gb};
    loss(p, &g, gflux, gmass);
    assert_int_equal(gal_pop_vjp(p, &g, gflux, gmass, NULL, &by), GAL_OK);
    struct {
        double *x, *g;
    } row[] = {{lgmet, gx},         {young, gy},
               {scatter, gs},       {place, ga},
               {place + N, ga + N}, {dust, gd},
               {dust + N, gd + N},  {burst, gb},
               {burst + N, gb + N}, {par + GAL_HISTORY_N / 2 * N, gp + GAL_HISTORY_N / 2 * N}};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        double d = difference(p, &g, row[k].x, k == 3 || k == 4 ? 1e-5 : 1e-4);
        assert_true(fabs(total(row[k].g) - d) < 1e-6 * (1 + fabs(d)));
    }
    young[3] = 0.1;
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 4: lgmet = 0.1 of young stars"));
    gal_pop_free(p);
    gal_pop_free(f);
    gal_pop_free(q);
}

static double rule[GAL_MZR_N], zs[N], bym[N], byt[N];
static double follow(const gal_pop *p, gal_pop_galaxies *g, double *gflux)
{
    assert_int_equal(gal_pop_mzr(p, g, rule, true, zs, bym, byt), GAL_OK);
    g->lgmet = zs;
    return loss(p, g, gflux, NULL) - 0;
}

static void metallicity(void **state)
{
    (void)state;
    fill();
    gal_pop *p;
    const double at0 = 0;
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lga,
                      .lgmet = lgz,
                      .cell = cell,
                      .lt0 = log10(13.8),
                      .fb = 0.156,
                      .nred = 1,
                      .red = &at0};
    assert_int_equal(gal_pop_create(&p, &s), GAL_OK);
    for (int k = 0; k < GAL_MZR_N; k++)
        rule[k] = gal_mzr_params()[k].def;
    for (int i = 0; i < N; i++)
        tobs[i] = 3.1 + 0.2 * i, red[i] = 0.1;
    gal_pop_galaxies g = {.n = N, .par = par, .scatter = scatter, .z = red, .tobs = tobs};
    double gflux[NB * N], gp[GAL_HISTORY_N * N], gx[N], gt[N], gm[N], gr[GAL_MZR_N], mass[N];
    follow(p, &g, gflux);
    assert_int_equal(gal_pop_flux(p, &g, NULL, mass), GAL_OK);
    for (int i = 0; i < N; i++) {
        gm[i] = cotmass / mass[i];
        assert_true(fabs(zs[i] - gal_mzr(log10(mass[i]), tobs[i], rule, true, NULL, NULL, NULL)) < 1e-14);
    }
    g.bymass = bym, g.bytime = byt;
    assert_int_equal(gal_pop_vjp(p, &g, gflux, gm, NULL, &(gal_pop_adjoint){.par = gp, .lgmet = gx, .tobs = gt}),
                     GAL_OK);
    assert_int_equal(gal_pop_mzr_vjp(p, &g, rule, true, gx, gr), GAL_OK);
    static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
    for (int q = 0; q < GAL_HISTORY_N + 1 + GAL_MZR_N; q++) {
        bool one = q > GAL_HISTORY_N; /* of the relation; before them histories and times */
        double h = q == GAL_HISTORY_N ? 1e-6 : 1e-4, d = 0,
               *x = one                  ? rule + (q - GAL_HISTORY_N - 1)
                    : q == GAL_HISTORY_N ? tobs
                                         : par + q * N;
        double want = one ? gr[q - GAL_HISTORY_N - 1] : total(q == GAL_HISTORY_N ? gt : gp + q * N);
        for (int k = 0; k < 4; k++) {
            for (int i = 0; i < (one ? 1 : N); i++)
                x[i] += at[k] * h;
            d += c[k] * follow(p, &g, NULL) / (12 * h);
            for (int i = 0; i < (one ? 1 : N); i++)
                x[i] -= at[k] * h;
        }
        /* between the steps in time some age of a galaxy crosses a node of its history, where the slope jumps */
        assert_true(fabs(want - d) < (q == GAL_HISTORY_N ? 1e-5 : 1e-6) * (1 + fabs(d)));
    }
    gal_pop_free(p);
}

static void sums(void **state)
{
    (void)state;
    fill();
    static double signs[BLOCKS * NB * NZ * NA];
    double flux[NB * N], minus[NB * N], count[2];
    gal_pop_galaxies g = all();
    gal_pop *p = plan(0, false, false), *q;
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
    gal_pop_free(p);
    for (int i = 0; i < BLOCKS * NB * NZ * NA; i++)
        signs[i] = -cell[i];
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lga,
                      .lgmet = lgz,
                      .cell = signs,
                      .tobs = 9.3,
                      .lt0 = log10(13.8),
                      .fb = 0.156,
                      .sums = true,
                      .axis = {{NU, logu, 0}, {NS, slope, 0}}};
    assert_int_equal(gal_pop_create(&q, &s), GAL_OK);
    assert_int_equal(gal_pop_flux(q, &g, minus, NULL), GAL_OK);
    for (int i = 0; i < NB * N; i++)
        assert_true(minus[i] == -flux[i]);
    const double coef[NB] = {1, 0, 0}, edge[3] = {0, 1, 2};
    gal_pop_axis axis = {coef, {2, edge, 0.1}};
    assert_int_equal(gal_pop_count(q, &g, &(gal_pop_count_spec){.axis = &axis, .naxis = 1}, count), GAL_EINVAL);
    gal_pop_free(q);
    s.sums = false;
    assert_int_equal(gal_pop_create(&q, &s), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), ">= 0"));
    s.cell = cell, s.axis[1].n = 1;
    assert_int_equal(gal_pop_create(&q, &s), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "axis 2"));
}

static void refused(gal_status st, const char *word)
{
    assert_int_not_equal(st, GAL_OK);
    assert_non_null(strstr(gal_error_message(), word));
}

static void wrong(void **state)
{
    (void)state;
    fill();
    double flux[NB * N], x = place[4];
    gal_pop *p = plan(0, false, false);
    gal_pop_galaxies g = all();
    place[4] = -1;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 5: -1 lies outside an axis");
    place[4] = x;
    x = burst[3], burst[3] = 0.2;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 4: lgfburst = 0.2");
    burst[3] = x;
    burst[2 * N] = 5;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 1: lgyr_max = 5");
    g.axis = NULL;
    refused(gal_pop_flux(p, &g, flux, NULL), "places");
    g = (gal_pop_galaxies){.n = N, .par = par, .lgmet = lgmet, .scatter = scatter, .axis = place};
    refused(gal_pop_vjp(p, &g, flux, NULL, NULL, &(gal_pop_adjoint){.burst = flux}), "bursts");
    gal_pop_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values),      cmocka_unit_test(gradients),
                                       cmocka_unit_test(metallicity), cmocka_unit_test(by_age),
                                       cmocka_unit_test(sums),        cmocka_unit_test(wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
