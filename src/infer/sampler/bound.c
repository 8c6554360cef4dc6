/* Ellipsoidal bounds of nested sampling (Shaw et al. 2007; Feroz et al. 2009; the rules of Speagle 2020 for when to split).
 *
 * One ellipsoid: mean and sample covariance of the points, scaled so that the farthest has squared distance 1 - 1e-3. An
 * ill-conditioned covariance (lambda_min < lambda_max/1e12) has its small eigenvalues raised to 1e-11 lambda_max.
 * Several: 2-means (10 iterations, coordinates in units of the standard deviations of all points, from the ends of the major axis);
 * a split of N points is taken when ln(V1 + V2) - ln V0 < -p ln N/N with p = d(d+3)/2, or when splitting on to the end, into k
 * ellipsoids, gives ln sum V - ln V0 < -(k-1) p ln N/N. Fewer than 4 d points are not split, children have at least 2 d.
 * Thread-safe: no state but the objects given. */
#include "bound.h"

#include <gsl/gsl_eigen.h>
#include <math.h>
#include <string.h>

#include "infer/target/purpose.h"

#define MAX_CONDITION 1e12
#define FARTHEST      (1 - 1e-3)
#define KMEANS        10

void bound_free(bound *b)
{
    void *all[] = {b->c, b->axis, b->inv, b->len, b->lnvol, b->cum};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    *b = (bound){0};
}

gal_status bound_room(bound *b, size_t d, size_t room)
{
    if (b->d == d && b->room >= room)
        return GAL_OK;
    bound_free(b);
    b->d = d;
    b->room = room;
    b->c = GAL_NEWN(double, room *d);
    b->axis = GAL_NEWN(double, room *d *d);
    b->inv = GAL_NEWN(double, room *d *d);
    b->len = GAL_NEWN(double, room *d);
    b->lnvol = GAL_NEWN(double, room);
    b->cum = GAL_NEWN(double, room);
    return b->c && b->axis && b->inv && b->len && b->lnvol && b->cum ? GAL_OK : GAL_ENOMEM;
}

static double ln_ball(size_t d)
{
    return 0.5 * (double)d * log(M_PI) - lgamma(0.5 * (double)d + 1);
}

/* ------------------------------------------------------------------ building */
typedef struct {
    bound *b;
    const double *x;       /* [n][d] */
    double *unit;          /* [d] standard deviations of all points */
    double *means;         /* [4][d] centres and sums of the two parts */
    size_t *idx;           /* [n] permuted in place */
    size_t *first, *count; /* [room] range of idx of each ellipsoid */
    unsigned char *side;   /* [n] */
    size_t *tmp;           /* [n] */
    gsl_matrix *cov, *vec;
    gsl_vector *val;
    gsl_eigen_symmv_workspace *ws;
} builder;

static void set_volume(bound *b, size_t e)
{
    double v = ln_ball(b->d);
    for (size_t j = 0; j < b->d; j++)
        v += log(b->len[e * b->d + j]);
    b->lnvol[e] = v;
}

/* Axes of ellipsoid e from directions vec (columns) and lengths. */
static void set_axes(bound *b, size_t e, const gsl_matrix *vec)
{
    size_t d = b->d;
    for (size_t j = 0; j < d; j++) {
        double len = b->len[e * d + j];
        for (size_t i = 0; i < d; i++) {
            double v = gsl_matrix_get(vec, i, j);
            b->axis[(e * d + j) * d + i] = v * len;
            b->inv[(e * d + j) * d + i] = v / len;
        }
    }
    set_volume(b, e);
}

static void rescale(bound *b, size_t e, double f)
{
    size_t d = b->d;
    for (size_t j = 0; j < d; j++)
        b->len[e * d + j] *= f;
    for (size_t i = 0; i < d * d; i++) {
        b->axis[e * d * d + i] *= f;
        b->inv[e * d * d + i] /= f;
    }
    set_volume(b, e);
}

static void covariance(const builder *w, const size_t *idx, size_t n, double *mean)
{
    size_t d = w->b->d;
    memset(mean, 0, d * sizeof *mean);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < d; i++)
            mean[i] += w->x[idx[k] * d + i];
    for (size_t i = 0; i < d; i++)
        mean[i] /= (double)n;
    gsl_matrix_set_zero(w->cov);
    double *c = w->cov->data;
    size_t tda = w->cov->tda;
    for (size_t k = 0; k < n; k++) {
        const double *x = w->x + idx[k] * d;
        for (size_t i = 0; i < d; i++) {
            double xi = x[i] - mean[i];
            for (size_t j = 0; j <= i; j++)
                c[i * tda + j] += xi * (x[j] - mean[j]);
        }
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            c[i * tda + j] /= n > 1 ? (double)(n - 1) : 1;
            c[j * tda + i] = c[i * tda + j];
        }
}

