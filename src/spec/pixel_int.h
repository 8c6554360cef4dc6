/* The likelihood of pixels from the inside: calib.c (linear columns, coefficients) and pixel_noise.c (correlated noise, outliers,
 * leave one out).
 *
 * Columns d_k, residual r and the diagonal noise N form K = N + G + D D'. Correlated noise G is taken off by whitening: with
 * N + G = L diag(S) L', L of unit diagonal, r and the columns are replaced by L^-1 r, L^-1 d_k and the weights 1/N by 1/S; the algebra of
 * the columns (Woodbury) then is that of independent pixels. */
#ifndef GAL_PIXEL_INT_H
#define GAL_PIXEL_INT_H
#include "galua/spec.h"

#define LN_2PI 1.83787706640934548

typedef struct pixel_system {
    size_t n, k, nc;
    bool profiled; /* the last nc columns are estimated, not integrated over */
    bool flat[GAL_LINEAR_MAX + GAL_POLY_MAX + 1];
    double *d;  /* [k][n] columns, scaled by the prior's standard deviation */
    double *iv; /* [n] 1/s^2; whitened: 1/S */
    double *r;  /* [n] */
    double *m;  /* [k][k] */
    double *b, *sol, *sd;
    double *gp; /* scratch of pixel_noise.c */
    gal_noise_terms noise;
} pixel_system;

static inline double pixel_sum(const double *restrict a, const double *restrict b, const double *restrict w, size_t n)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += a[i + j] * b[i + j] * w[i + j];
    for (size_t j = 0; i < n; i++, j++)
        s[j] += a[i] * b[i] * w[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* calib.c: residuals (with the coefficients c of a sampled polynomial, or NULL), inverse variances and columns; returns the terms of ln L
 * that are neither r nor D: -ln|2 pi N|/2. fitted[n]: the model, or NULL. */
double pixel_begin(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c, double *fitted,
                   double *work, pixel_system *s);
/* calib.c: the part of ln L that the columns change, M^-1 b into s->sol, Cholesky factor of M into s->m. NaN when singular. */
double pixel_solve(pixel_system *s);

/* pixel_noise.c */
size_t pixel_noise_work(const gal_spec_like *l);
/* whitens s->r, s->d, s->iv; returns -ln|2 pi (N + G)|/2, NaN when it cannot be factorised */
double pixel_whiten(const gal_spec_like *l, const double *model, pixel_system *s);
/* ln L of independent pixels that may be outliers */
double pixel_outliers(const pixel_system *s);
#endif
