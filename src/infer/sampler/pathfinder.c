/* Pathfinder; see galua/pathfinder.h. Works in w = z/scale of each path; the chosen Gaussians are kept in z. */
#include "galua/pathfinder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/num.h"
#include "galua/optimum.h"
#include "galua/rng.h"
#include "fields.h"
#include "gmix.h"
#include "multistart.h"
#include "nuts_int.h"
#include "pathfinder_int.h"
#include "infer/target/purpose.h"
#include "num/dot.h"

#define WHO_PATHFINDER 2 /* the user of RNG_GMIX_DRAW */
#define WHO_CHAINS     3
#define LESSER         10. /* by which the bound of a path may be below the best: a mode of less than 1e-4 */
#define BATCH          1024

/* ------------------------------------------------------------------ creation */
static gal_status path_alloc(gal_path *p, size_t d)
{
    *p = (gal_path){.mean = GAL_NEWN(double, d + d * d), .elbo = -INFINITY};
    if (!p->mean)
        return GAL_ENOMEM;
    p->cov = p->mean + d;
    return GAL_OK;
}

static void clear(gal_pathfinder *p)
{
    for (size_t i = 0; i < p->opt.paths; i++) {
        double *mem = p->path[i].mean;
        p->path[i] = (gal_path){.mean = mem, .cov = mem + p->d, .elbo = -INFINITY};
    }
    gal_draws_clear(&p->draws);
    p->imp = (gal_importance){NAN, NAN, NAN, NAN};
}

static gal_status create(void *obj)
{
    gal_pathfinder *p = obj;
    gal_status st;
    p->opt.paths = p->opt.paths ? p->opt.paths : 8;
    p->opt.draws = p->opt.draws ? p->opt.draws : 1000;
    p->opt.elbo_draws = p->opt.elbo_draws ? p->opt.elbo_draws : 25;
    p->opt.history = p->opt.history ? p->opt.history : 6;
    p->opt.max_iterations = p->opt.max_iterations ? p->opt.max_iterations : 1000;
    if ((st = gal_space_create(&p->space, p->t, p->opt.numerical)) != GAL_OK)
        return st;
    if (!gal_space_probit(p->space))
        return gal_fail(GAL_EUNSUP, "pathfinder: the target cannot draw from its prior; paths need start points");
    if (!(p->path = GAL_NEWN(gal_path, p->opt.paths)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < p->opt.paths; i++)
        if ((st = path_alloc(&p->path[i], p->d)) != GAL_OK)
            return st;
    clear(p);
    return GAL_OK;
}

static void destroy(void *obj)
{
    gal_pathfinder *p = obj;
    for (size_t i = 0; p->path && i < p->opt.paths; i++)
        gal_free(p->path[i].mean);
    gal_draws_clear(&p->draws);
    gal_free(p->path);
}

/* ------------------------------------------------------------------ trajectories */
/* Iterates of one path: w, gradient of -ln p with respect to w */
typedef struct {
    size_t n, room, d;
    double *w; /* [n][2 d] */
    double f;
} track;

static gal_status record(void *ctx, size_t i, const double *w, double f, const double *gw)
{
    track *t = (track *)ctx + i;
    size_t d = t->d;
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        double *p = gal_realloc(t->w, room * 2 * d * sizeof *p);
        if (!p)
            return GAL_ENOMEM;
        t->w = p;
        t->room = room;
    }
    memcpy(t->w + t->n * 2 * d, w, d * sizeof *w);
    memcpy(t->w + t->n * 2 * d + d, gw, d * sizeof *w);
    t->n++;
    t->f = f;
    return GAL_OK;
}

/* ------------------------------------------------------------------ inverse Hessians */
typedef struct {
    size_t d, J, n; /* n pairs in use, oldest first */
    double *alpha;  /* [d] */
    double *s, *y;  /* [J][d] */
    double *work;   /* (2 J)(d + 2 J) + ... */
} curvature;

