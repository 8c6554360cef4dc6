/* Lua: maps, healpix.map, healpix.read. */
#include "lua/bind/l_sky_maps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void map_free(void *obj)
{
    gal_skymap_free(obj);
}

static gal_skymap *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_skymap);
}

static int component(lua_State *L, int idx, const gal_skymap *m)
{
    return lua_isnoneornil(L, idx) ? 0 : gal_lua_checkint(L, idx, 1, m->ncomp) - 1;
}

static int push(lua_State *L, gal_skymap *m)
{
    gal_lua_push(L, &gal_lua_skymap, m);
    return 1;
}

static int map_get(lua_State *L, void *obj, const char *key)
{
    const gal_skymap *m = obj;
    if (strcmp(key, "nside") == 0)
        return lua_pushnumber(L, (double)m->nside), 1;
    if (strcmp(key, "npix") == 0)
        return lua_pushnumber(L, (double)m->npix), 1;
    if (strcmp(key, "ncomp") == 0)
        return lua_pushinteger(L, m->ncomp), 1;
    if (strcmp(key, "order") == 0)
        return lua_pushstring(L, m->order == GAL_NESTED ? "NESTED" : "RING"), 1;
    if (strcmp(key, "unit") == 0)
        return lua_pushstring(L, m->unit[0]), 1;
    if (strcmp(key, "coord") == 0)
        return lua_pushstring(L, gal_lua_coord_name(m->coord)), 1;
    if (strcmp(key, "precision") == 0)
        return lua_pushinteger(L, m->single ? 32 : 64), 1;
    if (strcmp(key, "iqu") == 0)
        return lua_pushboolean(L, m->iqu), 1;
    if (strcmp(key, "synthetic") == 0)
        return lua_pushboolean(L, m->synthetic), 1;
    if (strcmp(key, "partial") == 0)
        return lua_pushboolean(L, m->pixels != NULL), 1;
    return 0;
}

static int map_set_field(lua_State *L, void *obj, const char *key)
{
    gal_skymap *m = obj;
    if (strcmp(key, "unit") == 0) {
        gal_lua_checkstatus(L, gal_skymap_set_unit(m, gal_lua_checkstr(L, 3)));
        return 1;
    }
    if (strcmp(key, "coord") == 0) {
        m->coord = gal_lua_coord(L, gal_lua_checkstr(L, 3));
        return 1;
    }
    if (strcmp(key, "synthetic") == 0) {
        m->synthetic = lua_toboolean(L, 3);
        return 1;
    }
    return 0;
}

static void map_tostring(lua_State *L, void *obj)
{
    const gal_skymap *m = obj;
    lua_pushfstring(L, "skymap   nside = %d   %s%s   %s   %s   %d bit   %s%s", (int)m->nside,
                    m->iqu         ? "I, Q, U"
                    : m->ncomp > 1 ? "components"
                                   : "1 component",
                    m->pixels ? "   partial" : "", m->order == GAL_NESTED ? "NESTED" : "RING",
                    *m->unit[0] ? m->unit[0] : "no unit", m->single ? 32 : 64, gal_lua_coord_name(m->coord),
                    m->coord ? "" : "unknown coordinates");
}

/* Mean, rms about it, least and largest of the good pixels; their number. */
static int64_t statistics(const gal_skymap *m, int comp, double s[4])
{
    int64_t n = 0;
    double sum = 0, sq = 0;
    s[2] = INFINITY;
    s[3] = -INFINITY;
    for (int64_t i = 0; i < m->npix; i++) {
        double x = gal_skymap_get(m, comp, i);
        if (gal_skymap_bad(x))
            continue;
        n++;
        double d = x - sum;
        sum += d / (double)n;
        sq += d * (x - sum);
        s[2] = fmin(s[2], x);
        s[3] = fmax(s[3], x);
    }
    s[0] = n ? sum : NAN;
    s[1] = n ? sqrt(sq / (double)n) : NAN;
    return n;
}

