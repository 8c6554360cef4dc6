/* Internals of adaptive importance sampling. */
#ifndef GAL_INFER_IMPORTANCE_INT_H
#define GAL_INFER_IMPORTANCE_INT_H
#include "galua/importance.h"
#include "bytes.h"
#include "gmix.h"
#include "reduced.h"

enum {
    WINDOW = 16, /* stages whose draws are pooled */
    AIS_CHAINS = 64,
    AIS_PLACES = 4 /* of each chain of the check that are kept */
};
typedef enum { AIS_PRIOR, AIS_LEARN, AIS_FINAL } ais_phase;
struct gal_importance_sampler {
    GAL_IS_SAMPLER;
    gal_importance_opt opt;
    double want;  /* effective size */
    reduced part; /* what is sampled */
    /* all draws, stage after stage */
    size_t n, room;
    double *z, *theta, *lnprior, *lnlike, *blob, *lnpi, *own; /* lnpi: ln N(z; 0, I); own: ln weight */
    double *
        lnq; /* [lnq_rows][WINDOW] of the draws from lnq_first on, which are those of the pool: ln of the proposal of stage s
                                    in column s % WINDOW (ais_lnq) */
    size_t lnq_first, lnq_rows;
    gal_importance_stage *stage;
    size_t nstage, stage_room, *first; /* first[stage]: its first draw */
    gmix q[WINDOW];                    /* proposals; of the prior (stage 0) empty */
    ais_phase phase;
    size_t drawn;          /* of the prior in all; forbidden ones are not kept */
    double beta, ess_pool; /* of the last fit */
    double efficiency;     /* at beta = 1: the best so far, then of the last stage */
    double care;           /* 1 .. 2.2: pool and batch are larger where mixtures fit badly */
    gmix best;             /* of the proposals at beta = 1 the most efficient, best_efficiency */
    double best_efficiency;
    size_t stale, rounds; /* stages at beta = 1: without gain, in all */
    size_t final;         /* stages at beta = 1 from here on count */
    size_t peaks;         /* found by looking at the means of the mixture */
    bool checked;         /* chains from the draws were run (importance_check.c) */
    double drift;         /* of ln(p/q) along them, in its errors */
    double climb;         /* of the chains to the largest weights, in errors */
    size_t stray;         /* of 64 that ended at a weight beyond all draws */
    size_t need,
        asked;    /* draws that must count, because Pareto k is not known well enough of fewer; how often that was so */
    size_t mends; /* mixtures fitted to such chains */
    /* what it found */
    gal_draws draws;
    bool kept;  /* they were read with the state */
    double off; /* ln L of the draws beside what the integral says, largest share of 1 + |ln L| */
    gal_importance imp;
    double halves; /* difference of ln Z of two halves over its error */
    size_t counted, first_evaluation;
};
/* densities of draw i, which is in the pool */
static inline double *ais_lnq(const gal_importance_sampler *s, size_t i)
{
    return s->lnq + (i - s->lnq_first) * WINDOW;
}
/* importance_pool.c */
void ais_keep_lnq(bytes *b, void *obj); /* lnq of a state */
gal_status ais_make_room(gal_importance_sampler *s, size_t more, size_t stages);
/* A stage of m draws of proposal g (NULL: the prior); g is taken over when GAL_OK. */
gal_status ais_add(gal_importance_sampler *s, gmix *g, size_t m, double beta, double ess_pool, bool blobs);
/* The best proposal at beta = 1, or the last one before that was reached; GAL_EMATH when there is none yet. g is made. */
gal_status ais_mixture(const gal_importance_sampler *s, gmix *g);
/* beta, and a mixture fitted to the pool there */
gal_status ais_fit(gal_importance_sampler *s, gmix *g);
/* A mixture fitted to the places of the chains of a check */
gal_status ais_fit_places(const gal_importance_sampler *s, const double *place, gmix *g);
/* importance_check.c: chains from the draws that count; place[AIS_PLACES AIS_CHAINS][d]: where they were in their second half */
gal_status ais_check(gal_importance_sampler *s, double *place);
/* importance_peak.c: is the density at the mean of a component of proposal q far above what its draws say? Then g is q and a Gaussian there, else g->n
 * is 0. */
gal_status ais_peak(gal_importance_sampler *s, const gmix *q, gmix *g);
/* importance_weigh.c: the draws that count. row[], lnw[ais_counted()]: which, and their weights, whose mean is the evidence; half: where the second half
 * of their stages begins, 0 when there is one stage. -> their number */
size_t ais_counting(const gal_importance_sampler *s, size_t *row, double *lnw, size_t *half);
double ais_halves(const gal_importance_sampler *s, const double *lnw, size_t n,
                  size_t half); /* difference of ln Z of two halves, in its errors */
size_t ais_counted(const gal_importance_sampler *s);
double ais_counted_size(const gal_importance_sampler *s);           /* their effective size */
gal_status ais_khat(const gal_importance_sampler *s, double *khat); /* Pareto k of their weights */
/* ln of the mean of exp lnw of every step-th draw, and its standard error */
double ais_evidence(const double *lnw, size_t n, size_t step, double *err);
/* Effective size of draws from .. n-1 at beta, each weighted by its own proposal */
double ais_own_size(const gal_importance_sampler *s, size_t from, double beta);
double ais_kish(const double *lnw, size_t n);
#endif
