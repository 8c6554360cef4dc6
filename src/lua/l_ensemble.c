/* Lua: ensembles of walkers on a target. Sample arrays are copied into matrices: rows = samples, columns = parameters. */
#include "galua/ensemble.h"
#include "galua/export.h"
#include "galua/fit.h"
#include "galua/result.h"
#include "lua/engine.h"
#include "lua/l_classes.h"
#include "lua/l_ensemble.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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
    if (strcmp(key, "tuned") == 0) {
        const gal_move *m;
        size_t last = 0;
        for (size_t i = gal_ensemble_nmoves(e, &m); i-- > 0;) {
            if (m[i].kind != GAL_MOVE_SLICE && m[i].kind != GAL_MOVE_SLICE_GAUSSIAN)
                continue;
            size_t at = m[i].tune ? gal_ensemble_tuned(e, i, NULL) : 0;
            if (m[i].tune && at == 0)
                return lua_pushboolean(L, 0), 1;
            last = at > last ? at : last;
        }
        return lua_pushnumber(L, (double)last), 1;
    }
    if (strcmp(key, "changed") == 0)
        return lua_pushnumber(L, (double)gal_ensemble_changed(e)), 1;
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
    {"tuned", "step at which slice moves were tuned; false: not yet, 0: nothing to tune"},
    {"changed", "samples stored per walker when run{ move = } last changed the moves"},
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
    gal_move moves[GAL_MOVES_MAX];
    size_t nmoves = 0;
    if (gal_lua_opt_push(&o, "move"))
        nmoves = gal_lua_read_moves(L, lua_gettop(L), moves);
    int kept = lua_gettop(L); /* what custom moves need, when there are some */
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
    if (nmoves > 0) {
        gal_lua_checkstatus(L, gal_ensemble_set_moves(e, moves, nmoves));
        gal_lua_keep(L, 1, kept, "moves");
    }
    if (!gal_ensemble_started(e))
        gal_lua_checkstatus(L, gal_ensemble_start_prior(e));
    gal_status st = gal_ensemble_run(e, &goal);
    if (p.failed || (st != GAL_OK && st != GAL_EINTR))
        return gal_lua_fail(L);
    if (st == GAL_EINTR)
        gal_lua_guard_reset(L); /* the run took the interrupt: its caller keeps what there is */
    lua_pushstring(L, gal_run_end_name(gal_ensemble_end(e)));
    return 1;
}

