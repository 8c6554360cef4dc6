/* galua/obs.h - the photometry of one source: bands, flux densities [mJy], errors, limits, and where they come from.
 *
 * Bands are kept in ascending pivot wavelength. A limit stores its value in flux and, in err, the sigma it stands for: the err
 * of the file, else limit / limit_sigma (default 3: a 3-sigma limit). An ignored band stays in the object (it is drawn and
 * listed, its flux and err may be NaN) but never enters a likelihood.
 *
 * Long layout (gal_obs_read; any table format): one row per band, columns band (filter), flux, err (error, flux_err, e_flux ...) and optionally
 * limit, flag, note. Wide layout (gal_obs_from_row): one row per source, a column per band with companions BAND_err, BAND_flag,
 * BAND_limit. Units are required: of the column ("flux[mJy]"), metadata flux_unit, or the layout's; F_nu, F_lambda (taken at the pivot: exact
 * for the mean of F_lambda over photons), maggies, AB magnitudes (errors to first order). Metadata: name, redshift, distance_Mpc,
 * citation, limit_sigma. Flags: empty, 0 or "detection", "limit", "ignored", and what the layout says of others. A band may be a filter
 * file, relative to the table, and may be measured more than once. */
#ifndef GAL_OBS_H
#define GAL_OBS_H
#include "galua/filter.h"
#include "galua/spec.h"
#include "galua/table.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_obs_kind { GAL_OBS_DETECTION, GAL_OBS_LIMIT, GAL_OBS_IGNORED } gal_obs_kind;
/* A measured spectral index, equivalent width among them; with `lick` the model is taken to the resolution of the Lick system. */
typedef struct gal_index_datum {
    char *name; /* index.name */
    gal_index index;
    double value, err;
    bool lick;
} gal_index_datum;
/* A measured flux of emission lines [erg/s/cm2], stellar absorption corrected; of a blend: "Halpha+[NII]6584". A limit: value is
 * the limit, err the 1 sigma. */
typedef struct gal_line_datum {
    char *name;
    double value, err;
    bool limit;
} gal_line_datum;
struct gal_spectrum; /* galua/spectrum.h */
typedef struct gal_obs {
    char *name;          /* of the source, "" when unknown */
    double redshift;     /* NaN when unknown */
    bool blank_redshift; /* the table has a column of redshifts, and nothing there for this source */
    double distance_mpc; /* luminosity distance to use instead of the one of the redshift [Mpc], NaN = none */
    double limit_sigma;  /* how many sigma a limit without err stands for */
    char *citation;      /* "" when none */
    char *path;          /* file it was read from, "" when none */
    size_t n;
    gal_filter **filter; /* [n] references held */
    double *flux;        /* [n] mJy: measured flux density, or the limit */
    double *err;         /* [n] mJy: 1 sigma */
    gal_obs_kind *kind;  /* [n] */
    char **note;         /* [n] "" when none */
    size_t nspectrum;
    struct gal_spectrum **spectrum; /* [nspectrum] owned, by name where there is more than one */
    size_t nindex;
    gal_index_datum *index; /* [nindex] */
    size_t nline;
    gal_line_datum *line; /* [nline] */
    size_t nmeasure;
    struct gal_measure *measure; /* [nmeasure] other numbers, galua/measure.h */
    size_t ndata;
    struct gal_data *data; /* [ndata] of other kinds, galua/data.h */
} gal_obs;
/* An empty source. redshift may be NaN; otherwise it must lie above -0.01 (peculiar motions). */
GAL_API gal_status gal_obs_create(gal_obs **out, const char *name, double redshift);
GAL_API void gal_obs_free(gal_obs *o); /* NULL is fine */
/* Takes a reference of the filter, keeps the order of pivots. Errors (GAL_EINVAL) name the band: a flux that is NaN, err that is
 * not positive, a limit that is not positive, the same measurement twice. flux and err in mJy; err may be NaN for a limit. */
GAL_API gal_status gal_obs_add(gal_obs *o, gal_filter *f, double flux, double err, gal_obs_kind kind, const char *note);
/* The same of numbers in other units (see table.h); messages give them as they are, with `unit`. */
GAL_API gal_status gal_obs_add_as(gal_obs *o, gal_filter *f, double flux, double err, gal_obs_kind kind,
                                  const char *note, const gal_flux_unit *u, const gal_flux_unit *err_unit,
                                  const char *unit);
