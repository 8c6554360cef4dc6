/* Lua: fit targets: model + data + priors as a log-density, for lua/galua/fit.lua, which builds fit{...} of them, and for strategies. */
#include "galua/fit.h"
#include "lua/bind/l_classes.h"
#include "lua/kit/worker.h"

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

static void push_names(lua_State *L, const char *const *names, size_t n)
{
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
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
    if (strcmp(key, "names") == 0)
        return push_names(L, t->names, t->ndim), 1;
    if (strcmp(key, "blob_names") == 0)
        return push_names(L, t->blob_names, t->nblob), 1;
    if (strcmp(key, "units") == 0 || strcmp(key, "blob_units") == 0) {
        bool blob = key[0] == 'b';
        size_t n = blob ? t->nblob : t->ndim;
        lua_createtable(L, (int)n, 0);
        for (size_t i = 0; i < n; i++) {
            lua_pushstring(L, blob ? gal_fit_blob_unit(f, i) : gal_fit_unit(f, i));
            lua_rawseti(L, -2, (int)i + 1);
        }
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
    {"nblob", "quantities kept with each sample"},
    {"blob_names", "their names"},
    {"blob_units", "their units"},
    {"nbands", "bands that enter the likelihood"},
    {"exact", "do gradients come from the model? Else they are differences of the likelihood"},
    {"plan", "of the option plan: tolerance, pending (not made yet), used, why not; nodes, bytes, error (largest at "
             "`checked` points), seconds, cached (read, not made); checks, worst (at that many samples), failed"},
    {"uncovered", "nil, or a line on points at whose redshift a band reached beyond the SSP table, and their number"},
    {"note", "one line on data that this model cannot describe, or an empty text"},
    {NULL, NULL},
};

/* Rows of sampled coordinates: a matrix, or a vector for one point. */
static const double *points(lua_State *L, int idx, size_t ndim, size_t *m)
{
    size_t cols;
    const double *x;
    if (gal_lua_tomat(L, idx)) {
        x = gal_lua_checkmat(L, idx, m, &cols);
    } else {
        x = gal_lua_checkvec(L, idx, &cols);
        *m = 1;
    }
    if (cols != ndim)
        gal_lua_error(L, GAL_EINVAL, "target: points have %d coordinates, expected %d", (int)cols, (int)ndim);
    return x;
}

static int t_lnprob(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m;
    const double *x = points(L, 2, t->ndim, &m);
    double *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m);
    gal_lua_checkstatus(L, gal_target_eval(t, m, x, lp, ll, NULL));
    return 2;
}

static int t_compare(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m, models = 0;
    const double *x = points(L, 2, t->ndim, &m);
    double *blob = gal_lua_pushvec(L, m * t->nblob), *ll = gal_lua_pushvec(L, 2 * m);
    gal_lua_checkstatus(L, gal_target_eval(t, m, x, ll + m, ll, blob));
    for (size_t k = 0; k < m; k++)
        models += ll[k] > -INFINITY;
    return lua_pushnumber(L, (double)models), lua_pushnumber(L, gal_fit_plan(f).worst), 2;
}

