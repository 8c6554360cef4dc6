/* Lua: fit targets: model + data + priors as a log-density, for lua/galua/fit.lua, which builds fit{...} of them, and for strategies. */
#include "galua/fit.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/own.h"

#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ target */
static void target_free(void *obj)
{
    gal_fit_free(obj);
}

static gal_fit *target(lua_State *L, int idx)
{
    return gal_lua_check(L, idx, &gal_lua_target);
}

static int t_get(lua_State *L, void *obj, const char *key)
{
    gal_fit *f = obj;
    const gal_target *t = gal_fit_target(f);
    if (strcmp(key, "ndim") == 0)
        return lua_pushinteger(L, (int)t->ndim), 1;
    if (strcmp(key, "nblob") == 0)
        return lua_pushinteger(L, (int)t->nblob), 1;
    if (strcmp(key, "nbands") == 0)
        return lua_pushinteger(L, (int)gal_fit_nused(f)), 1;
    if (strcmp(key, "note") == 0)
        return lua_pushstring(L, gal_fit_note(f)), 1;
    if (strcmp(key, "plan") == 0)
        return gal_lua_target_push_plan(L, f), 1;
    if (strcmp(key, "exact") == 0)
        return lua_pushboolean(L, t->gradient != NULL), 1;
    if (strcmp(key, "uncovered") == 0) /* NULL: nil */
        return lua_pushstring(L, gal_fit_uncovered(f)), 1;
    bool blob = strncmp(key, "blob_", 5) == 0;
    size_t n = blob ? gal_fit_nblob(f) : t->ndim;
    if (strcmp(blob ? key + 5 : key, "names") == 0) {
        GAL_LUA_TEXTS(L, i, n, (blob ? gal_fit_blob_names(f) : t->names)[i]);
        return 1;
    }
    if (strcmp(blob ? key + 5 : key, "units") == 0) {
        GAL_LUA_TEXTS(L, i, n, blob ? gal_fit_blob_unit(f, i) : gal_fit_unit(f, i));
        return 1;
    }
    if (strcmp(key, "priors") == 0) {
        lua_createtable(L, (int)t->ndim, 0);
        for (size_t i = 0; i < t->ndim; i++) {
            gal_lua_push(L, &gal_lua_prior, gal_prior_ref(gal_fit_prior(f, i)));
            lua_rawseti(L, -2, (int)i + 1);
        }
        return 1;
    }
    return 0;
}

static const gal_lua_field t_fields[] = {
    {"ndim", "number of free parameters"},
    {"names", "names of the free parameters"},
    {"units", "their units"},
    {"priors", "their priors"},
    {"nblob", "derived quantities that samplers keep with each sample; 0 with derive_later"},
    {"blob_names", "names of the derived quantities"},
    {"blob_units", "their units"},
    {"nbands", "bands that enter the likelihood"},
    {"exact", "do gradients come from the model? Else they are differences of the likelihood"},
    {"plan", "of the option plan: tolerance, pending (not made yet), used, why not; nodes, bytes, error (largest at "
             "`checked` points), seconds, cached (read, not made); checks, worst (at that many samples), failed"},
    {"uncovered", "nil, or a line on points at whose redshift a band reached beyond the SSP table, and their number"},
    {"note", "one line on data that this model cannot describe, or an empty text"},
    {NULL, NULL},
};

static int t_lnprob(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m;
    const double *x = gal_lua_checkpoints(L, 2, "target", t->ndim, &m);
    double *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m);
    gal_lua_checkstatus(L, gal_target_eval(t, m, x, lp, ll, NULL));
    return 2;
}

static int t_compare(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m, models = 0;
    const double *x = gal_lua_checkpoints(L, 2, "target", t->ndim, &m);
    double *blob = gal_lua_pushvec(L, m * gal_fit_nblob(f)), *ll = gal_lua_pushvec(L, 2 * m);
    gal_lua_checkstatus(L, gal_fit_derive(f, m, x, ll + m, ll, blob));
    for (size_t k = 0; k < m; k++)
        models += ll[k] > -INFINITY;
    return lua_pushnumber(L, (double)models), lua_pushnumber(L, gal_fit_plan(f).worst), 2;
}

