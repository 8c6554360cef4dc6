/* Histories that are constant in bins of lookback time: edges, then rates relative to each other in log10, then the scale from the mass
 * formed. Bin 0 is the youngest; r_i = log10(psi_i / psi_i+1).
 *
 * Fixed edges are the user's or, after Leja+19a (ApJ 876, 3), 0, 30, 100 Myr, log-spaced to 0.85 age, age. Moving edges: youngest bin
 * 0 .. t1, then bins of equal mass between t1 and t2 whose widths follow from the ratios (equal mass: w_i+1 = w_i 10^r_i), then fixed bins
 * of equal width from t2 to the age (Leja+19a section 2; Suess+22, ApJ 935, 146). */
#include "sfh/bins.h"
#include "galua/num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// clang-format off
static const gal_param p_mass =
    {"mass",       "Msun",    "mass of all stars formed until the age",                1e10, 0,     1e15,  1e7,  1e13, true,  true};
const gal_param gal_bins_ratio =
    {"r",          "",        "log10 ratio of the rates of a bin and the next older one", 0, -10, 10, -1.5, 1.5, false, true};
// clang-format on
const char *const gal_bins_ratio_name[GAL_SFH_MAXBIN - 1] = GAL_NUMBERED("r");

static gal_status count(const gal_sfh *s, const char *name, size_t *out)
{
    const gal_option_value *v = gal_sfh_option(s, name);
    if (!v || !v->given)
        return GAL_OK;
    if (v->number != floor(v->number) || v->number < 0 || v->number > 1e6)
        return gal_fail(GAL_EINVAL, "sfh.%s: %s = %g must be a whole number of bins", s->class->name, name, v->number);
    *out = (size_t)v->number;
    return GAL_OK;
}

gal_status gal_bins_create(gal_sfh *s, size_t nold, size_t standard)
{
    gal_status st = GAL_OK;
    gal_bins *b = s->self = GAL_NEW(gal_bins);
    const char *kind = s->class->name;
    const gal_option_value *edges = gal_sfh_option(s, "edges");
    if (!b)
        return GAL_ENOMEM;
    *b = (gal_bins){.nold = nold,
                    .tflex = nold ? 2e9 : 0,
                    .alpha = 1,
                    .sigma_reg = 0.3,
                    .tau_eq = 2.5e9,
                    .tau_in = 1.5e8,
                    .sigma_dyn = 0.03,
                    .tau_dyn = 2.5e7,
                    .nedge = edges ? edges->nvec : 0};
    size_t least = nold ? nold + 2 : 2;
    GAL_TRY(count(s, "n", &b->nbin));
    if (b->nedge) {
        if (b->nbin && b->nbin != b->nedge + 1)
            return gal_fail(GAL_EINVAL, "sfh.%s: n = %zu, but %zu inner edges make %zu bins", kind, b->nbin, b->nedge,
                            b->nedge + 1);
        b->nbin = b->nedge + 1;
        GAL_TRY(gal_check_ascending("sfh: edges", edges->vec, b->nedge));
        if (!(edges->vec[0] > 0))
            return gal_fail(GAL_EDOMAIN,
                            "sfh.%s: the first inner edge is %g yr: the youngest bin starts at 0 without it", kind,
                            edges->vec[0]);
    }
    if (!b->nbin)
        b->nbin = standard;
    if (b->nbin < least || b->nbin > GAL_SFH_MAXBIN)
        return gal_fail(GAL_EDOMAIN, "sfh.%s: %zu bins, %zu .. %d are possible", kind, b->nbin, least, GAL_SFH_MAXBIN);
    if (b->nedge) {
        if (!(b->edge = GAL_NEWN(double, b->nedge)))
            return GAL_ENOMEM;
        memcpy(b->edge, edges->vec, b->nedge * sizeof *b->edge);
    }
    for (size_t i = 0; i < s->class->noption; i++) /* as it is: descriptions show it */
        if (strcmp(s->class->option[i].name, "n") == 0)
            s->option[i].number = (double)b->nbin;
out:
    return st;
}

void gal_bins_destroy(void *self)
{
    gal_bins *b = self;
    gal_free(b->edge);
    gal_free(b);
}

void gal_bins_add(gal_sfh *s, const char *const *name, const gal_param *like)
{
    const gal_bins *b = s->self;
    if (!name) {
        gal_sfh_add(s, &p_mass, 1);
        return;
    }
    for (size_t i = 0; i + 1 < b->nbin; i++) {
        gal_param p = *like;
        p.name = name[i];
        gal_sfh_add(s, &p, 1);
    }
}

gal_hash gal_bins_hash(const gal_sfh *s)
{
    const gal_bins *b = s->self;
    char tail[300];
    snprintf(tail, sizeof tail, "0 0 %zu %zu %.17g %.17g %d %.17g %.17g %.17g %.17g %.17g", b->nbin, b->nold, b->tflex,
             b->alpha, b->of_rate, b->sigma_reg, b->tau_eq, b->tau_in, b->sigma_dyn, b->tau_dyn);
    gal_hash h = gal_sfh_hash_of(s, tail);
    return b->nedge ? gal_hash_combine(h, gal_hash_bytes(b->edge, b->nedge * sizeof *b->edge)) : h;
}

