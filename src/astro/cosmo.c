/* Cosmology: tabulated exact integrals in x = ln(1+z), cubic Hermite between nodes with exact slopes. See galua/cosmo.h. */
#include "galua/cosmo.h"

#include "galua/const.h"
#include "galua/num.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { NODES = 8193 };
#define X_MAX 18.4206807439523654 /* ln(1e8): beyond it the Universe is radiation dominated, t = 1/(2H) */

typedef struct law {
    gal_cosmo_params p;
    double og, ol, ok;  /* photons, dark energy, curvature */
    double nu_y[3];     /* m_nu / (k T_nu), Komatsu et al. 2011 */
    double c_over_h0;   /* Mpc */
    double hubble_time; /* yr */
} law;

struct gal_cosmo {
    char name[40];
    law l;
    double dist[NODES], time[NODES];   /* int_0^z dz/E ; int_z^inf dz / ((1+z) E) */
    double ddist[NODES], dtime[NODES]; /* their slopes, see `slopes` */
    atomic_int refs;
    int known; /* index of a named cosmology that is shared, else -1 */
};

#define C_KMS 299792.458

/* Photon density from the CMB temperature: 4 sigma T^4 / (c^3 rho_crit), rho_crit = 3 H0^2 / (8 pi G). */
static double photon_density(double tcmb, double h0)
{
    double h = h0 * 1e5 / GAL_MPC_CM;
    double rho = 3 * h * h / (8 * M_PI * GAL_G_CGS);
    return 4 * GAL_SIGMA_SB * pow(tcmb, 4) / (pow(GAL_C_CGS, 3) * rho);
}

static double neutrino_ratio(const law *c, double z)
{
    double s = 0;
    for (int i = 0; i < 3; i++) {
        double y = 0.3173 * c->nu_y[i] / (1 + z);
        s += y > 0 ? pow(1 + pow(y, 1.83), 0.54644808743) : 1;
    }
    return 0.22710731766 * (c->p.neff / 3) * s;
}

static double efunc(const law *c, double z)
{
    double a = 1 + z;
    return sqrt(c->ol + a * a * (c->ok + a * (c->p.om0 + a * c->og * (1 + neutrino_ratio(c, z)))));
}

double gal_cosmo_efunc(const gal_cosmo *c, double z)
{
    return efunc(&c->l, z);
}

/* integrands in x = ln(1+z): d(dist)/dx = (1+z)/E, d(time)/dx = -1/E */
static void slopes(const gal_cosmo *c, double x, double *ddist, double *dtime)
{
    double z = expm1(x), e = gal_cosmo_efunc(c, z);
    *ddist = (1 + z) / e;
    *dtime = -1 / e;
}

static void tabulate(gal_cosmo *c)
{
    const double *w, *g = gal_gauss_nodes(8, &w);
    const double h = X_MAX / (NODES - 1);
    double step_time[NODES];
    c->dist[0] = 0;
    for (int i = 0; i < NODES; i++)
        slopes(c, h * i, &c->ddist[i], &c->dtime[i]);
    for (int i = 1; i < NODES; i++) {
        double d = 0, t = 0;
        for (int k = 0; k < 8; k++) {
            double a, b;
            slopes(c, h * (i - 0.5 + 0.5 * g[k]), &a, &b);
            d += 0.5 * h * w[k] * a;
            t -= 0.5 * h * w[k] * b;
        }
        c->dist[i] = c->dist[i - 1] + d;
        step_time[i] = t;
    }
    c->time[NODES - 1] = 0.5 / gal_cosmo_efunc(c, expm1(X_MAX));
    for (int i = NODES - 1; i > 0; i--)
        c->time[i - 1] = c->time[i] + step_time[i];
}

static law law_of(const gal_cosmo_params *p)
{
    law c = {.p = *p, .og = photon_density(p->tcmb, p->h0)};
    double t_nu = 0.7137658555036082 * p->tcmb; /* (4/11)^(1/3) */
    for (int i = 0; i < 3; i++)
        c.nu_y[i] = p->mnu[i] > 0 && t_nu > 0 ? p->mnu[i] / (GAL_KB_EV * t_nu) : 0; /* Tcmb = 0: no neutrinos either */
    double radiation = c.og * (1 + neutrino_ratio(&c, 0));
    c.ol = isnan(p->ol0) ? 1 - p->om0 - radiation : p->ol0;
    c.ok = isnan(p->ol0) ? 0 : 1 - p->om0 - radiation - p->ol0;
    c.c_over_h0 = C_KMS / p->h0;
    c.hubble_time = GAL_MPC_CM / (p->h0 * 1e5) / GAL_YR_S;
    return c;
}

