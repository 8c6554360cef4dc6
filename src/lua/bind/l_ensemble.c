/* Lua: what the table of ensembles cannot say: moves, starts, samples less their burn-in. Sample arrays are copied into matrices: rows =
 * samples, columns = parameters. */
#include "galua/export.h"
#include "infer/sampler/ensemble_int.h"
#include "lua/bind/l_ensemble.h"
#include "lua/bind/sampler.h"

#include <math.h>
#include <string.h>

static gal_ensemble *ensemble(lua_State *L)
{
    return (gal_ensemble *)gal_lua_check_sampler(L, 1);
}

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_ensemble *e = obj;
    if (strcmp(key, "acceptance") == 0) {
        gal_ensemble_acceptance(e, gal_lua_pushvec(L, e->W));
        return 1;
    }
    if (strcmp(key, "tuned") != 0)
        return 0;
    size_t last = 0;
    for (size_t i = e->nmoves; i-- > 0;) {
        if (!e->moves[i].cls->slices)
            continue;
        size_t at = e->moves[i].tune ? gal_ensemble_tuned(e, i, NULL) : 0;
        if (e->moves[i].tune && at == 0)
            return lua_pushboolean(L, 0), 1;
        last = at > last ? at : last;
    }
    return lua_pushnumber(L, (double)last), 1;
}

static const gal_lua_field e_fields[] = {
    {"tuned", "step at which slice moves were tuned; false: not yet, 0: nothing to tune"},
    {"acceptance", "accepted fraction per walker"},
    {NULL, NULL},
};

static int e_run(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    gal_lua_run r;
    gal_move moves[GAL_MOVES_MAX];
    size_t n = 0;
    gal_lua_run_begin(L, &r);
    if (gal_lua_opt_push(&r.o, "move"))
        n = gal_lua_read_moves(L, lua_gettop(L), moves);
    int kept = lua_gettop(L); /* what custom moves need, when there are some */
    gal_lua_run_read(L, &r);
    if (n > 0) {
        gal_lua_checkstatus(L, gal_ensemble_set_moves(e, moves, n));
        gal_lua_keep(L, 1, kept, "kept");
    }
    if (!e->started)
        gal_lua_checkstatus(L, gal_ensemble_start_prior(e));
    return gal_lua_run_go(L, &r);
}

static int e_start(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    const gal_target *t = e->t;
    if (lua_isnoneornil(L, 2)) {
        gal_lua_checkstatus(L, gal_ensemble_start_prior(e));
    } else if (lua_type(L, 2) == LUA_TSTRING) {
        gal_emcee f;
        const char *path = gal_lua_checkstr(L, 2), *group = lua_isnoneornil(L, 3) ? NULL : gal_lua_checkstr(L, 3);
        gal_lua_checkstatus(L, gal_emcee_read(&f, path, group));
        gal_status st = gal_emcee_start(e, &f, path);
        gal_emcee_free(&f);
        gal_lua_checkstatus(L, st);
    } else {
        size_t rows, cols;
        const double *x = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != e->W || cols != t->ndim)
            return gal_lua_error(L, GAL_EINVAL, "ensemble:start: got %d x %d positions, expected %d walkers x %d",
                                 (int)rows, (int)cols, (int)e->W, (int)t->ndim);
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
    gal_lua_keep(L, 1, lua_gettop(L), "kept");
    lua_settop(L, 1);
    return 1;
}

static int e_positions(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    size_t w = e->W, d = e->t->ndim;
    if (!e->started)
        return gal_lua_error(L, GAL_EINVAL, "ensemble:positions: it has not been started");
    memcpy(gal_lua_pushmat(L, w, d), e->x, w * d * sizeof(double));
    gal_lua_pushvec_copy(L, e->lnprior, w);
    gal_lua_pushvec_copy(L, e->lnlike, w);
    return 3;
}

