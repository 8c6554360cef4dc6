/* A fit from the inside: shared by fit.c (evaluation), fit_setup.c (options, fingerprint) and fit_data.c (samples against the data). */
#ifndef GAL_FIT_INT_H
#define GAL_FIT_INT_H
#include "galua/data.h"
#include "galua/fit.h"
#include "galua/measure.h"
#include "galua/plan.h"
#include "galua/rng.h"
#include "galua/spectrum.h"
#include "galua/tangent.h"

/* what random numbers are for (see infer/purpose.h) */
enum {
    RNG_FIT_AMPLITUDE = 0x66740001,
    RNG_FIT_REPLICATE = 0x66740002,
    RNG_FIT_SPECTRUM = 0x66740003,
    RNG_FIT_TIE = 0x66740004,
    RNG_FIT_MARGINAL = 0x66740005
};

typedef struct fit_set { /* of data */
    const gal_data_class *class;
    void *self;
} fit_set;

typedef struct fit_worker {
    gal_galaxy_ws *ws;
    gal_phot *phot;
    gal_plan_ws *plan;
    double *theta, *flux, *used, *bare, *like;
    double *planned; /* [nplan] all bands of the plan */
    void *custom;    /* of the caller's likelihood */
    void (*close)(void *custom);
    void **local;         /* [nset] of the sets of data */
    gal_tangent *tangent; /* NULL until gradients are asked for */
    double *slopes;       /* of gradients: fit_gradient.c */
} worker;

struct gal_fit {
    gal_target target;
    gal_galaxy *galaxy;
    const gal_obs *obs;
    size_t ndim, npar, nband, nused, nderived;
    size_t nblob; /* derived quantities, fluxes, amplitude; the target has none of them where they are made later */
    const gal_prior **prior; /* [ndim] */
    size_t *index;   /* [ndim] parameter of the galaxy; npar + k: parameter k of the noise; then of the spectrum */
    char **names;    /* [ndim] */
    double *theta;   /* [npar] fixed values */
    gal_noise noise; /* fixed values */
    const gal_prior *amplitude;
    gal_fit_custom custom; /* lnlike NULL: none */
    size_t nset;
    fit_set *set;
    bool light;  /* one of them needs the spectrum of the galaxy */
    size_t nown; /* parameters of the data: of the bands' noise, of all spectra, of each; index - npar */
    /* the bands that are used, contiguous */
    size_t *band;
    double *y, *err, *lnwave;
    double *column[GAL_NOISE_COLUMNS]; /* of terms of noise; like.column has those that are given */
    unsigned char *kind;
    gal_like like; /* of those arrays */
    const char **blob_names;
    char *band_names;
    char note[512];        /* what should make one doubt the data under this model, "" when nothing */
    gal_fit_tie tie;       /* apply NULL: none */
    size_t *tie_index;     /* [tie.n] in theta */
    void **tie_local;      /* per thread */
    gal_plan *plan;        /* of the used bands, or NULL */
    gal_filter **family;   /* [nfamily] bands that its plan may be of, or NULL */
    size_t nfamily, nplan; /* nplan: bands of the plan */
    double family_z[2];
    size_t *plan_band;     /* [nused] which of the plan's bands it is */
    double plan_tolerance; /* promised; 0: none asked for */
    bool plan_pending;     /* it is to be made before the first evaluation */
    char *plan_cache;      /* folder, or NULL */
    char plan_why[200];    /* why there is none */
    uint64_t plan_checks;  /* samples at which it was compared with the whole grid */
    double plan_worst;     /* largest error there */
    bool *wanted;          /* [npar] parameters of the galaxy that gradients are by: free or tied */
    uint64_t uncovered;    /* points at which a band reached beyond the SSP table, atomic */
    size_t uncovered_band; /* the last of those bands, atomic */
    char uncovered_text[200];
    size_t marginal; /* the free parameter that all light is proportional to; ndim: none */
    bool marginal_known;
    worker *workers; /* [nworker], grown by the master only */
    int nworker;
};