static gal_status check(const char *what, double v, double lo, double hi)
{
    gal_digits d;
    if (v >= lo && v <= hi)
        return GAL_OK;
    gal_digits_of(&d, v, lo, hi);
    return gal_fail(GAL_EDOMAIN, "cosmology: %s = %s is not in %s .. %s", what, d.v, d.lo, d.hi);
}

gal_status gal_cosmo_create(gal_cosmo **out, const char *name, const gal_cosmo_params *p)
{
    gal_status st = GAL_OK;
    gal_cosmo *c = NULL;
    *out = NULL;
    GAL_TRY(check("H0", p->h0, 1, 1000));
    GAL_TRY(check("Om0", p->om0, 0, 10));
    if (!isnan(p->ol0))
        GAL_TRY(check("OL0", p->ol0, -5, 10));
    GAL_TRY(check("Tcmb", p->tcmb, 0, 100));
    GAL_TRY(check("Neff", p->neff, 0, 100));
    for (int i = 0; i < 3; i++)
        GAL_TRY(check("m_nu", p->mnu[i], 0, 100));
    if (!(c = GAL_NEW(gal_cosmo)))
        GAL_TRY(GAL_ENOMEM);
    snprintf(c->name, sizeof c->name, "%s", name);
    c->l = law_of(p);
    double radiation = c->l.og * (1 + neutrino_ratio(&c->l, 0));
    for (int i = 0; i < NODES; i++) {
        double z = expm1(X_MAX * i / (NODES - 1)), a = 1 + z;
        if (!(c->l.ol + a * a * (c->l.ok + a * p->om0) + pow(a, 4) * radiation > 0))
            GAL_THROW(GAL_EDOMAIN, "cosmology '%s': no big bang, H^2 < 0 at z = %g", name, z);
    }
    tabulate(c);
    atomic_init(&c->refs, 1);
    c->known = -1;
    *out = c;
    c = NULL;
out:
    gal_free(c);
    return st;
}

/* Planck 2015 XIII table 4 and Planck 2018 VI table 2 (last columns), WMAP 7 yr (Komatsu+11) and 9 yr (Hinshaw+13), as flat models. */
static const char *const names[] = {"Planck18", "Planck15", "WMAP9", "WMAP7"};
static const gal_cosmo_params known[] = {
    {67.66, 0.30966, NAN, 2.7255, 3.046, {0, 0, 0.06}},
    {67.74, 0.3075, NAN, 2.7255, 3.046, {0, 0, 0.06}},
    {69.32, 0.2865, NAN, 2.725, 3.04, {0, 0, 0}},
    {70.4, 0.272, NAN, 2.725, 3.04, {0, 0, 0}},
};

/* Living named cosmologies: making the table costs milliseconds, so it is shared while anyone holds it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gal_cosmo *living[4];

gal_status gal_cosmo_named(gal_cosmo **out, const char *name)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            gal_status st = GAL_OK;
            pthread_mutex_lock(&lock);
            if (living[i]) {
                *out = gal_cosmo_ref(living[i]);
            } else if ((st = gal_cosmo_create(out, name, &known[i])) == GAL_OK) {
                living[i] = *out;
                living[i]->known = i;
            }
            pthread_mutex_unlock(&lock);
            return st;
        }
    char hint[80];
    gal_did_you_mean(hint, sizeof hint, name, names, 4);
    *out = NULL;
    return gal_fail(GAL_ENOTFOUND, "unknown cosmology '%s'%s (known: Planck18, Planck15, WMAP9, WMAP7)", name, hint);
}

gal_cosmo *gal_cosmo_ref(gal_cosmo *c)
{
    atomic_fetch_add(&c->refs, 1);
    return c;
}

void gal_cosmo_unref(gal_cosmo *c)
{
    if (!c)
        return;
    if (c->known < 0) {
        if (atomic_fetch_sub(&c->refs, 1) == 1)
            gal_free(c);
        return;
    }
    pthread_mutex_lock(&lock); /* nobody may find it in the list while it goes */
    bool last = atomic_fetch_sub(&c->refs, 1) == 1;
    if (last)
        living[c->known] = NULL;
    pthread_mutex_unlock(&lock);
    if (last)
        gal_free(c);
}