static void map_show(lua_State *L, void *obj)
{
    const gal_skymap *m = obj;
    luaL_Buffer b;
    map_tostring(L, obj);
    luaL_buffinit(L, &b);
    luaL_addvalue(&b);
    for (int k = 0; k < m->ncomp; k++) {
        char line[200], name[8];
        double s[4];
        int64_t n = statistics(m, k, s);
        snprintf(name, sizeof name, m->iqu ? "%c" : "%d", m->iqu ? "IQU"[k] : k + 1);
        snprintf(line, sizeof line, "\n  %-3s mean %-12.6g rms %-12.6g %.6g .. %.6g %s", name, s[0], s[1], s[2], s[3],
                 m->unit[k]);
        luaL_addstring(&b, line);
        if (n < m->npix) {
            snprintf(line, sizeof line, "   %lld bad pixels", (long long)(m->npix - n));
            luaL_addstring(&b, line);
        }
    }
    luaL_pushresult(&b);
}

static int map_stats(lua_State *L) /* m:stats([component]) */
{
    const gal_skymap *m = self(L);
    double s[4];
    int64_t n = statistics(m, component(L, 2, m), s);
    lua_newtable(L);
    GAL_LUA_SET(L, {"mean", s[0]}, {"rms", s[1]}, {"min", s[2]}, {"max", s[3]}, {"n", (double)n},
                {"bad", (double)(m->npix - n)});
    return 1;
}

/* ------------------------------------------------------------------ values */
static int map_values(lua_State *L)
{
    const gal_skymap *m = self(L);
    int comp = component(L, 2, m);
    double *x = gal_lua_pushvec(L, (size_t)m->npix);
    for (int64_t i = 0; i < m->npix; i++)
        x[i] = gal_skymap_get(m, comp, i);
    return 1;
}

static int map_pixels(lua_State *L)
{
    const gal_skymap *m = self(L);
    double *x = gal_lua_pushvec(L, (size_t)m->npix);
    for (int64_t i = 0; i < m->npix; i++)
        x[i] = (double)(m->pixels ? m->pixels[i] : i);
    return 1;
}

void gal_lua_skymap_fill(lua_State *L, gal_skymap *m, int comp, int idx)
{
    size_t n = 0;
    bool number = lua_type(L, idx) == LUA_TNUMBER;
    double one = number ? lua_tonumber(L, idx) : 0;
    // cppcheck-suppress objectIndex ; the vector has a value for each pixel
    const double *x = number ? NULL : gal_lua_checkvec(L, idx, &n);
    if (x && n != (size_t)m->npix)
        gal_lua_error(L, GAL_EINVAL, "skymap: %.0f values for %.0f pixels", (double)n, (double)m->npix);
    for (int64_t i = 0; i < m->npix; i++)
        gal_skymap_set(m, comp, i, x ? x[i] : one);
}

static int map_fill(lua_State *L) /* m:set(component, number | vec) */
{
    gal_skymap *m = self(L);
    gal_lua_skymap_fill(L, m, gal_lua_checkint(L, 2, 1, m->ncomp) - 1, 3);
    lua_settop(L, 1);
    return 1;
}

/* m:at(theta, phi): every component, linear between the four pixels around; UNSEEN pixels do not count */
static int map_at(lua_State *L)
{
    const gal_skymap *m = self(L);
    double theta = gal_lua_checknum(L, 2), phi = gal_lua_checknum(L, 3), w[4];
    int64_t pix[4];
    if (!(theta >= 0 && theta <= M_PI) || !isfinite(phi))
        return gal_lua_error(L, GAL_EDOMAIN, "skymap:at: theta %g, phi %g: expected 0 <= theta <= pi", theta, phi);
    gal_healpix_interpolation(m->nside, m->order, theta, phi, pix, w);
    for (int k = 0; k < m->ncomp; k++) {
        double sum = 0, weight = 0;
        for (int i = 0; i < 4; i++) {
            int64_t at = gal_skymap_index(m, pix[i]);
            double x = at < 0 ? GAL_UNSEEN : gal_skymap_get(m, k, at);
            if (gal_skymap_bad(x))
                continue;
            sum += w[i] * x;
            weight += w[i];
        }
        lua_pushnumber(L, weight > 0 ? sum / weight : GAL_UNSEEN);
    }
    return m->ncomp;
}

/* ------------------------------------------------------------------ other grids */
static int map_ud_grade(lua_State *L)
{
    const gal_skymap *m = self(L);
    gal_skymap *o;
    int64_t nside = gal_lua_checknside(L, 2);
    gal_lua_checkstatus(L, gal_skymap_ud_grade(&o, m, nside, lua_isnoneornil(L, 3) ? 0 : gal_lua_checknum(L, 3)));
    return push(L, o);
}

