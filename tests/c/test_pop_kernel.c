/* The population kernel against the functions of galua/dsps.h, one galaxy at a time, and against a long double sum: fluxes, masses, gradients by
 * every input; float64 and float32; t_obs on a node, just after one, early and late; late starters and quiet galaxies; any number of
 * threads and bands; what is refused. */
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

enum { NT = 60, NA = 107, NZ = 12, NB = 8, N = 333 };
static double t[NT], lgage[NA], lgmet[NZ], cell[NB * NZ * NA], sfr[N * NT], par[GAL_HISTORY_N * N], lgm[N], scat[N],
    gflux[NB * N];
#define LT0 log10(13.8)
#define FB  0.156

static double uniform(uint64_t *s) /* a small generator of its own */
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return (double)(*s >> 11) * 0x1p-53;
}
static double normal(uint64_t *s)
{
    double x = -6;
    for (int i = 0; i < 12; i++)
        x += uniform(s);
    return x;
}

static int setup(void **state)
{
    (void)state;
    uint64_t s = 7;
    gal_linspace(0.05, 13.7, NT, t);
    gal_linspace(-3.5, 1.175, NA, lgage);
    gal_linspace(-4.5, -1.35, NZ, lgmet);
    for (int b = 0; b < NB; b++)
        for (int z = 0; z < NZ; z++)
            for (int a = 0; a < NA; a++)
                cell[(b * NZ + z) * NA + a] = (1 + 0.1 * normal(&s)) * pow(10, -0.8 * (lgage[a] + 3.5)) *
                                              pow(10, 0.2 * b - 9) * exp(-0.3 * lgmet[z]);
    for (int i = 0; i < N; i++) {
        double amp = exp(0.5 * normal(&s)), tau = exp(1 + 0.5 * normal(&s));
        double start = i % 7 == 3 ? 4 * uniform(&s) : 0;
        for (int k = 0; k < NT; k++)
            sfr[i * NT + k] = t[k] <= start ? 0 : i % 11 == 5 ? 1e-12 : amp * t[k] * exp(-t[k] / tau);
        lgm[i] = -2.2 + 0.35 * normal(&s);
        lgm[i] = lgm[i] > -0.9 ? -0.9 : lgm[i];
        scat[i] = 0.2 + 0.1 * uniform(&s);
        const double width[GAL_HISTORY_N] = {0.6, 0.1, 0.3, 0.05, 2.5, 0.3, 0.3, 0.3, 0.3, 0.2, 0.15, 0.3, 0.1};
        for (int q = 0; q < GAL_HISTORY_N; q++) {
            double def = q < GAL_DIFFMAH_N ? gal_diffmah_params()[q].def : gal_diffstar_params()[q - GAL_DIFFMAH_N].def;
            par[q * N + i] = def + width[q] * normal(&s);
        }
        par[GAL_MAH_TPEAK * N + i] = 3 + 12 * uniform(&s);
    }
    for (int i = 0; i < NB * N; i++)
        gflux[i] = normal(&s) * pow(10, 0.2 * (i % N) / N);
    return 0;
}

static gal_pop *plan(double tobs, bool single)
{
    gal_pop *p = NULL;
    gal_pop_spec spec = {.nt = NT,
                         .na = NA,
                         .nz = NZ,
                         .nb = NB,
                         .t = t,
                         .lgage = lgage,
                         .lgmet = lgmet,
                         .cell = cell,
                         .tobs = tobs,
                         .lt0 = LT0,
                         .fb = FB,
                         .single = single};
    assert_int_equal(gal_pop_create(&p, &spec), GAL_OK);
    return p;
}

/* One galaxy by the plain functions: flux[NB] and, of g = gflux of that galaxy, the gradients */
static void plain(double tobs, int i, const double *s, double *flux, double *mass, double *gs, double *gx,
                  double *gscat)
{
    double w[NA], p[NZ], dx[NZ], ds[NZ], gw[NA] = {0}, gm = 0;
    assert_int_equal(gal_dsps_age_weights(NT, t, s, NA, lgage, tobs, w, mass), GAL_OK);
    assert_int_equal(gal_dsps_met_weights(lgm[i], scat[i], NZ, lgmet, p, dx, ds), GAL_OK);
    *gx = *gscat = 0;
    for (int b = 0; b < NB; b++) {
        double g = gflux[b * N + i];
        flux[b] = 0;
        for (int z = 0; z < NZ; z++)
            for (int a = 0; a < NA; a++) {
                double c = cell[(b * NZ + z) * NA + a];
                flux[b] += *mass * p[z] * w[a] * c;
                gw[a] += g * *mass * p[z] * c;
                *gx += g * *mass * dx[z] * w[a] * c;
                *gscat += g * *mass * ds[z] * w[a] * c;
            }
        gm += g * flux[b] / *mass;
    }
    assert_int_equal(gal_dsps_age_weights_vjp(NT, t, s, NA, lgage, tobs, gw, gm, gs, NULL), GAL_OK);
}

