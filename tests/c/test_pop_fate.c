/* What populations have on top of light: the error model of the spectra, rapid quenching, satellites that merge. Values against the functions of
 * galua/ssp_error.h, dsps.h and merging.h, one galaxy at a time, and against numbers of diffsky 0.3.11; gradients against differences, which reach 1e-7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "galua/dsps.h"
#include "galua/merging.h"
#include "galua/num.h"
#include "galua/population.h"

enum { NT = 40, NA = 30, NZ = 7, NB = 3, NR = 5, N = 37, NN = GAL_SSP_ERROR_NODES };
static double t[NT], lga[NA], lgz[NZ], cell[NR * NB * NZ * NA], par[GAL_HISTORY_N * N], lgmet[N], scatter[N],
    sfr[N * NT];
static double burst[3 * N], dust[GAL_POP_DUST_N * N], quench[N], offset[NN * N], tobs[N], red[N],
    error[GAL_SSP_ERROR_N], p[N], share[N];
static size_t host[N];
static const double grid[NR] = {0.1, 0.4, 0.8, 1.3, 2}, wave[NB] = {0.38, 0.62, 1.0};
static gal_pop_merging merging = {p, host, share};

static void fill(void)
{
    gal_linspace(0.05, 13.8, NT, t);
    gal_linspace(-3.4, 1.15, NA, lga);
    gal_linspace(-4.4, -1.4, NZ, lgz);
    for (int k = 0; k < NR; k++)
        for (int b = 0; b < NB; b++)
            for (int z = 0; z < NZ; z++)
                for (int a = 0; a < NA; a++)
                    cell[((k * NB + b) * NZ + z) * NA + a] = pow(10, -0.7 * (lga[a] + 3.5) + 0.1 * b) *
                                                             exp(-0.3 * lgz[z]) * (1.3 + sin(3 * a + b + 0.7 * k + z));
    for (int i = 0; i < N; i++) {
        double q[GAL_HISTORY_N], u = i / (double)N;
        for (int k = 0; k < GAL_HISTORY_N; k++) {
            double def = k < GAL_DIFFMAH_N ? gal_diffmah_params()[k].def : gal_diffstar_params()[k - GAL_DIFFMAH_N].def;
            par[k * N + i] = q[k] = def + (k == GAL_MAH_TPEAK ? -8 * u : 0.2 * sin(7 * i + k));
        }
        gal_diffstar(q, q + GAL_DIFFMAH_N, log10(13.8), 0.156, NT, t, sfr + i * NT, NULL);
        lgmet[i] = -2.6 + 0.8 * u, scatter[i] = 0.2 + 0.1 * sin(i);
        red[i] = 0.12 + 1.8 * fmod(0.37 * i, 1), tobs[i] = 13 / pow(1 + red[i], 1.1);
        burst[i] = -2.5 + 0.3 * sin(i), burst[N + i] = 6.2 + 0.3 * cos(i), burst[2 * N + i] = 7.6 + 0.2 * sin(3 * i);
        for (int k = 0; k < GAL_POP_DUST_N; k++)
            dust[k * N + i] = k == GAL_POP_DELTA || k == GAL_POP_DELTA_YOUNG ? -0.2 + 0.1 * sin(i + k)
                              : k == GAL_POP_FUNO                            ? 0.05 + 0.04 * sin(i)
                                                                             : 0.5 + 0.3 * sin(2 * i + k);
        quench[i] = 5.8 + 2 * u;
        for (int k = 0; k < NN; k++)
            offset[k * N + i] = 0.1 * sin(5 * i + k);
        host[i] = (size_t)(i % 4 ? i - i % 4 : i), p[i] = i % 4 ? 0.1 + 0.8 * u : 0, share[i] = 1 - 0.2 * u;
    }
    for (int k = 0; k < GAL_SSP_ERROR_N; k++)
        error[k] = gal_ssp_error_params()[k].def;
}

static gal_pop *plan(bool own, bool single)
{
    gal_pop *out;
    gal_pop_spec s = {.nt = NT,
                      .na = NA,
                      .nz = NZ,
                      .nb = NB,
                      .t = t,
                      .lgage = lga,
                      .lgmet = lgz,
                      .cell = cell,
                      .tobs = 7.3,
                      .z = 0.7,
                      .lt0 = log10(13.8),
                      .fb = 0.156,
                      .single = single,
                      .nred = own ? NR : 0,
                      .red = grid,
                      .wave = wave,
                      .curve = GAL_DUST_SALIM18};
    assert_int_equal(gal_pop_create(&out, &s), GAL_OK);
    return out;
}

static gal_pop_galaxies all(bool own)
{
    gal_pop_galaxies g = {.n = N,
                          .par = par,
                          .lgmet = lgmet,
                          .scatter = scatter,
                          .burst = burst,
                          .quench = quench,
                          .error = error,
                          .offset = offset,
                          .merging = &merging};
    if (own)
        g.z = red, g.tobs = tobs, g.dust = dust;
    return g;
}

/* ------------------------------------------------------------------ the model alone */
/* diffsky: log10 mass, z, wavelength; factor and its slopes by jax.grad */
static void peers(void **state)
{
    (void)state;
    static const double at[6][7] = {
        {9.0, 0.1, 2000, 1.8326399279756405, -0.6626076492055214, -0.9012116724947923, 0.0003990338149530357},
        {10.2, 0.4, 4200, 1.1920958037293676, -0.15852083029244607, -0.3506950372561859, -0.0003102082329068993},
        {11.0, 0.9, 5600, 1.0849916256538992, -0.07249223398017741, 0.1036785630329604, -9.327135688294582e-06},
        {10.5, 1.4, 7000, 1.1273117914733075, 0.08230327325014009, -0.3017063620448919, 6.86410128210908e-05},
        {8.5, 2.5, 1400, 1.7161918430143182, -0.004086336463068779, 0.025864640534158868, -0.0002715426678169443},
        {11.7, 0, 9000, 0.7395931188521692, -0.012698531661825245, -0.024324395574197962, 0}};
    static const struct {
        const char *name;
        double d;
    } by[] = {{"z0p0_dur_logsm0", -0.00017382198953463682}, {"z0p0_dur_yhi", -0.49253656443498994},
              {"z0p0_dgr_logsm0", 0.053522061768636185},    {"z0p0_dgr_ylo", -0.09776898169538852},
              {"z0p0_dgr_yhi", -0.059299884967135966},      {"z0p5_dr_ylo", -0.4438804883668133},
              {"z0p5_dr_yhi", -0.0028449780602300113},      {"z1p1_dgr_yhi", -4.4480523176941664e-05}};
    double dm[NN], bymass[NN], byz[NN], w[NN], dw[NN], g[NN], gp[GAL_SSP_ERROR_N] = {0};
    fill();
    for (int i = 0; i < 6; i++) {
        double F = 0, d[3] = {0}, sum = 0;
        gal_ssp_error(error, at[i][0], at[i][1], dm, bymass, byz);
        gal_ssp_error_shares(at[i][2], w, dw);
        for (int k = 0; k < NN; k++) {
            double f = pow(10, -0.4 * dm[k]), c = -0.4 * log(10) * w[k] * f;
            F += w[k] * f, d[0] += c * bymass[k], d[1] += c * byz[k], d[2] += dw[k] * f, sum += w[k];
            if (i == 1)
                g[k] = c;
        }
        assert_true(fabs(F / at[i][3] - 1) < 1e-12 && fabs(sum - 1) < 1e-14);
        for (int k = 0; k < 3; k++)
            assert_true(fabs(d[k] - at[i][4 + k]) <= 1e-10 * fabs(at[i][4 + k]));
    }
    gal_ssp_error_vjp(error, at[1][0], at[1][1], g, gp);
    for (size_t i = 0; i < sizeof by / sizeof *by; i++)
        for (int k = 0; k < GAL_SSP_ERROR_N; k++)
            if (strcmp(gal_ssp_error_params()[k].name, by[i].name) == 0) {
                assert_true(fabs(gp[k] / by[i].d - 1) < 1e-9);
                gp[k] = NAN; /* found */
            }
    for (size_t i = 0; i < sizeof by / sizeof *by; i++)
        for (int k = 0; k < GAL_SSP_ERROR_N; k++)
            assert_true(strcmp(gal_ssp_error_params()[k].name, by[i].name) != 0 || isnan(gp[k]));
}

