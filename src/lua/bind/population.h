/* The handle of population{...}, shared by its creation (l_population.c) and its methods (population_methods.c, population_counts.c). */
#ifndef GAL_LUA_POPULATION_H
#define GAL_LUA_POPULATION_H
#include "galua/cosmo.h"
#include "galua/population.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/l_diffstar.h"

typedef struct pop_handle {
    size_t n, nt;
    double *t, *par, *sfr, *lgmet, *scatter; /* [nt]; [GAL_HISTORY_N][n] or [n][nt]; [n] twice */
    double *z, *dust;                        /* NULL, or [n]; NULL, or [GAL_POP_DUST_N][n] */
    double t0, fb;
    bool single, dsps, dusty, aged;
    gal_dust_par screen; /* of all galaxies, where dusty */
    gal_dust_curve curve;
    gal_ssp *ssp;
    gal_cosmo *cosmo;
    /* of the last photometry: kept, as a gradient at the same place needs them */
    gal_pop *plan;
    gal_filter **filter; /* [nb] */
    size_t nb;
    double at_z, tobs, *flux; /* of all galaxies; [nb][n] in units of AB zero at 10 pc, with fluxed */
    double *zs, *tobss, *dim; /* [n] where galaxies have their own; magnitudes added to those of flux */
    bool fluxed;
} pop_handle;
void gal_lua_pop_forget(pop_handle *p);
const char *gal_lua_pop_param(int i);
gal_pop_galaxies gal_lua_pop_galaxies(const pop_handle *p);
/* Arguments 2, filters, and 3, a redshift or nil, and t_obs (NaN: the age of the Universe): the plan is up to date then. */
pop_handle *gal_lua_pop_plan(lua_State *L, double tobs);
/* Fluxes and, when mass is given, masses are up to date then. */
void gal_lua_pop_fluxes(lua_State *L, pop_handle *p, double *mass);
/* A table with a value for each galaxy of everything that it has, pushed; `by` points into it, but for par, which is [GAL_HISTORY_N][n] beside it
 * until gal_lua_pop_named puts it there. mags: NULL, or derivatives [nb][n] by the magnitudes themselves, which distances change. */
void gal_lua_pop_adjoint(lua_State *L, const pop_handle *p, gal_pop_adjoint *by);
int gal_lua_pop_named(lua_State *L, const pop_handle *p, const gal_pop_adjoint *by, const double *gdim);
int gal_lua_pop_set(lua_State *L);
int gal_lua_pop_counts(lua_State *L);
int gal_lua_pop_counts_gradient(lua_State *L);
extern const gal_lua_row gal_lua_pop_methods[];
#endif