static double worst(const double *a, const double *b, int n) /* largest difference over the largest of b */
{
    double d = 0, m = 0;
    for (int i = 0; i < n; i++) {
        d = fabs(a[i] - b[i]) > d || isnan(a[i]) ? fabs(a[i] - b[i]) : d;
        m = fabs(b[i]) > m ? fabs(b[i]) : m;
    }
    return d / m;
}

static const double times[6] = {0.31, 1.0, 0, 0, 9, 13.5}; /* 0: node 20, and a hair after it */
static double time_of(int k)
{
    return k == 2 ? t[20] : k == 3 ? t[20] + 1e-5 : times[k];
}

/* tables: flux 1e-10 where the plain differences of masses lose digits in the young bins, float32 1e-5; gradients in the largest norm of a galaxy */
static void tables(void **state)
{
    (void)state;
    static double flux[NB * N], mass[N], gs[N * NT], gx[N], gsc[N];
    for (int k = 0; k < 6; k++)
        for (int single = 0; single < 2; single++) {
            gal_pop *p = plan(time_of(k), single);
            gal_pop_galaxies g = {.n = N, .sfr = sfr, .lgmet = lgm, .scatter = scat};
            assert_int_equal(gal_pop_flux(p, &g, flux, mass), GAL_OK);
            assert_int_equal(gal_pop_vjp(p, &g, gflux, NULL, NULL,
                                         &(gal_pop_adjoint){.sfr = gs, .par = NULL, .lgmet = gx, .scatter = gsc}),
                             GAL_OK);
            double tolf = single ? 1e-5 : 1e-9, tolg = single ? 1e-3 : 2e-8;
            for (int i = 0; i < N; i += 3) {
                double f[NB], m, gp[NT], px, ps, quiet = 0;
                for (int q = 0; q < NT && t[q] <= time_of(k); q++)
                    quiet += sfr[i * NT + q];
                if (quiet < 1e-9) /* nothing but the floor formed by then: the plain differences have no digits */
                    continue;
                plain(time_of(k), i, sfr + i * NT, f, &m, gp, &px, &ps);
                CLOSE(mass[i], m, tolf);
                for (int b = 0; b < NB; b++)
                    CLOSE(flux[b * N + i], f[b], tolf);
                double d = worst(gs + i * NT, gp, NT);
                if (!(d < tolg))
                    printf("t_obs %g float%d galaxy %d: gradient off by %g\n", time_of(k), single ? 32 : 64, i, d);
                assert_true(d < tolg);
                double big = fabs(px) + fabs(ps) + 1e-3 * fabs(m * f[0] / m);
                assert_true(fabs(gx[i] - px) < tolg * big && fabs(gsc[i] - ps) < tolg * big);
            }
            gal_pop_free(p);
        }
}

/* flux of galaxy i in long double, straight from the definition */
static long double exact(double tobs, const double *s, double x, double sc, int b)
{
    long double m[NT], tp = 0.001L, sp = 1e-14L, sum = 0, M[NA + 1], S, mobs = 0, flux = 0;
    double e[NA + 1], ez[NZ + 1];
    for (int k = 0; k < NT; k++) {
        long double v = s[k] > 1e-14 ? s[k] : 1e-14L;
        m[k] = sum += 0.5e9L * (t[k] - tp) * (v + sp);
        tp = t[k], sp = v;
    }
    gal_dsps_age_edges(lgage, NA, e);
    gal_dsps_met_edges(lgmet, NZ, ez);
    for (int i = -1; i <= NA; i++) {
        long double tb = i < 0 ? (long double)tobs : (long double)tobs - powl(10, e[i]), r;
        if (tb < 0.001L)
            tb = 0.001L;
        if (tb <= t[0])
            r = m[0];
        else {
            int k = 1;
            while (k < NT - 1 && t[k] <= tb)
                k++;
            r = m[k - 1] * expl(logl(m[k] / m[k - 1]) * logl(tb / t[k - 1]) / logl((long double)t[k] / t[k - 1]));
        }
        if (i < 0)
            mobs = r;
        else
            M[i] = r;
    }
    S = M[0] - M[NA];
    for (int z = 0; z < NZ; z++) {
        long double p = gal_tw_cdf((x - ez[z]) / sc) - gal_tw_cdf((x - ez[z + 1]) / sc);
        for (int a = 0; a < NA; a++)
            flux += p * (M[a] - M[a + 1]) / S * cell[(b * NZ + z) * NA + a];
    }
    return flux * mobs;
}