/* ------------------------------------------------------------------ in populations */
static void values(void **state)
{
    (void)state;
    fill();
    gal_pop *d = plan(false, false), *f = plan(false, true);
    gal_pop_galaxies g = all(false), bare = g;
    double flux[NB * N], single[NB * N], mass[N], want[NB * N], wantmass[N], out[N];
    assert_int_equal(gal_pop_flux(d, &g, flux, mass), GAL_OK);
    assert_int_equal(gal_pop_flux(f, &g, single, NULL), GAL_OK);
    for (int i = 0; i < N; i++) {
        double w[NA], q[NA], wb[NA], z[NZ], m, e[3] = {burst[i], burst[N + i], burst[2 * N + i]}, dm[NN], s[NN];
        assert_int_equal(gal_dsps_age_weights(NT, t, sfr + i * NT, NA, lga, 7.3, w, &m), GAL_OK);
        double lgyr[NA];
        for (int a = 0; a < NA; a++)
            lgyr[a] = lga[a] + 9;
        gal_quench_weights(NA, lgyr, w, quench[i], q);
        assert_int_equal(gal_burst_weights(e, NA, lga, q, wb), GAL_OK);
        assert_int_equal(gal_dsps_met_weights(lgmet[i], scatter[i], NZ, lgz, z, NULL, NULL), GAL_OK);
        gal_ssp_error(error, log10(m), 0.7, dm, NULL, NULL);
        wantmass[i] = m;
        for (int b = 0; b < NB; b++) {
            double sum = 0, F = 0;
            for (int k = 0; k < NZ; k++)
                for (int a = 0; a < NA; a++)
                    sum += m * z[k] * wb[a] * cell[(b * NZ + k) * NA + a];
            gal_ssp_error_shares(1e4 * wave[b] / 1.7, s, NULL);
            for (int k = 0; k < NN; k++)
                F += s[k] * pow(10, -0.4 * (dm[k] + offset[k * N + i]));
            want[b * N + i] = sum * F;
        }
    }
    for (int b = 0; b <= NB; b++) {
        double *x = b < NB ? want + b * N : wantmass;
        assert_int_equal(gal_merge(N, x, p, host, share, out), GAL_OK);
        for (int i = 0; i < N; i++) {
            double have = b < NB ? flux[b * N + i] : mass[i];
            assert_true(fabs(have / out[i] - 1) < 1e-10);
            assert_true(b == NB || fabs(single[b * N + i] / out[i] - 1) < 2e-5);
        }
    }
    /* no error: an error model of zeros, offsets apart, changes nothing */
    double none[GAL_SSP_ERROR_N] = {0}, same[NB * N];
    bare.error = none, bare.offset = NULL;
    assert_int_equal(gal_pop_flux(d, &bare, flux, NULL), GAL_OK);
    bare.error = NULL;
    assert_int_equal(gal_pop_flux(d, &bare, same, NULL), GAL_OK);
    for (int i = 0; i < NB * N; i++)
        assert_true(fabs(flux[i] / same[i] - 1) < 1e-14);
    gal_pop_free(d);
    gal_pop_free(f);
}

