/* Adaptive importance sampling: the draws that count, their weights, evidence and effective size.
 *
 * Every stage at beta = 1 since something new was learnt counts. Its draws are weighed by the density they were drawn from, which depends on
 * earlier stages alone, so the mean Z_k of their weights is an unbiased estimate of Z; the estimates are put together with weights a_k that are
 * known before stage k is drawn: its draws times the best efficiency seen before it. Neither makes a bias of its own, as weighing all draws by the mixture of all
 * proposals does (each proposal is fitted to the draws before it). With equal efficiencies it is the mean over all draws; Owen & Zhou 2019
 * (arXiv:1901.02976) show what is lost when weights are chosen without knowing how the stages improve: little. */
#include <math.h>
#include <string.h>

#include "importance_int.h"

#define WORST 0.2 /* of the share of the last stage: what has less does not count */

/* a_k: the best efficiency before stage k, the stage before those that count included */
static double share(const gal_importance_sampler *s, size_t k)
{
    double a = 0;
    for (size_t j = s->final > 0 ? s->final - 1 : 0; j < k; j++)
        a = fmax(a, s->stage[j].efficiency);
    return a;
}

static size_t rows_of(const gal_importance_sampler *s, size_t k)
{
    return (k + 1 < s->nstage ? s->first[k + 1] : s->n) - s->first[k];
}

/* ln a_k, -inf for one that does not count */
static double counts(const gal_importance_sampler *s, size_t k)
{
    double last = s->nstage > 0 ? share(s, s->nstage - 1) : 0, a = share(s, k);
    return k > 0 && s->stage[k].beta >= 1 && a > 0 && a >= WORST * last ? log(a) : -INFINITY;
}

size_t ais_counted(const gal_importance_sampler *s)
{
    size_t n = 0;
    for (size_t k = s->final; k < s->nstage; k++)
        n += counts(s, k) > -INFINITY ? rows_of(s, k) : 0;
    return n;
}

size_t ais_counting(const gal_importance_sampler *s, size_t *row, double *lnw, size_t *half)
{
    size_t n = 0, all = ais_counted(s);
    double sum = 0;
    *half = 0;
    for (size_t k = s->final; k < s->nstage; k++) {
        double a = counts(s, k);
        if (!(a > -INFINITY))
            continue;
        for (size_t i = s->first[k]; i < s->first[k] + rows_of(s, k); i++) {
            row[n] = i;
            lnw[n++] = s->own[i] + a;
        }
        sum += exp(a) * (double)rows_of(s, k);
        *half = n < all && (*half == 0 || 2 * n <= all + rows_of(s, k)) ? n : *half;
    }
    for (size_t i = 0; i < n; i++)
        lnw[i] -= log(sum / (double)n);
    return n;
}

double ais_kish(const double *lnw, size_t n)
{
    double top = -INFINITY, sum = 0, sum2 = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, lnw[i]);
    for (size_t i = 0; i < n && top > -INFINITY; i++) {
        double w = exp(lnw[i] - top);
        sum += w;
        sum2 += w * w;
    }
    return sum2 > 0 ? sum * sum / sum2 : 0;
}

double ais_counted_size(const gal_importance_sampler *s)
{
    double top = -INFINITY, sum = 0, sum2 = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = s->final; k < s->nstage; k++) {
            double a = counts(s, k);
            for (size_t i = s->first[k]; a > -INFINITY && i < s->first[k] + rows_of(s, k); i++) {
                if (!pass) {
                    top = fmax(top, s->own[i] + a);
                    continue;
                }
                double w = top > -INFINITY ? exp(s->own[i] + a - top) : 0;
                sum += w;
                sum2 += w * w;
            }
        }
    return sum2 > 0 ? sum * sum / sum2 : 0;
}

gal_status ais_khat(const gal_importance_sampler *s, double *khat)
{
    size_t n = ais_counted(s), half, *row = GAL_NEWN(size_t, n + 1);
    double *lnw = GAL_NEWN(double, n + 1);
    gal_status st = row && lnw ? GAL_OK : GAL_ENOMEM;
    if (st == GAL_OK) {
        ais_counting(s, row, lnw, &half);
        st = gal_psis(lnw, n, 1, khat);
    }
    gal_free(row);
    gal_free(lnw);
    return st;
}

double ais_own_size(const gal_importance_sampler *s, size_t from, double beta)
{
    double top = -INFINITY, sum = 0, sum2 = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = from; i < s->n; i++) {
            double f = s->lnlike[i] > -INFINITY ? s->own[i] - (1 - beta) * s->lnlike[i] : -INFINITY;
            if (!pass) {
                top = fmax(top, f);
                continue;
            }
            double w = top > -INFINITY ? exp(f - top) : 0;
            sum += w;
            sum2 += w * w;
        }
    return sum2 > 0 ? sum * sum / sum2 : 0;
}

/* Draws of a stage come in the order of the parts of the mixture, each part having its share:
 * the variance of the mean is that of differences of neighbours (Wolter 2007, section 8.2). */
double ais_evidence(const double *lnw, size_t n, size_t step, double *err)
{
    double top = -INFINITY, sum = 0, diff = 0, m = 0, last = 0;
    for (size_t i = 0; i < n; i += step)
        top = fmax(top, lnw[i]);
    for (size_t i = 0; i < n && top > -INFINITY; i += step) {
        double w = exp(lnw[i] - top);
        diff += m > 0 ? 0.5 * (w - last) * (w - last) : 0;
        last = w;
        sum += w;
        m++;
    }
    *err = sum > 0 ? sqrt(diff / (m - 1) * m) / sum : INFINITY;
    return top + log(sum / m);
}

/* Two halves: of the stages, each divided by its own mean of a_k, or odd and even draws of one stage */
double ais_halves(const gal_importance_sampler *s, const double *lnw, size_t n, size_t half)
{
    double a[2], err[2], share[2] = {0}, rows[2] = {0};
    for (size_t k = s->final, at = 0; k < s->nstage; k++) {
        double c = counts(s, k), m = (double)rows_of(s, k);
        if (!(c > -INFINITY))
            continue;
        int h = half > 0 && at >= half;
        share[h] += m * exp(c);
        rows[h] += m;
        at += rows_of(s, k);
    }
    if (half > 0) {
        a[0] = ais_evidence(lnw, half, 1, &err[0]) - log(share[0] / rows[0]);
        a[1] = ais_evidence(lnw + half, n - half, 1, &err[1]) - log(share[1] / rows[1]);
    } else {
        a[0] = ais_evidence(lnw, n, 2, &err[0]);
        a[1] = ais_evidence(lnw + 1, n - 1, 2, &err[1]);
    }
    return (a[1] - a[0]) / sqrt(err[0] * err[0] + err[1] * err[1]);
}
