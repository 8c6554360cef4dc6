/* Internals of nested sampling. */
#ifndef GAL_INFER_NESTED_INT_H
#define GAL_INFER_NESTED_INT_H
#include "bound.h"
#include "galua/nested.h"
#include "galua/rng.h"
#include "reduced.h"

#define NESTED_TURNS 8 /* different rotations in one chain; then they repeat */
#define NESTED_FLOOR                                                                                                   \
    (-1e300) /* ln L of forbidden points inside the run; -inf is kept for "born from the whole prior" */

/* kept[3]: wrap, everything is sampled as asked for, and above them 1 + the coordinate that is integrated out */
enum { NESTED_KEPT_WRAP = 1, NESTED_KEPT_WHOLE = 2, NESTED_KEPT_WHICH = 4 };

typedef struct points {
    size_t n, room;
    double *u, *x, *lnprior, *lnl, *birth, *blob;
    int64_t *strand;
} points;

/* One chain on its way to a new point. */
typedef struct chain {
    gal_rng rng;
    double *u, *x; /* where it stands */
    double lnprior, lnl;
    double *u0;  /* where it began */
    double *dir; /* slice: direction of unit step */
    size_t label;
    size_t left;             /* steps or slices to go */
    size_t tries, taken;     /* rwalk */
    size_t grown, shrunk;    /* slice */
    size_t *axes, ellipsoid; /* slice: order of the axes */
    enum { SLICE_NEW, SLICE_LEFT, SLICE_RIGHT, SLICE_IN } stage;
    size_t room_left, room_right; /* expansions still allowed */
    unsigned cuts;                /* of the present slice */
    double lo, hi, t;
} chain;

/* BETWEEN: a dynamic run whose live points have died, before its next batch */
typedef enum { PHASE_START, PHASE_RUN, PHASE_BATCH, PHASE_BETWEEN, PHASE_DONE } phase;

struct gal_nested {
    GAL_IS_SAMPLER;
    gal_nested_opt o; /* resolved; o.wrap = wrap */
    reduced part;     /* what is sampled; points have its coordinates and blobs */
    unsigned char *wrap;
    bool auto_sample; /* unif was our choice: chains take over where it fails */
    char auto_text[480];
    /* progress of the run */
    phase phase;
    uint64_t iterations, batches;
    gal_nested_record rec; /* as of the last time it was asked for */
    bool have;             /* it is still true */
    gal_draws whole;       /* its points as the target has them, where one coordinate is integrated out */
    size_t kept[4];        /* of a state that is read: dead and live points, ellipsoids, NESTED_KEPT */
    points live, dead;
    size_t slots;                /* length of order, label, hole, gone */
    size_t *order;               /* [slots] live slots by rising lnl */
    size_t *hole;                /* [live.room] slots freed in an iteration */
    bool *gone;                  /* [live.room] */
    size_t want;                 /* live points to keep: o.live, or o.batch in a batch */
    double lnx, lnz, last, mean; /* running estimates: ln volume, ln evidence, last lnl, posterior mean of lnl */
    double range[2];             /* of the batch: births above, stop above */
    double lnz_total;            /* dynamic: evidence of all before this batch */
    int64_t strands;
    bool plateau;
    /* proposals */
    bool in_cube;                       /* still drawing from the whole cube */
    double efficiency, efficiency_next; /* of uniform draws */
    double scale;
    bool bounded; /* the bound is of this run or batch */
    uint64_t updates, update_calls;
    bound b;
    double *shift; /* [d] origin of periodic coordinates */
    size_t *label; /* [live.room] cluster of each live slot */
    /* insertion ranks: sum of (r + 1/2)/n - 1/2 */
    double rank_sum;
    uint64_t ranked;
    uint64_t chains, chains_stuck;
    double jumps;   /* sum over chains of (end - start)^2/(2 s^2), mean over parameters */
    double stretch; /* factor on the length of chains, at least 1; 0: as asked for, not changed */
    double recent;  /* memory of the chains of late */
    double peak;    /* ln L of a peak between the live points */
    uint64_t looks; /* for one */
    bool warned;
    /* scratch, [nscratch] points */
    size_t nscratch;
    chain *chains_ws;
    double *cu, *cx, *cdir, *cu0;
    double *turn; /* [turns][d][d] random rotations of an iteration, one for each sweep of rslice */
    size_t *caxes;
    double *bu, *bx, *blp, *bll; /* a batch */
    size_t *bwho;
    double *bblob;
    double *fu, *fx, *flp, *fll, *fblob; /* the new points of an iteration */
    size_t *flabel;
    double *pts, *tmp; /* [room][d] shifted live points; [2 d] */
    size_t calls_now;  /* of the iteration at work: counted when it is complete */
};

/* points */
gal_status points_room(points *p, size_t d, size_t nb, size_t more);
void points_copy(points *to, size_t i, const points *from, size_t j, size_t d, size_t nb);

gal_status nested_alloc(gal_nested *s); /* scratch for s->nscratch points */
gal_status nested_live_room(gal_nested *s, size_t n);
void nested_sort(gal_nested *s); /* order of the live points */
/* rows of bu -> bx, blp, bll (forbidden: NESTED_FLOOR); counts calls, looks for interrupts, shows progress */
gal_status nested_eval(gal_nested *s, size_t m, double *blob);
void nested_to_chains(gal_nested *s, const char *why); /* from unif to rslice */
gal_status nested_step(void *s, const void *goal, bool *done);
double nested_report(void *s, const void *goal, char *text, size_t size);
double nested_insertion_z(const void *s);
gal_status nested_open(void *s);
void nested_close(void *s);
extern const char *const NESTED_SAMPLE[], *const NESTED_BOUND[], *const NESTED_DIRS[];

/* need new points above lstar into fu, fx, ...; survivors = order[first .. live.n-1] (nested_sample.c) */
gal_status nested_draw(gal_nested *s, double lstar, size_t need, const points *from, const size_t *list, size_t nlist,
                       const size_t *label);
gal_status nested_update_bound(gal_nested *s, const points *from, const size_t *list, size_t nlist, size_t *label);
size_t nested_length(const gal_nested *s, size_t base); /* of chains, as lengthened */

/* directions (nested_sweep.c): rotations of this iteration; direction j of sweep k of turned axes; axis k of the cube */
void nested_turns(gal_nested *s);
void nested_sweep_step(const gal_nested *s, gal_rng *r, size_t k, size_t j, double *step);
void nested_cube_step(const gal_nested *s, gal_rng *r, size_t k, double *step);

/* record (nested_stat.c) */
gal_status record_make(const gal_nested *s, gal_nested_record *r);

/* dynamic (nested_dynamic.c) */
gal_status nested_next_batch(gal_nested *s, bool *more);
#endif