static const double cot[NB] = {1, -0.6, 0.3}, cotmass = 0.4;
static double loss(const gal_pop *d, const gal_pop_galaxies *g, double *gflux, double *gmass)
{
    double flux[NB * N], mass[N], sum = 0;
    assert_int_equal(gal_pop_flux(d, g, flux, mass), GAL_OK);
    for (int i = 0; i < N; i++) {
        for (int b = 0; b < NB; b++) {
            sum += (cot[b] + 0.1 * sin(i)) * log(flux[b * N + i]);
            if (gflux)
                gflux[b * N + i] = (cot[b] + 0.1 * sin(i)) / flux[b * N + i];
        }
        sum += cotmass * log(mass[i]);
        if (gmass)
            gmass[i] = cotmass / mass[i];
    }
    return sum;
}

static double difference(const gal_pop *d, const gal_pop_galaxies *g, double *v, double h)
{
    static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
    double keep = *v, sum = 0;
    for (int k = 0; k < 4; k++) {
        *v = keep + at[k] * h;
        sum += c[k] * loss(d, g, NULL, NULL) / (12 * h);
    }
    *v = keep;
    return sum;
}

static void gradients(void **state)
{
    (void)state;
    fill();
    for (int own = 0; own < 2; own++) {
        gal_pop *d = plan(own, false), *f = plan(own, true);
        gal_pop_galaxies g = all(own);
        double gflux[NB * N], gmass[N], gp[GAL_HISTORY_N * N], gl[N], gs[N], gz[N], gt[N], gd[GAL_POP_DUST_N * N],
            gb[3 * N], gq[N], gn[NN * N], gm[N], ge[GAL_SSP_ERROR_N], n32[NN * N], q32[N], flux[NB * N], again[NB * N];
        loss(d, &g, gflux, gmass);
        gal_pop_adjoint by = {
            .par = gp, .lgmet = gl, .scatter = gs, .burst = gb, .quench = gq, .node = gn, .merge = gm};
        if (own)
            by.z = gz, by.tobs = gt, by.dust = gd;
        assert_int_equal(gal_pop_vjp(d, &g, gflux, gmass, flux, &by), GAL_OK);
        assert_int_equal(gal_pop_flux(d, &g, again, NULL), GAL_OK);
        assert_memory_equal(flux, again, sizeof flux);
        assert_int_equal(gal_pop_error_vjp(d, &g, gn, ge), GAL_OK);
        struct {
            double *v, *g, h;
            int n;
        } a[] = {{par, gp, 1e-4, GAL_HISTORY_N * N},
                 {lgmet, gl, 1e-4, N},
                 {scatter, gs, 1e-4, N},
                 {burst, gb, 1e-4, 3 * N},
                 {quench, gq, 1e-5, N},
                 {offset, gn, 1e-3, NN * N},
                 {p, gm, 1e-4, N},
                 {error, ge, 1e-3, GAL_SSP_ERROR_N},
                 {red, gz, 1e-5, own ? N : 0},
                 {tobs, gt, 1e-5, own ? N : 0},
                 {dust, gd, 1e-4, own ? 4 * N : 0}};
        for (size_t k = 0; k < sizeof a / sizeof *a; k++) {
            double most = 0;
            for (int i = 0; i < a[k].n; i++)
                most = fmax(most, fabs(a[k].g[i]));
            for (int i = 0; i < a[k].n; i += 1 + a[k].n / 25) { /* central galaxies do not merge: p = 0 there */
                if (a[k].v == p && host[i] == (size_t)i) {
                    assert_true(gm[i] == 0);
                    continue;
                }
                double want = difference(d, &g, a[k].v + i, a[k].h);
                assert_true(fabs(a[k].g[i] - want) < 2e-7 * (most + 0.1));
            }
        }
        by.node = n32, by.quench = q32;
        assert_int_equal(gal_pop_vjp(f, &g, gflux, gmass, NULL, &by), GAL_OK);
        double most = 0, mostq = 0;
        for (int i = 0; i < NN * N; i++)
            most = fmax(most, fabs(gn[i])), mostq = fmax(mostq, fabs(gq[i % N]));
        for (int i = 0; i < NN * N; i++)
            assert_true(fabs(n32[i] - gn[i]) < 1e-4 * most && fabs(q32[i % N] - gq[i % N]) < 1e-3 * mostq);
        gal_pop_free(d);
        gal_pop_free(f);
    }
}

