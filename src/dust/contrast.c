/* Templates of dust in the microwave background (da Cunha et al. 2013, ApJ 766, 13). They are made for starlight alone; dust at z takes in the background of
 * T_0 = 2.7255 K (1 + z) besides, and is seen against it. Grains in equilibrium, at T = t1 U^(1/n) in starlight U, are then at T_e with
 *
 *     T_e^n = T^n + T_0^n,        L(seen) = L - K B(T) + K [B(T_e) - B(T_0)]
 *
 * where K B(T), what of L is theirs, is all of it where h c/(lambda k T) < 4, and shortward no more than K ~ lambda^(4 - n) allows: the rest is light of grains
 * heated by single photons, which the background does not touch. K [B(T_e) - B(T_0)] > 0, so nothing becomes negative. A mixture of U is four temperatures. n is a mean: what is seen has (1 + gain) times the power that starlight brings, |gain| < 0.05, and is divided by it:
 * a sum on the whole grid, on the nodes of a plan tabulated there (2e-6).
 *
 * Held against the library's own answer to more light, the template of U + (T_0/t1)^n less K B(T_0), it errs beyond 150 micron (rest frame) by less than
 * 0.8 % where T_0 < 0.6 T, 2.5 % below 0.8 T, 6 % below 0.9 T, 13 % at T_0 = T; 1 - B(T_0)/B(T), without the warming, by 5, 25, 50 and 100 %. Colder still, what is seen
 * is a small difference, of the right sign and power and not more. */
#include "dust/dust_kern.h"
#include "dust/template.h"
#include "galua/const.h"
#include "num/dot.h"

#include <math.h>
#include <string.h>

#define SHORTEST 8e4 /* A: nothing in equilibrium shines below */
#define HC_K     (1e8 * GAL_H_CGS * GAL_C_CGS / GAL_KB_CGS)
#define FARTHEST 31. /* 1 + z, end of the range of redshifts */
enum { MIX = GAL_TEMPLATE_MIX, GAINS = GAL_TEMPLATE_GAINS };

void gal_contrast_free(gal_contrast *c)
{
    if (!c)
        return;
    gal_free(c->t);
    gal_free(c->still);
    gal_free(c->opaque);
    gal_free(c->power);
    gal_free(c->own);
    gal_free(c->gain);
    gal_free(c->b5);
    gal_free(c->hck);
    gal_free(c);
}

static gal_contrast *empty(size_t ns, const double *wave, size_t n, double steepness)
{
    size_t from = 0;
    while (from < n && wave[from] < SHORTEST)
        from++;
    gal_contrast *c = GAL_NEW(gal_contrast);
    if (!c)
        return NULL;
    size_t m = n - from;
    *c = (gal_contrast){.ns = ns, .n = n, .from = from, .steepness = steepness};
    c->t = GAL_NEWN(double, ns *MIX);
    c->still = GAL_NEWN(double, ns *m + 1);
    c->opaque = GAL_NEWN(double, ns *m + 1);
    c->power = GAL_NEWN(double, ns);
    c->own = GAL_NEWN(double, ns);
    c->b5 = GAL_NEWN(double, m + 1);
    c->hck = GAL_NEWN(double, m + 1);
    if (!c->t || !c->still || !c->opaque || !c->power || !c->own || !c->b5 || !c->hck)
        return gal_contrast_free(c), NULL;
    for (size_t k = 0; k < m; k++) {
        c->b5[k] = pow(wave[from + k] / 1e6, -5);
        c->hck[k] = HC_K / wave[from + k];
    }
    return c;
}

static int parts(const double *t)
{
    int n = 0;
    while (n < MIX && t[n] > 0)
        n++;
    return n;
}

/* Gauss's nodes in s, 1 - (1 - s)^3 of the dust is colder: few have much of the light */
static const double node[MIX] = {0.0694318442029737, 0.3300094782075719, 0.6699905217924281, 0.9305681557970263};
static const double weight[MIX] = {0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269};

