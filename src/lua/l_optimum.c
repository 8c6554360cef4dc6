/* Lua: optima of a target (L-BFGS, Laplace) and Pathfinder. */
#include "galua/optimum.h"

#include <math.h>
#include <string.h>

#include "galua/pathfinder.h"
#include "lua/engine.h"
#include "lua/l_classes.h"

/* run{ progress = }: neither has anything to checkpoint; a run begins anew */
static int run_options(lua_State *L, const char *name, gal_lua_hooks *h)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, name);
    gal_lua_hooks_read(&o, h);
    gal_lua_opts_end(&o);
    return 0;
}

/* ------------------------------------------------------------------ optimum */
static gal_optimum *optimum(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_optimum);
}

static void optimum_free(void *obj)
{
    gal_optimum_free(obj);
}

static int o_get(lua_State *L, void *obj, const char *key)
{
    const gal_optimum *o = obj;
    const gal_lua_number num[] = {{"nmodes", (double)gal_optimum_nmodes(o)},
                                  {"stored", (double)gal_optimum_draws(o)->n},
                                  {"seconds", gal_optimum_seconds(o)},
                                  {"evaluations", (double)gal_optimum_evaluations(o)},
                                  {"lnz_laplace", gal_optimum_lnz_laplace(o)}};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        if (strcmp(key, num[i].key) == 0)
            return lua_pushnumber(L, num[i].v), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_optimum_end(o))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_optimum_end_text(o)), 1;
    if (strcmp(key, "space") == 0)
        return lua_pushstring(L, gal_optimum_space_text(o)), 1;
    return gal_lua_get_importance(L, gal_optimum_importance(o), key);
}