/* counts of galaxies that merge: those of their magnitudes; a satellite that has gone altogether is in no bin */
static void counts(void **state)
{
    (void)state;
    fill();
    p[1] = 1;
    gal_pop *d = plan(true, false);
    gal_pop_galaxies g = all(true);
    enum { BIN = 8 };
    double edge[BIN + 1], coef[NB] = {0, 1, 0}, colour[NB] = {1, -1, 0}, flux[NB * N], x[N], w[N], want[BIN], have[BIN],
                          gc[BIN];
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_OK);
    assert_true(flux[N + 1] == 0);
    double lo = 1e9, hi = -1e9;
    for (int i = 0; i < N; i++) {
        x[i] = -2.5 * log10(fmax(flux[N + i], 1e-290));
        w[i] = flux[i] > 0 ? gal_tw_cdf((-2.5 * log10(flux[i]) - x[i] - 0.02) / 0.4) : 0;
        lo = fmin(lo, x[i]), hi = i == 1 ? hi : fmax(hi, x[i]);
    }
    gal_linspace(lo, hi, BIN + 1, edge);
    gal_pop_axis axis = {coef, {BIN, edge, 0.3}};
    gal_pop_cut cut = {colour, 0.02, 0.4, false};
    gal_pop_count_spec s = {.axis = &axis, .naxis = 1, .cut = &cut, .ncut = 1};
    assert_int_equal(gal_soft_histogram(N, x, w, 0.3, BIN, edge, want), GAL_OK);
    assert_int_equal(gal_pop_count(d, &g, &s, have), GAL_OK);
    for (int i = 0; i < BIN; i++) {
        assert_true(fabs(have[i] - want[i]) < 1e-12 * N);
        gc[i] = sin(i + 1);
    }
    double gp[GAL_HISTORY_N * N], gm[N];
    gal_pop_adjoint by = {.par = gp, .merge = gm};
    assert_int_equal(gal_pop_count_vjp(d, &g, &s, gc, &by, NULL, NULL), GAL_OK);
    double *v[] = {par + 6 * N + 3, par + 4, par + N + 9, p + 6, p + 23},
           *gv[] = {gp + 6 * N + 3, gp + 4, gp + N + 9, gm + 6, gm + 23};
    for (int k = 0; k < 5; k++) {
        double keep = *v[k], sum = 0, h = 1e-4;
        static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
        for (int q = 0; q < 4; q++) {
            *v[k] = keep + at[q] * h;
            assert_int_equal(gal_pop_count(d, &g, &s, have), GAL_OK);
            for (int i = 0; i < BIN; i++)
                sum += c[q] * gc[i] * have[i] / (12 * h);
        }
        *v[k] = keep;
        assert_true(fabs(*gv[k] - sum) < 1e-6 * (1 + fabs(sum)));
    }
    gal_pop_free(d);
}

