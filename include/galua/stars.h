/* galua/stars.h - stellar populations from published physics: tracks, isochrones, IMFs, atmospheres, synthesis.
 * This header is the meeting point of the parts; each part's details are in its own internal headers in src/stars. */
#ifndef GAL_STARS_H
#define GAL_STARS_H
#include "galua/ssp.h"
#ifdef __cplusplus
extern "C" {
#endif
/* ---- stellar spectra: grid of emergent fluxes over (log Teff, log g) at a set of metallicities */
typedef struct gal_stargrid gal_stargrid;
/* Builds (or reads from cache) the grid of LTE atmospheres. `cache` = file path, NULL = no cache. Threads inside. */
GAL_API gal_status gal_stargrid_create(gal_stargrid **out, const char *cache, gal_progress_fn progress, void *ctx);
GAL_API void gal_stargrid_free(gal_stargrid *g);
GAL_API size_t gal_stargrid_nwave(const gal_stargrid *g);
GAL_API const double *gal_stargrid_wave(const gal_stargrid *g); /* A, ascending, 91 A .. 1 mm */
/* Adds  weight * L_lambda  of one star to acc[nwave] (double): star of luminosity lum [Lsun], log10 Teff [K], log10 g [cgs],
 * metallicity z (absolute); integral over the grid = weight * lum to 1e-3. Outside the atmosphere grid: blackbody scaling. */
GAL_API void gal_stargrid_add(const gal_stargrid *g, double z, double logteff, double logg, double lum, double weight,
                              double *acc);
/* ---- initial mass function: phi(m) = dN/dm, any normalisation */
typedef struct gal_imf {
    const char *name; /* "kroupa" "chabrier" "salpeter" "vandokkum" or a user's */
    double (*phi)(double m, void *ctx);
    void *ctx;
    double mlo, mhi; /* Msun; default 0.1 .. 100 */
} gal_imf;
GAL_API gal_status gal_imf_named(const char *name, gal_imf *out);
/* ---- stellar tracks: all masses at the metallicities z[nz] (absolute; NULL = the default 8). Valid for 1e-4 <= Z <= 0.05
 * (0.03 .. 0.05 extrapolated), GAL_EDOMAIN outside. One object serves any number of syntheses (IMFs, ages). Threads inside. */
typedef struct gal_tracks gal_tracks;
GAL_API gal_status gal_tracks_create(gal_tracks **out, const double *z, size_t nz);
GAL_API void gal_tracks_free(gal_tracks *t); /* NULL is fine */
/* ---- synthesis */
typedef struct gal_synth_opts {
    gal_imf imf;
    const double *z; /* [nz], NULL = default 8: 1e-4 4e-4 1e-3 4e-3 8e-3 0.014 0.02 0.05 */
    size_t nz;
    const double *age; /* [nage] yr, NULL = default 107: log10 = 5.0 .. 10.2 */
    size_t nage;
    bool nebular; /* add continuum and lines */
    double logu;  /* ionisation parameter, default -2.5 */
    const double
        *logu_axis; /* [nlogu] ascending: the table gets a log U axis; NULL = one table at logu. Needs nebular */
    size_t nlogu;
    double fesc, fdust; /* escaping fraction of ionising photons; fraction absorbed by dust inside HII regions */
    bool postagb; /* insert post-AGB stars before white dwarfs (they matter below 2000 A after 100 Myr); default off */
    const gal_tracks *tracks; /* NULL = computed for this call; otherwise made for the same z */
    gal_progress_fn progress;
    void *ctx;
} gal_synth_opts;
GAL_API void gal_synth_defaults(gal_synth_opts *o);
GAL_API gal_status gal_ssp_synthesise(gal_ssp **out, const gal_stargrid *g, const gal_synth_opts *o);
#ifdef __cplusplus
}
#endif
#endif
