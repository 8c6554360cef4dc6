/* SMC: the posterior, the evidence and its error; the class. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "gmix.h"
#include "infer/target/purpose.h"
#include "smc_int.h"

#define REPLICATES 100
#define FEWEST     10  /* families */
#define K_TRUST    0.7 /* Pareto k of a mixture's draws that say anything */
#define EXCESS     4.6 /* ln of 100 mean weights: more at the mean of a component is a peak */
#define HALVES     4   /* errors by which halves may differ */

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
    /* the last two: the families of each half alone, halves by a hash: systematic resampling of equal weights takes every other one */
    for (size_t k = 0; k < nfamily; k++)
        weight[k] = b < REPLICATES ? poisson1(&r) : ((uint64_t)k * 0x9e3779b97f4a7c15u) >> 63 == b % 2 ? 2 : 0;
    double forbidden = (double)(s->drawn - (T > 1 ? s->first[1] : n));
    forbidden = b < REPLICATES ? fmax(0, forbidden + sqrt(forbidden) * gal_rng_normal(&r)) : forbidden;
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

/* Standard error of ln Z(1), NaN when too few families are left; difference of ln Z of two halves of the families over its error */
static gal_status smc_bootstrap(const gal_smc *s, double *err, double *halves)
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
    double half[2];
    for (uint64_t h = 0; h < 2; h++)
        half[h] = replicate(s, v, s->family, weight, omega, den, nfamily, REPLICATES + h);
    gal_free(v);
    gal_free(mem);
    *err = used > REPLICATES / 2 ? sqrt(fmax(0, sum2 / (double)used - sum * sum / (double)used / (double)used)) : NAN;
    *halves = half[0] == half[1] ? 0 : (half[0] - half[1]) / (2 * *err); /* a flat likelihood has no error */
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

/* Converged: the goal is reached, the posterior descends from more than a few draws of the prior, two halves of their families agree, and so do
 * independent draws of a mixture fitted to the particles. */
static void tell(gal_smc *s)
{
    if (s->end != GAL_RUN_CONVERGED && s->end != GAL_RUN_LIMIT)
        return;
    char text[300] = "";
    double err = sqrt(s->imp.lnz_err * s->imp.lnz_err + s->mix.lnz_err * s->mix.lnz_err);
    if (s->families < FEWEST)
        snprintf(text, sizeof text, "the posterior descends from %zu draws of the prior; raise particles", s->families);
    else if (!(fabs(s->halves) <= HALVES))
        snprintf(text, sizeof text,
                 "ln Z of two halves of the families differs by %.1f errors; raise particles or accept", s->halves);
    else if (s->checked && !(s->mix.khat <= K_TRUST))
        snprintf(text, sizeof text,
                 "ln Z cannot be checked: the particles are no mixture of Gaussians (Pareto k %.2f of its draws); use "
                 "nested",
                 s->mix.khat);
    else if (s->checked && s->peak > EXCESS)
        snprintf(text, sizeof text,
                 "the density between the particles is e^%.0f times what they say: a peak that they passed by; use "
                 "importance",
                 s->peak);
    else if (s->checked && !(fabs(s->mix.lnz - s->imp.lnz) <= HALVES * err))
        snprintf(text, sizeof text,
                 "ln Z is %.3f +- %.3f of the particles, %.3f +- %.3f of a mixture fitted to them; use nested",
                 s->imp.lnz, s->imp.lnz_err, s->mix.lnz, s->mix.lnz_err);
    if (s->end == GAL_RUN_CONVERGED && *text) {
        s->end = GAL_RUN_LIMIT;
        snprintf(s->why, sizeof s->why, "not converged: %s", text);
        return;
    }
    int at = snprintf(s->why, sizeof s->why, "%s: %zu levels, beta = %.3g, effective size %.0f",
                      gal_run_end_name(s->end), s->nlevel, s->level[s->nlevel - 1].beta, s->imp.ess);
    if (s->families < 30)
        snprintf(s->why + at, sizeof s->why - (size_t)at,
                 "; the posterior descends from %zu draws of the prior: the error of ln Z is a guess, raise particles",
                 s->families);
}

