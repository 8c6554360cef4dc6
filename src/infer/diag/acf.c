/* Integrated autocorrelation times with Sokal's automatic window; autocorrelation functions by FFT.
 *
 * Each chain is centred, padded with zeros to twice the next power of two, and its autocorrelation is the inverse transform of
 * |F|^2; the normalised functions are averaged before the window is chosen (Goodman & Weare 2010 as in Foreman-Mackey et al. 2013).
 * Thread-safe. */
#include "diag_int.h"

#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <string.h>

gal_chains gal_chains_column(const double *block, size_t n, size_t m, size_t d, size_t k, size_t first)
{
    return (gal_chains){
        .x = block + first * m * d + k, .n = n - first, .m = m, .draw_stride = m * d, .chain_stride = d};
}

size_t acf_size(size_t n)
{
    size_t p = 1;
    while (p < n)
        p *= 2;
    return 2 * p;
}

void acf_raw(double *f, size_t n, size_t size)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += f[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        f[i] -= mean;
    memset(f + n, 0, (size - n) * sizeof *f);
    gsl_fft_real_radix2_transform(f, 1, size);
    /* real parts at 0..size/2, imaginary part of k at size-k */
    f[0] *= f[0];
    f[size / 2] *= f[size / 2];
    for (size_t k = 1; k < size / 2; k++) {
        f[k] = f[k] * f[k] + f[size - k] * f[size - k];
        f[size - k] = 0;
    }
    gsl_fft_halfcomplex_radix2_inverse(f, 1, size);
}

gal_status gal_autocorr_time(gal_chains s, double c, double *tau)
{
    *tau = NAN;
    if (s.n < 1 || s.m < 1)
        return gal_fail(GAL_EINVAL, "autocorrelation time: no draws");
    size_t size = acf_size(s.n);
    double *f = GAL_NEWN(double, size + s.n), *rho = f ? f + size : NULL;
    if (!f)
        return GAL_ENOMEM;
    for (size_t j = 0; j < s.m; j++) {
        bool moves = false;
        for (size_t i = 0; i < s.n; i++) {
            f[i] = s.x[i * s.draw_stride + j * s.chain_stride];
            moves |= f[i] != f[0];
            if (!isfinite(f[i])) {
                gal_status st =
                    gal_fail(GAL_EMATH, "autocorrelation time: draw %zu of chain %zu is %g", i + 1, j + 1, f[i]);
                gal_free(f);
                return st;
            }
        }
        if (moves)
            acf_raw(f, s.n, size);
        for (size_t i = 0; i < s.n; i++)
            rho[i] += (moves ? f[i] / f[0] : 1) / (double)s.m;
    }
    double sum = 0;
    for (size_t lag = 0; lag < s.n; lag++) {
        sum += rho[lag];
        *tau = 2 * sum - 1;
        if ((double)lag >= c * *tau)
            break;
    }
    gal_free(f);
    return GAL_OK;
}

gal_status gal_autocorr_time_checked(gal_chains s, double c, double tol, const char *name, double *tau)
{
    gal_status st = gal_autocorr_time(s, c, tau);
    if (st != GAL_OK)
        return st;
    if ((double)s.n < tol * *tau)
        return gal_fail(
            GAL_EMATH,
            "%s: a chain of %zu draws is too short for its autocorrelation time %.3g; run at least %.0f (%g tau)", name,
            s.n, *tau, ceil(tol * *tau), tol);
    return GAL_OK;
}
