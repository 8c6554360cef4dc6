/* out[k] += sum_j w[j] col[j][k], eight columns a pass: each column is read once, contiguous, and converted to double in
 * registers; out stays in the first-level cache. */
#include "csp/csp_kern.h"
#include "num/dot.h"
#include "num/vexp.h"

#include <math.h>
#include <stdbool.h>

static void accumulate(const float *const *col, const double *w, size_t ncol, size_t n, double *restrict out)
{
    size_t j = 0;
    for (; j + 8 <= ncol; j += 8) {
        const float *restrict c0 = col[j], *restrict c1 = col[j + 1], *restrict c2 = col[j + 2],
                              *restrict c3 = col[j + 3];
        const float *restrict c4 = col[j + 4], *restrict c5 = col[j + 5], *restrict c6 = col[j + 6],
                              *restrict c7 = col[j + 7];
        const double w0 = w[j], w1 = w[j + 1], w2 = w[j + 2], w3 = w[j + 3];
        const double w4 = w[j + 4], w5 = w[j + 5], w6 = w[j + 6], w7 = w[j + 7];
        for (size_t k = 0; k < n; k++) {
            double a = w0 * (double)c0[k] + w1 * (double)c1[k], b = w2 * (double)c2[k] + w3 * (double)c3[k];
            double c = w4 * (double)c4[k] + w5 * (double)c5[k], d = w6 * (double)c6[k] + w7 * (double)c7[k];
            out[k] += (a + b) + (c + d);
        }
    }
    for (; j < ncol; j++) {
        const float *restrict c0 = col[j];
        const double w0 = w[j];
        for (size_t k = 0; k < n; k++)
            out[k] += w0 * (double)c0[k];
    }
}

/* Vectors as wide as the registers are: wider ones go through memory, four times as slow. */
#if defined(__AVX512F__)
#include <immintrin.h>
enum { WIDE = 16 };
#elif defined(__AVX2__)
enum { WIDE = 8 };
#else
enum { WIDE = 4 };
#endif
typedef float singles __attribute__((vector_size(4 * WIDE), aligned(4)));
typedef double doubles __attribute__((vector_size(4 * WIDE), aligned(8)));

#if defined(__AVX512F__)
#define PART(x, i)                                                                                                     \
    ((i) ? __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)                                                 \
         : __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7))
#elif defined(__AVX2__)
#define PART(x, i) ((i) ? __builtin_shufflevector(x, x, 4, 5, 6, 7) : __builtin_shufflevector(x, x, 0, 1, 2, 3))
#else
#define PART(x, i) ((i) ? __builtin_shufflevector(x, x, 2, 3) : __builtin_shufflevector(x, x, 0, 1))
#endif
/* macros: a vector as a result of a function has no calling convention on machines without it */
#if defined(                                                                                                           \
    __AVX512F__) /* the compiler's own conversion goes through halves of halves, as long as eight multiply-adds */
#define HALF(x, i) ((doubles)_mm512_cvtps_pd((__m256)PART(x, i)))
#else
#define HALF(x, i) __builtin_convertvector(PART(x, i), doubles)
#endif
#define ROW(l) (w[j + l] * *(const singles *)(r[l] + WIDE * i))
/* as many vectors of columns at once as leave registers for their sums: a row is then read in one stretch */
#define STRIP(S)                                                                                                       \
    for (; k + (S)*WIDE <= ncol; k += (S)*WIDE) {                                                                      \
        doubles s[2 * (S)];                                                                                            \
        for (int i = 0; i < 2 * (S); i++)                                                                              \
            s[i] = base ? *(const doubles *)(base + k + D * i) : (doubles){0};                                         \
        for (size_t j = 0; j < n; j += 8) {                                                                            \
            const float *r[8];                                                                                         \
            for (int l = 0; l < 8; l++)                                                                                \
                r[l] = table + (size_t)row[j + l] * stride + k;                                                        \
            for (int i = 0; i < (S); i++) {                                                                            \
                singles a = (ROW(0) + ROW(1) + ROW(2) + ROW(3)) + (ROW(4) + ROW(5) + ROW(6) + ROW(7));                 \
                s[2 * i] += HALF(a, 0);                                                                                \
                s[2 * i + 1] += HALF(a, 1);                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        for (int i = 0; i < 2 * (S); i++)                                                                              \
            *(doubles *)(out + k + D * i) = s[i];                                                                      \
    }

static void few(const float *table, size_t stride, const uint32_t *row, const float *w, size_t n, size_t ncol,
                const double *base, double *out)
{
    enum { D = WIDE / 2 };
    size_t k = 0;
#if defined(__AVX512F__)
    STRIP(5)
#endif
    STRIP(3)
    STRIP(1)
}

static void rows(size_t n, size_t first, double scale, const double *restrict a, const double *restrict b,
                 uint32_t *restrict row, float *restrict w)
{
    for (size_t k = 0; k < n; k++)
        row[k] = (uint32_t)(first + k);
    for (size_t k = 0; k < n; k++) {
        double x = scale * (b ? a[k] - b[k] : a[k]);
        w[k] = (float)(x > 0 ? x : 0);
    }
}

enum { LANES = 8 };

static double dot(size_t n, const double *restrict a, const double *restrict b)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] += a[k + l] * b[k + l];
    for (int l = 0; k < n; k++, l++)
        s[l] += a[k] * b[k];
    return num_lane_sum(s);
}