/* Diagonal of the inverse Hessian after the step s, y (Gilbert & Lemarechal 1989, 4.5), and the pair joins the history. */
static void take_step(curvature *c, const double *from, const double *to)
{
    size_t d = c->d;
    if (c->n == c->J) {
        memmove(c->s, c->s + d, (c->J - 1) * d * sizeof *c->s);
        memmove(c->y, c->y + d, (c->J - 1) * d * sizeof *c->y);
        c->n--;
    }
    double *s = c->s + c->n * d, *y = c->y + c->n * d, a = 0, b, q = 0;
    for (size_t k = 0; k < d; k++) {
        s[k] = to[k] - from[k];
        y[k] = to[d + k] - from[d + k];
        a += y[k] * c->alpha[k] * y[k];
        q += s[k] * s[k] / c->alpha[k];
    }
    b = num_dot_short(s, y, d);
    if (!(b > 0) || !(num_dot_short(y, y, d) < 1e12 * b))
        return;
    for (size_t k = 0; k < d; k++) {
        double al = c->alpha[k];
        c->alpha[k] = 1 / (a / (b * al) + y[k] * y[k] / b - a * s[k] * s[k] / (b * q * al * al));
    }
    c->n++;
}

/* S = diag(alpha) + B G B^T, B = [diag(alpha) Y, S], G = [[0, -E^-1], [-E^-T, E^-T (D + Y^T diag(alpha) Y) E^-1]], E the upper triangle
 * of S^T Y, D its diagonal. cov[d][d]. */
static void inverse_hessian(const curvature *c, double *cov)
{
    size_t d = c->d, n = c->n;
    double *ei = c->work, *m = ei + n * n, *g = m + n * n, *ay = g + n * n;
    memset(cov, 0, d * d * sizeof *cov);
    for (size_t k = 0; k < d; k++)
        cov[k * d + k] = c->alpha[k];
    if (n == 0)
        return;
    /* E^-1, upper triangular: column by column */
    memset(ei, 0, n * n * sizeof *ei);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j + 1; i-- > 0;) {
            double v = i == j;
            for (size_t l = i + 1; l <= j; l++)
                v -= num_dot_short(c->s + i * d, c->y + l * d, d) * ei[l * n + j];
            ei[i * n + j] = v / num_dot_short(c->s + i * d, c->y + i * d, d);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++)
            ay[i * d + k] = c->alpha[k] * c->y[i * d + k];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            m[i * n + j] = num_dot_short(c->y + i * d, ay + j * d, d) +
                           (i == j ? num_dot_short(c->s + i * d, c->y + i * d, d) : 0);
    for (size_t i = 0; i < n; i++) /* E^-T m E^-1 */
        for (size_t j = 0; j < n; j++) {
            double v = 0;
            for (size_t p = 0; p <= i; p++)
                for (size_t q = 0; q <= j; q++)
                    v += ei[p * n + i] * m[p * n + q] * ei[q * n + j];
            g[i * n + j] = v;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < d; k++) {
                double a = -ei[i * n + j] * ay[i * d + k], b = g[i * n + j] * c->s[i * d + k];
                for (size_t l = 0; l < d; l++) /* -A Y E^-1 S^T, its transpose, and S g S^T */
                    cov[k * d + l] += (a + b) * c->s[j * d + l] - ei[j * n + i] * c->s[i * d + k] * ay[j * d + l];
            }
    for (size_t k = 0; k < d; k++)
        for (size_t l = 0; l < k; l++)
            cov[k * d + l] = cov[l * d + k] = 0.5 * (cov[k * d + l] + cov[l * d + k]);
}

/* ------------------------------------------------------------------ choosing */
/* Candidates of one path: Gaussians with factors; those whose covariance is not positive definite are left out. */
typedef struct {
    gmix g;
    size_t *iterate; /* of each component */
} candidates;

