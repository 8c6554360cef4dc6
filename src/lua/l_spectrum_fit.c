/* Lua: the spectral part of fits. What the C side offers to lua/galua/spectrum/fit.lua. */
#include "galua/fit.h"
#include "galua/spectrum.h"
#include "lua/l_classes.h"

static void set_num(lua_State *L, const char *key, double v)
{
    lua_pushnumber(L, v);
    lua_setfield(L, -2, key);
}

static int params(lua_State *L)
{
    size_t n;
    const gal_param *p = gal_spectral_params(&n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 10);
        lua_pushfstring(L, "spec.%s", p[i].name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, p[i].unit);
        lua_setfield(L, -2, "unit");
        lua_pushstring(L, p[i].doc);
        lua_setfield(L, -2, "doc");
        set_num(L, "value", p[i].value);
        set_num(L, "lo", p[i].lo);
        set_num(L, "hi", p[i].hi);
        set_num(L, "plo", p[i].plo);
        set_num(L, "phi", p[i].phi);
        lua_pushboolean(L, p[i].log);
        lua_setfield(L, -2, "log");
        lua_pushboolean(L, p[i].free);
        lua_setfield(L, -2, "free");
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* of_fit(target, x[, seed]) -> { model, fitted, coef, amp, sigma, measure, line[, y] }: a row per point */
static int of_fit(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    size_t m, nd;
    const double *x = gal_lua_checkmat(L, 2, &m, &nd);
    bool draw = !lua_isnoneornil(L, 3);
    uint64_t seed = draw ? (uint64_t)gal_lua_checknum(L, 3) : 0;
    gal_lua_kept(L, 1, "data");
    const gal_obs *obs = gal_lua_check(L, -1, &gal_lua_obs);
    const gal_spectrum *s = obs->spectrum;
    if (nd != gal_fit_target(f)->ndim)
        return gal_lua_error(L, GAL_EINVAL, "target: the points have %d coordinates, expected %d", (int)nd,
                             (int)gal_fit_target(f)->ndim);
    size_t np = s ? s->n : 0, nc = s && s->calib.mode != GAL_CALIB_NONE ? (size_t)s->calib.order + 1 : 0;
    static const char *const name[] = {"model", "fitted", "coef", "amp", "sigma", "measure", "line", "y", "measured"};
    const size_t cols[] = {np,
                           np,
                           nc,
                           s ? s->nline : 0,
                           np,
                           obs->nindex + obs->nline,
                           gal_galaxy_nlines(gal_fit_galaxy(f)),
                           np,
                           obs->nindex + obs->nline};
    double *row[9];
    lua_createtable(L, 0, 9);
    for (int i = 0; i < 9; i++) {
        row[i] = i < 7 || draw ? gal_lua_pushmat(L, m, cols[i]) : NULL;
        if (row[i])
            lua_setfield(L, -2, name[i]);
    }
    const gal_fit_view view = {.model = row[0],
                               .fitted = row[1],
                               .coef = row[2],
                               .amp = row[3],
                               .sigma = row[4],
                               .measure = row[5],
                               .line = row[6],
                               .y = row[7],
                               .measured = row[8]};
    gal_lua_checkstatus(L, gal_fit_spectrum(f, m, x, draw, seed, &view));
    return 1;
}

void gal_luaopen_spectrum_fit(lua_State *L);
void gal_luaopen_spectrum_fit(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"params", params,
         "params() -> list\nThe parameters of a spectrum that a fit can vary: name, unit, value, range."},
        {"of_fit", of_fit,
         "of_fit(target, x[, seed]) -> table\nThe spectral part at points x, a row each: model, fitted (with "
         "calibration and free lines), sigma [mJy], coef, amp, measure (indices, then lines), line (fluxes of the "
         "model's lines [erg/s/cm2]). With a seed: coef and amp drawn, and replicated data: y, measured."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "spectrum", rows, NULL);
}
