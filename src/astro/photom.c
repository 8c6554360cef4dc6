/* photom.c - band fluxes of a spectrum on a fixed rest-frame grid, as sparse weights.
 *
 * With S_nu(lambda_obs) = factor * lambda^2 L(lambda), lambda = lambda_obs/(1+z) at rest, the photon-counting mean is
 *     <S_nu> = factor * norm * int lambda L(lambda) T((1+z) lambda) dlambda,      norm = 1 / int T dl/l
 * (d ln lambda is the same in both frames). L is linear between the nodes of the spectrum and T between those of the filter, so
 * the weights are exact combinations of M0 = int l T dl and M1 = int l (l - pivot) T dl between spectrum nodes; both moments are
 * tabulated at the filter nodes and quartic between them. The cost is that of the spectrum nodes in the band, at any redshift.
 *
 * The parity rule is the sum of the original GalaPy code: trapezoid over the spectrum nodes strictly inside the filter of
 * n(l) S_nu(l), where n = t/l / trapz(t/l) is linear between filter nodes and t is the response as the file gave it (an energy
 * response is not divided by l). It neither adds the filter edges nor renormalises. Its later rule is the trapezoid over the filter's
 * own nodes of n(l) S_nu(l), with ln S_nu linear in ln l between spectrum nodes and 1e-300 mJy where there is no light.
 *
 * Thread safety: one gal_phot per thread; the filters behind it are shared. */
#include "galua/filter.h"
#include "galua/num.h"
#include "num/dot.h"
#include <math.h>
#include <string.h>

typedef struct band {
    gal_filter *f;
    size_t i0, i1;   /* first and last node of the support (outer nodes of zero response left out) */
    double *slope;   /* [n] dT/dl of the segment that starts at node i (observed frame) */
    double *m0, *m1; /* [n] int l T dl and int l (l - pivot) T dl from node i0 to node i */
    uint32_t *guide; /* [n+1] segment at the start of each of n equal intervals of the support */
    double guide_scale;
    double *norm_t;      /* [n] parity rule: n(l_i) */
    size_t start, count; /* window of spectrum nodes */
    size_t off;          /* of its weights in gal_phot.w */
    uint32_t *seg;       /* [n] log-log rule: spectrum node at or below each filter node */
    double *at;          /* [2n] position between it and the next in ln wave, weight of S there */
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
    double gap[4]; /* rest-frame wavelengths where the spectrum is not known: gap[0] .. gap[1], gap[2] .. gap[3] */
};

static void prepare_moments(band *b)
{
    const gal_filter *f = b->f;
    for (size_t i = b->i0; i < b->i1; i++) {
        double w = f->wave[i], u = f->wave[i + 1] - w, t = f->trans[i], s = b->slope[i], q = w - f->pivot;
        b->m0[i + 1] = b->m0[i] + u * (w * t + u * (0.5 * (t + w * s) + u * (s / 3)));
        b->m1[i + 1] =
            b->m1[i] +
            u * (w * q * t + u * (0.5 * ((w + q) * t + w * q * s) + u * ((t + (w + q) * s) / 3 + u * (0.25 * s))));
    }
    double lo = f->wave[b->i0], range = f->wave[b->i1] - lo;
    b->guide_scale = (double)f->n / range * (1 - 1e-12);
    for (size_t j = 0, i = b->i0; j <= f->n; j++) {
        while (i + 1 < b->i1 && f->wave[i + 1] <= lo + (double)j / b->guide_scale * (1 - 1e-12))
            i++;
        b->guide[j] = (uint32_t)i;
    }
}