/* ------------------------------------------------------------------ using */
static double bound_distance2(const bound *b, size_t e, const double *x, double enough)
{
    size_t d = b->d;
    const double *c = b->c + e * d, *inv = b->inv + e * d * d;
    double r2 = 0;
    for (size_t j = 0; j < d; j++, inv += d) {
        double z = 0;
        for (size_t i = 0; i < d; i++)
            z += inv[i] * (x[i] - c[i]);
        r2 += z * z;
        if (r2 > enough)
            break;
    }
    return r2;
}

/* Ellipsoid e around the points idx[n]. */
static gal_status enclose(const builder *w, size_t e, const size_t *idx, size_t n)
{
    bound *b = w->b;
    size_t d = b->d;
    double top = 0, far = 0;
    covariance(w, idx, n, b->c + e * d);
    if (gsl_eigen_symmv(w->cov, w->val, w->vec, w->ws) != 0)
        return gal_fail(GAL_EMATH, "bound: eigenvalues of %zu points did not converge", n);
    for (size_t j = 0; j < d; j++)
        top = fmax(top, gsl_vector_get(w->val, j));
    if (!isfinite(top))
        return gal_fail(GAL_EMATH, "bound: the covariance of %zu points is not finite", n);
    if (!(top > 0)) /* all points are the same */
        top = 1e-24;
    for (size_t j = 0; j < d; j++) {
        double v = gsl_vector_get(w->val, j);
        b->len[e * d + j] = sqrt(v >= top / MAX_CONDITION ? v : 10 * top / MAX_CONDITION);
    }
    set_axes(b, e, w->vec);
    for (size_t k = 0; k < n; k++)
        far = fmax(far, bound_distance2(b, e, w->x + idx[k] * d, INFINITY));
    rescale(b, e, far > 0 ? sqrt(far / FARTHEST) : 1);
    return GAL_OK;
}

/* 2-means of idx[n] from the ends of the major axis of ellipsoid e; partitions idx, returns the size of the first part. */
static size_t two_means(const builder *w, size_t e, size_t *idx, size_t n)
{
    const bound *b = w->b;
    size_t d = b->d, big = 0, n0 = 0;
    double *c[2] = {w->means, w->means + d}, *sum[2] = {w->means + 2 * d, w->means + 3 * d};
    for (size_t j = 1; j < d; j++)
        if (b->len[e * d + j] > b->len[e * d + big])
            big = j;
    for (size_t i = 0; i < d; i++) {
        double a = b->axis[(e * d + big) * d + i];
        c[0][i] = (b->c[e * d + i] - a) / w->unit[i];
        c[1][i] = (b->c[e * d + i] + a) / w->unit[i];
    }
    for (int it = 0; it < KMEANS; it++) {
        bool moved = it == 0;
        memset(sum[0], 0, 2 * d * sizeof *sum[0]);
        n0 = 0;
        for (size_t k = 0; k < n; k++) {
            const double *x = w->x + idx[k] * d;
            double r0 = 0, r1 = 0;
            for (size_t i = 0; i < d; i++) {
                double v = x[i] / w->unit[i];
                r0 += (v - c[0][i]) * (v - c[0][i]);
                r1 += (v - c[1][i]) * (v - c[1][i]);
            }
            unsigned char s = r1 < r0;
            moved |= s != w->side[k];
            w->side[k] = s;
            n0 += !s;
            for (size_t i = 0; i < d; i++)
                sum[s][i] += x[i] / w->unit[i];
        }
        if (!moved || n0 == 0 || n0 == n)
            break;
        for (size_t i = 0; i < d; i++) {
            c[0][i] = sum[0][i] / (double)n0;
            c[1][i] = sum[1][i] / (double)(n - n0);
        }
    }
    for (size_t k = 0, at0 = 0, at1 = n0; k < n; k++)
        w->tmp[w->side[k] ? at1++ : at0++] = idx[k];
    memcpy(idx, w->tmp, n * sizeof *idx);
    return n0;
}

static double ln_sum(const double *v, size_t n)
{
    double top = -INFINITY, s = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, v[i]);
    if (top == -INFINITY)
        return top;
    for (size_t i = 0; i < n; i++)
        s += exp(v[i] - top);
    return top + log(s);
}

