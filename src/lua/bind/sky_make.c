/* Lua: maps that are made, not read (galua/skysim.h). */
#include "galua/skysim.h"
#include "io/fits.h"
#include "lua/bind/l_sky.h"

#include <math.h>
#include <string.h>

static gal_skymap *push_map(lua_State *L, int64_t nside, int ncomp, bool single, const char *unit)
{
    gal_skymap *m;
    if (gal_skymap_create(&m, nside, GAL_RING, ncomp, single, NULL, 0) != GAL_OK)
        gal_lua_fail(L);
    m->coord = GAL_GALACTIC;
    gal_skymap_set_unit(m, unit);
    gal_lua_push(L, &gal_lua_skymap, m);
    return m;
}

/* new_map(nside, ncomp, single, unit) */
static int new_map(lua_State *L)
{
    push_map(L, (int64_t)gal_lua_checknum(L, 1), gal_lua_checkint(L, 2, 1, GAL_SKYMAP_MAX), lua_toboolean(L, 3),
             gal_lua_checkstr(L, 4));
    return 1;
}

/* synthetic(what, nside, seed) -> map, single precision */
static int synthetic(lua_State *L)
{
    const char *what = gal_lua_checkstr(L, 1);
    size_t n = strlen(what);
    bool iqu = n > 4 && strcmp(what + n - 4, "_IQU") == 0;
    char unit[24];
    gal_skymap *m = push_map(L, (int64_t)gal_lua_checknum(L, 2), iqu ? 3 : 1, true, "");
    gal_lua_checkstatus(L,
                        gal_synthetic(what, m->nside, (uint64_t)gal_lua_checknum(L, 3), (float *const *)m->data, unit));
    gal_skymap_set_unit(m, unit);
    m->synthetic = true;
    return 1;
}

/* lensed{ nside =, seed =, tt =, ee =, bb =, te =, pp =, pt =, pe =, rotate = }: C_l from l = 0 -> map [uK_CMB] */
static int lensed(lua_State *L)
{
    gal_lua_opts o;
    static const char *const names[] = {"tt", "ee", "bb", "te", "pp", "pt", "pe"};
    const double *cl[7];
    size_t n[7];
    gal_lua_opts_begin(L, &o, 1, "lensed");
    gal_lensing_args a = {.nside = (int64_t)gal_lua_req_num(&o, "nside"),
                          .seed = (uint32_t)gal_lua_req_num(&o, "seed")};
    a.rotate = gal_lua_opt_bool(&o, "rotate", false);
    for (int i = 0; i < 7; i++) {
        cl[i] = gal_lua_opt_vec(&o, names[i], &n[i]);
        if (!cl[i] || n[i] < 3 || n[i] != n[0])
            return gal_lua_error(L, GAL_EINVAL, "lensed: the spectrum %s is missing or of another length", names[i]);
    }
    gal_lua_opts_end(&o);
    a.lmax = (int)n[0] - 1;
    a.tt = cl[0], a.ee = cl[1], a.bb = cl[2], a.te = cl[3], a.pp = cl[4], a.pt = cl[5], a.pe = cl[6];
    gal_skymap *m = push_map(L, a.nside, 3, false, "uK_CMB");
    gal_lua_checkstatus(L, gal_lensed_cmb(&a, (double *const[3]){m->data[0], m->data[1], m->data[2]}));
    return 1;
}

static const double *map_data(lua_State *L, gal_lua_opts *o, const char *name, int64_t npix)
{
    const gal_skymap *m = gal_lua_opt_obj(o, name, &gal_lua_skymap);
    if (m && (m->single || m->pixels || m->npix != npix))
        gal_lua_error(L, GAL_EINVAL, "realise: %s must be a whole map of %lld pixels in double precision", name,
                      (long long)npix);
    return m ? m->data[0] : NULL;
}

/* realise{ nside =, seed =, lmax =, cut =, tt =, ee =, bb =, te =, modulation_T = map, modulation_P = map, large = alm, unit = } -> map */
static int realise(lua_State *L)
{
    gal_lua_opts o;
    static const char *const names[] = {"tt", "ee", "bb", "te"};
    const double *cl[4];
    size_t n[4];
    gal_lua_opts_begin(L, &o, 1, "realise");
    gal_realise_args a = {.nside = (int64_t)gal_lua_req_num(&o, "nside"),
                          .seed = (uint32_t)gal_lua_req_num(&o, "seed")};
    a.lmax = gal_lua_opt_int(&o, "lmax", 0, 1, GAL_ALM_LMAX);
    a.cut = gal_lua_opt_int(&o, "cut", a.lmax, 1, GAL_ALM_LMAX);
    a.modulation[0] = map_data(L, &o, "modulation_T", gal_healpix_npix(a.nside));
    a.modulation[1] = map_data(L, &o, "modulation_P", gal_healpix_npix(a.nside));
    a.large = gal_lua_opt_obj(&o, "large", &gal_lua_alm);
    const char *unit = gal_lua_opt_str(&o, "unit", "");
    for (int i = 0; i < 4; i++) {
        cl[i] = gal_lua_opt_vec(&o, names[i], &n[i]);
        if (cl[i] && n[i] != n[0])
            return gal_lua_error(L, GAL_EINVAL, "realise: the spectrum %s is of another length", names[i]);
    }
    gal_lua_opts_end(&o);
    a.ncl = (int)n[0];
    a.tt = cl[0], a.ee = cl[1], a.bb = cl[2], a.te = cl[3];
    gal_skymap *m = push_map(L, a.nside, cl[1] ? 3 : 1, false, unit);
    gal_lua_checkstatus(L, gal_realise(&a, (double *const[3]){m->data[0], m->data[1], m->data[2]}));
    return 1;
}

