/* Lua: cosmologies. */
#include "galua/cosmo.h"
#include "lua/bind/l_classes.h"
#include "lua/kit/util.h"

#include <math.h>
#include <string.h>

#define TCMB 2.7255 /* defaults of options */
#define NEFF 3.046
#define MNU  0.06

static void cosmo_free(void *obj)
{
    gal_cosmo_unref(obj);
}

static double redshift(lua_State *L, int idx)
{
    double z = gal_lua_checknum(L, idx);
    if (!(z >= 0))
        gal_lua_error(L, GAL_EDOMAIN, "cosmology: redshift %g must be >= 0", z);
    return z;
}

#define COSMO_METHOD(lua_name, c_name)                                                                                 \
    static int lua_name(lua_State *L)                                                                                  \
    {                                                                                                                  \
        const gal_cosmo *c = gal_lua_check(L, 1, &gal_lua_cosmo);                                                      \
        lua_pushnumber(L, c_name(c, redshift(L, 2)));                                                                  \
        return 1;                                                                                                      \
    }
COSMO_METHOD(luminosity_distance, gal_cosmo_luminosity_distance)
COSMO_METHOD(comoving_distance, gal_cosmo_comoving_distance)
COSMO_METHOD(age, gal_cosmo_age)
COSMO_METHOD(lookback, gal_cosmo_lookback)
COSMO_METHOD(efunc, gal_cosmo_efunc)

static int redshift_at(lua_State *L)
{
    const gal_cosmo *c = gal_lua_check(L, 1, &gal_lua_cosmo);
    double age = gal_lua_checknum(L, 2), now = gal_cosmo_age(c, 0);
    if (!(age >= 0 && age <= now))
        return gal_lua_error(L, GAL_EDOMAIN, "cosmology: age %g yr is not in 0 .. %.6g yr", age, now);
    lua_pushnumber(L, gal_cosmo_redshift_at(c, age));
    return 1;
}

static const gal_lua_row methods[] = {
    {"luminosity_distance", luminosity_distance, "luminosity_distance(z) -> Mpc\nLuminosity distance."},
    {"comoving_distance", comoving_distance, "comoving_distance(z) -> Mpc\nLine-of-sight comoving distance."},
    {"age", age, "age(z) -> yr\nAge of the Universe at redshift z."},
    {"redshift_at", redshift_at, "redshift_at(age) -> number\nThe redshift at which the Universe was `age` yr old."},
    {"lookback", lookback, "lookback(z) -> yr\nLookback time to redshift z."},
    {"efunc", efunc, "efunc(z) -> number\nH(z)/H0."},
    {NULL, NULL, NULL},
};

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_cosmo_params *p = gal_cosmo_get(obj);
    if (strcmp(key, "name") == 0)
        return lua_pushstring(L, gal_cosmo_name(obj)), 1;
    if (strcmp(key, "H0") == 0)
        return lua_pushnumber(L, p->h0), 1;
    if (strcmp(key, "Om0") == 0)
        return lua_pushnumber(L, p->om0), 1;
    return 0;
}

static const gal_lua_field fields[] = {
    {"name", "name"}, {"H0", "[km/s/Mpc] Hubble constant"}, {"Om0", "matter density parameter"}, {NULL, NULL}};

static bool is_known(const char *name)
{
    size_t n;
    const char *const *names = gal_cosmo_names(&n);
    while (n > 0 && strcmp(names[n - 1], name) != 0)
        n--;
    return n > 0;
}

/* A named one, or the call that makes it; parameters that are as by default are left out */
static void tostring(lua_State *L, void *obj)
{
    const gal_cosmo_params *p = gal_cosmo_get(obj);
    const gal_lua_number all[] = {{"H0", p->h0},     {"Om0", p->om0},   {"OL0", p->ol0},
                                  {"Tcmb", p->tcmb}, {"Neff", p->neff}, {"m_nu", p->mnu[2]}};
    static const double usual[] = {NAN, NAN, NAN, TCMB, NEFF, MNU};
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    if (is_known(gal_cosmo_name(obj))) {
        luaL_addstring(&b, "cosmology(");
        gal_lua_add_quoted(&b, gal_cosmo_name(obj));
        luaL_addstring(&b, ")   -- H0 = ");
        gal_lua_add_number(&b, p->h0);
        luaL_addstring(&b, " km/s/Mpc, Om0 = ");
        gal_lua_add_number(&b, p->om0);
        luaL_pushresult(&b);
        return;
    }
    luaL_addstring(&b, "cosmology{ ");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].v == usual[i] || isnan(all[i].v))
            continue;
        gal_lua_add_key(&b, all[i].key);
        gal_lua_add_number(&b, all[i].v);
        luaL_addstring(&b, ", ");
    }
    luaL_addstring(&b, "name = ");
    gal_lua_add_quoted(&b, gal_cosmo_name(obj));
    luaL_addstring(&b, " }");
    luaL_pushresult(&b);
}

const gal_lua_class gal_lua_cosmo = {
    .name = "cosmology",
    .doc = "A Friedmann universe with photons and massive neutrinos: distances in Mpc, times in yr.",
    .methods = methods,
    .fields = fields,
    .free = cosmo_free,
    .get = get,
    .tostring = tostring,
};

/* cosmology("Planck18") or cosmology{ H0 = 70, Om0 = 0.3, ... } */
static int create(lua_State *L)
{
    gal_cosmo *c;
    if (lua_type(L, 1) == LUA_TSTRING) {
        gal_lua_checkstatus(L, gal_cosmo_named(&c, lua_tostring(L, 1)));
    } else {
        gal_lua_opts o;
        gal_lua_opts_begin(L, &o, 1, "cosmology");
        gal_cosmo_params p = {.h0 = gal_lua_req_num(&o, "H0"), .om0 = gal_lua_req_num(&o, "Om0")};
        p.ol0 = gal_lua_opt_given(&o, "OL0") ? gal_lua_req_num(&o, "OL0") : NAN;
        p.tcmb = gal_lua_opt_num(&o, "Tcmb", TCMB);
        p.neff = gal_lua_opt_num(&o, "Neff", NEFF);
        p.mnu[2] = gal_lua_opt_num(&o, "m_nu", MNU);
        const char *name = gal_lua_opt_str(&o, "name", "user");
        gal_lua_opts_end(&o);
        if (is_known(name)) /* a results file would be read with that one */
            return gal_lua_error(
                L, GAL_EINVAL, "cosmology: '%s' is one of those known by name, cosmology(\"%s\"): choose another name",
                name, name);
        gal_lua_checkstatus(L, gal_cosmo_create(&c, name, &p));
    }
    gal_lua_push(L, &gal_lua_cosmo, c);
    return 1;
}

void gal_luaopen_cosmo(lua_State *L);
void gal_luaopen_cosmo(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"cosmology", create,
         "cosmology(name) or cosmology{ H0 =, Om0 =, ... } -> cosmology\n"
         "Named: Planck18 (the default everywhere), Planck15, WMAP9, WMAP7. Distances include photons and massive "
         "neutrinos.\n"
         "@param H0 [km/s/Mpc] Hubble constant\n@param Om0 matter density parameter, without neutrinos\n"
         "@param OL0 (flat) dark energy density parameter\n@param Tcmb [K] (2.7255) CMB temperature\n"
         "@param Neff (3.046) effective number of neutrinos\n@param m_nu [eV] (0.06) mass of the massive neutrino\n"
         "@param name (user) label\n@example print(cosmology(\"Planck18\"):luminosity_distance(1))"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_cosmo);
    gal_lua_module(L, NULL, rows, NULL);
}