static double table(size_t n, const double *restrict w, const float *restrict t)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] += w[k + l] * (double)t[k + l];
    for (int l = 0; k < n; k++, l++)
        s[l] += w[k] * (double)t[k];
    return num_lane_sum(s);
}

/* Two rows at a time share what is read of the weights, both sums what is read of the table. */
static void back(size_t rows, size_t n, const double *restrict w0, const double *restrict w1, const float *restrict t,
                 const double *restrict on, double *restrict out0, double *restrict out1)
{
    for (size_t i = 0; i < rows; i += 2) {
        const bool two = i + 1 < rows, both = !on || on[i] != 0 || (two && on[i + 1] != 0);
        const float *restrict a = t + i * n, *restrict b = two ? a + n : a;
        double s[4][LANES] = {{0}};
        size_t k = 0;
        for (; both && k + LANES <= n; k += LANES)
            for (int l = 0; l < LANES; l++) {
                double x = (double)a[k + l], y = (double)b[k + l];
                s[0][l] += w0[k + l] * x;
                s[1][l] += w0[k + l] * y;
                s[2][l] += w1[k + l] * x;
                s[3][l] += w1[k + l] * y;
            }
        for (; k + LANES <= n; k += LANES)
            for (int l = 0; l < LANES; l++) {
                s[0][l] += w0[k + l] * (double)a[k + l];
                s[1][l] += w0[k + l] * (double)b[k + l];
            }
        for (int l = 0; k < n; k++, l++) {
            s[0][l] += w0[k] * (double)a[k];
            s[1][l] += w0[k] * (double)b[k];
            s[2][l] += both ? w1[k] * (double)a[k] : 0;
            s[3][l] += both ? w1[k] * (double)b[k] : 0;
        }
        out0[i] = num_lane_sum(s[0]);
        out1[i] = num_lane_sum(s[2]);
        if (two) {
            out0[i + 1] = num_lane_sum(s[1]);
            out1[i + 1] = num_lane_sum(s[3]);
        }
    }
}

static void hats(size_t n, const double *restrict a, const double *restrict ln, const double *restrict inv,
                 double *restrict f)
{
    for (size_t k = 0; k < n; k++)
        f[k] = (gal_vlog(a[k]) - ln[k]) * inv[k];
}

static void bracket(size_t n, size_t nz, const double *restrict node, const double *restrict inv,
                    const double *restrict z, double *restrict iz, double *restrict fz)
{
    double first = node[0], slope = nz > 1 ? inv[0] : 0;
    for (size_t k = 0; k < n; k++) {
        double x = (z[k] - first) * slope;
        iz[k] = 0;
        fz[k] = x < 0 ? 0 : x > 1 ? 1 : x;
    }
    for (size_t j = 1; j + 1 < nz; j++)
        for (size_t k = 0; k < n; k++) {
            double x = (z[k] - node[j]) * inv[j];
            x = x > 1 ? 1 : x;
            iz[k] = z[k] >= node[j] ? (double)j : iz[k];
            fz[k] = z[k] >= node[j] ? x : fz[k];
        }
}

