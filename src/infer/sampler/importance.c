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
#define K_TRUST     0.7   /* Pareto k up to which draws can be used (Vehtari et al. 2024) */
#define K_VARIANCE  0.5   /* above it the weights have no variance: the error of ln Z is doubled */
#define EVEN                                                                                                           \
    0.8 /* share of the draws that count, from which on no few of them carry the weight, whatever the shape of its tail */
#define K_MENDED  0.5 /* instead of K_TRUST where chains walked out of an earlier mixture */
#define HALVES    4   /* errors by which two halves may differ: 3 happens in one good run of 300 */
#define DRIFT     3   /* of ln(p/q) along chains from the draws, in its errors */
#define CLIMB     3.2 /* of chains to the largest weights, in errors */
#define STRAYS    3   /* of 64 chains may end beyond every weight */
#define FEWEST    100
#define SAME      1e-5 /* of 1 + |ln L|: that of draws, and as the integral over one parameter says */
#define CARE      2.2  /* pool and batch grow at most so much where mixtures fit badly */
#define MAX_PEAKS 3
#define MAX_MENDS 3 /* mixtures fitted to chains that walked out of the one before */

/* ------------------------------------------------------------------ creation */
static gal_status ais_open(void *obj)
{
    gal_importance_sampler *s = obj;
    gal_importance_opt *o = &s->opt;
    gal_status st = reduced_open(&s->part, s->t, s->restored, s->opt.whole, false);
    if (st != GAL_OK)
        return st;
    o->batch = o->batch ? o->batch : 40 * s->part.dim > 200 ? 40 * s->part.dim : 200;
    o->components = o->components ? o->components : 24;
    o->max_evaluations = o->max_evaluations ? o->max_evaluations : 200000;
    s->want = o->ess = o->ess > 0 ? o->ess : 1000;
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    s->halves = NAN;
    s->care = 1;
    if (o->batch < 10 * s->part.dim)
        return gal_fail(GAL_EINVAL, "importance: batches of %zu draws are too few for %zu parameters; use at least %zu",
                        o->batch, s->part.dim, 10 * s->part.dim);
    if ((st = gal_space_create(&s->space, s->part.work, true)) != GAL_OK)
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
    reduced_close(&s->part);
}

/* ------------------------------------------------------------------ stages */
/* The prior is one stage, drawn in batches until enough of it is possible. */
static gal_status prior_stage(gal_importance_sampler *s)
{
    size_t m = 100 * s->part.dim,
           need = (s->drawn < FEW_BATCHES * m ? 20 : 5) * s->part.dim; /* few will do where they are rare */
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
    double m = share * (s->want - have) / eff, n = (double)ais_counted(s);
    m = m * share < b ? (s->want - have) / eff * 1.05 : m; /* the rest is small */
    double missing = (double)s->need - n;
    m = fmax(m, missing > 4 * b ? 0.5 * missing : missing); /* better proposals in between */
    return (size_t)fmin(fmax(m, b), 20 * b);
}

/* Something new was found and drawn from: what is good enough is asked again. */
static void learn_again(gal_importance_sampler *s)
{
    s->phase = AIS_LEARN;
    s->final = s->nstage;
    s->stale = s->rounds = 0;
    s->efficiency = s->best_efficiency = 0;
    s->need = s->asked = 0;
}

/* The centres of the last proposal are looked at: a peak that they show is one more thing to learn, else learning is over. */
static gal_status look(gal_importance_sampler *s)
{
    gal_status st = GAL_OK;
    gmix g = {0};
    if (s->peaks < MAX_PEAKS)
        GAL_TRY(ais_peak(s, &s->q[(s->nstage - 1) % WINDOW], &g));
    if (g.n == 0) {
        s->phase = AIS_FINAL;
        return GAL_OK;
    }
    if ((st = ais_add(s, &g, 2 * s->opt.batch, 1, 0, false)) != GAL_OK) {
        gmix_clear(&g);
        return st;
    }
    s->peaks++;
    learn_again(s);
out:
    return st;
}

