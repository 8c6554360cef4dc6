/* Mixtures of Gaussians and Student t as importance densities; see gmix.h. Draw i depends only on (seed, source, who, i) and, in a set of n
 * draws, on n. */
#include "gmix.h"

#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "galua/rng.h"
#include "bytes.h"
#include "gmix_kern.h"
#include "infer/target/purpose.h"
#include "infer/target/transform_int.h"

#define BATCH 512
#define B     GMIX_BLOCK

gal_status gmix_init(gmix *g, size_t d, size_t room)
{
    *g = (gmix){.d = d};
    g->mean = GAL_NEWN(double, room *(d + d * d + 2));
    if (!g->mean)
        return GAL_ENOMEM;
    g->chol = g->mean + room * d;
    g->lnw = g->chol + room * d * d;
    g->lndet = g->lnw + room;
    g->room = room;
    return GAL_OK;
}

gal_status gmix_copy(gmix *g, const gmix *from)
{
    size_t d = from->d, n = from->n;
    gal_status st = gmix_init(g, d, n ? n : 1);
    if (st != GAL_OK)
        return st;
    g->n = n;
    g->tails = from->tails;
    memcpy(g->mean, from->mean, n * d * sizeof *g->mean);
    memcpy(g->chol, from->chol, n * d * d * sizeof *g->mean);
    memcpy(g->lnw, from->lnw, n * sizeof *g->mean);
    memcpy(g->lndet, from->lndet, n * sizeof *g->mean);
    return GAL_OK;
}

void gmix_clear(gmix *g)
{
    gal_free(g->mean);
    *g = (gmix){0};
}

gal_status gmix_add(gmix *g, const double *mean, const double *cov, double lnw)
{
    size_t d = g->d;
    double *l = g->chol + g->n * d * d;
    memcpy(l, cov, d * d * sizeof *l);
    gal_status st = gal_cholesky(l, d);
    if (st != GAL_OK)
        return st;
    memcpy(g->mean + g->n * d, mean, d * sizeof *mean);
    g->lnw[g->n] = lnw;
    g->lndet[g->n] = 0;
    for (size_t k = 0; k < d; k++)
        g->lndet[g->n] += log(l[k * d + k]);
    g->n++;
    return GAL_OK;
}

void gmix_normalise(gmix *g)
{
    double sum = logsumexp(g->lnw, g->n);
    for (size_t i = 0; i < g->n; i++)
        g->lnw[i] = sum > -INFINITY ? g->lnw[i] - sum : -log((double)g->n);
}

double gamma_draw(gal_rng *r, double shape)
{
    double boost = 1;
    if (shape < 1) {
        boost = pow(gal_rng_uniform(r), 1 / shape);
        shape += 1;
    }
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = gal_rng_normal(r), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        double u = gal_rng_uniform(r);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return boost * d * v;
    }
}

/* A draw of part i: narrow ones, wide ones; SIZE_MAX: the prior. */
static void draw_at(const gmix *g, size_t i, gal_rng *r, double *z)
{
    const gmix_tails *t = &g->tails;
    size_t d = g->d, c = i % g->n;
    double scale = i < g->n ? 1 : sqrt(t->far);
    if (i == SIZE_MAX) {
        for (size_t k = 0; k < d; k++)
            z[k] = gal_rng_normal(r);
        return;
    }
    if (t->inflate > 0)
        scale *= sqrt(t->inflate);
    if (t->nu > 0)
        scale *= sqrt(0.5 * t->nu / gamma_draw(r, 0.5 * t->nu));
    const double *l = g->chol + c * d * d;
    memcpy(z, g->mean + c * d, d * sizeof *z);
    for (size_t j = 0; j < d; j++) {
        double xi = scale * gal_rng_normal(r);
        for (size_t k = j; k < d; k++)
            z[k] += l[k * d + j] * xi;
    }
}

