/* Internals of the ensemble sampler. */
#ifndef GAL_INFER_ENSEMBLE_INT_H
#define GAL_INFER_ENSEMBLE_INT_H
#include "galua/ensemble.h"
#include "galua/rng.h"

struct gal_ensemble {
    const gal_target *t;
    size_t W, d, nb; /* walkers, dimensions, blobs */
    gal_move moves[GAL_MOVES_MAX];
    size_t nmoves;
    uint64_t seed, source;
    size_t thin;
    bool force, started;
    gal_run_end end;
    char why[400];
    double seconds;
    size_t evaluations;
    /* now */
    size_t step;
    double *x, *lnprior, *lnlike, *blob; /* [W][d], [W], [W], [W][nb] */
    double *total;                       /* [W] accepted proposals in all */
    double *recent;                      /* [W] accepted since the last stored sample */
    double tried[GAL_MOVES_MAX], taken[GAL_MOVES_MAX];
    /* convergence checks */
    size_t tau_step; /* step of the last check, 0 = none */
    double *tau;     /* [d] then */
    /* stored */
    size_t nstored, room;
    double *c_x, *c_lnprior, *c_lnlike, *c_blob, *c_acc;
    /* of one step */
    double *before;                             /* copy of x, lnprior, lnlike, blob at its start: [W][d+2+nb] */
    double *y, *ylnprior, *ylnlike, *yblob, *q; /* a half */
    double *scratch;                            /* [W + 3 d] */
    size_t *order;                              /* [W] */
    size_t *pick;                               /* [W] */
    bool *flag;                                 /* [W] accepted in this step */
};

/* Proposal y for walker x from `nc` other walkers pos[c[i]][d]; returns the log factor q. scratch[W + 3d], pick[nc]. */
double move_propose(const gal_move *m, gal_rng *r, size_t d, const double *x, const double *pos, const size_t *c,
                    size_t nc, double *y, double *scratch, size_t *pick);
size_t move_walkers_needed(gal_move_kind kind); /* in the other half */
gal_status move_check(const gal_move *m);

gal_status ensemble_alloc(gal_ensemble *e);                  /* arrays for W, d, nb */
gal_status ensemble_make_room(gal_ensemble *e, size_t more); /* for samples */
gal_status ensemble_step(gal_ensemble *e);                   /* all or nothing */
gal_status ensemble_store(gal_ensemble *e);
gal_status ensemble_check_spread(const gal_ensemble *e, const double *x);
#endif
