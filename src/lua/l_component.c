/* Lua: model components, sfh.NAME{...} and ism.two_phase{...}: named, unit-bearing, bounded parameters as fields. */
#include "lua/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void spec_free(void *obj)
{
    gal_lua_spec *s = obj;
    gal_sfh_clear(&s->sfh);
    gal_free(s);
}

static const char *spec_name(const gal_lua_spec *s)
{
    return s->what == SPEC_SFH ? gal_sfh_name(s->sfh.kind) : "two_phase";
}

static const char *spec_group(const gal_lua_spec *s)
{
    return s->what == SPEC_SFH ? "sfh" : "ism";
}

static gal_param *find(gal_lua_spec *s, const char *key)
{
    for (size_t i = 0; i < s->npar; i++)
        if (strcmp(s->par[i].name, key) == 0)
            return &s->par[i];
    return NULL;
}

static int spec_get(lua_State *L, void *obj, const char *key)
{
    gal_param *p = find(obj, key);
    if (p)
        return lua_pushnumber(L, p->value), 1;
    if (strcmp(key, "kind") == 0)
        return lua_pushstring(L, spec_name(obj)), 1;
    return 0;
}

/* The value must be a number in the parameter's range. */
static double in_range(lua_State *L, const char *group, const char *kind, const gal_param *p, double v)
{
    if (!(v >= p->lo && v <= p->hi))
        gal_lua_error(L, GAL_EDOMAIN, "%s.%s: %s = %g is not in %g .. %g%s%s", group, kind, p->name, v, p->lo, p->hi,
                      *p->unit ? " " : "", p->unit);
    return v;
}

static int spec_set(lua_State *L, void *obj, const char *key)
{
    gal_lua_spec *s = obj;
    gal_param *p = find(s, key);
    if (!p)
        return 0;
    p->value = in_range(L, spec_group(s), spec_name(s), p, gal_lua_checknum(L, 3));
    return 1;
}

static void spec_list(lua_State *L, void *obj)
{
    gal_lua_spec *s = obj;
    lua_createtable(L, (int)s->npar, 0);
    for (size_t i = 0; i < s->npar; i++) {
        lua_pushstring(L, s->par[i].name);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

static void spec_tostring(lua_State *L, void *obj)
{
    gal_lua_spec *s = obj;
    char text[600];
    size_t n = (size_t)snprintf(text, sizeof text, "%s.%s{", spec_group(s), spec_name(s));
    for (size_t i = 0; i < s->npar && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %s = %g", i ? "," : "", s->par[i].name, s->par[i].value);
    lua_pushfstring(L, "%s }", text);
}

const gal_lua_class gal_lua_spec_class = {
    .name = "component",
    .doc = "A model component: its parameters are fields. Give it to galaxy{}.",
    .free = spec_free,
    .get = spec_get,
    .set = spec_set,
    .list = spec_list,
    .tostring = spec_tostring,
};

/* Reads every parameter that the table names, then refuses what is left. */
static void read_parameters(lua_State *L, gal_lua_opts *o, gal_lua_spec *s)
{
    for (size_t i = 0; i < s->npar; i++) {
        gal_param *p = &s->par[i];
        if (gal_lua_opt_given(o, p->name))
            p->value = in_range(L, spec_group(s), spec_name(s), p, gal_lua_req_num(o, p->name));
    }
    gal_lua_opts_end(o);
}

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
    s->what = SPEC_SFH;
    if (gal_sfh_init(&s->sfh, kind, evolving, t, psi, nt) != GAL_OK) {
        spec_free(s);
        return gal_lua_fail(L);
    }
    s->npar = s->sfh.npar;
    memcpy(s->par, s->sfh.par, s->npar * sizeof *s->par);
    gal_lua_push(L, &gal_lua_spec_class, s);
    read_parameters(L, &o, s);
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

static int ism_two_phase(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "ism.two_phase");
    gal_lua_spec *s = GAL_NEW(gal_lua_spec);
    if (!s)
        return gal_lua_fail(L);
    s->what = SPEC_ISM;
    const gal_param *p = gal_ism_params(&s->npar);
    memcpy(s->par, p, s->npar * sizeof *p);
    gal_lua_push(L, &gal_lua_spec_class, s);
    read_parameters(L, &o, s);
    lua_pushvalue(L, -1);
    return 1;
}

#define QUENCH "@param tau_quench [yr] (1e20) star formation stops at this galaxy time\n"
#define EMPIRICAL                                                                                                      \
    QUENCH "@param Mdust [Msun] (1e8) dust mass\n@param Z (0.01) metallicity (mass fraction) of gas and stars, now\n"  \
           "@param metallicity (constant) 'constant', or 'evolving': from Z_start to Z in proportion to the mass "     \
           "formed\n"                                                                                                  \
           "@param Z_start (1e-4) metallicity at the onset, for an evolving one\n"

void gal_luaopen_component(lua_State *L);
void gal_luaopen_component(lua_State *L)
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
    static const gal_lua_row ism[] = {
        {"two_phase", ism_two_phase,
         "ism.two_phase{ ... } -> component\n"
         "Molecular clouds around young stars and diffuse dust around all (Silva+98; Ronconi+24), with energy "
         "balance.\n"
         "@param f_MC (0.5) fraction of the ISM in clouds\n@param norm_MC (100) normalisation of the optical depth of "
         "clouds\n"
         "@param N_MC (1e3) number of clouds\n@param R_MC [pc] (10) radius of a cloud\n"
         "@param tau_esc [yr] (1e7) time before stars start to leave\n@param dMClow (1.3) extinction slope of clouds "
         "below 100 micron\n"
         "@param dMCupp (1.6) the same above\n@param norm_DD (1) normalisation of the optical depth of diffuse dust\n"
         "@param Rdust [pc] (1e3) radius of the diffuse dust\n@param f_PAH (0.2) fraction of the diffuse power "
         "re-emitted by PAH\n"
         "@param dDDlow (0.7) extinction slope of diffuse dust below 100 micron\n@param dDDupp (2.0) the same above\n"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_spec_class);
    gal_lua_module(L, "sfh", sfh, "Star formation histories.");
    gal_lua_module(L, "ism", ism, "Dust.");
}