static int map_reorder(lua_State *L)
{
    const gal_skymap *m = self(L);
    gal_skymap *o;
    gal_lua_checkstr(L, 2);
    gal_lua_checkstatus(L, gal_skymap_reorder(&o, m, gal_lua_checkorder(L, 2, m->nside)));
    return push(L, o);
}

static int map_full(lua_State *L)
{
    gal_skymap *o;
    gal_lua_checkstatus(L, gal_skymap_full(&o, self(L)));
    return push(L, o);
}

int64_t *gal_lua_checkpixels(lua_State *L, int idx, size_t *n)
{
    const double *x = gal_lua_checkvec(L, idx, n);
    int64_t *list = (int64_t *)(void *)gal_lua_scratch(L, *n + 1);
    for (size_t i = 0; i < *n; i++)
        list[i] = x[i] >= 0 && x[i] < 9e15 ? (int64_t)x[i] : -1;
    return list;
}

static int map_cut(lua_State *L)
{
    const gal_skymap *m = self(L);
    gal_skymap *o;
    size_t n;
    const int64_t *list = gal_lua_checkpixels(L, 2, &n);
    gal_lua_checkstatus(L, gal_skymap_cut(&o, m, list, (int64_t)n));
    return push(L, o);
}

static int map_copy(lua_State *L)
{
    const gal_skymap *m = self(L);
    gal_skymap *o;
    gal_lua_opts opt;
    gal_lua_opts_begin(L, &opt, 2, "skymap:copy");
    int bits = gal_lua_opt_int(&opt, "precision", m->single ? 32 : 64, 32, 64);
    gal_lua_opts_end(&opt);
    gal_lua_checkstatus(L, gal_skymap_copy(&o, m, bits == 32));
    return push(L, o);
}

static int map_component(lua_State *L)
{
    const gal_skymap *m = self(L);
    gal_skymap *o;
    int k = gal_lua_checkint(L, 2, 1, m->ncomp) - 1;
    gal_lua_checkstatus(L, gal_skymap_create(&o, m->nside, m->order, 1, m->single, m->pixels, m->npix));
    o->coord = m->coord;
    o->synthetic = m->synthetic;
    memcpy(o->unit[0], m->unit[k], sizeof o->unit[0]);
    memcpy(o->name[0], m->name[k], sizeof o->name[0]);
    memcpy(o->data[0], m->data[k], (size_t)m->npix * (m->single ? sizeof(float) : sizeof(double)));
    return push(L, o);
}

/* ------------------------------------------------------------------ harmonic space */
/* What an analysis had to do without, a line each */
static void remark(const char *fn, const gal_map2alm_report *r)
{
    if (r->bad)
        gal_log(GAL_LOG_WARN, "map", "%s: %lld values are UNSEEN: they count as 0", fn, (long long)r->bad);
    if (!r->converged)
        gal_log(GAL_LOG_WARN, "map",
                "%s: least squares left %.1e after %d steps: a lower lmax, more iterations or a "
                "larger tolerance end it",
                fn, r->residual, r->iterations);
}

static int smooth_with(lua_State *L, gal_lua_opts *o, const gal_skymap *m, gal_smooth_opts *s)
{
    const double *table[GAL_SKYMAP_MAX];
    gal_skymap *out;
    gal_map2alm_report report = {0};
    s->lmax = gal_lua_opt_int(o, "lmax", -1, -1, GAL_ALM_LMAX);
    s->nside_out = gal_lua_opt_int(o, "nside", 0, 0, 16384);
    s->analysis = gal_lua_opt_analysis(o);
    s->fwhm = gal_lua_opt_fwhm(o);
    s->had = gal_lua_opt_range(o, "had", 0, 0, 10800) * M_PI / 10800;
    int64_t n = s->nside_out ? s->nside_out : m->nside;
    int top = (int)(n >= m->nside ? 5 * m->nside / 2 : 3 * n / 2); /* tables as long as the default lmax needs */
    if (gal_lua_opt_beam(o, m->ncomp, m->iqu, s->lmax >= 0 ? s->lmax : top, table))
        s->beam = table;
    gal_lua_opts_end(o);
    gal_lua_checkstatus(L, gal_skymap_smooth(&out, m, s, &report));
    remark(o->fn, &report);
    return push(L, out);
}

