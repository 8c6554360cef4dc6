/* Model atmospheres: LTE, plane-parallel, radiative.
 *
 * T = T0 [3/4 (tau + q(tau))]^(1/4) (1 - d/(1 + tau/0.02)), q = 0.7104 - 0.1331 exp(-3.4488 tau) (grey; Mihalas 1978), with the
 * surface cooling d(Teff) of non-grey B and M stars; dP/dtau = g_eff/kappa_R; T0 is iterated so that the emergent flux of the blanketed
 * model integrates to sigma Teff^4, which is the back-warming by lines. kappa_R is a table without metal lines.
 * Depths: tau_R = 10^-5.5 .. 10^2.2. cgs. Thread-safe: all state is in the arguments. */
#include "stars/atmosphere.h"

#include "galua/const.h"
#include "galua/num.h"
#include "stars/atmos_kern.h"

#include <math.h>
#include <string.h>

enum { ND = GAL_ATM_NDEPTH, NT = 70, NP = 36 };
static const double log_t_lo = 3.176091259055681, log_t_hi = 5.477121254719663; /* 1500 .. 300000 K */
static const double log_p_lo = -3, log_p_hi = 8.5;

struct gal_rosseland {
    double k[NT][NP];
};

/* ------------------------------------------------------------------ Rosseland mean */
/* 150 A .. 10 um; the Lyman limit is resolved. Returns the number of points. */
static size_t rosseland_grid(double *wave)
{
    gal_logspace(150, 911.7, 25, wave);
    gal_logspace(912, 4000, 60, wave + 25);
    gal_logspace(4000, 1e5, 60, wave + 84);
    return 144;
}

static double rosseland_mean(const gal_opgrid *g, const struct atmos_kern *kern, double t, double p, double zrel,
                             float *a, float *s)
{
    gal_gas gas;
    gal_opstate o;
    gal_eos(t, p, zrel, &gas);
    gal_opgrid_state(g, &gas, gas.rho, &o);
    kern->opacity(g, &o, a, s);
    double num = 0, den = 0, f0 = 0, w0 = 0;
    for (size_t i = 0; i < g->n; i++) { /* trapezoid of dB/dT and of (dB/dT)/kappa */
        double x = fmin(g->x1[i] / t, 300.0), e = exp(-x), w = pow(x, 6) * e / ((1 - e) * (1 - e));
        double f = w / ((double)a[i] + s[i]);
        if (i) {
            double h = 0.5 * (g->wave[i] - g->wave[i - 1]);
            num += h * (w + w0);
            den += h * (f + f0);
        }
        w0 = w;
        f0 = f;
    }
    return log10(num / den);
}

gal_status gal_rosseland_create(gal_rosseland **out, double zrel)
{
    gal_status st = GAL_OK;
    double wave[160];
    gal_opgrid *g = NULL;
    *out = NULL;
    gal_rosseland *r = GAL_NEW(gal_rosseland);
    float *a = GAL_NEWN(float, 2 * 160);
    if (!r || !a) {
        st = GAL_ENOMEM;
        goto out;
    }
    GAL_TRY(gal_opgrid_create(&g, wave, rosseland_grid(wave), false));
    const struct atmos_kern *kern = GAL_KERN_PICK(atmos_kern);
    for (int i = 0; i < NT; i++)
        for (int j = 0; j < NP; j++)
            r->k[i][j] = rosseland_mean(g, kern, pow(10, log_t_lo + i * (log_t_hi - log_t_lo) / (NT - 1)),
                                        pow(10, log_p_lo + j * (log_p_hi - log_p_lo) / (NP - 1)), zrel, a, a + 160);
    *out = r;
    r = NULL;
out:
    gal_opgrid_free(g);
    gal_free(a);
    gal_free(r);
    return st;
}

void gal_rosseland_free(gal_rosseland *r)
{
    gal_free(r);
}

double gal_rosseland_log10(const gal_rosseland *r, double log10t, double log10p)
{
    double x = (log10t - log_t_lo) / (log_t_hi - log_t_lo) * (NT - 1),
           y = (log10p - log_p_lo) / (log_p_hi - log_p_lo) * (NP - 1);
    x = fmin(fmax(x, 0.0), NT - 1.001);
    y = fmin(fmax(y, 0.0), NP - 1.001);
    int i = (int)x, j = (int)y;
    double u = x - i, v = y - j;
    return (1 - u) * ((1 - v) * r->k[i][j] + v * r->k[i][j + 1]) +
           u * ((1 - v) * r->k[i + 1][j] + v * r->k[i + 1][j + 1]);
}

/* ------------------------------------------------------------------ structure */
double gal_atmosphere_logg_floor(double teff)
{
    return teff > 8000 ? 4 * log10(teff) - 14.7 : -10;
}

/* Non-grey surface cooling. Hot stars: without it the Lyman continuum of B stars is 0.5-2 dex too bright. M giants: molecules cool
 * the layers in which the saturated bands of TiO and the ultraviolet form; without it stars of 3500 K are 0.2-0.5 mag too blue in
 * r-i and V-J. From the stars of Castelli & Kurucz: ionising photons (22 stars of 25-46 kK), colours (3500..4000 K). */
static double surface_cooling(double teff)
{
    static const double t[] = {3500, 4250, 8000, 9500, 23000, 26000, 30000, 34000, 38000, 42000, 60000},
                        d[] = {0.10, 0, 0, 0.22, 0.23, 0.26, 0.27, 0.22, 0.16, 0.12, 0.06};
    return gal_interp(t, d, sizeof t / sizeof *t, teff, GAL_CLAMP);
}

