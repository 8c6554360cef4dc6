/* SMC: creation, the pool, levels, moves; see galua/smc.h. One move of all active particles is one step: all or nothing. */
#include "galua/smc.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gmix.h"
#include "infer/target/purpose.h"
#include "smc_int.h"
#include "grow.h"
#include "infer/target/transform_int.h"

#define MAX_BATCHES 100 /* of prior draws, to find points that are not forbidden */
#define FORGOTTEN   0.1 /* rank correlation of ln L with its start */
#define TARGET      0.234

/* ------------------------------------------------------------------ creation */
static size_t smc_prior_count(const gal_smc *s)
{
    return 2 * s->opt.particles;
}

static gal_status smc_alloc(gal_smc *s)
{
    size_t a = s->opt.active, d = s->d, nb = s->nb;
    size_t big = a > smc_prior_count(s) ? a : smc_prior_count(s);
    double *m = s->cz = GAL_NEWN(double, a *(2 * d + nb + 5) + big * (2 * d + nb + 5) + d + d * d);
    s->cfamily = GAL_NEWN(uint64_t, a);
    s->row = GAL_NEWN(size_t, a);
    if (!m || !s->cfamily || !s->row)
        return GAL_ENOMEM;
    double **part[] = {&s->cz,      &s->ctheta, &s->cblob, &s->clnprior, &s->clnlike,     &s->clnn,
                       &s->cdist,   &s->cl0,    &s->yz,    &s->ytheta,   &s->yblob,       &s->ylnprior,
                       &s->ylnlike, &s->ylnp,   &s->ydist, &s->yu,       &s->kernel.mean, &s->kernel.chol};
    size_t len[] = {a * d, a * d, a * nb, a, a, a, a, a, big * d, big * d, big * nb, big, big, big, big, big, d, d * d};
    for (size_t i = 0; i < sizeof len / sizeof *len; i++) {
        *part[i] = m;
        m += len[i];
    }
    s->kernel.d = d;
    return GAL_OK;
}

gal_status smc_open(void *obj)
{
    gal_smc *s = obj;
    gal_smc_opt *o = &s->opt;
    gal_status st;
    o->particles = o->particles ? o->particles : s->d > 10 ? 2048 : 1024;
    o->active = o->active ? o->active : o->particles / 2;
    s->want = o->ess = o->ess > 0 ? o->ess : 4. * (double)o->particles;
    o->accept = o->accept > 0 ? o->accept : 6;
    o->max_steps = o->max_steps ? o->max_steps : 100 + 20 * s->d;
    s->sigma = fmin(2.38 / sqrt((double)s->d), 0.99);
    s->imp = (gal_importance){NAN, NAN, NAN, NAN};
    if (o->active < 4 * s->d || o->particles < 32)
        return gal_fail(
            GAL_EINVAL,
            "smc: %zu particles, %zu of them moved per level, are too few for %zu parameters; use at least %zu",
            o->particles, o->active, s->d, 8 * s->d > 32 ? 8 * s->d : 32);
    if ((st = gal_space_create(&s->space, s->t, true)) != GAL_OK)
        return st;
    if (!gal_space_probit(s->space))
        return gal_fail(GAL_EUNSUP, "smc: the target cannot draw from its prior");
    return smc_alloc(s);
}

void smc_close(void *obj)
{
    gal_smc *s = obj;
    void *all[] = {s->z,      s->theta, s->lnprior, s->lnlike, s->blob,    s->lns,
                   s->family, s->level, s->first,   s->cz,     s->cfamily, s->row};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    gal_draws_clear(&s->draws);
}

