/* Lua: fit targets (model + data + priors) and ensembles. lua/galua/fit.lua builds fit{...} from them; strategies in scripts
 * may use them directly. Sample arrays are copied into matrices: rows = samples, columns = parameters. */
#include "galua/diag.h"
#include "galua/ensemble.h"
#include "galua/fit.h"
#include "galua/result.h"
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

/* ------------------------------------------------------------------ results file */
static void map_values(void *ctx, const double *x, double *v)
{
    gal_fit_values(ctx, x, v);
}

static gal_status add_fingerprint(const gal_fit *f, gal_fingerprint *fp)
{
    const char *names[GAL_FIT_NFINGER];
    gal_hash h[GAL_FIT_NFINGER];
    gal_status st = GAL_OK;
    gal_fit_fingerprint(f, names, h);
    for (int i = 0; st == GAL_OK && i < GAL_FIT_NFINGER; i++)
        st = gal_fingerprint_add(fp, names[i], h[i], NULL);
    return st;
}

/* Data by band, and every transmission curve, so that the file stands alone. */
static gal_status put_data(gal_result *r, const gal_obs *o)
{
    gal_status st = GAL_OK;
    const char *dim[1] = {"band"};
    const char **names = GAL_NEWN(const char *, 2 * o->n + 1), **notes = names + o->n;
    double *pivot = GAL_NEWN(double, o->n + 1);
    int64_t *kind = GAL_NEWN(int64_t, o->n + 1);
    if (!names || !pivot || !kind)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < o->n; i++) {
        names[i] = o->filter[i]->name;
        notes[i] = o->note[i] ? o->note[i] : "";
        pivot[i] = o->filter[i]->pivot;
        kind[i] = o->kind[i];
    }
    GAL_TRY(gal_result_coord_text(r, "band", o->n, names));
    GAL_TRY(gal_result_put(r, "observed_data", "flux", GAL_VAR_F64, 1, dim, &o->n, o->flux, "mJy",
                           "flux density, or the limit"));
    GAL_TRY(gal_result_put(r, "constant_data", "err", GAL_VAR_F64, 1, dim, &o->n, o->err, "mJy", "one sigma"));
    GAL_TRY(gal_result_put(r, "constant_data", "pivot", GAL_VAR_F64, 1, dim, &o->n, pivot, "A", "pivot wavelength"));
    GAL_TRY(gal_result_put(r, "constant_data", "kind", GAL_VAR_I64, 1, dim, &o->n, kind, NULL,
                           "0 detection, 1 limit, 2 ignored"));
    GAL_TRY(gal_result_put(r, "constant_data", "note", GAL_VAR_TEXT, 1, dim, &o->n, notes, NULL, NULL));
    for (size_t i = 0; i < o->n; i++) {
        const gal_filter *f = o->filter[i];
        char name[200], d[200];
        const char *dims[1] = {d};
        snprintf(d, sizeof d, "node.%s", f->name);
        snprintf(name, sizeof name, "filter.%s.wave", f->name);
        GAL_TRY(gal_result_put(r, "galua", name, GAL_VAR_F64, 1, dims, &f->n, f->wave, "A", NULL));
        snprintf(name, sizeof name, "filter.%s.trans", f->name);
        GAL_TRY(gal_result_put(r, "galua", name, GAL_VAR_F64, 1, dims, &f->n, f->trans, NULL, "photon response"));
    }
out:
    gal_free(names);
    gal_free(pivot);
    gal_free(kind);
    return st;
}

