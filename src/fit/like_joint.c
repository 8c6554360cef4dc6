/* Likelihood of data with correlated errors: a product of one-dimensional predictive densities. Formulas in galua/like.h.
 *
 * Dense: mean a[n] and covariance P[n][n] of the correlated errors g given the data so far. A datum i with moments (mu, v) -> (mu',
 * v') of g_i changes the others along c_j = P_ji/v:  a_j += c_j (mu' - mu),  P_jk += c_j c_k (v' - v). For a Gaussian this is
 * the LDL' factorisation of K; O(n^3) in all.
 * Markov (matern32 alone): g and g'/lambda as the state of a Kalman filter (num/markov.h); O(n).
 * Both give the same numbers when the data come in the same order. Thread-safe; no allocation. */
#include <math.h>
#include <string.h>

#include "fit/like_int.h"
#include "galua/num.h"
#include "num/markov.h"

enum { DENSE_MAX = 48 }; /* below: the dense form, which takes limits last */

size_t gal_like_work(const gal_like *l)
{
    return 2 * l->n * l->n + 3 * l->n; /* twice: derivatives need the inverse, too */
}

typedef struct { /* of one datum */
    double r, s2, model;
    bool limit;
} datum;

static datum take(const gal_like *l, const double *model, const gal_noise_terms *z, size_t i)
{
    datum d = {.r = l->flux[i] - model[i], .model = model[i]};
    d.limit = l->kind && l->kind[i] == GAL_DATUM_LIMIT;
    d.s2 = gal_noise_variance(z, &l->data, i, model[i]);
    return d;
}

static bool late(const gal_like *l, size_t i) /* limits that are no measurements come after the detections */
{
    return l->kind && l->kind[i] == GAL_DATUM_LIMIT && l->limits != GAL_LIMITS_MEASURED;
}

static bool assimilates(const gal_like *l, const datum *d)
{
    return !d->limit || l->limits == GAL_LIMITS_MEASURED || l->limits == GAL_LIMITS_CENSORED;
}

double like_independent(const gal_like *l, const double *model, const gal_noise_terms *z, double *term, double *p_out)
{
    double sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        datum d = take(l, model, z, i);
        like_moments g = {0};
        double t = like_predict(d.r, 0, d.s2, d.model, d.limit, l->limits, z, p_out ? &g : NULL);
        sum += t;
        if (term)
            term[i] = t;
        if (p_out)
            p_out[i] = g.q;
    }
    return sum;
}

static void covariance(const gal_like *l, const double *model, const gal_noise_terms *z, double *P)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j <= i; j++)
            P[i * l->n + j] = P[j * l->n + i] = gal_noise_covariance(z, i, j, 1, 1) * model[i] * model[j];
}

/* moments of g_i became (mu, v): condition the rest */
static void condition(size_t n, double *a, double *P, double *c, size_t i, double mu, double v)
{
    double v0 = P[i * n + i], dm = mu - a[i], dv = v - v0;
    if (!(v0 > 0))
        return;
    for (size_t j = 0; j < n; j++)
        c[j] = P[j * n + i] / v0;
    for (size_t j = 0; j < n; j++) {
        double cj = c[j] * dv;
        a[j] += c[j] * dm;
        for (size_t k = 0; k < n; k++)
            P[j * n + k] += cj * c[k];
    }
}

/* sum over the data, `last` after all others (n: none); *term, *q of that one. rng: replace y by draws into y. */
static double dense(const gal_like *l, const double *model, const gal_noise_terms *z, double *work, size_t last,
                    double *term, double *q)
{
    size_t n = l->n;
    double *P = work, *a = P + n * n, *c = a + n, sum = 0;
    memset(a, 0, n * sizeof *a);
    covariance(l, model, z, P);
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < n; i++) {
            if (i == last ? pass != 2 : pass != (late(l, i) ? 1 : 0))
                continue;
            datum d = take(l, model, z, i);
            like_moments g = {.mu = a[i], .v = fmax(P[i * n + i], 0)};
            double t = like_predict(d.r, g.v, d.s2, d.model, d.limit, l->limits, z, &g);
            sum += t;
            if (!isfinite(t))
                return t;
            if (i == last) {
                *term = t;
                *q = g.q;
            } else if (assimilates(l, &d)) {
                condition(n, a, P, c, i, g.mu, g.v);
            }
        }
    return sum;
}