/* A draw of the part of the mixture that holds u in (0, 1) on its cumulative weight. */
static void draw_part(const gmix *g, double u, gal_rng *r, double *z)
{
    const gmix_tails *t = &g->tails;
    size_t c = 0;
    if (u < t->prior) {
        draw_at(g, SIZE_MAX, r, z);
        return;
    }
    u = (u - t->prior) / (1 - t->prior);
    while (c + 1 < g->n && u >= exp(g->lnw[c]))
        u -= exp(g->lnw[c++]);
    draw_at(g, u < t->wide * exp(g->lnw[c]) ? c + g->n : c, r, z);
}

void gmix_draw_by(const gmix *g, gal_rng *r, double *z)
{
    draw_part(g, gal_rng_uniform(r), r, z);
}

void gmix_draw(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, uint64_t i, double *z)
{
    gal_rng r;
    gal_rng_init(&r, seed, RNG_GMIX_DRAW, source, who, i);
    gmix_draw_by(g, &r, z);
}

void gmix_draws(const gmix *g, uint64_t seed, uint64_t source, uint64_t who, size_t n, double *z)
{
    gal_rng r;
    gal_rng_init(&r, seed, RNG_GMIX_RESAMPLE, source, who, 0);
    double offset = gal_rng_uniform(&r);
    for (size_t i = 0; i < n; i++) {
        gal_rng_init(&r, seed, RNG_GMIX_DRAW, source, who, i);
        draw_part(g, ((double)i + offset) / (double)n, &r, z + i * g->d);
    }
}

double gauss_distance(size_t d, const double *z, const double *mean, const double *chol, double *work)
{
    double q = 0;
    for (size_t k = 0; k < d; k++) {
        double v = z[k] - mean[k];
        for (size_t j = 0; j < k; j++)
            v -= chol[k * d + j] * work[j];
        work[k] = v / chol[k * d + k];
        q += work[k] * work[k];
    }
    return q;
}

double gauss_lnpdf(size_t d, const double *z, const double *mean, const double *chol, double lndet, double *work)
{
    return -0.5 * gauss_distance(d, z, mean, chol, work) - lndet - (double)d * LN_SQRT_2PI;
}

/* Additive constants of ln t_nu, and of ln of the shares of narrow and wide copies. */
static double student_constant(const gmix *g)
{
    double nu = g->tails.nu, d = (double)g->d;
    return nu > 0 ? lgamma(0.5 * (nu + d)) - lgamma(0.5 * nu) - 0.5 * d * log(nu * M_PI) : -d * LN_SQRT_2PI;
}

static double shape_of(const gmix *g, double q, double scale)
{
    double nu = g->tails.nu;
    return nu > 0 ? -0.5 * (nu + (double)g->d) * log1p(q / (nu * scale)) : -0.5 * q / scale;
}

static double ln_add(double a, double b)
{
    double top = fmax(a, b);
    return top > -INFINITY ? top + log(exp(a - top) + exp(b - top)) : top;
}

double gmix_lnpdf(const gmix *g, const double *z, double *work)
{
    const gmix_tails *t = &g->tails;
    size_t d = g->d;
    double sum = -INFINITY, f = t->inflate > 0 ? t->inflate : 1, c = student_constant(g), hd = 0.5 * (double)d;
    for (size_t i = 0; i < g->n; i++) {
        double q = gauss_distance(d, z, g->mean + i * d, g->chol + i * d * d, work), own = c + g->lnw[i] - g->lndet[i];
        sum = ln_add(sum, own + log1p(-t->wide) - hd * log(f) + shape_of(g, q, f));
        if (t->wide > 0)
            sum = ln_add(sum, own + log(t->wide) - hd * log(f * t->far) + shape_of(g, q, f * t->far));
    }
    if (!(t->prior > 0))
        return sum;
    double q = 0;
    for (size_t k = 0; k < d; k++)
        q += z[k] * z[k];
    return ln_add(sum + log1p(-t->prior), log(t->prior) - 0.5 * q - (double)d * LN_SQRT_2PI);
}

