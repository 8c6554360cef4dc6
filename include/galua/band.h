/* galua/band.h - units of sky maps and bandpasses of microwave detectors.
 *
 * nu in GHz. K_RJ: Rayleigh-Jeans brightness temperature; K_CMB: thermodynamic temperature about 2.7255 K; Jy/sr: intensity.
 * All three are linear in each other: I[Jy/sr] = g_RJ(nu) T[K_RJ] = g_CMB(nu) T[K_CMB], with g_RJ = 2 k nu^2/c^2 and
 * g_CMB = g_RJ x^2 e^x/(e^x - 1)^2, x = h nu/(k 2.7255 K).
 *
 * The convention of a bandpass is PySM's (Zonca et al. 2021, Thorne et al. 2017): weights w are the response to intensity, quadrature is the
 * trapezoid on the given frequencies, a component in K_RJ gives <T> = int w g_RJ T dnu / int w g_RJ dnu, and the factor between units is
 * int w g_in dnu / int w g_out dnu on the same points. One point is a delta function: the emission at that frequency. */
#ifndef GAL_BAND_H
#define GAL_BAND_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
/* ------------------------------------------------------------------ units */
typedef enum gal_sky_quantity { GAL_SKY_K_RJ, GAL_SKY_K_CMB, GAL_SKY_JY_SR, GAL_SKY_PLAIN } gal_sky_quantity;
typedef struct gal_sky_unit {
    gal_sky_quantity quantity;
    double scale; /* of the unit in K_RJ, K_CMB or Jy/sr; 1e-6 for uK_CMB */
    char name[24];
} gal_sky_unit;
/* "uK_CMB", "K_RJ", "MJy/sr", "Jy / sr", "mK_RJ" ...: prefixes n u m (none) k M G; "" or "1" is PLAIN. GAL_EINVAL names the nearest. */
GAL_API gal_status gal_sky_unit_parse(gal_sky_unit *out, const char *text);
GAL_API double gal_sky_g_rj(double nu);  /* Jy/sr of 1 K_RJ */
GAL_API double gal_sky_g_cmb(double nu); /* Jy/sr of 1 K_CMB */
/* Value in `to` of 1 `from` at one frequency > 0; GAL_EINVAL between PLAIN and anything else. */
GAL_API gal_status gal_sky_unit_factor(const gal_sky_unit *from, const gal_sky_unit *to, double nu, double *factor);

/* ------------------------------------------------------------------ bands: immutable, counted, shared by threads */
typedef struct gal_band gal_band;
typedef enum gal_band_weights {
    GAL_BAND_POWER, /* response to intensity [Jy/sr]: upstream's convention */
    GAL_BAND_RJ     /* response to Rayleigh-Jeans temperature: w of a band given as power is w/nu^2 of this */
} gal_band_weights;
/* n >= 1 frequencies, finite, > 0, ascending; w[n] finite, >= 0, not all zero, NULL for a top-hat. The weights of one point are ignored.
 * Any scale of w gives the same band. */
GAL_API gal_status gal_band_create(gal_band **out, const char *name, size_t n, const double *nu, const double *w,
                                   gal_band_weights convention);
GAL_API gal_band *gal_band_ref(gal_band *b);
GAL_API void gal_band_unref(gal_band *b);
GAL_API const char *gal_band_name(const gal_band *b);
GAL_API size_t gal_band_size(const gal_band *b);
GAL_API const double *gal_band_nu(const gal_band *b); /* [n] GHz */
GAL_API const double *
gal_band_weight(const gal_band *b); /* [n] W, 1/GHz, response to K_RJ with int W dnu = 1; {1} for one point */
GAL_API const double *gal_band_coef(const gal_band *b);  /* [n] W times the trapezoid's step: <T_RJ> = sum coef T(nu) */
GAL_API const double *gal_band_power(const gal_band *b); /* [n] w times the step, sum 1: weights of intensities */
GAL_API double gal_band_center(const gal_band *b);       /* int nu w dnu / int w dnu */
GAL_API double gal_band_width(const gal_band *b);        /* standard deviation of nu under w */
/* Value in `to` of 1 `from` through the band. */
GAL_API gal_status gal_band_factor(const gal_band *b, const gal_sky_unit *from, const gal_sky_unit *to, double *factor);
/* The same band times a constant plus a shift of all frequencies, as measured bands are moved: nu -> nu (1 + stretch) + shift. */
GAL_API gal_status gal_band_moved(gal_band **out, const gal_band *b, double shift, double stretch);
/* Linear interpolation of W at nu; 0 outside (lines). For one point: 1 at exactly its frequency, else 0. */
GAL_API double gal_band_at(const gal_band *b, double nu);

/* Realisations of an uncertain band: draws from w as a probability density, smoothed with a Gaussian kernel. `width` [GHz] of the kernel;
 * gal_band_kernel finds it from draws x[n] by the largest leave-one-out likelihood of 64 widths. draws >= 8 points a band. */
GAL_API gal_status gal_band_draws(const gal_band *b, uint64_t seed, uint64_t which, size_t n, double *x);
GAL_API gal_status gal_band_kernel(const double *x, size_t n, double *width);
GAL_API gal_status gal_band_smoothed(gal_band **out, const char *name, double lo, double hi, size_t points,
                                     const double *x, size_t n, double width);
/* Inverse of the cumulative distribution of w, 0 <= u <= 1. */
GAL_API double gal_band_quantile(const gal_band *b, double u);
#ifdef __cplusplus
}
#endif
#endif
