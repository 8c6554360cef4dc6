/* Priors: each density integrates to one, its integral is the cdf, the quantile inverts the cdf, bounds and messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "galua/prior.h"
#include "galua/rng.h"

#define NTABLE 301
#define MANY   40

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

static gal_prior *gaussian_table(gal_coord coord)
{
    double x[NTABLE], l[NTABLE];
    gal_prior *p;
    gal_linspace(6, 12, NTABLE, x);
    for (int i = 0; i < NTABLE; i++)
        l[i] = -0.5 * (x[i] - 9) * (x[i] - 9) / 0.25 + 1234;
    ok(gal_prior_table(&p, coord, x, l, NTABLE));
    return p;
}

static size_t every_kind(gal_prior **p)
{
    size_t n = 0;
    double hole[] = {0, 1, 2, 3, 4}, lhole[] = {-INFINITY, 0, -INFINITY, -INFINITY, 2};
    ok(gal_prior_uniform(&p[n++], -2, 5));
    ok(gal_prior_loguniform(&p[n++], 1e8, 1.3e10));
    ok(gal_prior_normal(&p[n++], 3, 0.2));
    ok(gal_prior_truncnormal(&p[n++], 0, 1, -1, 2));
    ok(gal_prior_truncnormal(&p[n++], 0, 1, 9, INFINITY)); /* 9 sigma out: the mass is 1.1e-19 */
    ok(gal_prior_truncnormal(&p[n++], 0, 1, 30, 31));
    ok(gal_prior_truncnormal(&p[n++], 0, 1, -31, -30));
    ok(gal_prior_lognormal(&p[n++], 1e9, 0.3));
    ok(gal_prior_student(&p[n++], 0, 0.3, 2, -INFINITY, INFINITY)); /* continuity prior of Leja et al. 2019 */
    ok(gal_prior_student(&p[n++], 1, 0.5, 3.5, 0, 4));
    ok(gal_prior_student(&p[n++], 0, 1, 1, 5, 50));
    ok(gal_prior_beta(&p[n++], 2, 5, 0, 1));
    ok(gal_prior_beta(&p[n++], 1, 3, -1, 2));
    ok(gal_prior_beta(&p[n++], 3.5, 1, 0, 10));
    ok(gal_prior_beta(&p[n++], 40, 60, 0, 1));
    ok(gal_prior_gamma(&p[n++], 1, 2));
    ok(gal_prior_gamma(&p[n++], 2.5, 0.4));
    ok(gal_prior_gamma(&p[n++], 100, 3));
    ok(gal_prior_table(&p[n++], GAL_COORD_LINEAR, hole, lhole, 5));
    p[n++] = gaussian_table(GAL_COORD_LOG10);
    return n;
}

static void drop(gal_prior **p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        gal_prior_unref(p[i]);
}

static double density(double x, void *p)
{
    return exp(gal_prior_logpdf(p, x));
}

static double density_of_value(double v, void *p)
{
    return exp(gal_prior_logpdf_value(p, v));
}

static void integrates_to_its_cdf(void **state)
{
    (void)state;
    gal_prior *p[MANY];
    size_t n = every_kind(p);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, last = gal_prior_quantile(p[i], 1e-9);
        /* 1e-9 .. 1 - 1e-9 in pieces: what is left out is far below the tolerance */
        for (int k = 1; k <= 40; k++) {
            double u = k == 40 ? 1 - 1e-9 : k / 40., x = gal_prior_quantile(p[i], u), part;
            ok(gal_integrate(density, p[i], last, x, 1e-8, &part)); /* tables have kinks */
            sum += part;
            last = x;
            if (fabs(sum - gal_prior_cdf(p[i], x)) > 3e-8)
                fail_msg("%s: integral to x = %g is %.12g, cdf %.12g", gal_prior_text(p[i]), x, sum,
                         gal_prior_cdf(p[i], x));
        }
        CLOSE(sum, 1, 3e-8);
    }
    drop(p, n);
}

