/* Methods of population{...}: plans, magnitudes, gradients. */
#include "lua/bind/population.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046

void gal_lua_pop_forget(pop_handle *p)
{
    for (size_t b = 0; b < p->nb; b++)
        gal_filter_unref(p->filter[b]);
    gal_free(p->filter);
    gal_free(p->flux);
    gal_free(p->zs);
    gal_free(p->tobss);
    gal_free(p->dim);
    gal_pop_free(p->plan);
    p->filter = NULL, p->flux = p->zs = p->tobss = p->dim = NULL, p->plan = NULL, p->nb = 0, p->fluxed = false;
}

const char *gal_lua_pop_param(int i)
{
    return i < GAL_DIFFMAH_N ? gal_diffmah_params()[i].name : gal_diffstar_params()[i - GAL_DIFFMAH_N].name;
}

gal_pop_galaxies gal_lua_pop_galaxies(const pop_handle *p)
{
    return (gal_pop_galaxies){.n = p->n,
                              .sfr = p->sfr,
                              .par = p->par,
                              .lgmet = p->lgmet,
                              .scatter = p->scatter,
                              .z = p->zs,
                              .tobs = p->tobss,
                              .dust = p->dust,
                              .aged = p->aged};
}

/* ------------------------------------------------------------------ plans */
static double dimming(const pop_handle *p, double z)
{
    return z > 0 ? 5 * log10(1e5 * gal_cosmo_luminosity_distance(p->cosmo, z)) - 2.5 * log10(1 + z) : 0;
}

/* redshifts of the cells between which flux is taken as linear: 1 % of 1 + z apart, at most */
static size_t redshifts(const pop_handle *p, double *red)
{
    enum { MOST = 400 };
    double lo = p->zs[0], hi = lo;
    for (size_t i = 0; i < p->n; i++) {
        lo = p->zs[i] < lo ? p->zs[i] : lo;
        hi = p->zs[i] > hi ? p->zs[i] : hi;
    }
    size_t n = 2 + (size_t)fmin(log((1 + hi) / (1 + lo)) / 0.01, MOST - 2);
    if (!(hi > lo))
        n = 1;
    for (size_t j = 0; red && j < n; j++)
        red[j] = j == 0 ? lo : j == n - 1 ? hi : (1 + lo) * pow((1 + hi) / (1 + lo), (double)j / (double)(n - 1)) - 1;
    return n;
}

/* each galaxy's redshift, time of observation and dimming */
static gal_status places(pop_handle *p)
{
    p->zs = gal_alloc(p->n * sizeof(double));
    p->tobss = gal_alloc(p->n * sizeof(double));
    p->dim = gal_alloc(p->n * sizeof(double));
    if (!p->zs || !p->tobss || !p->dim)
        return GAL_ENOMEM;
    for (size_t i = 0; i < p->n; i++) {
        p->zs[i] = p->z ? p->z[i] : p->at_z;
        p->tobss[i] = p->z ? gal_cosmo_age(p->cosmo, p->z[i]) * 1e-9 : p->tobs;
        p->dim[i] = i && p->zs[i] == p->zs[i - 1] ? p->dim[i - 1] : dimming(p, p->zs[i]);
    }
    return GAL_OK;
}

