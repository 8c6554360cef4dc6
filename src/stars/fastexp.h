/* exp(x) in single precision for vectorised loops: relative error 2e-7, no branches, x <= 88, clamped to -87 from below (so that
 * results are never denormal). One comparison only: compilers do not vectorise a pair of them. Included by kernels only. */
#ifndef GAL_STARS_FASTEXP_H
#define GAL_STARS_FASTEXP_H
#include <stdint.h>
#include <string.h>

static inline float fast_exp(float x)
{
    x = x < -87.0f ? -87.0f : x;
    float t = x * 1.44269504f + 12582912.0f; /* nearest integer: 1.5 2^23 leaves no fraction bits */
    float k = t - 12582912.0f;
    float r = x - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    uint32_t exponent, bits; /* times 2^k: the low bits of t are k, and p 2^k is never denormal (k = -126: p > 1.3) */
    memcpy(&exponent, &t, sizeof exponent);
    memcpy(&bits, &p, sizeof bits);
    bits += exponent << 23;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* 1 - exp(-x), x >= 0, given e = exp(-x): no cancellation at small x. */
static inline float one_minus_exp(float x, float e)
{
    float small = x * (1.0f - x * (0.5f - x * (0.16666667f - x * 0.041666667f)));
    return x < 0.1f ? small : 1.0f - e;
}
#endif
