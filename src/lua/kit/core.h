/* core.h - between open.c and core.c: the table package.loaded["galua.core"], what the Lua library needs of the program. */
#ifndef GAL_LUA_CORE_H
#define GAL_LUA_CORE_H
#include <lua.h>
void gal_lua_core_open(lua_State *L);
int gal_lua_core_has_module(lua_State *L);
int gal_lua_core_modules(lua_State *L);
#endif
