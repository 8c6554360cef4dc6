/* Numerics: search, interpolation, quadrature, roots, statistics, the vector exponential. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "num/isa.h"
#include "num/vexp.h"

static void search_and_interpolate(void **state)
{
    (void)state;
    static const double x[5] = {0, 1, 2, 3, 4}, y[5] = {0, 1, 4, 9, 16}, x2[4] = {0, 1, 2, 3}, y2[4] = {0, 2, 4, 6};
    assert_int_equal(gal_search(x, 5, -1), 0);
    assert_int_equal(gal_search(x, 5, 2), 2); /* lower-inclusive */
    assert_int_equal(gal_search(x, 5, 4), 3);
    assert_int_equal(gal_search(x, 5, 99), 3);
    CLOSE(gal_trapz(x, y, 5), 22, 1e-15);
    static const double mid[4] = {0.5, 2.5, 6.5, 12.5};
    for (int i = 0; i < 4; i++)
        CLOSE(gal_interp(x, y, 5, i + 0.5, GAL_CLAMP), mid[i], 1e-15);
    CLOSE(gal_interp(x2, y2, 4, -1, GAL_EXTRAPOLATE), -2, 1e-15);
    CLOSE(gal_interp(x2, y2, 4, 4, GAL_EXTRAPOLATE), 8, 1e-15);
    assert_true(gal_interp(x2, y2, 4, 4, GAL_ZERO) == 0 && gal_interp(x2, y2, 4, 9, GAL_CLAMP) == 6);
    static const double px[3] = {1, 10, 100}, py[3] = {5, 0.05, 5e-4}; /* 5 x^-2 */
    CLOSE(gal_interp_loglog(px, py, 3, 31.6, GAL_CLAMP), 5 / (31.6 * 31.6), 1e-13);
    double w[5], s = 0, c[5];
    gal_trapz_weights(x, 5, w);
    for (int i = 0; i < 5; i++)
        s += w[i] * y[i];
    CLOSE(s, 22, 1e-15);
    gal_cumtrapz(x, y, 5, c);
    CLOSE(c[2], 3, 1e-15);
    gal_logspace(1, 1e10, 11, (double[11]){0});
    double g[11];
    gal_logspace(1, 1e10, 11, g);
    assert_true(g[0] == 1 && g[10] == 1e10);
    CLOSE(g[3], 1e3, 1e-14);
}

/* cubic through four nodes: exact for parabolas inside, for straight lines everywhere; values and slopes meet at the nodes */
static void cubic_weights(void **state)
{
    (void)state;
    const double x[6] = {0, 1, 1.5, 3, 3.25, 5};
    double w[4], y[6], c[6];
    for (int i = 0; i < 6; i++) {
        y[i] = sin(2 * x[i]);
        c[i] = 1 + 2 * x[i] - 0.7 * x[i] * x[i];
    }
    for (size_t i = 0; i < 5; i++)
        for (double t = 0; t <= 1; t += 0.125) {
            double v = x[i] + t * (x[i + 1] - x[i]), sum = 0, line = 0, bow = 0;
            gal_cubic_weights(x, i, v, i > 0, i < 4, w);
            for (size_t k = 0; k < 4; k++) {
                if (i + k < 1 || i + k > 6) {
                    assert_true(w[k] == 0);
                    continue;
                }
                sum += w[k];
                line += w[k] * (3 - x[i + k - 1]);
                bow += w[k] * c[i + k - 1];
            }
            assert_true(fabs(sum - 1) < 1e-14 && fabs(line - (3 - v)) < 1e-13);
            if (i > 0 && i < 4)
                assert_true(fabs(bow - (1 + 2 * v - 0.7 * v * v)) < 1e-13);
        }
    for (size_t i = 1; i < 5; i++) { /* C1 at x[i]: value, and slopes from both sides */
        double at[2], next[2], h = 1e-6;
        for (int side = 0; side < 2; side++) {
            size_t j = side ? i : i - 1;
            for (int k = 0; k < 2; k++) {
                double v = x[i] + k * (side ? h : -h), s = 0;
                gal_cubic_weights(x, j, v, j > 0, j < 4, w);
                for (size_t q = 0; q < 4; q++)
                    s += w[q] != 0 ? w[q] * y[j + q - 1] : 0;
                (k ? next : at)[side] = s;
            }
        }
        assert_true(fabs(at[0] - y[i]) < 1e-14 && fabs(at[1] - y[i]) < 1e-14);
        assert_true(fabs((at[0] - next[0]) / h - (next[1] - at[1]) / h) < 1e-5); /* differences of 1e-6: curvature 4 */
    }
}

/* pchip: keeps monotone data monotone, is C1, reproduces a straight line, third-order accurate on smooth data */
static void pchip(void **state)
{
    (void)state;
    double x[20], y[20], d[20], dv, before = -1, slope_before = 0;
    for (int i = 0; i < 20; i++) {
        x[i] = i + 0.3 * sin(i);
        y[i] = i < 10 ? 0 : i * i; /* flat, then steep */
    }
    gal_pchip_slopes(x, y, 20, d);
    for (double v = x[0]; v <= x[19]; v += 1e-3) {
        double p = gal_pchip(x, y, d, 20, v, &dv);
        assert_true(p >= before - 1e-12 && dv >= -1e-12);
        if (v > x[0] + 2e-3)
            assert_true(fabs(dv - slope_before) < 2); /* no jump of the slope */
        before = p;
        slope_before = dv;
    }
    for (int i = 0; i < 20; i++)
        y[i] = sin(0.1 * x[i]);
    gal_pchip_slopes(x, y, 20, d);
    for (double v = 1; v < 14; v += 0.37) { /* on the rising part */
        CLOSE(gal_pchip(x, y, d, 20, v, &dv), sin(0.1 * v), 1e-3);
        double e = 1e-6;
        CLOSE((gal_pchip(x, y, d, 20, v + e, NULL) - gal_pchip(x, y, d, 20, v - e, NULL)) / (2 * e), dv, 1e-6);
    }
}

