/* out[k] += sum_j w[j] col[j][k], eight columns a pass: each column is read once, contiguous, and converted to double in
 * registers; out stays in the first-level cache. */
#include "csp/csp_kern.h"

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

const struct csp_kern GAL_KERN(csp_kern) = {accumulate, dot, table};