static gal_status collect(gal_pathfinder *p, const track *t, const double *scale, candidates *c)
{
    size_t d = p->d, J = p->opt.history;
    gal_status st = GAL_OK;
    curvature q = {.d = d, .J = J};
    double *mem = GAL_NEWN(double, d + 2 * J * d + 3 * J * J + J * d + d * d + d), *cov, *mean;
    if (!mem)
        return GAL_ENOMEM;
    q.alpha = mem;
    q.s = q.alpha + d;
    q.y = q.s + J * d;
    q.work = q.y + J * d;
    cov = q.work + 3 * J * J + J * d;
    mean = cov + d * d;
    for (size_t k = 0; k < d; k++)
        q.alpha[k] = 1;
    for (size_t i = 0; i < t->n; i++) {
        const double *w = t->w + i * 2 * d, *g = w + d;
        if (i > 0)
            take_step(&q, w - 2 * d, w);
        inverse_hessian(&q, cov);
        for (size_t k = 0; k < d; k++) {
            mean[k] = w[k] - num_dot_short(cov + k * d, g, d);
            mean[k] *= scale[k];
        }
        bool finite = true;
        for (size_t k = 0; k < d * d; k++) {
            cov[k] *= scale[k / d] * scale[k % d];
            finite &= isfinite(cov[k]);
        }
        st = finite ? gmix_add(&c->g, mean, cov, 0) : GAL_OK;
        if (st == GAL_OK && finite)
            c->iterate[c->g.n - 1] = i;
        if (st == GAL_EMATH)
            st = GAL_OK;
        GAL_TRY(st);
    }
out:
    gal_free(mem);
    return st;
}

/* ELBO of every candidate, common random numbers: mean over draws with p > 0 of ln p - ln q, plus ln of their share; and its
 * standard error. */
static gal_status bounds(gal_pathfinder *p, size_t path, const candidates *c, double *elbo, double *error)
{
    size_t d = p->d, K = p->opt.elbo_draws, n = c->g.n;
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, n *K *(d + 1) + K * d + d), *xi, *f, *work;
    if (!z)
        return GAL_ENOMEM;
    f = z + n * K * d;
    xi = f + n * K;
    work = xi + K * d;
    for (size_t k = 0; k < K; k++) {
        gal_rng r;
        gal_rng_init(&r, p->opt.seed, RNG_PATH_ELBO, p->opt.source, path, k);
        for (size_t j = 0; j < d; j++)
            xi[k * d + j] = gal_rng_normal(&r);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < K; k++) {
            double *to = z + (i * K + k) * d;
            const double *l = c->g.chol + i * d * d;
            for (size_t a = 0; a < d; a++)
                to[a] = c->g.mean[i * d + a] + num_dot_short(l + a * d, xi + k * d, a + 1);
        }
    for (size_t i = 0; i < n * K; i += BATCH) {
        size_t m = n * K - i < BATCH ? n * K - i : BATCH;
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "interrupted");
        GAL_TRY(gal_space_eval(p->space, m, z + i * d, f + i, NULL, NULL, NULL, NULL));
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0, sum2 = 0, inside = 0;
        for (size_t k = 0; k < K; k++) {
            if (!(f[i * K + k] > -INFINITY))
                continue;
            double v = f[i * K + k] - gauss_lnpdf(d, z + (i * K + k) * d, c->g.mean + i * d, c->g.chol + i * d * d,
                                                  c->g.lndet[i], work);
            sum += v;
            sum2 += v * v;
            inside++;
        }
        elbo[i] = inside > 1 ? sum / inside + log(inside / (double)K) : -INFINITY;
        error[i] = inside > 1 ? sqrt(fmax(0, sum2 / inside - sum * sum / inside / inside) / (inside - 1)) : 0;
    }
out:
    gal_free(z);
    return st;
}

/* The best bound less two standard errors: the largest of many noisy bounds would be a lucky one. */
static void choose(gal_path *path, size_t d, const candidates *c, const double *elbo, const double *error)
{
    double best = -INFINITY;
    for (size_t i = 0; i < c->g.n; i++) {
        if (!(elbo[i] - 2 * error[i] > best))
            continue;
        const double *l = c->g.chol + i * d * d;
        best = elbo[i] - 2 * error[i];
        path->elbo = elbo[i];
        path->chosen = c->iterate[i];
        path->usable = true;
        memcpy(path->mean, c->g.mean + i * d, d * sizeof(double));
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b <= a; b++)
                path->cov[a * d + b] = path->cov[b * d + a] = num_dot_short(l + a * d, l + b * d, b + 1);
    }
}

