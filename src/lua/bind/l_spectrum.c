/* Lua: spectra. What the C side offers to lua/galua/spectrum/, which gives galaxies, observations and fits their methods. */
#include "galua/fit.h"
#include "galua/spectrum.h"
#include "lua/bind/l_classes.h"
#include "num/gauss.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ air and vacuum */
static int convert(lua_State *L, double (*f)(gal_air, double))
{
    gal_air a = GAL_AIR_CIDDOR;
    if (!lua_isnoneornil(L, 2))
        gal_lua_checkstatus(L, gal_air_parse(&a, gal_lua_checkstr(L, 2)));
    if (lua_type(L, 1) == LUA_TNUMBER)
        return lua_pushnumber(L, f(a, lua_tonumber(L, 1))), 1;
    size_t n;
    const double *x = gal_lua_checkvec(L, 1, &n);
    double *y = gal_lua_pushvec(L, n);
    for (size_t i = 0; i < n; i++)
        y[i] = f(a, x[i]);
    return 1;
}

static int air_to_vac(lua_State *L)
{
    return convert(L, gal_air_to_vac);
}

static int vac_to_air(lua_State *L)
{
    return convert(L, gal_vac_to_air);
}

/* ------------------------------------------------------------------ indices */
static int indices(lua_State *L)
{
    size_t n;
    const gal_index *l = gal_indices(&n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        gal_lua_push_named(L, l[i].name, l[i].unit, l[i].doc);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static const double *pair(lua_State *L, const double **flux, size_t *n)
{
    size_t m;
    const double *wave = gal_lua_checkvec(L, 2, n);
    *flux = gal_lua_checkvec(L, 3, &m);
    if (m != *n || m < 2)
        gal_lua_error(L, GAL_EINVAL, "spectrum: %d wavelengths but %d fluxes", (int)*n, (int)m);
    for (size_t i = 1; i < m; i++)
        if (!(wave[i] > wave[i - 1]))
            gal_lua_error(L, GAL_EINVAL, "spectrum: wavelengths must ascend (value %d)", (int)i + 1);
    return wave;
}

/* measure(name, wave, flux) */
static int measure(lua_State *L)
{
    const gal_index *i;
    size_t n;
    const double *flux, *wave = pair(L, &flux, &n);
    gal_lua_checkstatus(L, gal_index_find(&i, gal_lua_checkstr(L, 1)));
    double v = gal_index_value(i, wave, flux, n), lo, hi;
    gal_index_range(i, &lo, &hi);
    if (isnan(v))
        return gal_lua_error(L, GAL_EDOMAIN, "index '%s' needs a positive spectrum over %.6g .. %.6g A (vacuum, rest)",
                             i->name, lo, hi);
    lua_pushnumber(L, v);
    return 1;
}

/* integral({lo, hi}, wave, flux) */
static int band_integral(lua_State *L)
{
    size_t n, two;
    const double *flux, *wave = pair(L, &flux, &n), *b = gal_lua_checkvec(L, 1, &two);
    double v = two == 2 ? gal_band_integral(wave, flux, n, b[0], b[1]) : NAN;
    if (isnan(v))
        return gal_lua_error(L, GAL_EDOMAIN, "spectrum.integral: the band must be {lo, hi} within the spectrum");
    lua_pushnumber(L, v);
    return 1;
}

/* An index by name, or of one's own: { name =, kind =, line = {lo, hi}, blue =, red =, air = }. Strings stay on the stack. */
static gal_index index_arg(lua_State *L, int idx)
{
    static const char *const kinds[] = {"width", "mag", "ew", "excess", "break"};
    const gal_index *known;
    gal_index i = {.unit = "", .doc = ""};
    if (lua_type(L, idx) == LUA_TSTRING) {
        if (gal_index_find(&known, gal_lua_checkstr(L, idx)) != GAL_OK)
            gal_lua_fail(L);
        return *known;
    }
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, idx, "index");
    i.name = gal_lua_opt_str(&o, "name", "of one's own");
    i.kind = (gal_index_kind)gal_lua_opt_choice(&o, "kind", kinds, 5, GAL_INDEX_WIDTH);
    i.air = gal_lua_opt_bool(&o, "air", false);
    static const char *const bands[] = {"line", "blue", "red"};
    double *const into[] = {i.band, i.blue, i.red};
    for (int k = i.kind == GAL_INDEX_BREAK; k < 3; k++) {
        size_t n;
        const double *b = gal_lua_opt_vec(&o, bands[k], &n);
        if (!b || n != 2)
            gal_lua_error(L, GAL_EINVAL, "index '%s': needs %s = {lo, hi} [A]", i.name, bands[k]);
        else
            memcpy(into[k], b, 2 * sizeof *b);
    }
    gal_lua_opts_end(&o);
    if (gal_index_check(&i) != GAL_OK)
        gal_lua_fail(L);
    if (gal_index_find(&known, i.name) == GAL_OK)
        gal_lua_error(L, GAL_EINVAL, "index '%s' has bands already: give one of your own another name", i.name);
    return i;
}

/* galaxy_index(galaxy, name | table, { sigma_v =, sigma_gas =, lick =, component = }) */
static int galaxy_index(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    const gal_index i = index_arg(L, 2);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "galaxy:index");
    const gal_kinematics k = {
        .sigma_v = gal_lua_opt_range(&o, "sigma_v", 0, 0, 5000),
        .sigma_gas = gal_lua_opt_given(&o, "sigma_gas") ? gal_lua_opt_range(&o, "sigma_gas", 0, 0, 5000) : NAN};
    bool lick = gal_lua_opt_bool(&o, "lick", false);
    const char *name = gal_lua_opt_str(&o, "component", "total");
    gal_lua_opts_end(&o);
    size_t comp;
    gal_meter *meter;
    double v;
    gal_lua_checkstatus(L, gal_galaxy_find_spectrum(m->g, name, &comp));
    gal_lua_galaxy_evaluate(L, m);
    gal_lua_checkstatus(L, gal_meter_create(&meter, m->g));
    gal_meter_begin(meter, m->ws, comp);
    gal_status st = gal_meter_index(meter, &i, &k, lick, &v);
    gal_meter_free(meter);
    gal_lua_checkstatus(L, st);
    lua_pushnumber(L, v);
    return 1;
}