/* target:save(ensemble, path, { model =, script =, ... }): the strings of the table go to group galua */
static int t_save(lua_State *L)
{
    gal_fit *f = target(L, 1);
    gal_ensemble *e = gal_lua_check(L, 2, &gal_lua_ensemble);
    const char *path = gal_lua_checkstr(L, 3);
    const gal_target *t = gal_fit_target(f);
    size_t d = t->ndim, nb = t->nblob;
    const char **units = lua_newuserdata(L, (d + nb) * sizeof *units);
    for (size_t i = 0; i < d; i++)
        units[i] = gal_fit_unit(f, i);
    for (size_t i = 0; i < nb; i++)
        units[d + i] = gal_fit_blob_unit(f, i);
    gal_result_map map = {
        .nvalue = d, .names = t->names, .units = units, .values = map_values, .ctx = f, .blob_units = units + d};
    gal_result *r = NULL;
    gal_fingerprint *fp = NULL;
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_create(&r));
    GAL_TRY(gal_result_put_ensemble(r, e, &map));
    gal_lua_kept(L, 1, "data");
    GAL_TRY(put_data(r, gal_lua_test(L, -1, &gal_lua_obs)));
    GAL_TRY(gal_fingerprint_create(&fp));
    GAL_TRY(add_fingerprint(f, fp));
    GAL_TRY(gal_result_put_fingerprint(r, fp));
    if (lua_istable(L, 4)) {
        lua_pushnil(L);
        while (lua_next(L, 4)) {
            if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING)
                GAL_TRY(gal_result_put_text(r, "galua", lua_tostring(L, -2), lua_tostring(L, -1)));
            lua_pop(L, 1);
        }
    }
    GAL_TRY(gal_result_write(r, path));
out:
    gal_fingerprint_free(fp);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    lua_settop(L, 1);
    return 1;
}

/* target:restore(path) -> ensemble; refused when the file belongs to another fit */
static int t_restore(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const char *path = gal_lua_checkstr(L, 2);
    gal_result *r = NULL;
    gal_fingerprint *fp = NULL;
    gal_ensemble *e = NULL;
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_read(&r, path));
    GAL_TRY(gal_fingerprint_create(&fp));
    GAL_TRY(add_fingerprint(f, fp));
    GAL_TRY(gal_result_check_fingerprint(r, path, fp));
    GAL_TRY(gal_result_restore_ensemble(&e, r, gal_fit_target(f)));
out:
    gal_fingerprint_free(fp);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_ensemble, e);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

/* result_texts(path) -> table of the texts in group galua, observation with the stored curves */
static int result_texts(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    gal_result *r;
    gal_lua_checkstatus(L, gal_result_read(&r, path));
    lua_newtable(L);
    for (size_t i = 0; i < gal_result_nvars(r); i++) {
        const gal_var *v = gal_result_var_at(r, i);
        if (strcmp(v->group, "galua") == 0 && v->type == GAL_VAR_TEXT && v->rank == 0) {
            lua_pushstring(L, *(char **)v->data);
            lua_setfield(L, -2, v->name);
        }
    }
    gal_obs *o = NULL;
    gal_filter *fl = NULL;
    gal_status st = GAL_OK;
    const gal_var *band = gal_result_coord(r, "band"), *flux, *err, *kind, *note, *w, *t;
    if (!band)
        GAL_THROW(GAL_EFORMAT, "%s: holds no photometry (coordinate 'band' is missing): not a file of fit:save", path);
    GAL_TRY(gal_result_get(r, "observed_data", "flux", GAL_VAR_F64, 1, &flux));
    GAL_TRY(gal_result_get(r, "constant_data", "err", GAL_VAR_F64, 1, &err));
    GAL_TRY(gal_result_get(r, "constant_data", "kind", GAL_VAR_I64, 1, &kind));
    GAL_TRY(gal_result_get(r, "constant_data", "note", GAL_VAR_TEXT, 1, &note));
    GAL_TRY(gal_obs_create(&o, "", NAN));
    for (size_t i = 0; i < band->size[0]; i++) {
        const char *b = ((char **)band->data)[i];
        char name[200];
        snprintf(name, sizeof name, "filter.%s.wave", b);
        GAL_TRY(gal_result_get(r, "galua", name, GAL_VAR_F64, 1, &w));
        snprintf(name, sizeof name, "filter.%s.trans", b);
        GAL_TRY(gal_result_get(r, "galua", name, GAL_VAR_F64, 1, &t));
        GAL_TRY(gal_filter_create(&fl, b, w->data, t->data, w->size[0], false, path));
        GAL_TRY(gal_obs_add(o, fl, ((double *)flux->data)[i], ((double *)err->data)[i],
                            (gal_obs_kind)((int64_t *)kind->data)[i], ((char **)note->data)[i]));
        gal_filter_unref(fl);
        fl = NULL;
    }
out:
    gal_filter_unref(fl);
    gal_result_free(r);
    if (st != GAL_OK)
        gal_obs_free(o);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_obs, o);
    return 2;
}