static double chain(const gal_like *l, const double *model, const gal_noise_terms *z, double amp, double len)
{
    double var = amp * amp, lambda = sqrt(3) / len, sum = 0;
    markov s = {.p = {var, 0, var}};
    for (size_t i = 0; i < l->n; i++) {
        datum d = take(l, model, z, i);
        if (i > 0)
            markov_step(&s, lambda * (l->lnwave[i] - l->lnwave[i - 1]), var);
        double h = d.model;
        like_moments g = {.mu = h * s.m[0], .v = fmax(h * h * s.p[0], 0)};
        double t = like_predict(d.r, g.v, d.s2, d.model, d.limit, l->limits, z, &g);
        sum += t;
        if (!isfinite(t))
            return t;
        if (assimilates(l, &d))
            markov_update(&s, h, g.mu, g.v);
    }
    return sum;
}

double gal_like_eval(const gal_like *l, const double *model, const gal_noise *z, double *work)
{
    double term, q, amp, len;
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    if (!t.ncov)
        return like_independent(l, model, &t, NULL, NULL);
    if (l->n > DENSE_MAX && gal_noise_markov(&t, &amp, &len))
        return chain(l, model, &t, amp, len);
    return dense(l, model, &t, work, l->n, &term, &q);
}

void gal_like_pointwise(const gal_like *l, const double *model, const gal_noise *z, double *work, double *term,
                        double *p_out)
{
    gal_noise_terms terms;
    gal_noise_begin(&terms, &l->data, z);
    if (!terms.ncov) {
        like_independent(l, model, &terms, term, p_out);
        return;
    }
    for (size_t i = 0; i < l->n; i++) {
        double t = NAN, q = NAN;
        dense(l, model, &terms, work, i, &t, &q);
        if (term)
            term[i] = t;
        if (p_out)
            p_out[i] = q;
    }
}

void gal_like_simulate(const gal_like *l, const double *model, const gal_noise *z, gal_rng *rng, double *work,
                       double *y)
{
    size_t n = l->n;
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    bool joint = t.ncov > 0;
    double *P = work, *a = P + n * n, *c = a + n;
    if (joint) {
        memset(a, 0, n * sizeof *a);
        covariance(l, model, &t, P);
    }
    for (size_t i = 0; i < n; i++) {
        datum d = take(l, model, &t, i);
        double g = 0, s = sqrt(d.s2);
        if (joint) { /* g given the earlier ones, then known exactly */
            g = a[i] + sqrt(fmax(P[i * n + i], 0)) * gal_rng_normal(rng);
            condition(n, a, P, c, i, g, 0);
        }
        if (gal_rng_uniform(rng) < t.share)
            s *= t.width;
        y[i] = model[i] + g + s * gal_rng_normal(rng);
    }
}

double gal_gp_lnlike(gal_kernel k, size_t n, const double *x, const double *r, const double *s2, const double *h,
                     double amp, double len, double *work)
{
    double sum = 0;
    if (k == GAL_KERNEL_MATERN32) {
        markov s = {.p = {amp * amp, 0, amp * amp}};
        for (size_t i = 0; i < n; i++) {
            if (i > 0)
                markov_step(&s, sqrt(3) / len * (x[i] - x[i - 1]), amp * amp);
            double hi = h ? h[i] : 1;
            like_moments g = {.mu = hi * s.m[0], .v = fmax(hi * hi * s.p[0], 0)};
            sum += like_component(r[i], g.v, s2[i], false, &g);
            markov_update(&s, hi, g.mu, g.v);
        }
        return sum;
    }
    double *K = work, *b = K + n * n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            K[i * n + j] =
                (i == j ? s2[i] : 0) + amp * amp * (h ? h[i] * h[j] : 1) * gal_kernel_value(k, (x[i] - x[j]) / len);
    memcpy(b, r, n * sizeof *b);
    if (gal_cholesky(K, n) != GAL_OK)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            b[i] -= K[i * n + j] * b[j];
        b[i] /= K[i * n + i];
        sum -= 0.5 * b[i] * b[i] + log(K[i * n + i]) + LN_SQRT_2PI;
    }
    return sum;
}
