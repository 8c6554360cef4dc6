/* Adaptive importance sampling: stages, evidence, verdict, the class. See galua/importance.h. */
#include "galua/importance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "importance_int.h"

#define MAX_BATCHES 100 /* of prior draws, to find points that are not forbidden */
#define FEW_BATCHES 9
#define MAX_ROUNDS  12    /* stages at beta = 1 before the draws that count */
#define GOOD        0.5   /* an efficiency that needs no better proposal */
#define HOPELESS    0.005 /* one that nested sampling beats */
#define K_TRUST     0.5   /* Pareto k above which the weights have no variance: the error of ln Z is a guess */
#define HALVES      4     /* errors by which two halves may differ: 3 happens in one good run of 300 */
#define DRIFT       3     /* of ln(p/q) along chains from the draws, in its errors */
#define STRAYS      5     /* of 128 chains may end beyond every weight */
#define FEWEST      100
#define MAX_PEAKS   3

/* ------------------------------------------------------------------ creation */
static gal_status ais_open(void *obj)
{
    gal_importance_sampler *s = obj;
    gal_importance_opt *o = &s->opt;
    gal_status st;
    o->batch = o->batch ? o->batch : 40 * s->d > 200 ? 40 * s->d : 200;
    o->components = o->components ? o->components : 24;
    o->max_evaluations = o->max_evaluations ? o->max_evaluations : 200000;
    s->want = o->ess = o->ess > 0 ? o->ess : 1000;
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    s->halves = NAN;
    s->care = 1;
    if (o->batch < 10 * s->d)
        return gal_fail(GAL_EINVAL, "importance: batches of %zu draws are too few for %zu parameters; use at least %zu",
                        o->batch, s->d, 10 * s->d);
    if ((st = gal_space_create(&s->space, s->t, true)) != GAL_OK)
        return st;
    return gal_space_probit(s->space) ? GAL_OK
                                      : gal_fail(GAL_EUNSUP, "importance: the target cannot draw from its prior");
}

static void ais_close(void *obj)
{
    gal_importance_sampler *s = obj;
    void *all[] = {s->z, s->theta, s->lnprior, s->lnlike, s->blob, s->lnpi, s->lnq, s->own, s->stage, s->first};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    for (size_t i = 0; i < WINDOW; i++)
        gmix_clear(&s->q[i]);
    gmix_clear(&s->best);
    gal_draws_clear(&s->draws);
}

/* ------------------------------------------------------------------ stages */
static size_t counting_from(const gal_importance_sampler *s)
{
    return s->phase == AIS_FINAL && s->final < s->nstage ? s->first[s->final] : s->n;
}

/* The prior is one stage, drawn in batches until enough of it is possible. */
static gal_status prior_stage(gal_importance_sampler *s)
{
    size_t m = 100 * s->d, need = (s->drawn < FEW_BATCHES * m ? 20 : 5) * s->d; /* few will do where they are rare */
    size_t stages = s->nstage;
    s->nstage = 0; /* once more, with more draws */
    gal_status st = ais_add(s, NULL, m, 0, 0, false);
    if (st != GAL_OK) {
        s->nstage = stages;
        return st;
    }
    s->first[0] = 0;
    s->stage[0].n = s->drawn;
    s->stage[0].ess = (double)s->n;
    if (s->n >= need) {
        s->phase = AIS_LEARN;
        return GAL_OK;
    }
    if (s->drawn < MAX_BATCHES * m)
        return GAL_OK;
    return gal_fail(GAL_EMATH,
                    "importance: only %zu of %zu draws of the prior have finite probability, at least %zu are needed; "
                    "check the data against the "
                    "range of the model",
                    s->n, s->drawn, need);
}

/* How many draws the next stage of those that count takes: a part of what is missing, the next fit being better. */
static size_t next_count(const gal_importance_sampler *s, double have)
{
    double eff = fmax(s->efficiency, HOPELESS), share = have > 0 ? 0.7 : 0.4, b = (double)s->opt.batch;
    double m = share * (s->want - have) / eff;
    m = m * share < b ? (s->want - have) / eff * 1.05 : m; /* the rest is small */
    return (size_t)fmin(fmax(m, b), 20 * b);
}

