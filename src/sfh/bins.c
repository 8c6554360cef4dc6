/* Histories that are constant in bins of lookback time: edges, then rates relative to each other in log10, then the scale from the mass
 * formed. Bin 0 is the youngest; r_i = log10(psi_i / psi_i+1).
 *
 * continuity, dirichlet, stochastic: edges of the user's or, after Leja+19a (ApJ 876, 3), 0, 30, 100 Myr, log-spaced to 0.85 age, age.
 * flexible, psb: youngest bin 0 .. t1, then bins of equal mass between t1 and t2 whose widths follow from the ratios (equal mass:
 *     w_i+1 = w_i 10^r_i), then fixed bins of equal width from t2 to the age (Leja+19a section 2; Suess+22, ApJ 935, 146).
 * dirichlet: shares f_i = z_i prod_{j<i} (1 - z_j) of the mass, or of the rate (Leja+17, ApJ 837, 170).
 * stochastic: log psi at the bin centres is a Gaussian process with the autocovariance of the extended regulator model
 *     C(t) = sigma_reg^2 [tau_eq e^(-t/tau_eq) - tau_in e^(-t/tau_in)] / (tau_eq - tau_in) + sigma_dyn^2 e^(-t/tau_dyn)
 *     (Tacchella+20, MNRAS 497, 698; Iyer+24, ApJ 961, 53; Wan+24, MNRAS 532, 4002); r = L x, L L^T = cov(r), x independent N(0, 1). */
#include "sfh/sfh_internal.h"

#include <math.h>
#include <string.h>

#define YOUNG 3e7 /* yr */

bool gal_sfh_is_binned(gal_sfh_kind k)
{
    return k >= GAL_SFH_CONTINUITY && k <= GAL_SFH_STOCHASTIC;
}

/* e[0 .. n]: lookback times, ascending; e[n] = age */
static void fixed_edges(const gal_sfh_opts *o, double age, double *e)
{
    size_t n = o->nbin;
    e[0] = 0;
    e[n] = age;
    if (o->edge) { /* bins older than the galaxy have no width */
        for (size_t i = 1; i < n; i++)
            e[i] = fmin(o->edge[i - 1], age);
        return;
    }
    double young = fmin(YOUNG, 0.1 * age), next = fmin(1e8, 0.3 * age), old = 0.85 * age;
    if (n == 2) {
        e[1] = next;
        return;
    }
    e[1] = young;
    e[2] = next;
    for (size_t i = 3; i < n; i++)
        e[i] = next * pow(old / next, (double)(i - 2) / (double)(n - 3));
}

/* Flexible bins; log10 of the rates relative to one another. r[n - 1]. */
static void flexible_edges(const gal_sfh_opts *o, double age, double t1, double t2, const double *r, double *e,
                           double *ls)
{
    size_t n = o->nbin, nflex = n - 1 - o->nold;
    double w[GAL_SFH_MAXBIN], lw[GAL_SFH_MAXBIN], top = 0, sum = 0, all = 0;
    lw[0] = 0;
    for (size_t i = 1; i < nflex; i++) {
        lw[i] = lw[i - 1] + r[i];
        top = fmax(top, lw[i]);
    }
    for (size_t i = 0; i < nflex; i++)
        sum += w[i] = pow(10, lw[i] - top);
    for (size_t i = 0; i < nflex; i++)
        all += w[i] = fmax(w[i] / sum, 1e-6); /* a bin has a width, whatever the ratios */
    e[0] = 0;
    e[1] = t1;
    for (size_t i = 0; i < nflex; i++) {
        e[i + 2] = i + 1 < nflex ? e[i + 1] + (t2 - t1) * w[i] / all : t2;
        ls[i + 1] = -log10(w[i]);
    }
    ls[0] = ls[1] + r[0];
    for (size_t k = 1; k <= o->nold; k++) {
        e[nflex + 1 + k] = k < o->nold ? t2 + (age - t2) * (double)k / (double)o->nold : age;
        ls[nflex + k] = ls[nflex + k - 1] - r[nflex + k - 1];
    }
}

