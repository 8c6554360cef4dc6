/* The spectral part of a fit from the inside: spectrum.c (set-up, likelihood), spectrum_view.c (samples against the data), pixels.c
 * (pixels one by one). */
#ifndef GAL_SPECTRAL_INT_H
#define GAL_SPECTRAL_INT_H
#include "fit/fit_int.h"

/* parameters, in the order of gal_spectral_params: of the instrument, then of the noise; ln_scale, the first of all, stays where it was */
enum { SIGMA_V, SIGMA_GAS, SHIFT, LN_SCALE, C0, NC = 11, NOISE = C0 + NC, NPAR = NOISE + GAL_NOISE_NPAR };

struct fit_spectral {
    const gal_spectrum *s; /* NULL: indices only */
    fit_measures *measures;
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
};

struct spectral_worker {
    gal_viewer *view;
    gal_meter *meter;
    const fit_measures *measures;
    void **local; /* of measures */
    double *flux, *used, *profile, *line, *like, *measure;
    double *sigma, *noise; /* [nused] */
};

gal_spec_like fit_spectral_like(const fit_spectral *p, const double *profile);
gal_noise fit_spectral_noise(const fit_spectral *p, const double *v);
/* which of gal_noise_params parameter k is; GAL_NOISE_NPAR: none */
size_t fit_spectral_noise_at(size_t k);
/* values of all parameters at x: v[NPAR] */
void fit_spectral_values(const gal_fit *f, const double *x, double *v);
gal_kinematics fit_spectral_kinematics(const fit_spectral *p, const double *v);
/* Model flux of all pixels into w->flux, of those in use and of the free lines into w->used and w->profile. */
gal_status fit_spectral_predict(const fit_spectral *p, const gal_galaxy_ws *ws, const double *theta, const double *v,
                                spectral_worker *w);
/* dispersion of the free lines */
double fit_spectral_line_sigma(const fit_spectral *p, const spectral_worker *w, const double *v);
#endif
