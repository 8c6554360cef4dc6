/* Populations whose galaxies have their own redshift, time of observation and dust: fluxes and every gradient against the functions of
 * galua/dsps.h, one galaxy at a time; soft counts and their gradients; every spectrum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "close.h"

#include "galua/dsps.h"
#include "galua/num.h"
#include "galua/population.h"
#include "galua/rng.h"

enum { NT = 50, NA = 61, NZ = 9, NB = 8, NRED = 7, N = 203 };
static double t[NT], lgage[NA], lgmet[NZ], red[NRED], wave[NB], cell[NRED * NB * NZ * NA], sfr[N * NT],
    par[GAL_HISTORY_N * N], lgm[N], scat[N], zed[N], tobs[N], dust[GAL_POP_DUST_N * N], gflux[NB * N];
#define LT0 log10(13.8)
#define FB  0.156

static int setup(void **state)
{
    (void)state;
    gal_rng r;
    gal_rng_init(&r, 3, 1, 4, 1, 5);
    gal_linspace(0.05, 13.7, NT, t);
    gal_linspace(-3.5, 1.175, NA, lgage);
    gal_linspace(-4.5, -1.35, NZ, lgmet);
    for (int j = 0; j < NRED; j++)
        red[j] = 0.05 + 0.3 * j * (1 + 0.1 * j);
    gal_linspace(0.15, 0.95, NB, wave);
    for (int j = 0; j < NRED; j++)
        for (int b = 0; b < NB; b++)
            for (int z = 0; z < NZ; z++)
                for (int a = 0; a < NA; a++)
                    cell[((j * NB + b) * NZ + z) * NA + a] = (1 + 0.1 * gal_rng_normal(&r)) *
                                                             pow(10, -0.8 * (lgage[a] + 3.5)) *
                                                             pow(10, 0.2 * b - 9 - 0.1 * j) * exp(-0.3 * lgmet[z]);
    for (int i = 0; i < N; i++) {
        double amp = exp(0.5 * gal_rng_normal(&r)), tau = exp(1 + 0.5 * gal_rng_normal(&r));
        double start = i % 7 == 3 ? 2 * gal_rng_uniform(&r) : 0;
        for (int k = 0; k < NT; k++)
            sfr[i * NT + k] = t[k] <= start ? 0 : amp * t[k] * exp(-t[k] / tau);
        lgm[i] = fmin(-2.2 + 0.35 * gal_rng_normal(&r), -0.9);
        scat[i] = 0.2 + 0.1 * gal_rng_uniform(&r);
        zed[i] = red[0] + (red[NRED - 1] - red[0]) * gal_rng_uniform(&r);
        if (i % 9 == 4)
            zed[i] = red[i % NRED]; /* on a node */
        tobs[i] = i % 5 == 0 ? t[20 + i % 20] + (i % 2 ? 1e-5 : 1e-9) : 0.4 + 13.2 / pow(1 + zed[i], 1.4);
        const double width[GAL_HISTORY_N] = {0.6, 0.1, 0.3, 0.05, 2.5, 0.3, 0.3, 0.3, 0.3, 0.2, 0.15, 0.3, 0.1};
        for (int q = 0; q < GAL_HISTORY_N; q++) {
            double def = q < GAL_DIFFMAH_N ? gal_diffmah_params()[q].def : gal_diffstar_params()[q - GAL_DIFFMAH_N].def;
            par[q * N + i] = def + width[q] * gal_rng_normal(&r);
        }
        par[GAL_MAH_TPEAK * N + i] = 3 + 12 * gal_rng_uniform(&r);
        const double mid[GAL_POP_DUST_N] = {0.5, -0.2, 1, 0.05, 1, -0.5},
                     half[GAL_POP_DUST_N] = {0.4, 0.3, 0.8, 0.04, 0.8, 0.3};
        for (int q = 0; q < GAL_POP_DUST_N; q++)
            dust[q * N + i] = mid[q] + half[q] * (2 * gal_rng_uniform(&r) - 1);
        if (i % 13 == 0)
            dust[GAL_POP_AV * N + i] = 0;
    }
    for (int i = 0; i < NB * N; i++)
        gflux[i] = gal_rng_normal(&r);
    return 0;
}

