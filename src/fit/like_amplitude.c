/* A free factor on the whole model, marginalised. With L(alpha) = prod N(y; alpha m, s^2):
 *     A = sum m^2/s^2, B = sum m y/s^2:  L(alpha) = L(ahat) exp(-(alpha - ahat)^2 A/2),  ahat = B/A,
 * so that int p(alpha) L(alpha) dalpha = L(ahat) int p(alpha) exp(-(alpha - ahat)^2 A/2) dalpha. The integral runs in the prior's
 * sampled coordinate over panels of 8 Gauss nodes, within the prior's support and 8 sigma of ahat; when ahat lies
 * outside the support, over the 40 e-foldings next to its edge. In a logarithmic coordinate L is all but constant over the decades that lead to
 * alpha = 0: few panels do there. Panels end where a tabulated density jumps, and get narrower towards an end where a density has a pole. Thread-safe. */
#include <math.h>
#include <string.h>

#include "fit/like_int.h"
#include "galua/num.h"

enum { PANELS = 16, LEAD = 4, POLE = 12, MOST = 64, ORDER = 8, NODES = MOST * ORDER };

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
    int n;                 /* nodes; 0: there is no window */
    double x[NODES];       /* sampled coordinate */
    double p[NODES];       /* share of the integral, not normalised */
    int panels;            /* panel k has the nodes from k ORDER on, */
    double edge[MOST + 1]; /* and these ends */
    double sum, ln;        /* sum of p; ln of the integral, -INFINITY: none */
} integral;

/* One more end of a panel within the window, where there is room */
static void split(integral *q, double x)
{
    int k = q->panels;
    if (k == MOST || !(x > q->edge[0]) || !(x < q->edge[k]))
        return;
    for (; q->edge[k] > x; k--)
        q->edge[k + 1] = q->edge[k];
    q->edge[k + 1] = x;
    q->panels++;
}

/* Panels from a to b; below `lead`, in the sampled coordinate, the likelihood hardly changes. */
static void panels(integral *q, const gal_prior *prior, double a, double b, double lead)
{
    bool split_lead = lead > a + (b - a) * LEAD / PANELS && lead < b;
    double from = split_lead ? lead : a;
    int few = split_lead ? LEAD : 0;
    for (int k = 0; k < few; k++)
        q->edge[k] = a + (lead - a) * k / LEAD;
    for (int k = few; k < PANELS; k++)
        q->edge[k] = from + (b - from) * (k - few) / (PANELS - few);
    q->edge[PANELS] = b;
    q->panels = PANELS;
    double first = q->edge[1] - a, last = b - q->edge[PANELS - 1], pole = log(2);
    bool low = gal_prior_logpdf(prior, a + 1e-6 * first) > gal_prior_logpdf(prior, a + 1e-3 * first) + pole,
         high = gal_prior_logpdf(prior, b - 1e-6 * last) > gal_prior_logpdf(prior, b - 1e-3 * last) + pole;
    for (int k = 1; k <= POLE; k++) {
        if (low)
            split(q, a + ldexp(first, -3 * k));
        if (high)
            split(q, b - ldexp(last, -3 * k));
    }
    const double *x, *lnp;
    size_t n = gal_prior_nodes(prior, &x, &lnp);
    for (size_t i = 0; i + 1 < n; i++) /* edges of a histogram: two nodes next to one another */
        if (lnp[i] != lnp[i + 1] && x[i + 1] - x[i] < 1e-6 * (b - a))
            split(q, 0.5 * (x[i] + x[i + 1]));
}

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
    double scale = ahat < -sd ? -sd * sd / ahat : sd; /* over which L falls from alpha = 0 on */
    double lead =
        gal_prior_coord(prior) == GAL_COORD_LOG10 ? gal_prior_x(prior, fmax(scale / 8, ahat - 5 * sd)) : -INFINITY;
    panels(&q, prior, fmax(a, lo), fmin(b, hi), lead);
    const double *w, *node = gal_gauss_nodes(ORDER, &w);
    double lnf[NODES], top = -INFINITY;
    int n = q.panels * ORDER;
    for (int k = 0; k < n; k++) {
        const double *e = q.edge + k / ORDER;
        q.x[k] = e[0] + 0.5 * (e[1] - e[0]) * (1 + node[k % ORDER]);
        double v = gal_prior_value(prior, q.x[k]);
        lnf[k] = gal_prior_logpdf(prior, q.x[k]) + (B - 0.5 * A * v) * v; /* ln L(v) less its value at v = 0 */
        top = fmax(top, lnf[k]);
    }
    if (!(top > -INFINITY))
        return q;
    q.n = n;
    for (int k = 0; k < n; k++)
        q.sum += q.p[k] = 0.5 * (q.edge[k / ORDER + 1] - q.edge[k / ORDER]) * w[k % ORDER] * exp(lnf[k] - top);
    q.ln = top + log(q.sum);
    return q;
}

/* Where the distribution function is u: each node's share spread over its weight in the panel, within which it lies (Chebyshev, Markov and Stieltjes). */
static double quantile(const integral *q, double u)
{
    const double *w;
    gal_gauss_nodes(ORDER, &w);
    double want = u * q->sum, c = 0, at = q->edge[0];
    int last = 0;
    for (int k = 0; k < q->n; k++) {
        double half = 0.5 * (q->edge[k / ORDER + 1] - q->edge[k / ORDER]), p = q->p[k];
        at = k % ORDER == 0 ? q->edge[k / ORDER] : at;
        if (p > 0 && c + p >= want)
            return at + half * w[k % ORDER] * fmax(want - c, 0) / p;
        c += p;
        at += half * w[k % ORDER];
        last = p > 0 ? k : last;
    }
    return q->x[last]; /* u = 1, but for rounding */
}

/* A, B and ln L at alpha = 0; NaN or -INFINITY where the model is not finite */
static double moments(const gal_like *l, const double *model, const gal_noise_terms *z, double *A, double *B)
{
    double lnl = 0;
    *A = *B = 0;
    for (size_t i = 0; i < l->n; i++) {
        double s2 = gal_noise_variance(z, &l->data, i, 0);
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
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    double A, B, lnl = moments(l, model, &t, &A, &B);
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
    if (alpha)
        *alpha = gal_prior_value(prior, quantile(&q, u));
    return lnl + q.ln;
}

double gal_like_amplitude_gradient(const gal_like *l, const double *model, const gal_noise *z, const gal_prior *prior,
                                   double *gmodel, double gnoise[GAL_NOISE_NPAR])
{
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    double A, B, lnl = moments(l, model, &t, &A, &B), gA = 0, gB = 0;
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
        double y = l->flux[i], m = model[i], none = 0, s2 = gal_noise_variance(&t, &l->data, i, 0);
        gmodel[i] = (2 * gA * m + gB * y) / s2;
        double gs2 = (0.5 * y * y / s2 - 0.5 - (gA * m * m + gB * m * y) / s2) / s2;
        gal_noise_variance_slopes(&t, &l->data, i, 0, gs2, &none, gnoise);
    }
    return lnl;
}