static int map_smooth(lua_State *L) /* m:smooth{ fwhm =, ... } */
{
    const gal_skymap *m = self(L);
    gal_smooth_opts s = {0};
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "skymap:smooth");
    const char *coord = gal_lua_opt_str(&o, "coord", NULL);
    s.coord = coord ? gal_lua_coord(L, coord) : GAL_COORD_NONE;
    s.rotation = gal_lua_opt_rotation(&o);
    return smooth_with(L, &o, m, &s);
}

static int map_rotate(lua_State *L) /* m:rotate("C") or m:rotate(matrix[, options]) */
{
    const gal_skymap *m = self(L);
    gal_smooth_opts s = {0};
    gal_lua_opts o;
    if (lua_type(L, 2) == LUA_TSTRING)
        s.coord = gal_lua_coord(L, lua_tostring(L, 2));
    else {
        size_t rows, cols;
        s.rotation = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != 3 || cols != 3)
            return gal_lua_error(L, GAL_EINVAL, "skymap:rotate: expected a matrix of 3 x 3, got %d x %d", (int)rows,
                                 (int)cols);
    }
    gal_lua_opts_begin(L, &o, 3, "skymap:rotate");
    return smooth_with(L, &o, m, &s);
}

/* Whole sky, RING: m itself, or a new map that is pushed. */
static const gal_skymap *whole(lua_State *L, const gal_skymap *m)
{
    gal_skymap *o;
    if (m->pixels) {
        if (gal_skymap_full(&o, m) != GAL_OK)
            gal_lua_fail(L);
        push(L, o);
        m = o;
    }
    if (m->order != GAL_RING) {
        if (gal_skymap_reorder(&o, m, GAL_RING) != GAL_OK)
            gal_lua_fail(L);
        push(L, o);
        m = o;
    }
    return m;
}

static gal_alm *analyse(lua_State *L, const gal_skymap *m, int lmax, const gal_map2alm_opts *a)
{
    gal_alm *out;
    m = whole(L, m);
    if (lmax < 0)
        lmax = m->nside > 16384 ? GAL_ALM_LMAX : (int)(2 * m->nside);
    if (gal_alm_create(&out, lmax, m->ncomp) != GAL_OK)
        gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_alm, out);
    out->teb = m->iqu;
    gal_map2alm_report report = {0};
    if (gal_map2alm(m, out, a, &report) != GAL_OK)
        gal_lua_fail(L);
    remark("harmonics of a map", &report);
    return out;
}

static int map_alm(lua_State *L) /* m:alm{ lmax =, method =, ... } */
{
    const gal_skymap *m = self(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "skymap:alm");
    int lmax = gal_lua_opt_int(&o, "lmax", -1, -1, GAL_ALM_LMAX);
    gal_map2alm_opts a = gal_lua_opt_analysis(&o);
    gal_lua_opts_end(&o);
    analyse(L, m, lmax, &a);
    return 1;
}

static int map_cl(lua_State *L) /* m:cl{ lmax =, with = other, ... } */
{
    const gal_skymap *m = self(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "skymap:cl");
    int lmax = gal_lua_opt_int(&o, "lmax", -1, -1, GAL_ALM_LMAX);
    const gal_skymap *with = gal_lua_opt_obj(&o, "with", &gal_lua_skymap);
    gal_map2alm_opts a = gal_lua_opt_analysis(&o);
    gal_lua_opts_end(&o);
    const gal_alm *x = analyse(L, m, lmax, &a), *y = with ? analyse(L, with, lmax, &a) : x;
    return gal_lua_push_spectra(L, x, y);
}

/* ------------------------------------------------------------------ arithmetic */
typedef double (*binary)(double, double);
static double add(double a, double b)
{
    return a + b;
}
static double sub(double a, double b)
{
    return a - b;
}
static double mul(double a, double b)
{
    return a * b;
}
static double over(double a, double b)
{
    return a / b;
}