static void value_density_has_jacobian(void **state)
{
    (void)state;
    gal_prior *p[2];
    ok(gal_prior_loguniform(&p[0], 0.5, 20));
    ok(gal_prior_lognormal(&p[1], 2, 0.3));
    double sum, v = 7, dex = 0.3, z = log10(v / 2) / dex;
    ok(gal_integrate(density_of_value, p[0], 0.5, 20, 1e-10, &sum));
    CLOSE(sum, 1, 1e-9);
    CLOSE(exp(gal_prior_logpdf_value(p[0], v)), 1 / (v * log(20 / 0.5)), 1e-14);
    CLOSE(exp(gal_prior_logpdf_value(p[1], v)), exp(-0.5 * z * z) / sqrt(2 * M_PI) / (dex * log(10)) / v, 1e-14);
    CLOSE(gal_prior_logpdf(p[1], gal_prior_x(p[1], v)), -0.5 * z * z - 0.5 * log(2 * M_PI) - log(dex), 1e-13);
    assert_true(gal_prior_logpdf_value(p[1], -1) == -INFINITY);
    assert_int_equal(gal_prior_coord(p[0]), GAL_COORD_LOG10);
    CLOSE(gal_prior_value(p[0], 1), 10, 1e-15);
    drop(p, 2);
}

static void quantile_inverts_cdf(void **state)
{
    (void)state;
    static const double U[] = {1e-12, 1e-6, 0.001, 0.1, 0.25, 0.4999, 0.5, 0.75, 0.9, 0.999, 1 - 1e-6};
    gal_prior *p[MANY];
    size_t n = every_kind(p);
    ok(gal_prior_beta(&p[n++], 0.05, 0.3, 0, 1)); /* singular at both ends */
    ok(gal_prior_gamma(&p[n++], 0.02, 1));
    ok(gal_prior_student(&p[n++], 0, 1, 0.5, -INFINITY, INFINITY));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof U / sizeof *U; k++) {
            double x = gal_prior_quantile(p[i], U[k]), c = gal_prior_cdf(p[i], x), lo, hi;
            gal_prior_bounds(p[i], &lo, &hi);
            assert_true(x >= lo && x <= hi);
            /* one unit in the last place of x moves the cdf by x p(x) 2^-52: no inversion can do better */
            double ulp = fabs(x) * exp(gal_prior_logpdf(p[i], x)) * 0x1p-51;
            if (!(fabs(c - U[k]) <= 2e-13 + 4 * ulp) && !(x == lo || x == hi))
                fail_msg("%s: cdf(quantile(%g)) = %.15g (x = %.17g)", gal_prior_text(p[i]), U[k], c, x);
        }
    drop(p, n);
}

/* Slopes against central differences of density and quantile; steps so small that kinks of tables lie at chosen points alone. */
static void slopes(void **state)
{
    (void)state;
    gal_prior *p[MANY];
    size_t n = every_kind(p);
    for (size_t i = 0; i < n; i++)
        for (int k = 1; k < 30; k++) {
            double u = (k + 0.137) / 31, x = gal_prior_quantile(p[i], u),
                   width = gal_prior_quantile(p[i], 0.9) - gal_prior_quantile(p[i], 0.1);
            double h = 1e-6 * width, e = 1e-6;
            double num = (gal_prior_logpdf(p[i], x + h) - gal_prior_logpdf(p[i], x - h)) / (2 * h);
            double q = (gal_prior_quantile(p[i], u + e) - gal_prior_quantile(p[i], u - e)) / (2 * e);
            if (!(fabs(gal_prior_slope(p[i], x) - num) < 1e-6 * (fabs(num) + 1 / width)))
                fail_msg("%s at %g: slope %.10g, differences %.10g", gal_prior_text(p[i]), x, gal_prior_slope(p[i], x),
                         num);
            if (!(fabs(gal_prior_quantile_slope(p[i], u) - q) < 1e-5 * q))
                fail_msg("%s at u = %g: dx/du %.10g, differences %.10g", gal_prior_text(p[i]), u,
                         gal_prior_quantile_slope(p[i], u), q);
        }
    assert_true(gal_prior_slope(p[0], 1e30) == 0);
    drop(p, n);
}

