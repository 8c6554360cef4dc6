/* Wigner functions d^l_(m m')(beta) for eight neighbouring m at once, all m', l ascending, applied on the way (alm_rotate.c).
 *
 * For fixed m, m' they obey (Varshalovich et al. 1988, 4.8.2)
 *   l s_(l+1)(m) s_(l+1)(m') d^(l+1) = (2l+1) (l(l+1) cos beta - m m') d^l - (l+1) s_l(m) s_l(m') d^(l-1),   s_l(m) = sqrt(l^2 - m^2),
 * stable upwards from l = max(|m|, |m'|). There they may be as small as 1e-10000: a column (one m') holds d 2^-e for its eight lanes with
 * an exponent e <= 0 that rises to 0 as d grows; what has e < 0 is below 2^-200 and adds nothing. */
#ifndef GAL_SKY_ALM_ROTATE_KERN_H
#define GAL_SKY_ALM_ROTATE_KERN_H
#include "num/isa.h"
enum { GAL_ROTATE_LANES = 8, GAL_ROTATE_STEP = 400 };
typedef struct gal_rotate_column { /* d at +m' and -m' */
    double now[2][GAL_ROTATE_LANES], before[2][GAL_ROTATE_LANES];
    int e[2];
} gal_rotate_column;
struct alm_rotate_kern {
    /* Columns 0 .. l go from l to l+1 (l >= 1). m0: first of the eight m. root[0..l] = s_l(m'), inverse[0..l] = 1/s_(l+1)(m'). */
    void (*advance)(int l, int m0, double cosb, const double *root, const double *inverse, gal_rotate_column *c);
    /* sum[comp][re, im][lane] += over m' = 0 .. l of d b_m' + (-1)^m' d_(-m') conj(b_m'); b[comp] holds (re, im) of m' = 0 .. l. */
    void (*apply)(int l, int ncomp, const gal_rotate_column *c, const double *const *b,
                  double sum[][2][GAL_ROTATE_LANES]); /* ncomp 1 or 3 */
};
GAL_KERN_DECLARE(alm_rotate_kern);
#endif