/* line_flux(galaxy, name) -> erg/s/cm2 */
static int line_flux(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    size_t list[16], n;
    double v;
    gal_lua_checkstatus(L, gal_galaxy_find_lines(m->g, gal_lua_checkstr(L, 2), list, 16, &n));
    gal_lua_galaxy_evaluate(L, m);
    gal_lua_checkstatus(L, gal_galaxy_line_flux(m->g, m->ws, m->theta, list, n, &v));
    lua_pushnumber(L, v);
    return 1;
}

/* ------------------------------------------------------------------ instruments */
/* wave or edges, R (number or vec), fwhm, air from the options */
static gal_spec *instrument(gal_lua_opts *o, const char *fn)
{
    lua_State *L = o->L;
    static const char *const formula[] = {"ciddor", "morton"};
    gal_spec_opts so = {0};
    size_t n, m;
    so.wave = gal_lua_opt_vec(o, "wave", &n);
    if (so.wave)
        so.n = n;
    so.edges = gal_lua_opt_vec(o, "edges", &m);
    if (so.edges)
        so.n = m ? m - 1 : 0;
    if ((so.wave != NULL) == (so.edges != NULL))
        gal_lua_error(L, GAL_EINVAL, "%s: give the pixels by wave (centres) or by edges", fn);
    if (gal_lua_opt_push(o, "R")) {
        bool number = lua_type(L, -1) == LUA_TNUMBER;
        so.R = number ? lua_tonumber(L, -1) : 0;
        lua_pop(L, 1);
        if (!number && (so.res = gal_lua_opt_vec(o, "R", &m)) && m != so.n)
            gal_lua_error(L, GAL_EINVAL, "%s: R has %d numbers for %d pixels", fn, (int)m, (int)so.n);
        if (number && !(so.R > 0))
            gal_lua_error(L, GAL_EINVAL, "%s: R = %f must be positive (leave it out for no line spread)", fn, so.R);
    }
    if ((so.fwhm = gal_lua_opt_vec(o, "fwhm", &m)) && m != so.n)
        gal_lua_error(L, GAL_EINVAL, "%s: fwhm has %d numbers for %d pixels", fn, (int)m, (int)so.n);
    if (gal_lua_opt_push(o, "air")) { /* true, false, "ciddor", "morton" */
        so.air = lua_toboolean(L, -1);
        bool text = lua_type(L, -1) == LUA_TSTRING;
        lua_pop(L, 1);
        if (text)
            so.formula = (gal_air)gal_lua_opt_choice(o, "air", formula, 2, 0);
    }
    gal_spec *s;
    if (gal_spec_create(&s, &so) != GAL_OK) {
        gal_fail_prefix(gal_error_code(), "%s", fn);
        gal_lua_fail(L);
    }
    return s;
}

