/* A target with one coordinate less: the one that the inner target integrates itself (gal_target.marginal). Its blobs are a draw of that coordinate, given
 * the others (the uniform number behind it hangs on the point alone), what the integral says of it, and those of the inner target there, if asked for. */
#ifndef GAL_INFER_MARGINAL_H
#define GAL_INFER_MARGINAL_H
#include "galua/target.h"

typedef struct gal_marginal gal_marginal;
/* *out NULL: the target has no such coordinate. It is borrowed. which: SIZE_MAX asks the target, else what it said before.
 * blobs: those of t come with those of the draw; each costs t an evaluation. */
gal_status gal_marginal_create(gal_marginal **out, const gal_target *t, size_t which, bool blobs);
void gal_marginal_free(gal_marginal *m); /* NULL is fine */
const gal_target *gal_marginal_target(const gal_marginal *m);
size_t gal_marginal_which(const gal_marginal *m);
/* n points theta[n][ndim - 1] and the draws beside them -> whole[n][ndim] */
void gal_marginal_whole(const gal_marginal *m, size_t n, const double *theta, const double *drawn, double *whole);
/* Blobs of the target, those of t behind them: the draw, ln of its prior there, and ln L there as it follows from the integral */
enum { MARGINAL_DRAWN, MARGINAL_DENSITY, MARGINAL_JOINT, MARGINAL_NBLOB };
#endif
