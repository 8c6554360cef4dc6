/* Adaptive importance sampling: the pool of draws, its weights, the fit of the next proposal. See galua/importance.h. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "galua/rng.h"
#include "importance_int.h"
#include "grow.h"
#include "infer/target/purpose.h"
#include "infer/target/transform_int.h"

#define REACH 20 /* effective size per parameter that a temperature must have */

static size_t oldest(const gal_importance_sampler *s)
{
    return s->nstage > WINDOW ? s->nstage - WINDOW : 0;
}

/* the first draw of the pool */
static size_t ais_pool_first(const gal_importance_sampler *s)
{
    return s->nstage > 0 ? s->first[oldest(s)] : 0;
}

/* Room grows by a quarter: that of a source which needs many draws is the most that a worker of a catalogue has. */
static size_t grown(size_t room, size_t need)
{
    return need > room + room / 4 ? need : room + room / 4;
}

/* Densities of the pool alone are kept: those of stages that have left it go. */
static gal_status lnq_room(gal_importance_sampler *s, size_t more)
{
    size_t pool = ais_pool_first(s), need;
    if (pool > s->lnq_first) {
        memmove(s->lnq, ais_lnq(s, pool), (s->n - pool) * WINDOW * sizeof *s->lnq);
        s->lnq_first = pool;
    }
    need = s->n - s->lnq_first + more;
    if (need <= s->lnq_rows)
        return GAL_OK;
    size_t rows = grown(s->lnq_rows, need);
    gal_status st = GAL_GROW(s->lnq, rows * WINDOW);
    s->lnq_rows = st == GAL_OK ? rows : s->lnq_rows;
    return st;
}

/* a row a draw, zeros where its stage has left the pool */
void ais_keep_lnq(bytes *b, void *obj)
{
    gal_importance_sampler *s = obj;
    double none[WINDOW] = {0};
    for (size_t i = 0; i < s->n && b->st == GAL_OK; i++)
        bytes_words(b, i < s->lnq_first ? none : ais_lnq(s, i), WINDOW);
}

gal_status ais_make_room(gal_importance_sampler *s, size_t more, size_t stages)
{
    gal_status st = GAL_OK;
    size_t n = s->n + more, l = s->nstage + stages;
    GAL_TRY(lnq_room(s, more));
    if (n > s->room) {
        n = grown(s->room, n);
        GAL_TRY(GAL_GROW(s->z, n * s->part.dim));
        GAL_TRY(GAL_GROW(s->theta, n * s->part.dim));
        GAL_TRY(GAL_GROW(s->lnprior, n));
        GAL_TRY(GAL_GROW(s->lnlike, n));
        GAL_TRY(GAL_GROW(s->lnpi, n));
        GAL_TRY(GAL_GROW(s->own, n));
        GAL_TRY(GAL_GROW(s->blob, n * s->part.next));
        s->room = n;
    }
    if (l > s->stage_room) {
        l = l > 64 ? 2 * l : 64;
        GAL_TRY(GAL_GROW(s->stage, l));
        GAL_TRY(GAL_GROW(s->first, l));
        s->stage_room = l;
    }
out:
    return st;
}

/* ------------------------------------------------------------------ a stage */
/* ln density of stage k at rows from .. from+n-1 */
static gal_status density(gal_importance_sampler *s, size_t k, size_t from, size_t n, double *out)
{
    if (s->q[k % WINDOW].n > 0)
        return gmix_lnpdfs(&s->q[k % WINDOW], n, s->z + from * s->part.dim, out);
    memcpy(out, s->lnpi + from, n * sizeof *out);
    return GAL_OK;
}

/* Columns of the densities: of the new stage k for the pool, of all stages of the pool for the new draws. The column of the stage that leaves the
 * pool is taken by the new one, when all are there. */
static gal_status cross(gal_importance_sampler *s, size_t k, size_t from, size_t m)
{
    size_t keep = k + 1 > WINDOW ? k + 1 - WINDOW : 0, start = k > 0 ? s->first[keep] : from, n = from + m - start;
    double *v = GAL_NEWN(double, n + (k - keep) * m + 1);
    gal_status st = v ? density(s, k, start, n, v) : GAL_ENOMEM;
    for (size_t j = keep; st == GAL_OK && j < k; j++)
        st = density(s, j, from, m, v + n + (j - keep) * m);
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        ais_lnq(s, start + i)[k % WINDOW] = v[i];
    for (size_t j = keep; st == GAL_OK && j < k; j++)
        for (size_t i = 0; i < m; i++)
            ais_lnq(s, from + i)[j % WINDOW] = v[n + (j - keep) * m + i];
    gal_free(v);
    return st;
}

