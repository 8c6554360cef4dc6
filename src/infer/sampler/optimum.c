/* Optima of a posterior: multi-start L-BFGS, modes, Laplace mixtures. See galua/optimum.h. */
#include "galua/optimum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "gmix.h"
#include "multistart.h"
#include "optimum_int.h"

#define WHO_OPTIMUM 1   /* the user of RNG_GMIX_DRAW */
#define BARRIER     0.1 /* in ln p, between starts that are different modes */

/* ------------------------------------------------------------------ creation */
static void mode_free(gal_mode *m)
{
    gal_free(m->z);
    *m = (gal_mode){0};
}

static gal_status mode_alloc(gal_mode *m, size_t d, size_t nb)
{
    *m = (gal_mode){.z = GAL_NEWN(double, 2 * d + nb + d * d)};
    if (!m->z)
        return GAL_ENOMEM;
    m->theta = m->z + d;
    m->cov = m->theta + d;
    m->blob = m->cov + d * d;
    m->lnz = NAN;
    return GAL_OK;
}

static void clear(gal_optimum *o)
{
    for (size_t i = 0; i < o->nmodes; i++)
        mode_free(&o->mode[i]);
    gal_free(o->mode);
    o->mode = NULL;
    o->nmodes = 0;
    gal_draws_clear(&o->draws);
    o->imp = (gal_importance){NAN, NAN, NAN, NAN};
    o->lnz = NAN;
}

/* Start points of the options are there for a new one alone: a state has theirs behind its settings. */
static gal_status create(void *obj)
{
    gal_optimum *o = obj;
    gal_status st;
    o->opt.starts = o->opt.starts ? o->opt.starts : 16;
    o->opt.history = o->opt.history ? o->opt.history : 10;
    o->opt.max_iterations = o->opt.max_iterations ? o->opt.max_iterations : 2000;
    o->opt.draws = o->opt.draws ? o->opt.draws : 1000;
    if (o->opt.nstart > o->opt.starts)
        o->opt.starts = o->opt.nstart;
    if ((st = gal_space_create(&o->space, o->t, o->opt.numerical)) != GAL_OK)
        return st;
    if (o->opt.nstart > 0 && !(o->start = GAL_NEWN(double, o->opt.nstart * o->d)))
        return GAL_ENOMEM;
    if (o->opt.nstart > 0 && o->opt.start)
        memcpy(o->start, o->opt.start, o->opt.nstart * o->d * sizeof *o->start);
    o->opt.start = o->start;
    clear(o);
    return GAL_OK;
}

static void destroy(void *obj)
{
    gal_optimum *o = obj;
    clear(o);
    gal_free(o->start);
}

/* ------------------------------------------------------------------ modes */
typedef struct {
    double lnp;
    size_t i;
} rank;

static int higher(const void *a, const void *b)
{
    const rank *p = a, *q = b;
    return p->lnp > q->lnp ? -1 : p->lnp < q->lnp ? 1 : p->i < q->i ? -1 : p->i > q->i;
}

/* Is there a valley between a and b? Seven points of the straight line. */
static gal_status valley(gal_optimum *o, const double *a, double fa, const double *b, double fb, bool *out)
{
    enum { N = 7 };
    size_t d = o->d;
    double *z = GAL_NEWN(double, N *(d + 1));
    if (!z)
        return GAL_ENOMEM;
    double *f = z + N * d;
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k < d; k++)
            z[j * d + k] = a[k] + (b[k] - a[k]) * (double)(j + 1) / (N + 1);
    gal_status st = gal_space_eval(o->space, N, z, f, NULL, NULL, NULL, NULL);
    *out = false;
    for (size_t j = 0; j < N; j++)
        *out |= !(f[j] >= fmin(fa, fb) - BARRIER);
    gal_free(z);
    return st;
}

