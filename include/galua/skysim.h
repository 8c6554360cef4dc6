/* galua/skysim.h - maps that are made, not read: dipole, lensed background, realisations of small scales, point sources, radiation field,
 * a synthetic sky. Maps are RING, double [12 nside^2], Q and U in the COSMO convention.
 *
 * Realisations with a `seed` reproduce upstream's bit streams (numpy's RandomState), so that its realisations are made again; the synthetic
 * sky uses galua/rng.h. Functions that transform use all threads. */
#ifndef GAL_SKYSIM_H
#define GAL_SKYSIM_H
#include "galua/alm.h"
#include "galua/sky.h"
#ifdef __cplusplus
extern "C" {
#endif
/* ------------------------------------------------------------------ dipole */
typedef enum gal_dipole_kind {
    GAL_DIPOLE_FULL,     /* T (1/(gamma (1 - beta cos)) - 1): all orders, of one frequency-independent temperature */
    GAL_DIPOLE_FIRST,    /* T beta cos */
    GAL_DIPOLE_QUADRATIC /* T (beta cos)^2, to go with the law "quadrupole" */
} gal_dipole_kind;
/* A field computed pixel by pixel. amplitude (the peak) in the unit of the result; T [K]; lon, lat [deg] of the motion; amplitude_k the same in K.
 * beta = d (d + 2)/(d^2 + 2 d + 2), d = amplitude_k/T. */
GAL_API gal_status gal_field_dipole(gal_field **out, int64_t nside, gal_dipole_kind kind, double amplitude,
                                    double amplitude_k, double T, double lon, double lat);

/* ------------------------------------------------------------------ Gaussian coefficients */
typedef struct gal_legacy_random gal_legacy_random;
/* nfield <= 4 correlated fields, l <= lmax drawn, l <= keep returned: a[i] is [2 gal_alm_size(keep)]. cl[i][j], j <= i: spectra [lmax + 1], NULL: 0. */
GAL_API gal_status gal_legacy_alm(gal_legacy_random *r, int nfield, int lmax, int keep, const double *const cl[4][4],
                                  double *const *a);

/* ------------------------------------------------------------------ logarithm of the polarisation fraction tensor */
/* i = ln(I^2 - P^2)/2, (q, u) = (Q, U)/P ln((I + P)/(I - P))/2 and back, in place (Planck Collaboration 2020 XI; docs/sky.md). I > P needed: GAL_EDOMAIN. */
GAL_API gal_status gal_logpoltens(size_t n, double *i, double *q, double *u);
GAL_API void gal_logpoltens_inverse(size_t n, double *i, double *q, double *u);

/* ------------------------------------------------------------------ lensed background */
typedef struct gal_lensing_args {
    int64_t nside;
    uint32_t seed;
    int lmax;                                       /* of the spectra */
    const double *tt, *ee, *bb, *te, *pp, *pt, *pe; /* C_l [lmax + 1]: lensing potential p */
    bool rotate; /* turn Q, U along the displacement; upstream computes the angle and discards it */
} gal_lensing_args;
/* T, Q, U of a Gaussian sky displaced by the gradient of the potential, Taylor series of order 3 about pixel centres (Naess & Louis 2013). out[3] [npix] */
GAL_API gal_status gal_lensed_cmb(const gal_lensing_args *a, double *const out[3]);

/* ------------------------------------------------------------------ realisations of small scales */
typedef struct gal_realise_args {
    int64_t nside;
    uint32_t seed;
    int lmax, cut;                   /* drawn to lmax, kept to cut */
    int ncl;                         /* length of the spectra; 0 beyond */
    const double *tt, *ee, *bb, *te; /* of small scales; ee NULL: one scalar */
    const double *modulation[2]; /* maps that multiply small scales of the first, of the other components; NULL: 1 */
    const gal_alm *large;        /* added */
} gal_realise_args;
/* Small scales times modulation plus large scales: one scalar, or three components that are the logarithm of the polarisation tensor and are
 * returned as I, Q, U. */
GAL_API gal_status gal_realise(const gal_realise_args *a, double *const *out);

/* ------------------------------------------------------------------ radiation field of Hensley & Draine models */
/* u[npix] = clip((4 + beta) log10(T/<T>), -3, 5), T and beta drawn from means and deviations with the seed */
GAL_API gal_status gal_radiation_field(size_t npix, uint32_t seed, const double *t_mean, const double *t_std,
                                       const double *beta_mean, const double *beta_std, double *u);

/* ------------------------------------------------------------------ point sources */
/* A catalogue in upstream's layout (HDF5): theta, phi [n] rad; logpolycoefflux and, if there, logpolycoefpolflux [ncoef][n] Jy, highest power of
 * ln(nu/GHz) first. GAL_EFORMAT, a line each: shapes that differ, other units, what is not finite, directions outside of the sphere. */
typedef struct gal_catalogue {
    size_t n, ncoef;
    double *theta, *phi, *flux, *polflux; /* polflux NULL: unpolarised */
} gal_catalogue;
GAL_API gal_status gal_catalogue_read(gal_catalogue *out, const char *path);
GAL_API void gal_catalogue_free(gal_catalogue *c);
/* Entries of gal_sky_sources for n directions: the pixel that holds each, or with fwhm > 0 [rad] the Gaussian painted on pixel centres to 5 sigma,
 * its sum 1. Caller frees the three arrays. */
GAL_API gal_status gal_sources_paint(int64_t nside, size_t n, const double *theta, const double *phi, double fwhm,
                                     size_t *nentry, size_t **pixel, uint32_t **source, double **share);
/* Angles of polarisation as upstream draws them: uniform in -pi/2 .. pi/2, seed 56567 */
GAL_API gal_status gal_sources_angles(size_t n, double *angle);

/* ------------------------------------------------------------------ a synthetic sky */
/* Templates of a sky that is nobody's: a galactic disc and halo with spurs, analytic, and seeded small scales whose power laws are those
 * published for the real one (docs/sky.md). `what` names it ("dust_I", ...; gal_synthetic_names lists them); out[npix] or three of them for names
 * that end in _IQU. Same seed, same sky at every nside below lmax. */
GAL_API const char *const *gal_synthetic_names(void); /* NULL-ended */
GAL_API gal_status gal_synthetic(const char *what, int64_t nside, uint64_t seed, float *const *out, char unit[24]);
/* Point sources of it: S^-1.2 above 1 mJy at 100 GHz, spectral index -0.5 +- 0.3, polarised to 3 per cent; flux, polflux [3][n] Jy, highest power of
 * ln nu first. */
GAL_API gal_status gal_synthetic_sources(size_t n, uint64_t seed, double *theta, double *phi, double *flux,
                                         double *polflux);
#ifdef __cplusplus
}
#endif
#endif
