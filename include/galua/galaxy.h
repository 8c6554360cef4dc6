/* galua/galaxy.h - the galaxy: star formation history + stellar populations + two-phase dust -> SED, photometry, derived quantities.
 *
 * theta -> mass per age node and metallicity -> folded weights -> S0, S1 (one pass over the SSP table) -> attenuation and energy
 * absorbed -> dust temperatures -> emission -> IGM-free observed flux. A gal_galaxy is immutable once created and shared by
 * threads; everything that changes in an evaluation lives in a workspace, one per thread, which also remembers the last
 * parameters so that only what depends on a change is recomputed.
 *
 * Stars. The SSP spectrum varies linearly in ln(age) between table nodes (linear below the first positive node; constant outside)
 * and linearly in Z between metallicity nodes. With hat functions phi_i(a) and the rate psi, node i gets the mass
 *     w_i = int psi(age - a) phi_i(a) da,   sum_i w_i = mass formed (closed form of the SFH, exact to rounding).
 * Dust. Two phases (Silva+98; GalaPy, Ronconi+24): light of stars of age a passes birth clouds (molecular, MC) with covering
 * fraction eta(a) = 1 (a <= tau_esc), 2 - a/tau_esc, 0 (a > 2 tau_esc), then diffuse dust (DD):
 *     S0 = sum_i w_i L_i,  S1 = sum_i w_i <eta>_i L_i,  L_att = a_DD [S0 - (1 - a_MC) S1],  a = 10^(-0.4 A(lambda))
 *     A_MC(V) = 2.56e-4 norm_MC (Zgas/0.0134) f_MC Mgas / (N_MC R_MC^2),  A_DD(V) = 0.02 norm_DD (1 - f_MC) Mdust / Rdust^2
 *     A(lambda) = A_V (lambda/5500 A)^-d_low, slope d_upp beyond 100 micron
 * Absorbed power heats grey bodies L = N (1 - a) B_lambda(T), N = 16 pi^2/3 R^2 (x N_MC): T solves the energy balance to 1e-10;
 * f_PAH of the diffuse power leaves as PAH features. */
#ifndef GAL_GALAXY_H
#define GAL_GALAXY_H
#include "galua/component.h"
#include "galua/cosmo.h"
#include "galua/filter.h"
#include "galua/param.h"
#include "galua/sfh.h"
#include "galua/ssp.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct gal_galaxy_opts {
    gal_ssp *ssp;     /* referenced; required */
    gal_cosmo *cosmo; /* referenced; required */
    gal_sfh_kind sfh;
    bool evolving_z;
    const double *table_t, *table_psi; /* sfh table */
    size_t ntable;
    bool dust;   /* two-phase ISM; false = stars only */
    bool clamp;  /* a metallicity or age outside the SSP table is clamped instead of refused */
    double logu; /* for tables with a logU axis: fixed value */
    gal_compat compat;
    const double *pah_wave, *pah; /* PAH template [A], [1/A]; NULL = the built-in Drude profiles */
    size_t npah;
} gal_galaxy_opts;
GAL_API void gal_galaxy_defaults(gal_galaxy_opts *o); /* insitu, dust, default compat; ssp and cosmo NULL */

typedef struct gal_galaxy gal_galaxy;
GAL_API gal_status gal_galaxy_create(gal_galaxy **out, const gal_galaxy_opts *o);
GAL_API gal_galaxy *gal_galaxy_ref(gal_galaxy *g);
GAL_API void gal_galaxy_unref(gal_galaxy *g);

