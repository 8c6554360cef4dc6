/* Moves of ensembles as scripts give them. */
#ifndef GAL_LUA_ENSEMBLE_H
#define GAL_LUA_ENSEMBLE_H
#include "galua/ensemble.h"
#include <lua.h>
/* moves() -> { { name =, help = } } of the built-in ones */
int gal_lua_moves_list(lua_State *L);
/* A name, a move { "de", gamma = 1 } or a list of them at idx -> number of moves. What they point to stays on the stack; on its top
 * is a table for gal_lua_keep(L, handle, top, "moves"). Raises. */
size_t gal_lua_read_moves(lua_State *L, int idx, gal_move moves[GAL_MOVES_MAX]);
#endif
