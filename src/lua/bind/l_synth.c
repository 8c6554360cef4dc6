/* Lua: ssp.synthesise{...}. The grid of stellar spectra and the tracks of the default metallicities are made once per process
 * and shared: a change of IMF then costs the summation only. The grid is cached on disk (user's cache folder, or `cache`). */
#include "galua/num.h"
#include "galua/stars.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gal_stargrid *grid; /* bindings run on one thread */
static gal_tracks *tracks; /* for the default metallicities */

struct progress {
    const char *what;
    double next;
};

/* One line on stderr, rewritten, at most once a second. */
static int show_progress(void *ctx, double fraction, const char *text)
{
    struct progress *p = ctx;
    double now = gal_clock();
    if (now >= p->next) {
        p->next = now + 0.5;
        fprintf(stderr, "\r%s %3.0f %%  %-40.40s", p->what, 100 * (fraction > 0 ? fraction : 0), text ? text : "");
        fflush(stderr);
    }
    return gal_interrupted();
}

/* $XDG_CACHE_HOME/galua or ~/.cache/galua, made when missing; false when there is no home */
static bool cache_file(char *buf, size_t n)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char dir[1000];
    if (xdg && *xdg)
        snprintf(dir, sizeof dir, "%s", xdg);
    else if (home && *home)
        snprintf(dir, sizeof dir, "%s/.cache", home);
    else
        return false;
    mkdir(dir, 0777);
    snprintf(buf, n, "%s/galua", dir);
    mkdir(buf, 0777);
    snprintf(buf, n, "%s/galua/stargrid.bin", dir);
    return true;
}

/* A user's IMF: ln phi tabulated on a log grid of masses. */
enum { NIMF = 4097 };
typedef struct {
    double lnm[NIMF], lnphi[NIMF];
} imf_table;

static double imf_eval(double m, void *ctx)
{
    imf_table *t = ctx;
    double v = gal_interp(t->lnm, t->lnphi, NIMF, log(m), GAL_CLAMP);
    return v > -700 ? exp(v) : 0;
}

static gal_status tabulate_imf(lua_State *L, int fn, double mlo, double mhi, imf_table *t)
{
    for (int i = 0; i < NIMF; i++) {
        t->lnm[i] = log(mlo) + (log(mhi) - log(mlo)) * i / (NIMF - 1);
        lua_pushvalue(L, fn);
        lua_pushnumber(L, exp(t->lnm[i]));
        gal_status st = gal_lua_call(L, 1, 1, "imf");
        if (st != GAL_OK)
            return st;
        double phi = lua_tonumber(L, -1);
        bool number = lua_isnumber(L, -1);
        lua_pop(L, 1);
        if (!number || !(phi >= 0) || isinf(phi))
            return gal_fail(GAL_EUSER, "imf: phi(%g) is %g: the function must return dN/dm >= 0", exp(t->lnm[i]),
                            number ? phi : NAN);
        t->lnphi[i] = phi > 0 ? log(phi) : -1000;
    }
    return GAL_OK;
}

/* The process's grid of star spectra, from `cache`, or from the user's folder when that is NULL. */
static gal_status need_grid(const char *cache, bool progress)
{
    char path[1200];
    struct progress p = {"star spectra", 0};
    if (!cache && cache_file(path, sizeof path))
        cache = path;
    return grid ? GAL_OK : gal_stargrid_create(&grid, cache, progress ? show_progress : NULL, &p);
}

static int star(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "ssp.star");
    double teff = gal_lua_opt_range(&o, "teff", 5772, 1000, 1e6), logg = gal_lua_opt_range(&o, "logg", 4.44, -2, 10);
    double z = gal_lua_opt_range(&o, "z", 0.02, 1e-4, 0.05);
    const char *cache = gal_lua_opt_str(&o, "cache", NULL);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, need_grid(cache, false));
    size_t n = gal_stargrid_nwave(grid);
    gal_lua_pushvec_copy(L, gal_stargrid_wave(grid), n);
    gal_stargrid_add(grid, z, log10(teff), logg, 1.0, 1.0, gal_lua_pushvec(L, n));
    return 2;
}

