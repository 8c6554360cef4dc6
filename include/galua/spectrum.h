/* galua/spectrum.h - an observed spectrum, and a galaxy seen by its instrument.
 *
 * Flux densities are mJy, as in photometry: S_nu = F_lambda lambda_lo lambda_hi / c for the mean F_lambda of a pixel. Masked pixels stay
 * in the object (they are drawn) but enter no likelihood; their flux and err may be NaN.
 *
 * Files (ECSV, CSV, ASCII, VOTable, FITS table or image): columns wave (wavelength, lambda, lam, wl, awav, loglam: log10), flux, err
 * (error, sigma, flux_err ...), var or ivar (0 = masked), optionally a mask, R or fwhm [length or km/s; no unit: that of wave] or wdisp
 * [pixels, as SDSS has it beside loglam]; in rows, or as the vectors of a single row (ESO, SDSS). Units are those of the columns, else
 * metadata wave_unit, flux_unit (CUNIT1, BUNIT); F_lambda ("1e-17 erg/s/cm2/A") or F_nu ("uJy"). Metadata name, redshift, R (SPEC_RES);
 * in air: air, AIRORVAC, VACUUM, CTYPE1 = AWAV, or the column's name.
 * A mask is a column mask, dq, quality, qual, and_mask, flag, flags ..., of which anything but 0 (true, bad) masks, or good, valid, use, of
 * which 0 (false, bad) masks. A flux or err that the file itself masks masks its pixel. */
#ifndef GAL_SPECTRUM_H
#define GAL_SPECTRUM_H
#include "galua/galaxy.h"
#include "galua/spec.h"
#include "galua/table.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_spectrum {
    char *name; /* "" : the only one of its observation */
    gal_spec *spec;
    size_t n, nused;
    double *flux, *err;  /* [n] mJy */
    unsigned char *used; /* [n] */
    double *x;           /* [n] -1 .. 1, linear in wavelength: argument of the polynomials */
    gal_calib calib;     /* default: none */
    size_t nline;        /* lines with free amplitudes, marginalised */
    double *line_wave;   /* [nline] A, vacuum, rest frame */
    double *line_sd;     /* [nline] prior of the flux: N(0, sd) erg/s/cm2; infinite: flat */
    double library_r;    /* resolving power that the model spectra have already; 0 = from their spacing, -1 = perfect */
} gal_spectrum;
/* flux, err [n] mJy; mask[n] non-zero = not used, or NULL. GAL_EINVAL names the first pixel in use whose flux or err is no number
 * or err is not positive. Takes a reference of the instrument. */
GAL_API gal_status gal_spectrum_create(gal_spectrum **out, gal_spec *spec, const double *flux, const double *err,
                                       const double *mask);
GAL_API void gal_spectrum_free(gal_spectrum *s);
/* A name is of letters, digits and _, a letter first: parameters of the spectrum are called by it. */
GAL_API gal_status gal_spectrum_set_name(gal_spectrum *s, const char *name);
GAL_API gal_status gal_spectrum_set_lines(gal_spectrum *s, size_t n, const double *wave, const double *sd);
GAL_API gal_hash gal_spectrum_hash(const gal_spectrum *s);
/* Factor to mJy of `unit`, F_nu or F_lambda, for a pixel lo .. hi [A]; a number in front counts ("1e-17 erg/s/cm2/A"). */
GAL_API gal_status gal_spectrum_unit(const char *unit, double lo, double hi, double *factor);
typedef struct gal_spectrum_opts { /* how a file is read */
    double R;                      /* > 0 overrides the file's */
    int air;                       /* < 0: as the file says (default vacuum) */
    const char *unit;              /* of the flux where its column has none, or NULL */
    const char *mask;              /* column that masks, NULL: the first of the usual names */
    bool some_bits;                /* an integer mask: only `bits` count, else all */
    uint64_t bits;
    const double *missing; /* [nmissing] numbers that mean no value: they mask their pixel */
    size_t nmissing;
} gal_spectrum_opts;
GAL_API gal_spectrum_opts gal_spectrum_defaults(void);
/* opts NULL: the defaults. Errors name file, line, column and cell. */
GAL_API gal_status gal_spectrum_read(gal_spectrum **out, const char *path, const gal_spectrum_opts *opts);
GAL_API gal_status gal_spectrum_from_table(gal_spectrum **out, const gal_table *t, const gal_spectrum_opts *opts);
GAL_API bool gal_spectrum_has_wave(const gal_table *t); /* has a column of wavelengths */
GAL_API bool gal_spectrum_is(const gal_table *t);       /* has columns of a spectrum and none of bands */

