/* Samples of any sampler in results: ArviZ variables (chain, draw), exact sampled coordinates, and the way back. */
#include <string.h>

#include "result_int.h"

static const char *const CD[] = {"chain", "draw"};
static const char *const CDX[] = {"chain", "draw", "coordinate"};

gal_status result_put_column(gal_result *r, const char *group, const char *name, gal_var_type type, size_t C, size_t n,
                             const double *src, size_t width, size_t k)
{
    size_t size[] = {C, n};
    gal_var *v = var_new(group, name, type, 2, CD, size, NULL, NULL);
    if (!v)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < C; j++) {
            double x = src[(i * C + j) * width + k];
            size_t at = j * n + i;
            if (type == GAL_VAR_F64)
                ((double *)v->data)[at] = x;
            else if (type == GAL_VAR_I64)
                ((int64_t *)v->data)[at] = (int64_t)x;
            else
                ((int8_t *)v->data)[at] = x != 0;
        }
    return result_take(r, v);
}

gal_status result_get_column(const gal_result *r, const char *group, const char *name, gal_var_type type, size_t C,
                             size_t n, double *dst, size_t width, size_t k)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, group, name, type, 2, &v);
    if (st != GAL_OK)
        return st;
    if (v->size[0] != C || v->size[1] != n)
        return gal_fail(GAL_EFORMAT, "result: %s/%s is %zu x %zu, expected %zu x %zu", group, name, v->size[0],
                        v->size[1], C, n);
    for (size_t j = 0; j < C; j++)
        for (size_t i = 0; i < n; i++) {
            size_t at = j * n + i;
            dst[(i * C + j) * width + k] = type == GAL_VAR_F64   ? ((const double *)v->data)[at]
                                           : type == GAL_VAR_I64 ? (double)((const int64_t *)v->data)[at]
                                                                 : ((const int8_t *)v->data)[at];
        }
    return GAL_OK;
}

/* Removes what an earlier call put with another number of draws: sizes within a group must agree. */
static void drop_samples(gal_result *r)
{
    size_t keep = 0;
    for (size_t i = 0; i < r->n; i++) {
        gal_var *v = r->var[i];
        bool drop = v->rank >= 2 && strcmp(v->dim[0], "chain") == 0 && strcmp(v->dim[1], "draw") == 0 &&
                    (strcmp(v->group, "posterior") == 0 || strcmp(v->group, "sample_stats") == 0 ||
                     strcmp(v->group, "log_prior") == 0 || strcmp(v->group, "log_likelihood") == 0 ||
                     strcmp(v->group, "galua") == 0);
        if (drop)
            var_free(v);
        else
            r->var[keep++] = v;
    }
    r->n = keep;
}

static gal_status put_with_unit(gal_result *r, const char *name, size_t C, size_t n, const double *src, size_t width,
                                size_t k, const char *unit)
{
    gal_status st = result_put_column(r, "posterior", name, GAL_VAR_F64, C, n, src, width, k);
    if (st != GAL_OK || !unit)
        return st;
    gal_var *v = r->var[r->n - 1]; /* just put: nothing of that name was left */
    gal_free(v->unit);
    v->unit = gal_strdup(unit);
    return v->unit ? GAL_OK : GAL_ENOMEM;
}

static gal_status put_values(gal_result *r, const gal_target *t, size_t C, size_t n, const double *x,
                             const double *blobs, const gal_result_map *map)
{
    gal_status st = GAL_OK;
    double *values = NULL;
    if (map && map->nvalue > 0) {
        if (!(values = GAL_NEWN(double, n *C * map->nvalue)))
            return GAL_ENOMEM;
        for (size_t i = 0; i < n * C; i++)
            map->values(map->ctx, x + i * t->ndim, values + i * map->nvalue);
        for (size_t k = 0; k < map->nvalue; k++)
            GAL_TRY(put_with_unit(r, map->names[k], C, n, values, map->nvalue, k, map->units ? map->units[k] : NULL));
    } else {
        for (size_t k = 0; k < t->ndim; k++)
            GAL_TRY(put_with_unit(r, t->names[k], C, n, x, t->ndim, k, NULL));
    }
    for (size_t k = 0; k < t->nblob; k++)
        GAL_TRY(put_with_unit(r, t->blob_names[k], C, n, blobs, t->nblob, k,
                              map && map->blob_units ? map->blob_units[k] : NULL));
out:
    gal_free(values);
    return st;
}