static int t_transform(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_target *t = gal_fit_target(f);
    size_t m;
    const double *u = points(L, 2, t->ndim, &m);
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
static size_t sample_rows(lua_State *L, const gal_target *t, const double **x, const double **blob)
{
    size_t m, mb;
    *x = points(L, 2, t->ndim, &m);
    *blob = points(L, 3, t->nblob, &mb);
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
    size_t m = sample_rows(L, gal_fit_target(f), &x, &blob), nb = nbands(L);
    double *term = gal_lua_pushmat(L, m, nb), *p_out = gal_lua_pushmat(L, m, nb);
    gal_lua_checkstatus(L, gal_fit_pointwise(f, m, x, blob, term, p_out));
    return 2;
}

static int t_replicate(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const double *x, *blob;
    size_t m = sample_rows(L, gal_fit_target(f), &x, &blob), nb = nbands(L);
    double seed = lua_isnoneornil(L, 4) ? 0 : gal_lua_checknum(L, 4);
    double *y = gal_lua_pushmat(L, m, nb), *sigma = gal_lua_pushmat(L, m, nb);
    gal_lua_checkstatus(L, gal_fit_replicate(f, m, x, blob, (uint64_t)seed, y, sigma));
    return 2;
}

static int t_loo(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const double *x, *blob;
    size_t m = sample_rows(L, gal_fit_target(f), &x, &blob), nb = nbands(L);
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
typedef struct {
    const char *shipped;
    size_t n;
} lua_like;

static gal_status like_open(void **local, void *ctx)
{
    const lua_like *like = ctx;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, "likelihood", "likelihood", like->shipped, like->n);
    *local = w;
    return st;
}

static void like_close(void *local)
{
    gal_worker_close(local);
}

static gal_status like_call(void *ctx, void *local, const double *flux, double *lnl)
{
    (void)ctx;
    const void *ptr[2] = {flux, lnl};
    return gal_worker_run(local, ptr, 2, 1);
}

/* Options likelihood (text of ship.pack with the observation in it) and likelihood_key (what it does, for the fingerprint): leaves a
 * table on the stack that the target must keep. false: not given */
static bool take_likelihood(lua_State *L, gal_lua_opts *o, gal_fit_custom *custom)
{
    if (!gal_lua_opt_push(o, "likelihood"))
        return false;
    if (lua_type(L, -1) != LUA_TSTRING)
        gal_lua_opt_typeerror(o, "likelihood", "a shipped function: fit{ likelihood = likelihood.custom(f) }", -1);
    int text = lua_gettop(L);
    const char *key = gal_lua_opt_str(o, "likelihood_key", "");
    lua_like *like = lua_newuserdata(L, sizeof *like);
    like->shipped = lua_tolstring(L, text, &like->n);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, text);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, 2);
    *custom = (gal_fit_custom){.open = like_open,
                               .close = like_close,
                               .lnlike = like_call,
                               .ctx = like,
                               .hash = gal_hash_bytes(key, strlen(key))};
    return true;
}

/* ------------------------------------------------------------------ parameters that follow from others, in Lua */
static gal_status tie_open(void **local, void *ctx)
{
    const lua_like *tie = ctx;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, "tie", "tie", tie->shipped, tie->n);
    *local = w;
    return st;
}

static gal_status tie_apply(void *ctx, void *local, double *theta)
{
    (void)ctx;
    const void *ptr[1] = {theta};
    return gal_worker_run(local, ptr, 1, 0);
}

/* Options tie (text of ship.pack), tie_key and tie_names; leaves a table on the stack that the target must keep. false: not given */
static bool take_tie(lua_State *L, gal_lua_opts *o, gal_fit_tie *tie)
{
    if (!gal_lua_opt_push(o, "tie"))
        return false;
    if (lua_type(L, -1) != LUA_TSTRING)
        gal_lua_opt_typeerror(o, "tie", "shipped functions: fit{ tie = { ... } }", -1);
    int text = lua_gettop(L);
    const char *key = gal_lua_opt_str(o, "tie_key", "");
    lua_like *t = lua_newuserdata(L, sizeof *t);
    t->shipped = lua_tolstring(L, text, &t->n);
    if (!gal_lua_opt_push(o, "tie_names") || !lua_istable(L, -1))
        gal_lua_error(L, GAL_EINVAL, "target: tie needs tie_names, a list");
    size_t n = lua_objlen(L, -1);
    const char **names = lua_newuserdata(L, (n + 1) * sizeof *names);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (int)i + 1);
        names[i] = lua_tostring(L, -1); /* the list keeps it */
        if (!names[i])
            gal_lua_error(L, GAL_EINVAL, "target: tie_names must hold names");
        lua_pop(L, 1);
    }
    lua_createtable(L, 4, 0);
    for (int i = 0; i < 4; i++) {
        lua_pushvalue(L, text + i);
        lua_rawseti(L, -2, i + 1);
    }
    *tie = (gal_fit_tie){.open = tie_open,
                         .close = like_close,
                         .apply = tie_apply,
                         .ctx = t,
                         .hash = gal_hash_bytes(key, strlen(key)),
                         .name = names,
                         .n = n};
    return true;
}

/* vec of one number per band, or NULL */
static const double *per_band(lua_State *L, gal_lua_opts *o, const char *name, size_t n)
{
    size_t m;
    const double *v = gal_lua_opt_vec(o, name, &m);
    if (v && m != n)
        gal_lua_error(L, GAL_EINVAL, "target: %s has %d numbers, the observation has %d bands", name, (int)m, (int)n);
    return v;
}