static void set_vec(lua_State *L, const char *key, const double *x, size_t n)
{
    gal_lua_pushvec_copy(L, x, n);
    lua_setfield(L, -2, key);
}

/* observe(galaxy, { wave | edges, R, fwhm, air, sigma_v, sigma_gas, shift, component, library }) -> table */
static int observe(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "galaxy:spectrum");
    gal_kinematics k = {.sigma_v = gal_lua_opt_range(&o, "sigma_v", 0, 0, 5000),
                        .sigma_gas =
                            gal_lua_opt_given(&o, "sigma_gas") ? gal_lua_opt_range(&o, "sigma_gas", 0, 0, 5000) : NAN,
                        .shift = gal_lua_opt_range(&o, "shift", 0, -3e4, 3e4)};
    double library = gal_lua_opt_num(&o, "library", 0);
    const char *name = gal_lua_opt_str(&o, "component", "total");
    size_t comp;
    gal_lua_checkstatus(L, gal_galaxy_find_spectrum(m->g, name, &comp));
    gal_lua_galaxy_evaluate(L, m);
    gal_spec *s = instrument(&o, "galaxy:spectrum");
    size_t n = gal_spec_n(s);
    gal_viewer *v = NULL;
    double *flux = GAL_NEWN(double, n);
    gal_status st = flux ? gal_viewer_create(&v, m->g, s, library) : GAL_ENOMEM;
    if (st == GAL_OK)
        st = gal_viewer_flux(v, m->ws, m->theta, comp, &k, flux);
    if (st == GAL_OK) {
        lua_createtable(L, 0, 6);
        set_vec(L, "wave", gal_spec_wave(s), n);
        set_vec(L, "lo", gal_spec_lo(s), n);
        set_vec(L, "hi", gal_spec_hi(s), n);
        set_vec(L, "flux", flux, n);
        gal_lua_set_num(L, "coarse", gal_viewer_coarse(v));
    }
    gal_viewer_free(v);
    gal_spec_unref(s);
    gal_free(flux);
    gal_lua_checkstatus(L, st);
    gal_lua_opts_end(&o);
    return 1;
}

