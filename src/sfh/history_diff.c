/* Derivatives of a history: those of the law (jvp, vjp of its class) through the normalisation that forms a given mass, a burst on top, and
 * the mass formed until the age or quenching. With N the normalisation, M(N, q, end) = W: dN = (dW - dM at fixed N)/(dM/dN). */
#include "galua/const.h"
#include "sfh/sfh_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *gal_sfh_lacks_slopes(const gal_sfh *s, char *buf, size_t size)
{
    const gal_sfh_class *k = s->class;
    for (size_t i = 0; i < s->o.npart; i++) {
        gal_sfh part;
        if (gal_sfh_init(&part, s->o.part[i].choices) != GAL_OK)
            return "sfh";
        const char *lacks = gal_sfh_lacks_slopes(&part, buf, size);
        gal_sfh_clear(&part);
        if (lacks)
            return lacks;
    }
    if (s->o.npart)
        return NULL;
    if (k->jvp && k->vjp && s->metals->jvp && s->metals->vjp)
        return NULL;
    snprintf(buf, size, k->jvp && k->vjp ? "metallicity '%s'" : "sfh.%s", k->jvp && k->vjp ? s->metals->name : k->name);
    return buf;
}

static double end_of(const gal_history *h)
{
    return fmin(h->age, h->quench);
}

/* The law's mass until t, and its change */
static double law_mass(const gal_history_diff *d, double t, double dt, double *change)
{
    double m;
    d->h->sfh->class->mass(d->h, &t, 1, &m);
    d->h->sfh->class->jvp(d, &t, &dt, 1, NULL, change);
    return m;
}

/* dM/dN of the law until the end */
static double mass_slope(const gal_history *h)
{
    gal_history_diff unit = {.h = h};
    double slope;
    unit.p[0] = 1;
    law_mass(&unit, end_of(h), 0, &slope);
    return slope;
}

/* ------------------------------------------------------------------ forward */
void gal_history_jvp_begin(gal_history_diff *d, const gal_history *h, const double *p, double age)
{
    const gal_sfh *s = h->sfh;
    double end = end_of(h), dend, base, dbase;
    *d = (gal_history_diff){.h = h, .age = age, .quench = p[s->iquench]};
    memcpy(d->p, p, s->npar * sizeof *p);
    dend = h->age < h->quench ? d->age : d->quench;
    if (s->class->jvp_set)
        s->class->jvp_set(d);
    if (s->o.by_mass) {
        double f = s->o.burst ? h->p[s->nown] : 0, df = s->o.burst ? p[s->nown] : 0, slope = mass_slope(h), want, moved;
        d->p[0] = 0;
        want = law_mass(d, end, dend, &moved);
        d->p[0] = slope != 0 ? (p[0] * (1 - f) - want / (1 - f) * df - moved) / slope : 0;
    }
    base = law_mass(d, end, dend, &dbase);
    if (s->o.burst)
        gal_burst_jvp_begin(d, base, dbase);
    gal_history_jvp(d, &end, &dend, 1, NULL, &d->formed);
}

void gal_history_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi,
                     double *dmass)
{
    d->h->sfh->class->jvp(d, t, dt, n, dpsi, dmass);
    if (d->h->sfh->o.burst)
        gal_burst_jvp(d, t, dt, n, dpsi, dmass);
}

void gal_history_jvp_zgas(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dz)
{
    d->h->sfh->metals->jvp(d, d->p + d->h->sfh->imetals, t, dt, n, dz);
}

/* Of n breaks, those of the law: the ones of the burst and of the metallicity follow. */
static size_t law_breaks(const gal_history *h, size_t n)
{
    const gal_sfh *s = h->sfh;
    if (h->burst_mass > 0)
        n -= s->o.burst == GAL_BURST_EXPONENTIAL ? GAL_BURST_BREAKS : 2;
    return n - (s->metals->now_break ? 1 : 0);
}

void gal_history_jvp_breaks(const gal_history_diff *d, double *dt, size_t n)
{
    const gal_sfh *s = d->h->sfh;
    size_t law = law_breaks(d->h, n);
    for (size_t i = 0; i < law; i++)
        dt[i] = 0;
    if (s->class->jvp_breaks)
        s->class->jvp_breaks(d, dt);
    if (d->h->burst_mass > 0)
        gal_burst_jvp_breaks(d, dt + law);
    if (s->metals->now_break)
        dt[n - 1] = d->p[s->imetals + s->metals->now_break - 1];
}