static void bounds_and_edges(void **state)
{
    (void)state;
    gal_prior *p[MANY];
    size_t n = every_kind(p);
    for (size_t i = 0; i < n; i++) {
        double lo, hi;
        gal_prior_bounds(p[i], &lo, &hi);
        assert_true(gal_prior_quantile(p[i], 0) == lo && gal_prior_quantile(p[i], 1) == hi);
        assert_true(gal_prior_cdf(p[i], lo) == 0 && gal_prior_cdf(p[i], hi) == 1);
        if (isfinite(lo))
            assert_true(gal_prior_logpdf(p[i], nextafter(lo, -INFINITY)) == -INFINITY);
        if (isfinite(hi))
            assert_true(gal_prior_logpdf(p[i], nextafter(hi, INFINITY)) == -INFINITY);
        assert_true(isnan(gal_prior_logpdf(p[i], NAN)));
        assert_false(isnan(gal_prior_logpdf(p[i], INFINITY)));
        assert_false(gal_prior_logpdf(p[i], lo) == INFINITY || gal_prior_logpdf(p[i], hi) == INFINITY);
    }
    double lo, hi;
    gal_prior_value_bounds(p[1], &lo, &hi);
    assert_true(lo == 1e8 && hi == 1.3e10);
    drop(p, n);
    ok(gal_prior_beta(&p[0], 0.5, 0.5, 0, 1)); /* infinite at its ends: they are outside */
    assert_true(gal_prior_logpdf(p[0], 0) == -INFINITY && gal_prior_logpdf(p[0], 1) == -INFINITY);
    drop(p, 1);
}

static void text_and_hash(void **state)
{
    (void)state;
    gal_prior *p, *q;
    static const struct {
        const char *kind, *text;
        double a[5];
        size_t n;
    } T[] = {
        {"loguniform", "loguniform(1e8, 1.3e10)", {1e8, 1.3e10}, 2},
        {"uniform", "uniform(-100, 0.25)", {-100, 0.25}, 2},
        {"normal", "normal(9.7, 0.1)", {9.7, 0.1}, 2},
        {"lognormal", "lognormal(1e-5, 0.3)", {1e-5, 0.3}, 2},
        {"student", "student(0, 0.3, 2)", {0, 0.3, 2}, 3},
        {"student", "student(0, 0.3, 2, -5, 5)", {0, 0.3, 2, -5, 5}, 5},
        {"beta", "beta(2, 5, 0, 1)", {2, 5}, 2},
        {"gamma", "gamma(2, 0.1)", {2, 0.1}, 2},
        {"truncnormal", "truncnormal(0, 1, 0, inf)", {0, 1, 0, INFINITY}, 4},
    };
    for (size_t i = 0; i < sizeof T / sizeof *T; i++) {
        ok(gal_prior_make(&p, T[i].kind, T[i].a, T[i].n));
        assert_string_equal(gal_prior_text(p), T[i].text);
        assert_string_equal(gal_prior_class_of(p)->name, T[i].kind);
        gal_prior_unref(p);
    }
    ok(gal_prior_uniform(&p, 0, 1));
    ok(gal_prior_uniform(&q, 0, nextafter(1, 2)));
    gal_hash a = gal_prior_hash(p), b = gal_prior_hash(q);
    assert_false(a.lo == b.lo && a.hi == b.hi);
    gal_prior_unref(q);
    q = gal_prior_ref(p);
    gal_prior_unref(p);
    assert_string_equal(gal_prior_text(q), "uniform(0, 1)");
    gal_prior_unref(q);
    p = gaussian_table(GAL_COORD_LOG10);
    assert_string_equal(gal_prior_text(p), "table(301 nodes, log10 6 .. 12)");
    gal_prior_unref(p);
}