/* ------------------------------------------------------------------ edges and rates */
/* e[0 .. n]: lookback times, ascending; e[n] = age */
void gal_bins_fixed_edges(const gal_bins *o, double age, double *e)
{
    size_t n = o->nbin;
    e[0] = 0;
    e[n] = age;
    if (o->edge) { /* bins older than the galaxy have no width */
        for (size_t i = 1; i < n; i++)
            e[i] = fmin(o->edge[i - 1], age);
        return;
    }
    double young = fmin(GAL_BINS_YOUNG, 0.1 * age), next = fmin(1e8, 0.3 * age), old = 0.85 * age;
    if (n == 2) {
        e[1] = next;
        return;
    }
    e[1] = young;
    e[2] = next;
    for (size_t i = 3; i < n; i++)
        e[i] = next * pow(old / next, (double)(i - 2) / (double)(n - 3));
}

/* Flexible bins; log10 of the rates relative to one another. r[n - 1]. */
void gal_bins_moving_edges(const gal_bins *o, double age, double t1, double t2, const double *r, double *e, double *ls)
{
    size_t n = o->nbin, nflex = n - 1 - o->nold;
    double w[GAL_SFH_MAXBIN], lw[GAL_SFH_MAXBIN], top = 0, sum = 0, all = 0;
    lw[0] = 0;
    for (size_t i = 1; i < nflex; i++) {
        lw[i] = lw[i - 1] + r[i];
        top = fmax(top, lw[i]);
    }
    for (size_t i = 0; i < nflex; i++)
        sum += w[i] = pow(10, lw[i] - top);
    for (size_t i = 0; i < nflex; i++)
        all += w[i] = fmax(w[i] / sum, 1e-6); /* a bin has a width, whatever the ratios */
    e[0] = 0;
    e[1] = t1;
    for (size_t i = 0; i < nflex; i++) {
        e[i + 2] = i + 1 < nflex ? e[i + 1] + (t2 - t1) * w[i] / all : t2;
        ls[i + 1] = -log10(w[i]);
    }
    ls[0] = ls[1] + r[0];
    for (size_t k = 1; k <= o->nold; k++) {
        e[nflex + 1 + k] = k < o->nold ? t2 + (age - t2) * (double)k / (double)o->nold : age;
        ls[nflex + k] = ls[nflex + k - 1] - r[nflex + k - 1];
    }
}

void gal_bins_from_ratios(const double *r, size_t n, double *ls)
{
    ls[0] = 0;
    for (size_t i = 1; i < n; i++)
        ls[i] = ls[i - 1] - r[i - 1];
}

/* Rates of the bins in galaxy time from their log10 and the mass of them all. */
void gal_bins_scale(gal_history *h, double mass, const double *e, const double *ls)
{
    size_t n = h->nbin = ((const gal_bins *)h->sfh->self)->nbin;
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (e[i + 1] > e[i])
            top = fmax(top, ls[i]);
    for (size_t i = 0; i < n; i++) {
        double width = e[i + 1] - e[i], rate = width > 0 ? (top > -INFINITY ? pow(10, ls[i] - top) : 1) : 0;
        h->psi[n - 1 - i] = rate;
        sum += rate * width;
    }
    h->cum[0] = 0;
    for (size_t k = 0; k <= n; k++)
        h->t[k] = k == n ? h->age : h->age - e[n - k];
    for (size_t k = 0; k < n; k++) {
        h->psi[k] *= mass / sum;
        h->cum[k + 1] = h->cum[k] + h->psi[k] * (e[n - k] - e[n - 1 - k]);
    }
}

/* ------------------------------------------------------------------ the history */
/* The bin that holds t, 0 < t; those after the last belong to it. */
size_t gal_bins_at(const gal_history *h, double t)
{
    size_t k = 0;
    while (k + 1 < h->nbin && t > h->t[k + 1])
        k++;
    return k;
}

void gal_bins_rate(const gal_history *h, const double *t, size_t n, double *psi)
{
    for (size_t i = 0; i < n; i++)
        psi[i] = t[i] > 0 ? h->psi[gal_bins_at(h, t[i])] : 0;
}

static double mass_at(const gal_history *h, double t)
{
    size_t k = gal_bins_at(h, t);
    return t < h->t[k + 1] ? h->cum[k] + h->psi[k] * (t - h->t[k]) : h->cum[k + 1] + h->psi[k] * (t - h->t[k + 1]);
}

void gal_bins_mass(const gal_history *h, const double *t, size_t n, double *mass)
{
    for (size_t i = 0; i < n; i++)
        mass[i] = t[i] > 0 ? mass_at(h, t[i]) : 0;
}

size_t gal_bins_nbreak(const gal_sfh *s)
{
    return ((const gal_bins *)s->self)->nbin;
}

size_t gal_bins_breaks(const gal_history *h, double *t)
{
    size_t n = 0;
    for (size_t i = 1; i < h->nbin; i++)
        t[n++] = h->t[i];
    return n;
}

const char *gal_bins_student(const gal_sfh *s, size_t i, char *buf, size_t size)
{
    size_t first = s->nown - (((const gal_bins *)s->self)->nbin - 1);
    if (i >= first && i < s->nown)
        snprintf(buf, size, "student(0, 0.3, 2, -10, 10)");
    return buf;
}
