/* A model spectrum through an instrument: see galua/spec.h for the equations. The weights of the nodes near each pixel edge depend on
 * redshift and dispersion only and are kept until those change: then an evaluation is one pass over the grid and short dot
 * products. D(u) and its kin come from a table (cubic Hermite, error below 1e-10). */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "galua/const.h"
#include "galua/num.h"
#include "spec/spec_int.h"
#include "num/gauss.h"

#define C_KMS (GAL_C_CGS / 1e5)
#define REACH 6.5 /* standard deviations beyond which a node is far */

struct gal_spec_ws {
    gal_spec *spec;
    size_t n, nedge, nwave;
    double *edge;                  /* [nedge] observed vacuum A, ascending */
    double *edge_s;                /* [nedge] line spread there [A] */
    uint32_t *e0, *e1;             /* [n] edges of a pixel */
    double *wave, *step, *lib;     /* [nwave] grid, 1/spacing, variance of the library [A^2] */
    double *fine;                  /* [nwave] variance of the finest features that are real [A^2] */
    double *slope, *cum, *value;   /* [nwave] of the last spectrum: slopes, integral, value at the nodes */
    double *at;                    /* [nedge] rest frame */
    double *var;                   /* [nedge] s^2 */
    double *total;                 /* [nedge] convolved integral up to the edge */
    uint32_t *seg, *first, *count; /* [nedge] segment that holds the edge; near nodes */
    size_t *off;                   /* [nedge] of their weights */
    double *w;
    size_t cap;
    size_t k0, k1; /* nodes in use */
    double z, sigma_v, shift, coarse;
};

/* ------------------------------------------------------------------ I(-a) = ((1 + a^2) Phi(-a) - a phi(a))/2 on a table */
enum { PER = 64, NTAB = (int)(REACH * PER) + 3 };
static double tab[NTAB][2]; /* I, dI/da / PER */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static double ramp(double a) /* J(-a) = phi(a) - a Phi(-a): the smoothed ramp less the ramp */
{
    double v = exp(-0.5 * a * a) * 0.39894228040143268 - a * 0.5 * erfc(a * M_SQRT1_2);
    return v > 0 ? v : 0;
}

static void make_table(void)
{
    for (int i = 0; i < NTAB; i++) {
        double a = (double)i / PER, phi = exp(-0.5 * a * a) * 0.39894228040143268, p = 0.5 * erfc(a * M_SQRT1_2);
        double v = 0.5 * ((1 + a * a) * p - a * phi);
        tab[i][0] = v > 0 ? v : 0;
        tab[i][1] = -ramp(a) / PER;
    }
}

static inline double near_weight(double u)
{
    double a = fabs(u) * PER;
    int i = (int)a;
    if (i > NTAB - 2)
        return u > 0 ? 0.5 : 0;
    double f = a - i, g = f - 1, y0 = tab[i][0], d0 = tab[i][1], y1 = tab[i + 1][0], d1 = tab[i + 1][1];
    double v = y0 + f * (f * (3 - 2 * f) * (y1 - y0) + g * (g * d0 + f * d1));
    return u > 0 ? 0.5 - v : v;
}

/* ------------------------------------------------------------------ workspace */
static gal_status make_edges(gal_spec_ws *w)
{
    const gal_spec *s = w->spec;
    size_t k = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i == 0 || s->lo[i] != s->hi[i - 1])
            w->edge[k++] = s->lo[i];
        w->e0[i] = (uint32_t)k - 1;
        w->e1[i] = (uint32_t)k;
        w->edge[k++] = s->hi[i];
        if (i > 0 && s->lo[i] < s->hi[i - 1])
            return gal_fail(GAL_EINVAL, "spectrum: pixels %zu and %zu overlap", i, i + 1);
    }
    w->nedge = k;
    for (size_t e = 0; e < k; e++)
        w->edge_s[e] = gal_spec_sigma(s, w->edge[e]);
    return GAL_OK;
}

