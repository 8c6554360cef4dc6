/* The spectral part of a fit from the inside: spectrum.c (set-up, likelihood), spectrum_view.c (samples against the data), pixels.c
 * (pixels one by one). */
#ifndef GAL_SPECTRAL_INT_H
#define GAL_SPECTRAL_INT_H
#include "fit/fit_int.h"

/* parameters, in the order of gal_spectral_params: of the instrument, then of the noise; ln_scale, the first of all, stays where it was */
enum { SIGMA_V, SIGMA_GAS, SHIFT, LN_SCALE, C0, NC = 11, NOISE = C0 + NC, NPAR = NOISE + GAL_NOISE_NPAR };

typedef struct fit_spectral {
    const gal_spectrum *s;
    size_t block;   /* of its own parameters: 1, 2 ...; 0 are those of all spectra */
    char label[80]; /* "spec.NAME." or "spec." */
    bool own[NPAR]; /* given, or free, for this one alone */
    double fixed[NPAR];
    bool blurred;         /* sigma_gas is given or free */
    bool noisy, outliers; /* a noise term beyond ln_scale may be on; outliers among them */
    bool joint;           /* noise may be correlated */
    gal_noise_data of;    /* choices and columns of the pixels' noise */
    double whole[GAL_NOISE_COLUMNS];
    size_t *pixel;            /* [s->nused] */
    double *y, *err, *x, *lw; /* [s->nused] flux, error, argument of the polynomial, ln(wavelength) */
    double *column;           /* [GAL_NOISE_COLUMNS][s->nused] */
    double *zero;             /* [s->nline] */
} fit_spectral;

typedef struct spectral_worker {
    gal_viewer *view;
    double *flux, *used, *profile, *line, *like;
    double *sigma, *noise; /* [nused] */
} spectral_worker;

gal_spec_like fit_spectral_like(const fit_spectral *p, const double *profile);
gal_noise fit_spectral_noise(const fit_spectral *p, const double *v);
/* which of gal_noise_params parameter k is; GAL_NOISE_NPAR: none */
size_t fit_spectral_noise_at(size_t k);
/* values v[NPAR] at x of block `block`'s parameters: fixed ones; those of all spectra that are free, but those that are its `own`; its free ones */
void fit_spectral_values(const gal_fit *f, size_t block, const double *fixed, const bool *own, const double *x,
                         double *v);
/* Fixed value of parameter k of a block as it was given, NaN: it was not; is it free? */
double fit_spectral_given(const gal_fit_opts *o, size_t block, size_t k);
bool fit_spectral_free_is(const gal_fit *f, size_t block, size_t k);
gal_kinematics fit_spectral_kinematics(bool blurred, const double *v);
/* gradients, spectrum_gradient.c */
gal_status fit_spectral_slopes(const gal_fit *f, const void *self, void *local, const gal_data_at *at, double *lnl,
                               const gal_data_slopes *out);
bool fit_spectral_exact(const void *self);
size_t fit_spectral_room(const gal_fit *f, const void *self);
/* Model flux of all pixels into w->flux, of those in use and of the free lines into w->used and w->profile. */
gal_status fit_spectral_predict(const fit_spectral *p, const gal_galaxy_ws *ws, const double *theta, const double *v,
                                spectral_worker *w);
/* measures.c: measured numbers, the set `measures` of the class of their name and what a thread works with */
size_t fit_measures_n(const void *measures); /* NULL: 0 */
gal_status fit_measures_values(const gal_fit *f, const void *measures, void *local, const gal_data_at *at,
                               double *value);
void fit_measures_noise(const void *measures, gal_rng *rng, const double *value, double *out);
/* dispersion of the free lines */
double fit_spectral_line_sigma(const fit_spectral *p, const spectral_worker *w, const double *v);
#endif
