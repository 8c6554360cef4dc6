/* isochrone.c - the stars of one age: inversion of the phase start times S_p(M), star by star interpolation, sums.
 *
 * At age t the stars in phase p are those with S_p(M) <= t < S_(p+1)(M). S_p mostly falls with mass, but not always: between
 * about 1.9 and 2.1 Msun the time of core helium burning doubles and S_p turns back (the "AGB boom" near 1.5 Gyr, Girardi et
 * al. 2013), and helium stars of the most massive stars do the same. So no inverse M_p(t) is assumed: within each cell of
 * the mass grid ln S is a straight line in ln M, the stars of a phase form one interval there, and touching
 * intervals are joined. Each interval is cut into bins: dense towards the old edge for burning phases, geometric towards the
 * young edge for white dwarfs, which fade as t^-1.4. A bin contributes its exact number of stars (closed-form integral of
 * the IMF) with the properties of one star at the bin's mean mass, so number and mass add up to the IMF to rounding. The star is
 * interpolated between the two neighbouring tracks at fixed phase and fractional phase time tau = (t - S_p)/(S_(p+1) - S_p),
 * which needs no equivalent evolutionary points by hand. White dwarfs use their cooling formula with the time since
 * death: a tau grid would smear the brightest ones over their first Gyr and invent far-UV light.
 *
 * Corrections calibrated on published isochrones (Padova, BaSTI, PARSEC; see sse_track.c for the two on winds): red supergiants
 * of M > 7 Msun are not cooler than 3800 K (4200 K at Z <= 0.002); the first 45 % of core helium burning above 11 Msun is
 * spent as a blue supergiant (log Teff >= 4.05), 85 % at Z <= 0.002, where also all supergiants brighter than log L = 5.7, the
 * observed upper limit of red ones, stay blue. Only stars that ignite helium without a giant branch (M > M_FGB, HPT00 eq. 3) need
 * the second: lighter ones begin core helium burning on the giant branch and make their blue loop afterwards.
 * Thread safe: everything is read only but the caller's result. */
#include "stars/isochrone.h"
#include "galua/const.h"
#include "galua/num.h"
#include <math.h>

typedef struct bracket {
    size_t i;
    double f;
} bracket; /* mass between nodes i, i+1 at fraction f of ln m */

/* near: a cell below or at the one sought, when known, else 0. */
static bracket locate(const gal_tracks *t, const gal_track_grid *g, double lnm, size_t near)
{
    bracket b = {near, 0.0};
    if (near == 0 || lnm < g->lnm[near])
        b.i = gal_search(g->lnm, t->nm, lnm);
    while (b.i + 2 < t->nm && g->lnm[b.i + 1] <= lnm)
        b.i++;
    b.f = fmin(1.0, fmax(0.0, (lnm - g->lnm[b.i]) / (g->lnm[b.i + 1] - g->lnm[b.i])));
    return b;
}

/* S_p at a mass [yr]; INFINITY when the phase never comes (a limit between never and finite lies at the nearer node). */
static double start_at(const gal_tracks *t, const gal_track_grid *g, int p, bracket b)
{
    if (p == GAL_SSE_MS)
        return 0.0;
    double lo = g->start[(size_t)p * t->nm + b.i], hi = g->start[(size_t)p * t->nm + b.i + 1];
    if (isfinite(lo) && isfinite(hi))
        return exp(lo + b.f * (hi - lo));
    double v = b.f < 0.5 ? lo : hi;
    return isfinite(v) ? exp(v) : INFINITY;
}

/* Part [a, b] of a cell (fraction of ln M) where a straight line from l to h is <= v. False: nowhere. */
static bool below(double l, double h, double v, double *a, double *b)
{
    bool lo = l <= v, hi = h <= v;
    *a = 0.0;
    *b = 1.0;
    if (lo && hi)
        return true;
    if (!lo && !hi)
        return false;
    double f = isfinite(l) && isfinite(h) ? (v - l) / (h - l) : 0.5;
    *(lo ? b : a) = f;
    return true;
}

