/* Lua: filters and sets of filters. A set is a Lua array of filter handles (lua/galua/filterset.lua gives it its looks). */
#include "lua/bind/l_classes.h"

#include <string.h>

static void filter_free(void *obj)
{
    gal_filter_unref(obj);
}

static void release(void *f)
{
    gal_filter_unref(f);
}

static int get(lua_State *L, void *obj, const char *key)
{
    gal_filter *f = obj;
    if (strcmp(key, "name") == 0)
        return lua_pushstring(L, f->name), 1;
    if (strcmp(key, "pivot") == 0)
        return lua_pushnumber(L, f->pivot), 1;
    if (strcmp(key, "mean") == 0)
        return lua_pushnumber(L, f->mean), 1;
    if (strcmp(key, "width") == 0)
        return lua_pushnumber(L, f->width), 1;
    if (strcmp(key, "convention") == 0)
        return lua_pushstring(L, f->energy ? "energy" : "photon"), 1;
    if (strcmp(key, "source") == 0)
        return lua_pushstring(L, f->source ? f->source : ""), 1;
    if (strcmp(key, "wave") == 0)
        return gal_lua_pushview(L, f->wave, f->n, 1, release, gal_filter_ref(f)), 1;
    if (strcmp(key, "trans") == 0)
        return gal_lua_pushview(L, f->trans, f->n, 1, release, gal_filter_ref(f)), 1;
    return 0;
}

static const gal_lua_field fields[] = {
    {"name", "name, such as SDSS.g"},
    {"pivot", "[A] pivot wavelength"},
    {"mean", "[A] mean wavelength"},
    {"width", "[A] equivalent width"},
    {"convention", "what the source gave: 'photon' or 'energy' response; trans is always photon"},
    {"source", "where the curve comes from"},
    {"wave", "[A] wavelengths"},
    {"trans", "photon response"},
    {NULL, NULL},
};

static void tostring(lua_State *L, void *obj)
{
    gal_filter *f = obj;
    lua_pushfstring(L, "filter %s   pivot %f A   width %f A   %d nodes   %s", f->name, f->pivot, f->width, (int)f->n,
                    f->source ? f->source : "");
}

const gal_lua_class gal_lua_filter = {
    .name = "filter",
    .doc = "A transmission curve: photon response over wavelength [A].",
    .fields = fields,
    .free = filter_free,
    .get = get,
    .tostring = tostring,
};

/* Names, files and filter handles -> plain array, ascending as given. */
static int find(lua_State *L)
{
    int n = lua_gettop(L), out = 0;
    if (n == 0)
        return gal_lua_argerror(L, 1, "the name of a band or of a set");
    lua_newtable(L);
    int result = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        gal_filter *f = gal_lua_test(L, i, &gal_lua_filter);
        if (f) {
            lua_pushvalue(L, i);
            lua_rawseti(L, result, ++out);
            continue;
        }
        gal_filter **list = NULL;
        size_t m = 0;
        gal_lua_checkstatus(L, gal_filters_find(gal_lua_checkstr(L, i), &list, &m));
        for (size_t k = 0; k < m; k++) {
            gal_lua_push(L, &gal_lua_filter, list[k]);
            lua_rawseti(L, result, ++out);
        }
        gal_free(list);
    }
    return 1;
}

/* names([set or pattern]) */
static int names(lua_State *L)
{
    const char *const *list;
    size_t n;
    if (!lua_isnoneornil(L, 1)) {
        gal_filter **f = NULL;
        n = 0;
        gal_lua_checkstatus(L, gal_filters_find(gal_lua_checkstr(L, 1), &f, &n));
        lua_createtable(L, (int)n, 0);
        for (size_t i = 0; i < n; i++) {
            lua_pushstring(L, f[i]->name);
            lua_rawseti(L, -2, (int)i + 1);
            gal_filter_unref(f[i]);
        }
        gal_free(f);
        return 1;
    }
    gal_lua_checkstatus(L, gal_filters_names(&list, &n));
    GAL_LUA_TEXTS(L, i, n, list[i]);
    return 1;
}

static int tophat(lua_State *L)
{
    gal_filter *f;
    gal_lua_checkstatus(L,
                        gal_filter_tophat(&f, gal_lua_checkstr(L, 1), gal_lua_checknum(L, 2), gal_lua_checknum(L, 3)));
    gal_lua_push(L, &gal_lua_filter, f);
    return 1;
}

static int gaussian(lua_State *L)
{
    gal_filter *f;
    gal_lua_checkstatus(
        L, gal_filter_gaussian(&f, gal_lua_checkstr(L, 1), gal_lua_checknum(L, 2), gal_lua_checknum(L, 3)));
    gal_lua_push(L, &gal_lua_filter, f);
    return 1;
}

static int read_file(lua_State *L)
{
    gal_filter *f;
    gal_lua_checkstatus(L, gal_filter_read(&f, gal_lua_checkstr(L, 1)));
    gal_lua_push(L, &gal_lua_filter, f);
    return 1;
}

/* filter.curve(name, wave, trans[, "energy"]) */
static int curve(lua_State *L)
{
    size_t n, m;
    const char *name = gal_lua_checkstr(L, 1), *kind = lua_isnoneornil(L, 4) ? "photon" : gal_lua_checkstr(L, 4);
    const double *w = gal_lua_checkvec(L, 2, &n), *t = gal_lua_checkvec(L, 3, &m);
    gal_filter *f;
    if (n != m)
        return gal_lua_error(L, GAL_EINVAL, "filter.curve '%s': %d wavelengths but %d transmissions", name, (int)n,
                             (int)m);
    if (strcmp(kind, "photon") != 0 && strcmp(kind, "energy") != 0)
        return gal_lua_error(L, GAL_EINVAL, "filter.curve '%s': the response is 'photon' or 'energy', not '%s'", name,
                             kind);
    gal_lua_checkstatus(L, gal_filter_create(&f, name, w, t, n, strcmp(kind, "energy") == 0, "user"));
    gal_lua_push(L, &gal_lua_filter, f);
    return 1;
}

void gal_luaopen_filter(lua_State *L);
void gal_luaopen_filter(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"find", find, "filter.find(name, ...) -> array\nFilters by name, set or file; what filters() is made of."},
        {"names", names,
         "filter.names([name]) -> array\nNames of the built-in filters, sorted; of a set or a pattern (\"JWST\", "
         "\"*.F444W\") "
         "by wavelength."},
        {"tophat", tophat, "filter.tophat(name, lo, hi) -> filter\nConstant response between two wavelengths [A]."},
        {"gaussian", gaussian, "filter.gaussian(name, centre, fwhm) -> filter\nGaussian response [A], cut at 4 sigma."},
        {"read", read_file,
         "filter.read(path) -> filter\nOne curve: ASCII (two columns; '# energy' or '# photon'), ECSV, VOTable, FITS, "
         "HDF5 "
         "(wave, transmission); wavelengths in A, or as the column says: wave[um], wave_nm, nu_GHz."},
        {"curve", curve, "filter.curve(name, wave, trans[, 'energy']) -> filter\nA curve of your own [A]."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_filter);
    gal_lua_module(L, "filter", rows, "Transmission curves.");
}
