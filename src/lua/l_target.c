/* Lua: fit targets: model + data + priors as a log-density. lua/galua/fit.lua builds fit{...} from them; strategies in scripts may
 * use them directly. */
#include "galua/fit.h"
#include "lua/l_classes.h"

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
    double *blob = gal_lua_scratch(L, m * t->nblob), *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m);
    gal_lua_checkstatus(L, gal_target_eval(t, m, x, lp, ll, blob));
    return 2;
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
        lua_pushstring(L, names[i]);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, hex);
        lua_setfield(L, -2, "hash");
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}
static const gal_lua_row t_methods[] = {
    {"save", gal_lua_target_save,
     "save(engine, path, texts) -> target\nWrites the results file of a sampler's run; texts are kept in group galua."},
    {"restore", gal_lua_target_restore,
     "restore(path[, sampler]) -> engine\nThe stored run, to go on bit for bit; refused when the file is of another fit "
     "or sampler."},
    {"lnprob", t_lnprob,
     "lnprob(x) -> vec, vec\nln prior and ln likelihood at points in sampled coordinates: a matrix of rows, or one "
     "vector."},
    {"prior_transform", t_transform, "prior_transform(u) -> matrix\nUnit cube to sampled coordinates."},
    {"values", t_values,
     "values(x[, galaxy]) -> vec\nParameter values of one point; sets them in the galaxy when one is given."},
    {"fingerprint", t_fingerprint, "fingerprint() -> list\nName and hash of everything the posterior depends on."},
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

/* target{ data =, model =, free = { {name, prior}, ... }, limits =, floor =, f_cal = } */
static int target_create(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "target");
    gal_obs *obs = gal_lua_opt_obj(&o, "data", &gal_lua_obs);
    gal_lua_galaxy *g = gal_lua_opt_obj(&o, "model", &gal_lua_galaxy_class);
    if (!obs)
        return gal_lua_error(L, GAL_EINVAL, "fit: 'data' is missing: an observation, such as observation.read(file)");
    if (!g)
        return gal_lua_error(L, GAL_EINVAL, "fit: 'model' is missing: a galaxy, such as galaxy{}");
    gal_fit_opts fo = {.galaxy = g->g, .theta = g->theta, .obs = obs};
    fo.floor = gal_lua_opt_num(&o, "floor", 0);
    fo.f_cal = gal_lua_opt_num(&o, "f_cal", 0);
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
    gal_lua_opts_end(&o);
    gal_fit *f;
    gal_lua_checkstatus(L, gal_fit_create(&f, &fo));
    gal_lua_push(L, &gal_lua_target, f);
    gal_lua_opt_push(&o, "data"); /* borrowed by the fit */
    gal_lua_keep(L, -2, -1, "data");
    lua_pop(L, 1);
    return 1;
}
void gal_luaopen_target(lua_State *L);
void gal_luaopen_target(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"target", target_create,
         "target{ data =, model =, free = { {name, prior}, ... } } -> target\nThe log-density that fit{} samples.\n"
         "@param data observation\n@param model galaxy; its values are those of the fixed parameters\n"
         "@param free list of {name, prior}\n@param limits (censored) measured, censored, onesided or cut\n"
         "@param floor (0) fractional error added to every datum\n@param f_cal (0) fractional error of the model"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_target);
    gal_lua_module(L, NULL, rows, NULL);
}
