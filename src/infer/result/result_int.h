/* Internals of the results: the container. */
#ifndef GAL_INFER_RESULT_INT_H
#define GAL_INFER_RESULT_INT_H
#include "galua/result.h"

#define RESULT_FORMAT 2 /* of the file; raise when older programs cannot read it */

struct gal_result {
    gal_var **var;
    size_t n, room;
    gal_var **coord; /* group "", name = dim[0] */
    size_t ncoord;
    struct result_attr {
        char *group, *name;
        double value;
    } * attr;
    size_t nattr;
    bool sealed;
};
size_t var_count(const gal_var *v);  /* product of sizes */
size_t var_width(gal_var_type type); /* bytes per value */
void var_free(gal_var *v);
/* Takes ownership of v, also on failure. */
gal_status result_take(gal_result *r, gal_var *v);
gal_status result_take_coord(gal_result *r, gal_var *v);
void result_drop_group(gal_result *r, const char *group); /* all its variables */
gal_var *var_new(const char *group, const char *name, gal_var_type type, int rank, const char *const *dims,
                 const size_t *sizes, const char *unit, const char *about); /* data zeroed; NULL when out of memory */

/* ------------------------------------------------------------------ burn-in in files, result_warmup.c */
size_t result_burn_in(const gal_result *r);            /* galua/burn_in: draws; 0 = none */
bool result_has_warmup(const gal_var *v, size_t burn); /* is v written in two parts? */
/* Draws first .. last - 1 of v, of the group warmup_... or its own. */
gal_status result_part(gal_var **out, const gal_var *v, size_t first, size_t last, bool warmup);
gal_status result_join_warmup(gal_result *r); /* after reading: whole chains again */

/* ------------------------------------------------------------------ samples of any sampler, result_samples.c
 * C chains of n draws in arrays [n][C][...]: posterior (values of `map`, blobs), sample_stats/lp, log_prior, log_likelihood, sampled
 * coordinates galua/x and bounds, as ArviZ variables (chain, draw); what an earlier call put is replaced. */
gal_status result_put_samples(gal_result *r, const gal_target *t, size_t C, size_t n, const double *x,
                              const double *lnprior, const double *lnlike, const double *blobs,
                              const gal_result_map *map);
/* Variable (chain, draw) of the given type from column k of src[n][C][width], and back */
gal_status result_put_column(gal_result *r, const char *group, const char *name, gal_var_type type, size_t C, size_t n,
                             const double *src, size_t width, size_t k);
gal_status result_get_column(const gal_result *r, const char *group, const char *name, gal_var_type type, size_t C,
                             size_t n, double *dst, size_t width, size_t k);
typedef struct result_samples {
    double *x, *lnprior, *lnlike, *blob; /* [n][C][...] */
} result_samples;
/* Into the caller's arrays; GAL_EFORMAT when the stored ones have other sizes. */
gal_status result_get_samples(const gal_result *r, const gal_target *t, size_t C, size_t n, const result_samples *out);
/* galua/version, sampler, seed, evaluations, seconds, end, end_text; galua/state */
gal_status result_put_run(gal_result *r, const char *sampler, uint64_t seed, size_t evaluations, double seconds,
                          gal_run_end end, const char *end_text);
gal_status result_put_state(gal_result *r, const unsigned char *state, size_t n);
#endif
