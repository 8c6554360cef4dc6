/* Lua states of workers; see worker.h. Everything in them runs in protected calls. */
#include "lua/kit/worker.h"
#include "lua/kit/util.h"

#include <stdio.h>
#include <string.h>

struct gal_worker {
    lua_State *L;
    char what[80];
};

typedef struct {
    const char *adapter, *shipped;
    size_t n;
} opening;

/* Leaves the run function as the only value of the stack (index 1). */
static int open_state(lua_State *L)
{
    const opening *o = lua_touserdata(L, 1);
    lua_settop(L, 0);
    luaL_openlibs(L);
    gal_lua_push_module(L, "galua.worker");
    lua_call(L, 0, 1);
    lua_getfield(L, 1, "close_globals");
    lua_call(L, 0, 0);
    lua_getfield(L, 1, "unpack");
    lua_pushlstring(L, o->shipped, o->n);
    lua_call(L, 1, 2); /* the function, the table it came in */
    lua_getfield(L, 1, o->adapter);
    lua_insert(L, 2);
    lua_call(L, 2, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "run");
    return 0;
}

gal_status gal_worker_open(gal_worker **out, const char *what, const char *adapter, const char *shipped, size_t n)
{
    opening o = {adapter, shipped, n};
    gal_worker *w = GAL_NEW(gal_worker);
    *out = NULL;
    if (!w)
        return GAL_ENOMEM;
    snprintf(w->what, sizeof w->what, "%s", what);
    if (!(w->L = luaL_newstate())) {
        gal_free(w);
        return gal_fail(GAL_ENOMEM, "%s: no memory for a Lua state", what);
    }
    if (lua_cpcall(w->L, open_state, &o) != 0) {
        const char *m = lua_tostring(w->L, -1);
        gal_status st = gal_fail(GAL_EINVAL, "%s: %s", what, m ? m : "the shipped function cannot be loaded");
        gal_worker_close(w);
        return st;
    }
    lua_getfield(w->L, LUA_REGISTRYINDEX, "run");
    *out = w;
    return GAL_OK;
}

void gal_worker_close(gal_worker *w)
{
    if (!w)
        return;
    lua_close(w->L);
    gal_free(w);
}

gal_status gal_worker_run(gal_worker *w, const void *const *ptr, int nptr, size_t n)
{
    lua_State *L = w->L; /* room: a new stack has 20 slots */
    lua_pushvalue(L, 1);
    for (int i = 0; i < nptr; i++)
        lua_pushlightuserdata(L, (void *)(uintptr_t)ptr[i]);
    lua_pushinteger(L, (lua_Integer)n);
    if (lua_pcall(L, nptr + 1, 0, 0) == 0)
        return GAL_OK;
    const char *m = lua_tostring(L, -1);
    gal_status st = gal_fail(GAL_EMATH, "%s: %s", w->what, m ? m : "raised an error that is no text");
    lua_settop(L, 1);
    return st;
}
