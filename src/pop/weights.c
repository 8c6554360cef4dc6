/* Age and metallicity weights of a tabulated history, and their reverse (Hearin et al. 2023, section 2). Formulas: galua/dsps.h. */
#include "galua/dsps.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046

/* ------------------------------------------------------------------ grids */
void gal_dsps_cells(const double *x, size_t n, double *width)
{
    for (size_t i = 1; i + 1 < n; i++)
        width[i] = (x[i + 1] - x[i - 1]) / 2;
    width[0] = x[1] - x[0];
    width[n - 1] = (x[n - 1] - x[n - 2]) / 2 + (x[n - 1] - x[n - 3]) / 4;
}

void gal_dsps_age_edges(const double *x, size_t n, double *e)
{
    double last = (x[n - 1] - x[n - 2]) / 2 + (x[n - 1] - x[n - 3]) / 4;
    e[0] = x[0] - (x[1] - x[0]) / 2;
    for (size_t i = 1; i + 1 < n; i++)
        e[i] = x[i] - (x[i + 1] - x[i - 1]) / 4;
    e[n - 1] = x[n - 1] - last / 2;
    e[n] = x[n - 1] + last / 2;
}

void gal_dsps_met_edges(const double *x, size_t n, double *e)
{
    gal_dsps_age_edges(x, n, e);
    e[0] = -10;
    e[n] = 10;
}

static gal_status check_grid(const char *what, const double *x, size_t n)
{
    if (n < 3)
        return gal_fail(GAL_EDOMAIN, "%s: %zu nodes, at least 3 are needed", what, n);
    return gal_check_ascending(what, x, n);
}

gal_status gal_dsps_check_ages(const double *lgage, size_t n)
{
    gal_status st = check_grid("log10 age/Gyr", lgage, n);
    if (st == GAL_OK && lgage[n - 1] > 3)
        return gal_fail(GAL_EDOMAIN, "log10 age/Gyr: the last node %.6g is no age in Gyr (log10 of years? subtract 9)",
                        lgage[n - 1]);
    return st;
}

#define LGMET_MOST -0.5 /* a third of the mass in metals: what lies above was meant relative to the Sun */

gal_status gal_dsps_check_met(const double *lgmet, size_t n)
{
    gal_status st = check_grid("log10 Z", lgmet, n);
    if (st == GAL_OK && lgmet[n - 1] > LGMET_MOST)
        return gal_fail(GAL_EDOMAIN,
                        "log10 Z: the last node %.6g is no mass fraction (log10 Z/Zsun? add log10 Zsun, about -1.87)",
                        lgmet[n - 1]);
    if (st == GAL_OK && lgmet[0] <= -10)
        return gal_fail(GAL_EDOMAIN, "log10 Z: the first node %.6g must be above -10", lgmet[0]);
    return st;
}

/* ------------------------------------------------------------------ mass formed */
static gal_status check_history(size_t nt, const double *t, const double *sfr)
{
    gal_status st = check_grid("times of the history", t, nt);
    if (st != GAL_OK)
        return st;
    if (!(t[0] > GAL_DSPS_T_BIRTH))
        return gal_fail(GAL_EDOMAIN, "times of the history: the first, %.6g Gyr, must be later than %g Gyr", t[0],
                        GAL_DSPS_T_BIRTH);
    double most = 0;
    for (size_t k = 0; k < nt; k++) {
        if (!(sfr[k] >= 0) || isinf(sfr[k]))
            return gal_fail(GAL_EDOMAIN,
                            "star formation history: rate %g Msun/yr at %.6g Gyr (node %zu) must be finite and >= 0",
                            sfr[k], t[k], k + 1);
        most = sfr[k] > most ? sfr[k] : most;
    }
    if (most == 0)
        return gal_fail(GAL_EDOMAIN, "star formation history: no stars form, all %zu rates are 0", nt);
    return GAL_OK;
}

static void sum_mass(size_t nt, const double *t, const double *sfr, double least, double *mass)
{
    double tp = GAL_DSPS_T_BIRTH, sp = GAL_DSPS_SFR_MIN, m = 0;
    for (size_t k = 0; k < nt; k++) {
        double s = sfr[k] > least ? sfr[k] : least;
        m += 0.5e9 * (t[k] - tp) * (s + sp);
        mass[k] = m;
        tp = t[k], sp = s;
    }
}

gal_status gal_dsps_mass(size_t nt, const double *t, const double *sfr, double least, double *mass)
{
    gal_status st = check_history(nt, t, sfr);
    if (st == GAL_OK)
        sum_mass(nt, t, sfr, least, mass);
    return st;
}

