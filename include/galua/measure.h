/* galua/measure.h - measured numbers of a galaxy in an observation: one class in src/fit/measure_NAME.c and one line in measures.c.
 *
 * A class says what the galaxy gives for it. Any number of data of any class stand in an observation beside its bands and its spectrum; each is an
 * independent datum with a Gaussian error, or an upper limit treated as those of bands are. o:measure("NAME", { value =, err =, ... }), help,
 * ln L, residuals, replicated data, fingerprints and results files follow. A fit with such data has a gradient by differences. */
#ifndef GAL_MEASURE_H
#define GAL_MEASURE_H
#include "galua/galaxy.h"
#include "galua/option.h"
#include "galua/spectrum.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_measure_class gal_measure_class;
typedef struct gal_measure {
    const gal_measure_class *class;
    char *name;
    double value, err;
    bool limit;               /* value is an upper limit, err the 1 sigma */
    gal_option_value *option; /* [class->noption], defaults filled in */
    const void *self;         /* of classes without options: what they were given, borrowed */
} gal_measure;
typedef struct gal_measure_at { /* a galaxy that has been evaluated in ws at theta */
    const gal_galaxy *g;
    const gal_galaxy_ws *ws;
    const double *theta;
    const gal_kinematics *kinematics;
    gal_meter *meter; /* of metered classes: has begun with the total spectrum */
} gal_measure_at;
struct gal_measure_class {
    const char *name, *unit, *doc;
    const gal_option *option; /* [noption] beside name, value, err, limit; none: data come in another way */
    size_t noption;
    bool metered;
    gal_status (*check)(const gal_measure *m); /* when it is put into an observation; NULL: nothing to check */
    /* What a thread works with for galaxy g: once before all evaluations. Errors say what g lacks. */
    gal_status (*open)(void **local, const gal_measure *m, const gal_galaxy *g);
    void (*close)(void *local);
    gal_status (*number)(void *local, const gal_measure *m, const gal_measure_at *at, double *out);
};
GAL_API const gal_measure_class *const *gal_measure_classes(void); /* NULL last */
GAL_API gal_status gal_measure_find(const gal_measure_class **out,
                                    const char *name); /* of those with options; did you mean */
#ifdef __cplusplus
}
#endif
#endif