/* The Gaussian of the Hessian where the path ended; an earlier path that ended there lends its own. */
static gal_status add_laplace(gal_pathfinder *p, size_t i, const multistart *m, double *ends, candidates *c)
{
    size_t d = p->d, repaired;
    gal_status st = GAL_OK;
    double *z = ends + i * (d + d * d), *cov = z + d, lnz, *scale = GAL_NEWN(double, d);
    bool known = false;
    if (!scale)
        return GAL_ENOMEM;
    multistart_point(m, i, z);
    for (size_t j = 0; j < i && !known; j++) {
        const double *e = ends + j * (d + d * d);
        known = e[d] > 0; /* has a covariance */
        for (size_t k = 0; k < d; k++)
            known &= fabs(e[k] - z[k]) < 0.02 * sqrt(e[d + k * d + k]);
        if (known)
            memcpy(cov, e + d, d * d * sizeof *cov);
    }
    if (!known) {
        GAL_TRY(gal_space_scale(p->space, 1, z, scale));
        st = gal_laplace(p->space, z, scale, -m->run[i].f, cov, &lnz, &repaired);
    }
    if (st == GAL_OK)
        st = gmix_add(&c->g, z, cov, 0);
    if (st == GAL_OK)
        c->iterate[c->g.n - 1] = m->run[i].iterations + 1;
    if (st == GAL_EMATH || st == GAL_EDOMAIN) {
        cov[0] = 0;
        st = GAL_OK;
    }
out:
    gal_free(scale);
    return st;
}

static gal_status one_path(gal_pathfinder *p, size_t i, const multistart *m, const track *t, double *ends)
{
    size_t d = p->d, room = t->n + 1;
    gal_status st = GAL_OK;
    gal_path *path = &p->path[i];
    candidates c = {.iterate = GAL_NEWN(size_t, room)};
    double *elbo = GAL_NEWN(double, 2 * room);
    if (!c.iterate || !elbo)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gmix_init(&c.g, d, room));
    path->iterations = m->run[i].iterations;
    path->lnp = -m->run[i].f;
    GAL_TRY(collect(p, t, m->scale + i * d, &c));
    if (!p->opt.no_laplace)
        GAL_TRY(add_laplace(p, i, m, ends, &c));
    GAL_TRY(bounds(p, i, &c, elbo, elbo + room));
    choose(path, d, &c, elbo, elbo + room);
out:
    gmix_clear(&c.g);
    gal_free(c.iterate);
    gal_free(elbo);
    return st;
}

static gal_status mixture(gal_pathfinder *p)
{
    gal_status st = GAL_OK;
    gmix g = {0};
    double top = -INFINITY;
    size_t n = p->opt.paths, k = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, p->path[i].elbo);
    if (!(top > -INFINITY))
        return gal_fail(GAL_EMATH, "pathfinder: none of %zu paths gave a Gaussian; use a nested sampler or SMC", n);
    GAL_TRY(gmix_init(&g, p->d, n));
    for (size_t i = 0; i < n; i++) /* a floor, so that a path with a poor bound can still be found important */
        if (p->path[i].usable)
            GAL_TRY(gmix_add(&g, p->path[i].mean, p->path[i].cov, log(exp(p->path[i].elbo - top) + 1e-3)));
    gmix_normalise(&g);
    for (size_t i = 0; i < n; i++)
        p->path[i].weight = p->path[i].usable ? exp(g.lnw[k++]) : 0;
    GAL_TRY(
        gmix_importance(&g, p->space, p->opt.draws, p->opt.seed, p->opt.source, WHO_PATHFINDER, &p->draws, &p->imp));
out:
    gmix_clear(&g);
    return st;
}

static gal_status work(gal_pathfinder *p)
{
    size_t d = p->d, n = p->opt.paths;
    gal_status st = GAL_OK;
    multistart m = {0};
    lbfgs_opt lo = lbfgs_default();
    double *z = GAL_NEWN(double, n *d), *ends = GAL_NEWN(double, n *(d + d * d));
    track *t = GAL_NEWN(track, n);
    lo.history = p->opt.history;
    lo.max_iterations = p->opt.max_iterations;
    if (!z || !ends || !t)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        t[i].d = d;
    GAL_TRY(gal_space_start(p->space, n, 0, p->opt.seed, p->opt.source, z));
    GAL_TRY(multistart_init(&m, p->space, n, z, &lo, record, t));
    GAL_TRY(multistart_run(&m, record, t, p->goal->progress, p->goal->progress_ctx));
    for (size_t i = 0; i < n; i++)
        GAL_TRY(one_path(p, i, &m, &t[i], ends));
    GAL_TRY(mixture(p));
out:
    for (size_t i = 0; t && i < n; i++)
        gal_free(t[i].w);
    gal_free(t);
    gal_free(z);
    gal_free(ends);
    multistart_free(&m);
    return st;
}

