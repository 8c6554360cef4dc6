/* band_sample.c - realisations of an uncertain bandpass: bootstrap draws from it as a probability density, smoothed by a Gaussian kernel
 * whose width maximises the leave-one-out likelihood (Habbema et al. 1974). Thread safe. */
#include "galua/band.h"
#include "galua/num.h"
#include "galua/rng.h"

#include <math.h>

/* Cumulative trapezoid of w, 0 .. 1; c[n] from the caller */
static void cumulative(const gal_band *b, double *c)
{
    size_t n = gal_band_size(b);
    const double *nu = gal_band_nu(b), *weight = gal_band_weight(b);
    c[0] = 0;
    for (size_t i = 1; i < n; i++) /* w = W/nu^2 */
        c[i] = c[i - 1] +
               0.5 * (weight[i] / (nu[i] * nu[i]) + weight[i - 1] / (nu[i - 1] * nu[i - 1])) * (nu[i] - nu[i - 1]);
    for (size_t i = 1; i < n; i++)
        c[i] /= c[n - 1];
}

static double inverse(size_t n, const double *nu, const double *c, double u)
{
    size_t lo = 0, hi = n - 1;
    while (hi - lo > 1) { /* c[lo] <= u < c[hi], the first of equal values below */
        size_t mid = lo + (hi - lo) / 2;
        if (c[mid] <= u)
            lo = mid;
        else
            hi = mid;
    }
    while (lo > 0 && c[lo - 1] == c[lo])
        lo--;
    double d = c[hi] - c[lo];
    return d > 0 ? nu[lo] + (nu[hi] - nu[lo]) * ((u - c[lo]) / d) : nu[hi];
}

double gal_band_quantile(const gal_band *b, double u)
{
    size_t n = gal_band_size(b);
    double stack[256], *c = n <= 256 ? stack : GAL_NEWN(double, n);
    if (n == 1 || !c)
        return n == 1 ? gal_band_nu(b)[0] : NAN;
    cumulative(b, c);
    double x = inverse(n, gal_band_nu(b), c, u < 0 ? 0 : u > 1 ? 1 : u);
    if (c != stack)
        gal_free(c);
    return x;
}

gal_status gal_band_draws(const gal_band *b, uint64_t seed, uint64_t which, size_t n, double *x)
{
    size_t m = gal_band_size(b);
    if (m < 2)
        return gal_fail(GAL_EINVAL, "band '%s': a band of one frequency has no realisations", gal_band_name(b));
    double *c = GAL_NEWN(double, m);
    if (!c)
        return GAL_ENOMEM;
    cumulative(b, c);
    gal_rng r;
    gal_rng_init(&r, seed, 0x62616e64, which, 0, 0); /* "band" */
    for (size_t i = 0; i < n; i++)
        x[i] = inverse(m, gal_band_nu(b), c, gal_rng_uniform(&r));
    gal_free(c);
    return GAL_OK;
}

gal_status gal_band_kernel(const double *x, size_t n, double *width)
{
    if (n < 2)
        return gal_fail(GAL_EINVAL, "band kernel: at least two draws are needed, got %zu", n);
    double s = sqrt(gal_variance(x, NULL, n)), best = -INFINITY;
    s = s > 0 ? s : 1;
    double lo = fmax(1e-3, 0.05 * s), hi = 2 * s, h[64];
    gal_logspace(lo, hi > lo ? hi : lo * (1 + 1e-9), 64, h);
    *width = h[0];
    for (int k = 0; k < 64; k++) {
        double like = 0, norm = 1 / (h[k] * sqrt(2 * M_PI) * (double)(n - 1));
        for (size_t i = 0; i < n; i++) {
            double d = 0;
            for (size_t j = 0; j < n; j++)
                d += j == i ? 0 : exp(-0.5 * (x[i] - x[j]) * (x[i] - x[j]) / (h[k] * h[k]));
            like += log(fmax(d * norm, 1e-300));
        }
        if (like > best) {
            best = like;
            *width = h[k];
        }
    }
    return GAL_OK;
}

gal_status gal_band_smoothed(gal_band **out, const char *name, double lo, double hi, size_t points, const double *x,
                             size_t n, double width)
{
    *out = NULL;
    if (points < 2 || !(hi > lo) || n < 1 || !(width > 0))
        return gal_fail(GAL_EINVAL, "band '%s': smoothing needs lo < hi, two points or more and a positive width",
                        name);
    double *nu = GAL_NEWN(double, 2 * points);
    if (!nu)
        return GAL_ENOMEM;
    double *w = nu + points;
    gal_linspace(lo, hi, points, nu);
    for (size_t i = 0; i < points; i++) {
        for (size_t k = 0; k < n; k++)
            w[i] += exp(-0.5 * (nu[i] - x[k]) * (nu[i] - x[k]) / (width * width));
        w[i] /= (double)n * width * sqrt(2 * M_PI);
    }
    gal_status st = gal_band_create(out, name, points, nu, w, GAL_BAND_POWER);
    gal_free(nu);
    return st;
}