static const gal_lua_field o_fields[] = {
    {"nmodes", "distinct modes found"},
    {"stored", "weighted draws of the Laplace mixture"},
    {"lnz", "ln evidence by importance sampling"},
    {"lnz_err", "its standard error"},
    {"lnz_laplace", "ln evidence by Laplace's method, summed over modes"},
    {"khat", "Pareto k of the weights: below 0.7 the draws can be used"},
    {"ess", "effective number of draws"},
    {"seconds", "[s] time spent"},
    {"evaluations", "likelihoods evaluated"},
    {"state", "how the last run ended: converged, limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {"space", "coordinates and gradients in use"},
    {NULL, NULL},
};

static int o_run(lua_State *L)
{
    gal_optimum *o = optimum(L);
    gal_lua_hooks h;
    run_options(L, "optimum:run", &h);
    gal_status st = gal_optimum_run(o, gal_lua_hooks_progress(&h), &h);
    return gal_lua_run_ended(L, &h, st, gal_optimum_end(o));
}

static int o_modes(lua_State *L)
{
    const gal_optimum *o = optimum(L);
    size_t d = gal_optimum_target(o)->ndim;
    lua_newtable(L);
    for (size_t i = 0; i < gal_optimum_nmodes(o); i++) {
        const gal_mode *m = gal_optimum_mode(o, i);
        lua_newtable(L);
        gal_lua_pushvec_copy(L, m->theta, d);
        lua_setfield(L, -2, "x");
        gal_lua_pushvec_copy(L, m->z, d);
        lua_setfield(L, -2, "z");
        memcpy(gal_lua_pushmat(L, d, d), m->cov, d * d * sizeof(double));
        lua_setfield(L, -2, "cov");
        gal_lua_set_num(L, "lnp", m->lnp);
        gal_lua_set_num(L, "lnprior", m->lnprior);
        gal_lua_set_num(L, "lnlike", m->lnlike);
        gal_lua_set_num(L, "lnz", m->lnz);
        gal_lua_set_num(L, "starts", (double)m->starts);
        gal_lua_set_num(L, "repaired", (double)m->repaired);
        gal_lua_set_flag(L, "converged", m->converged);
        gal_lua_set_text(L, "why", m->why);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int o_samples(lua_State *L)
{
    const gal_optimum *o = optimum(L);
    return gal_lua_push_resampled(L, gal_optimum_target(o), gal_optimum_draws(o), gal_optimum_importance(o)->ess);
}

static int o_summary(lua_State *L)
{
    const gal_optimum *o = optimum(L);
    if (gal_optimum_draws(o)->n == 0)
        return gal_lua_error(L, GAL_EINVAL, "optimum:summary: no draws: %s", gal_optimum_end_text(o));
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_weighted_summary(L, lua_gettop(L), gal_optimum_draws(o));
}

static const gal_lua_row o_methods[] = {
    {"run", o_run,
     "run{ progress = } -> state\nFinds the modes, then draws from the Gaussians there; from the beginning each time.\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint ignored: a run is short\n"
     "@param checkpoint_every ignored"},
    {"modes", o_modes,
     "modes() -> list\nHighest first: x (sampled coordinates), z and cov (unconstrained), lnp (density of z), lnprior, "
     "lnlike, lnz "
     "(Laplace), starts that arrived, repaired eigenvalues, converged, why."},
    {"samples", o_samples,
     "samples() -> x, lnprior, lnlike, blobs\nThe weighted draws, resampled to equal weights: as many as they are "
     "worth."},
    {"summary", o_summary,
     "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective size, prior edge from the weighted draws."},
    {NULL, NULL, NULL},
};

static void o_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "optimum   %d modes   %s", (int)gal_optimum_nmodes(obj), gal_run_end_name(gal_optimum_end(obj)));
}

const gal_lua_class gal_lua_optimum = {
    .name = "optimum",
    .doc = "The highest points of a target, and Gaussians there.",
    .methods = o_methods,
    .fields = o_fields,
    .free = optimum_free,
    .get = o_get,
    .tostring = o_tostring,
};

static gal_status optimum_put(struct gal_result *r, const void *engine, const struct gal_result_map *map)
{
    return gal_result_put_optimum(r, engine, map);
}

static gal_status optimum_restore(void **out, const struct gal_result *r, const gal_target *t)
{
    gal_optimum *o = NULL;
    gal_status st = gal_result_restore_optimum(&o, r, t);
    *out = o;
    return st;
}

const gal_lua_engine gal_lua_engine_optimum = {"optimum", &gal_lua_optimum, optimum_put, optimum_restore};

static int optimum_create(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_optimum_opt oo = {0};
    gal_lua_opts_begin(L, &o, 2, "optimum");
    oo.starts = (size_t)gal_lua_opt_int(&o, "starts", 16, 1, 100000);
    oo.history = (size_t)gal_lua_opt_int(&o, "history", 10, 1, 100);
    oo.max_iterations = (size_t)gal_lua_opt_int(&o, "max_iterations", 2000, 1, 1000000);
    oo.draws = (size_t)gal_lua_opt_int(&o, "draws", 1000, 10, 10000000);
    oo.numerical = gal_lua_opt_bool(&o, "numerical", false);
    oo.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    oo.seed = gal_lua_opt_seed(&o, "seed");
    if (gal_lua_opt_push(&o, "from")) {
        size_t cols;
        oo.start = gal_lua_checkmat(L, -1, &oo.nstart, &cols);
        if (cols != t->ndim)
            return gal_lua_error(L, GAL_EINVAL, "optimum: from has %d columns, expected %d parameters", (int)cols,
                                 (int)t->ndim);
    }
    gal_lua_opts_end(&o);
    gal_optimum *p;
    gal_lua_checkstatus(L, gal_optimum_create(&p, t, &oo));
    gal_lua_push(L, &gal_lua_optimum, p);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

/* ------------------------------------------------------------------ pathfinder */
static gal_pathfinder *pathfinder(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_pathfinder);
}

static void pathfinder_free(void *obj)
{
    gal_pathfinder_free(obj);
}

static int p_get(lua_State *L, void *obj, const char *key)
{
    const gal_pathfinder *p = obj;
    const gal_lua_number num[] = {{"npaths", (double)gal_pathfinder_npaths(p)},
                                  {"stored", (double)gal_pathfinder_draws(p)->n},
                                  {"seconds", gal_pathfinder_seconds(p)},
                                  {"evaluations", (double)gal_pathfinder_evaluations(p)}};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        if (strcmp(key, num[i].key) == 0)
            return lua_pushnumber(L, num[i].v), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_pathfinder_end(p))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_pathfinder_end_text(p)), 1;
    if (strcmp(key, "space") == 0)
        return lua_pushstring(L, gal_pathfinder_space_text(p)), 1;
    return gal_lua_get_importance(L, gal_pathfinder_importance(p), key);
}