/* ------------------------------------------------------------------ observations */
static void take_calibration(lua_State *L, gal_lua_opts *o, gal_calib *c)
{
    static const char *const kinds[] = {"legendre", "chebyshev"};
    if (!gal_lua_opt_push(o, "calibration"))
        return;
    int idx = lua_gettop(L);
    gal_lua_opts k;
    gal_lua_opts_begin(L, &k, idx, "spectrum: calibration");
    if (gal_calib_parse(&c->mode, gal_lua_opt_str(&k, "mode", "marginalised")) != GAL_OK)
        gal_lua_fail(L);
    c->poly = (gal_poly)gal_lua_opt_choice(&k, "kind", kinds, 2, GAL_POLY_CHEBYSHEV);
    c->order = gal_lua_opt_int(&k, "order", 3, 0, GAL_POLY_MAX);
    c->first = gal_lua_opt_int(&k, "first", 1, 0, c->order);
    size_t n = 0;
    const double *list = NULL;
    double one = 0.1;
    if (gal_lua_opt_push(&k, "sd")) {
        if (lua_type(L, -1) == LUA_TNUMBER) {
            one = lua_tonumber(L, -1);
            lua_pop(L, 1);
        } else {
            lua_pop(L, 1);
            list = gal_lua_opt_vec(&k, "sd", &n);
        }
    }
    if (list && n != (size_t)(c->order - c->first + 1))
        gal_lua_error(L, GAL_EINVAL, "spectrum: calibration: sd has %d numbers, orders %d .. %d need %d", (int)n,
                      c->first, c->order, c->order - c->first + 1);
    for (int i = c->first; i <= c->order; i++) {
        c->sd[i] = list ? list[i - c->first] : one;
        if (!(c->sd[i] > 0))
            gal_lua_error(L, GAL_EINVAL, "spectrum: calibration: sd = %f must be positive", c->sd[i]);
    }
    gal_lua_opts_end(&k);
}

/* what the options say of the pixels and lines: read before anything is allocated, for reading may raise an error */
typedef struct given {
    const char *unit, *mask_column;
    gal_spectrum_opts file;
    const double *flux, *err, *ivar, *mask, *line_wave, *line_sd;
    size_t nflux, nerr, nmask, nline, nsd;
} given;

static given read_given(gal_lua_opts *o)
{
    given g = {.unit = gal_lua_opt_str(o, "unit", "mJy")};
    g.flux = gal_lua_opt_vec(o, "flux", &g.nflux);
    g.err = gal_lua_opt_vec(o, "err", &g.nerr);
    if (!g.err)
        g.ivar = gal_lua_opt_vec(o, "ivar", &g.nerr);
    if (gal_lua_opt_push(o, "mask")) {
        bool name = lua_type(o->L, -1) == LUA_TSTRING;
        lua_pop(o->L, 1);
        if (name)
            g.mask_column = gal_lua_opt_str(o, "mask", NULL);
        else
            g.mask = gal_lua_opt_vec(o, "mask", &g.nmask);
    }
    g.line_wave = gal_lua_opt_vec(o, "line_wave", &g.nline);
    g.line_sd = gal_lua_opt_vec(o, "line_sd", &g.nsd);
    return g;
}

/* flux and err in mJy; masked where asked, err from ivar */
static gal_status make_spectrum(const given *g, gal_spec *spec, gal_spectrum **out)
{
    size_t n = gal_spec_n(spec);
    gal_status st = GAL_OK;
    if (!g->flux || g->nflux != n || !(g->err || g->ivar) || g->nerr != n || (g->mask && g->nmask != n))
        return gal_fail(GAL_EINVAL,
                        "spectrum: flux, err (or ivar) and mask must have one number for each of %zu pixels", n);
    double *y = GAL_NEWN(double, 3 * n);
    if (!y)
        return GAL_ENOMEM;
    double *e = y + n, *b = e + n;
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        double k = 1;
        st = gal_spectrum_unit(g->unit, gal_spec_lo(spec)[i], gal_spec_hi(spec)[i], &k);
        y[i] = g->flux[i] * k;
        e[i] = (g->err ? g->err[i] : 1 / sqrt(g->ivar[i])) * k;
        b[i] = (g->mask && g->mask[i] != 0) || (g->ivar && g->ivar[i] == 0);
    }
    if (st == GAL_OK)
        st = gal_spectrum_create(out, spec, y, e, b);
    gal_free(y);
    return st;
}

static gal_status add_mask(gal_spectrum *s, const given *g, const char *file)
{
    if (g->nmask != s->n)
        return gal_fail(GAL_EINVAL, "spectrum: mask has %zu numbers for the %zu pixels of '%s'", g->nmask, s->n, file);
    for (size_t i = 0; i < s->n; i++)
        if (s->used[i] && g->mask[i] != 0) {
            s->used[i] = 0;
            s->nused--;
        }
    return s->nused ? GAL_OK : gal_fail(GAL_EINVAL, "spectrum: all %zu pixels of '%s' are masked", s->n, file);
}

