/* Likelihood of a spectrum with a calibration polynomial and linear line amplitudes. With columns d_k = m P_k (or t_l), scaled by the
 * prior's standard deviation, r = y - m - sum mean_l t_l and N the covariance of the noise (diag(s^2), or see pixel_noise.c):
 *     K = N + D D',  M = 1 + D' N^-1 D,  b = D' N^-1 r
 *     r' K^-1 r = r' N^-1 r - b' M^-1 b,   ln|K| = ln|N| + ln|M|          (Woodbury 1950; determinant lemma)
 * A flat prior leaves out the 1 in M and is normalised as if its density were 1. PROFILED is the flat estimate of the c, put into
 * the density of the data. Thread-safe. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "spec/pixel_int.h"

static const char *const MODE[] = {"none", "sampled", "profiled", "marginalised"};

const char *gal_calib_name(gal_calib_mode m)
{
    return m <= GAL_CALIB_MARGINALISED ? MODE[m] : "?";
}

gal_status gal_calib_parse(gal_calib_mode *out, const char *name)
{
    char hint[96];
    for (int i = 0; i < 4; i++)
        if (strcmp(name, MODE[i]) == 0) {
            *out = (gal_calib_mode)i;
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, MODE, 4);
    return gal_fail(GAL_ENOTFOUND, "unknown calibration mode '%s'%s (known: none, sampled, profiled, marginalised)",
                    name, hint);
}

double gal_poly_value(gal_poly p, int k, double x)
{
    double a = 1, b = x;
    if (k == 0)
        return 1;
    for (int i = 1; i < k; i++) {
        double c = p == GAL_POLY_CHEBYSHEV ? 2 * x * b - a : ((2 * i + 1) * x * b - i * a) / (i + 1);
        a = b;
        b = c;
    }
    return b;
}

static int ncoef(const gal_calib *c)
{
    return c->mode == GAL_CALIB_NONE || c->order < c->first ? 0 : c->order - c->first + 1;
}

size_t gal_spec_like_work(const gal_spec_like *l)
{
    size_t k = (size_t)ncoef(&l->calib) + l->nline;
    return l->n * (k + 2) + k * k + 3 * k + 8 + pixel_noise_work(l);
}

/* d[n] = P_first .. P_order of x times y, one column after the other */
static void poly_columns(const gal_calib *c, size_t n, const double *x, const double *y, double *d)
{
    for (size_t i = 0; i < n; i++) {
        double a = 1, b = x[i], m = y[i];
        size_t at = i;
        for (int k = 0; k <= c->order; k++) {
            if (k >= c->first) {
                d[at] = m * a;
                at += n;
            }
            double next =
                c->poly == GAL_POLY_CHEBYSHEV ? 2 * x[i] * b - a : ((2 * k + 3) * x[i] * b - (k + 1) * a) / (k + 2);
            a = b;
            b = next;
        }
    }
}

/* Columns (lines first, then the polynomial), residuals without the prior means, prior widths; flat[k] where there is none. */
static void build(const gal_spec_like *l, const double *model, pixel_system *s)
{
    const gal_calib *c = &l->calib;
    if (s->nc)
        poly_columns(c, l->n, l->x, model, s->d + l->nline * l->n);
    for (size_t k = 0; k < s->k; k++) {
        double *d = s->d + k * l->n, sd = INFINITY;
        if (k >= l->nline && c->mode == GAL_CALIB_MARGINALISED) {
            sd = c->sd[c->first + (int)(k - l->nline)];
        } else if (k < l->nline) {
            sd = l->sd[k];
            memcpy(d, l->profile + k * l->n, l->n * sizeof *d);
            for (size_t i = 0; l->mean && i < l->n; i++)
                s->r[i] -= l->mean[k] * d[i];
        }
        s->flat[k] = isinf(sd);
        s->sd[k] = s->flat[k] ? 1 : sd;
        for (size_t i = 0; !s->flat[k] && i < l->n; i++)
            d[i] *= sd;
    }
}

