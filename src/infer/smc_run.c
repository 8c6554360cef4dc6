/* Running SMC: limits, progress, interrupts, checkpoints; the posterior, the evidence and its error. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gmix.h"
#include "purpose.h"
#include "smc_int.h"

#define REPLICATES 100

/* ------------------------------------------------------------------ error of the evidence */
/* Poisson(1) by inversion */
static double poisson1(gal_rng *r)
{
    double u = gal_rng_uniform(r), p = exp(-1.), k = 0;
    while (u > p && k < 30) {
        u -= p;
        p /= ++k;
    }
    return k;
}

/* One replicate: every family gets a Poisson(1) weight; each level's weights are scaled to its size; Z of each level is
 * estimated again in turn. v[i][s] = L_i^beta_s/Z_s/e^a_i, a_i its maximum over s; the last column is beta = 1 with Z = 1. */
static double replicate(const gal_smc *s, const float *v, const uint64_t *family_of, double *weight, double *omega,
                        double *den, size_t nfamily, uint64_t b)
{
    size_t T = s->nlevel, n = s->n;
    gal_rng r;
    gal_rng_init(&r, s->opt.seed, RNG_SMC_BOOTSTRAP, s->opt.source, b, 0);
    for (size_t k = 0; k < nfamily; k++)
        weight[k] = poisson1(&r);
    double forbidden = (double)(s->drawn - (T > 1 ? s->first[1] : n));
    forbidden = fmax(0, forbidden + sqrt(forbidden) * gal_rng_normal(&r));
    for (size_t i = 0; i < n; i++)
        den[i] = 0;
    double last = 0;
    for (size_t l = 0; l <= T; l++) { /* l = T: the posterior */
        double z = 0;
        if (l > 0) { /* of the pool before level l */
            size_t end = l < T ? s->first[l] : n;
            for (size_t i = 0; i < end; i++)
                z += omega[i] * (double)v[i * (T + 1) + l] / den[i];
            if (!(z > 0))
                return NAN;
        } else {
            z = 1;
        }
        last = z;
        if (l == T)
            break;
        /* weights of level l, then its term in everyone's denominator */
        size_t from = s->first[l], to = l + 1 < T ? s->first[l + 1] : n;
        double sum = l == 0 ? forbidden : 0, scale;
        for (size_t i = from; i < to; i++)
            sum += weight[family_of[i]];
        if (!(sum > 0))
            return NAN;
        scale = (double)s->level[l].n / sum;
        for (size_t i = from; i < to; i++)
            omega[i] = scale * weight[family_of[i]];
        double c = (double)s->level[l].n / z;
        for (size_t i = 0; i < n; i++)
            den[i] += c * (double)v[i * (T + 1) + l];
    }
    return log(last);
}

gal_status smc_bootstrap(const gal_smc *s, double *err)
{
    size_t T = s->nlevel, n = s->n, nfamily = s->drawn, used = 0;
    float *v = gal_calloc(n * (T + 1), sizeof *v);
    double *mem = GAL_NEWN(double, nfamily + 2 * n), sum = 0, sum2 = 0, lnz1 = s->imp.lnz;
    if (!v || !mem) {
        gal_free(v);
        gal_free(mem);
        return GAL_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        double top = -INFINITY;
        for (size_t l = 0; l <= T; l++)
            top = fmax(top, l < T ? s->level[l].beta * s->lnlike[i] - s->level[l].lnz : s->lnlike[i] - lnz1);
        for (size_t l = 0; l <= T; l++)
            v[i * (T + 1) + l] =
                (float)exp((l < T ? s->level[l].beta * s->lnlike[i] - s->level[l].lnz : s->lnlike[i] - lnz1) - top);
    }
    double *weight = mem, *omega = weight + nfamily, *den = omega + n;
    for (uint64_t b = 0; b < REPLICATES; b++) {
        double z = replicate(s, v, s->family, weight, omega, den, nfamily, b);
        if (isnan(z))
            continue;
        used++;
        sum += z;
        sum2 += z * z;
    }
    gal_free(v);
    gal_free(mem);
    *err = used > REPLICATES / 2 ? sqrt(fmax(0, sum2 / (double)used - sum * sum / (double)used / (double)used)) : NAN;
    return GAL_OK;
}

/* Effective number of families: 1/sum m^2 of their shares in the posterior */
static gal_status count_families(gal_smc *s)
{
    double *share = GAL_NEWN(double, s->drawn + 1), sum2 = 0;
    if (!share)
        return GAL_ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        share[s->family[i]] += exp(s->draws.lnw[i]);
    for (size_t k = 0; k < s->drawn; k++)
        sum2 += share[k] * share[k];
    s->families = sum2 > 0 ? (size_t)(1 / sum2 + 0.5) : 0;
    gal_free(share);
    return GAL_OK;
}