gal_status gal_spec_ws_create(gal_spec_ws **out, gal_spec *s, const double *wave, size_t nwave,
                              const double *library_fwhm, const double *finest)
{
    gal_status st = GAL_OK;
    gal_spec_ws *w = NULL;
    *out = NULL;
    pthread_once(&once, make_table);
    if (nwave < 3)
        return gal_fail(GAL_EINVAL, "spectrum: a model of %zu wavelengths, at least 3 are needed", nwave);
    GAL_TRY(gal_check_ascending("spectrum: model wavelength", wave, nwave));
    if (!(w = GAL_NEW(gal_spec_ws)))
        return GAL_ENOMEM;
    w->spec = gal_spec_ref(s);
    w->n = s->n;
    w->nwave = nwave;
    w->z = NAN;
    size_t ne = 2 * s->n;
    double *block = w->edge = GAL_NEWN(double, 5 * ne + 7 * nwave);
    uint32_t *ints = w->e0 = GAL_NEWN(uint32_t, 2 * s->n + 3 * ne);
    w->off = GAL_NEWN(size_t, ne);
    if (!block || !ints || !w->off)
        GAL_TRY(GAL_ENOMEM);
    w->edge_s = block + ne;
    w->at = block + 2 * ne;
    w->var = block + 3 * ne;
    w->total = block + 4 * ne;
    w->wave = block + 5 * ne;
    w->step = w->wave + nwave;
    w->lib = w->step + nwave;
    w->fine = w->lib + nwave;
    w->slope = w->fine + nwave;
    w->cum = w->slope + nwave;
    w->value = w->cum + nwave;
    w->e1 = ints + s->n;
    w->seg = ints + 2 * s->n;
    w->first = w->seg + ne;
    w->count = w->first + ne;
    memcpy(w->wave, wave, nwave * sizeof *wave);
    for (size_t k = 0; k + 1 < nwave; k++)
        w->step[k] = 1 / (wave[k + 1] - wave[k]);
    for (size_t k = 0; library_fwhm && k < nwave; k++) {
        double f = library_fwhm[k] / FWHM_OF_SIGMA;
        if (!(f >= 0) || isinf(f))
            GAL_THROW(GAL_EINVAL, "spectrum: the model's resolution at %g A is %g A", wave[k], library_fwhm[k]);
        w->fine[k] = w->lib[k] = f * f;
    }
    for (size_t k = 0; finest && k < nwave; k++)
        w->fine[k] = finest[k] * finest[k] / (FWHM_OF_SIGMA * FWHM_OF_SIGMA);
    GAL_TRY(make_edges(w));
    *out = w;
    w = NULL;
out:
    gal_spec_ws_free(w);
    return st;
}

void gal_spec_ws_free(gal_spec_ws *w)
{
    if (!w)
        return;
    gal_spec_unref(w->spec);
    gal_free(w->edge);
    gal_free(w->e0);
    gal_free(w->off);
    gal_free(w->w);
    gal_free(w);
}

/* Largest i with x[i] <= v, walking on from i */
static inline size_t walk(const double *x, size_t n, size_t i, double v)
{
    while (i + 2 < n && x[i + 1] <= v)
        i++;
    return i;
}

