/* Handles of diffmah{} and diffstar{}, and what population{} takes from them. */
#ifndef GAL_LUA_DIFFSTAR_H
#define GAL_LUA_DIFFSTAR_H
#include "galua/diffstar.h"
#include "galua/dsps.h"
#include "lua/kit/util.h"

typedef struct gal_lua_history {
    int npar; /* GAL_DIFFMAH_N: a halo alone; GAL_HISTORY_N; GAL_LAG_N */
    bool lagged;
    double par[GAL_LAG_N], t0, fb;
} gal_lua_history;
extern const gal_lua_class gal_lua_diffmah, gal_lua_diffstar, gal_lua_population;
#endif
