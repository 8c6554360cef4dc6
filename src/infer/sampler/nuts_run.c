/* Running NUTS: goals, convergence, diagnostics, results. What is decided here depends only on the draws made,
 * so that a resumed run stops at the same draw. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "galua/diag.h"
#include "nuts_int.h"
#include "infer/result/result_int.h"

#define FIRST_CHECK 100 /* draws before the first check of `ess` */
#define RHAT_GOOD   1.01
#define CHAIN_ESS   100  /* effective draws of a chain that R-hat needs (Vehtari et al. 2021) */
#define DIVERGENT   0.01 /* share of trajectories */

/* ------------------------------------------------------------------ diagnostics */
static double ebfmi(const gal_nuts *n, size_t i)
{
    double mean = 0, num = 0, den = 0, was = 0;
    for (size_t j = 0; j < n->ndraws; j++)
        mean += n->stat[(j * n->C + i) * GAL_NUTS_NSTATS + GAL_NUTS_ENERGY] / (double)n->ndraws;
    for (size_t j = 0; j < n->ndraws; j++) {
        double e = n->stat[(j * n->C + i) * GAL_NUTS_NSTATS + GAL_NUTS_ENERGY];
        den += (e - mean) * (e - mean);
        num += j > 0 ? (e - was) * (e - was) : 0;
        was = e;
    }
    return num / den;
}

static gal_status worst(const gal_nuts *n, gal_nuts_report *r)
{
    r->rhat = r->ess_bulk = r->ess_tail = NAN;
    for (size_t k = 0; n->ndraws >= 8 && k < n->d; k++) {
        gal_chains c = gal_chains_column(n->theta, n->ndraws, n->C, n->d, k, 0);
        double rhat, bulk, tail;
        gal_status st = gal_rhat(c, &rhat);
        if (st == GAL_OK)
            st = gal_ess_bulk(c, &bulk);
        if (st == GAL_OK)
            st = gal_ess_tail(c, &tail);
        if (st != GAL_OK)
            return st;
        r->rhat = k == 0 || isnan(rhat) || rhat > r->rhat ? rhat : r->rhat;
        r->ess_bulk = k == 0 ? bulk : fmin(r->ess_bulk, bulk);
        r->ess_tail = k == 0 ? tail : fmin(r->ess_tail, tail);
    }
    return GAL_OK;
}

gal_status gal_nuts_diagnose(const gal_nuts *n, gal_nuts_report *r)
{
    size_t all = n->ndraws * n->C;
    *r = (gal_nuts_report){.draws = all, .ebfmi = NAN};
    for (size_t i = 0; i < all; i++) {
        const double *s = n->stat + i * GAL_NUTS_NSTATS;
        r->divergent += s[GAL_NUTS_DIVERGING] > 0;
        r->deepest += s[GAL_NUTS_DEPTH] >= (double)n->opt.max_depth;
        r->accept += s[GAL_NUTS_ACCEPT] / (double)all;
        r->leapfrogs += s[GAL_NUTS_LEAPFROGS] / (double)all;
    }
    for (size_t i = 0; n->ndraws > 1 && i < n->C; i++) {
        double b = ebfmi(n, i);
        r->ebfmi = i == 0 || !(b >= r->ebfmi) ? b : r->ebfmi;
    }
    gal_status st = worst(n, r);
    size_t at = 0, size = sizeof r->warning;
#define WARN_IF(cond, ...)                                                                                             \
    if ((cond) && at < size) {                                                                                         \
        at += at ? (size_t)snprintf(r->warning + at, size - at, "; ") : 0;                                             \
        at += at < size ? (size_t)snprintf(r->warning + at, size - at, __VA_ARGS__) : 0;                               \
    }
    WARN_IF(r->divergent > 0,
            "%zu of %zu trajectories diverged: parts of the posterior were not reached; raise target, or use a nested "
            "sampler",
            r->divergent, all)
    WARN_IF(r->deepest > 0, "%zu trajectories stopped at depth %zu: slow, raise max_depth or use metric = \"dense\"",
            r->deepest, n->opt.max_depth)
    WARN_IF(r->ebfmi < 0.3, "E-BFMI %.2f: heavy tails are explored slowly", r->ebfmi)
    WARN_IF(r->rhat > RHAT_GOOD, "R-hat %.3f: the chains do not agree; run longer, or several modes", r->rhat)
    return st;
}