static gal_status band_init(band *b, gal_filter *f)
{
    size_t n = f->n;
    b->f = gal_filter_ref(f);
    b->slope = GAL_NEWN(double, n);
    b->norm_t = GAL_NEWN(double, n);
    b->m0 = GAL_NEWN(double, n);
    b->m1 = GAL_NEWN(double, n);
    b->guide = GAL_NEWN(uint32_t, n + 1);
    if (!b->slope || !b->norm_t || !b->m0 || !b->m1 || !b->guide)
        return gal_fail(GAL_ENOMEM, "photometry: out of memory for filter '%s'", f->name);
    b->i0 = 0;
    b->i1 = n - 1;
    while (f->trans[b->i0] == 0 && f->trans[b->i0 + 1] == 0)
        b->i0++;
    while (f->trans[b->i1] == 0 && f->trans[b->i1 - 1] == 0)
        b->i1--;
    for (size_t i = 0; i + 1 < n; i++)
        b->slope[i] = (f->trans[i + 1] - f->trans[i]) / (f->wave[i + 1] - f->wave[i]);
    prepare_moments(b);
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
        gal_free(p->b[i].m0);
        gal_free(p->b[i].m1);
        gal_free(p->b[i].guide);
        gal_free(p->b[i].seg);
        gal_free(p->b[i].at);
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

/* Moments of the response up to x (observed frame), x inside the support. */
static inline void moments_at(const band *b, double x, double *m0, double *m1)
{
    const gal_filter *f = b->f;
    size_t i = b->guide[(size_t)((x - f->wave[b->i0]) * b->guide_scale)];
    while (i + 1 < b->i1 && f->wave[i + 1] <= x)
        i++;
    double w = f->wave[i], u = x - w, t = f->trans[i], s = b->slope[i], q = w - f->pivot;
    *m0 = b->m0[i] + u * (w * t + u * (0.5 * (t + w * s) + u * (s / 3)));
    *m1 = b->m1[i] +
          u * (w * q * t + u * (0.5 * ((w + q) * t + w * q * s) + u * ((t + (w + q) * s) / 3 + u * (0.25 * s))));
}

static void exact_weights(const gal_phot *p, const band *b, double opz, double *restrict w)
{
    const gal_filter *f = b->f;
    const double *wave = p->wave + b->start, *step = p->step + b->start;
    size_t last = b->count - 2;
    double lo = f->wave[b->i0], hi = f->wave[b->i1], a0 = 0, a1 = 0, b0, b1, c = f->norm / (opz * opz);
    memset(w, 0, b->count * sizeof *w);
    for (size_t k = 0; k <= last; k++) {
        double x = wave[k] * opz, end = wave[k + 1] * opz;
        if (k == last || end > hi)
            end = hi;
        moments_at(b, end > lo ? end : lo, &b0, &b1);
        double d = b0 - a0, right = ((b1 - a1) - (x - f->pivot) * d) * (step[k] / opz);
        w[k] += c * (d - right);
        w[k + 1] += c * right;
        a0 = b0;
        a1 = b1;
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

/* The log-log rule: where the filter's nodes are in the spectrum, and the trapezoid weights of S_nu/(factor L) there. */
static gal_status loglog_nodes(const gal_phot *p, band *b, double opz)
{
    const gal_filter *f = b->f;
    size_t n = f->n;
    if (!b->seg)
        b->seg = GAL_NEWN(uint32_t, n);
    if (!b->at)
        b->at = GAL_NEWN(double, 2 * n);
    if (!b->seg || !b->at)
        return gal_fail(GAL_ENOMEM, "photometry: out of memory for filter '%s'", f->name);
    for (size_t i = 0; i < n; i++) {
        double l = f->wave[i] / opz, left = i > 0 ? f->wave[i] - f->wave[i - 1] : 0;
        double right = i + 1 < n ? f->wave[i + 1] - f->wave[i] : 0;
        size_t k = gal_search(p->wave, p->nwave, l);
        b->seg[i] = (uint32_t)k;
        b->at[2 * i] = log(l / p->wave[k]) / log(p->wave[k + 1] / p->wave[k]);
        b->at[2 * i + 1] = 0.5 * (left + right) * b->norm_t[i] * l * l;
    }
    return GAL_OK;
}

static double loglog_flux(const gal_phot *p, const band *b, const double *lum, double factor)
{
    const double least = 1e-300; /* mJy */
    double sum = 0;
    for (size_t i = 0; i < b->f->n; i++) {
        size_t k = b->seg[i];
        double f = b->at[2 * i], x0 = p->wave[k], x1 = p->wave[k + 1];
        double y0 = lum[k] > 0 ? lum[k] : least / (factor * x0 * x0);
        double y1 = lum[k + 1] > 0 ? lum[k + 1] : least / (factor * x1 * x1);
        sum += b->at[2 * i + 1] * exp((1 - f) * log(y0) + f * log(y1));
    }
    return factor * sum;
}

void gal_phot_gaps(gal_phot *p, const double gap[4])
{
    memcpy(p->gap, gap, sizeof p->gap);
    p->z = NAN;
}

/* Does more than 0.1 % of the band's response (by lambda T) lie where the spectrum is not known? */
static bool in_gap(const gal_phot *p, const band *b, double opz)
{
    const double *wave = b->f->wave, most = 1e-3;
    double all, m1, share = 0;
    moments_at(b, wave[b->i1], &all, &m1);
    for (int i = 0; i < 4; i += 2) {
        double lo = fmax(p->gap[i] * opz, wave[b->i0]), hi = fmin(p->gap[i + 1] * opz, wave[b->i1]), a, c;
        if (!(hi > lo))
            continue;
        moments_at(b, lo, &a, &m1);
        moments_at(b, hi, &c, &m1);
        share += (c - a) / all;
    }
    return share > most;
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
        if (p->covered[i] && in_gap(p, b, opz)) {
            p->covered[i] = false;
            b->start = b->count = 0;
        }
        if (rule == GAL_PHOT_LOGLOG && p->covered[i]) {
            gal_status st = loglog_nodes(p, b, opz);
            if (st != GAL_OK)
                return st;
            continue;
        }
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
        if (b->count == 0 || rule == GAL_PHOT_LOGLOG)
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

void gal_phot_apply(const gal_phot *p, const double *lum, double factor, double *flux)
{
    for (size_t i = 0; i < p->nb; i++) {
        const band *b = &p->b[i];
        flux[i] = !b->count                    ? 0
                  : p->rule == GAL_PHOT_LOGLOG ? loglog_flux(p, b, lum, factor)
                                               : factor * num_dot(p->w + b->off, lum + b->start, b->count);
    }
}

void gal_phot_back(const gal_phot *p, const double *gflux, double factor, double *glum)
{
    for (size_t i = 0; i < p->nb; i++) {
        const band *b = &p->b[i];
        for (size_t k = 0; k < b->count; k++)
            glum[b->start + k] += factor * gflux[i] * p->w[b->off + k];
    }
}

/* Of the exact rule: F = factor norm int l T(l) L(l/x) dl/x^2, x = 1 + z; with x L goes by -L'(l/x) l/x^2, L' a number per piece. */
static double exact_redshift(const gal_phot *p, const band *b, const double *lum, double flux)
{
    const gal_filter *f = b->f;
    const double *wave = p->wave + b->start, *step = p->step + b->start, *l = lum + b->start;
    double opz = 1 + p->z, hi = f->wave[b->i1], lo = f->wave[b->i0], a0 = 0, a1 = 0, b0, b1, sum = 0;
    for (size_t k = 0; k + 2 <= b->count; k++) {
        double end = wave[k + 1] * opz;
        if (k + 2 == b->count || end > hi)
            end = hi;
        moments_at(b, end > lo ? end : lo, &b0, &b1);
        sum += (l[k + 1] - l[k]) * step[k] * ((b1 - a1) + f->pivot * (b0 - a0)); /* int l^2 T */
        a0 = b0;
        a1 = b1;
    }
    return -f->norm * sum / (opz * opz * opz * opz) - 2 * flux / opz;
}

/* Of the parity rule: its weights are x n(x l) times constants, n a straight line between the filter's nodes. */
static double parity_redshift(const gal_phot *p, const band *b, const double *lum)
{
    const gal_filter *f = b->f;
    const double *wave = p->wave + b->start, *l = lum + b->start;
    double opz = 1 + p->z, sum = 0;
    for (size_t k = 0, i = 0; k < b->count; k++) {
        double left = k > 0 ? wave[k] - wave[k - 1] : 0, right = k + 1 < b->count ? wave[k + 1] - wave[k] : 0;
        while (i + 2 < f->n && f->wave[i + 1] <= wave[k] * opz)
            i++;
        double slope = (b->norm_t[i + 1] - b->norm_t[i]) / (f->wave[i + 1] - f->wave[i]);
        double n = b->norm_t[i] + slope * (wave[k] * opz - f->wave[i]);
        sum += 0.5 * (left + right) * (n + opz * slope * wave[k]) * wave[k] * wave[k] * l[k];
    }
    return sum;
}

void gal_phot_redshift(const gal_phot *p, const double *lum, double factor, double *dflux)
{
    for (size_t i = 0; i < p->nb; i++) {
        const band *b = &p->b[i];
        dflux[i] = 0;
        if (!b->count || p->rule == GAL_PHOT_LOGLOG)
            continue;
        dflux[i] = factor * (p->rule == GAL_PHOT_GALAPY
                                 ? parity_redshift(p, b, lum)
                                 : exact_redshift(p, b, lum, num_dot(p->w + b->off, lum + b->start, b->count)));
    }
}

const bool *gal_phot_covered(const gal_phot *p)
{
    return p->covered;
}

const gal_filter *gal_phot_filter(const gal_phot *p, size_t band_index)
{
    return p->b[band_index].f;
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
    return p->rule == GAL_PHOT_LOGLOG ? NULL : p->w + b->off;
}
