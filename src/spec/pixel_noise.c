/* Noise of pixels beyond their quoted errors: correlations, outliers, each pixel against the others. Formulas in galua/spec.h.
 *
 * With h = m: covariance N + G, G_ij = c_ij h_i h_j, of the terms that correlate (galua/noise.h). Whitening makes it L diag(S) L', L of unit diagonal.
 * Matern 3/2: the innovations of a Kalman filter (num/markov.h). The gains do not depend on the data, so one pass over the pixels
 * makes them and r and every column run through the same. Its adjoint, run backwards, gives (N + G)^-1 r and the diagonal of
 * (N + G)^-1 (de Jong 1989: u_i = v_i/S_i - g_i'q, D_i = 1/S_i + g_i' Q g_i, q = F'rho, rho <- q + Z'u_i, Q likewise).
 * Anything else: Cholesky factor and triangular solutions. */
#include <math.h>
#include <string.h>

#include "num/dot.h"
#include "num/markov.h"
#include "spec/pixel_int.h"

typedef struct { /* of one pixel: from the one before to it, its gain, s^2/S */
    markov_move f;
    double g[2], keep;
} gain;

enum { GAIN = sizeof(gain) / sizeof(double), BLOCK = 4 };

size_t pixel_noise_work(const gal_spec_like *l)
{
    bool chain;
    size_t n = l->n, dense = n * n + n;
    if (!gal_noise_correlated(&l->data, &chain))
        return 0;
    return chain || dense < GAIN * n ? GAIN * n : dense;
}

/* ------------------------------------------------------------------ matern32 */
/* Gains, and 1/S in place of 1/s^2; returns sum ln S. */
static double gains(const gal_spec_like *l, const double *h, double amp, double len, double *iv, gain *g)
{
    double var = amp * amp, lambda = sqrt(3) / len, p[3] = {var, 0, var}, sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        double s2 = 1 / iv[i];
        g[i].f = (markov_move){0};
        if (i > 0) {
            g[i].f = markov_over(lambda * (l->lnwave[i] - l->lnwave[i - 1]));
            markov_predict(&g[i].f, var, p);
        }
        double S = markov_gain(p, h[i], s2, g[i].g);
        g[i].keep = s2 / S;
        iv[i] = 1 / S;
        sum += log(S);
    }
    return sum;
}

/* nc columns c[nc][n] to their innovations */
static inline void filter(const gain *g, const double *h, size_t n, double *c, size_t nc)
{
    double m0[BLOCK] = {0}, m1[BLOCK] = {0};
    for (size_t i = 0; i < n; i++) {
        const markov_move f = g[i].f;
        for (size_t j = 0; j < nc; j++) {
            double a = f.f00 * m0[j] + f.f01 * m1[j], b = f.f11 * m1[j] - f.f01 * m0[j], e = c[j * n + i] - h[i] * a;
            c[j * n + i] = e;
            m0[j] = a + g[i].g[0] * e;
            m1[j] = b + g[i].g[1] * e;
        }
    }
}

/* innovations to (N + G)^-1 times the column they came from */
static inline void smooth(const gain *g, const double *h, const double *iv, size_t n, double *c, size_t nc)
{
    double q0[BLOCK] = {0}, q1[BLOCK] = {0};
    for (size_t i = n; i-- > 0;) {
        const markov_move f = g[i].f;
        for (size_t j = 0; j < nc; j++) {
            double u = c[j * n + i] * iv[i] - g[i].g[0] * q0[j] - g[i].g[1] * q1[j], a = q0[j] + h[i] * u;
            c[j * n + i] = u;
            q0[j] = f.f00 * a - f.f01 * q1[j];
            q1[j] = f.f01 * a + f.f11 * q1[j];
        }
    }
}

/* 1/S to the diagonal of (N + G)^-1 */
static void precision(const gain *g, const double *h, size_t n, double *iv)
{
    double q00 = 0, q01 = 0, q11 = 0;
    for (size_t i = n; i-- > 0;) {
        const double g0 = g[i].g[0], g1 = g[i].g[1], a = g[i].keep, b = -g1 * h[i]; /* I - g Z = [[a, 0], [b, 1]] */
        double n00 = a * a * q00 + 2 * a * b * q01 + b * b * q11 + h[i] * h[i] * iv[i], n01 = a * q01 + b * q11;
        iv[i] += g0 * g0 * q00 + 2 * g0 * g1 * q01 + g1 * g1 * q11;
        const markov_move f = g[i].f; /* Q = F' N F */
        double x0 = n00 * f.f00 - n01 * f.f01, x1 = n01 * f.f00 - q11 * f.f01, y0 = n00 * f.f01 + n01 * f.f11,
               y1 = n01 * f.f01 + q11 * f.f11;
        q00 = f.f00 * x0 - f.f01 * x1;
        q01 = f.f01 * x0 + f.f11 * x1;
        q11 = f.f01 * y0 + f.f11 * y1;
    }
}