static gal_status find_modes(gal_optimum *o, const multistart *m, bool separate)
{
    size_t d = o->d, n = m->n;
    gal_status st = GAL_OK;
    rank *r = GAL_NEWN(rank, n);
    double *z = GAL_NEWN(double, d);
    o->mode = GAL_NEWN(gal_mode, n);
    if (!r || !z || !o->mode)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        r[i] = (rank){-m->run[i].f, i};
    qsort(r, n, sizeof *r, higher);
    for (size_t i = 0; i < n; i++) {
        const lbfgs *b = &m->run[r[i].i];
        bool apart = true;
        multistart_point(m, r[i].i, z);
        for (size_t j = 0; j < o->nmodes && apart && separate; j++) {
            GAL_TRY(valley(o, o->mode[j].z, o->mode[j].lnp, z, r[i].lnp, &apart));
            o->mode[j].starts += !apart;
        }
        if (!apart)
            continue;
        gal_mode *to = &o->mode[o->nmodes];
        GAL_TRY(mode_alloc(to, d, o->nb));
        o->nmodes++;
        memcpy(to->z, z, d * sizeof *z);
        to->starts = 1;
        to->converged = b->end != LBFGS_RUNNING && b->end != LBFGS_LIMIT;
        to->why = lbfgs_end_text(b->end);
        GAL_TRY(
            gal_space_eval(o->space, 1, z, &to->lnp, to->theta, &to->lnprior, &to->lnlike, o->nb ? to->blob : NULL));
    }
out:
    gal_free(r);
    gal_free(z);
    return st;
}

/* GAL_EMATH unless ln p could rise by no more than a tenth from here if it were the parabola of its slope and curvature: at the edge of a
 * cliff the descent ends, and nothing peaks. */
static gal_status stationary(gal_optimum *o, const gal_mode *m, const double *scale)
{
    size_t d = o->d;
    double lnp, rise = 0, *g = GAL_NEWN(double, d);
    if (!g)
        return GAL_ENOMEM;
    gal_status st = gal_space_gradient(o->space, 1, m->z, scale, &lnp, g);
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < d; k++)
            rise += 0.5 * g[j] * m->cov[j * d + k] * g[k];
    gal_free(g);
    if (st == GAL_OK && !(rise <= 0.1))
        return gal_fail(GAL_EMATH, "ln p rises at the optimum: it has no peak there");
    return st;
}

/* Gaussians at the modes and their mixture; a mode that is no peak, or has no second derivatives, keeps lnz = NaN and takes no part. */
static gal_status laplace(gal_optimum *o, gmix *g)
{
    size_t d = o->d;
    gal_status st = GAL_OK;
    double *scale = GAL_NEWN(double, d);
    if (!scale)
        return GAL_ENOMEM;
    for (size_t i = 0; i < o->nmodes; i++) {
        gal_mode *m = &o->mode[i];
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "interrupted");
        GAL_TRY(gal_space_scale(o->space, 1, m->z, scale));
        st = gal_laplace(o->space, m->z, scale, m->lnp, m->cov, &m->lnz, &m->repaired);
        if (st == GAL_OK)
            st = stationary(o, m, scale);
        if (st == GAL_OK && g)
            st = gmix_add(g, m->z, m->cov, m->lnz);
        if (st == GAL_EDOMAIN || st == GAL_EMATH) {
            m->lnz = NAN;
            st = GAL_OK;
        }
        GAL_TRY(st);
    }
out:
    gal_free(scale);
    return st;
}

static gal_status work(gal_optimum *o, multistart *m)
{
    size_t d = o->d, n = o->opt.starts;
    gal_status st = GAL_OK;
    gmix g = {0};
    lbfgs_opt lo = lbfgs_default();
    double *z = GAL_NEWN(double, n *d);
    lo.history = o->opt.history;
    lo.max_iterations = o->opt.max_iterations;
    if (!z)
        return GAL_ENOMEM;
    for (size_t i = 0; i < o->opt.nstart; i++)
        GAL_TRY(gal_space_from_theta(o->space, o->start + i * d, z + i * d));
    if (n > o->opt.nstart)
        GAL_TRY(gal_space_start(o->space, n - o->opt.nstart, 0, o->opt.seed, o->opt.source, z + o->opt.nstart * d));
    GAL_TRY(gal_space_informed(o->space) ? multistart_score(m, o->space, n, z, &lo)
                                         : multistart_init(m, o->space, n, z, &lo, NULL, NULL));
    st = multistart_run(m, NULL, NULL, o->goal->progress, o->goal->progress_ctx);
    if (st == GAL_EINTR) { /* what there is: the points reached */
        gal_status s2 = find_modes(o, m, false);
        st = s2 == GAL_OK ? gal_fail(GAL_EINTR, "interrupted") : s2;
    }
    GAL_TRY(st);
    GAL_TRY(find_modes(o, m, true));
    GAL_TRY(gmix_init(&g, d, o->nmodes));
    GAL_TRY(laplace(o, &g));
    if (g.n > 0) {
        o->lnz = logsumexp(g.lnw, g.n);
        gmix_normalise(&g);
        GAL_TRY(
            gmix_importance(&g, o->space, o->opt.draws, o->opt.seed, o->opt.source, WHO_OPTIMUM, &o->draws, &o->imp));
    }
out:
    gmix_clear(&g);
    gal_free(z);
    return st;
}

