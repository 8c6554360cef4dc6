/* Hot loops of the sky. Arrays [n], contiguous, not overlapping, 64-byte aligned; n a multiple of 64 where the comment says blocks. */
#ifndef GAL_SKY_KERN_H
#define GAL_SKY_KERN_H
#include "num/isa.h"
#include "sky/pieces.h"
struct sky_kern {
    /* out = scale x, UNSEEN as NaN; x float, double, or big-endian float, double of a file */
    void (*widen)(size_t n, double scale, const float *x, double *out);
    void (*copy)(size_t n, double scale, const double *x, double *out);
    void (*swap32)(size_t n, double scale, const unsigned char *x, double *out);
    void (*swap64)(size_t n, double scale, const unsigned char *x, double *out);
    bool (*any_nan)(size_t n, const double *x);
    /* blocks. Modified black body: out = exp(ln_ratio (beta + 1)) / expm1(x inv_t) */
    void (*mbb)(size_t n, double ln_ratio, double x, const double *beta, const double *inv_t, double *out);
    /* out = expm1(x inv_t) exp(ln_ratio (beta + 1)) */
    void (*mbb_norm)(size_t n, double ln_ratio, double x, const double *beta, const double *inv_t, double *out);
    /* out = exp(a + b beta) */
    void (*power)(size_t n, double a, double b, const double *beta, double *out);
    /* out = exp(a beta + b curvature) */
    void (*curved)(size_t n, double a, double b, const double *beta, const double *curvature, double *out);
    void (*inverse)(size_t n, double *x); /* x = 1/x */
    /* out += c x */
    void (*axpy)(size_t n, double c, const double *x, double *out);
    /* out += x y */
    void (*muladd)(size_t n, const double *x, const double *y, double *out);
    void (*mul)(size_t n, const double *x, double *out);    /* out *= x */
    void (*divide)(size_t n, const double *x, double *out); /* out /= x */
    /* out = (x - shift) scale */
    void (*unit)(size_t n, double shift, double scale, const double *x, double *out);
    /* blocks. Polynomial of x and y in -1 .. 1: rows of y, row j of degree deg[j] in x; c packed row by row from the highest row, each from the
     * highest power */
    void (*poly)(size_t n, int rows, const int *deg, const double *c, const double *x, const double *y, double *out);
    /* segments of x, and values there */
    void (*find)(size_t n, const gal_pieces *p, const double *x, int *segment);
    void (*pieces)(size_t n, const gal_pieces *p, const int *segment, const double *x, double *out);
    /* out = scale x, NaN as UNSEEN; how many those are (n: a block) */
    size_t (*store32)(size_t n, double scale, const double *x, float *out);
    size_t (*store64)(size_t n, double scale, const double *x, double *out);
};
GAL_KERN_DECLARE(sky_kern);
#endif
