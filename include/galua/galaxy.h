/* galua/galaxy.h - the galaxy: star formation history + stellar populations + components -> SED, photometry, derived quantities.
 *
 * theta -> mass per age node and metallicity -> folded weights -> S0, S1 (one pass over the SSP table) -> attenuation and energy
 * absorbed -> dust temperatures -> emission -> what the IGM leaves of it. A gal_galaxy is immutable once created and shared by
 * threads; everything that changes in an evaluation lives in a workspace, one per thread, which also remembers the last
 * parameters so that only what depends on a change is recomputed.
 *
 * Stars. The SSP spectrum varies linearly in ln(age) between table nodes (linear below the first positive node; constant outside)
 * and linearly in Z between metallicity nodes. With hat functions phi_i(a) and the rate psi, node i gets the mass
 *     w_i = int psi(age - a) phi_i(a) da,   sum_i w_i = mass formed (closed form of the SFH, exact to rounding).
 * Everything else is a component (galua/component.h): gas, dust screens and emission, X-ray, radio, nucleus, IGM. Dust has two
 * phases: light of stars of age a passes birth clouds (MC) with covering fraction eta(a) = 1 (a <= tau_esc), 2 - a/tau_esc, 0
 * (a > 2 tau_esc), then diffuse dust (DD):
 *     S0 = sum_i w_i L_i,  S1 = sum_i w_i <eta>_i L_i,  L_att = a_DD [S0 - (1 - a_MC) S1],  a = 10^(-0.4 A(lambda))
 * The power absorbed, from stars, ionised gas and what else shines through the dust, is what the dust re-emits: to rounding. */
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

/* How the time since the onset of star formation is given, parameter 0: `age` [yr]; `age_fraction`, over the age of the Universe at the
 * redshift; `z_onset`, the redshift at which it began. With the last two the age moves with the redshift. */
typedef enum gal_onset { GAL_ONSET_AGE, GAL_ONSET_FRACTION, GAL_ONSET_REDSHIFT, GAL_ONSETS } gal_onset;
GAL_API const gal_param *gal_onset_param(gal_onset k);

typedef struct gal_galaxy_opts {
    gal_ssp *ssp;     /* referenced; required */
    gal_cosmo *cosmo; /* referenced; required */
    gal_sfh_opts sfh; /* copied; arrays too */
    bool emission; /* a dust screen without emission of its own gets dust.casey12; false = none: its energy is lost */
    bool dust;     /* ism.two_phase with its defaults unless `component` has a dust screen; false = none */
    bool clamp;    /* a metallicity or age outside the SSP table is clamped instead of refused */
    double logu;   /* for tables with a logU axis: fixed value */
    gal_onset onset;
    bool
        cosmo_free; /* H0, Om0 and, where it is not flat, OL0 are parameters, the last ones, cosmo.*; their values begin at those of `cosmo` */
    gal_compat compat;
    gal_component *const *component; /* [ncomponent], referenced; at most one of a group */
    size_t ncomponent;
} gal_galaxy_opts;
GAL_API void gal_galaxy_defaults(gal_galaxy_opts *o); /* insitu, dust, default compat; ssp and cosmo NULL */

typedef struct gal_galaxy gal_galaxy;
GAL_API gal_status gal_galaxy_create(gal_galaxy **out, const gal_galaxy_opts *o);
GAL_API gal_galaxy *gal_galaxy_ref(gal_galaxy *g);
GAL_API void gal_galaxy_unref(gal_galaxy *g);

/* Parameters, dotted names: age (or what stands for it, gal_onset), redshift, distance, sfh.*, then those of each component, ism.*, agn.* */
enum { GAL_P_AGE, GAL_P_REDSHIFT, GAL_P_DISTANCE, GAL_P_SFH };
GAL_API size_t gal_galaxy_npar(const gal_galaxy *g);
GAL_API const gal_param *gal_galaxy_par(const gal_galaxy *g, size_t i);
GAL_API gal_status gal_galaxy_find(const gal_galaxy *g, const char *name, size_t *out); /* did you mean */
/* Parameter i came later than results files and has its lowest value: as if it was not there (nparlater of component classes). */
GAL_API bool gal_galaxy_param_absent(const gal_galaxy *g, size_t i, double value);
/* Time since the onset of star formation [yr]. */
GAL_API double gal_galaxy_age(const gal_galaxy *g, const double *theta);
/* The same as any of the three; an onset before redshift 1000 is 1000. */
GAL_API double gal_galaxy_onset(const gal_galaxy *g, const double *theta, gal_onset k);
/* Sets parameter 0 so that gal_galaxy_onset(g, theta, k) is v at theta's redshift. GAL_EDOMAIN out of range: theta is as it was. */
GAL_API gal_status gal_galaxy_set_onset(const gal_galaxy *g, gal_onset k, double v, double *theta);
/* Usual range of parameter 0 at theta's redshift. */
GAL_API void gal_galaxy_onset_range(const gal_galaxy *g, const double *theta, double *lo, double *hi);
/* Range and consistency (age within the Universe at z, within the SSP table, Z within the table). */
GAL_API gal_status gal_galaxy_check(const gal_galaxy *g, const double *theta);
GAL_API size_t gal_galaxy_nwave(const gal_galaxy *g);
GAL_API const double *
gal_galaxy_wave(const gal_galaxy *g); /* rest frame [A]: SSP nodes plus what dust emission needs, 1 .. 1e10 A */
GAL_API const gal_ssp *gal_galaxy_ssp(const gal_galaxy *g);
GAL_API const gal_cosmo *gal_galaxy_cosmo(const gal_galaxy *g);
GAL_API const gal_sfh *gal_galaxy_sfh(const gal_galaxy *g);
GAL_API const gal_galaxy_opts *gal_galaxy_options(const gal_galaxy *g);

