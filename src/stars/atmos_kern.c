/* Hot loops of the atmospheres: opacities of one depth, and the emergent flux of a model.
 *
 * Emergent flux with thermalisation: effective depth t_e = int sqrt(kappa (kappa + sigma)) dz,
 *   F = pi sum_k B_k d(2 E3)_k * 2 q/(1 + q),  q = flux-weighted mean of sqrt(eps), eps = kappa/(kappa + sigma),
 * for each of the Gauss-Hermite points of the line opacity, then averaged with their weights.
 * 2 E3(t) = e^-t P(t)/Q(t): our rational fit, relative error < 7e-6 for 0 <= t <= 100. */
#include "stars/atmos_kern.h"

#include "stars/blanketing.h"
#include "stars/fastexp.h"

#include <math.h>

enum { BLOCK = 128 };

static inline float two_e3(float t)
{
    t = t < 87.0f ? t : 87.0f;
    float p = 0.99999379f + t * (25.01176288f + t * (90.5970518f + t * (66.29999753f + t * 9.68335437f)));
    float q = 1 + t * (26.003036f + t * (112.67955381f + t * (130.7707999f + t * (47.65787697f + t * 4.84183502f))));
    return fast_exp(-t) * p / q;
}

static void add_line(const gal_opgrid *restrict g, const gal_hline *h, float strength, float wave, float unit,
                     float doppler, float *restrict a)
{
    const float *restrict lam = g->lam, *restrict step = g->step;
    const float alpha0 = 2.9240177f, inv = 1 / unit, wing = strength * 1.5f * inv;
    if (doppler == 0) {
#pragma omp simd
        for (size_t i = h->lo; i < h->hi; i++) {
            float d = lam[i] - wave;
            float q = sqrtf(d * d + step[i] * step[i]) * inv;
            q = q > alpha0 ? q : alpha0;
            a[i] += wing / (q * q * sqrtf(q));
        }
        return;
    }
    const float idop = 1 / doppler, peak = strength * idop * 0.56418958f;
#pragma omp simd
    for (size_t i = h->lo; i < h->hi; i++) {
        float d = lam[i] - wave;
        float dl = sqrtf(d * d + step[i] * step[i]), u = dl * idop, q = dl * inv;
        q = q > alpha0 ? q : alpha0;
        float core = peak * fast_exp(-u * u), far = u > 2 ? wing / (q * q * sqrtf(q)) : 0;
        a[i] += core > far ? core : far;
    }
}

/* Beyond its edge a series is a continuum up to where its lines merge, then fades within 1 % in wavelength. */
static void extend_edge(const gal_opgrid *restrict g, size_t lo, size_t hi, float c, float merge,
                        const float *restrict term, float *restrict a)
{
    const float *restrict lam = g->lam;
    const float inv = 100 / merge;
#pragma omp simd
    for (size_t i = lo; i < hi; i++) {
        float u = (lam[i] - merge) * inv;
        u = u > 0 ? u : 0;
        a[i] += c * term[i] * fast_exp(-u * u);
    }
}

static void opacity(const gal_opgrid *g, const gal_opstate *o, float *restrict a, float *restrict s)
{
    const size_t n = g->n;
    for (size_t i = 0; i < n; i++)
        a[i] = 0;
    for (int k = 0; k < GAL_OP_NTERM; k++) {
        const float c = o->c[k], *restrict t = g->term[k];
        if (c == 0)
            continue;
        bool series = k >= GAL_OP_H1 && k < GAL_OP_H1 + 8;
        size_t end = series ? g->edge[k - GAL_OP_H1] : g->nterm[k];
#pragma omp simd
        for (size_t i = 0; i < end; i++)
            a[i] += c * t[i];
        if (series)
            extend_edge(g, end, g->edge_end[k - GAL_OP_H1], c, o->edge_wave[k - GAL_OP_H1], t, a);
    }
    for (size_t k = 0; k < g->nline; k++)
        if (o->line[k].strength != 0)
            add_line(g, &g->line[k], o->line[k].strength, o->line[k].wave, o->line[k].stark_unit, o->line[k].doppler,
                     a);
    const float it = 1 / o->t, *restrict x1 = g->x1;
    const float *restrict h0 = g->hff[0], *restrict h1 = g->hff[1], *restrict h2 = g->hff[2], *restrict h3 = g->hff[3],
                          *restrict h4 = g->hff[4], *restrict h5 = g->hff[5];
    const float c0 = o->hff[0], c1 = o->hff[1], c2 = o->hff[2], c3 = o->hff[3], c4 = o->hff[4], c5 = o->hff[5];
    const float thomson = o->thomson, cr1 = o->ray_h, cr2 = o->ray_h2;
    const float *restrict r1 = g->ray_h, *restrict r2 = g->ray_h2;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = x1[i] * it, e = fast_exp(-x);
        float ff = c0 * h0[i] + c1 * h1[i] + c2 * h2[i] + c3 * h3[i] + c4 * h4[i] + c5 * h5[i];
        a[i] = a[i] * one_minus_exp(x, e) + (ff > 0 ? ff : 0) + 1e-25f;
        s[i] = thomson + cr1 * r1[i] + cr2 * r2[i];
    }
}

