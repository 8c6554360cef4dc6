/* Hot loops of star formation histories: rates, masses and metallicities at many times t[n] [yr]; t <= 0 gives 0. Formulas in insitu.c,
 * cumulative.c and galua/sfh.h. */
#ifndef GAL_HISTORY_KERN_H
#define GAL_HISTORY_KERN_H
#include "num/isa.h"
struct history_kern {
    /* psi = scale e^(-a t) (1 - e^(-d t)), d >= 0 */
    void (*growth)(size_t n, double scale, double a, double d, const double *t, double *psi);
    /* mass = scale [s (1 - e^-x) - (1 - e^-y)/g], x = t/(s tau), y = g t/tau */
    void (*growth_mass)(size_t n, double scale, double s, double g, double tau, const double *t, double *mass);
    /* z = scale [1 - u/(e^u - 1)], u = rate t; 0 before t = first */
    void (*metals)(size_t n, double scale, double rate, double first, const double *t, double *z);
    /* Of cells (gal_history_cells) at an age: psi, mass = rate by `a`, `d` as of growth, z as of `metals` with its rate d; no rates where d h > 1.7
     * and e^-(d t) still counts, h half the width. */
    void (*growth_cells)(size_t n, size_t step, size_t stride, double age, const double rate[5], const double *at,
                         const double *width, double *psi, double *z, double *mass);
    /* psi = norm x e^-x and mass = scale [1 - (1 + x) e^-x], x = t/tau */
    void (*delayed)(size_t n, double norm, double tau, const double *t, double *psi);
    void (*delayed_mass)(size_t n, double scale, double tau, const double *t, double *mass);
    /* psi = norm e^(-t/tau), mass = scale (1 - e^(-t/tau)) */
    void (*decay)(size_t n, double norm, double tau, const double *t, double *psi);
    void (*decay_mass)(size_t n, double scale, double tau, const double *t, double *mass);
    /* psi = norm e^(-y^2/2), y = ln(t/tau)/sigma */
    void (*lognormal)(size_t n, double norm, double tau, double sigma, const double *t, double *psi);
    /* psi = norm/[(t/tau)^alpha + (t/tau)^-beta] */
    void (*two_powers)(size_t n, double norm, double tau, double alpha, double beta, const double *t, double *psi);
};
GAL_KERN_DECLARE(history_kern);
#endif
