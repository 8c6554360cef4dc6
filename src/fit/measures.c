/* Measured numbers in a fit: the classes, one line each, and their data: independent, Gaussian or limits as like.h treats them. See
 * galua/measure.h. */
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"
#include "galua/measure.h"

/* clang-format off */
#define MEASURES(X) \
    X(index)        \
    X(line)         \
    X(part)
/* clang-format on */
#define DECLARE(name) extern const gal_measure_class gal_##name##_measure;
#define LIST(name)    &gal_##name##_measure,
MEASURES(DECLARE)
static const gal_measure_class *const CLASSES[] = {MEASURES(LIST) NULL};

const gal_measure_class *const *gal_measure_classes(void)
{
    return CLASSES;
}

gal_status gal_measure_find(const gal_measure_class **out, const char *name)
{
    const char *names[sizeof CLASSES / sizeof *CLASSES];
    char hint[96];
    size_t n = 0;
    for (size_t i = 0; CLASSES[i]; i++) {
        if (!CLASSES[i]->noption)
            continue;
        if (strcmp(CLASSES[i]->name, name) == 0)
            return *out = CLASSES[i], GAL_OK;
        names[n++] = CLASSES[i]->name;
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "observation: nothing is measured as '%s'%s", name, hint);
}

struct fit_measures {
    size_t n; /* indices, lines, the rest */
    gal_measure *item;
    double *y, *err;
    unsigned char *kind; /* gal_datum */
    bool metered;
};

size_t fit_measures_n(const fit_measures *m)
{
    return m ? m->n : 0;
}

void fit_measures_free(fit_measures *m)
{
    if (!m)
        return;
    gal_free(m->item);
    gal_free(m->y);
    gal_free(m->kind);
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
    size_t n = gal_obs_nmeasured(o);
    *out = NULL;
    if (!n)
        return GAL_OK;
    fit_measures *m = GAL_NEW(fit_measures);
    if (!m || !(m->y = GAL_NEWN(double, 2 * n)) || !(m->kind = GAL_NEWN(unsigned char, n)) ||
        !(m->item = GAL_NEWN(gal_measure, n))) {
        fit_measures_free(m);
        return GAL_ENOMEM;
    }
    m->n = n;
    m->err = m->y + n;
    for (size_t i = 0; i < n; i++) {
        size_t l = i - o->nindex;
        if (i < o->nindex) {
            const gal_index_datum *d = &o->index[i];
            m->item[i] = (gal_measure){&gal_index_measure, d->name, d->value, d->err, false, NULL, d};
        } else if (l < o->nline) {
            const gal_line_datum *d = &o->line[l];
            m->item[i] = (gal_measure){&gal_line_measure, d->name, d->value, d->err, d->limit, NULL, d};
        } else {
            m->item[i] = o->measure[l - o->nline];
        }
        m->y[i] = m->item[i].value;
        m->err[i] = m->item[i].err;
        m->kind[i] = m->item[i].limit ? GAL_DATUM_LIMIT : GAL_DATUM_DETECTION;
        m->metered |= m->item[i].class->metered;
    }
    warn_coarse(f);
    *out = m;
    return GAL_OK;
}

void fit_measures_close(const fit_measures *m, void **local)
{
    for (size_t i = 0; local && i < m->n; i++)
        if (local[i])
            m->item[i].class->close(local[i]);
    gal_free(local);
}

gal_status fit_measures_open(const fit_measures *m, const gal_fit *f, void ***out)
{
    void **local = *out = GAL_NEWN(void *, m->n);
    if (!local)
        return GAL_ENOMEM;
    for (size_t i = 0; i < m->n; i++) {
        const gal_measure_class *c = m->item[i].class;
        gal_status st = c->open ? c->open(&local[i], &m->item[i], f->galaxy) : GAL_OK;
        if (st != GAL_OK)
            return gal_fail_prefix(st, "fit: observation '%s'", f->obs->name);
    }
    return GAL_OK;
}

gal_status fit_measures_values(const fit_measures *m, void *const *local, const gal_measure_at *at, double *value)
{
    gal_status st = GAL_OK;
    if (m->metered)
        gal_meter_begin(at->meter, at->ws, GAL_COMP_TOTAL);
    for (size_t i = 0; st == GAL_OK && i < m->n; i++)
        st = m->item[i].class->number(local[i], &m->item[i], at, &value[i]);
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