/* Components in the order of their evaluation. */
GAL_API size_t gal_galaxy_ncomponent(const gal_galaxy *g);
GAL_API const gal_component *gal_galaxy_component(const gal_galaxy *g, size_t i);
GAL_API const gal_component *gal_galaxy_group(const gal_galaxy *g, const char *group); /* NULL when there is none */

/* ---- evaluation */
enum {                   /* spectra that every galaxy has; those of its components follow from GAL_COMPS on */
       GAL_COMP_STELLAR, /* stars before gas and dust */
       GAL_COMP_EXTINCT, /* stars after gas and dust */
       GAL_COMP_TOTAL,   /* extinct + all components */
       GAL_COMPS
};
GAL_API size_t gal_galaxy_nspectra(const gal_galaxy *g);
GAL_API const char *gal_galaxy_spectrum_name(const gal_galaxy *g,
                                             size_t i); /* "stellar", "extinct", "total", "MC", ... */
/* Does spectrum i hold the emission lines? */
GAL_API bool gal_galaxy_spectrum_has_lines(const gal_galaxy *g, size_t i);
GAL_API gal_status gal_galaxy_find_spectrum(const gal_galaxy *g, const char *name, size_t *out); /* did you mean */

#define GAL_ATTENUATION_MAX                                                                                            \
    700. /* mag: A_V, A_NUV and A_FUV stop here, where the light that is left nears the smallest double */
enum {   /* derived quantities, in the order of gal_derived */
       GAL_D_MSTAR,
       GAL_D_MFORMED,
       GAL_D_SFR,
       GAL_D_SFR10,
       GAL_D_SFR100,
       GAL_D_SSFR10,
       GAL_D_SSFR,
       GAL_D_MGAS,
       GAL_D_MDUST,
       GAL_D_ZGAS,
       GAL_D_ZSTAR,
       GAL_D_ZSTAR_LW,
       GAL_D_AGE_MW,
       GAL_D_AGE_LW,
       GAL_D_T50,
       GAL_D_T90,
       GAL_D_LBOL,
       GAL_D_LSTAR,
       GAL_D_LDUST,
       GAL_D_LIR,
       GAL_D_AV,
       GAL_D_ANUV,
       GAL_D_AFUV,
       GAL_D_AV_MC,
       GAL_D_AV_DD,
       GAL_D_T_MC,
       GAL_D_T_DD,
       GAL_D_T_DUST,
       GAL_D_L_MC,
       GAL_D_L_DD,
       GAL_D_BETA,
       GAL_D_BETA0,
       GAL_D_QH,
       GAL_D_XI_ION,
       GAL_D_R_CCSN,
       GAL_D_T_UNIVERSE,
       GAL_D_DISTANCE,
       GAL_NDERIVED
};
GAL_API const gal_quantity *gal_derived(void); /* [GAL_NDERIVED], those that every galaxy has */
/* All of one galaxy: those, then what its components deliver. */
GAL_API size_t gal_galaxy_nderived(const gal_galaxy *g);
GAL_API const gal_quantity *gal_galaxy_derived_info(const gal_galaxy *g, size_t i);
/* Emission lines of the ionised gas: 0 when no component has any. */
GAL_API size_t gal_galaxy_nlines(const gal_galaxy *g);
GAL_API const gal_line *gal_galaxy_line(const gal_galaxy *g, size_t i);