/* attach(observation, { wave | edges | file, flux, err, ... }): used by observation:spectrum{} */
static int attach(lua_State *L)
{
    gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "spectrum");
    gal_calib c = {0};
    gal_spectrum *s = NULL;
    gal_spec *spec = NULL;
    gal_status st;
    const char *file = gal_lua_opt_str(&o, "file", NULL), *name = gal_lua_opt_str(&o, "name", "");
    double library = gal_lua_opt_num(&o, "library", 0);
    size_t nraw;
    const double *raw = gal_lua_opt_vec(&o, "raw", &nraw);
    double raw_r = gal_lua_opt_num(&o, "raw_R", 0);
    take_calibration(L, &o, &c);
    given g = read_given(&o);
    if (file) {
        double missing[GAL_LUA_MISSING];
        gal_spectrum_opts so = gal_lua_spectrum_opts(&o);
        so.nmissing = gal_lua_opt_missing(&o, missing);
        so.missing = missing;
        so.mask = g.mask_column;
        if (g.flux || g.err || g.ivar || gal_lua_opt_given(&o, "wave") || gal_lua_opt_given(&o, "edges"))
            gal_lua_error(L, GAL_EINVAL,
                          "spectrum: the pixels are those of file '%s': leave out wave, edges, flux, err, ivar", file);
        st = gal_spectrum_read(&s, file, &so);
        if (st == GAL_OK && g.mask)
            st = add_mask(s, &g, file);
    } else {
        if (g.mask_column)
            gal_lua_error(L, GAL_EINVAL,
                          "spectrum: mask = '%s' names a column of a file, and there is no file: give one number for "
                          "each pixel, 1 or true where it is not used",
                          g.mask_column);
        if (raw)
            gal_lua_checkstatus(L, gal_spec_restore(&spec, nraw / 5, raw, raw_r));
        else
            spec = instrument(&o, "spectrum");
        st = make_spectrum(&g, spec, &s);
        gal_spec_unref(spec);
    }
    if (st == GAL_OK && g.line_wave)
        st = g.nsd == g.nline ? gal_spectrum_set_lines(s, g.nline, g.line_wave, g.line_sd)
                              : gal_fail(GAL_EINVAL, "spectrum: %zu lines but %zu standard deviations", g.nline, g.nsd);
    if (st == GAL_OK)
        st = gal_spectrum_set_name(s, name);
    if (st != GAL_OK || !s) {
        gal_spectrum_free(s);
        return gal_lua_fail(L);
    }
    s->calib = c;
    s->library_r = library;
    gal_lua_checkstatus(L, gal_obs_set_spectrum(obs, s));
    gal_lua_opts_end(&o);
    lua_settop(L, 1);
    return 1;
}

