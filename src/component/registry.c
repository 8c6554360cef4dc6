/* The components that galaxies can be made of: one line per class, in the order in which parameters are listed. */
#include "galua/component.h"

extern const gal_component_class gal_ism_two_phase; /* src/dust/two_phase.c */

static const gal_component_class *const list[] = {
    &gal_ism_two_phase,
    NULL,
};

const gal_component_class *const *gal_component_classes(void)
{
    return list;
}
