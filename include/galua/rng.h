/* galua/rng.h - counter-based random numbers: Philox 4x64-10 (Salmon et al. 2011, SC'11).
 *
 * The n-th number of a stream depends only on (seed, stream, n): never on threads, ranks, batch sizes or resumes.
 * Build the stream key from what the number is FOR: gal_rng_init(&r, seed, purpose, a, b, c), e.g. purpose
 * GAL_RNG_STRETCH, a = source id, b = step, c = walker. A gal_rng is 64 bytes on the stack; no allocation, no state to save. */
#ifndef GAL_RNG_H
#define GAL_RNG_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_rng {
    uint64_t key[2], ctr[4], out[4];
    unsigned have;      /* numbers left in out */
    unsigned has_gauss; /* spare normal deviate */
    double gauss;
} gal_rng;
/* key = (seed, purpose), counter = (0.., a, b, c) */
GAL_API void gal_rng_init(gal_rng *r, uint64_t seed, uint64_t purpose, uint64_t a, uint64_t b, uint64_t c);
GAL_API uint64_t gal_rng_u64(gal_rng *r);
GAL_API double gal_rng_uniform(gal_rng *r);                        /* (0,1), 53 bits, never 0 or 1 */
GAL_API double gal_rng_normal(gal_rng *r);                         /* N(0,1), Box-Muller, both deviates used */
GAL_API uint64_t gal_rng_below(gal_rng *r, uint64_t n);            /* uniform on 0..n-1, unbiased; n >= 1 */
GAL_API void gal_rng_shuffle(gal_rng *r, size_t *index, size_t n); /* Fisher-Yates */
/* One block of Philox 4x64-10; exposed for the known-answer tests. */
GAL_API void gal_philox4x64(const uint64_t ctr[4], const uint64_t key[2], uint64_t out[4]);
#ifdef __cplusplus
}
#endif
#endif
