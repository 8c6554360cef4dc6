/* What the bindings of samplers share; see engine.h. */
#include "lua/bind/engine.h"

#include <math.h>
#include <string.h>

#include "lua/bind/l_classes.h"

static int on_progress(void *ctx, double fraction, const char *text)
{
    gal_lua_hooks *h = ctx;
    lua_pushvalue(h->L, h->progress);
    lua_pushnumber(h->L, fraction);
    lua_pushstring(h->L, text);
    if (gal_lua_call(h->L, 2, 1, "progress") != GAL_OK) {
        h->failed = true;
        return 1;
    }
    int stop = lua_toboolean(h->L, -1);
    lua_pop(h->L, 1);
    return stop;
}

/* Where the function lies on the stack; 0: none given, or false. */
static int function(gal_lua_opts *o, const char *name)
{
    if (!gal_lua_opt_push(o, name) || !lua_toboolean(o->L, -1))
        return 0;
    if (!lua_isfunction(o->L, -1))
        gal_lua_error(o->L, GAL_EINVAL, "run: %s must be a function or false, got %s", name, luaL_typename(o->L, -1));
    return lua_gettop(o->L);
}

void gal_lua_hooks_read(gal_lua_opts *o, gal_lua_hooks *h)
{
    *h = (gal_lua_hooks){.L = o->L};
    h->every = gal_lua_opt_num(o, "checkpoint_every", 30);
    h->progress = function(o, "progress");
    h->checkpoint = function(o, "checkpoint");
}

gal_progress_fn gal_lua_hooks_progress(const gal_lua_hooks *h)
{
    return h->progress ? on_progress : NULL;
}

gal_status gal_lua_hooks_checkpoint(gal_lua_hooks *h)
{
    lua_pushvalue(h->L, h->checkpoint);
    return gal_lua_call(h->L, 0, 0, "checkpoint");
}

int gal_lua_run_ended(lua_State *L, const gal_lua_hooks *h, gal_status st, gal_run_end end)
{
    if (h->failed || (st != GAL_OK && st != GAL_EINTR))
        return gal_lua_fail(L);
    if (st == GAL_EINTR)
        gal_lua_guard_taken(L);
    lua_pushstring(L, gal_run_end_name(end));
    return 1;
}

static void push_row(lua_State *L, const gal_summary_row *r)
{
    const gal_lua_number num[] = {{"median", r->median},
                                  {"q16", r->q16},
                                  {"q84", r->q84},
                                  {"q025", r->q025},
                                  {"q975", r->q975},
                                  {"mean", r->mean},
                                  {"sd", r->sd},
                                  {"ess", r->ess},
                                  {"tau", r->tau},
                                  {"rhat", r->rhat},
                                  {"ess_tail", r->ess_tail},
                                  {"mcse", r->mcse_mean},
                                  {"nonfinite", (double)r->nonfinite}};
    lua_newtable(L);
    gal_lua_set_list(L, num, sizeof num / sizeof *num);
    gal_lua_set_text(L, "name", r->name);
    gal_lua_set_text(L, "unit", r->unit ? r->unit : "");
    gal_lua_set_text(L, "edge", r->edge & GAL_EDGE_LOWER ? "lower" : r->edge & GAL_EDGE_UPPER ? "upper" : "");
    gal_lua_set_flag(L, "trusted", r->trusted);
}

int gal_lua_push_summary(lua_State *L, const gal_fit *f, gal_draws_kind kind, size_t n, size_t C, const double *x,
                         const double *blobs, const double *w, size_t thin)
{
    const gal_target *t = gal_fit_target((gal_fit *)f);
    size_t d = t->ndim, nb = t->nblob;
    double *value = gal_lua_scratch(L, n * C * d);
    for (size_t i = 0; i < n * C; i++)
        gal_fit_values(f, x + i * d, value + i * d);
    gal_summary_in *in = lua_newuserdata(L, (d + nb + 1) * sizeof *in);
    for (size_t k = 0; k < d + nb; k++) {
        in[k] = (gal_summary_in){.thin = thin, .weight = w};
        if (k < d) {
            in[k].name = t->names[k];
            in[k].unit = gal_fit_unit(f, k);
            in[k].values = gal_chains_column(value, n, C, d, k, 0);
            in[k].coord = gal_chains_column(x, n, C, d, k, 0);
            gal_prior_bounds(gal_fit_prior(f, k), &in[k].lo, &in[k].hi);
        } else {
            in[k].name = t->blob_names[k - d];
            in[k].unit = gal_fit_blob_unit(f, k - d);
            in[k].values = gal_chains_column(blobs, n, C, nb, k - d, 0);
        }
    }
    return gal_lua_push_rows(L, kind, in, d, nb);
}

int gal_lua_push_rows(lua_State *L, gal_draws_kind kind, const gal_summary_in *in, size_t d, size_t nb)
{
    gal_summary s;
    gal_lua_checkstatus(L, gal_summary_make(&s, kind, in, d + nb));
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

int gal_lua_push_draws(lua_State *L, const gal_target *t, size_t n, const double *x, const double *lnprior,
                       const double *lnlike, const double *blobs)
{
    size_t d = t->ndim, nb = t->nblob;
    double *to = gal_lua_pushmat(L, n, d), *lp = gal_lua_pushvec(L, n), *ll = gal_lua_pushvec(L, n);
    double *b = gal_lua_pushmat(L, n, nb);
    memcpy(to, x, n * d * sizeof *x);
    memcpy(lp, lnprior, n * sizeof *x);
    memcpy(ll, lnlike, n * sizeof *x);
    if (nb)
        memcpy(b, blobs, n * nb * sizeof *x);
    return 4;
}

static void drop_draws(void *w)
{
    gal_draws_clear(w);
    gal_free(w);
}

const gal_lua_class gal_lua_draws = {
    .name = "draws", .doc = "Weighted draws of a sampler that are no chain.", .free = drop_draws};

gal_draws *gal_lua_hold_draws(lua_State *L, gal_draws *w)
{
    gal_draws *own = GAL_NEW(gal_draws);
    if (!own) {
        gal_draws_clear(w);
        gal_lua_fail(L);
        return NULL;
    }
    *own = *w;
    gal_lua_push(L, &gal_lua_draws, own);
    return own;
}

uint64_t gal_lua_opt_seed(gal_lua_opts *o, const char *name)
{
    return gal_lua_opt_given(o, name) ? (uint64_t)gal_lua_opt_range(o, name, 1, 0, 9007199254740992.)
                                      : gal_lua_seed(o->L);
}
