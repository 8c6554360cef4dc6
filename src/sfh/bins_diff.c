/* Derivatives of histories in bins: edges, log10 of the rates, then times, rates and masses of the bins. A ratio that would make a bin
 * narrower than what is allowed has none, nor has a share of 0. */
#include "sfh/bins.h"

#include <math.h>
#include <string.h>

void gal_bins_fixed_diff(const gal_bins *b, double age, double dage, double *e, double *de)
{
    size_t n = b->nbin;
    gal_bins_fixed_edges(b, age, e);
    de[0] = 0;
    de[n] = dage;
    if (b->edge) {
        for (size_t i = 1; i < n; i++)
            de[i] = b->edge[i - 1] < age ? 0 : dage;
        return;
    }
    double next = fmin(1e8, 0.3 * age), dnext = 1e8 < 0.3 * age ? 0 : 0.3 * dage;
    if (n == 2) {
        de[1] = dnext;
        return;
    }
    de[1] = GAL_BINS_YOUNG < 0.1 * age ? 0 : 0.1 * dage;
    de[2] = dnext;
    for (size_t i = 3; i < n; i++) {
        double f = (double)(i - 2) / (double)(n - 3);
        de[i] = e[i] * ((1 - f) * dnext / next + f * dage / age);
    }
}

void gal_bins_moving_diff(const gal_bins *b, double age, const double t[2], const double dt[2], double dage,
                          const double *r, const double *dr, double *e, double *de, double *ls, double *dls)
{
    size_t n = b->nbin, nflex = n - 1 - b->nold;
    double w[GAL_SFH_MAXBIN], dw[GAL_SFH_MAXBIN], lw[GAL_SFH_MAXBIN], dlw[GAL_SFH_MAXBIN],
        top = 0, sum = 0, dsum = 0, all = 0, dall = 0, span = t[1] - t[0], dspan = dt[1] - dt[0];
    gal_bins_moving_edges(b, age, t[0], t[1], r, e, ls);
    lw[0] = dlw[0] = 0;
    for (size_t i = 1; i < nflex; i++) {
        lw[i] = lw[i - 1] + r[i];
        dlw[i] = dlw[i - 1] + dr[i];
        top = fmax(top, lw[i]);
    }
    for (size_t i = 0; i < nflex; i++) {
        sum += w[i] = pow(10, lw[i] - top);
        dsum += dw[i] = w[i] * M_LN10 * dlw[i];
    }
    for (size_t i = 0; i < nflex; i++) {
        bool cut = !(w[i] / sum > 1e-6);
        dw[i] = cut ? 0 : (dw[i] - w[i] / sum * dsum) / sum;
        w[i] = cut ? 1e-6 : w[i] / sum;
        all += w[i];
        dall += dw[i];
    }
    de[0] = 0;
    de[1] = dt[0];
    for (size_t i = 0; i < nflex; i++) {
        de[i + 2] = i + 1 < nflex ? de[i + 1] + dspan * w[i] / all + span * (dw[i] - w[i] / all * dall) / all : dt[1];
        dls[i + 1] = -dw[i] / (w[i] * M_LN10);
    }
    dls[0] = dls[1] + dr[0];
    for (size_t k = 1; k <= b->nold; k++) {
        double f = (double)k / (double)b->nold;
        de[nflex + 1 + k] = k < b->nold ? dt[1] + (dage - dt[1]) * f : dage;
        dls[nflex + k] = dls[nflex + k - 1] - dr[nflex + k - 1];
    }
}

void gal_bins_scale_diff(gal_history_diff *d, double dmass, const double *e, const double *de, const double *ls,
                         const double *dls)
{
    const gal_history *h = d->h;
    size_t n = h->nbin;
    double top = -INFINITY, sum = 0, dsum = 0, q[GAL_SFH_MAXBIN], dq[GAL_SFH_MAXBIN];
    for (size_t i = 0; i < n; i++)
        if (e[i + 1] > e[i])
            top = fmax(top, ls[i]);
    for (size_t i = 0; i < n; i++) {
        double width = e[i + 1] - e[i];
        q[i] = width > 0 ? (top > -INFINITY ? pow(10, ls[i] - top) : 1) : 0;
        dq[i] = q[i] > 0 && top > -INFINITY ? q[i] * M_LN10 * dls[i] : 0;
        sum += q[i] * width;
        dsum += dq[i] * width + q[i] * (de[i + 1] - de[i]);
    }
    for (size_t i = 0; i < n; i++)
        d->psi[n - 1 - i] = dmass * q[i] / sum + h->p[0] * (dq[i] - q[i] / sum * dsum) / sum;
    d->cum[0] = 0;
    for (size_t k = 0; k <= n; k++)
        d->t[k] = k == n ? d->age : d->age - de[n - k];
    for (size_t k = 0; k < n; k++)
        d->cum[k + 1] = d->cum[k] + d->psi[k] * (e[n - k] - e[n - 1 - k]) + h->psi[k] * (de[n - k] - de[n - 1 - k]);
}

void gal_bins_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass)
{
    const gal_history *h = d->h;
    for (size_t i = 0; i < n; i++) {
        double a = 0, b = 0;
        if (t[i] > 0) {
            size_t k = gal_bins_at(h, t[i]);
            a = d->psi[k];
            b = t[i] < h->t[k + 1] ? d->cum[k] + a * (t[i] - h->t[k]) + h->psi[k] * (dt[i] - d->t[k])
                                   : d->cum[k + 1] + a * (t[i] - h->t[k + 1]) + h->psi[k] * (dt[i] - d->t[k + 1]);
        }
        if (dpsi)
            dpsi[i] = a;
        if (dmass)
            dmass[i] = b;
    }
}

void gal_bins_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt)
{
    const gal_history *h = g->h;
    for (size_t i = 0; i < n; i++) {
        if (!(t[i] > 0))
            continue;
        size_t k = gal_bins_at(h, t[i]), at = t[i] < h->t[k + 1] ? k : k + 1;
        double b = gmass ? gmass[i] : 0;
        g->psi[k] += (gpsi ? gpsi[i] : 0) + b * (t[i] - h->t[at]);
        g->cum[at] += b;
        gt[i] += b * h->psi[k];
        g->t[at] -= b * h->psi[k];
    }
}

void gal_bins_vjp_set(gal_history_diff *g)
{
    const gal_history *h = g->h;
    const gal_sfh *s = h->sfh;
    for (size_t j = 0; j <= s->nown; j++) {
        gal_history_diff unit = {.h = h};
        double sum = 0;
        *(j < s->nown ? &unit.p[j] : &unit.age) = 1;
        s->class->jvp_set(&unit);
        for (size_t k = 0; k <= h->nbin; k++)
            sum += g->t[k] * unit.t[k] + g->cum[k] * unit.cum[k] + (k < h->nbin ? g->psi[k] * unit.psi[k] : 0);
        *(j < s->nown ? &g->p[j] : &g->age) += sum;
    }
}

void gal_bins_jvp_breaks(const gal_history_diff *d, double *dt)
{
    memcpy(dt, d->t + 1, (d->h->nbin - 1) * sizeof *dt);
}

void gal_bins_vjp_breaks(gal_history_diff *g, const double *gt)
{
    for (size_t i = 1; i < g->h->nbin; i++)
        g->t[i] += gt[i - 1];
}
