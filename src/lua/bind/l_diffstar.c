/* Lua: halo and star formation histories diffmah{} and diffstar{}: parameters as fields, values and exact derivatives at times of yours. */
#include "lua/bind/l_diffstar.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <string.h>

static void history_free(void *obj)
{
    gal_free(obj);
}

static const gal_soft_param *params_of(const gal_lua_history *h, int i)
{
    return i < GAL_DIFFMAH_N ? gal_diffmah_params() + i
                             : (h->lagged ? gal_diffstar_lagged_params() : gal_diffstar_params()) + (i - GAL_DIFFMAH_N);
}

static int index_of(const gal_lua_history *h, const char *key)
{
    for (int i = 0; i < h->npar; i++)
        if (strcmp(params_of(h, i)->name, key) == 0)
            return i;
    return -1;
}

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_lua_history *h = obj;
    int i = index_of(h, key);
    if (i >= 0)
        return lua_pushnumber(L, h->par[i]), 1;
    if (strcmp(key, "t0") == 0)
        return lua_pushnumber(L, h->t0), 1;
    if (strcmp(key, "fb") == 0 && h->npar > GAL_DIFFMAH_N)
        return lua_pushnumber(L, h->fb), 1;
    return 0;
}

static void list(lua_State *L, void *obj)
{
    const gal_lua_history *h = obj;
    GAL_LUA_TEXTS(L, i, h->npar, params_of(h, i)->name);
}

static void add_field(luaL_Buffer *b, bool first, const char *name, double v)
{
    luaL_addstring(b, first ? " " : ", ");
    gal_lua_add_key(b, name);
    gal_lua_add_number(b, v);
}

/* The call that makes it */
static void tostring(lua_State *L, void *obj)
{
    const gal_lua_history *h = obj;
    bool stars = h->npar > GAL_DIFFMAH_N;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, stars ? "diffstar{ mah = diffmah{" : "diffmah{");
    for (int i = 0; i < GAL_DIFFMAH_N; i++)
        add_field(&b, i == 0, params_of(h, i)->name, h->par[i]);
    if (h->t0 != GAL_DIFFSTAR_T0)
        add_field(&b, false, "t0", h->t0);
    luaL_addstring(&b, " }");
    for (int i = GAL_DIFFMAH_N; i < h->npar; i++)
        add_field(&b, false, params_of(h, i)->name, h->par[i]);
    if (stars && h->fb != GAL_DIFFSTAR_FB)
        add_field(&b, false, "fb", h->fb);
    luaL_addstring(&b, !stars ? "" : h->lagged ? ", lagged = true }" : " }");
    luaL_pushresult(&b);
}

/* times [Gyr] > 0 at stack place 2 */
static const double *times(lua_State *L, const char *what, size_t *n)
{
    const double *t;
    if (lua_type(L, 2) == LUA_TNUMBER) {
        double *one = gal_lua_scratch(L, 1);
        *one = lua_tonumber(L, 2);
        *n = 1;
        t = one;
    } else {
        t = gal_lua_checkvec(L, 2, n);
    }
    for (size_t i = 0; i < *n; i++)
        if (!(t[i] > 0) || isinf(t[i]))
            gal_lua_error(L, GAL_EDOMAIN, "%s: time %g Gyr must be > 0 and finite", what, t[i]);
    return t;
}

/* value of one time, or vec */
static int give(lua_State *L, double *x, size_t n, bool one)
{
    if (one)
        lua_pushnumber(L, *x);
    else
        gal_lua_pushvec_copy(L, x, n);
    return 1;
}

static int halo(lua_State *L, bool rate)
{
    const gal_lua_history *h = gal_lua_test(L, 1, &gal_lua_diffstar);
    if (!h)
        h = gal_lua_check(L, 1, &gal_lua_diffmah);
    size_t n;
    bool one = lua_type(L, 2) == LUA_TNUMBER;
    const double *t = times(L, rate ? "rate" : "logm", &n);
    double *x = gal_lua_scratch(L, n);
    gal_diffmah(h->par, log10(h->t0), n, t, rate ? NULL : x, rate ? x : NULL, NULL, NULL);
    return give(L, x, n, one);
}

static int logm(lua_State *L)
{
    return halo(L, false);
}

static int halo_rate(lua_State *L)
{
    return halo(L, true);
}

