/* galua/like.h - likelihood of data with Gaussian errors, upper limits, outliers and correlated noise.
 *
 * Datum i: flux y, quoted error sigma, model m, variance
 *     s^2 = (sigma e^lnscale)^2 + jitter^2 + (f_cal m)^2 + (floor y)^2 + what other terms of galua/noise.h add.
 * Every detection contributes -(y-m)^2/(2 s^2) - ln(2 pi s^2)/2, whatever the noise terms, so that evidences compare. The floor
 * is a property of the data (a fraction of the observed flux added to its error); the model-anchored f_cal pulls models
 * low, the floor does not. For a limit, y is its value (often k sigma). Pure functions, thread-safe. */
#ifndef GAL_LIKE_H
#define GAL_LIKE_H
#include "galua/base.h"
#include "galua/noise.h"
#include "galua/prior.h"
#include "galua/rng.h"
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

/* ------------------------------------------------------------------ outliers, correlated noise, shared calibration
 * The data y = m + g + e: e independent with the s above (or an outlier), g a Gaussian process whose covariance is
 *     G_ij = gp_amp^2 m_i m_j k(|ln lambda_i/lambda_j|/gp_len) + offset_i offset_j m_i m_j [group_i = group_j >= 0]:
 * noise correlated over wavelength, and one calibration factor per instrument, marginalised over N(1, offset^2).
 * ln L = sum_i ln p(y_i | y_1 .. y_i-1): each factor is a normal density, a mixture of two for outliers, or a normal
 * probability for a censored limit, so that the whole is normalised whatever the terms. Detections alone are exact (equal to
 * -r'K^-1 r/2 - ln|K|/2 - n ln(2 pi)/2); with outliers or several censored limits AND correlations the density of g after each
 * datum is the normal one of the same mean and variance (assumed density filtering, Minka 2001), limits last. */
typedef struct gal_like { /* arrays borrowed, [n] each; NULL: none */
    union {
        gal_noise_data data; /* the same: what the terms of noise are told */
        struct {
            GAL_NOISE_DATA
        };
    };
    const unsigned char *kind;
    gal_limits limits;
} gal_like;
GAL_API size_t gal_like_work(const gal_like *l); /* doubles of scratch */
GAL_API double gal_like_eval(const gal_like *l, const double *model, const gal_noise *z, double *work);
/* The same, and its derivatives with respect to model[n] and to the parameters of the noise in the order of gal_noise_params, all of them
 * written. Exact for independent data and for correlated Gaussian ones; where outliers or limits that are no measurements are correlated,
 * differences of this function (five points, 1e-9). At a kink (a cut, a one-sided penalty at 0) those of the side where the value is. */
GAL_API double gal_like_gradient(const gal_like *l, const double *model, const gal_noise *z, double *work,
                                 double *gmodel, double gnoise[GAL_NOISE_NPAR]);
/* Are they exact? */
GAL_API bool gal_like_exact(const gal_like *l, bool outliers);
/* Fisher information F[d][d] of d parameters on which the model depends with J[n][d] and the noise with Z[GAL_NOISE_NPAR][d], expected over
 * data of Gaussian density: J' K^-1 J + Tr(K^-1 dK_a K^-1 dK_b)/2, K the covariance. GAL_EUNSUP with outliers, or limits that are no
 * measurements. */
GAL_API gal_status gal_like_fisher(const gal_like *l, const double *model, const gal_noise *z, size_t d,
                                   const double *J, const double *Z, double *F);
/* term[n]: ln p(y_i | all other data); p_out[n]: probability that datum i is an outlier, given all data. Either may be NULL.
 * For independent data the terms sum to ln L. work as above. */
GAL_API void gal_like_pointwise(const gal_like *l, const double *model, const gal_noise *z, double *work, double *term,
                                double *p_out);
/* Replicated data y[n] drawn from the same density (limits: the flux that would have been measured). */
GAL_API void gal_like_simulate(const gal_like *l, const double *model, const gal_noise *z, gal_rng *rng, double *work,
                               double *y);
/* ln L of model alpha m, marginalised over alpha with the given prior of its value. The likelihood is Gaussian in alpha; the
 * prior is integrated against it over +-8 sigma with 128 Gauss nodes. Independent detections only: no limits
 * (unless MEASURED), outliers, f_cal or correlations. *alpha (may be NULL): a draw of alpha given the data, for uniform u. */
GAL_API double gal_like_amplitude(const gal_like *l, const double *model, const gal_noise *z, const gal_prior *prior,
                                  double u, double *alpha);
/* The same, and its derivatives as of gal_like_gradient. */
GAL_API double gal_like_amplitude_gradient(const gal_like *l, const double *model, const gal_noise *z,
                                           const gal_prior *prior, double *gmodel, double gnoise[GAL_NOISE_NPAR]);
/* ln N(r; 0, diag(s2) + amp^2 h_i h_j k(|x_i-x_j|/len)) over ascending x[n]; h NULL = 1. O(n) for matern32, which needs no
 * work; sqexp: work[n*n + n]. NaN when the matrix is not positive definite. */
GAL_API double gal_gp_lnlike(gal_kernel k, size_t n, const double *x, const double *r, const double *s2,
                             const double *h, double amp, double len, double *work);

#ifdef __cplusplus
}
#endif
#endif
