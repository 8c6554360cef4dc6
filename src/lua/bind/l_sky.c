/* Lua: fields, parts and plans of the sky, as lua/galua/sky/ uses them (module sky_core); users see sky{...}. */
#include "galua/sky.h"
#include "galua/alm.h"
#include "galua/skysim.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/l_sky.h"
#include "io/h5.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ fields */
static const gal_lua_class field_class;
static void field_free(void *obj)
{
    gal_field_unref(obj);
}

static int field_get(lua_State *L, void *obj, const char *key)
{
    if (strcmp(key, "npix") == 0)
        return lua_pushnumber(L, (double)gal_field_size(obj)), 1;
    if (strcmp(key, "memory") == 0)
        return lua_pushnumber(L, (double)gal_field_memory(obj)), 1;
    return 0;
}

static int field_range(lua_State *L)
{
    double lo, hi;
    gal_lua_checkstatus(L, gal_field_range(gal_lua_check(L, 1, &field_class), &lo, &hi));
    lua_pushnumber(L, lo);
    lua_pushnumber(L, hi);
    return 2;
}

static int field_values(lua_State *L)
{
    const gal_field *f = gal_lua_check(L, 1, &field_class);
    double first = lua_isnoneornil(L, 2) ? 0 : gal_lua_checknum(L, 2),
           n = lua_isnoneornil(L, 3) ? (double)gal_field_size(f) : gal_lua_checknum(L, 3);
    double *x = gal_lua_pushvec(L, (size_t)n);
    gal_lua_checkstatus(L, gal_field_read(f, (size_t)first, (size_t)n, x));
    return 1;
}

static const gal_lua_row field_methods[] = {
    {"range", field_range, "range() -> lo, hi\nSmallest and largest good value."},
    {"values", field_values, "values([first, n]) -> vec\nValues of pixels, first from 0; bad ones NaN."},
    {NULL, NULL, NULL},
};
static const gal_lua_field field_fields[] = {
    {"npix", "pixels; 0: a number"}, {"memory", "[byte] that it holds"}, {NULL, NULL}};
static const gal_lua_class field_class = {
    .name = "sky field",
    .doc = "Values of pixels: a number, a map in memory, a column of a file read in blocks, a formula.",
    .methods = field_methods,
    .fields = field_fields,
    .free = field_free,
    .get = field_get,
};

static int push_field(lua_State *L, gal_field *f)
{
    gal_lua_push(L, &field_class, f);
    return 1;
}

static int number(lua_State *L)
{
    gal_field *f;
    gal_lua_checkstatus(L, gal_field_number(&f, gal_lua_checknum(L, 1)));
    return push_field(L, f);
}

static gal_status of_map(gal_field **f, const gal_skymap *m, int comp, double scale, void (*release)(void *),
                         void *owner)
{
    if (m->pixels || m->order != GAL_RING)
        return gal_fail(GAL_EINVAL, "sky: a template must be a whole sky in RING order");
    if (comp < 0 || comp >= m->ncomp)
        return gal_fail(GAL_EINVAL, "sky: component %d of a map of %d", comp + 1, m->ncomp);
    size_t n = (size_t)m->npix;
    return m->single ? gal_field_f32(f, n, m->data[comp], scale, release, owner)
                     : gal_field_f64(f, n, m->data[comp], scale, release, owner);
}

/* map(m, component from 1, scale): the map is kept */
static int map(lua_State *L)
{
    const gal_skymap *m = gal_lua_check(L, 1, &gal_lua_skymap);
    gal_field *f;
    gal_lua_checkstatus(L, of_map(&f, m, gal_lua_checkint(L, 2, 1, GAL_SKYMAP_MAX) - 1,
                                  lua_isnoneornil(L, 3) ? 1 : gal_lua_checknum(L, 3), NULL, NULL));
    push_field(L, f);
    gal_lua_keep(L, -1, 1, "map");
    return 1;
}