static void move_ellipsoid(bound *b, size_t to, size_t from, size_t n)
{
    size_t d = b->d;
    memmove(b->c + to * d, b->c + from * d, n * d * sizeof *b->c);
    memmove(b->axis + to * d * d, b->axis + from * d * d, n * d * d * sizeof *b->c);
    memmove(b->inv + to * d * d, b->inv + from * d * d, n * d * d * sizeof *b->c);
    memmove(b->len + to * d, b->len + from * d, n * d * sizeof *b->c);
    memmove(b->lnvol + to, b->lnvol + from, n * sizeof *b->c);
}

/* Ellipsoid b->n - 1 encloses idx[first .. first+n-1]: replace it by several if that pays. */
static gal_status split(builder *w, size_t first, size_t n)
{
    bound *b = w->b;
    size_t d = b->d, me = b->n - 1;
    gal_status st = GAL_OK;
    w->first[me] = first;
    w->count[me] = n;
    if (n < 4 * d || b->n + 2 > b->room)
        return GAL_OK;
    size_t n0 = two_means(w, me, w->idx + first, n);
    if (n0 < 2 * d || n - n0 < 2 * d)
        return GAL_OK;
    double need = 0.5 * (double)(d * (d + 3)) * log((double)n) / (double)n, v[2];
    if ((st = enclose(w, b->n, w->idx + first, n0)) != GAL_OK)
        return st;
    v[0] = b->lnvol[b->n];
    b->n++;
    size_t mark = b->n;
    if ((st = split(w, first, n0)) != GAL_OK)
        return st;
    if (b->n >= b->room) { /* cannot happen: leaves hold 2 d points */
        b->n = mark - 1;
        return GAL_OK;
    }
    if ((st = enclose(w, b->n, w->idx + first + n0, n - n0)) != GAL_OK)
        return st;
    v[1] = b->lnvol[b->n];
    b->n++;
    if ((st = split(w, first + n0, n - n0)) != GAL_OK)
        return st;
    size_t kids = b->n - me - 1;
    bool take = ln_sum(v, 2) - b->lnvol[me] < -need ||
                ln_sum(b->lnvol + me + 1, kids) - b->lnvol[me] < -(double)(kids - 1) * need;
    if (!take) {
        b->n = me + 1;
        return GAL_OK;
    }
    move_ellipsoid(b, me, me + 1, kids);
    memmove(w->first + me, w->first + me + 1, kids * sizeof *w->first);
    memmove(w->count + me, w->count + me + 1, kids * sizeof *w->count);
    b->n--;
    return GAL_OK;
}

static void set_shares(bound *b)
{
    double sum = 0;
    b->lntotal = ln_sum(b->lnvol, b->n);
    for (size_t e = 0; e < b->n; e++)
        b->cum[e] = sum += exp(b->lnvol[e] - b->lntotal);
    b->cum[b->n - 1] = 1;
}

gal_status bound_build(bound *b, const double *x, size_t n, size_t d, bool multi, size_t *label)
{
    gal_status st = GAL_OK;
    size_t room = n / d + 4;
    builder w = {.b = b, .x = x};
    GAL_TRY(bound_room(b, d, room));
    w.unit = GAL_NEWN(double, d);
    w.means = GAL_NEWN(double, 4 * d);
    w.idx = GAL_NEWN(size_t, n);
    w.tmp = GAL_NEWN(size_t, n);
    w.side = GAL_NEWN(unsigned char, n);
    w.first = GAL_NEWN(size_t, b->room);
    w.count = GAL_NEWN(size_t, b->room);
    w.cov = gsl_matrix_alloc(d, d);
    w.vec = gsl_matrix_alloc(d, d);
    w.val = gsl_vector_alloc(d);
    w.ws = gsl_eigen_symmv_alloc(d);
    if (!w.unit || !w.means || !w.idx || !w.tmp || !w.side || !w.first || !w.count || !w.cov || !w.vec || !w.val ||
        !w.ws)
        GAL_THROW(GAL_ENOMEM, "out of memory for the bound of %zu points", n);
    for (size_t k = 0; k < n; k++)
        w.idx[k] = k;
    b->n = 1;
    covariance(&w, w.idx, n, b->c);
    for (size_t i = 0; i < d; i++) {
        double s = sqrt(gsl_matrix_get(w.cov, i, i));
        w.unit[i] = s > 0 ? s : 1;
    }
    GAL_TRY(enclose(&w, 0, w.idx, n));
    w.count[0] = n;
    if (multi)
        GAL_TRY(split(&w, 0, n));
    set_shares(b);
    for (size_t e = 0; label && e < b->n; e++)
        for (size_t k = 0; k < w.count[e]; k++)
            label[w.idx[w.first[e] + k]] = e;
out:
    gal_free(w.unit);
    gal_free(w.means);
    gal_free(w.idx);
    gal_free(w.tmp);
    gal_free(w.side);
    gal_free(w.first);
    gal_free(w.count);
    gsl_matrix_free(w.cov);
    gsl_matrix_free(w.vec);
    gsl_vector_free(w.val);
    gsl_eigen_symmv_free(w.ws);
    return st;
}

