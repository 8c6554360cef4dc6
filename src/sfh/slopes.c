/* Derivatives of laws that are written for one time: contracted with a direction, or transposed. */
#include "sfh/sfh_int.h"

void gal_slopes_scaled(const gal_history *h, double t, double u, double u_t, double mass, double *ps, double *ms)
{
    double norm = h->p[0], tau = h->p[1];
    size_t k = h->sfh->class->npar;
    ps[0] = u;
    ms[0] = mass;
    ps[1] = -norm * t * u_t / tau; /* psi is a function of t/tau, mass tau times one */
    ms[1] = norm * (mass - t * u) / tau;
    ps[k] = ms[k] = 0;
    ps[k + 1] = norm * u_t;
    ms[k + 1] = norm * u;
}

void gal_slopes_jvp(gal_slopes_fn f, const gal_history_diff *d, const double *t, const double *dt, size_t n,
                    double *dpsi, double *dmass)
{
    const size_t k = d->h->sfh->class->npar;
    for (size_t i = 0; i < n; i++) {
        double ps[GAL_SLOPES] = {0}, ms[GAL_SLOPES] = {0}, a, b;
        if (t[i] > 0)
            f(d->h, t[i], ps, ms);
        a = ps[k] * d->age + ps[k + 1] * dt[i];
        b = ms[k] * d->age + ms[k + 1] * dt[i];
        for (size_t j = 0; j < k; j++) {
            a += ps[j] * d->p[j];
            b += ms[j] * d->p[j];
        }
        if (dpsi)
            dpsi[i] = a;
        if (dmass)
            dmass[i] = b;
    }
}

void gal_slopes_vjp(gal_slopes_fn f, gal_history_diff *g, const double *t, size_t n, const double *gpsi,
                    const double *gmass, double *gt)
{
    const size_t k = g->h->sfh->class->npar;
    for (size_t i = 0; i < n; i++) {
        double ps[GAL_SLOPES], ms[GAL_SLOPES], a = gpsi ? gpsi[i] : 0, b = gmass ? gmass[i] : 0;
        if (!(t[i] > 0) || (a == 0 && b == 0))
            continue;
        f(g->h, t[i], ps, ms);
        for (size_t j = 0; j < k; j++)
            g->p[j] += a * ps[j] + b * ms[j];
        g->age += a * ps[k] + b * ms[k];
        gt[i] += a * ps[k + 1] + b * ms[k + 1];
    }
}