static int combine(lua_State *L, binary f)
{
    const gal_skymap *a = gal_lua_test(L, 1, &gal_lua_skymap), *b = gal_lua_test(L, 2, &gal_lua_skymap), *m = a ? a : b;
    gal_skymap *o;
    double x = a ? 0 : gal_lua_checknum(L, 1), y = b ? 0 : gal_lua_checknum(L, 2);
    if (a && b &&
        (a->nside != b->nside || a->order != b->order || a->ncomp != b->ncomp || a->npix != b->npix ||
         !a->pixels != !b->pixels || (a->pixels && memcmp(a->pixels, b->pixels, (size_t)a->npix * sizeof *a->pixels))))
        return gal_lua_error(L, GAL_EINVAL,
                             "maps of nside %d, %d components, %s and nside %d, %d components, %s: not the same pixels",
                             (int)a->nside, a->ncomp, a->order ? "NESTED" : "RING", (int)b->nside, b->ncomp,
                             b->order ? "NESTED" : "RING");
    gal_lua_checkstatus(L, gal_skymap_copy(&o, m, a && b ? a->single && b->single : m->single));
    o->synthetic = (a && a->synthetic) || (b && b->synthetic);
    if (a && b && (f == mul || f == over || strcmp(a->unit[0], b->unit[0]) != 0))
        memset(o->unit, 0, sizeof o->unit); /* the unit is not that of either any more */
    for (int k = 0; k < m->ncomp; k++)
        for (int64_t i = 0; i < m->npix; i++) {
            double u = a ? gal_skymap_get(a, k, i) : x, v = b ? gal_skymap_get(b, k, i) : y;
            gal_skymap_set(o, k, i, gal_skymap_bad(u) || gal_skymap_bad(v) ? GAL_UNSEEN : f(u, v));
        }
    return push(L, o);
}

static int map_add(lua_State *L)
{
    return combine(L, add);
}

static int map_sub(lua_State *L)
{
    return combine(L, sub);
}

static int map_mul(lua_State *L)
{
    return combine(L, mul);
}

static int map_div(lua_State *L)
{
    return combine(L, over);
}

#define GRID_DOC                                                                                                       \
    "@param lmax highest l; by default 2.5 nside, 1.5 times the output's nside when that is lower\n"                   \
    "@param nside resolution of the output (that of the map)\n" GAL_LUA_ANALYSIS_DOC