/* Parts of a mixture: narrow ones, wide ones, the prior. Variance of one in units of its component's: */
static double part_scale(const gmix *g, size_t i)
{
    double f = g->tails.inflate > 0 ? g->tails.inflate : 1;
    return i < g->n ? f : f * g->tails.far;
}

/* ln of their weights; returns how many */
static size_t part_weights(const gmix *g, double *lnw)
{
    const gmix_tails *t = &g->tails;
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        lnw[n++] = g->lnw[i] + log1p(-t->wide) + log1p(-t->prior);
    for (size_t i = 0; i < g->n && t->wide > 0; i++)
        lnw[n++] = g->lnw[i] + log(t->wide) + log1p(-t->prior);
    if (t->prior > 0)
        lnw[n++] = log(t->prior);
    return n;
}

static size_t pick_ln(gal_rng *r, const double *lnw, size_t n)
{
    double top = -INFINITY, sum = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, lnw[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp(lnw[i] - top);
    double u = gal_rng_uniform(r) * sum;
    while (k + 1 < n && (u -= exp(lnw[k] - top)) >= 0)
        k++;
    return k;
}

void gmix_hop(const gmix *g, gal_rng *r, const double *z, double *y, double *work)
{
    size_t d = g->d, n, j, k;
    double *lnw = work + d, *at = lnw + GMIX_PARTS, hd = 0.5 * (double)d, c = student_constant(g), q = 0;
    bool prior = g->tails.prior > 0;
    n = part_weights(g, lnw);
    for (size_t i = 0; i < n - prior; i++) {
        size_t m = i % g->n;
        double f = part_scale(g, i), far = gauss_distance(d, z, g->mean + m * d, g->chol + m * d * d, work);
        at[i] = lnw[i] + c - g->lndet[m] - hd * log(f) + shape_of(g, far, f);
    }
    for (size_t i = 0; i < d; i++)
        q += z[i] * z[i];
    if (prior)
        at[n - 1] = lnw[n - 1] - 0.5 * q - (double)d * LN_SQRT_2PI;
    j = pick_ln(r, at, n);
    k = pick_ln(r, lnw, n);
    if (j == k || (prior && (j == n - 1 || k == n - 1))) { /* the same part, or one of another shape: another place */
        draw_at(g, prior && k == n - 1 ? SIZE_MAX : k, r, y);
        return;
    }
    gauss_distance(d, z, g->mean + j % g->n * d, g->chol + j % g->n * d * d, work);
    double s = sqrt(part_scale(g, k) / part_scale(g, j));
    const double *l = g->chol + k % g->n * d * d;
    for (size_t a = 0; a < d; a++) {
        y[a] = g->mean[k % g->n * d + a];
        for (size_t b = 0; b <= a; b++)
            y[a] += s * l[a * d + b] * work[b];
    }
}

gal_status gmix_lnpdfs(const gmix *g, size_t n, const double *z, double *lnq)
{
    const struct gmix_kern *kern = GAL_KERN_PICK(gmix_kern);
    const gmix_tails *t = &g->tails;
    size_t d = g->d, each = t->wide > 0 ? 2 : 1, rows = each * g->n + (t->prior > 0);
    double f = t->inflate > 0 ? t->inflate : 1, c = student_constant(g), hd = 0.5 * (double)d,
           half = 0.5 * (t->nu + (double)d), keep = t->prior > 0 ? log1p(-t->prior) : 0;
    double *zt = GAL_NEWN(double, B *(2 * d + 2 + rows) + g->n * d);
    if (!zt)
        return GAL_ENOMEM;
    double *y = zt + B * d, *q = y + B * d, *out = q + B, *part = out + B, *inv = part + B * rows;
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < d; k++)
            inv[i * d + k] = 1 / g->chol[i * d * d + k * d + k];
    for (size_t at = 0; at < n; at += B) {
        size_t m = n - at < B ? n - at : B;
        for (size_t l = 0; l < B; l++) /* the last block is filled with its last point */
            for (size_t k = 0; k < d; k++)
                zt[k * B + l] = z[(at + (l < m ? l : m - 1)) * d + k];
        for (size_t i = 0; i < g->n; i++) {
            double own = keep + c + g->lnw[i] - g->lndet[i], *to = part + each * i * B;
            kern->distance(d, zt, g->mean + i * d, g->chol + i * d * d, inv + i * d, y, q);
            kern->shape(q, own + log1p(-t->wide) - hd * log(f), t->nu, half, f, to);
            if (each == 2)
                kern->shape(q, own + log(t->wide) - hd * log(f * t->far), t->nu, half, f * t->far, to + B);
        }
        if (t->prior > 0) {
            memset(q, 0, B * sizeof *q);
            for (size_t k = 0; k < d; k++)
                for (size_t l = 0; l < B; l++)
                    q[l] += zt[k * B + l] * zt[k * B + l];
            kern->shape(q, log(t->prior) - (double)d * LN_SQRT_2PI, 0, 0, 1, part + (rows - 1) * B);
        }
        kern->softmax(rows, part, out);
        memcpy(lnq + at, out, m * sizeof *out);
    }
    gal_free(zt);
    return GAL_OK;
}

