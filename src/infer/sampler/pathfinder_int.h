/* Internals of Pathfinder. */
#ifndef GAL_INFER_PATHFINDER_INT_H
#define GAL_INFER_PATHFINDER_INT_H
#include "galua/pathfinder.h"
#include "galua/transform.h"
struct gal_pathfinder {
    GAL_IS_SAMPLER;
    gal_pathfinder_opt opt;
    gal_path *path; /* [paths] */
    gal_importance imp;
    gal_draws draws;
};
#endif