/* cells of the filters and the plan, replacing the last one */
static gal_status make_plan(pop_handle *p, gal_filter **f, size_t nb, double z, double tobs)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = p->ssp;
    double *cell = NULL, *axes = NULL, *red = NULL;
    const bool own = p->z || p->dust;
    size_t nred = 0, cells = nb * s->nz * s->nage;
    gal_lua_pop_forget(p);
    if (!(p->filter = GAL_NEWN(gal_filter *, nb)))
        return GAL_ENOMEM;
    for (size_t b = 0; b < nb; b++)
        p->filter[b] = gal_filter_ref(f[b]);
    p->nb = nb, p->at_z = z, p->tobs = tobs;
    if (own) {
        GAL_TRY(places(p));
        nred = redshifts(p, NULL);
    }
    cell = gal_alloc((own ? nred : 1) * cells * sizeof *cell);
    axes = gal_alloc((s->nage + s->nz + nb) * sizeof *axes);
    red = gal_alloc((nred + 1) * sizeof *red);
    if (!cell || !axes || !red) {
        st = GAL_ENOMEM;
        goto out;
    }
    if (own)
        redshifts(p, red);
    else
        red[0] = z;
    GAL_TRY(gal_pop_axes(s, axes, axes + s->nage));
    double *wave = axes + s->nage + s->nz;
    for (size_t b = 0; b < nb; b++)
        wave[b] = 1e-4 * gal_dsps_effective_wave(f[b]->n, f[b]->wave, f[b]->trans, 0);
    for (size_t j = 0; j < (own ? nred : 1); j++) {
        gal_pop_light light = {.ssp = s,
                               .filters = p->filter,
                               .nb = nb,
                               .z = red[j],
                               .dsps = p->dsps,
                               .dust = p->dusty ? &p->screen : NULL,
                               .curve = p->curve};
        GAL_TRY(gal_pop_cells(&light, cell + j * cells));
    }
    gal_pop_spec spec = {.nt = p->nt,
                         .na = s->nage,
                         .nz = s->nz,
                         .nb = nb,
                         .t = p->t,
                         .lgage = axes,
                         .lgmet = axes + s->nage,
                         .cell = cell,
                         .tobs = tobs,
                         .lt0 = log10(p->t0),
                         .fb = p->fb,
                         .single = p->single,
                         .nred = nred,
                         .red = red,
                         .wave = p->dust ? wave : NULL,
                         .curve = p->curve};
    GAL_TRY(gal_pop_create(&p->plan, &spec));
out:
    gal_free(cell);
    gal_free(axes);
    gal_free(red);
    if (st != GAL_OK)
        gal_lua_pop_forget(p);
    return st;
}

pop_handle *gal_lua_pop_plan(lua_State *L, double tobs)
{
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    if (!lua_istable(L, 2) || lua_objlen(L, 2) == 0)
        gal_lua_argerror(L, 2, "a list of filters, such as filters(\"LSST\")");
    size_t nb = lua_objlen(L, 2);
    gal_filter **f = lua_newuserdata(L, nb * sizeof *f);
    for (size_t b = 0; b < nb; b++) {
        lua_rawgeti(L, 2, (int)b + 1);
        f[b] = gal_lua_check(L, -1, &gal_lua_filter);
        lua_pop(L, 1); /* the list keeps it alive */
    }
    double z = 0;
    if (p->z && (!lua_isnoneornil(L, 3) || !isnan(tobs)))
        gal_lua_error(
            L, GAL_EINVAL,
            "population: each galaxy has its own redshift and time of observation: leave those of the call out");
    if (!p->z) {
        z = gal_lua_checknum(L, 3);
        if (!(z >= 0))
            gal_lua_error(L, GAL_EDOMAIN, "population: redshift %g must be >= 0", z);
        if (isnan(tobs))
            tobs = gal_cosmo_age(p->cosmo, z) * 1e-9;
    }
    bool same = p->plan && p->nb == nb && p->at_z == z && (p->z || p->tobs == tobs) &&
                memcmp(p->filter, f, nb * sizeof *f) == 0;
    if (!same && make_plan(p, f, nb, z, tobs) != GAL_OK)
        gal_lua_fail(L);
    return p;
}

void gal_lua_pop_fluxes(lua_State *L, pop_handle *p, double *mass)
{
    if (p->fluxed && !mass)
        return;
    gal_status st = GAL_OK;
    if (!p->flux && !(p->flux = gal_alloc(p->nb * p->n * sizeof *p->flux)))
        st = GAL_ENOMEM;
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    if (st == GAL_OK)
        st = gal_pop_flux(p->plan, &g, p->flux, mass);
    if (st != GAL_OK) {
        gal_lua_pop_forget(p);
        gal_lua_fail(L);
    }
    p->fluxed = true;
}