/* every kind of galaxy, quiet ones too: 1e-12 in float64, 1e-5 in float32 */
static void against_long_double(void **state)
{
    (void)state;
    static double flux[NB * N];
    for (int k = 0; k < 6; k++)
        for (int single = 0; single < 2; single++) {
            gal_pop *p = plan(time_of(k), single);
            gal_pop_galaxies g = {.n = N, .sfr = sfr, .lgmet = lgm, .scatter = scat};
            assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
            for (int i = 0; i < N; i += 5)
                CLOSE(flux[2 * N + i], (double)exact(time_of(k), sfr + i * NT, lgm[i], scat[i], 2),
                      single ? 1e-5 : 1e-12);
            gal_pop_free(p);
        }
}

/* Diffmah and Diffstar in the lanes against their plain functions and the gradient on tables chained to parameters */
static void parameters(void **state)
{
    (void)state;
    static double flux[NB * N], ftab[NB * N], tab[N * NT], jac[NT * GAL_HISTORY_N], gp[GAL_HISTORY_N * N], gs[N * NT],
        gx[N], gx2[N];
    for (int i = 0; i < N; i++) {
        double m[GAL_HISTORY_N];
        for (int q = 0; q < GAL_HISTORY_N; q++)
            m[q] = par[q * N + i];
        gal_diffstar(m, m + GAL_DIFFMAH_N, LT0, FB, NT, t, tab + i * NT, NULL);
    }
    for (int k = 0; k < 6; k++)
        for (int single = 0; single < 2; single++) {
            gal_pop *p = plan(time_of(k), single), *q = plan(time_of(k), false);
            gal_pop_galaxies g = {.n = N, .par = par, .lgmet = lgm, .scatter = scat},
                             h = {.n = N, .sfr = tab, .lgmet = lgm, .scatter = scat};
            assert_int_equal(gal_pop_vjp(p, &g, gflux, NULL, flux,
                                         &(gal_pop_adjoint){.sfr = NULL, .par = gp, .lgmet = gx, .scatter = NULL}),
                             GAL_OK);
            assert_int_equal(gal_pop_vjp(q, &h, gflux, NULL, ftab,
                                         &(gal_pop_adjoint){.sfr = gs, .par = NULL, .lgmet = gx2, .scatter = NULL}),
                             GAL_OK);
            double tol = single ? 2e-5 : 1e-11, tolg = single ? 2e-4 : 1e-9;
            for (int i = 0; i < NB * N; i++)
                CLOSE(flux[i], ftab[i], tol);
            assert_true(worst(gx, gx2, N) < tolg);
            for (int i = 0; i < N; i += 4) {
                double m[GAL_HISTORY_N], s[NT], want[GAL_HISTORY_N] = {0}, got[GAL_HISTORY_N];
                for (int c = 0; c < GAL_HISTORY_N; c++)
                    m[c] = par[c * N + i], got[c] = gp[c * N + i];
                gal_diffstar(m, m + GAL_DIFFMAH_N, LT0, FB, NT, t, s, jac);
                for (int j = 0; j < NT; j++)
                    for (int c = 0; c < GAL_HISTORY_N; c++)
                        want[c] += gs[i * NT + j] * jac[j * GAL_HISTORY_N + c];
                assert_true(worst(got, want, GAL_HISTORY_N) < tolg);
            }
            gal_pop_free(p);
            gal_pop_free(q);
        }
}

