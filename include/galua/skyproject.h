/* galua/skyproject.h - the sphere on a plane: Mollweide, gnomonic, orthographic, Cartesian; maps as images, polarisation as lines.
 *
 * East (growing longitude) is to the left, as the sky is seen. Plane units: Mollweide an ellipse of -2 .. 2 by -1 .. 1, orthographic a
 * circle of radius 1, gnomonic tangents, Cartesian radians from the centre. Snyder 1987 (USGS PP 1395). Thread-safe. */
#ifndef GAL_SKYPROJECT_H
#define GAL_SKYPROJECT_H
#include "galua/skymap.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_projection_kind { GAL_MOLLWEIDE, GAL_GNOMONIC, GAL_ORTHOGRAPHIC, GAL_CARTESIAN } gal_projection_kind;
typedef struct gal_projection {
    gal_projection_kind kind;
    double turn[9];        /* to the frame in which the centre is (1, 0, 0) and up is +z */
    double half_x, half_y; /* the image is -half_x .. half_x by -half_y .. half_y in plane units */
} gal_projection;
/* Centre lon, lat and position angle of up [rad]; width, height [rad] of gnomonic and Cartesian images (<= 0: 10 degrees; the whole
 * sphere). GAL_EINVAL: a gnomonic image of 170 degrees or more. */
GAL_API gal_status gal_projection_make(gal_projection *p, gal_projection_kind kind, double lon, double lat, double psi,
                                       double width, double height);
/* Plane position of a direction; false where it is not seen (the other side; gnomonic beyond 85 degrees). */
GAL_API bool gal_projection_forward(const gal_projection *p, const double vec[3], double *x, double *y);
GAL_API bool gal_projection_inverse(const gal_projection *p, double x, double y, double vec[3]);
/* image [ny][nx] from the upper left: the pixel of the map under each, GAL_UNSEEN where it is bad or not in the map, NaN outside of the
 * sphere. frame: R of gal_coord_matrix from the coordinates of the map to those of the projection, or NULL. */
GAL_API void gal_project(const gal_projection *p, const gal_skymap *m, int comp, const double *frame, int nx, int ny,
                         double *image);
/* Lines of polarisation of an IQU map at nx x ny points: line[k] = x1, y1, x2, y2 in plane units, amplitude sqrt(Q^2 + U^2); `length`
 * in plane units for amplitude `full`, in proportion below and cut there; turned by 90 degrees with `field`. Returns how many. */
GAL_API int gal_project_polarisation(const gal_projection *p, const gal_skymap *m, const double *frame, int nx, int ny,
                                     double length, double full, bool field, double (*line)[5]);
#ifdef __cplusplus
}
#endif
#endif
