/* Internals of NUTS. */
#ifndef GAL_INFER_NUTS_INT_H
#define GAL_INFER_NUTS_INT_H
#include "galua/nuts.h"
#include "galua/rng.h"
#include "galua/transform.h"

#define DEPTH_TOP 20

/* A point of phase space on a trajectory. */
typedef struct point {
    double *z, *p, *v, *g; /* position, momentum, velocity M^-1 p, gradient of ln p */
    double lnp;
} point;

/* A piece of a trajectory: what the criterion and the merging of pieces need. In order of building: beg was made before end. */
typedef struct piece {
    unsigned depth;
    double lnw;  /* ln sum exp(H0 - H) */
    double *rho; /* sum of the momenta */
    double *p_beg, *v_beg, *p_end, *v_end;
    double *z, *g, lnp, energy; /* its draw */
} piece;

typedef struct chain {
    double *z, *g, lnp; /* now */
    double *scale;      /* [d] for numerical gradients */
    /* adaptation */
    double step;                    /* in use */
    double mu, s_bar, x_bar, count; /* dual averaging */
    double wn, *wmean, *wm2;        /* Welford: [d], and [d] or [d][d] */
    double *minv, *lower;           /* inverse metric, [d] or [d][d]; dense: its lower Cholesky factor */
    /* the trajectory in the making */
    gal_rng rng;
    point now, edge[2]; /* edge[0]: backwards, edge[1]: forwards */
    piece whole, stack[DEPTH_TOP + 2];
    double *rev_p, *rev_v; /* scratch for a reversed view */
    size_t top;            /* pieces on the stack */
    int dir;
    unsigned depth;
    size_t leaves, want, leapfrogs;
    double h0, accept; /* energy at the start; sum of min(1, exp(H0 - H)) */
    bool busy, diverging;
    /* the search for a step */
    int up; /* 0: first try, +1, -1 */
    double try_step;
    double *mem;
} chain;

struct gal_nuts {
    GAL_IS_SAMPLER;
    size_t C;
    gal_nuts_opt opt;
    size_t warmup, iteration, ndraws, room;
    size_t init, term, nwindow, window[80];
    bool started, search; /* search: a step size must be found before the next iteration */
    chain *chain;
    size_t counted;      /* evaluations of the space that were counted: those of whole iterations */
    size_t checked;      /* draws at the last check of `ess` */
    size_t limit, first; /* of the run at work: draws, iterations at its beginning */
    double *theta, *lnprior, *lnlike, *blob, *stat;
    /* of one batch: C rows */
    double *bz, *bg, *bscale, *blnp, *btheta, *blp, *bll, *bblob;
    size_t *who;
};

bool nuts_dense(const gal_nuts *n);
/* nuts_tree.c: one trajectory by reverse communication */
void tree_momentum(const gal_nuts *n, chain *c, gal_rng *r, double *p);
double tree_energy(const gal_nuts *n, const chain *c, const double *p, double *v, double lnp); /* fills v */
gal_status nuts_trajectories(gal_nuts *n); /* all chains; the draws are in chain.whole */
void leapfrog_first(const gal_nuts *n, const chain *c, point *x, double eps);
void leapfrog_second(const gal_nuts *n, const chain *c, point *x, double eps);
/* nuts_adapt.c */
gal_status nuts_search(gal_nuts *n); /* step sizes of all chains */
void adapt_restart(const gal_nuts *n, chain *c);
void adapt_iteration(gal_nuts *n, chain *c, double accept); /* iteration n->iteration (1-based) has ended */
gal_status adapt_set_metric(gal_nuts *n, chain *c, const double *cov);
bool nuts_window_end(const gal_nuts *n, size_t iteration);
/* nuts.c */
gal_status nuts_open(void *s);
void nuts_close(void *s);
gal_status nuts_make_room(gal_nuts *n, size_t more);
gal_status nuts_iterate(gal_nuts *n); /* all or nothing */
#endif
