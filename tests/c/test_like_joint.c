/* Outliers, correlated noise, shared calibration, marginalised amplitude: integrals over the data are 1, special cases equal the
 * plain formulas, the O(n) solver equals dense Cholesky, replicated data follow the density. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/like.h"
#include "galua/num.h"

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

/* ------------------------------------------------------------------ integrals over two data */
typedef struct {
    gal_like l;
    gal_noise z;
    double y[2], m[2], s[2], lnwave[2], offset[2];
    double group[2];
    unsigned char kind[2];
    double work[16];
    double limit; /* of the second datum, when it may be a limit */
    bool survey;
} plane;

static void bind(plane *p, size_t n)
{
    p->l.n = n;
    p->l.flux = p->y;
    p->l.err = p->s;
    p->l.kind = p->kind;
    p->l.lnwave = p->lnwave;
    if (p->offset[0] > 0) {
        p->l.offset = p->offset;
        p->l.group = p->group;
    }
}

static double density(plane *p)
{
    return exp(gal_like_eval(&p->l, p->m, &p->z, p->work));
}

/* int over y: y = mid + sinh(t) makes the trapezoid rule converge exponentially; above `from`: y = from + exp(pi/2 sinh t) */
static double over_second(plane *p)
{
    double sum = 0, h = 1.0 / 24;
    p->kind[1] = GAL_DATUM_DETECTION;
    for (int k = -144; k <= 144; k++) {
        p->y[1] = p->m[1] + sinh(k * h);
        sum += h * cosh(k * h) * density(p);
    }
    return sum;
}

static double above_limit(plane *p)
{
    double sum = 0, h = 1.0 / 32;
    p->kind[1] = GAL_DATUM_DETECTION;
    for (int k = -120; k <= 64; k++) {
        double t = k * h, e = exp(M_PI_2 * sinh(t));
        p->y[1] = p->limit + e;
        sum += h * M_PI_2 * cosh(t) * e * density(p);
    }
    return sum;
}

/* the second datum: a detection anywhere, or, in a survey with a limit, a detection above it and "below" otherwise */
static double total(plane *p)
{
    double sum = 0, h = 1.0 / 24;
    bind(p, 2);
    for (int k = -144; k <= 144; k++) {
        double inner;
        p->y[0] = p->m[0] + sinh(k * h);
        if (p->survey) {
            inner = above_limit(p);
            p->y[1] = p->limit;
            p->kind[1] = GAL_DATUM_LIMIT;
            inner += density(p);
        } else {
            inner = over_second(p);
        }
        sum += h * cosh(k * h) * inner;
    }
    return sum;
}

static plane base(void)
{
    return (plane){.m = {2, 5}, .s = {0.7, 1.1}, .lnwave = {8.5, 8.8}, .group = {3, 3}, .limit = 4.2};
}

static void density_of_the_data_integrates_to_one(void **state)
{
    (void)state;
    static const gal_noise Z[] = {
        {.f_out = 0.2, .n_out = 6},
        {.f_out = 0.5, .n_out = 9, .lnscale = -0.3, .jitter = 0.2, .f_cal = 0.1},
        {.gp_amp = 0.3, .gp_len = 0.4},
        {.gp_amp = 0.5, .gp_len = 0.4, .f_out = 0.3, .n_out = 5},
    };
    for (int kernel = GAL_KERNEL_SQEXP; kernel < GAL_KERNEL_N; kernel++)
        for (size_t i = 0; i < sizeof Z / sizeof *Z; i++)
            for (int how = 0; how < 4; how++) { /* calibration offset or not, a limit or not */
                plane p = base();
                p.z = Z[i];
                p.l.kernel = Z[i].gp_amp > 0 ? kernel : GAL_KERNEL_NONE;
                p.offset[0] = p.offset[1] = how & 1 ? 0.2 : 0;
                p.survey = how & 2;
                p.l.limits = GAL_LIMITS_CENSORED;
                if (kernel == GAL_KERNEL_MATERN32 && !(Z[i].gp_amp > 0))
                    continue;
                CLOSE(total(&p), 1, 1e-9);
            }
}