static const gal_lua_row methods[] = {
    {"values", map_values, "values([component]) -> vec\nA copy of the pixels of a component (1)."},
    {"set", map_fill,
     "set(component, values) -> skymap\nSets all pixels of a component to a number or to the values of a vector, in "
     "place."},
    {"pixels", map_pixels, "pixels() -> vec\nPixel numbers in the order of the values."},
    {"at", map_at,
     "at(theta, phi) -> numbers\nEvery component at a direction [rad], linear between four pixels; bad ones do not "
     "count."},
    {"stats", map_stats,
     "stats([component]) -> table\nmean, rms, min, max, n of the good pixels; bad, the number of the others."},
    {"component", map_component, "component(k) -> skymap\nOne component as a map of a scalar."},
    {"copy", map_copy,
     "copy([options]) -> skymap\nA map of its own with the same values.\n@param precision bits of the copy, 32 or 64 "
     "(those of the map)"},
    {"ud_grade", map_ud_grade,
     "ud_grade(nside[, power]) -> skymap\nMean of the pixels inside larger ones (bad ones do not count), or copies "
     "into smaller ones, times "
     "(nside_out/nside)^power."},
    {"reorder", map_reorder, "reorder(order) -> skymap\nThe same map in RING or NESTED order."},
    {"full", map_full, "full() -> skymap\nThe whole sky, UNSEEN outside of a partial one."},
    {"cut", map_cut, "cut(pixels) -> skymap\nThe pixels of an ascending list alone."},
    {"smooth", map_smooth,
     "smooth{ fwhm = ... } -> skymap\nThrough a beam, by way of its harmonics; into other coordinates and resolutions "
     "at once.\n"
     "@param fwhm [arcmin] width of a Gaussian; E and B get the factor of spin 2\n"
     "@param had (0) [arcmin] width of the Gaussian that the map was seen through already: it is divided out\n"
     "@param beam b_l from l = 0 instead, or a list of them: T, E, B\n"
     "@param coord coordinates of the output: galactic, ecliptic, equatorial (G, E, C)\n"
     "@param rotation matrix R instead: the output at R n is what was at n\n" GRID_DOC},
    {"rotate", map_rotate,
     "rotate(coordinates[, options]) or rotate(matrix[, options]) -> skymap\nInto other coordinates, or turned by a "
     "matrix, polarisation "
     "with it, by way of the harmonics.\n@param fwhm [arcmin] a beam on the way\n@param beam a table on the "
     "way\n" GRID_DOC},
    {"alm", map_alm,
     "alm([options]) -> alm\nSpherical harmonic coefficients; bad pixels count as 0.\n@param lmax highest l (2 "
     "nside)\n" GAL_LUA_ANALYSIS_DOC},
    {"cl", map_cl,
     "cl([options]) -> table\nAuto spectra: l, TT and, of I, Q, U, EE, BB, TE, EB, TB.\n@param lmax highest l (2 "
     "nside)\n"
     "@param with another map: cross spectra\n" GAL_LUA_ANALYSIS_DOC},
    {"project", gal_lua_skymap_project,
     "project([options]) -> table\nThe map on a plane, as skymap:plot draws it: nx, ny, half_x, half_y (plane units), "
     "images (a vector of nx x "
     "ny for each component, rows from the top; NaN outside of the sphere, UNSEEN where it is bad).\n"
     "@param components ({1}) list of components\n@param projection (mollweide) mollweide, gnomonic, orthographic, "
     "cartesian\n"
     "@param centre [deg] ({0, 0}) longitude, latitude and position angle of up\n"
     "@param extent [deg] width and height of a gnomonic (10 x 10) or Cartesian image\n"
     "@param coord coordinates of the plot (those of the map)\n@param nx (800) pixels across\n"
     "@param graticule [deg] step of meridians and parallels: graticule_x, graticule_y\n"
     "@param lines points across at which lines of polarisation are drawn: a matrix of x1, y1, x2, y2, amplitude, "
     "nlines of them\n"
     "@param full amplitude of the longest line\n@param field lines along the magnetic field instead"},
    {"write", gal_lua_skymap_write,
     "write(path[, options]) -> skymap\nFITS in the field's conventions.\n@param polcconv (COSMO) sign of U in the "
     "file, COSMO or IAU\n"
     "@param history lines of HISTORY\n@param keys more keywords, { KEY = value }"},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {
    {"nside", "resolution"},
    {"npix", "number of pixels stored"},
    {"ncomp", "number of components"},
    {"order", "RING or NESTED"},
    {"unit", "unit of the first component; assign to set that of all"},
    {"coord", "coordinate system; assign to set it"},
    {"precision", "bits of the pixels"},
    {"iqu", "components are I, Q, U"},
    {"partial", "holds a list of pixels, not the whole sky"},
    {"synthetic", "made of a synthetic sky: plots and headers say so; assign to set it"},
    {NULL, NULL}};
static const luaL_Reg meta[] = {
    {"__add", map_add}, {"__sub", map_sub}, {"__mul", map_mul}, {"__div", map_div}, {NULL, NULL}};
const gal_lua_class gal_lua_skymap = {
    .name = "skymap",
    .doc = "A map of the sky in HEALPix pixels: I, Q, U or scalars. Maps add, subtract, multiply and divide, also by "
           "numbers.",
    .methods = methods,
    .fields = fields,
    .free = map_free,
    .get = map_get,
    .set = map_set_field,
    .tostring = map_tostring,
    .show = map_show,
    .meta = meta,
};

void gal_luaopen_skymap(lua_State *L);
void gal_luaopen_skymap(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"map", gal_lua_skymap_create,
         "map{ nside = ... } -> skymap\nA map from memory, or of zeros.\n@param nside resolution\n"
         "@param values a number, a vector of all pixels, or a list of those: one for each component\n"
         "@param ncomp (1) number of components\n@param iqu three components are I, Q, U (true)\n"
         "@param order (RING) RING or NESTED\n@param precision (64) 32 or 64 bits\n@param unit unit\n"
         "@param coord galactic, ecliptic, equatorial\n@param pixels ascending list of the pixels of a partial sky"},
        {"read", gal_lua_skymap_read,
         "read(path[, options]) -> skymap\nA map of a FITS file, whole or partial; U in the COSMO convention, bad "
         "pixels UNSEEN.\n"
         "@param fields columns, from 1 (I, Q, U where the file says so, else the first)\n"
         "@param precision 32 or 64 bits (those of the file)\n@param iqu the three fields are I, Q, U (as the file "
         "says)\n"
         "@param order (file) RING or NESTED for files that do not say\n"
         "@param unit of the values, for files that do not say ('' for none)\n@param hdu number of the table (the "
         "first), 1 "
         "is the primary"},
        {"inspect", gal_lua_skymap_inspect,
         "inspect(path) -> table\nWhat a file holds, without its pixels: nside, order, units, names, ..."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_skymap);
    gal_lua_module(L, "healpix", rows, NULL);
}