/* Variance of the convolution at each edge, in the rest frame; windows of near nodes. */
static gal_status place_edges(gal_spec_ws *w, double opz, double sigma_v, size_t *total)
{
    size_t k = gal_search(w->wave, w->nwave, w->edge[0] / opz), coarse = 0, n = w->nwave;
    *total = 0;
    for (size_t e = 0; e < w->nedge; e++) {
        double x = w->edge[e] / opz, si = w->edge_s[e] / opz, sv = x * sigma_v / C_KMS;
        w->at[e] = x;
        if (x < w->wave[0] || x > w->wave[n - 1])
            return gal_fail(GAL_EDOMAIN, "spectrum: the pixel edge %g A is outside the model (%g .. %g A at rest)",
                            w->edge[e], w->wave[0], w->wave[n - 1]);
        k = walk(w->wave, n, k, x);
        double f = (x - w->wave[k]) * w->step[k], lib = w->lib[k] + f * (w->lib[k + 1] - w->lib[k]);
        double var = si * si - lib + sv * sv;
        coarse += w->spec->blurred && si * si * 1.1025 < w->fine[k] + f * (w->fine[k + 1] - w->fine[k]);
        w->var[e] = var > 0 ? var : 0;
        w->seg[e] = (uint32_t)k;
        double r = REACH * sqrt(w->var[e]);
        size_t a = k + 1, b = a;
        while (a > 0 && w->wave[a - 1] > x - r)
            a--;
        while (b < n && w->wave[b] < x + r)
            b++;
        if ((a == 0 || b == n) && r > 0)
            return gal_fail(GAL_EDOMAIN,
                            "spectrum: the pixel edge %g A, broadened, reaches beyond the model (%g .. %g A at rest)",
                            w->edge[e], w->wave[0], w->wave[n - 1]);
        w->first[e] = (uint32_t)a;
        w->count[e] = (uint32_t)(r > 0 ? b - a : 0);
        w->off[e] = *total;
        *total += w->count[e];
    }
    w->coarse = (double)coarse / (double)w->nedge;
    return GAL_OK;
}

gal_status gal_spec_ws_set(gal_spec_ws *w, double z, double sigma_v, double shift)
{
    if (z == w->z && sigma_v == w->sigma_v && shift == w->shift)
        return GAL_OK;
    if (!(sigma_v >= 0 && sigma_v <= 5000))
        return gal_fail(GAL_EDOMAIN, "spectrum: sigma_v = %g km/s is not in 0 .. 5000", sigma_v);
    double opz = (1 + z) * (1 + shift / C_KMS);
    if (!(opz > 0) || isinf(opz))
        return gal_fail(GAL_EDOMAIN, "spectrum: redshift %g with a shift of %g km/s", z, shift);
    size_t total;
    w->z = NAN;
    gal_status st = place_edges(w, opz, sigma_v, &total);
    if (st != GAL_OK)
        return st;
    if (total > w->cap) {
        size_t cap = total + total / 2 + 64;
        double *p = gal_realloc(w->w, cap * sizeof *p);
        if (!p)
            return GAL_ENOMEM;
        w->w = p;
        w->cap = cap;
    }
    w->k0 = w->nwave;
    w->k1 = 0;
    for (size_t e = 0; e < w->nedge; e++) {
        size_t a = w->first[e], c = w->count[e], lo = c ? a - 1 : w->seg[e];
        size_t hi = c && a + c > w->seg[e] + 1 ? a + c : w->seg[e] + 1;
        double x = w->at[e], v = w->var[e], inv = v > 0 ? 1 / sqrt(v) : 0, *d = w->w + w->off[e];
        for (size_t j = 0; j < c; j++)
            d[j] = v * near_weight((x - w->wave[a + j]) * inv);
        w->k0 = lo < w->k0 ? lo : w->k0;
        w->k1 = hi > w->k1 ? hi : w->k1;
    }
    if (w->k1 > w->nwave - 1)
        w->k1 = w->nwave - 1;
    w->z = z;
    w->sigma_v = sigma_v;
    w->shift = shift;
    return GAL_OK;
}

double gal_spec_ws_opz(const gal_spec_ws *w)
{
    return (1 + w->z) * (1 + w->shift / C_KMS);
}

double gal_spec_ws_coarse(const gal_spec_ws *w)
{
    return w->coarse;
}