/* ------------------------------------------------------------------ special cases */
static const double Y[] = {1, 2.2, 3, 2.5, 1.7, 0.4}, S[] = {.1, .2, .3, .2, .1, .5},
                    M[] = {1.1, 1.9, 3.2, 2.4, 1.5, 1.2};
static const double X[] = {7.3, 8.2, 8.21, 8.9, 10.4, 12};
static const unsigned char LAST[] = {0, 0, 0, 0, 0, 1};
enum { N = 6 };

static gal_like six(void)
{
    return (gal_like){.n = N, .flux = Y, .err = S, .kind = LAST, .limits = GAL_LIMITS_CENSORED, .lnwave = X};
}

static void no_outliers_is_the_gaussian_to_the_bit(void **state)
{
    (void)state;
    double work[64], a, b;
    gal_like l = six();
    for (int limits = 0; limits < GAL_LIMITS_N; limits++) {
        l.limits = (gal_limits)limits;
        gal_noise z = {.n_out = 20, .f_cal = 0.05, .lnscale = 0.1};
        a = gal_like_gaussian(N, Y, S, LAST, M, &z, l.limits, NULL);
        b = gal_like_eval(&l, M, &z, work);
        assert_true(a == b);
        if (limits != GAL_LIMITS_CUT) { /* and continuous there, with the slope sum (p_bad/p_good - 1) */
            double term[N], bad[N], slope = 0, h = 1e-7;
            gal_noise wide = z;
            gal_like_gaussian(N, Y, S, LAST, M, &z, l.limits, term);
            for (int i = 0; i < N; i++) {
                double s, y = Y[i], m = M[i];
                gal_like_sigma(1, &y, &S[i], &m, &z, &s);
                s *= 20;
                gal_noise none = {0};
                gal_like_gaussian(1, &y, &s, &LAST[i], &m, &none, l.limits, &bad[i]);
                if (!(LAST[i] && limits == GAL_LIMITS_ONESIDED))
                    slope += exp(bad[i] - term[i]) - 1;
            }
            wide.f_out = h;
            CLOSE((gal_like_eval(&l, M, &wide, work) - a) / h, slope, 1e-4);
        }
    }
}

static void an_outlier_is_found(void **state)
{
    (void)state;
    double y[N], p[N], term[N], work[64], sum = 0;
    memcpy(y, Y, sizeof y);
    y[2] = 9; /* 20 sigma off */
    gal_like l = six();
    l.flux = y;
    gal_noise z = {.f_out = 0.1, .n_out = 50};
    gal_like_pointwise(&l, M, &z, work, term, p);
    for (int i = 0; i < N; i++) {
        if (i < 5) /* the limit, 1.6 sigma below the model, may well be one: 0.1 Phi(-0.03)/... = 0.5 */
            assert_true(i == 2 ? p[i] > 0.99999 : p[i] < 0.1);
        sum += term[i];
    }
    CLOSE(sum, gal_like_eval(&l, M, &z, work), 1e-14);
    /* Bayes' theorem for the first datum */
    double r = Y[0] - M[0], g = 0.9 * exp(-0.5 * r * r / .01), b = 0.1 / 50 * exp(-0.5 * r * r / (.01 * 2500));
    CLOSE(p[0], b / (g + b), 1e-12);
    /* the same with correlated errors */
    l.kernel = GAL_KERNEL_SQEXP;
    z.gp_amp = 0.1;
    z.gp_len = 0.5;
    gal_like_pointwise(&l, M, &z, work, term, p);
    for (int i = 0; i < 5; i++)
        assert_true(i == 2 ? p[i] > 0.999 : p[i] < 0.1);
}

/* ln N(r; 0, K) by Cholesky, K given */
static double cholesky_lnlike(size_t n, const double *r, double *K)
{
    double b[64], l = 0;
    memcpy(b, r, n * sizeof *b);
    ok(gal_cholesky(K, n));
    for (size_t i = 0; i < n; i++)
        l -= log(K[i * n + i]);
    gal_chol_solve(K, n, b);
    for (size_t i = 0; i < n; i++)
        l -= 0.5 * r[i] * b[i];
    return l - 0.5 * (double)n * log(2 * M_PI);
}

