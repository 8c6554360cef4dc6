/* A spectral index or equivalent width of the total light, galua/spec.h, by the meter. */
#include "galua/measure.h"
#include "galua/obs.h"

static gal_status number(void *local, const gal_measure *m, const gal_measure_at *at, double *out)
{
    const gal_index_datum *d = m->self;
    (void)local;
    return gal_meter_index(at->meter, &d->index, at->kinematics, d->lick, out);
}

const gal_measure_class gal_index_measure = {
    .name = "index", .unit = "", .doc = "A spectral index or equivalent width.", .metered = true, .number = number};