static gal_pop *plan(bool single, gal_dust_curve curve, size_t nred)
{
    gal_pop *p = NULL;
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lgage,
                      .lgmet = lgmet,
                      .cell = cell,
                      .lt0 = LT0,
                      .fb = FB,
                      .single = single,
                      .nred = nred,
                      .red = red,
                      .wave = wave,
                      .curve = curve};
    assert_int_equal(gal_pop_create(&p, &s), GAL_OK);
    return p;
}

typedef struct truth {
    double flux[NB], sfr[NT], lgmet, scatter, z, tobs, dust[GAL_POP_DUST_N];
} truth;

/* one galaxy by the plain functions; kind 0: no dust, 1: one screen, 2: by age */
static truth plain(int i, gal_dust_curve curve, int kind)
{
    truth o;
    memset(&o, 0, sizeof o);
    double w[NA], mass, p[NZ], dx[NZ], ds[NZ], gw[NA] = {0}, gm = 0, gt;
    assert_int_equal(gal_dsps_age_weights(NT, t, sfr + i * NT, NA, lgage, tobs[i], w, &mass), GAL_OK);
    assert_int_equal(gal_dsps_met_weights(lgm[i], scat[i], NZ, lgmet, p, dx, ds), GAL_OK);
    int j = 0;
    while (j < NRED - 2 && red[j + 1] <= zed[i])
        j++;
    double u = (zed[i] - red[j]) / (red[j + 1] - red[j]);
    for (int b = 0; b < NB; b++)
        for (int a = 0; a < NA; a++) {
            double d[GAL_DUST_N] = {0}, T = 1, f = 0;
            gal_dsps_by_age(lgage[a], 0, 1, &f); /* share of old */
            double own[GAL_POP_DUST_N];
            for (int q = 0; q < GAL_POP_DUST_N; q++)
                own[q] = dust[q * N + i];
            double fy = kind == 2 ? 1 - f : 0;
            gal_dust_par dp = {
                own[0] + (own[4] - own[0]) * fy, own[1] + (own[5] - own[1]) * fy, own[2], own[3], 0.2175, 0.035};
            if (kind)
                T = gal_dust_transmission(curve, &dp, wave[b] / (1 + zed[i]), d);
            for (int z = 0; z < NZ; z++) {
                double lo = cell[((j * NB + b) * NZ + z) * NA + a], hi = cell[(((j + 1) * NB + b) * NZ + z) * NA + a];
                double c = lo + (hi - lo) * u, g = gflux[b * N + i], light = mass * w[a] * p[z] * c;
                o.flux[b] += light * T;
                gw[a] += g * mass * p[z] * c * T;
                gm += g * w[a] * p[z] * c * T;
                o.lgmet += g * mass * w[a] * dx[z] * c * T;
                o.scatter += g * mass * w[a] * ds[z] * c * T;
                o.z += g * mass * w[a] * p[z] * (hi - lo) / (red[j + 1] - red[j]) * T;
                o.z -= g * light * d[GAL_DUST_X] * wave[b] / pow(1 + zed[i], 2);
                o.dust[GAL_POP_AV] += g * light * d[GAL_DUST_AV] * (1 - fy);
                o.dust[GAL_POP_AV_YOUNG] += g * light * d[GAL_DUST_AV] * fy;
                o.dust[GAL_POP_DELTA] += g * light * d[GAL_DUST_DELTA] * (1 - fy);
                o.dust[GAL_POP_DELTA_YOUNG] += g * light * d[GAL_DUST_DELTA] * fy;
                o.dust[GAL_POP_BUMP] += g * light * d[GAL_DUST_BUMP];
                o.dust[GAL_POP_FUNO] += g * light * d[GAL_DUST_FUNO];
            }
        }
    assert_int_equal(gal_dsps_age_weights_vjp(NT, t, sfr + i * NT, NA, lgage, tobs[i], gw, gm, o.sfr, &gt), GAL_OK);
    o.tobs = gt;
    return o;
}

static double worst(const double *a, const double *b, int n, int stride) /* largest difference over the largest of b */
{
    double d = 0, m = 0;
    for (int i = 0; i < n; i++) {
        double e = fabs(a[i * stride] - b[i]);
        d = e > d || isnan(e) ? e : d;
        m = fabs(b[i]) > m ? fabs(b[i]) : m;
    }
    return m > 0 ? d / m : d;
}

/* 1e-9: the plain differences of masses lose digits in young bins; gradients by each argument in the norm of the galaxy's largest. At the nodes
 * of the histories t_obs has two slopes: those are skipped. */