static void detections_with_correlations_equal_cholesky(void **state)
{
    (void)state;
    static const double offset[] = {.05, .05, .1, .1, 0, .07};
    static const double group[] = {0, 0, 4, 4, -1, 4};
    gal_noise z = {.gp_amp = 0.2, .gp_len = 0.7, .f_cal = 0.02, .jitter = 0.03, .lnscale = 0.2};
    double K[N * N], r[N], work[64], term[N];
    for (int kernel = 0; kernel < GAL_KERNEL_N; kernel++)
        for (int cal = 0; cal < 2; cal++) {
            gal_like l = six();
            l.kind = NULL;
            l.kernel = (gal_kernel)kernel;
            if (cal) {
                l.offset = offset;
                l.group = group;
            }
            double s[N];
            gal_like_sigma(N, Y, S, M, &z, s);
            for (int i = 0; i < N; i++) {
                r[i] = Y[i] - M[i];
                for (int j = 0; j < N; j++) {
                    double k = i == j ? s[i] * s[i] : 0;
                    if (kernel)
                        k += .04 * M[i] * M[j] * gal_kernel_value((gal_kernel)kernel, (X[i] - X[j]) / .7);
                    if (cal && group[i] >= 0 && group[i] == group[j])
                        k += offset[i] * offset[j] * M[i] * M[j];
                    K[i * N + j] = k;
                }
            }
            double want = cholesky_lnlike(N, r, K);
            CLOSE(gal_like_eval(&l, M, &z, work), want, 1e-12);
            /* ln p(y_i | the others) = ln p(y) - ln p(the others), by Cholesky again */
            gal_like_pointwise(&l, M, &z, work, term, NULL);
            for (int drop = 0; drop < N && (kernel || cal); drop++) {
                double K5[25], r5[5], all[N * N];
                int a = 0;
                for (int i = 0; i < N; i++)
                    for (int j = 0; j < N; j++) {
                        double k = i == j ? s[i] * s[i] : 0;
                        if (kernel)
                            k += .04 * M[i] * M[j] * gal_kernel_value((gal_kernel)kernel, (X[i] - X[j]) / .7);
                        if (cal && group[i] >= 0 && group[i] == group[j])
                            k += offset[i] * offset[j] * M[i] * M[j];
                        all[i * N + j] = k;
                    }
                for (int i = 0; i < N; i++) {
                    if (i == drop)
                        continue;
                    r5[a] = r[i];
                    int b = 0;
                    for (int j = 0; j < N; j++)
                        if (j != drop)
                            K5[a * 5 + b++] = all[i * N + j];
                    a++;
                }
                CLOSE(term[drop], want - cholesky_lnlike(5, r5, K5), 1e-10);
            }
        }
}

/* one instrument's calibration factor c ~ N(1, sd): marginalised here = integrated there */
typedef struct {
    double sd;
} calibration;

static double over_factor(double c, void *ctx)
{
    const calibration *k = ctx;
    double m[N], t = (c - 1) / k->sd;
    for (int i = 0; i < N; i++)
        m[i] = i < 3 ? c * M[i] : M[i];
    return exp(gal_like_gaussian(N, Y, S, LAST, m, NULL, GAL_LIMITS_CENSORED, NULL) - 0.5 * t * t) /
           (k->sd * sqrt(2 * M_PI));
}

static void shared_calibration_is_marginalised(void **state)
{
    (void)state;
    static const double offset[] = {.08, .08, .08, 0, 0, 0};
    static const double group[] = {0, 0, 0, -1, -1, -1};
    calibration k = {.08};
    gal_like l = six();
    gal_noise z = {0};
    double work[64], want;
    l.offset = offset;
    l.group = group;
    ok(gal_integrate(over_factor, &k, 0.2, 1.8, 1e-11, &want));
    CLOSE(gal_like_eval(&l, M, &z, work), log(want), 1e-9);
}

