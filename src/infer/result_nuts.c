/* NUTS in results: chains, statistics of every draw under the names that ArviZ knows, step sizes and metrics, state. */
#include "galua/nuts.h"
#include "result_int.h"

static const struct {
    const char *name;
    gal_var_type type;
    gal_nuts_stat k;
} STATS[] = {{"acceptance_rate", GAL_VAR_F64, GAL_NUTS_ACCEPT}, {"step_size", GAL_VAR_F64, GAL_NUTS_STEP},
             {"tree_depth", GAL_VAR_I64, GAL_NUTS_DEPTH},       {"n_steps", GAL_VAR_I64, GAL_NUTS_LEAPFROGS},
             {"diverging", GAL_VAR_BOOL, GAL_NUTS_DIVERGING},   {"energy", GAL_VAR_F64, GAL_NUTS_ENERGY},
             {"lp_unconstrained", GAL_VAR_F64, GAL_NUTS_LP}};
enum { NSTAT = sizeof STATS / sizeof *STATS };

static gal_status put_metrics(gal_result *r, const gal_nuts *n)
{
    static const char *const DIM[] = {"chain_of_metric", "z", "z_2"};
    size_t d = gal_nuts_target(n)->ndim, C = gal_nuts_chains(n), size[] = {C, d, d};
    double *m = GAL_NEWN(double, C *d *d);
    if (!m)
        return GAL_ENOMEM;
    for (size_t i = 0; i < C; i++)
        gal_nuts_inverse_metric(n, i, m + i * d * d);
    gal_status st = gal_result_put(r, "galua", "inverse_metric", GAL_VAR_F64, 3, DIM, size, m, NULL,
                                   "inverse metric of each chain in the unconstrained coordinates");
    gal_free(m);
    return st;
}

gal_status gal_result_put_nuts(gal_result *r, const gal_nuts *n, const gal_result_map *map)
{
    size_t C = gal_nuts_chains(n), N = gal_nuts_draws(n), size;
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    gal_nuts_report report;
    GAL_TRY(result_put_samples(r, gal_nuts_target(n), C, N, gal_nuts_theta(n), gal_nuts_lnprior(n), gal_nuts_lnlike(n),
                               gal_nuts_blobs(n), map));
    for (size_t i = 0; i < NSTAT; i++)
        GAL_TRY(result_put_column(r, "sample_stats", STATS[i].name, STATS[i].type, C, N, gal_nuts_stats(n),
                                  GAL_NUTS_NSTATS, STATS[i].k));
    GAL_TRY(result_put_run(r, "nuts", gal_nuts_seed(n), gal_nuts_evaluations(n), gal_nuts_seconds(n), gal_nuts_end(n),
                           gal_nuts_end_text(n)));
    GAL_TRY(gal_nuts_diagnose(n, &report));
    GAL_TRY(gal_result_put_text(r, "galua", "space", gal_nuts_space_text(n)));
    GAL_TRY(gal_result_put_text(r, "galua", "metric", gal_nuts_metric_name(gal_nuts_metric_kind(n))));
    GAL_TRY(gal_result_put_i64(r, "galua", "warmup", (int64_t)gal_nuts_warmup(n)));
    GAL_TRY(gal_result_put_f64(r, "galua", "target_accept", gal_nuts_target_accept(n), NULL));
    GAL_TRY(gal_result_put_i64(r, "galua", "divergent", (int64_t)report.divergent));
    GAL_TRY(gal_result_put_f64(r, "galua", "ebfmi", report.ebfmi, NULL));
    GAL_TRY(gal_result_put_text(r, "galua", "warning", report.warning));
    GAL_TRY(put_metrics(r, n));
    GAL_TRY(gal_nuts_state(n, &state, &size));
    GAL_TRY(result_put_state(r, state, size));
out:
    gal_free(state);
    return st;
}

gal_status gal_result_restore_nuts(gal_nuts **out, const gal_result *r, const gal_target *t)
{
    gal_status st = GAL_OK;
    const gal_var *state;
    result_samples s = {0};
    size_t C, n;
    double *stat = NULL;
    GAL_TRY(gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &state));
    GAL_TRY(gal_nuts_state_draws(state->data, state->size[0], &C, &n));
    GAL_TRY(result_get_samples(r, t, C, n, &s));
    if (!(stat = GAL_NEWN(double, C *n *GAL_NUTS_NSTATS)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < NSTAT; i++)
        GAL_TRY(result_get_column(r, "sample_stats", STATS[i].name, STATS[i].type, C, n, stat, GAL_NUTS_NSTATS,
                                  STATS[i].k));
    GAL_TRY(gal_nuts_restore(out, t, state->data, state->size[0], s.x, s.lnprior, s.lnlike, s.blob, stat));
out:
    gal_free(stat);
    gal_free(s.x);
    return st;
}
