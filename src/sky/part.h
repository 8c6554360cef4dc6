/* Shared by part.c, sources.c, plan*.c, run.c: parts and plans from the inside. */
#ifndef GAL_SKY_PART_H
#define GAL_SKY_PART_H
#include <stdatomic.h>

#include "sky/law.h"

struct gal_sky_part {
    atomic_int refs;
    char name[48];
    const gal_sky_law *law; /* NULL: point sources */
    void *self;
    gal_field *amplitude[3], *par[GAL_SKY_MAXPAR];
    double number[GAL_SKY_MAXPAR];                 /* working value of a parameter that is a number */
    double lo[GAL_SKY_MAXPAR], hi[GAL_SKY_MAXPAR]; /* ranges of working variables */
    int nmap, map[GAL_SKY_MAXPAR];                 /* parameters that are maps */
    gal_sky_sources sources;                       /* pointers into block */
    double *block;
};

/* ------------------------------------------------------------------ a band integral as a function of working variables */
enum { POLY_MAX = 17 }; /* rows and columns of a polynomial */
typedef struct gal_poly {
    int rows, deg[POLY_MAX];
    double *c; /* packed as sky_kern wants it */
    int terms;
} gal_poly;
typedef enum functional_kind { F_ZERO, F_SCALAR, F_PIECES, F_POLY, F_EXACT } functional_kind;
typedef struct functional {
    functional_kind kind;
    double value, error; /* scalar; certified relative error of a polynomial */
    bool inverse;        /* pieces of 1/norm */
    gal_pieces *pieces;
    gal_poly poly;
} functional;
void gal_functional_free(functional *f);

typedef struct part_plan {
    const gal_sky_part *part;
    bool active, same;  /* same: Q and U use the band integral of I */
    bool exact;         /* sums over frequencies at run time */
    bool shared;        /* piecewise polynomials have the same knots: one search a pixel */
    double *coef[2];    /* [nchannels][nnu] with the law's factors; coef[1] == coef[0] when same */
    functional norm[2]; /* of I, P; never exact unless `exact` */
    functional *f[2];   /* [nchannels]; only basis channels are made */
    double *flux[2];    /* sources: [nchannels][n] uK_RJ sr, intensity and polarised */
} part_plan;

struct gal_sky_plan {
    size_t npix, nparts, nch, nnu, nbasis;
    double *nu; /* [nnu] all frequencies, ascending */
    part_plan *part;
    gal_band **band;
    char (*name)[64];
    double *factor;      /* [nch] uK_RJ to the unit */
    size_t *basis;       /* [nbasis] channel of each */
    double *combination; /* [nch][nbasis] in uK_RJ */
    double tolerance, rank_error;
};

/* Sum over frequencies at m points of working variables w[npar][m]; m <= 4096 */
gal_status gal_plan_sum(const gal_sky_plan *p, const part_plan *q, int which, size_t c, void *local, size_t m,
                        const double *const *w, double *out);
gal_status gal_plan_norm(const part_plan *q, int which, size_t m, const double *const *w, double *out);
/* A polynomial over the box of the maps: kind F_POLY, or F_EXACT when the tolerance is not reached. c: channel, or < 0 for the norm. */
gal_status gal_functional_poly(const gal_sky_plan *p, const part_plan *q, int which, long c, void *local,
                               double tolerance, functional *out);
/* Which channels to compute, and the others as sums of them */
gal_status gal_plan_reduce(gal_sky_plan *p, double tolerance);
void gal_sources_add(const gal_sky_part *part, const part_plan *q, size_t c, size_t first, size_t n,
                     double *const acc[3]);
gal_status gal_sources_plan(const gal_sky_plan *p, part_plan *q);
#endif
