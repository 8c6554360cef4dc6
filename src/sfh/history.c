/* A star formation history at given parameters and age: rates, masses, metallicities, contents. Formulas in galua/sfh.h. */
#include "galua/const.h"
#include "sfh/sfh_int.h"

#include <math.h>
#include <string.h>

gal_status gal_history_init(gal_history *h, const gal_sfh *s)
{
    *h = (gal_history){.sfh = s};
    gal_status st = s->class->open ? s->class->open(h) : GAL_OK;
    if (st != GAL_OK)
        gal_history_clear(h);
    return st;
}

void gal_history_clear(gal_history *h)
{
    if (h->local && h->sfh->class->close)
        h->sfh->class->close(h);
    h->local = NULL;
}

/* The normalisation at which what forms until the age, or quenching, is the parameter `mass`. */
static void normalise(gal_history *h)
{
    const gal_sfh *s = h->sfh;
    const gal_sfh_class *k = s->class;
    double *mass = h->p + (k->is & GAL_SFH_ADDS_MASS ? s->nown - 1 : 0);
    double end = fmin(h->age, h->quench), want = *mass * (s->o.burst ? 1 - h->p[s->nown] : 1), one;
    if (k->normalise) {
        k->normalise(h, end, want);
        return;
    }
    h->p[0] = 1;
    k->mass(h, &end, 1, &one);
    h->p[0] = one > 0 ? want / one : 0;
}

gal_status gal_history_set(gal_history *h, const double *p, double age)
{
    const gal_sfh *s = h->sfh;
    memcpy(h->p, p, s->npar * sizeof *p);
    h->age = age;
    h->quench = s->class->is & GAL_SFH_COMPOSED ? INFINITY : p[s->iquench];
    if (s->class->set) {
        gal_status st = s->class->set(h);
        if (st != GAL_OK)
            return st;
    }
    if (s->o.by_mass)
        normalise(h);
    if (s->o.burst)
        gal_burst_set(h);
    double end = fmin(age, h->quench);
    gal_history_mass(h, &end, 1, &h->formed);
    return GAL_OK;
}

/* ------------------------------------------------------------------ rates and masses */
void gal_history_rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    h->sfh->class->rate(h, t, n, psi);
    if (h->burst_mass > 0)
        for (size_t i = 0; i < n; i++)
            psi[i] += gal_burst_rate(h, t[i]);
}

void gal_history_mass(const gal_history *h, const double *t, size_t n, double *mass)
{
    h->sfh->class->mass(h, t, n, mass);
    for (size_t i = 0; h->burst_mass > 0 && i < n; i++)
        mass[i] += gal_burst_mass(h, t[i]);
}

bool gal_history_in_cells(const gal_history *h, const gal_history_cells *c)
{
    const gal_sfh_class *k = h->sfh->class;
    if (!k->cells || k->metals != h->sfh->metals || h->burst_mass > 0)
        return false;
    k->cells(h, c);
    return true;
}

size_t gal_history_breaks(const gal_history *h, double *t)
{
    const gal_sfh *s = h->sfh;
    size_t n = s->class->breaks ? s->class->breaks(h, t) : 0;
    if (h->burst_mass > 0)
        n += gal_burst_breaks(h, t + n);
    if (s->metals->breaks)
        n += s->metals->breaks(h, h->p + s->imetals, t + n);
    return n;
}

/* ------------------------------------------------------------------ metals and contents */
void gal_history_zgas(const gal_history *h, const double *t, size_t n, double *z)
{
    h->sfh->metals->zgas(h, h->p + h->sfh->imetals, t, n, z);
}

void gal_history_zstar(const gal_history *h, const double *t, size_t n, double *z)
{
    h->sfh->metals->zstar(h, h->p + h->sfh->imetals, t, n, z);
}

bool gal_history_at_once(const gal_history *h)
{
    return h->sfh->class->is & GAL_SFH_AT_ONCE;
}

const gal_history *gal_history_parts(const gal_history *h, size_t *n)
{
    *n = 1;
    return h->sfh->class->parts ? h->sfh->class->parts(h, n) : h;
}

bool gal_history_one_z(const gal_history *h, double *z)
{
    const gal_metals_class *m = h->sfh->metals;
    if (!m->one)
        return false;
    *z = h->p[h->sfh->imetals + m->now - 1];
    return true;
}

void gal_history_content(const gal_history *h, double dust_exponent, gal_sfh_content *out)
{
    const gal_sfh *s = h->sfh;
    double t = h->age, open = t < h->quench ? 1 : t == h->quench ? 0.5 : 0;
    gal_history_rate(h, &t, 1, &out->sfr);
    out->sfr *= open;
    gal_history_zgas(h, &t, 1, &out->zgas);
    gal_history_zstar(h, &t, 1, &out->zstar);
    if (s->class->gas) {
        s->class->gas(h, open, dust_exponent, out);
    } else {
        out->mdust = h->p[s->imetals - 1];
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