static int logm_gradient(lua_State *L)
{
    const gal_lua_history *h = gal_lua_check(L, 1, &gal_lua_diffmah);
    size_t n;
    const double *t = times(L, "logm_gradient", &n);
    gal_diffmah(h->par, log10(h->t0), n, t, NULL, NULL, gal_lua_pushmat(L, n, GAL_DIFFMAH_N), NULL);
    return 1;
}

static void stars(const gal_lua_history *h, size_t n, const double *t, double *x, double *d)
{
    (h->lagged ? gal_diffstar_lagged : gal_diffstar)(h->par, h->par + GAL_DIFFMAH_N, log10(h->t0), h->fb, n, t, x, d);
}

static int sfr(lua_State *L)
{
    const gal_lua_history *h = gal_lua_check(L, 1, &gal_lua_diffstar);
    size_t n;
    bool one = lua_type(L, 2) == LUA_TNUMBER;
    const double *t = times(L, "sfr", &n);
    double *x = gal_lua_scratch(L, n);
    stars(h, n, t, x, NULL);
    return give(L, x, n, one);
}

static int sfr_gradient(lua_State *L)
{
    const gal_lua_history *h = gal_lua_check(L, 1, &gal_lua_diffstar);
    size_t n;
    const double *t = times(L, "sfr_gradient", &n);
    double *x = gal_lua_scratch(L, n);
    stars(h, n, t, x, gal_lua_pushmat(L, n, (size_t)h->npar));
    return 1;
}

static int formed(lua_State *L)
{
    const gal_lua_history *h = gal_lua_check(L, 1, &gal_lua_diffstar);
    size_t n;
    const double *t = times(L, "formed", &n);
    double *x = gal_lua_scratch(L, n), *m = gal_lua_scratch(L, n);
    stars(h, n, t, x, NULL);
    gal_lua_checkstatus(L, gal_dsps_mass(n, t, x, GAL_DSPS_SFR_MIN, m));
    gal_lua_pushvec_copy(L, m, n);
    return 1;
}

#define HALO_METHODS                                                                                                   \
    {"logm", logm, "logm(t) -> number or vec\nlog10 of the halo's mass [Msun] at time t [Gyr], a number or many."},    \
    {                                                                                                                  \
        "rate", halo_rate, "rate(t) -> number or vec\nGrowth of the halo [Msun/yr] at time t [Gyr]; 0 after t_peak."   \
    }
static const gal_lua_row mah_methods[] = {
    HALO_METHODS,
    {"logm_gradient", logm_gradient,
     "logm_gradient(t) -> matrix\nExact derivatives of logm: a row for each time [Gyr], columns logm0, logtc, "
     "early_index, late_index, t_peak."},
    {NULL, NULL, NULL},
};
static const gal_lua_row star_methods[] = {
    HALO_METHODS,
    {"sfr", sfr, "sfr(t) -> number or vec\nStar formation rate [Msun/yr] at time t [Gyr], a number or many."},
    {"sfr_gradient", sfr_gradient,
     "sfr_gradient(t) -> matrix\nExact derivatives of sfr: a row for each time [Gyr], columns the five parameters of "
     "the halo, then the eight of "
     "the stars (and tau_dep)."},
    {"formed", formed,
     "formed(t) -> vec\nStellar mass formed [Msun] until each of at least 3 ascending times [Gyr], by the trapezoid "
     "over them."},
    {NULL, NULL, NULL},
};

const gal_lua_class gal_lua_diffmah = {
    .name = "diffmah",
    .doc = "The mass of a halo over time. Its parameters are fields.",
    .methods = mah_methods,
    .free = history_free,
    .get = get,
    .list = list,
    .tostring = tostring,
};
const gal_lua_class gal_lua_diffstar = {
    .name = "diffstar",
    .doc = "Star formation in a halo over time. Its parameters, and those of the halo, are fields.",
    .methods = star_methods,
    .free = history_free,
    .get = get,
    .list = list,
    .tostring = tostring,
};