/* Volume goes up by f^d as far as the cap on the axes allows: a longer axis reaches beyond the cube from anywhere. */
void bound_inflate(bound *b, double f)
{
    size_t d = b->d;
    double cap = 0.5 * sqrt((double)d);
    if (f == 1)
        return;
    for (size_t e = 0; e < b->n; e++) {
        double *len = b->len + e * d, want = (double)d * log(f);
        for (int pass = 0; pass < 20 && want > 1e-12; pass++) {
            size_t open = 0;
            for (size_t j = 0; j < d; j++)
                open += len[j] < cap;
            if (open == 0)
                break;
            double g = exp(want / (double)open);
            for (size_t j = 0; j < d; j++) {
                if (len[j] >= cap)
                    continue;
                double now = fmin(len[j] * g, cap), ratio = now / len[j];
                want -= log(ratio);
                len[j] = now;
                for (size_t i = 0; i < d; i++) {
                    b->axis[(e * d + j) * d + i] *= ratio;
                    b->inv[(e * d + j) * d + i] /= ratio;
                }
            }
        }
        set_volume(b, e);
    }
    set_shares(b);
}

gal_status bound_bootstrap(const double *x, size_t n, size_t d, bool multi, int count, uint64_t seed, uint64_t source,
                           uint64_t update, double *factor)
{
    gal_status st = GAL_OK;
    bound b = {0};
    double worst = 1, *pick = GAL_NEWN(double, n *d);
    bool *in = GAL_NEWN(bool, n);
    if (!pick || !in) {
        st = GAL_ENOMEM;
        goto out;
    }
    for (int k = 0; k < count; k++) {
        gal_rng r;
        gal_rng_init(&r, seed, RNG_NESTED_BOUND, source, update, (uint64_t)k);
        memset(in, 0, n * sizeof *in);
        for (size_t i = 0; i < n; i++) {
            size_t j = gal_rng_below(&r, n);
            in[j] = true;
            memcpy(pick + i * d, x + j * d, d * sizeof *x);
        }
        GAL_TRY(bound_build(&b, pick, n, d, multi, NULL));
        for (size_t i = 0; i < n; i++) {
            double near = INFINITY;
            for (size_t e = 0; !in[i] && e < b.n; e++)
                near = fmin(near, bound_distance2(&b, e, x + i * d, near));
            if (!in[i])
                worst = fmax(worst, near);
        }
    }
    *factor = sqrt(worst);
out:
    bound_free(&b);
    gal_free(pick);
    gal_free(in);
    return st;
}

size_t bound_pick(const bound *b, gal_rng *r)
{
    if (b->n == 1)
        return 0;
    double u = gal_rng_uniform(r);
    size_t e = 0;
    while (e + 1 < b->n && u >= b->cum[e])
        e++;
    return e;
}

void ball_draw(gal_rng *r, size_t d, double *z)
{
    double s = 0, f = pow(gal_rng_uniform(r), 1 / (double)d);
    for (size_t j = 0; j < d; j++) {
        z[j] = gal_rng_normal(r);
        s += z[j] * z[j];
    }
    f /= sqrt(s);
    for (size_t j = 0; j < d; j++)
        z[j] *= f;
}

void bound_draw(const bound *b, gal_rng *r, double *x, double *scratch)
{
    size_t d = b->d;
    for (;;) {
        size_t e = bound_pick(b, r), q = 0;
        const double *a = b->axis + e * d * d;
        ball_draw(r, d, scratch);
        memcpy(x, b->c + e * d, d * sizeof *x);
        for (size_t j = 0; j < d; j++, a += d)
            for (size_t i = 0; i < d; i++)
                x[i] += scratch[j] * a[i];
        if (b->n == 1)
            return;
        for (size_t k = 0; k < b->n; k++)
            q += k == e || bound_distance2(b, k, x, 1) <= 1;
        if (q == 1 || gal_rng_uniform(r) * (double)q < 1)
            return;
    }
}