/* ------------------------------------------------------------------ the O(n) solver */
static void fast_solver_equals_dense(void **state)
{
    (void)state;
    enum { BIG = 60 };
    double x[BIG], r[BIG], s2[BIG], h[BIG], K[BIG * BIG], work[BIG * (BIG + 3)], flux[BIG], err[BIG];
    gal_rng rng;
    gal_rng_init(&rng, 5, 1, 0, 0, 0);
    double at = 8;
    for (int i = 0; i < BIG; i++) {
        at += i % 7 == 3 ? 0 : 0.05 * gal_rng_uniform(&rng); /* some at the same wavelength */
        x[i] = at;
        h[i] = 1 + gal_rng_uniform(&rng);
        err[i] = 0.02 + 0.1 * gal_rng_uniform(&rng);
        s2[i] = err[i] * err[i];
        r[i] = 0.3 * gal_rng_normal(&rng);
        flux[i] = h[i] + r[i];
    }
    static const double len[] = {1e-3, 0.03, 0.3, 3, 50};
    for (size_t t = 0; t < sizeof len / sizeof *len; t++)
        for (int kernel = GAL_KERNEL_SQEXP; kernel < GAL_KERNEL_N; kernel++) {
            double amp = 0.4;
            for (int i = 0; i < BIG; i++)
                for (int j = 0; j < BIG; j++)
                    K[i * BIG + j] =
                        (i == j ? s2[i] : 0) +
                        amp * amp * h[i] * h[j] * gal_kernel_value((gal_kernel)kernel, (x[i] - x[j]) / len[t]);
            double want = cholesky_lnlike(BIG, r, K);
            CLOSE(gal_gp_lnlike((gal_kernel)kernel, BIG, x, r, s2, h, amp, len[t], work), want, 1e-9);
            gal_like l = {.n = BIG, .flux = flux, .err = err, .kernel = (gal_kernel)kernel, .lnwave = x};
            gal_noise z = {.gp_amp = amp, .gp_len = len[t]};
            CLOSE(gal_like_eval(&l, h, &z, work), want, 1e-9); /* matern32: the chain; sqexp: dense */
            if (kernel == GAL_KERNEL_MATERN32) {               /* with outliers the two are the same algorithm */
                static const double none[BIG];
                static const double alone[BIG];
                gal_like d = l;
                d.offset = none; /* forces the dense form */
                d.group = alone;
                z.f_out = 0.2;
                z.n_out = 8;
                CLOSE(gal_like_eval(&l, h, &z, work), gal_like_eval(&d, h, &z, work), 1e-9);
            }
        }
}

/* ------------------------------------------------------------------ amplitude */
typedef struct {
    const gal_prior *prior;
    bool first; /* times alpha */
} scaled;

static double over_alpha(double x, void *ctx)
{
    const scaled *k = ctx;
    double m[N], a = gal_prior_value(k->prior, x);
    for (int i = 0; i < N; i++)
        m[i] = a * M[i] / 7;
    return exp(gal_like_gaussian(N, Y, S, NULL, m, NULL, GAL_LIMITS_MEASURED, NULL) + gal_prior_logpdf(k->prior, x) -
               5) *
           (k->first ? a : 1);
}