/* ------------------------------------------------------------------ the class */
/* A run begins anew, and is one step. */
static gal_status begin(void *obj, const void *goal)
{
    gal_optimum *o = obj;
    (void)goal;
    clear(o);
    o->seconds = 0;
    o->evaluations = 0;
    return GAL_OK;
}

static gal_status step(void *obj, const void *goal, bool *done)
{
    gal_optimum *o = obj;
    multistart m = {0};
    size_t before = gal_space_evaluations(o->space), repaired = 0;
    gal_status st = work(o, &m);
    (void)goal;
    multistart_free(&m);
    o->evaluations = gal_space_evaluations(o->space) - before;
    if (st != GAL_OK)
        return st;
    const gal_mode *best = &o->mode[0];
    for (size_t i = 0; i < o->nmodes; i++)
        repaired += o->mode[i].repaired > 0 || isnan(o->mode[i].lnz);
    bool good = best->converged && o->draws.n > 0;       /* an optimum without a Gaussian is no posterior */
    o->end = good ? GAL_RUN_APPROXIMATE : GAL_RUN_LIMIT; /* Gaussians at the modes show nothing of the rest */
    int at = snprintf(o->why, sizeof o->why, "%s: %zu mode%s from %zu starts, the best reached by %zu (%s)",
                      good ? "approximate" : "not converged", o->nmodes, o->nmodes == 1 ? "" : "s", o->opt.starts,
                      best->starts, best->why);
    if (o->draws.n == 0)
        at += snprintf(o->why + at, sizeof o->why - (size_t)at,
                       "; no mode has a curvature (a plateau, or an end at -inf), so there are no draws: use nested or "
                       "ensemble");
    if (o->draws.n > 0)
        at += snprintf(o->why + at, sizeof o->why - (size_t)at, "; Pareto k %.2f%s", o->imp.khat,
                       o->imp.khat > 0.7 ? ": the Gaussian draws cannot be trusted" : "");
    if (repaired > 0 && o->draws.n > 0)
        snprintf(o->why + at, sizeof o->why - (size_t)at, "; %zu mode%s without a proper curvature", repaired,
                 repaired == 1 ? "" : "s");
    *done = true;
    return GAL_OK;
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_optimum *o = obj;
    const gal_draws *w = &o->draws;
    *out = (gal_draw_set){w->n, 1, w->theta, w->lnprior, w->lnlike, w->blob, w->lnw, o->imp.ess};
    return GAL_OK;
}

static const void *modes(const void *s, size_t *n)
{
    return gal_optimum_modes(s, n);
}

const gal_mode *gal_optimum_modes(const gal_optimum *o, size_t *n)
{
    *n = o->nmodes;
    return o->mode;
}

static void keep_mode(bytes *s, gal_mode *m, size_t d, size_t nb)
{
    size_t why = 0;
    while (!s->reading && strcmp(lbfgs_end_text((lbfgs_end)why), m->why) != 0)
        why++;
    bytes_words(s, m->z, d);
    bytes_words(s, m->theta, d);
    bytes_words(s, m->cov, d * d);
    bytes_words(s, m->blob, nb);
    bytes_f64(s, &m->lnp);
    bytes_f64(s, &m->lnprior);
    bytes_f64(s, &m->lnlike);
    bytes_f64(s, &m->lnz);
    bytes_size(s, &m->starts);
    bytes_size(s, &m->repaired);
    bytes_flag(s, &m->converged);
    bytes_size(s, &why);
    m->why = lbfgs_end_text(why <= LBFGS_LIMIT ? (lbfgs_end)why : LBFGS_RUNNING);
}