static const gal_lua_field p_fields[] = {
    {"npaths", "paths"},
    {"stored", "weighted draws"},
    {"lnz", "ln evidence by importance sampling"},
    {"lnz_err", "its standard error"},
    {"khat", "Pareto k of the weights: below 0.7 the draws can be used"},
    {"ess", "effective number of draws"},
    {"seconds", "[s] time spent"},
    {"evaluations", "likelihoods evaluated"},
    {"state", "how the last run ended: converged (khat <= 0.7), limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {"space", "coordinates and gradients in use"},
    {NULL, NULL},
};

static int p_run(lua_State *L)
{
    gal_pathfinder *p = pathfinder(L);
    gal_lua_hooks h;
    run_options(L, "pathfinder:run", &h);
    gal_status st = gal_pathfinder_run(p, gal_lua_hooks_progress(&h), &h);
    return gal_lua_run_ended(L, &h, st, gal_pathfinder_end(p));
}

static int p_paths(lua_State *L)
{
    const gal_pathfinder *p = pathfinder(L);
    size_t d = gal_pathfinder_target(p)->ndim;
    lua_newtable(L);
    for (size_t i = 0; i < gal_pathfinder_npaths(p); i++) {
        const gal_path *q = gal_pathfinder_path(p, i);
        lua_newtable(L);
        gal_lua_pushvec_copy(L, q->mean, d);
        lua_setfield(L, -2, "mean");
        memcpy(gal_lua_pushmat(L, d, d), q->cov, d * d * sizeof(double));
        lua_setfield(L, -2, "cov");
        gal_lua_set_num(L, "elbo", q->elbo);
        gal_lua_set_num(L, "lnp", q->lnp);
        gal_lua_set_num(L, "weight", q->weight);
        gal_lua_set_num(L, "iterations", (double)q->iterations);
        gal_lua_set_num(L, "chosen", (double)q->chosen);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int p_samples(lua_State *L)
{
    const gal_pathfinder *p = pathfinder(L);
    return gal_lua_push_resampled(L, gal_pathfinder_target(p), gal_pathfinder_draws(p),
                                  gal_pathfinder_importance(p)->ess);
}

static int p_summary(lua_State *L)
{
    const gal_pathfinder *p = pathfinder(L);
    if (gal_pathfinder_draws(p)->n == 0)
        return gal_lua_error(L, GAL_EINVAL, "pathfinder:summary: no draws: %s", gal_pathfinder_end_text(p));
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_weighted_summary(L, lua_gettop(L), gal_pathfinder_draws(p));
}

static const gal_lua_row p_methods[] = {
    {"run", p_run,
     "run{ progress = } -> state\nClimbs, chooses a Gaussian for each path, draws; from the beginning each time.\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint ignored: a run is short\n"
     "@param checkpoint_every ignored"},
    {"paths", p_paths,
     "paths() -> list\nPer path: mean and cov (unconstrained coordinates), elbo, lnp at its end, weight in the "
     "mixture, iterations, "
     "chosen (iterate; one more than iterations: the Hessian at the end)."},
    {"samples", p_samples,
     "samples() -> x, lnprior, lnlike, blobs\nThe weighted draws, resampled to equal weights: as many as they are "
     "worth."},
    {"summary", p_summary,
     "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective size, prior edge from the weighted draws."},
    {NULL, NULL, NULL},
};

static void p_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "pathfinder   %d paths   %s", (int)gal_pathfinder_npaths(obj),
                    gal_run_end_name(gal_pathfinder_end(obj)));
}

const gal_lua_class gal_lua_pathfinder = {
    .name = "pathfinder",
    .doc = "Gaussians along climbing paths, weighted draws of their mixture.",
    .methods = p_methods,
    .fields = p_fields,
    .free = pathfinder_free,
    .get = p_get,
    .tostring = p_tostring,
};

static gal_status pathfinder_put(struct gal_result *r, const void *engine, const struct gal_result_map *map)
{
    return gal_result_put_pathfinder(r, engine, map);
}

static gal_status pathfinder_restore(void **out, const struct gal_result *r, const gal_target *t)
{
    gal_pathfinder *p = NULL;
    gal_status st = gal_result_restore_pathfinder(&p, r, t);
    *out = p;
    return st;
}

const gal_lua_engine gal_lua_engine_pathfinder = {"pathfinder", &gal_lua_pathfinder, pathfinder_put,
                                                  pathfinder_restore};

static int pathfinder_create(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_pathfinder_opt po = {0};
    gal_lua_opts_begin(L, &o, 2, "pathfinder");
    po.paths = (size_t)gal_lua_opt_int(&o, "paths", 8, 1, 10000);
    po.draws = (size_t)gal_lua_opt_int(&o, "draws", 1000, 10, 10000000);
    po.elbo_draws = (size_t)gal_lua_opt_int(&o, "elbo_draws", 25, 2, 100000);
    po.history = (size_t)gal_lua_opt_int(&o, "history", 6, 1, 100);
    po.max_iterations = (size_t)gal_lua_opt_int(&o, "max_iterations", 1000, 1, 1000000);
    po.no_laplace = !gal_lua_opt_bool(&o, "laplace", true);
    po.numerical = gal_lua_opt_bool(&o, "numerical", false);
    po.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    po.seed = gal_lua_opt_seed(&o, "seed");
    gal_lua_opts_end(&o);
    gal_pathfinder *p;
    gal_lua_checkstatus(L, gal_pathfinder_create(&p, t, &po));
    gal_lua_push(L, &gal_lua_pathfinder, p);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

/* psis(lnw[, reff]) -> vec, khat */
static int psis(lua_State *L)
{
    size_t n;
    double khat, reff = lua_isnoneornil(L, 2) ? 1 : gal_lua_checknum(L, 2);
    const double *lnw = gal_lua_checkvec(L, 1, &n);
    if (n == 0 || !(reff > 0))
        return gal_lua_error(L, GAL_EINVAL, "psis: %s", n == 0 ? "no weights" : "reff must be positive");
    double *out = gal_lua_pushvec(L, n);
    memcpy(out, lnw, n * sizeof *out);
    gal_lua_checkstatus(L, gal_psis(out, n, reff, &khat));
    lua_pushnumber(L, khat);
    return 2;
}

void gal_luaopen_optimum(lua_State *L);
void gal_luaopen_optimum(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"optimum", optimum_create,
         "optimum(target, options) -> optimum\nL-BFGS from many starts, Laplace's method at the modes; then :run{}.\n"
         "@param starts (16) draws of the prior to start from\n@param from matrix of sampled coordinates used first\n"
         "@param history (10) steps remembered\n@param max_iterations (2000) per start\n"
         "@param draws (1000) of the Gaussian mixture\n@param numerical (false) differences even where the model has "
         "gradients\n"
         "@param seed (session) random numbers\n@param source (0) further key of the random numbers"},
        {"pathfinder", pathfinder_create,
         "pathfinder(target, options) -> pathfinder\nPathfinder (Zhang et al. 2022); then :run{}.\n@param paths (8)\n"
         "@param draws (1000) of the mixture\n@param elbo_draws (25) per iterate\n@param history (6) steps remembered\n"
         "@param max_iterations (1000) per path\n@param laplace (true) the Hessian at the end of a path competes\n"
         "@param numerical (false) differences even where the model has gradients\n@param seed (session) random "
         "numbers\n"
         "@param source (0) further key of the random numbers"},
        {"psis", psis,
         "psis(lnw[, reff]) -> vec, khat\nPareto-smoothed importance sampling: normalised smoothed ln weights and the "
         "shape of their tail "
         "(below 0.5 good, 0.7 usable). reff: relative efficiency of dependent draws, 1 for independent ones."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_optimum);
    gal_lua_class_register(L, &gal_lua_pathfinder);
    gal_lua_module(L, NULL, rows, NULL);
}