/* ------------------------------------------------------------------ the class */
/* A run begins anew, and is one step. */
static gal_status begin(void *obj, const void *goal)
{
    gal_pathfinder *p = obj;
    (void)goal;
    clear(p);
    p->seconds = 0;
    p->evaluations = 0;
    return GAL_OK;
}

static gal_status step(void *obj, const void *goal, bool *done)
{
    gal_pathfinder *p = obj;
    size_t before = gal_space_evaluations(p->space);
    gal_status st = work(p);
    (void)goal;
    p->evaluations = gal_space_evaluations(p->space) - before;
    if (st != GAL_OK)
        return st;
    bool good = p->imp.khat <= 0.7;
    p->end = good ? GAL_RUN_APPROXIMATE : GAL_RUN_LIMIT;
    snprintf(p->why, sizeof p->why, "%s: %zu paths, Pareto k %.2f%s", good ? "approximate" : "not converged",
             p->opt.paths, p->imp.khat,
             good ? ": weights that do not show what the Gaussians miss; nested sampling or SMC confirm them"
                  : " > 0.7: the draws cannot be trusted, use a nested sampler, NUTS or SMC");
    *done = true;
    return GAL_OK;
}

static gal_status draws(const void *obj, gal_draw_set *out)
{
    const gal_pathfinder *p = obj;
    const gal_draws *w = &p->draws;
    *out = (gal_draw_set){w->n, 1, w->theta, w->lnprior, w->lnlike, w->blob, w->lnw, p->imp.ess};
    return GAL_OK;
}

static const void *paths(const void *obj, size_t *n)
{
    const gal_pathfinder *p = obj;
    *n = p->opt.paths;
    return p->path;
}

static void keep_paths(bytes *b, void *obj)
{
    gal_pathfinder *p = obj;
    for (size_t i = 0; i < p->opt.paths; i++) {
        gal_path *q = &p->path[i];
        bytes_words(b, q->mean, p->d + p->d * p->d);
        bytes_f64(b, &q->elbo);
        bytes_f64(b, &q->lnp);
        bytes_f64(b, &q->weight);
        bytes_size(b, &q->iterations);
        bytes_size(b, &q->chosen);
        bytes_flag(b, &q->usable);
    }
    keep_draws(b, &p->draws, p->d, p->nb, p->opt.draws);
}

#define S struct gal_pathfinder
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB,
    OPTION(SIZE, GAL_STATE, "paths", opt.paths, 8, 1, 10000, "(8) paths, each from a draw of the prior"),
    OPTION(SIZE, GAL_STATE, "draws", opt.draws, 1000, 10, 1e7, "(1000) of the mixture"),
    OPTION(SIZE, GAL_STATE, "elbo_draws", opt.elbo_draws, 25, 2, 100000, "(25) per iterate, to judge its Gaussian"),
    OPTION(SIZE, GAL_STATE, "history", opt.history, 6, 1, 100, "(6) steps that make a Gaussian"),
    OPTION(SIZE, GAL_STATE, "max_iterations", opt.max_iterations, 1000, 1, 1e6, "(1000) per path"),
    OPTION(UNLESS, GAL_STATE, "laplace", opt.no_laplace, 1, 0, 1, "(true) the Gaussian of the Hessian at the end of a path competes"),
    OPTION(FLAG, GAL_STATE, "numerical", opt.numerical, 0, 0, 1, "(false) central differences even where the model has gradients"),
    OPTION_SEED(GAL_STATE, opt.seed), OPTION_SOURCE(GAL_STATE, opt.source), READY, KEEP_BY(keep_paths),
    SHOW(SIZE, GAL_SHOWN, "npaths", NULL, opt.paths, "paths"),
    SHOW_IMPORTANCE(GAL_STATE | SHOW_ALL), KEEP(REAL, seconds), KEEP(SIZE, evaluations), KEEP(INT, end), KEEP_CHARS(why), SHOW_SPACE,
    {0},
};
#define COLUMN(kind, name, file, about, m) {GAL_C_##kind, offsetof(gal_path, m), name, file, about}
static const gal_item COLUMNS[] = {
    COLUMN(VECTOR, "mean", NULL, NULL, mean), COLUMN(MATRIX, "cov", NULL, NULL, cov),
    COLUMN(REAL, "elbo", "elbo", "evidence lower bound", elbo), COLUMN(REAL, "lnp", "lnp", "at the end of the path", lnp),
    COLUMN(REAL, "weight", "weight", "in the mixture", weight), COLUMN(SIZE, "iterations", "iterations", NULL, iterations),
    COLUMN(SIZE, "chosen", NULL, NULL, chosen), {0},
};
/* clang-format on */
static const gal_item_list PATHS = {
    .name = "paths",
    .doc = "Per path: mean and cov (unconstrained coordinates), elbo, lnp at its end, weight in the mixture, "
           "iterations, chosen (iterate; one more than iterations: the Hessian at the end).",
    .group = "paths",
    .dim = "path",
    .row = sizeof(gal_path),
    .column = COLUMNS,
    .rows = paths};