/* data(observation[, number]) -> table or nil; the numbers rebuild the spectrum exactly */
static int data(lua_State *L)
{
    const gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    size_t which = lua_isnoneornil(L, 2) ? 0 : (size_t)gal_lua_checknum(L, 2) - 1;
    if (which >= obs->nspectrum)
        return 0;
    const gal_spectrum *s = obs->spectrum[which];
    lua_createtable(L, 0, 20);
    gal_lua_set_text(L, "name", s->name);
    set_vec(L, "wave", gal_spec_wave(s->spec), s->n);
    set_vec(L, "lo", gal_spec_lo(s->spec), s->n);
    set_vec(L, "hi", gal_spec_hi(s->spec), s->n);
    set_vec(L, "flux", s->flux, s->n);
    set_vec(L, "err", s->err, s->n);
    double *m = gal_lua_pushvec(L, s->n);
    for (size_t i = 0; i < s->n; i++)
        m[i] = !s->used[i];
    lua_setfield(L, -2, "mask");
    m = gal_lua_pushvec(L, s->n);
    for (size_t i = 0; i < s->n; i++)
        m[i] = gal_spec_sigma(s->spec, 0.5 * (gal_spec_lo(s->spec)[i] + gal_spec_hi(s->spec)[i])) * FWHM_OF_SIGMA;
    lua_setfield(L, -2, "fwhm");
    set_vec(L, "line_wave", s->line_wave, s->nline);
    set_vec(L, "line_sd", s->line_sd, s->nline);
    double R;
    const double *raw = gal_spec_block(s->spec, &R);
    set_vec(L, "raw", raw, 5 * s->n);
    gal_lua_set_num(L, "raw_R", R);
    gal_lua_set_num(L, "nused", (double)s->nused);
    gal_lua_set_num(L, "library", s->library_r);
    lua_createtable(L, 0, 5);
    gal_lua_set_text(L, "mode", gal_calib_name(s->calib.mode));
    gal_lua_set_text(L, "kind", s->calib.poly == GAL_POLY_LEGENDRE ? "legendre" : "chebyshev");
    gal_lua_set_num(L, "first", s->calib.first);
    gal_lua_set_num(L, "order", s->calib.order);
    set_vec(L, "sd", s->calib.sd + s->calib.first, (size_t)(s->calib.order - s->calib.first + 1));
    lua_setfield(L, -2, "calibration");
    return 1;
}

/* add_index(observation, name | table, value, err, lick) */
static int add_index(lua_State *L)
{
    gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    const gal_index i = index_arg(L, 2);
    gal_lua_checkstatus(
        L, gal_obs_add_index(obs, &i, gal_lua_checknum(L, 3), gal_lua_checknum(L, 4), lua_toboolean(L, 5)));
    lua_settop(L, 1);
    return 1;
}

/* add_line(observation, name, value, err, limit) */
static int add_line(lua_State *L)
{
    gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    gal_lua_checkstatus(L, gal_obs_add_line(obs, gal_lua_checkstr(L, 2), gal_lua_checknum(L, 3), gal_lua_checknum(L, 4),
                                            lua_toboolean(L, 5)));
    lua_settop(L, 1);
    return 1;
}

static void set_pair(lua_State *L, const char *key, const double b[2])
{
    lua_createtable(L, 2, 0);
    for (int k = 0; k < 2; k++) {
        lua_pushnumber(L, b[k]);
        lua_rawseti(L, -2, k + 1);
    }
    lua_setfield(L, -2, key);
}