const char *gal_cosmo_name(const gal_cosmo *c)
{
    return c->name;
}

const gal_cosmo_params *gal_cosmo_get(const gal_cosmo *c)
{
    return &c->l.p;
}

const char *const *gal_cosmo_names(size_t *n)
{
    *n = 4;
    return names;
}

/* Cubic Hermite in x on the uniform grid; f and its exact derivative at both nodes. */
static double hermite(double f0, double f1, double d0, double d1, double t, double h)
{
    double s = f1 - f0, b = h * d0, e = h * d1, c2 = 3 * s - 2 * b - e, c3 = b + e - 2 * s;
    return f0 + t * (b + t * (c2 + t * c3));
}

static void locate(double z, int *i, double *t)
{
    double x = log1p(z) * ((NODES - 1) / X_MAX);
    *i = x < NODES - 2 ? (int)x : NODES - 2;
    *t = x - *i;
}

double gal_cosmo_comoving_distance(const gal_cosmo *c, double z)
{
    if (!(z >= 0))
        return NAN;
    const double h = X_MAX / (NODES - 1);
    int i;
    double t;
    locate(z, &i, &t);
    return c->l.c_over_h0 * hermite(c->dist[i], c->dist[i + 1], c->ddist[i], c->ddist[i + 1], t, h);
}

double gal_cosmo_luminosity_distance(const gal_cosmo *c, double z)
{
    double d = gal_cosmo_comoving_distance(c, z);
    if (c->l.ok != 0) { /* transverse comoving distance, Hogg 1999 eq. 16 */
        double k = sqrt(fabs(c->l.ok)) / c->l.c_over_h0;
        d = c->l.ok > 0 ? sinh(k * d) / k : sin(k * d) / k;
    }
    return (1 + z) * d;
}

double gal_cosmo_luminosity_slope(const gal_cosmo *c, double z)
{
    double d = gal_cosmo_comoving_distance(c, z), slope = c->l.c_over_h0 / gal_cosmo_efunc(c, z);
    if (c->l.ok != 0) {
        double k = sqrt(fabs(c->l.ok)) / c->l.c_over_h0;
        slope *= c->l.ok > 0 ? cosh(k * d) : cos(k * d);
        d = c->l.ok > 0 ? sinh(k * d) / k : sin(k * d) / k;
    }
    return d + (1 + z) * slope;
}

double gal_cosmo_age(const gal_cosmo *c, double z)
{
    if (!(z >= 0))
        return NAN;
    const double h = X_MAX / (NODES - 1);
    int i;
    double t;
    locate(z, &i, &t);
    return c->l.hubble_time * hermite(c->time[i], c->time[i + 1], c->dtime[i], c->dtime[i + 1], t, h);
}

double gal_cosmo_age_slope(const gal_cosmo *c, double z)
{
    return z >= 0 ? -c->l.hubble_time / ((1 + z) * gal_cosmo_efunc(c, z)) : NAN;
}

/* The ages of the nodes fall: bisection finds the cell, Newton steps on the cubic in it the place. Beyond the table t = 1/(2H) ~ (1+z)^-2. */
double gal_cosmo_redshift_at(const gal_cosmo *c, double age)
{
    const double h = X_MAX / (NODES - 1);
    double t = age / c->l.hubble_time, lo = 0, hi = 1, s;
    if (!(t <= c->time[0] * (1 + 4e-16)))
        return NAN;
    if (!(t > 0))
        return INFINITY;
    if (t < c->time[NODES - 1])
        return expm1(X_MAX + 0.5 * log(c->time[NODES - 1] / t));
    int a = 0, b = NODES - 1;
    while (b - a > 1) {
        int m = (a + b) / 2;
        if (c->time[m] >= t)
            a = m;
        else
            b = m;
    }
    const double d0 = c->dtime[a], d1 = c->dtime[b];
    s = (c->time[a] - t) / (c->time[a] - c->time[b]);
    for (int i = 0; i < 60; i++) {
        double f = hermite(c->time[a], c->time[b], d0, d1, s, h) - t;
        if (f >= 0) /* the age falls with s */
            lo = s;
        else
            hi = s;
        double slope = h * (d0 + s * (d1 - d0)), next = s - f / slope;
        if (!(next > lo && next < hi))
            next = 0.5 * (lo + hi);
        if (fabs(next - s) < 1e-15 || hi - lo < 1e-15)
            break;
        s = next;
    }
    return fmax(expm1(h * (a + s)), 0);
}