static void one_by_one(void **state)
{
    (void)state;
    static double flux[NB * N], mass[N], gs[N * NT], gx[N], gsc[N], gz[N], gt[N], gd[GAL_POP_DUST_N * N];
    static const gal_dust_curve curves[6] = {GAL_DUST_CALZETTI00, GAL_DUST_LEITHERER02, GAL_DUST_BASE,
                                             GAL_DUST_NOLL09,     GAL_DUST_SALIM18,     GAL_DUST_TRIWEIGHT};
    for (int c = 0; c < 6; c++)
        for (int kind = 0; kind < 3; kind++)
            for (int single = 0; single < 2; single++) {
                gal_pop *p = plan(single, curves[c], NRED);
                gal_pop_galaxies g = {.n = N, .sfr = sfr, .lgmet = lgm, .scatter = scat, .z = zed, .tobs = tobs};
                g.dust = kind ? dust : NULL;
                g.aged = kind == 2;
                gal_pop_adjoint by = {
                    .sfr = gs, .lgmet = gx, .scatter = gsc, .z = gz, .tobs = gt, .dust = kind ? gd : NULL};
                assert_int_equal(gal_pop_flux(p, &g, flux, mass), GAL_OK);
                assert_int_equal(gal_pop_vjp(p, &g, gflux, NULL, flux, &by), GAL_OK);
                double tolf = single ? 1e-5 : 1e-9, tolg = single ? 1e-3 : 1e-7;
                for (int i = 0; i < N; i += 5 - single) {
                    truth w = plain(i, curves[c], kind);
                    double f[NB], sum = 0;
                    for (int b = 0; b < NB; b++) {
                        f[b] = flux[b * N + i];
                        CLOSE(f[b], w.flux[b], tolf);
                        sum += fabs(gflux[b * N + i] * f[b]);
                    }
                    double e = worst(gs + i * NT, w.sfr, NT, 1);
                    if (!(e < tolg))
                        printf("curve %d kind %d float%d galaxy %d: rates off by %g\n", c, kind, single ? 32 : 64, i,
                               e);
                    assert_true(e < tolg);
                    assert_true(fabs(gx[i] - w.lgmet) < tolg * sum && fabs(gsc[i] - w.scatter) < tolg * sum);
                    if (!(fabs(gz[i] - w.z) < tolg * (sum + fabs(w.z))))
                        printf("float%d galaxy %d z %.9g: %.12g want %.12g\n", single ? 32 : 64, i, zed[i], gz[i], w.z);
                    assert_true(fabs(gz[i] - w.z) < tolg * (sum + fabs(w.z)));
                    for (int q = 0; kind && q < (kind == 2 ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); q++)
                        assert_true(fabs(gd[q * N + i] - w.dust[q]) < tolg * sum);
                    if (i % 5) {
                        if (!(fabs(gt[i] - w.tobs) < (single ? 1e-2 : 1e-6) * sum))
                            printf("float%d galaxy %d t_obs %.9g: %.12g want %.12g of %g\n", single ? 32 : 64, i,
                                   tobs[i], gt[i], w.tobs, sum);
                        assert_true(fabs(gt[i] - w.tobs) < (single ? 1e-2 : 1e-6) * sum);
                    }
                }
                gal_pop_free(p);
            }
}

