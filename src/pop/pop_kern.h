/* The population kernel: histories of galaxies in the lanes of a vector register -> band fluxes, and the reverse. pop_kern.c explains it. */
#ifndef GAL_POP_KERN_H
#define GAL_POP_KERN_H
#include "galua/population.h"
#include "num/isa.h"

enum {
    POP_NB = 6,
    POP_NPAR = 13,
    POP_CHUNK = 1024,
    POP_PAD = 8,
    POP_LANES = 16,
    POP_AXES = 1 + GAL_POP_AXES
}; /* bands a group, history parameters, galaxies a piece of work, padding of rows, most lanes, redshift and the axes of the table */

/* edges i0 .. i1 - 1 of the age grid were born in segment (t[k-1], t[k]) of the history; k = 0: before the first node */
typedef struct pop_seg {
    int k, i0, i1;
} pop_seg;

#define POP_TABLES(name, R)                                                                                            \
    struct name {                                                                                                      \
        R lt0, lfb, vobs;                                                                                              \
        R *hdt, *t, *lt, *ck,                                                                                          \
            *idl;    /* [nt] half width 1e9/2 dt, time, log10, t^-3.5 in powers of 10, 1/ln(t_k/t_k-1) */              \
        R *v;        /* [na + 1] birth of the edge as a fraction of its segment, from its end */                       \
        R *age, *fy; /* [na + 1] ages of the edges; [na + 1] share of `young` in a quantity by age */                  \
        R *ze;       /* [nz + 1] metallicity edges */                                                                  \
        R *lgyr;     /* [na] log10 of the ages of the nodes in years */                                                \
        R *wave;     /* [nb] wavelength of the dust [micron] */                                                        \
        R *P;        /* [blocks][ng][nz][na][POP_NB] flux of a cell, Msun formed */                                    \
        R *Pt;       /* [blocks][ng][nz][POP_NB][na + POP_PAD] */                                                      \
        struct                                                                                                         \
        { /* redshift, then the axes of the table: nodes x, 1/(distance from the one before); or edges, 1/width */     \
            R *x, *ix;                                                                                                 \
        } axis[POP_AXES];                                                                                              \
    }
POP_TABLES(pop_f64, double);
POP_TABLES(pop_f32, float);

typedef struct pop_plan {
    int nt, na, nz, nb, ng, K, nseg;
    int n[POP_AXES], blocks; /* nodes of each axis; their product */
    bool soft[POP_AXES];     /* triweight about the value; else linear between nodes */
    bool single;             /* arithmetic in float32 */
    bool own;                /* each galaxy its own redshift and time of observation */
    bool waves;              /* wavelengths at which dust of galaxies and the error model act are there */
    bool rest;               /* they are of the rest frame */
    bool sums;               /* cells of either sign: no magnitudes */
    gal_dust_curve curve;
    double tobs, z; /* [Gyr] of all galaxies, unless own; their redshift */
    double runs;    /* [Gyr] t_obs of galaxies that may be ordered by metallicity differ by at most this */
    pop_seg *seg;
    double *unit, *zero; /* [nb] flux that the cells of a band are counted in; its magnitude */
    struct pop_f64 d;
    struct pop_f32 f;
} pop_plan;

/* The spectra of an SSP table for the matrix product: panels of POP_WIDE registers of wavelengths, panel[npanel][nz][na][POP_WIDE * lanes], in
 * doubles or floats as the plan computes; weight[npanel][nb + 1][POP_WIDE * lanes], the last of them 1: the sum over all wavelengths */
enum { POP_WIDE = 3 };
typedef struct pop_sed {
    size_t nw, npanel, nb;
    void *panel, *weight;
    double unit; /* what spectra are counted in */
} pop_sed;

/* galaxies 0 .. n - 1; arrays [..][n] are parameter- or band-major, histories [n][nt]. NULL: not given, not wanted */
typedef struct pop_job {
    size_t n;
    const double *sfr, *par, *lgmet, *scatter, *z, *tobs, *dust, *axis, *burst, *young;
    const double *error, *offset;  /* the error model's parameters or NULL; [GAL_SSP_ERROR_NODES][n] or NULL */
    const double *quench;          /* [n] log10 age/yr or NULL */
    const double *bymass, *bytime; /* [n] change of lgmet with ln M_obs and with t_obs, or NULL */
    bool aged;                     /* dust by age */
    const int *order;              /* [n] of work; NULL: as they come */
    double *flux, *mass;           /* [nb][n]; [n] formed until t_obs */
    bool reverse;
    const double *gflux, *gmass; /* [nb][n] dLoss/dflux; [n] dLoss/dmass, or NULL */
    const unsigned char *active; /* [nb] bands whose gflux is not all 0 */
    int nactive;                 /* of a hook: how many of the bands it reads */
    gal_pop_adjoint g;
    /* magnitudes mag[nb][POP_LANES] of galaxies id[n] of piece `piece`; with reverse, sets dLoss/dmag of the active bands (n lanes) */
    void (*hook)(void *self, int piece, int n, const int *id, const double *mag, double *gmag);
    void *self;
    const pop_sed *sed; /* every spectrum: spectra[n][nw], band[nb][n], sum[n] (each may be NULL) and nothing else */
    double *spectra, *band, *sum;
    bool dense; /* also the rows of the table that a galaxy has no stars in */
} pop_job;

struct pop_kern {
    int (*lanes)(bool single);
    int (*rates)(const double *row, size_t n); /* 0: finite, >= 0, and one above 0; 1: not so; 2: all are 0 */
    size_t (*bytes)(const pop_plan *p, const pop_job *job); /* of scratch, 64-byte aligned */
    void (*run)(const pop_plan *p, const pop_job *job, int piece, size_t i0, size_t i1,
                void *scratch); /* one chunk: i1 - i0 <= POP_CHUNK */
};
GAL_KERN_DECLARE(pop_kern);
#endif
