/* Lua: what the table of the optimiser cannot say, its start points; and importance weights. */
#include "galua/optimum.h"

#include <string.h>

#include "lua/bind/sampler.h"

static int read(lua_State *L, gal_lua_opts *o, const gal_target *t, void *opt)
{
    gal_optimum_opt *to = opt;
    size_t cols;
    if (!gal_lua_opt_push(o, "from"))
        return 0;
    to->start = gal_lua_checkmat(L, -1, &to->nstart, &cols);
    if (cols != t->ndim)
        gal_lua_error(L, GAL_EINVAL, "optimum: from has %d columns, expected %d parameters", (int)cols, (int)t->ndim);
    return 0;
}

/* psis(lnw[, reff]) -> vec, khat */
static int psis(lua_State *L)
{
    size_t n;
    double khat, reff = lua_isnoneornil(L, 2) ? 1 : gal_lua_checknum(L, 2);
    const double *lnw = gal_lua_checkvec(L, 1, &n);
    if (n == 0 || !(reff > 0))
        return gal_lua_error(L, GAL_EINVAL, "psis: %s", n == 0 ? "no weights" : "reff must be positive");
    double *out = gal_lua_pushvec(L, n);
    memcpy(out, lnw, n * sizeof *out);
    gal_lua_checkstatus(L, gal_psis(out, n, reff, &khat));
    lua_pushnumber(L, khat);
    return 2;
}

void gal_luaopen_optimum(lua_State *L);
void gal_luaopen_optimum(lua_State *L)
{
    static const gal_lua_sampler optimum = {
        .name = "optimum", .options = "@param from matrix of sampled coordinates used first", .read = read};
    static const gal_lua_row rows[] = {
        {"psis", psis,
         "psis(lnw[, reff]) -> vec, khat\nPareto-smoothed importance sampling: normalised smoothed ln weights and the "
         "shape of their tail "
         "(below 0.5 good, 0.7 usable). reff: relative efficiency of dependent draws, 1 for independent ones."},
        {NULL, NULL, NULL},
    };
    gal_lua_sampler_register(L, &optimum);
    gal_lua_module(L, NULL, rows, NULL);
}