/* Part of cell i that has entered phase p. Where one of its ends never does, the border is put at the middle of the cell, and
 * then the part must lie within those of the earlier phases, as it does by itself when all times are finite. */
static bool entered(const gal_tracks *t, const gal_track_grid *g, int p, size_t i, double lnage, double *a, double *b)
{
    bool finite = false;
    *a = 0.0;
    *b = 1.0;
    for (; p > GAL_SSE_MS && !finite; p--) {
        const double *s = g->start + (size_t)p * t->nm + i;
        double pa, pb;
        if (!below(s[0], s[1], lnage, &pa, &pb))
            return false;
        *a = fmax(*a, pa);
        *b = fmin(*b, pb);
        finite = isfinite(s[0]) && isfinite(s[1]);
    }
    return *b > *a;
}

/* Intervals of mass that have entered phase p but not phase q at ln(age), ascending; q = GAL_SSE_NPHASE: no upper phase.
 * Returns how many. More than MAXPART: the last two are joined, which the fits never need. */
enum { MAXPART = 16 };
typedef struct part {
    double a, b;
} part;

static int parts_between(part *out, const gal_tracks *t, const gal_track_grid *g, int p, int q, double lnage)
{
    int n = 0;
    const double *in = g->start + (size_t)p * t->nm, *out_of = q < GAL_SSE_NPHASE ? g->start + (size_t)q * t->nm : NULL;
    for (size_t i = 0; i + 1 < t->nm; i++) {
        double a, b, ea, eb;
        if (in[i] > lnage && in[i + 1] > lnage) /* most cells are plainly before the phase or behind it */
            continue;
        if (out_of && out_of[i] <= lnage && out_of[i + 1] <= lnage && isfinite(out_of[i]) && isfinite(out_of[i + 1]))
            continue;
        if (!entered(t, g, p, i, lnage, &a, &b))
            continue;
        if (q < GAL_SSE_NPHASE &&
            entered(t, g, q, i, lnage, &ea, &eb)) { /* take away what is already in phase q or later */
            if (ea <= a)
                a = fmax(a, eb);
            else
                b = fmin(b, ea);
        }
        if (!(b > a))
            continue;
        double h = g->lnm[i + 1] - g->lnm[i], lo = g->lnm[i] + a * h, hi = b >= 1.0 ? g->lnm[i + 1] : g->lnm[i] + b * h;
        if (n && (lo <= out[n - 1].b * (lo < 0.0 ? 1.0 - 1e-15 : 1.0 + 1e-15) || n == MAXPART))
            out[n - 1].b = hi;
        else
            out[n++] = (part){lo, hi};
    }
    for (int k = 0; k < n; k++)
        out[k] = (part){exp(out[k].a), exp(out[k].b)};
    return n;
}

/* Track nodes of a phase at or next to index i (the nearest star that passes through it); NULL only if no star does. */
static const gal_track_node *nodes_near(const gal_tracks *t, const gal_track_grid *g, int p, size_t i)
{
    gal_track_node *const *row = g->node + (size_t)p * t->nm;
    for (size_t d = 0; d < t->nm; d++) {
        if (i + d < t->nm && row[i + d])
            return row[i + d];
        if (d <= i && row[i - d])
            return row[i - d];
    }
    return NULL;
}

static gal_track_node mix(gal_track_node a, gal_track_node b, double f)
{
    return (gal_track_node){a.logl + f * (b.logl - a.logl), a.logte + f * (b.logte - a.logte), a.m + f * (b.m - a.m),
                            a.mc + f * (b.mc - a.mc)};
}

/* Place of tau among the nodes of a phase, and the node there. */
static bracket place(double tau)
{
    double x = (1.0 - cbrt(1.0 - tau)) * (GAL_TRACK_NTAU - 1);
    int q = (int)x;
    q = q > GAL_TRACK_NTAU - 2 ? GAL_TRACK_NTAU - 2 : q;
    return (bracket){(size_t)q, x - q};
}

