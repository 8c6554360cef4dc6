/* What the bindings of samplers share: progress and checkpoint functions, rows of summaries, draws as matrices. */
#ifndef GAL_LUA_ENGINE_H
#define GAL_LUA_ENGINE_H
#include "galua/diag.h"
#include "galua/draws.h"
#include "galua/fit.h"
#include "galua/target.h"
#include "lua/kit/util.h"

/* Options progress, checkpoint, checkpoint_every of a run method. Lives on the C stack of the method; read last, before opts_end. */
typedef struct gal_lua_hooks {
    lua_State *L;
    int progress, checkpoint; /* stack indices, 0: none */
    double every;             /* [s] */
    bool failed;              /* the progress function raised an error */
} gal_lua_hooks;
void gal_lua_hooks_read(gal_lua_opts *o, gal_lua_hooks *h);
/* gal_progress_fn with a gal_lua_hooks as context; NULL when none was given */
gal_progress_fn gal_lua_hooks_progress(const gal_lua_hooks *h);
gal_status gal_lua_hooks_checkpoint(gal_lua_hooks *h); /* calls it */
/* After a run: raises unless st is GAL_OK or GAL_EINTR; pushes the name of the end. */
int gal_lua_run_ended(lua_State *L, const gal_lua_hooks *h, gal_status st, gal_run_end end);

/* The target at idx: that of a fit (*fit set), or a density of its own, l_density.c (*fit NULL). fit may be NULL. */
const gal_target *gal_lua_check_target(lua_State *L, int idx, gal_fit **fit);
/* gal_lua_push_summary for either */
int gal_lua_push_target_summary(lua_State *L, int idx, gal_draws_kind kind, size_t n, size_t C, const double *x,
                                const double *blobs, const double *w, size_t thin);
int gal_lua_push_rows(lua_State *L, gal_draws_kind kind, const gal_summary_in *in, size_t d, size_t nb);
/* Rows of parameters and rows of blobs of C chains of n draws x[n][C][ndim] (weights w[n] with C = 1, or NULL). */
int gal_lua_push_summary(lua_State *L, const gal_fit *f, gal_draws_kind kind, size_t n, size_t C, const double *x,
                         const double *blobs, const double *w, size_t thin);
/* x, lnprior, lnlike, blobs of n rows */
int gal_lua_push_draws(lua_State *L, const gal_target *t, size_t n, const double *x, const double *lnprior,
                       const double *lnlike, const double *blobs);
/* Draws on the stack, freed by the collector: what follows may raise. Takes over what *w holds. */
gal_draws *gal_lua_hold_draws(lua_State *L, gal_draws *w);
extern const gal_lua_class gal_lua_draws;
uint64_t gal_lua_opt_seed(gal_lua_opts *o, const char *name); /* option, or the seed of the session */
#endif