static int create_diffmah(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_history h = {.npar = GAL_DIFFMAH_N};
    gal_lua_opts_begin(L, &o, 1, "diffmah");
    for (int i = 0; i < h.npar; i++)
        h.par[i] = gal_lua_opt_num(&o, params_of(&h, i)->name, params_of(&h, i)->def);
    h.t0 = gal_lua_opt_range(&o, "t0", GAL_DIFFSTAR_T0, 0.1, 100);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_diffmah_check(h.par));
    gal_lua_history *own = GAL_NEW(gal_lua_history);
    if (!own)
        return gal_lua_fail(L);
    *own = h;
    gal_lua_push(L, &gal_lua_diffmah, own);
    return 1;
}

static int create_diffstar(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_history h = {.npar = GAL_HISTORY_N, .t0 = GAL_DIFFSTAR_T0};
    gal_lua_opts_begin(L, &o, 1, "diffstar");
    h.lagged = gal_lua_opt_bool(&o, "lagged", false);
    h.npar += h.lagged;
    const gal_lua_history *mah = gal_lua_opt_obj(&o, "mah", &gal_lua_diffmah);
    for (int i = 0; i < h.npar; i++) {
        const gal_soft_param *q = params_of(&h, i);
        if (i < GAL_DIFFMAH_N)
            h.par[i] = mah ? mah->par[i] : q->def;
        else
            h.par[i] = gal_lua_opt_num(&o, q->name, q->def);
    }
    h.t0 = mah ? mah->t0 : h.t0;
    h.fb = gal_lua_opt_range(&o, "fb", GAL_DIFFSTAR_FB, 0, 1);
    gal_lua_opts_end(&o);
    if (!h.lagged)
        gal_lua_checkstatus(L, gal_diffstar_check(h.par + GAL_DIFFMAH_N));
    else if (!(h.par[h.npar - 1] >= 0.01 && h.par[h.npar - 1] <= 20))
        return gal_lua_error(L, GAL_EDOMAIN, "diffstar: tau_dep = %g must lie between 0.01 and 20 Gyr",
                             h.par[h.npar - 1]);
    gal_lua_history *own = GAL_NEW(gal_lua_history);
    if (!own)
        return gal_lua_fail(L);
    *own = h;
    gal_lua_push(L, &gal_lua_diffstar, own);
    return 1;
}

void gal_luaopen_diffstar(lua_State *L);
void gal_luaopen_diffstar(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"diffmah", create_diffmah,
         "diffmah{...} -> diffmah\nThe mass of a halo over time (Hearin et al. 2021): a power of time whose index "
         "turns. Times in Gyr.\n"
         "@param logm0 [log10 Msun] (12) halo mass carried on to t0\n@param logtc [log10 Gyr] (0.05) when growth turns "
         "from early to late\n"
         "@param early_index (2.614) power at early times, above late_index\n@param late_index (0.1269) power at late "
         "times\n"
         "@param t_peak [Gyr] (14) end of growth\n@param t0 [Gyr] (13.8) age of the Universe that logm0 refers to\n"
         "@example print(diffmah{ logm0 = 12.5 }:logm(5))"},
        {"diffstar", create_diffstar,
         "diffstar{ mah = diffmah{}, ... } -> diffstar\nStar formation in a halo: an efficiency that turns with halo "
         "mass, and quenching "
         "(Alarcon et al. 2023). Times in Gyr.\n"
         "@param mah (diffmah{}) the halo\n@param lgmcrit [log10 Msun] (12) halo mass of the efficiency's turn\n"
         "@param lgy_at_mcrit [log10 1/yr] (-10) efficiency there; with lagged without unit (-1)\n@param indx_lo (1) "
         "its slope at low mass\n"
         "@param indx_hi (-1) its slope at high mass\n@param lg_qt [log10 Gyr] (1) time of deepest quenching\n"
         "@param qlglgdt (-0.507) log10 of the duration of quenching [dex]\n@param lg_drop (-1.018) log10 of the "
         "deepest fall\n"
         "@param lg_rejuv (-0.212) log10 of the level after rejuvenation, above lg_drop\n@param fb (0.156) baryon "
         "fraction\n"
         "@param lagged (false) the published form: gas accreted is used over tau_dep\n@param tau_dep [Gyr] (2) with "
         "lagged\n"
         "@example print(diffstar{ lgmcrit = 12.2 }:sfr{ 2, 5, 10 })"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_diffmah);
    gal_lua_class_register(L, &gal_lua_diffstar);
    gal_lua_module(L, NULL, rows, NULL);
}