/* A stage at beta = 1 was made: is the proposal as good as it gets? Then its centres are looked at, and a peak that they show is one more thing
 * to learn. */
static gal_status learnt(gal_importance_sampler *s, double eff)
{
    gal_status st = GAL_OK;
    gmix g;
    s->rounds++;
    s->stale = eff < 1.1 * s->efficiency ? s->stale + 1 : 0;
    s->efficiency = fmax(s->efficiency, eff);
    if (s->stale < 2 && eff <= GOOD && s->rounds < MAX_ROUNDS)
        return GAL_OK;
    if (s->peaks < MAX_PEAKS) {
        GAL_TRY(ais_peak(s, &s->q[(s->nstage - 1) % WINDOW], &g));
        if (g.n > 0) {
            if ((st = ais_add(s, &g, 2 * s->opt.batch, 1, 0, false)) != GAL_OK) {
                gmix_clear(&g);
                return st;
            }
            s->peaks++;
            s->stale = s->rounds = 0;
            s->efficiency = s->best_efficiency = 0;
            return GAL_OK;
        }
    }
    s->phase = AIS_FINAL;
    s->final = s->nstage;
out:
    return st;
}

static void stop(gal_importance_sampler *s, gal_run_end end, bool *done)
{
    s->end = end;
    *done = true;
}

/* After a stage of proposal g: the best so far is kept, and how well mixtures fit decides how many draws the next takes. */
static gal_status judge_stage(gal_importance_sampler *s, size_t k, bool final)
{
    double eff = s->stage[k].efficiency, fits = ais_own_size(s, s->first[k], s->beta) / (double)s->stage[k].n;
    if (s->beta >= 1 && eff > s->best_efficiency) {
        gmix copy;
        gal_status st = gmix_copy(&copy, &s->q[k % WINDOW]);
        if (st != GAL_OK)
            return st;
        gmix_clear(&s->best);
        s->best = copy;
        s->best_efficiency = eff;
    }
    s->care = fits < 0.15 ? fmin(4, 1.3 * s->care) : fits > 0.3 ? fmax(1, s->care / 1.3) : s->care;
    if (final)
        s->efficiency = eff;
    return final || s->beta < 1 ? GAL_OK : learnt(s, eff);
}

static gal_status next_stage(gal_importance_sampler *s, double have)
{
    gal_status st = GAL_OK;
    gmix g = {0};
    size_t k = s->nstage;
    double beta = s->beta, pool = s->ess_pool;
    bool final = s->phase == AIS_FINAL;
    if (final && s->efficiency < 0.7 * s->best_efficiency) /* the last fit was worse */
        GAL_TRY(gmix_copy(&g, &s->best));
    else
        GAL_TRY(ais_fit(s, &g));
    size_t b = (size_t)(s->care * (double)s->opt.batch), m = final ? next_count(s, have) : s->beta < 1 ? b : 2 * b;
    GAL_TRY(ais_add(s, &g, m, s->beta, s->ess_pool, final && !s->t->blob_apart));
    s->checked = false;
    return judge_stage(s, k, final);
out:
    gmix_clear(&g);
    s->beta = beta; /* as if nothing had been tried */
    s->ess_pool = pool;
    return st;
}

static gal_status ais_step(void *obj, const void *goal, bool *done)
{
    gal_importance_sampler *s = obj;
    gal_status st;
    size_t from = counting_from(s);
    double have = ais_kish(s->own + from, s->n - from);
    (void)goal;
    if (s->phase == AIS_FINAL && have >= s->want && !s->checked) {
        st = ais_check(s, from);
        s->evaluations += gal_space_evaluations(s->space) - s->counted;
        s->counted = gal_space_evaluations(s->space);
        return st;
    }
    if (s->phase == AIS_FINAL && (have >= s->want || s->efficiency < HOPELESS)) {
        stop(s, have >= s->want ? GAL_RUN_CONVERGED : GAL_RUN_LIMIT, done);
        return GAL_OK;
    }
    if ((st = s->phase == AIS_PRIOR ? prior_stage(s) : next_stage(s, have)) != GAL_OK)
        return st;
    s->evaluations += gal_space_evaluations(s->space) - s->counted;
    s->counted = gal_space_evaluations(s->space);
    if (s->evaluations - s->first_evaluation >= s->opt.max_evaluations)
        stop(s, GAL_RUN_LIMIT, done);
    return GAL_OK;
}

