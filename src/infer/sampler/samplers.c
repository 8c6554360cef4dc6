/* The samplers: one line each. */
#include "galua/sampler.h"

/* clang-format off */
#define SAMPLERS(X) \
    X(ensemble)     \
    X(importance)   \
    X(nested)       \
    X(nuts)         \
    X(optimum)      \
    X(pathfinder)   \
    X(smc)
/* clang-format on */

#define DECLARE(name) extern const gal_sampler_class gal_##name##_class;
#define LIST(name)    &gal_##name##_class,
SAMPLERS(DECLARE)

enum { MOST = 64 };
static const gal_sampler_class *list[MOST + 1] = {SAMPLERS(LIST) NULL};

const gal_sampler_class *const *gal_sampler_classes(void)
{
    return list;
}

gal_status gal_sampler_register(const gal_sampler_class *c)
{
    size_t n = 0;
    while (list[n] && list[n] != c)
        n++;
    if (list[n] || n == MOST)
        return gal_fail(GAL_EINVAL, "sampler '%s': %s", c->name, list[n] ? "it is there already" : "too many samplers");
    list[n] = c;
    return GAL_OK;
}
