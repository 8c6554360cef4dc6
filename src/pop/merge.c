/* Merging satellites, rapid quenching, bulges: formulas in galua/merging.h. */
#include "galua/merging.h"
#include "galua/dsps.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

#define LEFT 1e-4 /* of young stars, after rapid quenching */

double gal_merge_probability(double t, double infall, double delay, double k, double most, double *d)
{
    double a[5], b[5], S = gal_sigmoid(t, infall + delay, k, -0.999999, most, a), q = gal_sigmoid(S, 0.05, 20, 0, 1, b);
    if (d) {
        double s = (S < 0 ? -1 : 1) * q + fabs(S) * b[0];
        d[0] = s * a[0], d[1] = d[2] = s * a[1], d[3] = s * a[2], d[4] = s * a[4];
    }
    return fabs(S) * q;
}

static const gal_soft_param infall[GAL_MERGE_N] = {
    {"t_delay_min", "[Gyr] delay in small hosts", 12.018, 0, 14, 7, 0.1, -1, -1, 0, false},
    {"t_delay_max", "[Gyr] delay in large hosts", 2.884, 0, 14, 7, 0.1, -1, -1, 0, false},
    {"k_t_delay", "slope between them", 16.126, 0, 20, 10, 0.1, -1, -1, 0, false},
    {"host_crit", "[log10 Msun] mass of a host between them", 12.286, 6, 16, 11, 0.1, -1, -1, 0, false},
    {"t_crit_min", "[Gyr] end of fast merging of small satellites", 12.341, 0, 14, 7, 0.1, -1, -1, 0, false},
    {"t_crit_max", "[Gyr] that of large ones", 1.361, 0, 14, 7, 0.1, -1, -1, 0, false},
    {"k_t", "slope between them", 12.376, 0, 20, 10, 0.1, -1, -1, 0, false},
    {"sub_crit", "[log10 Msun] mass of a satellite between them", 11.768, 6, 16, 11, 0.1, -1, -1, 0, false},
    {"k_min", "[1/Gyr] speed of merging of early infall", 18.150, 0, 20, 10, 0.1, -1, -1, 0, false},
    {"k_max", "[1/Gyr] that of late infall", 0.170, 0, 20, 10, 0.1, -1, -1, 0, false},
    {"k_k", "[1/Gyr] slope between them", 1.496, 0, 20, 10, 0.1, -1, -1, 0, false},
    {"p_max", "probability long after infall", 0.999, 0, 1, 0.5, 0.1, -1, -1, 0, false},
};

const gal_soft_param *gal_merge_params(void)
{
    return infall;
}

double gal_merge_infall(const double *q, double lgm, double lgmhost, double t, double infall_t, double *d, double *dt)
{
    double a[5], b[5], c[5], e[5], crit = gal_sigmoid(lgm, q[7], q[6], q[4], q[5], a);
    double k = gal_sigmoid(infall_t, crit, q[10], q[8], q[9], b),
           delay = gal_sigmoid(lgmhost, q[3], q[2], q[0], q[1], c);
    double p = gal_merge_probability(t, infall_t, delay, k, q[11], e);
    if (d) {
        double gcrit = e[3] * b[1]; /* gal_sigmoid: by x, x0, k, lo, hi */
        d[0] = e[2] * c[3], d[1] = e[2] * c[4], d[2] = e[2] * c[2], d[3] = e[2] * c[1];
        d[4] = gcrit * a[3], d[5] = gcrit * a[4], d[6] = gcrit * a[2], d[7] = gcrit * a[1];
        d[8] = e[3] * b[3], d[9] = e[3] * b[4], d[10] = e[3] * b[2], d[11] = e[4];
    }
    if (dt)
        *dt = e[0];
    return p;
}

double gal_quench_cut(double p, double lgyr0, double *d)
{
    double e[5], x = gal_sigmoid(p, 0.2, 100, lgyr0 - 1, 8, e);
    if (d)
        *d = e[0];
    return x;
}

double gal_quench_burst(double p, double lgfburst, double *d, double *df)
{
    double e[5], x = gal_sigmoid(p, 0.2, 100, lgfburst, -7.99, e);
    if (d)
        *d = e[0];
    if (df)
        *df = e[3];
    return x;
}

static gal_status check(size_t n, const double *p, const size_t *host)
{
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] >= 0 && p[i] <= 1))
            return gal_fail(GAL_EDOMAIN, "merging: galaxy %zu: probability %g must lie between 0 and 1", i + 1, p[i]);
        if (host[i] >= n || host[host[i]] != host[i])
            return gal_fail(GAL_EDOMAIN, "merging: galaxy %zu: its host, %zu of %zu, must be a galaxy without a host",
                            i + 1, host[i] + 1, n);
    }
    return GAL_OK;
}

gal_status gal_merge(size_t n, const double *x, const double *p, const size_t *host, const double *w, double *out)
{
    gal_status st = check(n, p, host);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        out[i] = host[i] == i ? x[i] : x[i] * (1 - p[i]);
    for (size_t i = 0; i < n; i++)
        if (host[i] != i)
            out[host[i]] += (w ? w[i] : 1) * p[i] * x[i];
    return GAL_OK;
}

gal_status gal_merge_vjp(size_t n, const double *x, const double *p, const size_t *host, const double *w,
                         const double *gout, double *gx, double *gp, double *gw)
{
    gal_status st = check(n, p, host);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < n; i++) {
        bool alone = host[i] == i;
        double g = gout[i], h = gout[host[i]], wi = w ? w[i] : 1;
        if (gx)
            gx[i] = alone ? g : g * (1 - p[i]) + h * wi * p[i];
        if (gp)
            gp[i] = alone ? 0 : x[i] * (h * wi - g);
        if (gw)
            gw[i] = alone ? 0 : h * p[i] * x[i];
    }
    return GAL_OK;
}

