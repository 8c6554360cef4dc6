/* synthetic.c - templates of a sky that is nobody's, so that everything works without data.
 *
 * Large scales: a + b exp(-|sin lat|/h) terms with a disc that is brighter towards longitude 0, and a loop; polarisation perpendicular to a
 * uniform magnetic field. Small scales: Gaussian fields with the slopes published for the real sky (Pan-Experiment Galactic Science
 * Group 2025: dust TT, EE, BB: D_l ~ l^-0.8, -0.42, -0.54, synchrotron -1, -0.84, -0.76; indices C_l ~ l^-1.96, -2.47, -2.61), added to the
 * logarithm of the polarisation fraction tensor, so intensity is positive and polarised fractions stay below one. Coefficients depend on
 * seed, template, l and m alone: the same sky at every nside, with l <= min(2 nside, 3000). */
#include "galua/rng.h"
#include "galua/skysim.h"

#include <math.h>
#include <string.h>

enum { LMAX = 3000, PURPOSE = 0x73796e74 }; /* "synt" */
typedef enum kind { POSITIVE, STOKES, BOUNDED, GAUSSIAN } kind;

typedef struct recipe {
    const char *name, *unit;
    kind kind;
    /* POSITIVE, STOKES: (floor + thin disc + thick disc + loop) exp(g); BOUNDED: floor + thin tanh(g); GAUSSIAN: thin g */
    double floor, thin, thin_h, thick, thick_h, loop;
    double rms[3], slope[3], first; /* of g: C_l ~ l^slope from l about `first`; of T, E, B */
    double polarised;               /* largest fraction */
    double scale;                   /* STOKES: Q and U times this: their reference frequency is another */
    int shares;                     /* fields that are correlated as in the real sky share the g of this row */
} recipe;

// clang-format off
static const recipe LIST[] = {
    {"dust_IQU", "uK_RJ", STOKES, 18, 900, 0.025, 120, 0.13, 0, {0.55, 0.06, 0.05}, {-2.8, -2.42, -2.54}, 12, 0.12, 0.6717, -1},
    {"dust353_IQU", "uK_RJ", STOKES, 12.1, 605, 0.025, 80.6, 0.13, 0, {0.55, 0.06, 0.05}, {-2.8, -2.42, -2.54}, 12, 0.12, 1, 0},
    {"dust_beta", "", BOUNDED, 1.54, 0.09, 0, 0, 0, 0, {0.6}, {-1.96}, 3, 0, 1, -1},
    {"dust_T", "K", BOUNDED, 20, 3.5, 0, 0, 0, 0, {0.7}, {-2.47}, 3, 0, 1, -1},
    {"dust_beta_wide", "", BOUNDED, 1.59, 0.4, 0, 0, 0, 0, {0.6}, {-1.96}, 3, 0, 1, -1},
    {"dust2_IQU", "uK_RJ", STOKES, 1.5, 80, 0.03, 12, 0.15, 0, {0.5, 0.06, 0.05}, {-2.8, -2.42, -2.54}, 12, 0.1, 0.8, -1},
    {"dust2_beta", "", BOUNDED, 1.7, 0.06, 0, 0, 0, 0, {0.6}, {-1.96}, 3, 0, 1, -1},
    {"dust2_T", "K", BOUNDED, 12, 1.5, 0, 0, 0, 0, {0.7}, {-2.47}, 3, 0, 1, -1},
    {"synch_IQU", "uK_RJ", STOKES, 1.1e7, 2.4e8, 0.03, 4e7, 0.2, 2.2e7, {0.35, 0.06, 0.05}, {-3, -2.84, -2.76}, 6, 0.25, 5.5819e-6, -1},
    {"synch23_IQU", "uK_RJ", STOKES, 61.4, 1340, 0.03, 223, 0.2, 123, {0.35, 0.06, 0.05}, {-3, -2.84, -2.76}, 6, 0.25, 1, 8},
    {"synch_beta", "", BOUNDED, -3.05, 0.18, 0, 0, 0, 0, {0.5}, {-2.61}, 3, 0, 1, -1},
    {"synch_beta_shift", "", BOUNDED, -3.1, 0.18, 0, 0, 0, 0, {0.5}, {-2.61}, 3, 0, 1, 10},
    {"synch_curvature", "", BOUNDED, -0.058, 0.012, 0, 0, 0, 0, {0.5}, {-3}, 3, 0, 1, -1},
    {"freefree_I", "uK_RJ", POSITIVE, 3, 700, 0.014, 40, 0.06, 0, {0.8}, {-2.8}, 12, 0, 1, -1},
    {"ame_I", "uK_RJ", POSITIVE, 30, 1400, 0.025, 190, 0.13, 0, {0.5}, {-2.8}, 12, 0, 1, 0},
    {"ame2_I", "uK_RJ", POSITIVE, 2, 120, 0.025, 16, 0.13, 0, {0.5}, {-2.8}, 12, 0, 1, 0},
    {"ame_peak", "GHz", BOUNDED, 21, 4, 0, 0, 0, 0, {0.6}, {-2.5}, 3, 0, 1, -1},
    {"co10_I", "K_CMB", POSITIVE, 1e-9, 5e-5, 0.012, 2e-6, 0.05, 0, {1.1}, {-2.5}, 12, 0, 1, -1},
    {"co21_I", "K_CMB", POSITIVE, 1e-9, 4e-5, 0.012, 1.6e-6, 0.05, 0, {1.1}, {-2.5}, 12, 0, 1, 17},
    {"co32_I", "K_CMB", POSITIVE, 1e-9, 2.4e-5, 0.012, 8e-7, 0.05, 0, {1.1}, {-2.5}, 12, 0, 1, 17},
    {"co_clouds_I", "K_CMB", POSITIVE, 1e-9, 0, 1, 1e-8, 0.5, 0, {1.5}, {-2}, 20, 0, 1, -1},
    {"angle", "rad", BOUNDED, 0, 1.5, 0, 0, 0, 0, {0.8}, {-2.5}, 2, 0, 1, -1},
    {"depolarisation", "", BOUNDED, 0.5, 0.4, 0, 0, 0, 0, {0.8}, {-2.5}, 2, 0, 1, -1},
    {"cib_I", "MJy/sr", POSITIVE, 0.35, 0, 1, 0, 1, 0, {0.12}, {-1.2}, 2, 0, 1, -1},
    {"radio_I", "Jy/sr", POSITIVE, 1500, 0, 1, 0, 1, 0, {0.6}, {-0.2}, 2, 0, 1, -1},
    {"radio_background_IQU", "uK_RJ", STOKES, 0.3, 0, 1, 0, 1, 0, {0.6, 0.01, 0.01}, {-0.2, -0.2, -0.2}, 2, 0, 1, -1},
    {"compton_y", "", POSITIVE, 1.2e-6, 0, 1, 0, 1, 0, {0.7}, {-1.4}, 30, 0, 1, -1},
    {"dust_T_error", "K", BOUNDED, 1, 0.5, 0, 0, 0, 0, {0.7}, {-1}, 3, 0, 1, -1},
    {"dust_beta_error", "", BOUNDED, 0.05, 0.02, 0, 0, 0, 0, {0.7}, {-1}, 3, 0, 1, -1},
    {"ksz_I", "uK_CMB", GAUSSIAN, 0, 2.5, 0, 0, 0, 0, {1}, {-2}, 300, 0, 1, -1},
};
// clang-format on
enum { COUNT = sizeof LIST / sizeof *LIST };

