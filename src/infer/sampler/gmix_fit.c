/* Mixtures of Gaussians fitted to weighted points by EM; see gmix.h. Everything runs in one thread and in one order. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "galua/rng.h"
#include "gmix.h"
#include "gmix_kern.h"
#include "infer/target/purpose.h"
#include "infer/target/transform_int.h"

const gmix_tails GMIX_HEAVY = {.nu = 5, .inflate = 1.1, .wide = 0.15, .far = 4, .prior = 0.05};

#define B         GMIX_BLOCK
#define KMEANS    6 /* iterations */
#define TRIES     3
#define TOLERANCE 1e-3 /* in the mean ln density */

typedef struct em {
    const struct gmix_kern *kern;
    size_t d, n, nblock, k; /* k: rows of resp and of the scratch */
    double ess, n0, lnl;
    const double *w;           /* [n] */
    double *zt, *wt;           /* [nblock][d][B], [nblock][B]: the last block is filled with weights 0 */
    double *mean, *cov, *resp; /* of all points; [nblock][k][B] */
    double *y, *q, *out, *inv, *scratch, *within, *own,
        *keep; /* one block; covariance, mean and share of each component */
} em;

static void em_free(em *e)
{
    gal_free(e->zt);
}

static gal_status em_init(em *e, size_t d, size_t n, const double *z, const double *w, size_t k, double ess)
{
    size_t nb = (n + B - 1) / B;
    *e = (em){.kern = GAL_KERN_PICK(gmix_kern), .d = d, .n = n, .nblock = nb, .k = k, .ess = ess, .w = w};
    e->n0 = (double)(d + 2) / ess;
    e->zt = GAL_NEWN(double, nb *B *(d + 1 + k) + d + d * d + B * (3 * d + 2) + d + d * d + k * (d * d + d + 1));
    if (!e->zt)
        return GAL_ENOMEM;
    e->wt = e->zt + nb * B * d;
    e->resp = e->wt + nb * B;
    e->mean = e->resp + nb * B * k;
    e->cov = e->mean + d;
    e->y = e->cov + d * d;
    e->q = e->y + B * d;
    e->out = e->q + B;
    e->scratch = e->out + B;
    e->inv = e->scratch + 2 * B * d;
    e->within = e->inv + d;
    e->own = e->within + d * d;
    e->keep = e->own + k * d * (d + 1);
    for (size_t i = 0; i < nb * B; i++) {
        size_t from = i < n ? i : n - 1, b = i / B, l = i % B;
        for (size_t j = 0; j < d; j++)
            e->zt[(b * d + j) * B + l] = z[from * d + j];
        e->wt[i] = i < n ? w[i] : 0;
    }
    return GAL_OK;
}

/* Mean and covariance (lower triangle) of the points weighted by r[nblock][stride][B]; returns the sum of r. */
static double moments(em *e, const double *r, size_t stride, double *mean, double *cov)
{
    size_t d = e->d;
    double sum = 0;
    memset(mean, 0, d * sizeof *mean);
    memset(cov, 0, d * d * sizeof *cov);
    for (size_t b = 0; b < e->nblock; b++)
        sum += e->kern->first(d, e->zt + b * d * B, r + b * stride * B, mean);
    if (!(sum > 0))
        return sum;
    for (size_t j = 0; j < d; j++)
        mean[j] /= sum;
    for (size_t b = 0; b < e->nblock; b++)
        e->kern->second(d, e->zt + b * d * B, r + b * stride * B, mean, e->scratch, cov);
    for (size_t j = 0; j < d * d; j++)
        cov[j] /= sum;
    return sum;
}

