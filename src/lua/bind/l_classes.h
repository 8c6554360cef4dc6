/* Classes that binding files share: a function that takes an SSP table or a filter of another file checks against these. */
#ifndef GAL_LUA_CLASSES_H
#define GAL_LUA_CLASSES_H
#include "galua/galaxy.h"
#include "galua/obs.h"
#include "galua/spectrum.h"
#include "galua/tangent.h"
#include "galua/target.h"
#include "lua/kit/util.h"
extern const gal_lua_class gal_lua_cosmo;  /* gal_cosmo */
extern const gal_lua_class gal_lua_ssp;    /* gal_ssp */
extern const gal_lua_class gal_lua_filter; /* gal_filter */
extern const gal_lua_class gal_lua_prior;  /* gal_prior */
extern const gal_lua_class gal_lua_obs;    /* gal_obs */
extern const gal_lua_class gal_lua_target; /* gal_fit */
extern const gal_lua_class gal_lua_skymap; /* gal_skymap */
extern const gal_lua_class gal_lua_alm;    /* gal_alm */
extern const gal_lua_class gal_lua_band;   /* gal_band */

struct gal_result_map;
/* What gal_sampler_put needs of a fit; lives on the stack */
void gal_lua_result_map(lua_State *L, int target, struct gal_result_map *map);
extern const gal_lua_class gal_lua_snapshot; /* gal_result: a sampler at work, kept (l_strategy.c) */

/* How files with data are read (l_obs.c): options R, air, unit, bits of spectra; flags, other_flag, negative_err_is_limit, limit_sigma of
 * bands; the numbers of option `missing`. */
gal_spectrum_opts gal_lua_spectrum_opts(gal_lua_opts *o);
void gal_lua_obs_reading(gal_lua_opts *o, gal_obs_layout *l);
enum { GAL_LUA_MISSING = 16 };
/* extension = number or name, as text in buf, or NULL */
const char *gal_lua_opt_extension(gal_lua_opts *o, char *buf, size_t n);
size_t gal_lua_opt_missing(gal_lua_opts *o, double v[GAL_LUA_MISSING]);

/* target{ names =, priors =, lnlike = } in l_density.c */
int gal_lua_density_create(lua_State *L);
/* l_noise.c: what target{} is told of noise; what is borrowed stays on the stack */
struct gal_fit_opts;
void gal_lua_take_noise(lua_State *L, gal_lua_opts *o, struct gal_fit_opts *fo);

/* methods save and restore of a target, in l_result.c */
int gal_lua_target_save(lua_State *L);
int gal_lua_target_restore(lua_State *L);
int gal_lua_target_ties(lua_State *L);     /* target_ties.c */
int gal_lua_target_gradient(lua_State *L); /* target_slopes.c */
int gal_lua_target_differences(lua_State *L);
int gal_lua_target_fisher(lua_State *L);
int gal_lua_target_hessian_vector(lua_State *L);
struct gal_fit;
void gal_lua_target_push_plan(lua_State *L, const struct gal_fit *f); /* target_plan.c: leaves a table, or nil */
int gal_lua_target_compile(lua_State *L);
struct gal_fit_family;
bool gal_lua_take_family(lua_State *L, gal_lua_opts *o, struct gal_fit_family *out);

/* A star formation history or another component before it is in a galaxy: values of its parameters. */
typedef struct gal_lua_spec {
    char group[32], kind[32];
    gal_sfh sfh;              /* a history: list of parameters, table */
    gal_component *component; /* NULL for a history */
    size_t npar;
    gal_param *par; /* [npar], par[i].value = value given or default */
} gal_lua_spec;
/* Takes the list of parameters, reads every one that the options name, then refuses what is left. */
void gal_lua_spec_parameters(lua_State *L, gal_lua_opts *o, gal_lua_spec *s, const char *group, const char *kind,
                             const gal_param *par, size_t npar);
/* The call that makes a component (or, where that is NULL, a history) with these values: head{ ... }, pushed (component_text.c) */
void gal_lua_component_text(lua_State *L, const char *head, const gal_component *component, const gal_sfh *s,
                            const gal_param *par, size_t npar);
int gal_lua_component_classes(
    lua_State *L); /* -> list of { group, kind, params, options } of all that are compiled in */
/* Options of a class: read from what is given, pushed as a Lua value (1, or 0 when it has none), and with parameters as the lines of a help
 * text, whose length is returned. */
