/* Lua: tables of simple stellar populations. */
#include "galua/num.h"
#include "lua/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void ssp_free(void *obj)
{
    gal_ssp_unref(obj);
}

static gal_ssp *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_ssp);
}

static void release(void *s)
{
    gal_ssp_unref(s);
}

static int push_axis(lua_State *L, gal_ssp *s, const double *x, size_t n)
{
    gal_lua_pushview(L, x, n, 1, release, gal_ssp_ref(s));
    return 1;
}

static int get(lua_State *L, void *obj, const char *key)
{
    gal_ssp *s = obj;
    char hex[33];
    if (strcmp(key, "wave") == 0)
        return push_axis(L, s, s->wave, s->nwave);
    if (strcmp(key, "age") == 0)
        return push_axis(L, s, s->age, s->nage);
    if (strcmp(key, "z") == 0)
        return push_axis(L, s, s->z, s->nz);
    if (strcmp(key, "logu") == 0)
        return s->logu ? push_axis(L, s, s->logu, s->nu) : (lua_pushnil(L), 1);
    if (strcmp(key, "name") == 0)
        return lua_pushstring(L, s->name ? s->name : ""), 1;
    if (strcmp(key, "imf") == 0)
        return lua_pushstring(L, s->imf ? s->imf : ""), 1;
    if (strcmp(key, "provenance") == 0)
        return lua_pushstring(L, s->provenance ? s->provenance : ""), 1;
    if (strcmp(key, "hash") == 0) {
        gal_hash_hex(s->hash, hex);
        return lua_pushstring(L, hex), 1;
    }
    return 0;
}

static const gal_lua_field fields[] = {
    {"wave", "[A] wavelengths (vacuum)"},
    {"age", "[yr] ages"},
    {"z", "metallicities (mass fraction)"},
    {"logu", "ionisation parameters, or nil"},
    {"name", "short name"},
    {"imf", "initial mass function"},
    {"provenance", "how the table was made"},
    {"hash", "hash of axes and values"},
    {NULL, NULL},
};

/* nearest table node when `exact` is what the user asked, else the model's interpolation: ln age, linear Z */
static int spectrum(lua_State *L)
{
    gal_ssp *s = self(L);
    double age = gal_lua_checknum(L, 2), z = gal_lua_checknum(L, 3);
    if (!(age >= 0 && age <= s->age[s->nage - 1]))
        return gal_lua_error(L, GAL_EDOMAIN, "ssp '%s': age %g yr is not in 0 .. %g", s->name ? s->name : "", age,
                             s->age[s->nage - 1]);
    if (!(z >= s->z[0] && z <= s->z[s->nz - 1]))
        return gal_lua_error(L, GAL_EDOMAIN, "ssp '%s': metallicity %g is not in %g .. %g", s->name ? s->name : "", z,
                             s->z[0], s->z[s->nz - 1]);
    size_t ia = s->nage > 1 ? gal_search(s->age, s->nage, age) : 0, iz = s->nz > 1 ? gal_search(s->z, s->nz, z) : 0;
    double fa = 0, fz = s->nz > 1 ? (z - s->z[iz]) / (s->z[iz + 1] - s->z[iz]) : 0;
    if (s->nage > 1 && age > s->age[0])
        fa = s->age[ia] > 0 ? log(age / s->age[ia]) / log(s->age[ia + 1] / s->age[ia]) : age / s->age[ia + 1];
    double *out = gal_lua_pushvec(L, s->nwave);
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            double w = (i ? fa : 1 - fa) * (j ? fz : 1 - fz);
            if (w == 0)
                continue;
            const float *l = gal_ssp_spec(s, 0, iz + (size_t)j, ia + (size_t)i);
            for (size_t k = 0; k < s->nwave; k++)
                out[k] += w * (double)l[k];
        }
    return 1;
}

static int info(lua_State *L)
{
    char *text;
    gal_lua_checkstatus(L, gal_ssp_info_text(self(L), &text));
    lua_pushstring(L, text);
    gal_free(text);
    return 1;
}