static void amplitude_is_marginalised(void **state)
{
    (void)state;
    gal_prior *p[6];
    ok(gal_prior_uniform(&p[0], 0, 50));
    ok(gal_prior_loguniform(&p[1], 1e-3, 1e3));
    ok(gal_prior_normal(&p[2], 6, 0.05));
    ok(gal_prior_uniform(&p[3], 7.2, 9));     /* the maximum is outside */
    ok(gal_prior_loguniform(&p[4], 1e-3, 5)); /* on the other side */
    ok(gal_prior_lognormal(&p[5], 5, 0.3));
    double m[N], lo, hi, z, first;
    for (int i = 0; i < N; i++)
        m[i] = M[i] / 7;
    gal_like l = six();
    l.kind = NULL;
    gal_noise none = {0};
    for (int k = 0; k < 6; k++) {
        scaled c = {p[k], false};
        gal_prior_bounds(p[k], &lo, &hi);
        double a = gal_prior_x(p[k], 5.0), b = gal_prior_x(p[k], 9.0), mean = 0, alpha;
        a = fmax(a, lo);
        b = fmin(b, hi);
        if (k == 4)
            a = gal_prior_x(p[k], 3.0);
        ok(gal_integrate(over_alpha, &c, a, b, 1e-11, &z));
        c.first = true;
        ok(gal_integrate(over_alpha, &c, a, b, 1e-11, &first));
        CLOSE(gal_like_amplitude(&l, m, &none, p[k], 0.5, &alpha), log(z) + 5, 1e-9);
        for (int i = 0; i < 400; i++) { /* draws at evenly spread u */
            gal_like_amplitude(&l, m, &none, p[k], (i + 0.5) / 400, &alpha);
            mean += alpha / 400;
        }
        CLOSE(mean, first / z, 2e-4); /* 400 quantiles, linear between nodes */
        gal_prior_unref(p[k]);
    }
}

/* One datum, 1 in units of the model, whose error is 1/snr: the integral of the likelihood over the prior's probability u. */
typedef struct {
    const gal_prior *prior;
    double snr;
} single;

static double over_probability(double u, void *ctx)
{
    const single *s = ctx;
    double t = (gal_prior_value(s->prior, gal_prior_quantile(s->prior, u)) - 1) * s->snr;
    return exp(-0.5 * t * t);
}

/* from u = from to to, in pieces: a peak may be narrow, a density may jump */
static double evidence(single *s, double from, double to)
{
    double sum = 0, part;
    for (int i = 0; i < 64; i++) {
        ok(gal_integrate(over_probability, s, from + (to - from) * i / 64, from + (to - from) * (i + 1) / 64, 1e-8,
                         &part));
        sum += part;
    }
    return sum;
}

/* Over many decades, where a density has a pole, where it jumps and where it is 0 between two parts */
static void amplitude_under_any_prior(void **state)
{
    static const double edge[] = {0.5,      0.8 - 1e-9, 0.8 + 1e-9, 0.95 - 1e-9, 0.95 + 1e-9,
                                  1 - 1e-9, 1 + 1e-9,   1.2 - 1e-9, 1.2 + 1e-9,  3};
    static const double lnp[] = {0, 0, 1, 1, -INFINITY, -INFINITY, 2, 2, -1, -1};
    static const double snr[] = {7.9, 5, 2, 7.9, 5, 3, 2, 5};
    gal_prior *p[8];
    (void)state;
    ok(gal_prior_loguniform(&p[0], 1e-12, 1e4));
    ok(gal_prior_loguniform(&p[1], 1e-12, 1e4));
    ok(gal_prior_loguniform(&p[2], 1e-12, 1e4));
    ok(gal_prior_loguniform(&p[3], 1e-6, 1e2));
    ok(gal_prior_table(&p[4], GAL_COORD_LINEAR, edge, lnp, 10));
    ok(gal_prior_beta(&p[5], 0.5, 0.5, 0, 1.5));
    ok(gal_prior_gamma(&p[6], 0.5, 1));
    ok(gal_prior_lognormal(&p[7], 0.1, 1.5));
    for (int k = 0; k < 8; k++) {
        single s = {p[k], snr[k]};
        const double y[] = {1}, err[] = {1 / snr[k]}, m[] = {1};
        gal_like l = {.n = 1, .flux = y, .err = err};
        gal_noise none = {0};
        double z = evidence(&s, 0, 1), alpha;
        double got = gal_like_amplitude(&l, m, &none, p[k], 0.5, &alpha);
        CLOSE(exp(got - log(snr[k]) + 0.5 * log(2 * M_PI)) / z, 1,
              2e-6);                   /* what adds up from 8 sigma on is 1e-7 of 12 decades */
        for (int i = 0; i < 20; i++) { /* draws are in the support, and have the posterior's distribution */
            double u = (i + 0.5) / 20;
            gal_like_amplitude(&l, m, &none, p[k], u, &alpha);
            assert_true(gal_prior_logpdf(p[k], gal_prior_x(p[k], alpha)) > -INFINITY);
            double below = evidence(&s, 0, gal_prior_cdf(p[k], gal_prior_x(p[k], alpha))) / z;
            CLOSE(1 + below, 1 + u, 2e-3); /* a node stands for 0.1 to 0.3 sigma */
        }
        gal_prior_unref(p[k]);
    }
}

