/* Hot loops of the sky; formulas in sky_kern.h. */
#include "sky/sky_kern.h"
#include "num/vexp.h"

/* as wide as the registers are: wider vectors go through memory */
#if defined(__AVX512F__)
enum { WIDE = 8 };
#elif defined(__AVX2__)
enum { WIDE = 4 };
#else
enum { WIDE = 2 };
#endif
typedef double vec __attribute__((vector_size(8 * WIDE)));

static inline double good(double x, double scale) /* UNSEEN within its rounding in either precision */
{
    return (x > 1.00001 * -1.6375e30) & (x < 0.99999 * -1.6375e30) ? __builtin_nan("") : scale * x;
}

/* Blocks are short and maps are many: while one is at work, the lines of the one after the next are asked for. */
enum { LINE = 64 };
static inline void ahead(const void *p, size_t bytes, int write)
{
    const char *at = (const char *)p + 2 * bytes;
    for (size_t k = 0; k < bytes; k += LINE)
        if (write)
            __builtin_prefetch(at + k, 1);
        else
            __builtin_prefetch(at + k, 0);
}

static void widen(size_t n, double scale, const float *restrict x, double *restrict out)
{
    ahead(x, n * sizeof *x, 0);
    for (size_t k = 0; k < n; k++)
        out[k] = good((double)x[k], scale);
}

static void copy(size_t n, double scale, const double *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = good(x[k], scale);
}

static void swap32(size_t n, double scale, const unsigned char *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++) {
        uint32_t b;
        float f;
        memcpy(&b, x + 4 * k, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        b = __builtin_bswap32(b);
#endif
        memcpy(&f, &b, 4);
        out[k] = good((double)f, scale);
    }
}

static void swap64(size_t n, double scale, const unsigned char *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++) {
        uint64_t b;
        double f;
        memcpy(&b, x + 8 * k, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        b = __builtin_bswap64(b);
#endif
        memcpy(&f, &b, 8);
        out[k] = good(f, scale);
    }
}

static bool any_nan(size_t n, const double *x)
{
    int bad = 0;
    for (size_t k = 0; k < n; k++)
        bad |= x[k] != x[k];
    return bad != 0;
}

/* e^x - 1, x > 0: series below 1e-2 (next term x^6/5040 relative), else the difference */
static inline double expm1_positive(double x)
{
    double s = x * (1 + x * (0.5 + x * (1. / 6 + x * (1. / 24 + x * (1. / 120 + x * (1. / 720))))));
    double d = gal_vexp(x) - 1;
    return x < 1e-2 ? s : d;
}

static void mbb(size_t n, double ln_ratio, double x, const double *restrict beta, const double *restrict inv_t,
                double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = gal_vexp(ln_ratio * (beta[k] + 1)) / expm1_positive(x * inv_t[k]);
}

static void mbb_norm(size_t n, double ln_ratio, double x, const double *restrict beta, const double *restrict inv_t,
                     double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = gal_vexp(ln_ratio * (beta[k] + 1)) * expm1_positive(x * inv_t[k]);
}

static void power(size_t n, double a, double b, const double *restrict beta, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = gal_vexp(a + b * beta[k]);
}

static void curved(size_t n, double a, double b, const double *restrict beta, const double *restrict curvature,
                   double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = gal_vexp(a * beta[k] + b * curvature[k]);
}

static void inverse(size_t n, double *restrict x)
{
    for (size_t k = 0; k < n; k++)
        x[k] = 1 / x[k];
}

static void axpy(size_t n, double c, const double *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] += c * x[k];
}

static void muladd(size_t n, const double *restrict x, const double *restrict y, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] += x[k] * y[k];
}

static void mul(size_t n, const double *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] *= x[k];
}

static void divide(size_t n, const double *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] /= x[k];
}

static void unit(size_t n, double shift, double scale, const double *restrict x, double *restrict out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = (x[k] - shift) * scale;
}

