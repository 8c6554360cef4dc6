/* registry.c - documentation and namespaces of the binding kit (util.h).
 *
 * One registry table (package.loaded["galua.registry"]) is read by help(), completion and the tests:
 *   docs    name -> text            names   function -> name (weak keys)
 *   classes name -> {name, doc, methods = {name -> function}, fields = {name -> doc}}
 * Not thread safe: a Lua state belongs to one thread at a time. */
#include "lua/kit/registry.h"

#include <stdio.h>
#include <string.h>

static char registry_key; /* its address is the key in the Lua registry */

/* Push registry.<part>, made on first use */
void gal_lua_registry_part(lua_State *L, const char *part)
{
    lua_pushlightuserdata(L, &registry_key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushlightuserdata(L, &registry_key);
        lua_pushvalue(L, -2);
        lua_rawset(L, LUA_REGISTRYINDEX);
        lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
        lua_pushvalue(L, -2);
        lua_setfield(L, -2, "galua.registry");
        lua_pop(L, 1);
    }
    lua_getfield(L, -1, part);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        if (strcmp(part, "names") == 0) {
            lua_newtable(L);
            gal_lua_set_text(L, "__mode", "k");
            lua_setmetatable(L, -2);
        }
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, part);
    }
    lua_remove(L, -2);
}

/* String keys of the table at idx, for did-you-mean; they live as long as the table */
size_t gal_lua_registry_keys(lua_State *L, int idx, const char **names, size_t n, size_t max)
{
    if (idx < 0 && idx > LUA_REGISTRYINDEX)
        idx = lua_gettop(L) + idx + 1;
    if (!lua_istable(L, idx))
        return n;
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING && n < max)
            names[n++] = lua_tostring(L, -2);
    return n;
}

/* ------------------------------------------------------------------ documentation and namespaces */
void gal_lua_doc(lua_State *L, const char *name, const char *text)
{
    gal_lua_registry_part(L, "docs");
    gal_lua_set_text(L, name, text);
    lua_pop(L, 1);
}

/* The function at the top of the stack is called `name` and says `text` */
void gal_lua_registry_document(lua_State *L, const char *name, const char *text)
{
    gal_lua_doc(L, name, text);
    gal_lua_registry_part(L, "names");
    lua_pushvalue(L, -2);
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Load galua.<name> when the Lua library has it; true when it was there. Raises what the module raises. */
bool gal_lua_registry_extend(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_getfield(L, -1, "has_module");
    lua_pushfstring(L, "galua.%s", name);
    lua_call(L, 1, 1);
    bool there = lua_toboolean(L, -1);
    lua_pop(L, 3);
    if (there) {
        lua_getglobal(L, "require");
        lua_pushfstring(L, "galua.%s", name);
        lua_call(L, 1, 1);
    }
    return there;
}

/* Copy the fields of the table at the top (popped, may be anything) that the table at `dst` lacks */
void gal_lua_registry_merge(lua_State *L, int dst)
{
    if (lua_istable(L, -1) && !lua_rawequal(L, -1, dst))
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            lua_pushvalue(L, -2);
            lua_rawget(L, dst);
            bool missing = lua_isnil(L, -1);
            lua_pop(L, 1);
            if (missing) {
                lua_pushvalue(L, -2);
                lua_pushvalue(L, -2);
                lua_rawset(L, dst);
            }
        }
    lua_pop(L, 1);
}

/* __index of a namespace: upvalue 1 its name, upvalue 2 whether its Lua part has been loaded */
static int module_index(lua_State *L)
{
    const char *module = lua_tostring(L, lua_upvalueindex(1));
    if (!lua_toboolean(L, lua_upvalueindex(2))) {
        lua_pushboolean(L, 1);
        lua_replace(L, lua_upvalueindex(2));
        if (gal_lua_registry_extend(L, module)) {
            gal_lua_registry_merge(L, 1);
            lua_pushvalue(L, 2);
            lua_rawget(L, 1);
            if (!lua_isnil(L, -1))
                return 1;
        }
    }
    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    const char *names[512];
    char hint[128];
    size_t n = gal_lua_registry_keys(L, 1, names, 0, 512);
    gal_did_you_mean(hint, sizeof hint, lua_tostring(L, 2), names, n);
    return gal_lua_error(L, GAL_ENOTFOUND, "%s has no '%s'%s", module, lua_tostring(L, 2), hint);
}

/* __call of a namespace drops the table itself and calls upvalue 1 */
static int module_call(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void push_galua(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "galua.core");
    lua_getfield(L, -1, "galua");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void gal_lua_module(lua_State *L, const char *module, const gal_lua_row *rows, const char *doc)
{
    int top = lua_gettop(L);
    push_galua(L);
    if (module) {
        lua_pushstring(L, module);
        lua_rawget(L, -2);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_newtable(L);
            lua_pushstring(L, module);
            lua_pushboolean(L, 0);
            lua_pushcclosure(L, module_index, 2);
            lua_setfield(L, -2, "__index");
            lua_setmetatable(L, -2);
            lua_pushstring(L, module);
            lua_pushvalue(L, -2);
            lua_rawset(L, -4);
        }
        gal_lua_registry_part(L, "names");
        lua_pushvalue(L, -2);
        lua_pushstring(L, module);
        lua_rawset(L, -3);
        lua_pop(L, 1);
        if (doc)
            gal_lua_doc(L, module, doc);
    }
    for (; rows && rows->name; rows++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s%s", module ? module : "", module && *rows->name ? "." : "", rows->name);
        lua_pushcfunction(L, rows->fn);
        gal_lua_registry_document(L, name, rows->doc);
        if (*rows->name) {
            lua_pushstring(L, rows->name);
            lua_insert(L, -2);
            lua_rawset(L, -3);
        } else {
            lua_getmetatable(L, -2);
            lua_insert(L, -2);
            lua_pushcclosure(L, module_call, 1);
            lua_setfield(L, -2, "__call");
            lua_pop(L, 1);
        }
    }
    lua_settop(L, top);
}

void gal_lua_module_add(lua_State *L, const char *module, const char *name, const char *doc)
{
    char dotted[128];
    int top = lua_gettop(L);
    snprintf(dotted, sizeof dotted, "%s%s%s", module ? module : "", module ? "." : "", name);
    gal_lua_registry_document(L, dotted, doc);
    push_galua(L);
    if (module) {
        lua_pushstring(L, module);
        lua_rawget(L, -2);
    }
    lua_pushstring(L, name);
    lua_pushvalue(L, top);
    lua_rawset(L, -3);
    lua_settop(L, top - 1);
}
