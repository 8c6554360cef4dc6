/* out[k] += sum_j w[j] col[j][k], eight columns a pass: each column is read once, contiguous, and converted to double in
 * registers; out stays in the first-level cache. */
#include "csp/csp_kern.h"
#include "num/vexp.h"

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

static void shares(size_t n, size_t cap, const double gw[3], const double *restrict mass, const double *restrict psi,
                   const double *restrict a, const double *restrict z, double *restrict m, double sums[3])
{
    double s[3][LANES] = {{0}};
    const double g0 = gw[0], g1 = gw[1], g2 = gw[2];
    for (size_t k = 0; k < n; k++) {
        double dm = mass[k] - mass[k + 1], f0 = g0 * psi[k], f1 = g1 * psi[cap + k], f2 = g2 * psi[2 * cap + k];
        double sum = f0 + f1 + f2, r = dm / (sum > 0 ? sum : 1);
        dm = dm > 0 ? dm : 0;
        r = r > 0 ? r : 0;
        m[k] = sum > 0 ? r * f0 : 0.5 * dm * g0;
        m[cap + k] = sum > 0 ? r * f1 : 0.5 * dm * g1;
        m[2 * cap + k] = sum > 0 ? r * f2 : 0.5 * dm * g2;
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

const struct csp_kern GAL_KERN(csp_kern) = {accumulate, dot, table, hats, bracket, shares, fold};
