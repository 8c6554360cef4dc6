/* Hot loops of populations from posteriors; see hierarchy_kern.h. */
#include "infer/target/hierarchy_kern.h"
#include "num/vexp.h"

enum { BLOCK = 64, LANES = 8 };

static void normal(size_t n, size_t stride, size_t nq, const double *restrict y, const double *restrict minus,
                   const double *restrict mean, const double *restrict inv, const double *restrict pivot,
                   const double *restrict slope, double c, double *restrict lnp)
{
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t m = n - at < BLOCK ? n - at : BLOCK;
        double v[BLOCK];
        for (size_t i = 0; i < m; i++)
            lnp[at + i] = c - minus[at + i];
        for (size_t k = 0; k < nq; k++) {
            const double *yk = y + k * stride + at;
            for (size_t i = 0; i < m; i++)
                v[i] = yk[i] - mean[k];
            for (size_t j = 0; j < k; j++) {
                double b = slope[k * nq + j], p = pivot[j];
                const double *yj = y + j * stride + at;
                if (b == 0)
                    continue;
                for (size_t i = 0; i < m; i++)
                    v[i] -= b * (yj[i] - p);
            }
            for (size_t i = 0; i < m; i++) {
                double u = v[i] * inv[k];
                lnp[at + i] -= 0.5 * u * u;
            }
        }
    }
}

static double total(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static inline double weight(double x)
{
    double e = gal_vexp(x);
    return x > -700 ? e : 0;
}

static void sums(size_t n, const double *restrict f, double top, double *s1, double *s2)
{
    double a[LANES] = {0}, b[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        size_t m = n - i < LANES ? n - i : LANES;
        for (size_t l = 0; l < m; l++) {
            double e = weight(f[i + l] - top);
            a[l] += e;
            b[l] += e * e;
        }
    }
    *s1 = total(a);
    *s2 = total(b);
}

static void shares(size_t n, const double *restrict f, double top, double scale, double *restrict p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = scale * weight(f[i] - top);
}

static double apart(size_t n, const double *restrict f, double top, double scale, const double *restrict p)
{
    double a[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        size_t m = n - i < LANES ? n - i : LANES;
        for (size_t l = 0; l < m; l++) {
            double d = scale * weight(f[i + l] - top) - p[i + l];
            a[l] += d * d;
        }
    }
    return total(a);
}

static void add(size_t n, double c, const double *restrict x, double *restrict f)
{
    for (size_t i = 0; i < n; i++)
        f[i] += c * x[i];
}

const struct hierarchy_kern GAL_KERN(hierarchy_kern) = {normal, sums, shares, apart, add};
