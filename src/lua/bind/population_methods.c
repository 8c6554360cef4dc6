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
    gal_free(p->bymass);
    gal_free(p->bytime);
    gal_pop_free(p->plan);
    gal_pop_free(p->power);
    gal_free(p->eband);
    p->power = NULL, p->eband = NULL;
    p->filter = NULL, p->flux = p->zs = p->tobss = p->dim = p->bymass = p->bytime = NULL, p->plan = NULL, p->nb = 0;
    p->fluxed = p->related = p->fated = false;
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
                              .aged = p->aged,
                              .axis = p->axis,
                              .burst = p->burst && p->quenches ? p->quiet : p->burst,
                              .young = p->young,
                              .bymass = p->bymass,
                              .bytime = p->bytime,
                              .quench = p->quenches ? p->cut : NULL,
                              .error = p->erring ? p->error : NULL,
                              .offset = p->offset,
                              .merging = p->merges ? &p->merging : NULL,
                              .emission = p->power ? &p->emits : NULL};
}

/* ------------------------------------------------------------------ plans */
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
    if (!same && gal_lua_pop_make(p, f, nb, z, tobs) != GAL_OK)
        gal_lua_fail(L);
    if (gal_lua_pop_relate(p, p->plan) != GAL_OK)
        gal_lua_fail(L);
    return p;
}

/* Fluxes and, when mass is given, masses are up to date then. */
static void fluxes_of(lua_State *L, pop_handle *p, double *mass)
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

/* t_obs, and with `mass` [n] derivatives of a loss by the masses, which stay on the stack, or NULL */
static double option_tobs(lua_State *L, int at, const char *name, const double **mass)
{
    gal_lua_opts o;
    size_t n = 0;
    gal_lua_opts_begin(L, &o, at, name);
    double tobs = gal_lua_opt_num(&o, "t_obs", NAN);
    if (mass && (*mass = gal_lua_opt_vec(&o, "mass", &n)) &&
        n != ((pop_handle *)gal_lua_check(L, 1, &gal_lua_population))->n)
        gal_lua_error(L, GAL_EINVAL, "%s: mass has %d values, one for each galaxy is needed", name, (int)n);
    gal_lua_opts_end(&o);
    return tobs;
}

static int photometry(lua_State *L)
{
    lua_settop(L, 4);
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    double *mass = gal_lua_pushvec(L, p->n);
    int vec = lua_gettop(L);
    p = gal_lua_pop_plan(L, option_tobs(L, 4, "population.photometry", NULL));
    fluxes_of(L, p, mass);
    double dim = gal_lua_pop_dimming(p, p->at_z), *m = gal_lua_pushmat(L, p->nb, p->n);
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
    by->axis = p->axis ? gal_lua_scratch(L, GAL_POP_AXES * p->n) : NULL;
    by->burst = p->burst ? gal_lua_scratch(L, 3 * p->n) : NULL;
    by->node = p->erring ? gal_lua_scratch(L, GAL_SSP_ERROR_NODES * p->n) : NULL;
    by->merge = p->merges ? gal_lua_scratch(L, p->n) : NULL;
    by->quench = p->quenches ? gal_lua_scratch(L, p->n) : NULL;
    lua_newtable(L);
    int out = lua_gettop(L);
    by->lgmet = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "lgmet");
    by->scatter = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "scatter");
    if (p->young) {
        by->young = gal_lua_pushvec(L, p->n);
        lua_setfield(L, out, "lgmet_young");
    }
    if (p->z) {
        by->z = gal_lua_pushvec(L, p->n);
        lua_setfield(L, out, "z");
    }
    if (p->sfr) {
        by->sfr = gal_lua_pushmat(L, p->n, p->nt);
        lua_setfield(L, out, "sfr");
    }
}

