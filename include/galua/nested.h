/* galua/nested.h - nested sampling (Skilling 2006), static and dynamic (Higson et al. 2019), in the unit cube of the prior.
 *
 * n live points are drawn from the prior. In each iteration the k worst die and are replaced by draws of the prior above the
 * likelihood L* of the last of them. Every point keeps its birth threshold, so that the number of live points at a death is
 *     n_i = #{births < L_i} - #{deaths before i},        X_i = X_{i-1} n_i/(n_i + 1),
 * whatever made it change: k deaths at once (n, n-1, ... n-k+1), plateaus of equal likelihood, forbidden regions of the prior
 * (lnL = -inf), live points added at the end, batches of a dynamic run, runs merged. Weights are those of the trapezoid rule,
 * w_i = (L_i + L_{i-1})/2 (X_{i-1} - X_i).
 *
 * A run ends when L_max X, L_max the highest likelihood of the live points, can add less than dlogz to ln Z. Before it does, the likelihood at the
 * means of the live points, of all and of each ellipsoid, is looked at: one above all of them by 10 in ln L counts as L_max (a spike on a slab).
 *
 * New points come from the bound (unif) or from chains that start at a random survivor and move along ellipsoid axes or
 * differences of live points (rwalk, slice, rslice). Chains of a length that was not asked for grow, up to four times, while they
 * remember more than half of where they began. All k chains advance together, one batch of evaluations per move. Random
 * numbers are keyed by (seed, purpose, source, iteration, chain): the same bits for any number of threads and after a resume.
 * Not thread-safe (one thread per run); the target's batches may use threads. */
#ifndef GAL_NESTED_H
#define GAL_NESTED_H
#include "galua/sampler.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum gal_nested_sample {
    GAL_SAMPLE_AUTO,
    GAL_SAMPLE_UNIF,  /* uniform draws from the bound */
    GAL_SAMPLE_RWALK, /* `walks` Metropolis steps */
    GAL_SAMPLE_SLICE, /* `slices` passes of slice sampling over all axes */
    GAL_SAMPLE_RSLICE /* `slices` slices along random directions, from intervals of fixed width */
} gal_nested_sample;
typedef enum gal_nested_bound { GAL_BOUND_AUTO, GAL_BOUND_NONE, GAL_BOUND_SINGLE, GAL_BOUND_MULTI } gal_nested_bound;
typedef enum gal_nested_dirs {
    GAL_DIRS_AUTO,
    GAL_DIRS_BOUND, /* axes of an ellipsoid drawn by volume; rslice: its axes turned at random, one sweep over all after the other */
    GAL_DIRS_LIVE, /* differences of two live points, mostly of one cluster (Buchner 2022, arXiv:2211.09426) */
    GAL_DIRS_MIX   /* rslice: sweeps of BOUND, passes of LIVE and sweeps along the axes of the cube in turn */
} gal_nested_dirs;
enum { GAL_WRAP_NONE, GAL_WRAP_PERIODIC, GAL_WRAP_REFLECTIVE };

/* 0 or AUTO everywhere means the default in parentheses. */
typedef struct gal_nested_opt {
    size_t live;    /* n (500); at least 2 d + 2 */
    size_t replace; /* k: points that die in one iteration (n/20, at most 64); at most n/2 */
    double dlogz;   /* stop when ln(1 + L_max X/Z) is smaller (1e-3 (n-1) + 0.01; dynamic 0.01) */
    gal_nested_sample
        sample; /* (d < 10: unif as long as it costs less than chains and the insertion order is right, then rslice; else rslice) */
    gal_nested_bound bound; /* (multi) */
    gal_nested_dirs dirs;   /* rwalk (live), rslice (mix; live without a bound); slice uses the bound */
    size_t walks;           /* rwalk: steps (d + 20, growing as above) */
    double accept;          /* rwalk: accepted fraction aimed at (0.5 bound, 0.35 live) */
    size_t
        slices; /* slice: passes (3); rslice: slices (4 d for d < 4, 2 d for d < 6, else 3 d); both growing as above */
    double enlarge;            /* volume factor of the bound (1.25; 1 with bootstrap) */
    int bootstrap;             /* resamplings that decide how far the bound is inflated (unif 20, else 0); -1: none */
    const unsigned char *wrap; /* [d] GAL_WRAP_*, copied; NULL: none */
    bool whole; /* sample every parameter, also one that the target can integrate out exactly (gal_target.marginal) */
    uint64_t seed;
    uint64_t source; /* further key, e.g. row of a catalogue */
    /* dynamic runs: batches of `batch` live points where they help most, until the targets are met */
    bool dynamic;
    size_t batch;     /* (live) */
    double posterior; /* share of the posterior in what "help" means, the rest is the evidence (0.8); < 0: 0 */
    double maxfrac;   /* a batch covers the points whose importance exceeds this share of the largest (0.8) */
    double ess;       /* effective sample size wanted (10000; none when posterior < 0) */
    double lnz_err;   /* error of ln Z wanted (none; 0.1 when posterior < 0) */
} gal_nested_opt;