/* draws, evidence and its error */
static gal_status smc_finish(void *obj)
{
    gal_smc *s = obj;
    gal_status st = GAL_OK;
    size_t d = s->d;
    gal_draws_clear(&s->draws);
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    s->halves = NAN;
    if (s->nlevel == 0 || s->n == 0)
        return GAL_OK;
    GAL_TRY(gal_draws_alloc(&s->draws, s->n, d, s->nb));
    gal_draws *w = &s->draws;
    memcpy(w->theta, s->theta, s->n * d * sizeof(double));
    memcpy(w->lnprior, s->lnprior, s->n * sizeof(double));
    memcpy(w->lnlike, s->lnlike, s->n * sizeof(double));
    memcpy(w->blob, s->blob, s->n * s->nb * sizeof(double));
    double lnz = smc_weights(s, 1, w->lnw, &s->imp.ess);
    for (size_t i = 0; i < s->n; i++)
        w->lnw[i] -= lnz;
    GAL_TRY(count_families(s));
    if (s->level[s->nlevel - 1].beta >= 1) {
        s->imp.lnz = lnz;
        GAL_TRY(smc_bootstrap(s, &s->imp.lnz_err, &s->halves));
    }
    tell(s);
out:
    return st;
}

/* ------------------------------------------------------------------ the class */
static double beta(const void *obj)
{
    const gal_smc *s = obj;
    return s->nlevel > 0 ? s->level[s->nlevel - 1].beta : 0;
}

static gal_status begin(void *obj, const void *goal)
{
    gal_smc *s = obj;
    const gal_smc_goal *g = goal;
    s->want = g->ess > 0 ? g->ess : s->want;
    s->first_evaluation = s->evaluations;
    return GAL_OK;
}

static double report(void *obj, const void *goal, char *text, size_t size)
{
    const gal_smc *s = obj;
    (void)goal;
    if (s->phase == SMC_PRIOR)
        snprintf(text, size, "prior %zu", s->drawn);
    else
        snprintf(text, size, "level %zu  beta %.3g  step %zu  accepted %.2f  %zu evaluations", s->nlevel, s->next_beta,
                 s->step, s->step > 0 ? s->accepted / (double)s->step : 0, s->evaluations);
    /* on a logarithmic scale from the first beta to 1 */
    double first = s->nlevel > 1 ? s->level[1].beta : 0;
    return first > 0 && first < 1 ? log(beta(s) / first) / -log(first) : -1;
}

static void place(const void *obj, char *text, size_t size)
{
    const gal_smc *s = obj;
    snprintf(text, size, "at beta = %.3g after %zu levels", beta(s), s->nlevel);
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_smc *s = obj;
    const gal_draws *w = &s->draws;
    *out = (gal_draw_set){w->n, 1, w->theta, w->lnprior, w->lnlike, w->blob, w->lnw, s->imp.ess};
    return GAL_OK;
}

static const void *levels(const void *s, size_t *n)
{
    return gal_smc_levels(s, n);
}

const gal_smc_level *gal_smc_levels(const gal_smc *s, size_t *n)
{
    *n = s->nlevel;
    return s->level;
}

/* sizes of pool and levels, and room for them */
static void keep_room(bytes *b, void *obj)
{
    gal_smc *s = obj;
    size_t n = s->n, levels = s->nlevel;
    bytes_size(b, &n);
    bytes_size(b, &levels);
    if (!b->reading)
        return;
    if (n > b->size || levels > b->size)
        b->st =
            gal_fail(GAL_EFORMAT, "state of smc: %zu points and %zu levels do not fit; the file is damaged", n, levels);
    else if ((b->st = smc_make_room(s, n, levels)) == GAL_OK)
        s->n = n, s->nlevel = levels;
}

static void keep_levels(bytes *b, void *obj)
{
    gal_smc *s = obj;
    for (size_t i = 0; i < s->nlevel; i++) {
        bytes_words(b, &s->level[i], sizeof *s->level / 8);
        bytes_size(b, &s->first[i]);
    }
}

/* files of before end here: their runs are checked when they are gone on with */
static void keep_check(bytes *b, void *obj)
{
    gal_smc *s = obj;
    if (b->reading && b->at >= b->size)
        return;
    bytes_flag(b, &s->checked);
    bytes_f64(b, &s->mix.lnz);
    bytes_f64(b, &s->mix.lnz_err);
    bytes_f64(b, &s->mix.khat);
    bytes_f64(b, &s->mix.ess);
    bytes_f64(b, &s->peak);
}

