/* Tables of the nuclei of closed form: agn_torus_table.c makes them, on the whole grid and on the nodes of a plan; see agn_torus.c. */
#ifndef GAL_AGN_TORUS_H
#define GAL_AGN_TORUS_H
#include "component/agn.h"

enum { NT = 32 }; /* black bodies */
#define T_SUBLIMATION 1500.
#define COLDEST       50.

typedef struct shapes {
    size_t n;
    double *disc;  /* unit integral, 1/A */
    double *xray;  /* per 2-10 keV luminosity */
    double *tau;   /* torus: optical depth per tau_97 */
    double *smc;   /* polar dust: optical depth per E(B-V) */
    double *sil;   /* silicate profile, 1 at 9.7 micron */
    double *polar; /* grey body of 100 K, unit integral */
    double *black; /* [NT][n] black bodies of unit integral, COLDEST .. T_SUBLIMATION */
    const double *tw;
    /* On the nodes of a plan, what integrals over the whole grid follow from: Chebyshev coefficients of the disc's light that the torus
     * takes, of tau_97, and polar dust, of E(B-V); of black body i behind the silicates, of their depth. NULL: they are sums. */
    const double *taken[2], *behind; /* [NC], [NT][NC] */
    double
        *series; /* [2 + NT][NC] these; on the whole grid made when a plan first asks, under the lock of the tables */
} shapes;
enum { NC = 72 };
#define TAU_MOST 20. /* ends of the parameters' ranges */
#define EBV_MOST 3.

gal_status agn_torus_setup(void **table, const void *self, const gal_wavegrid *g);
gal_status agn_torus_pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes);
void agn_torus_teardown(void *table);
double agn_torus_temperature(int i); /* of black body i, K */
/* On the nodes of a plan: the disc's light that the torus (0) or polar dust (1) takes at optical depth or reddening x, and the integral of a
 * series of black bodies behind silicates of that depth. slope: with x, depth; or NULL. */
double agn_torus_taken(const shapes *s, int which, double x, double *slope);
double agn_torus_behind(const double c[NC], double depth, double *slope);
#endif
