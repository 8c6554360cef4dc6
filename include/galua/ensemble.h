/* galua/ensemble.h - affine-invariant ensemble sampling (Goodman & Weare 2010; Foreman-Mackey et al. 2013).
 *
 * W walkers in d dimensions move in two halves, shuffled anew each step: proposals for one half are drawn from the positions of
 * the other, evaluated in one batch through gal_target_eval and accepted with ln U < ln p(y) - ln p(x) + q. Every random
 * number is keyed by (seed, purpose, source, step, walker): chains have the same bits for any number of threads, for any split
 * of a run into pieces, and after a resume. */
#ifndef GAL_ENSEMBLE_H
#define GAL_ENSEMBLE_H
#include "galua/rng.h"
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ moves */
struct gal_ensemble;
typedef enum gal_move_mode {                     /* coordinates that the Gaussian move changes */
                             GAL_MODE_VECTOR,    /* all */
                             GAL_MODE_RANDOM,    /* one, drawn for each walker */
                             GAL_MODE_SEQUENTIAL /* one, step by step */
} gal_move_mode;
/* A move of the caller's: a proposal y[d] for the walker at x[d] from the walkers of the other half others[nc][d] and from `rng`, the
 * walker's own stream in this step; *q, 0 before: ln of the factor that makes acceptance with ln U < ln p(y) - ln p(x) + q leave the
 * target invariant (finite or -inf). What it does may depend on its arguments alone. Called in all threads, each with what its own
 * open() gave (open may be NULL). An error stops the run before the step. */
typedef struct gal_move_custom {
    gal_status (*propose)(void *ctx, void *local, size_t step, gal_rng *rng, size_t d, const double *x, size_t nc,
                          const double *others, double *y, double *q);
    gal_status (*open)(void **local, const void *ctx);
    void (*close)(void *local);
    void *ctx;
    gal_hash key; /* of what it does: tells custom moves apart, kept in saved states */
} gal_move_custom;
typedef struct gal_move_class gal_move_class;
/* A move and its settings; which of them a move uses, and what for, its class says (src/infer/sampler/move_NAME.c). */
typedef struct gal_move {
    const gal_move_class *cls;
    double weight; /* relative frequency in a mix */
    double a;
    double gamma;
    double sigma;
    double jump;
    size_t subset;
    double bandwidth;
    gal_move_mode mode;
    double factor;
    const double *cov; /* in sampled coordinates; copied by the ensemble. NULL: 1 */
    size_t ncov;       /* 1: a variance for all coordinates, d: variances, d^2: a covariance matrix */
    double mu;
    bool tune;
    double models;
    gal_move_custom custom;
} gal_move;
#define GAL_MOVES_MAX 8
/* What a proposal is made from. */
typedef struct gal_proposal {
    const gal_move *move;
    const double *chol; /* [d][d] factor of a full cov, or NULL */
    size_t d, step;
    gal_rng *rng;      /* the walker's own stream in this step; its acceptance comes from it, too */
    const double *x;   /* [d] where the walker is */
    const double *all; /* [W][d]: other walker j is at all + other[j] d */
    const size_t *other;
    size_t nother;
    double *scratch; /* [W + 3 d + 2 d^2] */
    size_t *pick;    /* [nother] */
} gal_proposal;
/* A setting of a move as scripts give it. */
typedef enum gal_move_type {
    GAL_MOVE_NUMBER, /* double */
    GAL_MOVE_COUNT,  /* size_t */
    GAL_MOVE_FLAG,   /* bool */
    GAL_MOVE_CHOICE, /* enum, counted from 0, named by `choice` */
    GAL_MOVE_MATRIX  /* cov and ncov */
} gal_move_type;
typedef struct gal_move_par {
    const char *name, *doc; /* "(2) largest factor" */
    size_t at;              /* offsetof in gal_move */
    double def;
    gal_move_type type;
    const char *const *choice; /* ended by NULL */
} gal_move_par;
struct gal_move_class {
    const char *name, *doc;
    const gal_move_par *par; /* ended by a NULL name; NULL: a function of the caller's instead */
    double mix;              /* its weight in the preset "mix"; 0: it is not in it */
    size_t walkers;          /* needed in the other half; with one more for each dimension: */
    bool per_dimension;
    bool slices;                                      /* it has widths to tune */
    bool moves;                                       /* half() evaluates and moves the walkers; slices do, too */
    gal_status (*check)(const gal_move *m, size_t d); /* weight is checked before; may be NULL */
    /* y[d], and ln of the factor that makes acceptance with ln U < ln p(y) - ln p(x) + q leave the target invariant. Or else: */
    double (*propose)(const gal_proposal *p, double *y);
    /* walkers a[na] by the help of c[nc]: y and q of all of them at once, or itself what comes after (`moves`) */
    gal_status (*half)(struct gal_ensemble *e, size_t move, const size_t *a, size_t na, const size_t *c, size_t nc);
};
/* All moves, ended by NULL: their places are kept in saved states. gal_move_named: defaults, weight 1; GAL_ENOTFOUND with the nearest. */
GAL_API const gal_move_class *const *gal_move_classes(void);
GAL_API gal_status gal_move_named(gal_move *out, const char *name);
/* Mix by name into moves[GAL_MOVES_MAX]: a single move, or "mix", which the classes are made for that say so. */
GAL_API gal_status gal_moves_preset(const char *name, gal_move *moves, size_t *n);

