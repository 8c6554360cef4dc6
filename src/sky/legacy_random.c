/* legacy_random.c - see legacy_random.h. GSL's mt19937 seeded with s is init_genrand(s); uniforms of 53 bits from two outputs; normals by the
 * polar method (Marsaglia): of a pair the second coordinate is returned first. */
#include "sky/legacy_random.h"

#include <gsl/gsl_rng.h>
#include <math.h>

struct gal_legacy_random {
    gsl_rng *r;
    bool has;
    double spare;
};

gal_status gal_legacy_random_create(gal_legacy_random **out, uint32_t seed)
{
    gal_legacy_random *r = GAL_NEW(gal_legacy_random);
    *out = NULL;
    if (!r)
        return GAL_ENOMEM;
    if (!(r->r = gsl_rng_alloc(gsl_rng_mt19937))) {
        gal_free(r);
        return gal_fail(GAL_ENOMEM, "random numbers: no memory");
    }
    /* gsl takes seed 0 for its default 4357; every other seed is init_genrand(seed) as numpy's */
    gsl_rng_set(r->r, seed);
    *out = r;
    return GAL_OK;
}

void gal_legacy_random_free(gal_legacy_random *r)
{
    if (!r)
        return;
    gsl_rng_free(r->r);
    gal_free(r);
}

double gal_legacy_uniform(gal_legacy_random *r)
{
    unsigned long a = gsl_rng_get(r->r) >> 5, b = gsl_rng_get(r->r) >> 6;
    return ((double)a * 67108864. + (double)b) / 9007199254740992.;
}

double gal_legacy_normal(gal_legacy_random *r)
{
    if (r->has) {
        r->has = false;
        return r->spare;
    }
    double x1, x2, q;
    do {
        x1 = 2 * gal_legacy_uniform(r) - 1;
        x2 = 2 * gal_legacy_uniform(r) - 1;
        q = x1 * x1 + x2 * x2;
    } while (q >= 1 || q == 0);
    double f = sqrt(-2 * log(q) / q);
    r->spare = f * x1;
    r->has = true;
    return f * x2;
}
