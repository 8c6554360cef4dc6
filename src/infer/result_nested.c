/* Nested sampling in results: equally weighted draws as ArviZ variables, all points in group nested, state in group galua, and back. */
#include <math.h>
#include <string.h>

#include "result_int.h"

#define FLOOR (-1e300) /* as inside a run: forbidden points; files hold -inf */

static const char *const DEAD[] = {"dead", "coordinate"};
static const char *const DERIVED[] = {"dead", "derived"};

/* ------------------------------------------------------------------ draws */
/* The points index[m] as one chain */
static gal_status put_posterior(gal_result *r, const gal_target *t, const gal_nested_record *c, const size_t *index,
                                size_t m, const gal_result_map *map)
{
    size_t d = c->d, nb = c->nb;
    double *x = GAL_NEWN(double, m *(d + nb + 2));
    if (!x)
        return GAL_ENOMEM;
    double *lp = x + m * d, *ll = lp + m, *b = ll + m;
    for (size_t i = 0; i < m; i++) {
        memcpy(x + i * d, c->x + index[i] * d, d * sizeof *x);
        if (nb > 0)
            memcpy(b + i * nb, c->blob + index[i] * nb, nb * sizeof *x);
        lp[i] = c->lnprior[index[i]];
        ll[i] = c->lnl[index[i]];
    }
    gal_status st = result_put_samples(r, t, 1, m, x, lp, ll, b, map);
    gal_free(x);
    return st;
}

/* ------------------------------------------------------------------ points */
static gal_status put_points(gal_result *r, const gal_target *t, const gal_nested_record *c)
{
    gal_status st = GAL_OK;
    size_t n = c->n, size[] = {n, c->d}, bsize[] = {n, c->nb};
    double *lnl = GAL_NEWN(double, n);
    int64_t *live = GAL_NEWN(int64_t, n);
    if (!lnl || !live)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++) {
        lnl[i] = c->lnl[i] > FLOOR ? c->lnl[i] : -INFINITY;
        live[i] = (int64_t)c->nlive[i];
    }
    GAL_TRY(gal_result_put(r, "nested", "theta", GAL_VAR_F64, 2, DEAD, size, c->x, NULL, "sampled coordinates"));
    GAL_TRY(gal_result_put(r, "nested", "u", GAL_VAR_F64, 2, DEAD, size, c->u, NULL, "unit cube of the prior"));
    struct {
        const char *name, *about;
        const double *data;
    } one[] = {{"logl", "ln likelihood", lnl},
               {"logl_birth", "likelihood above which the point was drawn; -inf: from the whole prior", c->birth},
               {"log_weight", "ln share of the evidence", c->lnw},
               {"logvol", "ln prior volume left", c->lnx},
               {"log_prior", "ln prior density", c->lnprior}};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        GAL_TRY(gal_result_put(r, "nested", one[i].name, GAL_VAR_F64, 1, DEAD, &n, one[i].data, NULL, one[i].about));
    GAL_TRY(gal_result_put(r, "nested", "n_live", GAL_VAR_I64, 1, DEAD, &n, live, NULL, "live points at the death"));
    GAL_TRY(gal_result_put(r, "nested", "strand", GAL_VAR_I64, 1, DEAD, &n, c->strand, NULL, "line of descent"));
    GAL_TRY(gal_result_put(r, "nested", "order", GAL_VAR_I64, 1, DEAD, &n, c->order, NULL,
                           "order of the deaths; the last n_last are still live"));
    if (c->nb > 0) {
        GAL_TRY(gal_result_put(r, "nested", "derived_values", GAL_VAR_F64, 2, DERIVED, bsize, c->blob, NULL,
                               "derived quantities"));
        GAL_TRY(gal_result_coord_text(r, "derived", c->nb, t->blob_names));
    }
    GAL_TRY(gal_result_attr(r, "nested", "log_evidence", c->lnz));
    GAL_TRY(gal_result_attr(r, "nested", "log_evidence_err", c->lnz_err));
    GAL_TRY(gal_result_attr(r, "nested", "information", c->information));
out:
    gal_free(lnl);
    gal_free(live);
    return st;
}

