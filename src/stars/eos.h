/* Equation of state of a stellar atmosphere: Saha ionisation of H, He and 14 metals, H2, and the molecules CO, TiO, CH, H2O. */
#ifndef GAL_STARS_EOS_H
#define GAL_STARS_EOS_H
#include "galua/base.h"

enum {
    GAL_EL_C,
    GAL_EL_N,
    GAL_EL_O,
    GAL_EL_NA,
    GAL_EL_MG,
    GAL_EL_AL,
    GAL_EL_SI,
    GAL_EL_S,
    GAL_EL_K,
    GAL_EL_CA,
    GAL_EL_FE,
    GAL_EL_NI,
    GAL_EL_TI,
    GAL_EL_CR,
    GAL_NEL
};

/* Number densities [cm-3] at temperature t [K] and gas pressure p [dyn/cm2]; rho [g/cm3]. el[e][j] is ionisation stage j. */
typedef struct gal_gas {
    double t, p, ne, rho;
    double h1, hp, h2; /* H I, H II, H2 */
    double he1, he2, he3;
    double el[GAL_NEL][3];
} gal_gas;

/* Abundant absorbers of the statistical line law, number densities divided by the partition functions it was fitted with:
 * Fe I, Fe II, Fe III, TiO, CH, H2O (see blanketing.h). */
enum { GAL_NABSORBER = 6 };

/* zrel = metal abundance relative to the solar mixture. t > 0, p > 0; cannot fail. */
GAL_API void gal_eos(double t, double p, double zrel, gal_gas *g);
GAL_API void gal_eos_absorbers(const gal_gas *g, double n[GAL_NABSORBER]);
double gal_eos_partition(int element, int stage); /* constant partition function of a stage 0..2 */
GAL_API double gal_eos_saha(double t, double ip_ev, double u_up, double u_low); /* n_up n_e / n_low [cm-3] */
#endif