/* the same bits at any number of threads; a subset alone, in other lanes, to rounding; one band of many */
static void any_threads(void **state)
{
    (void)state;
    enum { BIG = 3000 };
    static double bp[GAL_HISTORY_N * BIG], bx[BIG], bs[BIG], f1[NB * BIG], f2[NB * BIG], g1[GAL_HISTORY_N * BIG],
        g2[GAL_HISTORY_N * BIG], gf[NB * BIG];
    for (int i = 0; i < BIG; i++) {
        for (int q = 0; q < GAL_HISTORY_N; q++)
            bp[q * BIG + i] = par[q * N + i % N];
        bx[i] = lgm[(7 * i) % N], bs[i] = 0.2;
    }
    for (int i = 0; i < BIG; i++)
        gf[7 * BIG + i] = 1; /* the other bands have no part in the loss */
    gal_pop *p = plan(9, false);
    gal_pop_galaxies g = {.n = BIG, .par = bp, .lgmet = bx, .scatter = bs};
    int before = gal_threads();
    gal_threads_set(1);
    assert_int_equal(
        gal_pop_vjp(p, &g, gf, NULL, f1, &(gal_pop_adjoint){.sfr = NULL, .par = g1, .lgmet = NULL, .scatter = NULL}),
        GAL_OK);
    gal_threads_set(3);
    assert_int_equal(
        gal_pop_vjp(p, &g, gf, NULL, f2, &(gal_pop_adjoint){.sfr = NULL, .par = g2, .lgmet = NULL, .scatter = NULL}),
        GAL_OK);
    gal_threads_set(before);
    assert_memory_equal(f1, f2, sizeof f1);
    assert_memory_equal(g1, g2, sizeof g1);
    for (int i = 0; i < BIG; i++) /* flux is linear in 10^lgy */
        CLOSE(g1[(GAL_DIFFMAH_N + GAL_STAR_LGY) * BIG + i], log(10) * f1[7 * BIG + i], 1e-10);
    double one[GAL_HISTORY_N], f[NB];
    for (int q = 0; q < GAL_HISTORY_N; q++)
        one[q] = bp[q * BIG + 1234];
    gal_pop_galaxies lone = {.n = 1, .par = one, .lgmet = bx + 1234, .scatter = bs};
    assert_int_equal(gal_pop_flux(p, &lone, f, NULL), GAL_OK);
    for (int b = 0; b < NB; b++)
        CLOSE(f[b], f1[b * BIG + 1234], 1e-13);
    gal_pop_free(p);
}

static void refused(gal_status st, const char *word)
{
    assert_true(st == GAL_EDOMAIN || st == GAL_EFORMAT || st == GAL_EINVAL);
    if (!strstr(gal_error_message(), word))
        printf("no '%s' in: %s\n", word, gal_error_message());
    assert_non_null(strstr(gal_error_message(), word));
}

static void bad_galaxies(void **state)
{
    (void)state;
    double s[3 * NT], x[3] = {-2, -2, -2}, sc[3] = {0.2, 0.2, 0.2}, flux[NB * 3];
    for (int i = 0; i < 3 * NT; i++)
        s[i] = 1;
    gal_pop *p = plan(9, false), *none = NULL;
    gal_pop_galaxies g = {.n = 3, .sfr = s, .lgmet = x, .scatter = sc};
    assert_int_equal(gal_pop_flux(p, &g, flux, NULL), GAL_OK);
    x[1] = 0.1;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: lgmet = 0.1");
    x[1] = NAN;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: lgmet = nan");
    x[1] = -2, sc[2] = 0;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 3: scatter");
    sc[2] = 0.2, s[NT + 4] = -3;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: a star formation rate of -3");
    s[NT + 4] = NAN;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: a star formation rate of nan");
    memset(s + NT, 0, NT * sizeof *s);
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 2: no stars form");
    double q[GAL_HISTORY_N];
    for (int i = 0; i < GAL_HISTORY_N; i++)
        q[i] = par[i * N];
    g = (gal_pop_galaxies){.n = 1, .par = q, .lgmet = x, .scatter = sc};
    q[GAL_MAH_TPEAK] = -1;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 1: t_peak = -1");
    q[GAL_MAH_TPEAK] = INFINITY;
    refused(gal_pop_flux(p, &g, flux, NULL), "galaxy 1: a parameter of the history is inf");
    g.par = NULL;
    refused(gal_pop_flux(p, &g, flux, NULL), "histories");
    gal_pop_free(p);
    gal_pop_spec spec = {.nt = NT,
                         .na = NA,
                         .nz = NZ,
                         .nb = NB,
                         .t = t,
                         .lgage = lgage,
                         .lgmet = lgmet,
                         .cell = cell,
                         .tobs = 14,
                         .lt0 = LT0,
                         .fb = FB};
    refused(gal_pop_create(&none, &spec), "t_obs = 14");
    assert_null(none);
    spec.tobs = 9, spec.fb = 0;
    refused(gal_pop_create(&none, &spec), "baryon");
    double bad[NT];
    memcpy(bad, t, sizeof bad);
    bad[9] = bad[8];
    spec.fb = FB, spec.t = bad;
    refused(gal_pop_create(&none, &spec), "times");
    spec.t = t, cell[5] = -1;
    refused(gal_pop_create(&none, &spec), "age 6");
    cell[5] = 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),      cmocka_unit_test(against_long_double), cmocka_unit_test(parameters),
        cmocka_unit_test(any_threads), cmocka_unit_test(bad_galaxies),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
