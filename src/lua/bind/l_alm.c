/* Lua: coefficients a_lm, and the options that maps and coefficients share. */
#include "lua/bind/l_sky_maps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ shared options */
gal_coordsys gal_lua_coord(lua_State *L, const char *name)
{
    static const struct {
        const char *name;
        gal_coordsys c;
    } known[] = {{"G", GAL_GALACTIC},        {"galactic", GAL_GALACTIC}, {"E", GAL_ECLIPTIC},
                 {"ecliptic", GAL_ECLIPTIC}, {"C", GAL_EQUATORIAL},      {"equatorial", GAL_EQUATORIAL}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(known[i].name, name) == 0)
            return known[i].c;
    return (gal_coordsys)gal_lua_error(L, GAL_EINVAL,
                                       "coordinates '%s': expected galactic, ecliptic or equatorial (G, E, C)", name);
}

const char *gal_lua_coord_name(gal_coordsys c)
{
    return c == GAL_GALACTIC ? "galactic" : c == GAL_ECLIPTIC ? "ecliptic" : c == GAL_EQUATORIAL ? "equatorial" : "";
}

gal_map2alm_opts gal_lua_opt_analysis(gal_lua_opts *o)
{
    static const char *const methods[] = {"auto", "jacobi", "ring", "cg"};
    gal_map2alm_opts a = {0};
    a.method = gal_lua_opt_choice(o, "method", methods, 4, GAL_MAP2ALM_AUTO);
    a.iterations = gal_lua_opt_int(o, "iterations", -1, -1, 100000);
    a.tolerance = gal_lua_opt_range(o, "tolerance", 0, 0, 1);
    return a;
}

double gal_lua_opt_fwhm(gal_lua_opts *o)
{
    return gal_lua_opt_range(o, "fwhm", 0, 0, 10800) * M_PI / 10800;
}

static const double *one_beam(lua_State *L, const double *x, size_t n, int lmax)
{
    double *t = gal_lua_scratch(L, (size_t)lmax + 1);
    for (size_t l = 0; l <= (size_t)lmax; l++)
        t[l] = l < n ? x[l] : 0;
    return t;
}

bool gal_lua_opt_beam(gal_lua_opts *o, int ncomp, bool teb, int lmax, const double **table)
{
    lua_State *L = o->L;
    size_t n;
    if (!gal_lua_opt_push(o, "beam"))
        return false;
    int at = lua_gettop(L);
    bool several = false;
    if (lua_istable(L, at) && !gal_lua_isvec(L, at)) {
        lua_rawgeti(L, at, 1);
        several = lua_type(L, -1) != LUA_TNUMBER;
        lua_pop(L, 1);
    }
    for (int k = 0; k < ncomp; k++) {
        if (!several) {
            const double *x = gal_lua_checkvec(L, at, &n);
            table[k] = k ? table[0] : one_beam(L, x, n, lmax);
            continue;
        }
        lua_rawgeti(L, at, k + 1);
        if (lua_isnil(L, -1) && k == 2 && teb) { /* B as E */
            table[k] = table[1];
            continue;
        }
        if (lua_isnil(L, -1))
            gal_lua_error(L, GAL_EINVAL, "%s: beam has no table for component %d of %d", o->fn, k + 1, ncomp);
        const double *x = gal_lua_checkvec(L, lua_gettop(L), &n);
        table[k] = one_beam(L, x, n, lmax);
    }
    return true;
}

const double *gal_lua_opt_rotation(gal_lua_opts *o)
{
    size_t rows, cols;
    if (!gal_lua_opt_push(o, "rotation"))
        return NULL;
    const double *r = gal_lua_checkmat(o->L, lua_gettop(o->L), &rows, &cols);
    if (rows != 3 || cols != 3)
        gal_lua_error(o->L, GAL_EINVAL, "%s: rotation is a matrix of 3 x 3, got %d x %d", o->fn, (int)rows, (int)cols);
    return r;
}

int gal_lua_push_spectra(lua_State *L, const gal_alm *a, const gal_alm *b)
{
    static const struct {
        const char *name;
        int x, y;
    } teb[] = {{"TT", 0, 0}, {"EE", 1, 1}, {"BB", 2, 2}, {"TE", 0, 1}, {"EB", 1, 2}, {"TB", 0, 2}};
    int lmax = a->lmax < b->lmax ? a->lmax : b->lmax;
    lua_newtable(L);
    double *l = gal_lua_pushvec(L, (size_t)lmax + 1);
    for (int i = 0; i <= lmax; i++)
        l[i] = i;
    lua_setfield(L, -2, "l");
    int n = a->teb && b->teb ? 6 : a->ncomp < b->ncomp ? a->ncomp : b->ncomp;
    for (int k = 0; k < n; k++) {
        bool pol = a->teb && b->teb;
        double *cl = gal_lua_pushvec(L, (size_t)lmax + 1);
        gal_lua_checkstatus(L, gal_alm_cross(a, pol ? teb[k].x : k, b, pol ? teb[k].y : k, cl));
        char name[16];
        snprintf(name, sizeof name, "C%d", k + 1);
        lua_setfield(L, -2, pol || k == 0 ? teb[k].name : name);
    }
    return 1;
}

