/* galua/fit.h - a galaxy model, one source's photometry and priors, joined into a log-density that samplers understand.
 *
 * Sampled coordinates are those of the priors (log10 of the parameter for loguniform and lognormal). A point is forbidden
 * (-inf) where a prior, the range of a parameter, or a consistency rule of the model (age of the Universe, extent of the SSP
 * table) says so; a NaN is an error. Blobs of each sample: the derived quantities, then the model flux [mJy] of each band of
 * the observation, ignored ones included. With a marginalised amplitude each sample holds a draw of it (blob "amplitude", the last)
 * and its luminosities, masses, rates and fluxes are those of the scaled model. Evaluation is threaded over the batch; results do not depend on threads or batch. */
#ifndef GAL_FIT_H
#define GAL_FIT_H
#include "galua/galaxy.h"
#include "galua/like.h"
#include "galua/obs.h"
#include "galua/plan.h"
#include "galua/prior.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif
/* The number of the numerics: raised, with a line in CHANGELOG.md, by a change that makes the likelihood or a derived quantity of the same
 * parameters differ by more than rounding. It is kept in results files: a run goes on under the number it began with. */
#define GAL_NUMERICS 3
typedef struct gal_fit_par {
    const char
        *name; /* a parameter of the galaxy, "noise.NAME" of gal_noise_params, "spec.NAME" of gal_spectral_params:
               * of all spectra; "spec.SPECTRUM.NAME" of one */
    const gal_prior *prior; /* referenced */
} gal_fit_par;
/* A likelihood of the caller's instead of the built-in one: ln L of the model flux [mJy] of all bands of the observation, ignored
 * ones included. Called by several threads at once, each with a `local` of its own; the result may depend on flux alone. */
typedef struct gal_fit_custom {
    gal_status (*open)(void **local, const void *ctx); /* what a thread works with; NULL: nothing */
    void (*close)(void *local);                        /* with open */
    gal_status (*lnlike)(void *ctx, void *local, const double *flux, double *lnl);
    void *ctx;
    gal_hash hash; /* of what it does, for the fingerprint */
} gal_fit_custom;
/* Parameters of the galaxy that follow from the others: `apply` sets them in theta[npar] once the free ones have their values. Called by
 * several threads at once, each with a `local` of its own. */
typedef struct gal_fit_tie {
    gal_status (*open)(void **local, const void *ctx);
    void (*close)(void *local);
    gal_status (*apply)(void *ctx, void *local, double *theta);
    void *ctx;
    gal_hash hash;           /* of what it does, for the fingerprint */
    const char *const *name; /* [n] the parameters it sets: none of them may be free */
    size_t n;
} gal_fit_tie;
/* What many fits of one model and one set of priors have in common: their bands, and the redshifts of those whose redshift is fixed. Their plan
 * is one of all of it. */
typedef struct gal_fit_family {
    gal_filter *const *filter; /* [n] referenced */
    size_t n;
    double z_lo, z_hi; /* equal: nothing is said of redshifts */
} gal_fit_family;
/* Of one spectrum alone, where it is not as all are */
typedef struct gal_fit_own {
    const double *fixed; /* [gal_spectral_params] values, NaN: as all; NULL: all */
    const double *whole; /* [GAL_NOISE_COLUMNS] of its noise; NULL: as all */
    const int *choice;   /* [GAL_NOISE_CHOICES]; NULL: as all */
} gal_fit_own;
typedef struct gal_fit_opts {
    gal_galaxy *galaxy;  /* referenced */
    const double *theta; /* [npar] values of the fixed parameters, copied */
    const gal_obs *obs;  /* borrowed: must outlive the fit */
    const gal_fit_par *free;
    size_t nfree;
    gal_limits limits; /* how limits enter */
    gal_noise noise;   /* fixed values; those of columns go to every band that no array is given for */
    gal_noise_data
        of; /* its settings: choices, and columns [obs->n] per band of the observation, copied; NULL: none. The rest is not read */
    const gal_prior *amplitude;     /* a factor on the whole model, marginalised; referenced. NULL: none */
    const gal_fit_custom *custom;   /* NULL: none */
    const double *spectral;         /* [gal_spectral_params] fixed values, NaN: the default; NULL: all defaults */
    const double *spectral_whole;   /* [GAL_NOISE_COLUMNS] of the pixels' noise: one number for all; NULL: none */
    gal_noise_data spectral_of;     /* choices of the pixels' noise */
    const gal_fit_own *of_spectrum; /* [obs->nspectrum], NULL: all are alike */
    const gal_fit_tie *tie;         /* NULL: none */
    double plan;                    /* tolerance of a plan (galua/plan.h) for the bands, 0: the whole grid each time */
    const char *plan_cache;         /* folder of plans made before, copied; NULL: none */
    const gal_fit_family *family;   /* a fit that lies outside has a plan of its own; copied. NULL: none */
    bool
        derive_later; /* the target has no blobs: gal_fit_derive makes those of chosen points. With a plan they cost ten likelihoods */
} gal_fit_opts;
typedef struct gal_fit gal_fit;
/* Errors: an unknown or repeated parameter, a bounded prior that reaches beyond a parameter's range, noise terms that exclude one
 * another, no usable band, a band outside the model's wavelengths, fixed values that the model refuses (with the free ones
 * at their prior medians). */