/* from parameters: the gradient on tables chained; one redshift for all cells; threads */
static void parameters(void **state)
{
    (void)state;
    static double tab[N * NT], jac[NT * GAL_HISTORY_N], f1[NB * N], f2[NB * N], gs[N * NT], g1[GAL_HISTORY_N * N],
        g2[GAL_HISTORY_N * N];
    for (int i = 0; i < N; i++) {
        double m[GAL_HISTORY_N];
        for (int q = 0; q < GAL_HISTORY_N; q++)
            m[q] = par[q * N + i];
        gal_diffstar(m, m + GAL_DIFFMAH_N, LT0, FB, NT, t, tab + i * NT, NULL);
    }
    gal_pop *p = plan(false, GAL_DUST_SALIM18, 1);
    gal_pop_galaxies a = {.n = N, .par = par, .lgmet = lgm, .scatter = scat, .z = zed, .tobs = tobs, .dust = dust},
                     b = a;
    b.par = NULL, b.sfr = tab;
    int before = gal_threads();
    gal_threads_set(3);
    assert_int_equal(gal_pop_vjp(p, &a, gflux, NULL, f1, &(gal_pop_adjoint){.par = g2}), GAL_OK);
    gal_threads_set(1);
    assert_int_equal(gal_pop_vjp(p, &a, gflux, NULL, f1, &(gal_pop_adjoint){.par = g1}), GAL_OK);
    gal_threads_set(before);
    assert_memory_equal(g1, g2, sizeof g1);
    assert_int_equal(gal_pop_vjp(p, &b, gflux, NULL, f2, &(gal_pop_adjoint){.sfr = gs}), GAL_OK);
    for (int i = 0; i < NB * N; i++)
        CLOSE(f1[i], f2[i], 1e-11);
    for (int i = 0; i < N; i += 4) {
        double m[GAL_HISTORY_N], s[NT], want[GAL_HISTORY_N] = {0};
        for (int c = 0; c < GAL_HISTORY_N; c++)
            m[c] = par[c * N + i];
        gal_diffstar(m, m + GAL_DIFFMAH_N, LT0, FB, NT, t, s, jac);
        for (int j = 0; j < NT; j++)
            for (int c = 0; c < GAL_HISTORY_N; c++)
                want[c] += gs[i * NT + j] * jac[j * GAL_HISTORY_N + c];
        assert_true(worst(g1 + i, want, GAL_HISTORY_N, N) < 1e-9);
    }
    gal_pop_free(p);
}

static double coef[3][NB] = {{0, 1}, {0, 1, 0, -1}, {0, 0, 0, 1, -1}};
static const double mags[6] = {-40, -20, -10, 0, 10, 40}, colours[4] = {-3, -0.5, 0.4, 3}, dims[N];

/* counts in two dimensions with a cut against the plain histogram of the magnitudes, and their gradient against differences */
static void counts(void **state)
{
    (void)state;
    static double flux[NB * N], x[2][N], w[N], gp[GAL_HISTORY_N * N], gw[N], more[GAL_HISTORY_N * N];
    gal_pop_axis axis[2] = {{coef[0], {5, mags, 0.7}}, {coef[1], {3, colours, 0.2}}};
    gal_pop_cut cut = {coef[2], 0.3, 0.1, false};
    gal_pop_count_spec s = {.axis = axis, .naxis = 2, .cut = &cut, .ncut = 1, .dim = dims};
    double got[15], want[15], again[15], gc[15];
    gal_pop *p = plan(false, GAL_DUST_SALIM18, NRED);
    gal_pop_galaxies g = {.n = N, .par = par, .lgmet = lgm, .scatter = scat, .z = zed, .tobs = tobs, .dust = dust};
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
    double some = 0;
    for (int i = 0; i < N; i++) {
        double m[NB];
        for (int b = 0; b < NB; b++)
            m[b] = -2.5 * log10(flux[b * N + i]);
        x[0][i] = m[1], x[1][i] = m[1] - m[3];
        w[i] = gal_tw_cdf((m[3] - m[4] - 0.3) / 0.1);
        some += w[i] > 0.01 && w[i] < 0.99;
    }
    assert_true(some > 3); /* the cut cuts */
    gal_soft_axis bins[2] = {axis[0].bins, axis[1].bins};
    const double *at[2] = {x[0], x[1]};
    assert_int_equal(gal_soft_count(N, 2, bins, at, w, want), GAL_OK);
    assert_int_equal(gal_pop_count(p, &g, &s, got), GAL_OK);
    for (int k = 0; k < 15; k++) {
        assert_true(fabs(got[k] - want[k]) < 1e-10 * N);
        gc[k] = sin(1 + k);
    }
    assert_int_equal(gal_pop_count_vjp(p, &g, &s, gc, &(gal_pop_adjoint){.par = gp}, gw, NULL), GAL_OK);
    for (int q = 0; q < GAL_HISTORY_N; q++) { /* all galaxies move at once */
        double sum[2] = {0}, h = 1e-5, total = 0, size = 0;
        for (int side = 0; side < 2; side++) {
            memcpy(more, par, sizeof more);
            for (int i = 0; i < N; i++)
                more[q * N + i] += side ? -h : h;
            gal_pop_galaxies m = g;
            m.par = more;
            assert_int_equal(gal_pop_count(p, &m, &s, again), GAL_OK);
            for (int k = 0; k < 15; k++)
                sum[side] += gc[k] * again[k];
        }
        for (int i = 0; i < N; i++) {
            total += gp[q * N + i];
            size += fabs(gp[q * N + i]);
        }
        assert_true(fabs(total - (sum[0] - sum[1]) / (2 * h)) < 1e-6 * (size + 1));
    }
    double whole = 0, direct = 0; /* counts are linear in the weights */
    for (int i = 0; i < N; i++)
        whole += gw[i];
    for (int k = 0; k < 15; k++)
        direct += gc[k] * got[k];
    CLOSE(whole, direct, 1e-10);
    cut.width = 0;
    assert_int_equal(gal_pop_count(p, &g, &s, got), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "cut 1"));
    cut.width = 0.1, axis[1].bins.width = -1;
    assert_int_equal(gal_pop_count(p, &g, &s, got), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "axis 2"));
    gal_pop_free(p);
}