/* ------------------------------------------------------------------ pool */
gal_status smc_make_room(gal_smc *s, size_t more, size_t levels)
{
    gal_status st = GAL_OK;
    size_t n = s->n + more, l = s->nlevel + levels;
    if (n > s->room) {
        n = n > 2 * s->room ? n : 2 * s->room;
        GAL_TRY(GAL_GROW(s->z, n * s->d));
        GAL_TRY(GAL_GROW(s->theta, n * s->d));
        GAL_TRY(GAL_GROW(s->lnprior, n));
        GAL_TRY(GAL_GROW(s->lnlike, n));
        GAL_TRY(GAL_GROW(s->lns, n));
        GAL_TRY(GAL_GROW(s->blob, n * s->nb));
        GAL_TRY(GAL_GROW(s->family, n));
        s->room = n;
    }
    if (l > s->level_room) {
        l = l > 64 ? 2 * l : 64;
        GAL_TRY(GAL_GROW(s->level, l));
        GAL_TRY(GAL_GROW(s->first, l + 1));
        s->level_room = l;
    }
out:
    return st;
}

/* Row j of the arrays given becomes pool point number s->n. */
static void append(gal_smc *s, const double *z, const double *theta, double lnprior, double lnlike, const double *blob,
                   uint64_t family)
{
    size_t i = s->n++, d = s->d;
    memcpy(s->z + i * d, z, d * sizeof *z);
    memcpy(s->theta + i * d, theta, d * sizeof *z);
    memcpy(s->blob + i * s->nb, blob, s->nb * sizeof *z);
    s->lnprior[i] = lnprior;
    s->lnlike[i] = lnlike;
    s->family[i] = family;
    s->lns[i] = -INFINITY;
    for (size_t l = 0; l < s->nlevel; l++) {
        const gal_smc_level *v = &s->level[l];
        double a[2] = {s->lns[i], log((double)v->n) + v->beta * lnlike - v->lnz};
        s->lns[i] = logsumexp(a, 2);
    }
}

/* A level of n points has been added behind the pool points before `first`: they count it too. */
static void count_level(gal_smc *s, const gal_smc_level *v, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        double a[2] = {s->lns[i], log((double)v->n) + v->beta * s->lnlike[i] - v->lnz};
        s->lns[i] = logsumexp(a, 2);
    }
}

double smc_weights(const gal_smc *s, double beta, double *lnw, double *ess)
{
    double top = -INFINITY, sum = 0, sum2 = 0;
    for (size_t i = 0; i < s->n; i++) {
        lnw[i] = beta * s->lnlike[i] - s->lns[i];
        top = fmax(top, lnw[i]);
    }
    for (size_t i = 0; i < s->n; i++) {
        double w = exp(lnw[i] - top);
        sum += w;
        sum2 += w * w;
    }
    *ess = sum2 > 0 ? sum * sum / sum2 : 0;
    return sum > 0 ? top + log(sum) : -INFINITY;
}

/* ------------------------------------------------------------------ the prior */
static gal_status draw_prior(gal_smc *s)
{
    size_t d = s->d, m = smc_prior_count(s), need = s->opt.particles / 2;
    gal_status st;
    size_t keep = s->drawn;
    if ((st = smc_make_room(s, m, 1)) != GAL_OK)
        return st;
    for (size_t i = 0; i < m; i++) {
        gal_rng r;
        gal_rng_init(&r, s->opt.seed, RNG_SMC_PRIOR, s->opt.source, 0, s->drawn + i);
        for (size_t k = 0; k < d; k++)
            s->yz[i * d + k] = gsl_cdf_ugaussian_Pinv(gal_rng_uniform(&r));
    }
    if ((st = gal_space_eval(s->space, m, s->yz, s->ylnp, s->ytheta, s->ylnprior, s->ylnlike,
                             s->nb ? s->yblob : NULL)) != GAL_OK)
        return st;
    for (size_t i = 0; i < m; i++)
        if (s->ylnp[i] > -INFINITY)
            append(s, s->yz + i * d, s->ytheta + i * d, s->ylnprior[i], s->ylnlike[i], s->yblob + i * s->nb, keep + i);
    s->drawn += m;
    if (s->n < need && s->drawn < MAX_BATCHES * m)
        return GAL_OK; /* more */
    if (s->n < need)
        return gal_fail(
            GAL_EMATH,
            "smc: only %zu of %zu draws of the prior have finite probability, at least %zu are needed; check the data "
            "against the range of the model",
            s->n, s->drawn, need);
    s->total = s->drawn;
    s->first[0] = 0;
    s->level[0] = (gal_smc_level){.n = s->drawn, .ess = (double)s->n, .acceptance = 1, .sigma = NAN, .nu = NAN};
    s->nlevel = 1;
    count_level(s, &s->level[0], s->n);
    s->phase = SMC_CHOOSE;
    return GAL_OK;
}

