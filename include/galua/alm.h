/* galua/alm.h - spherical harmonic coefficients and transforms of HEALPix maps, spin 0 and 2 (libsharp; Reinecke & Seljebotn 2013).
 *
 * a_lm of m >= 0 in the order of HEALPix (m by m, l = m .. lmax), (re, im) pairs of double; components T, or T, E, B, or any number of
 * scalars. Signs of E, B as HEALPix (COSMO). Transforms are threaded and give the same bits at any number of threads. Memory: the
 * coefficients, and one component of a map in double where the map itself is single. */
#ifndef GAL_ALM_H
#define GAL_ALM_H
#include "galua/skymap.h"
#ifdef __cplusplus
extern "C" {
#endif
#define GAL_ALM_LMAX 32767
typedef struct gal_alm {
    int lmax, ncomp;
    bool teb; /* components are T, E, B: E and B belong to spin 2 */
    gal_coordsys coord;
    double *a[GAL_SKYMAP_MAX]; /* [2 * gal_alm_size(lmax)] */
} gal_alm;
static inline size_t gal_alm_size(int lmax)
{
    return (size_t)(lmax + 1) * (size_t)(lmax + 2) / 2;
}
static inline size_t gal_alm_index(int lmax, int l, int m) /* of the pair (re, im): a[2*i], a[2*i+1] */
{
    return (size_t)m * (size_t)(2 * lmax + 1 - m) / 2 + (size_t)l;
}
GAL_API gal_status gal_alm_create(gal_alm **out, int lmax, int ncomp); /* zero; ncomp 3 makes T, E, B */
GAL_API void gal_alm_free(gal_alm *a);
GAL_API gal_status gal_alm_copy(gal_alm **out, const gal_alm *a, int lmax); /* cut, or padded with zeros */

/* ------------------------------------------------------------------ transforms; maps are whole-sky RING */
/* Synthesis into an existing map: m->ncomp == a->ncomp. lmax is free (coefficients above 3 nside - 1 alias as they do on the pixels). */
GAL_API gal_status gal_alm2map(const gal_alm *a, gal_skymap *m);
/* First derivatives d/dtheta and 1/sin(theta) d/dphi of a scalar component, at the pixel centres: out[0], out[1] double [npix]. */
GAL_API gal_status gal_alm2map_der1(const gal_alm *a, int comp, int64_t nside, double *const out[2]);
typedef enum gal_map2alm_method {
    GAL_MAP2ALM_AUTO = 0, /* CG to `tolerance` for lmax <= 2.5 nside, else 3 Jacobi iterations */
    GAL_MAP2ALM_JACOBI =
        1, /* quadrature 4 pi / npix, then a += A (m - Y a), `iterations` times: as healpy without weights */
    GAL_MAP2ALM_RING = 2, /* the same with ring weights (gal_healpix_ring_weights) */
    GAL_MAP2ALM_CG = 3    /* least squares by conjugate gradients on Y^T Y a = Y^T m */
} gal_map2alm_method;
typedef struct gal_map2alm_opts {
    int method;       /* gal_map2alm_method */
    int iterations;   /* Jacobi: exactly; CG: at most. < 0: 3 (Jacobi), 0 (ring), 20 (CG) */
    double tolerance; /* CG: stop when the residual of the normal equations is this fraction of Y^T m; <= 0: 1e-12 */
    const double *const
        *weight; /* CG: [ncomp] tables of lmax + 1 that both are multiplied with first (a beam), or NULL */
} gal_map2alm_opts;
typedef struct gal_map2alm_report {
    int iterations;
    double residual; /* CG: relative, as tolerance; Jacobi: rms of the last correction over rms of a */
    int64_t bad;     /* UNSEEN or not finite pixels taken as 0, over all components */
    bool converged;  /* CG */
} gal_map2alm_report;
/* Analysis up to a->lmax into existing coefficients. opts NULL: AUTO; report may be NULL. Bad pixels count as 0. */
GAL_API gal_status gal_map2alm(const gal_skymap *m, gal_alm *a, const gal_map2alm_opts *opts,
                               gal_map2alm_report *report);
/* w[2 nside]: quadrature weights of the rings 1 .. 2 nside (mirrored south), 1 + small: least change that integrates all Legendre
 * polynomials up to 3 nside - 1 on the rings. */
GAL_API gal_status gal_healpix_ring_weights(int64_t nside, double *w);

/* ------------------------------------------------------------------ in harmonic space */
/* b[l] = exp(-(l(l+1) - spin^2) sigma^2 / 2), sigma = fwhm [rad] / sqrt(8 ln 2) (Challinor et al. 2000): spin 0 for T, 2 for E, B. */
GAL_API void gal_beam_gaussian(double fwhm, int spin, int lmax, double *b);
/* a_lm *= b[comp][l]; NULL entries leave a component alone. b[comp] has lmax + 1 values. */
GAL_API void gal_alm_filter(gal_alm *a, const double *const *b);
/* Field turned by the matrix R (row-major): the value of the output at R n is that of the input at n. O(lmax^3), threaded. */
GAL_API gal_status gal_alm_rotate(gal_alm *a, const double R[9]);
/* R of galactic/ecliptic/equatorial (J2000); GAL_EINVAL when one is unknown. */
GAL_API gal_status gal_coord_matrix(gal_coordsys from, gal_coordsys to, double R[9]);
/* cl[l], l = 0 .. min(lmax): sum over m of Re(a b*) / (2l+1). */
GAL_API gal_status gal_alm_cross(const gal_alm *a, int ca, const gal_alm *b, int cb, double *cl);
/* Pixel window function of temperature and polarisation, lmax + 1 values each, either may be NULL; lmax <= 4 nside. */
GAL_API gal_status gal_healpix_pixel_window(int64_t nside, int lmax, double *temperature, double *polarisation);
/* A file of coefficients as the field writes them: one table per component with INDEX = l^2+l+m+1, REAL, IMAG. lmax < 0: what it holds. */
GAL_API gal_status gal_alm_read(gal_alm **out, const char *path, int lmax);
GAL_API gal_status gal_alm_write(const gal_alm *a, const char *path);

/* ------------------------------------------------------------------ both at once */
typedef struct gal_smooth_opts {
    double fwhm;               /* rad; 0 none */
    double had;                /* Gaussian beam that the map has already, divided out [rad]; 0 none */
    const double *const *beam; /* [ncomp] tables of lmax + 1, instead of fwhm; NULL none */
    const double *rotation;    /* [9] or NULL */
    gal_coordsys coord;        /* of the output; NONE: as the input */
    int lmax; /* < 0: 2.5 nside, but 1.5 nside_out where that is lower, and no l where the beam is below 1e-7 */
    int64_t nside_out; /* 0: as the input */
    gal_map2alm_opts analysis;
} gal_smooth_opts;
/* Analysis, beam, rotation, synthesis. By default least squares until what is left, through the beam, is 1e-7 (1e-8 without
 * one). The result is whole sky, RING, in the precision of m; unit and names are kept. */
GAL_API gal_status gal_skymap_smooth(gal_skymap **out, const gal_skymap *m, const gal_smooth_opts *opts,
                                     gal_map2alm_report *report);
#ifdef __cplusplus
}
#endif
#endif
