/* Histories that are linear between nodes: rates by interpolation, 0 outside; masses exact. */
#include "galua/num.h"
#include "sfh/sfh_internal.h"

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

void gal_nodes_mass(const gal_history *h, double scale, const double *t, size_t n, double *mass)
{
    for (size_t i = 0; i < n; i++)
        mass[i] = t[i] > 0 ? scale * table_mass(h, t[i]) : 0;
}
