/* Lua: star formation histories, sfh.NAME{...}: named, unit-bearing, bounded parameters as fields. */
#include "lua/l_classes.h"

#include <stdio.h>
#include <string.h>

static int make_sfh(lua_State *L, gal_sfh_kind kind)
{
    char fn[40];
    snprintf(fn, sizeof fn, "sfh.%s", gal_sfh_name(kind));
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, fn);
    const double *t = NULL, *psi = NULL;
    size_t nt = 0, np = 0;
    bool evolving = false;
    if (kind == GAL_SFH_TABLE) {
        t = gal_lua_opt_vec(&o, "t", &nt);
        psi = gal_lua_opt_vec(&o, "psi", &np);
        if (!t || !psi || nt != np)
            return gal_lua_error(L, GAL_EINVAL,
                                 "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got %zu and %zu)", nt,
                                 np);
    }
    if (kind != GAL_SFH_INSITU) {
        static const char *const how[] = {"constant", "evolving"};
        evolving = gal_lua_opt_choice(&o, "metallicity", how, 2, 0) == 1 || gal_lua_opt_given(&o, "Z_start");
    }
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_spec_class, s); /* freed with the handle from here on */
    if (gal_sfh_init(&s->sfh, kind, evolving, t, psi, nt) != GAL_OK)
        return gal_lua_fail(L);
    gal_lua_spec_parameters(L, &o, s, "sfh", gal_sfh_name(kind), s->sfh.par, s->sfh.npar);
    lua_pushvalue(L, -1);
    return 1;
}

#define SFH_CONSTRUCTOR(name, kind)                                                                                    \
    static int name(lua_State *L)                                                                                      \
    {                                                                                                                  \
        return make_sfh(L, kind);                                                                                      \
    }
SFH_CONSTRUCTOR(sfh_insitu, GAL_SFH_INSITU)
SFH_CONSTRUCTOR(sfh_constant, GAL_SFH_CONSTANT)
SFH_CONSTRUCTOR(sfh_delayed, GAL_SFH_DELAYED)
SFH_CONSTRUCTOR(sfh_lognormal, GAL_SFH_LOGNORMAL)
SFH_CONSTRUCTOR(sfh_dpl, GAL_SFH_DPL)
SFH_CONSTRUCTOR(sfh_table, GAL_SFH_TABLE)

#define QUENCH "@param tau_quench [yr] (1e20) star formation stops at this galaxy time\n"
#define EMPIRICAL                                                                                                      \
    QUENCH "@param Mdust [Msun] (1e8) dust mass\n@param Z (0.01) metallicity (mass fraction) of gas and stars, now\n"  \
           "@param metallicity (constant) 'constant', or 'evolving': from Z_start to Z in proportion to the mass "     \
           "formed\n"                                                                                                  \
           "@param Z_start (1e-4) metallicity at the onset, for an evolving one\n"

void gal_luaopen_sfh(lua_State *L);
void gal_luaopen_sfh(lua_State *L)
{
    static const gal_lua_row sfh[] = {
        {"insitu", sfh_insitu,
         "sfh.insitu{ psi_max =, tau_star = } -> component\n"
         "In-situ galaxy evolution with gas, metals and dust (Lapi+18, 20; Pantoni+19):\n"
         "psi(t) = psi_max [exp(-t/(3 tau)) - exp(-gamma t/tau)], gamma = 0.55 + 3 psi_max^-0.3.\n"
         "@param psi_max [Msun/yr] (100) normalisation\n@param tau_star [yr] (3e8) star formation time-scale\n" QUENCH},
        {"constant", sfh_constant,
         "sfh.constant{ psi = } -> component\nConstant star formation rate.\n"
         "@param psi [Msun/yr] (1) star formation rate\n" EMPIRICAL},
        {"delayed", sfh_delayed,
         "sfh.delayed{ norm =, tau =, k = } -> component\nDelayed exponential: psi(t) = norm (t/tau)^k exp(-t/tau).\n"
         "@param norm [Msun/yr] (1) normalisation\n@param tau [yr] (1e9) e-folding time\n@param k (1) early "
         "slope\n" EMPIRICAL},
        {"lognormal", sfh_lognormal,
         "sfh.lognormal{ norm =, tau =, sigma = } -> component\n"
         "psi(t) = norm/sqrt(2 pi sigma^2) exp(-ln^2(t/tau)/(2 sigma^2)); note: no 1/t factor.\n"
         "@param norm [Msun/yr] (100) normalisation\n@param tau [yr] (3e8) peak time\n@param sigma (2) width in ln "
         "t\n" EMPIRICAL},
        {"dpl", sfh_dpl,
         "sfh.dpl{ norm =, tau =, alpha =, beta = } -> component\n"
         "Double power law (Carnall+18): psi(t) = norm / [(t/tau)^alpha + (t/tau)^-beta].\n"
         "@param norm [Msun/yr] (10) twice the rate at t = tau\n@param tau [yr] (3e9) turn-over time\n"
         "@param alpha (2) falling slope\n@param beta (2) rising slope\n" EMPIRICAL},
        {"table", sfh_table,
         "sfh.table{ t =, psi = } -> component\nTabulated history, linear between rows, zero outside.\n"
         "@param t [yr] times since the onset, ascending\n@param psi [Msun/yr] rates\n@param scale (1) factor on the "
         "rates\n" EMPIRICAL},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "sfh", sfh, "Star formation histories.");
}
