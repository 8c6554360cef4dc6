/* Scalar product in eight running sums: vectorises, and is independent of the instruction set, so that results are too. */
#ifndef GAL_NUM_DOT_H
#define GAL_NUM_DOT_H
#include <stddef.h>

static inline double num_dot(const double *restrict a, const double *restrict b, size_t n)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i < n; i++, j++)
        s[j] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}
#endif
