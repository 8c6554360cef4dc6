/* Ensembles in results: samples as ArviZ variables (chain = walker, draw = stored step), exact sampled coordinates and state in group
 * galua, restoring, checkpoints and summaries. */
#include <string.h>

#include "result_int.h"

static const char *const CD[] = {"chain", "draw"};
static const char *const CDX[] = {"chain", "draw", "coordinate"};

/* Variable [W][n] from src[n][W][width] + k, plus add[n][W] if given. */
static gal_status put_column(gal_result *r, const char *group, const char *name, size_t W, size_t n, const double *src,
                             size_t width, size_t k, const double *add, const char *unit)
{
    size_t size[] = {W, n};
    gal_var *v = var_new(group, name, GAL_VAR_F64, 2, CD, size, unit, NULL);
    if (!v)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < W; j++)
            ((double *)v->data)[j * n + i] = src[(i * W + j) * width + k] + (add ? add[i * W + j] : 0);
    return result_take(r, v);
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

/* All values of all samples [n][W][nvalue]. */
static double *mapped(const gal_ensemble *e, const gal_result_map *map)
{
    size_t n = gal_ensemble_nstored(e) * gal_ensemble_nwalkers(e), d = gal_ensemble_target(e)->ndim;
    double *v = GAL_NEWN(double, n * map->nvalue);
    for (size_t i = 0; v && i < n; i++)
        map->values(map->ctx, gal_ensemble_chain(e) + i * d, v + i * map->nvalue);
    return v;
}

static gal_status put_values(gal_result *r, const gal_ensemble *e, const gal_result_map *map)
{
    const gal_target *t = gal_ensemble_target(e);
    size_t n = gal_ensemble_nstored(e), W = gal_ensemble_nwalkers(e);
    gal_status st = GAL_OK;
    double *values = NULL;
    if (map && map->nvalue > 0) {
        values = mapped(e, map);
        if (!values)
            return GAL_ENOMEM;
        for (size_t k = 0; k < map->nvalue; k++)
            GAL_TRY(put_column(r, "posterior", map->names[k], W, n, values, map->nvalue, k, NULL,
                               map->units ? map->units[k] : NULL));
    } else {
        for (size_t k = 0; k < t->ndim; k++)
            GAL_TRY(put_column(r, "posterior", t->names[k], W, n, gal_ensemble_chain(e), t->ndim, k, NULL, NULL));
    }
    for (size_t k = 0; k < t->nblob; k++)
        GAL_TRY(put_column(r, "posterior", t->blob_names[k], W, n, gal_ensemble_blobs(e), t->nblob, k, NULL,
                           map && map->blob_units ? map->blob_units[k] : NULL));
out:
    gal_free(values);
    return st;
}

static char *moves_text(const gal_ensemble *e)
{
    const gal_move *m;
    size_t n = gal_ensemble_nmoves(e, &m);
    char *text = gal_strdup("");
    for (size_t i = 0; text && i < n; i++) {
        char *more = gal_asprintf("%s%s%g %s", text, i ? " + " : "", m[i].weight, gal_move_name(m[i].kind));
        gal_free(text);
        text = more;
    }
    return text;
}

static gal_status put_settings(gal_result *r, const gal_ensemble *e)
{
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    size_t n;
    static const char *const DIM[] = {"state_byte"};
    char *moves = moves_text(e);
    if (!moves)
        return GAL_ENOMEM;
    GAL_TRY(gal_result_put_text(r, "galua", "version", GAL_VERSION));
    GAL_TRY(gal_result_put_text(r, "galua", "sampler", "ensemble"));
    GAL_TRY(gal_result_put_text(r, "galua", "moves", moves));
    GAL_TRY(gal_result_put_i64(r, "galua", "seed", (int64_t)gal_ensemble_seed(e)));
    GAL_TRY(gal_result_put_i64(r, "galua", "thin", (int64_t)gal_ensemble_thin(e)));
    GAL_TRY(gal_result_put_i64(r, "galua", "steps", (int64_t)gal_ensemble_steps(e)));
    GAL_TRY(gal_result_put_i64(r, "galua", "evaluations", (int64_t)gal_ensemble_evaluations(e)));
    GAL_TRY(gal_result_put_f64(r, "galua", "seconds", gal_ensemble_seconds(e), "s"));
    GAL_TRY(gal_result_put_text(r, "galua", "end", gal_run_end_name(gal_ensemble_end(e))));
    GAL_TRY(gal_result_put_text(r, "galua", "end_text", gal_ensemble_end_text(e)));
    GAL_TRY(gal_ensemble_state(e, &state, &n));
    GAL_TRY(gal_result_put(r, "galua", "state", GAL_VAR_BYTE, 1, DIM, &n, state, NULL,
                           "state of the sampler, to resume from"));
out:
    gal_free(moves);
    gal_free(state);
    return st;
}