/* ------------------------------------------------------------------ run */
static gal_status begin(void *obj, const void *goal)
{
    gal_nuts *n = obj;
    const gal_nuts_goal *g = goal;
    int goals = (g->more > 0) + (g->until > 0) + (g->ess > 0);
    if (!n->started)
        return gal_fail(GAL_EINVAL, "nuts: no start positions; start it from the prior or from given points");
    if (goals != 1)
        return gal_fail(GAL_EINVAL, "nuts: %s; give exactly one of more, until, ess",
                        goals ? "two goals at once" : "no goal");
    n->limit = g->more > 0 ? n->ndraws + g->more : g->until > 0 ? g->until : g->max_draws ? g->max_draws : 100000;
    double most = (double)n->limit * (double)n->C;
    if (g->ess > most * fmax(1, log10(most))) /* as many as gal_ess_* find in so many draws at most */
        return gal_fail(GAL_EINVAL,
                        "nuts: until_ess = %g is more than %zu chains of max = %zu draws can have (%.4g): raise max",
                        g->ess, n->C, n->limit, most * fmax(1, log10(most)));
    n->first = n->iteration;
    return GAL_OK;
}

/* Both effective sizes, R-hat where there are several chains, and few trajectories that diverged: what converged means, whatever the goal was. */
static gal_status judge(gal_nuts *n, double want, bool *good)
{
    gal_nuts_report r;
    gal_status st = gal_nuts_diagnose(n, &r);
    *good = st == GAL_OK && r.ess_bulk >= want && r.ess_tail >= want && (n->C == 1 || r.rhat < RHAT_GOOD) &&
            (double)r.divergent <= DIVERGENT * (double)r.draws;
    snprintf(n->why, sizeof n->why,
             "%s: %zu draws of %zu chains: effective %.0f (bulk), %.0f (tail) of %.0f, R-hat %.4f, %zu diverged",
             *good ? "converged" : "not converged", n->ndraws, n->C, r.ess_bulk, r.ess_tail, want, r.rhat, r.divergent);
    return st;
}

static gal_status check_ess(gal_nuts *n, double want, bool *done)
{
    gal_status st = judge(n, want, done);
    n->checked = n->ndraws;
    return st;
}

static bool check_due(const gal_nuts *n)
{
    size_t gap = n->checked / 5;
    return n->ndraws >= n->checked + (gap > FIRST_CHECK ? gap : FIRST_CHECK);
}

static double report(void *obj, const void *goal, char *text, size_t size)
{
    const gal_nuts *n = obj;
    const gal_nuts_goal *g = goal;
    size_t total = n->warmup + n->limit, at = 0, divergent = 0;
    double rate = (double)(n->iteration - n->first) / (gal_clock() - n->t0), step = 0;
    for (size_t i = 0; i < n->C; i++)
        step += n->chain[i].step / (double)n->C;
    for (size_t i = 0; i < n->ndraws * n->C; i++)
        divergent += n->stat[i * GAL_NUTS_NSTATS + GAL_NUTS_DIVERGING] > 0;
    if (n->iteration < n->warmup)
        at += (size_t)snprintf(text, size, "warm-up %zu/%zu", n->iteration, n->warmup);
    else
        at += (size_t)snprintf(text, size, "draw %zu", n->ndraws);
    at += (size_t)snprintf(text + at, size - at, "  step %.3g  divergent %zu", step, divergent);
    if (g->ess > 0)
        return -1;
    if (rate > 0)
        snprintf(text + at, size - at, "  ETA %.0f s", (double)(total - n->iteration) / rate);
    return (double)n->iteration / (double)total;
}

static gal_status step(void *obj, const void *goal, bool *done)
{
    gal_nuts *n = obj;
    const gal_nuts_goal *g = goal;
    gal_status st;
    /* gone on with where it converged: so it has, unless more is asked for */
    bool there = n->iteration == n->first && n->checked == n->ndraws && n->end == GAL_RUN_CONVERGED;
    if (g->ess > 0 && there && ((st = check_ess(n, g->ess, done)) != GAL_OK || *done))
        return st;
    if (n->ndraws >= n->limit) {
        bool good = false;
        if ((st = judge(n, g->ess > 0 ? g->ess : CHAIN_ESS * (double)n->C, &good)) != GAL_OK)
            return st;
        n->end = good ? GAL_RUN_CONVERGED : GAL_RUN_LIMIT;
        *done = true;
        return GAL_OK;
    }
    if ((st = nuts_iterate(n)) != GAL_OK)
        return st;
    if (g->ess > 0 && n->ndraws > 0 && check_due(n) && (st = check_ess(n, g->ess, done)) == GAL_OK && *done)
        n->end = GAL_RUN_CONVERGED;
    return st;
}