/* ------------------------------------------------------------------ backward */
void gal_history_vjp_begin(gal_history_diff *g, const gal_history *h)
{
    *g = (gal_history_diff){.h = h};
}

void gal_history_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass,
                     double *gt)
{
    g->h->sfh->class->vjp(g, t, n, gpsi, gmass, gt);
    if (g->h->sfh->o.burst)
        gal_burst_vjp(g, t, n, gpsi, gmass, gt);
}

void gal_history_vjp_zgas(gal_history_diff *g, const double *t, size_t n, const double *gz, double *gt)
{
    g->h->sfh->metals->vjp(g, g->p + g->h->sfh->imetals, t, n, gz, gt);
}

void gal_history_vjp_breaks(gal_history_diff *g, const double *gt, size_t n)
{
    const gal_sfh *s = g->h->sfh;
    if (s->class->vjp_breaks)
        s->class->vjp_breaks(g, gt);
    if (g->h->burst_mass > 0)
        gal_burst_vjp_breaks(g, gt + law_breaks(g->h, n));
    if (s->metals->now_break)
        g->p[s->imetals + s->metals->now_break - 1] += gt[n - 1];
}

void gal_history_vjp_end(gal_history_diff *g, double *p, double *age)
{
    const gal_history *h = g->h;
    const gal_sfh *s = h->sfh;
    double end = end_of(h), gend = 0, base, gbase = 0, formed = g->formed;
    gal_history_vjp(g, &end, 1, NULL, &formed, &gend);
    if (s->o.burst) {
        s->class->mass(h, &end, 1, &base);
        gbase = gal_burst_vjp_end(g, base);
        s->class->vjp(g, &end, 1, NULL, &gbase, &gend);
    }
    if (s->o.by_mass) {
        double f = s->o.burst ? h->p[s->nown] : 0, slope = mass_slope(h), want,
               gwant = slope != 0 ? g->p[0] / slope : 0, minus = -gwant;
        s->class->mass(h, &end, 1, &want);
        s->class->vjp(g, &end, 1, NULL, &minus, &gend);
        g->p[0] = gwant * (1 - f);
        if (s->o.burst)
            g->p[s->nown] -= gwant * want / (1 - f);
    }
    *(h->age < h->quench ? &g->age : &g->quench) += gend;
    if (s->class->vjp_set)
        s->class->vjp_set(g);
    g->p[s->iquench] += g->quench;
    for (size_t i = 0; i < s->npar; i++)
        p[i] += g->p[i];
    *age += g->age;
}

/* ------------------------------------------------------------------ what it holds at its age */
bool gal_history_content_vjp(const gal_history *h, double dust_exponent, const gal_sfh_content *c,
                             const gal_sfh_content *gc, double *p, double *age)
{
    const gal_sfh *s = h->sfh;
    char buf[80];
    double t = h->age,
           open = t < h->quench    ? 1
                  : t == h->quench ? 0.5
                                   : 0,
           gpsi = gc->sfr * open, gz = gc->zgas, gt = 0;
    if (s->o.npart || gal_sfh_lacks_slopes(s, buf, sizeof buf) || (s->class->gas && !s->class->gas_vjp))
        return false;
    gal_history_diff g;
    gal_history_vjp_begin(&g, h);
    if (s->class->gas) {
        s->class->gas_vjp(&g, open, c, gc, &gt);
    } else { /* mgas = 100 mdust (Z/Zsun)^dust_exponent */
        g.p[s->imetals - 1] += gc->mdust + gc->mgas * 100 * pow(c->zgas / GAL_ZSUN, dust_exponent);
        gz += gc->mgas * dust_exponent * c->mgas / c->zgas;
    }
    gal_history_vjp(&g, &t, 1, &gpsi, NULL, &gt);
    gal_history_vjp_zgas(&g, &t, 1, &gz, &gt);
    g.age += gt;
    gal_history_vjp_end(&g, p, age);
    return true;
}