/* Of all points, widened by a trifle in directions that they do not span. */
static gal_status whole(em *e)
{
    size_t d = e->d;
    double sum = moments(e, e->wt, 1, e->mean, e->cov), trace = 0;
    for (size_t j = 0; j < d; j++)
        trace += e->cov[j * d + j] / (double)d;
    if (!(sum > 0) || !(trace > 0) || !isfinite(trace))
        return gal_fail(GAL_EMATH, "mixture: the %zu points are not finite, or all one", e->n);
    for (size_t j = 0; j < d; j++) {
        e->cov[j * d + j] += 1e-10 * trace;
        for (size_t i = 0; i < j; i++)
            e->cov[i * d + j] = e->cov[j * d + i];
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ start: k-means++ in whitened coordinates */
static double square(size_t d, const double *a, const double *b, double most)
{
    double s = 0;
    for (size_t j = 0; j < d && s < most; j++)
        s += (a[j] - b[j]) * (a[j] - b[j]);
    return s;
}

/* centres[k][d] among the whitened points x: each the best of TRIES draws with probability w dist (greedy k-means++). dist[n] is scratch. */
static void seed_centres(const em *e, size_t k, const double *x, double *dist, double *centre, const gmix_fit_opt *o)
{
    size_t d = e->d, n = e->n;
    gal_rng r;
    gal_rng_init(&r, o->seed, RNG_GMIX_KMEANS, o->source, o->who, k);
    for (size_t i = 0; i < n; i++)
        dist[i] = 1;
    for (size_t c = 0; c < k; c++) {
        double all = 0, least = INFINITY;
        size_t best = 0;
        for (size_t i = 0; i < n; i++)
            all += e->w[i] * dist[i];
        for (int t = 0; t < TRIES; t++) {
            double u = all * gal_rng_uniform(&r), left = 0;
            size_t pick = 0;
            for (; pick + 1 < n && (u -= e->w[pick] * dist[pick]) > 0; pick++)
                continue;
            for (size_t i = 0; i < n; i++) {
                double most = c == 0 ? INFINITY : dist[i];
                left += e->w[i] * fmin(square(d, x + i * d, x + pick * d, most), most);
            }
            best = left < least ? pick : best;
            least = fmin(least, left);
        }
        memcpy(centre + c * d, x + best * d, d * sizeof *x);
        for (size_t i = 0; i < n; i++) {
            double most = c == 0 ? INFINITY : dist[i];
            dist[i] = fmin(square(d, x + i * d, centre + c * d, most), most);
        }
    }
}

static gal_status kmeans(em *e, size_t k, const gmix_fit_opt *o)
{
    size_t d = e->d, n = e->n;
    double *x = GAL_NEWN(double, n *(d + 1) + k * (2 * d + 1) + d * d);
    size_t *label = GAL_NEWN(size_t, n);
    gal_status st = x && label ? GAL_OK : GAL_ENOMEM;
    double *dist = x + n * d, *centre = dist + n, *sum = centre + k * d, *weight = sum + k * d, *l = weight + k;
    if (st == GAL_OK) {
        memcpy(l, e->cov, d * d * sizeof *l);
        st = gal_cholesky(l, d);
    }
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        for (size_t a = 0; a < d; a++) {
            double v = e->zt[(i / B * d + a) * B + i % B] - e->mean[a];
            for (size_t b = 0; b < a; b++)
                v -= l[a * d + b] * x[i * d + b];
            x[i * d + a] = v / l[a * d + a];
        }
    if (st == GAL_OK)
        seed_centres(e, k, x, dist, centre, o);
    for (int it = 0; st == GAL_OK && it < KMEANS; it++) {
        memset(sum, 0, k * (d + 1) * sizeof *sum);
        for (size_t i = 0; i < n; i++) {
            double best = INFINITY;
            for (size_t c = 0; c < k; c++) {
                double s = square(d, x + i * d, centre + c * d, best);
                if (s < best) {
                    best = s;
                    label[i] = c;
                }
            }
            weight[label[i]] += e->w[i];
            for (size_t a = 0; a < d; a++)
                sum[label[i] * d + a] += e->w[i] * x[i * d + a];
        }
        for (size_t c = 0; c < k; c++)
            for (size_t a = 0; a < d && weight[c] > 0; a++)
                centre[c * d + a] = sum[c * d + a] / weight[c];
    }
    if (st == GAL_OK) {
        memset(e->resp, 0, e->nblock * e->k * B * sizeof *e->resp);
        for (size_t i = 0; i < n; i++)
            e->resp[(i / B * e->k + label[i]) * B + i % B] = e->w[i];
    }
    gal_free(x);
    gal_free(label);
    return st;
}

/* ------------------------------------------------------------------ EM */
/* resp = w times the probabilities of the components; lnl */
static void expect(em *e, const gmix *g)
{
    size_t d = e->d;
    double lnl = 0;
    for (size_t b = 0; b < e->nblock; b++) {
        double *r = e->resp + b * e->k * B;
        for (size_t c = 0; c < g->n; c++) {
            const double *l = g->chol + c * d * d;
            for (size_t j = 0; j < d; j++)
                e->inv[j] = 1 / l[j * d + j];
            e->kern->distance(d, e->zt + b * d * B, g->mean + c * d, l, e->inv, e->y, e->q);
            e->kern->shape(e->q, g->lnw[c] - g->lndet[c] - (double)d * LN_SQRT_2PI, 0, 0, 1, r + c * B);
        }
        e->kern->softmax(g->n, r, e->out);
        for (size_t l = 0; l < B; l++) {
            double w = e->wt[b * B + l];
            lnl += w * e->out[l];
            for (size_t c = 0; c < g->n; c++)
                r[c * B + l] *= w;
        }
    }
    e->lnl = lnl;
}

/* Components from resp of `rows` of them; those with too little are dropped, the heaviest never. Each covariance is drawn to the mean of all
 * and, with a tenth of that strength, to the shrunken one of all points. */
static gal_status maximise(em *e, gmix *g, size_t rows)
{
    size_t d = e->d, heaviest = 0;
    double least = fmax(2, 0.2 * (double)d) / e->ess, shrink = 0.1 * 0.5 * pow((double)rows, -2. / (double)d), all = 0;
    memset(e->within, 0, d * d * sizeof *e->within);
    for (size_t c = 0; c < rows; c++) {
        double *s = e->own + c * d * (d + 1), sum = moments(e, e->resp + c * B, e->k, s + d * d, s);
        e->keep[c] = sum;
        heaviest = sum > e->keep[heaviest] ? c : heaviest;
        all += sum;
        for (size_t j = 0; j < d * d; j++)
            e->within[j] += sum * s[j];
    }
    g->n = 0;
    for (size_t c = 0; c < rows; c++) {
        double sum = e->keep[c], *s = e->own + c * d * (d + 1);
        if (sum < least && c != heaviest)
            continue;
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b <= a; b++)
                s[a * d + b] = s[b * d + a] =
                    (sum * s[a * d + b] + e->n0 * (e->within[a * d + b] / all + shrink * e->cov[a * d + b])) /
                    (sum + e->n0 * (1 + 0.1));
        gal_status st = gmix_add(g, s + d * d, s, log(sum));
        if (st != GAL_OK && c == heaviest) /* all points instead */
            st = gmix_add(g, e->mean, e->cov, log(sum));
        if (st == GAL_EMATH)
            gal_error_clear();
    }
    if (g->n == 0)
        return gal_fail(GAL_EMATH, "mixture: the covariance of %zu points is not positive definite", e->n);
    gmix_normalise(g);
    return GAL_OK;
}

static gal_status iterate(em *e, gmix *g, const gmix_fit_opt *o, size_t k)
{
    gal_status st = GAL_OK;
    size_t rows = k;
    double old = -INFINITY;
    if (o->from) {
        rows = o->from->n;
        expect(e, o->from);
    } else {
        st = kmeans(e, k, o);
    }
    for (size_t it = 0; st == GAL_OK && it < o->iterations; it++) {
        if ((st = maximise(e, g, rows)) != GAL_OK)
            break;
        rows = g->n;
        expect(e, g);
        if (e->lnl - old < TOLERANCE)
            break;
        old = e->lnl;
    }
    return st;
}

gal_status gmix_fit(gmix *g, size_t d, size_t n, const double *z, const double *w, const gmix_fit_opt *o, double *lnl)
{
    gal_status st = GAL_OK;
    em e = {0};
    size_t k = o->from && o->from->n > o->k ? o->from->n : o->k;
    *g = (gmix){0};
    GAL_TRY(em_init(&e, d, n, z, w, k, o->ess));
    GAL_TRY(whole(&e));
    GAL_TRY(gmix_init(g, d, k));
    GAL_TRY(iterate(&e, g, o, k));
    *lnl = e.lnl;
out:
    em_free(&e);
    if (st != GAL_OK)
        gmix_clear(g);
    return st;
}

/* Mean ln density, with the tails, of the points of one half in the mixture fitted to the other; both ways. */
static gal_status held_out(size_t d, const size_t m[2], double *const z[2], double *const w[2], const gmix_fit_opt *o,
                           const gmix_tails *tails, double *score)
{
    gal_status st = GAL_OK;
    *score = 0;
    for (int h = 0; h < 2 && st == GAL_OK; h++) {
        gmix g;
        double lnl, *lnq = GAL_NEWN(double, m[!h]);
        st = lnq ? gmix_fit(&g, d, m[h], z[h], w[h], o, &lnl) : GAL_ENOMEM;
        if (st == GAL_OK) {
            g.tails = *tails;
            st = gmix_lnpdfs(&g, m[!h], z[!h], lnq);
            for (size_t i = 0; i < m[!h]; i++)
                *score += 0.5 * w[!h][i] * lnq[i];
            gmix_clear(&g);
        }
        gal_free(lnq);
    }
    return st;
}

gal_status gmix_fit_best(gmix *g, size_t d, size_t n, const double *z, const double *w, const gmix_fit_opt *o,
                         const gmix_tails *tails)
{
    static const size_t K[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
    gal_status st = GAL_OK;
    gmix_fit_opt f = *o;
    double *mem = GAL_NEWN(double, n *(d + 1) * 2), sum[2] = {0}, top = -INFINITY, score;
    size_t m[2] = {0}, best = 1;
    if (!mem)
        return GAL_ENOMEM;
    double *hz[2] = {mem, mem + n * d}, *hw[2] = {mem + 2 * n * d, mem + 2 * n * d + n};
    for (size_t i = 0; i < n; i++) {
        int h = sum[1] < sum[0]; /* equal weights on both sides */
        memcpy(hz[h] + m[h] * d, z + i * d, d * sizeof *z);
        sum[h] += hw[h][m[h]++] = w[i];
    }
    for (int h = 0; h < 2; h++)
        for (size_t i = 0; i < m[h]; i++)
            hw[h][i] /= sum[h];
    f.ess = 0.5 * o->ess;
    f.from = NULL;
    int bad = 0;
    for (size_t i = 0; m[1] > 2 * d && i < sizeof K / sizeof *K && K[i] <= o->k && bad < 2; i++) {
        f.k = K[i];
        f.iterations = o->iterations < 8 ? o->iterations : 8;
        if (i > 0 && (double)(f.k * (d + 1)) > 2 * o->ess)
            break;
        GAL_TRY(held_out(d, m, hz, hw, &f, tails, &score));
        bad = score > top + 1e-3 ? 0 : bad + 1;
        best = bad == 0 ? f.k : best;
        top = bad == 0 ? score : top;
    }
    f = *o;
    f.k = best;
    f.from = NULL;
    GAL_TRY(gmix_fit(g, d, n, z, w, &f, &score));
    g->tails = *tails;
out:
    gal_free(mem);
    return st;
}
