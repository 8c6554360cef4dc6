/* What l_healpix.c, l_skymap.c and l_alm.c share. */
#ifndef GAL_LUA_SKY_MAPS_H
#define GAL_LUA_SKY_MAPS_H
#include "galua/alm.h"
#include "lua/bind/l_classes.h"
int64_t gal_lua_checknside(lua_State *L, int idx);                     /* raises outside 1 .. 2^24 */
gal_ordering gal_lua_checkorder(lua_State *L, int idx, int64_t nside); /* name or nothing (RING); raises */
gal_coordsys gal_lua_coord(lua_State *L, const char *name);            /* "G", "galactic", ...; raises */
const char *gal_lua_coord_name(gal_coordsys c);                        /* "galactic", "" when unknown */
gal_map2alm_opts gal_lua_opt_analysis(gal_lua_opts *o);                /* method, iterations, tolerance */
double gal_lua_opt_fwhm(gal_lua_opts *o);                              /* fwhm [arcmin] -> rad, 0 when not given */
/* beam = vec or {vec, ...} of l = 0 .. : tables of lmax + 1 values, zero beyond their ends, in scratch memory; false when not given */
bool gal_lua_opt_beam(gal_lua_opts *o, int ncomp, bool teb, int lmax, const double **table);
/* rotation = a matrix of 3 x 3, else NULL; valid while it stays on the stack */
const double *gal_lua_opt_rotation(gal_lua_opts *o);
/* { l =, TT =, ... } of coefficients, or of a and b; pushes one table */
int gal_lua_push_spectra(lua_State *L, const gal_alm *a, const gal_alm *b);
void gal_lua_skymap_fill(lua_State *L, gal_skymap *m, int comp, int idx); /* a number or a vector of all pixels */
int64_t *gal_lua_checkpixels(lua_State *L, int idx, size_t *n); /* in scratch memory; what is no pixel is -1 */
int gal_lua_skymap_read(lua_State *L);                          /* healpix.read, inspect, map; skymap:write */
int gal_lua_skymap_inspect(lua_State *L);
int gal_lua_skymap_create(lua_State *L);
int gal_lua_skymap_write(lua_State *L);
int gal_lua_skymap_project(lua_State *L); /* skymap:project (skymap_project.c) */
#define GAL_LUA_ANALYSIS_DOC                                                                                           \
    "@param method (auto) auto, jacobi (quadrature with iterations, as healpy), ring (with ring weights), cg (least "  \
    "squares)\n"                                                                                                       \
    "@param iterations iterations: exactly (jacobi, 3; ring, 0), at most (cg, 20)\n"                                   \
    "@param tolerance (1e-12) cg: residual of the normal equations at which to stop\n"
#endif
