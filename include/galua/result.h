/* galua/result.h - results of an inference: named variables in groups, written as HDF5 that ArviZ, xarray and h5py open.
 *
 * Groups follow the ArviZ schema: posterior (parameter values, derived quantities), sample_stats (lp, acceptance_rate), log_prior,
 * log_likelihood, observed_data, constant_data, posterior_predictive; each variable has dimensions, and every dimension a
 * coordinate variable. For ensembles chain = walker and draw = stored step: walkers are not independent chains, so R-hat over them
 * is no convergence test; the autocorrelation times are (group galua). Group `galua` holds everything else: sampled coordinates,
 * fingerprint, settings, texts of model and script, timings and the state to resume from.
 * Files are replaced in one step (temporary file, fsync, rename). One thread only. */
#ifndef GAL_RESULT_H
#define GAL_RESULT_H
#include "galua/base.h"
#include "galua/diag.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ variables */
typedef enum gal_var_type {
    GAL_VAR_F64,
    GAL_VAR_I64,
    GAL_VAR_BOOL /* int8_t 0/1 */,
    GAL_VAR_BYTE /* int8_t */,
    GAL_VAR_TEXT
} gal_var_type;
#define GAL_VAR_MAXRANK 4
typedef struct gal_var {
    char *group, *name; /* names may hold dots, not slashes */
    gal_var_type type;
    int rank; /* 0: a single value */
    char *dim[GAL_VAR_MAXRANK];
    size_t size[GAL_VAR_MAXRANK];
    char *unit, *about; /* NULL: none */
    void *data;         /* double, int64_t, int8_t or char * [product of sizes] */
} gal_var;

typedef struct gal_result gal_result;
GAL_API gal_status gal_result_create(gal_result **out);
GAL_API void gal_result_free(gal_result *r); /* NULL is fine */
/* Copies a variable in (unit, about may be NULL); one of the same group and name is replaced. GAL_EINVAL when a dimension has another
 * size elsewhere in the group, is named like a variable, or a name holds '/'. Text: data is const char *const *. */
GAL_API gal_status gal_result_put(gal_result *r, const char *group, const char *name, gal_var_type type, int rank,
                                  const char *const *dims, const size_t *sizes, const void *data, const char *unit,
                                  const char *about);
GAL_API gal_status gal_result_put_f64(gal_result *r, const char *group, const char *name, double value,
                                      const char *unit);
GAL_API gal_status gal_result_put_i64(gal_result *r, const char *group, const char *name, int64_t value);
GAL_API gal_status gal_result_put_text(gal_result *r, const char *group, const char *name, const char *text);
/* A number as an attribute of a group that holds variables; replaces one of the same name. GAL_ENOTFOUND when absent. */
GAL_API gal_status gal_result_attr(gal_result *r, const char *group, const char *name, double value);
/* Coordinate values of a dimension in all groups where it has this size; without them a dimension counts from 0. */
GAL_API gal_status gal_result_coord_text(gal_result *r, const char *dim, size_t n, const char *const *labels);
GAL_API gal_status gal_result_coord_f64(gal_result *r, const char *dim, size_t n, const double *values,
                                        const char *unit);
/* Borrowed; NULL if absent. gal_result_get_* give GAL_ENOTFOUND with the nearest name, GAL_EFORMAT for another type or rank. */
GAL_API const gal_var *gal_result_var(const gal_result *r, const char *group, const char *name);
GAL_API gal_status gal_result_get(const gal_result *r, const char *group, const char *name, gal_var_type type, int rank,
                                  const gal_var **out);
GAL_API gal_status gal_result_get_f64(const gal_result *r, const char *group, const char *name, double *out);
GAL_API gal_status gal_result_get_i64(const gal_result *r, const char *group, const char *name, int64_t *out);
GAL_API gal_status gal_result_get_text(const gal_result *r, const char *group, const char *name, const char **out);
GAL_API size_t gal_result_nvars(const gal_result *r);
GAL_API const gal_var *gal_result_var_at(const gal_result *r, size_t i); /* in the order they were put */
/* Coordinate of a dimension as it was set, as a variable of rank 1; NULL when it counts from 0. */
GAL_API const gal_var *gal_result_coord(const gal_result *r, const char *dim);

/* Copies all variables, attributes and coordinates of `from` whose groups start with `strip` into `to`, with `prefix` in place of that:
 * ("stage1_", "") puts a result into another one, ("", "stage1_") takes it out again. */