/* Parameters, dotted names: age, redshift, distance, sfh.*, ism.* */
GAL_API size_t gal_galaxy_npar(const gal_galaxy *g);
GAL_API const gal_param *gal_ism_params(size_t *n); /* of the two-phase ISM, names without "ism." */
GAL_API const gal_param *gal_galaxy_par(const gal_galaxy *g, size_t i);
GAL_API gal_status gal_galaxy_find(const gal_galaxy *g, const char *name, size_t *out); /* did you mean */
/* Range and consistency (age within the Universe at z, within the SSP table, Z within the table). */
GAL_API gal_status gal_galaxy_check(const gal_galaxy *g, const double *theta);
GAL_API size_t gal_galaxy_nwave(const gal_galaxy *g);
GAL_API const double *
gal_galaxy_wave(const gal_galaxy *g); /* rest frame [A]: SSP nodes plus what dust emission needs, 1 .. 1e10 A */
GAL_API const gal_ssp *gal_galaxy_ssp(const gal_galaxy *g);
GAL_API const gal_cosmo *gal_galaxy_cosmo(const gal_galaxy *g);
GAL_API const gal_sfh *gal_galaxy_sfh(const gal_galaxy *g);
GAL_API const gal_galaxy_opts *gal_galaxy_options(const gal_galaxy *g);

/* ---- evaluation */
enum {
    GAL_COMP_STELLAR, /* unattenuated stars */
    GAL_COMP_EXTINCT, /* stars after both phases */
    GAL_COMP_MC,      /* emission of the clouds */
    GAL_COMP_DD,      /* emission of the diffuse dust, PAH included */
    GAL_COMP_TOTAL,   /* extinct + MC + DD */
    GAL_COMPS
};
GAL_API const char *gal_comp_name(int comp);

enum { /* derived quantities, in the order of gal_derived */
       GAL_D_MSTAR,
       GAL_D_MFORMED,
       GAL_D_SFR,
       GAL_D_SFR10,
       GAL_D_SFR100,
       GAL_D_SSFR,
       GAL_D_MGAS,
       GAL_D_MDUST,
       GAL_D_ZGAS,
       GAL_D_ZSTAR,
       GAL_D_LBOL,
       GAL_D_LIR,
       GAL_D_AV,
       GAL_D_AFUV,
       GAL_D_AV_MC,
       GAL_D_AV_DD,
       GAL_D_T_MC,
       GAL_D_T_DD,
       GAL_D_T_DUST,
       GAL_D_L_MC,
       GAL_D_L_DD,
       GAL_D_AGE_MW,
       GAL_D_QH,
       GAL_NDERIVED
};
GAL_API const gal_quantity *gal_derived(void); /* [GAL_NDERIVED] */

typedef struct gal_galaxy_ws gal_galaxy_ws;
GAL_API gal_status gal_galaxy_ws_create(gal_galaxy_ws **out, const gal_galaxy *g);
GAL_API void gal_galaxy_ws_free(gal_galaxy_ws *w);
/* theta[npar] in range (gal_galaxy_check); GAL_EMATH when the result is not finite. No allocation. */
GAL_API gal_status gal_galaxy_eval(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
/* Results of the last evaluation; borrowed, valid until the next one. */
GAL_API const double *gal_galaxy_lum(const gal_galaxy_ws *w, int comp); /* [nwave] Lsun/A, rest frame */
GAL_API const double *gal_galaxy_derived(const gal_galaxy_ws *w);       /* [GAL_NDERIVED] */
GAL_API double gal_galaxy_absorbed(const gal_galaxy_ws *w, int comp);   /* power absorbed by MC or DD [Lsun] */
/* S_nu = factor * lambda_rest^2 * L [mJy], lambda in A, L in Lsun/A:  1e26 (1+z) Lsun / (4 pi c D_L^2). D_L from `distance`
 * [Mpc] when that parameter is > 0, else from the redshift. GAL_EDOMAIN at z = 0 without a distance (D20). */
GAL_API gal_status gal_galaxy_flux_factor(const gal_galaxy *g, const double *theta, double *factor);
/* Band fluxes [mJy] of the total SED; p was created on gal_galaxy_wave and is owned by the caller (one per thread). */
GAL_API gal_status gal_galaxy_photometry(const gal_galaxy *g, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                         double *flux);
/* Counts of stage executions (tests of the dependency tracking): weights, stellar sums, dust, since creation. */
GAL_API void gal_galaxy_counts(const gal_galaxy_ws *w, size_t *weights, size_t *sums, size_t *dust);
/* Star formation rate at n times [yr], quenching applied [Msun/yr]. */
GAL_API void gal_galaxy_sfr(const gal_galaxy *g, const double *theta, const double *t, size_t n, double *psi);
#ifdef __cplusplus
}
#endif
#endif