static void place(const void *obj, char *text, size_t size)
{
    const gal_nuts *n = obj;
    snprintf(text, size, "after %zu warm-up iterations and %zu draws",
             n->iteration < n->warmup ? n->iteration : n->warmup, n->ndraws);
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_nuts *n = obj;
    *out = (gal_draw_set){n->ndraws, n->C, n->theta, n->lnprior, n->lnlike, n->blob, NULL, 0};
    return GAL_OK;
}

/* ------------------------------------------------------------------ results */
static const struct { /* statistics of every draw, under the names that ArviZ knows */
    const char *name;
    gal_var_type type;
    gal_nuts_stat k;
} STATS[] = {{"acceptance_rate", GAL_VAR_F64, GAL_NUTS_ACCEPT}, {"step_size", GAL_VAR_F64, GAL_NUTS_STEP},
             {"tree_depth", GAL_VAR_I64, GAL_NUTS_DEPTH},       {"n_steps", GAL_VAR_I64, GAL_NUTS_LEAPFROGS},
             {"diverging", GAL_VAR_BOOL, GAL_NUTS_DIVERGING},   {"energy", GAL_VAR_F64, GAL_NUTS_ENERGY},
             {"lp_unconstrained", GAL_VAR_F64, GAL_NUTS_LP}};
enum { NSTAT = sizeof STATS / sizeof *STATS };

static gal_status put(gal_result *r, const void *obj, const gal_result_map *map)
{
    static const char *const DIM[] = {"chain_of_metric", "z", "z_2"};
    const gal_nuts *n = obj;
    size_t d = n->d, C = n->C, size[] = {C, d, d};
    gal_nuts_report report;
    gal_status st = GAL_OK;
    double *m = GAL_NEWN(double, C *d *d);
    (void)map;
    if (!m)
        return GAL_ENOMEM;
    for (size_t i = 0; i < NSTAT; i++)
        GAL_TRY(result_put_column(r, "sample_stats", STATS[i].name, STATS[i].type, C, n->ndraws, n->stat,
                                  GAL_NUTS_NSTATS, STATS[i].k));
    GAL_TRY(gal_nuts_diagnose(n, &report));
    GAL_TRY(gal_result_put_i64(r, "galua", "divergent", (int64_t)report.divergent));
    GAL_TRY(gal_result_put_f64(r, "galua", "ebfmi", report.ebfmi, NULL));
    GAL_TRY(gal_result_put_text(r, "galua", "warning", report.warning));
    for (size_t i = 0; i < C; i++)
        gal_nuts_inverse_metric(n, i, m + i * d * d);
    GAL_TRY(gal_result_put(r, "galua", "inverse_metric", GAL_VAR_F64, 3, DIM, size, m, NULL,
                           "inverse metric of each chain in the unconstrained coordinates"));
out:
    gal_free(m);
    return st;
}

static gal_status get(void *obj, const gal_result *r)
{
    gal_nuts *n = obj;
    gal_status st = GAL_OK;
    size_t draws = n->ndraws;
    result_samples to;
    n->ndraws = 0;
    if (!r || draws == 0)
        return GAL_OK;
    GAL_TRY(nuts_make_room(n, draws));
    to = (result_samples){n->theta, n->lnprior, n->lnlike, n->blob};
    GAL_TRY(result_get_samples(r, n->t, n->C, draws, &to));
    for (size_t i = 0; i < NSTAT; i++)
        GAL_TRY(result_get_column(r, "sample_stats", STATS[i].name, STATS[i].type, n->C, draws, n->stat,
                                  GAL_NUTS_NSTATS, STATS[i].k));
    n->ndraws = draws;
out:
    return st;
}