/* soft counts of three axes: the one-dimensional histogram when two hold everything; gradients against differences */
static void dimensions(void **state)
{
    (void)state;
    enum { P = 40 };
    double x[3][P], w[P], count[24], one[4], g[24], gx[3][P], gw[P], gs[3];
    const double edge[5] = {-2, -1, 0, 0.5, 2}, wide[2] = {-50, 50}, two[7] = {-3, -2, -1, 0, 1, 2, 3};
    gal_rng r;
    gal_rng_init(&r, 9, 9, 9, 9, 9);
    for (int i = 0; i < P; i++) {
        for (int d = 0; d < 3; d++)
            x[d][i] = gal_rng_normal(&r);
        w[i] = gal_rng_uniform(&r);
    }
    const double *at[3] = {x[0], x[1], x[2]};
    double *back[3] = {gx[0], gx[1], gx[2]};
    gal_soft_axis a[3] = {{1, wide, 0.5}, {4, edge, 0.3}, {1, wide, 0.1}};
    assert_int_equal(gal_soft_count(P, 3, a, at, w, count), GAL_OK);
    assert_int_equal(gal_soft_histogram(P, x[1], w, 0.3, 4, edge, one), GAL_OK);
    for (int k = 0; k < 4; k++)
        CLOSE(count[k], one[k], 1e-13);
    a[2] = (gal_soft_axis){6, two, 0.4};
    for (int k = 0; k < 24; k++)
        g[k] = cos(k);
    assert_int_equal(gal_soft_count_vjp(P, 3, a, at, w, g, back, gw, gs), GAL_OK);
    for (int d = 0; d < 3; d++)
        for (int i = 0; i < P + 1; i += 7) { /* i = P: the width */
            double h = 1e-5, sum[2] = {0}, *v = i < P ? &x[d][i] : &a[d].width, keep = *v;
            for (int side = 0; side < 2; side++) {
                *v = keep + (side ? -h : h);
                assert_int_equal(gal_soft_count(P, 3, a, at, w, count), GAL_OK);
                for (int k = 0; k < 24; k++)
                    sum[side] += g[k] * count[k];
            }
            *v = keep;
            assert_true(fabs((sum[0] - sum[1]) / (2 * h) - (i < P ? gx[d][i] : gs[d])) < 1e-7);
            if (i + 7 > P && i < P)
                i = P - 7;
        }
    assert_int_equal(gal_soft_count(P, 7, a, at, w, count), GAL_EINVAL);
}

