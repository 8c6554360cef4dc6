/* Lua: bandpasses and units of sky maps. Reading files and collections of bands: lua/galua/band.lua. */
#include "galua/band.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <string.h>

static void band_free(void *obj)
{
    gal_band_unref(obj);
}

static gal_sky_unit unit_at(lua_State *L, int idx)
{
    gal_sky_unit u;
    if (gal_sky_unit_parse(&u, gal_lua_checkstr(L, idx)) != GAL_OK)
        gal_lua_fail(L);
    return u;
}

static int factor(lua_State *L)
{
    const gal_band *b = gal_lua_check(L, 1, &gal_lua_band);
    gal_sky_unit from = unit_at(L, 2), to = unit_at(L, 3);
    double f;
    gal_lua_checkstatus(L, gal_band_factor(b, &from, &to, &f));
    lua_pushnumber(L, f);
    return 1;
}

static int moved(lua_State *L)
{
    gal_band *b = gal_lua_check(L, 1, &gal_lua_band), *out;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "band:moved");
    double shift = gal_lua_opt_num(&o, "shift", 0), stretch = gal_lua_opt_num(&o, "stretch", 0);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_band_moved(&out, b, shift, stretch));
    gal_lua_push(L, &gal_lua_band, out);
    return 1;
}

static int quantile(lua_State *L)
{
    lua_pushnumber(L, gal_band_quantile(gal_lua_check(L, 1, &gal_lua_band), gal_lua_checknum(L, 2)));
    return 1;
}

/* band:sample{ n =, draws =, seed = } -> list of bands */
static int sample(lua_State *L)
{
    gal_band *b = gal_lua_check(L, 1, &gal_lua_band), *one;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "band:sample");
    int n = gal_lua_opt_int(&o, "n", 1, 1, 1000000), m = gal_lua_opt_int(&o, "draws", 128, 8, 1000000);
    double seed = gal_lua_opt_range(&o, "seed", (double)gal_lua_seed(L), 0, 9007199254740992.0);
    double width = gal_lua_opt_range(&o, "kernel", 0, 0, 1e6);
    gal_lua_opts_end(&o);
    double *x = gal_lua_scratch(L, (size_t)m), lo = gal_band_nu(b)[0], hi = gal_band_nu(b)[gal_band_size(b) - 1];
    if (!(width > 0)) { /* chosen once, from a set of its own */
        gal_lua_checkstatus(L, gal_band_draws(b, (uint64_t)seed, 0, (size_t)m, x));
        gal_lua_checkstatus(L, gal_band_kernel(x, (size_t)m, &width));
    }
    lua_newtable(L);
    for (int i = 1; i <= n; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.50s %d", gal_band_name(b), i);
        gal_lua_checkstatus(L, gal_band_draws(b, (uint64_t)seed, (uint64_t)i, (size_t)m, x));
        gal_lua_checkstatus(L, gal_band_smoothed(&one, name, lo, hi, (size_t)m, x, (size_t)m, width));
        gal_lua_push(L, &gal_lua_band, one);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

static const gal_lua_row methods[] = {
    {"factor", factor,
     "factor(from, to) -> number\nValue in the unit `to` of 1 `from` through the band: uK_CMB, K_RJ, MJy/sr ...\n"
     "@example print(band.tophat(90, 110):factor(\"uK_RJ\", \"uK_CMB\"))"},
    {"moved", moved,
     "moved{ shift =, stretch = } -> band\nThe band at nu (1 + stretch) + shift, as measured bands are moved in "
     "calibration.\n"
     "@param shift [GHz] (0) of all frequencies\n@param stretch (0) relative, of all frequencies"},
    {"quantile", quantile, "quantile(u) -> GHz\nFrequency below which a part u of the response lies."},
    {"sample", sample,
     "sample{ n =, draws =, seed = } -> list of bands\nRealisations of an uncertain band: bootstrap draws smoothed by "
     "a Gaussian kernel of "
     "the width that has the largest\nleave-one-out likelihood, as upstream's bandpass sampler.\n"
     "@param n (1) bands\n@param draws (128) draws and points of a band\n@param seed (that of the session) of the "
     "draws\n"
     "@param kernel [GHz] (chosen) width of the kernel"},
    {NULL, NULL, NULL},
};

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_band *b = obj;
    size_t n = gal_band_size(b);
    if (strcmp(key, "name") == 0)
        lua_pushstring(L, gal_band_name(b));
    else if (strcmp(key, "center") == 0)
        lua_pushnumber(L, gal_band_center(b));
    else if (strcmp(key, "width") == 0)
        lua_pushnumber(L, gal_band_width(b));
    else if (strcmp(key, "nu") == 0)
        gal_lua_pushvec_copy(L, gal_band_nu(b), n);
    else if (strcmp(key, "weight") == 0)
        gal_lua_pushvec_copy(L, gal_band_weight(b), n);
    else if (strcmp(key, "power") == 0)
        gal_lua_pushvec_copy(L, gal_band_power(b), n);
    else if (strcmp(key, "coef") == 0)
        gal_lua_pushvec_copy(L, gal_band_coef(b), n);
    else
        return 0;
    return 1;
}

static int len(lua_State *L, void *obj)
{
    lua_pushinteger(L, (lua_Integer)gal_band_size(obj));
    return 1;
}