GAL_API gal_status gal_fit_create(gal_fit **out, const gal_fit_opts *o);
GAL_API void gal_fit_free(gal_fit *f);          /* NULL is fine */
GAL_API gal_target *gal_fit_target(gal_fit *f); /* borrowed */
/* Points x[m][ndim] with their blobs[m][gal_fit_nblob], as the target evaluates them; for fits whose target has none, too. Errors as of
 * gal_target_eval; GAL_EMATH where a plan errs by more than was promised. */
GAL_API gal_status gal_fit_derive(gal_fit *f, size_t m, const double *x, double *lnprior, double *lnlike, double *blob);
GAL_API size_t gal_fit_nblob(const gal_fit *f);
GAL_API const char *const *gal_fit_blob_names(const gal_fit *f); /* [gal_fit_nblob], borrowed */
GAL_API const gal_galaxy *gal_fit_galaxy(const gal_fit *f);      /* borrowed */
/* The plan that band fluxes come from, and the samples at which it was compared with the whole grid. */
typedef struct gal_fit_plan_info {
    double tolerance; /* as asked; 0: no plan was asked for */
    bool pending;     /* it is not made yet */
    bool used;        /* is there one? */
    const char *why;  /* why not; borrowed */
    gal_plan_info made;
    uint64_t checks; /* samples compared so far */
    double worst;    /* largest error of them */
    bool
        failed; /* it is above the tolerance: evaluations fail from then on, and the run has to start on the whole grid */
} gal_fit_plan_info;
GAL_API gal_fit_plan_info gal_fit_plan(const gal_fit *f);
/* How gradients of the target are made: from the model where `exact`, and what in it is differenced, by itself: components without
 * derivatives, ties, likelihoods of the caller's. */
enum { GAL_FIT_SLOPES_MAX = 24 };
typedef struct gal_fit_slopes {
    bool exact;
    size_t n;
    char what[GAL_FIT_SLOPES_MAX][96];
} gal_fit_slopes;
GAL_API gal_status gal_fit_slopes_of(gal_fit *f, gal_fit_slopes *out);
/* Fisher information F[ndim][ndim] of the bands at x, in sampled coordinates: what data of this kind say about the parameters on average if
 * the model is right there; the prior is not in it. GAL_EUNSUP where the likelihood is not Gaussian, or more than bands; GAL_EDOMAIN where
 * there is no model. */
GAL_API gal_status gal_fit_fisher(gal_fit *f, const double *x, double *F);
/* A line on points evaluated so far at whose redshift a band reached beyond the SSP table (likelihood 0), with their number; NULL: there were
 * none. Borrowed, for one thread. */
GAL_API const char *gal_fit_uncovered(gal_fit *f);
/* Makes the plan that was asked for; the first evaluation does otherwise. Where there can be none the whole grid is evaluated (`why`). Errors
 * of memory, and GAL_EINTR: it is still to be made. Until then the fingerprint is that of a fit with a plan. */
GAL_API gal_status gal_fit_compile(gal_fit *f);
/* What the data say about each free parameter and derived quantity, found by trying points spread over the priors: about 20 ms. */
typedef enum gal_tie {
    GAL_TIE_DATA,  /* depends on a free parameter that data depend on: a result */
    GAL_TIE_NONE,  /* depends on parameters that no datum depends on, and on others less */
    GAL_TIE_FIXED, /* depends on no free parameter */
} gal_tie;
typedef struct gal_tie_pair { /* free parameters a, b that enter only as a b^power */
    size_t a, b;
    double power;
} gal_tie_pair;
enum { GAL_TIES_MAX = 16 };
typedef struct gal_fit_ties {
    bool *data;       /* [ndim] some datum depends on the parameter */
    gal_tie *derived; /* [nderived] */
    size_t npair;
    gal_tie_pair pair[GAL_TIES_MAX];
} gal_fit_ties;
GAL_API gal_status gal_fit_ties_find(gal_fit_ties **out, const gal_fit *f);
GAL_API void gal_fit_ties_free(gal_fit_ties *t);
GAL_API size_t gal_fit_nused(const gal_fit *f); /* bands that enter the likelihood */
/* One line on data that this model cannot describe: below Lyman alpha with nothing in the galaxy that absorbs there; "" when there
 * are none. Borrowed. */
GAL_API const char *gal_fit_note(const gal_fit *f);
GAL_API const char *gal_fit_blob_unit(const gal_fit *f, size_t i);
GAL_API const gal_prior *gal_fit_prior(const gal_fit *f, size_t i);
GAL_API const char *gal_fit_unit(const gal_fit *f, size_t i); /* of parameter i */
/* Sampled coordinates x[ndim] -> values of the free parameters [ndim], and the full parameter vector of the galaxy [npar]. */
GAL_API void gal_fit_values(const gal_fit *f, const double *x, double *value);
GAL_API void gal_fit_theta(const gal_fit *f, const double *x, double *theta);
/* ---- the data, seen from samples x[ndim] and their blobs (model fluxes): no model evaluation. Arrays over the bands of the
 * observation; NaN for ignored bands and, term and p_out, for a custom likelihood. */