int gal_lua_pop_named(lua_State *L, const pop_handle *p, const gal_pop *plan, const gal_pop_adjoint *by,
                      const double *gdim)
{
    static const char *const dust[GAL_POP_DUST_N] = {"av", "delta", "bump", "funo", "av_young", "delta_young"};
    int out = lua_gettop(L);
    gal_lua_pop_named_fate(L, p, plan, by);
    for (int i = 0; by->par && i < GAL_HISTORY_N; i++) {
        gal_lua_pushvec_copy(L, by->par + (size_t)i * p->n, p->n);
        lua_setfield(L, out, gal_lua_pop_param(i));
    }
    for (int i = 0; by->dust && i < (p->aged ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); i++) {
        gal_lua_pushvec_copy(L, by->dust + (size_t)i * p->n, p->n);
        lua_setfield(L, out, dust[i]);
    }
    for (int i = 0; by->axis && i < GAL_POP_AXES; i++)
        if (i == 0 ? p->ssp->nu > 1 : p->ntable > 1) {
            gal_lua_pushvec_copy(L, by->axis + (size_t)i * p->n, p->n);
            lua_setfield(L, out, gal_lua_pop_axis_names[i]);
        }
    for (int i = 0; by->burst && i < 3; i++) {
        gal_lua_pushvec_copy(L, by->burst + (size_t)i * p->n, p->n);
        lua_setfield(L, out, gal_burst_params()[i].name);
    }
    if (p->rule) {
        double gp[GAL_MZR_N];
        gal_pop_galaxies all = gal_lua_pop_galaxies(p);
        gal_lua_checkstatus(L, gal_pop_mzr_vjp(plan, &all, p->relation, p->fixed, by->lgmet, gp));
        lua_newtable(L);
        for (int i = 0; i < GAL_MZR_N; i++)
            gal_lua_set_num(L, gal_mzr_params()[i].name, gp[i]);
        lua_setfield(L, out, "relation");
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
    const double *gmass = NULL;
    double tobs = option_tobs(L, 5, "population.gradient", &gmass);
    pop_handle *p = gal_lua_pop_plan(L, tobs);
    fluxes_of(L, p, NULL);
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
    gal_lua_checkstatus(L, gal_pop_vjp(p->plan, &all, gf, gmass, NULL, &by));
    return gal_lua_pop_named(L, p, p->plan, &by, gdim);
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
     "gradient(filters, z, g[, { t_obs =, mass = }]) -> table\nExact derivatives of a loss of the magnitudes by "
     "everything of "
     "each galaxy, by reverse accumulation. "
     "g: its\nderivatives by the magnitudes, shaped as photometry gives them. Fields of the table: the 13 parameters "
     "of the history (or\nsfr, a "
     "matrix), lgmet, scatter, and where galaxies have their own z (time of observation and distance follow it) and "
     "av, delta, "
     "bump,\nfuno, av_young, delta_young, lgmet_young, logu, slope, lgfburst, lgyr_peak, lgyr_max, each with a value "
     "for each "
     "galaxy; relation, ssp_error, merging: the sums "
     "by\nthe parameters of mzr or umzr, of the error model and of infall; p_merge: by the probabilities of "
     "merging.\n@param t_obs [Gyr] (the age of the "
     "Universe at z) "
     "time of observation\n@param mass (none) derivatives of the loss by the mass of each galaxy"},
    {"lines", gal_lua_pop_lines,
     "lines(names, z[, { t_obs = }]) -> matrix\nLuminosities [Lsun] of emission lines of the SSP table, a row for each "
     "name, behind the galaxies' dust. z tells the "
     "time of\nobservation and is left out where each galaxy has its own.\n@param t_obs [Gyr] (the age of the Universe "
     "at z) time of "
     "observation"},
    {"lines_gradient", gal_lua_pop_lines_gradient,
     "lines_gradient(names, z, g[, { t_obs = }]) -> table\nExact derivatives of a loss of the luminosities, as "
     "gradient gives them. g: its derivatives by them, in the shape of "
     "lines."},
    {"ew", gal_lua_pop_ew,
     "ew({ { wave =, half =, near =, far = }, ... }, z[, { t_obs = }]) -> matrix\nEquivalent widths [A] in the rest "
     "frame, positive in emission, a row for each feature: flux within `half` of "
     "wave above the\nquadratic through the continuum between near and far on both sides, over the continuum at "
     "wave.\n@param wave [A] of the feature\n@param half [A] "
     "(15) half width of its window\n@param near [A] (50) where the continuum begins\n@param far [A] (100) where it "
     "ends\n@param t_obs [Gyr] (the age of the "
     "Universe at z) time of observation"},
    {"ew_gradient", gal_lua_pop_ew_gradient,
     "ew_gradient(features, z, g[, { t_obs = }]) -> table\nExact derivatives of a loss of the equivalent widths, as "
     "gradient gives them. g: its derivatives by them, in the "
     "shape of ew."},
    {"parts", gal_lua_pop_parts,
     "parts(filters, z[, { t_obs = }]) -> table\nMagnitudes of bulge, disc and knots as photometry gives them, and "
     "mass, a row of "
     "each: stars of the bulge formed as parts of\npopulation{} says; a share of the disc's mass is in star-forming "
     "knots, which hold "
     "the burst as far as it is not heavier. Each has the\ngalaxy's metallicities and dust. Before merging; galaxies "
     "with ssp_error "
     "have none.\n@param t_obs [Gyr] (the age of the Universe at z) time of observation"},
    {"parts_gradient", gal_lua_pop_parts_gradient,
     "parts_gradient(filters, z, { bulge =, disc =, knots =, mass = }[, { t_obs = }]) -> table\nExact derivatives of a "
     "loss of the "
     "parts, as gradient gives them, and by tcrit, early, late and knots. Third argument: its\nderivatives by what "
     "parts gives, in the "
     "same shapes; what is left out is 0."},
    {"stream", gal_lua_pop_stream,
     "stream(input, output, filters[, z[, { chunk = }]]) -> number\nMagnitudes of the galaxies of an HDF5 file, into a "
     "new one, a chunk at a time: memory "
     "does not grow with their number, which is returned.\nDatasets of the input are found by the names of parameters "
     "(logm0, ..., lg_rejuv, lgmet, z or redshift, av, ...; "
     "sfr, where the population has\nrates); the population, of one galaxy, gives what is not there. The output has a "
     "dataset for each filter and "
     "logsm_formed.\n@param chunk (100000) galaxies at a time\n@param columns (none) { name of a parameter = its "
     "dataset }\n@param float32 (false) datasets of single "
     "precision\n@param t_obs [Gyr] (the age of the Universe at z) time of observation"},
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
