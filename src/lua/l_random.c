/* Lua: random numbers that depend on their arguments alone. */
#include "galua/rng.h"
#include "lua/util.h"

#define RNG_LUA 0x6c750001 /* numbers that scripts ask for */

/* random(n[, seed[, a[, b]]]), normal(...) */
static int numbers(lua_State *L, double (*next)(gal_rng *))
{
    int n = gal_lua_checkint(L, 1, 0, 1 << 30);
    double key[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        key[i] = lua_isnoneornil(L, 2 + i) ? 0 : gal_lua_checknum(L, 2 + i);
        if (!(key[i] >= 0 && key[i] <= 9007199254740992.0))
            return gal_lua_argerror(L, 2 + i, "a whole number in 0 .. 2^53");
    }
    uint64_t seed = lua_isnoneornil(L, 2) ? gal_lua_seed(L) : (uint64_t)key[0];
    gal_rng r;
    gal_rng_init(&r, seed, RNG_LUA, (uint64_t)key[1], (uint64_t)key[2], next == gal_rng_normal);
    double *x = gal_lua_pushvec(L, (size_t)n);
    for (int i = 0; i < n; i++)
        x[i] = next(&r);
    return 1;
}

static int uniform(lua_State *L)
{
    return numbers(L, gal_rng_uniform);
}

static int normal(lua_State *L)
{
    return numbers(L, gal_rng_normal);
}

void gal_luaopen_random(lua_State *L);
void gal_luaopen_random(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"uniform", uniform,
         "random.uniform(n[, seed[, a[, b]]]) -> vec\nn numbers between 0 and 1 that depend on seed (the session's) "
         "and the keys a, b "
         "alone."},
        {"normal", normal, "random.normal(n[, seed[, a[, b]]]) -> vec\nThe same with mean 0 and standard deviation 1."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "random", rows, "Random numbers.");
}
