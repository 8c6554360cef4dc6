/* Lua: the no-U-turn sampler on a target. */
#include <math.h>
#include <string.h>

#include "galua/nuts.h"
#include "galua/pathfinder.h"
#include "lua/engine.h"
#include "lua/l_classes.h"

static gal_nuts *nuts(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_nuts);
}

static void nuts_free(void *obj)
{
    gal_nuts_free(obj);
}

static int push_report(lua_State *L, const gal_nuts *n)
{
    gal_nuts_report r;
    gal_lua_checkstatus(L, gal_nuts_diagnose(n, &r));
    const gal_lua_number num[] = {{"divergent", (double)r.divergent},
                                  {"deepest", (double)r.deepest},
                                  {"accept", r.accept},
                                  {"leapfrogs", r.leapfrogs},
                                  {"ebfmi", r.ebfmi},
                                  {"rhat", r.rhat},
                                  {"ess_bulk", r.ess_bulk},
                                  {"ess_tail", r.ess_tail}};
    lua_newtable(L);
    gal_lua_set_list(L, num, sizeof num / sizeof *num);
    gal_lua_set_text(L, "warning", r.warning);
    return 1;
}

static int n_get(lua_State *L, void *obj, const char *key)
{
    const gal_nuts *n = obj;
    const gal_lua_number num[] = {{"chains", (double)gal_nuts_chains(n)},
                                  {"warmup", (double)gal_nuts_warmup(n)},
                                  {"iterations", (double)gal_nuts_iterations(n)},
                                  {"stored", (double)gal_nuts_draws(n)},
                                  {"seconds", gal_nuts_seconds(n)},
                                  {"evaluations", (double)gal_nuts_evaluations(n)}};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        if (strcmp(key, num[i].key) == 0)
            return lua_pushnumber(L, num[i].v), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_nuts_end(n))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_nuts_end_text(n)), 1;
    if (strcmp(key, "metric") == 0)
        return lua_pushstring(L, gal_nuts_metric_name(gal_nuts_metric_kind(n))), 1;
    if (strcmp(key, "space") == 0)
        return lua_pushstring(L, gal_nuts_space_text(n)), 1;
    if (strcmp(key, "step_size") == 0) {
        double *v = gal_lua_pushvec(L, gal_nuts_chains(n));
        for (size_t i = 0; i < gal_nuts_chains(n); i++)
            v[i] = gal_nuts_step_size(n, i);
        return 1;
    }
    return 0;
}

static const gal_lua_field n_fields[] = {
    {"chains", "number of chains"},
    {"warmup", "iterations of the warm-up"},
    {"iterations", "iterations made, warm-up included"},
    {"stored", "draws kept per chain"},
    {"seconds", "[s] time spent"},
    {"evaluations", "likelihoods evaluated"},
    {"state", "how the last run ended: done, converged, limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {"metric", "diag, dense or unit"},
    {"space", "coordinates and gradients in use"},
    {"step_size", "step size of each chain"},
    {NULL, NULL},
};

static gal_status on_hook(void *ctx, const gal_nuts *n)
{
    (void)n;
    return gal_lua_hooks_checkpoint(ctx);
}

static int n_run(lua_State *L)
{
    gal_nuts *n = nuts(L);
    gal_lua_opts o;
    gal_lua_hooks h;
    gal_nuts_goal goal = {0};
    gal_lua_opts_begin(L, &o, 2, "nuts:run");
    goal.more = (size_t)gal_lua_opt_int(&o, "more", 0, 0, 1000000000);
    goal.until = (size_t)gal_lua_opt_int(&o, "until", 0, 0, 1000000000);
    goal.ess = gal_lua_opt_num(&o, "until_ess", 0);
    goal.max_draws = (size_t)gal_lua_opt_int(&o, "max", 0, 0, 1000000000);
    gal_lua_hooks_read(&o, &h);
    gal_lua_opts_end(&o);
    goal.progress = gal_lua_hooks_progress(&h);
    goal.progress_ctx = goal.hook_ctx = &h;
    goal.hook = h.checkpoint ? on_hook : NULL;
    goal.hook_every = h.every;
    gal_status st = gal_nuts_run(n, &goal);
    return gal_lua_run_ended(L, &h, st, gal_nuts_end(n));
}

static int n_start(lua_State *L)
{
    gal_nuts *n = nuts(L);
    size_t d = gal_nuts_target(n)->ndim;
    gal_pathfinder *p = lua_isnoneornil(L, 2) ? NULL : gal_lua_test(L, 2, &gal_lua_pathfinder);
    if (p) {
        gal_lua_checkstatus(L, gal_nuts_start_pathfinder(n, p));
    } else if (lua_isnoneornil(L, 2)) {
        gal_lua_checkstatus(L, gal_nuts_start_prior(n));
    } else {
        size_t rows, cols;
        const double *x = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != gal_nuts_chains(n) || cols != d)
            return gal_lua_error(L, GAL_EINVAL, "nuts:start: got %d x %d positions, expected %d chains x %d", (int)rows,
                                 (int)cols, (int)gal_nuts_chains(n), (int)d);
        gal_lua_checkstatus(L, gal_nuts_start(n, x));
    }
    lua_settop(L, 1);
    return 1;
}