/* State of the depth integration for one block of wavelengths and the points of the line-opacity distribution. */
typedef struct column {
    float te[GAL_BLANK_NQ][BLOCK], e3[GAL_BLANK_NQ][BLOCK], y[GAL_BLANK_NQ][BLOCK], q[GAL_BLANK_NQ][BLOCK];
    float flux[GAL_BLANK_NQ][BLOCK], se[GAL_BLANK_NQ][BLOCK];
    float b[BLOCK], b0[BLOCK], kl[BLOCK];
} column;

static void source_and_lines(const gal_opgrid *restrict g, const gal_opstate *restrict o, size_t at, size_t n,
                             bool lines, float *restrict b, float *restrict kl)
{
    const float it = 1 / o->t, l0 = o->absorber[0], l1 = o->absorber[1], l2 = o->absorber[2];
    const float m0 = o->absorber[3], m1 = o->absorber[4], m2 = o->absorber[5];
    const float *restrict x1 = g->x1 + at, *restrict pl = g->planck1 + at;
    const float *restrict a0 = g->a[0] + at, *restrict a1 = g->a[1] + at, *restrict a2 = g->a[2] + at;
    const float *restrict e0 = g->e[0] + at, *restrict e1 = g->e[1] + at, *restrict e2 = g->e[2] + at;
    const float *restrict b0 = g->mol[0] + at, *restrict b1 = g->mol[1] + at, *restrict b2 = g->mol[2] + at;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = x1[i] * it, e = fast_exp(-x), st = one_minus_exp(x, e);
        b[i] = pl[i] * e / st;
        float k =
            fast_exp(a0[i] - e0[i] * it + l0) + fast_exp(a1[i] - e1[i] * it + l1) + fast_exp(a2[i] - e2[i] * it + l2);
        kl[i] = (k + m0 * b0[i] + m1 * b1[i] + m2 * b2[i]) * st;
    }
    if (!lines)
        for (size_t i = 0; i < n; i++)
            kl[i] = 0;
}

static void first_depth(column *restrict c, int q, size_t n, float tau, const float *restrict a,
                        const float *restrict s, const float *restrict spread)
{
    float *restrict te = c->te[q], *restrict e3 = c->e3[q], *restrict y = c->y[q], *restrict sq = c->q[q];
    float *restrict flux = c->flux[q], *restrict se = c->se[q];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float k = a[i] + c->kl[i] * spread[i], chi = k + s[i], z = sqrtf(k * chi);
        y[i] = tau * z;
        te[i] = y[i];
        e3[i] = two_e3(te[i]);
        sq[i] = z / chi;
        flux[i] = c->b[i] * (1 - e3[i]);
        se[i] = sq[i] * (1 - e3[i]);
    }
}

static void next_depth(column *restrict c, int q, size_t n, float tau, float half_dlt, const float *restrict a,
                       const float *restrict s, const float *restrict spread)
{
    float *restrict te = c->te[q], *restrict e3 = c->e3[q], *restrict y = c->y[q], *restrict sq = c->q[q];
    float *restrict flux = c->flux[q], *restrict se = c->se[q];
    const float *restrict b = c->b, *restrict b0 = c->b0, *restrict kl = c->kl;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float k = a[i] + kl[i] * spread[i], chi = k + s[i], z = sqrtf(k * chi), yn = tau * z, qn = z / chi;
        float t = te[i] + half_dlt * (yn + y[i]), en = two_e3(t), w = 0.5f * (e3[i] - en);
        flux[i] += (b[i] + b0[i]) * w;
        se[i] += (qn + sq[i]) * w;
        te[i] = t;
        e3[i] = en;
        y[i] = yn;
        sq[i] = qn;
    }
}

static void transfer(const gal_opgrid *g, int nd, const double *tau, const gal_opstate *o, size_t stride,
                     const float *a, const float *s, bool lines, float scale, float *f)
{
    column c;
    const float half_dlt = (float)(0.5 * log(tau[1] / tau[0]));
    const int nq = lines ? GAL_BLANK_NQ : 1;
    for (size_t at = 0; at < g->n; at += BLOCK) {
        size_t n = g->n - at < BLOCK ? g->n - at : BLOCK;
        for (int k = 0; k < nd; k++) {
            for (size_t i = 0; k > 0 && i < n; i++)
                c.b0[i] = c.b[i];
            source_and_lines(g, &o[k], at, n, lines, c.b, c.kl);
            const float *ak = a + (size_t)k * stride + at, *sk = s + (size_t)k * stride + at;
            for (int q = 0; q < nq; q++)
                if (k == 0)
                    first_depth(&c, q, n, (float)tau[0], ak, sk, g->spread[q] + at);
                else
                    next_depth(&c, q, n, (float)tau[k], half_dlt, ak, sk, g->spread[q] + at);
            float deep = 0; /* nothing escapes from below once the most transparent point is opaque */
            for (size_t i = 0; i < n; i++)
                deep = c.e3[0][i] > deep ? c.e3[0][i] : deep;
            if (deep < 1e-25f)
                break;
        }
        for (size_t i = 0; i < n; i++)
            f[at + i] = 0;
        for (int q = 0; q < nq; q++) {
            const float w = scale * 3.14159265f * (lines ? (float)gal_blank_weight[q] : 1);
            for (size_t i = 0; i < n; i++) {
                float se = c.se[q][i] + c.q[q][i] * c.e3[q][i];
                f[at + i] += w * (c.flux[q][i] + c.b[i] * c.e3[q][i]) * 2 * se / (1 + se);
            }
        }
    }
}

const struct atmos_kern GAL_KERN(atmos_kern) = {opacity, transfer};
