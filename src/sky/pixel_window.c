/* Pixel windows of HEALPix: the rms over all pixels of the transform of a pixel (galua/alm.h). Up to nside 128 the published tables, to
 * 2e-13 where nside is a power of two. Between them, and above from nside 64 and 128, the window at fixed (l(l+1) - spin^2) / nside^2 is
 * linear in 1/nside: above 128 within 1e-5 of the published tables, which are extrapolations, too. */
#include "galua/alm.h"
#include "sky/pixel_window_table.h"

#include <math.h>

static double series(const double *c, double x)
{
    double b = 0, d = 0;
    for (int k = WINDOW_TERMS - 1; k > 0; k--) {
        double t = 2 * x * b - d + c[k];
        d = b;
        b = t;
    }
    return x * b - d + c[0];
}

static void window(int64_t nside, int spin, int lmax, double *w)
{
    int row = 0;
    while (row < WINDOW_ROWS - 2 && (INT64_C(4) << row) <= nside)
        row++; /* rows of nside 2 << row and 4 << row */
    double n0 = 2 << row, n1 = 4 << row, n = (double)nside, f = (1 / n - 1 / n0) / (1 / n1 - 1 / n0);
    for (int l = 0; l <= lmax; l++) {
        double x = (l * (l + 1.) - spin * spin) / (10 * n * n) - 1;
        w[l] = l < spin ? 0
               : spin == 0 && l == 0
                   ? 1
                   : (1 - f) * series(window_table[row][spin / 2], x) + f * series(window_table[row + 1][spin / 2], x);
    }
}

gal_status gal_healpix_pixel_window(int64_t nside, int lmax, double *temperature, double *polarisation)
{
    gal_status st = gal_healpix_check(nside, GAL_RING);
    if (st != GAL_OK)
        return st;
    if (nside < 2)
        return gal_fail(GAL_EUNSUP, "pixel window of nside 1: known from nside 2");
    if (lmax < 0 || lmax > 4 * nside)
        return gal_fail(GAL_EINVAL, "pixel window of nside %lld: lmax = %d, expected 0 to 4 nside = %lld",
                        (long long)nside, lmax, (long long)(4 * nside));
    if (temperature)
        window(nside, 0, lmax, temperature);
    if (polarisation)
        window(nside, 2, lmax, polarisation);
    return GAL_OK;
}