/* ------------------------------------------------------------------ the next level */
static double next_beta(const gal_smc *s, double *lnw, double *lnz, double *ess)
{
    double lo = s->level[s->nlevel - 1].beta, hi = 1, want = fmin((double)s->opt.particles, 0.7 * (double)s->n);
    *lnz = smc_weights(s, 1, lnw, ess);
    if (*ess >= want || lo >= 1)
        return 1;
    for (int i = 0; i < 100 && hi - lo > 1e-9 * hi; i++) {
        /* beta starts many decades below 1 */
        double mid = lo > 0 ? 0.5 * (lo + hi) : hi > 1e-12 ? hi * 0.1 : 0.5 * hi;
        smc_weights(s, mid, lnw, ess);
        *(*ess >= want ? &lo : &hi) = mid;
    }
    double beta = lo > s->level[s->nlevel - 1].beta ? lo : hi;
    *lnz = smc_weights(s, beta, lnw, ess);
    return beta;
}

static gal_status choose(gal_smc *s)
{
    size_t d = s->d, a = s->opt.active, m = 0;
    gal_status st = GAL_OK;
    double *lnw = GAL_NEWN(double, 2 * s->n), *fz = GAL_NEWN(double, s->n *d), sum = 0, *w;
    gal_draws pick = {.n = s->n, .lnw = lnw};
    gal_rng r;
    if (!lnw || !fz)
        GAL_TRY(GAL_ENOMEM);
    w = lnw + s->n;
    s->next_beta = next_beta(s, lnw, &s->next_lnz, &s->next_ess);
    for (size_t i = 0; i < s->n; i++)
        lnw[i] -= s->next_lnz;
    /* the kernel from the points that carry weight */
    for (size_t i = 0; i < s->n; i++) {
        if (!(lnw[i] > log(1e-2 / (double)s->n)))
            continue;
        w[m] = exp(lnw[i]);
        sum += w[m];
        memcpy(fz + m++ * d, s->z + i * d, d * sizeof *fz);
    }
    for (size_t i = 0; i < m; i++)
        w[i] /= sum;
    GAL_TRY(student_fit(&s->kernel, m, fz, w));
    gal_rng_init(&r, s->opt.seed, RNG_SMC_RESAMPLE, s->opt.source, s->nlevel, 0);
    gal_draws_pick(&pick, gal_rng_uniform(&r), a, s->row);
    double *work = s->yu;
    for (size_t i = 0; i < a; i++) {
        size_t j = s->row[i];
        memcpy(s->cz + i * d, s->z + j * d, d * sizeof(double));
        memcpy(s->ctheta + i * d, s->theta + j * d, d * sizeof(double));
        memcpy(s->cblob + i * s->nb, s->blob + j * s->nb, s->nb * sizeof(double));
        s->clnprior[i] = s->lnprior[j];
        s->clnlike[i] = s->cl0[i] = s->lnlike[j];
        s->clnn[i] = space_lnprior(s->space, s->z + j * d);
        s->cdist[i] = student_distance(&s->kernel, s->cz + i * d, work);
        s->cfamily[i] = s->family[j];
    }
    s->step = 0;
    s->accepted = 0;
    s->phase = SMC_MOVE;
out:
    gal_free(lnw);
    gal_free(fz);
    return st;
}

/* ------------------------------------------------------------------ moves */
typedef struct {
    double v;
    size_t i;
} item;