typedef struct gal_nested gal_nested;
/* The target needs a prior_transform. Shown fields: lnz, lnz_err, information, ess, stored (points), insertion_z, inserted, memory, stuck,
 * plateau, iterations, batches, method (what was chosen, and why).
 *
 * insertion_z: insertion-order test (Fowlie et al. 2020): N(0,1) if new points are draws of the prior above L*; |z| > 3 is a warning. The
 * ranks of the points of one iteration are taken one after the other, so that they are independent. NaN before 10 points.
 * memory: how much new points remember where their chains began: mean over chains and parameters of 1 - (end - start)^2/(2 s^2), s the
 * standard deviation of the live points in the ellipsoid of the start, so that chains that stay in one of several modes do not raise it. 0: independent;
 * near 1 live points bunch, and ln Z tends to come out too high, which the insertion order does not show. NaN without chains. lengthened: the
 * factor on the length of the chains at the end.
 * stuck: share of chains that never moved (rwalk). plateau: points of equal likelihood, or forbidden ones, were met. */
GAL_API extern const gal_sampler_class gal_nested_class;

/* Limits count from the start of the run, not of this call (GAL_RUN_LIMIT) */
typedef struct gal_nested_goal {
    GAL_IS_GOAL;
    uint64_t max_calls;      /* 0: none */
    uint64_t max_iterations; /* 0: none */
    double max_lnl;          /* stop when the threshold exceeds it; 0: none */
} gal_nested_goal;

/* The record: all points that died, and the live ones as if they died now, by rising likelihood. Where one coordinate was integrated out, points have the
 * others alone, lnl is that of the integral, and blobs begin with a draw of it, ln of its prior there, and ln L of the whole point; the draws of the
 * sampler have all coordinates. */
typedef struct gal_nested_record {
    size_t n, d, nb;
    double *u, *x;         /* [n][d] unit cube, sampled coordinates */
    double *lnprior, *lnl; /* [n] */
    double *birth;         /* [n] -INFINITY: drawn from the whole prior; -1e300: above the forbidden region */
    double *blob;          /* [n][nb] */
    double *lnx, *lnw;     /* [n] ln volume after the death; ln weight, sum of exp = 1 */
    double *nlive;         /* [n] live points at the death */
    int64_t *strand;       /* [n] chain of successors of one first point */
    int64_t *order;        /* [n] order of the deaths; live points behind */
    size_t nlast;          /* how many of them are live */
    double lnz, lnz_err, information, ess; /* ess: of the weights (Kish), what dynamic runs count */
    double
        worth; /* independent draws that the points are worth: ess, or less where few lines of descent carry the posterior */
} gal_nested_record;
/* Borrowed until the next run; GAL_EINVAL before there are points. */
GAL_API gal_status gal_nested_get_record(const gal_nested *s, const gal_nested_record **r);
GAL_API void gal_nested_record_free(gal_nested_record *r);
/* One record from several runs of the same target: live counts add up. GAL_EINVAL when their dimensions differ. */
GAL_API gal_status gal_nested_record_merge(gal_nested_record *out, const gal_nested_record *const *runs, size_t n);
/* Errors: realisations of ln Z. Jitter: volumes drawn as X_i = X_{i-1} t_i, t_i ~ Beta(n_i, 1) (exact for any sequence of n_i);
 * bootstrap: strands resampled with replacement, those from the whole prior and the others apart (Higson et al. 2018).
 * Each alone is the error of ln Z; both together count it twice. */
enum { GAL_NESTED_JITTER = 1, GAL_NESTED_BOOTSTRAP = 2 };
GAL_API gal_status gal_nested_realisations(const gal_nested_record *r, unsigned how, uint64_t seed, size_t n,
                                           double *lnz);
/* Indices of m equally weighted draws: systematic resampling, then a random permutation. m 0 in: the effective sample size,
 * at least 1000 and at most n; *m says how many. Caller frees with gal_free. */
GAL_API gal_status gal_nested_resample(const gal_nested_record *r, uint64_t seed, size_t *m, size_t **index);

#ifdef __cplusplus
}
#endif
#endif
