/* A star formation history at given parameters and age: rates, masses, metallicities, contents. Formulas in galua/sfh.h. */
#include "galua/const.h"
#include "galua/num.h"
#include "sfh/history_kern.h"
#include "sfh/sfh_internal.h"

#include <math.h>
#include <string.h>

gal_status gal_history_init(gal_history *h, const gal_sfh *s)
{
    *h = (gal_history){.sfh = s};
    if (s->kind == GAL_SFH_TABLE) {
        h->ntab = s->ntable;
        h->tab_t = s->t;
        h->tab_psi = s->psi;
        h->tab_cum = s->cum;
    }
    if (s->kind != GAL_SFH_CUSTOM)
        return GAL_OK;
    if (!(h->own = GAL_NEWN(double, 3 * GAL_SFH_NTAB)))
        return GAL_ENOMEM;
    h->ntab = GAL_SFH_NTAB;
    h->tab_t = h->own;
    h->tab_psi = h->own + GAL_SFH_NTAB;
    h->tab_cum = h->own + 2 * GAL_SFH_NTAB;
    gal_status st = s->custom.open(&h->local, s->custom.self);
    if (st != GAL_OK)
        gal_history_clear(h);
    return st;
}

void gal_history_clear(gal_history *h)
{
    if (h->local && h->sfh->custom.close)
        h->sfh->custom.close(h->local);
    gal_free(h->own);
    h->own = NULL;
    h->local = NULL;
}

/* Tabulates a custom history: times log-spaced over 3.5 decades from the onset to half the age and, mirrored, to now. */
static gal_status tabulate(gal_history *h)
{
    enum { HALF = GAL_SFH_NTAB / 2 };
    double *t = h->own, *psi = t + GAL_SFH_NTAB, *cum = psi + GAL_SFH_NTAB, age = h->age;
    t[0] = 0;
    for (int i = 1; i <= HALF; i++) {
        t[i] = 0.5 * age * pow(10, -3.5 * (HALF - i) / (HALF - 1));
        t[GAL_SFH_NTAB - 1 - i] = i < HALF ? age - t[i] : t[i];
    }
    t[GAL_SFH_NTAB - 1] = age;
    gal_status st = h->sfh->custom.rate(h->local, h->p, t, GAL_SFH_NTAB, psi);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < GAL_SFH_NTAB; i++)
        if (!(psi[i] >= 0) || isinf(psi[i]))
            return gal_fail(GAL_EDOMAIN,
                            "sfh.custom: the rate at t = %g yr (age %g yr) is %g: it must be finite and >= 0", t[i],
                            age, psi[i]);
    gal_cumtrapz(t, psi, GAL_SFH_NTAB, cum);
    return GAL_OK;
}

/* psi_max of the in-situ model at which `mass` forms until t: it grows faster than linearly with psi_max, by a power of 1 to 1.4. */
static double insitu_psi_max(double tau, double t, double mass)
{
    double x = log(mass / fmin(t, 3 * tau)), before = x, slope = 1.2, f = 0, m;
    for (int i = 0; i < 60; i++) {
        gal_insitu_masses(exp(x), tau, &t, 1, &m);
        double old = f;
        f = log(m / mass);
        if (i > 0 && x != before)
            slope = fmin(fmax((f - old) / (x - before), 0.8), 1.6);
        before = x;
        x -= f / slope;
        if (!(fabs(x - before) > 1e-15 * (1 + fabs(x))))
            break;
    }
    return exp(x);
}

/* The normalisation at which what forms until the age, or quenching, is the parameter `mass`. */
static void normalise(gal_history *h, double *mass)
{
    const gal_sfh *s = h->sfh;
    double end = fmin(h->age, h->quench), want = *mass * (s->o.burst ? 1 - h->p[s->nown] : 1), one;
    if (s->kind == GAL_SFH_INSITU) {
        h->p[0] = want > 0 ? insitu_psi_max(h->p[1], end, want) : 0;
        return;
    }
    if (s->kind != GAL_SFH_CUSTOM)
        h->p[0] = 1;
    h->burst_mass = 0;
    gal_history_mass(h, &end, 1, &one);
    double factor = one > 0 ? want / one : 0;
    if (s->kind != GAL_SFH_CUSTOM) {
        h->p[0] = factor;
        return;
    }
    double *psi = h->own + GAL_SFH_NTAB;
    for (size_t i = 0; i < 2 * GAL_SFH_NTAB; i++) /* rates, then masses */
        psi[i] *= factor;
}

