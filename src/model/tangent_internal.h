/* What the files of derivatives along a direction share; see galua/tangent.h. */
#ifndef GAL_TANGENT_INTERNAL_H
#define GAL_TANGENT_INTERNAL_H
#include "galua/tangent.h"
#include "model/model_internal.h"

/* Of a direction: the error of a central difference is some 1e-10 by its square and 1e-11 by rounding. */
#define TANGENT_STEP 1e-5

struct gal_tangent {
    const gal_galaxy *g;
    gal_galaxy_ws *d; /* holds changes in the places of values */
    gal_galaxy_ws *x; /* where components are evaluated beside the point */
    gal_csp_diff weights;
    double *keep; /* [MAXLUM or 4][n] first of two evaluations */
    double *theta, *along;
    size_t ndiff;
    char name[MAXCOMP][80];
    bool force;
};

typedef enum tangent_stage {
    TANGENT_SOURCE,
    TANGENT_SCREEN,
    TANGENT_REEMIT,
    TANGENT_EMIT,
    TANGENT_TRANSMIT
} tangent_stage;
typedef union tangent_result { /* changes of the numbers that a stage makes */
    gal_source source;
    gal_emission emission;
} tangent_result;

/* The stage of part i with its exact derivative, where there is one, or differences: changes of its m arrays to[m][n], and *r (of the two
 * stages that have it; NULL else). Those of a screen are in t->d. */
gal_status tangent_run(gal_tangent *t, gal_galaxy_ws *w, size_t i, tangent_stage which, const double *theta,
                       double **to, size_t m, tangent_result *r);
bool tangent_has_jvp(const gal_part *p); /* of all its stages */
bool tangent_touched(const gal_tangent *t, const gal_part *p,
                     unsigned changed); /* do its parameters or what it reads change? */
void tangent_zero(double **to, size_t m, size_t n);
void tangent_view_zero(gal_view *v); /* the numbers */
/* The value of what the stage of a part reads, a step beside the point, in t->x and t->theta; its spectra from 0. */
void tangent_put_beside(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, const gal_part *p, double step);
#endif
