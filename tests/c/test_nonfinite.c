/* A quantity with draws that are infinite or no number costs its own diagnostics and nothing else, in every kind of draws. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "galua/diag.h"
#include "galua/num.h"
#include "galua/rng.h"

enum { N = 400, M = 4, D = 4 };

/* a good quantity, one with +inf, one with NaN, one of nothing but NaN */
static void draws(double *x, double *w)
{
    gal_rng r;
    gal_rng_init(&r, 1, 2, 3, 4, 5);
    for (size_t i = 0; i < N * M; i++) {
        double v = gal_rng_normal(&r);
        x[i * D] = x[i * D + 1] = x[i * D + 2] = v;
        x[i * D + 3] = NAN;
        w[i] = 0.5 + gal_rng_uniform(&r);
    }
    x[7 * D + 1] = INFINITY;
    x[9 * D + 2] = NAN;
    x[11 * D + 2] = -INFINITY;
}

static void summaries(void **state)
{
    (void)state;
    static double x[N * M * D], w[N * M];
    draws(x, w);
    for (int kind = GAL_DRAWS_CHAINS; kind <= GAL_DRAWS_WEIGHTED; kind++) {
        bool weighted = kind == GAL_DRAWS_WEIGHTED;
        size_t n = weighted ? N * M : N, m = weighted ? 1 : M;
        gal_summary_in in[D];
        for (size_t k = 0; k < D; k++)
            in[k] =
                (gal_summary_in){.name = "q", .thin = 1, .weight = w, .values = gal_chains_column(x, n, m, D, k, 0)};
        gal_summary s, alone;
        assert_int_equal(gal_summary_make(&s, (gal_draws_kind)kind, in, D), GAL_OK);
        assert_int_equal(gal_summary_make(&alone, (gal_draws_kind)kind, in, 1), GAL_OK);
        const gal_summary_row *good = &s.row[0], *up = &s.row[1], *bad = &s.row[2], *none = &s.row[3];
        assert_true(good->ess == alone.row[0].ess && good->median == alone.row[0].median);
        assert_int_equal(good->nonfinite, 0);
        assert_int_equal(up->nonfinite, 1);
        assert_int_equal(bad->nonfinite, 2);
        assert_int_equal(none->nonfinite, N * M);
        for (int k = 1; k < D; k++) {
            assert_true(isnan(s.row[k].ess) && isnan(s.row[k].mean) && isnan(s.row[k].sd));
            assert_false(s.row[k].trusted);
        }
        /* one or two of 1600 draws move a quantile by about a rank: sd sqrt(2 pi)/1600 at the median */
        assert_true(fabs(up->median - good->median) < 0.01 && fabs(bad->median - good->median) < 0.01);
        assert_true(fabs(up->q84 - good->q84) < 0.02 && fabs(bad->q16 - good->q16) < 0.02);
        assert_true(isnan(none->median) && isnan(none->q025));
        char *text = gal_summary_text(&s);
        assert_non_null(strstr(text, "not finite in every draw"));
        gal_free(text);
        gal_summary_free(&s);
        gal_summary_free(&alone);
    }
}

static void quantiles_at_infinity(void **state)
{
    (void)state;
    const double x[5] = {-INFINITY, 0, 1, INFINITY, INFINITY}, q[5] = {0.05, 0.3, 0.5, 0.7, 0.95};
    double out[5];
    assert_int_equal(gal_quantiles(x, NULL, 5, q, 5, out), GAL_OK);
    assert_true(out[0] == -INFINITY && out[1] == 0 && out[2] == 1 && out[3] == INFINITY && out[4] == INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(summaries), cmocka_unit_test(quantiles_at_infinity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
