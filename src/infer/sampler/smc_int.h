/* Internals of SMC. */
#ifndef GAL_INFER_SMC_INT_H
#define GAL_INFER_SMC_INT_H
#include "galua/draws.h"
#include "galua/rng.h"
#include "galua/smc.h"
#include "galua/transform.h"

/* A multivariate Student t: location, lower factor of its scale matrix, degrees of freedom. */
typedef struct student {
    size_t d;
    double nu, *mean, *chol; /* [d], [d][d] */
} student;
/* Fit to points z[n][d] of weights w[n] (sum 1) by ECM (Liu & Rubin 1995). GAL_EMATH when the points do not span the space. */
gal_status student_fit(student *t, size_t n, const double *z, const double *w);
double student_distance(const student *t, const double *z, double *work); /* squared Mahalanobis distance; work[d] */

typedef enum { SMC_PRIOR, SMC_CHOOSE, SMC_MOVE } smc_phase;
struct gal_smc {
    GAL_IS_SAMPLER;
    gal_smc_opt opt;
    double want; /* effective size */
    /* the pool: points of finite probability, level after level */
    size_t n, room;
    double *z, *theta, *lnprior, *lnlike, *blob, *lns; /* lns: ln sum_s n_s L^beta_s/Z_s */
    uint64_t *family;
    size_t total; /* drawn in all, forbidden ones of the prior included */
    size_t drawn; /* of the prior */
    gal_smc_level *level;
    size_t nlevel, level_room, *first; /* first[level]: its first point */
    /* the level in the making */
    smc_phase phase;
    size_t step;
    double sigma, accepted, next_beta, next_lnz, next_ess;
    student kernel;
    double *cz, *ctheta, *clnprior, *clnlike, *cblob, *clnn, *cdist,
        *cl0; /* [active]...; clnn: ln N(z); cl0: ln L at the start */
    uint64_t *cfamily;
    /* of one step */
    double *yz, *ytheta, *ylnp, *ylnprior, *ylnlike, *yblob, *ydist, *yu;
    size_t *row;
    /* what it found */
    gal_draws draws;
    gal_importance imp;
    size_t families;
    double halves;
    bool checked;            /* by draws of a mixture fitted to the particles: smc_check.c */
    gal_importance mix;      /* what these say */
    double peak;             /* ln of the largest weight at the means of its components, over the mean weight */
    size_t counted;          /* evaluations of the space that were counted */
    size_t first_evaluation; /* of the run at work */
};
gal_status smc_open(void *s);
void smc_close(void *s);
gal_status smc_step(void *s, const void *goal, bool *done);
gal_status smc_check(gal_smc *s); /* fills mix; evaluations are those of the space */
gal_status smc_make_room(gal_smc *s, size_t more, size_t levels);
/* ln w of all pool points at beta; returns ln Z; *ess of the weights */
double smc_weights(const gal_smc *s, double beta, double *lnw, double *ess);
#endif
