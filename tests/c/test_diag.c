/* Diagnostics: autocorrelation times of known processes, rank-normalised statistics against ArviZ, edges, summaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/diag.h"
#include "galua/rng.h"

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* m stationary chains of x' = phi x + sqrt(1 - phi^2) N(0,1), walkers side by side */
static double *ar1(double phi, size_t n, size_t m, uint64_t seed)
{
    double *x = GAL_NEWN(double, n *m);
    for (size_t j = 0; j < m; j++) {
        gal_rng r;
        gal_rng_init(&r, seed, 77, 0, 0, j);
        double v = gal_rng_normal(&r);
        for (size_t i = 0; i < n; i++) {
            x[i * m + j] = v;
            v = phi * v + sqrt(1 - phi * phi) * gal_rng_normal(&r);
        }
    }
    return x;
}

static void tau_of_ar1(void **state)
{
    (void)state;
    double tau, *x = ar1(0.9, 100000, 4, 1);
    ok(gal_autocorr_time(gal_chains_column(x, 100000, 4, 1, 0, 0), 5, &tau));
    CLOSE(tau, 19, 0.05); /* (1 + phi)/(1 - phi) */
    ok(gal_autocorr_time_checked(gal_chains_column(x, 100000, 4, 1, 0, 0), 5, 50, "age", &tau));
    /* fewer than 50 tau: raised, with the estimate */
    assert_int_equal(gal_autocorr_time_checked(gal_chains_column(x, 500, 4, 1, 0, 0), 5, 50, "age", &tau), GAL_EMATH);
    assert_true(tau > 10 && tau < 28);
    char want[200];
    snprintf(want, sizeof want,
             "age: a chain of 500 draws is too short for its autocorrelation time %.3g; run at least %.0f (50 tau)",
             tau, ceil(50 * tau));
    assert_string_equal(gal_error_message(), want);
    gal_free(x);
    x = ar1(0, 100000, 4, 2);
    ok(gal_autocorr_time(gal_chains_column(x, 100000, 4, 1, 0, 0), 5, &tau));
    CLOSE(tau, 1, 0.05);
    gal_free(x);
    x = ar1(0.9, 100000, 1, 3);
    ok(gal_autocorr_time(gal_chains_column(x, 100000, 1, 1, 0, 0), 5, &tau));
    CLOSE(tau, 19, 0.1); /* one chain: sd of the estimate is tau sqrt(2(2M+1)/N) with M = 5 tau, 6 % */
    gal_free(x);
}

/* direct sums for a short series */
static void tau_by_definition(void **state)
{
    (void)state;
    static const double x[] = {1, 3, 2, 5, 4, 4, 6, 2, 1, 0, 2, 3, 5};
    enum { N = sizeof x / sizeof *x };
    double mean = 0, rho[N], tau, want = -1, sum = 0;
    for (int i = 0; i < N; i++)
        mean += x[i] / N;
    for (int t = 0; t < N; t++) {
        rho[t] = 0;
        for (int i = 0; i + t < N; i++)
            rho[t] += (x[i] - mean) * (x[i + t] - mean);
    }
    for (int t = 0; t < N; t++) {
        sum += rho[t] / rho[0];
        want = 2 * sum - 1;
        if (t >= 1 * want)
            break;
    }
    ok(gal_autocorr_time((gal_chains){x, N, 1, 1, 1}, 1, &tau));
    CLOSE(tau, want, 1e-13);
}

static void stuck_and_bad_chains(void **state)
{
    (void)state;
    double tau, *x = ar1(0, 1000, 4, 4);
    for (size_t i = 0; i < 1000; i++)
        x[4 * i + 2] = 7; /* one of four walkers never moves */
    ok(gal_autocorr_time(gal_chains_column(x, 1000, 4, 1, 0, 0), 5, &tau));
    assert_true(tau > 1000 / 50.); /* never called converged */
    x[4 * 10 + 1] = NAN;
    assert_int_equal(gal_autocorr_time(gal_chains_column(x, 1000, 4, 1, 0, 0), 5, &tau), GAL_EMATH);
    assert_string_equal(gal_error_message(), "autocorrelation time: draw 11 of chain 2 is nan");
    assert_true(isnan(tau));
    gal_free(x);
}

/* ------------------------------------------------------------------ ArviZ; the chains are those of scripts/peers/arviz_diag.py */
static uint64_t lcg;
static double uniform(void)
{
    lcg = lcg * 6364136223846793005u + 1442695040888963407u;
    return ((double)(lcg >> 12) + 0.5) * 0x1p-52;
}