/* ------------------------------------------------------------------ any kernel */
/* Cholesky factor of N + G into K[n][n]; as gal_cholesky, its sums in eight lanes. NaN when not positive definite, else ln|N + G|. */
static double factorise(const gal_noise_terms *t, size_t n, const double *h, const double *iv, double *K)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double *at = K + i * n + j;
            *at = gal_noise_covariance(t, i, j, h[i], h[j]);
            if (i == j)
                *at += 1 / iv[i];
            *at -= num_dot(K + i * n, K + j * n, j);
            if (i > j) {
                *at /= K[j * n + j];
                continue;
            }
            if (!(*at > 0))
                return NAN;
            sum += log(*at);
            *at = sqrt(*at);
        }
    return sum;
}

static void forward(const double *K, size_t n, double *c)
{
    for (size_t i = 0; i < n; i++)
        c[i] = (c[i] - num_dot(K + i * n, c, i)) / K[i * n + i];
}

static void backward(const double *K, size_t n, double *c)
{
    for (size_t i = n; i-- > 0;) {
        c[i] /= K[i * n + i];
        for (size_t j = 0; j < i; j++)
            c[j] -= K[i * n + j] * c[i];
    }
}

/* the diagonal of (L L')^-1: squares of the columns of L^-1; t[n] is scratch */
static void dense_precision(const double *K, size_t n, double *t, double *diag)
{
    for (size_t i = 0; i < n; i++) {
        double sum = t[i] = 1 / K[i * n + i];
        sum *= sum;
        for (size_t j = i + 1; j < n; j++) {
            t[j] = -num_dot(K + j * n + i, t + i, j - i) / K[j * n + j];
            sum += t[j] * t[j];
        }
        diag[i] = sum;
    }
}

/* ------------------------------------------------------------------ both */
double pixel_whiten(const gal_spec_like *l, const double *model, pixel_system *s)
{
    size_t n = s->n, k = 0;
    double lndet, amp, len;
    if (gal_noise_markov(&s->noise, &amp, &len)) {
        gain *g = (gain *)s->gp;
        lndet = gains(l, model, amp, len, s->iv, g);
        filter(g, model, n, s->r, 1);
        for (; k + BLOCK <= s->k; k += BLOCK)
            filter(g, model, n, s->d + k * n, BLOCK);
        for (; k < s->k; k++)
            filter(g, model, n, s->d + k * n, 1);
    } else {
        lndet = factorise(&s->noise, n, model, s->iv, s->gp);
        if (isnan(lndet))
            return NAN;
        forward(s->gp, n, s->r);
        for (; k < s->k; k++)
            forward(s->gp, n, s->d + k * n);
        for (size_t i = 0; i < n; i++)
            s->iv[i] = 1;
    }
    return -0.5 * (lndet + (double)n * LN_2PI);
}

/* (N + G)^-1 r and columns in place of the whitened ones, diagonal of (N + G)^-1 in place of the weights */
static void unwhiten(const double *model, pixel_system *s)
{
    double amp, len;
    bool joint = s->noise.ncov > 0, chain = gal_noise_markov(&s->noise, &amp, &len);
    size_t n = s->n;
    for (size_t k = 0; k <= s->k; k++) {
        double *c = k < s->k ? s->d + k * n : s->r;
        if (!joint)
            for (size_t i = 0; i < n; i++)
                c[i] *= s->iv[i];
        else if (chain)
            smooth((gain *)s->gp, model, s->iv, n, c, 1);
        else
            backward(s->gp, n, c);
    }
    if (chain)
        precision((gain *)s->gp, model, n, s->iv);
    else if (joint)
        dense_precision(s->gp, n, s->gp + n * n, s->iv);
}

/* ln of the mixture's density of a pixel; *q: probability to be an outlier */
static inline double mixture(double r, double iv, const gal_noise_terms *z, double *q)
{
    double n = z->width, chi2 = r * r * iv, a = log1p(-z->share) - 0.5 * chi2,
           b = log(z->share / n) - 0.5 * chi2 / (n * n), top = fmax(a, b), lnl = top + log1p(exp(-fabs(a - b)));
    *q = exp(b - lnl);
    return lnl + 0.5 * (log(iv) - LN_2PI);
}

double pixel_outliers(const pixel_system *s)
{
    double sum = 0, q;
    for (size_t i = 0; i < s->n; i++)
        sum += mixture(s->r[i], s->iv[i], &s->noise, &q);
    return sum;
}

static double normal_cdf(double t)
{
    return 0.5 * erfc(-t * M_SQRT1_2);
}

static void fill(const gal_spec_points *out, size_t n, double v)
{
    double *const to[] = {out->term, out->cdf, out->p_out, out->gp};
    for (int k = 0; k < 4; k++)
        for (size_t i = 0; to[k] && i < n; i++)
            to[k][i] = v;
}

