/* galua/data.h - sets of data in a fit: one class in src/fit/data_NAME.c and one line in datas.c.
 *
 * A class says how many sets of it an observation has, what a thread works with for one, and the ln L of one at a point, with its derivatives.
 * The likelihood of a fit is the sum over the sets of all classes; nothing outside a class names it. A class with `doc` is had by
 * o:data("NAME", { ... }), any number of times, with help, fingerprints and results files; bands, spectra and measured numbers come in their own
 * ways. Functions of a set are called by several threads at once, each with a `local` of its own. */
#ifndef GAL_DATA_H
#define GAL_DATA_H
#include "galua/fit.h"
#include "galua/option.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_data_class gal_data_class;
typedef struct gal_data { /* a set that o:data() gave */
    const gal_data_class *class;
    char *name;
    gal_option_value *option; /* [class->noption], defaults filled in */
} gal_data;
typedef struct gal_data_at { /* one point: where `light`, the galaxy has been evaluated in ws at theta */
    const gal_galaxy *g;
    gal_galaxy_ws *ws;
    double *theta;   /* [npar]; as it was, when a function returns */
    const double *x; /* sampled coordinates */
    struct fit_worker *w;
    double u;      /* of the draw of an amplitude, with: */
    double *scale; /* the factor that was drawn; NULL: none is wanted */
} gal_data_at;
/* Derivatives of ln L, each added to: by bands, all of them and those in use; by parameters of the data; by the light (spectrum, transmission,
 * lines as seen); by theta beside what goes through bands and light. NULL: nothing depends on it. */
typedef struct gal_data_slopes {
    double *flux, *used, *own, *lum, *trans, *seen, *theta;
    double *room; /* [class->room] */
} gal_data_slopes;
struct gal_data_class {
    const char *name, *doc;   /* doc NULL: not by o:data() */
    const gal_option *option; /* [noption] */
    size_t noption;
    gal_status (*check)(const gal_data *d); /* when it is put into an observation; NULL: nothing to check */
    bool light;                             /* needs the spectrum of the galaxy, not its bands alone */
    size_t (*count)(const gal_obs *o);      /* NULL: those of o:data() */
    gal_status (*none)(const gal_fit *f, const gal_fit_opts *o); /* there is no set: is something asked of one? */
    /* Set i of the observation; NULL: it is the gal_data */
    gal_status (*create)(void **self, gal_fit *f, const gal_fit_opts *o, size_t i);
    void (*free)(void *self);
    gal_status (*open)(void **local, const void *self, const gal_fit *f); /* NULL: a thread needs nothing */
    void (*close)(void *local);
    /* Before the run, in the middle of the prior: is the model where these data are? NULL: nothing to say */
    gal_status (*dry)(const gal_fit *f, const void *self, void *local, const gal_data_at *at);
    gal_status (*lnlike)(const gal_fit *f, const void *self, void *local, const gal_data_at *at,
                         double *lnl); /* added */
    /* The same with derivatives; NULL, or `exact` false: there are none */
    gal_status (*slopes)(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl,
                         const gal_data_slopes *out);
    bool (*exact)(const void *self); /* NULL: yes, with slopes */
    size_t (*room)(const gal_fit *f, const void *self);
    gal_hash (*hash)(const gal_fit *f, const void *self, gal_hash h); /* h and what ln L is beside the data; NULL: h */
};
GAL_API const gal_data_class *const *gal_data_classes(void);                    /* NULL last */
GAL_API gal_status gal_data_find(const gal_data_class **out, const char *name); /* of those with doc; did you mean */
GAL_API const void *gal_fit_set(const gal_fit *f, const char *class, size_t i); /* NULL: there is none */
#ifdef __cplusplus
}
#endif
#endif