static int ascending(const void *a, const void *b)
{
    const item *p = a, *q = b;
    return p->v < q->v ? -1 : p->v > q->v ? 1 : p->i < q->i ? -1 : p->i > q->i;
}

static void ranks(size_t n, const double *x, item *s, double *r)
{
    for (size_t i = 0; i < n; i++)
        s[i] = (item){x[i], i};
    qsort(s, n, sizeof *s, ascending);
    for (size_t i = 0; i < n;) { /* ties share their mean rank */
        size_t j = i;
        while (j < n && s[j].v == s[i].v)
            j++;
        for (size_t k = i; k < j; k++)
            r[s[k].i] = 0.5 * (double)(i + j - 1);
        i = j;
    }
}

/* Spearman's rank correlation; 0 when one of them is constant */
static gal_status rank_correlation(size_t n, const double *a, const double *b, double *out)
{
    item *s = GAL_NEWN(item, n);
    double *r = GAL_NEWN(double, 2 * n), m = 0.5 * (double)(n - 1), ab = 0, aa = 0, bb = 0;
    gal_status st = s && r ? GAL_OK : GAL_ENOMEM;
    if (st == GAL_OK) {
        ranks(n, a, s, r);
        ranks(n, b, s, r + n);
        for (size_t i = 0; i < n; i++) {
            ab += (r[i] - m) * (r[n + i] - m);
            aa += (r[i] - m) * (r[i] - m);
            bb += (r[n + i] - m) * (r[n + i] - m);
        }
        *out = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
    }
    gal_free(s);
    gal_free(r);
    return st;
}

/* Step s->step has been made: have the particles forgotten where they came from? */
static gal_status forgotten(const gal_smc *s, bool *out)
{
    double rho = 1;
    *out = false;
    if (s->accepted < s->opt.accept)
        return GAL_OK;
    gal_status st = rank_correlation(s->opt.active, s->cl0, s->clnlike, &rho);
    *out = fabs(rho) < FORGOTTEN;
    return st;
}

/* y = mean + sqrt(1 - sigma^2)(z - mean) + sigma sqrt(s) L xi, s from the inverse gamma law that makes the t invariant */
static void propose(const gal_smc *s, size_t i, double *y, double *u)
{
    size_t d = s->d;
    const student *t = &s->kernel;
    const double *z = s->cz + i * d;
    gal_rng r;
    gal_rng_init(&r, s->opt.seed, RNG_SMC_MOVE, s->opt.source, (uint64_t)s->nlevel << 32 | s->step, i);
    double scale = s->sigma * sqrt(0.5 * (t->nu + s->cdist[i]) / gamma_draw(&r, 0.5 * ((double)d + t->nu)));
    double keep = sqrt(1 - s->sigma * s->sigma);
    for (size_t k = 0; k < d; k++)
        y[k] = t->mean[k] + keep * (z[k] - t->mean[k]);
    for (size_t j = 0; j < d; j++) {
        double xi = scale * gal_rng_normal(&r);
        for (size_t k = j; k < d; k++)
            y[k] += t->chol[k * d + j] * xi;
    }
    *u = log(gal_rng_uniform(&r));
}

