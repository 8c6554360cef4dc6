/* The samplers: one line each. */
#include "galua/sampler.h"

/* clang-format off */
#define SAMPLERS(X) \
    X(ensemble)     \
    X(nested)       \
    X(nuts)         \
    X(optimum)      \
    X(pathfinder)   \
    X(smc)
/* clang-format on */

#define DECLARE(name) extern const gal_sampler_class gal_##name##_class;
#define LIST(name)    &gal_##name##_class,
SAMPLERS(DECLARE)

const gal_sampler_class *const *gal_sampler_classes(void)
{
    static const gal_sampler_class *const list[] = {SAMPLERS(LIST) NULL};
    return list;
}