static void tostring(lua_State *L, void *obj)
{
    const gal_band *b = obj;
    const double *nu = gal_band_nu(b);
    size_t n = gal_band_size(b);
    char text[200];
    if (n == 1)
        snprintf(text, sizeof text, "band   %s   at %g GHz", gal_band_name(b), nu[0]);
    else
        snprintf(text, sizeof text, "band   %s   %g .. %g GHz   centre %.5g   width %.4g   %zu points",
                 gal_band_name(b), nu[0], nu[n - 1], gal_band_center(b), gal_band_width(b), n);
    lua_pushstring(L, text);
}

static const gal_lua_field fields[] = {{"name", "label"},
                                       {"center", "[GHz] mean frequency of the response to intensity"},
                                       {"width", "[GHz] its standard deviation"},
                                       {"nu", "[GHz] frequencies"},
                                       {"weight", "[1/GHz] response to Rayleigh-Jeans temperature, integral 1"},
                                       {"power", "response to intensity times the trapezoid's step, sum 1"},
                                       {"coef", "weight times the trapezoid's step: <T> = sum coef T(nu)"},
                                       {NULL, NULL}};

const gal_lua_class gal_lua_band = {
    .name = "band",
    .doc = "A bandpass: response to intensity at frequencies, trapezoid between. PySM's convention (docs/sky.md).",
    .methods = methods,
    .fields = fields,
    .free = band_free,
    .get = get,
    .len = len,
    .tostring = tostring,
};

static int push_band(lua_State *L, const char *name, size_t n, const double *nu, const double *w,
                     gal_band_weights convention)
{
    gal_band *b;
    gal_lua_checkstatus(L, gal_band_create(&b, name, n, nu, w, convention));
    gal_lua_push(L, &gal_lua_band, b);
    return 1;
}

/* tophat(lo, hi[, { points =, name = }]) */
static int tophat(lua_State *L)
{
    double lo = gal_lua_checknum(L, 1), hi = gal_lua_checknum(L, 2);
    char text[64];
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "band.tophat");
    int n = gal_lua_opt_int(&o, "points", 10, 2, 100000);
    const char *name = gal_lua_opt_str(&o, "name", NULL);
    gal_lua_opts_end(&o);
    if (!(lo > 0 && hi > lo && isfinite(hi)))
        return gal_lua_error(L, GAL_EDOMAIN, "band.tophat: needs 0 < lo < hi in GHz, got %g .. %g", lo, hi);
    double *nu = gal_lua_scratch(L, (size_t)n);
    for (int i = 0; i < n; i++)
        nu[i] = i == n - 1 ? hi : lo + (hi - lo) * i / (n - 1);
    snprintf(text, sizeof text, "%g-%g GHz", lo, hi);
    return push_band(L, name ? name : text, (size_t)n, nu, NULL, GAL_BAND_POWER);
}

static int delta(lua_State *L)
{
    double nu = gal_lua_checknum(L, 1);
    char text[64];
    snprintf(text, sizeof text, "%g GHz", nu);
    return push_band(L, lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : text, 1, &nu, NULL, GAL_BAND_POWER);
}

/* table(nu, w[, { weights = "power" | "rj", name = }]) */
static int from_table(lua_State *L)
{
    static const char *const conventions[] = {"power", "rj"};
    size_t n, m = 0;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "band.table");
    int convention = gal_lua_opt_choice(&o, "weights", conventions, 2, 0);
    const char *name = gal_lua_opt_str(&o, "name", "table");
    gal_lua_opts_end(&o);
    const double *nu = gal_lua_checkvec(L, 1, &n), *w = lua_isnoneornil(L, 2) ? NULL : gal_lua_checkvec(L, 2, &m);
    if (w && m != n)
        return gal_lua_error(L, GAL_EINVAL, "band.table: %zu frequencies and %zu weights", n, m);
    return push_band(L, name, n, nu, w, (gal_band_weights)convention);
}

/* convert(value, from, to, nu | band) */
static int convert(lua_State *L)
{
    double v = gal_lua_checknum(L, 1), f;
    gal_sky_unit from = unit_at(L, 2), to = unit_at(L, 3);
    const gal_band *b = gal_lua_test(L, 4, &gal_lua_band);
    if (b)
        gal_lua_checkstatus(L, gal_band_factor(b, &from, &to, &f));
    else
        gal_lua_checkstatus(L, gal_sky_unit_factor(&from, &to, lua_isnoneornil(L, 4) ? 0 : gal_lua_checknum(L, 4), &f));
    lua_pushnumber(L, v * f);
    return 1;
}

void gal_luaopen_band(lua_State *L);
void gal_luaopen_band(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"tophat", tophat,
         "tophat(lo, hi[, { points = 10 }]) -> band\nFlat response to intensity between two frequencies [GHz].\n"
         "@param points (10) frequencies of the trapezoid\n@param name label\n@example b = band.tophat(90, 110)"},
        {"delta", delta, "delta(nu[, name]) -> band\nOne frequency [GHz]: the emission there."},
        {"table", from_table,
         "table(nu, w[, { weights = \"power\" }]) -> band\nMeasured response at ascending frequencies [GHz]; any scale "
         "of w.\n"
         "@param weights (power) 'power': response to intensity, as PySM; 'rj': to Rayleigh-Jeans temperature\n@param "
         "name label"},
        {"convert", convert,
         "convert(value, from, to, nu | band) -> number\nBetween K_RJ, K_CMB, Jy/sr with prefixes, at a frequency "
         "[GHz] or through a band.\n"
         "@example print(band.convert(1, \"K_CMB\", \"MJy/sr\", 100))"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_band);
    gal_lua_module(
        L, "band", rows,
        "Bandpasses of microwave detectors and units of sky maps: band.tophat, band.delta, band.table, band.read.");
}
