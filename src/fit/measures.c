/* Measured numbers in a fit: the classes, one line each, and their data: independent, Gaussian or limits as like.h treats them. See
 * galua/measure.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/spectral_int.h"
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

typedef struct fit_measures {
    size_t n; /* indices, lines, the rest */
    gal_measure *item;
    double *y, *err;
    unsigned char *kind; /* gal_datum */
    bool metered, blurred;
    double fixed[NPAR]; /* of what all spectra have: their dispersions are those of the numbers too */
} fit_measures;

typedef struct numbers { /* of a thread */
    const fit_measures *of;
    gal_meter *meter;
    void **local; /* of each */
    double *value;
} numbers;

size_t fit_measures_n(const void *measures)
{
    const fit_measures *m = measures;
    return m ? m->n : 0;
}

static void measures_free(void *self)
{
    fit_measures *m = self;
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

static size_t count(const gal_obs *o)
{
    return gal_obs_nmeasured(o) > 0;
}

static gal_status create(void **self, gal_fit *f, const gal_fit_opts *opt, size_t which)
{
    const gal_obs *o = f->obs;
    size_t n = gal_obs_nmeasured(o), npar;
    const gal_param *par = gal_spectral_params(&npar);
    fit_measures *m = *self = GAL_NEW(fit_measures);
    (void)which;
    if (!m || !(m->y = GAL_NEWN(double, 2 * n)) || !(m->kind = GAL_NEWN(unsigned char, n)) ||
        !(m->item = GAL_NEWN(gal_measure, n)))
        return GAL_ENOMEM;
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
    for (size_t k = 0; k < npar; k++) {
        double v = fit_spectral_given(opt, 0, k);
        if (!isnan(v) && !(v >= par[k].lo && v <= par[k].hi))
            return gal_fail(GAL_EDOMAIN, "fit: spec.%s = %g must lie in %g .. %g", par[k].name, v, par[k].lo,
                            par[k].hi);
        m->fixed[k] = isnan(v) ? par[k].value : v;
        m->blurred |= k == SIGMA_GAS && (!isnan(v) || fit_spectral_free_is(f, 0, k));
    }
    warn_coarse(f);
    return GAL_OK;
}

static void measures_close(void *local)
{
    numbers *w = local;
    for (size_t i = 0; w->local && i < w->of->n; i++)
        if (w->local[i])
            w->of->item[i].class->close(w->local[i]);
    gal_meter_free(w->meter);
    gal_free(w->local);
    gal_free(w->value);
    gal_free(w);
}

static gal_status measures_open(void **out, const void *self, const gal_fit *f)
{
    const fit_measures *m = self;
    numbers *w = *out = GAL_NEW(numbers);
    if (!w)
        return GAL_ENOMEM;
    w->of = m;
    if (!(w->local = GAL_NEWN(void *, m->n)) || !(w->value = GAL_NEWN(double, m->n)))
        return GAL_ENOMEM;
    gal_status st = gal_meter_create(&w->meter, f->galaxy);
    for (size_t i = 0; st == GAL_OK && i < m->n; i++) {
        const gal_measure_class *c = m->item[i].class;
        st = c->open ? c->open(&w->local[i], &m->item[i], f->galaxy) : GAL_OK;
        if (st != GAL_OK)
            return gal_fail_prefix(st, "fit: observation '%s'", f->obs->name);
    }
    return st;
}

gal_status fit_measures_values(const gal_fit *f, const void *measures, void *local, const gal_data_at *at,
                               double *value)
{
    const fit_measures *m = measures;
    const numbers *w = local;
    gal_status st = GAL_OK;
    double v[NPAR];
    fit_spectral_values(f, 0, m->fixed, NULL, at->x, v);
    const gal_kinematics k = fit_spectral_kinematics(m->blurred, v);
    const gal_measure_at see = {at->g, at->ws, at->theta, &k, w->meter};
    if (m->metered)
        gal_meter_begin(w->meter, at->ws, GAL_COMP_TOTAL);
    for (size_t i = 0; st == GAL_OK && i < m->n; i++)
        st = m->item[i].class->number(w->local[i], &m->item[i], &see, &value[i]);
    return st;
}

static gal_status lnlike(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl)
{
    const fit_measures *m = self;
    const numbers *w = local;
    gal_status st = fit_measures_values(f, m, local, at, w->value);
    if (st == GAL_OK)
        *lnl += gal_like_gaussian(m->n, m->y, m->err, m->kind, w->value, NULL, f->like.limits, NULL);
    return st;
}

void fit_measures_noise(const void *measures, gal_rng *rng, const double *value, double *out)
{
    const fit_measures *m = measures;
    for (size_t i = 0; i < m->n; i++)
        out[i] = value[i] + m->err[i] * gal_rng_normal(rng);
}

/* Of dispersions that a spectrum, where there is one, has in its own */
static gal_hash measures_hash(const gal_fit *f, const void *self, gal_hash h)
{
    const fit_measures *m = self;
    return f->obs->nspectrum ? h : gal_hash_combine(h, gal_hash_bytes(m->fixed, NOISE * sizeof *m->fixed));
}

extern const gal_data_class gal_measures_data;
const gal_data_class gal_measures_data = {
    .name = "measures",
    .light = true,
    .count = count,
    .create = create,
    .free = measures_free,
    .open = measures_open,
    .close = measures_close,
    .lnlike = lnlike,
    .hash = measures_hash,
};
