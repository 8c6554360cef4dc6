/* Internals of Pathfinder. */
#ifndef GAL_INFER_PATHFINDER_INT_H
#define GAL_INFER_PATHFINDER_INT_H
#include "galua/pathfinder.h"
#include "galua/transform.h"
struct gal_pathfinder {
    const gal_target *t;
    gal_space *space;
    size_t d, nb;
    gal_pathfinder_opt opt;
    gal_path *path; /* [paths] */
    gal_importance imp;
    gal_draws draws;
    gal_run_end end;
    char why[400];
    double seconds;
    size_t evaluations;
};
gal_status path_alloc(gal_path *p, size_t d);
#endif
