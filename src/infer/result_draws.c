/* Optimisers, Pathfinder and SMC in results: equally weighted draws in the ArviZ groups (one chain), the weighted draws themselves in group
 * `weighted`, evidence and its trust in group galua, and what is particular to each: modes, paths, levels. */
#include <math.h>
#include <string.h>

#include "galua/optimum.h"
#include "galua/pathfinder.h"
#include "galua/smc.h"
#include "result_int.h"

#define MIN_DRAWS 100
#define MAX_DRAWS 20000

static gal_status put_vector(gal_result *r, const char *group, const char *name, const char *dim, size_t n,
                             const double *v, const char *about)
{
    return gal_result_put(r, group, name, GAL_VAR_F64, 1, &dim, &n, v, NULL, about);
}

/* As many equally weighted draws as the weighted ones are worth */
static gal_status put_equal(gal_result *r, const gal_target *t, const gal_draws *w, double ess,
                            const gal_result_map *map)
{
    size_t n = w->n == 0 ? 0 : (size_t)fmin(fmax(ess, MIN_DRAWS), MAX_DRAWS), d = w->d, nb = w->nb;
    gal_status st = GAL_OK;
    size_t *row = GAL_NEWN(size_t, n + 1);
    double *x = GAL_NEWN(double, n *(d + nb + 2) + 1);
    if (!row || !x)
        GAL_TRY(GAL_ENOMEM);
    double *lp = x + n * d, *ll = lp + n, *b = ll + n;
    gal_draws_pick(w, 0.5, n, row);
    for (size_t i = 0; i < n; i++) {
        memcpy(x + i * d, w->theta + row[i] * d, d * sizeof *x);
        memcpy(b + i * nb, w->blob + row[i] * nb, nb * sizeof *x);
        lp[i] = w->lnprior[row[i]];
        ll[i] = w->lnlike[row[i]];
    }
    GAL_TRY(result_put_samples(r, t, 1, n, x, lp, ll, b, map));
out:
    gal_free(row);
    gal_free(x);
    return st;
}

static gal_status put_draws(gal_result *r, const gal_target *t, const gal_draws *w, const gal_importance *imp,
                            const char *particular, const gal_result_map *map)
{
    static const char *const DIM[] = {"sample", "coordinate"};
    gal_status st = GAL_OK;
    size_t size[] = {w->n, t->ndim};
    result_drop_group(r, "weighted");
    result_drop_group(r, particular);
    GAL_TRY(put_equal(r, t, w, imp->ess, map));
    GAL_TRY(gal_result_put(r, "weighted", "x", GAL_VAR_F64, 2, DIM, size, w->theta, NULL, "sampled coordinates"));
    GAL_TRY(put_vector(r, "weighted", "log_weight", "sample", w->n, w->lnw, "normalised"));
    GAL_TRY(put_vector(r, "weighted", "log_prior", "sample", w->n, w->lnprior, NULL));
    GAL_TRY(put_vector(r, "weighted", "log_likelihood", "sample", w->n, w->lnlike, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "log_evidence", imp->lnz, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "log_evidence_err", imp->lnz_err, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "pareto_k", imp->khat, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "ess", imp->ess, NULL));
out:
    return st;
}

static gal_status finish(gal_result *r, gal_status st, unsigned char *state, size_t n)
{
    if (st == GAL_OK)
        st = result_put_state(r, state, n);
    gal_free(state);
    return st;
}

/* ------------------------------------------------------------------ optimum */
static gal_status put_modes(gal_result *r, const gal_optimum *o)
{
    static const char *const DIM[] = {"mode", "coordinate", "coordinate_2"};
    gal_status st = GAL_OK;
    size_t n = gal_optimum_nmodes(o), d = gal_optimum_target(o)->ndim, size[] = {n, d, d};
    double *m = GAL_NEWN(double, n *(2 * d + d * d + 5) + 1);
    if (!m)
        return GAL_ENOMEM;
    double *theta = m, *z = theta + n * d, *cov = z + n * d, *lnp = cov + n * d * d, *lnl = lnp + n, *lnz = lnl + n,
           *starts = lnz + n, *good = starts + n;
    for (size_t i = 0; i < n; i++) {
        const gal_mode *q = gal_optimum_mode(o, i);
        memcpy(theta + i * d, q->theta, d * sizeof *m);
        memcpy(z + i * d, q->z, d * sizeof *m);
        memcpy(cov + i * d * d, q->cov, d * d * sizeof *m);
        lnp[i] = q->lnp;
        lnl[i] = q->lnlike;
        lnz[i] = q->lnz;
        starts[i] = (double)q->starts;
        good[i] = q->converged;
    }
    GAL_TRY(gal_result_put(r, "modes", "x", GAL_VAR_F64, 2, DIM, size, theta, NULL, "sampled coordinates"));
    GAL_TRY(gal_result_put(r, "modes", "z", GAL_VAR_F64, 2, DIM, size, z, NULL, "unconstrained coordinates"));
    GAL_TRY(gal_result_put(r, "modes", "z_covariance", GAL_VAR_F64, 3, DIM, size, cov, NULL, "Laplace's method"));
    GAL_TRY(put_vector(r, "modes", "lnp", "mode", n, lnp, "density of the unconstrained coordinates"));
    GAL_TRY(put_vector(r, "modes", "log_likelihood", "mode", n, lnl, NULL));
    GAL_TRY(put_vector(r, "modes", "log_evidence", "mode", n, lnz, "Laplace's method"));
    GAL_TRY(put_vector(r, "modes", "starts", "mode", n, starts, "that arrived here"));
    GAL_TRY(put_vector(r, "modes", "converged", "mode", n, good, NULL));
    GAL_TRY(gal_result_put_f64(r, "galua", "log_evidence_laplace", gal_optimum_lnz_laplace(o), NULL));
out:
    gal_free(m);
    return st;
}