const char *const *gal_synthetic_names(void)
{
    static const char *names[COUNT + 1];
    for (int i = 0; i < COUNT; i++)
        names[i] = LIST[i].name;
    return names;
}

static double power(const recipe *r, int c, int l)
{
    double x = l / r->first;
    return l < 2 ? 0 : pow(l, r->slope[c]) * -expm1(-x * x);
}

/* a[2 alm_size(lmax)]: standard deviation r->rms[c] when all l <= LMAX are there */
static void coefficients(const recipe *r, int stream, int c, uint64_t seed, int lmax, double *a)
{
    double norm = 0;
    for (int l = 2; l <= LMAX; l++)
        norm += (2 * l + 1) / (4 * M_PI) * power(r, c, l);
    double amplitude = r->rms[c] / sqrt(norm);
#pragma omp parallel for schedule(dynamic, 16)
    for (int m = 0; m <= lmax; m++) {
        gal_rng g;
        gal_rng_init(&g, seed, PURPOSE, (uint64_t)stream, (uint64_t)c, (uint64_t)m);
        for (int l = m; l <= lmax; l++) {
            double s = amplitude * sqrt(power(r, c, l)), x = gal_rng_normal(&g), y = gal_rng_normal(&g);
            double *at = a + 2 * gal_alm_index(lmax, l, m);
            at[0] = m ? s * x * M_SQRT1_2 : s * x;
            at[1] = m ? s * y * M_SQRT1_2 : 0;
        }
    }
}

static double
loop(const double v[3]) /* a ring of radius 58 deg about (329, 17.5), northern half (Loop I: Berkhuijsen et al. 1971) */
{
    static const double l = 329 * M_PI / 180, b = 17.5 * M_PI / 180;
    double c = v[0] * cos(b) * cos(l) + v[1] * cos(b) * sin(l) + v[2] * sin(b);
    double x = (acos(c > 1 ? 1 : c < -1 ? -1 : c) - 58 * M_PI / 180) / (4 * M_PI / 180);
    return exp(-0.5 * x * x) / (1 + exp(-v[2] / 0.05));
}

static double large(const recipe *r, const double v[3])
{
    double s = fabs(v[2]), c = s < 1 ? v[0] / sqrt(1 - s * s) : 0,
           disc = 0.3 + 0.7 * pow(c > -1 ? 0.5 * (1 + c) : 0, 1.5);
    return r->floor + r->thin * exp(-s / r->thin_h) * disc + r->thick * exp(-s / r->thick_h) * (0.5 + 0.5 * disc) +
           (r->loop > 0 ? r->loop * loop(v) : 0);
}