const gal_sampler_class gal_pathfinder_class = {
    .name = "pathfinder",
    .title = "the pathfinder",
    .doc = "Gaussians along climbing paths, weighted draws of their mixture.",
    .make = "Pathfinder (Zhang et al. 2022); then :run{}.",
    .run_doc = "Climbs, chooses a Gaussian for each path, draws; from the beginning each time. A run is one step: too "
               "short to be checkpointed.",
    .magic = 0x314854505f4c4147ull, /* "GAL_PTH1" */
    .field = FIELD,
    .list = &PATHS,
    .size = sizeof(struct gal_pathfinder),
    .opt_at = AT(opt),
    .opt_size = sizeof(gal_pathfinder_opt),
    .goal_size = sizeof(gal_goal),
    .kind = GAL_DRAWS_WEIGHTED,
    .open = create,
    .close = destroy,
    .begin = begin,
    .step = step,
    .draws = draws,
};

/* ------------------------------------------------------------------ as a start of NUTS */
/* Draw number i of a path's Gaussian that has a probability; its mean when a hundred have none */
static gal_status draw_path(const gal_pathfinder *p, const gal_path *path, uint64_t i, double *z)
{
    gmix g;
    double lnp = -INFINITY;
    gal_status st = gmix_init(&g, p->d, 1);
    if (st == GAL_OK)
        st = gmix_add(&g, path->mean, path->cov, 0);
    for (uint64_t k = 0; st == GAL_OK && k < 100 && !(lnp > -INFINITY); k++) {
        gmix_draw(&g, p->opt.seed, p->opt.source, WHO_CHAINS, i << 32 | k, z);
        st = gal_space_eval(p->space, 1, z, &lnp, NULL, NULL, NULL, NULL);
    }
    if (st == GAL_OK && !(lnp > -INFINITY))
        memcpy(z, path->mean, p->d * sizeof *z);
    gmix_clear(&g);
    return st;
}

/* Chains begin on different paths, so that modes which paths found apart from each other show in R-hat, whatever the weights of the mixture say of them. */
gal_status gal_nuts_start_pathfinder(gal_nuts *n, const gal_pathfinder *p)
{
    size_t d = p->d, C = n->C, best = 0, np = 0, row[256];
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, C *d);
    if (!z)
        return GAL_ENOMEM;
    if (p->draws.n == 0)
        GAL_THROW(GAL_EINVAL, "nuts: the pathfinder has not been run");
    if (C > sizeof row / sizeof *row)
        GAL_THROW(GAL_EINVAL, "nuts: %zu chains, at most %zu can start from a pathfinder", C, sizeof row / sizeof *row);
    for (size_t i = 1; i < p->opt.paths; i++)
        best = p->path[i].elbo > p->path[best].elbo ? i : best;
    for (size_t i = 0; i < p->opt.paths; i++)
        if (p->path[i].usable && p->path[i].elbo > p->path[best].elbo - LESSER)
            row[np++ % (sizeof row / sizeof *row)] = i;
    for (size_t i = 0; i < C; i++)
        GAL_TRY(draw_path(p, &p->path[row[i % np]], i, z + i * d));
    GAL_TRY(gal_nuts_start_gaussian(n, z, p->imp.khat <= 0.7 ? p->path[best].cov : NULL));
out:
    gal_free(z);
    return st;
}
