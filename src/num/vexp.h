/* exp() and log() for loops that the compiler turns into vector code, on every instruction set: no branches, no calls.
 *
 * x = n ln2 + r, |r| <= ln2/2; degree-12 Taylor-Horner polynomial of e^r (truncation 1.7e-16), 2^n by exponent bits.
 * Relative error < 4e-16 on [-700, 700]; arguments are clamped there (e^-700 = 1e-304). Tested in tests/c/test_num.c. */
#ifndef GAL_NUM_VEXP_H
#define GAL_NUM_VEXP_H
#include <stdint.h>
#include <string.h>

static inline double gal_vexp(double x)
{
    x = x < -700 ? -700 : x > 700 ? 700 : x;
    double t = x * 1.4426950408889634074 + 0x1.8p52, n = t - 0x1.8p52;
    double r = (x - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c76730p-45;
    double p = 1. / 479001600;
    p = p * r + 1. / 39916800;
    p = p * r + 1. / 3628800;
    p = p * r + 1. / 362880;
    p = p * r + 1. / 40320;
    p = p * r + 1. / 5040;
    p = p * r + 1. / 720;
    p = p * r + 1. / 120;
    p = p * r + 1. / 24;
    p = p * r + 1. / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    int64_t bits, scale;
    memcpy(&scale, &t, sizeof scale);
    memcpy(&bits, &p, sizeof bits);
    bits += (int64_t)((uint64_t)scale << 52);
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* 1 - e^-x for x >= 0 without cancellation: series below 1e-2 (next term x^6/5040 relative) */
static inline double gal_vone_minus_exp(double x)
{
    double s = x * (1 - x * (0.5 - x * (1. / 6 - x * (1. / 24 - x * (1. / 120 - x * (1. / 720))))));
    double d = 1 - gal_vexp(-x);
    return x < 1e-2 ? s : d;
}

/* ln x of normal x > 0, relative error < 4e-16; x = 0 gives -709, as the smallest normal number does. x = 2^e m, m in sqrt(1/2) ..
 * sqrt 2, ln m = 2 artanh s, s = (m - 1)/(m + 1), |s| < 0.172: odd series to s^23. */
static inline double gal_vlog(double x)
{
    const int64_t root = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    int64_t b, e;
    double m, k;
    memcpy(&b, &x, sizeof b);
    b = b < 0x0010000000000000 ? 0x0010000000000000 : b;
    b += one - root;
    e = (int64_t)((uint64_t)b >> 52) + (0x4338000000000000 - 0x3ff);
    memcpy(&k, &e, sizeof k);
    k -= 0x1.8p52;
    b = (b & 0x000fffffffffffff) + root;
    memcpy(&m, &b, sizeof m);
    double s = (m - 1) / (m + 1), z = s * s;
    double p = 2. / 23;
    p = p * z + 2. / 21;
    p = p * z + 2. / 19;
    p = p * z + 2. / 17;
    p = p * z + 2. / 15;
    p = p * z + 2. / 13;
    p = p * z + 2. / 11;
    p = p * z + 2. / 9;
    p = p * z + 2. / 7;
    p = p * z + 2. / 5;
    p = p * z + 2. / 3;
    return k * 0x1.62e42fefa3800p-1 + (k * 0x1.ef35793c76730p-45 + (2 * s + s * z * p));
}
#endif
