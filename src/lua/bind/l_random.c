/* Lua: random numbers that depend on their arguments alone. */
#include "galua/rng.h"
#include "lua/kit/util.h"

#define RNG_LUA        0x6c750001 /* numbers that scripts ask for */
#define RNG_LUA_STREAM 0x6c750002 /* streams of them */

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

/* ------------------------------------------------------------------ streams */
static void stream_free(void *obj)
{
    gal_free(obj);
}

static gal_rng *stream(lua_State *L);

/* one number, or a vec of n */
static int draw(lua_State *L, double (*next)(gal_rng *))
{
    gal_rng *r = stream(L);
    if (lua_isnoneornil(L, 2)) {
        lua_pushnumber(L, next(r));
        return 1;
    }
    int n = gal_lua_checkint(L, 2, 0, 1 << 30);
    double *x = gal_lua_pushvec(L, (size_t)n);
    for (int i = 0; i < n; i++)
        x[i] = next(r);
    return 1;
}

static int stream_uniform(lua_State *L)
{
    return draw(L, gal_rng_uniform);
}

static int stream_normal(lua_State *L)
{
    return draw(L, gal_rng_normal);
}

static int stream_below(lua_State *L)
{
    gal_rng *r = stream(L);
    lua_pushnumber(L, 1 + (double)gal_rng_below(r, (uint64_t)gal_lua_checkint(L, 2, 1, 0x7fffffff)));
    return 1;
}

static const gal_lua_row stream_methods[] = {
    {"uniform", stream_uniform, "uniform([n]) -> number or vec\nThe next number between 0 and 1, or the next n."},
    {"normal", stream_normal, "normal([n]) -> number or vec\nThe same with mean 0 and standard deviation 1."},
    {"integer", stream_below, "integer(n) -> number\nOne of 1, 2, ..., n."},
    {NULL, NULL, NULL},
};

static const gal_lua_class stream_class = {
    .name = "stream",
    .doc = "Random numbers one after the other.",
    .methods = stream_methods,
    .free = stream_free,
};

static gal_rng *stream(lua_State *L)
{
    return gal_lua_check(L, 1, &stream_class);
}

/* stream([seed[, a[, b]]]) */
static int stream_create(lua_State *L)
{
    double key[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        key[i] = lua_isnoneornil(L, 1 + i) ? 0 : gal_lua_checknum(L, 1 + i);
        if (!(key[i] >= 0 && key[i] <= 9007199254740992.0))
            return gal_lua_argerror(L, 1 + i, "a whole number in 0 .. 2^53");
    }
    uint64_t seed = lua_isnoneornil(L, 1) ? gal_lua_seed(L) : (uint64_t)key[0];
    gal_rng *r = GAL_NEW(gal_rng);
    if (!r)
        return gal_lua_fail(L);
    gal_rng_init(r, seed, RNG_LUA_STREAM, (uint64_t)key[1], (uint64_t)key[2], 0);
    gal_lua_push(L, &stream_class, r);
    return 1;
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
        {"stream", stream_create,
         "random.stream([seed[, a[, b]]]) -> stream\nNumbers one after the other, r:uniform(), r:normal(), "
         "r:integer(n), "
         "that depend on seed (the\nsession's) and the keys a, b alone."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &stream_class);
    gal_lua_module(L, "random", rows, "Random numbers.");
}