/* ------------------------------------------------------------------ bulge, disc, knots */
static double split[GAL_POP_SPLIT_N * N];
static void fill_split(void)
{
    fill();
    for (int i = 0; i < N; i++) {
        split[i] = 4 + 5 * i / (double)N, split[N + i] = 0.5 + 0.3 * sin(i), split[2 * N + i] = 0.15 + 0.1 * cos(i);
        split[3 * N + i] = i % 3 ? 0.15 : 0.002; /* knots that hold the burst, and knots that are lighter than it */
    }
}

static void parts_sum(void **state)
{
    (void)state;
    fill_split();
    for (int own = 0; own < 2; own++) {
        gal_pop *d = plan(own, false);
        gal_pop_galaxies g = all(own), alone;
        g.error = g.offset = NULL, g.merging = NULL;
        double flux[3 * NB * N], mass[3 * N], whole[NB * N], m[N], bulge[NB * N], mb[N], rates[N * NT];
        assert_int_equal(gal_pop_parts(d, &g, split, flux, mass), GAL_OK);
        assert_int_equal(gal_pop_flux(d, &g, whole, m), GAL_OK);
        for (int i = 0; i < N; i++)
            assert_int_equal(
                gal_bulge(NT, t, sfr + i * NT, split[i], split[N + i], split[2 * N + i], rates + i * NT, NULL), GAL_OK);
        alone = g;
        alone.sfr = rates, alone.burst = NULL;
        assert_int_equal(gal_pop_flux(d, &alone, bulge, mb), GAL_OK);
        for (int i = 0; i < N; i++) {
            double knots = split[3 * N + i] * (m[i] - mb[i]);
            assert_true(fabs(mass[i] / mb[i] - 1) < 1e-10 && fabs(mass[2 * N + i] / knots - 1) < 1e-8);
            assert_true(fabs((mass[i] + mass[N + i] + mass[2 * N + i]) / m[i] - 1) < 1e-14);
            for (int b = 0; b < NB; b++) {
                const double *f = flux + b * N + i;
                assert_true(fabs((f[0] + f[NB * N] + f[2 * NB * N]) / whole[b * N + i] - 1) < 1e-13);
                assert_true(fabs(f[0] / bulge[b * N + i] - 1) < 1e-9 && f[NB * N] > 0 && f[2 * NB * N] > 0);
            }
            /* knots are the bluest: they hold the burst */
            assert_true(flux[2 * NB * N + i] / mass[2 * N + i] > flux[i] / mass[i]);
        }
        gal_pop_free(d);
    }
}

static double parts_loss(const gal_pop *d, const gal_pop_galaxies *g, double *gflux, double *gmass)
{
    double flux[3 * NB * N], mass[3 * N], sum = 0;
    assert_int_equal(gal_pop_parts(d, g, split, flux, mass), GAL_OK);
    for (int k = 0; k < 3 * NB * N; k++) {
        double c = 1 + sin(k);
        sum += c * log(flux[k]);
        if (gflux)
            gflux[k] = c / flux[k];
    }
    for (int k = 0; k < 3 * N; k++) {
        double c = 0.5 * cos(k);
        sum += c * log(mass[k]);
        if (gmass)
            gmass[k] = c / mass[k];
    }
    return sum;
}

static double parts_difference(const gal_pop *d, const gal_pop_galaxies *g, double *v, double h)
{
    static const double at[4] = {1, -1, 2, -2}, c[4] = {8, -8, -1, 1};
    double keep = *v, sum = 0;
    for (int k = 0; k < 4; k++) {
        *v = keep + at[k] * h;
        sum += c[k] * parts_loss(d, g, NULL, NULL) / (12 * h);
    }
    *v = keep;
    return sum;
}