static gal_track_node at(const gal_track_node *g, bracket x)
{
    return mix(g[x.i], g[x.i + 1], x.f);
}

/* Coolest red supergiant, log10 K. */
static double red_limit(double z)
{
    double f = fmin(1.0, fmax(0.0, log(z / 0.002) / log(2.0)));
    return log10(4200.0) + f * (log10(3800.0) - log10(4200.0));
}

/* How much hotter than HPT00 stars above 20 Msun are on the zero-age main sequence, dex; the difference vanishes as hydrogen does
 * (tau = 1). At Z = 0.02 the models of Tout et al. 1996 are cooler than both Bressan et al. 2012 (MNRAS 427, 127) and Schaller et al. 1992
 * (A&AS 96, 269): at 40, 60, 80, 100 Msun by 0.023, 0.028, 0.030, 0.030 and by 0.026, 0.033, 0.038, 0.041; at Z = 0.004 by 0.010, 0.011,
 * 0.010, 0.006, at 0.001 by 0.009, 0.007, 0.001, -0.006 (Bressan et al.). */
static double hot_shift(double m, double z, double tau)
{
    return m > 20.0 ? 0.05 * log10(m / 20.0) * sqrt(fmin(z, 0.03) / 0.02) * (1.0 - tau) : 0.0;
}

static double log_gravity(double m, double logl, double logte)
{
    double logr = 0.5 * logl - 2.0 * (logte - log10(5772.0)) + log10(GAL_RSUN);
    return log10(GAL_GMSUN) + log10(m) - 2.0 * logr;
}

static void burning(gal_iso_star *s, const gal_tracks *t, const gal_track_grid *g, int p, double age, bracket b)
{
    double s0 = start_at(t, g, p, b), s1 = start_at(t, g, p + 1, b);
    double tau = s1 > s0 ? fmin(1.0, fmax(0.0, (age - s0) / (s1 - s0))) : 0.0;
    gal_track_node *const *row = g->node + (size_t)p * t->nm;
    const gal_track_node *lo = row[b.i], *hi = row[b.i + 1];
    const bracket now = place(tau);
    gal_track_node x;
    if (lo && hi)
        x = mix(at(lo, now), at(hi, now), b.f);
    else
        x = at(lo ? lo : hi ? hi : nodes_near(t, g, p, b.i), now);
    if (p == GAL_SSE_MS)
        x.logte += hot_shift(s->mini, g->z, tau);
    if (s->mini > 7.0 && p >= GAL_SSE_HG && p <= GAL_SSE_EAGB)
        x.logte = fmax(x.logte, red_limit(g->z));
    if (p >= GAL_SSE_HG && p <= GAL_SSE_EAGB && (s->mini > 11.0 || x.logl > 5.7)) {
        double poor = 1.0 - gal_sse_metal_ramp(g->z);
        if (s->mini > fmax(11.0, g->m_fgb) && p == GAL_SSE_CHEB && tau < 0.45 + 0.4 * poor)
            x.logte = fmax(x.logte, 4.05);
        if (x.logl > 5.7)
            x.logte = fmax(x.logte, 4.05 * poor + red_limit(g->z) * (1.0 - poor));
    }
    if (p == GAL_SSE_TPAGB) /* what is hotter has left the AGB: see dwarf() */
        x.logte = fmin(x.logte, 3.7);
    s->mnow = fmin(x.m, s->mini);
    s->logl = x.logl;
    s->logteff = x.logte;
    s->logg = log_gravity(s->mnow, x.logl, x.logte);
}