/* A stage at beta = 1 was made: is the proposal as good as it gets? */
static gal_status learnt(gal_importance_sampler *s, double eff)
{
    s->rounds++;
    s->stale = eff < 1.1 * s->efficiency ? s->stale + 1 : 0;
    s->efficiency = fmax(s->efficiency, eff);
    if (s->stale < 2 && eff <= GOOD && s->rounds < MAX_ROUNDS)
        return GAL_OK;
    return look(s);
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
    s->care = fits < 0.15 ? fmin(CARE, 1.3 * s->care) : fits > 0.3 ? fmax(1, s->care / 1.3) : s->care;
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
    GAL_TRY(ais_fit(s, &g));
    size_t b = (size_t)(s->care * (double)s->opt.batch), m = final ? next_count(s, have) : s->beta < 1 ? b : 2 * b;
    GAL_TRY(ais_add(s, &g, m, s->beta, s->ess_pool, s->beta >= 1 && !s->part.work->blob_apart));
    s->checked = false;
    return judge_stage(s, k, final);
out:
    gmix_clear(&g);
    s->beta = beta; /* as if nothing had been tried */
    s->ess_pool = pool;
    return st;
}

static bool walked_out(const gal_importance_sampler *s)
{
    return s->drift > DRIFT || s->stray >= STRAYS || s->climb > CLIMB;
}

/* Chains from the draws; where they walk out, their places are drawn from and learning goes on. */
static gal_status check_draws(gal_importance_sampler *s)
{
    double *place = GAL_NEWN(double, AIS_PLACES *AIS_CHAINS * s->part.dim);
    gmix g = {0};
    gal_status st = place ? ais_check(s, place) : GAL_ENOMEM;
    bool mend = st == GAL_OK && walked_out(s) && s->mends < MAX_MENDS;
    if (mend && (st = ais_fit_places(s, place, &g)) == GAL_OK &&
        (st = ais_add(s, &g, (size_t)(2 * s->care * (double)s->opt.batch), 1, 2 * AIS_CHAINS, false)) != GAL_OK)
        gmix_clear(&g);
    if (st == GAL_OK && mend) {
        s->mends++;
        learn_again(s);
    } else if (st == GAL_OK) {
        s->checked = true;
    }
    gal_free(place);
    return st;
}

/* Is k known well enough? Its error falls with the number of draws; so does what it must be below. need: what was asked for last. */
static gal_status sure(gal_importance_sampler *s, bool *enough)
{
    static const double BELOW[] = {0.4, 0.6};
    double khat;
    gal_status st;
    if (s->asked >= 2)
        return GAL_OK;
    if ((st = ais_khat(s, &khat)) != GAL_OK)
        return st;
    if (khat > BELOW[s->asked]) {
        s->asked++;
        s->need = 2 * ais_counted(s);
        *enough = false;
    } else {
        s->asked = 2;
    }
    return GAL_OK;
}

static gal_status one_step(gal_importance_sampler *s, bool *done)
{
    gal_status st = GAL_OK;
    double have = ais_counted_size(s);
    bool enough = s->phase != AIS_PRIOR && have >= s->want && ais_counted(s) >= s->need;
    if (enough && s->phase == AIS_LEARN)
        return look(s);
    if (enough && !s->checked) {
        GAL_TRY(sure(s, &enough));
        if (enough)
            return check_draws(s);
    }
    if (enough || (s->phase == AIS_FINAL && s->efficiency < HOPELESS)) {
        stop(s, enough ? GAL_RUN_CONVERGED : GAL_RUN_LIMIT, done);
        return GAL_OK;
    }
    st = s->phase == AIS_PRIOR ? prior_stage(s) : next_stage(s, have);
out:
    return st;
}

static gal_status ais_step(void *obj, const void *goal, bool *done)
{
    gal_importance_sampler *s = obj;
    gal_status st = one_step(s, done);
    (void)goal;
    if (st != GAL_OK)
        return st;
    s->evaluations += gal_space_evaluations(s->space) - s->counted;
    s->counted = gal_space_evaluations(s->space);
    if (!*done && s->evaluations - s->first_evaluation >= s->opt.max_evaluations)
        stop(s, GAL_RUN_LIMIT, done);
    return GAL_OK;
}