static void take_noise(lua_State *L, gal_lua_opts *o, gal_fit_opts *fo)
{
    size_t np, n = fo->obs->n;
    const gal_param *par = gal_noise_params(&np);
    if (gal_lua_opt_push(o, "noise")) {
        for (size_t k = 0; k < np; k++) {
            lua_getfield(L, -1, par[k].name);
            if (lua_type(L, -1) == LUA_TNUMBER)
                gal_noise_set(&fo->noise, k, lua_tonumber(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    fo->floor = per_band(L, o, "floor", n);
    fo->offset = per_band(L, o, "offset", n);
    const double *group = per_band(L, o, "group", n);
    if (fo->offset && group) {
        int *g = lua_newuserdata(L, (n + 1) * sizeof *g); /* stays on the stack */
        for (size_t i = 0; i < n; i++)
            g[i] = (int)group[i];
        fo->group = g;
    }
    if (gal_kernel_parse(&fo->kernel, gal_lua_opt_str(o, "kernel", "none")) != GAL_OK)
        gal_lua_fail(L);
    fo->amplitude = gal_lua_opt_obj(o, "amplitude", &gal_lua_prior);
    size_t ns, given;
    gal_spectral_params(&ns);
    fo->spectral = gal_lua_opt_vec(o, "spectral", &given);
    if (gal_kernel_parse(&fo->spectral_kernel, gal_lua_opt_str(o, "spectral_kernel", "none")) != GAL_OK)
        gal_lua_fail(L);
    if (fo->spectral && given != ns)
        gal_lua_error(L, GAL_EINVAL, "target: spectral has %d numbers, expected %d", (int)given, (int)ns);
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
    take_noise(L, &o, &fo);
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
    char cache[PATH_MAX];
    if (gal_lua_opt_bool(&o, "plan_cache", true) && gal_cache_dir("plans", cache, sizeof cache) == GAL_OK)
        fo.plan_cache = cache;
    gal_fit_custom custom;
    int kept = 0;
    if (take_likelihood(L, &o, &custom)) {
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

/* noise_params() -> list like galaxy:params() */
static int noise_params(lua_State *L)
{
    size_t n;
    const gal_param *p = gal_noise_params(&n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        const double num[] = {p[i].value, p[i].lo, p[i].hi, p[i].plo, p[i].phi};
        static const char *const key[] = {"value", "lo", "hi", "plo", "phi"};
        lua_createtable(L, 0, 10);
        lua_pushfstring(L, "noise.%s", p[i].name);
        lua_setfield(L, -2, "name");
        gal_lua_set_text(L, "unit", p[i].unit);
        gal_lua_set_text(L, "doc", p[i].doc);
        for (int k = 0; k < 5; k++)
            gal_lua_set_num(L, key[k], num[k]);
        gal_lua_set_flag(L, "log", p[i].log);
        gal_lua_set_flag(L, "free", p[i].free);
        lua_rawseti(L, -2, (int)i + 1);
    }
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
         "@param spectral fixed parameters of the spectrum in the order of spectrum.params(), nan = default\n"
         "@param spectral_kernel (none) of noise correlated over the pixels: matern32 or sqexp\n"
         "@param likelihood function of (model flux, observation) returning ln L, shipped: see likelihood.custom\n"
         "@param tie functions that set parameters from others, shipped: see fit\n@param tie_key what they do, for the "
         "fingerprint\n"
         "@param tie_names list of the parameters they set\n"
         "@param plan (0) tolerance of a plan for the bands, 0: the whole grid each time\n"
         "@param plan_cache (true) plans made before are read from the cache's folder, and kept there\n"
         "@param likelihood_key what it does, for the fingerprint"},
        {"noise_params", noise_params,
         "noise_params() -> list\nThe noise parameters that a fit can vary: name, unit, value, lo, hi, plo, phi, log, "
         "doc."},
        {NULL, NULL, NULL},
    };
    lua_pushlightuserdata(L, L);
    lua_setfield(L, LUA_REGISTRYINDEX, MAIN_STATE);
    gal_lua_class_register(L, &gal_lua_target);
    gal_lua_module(L, NULL, rows, NULL);
}