static void keep_chains(bytes *b, void *obj)
{
    gal_nuts *n = obj;
    size_t d = n->d, mm = nuts_dense(n) ? d * d : d;
    for (size_t k = 0; k < n->C; k++) {
        chain *c = &n->chain[k];
        double *num[] = {&c->lnp, &c->step, &c->mu, &c->s_bar, &c->x_bar, &c->count, &c->wn};
        double *arr[] = {c->z, c->g, c->scale, c->wmean}, *mat[] = {c->wm2, c->minv, c->lower};
        for (size_t i = 0; i < sizeof num / sizeof *num; i++)
            bytes_f64(b, num[i]);
        for (size_t i = 0; i < sizeof arr / sizeof *arr; i++)
            bytes_words(b, arr[i], d);
        for (size_t i = 0; i < sizeof mat / sizeof *mat; i++)
            bytes_words(b, mat[i], mm);
    }
}

/* ------------------------------------------------------------------ the class */
static const char *const METRIC[] = {"diag", "dense", "unit", NULL};
#define S    struct gal_nuts
#define MANY 1000000000
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE | GAL_SHOWN, "chains", opt.chains, 4, 1, 256, "(4) independent chains"),
    SHOW(SIZE, GAL_STATE | GAL_SHOWN, "stored", NULL, ndraws, "draws kept per chain"),
    SHOW(SIZE, GAL_STATE | SHOW_ALL, "warmup", NULL, warmup, "iterations of the warm-up"),
    {.type = GAL_F_CHOICE, .use = GAL_OPTION | GAL_STATE | SHOW_ALL, .name = "metric", .at = AT(opt.metric), .choice = METRIC,
     .def = GAL_METRIC_DENSE, .doc = "(dense) dense, diag or unit"},
    {.type = GAL_F_REAL, .use = GAL_OPTION | GAL_STATE | GAL_FILE, .name = "target", .file = "target_accept", .at = AT(opt.target), .def = 0.8,
     .lo = -HUGE_VAL, .hi = HUGE_VAL, .doc = "(0.8) acceptance that the step aims at; raise it when trajectories diverge"},
    OPTION(REAL, GAL_STATE, "step", opt.step, 0, -HUGE_VAL, HUGE_VAL, "(1) where the search for a step begins"),
    OPTION(SIZE, GAL_STATE, "max_depth", opt.max_depth, 10, 1, DEPTH_TOP, "(10) doublings of a trajectory"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source),
    OPTION(FLAG, GAL_STATE, "numerical", opt.numerical, 0, 0, 1, "(false) central differences even where the model has gradients"),
    READY,
    SHOW(SIZE, GAL_STATE | GAL_SHOWN, "iterations", NULL, iteration, "iterations made, warm-up included"),
    KEEP(SIZE, checked), KEEP(SIZE, evaluations), KEEP(FLAG, started), KEEP(FLAG, search), KEEP(INT, end), KEEP(REAL, seconds),
    KEEP_BY(keep_chains), SHOW_SPACE,
    OPTION(COUNT, 0, "warmup", opt.warmup, 1000, 0, 1e8, "(1000) iterations that adapt step and metric; 0: none"),
    GOAL(SIZE, gal_nuts_goal, "more", more, 0, MANY, "this many more draws per chain"),
    GOAL(SIZE, gal_nuts_goal, "until", until, 0, MANY, "until this many draws per chain in all"),
    GOAL(REAL, gal_nuts_goal, "until_ess", ess, 0, MOST_DRAWS,
         "until bulk and tail effective sizes of every coordinate reach this and R-hat < 1.01"),
    GOAL(SIZE, gal_nuts_goal, "max", max_draws, 0, MANY, "(100000) with until_ess: at most so many draws per chain"),
    {0},
};
/* clang-format on */

const gal_sampler_class gal_nuts_class = {
    .name = "nuts",
    .title = "nuts",
    .doc = "The no-U-turn sampler on a target.",
    .make = "Hamiltonian Monte Carlo without U-turns on a target; then :start() and :run{}.",
    .run_doc = "Warm-up if it is not complete, then draws; Ctrl-C stops between batches and keeps all draws.",
    .magic = 0x3155544e5f4c4147ull, /* "GAL_NTU1" */
    .field = FIELD,
    .size = sizeof(struct gal_nuts),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_nuts_opt),
    .goal_size = sizeof(gal_nuts_goal),
    .kind = GAL_DRAWS_CHAINS,
    .counts = "stored",
    .open = nuts_open,
    .close = nuts_close,
    .begin = begin,
    .step = step,
    .report = report,
    .place = place,
    .draws = draws,
    .put = put,
    .get = get,
};