/* ------------------------------------------------------------------ what it found */
static void tell(gal_importance_sampler *s)
{
    char text[300];
    const gal_importance *i = &s->imp;
    bool bad = true;
    if (s->end != GAL_RUN_CONVERGED && s->end != GAL_RUN_LIMIT)
        return;
    if (!(i->ess > 0))
        snprintf(text, sizeof text, "beta = %.3g after %zu evaluations: the posterior (beta = 1) was not reached",
                 s->beta, s->evaluations);
    else if (s->efficiency < HOPELESS)
        snprintf(text, sizeof text,
                 "of %zu draws of the best mixture %.1f count (efficiency %.2g %%): the posterior is no mixture of %zu "
                 "components; "
                 "use nested",
                 s->stage[s->nstage - 1].n, s->efficiency * (double)s->stage[s->nstage - 1].n, 100 * s->efficiency,
                 s->opt.components);
    else if (!(i->khat <= (s->mends > 0 ? K_MENDED : K_TRUST) ||
               (s->mends == 0 && i->ess >= EVEN * (double)s->draws.n)))
        snprintf(text, sizeof text,
                 "Pareto k %.2f: a few draws carry the weight, and the error of ln Z is a guess; use nested", i->khat);
    else if (s->off > SAME)
        snprintf(
            text, sizeof text,
            "ln L is off by a share of %.1g where %s was integrated out: the model is not proportional to it; give "
            "importance marginalise = false",
            s->off, s->t->names ? s->t->names[s->part.which] : "one parameter");
    else if (!(fabs(s->halves) <= HALVES))
        snprintf(text, sizeof text, "ln Z of two halves differs by %.1f errors; use nested", s->halves);
    else if (s->checked && walked_out(s))
        snprintf(text, sizeof text,
                 "the posterior goes on where the mixture does not: of 64 short chains from the draws %zu ended "
                 "beyond every weight, drift "
                 "%.1f sigma, %.1f to the largest weights; use nested",
                 s->stray, s->drift, s->climb);
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
                 "draws: drift %.1f sigma, %.1f to the largest weights, %zu beyond every one",
                 i->ess, s->draws.n, i->khat, i->lnz, i->lnz_err, s->drift, s->climb, s->stray);
    }
}

/* ln L of the draws as it follows from the integral, against the model: of some of them */
static gal_status compare(gal_importance_sampler *s, size_t n)
{
    enum { SOME = 64 };
    gal_draws *w = &s->draws;
    double off;
    gal_status st = GAL_OK;
    s->off = 0;
    for (size_t i = 0, step = n < SOME ? 1 : n / SOME; st == GAL_OK && i < n; i += step) {
        st = reduced_compare(&s->part, 1, w->theta + i * s->d, w->lnlike + i, &off);
        s->off = fmax(s->off, off);
    }
    return st;
}

/* The draws that count, as the target has them, in s->draws. What was integrated out is drawn given the rest. */
static gal_status collect(gal_importance_sampler *s, const size_t *row, size_t n)
{
    gal_draws *w = &s->draws, one;
    size_t d = s->d, nb = s->nb;
    gal_status st;
    GAL_TRY(gal_draws_alloc(w, n, d, nb));
    for (size_t i = 0; i < n; i++) {
        one = (gal_draws){
            .theta = w->theta + i * d, .lnprior = w->lnprior + i, .lnlike = w->lnlike + i, .blob = w->blob + i * nb};
        reduced_back(&s->part, 1, s->theta + row[i] * s->part.dim, s->lnprior + row[i], s->lnlike + row[i],
                     s->blob + row[i] * s->part.next, &one);
    }
    if (s->part.marginal)
        GAL_TRY(compare(s, n));
    if (nb > 0 && (s->part.marginal || s->t->blob_apart))
        GAL_TRY(gal_target_eval(s->t, n, w->theta, w->lnprior, w->lnlike, w->blob));
out:
    return st;
}

