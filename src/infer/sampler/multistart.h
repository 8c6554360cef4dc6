/* Many L-BFGS minimisations of -ln p in lockstep; each works in w = z/scale with the scale of its start. */
#ifndef GAL_INFER_MULTISTART_H
#define GAL_INFER_MULTISTART_H
#include "galua/transform.h"
#include "lbfgs.h"

typedef struct multistart {
    gal_space *space;
    size_t d, n;
    lbfgs *run;          /* [n] */
    double *scale;       /* [n][d] */
    double *limit;       /* [n][d] of w */
    double *z, *lnp, *g; /* of one round */
    double *sc;
    size_t *who;
} multistart;
/* Called at the start (iteration 0) and after each iteration of run i; w, gw[d]: point and gradient of -ln p. */
typedef gal_status (*multistart_hook)(void *ctx, size_t i, const double *w, double f, const double *gw);
gal_status multistart_init(multistart *m, gal_space *s, size_t n, const double *z, const lbfgs_opt *opt,
                           multistart_hook hook, void *ctx);
/* The same after Fisher scoring, for spaces that have gal_space_informed: starts that it brought to an optimum have ended. scoring.c */
gal_status multistart_score(multistart *m, gal_space *s, size_t n, const double *z, const lbfgs_opt *opt);
gal_status multistart_alloc(multistart *m, gal_space *s, size_t n); /* arrays, nothing in them */
/* Start i at z[d] with f and its gradient gz[d] (may be m->g) there; m->scale of it is set. */
gal_status multistart_begin(multistart *m, size_t i, const lbfgs_opt *opt, const double *z, double f, const double *gz);
void multistart_free(multistart *m);
/* Until all have ended; GAL_EINTR between rounds. */
gal_status multistart_run(multistart *m, multistart_hook hook, void *ctx, gal_progress_fn progress, void *pctx);
void multistart_point(const multistart *m, size_t i, double *z); /* present best of run i */
#endif
