/* Emission of H II regions: hydrogen and helium continuum, two-photon continuum, and about 100 lines. */
#ifndef GAL_STARS_NEBULAR_H
#define GAL_STARS_NEBULAR_H
#include "galua/base.h"

/* Adds L_lambda [Lsun/A] of the nebular continuum and lines to lum[n] on the ascending vacuum wavelengths wave[n] [A], for stars
 * that emit qh photons/s below 911.75 A, of them qhei below 504.26 A. (1 - fesc - fdust) qh ionise gas of metallicity z
 * (absolute) at ionisation parameter 10^logu. The stellar light below 911.75 A already in lum is multiplied by fesc. Lines
 * are Gaussians of 100 km/s that conserve flux and centroid for the trapezoid rule on any grid. Arguments outside the
 * fitted box (log U -4..-1, log Z/0.019 -2..0.2) are clamped. The lines that cool the gas are scaled so that it emits .5 to 1 of
 * the ionising energy in lum that it absorbs (left as fitted where lum has none); line[gal_nebular_nline()] receives all lines as they were added. Cannot fail. */
typedef struct gal_nebular_line {
    double wave, rms, lum;
    const char *name;
} gal_nebular_line;
GAL_API void gal_nebular_add(const double *wave, size_t n, double qh, double qhei, double z, double logu, double fesc,
                             double fdust, double *lum, gal_nebular_line *line);

/* One line of relative width sigma/c on the grid: adds its luminosity to lum[n]. Nothing where the grid does not hold it. */
void nebular_add_line(const double *wave, size_t n, const gal_nebular_line *line, double width, double *lum);

/* Electron temperature [K] of the gas: 5000..20000. */
GAL_API double gal_nebular_temperature(double qh, double qhei, double z, double logu);
/* Lines: number, and wavelength [A, vacuum], name, rms of the fit in ln (0 for case B) and luminosity [Lsun] for `qion` photons
 * per second that ionise. name is static. */
GAL_API size_t gal_nebular_nline(void);
/* All lines for one state; out[gal_nebular_nline()]. */
GAL_API void gal_nebular_lines(double qion, double qh, double qhei, double z, double logu, gal_nebular_line *out);

/* The same tabulated on a wavelength grid, for many evaluations: hydrogen and helium continuum on temperatures (interpolated
 * quadratically, 1e-4), line profiles of dispersion sigma [km/s]. Immutable once made. */
typedef struct gal_nebular_grid gal_nebular_grid;
GAL_API gal_status gal_nebular_grid_create(gal_nebular_grid **out, const double *wave, size_t n, double sigma);
GAL_API void gal_nebular_grid_free(gal_nebular_grid *g); /* NULL is fine */
/* lum[n] [Lsun/A] of gas ionised by qion photons/s that bring the energy `absorbed` [Lsun] (filled, not added);
 * line[gal_nebular_nline()] luminosities [Lsun]; *t the electron temperature [K]. The lines that cool the gas are scaled to what is
 * absorbed as in gal_nebular_add (left as fitted where it is 0). Other arguments as there; nothing below 911.75 A. Cannot fail. */
GAL_API void gal_nebular_grid_eval(const gal_nebular_grid *g, double qion, double qh, double qhei, double absorbed,
                                   double z, double logu, double *lum, double *line, double *t);

/* Its change along d, both in the order of the arguments qion, qh, qhei, absorbed, z, logu: dlum, dline, dt filled. At edges of the fitted box
 * and where a balance comes into force: of the side where the value is; qion = 0: as if it stayed so. */
GAL_API void gal_nebular_grid_jvp(const gal_nebular_grid *g, const double arg[6], const double d[6], double *dlum,
                                  double *dline, double *dt);
/* Its transpose: garg[6] from derivatives of a function with respect to lum and line */
GAL_API void gal_nebular_grid_vjp(const gal_nebular_grid *g, const double arg[6], const double *glum,
                                  const double *gline, double garg[6]);
/* The grid at some of its nodes, at[n] ascending and perhaps repeated: the same numbers there, the same integrals. */
GAL_API gal_status gal_nebular_grid_pick(gal_nebular_grid **out, const gal_nebular_grid *g, const uint32_t *at,
                                         size_t n);

/* Profiles of n lines at wave0[n] [A] of dispersion sigma [km/s] on a grid, for other models of lines: unit flux and centroid under the trapezoid
 * rule; a line that the grid does not hold has none. Immutable once made. */
typedef struct gal_nebular_profiles gal_nebular_profiles;
GAL_API gal_status gal_nebular_profiles_create(gal_nebular_profiles **out, const double *wave, size_t n,
                                               const double *wave0, size_t nline, double sigma);
GAL_API gal_status gal_nebular_profiles_pick(gal_nebular_profiles **out, const gal_nebular_profiles *p,
                                             const uint32_t *at, size_t n); /* as gal_nebular_grid_pick */
GAL_API void gal_nebular_profiles_free(gal_nebular_profiles *p);            /* NULL is fine */
/* lum[n] += sum over lines of line[nline] [Lsun] times its profile */
GAL_API void gal_nebular_profiles_add(const gal_nebular_profiles *p, const double *line, double *lum);
/* Its transpose: gline[nline] = sum over the nodes of glum times each line's profile */
GAL_API void gal_nebular_profiles_back(const gal_nebular_profiles *p, const double *glum, double *gline);
#endif
