/* Rank-normalised split R-hat, effective sample sizes and Monte Carlo errors: Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021,
 * Bayesian Analysis 16, 667. Also Kish's effective number of weighted draws and the prior-edge share.
 *
 * A work block holds the chains one after another, [m][n]; splitting takes the first and the last n/2 draws of each. Thread-safe. */
#include "diag_int.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double *x; /* [m][n] */
    size_t n, m;
} block;

/* Copies the draws in memory order; false when one is not finite. */
static bool copy(gal_chains s, double *x)
{
    for (size_t j = 0; j < s.m; j++)
        for (size_t i = 0; i < s.n; i++) {
            double v = s.x[i * s.draw_stride + j * s.chain_stride];
            x[j * s.n + i] = v;
            if (!isfinite(v))
                return false;
        }
    return true;
}

static void split(const double *x, size_t n, size_t m, block *out)
{
    out->n = n / 2;
    out->m = 2 * m;
    for (size_t j = 0; j < m; j++) {
        memcpy(out->x + 2 * j * out->n, x + j * n, out->n * sizeof *x);
        memcpy(out->x + (2 * j + 1) * out->n, x + (j + 1) * n - out->n, out->n * sizeof *x);
    }
}

static double var1(const double *x, size_t n)
{
    double mean = 0, s = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - mean) * (x[i] - mean);
    return s / (double)(n - 1);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct {
    double x;
    size_t i;
} ranked;
static int by_x(const void *a, const void *b)
{
    return ascending(&((const ranked *)a)->x, &((const ranked *)b)->x);
}

/* z = Phi^-1((rank - 3/8)/(S + 1/4)), ties share their average rank */
static gal_status z_scale(double *x, size_t n)
{
    ranked *r = GAL_NEWN(ranked, n);
    if (!r)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        r[i] = (ranked){x[i], i};
    qsort(r, n, sizeof *r, by_x);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && r[j].x == r[i].x; j++)
            ;
        double rank = 0.5 * (double)(i + 1 + j), z = gsl_cdf_ugaussian_Pinv((rank - 0.375) / ((double)n + 0.25));
        for (size_t k = i; k < j; k++)
            x[r[k].i] = z;
    }
    gal_free(r);
    return GAL_OK;
}

static double rhat_of(block b)
{
    double *mean = GAL_NEWN(double, b.m), W = 0, B;
    if (!mean)
        return NAN;
    for (size_t j = 0; j < b.m; j++) {
        for (size_t i = 0; i < b.n; i++)
            mean[j] += b.x[j * b.n + i] / (double)b.n;
        W += var1(b.x + j * b.n, b.n) / (double)b.m;
    }
    B = (double)b.n * var1(mean, b.m);
    gal_free(mean);
    return sqrt((B / W + (double)b.n - 1) / (double)b.n);
}

/* Geyer's initial monotone sequence on the autocorrelations combined over chains; rho[n] is overwritten by it. */
static double tau_of(double *rho, const double *acov, size_t n, double W, double var_plus)
{
    double even = 1, odd = 1 - (W - acov[1]) / var_plus, sum = 0;
    memset(rho, 0, n * sizeof *rho);
    rho[0] = even;
    rho[1] = odd;
    size_t t = 1;
    for (; t + 3 < n && even + odd > 0; t += 2) {
        even = 1 - (W - acov[t + 1]) / var_plus;
        odd = 1 - (W - acov[t + 2]) / var_plus;
        if (even + odd >= 0) {
            rho[t + 1] = even;
            rho[t + 2] = odd;
        }
    }
    ptrdiff_t last = (ptrdiff_t)t - 2;
    if (even > 0)
        rho[last + 1] = even;
    for (ptrdiff_t k = 1; k <= last - 2; k += 2)
        if (rho[k + 1] + rho[k + 2] > rho[k - 1] + rho[k])
            rho[k + 1] = rho[k + 2] = 0.5 * (rho[k - 1] + rho[k]);
    for (ptrdiff_t k = 0; k <= last; k++)
        sum += rho[k];
    return -1 + 2 * sum + rho[last + 1];
}

static gal_status ess_of(block b, double *out)
{
    size_t n = b.n, m = b.m, size = acf_size(n);
    double lo = b.x[0], hi = b.x[0], S = (double)(n * m), W, var_plus;
    for (size_t i = 0; i < n * m; i++) {
        lo = fmin(lo, b.x[i]);
        hi = fmax(hi, b.x[i]);
    }
    *out = S;
    if (hi - lo < 1e-15) /* constant: nothing to estimate */
        return GAL_OK;
    // cppcheck-suppress nullPointerArithmeticRedundantCheck ; checked below before any use
    double *work = GAL_NEWN(double, size + 2 * n + m), *acov = work + size, *rho = acov + n, *mean = rho + n;
    if (!work)
        return GAL_ENOMEM;
    for (size_t j = 0; j < m; j++) {
        for (size_t i = 0; i < n; i++)
            mean[j] += b.x[j * n + i] / (double)n;
        memcpy(work, b.x + j * n, n * sizeof *work);
        acf_raw(work, n, size);
        for (size_t i = 0; i < n; i++)
            acov[i] += work[i] / (double)n / (double)m;
    }
    W = acov[0] * (double)n / (double)(n - 1);
    var_plus = acov[0] + (m > 1 ? var1(mean, m) : 0);
    *out = S / fmax(tau_of(rho, acov, n, W, var_plus), 1 / log10(S));
    gal_free(work);
    return GAL_OK;
}

