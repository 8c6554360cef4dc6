/* Ensembles in results (chain = walker, draw = stored step), restoring, checkpoints; summaries of results. */
#include <math.h>
#include <string.h>

#include "result_int.h"

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
    char *moves = moves_text(e);
    if (!moves)
        return GAL_ENOMEM;
    GAL_TRY(result_put_run(r, "ensemble", gal_ensemble_seed(e), gal_ensemble_evaluations(e), gal_ensemble_seconds(e),
                           gal_ensemble_end(e), gal_ensemble_end_text(e)));
    GAL_TRY(gal_result_put_text(r, "galua", "moves", moves));
    GAL_TRY(gal_result_put_i64(r, "galua", "thin", (int64_t)gal_ensemble_thin(e)));
    GAL_TRY(gal_result_put_i64(r, "galua", "steps", (int64_t)gal_ensemble_steps(e)));
    GAL_TRY(gal_ensemble_state(e, &state, &n));
    GAL_TRY(result_put_state(r, state, n));
out:
    gal_free(moves);
    gal_free(state);
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
    size_t n = gal_ensemble_nstored(e), W = gal_ensemble_nwalkers(e);
    gal_status st = GAL_OK;
    GAL_TRY(result_put_samples(r, gal_ensemble_target(e), W, n, gal_ensemble_chain(e), gal_ensemble_lnprior(e),
                               gal_ensemble_lnlike(e), gal_ensemble_blobs(e), map));
    GAL_TRY(result_put_column(r, "sample_stats", "acceptance_rate", GAL_VAR_F64, W, n, gal_ensemble_accepted(e), 1, 0));
    GAL_TRY(put_tau(r, e));
    GAL_TRY(put_settings(r, e));
out:
    return st;
}

/* ------------------------------------------------------------------ back */
gal_status gal_result_restore_ensemble(gal_ensemble **out, const gal_result *r, const gal_target *t)
{
    gal_status st = GAL_OK;
    const gal_var *state;
    result_samples s = {0};
    size_t W, n;
    double *acc = NULL;
    GAL_TRY(gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &state));
    GAL_TRY(gal_ensemble_state_nstored(state->data, state->size[0], &W, &n));
    GAL_TRY(result_get_samples(r, t, W, n, &s));
    if (!(acc = GAL_NEWN(double, W *n)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(result_get_column(r, "sample_stats", "acceptance_rate", GAL_VAR_F64, W, n, acc, 1, 0));
    GAL_TRY(gal_ensemble_restore(out, t, state->data, state->size[0], s.x, s.lnprior, s.lnlike, s.blob, acc));
out:
    gal_free(acc);
    gal_free(s.x);
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

/* The draws are resampled points: what counts is the effective number of these. */
static void judge_nested(const gal_result *r, gal_summary *s)
{
    double ess = NAN;
    if (gal_result_var(r, "galua", "ess"))
        gal_result_get_f64(r, "galua", "ess", &ess);
    for (size_t i = 0; i < s->n; i++) {
        s->row[i].ess = ess;
        s->row[i].mcse_mean = s->row[i].sd / sqrt(ess);
        s->row[i].trusted = ess >= 100;
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
    if (st == GAL_OK && sampler && strcmp(sampler, "nested") == 0)
        judge_nested(r, out);
    gal_free(in);
    return st;
}
