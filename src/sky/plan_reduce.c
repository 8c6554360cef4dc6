/* plan_reduce.c - channels that are linear combinations of others: detectors with slightly different bands of one kind.
 *
 * Emission through a band is linear in the band. Each part's band integral, of I and of Q and U, is sampled at random points of its working
 * variables and multiplied by the rms of the part's amplitude: a row for every channel, in units of the rms of the whole emission. Rows
 * are chosen greedily (Gram-Schmidt with pivoting, twice) until what is left of each row is below the tolerance; the others are
 * combinations of the chosen (an interpolative decomposition: Cheng et al. 2005). The error that is told is measured on other points. */
#include "galua/rng.h"
#include "num/dot.h"
#include "sky/part.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = LAW_BLOCK / 2 }; /* of a block: first half to choose, second half to judge */

typedef struct table {
    size_t rows, cols;
    double *v[2]; /* [rows][cols]: to choose, to judge */
} table;

/* rms of an amplitude on a thousand pixels spread over the sky */
static gal_status amplitude_rms(const gal_field *f, double *out)
{
    enum { PIECES = 32, LONG = 32 };
    double x[LONG], sum = 0;
    size_t npix = gal_field_size(f), good = 0, n = npix < LONG ? (npix ? npix : 1) : LONG;
    for (size_t i = 0; i < PIECES; i++) {
        gal_status st = gal_field_read(f, npix > n ? (npix - n) / PIECES * i : 0, n, x);
        if (st != GAL_OK)
            return st;
        for (size_t k = 0; k < n; k++)
            if (isfinite(x[k])) {
                sum += x[k] * x[k];
                good++;
            }
    }
    *out = good ? sqrt(sum / (double)good) : 0;
    return GAL_OK;
}

/* Columns of one part and of I or P: n of them, SAMPLES or 1; adds the mean square of the first half to total[rows] */
static gal_status sample(const gal_sky_plan *p, const part_plan *q, size_t ipart, int which, table *t, double *total)
{
    gal_status st = GAL_OK;
    const gal_sky_part *s = q->part;
    double w[GAL_SKY_MAXPAR][LAW_BLOCK] __attribute__((aligned(64))), f[LAW_BLOCK] __attribute__((aligned(64))),
        norm[LAW_BLOCK] __attribute__((aligned(64)));
    const double *in[GAL_SKY_MAXPAR] = {w[0], w[1], w[2], w[3]};
    void *local = NULL;
    size_t n = s->nmap ? SAMPLES : 1;
    double rms[2] = {0, 0};
    gal_rng r;
    for (int i = which; i < (which ? 3 : 1); i++)
        if (s->amplitude[i])
            GAL_TRY(amplitude_rms(s->amplitude[i], &rms[i == 2]));
    rms[0] = sqrt(rms[0] * rms[0] + rms[1] * rms[1]);
    if (rms[0] == 0)
        return GAL_OK;
    gal_rng_init(&r, 1, 0x736b79, ipart, 0, 0); /* "sky" */
    for (size_t i = 0; i < GAL_SKY_MAXPAR; i++)
        for (int k = 0; k < LAW_BLOCK; k++) {
            double u = k % SAMPLES == 0 ? 0 : k % SAMPLES == 1 ? 1 : gal_rng_uniform(&r);
            w[i][k] = i < s->law->npar ? s->lo[i] + u * (s->hi[i] - s->lo[i]) : 0;
        }
    if (s->law->open)
        GAL_TRY(s->law->open(&local, s->self));
    gal_plan_norm(q, which, LAW_BLOCK, in, norm);
    for (size_t c = 0; c < p->nch; c++) {
        if (s->law->band) {
            GAL_TRY(s->law->band(s->self, which, p->band[c], &f[0]));
            for (int k = 1; k < LAW_BLOCK; k++)
                f[k] = f[0];
        } else {
            GAL_TRY(gal_plan_sum(p, q, which, c, local, LAW_BLOCK, in, f));
        }
        for (int k = 0; k < LAW_BLOCK; k++)
            f[k] *= norm[k] * rms[0];
        for (int h = 0; h < 2; h++)
            memcpy(t->v[h] + c * t->cols, f + h * SAMPLES, n * sizeof *f);
        for (size_t k = 0; k < n; k++)
            total[c] += f[k] * f[k] / (double)n;
    }
out:
    if (local)
        s->law->close(local);
    return st;
}

/* Chooses rows of t->v[0]; basis vectors are left in q[rank][cols]. Returns the rank. */
static size_t choose(const table *t, double tolerance, size_t *basis, double *left, double *q)
{
    size_t n = t->cols, rank = 0;
    memcpy(left, t->v[0], t->rows * n * sizeof *left);
    while (rank < t->rows) {
        size_t best = 0;
        double most = -1;
        for (size_t c = 0; c < t->rows; c++) {
            double m = 0;
            for (size_t j = 0; j < n; j++)
                m = fmax(m, fabs(left[c * n + j]));
            if (m > most) {
                most = m;
                best = c;
            }
        }
        if (most <= tolerance)
            break;
        double *e = q + rank * n, *row = left + best * n;
        double norm = sqrt(num_dot_short(row, row, n));
        for (size_t j = 0; j < n; j++)
            e[j] = row[j] / norm;
        basis[rank++] = best;
        for (size_t c = 0; c < t->rows; c++)
            for (int twice = 0; twice < 2; twice++) {
                double d = num_dot_short(left + c * n, e, n);
                for (size_t j = 0; j < n; j++)
                    left[c * n + j] -= d * e[j];
            }
    }
    return rank;
}