static void parts_gradients(void **state)
{
    (void)state;
    fill_split();
    for (int mode = 0; mode < 3; mode++) { /* one redshift; each its own with dust; rates without a burst */
        bool own = mode == 1, table = mode == 2;
        gal_pop *d = plan(own, false);
        gal_pop_galaxies g = all(own);
        g.error = g.offset = NULL, g.merging = NULL;
        if (table)
            g.sfr = sfr, g.par = NULL, g.burst = NULL;
        double gflux[3 * NB * N], gmass[3 * N], gp[GAL_HISTORY_N * N], gr[N * NT], gl[N], gs[N], gz[N], gt[N],
            gd[GAL_POP_DUST_N * N], gb[3 * N], gq[N], gx[GAL_POP_SPLIT_N * N];
        parts_loss(d, &g, gflux, gmass);
        gal_pop_adjoint by = {.lgmet = gl, .scatter = gs, .quench = gq};
        if (table)
            by.sfr = gr;
        else
            by.par = gp, by.burst = gb;
        if (own)
            by.z = gz, by.tobs = gt, by.dust = gd;
        assert_int_equal(gal_pop_parts_vjp(d, &g, split, gflux, gmass, &by, gx), GAL_OK);
        struct {
            double *v, *g, h;
            int n;
        } a[] = {{par, gp, 1e-4, table ? 0 : GAL_HISTORY_N * N},
                 {lgmet, gl, 1e-4, N},
                 {scatter, gs, 1e-4, N},
                 {burst, gb, 1e-4, table ? 0 : 3 * N},
                 {quench, gq, 1e-5, N},
                 {split, gx, 1e-5, GAL_POP_SPLIT_N * N},
                 {red, gz, 1e-5, own ? N : 0},
                 {tobs, gt, 1e-5, own ? N : 0},
                 {dust, gd, 1e-4, own ? 4 * N : 0}};
        for (size_t k = 0; k < sizeof a / sizeof *a; k++) {
            double most = 0;
            for (int i = 0; i < a[k].n; i++)
                most = fmax(most, fabs(a[k].g[i]));
            for (int i = 0; i < a[k].n; i += 1 + a[k].n / 10) {
                double want = parts_difference(d, &g, a[k].v + i, a[k].h);
                assert_true(fabs(a[k].g[i] - want) <
                            1e-6 * (most + 0.1)); /* discs are differences of nearly equal light */
            }
        }
        for (int i = 3; table && i < N * NT; i += 311) { /* by logarithms: rates go over many decades */
            double v = sfr[i], want = parts_difference(d, &g, sfr + i, 1e-4 * v) * v;
            assert_true(v < 1e-6 || fabs(gr[i] * v - want) < 1e-6 * (1 + fabs(want)));
        }
        gal_pop_free(d);
    }
}

static void errors(void **state)
{
    (void)state;
    fill();
    gal_pop *d = plan(false, false);
    gal_pop_galaxies g = all(false);
    double flux[NB * N];
    quench[4] = NAN;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 5"));
    quench[4] = 6, offset[2 * N + 7] = INFINITY;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 8"));
    offset[2 * N + 7] = 0, p[2] = 1.2;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "probability"));
    p[2] = 0.5, error[5] = NAN;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), gal_ssp_error_params()[5].name));
    error[5] = 0, g.dust = dust;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EINVAL);
    g.dust = NULL, g.error = NULL;
    assert_int_equal(gal_pop_flux(d, &g, flux, NULL), GAL_EINVAL);
    gal_pop_adjoint by = {.node = flux};
    double many[3 * NB * N];
    fill_split();
    split[N + 3] = 1.4, g.offset = NULL;
    assert_int_equal(gal_pop_parts(d, &g, split, many, NULL), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "galaxy 4"));
    split[N + 3] = 0.4, g.error = error;
    assert_int_equal(gal_pop_parts(d, &g, split, many, NULL), GAL_EINVAL);
    g.error = NULL;
    assert_int_equal(gal_pop_vjp(d, &g, flux, NULL, NULL, &by), GAL_EINVAL);
    assert_int_equal(gal_pop_error_vjp(d, &g, flux, flux), GAL_EINVAL);
    gal_pop_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(peers),     cmocka_unit_test(values),
                                       cmocka_unit_test(gradients), cmocka_unit_test(counts),
                                       cmocka_unit_test(parts_sum), cmocka_unit_test(parts_gradients),
                                       cmocka_unit_test(errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