/* Eight vectors of pixels at a time, of blocks of 64: independent chains hide the latency of the multiply-adds */
enum { CHAINS = 8 };
static void poly(size_t n, int rows, const int *restrict deg, const double *restrict c, const double *restrict x,
                 const double *restrict y, double *restrict out)
{
    for (size_t p = 0; p < n; p += WIDE * CHAINS) {
        const vec *X = (const vec *)(x + p), *Y = (const vec *)(y + p);
        vec *o = (vec *)(out + p);
        vec a[CHAINS], r[CHAINS];
        const double *q = c;
        for (int l = 0; l < CHAINS; l++)
            a[l] = (vec){0};
        for (int j = rows - 1; j >= 0; j--) {
            for (int l = 0; l < CHAINS; l++)
                r[l] = (vec){0} + *q;
            q++;
            for (int i = deg[j]; i > 0; i--, q++)
#pragma GCC unroll 8
                for (int l = 0; l < CHAINS; l++)
                    r[l] = r[l] * X[l] + *q;
            if (rows > 1) {
#pragma GCC unroll 8
                for (int l = 0; l < CHAINS; l++)
                    a[l] = a[l] * Y[l] + r[l];
            } else {
                for (int l = 0; l < CHAINS; l++)
                    a[l] = r[l];
            }
        }
        for (int l = 0; l < CHAINS; l++)
            o[l] = a[l];
    }
}

static void find(size_t n, const gal_pieces *p, const double *restrict x, int *restrict seg)
{
    const double lo = p->lo, inv = p->inv, last = p->nbin - 1;
    const int *restrict start = p->start;
    const double *restrict knot = p->knot;
    const int end = (int)p->nseg - 1;
    for (size_t k = 0; k < n; k++) {
        double b = (x[k] - lo) * inv;
        b = b > 0 ? b : 0;
        b = b < last ? b : last;
        seg[k] = start[(int)b];
    }
    for (int r = 0; r < p->reach; r++)
        for (size_t k = 0; k < n; k++) {
            int s = seg[k], up = s < end && x[k] >= knot[s + 1];
            seg[k] = s + up;
        }
}

static void pieces(size_t n, const gal_pieces *p, const int *restrict seg, const double *restrict x,
                   double *restrict out)
{
    const double *restrict knot = p->knot, *restrict c0 = p->coef[0], *restrict c1 = p->coef[1],
                           *restrict c2 = p->coef[2], *restrict c3 = p->coef[3];
    if (p->order == 1)
        for (size_t k = 0; k < n; k++)
            out[k] = c2[seg[k]] + x[k] * c1[seg[k]];
    else
        for (size_t k = 0; k < n; k++) {
            double t = x[k] - knot[seg[k]];
            out[k] = c0[seg[k]] + t * (c1[seg[k]] + t * (c2[seg[k]] + t * c3[seg[k]]));
        }
}

static size_t store32(size_t n, double scale, const double *restrict x, float *restrict out)
{
    int bad = 0;
    ahead(out, n * sizeof *out, 1);
    for (size_t k = 0; k < n; k++) {
        out[k] = x[k] == x[k] ? (float)(scale * x[k]) : -1.6375e30f;
        bad += x[k] != x[k];
    }
    return (size_t)bad;
}

static size_t store64(size_t n, double scale, const double *restrict x, double *restrict out)
{
    int bad = 0;
    ahead(out, n * sizeof *out, 1);
    for (size_t k = 0; k < n; k++) {
        out[k] = x[k] == x[k] ? scale * x[k] : -1.6375e30;
        bad += x[k] != x[k];
    }
    return (size_t)bad;
}

const struct sky_kern GAL_KERN(sky_kern) = {widen, copy,   swap32,  swap64, any_nan, mbb,    mbb_norm,
                                            power, curved, inverse, axpy,   muladd,  mul,    divide,
                                            unit,  poly,   find,    pieces, store32, store64};
