/* What the files of the binding kit share: the registry of documentation and the loader of the Lua parts of names. */
#ifndef GAL_LUA_REGISTRY_H
#define GAL_LUA_REGISTRY_H
#include "lua/kit/util.h"

/* Push registry.<part> ("docs", "names" or "classes"), made on first use */
void gal_lua_registry_part(lua_State *L, const char *part);
/* Append the string keys of the table at idx to names[n .. max): for did-you-mean; they live as long as the table. Returns the new n. */
size_t gal_lua_registry_keys(lua_State *L, int idx, const char **names, size_t n, size_t max);
/* The function at the top of the stack is called `name` and says `text` */
void gal_lua_registry_document(lua_State *L, const char *name, const char *text);
/* Load galua.<name> when the Lua library has it and push what it returns; true when it was there. Raises what the module raises. */
bool gal_lua_registry_extend(lua_State *L, const char *name);
/* Copy the fields of the table at the top (popped, may be anything) that the table at `dst` lacks */
void gal_lua_registry_merge(lua_State *L, int dst);
#endif
