/* Internals of the ensemble sampler. */
#ifndef GAL_INFER_ENSEMBLE_INT_H
#define GAL_INFER_ENSEMBLE_INT_H
#include "galua/ensemble.h"
#include "galua/rng.h"
#include "gmix.h"

struct gal_ensemble {
    GAL_IS_SAMPLER;
    size_t W; /* walkers */
    gal_ensemble_opt opt;
    gal_move moves[GAL_MOVES_MAX]; /* cov: owned */
    double *chol[GAL_MOVES_MAX];   /* [d][d] Cholesky factor of a full cov, or NULL */
    gmix learnt[GAL_MOVES_MAX];    /* what a mixture move draws from; n = 0: not yet learnt, or another move */
    size_t nmoves;
    bool started;
    size_t limit, first; /* of the run at work: steps in all, steps at its beginning */
    /* now */
    size_t step;
    double *x, *lnprior, *lnlike, *blob; /* [W][d], [W], [W], [W][nb] */
    double *total;                       /* [W] accepted proposals in all */
    double *recent;                      /* [W] accepted since the last stored sample */
    double tried[GAL_MOVES_MAX], taken[GAL_MOVES_MAX];
    double balanced[GAL_MOVES_MAX],
        tuned[GAL_MOVES_MAX];    /* slice: steps in balance so far; step at which tuning ended */
    double expanded, contracted; /* in this step */
    /* convergence checks */
    size_t tau_step; /* step of the last check, 0 = none */
    double *tau;     /* [d] then */
    /* stored */
    size_t nstored, room;
    double *c_x, *c_lnprior, *c_lnlike, *c_blob, *c_acc;
    /* of one step */
    double *before;                             /* copy of x, lnprior, lnlike, blob at its start: [W][d+2+nb] */
    double *y, *ylnprior, *ylnlike, *yblob, *q; /* a half, or both ends of its slices: W + 1 points */
    double *scratch;                            /* [W + 3 d + 2 d^2] */
    size_t changed;                             /* samples stored when the moves were last changed */
    double *gather;                             /* [W][d]: the other half for a custom move; NULL without */
    void **local[GAL_MOVES_MAX];                /* what open() of a custom move gave each thread */
    int nlocal[GAL_MOVES_MAX];
    double *slice; /* [W][d + 6]; NULL without slice moves */
    gal_rng *rng;  /* [W] */
    size_t *order; /* [W] */
    size_t *pick;  /* [W] */
    bool *flag;    /* [W] accepted in this step */
};

gal_status move_check(const gal_move *m, size_t d);
gal_status move_check_gamma(const gal_move *m);
int move_number(const gal_move_class *c); /* its place in saved states */
/* y = scale sum_j xi_j (x_j - mean)/sqrt(n-1) over walkers s[ns]: N(0, scale^2 covariance). mean[d] is scratch. */
void move_spread(gal_rng *r, size_t d, double scale, const double *pos, const size_t *s, size_t ns, double *y,
                 double *mean);
/* first k of pick become distinct members of c[nc], for few of many */
void move_choose(gal_rng *r, const size_t *c, size_t nc, size_t k, size_t *pick);
gal_status move_adopt(gal_ensemble *e, size_t i); /* own copy and Cholesky factor of move i's covariance */

/* move_slice.c */
void ensemble_tune(gal_ensemble *e, size_t move);        /* after a step with it */
void ensemble_take(gal_ensemble *e, size_t w, size_t i); /* walker w goes to proposal i */

gal_status ensemble_open(void *s);
void ensemble_close(void *s);
/* ensemble_moves.c */
gal_status ensemble_alloc_moves(gal_ensemble *e); /* arrays that some moves need */
/* Checked copies of the moves and their matrices; e->moves must own nothing. On error the caller drops them. */
gal_status ensemble_take_moves(gal_ensemble *e, const gal_move *moves, size_t n);
void ensemble_drop_moves(gal_ensemble *e);
/* Proposals y and q (acceptance included) of a custom move for a[na] */
gal_status ensemble_propose(gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc);
gal_status ensemble_make_room(gal_ensemble *e, size_t more); /* for samples */
gal_status ensemble_step(gal_ensemble *e);                   /* all or nothing */
gal_status ensemble_store(gal_ensemble *e);
double *ensemble_blobs(const gal_ensemble *e, double *blob); /* where proposals put theirs; NULL: not made for them */
#endif