void gal_spec_continuum(gal_spec_ws *w, const double *lum, const double *trans, double *out)
{
    double *slope = w->slope, *cum = w->cum, *y = w->value, sum = 0;
    size_t k0 = w->k0, k1 = w->k1;
    for (size_t k = k0; k <= k1; k++)
        y[k] = trans ? lum[k] * trans[k] : lum[k];
    for (size_t k = k0; k < k1; k++)
        slope[k] = (y[k + 1] - y[k]) * w->step[k];
    slope[k1] = slope[k1 - 1];
    for (size_t k = k0; k < k1; k++) {
        cum[k] = sum;
        sum += 0.5 * (y[k] + y[k + 1]) * (w->wave[k + 1] - w->wave[k]);
    }
    cum[k1] = sum;
    for (size_t e = 0; e < w->nedge; e++) {
        size_t k = w->seg[e], a = w->first[e], c = w->count[e];
        double d = w->at[e] - w->wave[k], total = cum[k] + d * (y[k] + 0.5 * d * slope[k]);
        if (c) {
            const double *weight = w->w + w->off[e];
            double near = 0.5 * w->var[e] * slope[a - 1];
            for (size_t j = 0; j < c; j++)
                near += weight[j] * (slope[a + j] - slope[a + j - 1]);
            total += near;
        } else if (w->var[e] > 0) {
            total += 0.5 * w->var[e] * slope[k];
        }
        w->total[e] = total;
    }
    for (size_t i = 0; i < w->n; i++)
        out[i] = (w->total[w->e1[i]] - w->total[w->e0[i]]) / (w->at[w->e1[i]] - w->at[w->e0[i]]);
}

/* Phi(b) - Phi(a), a < b, without cancellation in the tails */
static double normal_between(double a, double b)
{
    if (a > 0) {
        double t = a;
        a = -b;
        b = -t;
    }
    if (b < 0)
        return 0.5 * (erfc(-b * M_SQRT1_2) - erfc(-a * M_SQRT1_2));
    return 0.5 * (erf(b * M_SQRT1_2) - erf(a * M_SQRT1_2));
}

/* Flux of a unit line in the pixels that it reaches: out[i] += lum share, or, of gout, the sum of gout share */
static double line_pixels(const gal_spec_ws *w, double wave, double sigma_v, double lum, const double *gout,
                          double *out)
{
    const gal_spec *s = w->spec;
    double opz = gal_spec_ws_opz(w), sum = 0;
    double x = wave * opz, si = gal_spec_sigma(s, x), sv = x * sigma_v / C_KMS, sd = sqrt(si * si + sv * sv);
    double reach = 9 * sd;
    if (x + reach < s->lo[0] || x - reach > s->hi[s->n - 1])
        return 0;
    size_t i = s->n > 1 ? gal_search(s->lo, s->n, x - reach) : 0;
    for (; i < s->n && s->lo[i] <= x + reach; i++) {
        double lo = s->lo[i], hi = s->hi[i];
        double share = sd > 0 ? normal_between((lo - x) / sd, (hi - x) / sd) : x >= lo && x < hi;
        if (out)
            out[i] += lum * share * opz / (hi - lo);
        else
            sum += gout[i] * share * opz / (hi - lo);
    }
    return sum;
}

void gal_spec_lines(const gal_spec_ws *w, const double *wave, const double *lum, size_t nl, double sigma_v, double *out)
{
    for (size_t l = 0; l < nl; l++)
        if (lum[l] != 0)
            line_pixels(w, wave[l], sigma_v, lum[l], NULL, out);
}

void gal_spec_lines_back(const gal_spec_ws *w, const double *wave, size_t nl, double sigma_v, const double *gout,
                         double *glum)
{
    for (size_t l = 0; l < nl; l++)
        glum[l] = line_pixels(w, wave[l], sigma_v, 0, gout, NULL);
}