static double share_of(int np, int j)
{
    return np == 1 ? 1 : 3 * weight[j] * (1 - node[j]) * (1 - node[j]);
}

double gal_contrast_quantile(int j)
{
    double left = 1 - node[j];
    return 1 - left * left * left;
}

/* Shares of the light of one template: still and opaque of its nodes */
static void split(const gal_contrast *c, const double *wave, const double *lum, const double *t, double *still,
                  double *opaque)
{
    size_t m = c->n - c->from, anchor = 0;
    int np = parts(t);
    while (anchor < m && HC_K / (wave[anchor] * t[0]) > 4)
        anchor++;
    memcpy(still, lum, m * sizeof *still);
    if (anchor == m || np == 0)
        return;
    for (size_t i = m; i-- > 0;) { /* from long wavelengths on: the anchor before what hangs on it */
        double mean = 0;
        for (int j = 0; j < np; j++)
            mean += c->b5[i] / expm1(fmin(c->hck[i] / t[j], 700)) * share_of(np, j);
        opaque[i] = lum[i] / mean;
        still[i] = 0;
        if (i < anchor) {
            opaque[i] = fmin(opaque[i], opaque[anchor] * pow(wave[anchor] / wave[i], c->steepness - 4));
            still[i] = fmax(0, lum[i] - opaque[i] * mean);
        }
    }
}

/* T_e of a part and d ln T_e/d ln t0 */
static double warmed(double t, double t0, double n, double *slope)
{
    double own = pow(t, n), now = pow(t0, n);
    *slope = now / (own + now);
    return pow(own + now, 1 / n);
}

gal_status gal_contrast_create(gal_contrast **out, const gal_wavegrid *g, size_t ns, const double *lum,
                               const double *power, const double *t, double steepness)
{
    gal_contrast *c = *out = empty(ns, g->wave, g->n, steepness);
    if (!c)
        return GAL_ENOMEM;
    size_t m = c->n - c->from;
    c->tw = g->tw + c->from;
    memcpy(c->t, t, ns * MIX * sizeof *t);
    memcpy(c->power, power, ns * sizeof *power);
    for (size_t s = 0; s < ns; s++) {
        const double *far = lum + s * c->n + c->from;
        split(c, g->wave + c->from, far, t + s * MIX, c->still + s * m, c->opaque + s * m);
        c->own[s] = num_dot(c->tw, far, m);
    }
    return GAL_OK;
}

/* What is seen of template s before it is given its power */
static void bare(const gal_contrast *c, size_t s, double t0, double *far)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    size_t m = c->n - c->from;
    const double *t = c->t + s * MIX;
    int np = parts(t);
    double by;
    memcpy(far, c->still + s * m, m * sizeof *far);
    for (int j = 0; j < np; j++)
        kern->planck_over(m, 1 / warmed(t[j], t0, c->steepness, &by), 1 / t0, share_of(np, j), c->b5, c->hck,
                          c->opaque + s * m, far);
}

/* d ln T of 1/(e^x - 1) */
static double planck_slope(double x)
{
    return x < 700 ? x / (expm1(x) * -expm1(-x)) : 0;
}

static void bare_slope(const gal_contrast *c, size_t s, double t0, double *dfar)
{
    size_t m = c->n - c->from;
    const double *t = c->t + s * MIX, *opaque = c->opaque + s * m;
    int np = parts(t);
    double te[MIX], by[MIX];
    for (int j = 0; j < np; j++)
        te[j] = warmed(t[j], t0, c->steepness, &by[j]);
    for (size_t k = 0; k < m; k++) {
        double d = np > 0 ? -planck_slope(c->hck[k] / t0) : 0;
        for (int j = 0; j < np; j++)
            d += by[j] * planck_slope(c->hck[k] / te[j]) * share_of(np, j);
        dfar[k] = c->b5[k] * opaque[k] * d;
    }
}

