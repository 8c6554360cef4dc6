/* galua/like.h - likelihood of independent data with Gaussian errors and upper limits.
 *
 * Datum i: flux y, quoted error sigma, model m, variance
 *     s^2 = (sigma e^lnscale)^2 + jitter^2 + (f_model m)^2 + (floor y)^2.
 * Every detection contributes -(y-m)^2/(2 s^2) - ln(2 pi s^2)/2, whatever the noise terms, so that evidences compare. The floor
 * is a property of the data (a fraction of the observed flux added to its error); the model-anchored f_model pulls models
 * low, the floor does not. For a limit, y is its value (often k sigma). Pure functions, thread-safe. */
#ifndef GAL_LIKE_H
#define GAL_LIKE_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum gal_datum { GAL_DATUM_DETECTION = 0, GAL_DATUM_LIMIT = 1 } gal_datum;
/* What an upper limit contributes. */
typedef enum gal_limits {
    GAL_LIMITS_MEASURED, /* Gaussian in the measured flux, of any sign: the most informative, when y and sigma are measurements */
    GAL_LIMITS_CENSORED, /* ln Phi((y-m)/s): probability to be measured below y (Sawicki 2012, eq. A10, less its constant) */
    GAL_LIMITS_ONESIDED, /* -max(m-y, 0)^2/(2 s^2): a penalty, not a probability: evidences do not compare */
    GAL_LIMITS_CUT,      /* 0 for m <= y, -inf above */
    GAL_LIMITS_N
} gal_limits;
GAL_API const char *gal_limits_name(gal_limits mode);                   /* "measured", "censored", "onesided", "cut" */
GAL_API gal_status gal_limits_parse(gal_limits *out, const char *name); /* GAL_ENOTFOUND suggests */
/* Is the likelihood a probability of the data (false for ONESIDED)? If not, evidences carry a warning. */
GAL_API bool gal_limits_normalised(gal_limits mode);

typedef struct gal_noise { /* all 0: the quoted errors */
    double lnscale;        /* ln of a factor on the quoted errors */
    double jitter;         /* flux unit */
    double f_model;        /* fraction of the model flux */
    double floor;          /* fraction of the observed flux */
} gal_noise;

/* Data fit for the functions below? GAL_EINVAL names the first bad datum (names may be NULL: "datum 3"): non-finite flux,
 * error not positive and finite, a limit that is not positive. */
GAL_API gal_status gal_like_check(size_t n, const char *const *names, const double *flux, const double *err,
                                  const unsigned char *kind, gal_limits limits);
/* ln L. kind[n] of gal_datum, NULL = all detections; noise NULL = none; terms[n] receives the single contributions, or NULL.
 * Finite or -inf for finite models; NaN where the model is NaN. */
GAL_API double gal_like_gaussian(size_t n, const double *flux, const double *err, const unsigned char *kind,
                                 const double *model, const gal_noise *noise, gal_limits limits, double *terms);
/* The standard deviations s[n] used there. */
GAL_API void gal_like_sigma(size_t n, const double *flux, const double *err, const double *model,
                            const gal_noise *noise, double *s);
/* ln of the standard normal distribution function, accurate for any t (asymptotic series below -12), and its derivative. */
GAL_API double gal_lnphi(double t);
GAL_API double gal_dlnphi(double t);

#ifdef __cplusplus
}
#endif
#endif