void gal_spec_continuum_back(gal_spec_ws *w, const double *gout, double *gy)
{
    double *gslope = w->slope, *gcum = w->cum, *gtotal = w->total;
    size_t k0 = w->k0, k1 = w->k1;
    memset(gy, 0, w->nwave * sizeof *gy);
    memset(gslope, 0, w->nwave * sizeof *gslope);
    memset(gcum, 0, w->nwave * sizeof *gcum);
    memset(gtotal, 0, w->nedge * sizeof *gtotal);
    for (size_t i = 0; i < w->n; i++) {
        double g = gout[i] / (w->at[w->e1[i]] - w->at[w->e0[i]]);
        gtotal[w->e1[i]] += g;
        gtotal[w->e0[i]] -= g;
    }
    for (size_t e = 0; e < w->nedge; e++) {
        size_t k = w->seg[e], a = w->first[e], c = w->count[e];
        double d = w->at[e] - w->wave[k], g = gtotal[e];
        const double *weight = w->w + w->off[e];
        gcum[k] += g;
        gy[k] += g * d;
        gslope[k] += g * 0.5 * d * d + (!c && w->var[e] > 0 ? 0.5 * g * w->var[e] : 0);
        if (c)
            gslope[a - 1] += 0.5 * g * w->var[e];
        for (size_t j = 0; j < c; j++) {
            gslope[a + j] += g * weight[j];
            gslope[a + j - 1] -= g * weight[j];
        }
    }
    gslope[k1 - 1] += gslope[k1]; /* the last is a copy of the one before */
    double sum = 0;
    for (size_t k = k1; k-- > k0;) { /* cum[k + 1] and all after it hold the piece between k and k + 1 */
        sum += gcum[k + 1];
        double half = 0.5 * sum * (w->wave[k + 1] - w->wave[k]), slope = gslope[k] * w->step[k];
        gy[k] += half - slope;
        gy[k + 1] += half + slope;
    }
}

/* ------------------------------------------------------------------ on the grid */
/* Moments of the unit Gaussian (c, s) over a..b: share m0, and first moment about c */
static void moments(double a, double b, double c, double s, double *m0, double *m1)
{
    double u = (a - c) / s, v = (b - c) / s;
    *m0 = normal_between(u, v);
    *m1 = s * 0.39894228040143268 * (exp(-0.5 * u * u) - exp(-0.5 * v * v));
}

size_t gal_spec_line_on_grid(const double *wave, size_t n, double line, double sigma, size_t *first, double *weight,
                             size_t cap)
{
    double lo = line - 6 * sigma, hi = line + 6 * sigma, total, unused;
    if (lo < wave[0] || hi > wave[n - 1])
        return 0;
    size_t i = gal_search(wave, n, lo), count = 0;
    *first = i;
    moments(lo, hi, line, sigma, &total, &unused);
    memset(weight, 0, cap * sizeof *weight);
    for (; i + 1 < n && wave[i] < hi; i++, count++) {
        if (count + 2 > cap)
            return 0;
        double a = wave[i], b = wave[i + 1], m0, m1;
        moments(fmax(a, lo), fmin(b, hi), line, sigma, &m0, &m1);
        double right = ((line - a) * m0 + m1) / (b - a) / total, left = m0 / total - right;
        double before = i ? wave[i - 1] : a, after = i + 2 < n ? wave[i + 2] : b;
        weight[count] += left / (0.5 * (b - before));
        weight[count + 1] += right / (0.5 * (after - a));
    }
    return count + 1;
}

void gal_spec_smooth(const double *wave, const double *lum, size_t n, const double *sigma, double *out)
{
    for (size_t k = 0; k < n; k++) {
        double s = sigma[k], sum = 0, r = REACH * s;
        if (!(s > 0)) {
            out[k] = lum[k];
            continue;
        }
        size_t a = k, b = k;
        while (a > 1 && wave[a - 1] > wave[k] - r)
            a--;
        while (b + 2 < n && wave[b + 1] < wave[k] + r)
            b++;
        for (size_t j = a > 0 ? a : 1; j <= b && j + 1 < n; j++) {
            double change =
                (lum[j + 1] - lum[j]) / (wave[j + 1] - wave[j]) - (lum[j] - lum[j - 1]) / (wave[j] - wave[j - 1]);
            sum += change * ramp(fabs(wave[k] - wave[j]) / s);
        }
        out[k] = lum[k] + s * sum;
    }
}