/* Of template s at GAINS temperatures of the background; *c the whole grid's */
static void gains(const gal_contrast *c, size_t s, double *gain)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    size_t m = c->n - c->from;
    const double *t = c->t + s * MIX, *opaque = c->opaque + s * m;
    int np = parts(t);
    double alone = 0, sum, slope, by;
    for (int j = 0; j < np; j++) {
        kern->planck_sum(m, 1 / t[j], c->tw, c->b5, c->hck, opaque, &sum, &slope);
        alone += share_of(np, j) * sum;
    }
    for (int i = 0; i < GAINS; i++) {
        double t0 = GAL_TCMB * pow(FARTHEST, i / (GAINS - 1.)), all = 0, change = 0;
        for (int j = 0; j < np; j++) {
            kern->planck_sum(m, 1 / warmed(t[j], t0, c->steepness, &by), c->tw, c->b5, c->hck, opaque, &sum, &slope);
            all += share_of(np, j) * sum;
            change += share_of(np, j) * slope * by;
        }
        kern->planck_sum(m, 1 / t0, c->tw, c->b5, c->hck, opaque, &sum, &slope);
        gain[2 * i] = np > 0 ? (all - sum - alone) / c->power[s] : 0;
        gain[2 * i + 1] = np > 0 ? (change - slope) / c->power[s] : 0;
    }
}

gal_status gal_contrast_pick(gal_contrast **out, const gal_contrast *whole, const gal_wavegrid *nodes)
{
    gal_contrast *c = *out = empty(whole->ns, nodes->wave, nodes->n, whole->steepness);
    size_t mw = whole->n - whole->from;
    if (!c || !(c->gain = GAL_NEWN(double, c->ns *GAINS * 2)))
        return GAL_ENOMEM;
    size_t m = c->n - c->from;
    memcpy(c->t, whole->t, c->ns * MIX * sizeof *c->t);
    for (size_t s = 0; s < c->ns; s++) {
        for (size_t k = 0; k < m; k++) {
            size_t at = nodes->at[c->from + k] - whole->from;
            c->still[s * m + k] = whole->still[s * mw + at];
            c->opaque[s * m + k] = whole->opaque[s * mw + at];
        }
        gains(whole, s, c->gain + s * GAINS * 2); /* integrals are those of the whole grid */
    }
    return GAL_OK;
}

/* Cubic Hermite in ln t0 */
static double gain_at(const double *gain, double t0, double *slope)
{
    double h = log(FARTHEST) / (GAINS - 1), x = log(t0 / GAL_TCMB) / h;
    int i = x < 0 ? 0 : x > GAINS - 2 ? GAINS - 2 : (int)x;
    double u = x - i, a = gain[2 * i], da = h * gain[2 * i + 1], b = gain[2 * i + 2], db = h * gain[2 * i + 3];
    double c2 = 3 * (b - a) - 2 * da - db, c3 = 2 * (a - b) + da + db;
    *slope = (da + u * (2 * c2 + 3 * u * c3)) / h;
    return a + u * (da + u * (c2 + u * c3));
}

double gal_contrast_seen(const gal_contrast *c, size_t s, double t0, double *far)
{
    size_t m = c->n - c->from;
    double by, gain;
    bare(c, s, t0, far);
    gain = c->gain ? gain_at(c->gain + s * GAINS * 2, t0, &by) : (num_dot(c->tw, far, m) - c->own[s]) / c->power[s];
    for (size_t k = 0; k < m; k++)
        far[k] /= 1 + gain;
    return 1 / (1 + gain);
}

double gal_contrast_slope(const gal_contrast *c, size_t s, double t0, double scale, const double *far, double *dfar)
{
    size_t m = c->n - c->from;
    double by;
    bare_slope(c, s, t0, dfar);
    if (c->gain)
        gain_at(c->gain + s * GAINS * 2, t0, &by);
    else
        by = num_dot(c->tw, dfar, m) / c->power[s];
    for (size_t k = 0; k < m; k++)
        dfar[k] = scale * (dfar[k] - by * far[k]);
    return -by * scale * scale;
}
