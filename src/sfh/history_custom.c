/* A function of time and parameters that the caller gives: tabulated at every evaluation, linear between the nodes. */
#include "galua/num.h"
#include "sfh/sfh_int.h"

#include <math.h>

typedef struct state { /* of one thread */
    double *t;         /* [3][GAL_SFH_NTAB] times, rates, masses */
    void *local;       /* the caller's */
} state;

static const gal_sfh_custom *custom_of(const gal_history *h)
{
    return h->sfh->self;
}

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    const gal_sfh_custom *c = o->custom;
    if (!c)
        return gal_fail(GAL_EINVAL, "sfh.custom: no function is given");
    if (c->npar + o->by_mass > GAL_SFH_MAXBIN)
        return gal_fail(GAL_EINVAL, "sfh.custom: %zu parameters, at most %d are possible", c->npar, GAL_SFH_MAXBIN);
    gal_sfh_custom *own = s->self = GAL_NEW(gal_sfh_custom);
    if (!own)
        return GAL_ENOMEM;
    *own = *c;
    own->ref(own->self);
    s->o.custom = own;
    gal_sfh_add(s, c->par, c->npar);
    return GAL_OK;
}

static void destroy(void *self)
{
    gal_sfh_custom *c = self;
    c->unref(c->self);
    gal_free(c);
}

static gal_hash hash(const gal_sfh *s)
{
    const gal_sfh_custom *c = s->self;
    return gal_hash_combine(gal_sfh_hash_of(s, GAL_SFH_NO_CHOICES), c->hash);
}

static gal_status open(gal_history *h)
{
    state *x = h->local = GAL_NEW(state);
    if (!x || !(x->t = GAL_NEWN(double, 3 * GAL_SFH_NTAB)))
        return GAL_ENOMEM;
    h->ntab = GAL_SFH_NTAB;
    h->tab_t = x->t;
    h->tab_psi = x->t + GAL_SFH_NTAB;
    h->tab_cum = x->t + 2 * GAL_SFH_NTAB;
    return custom_of(h)->open(&x->local, custom_of(h)->self);
}

static void close(gal_history *h)
{
    state *x = h->local;
    if (x->local && custom_of(h)->close)
        custom_of(h)->close(x->local);
    gal_free(x->t);
    gal_free(x);
}

/* Tabulates a custom history: times log-spaced over 3.5 decades from the onset to half the age and, mirrored, to now. */
static gal_status set(gal_history *h)
{
    enum { HALF = GAL_SFH_NTAB / 2 };
    state *x = h->local;
    double *t = x->t, *psi = t + GAL_SFH_NTAB, *cum = psi + GAL_SFH_NTAB, age = h->age;
    t[0] = 0;
    for (int i = 1; i <= HALF; i++) {
        t[i] = 0.5 * age * pow(10, -3.5 * (HALF - i) / (HALF - 1));
        t[GAL_SFH_NTAB - 1 - i] = i < HALF ? age - t[i] : t[i];
    }
    t[GAL_SFH_NTAB - 1] = age;
    gal_status st = custom_of(h)->rate(x->local, h->p, t, GAL_SFH_NTAB, psi);
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

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    gal_nodes_rate(h, 1, t, n, psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    gal_nodes_mass(h, 1, t, n, m);
}

static void normalise(gal_history *h, double end, double want)
{
    state *x = h->local;
    double one, *psi = x->t + GAL_SFH_NTAB;
    mass(h, &end, 1, &one);
    double factor = one > 0 ? want / one : 0;
    for (size_t i = 0; i < 2 * GAL_SFH_NTAB; i++) /* rates, then masses */
        psi[i] *= factor;
}

const gal_sfh_class gal_sfh_custom_class = {
    .name = "custom",
    .args = "params =, function(t, p) ... end",
    .doc = "A function of time and parameters.",
    .is = GAL_SFH_GIVEN | GAL_SFH_ADDS_MASS,
    .create = create,
    .destroy = destroy,
    .hash = hash,
    .open = open,
    .close = close,
    .set = set,
    .normalise = normalise,
    .rate = rate,
    .mass = mass,
};
