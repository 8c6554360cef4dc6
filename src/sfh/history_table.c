/* A table of (t, psi), linear in between, zero outside. */
#include "galua/num.h"
#include "sfh/sfh_int.h"

#include <math.h>
#include <string.h>

typedef struct table {
    size_t n;
    double *t, *psi, *cum; /* [n] yr, Msun/yr, Msun; one allocation */
} table;

static void destroy(void *self)
{
    table *x = self;
    gal_free(x->t);
    gal_free(x);
}

static gal_status create(gal_sfh *s, const gal_sfh_opts *o)
{
    (void)o;
    const gal_option_value *v = s->option;
    const double *t = v[0].vec, *psi = v[1].vec;
    size_t n = v[0].nvec;
    if (!t || !psi || n != v[1].nvec)
        return gal_fail(GAL_EINVAL, "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got %zu and %zu)", n,
                        v[1].nvec);
    if (n < 2)
        return gal_fail(GAL_EINVAL, "sfh.table: %zu rows, at least 2 are needed", n);
    gal_status st = gal_check_ascending("sfh.table: time", t, n);
    if (st != GAL_OK)
        return st;
    if (t[0] < 0)
        return gal_fail(GAL_EDOMAIN, "sfh.table: time starts at %g yr, before the onset at 0", t[0]);
    for (size_t i = 0; i < n; i++)
        if (!(psi[i] >= 0) || isinf(psi[i]))
            return gal_fail(GAL_EDOMAIN, "sfh.table: rate %g in row %zu must be finite and >= 0", psi[i], i + 1);
    table *x = s->self = GAL_NEW(table);
    if (!x || !(x->t = GAL_NEWN(double, 3 * n)))
        return GAL_ENOMEM;
    x->n = n;
    x->psi = x->t + n;
    x->cum = x->t + 2 * n;
    memcpy(x->t, t, n * sizeof *t);
    memcpy(x->psi, psi, n * sizeof *psi);
    gal_cumtrapz(t, psi, n, x->cum);
    return GAL_OK;
}

static gal_status open(gal_history *h)
{
    const table *x = h->sfh->self;
    h->ntab = x->n;
    h->tab_t = x->t;
    h->tab_psi = x->psi;
    h->tab_cum = x->cum;
    return GAL_OK;
}

static void rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    gal_nodes_rate(h, h->p[0], t, n, psi);
}

static void mass(const gal_history *h, const double *t, size_t n, double *m)
{
    gal_nodes_mass(h, h->p[0], t, n, m);
}

static void slopes(const gal_history *h, double t, double *ps, double *ms)
{
    gal_nodes_slopes(h, h->p[0], t, ps, ms);
}
GAL_SLOPES_OF(slopes)

static size_t nbreak(const gal_sfh *s)
{
    return ((const table *)s->self)->n;
}

static size_t breaks(const gal_history *h, double *t)
{
    memcpy(t, h->tab_t, h->ntab * sizeof *t);
    return h->ntab;
}

static gal_hash hash(const gal_sfh *s)
{
    const table *x = s->self;
    return gal_hash_combine(gal_sfh_hash_of(s, GAL_SFH_NO_CHOICES), gal_hash_bytes(x->t, 2 * x->n * sizeof *x->t));
}

static const gal_option option[] = {{"t", "yr", "times since the onset, ascending", GAL_OPTION_VECTOR, NULL, 0, NULL},
                                    {"psi", "Msun/yr", "rates", GAL_OPTION_VECTOR, NULL, 0, NULL}};
// clang-format off
static const gal_param par[] = {
    {"scale",      "",        "factor on the tabulated rate",                          1,    0,     1e12,  1e-3, 1e3,  true,  true}};
// clang-format on

const gal_sfh_class gal_sfh_table = {
    .name = "table",
    .args = "t =, psi =",
    .doc = "Tabulated history, linear between rows, zero outside.",
    .par = par,
    .npar = 1,
    .option = option,
    .noption = 2,
    .create = create,
    .destroy = destroy,
    .hash = hash,
    .open = open,
    .rate = rate,
    .mass = mass,
    .jvp = jvp,
    .vjp = vjp,
    .nbreak = nbreak,
    .breaks = breaks,
};
