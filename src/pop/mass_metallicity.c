/* Galaxies whose metallicity follows from the mass they have formed and the time: galua/mzr.h over a population. */
#include "pop/pop_int.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046
enum { PIECE = 1024 };

static double time_of(const gal_pop *p, const gal_pop_galaxies *g, size_t i)
{
    return p->plan.own ? g->tobs[i] : p->plan.tobs;
}

gal_status gal_pop_mzr(const gal_pop *p, const gal_pop_galaxies *g, const double *par, bool fixed, double *lgmet,
                       double *bymass, double *bytime)
{
    double *mass;
    gal_status st = gal_pop_own_masses(p, g, &mass);
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t i = 0; i < (st == GAL_OK ? g->n : 0); i++) {
        lgmet[i] = gal_mzr(log10(mass[i]), time_of(p, g, i), par, fixed, bymass + i, bytime + i, NULL);
        bymass[i] /= LN10;
    }
    gal_free(mass);
    return st;
}

gal_status gal_pop_mzr_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *par, bool fixed,
                           const double *glgmet, double *gp)
{
    double *mass, *sum = NULL;
    const size_t pieces = (g->n + PIECE - 1) / PIECE;
    gal_status st = gal_pop_own_masses(p, g, &mass);
    if (st == GAL_OK && !(sum = GAL_NEWN(double, pieces *GAL_MZR_N + 1)))
        st = GAL_ENOMEM;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t c = 0; c < (st == GAL_OK ? pieces : 0); c++)
        for (size_t i = c * PIECE; i < g->n && i < (c + 1) * PIECE; i++) {
            double d[GAL_MZR_N];
            gal_mzr(log10(mass[i]), time_of(p, g, i), par, fixed, NULL, NULL, d);
            for (size_t k = 0; k < GAL_MZR_N; k++)
                sum[c * GAL_MZR_N + k] += glgmet[i] * d[k];
        }
    memset(gp, 0, GAL_MZR_N * sizeof *gp);
    for (size_t c = 0; c < (st == GAL_OK ? pieces : 0); c++)
        for (size_t k = 0; k < GAL_MZR_N; k++)
            gp[k] += sum[c * GAL_MZR_N + k];
    gal_free(sum);
    gal_free(mass);
    return st;
}