static const gal_lua_row t_methods[] = {
    {"save", t_save, "save(ensemble, path, texts) -> target\nWrites the results file; texts are kept in group galua."},
    {"restore", t_restore,
     "restore(path) -> ensemble\nThe stored ensemble, to go on bit for bit; refused when the file is of another fit."},
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

/* ------------------------------------------------------------------ ensemble */
static void ensemble_free(void *obj)
{
    gal_ensemble_free(obj);
}

static gal_ensemble *ensemble(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_ensemble);
}

static int e_get(lua_State *L, void *obj, const char *key)
{
    const gal_ensemble *e = obj;
    if (strcmp(key, "steps") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_steps(e)), 1;
    if (strcmp(key, "stored") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_nstored(e)), 1;
    if (strcmp(key, "walkers") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_nwalkers(e)), 1;
    if (strcmp(key, "thin") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_thin(e)), 1;
    if (strcmp(key, "seconds") == 0)
        return lua_pushnumber(L, gal_ensemble_seconds(e)), 1;
    if (strcmp(key, "evaluations") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_evaluations(e)), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_ensemble_end(e))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_ensemble_end_text(e)), 1;
    if (strcmp(key, "acceptance") == 0) {
        size_t n = gal_ensemble_nwalkers(e);
        gal_ensemble_acceptance(e, gal_lua_pushvec(L, n));
        return 1;
    }
    return 0;
}

static const gal_lua_field e_fields[] = {
    {"steps", "steps made"},
    {"stored", "samples kept per walker"},
    {"walkers", "number of walkers"},
    {"thin", "every how many steps a sample is kept"},
    {"seconds", "[s] time spent"},
    {"evaluations", "likelihoods evaluated"},
    {"state", "how the last run ended: done, converged, limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {"acceptance", "accepted fraction per walker"},
    {NULL, NULL},
};

/* Lua progress function(fraction, text); true stops the run */
struct progress {
    lua_State *L;
    int fn; /* stack index */
    bool failed;
};

static int on_progress(void *ctx, double fraction, const char *text)
{
    struct progress *p = ctx;
    lua_pushvalue(p->L, p->fn);
    lua_pushnumber(p->L, fraction);
    lua_pushstring(p->L, text);
    if (gal_lua_call(p->L, 2, 1, "progress") != GAL_OK) {
        p->failed = true;
        return 1;
    }
    int stop = lua_toboolean(p->L, -1);
    lua_pop(p->L, 1);
    return stop;
}

static gal_status on_hook(void *ctx, const gal_ensemble *e)
{
    (void)e;
    struct progress *p = ctx;
    lua_pushvalue(p->L, p->fn);
    return gal_lua_call(p->L, 0, 0, "checkpoint");
}

static int e_run(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "ensemble:run");
    gal_ensemble_goal goal = {0};
    struct progress p = {.L = L}, hook = {.L = L};
    goal.more = (size_t)gal_lua_opt_int(&o, "more", 0, 0, 1000000000);
    goal.until = (size_t)gal_lua_opt_int(&o, "until", 0, 0, 1000000000);
    if (gal_lua_opt_given(&o, "steps"))
        goal.more = (size_t)gal_lua_opt_int(&o, "steps", 0, 0, 1000000000);
    goal.tau = gal_lua_opt_num(&o, "until_tau", 0);
    goal.dtau = gal_lua_opt_num(&o, "dtau", 0);
    goal.max_steps = (size_t)gal_lua_opt_int(&o, "max", 0, 0, 1000000000);
    if (gal_lua_opt_push(&o, "progress")) {
        p.fn = lua_gettop(L);
        goal.progress = on_progress;
        goal.progress_ctx = &p;
    }
    goal.hook_every = gal_lua_opt_num(&o, "checkpoint_every", 30);
    if (gal_lua_opt_push(&o, "checkpoint")) {
        hook.fn = lua_gettop(L);
        goal.hook = on_hook;
        goal.hook_ctx = &hook;
    }
    gal_lua_opts_end(&o);
    gal_status st = gal_ensemble_run(e, &goal);
    if (p.failed || (st != GAL_OK && st != GAL_EINTR))
        return gal_lua_fail(L);
    lua_pushstring(L, gal_run_end_name(gal_ensemble_end(e)));
    return 1;
}

