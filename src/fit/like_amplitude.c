/* A free factor on the whole model, marginalised. With L(alpha) = prod N(y; alpha m, s^2):
 *     A = sum m^2/s^2, B = sum m y/s^2:  L(alpha) = L(ahat) exp(-(alpha - ahat)^2 A/2),  ahat = B/A,
 * so that int p(alpha) L(alpha) dalpha = L(ahat) int p(alpha) exp(-(alpha - ahat)^2 A/2) dalpha. The integral runs in the prior's
 * sampled coordinate over 16 panels of 8 Gauss nodes, within the prior's support and 8 sigma of ahat; when ahat lies
 * outside the support, over the 40 e-foldings next to its edge. Thread-safe. */
#include <math.h>
#include <string.h>

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

/* With x = ln p(alpha) + ln L(alpha) - ln L(0) at the nodes of the quadrature: ln of its integral, and what else the callers want. */
typedef struct integral {
    int n;           /* nodes; 0: there is no window */
    double x[NODES]; /* sampled coordinate */
    double p[NODES]; /* share of the integral, not normalised */
    double a, b;     /* ends of the window */
    double sum, ln;  /* sum of p; ln of the integral, -INFINITY: none */
} integral;

static integral integrate(double A, double B, const gal_prior *prior)
{
    integral q = {.ln = -INFINITY};
    double range[2], lo, hi, wlo, whi, ahat = B / A, sd = 1 / sqrt(A);
    gal_prior_bounds(prior, &lo, &hi);
    gal_prior_value_bounds(prior, &wlo, &whi);
    if (!window(ahat, sd, wlo, whi, range))
        return q;
    double a = gal_prior_x(prior, range[0]), b = gal_prior_x(prior, range[1]);
    if (!isfinite(a)) /* alpha <= 0 under a logarithmic coordinate */
        a = fmax(lo, b - 12);
    /* a prior narrower than the data: its central 8 sigma, when they overlap */
    double pa = gal_prior_quantile(prior, 1e-15), pb = gal_prior_quantile(prior, 1 - 1e-15);
    if (fmax(a, pa) < fmin(b, pb)) {
        a = fmax(a, pa);
        b = fmin(b, pb);
    }
    q.a = fmax(a, lo);
    q.b = fmin(b, hi);
    const double *w, *node = gal_gauss_nodes(ORDER, &w);
    double step = (q.b - q.a) / PANELS, lnf[NODES], top = -INFINITY;
    for (int k = 0; k < NODES; k++) {
        q.x[k] = q.a + step * (k / ORDER + 0.5 * (1 + node[k % ORDER]));
        double v = gal_prior_value(prior, q.x[k]);
        lnf[k] = gal_prior_logpdf(prior, q.x[k]) + (B - 0.5 * A * v) * v; /* ln L(v) less its value at v = 0 */
        top = fmax(top, lnf[k]);
    }
    if (!(top > -INFINITY))
        return q;
    q.n = NODES;
    for (int k = 0; k < NODES; k++)
        q.sum += q.p[k] = 0.5 * step * w[k % ORDER] * exp(lnf[k] - top);
    q.ln = top + log(q.sum);
    return q;
}

/* A, B and ln L at alpha = 0; NaN or -INFINITY where the model is not finite */
static double moments(const gal_like *l, const double *model, const gal_noise *z, double *A, double *B)
{
    double scale2 = exp(2 * z->lnscale), lnl = 0;
    *A = *B = 0;
    for (size_t i = 0; i < l->n; i++) {
        double s2 = like_variance(l->flux[i], l->err[i], 0, z, l->floor ? l->floor[i] : z->floor, scale2);
        if (!isfinite(model[i]))
            return isnan(model[i]) ? model[i] : -INFINITY;
        *A += model[i] * model[i] / s2;
        *B += model[i] * l->flux[i] / s2;
        lnl -= 0.5 * l->flux[i] * l->flux[i] / s2 + 0.5 * log(s2) + LN_SQRT_2PI;
    }
    return lnl;
}

double gal_like_amplitude(const gal_like *l, const double *model, const gal_noise *z, const gal_prior *prior, double u,
                          double *alpha)
{
    double A, B, lnl = moments(l, model, z, &A, &B);
    if (alpha)
        *alpha = NAN;
    if (!isfinite(lnl))
        return lnl;
    if (!(A > 0)) { /* no light in any band: alpha is its prior */
        if (alpha)
            *alpha = gal_prior_value(prior, gal_prior_quantile(prior, u));
        return lnl;
    }
    integral q = integrate(A, B, prior);
    if (!(q.ln > -INFINITY))
        return -INFINITY;
    if (alpha) { /* the distribution function, linear between the nodes */
        double want = u * q.sum, c = 0, xa = q.a;
        int k = 0;
        for (; k < NODES; k++) {
            double p = q.p[k], xb = k + 1 < NODES ? 0.5 * (q.x[k] + q.x[k + 1]) : q.b;
            if (c + p >= want || k + 1 == NODES) {
                *alpha = gal_prior_value(prior, p > 0 ? xa + (xb - xa) * fmin((want - c) / p, 1) : q.x[k]);
                break;
            }
            c += p;
            xa = xb;
        }
    }
    return lnl + q.ln;
}

double gal_like_amplitude_gradient(const gal_like *l, const double *model, const gal_noise *z, const gal_prior *prior,
                                   double *gmodel, double gnoise[GAL_NOISE_NPAR])
{
    enum { LN_SCALE = 1, JITTER = 2 };
    double A, B, lnl = moments(l, model, z, &A, &B), gA = 0, gB = 0, scale2 = exp(2 * z->lnscale);
    memset(gmodel, 0, l->n * sizeof *gmodel);
    memset(gnoise, 0, GAL_NOISE_NPAR * sizeof *gnoise);
    if (!isfinite(lnl))
        return lnl;
    if (A > 0) {
        integral q = integrate(A, B, prior);
        if (!(q.ln > -INFINITY))
            return -INFINITY;
        for (int k = 0; k < q.n; k++) { /* means of alpha and -alpha^2/2 over the posterior */
            double v = gal_prior_value(prior, q.x[k]);
            gB += q.p[k] / q.sum * v;
            gA -= 0.5 * q.p[k] / q.sum * v * v;
        }
        lnl += q.ln;
    }
    for (size_t i = 0; i < l->n; i++) {
        double y = l->flux[i], m = model[i];
        double s2 = like_variance(y, l->err[i], 0, z, l->floor ? l->floor[i] : z->floor, scale2);
        gmodel[i] = (2 * gA * m + gB * y) / s2;
        double gs2 = (0.5 * y * y / s2 - 0.5 - (gA * m * m + gB * m * y) / s2) / s2;
        gnoise[LN_SCALE] += gs2 * 2 * l->err[i] * l->err[i] * scale2;
        gnoise[JITTER] += gs2 * 2 * z->jitter;
    }
    return lnl;
}
