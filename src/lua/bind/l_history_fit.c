/* Lua: fit_diffmah, fit_diffstar: parameters of tabulated histories. */
#include "galua/historyfit.h"
#include "lua/bind/l_diffstar.h"

#include <math.h>
#include <string.h>

/* option `name`, a vec of n numbers (n 0: any) */
static const double *history(gal_lua_opts *o, const char *name, size_t *n)
{
    size_t len;
    const double *x = gal_lua_opt_vec(o, name, &len);
    if (!x || len == 0)
        gal_lua_error(o->L, GAL_EINVAL, "%s: %s, a list of numbers, is needed", o->fn, name);
    if (*n && len != *n)
        gal_lua_error(o->L, GAL_EINVAL, "%s: %s has %d values for %d times", o->fn, name, (int)len, (int)*n);
    *n = len;
    return x;
}

static int give(lua_State *L, const gal_lua_class *class, const gal_lua_history *h, const gal_history_fit *info)
{
    gal_lua_history *own = GAL_NEW(gal_lua_history);
    if (!own)
        return gal_lua_fail(L);
    *own = *h;
    gal_lua_push(L, class, own);
    lua_newtable(L);
    GAL_LUA_SET(L, {"loss", info->loss}, {"points", (double)info->npoint}, {"tries", info->tries});
    return 2;
}

static int fit_diffmah(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_history h = {.npar = GAL_DIFFMAH_N};
    gal_history_fit info;
    size_t n = 0;
    gal_lua_opts_begin(L, &o, 1, "fit_diffmah");
    const double *t = history(&o, "t", &n), *m = history(&o, "logm", &n);
    h.t0 = gal_lua_opt_range(&o, "t0", GAL_DIFFSTAR_T0, 0.1, 100);
    double least = gal_lua_opt_num(&o, "least", -INFINITY);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_diffmah_fit(n, t, m, least, log10(h.t0), h.par, &info));
    return give(L, &gal_lua_diffmah, &h, &info);
}

static int fit_diffstar(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_history h = {.npar = GAL_HISTORY_N};
    gal_history_fit info;
    size_t n = 0;
    gal_lua_opts_begin(L, &o, 1, "fit_diffstar");
    const double *t = history(&o, "t", &n), *sfr = history(&o, "sfr", &n);
    const gal_lua_history *mah = gal_lua_opt_obj(&o, "mah", &gal_lua_diffmah);
    if (!mah)
        return gal_lua_error(L, GAL_EINVAL,
                             "fit_diffstar: mah, the halo, is needed: diffmah{...} or one of fit_diffmah");
    memcpy(h.par, mah->par, GAL_DIFFMAH_N * sizeof *h.par);
    h.t0 = mah->t0;
    h.fb = gal_lua_opt_range(&o, "fb", GAL_DIFFSTAR_FB, 0, 1);
    double seed = gal_lua_opt_range(&o, "seed", 1, 0, 9e15);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(
        L, gal_diffstar_fit(h.par, n, t, sfr, log10(h.t0), h.fb, (uint64_t)seed, h.par + GAL_DIFFMAH_N, &info));
    return give(L, &gal_lua_diffstar, &h, &info);
}

void gal_luaopen_history_fit(lua_State *L);
void gal_luaopen_history_fit(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"fit_diffmah", fit_diffmah,
         "fit_diffmah{ t =, logm = } -> diffmah, table\nThe smooth growth closest to a simulated halo's: least squares "
         "of log10 of the largest mass so "
         "far, from 1 Gyr on and within 2.5 dex of the\nlast mass. The table holds loss, points that count, tries.\n"
         "@param t [Gyr] ascending times\n@param logm [log10 Msun] masses then\n@param t0 [Gyr] (13.8) age of the "
         "Universe that logm0 refers to\n"
         "@param least [log10 Msun] (none) smaller masses do not count\n"
         "@example h = diffmah{ logm0 = 13 }; t = linspace(0.5, 13.8, 50); print(fit_diffmah{ t = t, logm = h:logm(t) "
         "})"},
        {"fit_diffstar", fit_diffstar,
         "fit_diffstar{ t =, sfr =, mah = } -> diffstar, table\nThe smooth star formation history closest to a "
         "simulated one in its halo: masses formed, "
         "rates over the last Gyr and rates at\ntimes from 1 Gyr on. The table holds loss, points that count, tries; a "
         "loss below 0.1 is a good fit.\n"
         "@param t [Gyr] ascending times\n@param sfr [Msun/yr] rates then\n@param mah the halo: diffmah{} or one of "
         "fit_diffmah\n"
         "@param fb (0.156) baryon fraction\n@param seed (1) of the starts after the first"},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, NULL, rows, NULL);
}
