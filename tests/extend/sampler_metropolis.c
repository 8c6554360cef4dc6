/* A complete sampler as one file: independent Metropolis chains with a Gaussian step of fixed width. In src/infer it would be metropolis.c, and its
 * line in src/infer/sampler/samplers.c `X(metropolis)`: running with progress, Ctrl-C and checkpoints, --resume, results files that ArviZ opens,
 * metropolis(target), sampler.metropolis{}, strategies, summaries and help follow from the table of fields. */
#include <stdio.h>
#include <string.h>

#define S struct metropolis
#include "galua/rng.h"
#include "infer/sampler/fields.h"
#include "infer/result/result_int.h"

typedef struct metropolis {
    GAL_IS_SAMPLER;
    struct metropolis_opt {
        size_t chains;
        double width; /* of the step, in the units of the sampled coordinates */
        uint64_t seed, source;
    } opt;
    size_t steps, room, limit;
    double *x, *lnprior, *lnlike, *blob; /* [chains]... now */
    double *y, *yprior, *ylike, *yblob;
    double *sx, *sprior, *slike, *sblob; /* [steps][chains]... */
    double accepted;
    bool started;
} metropolis;
typedef struct metropolis_goal {
    GAL_IS_GOAL;
    size_t more, until;
} metropolis_goal;

static gal_status metropolis_open(void *obj)
{
    metropolis *m = obj;
    size_t C = m->opt.chains = m->opt.chains ? m->opt.chains : 4, w = m->d + m->nb + 2;
    m->opt.width = m->opt.width > 0 ? m->opt.width : 1;
    if (!m->t->prior_transform)
        return gal_fail(GAL_EUNSUP, "metropolis: the target cannot draw from its prior");
    if (!(m->x = GAL_NEWN(double, 2 * C * w)))
        return GAL_ENOMEM;
    double **part[] = {&m->x, &m->lnprior, &m->lnlike, &m->blob, &m->y, &m->yprior, &m->ylike, &m->yblob}, *at = m->x;
    for (int i = 0; i < 8; i++) {
        *part[i] = at;
        at += C * (i % 4 == 0 ? m->d : i % 4 == 3 ? m->nb : 1);
    }
    return GAL_OK;
}

static void metropolis_close(void *obj)
{
    metropolis *m = obj;
    void *all[] = {m->x, m->sx, m->sprior, m->slike, m->sblob};
    for (size_t i = 0; i < 5; i++)
        gal_free(all[i]);
}

static gal_status metropolis_room(metropolis *m, size_t n)
{
    double **to[] = {&m->sx, &m->sprior, &m->slike, &m->sblob};
    size_t width[] = {m->d, 1, 1, m->nb};
    if (n <= m->room)
        return GAL_OK;
    n = n > 2 * m->room ? n : 2 * m->room;
    for (int i = 0; i < 4; i++) {
        double *p = gal_realloc(*to[i], n * m->opt.chains * width[i] * sizeof *p + 8);
        if (!p)
            return GAL_ENOMEM;
        *to[i] = p;
    }
    m->room = n;
    return GAL_OK;
}

static gal_status metropolis_begin(void *obj, const void *goal)
{
    metropolis *m = obj;
    const metropolis_goal *g = goal;
    if ((g->more > 0) + (g->until > 0) != 1)
        return gal_fail(GAL_EINVAL, "metropolis: give one of more, until");
    m->limit = g->more > 0 ? m->steps + g->more : g->until;
    return GAL_OK;
}

/* proposals y of all chains, or draws of the prior */
static gal_status metropolis_propose(metropolis *m)
{
    size_t C = m->opt.chains, d = m->d;
    gal_status st;
    for (size_t c = 0; c < C; c++) {
        gal_rng r;
        gal_rng_init(&r, m->opt.seed, m->started, m->opt.source, m->steps, c);
        for (size_t k = 0; k < d; k++)
            m->y[c * d + k] = m->started ? m->x[c * d + k] + m->opt.width * gal_rng_normal(&r) : gal_rng_uniform(&r);
    }
    if (!m->started) {
        memcpy(m->x, m->y, C * d * sizeof(double));
        if ((st = m->t->prior_transform(m->t, C, m->x, m->y)) != GAL_OK)
            return st;
    }
    return gal_target_eval(m->t, C, m->y, m->yprior, m->ylike, m->nb ? m->yblob : NULL);
}

