/* What the files of populations share: plans, and the loop over galaxies. */
#ifndef GAL_POP_INTERNAL_H
#define GAL_POP_INTERNAL_H
#include "pop/pop_kern.h"

struct gal_pop {
    pop_plan plan;
};
/* Fills in the galaxies of the job and runs it. pieces: the chunks are cut into that many runs of neighbours, each done by one thread from its
 * beginning to its end, at any number of threads; 0: each chunk is one. */
gal_status gal_pop_run(const pop_plan *p, const gal_pop_galaxies *g, pop_job *job, int pieces);
gal_status gal_pop_check_given(const pop_plan *p, const gal_pop_galaxies *g);
gal_status gal_pop_check_adjoint(const pop_plan *p, const gal_pop_galaxies *g, const gal_pop_adjoint *a);
#endif