/* ------------------------------------------------------------------ age weights */
/* Mass formed by time tb, a power law of t in segment k - 1 .. k: M = m[k-1]^(1-u) m[k]^u; slope = dln M/dln t. Outside: held, slope 0 */
typedef struct point {
    size_t k;
    double u, slope, M;
} point;

static point mass_at(size_t nt, const double *t, const double *m, double tb)
{
    point p = {.k = 1};
    if (tb < t[0] || tb > t[nt - 1]) {
        p.k = tb < t[0] ? 1 : nt - 1;
        p.u = tb < t[0] ? 0 : 1;
        p.M = tb < t[0] ? m[0] : m[nt - 1];
        return p;
    }
    p.k = gal_search(t, nt, tb) + 1;
    double L = log(m[p.k] / m[p.k - 1]), w = log(t[p.k] / t[p.k - 1]);
    p.u = log(tb / t[p.k - 1]) / w;
    p.slope = L / w;
    p.M = m[p.k - 1] * exp(p.u * L);
    return p;
}

/* One block of scratch: mass[nt], edge[na + 1] and the masses formed before the edges */
typedef struct ages {
    double *mass, *edge, *birth, *M;
    point *at;
    double mobs, S;
} ages;

static gal_status open_ages(ages *a, size_t nt, const double *t, const double *sfr, size_t na, const double *lgage,
                            double tobs)
{
    *a = (ages){0};
    gal_status st = check_history(nt, t, sfr);
    if (st == GAL_OK)
        st = gal_dsps_check_ages(lgage, na);
    if (st == GAL_OK && !(tobs > t[0] && tobs <= t[nt - 1]))
        st =
            gal_fail(GAL_EDOMAIN, "t_obs = %.8g Gyr lies outside the history, %.6g .. %.6g Gyr", tobs, t[0], t[nt - 1]);
    if (st != GAL_OK)
        return st;
    a->mass = gal_alloc((nt + 3 * (na + 1)) * sizeof(double));
    a->at = gal_alloc((na + 1) * sizeof(point));
    if (!a->mass || !a->at)
        return GAL_ENOMEM;
    a->edge = a->mass + nt, a->birth = a->edge + na + 1, a->M = a->birth + na + 1;
    sum_mass(nt, t, sfr, GAL_DSPS_SFR_MIN, a->mass);
    gal_dsps_age_edges(lgage, na, a->edge);
    for (size_t i = 0; i <= na; i++) {
        double tb = tobs - pow(10, a->edge[i]);
        a->birth[i] = tb < GAL_DSPS_T_BIRTH ? GAL_DSPS_T_BIRTH : tb;
        a->at[i] = mass_at(nt, t, a->mass, a->birth[i]);
        a->M[i] = a->at[i].M;
    }
    a->mobs = mass_at(nt, t, a->mass, tobs).M;
    a->S = a->M[0] - a->M[na];
    if (!(a->S > 0))
        return gal_fail(GAL_EDOMAIN, "t_obs = %.8g Gyr: no mass formed in the range of ages", tobs);
    return GAL_OK;
}

static void close_ages(ages *a)
{
    gal_free(a->mass);
    gal_free(a->at);
}

gal_status gal_dsps_age_weights(size_t nt, const double *t, const double *sfr, size_t na, const double *lgage,
                                double tobs, double *w, double *mobs)
{
    ages a;
    gal_status st = open_ages(&a, nt, t, sfr, na, lgage, tobs);
    if (st == GAL_OK) {
        for (size_t i = 0; i < na; i++)
            w[i] = (a.M[i] - a.M[i + 1]) / a.S;
        if (mobs)
            *mobs = a.mobs;
    }
    close_ages(&a);
    return st;
}

/* adds the adjoint g of the mass at a point to the adjoints of the node masses */
static void spread(const point *p, double g, const double *m, double *gmass)
{
    gmass[p->k - 1] += g * p->M * (1 - p->u) / m[p->k - 1];
    gmass[p->k] += g * p->M * p->u / m[p->k];
}

