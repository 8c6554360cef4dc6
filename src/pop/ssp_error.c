/* The error model of spectra of stellar populations: formulas in galua/ssp_error.h. The kernel has them in lanes (pop_error.h). */
#include "galua/ssp_error.h"

#include <string.h>

const double gal_ssp_error_wave[GAL_SSP_ERROR_NODES] = {1500, 2500, 3831, 4777, 6289, 7684};

enum { REDSHIFTS = 3, BANDS = 6, R_NODE = 4 };
#define K_MASS 5.0
#define K_Z    5.0

/* place of band b's step in the table, where r comes first, of the node it belongs to */
static const int node_of[BANDS] = {R_NODE, 0, 1, 2, 3, 5};

// clang-format off
#define STEP(zc, band, what, x0, lo, hi)                                                                                           \
    {zc "_" band "_logsm0", "[log10 Msun] mass of the step of " what, x0, 8, 15, 11.5, 0.1, -1, -1, 0, false},                     \
    {zc "_" band "_ylo", "[mag] " what " of low masses", lo, -0.8, 0.8, 0, 0.1, -1, -1, 0, false},                                 \
    {zc "_" band "_yhi", "[mag] " what " of high masses", hi, -0.8, 0.8, 0, 0.1, -1, -1, 0, false}

static const gal_soft_param table[GAL_SSP_ERROR_N] = {
    STEP("z0p0", "dr", "dm at 6289 A, z = 0", 9.37, -0.71, 0.05),
    STEP("z0p0", "dfr", "dm at 1500 A less that at 6289 A, z = 0", 10.0, 0.0, 0.0),
    STEP("z0p0", "dnr", "dm at 2500 A less that at 6289 A, z = 0", 8.98, -0.31, -0.28),
    STEP("z0p0", "dur", "dm at 3831 A less that at 6289 A, z = 0", 8.77, -0.37, -0.46),
    STEP("z0p0", "dgr", "dm at 4777 A less that at 6289 A, z = 0", 10.3, -0.07, 0.22),
    STEP("z0p0", "dir", "dm at 7684 A less that at 6289 A, z = 0", 10.19, -0.13, 0.27),
    STEP("z0p5", "dr", "dm at 6289 A, z = 0.5", 11.21, -0.15, 0.08),
    STEP("z0p5", "dfr", "dm at 1500 A less that at 6289 A, z = 0.5", 10.0, 0.0, 0.0),
    STEP("z0p5", "dnr", "dm at 2500 A less that at 6289 A, z = 0.5", 9.63, 0.56, -0.45),
    STEP("z0p5", "dur", "dm at 3831 A less that at 6289 A, z = 0.5", 10.25, 0.04, 0.20),
    STEP("z0p5", "dgr", "dm at 4777 A less that at 6289 A, z = 0.5", 10.99, 0.08, -0.16),
    STEP("z0p5", "dir", "dm at 7684 A less that at 6289 A, z = 0.5", 11.12, -0.15, 0.38),
    STEP("z1p1", "dr", "dm at 6289 A, z = 1.1", 10.61, 0.16, -0.20),
    STEP("z1p1", "dfr", "dm at 1500 A less that at 6289 A, z = 1.1", 9.97, -0.77, 0.07),
    STEP("z1p1", "dnr", "dm at 2500 A less that at 6289 A, z = 1.1", 10.91, 0.075, -0.085),
    STEP("z1p1", "dur", "dm at 3831 A less that at 6289 A, z = 1.1", 9.95, -0.73, 0.063),
    STEP("z1p1", "dgr", "dm at 4777 A less that at 6289 A, z = 1.1", 9.82, -0.68, 0.34),
    STEP("z1p1", "dir", "dm at 7684 A less that at 6289 A, z = 1.1", 10.0, 0.0, 0.0),
};
// clang-format on

const gal_soft_param *gal_ssp_error_params(void)
{
    return table;
}

