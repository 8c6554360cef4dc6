/* Soft histograms in several dimensions: each point is a product of triweight kernels, which reach only a few bins of each axis. */
#include "pop/soft_nd.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

/* bins first .. first + n - 1 of one axis that a point reaches: its shares u and their slopes du by x, dw by the width (du, dw may be NULL) */
static void shares(double x, double s, size_t nbin, const double *edge, bool slopes, gal_soft_reach *r)
{
    size_t lo = 0, hi = nbin;
    while (lo < hi) { /* the first bin whose upper edge lies above x - 3 s */
        size_t mid = (lo + hi) / 2;
        if (edge[mid + 1] > x - 3 * s)
            hi = mid;
        else
            lo = mid + 1;
    }
    r->first = lo;
    r->n = 0;
    if (lo == nbin || !(edge[lo] < x + 3 * s))
        return;
    double z = (x - edge[lo]) / s, F = gal_tw_cdf(z), f = slopes ? gal_tw_pdf(z) : 0;
    for (size_t j = lo; j < nbin && edge[j] < x + 3 * s; j++) {
        double zn = (x - edge[j + 1]) / s, Fn = gal_tw_cdf(zn);
        r->u[r->n] = F - Fn;
        if (slopes) {
            double fn = gal_tw_pdf(zn);
            r->du[r->n] = (f - fn) / s;
            r->dw[r->n] = -(z * f - zn * fn) / s;
            f = fn;
        }
        r->n++;
        z = zn, F = Fn;
    }
}

gal_status gal_soft_grid_open(gal_soft_grid *g, size_t naxis, const gal_soft_axis *axis)
{
    *g = (gal_soft_grid){.naxis = naxis, .size = 1};
    if (naxis < 1 || naxis > GAL_SOFT_MAXAXIS)
        return gal_fail(GAL_EINVAL, "soft histogram: %zu axes, 1 .. %d are possible", naxis, GAL_SOFT_MAXAXIS);
    size_t most = 0;
    for (size_t d = 0; d < naxis; d++) {
        const gal_soft_axis *a = axis + d;
        if (!(a->width > 0) || isinf(a->width) || a->nbin < 1)
            return gal_fail(GAL_EINVAL,
                            "soft histogram: axis %zu has width %g and %zu bins; width > 0 and a bin are needed", d + 1,
                            a->width, a->nbin);
        gal_status st = gal_check_ascending("soft histogram: edges", a->edge, a->nbin + 1);
        if (st != GAL_OK)
            return st;
        if (g->size > GAL_SOFT_MAXBINS / a->nbin)
            return gal_fail(GAL_EINVAL, "soft histogram: more than %zu bins", (size_t)GAL_SOFT_MAXBINS);
        g->size *= a->nbin;
        g->axis[d] = *a;
        most += a->nbin;
    }
    for (size_t d = naxis, step = 1; d-- > 0; step *= axis[d].nbin)
        g->step[d] = step;
    double *x = g->memory = GAL_NEWN(double, 3 * most);
    if (!x)
        return GAL_ENOMEM;
    for (size_t d = 0; d < naxis; d++) {
        g->reach[d] = (gal_soft_reach){.u = x, .du = x + axis[d].nbin, .dw = x + 2 * axis[d].nbin};
        x += 3 * axis[d].nbin;
    }
    return GAL_OK;
}

void gal_soft_grid_close(gal_soft_grid *g)
{
    gal_free(g->memory);
    g->memory = NULL;
}

bool gal_soft_grid_set(gal_soft_grid *g, const double *x, bool slopes)
{
    for (size_t d = 0; d < g->naxis; d++) {
        shares(x[d], g->axis[d].width, g->axis[d].nbin, g->axis[d].edge, slopes, g->reach + d);
        if (!g->reach[d].n)
            return false;
    }
    return true;
}