/* Remnant mass at a mass between two tracks; class picks white dwarfs or collapsed stars. */
static double remnant_mass(const gal_tracks *t, const gal_track_grid *g, bracket b, bool dwarf, size_t *near)
{
    size_t i = b.i, j = b.i + 1;
    bool a = isfinite(g->start[GAL_SSE_WD * t->nm + i]) && (g->kind[i] <= GAL_REM_ONEWD) == dwarf;
    bool c = isfinite(g->start[GAL_SSE_WD * t->nm + j]) && (g->kind[j] <= GAL_REM_ONEWD) == dwarf;
    *near = a && (!c || b.f < 0.5) ? i : j;
    if (a && c)
        return g->m_rem[i] + b.f * (g->m_rem[j] - g->m_rem[i]);
    if (a || c)
        return g->m_rem[*near];
    for (size_t d = 0; d < t->nm; d++) { /* not between the two: the nearest star of the class */
        if (j + d < t->nm && g->m_rem[j + d] > 0.0 && (g->kind[j + d] <= GAL_REM_ONEWD) == dwarf)
            return g->m_rem[*near = j + d];
        if (d <= i && g->m_rem[i - d] > 0.0 && (g->kind[i - d] <= GAL_REM_ONEWD) == dwarf)
            return g->m_rem[*near = i - d];
    }
    return 0.0;
}

static void dwarf(gal_iso_star *s, const gal_tracks *t, const gal_track_grid *g, double age, bracket b, bool postagb)
{
    size_t near;
    double m = fmin(remnant_mass(t, g, b, true, &near), 0.999 * GAL_MCH), lum, rad;
    double dt = fmax(0.0, age - start_at(t, g, GAL_SSE_WD, b));
    s->mnow = fmin(m, s->mini);
    if (postagb && g->l_tip[near] > 0.0) { /* crossing at constant luminosity, faster for heavier cores */
        double tpn = 2e4 * pow(0.6 / m, 10.0);
        if (dt < tpn) {
            s->logl = log10(g->l_tip[near]);
            s->logteff = 3.7 + 1.3 * dt / tpn;
            s->logg = log_gravity(m, s->logl, s->logteff);
            return;
        }
        dt -= tpn;
    }
    gal_wd_state(m, g->kind[near], pow(fmin(0.03, fmax(1e-4, g->z)), 0.4), 1e-6 * dt, &lum, &rad);
    s->logl = log10(lum);
    s->logteff = gal_sse_logteff(lum, rad);
    s->logg = log_gravity(m, s->logl, s->logteff);
}

static void fill(gal_iso_star *s, const gal_tracks *t, const gal_track_grid *g, int p, double age, bracket b,
                 bool postagb)
{
    s->phase = p;
    if (p < GAL_SSE_WD) {
        burning(s, t, g, p, age, b);
    } else if (p == GAL_SSE_WD) {
        dwarf(s, t, g, age, b, postagb);
    } else {
        size_t near;
        s->mnow = fmin(remnant_mass(t, g, b, false, &near), s->mini);
        s->logl = -INFINITY;
        s->logteff = s->logg = 0.0;
    }
    s->lum = exp(M_LN10 * s->logl);
}

void gal_track_star(gal_iso_star *s, const gal_tracks *t, size_t iz, double mini, double age, bool postagb)
{
    const gal_track_grid *g = t->grid + iz;
    bracket b = locate(t, g, log(mini), 0);
    int p = GAL_SSE_NSBH;
    while (p > 0 && !(start_at(t, g, p, b) <= age))
        p--;
    *s = (gal_iso_star){.w = 1.0, .mini = mini};
    fill(s, t, g, p, age, b, postagb);
}

/* Upper edge of bin j of n between a and b; lnab = ln(a/b). */
static double edge(int p, double a, double b, double lnab, int j, int n)
{
    double x = (double)j / n, y = 1.0 - x;
    if (j == n)
        return b;
    if (p == GAL_SSE_MS)
        return b * exp(lnab * y * y);
    if (p == GAL_SSE_WD)
        return a + (b - a) * exp(-7.0 * M_LN10 * (1.0 - (double)(j - 1) / (n - 1)));
    if (p == GAL_SSE_NSBH)
        return a * exp(-lnab * x);
    return b - (b - a) * y * y;
}