/* the matrix product against sums over the table, both precisions; all rows or those in use; bands and the sum */
static void spectra(void **state)
{
    (void)state;
    enum { NW = 77 };
    static float lum[NZ * NA * NW];
    static double weight[2 * NW], L[N * NW], Ld[N * NW], band[2 * N], sum[N];
    for (int k = 0; k < NZ * NA * NW; k++)
        lum[k] = (float)(1e-14 * (1 + sin(0.37 * k)) * pow(10, -0.8 * (lgage[k / NW % NA] + 3.5)));
    for (int k = 0; k < 2 * NW; k++)
        weight[k] = k % 5;
    for (int single = 0; single < 2; single++) {
        gal_pop *p = plan(single, GAL_DUST_SALIM18, NRED);
        gal_pop_sed *s = NULL;
        gal_pop_galaxies g = {.n = N, .sfr = sfr, .lgmet = lgm, .scatter = scat, .z = zed, .tobs = tobs};
        assert_int_equal(gal_pop_sed_create(&s, p, NW, lum, 2, weight), GAL_OK);
        assert_int_equal(gal_pop_spectra(s, &g, true, Ld, NULL, NULL), GAL_OK);
        assert_int_equal(gal_pop_spectra(s, &g, false, L, band, sum), GAL_OK);
        double tol = single ? 1e-5 : 1e-9;
        for (int i = 0; i < N; i += 3) {
            double w[NA], mass, m[NZ], all = 0, one = 0;
            assert_int_equal(gal_dsps_age_weights(NT, t, sfr + i * NT, NA, lgage, tobs[i], w, &mass), GAL_OK);
            assert_int_equal(gal_dsps_met_weights(lgm[i], scat[i], NZ, lgmet, m, NULL, NULL), GAL_OK);
            for (int k = 0; k < NW; k++) {
                double x = 0;
                for (int r = 0; r < NZ * NA; r++)
                    x += mass * m[r / NA] * w[r % NA] * (double)lum[r * NW + k];
                CLOSE(L[i * NW + k], x, tol);
                CLOSE(Ld[i * NW + k], L[i * NW + k], single ? 1e-6 : 1e-14);
                all += x;
                one += x * weight[NW + k];
            }
            CLOSE(sum[i], all, tol);
            CLOSE(band[N + i], one, tol);
        }
        g.dust = dust;
        assert_int_equal(gal_pop_spectra(s, &g, false, L, NULL, NULL), GAL_EINVAL);
        gal_pop_sed_free(s);
        gal_pop_free(p);
    }
}

static void refused(gal_status st, const char *word)
{
    assert_true(st == GAL_EDOMAIN || st == GAL_EINVAL);
    if (!strstr(gal_error_message(), word))
        printf("no '%s' in: %s\n", word, gal_error_message());
    assert_non_null(strstr(gal_error_message(), word));
    assert_null(strchr(gal_error_message(), '\n'));
}

static void bad_galaxies(void **state)
{
    (void)state;
    double z[3] = {0.2, 0.3, 0.4}, to[3] = {9, 9, 9}, x[3] = {-2, -2, -2}, sc[3] = {0.2, 0.2, 0.2}, flux[NB * 3];
    double d[GAL_POP_DUST_N * 3];
    for (int i = 0; i < GAL_POP_DUST_N * 3; i++)
        d[i] = 0.1;
    gal_pop *p = plan(false, GAL_DUST_SALIM18, NRED), *none = NULL;
    gal_pop_galaxies g = {.n = 3, .sfr = sfr, .lgmet = x, .scatter = sc, .z = z, .tobs = to, .dust = d};
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
    z[1] = 9;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: redshift 9");
    z[1] = NAN;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: redshift nan");
    z[1] = 0.3, to[2] = 13.75;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 3: t_obs = 13.75");
    to[2] = 9, d[1] = -0.1;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: attenuation of -0.1");
    d[1] = 0.1, d[3 * GAL_POP_FUNO] = 1.5;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 1: funo = 1.5");
    d[3 * GAL_POP_FUNO] = 0.1, g.z = NULL;
    refused(gal_pop_flux(p, &g, flux, NULL), "redshifts");
    g.z = z, g.dust = NULL;
    refused(gal_pop_vjp(p, &g, flux, NULL, NULL, &(gal_pop_adjoint){.dust = d}), "no gradient by dust");
    gal_pop_free(p);
    double falling[2] = {0.5, 0.4};
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lgage,
                      .lgmet = lgmet,
                      .cell = cell,
                      .lt0 = LT0,
                      .fb = FB,
                      .nred = 2,
                      .red = falling};
    refused(gal_pop_create(&none, &s), "redshift 2 of the cells");
    s.nred = 0, s.tobs = 9, s.wave = wave; /* for the error model alone */
    assert_int_equal(gal_pop_create(&p, &s), GAL_OK);
    g.dust = d;
    refused(gal_pop_flux(p, &g, flux, NULL), "dust of galaxies needs");
    gal_pop_free(p);
    s.z = -1;
    refused(gal_pop_create(&none, &s), "redshift -1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_by_one), cmocka_unit_test(parameters), cmocka_unit_test(counts),
        cmocka_unit_test(dimensions), cmocka_unit_test(spectra),    cmocka_unit_test(bad_galaxies),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
