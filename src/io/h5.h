/* src/io/h5.h - HDF5 files: a thin layer over the C library with our errors. No other folder includes hdf5.h.
 *
 * Names are paths inside the file ("posterior/age", "/" = root); parent groups are made as needed. Groups track creation
 * order and axes can be dimension scales, so that netCDF-4 readers (xarray, ArviZ, ncdump) open the files. No time stamps
 * are stored: equal content gives equal bytes. Failures read "FILE: dataset 'NAME': what", with HDF5's innermost reason.
 * Numbers convert on reading between float and integer widths; integers are never read from floating-point data.
 * (Exported from the shared library for the tests.) Arrays handed out are freed with gal_free, string lists with gal_h5_free_strings. One thread only. */
#ifndef GAL_IO_H5_H
#define GAL_IO_H5_H
#include "galua/base.h"

#define GAL_H5_MAXRANK 8
typedef struct gal_h5 gal_h5;
typedef enum gal_h5_type {
    GAL_H5_F64, /* double */
    GAL_H5_F32, /* float */
    GAL_H5_I64, /* int64_t */
    GAL_H5_I8,  /* int8_t: flags */
    GAL_H5_STR, /* strings: the _string(s) functions */
    GAL_H5_GROUP,
    GAL_H5_OTHER
} gal_h5_type;

/* ------------------------------------------------------------------ files */
GAL_API bool gal_h5_is(const char *path);                          /* does it start like an HDF5 file? */
GAL_API gal_status gal_h5_open(gal_h5 **out, const char *path);    /* read only */
GAL_API gal_status gal_h5_open_rw(gal_h5 **out, const char *path); /* change in place */
/* Was it sealed by gal_h5_close when it was opened? (seal.h; a seal that does not match is an error of gal_h5_open) */
GAL_API bool gal_h5_sealed(const gal_h5 *h);
/* New file under a temporary name in the same folder; gal_h5_close seals it and moves it over `path` in one step. */
GAL_API gal_status gal_h5_create(gal_h5 **out, const char *path);
/* Writes what is pending, syncs, renames. The handle is gone either way. NULL is fine. */
GAL_API gal_status gal_h5_close(gal_h5 *h);
/* For error paths: closes; a file being created is removed and the old one stays. NULL is fine. */
GAL_API void gal_h5_abandon(gal_h5 *h);
GAL_API gal_status gal_h5_flush(gal_h5 *h); /* everything written so far is on the disk when it returns */
GAL_API const char *gal_h5_path(const gal_h5 *h);

/* ------------------------------------------------------------------ objects */
GAL_API gal_status gal_h5_make_group(gal_h5 *h, const char *name); /* fine if it exists */
GAL_API bool gal_h5_has(const gal_h5 *h, const char *name);        /* dataset or group */
GAL_API gal_status gal_h5_remove(gal_h5 *h, const char *name); /* unlinks dataset or group; space is not reclaimed */
/* Names of the children of a group, in creation order where the file tracks it, else by name. */
GAL_API gal_status gal_h5_list(gal_h5 *h, const char *group, char ***names, size_t *n);
GAL_API void gal_h5_free_strings(char **strings, size_t n); /* NULL is fine */
typedef struct gal_h5_info {
    gal_h5_type type; /* F32/F64 and I64/I8 by stored width; other integer widths count as I64 */
    int rank;
    size_t dims[GAL_H5_MAXRANK];
    bool extendible; /* along axis 0 */
} gal_h5_info;
GAL_API gal_status gal_h5_describe(gal_h5 *h, const char *name, gal_h5_info *out);

/* GAL_EFORMAT when the file cannot hold what a dataset says it does: a few bytes may claim any size. Reading asks by itself; to be
 * asked before memory is taken for `dims`. */
GAL_API gal_status gal_h5_check_size(gal_h5 *h, const char *name);

/* ------------------------------------------------------------------ arrays of numbers */
typedef struct gal_h5_opt {
    int gzip;            /* 0 = off, 1..9: chunked, shuffled, compressed, checksummed */
    const size_t *chunk; /* [rank]; NULL: chosen (about 1 MB, last axes whole) when chunks are needed */
    bool extendible;     /* axis 0 can grow: gal_h5_append, gal_h5_truncate */
    const char *units;   /* attribute "units", or NULL */
    const char *about;   /* attribute "long_name", or NULL */
} gal_h5_opt;
/* Writes all of an array (rank 0 = scalar, dims ignored). An existing dataset of the same type and shape is overwritten,
 * any other is an error. opt may be NULL. data may be NULL when dims[0] == 0. */
GAL_API gal_status gal_h5_write(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims,
                                const void *data, const gal_h5_opt *opt);