static double option_tobs(lua_State *L, int at, const char *name)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, at, name);
    double tobs = gal_lua_opt_num(&o, "t_obs", NAN);
    gal_lua_opts_end(&o);
    return tobs;
}

static int photometry(lua_State *L)
{
    lua_settop(L, 4);
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    double *mass = gal_lua_pushvec(L, p->n);
    int vec = lua_gettop(L);
    p = gal_lua_pop_plan(L, option_tobs(L, 4, "population.photometry"));
    gal_lua_pop_fluxes(L, p, mass);
    double dim = dimming(p, p->at_z), *m = gal_lua_pushmat(L, p->nb, p->n);
    for (size_t b = 0; b < p->nb; b++)
        for (size_t i = 0; i < p->n; i++)
            m[b * p->n + i] = (p->dim ? p->dim[i] : dim) - 2.5 * log10(p->flux[b * p->n + i]);
    lua_pushvalue(L, vec);
    return 2;
}

void gal_lua_pop_adjoint(lua_State *L, const pop_handle *p, gal_pop_adjoint *by)
{
    *by = (gal_pop_adjoint){NULL};
    by->par = p->par ? gal_lua_scratch(L, GAL_HISTORY_N * p->n) : NULL;
    by->dust = p->dust ? gal_lua_scratch(L, GAL_POP_DUST_N * p->n) : NULL;
    by->tobs = p->z ? gal_lua_scratch(L, p->n) : NULL;
    lua_newtable(L);
    int out = lua_gettop(L);
    by->lgmet = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "lgmet");
    by->scatter = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "scatter");
    if (p->z) {
        by->z = gal_lua_pushvec(L, p->n);
        lua_setfield(L, out, "z");
    }
    if (p->sfr) {
        by->sfr = gal_lua_pushmat(L, p->n, p->nt);
        lua_setfield(L, out, "sfr");
    }
}

int gal_lua_pop_named(lua_State *L, const pop_handle *p, const gal_pop_adjoint *by, const double *gdim)
{
    static const char *const dust[GAL_POP_DUST_N] = {"av", "delta", "bump", "funo", "av_young", "delta_young"};
    int out = lua_gettop(L);
    for (int i = 0; by->par && i < GAL_HISTORY_N; i++) {
        gal_lua_pushvec_copy(L, by->par + (size_t)i * p->n, p->n);
        lua_setfield(L, out, gal_lua_pop_param(i));
    }
    for (int i = 0; by->dust && i < (p->aged ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); i++) {
        gal_lua_pushvec_copy(L, by->dust + (size_t)i * p->n, p->n);
        lua_setfield(L, out, dust[i]);
    }
    double h0 = gal_cosmo_get(p->cosmo)->h0;
    for (size_t i = 0; by->z && i < p->n; i++) { /* the time of observation and the distance follow the redshift */
        double z = p->z[i], E = gal_cosmo_efunc(p->cosmo, z), d = gal_cosmo_luminosity_distance(p->cosmo, z);
        by->z[i] -= by->tobs[i] * 3.0856775814913673e19 / h0 / 3.15576e16 / ((1 + z) * E);
        if (z > 0)
            by->z[i] += gdim[i] / LN10 * (5 * (d / (1 + z) + (1 + z) * 299792.458 / (h0 * E)) / d - 2.5 / (1 + z));
    }
    return 1;
}

