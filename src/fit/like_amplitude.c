/* A free factor on the whole model, marginalised. With L(alpha) = prod N(y; alpha m, s^2):
 *     A = sum m^2/s^2, B = sum m y/s^2:  L(alpha) = L(ahat) exp(-(alpha - ahat)^2 A/2),  ahat = B/A,
 * so that int p(alpha) L(alpha) dalpha = L(ahat) int p(alpha) exp(-(alpha - ahat)^2 A/2) dalpha. The integral runs in the prior's
 * sampled coordinate over 16 panels of 8 Gauss nodes, within the prior's support and 8 sigma of ahat; when ahat lies
 * outside the support, over the 40 e-foldings next to its edge. Thread-safe. */
#include <math.h>

#include "fit/like_int.h"
#include "galua/num.h"

enum { PANELS = 16, ORDER = 8, NODES = PANELS * ORDER };

/* part of the support where the Gaussian is not negligible, in alpha; false: none */
static bool window(double ahat, double sd, double lo, double hi, double out[2])
{
    double a = fmax(lo, ahat - 8 * sd), b = fmin(hi, ahat + 8 * sd);
    if (!(a < b) && ahat < lo) {
        a = lo;
        b = fmin(hi, lo + fmin(8 * sd, 40 * sd * sd / (lo - ahat)));
    } else if (!(a < b) && ahat > hi) {
        b = hi;
        a = fmax(lo, hi - fmin(8 * sd, 40 * sd * sd / (ahat - hi)));
    }
    out[0] = a;
    out[1] = b;
    return a < b;
}

double gal_like_amplitude(const gal_like *l, const double *model, const gal_noise *z, const gal_prior *prior, double u,
                          double *alpha)
{
    double scale2 = exp(2 * z->lnscale), A = 0, B = 0, lnl = 0;
    if (alpha)
        *alpha = NAN;
    for (size_t i = 0; i < l->n; i++) {
        double s2 = like_variance(l->flux[i], l->err[i], 0, z, l->floor ? l->floor[i] : z->floor, scale2);
        if (!isfinite(model[i]))
            return isnan(model[i]) ? model[i] : -INFINITY;
        A += model[i] * model[i] / s2;
        B += model[i] * l->flux[i] / s2;
        lnl -= 0.5 * l->flux[i] * l->flux[i] / s2 + 0.5 * log(s2) + LN_SQRT_2PI;
    }
    double range[2], lo, hi, wlo, whi;
    gal_prior_bounds(prior, &lo, &hi);
    gal_prior_value_bounds(prior, &wlo, &whi);
    if (!(A > 0)) { /* no light in any band: alpha is its prior */
        if (alpha)
            *alpha = gal_prior_value(prior, gal_prior_quantile(prior, u));
        return lnl;
    }
    double ahat = B / A, sd = 1 / sqrt(A);
    if (!window(ahat, sd, wlo, whi, range))
        return -INFINITY;
    double a = gal_prior_x(prior, range[0]), b = gal_prior_x(prior, range[1]);
    if (!isfinite(a)) /* alpha <= 0 under a logarithmic coordinate */
        a = fmax(lo, b - 12);
    /* a prior narrower than the data: its central 8 sigma, when they overlap */
    double pa = gal_prior_quantile(prior, 1e-15), pb = gal_prior_quantile(prior, 1 - 1e-15);
    if (fmax(a, pa) < fmin(b, pb)) {
        a = fmax(a, pa);
        b = fmin(b, pb);
    }
    a = fmax(a, lo);
    b = fmin(b, hi);
    const double *w, *node = gal_gauss_nodes(ORDER, &w);
    double step = (b - a) / PANELS, lnf[NODES], x[NODES], top = -INFINITY, sum = 0;
    for (int k = 0; k < NODES; k++) {
        x[k] = a + step * (k / ORDER + 0.5 * (1 + node[k % ORDER]));
        double v = gal_prior_value(prior, x[k]);
        lnf[k] = gal_prior_logpdf(prior, x[k]) + (B - 0.5 * A * v) * v; /* ln L(v) less its value at v = 0 */
        top = fmax(top, lnf[k]);
    }
    if (!(top > -INFINITY))
        return -INFINITY;
    for (int k = 0; k < NODES; k++)
        sum += 0.5 * step * w[k % ORDER] * exp(lnf[k] - top);
    if (alpha) { /* the distribution function, linear between the nodes */
        double want = u * sum, c = 0, xa = a;
        int k = 0;
        for (; k < NODES; k++) {
            double p = 0.5 * step * w[k % ORDER] * exp(lnf[k] - top), xb = k + 1 < NODES ? 0.5 * (x[k] + x[k + 1]) : b;
            if (c + p >= want || k + 1 == NODES) {
                *alpha = gal_prior_value(prior, p > 0 ? xa + (xb - xa) * fmin((want - c) / p, 1) : x[k]);
                break;
            }
            c += p;
            xa = xb;
        }
    }
    return lnl + top + log(sum);
}
