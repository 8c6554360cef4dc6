/* Posterior summaries: quantiles, moments, effective sizes, trust, prior edges; and their table as text. Thread-safe. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/diag.h"
#include "galua/num.h"

static double *pooled(gal_chains s)
{
    double *v = GAL_NEWN(double, s.n *s.m);
    for (size_t i = 0; v && i < s.n; i++)
        for (size_t j = 0; j < s.m; j++)
            v[i * s.m + j] = s.x[i * s.draw_stride + j * s.chain_stride];
    return v;
}

/* Drops the draws that are no numbers, and those without weight: points that a model refused, say, where nothing can be derived. Counts the
 * draws that are left, numbers or infinite, and those of some weight that are not finite. */
static size_t drop_nan(double *v, double *w, size_t n, size_t *nonfinite)
{
    size_t m = 0;
    *nonfinite = 0;
    for (size_t i = 0; i < n; i++) {
        if (w && !(w[i] > 0))
            continue;
        *nonfinite += !isfinite(v[i]);
        if (isnan(v[i]))
            continue;
        if (w)
            w[m] = w[i];
        v[m++] = v[i];
    }
    return m;
}

/* A quantity that no free parameter changes: the draws differ by rounding, if at all, and there is nothing to converge. */
static bool constant(const gal_summary_row *r)
{
    return r->sd <= 1e-12 * fabs(r->mean);
}

static gal_status effective(gal_summary_row *r, gal_draws_kind kind, const gal_summary_in *in)
{
    gal_status st = GAL_OK;
    size_t n = in->values.n, m = in->values.m;
    double tau;
    r->ess_tail = r->rhat = r->tau = NAN;
    switch (kind) {
    case GAL_DRAWS_CHAINS:
        GAL_TRY(gal_rhat(in->values, &r->rhat));
        GAL_TRY(gal_ess_bulk(in->values, &r->ess));
        GAL_TRY(gal_ess_tail(in->values, &r->ess_tail));
        GAL_TRY(gal_mcse_mean(in->values, &r->mcse_mean));
        r->trusted = constant(r) || (r->rhat < 1.01 && r->ess >= 100 * (double)m);
        break;
    case GAL_DRAWS_ENSEMBLE:
        tau = 1;
        if (!constant(r))
            GAL_TRY(gal_autocorr_time(in->values, 5, &tau));
        r->tau = tau * (double)(in->thin ? in->thin : 1);
        r->ess = (double)(n * m) / tau;
        r->mcse_mean = r->sd / sqrt(r->ess);
        r->trusted = (double)n > 50 * tau;
        break;
    default:
        r->ess = gal_ess_kish(in->weight, n * m);
        r->mcse_mean = r->sd / sqrt(r->ess);
        r->trusted = r->ess >= 100;
    }
out:
    return st;
}

static gal_status fill(gal_summary_row *r, gal_draws_kind kind, const gal_summary_in *in)
{
    static const double Q[] = {0.025, 0.16, 0.5, 0.84, 0.975};
    gal_status st = GAL_OK;
    size_t n = in->values.n * in->values.m;
    double q[5], share[2], *v = NULL, *x = NULL, *kept = NULL;
    const double *w = kind == GAL_DRAWS_WEIGHTED ? in->weight : NULL;
    if (n == 0)
        return gal_fail(GAL_EINVAL, "summary of %s: no draws", in->name);
    r->name = gal_strdup(in->name);
    r->unit = gal_strdup(in->unit ? in->unit : "");
    v = pooled(in->values);
    if (!v || !r->name || !r->unit) {
        st = GAL_ENOMEM;
        goto out;
    }
    if (w && (kept = GAL_NEWN(double, n)))
        memcpy(kept, w, n * sizeof *kept);
    if (w && !kept)
        GAL_TRY(GAL_ENOMEM);
    size_t m = drop_nan(v, kept, n, &r->nonfinite);
    for (int k = 0; k < 5; k++)
        q[k] = NAN;
    if (m > 0)
        GAL_TRY(gal_quantiles(v, kept, m, Q, 5, q));
    r->q025 = q[0];
    r->q16 = q[1];
    r->median = q[2];
    r->q84 = q[3];
    r->q975 = q[4];
    if (r->nonfinite) { /* costs this quantity its diagnostics, and nothing else */
        r->mean = r->sd = r->mcse_mean = r->ess = r->ess_tail = r->rhat = r->tau = NAN;
    } else {
        r->mean = gal_mean(v, kept, m);
        r->sd = m > 1 ? sqrt(gal_variance(v, kept, m)) : 0;
        GAL_TRY(effective(r, kind, in));
    }
    if (in->coord.x) {
        if (in->coord.n * in->coord.m != n)
            GAL_THROW(GAL_EINVAL, "summary of %s: %zu values but %zu coordinates", in->name, n,
                      in->coord.n * in->coord.m);
        x = pooled(in->coord);
        if (!x) {
            st = GAL_ENOMEM;
            goto out;
        }
        r->edge = gal_prior_edge(x, w, n, in->lo, in->hi, share);
    }
out:
    gal_free(v);
    gal_free(x);
    gal_free(kept);
    return st;
}