static gal_status move(gal_smc *s, bool *ended)
{
    size_t d = s->d, a = s->opt.active, nb = s->nb;
    double half = 0.5 * ((double)d + s->kernel.nu), taken = 0, nu = s->kernel.nu;
    double *work = GAL_NEWN(double, d);
    gal_status st = GAL_OK;
    if (!work)
        return GAL_ENOMEM;
    for (size_t i = 0; i < a; i++)
        propose(s, i, s->yz + i * d, &s->yu[i]);
    GAL_TRY(gal_space_eval(s->space, a, s->yz, s->ylnp, s->ytheta, s->ylnprior, s->ylnlike, nb ? s->yblob : NULL));
    for (size_t i = 0; i < a; i++) {
        const double *y = s->yz + i * d;
        if (!(s->ylnp[i] > -INFINITY))
            continue;
        double lnn = space_lnprior(s->space, y), dist = student_distance(&s->kernel, y, work);
        double ratio = lnn - s->clnn[i] + s->next_beta * (s->ylnlike[i] - s->clnlike[i]) +
                       half * (log1p(dist / nu) - log1p(s->cdist[i] / nu));
        if (!(s->yu[i] < ratio))
            continue;
        taken++;
        memcpy(s->cz + i * d, y, d * sizeof *y);
        memcpy(s->ctheta + i * d, s->ytheta + i * d, d * sizeof *y);
        memcpy(s->cblob + i * nb, s->yblob + i * nb, nb * sizeof *y);
        s->clnprior[i] = s->ylnprior[i];
        s->clnlike[i] = s->ylnlike[i];
        s->clnn[i] = lnn;
        s->cdist[i] = dist;
    }
    double rate = taken / (double)a;
    s->step++;
    s->accepted += rate;
    s->sigma = fmin(s->sigma * exp(2 * (rate - TARGET) / sqrt((double)s->step)), fmin(2.38 / sqrt((double)d), 0.99));
    s->sigma = fmax(s->sigma, 1e-6);
    GAL_TRY(forgotten(s, ended));
    *ended |= s->step >= s->opt.max_steps;
out:
    gal_free(work);
    return st;
}

static gal_status close_level(gal_smc *s)
{
    size_t a = s->opt.active, before = s->n, d = s->d;
    gal_status st = smc_make_room(s, a, 1);
    if (st != GAL_OK)
        return st;
    gal_smc_level v = {.beta = s->next_beta,
                       .lnz = s->next_lnz,
                       .ess = s->next_ess,
                       .acceptance = s->accepted / (double)s->step,
                       .sigma = s->sigma,
                       .nu = s->kernel.nu,
                       .n = a,
                       .steps = s->step};
    count_level(s, &v, before);
    s->first[s->nlevel] = before;
    s->level[s->nlevel++] = v;
    for (size_t i = 0; i < a; i++)
        append(s, s->cz + i * d, s->ctheta + i * d, s->clnprior[i], s->clnlike[i], s->cblob + i * s->nb, s->cfamily[i]);
    s->total += a;
    s->phase = SMC_CHOOSE;
    return GAL_OK;
}

/* At beta = 1 with the wanted effective size? */
static gal_status finished(const gal_smc *s, bool *done)
{
    *done = false;
    if (s->level[s->nlevel - 1].beta < 1)
        return GAL_OK;
    double *lnw = GAL_NEWN(double, s->n), ess;
    if (!lnw)
        return GAL_ENOMEM;
    smc_weights(s, 1, lnw, &ess);
    *done = ess >= s->want;
    gal_free(lnw);
    return GAL_OK;
}

gal_status smc_step(void *obj, const void *goal, bool *done)
{
    gal_smc *s = obj;
    gal_status st = GAL_OK;
    bool ended = false;
    (void)goal;
    if (s->phase == SMC_PRIOR) {
        st = draw_prior(s);
    } else {
        if (s->phase == SMC_CHOOSE) {
            if ((st = finished(s, done)) != GAL_OK)
                return st;
            if (*done) {
                st = s->checked ? GAL_OK : smc_check(s);
                s->evaluations += gal_space_evaluations(s->space) - s->counted;
                s->counted = gal_space_evaluations(s->space);
                s->end = GAL_RUN_CONVERGED;
                return st;
            }
            s->checked = false;
            if ((st = choose(s)) != GAL_OK)
                return st;
        }
        st = move(s, &ended);
        if (st == GAL_OK && ended)
            st = close_level(s);
    }
    if (st != GAL_OK)
        return st;
    s->evaluations += gal_space_evaluations(s->space) - s->counted;
    s->counted = gal_space_evaluations(s->space);
    if (s->opt.max_evaluations > 0 && s->evaluations - s->first_evaluation >= s->opt.max_evaluations) {
        s->end = GAL_RUN_LIMIT;
        *done = true;
    }
    return st;
}
