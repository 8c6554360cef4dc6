/* Terms of noise: one line each, a new one at the end, and what the likelihoods ask of them together. See galua/noise.h.
 *
 * Variances are summed from the last class to the first, as they always were: jitter before calibration. */
#include "galua/noise.h"

#include <math.h>
#include <pthread.h>

/* clang-format off */
#define NOISES(X)  \
    X(calibration) \
    X(errors)      \
    X(outliers)    \
    X(gp)
/* clang-format on */
#define DECLARE(name) extern const gal_noise_class gal_##name##_noise;
#define LIST(name)    &gal_##name##_noise,
NOISES(DECLARE)
static const gal_noise_class *const CLASSES[] = {NOISES(LIST) NULL};
enum { COUNT = sizeof CLASSES / sizeof *CLASSES - 1 };
_Static_assert((int)COUNT <= (int)GAL_NOISE_TERMS, "GAL_NOISE_TERMS is the room for terms");

const gal_noise_class *const *gal_noise_classes(void)
{
    return CLASSES;
}

/* Parameters of all classes, one after the other */
static gal_param band_par[GAL_NOISE_NPAR], pixel_par[GAL_NOISE_NPAR];
static size_t npar;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void collect(void)
{
    for (int c = 0; c < COUNT; c++)
        for (size_t k = 0; k < CLASSES[c]->npar && npar < GAL_NOISE_NPAR; k++) {
            band_par[npar] = CLASSES[c]->par[k];
            pixel_par[npar++] = CLASSES[c]->pixel ? CLASSES[c]->pixel[k] : CLASSES[c]->par[k];
        }
}

const gal_param *gal_noise_params(size_t *n)
{
    pthread_once(&once, collect);
    *n = npar;
    return band_par;
}

const gal_param *gal_noise_pixel_params(size_t *n)
{
    pthread_once(&once, collect);
    *n = npar;
    return pixel_par;
}

void gal_noise_set(gal_noise *z, size_t i, double value)
{
    z->par[i] = value;
}

double gal_noise_get(const gal_noise *z, size_t i)
{
    return z->par[i];
}

const gal_noise_class *gal_noise_of(size_t i, size_t *k)
{
    int c = 0;
    for (*k = i; c < COUNT - 1 && *k >= CLASSES[c]->npar; c++)
        *k -= CLASSES[c]->npar;
    return CLASSES[c];
}

void gal_noise_first(const gal_noise_class *class, size_t *par, size_t *column, size_t *choice)
{
    *par = *column = *choice = 0;
    for (int c = 0; c < COUNT && CLASSES[c] != class; c++) {
        *par += CLASSES[c]->npar;
        *column += CLASSES[c]->ncolumn;
        *choice += CLASSES[c]->choice != NULL;
    }
}

/* ------------------------------------------------------------------ at given values */
static gal_noise_at at_work(const gal_noise_class *c, const gal_noise_data *d, const gal_noise *z, size_t par,
                            size_t column, size_t choice)
{
    return (gal_noise_at){.term = c,
                          .data = d,
                          .par = z->par + par,
                          .column = d->column + column,
                          .whole = z->whole + column,
                          .choice = c->choice ? d->choice[choice] : 0,
                          .first = par};
}

/* Does it add to variances: is one of its numbers not 0, that on all quoted errors apart? */
static bool adds(const gal_noise_at *a)
{
    bool on = false;
    for (size_t k = 0; k < a->term->npar; k++)
        on |= k + 1 != (size_t)a->term->scale && a->par[k] != 0;
    for (size_t k = 0; k < a->term->ncolumn; k++)
        on |= a->column[k] || a->whole[k] != 0;
    return on;
}