static int t_derive(lua_State *L)
{
    gal_fit *f = target(L, 1);
    size_t m;
    const double *x = gal_lua_checkpoints(L, 2, "target", gal_fit_target(f)->ndim, &m);
    double *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m), *blob = gal_lua_pushmat(L, m, gal_fit_nblob(f));
    gal_lua_checkstatus(L, gal_fit_derive(f, m, x, lp, ll, blob));
    return 3;
}

static int t_transform(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m;
    const double *u = gal_lua_checkpoints(L, 2, "target", t->ndim, &m);
    double *x = gal_lua_pushmat(L, m, t->ndim);
    gal_lua_checkstatus(L, t->prior_transform(t, m, u, x));
    return 1;
}

/* sampled coordinates of one point -> values; with a galaxy as third argument they are set in it */
static int t_values(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t n;
    const double *x = gal_lua_checkvec(L, 2, &n);
    if (n != t->ndim)
        return gal_lua_error(L, GAL_EINVAL, "target: the point has %d coordinates, expected %d", (int)n, (int)t->ndim);
    if (!lua_isnoneornil(L, 3)) {
        gal_lua_galaxy *g = gal_lua_check(L, 3, &gal_lua_galaxy_class);
        gal_fit_theta(f, x, g->theta);
    }
    gal_fit_values(f, x, gal_lua_pushvec(L, n));
    return 1;
}