static int e_start(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    const gal_target *t = gal_ensemble_target(e);
    if (lua_isnoneornil(L, 2)) {
        gal_lua_checkstatus(L, gal_ensemble_start_prior(e));
    } else {
        size_t rows, cols;
        const double *x = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != gal_ensemble_nwalkers(e) || cols != t->ndim)
            return gal_lua_error(L, GAL_EINVAL, "ensemble:start: got %d x %d positions, expected %d walkers x %d",
                                 (int)rows, (int)cols, (int)gal_ensemble_nwalkers(e), (int)t->ndim);
        gal_lua_checkstatus(L, gal_ensemble_start(e, x));
    }
    lua_settop(L, 1);
    return 1;
}

static int e_tau(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    bool enough;
    double *tau = gal_lua_pushvec(L, gal_ensemble_target(e)->ndim);
    gal_lua_checkstatus(L, gal_ensemble_tau(e, tau, &enough));
    lua_pushboolean(L, enough);
    return 2;
}

/* samples{ discard = 0, thin = 1 } -> x, lnprior, lnlike, blobs: stored samples after the first `discard`, every thin-th, walkers
 * one after another inside a sample */
static int e_samples(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "ensemble:samples");
    size_t discard = (size_t)gal_lua_opt_int(&o, "discard", 0, 0, 1000000000);
    size_t thin = (size_t)gal_lua_opt_int(&o, "thin", 1, 1, 1000000000);
    gal_lua_opts_end(&o);
    const gal_target *t = gal_ensemble_target(e);
    size_t n = gal_ensemble_nstored(e), w = gal_ensemble_nwalkers(e), d = t->ndim, nb = t->nblob;
    size_t kept = n > discard ? (n - discard + thin - 1) / thin : 0;
    double *x = gal_lua_pushmat(L, kept * w, d), *lp = gal_lua_pushvec(L, kept * w), *ll = gal_lua_pushvec(L, kept * w);
    double *b = gal_lua_pushmat(L, kept * w, nb);
    for (size_t k = 0; k < kept; k++) {
        size_t i = discard + k * thin;
        memcpy(x + k * w * d, gal_ensemble_chain(e) + i * w * d, w * d * sizeof *x);
        memcpy(lp + k * w, gal_ensemble_lnprior(e) + i * w, w * sizeof *lp);
        memcpy(ll + k * w, gal_ensemble_lnlike(e) + i * w, w * sizeof *ll);
        if (nb)
            memcpy(b + k * w * nb, gal_ensemble_blobs(e) + i * w * nb, w * nb * sizeof *b);
    }
    return 4;
}

static void push_row(lua_State *L, const gal_summary_row *r)
{
    const struct {
        const char *key;
        double v;
    } num[] = {{"median", r->median}, {"q16", r->q16}, {"q84", r->q84}, {"q025", r->q025}, {"q975", r->q975},
               {"mean", r->mean},     {"sd", r->sd},   {"ess", r->ess}, {"tau", r->tau},   {"mcse", r->mcse_mean}};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof num / sizeof *num; i++) {
        lua_pushnumber(L, num[i].v);
        lua_setfield(L, -2, num[i].key);
    }
    lua_pushstring(L, r->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, r->unit ? r->unit : "");
    lua_setfield(L, -2, "unit");
    lua_pushstring(L, r->edge & GAL_EDGE_LOWER ? "lower" : r->edge & GAL_EDGE_UPPER ? "upper" : "");
    lua_setfield(L, -2, "edge");
    lua_pushboolean(L, r->trusted);
    lua_setfield(L, -2, "trusted");
}

