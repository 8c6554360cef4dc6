/* The star formation histories: one line each, a new one at the end. */
#include "sfh/sfh_int.h"

/* clang-format off */
#define HISTORIES(X) \
    X(insitu)        \
    X(constant)      \
    X(delayed)       \
    X(lognormal)     \
    X(dpl)           \
    X(exponential)   \
    X(periodic)      \
    X(single_burst)  \
    X(continuity)    \
    X(flexible)      \
    X(psb)           \
    X(dirichlet)     \
    X(stochastic)    \
    X(table)         \
    X(custom_class)  \
    X(sum)           \
    X(diffstar)
/* clang-format on */
#define DECLARE(name) extern const gal_sfh_class gal_sfh_##name;
#define LIST(name)    &gal_sfh_##name,
HISTORIES(DECLARE)

const gal_sfh_class *const *gal_sfh_classes(void)
{
    static const gal_sfh_class *const list[] = {HISTORIES(LIST) NULL};
    return list;
}