/* ------------------------------------------------------------------ what it found */
/* Draws of a stage come in the order of the parts of the mixture, each part having its share:
 * the variance of the mean is that of differences of neighbours (Wolter 2007, section 8.2). */
double ais_evidence(const double *lnw, size_t n, size_t step, double *err)
{
    double top = -INFINITY, sum = 0, diff = 0, m = 0, last = 0;
    for (size_t i = 0; i < n; i += step)
        top = fmax(top, lnw[i]);
    for (size_t i = 0; i < n && top > -INFINITY; i += step) {
        double w = exp(lnw[i] - top);
        diff += m > 0 ? 0.5 * (w - last) * (w - last) : 0;
        last = w;
        sum += w;
        m++;
    }
    *err = sum > 0 ? sqrt(diff / (m - 1) * m) / sum : INFINITY;
    return top + log(sum / m);
}

static void tell(gal_importance_sampler *s)
{
    char text[300];
    const gal_importance *i = &s->imp;
    bool bad = true;
    if (s->end != GAL_RUN_CONVERGED && s->end != GAL_RUN_LIMIT)
        return;
    if (s->phase != AIS_FINAL)
        snprintf(text, sizeof text, "beta = %.3g after %zu evaluations: the posterior (beta = 1) was not reached",
                 s->beta, s->evaluations);
    else if (s->efficiency < HOPELESS)
        snprintf(text, sizeof text,
                 "of %zu draws of the best mixture %.1f count (efficiency %.2g %%): the posterior is no mixture of %zu "
                 "components; "
                 "use nested",
                 s->stage[s->nstage - 1].n, s->efficiency * (double)s->stage[s->nstage - 1].n, 100 * s->efficiency,
                 s->opt.components);
    else if (!(i->khat <= K_TRUST))
        snprintf(text, sizeof text,
                 "Pareto k %.2f: a few draws carry the weight, and the error of ln Z is a guess; use nested", i->khat);
    else if (!(fabs(s->halves) <= HALVES))
        snprintf(text, sizeof text, "ln Z of two halves differs by %.1f errors; use nested", s->halves);
    else if (s->checked && (s->drift > DRIFT || s->stray >= STRAYS))
        snprintf(text, sizeof text,
                 "the posterior goes on where the mixture does not: of 128 short chains from the draws %zu ended "
                 "beyond every weight, drift "
                 "%.1f sigma; use nested",
                 s->stray, s->drift);
    else if (s->end == GAL_RUN_LIMIT)
        snprintf(text, sizeof text, "max_evaluations reached, effective size %.0f of %.0f", i->ess, s->want);
    else
        bad = false;
    if (bad) {
        s->end = GAL_RUN_LIMIT;
        snprintf(s->why, sizeof s->why, "not converged: %s", text);
    } else {
        snprintf(s->why, sizeof s->why,
                 "converged: effective size %.0f of %zu draws, Pareto k %.2f, ln Z %.3f +- %.3f; chains from the "
                 "draws: drift %.1f sigma, %zu beyond every weight",
                 i->ess, s->draws.n, i->khat, i->lnz, i->lnz_err, s->drift, s->stray);
    }
}

