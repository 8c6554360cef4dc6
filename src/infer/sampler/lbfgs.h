/* Limited-memory BFGS by reverse communication: the caller evaluates, so that many minimisations share one batch. */
#ifndef GAL_INFER_LBFGS_H
#define GAL_INFER_LBFGS_H
#include "galua/base.h"

typedef enum lbfgs_end {
    LBFGS_RUNNING,
    LBFGS_GRADIENT, /* gradient small, absolutely or against f */
    LBFGS_VALUE,    /* f no longer changes */
    LBFGS_STEP,     /* x no longer changes */
    LBFGS_STALLED,  /* no descent found even along the gradient: f is flat to its numerical error, or broken */
    LBFGS_LIMIT     /* iterations */
} lbfgs_end;
typedef struct lbfgs_opt {
    size_t history, max_iterations;
    double tol_x, tol_f, tol_rel_f, tol_g, tol_rel_g;
} lbfgs_opt;
lbfgs_opt lbfgs_default(void);

typedef struct lbfgs {
    size_t d, J, n, iterations, restarts;
    lbfgs_opt opt;
    lbfgs_end end;
    double f, *x, *g;    /* the accepted point */
    double *trial;       /* where the caller shall evaluate next */
    const double *limit; /* [d] largest change of each coordinate in one iteration, or NULL */
    bool accepted;       /* the last lbfgs_tell ended an iteration: x, f, g are new */
    /* history, a ring of J pairs; n in use, newest at `last` */
    double *S, *Y, *rho;
    size_t last;
    /* line search */
    double *dir, *work;
    double slope, a, amax, a_lo, f_lo, s_lo, a_hi, f_hi, s_hi, a_prev, f_prev, s_prev;
    bool zoom;
    int tries;
    double *mem;
} lbfgs;
/* Starts at x[d] with f, g[d] there (minimisation); limit is borrowed. */
gal_status lbfgs_init(lbfgs *b, size_t d, const lbfgs_opt *opt, const double *x, double f, const double *g,
                      const double *limit);
void lbfgs_free(lbfgs *b);
/* f and g[d] at b->trial (f = +inf: forbidden); then either b->end is set or b->trial is the next point. */
void lbfgs_tell(lbfgs *b, double f, const double *g);
const char *lbfgs_end_text(lbfgs_end end);
#endif