void gal_lua_read_option(gal_lua_opts *o, const gal_option *k, gal_option_value *v);
int gal_lua_push_option(lua_State *L, const gal_option *o, const gal_option_value *v);
size_t gal_lua_columns_text(const gal_param *par, size_t npar, const gal_option *option, size_t noption, char *text,
                            size_t size);
void gal_lua_sfh_describe(lua_State *L, const gal_sfh *s);            /* push kind and options */
void gal_lua_component_options(lua_State *L, const gal_component *c); /* push a table of those given */
void gal_lua_custom_describe(lua_State *L, const gal_component *c);   /* ... of one made of a Lua function */
gal_lua_spec *gal_lua_component_default(lua_State *L, const gal_component_class *k); /* pushed */
extern const gal_lua_class gal_lua_spec_class;

/* A galaxy at the prompt: the immutable model, one parameter vector, one workspace (made at the first evaluation). */
typedef struct gal_lua_galaxy {
    gal_galaxy *g;
    gal_galaxy_ws *ws;
    double *theta;
    gal_tangent *tangent;        /* derivatives, made when asked for */
    struct gal_lua_bands *bands; /* weights of the last lists of filters (galaxy_bands.c), or NULL */
    int refs;                    /* handles: the galaxy's own and those of its components */
} gal_lua_galaxy;
extern const gal_lua_class gal_lua_galaxy_class;
void gal_lua_galaxy_unref(gal_lua_galaxy *m);
void gal_lua_bands_free(struct gal_lua_bands *b); /* NULL is fine */
int gal_lua_galaxy_band_flux(lua_State *L);
int gal_lua_galaxy_photometry(lua_State *L);
int gal_lua_band_filter(lua_State *L);
GAL_API void gal_lua_band_fluxes_release(void *p); /* finalizer of what photometry() gives: lua/galua/band_fluxes.lua */
int gal_lua_galaxy_gradient(lua_State *L);
int gal_lua_galaxy_jacobian(lua_State *L);
int gal_lua_galaxy_differences(lua_State *L);
/* Parameters by dotted name: push the value and return 1, or 0 (l_part.c); set raises outside the range. */
int gal_lua_galaxy_get(lua_State *L, const gal_lua_galaxy *m, const char *name);
int gal_lua_galaxy_set(lua_State *L, gal_lua_galaxy *m, const char *name, double v);
/* The three ways to give the age (galaxy_onset.c): the gal_onset of that name or -1; which one galaxy{} was given; g:set(...) */
int gal_lua_galaxy_onset(const char *name);
gal_onset gal_lua_galaxy_option_onset(gal_lua_opts *o);
int gal_lua_galaxy_set_values(lua_State *L);
int gal_lua_galaxy_set_value(lua_State *L, gal_lua_galaxy *m, const char *name, int idx); /* value on the stack */
void gal_lua_galaxy_names(lua_State *L, const gal_lua_galaxy *m, const char *group); /* push an array; NULL: undotted */
int gal_lua_galaxy_part(lua_State *L, gal_lua_galaxy *m, const char *group);         /* push g.sfh, g.ism, ... */
/* Evaluate at the handle's parameters; raises on failure. */
void gal_lua_galaxy_evaluate(lua_State *L, gal_lua_galaxy *m);
void gal_lua_galaxy_ready(
    lua_State *L, gal_lua_galaxy *m); /* what is before the evaluation: its parameters checked, a workspace made */
gal_compat gal_lua_galaxy_compat(gal_lua_opts *o);                  /* option compat of galaxy{} */
int gal_lua_galaxy_describe(lua_State *L);                          /* g:describe(): the choices as plain data */
void gal_lua_galaxy_remarks(lua_State *L, const gal_lua_galaxy *m); /* choices of its own, in words: pushed */
int gal_lua_galaxy_m_remarks(lua_State *L);
void gal_lua_galaxy_help(lua_State *L); /* help of galaxy{}, pushed */
/* tables.write, tables.write_arrays (table_write.c), and the same one block of rows after another */
int gal_lua_tables_write(lua_State *L);
int gal_lua_tables_write_arrays(lua_State *L);
int gal_lua_tables_writer(lua_State *L);
int gal_lua_tables_array_writer(lua_State *L);
extern const gal_lua_class gal_lua_table_writer, gal_lua_array_writer;
#endif