static gal_status ais_finish(void *obj)
{
    gal_importance_sampler *s = obj;
    gal_draws *w = &s->draws;
    size_t from = counting_from(s), n = s->n - from, d = s->d, nb = s->nb;
    gal_status st = GAL_OK;
    double e1, e2;
    gal_draws_clear(w);
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    s->halves = NAN;
    if (n >= FEWEST && ais_kish(s->own + from, n) > 0) {
        GAL_TRY(gal_draws_alloc(w, n, d, nb));
        memcpy(w->theta, s->theta + from * d, n * d * sizeof(double));
        memcpy(w->lnprior, s->lnprior + from, n * sizeof(double));
        memcpy(w->lnlike, s->lnlike + from, n * sizeof(double));
        memcpy(w->lnw, s->own + from, n * sizeof(double));
        if (s->t->blob_apart && nb > 0)
            GAL_TRY(gal_target_eval(s->t, n, w->theta, w->lnprior, w->lnlike, w->blob));
        else
            memcpy(w->blob, s->blob + from * nb, n * nb * sizeof(double));
        s->imp.lnz = ais_evidence(s->own + from, n, 1, &s->imp.lnz_err);
        GAL_TRY(gal_psis(w->lnw, n, 1, &s->imp.khat));
        s->imp.ess = ais_kish(w->lnw, n);
        double a = ais_evidence(s->own + from, n, 2, &e1), b = ais_evidence(s->own + from + 1, n - 1, 2, &e2);
        s->halves = (a - b) / sqrt(e1 * e1 + e2 * e2);
        if (s->imp.khat > K_TRUST)
            s->imp.lnz_err *= 2;
    }
    tell(s);
out:
    return st;
}

/* ------------------------------------------------------------------ the class */
static gal_status begin(void *obj, const void *goal)
{
    gal_importance_sampler *s = obj;
    const gal_importance_goal *g = goal;
    s->want = g->ess > 0 ? g->ess : s->want;
    s->first_evaluation = s->evaluations;
    return GAL_OK;
}

static double report(void *obj, const void *goal, char *text, size_t size)
{
    const gal_importance_sampler *s = obj;
    size_t from = counting_from(s);
    double have = ais_kish(s->own + from, s->n - from);
    (void)goal;
    if (s->phase == AIS_FINAL)
        snprintf(text, size, "effective size %.0f/%.0f  efficiency %.2f  %zu evaluations", have, s->want, s->efficiency,
                 s->evaluations);
    else
        snprintf(text, size, "stage %zu  beta %.3g  %zu evaluations", s->nstage, s->beta, s->evaluations);
    return s->phase == AIS_FINAL ? 0.5 + 0.5 * fmin(1, have / s->want) : -1;
}

static void place(const void *obj, char *text, size_t size)
{
    const gal_importance_sampler *s = obj;
    snprintf(text, size, "at beta = %.3g after %zu stages", s->beta, s->nstage);
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_importance_sampler *s = obj;
    const gal_draws *w = &s->draws;
    *out = (gal_draw_set){w->n, 1, w->theta, w->lnprior, w->lnlike, w->blob, w->lnw, s->imp.ess};
    return GAL_OK;
}

static double components(const void *obj)
{
    const gal_importance_sampler *s = obj;
    return s->nstage > 0 ? (double)s->stage[s->nstage - 1].components : 0;
}

const gal_importance_stage *gal_importance_stages(const gal_importance_sampler *s, size_t *n)
{
    *n = s->nstage;
    return s->stage;
}
static const void *stages(const void *s, size_t *n)
{
    return gal_importance_stages(s, n);
}

/* sizes of draws and stages, and room for them */
static void keep_room(bytes *b, void *obj)
{
    gal_importance_sampler *s = obj;
    size_t n = s->n, stages = s->nstage;
    bytes_size(b, &n);
    bytes_size(b, &stages);
    if (!b->reading)
        return;
    if (n > b->size || stages > b->size)
        b->st = gal_fail(GAL_EFORMAT, "state of importance: %zu draws and %zu stages do not fit; the file is damaged",
                         n, stages);
    else if ((b->st = ais_make_room(s, n, stages)) == GAL_OK)
        s->n = n, s->nstage = stages;
}

static void keep_stages(bytes *b, void *obj)
{
    gal_importance_sampler *s = obj;
    for (size_t i = 0; i < s->nstage; i++) {
        bytes_words(b, &s->stage[i], sizeof *s->stage / 8);
        bytes_size(b, &s->first[i]);
    }
    for (size_t i = 0; i <= WINDOW && b->st == GAL_OK; i++)
        gmix_keep(b, i < WINDOW ? &s->q[i] : &s->best, s->d, s->opt.components + MAX_PEAKS);
}

