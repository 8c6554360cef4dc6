/* galua/filter.h - transmission curves and synthetic photometry.
 *
 * Band flux density (photon counting, AB convention, e.g. Bessell & Murphy 2012 eq. A11; Fukugita et al. 1996 eq. 7):
 *     <S_nu> = int S_nu T dlambda/lambda / int T dlambda/lambda
 * with T the photon response; an energy response R is divided by lambda first. The spectrum is piecewise linear in L_lambda,
 * T piecewise linear between its nodes; integrals run over the union of nodes and are exact (cubic integrand per piece). */
#ifndef GAL_FILTER_H
#define GAL_FILTER_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_filter {
    char *name; /* "SDSS.g", "Herschel.PACS.green", "JWST.NIRCam.F444W" */
    size_t n;
    double *wave;  /* [n] A, strictly ascending (a repeated abscissa in a file is nudged by 1e-9 relative: a step) */
    double *trans; /* [n] PHOTON response after conversion, >= 0 */
    bool energy;   /* the source gave an energy response */
    double pivot;  /* sqrt(int T l dl / int T/l dl) [A] */
    double mean;   /* int T l dl / int T dl [A] */
    double width;  /* int T dl / max T [A] */
    double norm;   /* 1 / int T/l dl, exact for piecewise-linear T */
    char *source;  /* where the curve comes from */
    int refs;
} gal_filter;
/* Copies the arrays; sorts, validates, computes the derived numbers. */
GAL_API gal_status gal_filter_create(gal_filter **out, const char *name, const double *wave, const double *trans,
                                     size_t n, bool energy, const char *source);
GAL_API gal_filter *gal_filter_ref(gal_filter *f);
GAL_API void gal_filter_unref(gal_filter *f);
GAL_API gal_status gal_filter_tophat(gal_filter **out, const char *name, double lo, double hi); /* A */
GAL_API gal_status gal_filter_gaussian(gal_filter **out, const char *name, double centre,
                                       double fwhm); /* A; +-4 sigma */
/* A file: ASCII two columns (header "# energy" / "# photon" honoured), ECSV with units, SVO VOTable, DSPS HDF5. */
GAL_API gal_status gal_filter_read(gal_filter **out, const char *path);
/* Embedded set (data/filters.h5). One name, or a set: "SDSS.ugriz", "Herschel.PACS" (all its bands), "2MASS". Appends new
 * references to *list (grown with gal_realloc). What is none of them: NAME_transmission.h5, or all of a pattern, in $DSPS_DRN/filters, where a file that is not here
 * is looked for, too. A wrong name is GAL_ENOTFOUND with the nearest names. */
GAL_API gal_status gal_filters_find(const char *name, gal_filter ***list, size_t *n);
GAL_API gal_status gal_filters_names(const char *const **names, size_t *n); /* borrowed, sorted */

/* ---- photometry of a spectrum sampled on a fixed rest-frame grid */
typedef struct gal_phot gal_phot; /* sparse weights of nb bands on a grid at redshift z */
GAL_API gal_status gal_phot_create(gal_phot **out, gal_filter *const *filters, size_t nb, const double *wave,
                                   size_t nwave);
GAL_API void gal_phot_free(gal_phot *p);
/* Where the spectrum is not known although the grid goes on: rest-frame wavelengths [A] gap[0] .. gap[1] and gap[2] .. gap[3] (empty
 * when not ascending). From the next redshift on a band with more than 0.1 % of its response there is not covered. */
GAL_API void gal_phot_gaps(gal_phot *p, const double gap[4]);
typedef enum gal_phot_rule {
    GAL_PHOT_EXACT,  /* union of nodes, exact for piecewise-linear L_lambda */
    GAL_PHOT_GALAPY, /* parity: trapezoid of n(l) S_nu(l) over spectrum nodes strictly inside the filter, no edges */
    GAL_PHOT_LOGLOG  /* parity: trapezoid over the filter's nodes, S_nu a power law between the spectrum's */
} gal_phot_rule;
/* (Re)computes the weights for redshift z: band flux = sum_k w_k * L_k, times the caller's flux factor. With
 * S_nu(lambda_obs) = factor * lambda_rest^2 * L(lambda_rest), the lambda^2 is inside the weights. The workspace-owned arrays
 * are reused: no allocation after the first call with the widest window. A band outside the grid gets weights 0 and
 * covered[b] = false. */
GAL_API gal_status gal_phot_weights(gal_phot *p, double z, gal_phot_rule rule);
GAL_API void gal_phot_apply(const gal_phot *p, const double *lum, double factor, double *flux); /* flux[nb] */
GAL_API const bool *gal_phot_covered(const gal_phot *p); /* [nb], after gal_phot_weights */
GAL_API size_t gal_phot_nbands(const gal_phot *p);
/* Transpose of gal_phot_apply, of rules that are linear: glum[nwave] += the derivatives with respect to lum from gflux[nb]. */
GAL_API void gal_phot_back(const gal_phot *p, const double *gflux, double factor, double *glum);
/* Derivatives of the fluxes of gal_phot_apply with redshift, at a fixed factor: dflux[nb]. Of rules that are linear; else 0. */
GAL_API void gal_phot_redshift(const gal_phot *p, const double *lum, double factor, double *dflux);
GAL_API const gal_filter *gal_phot_filter(const gal_phot *p, size_t band); /* borrowed */
/* The weights of one band: flux = factor * sum_{k<count} w[k] L[start+k]. Valid until the next gal_phot_weights. NULL with
 * GAL_PHOT_LOGLOG, which is not linear in L. */
GAL_API const double *gal_phot_window(const gal_phot *p, size_t band, size_t *start, size_t *count);
static inline double gal_ab_mag_mjy(double mjy);
#ifdef __cplusplus
}
#endif
#include <math.h>
/* AB magnitude of a flux density [mJy]; NaN for negative flux */
static inline double gal_ab_mag_mjy(double mjy)
{
    return -2.5 * log10(mjy * 1e-3 / 3630.7805477010137);
}
#endif