static int n_samples(lua_State *L)
{
    const gal_nuts *n = nuts(L);
    return gal_lua_push_draws(L, gal_nuts_target(n), gal_nuts_draws(n) * gal_nuts_chains(n), gal_nuts_theta(n),
                              gal_nuts_lnprior(n), gal_nuts_lnlike(n), gal_nuts_blobs(n));
}

static int n_summary(lua_State *L)
{
    const gal_nuts *n = nuts(L);
    if (gal_nuts_draws(n) < 4)
        return gal_lua_error(L, GAL_EINVAL, "nuts:summary: %d draws are too few", (int)gal_nuts_draws(n));
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_target_summary(L, lua_gettop(L), GAL_DRAWS_CHAINS, gal_nuts_draws(n), gal_nuts_chains(n),
                                       gal_nuts_theta(n), gal_nuts_blobs(n), NULL, 1);
}

static int n_report(lua_State *L)
{
    return push_report(L, nuts(L));
}

static int n_stats(lua_State *L)
{
    static const char *const NAME[GAL_NUTS_NSTATS] = {"acceptance_rate", "step_size", "tree_depth", "n_steps",
                                                      "diverging",       "energy",    "lp"};
    const gal_nuts *n = nuts(L);
    size_t rows = gal_nuts_draws(n) * gal_nuts_chains(n);
    lua_newtable(L);
    for (int k = 0; k < GAL_NUTS_NSTATS; k++) {
        double *v = gal_lua_pushvec(L, rows);
        for (size_t i = 0; i < rows; i++)
            v[i] = gal_nuts_stats(n)[i * GAL_NUTS_NSTATS + (size_t)k];
        lua_setfield(L, -2, NAME[k]);
    }
    return 1;
}

static int n_metric(lua_State *L)
{
    const gal_nuts *n = nuts(L);
    int c = gal_lua_checkint(L, 2, 1, (int)gal_nuts_chains(n));
    size_t d = gal_nuts_target(n)->ndim;
    gal_nuts_inverse_metric(n, (size_t)c - 1, gal_lua_pushmat(L, d, d));
    return 1;
}