static void shares(size_t n, size_t cap, const double gw[3], const double *restrict formed, const double *restrict psi,
                   const double *restrict a, const double *restrict z, double *restrict m, double sums[3])
{
    double s[3][LANES] = {{0}};
    const double g0 = gw[0], g1 = gw[1], g2 = gw[2], none = CSP_NO_RATE;
    for (size_t k = 0; k < n; k++) {
        double dm = formed[k], f0 = g0 * psi[k], f1 = g1 * psi[cap + k], f2 = g2 * psi[2 * cap + k];
        double sum = f0 + f1 + f2, r = dm / (sum > none ? sum : 1);
        dm = dm > 0 ? dm : 0;
        r = r > 0 ? r : 0;
        m[k] = sum > none ? r * f0 : 0.5 * dm * g0;
        m[cap + k] = sum > none ? r * f1 : 0.5 * dm * g1;
        m[2 * cap + k] = sum > none ? r * f2 : 0.5 * dm * g2;
    }
    for (size_t q = 0; q < 3; q++) {
        const double *mq = m + q * cap, *aq = a + q * cap, *zq = z ? z + q * cap : mq;
        size_t k = 0;
        for (; k + LANES <= n; k += LANES)
            for (int l = 0; l < LANES; l++) {
                s[0][l] += mq[k + l];
                s[1][l] += mq[k + l] * aq[k + l];
                s[2][l] += mq[k + l] * zq[k + l];
            }
        for (int l = 0; k < n; k++, l++) {
            s[0][l] += mq[k];
            s[1][l] += mq[k] * aq[k];
            s[2][l] += mq[k] * zq[k];
        }
    }
    for (int i = 0; i < 3; i++)
        sums[i] = num_lane_sum(s[i]);
}

static void fold(size_t n, size_t cap, bool one_fz, const double *restrict m, const double *restrict fa,
                 const double *restrict fz, double *restrict out)
{
    double *restrict b00 = out, *restrict b01 = out + cap, *restrict b10 = out + 2 * cap, *restrict b11 = out + 3 * cap;
    const double *m1 = m + cap, *m2 = m1 + cap, *f1 = fa + cap, *f2 = f1 + cap;
    if (one_fz) {
        const double z = fz[0];
        for (size_t k = 0; k < n; k++) {
            double old = m[k] * fa[k] + m1[k] * f1[k] + m2[k] * f2[k];
            double young = m[k] * (1 - fa[k]) + m1[k] * (1 - f1[k]) + m2[k] * (1 - f2[k]);
            b00[k] = young * (1 - z);
            b01[k] = old * (1 - z);
            b10[k] = young * z;
            b11[k] = old * z;
        }
        return;
    }
    const double *z1 = fz + cap, *z2 = z1 + cap;
    for (size_t k = 0; k < n; k++) {
        double o0 = m[k] * fa[k], o1 = m1[k] * f1[k], o2 = m2[k] * f2[k];
        double y0 = m[k] * (1 - fa[k]), y1 = m1[k] * (1 - f1[k]), y2 = m2[k] * (1 - f2[k]);
        b00[k] = y0 * (1 - fz[k]) + y1 * (1 - z1[k]) + y2 * (1 - z2[k]);
        b01[k] = o0 * (1 - fz[k]) + o1 * (1 - z1[k]) + o2 * (1 - z2[k]);
        b10[k] = y0 * fz[k] + y1 * z1[k] + y2 * z2[k];
        b11[k] = o0 * fz[k] + o1 * z1[k] + o2 * z2[k];
    }
}

static void pair(const struct csp_pair *s, double sums[3])
{
    const size_t n = s->n;
    const double *restrict mass = s->mass, *restrict formed = s->formed, *restrict width = s->width,
                           *restrict whole = s->whole, *restrict p0 = s->psi, *restrict p1 = p0 + s->stride,
                           *restrict i0 = s->iz, *restrict i1 = i0 + s->stride, *restrict f0 = s->fz,
                           *restrict f1 = f0 + s->stride, *restrict a0 = s->a, *restrict a1 = a0 + s->step,
                           *restrict z0 = s->z, *restrict z1 = z0 + s->stride;
    double *restrict m0 = s->m, *restrict m1 = m0 + s->stride, *restrict ok = s->ok;
    const double agree = s->agree, rounds = s->rounds, even = s->even, none = CSP_NO_RATE, edge = 0.86602540378443865;
    const double first = s->first, last = s->last;
    double sum[3][LANES] = {{0}};
#pragma GCC ivdep
    for (size_t k = 0; k < n; k++) {
        double dm = formed[k], rate = p0[k] + p1[k], off = dm - 0.5 * width[k] * rate;
        double middle = 0.5 * (f0[k] + f1[k]), wide = edge * fabs(f1[k] - f0[k]); /* at the edges of the cell */
        double zm = 0.5 * (z0[k] + z1[k]), zw = edge * fabs(z1[k] - z0[k]);
        double good = whole[k];
        dm = dm > 0 ? dm : 0;
        double slack = fabs(p0[k] - p1[k]) <= even * rate ? rounds * mass[k] : 0;
        good = fabs(off) <= agree * dm + slack ? good : 0; /* false of NaN */
        good = i0[k] == i1[k] ? good : 0;
        good = middle + wide <= 1 ? good : 0;
        good = middle - wide >= 0 ? good : 0;
        good = fabs(zm - first) >= zw ? good : 0;
        good = fabs(zm - last) >= zw ? good : 0;
        good = rate > none ? good : 0;
        double r = dm / (rate > none ? rate : 1);
        good = dm > 0 ? good : whole[k]; /* nothing is nothing */
        r = good > 0 ? r : 0;
        ok[k] = good;
        m0[k] = r * p0[k];
        m1[k] = r * p1[k];
    }
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++) {
            sum[0][l] += m0[k + l] + m1[k + l];
            sum[1][l] += m0[k + l] * a0[k + l] + m1[k + l] * a1[k + l];
            sum[2][l] += m0[k + l] * z0[k + l] + m1[k + l] * z1[k + l];
        }
    for (int l = 0; k < n; k++, l++) {
        sum[0][l] += m0[k] + m1[k];
        sum[1][l] += m0[k] * a0[k] + m1[k] * a1[k];
        sum[2][l] += m0[k] * z0[k] + m1[k] * z1[k];
    }
    for (int i = 0; i < 3; i++)
        sums[i] = num_lane_sum(sum[i]);
}