/* vec(v, scale): values of all pixels */
static int of_vec(lua_State *L)
{
    size_t n;
    gal_field *f;
    double scale = lua_isnoneornil(L, 2) ? 1 : gal_lua_checknum(L, 2);
    const double *x = gal_lua_checkvec(L, 1, &n);
    gal_lua_checkstatus(L, gal_field_f64(&f, n, x, scale, NULL, NULL));
    push_field(L, f);
    gal_lua_keep(L, -1, 1, "map");
    return 1;
}

static void map_release(void *m)
{
    gal_skymap_free(m);
}

/* A column as a map in memory, RING, whole, of this nside, in the precision of the file */
gal_status gal_lua_sky_load(gal_skymap **out, const char *path, int column, int64_t nside)
{
    gal_status st = GAL_OK;
    gal_skymap *m = NULL, *n = NULL;
    const gal_skymap_read_opts o = {.fields = &column, .nfield = 1, .iqu = 0, .unit = ""};
    GAL_TRY(gal_skymap_read(&m, path, &o));
    if (m->pixels) {
        GAL_TRY(gal_skymap_full(&n, m));
        gal_skymap_free(m);
        m = n;
        n = NULL;
    }
    if (m->nside != nside) {
        GAL_TRY(gal_skymap_ud_grade(&n, m, nside, 0));
        gal_skymap_free(m);
        m = n;
        n = NULL;
    }
    if (m->order != GAL_RING) {
        GAL_TRY(gal_skymap_reorder(&n, m, GAL_RING));
        gal_skymap_free(m);
        m = n;
        n = NULL;
    }
    *out = m;
    m = NULL;
out:
    gal_skymap_free(m);
    gal_skymap_free(n);
    return st;
}

/* file(path, column from 1, nside, scale, stream) */
static int file(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    int column = gal_lua_checkint(L, 2, 1, 1000) - 1;
    int64_t nside = (int64_t)gal_lua_checknum(L, 3);
    double scale = gal_lua_checknum(L, 4);
    gal_field *f = NULL;
    gal_skymap *m;
    if (lua_toboolean(L, 5)) {
        gal_status st = gal_field_file(&f, path, (size_t)column, (size_t)gal_healpix_npix(nside), scale);
        if (st == GAL_OK)
            return push_field(L, f);
        if (st != GAL_EUNSUP)
            return gal_lua_fail(L);
    }
    gal_lua_checkstatus(L, gal_lua_sky_load(&m, path, column, nside));
    if (of_map(&f, m, 0, scale, map_release, m) != GAL_OK) {
        gal_skymap_free(m);
        return gal_lua_fail(L);
    }
    return push_field(L, f);
}

/* formula(name, { fields }, { coefficients }) */
static int formula(lua_State *L)
{
    static const char *const names[] = {"sum", "product", "cos_atan", "sin_atan", "cos_2psi", "sin_2psi", "blend"};
    const char *name = gal_lua_checkstr(L, 1);
    gal_field *child[8], *f;
    double c[8];
    size_t n = lua_objlen(L, 2), which = 0;
    while (which < 7 && strcmp(names[which], name) != 0)
        which++;
    if (which == 7 || n < 1 || n > 8)
        return gal_lua_error(L, GAL_EINVAL, "sky: formula '%s' of %zu fields", name, n);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        child[i] = gal_lua_check(L, -1, &field_class);
        lua_pop(L, 1); /* the table holds it */
        c[i] = 1;
        if (lua_istable(L, 3)) {
            lua_rawgeti(L, 3, (int)i + 1);
            c[i] = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : 1;
            lua_pop(L, 1);
        }
    }
    gal_lua_checkstatus(L, gal_field_make(&f, (gal_field_formula)which, n, child, c));
    push_field(L, f);
    gal_lua_keep(L, -1, 2, "children");
    return 1;
}

/* dipole{ nside =, kind =, amplitude =, T =, lon =, lat = }: uK */
static int dipole(lua_State *L)
{
    static const char *const kinds[] = {"full", "first", "quadratic"};
    gal_lua_opts o;
    gal_field *f;
    gal_lua_opts_begin(L, &o, 1, "dipole");
    double nside = gal_lua_req_num(&o, "nside"), amp = gal_lua_req_num(&o, "amplitude"), T = gal_lua_req_num(&o, "T");
    double lon = gal_lua_req_num(&o, "lon"), lat = gal_lua_req_num(&o, "lat");
    int kind = gal_lua_opt_choice(&o, "kind", kinds, 3, 0);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_field_dipole(&f, (int64_t)nside, (gal_dipole_kind)kind, amp, amp * 1e-6, T, lon, lat));
    return push_field(L, f);
}

