/* Small products of matrices; see matrix_kern.h. Four rows at a time share what is read of the vector. */
#include "num/matrix_kern.h"

/* Vectors as wide as the registers are: the lanes of a sum are those, so that its last digits differ between instruction sets. */
#if defined(__AVX512F__)
enum { WIDE = 8 };
#elif defined(__AVX2__)
enum { WIDE = 4 };
#else
enum { WIDE = 2 };
#endif
typedef double lanes __attribute__((vector_size(8 * WIDE), aligned(8), may_alias));
#define AT(x, k) (*(const lanes *)((x) + (k)))

static void scaled(size_t n, double f, const double *restrict a, const double *restrict b, double *restrict out)
{
    if (b)
        for (size_t k = 0; k < n; k++)
            out[k] = f * a[k] * b[k];
    else
        for (size_t k = 0; k < n; k++)
            out[k] = f * a[k];
}

/* out[r] = sum_k x[k] y[r n + k], r < ROWS: two vectors of each at a time */
#define DOTS(ROWS)                                                                                                     \
    do {                                                                                                               \
        lanes s[2 * (ROWS)] = {{0}};                                                                                   \
        double rest[ROWS] = {0};                                                                                       \
        size_t k = 0;                                                                                                  \
        for (; k + 2 * WIDE <= n; k += 2 * WIDE)                                                                       \
            for (int r = 0; r < (ROWS); r++) {                                                                         \
                s[2 * r] += AT(x, k) * AT(y, (size_t)r * n + k);                                                       \
                s[2 * r + 1] += AT(x, k + WIDE) * AT(y, (size_t)r * n + k + WIDE);                                     \
            }                                                                                                          \
        for (; k < n; k++)                                                                                             \
            for (int r = 0; r < (ROWS); r++)                                                                           \
                rest[r] += x[k] * y[(size_t)r * n + k];                                                                \
        for (int r = 0; r < (ROWS); r++) {                                                                             \
            lanes sum = s[2 * r] + s[2 * r + 1];                                                                       \
            for (int l = 0; l < WIDE; l++)                                                                             \
                rest[r] += sum[l];                                                                                     \
            out[r] = rest[r];                                                                                          \
        }                                                                                                              \
    } while (0)

static void dots(size_t n, size_t m, const double *restrict x, const double *restrict y, double *restrict out)
{
    for (; m >= 4; m -= 4, y += 4 * n, out += 4)
        DOTS(4);
    for (; m > 0; m--, y += n, out++)
        DOTS(1);
}

static void spread(size_t n, size_t m, const double *restrict f, const double *restrict x, double *restrict to)
{
    size_t j = 0;
    for (; j + 4 <= m; j += 4) {
        const double *restrict x0 = x + j * n, *restrict x1 = x0 + n, *restrict x2 = x1 + n, *restrict x3 = x2 + n;
        const double f0 = f[j], f1 = f[j + 1], f2 = f[j + 2], f3 = f[j + 3];
        for (size_t k = 0; k < n; k++)
            to[k] += (f0 * x0[k] + f1 * x1[k]) + (f2 * x2[k] + f3 * x3[k]);
    }
    for (; j < m; j++) {
        const double *restrict x0 = x + j * n;
        const double f0 = f[j];
        for (size_t k = 0; k < n; k++)
            to[k] += f0 * x0[k];
    }
}

const struct matrix_kern GAL_KERN(matrix_kern) = {scaled, dots, spread};