#define S      struct gal_smc
#define POOL   AT(n)
#define ACTIVE AT(opt.active)
#define D      AT(d)
#define NB     AT(nb)
#define BIG    1e7
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE | GAL_SHOWN, "particles", opt.particles, 0, 0, BIG,
           "(1024; above ten parameters 2048) effective size that sets the next temperature"),
    OPTION(SIZE, GAL_STATE, "active", opt.active, 0, 0, BIG, "(particles/2) moved per level"),
    OPTION(REAL, GAL_STATE, "ess", opt.ess, 0, 0, MOST_DRAWS, "(4 particles) effective number of draws at the end"),
    OPTION(SIZE, GAL_STATE, "max_steps", opt.max_steps, 0, 0, BIG, "(100 + 20 ndim) moves per level, at most"),
    OPTION(REAL, GAL_STATE, "accept", opt.accept, 0, 0, HUGE_VAL, "(6) moves accepted per particle and level, at least"),
    OPTION(SIZE, GAL_STATE, "max_evaluations", opt.max_evaluations, 0, 0, 9e15, "(none) stop a run there; the next goes on"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source), READY, KEEP_BY(keep_room),
    KEEP_WORDS(z, POOL, D), KEEP_WORDS(theta, POOL, D), KEEP_WORDS(lnprior, POOL), KEEP_WORDS(lnlike, POOL), KEEP_WORDS(lns, POOL),
    KEEP_WORDS(blob, POOL, NB), KEEP_WORDS(family, POOL), KEEP_BY(keep_levels), KEEP(SIZE, total), KEEP(SIZE, drawn), KEEP(INT, phase),
    KEEP(SIZE, step), KEEP(REAL, want), KEEP(REAL, sigma), KEEP(REAL, accepted), KEEP(REAL, next_beta), KEEP(REAL, next_lnz),
    KEEP(REAL, next_ess), KEEP(REAL, seconds), KEEP(REAL, kernel.nu), KEEP_WORDS(kernel.mean, D), KEEP_WORDS(kernel.chol, D, D),
    KEEP_WORDS(cz, ACTIVE, D), KEEP_WORDS(ctheta, ACTIVE, D), KEEP_WORDS(cblob, ACTIVE, NB), KEEP_WORDS(clnprior, ACTIVE),
    KEEP_WORDS(clnlike, ACTIVE), KEEP_WORDS(clnn, ACTIVE), KEEP_WORDS(cdist, ACTIVE), KEEP_WORDS(cl0, ACTIVE),
    KEEP_WORDS(cfamily, ACTIVE), KEEP(SIZE, evaluations), KEEP(INT, end),
    SHOW_BY(REAL, GAL_SHOWN, "beta", NULL, beta, "inverse temperature reached; 1: the posterior"),
    SHOW(SIZE, GAL_SHOWN, "nlevels", NULL, nlevel, "levels made"),
    SHOW(SIZE, SHOW_ALL, "families", NULL, families, "draws of the prior that the posterior descends from (effective number)"),
    SHOW(REAL, SHOW_ALL, "halves", NULL, halves, "difference of ln Z of two halves of the families, in its errors"),
    SHOW_EVIDENCE(SHOW_ALL), KEEP_BY(keep_check),
    SHOW(REAL, SHOW_ALL, "khat", "pareto_k", mix.khat, "Pareto k of draws of a mixture fitted to the particles: above 0.7 they check nothing; NaN: not made"),
    GOAL(REAL, gal_smc_goal, "ess", ess, 0, MOST_DRAWS, "(of the options) effective number of draws"),
    {0},
};
#define COLUMN(kind, name, file, m) {GAL_C_##kind, offsetof(gal_smc_level, m), name, file, NULL}
static const gal_item COLUMNS[] = {
    COLUMN(REAL, "beta", "beta", beta), COLUMN(REAL, "lnz", "log_evidence", lnz), COLUMN(REAL, "ess", "ess", ess),
    COLUMN(REAL, "acceptance", "acceptance", acceptance), COLUMN(REAL, "sigma", NULL, sigma), COLUMN(REAL, "nu", NULL, nu),
    COLUMN(SIZE, "n", "particles", n), COLUMN(SIZE, "steps", "steps", steps), {0},
};
/* clang-format on */
static const gal_item_list LEVELS = {
    "levels",
    "Per level: beta, lnz, ess, acceptance, sigma, nu, n, steps; the first is the prior.",
    "levels",
    "level",
    sizeof(gal_smc_level),
    COLUMNS,
    levels};

const gal_sampler_class gal_smc_class = {
    .name = "smc",
    .title = "smc",
    .doc = "Sequential Monte Carlo from the prior to the posterior of a target.",
    .make = "Sequential Monte Carlo from the prior to the posterior; then :run{}.",
    .run_doc =
        "From the prior to the posterior, until the draws are worth `ess`; Ctrl-C stops between batches, a later "
        "run goes on.",
    .magic = 0x31434d535f4c4147ull, /* "GAL_SMC1" */
    .field = FIELD,
    .list = &LEVELS,
    .size = sizeof(struct gal_smc),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_smc_opt),
    .goal_size = sizeof(gal_smc_goal),
    .kind = GAL_DRAWS_WEIGHTED,
    .open = smc_open,
    .close = smc_close,
    .begin = begin,
    .step = smc_step,
    .report = report,
    .place = place,
    .finish = smc_finish,
    .draws = draws,
};
