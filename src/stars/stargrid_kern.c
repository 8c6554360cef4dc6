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

/* In blocks of 16 lanes, whose sum it returns. */
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

static void edge(size_t n, const float *restrict x1, float tc, float *restrict xc, float *restrict sc)
{
    const float ic = 1 / tc;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        xc[i] = x1[i] * ic;
        sc[i] = one_minus_exp(xc[i], fast_exp(-xc[i]));
    }
}

static double rescale(size_t n, const float *restrict quad, const float *restrict x1, const float *restrict xc,
                      const float *restrict sc, float t, float *restrict f)
{
    const float it = 1 / t;
    float lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
#pragma omp simd
        for (int j = 0; j < 16; j++) {
            size_t k = i + j;
            float x = x1[k] * it, sx = one_minus_exp(x, fast_exp(-x));
            f[k] *= fast_exp(xc[k] - x) * sc[k] / sx;
            lane[j] += quad[k] * f[k];
        }
    double sum = 0;
    for (; i < n; i++) {
        float x = x1[i] * it, sx = one_minus_exp(x, fast_exp(-x));
        f[i] *= fast_exp(xc[i] - x) * sc[i] / sx;
        sum += quad[i] * f[i];
    }
    for (int j = 0; j < 16; j++)
        sum += lane[j];
    return sum;
}

static void add_one(size_t n, double s, const float *restrict f, double *restrict acc)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        acc[i] += s * (double)f[i];
}

static void add(size_t n, size_t m, const double *s, const float *f, size_t stride, double *restrict acc)
{
    if (m < STARGRID_GROUP) {
        for (size_t k = 0; k < m; k++)
            add_one(n, s[k], f + k * stride, acc);
        return;
    }
    const float *restrict a = f, *restrict b = a + stride, *restrict c = b + stride, *restrict d = c + stride;
    const double sa = s[0], sb = s[1], sc = s[2], sd = s[3];
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        double x = acc[i];
        x += sa * (double)a[i];
        x += sb * (double)b[i];
        x += sc * (double)c[i];
        x += sd * (double)d[i];
        acc[i] = x;
    }
}

const struct stargrid_kern GAL_KERN(stargrid_kern) = {mix, mix_exp, exponentiate, edge, rescale, add};
