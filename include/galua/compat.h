/* galua/compat.h - named choices: the default (all false) is the physically right one, compat = galapy the numbers of GalaPy 0.6.2 as
 * coded (bands by the rule of 0.6.0 with another choice). docs/parity.md lists each with the size of the difference. */
#ifndef GAL_COMPAT_H
#define GAL_COMPAT_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_compat {
    bool
        csp_steps; /* D1: rectangle rule, 1e5 yr mass steps, first bin dropped, young-edge ages, old-edge metallicity */
    bool stars_at_zstar;     /* D10: stars form at the mean stellar instead of the gas metallicity */
    bool coarse_temperature; /* D3: 200-node right-hand rule for the dust temperature */
    bool dust_gas_sign;      /* D12: Mgas = 100 Mdust (Z/Zsun)^+0.85 */
    bool mstar_formula;      /* surviving mass by the analytic return fraction on 100 points instead of the SSP's own */
    bool old_constants;      /* 1973 h and k, Mpc = 3.086e24 cm */
    bool band_rule;          /* D8: band integral over interior nodes only, as in 0.6.0 and 0.6.1 */
    bool
        band_loglog; /* as in 0.6.2: on the filter's nodes, the spectrum a power law between its own; goes before band_rule */
    bool ssp_grid;    /* evaluate on the SSP's own wavelength nodes */
    bool sn_no_cut;   /* D2: stars of every age explode as core-collapse supernovae */
    bool xray_energy; /* D4: X-ray spectra normalised over energy as if they were per unit energy */
    bool agn_xray;    /* D5: X-ray of the AGN multiplied by the bolometric correction of the dust luminosity */
    bool hmxb_cubic;  /* D13: cubic coefficient -1883.80 instead of the published -1833.80 */
    bool igm_breaks;  /* D14: DLA break at z = 2.2, Lyman limit 912 A, nothing absorbed below it */
    bool flux_table;  /* flux factor linear in z between 1000 redshifts, log-spaced from 1e-5 to 1e4 */
    bool
        lmxb_galaxy_age; /* low-mass X-ray binaries by the galaxy's age, also below 10 Myr, instead of the stars' mean */
    bool radio_norm;     /* synchrotron: 1e30 erg/s/Hz per supernova at 1 GHz and less for faint galaxies */
    bool nodes_lyman;    /* ionising photons by trapezoids over whole nodes below 912 A */
    bool freefree_norm;  /* free-free light by 1.8e-27 instead of 2.64e-27 (Draine 2011) */
    bool pah_template;   /* its PAH template instead of Drude profiles */
    bool cold_clouds;    /* clouds of one temperature: no warm dust in them */
    bool no_background;  /* dust as if there were no microwave background */
} gal_compat;
/* Of the choices taken: one that is added later changes no hash while it is not taken. */
GAL_API gal_hash gal_compat_hash(const gal_compat *c);
GAL_API gal_compat gal_compat_default(void);
GAL_API gal_compat gal_compat_galapy(void);     /* 0.6.2 */
GAL_API gal_compat gal_compat_galapy_060(void); /* the same with the band rule of 0.6.0 */
#ifdef __cplusplus
}
#endif
#endif