/* Stars per Msun formed that have collapsed by ln(age). */
static double collapsed(const gal_tracks *t, const gal_track_grid *g, const gal_imf_table *imf, double lnage)
{
    part pt[MAXPART];
    double sum = 0.0, n, m;
    int np = parts_between(pt, t, g, GAL_SSE_NSBH, GAL_SSE_NPHASE, lnage);
    for (int k = 0; k < np; k++) {
        gal_imf_integrate(imf, pt[k].a, pt[k].b, &n, &m);
        sum += n;
    }
    return sum;
}

static void add_interval(gal_iso *iso, const gal_tracks *t, const gal_track_grid *g, int p, part x, int nbin,
                         double age, const gal_imf_table *imf, bool postagb)
{
    double before = x.a, lnab = log(x.a / x.b);
    size_t near = 0; /* masses ascend */
    for (int j = 1; j <= nbin; j++) {
        double next = edge(p, x.a, x.b, lnab, j, nbin), number, mass;
        if (!(next > before))
            continue;
        gal_imf_integrate(imf, before, next, &number, &mass);
        double mean = number > 0.0 ? fmin(next, fmax(before, mass / number)) : 0.0;
        before = next;
        if (!(number > 0.0))
            continue;
        gal_iso_star *s = iso->star + iso->n++;
        *s = (gal_iso_star){.w = number, .mini = mean};
        const bracket b = locate(t, g, log(mean), near);
        near = b.i;
        fill(s, t, g, p, age, b, postagb);
        iso->mass += number * s->mnow;
        if (p >= GAL_SSE_WD)
            iso->mass_remnants += number * s->mnow;
        iso->lbol += number * s->lum;
    }
}

void gal_isochrone(gal_iso *iso, const gal_tracks *t, size_t iz, double age, const gal_imf_table *imf, bool postagb)
{
    static const int bins[GAL_SSE_NPHASE] = {150, 60, 60, 60, 60, 60, 60, 60, 80, 40};
    const gal_track_grid *g = t->grid + iz;
    double lnage = log(age), low = imf->m[0], top = imf->m[imf->n - 1];
    part pt[MAXPART];
    iso->n = 0;
    iso->mass = iso->mass_remnants = iso->lbol = 0.0;
    for (int p = 0; p < GAL_SSE_NPHASE; p++) {
        int np = parts_between(pt, t, g, p, p + 1, lnage), used = 0;
        for (int k = 0; k < np; k++) {
            part x = {fmax(pt[k].a, low), fmin(pt[k].b, top)};
            if (x.b > x.a)
                pt[used++] = x;
        }
        for (int k = 0; k < used; k++) {
            int nbin = bins[p] / used, least = p == GAL_SSE_WD ? 40 : 12;
            nbin = nbin < least ? least : nbin;
            add_interval(iso, t, g, p, pt[k], nbin, age, imf, postagb);
        }
    }
    const double h = 0.02; /* stars dying per unit ln(age), over 4 % in age */
    iso->rate_cc = (collapsed(t, g, imf, lnage + h) - collapsed(t, g, imf, lnage - h)) / (2.0 * h * age);
}

double gal_ia_rate(double age, const gal_imf_table *imf)
{
    const double t1 = 0.04, t2 = 13.7, s = 1.1, per_mass = 1.3e-3; /* Gyr; Maoz & Graur 2017, ApJ 848, 25 */
    const double kroupa_3_8 = 0.0298276; /* stars of 3..8 Msun per Msun formed, Kroupa 2001, 0.1..100 Msun */
    double gyr = 1e-9 * age, n, m;
    if (gyr < t1)
        return 0.0;
    gal_imf_integrate(imf, 3.0, 8.0, &n, &m);
    double norm = per_mass * (s - 1.0) / (pow(t1, 1.0 - s) - pow(t2, 1.0 - s));
    return 1e-9 * norm * pow(gyr, -s) * n / kroupa_3_8;
}