/* Work arrays: x[m][n] the draws, b the split block. False (and NaN) when the input cannot be judged. */
static gal_status prepare(gal_chains s, size_t min_chains, double **x, block *b, bool *usable)
{
    *x = NULL;
    b->x = NULL;
    *usable = s.n >= 4 && s.m >= min_chains;
    if (!*usable)
        return GAL_OK;
    *x = GAL_NEWN(double, 2 * s.n * s.m);
    if (!*x)
        return GAL_ENOMEM;
    b->x = *x + s.n * s.m;
    *usable = copy(s, *x);
    if (*usable)
        split(*x, s.n, s.m, b);
    return GAL_OK;
}

/* Linear interpolation between order statistics: position q (n-1). */
static gal_status quantile(const double *x, size_t n, double q, double *out)
{
    double *v = GAL_NEWN(double, n);
    if (!v)
        return GAL_ENOMEM;
    memcpy(v, x, n * sizeof *v);
    qsort(v, n, sizeof *v, ascending);
    double at = q * (double)(n - 1), f = floor(at);
    size_t i = (size_t)f;
    *out = i + 1 < n ? v[i] + (at - f) * (v[i + 1] - v[i]) : v[n - 1];
    gal_free(v);
    return GAL_OK;
}

gal_status gal_rhat(gal_chains s, double *out)
{
    double *x, median, bulk;
    block b;
    bool usable;
    gal_status st = prepare(s, 2, &x, &b, &usable);
    *out = NAN;
    if (st != GAL_OK || !usable)
        goto out;
    size_t n = b.n * b.m;
    double *keep = x; /* the unsplit draws are no longer needed */
    memcpy(keep, b.x, n * sizeof *keep);
    GAL_TRY(z_scale(b.x, n));
    bulk = rhat_of(b);
    GAL_TRY(quantile(keep, n, 0.5, &median));
    for (size_t i = 0; i < n; i++)
        b.x[i] = fabs(keep[i] - median);
    GAL_TRY(z_scale(b.x, n));
    *out = fmax(bulk, rhat_of(b));
out:
    gal_free(x);
    return st;
}

gal_status gal_ess_bulk(gal_chains s, double *out)
{
    double *x;
    block b;
    bool usable;
    gal_status st = prepare(s, 1, &x, &b, &usable);
    *out = NAN;
    if (st == GAL_OK && usable && (st = z_scale(b.x, b.n * b.m)) == GAL_OK)
        st = ess_of(b, out);
    gal_free(x);
    return st;
}

gal_status gal_ess_mean(gal_chains s, double *out)
{
    double *x;
    block b;
    bool usable;
    gal_status st = prepare(s, 1, &x, &b, &usable);
    *out = NAN;
    if (st == GAL_OK && usable)
        st = ess_of(b, out);
    gal_free(x);
    return st;
}

gal_status gal_ess_tail(gal_chains s, double *out)
{
    static const double Q[] = {0.05, 0.95};
    double *x, at, ess, low = INFINITY;
    block b;
    bool usable;
    gal_status st = prepare(s, 1, &x, &b, &usable);
    *out = NAN;
    if (st != GAL_OK || !usable)
        goto out;
    size_t n = s.n * s.m;
    for (int k = 0; k < 2; k++) {
        GAL_TRY(copy(s, x) ? GAL_OK : GAL_EBUG);
        GAL_TRY(quantile(x, n, Q[k], &at));
        for (size_t i = 0; i < n; i++)
            x[i] = x[i] <= at;
        split(x, s.n, s.m, &b);
        GAL_TRY(ess_of(b, &ess));
        low = fmin(low, ess);
    }
    *out = low;
out:
    gal_free(x);
    return st;
}

gal_status gal_mcse_mean(gal_chains s, double *out)
{
    double *x, ess;
    block b;
    bool usable;
    gal_status st = prepare(s, 1, &x, &b, &usable);
    *out = NAN;
    if (st == GAL_OK && usable && (st = ess_of(b, &ess)) == GAL_OK)
        *out = sqrt(var1(x, s.n * s.m) / ess);
    gal_free(x);
    return st;
}

gal_status gal_mcse_sd(gal_chains s, double *out)
{
    double *x, ess, mean = 0, v = 0, v2 = 0;
    block b;
    bool usable;
    gal_status st = prepare(s, 1, &x, &b, &usable);
    size_t n = s.n * s.m;
    *out = NAN;
    if (st != GAL_OK || !usable)
        goto out;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        x[i] = (x[i] - mean) * (x[i] - mean);
        v += x[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        v2 += x[i] * x[i] / (double)n;
    split(x, s.n, s.m, &b);
    GAL_TRY(ess_of(b, &ess));
    *out = sqrt((v2 - v * v) / ess / v / 4); /* delta method on the variance */
out:
    gal_free(x);
    return st;
}

double gal_ess_kish(const double *w, size_t n)
{
    double s = 0, s2 = 0;
    if (!w)
        return (double)n;
    for (size_t i = 0; i < n; i++) {
        s += w[i];
        s2 += w[i] * w[i];
    }
    return s2 > 0 ? s * s / s2 : 0;
}

unsigned gal_prior_edge(const double *x, const double *w, size_t n, double lo, double hi, double share[2])
{
    double in[2] = {0, 0}, all = 0, width = isfinite(lo) && isfinite(hi) ? 0.01 * (hi - lo) : 0;
    for (size_t i = 0; i < n; i++) {
        double wi = w ? w[i] : 1;
        all += wi;
        in[0] += x[i] < lo + width ? wi : 0;
        in[1] += x[i] > hi - width ? wi : 0;
    }
    for (int k = 0; k < 2; k++)
        share[k] = all > 0 && width > 0 ? in[k] / all : 0;
    return (share[0] > GAL_EDGE_LIMIT ? GAL_EDGE_LOWER : 0u) | (share[1] > GAL_EDGE_LIMIT ? GAL_EDGE_UPPER : 0u);
}