#define S   struct gal_importance_sampler
#define ALL AT(n)
#define D   AT(d)
#define NB  AT(nb)
#define BIG 1e7
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(REAL, GAL_STATE, "ess", opt.ess, 0, 0, HUGE_VAL, "(1000) effective number of draws"),
    OPTION(SIZE, GAL_STATE, "batch", opt.batch, 0, 0, BIG, "(40 ndim, at least 200) draws of a stage while the mixture learns: evaluated together"),
    OPTION(SIZE, GAL_STATE, "components", opt.components, 0, 0, 64, "(24) of the mixture, at most"),
    OPTION(SIZE, GAL_STATE, "max_evaluations", opt.max_evaluations, 0, 0, 9e15, "(200000) stop a run there; the next goes on"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source), READY, KEEP_BY(keep_room), KEEP_BY(keep_stages),
    KEEP_WORDS(z, ALL, D), KEEP_WORDS(theta, ALL, D), KEEP_WORDS(lnprior, ALL), KEEP_WORDS(lnlike, ALL), KEEP_WORDS(blob, ALL, NB),
    KEEP_WORDS(lnpi, ALL), KEEP_WORDS(own, ALL), {.type = GAL_F_WORDS, .use = GAL_STATE, .at = AT(lnq), .n = WINDOW, .dim = {ALL}},
    KEEP(INT, phase), KEEP(REAL, want), KEEP(SIZE, drawn), KEEP(REAL, ess_pool), KEEP(SIZE, stale), KEEP(SIZE, rounds), KEEP(SIZE, final), KEEP(SIZE, peaks), KEEP(REAL, care), KEEP(REAL, best_efficiency), KEEP(FLAG, checked), KEEP(REAL, drift), KEEP(SIZE, stray),
    KEEP(SIZE, evaluations), KEEP(INT, end), KEEP(REAL, seconds),
    SHOW(REAL, GAL_STATE | GAL_SHOWN, "beta", NULL, beta, "inverse temperature of the last stage; 1: the posterior"),
    SHOW(REAL, GAL_STATE | SHOW_ALL, "efficiency", NULL, efficiency, "effective draws per draw at beta = 1"),
    SHOW(SIZE, GAL_SHOWN, "nstages", NULL, nstage, "stages made"),
    SHOW_BY(SIZE, GAL_SHOWN, "components", NULL, components, "of the last mixture"),
    SHOW(REAL, SHOW_ALL, "halves", NULL, halves, "difference of ln Z of two halves of the draws, in its errors"),
    SHOW_IMPORTANCE(SHOW_ALL),
    GOAL(REAL, gal_importance_goal, "ess", ess, 0, HUGE_VAL, "(of the options) effective number of draws"),
    {0},
};
#define COLUMN(kind, name, file, m) {GAL_C_##kind, offsetof(gal_importance_stage, m), name, file, NULL}
static const gal_item COLUMNS[] = {
    COLUMN(REAL, "beta", "beta", beta), COLUMN(REAL, "efficiency", "efficiency", efficiency), COLUMN(REAL, "ess", "ess", ess),
    COLUMN(SIZE, "n", "draws", n), COLUMN(SIZE, "components", "components", components), {0},
};
/* clang-format on */
static const gal_item_list STAGES = {"stages",
                                     "Per stage: beta, efficiency of its draws at beta = 1, ess of the pool it was "
                                     "fitted to, n, components; the first is the prior.",
                                     "stages",
                                     "stage",
                                     sizeof(gal_importance_stage),
                                     COLUMNS,
                                     stages};

const gal_sampler_class gal_importance_class = {
    .name = "importance",
    .title = "importance sampling",
    .doc = "Adaptive importance sampling of a target: a mixture that learns the posterior, independent weighted draws.",
    .make = "Adaptive importance sampling of a target; then :run{}.",
    .run_doc = "Until the draws are worth `ess`; Ctrl-C stops between batches, a later run goes on.",
    .magic = 0x314d495f4c4147ull, /* "GAL_IM1" */
    .field = FIELD,
    .list = &STAGES,
    .size = sizeof(struct gal_importance_sampler),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_importance_opt),
    .goal_size = sizeof(gal_importance_goal),
    .kind = GAL_DRAWS_WEIGHTED,
    .open = ais_open,
    .close = ais_close,
    .begin = begin,
    .step = ais_step,
    .report = report,
    .place = place,
    .finish = ais_finish,
    .draws = draws,
};