gal_status smc_finish(gal_smc *s)
{
    gal_status st = GAL_OK;
    size_t d = s->d;
    gal_draws_clear(&s->draws);
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    if (s->nlevel == 0 || s->n == 0)
        return GAL_OK;
    GAL_TRY(gal_draws_alloc(&s->draws, s->n, d, s->nb));
    gal_draws *w = &s->draws;
    memcpy(w->theta, s->theta, s->n * d * sizeof(double));
    memcpy(w->lnprior, s->lnprior, s->n * sizeof(double));
    memcpy(w->lnlike, s->lnlike, s->n * sizeof(double));
    memcpy(w->blob, s->blob, s->n * s->nb * sizeof(double));
    double *smooth = GAL_NEWN(double, s->n), lnz = smc_weights(s, 1, w->lnw, &s->imp.ess), khat;
    if (!smooth)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < s->n; i++)
        smooth[i] = w->lnw[i] -= lnz;
    st = gal_psis(smooth, s->n, 1, &khat);
    gal_free(smooth);
    GAL_TRY(st);
    s->imp.khat = khat;
    GAL_TRY(count_families(s));
    if (s->level[s->nlevel - 1].beta >= 1) {
        s->imp.lnz = lnz;
        GAL_TRY(smc_bootstrap(s, &s->imp.lnz_err));
    }
out:
    return st;
}

/* ------------------------------------------------------------------ run */
static int report(const gal_smc *s, const gal_smc_goal *g)
{
    char text[160];
    double beta = s->nlevel > 0 ? s->level[s->nlevel - 1].beta : 0;
    if (s->phase == SMC_PRIOR)
        snprintf(text, sizeof text, "prior %zu", s->drawn);
    else
        snprintf(text, sizeof text, "level %zu  beta %.3g  step %zu  accepted %.2f  %zu evaluations", s->nlevel,
                 s->next_beta, s->step, s->step > 0 ? s->accepted / (double)s->step : 0, s->evaluations);
    /* on a logarithmic scale from the first beta to 1 */
    double first = s->nlevel > 1 ? s->level[1].beta : 0;
    return g->progress(g->progress_ctx, first > 0 && first < 1 ? log(beta / first) / -log(first) : -1, text);
}

static gal_status loop(gal_smc *s, const gal_smc_goal *g, double t0)
{
    double told = t0, hooked = t0;
    size_t first = s->evaluations;
    gal_status st;
    for (;;) {
        bool done;
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        if ((st = smc_step(s, &done)) != GAL_OK)
            return st;
        if (done) {
            s->end = GAL_RUN_CONVERGED;
            return GAL_OK;
        }
        if (s->opt.max_evaluations > 0 && s->evaluations - first >= s->opt.max_evaluations) {
            s->end = GAL_RUN_LIMIT;
            return GAL_OK;
        }
        double now = gal_clock();
        if (g->progress && now - told >= 1) {
            told = now;
            if (report(s, g))
                return gal_fail(GAL_EINTR, "interrupted");
        }
        if (g->hook && now - hooked >= g->hook_every) {
            if ((st = smc_finish(s)) != GAL_OK || (st = g->hook(g->hook_ctx, s)) != GAL_OK)
                return st;
            hooked = gal_clock();
        }
    }
}

gal_status gal_smc_run(gal_smc *s, const gal_smc_goal *g)
{
    static const gal_smc_goal none;
    double t0 = gal_clock();
    g = g ? g : &none;
    s->want = g->ess > 0 ? g->ess : s->want;
    gal_status st = loop(s, g, t0);
    s->seconds += gal_clock() - t0;
    if (st != GAL_OK) {
        char why[300];
        snprintf(why, sizeof why, "%s", gal_error_message());
        s->end = st == GAL_EINTR ? GAL_RUN_INTERRUPTED : GAL_RUN_FAILED;
        snprintf(s->why, sizeof s->why, "%s at beta = %.3g after %zu levels%s%s",
                 st == GAL_EINTR ? "interrupted" : "failed", gal_smc_beta(s), s->nlevel, st == GAL_EINTR ? "" : ": ",
                 st == GAL_EINTR ? "" : why);
        gal_status s2 = smc_finish(s);
        return s2 == GAL_OK ? gal_fail(st, "%s", why) : s2;
    }
    if ((st = smc_finish(s)) != GAL_OK)
        return st;
    int at = snprintf(s->why, sizeof s->why, "%s: %zu levels, beta = %.3g, effective size %.0f",
                      gal_run_end_name(s->end), s->nlevel, gal_smc_beta(s), s->imp.ess);
    if (s->families < 30)
        snprintf(s->why + at, sizeof s->why - (size_t)at,
                 "; the posterior descends from %zu draws of the prior: the error of ln Z is a guess, raise particles",
                 s->families);
    return GAL_OK;
}

/* ------------------------------------------------------------------ accessors */
const gal_target *gal_smc_target(const gal_smc *s)
{
    return s->t;
}
gal_run_end gal_smc_end(const gal_smc *s)
{
    return s->end;
}
const char *gal_smc_end_text(const gal_smc *s)
{
    return s->why;
}
size_t gal_smc_particles(const gal_smc *s)
{
    return s->opt.particles;
}
size_t gal_smc_nlevels(const gal_smc *s)
{
    return s->nlevel;
}
const gal_smc_level *gal_smc_levels(const gal_smc *s)
{
    return s->level;
}
double gal_smc_beta(const gal_smc *s)
{
    return s->nlevel > 0 ? s->level[s->nlevel - 1].beta : 0;
}
size_t gal_smc_families(const gal_smc *s)
{
    return s->families;
}
const gal_importance *gal_smc_importance(const gal_smc *s)
{
    return &s->imp;
}
const gal_draws *gal_smc_draws(const gal_smc *s)
{
    return &s->draws;
}
uint64_t gal_smc_seed(const gal_smc *s)
{
    return s->opt.seed;
}
double gal_smc_seconds(const gal_smc *s)
{
    return s->seconds;
}
size_t gal_smc_evaluations(const gal_smc *s)
{
    return s->evaluations;
}