typedef struct gal_galaxy_ws gal_galaxy_ws;
GAL_API gal_status gal_galaxy_ws_create(gal_galaxy_ws **out, const gal_galaxy *g);
GAL_API void gal_galaxy_ws_free(gal_galaxy_ws *w);
/* theta[npar] in range (gal_galaxy_check); GAL_EMATH when the result is not finite. No allocation. */
GAL_API gal_status gal_galaxy_eval(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
/* Results of the last evaluation; borrowed, valid until the next one. */
GAL_API const double *gal_galaxy_lum(const gal_galaxy_ws *w, size_t i); /* [nwave] Lsun/A, rest frame */
/* [gal_galaxy_nderived]; made at the first call after an evaluation: who does not ask does not pay. */
GAL_API const double *gal_galaxy_derived(gal_galaxy_ws *w);
/* Line luminosities [nlines], Lsun: before dust, and what leaves the galaxy. */
GAL_API const double *gal_galaxy_line_lum(const gal_galaxy_ws *w);
GAL_API const double *gal_galaxy_line_seen(const gal_galaxy_ws *w);
/* Transmission of the intergalactic medium on the model's grid, [nwave]; NULL when no component has any. */
GAL_API const double *gal_galaxy_transmission(const gal_galaxy_ws *w);
GAL_API const gal_view *
gal_galaxy_view(const gal_galaxy_ws *w); /* what components saw: absorbed powers, screens, ... */
/* S_nu = factor * lambda_rest^2 * L [mJy], lambda in A, L in Lsun/A:  1e26 (1+z) Lsun / (4 pi c D_L^2). D_L from `distance`
 * [Mpc] when that parameter is > 0, else from the redshift. GAL_EDOMAIN at z = 0 without a distance (D20). */
GAL_API gal_status gal_galaxy_flux_factor(const gal_galaxy *g, const double *theta, double *factor);
/* Derivative of ln factor along a change of the parameters: of redshift, distance and cosmology; NaN where there is no factor. */
GAL_API double gal_galaxy_flux_along(const gal_galaxy *g, const double *theta, const double *dtheta);
/* The same backward: gtheta += sum times the derivatives with respect to distance and cosmology that are wanted (NULL: all). */
GAL_API void gal_galaxy_flux_back(const gal_galaxy *g, const double *theta, const bool *wanted, double sum,
                                  double *gtheta);
/* Derivative of ln factor with redshift, at a fixed `distance` where that is > 0; NaN where there is no factor. */
GAL_API double gal_galaxy_flux_slope(const gal_galaxy *g, const double *theta);
/* What the stellar table does not cover: rest-frame wavelengths [A] gap[0] .. gap[1], gap[2] .. gap[3], empty when not ascending. */
GAL_API void gal_galaxy_gaps(const gal_galaxy *g, double gap[4]);
/* lo .. hi [A, rest frame] where `what` ("index 'Dn4000'") needs starlight; GAL_EDOMAIN names the table and its range. */
GAL_API gal_status gal_galaxy_covers(const gal_galaxy *g, const char *what, double lo, double hi);
/* Does the table have the ionising photons? It begins at 300 A or below. */
GAL_API bool gal_galaxy_ionising(const gal_galaxy *g);
GAL_API gal_status gal_galaxy_check_ionising(const gal_galaxy *g, const char *what);
/* Bands on the galaxy's grid, those where its light is not known not covered. */
GAL_API gal_status gal_galaxy_phot_create(gal_phot **out, const gal_galaxy *g, gal_filter *const *filters, size_t nb);
/* Band i of p, weighed for redshift z: GAL_EDOMAIN when it is not covered. */
GAL_API gal_status gal_galaxy_check_band(const gal_galaxy *g, const gal_phot *p, size_t i, double z);
GAL_API gal_phot_rule gal_galaxy_phot_rule(const gal_galaxy *g); /* how its bands are integrated */
/* Band fluxes [mJy] of the total SED; p is of gal_galaxy_phot_create and owned by the caller (one per thread). A band that is not
 * covered gets 0: ask gal_phot_covered or gal_galaxy_check_band. */
GAL_API gal_status gal_galaxy_photometry(const gal_galaxy *g, gal_galaxy_ws *w, gal_phot *p, const double *theta,
                                         double *flux);
/* Counts of stage executions since creation (tests of the dependency tracking): masses, stellar sums, attenuation. */
GAL_API void gal_galaxy_counts(const gal_galaxy_ws *w, size_t *weights, size_t *sums, size_t *attenuation);
/* ... and of a component: times that its stages source, screen, reemit + emit, transmit have run. */
GAL_API void gal_galaxy_component_counts(const gal_galaxy_ws *w, size_t i, size_t counts[4]);
/* Star formation rate at n times [yr], quenching applied [Msun/yr]. */
GAL_API gal_status gal_galaxy_sfr(const gal_galaxy *g, const double *theta, const double *t, size_t n, double *psi);
#ifdef __cplusplus
}
#endif
#endif
