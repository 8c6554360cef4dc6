/* The population kernel: histories of galaxies in the lanes of a vector register -> band fluxes, and the reverse. pop_kern.c explains it. */
#ifndef GAL_POP_KERN_H
#define GAL_POP_KERN_H
#include "num/isa.h"

enum {
    POP_NB = 6,
    POP_NPAR = 13,
    POP_CHUNK = 1024,
    POP_PAD = 8
}; /* bands a group, history parameters, galaxies a piece of work */

/* edges i0 .. i1 - 1 of the age grid were born in segment (t[k-1], t[k]) of the history; k = 0: before the first node */
typedef struct pop_seg {
    int k, i0, i1;
} pop_seg;

#define POP_TABLES(name, R)                                                                                            \
    struct name {                                                                                                      \
        R lt0, lfb, vobs;                                                                                              \
        R *hdt, *t, *lt, *ck; /* [nt] half width 1e9/2 dt, time, log10, t^-3.5 in powers of 10 */                      \
        R *v;                 /* [na + 1] birth of the edge as a fraction of its segment, from its end */              \
        R *ze;                /* [nz + 1] metallicity edges */                                                         \
        R *P;                 /* [ng][nz][na][POP_NB] flux of a cell, Msun formed */                                   \
        R *Pt;                /* [ng][nz][POP_NB][na + POP_PAD] */                                                     \
    }
POP_TABLES(pop_f64, double);
POP_TABLES(pop_f32, float);

typedef struct pop_plan {
    int nt, na, nz, nb, ng, K, nseg;
    bool single; /* arithmetic in float32 */
    pop_seg *seg;
    double *unit; /* [nb] flux that the cells of a band are counted in */
    struct pop_f64 d;
    struct pop_f32 f;
} pop_plan;

/* galaxies 0 .. n - 1; arrays [..][n] are parameter- or band-major, histories [n][nt]. NULL: not given, not wanted */
typedef struct pop_job {
    size_t n;
    const double *sfr, *par, *lgmet, *scatter;
    double *flux, *mass;         /* [nb][n]; [n] formed until t_obs */
    const double *gflux;         /* [nb][n] dLoss/dflux */
    const unsigned char *active; /* [nb] bands whose gflux is not all 0 */
    double *gsfr, *gpar, *glgmet, *gscatter;
} pop_job;

struct pop_kern {
    int (*rates)(const double *row, size_t n); /* 0: finite, >= 0, and one above 0; 1: not so; 2: all are 0 */
    size_t (*bytes)(const pop_plan *p);        /* of scratch, 64-byte aligned */
    void (*run)(const pop_plan *p, const pop_job *job, size_t i0, size_t i1,
                void *scratch); /* one chunk: i1 - i0 <= POP_CHUNK */
};
GAL_KERN_DECLARE(pop_kern);
#endif