/* ------------------------------------------------------------------ replicated data */
static void replicated_data_follow_the_density(void **state)
{
    (void)state;
    enum { DRAWS = 40000 };
    static const double offset[] = {.05, .05, .1, .1, 0, .07};
    static const double group[] = {0, 0, 4, 4, -1, 4};
    gal_like l = six();
    l.kind = NULL;
    l.kernel = GAL_KERNEL_MATERN32;
    l.offset = offset;
    l.group = group;
    gal_noise z = {.gp_amp = 0.2, .gp_len = 0.7, .f_out = 0.1, .n_out = 4};
    double sum[N] = {0}, prod[N][N] = {{0}}, y[N], work[64];
    for (uint64_t i = 0; i < DRAWS; i++) {
        gal_rng rng;
        gal_rng_init(&rng, 3, 2, i, 0, 0);
        gal_like_simulate(&l, M, &z, &rng, work, y);
        for (int a = 0; a < N; a++) {
            sum[a] += y[a] - M[a];
            for (int b = 0; b < N; b++)
                prod[a][b] += (y[a] - M[a]) * (y[b] - M[b]);
        }
    }
    for (int a = 0; a < N; a++)
        for (int b = 0; b <= a; b++) {
            double k = a == b ? S[a] * S[a] * (0.9 + 0.1 * 16) : 0;
            k += .04 * M[a] * M[b] * gal_kernel_value(GAL_KERNEL_MATERN32, (X[a] - X[b]) / .7);
            if (group[a] >= 0 && group[a] == group[b])
                k += offset[a] * offset[b] * M[a] * M[b];
            double va = prod[a][a] / DRAWS,
                   vb = prod[b][b] / DRAWS; /* 5 standard errors of a covariance, heavy tails doubled */
            assert_true(fabs(prod[a][b] / DRAWS - k) < 5 * 2 * sqrt(va * vb / DRAWS));
            assert_true(fabs(sum[a] / DRAWS) < 5 * sqrt(va / DRAWS));
        }
}

static void parameters_are_described(void **state)
{
    (void)state;
    size_t n;
    const gal_param *p = gal_noise_params(&n);
    assert_int_equal(n, 7);
    gal_noise z = {0};
    for (size_t i = 0; i < n; i++) {
        gal_noise_set(&z, i, 0.1 * (double)(i + 1));
        assert_true(gal_noise_get(&z, i) == 0.1 * (double)(i + 1));
        assert_true(p[i].lo <= p[i].plo && p[i].plo < p[i].phi && p[i].phi <= p[i].hi && *p[i].doc);
        assert_true(p[i].lo <= p[i].value && p[i].value <= p[i].hi);
        for (size_t k = 0; k < i; k++)
            assert_true(strcmp(p[k].name, p[i].name) != 0);
    }
    assert_true(z.f_cal == 0.1 && z.gp_len == 0.1 * 7);
    gal_kernel k;
    assert_int_equal(gal_kernel_parse(&k, "matern23"), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(),
                        "unknown kernel 'matern23', did you mean 'matern32'? (known: sqexp, matern32)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_of_the_data_integrates_to_one),
        cmocka_unit_test(no_outliers_is_the_gaussian_to_the_bit),
        cmocka_unit_test(an_outlier_is_found),
        cmocka_unit_test(detections_with_correlations_equal_cholesky),
        cmocka_unit_test(shared_calibration_is_marginalised),
        cmocka_unit_test(fast_solver_equals_dense),
        cmocka_unit_test(amplitude_is_marginalised),
        cmocka_unit_test(amplitude_under_any_prior),
        cmocka_unit_test(replicated_data_follow_the_density),
        cmocka_unit_test(parameters_are_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