static void pair_fold(size_t n, size_t stride, size_t step, const double *restrict m, const double *restrict fa,
                      const double *restrict fz, const double *restrict bend, double *restrict out)
{
    double *restrict b00 = out, *restrict b01 = out + stride, *restrict b10 = b01 + stride,
                     *restrict b11 = b10 + stride;
    const double *m1 = m + stride, *f1 = fa + step, *z1 = fz + stride;
    for (size_t k = 0; k < n; k++) {
        double o0 = m[k] * fa[k], o1 = m1[k] * f1[k], y0 = m[k] - o0, y1 = m1[k] - o1;
        double o = o0 * fz[k] + o1 * z1[k], y = y0 * fz[k] + y1 * z1[k];
        double s = bend[k] * (m1[k] - m[k]) * (z1[k] - fz[k]);
        y -= s;
        o += s;
        b00[k] = y0 + y1 - y;
        b01[k] = o0 + o1 - o;
        b10[k] = y;
        b11[k] = o;
    }
}

static void pair_times(size_t n, double age, const double *restrict a, double *restrict t)
{
    for (size_t k = 0; k < n; k++)
        t[k] = age - a[k];
}

static void pair_fill(size_t n, double x, double *restrict to)
{
    for (size_t k = 0; k < n; k++)
        to[k] = x;
}

static void pair_formed(size_t n, const double *restrict mass, double *restrict formed)
{
    for (size_t k = 0; k < n; k++)
        formed[k] = mass[k] - mass[k + 1];
}

static void pair_add(size_t n, const double *restrict young, const double *restrict old, double *restrict w)
{
    w[0] += young[0];
    for (size_t k = 1; k < n; k++)
        w[k] += young[k] + old[k - 1];
    w[n] += old[n - 1];
}

static void mix(size_t n, const float *restrict row, size_t stride, const double b[4], const double *restrict t0,
                const double *restrict t1, double out[2])
{
    const float *restrict r1 = row + stride, *restrict r2 = r1 + stride, *restrict r3 = r2 + stride;
    const double b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
    double s[2][LANES] = {{0}};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++) {
            double c =
                (b0 * (double)row[k + l] + b1 * (double)r1[k + l]) + (b2 * (double)r2[k + l] + b3 * (double)r3[k + l]);
            s[0][l] += c * t0[k + l];
            s[1][l] += c * t1[k + l];
        }
    for (int l = 0; k < n; k++, l++) {
        double c = (b0 * (double)row[k] + b1 * (double)r1[k]) + (b2 * (double)r2[k] + b3 * (double)r3[k]);
        s[0][l] += c * t0[k];
        s[1][l] += c * t1[k];
    }
    out[0] = num_lane_sum(s[0]);
    out[1] = num_lane_sum(s[1]);
}

static void mix_back(size_t n, const float *restrict row, size_t stride, const double b[4], double g0, double g1,
                     double *restrict t0, double *restrict t1)
{
    const float *restrict r1 = row + stride, *restrict r2 = r1 + stride, *restrict r3 = r2 + stride;
    for (size_t k = 0; k < n; k++) {
        double c = b[0] * (double)row[k] + b[1] * (double)r1[k] + b[2] * (double)r2[k] + b[3] * (double)r3[k];
        t0[k] += g0 * c;
        t1[k] += g1 * c;
    }
}

const struct csp_kern GAL_KERN(csp_kern) = {accumulate, few,       rows,        dot,      table, back,
                                            hats,       bracket,   shares,      fold,     pair,  pair_fold,
                                            pair_times, pair_fill, pair_formed, pair_add, mix,   mix_back};
