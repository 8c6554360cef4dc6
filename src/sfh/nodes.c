/* Histories that are linear between nodes: rates by interpolation, 0 outside; masses exact. */
#include "galua/num.h"
#include "sfh/sfh_int.h"

#include <math.h>

void gal_nodes_rate(const gal_history *h, double scale, const double *t, size_t n, double *psi)
{
    for (size_t i = 0; i < n; i++)
        psi[i] = gal_interp(h->tab_t, h->tab_psi, h->ntab, t[i], GAL_ZERO) * scale;
}

static double table_mass(const gal_history *h, double t)
{
    const double *x = h->tab_t, *y = h->tab_psi;
    size_t k = gal_search(x, h->ntab, t);
    double u = fmin(t, x[h->ntab - 1]) - x[k], slope = (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
    return u >= 0 ? h->tab_cum[k] + u * (y[k] + 0.5 * slope * u) : 0;
}

/* Between which nodes t is: the slope of the rate there, 0 outside */
static double slope_at(const gal_history *h, double t)
{
    const double *x = h->tab_t, *y = h->tab_psi;
    size_t k = gal_search(x, h->ntab, t);
    return t < x[0] || t > x[h->ntab - 1] ? 0 : (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
}

void gal_nodes_slopes(const gal_history *h, double scale, double t, double *ps, double *ms)
{
    double unit;
    gal_nodes_rate(h, 1, &t, 1, &unit);
    ps[0] = unit;
    ms[0] = table_mass(h, t);
    ps[1] = ms[1] = 0;
    ps[2] = scale * slope_at(h, t);
    ms[2] = scale * unit;
}

void gal_nodes_mass(const gal_history *h, double scale, const double *t, size_t n, double *mass)
{
    for (size_t i = 0; i < n; i++)
        mass[i] = t[i] > 0 ? scale * table_mass(h, t[i]) : 0;
}
