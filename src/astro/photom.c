/* photom.c - band fluxes of a spectrum on a fixed rest-frame grid, as sparse weights.
 *
 * With S_nu(lambda_obs) = factor * lambda^2 L(lambda), lambda = lambda_obs/(1+z) at rest, the photon-counting mean is
 *     <S_nu> = factor * norm * int lambda L(lambda) T((1+z) lambda) dlambda,      norm = 1 / int T dl/l
 * (d ln lambda is the same in both frames). L and T are linear on each piece of the union of their nodes, so the integrand is a
 * cubic there and two-point Gauss-Legendre quadrature is exact; L enters through its two node values, which gives the weights.
 *
 * The parity rule is the sum of the original GalaPy code: trapezoid over the spectrum nodes strictly inside the filter of
 * n(l) S_nu(l), where n = t/l / trapz(t/l) is linear between filter nodes and t is the response as the file gave it (an energy
 * response is not divided by l). It neither adds the filter edges nor renormalises.
 *
 * Thread safety: one gal_phot per thread; the filters behind it are shared. */
#include "galua/filter.h"
#include "galua/num.h"
#include <math.h>
#include <string.h>

typedef struct band {
    gal_filter *f;
    size_t i0, i1;       /* first and last node of the support (outer nodes of zero response left out) */
    double *slope;       /* [n] dT/dl of the segment that starts at node i (observed frame) */
    double *norm_t;      /* [n] parity rule: n(l_i) */
    size_t start, count; /* window of spectrum nodes */
    size_t off;          /* of its weights in gal_phot.w */
} band;

struct gal_phot {
    size_t nb, nwave;
    double *wave; /* [nwave] rest frame */
    double *step; /* [nwave-1] 1/(wave[k+1]-wave[k]) */
    band *b;
    bool *covered;
    double *w; /* the windows of all bands, one after the other */
    size_t cap;
    double z; /* state of the weights; NaN = none yet */
    gal_phot_rule rule;
};

static gal_status band_init(band *b, gal_filter *f)
{
    size_t n = f->n;
    b->f = gal_filter_ref(f);
    b->slope = GAL_NEWN(double, n);
    b->norm_t = GAL_NEWN(double, n);
    if (!b->slope || !b->norm_t)
        return gal_fail(GAL_ENOMEM, "photometry: out of memory for filter '%s'", f->name);
    b->i0 = 0;
    b->i1 = n - 1;
    while (f->trans[b->i0] == 0 && f->trans[b->i0 + 1] == 0)
        b->i0++;
    while (f->trans[b->i1] == 0 && f->trans[b->i1 - 1] == 0)
        b->i1--;
    for (size_t i = 0; i + 1 < n; i++)
        b->slope[i] = (f->trans[i + 1] - f->trans[i]) / (f->wave[i + 1] - f->wave[i]);
    for (size_t i = 0; i < n; i++)
        b->norm_t[i] =
            f->energy ? f->trans[i] : f->trans[i] / f->wave[i]; /* an energy curve t has trans ~ t/l already */
    double s = gal_trapz(f->wave, b->norm_t, n);
    for (size_t i = 0; i < n; i++)
        b->norm_t[i] /= s;
    return GAL_OK;
}

gal_status gal_phot_create(gal_phot **out, gal_filter *const *filters, size_t nb, const double *wave, size_t nwave)
{
    gal_status st = GAL_OK;
    gal_phot *p = NULL;
    *out = NULL;
    if (nb == 0)
        GAL_THROW(GAL_EINVAL, "photometry: no filters given");
    if (nwave < 2)
        GAL_THROW(GAL_EINVAL, "photometry: the spectrum grid has %zu nodes, at least 2 are needed", nwave);
    GAL_TRY(gal_check_ascending("photometry: spectrum wavelength", wave, nwave));
    if (wave[0] <= 0)
        GAL_THROW(GAL_EINVAL, "photometry: spectrum wavelength %g A is not positive", wave[0]);
    p = GAL_NEW(gal_phot);
    if (!p)
        GAL_THROW(GAL_ENOMEM, "photometry: out of memory");
    p->nb = nb;
    p->nwave = nwave;
    p->z = NAN;
    p->wave = GAL_NEWN(double, nwave);
    p->step = GAL_NEWN(double, nwave);
    p->b = GAL_NEWN(band, nb);
    p->covered = GAL_NEWN(bool, nb);
    if (!p->wave || !p->step || !p->b || !p->covered)
        GAL_THROW(GAL_ENOMEM, "photometry: out of memory for %zu bands", nb);
    memcpy(p->wave, wave, nwave * sizeof *wave);
    for (size_t k = 0; k + 1 < nwave; k++)
        p->step[k] = 1 / (wave[k + 1] - wave[k]);
    for (size_t i = 0; i < nb; i++)
        GAL_TRY(band_init(&p->b[i], filters[i]));
out:
    if (st != GAL_OK) {
        gal_phot_free(p);
        return st;
    }
    *out = p;
    return GAL_OK;
}

void gal_phot_free(gal_phot *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->b && i < p->nb; i++) {
        gal_filter_unref(p->b[i].f);
        gal_free(p->b[i].slope);
        gal_free(p->b[i].norm_t);
    }
    gal_free(p->b);
    gal_free(p->wave);
    gal_free(p->step);
    gal_free(p->covered);
    gal_free(p->w);
    gal_free(p);
}