/* ------------------------------------------------------------------ the class */
static void alm_free(void *obj)
{
    gal_alm_free(obj);
}

static int alm_get(lua_State *L, void *obj, const char *key)
{
    const gal_alm *a = obj;
    if (strcmp(key, "lmax") == 0)
        return lua_pushinteger(L, a->lmax), 1;
    if (strcmp(key, "ncomp") == 0)
        return lua_pushinteger(L, a->ncomp), 1;
    if (strcmp(key, "teb") == 0)
        return lua_pushboolean(L, a->teb), 1;
    if (strcmp(key, "coord") == 0)
        return lua_pushstring(L, gal_lua_coord_name(a->coord)), 1;
    return 0;
}

static void alm_tostring(lua_State *L, void *obj)
{
    const gal_alm *a = obj;
    lua_pushfstring(L, "alm   lmax = %d   %d component%s%s   %s", a->lmax, a->ncomp, a->ncomp > 1 ? "s" : "",
                    a->teb ? " (T, E, B)" : "", gal_lua_coord_name(a->coord));
}

static double *element(lua_State *L, gal_alm *a)
{
    int l = gal_lua_checkint(L, 2, 0, a->lmax), m = gal_lua_checkint(L, 3, 0, l);
    return a->a[gal_lua_checkint(L, 4, 1, a->ncomp) - 1] + 2 * gal_alm_index(a->lmax, l, m);
}

static int alm_value(lua_State *L) /* a:value(l, m, comp) -> re, im */
{
    gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    if (lua_isnoneornil(L, 4)) {
        lua_settop(L, 3);
        lua_pushinteger(L, 1);
    }
    const double *x = element(L, a);
    lua_pushnumber(L, x[0]);
    lua_pushnumber(L, x[1]);
    return 2;
}

static int alm_set(lua_State *L) /* a:set(l, m, comp, re[, im]) */
{
    gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    double re = gal_lua_checknum(L, 5), im = lua_isnoneornil(L, 6) ? 0 : gal_lua_checknum(L, 6);
    double *x = element(L, a);
    if (lua_tointeger(L, 3) == 0 && im != 0)
        return gal_lua_error(L, GAL_EINVAL, "alm:set: coefficients of m = 0 are real");
    x[0] = re;
    x[1] = im;
    lua_settop(L, 1);
    return 1;
}

static int alm_map(lua_State *L) /* a:map(nside[, { precision =, unit = }]) */
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    gal_skymap *m;
    int64_t nside = gal_lua_checkint(L, 2, 1, 16384);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "alm:map");
    int bits = gal_lua_opt_int(&o, "precision", 64, 32, 64);
    const char *unit = gal_lua_opt_str(&o, "unit", "");
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_skymap_create(&m, nside, GAL_RING, a->ncomp, bits == 32, NULL, 0));
    m->iqu = a->teb;
    gal_lua_push(L, &gal_lua_skymap, m);
    gal_lua_checkstatus(L, gal_skymap_set_unit(m, unit));
    gal_lua_checkstatus(L, gal_alm2map(a, m));
    return 1;
}

static gal_alm *push_copy(lua_State *L, const gal_alm *a, int lmax)
{
    gal_alm *b;
    if (gal_alm_copy(&b, a, lmax) != GAL_OK)
        gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_alm, b);
    return b;
}

static int alm_copy(lua_State *L) /* a:copy([lmax]) */
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    push_copy(L, a, lua_isnoneornil(L, 2) ? a->lmax : gal_lua_checkint(L, 2, 0, GAL_ALM_LMAX));
    return 1;
}

static int alm_smooth(lua_State *L) /* a:smooth{ fwhm = | beam = } */
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    const double *table[GAL_SKYMAP_MAX];
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "alm:smooth");
    double fwhm = gal_lua_opt_fwhm(&o);
    if (!gal_lua_opt_beam(&o, a->ncomp, a->teb, a->lmax, table))
        for (int k = 0; k < a->ncomp; k++) {
            double *b = gal_lua_scratch(L, (size_t)a->lmax + 1);
            gal_beam_gaussian(fwhm, a->teb && k ? 2 : 0, a->lmax, b);
            table[k] = b;
        }
    gal_lua_opts_end(&o);
    gal_alm_filter(push_copy(L, a, a->lmax), table);
    return 1;
}