static int e_tau(lua_State *L)
{
    gal_ensemble *e = ensemble(L);
    bool enough;
    double *tau = gal_lua_pushvec(L, e->t->ndim);
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
    const gal_target *t = e->t;
    size_t n = e->nstored, w = e->W, d = t->ndim, nb = t->nblob;
    size_t kept = n > discard ? (n - discard + thin - 1) / thin : 0;
    double *x = gal_lua_pushmat(L, kept * w, d), *lp = gal_lua_pushvec(L, kept * w), *ll = gal_lua_pushvec(L, kept * w);
    double *b = gal_lua_pushmat(L, kept * w, nb);
    for (size_t k = 0; k < kept; k++) {
        size_t i = discard + k * thin;
        memcpy(x + k * w * d, e->c_x + i * w * d, w * d * sizeof *x);
        memcpy(lp + k * w, e->c_lnprior + i * w, w * sizeof *lp);
        memcpy(ll + k * w, e->c_lnlike + i * w, w * sizeof *ll);
        if (nb)
            memcpy(b + k * w * nb, e->c_blob + i * w * nb, w * nb * sizeof *b);
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
    size_t n = e->nstored;
    if (n < discard + 4)
        return gal_lua_error(L, GAL_EINVAL, "ensemble:summary: %d samples stored, too few after leaving out %d", (int)n,
                             (int)discard);
    const gal_target *t = e->t;
    size_t w = e->W;
    const double *blobs = e->c_blob;
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_target_summary(L, lua_gettop(L), GAL_DRAWS_ENSEMBLE, n - discard, w,
                                       e->c_x + discard * w * t->ndim, blobs ? blobs + discard * w * t->nblob : NULL,
                                       NULL, e->opt.thin);
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
    {"run", e_run, NULL},
    {"set_moves", e_set_moves, "set_moves(moves) -> ensemble\nOther moves from here on, as run{ move = } does."},
    {"positions", e_positions,
     "positions() -> x, lnprior, lnlike\nWhere the walkers are: a matrix of walkers x ndim, and vectors."},
    {"tau", e_tau, "tau() -> vec, boolean\nAutocorrelation times in steps; is the chain longer than 50 of them?"},
    {"samples", e_samples,
     "samples{ discard =, thin = } -> x, lnprior, lnlike, blobs\nStored samples as matrices and vectors.\n"
     "@param discard (0) leave out the first stored samples\n@param thin (1) take every so many"},
    {NULL, NULL, NULL},
};

static int read(lua_State *L, gal_lua_opts *o, const gal_target *t, void *opt)
{
    gal_ensemble_opt *to = opt;
    gal_move *moves = lua_newuserdata(L, GAL_MOVES_MAX * sizeof *moves);
    (void)t;
    if (!gal_lua_opt_push(o, "moves"))
        return 0;
    to->moves = moves;
    to->nmoves = gal_lua_read_moves(L, lua_gettop(L), moves);
    return lua_gettop(L);
}

void gal_luaopen_ensemble(lua_State *L);
void gal_luaopen_ensemble(lua_State *L)
{
    static const gal_lua_sampler face = {
        .name = "ensemble",
        .methods = e_methods,
        .fields = e_fields,
        .get = get,
        .run_options = "@param move from here on: move.de{}, mix{ ... }, a name, a list (as before)",
        .options =
            "@param moves (stretch) 'stretch', 'mix' = 0.8 DE + 0.2 snooker, or a list such as { {'de', weight = 0.8}, "
            "{'snooker', weight = 0.2} };\n  move.de{} and mix{ } make them (help(\"move\"))\n"
            "  stretch a (2); de gamma (2.38/sqrt(2 ndim)) sigma (1e-5) jump (0.1); snooker gamma (1.7); walk gamma "
            "(1) "
            "subset (all);\n  kde bandwidth (Scott); gaussian cov (1: a variance, a list of them or a matrix) gamma "
            "(1) "
            "mode (vector, random, sequential)\n  factor; slice, slice_gaussian mu (1) tune (true); mixture models "
            "(200000); all of "
            "them weight (1)",
        .read = read};
    static const gal_lua_row rows[] = {
        {"moves", gal_lua_moves_list, "moves() -> list\nInternal: the built-in moves and their help."},
        {NULL, NULL, NULL}};
    gal_lua_sampler_register(L, &face);
    gal_lua_module(L, "engines", rows, NULL);
}