/* radiation_field(seed, nside, t_mean, t_std, beta_mean, beta_std) -> map: maps of one nside, double */
static int radiation_field(lua_State *L)
{
    const gal_skymap *m[4];
    gal_skymap *graded;
    uint32_t seed = (uint32_t)gal_lua_checknum(L, 1);
    int64_t nside = (int64_t)gal_lua_checknum(L, 2);
    for (int i = 0; i < 4; i++) {
        m[i] = gal_lua_check(L, 3 + i, &gal_lua_skymap);
        if (m[i]->single || m[i]->nside != m[0]->nside || m[i]->pixels || m[i]->order != GAL_RING)
            return gal_lua_error(L, GAL_EINVAL,
                                 "radiation field: whole RING maps of one nside in double precision are needed");
    }
    gal_skymap *u = push_map(L, m[0]->nside, 1, false, "");
    gal_lua_checkstatus(L, gal_radiation_field((size_t)u->npix, seed, m[0]->data[0], m[1]->data[0], m[2]->data[0],
                                               m[3]->data[0], u->data[0]));
    if (nside == u->nside)
        return 1;
    gal_lua_checkstatus(L, gal_skymap_ud_grade(&graded, u, nside, 0));
    gal_lua_push(L, &gal_lua_skymap, graded);
    return 1;
}

/* column(path, column, nside) -> map, double */
static int column(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    int c = gal_lua_checkint(L, 2, 1, 1000) - 1;
    int64_t nside = (int64_t)gal_lua_checknum(L, 3);
    gal_skymap *m, *n;
    gal_lua_checkstatus(L, gal_lua_sky_load(&m, path, c, nside));
    if (m->single) {
        gal_status st = gal_skymap_copy(&n, m, false);
        gal_skymap_free(m);
        gal_lua_checkstatus(L, st);
        m = n;
    }
    gal_lua_push(L, &gal_lua_skymap, m);
    return 1;
}

/* double(map) -> map in double precision */
static int to_double(lua_State *L)
{
    gal_skymap *m;
    gal_lua_checkstatus(L, gal_skymap_copy(&m, gal_lua_check(L, 1, &gal_lua_skymap), false));
    gal_lua_push(L, &gal_lua_skymap, m);
    return 1;
}

/* plane(path, column, mask column, nside) -> map of column (1 - mask) */
static int plane(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    int c = gal_lua_checkint(L, 2, 1, 1000) - 1, mask = gal_lua_checkint(L, 3, 1, 1000) - 1;
    int64_t nside = (int64_t)gal_lua_checknum(L, 4);
    gal_skymap_info info;
    gal_skymap *m[2] = {NULL, NULL}, *out = NULL;
    gal_status st = gal_skymap_inspect(&info, path);
    for (int i = 0; i < 2 && st == GAL_OK; i++)
        st = gal_lua_sky_load(&m[i], path, i ? mask : c, info.nside);
    for (int64_t k = 0; st == GAL_OK && k < m[0]->npix; k++)
        gal_skymap_set(m[0], 0, k, gal_skymap_get(m[0], 0, k) * (1 - gal_skymap_get(m[1], 0, k)));
    if (st == GAL_OK)
        st = gal_skymap_ud_grade(&out, m[0], nside, 0);
    gal_skymap_free(m[0]);
    gal_skymap_free(m[1]);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_skymap, out);
    return 1;
}

/* header(path, key) -> text of the first table's header, or nil */
static int header(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1), *key = gal_lua_checkstr(L, 2);
    gal_fits *f = NULL;
    char text[80] = "";
    gal_status st = gal_fits_open(&f, path);
    if (st == GAL_OK)
        st = gal_fits_select_number(f, 2);
    bool has = st == GAL_OK && gal_fits_has_key(f, key);
    if (has)
        st = gal_fits_key_string(f, key, text, sizeof text);
    if (f)
        gal_fits_abandon(f);
    gal_lua_checkstatus(L, st);
    if (has)
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
    return 1;
}

/* spectra(path) -> list of vecs: the columns of C_l in a FITS table */
static int spectra(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    gal_fits *f = NULL;
    size_t rows = 0, cols = 0;
    gal_status st = gal_fits_open(&f, path);
    if (st == GAL_OK)
        st = gal_fits_select_number(f, 2);
    if (st == GAL_OK)
        st = gal_fits_table_shape(f, &rows, &cols);
    double *x = st == GAL_OK ? GAL_NEWN(double, rows *cols + 1) : NULL;
    for (size_t i = 0; x && st == GAL_OK && i < cols; i++)
        st = gal_fits_read_real(f, i, rows, x + i * rows);
    if (f)
        gal_fits_abandon(f);
    if (st != GAL_OK || !x) {
        gal_free(x);
        return gal_lua_fail(L);
    }
    lua_newtable(L);
    for (size_t i = 0; i < cols; i++) {
        gal_lua_pushvec_copy(L, x + i * rows, rows);
        lua_rawseti(L, -2, (int)i + 1);
    }
    gal_free(x);
    return 1;
}

