/* galua/healpix.h - the HEALPix pixelisation of the sphere (Gorski et al. 2005, ApJ 622, 759): pixels, angles, vectors, neighbours,
 * discs, interpolation.
 *
 * nside 1 .. 2^29; NESTED needs a power of two. theta: colatitude 0 .. pi, phi: longitude, both rad; vectors need not be
 * normalised on input and are on output. Functions without gal_status do not check: nside and pixel must be valid
 * (gal_healpix_check). Everything here may be called from any thread. */
#ifndef GAL_HEALPIX_H
#define GAL_HEALPIX_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_ordering { GAL_RING = 0, GAL_NESTED = 1 } gal_ordering;
#define GAL_HEALPIX_NSIDE_MAX (INT64_C(1) << 29)

/* GAL_EINVAL: nside below 1, above 2^29, or NESTED and no power of two. */
GAL_API gal_status gal_healpix_check(int64_t nside, gal_ordering order);
static inline int64_t gal_healpix_npix(int64_t nside)
{
    return 12 * nside * nside;
}
GAL_API int64_t gal_healpix_nside(int64_t npix); /* -1 when npix is not 12 nside^2 */
/* nside of the name: GAL_EINVAL lists "RING, NESTED". */
GAL_API gal_status gal_ordering_parse(gal_ordering *out, const char *name);
GAL_API double gal_healpix_max_radius(int64_t nside); /* rad: largest distance of a pixel's centre to its edge */

/* ------------------------------------------------------------------ pixels and directions */
GAL_API int64_t gal_healpix_ang2pix(int64_t nside, gal_ordering order, double theta, double phi);
GAL_API void gal_healpix_pix2ang(int64_t nside, gal_ordering order, int64_t pix, double *theta, double *phi);
GAL_API int64_t gal_healpix_vec2pix(int64_t nside, gal_ordering order, const double vec[3]);
GAL_API void gal_healpix_pix2vec(int64_t nside, gal_ordering order, int64_t pix, double vec[3]);
GAL_API int64_t gal_healpix_ring2nest(int64_t nside, int64_t pix);
GAL_API int64_t gal_healpix_nest2ring(int64_t nside, int64_t pix);
/* Pixel of a pixel's position in its base face: 0 <= x, y < nside (x to the NE, y to the NW), face 0 .. 11. */
GAL_API int64_t gal_healpix_xyf2pix(int64_t nside, gal_ordering order, int64_t x, int64_t y, int face);
GAL_API void gal_healpix_pix2xyf(int64_t nside, gal_ordering order, int64_t pix, int64_t *x, int64_t *y, int *face);

/* ------------------------------------------------------------------ rings: 1 .. 4 nside - 1 from north to south */
typedef struct gal_healpix_ring {
    int64_t start, n;          /* first pixel (RING) and number of pixels */
    double z, sin_theta, phi0; /* cos(theta), sin(theta), longitude of the first pixel */
} gal_healpix_ring;
GAL_API void gal_healpix_ring_info(int64_t nside, int64_t ring, gal_healpix_ring *out);
GAL_API int64_t gal_healpix_ring_of(int64_t nside, int64_t pix); /* ring of a RING pixel */

/* ------------------------------------------------------------------ neighbourhoods */
/* The 8 neighbours SW, W, NW, N, NE, E, SE, S of a pixel; -1 where there is none (the corners where three faces meet). */
GAL_API void gal_healpix_neighbours(int64_t nside, gal_ordering order, int64_t pix, int64_t out[8]);
/* The four pixels around a direction and their weights (sum 1): linear in longitude on the two rings and in colatitude between them. */
GAL_API void gal_healpix_interpolation(int64_t nside, gal_ordering order, double theta, double phi, int64_t pix[4],
                                       double weight[4]);
/* Ascending list of the pixels whose centre lies within `radius` [rad] of `vec`; inclusive: those that a disc touches, and perhaps a
 * few that it misses by less than the radius of a pixel. Caller frees *list with gal_free. */
GAL_API gal_status gal_healpix_query_disc(int64_t nside, gal_ordering order, const double vec[3], double radius,
                                          bool inclusive, int64_t **list, size_t *n);
/* As it, centres between colatitudes theta1 and theta2; theta1 > theta2: outside of them. */
GAL_API gal_status gal_healpix_query_strip(int64_t nside, gal_ordering order, double theta1, double theta2,
                                           int64_t **list, size_t *n);
#ifdef __cplusplus
}
#endif
#endif