/* summary{ discard = } -> rows of the parameters (values, not coordinates), rows of the blobs */
static int e_summary(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "ensemble:summary");
    size_t discard = (size_t)gal_lua_opt_int(&o, "discard", 0, 0, 1000000000);
    gal_lua_opts_end(&o);
    gal_lua_kept(L, 1, "target");
    const gal_fit *f = target(L, -1);
    const gal_target *t = gal_ensemble_target(e);
    size_t n = gal_ensemble_nstored(e), w = gal_ensemble_nwalkers(e), d = t->ndim, nb = t->nblob;
    if (n < discard + 4)
        return gal_lua_error(L, GAL_EINVAL, "ensemble:summary: %d samples stored, too few after leaving out %d", (int)n,
                             (int)discard);
    double *value = gal_lua_scratch(L, n * w * d);
    for (size_t i = 0; i < n * w; i++)
        gal_fit_values(f, gal_ensemble_chain(e) + i * d, value + i * d);
    gal_summary_in *in = lua_newuserdata(L, (d + nb + 1) * sizeof *in);
    for (size_t k = 0; k < d + nb; k++) {
        in[k] = (gal_summary_in){.thin = gal_ensemble_thin(e)};
        if (k < d) {
            in[k].name = t->names[k];
            in[k].unit = gal_fit_unit(f, k);
            in[k].values = gal_chains_column(value, n, w, d, k, discard);
            in[k].coord = gal_chains_column(gal_ensemble_chain(e), n, w, d, k, discard);
            gal_prior_bounds(gal_fit_prior(f, k), &in[k].lo, &in[k].hi);
        } else {
            in[k].name = t->blob_names[k - d];
            in[k].unit = gal_fit_blob_unit(f, k - d);
            in[k].values = gal_chains_column(gal_ensemble_blobs(e), n, w, nb, k - d, discard);
        }
    }
    gal_summary s;
    gal_lua_checkstatus(L, gal_summary_make(&s, GAL_DRAWS_ENSEMBLE, in, d + nb));
    for (int part = 0; part < 2; part++) {
        lua_newtable(L);
        int i = 0;
        for (size_t k = part ? d : 0; k < (part ? d + nb : d); k++) {
            push_row(L, &s.row[k]);
            lua_rawseti(L, -2, ++i);
        }
    }
    gal_summary_free(&s);
    return 2;
}

static const gal_lua_row e_methods[] = {
    {"summary", e_summary,
     "summary{ discard = } -> rows, rows\nMedian, 16-84 %, mean, sd, effective sample size, tau, prior edge of each "
     "parameter and blob.\n"
     "@param discard (0) leave out the first stored samples"},
    {"start", e_start,
     "start([positions]) -> ensemble\nStart from draws of the prior, or from walkers x ndim positions."},
    {"run", e_run,
     "run{ more = | until = | until_tau = } -> state\nMoves the walkers; Ctrl-C stops between batches and keeps all "
     "samples.\n"
     "@param more this many more steps\n@param until until this many steps in all\n@param steps the same as more\n"
     "@param until_tau until this many autocorrelation times (usual: 50)\n@param dtau (0.01) and they change by less than this fraction\n@param max with until_tau: at most so many "
     "steps\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint function() called now and then\n"
     "@param checkpoint_every [s] (30) how often"},
    {"tau", e_tau, "tau() -> vec, boolean\nAutocorrelation times in steps; is the chain longer than 50 of them?"},
    {"samples", e_samples,
     "samples{ discard =, thin = } -> x, lnprior, lnlike, blobs\nStored samples as matrices and vectors.\n"
     "@param discard (0) leave out the first stored samples\n@param thin (1) take every so many"},
    {NULL, NULL, NULL},
};

static void e_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "ensemble   %d walkers   %d steps   %s", (int)gal_ensemble_nwalkers(obj),
                    (int)gal_ensemble_steps(obj), gal_run_end_name(gal_ensemble_end(obj)));
}

const gal_lua_class gal_lua_ensemble = {
    .name = "ensemble",
    .doc = "Affine-invariant ensemble of walkers on a target.",
    .methods = e_methods,
    .fields = e_fields,
    .free = ensemble_free,
    .get = e_get,
    .tostring = e_tostring,
};

/* one move: a name, or { "de", gamma = , weight = } */
static gal_move read_move(lua_State *L, int idx)
{
    const char *names[GAL_MOVE_NKINDS], *want = NULL;
    gal_move m = {0};
    int top = lua_gettop(L);
    if (lua_istable(L, idx)) {
        lua_rawgeti(L, idx, 1);
        want = lua_tostring(L, -1);
    } else {
        want = lua_tostring(L, idx);
    }
    for (int k = 0; k < GAL_MOVE_NKINDS; k++)
        names[k] = gal_move_name((gal_move_kind)k);
    int k = 0;
    while (want && k < GAL_MOVE_NKINDS && strcmp(names[k], want) != 0)
        k++;
    if (!want || k == GAL_MOVE_NKINDS) {
        char hint[60];
        gal_did_you_mean(hint, sizeof hint, want ? want : "", names, GAL_MOVE_NKINDS);
        gal_lua_error(L, GAL_ENOTFOUND, "unknown move '%s'%s (known: stretch de snooker walk)", want ? want : "?",
                      hint);
    }
    m = gal_move_default((gal_move_kind)k);
    if (lua_istable(L, idx)) {
        const struct {
            const char *key;
            double *v;
        } num[] = {{"weight", &m.weight}, {"a", &m.a}, {"gamma", &m.gamma}, {"sigma", &m.sigma}, {"jump", &m.jump}};
        for (size_t i = 0; i < sizeof num / sizeof *num; i++) {
            lua_getfield(L, idx, num[i].key);
            if (!lua_isnil(L, -1))
                *num[i].v = gal_lua_checknum(L, -1);
        }
        lua_getfield(L, idx, "subset");
        if (!lua_isnil(L, -1))
            m.subset = (size_t)gal_lua_checkint(L, -1, 1, 1000000);
    }
    lua_settop(L, top);
    return m;
}

