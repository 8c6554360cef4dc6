/* out[k] += sum_j w[j] col[j][k], eight columns a pass: each column is read once, contiguous, and converted to double in
 * registers; out stays in the first-level cache. */
#include "csp/csp_kern.h"
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

typedef float f16 __attribute__((vector_size(64), aligned(4)));
typedef double d8 __attribute__((vector_size(64), aligned(8)));

/* macros: a vector as a result of a function has no calling convention on machines without it */
#define LOW(x)    __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), d8)
#define HIGH(x)   __builtin_convertvector(__builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15), d8)
#define ROW(t, j) (w[j] * *(const f16 *)((t) + (size_t)row[j] * stride))
#define EIGHT(t, j)                                                                                                    \
    ((ROW(t, j) + ROW(t, j + 1) + ROW(t, j + 2) + ROW(t, j + 3)) +                                                     \
     (ROW(t, j + 4) + ROW(t, j + 5) + ROW(t, j + 6) + ROW(t, j + 7)))

static void few(const float *table, size_t stride, const uint32_t *row, const float *w, size_t n, size_t ncol,
                const double *base, double *out)
{
    size_t k = 0;
    for (; k + 32 <= ncol; k += 32) {
        d8 s[4];
        for (int i = 0; i < 4; i++)
            s[i] = base ? *(const d8 *)(base + k + 8 * i) : (d8){0};
        for (size_t j = 0; j < n; j += 8) {
            f16 a = EIGHT(table + k, j), b = EIGHT(table + k + 16, j);
            s[0] += LOW(a);
            s[1] += HIGH(a);
            s[2] += LOW(b);
            s[3] += HIGH(b);
        }
        for (int i = 0; i < 4; i++)
            *(d8 *)(out + k + 8 * i) = s[i];
    }
    for (; k < ncol; k += 16) {
        d8 s[2];
        for (int i = 0; i < 2; i++)
            s[i] = base ? *(const d8 *)(base + k + 8 * i) : (d8){0};
        for (size_t j = 0; j < n; j += 8) {
            f16 a = EIGHT(table + k, j);
            s[0] += LOW(a);
            s[1] += HIGH(a);
        }
        for (int i = 0; i < 2; i++)
            *(d8 *)(out + k + 8 * i) = s[i];
    }
}

enum { LANES = 8 };

static double lane_sum(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static double dot(size_t n, const double *restrict a, const double *restrict b)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] += a[k + l] * b[k + l];
    for (int l = 0; k < n; k++, l++)
        s[l] += a[k] * b[k];
    return lane_sum(s);
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
    return lane_sum(s);
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
        out0[i] = lane_sum(s[0]);
        out1[i] = lane_sum(s[2]);
        if (two) {
            out0[i + 1] = lane_sum(s[1]);
            out1[i + 1] = lane_sum(s[3]);
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
        for (size_t k = 0; k < n; k++) {
            size_t l = k % LANES;
            s[0][l] += mq[k];
            s[1][l] += mq[k] * aq[k];
            s[2][l] += mq[k] * zq[k];
        }
    }
    for (int i = 0; i < 3; i++)
        sums[i] = lane_sum(s[i]);
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

static void smooth(const struct csp_smooth *s, double sums[3])
{
    const double *restrict b = s->b, *restrict mass = s->mass, *restrict z = s->z, *restrict iz = s->iz,
                           *restrict fz = s->fz, *restrict f0 = s->f0, *restrict f1 = s->f1, *restrict f2 = s->f2,
                           *restrict inv = s->inv, *restrict whole = s->whole;
    double *restrict ok = s->ok, *restrict b00 = s->b00, *restrict b01 = b00 + s->cap, *restrict b10 = b01 + s->cap,
                     *restrict b11 = b10 + s->cap;
    double *restrict age = s->age, *restrict metal = s->metal, sum[3][LANES] = {{0}};
    const double steep = s->steep, bent = s->bent;
    const size_t n = s->n - 1;
#pragma GCC ivdep
    for (size_t k = 1; k < n; k++) {
        double h0 = b[k] - b[k - 1], h = b[k + 1] - b[k], h2 = b[k + 2] - b[k + 1], m = mass[k] - mass[k + 1];
        double g0 = 1 / h0, g2 = 1 / h2, before = 0.5 * (h0 + h), after = 0.5 * (h + h2), span = before + after;
        double rate = m / h, d0 = rate - (mass[k - 1] - mass[k]) * g0, d2 = (mass[k + 1] - mass[k + 2]) * g2 - rate;
        double part = h / (before * after * span * (rate > 0 ? rate : 1));
        double x = (d0 * after * after + d2 * before * before) * part, c = (d2 * before - d0 * after) * part * h;
        double step = z[k + 1] - z[k], bend = ((z[k + 2] - z[k + 1]) * g2 - (z[k] - z[k - 1]) * g0) / span * h * h;
        double dz = fz[k + 1] - fz[k], curve = ((fz[k + 2] - fz[k + 1]) * g2 - (fz[k] - fz[k - 1]) * g0) / span * h * h;
        double zm = 0.5 * (fz[k] + fz[k + 1]) - curve / 12;
        double one = (iz[k - 1] - iz[k]) * (iz[k - 1] - iz[k]) + (iz[k + 1] - iz[k]) * (iz[k + 1] - iz[k]) +
                     (iz[k + 2] - iz[k]) * (iz[k + 2] - iz[k]);
        double good = whole[k];
        good = fabs(x) <= steep && fabs(c) <= steep * steep ? good : 0; /* false of NaN */
        good = fabs(curve) <= bent && fabs(bend * inv[k]) <= bent ? good : 0;
        good = one == 0 ? good : 0;
        good = m > 0 ? good : 0;
        m = good > 0 ? m : 0;
        double old = m * (f0[k] + x * f1[k] + c * (f2[k] - f0[k] / 12)), rich = m * (zm + x * dz / 12),
               both = zm * old + m * dz * (f1[k] + x * f2[k]);
        ok[k] = good;
        b11[k] = both;
        b10[k] = rich - both;
        b01[k] = old - both;
        b00[k] = m - old - rich + both;
        age[k] = m * (0.5 * (b[k] + b[k + 1]) + x * h / 12);
        metal[k] = m * (0.5 * (z[k] + z[k + 1]) - bend / 12 + x * step / 12);
    }
    for (size_t k = 1; k < n; k++) {
        size_t l = k % LANES;
        sum[0][l] += (b00[k] + b01[k]) + (b10[k] + b11[k]);
        sum[1][l] += age[k];
        sum[2][l] += metal[k];
    }
    for (int i = 0; i < 3; i++)
        sums[i] = lane_sum(sum[i]);
}

const struct csp_kern GAL_KERN(csp_kern) = {accumulate, few, dot, table, back, hats, bracket, shares, fold, smooth};