static gal_status metropolis_step(void *obj, const void *goal, bool *done)
{
    metropolis *m = obj;
    size_t C = m->opt.chains, d = m->d, nb = m->nb, n = m->steps;
    gal_status st;
    (void)goal;
    if (m->steps >= m->limit) {
        m->end = GAL_RUN_DONE;
        snprintf(m->why, sizeof m->why, "done: %zu steps of %zu chains", m->steps, C);
        *done = true;
        return GAL_OK;
    }
    if ((st = metropolis_room(m, n + 1)) != GAL_OK || (st = metropolis_propose(m)) != GAL_OK)
        return st;
    m->evaluations += C;
    for (size_t c = 0; c < C; c++) {
        gal_rng r;
        gal_rng_init(&r, m->opt.seed, 2, m->opt.source, n, c);
        double up = m->yprior[c] + m->ylike[c] - m->lnprior[c] - m->lnlike[c];
        if (m->started && !(log(gal_rng_uniform(&r)) < up))
            continue;
        memcpy(m->x + c * d, m->y + c * d, d * sizeof(double));
        memcpy(m->blob + c * nb, m->yblob + c * nb, nb * sizeof(double));
        m->lnprior[c] = m->yprior[c];
        m->lnlike[c] = m->ylike[c];
        m->accepted += 1;
    }
    m->started = true;
    memcpy(m->sx + n * C * d, m->x, C * d * sizeof(double));
    memcpy(m->sprior + n * C, m->lnprior, C * sizeof(double));
    memcpy(m->slike + n * C, m->lnlike, C * sizeof(double));
    memcpy(m->sblob + n * C * nb, m->blob, C * nb * sizeof(double));
    m->steps++;
    return GAL_OK;
}

static double metropolis_report(void *obj, const void *goal, char *text, size_t size)
{
    const metropolis *m = obj;
    (void)goal;
    snprintf(text, size, "step %zu/%zu", m->steps, m->limit);
    return (double)m->steps / (double)m->limit;
}

static void metropolis_place(const void *obj, char *text, size_t size)
{
    snprintf(text, size, "after %zu steps", ((const metropolis *)obj)->steps);
}

static double metropolis_acceptance(const void *obj)
{
    const metropolis *m = obj;
    return m->accepted / (double)(m->steps * m->opt.chains);
}

static gal_status metropolis_draws(const void *obj, gal_draw_set *out)
{
    const metropolis *m = obj;
    *out = (gal_draw_set){m->steps, m->opt.chains, m->sx, m->sprior, m->slike, m->sblob, NULL, 0};
    return GAL_OK;
}

static gal_status metropolis_get(void *obj, const gal_result *r)
{
    metropolis *m = obj;
    gal_status st = metropolis_room(m, m->steps);
    if (!r || m->steps == 0)
        return GAL_OK;
    return st == GAL_OK ? result_get_samples(r, m->t, m->opt.chains, m->steps,
                                             &(result_samples){m->sx, m->sprior, m->slike, m->sblob})
                        : st;
}

#define C_ AT(opt.chains)
/* clang-format off */
static const gal_field metropolis_field[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE, "walks", opt.chains, 4, 1, 1000, "(4) independent chains"),
    OPTION(REAL, GAL_STATE | GAL_FILE, "width", opt.width, 1, 0, HUGE_VAL, "(1) of the step, in sampled coordinates"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source), READY,
    SHOW(SIZE, GAL_STATE | SHOW_ALL, "steps", NULL, steps, "steps made"),
    SHOW_BY(REAL, SHOW_ALL, "acceptance", NULL, metropolis_acceptance, "accepted fraction"),
    KEEP_WORDS(x, C_, AT(d)), KEEP_WORDS(lnprior, C_), KEEP_WORDS(lnlike, C_), KEEP_WORDS(blob, C_, AT(nb)), KEEP(REAL, accepted),
    KEEP(FLAG, started), KEEP(SIZE, evaluations), KEEP(INT, end), KEEP(REAL, seconds),
    GOAL(SIZE, metropolis_goal, "more", more, 0, 1e9, "this many more steps"),
    GOAL(SIZE, metropolis_goal, "until", until, 0, 1e9, "until this many steps in all"),
    {0},
};
/* clang-format on */

static const gal_sampler_class metropolis_class = {
    .name = "metropolis",
    .title = "metropolis",
    .doc = "Metropolis chains on a target.",
    .make = "Independent Metropolis chains from draws of the prior.",
    .run_doc = "More steps of every chain.",
    .magic = 0x3154454d5f4c4147ull,
    .field = metropolis_field,
    .size = sizeof(metropolis),
    .opt_at = AT(opt),
    .opt_size = sizeof(struct metropolis_opt),
    .goal_size = sizeof(metropolis_goal),
    .kind = GAL_DRAWS_CHAINS,
    .counts = "steps",
    .open = metropolis_open,
    .close = metropolis_close,
    .begin = metropolis_begin,
    .step = metropolis_step,
    .report = metropolis_report,
    .place = metropolis_place,
    .draws = metropolis_draws,
    .get = metropolis_get,
};
