/* Lua: terms of noise, as lua/galua/noise.lua makes noise.NAME{} of them, and what target{} is told of them. */
#include <lauxlib.h>
#include <string.h>

#include "galua/fit.h"
#include "lua/bind/l_classes.h"

/* vec of n numbers, or NULL */
static const double *numbers(lua_State *L, gal_lua_opts *o, const char *name, size_t n, const char *of)
{
    size_t m;
    const double *v = gal_lua_opt_vec(o, name, &m);
    if (v && m != n)
        gal_lua_error(L, GAL_EINVAL, "target: %s has %d numbers, expected %d: %s", name, (int)m, (int)n, of);
    return v;
}

/* Settings of the terms of noise: choices by their classes' names with `prefix`; of bands, and of pixels */
static void take_choices(lua_State *L, gal_lua_opts *o, const char *prefix, int *choice)
{
    size_t at = 0;
    for (const gal_noise_class *const *c = gal_noise_classes(); *c; c++) {
        if (!(*c)->choice)
            continue;
        char hint[96];
        const char *name = lua_pushfstring(L, "%s%s", prefix, (*c)->setting); /* stays on the stack: options keep it */
        const char *v = gal_lua_opt_str(o, name, (*c)->choice[0]);
        size_t n = 0;
        int found = -1;
        for (; (*c)->choice[n]; n++)
            if (strcmp(v, (*c)->choice[n]) == 0)
                found = (int)n;
        if (found < 0) {
            gal_did_you_mean(hint, sizeof hint, v, (*c)->choice, n);
            gal_lua_error(L, GAL_ENOTFOUND, "unknown %s '%s'%s", (*c)->setting, v, hint);
        }
        choice[at++] = found;
    }
}

/* Option spectra: for each spectrum of the observation { spectral = vec, spectral_columns = vec, spectral_SETTING = choice } */
static const gal_fit_own *take_spectra(lua_State *L, gal_lua_opts *o, const gal_obs *obs, size_t npar, size_t ncolumn)
{
    if (!gal_lua_opt_push(o, "spectra"))
        return NULL;
    int list = lua_gettop(L);
    size_t n = obs->nspectrum;
    if (!lua_istable(L, list) || lua_objlen(L, list) != n)
        gal_lua_error(L, GAL_EINVAL, "target: spectra must be a list of %d tables, one a spectrum", (int)n);
    struct {
        gal_fit_own own;
        double whole[GAL_NOISE_COLUMNS];
        int choice[GAL_NOISE_CHOICES];
    } *room = lua_newuserdata(L, (n + 1) * sizeof *room); /* these stay on the stack */
    gal_fit_own *own = lua_newuserdata(L, (n + 1) * sizeof *own);
    for (size_t i = 0; i < n; i++) {
        gal_lua_opts each;
        lua_rawgeti(L, list, (int)i + 1);
        gal_lua_opts_begin(L, &each, lua_gettop(L), "target: spectra");
        const double *whole = numbers(L, &each, "spectral_columns", ncolumn, "those of the terms of noise");
        memset(&room[i], 0, sizeof room[i]);
        for (size_t k = 0; whole && k < ncolumn; k++)
            room[i].whole[k] = whole[k];
        own[i].fixed = numbers(L, &each, "spectral", npar, "the parameters of a spectrum");
        own[i].whole = room[i].whole;
        own[i].choice = room[i].choice;
        take_choices(L, &each, "spectral_", room[i].choice);
        gal_lua_opts_end(&each);
    }
    return own;
}

void gal_lua_take_noise(lua_State *L, gal_lua_opts *o, gal_fit_opts *fo)
{
    size_t np, column = 0, n = fo->obs->n;
    const gal_param *par = gal_noise_params(&np);
    if (gal_lua_opt_push(o, "noise")) {
        for (size_t k = 0; k < np; k++) {
            lua_getfield(L, -1, par[k].name);
            if (lua_type(L, -1) == LUA_TNUMBER)
                gal_noise_set(&fo->noise, k, lua_tonumber(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    for (const gal_noise_class *const *c = gal_noise_classes(); *c; c++)
        for (size_t k = 0; k < (*c)->ncolumn; k++)
            fo->of.column[column++] = numbers(L, o, (*c)->column[k].name, n, "one a band of the observation");
    take_choices(L, o, "", fo->of.choice);
    take_choices(L, o, "spectral_", fo->spectral_of.choice);
    const double *whole = numbers(L, o, "spectral_columns", column, "those of the terms of noise");
    if (whole) {
        double *room = lua_newuserdata(L, GAL_NOISE_COLUMNS * sizeof *room); /* stays on the stack */
        for (size_t k = 0; k < GAL_NOISE_COLUMNS; k++)
            room[k] = k < column ? whole[k] : 0;
        fo->spectral_whole = room;
    }
    fo->amplitude = gal_lua_opt_obj(o, "amplitude", &gal_lua_prior);
    size_t ns;
    gal_spectral_params(&ns);
    fo->spectral = numbers(L, o, "spectral", ns, "the parameters of a spectrum");
    fo->of_spectrum = take_spectra(L, o, fo->obs, ns, column);
}

/* noise_params() -> list like galaxy:params() */
static int noise_params(lua_State *L)
{
    size_t n;
    const gal_param *p = gal_noise_params(&n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        gal_lua_push_param(L, "noise.", &p[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static void push_texts(lua_State *L, const char *const *list)
{
    lua_newtable(L);
    for (int i = 0; list && list[i]; i++) {
        lua_pushstring(L, list[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

/* noise_terms() -> list of the classes */
static int noise_terms(lua_State *L)
{
    lua_newtable(L);
    for (int i = 0; gal_noise_classes()[i]; i++) {
        const gal_noise_class *c = gal_noise_classes()[i];
        lua_newtable(L);
        gal_lua_set_text(L, "name", c->name);
        gal_lua_set_text(L, "doc", c->doc);
        lua_newtable(L);
        for (size_t k = 0; k < c->npar; k++) {
            lua_newtable(L);
            gal_lua_set_text(L, "name", c->par[k].name);
            gal_lua_set_flag(L, "open", c->open >> k & 1);
            lua_rawseti(L, -2, (int)k + 1);
        }
        lua_setfield(L, -2, "params");
        lua_newtable(L);
        for (size_t k = 0; k < c->ncolumn; k++) {
            lua_newtable(L);
            gal_lua_set_text(L, "name", c->column[k].name);
            if (c->column[k].doc) /* else it is the number of a key */
                gal_lua_set_text(L, "doc", c->column[k].doc);
            gal_lua_set_num(L, "hi", c->column[k].hi);
            gal_lua_set_flag(L, "shared", c->column[k].shared);
            lua_rawseti(L, -2, (int)k + 1);
        }
        lua_setfield(L, -2, "columns");
        if (c->choice) {
            gal_lua_set_text(L, "setting", c->setting);
            gal_lua_set_text(L, "setting_doc", c->setting_doc);
            push_texts(L, c->choice + 1);
            lua_setfield(L, -2, "choices");
        }
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

void gal_luaopen_noise(lua_State *L);
void gal_luaopen_noise(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"noise_params", noise_params,
         "noise_params() -> list\nThe noise parameters that a fit can vary: name, unit, value, lo, hi, plo, phi, log, "
         "doc."},
        {"noise_terms", noise_terms,
         "noise_terms() -> list\nThe terms of noise: name, doc, params, columns (one number a band), setting and its "
         "choices."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, NULL, rows, NULL);
}