static void draw_prior(const gal_importance_sampler *s, size_t m, double *z)
{
    for (size_t i = 0; i < m; i++) {
        gal_rng r;
        gal_rng_init(&r, s->opt.seed, RNG_AIS_PRIOR, s->opt.source, 0, s->drawn + i);
        for (size_t k = 0; k < s->part.dim; k++)
            z[i * s->part.dim + k] = gsl_cdf_ugaussian_Pinv(gal_rng_uniform(&r));
    }
}

/* Forbidden draws of the prior are counted, not kept; those of later stages keep a place with weight 0. */
static size_t keep_finite(gal_importance_sampler *s, size_t from, size_t m)
{
    size_t to = from, d = s->part.dim, nb = s->part.next;
    for (size_t i = from; i < from + m; i++) {
        if (!(s->lnlike[i] > -INFINITY))
            continue;
        if (to != i) {
            memcpy(s->z + to * d, s->z + i * d, d * sizeof(double));
            memcpy(s->theta + to * d, s->theta + i * d, d * sizeof(double));
            memcpy(s->blob + to * nb, s->blob + i * nb, nb * sizeof(double));
            s->lnprior[to] = s->lnprior[i];
            s->lnlike[to] = s->lnlike[i];
        }
        to++;
    }
    return to - from;
}

gal_status ais_add(gal_importance_sampler *s, gmix *g, size_t m, double beta, double ess_pool, bool blobs)
{
    size_t from = s->n, k = s->nstage, d = s->part.dim, kept = m;
    gal_status st = ais_make_room(s, m, 1);
    double *lnp = GAL_NEWN(double, m);
    if (st != GAL_OK || !lnp)
        GAL_TRY(GAL_ENOMEM);
    if (g)
        gmix_draws(g, s->opt.seed, s->opt.source, k, m, s->z + from * d);
    else
        draw_prior(s, m, s->z);
    GAL_TRY(gal_space_eval(s->space, m, s->z + from * d, lnp, s->theta + from * d, s->lnprior + from, s->lnlike + from,
                           blobs && s->part.next > 0 ? s->blob + from * s->part.next : NULL));
    if (!blobs)
        memset(s->blob + from * s->part.next, 0, m * s->part.next * sizeof(double));
    memset(ais_lnq(s, from), 0, m * WINDOW * sizeof(double));
    for (size_t i = 0; i < m; i++)
        if (!(lnp[i] > -INFINITY))
            s->lnlike[from + i] = -INFINITY;
    if (!g)
        kept = keep_finite(s, from, m);
    for (size_t i = from; i < from + kept; i++)
        s->lnpi[i] = space_lnprior(s->space, s->z + i * d);
    gmix old = s->q[k % WINDOW];
    s->q[k % WINDOW] = g ? *g : (gmix){0};
    if ((st = cross(s, k, from, kept)) !=
        GAL_OK) { /* lnq of the stage that was to leave is lost: nothing else needs it */
        s->q[k % WINDOW] = old;
        goto out;
    }
    gmix_clear(&old);
    for (size_t i = from; i < from + kept; i++)
        s->own[i] = s->lnlike[i] + s->lnpi[i] - ais_lnq(s, i)[k % WINDOW];
    s->first[k] = from;
    s->n = from + kept;
    s->drawn += g ? 0 : m;
    s->stage[k] = (gal_importance_stage){.beta = beta,
                                         .efficiency = ais_kish(s->own + from, kept) / (double)m,
                                         .ess = ess_pool,
                                         .n = m,
                                         .components = g ? g->n : 0};
    s->nstage++;
out:
    gal_free(lnp);
    return st;
}

/* ------------------------------------------------------------------ weights of the pool, and the fit */
/* base[i] = ln pi - ln sum_s n_s q_s */
static void mixture_weights(const gal_importance_sampler *s, size_t first, double *base)
{
    double lnn[WINDOW] = {0};
    size_t lo = oldest(s);
    for (size_t k = lo; k < s->nstage; k++)
        lnn[k % WINDOW] = log((double)s->stage[k].n);
    for (size_t i = first; i < s->n; i++) {
        double top = -INFINITY, sum = 0, f[WINDOW] = {0};
        for (size_t k = lo; k < s->nstage; k++)
            top = fmax(top, f[k - lo] = lnn[k % WINDOW] + ais_lnq(s, i)[k % WINDOW]);
        for (size_t k = lo; k < s->nstage; k++)
            sum += exp(f[k - lo] - top);
        base[i - first] = sum > 0 ? s->lnpi[i] - top - log(sum) : -INFINITY;
    }
}