GAL_API gal_status gal_result_copy(gal_result *to, const gal_result *from, const char *prefix, const char *strip);

GAL_API gal_status gal_result_write(const gal_result *r, const char *path);
/* The same with matrices [nrow][width] whose rows come one block after another, for what does not fit into memory. A dimension of `later`
 * has its coordinates from r. The file is there after close, which is GAL_EINVAL when rows are missing. */
typedef struct gal_result_later {
    const char *group, *name, *dims[2], *unit; /* unit may be NULL */
    size_t width;
} gal_result_later;
typedef struct gal_result_writer gal_result_writer;
GAL_API gal_status gal_result_writer_open(gal_result_writer **out, const gal_result *r, const char *path, size_t nrow,
                                          size_t nlater, const gal_result_later *later);
/* The next n rows data[n][width] of matrix `which` of `later` */
GAL_API gal_status gal_result_writer_rows(gal_result_writer *w, size_t which, size_t n, const double *data);
GAL_API gal_status gal_result_writer_close(gal_result_writer *w); /* the handle is gone either way */
GAL_API void gal_result_writer_abandon(gal_result_writer *w);     /* no file; NULL is fine */
/* Everything that gal_result_write wrote. GAL_EFORMAT for other HDF5 files, with what is missing. */
GAL_API gal_status gal_result_read(gal_result **out, const char *path);
/* Did the file that it was read from have a checksum of all its bytes? (One that does not match is an error of gal_result_read;
 * files of older versions have none.) */
GAL_API bool gal_result_sealed(const gal_result *r);

/* ------------------------------------------------------------------ fingerprint
 * What a run depends on, part by part: data, model, priors, grid files, sampler settings, version. */
typedef struct gal_fingerprint gal_fingerprint;
GAL_API gal_status gal_fingerprint_create(gal_fingerprint **out);
GAL_API void gal_fingerprint_free(gal_fingerprint *f); /* NULL is fine */
/* text: a short description shown in differences (may be NULL: the hash is shown). A part of the same name is replaced. */
GAL_API gal_status gal_fingerprint_add(gal_fingerprint *f, const char *part, gal_hash hash, const char *text);
GAL_API size_t gal_fingerprint_size(const gal_fingerprint *f);
GAL_API const char *gal_fingerprint_part(const gal_fingerprint *f, size_t i, gal_hash *hash, const char **text);
/* One line, parts separated by "; ": "prior age: uniform(0, 1) there, normal(0, 1) here; data: only here". NULL when equal.
 * Caller frees with gal_free; GAL_ENOMEM is the only error. */
GAL_API gal_status gal_fingerprint_diff(const gal_fingerprint *there, const gal_fingerprint *here, char **text);
GAL_API gal_status gal_result_put_fingerprint(gal_result *r, const gal_fingerprint *f);
GAL_API gal_status gal_result_get_fingerprint(const gal_result *r, gal_fingerprint **out);
/* GAL_EINVAL "PATH belongs to another fit: DIFFERENCES; ..." unless the stored fingerprint equals `here`. */
GAL_API gal_status gal_result_check_fingerprint(const gal_result *r, const char *path, const gal_fingerprint *here);

/* ------------------------------------------------------------------ samplers (gal_sampler_put, galua/sampler.h) */
typedef struct gal_result_map {
    size_t
        nvalue; /* parameter values, e.g. more than coordinates for a Dirichlet; 0: the sampled coordinates themselves */
    const char *const *names, *const *units;               /* [nvalue]; units may be NULL, entries too */
    void (*values)(void *ctx, const double *x, double *v); /* sampled coordinates x[ndim] -> values v[nvalue] */
    void *ctx;
    const char *const *blob_units; /* [nblob] or NULL */
    const double *lo, *hi; /* prior bounds of the sampled coordinates [ndim], for the edge flags; NULL: unknown */
} gal_result_map;

/* Summary of all variables of group posterior with dimensions (chain, draw): trust as the sampler of the file (galua/sampler) is judged: by
 * autocorrelation times, by R-hat, or by the effective size of its weighted draws (galua/ess); by weights when galua/weight (draw) is present. The first
 * `burn` draws are left out. Prior edges are judged for parameters named like a sampled coordinate with known bounds. */
GAL_API gal_status gal_result_summary(const gal_result *r, size_t burn, gal_summary *out);

#ifdef __cplusplus
}
#endif
#endif
