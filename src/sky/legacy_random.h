/* legacy_random.h - the random numbers of numpy's RandomState (Mersenne twister MT19937, polar normals): realisations that upstream
 * made with a seed are made again bit for bit. Everything else uses galua/rng.h. */
#ifndef GAL_SKY_LEGACY_RANDOM_H
#define GAL_SKY_LEGACY_RANDOM_H
#include "galua/base.h"
typedef struct gal_legacy_random gal_legacy_random;
GAL_API gal_status gal_legacy_random_create(gal_legacy_random **out, uint32_t seed);
GAL_API void gal_legacy_random_free(gal_legacy_random *r);
GAL_API double gal_legacy_uniform(gal_legacy_random *r); /* [0, 1), 53 bits */
GAL_API double gal_legacy_normal(gal_legacy_random *r);
#endif