/* Window of spectrum nodes that carry weight; false when the filter sticks out of the grid. */
static bool exact_window(const gal_phot *p, const band *b, double opz, size_t *start, size_t *count)
{
    double lo = b->f->wave[b->i0] / opz, hi = b->f->wave[b->i1] / opz;
    *start = *count = 0;
    if (lo < p->wave[0] * (1 - 1e-12) || hi > p->wave[p->nwave - 1] * (1 + 1e-12))
        return false;
    *start = gal_search(p->wave, p->nwave, lo);
    *count = gal_search(p->wave, p->nwave, hi) + 2 - *start;
    return true;
}

static void exact_weights(const gal_phot *p, const band *b, double opz, double *restrict w)
{
    const double gauss = 0.28867513459481288225; /* 1/(2 sqrt 3) */
    const gal_filter *f = b->f;
    const double *wave = p->wave + b->start, *step = p->step + b->start;
    size_t last = b->count - 2, i = b->i0, k = 0;
    double inv = 1 / opz, x = f->wave[i] * inv, hi = f->wave[b->i1] * inv;
    memset(w, 0, b->count * sizeof *w);
    while (i < b->i1) {
        double xf = f->wave[i + 1] * inv, xs = k < last ? wave[k + 1] : hi, xe = xf < xs ? xf : xs;
        double h = xe - x, mid = 0.5 * (x + xe), d = gauss * h;
        double x1 = mid - d, x2 = mid + d;
        double g1 = x1 * (f->trans[i] + b->slope[i] * (x1 * opz - f->wave[i]));
        double g2 = x2 * (f->trans[i] + b->slope[i] * (x2 * opz - f->wave[i]));
        double s1 = (x1 - wave[k]) * step[k], s2 = (x2 - wave[k]) * step[k];
        double c = 0.5 * h * f->norm, right = c * (g1 * s1 + g2 * s2);
        w[k] += c * (g1 + g2) - right;
        w[k + 1] += right;
        x = xe;
        if (xf <= xe)
            i++;
        if (k < last && wave[k + 1] <= xe)
            k++;
    }
}

static bool parity_window(const gal_phot *p, const band *b, double opz, size_t *start, size_t *count)
{
    double lo = b->f->wave[0] / opz, hi = b->f->wave[b->f->n - 1] / opz;
    *start = *count = 0;
    if (lo < p->wave[0] || hi > p->wave[p->nwave - 1])
        return false;
    size_t a = gal_search(p->wave, p->nwave, lo), e = a;
    while (a < p->nwave && p->wave[a] <= lo)
        a++;
    e = a;
    while (e < p->nwave && p->wave[e] < hi)
        e++;
    if (e - a < 2)
        return false;
    *start = a;
    *count = e - a;
    return true;
}

static void parity_weights(const gal_phot *p, const band *b, double opz, double *restrict w)
{
    const gal_filter *f = b->f;
    const double *wave = p->wave + b->start;
    for (size_t k = 0, i = 0; k < b->count; k++) {
        double l = wave[k] * opz;
        double left = k > 0 ? wave[k] - wave[k - 1] : 0, right = k + 1 < b->count ? wave[k + 1] - wave[k] : 0;
        while (i + 2 < f->n && f->wave[i + 1] <= l)
            i++;
        double n = b->norm_t[i] + (b->norm_t[i + 1] - b->norm_t[i]) / (f->wave[i + 1] - f->wave[i]) * (l - f->wave[i]);
        w[k] = 0.5 * (left + right) * opz * n * wave[k] * wave[k];
    }
}

gal_status gal_phot_weights(gal_phot *p, double z, gal_phot_rule rule)
{
    if (z == p->z && rule == p->rule)
        return GAL_OK;
    if (!isfinite(z) || z <= -1)
        return gal_fail(GAL_EDOMAIN, "photometry: redshift %g must be above -1", z);
    double opz = 1 + z;
    size_t total = 0;
    p->z = NAN;
    for (size_t i = 0; i < p->nb; i++) {
        band *b = &p->b[i];
        p->covered[i] = rule == GAL_PHOT_GALAPY ? parity_window(p, b, opz, &b->start, &b->count)
                                                : exact_window(p, b, opz, &b->start, &b->count);
        b->off = total;
        total += b->count;
    }
    if (total > p->cap) {
        size_t cap = total + total / 4 + 64;
        double *w = gal_realloc(p->w, cap * sizeof *w);
        if (!w)
            return gal_fail(GAL_ENOMEM, "photometry: out of memory for %zu weights", cap);
        p->w = w;
        p->cap = cap;
    }
    for (size_t i = 0; i < p->nb; i++) {
        const band *b = &p->b[i];
        if (b->count == 0)
            continue;
        if (rule == GAL_PHOT_GALAPY)
            parity_weights(p, b, opz, p->w + b->off);
        else
            exact_weights(p, b, opz, p->w + b->off);
    }
    p->z = z;
    p->rule = rule;
    return GAL_OK;
}

/* Eight running sums: independent of the instruction set, so the result is too. */
static double dot(const double *restrict a, const double *restrict b, size_t n)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i < n; i++, j++)
        s[j] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

void gal_phot_apply(const gal_phot *p, const double *lum, double factor, double *flux)
{
    for (size_t i = 0; i < p->nb; i++) {
        const band *b = &p->b[i];
        flux[i] = b->count ? factor * dot(p->w + b->off, lum + b->start, b->count) : 0;
    }
}

const bool *gal_phot_covered(const gal_phot *p)
{
    return p->covered;
}

size_t gal_phot_nbands(const gal_phot *p)
{
    return p->nb;
}

const double *gal_phot_window(const gal_phot *p, size_t band_index, size_t *start, size_t *count)
{
    const band *b = &p->b[band_index];
    *start = b->start;
    *count = b->count;
    return p->w + b->off;
}
