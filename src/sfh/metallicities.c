/* The metallicity histories: one line each, a new one at the end. */
#include "sfh/sfh_int.h"

/* clang-format off */
#define METALLICITIES(X) \
    X(constant)          \
    X(evolving)          \
    X(linear)            \
    X(step)              \
    X(closed_box)        \
    X(mzr)
/* clang-format on */
#define DECLARE(name) extern const gal_metals_class gal_metals_##name;
#define LIST(name)    &gal_metals_##name,
METALLICITIES(DECLARE)

const gal_metals_class *const *gal_metals_classes(void)
{
    static const gal_metals_class *const list[] = {METALLICITIES(LIST) NULL};
    return list;
}
