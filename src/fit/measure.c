/* Measured indices, equivalent widths and line fluxes in a fit: independent data, Gaussian or limits as like.h treats them. */
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"
#include "galua/spectrum.h"

enum { BLEND = 8 };
struct fit_measures {
    const gal_obs *obs;
    size_t n;                      /* indices, then lines */
    double *y, *err;               /* [n] */
    unsigned char *kind;           /* [n] gal_datum_kind */
    size_t (*list)[BLEND], *count; /* [nline] */
};

size_t fit_measures_n(const fit_measures *m)
{
    return m ? m->n : 0;
}

void fit_measures_free(fit_measures *m)
{
    if (!m)
        return;
    gal_free(m->y);
    gal_free(m->kind);
    gal_free(m->list);
    gal_free(m->count);
    gal_free(m);
}

/* Says which indices look at features finer than the model's spectra have: those whose band is narrower than twice the finest width. */
static void warn_coarse(const gal_fit *f)
{
    char list[160] = "";
    size_t used = 0, first = 0;
    const gal_ssp *s = gal_galaxy_ssp(f->galaxy);
    for (size_t i = 0; i < f->obs->nindex; i++) {
        const gal_index *x = &f->obs->index[i].index;
        const double *b = x->kind == GAL_INDEX_BREAK ? x->blue : x->band;
        if (x->kind == GAL_INDEX_SLOPE || 2 * gal_ssp_finest(s, b[0]) <= b[1] - b[0] || used > sizeof list - 24)
            continue;
        first = used ? first : i;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.20s", used ? ", " : "", x->name);
    }
    if (!used)
        return;
    const gal_index *x = &f->obs->index[first].index;
    double at = x->kind == GAL_INDEX_BREAK ? x->blue[0] : x->band[0];
    gal_log(GAL_LOG_WARN, "fit",
            "observation '%s': the model spectra (%s) are too coarse for %s: their features are real from %.3g A "
            "(FWHM) on at "
            "%.4g A; take a table of higher resolution",
            f->obs->name, s->name, list, gal_ssp_finest(s, at), at);
}

gal_status fit_measures_create(fit_measures **out, const gal_fit *f)
{
    const gal_obs *o = f->obs;
    size_t n = o->nindex + o->nline;
    *out = NULL;
    if (!n)
        return GAL_OK;
    gal_status st = GAL_OK;
    fit_measures *m = GAL_NEW(fit_measures);
    if (!m || !(m->y = GAL_NEWN(double, 2 * n)) || !(m->kind = GAL_NEWN(unsigned char, n)) ||
        !(m->list = gal_alloc((o->nline + 1) * sizeof *m->list)) || !(m->count = GAL_NEWN(size_t, o->nline + 1)))
        GAL_TRY(GAL_ENOMEM);
    m->obs = o;
    m->n = n;
    m->err = m->y + n;
    for (size_t i = 0; i < n; i++) {
        bool line = i >= o->nindex;
        const gal_line_datum *d = line ? &o->line[i - o->nindex] : NULL;
        m->y[i] = line ? d->value : o->index[i].value;
        m->err[i] = line ? d->err : o->index[i].err;
        m->kind[i] = line && d->limit ? GAL_DATUM_LIMIT : GAL_DATUM_DETECTION;
    }
    for (size_t i = 0; i < o->nline; i++)
        GAL_TRY(gal_galaxy_find_lines(f->galaxy, o->line[i].name, m->list[i], BLEND, &m->count[i]));
    warn_coarse(f);
    *out = m;
    return GAL_OK;
out:
    fit_measures_free(m);
    return gal_fail_prefix(st, "fit: observation '%s'", o->name);
}

gal_status fit_measures_values(const fit_measures *m, const gal_galaxy *g, gal_meter *meter, const gal_galaxy_ws *ws,
                               const double *theta, const gal_kinematics *k, double *value)
{
    const gal_obs *o = m->obs;
    gal_status st = GAL_OK;
    if (o->nindex)
        gal_meter_begin(meter, ws, GAL_COMP_TOTAL);
    for (size_t i = 0; st == GAL_OK && i < o->nindex; i++)
        st = gal_meter_index(meter, &o->index[i].index, k, o->index[i].lick, &value[i]);
    for (size_t i = 0; st == GAL_OK && i < o->nline; i++)
        st = gal_galaxy_line_flux(g, ws, theta, m->list[i], m->count[i], &value[o->nindex + i]);
    return st;
}

double fit_measures_like(const fit_measures *m, const double *value, gal_limits limits)
{
    return gal_like_gaussian(m->n, m->y, m->err, m->kind, value, NULL, limits, NULL);
}

void fit_measures_noise(const fit_measures *m, gal_rng *rng, const double *value, double *out)
{
    for (size_t i = 0; i < fit_measures_n(m); i++)
        out[i] = value[i] + m->err[i] * gal_rng_normal(rng);
}
