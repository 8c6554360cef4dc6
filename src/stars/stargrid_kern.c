/* Inner loops of the star grid, see stargrid_kern.h. Sums run in 16 fixed lanes: the result does not depend on threads. */
#include "stars/stargrid_kern.h"

#include "stars/fastexp.h"

static void mix(size_t n, const float *const sp[4], const float w[4], bool more, float *restrict f)
{
    const float *restrict a = sp[0], *restrict b = sp[1], *restrict c = sp[2], *restrict d = sp[3];
    const float wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    if (more)
        for (size_t i = 0; i < n; i++)
            f[i] += wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
    else
        for (size_t i = 0; i < n; i++)
            f[i] = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
}

static double total(size_t n, const float *restrict quad, const float *restrict f)
{
    float lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (int j = 0; j < 16; j++)
            lane[j] += quad[i + j] * f[i + j];
    double sum = 0;
    for (; i < n; i++)
        sum += quad[i] * f[i];
    for (int j = 0; j < 16; j++)
        sum += lane[j];
    return sum;
}

/* In blocks of the lanes of total(), whose sum it returns. */
static double exponentiate(size_t n, const float *restrict quad, float *restrict f)
{
    float lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
#pragma omp simd
        for (int j = 0; j < 16; j++) {
            f[i + j] = fast_exp(f[i + j]);
            lane[j] += quad[i + j] * f[i + j];
        }
    double sum = 0;
    for (; i < n; i++) {
        f[i] = fast_exp(f[i]);
        sum += quad[i] * f[i];
    }
    for (int j = 0; j < 16; j++)
        sum += lane[j];
    return sum;
}

static double mix_exp(size_t n, const float *const sp[4], const float w[4], const float *restrict quad,
                      float *restrict f)
{
    const float *restrict a = sp[0], *restrict b = sp[1], *restrict c = sp[2], *restrict d = sp[3];
    const float wa = w[0], wb = w[1], wc = w[2], wd = w[3];
    float lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
#pragma omp simd
        for (int j = 0; j < 16; j++) {
            size_t k = i + j;
            f[k] = fast_exp(wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k]);
            lane[j] += quad[k] * f[k];
        }
    double sum = 0;
    for (; i < n; i++) {
        f[i] = fast_exp(wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i]);
        sum += quad[i] * f[i];
    }
    for (int j = 0; j < 16; j++)
        sum += lane[j];
    return sum;
}

static double rescale(size_t n, const float *quad, const float *restrict x1, float t, float tc, float *restrict f)
{
    const float it = 1 / t, ic = 1 / tc;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = x1[i] * it, xc = x1[i] * ic;
        float sx = one_minus_exp(x, fast_exp(-x)), sc = one_minus_exp(xc, fast_exp(-xc));
        f[i] *= fast_exp(xc - x) * sc / sx;
    }
    return total(n, quad, f);
}

static void add(size_t n, double s, const float *restrict f, double *restrict acc)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        acc[i] += s * (double)f[i];
}

const struct stargrid_kern GAL_KERN(stargrid_kern) = {mix, mix_exp, exponentiate, rescale, add};
