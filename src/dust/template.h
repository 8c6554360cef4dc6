/* Libraries of dust templates: what is read of them, and how they look in the microwave background. */
#ifndef GAL_DUST_TEMPLATE_H
#define GAL_DUST_TEMPLATE_H
#include "galua/component.h"

enum { GAL_TEMPLATE_Q = 11, GAL_TEMPLATE_U = 64 };

/* lum[(q * nu + u) * npair + heating][wave], L_lambda up to one factor for all */
typedef struct gal_template_library {
    size_t nq, nu, npair, nwave;
    double q[GAL_TEMPLATE_Q], lnu[GAL_TEMPLATE_U]; /* the axes; of npair = 1 the second is alpha */
    double p0[GAL_TEMPLATE_Q];                     /* Lsun per Msun of dust at U = 1; 0: unknown */
    double umin, umax;                             /* starlight of a mixture ends there; umin of npair = 2 is U */
    double t1, steepness;                          /* grains in equilibrium have t1 U^(1/steepness) [K] */
    double *wave;                                  /* A */
    double *lum;
} gal_template_library;

/* A library of nq x nu pairs: heated by U alone, and by U_min < U < umax, dM/dU ~ U^-2 */
typedef struct gal_template_layout {
    const char *name, *stem;
    size_t nq, nu;
    const int *file;  /* number in the file's name */
    const double *q;  /* [nq] percent */
    const double *u;  /* [nu] */
    const double *p0; /* [nq] Lsun per Msun of dust at U = 1 */
    double umax, t1, steepness;
} gal_template_layout;

void gal_template_library_free(void *library);
/* Of a folder in the layout of FSPS; NULL: built in (dust/NAME.h5 of the data). GAL_EIO, GAL_EFORMAT: names file and row. */
gal_status gal_template_read_pairs(gal_template_library **out, const char *folder, const gal_template_layout *y);
/* Of Dale et al. 2014: one file, wavelengths [micron] and log10 nu L_nu for alpha = 0.0625 .. 4. */
gal_status gal_template_read_dale14(gal_template_library **out, const char *path);

/* ------------------------------------------------------------------ contrast.c */
enum { GAL_TEMPLATE_MIX = 4, GAL_TEMPLATE_GAINS = 16 };

/* What dust in equilibrium emits of each template, on the nodes from `from` on (m of them). */
typedef struct gal_contrast {
    size_t ns, n, from;
    double steepness;
    double *t;           /* [ns][GAL_TEMPLATE_MIX] K, ascending; 0 but for the first: all of one */
    double *still;       /* [ns][m] Lsun/A that the background does not touch */
    double *opaque;      /* [ns][m] times b5/(e^(hck/T) - 1): what dust of T emits */
    double *b5, *hck;    /* [m] */
    double *power, *own; /* [ns] of the template, and of its m nodes */
    const double *tw;    /* [m] borrowed; NULL on the nodes of a plan, which have: */
    /* [ns][GAL_TEMPLATE_GAINS][2] power of the sum over that of the template, less 1, and its slope with ln T_CMB */
    double *gain;
} gal_contrast;

/* A template as it is seen: scale times itself before node `from`, far[k - from] from there on. */
typedef struct gal_seen {
    double scale;
    const double *far;
} gal_seen;

/* lum[ns][n] [Lsun/A], power[ns] their integrals, t as above; frees nothing of the caller's. *out NULL on GAL_ENOMEM. */
gal_status gal_contrast_create(gal_contrast **out, const gal_wavegrid *g, size_t ns, const double *lum,
                               const double *power, const double *t, double steepness);
gal_status gal_contrast_pick(gal_contrast **out, const gal_contrast *whole, const gal_wavegrid *nodes);
/* Share of the dust that is colder than part j of a mixture. */
double gal_contrast_quantile(int j);
void gal_contrast_free(gal_contrast *c);
/* Template s before a background of t0 > 0 K: far[n - from] is filled. */
double gal_contrast_seen(const gal_contrast *c, size_t s, double t0, double *far);
/* Its derivative with ln t0: returns that of the scale, dfar[n - from] is filled. */
double gal_contrast_slope(const gal_contrast *c, size_t s, double t0, double scale, const double *far, double *dfar);
#endif
