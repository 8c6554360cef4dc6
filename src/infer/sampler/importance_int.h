/* Internals of adaptive importance sampling. */
#ifndef GAL_INFER_IMPORTANCE_INT_H
#define GAL_INFER_IMPORTANCE_INT_H
#include "galua/importance.h"
#include "gmix.h"

enum { WINDOW = 16 }; /* stages whose draws are pooled */
typedef enum { AIS_PRIOR, AIS_LEARN, AIS_FINAL } ais_phase;
struct gal_importance_sampler {
    GAL_IS_SAMPLER;
    gal_importance_opt opt;
    double want; /* effective size */
    /* all draws, stage after stage */
    size_t n, room;
    double *z, *theta, *lnprior, *lnlike, *blob, *lnpi, *lnq,
        *own; /* lnpi: ln N(z; 0, I); lnq[n][WINDOW]: ln of the proposal of
                                                                      stage s in column s % WINDOW; own: ln weight */
    gal_importance_stage *stage;
    size_t nstage, stage_room, *first; /* first[stage]: its first draw */
    gmix q[WINDOW];                    /* proposals; of the prior (stage 0) empty */
    ais_phase phase;
    size_t drawn;          /* of the prior in all; forbidden ones are not kept */
    double beta, ess_pool; /* of the last fit */
    double efficiency;     /* at beta = 1: the best so far, then of the last stage */
    double care;           /* 1 .. 4: pool and batch are larger where mixtures fit badly */
    gmix best;             /* of the proposals at beta = 1 the most efficient, best_efficiency */
    double best_efficiency;
    size_t stale, rounds; /* stages at beta = 1: without gain, in all */
    size_t final;         /* the first stage that counts */
    size_t peaks;         /* found by looking at the means of the mixture */
    bool checked;         /* chains from the draws were run (importance_check.c) */
    double drift;         /* of ln(p/q) along them, in its errors */
    size_t stray;         /* of 128 that ended at a weight beyond all draws */
    /* what it found */
    gal_draws draws;
    gal_importance imp;
    double halves; /* difference of ln Z of two halves over its error */
    size_t counted, first_evaluation;
};
/* importance_pool.c */
gal_status ais_make_room(gal_importance_sampler *s, size_t more, size_t stages);
size_t ais_pool_first(const gal_importance_sampler *s); /* the first draw of the pool */
/* A stage of m draws of proposal g (NULL: the prior); g is taken over when GAL_OK. */
gal_status ais_add(gal_importance_sampler *s, gmix *g, size_t m, double beta, double ess_pool, bool blobs);
/* The best proposal at beta = 1, or the last one before that was reached; GAL_EMATH when there is none yet. g is made. */
gal_status ais_mixture(const gal_importance_sampler *s, gmix *g);
/* beta, and a mixture fitted to the pool there */
gal_status ais_fit(gal_importance_sampler *s, gmix *g);
/* importance_check.c: chains from the draws from .. n-1 */
gal_status ais_check(gal_importance_sampler *s, size_t from);
/* importance_peak.c: is the density at the mean of a component of proposal q far above what its draws say? Then g is q and a Gaussian there, else g->n
 * is 0. */
gal_status ais_peak(gal_importance_sampler *s, const gmix *q, gmix *g);
/* ln of the mean of exp lnw of every step-th draw, and its standard error */
double ais_evidence(const double *lnw, size_t n, size_t step, double *err);
/* Effective size of draws from .. n-1 at beta, each weighted by its own proposal */
double ais_own_size(const gal_importance_sampler *s, size_t from, double beta);
double ais_kish(const double *lnw, size_t n);
#endif
