/* Sums over the weights of a composite population, and the ages by which shares of it had formed. Only stretches of the age axis that
 * have weights are read: usually those of two metallicities. */
#include "csp/csp.h"
#include "csp/csp_kern.h"

#include <math.h>
#include <string.h>

void gal_csp_sum(gal_csp *c, double *s0, double *s1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const gal_ssp *ssp = c->ssp;
    size_t nw = ssp->nz * ssp->nage, cap = 2 * nw;
    memset(s1, 0, ssp->nwave * sizeof *s1);
    /* first the clouds (w1), then the rest (w0 - w1) into a copy of it: every column is read once unless its age is escaping */
    for (int pass = 0; pass < 2; pass++) {
        double *out = pass == 0 ? s1 : s0;
        size_t n = 0;
        if (pass == 1)
            memcpy(s0, s1, ssp->nwave * sizeof *s0);
        for (int u = 0; u < (c->frac_u > 0 ? 2 : 1); u++) {
            double fu = u ? c->frac_u : 1 - c->frac_u;
            for (size_t iz = 0; iz < ssp->nz; iz++)
                for (size_t k = iz * ssp->nage + c->first[iz]; k < iz * ssp->nage + c->last[iz]; k++) {
                    double w = pass == 0 ? c->w1[k] : c->w0[k] - c->w1[k];
                    if (w == 0 || n >= cap)
                        continue;
                    c->col[n] = ssp->lum + ((c->iu + (size_t)u) * nw + k) * ssp->nwave;
                    c->colw[n++] = w * fu;
                }
        }
        kern->accumulate(c->col, c->colw, n, ssp->nwave, out);
    }
}

/* Cells from the first to the last of each metallicity with some mass, w1 (clouds) or w0 - w1; relative to all that formed, so that single
 * precision holds them. Returns their number, padded to a multiple of 8. */
static size_t list_rows(gal_csp *c, bool clouds, double scale)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const gal_ssp *ssp = c->ssp;
    const double least = 1e-25 * c->formed;
    size_t n = 0;
    for (size_t iz = 0; iz < ssp->nz; iz++) {
        size_t first = !clouds && c->first[iz] < c->inside ? c->inside : c->first[iz];
        if (first >= c->last[iz])
            continue;
        size_t from = iz * ssp->nage + first, to = iz * ssp->nage + c->last[iz];
        const double *a = clouds ? c->w1 : c->w0, *b = clouds ? NULL : c->w1;
        while (from < to && !(a[from] - (b ? b[from] : 0) > least))
            from++;
        while (to > from && !(a[to - 1] - (b ? b[to - 1] : 0) > least))
            to--;
        kern->rows(to - from, from, scale, a + from, b ? b + from : NULL, c->row + n, c->roww + n);
        n += to - from;
    }
    for (; n % 8; n++) {
        c->row[n] = 0;
        c->roww[n] = 0;
    }
    return n;
}

void gal_csp_sum_few(gal_csp *c, double *s0, double *s1)
{
    gal_csp_sum_few_of(c, c->ssp->lum, c->ssp->nwave, s0, s1);
}

void gal_csp_sum_few_of(gal_csp *c, const float *table, size_t stride, double *s0, double *s1)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    double scale = c->formed > 0 ? 1 / c->formed : 0;
    size_t n = list_rows(c, true, scale);
    kern->few(table, stride, c->row, c->roww, n, stride, NULL, s1);
    n = list_rows(c, false, scale);
    kern->few(table, stride, c->row, c->roww, n, stride, s1, s0);
    for (size_t k = 0; k < stride; k++) {
        s0[k] *= c->formed;
        s1[k] *= c->formed;
    }
}

static double table_sum(const gal_csp *c, const double *w, const float *table)
{
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    double sum = 0;
    for (size_t iz = 0; iz < c->ssp->nz; iz++) {
        size_t at = iz * c->ssp->nage + c->first[iz], n = c->last[iz] - c->first[iz];
        if (n > 0)
            sum += kern->table(n, w + at, table + at);
    }
    return sum;
}

double gal_csp_table_sum(const gal_csp *c, const float *table)
{
    return table_sum(c, c->w0, table);
}

double gal_csp_cloud_sum(const gal_csp *c, const float *table)
{
    return table_sum(c, c->w1, table);
}

/* The part x (0 .. 1) of a piece, from its older end, in which `part` of its mass formed: the rate is the parabola through the three
 * points of the Gauss rule. */
static double piece_share(const double psi[3], double part)
{
    const double r = 0.3872983346207417; /* sqrt(0.6)/2: points at 1/2 - r, 1/2, 1/2 + r */
    double c0 = psi[1], c1 = (psi[0] - psi[2]) / (2 * r), c2 = (psi[0] - 2 * psi[1] + psi[2]) / (2 * r * r);
    double total =
        c0 + c2 / 12; /* int over u = -1/2 .. 1/2 of c0 + c1 u + c2 u^2, u from the older to the younger end */
    double lo = 0, hi = 1, x = part;
    if (!(total > 0))
        return part;
    for (int i = 0; i < 40 && hi - lo > 1e-12; i++) {
        double u = x - 0.5;
        double f = (c0 * x + c1 * 0.5 * (u * u - 0.25) + c2 / 3 * (u * u * u + 0.125)) / total - part;
        double slope = (c0 + u * (c1 + u * c2)) / total;
        if (f > 0)
            hi = x;
        else
            lo = x;
        double next = slope > 0 ? x - f / slope : -1;
        next = next > lo && next < hi ? next : 0.5 * (lo + hi);
        if (fabs(next - x) < 1e-13)
            break;
        x = next;
    }
    return x;
}

double gal_csp_age_of_share(const gal_csp *c, const gal_history *h, double share)
{
    if (c->nbrk < 2) { /* no breakpoints: bisection of the cumulative mass */
        double lo = 0, hi = fmin(h->age, h->quench), total, m;
        gal_history_mass(h, &hi, 1, &total);
        if (!(total > 0))
            return 0;
        for (int i = 0; i < 60; i++) {
            double t = 0.5 * (lo + hi);
            gal_history_mass(h, &t, 1, &m);
            *(m < share * total ? &lo : &hi) = t;
        }
        return h->age - 0.5 * (lo + hi);
    }
    size_t young = 0, old = c->nbrk - 1; /* mass falls from the first to the last breakpoint */
    double want = share * c->mass[0];
    if (!(c->mass[0] > 0))
        return 0;
    while (old - young > 1) {
        size_t mid = (young + old) / 2;
        if (c->mass[mid] >= want)
            young = mid;
        else
            old = mid;
    }
    double dm = c->mass[young] - c->mass[old], part = dm > 0 ? (want - c->mass[old]) / dm : 0;
    const double psi[3] = {c->psi[young], c->psi[c->cap + young], c->psi[2 * c->cap + young]};
    return c->brk[old] - (c->brk[old] - c->brk[young]) * piece_share(psi, part);
}
