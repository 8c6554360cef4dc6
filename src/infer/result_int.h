/* Internals of the results: the container. */
#ifndef GAL_INFER_RESULT_INT_H
#define GAL_INFER_RESULT_INT_H
#include "galua/result.h"

#define RESULT_FORMAT 1 /* of the file; raise when older programs cannot read it */

struct gal_result {
    gal_var **var;
    size_t n, room;
    gal_var **coord; /* group "", name = dim[0] */
    size_t ncoord;
};
size_t var_count(const gal_var *v);  /* product of sizes */
size_t var_width(gal_var_type type); /* bytes per value */
void var_free(gal_var *v);
/* Takes ownership of v, also on failure. */
gal_status result_take(gal_result *r, gal_var *v);
gal_status result_take_coord(gal_result *r, gal_var *v);
gal_var *var_new(const char *group, const char *name, gal_var_type type, int rank, const char *const *dims,
                 const size_t *sizes, const char *unit, const char *about); /* data zeroed; NULL when out of memory */
#endif