static int t_fingerprint(lua_State *L)
{
    const char *names[GAL_FIT_NFINGER];
    gal_hash h[GAL_FIT_NFINGER];
    char hex[33];
    gal_fit_fingerprint(target(L, 1), names, h);
    lua_newtable(L);
    for (int i = 0; i < GAL_FIT_NFINGER; i++) {
        gal_hash_hex(h[i], hex);
        lua_createtable(L, 0, 2);
        gal_lua_set_text(L, "name", names[i]);
        gal_lua_set_text(L, "hash", hex);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* x (and blobs) of samples, as many rows in both */
static size_t sample_rows(lua_State *L, gal_fit *f, const double **x, const double **blob)
{
    size_t m, mb;
    *x = gal_lua_checkpoints(L, 2, "target", gal_fit_target(f)->ndim, &m);
    *blob = gal_lua_checkpoints(L, 3, "target", gal_fit_nblob(f), &mb);
    if (m != mb)
        gal_lua_error(L, GAL_EINVAL, "target: %d points but %d rows of derived quantities", (int)m, (int)mb);
    return m;
}

static size_t nbands(lua_State *L)
{
    gal_lua_kept(L, 1, "data");
    size_t n = ((gal_obs *)gal_lua_check(L, -1, &gal_lua_obs))->n;
    lua_pop(L, 1);
    return n;
}

static int t_pointwise(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const double *x, *blob;
    size_t m = sample_rows(L, f, &x, &blob), nb = nbands(L);
    double *term = gal_lua_pushmat(L, m, nb), *p_out = gal_lua_pushmat(L, m, nb);
    gal_lua_checkstatus(L, gal_fit_pointwise(f, m, x, blob, term, p_out));
    return 2;
}

static int t_replicate(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const double *x, *blob;
    size_t m = sample_rows(L, f, &x, &blob), nb = nbands(L);
    double seed = lua_isnoneornil(L, 4) ? 0 : gal_lua_checknum(L, 4);
    double *y = gal_lua_pushmat(L, m, nb), *sigma = gal_lua_pushmat(L, m, nb);
    gal_lua_checkstatus(L, gal_fit_replicate(f, m, x, blob, (uint64_t)seed, y, sigma));
    return 2;
}

static int t_loo(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const double *x, *blob;
    size_t m = sample_rows(L, f, &x, &blob), nb = nbands(L);
    double reff = gal_lua_checknum(L, 4), seed = lua_isnoneornil(L, 5) ? 0 : gal_lua_checknum(L, 5);
    double *elpd = gal_lua_pushvec(L, nb), *khat = gal_lua_pushvec(L, nb), *pit = gal_lua_pushvec(L, nb);
    gal_lua_checkstatus(L, gal_fit_loo(f, m, x, blob, reff, (uint64_t)seed, elpd, khat, pit));
    return 3;
}

static const gal_lua_row t_methods[] = {
    {"save", gal_lua_target_save,
     "save(engine, path, texts[, snapshots[, pixels]]) -> target\nWrites the results file of a sampler's run; texts "
     "are "
     "kept in group galua, snapshots of earlier stages beside; pixels: ln p of every pixel at every sample, too."},
    {"restore", gal_lua_target_restore,
     "restore(path[, sampler]) -> engine\nThe stored run, to go on bit for bit; refused when the file is of another "
     "fit "
     "or sampler."},
    {"compare", t_compare,
     "compare(x) -> number, number\nThe plan against the whole grid at x: points with a model, largest error until "
     "now.\n"
     "Raises where it is above the tolerance."},
    {"compile", gal_lua_target_compile,
     "compile() -> target\nMakes the plan that was asked for now; the first evaluation does otherwise."},
    {"lnprob", t_lnprob,
     "lnprob(x) -> vec, vec\nln prior and ln likelihood at points in sampled coordinates: a matrix of rows, or one "
     "vector."},
    {"derive", t_derive,
     "derive(x) -> vec, vec, matrix\nln prior, ln likelihood and derived quantities (columns as in blob_names) at "
     "points "
     "in sampled coordinates."},
    {"prior_transform", t_transform, "prior_transform(u) -> matrix\nUnit cube to sampled coordinates."},
    {"gradient", gal_lua_target_gradient,
     "gradient(x[, options]) -> vec, matrix\nln prior + ln likelihood and its gradient in sampled coordinates: the "
     "model's own where it has one,\nelse central differences, all of all points in one batch.\n"
     "@param step (1e-4) of the differences, in units of the central 68 % of each prior\n"
     "@param numerical (false) differences even where the model has gradients"},
    {"fisher", gal_lua_target_fisher,
     "fisher(x) -> matrix\nWhat bands with Gaussian errors say about the parameters at one point, in sampled "
     "coordinates: "
     "the prior is not in it."},
    {"hessian_vector", gal_lua_target_hessian_vector,
     "hessian_vector(x, v[, step]) -> vec\nSecond derivatives of ln posterior at x along v, from four exact gradients; "
     "step "
     "(1e-3): of v."},
    {"differences", gal_lua_target_differences,
     "differences() -> list\nWhat gradients take by differences of that alone: components without derivatives, ties, "
     "..."},
    {"values", t_values,
     "values(x[, galaxy]) -> vec\nParameter values of one point; sets them in the galaxy when one is given."},
    {"pointwise", t_pointwise,
     "pointwise(x, blobs) -> matrix, matrix\nOf samples (rows) and bands (columns), from the stored model fluxes: ln "
     "p(datum "
     "given\nthe other data), and the probability that the datum is an outlier."},
    {"replicate", t_replicate,
     "replicate(x, blobs[, seed]) -> matrix, matrix\nReplicated fluxes [mJy] of samples (rows) and bands (columns), "
     "noise "
     "included, and the\nstandard deviations of the errors used."},
    {"loo", t_loo,
     "loo(x, blobs, reff[, seed]) -> vec, vec, vec\nPer band, by importance sampling: ln p(band given the others), "
     "Pareto "
     "k of the weights, and\nthe probability of a smaller flux. reff: effective share of the draws."},
    {"fingerprint", t_fingerprint, "fingerprint() -> list\nName and hash of everything the posterior depends on."},
    {"ties", gal_lua_target_ties,
     "ties() -> table\nWhat data say about parameters, by trying: parameters[name] is false where no datum depends on "
     "it; "
     "derived[name]\nis 'none' where a quantity depends on such parameters alone, 'fixed' on no free one; products: { "
     "a, b, "
     "power } where a and b enter only as a b^power."},
    {NULL, NULL, NULL},
};

const gal_lua_class gal_lua_target = {
    .name = "target",
    .doc = "A log-density over the free parameters: model, data and priors.",
    .methods = t_methods,
    .fields = t_fields,
    .free = target_free,
    .get = t_get,
};

/* ------------------------------------------------------------------ a likelihood written in Lua
 * Its function is shipped to a Lua state of each thread (worker.h). The target's handle keeps this and the text. */
static const char MAIN_STATE[] = "galua.main_state";
static gal_status like_call(void *ctx, void *local, const double *flux, double *lnl)
{
    (void)ctx;
    const void *ptr[2] = {flux, lnl};
    return gal_worker_run(local, ptr, 2, 1);
}

/* Options likelihood (text of ship.pack with the observation in it) and likelihood_key (what it does, for the fingerprint): leaves a
 * table on the stack that the target must keep. false: not given */
static bool take_likelihood(gal_lua_opts *o, gal_fit_custom *custom)
{
    *custom = (gal_fit_custom){.open = gal_lua_shipped_open, .close = gal_lua_shipped_close, .lnlike = like_call};
    custom->ctx = gal_lua_opt_shipped(o, "likelihood", "likelihood_key",
                                      "a shipped function: fit{ likelihood = likelihood.custom(f) }", &custom->hash);
    return custom->ctx != NULL;
}

/* ------------------------------------------------------------------ parameters that follow from others, in Lua */
static gal_status tie_apply(void *ctx, void *local, double *theta)
{
    (void)ctx;
    const void *ptr[1] = {theta};
    return gal_worker_run(local, ptr, 1, 0);
}

/* Options tie (text of ship.pack), tie_key and tie_names; leaves a table on the stack that the target must keep. false: not given */
static bool take_tie(lua_State *L, gal_lua_opts *o, gal_fit_tie *tie)
{
    *tie = (gal_fit_tie){.open = gal_lua_shipped_open, .close = gal_lua_shipped_close, .apply = tie_apply};
    tie->ctx = gal_lua_opt_shipped(o, "tie", "tie_key", "shipped functions: fit{ tie = { ... } }", &tie->hash);
    if (!tie->ctx)
        return false;
    int kept = lua_gettop(L);
    if (!gal_lua_opt_push(o, "tie_names") || !lua_istable(L, -1))
        gal_lua_error(L, GAL_EINVAL, "target: tie needs tie_names, a list");
    tie->n = lua_objlen(L, -1);
    const char **names = lua_newuserdata(L, (tie->n + 1) * sizeof *names);
    for (size_t i = 0; i < tie->n; i++) {
        lua_rawgeti(L, -2, (int)i + 1);
        names[i] = lua_tostring(L, -1); /* the list keeps it */
        if (!names[i])
            gal_lua_error(L, GAL_EINVAL, "target: tie_names must hold names");
        lua_pop(L, 1);
    }
    tie->name = names;
    lua_rawseti(L, kept, 3);
    lua_rawseti(L, kept, 4);
    return true;
}

/* target{ data =, model =, free = { {name, prior}, ... }, limits =, noise =, floor =, ... } */
static int target_create(lua_State *L)
{
    gal_lua_opts o;
    if (lua_istable(L, 1)) {
        lua_getfield(L, 1, "lnlike");
        bool own = !lua_isnil(L, -1);
        lua_pop(L, 1);
        if (own)
            return gal_lua_density_create(L);
    }
    gal_lua_opts_begin(L, &o, 1, "target");
    gal_obs *obs = gal_lua_opt_obj(&o, "data", &gal_lua_obs);
    gal_lua_galaxy *g = gal_lua_opt_obj(&o, "model", &gal_lua_galaxy_class);
    if (!obs)
        return gal_lua_error(L, GAL_EINVAL, "fit: 'data' is missing: an observation, such as observation.read(file)");
    if (!g)
        return gal_lua_error(L, GAL_EINVAL, "fit: 'model' is missing: a galaxy, such as galaxy{}");
    gal_fit_opts fo = {.galaxy = g->g, .theta = g->theta, .obs = obs};
    gal_lua_take_noise(L, &o, &fo);
    gal_lua_checkstatus(L, gal_limits_parse(&fo.limits, gal_lua_opt_str(&o, "limits", "censored")));
    if (!gal_lua_opt_push(&o, "free") || !lua_istable(L, -1))
        return gal_lua_error(L, GAL_EINVAL, "fit: 'free' is missing: a table of parameter = prior");
    int list = lua_gettop(L);
    size_t n = lua_objlen(L, list);
    gal_fit_par *par = lua_newuserdata(L, (n + 1) * sizeof *par);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, list, (int)i + 1);
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        par[i].name = lua_tostring(L, -2); /* the tables keep both alive */
        par[i].prior = gal_lua_test(L, -1, &gal_lua_prior);
        if (!par[i].name || !par[i].prior)
            return gal_lua_error(L, GAL_EINVAL, "fit: free[%d] must be {name, prior}", (int)i + 1);
        lua_pop(L, 3);
    }
    fo.free = par;
    fo.nfree = n;
    fo.plan = gal_lua_opt_range(&o, "plan", 0, 0, 0.1);
    fo.derive_later = gal_lua_opt_bool(&o, "derive_later", false);
    char cache[PATH_MAX];
    if (gal_lua_opt_bool(&o, "plan_cache", true) && gal_cache_dir("plans", cache, sizeof cache) == GAL_OK)
        fo.plan_cache = cache;
    gal_fit_family family;
    if (gal_lua_take_family(L, &o, &family))
        fo.family = &family;
    gal_fit_custom custom;
    int kept = 0;
    if (take_likelihood(&o, &custom)) {
        fo.custom = &custom;
        kept = lua_gettop(L);
    }
    gal_fit_tie tie;
    int tied = 0;
    if (take_tie(L, &o, &tie)) {
        fo.tie = &tie;
        tied = lua_gettop(L);
    }
    gal_lua_opts_end(&o);
    gal_fit *f;
    gal_lua_checkstatus(L, gal_fit_create(&f, &fo));
    gal_lua_push(L, &gal_lua_target, f);
    gal_lua_opt_push(&o, "data"); /* borrowed by the fit */
    gal_lua_keep(L, -2, -1, "data");
    lua_pop(L, 1);
    if (kept)
        gal_lua_keep(L, -1, kept, "likelihood");
    if (tied)
        gal_lua_keep(L, -1, tied, "tie");
    return 1;
}

