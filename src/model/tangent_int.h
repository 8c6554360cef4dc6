/* What the files of derivatives along a direction share; see galua/tangent.h. */
#ifndef GAL_TANGENT_INT_H
#define GAL_TANGENT_INT_H
#include "galua/tangent.h"
#include "model/model_int.h"

/* Of a direction: the error of a central difference is some 1e-10 by its square and 1e-11 by rounding. */
#define TANGENT_STEP 1e-5

struct gal_tangent {
    const gal_galaxy *g;
    gal_galaxy_ws *d; /* holds changes in the places of values */
    gal_galaxy_ws *x; /* where components are evaluated beside the point */
    gal_csp_diff weights;
    double *keep; /* [MAXLUM or 4][n] first of two evaluations */
    double *theta, *along;
    bool *wanted;  /* [npar] by gradients; of parameter 0 also where it moves with a redshift that is */
    bool own_age;  /* parameter 0 itself is wanted */
    unsigned live; /* GAL_NEED_*: what depends on those */
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
/* That stage in t->x as it stands, with the parameters t->theta: its arrays are out[m][n], the A_V of a screen in t->x. */
gal_status tangent_stage_at(gal_tangent *t, size_t i, tangent_stage which, double **out, tangent_result *r);
/* The exact derivative of that stage, from s along d; GAL_EUNSUP, without a message, where there is none. */
gal_status tangent_exact(const gal_tangent *t, const gal_galaxy_ws *w, size_t i, tangent_stage which,
                         const gal_stage *s, const gal_stage *d, gal_screen *screen, tangent_result *r);
bool tangent_has_jvp(const gal_part *p); /* of all its stages */
bool tangent_touched(const gal_tangent *t, const gal_part *p,
                     unsigned changed); /* do its parameters or what it reads change? */
void tangent_zero(double **to, size_t m, size_t n);
/* The numbers of a view that change, and what reads them (GAL_NEED_*). */
enum { TANGENT_NUMBERS = 22 };
double *tangent_number(gal_view *v, size_t i, unsigned *needs);
void tangent_view_zero(gal_view *v);
double tangent_size(const gal_param *p, double v); /* what a parameter may change by: differences are of this size */
/* The value of what the stage of a part reads, a step beside the point, in t->x and t->theta; its spectra from 0. */
void tangent_put_beside(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, const gal_part *p, double step);

/* ---- backward (adjoint.c, adjoint_part.c). In t->d stand derivatives in the places of values. */
void adjoint_clear(gal_tangent *t);
/* With respect to all wanted parameters, added to gtheta, from those with respect to the attenuated stars, to everything else that shines
 * and to the transmission: t->d->lum[GAL_COMP_EXTINCT], t->d->lum[GAL_COMP_TOTAL], t->d->trans. */
gal_status adjoint_light(gal_tangent *t, gal_galaxy_ws *w, const double *theta, double *gtheta);
bool adjoint_able(const gal_part *p);
/* Transposes of single stages: from glum[m][n], or g, to gtheta of the part and numbers of t->d->view. */
gal_status adjoint_emission(gal_tangent *t, gal_galaxy_ws *w, size_t i, bool dust, const double *theta, double *glum,
                            double *gtheta);
gal_status adjoint_source(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, const gal_source *g,
                          double *gtheta);
gal_status adjoint_screen(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, double *gtheta);
gal_status adjoint_transmit(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, const double *value,
                            double *gt, double *gtheta);
bool adjoint_wants(const gal_tangent *t, size_t first, size_t n); /* any of these parameters? */
#endif