/* Takes over the spectrum, in any case; replaces the one of its name. GAL_EINVAL where one of several has no name. */
GAL_API gal_status gal_obs_set_spectrum(gal_obs *o, struct gal_spectrum *s);
/* The definition is copied, its windows are not. */
GAL_API gal_status gal_obs_add_index(gal_obs *o, const gal_index *index, double value, double err, bool lick);
GAL_API gal_status gal_obs_add_line(gal_obs *o, const char *name, double value, double err, bool limit);
/* A number of class m->class, the options copied, defaults filled in. m->name NULL or "": made of the class's name and its texts. */
GAL_API gal_status gal_obs_add_measure(gal_obs *o, const struct gal_measure *m);
/* Data of class d->class, the options copied, defaults filled in. d->name NULL or "": the class's; no two of one name. */
GAL_API gal_status gal_obs_add_data(gal_obs *o, const struct gal_data *d);
GAL_API size_t gal_obs_nmeasured(const gal_obs *o); /* indices, lines and these */
GAL_API gal_status gal_obs_set_name(gal_obs *o, const char *name);
GAL_API gal_status gal_obs_set_redshift(gal_obs *o, double redshift); /* -0.01 .. 1e4, NaN = unknown; else GAL_EINVAL */
GAL_API gal_status gal_obs_set_distance(gal_obs *o, double mpc);
GAL_API gal_status gal_obs_set_citation(gal_obs *o, const char *text);
GAL_API size_t gal_obs_count(const gal_obs *o, gal_obs_kind kind);
GAL_API gal_hash gal_obs_hash(const gal_obs *o); /* of name, redshift, distance, bands and their curves, values */

struct gal_spectrum_opts; /* galua/spectrum.h */
enum { GAL_OBS_FLAGS = 24 };
typedef struct
    gal_obs_layout { /* how a table is read; in the long layout unit, flags, negative_err_is_limit, names, limit_sigma count */
    const char *id, *redshift,
        *distance; /* columns; NULL = "name"/"id"/"source", "redshift"/"z", "distance_Mpc", if there */
    const char *err, *flag,
        *limit;               /* suffixes, or names with a * for the band ("e_*"); default "_err", "_flag", "_limit" */
    const char *unit;         /* of columns without unit; NULL = metadata flux_unit, else an error */
    const char *const *bands; /* [nband] columns to use; NULL = every column with an _err companion */
    size_t nband;
    const char *const *skip; /* [nskip] columns with an _err companion that are no bands */
    size_t nskip;
    size_t nflag; /* what flags of the file mean, before the usual words: "1" -> a limit */
    struct {
        char word[32];
        gal_obs_kind kind;
    } flags[GAL_OBS_FLAGS];
    bool other_flag_given;   /* long layout: other flags are an error unless */
    gal_obs_kind other_flag; /* a flag that is none of these, e.g. a catalogue's "n": default GAL_OBS_IGNORED, noted */
    bool negative_err_is_limit; /* the habit of some catalogues: err < 0 marks the flux as a limit of err = |err| */
    bool missing_ignored;       /* long layout: a band without flux is ignored, instead of an error */
    const char *const *names;   /* [2 nname] long layout: what a band is called in the file, and its filter */
    size_t nname;
    double limit_sigma; /* how many sigma limits without err stand for; 0 = metadata limit_sigma, else 3 */
} gal_obs_layout;
GAL_API void gal_obs_layout_defaults(gal_obs_layout *l);
/* Name of the companion column of a band: "SDSS.g" and "_err", or "e_*", give "SDSS.g_err", "e_SDSS.g". */
GAL_API void gal_obs_companion(char *buf, size_t n, const char *band, const char *pattern);
GAL_API gal_status gal_obs_read(gal_obs **out, const char *path);
/* Long layout, or a spectrum. layout and spectrum may be NULL. */
GAL_API gal_status gal_obs_from_table(gal_obs **out, const gal_table *t, const gal_obs_layout *layout,
                                      const struct gal_spectrum_opts *spectrum);
GAL_API gal_status gal_obs_write(const gal_obs *o, const char *path); /* ECSV, long layout, mJy */
/* One row (0-based) of a catalogue. Empty fluxes are bands not observed. layout may be NULL. */
GAL_API gal_status gal_obs_from_row(gal_obs **out, const gal_table *t, size_t row, const gal_obs_layout *layout);
/* Logs once what looks like data of a wide catalogue and is passed over: columns named like filters that have no errors, like masks, flags, limits,
 * redshifts or distances; rows without redshift in a table of redshifts; sources that share a name. */
GAL_API void gal_obs_say_unused(const gal_table *t, const gal_obs_layout *layout);
#ifdef __cplusplus
}
#endif
#endif