/* ------------------------------------------------------------------ parts */
static void part_free(void *obj)
{
    gal_sky_part_unref(obj);
}

static int part_get(lua_State *L, void *obj, const char *key)
{
    if (strcmp(key, "name") == 0)
        return lua_pushstring(L, gal_sky_part_name(obj)), 1;
    return 0;
}

/* part:scale(band, { parameters }, polarised) */
static int part_scale(lua_State *L)
{
    const gal_sky_part *p = gal_lua_check(L, 1, &gal_lua_part_class);
    const gal_band *b = gal_lua_check(L, 2, &gal_lua_band);
    size_t n = 0;
    double f, par[GAL_SKY_MAXPAR] = {0};
    const double *x = gal_lua_checkvec(L, 3, &n);
    for (size_t i = 0; i < n && i < GAL_SKY_MAXPAR; i++)
        par[i] = x[i];
    gal_lua_checkstatus(L, gal_sky_part_scale(p, lua_toboolean(L, 4), b, par, &f));
    lua_pushnumber(L, f);
    return 1;
}

static const gal_lua_row part_methods[] = {
    {"scale", part_scale,
     "scale(band, parameters[, polarised]) -> number\nK_RJ of a template of 1 with these parameters."},
    {NULL, NULL, NULL},
};
static const gal_lua_field part_fields[] = {{"name", "label"}, {NULL, NULL}};
const gal_lua_class gal_lua_part_class = {
    .name = "sky part",
    .doc = "One emission law over templates and maps of its parameters.",
    .methods = part_methods,
    .fields = part_fields,
    .free = part_free,
    .get = part_get,
};

gal_field *gal_lua_sky_field(lua_State *L, int table, const char *name)
{
    lua_getfield(L, table, name);
    gal_field *f = lua_isnil(L, -1) ? NULL : gal_lua_check(L, -1, &field_class);
    lua_pop(L, 1); /* the table holds it */
    return f;
}

void gal_lua_sky_push_part(lua_State *L, gal_sky_part *p, int definition)
{
    gal_lua_push(L, &gal_lua_part_class, p);
    gal_lua_keep(L, -1, definition, "definition");
}

/* part{ name =, law =, I =, Q =, U =, par = { fields by name }, opt = { numbers by name }, tables = { mat by name } } */
static int part(lua_State *L)
{
    gal_sky_part_args a = {NULL};
    gal_sky_part *p;
    const gal_sky_input *in;
    const char *const *names;
    gal_sky_table table[8];
    double opt[16];
    gal_lua_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "name");
    a.name = lua_tostring(L, -1);
    lua_getfield(L, 1, "law");
    a.law = gal_sky_law_find(gal_lua_checkstr(L, lua_gettop(L)));
    if (!a.law)
        return gal_lua_fail(L);
    for (int i = 0; i < 3; i++)
        a.amplitude[i] = gal_lua_sky_field(L, 1, (const char *[]){"I", "Q", "U"}[i]);
    lua_getfield(L, 1, "par");
    int par = lua_gettop(L);
    for (size_t i = 0, n = gal_sky_law_parameters(a.law, &in); i < n; i++)
        a.par[i] = lua_istable(L, par) ? gal_lua_sky_field(L, par, in[i].name) : NULL;
    lua_getfield(L, 1, "opt");
    for (size_t i = 0, n = gal_sky_law_options(a.law, &in); i < n; i++) {
        opt[i] = NAN;
        if (lua_istable(L, par + 1)) {
            lua_getfield(L, par + 1, in[i].name);
            opt[i] = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : NAN;
            lua_pop(L, 1);
        }
    }
    a.opt = opt;
    lua_getfield(L, 1, "tables");
    int tables = lua_gettop(L);
    for (size_t i = 0, n = gal_sky_law_tables(a.law, &names); i < n; i++) {
        if (!lua_istable(L, tables))
            return gal_lua_error(L, GAL_EINVAL, "%s: the table '%s' is required", gal_sky_law_name(a.law), names[i]);
        lua_getfield(L, tables, names[i]);
        table[i].x = gal_lua_checkmat(L, lua_gettop(L), &table[i].rows, &table[i].cols);
    }
    a.table = table;
    gal_lua_checkstatus(L, gal_sky_part_create(&p, &a));
    gal_lua_sky_push_part(L, p, 1);
    return 1;
}