void gmix_keep(struct bytes *b, gmix *g, size_t d, size_t most)
{
    size_t n = g->n;
    bytes_size(b, &n);
    if (b->reading && n > most)
        b->st = gal_fail(GAL_EFORMAT, "state of a mixture: %zu components; the file is damaged", n);
    else if (b->reading && n > 0)
        b->st = gmix_init(g, d, n);
    if (b->st != GAL_OK || n == 0)
        return;
    g->n = n;
    bytes_words(b, g->mean, n * d);
    bytes_words(b, g->chol, n * d * d);
    bytes_words(b, g->lnw, n);
    bytes_words(b, g->lndet, n);
    bytes_words(b, &g->tails, sizeof g->tails / 8);
}

gal_status gmix_importance(const gmix *g, gal_space *s, size_t n, uint64_t seed, uint64_t source, uint64_t who,
                           gal_draws *w, gal_importance *out)
{
    size_t d = g->d, nb = gal_space_target(s)->nblob;
    gal_status st = GAL_OK;
    double *z = GAL_NEWN(double, n *(d + 2));
    *out = (gal_importance){NAN, NAN, NAN, NAN};
    if (!z)
        return GAL_ENOMEM;
    double *lnp = z + n * d, *lnq = lnp + n;
    GAL_TRY(gal_draws_alloc(w, n, d, nb));
    for (size_t i = 0; i < n; i++)
        gmix_draw(g, seed, source, who, i, z + i * d);
    for (size_t i = 0; i < n; i += BATCH) {
        size_t m = n - i < BATCH ? n - i : BATCH;
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "interrupted");
        GAL_TRY(gal_space_eval(s, m, z + i * d, lnp + i, w->theta + i * d, w->lnprior + i, w->lnlike + i,
                               nb ? w->blob + i * nb : NULL));
    }
    GAL_TRY(gmix_lnpdfs(g, n, z, lnq));
    for (size_t i = 0; i < n; i++)
        w->lnw[i] = lnp[i] - lnq[i];
    double raw = logsumexp(w->lnw, n);
    GAL_TRY(gal_psis(w->lnw, n, 1, &out->khat));
    /* the evidence from the raw weights: the smoothing keeps their sum only in expectation */
    double sum2 = 0;
    for (size_t i = 0; i < n; i++)
        sum2 += exp(2 * w->lnw[i]);
    out->lnz = raw - log((double)n);
    out->ess = 1 / sum2;
    out->lnz_err = sqrt(fmax(0, 1 / out->ess - 1 / (double)n));
out:
    if (st != GAL_OK)
        gal_draws_clear(w);
    gal_free(z);
    return st;
}