void gal_quench_weights(size_t na, const double *lgyr, const double *w, double cut, double *out)
{
    double sum = 0;
    for (size_t a = 0; a < na; a++)
        sum += out[a] = w[a] * gal_sigmoid(lgyr[a], cut, 100, LEFT, 1, NULL);
    for (size_t a = 0; a < na; a++)
        out[a] = sum > 0 ? out[a] / sum : 0;
}

void gal_quench_weights_vjp(size_t na, const double *lgyr, const double *w, double cut, const double *gout, double *gw,
                            double *gcut)
{
    double sum = 0, dot = 0, g = 0;
    for (size_t a = 0; a < na; a++) {
        double f = gal_sigmoid(lgyr[a], cut, 100, LEFT, 1, NULL);
        sum += w[a] * f;
        dot += gout[a] * w[a] * f;
    }
    dot = sum > 0 ? dot / sum : 0;
    for (size_t a = 0; a < na; a++) {
        double d[5], f = gal_sigmoid(lgyr[a], cut, 100, LEFT, 1, d), h = sum > 0 ? (gout[a] - dot) / sum : 0;
        if (gw)
            gw[a] = h * f;
        g += h * w[a] * d[1];
    }
    if (gcut)
        *gcut = g;
}

/* when a share of the mass had formed: linear between the nodes. gm NULL, or g times its slopes by the masses are added. */
static double reached(size_t nt, const double *t, const double *mass, double share, double g, double *gm)
{
    double want = share * mass[nt - 1];
    if (want <= mass[0])
        return t[0];
    size_t k = gal_search(mass, nt, want);
    double dm = mass[k + 1] - mass[k], u = (want - mass[k]) / dm, slope = g * (t[k + 1] - t[k]) / dm;
    if (gm) {
        gm[nt - 1] += slope * share;
        gm[k] -= slope * (1 - u);
        gm[k + 1] -= slope * u;
    }
    return t[k] + (t[k + 1] - t[k]) * u;
}

gal_status gal_bulge(size_t nt, const double *t, const double *sfr, double tcrit, double early, double late,
                     double *bulge, double *mass)
{
    gal_status st = GAL_OK;
    double *m = gal_alloc(2 * nt * sizeof *m);
    if (!m)
        return GAL_ENOMEM;
    if (!(early >= 0 && early <= 1 && late >= 0 && late <= 1) || !isfinite(tcrit))
        GAL_THROW(GAL_EDOMAIN, "bulge: shares %g early and %g late must lie between 0 and 1, t_crit = %g Gyr be finite",
                  early, late, tcrit);
    GAL_TRY(gal_dsps_mass(nt, t, sfr, GAL_DSPS_SFR_MIN, m));
    double width = (reached(nt, t, m, 0.9, 0, NULL) - reached(nt, t, m, 0.1, 0, NULL)) / 6;
    if (!(width > 0))
        GAL_THROW(GAL_EDOMAIN, "bulge: all stars of the history form at one time");
    double all = m[nt - 1];
    for (size_t k = 0; k < nt; k++)
        bulge[k] = sfr[k] * gal_tw_sigmoid(t[k], tcrit, width, early, late, NULL);
    if (mass) {
        if (early == 0 && late == 0)
            *mass = 0;
        else {
            GAL_TRY(gal_dsps_mass(nt, t, bulge, GAL_DSPS_SFR_MIN, m + nt));
            *mass = m[2 * nt - 1] / all;
        }
    }
out:
    gal_free(m);
    return st;
}

gal_status gal_bulge_vjp(size_t nt, const double *t, const double *sfr, double tcrit, double early, double late,
                         const double *gbulge, double *gsfr, double *g)
{
    gal_status st = GAL_OK;
    double *m = GAL_NEWN(double, 2 * nt), d[5], gwidth = 0, sum = 0, next = 0;
    if (!m)
        return GAL_ENOMEM;
    double *gm = m + nt;
    GAL_TRY(gal_dsps_mass(nt, t, sfr, GAL_DSPS_SFR_MIN, m));
    double width = (reached(nt, t, m, 0.9, 0, NULL) - reached(nt, t, m, 0.1, 0, NULL)) / 6;
    if (!(width > 0))
        GAL_THROW(GAL_EDOMAIN, "bulge: all stars of the history form at one time");
    for (size_t k = 0; k < nt; k++) {
        double share = gal_tw_sigmoid(t[k], tcrit, width, early, late, d);
        gsfr[k] += gbulge[k] * share;
        g[0] += gbulge[k] * sfr[k] * d[1];
        gwidth += gbulge[k] * sfr[k] * d[2];
        g[1] += gbulge[k] * sfr[k] * d[3];
        g[2] += gbulge[k] * sfr[k] * d[4];
    }
    reached(nt, t, m, 0.9, gwidth / 6, gm);
    reached(nt, t, m, 0.1, -gwidth / 6, gm);
    for (size_t k = nt; k-- > 0;) { /* masses are sums of trapezoids from (0.001 Gyr, 1e-14) on */
        sum += gm[k];
        double h = 0.5e9 * (t[k] - (k ? t[k - 1] : GAL_DSPS_T_BIRTH)) * sum;
        gsfr[k] += sfr[k] < GAL_DSPS_SFR_MIN ? 0 : h + next;
        next = h;
    }
out:
    gal_free(m);
    return st;
}