gal_status gal_history_set(gal_history *h, const double *p, double age)
{
    const gal_sfh *s = h->sfh;
    memcpy(h->p, p, s->npar * sizeof *p);
    h->age = age;
    h->quench = p[gal_sfh_quench_index(s)];
    if (s->kind == GAL_SFH_CUSTOM) {
        gal_status st = tabulate(h);
        if (st != GAL_OK)
            return st;
    }
    if (gal_sfh_is_binned(s->kind))
        gal_bins_set(h);
    if (s->o.by_mass)
        normalise(h, h->p + (s->kind == GAL_SFH_CUSTOM ? s->nown - 1 : 0));
    if (s->o.burst)
        gal_burst_set(h);
    double end = fmin(age, h->quench);
    gal_history_mass(h, &end, 1, &h->formed);
    return GAL_OK;
}

/* ------------------------------------------------------------------ rates and masses */
/* The bin that holds t, 0 < t; those after the last belong to it. */
static size_t bin_of(const gal_history *h, double t)
{
    size_t k = 0;
    while (k + 1 < h->nbin && t > h->t[k + 1])
        k++;
    return k;
}

static void base_rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    const struct history_kern *kern = GAL_KERN_PICK(history_kern);
    const gal_sfh *s = h->sfh;
    const double *p = h->p;
    switch (s->kind) {
    case GAL_SFH_INSITU:
        gal_insitu_rate(p[0], p[1], t, n, psi);
        return;
    case GAL_SFH_CONSTANT:
        for (size_t i = 0; i < n; i++)
            psi[i] = t[i] > 0 ? p[0] : 0;
        return;
    case GAL_SFH_DELAYED:
        if (p[2] == 1)
            kern->delayed(n, p[0], p[1], t, psi);
        for (size_t i = 0; p[2] != 1 && i < n; i++) {
            double x = t[i] / p[1];
            psi[i] = t[i] > 0 ? p[0] * pow(x, p[2]) * exp(-x) : 0;
        }
        return;
    case GAL_SFH_LOGNORMAL:
        kern->lognormal(n, p[0] / (sqrt(2 * M_PI) * p[2]), p[1], p[2], t, psi);
        return;
    case GAL_SFH_DPL:
        kern->two_powers(n, p[0], p[1], p[2], p[3], t, psi);
        return;
    case GAL_SFH_EXPONENTIAL:
        if (!s->o.rising)
            kern->decay(n, p[0], p[1], t, psi);
        for (size_t i = 0; s->o.rising && i < n; i++)
            psi[i] = t[i] > 0 ? p[0] * exp((t[i] - h->age) / p[1]) : 0;
        return;
    case GAL_SFH_BURST:
        memset(psi, 0, n * sizeof *psi);
        return;
    case GAL_SFH_PERIODIC:
        for (size_t i = 0; i < n; i++)
            psi[i] = gal_periodic_rate(s->o.shape, p[0], p[1], p[2], t[i]);
        return;
    case GAL_SFH_TABLE:
    case GAL_SFH_CUSTOM:
        for (size_t i = 0; i < n; i++)
            psi[i] = gal_interp(h->tab_t, h->tab_psi, h->ntab, t[i], GAL_ZERO);
        for (size_t i = 0; s->kind == GAL_SFH_TABLE && i < n; i++)
            psi[i] *= p[0];
        return;
    default:
        for (size_t i = 0; i < n; i++)
            psi[i] = t[i] > 0 ? h->psi[bin_of(h, t[i])] : 0;
    }
}