/* sources{ name =, nside =, theta =, phi =, flux = mat [ncoef][n], polflux =, angle =, fwhm =, compat = } */
static int sources(lua_State *L)
{
    gal_lua_opts o;
    gal_sky_sources s = {0};
    gal_sky_part *p = NULL;
    size_t n, m, rows = 0, cols = 0;
    gal_lua_opts_begin(L, &o, 1, "sources");
    const char *name = gal_lua_opt_str(&o, "name", "sources");
    double nside = gal_lua_req_num(&o, "nside"), fwhm = gal_lua_opt_num(&o, "fwhm", 0);
    const double *theta = gal_lua_opt_vec(&o, "theta", &n), *phi = gal_lua_opt_vec(&o, "phi", &m);
    size_t nangle = 0;
    const double *angle = gal_lua_opt_vec(&o, "angle", &nangle);
    s.compat = gal_lua_opt_bool(&o, "compat", false);
    if (gal_lua_opt_push(&o, "flux"))
        s.flux = gal_lua_checkmat(L, lua_gettop(L), &s.ncoef, &s.n);
    if (gal_lua_opt_push(&o, "polflux"))
        s.polflux = gal_lua_checkmat(L, lua_gettop(L), &rows, &cols);
    gal_lua_opts_end(&o);
    if (!theta || !phi || !s.flux || n != m || n != s.n || (angle && nangle != n) ||
        (s.polflux && (rows != s.ncoef || cols != n)))
        return gal_lua_error(L, GAL_EINVAL, "%s: theta, phi, angle and the columns of flux and polflux must be as many",
                             name);
    for (size_t i = 0; i < s.n * s.ncoef; i++)
        if (!isfinite(s.flux[i]) || (s.polflux && !isfinite(s.polflux[i])))
            return gal_lua_error(L, GAL_EDOMAIN, "%s: flux of source %zu is not finite", name, i % s.n + 1);
    for (size_t i = 0; angle && i < n; i++)
        if (!isfinite(angle[i]))
            return gal_lua_error(L, GAL_EDOMAIN, "%s: angle of source %zu is not finite", name, i + 1);
    if (!(fwhm >= 0 && fwhm <= M_PI))
        return gal_lua_error(L, GAL_EDOMAIN, "%s: fwhm must lie in 0 .. 10800 arcmin, got %g", name,
                             fwhm * 10800 / M_PI);
    if (s.polflux && !angle) {
        double *x = gal_lua_scratch(L, n);
        gal_lua_checkstatus(L, gal_sources_angles(n, x));
        angle = x;
    }
    s.angle = angle;
    s.npix = (size_t)gal_healpix_npix((int64_t)nside);
    size_t *pixel;
    uint32_t *source;
    double *share;
    gal_status st = gal_sources_paint((int64_t)nside, n, theta, phi, fwhm, &s.nentry, &pixel, &source, &share);
    if (st == GAL_OK) {
        s.pixel = pixel;
        s.source = source;
        s.share = share;
        st = gal_sky_part_sources(&p, name, &s);
        gal_free(pixel);
        gal_free(source);
        gal_free(share);
    }
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_part_class, p);
    return 1;
}

static void inputs(lua_State *L, const char *key, const gal_sky_input *in, size_t n)
{
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        gal_lua_push_named(L, in[i].name, in[i].unit, in[i].doc);
        if (isfinite(in[i].value))
            gal_lua_set_num(L, "value", in[i].value);
        GAL_LUA_SET(L, {"lo", in[i].lo}, {"hi", in[i].hi});
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, key);
}

