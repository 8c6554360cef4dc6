/* What the modified black body shares with the decorrelated one. */
#ifndef GAL_SKY_LAW_MBB_H
#define GAL_SKY_LAW_MBB_H
#include "sky/law.h"
typedef struct gal_mbb {
    double nu_i, nu_p, length;
    double seed;
} gal_mbb;
extern const gal_sky_input gal_mbb_par[2];
gal_status gal_mbb_create(void **out, const double *opt, const gal_sky_table *table);
void gal_mbb_work(const void *self, size_t n, double *const *par);
gal_status gal_mbb_shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                         double *out);
void gal_mbb_normalise(const void *self, int which, size_t n, const double *const *par, double *out);
#endif