/* Rows as combinations of the chosen: row q^T = combination R, R[k][l] = chosen row k . q_l, lower triangular */
static void combine(const table *t, size_t rank, const size_t *basis, const double *q, double *r, double *out)
{
    size_t n = t->cols;
    for (size_t k = 0; k < rank; k++)
        for (size_t l = 0; l < rank; l++)
            r[k * rank + l] = l <= k ? num_dot_short(t->v[0] + basis[k] * n, q + l * n, n) : 0;
    for (size_t c = 0; c < t->rows; c++) {
        double *x = out + c * rank;
        for (size_t l = rank; l-- > 0;) { /* x R = b from the last column */
            double b = num_dot_short(t->v[0] + c * n, q + l * n, n);
            for (size_t k = l + 1; k < rank; k++)
                b -= x[k] * r[k * rank + l];
            x[l] = b / r[l * rank + l];
        }
    }
    for (size_t k = 0; k < rank; k++) /* the chosen are themselves, exactly */
        for (size_t l = 0; l < rank; l++)
            out[basis[k] * rank + l] = k == l;
}

static double judge(const table *t, size_t rank, const size_t *basis, const double *x)
{
    double worst = 0;
    for (size_t c = 0; c < t->rows; c++)
        for (size_t j = 0; j < t->cols; j++) {
            double s = t->v[1][c * t->cols + j];
            for (size_t k = 0; k < rank; k++)
                s -= x[c * rank + k] * t->v[1][basis[k] * t->cols + j];
            worst = fmax(worst, fabs(s));
        }
    return worst;
}

/* The columns of I or of P, in units of the rms of the channel that is faintest */
static gal_status half(const gal_sky_plan *p, int which, table *all, size_t *at)
{
    gal_status st = GAL_OK;
    size_t first = *at;
    double least = INFINITY, *total = GAL_NEWN(double, p->nch);
    if (!total)
        return GAL_ENOMEM;
    for (size_t i = 0; i < p->nparts; i++) {
        table t = {all->rows, all->cols, {all->v[0] + *at, all->v[1] + *at}};
        GAL_TRY(sample(p, &p->part[i], i, which, &t, total));
        *at += p->part[i].part->nmap ? SAMPLES : 1;
    }
    for (size_t c = 0; c < p->nch; c++)
        if (total[c] > 0)
            least = fmin(least, sqrt(total[c]));
    for (int h = 0; h < 2; h++)
        for (size_t c = 0; c < p->nch; c++)
            for (size_t k = first; k < *at; k++)
                all->v[h][c * all->cols + k] /= least;
out:
    gal_free(total);
    return st;
}

gal_status gal_plan_reduce(gal_sky_plan *p, double tolerance)
{
    gal_status st = GAL_OK;
    table all = {.rows = p->nch};
    size_t at = 0;
    double *left = NULL, *q = NULL, *r = NULL, *x = NULL;
    size_t *basis = GAL_NEWN(size_t, p->nch);
    for (size_t i = 0; i < p->nparts; i++) {
        if (!p->part[i].part->law)
            goto out; /* point sources have as many spectra as sources: each channel for itself */
        all.cols += 2 * (p->part[i].part->nmap ? SAMPLES : 1);
    }
    if (all.cols == 0)
        goto out;
    for (int h = 0; h < 2; h++)
        all.v[h] = GAL_NEWN(double, all.rows *all.cols);
    left = GAL_NEWN(double, all.rows *all.cols);
    q = GAL_NEWN(double, all.rows *all.cols);
    r = GAL_NEWN(double, p->nch * p->nch);
    x = GAL_NEWN(double, p->nch * p->nch);
    if (!basis || !all.v[0] || !all.v[1] || !left || !q || !r || !x)
        GAL_THROW(GAL_ENOMEM, "sky: no memory for %zu channels", p->nch);
    for (int which = 0; which < 2; which++)
        GAL_TRY(half(p, which, &all, &at));
    size_t rank = 0;
    double error = INFINITY;
    for (double t = 0.3 * tolerance; error > tolerance; t *= 0.3) { /* until other samples agree */
        rank = choose(&all, t, basis, left, q);
        if (rank == 0 || rank >= p->nch || t < 1e-13)
            goto out; /* each channel for itself */
        combine(&all, rank, basis, q, r, x);
        error = judge(&all, rank, basis, x);
    }
    memcpy(p->basis, basis, rank * sizeof *basis);
    p->nbasis = rank;
    p->rank_error = error;
    p->combination = x;
    x = NULL;
out:
    for (int h = 0; h < 2; h++)
        gal_free(all.v[h]);
    gal_free(left);
    gal_free(q);
    gal_free(r);
    gal_free(x);
    gal_free(basis);
    return st;
}