double pixel_begin(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c, double *fitted,
                   double *work, pixel_system *s)
{
    const gal_calib *cal = &l->calib;
    size_t n = l->n, nc = cal->mode >= GAL_CALIB_PROFILED ? (size_t)ncoef(cal) : 0, k = nc + l->nline;
    *s = (pixel_system){.n = n, .k = k, .nc = nc, .profiled = cal->mode == GAL_CALIB_PROFILED};
    gal_noise_begin(&s->noise, &l->data, z);
    bool more = s->noise.nvar > 0;
    double inv = exp(-2 * s->noise.lnscale), lnl = 0;
    s->iv = work;
    s->r = work + n;
    s->d = work + 2 * n;
    s->m = s->d + k * n;
    s->b = s->m + k * k;
    s->sol = s->b + k;
    s->sd = s->sol + k;
    s->gp = s->sd + k;
    for (size_t i = 0; i < n; i++) {
        double m = model[i];
        if (cal->mode == GAL_CALIB_SAMPLED && c) {
            double f = 1;
            for (int j = cal->first; j <= cal->order; j++)
                f += c[j] * gal_poly_value(cal->poly, j, l->x[i]);
            m *= f;
        }
        if (fitted)
            fitted[i] = m;
        s->r[i] = l->flux[i] - m;
        s->iv[i] = inv / (l->err[i] * l->err[i]);
        if (more) {
            s->iv[i] = 1 / (1 / s->iv[i] + gal_noise_more(&s->noise, i, model[i]));
            lnl += 0.5 * log(s->iv[i]);
        } else {
            lnl -= log(l->err[i]);
        }
    }
    lnl -= (double)n * ((more ? 0 : s->noise.lnscale) + 0.5 * LN_2PI);
    if (k > 0)
        build(l, model, s);
    return lnl;
}

double pixel_solve(pixel_system *s)
{
    size_t n = s->n, k = s->k;
    double logdet = 0, gain = 0;
    for (size_t i = 0; i < k; i++) {
        const double *d = s->d + i * n;
        s->b[i] = pixel_sum(d, s->r, s->iv, n);
        for (size_t j = 0; j <= i; j++)
            s->m[i * k + j] = s->m[j * k + i] = pixel_sum(d, s->d + j * n, s->iv, n);
        if (!s->flat[i])
            s->m[i * k + i] += 1;
    }
    memcpy(s->sol, s->b, k * sizeof *s->b);
    if (gal_cholesky(s->m, k) != GAL_OK)
        return NAN;
    gal_chol_solve(s->m, k, s->sol);
    for (size_t i = 0; i < k; i++) {
        bool fitted = s->profiled &&
                      i >= k - s->nc; /* an estimate, not an integral; last, so the others' determinant is their own */
        gain += s->b[i] * s->sol[i];
        if (!fitted)
            logdet += 2 * log(s->m[i * k + i]) - (s->flat[i] ? LN_2PI : 0);
    }
    return 0.5 * (gain - logdet);
}

/* s->sol += L^-T u: from N(0, 1/M). The profiled, last, stay. */
static void scatter(pixel_system *s, const double *u)
{
    size_t k = s->k, m = s->profiled ? k - s->nc : k;
    for (size_t i = m; i-- > 0;) { /* s->b is free by now: the solution of L' v = u */
        double v = u[i];
        for (size_t j = i + 1; j < m; j++)
            v -= s->m[j * k + i] * s->b[j];
        s->b[i] = v / s->m[i * k + i];
        s->sol[i] += s->b[i];
    }
}

static double evaluate(const gal_spec_like *l, const double *model, const gal_noise *z, const double *u, double *c,
                       double *amp, double *fitted, double *work)
{
    const gal_calib *cal = &l->calib;
    pixel_system s;
    double lnl = pixel_begin(l, model, z, c, fitted, work, &s);
    bool joint = s.noise.ncov > 0;
    size_t n = s.n, k = s.k;
    if (s.noise.share > 0)
        return k || joint ? NAN : pixel_outliers(&s);
    if (joint)
        lnl = pixel_whiten(l, model, &s);
    double chi2 = pixel_sum(s.r, s.r, s.iv, n);
    lnl -= 0.5 * chi2;
    if (k == 0)
        return lnl;
    lnl += pixel_solve(&s);
    if (u)
        scatter(&s, u);
    if (joint && fitted)
        build(l, model, &s); /* the columns before they were whitened */
    for (size_t j = 0; j < k; j++) {
        double mean = j < l->nline && l->mean ? l->mean[j] : 0, value = mean + s.sol[j] * s.sd[j];
        for (size_t i = 0; fitted && i < n; i++)
            fitted[i] += (s.sol[j] + mean / s.sd[j]) * s.d[j * n + i];
        if (j >= l->nline && c)
            c[cal->first + (int)(j - l->nline)] = value;
        if (j < l->nline && amp)
            amp[j] = value;
    }
    return lnl;
}

double gal_spec_like_eval(const gal_spec_like *l, const double *model, const gal_noise *z, double *c, double *amp,
                          double *fitted, double *work)
{
    return evaluate(l, model, z, NULL, c, amp, fitted, work);
}

double gal_spec_like_draw(const gal_spec_like *l, const double *model, const gal_noise *z, const double *u, double *c,
                          double *amp, double *work)
{
    return evaluate(l, model, z, u, c, amp, NULL, work);
}
