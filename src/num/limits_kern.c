/* See limits_kern.h. */
#include "num/limits_kern.h"

enum { LANES = 64 };

static double read_floats(const float *restrict x, size_t n)
{
    float s[LANES] = {0};
    double total = 0;
    for (size_t k = 0; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] += x[k + (size_t)l];
    for (int l = 0; l < LANES; l++)
        total += (double)s[l];
    return total;
}

static double fma_registers(size_t n)
{
    double s[LANES], total = 0;
    for (int l = 0; l < LANES; l++)
        s[l] = 1 + l;
    for (size_t k = 0; k < n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] = s[l] * 0.999999 + 1e-6;
    for (int l = 0; l < LANES; l++)
        total += s[l];
    return total;
}

const struct limits_kern GAL_KERN(limits_kern) = {read_floats, fma_registers};