gal_status gal_summary_make(gal_summary *out, gal_draws_kind kind, const gal_summary_in *in, size_t n)
{
    gal_status st = GAL_OK;
    out->n = n;
    out->row = GAL_NEWN(gal_summary_row, n);
    if (!out->row)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        GAL_TRY(fill(&out->row[i], kind, &in[i]));
out:
    if (st != GAL_OK)
        gal_summary_free(out);
    return st;
}

void gal_summary_free(gal_summary *s)
{
    for (size_t i = 0; s->row && i < s->n; i++) {
        gal_free(s->row[i].name);
        gal_free(s->row[i].unit);
    }
    gal_free(s->row);
    s->row = NULL;
    s->n = 0;
}

/* ------------------------------------------------------------------ text */
#define NCOL 10
#define CELL 64

/* As many digits as the Monte Carlo error supports, one of them uncertain. */
static void number(char *cell, double v, double err)
{
    int digits = 4;
    if (!isfinite(v)) {
        snprintf(cell, CELL, "%g", v);
        return;
    }
    if (err > 0 && v != 0)
        digits = (int)floor(log10(fabs(v))) - (int)floor(log10(err)) + 1;
    digits = digits < 2 ? 2 : digits > 9 ? 9 : digits;
    snprintf(cell, CELL, "%.*g", digits, v);
}

static void cells(char c[NCOL][CELL], const gal_summary_row *r)
{
    double err = r->mcse_mean;
    snprintf(c[0], CELL, "%s", r->name);
    snprintf(c[1], CELL, "%s", r->unit);
    number(c[2], r->median, err);
    number(c[3], r->q16, err);
    number(c[4], r->q84, err);
    number(c[5], r->mean, err);
    number(c[6], r->sd, err);
    snprintf(c[7], CELL, r->nonfinite ? "-" : "%.0f", r->ess);
    if (isnan(r->rhat) && isnan(r->tau))
        snprintf(c[8], CELL, "-");
    else
        snprintf(c[8], CELL, isnan(r->rhat) ? "%.1f" : "%.3f", isnan(r->rhat) ? r->tau : r->rhat);
    snprintf(c[9], CELL, "%s%s%s",
             r->nonfinite ? "not finite in every draw"
             : r->trusted ? ""
                          : "not converged",
             !r->trusted && r->edge ? ", " : "",
             r->edge == 3   ? "at both prior edges"
             : r->edge == 1 ? "at the lower prior edge"
             : r->edge      ? "at the upper prior edge"
                            : "");
}

char *gal_summary_text(const gal_summary *s)
{
    static const char *const HEAD[NCOL] = {"parameter", "unit", "median", "16 %", "84 %", "mean", "sd", "ESS", "", ""};
    size_t width[NCOL] = {0}, line = 2, at = 0;
    char(*c)[NCOL][CELL] = gal_calloc(s->n + 1, sizeof *c);
    if (!c)
        return NULL;
    for (int k = 0; k < NCOL; k++)
        snprintf(c[0][k], CELL, "%s", HEAD[k]);
    if (s->n > 0)
        snprintf(c[0][8], CELL, "%s", !isnan(s->row[0].tau) ? "tau" : "R-hat");
    for (size_t i = 0; i < s->n; i++)
        cells(c[i + 1], &s->row[i]);
    for (int k = 0; k < NCOL; k++) {
        for (size_t i = 0; i <= s->n; i++)
            width[k] = strlen(c[i][k]) > width[k] ? strlen(c[i][k]) : width[k];
        line += width[k] + 2;
    }
    char *text = gal_alloc((s->n + 1) * line + 1);
    for (size_t i = 0; text && i <= s->n; i++) {
        for (int k = 0; k < NCOL; k++) /* words to the left, numbers to the right */
            at += (size_t)snprintf(text + at, line, k < 2 || k == 9 ? "%-*s  " : "%*s  ", (int)width[k], c[i][k]);
        while (at > 0 && text[at - 1] == ' ')
            at--;
        text[at++] = '\n';
        text[at] = '\0';
    }
    gal_free(c);
    return text;
}