static gal_status put_bounds(gal_result *r, size_t d, const gal_result_map *map)
{
    static const char *const DIM[] = {"coordinate"};
    if (!map || !map->lo || !map->hi)
        return GAL_OK;
    gal_status st =
        gal_result_put(r, "galua", "lower", GAL_VAR_F64, 1, DIM, &d, map->lo, NULL, "lower bound of the prior");
    if (st == GAL_OK)
        st = gal_result_put(r, "galua", "upper", GAL_VAR_F64, 1, DIM, &d, map->hi, NULL, "upper bound of the prior");
    return st;
}

gal_status result_put_samples(gal_result *r, const gal_target *t, size_t C, size_t n, const double *x,
                              const double *lnprior, const double *lnlike, const double *blobs,
                              const gal_result_map *map)
{
    size_t d = t->ndim, size[] = {C, n, d};
    gal_status st = GAL_OK;
    double *lp = NULL;
    if (!t->names || (t->nblob > 0 && !t->blob_names))
        return gal_fail(GAL_EINVAL, "result: the parameters of the target have no names");
    drop_samples(r);
    if (!(lp = GAL_NEWN(double, n *C)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < n * C; i++)
        lp[i] = lnprior[i] + lnlike[i];
    GAL_TRY(put_values(r, t, C, n, x, blobs, map));
    GAL_TRY(result_put_column(r, "sample_stats", "lp", GAL_VAR_F64, C, n, lp, 1, 0));
    GAL_TRY(result_put_column(r, "log_prior", "total", GAL_VAR_F64, C, n, lnprior, 1, 0));
    GAL_TRY(result_put_column(r, "log_likelihood", "total", GAL_VAR_F64, C, n, lnlike, 1, 0));
    gal_var *v = var_new("galua", "x", GAL_VAR_F64, 3, CDX, size, NULL, "sampled coordinates");
    if (!v)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < C; j++)
            memcpy((double *)v->data + (j * n + i) * d, x + (i * C + j) * d, d * sizeof *x);
    GAL_TRY(result_take(r, v));
    GAL_TRY(gal_result_coord_text(r, "coordinate", d, t->names));
    GAL_TRY(put_bounds(r, d, map));
out:
    gal_free(lp);
    return st;
}

gal_status result_get_samples(const gal_result *r, const gal_target *t, size_t C, size_t n, const result_samples *out)
{
    gal_status st = GAL_OK;
    const gal_var *x;
    size_t d = t->ndim, nb = t->nblob;
    GAL_TRY(gal_result_get(r, "galua", "x", GAL_VAR_F64, 3, &x));
    if (x->size[0] != C || x->size[1] != n || x->size[2] != d)
        GAL_THROW(GAL_EFORMAT,
                  "result: %zu chains, %zu samples of %zu parameters expected, the stored arrays are %zu, %zu, %zu", C,
                  n, d, x->size[0], x->size[1], x->size[2]);
    for (size_t j = 0; j < C; j++)
        for (size_t i = 0; i < n; i++)
            memcpy(out->x + (i * C + j) * d, (const double *)x->data + (j * n + i) * d, d * sizeof(double));
    GAL_TRY(result_get_column(r, "log_prior", "total", GAL_VAR_F64, C, n, out->lnprior, 1, 0));
    GAL_TRY(result_get_column(r, "log_likelihood", "total", GAL_VAR_F64, C, n, out->lnlike, 1, 0));
    for (size_t k = 0; k < nb; k++)
        GAL_TRY(result_get_column(r, "posterior", t->blob_names[k], GAL_VAR_F64, C, n, out->blob, nb, k));
out:
    return st;
}

gal_status result_put_run(gal_result *r, const char *sampler, uint64_t seed, size_t evaluations, double seconds,
                          gal_run_end end, const char *end_text)
{
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_put_text(r, "galua", "version", GAL_VERSION));
    GAL_TRY(gal_result_put_text(r, "galua", "sampler", sampler));
    GAL_TRY(gal_result_put_i64(r, "galua", "seed", (int64_t)seed));
    GAL_TRY(gal_result_put_i64(r, "galua", "evaluations", (int64_t)evaluations));
    GAL_TRY(gal_result_put_f64(r, "galua", "seconds", seconds, "s"));
    GAL_TRY(gal_result_put_text(r, "galua", "end", gal_run_end_name(end)));
    GAL_TRY(gal_result_put_text(r, "galua", "end_text", end_text));
out:
    return st;
}

gal_status result_put_state(gal_result *r, const unsigned char *state, size_t n)
{
    static const char *const DIM[] = {"state_byte"};
    return gal_result_put(r, "galua", "state", GAL_VAR_BYTE, 1, DIM, &n, state, NULL,
                          "state of the sampler, to resume from");
}