/* alm(path) -> alm, all of it */
static int read_alm(lua_State *L)
{
    gal_alm *a;
    gal_lua_checkstatus(L, gal_alm_read(&a, gal_lua_checkstr(L, 1), -1));
    gal_lua_push(L, &gal_lua_alm, a);
    return 1;
}

/* alm_map(path, nside) -> map of one scalar, double */
static int alm_map(lua_State *L)
{
    gal_alm *a;
    const char *path = gal_lua_checkstr(L, 1);
    int64_t nside = (int64_t)gal_lua_checknum(L, 2);
    gal_lua_checkstatus(L, gal_alm_read(&a, path, -1));
    if (a->ncomp != 1) {
        int n = a->ncomp;
        gal_alm_free(a);
        return gal_lua_error(L, GAL_EFORMAT, "%s: %d sets of coefficients, one is expected", path, n);
    }
    gal_skymap *m = push_map(L, nside, 1, false, "");
    gal_status st = gal_alm2map(a, m);
    gal_alm_free(a);
    gal_lua_checkstatus(L, st);
    return 1;
}

/* synthetic_catalogue(n, seed) -> { theta =, phi =, flux =, polflux = } */
static int synthetic_catalogue(lua_State *L)
{
    size_t n = (size_t)gal_lua_checkint(L, 1, 1, 10000000);
    uint64_t seed = (uint64_t)gal_lua_checknum(L, 2);
    lua_newtable(L);
    double *theta = gal_lua_pushvec(L, n);
    lua_setfield(L, -2, "theta");
    double *phi = gal_lua_pushvec(L, n);
    lua_setfield(L, -2, "phi");
    double *flux = gal_lua_pushmat(L, 3, n);
    lua_setfield(L, -2, "flux");
    double *pol = gal_lua_pushmat(L, 3, n);
    lua_setfield(L, -2, "polflux");
    gal_lua_checkstatus(L, gal_synthetic_sources(n, seed, theta, phi, flux, pol));
    return 1;
}

/* catalogue(path) -> { theta =, phi =, flux =, polflux = } */
static int catalogue(lua_State *L)
{
    gal_catalogue c;
    gal_lua_checkstatus(L, gal_catalogue_read(&c, gal_lua_checkstr(L, 1)));
    lua_newtable(L);
    gal_lua_pushvec_copy(L, c.theta, c.n);
    lua_setfield(L, -2, "theta");
    gal_lua_pushvec_copy(L, c.phi, c.n);
    lua_setfield(L, -2, "phi");
    memcpy(gal_lua_pushmat(L, c.ncoef, c.n), c.flux, c.ncoef * c.n * sizeof(double));
    lua_setfield(L, -2, "flux");
    if (c.polflux) {
        memcpy(gal_lua_pushmat(L, c.ncoef, c.n), c.polflux, c.ncoef * c.n * sizeof(double));
        lua_setfield(L, -2, "polflux");
    }
    gal_catalogue_free(&c);
    return 1;
}

void gal_lua_sky_open_make(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"new_map", new_map,
         "new_map(nside, components, single, unit) -> map\nInternal: a map of zeros, RING, Galactic."},
        {"synthetic", synthetic, "synthetic(what, nside, seed) -> map\nInternal: a template of the synthetic sky."},
        {"lensed", lensed, "lensed(definition) -> map\nInternal: the lensed microwave background."},
        {"realise", realise, "realise(definition) -> map\nInternal: small scales with modulation plus large scales."},
        {"column", column,
         "column(path, column, nside) -> map\nInternal: a column of a FITS map in double precision, at a nside."},
        {"double", to_double, "double(map) -> map\nInternal: in double precision."},
        {"plane", plane, "plane(path, column, mask, nside) -> map\nInternal: what replaces the Galactic plane."},
        {"header", header, "header(path, key) -> text\nInternal: a keyword of a FITS map."},
        {"spectra", spectra, "spectra(path) -> list\nInternal: C_l of a FITS table."},
        {"alm", read_alm, "alm(path) -> alm\nInternal: coefficients of a file."},
        {"alm_map", alm_map, "alm_map(path, nside) -> map\nInternal: a scalar from coefficients of a file."},
        {"catalogue", catalogue, "catalogue(path) -> table\nInternal: point sources of an HDF5 file."},
        {"synthetic_catalogue", synthetic_catalogue,
         "synthetic_catalogue(n, seed) -> table\nInternal: sources of the synthetic sky."},
        {"radiation_field", radiation_field, "radiation_field(seed, ...) -> map\nInternal: log10 U of grains, drawn."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "sky_core", rows, NULL);
}