static gal_status put_bounds(gal_result *r, const gal_ensemble *e, const gal_result_map *map)
{
    static const char *const DIM[] = {"coordinate"};
    size_t d = gal_ensemble_target(e)->ndim;
    if (!map || !map->lo || !map->hi)
        return GAL_OK;
    gal_status st =
        gal_result_put(r, "galua", "lower", GAL_VAR_F64, 1, DIM, &d, map->lo, NULL, "lower bound of the prior");
    if (st == GAL_OK)
        st = gal_result_put(r, "galua", "upper", GAL_VAR_F64, 1, DIM, &d, map->hi, NULL, "upper bound of the prior");
    return st;
}

static gal_status put_tau(gal_result *r, const gal_ensemble *e)
{
    static const char *const DIM[] = {"coordinate"};
    size_t d = gal_ensemble_target(e)->ndim;
    double *tau = GAL_NEWN(double, d);
    bool enough;
    if (!tau)
        return GAL_ENOMEM;
    gal_status st = gal_ensemble_nstored(e) > 0 ? gal_ensemble_tau(e, tau, &enough) : GAL_OK;
    if (st == GAL_OK)
        st = gal_result_put(r, "galua", "tau", GAL_VAR_F64, 1, DIM, &d, tau, "step",
                            "autocorrelation time without the first quarter");
    gal_free(tau);
    return st;
}

gal_status gal_result_put_ensemble(gal_result *r, const gal_ensemble *e, const gal_result_map *map)
{
    const gal_target *t = gal_ensemble_target(e);
    size_t n = gal_ensemble_nstored(e), W = gal_ensemble_nwalkers(e), d = t->ndim, size[] = {W, n, d};
    const double *lnp = gal_ensemble_lnprior(e), *lnl = gal_ensemble_lnlike(e), *x = gal_ensemble_chain(e);
    gal_status st = GAL_OK;
    if (!t->names || (t->nblob > 0 && !t->blob_names))
        return gal_fail(GAL_EINVAL, "result: the parameters of the target have no names");
    drop_samples(r);
    GAL_TRY(put_values(r, e, map));
    GAL_TRY(put_column(r, "sample_stats", "lp", W, n, lnp, 1, 0, lnl, NULL));
    GAL_TRY(put_column(r, "sample_stats", "acceptance_rate", W, n, gal_ensemble_accepted(e), 1, 0, NULL, NULL));
    GAL_TRY(put_column(r, "log_prior", "total", W, n, lnp, 1, 0, NULL, NULL));
    GAL_TRY(put_column(r, "log_likelihood", "total", W, n, lnl, 1, 0, NULL, NULL));
    gal_var *v = var_new("galua", "x", GAL_VAR_F64, 3, CDX, size, NULL, "sampled coordinates");
    if (!v)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < W; j++)
            memcpy((double *)v->data + (j * n + i) * d, x + (i * W + j) * d, d * sizeof *x);
    GAL_TRY(result_take(r, v));
    GAL_TRY(gal_result_coord_text(r, "coordinate", d, t->names));
    GAL_TRY(put_tau(r, e));
    GAL_TRY(put_bounds(r, e, map));
    GAL_TRY(put_settings(r, e));
out:
    return st;
}

/* ------------------------------------------------------------------ back */
/* dst[n][W][width] at k from the variable [W][n] (or [W][n][width] when whole) */
static void from_chains(const gal_var *v, double *dst, size_t width, size_t k, bool whole)
{
    size_t W = v->size[0], n = v->size[1], run = whole ? width : 1;
    for (size_t j = 0; j < W; j++)
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < run; c++)
                dst[(i * W + j) * width + k + c] = ((double *)v->data)[(j * n + i) * run + c];
}