/* term: ln p(datum | the other data), p_out: probability to be an outlier; m points, rows of [obs->n]; either may be NULL. */
GAL_API gal_status gal_fit_pointwise(const gal_fit *f, size_t m, const double *x, const double *blob, double *term,
                                     double *p_out);
/* Replicated fluxes y[m][obs->n] for each sample, random numbers keyed by (seed, row); sigma[m][obs->n], or NULL: the standard
 * deviations of independent errors used. */
GAL_API gal_status gal_fit_replicate(const gal_fit *f, size_t m, const double *x, const double *blob, uint64_t seed,
                                     double *y, double *sigma);
/* Leave-one-out predictive density of every band by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry 2017; for
 * correlated data Burkner, Gabry & Vehtari 2021): elpd = ln p(y_i | the other bands), khat of its weights (< 0.7: usable), pit =
 * P(y_i' < y_i | the other bands) over replicated data. [obs->n] each, NaN for ignored bands. reff: effective share of the draws. */
GAL_API gal_status gal_fit_loo(const gal_fit *f, size_t m, const double *x, const double *blob, double reff,
                               uint64_t seed, double *elpd, double *khat, double *pit);
/* Parameters of the spectral part (sigma_v, sigma_gas, shift, ln_scale, c0 .. c10; noise of the pixels: f_cal, gp_amplitude,
 * gp_length, f_out, n_out): in a fit "spec.NAME". */
GAL_API const gal_param *gal_spectral_params(size_t *n);
/* Spectrum `which` of the observation and the measured numbers at m points x[m][ndim], the galaxy evaluated at each. Arrays of m rows, NULL where not wanted. */
typedef struct gal_fit_view {
    double *model;    /* [npix] the model through the instrument, mJy */
    double *fitted;   /* [npix] and with calibration polynomial and free lines */
    double *coef;     /* [order+1] of the polynomial */
    double *amp;      /* [lines] fluxes of the free lines, erg/s/cm2 */
    double *y;        /* [npix] replicated data: fitted + noise of every kind; needs draw; NaN where masked */
    double *sigma;    /* [npix] independent errors as fitted; NaN where masked */
    double *gp;       /* [npix] mean of the correlated noise given all pixels; NaN where masked */
    double *p_out;    /* [npix] probability to be an outlier; NaN where masked */
    double *measure;  /* [gal_obs_nmeasured] indices, line fluxes, other numbers */
    double *measured; /* [gal_obs_nmeasured] replicated data: those + noise; needs draw */
    double *line;     /* [gal_galaxy_nlines] fluxes of the model's lines, erg/s/cm2 */
} gal_fit_view;
/* draw: coef and amp that are integrated out are drawn from their distribution given x and the data, and y from the noise, random
 * numbers keyed by (seed, row); else they are its means. GAL_EINVAL when the fit has no spectral part, GAL_EDOMAIN at a point
 * that the model refuses. */
GAL_API gal_status gal_fit_spectrum(const gal_fit *f, size_t which, size_t m, const double *x, bool draw, uint64_t seed,
                                    const gal_fit_view *out);
/* What the pixels' likelihood has: correlated noise, outliers, and whether it is a density (a profiled polynomial is none). All
 * false without a spectrum. */
typedef struct gal_fit_pixel_terms {
    bool gp, outliers, density;
} gal_fit_pixel_terms;
GAL_API gal_fit_pixel_terms gal_fit_pixels_have(const gal_fit *f, size_t which);
/* Every pixel against the others at m points, the galaxy evaluated at each, threaded: term[m][npix] ln p(pixel | the other pixels, x),
 * cdf[m][npix] the probability of a smaller flux; either may be NULL. NaN where masked, in rows of points that the model refuses,
 * and where there is no such density (see gal_spec_points). GAL_EINVAL without a spectrum. */
GAL_API gal_status gal_fit_pixels(const gal_fit *f, size_t which, size_t m, const double *x, double *term, double *cdf);
/* Leave-one-out of every pixel over m draws of the posterior, as gal_fit_loo: elpd, khat, pit [npix], NaN where masked. The conditional
 * densities are analytic (Burkner, Gabry & Vehtari 2021), the PIT is without noise. 2 m npix doubles of memory. */
GAL_API gal_status gal_fit_loo_pixels(const gal_fit *f, size_t which, size_t m, const double *x, double reff,
                                      double *elpd, double *khat, double *pit);
/* Fingerprint: (name, hash) pairs of everything the posterior depends on. names borrowed, NFINGER entries. */
enum { GAL_FIT_NFINGER = 6 };
GAL_API void gal_fit_fingerprint(const gal_fit *f, const char *names[GAL_FIT_NFINGER],
                                 gal_hash hashes[GAL_FIT_NFINGER]);
#ifdef __cplusplus
}
#endif
#endif