void gal_luaopen_target(lua_State *L);
void gal_luaopen_target(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"target", target_create,
         "target{ data =, model =, free = { {name, prior}, ... } } -> target\nThe log-density that fit{} samples; or "
         "one of your "
         "own:\ntarget{ names = {\"a\", \"b\"}, priors = {prior.uniform(0, 1), ...}, lnlike = function(theta) return "
         "... end }, theta "
         "a vec of parameter values.\n"
         "@param names of your own density: parameter names\n@param priors their priors\n"
         "@param lnlike function of a vec of values returning ln L\n"
         "@param gradient (differences) function of it returning ln L and its derivatives by the values\n"
         "@param data observation\n@param model galaxy; its values are those of the fixed parameters\n"
         "@param free list of {name, prior}\n@param limits (censored) measured, censored, onesided or cut\n"
         "@param noise table of fixed noise parameters, names as in noise_params()\n"
         "@param floor per band: fractional error added to the datum\n"
         "@param offset per band: standard deviation of a calibration error shared by a group\n"
         "@param group per band: number of the group\n@param kernel (none) sqexp or matern32\n"
         "@param amplitude prior of a factor on the whole model, marginalised\n"
         "@param spectra a table for each spectrum of the observation, spectral, spectral_columns and settings of its "
         "own\n"
         "@param spectral fixed parameters of the spectrum in the order of spectrum.params(), nan = default\n"
         "@param spectral_kernel (none) of noise correlated over the pixels: matern32 or sqexp\n"
         "@param likelihood function of (model flux, observation) returning ln L, shipped: see likelihood.custom\n"
         "@param tie functions that set parameters from others, shipped: see fit\n@param tie_key what they do, for the "
         "fingerprint\n"
         "@param tie_names list of the parameters they set\n"
         "@param plan (0) tolerance of a plan for the bands, 0: the whole grid each time\n"
         "@param plan_cache (true) plans made before are read from the cache's folder, and kept there\n"
         "@param plan_bands filters of all fits that this one shares its plan with\n"
         "@param plan_redshift their redshifts, { lo, hi }, where these are fixed\n"
         "@param derive_later (false) samplers are given no derived quantities: derive(x) makes those of chosen "
         "points\n"
         "@param likelihood_key what it does, for the fingerprint"},
        {NULL, NULL, NULL},
    };
    lua_pushlightuserdata(L, L);
    lua_setfield(L, LUA_REGISTRYINDEX, MAIN_STATE);
    gal_lua_class_register(L, &gal_lua_target);
    gal_lua_module(L, NULL, rows, NULL);
}
