/* galua/component.h - what a galaxy is made of besides its stars: dust screens, dust emission, ionised gas, X-ray binaries, radio,
 * active nucleus, intergalactic medium, and whatever a user adds.
 *
 * A class (one file, one line in src/model/registry.c) describes a component completely: its group (the prefix of its
 * parameters: "agn.fAGN"), kind, parameters with units and ranges, options of the constructor, the spectra and quantities it
 * delivers, what its result depends on, and the functions for the stages of an evaluation it takes part in:
 *
 *   source    light that dust then absorbs (ionised gas, a nucleus seen through the galaxy)
 *   screen    attenuation and absorbed fraction of the two dust phases
 *   reemit    emission of the dust, energy given
 *   emit      light added last; of a class with `source` too it adds to the attenuated light that is in lum: it must need
 *             GAL_NEED_ABSORBED, so that it follows each attenuation once
 *   transmit  what is left of it at the observer: T(lambda) [rest-frame nodes, observed wavelength = (1+z) lambda]
 *
 * The model calls them in this order and only when something they depend on has changed. Stage functions run in many threads at
 * once: `self` and `table` are read-only, what changes lives in `scratch` and `local`; they do not allocate.
 * Luminosities are L_lambda [Lsun/A] on the model's rest-frame grid. */
#ifndef GAL_COMPONENT_H
#define GAL_COMPONENT_H
#include "galua/compat.h"
#include "galua/option.h"
#include "galua/param.h"
#include "galua/ssp.h"
#ifdef __cplusplus
extern "C" {
#endif

/* The model's wavelengths: rest frame, ascending, 1 .. 1e10 A in the default mode. */
typedef struct gal_wavegrid {
    size_t n;
    const double *wave; /* [n] A */
    const double *tw;   /* [n] trapezoid weights [A]: int f dlambda = sum tw f */
    gal_compat compat;
    /* The nodes of a plan (galua/plan.h): some of the whole grid's, ascending, repeated where several sums use them. tw then gives the
     * integral of what dust emits, and only that. NULL: this is the whole grid. */
    const struct gal_wavegrid *whole;
    const uint32_t *at; /* [n] their indices in it */
} gal_wavegrid;

/* How a class gets along with the nodes of a plan. */
typedef enum gal_on_nodes {
    GAL_NODES_WHOLE,  /* reads spectra of the view, or more: galaxies with it have no plan */
    GAL_NODES_PICKED, /* reads numbers of the view alone: its spectra are made on the whole grid and picked */
    GAL_NODES_TABLED, /* its tables on the nodes are picked from those on the whole grid (`pick`), and no integral over nodes is taken */
    GAL_NODES_ANYWHERE /* a value at a wavelength needs no neighbours, `setup` sees to integrals (grid->whole) */
} gal_on_nodes;

/* What a component sees of an evaluation. Fields are valid from the stage named on. */
typedef struct gal_view {
    const gal_wavegrid *grid;
    double age, redshift; /* yr */
    /* from the history at `age` */
    double sfr;         /* Msun/yr, quenching applied */
    double mgas, mdust; /* Msun */
    double zgas, zstar; /* mass fractions; zstar is the mean of the stars formed */
    double age_mass;    /* mass-weighted age of the stars [yr] */
    double mstar;       /* Msun, surviving, remnants included */
    /* stars before gas and dust */
    const double *stars;  /* [n] Lsun/A */
    const double *clouds; /* [n] the part of it inside birth clouds */
    double bol;           /* Lsun */
    double qh;            /* hydrogen-ionising photons [1/s] */
    double qh_clouds;     /* those emitted inside birth clouds [1/s] */
    double qhei;          /* photons that ionise helium, below 504.26 A [1/s] */
    double lyman;         /* luminosity of the Lyman continuum, what gas can take of the stars' light [Lsun] */
    double sn_rate;       /* core-collapse supernovae [1/yr] */
    /* after `screen` */
    const double *att_mc, *abs_mc; /* [n] transmission of a cloud, and 1 - it without cancellation */
    const double *att_dd, *abs_dd; /* [n] of the diffuse dust */
    double av_mc, av_dd;           /* mag at 5500 A */
    double tau_esc;                /* yr; 0 = no clouds */
    /* after attenuation */
    const double *attenuated; /* [n] stars after gas and dust */
    double e_mc, e_dd;        /* power absorbed by clouds and by diffuse dust, from every source [Lsun] */
    double t_mc, t_dd;        /* dust temperatures [K], 0 = none (after `reemit`) */
    unsigned idle; /* of derivatives backward: GAL_NEED_* that nobody asks for, which may be left out; 0 = none */
} gal_view;

/* What the result of a component depends on besides its own parameters. */
enum {
    GAL_NEED_REDSHIFT = 1,
    GAL_NEED_AGE = 2,
    GAL_NEED_HISTORY = 4,   /* sfr, masses, metallicities */
    GAL_NEED_STARS = 8,     /* spectra of the stars, ionising photons */
    GAL_NEED_SCREEN = 16,   /* attenuation */
    GAL_NEED_ABSORBED = 32, /* attenuated light, absorbed power */
    GAL_NEED_DUST = 64,     /* dust temperatures */
    GAL_NEED_SN = 128,      /* the supernova rate */
    GAL_NEED_GAS = 256,     /* results of `source` */
    GAL_NEED_IONISING = 512 /* ionising photons: the stellar table must reach down to them */
};

/* Where a class makes light of which galaxies have a luminosity of their own among the derived quantities. */
enum { GAL_SHINES_RADIO = 1, GAL_SHINES_XRAY = 2 };

/* Result of `source` besides its spectrum. */
typedef struct gal_source {
    double in_clouds; /* share of the light inside birth clouds, 0 .. 1 */
    double
        dust_ratio; /* attenuation of this light by diffuse dust relative to that of the stars; 1 = the same, 0 = none */
    double lyc_left; /* share of the stars' Lyman continuum that goes on as light, 0 .. 1; 1 = untouched */
    double lyc_dust; /* share of it absorbed by dust inside the ionised gas: heats the dust */
} gal_source;

/* One named emission line of the ionised gas. */
typedef struct gal_line {
    const char *name; /* "Halpha", "[OIII]5007" */
    double wave;      /* A, vacuum, rest frame */
    bool report;      /* its luminosity after dust is a derived quantity, "L_Halpha" */
} gal_line;

/* Arguments of the stage functions. */
typedef struct gal_stage {
    const void *self;  /* made by create; without it the law of the class */
    const void *table; /* made by setup on the galaxy's grid */
    void *local;       /* made by open: one per workspace */
    double *scratch;   /* [scratch(...)] kept between calls, zero at first */
    const double *p;   /* own parameters in the order of the class */
    const gal_view *view;
    double *const *lum; /* [nspectra][n] Lsun/A, to be filled completely */
    double *derived;    /* [nderived], to be filled */
    double *line;       /* [nlines] luminosities [Lsun] of source's lines before dust; NULL when the class has none */
} gal_stage;

/* Screens to be filled. */
typedef struct gal_screen {
    double *att_mc, *abs_mc, *att_dd, *abs_dd; /* [n] */
    double av_mc, av_dd;                       /* mag at 5500 A */
} gal_screen;

/* Result of `reemit` besides its spectra. */
typedef struct gal_emission {
    double t_mc, t_dd; /* dust temperatures [K], 0 = none */
    double other;      /* share of the diffuse power that does not leave as a grey body (PAH) */
} gal_emission;

typedef struct gal_quantity {
    const char *name, *unit, *doc;
} gal_quantity;

typedef struct gal_component gal_component;
typedef struct gal_component_class {
    const char *group; /* "agn": at most one component of a group in a galaxy */
    const char *kind;  /* "fritz": the Lua constructor is agn.fritz{...} */
    const char *doc;   /* one line, then equations and source: shown by help() */
    const char *about; /* what the group is, said by its first class, or all */
    bool standard;     /* taken where nothing is said: of the classes with `screen`, and of those that only re-emit */
    unsigned shines;   /* GAL_SHINES_*: galaxies list the luminosity there */
    const gal_param *par;
    size_t npar;
    const gal_option *option;
    size_t noption;
    size_t
        nlater; /* of them, the last: added since results files are written; count in fingerprints only off their defaults */
    size_t
        nparlater; /* of the parameters, the last: added since then; such a one at its lowest value is as if it was not there: a
                       * file without it has that value, and it counts in fingerprints only off it */
    const char *const *spectra; /* names, as in g:lum("AGN") */
    size_t nspectra;
    const gal_quantity *derived;
    size_t nderived;
    const gal_line *line; /* classes with `source` only */
    size_t nlines;
    int line_sigma; /* ... 1 + index of the option that is the dispersion with which they lie on the grid [km/s]; 0: they cannot be taken off */
    unsigned needs; /* GAL_NEED_* */
    gal_on_nodes on_nodes;
    /* classes with `screen` and `reemit`: this many parameters, the last ones, serve the emission only; they and the spectra go
     * when another component re-emits */
    size_t nemission;
    int tau_esc; /* classes with `screen`: 1 + index of the parameter that is the escape time from clouds; 0 = no clouds */
    int cut;     /* ... 1 + index of the option, a choice of gal_cuts, how stars leave them; 0 = over time */
    /* v[noption]; self may stay NULL when the class has no options. Reads files, checks options. */
    const void *law; /* tells it from classes of the same functions: their self, without create; or NULL */
    gal_status (*create)(void **self, const gal_option_value *v);
    void (*destroy)(void *self);
    /* Tables on a galaxy's grid: once per galaxy. */
    gal_status (*setup)(void **table, const void *self, const gal_wavegrid *grid);
    void (*teardown)(void *table);
    /* The same on the nodes of a plan, from the table on the whole grid: values at nodes[at], integrals as they are. */
    gal_status (*pick)(void **table, const void *whole, const void *self, const gal_wavegrid *nodes);
    size_t (*scratch)(const void *self, const gal_wavegrid *grid); /* doubles per workspace */
    gal_status (*open)(void **local, const void *self); /* per workspace; for components with state of their own */
    void (*close)(void *local);
    /* Parameter combinations that the ranges do not forbid; GAL_EDOMAIN with a message. */
    gal_status (*check)(const void *self, const double *p);
    gal_status (*source)(const gal_stage *s, gal_source *out);
    gal_status (*screen)(const gal_stage *s, gal_screen *out);
    gal_status (*reemit)(const gal_stage *s, gal_emission *out);
    /* classes of GAL_NODES_ANYWHERE with `reemit`: the spectra that it integrates over the nodes, up to a factor each, zero at first; 0: they
     * are those it makes */
    size_t nintegrand;
    void (*integrand)(const gal_stage *s, const gal_emission *e, double *const *out);
    gal_status (*emit)(const gal_stage *s);
    gal_status (*transmit)(const gal_stage *s, double *t); /* t[n] in 0 .. 1 */
    /* Derivatives along a direction: d has the changes of p and view, and room for those of lum and line; out, t as the function above left
     * them.
     * NULL: central differences of the function are taken. */
    gal_status (*source_jvp)(const gal_stage *s, const gal_stage *d, const gal_source *out, gal_source *change);
    gal_status (*screen_jvp)(const gal_stage *s, const gal_stage *d, const gal_screen *out, gal_screen *change);
    gal_status (*reemit_jvp)(const gal_stage *s, const gal_stage *d, const gal_emission *out, gal_emission *change);
    gal_status (*emit_jvp)(const gal_stage *s, const gal_stage *d); /* of a source: of what it adds */
    gal_status (*transmit_jvp)(const gal_stage *s, const gal_stage *d, double *change);
    /* Their transposes: from derivatives of a function with respect to the arrays of g, t, or of lum[nspectra], line, and to the numbers of g, those
     * with respect to parameters, numbers of the view and, of reemit, the absorbed shares in gscreen, of emit, the spectra of the view are
     * added. reemit finds those with respect to its temperatures in gv. NULL: of what reads numbers alone (GAL_NODES_PICKED, or
     * GAL_NODES_ANYWHERE but for reemit) the derivatives along each of them are taken. */
    gal_status (*source_vjp)(const gal_stage *s, const gal_source *out, double *const *glum, const gal_source *g,
                             const double *gline, double *gp, gal_view *gv);
    gal_status (*screen_vjp)(const gal_stage *s, const gal_screen *out, const gal_screen *g, double *gp, gal_view *gv);
    gal_status (*reemit_vjp)(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp, gal_view *gv,
                             gal_screen *gscreen);
    gal_status (*emit_vjp)(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated);
    gal_status (*transmit_vjp)(const gal_stage *s, const double *t, const double *gt, double *gp, gal_view *gv);
} gal_component_class;

/* How stars leave their birth clouds: "ramp", from tau_esc to 2 tau_esc, or "sharp", all at tau_esc. NULL-terminated. */
GAL_API extern const char *const gal_cuts[];
#define GAL_CUT_OPTION                                                                                                 \
    {                                                                                                                  \
        "cut", "", "how stars leave birth clouds: ramp, from tau_esc to 2 tau_esc, or sharp, all at tau_esc",          \
            GAL_OPTION_CHOICE, gal_cuts, 0, NULL                                                                       \
    }

/* NULL-terminated list of the built-in classes. */
GAL_API const gal_component_class *const *gal_component_classes(void);
/* "agn", "fritz" -> class; GAL_ENOTFOUND with the near names. */
GAL_API gal_status gal_component_find(const gal_component_class **out, const char *group, const char *kind);
/* What the classes of a group say of it: text for help (NULL: nothing); the union of `shines`; its class that is `standard` (NULL: none). */
GAL_API const char *gal_component_about(const char *group);
GAL_API unsigned gal_component_shines(const char *group);
GAL_API const gal_component_class *gal_component_standard(const char *group);

/* An instance: a class and its options; immutable, shared by threads. v[noption] is copied; NULL = all defaults. */
GAL_API gal_status gal_component_create(gal_component **out, const gal_component_class *c, const gal_option_value *v);
/* The same with an object made by the caller and owned from now on (also on failure): components defined at run time. The class
 * must live as long as the instance; `hash` tells instances apart in fingerprints. */
GAL_API gal_status gal_component_adopt(gal_component **out, const gal_component_class *c, void *self, gal_hash hash);
GAL_API gal_component *gal_component_ref(gal_component *c);
GAL_API void gal_component_unref(gal_component *c);
GAL_API const gal_component_class *gal_component_class_of(const gal_component *c);
GAL_API const void *gal_component_self(const gal_component *c);
GAL_API const gal_option_value *gal_component_options(const gal_component *c); /* [noption] as given */
GAL_API gal_hash gal_component_hash(const gal_component *c);                   /* of group, kind, options */
/* Without a galaxy, on n ascending rest-frame wavelengths [A], parameters in the order of the class: what the medium before a source at z lets
 * through, t[n]; the spectrum lum[n] [Lsun/A] of dust that has absorbed 1 Lsun. GAL_EINVAL: a component that needs more of a galaxy. */
GAL_API gal_status gal_component_transmission(const gal_component *c, const double *par, double z, size_t n,
                                              const double *wave, double *t);
GAL_API gal_status gal_component_emission(const gal_component *c, const double *par, size_t n, const double *wave,
                                          double *lum);
#ifdef __cplusplus
}
#endif
#endif
