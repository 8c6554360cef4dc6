/* src/io/fits.h - FITS images and binary tables through cfitsio, with our errors. No other folder includes fitsio.h.
 *
 * Arrays are in C order: the last axis is NAXIS1. Failures read "FILE: [HDU 'NAME': ]what (FITS: reason)". Paths are plain
 * file names (cfitsio's bracket syntax is off); compressed files (.gz) are read. One thread only. Exported for the tests. */
#ifndef GAL_IO_FITS_H
#define GAL_IO_FITS_H
#include "galua/base.h"

#define GAL_FITS_MAXRANK 8
typedef struct gal_fits gal_fits;
typedef enum gal_fits_type { GAL_FITS_F64, GAL_FITS_F32, GAL_FITS_I64, GAL_FITS_STR } gal_fits_type;

GAL_API bool gal_fits_is(const char *path); /* starts with "SIMPLE  =" */
GAL_API gal_status gal_fits_open(gal_fits **out, const char *path);
/* New file under a temporary name; gal_fits_close moves it over `path` in one step. */
GAL_API gal_status gal_fits_create(gal_fits **out, const char *path);
GAL_API gal_status gal_fits_close(gal_fits *f);
GAL_API void gal_fits_abandon(gal_fits *f);
/* GAL_EFORMAT when a checksum (where the file has them) does not match or the file ends too early. */
GAL_API gal_status gal_fits_verify(gal_fits *f);

/* ------------------------------------------------------------------ headers: one HDU is current */
GAL_API gal_status gal_fits_select(gal_fits *f, const char *extname); /* NULL: the primary HDU */
GAL_API gal_status
gal_fits_select_number(gal_fits *f, int number); /* 1 = primary; GAL_ENOTFOUND past the end, GAL_EFORMAT: damaged */
GAL_API bool gal_fits_has(gal_fits *f, const char *extname);
GAL_API bool gal_fits_has_key(gal_fits *f, const char *key);
GAL_API gal_status gal_fits_key_string(gal_fits *f, const char *key, char *buf, size_t n);
GAL_API gal_status gal_fits_key_f64(gal_fits *f, const char *key, double *x);
GAL_API gal_status gal_fits_key_i64(gal_fits *f, const char *key, int64_t *x);
GAL_API gal_status gal_fits_set_string(gal_fits *f, const char *key, const char *text, const char *comment);
GAL_API gal_status gal_fits_set_f64(gal_fits *f, const char *key, double x, const char *comment);
GAL_API gal_status gal_fits_set_i64(gal_fits *f, const char *key, int64_t x, const char *comment);
GAL_API gal_status gal_fits_add_history(gal_fits *f, const char *text); /* one HISTORY record per line of the text */

/* ------------------------------------------------------------------ images (of the current HDU) */
GAL_API gal_status gal_fits_image_shape(gal_fits *f, int *rank, size_t dims[GAL_FITS_MAXRANK]); /* rank 0: no image */
GAL_API gal_status gal_fits_read_image(gal_fits *f, gal_fits_type type, size_t n, void *data);  /* blanks become NaN */
/* Appends an image HDU; extname NULL for the primary one, unit NULL for none. rank 0: header only. */
GAL_API gal_status gal_fits_write_image(gal_fits *f, const char *extname, gal_fits_type type, int rank,
                                        const size_t *dims, const void *data, const char *unit);

/* ------------------------------------------------------------------ binary (or ASCII) tables */
typedef struct gal_fits_column {
    char name[72], unit[72];
    gal_fits_type type; /* read: STR, I64 (any integer or logical), F32 or F64 */
    size_t repeat;      /* elements per row; for strings their width */
    const void *data;   /* for writing: double/float/int64_t [nrows][repeat], or char *[nrows] */
} gal_fits_column;
GAL_API gal_status gal_fits_table_shape(gal_fits *f, size_t *nrows, size_t *ncols);
GAL_API gal_status gal_fits_column_info(gal_fits *f, size_t i, gal_fits_column *out); /* i from 0 */
GAL_API gal_status gal_fits_find_column(gal_fits *f, const char *name, size_t *i);    /* case-insensitive; near names */
/* All nrows x repeat values of a column as F64, F32 or I64; NULL entries become NaN (an error for I64). */
GAL_API gal_status gal_fits_read_column(gal_fits *f, size_t i, gal_fits_type type, size_t n, void *data);
GAL_API gal_status gal_fits_read_strings(gal_fits *f, size_t i, size_t nrows, char **strings); /* gal_free each */
GAL_API gal_status gal_fits_write_table(gal_fits *f, const char *extname, size_t nrows, size_t ncols,
                                        const gal_fits_column *columns);
/* A table in blocks: nothing of its size is held. begin (data of the columns unused), then keywords and elements in any order, end (checksums). */
GAL_API gal_status gal_fits_begin_table(gal_fits *f, const char *extname, size_t nrows, size_t ncols,
                                        const gal_fits_column *columns);
GAL_API gal_status gal_fits_write_elements(gal_fits *f, size_t i, gal_fits_type type, size_t first, size_t n,
                                           const void *data); /* elements are counted through the rows, from 0 */
GAL_API gal_status gal_fits_end_table(gal_fits *f);
/* n numbers of column i from element `first`; NULL entries become NaN, or -1 as I64. The range must lie in the table. */
GAL_API gal_status gal_fits_read_elements(gal_fits *f, size_t i, gal_fits_type type, size_t first, size_t n,
                                          void *data);
/* GAL_EFORMAT when the file ends before the data of the current HDU do (not seen in compressed files), or the columns of a table do not
 * fill its rows. */
GAL_API gal_status gal_fits_check_size(gal_fits *f);

/* ------------------------------------------------------------------ bytes of a column, for readers of their own (several threads) */
typedef struct gal_fits_raw {
    int64_t start;                 /* of the table's data in the file */
    size_t nrows, row, at, repeat; /* bytes of a row, offset of the column in it, elements a row */
    int bytes;                     /* 4: big-endian float, 8: double */
} gal_fits_raw;
/* GAL_EUNSUP: the file is compressed, the column is not of plain floats or doubles (or scaled), or is not there. */
GAL_API gal_status gal_fits_raw_column(gal_fits *f, size_t i, gal_fits_raw *out);
/* First n elements of a column of real numbers, or the real parts of one of complex ones (spectra of healpy). */
GAL_API gal_status gal_fits_read_real(gal_fits *f, size_t i, size_t n, double *data);
#endif