static double table_mass(const gal_history *h, double t)
{
    const double *x = h->tab_t, *y = h->tab_psi;
    size_t k = gal_search(x, h->ntab, t);
    double u = fmin(t, x[h->ntab - 1]) - x[k], slope = (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
    return u >= 0 ? h->tab_cum[k] + u * (y[k] + 0.5 * slope * u) : 0;
}

/* One time > 0, of the models that base_masses does not do itself. */
static double base_mass(const gal_history *h, double t)
{
    const gal_sfh *s = h->sfh;
    const double *p = h->p;
    switch (s->kind) {
    case GAL_SFH_CONSTANT:
        return p[0] * t;
    case GAL_SFH_BURST:
        return p[0];
    case GAL_SFH_DELAYED:
        return gal_delayed_mass(p[0], p[1], p[2], t);
    case GAL_SFH_LOGNORMAL:
        return gal_lognormal_mass(p[0], p[1], p[2], t);
    case GAL_SFH_DPL:
        return gal_dpl_mass(p[0], p[1], p[2], p[3], t);
    case GAL_SFH_EXPONENTIAL:
        return -p[0] * p[1] * expm1(-t / p[1]) * (s->o.rising ? exp((t - h->age) / p[1]) : 1);
    case GAL_SFH_PERIODIC:
        return gal_periodic_mass(s->o.shape, p[0], p[1], p[2], t);
    case GAL_SFH_TABLE:
        return p[0] * table_mass(h, t);
    case GAL_SFH_CUSTOM:
        return table_mass(h, t);
    default: {
        size_t k = bin_of(h, t);
        return t < h->t[k + 1] ? h->cum[k] + h->psi[k] * (t - h->t[k]) : h->cum[k + 1] + h->psi[k] * (t - h->t[k + 1]);
    }
    }
}

static void base_masses(const gal_history *h, const double *t, size_t n, double *mass)
{
    const struct history_kern *kern = GAL_KERN_PICK(history_kern);
    const gal_sfh *s = h->sfh;
    const double *p = h->p;
    if (s->kind == GAL_SFH_INSITU)
        gal_insitu_masses(p[0], p[1], t, n, mass);
    else if (s->kind == GAL_SFH_DELAYED && p[2] == 1)
        kern->delayed_mass(n, p[0] * p[1], p[1], t, mass);
    else if (s->kind == GAL_SFH_EXPONENTIAL && !s->o.rising)
        kern->decay_mass(n, p[0] * p[1], p[1], t, mass);
    else
        for (size_t i = 0; i < n; i++)
            mass[i] = t[i] > 0 ? base_mass(h, t[i]) : 0;
}

void gal_history_rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    base_rate(h, t, n, psi);
    if (h->burst_mass > 0)
        for (size_t i = 0; i < n; i++)
            psi[i] += gal_burst_rate(h, t[i]);
}

void gal_history_mass(const gal_history *h, const double *t, size_t n, double *mass)
{
    base_masses(h, t, n, mass);
    for (size_t i = 0; h->burst_mass > 0 && i < n; i++)
        mass[i] += gal_burst_mass(h, t[i]);
}

size_t gal_history_breaks(const gal_history *h, double *t)
{
    const gal_sfh *s = h->sfh;
    size_t n = 0;
    for (size_t i = 0; s->kind == GAL_SFH_TABLE && i < h->ntab; i++)
        t[n++] = h->tab_t[i];
    for (size_t i = 1; i < h->nbin; i++)
        t[n++] = h->t[i];
    if (s->kind == GAL_SFH_PERIODIC)
        n += gal_periodic_breaks(h->p[1], h->p[2], h->age, t + n);
    if (h->burst_mass > 0)
        n += gal_burst_breaks(h, t + n);
    if (s->o.metals == GAL_METALS_STEP)
        t[n++] = h->p[gal_sfh_quench_index(s) + 4];
    return n;
}

/* ------------------------------------------------------------------ metals and contents */
void gal_history_zgas(const gal_history *h, const double *t, size_t n, double *z)
{
    const gal_sfh *s = h->sfh;
    if (s->kind == GAL_SFH_INSITU) {
        gal_insitu_zgas(h->p[0], h->p[1], t, n, z);
        return;
    }
    const double *m = h->p + gal_sfh_quench_index(s) + 2; /* Z, Z_start, t_step */
    switch (s->o.metals) {
    case GAL_METALS_EVOLVING:
        gal_history_mass(h, t, n, z);
        for (size_t i = 0; i < n; i++)
            z[i] = m[1] + (m[0] - m[1]) * (h->formed > 0 ? fmin(z[i] / h->formed, 1) : 1);
        return;
    case GAL_METALS_LINEAR:
        for (size_t i = 0; i < n; i++)
            z[i] = m[1] + (m[0] - m[1]) * fmin(fmax(t[i] / h->age, 0), 1);
        return;
    case GAL_METALS_STEP:
        for (size_t i = 0; i < n; i++)
            z[i] = t[i] < m[2] ? m[1] : m[0];
        return;
    default:
        for (size_t i = 0; i < n; i++)
            z[i] = m[0];
    }
}