static const gal_lua_row n_methods[] = {
    {"start", n_start,
     "start([positions | pathfinder]) -> nuts\nStart from draws of the prior, from chains x ndim positions, or from a "
     "pathfinder that "
     "has been run: its draws, and the covariance of its best Gaussian as the first metric."},
    {"run", n_run,
     "run{ more = | until = | until_ess = } -> state\nWarm-up if it is not complete, then draws; Ctrl-C stops between "
     "batches and keeps all draws.\n@param more this many more draws per chain\n@param until until this many draws per "
     "chain in all\n"
     "@param until_ess until bulk and tail effective sizes of every coordinate reach this and R-hat < 1.01\n"
     "@param max (100000) with until_ess: at most so many draws per chain\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint function() called now and then\n"
     "@param checkpoint_every [s] (30) how often"},
    {"samples", n_samples, "samples() -> x, lnprior, lnlike, blobs\nDraws; chains one after another inside a draw."},
    {"summary", n_summary,
     "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective sizes, R-hat, prior edge of each parameter and "
     "blob."},
    {"report", n_report,
     "report() -> table\ndivergent, deepest (stopped by max_depth), accept, leapfrogs, ebfmi, rhat, ess_bulk, "
     "ess_tail, warning (one "
     "line, or empty)."},
    {"stats", n_stats,
     "stats() -> table of vec\nPer draw: acceptance_rate, step_size, tree_depth, n_steps, diverging, energy, lp."},
    {"inverse_metric", n_metric, "inverse_metric(chain) -> matrix\nOf one chain, in the unconstrained coordinates."},
    {NULL, NULL, NULL},
};

static void n_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "nuts   %d chains   %d draws   %s", (int)gal_nuts_chains(obj), (int)gal_nuts_draws(obj),
                    gal_run_end_name(gal_nuts_end(obj)));
}

const gal_lua_class gal_lua_nuts = {
    .name = "nuts",
    .doc = "The no-U-turn sampler on a target.",
    .methods = n_methods,
    .fields = n_fields,
    .free = nuts_free,
    .get = n_get,
    .tostring = n_tostring,
};

static gal_status engine_put(struct gal_result *r, const void *engine, const struct gal_result_map *map)
{
    return gal_result_put_nuts(r, engine, map);
}

static gal_status engine_restore(void **out, const struct gal_result *r, const gal_target *t)
{
    gal_nuts *n = NULL;
    gal_status st = gal_result_restore_nuts(&n, r, t);
    *out = n;
    return st;
}

const gal_lua_engine gal_lua_engine_nuts = {"nuts", &gal_lua_nuts, engine_put, engine_restore};

static int nuts_create(lua_State *L)
{
    static const char *const METRIC[] = {"diag", "dense", "unit"};
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_nuts_opt no = {0};
    gal_lua_opts_begin(L, &o, 2, "nuts");
    no.chains = (size_t)gal_lua_opt_int(&o, "chains", 4, 1, 256);
    no.warmup = (size_t)gal_lua_opt_int(&o, "warmup", 1000, 0, 100000000);
    no.warmup = no.warmup ? no.warmup : SIZE_MAX;
    no.metric = (gal_metric)gal_lua_opt_choice(&o, "metric", METRIC, 3, 1);
    no.target = gal_lua_opt_num(&o, "target", 0.8);
    no.step = gal_lua_opt_num(&o, "step", 0);
    no.max_depth = (size_t)gal_lua_opt_int(&o, "max_depth", 10, 1, 20);
    no.numerical = gal_lua_opt_bool(&o, "numerical", false);
    no.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    no.seed = gal_lua_opt_seed(&o, "seed");
    gal_lua_opts_end(&o);
    gal_nuts *n;
    gal_lua_checkstatus(L, gal_nuts_create(&n, t, &no));
    gal_lua_push(L, &gal_lua_nuts, n);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

void gal_luaopen_nuts(lua_State *L);
void gal_luaopen_nuts(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"nuts", nuts_create,
         "nuts(target, options) -> nuts\nHamiltonian Monte Carlo without U-turns on a target; then :start() and "
         ":run{}.\n"
         "@param chains (4)\n@param warmup (1000) iterations that adapt step and metric\n@param metric (dense) dense, "
         "diag or unit\n"
         "@param target (0.8) acceptance that the step aims at\n@param step (1) where the search for a step begins\n"
         "@param max_depth (10) doublings of a trajectory\n@param numerical (false) differences even where the model "
         "has gradients\n"
         "@param seed (session) random numbers\n@param source (0) further key of the random numbers"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_nuts);
    gal_lua_module(L, NULL, rows, NULL);
}
