/* Sums of products, in an order that is written down: results do not hang on the instruction set. */
#ifndef GAL_NUM_DOT_H
#define GAL_NUM_DOT_H
#include <stddef.h>

/* the eight running sums of a loop that vectorises */
static inline double num_lane_sum(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* Scalar product in eight running sums. */
#define GAL_DOT(name, type)                                                                                            \
    static inline double name(const double *restrict a, const type *restrict b, size_t n)                              \
    {                                                                                                                  \
        double s[8] = {0};                                                                                             \
        size_t i = 0;                                                                                                  \
        for (; i + 8 <= n; i += 8)                                                                                     \
            for (size_t j = 0; j < 8; j++)                                                                             \
                s[j] += a[i + j] * (double)b[i + j];                                                                   \
        for (size_t j = 0; i < n; i++, j++)                                                                            \
            s[j] += a[i] * (double)b[i];                                                                               \
        return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));                                      \
    }
GAL_DOT(num_dot, double)
GAL_DOT(num_dot_float, float)
#undef GAL_DOT

/* Scalar product in one running sum: of short vectors. */
static inline double num_dot_short(const double *a, const double *b, size_t n)
{
    double s = 0;
    for (size_t k = 0; k < n; k++)
        s += a[k] * b[k];
    return s;
}
#endif