static void bad_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *message;
        double a[5];
        size_t n;
    } T[] = {
        {"uniform", "prior uniform(3, 1): the lower bound exceeds the upper one; swap them", {3, 1}, 2},
        {"uniform", "prior uniform(1, 1): the bounds are equal; fix the parameter instead", {1, 1}, 2},
        {"uniform", "prior uniform(0, inf): bounds must be finite", {0, INFINITY}, 2},
        {"uniform", "prior uniform: 1 arguments given, expected uniform(lower, upper)", {0}, 1},
        {"loguniform",
         "prior loguniform(0, 10): the lower bound must be positive; use uniform for a range that includes 0",
         {0, 10},
         2},
        {"normal", "prior normal(0, -1): the standard deviation must be positive and finite", {0, -1}, 2},
        {"normal", "prior normal(nan, 1): the mean must be finite", {NAN, 1}, 2},
        {"lognormal", "prior lognormal(-1, 0.3): the median must be positive and finite", {-1, 0.3}, 2},
        {"truncnormal",
         "prior truncnormal(0, 1, 50, 60): its range holds no probability (too many standard deviations from the "
         "centre); widen "
         "the range or the scale",
         {0, 1, 50, 60},
         4},
        {"student",
         "prior student(0, 1, 0): the degrees of freedom must be positive and finite; use normal for infinitely many",
         {0, 1, 0},
         3},
        {"beta", "prior beta(0, 1, 0, 1): a and b must be positive and finite", {0, 1, 0, 1}, 4},
        {"gamma", "prior gamma(1, 0): shape and scale must be positive and finite", {1, 0}, 2},
        {"logunifrom", "prior 'logunifrom' is unknown, did you mean 'loguniform'?", {1, 2}, 2},
        {"table", "prior table: needs arrays of x and lnp, not 2 numbers", {1, 2}, 2},
    };
    gal_prior *p = NULL;
    for (size_t i = 0; i < sizeof T / sizeof *T; i++) {
        assert_int_not_equal(gal_prior_make(&p, T[i].kind, T[i].a, T[i].n), GAL_OK);
        assert_string_equal(gal_error_message(), T[i].message);
    }
    double x[] = {1, 2, 2}, up[] = {1, 2, 3}, l[] = {0, NAN, 0}, none[] = {-INFINITY, -INFINITY, -INFINITY};
    assert_int_equal(gal_prior_table(&p, GAL_COORD_LINEAR, x, none, 3), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior table: x[3] = 2 does not exceed x[2] = 2; sort the nodes");
    assert_int_equal(gal_prior_table(&p, GAL_COORD_LINEAR, up, l, 3), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior table: ln density at x = 2 is nan; it must be finite or -inf");
    assert_int_equal(gal_prior_table(&p, GAL_COORD_LINEAR, up, none, 3), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior table: the density is zero at all 3 nodes between 1 and 3");
    assert_int_equal(gal_prior_table(&p, GAL_COORD_LINEAR, up, l, 1), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior table: 1 nodes, expected at least 2");
    assert_null(p);
}

static void table_follows_function(void **state)
{
    (void)state;
    gal_prior *t = gaussian_table(GAL_COORD_LOG10), *g;
    ok(gal_prior_lognormal(&g, 1e9, 0.5));
    for (double x = 7; x <= 11; x += 0.13) /* steps of 0.02 of a Gaussian of 0.5: chord error h^2/8 sigma^2 = 2e-4 */
        assert_true(fabs(gal_prior_logpdf(t, x) - gal_prior_logpdf(g, x)) < 3e-4);
    gal_prior_unref(t);
    gal_prior_unref(g);
    double x[] = {0, 1, 2}, steep[] = {-5000, 0, -3000}; /* densities of the ends underflow */
    ok(gal_prior_table(&t, GAL_COORD_LINEAR, x, steep, 3));
    CLOSE(gal_prior_cdf(t, 1), (1 / 5000.) / (1 / 5000. + 1 / 3000.), 1e-12);
    CLOSE(gal_prior_quantile(t, 1e-6), 1 + log(1e-6 * (1 + 5000. / 3000)) / 5000, 1e-12);
    gal_prior_unref(t);
}

static void dirichlet(void **state)
{
    (void)state;
    enum { K = 4, N = 20000 };
    double alpha[K] = {1, 0.7, 2, 3.5}, total = 7.2, mean[K] = {0}, x[K - 1], f[K], back[K - 1];
    gal_joint *j;
    gal_rng r;
    ok(gal_joint_dirichlet(&j, alpha, K));
    assert_string_equal(gal_joint_text(j), "dirichlet(1, 0.7, 2, 3.5)");
    assert_int_equal(gal_joint_ndim(j), 3);
    assert_int_equal(gal_joint_nvalues(j), 4);
    gal_rng_init(&r, 7, 1, 0, 0, 0);
    for (int i = 0; i < N; i++) {
        double u[K - 1], sum = 0, rest = 1, lnjac = 0;
        for (int k = 0; k < K - 1; k++)
            u[k] = gal_rng_uniform(&r);
        gal_joint_transform(j, 1, u, x, K - 1);
        gal_joint_values(j, x, f);
        gal_joint_x(j, f, back);
        for (int k = 0; k < K; k++) {
            sum += f[k];
            mean[k] += f[k] / N;
            if (k < K - 1) {
                assert_true(fabs(back[k] - x[k]) < 1e-12);
                lnjac += log(rest);
                rest -= f[k];
            }
        }
        assert_true(fabs(sum - 1) < 1e-14);
        /* the Beta product in stick fractions is the Dirichlet density times the Jacobian */
        if (i < 500 && rest > 1e-3)
            CLOSE(gal_joint_logpdf(j, x), gal_joint_logpdf_values(j, f) + lnjac, 1e-9);
    }
    for (int k = 0; k < K; k++) { /* 4 standard errors of the mean */
        double m = alpha[k] / total, sd = sqrt(m * (1 - m) / (total + 1) / N);
        assert_true(fabs(mean[k] - m) < 4 * sd);
    }
    double lnp[2] = {1, 2}, xx[2][5] = {{0.2, 0.3, 0.4, 9, 9}, {0.2, 1.3, 0.4, 9, 9}};
    gal_joint_add_logpdf(j, 2, xx[0], 5, lnp);
    CLOSE(lnp[0], 1 + gal_joint_logpdf(j, xx[0]), 1e-15);
    assert_true(lnp[1] == -INFINITY);
    gal_joint_unref(j);
    alpha[1] = 0;
    assert_int_equal(gal_joint_dirichlet(&j, alpha, K), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior dirichlet: concentration 2 is 0, it must be positive and finite");
    assert_int_equal(gal_joint_dirichlet(&j, alpha, 1), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "prior dirichlet: 1 concentration, expected at least 2");
}

static void no_memory(void **state)
{
    (void)state;
    size_t before = gal_mem_live();
    double a[] = {1, 2, 3}, x[] = {0, 1}, l[] = {0, 0};
    for (long i = 1; i < 20; i++) {
        gal_joint *j = NULL;
        gal_prior *p = NULL;
        gal_mem_fail_after(i);
        gal_status s1 = gal_joint_dirichlet(&j, a, 3);
        gal_mem_fail_after(i);
        gal_status s2 = gal_prior_table(&p, GAL_COORD_LINEAR, x, l, 2);
        gal_mem_fail_after(-1);
        assert_true((s1 == GAL_ENOMEM && !j) || (s1 == GAL_OK && j));
        assert_true((s2 == GAL_ENOMEM && !p) || (s2 == GAL_OK && p));
        gal_joint_unref(j);
        gal_prior_unref(p);
        assert_int_equal(gal_mem_live(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integrates_to_its_cdf),
        cmocka_unit_test(value_density_has_jacobian),
        cmocka_unit_test(quantile_inverts_cdf),
        cmocka_unit_test(slopes),
        cmocka_unit_test(bounds_and_edges),
        cmocka_unit_test(text_and_hash),
        cmocka_unit_test(bad_parameters),
        cmocka_unit_test(table_follows_function),
        cmocka_unit_test(dirichlet),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