double gal_cosmo_lookback(const gal_cosmo *c, double z)
{
    return gal_cosmo_age(c, 0) - gal_cosmo_age(c, z);
}

/* ------------------------------------------------------------------ without a table: parameters that vary */
/* Derivatives of E^2 with H0 (through the photons' share), Om0 and OL0; what closes the sum to 1 takes up the change. */
static void e2_slopes(const law *c, double z, double nu, double nu0, double by[GAL_COSMO_FREE])
{
    double a = 1 + z, rest = isnan(c->p.ol0) ? 1 : a * a;
    by[0] = -2 / c->p.h0 * c->og * (a * a * a * a * (1 + nu) - rest * (1 + nu0));
    by[1] = a * a * a - rest;
    by[2] = isnan(c->p.ol0) ? 0 : 1 - a * a;
}

/* out += int over x = ln(1+z) of (1+z)/E or 1/E, and its derivatives */
static void integrate(const law *c, double from, double to, double nu0, bool distance, double out[1 + GAL_COSMO_FREE])
{
    const double *w, *g = gal_gauss_nodes(8, &w);
    int panels = (int)ceil((to - from) / 0.25);
    for (int i = 0; i < panels; i++) {
        double h = (to - from) / panels, mid = from + h * (i + 0.5);
        for (int k = 0; k < 8; k++) {
            double z = expm1(mid + 0.5 * h * g[k]), e = efunc(c, z), by[GAL_COSMO_FREE];
            double f = 0.5 * h * w[k] * (distance ? 1 + z : 1) / e;
            e2_slopes(c, z, neutrino_ratio(c, z), nu0, by);
            out[0] += f;
            for (int j = 0; j < GAL_COSMO_FREE; j++)
                out[1 + j] -= f * by[j] / (2 * e * e);
        }
    }
}

void gal_cosmo_at(const gal_cosmo_params *p, double z, gal_cosmo_point *out)
{
    law c = law_of(p);
    double x = log1p(z), d[1 + GAL_COSMO_FREE] = {0}, t[1 + GAL_COSMO_FREE] = {0}, nu0 = neutrino_ratio(&c, 0),
           by[GAL_COSMO_FREE];
    integrate(&c, 0, x, nu0, true, d);
    integrate(&c, x, X_MAX, nu0, false, t);
    double e = efunc(&c, z), last = expm1(X_MAX), elast = efunc(&c, last);
    t[0] += 0.5 / elast;
    e2_slopes(&c, last, neutrino_ratio(&c, last), nu0, by);
    for (int j = 0; j < GAL_COSMO_FREE; j++)
        t[1 + j] -= 0.25 * by[j] / (elast * elast * elast);
    double along = c.c_over_h0 * d[0], across = along, stretch = 1, by_k = 0, k = sqrt(fabs(c.ok)) / c.c_over_h0;
    if (c.ok != 0) { /* as gal_cosmo_luminosity_distance */
        across = c.ok > 0 ? sinh(k * along) / k : sin(k * along) / k;
        stretch = c.ok > 0 ? cosh(k * along) : cos(k * along);
        by_k = (along * stretch - across) / k; /* at a fixed distance along the line of sight */
    }
    out->distance = (1 + z) * across;
    out->age = c.hubble_time * t[0];
    out->distance_z = across + (1 + z) * stretch * c.c_over_h0 / e;
    out->age_z = -c.hubble_time / ((1 + z) * e);
    const double dok[GAL_COSMO_FREE] = {isnan(p->ol0) ? 0 : 2 * c.og * (1 + nu0) / p->h0, isnan(p->ol0) ? 0 : -1,
                                        isnan(p->ol0) ? 0 : -1};
    for (int j = 0; j < GAL_COSMO_FREE; j++) {
        double h = j == 0 ? 1 / p->h0 : 0, dk = c.ok != 0 ? k * (0.5 * dok[j] / c.ok + h) : 0;
        out->distance_by[j] = (1 + z) * (stretch * c.c_over_h0 * (d[1 + j] - h * d[0]) + by_k * dk);
        out->age_by[j] = c.hubble_time * (t[1 + j] - h * t[0]);
    }
}