/* Nothing asked that differs from the table made at build time? Then that one, on the stack. */
static bool push_built(lua_State *L)
{
    gal_ssp *s;
    char path[4096];
    lua_settop(L, 1);
    lua_pushnil(L);
    if (lua_istable(L, 1) && lua_next(L, 1))
        return lua_settop(L, 1), false;
    lua_settop(L, 1);
    if ((!lua_istable(L, 1) && !lua_isnil(L, 1)) || gal_data_path(GAL_SSP_SYNTHESISED, path, sizeof path) != GAL_OK ||
        gal_ssp_read(&s, path) != GAL_OK)
        return false;
    gal_lua_push(L, &gal_lua_ssp, s);
    return true;
}

static int synthesise(lua_State *L)
{
    if (push_built(L))
        return 1;
    gal_lua_opts o;
    gal_synth_opts so;
    imf_table *table = NULL;
    gal_lua_opts_begin(L, &o, 1, "ssp.synthesise");
    gal_synth_defaults(&so);
    if (gal_lua_opt_push(&o, "imf")) {
        if (lua_isfunction(L, -1)) {
            table = lua_newuserdata(L, sizeof *table);
        } else if (lua_type(L, -1) == LUA_TSTRING) {
            double mlo = so.imf.mlo, mhi = so.imf.mhi;
            gal_lua_checkstatus(L, gal_imf_named(lua_tostring(L, -1), &so.imf));
            so.imf.mlo = mlo;
            so.imf.mhi = mhi;
        } else {
            return gal_lua_opt_typeerror(&o, "imf", "a name or a function", -1);
        }
    }
    int top = lua_gettop(L); /* imf value at top - 1 when it is a function */
    so.imf.mlo = gal_lua_opt_range(&o, "mlo", so.imf.mlo, 0.08, 10);
    so.imf.mhi = gal_lua_opt_num(&o, "mhi", so.imf.mhi);
    if (!(so.imf.mhi >= 10 && so.imf.mhi <= 100))
        return gal_lua_error(
            L, GAL_EDOMAIN,
            "ssp.synthesise: mhi = %g is not in 10 .. 100 Msun: the stellar tracks (Hurley, Pols & Tout "
            "2000) end at 100 Msun",
            so.imf.mhi);
    so.nebular = gal_lua_opt_bool(&o, "nebular", so.nebular);
    size_t n = 0;
    if (gal_lua_opt_push(&o, "logu")) { /* a number, or a list that becomes an axis */
        bool list = lua_type(L, -1) != LUA_TNUMBER;
        lua_pop(L, 1);
        if (list && (so.logu_axis = gal_lua_opt_vec(&o, "logu", &so.nlogu)))
            for (size_t i = 0; i < so.nlogu; i++)
                if (!(so.logu_axis[i] >= -4 && so.logu_axis[i] <= -1))
                    return gal_lua_error(L, GAL_EDOMAIN, "ssp.synthesise: logu: element %d is %g, outside -4 .. -1",
                                         (int)i + 1, so.logu_axis[i]);
        if (!list)
            so.logu = gal_lua_opt_range(&o, "logu", so.logu, -4, -1);
    }
    so.fesc = gal_lua_opt_range(&o, "fesc", so.fesc, 0, 1);
    so.fdust = gal_lua_opt_range(&o, "fdust", so.fdust, 0, 1);
    so.postagb = gal_lua_opt_bool(&o, "postagb", so.postagb);
    double zmin = gal_lua_opt_range(&o, "zmin", 1e-4, 1e-4, 0.05),
           zmax = gal_lua_opt_range(&o, "zmax", 0.05, 1e-4, 0.05);
    int nz = gal_lua_opt_int(&o, "nz", 0, 1, 200), nage = gal_lua_opt_int(&o, "nage", 0, 2, 2000);
    const double *z = gal_lua_opt_vec(&o, "z", &n), *age = NULL;
    if (z)
        so.z = z, so.nz = n;
    age = gal_lua_opt_vec(&o, "age", &n);
    if (age)
        so.age = age, so.nage = n;
    const char *cache = gal_lua_opt_str(&o, "cache", NULL);
    bool progress = gal_lua_opt_bool(&o, "progress", false) && isatty(2);
    bool zlimits = zmin != 1e-4 || zmax != 0.05 || (nz > 0 && nz != 8); /* the defaults, written, change nothing */
    gal_lua_opts_end(&o);
    if (!so.z && zlimits) {
        if (!(zmin < zmax))
            return gal_lua_error(L, GAL_EINVAL, "ssp.synthesise: zmin = %g must be below zmax = %g", zmin, zmax);
        size_t m = nz > 1 ? (size_t)nz : 8;
        double *zz = gal_lua_scratch(L, m);
        gal_logspace(zmin, zmax, m, zz);
        so.z = zz;
        so.nz = m;
    }
    if (!so.age && nage > 0) {
        double *aa = gal_lua_scratch(L, (size_t)nage);
        for (int i = 0; i < nage; i++)
            aa[i] = pow(10.0, 5.0 + 5.2 * i / (nage - 1));
        so.age = aa;
        so.nage = (size_t)nage;
    }
    if (table) {
        int fn = top - 1;
        gal_lua_checkstatus(L, tabulate_imf(L, fn, so.imf.mlo, so.imf.mhi, table));
        so.imf.name = "user function";
        so.imf.phi = imf_eval;
        so.imf.ctx = table;
    }
    gal_lua_checkstatus(L, need_grid(cache, progress));
    if (!so.z) {
        if (!tracks)
            gal_lua_checkstatus(L, gal_tracks_create(&tracks, NULL, 0));
        so.tracks = tracks;
    }
    struct progress p = {"populations", 0};
    so.progress = progress ? show_progress : NULL;
    so.ctx = &p;
    gal_ssp *s;
    gal_status st = gal_ssp_synthesise(&s, grid, &so);
    if (progress)
        fputs("\r\033[K", stderr);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_ssp, s);
    return 1;
}

