/* Lua: sequential Monte Carlo on a target. */
#include "galua/smc.h"

#include <math.h>
#include <string.h>

#include "lua/engine.h"
#include "lua/l_classes.h"

static gal_smc *smc(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_smc);
}

static void smc_free(void *obj)
{
    gal_smc_free(obj);
}

static int s_get(lua_State *L, void *obj, const char *key)
{
    const gal_smc *s = obj;
    const gal_lua_number num[] = {{"beta", gal_smc_beta(s)},
                                  {"particles", (double)gal_smc_particles(s)},
                                  {"nlevels", (double)gal_smc_nlevels(s)},
                                  {"families", (double)gal_smc_families(s)},
                                  {"stored", (double)gal_smc_draws(s)->n},
                                  {"seconds", gal_smc_seconds(s)},
                                  {"evaluations", (double)gal_smc_evaluations(s)}};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        if (strcmp(key, num[i].key) == 0)
            return lua_pushnumber(L, num[i].v), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_smc_end(s))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_smc_end_text(s)), 1;
    return gal_lua_get_importance(L, gal_smc_importance(s), key);
}

static const gal_lua_field s_fields[] = {
    {"beta", "inverse temperature reached; 1: the posterior"},
    {"particles", "effective size that sets the next temperature"},
    {"nlevels", "levels made"},
    {"families", "draws of the prior that the posterior descends from (effective number)"},
    {"stored", "weighted draws"},
    {"lnz", "ln evidence; NaN before beta = 1"},
    {"lnz_err", "its standard error"},
    {"khat", "Pareto k of the weights"},
    {"ess", "effective number of draws"},
    {"seconds", "[s] time spent"},
    {"evaluations", "likelihoods evaluated"},
    {"state", "how the last run ended: converged, limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {NULL, NULL},
};

static gal_status on_hook(void *ctx, const gal_smc *s)
{
    (void)s;
    return gal_lua_hooks_checkpoint(ctx);
}

static int s_run(lua_State *L)
{
    gal_smc *s = smc(L);
    gal_lua_opts o;
    gal_lua_hooks h;
    gal_smc_goal goal = {0};
    gal_lua_opts_begin(L, &o, 2, "smc:run");
    goal.ess = gal_lua_opt_num(&o, "ess", 0);
    gal_lua_hooks_read(&o, &h);
    gal_lua_opts_end(&o);
    goal.progress = gal_lua_hooks_progress(&h);
    goal.progress_ctx = goal.hook_ctx = &h;
    goal.hook = h.checkpoint ? on_hook : NULL;
    goal.hook_every = h.every;
    gal_status st = gal_smc_run(s, &goal);
    return gal_lua_run_ended(L, &h, st, gal_smc_end(s));
}

static int s_levels(lua_State *L)
{
    const gal_smc *s = smc(L);
    lua_newtable(L);
    for (size_t i = 0; i < gal_smc_nlevels(s); i++) {
        const gal_smc_level *v = &gal_smc_levels(s)[i];
        const gal_lua_number num[] = {
            {"beta", v->beta},   {"lnz", v->lnz}, {"ess", v->ess},     {"acceptance", v->acceptance},
            {"sigma", v->sigma}, {"nu", v->nu},   {"n", (double)v->n}, {"steps", (double)v->steps}};
        lua_newtable(L);
        gal_lua_set_list(L, num, sizeof num / sizeof *num);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int s_samples(lua_State *L)
{
    const gal_smc *s = smc(L);
    return gal_lua_push_resampled(L, gal_smc_target(s), gal_smc_draws(s), gal_smc_importance(s)->ess);
}

static int s_summary(lua_State *L)
{
    const gal_smc *s = smc(L);
    if (gal_smc_draws(s)->n == 0)
        return gal_lua_error(L, GAL_EINVAL, "smc:summary: no draws: %s", gal_smc_end_text(s));
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_weighted_summary(L, lua_gettop(L), gal_smc_draws(s));
}

static const gal_lua_row s_methods[] = {
    {"run", s_run,
     "run{ ess = } -> state\nFrom the prior to the posterior, until the draws are worth `ess`; Ctrl-C stops between "
     "batches, a later "
     "run goes on.\n@param ess (of the options) effective number of draws\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint function() called now and then\n"
     "@param checkpoint_every [s] (30) how often"},
    {"levels", s_levels,
     "levels() -> list\nPer level: beta, lnz, ess, acceptance, sigma, nu, n, steps; the first is the prior."},
    {"samples", s_samples,
     "samples() -> x, lnprior, lnlike, blobs\nThe weighted draws, resampled to equal weights: as many as they are "
     "worth."},
    {"summary", s_summary,
     "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective size, prior edge from the weighted draws."},
    {NULL, NULL, NULL},
};

static void s_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "smc   %d levels   beta %f   %s", (int)gal_smc_nlevels(obj), gal_smc_beta(obj),
                    gal_run_end_name(gal_smc_end(obj)));
}

const gal_lua_class gal_lua_smc = {
    .name = "smc",
    .doc = "Sequential Monte Carlo from the prior to the posterior of a target.",
    .methods = s_methods,
    .fields = s_fields,
    .free = smc_free,
    .get = s_get,
    .tostring = s_tostring,
};

static gal_status engine_put(struct gal_result *r, const void *engine, const struct gal_result_map *map)
{
    return gal_result_put_smc(r, engine, map);
}

static gal_status engine_restore(void **out, const struct gal_result *r, const gal_target *t)
{
    gal_smc *s = NULL;
    gal_status st = gal_result_restore_smc(&s, r, t);
    *out = s;
    return st;
}

const gal_lua_engine gal_lua_engine_smc = {"smc", &gal_lua_smc, engine_put, engine_restore};

static int smc_create(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_smc_opt so = {0};
    gal_lua_opts_begin(L, &o, 2, "smc");
    so.particles = (size_t)gal_lua_opt_int(&o, "particles", 0, 0, 10000000);
    so.active = (size_t)gal_lua_opt_int(&o, "active", 0, 0, 10000000);
    so.ess = gal_lua_opt_num(&o, "ess", 0);
    so.accept = gal_lua_opt_num(&o, "accept", 0);
    so.max_steps = (size_t)gal_lua_opt_int(&o, "max_steps", 0, 0, 10000000);
    so.max_evaluations = (size_t)gal_lua_opt_range(&o, "max_evaluations", 0, 0, 9007199254740992.);
    so.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    so.seed = gal_lua_opt_seed(&o, "seed");
    gal_lua_opts_end(&o);
    gal_smc *s;
    gal_lua_checkstatus(L, gal_smc_create(&s, t, &so));
    gal_lua_push(L, &gal_lua_smc, s);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

void gal_luaopen_smc(lua_State *L);
void gal_luaopen_smc(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"smc", smc_create,
         "smc(target, options) -> smc\nSequential Monte Carlo from the prior to the posterior; then :run{}.\n"
         "@param particles (1024; above ten parameters 2048) effective size that sets the next temperature\n@param "
         "active (particles/2) moved per "
         "level\n"
         "@param ess (4 particles) effective number of draws at the end\n@param accept (6) moves accepted per particle "
         "and level\n"
         "@param max_steps (100 + 20 ndim) per level\n@param max_evaluations (none) stop a run there; the next goes "
         "on\n"
         "@param seed (session) random numbers\n@param source (0) further key of the random numbers"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_smc);
    gal_lua_module(L, NULL, rows, NULL);
}