/* Autocovariance of log10 psi at time lag t. */
static double covariance(const gal_sfh_opts *o, double t)
{
    double a = o->tau_eq, b = o->tau_in, c;
    if (fabs(a - b) < 1e-6 * a)
        c = (1 + t / a) * exp(-t / a);
    else
        c = (a * exp(-t / a) - b * exp(-t / b)) / (a - b);
    c *= o->sigma_reg * o->sigma_reg;
    return o->sigma_dyn > 0 ? c + o->sigma_dyn * o->sigma_dyn * exp(-t / o->tau_dyn) : c;
}

/* r = L x with L L^T the covariance of the differences of neighbours */
static void correlated_ratios(const gal_sfh_opts *o, const double *e, const double *x, double *r)
{
    size_t n = o->nbin, m = n - 1;
    double k[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN], l[GAL_SFH_MAXBIN][GAL_SFH_MAXBIN];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            k[i][j] = k[j][i] = covariance(o, 0.5 * fabs(e[i] + e[i + 1] - e[j] - e[j + 1]));
    double tiny = 1e-12 * covariance(o, 0); /* bins without width have the same centre */
    for (size_t i = 0; i < m; i++) {
        r[i] = 0;
        for (size_t j = 0; j <= i; j++) {
            double s = k[i][j] - k[i][j + 1] - k[i + 1][j] + k[i + 1][j + 1];
            for (size_t q = 0; q < j; q++)
                s -= l[i][q] * l[j][q];
            l[i][j] = i == j ? sqrt(fmax(s, 0) + tiny) : s / l[j][j];
            r[i] += l[i][j] * x[j];
        }
    }
}

static void from_ratios(const double *r, size_t n, double *ls)
{
    ls[0] = 0;
    for (size_t i = 1; i < n; i++)
        ls[i] = ls[i - 1] - r[i - 1];
}

/* Rates of the bins in galaxy time from their log10 and the mass of them all. */
static void scale(gal_history *h, double mass, const double *e, const double *ls)
{
    size_t n = h->nbin;
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (e[i + 1] > e[i])
            top = fmax(top, ls[i]);
    for (size_t i = 0; i < n; i++) {
        double width = e[i + 1] - e[i], rate = width > 0 ? (top > -INFINITY ? pow(10, ls[i] - top) : 1) : 0;
        h->psi[n - 1 - i] = rate;
        sum += rate * width;
    }
    h->cum[0] = 0;
    for (size_t k = 0; k <= n; k++)
        h->t[k] = k == n ? h->age : h->age - e[n - k];
    for (size_t k = 0; k < n; k++) {
        h->psi[k] *= mass / sum;
        h->cum[k + 1] = h->cum[k] + h->psi[k] * (e[n - k] - e[n - 1 - k]);
    }
}

void gal_bins_set(gal_history *h)
{
    const gal_sfh_opts *o = &h->sfh->o;
    const double *p = h->p, *x = p + 1;
    double age = h->age, e[GAL_SFH_MAXBIN + 1], ls[GAL_SFH_MAXBIN], r[GAL_SFH_MAXBIN], left = 1;
    h->nbin = o->nbin;
    switch (h->sfh->kind) {
    case GAL_SFH_FLEXIBLE:
        flexible_edges(o, age, fmin(YOUNG, 0.1 * age), 0.85 * age, x, e, ls);
        break;
    case GAL_SFH_PSB: {
        double t2 = fmin(o->tflex, 0.6 * age);
        flexible_edges(o, age, fmin(p[1], 0.9 * t2), t2, p + 2, e, ls);
        break;
    }
    case GAL_SFH_DIRICHLET:
        fixed_edges(o, age, e);
        for (size_t i = 0; i < o->nbin; i++) {
            double f = i + 1 < o->nbin ? left * x[i] : left;
            left -= f;
            ls[i] = log10(fmax(f, 0) / (o->of_rate ? 1 : e[i + 1] - e[i]));
        }
        break;
    case GAL_SFH_STOCHASTIC:
        fixed_edges(o, age, e);
        correlated_ratios(o, e, x, r);
        from_ratios(r, o->nbin, ls);
        break;
    default:
        fixed_edges(o, age, e);
        from_ratios(x, o->nbin, ls);
        break;
    }
    scale(h, p[0], e, ls);
}