void gal_noise_begin(gal_noise_terms *t, const gal_noise_data *d, const gal_noise *z)
{
    size_t par = 0, column = 0, choice = 0;
    t->nvar = t->ncov = t->noff = 0;
    t->scale_at = t->share_at = t->width_at = GAL_NOISE_NPAR;
    t->lnscale = t->share = 0;
    t->width = 1;
    for (int c = 0; c < COUNT; c++) {
        const gal_noise_class *k = CLASSES[c];
        gal_noise_at a = at_work(k, d, z, par, column, choice);
        if (k->variance && adds(&a))
            t->var[t->nvar++] = a;
        else if (k->variance && k->npar > (k->scale != 0))
            t->off[t->noff++] = a;
        if (k->covariance && k->correlated(&a, false))
            t->cov[t->ncov++] = a;
        if (k->scale) {
            t->scale_at = par + (size_t)k->scale - 1;
            t->lnscale = z->par[t->scale_at];
        }
        if (k->share && !(t->share > 0)) {
            t->share_at = par + (size_t)k->share - 1;
            t->width_at = par + (size_t)k->width - 1;
            t->share = z->par[t->share_at];
            t->width = z->par[t->width_at] > 0 ? z->par[t->width_at] : k->par[k->width - 1].value;
        }
        par += k->npar;
        column += k->ncolumn;
        choice += k->choice != NULL;
    }
    t->scale2 = exp(2 * t->lnscale);
}

bool gal_noise_correlated(const gal_noise_data *d, bool *markov)
{
    static const gal_noise none;
    size_t par = 0, column = 0, choice = 0, n = 0;
    *markov = false;
    for (int c = 0; c < COUNT; c++) {
        const gal_noise_class *k = CLASSES[c];
        gal_noise_at a = at_work(k, d, &none, par, column, choice);
        double amp, len;
        if (k->covariance && k->correlated(&a, true)) {
            *markov = n++ == 0 && k->markov && k->markov(&a, &amp, &len);
        }
        par += k->npar;
        column += k->ncolumn;
        choice += k->choice != NULL;
    }
    return n > 0;
}

double gal_noise_more(const gal_noise_terms *t, size_t i, double m)
{
    double v = 0;
    for (size_t k = t->nvar; k-- > 0;)
        v = t->var[k].term->variance(&t->var[k], i, m, v);
    return v;
}

double gal_noise_variance(const gal_noise_terms *t, const gal_noise_data *d, size_t i, double m)
{
    double v = d->err[i] * d->err[i] * t->scale2;
    for (size_t k = t->nvar; k-- > 0;)
        v = t->var[k].term->variance(&t->var[k], i, m, v);
    return v;
}

void gal_noise_variance_slopes(const gal_noise_terms *t, const gal_noise_data *d, size_t i, double m, double g,
                               double *gm, double *gnoise)
{
    if (t->scale_at < GAL_NOISE_NPAR)
        gnoise[t->scale_at] += g * 2 * d->err[i] * d->err[i] * t->scale2;
    for (size_t k = 0; k < t->nvar; k++)
        t->var[k].term->variance_slopes(&t->var[k], i, m, g, gm, gnoise + t->var[k].first);
    for (size_t k = 0; k < t->noff; k++)
        t->off[k].term->variance_slopes(&t->off[k], i, m, g, gm, gnoise + t->off[k].first);
}

double gal_noise_covariance(const gal_noise_terms *t, size_t i, size_t j, double mi, double mj)
{
    double c = 0;
    for (size_t k = t->ncov; k-- > 0;)
        c += t->cov[k].term->covariance(&t->cov[k], i, j, mi, mj);
    return c;
}

void gal_noise_covariance_slopes(const gal_noise_terms *t, size_t i, size_t j, double g, double *gnoise)
{
    for (size_t k = 0; k < t->ncov; k++)
        if (t->cov[k].term->covariance_slopes)
            t->cov[k].term->covariance_slopes(&t->cov[k], i, j, g, gnoise + t->cov[k].first);
}

bool gal_noise_markov(const gal_noise_terms *t, double *amp, double *len)
{
    return t->ncov == 1 && t->cov[0].term->markov && t->cov[0].term->markov(&t->cov[0], amp, len);
}
