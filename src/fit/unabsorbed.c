/* Light that the intergalactic medium takes from real galaxies and from this model does not: bands and pixels below Lyman alpha of a
 * galaxy without a component that absorbs there. The share lost is the mean of 1 - T over the photon response (flat S_nu), T being
 * that of the first component of the registry that transmits, with its default parameters (Inoue et al. 2014). Above LOST it is told. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"
#include "galua/component.h"
#include "galua/spectrum.h"

#define LYMAN_ALPHA 1215.67
#define LOST        0.05 /* a share that shows under the errors of good photometry */
enum { NODES = 64 };     /* samples of the part of a band below Lyman alpha */

static const gal_component_class *medium(void)
{
    const gal_component_class *const *c = gal_component_classes();
    while (*c && !((*c)->transmit && (*c)->setup))
        c++;
    return *c;
}

static bool absorbs(const gal_galaxy *g)
{
    for (size_t i = 0; i < gal_galaxy_ncomponent(g); i++)
        if (gal_component_class_of(gal_galaxy_component(g, i))->transmit)
            return true;
    return false;
}

/* T at ascending rest-frame wavelengths w[n], n <= NODES + 1 */
static gal_status transmission(const gal_component_class *c, double z, const double *w, size_t n, double *t)
{
    gal_status st = GAL_OK;
    double p[16] = {0};
    const gal_wavegrid grid = {.n = n, .wave = w};
    const gal_view view = {.grid = &grid, .redshift = z};
    void *table = NULL;
    double *scratch = NULL;
    for (size_t k = 0; k < c->npar && k < 16; k++)
        p[k] = c->par[k].value;
    GAL_TRY(c->setup(&table, c->law, &grid));
    if (!(scratch = GAL_NEWN(double, (c->scratch ? c->scratch(c->law, &grid) : 0) + 1)))
        GAL_TRY(GAL_ENOMEM);
    const gal_stage stage = {.self = c->law, .table = table, .scratch = scratch, .p = p, .view = &view};
    GAL_TRY(c->transmit(&stage, t));
out:
    if (table && c->teardown)
        c->teardown(table);
    gal_free(scratch);
    return st;
}

static double response(const gal_filter *f, double wave, size_t *at)
{
    while (*at + 2 < f->n && f->wave[*at + 1] < wave)
        ++*at;
    double u = (wave - f->wave[*at]) / (f->wave[*at + 1] - f->wave[*at]);
    return f->trans[*at] + u * (f->trans[*at + 1] - f->trans[*at]);
}

/* Share of the band's photons that the medium takes at redshift z. */
static gal_status lost(const gal_component_class *c, const gal_filter *f, double z, double *share)
{
    double lo = f->wave[0], hi = fmin(f->wave[f->n - 1], LYMAN_ALPHA * (1 + z)), w[NODES + 1], t[NODES + 1], sum = 0;
    size_t at = 0;
    *share = 0;
    if (!(hi > lo) || z <= 0)
        return GAL_OK;
    double step = log(hi / lo) / NODES;
    for (int k = 0; k <= NODES; k++)
        w[k] = (k < NODES ? lo * exp(step * k) : hi * (1 - 1e-12)) / (1 + z);
    gal_status st = transmission(c, z, w, NODES + 1, t);
    if (st != GAL_OK)
        return st;
    for (int k = 0; k <= NODES; k++) /* dlambda/lambda is constant; f->norm = 1/int T dlambda/lambda */
        sum += (k == 0 || k == NODES ? 0.5 : 1) * (1 - t[k]) * response(f, w[k] * (1 + z), &at);
    *share = sum * step * f->norm;
    return GAL_OK;
}

/* The highest redshift of the fit, and whether it is free. */
static double highest(const gal_fit *f, bool *is_free)
{
    size_t index;
    *is_free = false;
    if (gal_galaxy_find(f->galaxy, "redshift", &index) != GAL_OK)
        return 0;
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] == index) {
            double lo, hi;
            gal_prior_value_bounds(f->prior[i], &lo, &hi);
            *is_free = true;
            return isfinite(hi) ? hi : gal_prior_value(f->prior[i], gal_prior_quantile(f->prior[i], 0.99));
        }
    return f->theta[index];
}

gal_status fit_unabsorbed(gal_fit *f)
{
    const gal_component_class *c = medium();
    bool is_free;
    double z = highest(f, &is_free);
    size_t n = 0, len = 0;
    char names[200] = "";
    *f->note = 0;
    if (!c || !(z > 0) || absorbs(f->galaxy))
        return GAL_OK;
    for (size_t k = 0; k < f->nused; k++) {
        double share;
        const gal_filter *band = f->obs->filter[f->band[k]];
        gal_status st = lost(c, band, z, &share);
        if (st != GAL_OK)
            return st;
        if (share <= LOST)
            continue;
        if (n++ < 4)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%.40s", n > 1 ? ", " : "", band->name);
    }
    if (n > 4)
        len += (size_t)snprintf(names + len, sizeof names - len, " and %zu more", n - 4);
    const gal_filter pixel = {.n = 2, .trans = (double[2]){1, 1}};
    size_t pixels = 0;
    for (size_t k = 0; k < f->obs->nspectrum; k++) {
        const gal_spectrum *s = f->obs->spectrum[k];
        for (size_t i = 0; i < s->n; i++) {
            double edge[2] = {gal_spec_lo(s->spec)[i], gal_spec_hi(s->spec)[i]}, share = 0;
            gal_filter one = pixel;
            if (!s->used[i] || edge[0] >= LYMAN_ALPHA * (1 + z))
                continue;
            one.wave = edge;
            one.norm = 1 / log(edge[1] / edge[0]);
            gal_status st = lost(c, &one, z, &share);
            if (st != GAL_OK)
                return st;
            pixels += share > LOST;
        }
    }
    if (pixels)
        snprintf(names + len, sizeof names - len, "%s%zu pixel%s of the spectrum", n ? " and " : "", pixels,
                 pixels == 1 ? "" : "s");
    if (n + pixels)
        snprintf(
            f->note, sizeof f->note,
            "%s: below Lyman alpha at rest at redshift %g%s, and nothing absorbs there: give the galaxy igm = true, "
            "or flag them 'ignored'",
            names, z, is_free ? ", which the prior allows" : "");
    return GAL_OK;
}

const char *gal_fit_note(const gal_fit *f)
{
    return f->note;
}