/* Polarised fraction and angle of grains or electrons in a uniform field: perpendicular to it. Axes: south, east. */
static void geometry(double theta, double phi, double most, double *q, double *u)
{
    static const double l = 70 * M_PI / 180, b = 8 * M_PI / 180;
    const double field[3] = {cos(b) * cos(l), cos(b) * sin(l), sin(b)};
    const double south[3] = {cos(theta) * cos(phi), cos(theta) * sin(phi), -sin(theta)},
                 east[3] = {-sin(phi), cos(phi), 0};
    double x = 0, y = 0;
    for (int i = 0; i < 3; i++) {
        x += field[i] * south[i];
        y += field[i] * east[i];
    }
    *q = most * (y * y - x * x);
    *u = most * -2 * x * y;
}

static void finish(const recipe *r, gal_skymap *m, float *const *out)
{
    double variance = r->rms[0] * r->rms[0];
#pragma omp parallel for schedule(static)
    for (int64_t k = 0; k < m->npix; k++) {
        double v[3], theta, phi, g = ((double *)m->data[0])[k];
        if (r->kind == BOUNDED || r->kind == GAUSSIAN) {
            out[0][k] = (float)(r->kind == BOUNDED ? r->floor + r->thin * tanh(g) : r->thin * g);
            continue;
        }
        gal_healpix_pix2vec(m->nside, GAL_RING, k, v);
        double I = large(r, v) * exp(g - 0.5 * variance);
        if (r->kind == POSITIVE) {
            out[0][k] = (float)I;
            continue;
        }
        gal_healpix_pix2ang(m->nside, GAL_RING, k, &theta, &phi);
        double q, u, i = 0;
        geometry(theta, phi, r->polarised, &q, &u);
        double p = sqrt(q * q + u * u), f = p > 0 ? atanh(p) / p : 1;
        q = q * f + ((double *)m->data[1])[k];
        u = u * f + ((double *)m->data[2])[k];
        gal_logpoltens_inverse(1, &i, &q, &u); /* I cosh p, so divide: I stays what it is */
        out[0][k] = (float)I;
        out[1][k] = (float)(r->scale * I * q / i);
        out[2][k] = (float)(r->scale * I * u / i);
    }
}

gal_status gal_synthetic(const char *what, int64_t nside, uint64_t seed, float *const *out, char unit[24])
{
    gal_status st = GAL_OK;
    gal_alm *a = NULL;
    gal_skymap *m = NULL;
    const recipe *r = NULL;
    for (int i = 0; i < COUNT; i++)
        r = strcmp(LIST[i].name, what) == 0 ? &LIST[i] : r;
    if (!r) {
        char hint[80];
        gal_did_you_mean(hint, sizeof hint, what, gal_synthetic_names(), COUNT);
        return gal_fail(GAL_ENOTFOUND, "no synthetic template '%s'%s", what, hint);
    }
    GAL_TRY(gal_healpix_check(nside, GAL_RING));
    int lmax = 2 * nside < LMAX ? (int)(2 * nside) : LMAX, n = r->kind == STOKES ? 3 : 1;
    GAL_TRY(gal_alm_create(&a, lmax, n));
    for (int c = 0; c < n; c++)
        coefficients(r, r->shares >= 0 ? r->shares : (int)(r - LIST), c, seed, lmax, a->a[c]);
    GAL_TRY(gal_skymap_create(&m, nside, GAL_RING, n, false, NULL, 0));
    GAL_TRY(gal_alm2map(a, m));
    gal_alm_free(a);
    a = NULL;
    finish(r, m, out);
    strcpy(unit, r->unit);
out:
    gal_alm_free(a);
    gal_skymap_free(m);
    return st;
}

gal_status gal_synthetic_sources(size_t n, uint64_t seed, double *theta, double *phi, double *flux, double *polflux)
{
    const double x0 = log(100);
    gal_rng r;
    gal_rng_init(&r, seed, PURPOSE, 1000, 0, 0);
    for (size_t k = 0; k < n; k++) {
        theta[k] = acos(1 - 2 * gal_rng_uniform(&r));
        phi[k] = 2 * M_PI * gal_rng_uniform(&r);
        double s = 1e-3 * pow(gal_rng_uniform(&r), -1 / 1.2), a = -0.5 + 0.3 * gal_rng_normal(&r),
               p = 0.03 * gal_rng_uniform(&r);
        s = s < 50 ? s : 50;
        /* s (1 + a d + a^2 d^2/2), d = ln nu - x0: the power law nu^a to second order, positive everywhere */
        double c[3] = {0.5 * a * a * s, (a - a * a * x0) * s, (1 - a * x0 + 0.5 * a * a * x0 * x0) * s};
        for (int j = 0; j < 3; j++) {
            flux[(size_t)j * n + k] = c[j];
            polflux[(size_t)j * n + k] = p * c[j];
        }
    }
    return GAL_OK;
}