static void keep_modes(bytes *b, void *obj)
{
    gal_optimum *o = obj;
    size_t n = o->nmodes;
    bytes_size(b, &n);
    if (b->reading && n > o->opt.starts)
        b->st = gal_fail(GAL_EFORMAT, "state of the optimiser: %zu modes of %zu starts; the file is damaged", n,
                         o->opt.starts);
    else if (b->reading && !(o->mode = GAL_NEWN(gal_mode, n)))
        b->st = GAL_ENOMEM;
    for (size_t i = 0; b->st == GAL_OK && i < n; i++) {
        if (b->reading && (b->st = mode_alloc(&o->mode[i], o->d, o->nb)) != GAL_OK)
            return;
        o->nmodes = b->reading ? i + 1 : n;
        keep_mode(b, &o->mode[i], o->d, o->nb);
    }
    if (b->st == GAL_OK)
        keep_draws(b, &o->draws, o->d, o->nb, o->opt.draws);
}

#define S struct gal_optimum
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE, "starts", opt.starts, 16, 1, 100000, "(16) draws of the prior to start from"),
    KEEP(SIZE, opt.nstart),
    OPTION(SIZE, GAL_STATE, "history", opt.history, 10, 1, 100, "(10) steps that L-BFGS remembers"),
    OPTION(SIZE, GAL_STATE, "max_iterations", opt.max_iterations, 2000, 1, 1e6, "(2000) per start"),
    OPTION(SIZE, GAL_STATE, "draws", opt.draws, 1000, 10, 1e7, "(1000) of the mixture of Gaussians"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source),
    OPTION(FLAG, GAL_STATE, "numerical", opt.numerical, 0, 0, 1, "(false) central differences even where the model has gradients"),
    READY, KEEP_WORDS(start, AT(opt.nstart), AT(d)), KEEP_BY(keep_modes),
    SHOW(SIZE, GAL_SHOWN, "nmodes", NULL, nmodes, "distinct modes found"),
    SHOW_IMPORTANCE(GAL_STATE | SHOW_ALL),
    SHOW(REAL, GAL_STATE | SHOW_ALL, "lnz_laplace", "log_evidence_laplace", lnz, "ln evidence by Laplace's method, summed over modes"),
    KEEP(REAL, seconds), KEEP(SIZE, evaluations), KEEP(INT, end), KEEP_CHARS(why), SHOW_SPACE,
    {0},
};
#define COLUMN(kind, name, file, about, m) {GAL_C_##kind, offsetof(gal_mode, m), name, file, about}
static const gal_item COLUMNS[] = {
    COLUMN(VECTOR, "x", "x", "sampled coordinates", theta), COLUMN(VECTOR, "z", "z", "unconstrained coordinates", z),
    COLUMN(MATRIX, "cov", "z_covariance", "Laplace's method", cov),
    COLUMN(REAL, "lnp", "lnp", "density of the unconstrained coordinates", lnp), COLUMN(REAL, "lnprior", NULL, NULL, lnprior),
    COLUMN(REAL, "lnlike", "log_likelihood", NULL, lnlike), COLUMN(REAL, "lnz", "log_evidence", "Laplace's method", lnz),
    COLUMN(SIZE, "starts", "starts", "that arrived here", starts), COLUMN(SIZE, "repaired", NULL, NULL, repaired),
    COLUMN(FLAG, "converged", "converged", NULL, converged), COLUMN(TEXT, "why", NULL, NULL, why), {0},
};
/* clang-format on */
static const gal_item_list MODES = {
    .name = "modes",
    .doc =
        "Highest first: x (sampled coordinates), z and cov (unconstrained), lnp (density of z), lnprior, lnlike, lnz "
        "(Laplace), starts that arrived, repaired eigenvalues, converged, why.",
    .group = "modes",
    .dim = "mode",
    .row = sizeof(gal_mode),
    .column = COLUMNS,
    .rows = modes};

const gal_sampler_class gal_optimum_class = {
    .name = "optimum",
    .title = "the optimiser",
    .doc = "The highest points of a target, and Gaussians there.",
    .make = "L-BFGS from many starts, Laplace's method at the modes; then :run{}.",
    .run_doc = "Finds the modes, then draws from the Gaussians there; from the beginning each time. A run is one step: "
               "too short to be checkpointed.",
    .magic = 0x3154504f5f4c4147ull, /* "GAL_OPT1" */
    .field = FIELD,
    .list = &MODES,
    .size = sizeof(struct gal_optimum),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_optimum_opt),
    .goal_size = sizeof(gal_goal),
    .kind = GAL_DRAWS_WEIGHTED,
    .open = create,
    .close = destroy,
    .begin = begin,
    .step = step,
    .draws = draws,
};