static void fill(double *x, const char *name, size_t m, size_t n)
{
    lcg = 20260101;
    for (size_t j = 0; j < m; j++) {
        double v = 0;
        for (size_t i = 0; i < n; i++) {
            double u = uniform() - 0.5, w = uniform(), *y = &x[j * n + i];
            if (strcmp(name, "ar") == 0 || strcmp(name, "anti") == 0) {
                v = (name[1] == 'r' ? 0.9 : -0.5) * v;
                *y = v = v + u;
            } else if (strcmp(name, "heavy") == 0) {
                *y = u / (w * w + 1e-6);
            } else if (strcmp(name, "ties") == 0) {
                *y = floor(6 * w);
            } else if (strcmp(name, "shifted") == 0) {
                *y = u + (0.25 * (double)j);
            } else if (strcmp(name, "scaled") == 0) {
                *y = u * (1.0 + (double)j);
            } else {
                *y = strcmp(name, "constant") == 0 ? 2.5 : u;
            }
        }
    }
}

static void same_as_arviz(void **state)
{
    (void)state;
    char line[400];
    int ncase = 0;
    FILE *f = fopen("tests/ref/arviz_diag.txt", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char name[20];
        size_t m, n;
        double want[6], got[6];
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%19s %zu %zu %lf %lf %lf %lf %lf %lf", name, &m, &n, &want[0], &want[1],
                                &want[2], &want[3], &want[4], &want[5]),
                         9);
        double *x = GAL_NEWN(double, m *n);
        fill(x, name, m, n);
        gal_chains s = {x, n, m, 1, n};
        ok(gal_rhat(s, &got[0]));
        ok(gal_ess_bulk(s, &got[1]));
        ok(gal_ess_tail(s, &got[2]));
        ok(gal_ess_mean(s, &got[3]));
        ok(gal_mcse_mean(s, &got[4]));
        ok(gal_mcse_sd(s, &got[5]));
        for (int k = 0; k < 6; k++)
            if (!(isnan(want[k]) ? isnan(got[k]) : fabs(got[k] - want[k]) <= 1e-10 * fabs(want[k])))
                fail_msg("%s %zux%zu, column %d: %.17g, ArviZ %.17g", name, m, n, k + 4, got[k], want[k]);
        gal_free(x);
        ncase++;
    }
    fclose(f);
    assert_int_equal(ncase, 12);
    double three[] = {1, 2, 3}, v, inf[] = {1, 2, INFINITY, 4, 5, 6, 7, 8};
    ok(gal_ess_bulk((gal_chains){three, 3, 1, 1, 3}, &v));
    assert_true(isnan(v));
    ok(gal_rhat((gal_chains){inf, 4, 2, 1, 4}, &v));
    assert_true(isnan(v));
}

static void weights_and_edges(void **state)
{
    (void)state;
    double w[] = {1, 1, 1, 1}, w2[] = {1, 0, 0, 0}, w0[] = {0, 0}, share[2], x[1000];
    assert_true(gal_ess_kish(w, 4) == 4 && gal_ess_kish(w2, 4) == 1 && gal_ess_kish(w0, 2) == 0);
    CLOSE(gal_ess_kish((double[]){3, 1, 2}, 3), 36. / 14, 1e-15);
    for (int i = 0; i < 1000; i++)
        x[i] = 10 + (i + 0.5) / 1000; /* flat over the prior: not flagged */
    assert_int_equal(gal_prior_edge(x, NULL, 1000, 10, 11, share), 0);
    CLOSE(share[0], 0.01, 1e-12);
    CLOSE(share[1], 0.01, 1e-12);
    for (int i = 0; i < 1000; i++)
        x[i] = 11 - 0.1 * (i + 0.5) / 1000;
    assert_int_equal(gal_prior_edge(x, NULL, 1000, 10, 11, share), GAL_EDGE_UPPER);
    CLOSE(share[1], 0.1, 1e-12);
    assert_int_equal(gal_prior_edge(x, NULL, 1000, 10, INFINITY, share), 0);
}