bool gal_history_at_once(const gal_history *h)
{
    return h->sfh->kind == GAL_SFH_BURST;
}

bool gal_history_one_z(const gal_history *h, double *z)
{
    if (h->sfh->kind == GAL_SFH_INSITU || h->sfh->o.metals != GAL_METALS_CONSTANT)
        return false;
    *z = h->p[gal_sfh_quench_index(h->sfh) + 2];
    return true;
}

/* int_0^t M dt' / (t M(t)): how much earlier than t the stars formed, by parts; 5 x 8-point Gauss in t'. */
static double earliness(const gal_history *h, double t, double mass)
{
    const double *w, *x = gal_gauss_nodes(8, &w);
    double sum = 0, a[8], m[8];
    for (int k = 0; k < 5; k++) {
        for (int q = 0; q < 8; q++)
            a[q] = t * (k + 0.5 + 0.5 * x[q]) / 5;
        gal_history_mass(h, a, 8, m);
        for (int q = 0; q < 8; q++)
            sum += 0.1 * w[q] * m[q];
    }
    return sum / mass;
}

void gal_history_zstar(const gal_history *h, const double *t, size_t n, double *z)
{
    const gal_sfh *s = h->sfh;
    if (s->kind == GAL_SFH_INSITU) {
        gal_insitu_zstar(h->p[0], h->p[1], t, n, z);
        return;
    }
    const double *m = h->p + gal_sfh_quench_index(s) + 2;
    if (s->o.metals == GAL_METALS_CONSTANT) {
        for (size_t i = 0; i < n; i++)
            z[i] = m[0];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double end = fmin(t[i], h->quench), mass, before, share = 0;
        gal_history_mass(h, &end, 1, &mass);
        if (mass > 0 && s->o.metals == GAL_METALS_EVOLVING) {
            share = 0.5 * fmin(mass / h->formed, 1); /* the mean has half the growth */
        } else if (mass > 0 && s->o.metals == GAL_METALS_LINEAR) {
            share = end / h->age * (1 - earliness(h, end, mass));
        } else if (mass > 0) {
            double step = fmin(m[2], end);
            gal_history_mass(h, &step, 1, &before);
            share = 1 - before / mass;
        }
        z[i] = m[1] + (m[0] - m[1]) * share;
    }
}

void gal_history_content(const gal_history *h, double dust_exponent, gal_sfh_content *out)
{
    const gal_sfh *s = h->sfh;
    double t = h->age, open = t < h->quench ? 1 : t == h->quench ? 0.5 : 0;
    gal_history_rate(h, &t, 1, &out->sfr);
    out->sfr *= open;
    gal_history_zgas(h, &t, 1, &out->zgas);
    gal_history_zstar(h, &t, 1, &out->zstar);
    if (s->kind == GAL_SFH_INSITU) { /* a burst on top does not change the gas */
        gal_insitu_rate(h->p[0], h->p[1], &t, 1, &out->mgas);
        out->mgas *= h->p[1] * open;
        out->mdust = gal_insitu_dust_to_gas(h->p[0], h->p[1], t) * out->mgas;
    } else {
        out->mdust = h->p[gal_sfh_quench_index(s) + 1];
        out->mgas = 100 * out->mdust * pow(out->zgas / GAL_ZSUN, dust_exponent);
    }
}

double gal_history_mstar_galapy(const gal_history *h, size_t n)
{
    double tq = h->quench, age = h->age, mass = 0, left = 1;
    for (size_t j = 1; j < n; j++) {
        double right = pow(age, (double)j / (double)(n - 1)), mid = 0.5 * (left + right), psi;
        gal_history_rate(h, &mid, 1, &psi);
        psi *= mid < tq ? 1 : mid == tq ? 0.5 : 0;
        mass += (right - left) * (1 - 0.05 * log(1 + 2.5e-6 * (age - mid))) * psi;
        left = right;
    }
    return mass;
}
