/* Instruments: pixels and their line spread. See galua/spec.h. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "spec/spec_int.h"
#include "num/gauss.h"

static gal_status check_pixels(const gal_spec_opts *o)
{
    const double *w = o->edges ? o->edges : o->wave;
    size_t n = o->edges ? o->n + 1 : o->n;
    if (o->n < 1 || !w || (o->edges && o->wave) || (!o->edges && n < 2))
        return gal_fail(GAL_EINVAL, "spectrum: pixels are given by their edges, or by the centres of at least two");
    gal_status st = gal_check_ascending(o->edges ? "spectrum: pixel edge" : "spectrum: wavelength", w, n);
    if (st != GAL_OK)
        return st;
    if (!(w[0] > 0))
        return gal_fail(GAL_EINVAL, "spectrum: wavelength %g A is not positive", w[0]);
    if ((o->R != 0) + (o->res != NULL) + (o->fwhm != NULL) > 1)
        return gal_fail(GAL_EINVAL,
                        "spectrum: give the resolution once: R as a number, R per pixel, or FWHM per pixel");
    if (!(o->R >= 0) || isinf(o->R))
        return gal_fail(GAL_EINVAL, "spectrum: R = %g must be positive (0 = no line spread)", o->R);
    const double *r = o->res ? o->res : o->fwhm;
    for (size_t i = 0; r && i < o->n; i++)
        if (!(r[i] > 0) || isinf(r[i]))
            return gal_fail(GAL_EINVAL, "spectrum: pixel %zu: %s = %g must be positive", i + 1, o->res ? "R" : "FWHM",
                            r[i]);
    return GAL_OK;
}

/* Edges half-way between centres; where a step is more than 1.5 times the smaller step beside it, a gap: the pixels end half of
 * that smaller step away. */
static void edges_of_centres(const double *c, size_t n, double *lo, double *hi)
{
    for (size_t i = 0; i + 1 < n; i++) {
        double step = c[i + 1] - c[i], left = i > 0 ? c[i] - c[i - 1] : step,
               right = i + 2 < n ? c[i + 2] - c[i + 1] : step;
        bool gap = n > 3 && step > 1.5 * fmax(left, right);
        hi[i] = c[i] + 0.5 * (gap ? left : step);
        lo[i + 1] = gap ? c[i + 1] - 0.5 * right : hi[i];
    }
    lo[0] = c[0] - (hi[0] - c[0]);
    hi[n - 1] = c[n - 1] + (c[n - 1] - lo[n - 1]);
}

gal_status gal_spec_create(gal_spec **out, const gal_spec_opts *o)
{
    gal_status st = check_pixels(o);
    *out = NULL;
    if (st != GAL_OK)
        return st;
    size_t n = o->n;
    gal_spec *s = GAL_NEW(gal_spec);
    double *block = GAL_NEWN(double, 5 * n);
    if (!s || !block) {
        gal_free(s);
        gal_free(block);
        return GAL_ENOMEM;
    }
    *s = (gal_spec){.n = n, .refs = 1, .lo = block, .hi = block + n, .wave = block + 2 * n, .at = block + 3 * n};
    s->sigma = block + 4 * n;
    if (o->edges) {
        for (size_t i = 0; i < n; i++) {
            s->lo[i] = o->edges[i];
            s->hi[i] = o->edges[i + 1];
            s->wave[i] = 0.5 * (o->edges[i] + o->edges[i + 1]);
        }
    } else {
        memcpy(s->wave, o->wave, n * sizeof *s->wave);
        edges_of_centres(o->wave, n, s->lo, s->hi);
    }
    s->blurred = o->R > 0 || o->res || o->fwhm;
    for (size_t i = 0; i < n; i++) {
        if (o->air) {
            s->lo[i] = gal_air_to_vac(o->formula, s->lo[i]);
            s->hi[i] = gal_air_to_vac(o->formula, s->hi[i]);
        }
        s->at[i] = o->air ? gal_air_to_vac(o->formula, s->wave[i]) : s->wave[i];
        double fwhm = o->fwhm ? o->fwhm[i] : o->res ? s->at[i] / o->res[i] : o->R > 0 ? s->at[i] / o->R : 0;
        s->sigma[i] = fwhm / FWHM_OF_SIGMA;
    }
    s->constant_r = o->R;
    if (!(s->lo[0] > 0)) {
        st = gal_fail(GAL_EINVAL, "spectrum: the first pixel begins at %g A", s->lo[0]);
        gal_spec_unref(s);
        return st;
    }
    *out = s;
    return GAL_OK;
}

const double *gal_spec_block(const gal_spec *s, double *R)
{
    *R = s->constant_r;
    return s->lo;
}

gal_status gal_spec_restore(gal_spec **out, size_t n, const double *block, double R)
{
    gal_spec *s = GAL_NEW(gal_spec);
    double *b = GAL_NEWN(double, 5 * n);
    *out = NULL;
    if (!s || !b || n < 1) {
        gal_free(s);
        gal_free(b);
        return n < 1 ? gal_fail(GAL_EINVAL, "spectrum: no pixels") : GAL_ENOMEM;
    }
    memcpy(b, block, 5 * n * sizeof *b);
    *s = (gal_spec){.n = n, .refs = 1, .lo = b, .hi = b + n, .wave = b + 2 * n, .at = b + 3 * n, .sigma = b + 4 * n};
    s->constant_r = R;
    s->blurred = R > 0 || s->sigma[0] > 0;
    for (size_t i = 0; i < n; i++)
        if (!(s->lo[i] > 0 && s->hi[i] > s->lo[i] && s->sigma[i] >= 0) || (i > 0 && s->lo[i] < s->hi[i - 1])) {
            gal_spec_unref(s);
            return gal_fail(GAL_EFORMAT, "spectrum: stored pixel %zu is no pixel", i + 1);
        }
    *out = s;
    return GAL_OK;
}

gal_spec *gal_spec_ref(gal_spec *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void gal_spec_unref(gal_spec *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    gal_free(s->lo);
    gal_free(s);
}

size_t gal_spec_n(const gal_spec *s)
{
    return s->n;
}

const double *gal_spec_lo(const gal_spec *s)
{
    return s->lo;
}

const double *gal_spec_hi(const gal_spec *s)
{
    return s->hi;
}

const double *gal_spec_wave(const gal_spec *s)
{
    return s->wave;
}

double gal_spec_sigma(const gal_spec *s, double vacuum)
{
    if (!s->blurred)
        return 0;
    if (s->constant_r > 0)
        return vacuum / s->constant_r / FWHM_OF_SIGMA;
    return s->n == 1 ? s->sigma[0] : gal_interp(s->at, s->sigma, s->n, vacuum, GAL_CLAMP);
}

gal_hash gal_spec_hash(const gal_spec *s)
{
    return gal_hash_bytes(s->lo, 5 * s->n * sizeof *s->lo);
}
