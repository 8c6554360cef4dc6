/* Transforms of one or two arrays of doubles, without maps around them; what map2alm.c and alm2map are made of. */
#ifndef GAL_SKY_SHT_H
#define GAL_SKY_SHT_H
#include "galua/alm.h"
#include <libsharp/sharp.h>

typedef struct sht_plan {
    int64_t nside;
    int lmax;
    sharp_geom_info *geom;
    sharp_alm_info *alm;
} sht_plan;
/* weights: of the rings, [2 nside], or NULL for 1. GAL_EINVAL: nside or lmax beyond what libsharp takes. */
gal_status sht_plan_make(sht_plan *p, int64_t nside, int lmax, const double *weights);
void sht_plan_free(sht_plan *p);
/* spin 0: one array of each; spin 2: two (E, B and Q, U); derivatives: one a, two maps. add: a += result, else a = result. */
void sht_synthesis(const sht_plan *p, int spin, double *const *a, double *const *map);
void sht_analysis(const sht_plan *p, int spin, const double *const *map, double *const *a, bool add); /* Y^T W */
/* <a, b> of real fields: m = 0 once, m > 0 twice; the same bits at any number of threads. scratch [lmax + 1]. */
double sht_dot(int lmax, int n, double *const *a, double *const *b, double *scratch);
/* <a, a> of w_l a_lm, w[k] a table of lmax + 1 for each array */
double sht_weighted(int lmax, int n, double *const *a, const double *const *w, double *scratch);
/* Whole sky, RING, and as many components of the same kind? `what` begins the message. */
gal_status sht_check_pair(const gal_alm *a, const gal_skymap *m, const char *what);
#endif