static void summaries(void **state)
{
    (void)state;
    enum { N = 20000, M = 4 };
    double *x = ar1(0.9, N, M, 6), *v = GAL_NEWN(double, N *M);
    gal_summary s;
    for (size_t i = 0; i < N * M; i++)
        v[i] = 100 + 5 * x[i];
    gal_summary_in in = {
        "sfh.tau", "Gyr", gal_chains_column(v, N, M, 1, 0, 0), gal_chains_column(x, N, M, 1, 0, 0), -100, 100, NULL, 2};
    ok(gal_summary_make(&s, GAL_DRAWS_ENSEMBLE, &in, 1));
    gal_summary_row *r = s.row;
    double se = 5 * sqrt(19. / (N * M)); /* of the mean */
    CLOSE(r->tau, 38, 0.2);              /* in steps; three times the 7 % of tau sqrt(2 (2 M + 1)/(N m)) */
    CLOSE(r->ess, N * M / 19., 0.25);
    CLOSE(r->mcse_mean, se, 0.12);
    assert_true(fabs(r->mean - 100) < 4 * se);
    assert_true(fabs(r->median - 100) < 5 * se && fabs(r->q16 - 95.028) < 6 * se && fabs(r->q84 - 104.972) < 6 * se);
    CLOSE(r->sd, 5, 0.05);
    assert_true(r->trusted && isnan(r->rhat));
    assert_int_equal(r->edge, 0);
    gal_summary_free(&s);
    in.lo = -0.1;
    in.hi = 0.4;
    ok(gal_summary_make(&s, GAL_DRAWS_CHAINS, &in, 1));
    assert_int_equal(s.row[0].edge, GAL_EDGE_LOWER | GAL_EDGE_UPPER);
    assert_true(s.row[0].rhat < 1.01 && s.row[0].ess_tail > 1000 && s.row[0].trusted && isnan(s.row[0].tau));
    char *text = gal_summary_text(&s);
    assert_non_null(strstr(text, "parameter  unit"));
    assert_non_null(strstr(text, "\nsfh.tau    Gyr "));
    assert_non_null(strstr(text, "at both prior edges\n"));
    gal_free(text);
    gal_summary_free(&s);
    /* what no parameter changes has nothing to converge */
    for (size_t i = 0; i < N * M; i++)
        v[i] = 0.01 * (1 + 2e-16 * (double)(i % 3));
    in.coord = (gal_chains){NULL, 0, 0, 0, 0};
    for (int kind = 0; kind < 2; kind++) {
        ok(gal_summary_make(&s, kind ? GAL_DRAWS_ENSEMBLE : GAL_DRAWS_CHAINS, &in, 1));
        assert_true(s.row[0].trusted);
        gal_summary_free(&s);
    }
    /* weights: importance-weighted from N(0,1) to N(1,1) */
    double *w = GAL_NEWN(double, N);
    for (size_t i = 0; i < N; i++) {
        x[i] = x[M * i];
        w[i] = exp(x[i] - 0.5);
    }
    gal_summary_in win = {"x", NULL, {x, N, 1, 1, 1}, {NULL, 0, 0, 0, 0}, 0, 0, w, 0};
    ok(gal_summary_make(&s, GAL_DRAWS_WEIGHTED, &win, 1));
    CLOSE(s.row[0].ess, N / exp(1), 0.3); /* Kish of a lognormal of unit variance: 1/e */
    assert_true(fabs(s.row[0].mean - 1) < 0.15 && s.row[0].trusted);
    gal_summary_free(&s);
    /* a draw without weight says nothing, whatever its value: the rest is unchanged */
    for (size_t i = 0; i < N; i += 7)
        w[i] = 0;
    ok(gal_summary_make(&s, GAL_DRAWS_WEIGHTED, &win, 1));
    double mean = s.row[0].mean, sd = s.row[0].sd, median = s.row[0].median, ess = s.row[0].ess;
    gal_summary_free(&s);
    for (size_t i = 0; i < N; i += 7)
        x[i] = i % 2 ? NAN : INFINITY;
    ok(gal_summary_make(&s, GAL_DRAWS_WEIGHTED, &win, 1));
    assert_int_equal(s.row[0].nonfinite, 0);
    CLOSE(s.row[0].mean, mean, 1e-14);
    CLOSE(s.row[0].sd, sd, 1e-14);
    CLOSE(s.row[0].median, median, 1e-14);
    CLOSE(s.row[0].ess, ess, 1e-14);
    gal_summary_free(&s);
    x[1] = NAN; /* this one has some */
    ok(gal_summary_make(&s, GAL_DRAWS_WEIGHTED, &win, 1));
    assert_int_equal(s.row[0].nonfinite, 1);
    gal_summary_free(&s);
    win.values.n = 0;
    assert_int_equal(gal_summary_make(&s, GAL_DRAWS_WEIGHTED, &win, 1), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "summary of x: no draws");
    gal_free(x);
    gal_free(v);
    gal_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tau_of_ar1),    cmocka_unit_test(tau_by_definition), cmocka_unit_test(stuck_and_bad_chains),
        cmocka_unit_test(same_as_arviz), cmocka_unit_test(weights_and_edges), cmocka_unit_test(summaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