/* Effective size at beta; w: weights, not normalised */
static double weigh(size_t n, const double *lnl, const double *base, double beta, double *w)
{
    double top = -INFINITY, sum = 0, sum2 = 0;
    for (size_t i = 0; i < n; i++) {
        w[i] = lnl[i] > -INFINITY ? beta * lnl[i] + base[i] : -INFINITY;
        top = fmax(top, w[i]);
    }
    for (size_t i = 0; i < n; i++) {
        w[i] = top > -INFINITY ? exp(w[i] - top) : 0;
        sum += w[i];
        sum2 += w[i] * w[i];
    }
    for (size_t i = 0; i < n && sum > 0; i++)
        w[i] /= sum;
    return sum2 > 0 ? sum * sum / sum2 : 0;
}

/* The largest beta with an effective size of `reach`, near the last one; the one of the largest size when there is none: the size does not fall
 * with beta alone, because the pool holds draws of the last stages only. */
static double choose_beta(size_t n, const double *lnl, const double *base, double reach, double last, double *w,
                          double *ess)
{
    double lo = 0, hi = 1, top = 0, at = 0;
    if ((*ess = weigh(n, lnl, base, 1, w)) >= reach)
        return 1;
    for (double b = last > 0 ? last : 0.1; lo == 0 && b > (last > 0 ? 1e-2 * last : 1e-15); b *= last > 0 ? 0.8 : 0.1) {
        double size = weigh(n, lnl, base, b, w);
        if (size >= reach)
            lo = b;
        else if (size > top)
            top = size, at = b;
        hi = lo > 0 || last > 0 ? hi : b;
    }
    for (int i = 0; lo > 0 && i < 30 && hi - lo > 0.02 * hi; i++) {
        double mid = hi > 10 * lo ? sqrt(lo * hi) : 0.5 * (lo + hi);
        *(weigh(n, lnl, base, mid, w) >= reach ? &lo : &hi) = mid;
    }
    *ess = weigh(n, lnl, base, lo > 0 ? lo : at, w);
    return lo > 0 ? lo : at;
}

gal_status ais_fit(gal_importance_sampler *s, gmix *g)
{
    size_t first = ais_pool_first(s), n = s->n - first, d = s->part.dim, m = 0;
    gal_status st = GAL_OK;
    double *base = GAL_NEWN(double, n *(d + 4) + 1);
    *g = (gmix){0};
    if (!base)
        return GAL_ENOMEM;
    double *w = base + n, *fw = w + n, *fz = fw + n;
    mixture_weights(s, first, base);
    s->beta = choose_beta(n, s->lnlike + first, base, fmin(REACH * s->care * (double)d, 0.7 * (double)n), s->beta, w,
                          &s->ess_pool);
    /* systematically resampled; a draw picked more than once counts so often */
    gal_rng r;
    gal_rng_init(&r, s->opt.seed, RNG_AIS_RESAMPLE, s->opt.source, s->nstage, 0);
    size_t many = (size_t)fmin(fmax(2 * s->ess_pool, 500), 2000);
    double sum = 0, u = gal_rng_uniform(&r);
    for (size_t i = 0, j = 0; i < n; i++) {
        size_t times = 0;
        sum += w[i];
        while (j < many && ((double)j + u) / (double)many < sum)
            j++, times++;
        if (times == 0)
            continue;
        memcpy(fz + m * d, s->z + (first + i) * d, d * sizeof *fz);
        fw[m++] = (double)times / (double)many;
    }
    gmix_fit_opt o = {.k = s->opt.components,
                      .ess = s->ess_pool,
                      .iterations = 30,
                      .seed = s->opt.seed,
                      .source = s->opt.source,
                      .who = s->nstage};
    GAL_TRY(gmix_fit_best(g, d, m, fz, fw, &o, &GMIX_HEAVY));
out:
    gal_free(base);
    return st;
}

gal_status ais_fit_places(const gal_importance_sampler *s, const double *place, gmix *g)
{
    enum { N = AIS_PLACES * AIS_CHAINS };
    double w[N];
    gmix_fit_opt o = {.k = s->opt.components,
                      .ess = 2 * AIS_CHAINS, /* places of one chain are not independent */
                      .iterations = 30,
                      .seed = s->opt.seed,
                      .source = s->opt.source,
                      .who = s->nstage};
    for (size_t i = 0; i < N; i++)
        w[i] = 1. / N;
    return gmix_fit_best(g, s->part.dim, N, place, w, &o, &GMIX_HEAVY);
}

gal_status ais_mixture(const gal_importance_sampler *s, gmix *g)
{
    const gmix *last = &s->best;
    if (last->n == 0 && s->nstage > 0)
        last = &s->q[(s->nstage - 1) % WINDOW];
    return last->n > 0
               ? gmix_copy(g, last)
               : gal_fail(GAL_EMATH, "%zu models are too few to find a mixture; let it have more", s->evaluations);
}