gal_status gal_result_restore_ensemble(gal_ensemble **out, const gal_result *r, const gal_target *t)
{
    gal_status st = GAL_OK;
    const gal_var *state, *x, *lnp, *lnl, *acc, *blob;
    double *mem = NULL;
    size_t W, n, d = t->ndim, nb = t->nblob;
    GAL_TRY(gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &state));
    GAL_TRY(gal_result_get(r, "galua", "x", GAL_VAR_F64, 3, &x));
    GAL_TRY(gal_result_get(r, "log_prior", "total", GAL_VAR_F64, 2, &lnp));
    GAL_TRY(gal_result_get(r, "log_likelihood", "total", GAL_VAR_F64, 2, &lnl));
    GAL_TRY(gal_result_get(r, "sample_stats", "acceptance_rate", GAL_VAR_F64, 2, &acc));
    GAL_TRY(gal_ensemble_state_nstored(state->data, state->size[0], &W, &n));
    if (x->size[0] != W || x->size[1] != n || x->size[2] != d || lnp->size[1] != n || lnl->size[1] != n ||
        acc->size[1] != n || lnp->size[0] != W || lnl->size[0] != W || acc->size[0] != W)
        GAL_THROW(GAL_EFORMAT,
                  "result: %zu walkers, %zu samples of %zu parameters expected, the stored arrays are %zu, %zu, %zu", W,
                  n, d, x->size[0], x->size[1], x->size[2]);
    mem = GAL_NEWN(double, n *W *(d + nb + 3));
    if (!mem) {
        st = GAL_ENOMEM;
        goto out;
    }
    double *cx = mem, *cp = cx + n * W * d, *cl = cp + n * W, *ca = cl + n * W, *cb = ca + n * W;
    from_chains(x, cx, d, 0, true);
    from_chains(lnp, cp, 1, 0, false);
    from_chains(lnl, cl, 1, 0, false);
    from_chains(acc, ca, 1, 0, false);
    for (size_t k = 0; k < nb; k++) {
        GAL_TRY(gal_result_get(r, "posterior", t->blob_names[k], GAL_VAR_F64, 2, &blob));
        if (blob->size[0] != W || blob->size[1] != n)
            GAL_THROW(GAL_EFORMAT, "result: posterior/%s is %zu x %zu, expected %zu x %zu", blob->name, blob->size[0],
                      blob->size[1], W, n);
        from_chains(blob, cb, nb, k, false);
    }
    GAL_TRY(gal_ensemble_restore(out, t, state->data, state->size[0], cx, cp, cl, cb, ca));
out:
    gal_free(mem);
    return st;
}

gal_status gal_checkpoint_hook(void *checkpoint, const gal_ensemble *e)
{
    gal_checkpoint *c = checkpoint;
    gal_status st = gal_result_put_ensemble(c->result, e, c->map);
    return st == GAL_OK ? gal_result_write(c->result, c->path) : st;
}

/* Sampled coordinate and bounds of the parameter called like it. */
static void find_bounds(const gal_result *r, const gal_var *v, size_t burn, gal_summary_in *in)
{
    const gal_var *x = gal_result_var(r, "galua", "x"), *lo = gal_result_var(r, "galua", "lower"),
                  *hi = gal_result_var(r, "galua", "upper"), *label = gal_result_coord(r, "coordinate");
    bool ok = x && lo && hi && label && x->type == GAL_VAR_F64 && x->rank == 3 && x->size[0] == v->size[0] &&
              x->size[1] == v->size[1] && label->type == GAL_VAR_TEXT && label->size[0] == x->size[2];
    ok = ok && lo->type == GAL_VAR_F64 && hi->type == GAL_VAR_F64 && lo->rank == 1 && hi->rank == 1 &&
         lo->size[0] == x->size[2] && hi->size[0] == x->size[2];
    for (size_t k = 0; ok && k < x->size[2]; k++) {
        size_t n = x->size[1], d = x->size[2];
        if (strcmp(((char **)label->data)[k], v->name) != 0)
            continue;
        in->coord = (gal_chains){(double *)x->data + burn * d + k, n - burn, x->size[0], d, n * d};
        in->lo = ((double *)lo->data)[k];
        in->hi = ((double *)hi->data)[k];
    }
}

gal_status gal_result_summary(const gal_result *r, size_t burn, gal_summary *out)
{
    const char *sampler = NULL;
    const gal_var *w = gal_result_var(r, "galua", "weight");
    int64_t thin = 1;
    size_t n = 0;
    gal_status st;
    gal_summary_in *in = GAL_NEWN(gal_summary_in, r->n);
    if (!in)
        return GAL_ENOMEM;
    if (gal_result_var(r, "galua", "sampler"))
        gal_result_get_text(r, "galua", "sampler", &sampler);
    if (gal_result_var(r, "galua", "thin"))
        gal_result_get_i64(r, "galua", "thin", &thin);
    if (w && (w->type != GAL_VAR_F64 || w->rank != 1))
        w = NULL;
    gal_draws_kind kind = w                                             ? GAL_DRAWS_WEIGHTED
                          : sampler && strcmp(sampler, "ensemble") == 0 ? GAL_DRAWS_ENSEMBLE
                                                                        : GAL_DRAWS_CHAINS;
    for (size_t i = 0; i < r->n; i++) {
        const gal_var *v = r->var[i];
        if (strcmp(v->group, "posterior") != 0 || v->type != GAL_VAR_F64 || v->rank != 2 || v->size[1] <= burn)
            continue;
        in[n] = (gal_summary_in){.name = v->name,
                                 .unit = v->unit,
                                 .values = {(double *)v->data + burn, v->size[1] - burn, v->size[0], 1, v->size[1]},
                                 .weight = w ? (double *)w->data + burn : NULL,
                                 .thin = (size_t)thin};
        find_bounds(r, v, burn, &in[n++]);
    }
    st = n > 0 ? gal_summary_make(out, kind, in, n)
               : gal_fail(GAL_EINVAL, "result: no samples after the first %zu draws", burn);
    gal_free(in);
    return st;
}