/* the next cell that the point reaches: i counts bins of each axis, the last one fastest */
static bool next(const gal_soft_grid *g, size_t *i)
{
    for (size_t d = g->naxis; d-- > 0;) {
        if (++i[d] < g->reach[d].n)
            return true;
        i[d] = 0;
    }
    return false;
}

void gal_soft_grid_add(const gal_soft_grid *g, double w, double *count)
{
    const gal_soft_reach *r = g->reach;
    size_t i[GAL_SOFT_MAXAXIS] = {0};
    if (g->naxis == 1) {
        for (size_t j = 0; j < r->n; j++)
            count[r->first + j] += w * r->u[j];
        return;
    }
    do {
        double u = w;
        size_t at = 0;
        for (size_t d = 0; d < g->naxis; d++) {
            u *= r[d].u[i[d]];
            at += (r[d].first + i[d]) * g->step[d];
        }
        count[at] += u;
    } while (next(g, i));
}

double gal_soft_grid_back(const gal_soft_grid *g, const double *gcount, double *dx, double *dw)
{
    const gal_soft_reach *r = g->reach;
    size_t i[GAL_SOFT_MAXAXIS] = {0};
    double sum = 0;
    for (size_t d = 0; d < g->naxis; d++) {
        dx[d] = 0;
        if (dw)
            dw[d] = 0;
    }
    do {
        double u = 1;
        size_t at = 0;
        for (size_t d = 0; d < g->naxis; d++) {
            u *= r[d].u[i[d]];
            at += (r[d].first + i[d]) * g->step[d];
        }
        double c = gcount[at];
        sum += c * u;
        for (size_t d = 0; d < g->naxis; d++) {
            double others = c;
            for (size_t e = 0; e < g->naxis; e++)
                others *= e == d ? 1 : r[e].u[i[e]];
            dx[d] += others * r[d].du[i[d]];
            if (dw)
                dw[d] += others * r[d].dw[i[d]];
        }
    } while (next(g, i));
    return sum;
}

gal_status gal_soft_count(size_t n, size_t naxis, const gal_soft_axis *axis, const double *const *x, const double *w,
                          double *count)
{
    gal_soft_grid g;
    gal_status st = gal_soft_grid_open(&g, naxis, axis);
    if (st != GAL_OK)
        goto out;
    memset(count, 0, g.size * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        double at[GAL_SOFT_MAXAXIS];
        for (size_t d = 0; d < naxis; d++)
            at[d] = x[d][i];
        if (gal_soft_grid_set(&g, at, false))
            gal_soft_grid_add(&g, w ? w[i] : 1, count);
    }
out:
    gal_soft_grid_close(&g);
    return st;
}

gal_status gal_soft_count_vjp(size_t n, size_t naxis, const gal_soft_axis *axis, const double *const *x,
                              const double *w, const double *gcount, double *const *gx, double *gw, double *gwidth)
{
    gal_soft_grid g;
    gal_status st = gal_soft_grid_open(&g, naxis, axis);
    if (st != GAL_OK)
        goto out;
    for (size_t d = 0; gwidth && d < naxis; d++)
        gwidth[d] = 0;
    for (size_t i = 0; i < n; i++) {
        double at[GAL_SOFT_MAXAXIS], dx[GAL_SOFT_MAXAXIS] = {0}, dw[GAL_SOFT_MAXAXIS] = {0}, wi = w ? w[i] : 1, sum = 0;
        for (size_t d = 0; d < naxis; d++)
            at[d] = x[d][i];
        if (gal_soft_grid_set(&g, at, true))
            sum = gal_soft_grid_back(&g, gcount, dx, dw);
        for (size_t d = 0; d < naxis; d++) {
            if (gx)
                gx[d][i] = wi * dx[d];
            if (gwidth)
                gwidth[d] += wi * dw[d];
        }
        if (gw)
            gw[i] = sum;
    }
out:
    gal_soft_grid_close(&g);
    return st;
}
