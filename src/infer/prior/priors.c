/* The kinds of priors: one line each. */
#include "prior_int.h"

/* clang-format off */
#define PRIORS(X)  \
    X(uniform)     \
    X(loguniform)  \
    X(normal)      \
    X(truncnormal) \
    X(lognormal)   \
    X(student)     \
    X(beta)        \
    X(gamma)       \
    X(table)
/* clang-format on */
#define DECLARE(name) extern const gal_prior_class gal_##name##_prior;
#define LIST(name)    &gal_##name##_prior,
PRIORS(DECLARE)

const gal_prior_class *const *gal_prior_classes(void)
{
    static const gal_prior_class *const list[] = {PRIORS(LIST) NULL};
    return list;
}