/* ------------------------------------------------------------------ the ensemble */
typedef struct gal_ensemble gal_ensemble;
typedef struct gal_ensemble_opt {
    size_t nwalkers;       /* 0: max(32, 4 d). Fewer than 2 d are refused unless `force` */
    const gal_move *moves; /* [nmoves], copied; none = stretch */
    size_t nmoves;
    uint64_t seed;
    uint64_t source; /* further key, e.g. row of a catalogue */
    size_t thin;     /* store every thin-th step; 0 = 1 */
    bool force;      /* allow W < 2 d, start positions that do not span the space, and start points of probability 0 */
} gal_ensemble_opt;
/* Shown fields: walkers, thin, steps, stored (samples per walker), changed (samples that other moves drew). */
GAL_API extern const gal_sampler_class gal_ensemble_class;

/* Start positions x[W][d] in sampled coordinates. GAL_EINVAL when a point has probability 0, a parameter is the same for all
 * walkers or the condition number of the centred, scaled positions exceeds 1e8; GAL_EMATH for NaN. */
GAL_API gal_status gal_ensemble_start(gal_ensemble *e, const double *x);
/* Start from draws of the prior, redrawn until the probability is finite (at most 1000 times per walker). */
GAL_API gal_status gal_ensemble_start_prior(gal_ensemble *e);

/* Other moves from here on: the walkers, their samples and the keys of the random numbers stay. The same moves (custom ones: as many)
 * keep the state of their tuning; otherwise it starts anew. Errors leave the ensemble as it was. */
GAL_API gal_status gal_ensemble_set_moves(gal_ensemble *e, const gal_move *moves, size_t n);

typedef struct gal_ensemble_goal {
    GAL_IS_GOAL;
    /* exactly one of the first three */
    size_t more;      /* this many more steps */
    size_t until;     /* until this many steps in all (a reached goal does nothing) */
    double tau;       /* until the chain, less its first quarter, is longer than `tau` autocorrelation times of every
                          parameter and these changed by less than dtau since a check at least 100 steps before; usual: 50 */
    double dtau;      /* 0: 0.01 */
    size_t max_steps; /* with tau: give up at this many steps in all (GAL_RUN_LIMIT); 0: 1000000 */
} gal_ensemble_goal;

/* ------------------------------------------------------------------ what it holds; pointers are borrowed until the next run */
GAL_API const double *gal_ensemble_accepted(const gal_ensemble *e); /* [nstored][W] fraction since the sample before */
GAL_API void gal_ensemble_acceptance(const gal_ensemble *e, double *frac); /* [W] over all steps */
/* The step at which the tuning of a slice move ended; 0: still tuning, or another kind of move. *mu (may be NULL): its width. */
GAL_API size_t gal_ensemble_tuned(const gal_ensemble *e, size_t move, double *mu);
GAL_API double gal_ensemble_move_acceptance(const gal_ensemble *e, size_t move); /* NaN before it was used */
/* Autocorrelation times [d], in steps, of the chain less its first quarter; *enough = longer than 50 tau for every parameter. */
GAL_API gal_status gal_ensemble_tau(const gal_ensemble *e, double *tau, bool *enough);

#ifdef __cplusplus
}
#endif
#endif
