/* galua/ssp.h - tables of simple stellar populations (SSPs).
 *
 * A table holds L_lambda [Lsun/A per Msun FORMED] on axes (logU,) metallicity, age, wavelength. Storage is float32
 * (relative rounding 6e-8), wavelength fastest; sums over it are accumulated in double. Values below FLT_MIN (1.2e-38) are
 * stored as 0 (no denormals in hot loops). A finished table is immutable and reference counted: threads share it freely. */
#ifndef GAL_SSP_H
#define GAL_SSP_H
#include "galua/base.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_ssp {
    size_t nwave, nage, nz, nu; /* nu = 1 when there is no logU axis */
    double *wave;               /* [nwave] A, vacuum, strictly ascending */
    double *age;                /* [nage] yr, strictly ascending, age[0] may be 0 */
    double *z;                  /* [nz] absolute metal mass fraction, strictly ascending */
    double *logu;               /* [nu] or NULL */
    float *lum;                 /* [nu][nz][nage][nwave] Lsun/A/Msun formed */
    float *mass;                /* [nz][nage] surviving mass incl. remnants per Msun formed, or NULL */
    float *qh, *qhei;           /* [nz][nage] log10 ionising photons/s/Msun below 911.75 A, 504.26 A, or NULL */
    float *rate_cc, *rate_ia;   /* [nz][nage] supernova rates [1/yr/Msun formed], or NULL */
    float *fwhm;       /* [nwave] A: line spread that the spectra have already (taken off an instrument's), or NULL */
    float *finest;     /* [nwave] A: FWHM below which features are not real, or NULL */
    size_t nline;      /* emission lines (DSPS layout), 0 when absent; lines are NOT removed from lum */
    char **line_name;  /* [nline] */
    double *line_wave; /* [nline] A vacuum */
    float *line_lum;   /* [nu][nz][nage][nline] Lsun/Msun formed */
    char *name;        /* short name, e.g. "builtin-kroupa" */
    char *imf;         /* "kroupa", ... or "" when unknown */
    char *provenance;  /* how it was made or the file it came from: text for humans and results files */
    gal_hash hash;     /* of axes and values; set by gal_ssp_finish */
    int refs;
} gal_ssp;
/* Allocates all arrays (optional ones stay NULL); the caller fills them and calls gal_ssp_finish. */
GAL_API gal_status gal_ssp_create(gal_ssp **out, size_t nu, size_t nz, size_t nage, size_t nwave);
/* Adds the emission-line arrays (names NULL: the caller sets them with gal_strdup). Once per table. */
GAL_API gal_status gal_ssp_add_lines(gal_ssp *s, size_t nline);
/* Copies the texts; NULL leaves a field as it is. */
GAL_API gal_status gal_ssp_set_text(gal_ssp *s, const char *name, const char *imf, const char *provenance);
/* Validates (axes ascending and in range, finite, non-negative), flushes denormals, computes the hash. In qh and qhei a
 * logarithm of nothing (-infinity) becomes -99. The message names Z, age and wavelength of the first bad value. */
GAL_API gal_status gal_ssp_finish(gal_ssp *s);
GAL_API gal_ssp *gal_ssp_ref(gal_ssp *s);
GAL_API void gal_ssp_unref(gal_ssp *s); /* NULL is fine */
static inline const float *gal_ssp_spec(const gal_ssp *s, size_t iu, size_t iz, size_t ia)
{
    return s->lum + ((iu * s->nz + iz) * s->nage + ia) * s->nwave;
}
/* column (fwhm or finest) at a wavelength [A] within the table: linear between nodes. */
GAL_API double gal_ssp_width(const gal_ssp *s, const float *column, double wave);
/* FWHM [A] of the finest features that are real at a wavelength [A]: `finest`, else `fwhm`, else two steps of the grid. */
GAL_API double gal_ssp_finest(const gal_ssp *s, double wave);
/* The same on fewer wavelengths, at most lambda/resolution apart (10 .. 1e6) where the table has them closer: least-squares coefficients of
 * hats, ionisation edges kept. The provenance says it. */
GAL_API gal_status gal_ssp_thin(gal_ssp **out, const gal_ssp *s, double resolution);
/* Reads any supported format, recognised by content (docs/formats.md has the list), gzipped where it is text, GALAXEV's or pPXF's. Formats of
 * one metallicity per file: `path` may be a glob or a directory, all matching files form the Z axis. */
GAL_API gal_status gal_ssp_read(gal_ssp **out, const char *path);
typedef enum gal_ssp_format { GAL_SSP_GALUA, GAL_SSP_DSPS, GAL_SSP_GALAPY, GAL_SSP_FITS } gal_ssp_format;
/* format from suffix: .h5/.hdf5 = Galua HDF5, .dsps.h5 = DSPS, .dat/.galapy = GalaPy binary, .fits = FITS */
GAL_API gal_status gal_ssp_format_of(const char *path, gal_ssp_format *out);
GAL_API gal_status gal_ssp_write(const gal_ssp *s, const char *path, gal_ssp_format format);
/* The made-up library of closed form used by tests and the parity case (blackbodies; 1001 wavelengths 1..1e10 A, 146 ages,
 * 7 Z). Deterministic, no file. */
GAL_API gal_status gal_ssp_synthetic(gal_ssp **out);
/* The default table, Bruzual & Charlot 2003 (2016, MILES, Kroupa) cut to size: this data file, through the data locator. */
#define GAL_SSP_DEFAULT "ssp/bc03.h5"
/* What ssp.synthesise{} without options is, made at build time. */
#define GAL_SSP_SYNTHESISED "ssp/synthesised.h5"
GAL_API gal_status gal_ssp_default(gal_ssp **out);
/* The same, read once per process: a new reference to one shared table. Thread-safe. */
GAL_API gal_status gal_ssp_shared(gal_ssp **out);
/* Summary for humans, several lines: name, axes, IMF, optional tables, provenance, hash, memory. Caller frees with gal_free. */
GAL_API gal_status gal_ssp_info_text(const gal_ssp *s, char **text);
#ifdef __cplusplus
}
#endif
#endif