static int gradient(lua_State *L)
{
    lua_settop(L, 5);
    size_t rows, cols;
    const double *g = gal_lua_checkmat(L, 4, &rows, &cols);
    pop_handle *p = gal_lua_pop_plan(L, option_tobs(L, 5, "population.gradient"));
    gal_lua_pop_fluxes(L, p, NULL);
    if (rows != p->nb || cols != p->n)
        return gal_lua_error(L, GAL_EINVAL,
                             "population: the loss needs a derivative for each of %d bands x %d galaxies, got %d x %d",
                             (int)p->nb, (int)p->n, (int)rows, (int)cols);
    double *gf = gal_lua_scratch(L, p->nb * p->n), *gdim = gal_lua_scratch(L, p->n);
    memset(gdim, 0, p->n * sizeof *gdim);
    for (size_t i = 0; i < p->nb * p->n; i++) {
        gf[i] = g[i] != 0 ? g[i] * (-2.5 / LN10) / p->flux[i] : 0;
        gdim[i % p->n] += g[i];
    }
    gal_pop_adjoint by;
    gal_pop_galaxies all = gal_lua_pop_galaxies(p);
    gal_lua_pop_adjoint(L, p, &by);
    gal_lua_checkstatus(L, gal_pop_vjp(p->plan, &all, gf, NULL, &by));
    return gal_lua_pop_named(L, p, &by, gdim);
}

const gal_lua_row gal_lua_pop_methods[] = {
    {"photometry", photometry,
     "photometry(filters, z[, { t_obs = }]) -> matrix, vec\nAB magnitudes, a row for each band and a column for each "
     "galaxy: absolute at z = 0, else as observed "
     "at\nredshift z, which is left out where each galaxy has its own. The second value is the mass formed by then "
     "[Msun].\n@param t_obs [Gyr] (the age of the Universe "
     "at z) time of observation\n"
     "@example population{ logm0 = linspace(11, 14, 100) }:photometry(filters(\"LSST\"), 0.1)"},
    {"gradient", gradient,
     "gradient(filters, z, g[, { t_obs = }]) -> table\nExact derivatives of a loss of the magnitudes by everything of "
     "each galaxy, by reverse accumulation. "
     "g: its\nderivatives by the magnitudes, shaped as photometry gives them. Fields of the table: the 13 parameters "
     "of the history (or\nsfr, a "
     "matrix), lgmet, scatter, and where galaxies have their own z (time of observation and distance follow it) and "
     "av, delta, "
     "bump,\nfuno, av_young, delta_young, each with a value for each galaxy.\n@param t_obs [Gyr] (the age of the "
     "Universe at z) "
     "time of observation"},
    {"set", gal_lua_pop_set,
     "set{ name = value, ... } -> population\nOther parameters of the histories, lgmet, scatter or, where galaxies "
     "have it each, dust: one number or "
     "one for each galaxy, by name. What\nfilters and redshifts cost once is kept, so that a fit changes values this "
     "way."},
    {"counts", gal_lua_pop_counts,
     "counts(filters, z, { axis, ..., cuts = }) -> vec or matrix\nGalaxies in bins of magnitudes or colours, counted "
     "softly: "
     "triweight kernels, so that counts change smoothly. An axis is { band =, edges =, width = },\nbands by their "
     "number in filters, "
     "or with minus = another band a colour; one axis gives a vec, two a matrix, more a vec whose last axis is the "
     "fastest.\n"
     "@param cuts (none) list of { band =, minus =, at =, width =, below = false }: soft selections\n"
     "@param weights (1) a number for each galaxy\n@param t_obs [Gyr] (the age of the Universe at z) time of "
     "observation\n"
     "@example print(population{ logm0 = linspace(11, 14, 100) }:counts(filters(\"LSST\"), 0.1, { { band = 3, edges = "
     "{ 14, 18, 22 }, width = 0.2 } }))"},
    {"counts_gradient", gal_lua_pop_counts_gradient,
     "counts_gradient(filters, z, { axis, ..., cuts = }, g) -> table\nExact derivatives of a loss of the counts by "
     "everything of each galaxy, as "
     "gradient gives them, and by weights. g: its derivatives by the\ncounts, in the shape of counts."},
    {NULL, NULL, NULL},
};
