/* law.h - what an emission law is. A law is one file law_NAME.c and one line in law_registry.c.
 *
 * <T> of a pixel with amplitude A: A norm(par) sum_i c_i shape(nu_i, par), c_i the band's coefficients; `which` 0 is I, 1 is Q and U.
 * `par` are working variables: what work() made of the law's parameters, in place. Functions see blocks of n pixels, n a multiple of
 * LAW_BLOCK, contiguous. They must be smooth in each working variable, or say in pieces() how they are made. */
#ifndef GAL_SKY_LAW_H
#define GAL_SKY_LAW_H
#include "galua/sky.h"
#include "sky/pieces.h"

enum { LAW_BLOCK = 64 };
enum { LAW_I, LAW_P, LAW_NORM_I, LAW_NORM_P };

struct gal_sky_law {
    const char *name, *doc;
    const char *unit;         /* of the amplitude; NULL: uK_RJ */
    const gal_sky_input *par; /* numbers or maps */
    size_t npar;
    const gal_sky_input *opt; /* numbers */
    size_t nopt;
    const char *const *table; /* names of arrays */
    size_t ntable;
    bool split; /* shapes of I and of P differ */
    /* opt[nopt], table[ntable] complete; self stays with the part */
    gal_status (*create)(void **self, const double *opt, const gal_sky_table *table);
    void (*destroy)(void *self);
    void (*work)(const void *self, size_t n, double *const *par); /* NULL: parameters as they are */
    /* nu [GHz] */
    gal_status (*shape)(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                        double *out);
    void (*norm)(const void *self, int which, size_t n, const double *const *par, double *out); /* NULL: 1 */
    /* Further factors of the frequencies of a plan, of all its channels together; NULL: 1 */
    gal_status (*factors)(const void *self, int which, size_t nnu, const double *nu, double *factor);
    /* <T> of a band for laws that are no sum over its points (lines); excludes shape */
    gal_status (*band)(const void *self, int which, const gal_band *band, double *out);
    /* sum_i coef_i shape(nu_i) as a piecewise polynomial on lo .. hi, exactly; for LAW_NORM_*: of 1/norm. One working variable. */
    gal_status (*pieces)(const void *self, int which, size_t nnu, const double *nu, const double *coef, double lo,
                         double hi, gal_pieces **out);
    /* State of a thread, for laws in Lua */
    gal_status (*open)(void **local, const void *self);
    void (*close)(void *local);
};
/* Part with a law that its caller made; the part owns `self` */
GAL_API gal_status gal_sky_part_adopt(gal_sky_part **out, const gal_sky_part_args *a, void *self);
#endif