gal_status gal_dsps_age_weights_vjp(size_t nt, const double *t, const double *sfr, size_t na, const double *lgage,
                                    double tobs, const double *gw, double gm, double *gsfr, double *gt)
{
    ages a;
    gal_status st = open_ages(&a, nt, t, sfr, na, lgage, tobs);
    if (st != GAL_OK)
        goto out;
    double mean = 0, dt = 0, last = 0;
    for (size_t i = 0; i < na; i++)
        mean += gw[i] * (a.M[i] - a.M[i + 1]) / a.S;
    memset(gsfr, 0, nt * sizeof *gsfr);
    for (size_t i = 0; i <= na; i++) {
        double next = i < na ? (gw[i] - mean) / a.S : 0, g = next - last;
        spread(a.at + i, g, a.mass, gsfr);
        if (a.birth[i] > GAL_DSPS_T_BIRTH)
            dt += g * a.M[i] * a.at[i].slope / a.birth[i];
        last = next;
    }
    point p = mass_at(nt, t, a.mass, tobs);
    spread(&p, gm, a.mass, gsfr);
    if (gt)
        *gt = dt + gm * p.M * p.slope / tobs;
    /* masses are running sums of the rates: G = sum of the adjoints of this node's mass and all later ones */
    double G = 0, right = 0;
    for (size_t k = nt; k-- > 0;) {
        G += gsfr[k];
        double half = 0.5e9 * (t[k] - (k ? t[k - 1] : GAL_DSPS_T_BIRTH)) * G;
        gsfr[k] = sfr[k] >= GAL_DSPS_SFR_MIN ? half + right : 0;
        right = half;
    }
out:
    close_ages(&a);
    return st;
}

/* ------------------------------------------------------------------ metallicity weights */
gal_status gal_dsps_met_weights(double x, double s, size_t nz, const double *lgmet, double *p, double *dx, double *ds)
{
    gal_status st = gal_dsps_check_met(lgmet, nz);
    if (st != GAL_OK)
        return st;
    if (!(s > 0))
        return gal_fail(GAL_EDOMAIN, "metallicity weights: scatter %g must be > 0", s);
    if (!(x <= LGMET_MOST))
        return gal_fail(
            GAL_EDOMAIN,
            "metallicity weights: log10 Z = %.6g is no mass fraction (log10 Z/Zsun? add log10 Zsun, about -1.87)", x);
    if (!(x - 3 * s > -10 && x + 3 * s < 10))
        return gal_fail(GAL_EDOMAIN, "metallicity weights: log10 Z = %.6g with scatter %g reaches beyond -10 .. 10", x,
                        s);
    double F = 1, f = 0, zf = 0, e = 0;
    for (size_t m = 0; m < nz; m++) { /* F, f at this cell's lower edge; the outer edges hold everything */
        double Fn = 0, fn = 0, zn = 0;
        if (m + 1 < nz) {
            e = m + 2 < nz ? lgmet[m + 1] - (lgmet[m + 2] - lgmet[m]) / 4
                           : lgmet[m + 1] - (lgmet[m + 1] - lgmet[m]) / 4 - (lgmet[m + 1] - lgmet[m - 1]) / 8;
            double z = (x - e) / s;
            Fn = gal_tw_cdf(z), fn = gal_tw_pdf(z) / s, zn = z * fn;
        }
        p[m] = F - Fn;
        if (dx)
            dx[m] = f - fn;
        if (ds)
            ds[m] = zn - zf;
        F = Fn, f = fn, zf = zn;
    }
    return GAL_OK;
}

gal_status gal_dsps_met_at_birth(size_t nt, const double *t, const double *tab, size_t na, const double *lgage,
                                 double tobs, double *x, const double *gx, double *gtab, double *gt)
{
    gal_status st = check_grid("times of the metallicity history", t, nt);
    if (st == GAL_OK && !(t[0] > 0))
        st = gal_fail(GAL_EDOMAIN, "times of the metallicity history: the first, %.6g Gyr, must be > 0", t[0]);
    if (st == GAL_OK)
        st = gal_check_finite("metallicity history", tab, nt);
    if (st != GAL_OK)
        return st;
    double dt = 0;
    if (gx)
        memset(gtab, 0, nt * sizeof *gtab);
    for (size_t a = 0; a < na; a++) {
        double tb = tobs - pow(10, lgage[a]);
        bool live = tb > GAL_DSPS_T_BIRTH;
        tb = live ? tb : GAL_DSPS_T_BIRTH;
        size_t k = gal_search(t, nt, tb) + 1;
        double w = log(t[k] / t[k - 1]), u = log(tb / t[k - 1]) / w;
        if (u < 0 || u > 1)
            live = false, u = u < 0 ? 0 : 1;
        x[a] = (1 - u) * tab[k - 1] + u * tab[k];
        if (!gx)
            continue;
        gtab[k - 1] += (1 - u) * gx[a];
        gtab[k] += u * gx[a];
        dt += live ? gx[a] * (tab[k] - tab[k - 1]) / (w * tb) : 0;
    }
    if (gx && gt)
        *gt = dt;
    return GAL_OK;
}

double gal_dsps_by_age(double lgage_gyr, double young, double old, double *fold)
{
    double F = gal_tw_cdf(lgage_gyr + 1);
    if (fold)
        *fold = F;
    return young + (old - young) * F;
}