/* Items that are vectors of `width` doubles (NumPy: subarray type), axis 0 extendible: data[dims...][width]. */
GAL_API gal_status gal_h5_write_vectors(gal_h5 *h, const char *name, int rank, const size_t *dims, size_t width,
                                        const double *data);
/* Reads all of a dataset whose shape must be exactly `dims`. */
GAL_API gal_status gal_h5_read(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims, void *data);
/* Allocates (gal_free) and reads. dims[i] == 0 accepts any length and receives it; other entries must match. */
GAL_API gal_status gal_h5_read_alloc(gal_h5 *h, const char *name, gal_h5_type type, int rank, size_t *dims,
                                     void **data);
/* Rows = slabs along axis 0 of a dataset of any rank; `data` holds n rows. */
GAL_API gal_status gal_h5_append(gal_h5 *h, const char *name, gal_h5_type type, size_t n, const void *data);
GAL_API gal_status gal_h5_write_rows(gal_h5 *h, const char *name, gal_h5_type type, size_t first, size_t n,
                                     const void *data);
GAL_API gal_status gal_h5_read_rows(gal_h5 *h, const char *name, gal_h5_type type, size_t first, size_t n, void *data);
GAL_API gal_status gal_h5_truncate(gal_h5 *h, const char *name, size_t nrows); /* axis 0 becomes nrows long */
/* GAL_EFORMAT naming file, dataset and the position of the first NaN or infinity. */
GAL_API gal_status gal_h5_check_finite(gal_h5 *h, const char *name, const double *x, size_t n);

/* ------------------------------------------------------------------ strings (UTF-8; written with variable length) */
GAL_API gal_status gal_h5_write_string(gal_h5 *h, const char *name, const char *text); /* scalar */
GAL_API gal_status gal_h5_read_string(gal_h5 *h, const char *name, char **text);
GAL_API gal_status gal_h5_write_strings(gal_h5 *h, const char *name, const char *const *strings, size_t n); /* rank 1 */
/* With a fixed length and padded with NUL, as NumPy writes bytes. */
GAL_API gal_status gal_h5_write_fixed_strings(gal_h5 *h, const char *name, const char *const *strings, size_t n);
GAL_API gal_status gal_h5_read_strings(gal_h5 *h, const char *name, char ***strings,
                                       size_t *n); /* fixed or variable length */

/* ------------------------------------------------------------------ attributes of `object` (dataset, group, "/") */
GAL_API bool gal_h5_attr_has(const gal_h5 *h, const char *object, const char *attr);
GAL_API gal_status gal_h5_attr_set_string(gal_h5 *h, const char *object, const char *attr, const char *text);
GAL_API gal_status gal_h5_attr_set_strings(gal_h5 *h, const char *object, const char *attr, const char *const *strings,
                                           size_t n);
GAL_API gal_status gal_h5_attr_set_f64(gal_h5 *h, const char *object, const char *attr, const double *x,
                                       size_t n); /* n 1: scalar */
GAL_API gal_status gal_h5_attr_set_i64(gal_h5 *h, const char *object, const char *attr, const int64_t *x, size_t n);
GAL_API gal_status gal_h5_attr_get_string(gal_h5 *h, const char *object, const char *attr, char **text);
GAL_API gal_status gal_h5_attr_get_strings(gal_h5 *h, const char *object, const char *attr, char ***strings, size_t *n);
/* Exactly n values (a scalar counts as 1). */
GAL_API gal_status gal_h5_attr_get_f64(gal_h5 *h, const char *object, const char *attr, double *x, size_t n);
GAL_API gal_status gal_h5_attr_get_i64(gal_h5 *h, const char *object, const char *attr, int64_t *x, size_t n);

/* ------------------------------------------------------------------ dimension scales */
/* A dimension without coordinate values, as netCDF-4 stores it. Called again it changes the length. */
GAL_API gal_status gal_h5_dim(gal_h5 *h, const char *name, size_t n);
GAL_API bool gal_h5_is_dim(gal_h5 *h, const char *name); /* made by gal_h5_dim or another program so */
/* A 1-D dataset becomes the coordinate variable of the dimension of its name. */
GAL_API gal_status gal_h5_make_scale(gal_h5 *h, const char *dataset);
/* Attaches one scale per axis; scales[i] NULL skips an axis. */
GAL_API gal_status gal_h5_set_dims(gal_h5 *h, const char *dataset, int rank, const char *const *scales);
/* Names (last path component) of the scales attached to the axes; "" where there is none. Freed with gal_h5_free_strings. */
GAL_API gal_status gal_h5_get_dims(gal_h5 *h, const char *dataset, char ***names, int *rank);
GAL_API bool gal_h5_is_scale(gal_h5 *h, const char *dataset); /* a coordinate variable or bare dimension */
#endif
