/* galua/skymap.h - HEALPix maps: one or more components over the whole sky or a list of pixels, in memory and in FITS files.
 *
 * A map is a plain struct: kernels take the pointers. Components are contiguous arrays [npix] of float or double; those of a cut sky
 * belong to the pixels of `pixels`. Bad pixels hold GAL_UNSEEN. With `iqu` the three components are Stokes I, Q, U, and transforms take
 * Q, U as spin 2; without it every component is a scalar of its own. Q and U in memory follow the COSMO convention of HEALPix, always:
 * the reader turns the sign of U of IAU files, the writer too when asked for IAU. Thread safety: as any struct; files from one thread. */
#ifndef GAL_SKYMAP_H
#define GAL_SKYMAP_H
#include "galua/healpix.h"
#ifdef __cplusplus
extern "C" {
#endif
#define GAL_UNSEEN     (-1.6375e30)
#define GAL_SKYMAP_MAX 16 /* components of a map */
typedef enum gal_coordsys {
    GAL_COORD_NONE = 0,
    GAL_GALACTIC = 'G',
    GAL_ECLIPTIC = 'E',
    GAL_EQUATORIAL = 'C'
} gal_coordsys;
typedef enum gal_polcconv { GAL_COSMO = 0, GAL_IAU = 1 } gal_polcconv;

typedef struct gal_skymap {
    int64_t nside, npix; /* npix: pixels stored, 12 nside^2 or the length of `pixels` */
    int64_t *pixels;     /* NULL: whole sky; else ascending pixel numbers in `order` */
    gal_ordering order;
    int ncomp;
    bool iqu;       /* components are I, Q, U */
    bool single;    /* components are float, else double */
    bool synthetic; /* made of templates that are nobody's sky: plots and headers (SYNTHET) say so */
    gal_coordsys coord;
    char unit[GAL_SKYMAP_MAX][72]; /* of each component, as in TUNITn; "" when unknown */
    char name[GAL_SKYMAP_MAX][72]; /* as in TTYPEn; "" for the usual ones */
    void *data[GAL_SKYMAP_MAX];    /* [npix] float or double */
} gal_skymap;

/* All values 0, no unit, no coordinates; ncomp 3 makes an IQU map. pixels: NULL, or [npix] strictly ascending, copied (npix is ignored
 * without it). GAL_EINVAL: nside, ncomp or the pixels. */
GAL_API gal_status gal_skymap_create(gal_skymap **out, int64_t nside, gal_ordering order, int ncomp, bool single,
                                     const int64_t *pixels, int64_t npix);
GAL_API void gal_skymap_free(gal_skymap *m);
GAL_API gal_status gal_skymap_copy(gal_skymap **out, const gal_skymap *m, bool single); /* in that precision */
GAL_API gal_status gal_skymap_set_unit(gal_skymap *m, const char *unit);                /* of all components */

static inline double gal_skymap_get(const gal_skymap *m, int comp, int64_t i)
{
    return m->single ? (double)((const float *)m->data[comp])[i] : ((const double *)m->data[comp])[i];
}
static inline void gal_skymap_set(gal_skymap *m, int comp, int64_t i, double x)
{
    if (m->single)
        ((float *)m->data[comp])[i] = (float)x;
    else
        ((double *)m->data[comp])[i] = x;
}
/* Bad: UNSEEN (to 1e-5 of it, as files hold it in either precision) or not finite. */
static inline bool gal_skymap_bad(double x)
{
    double d = x - GAL_UNSEEN;
    return !(x - x == 0) || (d < 1.6375e25 && d > -1.6375e25);
}
/* Index in the arrays of pixel `pix`, -1 outside of a cut sky. */
GAL_API int64_t gal_skymap_index(const gal_skymap *m, int64_t pix);

/* ------------------------------------------------------------------ new maps from maps */
/* Same sky in the other ordering, resolution (mean of the good children, all bad -> UNSEEN; or copies: Gorski et al. 2005 section 5), with
 * or without the pixels outside of a cut (UNSEEN). power: children are multiplied by (nside_out/nside_in)^power, 0 for brightness, -2 for
 * counts. Precision, unit and names are kept. */
GAL_API gal_status gal_skymap_reorder(gal_skymap **out, const gal_skymap *m, gal_ordering order);
GAL_API gal_status gal_skymap_ud_grade(gal_skymap **out, const gal_skymap *m, int64_t nside, double power);
GAL_API gal_status gal_skymap_full(gal_skymap **out, const gal_skymap *m);
GAL_API gal_status gal_skymap_cut(gal_skymap **out, const gal_skymap *m, const int64_t *pixels, int64_t npix);

/* ------------------------------------------------------------------ files */
/* What a file holds, without its pixels. */
typedef struct gal_skymap_info {
    int64_t nside, npix; /* npix stored: 12 nside^2 or the rows of a partial sky */
    gal_ordering order;
    bool partial, single, iqu, synthetic;
    gal_coordsys coord;
    gal_polcconv polcconv;
    bool polcconv_given;
    int nfield; /* columns of pixels (PIXEL not counted), at most GAL_SKYMAP_MAX are described */
    char unit[GAL_SKYMAP_MAX][72], name[GAL_SKYMAP_MAX][72];
} gal_skymap_info;
GAL_API gal_status gal_skymap_inspect(gal_skymap_info *out, const char *path);

typedef struct gal_skymap_read_opts {
    const int *fields; /* [nfield] columns from 0; NULL: the first three of an IQU file, else the first */
    int nfield;
    int precision;    /* 0: as the file, 32, 64 */
    int iqu;          /* -1: as the file says (POLAR, names I Q U), 0: scalars, 1: the three fields are I, Q, U */
    int hdu;          /* 0: the first binary table; else its number, 1 = primary */
    int order;        /* 0: as the file says; else 1 + gal_ordering, for files that do not say */
    const char *unit; /* NULL: as the file says, and a warning when it does not; else of all fields ("": none) */
} gal_skymap_read_opts;
#define GAL_SKYMAP_READ_DEFAULTS                                                                                       \
    {                                                                                                                  \
        NULL, 0, 0, -1, 0, 0, NULL                                                                                     \
    }
/* Map of a file in the ordering of the file. BAD_DATA of the header and NaN become UNSEEN. opts NULL: defaults. Warned of (gal_log, a line each):
 * values that are not finite, values that are UNSEEN, a first field without unit.
 * GAL_EFORMAT: one line that names the file and what is wrong: no or wrong NSIDE, no ORDERING, rows that are not 12 nside^2 pixels,
 * truncated, partial sky without PIXEL column, pixel numbers outside the sky or twice. */
GAL_API gal_status gal_skymap_read(gal_skymap **out, const char *path, const gal_skymap_read_opts *opts);

/* A file read in blocks of consecutive pixels: nothing of the size of the sky is held. */
typedef struct gal_skymap_file gal_skymap_file;
GAL_API gal_status gal_skymap_file_open(gal_skymap_file **out, const char *path, const gal_skymap_read_opts *opts);
GAL_API const gal_skymap_info *gal_skymap_file_info(const gal_skymap_file *f);
/* Values of n stored pixels from index `first` of each field asked for: out[k] is double[n]; pixels int64[n] or NULL. */
GAL_API gal_status gal_skymap_file_read(gal_skymap_file *f, int64_t first, int64_t n, double *const *out,
                                        int64_t *pixels);
GAL_API void gal_skymap_file_close(gal_skymap_file *f);

typedef struct gal_skymap_key { /* one more keyword of the header */
    const char *key, *text;     /* text NULL: value is a number */
    double number;
    const char *comment;
} gal_skymap_key;
/* Writes path via a temporary file: 1024 pixels a row where the map is whole (1 below nside 16), PIXEL column where it is cut;
 * PIXTYPE, ORDERING, NSIDE, INDXSCHM, COORDSYS, POLCCONV (of IQU maps), TUNITn, BAD_DATA; keys[nkey] and history (lines) beside them. */
GAL_API gal_status gal_skymap_write(const gal_skymap *m, const char *path, gal_polcconv polcconv, size_t nkey,
                                    const gal_skymap_key *keys, const char *history);
/* The same in blocks of pixels: info gives nside, order, npix (rows of a cut sky when `partial`), single, iqu, coord, polcconv, nfield,
 * units and names. Every stored pixel must be written once; close moves the file to its path, abandon removes it. */
typedef struct gal_skymap_writer gal_skymap_writer;
GAL_API gal_status gal_skymap_writer_create(gal_skymap_writer **out, const char *path, const gal_skymap_info *info,
                                            size_t nkey, const gal_skymap_key *keys, const char *history);
/* Values of n stored pixels from index `first`: data[k] is double[n]; pixels int64[n] of a partial sky, else NULL. */
GAL_API gal_status gal_skymap_writer_put(gal_skymap_writer *w, int64_t first, int64_t n, const double *const *data,
                                         const int64_t *pixels);
GAL_API gal_status gal_skymap_writer_close(gal_skymap_writer *w);
GAL_API void gal_skymap_writer_abandon(gal_skymap_writer *w);
#ifdef __cplusplus
}
#endif
#endif