void gal_atmosphere_structure(gal_atmosphere *m, double teff, double logg, double zrel, const gal_rosseland *r,
                              double t0)
{
    m->teff = teff;
    m->logg = logg;
    m->zrel = zrel;
    double d = surface_cooling(teff), g = pow(10, logg);
    double lift = teff > 8000 ? 0.8 * 0.34 * GAL_SIGMA_SB * pow(teff, 4) / GAL_C_CGS : 0; /* radiation on electrons */
    double ge = fmax(g - lift, 0.1 * g), lt[ND], k0 = 0;
    for (int i = 0; i < ND; i++) {
        double tau = m->tau[i] = pow(10, -5.5 + 7.7 * i / (ND - 1));
        double q = 0.7104 - 0.1331 * exp(-3.4488 * tau);
        m->t[i] = t0 * pow(0.75 * (tau + q), 0.25) * (1 - d / (1 + tau / 0.02));
        lt[i] = log10(m->t[i]);
    }
    double p = 1e-2;
    for (int it = 0; it < 3; it++)
        p = fmax(m->tau[0] * ge / pow(10, gal_rosseland_log10(r, lt[0], log10(p))), 1e-3);
    m->p[0] = p;
    k0 = pow(10, gal_rosseland_log10(r, lt[0], log10(p)));
    for (int i = 1; i < ND; i++) {
        double dtau = m->tau[i] - m->tau[i - 1], k = k0;
        p = m->p[i - 1] * pow(m->tau[i] / m->tau[i - 1], 0.6);
        for (int it = 0; it < 4; it++) {
            k = pow(10, gal_rosseland_log10(r, lt[i], log10(p)));
            p = m->p[i - 1] + ge * dtau / (0.5 * (k + k0));
        }
        k0 = pow(10, gal_rosseland_log10(r, lt[i], log10(p)));
        m->p[i] = p;
    }
}

/* ------------------------------------------------------------------ spectrum */
void gal_opgrid_opacity(const gal_opgrid *g, const gal_opstate *o, float *a, float *s)
{
    GAL_KERN_PICK(atmos_kern)->opacity(g, o, a, s);
}

static size_t row_stride(const gal_opgrid *g)
{
    return (g->n + 15) / 16 * 16;
}

size_t gal_atmosphere_work(const gal_opgrid *g)
{
    return 2 * ND * row_stride(g) + ND * ((sizeof(gal_opstate) + 63) / 64 * 16) + 16;
}

static void emergent_flux(const gal_atmosphere *m, const gal_rosseland *r, const gal_opgrid *g, bool lines, float *work,
                          float *flux)
{
    const struct atmos_kern *kern = GAL_KERN_PICK(atmos_kern);
    size_t stride = row_stride(g);
    float *a = work, *s = a + ND * stride;
    gal_opstate *o = (gal_opstate *)(void *)(s + ND * stride);
    for (int i = 0; i < ND; i++) {
        gal_gas gas;
        gal_eos(m->t[i], m->p[i], m->zrel, &gas);
        double unit = gas.rho * pow(10, gal_rosseland_log10(r, log10(m->t[i]), log10(m->p[i])));
        gal_opgrid_state(g, &gas, unit, &o[i]);
        kern->opacity(g, &o[i], a + (size_t)i * stride, s + (size_t)i * stride);
    }
    kern->transfer(g, ND, m->tau, o, stride, a, s, lines, (float)(1 / (GAL_SIGMA_SB * pow(m->teff, 4))), flux);
}

static double integral(const gal_opgrid *g, const float *f)
{
    double sum = 0;
    for (size_t i = 1; i < g->n; i++)
        sum += 0.5 * ((double)f[i] + f[i - 1]) * (g->wave[i] - g->wave[i - 1]);
    return sum;
}

void gal_atmosphere_solve(double teff, double logg, double zrel, const gal_rosseland *r, const gal_opgrid *coarse,
                          const gal_opgrid *fine, gal_atmosphere_start *start, float *work, float *flux, double *ratio)
{
    gal_atmosphere m;
    const gal_opgrid *grid = coarse;
    gal_atmosphere_start from = {.slope = 4}, *p = start ? start : &from;
    double x = p->x, x0 = 0, y0 = 0, lum = 1;
    logg = fmax(logg, gal_atmosphere_logg_floor(teff));
    for (int it = 0; it < 12; it++) {
        gal_atmosphere_structure(&m, teff, logg, zrel, r, teff * exp(x));
        emergent_flux(&m, r, grid, true, work, flux);
        lum = integral(grid, flux);
        double y = log(lum);
        if (grid == coarse) { /* aims at what gives 1 on the fine grid */
            if (it > 0 && fabs(x - x0) > 1e-4)
                p->slope = fmin(fmax((y - y0) / (x - x0), 1.0), 16.0);
            x0 = x;
            y0 = y;
            y += p->offset;
            if (fabs(y) < 2e-3 || it == 7)
                grid = fine;
        } else {
            p->offset = y - (y0 + p->slope * (x - x0));
            if (fabs(y) < 5e-4)
                break;
        }
        if (it < 11)
            x -= fmin(fmax(y / p->slope, -0.1), 0.1);
    }
    p->x = x;
    if (ratio)
        *ratio = lum;
    for (size_t i = 0; i < fine->n; i++)
        flux[i] = (float)(flux[i] / lum);
}
