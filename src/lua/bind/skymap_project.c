/* Lua: skymap:project, the data behind plots of maps. */
#include "galua/skyproject.h"
#include "lua/bind/l_sky_maps.h"

#include <math.h>
#include <string.h>

typedef struct view {
    gal_projection p;
    double frame[9];
    const double *turn; /* frame, or NULL */
    int nx, ny;
} view;

static void options(lua_State *L, gal_lua_opts *o, const gal_skymap *m, view *v)
{
    static const char *const kinds[] = {"mollweide", "gnomonic", "orthographic", "cartesian"};
    const double rad = M_PI / 180, *x;
    size_t n;
    gal_projection_kind kind = (gal_projection_kind)gal_lua_opt_choice(o, "projection", kinds, 4, GAL_MOLLWEIDE);
    double centre[3] = {0, 0, 0}, extent[2] = {0, 0};
    if ((x = gal_lua_opt_vec(o, "centre", &n))) {
        if (n < 2 || n > 3)
            gal_lua_error(L, GAL_EINVAL, "skymap:plot: centre is {lon, lat} or {lon, lat, psi} [deg], got %d numbers",
                          (int)n);
        memcpy(centre, x, n * sizeof *x);
    }
    if ((x = gal_lua_opt_vec(o, "extent", &n))) {
        if (n != 2 || !(x[0] > 0 && x[1] > 0))
            gal_lua_error(L, GAL_EINVAL, "skymap:plot: extent is {width, height} [deg]");
        memcpy(extent, x, sizeof extent);
    }
    v->nx = gal_lua_opt_int(o, "nx", 800, 2, 20000);
    const char *coord = gal_lua_opt_str(o, "coord", NULL);
    v->turn = NULL;
    if (coord) {
        if (gal_coord_matrix(m->coord, gal_lua_coord(L, coord), v->frame) != GAL_OK)
            gal_lua_fail(L);
        v->turn = v->frame;
    }
    if (gal_projection_make(&v->p, kind, centre[0] * rad, centre[1] * rad, centre[2] * rad, extent[0] * rad,
                            extent[1] * rad) != GAL_OK)
        gal_lua_fail(L);
    v->ny = (int)fmax(2, floor(v->nx * v->p.half_y / v->p.half_x + 0.5));
}

/* Meridians and parallels as one broken line: x and y with NaN between the pieces. */
static void push_graticule(lua_State *L, const gal_projection *p, double step)
{
    enum { POINTS = 361 };
    int meridians = (int)floor(360 / step + 0.5), parallels = (int)floor(179.999 / step), n = 0;
    size_t room = (size_t)(meridians + parallels) * (POINTS + 1) * 2;
    double *x = gal_lua_pushvec(L, room), *y = gal_lua_pushvec(L, room);
    for (int k = 0; k < meridians + parallels; k++) {
        double px = NAN, py = NAN;
        for (int i = 0; i < POINTS; i++) {
            double a = (k < meridians ? -90 + i * 0.5 : i - 180.) * M_PI / 180;
            double b = (k < meridians ? k * step : (k - meridians + 1) * step - 90) * M_PI / 180;
            double lon = k < meridians ? b : a, lat = k < meridians ? a : b, u, w;
            const double v[3] = {cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)};
            if (!gal_projection_forward(p, v, &u, &w) || fabs(u) > 1.0001 * p->half_x || fabs(w) > 1.0001 * p->half_y)
                u = w = NAN;
            if (fabs(u - px) > 0.5 * p->half_x || fabs(w - py) > 0.5 * p->half_y) {
                x[n] = y[n] = NAN;
                n++;
            }
            x[n] = px = u;
            y[n++] = py = w;
        }
        x[n] = y[n] = NAN;
        n++;
    }
    while ((size_t)n < room) {
        x[n] = y[n] = NAN;
        n++;
    }
    lua_setfield(L, -3, "graticule_y");
    lua_setfield(L, -2, "graticule_x");
}

/* m:project(options) -> { nx, ny, half_x, half_y, images = { vec, ... }, graticule_x, graticule_y, lines } */
int gal_lua_skymap_project(lua_State *L)
{
    const gal_skymap *m = gal_lua_check(L, 1, &gal_lua_skymap);
    view v;
    gal_lua_opts o;
    size_t n = 0;
    int comp[GAL_SKYMAP_MAX] = {0};
    gal_lua_opts_begin(L, &o, 2, "skymap:project");
    const double *list = gal_lua_opt_vec(&o, "components", &n);
    for (size_t k = 0; list && k < n; k++) {
        if (k >= GAL_SKYMAP_MAX || !(list[k] >= 1 && list[k] <= m->ncomp))
            return gal_lua_error(L, GAL_EINVAL, "skymap:project: component %g: the map has %d", list[k], m->ncomp);
        comp[k] = (int)list[k] - 1;
    }
    double step = gal_lua_opt_range(&o, "graticule", 0, 0, 180), full = gal_lua_opt_range(&o, "full", 0, 0, INFINITY);
    if (step > 0 && step < 0.01)
        return gal_lua_error(L, GAL_EINVAL, "skymap:project: graticule = %g: expected 0.01 to 180 [deg]", step);
    int lines = gal_lua_opt_int(&o, "lines", 0, 0, 1000);
    bool field = gal_lua_opt_bool(&o, "field", false);
    options(L, &o, m, &v);
    gal_lua_opts_end(&o);
    lua_newtable(L);
    GAL_LUA_SET(L, {"nx", v.nx}, {"ny", v.ny}, {"half_x", v.p.half_x}, {"half_y", v.p.half_y});
    lua_newtable(L);
    for (size_t k = 0; k < (list ? n : 1); k++) {
        double *image = gal_lua_pushvec(L, (size_t)v.nx * (size_t)v.ny);
        gal_project(&v.p, m, comp[k], v.turn, v.nx, v.ny, image);
        lua_rawseti(L, -2, (int)k + 1);
    }
    lua_setfield(L, -2, "images");
    if (step > 0)
        push_graticule(L, &v.p, step);
    if (lines > 0) {
        if (!m->iqu)
            return gal_lua_error(L, GAL_EINVAL, "skymap:plot: lines of polarisation need a map of I, Q, U");
        int rows = (int)fmax(1, floor(lines * v.p.half_y / v.p.half_x + 0.5));
        double(*l)[5] = (void *)gal_lua_scratch(L, 5 * (size_t)lines * (size_t)rows);
        int got = gal_project_polarisation(&v.p, m, v.turn, lines, rows, 1.8 * v.p.half_x / lines, full > 0 ? full : 1,
                                           field, l);
        double *out = gal_lua_pushmat(L, (size_t)(got > 0 ? got : 1), 5);
        memcpy(out, l, 5 * (size_t)got * sizeof(double));
        lua_setfield(L, -3, "lines");
        lua_pop(L, 1);
        gal_lua_set_num(L, "nlines", got);
    }
    return 1;
}