/* ------------------------------------------------------------------ a galaxy seen by an instrument: one per thread */
typedef struct gal_viewer gal_viewer;
GAL_API gal_status gal_viewer_create(gal_viewer **out, const gal_galaxy *g, gal_spec *spec, double library_r);
GAL_API void gal_viewer_free(gal_viewer *v);
typedef struct gal_kinematics { /* km/s */
    double sigma_v;             /* stars and continuum */
    double sigma_gas;           /* emission lines; NaN: the dispersion of the nebular component */
    double shift;               /* on top of the redshift */
} gal_kinematics;
/* Mean S_nu [mJy] of each pixel of spectrum `comp` (GAL_COMP_TOTAL) of the galaxy evaluated in w at theta. The lines of the nebular
 * component are taken off the model's coarse grid and put back as Gaussians of their own width. */
GAL_API gal_status gal_viewer_flux(gal_viewer *v, const gal_galaxy_ws *w, const double *theta, size_t comp,
                                   const gal_kinematics *k, double *flux);
/* Its transpose for GAL_COMP_TOTAL: from derivatives by the pixels gflux those with respect to the spectrum, its transmission (NULL: not
 * wanted) and the lines as seen, added to glum[nwave], gtrans[nwave] and gseen[gal_galaxy_nlines]. */
GAL_API gal_status gal_viewer_back(gal_viewer *v, const gal_galaxy_ws *w, const double *theta, const gal_kinematics *k,
                                   const double *gflux, double *glum, double *gtrans, double *gseen);
/* Profile [mJy per erg/s/cm2] of a line of rest wavelength `wave`, after gal_viewer_flux; out[n]. */
GAL_API void gal_viewer_line(const gal_viewer *v, double wave, double sigma, double *out);
GAL_API double gal_viewer_coarse(const gal_viewer *v);    /* as gal_spec_ws_coarse */
GAL_API double gal_viewer_sigma_gas(const gal_viewer *v); /* of the nebular component; 0 without one */

/* ------------------------------------------------------------------ indices and line fluxes of a galaxy: one per thread
 * The emission lines are taken off the model's grid and put back as Gaussians on nodes fine enough for them, so that a window
 * holds what lies inside it however coarse the grid is. */
typedef struct gal_meter gal_meter;
GAL_API gal_status gal_meter_create(gal_meter **out, const gal_galaxy *g);
GAL_API void gal_meter_free(gal_meter *m);
/* Spectrum `comp` of the galaxy evaluated in w: what follows is measured on it, after dust, before the IGM. */
GAL_API void gal_meter_begin(gal_meter *m, const gal_galaxy_ws *w, size_t comp);
/* An index in the rest frame, stars broadened by k->sigma_v, lines by k->sigma_gas (NaN: as the component has it), both, with
 * `lick`, to the resolution of the Lick system. GAL_EMATH when a continuum is not positive. */
GAL_API gal_status gal_meter_index(gal_meter *m, const gal_index *i, const gal_kinematics *k, bool lick, double *out);
/* Lines of the galaxy by name: "Halpha", a blend "Halpha+[NII]6584", or for doublets "[OII]", "[OII]3727", "[NII]", "[OIII]", "[SII]":
 * list[cap] of gal_galaxy_line. GAL_ENOTFOUND names the nearest, GAL_EINVAL when the galaxy has no lines at all. */
GAL_API gal_status gal_galaxy_find_lines(const gal_galaxy *g, const char *name, size_t *list, size_t cap, size_t *n);
/* Flux at the observer [erg/s/cm2] of those lines, after dust and IGM; theta as for the evaluation in w. */
GAL_API gal_status gal_galaxy_line_flux(const gal_galaxy *g, const gal_galaxy_ws *w, const double *theta,
                                        const size_t *list, size_t n, double *out);
#ifdef __cplusplus
}
#endif
#endif
