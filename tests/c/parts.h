/* A galaxy on the made-up table with the parts named, and the ranges of its parameters: for tests of plans. */
#ifndef TESTS_C_PARTS_H
#define TESTS_C_PARTS_H
#include "galua/galaxy.h"

/* part[n]: group and kind; dust: the two-phase model where no part takes its place */
static gal_galaxy *galaxy_of_parts(const char *const (*part)[2], size_t n, bool dust)
{
    gal_component *c[6];
    gal_galaxy_opts o;
    gal_galaxy *g;
    gal_galaxy_defaults(&o);
    assert_int_equal(gal_ssp_synthetic(&o.ssp), GAL_OK);
    assert_int_equal(gal_cosmo_named(&o.cosmo, "Planck18"), GAL_OK);
    for (size_t i = 0; i < n; i++) {
        const gal_component_class *k;
        assert_int_equal(gal_component_find(&k, part[i][0], part[i][1]), GAL_OK);
        assert_int_equal(gal_component_create(&c[i], k, NULL), GAL_OK);
    }
    o.component = c;
    o.ncomponent = n;
    o.dust = dust;
    assert_int_equal(gal_galaxy_create(&g, &o), GAL_OK);
    for (size_t i = 0; i < n; i++)
        gal_component_unref(c[i]);
    gal_ssp_unref(o.ssp);
    gal_cosmo_unref(o.cosmo);
    return g;
}

/* Parameters that are free by default over their usual priors, the others at their values; returns their number. */
static size_t usual_ranges(const gal_galaxy *g, double *lo, double *hi)
{
    size_t n = gal_galaxy_npar(g);
    for (size_t i = 0; i < n; i++) {
        const gal_param *p = gal_galaxy_par(g, i);
        lo[i] = p->free ? p->plo : p->value;
        hi[i] = p->free ? p->phi : p->value;
    }
    return n;
}
#endif