/* index_data(observation): name, value, err, lick; those of one's own with kind, line, blue, red, air */
static int index_data(lua_State *L)
{
    static const char *const kinds[] = {"width", "mag", "ew", "excess", "break"};
    const gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    lua_createtable(L, (int)obs->nindex, 0);
    for (size_t i = 0; i < obs->nindex; i++) {
        const gal_index_datum *d = &obs->index[i];
        const gal_index *known;
        lua_createtable(L, 0, 10);
        gal_lua_set_text(L, "name", d->name);
        gal_lua_set_num(L, "value", d->value);
        gal_lua_set_num(L, "err", d->err);
        gal_lua_set_flag(L, "lick", d->lick);
        if (gal_index_find(&known, d->name) != GAL_OK) {
            gal_lua_set_text(L, "kind", kinds[d->index.kind]);
            gal_lua_set_flag(L, "air", d->index.air);
            set_pair(L, "blue", d->index.blue);
            set_pair(L, "red", d->index.red);
            if (d->index.kind != GAL_INDEX_BREAK)
                set_pair(L, "line", d->index.band);
        }
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int line_data(lua_State *L)
{
    const gal_obs *obs = gal_lua_check(L, 1, &gal_lua_obs);
    lua_createtable(L, (int)obs->nline, 0);
    for (size_t i = 0; i < obs->nline; i++) {
        lua_createtable(L, 0, 4);
        gal_lua_set_text(L, "name", obs->line[i].name);
        gal_lua_set_num(L, "value", obs->line[i].value);
        gal_lua_set_num(L, "err", obs->line[i].err);
        gal_lua_set_flag(L, "limit", obs->line[i].limit);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* observation{ ... }: made in lua/galua/spectrum/observation.lua */
static int new_observation(lua_State *L)
{
    int n = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua.spectrum.observation");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "new");
    lua_insert(L, 1);
    lua_settop(L, n + 1);
    lua_call(L, n, 1);
    return 1;
}

void gal_luaopen_spectrum(lua_State *L);
void gal_luaopen_spectrum(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"air_to_vac", air_to_vac,
         "air_to_vac(wave[, formula]) -> number or vec [A]\nVacuum wavelengths of wavelengths in standard air; formula "
         "'ciddor' (Ciddor 1996) or 'morton'\n(Morton 2000, as VALD). Below 2000 A nothing changes."},
        {"vac_to_air", vac_to_air, "vac_to_air(wave[, formula]) -> number or vec [A]\nThe inverse of air_to_vac."},
        {"indices", indices, "indices() -> list\nName, unit and meaning of the spectral indices."},
        {"measure", measure,
         "measure(name, wave, flux) -> number\nA spectral index of a rest-frame spectrum F_lambda on vacuum "
         "wavelengths [A]."},
        {"integral", band_integral,
         "integral({lo, hi}, wave, flux) -> number\nIntegral of a piecewise-linear spectrum over a band."},
        {"galaxy_index", galaxy_index,
         "galaxy_index(galaxy, index[, { sigma_v =, ... }]) -> number\nWhat galaxy:index() calls; index: a name, or "
         "{ kind = 'width' | 'mag' | 'ew' | 'excess' | 'break', line =, blue =, red =, air = }."},
        {"line_flux", line_flux,
         "line_flux(galaxy, name) -> number [erg/s/cm2]\nFlux at the observer of an emission line or a blend of them "
         "(\"Halpha+[NII]6584\"), after dust."},
        {"observe", observe,
         "observe(galaxy, { wave =, R =, ... }) -> table\nPixels lo, hi [A, vacuum] and mean flux [mJy]: "
         "galaxy:spectrum() "
         "without its methods."},
        {"attach", attach,
         "attach(observation, { wave =, flux =, err =, ... }) -> observation\nWhat observation:spectrum{} calls."},
        {"data", data,
         "data(observation[, number]) -> table\nThe spectrum of an observation as numbers; nil without one."},
        {"add_index", add_index,
         "add_index(observation, index, value, err[, lick]) -> observation\nAdds a measured index."},
        {"add_line", add_line,
         "add_line(observation, name, flux, err[, limit]) -> observation\nAdds a measured line flux [erg/s/cm2]."},
        {"index_data", index_data,
         "index_data(observation) -> list\nThe measured indices: name, value, err, lick; bands of one's own."},
        {"line_data", line_data,
         "line_data(observation) -> list\nThe measured line fluxes: name, value, err [erg/s/cm2], limit."},
        {NULL, NULL, NULL},
    };
    static const gal_lua_row call[] = {
        {"", new_observation,
         "observation{ name =, redshift =, spectrum =, photometry =, indices =, ... } -> observation\n"
         "A spectrum, photometry and indices of one source.\n"
         "@param name name of the source\n@param redshift redshift\n@param distance [Mpc] luminosity distance\n"
         "@param citation where the numbers come from\n"
         "@param spectrum a file, or a table as for observation:spectrum{}\n"
         "@param photometry a file, { file = ..., and the options of observation.read }, or a list of { band, flux "
         "[mJy], err "
         "}\n"
         "@param indices table of name = { value, err }, see observation:indices\n"
         "@param ew table of line = { value, err }: equivalent widths [A, rest], see observation:ew\n"
         "@param lines table of line = { flux, err [, 'limit'] } [erg/s/cm2], see observation:lines\n"
         "@param lick (true) indices are on the Lick resolution"},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "spectrum", rows, "Spectra: air and vacuum wavelengths, indices, instruments.");
    gal_lua_module(L, "observation", call, NULL);
}