static gal_status ais_finish(void *obj)
{
    gal_importance_sampler *s = obj;
    gal_draws *w = &s->draws;
    size_t n = ais_counted(s), half, *row = GAL_NEWN(size_t, n + 1);
    double *lnw = GAL_NEWN(double, n + 1);
    gal_status st = row && lnw ? GAL_OK : GAL_ENOMEM;
    bool kept = s->kept && w->n == n; /* read with the state */
    s->kept = false;
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    s->halves = NAN;
    if (!kept)
        gal_draws_clear(w);
    GAL_TRY(st);
    ais_counting(s, row, lnw, &half);
    if (n >= FEWEST && ais_kish(lnw, n) > 0) {
        if (!kept)
            GAL_TRY(collect(s, row, n));
        memcpy(w->lnw, lnw, n * sizeof *lnw);
        s->imp.lnz = ais_evidence(lnw, n, 1, &s->imp.lnz_err);
        GAL_TRY(gal_psis(w->lnw, n, 1, &s->imp.khat));
        s->imp.ess = ais_kish(w->lnw, n);
        s->halves = ais_halves(s, lnw, n, half);
        if (s->imp.khat > K_VARIANCE)
            s->imp.lnz_err *= 2;
    }
    tell(s);
out:
    gal_free(row);
    gal_free(lnw);
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
    double have = ais_counted_size(s);
    (void)goal;
    if (have > 0)
        snprintf(text, size, "effective size %.0f/%.0f  efficiency %.2f  %zu evaluations", have, s->want, s->efficiency,
                 s->evaluations);
    else
        snprintf(text, size, "stage %zu  beta %.3g  %zu evaluations", s->nstage, s->beta, s->evaluations);
    return have > 0 ? 0.5 + 0.5 * fmin(1, have / s->want) : -1;
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

static const char *integrated(const void *obj)
{
    const gal_importance_sampler *s = obj;
    return reduced_name(&s->part);
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
        gmix_keep(b, i < WINDOW ? &s->q[i] : &s->best, s->part.dim, s->opt.components + MAX_PEAKS);
}

static void keep_mends(bytes *b, void *obj)
{
    gal_importance_sampler *s = obj;
    bytes_size(b, &s->mends);
    bytes_size(b, &s->need);
}

/* The draws as they are given: to find what belongs to them again costs an evaluation each. */
static void keep_given(bytes *b, void *obj)
{
    gal_importance_sampler *s = obj;
    keep_draws(b, &s->draws, s->d, s->nb, ais_counted(s));
    s->kept = b->reading;
}

#define S   struct gal_importance_sampler
#define ALL AT(n)
#define D   AT(part.dim)
#define NB  AT(part.next)
#define BIG 1e7
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB, KEEP(SIZE, part.which),
    OPTION(REAL, GAL_STATE, "ess", opt.ess, 0, 0, MOST_DRAWS, "(1000) effective number of draws"),
    OPTION(SIZE, GAL_STATE, "batch", opt.batch, 0, 0, BIG, "(40 ndim, at least 200) draws of a stage while the mixture learns: evaluated together"),
    OPTION(SIZE, GAL_STATE, "components", opt.components, 0, 0, 64, "(24) of the mixture, at most"),
    OPTION(SIZE, GAL_STATE, "max_evaluations", opt.max_evaluations, 0, 0, 9e15, "(200000) stop a run there; the next goes on"),
    OPTION(UNLESS, 0, "marginalise", opt.whole, 1, 0, 1, "(true) integrate the parameter that all light is proportional to, where that is exact; draws have it as ever"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source), READY, KEEP_BY(keep_room), KEEP_BY(keep_stages),
    KEEP_WORDS(z, ALL, D), KEEP_WORDS(theta, ALL, D), KEEP_WORDS(lnprior, ALL), KEEP_WORDS(lnlike, ALL), KEEP_WORDS(blob, ALL, NB),
    KEEP_WORDS(lnpi, ALL), KEEP_WORDS(own, ALL), KEEP_BY(ais_keep_lnq),
    KEEP(INT, phase), KEEP(REAL, want), KEEP(SIZE, drawn), KEEP(REAL, ess_pool), KEEP(SIZE, stale), KEEP(SIZE, rounds), KEEP(SIZE, final), KEEP(SIZE, peaks), KEEP(REAL, care), KEEP(REAL, best_efficiency), KEEP(FLAG, checked), KEEP(REAL, drift), KEEP(SIZE, stray),
    KEEP(SIZE, evaluations), KEEP(INT, end), KEEP(REAL, seconds),
    SHOW(REAL, GAL_STATE | GAL_SHOWN, "beta", NULL, beta, "inverse temperature of the last stage; 1: the posterior"),
    SHOW(REAL, GAL_STATE | SHOW_ALL, "efficiency", NULL, efficiency, "effective draws per draw at beta = 1"),
    SHOW(SIZE, GAL_SHOWN, "nstages", NULL, nstage, "stages made"),
    SHOW_BY(SIZE, GAL_SHOWN, "components", NULL, components, "of the last mixture"),
    SHOW(REAL, SHOW_ALL, "halves", NULL, halves, "difference of ln Z of two halves of the draws, in its errors"),
    SHOW_IMPORTANCE(SHOW_ALL),
    KEEP_BY(keep_mends), KEEP(SIZE, asked), KEEP(REAL, off), KEEP(REAL, climb), KEEP_BY(keep_given),
    {.type = GAL_F_TEXT, .use = SHOW_ALL, .name = "integrated", .text = integrated, .doc = "the parameter that was integrated out, and drawn given the others; empty: none"},
    GOAL(REAL, gal_importance_goal, "ess", ess, 0, MOST_DRAWS, "(of the options) effective number of draws"),
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
    .magic = 0x324d495f4c4147ull, /* "GAL_IM2" */
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
