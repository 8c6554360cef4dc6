/* The flux of emission lines at the observer, or of a blend [erg/s/cm2]. */
#include "galua/measure.h"

enum { BLEND = 8 };
typedef struct lines {
    size_t list[BLEND], n;
} lines;

static gal_status open(void **local, const gal_measure *m, const gal_galaxy *g)
{
    lines *l = GAL_NEW(lines);
    if (!l)
        return GAL_ENOMEM;
    *local = l;
    return gal_galaxy_find_lines(g, m->name, l->list, BLEND, &l->n);
}

static gal_status number(void *local, const gal_measure *m, const gal_measure_at *at, double *out)
{
    const lines *l = local;
    (void)m;
    return gal_galaxy_line_flux(at->g, at->ws, at->theta, l->list, l->n, out);
}

const gal_measure_class gal_line_measure = {.name = "line",
                                            .unit = "erg/s/cm2",
                                            .doc = "The flux of emission lines, or of a blend.",
                                            .open = open,
                                            .close = gal_free,
                                            .number = number};