static void independent_points(const pixel_system *s, const gal_spec_points *out)
{
    const gal_noise_terms *z = &s->noise;
    for (size_t i = 0; i < s->n; i++) {
        double t = s->r[i] * sqrt(s->iv[i]), q, lnl = mixture(s->r[i], s->iv[i], z, &q);
        if (out->term)
            out->term[i] = lnl;
        if (out->cdf)
            out->cdf[i] = (1 - z->share) * normal_cdf(t) + z->share * normal_cdf(t / z->width);
        if (out->p_out)
            out->p_out[i] = q;
        if (out->gp)
            out->gp[i] = 0;
    }
}

void gal_spec_like_pointwise(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c,
                             const gal_spec_points *out, double *work)
{
    pixel_system s;
    double lnl = pixel_begin(l, model, z, c, NULL, work, &s), y[GAL_LINEAR_MAX + GAL_POLY_MAX + 1];
    size_t n = s.n, nk = s.k;
    bool joint = s.noise.ncov > 0, outliers = s.noise.share > 0;
    if (outliers && !nk && !joint) {
        independent_points(&s, out);
        return;
    }
    if (joint)
        lnl = pixel_whiten(l, model, &s);
    if (nk)
        lnl += pixel_solve(&s);
    fill(out, n, isnan(lnl) || outliers ? NAN : 0);
    if (isnan(lnl) || outliers)
        return;
    unwhiten(model, &s);
    for (size_t i = 0; i < n; i++) {
        double u = s.r[i], D = s.iv[i], D0 = D;
        for (size_t k = 0; k < nk; k++) { /* y = L^-1 of the row: (K^-1)_ii = D - y'y */
            double v = s.d[k * n + i];
            u -= s.sol[k] * v;
            for (size_t j = 0; j < k; j++)
                v -= s.m[k * nk + j] * y[j];
            y[k] = v / s.m[k * nk + k];
            D -= y[k] * y[k];
        }
        bool none = (s.profiled && s.nc) || !(D > 1e-10 * D0);
        if (out->term)
            out->term[i] = none ? NAN : -0.5 * (u * u / D - log(D) + LN_2PI);
        if (out->cdf)
            out->cdf[i] = none ? NAN : normal_cdf(u / sqrt(D));
        if (out->gp)
            out->gp[i] = u;
    }
    if (!out->gp || !joint) {
        for (size_t i = 0; out->gp && i < n; i++)
            out->gp[i] = 0;
        return;
    }
    memcpy(y, s.sol, nk * sizeof *y); /* g = r - D sol - N K^-1 r, of the residuals and columns as they were */
    pixel_begin(l, model, z, c, NULL, work, &s);
    for (size_t i = 0; i < n; i++) {
        double g = s.r[i] - out->gp[i] / s.iv[i];
        for (size_t k = 0; k < nk; k++)
            g -= y[k] * s.d[k * n + i];
        out->gp[i] = g;
    }
}

void gal_spec_like_sigma(const gal_spec_like *l, const double *model, const gal_noise *z, double *s)
{
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    double scale = exp(t.lnscale);
    for (size_t i = 0; i < l->n; i++) {
        s[i] = l->err[i] * scale;
        if (t.nvar > 0)
            s[i] = sqrt(s[i] * s[i] + gal_noise_more(&t, i, model[i]));
    }
}

void gal_spec_like_noise(const gal_spec_like *l, const double *model, const gal_noise *z, gal_rng *rng, double *e,
                         double *work)
{
    size_t n = l->n;
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    double amp = 0, len = 1, m0 = 0, m1 = 0;
    bool markovian = gal_noise_markov(&t, &amp, &len);
    gal_spec_like_sigma(l, model, z, e);
    if (t.ncov > 0 && !markovian) { /* N + G at once */
        double *iv = work + n * n;
        for (size_t i = 0; i < n; i++)
            iv[i] = 1 / (e[i] * e[i]);
        bool bad = isnan(factorise(&t, n, model, iv, work));
        for (size_t i = 0; i < n; i++)
            iv[i] = gal_rng_normal(rng);
        for (size_t i = 0; i < n; i++)
            e[i] = bad ? NAN : num_dot(work + i * n, iv, i + 1);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double g = 0;
        if (markovian) {
            markov_move f = {0};
            double p[3] = {0, 0, 0}; /* covariance of the step */
            if (i > 0)
                f = markov_over(sqrt(3) / len * (l->lnwave[i] - l->lnwave[i - 1]));
            markov_predict(&f, amp * amp, p);
            double a = f.f00 * m0 + f.f01 * m1, b = f.f11 * m1 - f.f01 * m0, u = gal_rng_normal(rng),
                   v = gal_rng_normal(rng), c00 = sqrt(fmax(p[0], 0)), c10 = c00 > 0 ? p[1] / c00 : 0;
            m0 = a + c00 * u;
            m1 = b + c10 * u + sqrt(fmax(p[2] - c10 * c10, 0)) * v;
            g = model[i] * m0;
        }
        double s = e[i];
        if (t.share > 0 && gal_rng_uniform(rng) < t.share)
            s *= t.width;
        e[i] = g + s * gal_rng_normal(rng);
    }
}