static int alm_rotate(lua_State *L) /* a:rotate("C") or a:rotate(matrix) */
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    double R[9];
    gal_coordsys to = GAL_COORD_NONE;
    if (lua_type(L, 2) == LUA_TSTRING) {
        to = gal_lua_coord(L, lua_tostring(L, 2));
        gal_lua_checkstatus(L, gal_coord_matrix(a->coord, to, R));
    } else {
        size_t rows, cols;
        const double *r = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != 3 || cols != 3)
            return gal_lua_error(L, GAL_EINVAL, "alm:rotate: expected a matrix of 3 x 3, got %d x %d", (int)rows,
                                 (int)cols);
        memcpy(R, r, sizeof R);
    }
    gal_alm *b = push_copy(L, a, a->lmax);
    b->coord = to;
    gal_lua_checkstatus(L, gal_alm_rotate(b, R));
    return 1;
}

static int alm_cl(lua_State *L) /* a:cl([b]) */
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    return gal_lua_push_spectra(L, a, lua_isnoneornil(L, 2) ? a : gal_lua_check(L, 2, &gal_lua_alm));
}

static int alm_write(lua_State *L)
{
    const gal_alm *a = gal_lua_check(L, 1, &gal_lua_alm);
    gal_lua_checkstatus(L, gal_alm_write(a, gal_lua_checkstr(L, 2)));
    lua_settop(L, 1);
    return 1;
}

static const gal_lua_row methods[] = {
    {"value", alm_value, "value(l, m[, component]) -> re, im\nOne coefficient; components count from 1."},
    {"set", alm_set, "set(l, m, component, re[, im]) -> alm\nSets one coefficient in place."},
    {"map", alm_map,
     "map(nside[, options]) -> skymap\nSynthesis at the pixel centres, RING.\n@param precision (64) bits of the map, "
     "32 or 64\n"
     "@param unit unit of the map"},
    {"copy", alm_copy, "copy([lmax]) -> alm\nA copy, cut at lmax or padded with zeros up to it."},
    {"smooth", alm_smooth,
     "smooth{ fwhm = } or smooth{ beam = } -> alm\nTimes a beam; E and B get the factor of spin 2.\n"
     "@param fwhm [arcmin] width of a Gaussian\n@param beam b_l from l = 0, or a list of them: T, E, B"},
    {"rotate", alm_rotate,
     "rotate(coordinates) or rotate(matrix) -> alm\nInto galactic, ecliptic or equatorial coordinates (G, E, C), or "
     "turned by a matrix R: "
     "the field at R n is what was at n."},
    {"cl", alm_cl,
     "cl([other]) -> table\nAuto spectra, or cross spectra with another: l, TT and, with polarisation, EE, BB, TE, EB, "
     "TB."},
    {"write", alm_write, "write(path) -> alm\nFITS, one table per component: INDEX, REAL, IMAG."},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {{"lmax", "highest l"},
                                       {"ncomp", "number of components"},
                                       {"teb", "components are T, E, B"},
                                       {"coord", "coordinate system"},
                                       {NULL, NULL}};
const gal_lua_class gal_lua_alm = {
    .name = "alm",
    .doc = "Spherical harmonic coefficients of one or more fields.",
    .methods = methods,
    .fields = fields,
    .free = alm_free,
    .get = alm_get,
    .tostring = alm_tostring,
};

static int create(lua_State *L) /* healpix.alm(lmax[, ncomp]) */
{
    gal_alm *a;
    int lmax = gal_lua_checkint(L, 1, 0, GAL_ALM_LMAX);
    gal_lua_checkstatus(
        L, gal_alm_create(&a, lmax, lua_isnoneornil(L, 2) ? 1 : gal_lua_checkint(L, 2, 1, GAL_SKYMAP_MAX)));
    gal_lua_push(L, &gal_lua_alm, a);
    return 1;
}

static int read(lua_State *L)
{
    gal_alm *a;
    const char *path = gal_lua_checkstr(L, 1);
    gal_lua_checkstatus(L,
                        gal_alm_read(&a, path, lua_isnoneornil(L, 2) ? -1 : gal_lua_checkint(L, 2, 0, GAL_ALM_LMAX)));
    gal_lua_push(L, &gal_lua_alm, a);
    return 1;
}

void gal_luaopen_alm(lua_State *L);
void gal_luaopen_alm(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"alm", create, "alm(lmax[, ncomp]) -> alm\nCoefficients, all zero; three components are T, E, B."},
        {"read_alm", read, "read_alm(path[, lmax]) -> alm\nCoefficients of a FITS file, cut at lmax."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_alm);
    gal_lua_module(L, "healpix", rows, NULL);
}
