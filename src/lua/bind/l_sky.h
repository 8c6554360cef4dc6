/* Shared by the bindings of the sky: l_sky.c, sky_plan.c, sky_make.c, sky_custom.c */
#ifndef GAL_LUA_L_SKY_H
#define GAL_LUA_L_SKY_H
#include "galua/skymap.h"
#include "galua/sky.h"
#include "lua/bind/l_classes.h"
extern const gal_lua_class gal_lua_part_class; /* gal_sky_part */
gal_field *gal_lua_sky_field(lua_State *L, int table, const char *name);
gal_status gal_lua_sky_load(gal_skymap **out, const char *path, int column, int64_t nside);
void gal_lua_sky_push_part(lua_State *L, gal_sky_part *p, int definition); /* keeps the definition's fields alive */
void gal_lua_sky_open_plan(lua_State *L);
void gal_lua_sky_open_make(lua_State *L);
void gal_lua_sky_open_custom(lua_State *L);
#endif