static gal_status put_settings(gal_result *r, const gal_nested *s, const gal_nested_record *c)
{
    gal_status st = GAL_OK;
    gal_nested_opt o = gal_nested_options(s);
    unsigned char *state = NULL;
    size_t n;
    GAL_TRY(result_put_run(r, "nested", o.seed, gal_nested_calls(s), gal_nested_seconds(s), gal_nested_end(s),
                           gal_nested_end_text(s)));
    GAL_TRY(gal_result_put_text(r, "galua", "method", gal_nested_auto_text(s)));
    GAL_TRY(gal_result_put_i64(r, "galua", "live", (int64_t)o.live));
    GAL_TRY(gal_result_put_i64(r, "galua", "n_last", (int64_t)c->nlast));
    GAL_TRY(gal_result_put_i64(r, "galua", "iterations", (int64_t)gal_nested_iterations(s)));
    GAL_TRY(gal_result_put_f64(r, "galua", "log_evidence", c->lnz, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "log_evidence_err", c->lnz_err, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "information", c->information, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "ess", c->ess, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "insertion_z", gal_nested_insertion_z(s), NULL));
    GAL_TRY(gal_nested_state(s, &state, &n));
    GAL_TRY(result_put_state(r, state, n));
out:
    gal_free(state);
    return st;
}

gal_status gal_result_put_nested(gal_result *r, const gal_nested *s, const gal_result_map *map)
{
    const gal_target *t = gal_nested_target(s);
    gal_nested_record c = {0};
    size_t m = 0, *index = NULL;
    gal_status st = GAL_OK;
    result_drop_group(r, "nested");
    GAL_TRY(gal_nested_record_make(s, &c));
    GAL_TRY(gal_nested_resample(&c, gal_nested_options(s).seed, &m, &index));
    GAL_TRY(put_posterior(r, t, &c, index, m, map));
    GAL_TRY(put_points(r, t, &c));
    GAL_TRY(put_settings(r, s, &c));
out:
    gal_free(index);
    gal_nested_record_free(&c);
    return st;
}

/* ------------------------------------------------------------------ back */
gal_status gal_result_restore_nested(gal_nested **out, const gal_result *r, const gal_target *t)
{
    gal_status st = GAL_OK;
    const gal_var *state, *x, *u, *blob = NULL, *v;
    double *lnl = NULL, *real[3];
    int64_t *whole[2];
    static const char *const REAL[] = {"logl", "logl_birth", "log_prior"}, *const WHOLE[] = {"strand", "order"};
    GAL_TRY(gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &state));
    GAL_TRY(gal_result_get(r, "nested", "theta", GAL_VAR_F64, 2, &x));
    GAL_TRY(gal_result_get(r, "nested", "u", GAL_VAR_F64, 2, &u));
    size_t n = x->size[0];
    if (t->nblob > 0)
        GAL_TRY(gal_result_get(r, "nested", "derived_values", GAL_VAR_F64, 2, &blob));
    if (x->size[1] != t->ndim || u->size[1] != t->ndim || (blob && blob->size[1] != t->nblob))
        GAL_THROW(GAL_EFORMAT, "result: points of %zu parameters and %zu derived quantities, expected %zu and %zu",
                  x->size[1], blob ? blob->size[1] : 0, t->ndim, t->nblob);
    for (int i = 0; i < 3; i++) {
        GAL_TRY(gal_result_get(r, "nested", REAL[i], GAL_VAR_F64, 1, &v));
        real[i] = v->data;
    }
    for (int i = 0; i < 2; i++) {
        GAL_TRY(gal_result_get(r, "nested", WHOLE[i], GAL_VAR_I64, 1, &v));
        whole[i] = v->data;
    }
    if (!(lnl = GAL_NEWN(double, n)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        lnl[i] = fmax(real[0][i], FLOOR);
    gal_nested_record c = {.n = n,
                           .d = t->ndim,
                           .nb = t->nblob,
                           .u = u->data,
                           .x = x->data,
                           .lnprior = real[2],
                           .lnl = lnl,
                           .birth = real[1],
                           .blob = blob ? blob->data : lnl,
                           .strand = whole[0],
                           .order = whole[1]};
    GAL_TRY(gal_nested_restore(out, t, state->data, state->size[0], &c));
out:
    gal_free(lnl);
    return st;
}