/* ensemble(target, { walkers =, moves = { "stretch" or {"de", ...}, ... } or "mix", seed =, thin =, source = }) */
static int ensemble_create(lua_State *L)
{
    gal_fit *f = target(L, 1);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "ensemble");
    gal_move moves[GAL_MOVES_MAX];
    gal_ensemble_opt eo = {.moves = moves};
    eo.nwalkers = (size_t)gal_lua_opt_int(&o, "walkers", 0, 0, 100000);
    eo.seed = gal_lua_opt_given(&o, "seed") ? (uint64_t)gal_lua_opt_range(&o, "seed", 1, 0, 9007199254740992.)
                                            : gal_lua_seed(L);
    eo.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    eo.thin = (size_t)gal_lua_opt_int(&o, "thin", 1, 1, 1000000);
    eo.force = gal_lua_opt_bool(&o, "force", false);
    if (gal_lua_opt_push(&o, "moves")) {
        if (lua_type(L, -1) == LUA_TSTRING) {
            gal_lua_checkstatus(L, gal_moves_preset(lua_tostring(L, -1), moves, &eo.nmoves));
        } else if (lua_istable(L, -1)) {
            int list = lua_gettop(L);
            eo.nmoves = lua_objlen(L, list);
            if (eo.nmoves < 1 || eo.nmoves > GAL_MOVES_MAX)
                return gal_lua_error(L, GAL_EINVAL, "ensemble: moves must be a list of 1..%d moves", GAL_MOVES_MAX);
            for (size_t i = 0; i < eo.nmoves; i++) {
                lua_rawgeti(L, list, (int)i + 1);
                moves[i] = read_move(L, lua_gettop(L));
                lua_pop(L, 1);
            }
        } else {
            return gal_lua_opt_typeerror(&o, "moves", "a name or a list of moves", -1);
        }
    }
    gal_lua_opts_end(&o);
    gal_ensemble *e;
    gal_lua_checkstatus(L, gal_ensemble_create(&e, gal_fit_target(f), &eo));
    gal_lua_push(L, &gal_lua_ensemble, e);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

void gal_luaopen_fit(lua_State *L);
void gal_luaopen_fit(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"target", target_create,
         "target{ data =, model =, free = { {name, prior}, ... } } -> target\nThe log-density that fit{} samples.\n"
         "@param data observation\n@param model galaxy; its values are those of the fixed parameters\n"
         "@param free list of {name, prior}\n@param limits (censored) measured, censored, onesided or cut\n"
         "@param floor (0) fractional error added to every datum\n@param f_cal (0) fractional error of the model"},
        {"result_texts", result_texts,
         "result_texts(path) -> table, observation\nThe texts of a results file and the photometry it holds; see "
         "load_fit."},
        {"ensemble", ensemble_create,
         "ensemble(target, options) -> ensemble\nWalkers on a target (Goodman & Weare 2010).\n"
         "@param walkers (4 ndim, at least 32) number of walkers\n"
         "@param moves (stretch) 'stretch', 'mix' = 0.8 DE + 0.2 snooker, or a list such as { {'de', weight = 0.8}, "
         "{'snooker', weight = 0.2} }\n"
         "@param seed (session) seed\n@param thin (1) keep every so many steps\n@param source (0) further key of the "
         "random numbers\n"
         "@param force (false) accept few walkers or poor start positions"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_target);
    gal_lua_class_register(L, &gal_lua_ensemble);
    gal_lua_module(L, NULL, rows, NULL);
}
