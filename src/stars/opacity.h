/* Opacities of a stellar atmosphere on a fixed wavelength grid, organised for speed: every continuous process is a function of
 * wavelength (computed once) times a coefficient of the gas state (computed once per depth). */
#ifndef GAL_STARS_OPACITY_H
#define GAL_STARS_OPACITY_H
#include "galua/base.h"
#include "stars/eos.h"

enum {
    GAL_OP_HMINUS,                 /* H- bound-free */
    GAL_OP_H1,                     /* H I bound-free, n = 1..8 */
    GAL_OP_L3 = GAL_OP_H1 + 8,     /* lambda^3: levels taken together */
    GAL_OP_FF0,                    /* free-free, part of the Gaunt factor constant in T */
    GAL_OP_FF1,                    /* free-free, part of the Gaunt factor linear in T */
    GAL_OP_HE1,                    /* He I: ground and the four n = 2 terms */
    GAL_OP_HE2 = GAL_OP_HE1 + 5,   /* He II n = 1..9 */
    GAL_OP_METAL = GAL_OP_HE2 + 9, /* 19 edges of C N O Na Mg Al Si S Ca */
    GAL_OP_FE = GAL_OP_METAL + 19, /* 15 level groups of Fe I */
    GAL_OP_NTERM = GAL_OP_FE + 15,
    GAL_OP_NHFF = 6,         /* H- free-free: powers theta^(n+2)/2 */
    GAL_OP_NSTARK_MAX = 128, /* hydrogen lines */
    GAL_BLANK_NQ = 5         /* Gauss-Hermite points of the line-opacity distribution */
};

/* One hydrogen line on a grid: a window of indices, and what its profile needs. */
typedef struct gal_hline {
    int n, m;
    double wave;   /* A */
    double f;      /* oscillator strength (absorption) */
    double stark;  /* K [A per unit normal field strength] */
    size_t lo, hi; /* window */
} gal_hline;

typedef struct gal_opgrid {
    size_t n;
    double *wave;                /* A */
    float *lam;                  /* A */
    float *step;                 /* A, quarter of the local grid step: a line core is averaged over its bin */
    float *x1;                   /* h c/(lambda k) [K] */
    float *planck1;              /* 2 h c^2/lambda^5 [erg/s/cm2/A/sr] */
    float *term[GAL_OP_NTERM];   /* absorption, before the factor for stimulated emission [cm2, per particle] x 1e18 */
    size_t nterm[GAL_OP_NTERM];  /* a term is zero from this index on */
    float *hff[GAL_OP_NHFF];     /* x 1e29, stimulated emission included */
    float *ray_h, *ray_h2;       /* Rayleigh scattering, x 1e24 */
    size_t edge[8], edge_end[8]; /* first index beyond the H edge n, and beyond 1.3 times its wavelength */
    gal_hline line[GAL_OP_NSTARK_MAX];
    size_t nline;
    float *a[3], *e[3], *mol[3], *spread[GAL_BLANK_NQ]; /* line law, see blanketing.h */
    float *block;                                       /* the memory behind all float arrays */
} gal_opgrid;

/* What the kernels need at one depth; all coefficients are divided by the extinction `unit` [cm-1]. */
typedef struct gal_opstate {
    float c[GAL_OP_NTERM], hff[GAL_OP_NHFF], thomson, ray_h, ray_h2, t;
    float edge_wave[8]; /* A, where the dissolved series n merges into its continuum */
    struct {
        float strength, wave, stark_unit, doppler;
    } line[GAL_OP_NSTARK_MAX];
    float absorber[GAL_NABSORBER]; /* ln (Fe I, II, III) and linear (molecules), 1e-17 included */
} gal_opstate;

/* wave[n] ascending [A], copied. lines: hydrogen lines are listed. Caller frees with gal_opgrid_free. GAL_ENOMEM. */
GAL_API gal_status gal_opgrid_create(gal_opgrid **out, const double *wave, size_t n, bool lines);
GAL_API void gal_opgrid_free(gal_opgrid *g);
GAL_API void gal_opgrid_state(const gal_opgrid *g, const gal_gas *gas, double unit, gal_opstate *o);

/* hlines.c */
void gal_hlines_list(gal_opgrid *g);
GAL_API double gal_hlines_last_level(double ne); /* Inglis & Teller: log ne = 23.26 - 7.5 log n_max */
void gal_hlines_state(const gal_opgrid *g, const gal_gas *gas, double unit, gal_opstate *o);
#endif
