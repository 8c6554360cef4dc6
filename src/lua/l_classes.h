/* Classes that binding files share: a function that takes an SSP table or a filter of another file checks against these. */
#ifndef GAL_LUA_CLASSES_H
#define GAL_LUA_CLASSES_H
#include "galua/galaxy.h"
#include "lua/util.h"
extern const gal_lua_class gal_lua_cosmo;    /* gal_cosmo */
extern const gal_lua_class gal_lua_ssp;      /* gal_ssp */
extern const gal_lua_class gal_lua_filter;   /* gal_filter */
extern const gal_lua_class gal_lua_prior;    /* gal_prior */
extern const gal_lua_class gal_lua_obs;      /* gal_obs */
extern const gal_lua_class gal_lua_target;   /* gal_fit */
extern const gal_lua_class gal_lua_ensemble; /* gal_ensemble */

/* methods save and restore of a target, in l_result.c */
int gal_lua_target_save(lua_State *L);
int gal_lua_target_restore(lua_State *L);

/* A model component before it is in a galaxy: values of its parameters. */
typedef struct gal_lua_spec {
    enum { SPEC_SFH, SPEC_ISM } what;
    gal_sfh sfh; /* SPEC_SFH: list of parameters, table */
    size_t npar;
    gal_param par[32]; /* par[i].value = value given or default */
} gal_lua_spec;
extern const gal_lua_class gal_lua_spec_class;

/* A galaxy at the prompt: the immutable model, one parameter vector, one workspace (made at the first evaluation). */
typedef struct gal_lua_galaxy {
    gal_galaxy *g;
    gal_galaxy_ws *ws;
    double *theta;
    int refs; /* handles: the galaxy's own and those of its components */
} gal_lua_galaxy;
extern const gal_lua_class gal_lua_galaxy_class;
void gal_lua_galaxy_unref(gal_lua_galaxy *m);
/* Parameters by dotted name: push the value and return 1, or 0 (l_part.c); set raises outside the range. */
int gal_lua_galaxy_get(lua_State *L, const gal_lua_galaxy *m, const char *name);
int gal_lua_galaxy_set(lua_State *L, gal_lua_galaxy *m, const char *name, double v);
int gal_lua_galaxy_set_value(lua_State *L, gal_lua_galaxy *m, const char *name, int idx); /* value on the stack */
void gal_lua_galaxy_names(lua_State *L, const gal_lua_galaxy *m, const char *group); /* push an array; NULL: undotted */
int gal_lua_galaxy_part(lua_State *L, gal_lua_galaxy *m, const char *group);         /* push g.sfh or g.ism */
/* Evaluate at the handle's parameters; raises on failure. */
void gal_lua_galaxy_evaluate(lua_State *L, gal_lua_galaxy *m);
#endif