/* values of the fixed and free parameters at x: of the galaxy, and of the bands' noise */
void fit_theta(const gal_fit *f, const double *x, double *theta);
gal_noise fit_noise(const gal_fit *f, const double *x);
const gal_param *fit_param(const gal_fit *f, size_t index); /* as in gal_fit.index */
gal_status fit_take_free(gal_fit *f, const gal_fit_opts *o);
gal_status fit_take_bands(gal_fit *f, const gal_fit_opts *o);
gal_status fit_check_noise(const gal_fit *f);
/* Is there what is not Gaussian errors of the data alone? What, in words of the options */
bool fit_not_gaussian(const gal_fit *f, char *what, size_t size);
void fit_marginal_take(gal_fit *f); /* fit_marginal.c */
gal_status fit_name_blobs(gal_fit *f);
gal_status
fit_unabsorbed(gal_fit *f); /* fills note: data below Lyman alpha where the model absorbs nothing; unabsorbed.c */
/* tie.c: what is tied, the values at a point, and their ranges under the priors: entries of lo, hi[npar] */
gal_status fit_tie_take(gal_fit *f, const gal_fit_tie *tie);
gal_status fit_tie(const gal_fit *f, double *theta);
gal_status fit_tie_range(const gal_fit *f, double *lo, double *hi);
void fit_tie_free(gal_fit *f);
/* fit.c: the plan that is to be, and n workers at least; the bands at w->theta: w->used, and w->flux (the same, with ignored bands) where a plan does not do, or `all`
 * is asked for. GAL_EDOMAIN where there is no model. */
gal_status fit_workers(gal_fit *f, int n);
/* point(f, worker of the thread, i, ctx) for i = 0 .. m - 1 in so many threads, as many workers made; the failure of the first point that
 * fails, whatever thread met it. What is behind it may be left undone. */
typedef gal_status fit_point_fn(gal_fit *f, worker *w, size_t i, void *ctx);
int fit_threads(size_t m); /* as many as are allowed and of use */
gal_status fit_batch(gal_fit *f, int threads, size_t m, fit_point_fn *point, void *ctx);
double fit_lnprior(const gal_fit *f, const double *x);
/* A plan over redshifts is a table for each small step of them, each as large as a cache: points are evaluated in the order of their
 * redshifts. *order is NULL where there is no such plan; to be freed. */
gal_status fit_by_redshift(const gal_fit *f, size_t m, const double *x, size_t **order);
gal_status fit_model_fluxes(const gal_fit *f, worker *w, bool all);
/* fit_gradient.c: gradients of the target, where its galaxy has them */
gal_status fit_gradient_take(gal_fit *f);
void fit_gradient_clear(worker *w);
gal_status fit_plan_take(gal_fit *f, const gal_fit_opts *o); /* fit_plan.c */
gal_status fit_plan_compare(const gal_fit *f, worker *w);
gal_status fit_plan_worker(const gal_fit *f, worker *w);       /* what a worker needs of the plan, where there is one */
gal_status fit_plan_fluxes(const gal_fit *f, const worker *w); /* w->used by the plan at w->theta, which it covers */
/* gused[nused] backward: gtheta[npar] is overwritten */
gal_status fit_plan_gradient(const gal_fit *f, const worker *w, const double *gused, double *gtheta);
void fit_plan_free(gal_fit *f); /* what was taken, not the plan */
/* fit_data.c: one datum left out, from its densities term[m] at the draws, by PSIS: elpd, khat, and the mean of below[m] given the other
 * data (PIT). lnw[m] is scratch. */
gal_status fit_leave_out(size_t m, const double *term, const double *below, double reff, double *lnw, double *elpd,
                         double *khat, double *pit);
/* The parameters of the data among all: of the bands' noise from npar on, then from here those of all spectra, then those of each */
size_t fit_spectral_base(const gal_fit *f);
bool fit_spectral_moves(size_t k); /* is parameter k from there on a velocity, which moves pixels over the light? */
/* datas.c */
gal_status fit_sets_create(gal_fit *f, const gal_fit_opts *o);
void fit_sets_free(gal_fit *f);
const fit_set *fit_set_of(const gal_fit *f, const char *class, size_t i); /* NULL: there is none */
gal_status fit_set_open(const gal_fit *f, const fit_set *s, void **local);
void fit_set_close(const fit_set *s, void *local);
gal_status fit_sets_open(const gal_fit *f, worker *w);
void fit_sets_close(const gal_fit *f, worker *w);
gal_data_at fit_at(const gal_fit *f, worker *w, const double *x); /* the worker's point */
gal_status fit_sets_dry(const gal_fit *f, worker *w);
gal_status fit_sets_lnlike(const gal_fit *f, const gal_data_at *at, double *lnl);
gal_status fit_sets_slopes(const gal_fit *f, const gal_data_at *at, double *lnl, const gal_data_slopes *out);
bool fit_sets_exact(const gal_fit *f);
size_t fit_sets_room(const gal_fit *f); /* doubles that slopes of any of them need */
gal_hash fit_sets_hash(const gal_fit *f, gal_hash h);
#endif
