/* What the files of populations share: plans, and the loop over galaxies. */
#ifndef GAL_POP_INT_H
#define GAL_POP_INT_H
#include "pop/pop_kern.h"

struct gal_pop {
    pop_plan plan;
};
/* Fills in the galaxies of the job and runs it. pieces: the chunks are cut into that many runs of neighbours, each done by one thread from its
 * beginning to its end, at any number of threads; 0: each chunk is one. */
gal_status gal_pop_run(const pop_plan *p, const gal_pop_galaxies *g, pop_job *job, int pieces);
/* *mass[n] (gal_free): formed by t_obs by each galaxy itself, before any merge */
gal_status gal_pop_own_masses(const gal_pop *p, const gal_pop_galaxies *g, double **mass);
/* gal_pop_vjp added to `out`, but for what masses, errors and merging have; rates NULL, or the adjoints of the history of rates, which then are not added.
 * lgmet[n]: by those of this run, not added. space[POP_ADD_SPACE (+ nt where out->sfr)][n]. */
enum { POP_ADD_SPACE = 8 + GAL_POP_DUST_N + GAL_POP_AXES + GAL_HISTORY_N };
gal_status gal_pop_vjp_add(const gal_pop *p, const gal_pop_galaxies *g, const double *gF, const double *gM,
                           const gal_pop_adjoint *out, double *rates, double *space, double *lgmet);
gal_status gal_pop_check_given(const pop_plan *p, const gal_pop_galaxies *g);
gal_status gal_pop_check_adjoint(const pop_plan *p, const gal_pop_galaxies *g, const gal_pop_adjoint *a);
#endif