/* laws() -> list of { name, doc, par, opt, tables } */
static int laws(lua_State *L)
{
    const gal_sky_law *const *l = gal_sky_laws();
    lua_newtable(L);
    for (int i = 0; l[i]; i++) {
        const gal_sky_input *in;
        const char *const *names;
        lua_newtable(L);
        gal_lua_set_text(L, "name", gal_sky_law_name(l[i]));
        gal_lua_set_text(L, "doc", gal_sky_law_doc(l[i]));
        gal_lua_set_text(L, "unit", gal_sky_law_unit(l[i]));
        gal_lua_set_flag(L, "joint", gal_sky_law_joint(l[i]));
        size_t n = gal_sky_law_parameters(l[i], &in);
        inputs(L, "par", in, n);
        n = gal_sky_law_options(l[i], &in);
        inputs(L, "opt", in, n);
        n = gal_sky_law_tables(l[i], &names);
        GAL_LUA_TEXTS(L, k, n, names[k]);
        lua_setfield(L, -2, "tables");
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* is_field(x) -> boolean */
static int is_field(lua_State *L)
{
    lua_pushboolean(L, gal_lua_test(L, 1, &field_class) != NULL);
    return 1;
}

/* inspect(path) -> { nside =, fields =, unit = { ... } } */
static int inspect(lua_State *L)
{
    gal_skymap_info info;
    gal_lua_checkstatus(L, gal_skymap_inspect(&info, gal_lua_checkstr(L, 1)));
    lua_newtable(L);
    GAL_LUA_SET(L, {"nside", (double)info.nside}, {"fields", info.nfield});
    gal_lua_set_flag(L, "synthetic", info.synthetic);
    GAL_LUA_TEXTS(L, i, info.nfield < GAL_SKYMAP_MAX ? info.nfield : GAL_SKYMAP_MAX, info.unit[i]);
    lua_setfield(L, -2, "unit");
    return 1;
}

/* h5_list(path, group) -> names of its children */
static int h5_list(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1), *group = gal_lua_checkstr(L, 2);
    gal_h5 *f;
    char **names = NULL;
    size_t n = 0;
    gal_lua_checkstatus(L, gal_h5_open(&f, path));
    gal_status st = gal_h5_list(f, group, &names, &n);
    gal_h5_close(f);
    gal_lua_checkstatus(L, st);
    GAL_LUA_TEXTS(L, i, n, names[i]);
    gal_h5_free_strings(names, n);
    return 1;
}

void gal_luaopen_sky(lua_State *L);
void gal_luaopen_sky(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"number", number, "number(x) -> field\nInternal: the same value everywhere."},
        {"map", map, "map(m, component[, scale]) -> field\nInternal: a component of a map."},
        {"vec", of_vec, "vec(v[, scale]) -> field\nInternal: values of all pixels."},
        {"file", file, "file(path, column, nside, scale, stream) -> field\nInternal: a column of a FITS map."},
        {"formula", formula, "formula(name, fields[, coefficients]) -> field\nInternal: computed as it is read."},
        {"dipole", dipole, "dipole{ nside =, kind =, amplitude =, T =, lon =, lat = } -> field\nInternal: the dipole."},
        {"part", part, "part(definition) -> part\nInternal: an emission law over fields."},
        {"sources", sources, "sources(definition) -> part\nInternal: point sources."},
        {"is_field", is_field, "is_field(x) -> boolean\nInternal: is it a field?"},
        {"inspect", inspect, "inspect(path) -> table\nInternal: what a FITS map holds."},
        {"h5_list", h5_list, "h5_list(path, group) -> list\nInternal: children of a group."},
        {"laws", laws, "laws() -> list\nInternal: the emission laws and what they take."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &field_class);
    gal_lua_class_register(L, &gal_lua_part_class);
    gal_lua_module(L, "sky_core", rows, "What sky{...} is made of: see sky.");
    gal_lua_sky_open_plan(L);
    gal_lua_sky_open_make(L);
    gal_lua_sky_open_custom(L);
}
