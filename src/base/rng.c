/* Philox 4x64-10: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC'11). */
#include "galua/rng.h"

#include <math.h>

#define M0 0xD2E7470EE14C6C93ull
#define M1 0xCA5A826395121157ull
#define W0 0x9E3779B97F4A7C15ull /* golden ratio */
#define W1 0xBB67AE8584CAA73Bull /* sqrt(3) - 1 */

void gal_philox4x64(const uint64_t ctr[4], const uint64_t key[2], uint64_t out[4])
{
    uint64_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3], k0 = key[0], k1 = key[1];
    for (int i = 0; i < 10; i++) {
        unsigned __int128 p0 = (unsigned __int128)M0 * c0, p1 = (unsigned __int128)M1 * c2;
        uint64_t n0 = (uint64_t)(p1 >> 64) ^ c1 ^ k0, n2 = (uint64_t)(p0 >> 64) ^ c3 ^ k1;
        c1 = (uint64_t)p1;
        c3 = (uint64_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += W0;
        k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void gal_rng_init(gal_rng *r, uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b, uint64_t c)
{
    *r = (gal_rng){.key = {seed, purpose}, .ctr = {0, a, b, c}};
}

uint64_t gal_rng_u64(gal_rng *r)
{
    if (r->have == 0) {
        gal_philox4x64(r->ctr, r->key, r->out);
        r->ctr[0]++;
        r->have = 4;
    }
    return r->out[4 - r->have--];
}

double gal_rng_uniform(gal_rng *r)
{
    return ((double)(gal_rng_u64(r) >> 12) + 0.5) * 0x1p-52;
}

double gal_rng_normal(gal_rng *r)
{
    if (r->has_gauss) {
        r->has_gauss = 0;
        return r->gauss;
    }
    double u = gal_rng_uniform(r), v = gal_rng_uniform(r), s = sqrt(-2 * log(u)), a = 2 * M_PI * v;
    r->gauss = s * sin(a);
    r->has_gauss = 1;
    return s * cos(a);
}

uint64_t gal_rng_below(gal_rng *r, uint64_t n)
{
    uint64_t limit = -n % n; /* 2^64 mod n: reject the short first interval (Lemire 2019) */
    for (;;) {
        unsigned __int128 p = (unsigned __int128)gal_rng_u64(r) * n;
        if ((uint64_t)p >= limit)
            return (uint64_t)(p >> 64);
    }
}

void gal_rng_shuffle(gal_rng *r, size_t *index, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)gal_rng_below(r, i), t = index[i - 1];
        index[i - 1] = index[j];
        index[j] = t;
    }
}