gal_status gal_result_put_optimum(gal_result *r, const gal_optimum *o, const gal_result_map *map)
{
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    size_t n = 0;
    GAL_TRY(put_draws(r, gal_optimum_target(o), gal_optimum_draws(o), gal_optimum_importance(o), "modes", map));
    GAL_TRY(result_put_run(r, "optimum", gal_optimum_seed(o), gal_optimum_evaluations(o), gal_optimum_seconds(o),
                           gal_optimum_end(o), gal_optimum_end_text(o)));
    GAL_TRY(gal_result_put_text(r, "galua", "space", gal_optimum_space_text(o)));
    GAL_TRY(put_modes(r, o));
    GAL_TRY(gal_optimum_state(o, &state, &n));
out:
    return finish(r, st, state, n);
}

gal_status gal_result_restore_optimum(gal_optimum **out, const gal_result *r, const gal_target *t)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &v);
    return st == GAL_OK ? gal_optimum_restore(out, t, v->data, v->size[0]) : st;
}

/* ------------------------------------------------------------------ pathfinder */
static gal_status put_paths(gal_result *r, const gal_pathfinder *p)
{
    gal_status st = GAL_OK;
    size_t n = gal_pathfinder_npaths(p);
    double *m = GAL_NEWN(double, 4 * n);
    if (!m)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const gal_path *q = gal_pathfinder_path(p, i);
        m[i] = q->elbo;
        m[n + i] = q->lnp;
        m[2 * n + i] = q->weight;
        m[3 * n + i] = (double)q->iterations;
    }
    GAL_TRY(put_vector(r, "paths", "elbo", "path", n, m, "evidence lower bound"));
    GAL_TRY(put_vector(r, "paths", "lnp", "path", n, m + n, "at the end of the path"));
    GAL_TRY(put_vector(r, "paths", "weight", "path", n, m + 2 * n, "in the mixture"));
    GAL_TRY(put_vector(r, "paths", "iterations", "path", n, m + 3 * n, NULL));
out:
    gal_free(m);
    return st;
}

gal_status gal_result_put_pathfinder(gal_result *r, const gal_pathfinder *p, const gal_result_map *map)
{
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    size_t n = 0;
    GAL_TRY(
        put_draws(r, gal_pathfinder_target(p), gal_pathfinder_draws(p), gal_pathfinder_importance(p), "paths", map));
    GAL_TRY(result_put_run(r, "pathfinder", gal_pathfinder_seed(p), gal_pathfinder_evaluations(p),
                           gal_pathfinder_seconds(p), gal_pathfinder_end(p), gal_pathfinder_end_text(p)));
    GAL_TRY(gal_result_put_text(r, "galua", "space", gal_pathfinder_space_text(p)));
    GAL_TRY(put_paths(r, p));
    GAL_TRY(gal_pathfinder_state(p, &state, &n));
out:
    return finish(r, st, state, n);
}

gal_status gal_result_restore_pathfinder(gal_pathfinder **out, const gal_result *r, const gal_target *t)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &v);
    return st == GAL_OK ? gal_pathfinder_restore(out, t, v->data, v->size[0]) : st;
}

/* ------------------------------------------------------------------ smc */
static gal_status put_levels(gal_result *r, const gal_smc *s)
{
    static const char *const NAME[] = {"beta", "log_evidence", "ess", "acceptance", "particles", "steps"};
    gal_status st = GAL_OK;
    size_t n = gal_smc_nlevels(s);
    double *m = GAL_NEWN(double, 6 * n + 1);
    if (!m)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const gal_smc_level *v = &gal_smc_levels(s)[i];
        double row[] = {v->beta, v->lnz, v->ess, v->acceptance, (double)v->n, (double)v->steps};
        for (size_t k = 0; k < 6; k++)
            m[k * n + i] = row[k];
    }
    for (size_t k = 0; k < 6; k++)
        GAL_TRY(put_vector(r, "levels", NAME[k], "level", n, m + k * n, NULL));
out:
    gal_free(m);
    return st;
}

gal_status gal_result_put_smc(gal_result *r, const gal_smc *s, const gal_result_map *map)
{
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    size_t n = 0;
    GAL_TRY(put_draws(r, gal_smc_target(s), gal_smc_draws(s), gal_smc_importance(s), "levels", map));
    GAL_TRY(result_put_run(r, "smc", gal_smc_seed(s), gal_smc_evaluations(s), gal_smc_seconds(s), gal_smc_end(s),
                           gal_smc_end_text(s)));
    GAL_TRY(gal_result_put_i64(r, "galua", "families", (int64_t)gal_smc_families(s)));
    GAL_TRY(put_levels(r, s));
    GAL_TRY(gal_smc_state(s, &state, &n));
out:
    return finish(r, st, state, n);
}

gal_status gal_result_restore_smc(gal_smc **out, const gal_result *r, const gal_target *t)
{
    const gal_var *v;
    gal_status st = gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &v);
    return st == GAL_OK ? gal_smc_restore(out, t, v->data, v->size[0]) : st;
}