static int write_table(lua_State *L)
{
    gal_ssp *s = self(L);
    const char *path = gal_lua_checkstr(L, 2);
    gal_ssp_format f;
    if (lua_isnoneornil(L, 3)) {
        gal_lua_checkstatus(L, gal_ssp_format_of(path, &f));
    } else {
        static const char *const names[] = {"galua", "dsps", "galapy", "fits"};
        const char *want = gal_lua_checkstr(L, 3);
        int i = 0;
        while (i < 4 && strcmp(want, names[i]) != 0)
            i++;
        if (i == 4)
            return gal_lua_error(L, GAL_ENOTFOUND, "ssp:write: unknown format '%s' (known: galua dsps galapy fits)",
                                 want);
        f = (gal_ssp_format)i;
    }
    gal_lua_checkstatus(L, gal_ssp_write(s, path, f));
    lua_settop(L, 1);
    return 1;
}

static void tostring(lua_State *L, void *obj)
{
    gal_ssp *s = obj;
    lua_pushfstring(L, "ssp %s (%s, %d Z x %d ages x %d wavelengths)", s->name && *s->name ? s->name : "?",
                    s->imf && *s->imf ? s->imf : "unknown IMF", (int)s->nz, (int)s->nage, (int)s->nwave);
}

static void show(lua_State *L, void *obj)
{
    char *text;
    if (gal_ssp_info_text(obj, &text) != GAL_OK) {
        tostring(L, obj);
        return;
    }
    lua_pushstring(L, text);
    gal_free(text);
}

static const gal_lua_row methods[] = {
    {"spectrum", spectrum, "spectrum(age, Z) -> vec [Lsun/A per Msun formed]\nInterpolated in ln(age) and Z."},
    {"info", info, "info() -> text\nAxes, optional tables, provenance, hash."},
    {"write", write_table,
     "write(path[, format]) -> ssp\nFormats galua, dsps, galapy, fits; by default from the suffix: .h5, .dsps.h5, "
     ".dat, .fits."},
    {NULL, NULL, NULL},
};

const gal_lua_class gal_lua_ssp = {
    .name = "ssp",
    .doc = "A table of simple stellar populations: L_lambda [Lsun/A per Msun formed] over metallicity, age and "
           "wavelength.",
    .methods = methods,
    .fields = fields,
    .free = ssp_free,
    .get = get,
    .tostring = tostring,
    .show = show,
};

static int read_table(lua_State *L)
{
    gal_ssp *s;
    gal_lua_checkstatus(L, gal_ssp_read(&s, gal_lua_checkstr(L, 1)));
    gal_lua_push(L, &gal_lua_ssp, s);
    return 1;
}

static int default_table(lua_State *L)
{
    gal_ssp *s;
    gal_lua_checkstatus(L, gal_ssp_shared(&s));
    gal_lua_push(L, &gal_lua_ssp, s);
    return 1;
}

static int synthetic(lua_State *L)
{
    gal_ssp *s;
    gal_lua_checkstatus(L, gal_ssp_synthetic(&s));
    gal_lua_push(L, &gal_lua_ssp, s);
    return 1;
}

void gal_luaopen_ssp(lua_State *L);
void gal_luaopen_ssp(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"read", read_table,
         "ssp.read(path) -> ssp\nReads Galua and DSPS HDF5, GalaPy binary, FITS, BC03 .ised_ASCII, BPASS spectra-*.dat "
         "and Maraston\n"
         "2005 .rhb; for the last two a folder or a pattern gathers the metallicities."},
        {"default", default_table,
         "ssp.default() -> ssp\nThe built-in table, used by galaxy{} when no other is named."},
        {"synthetic", synthetic,
         "ssp.synthetic() -> ssp\nA made-up library of closed form (blackbodies), for tests and parity."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_ssp);
    gal_lua_module(L, "ssp", rows, "Tables of simple stellar populations.");
}