void gal_luaopen_synth(lua_State *L);
void gal_luaopen_synth(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"synthesise", synthesise,
         "ssp.synthesise{ imf =, ... } -> ssp\n"
         "Stellar populations from published physics: tracks (Hurley, Pols & Tout 2000), own LTE atmospheres with "
         "statistical line\n"
         "blanketing, any initial mass function. The first call makes the grid of star spectra (some seconds, then "
         "cached);\n"
         "without options it is the table made when Galua was built.\n"
         "@param imf (kroupa) kroupa, chabrier, salpeter, vandokkum, or a function phi(m) = dN/dm of any "
         "normalisation\n"
         "@param mlo [Msun] (0.1) lowest mass\n@param mhi [Msun] (100) highest mass, at most 100: the tracks end "
         "there\n"
         "@param z metallicities (mass fraction), ascending within 1e-4 .. 0.05\n@param zmin (1e-4) lowest of nz "
         "log-spaced ones; with all three at their defaults 1e-4, 4e-4, 1e-3, 4e-3, 8e-3, 0.014, 0.02, 0.05\n"
         "@param zmax (0.05) highest\n@param nz (8) their number\n@param age [yr] ages, ascending\n"
         "@param nage (107) number of log-spaced ages, 1e5 .. 1.58e10\n@param nebular (false) add nebular continuum "
         "and "
         "lines\n"
         "@param logu (-2.5) ionisation parameter; a list becomes an axis of the table (needs nebular)\n@param fesc "
         "(0) escaping fraction of ionising photons\n"
         "@param fdust (0) fraction of them absorbed by dust in HII regions\n@param postagb (false) post-AGB stars\n"
         "@param cache file that keeps the star spectra (default: the user's cache folder)\n"
         "@param progress (false) show it on stderr\n"
         "@example s = ssp.synthesise{ imf = function(m) return m^-2.1 end }"},
        {"star", star,
         "ssp.star{ teff =, logg =, z = } -> wave [A], lum [1/A, integral 1]\n"
         "Spectrum of one star from the grid of model atmospheres that synthesis uses, interpolated; black bodies "
         "scale "
         "it outside\n"
         "3000 .. 100000 K.\n"
         "@param teff [K] (5772) effective temperature\n@param logg [cm/s2, log10] (4.44) surface gravity\n"
         "@param z (0.02) metallicity (mass fraction), 1e-4 .. 0.05\n@param cache file that keeps the star spectra "
         "(default: the "
         "user's cache folder)"},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "ssp", rows, NULL);
}