static int e_start(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    const gal_target *t = gal_ensemble_target(e);
    if (lua_isnoneornil(L, 2)) {
        gal_lua_checkstatus(L, gal_ensemble_start_prior(e));
    } else if (lua_type(L, 2) == LUA_TSTRING) {
        gal_emcee f;
        const char *path = lua_tostring(L, 2), *group = lua_isnoneornil(L, 3) ? NULL : gal_lua_checkstr(L, 3);
        gal_lua_checkstatus(L, gal_emcee_read(&f, path, group));
        gal_status st = gal_emcee_start(e, &f, path);
        gal_emcee_free(&f);
        gal_lua_checkstatus(L, st);
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

static int e_write_emcee(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    const char *path = gal_lua_checkstr(L, 2), *group = lua_isnoneornil(L, 3) ? NULL : gal_lua_checkstr(L, 3);
    gal_lua_checkstatus(L, gal_emcee_write(e, path, group));
    lua_settop(L, 1);
    return 1;
}

/* set_moves(moves) */
static int e_set_moves(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_move moves[GAL_MOVES_MAX];
    lua_settop(L, 2);
    size_t n = gal_lua_read_moves(L, 2, moves);
    gal_lua_checkstatus(L, gal_ensemble_set_moves(e, moves, n));
    gal_lua_keep(L, 1, lua_gettop(L), "moves");
    lua_settop(L, 1);
    return 1;
}

static int e_positions(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    size_t w = gal_ensemble_nwalkers(e), d = gal_ensemble_target(e)->ndim;
    if (!gal_ensemble_started(e))
        return gal_lua_error(L, GAL_EINVAL, "ensemble:positions: it has not been started");
    memcpy(gal_lua_pushmat(L, w, d), gal_ensemble_x(e), w * d * sizeof(double));
    gal_lua_pushvec_copy(L, gal_ensemble_current_lnprior(e), w);
    gal_lua_pushvec_copy(L, gal_ensemble_current_lnlike(e), w);
    return 3;
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

/* summary{ discard = } -> rows of the parameters (values, not coordinates), rows of the blobs */
static int e_summary(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "ensemble:summary");
    size_t discard = (size_t)gal_lua_opt_int(&o, "discard", 0, 0, 1000000000);
    gal_lua_opts_end(&o);
    size_t n = gal_ensemble_nstored(e);
    if (n < discard + 4)
        return gal_lua_error(L, GAL_EINVAL, "ensemble:summary: %d samples stored, too few after leaving out %d", (int)n,
                             (int)discard);
    const gal_target *t = gal_ensemble_target(e);
    size_t w = gal_ensemble_nwalkers(e);
    const double *blobs = gal_ensemble_blobs(e);
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_target_summary(L, lua_gettop(L), GAL_DRAWS_ENSEMBLE, n - discard, w,
                                       gal_ensemble_chain(e) + discard * w * t->ndim,
                                       blobs ? blobs + discard * w * t->nblob : NULL, NULL, gal_ensemble_thin(e));
}

static const gal_lua_row e_methods[] = {
    {"summary", e_summary,
     "summary{ discard = } -> rows, rows\nMedian, 16-84 %, mean, sd, effective sample size, tau, prior edge of each "
     "parameter and blob.\n"
     "@param discard (0) leave out the first stored samples"},
    {"start", e_start,
     "start([positions]) -> ensemble\nStart from draws of the prior, from walkers x ndim positions, or where a file of "
     "emcee "
     "ends: start(path[, group])."},
    {"write_emcee", e_write_emcee,
     "write_emcee(path[, group]) -> ensemble\nThe stored samples in emcee's HDF5 layout (group mcmc)."},
    {"run", e_run,
     "run{ more = | until = | until_tau = } -> state\nMoves the walkers; Ctrl-C stops between batches and keeps all "
     "samples.\n"
     "Not started yet: from draws of the prior.\n@param move from here on: move.de{}, mix{ ... }, a name, a list (as "
     "before)\n@param more this many more steps\n@param until until this many steps in all\n@param steps the same as "
     "more\n"
     "@param until_tau until this many autocorrelation times (usual: 50)\n@param dtau (0.01) and they change by less "
     "than this fraction\n@param max with until_tau: at most so many "
     "steps\n"
     "@param progress function(fraction, text); a true result stops\n@param checkpoint function() called now and then\n"
     "@param checkpoint_every [s] (30) how often"},
    {"set_moves", e_set_moves, "set_moves(moves) -> ensemble\nOther moves from here on, as run{ move = } does."},
    {"positions", e_positions,
     "positions() -> x, lnprior, lnlike\nWhere the walkers are: a matrix of walkers x ndim, and vectors."},
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

static gal_status engine_put(gal_result *r, const void *engine, const gal_result_map *map)
{
    return gal_result_put_ensemble(r, engine, map);
}

static gal_status engine_restore(void **out, const gal_result *r, const gal_target *t)
{
    gal_ensemble *e = NULL;
    gal_status st = gal_result_restore_ensemble(&e, r, t);
    *out = e;
    return st;
}

const gal_lua_engine gal_lua_engine_ensemble = {"ensemble", &gal_lua_ensemble, engine_put, engine_restore};

/* ensemble(target, { walkers =, moves = { "stretch" or {"de", ...}, ... } or "mix", seed =, thin =, source = }) */
static int ensemble_create(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    if (lua_type(L, 2) == LUA_TNUMBER) { /* ensemble(target, 64) */
        lua_createtable(L, 0, 1);
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, "walkers");
        lua_replace(L, 2);
    }
    gal_lua_opts_begin(L, &o, 2, "ensemble");
    gal_move moves[GAL_MOVES_MAX];
    gal_ensemble_opt eo = {.moves = moves};
    eo.nwalkers = (size_t)gal_lua_opt_int(&o, "walkers", 0, 0, 100000);
    eo.seed = gal_lua_opt_given(&o, "seed") ? (uint64_t)gal_lua_opt_range(&o, "seed", 1, 0, 9007199254740992.)
                                            : gal_lua_seed(L);
    eo.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    eo.thin = (size_t)gal_lua_opt_int(&o, "thin", 1, 1, 1000000);
    eo.force = gal_lua_opt_bool(&o, "force", false);
    if (gal_lua_opt_push(&o, "moves"))
        eo.nmoves = gal_lua_read_moves(L, lua_gettop(L), moves);
    int kept = lua_gettop(L);
    gal_lua_opts_end(&o);
    gal_ensemble *e;
    gal_lua_checkstatus(L, gal_ensemble_create(&e, t, &eo));
    gal_lua_push(L, &gal_lua_ensemble, e);
    gal_lua_keep(L, -1, 1, "target");
    if (eo.nmoves > 0)
        gal_lua_keep(L, -1, kept, "moves");
    return 1;
}
void gal_luaopen_ensemble(lua_State *L);
void gal_luaopen_ensemble(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"ensemble", ensemble_create,
         "ensemble(target, options) -> ensemble      ensemble(target, walkers) -> ensemble\nWalkers on a target "
         "(Goodman & "
         "Weare 2010).\n"
         "@param walkers (4 ndim, at least 32) number of walkers\n"
         "@param moves (stretch) 'stretch', 'mix' = 0.8 DE + 0.2 snooker, or a list such as { {'de', weight = 0.8}, "
         "{'snooker', weight = 0.2} };\n  move.de{} and mix{ } make them (help(\"move\"))\n"
         "  stretch a (2); de gamma (2.38/sqrt(2 ndim)) sigma (1e-5) jump (0.1); snooker gamma (1.7); walk gamma (1) "
         "subset "
         "(all);\n  kde bandwidth (Scott); gaussian cov (1: a variance, a list of them or a matrix) gamma (1) mode "
         "(vector, random, sequential)\n  factor; slice, slice_gaussian mu (1) tune (true); all of them weight (1)\n"
         "@param seed (session) seed\n@param thin (1) keep every so many steps\n@param source (0) further key of the "
         "random numbers\n"
         "@param force (false) accept few walkers or poor start positions"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_ensemble);
    gal_lua_module(L, NULL, rows, NULL);
}