static double power(double x, void *n)
{
    return pow(x, *(double *)n);
}

static double cosine(double x, void *unused)
{
    (void)unused;
    return cos(x) - x;
}

static void quadrature_and_roots(void **state)
{
    (void)state;
    for (int n = 1; n <= 8; n++) { /* exact to degree 2n - 1 */
        const double *w, *x = gal_gauss_nodes(n, &w);
        for (int deg = 0; deg < 2 * n; deg++) {
            double s = 0;
            for (int i = 0; i < n; i++)
                s += w[i] * pow(x[i], deg);
            assert_true(fabs(s - (deg % 2 ? 0 : 2. / (deg + 1))) < 1e-15 * 8);
        }
    }
    assert_null(gal_gauss_nodes(9, (const double *[]){NULL}));
    double v, p = -0.5;
    assert_int_equal(gal_integrate(power, &p, 0, 4, 1e-10, &v), GAL_OK);
    CLOSE(v, 4, 1e-9);
    p = -1;
    assert_int_equal(gal_integrate(power, &p, 0, 1, 1e-10, &v), GAL_EMATH);
    assert_int_equal(gal_root(cosine, NULL, 0, 2, 1e-14, &v), GAL_OK);
    CLOSE(v, 0.73908513321516064166, 1e-13);
    assert_int_equal(gal_root(cosine, NULL, 2, 3, 1e-14, &v), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "no sign change in [2, 3]"));
}

static void statistics(void **state)
{
    (void)state;
    static const double x[4] = {3, 1, 2, 5}, w[4] = {1, 2, 1, .5}, q[3] = {.16, .5, .84};
    double out[3];
    assert_int_equal(gal_quantiles(x, w, 4, q, 3, out), GAL_OK);
    CLOSE(out[0], 1, 1e-12);
    CLOSE(out[1], 1.83333333, 1e-8);
    CLOSE(out[2], 3.74666667, 1e-8);
    CLOSE(gal_mean(x, w, 4), 9.5 / 4.5, 1e-15);
    CLOSE(gal_variance(x, NULL, 4), 8.75 / 3, 1e-15);
    assert_int_equal(gal_quantiles(x, NULL, 0, q, 3, out), GAL_EINVAL);
    double a[9] = {4, 2, 1, 2, 5, 3, 1, 3, 6}, b[3] = {1, -2, 3}, m[9];
    memcpy(m, a, sizeof a);
    double rhs[3];
    for (int i = 0; i < 3; i++)
        rhs[i] = a[3 * i] * b[0] + a[3 * i + 1] * b[1] + a[3 * i + 2] * b[2];
    assert_int_equal(gal_cholesky(m, 3), GAL_OK);
    gal_chol_solve(m, 3, rhs);
    for (int i = 0; i < 3; i++)
        CLOSE(rhs[i], b[i], 1e-13);
    double bad[4] = {1, 2, 2, 1};
    assert_int_equal(gal_cholesky(bad, 2), GAL_EMATH);
}

static void vector_exponential(void **state)
{
    (void)state;
    double worst = 0, worst1 = 0;
    for (double x = -699; x < 699; x += 0.00317) {
        worst = fmax(worst, fabs(gal_vexp(x) / exp(x) - 1));
        if (x > 0)
            worst1 = fmax(worst1, fabs(gal_vone_minus_exp(x / 100) / -expm1(-x / 100) - 1));
    }
    for (double x = 1e-12; x < 1; x *= 1.1)
        worst1 = fmax(worst1, fabs(gal_vone_minus_exp(x) / -expm1(-x) - 1));
    printf("vexp %.2g, 1-exp %.2g on %s\n", worst, worst1, gal_isa_name());
    assert_true(worst < 5e-16 && worst1 < 5e-14); /* 1 - e^-x near the switch at 0.01 loses two digits */
    assert_true(gal_vexp(-1e6) > 0 && gal_vexp(-1e6) < 1e-300 && isfinite(gal_vexp(1e6)));
}

static void checks(void **state)
{
    (void)state;
    static const double flat[3] = {1, 2, 2}, nan3[3] = {1, NAN, 3};
    assert_int_equal(gal_check_ascending("ages", flat, 3), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "ages: must ascend, but value 3 (2) is not above value 2 (2)");
    assert_int_equal(gal_check_finite("flux", nan3, 3), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "flux: value 2 is NaN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_and_interpolate),
        cmocka_unit_test(cubic_weights),
        cmocka_unit_test(pchip),
        cmocka_unit_test(quadrature_and_roots),
        cmocka_unit_test(statistics),
        cmocka_unit_test(vector_exponential),
        cmocka_unit_test(checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