/* shares Z[3] of the control redshifts at z, and their slopes */
static void redshifts(double z, double *Z, double *dZ)
{
    double a[5], b[5], c[5], s0 = gal_sigmoid(z, 0.5, K_Z, 0, 1, a), s1 = gal_sigmoid(z, 1, K_Z, 0, 1, b),
                             s2 = gal_sigmoid(z, 1.5, K_Z, 0, 1, c);
    Z[0] = (1 - s1) * (1 - s0), dZ[0] = -b[0] * (1 - s0) - (1 - s1) * a[0];
    Z[1] = (1 - s1) * s0 + s1 * (1 - s2), dZ[1] = -b[0] * s0 + (1 - s1) * a[0] + b[0] * (1 - s2) - s1 * c[0];
    Z[2] = s1 * s2, dZ[2] = b[0] * s2 + s1 * c[0];
}

void gal_ssp_error(const double *par, double logsm, double z, double *dm, double *bymass, double *byz)
{
    double Z[REDSHIFTS], dZ[REDSHIFTS], m[BANDS] = {0}, mm[BANDS] = {0}, mz[BANDS] = {0}, d[5];
    redshifts(z, Z, dZ);
    for (int j = 0; j < REDSHIFTS; j++)
        for (int b = 0; b < BANDS; b++) {
            const double *p = par + (j * BANDS + b) * 3;
            double x = gal_sigmoid(logsm, p[0], K_MASS, p[1], p[2], d);
            m[b] += Z[j] * x;
            mm[b] += Z[j] * d[0];
            mz[b] += dZ[j] * x;
        }
    for (int b = 0; b < BANDS; b++) {
        int k = node_of[b];
        dm[k] = m[b] + (b ? m[0] : 0);
        if (bymass)
            bymass[k] = mm[b] + (b ? mm[0] : 0);
        if (byz)
            byz[k] = mz[b] + (b ? mz[0] : 0);
    }
}

void gal_ssp_error_vjp(const double *par, double logsm, double z, const double *g, double *gp)
{
    double Z[REDSHIFTS], dZ[REDSHIFTS], all = 0, d[5];
    redshifts(z, Z, dZ);
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++)
        all += g[k];
    for (int j = 0; j < REDSHIFTS; j++)
        for (int b = 0; b < BANDS; b++) {
            const size_t at = (size_t)(j * BANDS + b) * 3;
            double gb = Z[j] * (b ? g[node_of[b]] : all);
            gal_sigmoid(logsm, par[at], K_MASS, par[at + 1], par[at + 2], d);
            gp[at] += gb * d[1];
            gp[at + 1] += gb * d[3];
            gp[at + 2] += gb * d[4];
        }
}

/* triweight step about x0, and its slope */
static double step(double x, double x0, double h, double *d)
{
    *d = gal_tw_pdf((x - x0) / h) / h;
    return gal_tw_cdf((x - x0) / h);
}

void gal_ssp_error_shares(double wave, double *w, double *dw)
{
    const double *x = gal_ssp_error_wave;
    double y[2 * GAL_SSP_ERROR_NODES] = {0}; /* shares, then slopes */
    for (int half = 0; half < 2; half++) {   /* nodes 0 1 2, then 2 3 4: smooth between three */
        const double *u = x + 2 * half;
        double da, db, dc, a = step(wave, (u[0] + u[1]) / 2, (u[1] - u[0]) / 3, &da),
                           b = step(wave, (u[1] + u[2]) / 2, (u[2] - u[1]) / 3, &db),
                           c = step(wave, u[1], (u[2] - u[0]) / 6, &dc);
        double s[3] = {(1 - c) * (1 - a), (1 - c) * a + c * (1 - b), c * b},
               ds[3] = {-dc * (1 - a) - (1 - c) * da, -dc * a + (1 - c) * da + dc * (1 - b) - c * db, dc * b + c * db};
        double dd, d = step(wave, x[2], (x[3] - x[1]) / 3, &dd), f = half ? d : 1 - d, df = half ? dd : -dd;
        for (int k = 0; k < 3; k++) {
            y[2 * half + k] += f * s[k];
            y[GAL_SSP_ERROR_NODES + 2 * half + k] += df * s[k] + f * ds[k];
        }
    }
    double de, e = step(wave, (x[4] + x[5]) / 2, (x[5] - x[4]) / 3, &de);
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++) {
        w[k] = (1 - e) * y[k] + (k == 5 ? e : 0);
        if (dw)
            dw[k] = (1 - e) * y[GAL_SSP_ERROR_NODES + k] - de * y[k] + (k == 5 ? de : 0);
    }
}
