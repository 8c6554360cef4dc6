/* The Lua face of every sampler (galua/sampler.h): made from its table of fields in l_sampler.c. A binding l_NAME.c adds what a table cannot
 * say: options that are no numbers, methods and fields of its own. */
#ifndef GAL_LUA_SAMPLER_H
#define GAL_LUA_SAMPLER_H
#include "galua/sampler.h"
#include "lua/bind/engine.h"

typedef struct gal_lua_sampler {
    const char *name;
    const gal_lua_row *methods; /* further ones, or instead of the common ones; ended by NULL */
    const gal_lua_field *fields;
    int (*get)(lua_State *L, void *s, const char *key); /* of these fields */
    const char *options, *run_options;                  /* help of further ones, "@param ..." */
    /* Reads further options into the options of the class; returns the stack index of what the handle must keep, or 0. */
    int (*read)(lua_State *L, gal_lua_opts *o, const gal_target *t, void *opt);
} gal_lua_sampler;
/* To be called by gal_luaopen_NAME. */
void gal_lua_sampler_register(lua_State *L, const gal_lua_sampler *more);

/* The sampler of class `name` at idx; of any class: raises when it is something else. */
void *gal_lua_test_sampler(lua_State *L, int idx, const char *name);
gal_sampler *gal_lua_check_sampler(lua_State *L, int idx);
void gal_lua_push_sampler(lua_State *L, gal_sampler *s, int target); /* takes it over */
void gal_lua_replace_sampler(lua_State *L, int idx, gal_sampler *s); /* of the same class */

/* A method run in its parts, for those that take more options than goals. */
typedef struct gal_lua_run {
    gal_sampler *s;
    gal_lua_opts o;
    gal_lua_hooks h;
    union {
        gal_goal hooks;
        double room[64];
    } goal;
} gal_lua_run;
void gal_lua_run_begin(lua_State *L, gal_lua_run *r); /* self is at 1, options at 2 */
void gal_lua_run_read(lua_State *L, gal_lua_run *r);  /* goals and hooks; refuses what is left */
int gal_lua_run_go(lua_State *L, gal_lua_run *r);     /* pushes the name of the end */
#endif
