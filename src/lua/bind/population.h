/* The handle of population{...}, shared by its creation (l_population.c) and its methods (population_methods.c, population_counts.c). */
#ifndef GAL_LUA_POPULATION_H
#define GAL_LUA_POPULATION_H
#include "galua/component.h"
#include "galua/cosmo.h"
#include "galua/merging.h"
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
    double *young;         /* NULL, or [n] lgmet of young stars */
    double *axis, *burst;  /* NULL, or [GAL_POP_AXES][n] places: log U, slope; NULL, or [3][n] */
    gal_ssp *ssp, **table; /* the first of them; [ntable], one for each slope of the initial mass function */
    size_t ntable;
    double *slopes; /* [ntable] */
    double logu_scatter;
    bool rule, fixed; /* metallicity by mass: mzr or umzr of relation */
    double relation[GAL_MZR_N];
    gal_component *igm, *emission; /* NULL, or the medium and the emission of dust, with their parameters */
    double *igm_par, *emission_par;
    gal_cosmo *cosmo;
    bool erring, merges, infalls,
        quenches; /* error model; merging, whose probabilities follow from infall; rapid quenching by them */
    double error[GAL_SSP_ERROR_N], *offset; /* parameters; NULL, or [GAL_SSP_ERROR_NODES][n] */
    double infall[GAL_MERGE_N], *fell; /* parameters; NULL, or [3][n] masses of satellite and host, time of infall */
    double *share, *prob, *cut,
        *quiet; /* [n] what hosts get; probabilities; age of quenching; [3][n] bursts that are left */
    size_t *host;
    double *split; /* [GAL_POP_SPLIT_N][n] of parts */
    gal_pop_merging merging;
    /* of the last photometry: kept, as a gradient at the same place needs them */
    gal_pop *plan, *power; /* power: of what dust of galaxies absorbs, where it emits */
    double *eband;         /* [redshifts of the cells][nb] */
    gal_pop_emission emits;
    gal_filter **filter; /* [nb] */
    size_t nb;
    double zmin, zmax;        /* zmax > 0: range of the redshifts of the cells, beyond those of the galaxies at hand */
    double at_z, tobs, *flux; /* of all galaxies; [nb][n] in units of AB zero at 10 pc, with fluxed */
    double *zs, *tobss, *dim; /* [n] where galaxies have their own; magnitudes added to those of flux */
    double *bymass, *bytime;  /* [n] slopes of lgmet, where the relation gives it */
    bool fluxed, related, fated; /* flux, lgmet, prob are those of now */
} pop_handle;
void gal_lua_pop_forget(pop_handle *p);
const char *gal_lua_pop_param(int i);
extern const char *const gal_lua_pop_axis_names[GAL_POP_AXES];
/* Options that tell what shines, of population{}: ssp, slopes, logu_scatter, igm, emission; objects stay on the stack. h->ssp, table ... borrow
 * until gal_lua_pop_own takes references. */
void gal_lua_pop_light(lua_State *L, gal_lua_opts *o, pop_handle *h);
/* What happens to galaxies, of population{}: ssp_error, merging. `given` borrows from the Lua stack until gal_lua_pop_own_fate copies. */
typedef struct pop_fate {
    const double *x[5]; /* numbers and their counts: p, t_infall, logm_infall, loghost_infall, weights */
    size_t len[5], nhost;
    const double *host;
    const double *split[GAL_POP_SPLIT_N];
    size_t nsplit[GAL_POP_SPLIT_N];
    double scatter;
    int seed;
} pop_fate;
extern const gal_soft_param gal_lua_pop_split[GAL_POP_SPLIT_N]; /* names and defaults */
int gal_lua_pop_parts(lua_State *L);
int gal_lua_pop_parts_gradient(lua_State *L);
void gal_lua_pop_fate(lua_State *L, gal_lua_opts *o, pop_handle *h, pop_fate *f);
gal_status gal_lua_pop_own_fate(pop_handle *p, const pop_fate *f);
void gal_lua_pop_set_fate(gal_lua_opts *o, pop_handle *p); /* of set{} */
void gal_lua_pop_free_fate(pop_handle *p);
gal_status gal_lua_pop_befall(pop_handle *p); /* prob, cut, quiet at the times of the plan */
/* Adjoints of what happened -> of the probabilities and bursts, in place, and t_obs; fields ssp_error, p_merge, merging of the table on top */
void gal_lua_pop_named_fate(lua_State *L, const pop_handle *p, const gal_pop *plan, const gal_pop_adjoint *by);
/* option `name`, a number or one for each galaxy: kept on the Lua stack; *n grows from 1 to the number of galaxies */
const double *gal_lua_pop_numbers(gal_lua_opts *o, const char *name, double def, size_t *len, size_t *n);
double *gal_lua_pop_spread(const double *x, size_t len, double *out, size_t n);
gal_status gal_lua_pop_own(pop_handle *p, const pop_handle *given);
gal_status
gal_lua_pop_places(pop_handle *p); /* each galaxy's redshift, time of observation and dimming, by at_z and tobs */
/* What a plan needs beside cells and bands; axes[nage + nz] is filled */
gal_status gal_lua_pop_spec(const pop_handle *p, double *axes, gal_pop_spec *spec);
/* cells of every log U and slope at one redshift by `make`; cell[logu][slope][per] */
gal_status gal_lua_pop_blocks(const pop_handle *p, gal_pop_light light, size_t per,
                              gal_status (*make)(const gal_pop_light *l, void *self, double *cell), void *self,
                              double *cell);
gal_status gal_lua_pop_make(pop_handle *p, gal_filter **f, size_t nb, double z, double tobs);
/* lgmet by the relation of the plan's galaxies, where they have one */
gal_status gal_lua_pop_relate(pop_handle *p, const gal_pop *plan);
gal_pop_galaxies gal_lua_pop_galaxies(const pop_handle *p);
/* Arguments 2, filters, and 3, a redshift or nil, and t_obs (NaN: the age of the Universe): the plan is up to date then. */
pop_handle *gal_lua_pop_plan(lua_State *L, double tobs);
/* A table with a value for each galaxy of everything that it has, pushed; `by` points into it, but for par, which is [GAL_HISTORY_N][n] beside it
 * until gal_lua_pop_named puts it there. mags: NULL, or derivatives [nb][n] by the magnitudes themselves, which distances change. */
void gal_lua_pop_adjoint(lua_State *L, const pop_handle *p, gal_pop_adjoint *by);
int gal_lua_pop_named(lua_State *L, const pop_handle *p, const gal_pop *plan, const gal_pop_adjoint *by,
                      const double *gdim);
double gal_lua_pop_dimming(const pop_handle *p, double z); /* [mag] distance and 1 + z; 0 at z = 0 */
int gal_lua_pop_set(lua_State *L);
int gal_lua_pop_stream(lua_State *L);
int gal_lua_pop_lines(lua_State *L);
int gal_lua_pop_lines_gradient(lua_State *L);
int gal_lua_pop_ew(lua_State *L);
int gal_lua_pop_ew_gradient(lua_State *L);
int gal_lua_pop_counts(lua_State *L);
int gal_lua_pop_counts_gradient(lua_State *L);
extern const gal_lua_row gal_lua_pop_methods[];
#endif
