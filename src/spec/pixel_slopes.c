/* Derivatives of the likelihood of pixels, for independent noise (no kernel). With v = N^-1 (r - D sol), M = F + D' N^-1 D, F = 0 for flat
 * columns and 1 else, d ln L is
 *     by r:    -v
 *     by d_k:  sol_k v - N^-1 (D M^-1)_k
 *     by 1/s_i^2:  s_i^2/2 - (r - D sol)_i^2/2 - (D M^-1 D')_ii/2
 * Of profiled columns the determinant is left out, as it is of ln L. Outliers: of each pixel's mixture. Thread-safe. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "spec/pixel_int.h"

bool gal_spec_like_exact(const gal_spec_like *l)
{
    bool markov;
    return !gal_noise_correlated(&l->data, &markov);
}

size_t gal_spec_gradient_work(const gal_spec_like *l)
{
    return gal_spec_like_work(l) + (GAL_LINEAR_MAX + GAL_POLY_MAX + 1) * l->n;
}

/* c[n] = row i of D times M^-1, for the columns whose determinant counts */
static void rows(const pixel_system *s, size_t i, double *c)
{
    size_t k = s->k, m = s->profiled ? k - s->nc : k;
    for (size_t a = 0; a < m; a++) { /* L y = d, L' c = y; the leading block of the factor is the factor of the block */
        double v = s->d[a * s->n + i];
        for (size_t b = 0; b < a; b++)
            v -= s->m[a * k + b] * c[b];
        c[a] = v / s->m[a * k + a];
    }
    for (size_t a = m; a-- > 0;) {
        double v = c[a];
        for (size_t b = a + 1; b < m; b++)
            v -= s->m[b * k + a] * c[b];
        c[a] = v / s->m[a * k + a];
    }
    for (size_t a = m; a < k; a++)
        c[a] = 0;
}

/* by r and by 1/s^2 of an independent pixel that may be an outlier; adds those by f_out and n_out */
static void mixture_slopes(double r, double iv, const gal_noise_terms *z, double *gr, double *giv, double *gnoise)
{
    double n = z->width, f = z->share, chi2 = r * r * iv, a = log1p(-f) - 0.5 * chi2,
           b = log(f / n) - 0.5 * chi2 / (n * n), q = 1 / (1 + exp(fmin(a - b, 700))), p = 1 - q, w = p + q / (n * n);
    *gr = -w * r * iv;
    *giv = -0.5 * w * r * r + 0.5 / iv;
    gnoise[z->share_at] += q / f - p / (1 - f);
    gnoise[z->width_at] += q / n * (chi2 / (n * n) - 1);
}

double gal_spec_like_gradient(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c,
                              const gal_spec_slopes *g, double *work)
{
    const gal_calib *cal = &l->calib;
    double own[GAL_POLY_MAX + 1] = {0}, *column = work + gal_spec_like_work(l), row[GAL_LINEAR_MAX + GAL_POLY_MAX + 1];
    pixel_system s;
    bool sampled = cal->mode == GAL_CALIB_SAMPLED && c;
    if (c)
        memcpy(own, c, ((size_t)(cal->order > 0 ? cal->order : 0) + 1) * sizeof *c);
    double lnl = gal_spec_like_eval(l, model, z, own, NULL, NULL, work);
    memset(g->noise, 0, GAL_NOISE_NPAR * sizeof *g->noise);
    memset(g->coef, 0, (GAL_POLY_MAX + 1) * sizeof *g->coef);
    memset(g->model, 0, l->n * sizeof *g->model);
    memset(g->profile, 0, l->nline * l->n * sizeof *g->profile);
    if (!isfinite(lnl))
        return lnl;
    pixel_begin(l, model, z, c, NULL, work, &s);
    size_t n = s.n, k = s.k;
    if (k > 0)
        pixel_solve(&s);
    for (int j = cal->first; cal->mode != GAL_CALIB_NONE && j <= cal->order; j++)
        for (size_t i = 0; i < n; i++)
            column[(size_t)j * n + i] = gal_poly_value(cal->poly, j, l->x[i]);
    for (size_t i = 0; i < n; i++) {
        double m = model[i], gr, giv, fit = 0, spread = 0;
        if (s.noise.share > 0) {
            mixture_slopes(s.r[i], s.iv[i], &s.noise, &gr, &giv, g->noise);
        } else {
            if (k > 0)
                rows(&s, i, row);
            for (size_t a = 0; a < k; a++) {
                fit += s.sol[a] * s.d[a * n + i];
                spread += row[a] * s.d[a * n + i];
            }
            double left = s.r[i] - fit, v = s.iv[i] * left;
            gr = -v;
            giv = 0.5 * (1 / s.iv[i] - left * left - spread);
            for (size_t a = 0; a < k; a++) {
                double gd = (s.sol[a] * v - s.iv[i] * row[a]) * s.sd[a]; /* by the column without its width */
                if (a < l->nline)
                    g->profile[a * n + i] = gd + (l->mean ? l->mean[a] * v : 0);
                else
                    g->model[i] += gd * column[((size_t)cal->first + a - l->nline) * n + i];
            }
        }
        double factor = 1; /* r = y - m (1 + sum c P) */
        for (int j = cal->first; sampled && j <= cal->order; j++) {
            factor += c[j] * column[(size_t)j * n + i];
            g->coef[j] -= gr * m * column[(size_t)j * n + i];
        }
        g->model[i] -= gr * factor;
        gal_noise_variance_slopes(&s.noise, &l->data, i, m, -giv * s.iv[i] * s.iv[i], &g->model[i], g->noise);
    }
    return lnl;
}
